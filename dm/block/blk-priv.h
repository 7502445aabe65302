/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For implementers of block formats: the table below blk_ops. A layer may
 * wrap another (fault, qcow2 over raw) by holding its struct blk and queues.
 */
#ifndef HVMD_DM_BLOCK_BLK_PRIV_H
#define HVMD_DM_BLOCK_BLK_PRIV_H

#include <time.h>

#include "dm/block/blk.h"

/* First member of a format's own queue. */
struct blk_queue {
    struct blk *blk;
    struct loop *loop;
    unsigned depth, in_flight, plugged;
    void (*batch)(void *opaque); /* may be NULL */
    void *batch_opaque;
    bool told;                             /* done was called since batch was */
    struct blk_req *wait_head, *wait_tail; /* more than depth */
    struct blk_req *later_head, *later_tail; /* done, to be told */
    struct loop_task later;
};

struct blk_ops {
    const char *format;
    const char *desc;
    const char *keys; /* options beside the common ones, for messages */
    size_t blk_size, queue_size; /* of the instances, base struct first */
    /* opts: what the user gave; ask for the own keys only. Sets size. */
    int (*open)(struct blk *blk, struct opts *opts, struct cfg_err *err);
    void (*close)(struct blk *blk); /* legal after a failed open */
    int (*queue_init)(struct blk_queue *q);
    void (*queue_fini)(struct blk_queue *q); /* legal after a failed init */
    /* Takes a checked request that is not empty: in_flight <= depth. Ends in
     * blk_complete, never from within; blk_complete_later is for that. */
    void (*submit)(struct blk_queue *q, struct blk_req *req);
    /* Starts what submit has gathered. */
    void (*unplug)(struct blk_queue *q);
    /* Waits for at least one completion and handles it. */
    void (*wait)(struct blk_queue *q);
    /* Handles completions that are there; may be NULL: none ever are. */
    void (*poll)(struct blk_queue *q);
    /* The contracts of blk_inactivate_all and blk_activate_all for one. May be
     * NULL: it keeps nothing back and has no lock. */
    int (*set_active)(struct blk *blk, bool active, struct cfg_err *err);
    /* May be NULL: it cannot. Sets nothing but the image. */
    int (*resize)(struct blk *blk, uint64_t size);
};

/* From the loop, or from wait. The request is the caller's again. */
void blk_complete(struct blk_req *req, int rc);
/* The same, but soon. */
void blk_complete_later(struct blk_req *req, int rc);

/* The machine's side of blk_error_action, in the main loop. */
void blk_tell_error(void *blk);

static inline int64_t blk_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* What a write or a flush owes the medium under this cache=. */
static inline bool blk_must_sync(const struct blk *blk, bool fua)
{
    return (fua || !blk->cache_writeback) && !blk->cache_no_flush;
}

/* As blk_open, but not listed by the machine and without an id of its own:
 * what a layer wraps. Keys: those of the format, and the common ones. */
int blk_open_inner(struct vm *vm, const char *format, struct opts *opts,
                   struct blk **out, struct cfg_err *err);
void blk_close_inner(struct blk *blk); /* NULL is legal */
/* One of them, such as what a layer wraps. Nothing to do, or NULL: 0. */
int blk_set_active(struct blk *blk, bool active, struct cfg_err *err);
/* "nbd:HOST:PORT", "nbd://HOST/EXPORT", "nbds+unix://..." */
bool blk_is_nbd(const char *file);

extern const struct blk_ops blk_fault, blk_nbd, blk_null, blk_qcow2, blk_raw;
extern const struct blk_ops *const blk_formats[]; /* ends with NULL */

#endif
