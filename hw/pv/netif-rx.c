/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To the guest. The host's network is the queue of what waits: we take one
 * frame more than there is room for, and no other until the guest has given
 * more, so nothing grows here. After stall_ms without room frames are taken
 * and dropped, lest a guest that sleeps holds up those who send to it.
 */
#include "config.h"

#include "hw/pv/netif-priv.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/clock.h"
#include "hw/net/csum.h"
#include "hw/net/eth.h"

#define BUDGET 256 /* frames before others in this thread have a turn */
#define HEAD sizeof(struct netif_rx_head)
#define FRAME_SPACE (HEAD + NET_FRAME_MAX)
/* A frame begins with a page, as each copy of it costs by the pages it
 * touches; its head lies before. */
#define FIRST (XENIF_PAGE - HEAD)
#define FRAME_SLOTS (NET_FRAME_MAX / XENIF_PAGE + 4)

enum rx_result { RX_MORE, RX_NO_FRAME, RX_NO_ROOM, RX_BROKEN };

static void drop(struct netif_queue *q)
{
    atomic_fetch_add_explicit(&q->n->net->stats.rx_dropped, 1,
                              memory_order_relaxed);
}

static bool wanted(struct netif *n, const uint8_t *frame)
{
    bool found = false;

    if (!(frame[0] & 1) || eth_is_broadcast(frame) ||
        !atomic_load_explicit(&n->mcast_filter, memory_order_relaxed))
        return true;
    pthread_mutex_lock(&n->mcast_lock);
    for (unsigned i = 0; !found && i < n->mcasts; i++)
        found = !memcmp(n->mcast[i], frame, 6);
    pthread_mutex_unlock(&n->mcast_lock);
    return found;
}

/* Whether the guest can have it; does for it what it cannot do. */
static bool acceptable(struct netif *n, struct netif_vnet *v, uint8_t *frame,
                       size_t len)
{
    uint8_t gso = v->gso_type & (uint8_t)~VNET_GSO_ECN;
    struct csum_place place;

    if (len < 14 || len > UINT16_MAX || !wanted(n, frame))
        return false;
    if (!n->sg && len > XENIF_PAGE)
        return false;
    if (gso)
        return (gso == VNET_GSO_TCPV4 && n->gso4) ||
               (gso == VNET_GSO_TCPV6 && n->gso6);
    if (v->flags & VNET_NEEDS_CSUM) {
        if (!csum_find(frame, len, &place))
            return false;
        if (!(place.ipv6 ? n->csum6 : n->csum4)) {
            csum_fill(frame, len, place.start, place.offset);
            v->flags = VNET_DATA_VALID;
        }
    }
    return true;
}

static unsigned extras_of(const struct netif_rx_head *h)
{
    return !!h->vnet.gso_type + (h->hash_type >= 0);
}

static unsigned slots_of(const struct netif_rx_head *h, size_t len)
{
    return (unsigned)((len + XENIF_PAGE - 1) / XENIF_PAGE) + extras_of(h);
}

/* ---- between queues ---- */

/* Takes it if there is room: what a queue may hold is bounded, and who would
 * wait for one would hold up the others. */
static void pass(struct netif_queue *to, const struct netif_rx_head *head,
                 const uint8_t *frame, size_t len)
{
    struct netif_passed *p = malloc(sizeof(*p) + len);
    bool room = false;

    if (p) {
        p->next = NULL;
        p->len = len;
        p->head = *head;
        memcpy(p->frame, frame, len);
        pthread_mutex_lock(&to->passed_lock);
        room = to->passed_bytes + sizeof(*p) + len <= NETIF_PASSED;
        if (room) {
            to->passed_bytes += sizeof(*p) + len;
            *to->passed_end = p;
            to->passed_end = &p->next;
        }
        pthread_mutex_unlock(&to->passed_lock);
    }
    if (room) {
        loop_post(to->thread.loop, &to->rx_again);
    } else {
        drop(to);
        free(p);
    }
}

static struct netif_passed *take_passed(struct netif_queue *q)
{
    struct netif_passed *p;

    if (!atomic_load_explicit(&q->passed_bytes, memory_order_relaxed))
        return NULL; /* who puts one there posts rx_again */
    pthread_mutex_lock(&q->passed_lock);
    p = q->passed;
    if (p) {
        q->passed = p->next;
        q->passed_bytes -= sizeof(*p) + p->len;
        if (!q->passed)
            q->passed_end = &q->passed;
    }
    pthread_mutex_unlock(&q->passed_lock);
    return p;
}

void netif_rx_drop_passed(struct netif_queue *q)
{
    struct netif_passed *p;

    while ((p = take_passed(q)))
        free(p);
}

/* ---- into the ring ---- */

static struct netif_extra extra(const struct netif_rx_head *h, bool gso)
{
    struct netif_extra e = {.type = gso ? NETIF_EXTRA_GSO : NETIF_EXTRA_HASH};

    if (gso) {
        e.gso.size = le16toh(h->vnet.gso_size);
        e.gso.type = (h->vnet.gso_type & ~VNET_GSO_ECN) == VNET_GSO_TCPV4
                         ? NETIF_GSO_TCPV4
                         : NETIF_GSO_TCPV6;
    } else {
        e.hash.type = (uint8_t)h->hash_type;
        e.hash.algorithm = NETIF_HASH_TOEPLITZ;
        e.hash.value[0] = (uint16_t)h->hash;
        e.hash.value[1] = (uint16_t)(h->hash >> 16);
    }
    return e;
}

/* There is room: takes the slots; the copy comes with netif_flush. */
static void add(struct netif_queue *q, const struct netif_rx_head *h,
                uint8_t *frame, size_t len)
{
    unsigned total = slots_of(h, len), extras = extras_of(h);
    const struct netif_vnet *v = &h->vnet;
    size_t at = 0;

    for (unsigned i = 0; i < total; i++) {
        struct netif_rx_slot *s = &q->rx_slot[q->rx_slots++];
        struct netif_rx_request r;
        uint8_t raw[PV_ENTRY_MAX];
        uint16_t part;

        pv_ring_get(&q->rx, raw);
        memcpy(&r, raw, sizeof(r));
        memset(s, 0, sizeof(*s));
        s->piece = -1;
        if (i > 0 && i <= extras) {
            s->extra = extra(h, i == 1 && v->gso_type);
            s->extra.flags = i < extras ? NETIF_EXTRA_MORE : 0;
            continue;
        }
        part = len - at < XENIF_PAGE ? (uint16_t)(len - at) : XENIF_PAGE;
        s->rsp.id = r.id;
        s->rsp.status = NETIF_RSP_ERROR;
        if (r.gref >= NETIF_REF_MIN) {
            s->rsp.status = (int16_t)part;
            s->piece = (int)q->rx_pieces;
            q->rx_piece[q->rx_pieces++] =
                (struct xenif_copy){.to_guest = true,
                                    .ref = r.gref,
                                    .len = part,
                                    .local = frame + at};
        }
        at += part;
        s->rsp.flags = at < len ? NETRXF_MORE_DATA : 0;
        if (i)
            continue;
        if (extras)
            s->rsp.flags |= NETRXF_EXTRA_INFO;
        if (v->flags & VNET_NEEDS_CSUM)
            s->rsp.flags |= NETRXF_CSUM_BLANK | NETRXF_DATA_VALIDATED;
        else if (v->flags & VNET_DATA_VALID)
            s->rsp.flags |= NETRXF_DATA_VALIDATED;
    }
}

static void flush(struct netif_queue *q)
{
    struct xenif *x = q->n->bus.x;
    int rc = 0;

    if (q->rx_pieces)
        rc = x->ops->gnt_copy(x, q->rx_piece, q->rx_pieces);
    for (unsigned i = 0; i < q->rx_slots; i++) {
        struct netif_rx_slot *s = &q->rx_slot[i];

        if (s->piece >= 0 &&
            (rc || q->rx_piece[s->piece].status != XENIF_GNTST_OKAY))
            s->rsp.status = NETIF_RSP_ERROR;
        pv_ring_put(&q->rx, &s->rsp, sizeof(s->rsp));
    }
    q->rx_slots = q->rx_pieces = 0;
    if (!q->broken && pv_ring_push(&q->rx))
        pv_port_notify(q->split ? &q->rx_port : &q->tx_port);
}

/* ---- frames ---- */

/* True: it has gone to the queue that the guest wants it in. */
static bool steered(struct netif_queue *q, struct netif_rx_head *h,
                    const uint8_t *frame, size_t len)
{
    unsigned to;

    h->hash_type = -1;
    if (!netif_hash_on(&q->hash))
        return false;
    h->hash_type = netif_hash_frame(&q->hash, frame, len, &h->hash);
    to = netif_hash_queue(&q->hash, h->hash, q->n->nqueues);
    if (to == q->idx)
        return false;
    pass(&q->n->queue[to], h, frame, len);
    return true;
}

/* The next frame to space, its head before it. -EAGAIN: none; 0: one that is
 * not for this queue; else its bytes. */
static ssize_t receive(struct netif_queue *q, uint8_t *space)
{
    struct netif_rx_head h = {0};
    struct iovec iov[2] = {{&h.vnet, sizeof(h.vnet)},
                           {space + HEAD, NET_FRAME_MAX}};
    size_t hdr = q->n->vnet ? sizeof(h.vnet) : 0;
    struct netif_passed *p = take_passed(q);
    ssize_t len;

    if (p) {
        len = (ssize_t)p->len;
        memcpy(space, &p->head, HEAD);
        memcpy(space + HEAD, p->frame, p->len);
        free(p);
        return len;
    }
    len = hdr ? net_recv(q->nq, iov, 2) : net_recv(q->nq, &iov[1], 1);
    if (len == -EAGAIN)
        return len;
    len -= (ssize_t)hdr;
    if (len <= 0 || !acceptable(q->n, &h.vnet, space + HEAD, (size_t)len)) {
        if (len > 0)
            drop(q);
        return 0;
    }
    if (steered(q, &h, space + HEAD, (size_t)len))
        return 0;
    memcpy(space, &h, HEAD);
    return len;
}

static enum rx_result one(struct netif_queue *q, size_t *at)
{
    uint8_t *space = q->rx_arena + *at;
    ssize_t len = (ssize_t)q->kept_len;
    struct netif_rx_head h;
    unsigned need;
    int room;

    if (!len)
        len = receive(q, space);
    if (len == -EAGAIN)
        return RX_NO_FRAME;
    if (!len)
        return RX_MORE;
    memcpy(&h, space, HEAD);
    need = slots_of(&h, (size_t)len);
    room = pv_ring_pending(&q->rx);
    if (room < 0)
        return RX_BROKEN;
    if ((unsigned)room < need && !pv_ring_want(&q->rx, need)) {
        if (q->dropping || !q->n->rx_notify) {
            q->kept_len = 0;
            drop(q);
            return RX_MORE;
        }
        flush(q); /* what lies at the front */
        memmove(q->rx_arena + FIRST, space, HEAD + (size_t)len);
        q->kept_len = (size_t)len;
        return RX_NO_ROOM;
    }
    q->kept_len = 0;
    q->stalled = q->dropping = false;
    add(q, &h, space + HEAD, (size_t)len);
    *at += HEAD + (size_t)len + XENIF_PAGE - 1 + HEAD;
    *at -= *at % XENIF_PAGE + HEAD;
    return RX_MORE;
}

static int64_t stall_ns(const struct netif_queue *q)
{
    return (int64_t)q->n->conf.stall_ms * 1000000;
}

void netif_rx_run(struct netif_queue *q)
{
    enum rx_result r = RX_MORE;
    unsigned frames = 0;
    size_t at = FIRST;

    if (!q->running || q->broken)
        return;
    for (; r == RX_MORE && frames < BUDGET; frames++) {
        r = pv_ring_pending(&q->rx) < 0 ? RX_BROKEN : one(q, &at);
        if (r == RX_BROKEN) {
            netif_broken(q, "its receive ring has more than it can hold");
            return;
        }
        if (at + FRAME_SPACE > NETIF_ARENA ||
            q->rx_slots + FRAME_SLOTS > NETIF_PIECES) {
            flush(q);
            at = FIRST;
        }
    }
    flush(q);
    if (r == RX_NO_ROOM && !q->stalled) {
        q->stalled = true;
        q->stall_ns = clock_now(q->n->bus.vm);
        pv_late_set(&q->stall_late, stall_ns(q));
    }
    net_rx_enable(q->nq, r != RX_NO_ROOM);
    if (r == RX_MORE) /* nothing else may tell of frames that were passed */
        loop_post(q->thread.loop, &q->rx_again);
}

void netif_rx_stalled(void *opaque)
{
    struct netif_queue *q = opaque;
    int64_t left;

    if (!q->stalled || !q->running)
        return;
    /* The delay may be that of an earlier stall. */
    left = q->stall_ns + stall_ns(q) - clock_now(q->n->bus.vm);
    if (left > 0) {
        pv_late_set(&q->stall_late, left);
        return;
    }
    q->dropping = true;
    netif_rx_run(q);
}
