/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: VIRTIO 1.2, section 5.1.6.3 and 5.1.6.4. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hw/virtio/virtio-net.h"

#define FLUSH 16   /* frames shown to the driver at once */
#define BUDGET 256 /* frames before others in this thread have a turn */
#define WINDOW (NET_VNET_HDR + NET_FRAME_MAX)

enum rx_result { RX_MORE, RX_NO_FRAME, RX_NO_BUFFER };

/* ---- the window ---- */

static struct iovec *window(struct net_rx *rx)
{
    return &rx->iov[rx->iov_at];
}

static bool window_add(struct net_rx *rx, struct vq_elem *el)
{
    if (el->in_n > RX_IOVS) {
        el->in_n = RX_IOVS;
        el->in_len = 0;
        for (unsigned i = 0; i < el->in_n; i++)
            el->in_len += (uint32_t)el->in[i].iov_len;
    }
    if (rx->iov_n + el->in_n > RX_IOVS)
        return false;
    if (rx->iov_at + rx->iov_n + el->in_n > RX_IOVS) {
        memmove(rx->iov, window(rx), rx->iov_n * sizeof(*rx->iov));
        rx->iov_at = 0;
    }
    if (rx->el_at + rx->el_n == RX_ELEMS) {
        memmove(rx->el, rx->el + rx->el_at, rx->el_n * sizeof(*rx->el));
        rx->el_at = 0;
    }
    memcpy(window(rx) + rx->iov_n, el->in, el->in_n * sizeof(*el->in));
    rx->iov_n += el->in_n;
    rx->el[rx->el_at + rx->el_n++] = el;
    rx->room += el->in_len;
    return true;
}

static void window_fill(struct net_rx *rx)
{
    size_t want = rx->n->mergeable ? WINDOW : 1;
    struct vq_elem *el;

    rx->full = false;
    while (rx->room < want) {
        rx->full = rx->el_n == RX_ELEMS || rx->vq->in_flight == rx->vq->size;
        if (rx->full || !(el = vq_pop(rx->vq, sizeof(*el))))
            return;
        if (el->in_len < rx->n->hdr_len) {
            vq_bad(rx->vq, "receive buffer of %u bytes, less than a header",
                   el->in_len);
            vq_unpop(rx->vq, el);
            return;
        }
        if (!window_add(rx, el)) {
            vq_unpop(rx->vq, el);
            rx->full = true;
            return;
        }
    }
}

/* Gives len bytes at the front of the window, header first, to the driver. */
static void window_use(struct net_rx *rx, struct virtio_net_hdr *hdr,
                       size_t len)
{
    size_t left = len;
    unsigned n = 0;

    for (size_t room = 0; room < len; n++)
        room += rx->el[rx->el_at + n]->in_len;
    hdr->num_buffers = (uint16_t)n;
    iov_put(window(rx), rx->iov_n, 0, hdr, rx->n->hdr_len);
    while (n--) {
        struct vq_elem *el = rx->el[rx->el_at++];
        uint32_t part = left < el->in_len ? (uint32_t)left : el->in_len;

        rx->el_n--;
        rx->iov_at += el->in_n;
        rx->iov_n -= el->in_n;
        rx->room -= el->in_len;
        left -= part;
        vq_push(rx->vq, el, part);
    }
}

/* ---- frames ---- */

static void drop(struct net_rx *rx)
{
    atomic_fetch_add_explicit(&rx->n->net->stats.rx_dropped, 1,
                              memory_order_relaxed);
}

/* The host may still have frames from before the driver's last choice. */
static bool acceptable(const struct virtio_net *n,
                       const struct virtio_net_hdr *hdr)
{
    uint64_t on =
        atomic_load_explicit(&n->guest_offloads, memory_order_relaxed);

    return (hdr->gso_type == VIRTIO_NET_HDR_GSO_NONE ||
            on & ~VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM)) &&
           (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
            on & VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM));
}

/* Straight into the window. */
static enum rx_result receive(struct net_rx *rx)
{
    struct iovec v[RX_IOVS + 1], *frame = &v[1];
    struct virtio_net_hdr hdr = {0};
    unsigned n = rx->iov_n;
    size_t vnet = rx->n->net->vnet_hdr ? sizeof(hdr) : 0;
    ssize_t len;

    memcpy(frame, window(rx), n * sizeof(*frame));
    iov_skip(&frame, &n, rx->n->hdr_len);
    if (vnet) {
        *--frame = (struct iovec){&hdr, sizeof(hdr)};
        n++;
    }
    len = net_recv(rx->nq, frame, (int)n);
    if (len == -EAGAIN)
        return RX_NO_FRAME;
    if (len < (ssize_t)vnet || !acceptable(rx->n, &hdr))
        return RX_MORE; /* dropped, and counted if the network did it */
    window_use(rx, &hdr, rx->n->hdr_len + (size_t)len - vnet);
    return RX_MORE;
}

/* The kept frame, to the window if it fits by now. */
static enum rx_result deliver_kept(struct net_rx *rx)
{
    size_t len = rx->kept_len - NET_VNET_HDR;
    struct virtio_net_hdr hdr;

    memcpy(&hdr, rx->kept, sizeof(hdr));
    if (rx->room < rx->n->hdr_len + len) {
        if (!rx->full)
            return RX_NO_BUFFER;
        drop(rx);
    } else if (acceptable(rx->n, &hdr)) {
        iov_put(window(rx), rx->iov_n, rx->n->hdr_len, rx->kept + NET_VNET_HDR,
                len);
        window_use(rx, &hdr, rx->n->hdr_len + len);
    }
    rx->kept_len = 0;
    return RX_MORE;
}

/* The driver is short of buffers: the frame may need more than there are. */
static enum rx_result receive_kept(struct net_rx *rx)
{
    size_t vnet = rx->n->net->vnet_hdr ? NET_VNET_HDR : 0;
    struct iovec iov;
    ssize_t len;

    if (!rx->kept)
        rx->kept = malloc(WINDOW);
    if (!rx->kept)
        return receive(rx);
    memset(rx->kept, 0, NET_VNET_HDR);
    iov.iov_base = rx->kept + NET_VNET_HDR - vnet;
    iov.iov_len = NET_FRAME_MAX + vnet;
    len = net_recv(rx->nq, &iov, 1);
    if (len == -EAGAIN)
        return RX_NO_FRAME;
    if (len < (ssize_t)vnet)
        return RX_MORE;
    rx->kept_len = (size_t)len - vnet + NET_VNET_HDR;
    return deliver_kept(rx);
}

static enum rx_result one(struct net_rx *rx)
{
    window_fill(rx);
    if (rx->kept_len)
        return deliver_kept(rx);
    if (!rx->el_n)
        return RX_NO_BUFFER;
    if (rx->n->mergeable && rx->room < WINDOW)
        return receive_kept(rx);
    return receive(rx);
}

void net_rx_run(struct net_rx *rx)
{
    struct virtqueue *vq = rx->vq;
    enum rx_result r = RX_MORE;
    unsigned frames = 0;

    if (!rx->nq || !vq->running)
        return;
    do {
        vq_kick_off(vq);
        while (frames < BUDGET && (r = one(rx)) == RX_MORE)
            if (++frames % FLUSH == 0)
                vq_flush(vq);
    } while (r == RX_NO_BUFFER && vq_kick_on(vq));
    vq_flush(vq);
    /* With the budget spent there may be more: we are called again. */
    net_rx_enable(rx->nq, r != RX_NO_BUFFER);
}

void net_rx_stop(struct net_rx *rx)
{
    if (rx->nq)
        net_rx_enable(rx->nq, false);
    while (rx->el_n)
        vq_unpop(rx->vq, rx->el[rx->el_at + --rx->el_n]);
    rx->el_at = rx->iov_at = rx->iov_n = 0;
    rx->room = 0;
    free(rx->kept);
    rx->kept = NULL;
    rx->kept_len = 0;
}
