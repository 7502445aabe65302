/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block layer: an open image, and queues to submit requests to it.
 *
 * IDE, virtio-blk and blkif end here alike. A struct blk is one image, opened
 * as the user said: its format is never probed. Each user thread makes a
 * struct blk_queue on its own loop; requests go in and their completions come
 * back in that loop's thread only, so a queue needs no lock. On the main loop
 * whoever holds the machine lock may submit and drain. Queues of one
 * image run side by side; order between requests is the guest's affair (it
 * waits, or it flushes).
 *
 * Errors are the host's: 0, -EIO, -ENOSPC, ... What to do about one (report
 * it, stop the guest) is decided by blk_error_action from rerror= and werror=.
 */
#ifndef HVMD_DM_BLOCK_BLK_H
#define HVMD_DM_BLOCK_BLK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "dm/err.h"
#include "dm/log.h"
#include "dm/loop.h"

struct opts;
struct vm;
struct blk_queue;

enum blk_op {
    BLK_READ,
    BLK_WRITE,
    BLK_FLUSH,   /* all writes completed before it are on the medium */
    BLK_DISCARD, /* contents undefined; succeeds where discard=ignore */
    BLK_WRITE_ZEROES,
    BLK_OPS
};

#define BLK_REQ_UNMAP 1u /* WRITE_ZEROES may deallocate */
#define BLK_REQ_FUA 2u   /* WRITE: on the medium when done */

struct blk_req {
    /* the caller fills */
    enum blk_op op;
    unsigned flags;
    uint64_t off;            /* bytes; a multiple of 512 */
    uint64_t len;            /* bytes; READ, WRITE: the sum of iov */
    const struct iovec *iov; /* stays valid until done */
    int iovcnt;              /* <= BLK_MAX_IOV */
    void (*done)(struct blk_req *req, int rc);
    /* the block layer's */
    struct blk_req *next;
    struct blk_queue *q;
    int64_t start_ns;
    int rc;
};
#define BLK_MAX_IOV 1024

enum blk_error_action { BLK_REPORT, BLK_IGNORE, BLK_STOP };
enum blk_locking { BLK_LOCK_AUTO, BLK_LOCK_ON, BLK_LOCK_OFF, BLK_LOCK_WAIT };

/* What query-blockstats shows; relaxed atomics, any thread. */
struct blk_stats {
    _Atomic uint64_t ops[BLK_OPS], bytes[BLK_OPS], ns[BLK_OPS];
    _Atomic uint64_t failed[BLK_OPS];
};

struct blk_ops;

struct blk {
    const struct blk_ops *ops;
    struct vm *vm;
    struct blk *next;
    char id[64];
    char *filename;
    const char *format; /* "raw", "null-co", ... */
    bool readonly, removable;
    bool cache_direct;    /* O_DIRECT: cache=none */
    bool cache_writeback; /* the guest sees a volatile write cache */
    bool cache_no_flush;  /* cache=unsafe */
    bool discard;
    bool loses_tables;        /* writes need a flush to survive the process */
    atomic_bool inactive;     /* another process has it */
    enum blk_locking locking; /* auto: where the file system can */
    enum blk_error_action rerror, werror_nospc, werror;
    _Atomic uint64_t size;                  /* bytes, whole 512-byte sectors */
    uint32_t logical_block, physical_block; /* host's, as hints */
    struct blk_stats stats;
    const char *user; /* path of the device that has it, NULL: free */
    /* The user's, or NULL: size has changed. Main thread, locked. */
    void (*resized)(void *opaque);
    void *resized_opaque;
    /* of blk_error_action */
    struct log_quota quota;
    struct loop_task error_task;
    atomic_uint error;  /* the last one, packed */
    int64_t error_told; /* host ns; the main loop's */
    atomic_uint queues;
};

/* Locked. Opens by the keys of -drive and -blockdev (docs/block.md); what
 * speaks of the device (if, index, media, ...) must have been asked for. The
 * image is locked against other writers. -errno with err set, nothing left
 * behind. opts stay the caller's. */
int blk_open(struct vm *vm, struct opts *opts, struct blk **out,
             struct cfg_err *err);
void blk_close(struct blk *blk); /* no queue may exist; NULL is legal */
/* The last one first: it may be in front of an earlier one. */
void blk_close_all(struct vm *vm);
struct blk *blk_find(struct vm *vm, const char *id);
/* One device an image: -EBUSY with err naming the other. */
int blk_claim(struct blk *blk, const char *user, struct cfg_err *err);
void blk_release(struct blk *blk);
/* Locked. Makes the image this long; whole sectors. -errno with err set. */
int blk_resize(struct blk *blk, uint64_t size, struct cfg_err *err);

/* Locked, nothing in flight. inactivate: another process goes on with the
 * images. What was written is on them, their locks are given up, and until
 * they are activated writing fails (-EPERM). -errno with err set, and then all
 * is as it was. */
int blk_inactivate_all(struct vm *vm, struct cfg_err *err);
int blk_activate_all(struct vm *vm, struct cfg_err *err);

/* In loop's thread, or before it runs. depth: most requests in flight, 1 to
 * BLK_MAX_DEPTH; more wait inside. NULL + errno. */
#define BLK_MAX_DEPTH 1024
struct blk_queue *blk_queue_new(struct blk *blk, struct loop *loop,
                                unsigned depth);
/* Never fails and never calls done from within. Bounds are checked here:
 * beyond the end (-EINVAL), or writing what is read-only (-EROFS), completes
 * with an error. */
void blk_submit(struct blk_queue *q, struct blk_req *req);
/* Between plug and unplug, submissions gather into one system call. */
void blk_plug(struct blk_queue *q);
void blk_unplug(struct blk_queue *q);
/* Calls fn(opaque) whenever a run of done has ended: those that came together
 * can share one interrupt. */
void blk_queue_batch(struct blk_queue *q, void (*fn)(void *opaque),
                     void *opaque);
/* Starts what was submitted, also while plugged, and tells what is complete
 * then, such as what the page cache had or took. */
void blk_poll(struct blk_queue *q);
/* Returns when nothing is in flight; every done has been called. */
void blk_drain(struct blk_queue *q);
void blk_queue_free(struct blk_queue *q); /* drains; NULL is legal */

/* What a failed request means; BLK_STOP has asked the machine to stop and the
 * caller keeps the request to submit it again after resume. Any thread. */
enum blk_error_action blk_error_action(struct blk *blk, const char *dev,
                                       bool write, int rc);
#endif
