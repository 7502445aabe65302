/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "-object filter-dump": a network in front of another that writes down what
 * passes.
 *
 * Source: draft-ietf-opsawg-pcap, the format with microseconds. Each frame is
 * one writev, so that the file ends with a whole frame whenever it is read.
 */
#include "config.h"

#include "dm/net/net-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/clock.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "dm/options.h"

#define PCAP_MAGIC 0xa1b2c3d4
#define PCAP_ETHERNET 1

struct pcap_file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t reserved[2];
    uint32_t snaplen, linktype;
};

struct pcap_record {
    uint32_t sec, usec, caplen, len;
};

struct dump {
    struct net net;
    struct net *inner;
    pthread_mutex_t lock; /* what follows */
    int fd;               /* -1: given up */
    off_t size;
    uint32_t maxlen;
};

struct dump_queue {
    struct net_queue q;
    struct net_queue *inner;
};

static struct dump *dump_of(struct net *net)
{
    return (struct dump *)net;
}

static struct net_queue *inner_of(struct net_queue *q)
{
    return ((struct dump_queue *)q)->inner;
}

/* lock held. The file keeps what it has. */
static void give_up(struct dump *d, const char *why)
{
    log_err(d->net.id, "the dump ends here: %s", why);
    if (ftruncate(d->fd, d->size))
        log_err(d->net.id, "the last frame in the dump is cut");
    close(d->fd);
    d->fd = -1;
}

/* lock held */
static void append(struct dump *d, const struct iovec *iov, int iovcnt,
                   size_t len)
{
    ssize_t n = writev(d->fd, iov, iovcnt);

    if (n == (ssize_t)len)
        d->size += n;
    else
        give_up(d, n < 0 ? strerror(errno) : "no space");
}

static void dump_frame(struct net_queue *q, const struct iovec *iov, int iovcnt,
                       size_t len)
{
    struct dump *d = dump_of(q->net);
    size_t skip = q->vnet ? NET_VNET_HDR : 0;
    int64_t now = clock_host(d->net.vm) / 1000;
    struct iovec v[NET_IOV_MAX + 1];
    struct pcap_record rec;
    size_t left;
    int n = 1;

    if (len < skip)
        return;
    rec.sec = (uint32_t)(now / 1000000);
    rec.usec = (uint32_t)(now % 1000000);
    rec.len = (uint32_t)(len - skip);
    rec.caplen = rec.len < d->maxlen ? rec.len : d->maxlen;
    v[0] = (struct iovec){&rec, sizeof(rec)};
    left = rec.caplen;
    for (int i = 0; i < iovcnt && left; i++) {
        size_t hidden = skip < iov[i].iov_len ? skip : iov[i].iov_len;
        size_t have = iov[i].iov_len - hidden;

        skip -= hidden;
        if (!have)
            continue;
        v[n].iov_base = (char *)iov[i].iov_base + hidden;
        v[n].iov_len = have < left ? have : left;
        left -= v[n++].iov_len;
    }
    pthread_mutex_lock(&d->lock);
    if (d->fd >= 0)
        append(d, v, n, sizeof(rec) + rec.caplen);
    pthread_mutex_unlock(&d->lock);
}

static void dump_close(struct net *net)
{
    struct dump *d = dump_of(net);

    if (d->inner)
        net_close(d->inner);
    if (d->fd >= 0)
        close(d->fd);
    pthread_mutex_destroy(&d->lock);
}

static int dump_queue_init(struct net_queue *q)
{
    struct dump_queue *dq = (struct dump_queue *)q;

    dq->inner = net_queue_new(dump_of(q->net)->inner, q->idx, q->loop, q->vnet,
                              q->readable, q->opaque);
    return dq->inner ? 0 : -errno;
}

static void dump_queue_fini(struct net_queue *q)
{
    net_queue_free(inner_of(q));
}

static void dump_rx_enable(struct net_queue *q, bool on)
{
    net_rx_enable(inner_of(q), on);
}

static void dump_set_offloads(struct net_queue *q, unsigned offloads)
{
    net_set_offloads(inner_of(q), offloads);
}

static ssize_t dump_recv(struct net_queue *q, const struct iovec *iov,
                         int iovcnt)
{
    ssize_t n = net_recv(inner_of(q), iov, iovcnt);

    if (n >= 0)
        dump_frame(q, iov, iovcnt, (size_t)n);
    return n;
}

static ssize_t dump_send(struct net_queue *q, const struct iovec *iov,
                         int iovcnt)
{
    ssize_t n = net_send(inner_of(q), iov, iovcnt);

    if (n >= 0)
        dump_frame(q, iov, iovcnt, (size_t)n);
    return n;
}

static int dump_tx_fd(struct net_queue *q)
{
    return net_tx_fd(inner_of(q));
}

static const struct net_ops dump_ops = {
    .type = "filter-dump",
    .desc = "writes the frames of another network to a pcap file",
    .keys = "id, netdev, file, maxlen",
    .net_size = sizeof(struct dump),
    .queue_size = sizeof(struct dump_queue),
    .close = dump_close,
    .queue_init = dump_queue_init,
    .queue_fini = dump_queue_fini,
    .rx_enable = dump_rx_enable,
    .set_offloads = dump_set_offloads,
    .recv = dump_recv,
    .send = dump_send,
    .tx_fd = dump_tx_fd,
};

static int open_file(struct dump *d, const char *file, struct cfg_err *err)
{
    struct pcap_file_header head = {
        .magic = PCAP_MAGIC,
        .major = 2,
        .minor = 4,
        .snaplen = d->maxlen,
        .linktype = PCAP_ETHERNET,
    };

    d->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (d->fd < 0 || write(d->fd, &head, sizeof(head)) != sizeof(head))
        return err_set(err, errno ? -errno : -ENOSPC,
                       "filter-dump: cannot write %s: %s", file,
                       strerror(errno));
    d->size = sizeof(head);
    return 0;
}

/* d takes the place of inner in the machine's list, and its name. */
static void put_in_front(struct dump *d, struct net *inner)
{
    struct net **at = &inner->vm->nets;

    while (*at != inner)
        at = &(*at)->next;
    *at = &d->net;
    d->net.next = inner->next;
    inner->next = NULL;
    d->net.vm = inner->vm;
    memcpy(d->net.id, inner->id, sizeof(d->net.id));
    snprintf(d->net.info, sizeof(d->net.info), "type=%s,%.130s",
             inner->ops->type, inner->info);
    d->net.max_queues = inner->max_queues;
    d->net.vnet_hdr = inner->vnet_hdr;
    d->net.offloads = inner->offloads;
    d->inner = inner;
}

int net_dump_add(struct vm *vm, struct opts *opts, struct cfg_err *err)
{
    const char *netdev = opts_get(opts, "netdev");
    const char *file = opts_get(opts, "file");
    struct net *inner = netdev ? net_find(vm, netdev) : NULL;
    uint64_t maxlen = 65536;
    struct dump *d;
    int rc;

    opts_get(opts, "id");
    opts_get(opts, "qom-type"); /* how -object has it */
    if (!inner)
        return err_set(err, -ENOENT,
                       "filter-dump: netdev=%s: expected the id of a -netdev",
                       netdev ? netdev : "");
    if (!file)
        return err_set(err, -EINVAL, "filter-dump: expected file=PATH");
    if (inner->user)
        return err_set(err, -EBUSY, "filter-dump: %s uses '%s' already",
                       inner->user, netdev);
    rc = opts_get_size(opts, "maxlen", 1, &maxlen, err);
    if (!rc && (!maxlen || maxlen > INT32_MAX))
        rc = err_set(err, -EINVAL, "filter-dump: maxlen: expected 1 to 2G");
    if (!rc)
        rc = opts_check(opts, dump_ops.type, dump_ops.keys, err);
    if (rc)
        return rc;

    d = calloc(1, sizeof(*d));
    if (!d)
        return err_set(err, -ENOMEM, "filter-dump: no memory");
    d->net.ops = &dump_ops;
    d->maxlen = (uint32_t)maxlen;
    pthread_mutex_init(&d->lock, NULL);
    errno = 0;
    rc = open_file(d, file, err);
    if (rc) {
        dump_close(&d->net);
        free(d);
        return rc;
    }
    put_in_front(d, inner);
    return 0;
}
