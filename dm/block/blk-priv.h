/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For implementers of block formats: the table below blk_ops. A layer may
 * wrap another (fault, qcow2 over raw) by holding its struct blk and queues.
 */
#ifndef HVMD_DM_BLOCK_BLK_PRIV_H
#define HVMD_DM_BLOCK_BLK_PRIV_H

#include "dm/block/blk.h"

/* First member of a format's own queue. */
struct blk_queue {
    struct blk *blk;
    struct loop *loop;
    unsigned depth, in_flight, plugged;
    struct blk_req *wait_head, *wait_tail;
};

struct blk_ops {
    const char *format;
    const char *desc;
    const char *keys; /* options beside the common ones, for messages */
    size_t blk_size, queue_size; /* of the instances, base struct first */
    /* opts: what the user gave; ask for the own keys only. */
    int (*open)(struct blk *blk, struct opts *opts, struct cfg_err *err);
    void (*close)(struct blk *blk); /* legal after a failed open */
    int (*queue_init)(struct blk_queue *q);
    void (*queue_fini)(struct blk_queue *q);
    /* Takes a checked request: in_flight < depth. Ends in blk_complete, never
     * from within. */
    void (*submit)(struct blk_queue *q, struct blk_req *req);
    void (*unplug)(struct blk_queue *q);
    /* Waits for at least one completion and handles it. */
    void (*wait)(struct blk_queue *q);
};

void blk_complete(struct blk_req *req, int rc);

extern const struct blk_ops *const blk_formats[]; /* ends with NULL */

#endif
