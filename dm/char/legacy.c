/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short forms of chardevs, rewritten as what -chardev takes.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/char/chr.h"
#include "dm/options.h"

#define FORMS                                                         \
    "stdio, mon:stdio, pty, null, none, file:PATH, unix:PATH[,...], " \
    "tcp:HOST:PORT[,...], chardev:ID"

/* host is "HOST:PORT" so far; a host with colons is in brackets. */
static int split_host(struct opts *o, struct cfg_err *err)
{
    char *host = strdup(opts_get(o, "host")), *start = host;
    char *colon = host ? strrchr(host, ':') : NULL;
    int rc = 0;

    if (!colon || !colon[1]) {
        rc = err_set(err, -EINVAL, "expected tcp:HOST:PORT");
        goto out;
    }
    *colon = 0;
    if (*start == '[' && colon[-1] == ']') {
        start++;
        colon[-1] = 0;
    }
    opts_set(o, "host", start);
    opts_set(o, "port", colon + 1);
out:
    free(host);
    return rc;
}

static int translate(const char *text, struct opts **out, struct cfg_err *err)
{
    static const struct {
        const char *prefix, *as;
    } forms[] = {
        {"stdio", "backend=stdio"},       {"mon:stdio", "backend=stdio,mux=on"},
        {"pty", "backend=pty"},           {"null", "backend=null"},
        {"file:", "backend=file,path="},  {"unix:", "backend=socket,path="},
        {"tcp:", "backend=socket,host="},
    };
    const char *rest;
    char *full;
    size_t i;
    int rc;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        rest = text + strlen(forms[i].prefix);
        if (!strncmp(text, forms[i].prefix, rest - text) &&
            (rest[-1] == ':' || !*rest || *rest == ','))
            break;
    }
    if (i == sizeof(forms) / sizeof(forms[0])) {
        return err_set(err, -EINVAL, "unknown chardev '%s' (known: " FORMS ")",
                       text);
    }
    if (asprintf(&full, "%s%s", forms[i].as, rest) < 0)
        return err_set(err, -ENOMEM, "out of memory");
    rc = opts_parse(full, NULL, out, err);
    if (!rc && !strcmp(forms[i].prefix, "tcp:"))
        rc = split_host(*out, err);
    free(full);
    return rc;
}

int chr_open_legacy(struct vm *vm, const char *text, const char *id,
                    struct chr **out, struct cfg_err *err)
{
    struct opts *o = NULL;
    int rc;

    *out = NULL;
    if (!strcmp(text, "none"))
        return 0;
    if (!strncmp(text, "chardev:", 8)) {
        *out = chr_find(vm, text + 8);
        if (!*out)
            return err_set(err, -ENOENT, "no chardev '%s'", text + 8);
        return 0;
    }
    rc = translate(text, &o, err);
    if (!rc) {
        opts_set(o, "id", id);
        rc = chr_open(vm, o, out, err);
    }
    opts_free(o);
    return rc;
}
