/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/log.h"

#include <stdarg.h>
#include <stdio.h>

static atomic_int max_level = LOG_WARN;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&max_level, level, memory_order_relaxed);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&max_level, memory_order_relaxed);
}

static void log_line(enum log_level level, const char *ctx, const char *fmt,
                     va_list ap)
{
    /* "warning" is the word by which harnesses tell harmless lines apart. */
    static const char *const word[] = {"", "warning: ", "", ""};
    char text[1024];

    vsnprintf(text, sizeof(text), fmt, ap);
    fprintf(stderr, "hvmd: %s%s: %s\n", word[level], ctx, text);
}

void log_msg(enum log_level level, const char *ctx, const char *fmt, ...)
{
    va_list ap;

    if (!log_enabled(level))
        return;
    va_start(ap, fmt);
    log_line(level, ctx, fmt, ap);
    va_end(ap);
}

void log_capped(enum log_level level, struct log_quota *quota, const char *ctx,
                const char *fmt, ...)
{
    va_list ap;
    unsigned n;

    if (!log_enabled(level))
        return;
    if (atomic_load_explicit(&quota->used, memory_order_relaxed) >
        LOG_GUEST_MAX)
        return;
    n = atomic_fetch_add_explicit(&quota->used, 1, memory_order_relaxed);
    if (n < LOG_GUEST_MAX) {
        va_start(ap, fmt);
        log_line(level, ctx, fmt, ap);
        va_end(ap);
    } else if (n == LOG_GUEST_MAX) {
        log_msg(level, ctx, "more messages of this kind are dropped");
    }
}
