/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's way to the store: two rings in a page that it can write at any
 * time. Indices are read once each, checked against each other, and only the
 * copies are used. Source: docs/misc/xenstore-ring.txt.
 */
#include "config.h"

#include "kvm/xenemu/xs-priv.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define RING 1024u

struct domain_interface {
    uint8_t req[RING], rsp[RING];
    _Atomic uint32_t req_cons, req_prod, rsp_cons, rsp_prod;
    _Atomic uint32_t server_features, connection, error;
};
_Static_assert(offsetof(struct domain_interface, req_cons) == 2048 &&
                   sizeof(struct domain_interface) == 2076,
               "as in io/xs_wire.h");

enum { FEATURE_RECONNECTION = 1, FEATURE_ERROR = 2 };
enum { CONNECTED, RECONNECT };
enum { ERROR_NONE, ERROR_COMM, ERROR_RINGIDX, ERROR_PROTO };

struct xs_ring {
    struct xs_wire wire;
    struct domain_interface *page;
    void (*notify)(void *opaque);
    void *opaque;
    struct loop_task task;
    bool lost; /* its indices are nonsense */
};

static void wake(struct xs_wire *w)
{
    struct xs_ring *r = (struct xs_ring *)w;

    loop_post(w->conn.s->loop, &r->task);
}

/* A copy between a buffer and the place of index i in a ring. */
static void copy_in(uint8_t *buf, const uint8_t *ring, uint32_t i, uint32_t n)
{
    uint32_t at = i % RING, first = n < RING - at ? n : RING - at;

    memcpy(buf, ring + at, first);
    memcpy(buf + first, ring, n - first);
}

static void copy_out(uint8_t *ring, const uint8_t *buf, uint32_t i, uint32_t n)
{
    uint32_t at = i % RING, first = n < RING - at ? n : RING - at;

    memcpy(ring + at, buf, first);
    memcpy(ring, buf + first, n - first);
}

/* *n: bytes between them. */
static bool used(struct xs_ring *r, uint32_t cons, uint32_t prod, uint32_t *n)
{
    *n = prod - cons;
    if (*n <= RING)
        return true;
    log_guest(&r->wire.conn.s->quota, "xenstore",
              "the guest's ring is broken: %u is consumed, %u produced", cons,
              prod);
    r->lost = true;
    atomic_store(&r->page->error, ERROR_RINGIDX);
    return false;
}

static bool take(struct xs_ring *r)
{
    struct domain_interface *p = r->page;
    uint32_t cons = atomic_load_explicit(&p->req_cons, memory_order_relaxed);
    uint32_t prod = atomic_load_explicit(&p->req_prod, memory_order_acquire);
    uint8_t buf[RING];
    uint32_t n;

    if (!used(r, cons, prod, &n) || !n)
        return false;
    copy_in(buf, p->req, cons, n);
    n = (uint32_t)xs_wire_put(&r->wire, buf, n);
    if (r->wire.broken) {
        r->lost = true;
        atomic_store(&p->error, ERROR_PROTO);
    }
    atomic_store_explicit(&p->req_cons, cons + n, memory_order_release);
    return n;
}

static bool give(struct xs_ring *r)
{
    struct domain_interface *p = r->page;
    uint32_t prod = atomic_load_explicit(&p->rsp_prod, memory_order_relaxed);
    uint32_t cons = atomic_load_explicit(&p->rsp_cons, memory_order_acquire);
    uint8_t buf[RING];
    uint32_t n;

    if (!r->wire.first || !used(r, cons, prod, &n) || n == RING)
        return false;
    n = (uint32_t)xs_wire_get(&r->wire, buf, RING - n);
    copy_out(p->rsp, buf, prod, n);
    atomic_store_explicit(&p->rsp_prod, prod + n, memory_order_release);
    return n;
}

static void begin(struct xs_ring *r, struct xenstore *s)
{
    xs_wire_init(&r->wire, s, s->domid, wake);
    r->lost = false;
    atomic_store(&r->page->error, ERROR_NONE);
    atomic_store(&r->page->server_features,
                 FEATURE_RECONNECTION | FEATURE_ERROR);
}

/* One ring's content each way, then others have their turn. */
static void run(void *opaque)
{
    struct xs_ring *r = opaque;
    struct xenstore *s = r->wire.conn.s;
    struct domain_interface *p = r->page;
    bool took, gave;

    if (atomic_load(&p->connection) == RECONNECT) {
        xs_wire_fini(&r->wire);
        begin(r, s);
        atomic_store(&p->req_cons, 0);
        atomic_store(&p->req_prod, 0);
        atomic_store(&p->rsp_cons, 0);
        atomic_store(&p->rsp_prod, 0);
        atomic_store(&p->connection, CONNECTED);
        r->notify(r->opaque);
        return;
    }
    if (r->lost)
        return;
    took = take(r);
    gave = !r->lost && give(r);
    if (took || gave) {
        r->notify(r->opaque);
        loop_post(s->loop, &r->task);
    }
}

int xenstore_ring_open(struct xenstore *s, void *page,
                       void (*notify)(void *opaque), void *opaque)
{
    struct xs_ring *r;

    xenstore_ring_close(s);
    r = calloc(1, sizeof(*r));
    if (!r)
        return -ENOMEM;
    r->page = page;
    r->notify = notify;
    r->opaque = opaque;
    r->task = (struct loop_task){.fn = run, .opaque = r};
    begin(r, s);
    s->ring = r;
    loop_post(s->loop, &r->task); /* it may have begun before us */
    return 0;
}

void xenstore_ring_event(struct xenstore *s)
{
    if (s->ring)
        loop_post(s->loop, &s->ring->task);
}

void xenstore_ring_close(struct xenstore *s)
{
    struct xs_ring *r = s->ring;

    if (!r)
        return;
    loop_cancel(s->loop, &r->task);
    xs_wire_fini(&r->wire);
    free(r);
    s->ring = NULL;
}
