/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's interfaces for a guest that no Xen runs: hypercalls, event channels,
 * grants, time, in this process. Nothing here knows KVM: what the engine has
 * to do is struct xenemu_host (kvm/xen.c fills it).
 *
 * The guest is domain 1, backends are in domain 0. Everything in a hypercall
 * is hostile. docs/xenemu.md tells what there is and what there is not.
 */
#ifndef HVMD_KVM_XENEMU_XENEMU_H
#define HVMD_KVM_XENEMU_XENEMU_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/err.h"
#include "dm/mem.h"
#include "kvm/xenemu/gva.h"

struct vm;
struct xenemu;

#define XENEMU_DOMID 1u
#define XENEMU_CPUID 0x40000000u /* first leaf */
#define XENEMU_PORT 0xbcu        /* what the hypercall page writes to */
#define XENEMU_VCPUS_MAX 64u
#define XENEMU_FRAMES_MAX 64u /* of the grant table */
#define XENEMU_NO_TIME UINT64_MAX

/* What the engine does for us; all any thread, with our locks held but
 * flush_tlbs, with none. */
struct xenemu_host {
    /* Raises a vector in a vCPU's local APIC. False: that is switched off. */
    bool (*vector)(void *opaque, unsigned vcpu, uint8_t vector);
    /* The same past the APIC: such an interrupt needs no end. If the vCPU
     * takes none now, the engine tells by xenemu_not_injected(). */
    void (*inject)(void *opaque, unsigned vcpu, uint8_t vector);
    /* Which line of the interrupt controllers is ours (IRQ_NO_ROUTE: none);
     * raises it until the guest ends the interrupt, which the engine tells by
     * xenemu_line_ended(). */
    void (*line_at)(void *opaque, uint8_t gsi);
    void (*line)(void *opaque);
    /* Guest time in ns, as the time records count it. */
    int64_t (*system_time)(void *opaque);
    /* From now on a vCPU's time record lies at gpa, or nowhere
     * (XENEMU_NO_TIME). */
    void (*time_at)(void *opaque, unsigned vcpu, gpa_t gpa);
    /* halt: this thread's vCPU sleeps once it is back in the guest, until an
     * interrupt it may take, or wake. */
    void (*halt)(void *opaque, unsigned vcpu);
    void (*wake)(void *opaque, unsigned vcpu);
    /* On return no vCPU remembers a translation from before. */
    void (*flush_tlbs)(void *opaque);
    /* This thread's vCPU will start another kernel, without a reset: tell us
     * by xenemu_patch() when that begins. */
    void (*next_kernel)(void *opaque, unsigned vcpu);
    /* Should this thread's vCPU stop what it is doing? */
    bool (*preempted)(void *opaque, unsigned vcpu);
};

struct xenemu_conf {
    unsigned major, minor; /* the version to be */
    unsigned vcpus;
    unsigned grant_frames; /* 1 to XENEMU_FRAMES_MAX */
};

/* No guest memory yet. NULL with err set. */
struct xenemu *xenemu_new(struct vm *vm, const struct xenemu_conf *conf,
                          const struct xenemu_host *host, void *opaque,
                          struct cfg_err *err);
void xenemu_free(struct xenemu *x); /* NULL is legal */
struct xenif *xenemu_xenif(struct xenemu *x);
/* Lets tools look into the xenstore, by a Unix socket. -errno with err set. */
int xenemu_listen(struct xenemu *x, const char *path, struct cfg_err *err);

/* Machine lock held. start: the board is built. reset: as after power-on,
 * nothing of the guest runs. pause, resume: timers stand meanwhile. */
int xenemu_start(struct xenemu *x, struct cfg_err *err);
void xenemu_reset(struct xenemu *x);
void xenemu_pause(struct xenemu *x);
void xenemu_resume(struct xenemu *x);

/* Any thread, no lock held. */
void xenemu_line_ended(struct xenemu *x);
void xenemu_not_injected(struct xenemu *x, unsigned vcpu);

/* CPUID: eax to edx of leaf XENEMU_CPUID + i; false past the last. */
bool xenemu_cpuid(const struct xenemu *x, unsigned i, unsigned vcpu,
                  uint32_t out[4]);
/* The hypercall MSR: false means a general protection fault. */
bool xenemu_msr_write(struct xenemu *x, uint64_t value, bool wide);

/* A kernel begins, at rip: if it is one that makes hypercalls without asking
 * for a page, its instructions become ours. Reads up to 66 MiB of its memory,
 * a bounded number of times from one reset to the next. */
void xenemu_patch(struct xenemu *x, unsigned vcpu, const struct gva_space *s,
                  uint64_t rip);

/* ---- hypercalls: a vCPU's own thread, no lock held ---- */

struct xenemu_regs {
    bool wide; /* 64-bit code */
    unsigned cpl;
    uint64_t rax;    /* the number, then the result */
    uint64_t arg[5]; /* rdi rsi rdx r10 r8, or ebx ecx edx esi edi */
    struct gva_space space;
};
enum xenemu_then {
    XENEMU_GO_ON, /* rax is the result */
    XENEMU_AGAIN, /* preempted: call again with these arguments */
    XENEMU_STOP,  /* the guest has ended; this vCPU too */
};
enum xenemu_then xenemu_hypercall(struct xenemu *x, unsigned vcpu,
                                  struct xenemu_regs *regs);

#endif
