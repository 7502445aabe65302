/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asynchronous system calls on one descriptor, for one blk_queue: io_uring,
 * or a few threads where there is none. For formats that end in a file.
 * All calls belong to the thread of the queue's loop.
 */
#ifndef HVMD_DM_BLOCK_AIO_H
#define HVMD_DM_BLOCK_AIO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct aio;
struct aio_pool;
struct blk_queue;

enum aio_kind {
    AIO_READ,  /* preadv2: iov, off, flags are RWF_* */
    AIO_WRITE, /* pwritev2 */
    AIO_FDATASYNC,
    AIO_FALLOCATE, /* off, len, flags are FALLOC_FL_* */
    AIO_DISCARD,   /* BLKDISCARD of a block device: off, len */
};

struct aio_op {
    enum aio_kind kind;
    int flags;
    uint64_t off, len;
    const struct iovec *iov; /* stays valid until done */
    int iovcnt;
    /* Bytes or -errno of the system call. From the loop or aio_wait. */
    void (*done)(struct aio_op *op, int res);
    struct aio_op *next; /* ours from here */
    int res;
};

/* What a copy to or from memory does as a rule, so that handing it to another
 * thread would be the dearer part. */
#define AIO_NOW_WRITES 1u /* the page cache takes them */
#define AIO_NOW_READS 2u  /* the file is in memory */

/* At most q->depth operations at a time. threads: io_uring is not wanted.
 * told: the user knows already that the kernel has none. now: AIO_NOW_*; it is
 * for loops without a lock only. NULL + errno. */
struct aio *aio_new(struct blk_queue *q, int fd, bool threads, unsigned now,
                    atomic_bool *told);
void aio_free(struct aio *aio); /* nothing in flight; NULL is legal */
void aio_submit(struct aio *aio, struct aio_op *op);
void aio_kick(struct aio *aio); /* starts what was submitted */
/* The same, and calls done of what is complete. */
void aio_poll(struct aio *aio);
bool aio_busy(const struct aio *aio);
void aio_wait(struct aio *aio); /* busy: until at least one done was called */

/* The threads alone: they start when there is work. */
struct aio_pool *aio_pool_new(struct blk_queue *q, int fd); /* NULL + errno */
void aio_pool_free(struct aio_pool *pool);                  /* NULL is legal */
void aio_pool_submit(struct aio_pool *pool, struct aio_op *op);
bool aio_pool_busy(const struct aio_pool *pool);
void aio_pool_wait(struct aio_pool *pool);

#endif
