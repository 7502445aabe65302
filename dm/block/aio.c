/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/block/aio.h"

#include <assert.h>
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "dm/block/blk-priv.h"
#include "dm/log.h"

#define BATCH 32 /* completions told before the loop looks elsewhere */
/* Done in place: whole pages, lest one must be read for the rest of it, and
 * no more than is copied faster than handed over. When a write has taken long
 * (the kernel holds back those who write more than the disk takes, which a
 * file in memory has not), the ring has them for a while, so that nothing else
 * has to wait. */
#define NOW_PAGE 4096u
#define NOW_MAX (256u << 10)
#define NOW_LONG_NS 1000000
#define NOW_REST_NS 100000000

struct aio {
    struct blk_queue *q;
    int fd;
    bool threads; /* no ring: not wanted, or the kernel has none */
    atomic_bool *told;
    unsigned busy; /* in the ring */
    struct io_uring ring;
    struct loop_fd watch;
    struct loop_task retry;
    unsigned now;    /* AIO_NOW_* */
    int64_t not_now; /* before this time */
    struct aio_op *now_head, **now_end;
    struct loop_task now_task;
    struct aio_pool *pool; /* all there is without io_uring, else spare */
};

/* Tells up to BATCH completions; returns how many. */
static unsigned reap(struct aio *aio)
{
    struct io_uring_cqe *cqes[BATCH];
    struct aio_op *ops[BATCH];
    unsigned n = io_uring_peek_batch_cqe(&aio->ring, cqes, BATCH);

    for (unsigned i = 0; i < n; i++) {
        ops[i] = io_uring_cqe_get_data(cqes[i]);
        ops[i]->res = cqes[i]->res;
    }
    io_uring_cq_advance(&aio->ring, n);
    aio->busy -= n;
    blk_plug(aio->q);
    for (unsigned i = 0; i < n; i++)
        ops[i]->done(ops[i], ops[i]->res);
    blk_unplug(aio->q);
    return n;
}

static ssize_t do_now(struct aio *aio, const struct aio_op *op)
{
    bool in_memory = aio->now & AIO_NOW_READS;
    int64_t begun = in_memory ? 0 : blk_now_ns();
    ssize_t r = op->kind == AIO_WRITE
                    ? pwritev2(aio->fd, op->iov, op->iovcnt, op->off, 0)
                    : preadv2(aio->fd, op->iov, op->iovcnt, op->off, 0);

    if (!in_memory && blk_now_ns() - begun > NOW_LONG_NS)
        aio->not_now = blk_now_ns() + NOW_REST_NS;
    return r;
}

/* Those that are done in place. */
static void run_now(struct aio *aio)
{
    struct aio_op *op, *list = aio->now_head;

    aio->now_head = NULL;
    aio->now_end = &aio->now_head;
    blk_plug(aio->q);
    while ((op = list)) {
        ssize_t r = do_now(aio, op);

        list = op->next;
        op->done(op, r < 0 ? -errno : (int)r);
    }
    blk_unplug(aio->q);
}

static void now_late(void *opaque)
{
    struct aio *aio = opaque;

    if (aio->now_head)
        run_now(aio);
}

static void on_ring(void *opaque, uint32_t events)
{
    reap(opaque);
}

static bool has_ring(const struct aio *aio)
{
    return aio->watch.fd >= 0;
}

/* The cheapest ring that this kernel makes, at the first request: the thread
 * that makes it is the one that may use it. Not so on a loop with a lock, where
 * whoever holds it submits. */
static int make_ring(struct aio *aio)
{
    /* Not DEFER_TASKRUN: epoll does not see its completions. */
    static const unsigned flags[] = {
        /* 6.0 */
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN |
            IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
        0,
    };
    int r = -EINVAL;

    for (size_t i = loop_has_lock(aio->q->loop) ? 1 : 0;
         r == -EINVAL && i < sizeof(flags) / sizeof(flags[0]); i++)
        r = io_uring_queue_init(aio->q->depth, &aio->ring, flags[i]);
    if (r < 0)
        return r;
    r = io_uring_register_files(&aio->ring, &aio->fd, 1);
    if (!r) {
        aio->watch.fd = aio->ring.ring_fd;
        r = loop_fd_add(aio->q->loop, &aio->watch);
    }
    if (r < 0) {
        aio->watch.fd = -1;
        io_uring_queue_exit(&aio->ring);
    }
    return r;
}

/* Io_uring, if it is to be had. */
static bool use_ring(struct aio *aio)
{
    int rc;

    if (has_ring(aio) || aio->threads)
        return !aio->threads;
    rc = make_ring(aio);
    aio->threads = rc < 0;
    if (rc < 0 && !atomic_exchange(aio->told, true)) {
        log_warn("blk", "%s: io_uring: %s; using threads, which is slower",
                 aio->q->blk->filename, strerror(-rc));
    }
    return !rc;
}

/* Hands over what is prepared; wait: for so many completions. */
static void enter(struct aio *aio, unsigned wait)
{
    int r;

    do {
        r = io_uring_submit_and_wait(&aio->ring, wait);
    } while (r == -EINTR || (r > 0 && io_uring_sq_ready(&aio->ring)));
    if (r >= 0)
        return;
    /* The kernel is short of memory: what is prepared stays so. Anything else
     * (a second thread at our ring) would be our own fault. */
    assert(r == -EAGAIN || r == -EBUSY || r == -ENOMEM);
    loop_post(aio->q->loop, &aio->retry);
}

static void retry(void *opaque)
{
    aio_kick(opaque);
}

static void submit_ring(struct aio *aio)
{
    if (has_ring(aio) && io_uring_sq_ready(&aio->ring))
        enter(aio, 0);
}

void aio_kick(struct aio *aio)
{
    submit_ring(aio);
    if (aio->now_head)
        loop_post(aio->q->loop, &aio->now_task);
}

void aio_poll(struct aio *aio)
{
    submit_ring(aio);
    if (aio->now_head)
        run_now(aio);
    if (aio->busy && io_uring_cq_ready(&aio->ring))
        reap(aio);
}

static void prepare(struct io_uring_sqe *sqe, const struct aio_op *op)
{
    bool one = op->iovcnt == 1;

    switch (op->kind) {
    case AIO_READ:
        if (one)
            io_uring_prep_read(sqe, 0, op->iov->iov_base, op->iov->iov_len,
                               op->off);
        else
            io_uring_prep_readv2(sqe, 0, op->iov, op->iovcnt, op->off, 0);
        sqe->rw_flags = op->flags;
        break;
    case AIO_WRITE:
        if (one)
            io_uring_prep_write(sqe, 0, op->iov->iov_base, op->iov->iov_len,
                                op->off);
        else
            io_uring_prep_writev2(sqe, 0, op->iov, op->iovcnt, op->off, 0);
        sqe->rw_flags = op->flags;
        break;
    case AIO_FDATASYNC:
        io_uring_prep_fsync(sqe, 0, IORING_FSYNC_DATASYNC);
        break;
    default:
        io_uring_prep_fallocate(sqe, 0, op->flags, op->off, op->len);
        break;
    }
    sqe->flags |= IOSQE_FIXED_FILE; /* number 0 of the ring's table */
}

static bool is_for_now(const struct aio *aio, const struct aio_op *op)
{
    size_t len = 0;

    if (!(op->kind == AIO_WRITE  ? aio->now & AIO_NOW_WRITES
          : op->kind == AIO_READ ? aio->now & AIO_NOW_READS
                                 : 0) ||
        op->flags)
        return false;
    for (int i = 0; i < op->iovcnt && len <= NOW_MAX; i++)
        len += op->iov[i].iov_len;
    return len <= NOW_MAX && !((op->off | len) % NOW_PAGE) &&
           (!aio->not_now || blk_now_ns() >= aio->not_now);
}

void aio_submit(struct aio *aio, struct aio_op *op)
{
    struct io_uring_sqe *sqe;

    if (is_for_now(aio, op)) {
        op->next = NULL;
        *aio->now_end = op;
        aio->now_end = &op->next;
        return;
    }
    if (op->kind == AIO_DISCARD || !use_ring(aio)) {
        aio_pool_submit(aio->pool, op);
        return;
    }
    sqe = io_uring_get_sqe(&aio->ring);
    assert(sqe); /* the ring holds the queue's depth */
    prepare(sqe, op);
    io_uring_sqe_set_data(sqe, (void *)op);
    aio->busy++;
}

bool aio_busy(const struct aio *aio)
{
    return aio->now_head || aio->busy || aio_pool_busy(aio->pool);
}

void aio_wait(struct aio *aio)
{
    if (aio->now_head) {
        run_now(aio);
        return;
    }
    if (!aio->busy) {
        aio_pool_wait(aio->pool);
        return;
    }
    do
        enter(aio, 1);
    while (!reap(aio));
}

struct aio *aio_new(struct blk_queue *q, int fd, bool threads, unsigned now,
                    atomic_bool *told)
{
    struct aio *aio = calloc(1, sizeof(*aio));

    if (!aio)
        return NULL;
    aio->q = q;
    aio->fd = fd;
    aio->threads = threads;
    aio->told = told;
    aio->now = loop_has_lock(q->loop) ? 0 : now;
    aio->now_end = &aio->now_head;
    aio->now_task = (struct loop_task){.fn = now_late, .opaque = aio};
    aio->watch.fd = -1;
    aio->watch.events = EPOLLIN;
    aio->watch.fn = on_ring;
    aio->watch.opaque = aio;
    aio->retry.fn = retry;
    aio->retry.opaque = aio;
    aio->pool = aio_pool_new(q, fd);
    if (!aio->pool) {
        free(aio);
        return NULL;
    }
    return aio;
}

void aio_free(struct aio *aio)
{
    if (!aio)
        return;
    assert(!aio->busy && !aio->now_head);
    if (has_ring(aio)) {
        loop_fd_del(&aio->watch);
        io_uring_queue_exit(&aio->ring);
    }
    loop_cancel(aio->q->loop, &aio->retry);
    loop_cancel(aio->q->loop, &aio->now_task);
    aio_pool_free(aio->pool);
    free(aio);
}
