/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An emulated Xen (kvm/xenemu/) with a guest that is nothing but its
 * hypercalls, on a machine without processors: virtual addresses are
 * physical, system time moves by hand, and what Xen wants of its engine is
 * counted.
 */
#ifndef HVMD_TESTS_LIB_XEN_CALLER_H
#define HVMD_TESTS_LIB_XEN_CALLER_H

#include <stdatomic.h>

#include "kvm/xenemu/abi.h"
#include "kvm/xenemu/xenemu.h"
#include "tests/lib/testvm.h"

#define XC_VCPUS 4u
#define XC_FRAMES 48u /* of the grant table */
#define XC_RAM (16u << 20)
#define XC_ARG 0x10000u    /* where arguments are put */
#define XC_SHARED 0x20000u /* where xc_new places the shared page */
#define XC_GRANTS 0x30000u /* and the first frame of the grant table */

struct xc {
    struct testvm *t;
    struct xenemu *x;
    struct xenif *xenif;
    struct xenemu_regs regs; /* wide, cpl, space: as tests like */
    unsigned vcpu;           /* who calls */
    enum xenemu_then then;   /* of the last call */
    unsigned rounds;         /* how often it was called again */
    unsigned preempt_every;  /* 0: never; 1: each time it looks */
    unsigned looks;
    bool apic_off;
    unsigned flushes, kernels;
    /* what came, for each vCPU */
    atomic_uint vectors[XC_VCPUS], injected[XC_VCPUS], wakes[XC_VCPUS];
    unsigned halts[XC_VCPUS];
    atomic_uint lines;
    uint8_t line_at;
    uint64_t time_at[XC_VCPUS];
    _Atomic int64_t now;
};

/* wide: a 64-bit guest. */
struct xc *xc_new(bool wide);
void xc_free(struct xc *c);

/* A hypercall, until it has its result. */
long xc_call(struct xc *c, unsigned nr, uint64_t a, uint64_t b, uint64_t d);
/* The same with an argument in memory, at XC_ARG, copied there and back. */
long xc_op(struct xc *c, unsigned nr, uint64_t op, void *arg, size_t len);
/* Structures that differ with the width of the guest. */
long xc_place(struct xc *c, unsigned space, uint64_t idx, uint64_t gfn);

/* event channels */
unsigned xc_unbound(struct xc *c, uint16_t remote);
unsigned xc_ipi(struct xc *c, unsigned vcpu);
long xc_port(struct xc *c, unsigned op, uint32_t port);
bool xc_pending(struct xc *c, unsigned port); /* consumes it */
void xc_mask(struct xc *c, unsigned port, bool mask);
/* A vCPU's handler: forgets that it was called. */
void xc_handled(struct xc *c, unsigned vcpu);
bool xc_called(struct xc *c, unsigned vcpu); /* evtchn_upcall_pending */

/* A page of the guest's, and an entry of its grant table. */
void *xc_page(struct xc *c, uint64_t gfn);
volatile struct grant_entry *xc_grant(struct xc *c, uint32_t ref,
                                      uint16_t flags, uint16_t dom,
                                      uint32_t frame);

#endif
