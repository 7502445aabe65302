/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the KVM engine share.
 *
 * Locks: the machine lock protects all of struct kvm but what is said to be
 * the gate's. The gate (kvm/gate.c) is a lock below the machine lock; it keeps
 * vCPUs out of the guest. vCPU threads hold neither while the guest runs.
 */
#ifndef HVMD_KVM_KVM_PRIV_H
#define HVMD_KVM_KVM_PRIV_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "dm/err.h"
#include "dm/log.h"
#include "dm/machine.h"

struct xenemu;
struct xenemu_host;

#define KVM_VCPUS_MAX 64
#define KVM_MSI_ROUTES 1024
#define VCPU_KICK SIGRTMIN /* takes a vCPU thread out of KVM_RUN */

/* A vCPU's registers, local APIC included, but no MSRs. */
struct vcpu_state {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_mp_state mp;
    struct kvm_vcpu_events events;
    struct kvm_debugregs debug;
    struct kvm_xcrs xcrs;
    struct kvm_lapic_state lapic;
    struct kvm_xsave xsave;
    struct kvm_nested_state nested; /* its size 0: none */
};

struct vcpu {
    struct kvm *kvm;
    unsigned index;
    int fd;
    struct kvm_run *run; /* shared with the kernel: kvm->run_size bytes */
    pthread_t thread;
    bool has_thread;
    atomic_bool in_guest; /* within KVM_RUN, or about to be */
    /* xen.c */
    atomic_uint todo;
    _Atomic uint64_t time_gpa;
    bool again;         /* a hypercall is to go on */
    atomic_uint inject; /* vector to go past the APIC; 0: none */
    /* The gate's. */
    pid_t tid;
    bool parked; /* waits at the gate */
    bool done;   /* shut down or broken: waits for a reset */
    struct vcpu_state *power_on;
};

struct kvm {
    struct vm *vm;
    int sys_fd, fd;
    size_t run_size;
    bool ioevent_any_len;
    bool xcrs; /* the host has XSAVE, so there is an XCR0 */
    struct vcpu *vcpu;
    unsigned vcpus;
    bool ran;                     /* since power-on */
    struct xenemu *xen;           /* xen-version: Xen's interfaces; or NULL */
    int xen_line, xen_line_ended; /* eventfds of its line, -1 */
    uint8_t xen_gsi;              /* where that is, or IRQ_NO_ROUTE */
    uint64_t xen_efer;            /* bits of EFER that the guest may set */
    struct loop_fd xen_line_watch;
    atomic_bool xen_no_time; /* KVM has refused it, and we said so */
    struct log_quota quota;  /* of what a guest can make KVM refuse */

    /* gate.c */
    pthread_mutex_t gate_lock;
    pthread_cond_t gate_changed;
    bool gate_ready;
    bool paused, held, ending; /* the gate's */

    /* irqchip.c */
    struct kvm_irq_routing *routes;
    unsigned route_base;             /* entries before the first message */
    bool route_used[KVM_MSI_ROUTES]; /* by handle */
    struct kvm_irqchip power_on_chip[3];
    struct kvm_pit_state2 power_on_pit;

    /* clock.c */
    _Atomic int64_t clock_frozen; /* guest ns while paused, else -1 */
    _Atomic int64_t clock_offset; /* guest ns = CLOCK_MONOTONIC - this */
    struct kvm_clock_data kvmclock;
};

static inline struct kvm *kvm_of(struct vm *vm)
{
    return vm->engine_priv;
}

/* cpuid.c: the leaves that -cpu asks for; one table, then each vCPU's own
 * copy of it. Freed by the caller. */
struct kvm_cpuid2 *kvm_cpuid_new(struct kvm *k, struct cfg_err *err);
int kvm_cpuid_set(struct vcpu *v, struct kvm_cpuid2 *cpuid);
/* Width of guest-physical addresses. */
unsigned kvm_cpuid_phys_bits(struct kvm_cpuid2 *cpuid);

/* cpu-model.c: applies what -cpu says to the leaves KVM supports. */
int kvm_cpu_model(struct kvm_cpuid2 *cpuid, struct opts *cpu,
                  struct cfg_err *err);
struct kvm_cpuid_entry2 *kvm_cpuid_find(struct kvm_cpuid2 *cpuid, uint32_t leaf,
                                        uint32_t index);

/* vcpu.c: makes vCPU i, its thread waiting at the gate; undoes that. */
int kvm_vcpu_create(struct kvm *k, unsigned i, struct kvm_cpuid2 *cpuid,
                    struct cfg_err *err);
void kvm_vcpu_destroy(struct vcpu *v);

/* regs.c. The vCPU must not run. */
int kvm_vcpu_get_state(struct vcpu *v, struct vcpu_state *s);
int kvm_vcpu_set_state(struct vcpu *v, const struct vcpu_state *s);
int kvm_vcpu_set_boot(struct vcpu *v, const struct boot_regs *b);
void kvm_vcpu_log_regs(struct vcpu *v);

/* msr.c */
void kvm_msr_reset(struct vcpu *v);
void kvm_msr_boot(struct vcpu *v);

/* gate.c */
void gate_init(struct kvm *k);
void gate_fini(struct kvm *k);
/* vCPU threads: waits until the guest may run; false: the thread ends. */
bool gate_pass(struct vcpu *v);
/* After a kick. enter: waits while the guest is held, in_guest is set then;
 * left: in_guest was cleared. */
void gate_enter(struct vcpu *v);
void gate_left(struct vcpu *v);
/* Machine lock held; pause drops it while it waits, hold does not. */
void gate_pause(struct kvm *k);
void gate_resume(struct kvm *k);
void gate_hold(struct kvm *k);
void gate_release(struct kvm *k);
void gate_end(struct kvm *k); /* vCPU threads end; all are parked */
void gate_set_done(struct vcpu *v, bool done);
/* Takes a vCPU out of the guest, to come by the gate; any thread. */
void gate_kick(struct vcpu *v);
pid_t gate_tid(struct vcpu *v);

/* irqchip.c */
int kvm_irqchip_create(struct kvm *k, struct cfg_err *err);
void kvm_irqchip_destroy(struct kvm *k);
int kvm_irqchip_get_power_on(struct kvm *k);
int kvm_irqchip_reset(struct kvm *k);
void kvm_gsi_set(struct vm *vm, unsigned gsi, bool level);
void kvm_msi(struct vm *vm, uint64_t addr, uint32_t data);
int kvm_irqfd_add(struct vm *vm, int fd, uint64_t addr, uint32_t data);
void kvm_irqfd_del(struct vm *vm, int handle, int fd);

/* xen.c: -accel kvm,xen-version=; all but create only if k->xen. The first
 * three in the vCPU's thread: 0, or -errno to the gate. */
int kvm_xen_hypercall(struct vcpu *v);
void kvm_xen_exit_msr(struct vcpu *v);
int kvm_xen_enter(struct vcpu *v); /* coming from the gate */
int kvm_xen_create(struct kvm *k, struct opts *opts, struct cfg_err *err);
void kvm_xen_destroy(struct kvm *k); /* legal without */
void kvm_xen_reset(struct kvm *k);
void kvm_xen_vcpu(struct vcpu *v);

/* xen-host.c */
#define MSR_EFER 0xc0000080u
bool kvm_xen_set_msr(struct vcpu *v, uint32_t index, uint64_t value);
extern const struct xenemu_host kvm_xen_host;
int kvm_xen_host_init(struct kvm *k);
void kvm_xen_host_fini(struct kvm *k);
void kvm_xen_host_enter(struct vcpu *v); /* its own thread */
void kvm_xen_began(struct vcpu *v);      /* the same; Xen or not */

/* slots.c */
void kvm_layout_begin(struct vm *vm);
int kvm_layout_slot(struct vm *vm, unsigned idx, const struct mem_slot *slot);
void kvm_layout_end(struct vm *vm);

/* ioevent.c */
int kvm_ioevent_add(struct vm *vm, enum bus_space space, uint64_t addr,
                    unsigned size, bool any, uint64_t val, int fd);
void kvm_ioevent_del(struct vm *vm, enum bus_space space, uint64_t addr,
                     unsigned size, bool any, uint64_t val, int fd);

/* clock.c */
void kvm_clock_stop(struct kvm *k);
void kvm_clock_go(struct kvm *k);
int64_t kvm_clock_ns(struct vm *vm);
void kvm_clock_set(struct vm *vm, int64_t ns);

#endif
