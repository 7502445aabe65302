/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/net/net-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/dev.h"
#include "dm/machine.h"
#include "dm/options.h"

const struct net_ops *const net_types[] = {
    &net_tap_ops,    &net_bridge_ops, &net_user_ops, &net_socket_ops,
    &net_stream_ops, &net_dgram_ops,  &net_null_ops, NULL,
};

static const struct net_ops *type_find(const char *type)
{
    for (unsigned i = 0; net_types[i]; i++)
        if (!strcmp(net_types[i]->type, type))
            return net_types[i];
    return NULL;
}

static int bad_type(const char *type, struct cfg_err *err)
{
    char known[160] = "";
    size_t n = 0;

    for (unsigned i = 0; net_types[i]; i++)
        n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s",
                              i ? ", " : "", net_types[i]->type);
    return err_set(err, -EINVAL, "network type '%s': expected one of %s", type,
                   known);
}

int net_open(struct vm *vm, struct opts *opts, struct net **out,
             struct cfg_err *err)
{
    const char *type = opts_get(opts, "type");
    const char *id = opts_get(opts, "id");
    const struct net_ops *ops;
    struct net *net;
    int rc;

    if (!type)
        return err_set(err, -EINVAL,
                       "network: expected a type, as in "
                       "'user,id=net0'");
    if (!id || !*id)
        return err_set(err, -EINVAL, "network '%s': expected id=NAME", type);
    if (strlen(id) >= sizeof(net->id))
        return err_set(err, -EINVAL,
                       "network id '%s': expected at most %zu characters", id,
                       sizeof(net->id) - 1);
    if (net_find(vm, id))
        return err_set(err, -EEXIST, "network id '%s' is in use already", id);
    /* QEMU has datagrams under "socket" too */
    if (!strcmp(type, "socket") &&
        (opts_get(opts, "mcast") || opts_get(opts, "udp")))
        type = "dgram";
    ops = type_find(type);
    if (!ops)
        return bad_type(type, err);

    net = calloc(1, ops->net_size);
    if (!net)
        return err_set(err, -ENOMEM, "network '%s': no memory", id);
    net->ops = ops;
    net->vm = vm;
    net->max_queues = 1;
    strcpy(net->id, id);
    rc = ops->open(net, opts, err);
    if (rc)
        err_prefix(err, rc, "network '%s'", id);
    else
        rc = opts_check(opts, ops->type, ops->keys, err);
    if (rc) {
        ops->close(net);
        free(net);
        return rc;
    }
    net_insert(net);
    *out = net;
    return 0;
}

void net_insert(struct net *net)
{
    struct net **end = &net->vm->nets;

    while (*end)
        end = &(*end)->next;
    net->next = NULL;
    *end = net;
}

void net_close(struct net *net)
{
    struct net **at = &net->vm->nets;

    while (*at && *at != net)
        at = &(*at)->next;
    if (*at)
        *at = net->next;
    net->ops->close(net);
    free(net);
}

struct net *net_find(struct vm *vm, const char *id)
{
    struct net *net = vm->nets;

    while (net && strcmp(net->id, id))
        net = net->next;
    return net;
}

int net_claim(struct net *net, const char *user, struct cfg_err *err)
{
    if (net->user)
        return err_set(err, -EBUSY,
                       "network '%s' is used by %s already: expected one "
                       "device for each network",
                       net->id, net->user);
    net->user = user;
    return 0;
}

void net_release(struct net *net)
{
    net->user = NULL;
}

static bool has_mac(const struct dev *dev, const uint8_t mac[6])
{
    for (const struct dev_prop *p = dev->cls->props; p && p->name; p++)
        if (p->type == PROP_MAC &&
            !memcmp((const char *)dev + p->offset, mac, 6))
            return true;
    return false;
}

void net_mac_default(const struct dev *dev, uint8_t mac[6])
{
    static const uint8_t first[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    const struct dev *other;

    memcpy(mac, first, sizeof(first));
    do {
        for (other = dev_first(dev->vm); other; other = other->next)
            if (other != dev && has_mac(other, mac))
                break;
        if (other && !++mac[5])
            mac[4]++;
    } while (other);
}

struct net_queue *net_queue_new(struct net *net, unsigned idx,
                                struct loop *loop, bool vnet,
                                void (*readable)(void *opaque), void *opaque)
{
    struct net_queue *q;
    int rc;

    q = calloc(1, net->ops->queue_size);
    if (!q)
        return NULL;
    q->net = net;
    q->loop = loop;
    q->idx = idx;
    q->vnet = vnet && net->vnet_hdr;
    q->readable = readable;
    q->opaque = opaque;
    rc = net->ops->queue_init(q);
    if (rc) {
        free(q);
        errno = -rc;
        return NULL;
    }
    return q;
}

void net_queue_free(struct net_queue *q)
{
    if (!q)
        return;
    q->net->ops->queue_fini(q);
    free(q);
}

void net_rx_enable(struct net_queue *q, bool on)
{
    q->net->ops->rx_enable(q, on);
}

void net_set_offloads(struct net_queue *q, unsigned offloads)
{
    q->net->ops->set_offloads(q, offloads & q->net->offloads);
}

static void count(_Atomic uint64_t *n, uint64_t by)
{
    atomic_fetch_add_explicit(n, by, memory_order_relaxed);
}

static uint64_t frame_bytes(const struct net_queue *q, ssize_t n)
{
    size_t hdr = q->vnet ? NET_VNET_HDR : 0;

    return (size_t)n > hdr ? (size_t)n - hdr : 0;
}

ssize_t net_recv(struct net_queue *q, const struct iovec *iov, int iovcnt)
{
    struct net_stats *s = &q->net->stats;
    ssize_t n = q->net->ops->recv(q, iov, iovcnt);

    if (n >= 0) {
        count(&s->rx_frames, 1);
        count(&s->rx_bytes, frame_bytes(q, n));
    } else if (n != -EAGAIN) {
        count(&s->rx_dropped, 1);
    }
    return n;
}

ssize_t net_send(struct net_queue *q, const struct iovec *iov, int iovcnt)
{
    struct net_stats *s = &q->net->stats;
    ssize_t n = q->net->ops->send(q, iov, iovcnt);

    if (n >= 0) {
        count(&s->tx_frames, 1);
        count(&s->tx_bytes, frame_bytes(q, n));
    } else if (n != -EAGAIN) {
        count(&s->tx_dropped, 1);
    }
    return n;
}

int net_tx_fd(struct net_queue *q)
{
    return q->net->ops->tx_fd(q);
}

void net_no_offloads(struct net_queue *q, unsigned offloads)
{
}

int net_no_tx_fd(struct net_queue *q)
{
    return -1;
}

int net_parse_fd(const char *text, const char *what, int *fd,
                 struct cfg_err *err)
{
    uint64_t n;
    int flags;

    if (parse_u64(text, INT32_MAX, &n))
        return err_set(err, -EINVAL, "%s=%s: expected a descriptor's number",
                       what, text);
    flags = fcntl((int)n, F_GETFL);
    if (flags < 0 || fcntl((int)n, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl((int)n, F_SETFD, FD_CLOEXEC) < 0)
        return err_set(err, -EBADF,
                       "%s=%s: %s (expected a descriptor that was open when "
                       "hvmd started)",
                       what, text, strerror(errno));
    *fd = (int)n;
    return 0;
}
