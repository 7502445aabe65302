/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the guest: packets are copied whole, then looked at, then sent. */
#include "config.h"

#include "hw/pv/netif-priv.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "dm/clock.h"
#include "hw/net/csum.h"

#define ETH_HEADER 14u

/* ---- multicast lists ---- */

static int16_t mcast_change(struct netif *n, const struct netif_extra *e)
{
    unsigned i;
    int16_t status = NETIF_RSP_ERROR;

    pthread_mutex_lock(&n->mcast_lock);
    for (i = 0; i < n->mcasts && memcmp(n->mcast[i], e->mcast, 6); i++)
        ;
    if (e->type == NETIF_EXTRA_MCAST_ADD) {
        if (i == n->mcasts && i < NETIF_MCAST_MAX)
            memcpy(n->mcast[n->mcasts++], e->mcast, 6);
        if (i < n->mcasts)
            status = NETIF_RSP_OKAY;
    } else {
        if (i < n->mcasts)
            memcpy(n->mcast[i], n->mcast[--n->mcasts], 6);
        status = NETIF_RSP_OKAY;
    }
    pthread_mutex_unlock(&n->mcast_lock);
    return status;
}

/* ---- out of the ring ---- */

static bool slot_add(struct netif_tx_packet *p, uint16_t id, bool extra)
{
    if (p->slots == NETIF_TX_SLOTS)
        return false;
    p->slot[p->slots].id = id;
    p->slot[p->slots++].extra = extra;
    return true;
}

static bool gso_offered(const struct netif *n, uint8_t type)
{
    unsigned off = n->vnet ? n->net->offloads : 0;

    return (type == NETIF_GSO_TCPV4 && off & NET_OFF_TSO4) ||
           (type == NETIF_GSO_TCPV6 && off & NET_OFF_TSO6);
}

/* What is said of a packet beside its pieces; NULL, or why the ring is lost.
 * dummy: the request was only there to carry it. */
static const char *take_extras(struct netif_queue *q, struct netif_tx_packet *p,
                               int *left, bool *dummy)
{
    struct netif *n = q->n;
    uint8_t raw[PV_ENTRY_MAX];
    struct netif_extra e;
    unsigned count = 0;

    do {
        if (!*left || count++ == NETIF_EXTRAS)
            return "a packet's extras do not end";
        --*left;
        pv_ring_get(&q->tx, raw);
        memcpy(&e, raw, sizeof(e));
        slot_add(p, 0, true);
        switch (e.type) {
        case NETIF_EXTRA_GSO:
            p->gso_size = e.gso.size;
            p->gso_type = e.gso.type;
            if (!e.gso.size || !gso_offered(n, e.gso.type))
                p->status = NETIF_RSP_ERROR;
            break;
        case NETIF_EXTRA_MCAST_ADD:
        case NETIF_EXTRA_MCAST_DEL:
            *dummy = true;
            p->status = mcast_change(n, &e);
            break;
        case NETIF_EXTRA_HASH:
            break; /* a hint we have no use for */
        default:
            return "an extra of no known type";
        }
    } while (e.flags & NETIF_EXTRA_MORE);
    return NULL;
}

static bool piece_add(struct netif_queue *q, struct netif_tx_packet *p,
                      const struct netif_tx_request *r, uint16_t size,
                      uint16_t at)
{
    if ((uint32_t)r->offset + size > XENIF_PAGE)
        return false;
    if (size)
        q->tx_piece[p->piece + p->pieces++] =
            (struct xenif_copy){.ref = r->gref,
                                .off = r->offset,
                                .len = size,
                                .local = p->frame + at};
    return true;
}

/* A copy costs by the pages that it touches, ours too: where pieces follow,
 * they are most often whole pages, so the first one ends with a page. */
static uint8_t *place(const struct netif_queue *q, uint8_t *at, uint32_t first,
                      bool more)
{
    size_t off = (size_t)(at - q->tx_arena);
    size_t room = XENIF_PAGE - off % XENIF_PAGE;

    if (more)
        return at + (XENIF_PAGE - (off + first) % XENIF_PAGE) % XENIF_PAGE;
    return first > room ? at + room : at;
}

/* One packet, all of which must be there. NULL, or why the ring is lost. */
static const char *take_packet(struct netif_queue *q, struct netif_tx_packet *p,
                               int *left)
{
    struct netif_tx_request r[1 + NETIF_SLOTS_FATAL];
    bool dummy = false;
    const char *why;
    unsigned n = 1;
    uint32_t rest;

    --*left;
    pv_ring_get(&q->tx, &r[0]);
    slot_add(p, r[0].id, false);
    if (r[0].flags & NETTXF_EXTRA_INFO) {
        why = take_extras(q, p, left, &dummy);
        if (why)
            return why;
    }
    while (r[n - 1].flags & NETTXF_MORE_DATA) {
        if (!*left || n == NETIF_SLOTS_FATAL)
            return "a packet does not end";
        --*left;
        pv_ring_get(&q->tx, &r[n]);
        slot_add(p, r[n++].id, false);
    }
    if (dummy || p->status != NETIF_RSP_OKAY)
        return NULL;

    p->status = NETIF_RSP_ERROR;
    p->len = r[0].size;
    p->csum_blank = r[0].flags & NETTXF_CSUM_BLANK || p->gso_type;
    rest = p->len;
    for (unsigned i = 1; i < n; i++) {
        if (r[i].size > rest)
            return NULL; /* more than the whole */
        rest -= r[i].size;
    }
    p->frame = place(q, p->frame, rest, n > 1);
    if (n > NETIF_SLOTS_MIN || p->len < ETH_HEADER ||
        !piece_add(q, p, &r[0], (uint16_t)rest, 0))
        return NULL;
    for (unsigned i = 1; i < n; i++) {
        if (!piece_add(q, p, &r[i], r[i].size, (uint16_t)rest)) {
            p->pieces = 0;
            return NULL;
        }
        rest += r[i].size;
    }
    p->status = NETIF_RSP_OKAY;
    p->ready = true;
    return NULL;
}

/* Packets into the arena; false: the ring is lost. */
static bool collect(struct netif_queue *q)
{
    int left = pv_ring_pending(&q->tx);
    unsigned pieces = 0;
    size_t at = 0;

    q->packets = q->sent = 0;
    if (left < 0) {
        netif_broken(q, "its transmit ring has more than it can hold");
        return false;
    }
    while (left && q->packets < NETIF_PACKETS &&
           pieces + NETIF_SLOTS_MIN <= NETIF_PIECES &&
           at + XENIF_PAGE + UINT16_MAX <= NETIF_ARENA) {
        struct netif_tx_packet *p = &q->packet[q->packets];
        const char *why;

        memset(p, 0, sizeof(*p));
        p->frame = q->tx_arena + at;
        p->piece = pieces;
        why = take_packet(q, p, &left);
        if (why) {
            netif_broken(q, why);
            return false;
        }
        if (p->ready) {
            pieces += p->pieces;
            at = (size_t)(p->frame - q->tx_arena) + p->len;
        }
        q->packets++;
    }
    if (pieces && q->n->bus.x->ops->gnt_copy(q->n->bus.x, q->tx_piece, pieces))
        for (unsigned i = 0; i < pieces; i++)
            q->tx_piece[i].status = -1;
    return true;
}

/* ---- to the network ---- */

static bool finish_headers(struct netif_queue *q, struct netif_tx_packet *p)
{
    struct csum_place place;

    if (!p->csum_blank)
        return true;
    if (!csum_find(p->frame, p->len, &place))
        return false;
    if (!q->n->vnet) {
        csum_fill(p->frame, p->len, place.start, place.offset);
        return true;
    }
    p->vnet.flags = VNET_NEEDS_CSUM;
    p->vnet.csum_start = htole16(place.start);
    p->vnet.csum_offset = htole16(place.offset);
    if (p->gso_type) {
        if (!place.tcp || place.ipv6 != (p->gso_type == NETIF_GSO_TCPV6))
            return false;
        p->vnet.gso_type = place.ipv6 ? VNET_GSO_TCPV6 : VNET_GSO_TCPV4;
        p->vnet.gso_size = htole16(p->gso_size);
        p->vnet.hdr_len = htole16(place.payload);
    }
    return true;
}

static bool copied(const struct netif_queue *q, const struct netif_tx_packet *p)
{
    for (unsigned i = 0; i < p->pieces; i++)
        if (q->tx_piece[p->piece + i].status != XENIF_GNTST_OKAY)
            return false;
    return true;
}

static void respond(struct netif_queue *q, const struct netif_tx_packet *p)
{
    for (unsigned i = 0; i < p->slots; i++) {
        struct netif_tx_response rsp = {
            .id = p->slot[i].id,
            .status = p->slot[i].extra ? NETIF_RSP_NULL : p->status};

        pv_ring_put(&q->tx, &rsp, sizeof(rsp));
    }
}

/* All is copied, so the guest gets its pages back before the network, which
 * takes longer, has the frames: a sender that has only so much under way has
 * its next ones ready when we are. */
static void answer(struct netif_queue *q)
{
    for (unsigned i = 0; i < q->packets; i++) {
        struct netif_tx_packet *p = &q->packet[i];

        if (p->ready && !(copied(q, p) && finish_headers(q, p))) {
            p->ready = false;
            p->status = NETIF_RSP_ERROR;
        }
        respond(q, p);
    }
    if (pv_ring_push(&q->tx))
        pv_port_notify(&q->tx_port);
}

static void on_writable(void *opaque, uint32_t events)
{
    struct netif_queue *q = opaque;

    loop_fd_del(&q->writable);
    netif_tx_run(q);
}

static bool wait_writable(struct netif_queue *q)
{
    q->writable = (struct loop_fd){.fd = net_tx_fd(q->nq),
                                   .events = EPOLLOUT,
                                   .fn = on_writable,
                                   .opaque = q};
    return !loop_fd_add(q->thread.loop, &q->writable);
}

/* What has been collected; false: the network takes no more for now. */
static bool send_all(struct netif_queue *q)
{
    for (; q->sent < q->packets; q->sent++) {
        struct netif_tx_packet *p = &q->packet[q->sent];
        struct iovec iov[2] = {{&p->vnet, sizeof(p->vnet)}, {p->frame, p->len}};
        ssize_t r;

        if (!p->ready)
            continue;
        r = q->n->vnet ? net_send(q->nq, iov, 2) : net_send(q->nq, &iov[1], 1);
        if (r == -EAGAIN && wait_writable(q))
            return false;
        q->credit -= p->len;
    }
    return true;
}

/* ---- the rate ---- */

static bool may_send(struct netif_queue *q)
{
    struct netif *n = q->n;
    int64_t now, usec, earned;

    if (!n->rate_bytes)
        return true;
    now = clock_now(n->bus.vm);
    /* No more than 64 periods at once, so the product has room. */
    usec = (now - q->credit_ns) / 1000;
    if (usec > 64 * n->rate_usec)
        usec = 64 * n->rate_usec;
    earned = n->rate_bytes * usec / n->rate_usec;
    if (earned) {
        q->credit_ns = now;
        q->credit += earned;
        if (q->credit > n->rate_bytes)
            q->credit = n->rate_bytes;
    }
    if (q->credit > 0)
        return true;
    pv_late_set(&q->rate_late,
                (-q->credit / n->rate_bytes + 1) * n->rate_usec * 1000);
    return false;
}

/* ---- the queue ---- */

void netif_tx_run(struct netif_queue *q)
{
    unsigned rounds = 8; /* before others in this thread have a turn */

    if (!q->running || q->broken || q->writable.loop)
        return;
    while (send_all(q) && may_send(q) && collect(q)) {
        answer(q);
        if (!q->packets && !pv_ring_want(&q->tx, 1))
            break;
        if (!--rounds) {
            loop_post(q->thread.loop, &q->tx_again);
            break;
        }
    }
}

/* What a dead process had in work is lost, as frames may be: it cannot be told
 * from what it had answered and not shown yet. Of that the first four bytes are
 * gone, which leaves what an answer needs. */
void netif_tx_skip(struct netif_queue *q)
{
    bool extra = false;

    for (int left = pv_ring_pending(&q->tx); left > 0; left--) {
        struct netif_tx_response rsp = {.status = NETIF_RSP_NULL};
        struct netif_tx_request r;
        struct netif_extra e;
        uint8_t raw[PV_ENTRY_MAX];

        pv_ring_get(&q->tx, raw);
        memcpy(&r, raw, sizeof(r));
        memcpy(&e, raw, sizeof(e));
        if (!extra)
            rsp = (struct netif_tx_response){r.id, NETIF_RSP_ERROR};
        extra =
            extra ? e.flags & NETIF_EXTRA_MORE : r.flags & NETTXF_EXTRA_INFO;
        pv_ring_put(&q->tx, &rsp, sizeof(rsp));
    }
    pv_ring_push(&q->tx);
}

void netif_tx_stop(struct netif_queue *q)
{
    loop_fd_del(&q->writable);
    q->packets = q->sent = 0;
}
