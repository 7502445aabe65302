/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "stream" and "socket": frames over a connection, each after its length in
 * four bytes, most significant first, as QEMU has it.
 *
 * One peer at a time. A server takes the next one when it has gone; a client
 * whose peer has gone sends into the void.
 */
#include "config.h"

#include "dm/net/net-priv.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dm/iov.h"
#include "dm/log.h"
#include "dm/net/sock-addr.h"
#include "dm/options.h"

#define LEN_BYTES 4

struct stream {
    struct net net;
    int listen_fd; /* -1: not a server */
    pthread_mutex_t lock;
    int fd; /* the peer, -1: none; lock, changed by the queue's loop only */
    /* What the socket did not take of the last frame; lock. */
    uint8_t *rest;
    size_t rest_len, rest_at;
    /* The socket is full: lock. Then gate, an eventfd, does not poll writable;
     * unlike the socket it outlives the peer. */
    bool blocked;
    int gate;
    /* Received, not given on: [in_at, in_end); the queue's loop. */
    uint8_t in[LEN_BYTES + NET_FRAME_MAX];
    size_t in_at, in_end;
};

struct stream_queue {
    struct net_queue q;
    struct loop_fd listen, peer;
    struct loop_task ready; /* a whole frame is in the buffer */
    struct loop_task wait;  /* the socket is full */
    bool enabled, want_out;
};

static struct stream *stream_of(struct net *net)
{
    return (struct stream *)net;
}

/* lock held */
static void block(struct stream *s, bool on)
{
    uint64_t full = UINT64_MAX - 1;
    ssize_t n;

    if (s->blocked == on)
        return;
    s->blocked = on;
    n = on ? write(s->gate, &full, sizeof(full))
           : read(s->gate, &full, sizeof(full));
    assert(n == sizeof(full));
}

/* ---- the queue's loop ---- */

static void watch_peer(struct stream_queue *sq)
{
    loop_fd_events(&sq->peer, (sq->enabled ? EPOLLIN : 0u) |
                                  (sq->want_out ? EPOLLOUT : 0u));
}

static void peer_add(struct stream_queue *sq)
{
    struct stream *s = stream_of(sq->q.net);
    int rc;

    sq->want_out = false;
    sq->peer.fd = s->fd;
    sq->peer.events = sq->enabled ? EPOLLIN : 0;
    rc = loop_fd_add(sq->q.loop, &sq->peer);
    if (rc)
        log_err(s->net.id, "cannot watch the peer: %s", strerror(-rc));
}

static void peer_gone(struct stream_queue *sq, const char *why)
{
    struct stream *s = stream_of(sq->q.net);

    log_info(s->net.id, "the peer has gone: %s", why);
    loop_fd_del(&sq->peer);
    pthread_mutex_lock(&s->lock);
    close(s->fd);
    s->fd = -1;
    s->rest_len = s->rest_at = 0;
    block(s, false);
    pthread_mutex_unlock(&s->lock);
    s->in_at = s->in_end = 0;
    if (s->listen_fd >= 0)
        loop_fd_events(&sq->listen, EPOLLIN);
}

static void peer_comes(void *opaque, uint32_t events)
{
    struct stream_queue *sq = opaque;
    struct stream *s = stream_of(sq->q.net);
    int fd = loop_fd_accept(&sq->listen, s->net.id);

    if (fd < 0)
        return;
    sock_tune(fd);
    pthread_mutex_lock(&s->lock);
    s->fd = fd;
    pthread_mutex_unlock(&s->lock);
    loop_fd_events(&sq->listen, 0);
    peer_add(sq);
}

/* Length of the frame at in_at; 0: it is not there as a whole. */
static size_t frame_here(const struct stream *s)
{
    size_t have = s->in_end - s->in_at, len;
    const uint8_t *p = &s->in[s->in_at];

    if (have < LEN_BYTES)
        return 0;
    len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    return len <= have - LEN_BYTES ? len : 0;
}

/* Is what comes after in_at no frame? */
static bool frame_bad(const struct stream *s)
{
    const uint8_t *p = &s->in[s->in_at];
    size_t len;

    if (s->in_end - s->in_at < LEN_BYTES)
        return false;
    len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    return len == 0 || len > NET_FRAME_MAX;
}

static void offer(struct stream_queue *sq)
{
    struct stream *s = stream_of(sq->q.net);

    if (!sq->enabled || s->fd < 0)
        return;
    sq->q.readable(sq->q.opaque);
    if (sq->enabled && frame_here(s))
        loop_post(sq->q.loop, &sq->ready);
}

static void on_ready(void *opaque)
{
    offer(opaque);
}

/* lock held. 0: all is sent; -EAGAIN; -errno: the connection broke. */
static int send_rest(struct stream *s)
{
    while (s->rest_at < s->rest_len) {
        ssize_t n = send(s->fd, s->rest + s->rest_at, s->rest_len - s->rest_at,
                         MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        s->rest_at += (size_t)n;
    }
    s->rest_len = s->rest_at = 0;
    return 0;
}

static void on_wait(void *opaque)
{
    struct stream_queue *sq = opaque;

    if (stream_of(sq->q.net)->fd >= 0) {
        sq->want_out = true;
        watch_peer(sq);
    }
}

static void on_writable(struct stream_queue *sq)
{
    struct stream *s = stream_of(sq->q.net);
    int rc;

    pthread_mutex_lock(&s->lock);
    rc = send_rest(s);
    if (!rc)
        block(s, false);
    pthread_mutex_unlock(&s->lock);
    if (rc == -EAGAIN)
        return;
    sq->want_out = false;
    if (rc)
        peer_gone(sq, strerror(-rc));
    else
        watch_peer(sq);
}

static void on_peer(void *opaque, uint32_t events)
{
    struct stream_queue *sq = opaque;

    if (sq->want_out && events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        on_writable(sq);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        offer(sq);
}

static int stream_queue_init(struct net_queue *q)
{
    struct stream_queue *sq = (struct stream_queue *)q;
    struct stream *s = stream_of(q->net);
    int rc;

    sq->ready = (struct loop_task){.fn = on_ready, .opaque = sq};
    sq->wait = (struct loop_task){.fn = on_wait, .opaque = sq};
    sq->peer = (struct loop_fd){.fn = on_peer, .opaque = sq};
    sq->listen = (struct loop_fd){
        .fd = s->listen_fd,
        .events = s->fd < 0 ? EPOLLIN : 0,
        .fn = peer_comes,
        .opaque = sq,
    };
    if (s->listen_fd >= 0) {
        rc = loop_fd_add(q->loop, &sq->listen);
        if (rc)
            return rc;
    }
    if (s->fd >= 0)
        peer_add(sq);
    if (s->blocked)
        loop_post(q->loop, &sq->wait);
    return 0;
}

static void stream_queue_fini(struct net_queue *q)
{
    struct stream_queue *sq = (struct stream_queue *)q;

    loop_cancel(q->loop, &sq->ready);
    loop_cancel(q->loop, &sq->wait);
    loop_fd_del(&sq->peer);
    loop_fd_del(&sq->listen);
}

static void stream_rx_enable(struct net_queue *q, bool on)
{
    struct stream_queue *sq = (struct stream_queue *)q;
    struct stream *s = stream_of(q->net);

    sq->enabled = on;
    if (s->fd < 0)
        return;
    watch_peer(sq);
    if (on && frame_here(s))
        loop_post(q->loop, &sq->ready);
}

static ssize_t stream_recv(struct net_queue *q, const struct iovec *iov,
                           int iovcnt)
{
    struct stream_queue *sq = (struct stream_queue *)q;
    struct stream *s = stream_of(q->net);
    size_t len;
    ssize_t n;

    while (!(len = frame_here(s))) {
        if (s->fd < 0)
            return -EAGAIN;
        if (frame_bad(s)) {
            peer_gone(sq, "it sent a frame of no or too great length");
            return -EAGAIN;
        }
        memmove(s->in, s->in + s->in_at, s->in_end - s->in_at);
        s->in_end -= s->in_at;
        s->in_at = 0;
        n = recv(s->fd, s->in + s->in_end, sizeof(s->in) - s->in_end, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return -EAGAIN;
        if (n <= 0) {
            peer_gone(sq, n ? strerror(errno) : "end of connection");
            return -EAGAIN;
        }
        s->in_end += (size_t)n;
    }
    n = (ssize_t)iov_put(iov, iovcnt, 0, s->in + s->in_at + LEN_BYTES, len);
    s->in_at += LEN_BYTES + len;
    return n < (ssize_t)len ? -EMSGSIZE : n;
}

/* ---- any one thread ---- */

/* lock held. Keeps what send() left of this frame. */
static int keep_rest(struct stream *s, const struct iovec *iov, int iovcnt,
                     size_t total, size_t sent)
{
    if (!s->rest)
        s->rest = malloc(LEN_BYTES + NET_FRAME_MAX);
    if (!s->rest)
        return -ENOMEM;
    iov_get(iov, iovcnt, 0, s->rest, total);
    s->rest_len = total;
    s->rest_at = sent;
    return 0;
}

static ssize_t send_frame(struct stream *s, struct stream_queue *sq,
                          const struct iovec *iov, int iovcnt)
{
    uint8_t head[LEN_BYTES];
    struct iovec v[NET_IOV_MAX + 1];
    struct msghdr msg = {.msg_iov = v, .msg_iovlen = (size_t)iovcnt + 1};
    size_t len = 0;
    ssize_t n;
    int rc;

    if (s->fd < 0)
        return -ENOTCONN;
    if (s->blocked)
        return -EAGAIN;
    for (int i = 0; i < iovcnt; i++)
        len += iov[i].iov_len;
    if (!len || len > NET_FRAME_MAX)
        return -EMSGSIZE;
    for (unsigned i = 0; i < LEN_BYTES; i++)
        head[i] = (uint8_t)(len >> (24 - 8 * i));
    v[0] = (struct iovec){head, LEN_BYTES};
    memcpy(&v[1], iov, sizeof(*iov) * (size_t)iovcnt);
    do {
        n = sendmsg(s->fd, &msg, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN)
        return -errno;
    if (n == (ssize_t)(LEN_BYTES + len))
        return (ssize_t)len;
    if (n > 0) {
        rc = keep_rest(s, v, iovcnt + 1, LEN_BYTES + len, (size_t)n);
        if (rc) {
            shutdown(s->fd, SHUT_RDWR); /* the framing is lost */
            return rc;
        }
    }
    block(s, true);
    loop_post(sq->q.loop, &sq->wait);
    return n < 0 ? -EAGAIN : (ssize_t)len;
}

static ssize_t stream_send(struct net_queue *q, const struct iovec *iov,
                           int iovcnt)
{
    struct stream *s = stream_of(q->net);
    ssize_t n;

    pthread_mutex_lock(&s->lock);
    n = send_frame(s, (struct stream_queue *)q, iov, iovcnt);
    pthread_mutex_unlock(&s->lock);
    return n;
}

static int stream_tx_fd(struct net_queue *q)
{
    return stream_of(q->net)->gate;
}

/* ---- opening ---- */

static void set_info(struct stream *s, const char *verb, const char *addr)
{
    snprintf(s->net.info, sizeof(s->net.info), "%s=%.120s", verb, addr);
}

static int open_listen(struct stream *s, const struct sock_addr *a,
                       const char *text, struct cfg_err *err)
{
    set_info(s, "listen", text);
    return sock_listen(a, text, &s->listen_fd, err);
}

static int open_connect(struct stream *s, const struct sock_addr *a,
                        const char *text, struct cfg_err *err)
{
    set_info(s, "connect", text);
    return sock_connect(a, text, &s->fd, err);
}

static int open_fd(struct stream *s, const char *text, struct cfg_err *err)
{
    socklen_t len = sizeof(int);
    int type, rc;

    rc = net_parse_fd(text, "fd", &s->fd, err);
    if (rc)
        return rc;
    if (getsockopt(s->fd, SOL_SOCKET, SO_TYPE, &type, &len) ||
        type != SOCK_STREAM)
        return err_set(err, -EINVAL, "fd=%s: expected a stream socket", text);
    set_info(s, "fd", text);
    return 0;
}

static int stream_init(struct stream *s, struct cfg_err *err)
{
    s->fd = s->listen_fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    s->gate = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->gate < 0)
        return err_set(err, -errno, "eventfd: %s", strerror(errno));
    return 0;
}

static int socket_open(struct net *net, struct opts *opts, struct cfg_err *err)
{
    struct stream *s = stream_of(net);
    const char *listen = opts_get(opts, "listen");
    const char *connect = opts_get(opts, "connect");
    const char *fd = opts_get(opts, "fd");
    const char *text = listen ? listen : connect;
    struct sock_addr a;
    int rc;

    rc = stream_init(s, err);
    if (rc)
        return rc;
    if (!!listen + !!connect + !!fd != 1)
        return err_set(err, -EINVAL,
                       "expected one of listen=[HOST]:PORT, "
                       "connect=HOST:PORT, mcast=, udp= and fd=N");
    if (fd)
        return open_fd(s, fd, err);
    rc = sock_parse_inet(text, listen, &a, err);
    if (rc)
        return rc;
    return listen ? open_listen(s, &a, text, err)
                  : open_connect(s, &a, text, err);
}

static int stream_open(struct net *net, struct opts *opts, struct cfg_err *err)
{
    struct stream *s = stream_of(net);
    bool server = false;
    struct sock_addr a;
    char text[160];
    int rc;

    rc = stream_init(s, err);
    if (!rc)
        rc = opts_get_bool(opts, "server", &server, err);
    if (!rc)
        rc = sock_parse_opts(opts, "addr", &a, text, sizeof(text), err);
    if (rc == -ENOENT)
        return err_set(err, rc, "expected addr.type=inet|unix|fd");
    if (rc)
        return rc;
    if (a.fd)
        return open_fd(s, a.fd, err);
    return server ? open_listen(s, &a, text, err)
                  : open_connect(s, &a, text, err);
}

static void stream_close(struct net *net)
{
    struct stream *s = stream_of(net);

    if (s->fd >= 0)
        close(s->fd);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    if (s->gate >= 0)
        close(s->gate);
    free(s->rest);
    pthread_mutex_destroy(&s->lock);
}

#define STREAM_OPS                                                    \
    .net_size = sizeof(struct stream),                                \
    .queue_size = sizeof(struct stream_queue), .close = stream_close, \
    .queue_init = stream_queue_init, .queue_fini = stream_queue_fini, \
    .rx_enable = stream_rx_enable, .set_offloads = net_no_offloads,   \
    .recv = stream_recv, .send = stream_send, .tx_fd = stream_tx_fd

const struct net_ops net_socket_ops = {
    .type = "socket",
    .desc = "frames over TCP (listen=, connect=), UDP (udp=, mcast=) or fd=",
    .keys = "id, listen, connect, fd, mcast, udp, localaddr",
    .open = socket_open,
    STREAM_OPS,
};

const struct net_ops net_stream_ops = {
    .type = "stream",
    .desc = "frames over a TCP or Unix stream",
    .keys = "id, server, addr.type, addr.host, addr.port, addr.path, addr.str",
    .open = stream_open,
    STREAM_OPS,
};
