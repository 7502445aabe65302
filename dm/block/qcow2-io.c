/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to a qcow2 image: each is a walk over its extents, with at most one
 * request to the file in flight. Every request but a flush holds its clusters
 * under the range lock: shared to read and to write in place, alone to change
 * where they are. A write begins shared, and goes on alone when it comes to a
 * cluster that must be allocated.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/qcow2-priv.h"
#include "dm/iov.h"

#define MAX_FREES 4096 /* clusters that wait to be let go of */

struct qcow2_io {
    struct blk_req inner; /* first */
    struct blk_req *req;
    struct qcow2_io *next; /* free, or granted */
    uint64_t done;         /* bytes of the request that are finished */
    uint64_t len;          /* bytes under way */
    uint64_t host, n;      /* clusters allocated for them; n 0: none */
    struct iovec *iov;     /* a part of the request's */
    uint8_t *buf;          /* a cluster of which the request has a part */
    struct iovec one;
    bool starting; /* within submit: nothing is told */
    bool changed;  /* tables */
    struct range range;
};

/* What a step of the walk returns if it is not -errno. */
enum { WAIT, GO_ON };

static struct qcow2 *image(const struct qcow2_io *io)
{
    return (struct qcow2 *)io->req->q->blk;
}

static struct qcow2_queue *queue(const struct qcow2_io *io)
{
    return (struct qcow2_queue *)io->req->q;
}

static void drop_buffers(struct qcow2_io *io)
{
    free(io->iov);
    free(io->buf);
    io->iov = NULL;
    io->buf = NULL;
}

/* cache=writethrough, or the guest asked for it: the tables too. */
static int sync_tables(struct qcow2_io *io)
{
    struct qcow2 *c = image(io);
    struct blk_queue *s = queue(io)->s;
    int rc;

    if (!io->changed || !blk_must_sync(&c->blk, io->req->flags & BLK_REQ_FUA))
        return 0;
    pthread_mutex_lock(&c->lock);
    rc = qcow2_commit(c, s);
    pthread_mutex_unlock(&c->lock);
    return rc < 0 ? rc : qcow2_sync(s, BLK_FLUSH, 0, NULL, 0);
}

static void finish(struct qcow2_io *io, int rc)
{
    struct qcow2_queue *q = queue(io);
    struct blk_req *req = io->req;

    if (req->op != BLK_FLUSH) {
        if (!rc)
            rc = sync_tables(io);
        range_unlock(&image(io)->ranges, &io->range);
    }
    drop_buffers(io);
    io->next = q->free;
    q->free = io;
    if (io->starting)
        blk_complete_later(req, rc);
    else
        blk_complete(req, rc);
}

/* To the file, or the backing file. */

static int push(struct qcow2_io *io, struct blk_queue *q, enum blk_op op,
                uint64_t off, uint64_t len)
{
    struct qcow2_queue *qq = queue(io);
    bool *plugged = q == qq->data ? &qq->data_plugged : &qq->backing_plugged;

    io->inner.op = op;
    io->inner.flags = io->req->flags & BLK_REQ_FUA;
    io->inner.off = off;
    io->inner.len = len;
    if (!*plugged)
        blk_plug(q);
    *plugged = true;
    blk_submit(q, &io->inner);
    return WAIT;
}

/* The next io->len bytes of the request, from or to where it says. */
static int push_part(struct qcow2_io *io, struct blk_queue *q, enum blk_op op,
                     uint64_t off)
{
    const struct blk_req *req = io->req;
    unsigned n;

    if (req->op == BLK_WRITE_ZEROES) {
        io->one = (struct iovec){image(io)->zeros, io->len};
        io->inner.iov = &io->one;
        io->inner.iovcnt = 1;
    } else if (io->len == req->len) {
        io->inner.iov = req->iov;
        io->inner.iovcnt = req->iovcnt;
    } else {
        io->iov = calloc(req->iovcnt, sizeof(*io->iov));
        if (!io->iov)
            return -ENOMEM;
        n = iov_tail(io->iov, req->iov, req->iovcnt, io->done);
        iov_cut(io->iov, &n, req->len - io->done - io->len);
        io->inner.iov = io->iov;
        io->inner.iovcnt = n;
    }
    return push(io, q, op, off, io->len);
}

/* Reading. */

static int read_zeros(struct qcow2_io *io, uint64_t len)
{
    iov_zero(io->req->iov, io->req->iovcnt, io->done, len);
    io->done += len;
    return GO_ON;
}

static int read_packed(struct qcow2_io *io, const struct qcow2_extent *e)
{
    const struct blk_req *req = io->req;
    uint32_t in = qcow2_in_cluster(image(io), req->off + io->done);
    int rc = qcow2_unpack(queue(io), e->host);

    if (rc < 0)
        return rc;
    iov_put(req->iov, req->iovcnt, io->done, queue(io)->unpacked + in, e->len);
    io->done += e->len;
    return GO_ON;
}

/* What is behind the end of a file is zeros. */
static int read_file(struct qcow2_io *io, struct blk_queue *q, uint64_t off,
                     uint64_t len)
{
    uint64_t size = atomic_load(&q->blk->size);

    if (off >= size)
        return read_zeros(io, len);
    io->len = size - off < len ? size - off : len;
    return push_part(io, q, BLK_READ, off);
}

static int locked_map(struct qcow2_io *io, struct qcow2_extent *e)
{
    struct qcow2 *c = image(io);
    int rc;

    pthread_mutex_lock(&c->lock);
    rc = qcow2_map(c, queue(io)->s, io->req->off + io->done,
                   io->req->len - io->done, e);
    pthread_mutex_unlock(&c->lock);
    return rc;
}

static int step_read(struct qcow2_io *io)
{
    struct qcow2_queue *q = queue(io);
    struct qcow2_extent e;
    int rc = locked_map(io, &e);

    if (rc < 0)
        return rc;
    if (e.kind == QCOW2_DATA)
        return read_file(io, q->data, e.host, e.len);
    if (e.kind == QCOW2_COMPRESSED)
        return read_packed(io, &e);
    if (e.kind == QCOW2_NONE && q->backing)
        return read_file(io, q->backing, io->req->off + io->done, e.len);
    return read_zeros(io, e.len);
}

/* Writing. */

static int go_alone(struct qcow2_io *io)
{
    struct range_lock *l = &image(io)->ranges;

    range_unlock(l, &io->range);
    io->range.exclusive = true;
    return range_lock(l, &io->range) ? GO_ON : WAIT;
}

static int write_in_place(struct qcow2_io *io, const struct qcow2_extent *e)
{
    struct qcow2 *c = image(io);
    int rc = 0;

    io->len = e->len;
    if (e->host + e->len > atomic_load(&c->file->size)) {
        /* another program left its last cluster short */
        pthread_mutex_lock(&c->lock);
        rc = qcow2_grow(c, e->host + e->len);
        pthread_mutex_unlock(&c->lock);
    }
    return rc < 0 ? rc : push_part(io, queue(io)->data, BLK_WRITE, e->host);
}

/* What the cluster of off has now. */
static int read_old(struct qcow2_queue *q, const struct qcow2_extent *e,
                    uint64_t off, uint8_t *buf)
{
    struct qcow2 *c = (struct qcow2 *)q->q.blk;
    uint32_t in = qcow2_in_cluster(c, off);
    int rc;

    switch (e->kind) {
    case QCOW2_DATA:
        return qcow2_read(q->s, e->host - in, buf, c->cluster_size);
    case QCOW2_COMPRESSED:
        rc = qcow2_unpack(q, e->host);
        if (!rc)
            memcpy(buf, q->unpacked, c->cluster_size);
        return rc;
    case QCOW2_NONE:
        if (q->backing_s)
            return qcow2_read(q->backing_s, off - in, buf, c->cluster_size);
        /* fall through */
    default:
        memset(buf, 0, c->cluster_size);
        return 0;
    }
}

/* A part of one cluster: all of it is written, with what it had before. */
static int write_merged(struct qcow2_io *io, const struct qcow2_extent *e)
{
    struct qcow2 *c = image(io);
    const struct blk_req *req = io->req;
    uint64_t off = req->off + io->done;
    uint8_t *part;
    void *buf;
    int rc;

    if (posix_memalign(&buf, 4096, c->cluster_size))
        return -ENOMEM;
    io->buf = buf;
    part = io->buf + qcow2_in_cluster(c, off);
    rc = read_old(queue(io), e, off, io->buf);
    if (rc < 0)
        return rc;
    if (req->op == BLK_WRITE)
        iov_get(req->iov, req->iovcnt, io->done, part, io->len);
    else
        memset(part, 0, io->len);
    io->one = (struct iovec){buf, c->cluster_size};
    io->inner.iov = &io->one;
    io->inner.iovcnt = 1;
    return push(io, queue(io)->data, BLK_WRITE, io->host, c->cluster_size);
}

static int locked_alloc(struct qcow2_io *io, bool *fresh)
{
    struct qcow2 *c = image(io);
    int rc;

    pthread_mutex_lock(&c->lock);
    rc = qcow2_alloc(c, queue(io)->s, &io->host, &io->n, fresh);
    pthread_mutex_unlock(&c->lock);
    if (rc < 0)
        io->n = 0;
    return rc;
}

/* Takes back all but the first keep of the clusters. */
static void keep(struct qcow2_io *io, uint64_t n)
{
    struct qcow2 *c = image(io);

    pthread_mutex_lock(&c->lock);
    qcow2_unalloc(c, queue(io)->s, io->host + (n << c->cluster_bits),
                  io->n - n);
    pthread_mutex_unlock(&c->lock);
    io->n = n;
}

static int write_new(struct qcow2_io *io, const struct qcow2_extent *e)
{
    struct qcow2 *c = image(io);
    uint32_t in = qcow2_in_cluster(c, io->req->off + io->done);
    bool zeros =
        e->kind == QCOW2_ZERO || (e->kind == QCOW2_NONE && !queue(io)->backing);
    uint64_t end;
    bool fresh;
    int rc;

    io->n = qcow2_clusters(c, in + e->len);
    rc = locked_alloc(io, &fresh);
    if (rc < 0)
        return rc;
    end = io->n << c->cluster_bits;
    io->len = end - in < e->len ? end - in : e->len;
    if (!(fresh && zeros)) {
        uint64_t whole = in ? 0 : io->len >> c->cluster_bits;

        if (!whole) { /* the first is begun or ended elsewhere */
            if (io->n > 1)
                keep(io, 1);
            if (io->len > c->cluster_size - in)
                io->len = c->cluster_size - in;
            return write_merged(io, e);
        }
        if (whole < io->n) {
            keep(io, whole);
            io->len = whole << c->cluster_bits;
        }
    }
    return push_part(io, queue(io)->data, BLK_WRITE, io->host + in);
}

/* At most max bytes. */
static int step_write(struct qcow2_io *io, uint64_t max)
{
    struct qcow2_extent e;
    int rc = locked_map(io, &e);

    if (rc < 0)
        return rc;
    if (e.len > max)
        e.len = max;
    if (e.kind == QCOW2_DATA && e.copied)
        return write_in_place(io, &e);
    return io->range.exclusive ? write_new(io, &e) : go_alone(io);
}

/* Discard and zeros. */

static int relink(struct qcow2_io *io, uint64_t n, uint64_t entry)
{
    struct qcow2 *c = image(io);
    struct blk_queue *s = queue(io)->s;
    int rc;

    pthread_mutex_lock(&c->lock);
    rc = qcow2_link(c, s, io->req->off + io->done, n, entry, false);
    if (!rc && c->nfrees > MAX_FREES)
        rc = qcow2_commit(c, s);
    pthread_mutex_unlock(&c->lock);
    io->changed = true;
    return rc;
}

static int step_clear(struct qcow2_io *io)
{
    const struct blk_req *req = io->req;
    struct qcow2 *c = image(io);
    uint64_t off = req->off + io->done, left;
    uint32_t in = qcow2_in_cluster(c, off);
    bool zeroes = req->op == BLK_WRITE_ZEROES;
    bool backing = queue(io)->backing;
    /* without a backing file an unallocated cluster is zeros */
    bool can = c->version >= 3 || !backing;
    struct qcow2_extent e;
    uint64_t n;
    int rc = locked_map(io, &e);

    if (rc < 0)
        return rc;
    if (e.kind == QCOW2_ZERO ||
        (e.kind == QCOW2_NONE && (!zeroes || !backing))) {
        io->done += e.len;
        return GO_ON;
    }
    n = in ? 0 : e.len >> c->cluster_bits;
    if (!in && off + e.len == atomic_load(&c->blk.size))
        n = qcow2_clusters(c, e.len);
    if (n && can) {
        rc = relink(io, n, backing ? L2_ZERO : 0);
        if (rc < 0)
            return rc;
        left = n << c->cluster_bits;
        io->done += left < e.len ? left : e.len;
        return GO_ON;
    }
    left = c->cluster_size - in < e.len ? c->cluster_size - in : e.len;
    if (zeroes)
        return step_write(io, left);
    io->done += left;
    return GO_ON;
}

/* The walk. */

static void run(struct qcow2_io *io)
{
    int rc = GO_ON;

    while (rc == GO_ON && io->done < io->req->len) {
        drop_buffers(io);
        if (io->req->op == BLK_READ)
            rc = step_read(io);
        else if (io->req->op == BLK_WRITE)
            rc = step_write(io, UINT64_MAX);
        else
            rc = step_clear(io);
    }
    if (rc < 0 && io->n) {
        keep(io, 0);
    }
    if (rc != WAIT)
        finish(io, rc < 0 ? rc : 0);
}

/* The data is there: now the table may name it. */
static int name_it(struct qcow2_io *io)
{
    struct qcow2 *c = image(io);
    int rc;

    pthread_mutex_lock(&c->lock);
    rc = qcow2_link(c, queue(io)->s, io->req->off + io->done, io->n,
                    io->host | ENTRY_COPIED, true);
    pthread_mutex_unlock(&c->lock);
    if (rc < 0)
        return rc;
    io->n = 0;
    io->changed = true;
    return 0;
}

static void inner_done(struct blk_req *inner, int rc)
{
    struct qcow2_io *io = (struct qcow2_io *)inner;
    struct blk_queue *q = io->req->q;

    if (io->req->op == BLK_FLUSH) {
        finish(io, rc);
        return;
    }
    if (!rc && io->n)
        rc = name_it(io);
    if (rc < 0) {
        if (io->n)
            keep(io, 0);
        finish(io, rc);
        return;
    }
    io->done += io->len;
    run(io);
    if (!q->plugged)
        qcow2_unplug(q); /* what run has pushed */
}

static void start_flush(struct qcow2_io *io)
{
    struct qcow2 *c = image(io);
    int rc;

    pthread_mutex_lock(&c->lock);
    rc = qcow2_is_dirty(c) ? qcow2_commit(c, queue(io)->s) : 0;
    pthread_mutex_unlock(&c->lock);
    if (rc < 0)
        finish(io, rc);
    else
        push(io, queue(io)->data, BLK_FLUSH, 0, 0);
}

void qcow2_submit(struct blk_queue *q, struct blk_req *req)
{
    struct qcow2_queue *qq = (struct qcow2_queue *)q;
    struct qcow2 *c = (struct qcow2 *)q->blk;
    struct qcow2_io *io = qq->free;

    if (req->op != BLK_READ && atomic_load(&c->corrupt)) {
        blk_complete_later(req, -EIO);
        return;
    }
    assert(io);
    qq->free = io->next;
    io->req = req;
    io->done = io->n = 0;
    io->changed = false;
    io->starting = true;
    if (req->op == BLK_FLUSH) {
        start_flush(io);
    } else {
        io->range.start = req->off >> c->cluster_bits;
        io->range.end = qcow2_clusters(c, req->off + req->len);
        io->range.exclusive =
            req->op == BLK_DISCARD || req->op == BLK_WRITE_ZEROES;
        if (range_lock(&c->ranges, &io->range))
            run(io);
    }
    io->starting = false;
}

/* The range lock's: in the thread of another queue. */
static void on_granted(struct range *r)
{
    struct qcow2_io *io =
        (struct qcow2_io *)((char *)r - offsetof(struct qcow2_io, range));
    struct qcow2_queue *q = queue(io);

    io->next = q->granted;
    q->granted = io;
    pthread_cond_broadcast(&image(io)->granted);
    loop_post(q->q.loop, &q->granted_task);
}

static void run_granted(void *opaque)
{
    struct qcow2_queue *q = opaque;
    struct qcow2 *c = (struct qcow2 *)q->q.blk;
    struct qcow2_io *io, *next;

    pthread_mutex_lock(&c->ranges.mutex);
    io = q->granted;
    q->granted = NULL;
    pthread_mutex_unlock(&c->ranges.mutex);
    blk_plug(&q->q);
    for (; io; io = next) {
        next = io->next;
        run(io);
    }
    blk_unplug(&q->q);
}

static void kick(struct blk_queue *inner, bool *plugged)
{
    if (*plugged)
        blk_unplug(inner);
    *plugged = false;
}

void qcow2_unplug(struct blk_queue *q)
{
    struct qcow2_queue *qq = (struct qcow2_queue *)q;

    kick(qq->data, &qq->data_plugged);
    kick(qq->backing, &qq->backing_plugged);
}

void qcow2_poll(struct blk_queue *q)
{
    struct qcow2_queue *qq = (struct qcow2_queue *)q;

    blk_poll(qq->data);
    if (qq->backing)
        blk_poll(qq->backing);
}

void qcow2_wait(struct blk_queue *q)
{
    struct qcow2_queue *qq = (struct qcow2_queue *)q;
    struct qcow2 *c = (struct qcow2 *)q->blk;

    if (qq->data->in_flight) {
        blk_drain(qq->data);
    } else if (qq->backing && qq->backing->in_flight) {
        blk_drain(qq->backing);
    } else { /* all that is left waits for another queue */
        pthread_mutex_lock(&c->ranges.mutex);
        while (!qq->granted)
            pthread_cond_wait(&c->granted, &c->ranges.mutex);
        pthread_mutex_unlock(&c->ranges.mutex);
    }
    run_granted(qq);
}

/* A queue of depth for data, and one for what is waited for. */
static int open_queues(struct blk *blk, const struct blk_queue *q,
                       struct blk_queue **data, struct blk_queue **s)
{
    *data = blk_queue_new(blk, q->loop, q->depth);
    if (!*data)
        return -errno;
    *s = blk_queue_new(blk, q->loop, 1);
    return *s ? 0 : -errno;
}

int qcow2_queue_init(struct blk_queue *q)
{
    struct qcow2_queue *qq = (struct qcow2_queue *)q;
    struct qcow2 *c = (struct qcow2 *)q->blk;
    int rc;

    qq->granted_task.fn = run_granted;
    qq->granted_task.opaque = qq;
    qq->ios = calloc(q->depth, sizeof(*qq->ios));
    if (!qq->ios)
        return -ENOMEM;
    for (unsigned i = 0; i < q->depth; i++) {
        qq->ios[i].inner.done = inner_done;
        qq->ios[i].range.granted = on_granted;
        qq->ios[i].next = qq->free;
        qq->free = &qq->ios[i];
    }
    rc = open_queues(c->file, q, &qq->data, &qq->s);
    if (!rc && c->backing)
        rc = open_queues(c->backing, q, &qq->backing, &qq->backing_s);
    return rc;
}

void qcow2_queue_fini(struct blk_queue *q)
{
    struct qcow2_queue *qq = (struct qcow2_queue *)q;

    qcow2_unplug(q);
    blk_queue_free(qq->data);
    blk_queue_free(qq->s);
    blk_queue_free(qq->backing);
    blk_queue_free(qq->backing_s);
    loop_cancel(q->loop, &qq->granted_task);
    free(qq->ios);
    free(qq->packed);
    free(qq->unpacked);
}
