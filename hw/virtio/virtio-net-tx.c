/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: VIRTIO 1.2, section 5.1.6.2. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "hw/virtio/virtio-net.h"

#define FLUSH 32   /* frames given back to the driver at once */
#define BUDGET 256 /* frames before others in this thread have a turn */

static void drop(struct net_tx *tx)
{
    if (tx->n->net)
        atomic_fetch_add_explicit(&tx->n->net->stats.tx_dropped, 1,
                                  memory_order_relaxed);
}

/* A frame in more pieces than the host takes. */
static ssize_t send_flat(struct net_tx *tx, const struct iovec *iov, unsigned n)
{
    struct iovec one;

    if (!tx->flat)
        tx->flat = malloc(NET_VNET_HDR + NET_FRAME_MAX);
    if (!tx->flat)
        return -ENOMEM;
    one.iov_base = tx->flat;
    one.iov_len = iov_get(iov, n, 0, tx->flat, NET_VNET_HDR + NET_FRAME_MAX);
    return net_send(tx->nq, &one, 1);
}

/* -EAGAIN: not now; anything else: done with it. */
static ssize_t send(struct net_tx *tx, struct vq_elem *el)
{
    struct iovec v[VQ_CHAIN_MAX + 1], *iov = &v[1];
    uint32_t hdr_len = tx->n->hdr_len;
    struct virtio_net_hdr hdr = {0};
    unsigned n = el->out_n;

    if (!tx->n->net || el->out_len <= hdr_len ||
        el->out_len - hdr_len > NET_FRAME_MAX) {
        drop(tx);
        return 0;
    }
    /* Ours and the network's header are the same: it passes as it is. */
    if (tx->n->net->vnet_hdr && hdr_len == sizeof(hdr) && n <= NET_IOV_MAX)
        return net_send(tx->nq, el->out, (int)n);

    memcpy(iov, el->out, n * sizeof(*iov));
    iov_get(iov, n, 0, &hdr, hdr_len);
    iov_skip(&iov, &n, hdr_len);
    if (tx->n->net->vnet_hdr) {
        *--iov = (struct iovec){&hdr, sizeof(hdr)};
        n++;
    }
    return n <= NET_IOV_MAX ? net_send(tx->nq, iov, (int)n)
                            : send_flat(tx, iov, n);
}

static void writable(void *opaque, uint32_t events)
{
    struct net_tx *tx = opaque;

    loop_fd_del(&tx->writable);
    net_tx_run(tx);
}

static int wait_writable(struct net_tx *tx)
{
    tx->writable = (struct loop_fd){
        .fd = net_tx_fd(tx->nq),
        .events = EPOLLOUT,
        .fn = writable,
        .opaque = tx,
    };
    return loop_fd_add(tx->vq->loop, &tx->writable);
}

void net_tx_run(struct net_tx *tx)
{
    struct virtqueue *vq = tx->vq;
    struct vq_elem *el;
    unsigned frames = 0;

    if (!vq->running || tx->writable.loop || (tx->n->net && !tx->nq))
        return;
    vq_kick_off(vq);
    while (frames < BUDGET && (el = vq_pop(vq, sizeof(*el)))) {
        if (send(tx, el) == -EAGAIN && !wait_writable(tx)) {
            vq_unpop(vq, el);
            vq_flush(vq);
            return;
        }
        vq_push(vq, el, 0);
        if (++frames % FLUSH == 0)
            vq_flush(vq);
    }
    vq_flush(vq);
    vq_rest(vq, frames);
}

void net_tx_stop(struct net_tx *tx)
{
    loop_fd_del(&tx->writable);
    free(tx->flat);
    tx->flat = NULL;
}
