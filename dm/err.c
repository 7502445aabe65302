/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct cfg_err *err, int rc, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return rc;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    return rc;
}

int err_prefix(struct cfg_err *err, int rc, const char *fmt, ...)
{
    struct cfg_err old;
    va_list ap;
    size_t n;

    if (!err)
        return rc;
    old = *err;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    n = strlen(err->text);
    snprintf(err->text + n, sizeof(err->text) - n, ": %s", old.text);
    return rc;
}
