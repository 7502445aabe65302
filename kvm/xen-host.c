/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What KVM does for Xen's interfaces: struct xenemu_host. What only a vCPU's
 * own thread can do to it waits in v->todo, and the vCPU is kicked.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dm/irq.h"
#include "dm/log.h"
#include "kvm/kvm-priv.h"
#include "kvm/xenemu/xenemu.h"

#define MSR_KVM_SYSTEM_TIME_NEW 0x4b564d01u
#define CR4_PGE (1u << 7)
#define EFER_SCE (1u << 0)
#define RFLAGS_IF (1u << 9)

enum { TODO_TIME = 1, TODO_WAKE = 2, TODO_INJECT = 4 };

/* ---- for the vCPU's thread to do, once it is out of the guest ---- */

static void todo(struct vcpu *v, unsigned what)
{
    atomic_fetch_or(&v->todo, what);
    gate_kick(v);
}

bool kvm_xen_set_msr(struct vcpu *v, uint32_t index, uint64_t value)
{
    struct {
        struct kvm_msrs head;
        struct kvm_msr_entry entry;
    } m = {.head = {.nmsrs = 1}, .entry = {.index = index, .data = value}};

    return ioctl(v->fd, KVM_SET_MSRS, &m) == 1;
}

static void set_time(struct vcpu *v)
{
    uint64_t gpa = atomic_load(&v->time_gpa);

    if (!kvm_xen_set_msr(v, MSR_KVM_SYSTEM_TIME_NEW,
                         gpa == XENEMU_NO_TIME ? 0 : gpa | 1) &&
        !atomic_exchange(&v->kvm->xen_no_time, true))
        log_warn("xen", "KVM keeps no time for the guest");
}

static void wake_up(struct vcpu *v)
{
    struct kvm_mp_state mp;

    if (ioctl(v->fd, KVM_GET_MP_STATE, &mp) < 0 ||
        mp.mp_state != KVM_MP_STATE_HALTED)
        return;
    mp.mp_state = KVM_MP_STATE_RUNNABLE;
    ioctl(v->fd, KVM_SET_MP_STATE, &mp);
}

/* As if the processor had taken it from a controller just now; if it does not
 * take any, later. */
static void inject(struct vcpu *v)
{
    const struct kvm_regs *r = &v->run->s.regs.regs;
    struct kvm_vcpu_events e;

    if (r->rflags & RFLAGS_IF && !ioctl(v->fd, KVM_GET_VCPU_EVENTS, &e) &&
        !e.interrupt.injected && !e.interrupt.shadow && !e.nmi.injected &&
        !e.exception.injected && !e.exception.pending) {
        e.interrupt.injected = 1;
        e.interrupt.nr = atomic_load(&v->inject);
        e.interrupt.soft = 0;
        if (!ioctl(v->fd, KVM_SET_VCPU_EVENTS, &e)) {
            wake_up(v);
            return;
        }
    }
    xenemu_not_injected(v->kvm->xen, v->index);
}

/* ---- struct xenemu_host ---- */

static bool host_vector(void *opaque, unsigned vcpu, uint8_t vector)
{
    struct kvm *k = opaque;
    struct kvm_msi m = {.address_lo = 0xfee00000 | vcpu << 12, .data = vector};

    return ioctl(k->fd, KVM_SIGNAL_MSI, &m) > 0;
}

static void host_inject(void *opaque, unsigned vcpu, uint8_t vector)
{
    struct kvm *k = opaque;

    atomic_store(&k->vcpu[vcpu].inject, vector);
    todo(&k->vcpu[vcpu], TODO_INJECT);
}

static int line_irqfd(struct kvm *k, uint32_t flags)
{
    struct kvm_irqfd i = {
        .fd = k->xen_line,
        .gsi = k->xen_gsi,
        .flags = flags,
        .resamplefd = k->xen_line_ended,
    };

    return ioctl(k->fd, KVM_IRQFD, &i);
}

static void host_line_at(void *opaque, uint8_t gsi)
{
    struct kvm *k = opaque;

    if (k->xen_gsi == gsi)
        return;
    if (k->xen_gsi != IRQ_NO_ROUTE)
        line_irqfd(k, KVM_IRQFD_FLAG_DEASSIGN);
    k->xen_gsi = gsi;
    if (gsi != IRQ_NO_ROUTE && line_irqfd(k, KVM_IRQFD_FLAG_RESAMPLE) < 0)
        log_capped(LOG_ERR, &k->quota, "xen",
                   "KVM refuses a line for the guest's callback: %s",
                   strerror(errno));
}

static void host_line(void *opaque)
{
    struct kvm *k = opaque;
    uint64_t one = 1;
    ssize_t r = write(k->xen_line, &one, sizeof(one));

    (void)r;
}

static void line_ended(void *opaque, uint32_t events)
{
    struct kvm *k = opaque;
    uint64_t count;

    if (read(k->xen_line_ended, &count, sizeof(count)) == sizeof(count))
        xenemu_line_ended(k->xen);
}

static int64_t host_system_time(void *opaque)
{
    struct kvm *k = opaque;
    struct kvm_clock_data c = {0};

    ioctl(k->fd, KVM_GET_CLOCK, &c);
    return c.clock;
}

static void host_time_at(void *opaque, unsigned vcpu, gpa_t gpa)
{
    struct kvm *k = opaque;

    atomic_store(&k->vcpu[vcpu].time_gpa, gpa);
    todo(&k->vcpu[vcpu], TODO_TIME);
}

static void host_halt(void *opaque, unsigned vcpu)
{
    struct kvm *k = opaque;
    struct kvm_mp_state mp = {.mp_state = KVM_MP_STATE_HALTED};

    ioctl(k->vcpu[vcpu].fd, KVM_SET_MP_STATE, &mp);
}

static void host_wake(void *opaque, unsigned vcpu)
{
    struct kvm *k = opaque;

    todo(&k->vcpu[vcpu], TODO_WAKE);
}

/* KVM forgets translations when paging changes its kind: there and back. */
static void host_flush_tlbs(void *opaque)
{
    struct kvm *k = opaque;
    struct kvm_sregs s;

    vm_lock(k->vm);
    gate_hold(k);
    for (unsigned i = 0; i < k->vcpus; i++) {
        if (ioctl(k->vcpu[i].fd, KVM_GET_SREGS, &s) < 0)
            continue;
        s.cr4 ^= CR4_PGE;
        ioctl(k->vcpu[i].fd, KVM_SET_SREGS, &s);
        s.cr4 ^= CR4_PGE;
        ioctl(k->vcpu[i].fd, KVM_SET_SREGS, &s);
    }
    gate_release(k);
    vm_unlock(k->vm);
}

/* A kernel that another one starts finds EFER as it wants it, and Linux sets
 * it only if that changes something. It changes SYSCALL, which nobody needs
 * until then. */
static void host_next_kernel(void *opaque, unsigned vcpu)
{
    struct kvm *k = opaque;
    struct vcpu *v = &k->vcpu[vcpu];

    kvm_xen_set_msr(v, MSR_EFER,
                    v->run->s.regs.sregs.efer & ~(uint64_t)EFER_SCE);
}

static bool host_preempted(void *opaque, unsigned vcpu)
{
    struct kvm *k = opaque;

    return __atomic_load_n(&k->vcpu[vcpu].run->immediate_exit,
                           __ATOMIC_RELAXED);
}

const struct xenemu_host kvm_xen_host = {
    .vector = host_vector,
    .inject = host_inject,
    .line_at = host_line_at,
    .line = host_line,
    .system_time = host_system_time,
    .time_at = host_time_at,
    .halt = host_halt,
    .wake = host_wake,
    .flush_tlbs = host_flush_tlbs,
    .next_kernel = host_next_kernel,
    .preempted = host_preempted,
};

/* ---- life ---- */

/* At an INIT KVM forgets where the time goes. */
void kvm_xen_began(struct vcpu *v)
{
    if (v->kvm->xen)
        set_time(v);
}

void kvm_xen_host_enter(struct vcpu *v)
{
    unsigned what = atomic_exchange(&v->todo, 0);

    if (what & TODO_TIME)
        set_time(v);
    if (what & TODO_WAKE)
        wake_up(v);
    if (what & TODO_INJECT)
        inject(v);
}

/* The line, which is none as yet. */
int kvm_xen_host_init(struct kvm *k)
{
    k->xen_gsi = IRQ_NO_ROUTE;
    k->xen_line = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    k->xen_line_ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (k->xen_line < 0 || k->xen_line_ended < 0)
        return -errno;
    k->xen_line_watch = (struct loop_fd){.fd = k->xen_line_ended,
                                         .events = EPOLLIN,
                                         .fn = line_ended,
                                         .opaque = k};
    return loop_fd_add(k->vm->loop, &k->xen_line_watch);
}

void kvm_xen_host_fini(struct kvm *k)
{
    loop_fd_del(&k->xen_line_watch);
    if (k->xen_line >= 0)
        close(k->xen_line);
    if (k->xen_line_ended >= 0)
        close(k->xen_line_ended);
}
