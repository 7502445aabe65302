/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "tap" and "bridge": an Ethernet interface of the host.
 *
 * Source: Documentation/networking/tuntap.rst of Linux and linux/if_tun.h.
 * A queue is a descriptor; the kernel spreads frames over those attached, so
 * a descriptor is attached only while a device has the queue.
 */
#include "config.h"

#include "dm/net/net-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dm/log.h"
#include "dm/net/helper.h"
#include "dm/options.h"

#define TUN_DEV "/dev/net/tun"
#define BRIDGE_HELPER "/usr/lib/qemu/qemu-bridge-helper"
#define DEFAULT_BRIDGE "br0"

struct tap {
    struct net net;
    char ifname[IFNAMSIZ];
    char *downscript; /* NULL: none */
    int fd[NET_QUEUES_MAX];
    unsigned nfds;
    bool multi_queue, persist;
    struct log_quota quota;
};

struct tap_queue {
    struct net_queue q;
    struct loop_fd watch;
};

static struct tap *tap_of(struct net *net)
{
    return (struct tap *)net;
}

static int tap_fd(struct net_queue *q)
{
    return tap_of(q->net)->fd[q->idx];
}

/* ---- opening ---- */

/* TUNSETIFF on a new descriptor. flags beside IFF_TAP | IFF_NO_PI. */
static int attach_new(struct tap *t, short flags, struct cfg_err *err)
{
    struct ifreq ifr = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags)};
    int fd, rc;

    fd = open(TUN_DEV, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, -errno,
                       "cannot open " TUN_DEV ": %s (expected the tun module "
                       "and the right to use it, or fd=N)",
                       strerror(errno));
    strcpy(ifr.ifr_name, t->ifname);
    if (!ioctl(fd, TUNSETIFF, &ifr)) {
        strcpy(t->ifname, ifr.ifr_name);
        return fd;
    }
    rc = -errno;
    close(fd);
    switch (rc) {
    case -EPERM:
        return err_set(err, rc,
                       "interface '%s': %s (expected CAP_NET_ADMIN, or an "
                       "interface made for this user with 'ip tuntap add')",
                       t->ifname, strerror(EPERM));
    case -EBUSY:
        return err_set(err, rc,
                       "interface '%s' is in use by another process (or it is "
                       "no tap)",
                       t->ifname);
    case -EINVAL:
        return err_set(err, rc,
                       "interface '%s': %s (expected a tap interface that %s "
                       "several queues)",
                       t->ifname, strerror(EINVAL),
                       flags & IFF_MULTI_QUEUE ? "has" : "has not");
    default:
        return err_set(err, rc, "interface '%s': %s", t->ifname, strerror(-rc));
    }
}

static int open_new(struct tap *t, unsigned queues, bool vnet,
                    struct cfg_err *err)
{
    short flags =
        (short)((vnet ? IFF_VNET_HDR : 0) | (queues > 1 ? IFF_MULTI_QUEUE : 0));
    int fd;

    for (unsigned i = 0; i < queues; i++) {
        fd = attach_new(t, flags, err);
        if (fd == -EINVAL && queues == 1) {
            /* an interface made with several queues takes one, if told */
            flags |= IFF_MULTI_QUEUE;
            fd = attach_new(t, flags, err);
        }
        if (fd < 0)
            return fd;
        t->fd[t->nfds++] = fd;
    }
    return 0;
}

/* fds=a:b:c; what names the option. */
static int open_fds(struct tap *t, const char *list, const char *what,
                    struct cfg_err *err)
{
    char *copy = strdup(list), *save = NULL;
    int rc = copy ? 0 : err_set(err, -ENOMEM, "no memory");

    for (char *s = copy; !rc && (s = strtok_r(s, ":", &save)); s = NULL) {
        if (t->nfds == NET_QUEUES_MAX)
            rc = err_set(err, -EINVAL, "%s=%s: expected at most %d descriptors",
                         what, list, NET_QUEUES_MAX);
        else
            rc = net_parse_fd(s, what, &t->fd[t->nfds], err);
        if (!rc)
            t->nfds++;
    }
    if (!rc && !t->nfds)
        rc = err_set(err, -EINVAL, "%s=: expected descriptors", what);
    free(copy);
    return rc;
}

/* What the interface behind our descriptors is, whoever made it. */
static int examine(struct tap *t, int vnet, struct cfg_err *err)
{
    const int hdr_len = NET_VNET_HDR, on = 1;
    struct ifreq ifr;

    for (unsigned i = 0; i < t->nfds; i++) {
        memset(&ifr, 0, sizeof(ifr));
        if (ioctl(t->fd[i], TUNGETIFF, &ifr) || !(ifr.ifr_flags & IFF_TAP))
            return err_set(err, -EINVAL,
                           "descriptor %d is no tap: expected one that was "
                           "attached to a tap interface with TUNSETIFF",
                           t->fd[i]);
        if (!(ifr.ifr_flags & IFF_NO_PI))
            return err_set(err, -EINVAL,
                           "descriptor %d: expected a tap with IFF_NO_PI",
                           t->fd[i]);
        if (i && strcmp(t->ifname, ifr.ifr_name))
            return err_set(err, -EINVAL,
                           "descriptor %d is of interface '%s' and %d of '%s': "
                           "expected queues of one interface",
                           t->fd[0], t->ifname, t->fd[i], ifr.ifr_name);
        memcpy(t->ifname, ifr.ifr_name, sizeof(t->ifname));
    }
    t->multi_queue = ifr.ifr_flags & IFF_MULTI_QUEUE;
    if (t->nfds > 1 && !t->multi_queue)
        return err_set(err, -EINVAL,
                       "interface '%s': expected one with several queues "
                       "(IFF_MULTI_QUEUE) for %u descriptors",
                       t->ifname, t->nfds);
    t->net.max_queues = t->nfds;
    t->net.vnet_hdr = ifr.ifr_flags & IFF_VNET_HDR;
    if (vnet >= 0 && t->net.vnet_hdr != vnet)
        return err_set(err, -EINVAL,
                       "interface '%s' has %s vnet header: expected "
                       "vnet_hdr=%s",
                       t->ifname, t->net.vnet_hdr ? "a" : "no",
                       t->net.vnet_hdr ? "on" : "off");
    if (!t->net.vnet_hdr)
        return 0;
    if (ioctl(t->fd[0], TUNSETVNETHDRSZ, &hdr_len) ||
        ioctl(t->fd[0], TUNSETVNETLE, &on))
        return err_set(err, -errno,
                       "interface '%s': cannot set a vnet header of %d bytes: "
                       "%s",
                       t->ifname, hdr_len, strerror(errno));
    return 0;
}

static unsigned tun_flags(unsigned off)
{
    unsigned flags = 0;

    if (!(off & NET_OFF_CSUM))
        return 0; /* the kernel refuses the rest without it */
    flags |= TUN_F_CSUM;
    if (off & NET_OFF_TSO4)
        flags |= TUN_F_TSO4;
    if (off & NET_OFF_TSO6)
        flags |= TUN_F_TSO6;
    if (off & NET_OFF_ECN && flags & (TUN_F_TSO4 | TUN_F_TSO6))
        flags |= TUN_F_TSO_ECN;
    if (off & NET_OFF_UFO)
        flags |= TUN_F_UFO;
    return flags;
}

static void probe_offloads(struct tap *t)
{
    static const unsigned sets[] = {
        NET_OFF_CSUM | NET_OFF_TSO4 | NET_OFF_TSO6 | NET_OFF_ECN | NET_OFF_UFO,
        NET_OFF_CSUM | NET_OFF_TSO4 | NET_OFF_TSO6 | NET_OFF_ECN,
        NET_OFF_CSUM,
    };

    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (!ioctl(t->fd[0], TUNSETOFFLOAD, tun_flags(sets[i]))) {
            t->net.offloads = sets[i];
            break;
        }
    }
    ioctl(t->fd[0], TUNSETOFFLOAD, 0); /* until the guest says what it takes */
}

static const char *script_of(struct opts *opts, const char *key)
{
    const char *s = opts_get(opts, key);

    return s && *s && strcmp(s, "no") ? s : NULL;
}

/* vhost=, vnet_hdr= and sndbuf=; *vnet is -1 if not given */
static int common_options(struct opts *opts, int *vnet, uint64_t *sndbuf,
                          struct cfg_err *err)
{
    bool vhost = false, hdr = false;

    if (opts_get_bool(opts, "vhost", &vhost, err) ||
        opts_get_bool(opts, "vnet_hdr", &hdr, err) ||
        opts_get_size(opts, "sndbuf", 1, sndbuf, err))
        return -EINVAL;
    if (vhost)
        return err_set(err, -EINVAL,
                       "vhost=on: expected off, hvmd serves the queues itself");
    if (*sndbuf > INT32_MAX)
        return err_set(err, -EINVAL, "sndbuf: expected less than 2G");
    *vnet = opts_get(opts, "vnet_hdr") ? hdr : -1;
    return 0;
}

static int set_ifname(struct tap *t, const char *ifname, struct cfg_err *err)
{
    if (strlen(ifname) >= IFNAMSIZ || strchr(ifname, '/'))
        return err_set(err, -EINVAL,
                       "ifname=%s: expected an interface name of at most %d "
                       "characters",
                       ifname, IFNAMSIZ - 1);
    strcpy(t->ifname, ifname);
    return 0;
}

static int tap_setup(struct tap *t, struct opts *opts, const char *br,
                     struct cfg_err *err)
{
    const char *ifname = opts_get(opts, "ifname");
    const char *fd = opts_get(opts, "fd"), *fds = opts_get(opts, "fds");
    const char *helper = opts_get(opts, "helper");
    const char *script = script_of(opts, "script");
    const char *downscript = script_of(opts, "downscript");
    /* libxl names the bridge beside the interface it made: not our affair */
    bool use_helper = helper || (br && !ifname && !fd && !fds);
    uint64_t queues = 1, sndbuf = 0;
    bool persist = false;
    int vnet = -1, rc;

    rc = common_options(opts, &vnet, &sndbuf, err);
    if (rc)
        return rc;
    if (opts_get_u64(opts, "queues", NET_QUEUES_MAX, &queues, err) ||
        opts_get_bool(opts, "persist", &persist, err))
        return -EINVAL;
    if (!queues)
        return err_set(err, -EINVAL, "queues=0: expected at least 1");
    if (!!fd + !!fds + !!use_helper + !!(ifname || script || downscript) > 1 ||
        ((fd || fds || use_helper) && (opts_get(opts, "queues") || persist)))
        return err_set(err, -EINVAL,
                       "expected one of fd=, fds=, helper= (or br=), and the "
                       "group of ifname=, script=, downscript=, queues= and "
                       "persist=");

    if (fd || fds) {
        rc = open_fds(t, fd ? fd : fds, fd ? "fd" : "fds", err);
    } else if (use_helper) {
        rc = helper_get_fd(helper ? helper : BRIDGE_HELPER,
                           br ? br : DEFAULT_BRIDGE, vnet != 0, &t->fd[0], err);
        t->nfds = rc ? 0 : 1;
    } else {
        rc = set_ifname(t, ifname ? ifname : "tap%d", err);
        if (!rc)
            rc = open_new(t, (unsigned)queues, vnet != 0, err);
    }
    if (!rc)
        rc = examine(t, vnet, err);
    if (rc)
        return rc;
    t->persist = persist;
    if (persist && ioctl(t->fd[0], TUNSETPERSIST, 1))
        return err_set(err, -errno, "persist: %s", strerror(errno));
    if (t->net.vnet_hdr)
        probe_offloads(t);
    if (sndbuf && ioctl(t->fd[0], TUNSETSNDBUF, &(int){(int)sndbuf}))
        return err_set(err, -errno, "sndbuf: %s", strerror(errno));
    for (unsigned i = 0; t->multi_queue && i < t->nfds; i++) {
        struct ifreq ifr = {.ifr_flags = IFF_DETACH_QUEUE};

        ioctl(t->fd[i], TUNSETQUEUE, &ifr);
    }

    if (script) {
        rc = helper_run(script, t->ifname, err);
        if (rc)
            return rc;
    }
    if (downscript) {
        t->downscript = strdup(downscript);
        if (!t->downscript)
            return err_set(err, -ENOMEM, "no memory");
    }
    snprintf(t->net.info, sizeof(t->net.info),
             "ifname=%s,queues=%u,vnet_hdr=%s", t->ifname, t->nfds,
             t->net.vnet_hdr ? "on" : "off");
    return 0;
}

static int tap_open(struct net *net, struct opts *opts, struct cfg_err *err)
{
    return tap_setup(tap_of(net), opts, opts_get(opts, "br"), err);
}

static int bridge_open(struct net *net, struct opts *opts, struct cfg_err *err)
{
    const char *br = opts_get(opts, "br");

    return tap_setup(tap_of(net), opts, br ? br : DEFAULT_BRIDGE, err);
}

static void tap_close(struct net *net)
{
    struct tap *t = tap_of(net);
    struct cfg_err err;

    if (t->downscript && helper_run(t->downscript, t->ifname, &err))
        log_warn(net->id, "%s", err.text);
    free(t->downscript);
    if (t->persist)
        ioctl(t->fd[0], TUNSETPERSIST, 0);
    for (unsigned i = 0; i < t->nfds; i++)
        close(t->fd[i]);
}

/* ---- queues ---- */

static void tap_readable(void *opaque, uint32_t events)
{
    struct tap_queue *tq = opaque;

    if (events & EPOLLERR) { /* for ever: a thread would spin */
        log_err(tq->q.net->id, "interface '%s' has gone",
                tap_of(tq->q.net)->ifname);
        loop_fd_del(&tq->watch);
        return;
    }
    tq->q.readable(tq->q.opaque);
}

static int tap_queue_init(struct net_queue *q)
{
    struct tap_queue *tq = (struct tap_queue *)q;
    struct ifreq ifr = {.ifr_flags = IFF_ATTACH_QUEUE};

    if (tap_of(q->net)->multi_queue && ioctl(tap_fd(q), TUNSETQUEUE, &ifr))
        return -errno;
    tq->watch.fd = tap_fd(q);
    tq->watch.fn = tap_readable;
    tq->watch.opaque = tq;
    return loop_fd_add(q->loop, &tq->watch);
}

static void tap_queue_fini(struct net_queue *q)
{
    struct tap_queue *tq = (struct tap_queue *)q;
    struct ifreq ifr = {.ifr_flags = IFF_DETACH_QUEUE};

    loop_fd_del(&tq->watch);
    if (tap_of(q->net)->multi_queue)
        ioctl(tap_fd(q), TUNSETQUEUE, &ifr);
}

static void tap_rx_enable(struct net_queue *q, bool on)
{
    loop_fd_events(&((struct tap_queue *)q)->watch, on ? EPOLLIN : 0);
}

static void tap_set_offloads(struct net_queue *q, unsigned offloads)
{
    if (q->net->vnet_hdr &&
        ioctl(tap_fd(q), TUNSETOFFLOAD, tun_flags(offloads)))
        log_capped(LOG_WARN, &tap_of(q->net)->quota, q->net->id,
                   "cannot set offloads %#x: %s", offloads, strerror(errno));
}

/* For a queue without the header on an interface that has it. */
static size_t hidden_hdr(const struct net_queue *q)
{
    return q->net->vnet_hdr && !q->vnet ? NET_VNET_HDR : 0;
}

static ssize_t tap_recv(struct net_queue *q, const struct iovec *iov,
                        int iovcnt)
{
    size_t hidden = hidden_hdr(q), room = hidden;
    char hdr[NET_VNET_HDR], over;
    struct iovec v[NET_IOV_MAX + 2];
    ssize_t n;

    for (int i = 0; i < iovcnt; i++)
        room += iov[i].iov_len;
    /* The kernel cuts a frame that does not fit, and does not say so: one
     * more byte of room shows it. */
    if (hidden || room < NET_FRAME_MAX) {
        v[0] = (struct iovec){hdr, hidden};
        memcpy(&v[1], iov, sizeof(*iov) * (size_t)iovcnt);
        v[iovcnt + 1] = (struct iovec){&over, 1};
        iov = v;
        iovcnt += 2;
    }
    do {
        n = readv(tap_fd(q), iov, iovcnt);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if ((size_t)n > room)
        return -EMSGSIZE;
    return n < (ssize_t)hidden ? -EIO : n - (ssize_t)hidden;
}

static ssize_t tap_send(struct net_queue *q, const struct iovec *iov,
                        int iovcnt)
{
    static const char zero[NET_VNET_HDR];
    size_t hidden = hidden_hdr(q);
    struct iovec v[NET_IOV_MAX + 1];
    ssize_t n;

    if (hidden) {
        v[0] = (struct iovec){(void *)zero, hidden};
        memcpy(&v[1], iov, sizeof(*iov) * (size_t)iovcnt);
        iov = v;
        iovcnt++;
    }
    do {
        n = writev(tap_fd(q), iov, iovcnt);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n - (ssize_t)hidden;
}

#define TAP_KEYS "id, br, helper, fd, fds, sndbuf, vhost, vnet_hdr"
#define TAP_QUEUE_OPS                                                       \
    .net_size = sizeof(struct tap), .queue_size = sizeof(struct tap_queue), \
    .close = tap_close, .queue_init = tap_queue_init,                       \
    .queue_fini = tap_queue_fini, .rx_enable = tap_rx_enable,               \
    .set_offloads = tap_set_offloads, .recv = tap_recv, .send = tap_send,   \
    .tx_fd = tap_fd

const struct net_ops net_tap_ops = {
    .type = "tap",
    .desc = "a tap interface of the host",
    .keys = TAP_KEYS ", ifname, script, downscript, queues, persist",
    .open = tap_open,
    TAP_QUEUE_OPS,
};

const struct net_ops net_bridge_ops = {
    .type = "bridge",
    .desc = "a tap interface on a bridge, made by QEMU's bridge helper",
    .keys = TAP_KEYS,
    .open = bridge_open,
    TAP_QUEUE_OPS,
};
