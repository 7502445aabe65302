/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "user": a NAT of our own, without any right on the host, by libslirp.
 *
 * The library is loaded when the first such network is opened: with glib it
 * weighs a quarter of the whole process. It polls: before a wait it names
 * descriptors and a timeout, after it is told what happened. Here its
 * descriptors live in an epoll set of their own, inside the queue's loop.
 *
 *   guest -> net_send -> slirp_input ----+----> host sockets
 *                                        |          |
 *   guest <- net_recv <- frames <- send_packet <-- pollfds_poll
 */
#include "config.h"

#include "dm/net/net-priv.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "dm/clock.h"
#include "dm/iov.h"
#include "dm/log.h"
#include "dm/net/user-frag.h"
#include "dm/net/user-opts.h"
#include "dm/options.h"

#define LIBSLIRP "libslirp.so.0"
/* Bytes that wait for the guest: from HIGH on host sockets are left alone
 * until there are LOW; beyond MAX frames are dropped. */
#define QUEUE_LOW (128u << 10)
#define QUEUE_HIGH (256u << 10)
#define QUEUE_MAX (1024u << 10)

struct slirp_lib {
    void *handle;
    __typeof__(slirp_new) *create;
    __typeof__(slirp_cleanup) *cleanup;
    __typeof__(slirp_pollfds_fill) *fill;
    __typeof__(slirp_pollfds_poll) *poll;
    __typeof__(slirp_input) *input;
    __typeof__(slirp_add_hostfwd) *add_hostfwd;
};

struct frame {
    struct frame *next;
    size_t len;
    uint8_t data[];
};

struct user_timer {
    SlirpTimerCb fn;
    void *opaque;
    int64_t expire; /* ms of guest time; TIMER_NEVER */
    struct user_timer *next;
};

/* What libslirp wants to hear of a descriptor, by its number. */
struct user_fd {
    uint32_t want;    /* since the last fill */
    uint32_t watched; /* in the epoll set */
    uint32_t got;     /* for the poll that runs */
};

struct user_queue;

/* All of it is protected by slirp_lock. */
struct user {
    struct net net;
    struct slirp_lib lib;
    Slirp *slirp;
    const char **search;
    struct user_queue *q; /* NULL: no device */
    struct frame *head, **tail;
    size_t queued; /* bytes */
    struct user_timer *timers;
    struct user_fd *fds;
    int nfds;
    int epfd;
    struct log_quota quota;
    struct frags frags;
    uint8_t tx[NET_FRAME_MAX];
};

struct user_queue {
    struct net_queue q;
    struct loop_fd sockets, timer;
    struct loop_task task; /* there is something to do */
    bool enabled;
};

/* libslirp has globals (its clock, the host's name server), so all networks
 * share one lock. */
static pthread_mutex_t slirp_lock = PTHREAD_MUTEX_INITIALIZER;

static struct user *user_of(struct net *net)
{
    return (struct user *)net;
}

/* ---- what libslirp calls; slirp_lock held ---- */

static ssize_t cb_send_packet(const void *buf, size_t len, void *opaque)
{
    struct user *u = opaque;
    struct frame *f;

    if (!u->q || u->queued + len > QUEUE_MAX)
        return (ssize_t)len; /* TCP will notice */
    f = malloc(sizeof(*f) + len);
    if (!f)
        return (ssize_t)len;
    f->next = NULL;
    f->len = len;
    memcpy(f->data, buf, len);
    *u->tail = f;
    u->tail = &f->next;
    u->queued += len;
    return (ssize_t)len;
}

static void cb_guest_error(const char *msg, void *opaque)
{
    struct user *u = opaque;

    log_guest(&u->quota, u->net.id, "%s", msg);
}

static int64_t cb_clock(void *opaque)
{
    return clock_now(((struct user *)opaque)->net.vm);
}

static void *cb_timer_new(SlirpTimerCb fn, void *cb_opaque, void *opaque)
{
    struct user *u = opaque;
    struct user_timer *t = calloc(1, sizeof(*t));

    if (!t)
        abort(); /* the library knows no failure here */
    t->fn = fn;
    t->opaque = cb_opaque;
    t->expire = TIMER_NEVER;
    t->next = u->timers;
    u->timers = t;
    return t;
}

static void cb_timer_free(void *timer, void *opaque)
{
    struct user_timer **at = &((struct user *)opaque)->timers;

    while (*at && *at != timer)
        at = &(*at)->next;
    if (*at)
        *at = (*at)->next;
    free(timer);
}

static void cb_timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
    ((struct user_timer *)timer)->expire = expire_ms;
}

static void cb_register(int fd, void *opaque)
{
}

static void cb_unregister(int fd, void *opaque)
{
    struct user *u = opaque;

    /* It is closed next, and its number soon that of another. */
    if (fd >= 0 && fd < u->nfds) {
        if (u->fds[fd].watched)
            epoll_ctl(u->epfd, EPOLL_CTL_DEL, fd, NULL);
        u->fds[fd] = (struct user_fd){0};
    }
}

static void cb_notify(void *opaque)
{
    struct user *u = opaque;

    if (u->q)
        loop_post(u->q->q.loop, &u->q->task);
}

static const SlirpCb callbacks = {
    .send_packet = cb_send_packet,
    .guest_error = cb_guest_error,
    .clock_get_ns = cb_clock,
    .timer_new = cb_timer_new,
    .timer_free = cb_timer_free,
    .timer_mod = cb_timer_mod,
    .register_poll_fd = cb_register,
    .unregister_poll_fd = cb_unregister,
    .notify = cb_notify,
};

/* ---- waiting for it; slirp_lock held ---- */

static int add_poll(int fd, int events, void *opaque)
{
    struct user *u = opaque;

    if (fd >= u->nfds) {
        int n = fd + 16;
        struct user_fd *fds = realloc(u->fds, (size_t)n * sizeof(*fds));

        if (!fds)
            return -1; /* nothing happens there for now */
        memset(fds + u->nfds, 0, (size_t)(n - u->nfds) * sizeof(*fds));
        u->fds = fds;
        u->nfds = n;
    }
    u->fds[fd].want = (events & SLIRP_POLL_IN ? EPOLLIN : 0u) |
                      (events & SLIRP_POLL_OUT ? EPOLLOUT : 0u) |
                      (events & SLIRP_POLL_PRI ? EPOLLPRI : 0u);
    return fd;
}

static int get_revents(int idx, void *opaque)
{
    struct user *u = opaque;
    uint32_t got = idx >= 0 && idx < u->nfds ? u->fds[idx].got : 0;

    return (got & EPOLLIN ? SLIRP_POLL_IN : 0) |
           (got & EPOLLOUT ? SLIRP_POLL_OUT : 0) |
           (got & EPOLLPRI ? SLIRP_POLL_PRI : 0) |
           (got & EPOLLERR ? SLIRP_POLL_ERR : 0) |
           (got & EPOLLHUP ? SLIRP_POLL_HUP : 0);
}

/* Tells libslirp what happened to its sockets, and the time. */
static void poll_slirp(struct user *u)
{
    struct epoll_event ev[64];
    int n = 0;

    if (u->queued < QUEUE_HIGH)
        n = epoll_wait(u->epfd, ev, 64, 0);
    for (int i = 0; i < n; i++)
        u->fds[ev[i].data.fd].got = ev[i].events;
    u->lib.poll(u->slirp, 0, get_revents, u);
    for (int i = 0; i < n; i++)
        u->fds[ev[i].data.fd].got = 0;
}

static void run_timers(struct user *u, int64_t now)
{
    struct user_timer *t, *next;

    for (t = u->timers; t; t = next) {
        next = t->next;
        if (t->expire <= now) {
            t->expire = TIMER_NEVER;
            t->fn(t->opaque);
        }
    }
}

static void watch_sockets(struct user *u)
{
    for (int fd = 0; fd < u->nfds; fd++) {
        struct user_fd *f = &u->fds[fd];
        struct epoll_event ev = {.events = f->want, .data.fd = fd};
        int op = !f->want     ? EPOLL_CTL_DEL
                 : f->watched ? EPOLL_CTL_MOD
                              : EPOLL_CTL_ADD;

        /* What is not wanted leaves the set: it would report hang-ups. */
        if (f->want != f->watched && !epoll_ctl(u->epfd, op, fd, &ev))
            f->watched = f->want;
        f->want = 0;
    }
}

static void arm_timer(struct user_queue *uq, uint32_t ms)
{
    struct itimerspec its = {0};

    if (ms != UINT32_MAX) {
        its.it_value.tv_sec = ms / 1000;
        its.it_value.tv_nsec = (long)(ms % 1000) * 1000000 + 1;
    }
    timerfd_settime(uq->timer.fd, 0, &its, NULL);
}

/* Asks libslirp what it waits for. */
static void prepare(struct user *u, int64_t now)
{
    uint32_t timeout = UINT32_MAX;

    u->lib.fill(u->slirp, &timeout, add_poll, u);
    watch_sockets(u);
    for (struct user_timer *t = u->timers; t; t = t->next) {
        int64_t left = t->expire <= now ? 1 : t->expire - now;

        if (t->expire != TIMER_NEVER && left < timeout)
            timeout = (uint32_t)left;
    }
    arm_timer(u->q, timeout);
    loop_fd_events(&u->q->sockets, u->queued < QUEUE_HIGH ? EPOLLIN : 0);
}

/* ---- the queue's loop ---- */

static void run(void *opaque)
{
    struct user_queue *uq = opaque;
    struct user *u = user_of(uq->q.net);
    int64_t now = clock_now(u->net.vm) / 1000000;
    bool waiting;

    pthread_mutex_lock(&slirp_lock);
    poll_slirp(u);
    run_timers(u, now);
    prepare(u, now);
    waiting = u->head;
    pthread_mutex_unlock(&slirp_lock);
    if (!waiting || !uq->enabled)
        return;
    uq->q.readable(uq->q.opaque);
    pthread_mutex_lock(&slirp_lock);
    waiting = u->head;
    pthread_mutex_unlock(&slirp_lock);
    if (waiting && uq->enabled)
        loop_post(uq->q.loop, &uq->task);
}

static void on_sockets(void *opaque, uint32_t events)
{
    run(opaque);
}

static void on_timer(void *opaque, uint32_t events)
{
    struct user_queue *uq = opaque;
    uint64_t count;
    ssize_t n = read(uq->timer.fd, &count, sizeof(count));

    (void)n; /* it only has to be empty */
    run(uq);
}

static void user_queue_fini(struct net_queue *q)
{
    struct user_queue *uq = (struct user_queue *)q;
    struct user *u = user_of(q->net);
    struct frame *f;

    pthread_mutex_lock(&slirp_lock);
    u->q = NULL;
    while ((f = u->head)) {
        u->head = f->next;
        free(f);
    }
    u->tail = &u->head;
    u->queued = 0;
    pthread_mutex_unlock(&slirp_lock);
    loop_cancel(q->loop, &uq->task);
    loop_fd_del(&uq->sockets);
    loop_fd_del(&uq->timer);
    if (uq->timer.fd >= 0)
        close(uq->timer.fd);
}

static int user_queue_init(struct net_queue *q)
{
    struct user_queue *uq = (struct user_queue *)q;
    struct user *u = user_of(q->net);
    int rc;

    uq->task = (struct loop_task){.fn = run, .opaque = uq};
    uq->sockets = (struct loop_fd){
        .fd = u->epfd, .events = EPOLLIN, .fn = on_sockets, .opaque = uq};
    uq->timer = (struct loop_fd){
        .fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
        .events = EPOLLIN,
        .fn = on_timer,
        .opaque = uq,
    };
    rc = uq->timer.fd < 0 ? -errno : loop_fd_add(q->loop, &uq->timer);
    if (!rc)
        rc = loop_fd_add(q->loop, &uq->sockets);
    if (rc) {
        user_queue_fini(q);
        return rc;
    }
    pthread_mutex_lock(&slirp_lock);
    u->q = uq;
    pthread_mutex_unlock(&slirp_lock);
    loop_post(q->loop, &uq->task);
    return 0;
}

static void user_rx_enable(struct net_queue *q, bool on)
{
    struct user_queue *uq = (struct user_queue *)q;

    uq->enabled = on;
    if (on)
        loop_post(q->loop, &uq->task);
}

static ssize_t user_recv(struct net_queue *q, const struct iovec *iov,
                         int iovcnt)
{
    struct user_queue *uq = (struct user_queue *)q;
    struct user *u = user_of(q->net);
    struct frame *f;
    bool drained;
    ssize_t n;

    pthread_mutex_lock(&slirp_lock);
    f = u->head;
    if (f) {
        u->head = f->next;
        if (!u->head)
            u->tail = &u->head;
        u->queued -= f->len;
    }
    drained = !uq->sockets.events && u->queued < QUEUE_LOW;
    pthread_mutex_unlock(&slirp_lock);
    if (drained)
        loop_post(q->loop, &uq->task);
    if (!f)
        return -EAGAIN;
    n = (ssize_t)iov_put(iov, iovcnt, 0, f->data, f->len);
    if (n < (ssize_t)f->len)
        n = -EMSGSIZE;
    free(f);
    return n;
}

/* ---- any one thread ---- */

/* slirp_lock held. A copy: the library looks at a frame more than once. */
static void input(struct user *u, const uint8_t *frame, size_t len)
{
    if (!frag_is(frame, len)) {
        u->lib.input(u->slirp, frame, (int)len);
        return;
    }
    frame = frag_take(&u->frags, frame, len, &len);
    if (frame) {
        u->lib.input(u->slirp, frame, (int)len);
        frag_done(&u->frags);
    }
}

static ssize_t user_send(struct net_queue *q, const struct iovec *iov,
                         int iovcnt)
{
    struct user_queue *uq = (struct user_queue *)q;
    struct user *u = user_of(q->net);
    size_t len = 0;

    for (int i = 0; i < iovcnt; i++)
        len += iov[i].iov_len;
    if (len > sizeof(u->tx))
        return -EMSGSIZE;
    pthread_mutex_lock(&slirp_lock);
    iov_get(iov, iovcnt, 0, u->tx, len);
    input(u, u->tx, len);
    pthread_mutex_unlock(&slirp_lock);
    loop_post(q->loop, &uq->task);
    return (ssize_t)len;
}

/* ---- opening ---- */

static int load(struct slirp_lib *lib, struct cfg_err *err)
{
    lib->handle = dlopen(LIBSLIRP, RTLD_NOW | RTLD_LOCAL);
    if (!lib->handle)
        return err_set(err, -ENOENT,
                       "%s (expected libslirp: install the Debian package "
                       "libslirp0)",
                       dlerror());
    lib->create = dlsym(lib->handle, "slirp_new");
    lib->cleanup = dlsym(lib->handle, "slirp_cleanup");
    lib->fill = dlsym(lib->handle, "slirp_pollfds_fill");
    lib->poll = dlsym(lib->handle, "slirp_pollfds_poll");
    lib->input = dlsym(lib->handle, "slirp_input");
    lib->add_hostfwd = dlsym(lib->handle, "slirp_add_hostfwd");
    if (!lib->create || !lib->cleanup || !lib->fill || !lib->poll ||
        !lib->input || !lib->add_hostfwd)
        return err_set(err, -ENOENT,
                       LIBSLIRP ": expected version 4.1 or later");
    return 0;
}

static int add_forwards(struct user *u, struct opts *opts, struct cfg_err *err)
{
    struct user_fwd fwd;

    opts_get(opts, "hostfwd");
    for (struct opt *o = opts->first; o; o = o->next) {
        if (strcmp(o->key, "hostfwd"))
            continue;
        if (user_parse_fwd(o->value, &fwd, err))
            return -EINVAL;
        if (u->lib.add_hostfwd(u->slirp, fwd.udp, fwd.host, fwd.host_port,
                               fwd.guest, fwd.guest_port))
            return err_set(
                err, -EADDRINUSE,
                "hostfwd=%s: cannot listen: %s (expected a free port "
                "of this host)",
                o->value, strerror(errno));
    }
    return 0;
}

static int user_open(struct net *net, struct opts *opts, struct cfg_err *err)
{
    struct user *u = user_of(net);
    SlirpConfig cfg = {0};
    int rc;

    u->tail = &u->head;
    u->epfd = epoll_create1(EPOLL_CLOEXEC);
    if (u->epfd < 0)
        return err_set(err, -errno, "epoll: %s", strerror(errno));
    rc = user_parse(opts, &cfg, &u->search, err);
    if (!rc)
        rc = load(&u->lib, err);
    if (rc)
        return rc;
    pthread_mutex_lock(&slirp_lock);
    u->slirp = u->lib.create(&cfg, &callbacks, u);
    rc = u->slirp ? add_forwards(u, opts, err)
                  : err_set(err, -EINVAL, LIBSLIRP " refused the options");
    pthread_mutex_unlock(&slirp_lock);
    snprintf(net->info, sizeof(net->info), "net=%u.%u.%u.%u,restrict=%s",
             ((uint8_t *)&cfg.vnetwork)[0], ((uint8_t *)&cfg.vnetwork)[1],
             ((uint8_t *)&cfg.vnetwork)[2], ((uint8_t *)&cfg.vnetwork)[3],
             cfg.restricted ? "on" : "off");
    return rc;
}

static void user_close(struct net *net)
{
    struct user *u = user_of(net);

    if (u->slirp) {
        pthread_mutex_lock(&slirp_lock);
        u->lib.cleanup(u->slirp);
        pthread_mutex_unlock(&slirp_lock);
    }
    /* The library stays loaded: glib cannot be unloaded. */
    while (u->timers)
        cb_timer_free(u->timers, u);
    if (u->epfd >= 0)
        close(u->epfd);
    frag_fini(&u->frags);
    free(u->search);
    free(u->fds);
}

const struct net_ops net_user_ops = {
    .type = "user",
    .desc = "a NAT without any right on the host, by libslirp",
    .keys = USER_KEYS,
    .net_size = sizeof(struct user),
    .queue_size = sizeof(struct user_queue),
    .open = user_open,
    .close = user_close,
    .queue_init = user_queue_init,
    .queue_fini = user_queue_fini,
    .rx_enable = user_rx_enable,
    .set_offloads = net_no_offloads,
    .recv = user_recv,
    .send = user_send,
    .tx_fd = net_no_tx_fd,
};
