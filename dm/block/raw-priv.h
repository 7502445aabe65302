/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw images: what opening them (raw.c) and using them (raw-io.c) share.
 */
#ifndef HVMD_DM_BLOCK_RAW_PRIV_H
#define HVMD_DM_BLOCK_RAW_PRIV_H

#include "dm/block/aio.h"
#include "dm/block/blk-priv.h"
#include "dm/block/range-lock.h"

struct raw {
    struct blk blk;
    int fd;
    bool is_device;
    bool threads;       /* aio=threads */
    bool in_memory;     /* the file system is */
    uint32_t mem_align; /* of buffers, while blk.cache_direct */
    uint32_t off_align; /* of offsets and lengths, likewise; else 512 */
    struct range_lock ranges;
    pthread_cond_t granted;
    /* What this file system has turned out not to have. */
    atomic_bool no_zero_range, no_punch;
    /* An fdatasync has failed: the kernel has dropped what it could not
     * write, and a later success would be a lie. */
    atomic_bool lost_data;
    atomic_bool told_no_uring;
};

struct raw_io;
struct raw_queue {
    struct blk_queue q;
    struct aio *aio;
    struct raw_io *ios, *free; /* one a request, q.depth of them */
    struct raw_io *granted;    /* by the range lock; under its mutex */
    struct loop_task granted_task;
};

int raw_queue_init(struct blk_queue *q);
void raw_queue_fini(struct blk_queue *q);
void raw_submit(struct blk_queue *q, struct blk_req *req);
void raw_unplug(struct blk_queue *q);
void raw_wait(struct blk_queue *q);
void raw_poll(struct blk_queue *q);

#endif
