/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "dgram", and "socket" with udp= or mcast=: one frame a datagram.
 */
#include "config.h"

#include "dm/net/net-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dm/net/sock-addr.h"
#include "dm/options.h"

struct dgram {
    struct net net;
    int rx_fd, tx_fd;    /* the same, but for multicast */
    struct sock_addr to; /* len 0: tx_fd is connected */
    /* multicast: our own frames come back from this address */
    struct sockaddr_in own;
    char *path; /* of a Unix socket we made */
};

struct dgram_queue {
    struct net_queue q;
    struct loop_fd watch;
};

static struct dgram *dgram_of(struct net *net)
{
    return (struct dgram *)net;
}

/* ---- opening ---- */

static int new_socket(int family, int *fd, struct cfg_err *err)
{
    *fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *fd < 0 ? err_set(err, -errno, "socket: %s", strerror(errno)) : 0;
}

static int bind_to(int fd, const struct sock_addr *a, const char *text,
                   struct cfg_err *err)
{
    if (bind(fd, (const struct sockaddr *)&a->ss, a->len))
        return err_set(err, -errno,
                       "cannot bind to '%s': %s (expected a free address of "
                       "this host)",
                       text, strerror(errno));
    return 0;
}

static int open_group(struct dgram *d, const char *group, const char *local,
                      struct cfg_err *err)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&d->to.ss;
    struct ip_mreq mreq = {0};
    struct sock_addr from = {0};
    socklen_t len = sizeof(d->own);
    int on = 1, rc;

    rc = sock_parse_inet(group, false, &d->to, err);
    if (rc)
        return rc;
    if (in->sin_family != AF_INET || !IN_MULTICAST(ntohl(in->sin_addr.s_addr)))
        return err_set(
            err, -EINVAL,
            "mcast=%s: expected an IPv4 multicast address, 224.0.0.0 "
            "to 239.255.255.255",
            group);
    if (local) {
        struct sockaddr_in *f = (struct sockaddr_in *)&from.ss;
        char text[64];

        snprintf(text, sizeof(text), "%.48s:0", local);
        rc = sock_parse_inet(text, false, &from, err);
        if (rc)
            return rc;
        mreq.imr_interface = f->sin_addr;
    }
    rc = new_socket(AF_INET, &d->rx_fd, err);
    if (!rc)
        rc = new_socket(AF_INET, &d->tx_fd, err);
    if (rc)
        return rc;
    setsockopt(d->rx_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    rc = bind_to(d->rx_fd, &d->to, group, err);
    if (rc)
        return rc;
    mreq.imr_multiaddr = in->sin_addr;
    if (setsockopt(d->rx_fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq,
                   sizeof(mreq)))
        return err_set(err, -errno, "mcast=%s: cannot join: %s", group,
                       strerror(errno));
    if (local && setsockopt(d->tx_fd, IPPROTO_IP, IP_MULTICAST_IF,
                            &mreq.imr_interface, sizeof(mreq.imr_interface)))
        return err_set(err, -errno, "localaddr=%s: %s", local, strerror(errno));
    if (connect(d->tx_fd, (struct sockaddr *)&d->to.ss, d->to.len) ||
        getsockname(d->tx_fd, (struct sockaddr *)&d->own, &len))
        return err_set(err, -errno, "mcast=%s: %s", group, strerror(errno));
    d->to.len = 0;
    snprintf(d->net.info, sizeof(d->net.info), "mcast=%.120s", group);
    return 0;
}

static int open_pair(struct dgram *d, const struct sock_addr *local,
                     const char *local_text, const char *remote_text,
                     struct cfg_err *err)
{
    int rc = new_socket(local->ss.ss_family, &d->rx_fd, err);

    if (rc)
        return rc;
    d->tx_fd = d->rx_fd;
    if (local->ss.ss_family != d->to.ss.ss_family)
        return err_set(err, -EINVAL,
                       "addresses '%s' and '%s': expected the same family",
                       local_text, remote_text);
    sock_remove_stale(local, SOCK_DGRAM);
    rc = bind_to(d->rx_fd, local, local_text, err);
    if (rc)
        return rc;
    if (local->ss.ss_family == AF_UNIX) {
        d->path = strdup(((const struct sockaddr_un *)&local->ss)->sun_path);
        if (!d->path)
            return err_set(err, -ENOMEM, "no memory");
    }
    snprintf(d->net.info, sizeof(d->net.info), "local=%.64s,remote=%.64s",
             local_text, remote_text);
    return 0;
}

static int open_fd(struct dgram *d, const char *text, struct cfg_err *err)
{
    socklen_t len = sizeof(int);
    int type, rc;

    rc = net_parse_fd(text, "fd", &d->rx_fd, err);
    if (rc)
        return rc;
    d->tx_fd = d->rx_fd;
    if (getsockopt(d->rx_fd, SOL_SOCKET, SO_TYPE, &type, &len) ||
        type != SOCK_DGRAM)
        return err_set(err, -EINVAL,
                       "fd=%s: expected a connected datagram socket", text);
    snprintf(d->net.info, sizeof(d->net.info), "fd=%.16s", text);
    return 0;
}

static int dgram_open(struct net *net, struct opts *opts, struct cfg_err *err)
{
    struct dgram *d = dgram_of(net);
    const char *group = opts_get(opts, "mcast"), *udp = opts_get(opts, "udp");
    const char *localaddr = opts_get(opts, "localaddr");
    char local_text[128] = "", remote_text[128] = "";
    struct sock_addr local;
    int rc;

    d->rx_fd = d->tx_fd = -1;
    if (group)
        return open_group(d, group, localaddr, err);
    if (udp) {
        if (!localaddr)
            return err_set(err, -EINVAL,
                           "udp=%s: expected localaddr=[HOST]:PORT too", udp);
        rc = sock_parse_inet(udp, false, &d->to, err);
        if (!rc)
            rc = sock_parse_inet(localaddr, true, &local, err);
        return rc ? rc : open_pair(d, &local, localaddr, udp, err);
    }
    rc = sock_parse_opts(opts, "local", &local, local_text, sizeof(local_text),
                         err);
    if (rc == -ENOENT)
        return err_set(err, rc, "expected local.type=inet|unix|fd");
    if (rc || local.fd)
        return rc ? rc : open_fd(d, local.fd, err);
    rc = sock_parse_opts(opts, "remote", &d->to, remote_text,
                         sizeof(remote_text), err);
    if (rc == -ENOENT || (!rc && d->to.fd))
        return err_set(err, -EINVAL, "expected remote.type=inet|unix");
    return rc ? rc : open_pair(d, &local, local_text, remote_text, err);
}

static void dgram_close(struct net *net)
{
    struct dgram *d = dgram_of(net);

    if (d->tx_fd >= 0 && d->tx_fd != d->rx_fd)
        close(d->tx_fd);
    if (d->rx_fd >= 0)
        close(d->rx_fd);
    if (d->path)
        unlink(d->path);
    free(d->path);
}

/* ---- the queue ---- */

static void dgram_readable(void *opaque, uint32_t events)
{
    struct dgram_queue *dq = opaque;

    dq->q.readable(dq->q.opaque);
}

static int dgram_queue_init(struct net_queue *q)
{
    struct dgram_queue *dq = (struct dgram_queue *)q;

    dq->watch.fd = dgram_of(q->net)->rx_fd;
    dq->watch.fn = dgram_readable;
    dq->watch.opaque = dq;
    return loop_fd_add(q->loop, &dq->watch);
}

static void dgram_queue_fini(struct net_queue *q)
{
    loop_fd_del(&((struct dgram_queue *)q)->watch);
}

static void dgram_rx_enable(struct net_queue *q, bool on)
{
    loop_fd_events(&((struct dgram_queue *)q)->watch, on ? EPOLLIN : 0);
}

static bool is_own(const struct dgram *d, const struct sockaddr_in *from)
{
    return d->own.sin_port && from->sin_port == d->own.sin_port &&
           from->sin_addr.s_addr == d->own.sin_addr.s_addr;
}

static ssize_t dgram_recv(struct net_queue *q, const struct iovec *iov,
                          int iovcnt)
{
    struct dgram *d = dgram_of(q->net);
    struct sockaddr_storage from = {0};
    struct msghdr msg = {
        .msg_iov = (struct iovec *)iov,
        .msg_iovlen = (size_t)iovcnt,
        .msg_name = &from,
    };
    ssize_t n;

    do {
        msg.msg_namelen = sizeof(from);
        n = recvmsg(d->rx_fd, &msg, 0);
    } while ((n < 0 && errno == EINTR) ||
             (n >= 0 && is_own(d, (struct sockaddr_in *)&from)));
    if (n < 0)
        /* what an earlier datagram met on its way (ECONNREFUSED) */
        return errno == EAGAIN ? -EAGAIN : -EIO;
    return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

static ssize_t dgram_send(struct net_queue *q, const struct iovec *iov,
                          int iovcnt)
{
    struct dgram *d = dgram_of(q->net);
    struct msghdr msg = {
        .msg_iov = (struct iovec *)iov,
        .msg_iovlen = (size_t)iovcnt,
        .msg_name = d->to.len ? &d->to.ss : NULL,
        .msg_namelen = d->to.len,
    };
    ssize_t n;

    do {
        n = sendmsg(d->tx_fd, &msg, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int dgram_tx_fd(struct net_queue *q)
{
    return dgram_of(q->net)->tx_fd;
}

const struct net_ops net_dgram_ops = {
    .type = "dgram",
    .desc = "a frame a datagram, over UDP or a Unix socket",
    .keys = "id, local.type, local.host, local.port, local.path, local.str, "
            "remote.type, remote.host, remote.port, remote.path",
    .net_size = sizeof(struct dgram),
    .queue_size = sizeof(struct dgram_queue),
    .open = dgram_open,
    .close = dgram_close,
    .queue_init = dgram_queue_init,
    .queue_fini = dgram_queue_fini,
    .rx_enable = dgram_rx_enable,
    .set_offloads = net_no_offloads,
    .recv = dgram_recv,
    .send = dgram_send,
    .tx_fd = dgram_tx_fd,
};
