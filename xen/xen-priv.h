/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Xen engine's own: one ioreq server for one HVM domain.
 *
 * Xen sends what a vCPU does to ranges we claimed as ioreqs: one slot a vCPU
 * in a shared page, and an event channel that says "look". A second page is a
 * ring of buffered writes that nobody waits for. Sources: xen/include/public/
 * hvm/ioreq.h, hvm/dm_op.h, memory.h (XENMEM_acquire_resource).
 */
#ifndef HVMD_XEN_XEN_PRIV_H
#define HVMD_XEN_XEN_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Shows the parts of Xen's public headers that are for its tools. */
#define __XEN_TOOLS__ 1
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xenstore.h>
#include <xen/hvm/ioreq.h>
#include <xen/memory.h>
#include <xen/sched.h>

#include "dm/engine.h"
#include "dm/log.h"
#include "dm/loop.h"
#include "xen/xenif.h"

struct foreign_cache;
struct xentoollog_logger;

struct xen {
    struct vm *vm;
    uint32_t domid;
    struct xentoollog_logger *log;
    xendevicemodel_handle *dmod;
    xenforeignmemory_handle *fmem;
    xenevtchn_handle *evtchn;
    struct xs_handle *xs; /* NULL: store_helper has it */
    int store_helper;     /* socket to the process that has xenstore, or -1 */
    struct loop_fd store_watch;
    struct loop_fd alive;     /* a timer: is the domain still there? */
    bool announced;           /* libxl knows that we run */
    struct xenif_libs *xenif; /* over xs; NULL: restricted */

    ioservid_t server;
    bool have_server, enabled;
    xenforeignmemory_resource_handle *pages;
    struct ioreq *slot;           /* one a vCPU, shared with Xen */
    struct buffered_iopage *ring; /* shared with Xen */
    unsigned vcpus;
    evtchn_port_t ring_port;
    evtchn_port_t *port; /* one a vCPU */

    struct foreign_cache *cache;
    uint64_t parked_pages; /* of the place that ram.c has for them */
    bool taking_over;      /* a saved domain: blocks are there, until it runs */
    struct mem_slot shown[MEM_SLOTS]; /* what of them the guest sees */
    struct log_quota quota;           /* of what the guest can make go wrong */

    pthread_t thread; /* serves ioreqs */
    bool have_thread;
    int wake_fd;      /* makes the thread look at the flags below */
    bool stop, pause; /* protected by the machine lock */
    bool parked;      /* the thread's answer to pause */
    pthread_cond_t parked_cond;

    _Atomic int64_t clock_base; /* guest ns = host ns - base, or the value */
    _Atomic bool clock_stopped; /* itself while it stands */
};

/* The domain is no more: neither are we, soon. */
void xen_gone(struct xen *x);

/* ---- ioreq.c: knows no library, only the shared structures ---- */

struct ioreq_sink {
    struct vm *vm;
    void *opaque;
    void (*invalidate)(void *opaque);
    void (*timeoffset)(void *opaque, int64_t seconds);
};

/* Serves one slot: true if there was a request, which is answered now and
 * wants a notify. Each field is read once and the answer written once. */
bool ioreq_serve(const struct ioreq_sink *sink, struct ioreq *slot);
/* Serves what the ring holds, at most one ring's worth. */
void ioreq_serve_ring(const struct ioreq_sink *sink,
                      struct buffered_iopage *ring);

/* ---- serve.c: the ioreq server and its thread ---- */

int xen_server_create(struct xen *x, struct cfg_err *err);
void xen_server_destroy(struct xen *x);
int xen_server_start(struct xen *x, struct cfg_err *err);

/* ---- foreign.c: guest memory ---- */

int foreign_init(struct xen *x);
void foreign_fini(struct xen *x);
void foreign_invalidate(struct xen *x);
int foreign_read(struct vm *vm, gpa_t gpa, void *buf, size_t len);
int foreign_write(struct vm *vm, gpa_t gpa, const void *buf, size_t len);
int foreign_map(struct vm *vm, gpa_t gpa, size_t len, bool write,
                struct gmap *out);
void foreign_unmap(struct vm *vm, struct gmap *map);
void foreign_dirty(struct vm *vm, gpa_t gpa, size_t len);

/* ---- ram.c: memory of ours that the guest is shown ---- */

void xen_ram_fini(struct xen *x);
int xen_ram_new(struct vm *vm, struct ram *ram, struct cfg_err *err);
int xen_layout_slot(struct vm *vm, unsigned idx, const struct mem_slot *slot);

/* ---- store.c: xenstore, as libxl expects it ---- */

int xen_store_open(struct xen *x, struct cfg_err *err);
void xen_store_close(struct xen *x);
/* libxl waits for this before it goes on. Errors are logged. */
void xen_store_running(struct xen *x);
void xen_store_timeoffset(struct xen *x, int64_t seconds);

#endif
