/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to an NBD server. One connection and one thread an image: queues
 * hand requests over and get them back through lists. What a connection that
 * breaks has not answered is sent again over the next one, if that comes
 * within reconnect-delay; without it, it fails.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "dm/block/nbd-priv.h"
#include "dm/iov.h"

#define RETRY_NS INT64_C(1000000000)
#define CLEAR_MAX (1u << 30) /* bytes of one trim or zero */
#define ZEROS (64u << 10)

static const uint8_t zeros[ZEROS];

static void append(struct nbd_list *l, struct nbd_io *io)
{
    io->next = NULL;
    *(l->head ? &l->tail->next : &l->head) = io;
    l->tail = io;
}

static struct nbd_io *pop(struct nbd_list *l)
{
    struct nbd_io *io = l->head;

    if (io)
        l->head = io->next;
    return io;
}

/* ---- the image's thread ---- */

static void finish(struct nbd *n, struct nbd_io *io, int rc)
{
    struct nbd_queue *q = io->q;

    io->rc = rc;
    pthread_mutex_lock(&n->lock);
    append(&q->done, io);
    pthread_cond_signal(&q->some_done);
    loop_post(q->q.loop, &q->done_task); /* locked: who waits may free q */
    pthread_mutex_unlock(&n->lock);
}

/* Within a call of libnbd: only noted. */
static int on_retired(void *opaque, int *error)
{
    struct nbd_io *io = opaque;

    io->rc = -*error;
    append(&((struct nbd *)io->q->q.blk)->retired, io);
    return 1;
}

static uint64_t cut(uint64_t len, uint64_t max)
{
    return len < max ? len : max;
}

/* Sends its next part. Negative: it was not. */
static int64_t send_part(struct nbd *n, struct nbd_io *io)
{
    const struct blk_req *req = io->req;
    const struct nbd_server *s = &n->server;
    nbd_completion_callback cb = {.callback = on_retired, .user_data = io};
    uint64_t off = req->off + io->done, left = req->len - io->done;
    bool fua = blk_must_sync(&n->blk, req->flags & BLK_REQ_FUA);
    uint32_t flags = fua && s->fua ? LIBNBD_CMD_FLAG_FUA : 0;

    if (io->flushing || req->op == BLK_FLUSH)
        return n->lib.aio_flush(n->h, cb, 0);
    if (req->op == BLK_DISCARD || (req->op == BLK_WRITE_ZEROES && s->zero))
        io->len = cut(left, CLEAR_MAX);
    else
        io->len = cut(left, s->max_len);
    switch (req->op) {
    case BLK_READ:
        return n->lib.aio_pread(n->h, io->data + io->done, io->len, off, cb, 0);
    case BLK_WRITE:
        return n->lib.aio_pwrite(n->h, io->data + io->done, io->len, off, cb,
                                 flags);
    case BLK_DISCARD:
        return n->lib.aio_trim(n->h, io->len, off, cb, 0);
    default:
        break;
    }
    if (s->zero) {
        if (!(req->flags & BLK_REQ_UNMAP))
            flags |= LIBNBD_CMD_FLAG_NO_HOLE;
        return n->lib.aio_zero(n->h, io->len, off, cb, flags);
    }
    io->len = cut(io->len, ZEROS);
    return n->lib.aio_pwrite(n->h, zeros, io->len, off, cb, flags);
}

static bool is_up(const struct nbd *n)
{
    return n->h && !n->lib.aio_is_dead(n->h) && !n->lib.aio_is_closed(n->h);
}

static void send_or_stall(struct nbd *n, struct nbd_io *io)
{
    if (is_up(n) && send_part(n, io) >= 0)
        return;
    if (is_up(n))
        finish(n, io, n->lib.get_errno() ? -n->lib.get_errno() : -EIO);
    else
        append(&n->stalled, io);
}

static void go_on(struct nbd *n, struct nbd_io *io)
{
    const struct blk_req *req = io->req;
    bool sync = req->op != BLK_READ && req->op != BLK_DISCARD &&
                blk_must_sync(&n->blk, req->flags & BLK_REQ_FUA);

    if (io->rc) {
        if (is_up(n))
            finish(n, io, io->rc);
        else
            append(&n->stalled, io);
        return;
    }
    if (req->op == BLK_FLUSH || io->flushing) {
        finish(n, io, 0);
        return;
    }
    io->done += io->len;
    if (io->done == req->len) {
        io->flushing = sync && !n->server.fua && n->server.flush;
        if (!io->flushing) {
            finish(n, io, 0);
            return;
        }
    }
    send_or_stall(n, io);
}

static void arm(struct nbd *n, int64_t ns)
{
    struct itimerspec when = {.it_value = {ns / 1000000000, ns % 1000000000}};

    timerfd_settime(n->timer.fd, 0, &when, NULL);
}

static void on_socket(void *opaque, uint32_t events);

/* A descriptor of our own: libnbd closes its one when it likes, and epoll
 * goes on with that as long as a child that is being started has it too. */
static int watch(struct nbd *n)
{
    int rc, fd = fcntl(n->lib.aio_get_fd(n->h), F_DUPFD_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    n->watch = (struct loop_fd){
        .fd = fd, .events = EPOLLIN, .fn = on_socket, .opaque = n};
    rc = loop_fd_add(n->thread.loop, &n->watch);
    if (rc)
        close(fd);
    return rc;
}

static void unwatch(struct nbd *n)
{
    if (!n->watch.loop)
        return;
    loop_fd_del(&n->watch);
    close(n->watch.fd);
}

/* Nobody has to wait any longer, or everybody can go on. */
static void settle_stalled(struct nbd *n)
{
    struct nbd_list all = n->stalled;
    struct nbd_io *io;

    n->stalled = (struct nbd_list){0};
    while ((io = pop(&all))) {
        if (n->h)
            send_or_stall(n, io);
        else
            finish(n, io, -EIO);
    }
}

/* Not connected, and there are requests. */
static void try_again(struct nbd *n)
{
    int64_t now = blk_now_ns();
    struct cfg_err err = {"the host's descriptors are used up"};

    if (now >= n->next_try_ns) {
        if (!nbd_connect(n, &err) && !watch(n))
            log_warn("blk", "%s: connected again", n->blk.filename);
        else if (!n->told)
            log_warn("blk", "%s", err.text);
        n->told = true;
        if (!n->watch.loop)
            nbd_disconnect(n);
        now = blk_now_ns();
        n->next_try_ns = now + RETRY_NS;
    }
    if (!n->h && now - n->lost_ns < (int64_t)n->reconnect_ns)
        arm(n, n->next_try_ns > now ? n->next_try_ns - now : 1);
    else
        settle_stalled(n);
}

static void lost(struct nbd *n)
{
    log_warn("blk", "%s: the connection is lost%s", n->blk.filename,
             n->reconnect_ns ? ", trying again" : "");
    unwatch(n);
    nbd_disconnect(n);
    n->lost_ns = blk_now_ns();
    n->told = false;
}

/* After any call that may have moved the connection. */
static void pump(struct nbd *n)
{
    struct nbd_io *io;
    unsigned dir;

    do {
        while ((io = pop(&n->retired)))
            go_on(n, io);
        if (n->h && !is_up(n))
            lost(n);
        if (!n->h && n->stalled.head)
            try_again(n);
    } while (n->retired.head || (n->h && !is_up(n)));
    if (!n->h)
        return;
    dir = n->lib.aio_get_direction(n->h);
    loop_fd_events(&n->watch,
                   (dir & LIBNBD_AIO_DIRECTION_READ ? EPOLLIN : 0) |
                       (dir & LIBNBD_AIO_DIRECTION_WRITE ? EPOLLOUT : 0));
}

static void on_socket(void *opaque, uint32_t events)
{
    struct nbd *n = opaque;
    unsigned dir = n->lib.aio_get_direction(n->h);

    /* One of them: it may close the socket. */
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) &&
        dir & LIBNBD_AIO_DIRECTION_READ)
        n->lib.aio_notify_read(n->h);
    else if (dir & LIBNBD_AIO_DIRECTION_WRITE)
        n->lib.aio_notify_write(n->h);
    pump(n);
}

static void on_timer(void *opaque, uint32_t events)
{
    struct nbd *n = opaque;
    uint64_t count;

    if (read(n->timer.fd, &count, sizeof(count)) == sizeof(count))
        pump(n);
}

static void run_todo(void *opaque)
{
    struct nbd *n = opaque;
    struct nbd_list all;
    struct nbd_io *io;

    pthread_mutex_lock(&n->lock);
    all = n->todo;
    n->todo = (struct nbd_list){0};
    pthread_mutex_unlock(&n->lock);
    while ((io = pop(&all)))
        send_or_stall(n, io);
    pump(n);
}

static void thread_begin(void *opaque)
{
    struct nbd *n = opaque;

    if (watch(n) || loop_fd_add(n->thread.loop, &n->timer))
        nbd_disconnect(n);
}

static void thread_end(void *opaque)
{
    struct nbd *n = opaque;

    unwatch(n);
    loop_fd_del(&n->timer);
    loop_cancel(n->thread.loop, &n->todo_task);
}

int nbd_start(struct nbd *n)
{
    int rc, fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd < 0)
        return -errno;
    n->timer = (struct loop_fd){
        .fd = fd, .events = EPOLLIN, .fn = on_timer, .opaque = n};
    n->todo_task = (struct loop_task){.fn = run_todo, .opaque = n};
    rc = worker_start(&n->thread, "nbd");
    if (rc) {
        close(fd);
        return rc;
    }
    worker_call(&n->thread, thread_begin, n);
    return n->h ? 0 : -EIO;
}

void nbd_stop(struct nbd *n)
{
    if (!n->thread.loop)
        return;
    worker_call(&n->thread, thread_end, n);
    worker_stop(&n->thread);
    close(n->timer.fd);
}

/* ---- a queue's thread ---- */

/* The server wants one piece of memory. */
static int gather(struct nbd_io *io)
{
    const struct blk_req *req = io->req;

    io->copied = false;
    if (req->op != BLK_READ && req->op != BLK_WRITE)
        return 0;
    if (req->iovcnt == 1) {
        io->data = req->iov[0].iov_base;
        return 0;
    }
    io->data = malloc(req->len);
    if (!io->data)
        return -ENOMEM;
    io->copied = true;
    if (req->op == BLK_WRITE)
        iov_get(req->iov, req->iovcnt, 0, io->data, req->len);
    return 0;
}

void nbd_submit(struct blk_queue *q, struct blk_req *req)
{
    struct nbd_queue *nq = (struct nbd_queue *)q;
    const struct nbd *n = (struct nbd *)q->blk;
    struct nbd_io *io = nq->free;

    if ((req->op == BLK_FLUSH && !n->server.flush) ||
        (req->op == BLK_DISCARD && !n->server.trim)) {
        blk_complete_later(req, 0);
        return;
    }
    assert(io);
    io->req = req;
    io->done = 0;
    io->flushing = false;
    if (gather(io)) {
        blk_complete_later(req, -ENOMEM);
        return;
    }
    nq->free = io->next;
    append(&nq->gathered, io);
}

void nbd_unplug(struct blk_queue *q)
{
    struct nbd_queue *nq = (struct nbd_queue *)q;
    struct nbd *n = (struct nbd *)q->blk;
    struct nbd_io *io;

    if (!nq->gathered.head)
        return;
    pthread_mutex_lock(&n->lock);
    while ((io = pop(&nq->gathered)))
        append(&n->todo, io);
    pthread_mutex_unlock(&n->lock);
    loop_post(n->thread.loop, &n->todo_task);
}

static void run_done(void *opaque)
{
    struct nbd_queue *nq = opaque;
    struct nbd *n = (struct nbd *)nq->q.blk;
    struct nbd_list all;
    struct nbd_io *io;

    pthread_mutex_lock(&n->lock);
    all = nq->done;
    nq->done = (struct nbd_list){0};
    pthread_mutex_unlock(&n->lock);
    blk_plug(&nq->q);
    while ((io = pop(&all))) {
        struct blk_req *req = io->req;

        if (io->copied && req->op == BLK_READ && !io->rc)
            iov_put(req->iov, req->iovcnt, 0, io->data, req->len);
        if (io->copied)
            free(io->data);
        io->next = nq->free;
        nq->free = io;
        blk_complete(req, io->rc);
    }
    blk_unplug(&nq->q);
}

void nbd_wait(struct blk_queue *q)
{
    struct nbd_queue *nq = (struct nbd_queue *)q;
    struct nbd *n = (struct nbd *)q->blk;

    pthread_mutex_lock(&n->lock);
    while (!nq->done.head)
        pthread_cond_wait(&nq->some_done, &n->lock);
    pthread_mutex_unlock(&n->lock);
    run_done(nq);
}

int nbd_queue_init(struct blk_queue *q)
{
    struct nbd_queue *nq = (struct nbd_queue *)q;

    pthread_cond_init(&nq->some_done, NULL);
    nq->done_task = (struct loop_task){.fn = run_done, .opaque = nq};
    nq->ios = calloc(q->depth, sizeof(*nq->ios));
    if (!nq->ios)
        return -ENOMEM;
    for (unsigned i = 0; i < q->depth; i++) {
        nq->ios[i].q = nq;
        nq->ios[i].next = nq->free;
        nq->free = &nq->ios[i];
    }
    return 0;
}

void nbd_queue_fini(struct blk_queue *q)
{
    struct nbd_queue *nq = (struct nbd_queue *)q;

    loop_cancel(q->loop, &nq->done_task);
    free(nq->ios);
    pthread_cond_destroy(&nq->some_done);
}
