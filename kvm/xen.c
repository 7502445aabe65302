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
#include <sys/ioctl.h>

#include "dm/log.h"
#include "dm/options.h"
#include "kvm/kvm-priv.h"
#include "kvm/xenemu/xenemu.h"

#define MSR_HYPERCALL 0x40000000u
#define CR0_PG (1u << 31)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define SYNC (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS)

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

/* What comes from us KVM takes without the checks that it has for a guest. */
static bool set_efer(struct vcpu *v, uint64_t value)
{
    const struct kvm_sregs *sregs = &v->run->s.regs.sregs;

    if (value & ~v->kvm->xen_efer ||
        (sregs->cr0 & CR0_PG && (value ^ sregs->efer) & EFER_LME))
        return false;
    return kvm_xen_set_msr(v, MSR_EFER, value);
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
        ok = set_efer(v, run->msr.data);
        get_space(v, &space);
        if (ok)
            xenemu_patch(v->kvm->xen, v->index, &space, run->s.regs.regs.rip);
    }
    run->msr.error = !ok;
}

int kvm_xen_enter(struct vcpu *v)
{
    kvm_xen_host_enter(v);
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

/* A filter shows us two registers and no other; without one, all that KVM does
 * not know come to us. */
static int want_msrs(struct kvm *k)
{
    static uint8_t none;
    struct kvm_msr_filter filter = {
        .flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
        .ranges = {
            {KVM_MSR_FILTER_WRITE | KVM_MSR_FILTER_READ, 1, MSR_HYPERCALL,
             &none},
            {KVM_MSR_FILTER_WRITE, 1, MSR_EFER, &none},
        }};
    struct kvm_enable_cap msrs = {
        .cap = KVM_CAP_X86_USER_SPACE_MSR,
        .args = {KVM_MSR_EXIT_REASON_FILTER},
    };

    if (ioctl(k->fd, KVM_X86_SET_MSR_FILTER, &filter) < 0) {
        log_warn("xen",
                 "KVM cannot tell when a kernel starts: those without a "
                 "hypercall page will not run: %s",
                 strerror(errno));
        msrs.args[0] = KVM_MSR_EXIT_REASON_UNKNOWN | KVM_MSR_EXIT_REASON_INVAL;
    }
    return ioctl(k->fd, KVM_ENABLE_CAP, &msrs) < 0 ? -errno : 0;
}

int kvm_xen_create(struct kvm *k, struct opts *opts, struct cfg_err *err)
{
    const char *version = opts_get(opts, "xen-version");
    const char *store = opts_get(opts, "xenstore");
    struct xenemu_conf conf = {.vcpus = k->vm->cfg->cpus};
    uint64_t frames = XENEMU_FRAMES_MAX;
    int rc = opts_get_u64(opts, "xen-gnttab-max-frames", XENEMU_FRAMES_MAX,
                          &frames, err);

    if (rc)
        err_prefix(err, rc, "-accel kvm");
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
    k->xen = xenemu_new(k->vm, &conf, &kvm_xen_host, k, err);
    if (!k->xen)
        return -ENOMEM;
    k->vm->xenif = xenemu_xenif(k->xen);
    rc = kvm_xen_host_init(k);
    if (rc)
        return err_set(err, rc, "xen-version: %s", strerror(-rc));
    return store ? xenemu_listen(k->xen, store, err) : 0;
}

void kvm_xen_destroy(struct kvm *k)
{
    if (!k->xen)
        return;
    xenemu_free(k->xen);
    k->vm->xenif = NULL;
    kvm_xen_host_fini(k);
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
