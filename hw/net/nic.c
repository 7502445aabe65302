/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/net/nic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "dm/bytes.h"
#include "dm/machine.h"
#include "hw/net/csum.h"
#include "hw/net/ip.h"

#define BUDGET 256 /* frames, or steps of a card, before others have a turn */
#define POLL_NS 1000000
#define TX_MAX NET_FRAME_MAX
#define RX_ROOM (NET_VNET_HDR + NET_FRAME_MAX + NIC_CRC)

enum { /* VIRTIO 1.2, 5.1.6: the header before each frame */
       VNET_NEEDS_CSUM = 1,
       VNET_GSO_TCPV4 = 1,
       VNET_GSO_TCPV6 = 4,
};
struct vnet_hdr {
    uint8_t flags, gso_type;
    uint16_t hdr_len, gso_size, csum_start, csum_offset, num_buffers;
};

enum { TCP_SEQ = 4, TCP_FLAGS = 13, TCP_CSUM = 16, UDP_CSUM = 6 };
enum { TCP_FIN = 1, TCP_PSH = 8, TCP_CWR = 128 };

static void dropped(_Atomic uint64_t *count)
{
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

/* ---- receiving ---- */

static bool ready(struct nic *n)
{
    return n->running && n->link && n->ops->rx_ready(n);
}

/* Not ready, but it may be when there is a frame. */
static bool polls(struct nic *n)
{
    return n->running && n->link && n->ops->rx_polls && n->ops->rx_polls(n);
}

/* One frame; false: there is none. */
static bool receive(struct nic *n)
{
    struct iovec iov = {n->rx_buf, NET_VNET_HDR + NET_FRAME_MAX};
    size_t skip = n->net->vnet_hdr ? NET_VNET_HDR : 0;
    ssize_t len = net_recv(n->q, &iov, 1);

    if (len == -EAGAIN)
        return false;
    if (len <= (ssize_t)skip)
        return true;
    len -= (ssize_t)skip;
    if (len < NIC_MIN) {
        memset(n->rx_buf + skip + len, 0, (size_t)(NIC_MIN - len));
        len = NIC_MIN;
    }
    n->ops->rx(n, n->rx_buf + skip, (size_t)len);
    return true;
}

static void readable(void *opaque)
{
    struct nic *n = opaque;
    unsigned frames = 0;
    bool more = ready(n);

    while (more && frames++ < BUDGET && receive(n))
        more = ready(n);
    n->rx_on = more;
    net_rx_enable(n->q, more); /* and if so, we are called again */
    if (!more && polls(n))
        timer_set(n->dev->vm, &n->poll, clock_now(n->dev->vm) + POLL_NS);
}

void nic_rx_kick(struct nic *n)
{
    bool on = ready(n) || polls(n);

    if (!n->q || n->rx_on == on)
        return;
    n->rx_on = on;
    net_rx_enable(n->q, on);
}

static void poll_again(void *opaque)
{
    nic_rx_kick(opaque);
}

/* ---- sending ---- */

static void writable(void *opaque, uint32_t events)
{
    struct nic *n = opaque;

    loop_fd_del(&n->watch);
    nic_tx_kick(n);
}

/* One frame to the network, in pieces from iov[1] on; there is room for one
 * more. False if it takes none now. */
static bool put(struct nic *n, const struct vnet_hdr *hdr, struct iovec *iov,
                int pieces)
{
    static const uint8_t padding[NIC_MIN];
    size_t len = 0;
    int first = 1;

    for (int i = 1; i <= pieces; i++)
        len += iov[i].iov_len;
    if (len < NIC_MIN)
        iov[++pieces] = (struct iovec){(void *)padding, NIC_MIN - len};
    if (n->net->vnet_hdr)
        iov[first = 0] = (struct iovec){(void *)hdr, sizeof(*hdr)};
    if (net_send(n->q, iov + first, pieces + 1 - first) != -EAGAIN)
        return true;
    n->watch.fd = net_tx_fd(n->q);
    return loop_fd_add(n->dev->vm->loop, &n->watch) < 0; /* then it is lost */
}

static bool put_whole(struct nic *n)
{
    struct iovec iov[3] = {[1] = {n->buf, n->len}};
    const struct nic_cut *c = &n->cut;
    struct vnet_hdr hdr = {0};

    if (c->by_host)
        hdr = (struct vnet_hdr){
            .flags = VNET_NEEDS_CSUM,
            .gso_type = c->ipv6 ? VNET_GSO_TCPV6 : VNET_GSO_TCPV4,
            .hdr_len = c->payload,
            .gso_size = c->mss,
            .csum_start = c->l4,
            .csum_offset = TCP_CSUM,
        };
    return put(n, &hdr, iov, 1);
}

/* The headers of the segment from c->at on, in to. */
static void segment_headers(const struct nic *n, uint8_t *to, size_t len)
{
    const struct nic_cut *c = &n->cut;
    uint16_t start = c->l4, offset = c->tcp ? TCP_CSUM : UDP_CSUM;
    struct ip_place ip = {.header = c->ip, .payload = c->l4, .ipv6 = c->ipv6};
    size_t done = c->at - c->payload, whole = c->payload + len;
    uint32_t sum;

    memcpy(to, n->buf, c->payload);
    if (c->ipv6) {
        be_put16(to + c->ip + 4, (uint16_t)(whole - c->ip - 40));
    } else {
        be_put16(to + c->ip + 2, (uint16_t)(whole - c->ip));
        be_put16(to + c->ip + 4,
                 (uint16_t)(be_get16(to + c->ip + 4) + done / c->mss));
    }
    csum_fill_ip(to, &ip);
    if (c->tcp) {
        be_put32(to + c->l4 + TCP_SEQ,
                 be_get32(to + c->l4 + TCP_SEQ) + (uint32_t)done);
        if (c->at + len < n->len)
            to[c->l4 + TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
        if (done)
            to[c->l4 + TCP_FLAGS] &= (uint8_t)~TCP_CWR;
    } else {
        be_put16(to + c->l4 + 4, (uint16_t)(whole - c->l4));
    }
    /* The sum of the pseudo header stands there, for the whole. */
    sum = be_get16(to + start + offset) +
          (uint32_t)(uint16_t)~csum_fold((uint32_t)(n->len - c->l4)) +
          (uint32_t)(whole - c->l4);
    be_put16(to + start + offset, csum_fold(sum));
    sum = csum_add(0, to + start, c->payload - start);
    sum = (uint16_t)~csum_fold(csum_add(sum, n->buf + c->at, len));
    be_put16(to + start + offset, (uint16_t)(sum ? sum : 0xffff));
}

/* One more step of the card, or frame of what it cuts; false: others first. */
static bool takes_turn(struct nic *n)
{
    if (n->turns++ < BUDGET)
        return true;
    loop_post(n->dev->vm->loop, &n->again);
    return false;
}

static bool put_segments(struct nic *n)
{
    struct nic_cut *c = &n->cut;
    static const struct vnet_hdr plain;
    uint8_t headers[NIC_HEADERS_MAX];

    while (c->at < n->len) {
        size_t len = n->len - c->at < c->mss ? n->len - c->at : c->mss;
        struct iovec iov[4] = {
            [1] = {headers, c->payload}, [2] = {n->buf + c->at, len}};

        segment_headers(n, headers, len);
        if (!takes_turn(n) || !put(n, &plain, iov, 2))
            return false;
        c->at += len;
    }
    return true;
}

void nic_drop(struct nic *n)
{
    n->len = 0;
    n->broken = false;
    n->sending = false;
}

/* What is to be sent is sent: false if the network takes no more now. */
static bool flush(struct nic *n)
{
    if (n->sending &&
        !(n->cut.mss && !n->cut.by_host ? put_segments(n) : put_whole(n)))
        return false;
    if (n->sending)
        nic_drop(n);
    return true;
}

void nic_tx_kick(struct nic *n)
{
    n->turns = 0;
    if (!n->running || n->watch.loop || !flush(n))
        return;
    while (takes_turn(n) && n->ops->tx(n))
        if (n->sending)
            return; /* it waits for the network, or its turn */
}

static void tx_again(void *opaque)
{
    nic_tx_kick(opaque);
}

/* ---- for cards ---- */

void nic_gather(struct nic *n, uint64_t gpa, size_t len)
{
    if (n->broken || len > TX_MAX - n->len ||
        mem_read(n->dev->vm, gpa, n->buf + n->len, len)) {
        n->broken = true;
        return;
    }
    n->len += len;
}

void nic_tag(struct nic *n, uint16_t tpid, uint16_t tci)
{
    if (n->broken || n->len < 12 || n->len > TX_MAX - NIC_TAG)
        return;
    memmove(n->buf + 12 + NIC_TAG, n->buf + 12, n->len - 12);
    be_put16(n->buf + 12, tpid);
    be_put16(n->buf + 14, tci);
    n->len += NIC_TAG;
}

void nic_fill_csums(struct nic *n, bool ip, bool l4)
{
    struct csum_place place;
    struct ip_place at;

    if (n->broken || !ip_find(n->buf, n->len, &at))
        return;
    if (ip)
        csum_fill_ip(n->buf, &at);
    if (l4 && csum_find(n->buf, at.end, &place))
        csum_fill(n->buf, at.end, place.start, place.offset);
}

/* Where to cut. False: it is nothing that can be. */
static bool prepare_cut(struct nic *n, uint16_t mss)
{
    struct nic_cut *c = &n->cut;
    struct csum_place place;
    struct ip_place ip;
    unsigned want;
    size_t ip_len;

    if (!ip_find(n->buf, n->len, &ip))
        return false;
    ip_len = n->len - ip.header - (ip.ipv6 ? 40 : 0);
    if (ip_len > UINT16_MAX)
        return false;
    be_put16(n->buf + ip.header + (ip.ipv6 ? 4 : 2), (uint16_t)ip_len);
    if (!csum_find(n->buf, n->len, &place) || place.payload > NIC_HEADERS_MAX ||
        place.payload == n->len)
        return false;
    *c = (struct nic_cut){
        .mss = mss,
        .tcp = place.tcp,
        .ipv6 = place.ipv6,
        .ip = (uint16_t)ip.header,
        .l4 = place.start,
        .payload = place.payload,
        .at = place.payload,
    };
    want = NET_OFF_CSUM | (c->ipv6 ? NET_OFF_TSO6 : NET_OFF_TSO4);
    c->by_host =
        n->net->vnet_hdr && c->tcp && (n->net->offloads & want) == want &&
        n->len - c->payload > mss && !(n->buf[c->l4 + TCP_FLAGS] & TCP_CWR);
    if (c->by_host)
        csum_fill_ip(n->buf, &ip);
    return true;
}

void nic_send(struct nic *n, uint16_t mss)
{
    n->cut = (struct nic_cut){0};
    if (!n->q || !n->link || n->broken || !n->len ||
        (mss && !prepare_cut(n, mss))) {
        if (n->net)
            dropped(&n->net->stats.tx_dropped);
        nic_drop(n);
        return;
    }
    n->sending = true;
    flush(n);
}

void nic_loop_back(struct nic *n)
{
    if (!n->broken && n->len && n->len <= TX_MAX - NIC_CRC &&
        n->ops->rx_ready(n)) {
        if (n->len < NIC_MIN)
            memset(n->buf + n->len, 0, NIC_MIN - n->len);
        n->ops->rx(n, n->buf, n->len < NIC_MIN ? NIC_MIN : n->len);
    }
    nic_drop(n);
}

/* ---- life ---- */

void nic_run(struct nic *n, bool on)
{
    n->running = on;
    nic_rx_kick(n);
    nic_tx_kick(n);
    if (on)
        return;
    loop_fd_del(&n->watch);
    timer_cancel(n->dev->vm, &n->poll);
    loop_cancel(n->dev->vm->loop, &n->again);
}

void nic_reset(struct nic *n)
{
    loop_fd_del(&n->watch);
    nic_drop(n);
    nic_rx_kick(n);
}

void nic_set_link(struct nic *n, bool on)
{
    if (n->link == on)
        return;
    n->link = on;
    n->ops->link(n);
    nic_rx_kick(n);
}

int nic_init(struct nic *n, struct dev *dev, const struct nic_ops *ops,
             struct cfg_err *err)
{
    static const uint8_t none[6];

    n->dev = dev;
    n->ops = ops;
    n->link = n->net;
    n->again = (struct loop_task){.fn = tx_again, .opaque = n};
    n->watch =
        (struct loop_fd){.events = EPOLLOUT, .fn = writable, .opaque = n};
    timer_init(&n->poll, poll_again, n);
    if (!memcmp(n->mac, none, sizeof(none)))
        net_mac_default(dev, n->mac);
    n->buf = malloc(TX_MAX);
    n->rx_buf = malloc(RX_ROOM);
    if (!n->buf || !n->rx_buf)
        return err_set(err, -ENOMEM, "%s: no memory", dev->cls->name);
    if (!n->net)
        return 0;
    n->q =
        net_queue_new(n->net, 0, dev->vm->loop, n->net->vnet_hdr, readable, n);
    if (!n->q)
        return err_set(err, -EIO, "%s: cannot use network '%s': %s",
                       dev->cls->name, n->net->id, strerror(errno));
    return 0;
}

void nic_fini(struct nic *n)
{
    if (n->dev)
        nic_run(n, false);
    net_queue_free(n->q);
    n->q = NULL;
    free(n->buf);
    free(n->rx_buf);
    n->buf = n->rx_buf = NULL;
}

/* A frame that is being gathered is not saved: what is left of it when the
 * card goes on would be another one. */
void nic_pre_save(struct nic *n)
{
    n->lost = !n->sending && (n->broken || n->len);
}

void nic_post_load(struct nic *n)
{
    n->broken = n->lost;
    n->link = n->link && n->net;
}

const struct state_field nic_state[] = {
    STATE_BOOL(struct nic, link),
    STATE_BOOL(struct nic, lost),
    STATE_END,
};
