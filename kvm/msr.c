/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Model-specific registers after power-on. KVM has no way to put them back
 * all at once, so here is a table; those that a KVM does not know are skipped.
 *
 * Sources: Intel SDM volume 4, AMD APM volume 2 appendix A, Linux
 * Documentation/virt/kvm/x86/msr.rst.
 */
#include "config.h"

#include "kvm/kvm-priv.h"

#include <string.h>
#include <sys/ioctl.h>

#include "dm/log.h"

#define MSR_MISC_ENABLE 0x1a0
#define MISC_ENABLE_FAST_STRING (1 << 0)
#define MISC_ENABLE_NO_BTS (1 << 11)
#define MISC_ENABLE_NO_PEBS (1 << 12)
#define MSR_MTRR_DEF_TYPE 0x2ff
#define MTRR_DEF_ENABLE (1 << 11)
#define MTRR_WRITE_BACK 6
#define MSR_PAT 0x277

struct msr {
    uint32_t first, n;
    uint64_t value;
};

static const struct msr reset_msrs[] = {
    {0x10, 1, 0},  /* TSC */
    {0x11, 2, 0},  /* KVM wall clock and system time, old numbers */
    {0x3b, 1, 0},  /* TSC_ADJUST */
    {0x48, 1, 0},  /* SPEC_CTRL */
    {0x174, 3, 0}, /* SYSENTER_CS, _ESP, _EIP */
    {0x17a, 1, 0}, /* MCG_STATUS */
    {MSR_MISC_ENABLE, 1,
     MISC_ENABLE_FAST_STRING | MISC_ENABLE_NO_BTS | MISC_ENABLE_NO_PEBS},
    {0x200, 16, 0}, /* MTRR_PHYSBASE0 to _PHYSMASK7 */
    {0x250, 1, 0},  /* MTRR_FIX64K */
    {0x258, 2, 0},  /* MTRR_FIX16K */
    {0x268, 8, 0},  /* MTRR_FIX4K */
    {MSR_PAT, 1, 0x0007040600070406},
    {MSR_MTRR_DEF_TYPE, 1, 0},
    {0x6e0, 1, 0},      /* TSC_DEADLINE */
    {0xda0, 1, 0},      /* XSS */
    {0x4b564d00, 5, 0}, /* KVM wall clock, system time, async page fault,
                           steal time, PV EOI */
    {0x4b564d05, 1, 1}, /* KVM poll control */
    {0x4b564d06, 1, 0}, /* KVM async page fault interrupt */
    {0xc0000081, 4, 0}, /* STAR, LSTAR, CSTAR, SYSCALL_MASK */
    {0xc0000102, 2, 0}, /* KERNEL_GS_BASE, TSC_AUX */
    {0xc0010117, 1, 0}, /* VM_HSAVE_PA */
};

/* With a kernel and no firmware: what the firmware would have set. */
static const struct msr boot_msrs[] = {
    {MSR_MISC_ENABLE, 1,
     MISC_ENABLE_FAST_STRING | MISC_ENABLE_NO_BTS | MISC_ENABLE_NO_PEBS},
    {MSR_MTRR_DEF_TYPE, 1, MTRR_DEF_ENABLE | MTRR_WRITE_BACK},
};

/* KVM stops at the first it refuses: go on behind that. */
static void set_msrs(struct vcpu *v, const struct msr *table, unsigned n)
{
    struct {
        struct kvm_msrs head;
        struct kvm_msr_entry entries[64];
    } m;
    unsigned count = 0, done = 0;

    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < table[i].n; j++)
            m.entries[count++] = (struct kvm_msr_entry){
                .index = table[i].first + j, .data = table[i].value};
    while (done < count) {
        int r;

        memset(&m.head, 0, sizeof(m.head));
        m.head.nmsrs = count - done;
        r = ioctl(v->fd, KVM_SET_MSRS, &m);
        if (r < 0)
            r = 0;
        done += r;
        if (done == count)
            break;
        if (v->index == 0)
            log_info("kvm", "KVM has no MSR 0x%x", m.entries[r].index);
        done++;
        memmove(m.entries, m.entries + r + 1,
                (count - done) * sizeof(m.entries[0]));
    }
}

void kvm_msr_reset(struct vcpu *v)
{
    set_msrs(v, reset_msrs, sizeof(reset_msrs) / sizeof(reset_msrs[0]));
}

void kvm_msr_boot(struct vcpu *v)
{
    set_msrs(v, boot_msrs, sizeof(boot_msrs) / sizeof(boot_msrs[0]));
}
