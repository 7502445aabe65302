/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back end of a shared ring.
 *
 *      0  req_prod  req_event  rsp_prod  rsp_event      (32 bits each)
 *     64  entry 0 ... entry size-1: a request, later in its place a response
 *
 *         rsp_prod        req_cons          req_prod
 *      ------|---- in work ---|--- to be read --|------ indices, modulo 2^32
 *
 * req_prod - rsp_prod never exceeds size; a frontend that says otherwise has
 * lost its ring. Every field is read once, word by word through a volatile,
 * so that no compiler reads it again; only the copy is looked at. One thread
 * owns a ring. Source: Xen's io/ring.h.
 */
#ifndef HVMD_HW_PV_RING_H
#define HVMD_HW_PV_RING_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "dm/xenif.h"

#define PV_RING_ENTRIES 64u /* where entries begin */
#define PV_ENTRY_MAX 128u   /* bytes of one */

struct pv_ring_head {
    _Atomic uint32_t req_prod, req_event, rsp_prod, rsp_event;
};

struct pv_ring {
    struct pv_ring_head *head;
    uint32_t size, entry; /* entries, a power of two; bytes of one, 4n */
    uint32_t req_cons;    /* next request to read */
    uint32_t rsp_prod;    /* next response to write */
    uint32_t seen;        /* req_prod at the last event */
    uint32_t shown;       /* rsp_prod as the frontend was told */
};

static inline volatile uint32_t *pv_ring_at(const struct pv_ring *r,
                                            uint32_t idx)
{
    return (volatile uint32_t *)((uint8_t *)r->head + PV_RING_ENTRIES +
                                 (size_t)(idx & (r->size - 1)) * r->entry);
}

/* Requests to be read; -EPROTO: more than there can be. */
static inline int pv_ring_pending(const struct pv_ring *r)
{
    uint32_t prod =
        atomic_load_explicit(&r->head->req_prod, memory_order_acquire);

    if (prod - r->rsp_prod > r->size ||
        prod - r->rsp_prod < r->req_cons - r->rsp_prod)
        return -EPROTO;
    return (int)(prod - r->req_cons);
}

/* Goes on where responses ended. -EPROTO */
static inline int pv_ring_attach(struct pv_ring *r, void *mem, unsigned pages,
                                 uint32_t entry)
{
    uint32_t n = (pages * XENIF_PAGE - PV_RING_ENTRIES) / entry;

    r->head = mem;
    r->entry = entry;
    for (r->size = 1; r->size * 2 <= n; r->size *= 2)
        ;
    r->rsp_prod =
        atomic_load_explicit(&r->head->rsp_prod, memory_order_relaxed);
    r->req_cons = r->seen = r->shown = r->rsp_prod;
    return pv_ring_pending(r) < 0 ? -EPROTO : 0;
}

/* An event has come: has the frontend put anything there since the last one?
 * Not whether we find it: a run before may have been faster than the event. */
static inline bool pv_ring_moved(struct pv_ring *r)
{
    uint32_t prod =
        atomic_load_explicit(&r->head->req_prod, memory_order_acquire);
    bool moved = (int32_t)(prod - r->seen) > 0;

    if (moved) /* a step back does not make the next one forward news */
        r->seen = prod;
    return moved;
}

/* After pv_ring_pending said that it is there. */
static inline void pv_ring_get(struct pv_ring *r, void *copy)
{
    volatile uint32_t *from = pv_ring_at(r, r->req_cons++);
    uint32_t word;

    for (uint32_t i = 0; i < r->entry / 4; i++) {
        word = from[i];
        memcpy((uint8_t *)copy + 4 * i, &word, 4);
    }
}

/* len: 4n; every byte of it is the caller's, padding too. */
static inline void pv_ring_put(struct pv_ring *r, const void *rsp, uint32_t len)
{
    volatile uint32_t *to = pv_ring_at(r, r->rsp_prod++);
    uint32_t word;

    for (uint32_t i = 0; i < len / 4; i++) {
        memcpy(&word, (const uint8_t *)rsp + 4 * i, 4);
        to[i] = word;
    }
}

/* Shows responses; true: the frontend wants to be told. */
static inline bool pv_ring_push(struct pv_ring *r)
{
    uint32_t old = r->shown, event;

    if (old == r->rsp_prod)
        return false;
    r->shown = r->rsp_prod;
    atomic_store_explicit(&r->head->rsp_prod, r->rsp_prod,
                          memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    event = atomic_load_explicit(&r->head->rsp_event, memory_order_relaxed);
    return r->rsp_prod - event < r->rsp_prod - old;
}

/* Asks for an event when n more requests are there; true: they are. */
static inline bool pv_ring_want(struct pv_ring *r, uint32_t n)
{
    uint32_t prod;

    atomic_store_explicit(&r->head->req_event, r->req_cons + n,
                          memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    prod = atomic_load_explicit(&r->head->req_prod, memory_order_acquire);
    return prod - r->req_cons >= n;
}

#endif
