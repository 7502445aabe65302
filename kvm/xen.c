/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's interfaces (kvm/xenemu/) for a guest of KVM, with nothing of the
 * kernel but what every KVM has.
 *
 * A hypercall is a write to a port: the page that the guest asks for by an
 * MSR has it, and kernels that bring the instruction with them are patched
 * (kvm/xenemu/patch.c). The registers lie in the page shared with the kernel.
 * Whether the instruction pointer has moved yet differs: it is left alone.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dm/irq.h"
#include "dm/log.h"
#include "dm/options.h"
#include "kvm/kvm-priv.h"
#include "kvm/xenemu/xenemu.h"

#define MSR_EFER 0xc0000080u
#define MSR_HYPERCALL 0x40000000u
#define MSR_KVM_SYSTEM_TIME_NEW 0x4b564d01u
#define EFER_LMA (1u << 10)
#define SYNC (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS)

#define CR4_PGE (1u << 7)
#define RFLAGS_IF (1u << 9)

enum { TODO_TIME = 1, TODO_WAKE = 2, TODO_INJECT = 4 };

/* ---- for the vCPU's thread to do, once it is out of the guest ---- */

static void todo(struct vcpu *v, unsigned what)
{
    atomic_fetch_or(&v->todo, what);
    gate_kick(v);
}

static void set_time(struct vcpu *v)
{
    uint64_t gpa = atomic_load(&v->time_gpa);
    struct {
        struct kvm_msrs head;
        struct kvm_msr_entry entry;
    } m = {.head = {.nmsrs = 1},
           .entry = {.index = MSR_KVM_SYSTEM_TIME_NEW,
                     .data = gpa == XENEMU_NO_TIME ? 0 : gpa | 1}};

    if (ioctl(v->fd, KVM_SET_MSRS, &m) != 1)
        log_warn("xen", "vcpu%u: KVM keeps no time for it", v->index);
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
        log_err("xen", "KVM refuses a line for the guest's callback: %s",
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

static bool host_preempted(void *opaque, unsigned vcpu)
{
    struct kvm *k = opaque;

    return __atomic_load_n(&k->vcpu[vcpu].run->immediate_exit,
                           __ATOMIC_RELAXED);
}

static const struct xenemu_host host = {
    .vector = host_vector,
    .inject = host_inject,
    .line_at = host_line_at,
    .line = host_line,
    .system_time = host_system_time,
    .time_at = host_time_at,
    .halt = host_halt,
    .wake = host_wake,
    .flush_tlbs = host_flush_tlbs,
    .preempted = host_preempted,
};

/* ---- exits ---- */

static void get_space(struct vcpu *v, struct gva_space *s)
{
    const struct kvm_sregs *sregs = &v->run->s.regs.sregs;

    *s = (struct gva_space){
        .vm = v->kvm->vm,
        .cr0 = sregs->cr0,
        .cr3 = sregs->cr3,
        .cr4 = sregs->cr4,
        .efer = sregs->efer,
    };
}

static bool is_wide(const struct vcpu *v)
{
    const struct kvm_sregs *s = &v->run->s.regs.sregs;

    return s->efer & EFER_LMA && s->cs.l;
}

int kvm_xen_hypercall(struct vcpu *v)
{
    struct kvm_regs *r = &v->run->s.regs.regs;
    struct xenemu_regs x = {
        .wide = is_wide(v),
        .cpl = v->run->s.regs.sregs.ss.dpl,
        .rax = r->rax,
    };
    uint64_t *arg[5];

    if (x.wide) {
        arg[0] = (uint64_t *)&r->rdi;
        arg[1] = (uint64_t *)&r->rsi;
        arg[2] = (uint64_t *)&r->rdx;
        arg[3] = (uint64_t *)&r->r10;
        arg[4] = (uint64_t *)&r->r8;
    } else {
        arg[0] = (uint64_t *)&r->rbx;
        arg[1] = (uint64_t *)&r->rcx;
        arg[2] = (uint64_t *)&r->rdx;
        arg[3] = (uint64_t *)&r->rsi;
        arg[4] = (uint64_t *)&r->rdi;
    }
    for (unsigned i = 0; i < 5; i++)
        x.arg[i] = *arg[i];
    get_space(v, &x.space);
    v->again = false;
    switch (xenemu_hypercall(v->kvm->xen, v->index, &x)) {
    case XENEMU_GO_ON:
        r->rax = x.rax;
        v->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
        return 0;
    case XENEMU_AGAIN: /* what is left of it is in the arguments */
        for (unsigned i = 0; i < 5; i++)
            *arg[i] = x.arg[i];
        v->again = true;
        return -EINTR;
    case XENEMU_STOP:
        gate_set_done(v, true);
        return -EINTR;
    }
    return 0;
}

static bool set_efer(struct vcpu *v, uint64_t value)
{
    struct {
        struct kvm_msrs head;
        struct kvm_msr_entry entry;
    } m = {.head = {.nmsrs = 1}, .entry = {.index = MSR_EFER, .data = value}};

    return ioctl(v->fd, KVM_SET_MSRS, &m) == 1;
}

void kvm_xen_exit_msr(struct vcpu *v)
{
    struct kvm_run *run = v->run;
    bool write = run->exit_reason == KVM_EXIT_X86_WRMSR;
    struct gva_space space;
    bool ok = false;

    if (run->msr.index == MSR_HYPERCALL && write) {
        ok = xenemu_msr_write(v->kvm->xen, run->msr.data, is_wide(v));
    } else if (run->msr.index == MSR_HYPERCALL) {
        run->msr.data = 0;
        ok = true;
    } else if (run->msr.index == MSR_EFER && write) {
        get_space(v, &space);
        xenemu_patch(v->kvm->xen, &space, run->s.regs.regs.rip);
        ok = set_efer(v, run->msr.data);
    }
    run->msr.error = !ok;
}

int kvm_xen_enter(struct vcpu *v)
{
    unsigned what = atomic_exchange(&v->todo, 0);

    if (what & TODO_TIME)
        set_time(v);
    if (what & TODO_WAKE)
        wake_up(v);
    if (what & TODO_INJECT)
        inject(v);
    return v->again ? kvm_xen_hypercall(v) : 0;
}

/* ---- making it ---- */

/* "4.17", or as QEMU has it: 0x40011. */
static int parse_version(const char *s, struct xenemu_conf *conf,
                         struct cfg_err *err)
{
    unsigned major, minor;
    uint64_t both;
    int end = 0;

    if (sscanf(s, "%2u.%3u%n", &major, &minor, &end) == 2 && !s[end])
        ;
    else if (!parse_u64(s, UINT32_MAX, &both) && both >> 16) {
        major = both >> 16;
        minor = both & 0xffff;
    } else {
        return err_set(err, -EINVAL,
                       "-accel kvm: xen-version=%s: expected a version as 4.17 "
                       "or 0x40011",
                       s);
    }
    conf->major = major;
    conf->minor = minor;
    return 0;
}

/* Registers of no other use are told apart by a filter where there is one;
 * else all that KVM does not know come to us. */
static int want_msrs(struct kvm *k)
{
    static uint8_t none;
    struct kvm_enable_cap msrs = {
        .cap = KVM_CAP_X86_USER_SPACE_MSR,
        .args = {KVM_MSR_EXIT_REASON_FILTER | KVM_MSR_EXIT_REASON_UNKNOWN |
                 KVM_MSR_EXIT_REASON_INVAL},
    };
    struct kvm_msr_filter filter = {
        .flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
        .ranges = {
            {KVM_MSR_FILTER_WRITE | KVM_MSR_FILTER_READ, 1, MSR_HYPERCALL,
             &none},
            {KVM_MSR_FILTER_WRITE, 1, MSR_EFER, &none},
        }};

    if (ioctl(k->fd, KVM_ENABLE_CAP, &msrs) < 0)
        return -errno;
    if (ioctl(k->fd, KVM_X86_SET_MSR_FILTER, &filter) < 0)
        log_warn("xen",
                 "KVM cannot tell when a kernel starts: those without a "
                 "hypercall page will not run: %s",
                 strerror(errno));
    return 0;
}

static int make_line(struct kvm *k)
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

int kvm_xen_create(struct kvm *k, struct opts *opts, struct cfg_err *err)
{
    const char *version = opts_get(opts, "xen-version");
    const char *store = opts_get(opts, "xenstore");
    struct xenemu_conf conf = {.vcpus = k->vm->cfg->cpus};
    uint64_t frames = XENEMU_FRAMES_MAX;
    int rc = opts_get_u64(opts, "xen-gnttab-max-frames", XENEMU_FRAMES_MAX,
                          &frames, err);

    if (!rc && store && !version)
        rc = err_set(err, -EINVAL,
                     "-accel kvm: xenstore=: expected with xen-version=");
    if (rc || !version)
        return rc;
    conf.grant_frames = frames ? frames : 1;
    rc = parse_version(version, &conf, err);
    if (rc)
        return rc;
    if ((ioctl(k->sys_fd, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS) & SYNC) !=
        SYNC)
        return err_set(err, -ENODEV,
                       "xen-version: this KVM shares no registers: Linux 5.10 "
                       "or later is needed");
    rc = want_msrs(k);
    if (rc)
        return err_set(err, rc,
                       "xen-version: this KVM keeps unknown MSRs to itself: "
                       "Linux 5.10 or later is needed: %s",
                       strerror(-rc));
    k->xen = xenemu_new(k->vm, &conf, &host, k, err);
    if (!k->xen)
        return -ENOMEM;
    k->vm->xenif = xenemu_xenif(k->xen);
    rc = make_line(k);
    if (rc)
        return err_set(err, rc, "xen-version: %s", strerror(-rc));
    return store ? xenemu_listen(k->xen, store, err) : 0;
}

void kvm_xen_destroy(struct kvm *k)
{
    if (!k->xen)
        return;
    loop_fd_del(&k->xen_line_watch);
    xenemu_free(k->xen);
    k->vm->xenif = NULL;
    if (k->xen_line >= 0)
        close(k->xen_line);
    if (k->xen_line_ended >= 0)
        close(k->xen_line_ended);
}

void kvm_xen_reset(struct kvm *k)
{
    for (unsigned i = 0; i < k->vcpus; i++)
        k->vcpu[i].again = false;
    xenemu_reset(k->xen);
}

void kvm_xen_vcpu(struct vcpu *v)
{
    if (v->kvm->xen)
        v->run->kvm_valid_regs = SYNC;
}
