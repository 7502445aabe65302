/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a failed request means, and who hears of it: the log, QMP, the machine.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "dm/block/blk-priv.h"
#include "dm/machine.h"
#include "dm/qmp.h"

/* A guest can make errors faster than anyone wants to read of them. */
#define EVENT_INTERVAL INT64_C(1000000000)

/* struct blk, error: the errno value below these. */
#define ERROR_WRITE (1u << 16)
#define ERROR_ACTION 17

enum blk_error_action blk_error_action(struct blk *blk, const char *dev,
                                       bool write, int rc)
{
    static const char *const then[] = {"reported to the guest", "ignored",
                                       "guest stopped"};
    enum blk_error_action action = blk->rerror;

    if (write)
        action = rc == -ENOSPC ? blk->werror_nospc : blk->werror;
    log_guest(&blk->quota, dev, "%s error on drive '%s': %s; %s",
              write ? "write" : "read", blk->id, strerror(-rc), then[action]);
    atomic_store(&blk->error, (unsigned)-rc | (write ? ERROR_WRITE : 0) |
                                  (unsigned)action << ERROR_ACTION);
    loop_post(blk->vm->loop, &blk->error_task);
    if (action == BLK_STOP)
        vm_request(blk->vm, VM_REQ_IO_ERROR);
    return action;
}

void blk_tell_error(void *opaque)
{
    static const char *const names[] = {"report", "ignore", "stop"};
    struct blk *blk = opaque;
    unsigned error = atomic_load(&blk->error), action = error >> ERROR_ACTION;
    int code = error & (ERROR_WRITE - 1);
    int64_t now = blk_now_ns();

    if (action != BLK_STOP && blk->error_told &&
        now - blk->error_told < EVENT_INTERVAL)
        return;
    blk->error_told = now;
    qmp_event(blk->vm, "BLOCK_IO_ERROR",
              json_pack("{s:s,s:s,s:s,s:s,s:b,s:s}", "device", blk->id,
                        "node-name", blk->id, "operation",
                        error & ERROR_WRITE ? "write" : "read", "action",
                        names[action], "nospace", code == ENOSPC, "reason",
                        strerror(code)));
}
