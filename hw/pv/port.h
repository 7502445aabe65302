/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event channel that a queue's thread serves.
 *
 * A frontend can send events as fast as it likes. One that comes with work is
 * unmasked at once, so honest load pays nothing; after a few in a row without
 * any, each next one waits longer, up to PV_PORT_HOLD_MAX_MS.
 */
#ifndef HVMD_HW_PV_PORT_H
#define HVMD_HW_PV_PORT_H

#include <stdbool.h>

#include "dm/loop.h"
#include "dm/xenif.h"
#include "hw/pv/late.h"

#define PV_PORT_FREE 4 /* events without work that cost nothing */
#define PV_PORT_HOLD_MAX_MS 32

struct pv_port {
    struct xenif *x;
    struct loop *loop;
    evtchn_port_t local;
    bool bound, held;
    bool more;     /* fn is called once more for this event: no need to ask */
    unsigned idle; /* events without work, in a row */
    bool (*fn)(void *opaque);
    void *opaque;
    struct loop_fd watch;
    struct pv_late late;
};

/* Main thread. fn: has the frontend done anything since it was last called? In
 * loop's thread. -errno. */
int pv_port_bind(struct pv_port *p, struct vm *vm, struct xenif *x,
                 evtchn_port_t remote, struct loop *loop,
                 bool (*fn)(void *opaque), void *opaque);
int pv_port_serve(struct pv_port *p);   /* loop's thread; -errno */
void pv_port_stop(struct pv_port *p);   /* loop's thread, idempotent */
void pv_port_notify(struct pv_port *p); /* loop's thread */
/* Main thread, when loop has ended; idempotent, legal on a zeroed one. */
void pv_port_unbind(struct pv_port *p);

#endif
