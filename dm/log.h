/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logging to standard error, one line a call: "hvmd: ctx: text".
 *
 * A fault is logged once, where its cause is known, by the code that decides
 * what to do about it; leaf helpers return -errno and do not log. ctx names
 * who speaks (a device path, a module). No "\n" in fmt. What the levels are
 * for: docs/logging.md. Any thread.
 */
#ifndef HVMD_DM_LOG_H
#define HVMD_DM_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DBG };

/* Highest level printed; LOG_WARN at start. The one process-wide setting. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

void log_msg(enum log_level level, const char *ctx, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_err(ctx, ...) log_msg(LOG_ERR, ctx, __VA_ARGS__)
#define log_warn(ctx, ...) log_msg(LOG_WARN, ctx, __VA_ARGS__)
#define log_info(ctx, ...) log_msg(LOG_INFO, ctx, __VA_ARGS__)
#define log_dbg(ctx, ...)                       \
    do {                                        \
        if (log_enabled(LOG_DBG))               \
            log_msg(LOG_DBG, ctx, __VA_ARGS__); \
    } while (0)

/*
 * What a guest can cause is logged through a quota, so that no guest fills a
 * disk: LOG_GUEST_MAX lines for each struct log_quota, then one line saying
 * that the rest is dropped. Zero-initialised; usually a member of a device.
 * log_guest: what it did wrong. log_capped: what it can make the host do wrong.
 */
#define LOG_GUEST_MAX 16
struct log_quota {
    atomic_uint used;
};
void log_capped(enum log_level level, struct log_quota *quota, const char *ctx,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));
#define log_guest(quota, ctx, ...) log_capped(LOG_INFO, quota, ctx, __VA_ARGS__)

#endif
