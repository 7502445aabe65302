/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's registers: all of them at once, and those a boot protocol asks for.
 */
#include "config.h"

#include "kvm/kvm-priv.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ioctl.h>

#include "dm/log.h"

#define CR0_PE (1u << 0)
#define CR0_ET (1u << 4)
#define CR0_NE (1u << 5)
#define CR0_WP (1u << 16)
#define CR0_PG (1u << 31)
#define CR4_PAE (1u << 5)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define RFLAGS_FIXED (1u << 1)

#define PART(name, field)                                                  \
    {                                                                      \
        KVM_GET_##name, KVM_SET_##name, offsetof(struct vcpu_state, field) \
    }

/* In the order in which they are put back: the APIC base goes before the
 * APIC, whose mode it decides. */
static const struct {
    unsigned long get, set;
    size_t off;
} parts[] = {
    PART(SREGS, sregs),     PART(REGS, regs),   PART(XSAVE, xsave),
    PART(DEBUGREGS, debug), PART(LAPIC, lapic), PART(VCPU_EVENTS, events),
    PART(MP_STATE, mp),     PART(XCRS, xcrs), /* if there is one */
};

static unsigned parts_of(const struct vcpu *v)
{
    return sizeof(parts) / sizeof(parts[0]) - !v->kvm->xcrs;
}

int kvm_vcpu_get_state(struct vcpu *v, struct vcpu_state *s)
{
    /* KVM fills no more than this while no nested guest runs. */
    s->nested.size = sizeof(s->nested);
    if (ioctl(v->fd, KVM_GET_NESTED_STATE, &s->nested) < 0)
        s->nested.size = 0; /* not every KVM nests */
    for (unsigned i = 0; i < parts_of(v); i++)
        if (ioctl(v->fd, parts[i].get, (uint8_t *)s + parts[i].off) < 0)
            return -errno;
    return 0;
}

int kvm_vcpu_set_state(struct vcpu *v, const struct vcpu_state *s)
{
    /* First, out of a nested guest and out of VMX operation, in which KVM
     * refuses the CR4 of power-on. If this fails where it matters, so does
     * what follows. */
    if (s->nested.size)
        ioctl(v->fd, KVM_SET_NESTED_STATE, &s->nested);
    for (unsigned i = 0; i < parts_of(v); i++)
        if (ioctl(v->fd, parts[i].set, (const uint8_t *)s + parts[i].off) < 0)
            return -errno;
    return 0;
}

/* A flat segment; type as in a descriptor. */
static struct kvm_segment flat(uint16_t selector, uint8_t type, bool long_mode)
{
    return (struct kvm_segment){
        .limit = 0xffffffff,
        .selector = selector,
        .type = type,
        .present = 1,
        .db = !long_mode,
        .s = 1,
        .l = long_mode,
        .g = 1,
    };
}

int kvm_vcpu_set_boot(struct vcpu *v, const struct boot_regs *b)
{
    bool long_mode = b->mode == BOOT_LONG64;
    struct kvm_sregs s = v->power_on->sregs;
    struct kvm_regs r = {
        .rip = b->rip,
        .rsp = b->rsp,
        .rax = b->rax,
        .rbx = b->rbx,
        .rsi = b->rsi,
        .rflags = RFLAGS_FIXED,
    };

    s.cs = flat(b->cs, 0xb, long_mode); /* executable, readable, accessed */
    s.ds = flat(b->ds, 0x3, false);     /* writable, accessed */
    s.es = s.fs = s.gs = s.ss = s.ds;
    s.tr = (struct kvm_segment){.limit = 0x67, .type = 0xb, .present = 1};
    s.gdt.base = b->gdt;
    s.gdt.limit = b->gdt_limit;
    s.idt.base = 0;
    s.idt.limit = 0;
    s.cr0 = CR0_PE | CR0_ET;
    if (long_mode) {
        s.cr0 |= CR0_NE | CR0_WP | CR0_PG;
        s.cr3 = b->cr3;
        s.cr4 = CR4_PAE;
        s.efer = EFER_LME | EFER_LMA;
    }
    if (ioctl(v->fd, KVM_SET_SREGS, &s) < 0 ||
        ioctl(v->fd, KVM_SET_REGS, &r) < 0)
        return -errno;
    return 0;
}

void kvm_vcpu_log_regs(struct vcpu *v)
{
    struct kvm_regs r;
    struct kvm_sregs s;

    if (ioctl(v->fd, KVM_GET_REGS, &r) < 0 ||
        ioctl(v->fd, KVM_GET_SREGS, &s) < 0)
        return;
    log_err("kvm",
            "vcpu%u: rip %04x:%llx rflags %llx rax %llx rbx %llx rcx %llx "
            "rdx %llx rsi %llx rdi %llx rbp %llx rsp %llx",
            v->index, s.cs.selector, r.rip, r.rflags, r.rax, r.rbx, r.rcx,
            r.rdx, r.rsi, r.rdi, r.rbp, r.rsp);
    log_err("kvm",
            "vcpu%u: cr0 %llx cr2 %llx cr3 %llx cr4 %llx efer %llx cs.base "
            "%llx gdt %llx idt %llx",
            v->index, s.cr0, s.cr2, s.cr3, s.cr4, s.efer, s.cs.base, s.gdt.base,
            s.idt.base);
}
