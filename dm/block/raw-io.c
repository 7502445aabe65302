/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to a raw image. Each has one system call in flight at a time and
 * goes through as many as it needs:
 *
 *     plain     read or write where the guest's buffers are; again for the
 *               rest after a short one
 *     bounced   through a buffer of ours, in pieces of BOUNCE bytes, where
 *               O_DIRECT does not take the guest's addresses or offsets. A
 *               write of a part of a block reads the block first (filling),
 *               alone under the range lock.
 *     zeros     fallocate; a bounced write of zeros where that is not to be
 *               had
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dm/block/raw-priv.h"
#include "dm/iov.h"

#define BOUNCE (256 * 1024)
#define RETRIES 1000 /* of EAGAIN and short counts that lead nowhere */

struct raw_io {
    struct aio_op op; /* first: done() gets this */
    struct blk_req *req;
    struct raw_io *next; /* free, or granted */
    uint64_t done;       /* bytes of the request that are finished */
    unsigned retries;
    struct iovec *tail; /* of a plain transfer after a short count */
    /* bounced; buf is not NULL then */
    char *buf;
    size_t buf_size;
    struct iovec buf_iov;
    uint64_t start, end; /* the piece at hand, whole blocks */
    uint64_t pos;        /* how far in it the system calls are */
    bool filling;
    bool syncing; /* the last step: fdatasync of what was zeroed */
    bool ranged;  /* holds range */
    struct range range;
};

static struct raw *raw_of(const struct blk_req *req)
{
    return (struct raw *)req->q->blk;
}

static void push(struct raw_io *io)
{
    aio_submit(((struct raw_queue *)io->req->q)->aio, &io->op);
}

/* The request is done with io. */
static void release(struct raw_io *io)
{
    struct raw_queue *rq = (struct raw_queue *)io->req->q;
    struct raw *raw = raw_of(io->req);

    if (io->ranged)
        range_unlock(&raw->ranges, &io->range);
    free(io->tail);
    free(io->buf);
    io->next = rq->free;
    rq->free = io;
}

static void finish(struct raw_io *io, int rc)
{
    struct blk_req *req = io->req;
    struct raw *raw = raw_of(req);

    release(io);
    if (req->op == BLK_FLUSH && rc < 0 && !raw->blk.cache_direct)
        atomic_store(&raw->lost_data, true);
    blk_complete(req, rc);
}

/* This may be within submit, from where nothing is told. */
static void no_memory(struct raw_io *io)
{
    release(io);
    blk_complete_later(io->req, -ENOMEM);
}

/* All bytes are where they belong. */
static void arrived(struct raw_io *io)
{
    const struct blk_req *req = io->req;

    /* A write has RWF_DSYNC for that, fallocate nothing. */
    if (io->syncing || req->op != BLK_WRITE_ZEROES || io->buf ||
        !blk_must_sync(req->q->blk, req->flags & BLK_REQ_FUA)) {
        finish(io, 0);
        return;
    }
    io->syncing = true;
    io->op.kind = AIO_FDATASYNC;
    push(io);
}

/* Interrupted, or the kernel is short of something: the same again. */
static bool again(struct raw_io *io, int res)
{
    if ((res != -EINTR && res != -EAGAIN) || ++io->retries > RETRIES)
        return false;
    push(io);
    return true;
}

/* Plain. */

static void plain_push(struct raw_io *io)
{
    const struct blk_req *req = io->req;

    io->op.off = req->off + io->done;
    if (!io->done) {
        io->op.iov = req->iov;
        io->op.iovcnt = req->iovcnt;
    } else {
        if (!io->tail)
            io->tail = calloc(req->iovcnt, sizeof(*io->tail));
        if (!io->tail) {
            no_memory(io);
            return;
        }
        io->op.iov = io->tail;
        io->op.iovcnt = iov_tail(io->tail, req->iov, req->iovcnt, io->done);
    }
    push(io);
}

static void bounce_begin(struct raw_io *io);

/* O_DIRECT reads to an odd offset at the end of the file only; do not trust
 * that, or data could turn into zeros. */
static bool at_end(const struct raw_io *io, const struct raw *raw)
{
    uint64_t got = io->op.off + io->op.res;
    struct stat st;

    return raw->blk.cache_direct && !fstat(raw->fd, &st) &&
           got >= (uint64_t)st.st_size;
}

static void plain_done(struct raw_io *io, int res)
{
    const struct blk_req *req = io->req;
    const struct raw *raw = raw_of(req);
    unsigned odd;

    if (again(io, res))
        return;
    if (res == -EINVAL && raw->blk.cache_direct) {
        /* The file system wants more alignment than it said. */
        bounce_begin(io);
        return;
    }
    if (res < 0) {
        finish(io, res);
        return;
    }
    io->done += res;
    odd = io->done % raw->off_align;
    if (io->done == req->len) {
        finish(io, 0);
    } else if (req->op == BLK_READ && (!res || (odd && at_end(io, raw)))) {
        /* The rest of the last sector is zeros. */
        iov_zero(req->iov, req->iovcnt, io->done, req->len - io->done);
        finish(io, 0);
    } else if (!res || ++io->retries > RETRIES) {
        finish(io, -EIO);
    } else {
        if (raw->blk.cache_direct)
            io->done -= odd;
        plain_push(io);
    }
}

/* Bounced. */

/* The piece of the request in [start, end). */
static uint64_t piece_off(const struct raw_io *io)
{
    uint64_t off = io->req->off + io->done;

    return off > io->start ? off - io->start : 0;
}

static uint64_t piece_len(const struct raw_io *io)
{
    uint64_t end = io->req->off + io->req->len;

    if (end > io->end)
        end = io->end;
    return end - io->start - piece_off(io);
}

static void bounce_push(struct raw_io *io)
{
    bool read = io->filling || io->req->op == BLK_READ;

    io->op.kind = read ? AIO_READ : AIO_WRITE;
    io->op.flags = 0;
    if (!read && blk_must_sync(io->req->q->blk, io->req->flags & BLK_REQ_FUA))
        io->op.flags = RWF_DSYNC;
    io->op.off = io->start + io->pos;
    io->buf_iov.iov_base = io->buf + io->pos;
    io->buf_iov.iov_len = io->end - io->start - io->pos;
    io->op.iov = &io->buf_iov;
    io->op.iovcnt = 1;
    push(io);
}

/* The guest's bytes into the buffer. */
static void merge(struct raw_io *io)
{
    const struct blk_req *req = io->req;
    char *at = io->buf + piece_off(io);

    if (req->op == BLK_WRITE_ZEROES)
        memset(at, 0, piece_len(io));
    else
        iov_get(req->iov, req->iovcnt, io->done, at, piece_len(io));
}

static void bounce_next(struct raw_io *io)
{
    const struct blk_req *req = io->req;
    uint64_t align = raw_of(req)->off_align;
    uint64_t end = (req->off + req->len + align - 1) & ~(align - 1);

    io->start = (req->off + io->done) & ~(align - 1);
    io->end = end - io->start > io->buf_size ? io->start + io->buf_size : end;
    io->pos = 0;
    if (req->op != BLK_READ) {
        io->filling = piece_len(io) < io->end - io->start;
        if (!io->filling)
            merge(io);
    }
    bounce_push(io);
}

static void bounce_begin(struct raw_io *io)
{
    const struct blk_req *req = io->req;
    const struct raw *raw = raw_of(req);
    /* the request and the blocks that it begins and ends in */
    uint64_t span = req->len + 2 * raw->off_align;
    void *buf;

    io->buf_size = span < BOUNCE ? (span + 4095) & ~UINT64_C(4095) : BOUNCE;
    if (io->buf_size < raw->off_align)
        io->buf_size = raw->off_align;
    io->buf_size &= ~((size_t)raw->off_align - 1);
    if (posix_memalign(&buf, raw->mem_align < 4096 ? 4096 : raw->mem_align,
                       io->buf_size)) {
        no_memory(io);
        return;
    }
    io->buf = buf;
    bounce_next(io);
}

static void bounce_done(struct raw_io *io, int res)
{
    const struct blk_req *req = io->req;
    const struct raw *raw = raw_of(req);
    size_t len = io->end - io->start, odd;
    bool read = io->filling || req->op == BLK_READ;

    if (again(io, res))
        return;
    if (res < 0 || (!res && !read) || ++io->retries > RETRIES) {
        finish(io, res < 0 ? res : -EIO);
        return;
    }
    io->pos += res;
    odd = io->pos % raw->off_align;
    if (read && (!res || (odd && at_end(io, raw)))) {
        memset(io->buf + io->pos, 0, len - io->pos);
        io->pos = len;
    }
    if (io->pos < len) {
        io->pos -= odd;
        bounce_push(io);
        return;
    }
    if (io->filling) {
        io->filling = false;
        io->pos = 0;
        merge(io);
        bounce_push(io);
        return;
    }
    if (req->op == BLK_READ) {
        iov_put(req->iov, req->iovcnt, io->done, io->buf + piece_off(io),
                piece_len(io));
    }
    io->done += piece_len(io);
    io->retries = 0;
    if (io->done == req->len)
        arrived(io);
    else
        bounce_next(io);
}

/* Zeros and holes. */

static void zeroes_push(struct raw_io *io)
{
    const struct blk_req *req = io->req;
    struct raw *raw = raw_of(req);
    bool unmap = req->flags & BLK_REQ_UNMAP && raw->blk.discard;

    io->op.kind = AIO_FALLOCATE;
    io->op.off = req->off;
    io->op.len = req->len;
    if (unmap && !atomic_load(&raw->no_punch)) {
        io->op.flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
        push(io);
    } else if (!atomic_load(&raw->no_zero_range)) {
        io->op.flags = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
        push(io);
    } else {
        bounce_begin(io);
    }
}

static void discard_push(struct raw_io *io)
{
    io->op.kind = raw_of(io->req)->is_device ? AIO_DISCARD : AIO_FALLOCATE;
    io->op.flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    io->op.off = io->req->off;
    io->op.len = io->req->len;
    push(io);
}

static bool not_to_be_had(int res)
{
    return res == -EOPNOTSUPP || res == -ENOSYS || res == -ENODEV ||
           res == -EINVAL;
}

static void fallocate_done(struct raw_io *io, int res)
{
    struct raw *raw = raw_of(io->req);
    bool punched = io->op.flags & FALLOC_FL_PUNCH_HOLE;

    if (again(io, res))
        return;
    if (res >= 0) {
        arrived(io);
    } else if (!not_to_be_had(res)) {
        finish(io, res);
    } else if (io->req->op == BLK_DISCARD) {
        finish(io, 0); /* it was but a hint */
    } else {
        if (res != -EINVAL) /* that may be this range's fault */
            atomic_store(punched ? &raw->no_punch : &raw->no_zero_range, true);
        if (punched && !atomic_load(&raw->no_zero_range)) {
            io->op.flags = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
            push(io);
        } else {
            bounce_begin(io);
        }
    }
}

/* Requests. */

static void io_done(struct aio_op *op, int res)
{
    struct raw_io *io = (struct raw_io *)op;

    if (io->buf) {
        bounce_done(io, res);
        return;
    }
    switch (op->kind) {
    case AIO_READ:
    case AIO_WRITE:
        plain_done(io, res);
        break;
    case AIO_FDATASYNC:
        if (!again(io, res))
            finish(io, res < 0 ? res : 0);
        break;
    default:
        fallocate_done(io, res);
        break;
    }
}

static bool whole_blocks(const struct blk_req *req)
{
    return !((req->off | req->len) % raw_of(req)->off_align);
}

/* May O_DIRECT use the guest's buffers? */
static bool aligned(const struct blk_req *req)
{
    const struct raw *raw = raw_of(req);

    if (!whole_blocks(req))
        return false;
    for (int i = 0; i < req->iovcnt; i++) {
        if ((uintptr_t)req->iov[i].iov_base % raw->mem_align ||
            req->iov[i].iov_len % raw->off_align)
            return false;
    }
    return true;
}

static void begin(struct raw_io *io)
{
    struct blk_req *req = io->req;
    struct raw *raw = raw_of(req);

    switch (req->op) {
    case BLK_READ:
    case BLK_WRITE:
        if (raw->blk.cache_direct && !aligned(req)) {
            bounce_begin(io);
            return;
        }
        io->op.kind = req->op == BLK_READ ? AIO_READ : AIO_WRITE;
        io->op.flags = 0;
        if (req->op == BLK_WRITE &&
            blk_must_sync(&raw->blk, req->flags & BLK_REQ_FUA))
            io->op.flags = RWF_DSYNC;
        plain_push(io);
        break;
    case BLK_FLUSH:
        io->op.kind = AIO_FDATASYNC;
        push(io);
        break;
    case BLK_DISCARD:
        discard_push(io);
        break;
    default:
        zeroes_push(io);
        break;
    }
}

/* The range lock's: in the thread of another queue. */
static void on_granted(struct range *r)
{
    struct raw_io *io =
        (struct raw_io *)((char *)r - offsetof(struct raw_io, range));
    struct raw_queue *rq = (struct raw_queue *)io->req->q;

    io->next = rq->granted;
    rq->granted = io;
    pthread_cond_broadcast(&raw_of(io->req)->granted);
    loop_post(rq->q.loop, &rq->granted_task);
}

static void run_granted(void *opaque)
{
    struct raw_queue *rq = opaque;
    struct raw *raw = (struct raw *)rq->q.blk;
    struct raw_io *io, *next;

    pthread_mutex_lock(&raw->ranges.mutex);
    io = rq->granted;
    rq->granted = NULL;
    pthread_mutex_unlock(&raw->ranges.mutex);
    blk_plug(&rq->q);
    for (; io; io = next) {
        next = io->next;
        begin(io);
    }
    blk_unplug(&rq->q);
}

void raw_submit(struct blk_queue *q, struct blk_req *req)
{
    struct raw_queue *rq = (struct raw_queue *)q;
    struct raw *raw = (struct raw *)q->blk;
    struct raw_io *io = rq->free;
    uint64_t mask = raw->off_align - 1;

    if (req->op == BLK_FLUSH && atomic_load(&raw->lost_data)) {
        blk_complete_later(req, -EIO);
        return;
    }
    assert(io);
    rq->free = io->next;
    io->req = req;
    io->done = 0;
    io->retries = 0;
    io->tail = NULL;
    io->buf = NULL;
    io->filling = io->syncing = io->ranged = false;
    if (raw->off_align > 512 && req->op != BLK_READ && req->op != BLK_FLUSH) {
        io->ranged = true;
        io->range.start = req->off & ~mask;
        io->range.end = (req->off + req->len + mask) & ~mask;
        io->range.exclusive = !whole_blocks(req);
        if (!range_lock(&raw->ranges, &io->range))
            return;
    }
    begin(io);
}

void raw_unplug(struct blk_queue *q)
{
    aio_kick(((struct raw_queue *)q)->aio);
}

void raw_poll(struct blk_queue *q)
{
    aio_poll(((struct raw_queue *)q)->aio);
}

void raw_wait(struct blk_queue *q)
{
    struct raw_queue *rq = (struct raw_queue *)q;
    struct raw *raw = (struct raw *)q->blk;

    if (!aio_busy(rq->aio)) { /* all that is left waits for another queue */
        pthread_mutex_lock(&raw->ranges.mutex);
        while (!rq->granted)
            pthread_cond_wait(&raw->granted, &raw->ranges.mutex);
        pthread_mutex_unlock(&raw->ranges.mutex);
    }
    run_granted(rq);
    if (aio_busy(rq->aio))
        aio_wait(rq->aio);
}

int raw_queue_init(struct blk_queue *q)
{
    struct raw_queue *rq = (struct raw_queue *)q;
    struct raw *raw = (struct raw *)q->blk;
    unsigned now = AIO_NOW_WRITES | (raw->in_memory ? AIO_NOW_READS : 0);

    rq->granted_task.fn = run_granted;
    rq->granted_task.opaque = rq;
    rq->ios = calloc(q->depth, sizeof(*rq->ios));
    if (!rq->ios)
        return -ENOMEM;
    for (unsigned i = 0; i < q->depth; i++) {
        struct raw_io *io = &rq->ios[i];

        io->op.done = io_done;
        io->range.granted = on_granted;
        io->next = rq->free;
        rq->free = io;
    }
    if (raw->blk.cache_direct || raw->threads)
        now = 0;
    rq->aio = aio_new(q, raw->fd, raw->threads, now, &raw->told_no_uring);
    return rq->aio ? 0 : -errno;
}

void raw_queue_fini(struct blk_queue *q)
{
    struct raw_queue *rq = (struct raw_queue *)q;

    aio_free(rq->aio);
    loop_cancel(q->loop, &rq->granted_task);
    free(rq->ios);
}
