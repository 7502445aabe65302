/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Xen for tests, in memory: xenstore, grants, event channels behind
 * dm/xenif.h, every call of which can be made to fail; and the guest's side
 * of the same, which any thread may use.
 */
#ifndef HVMD_TESTS_LIB_FAKE_XENIF_H
#define HVMD_TESTS_LIB_FAKE_XENIF_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/loop.h"
#include "dm/xenif.h"

enum fake_op {
    FAKE_XS_READ,
    FAKE_XS_WRITE,
    FAKE_XS_TX,
    FAKE_XS_WATCH,
    FAKE_MAP,
    FAKE_COPY,
    FAKE_HOLD,
    FAKE_BIND,
    FAKE_ANY, /* whichever comes */
    FAKE_OPS,
};

#define FAKE_DOMID 7

struct xenif *fake_xenif_new(struct loop *loop);
/* Asserts that nothing is held any more: maps, watches, ports. */
void fake_xenif_free(struct xenif *x);

/* The n-th call from now (1: the next) fails with rc, once; 0: none does. */
void fake_fail(struct xenif *x, enum fake_op op, unsigned n, int rc);
unsigned fake_calls(struct xenif *x, enum fake_op op); /* so far */
/* The n-th call of any kind from now kills this process; 0: none does. */
void fake_kill(struct xenif *x, unsigned n);
/* After a fork: watches come in this loop. What is granted and bound is the
 * child's own copy, the guest's memory and events are the parent's. */
void fake_home(struct xenif *x, struct loop *loop);
/* Piece k (0: the first) of the copies to come has this status, once. */
void fake_fail_piece(struct xenif *x, unsigned k, int16_t status);
/* The next commits of transactions end in -EAGAIN. */
void fake_conflicts(struct xenif *x, unsigned n);
void fake_map_max(struct xenif *x, unsigned pages);

unsigned fake_mapped(struct xenif *x); /* pages, now */
unsigned fake_watches(struct xenif *x);
unsigned fake_ports(struct xenif *x); /* bound, now */

/* Xenstore, from outside. value NULL removes the node and all below. */
void fake_xs_set(struct xenif *x, const char *value, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "" if there is none; valid until the next call of this thread. */
const char *fake_xs_get(struct xenif *x, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The guest's memory: page n of it. A grant's reference is FAKE_REF(page). */
#define FAKE_PAGES 16384u
#define FAKE_REF(page) ((page) + 8u)
void *fake_page(struct xenif *x, unsigned page);
/* Grants n pages from first on. */
void fake_grant(struct xenif *x, unsigned first, unsigned n, bool readonly);
/* Can the backend have pages without a map, as under KVM? Not until this is
 * said. While nothing is connected. */
void fake_pages_at_hand(struct xenif *x, bool yes);
/* -EBUSY: the backend has one of them mapped. */
int fake_revoke(struct xenif *x, unsigned first, unsigned n);

/* Event channels, the guest's end. */
evtchn_port_t fake_port(struct xenif *x);
void fake_notify(struct xenif *x, evtchn_port_t port);
/* Waits for an event, at most ms; consumes it. */
bool fake_wait(struct xenif *x, evtchn_port_t port, int ms);
unsigned fake_unmasks(struct xenif *x, evtchn_port_t port);

/* A thread that changes random words of the guest's memory, and puts them
 * back: what a guest does between two reads of the same field. */
struct fake_mutator;
struct fake_mutator *fake_mutate(void *mem, size_t len, uint32_t seed);
void fake_mutate_stop(struct fake_mutator *m);

#endif
