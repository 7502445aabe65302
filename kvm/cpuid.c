/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID: what KVM supports, as -cpu wants it, with the topology of this guest:
 * one package, a core for each vCPU, no threads.
 *
 * Sources: Intel SDM volume 2A, CPUID; AMD APM volume 3 appendix E.
 */
#include "config.h"

#include "kvm/kvm-priv.h"

#include <asm/kvm_para.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvm/xenemu/xenemu.h"

#define ENTRIES 256 /* KVM's own limit */

#define LEVEL_SMT 1
#define LEVEL_CORE 2

struct kvm_cpuid_entry2 *kvm_cpuid_find(struct kvm_cpuid2 *cpuid, uint32_t leaf,
                                        uint32_t index)
{
    for (unsigned i = 0; i < cpuid->nent; i++) {
        struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

        if (e->function == leaf && e->index == index)
            return e;
    }
    return NULL;
}

static struct kvm_cpuid_entry2 *add_entry(struct kvm_cpuid2 *cpuid,
                                          uint32_t leaf, uint32_t index)
{
    struct kvm_cpuid_entry2 *e;

    if (cpuid->nent == ENTRIES)
        return NULL;
    e = &cpuid->entries[cpuid->nent++];
    *e = (struct kvm_cpuid_entry2){
        .function = leaf,
        .index = index,
        .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
    };
    return e;
}

static void drop_leaf(struct kvm_cpuid2 *cpuid, uint32_t leaf)
{
    unsigned n = 0;

    for (unsigned i = 0; i < cpuid->nent; i++)
        if (cpuid->entries[i].function != leaf)
            cpuid->entries[n++] = cpuid->entries[i];
    cpuid->nent = n;
}

static void set_field(uint32_t *reg, unsigned shift, unsigned width,
                      uint32_t value)
{
    uint32_t mask = ((1u << width) - 1) << shift;

    *reg = (*reg & ~mask) | (value << shift & mask);
}

/* Bits of an APIC id that count cores. */
static unsigned core_bits(unsigned cpus)
{
    unsigned bits = 0;

    while (1u << bits < cpus)
        bits++;
    return bits;
}

/* Leaves 4 and 0x8000001d: who shares a cache, and on Intel the cores. */
static void set_caches(struct kvm_cpuid2 *cpuid, unsigned ids)
{
    for (unsigned i = 0; i < cpuid->nent; i++) {
        struct kvm_cpuid_entry2 *e = &cpuid->entries[i];
        bool intel = e->function == 4;

        if ((!intel && e->function != 0x8000001d) || !(e->eax & 0x1f))
            continue;
        set_field(&e->eax, 14, 12, (e->eax >> 5 & 7) >= 3 ? ids - 1 : 0);
        if (intel)
            set_field(&e->eax, 26, 6, ids - 1);
    }
}

static void set_topology(struct kvm_cpuid2 *cpuid, unsigned cpus)
{
    unsigned bits = core_bits(cpus);
    struct kvm_cpuid_entry2 *e = kvm_cpuid_find(cpuid, 1, 0);

    if (e) {
        set_field(&e->ebx, 16, 8, cpus);
        set_field(&e->edx, 28, 1, cpus > 1); /* HTT */
    }
    set_caches(cpuid, 1u << bits);
    drop_leaf(cpuid, 0xb);
    drop_leaf(cpuid, 0x1f);
    e = kvm_cpuid_find(cpuid, 0, 0);
    if (e && e->eax >= 0xb) {
        if (e->eax >= 0x1f)
            e->eax = 0x1e;
        e = add_entry(cpuid, 0xb, 0);
        if (e) {
            e->ebx = 1;
            e->ecx = LEVEL_SMT << 8;
        }
        e = add_entry(cpuid, 0xb, 1);
        if (e) {
            e->eax = bits;
            e->ebx = cpus;
            e->ecx = LEVEL_CORE << 8 | 1;
        }
    }
    e = kvm_cpuid_find(cpuid, 0x80000001, 0);
    if (e && kvm_cpuid_find(cpuid, 0x8000000a, 0))
        set_field(&e->ecx, 1, 1, cpus > 1); /* AMD: CmpLegacy */
    e = kvm_cpuid_find(cpuid, 0x80000008, 0);
    if (e) {
        set_field(&e->ecx, 0, 8, cpus - 1);
        set_field(&e->ecx, 12, 4, bits);
    }
}

static void set_apic_id(struct kvm_cpuid2 *cpuid, uint32_t id)
{
    struct kvm_cpuid_entry2 *e = kvm_cpuid_find(cpuid, 1, 0);

    if (e)
        set_field(&e->ebx, 24, 8, id);
    for (unsigned i = 0; i < 2; i++) {
        e = kvm_cpuid_find(cpuid, 0xb, i);
        if (e)
            e->edx = id;
    }
    e = kvm_cpuid_find(cpuid, 0x8000001e, 0);
    if (e) {
        e->eax = id;
        e->ebx = id & 0xff;
        e->ecx = 0;
    }
}

struct kvm_cpuid2 *kvm_cpuid_new(struct kvm *k, struct cfg_err *err)
{
    struct kvm_cpuid2 *cpuid =
        calloc(1, sizeof(*cpuid) + ENTRIES * sizeof(cpuid->entries[0]));
    struct kvm_cpuid_entry2 *e;

    if (!cpuid) {
        err_set(err, -ENOMEM, "out of memory");
        return NULL;
    }
    cpuid->nent = ENTRIES;
    if (ioctl(k->sys_fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0) {
        err_set(err, -errno, "KVM does not tell the CPUID it supports: %s",
                strerror(errno));
        goto fail;
    }
    e = kvm_cpuid_find(cpuid, 1, 0);
    if (e) {
        set_field(&e->ecx, 31, 1, 1); /* a hypervisor is there */
        set_field(&e->ecx, 24, 1,
                  ioctl(k->sys_fd, KVM_CHECK_EXTENSION,
                        KVM_CAP_TSC_DEADLINE_TIMER) > 0);
    }
    if (kvm_cpu_model(cpuid, k->vm->cfg->cpu, err))
        goto fail;
    set_topology(cpuid, k->vm->cfg->cpus);
    if (k->xen) { /* one hypervisor is enough */
        drop_leaf(cpuid, KVM_CPUID_SIGNATURE);
        drop_leaf(cpuid, KVM_CPUID_FEATURES);
    }
    return cpuid;
fail:
    free(cpuid);
    return NULL;
}

static void set_xen(struct kvm_cpuid2 *cpuid, const struct xenemu *x,
                    unsigned vcpu)
{
    uint32_t r[4];

    for (unsigned i = 0; xenemu_cpuid(x, i, vcpu, r); i++) {
        uint32_t leaf = XENEMU_CPUID + i;
        struct kvm_cpuid_entry2 *e = kvm_cpuid_find(cpuid, leaf, 0);

        if (!e)
            e = add_entry(cpuid, leaf, 0);
        if (!e)
            return;
        e->flags = 0; /* of any sub-leaf */
        e->eax = r[0];
        e->ebx = r[1];
        e->ecx = r[2];
        e->edx = r[3];
    }
}

/* The bits of EFER that a processor with these features has. Source: AMD64
 * Architecture Programmer's Manual, volume 2, 3.1.7. */
static uint64_t efer_bits(struct kvm_cpuid2 *cpuid)
{
    const struct kvm_cpuid_entry2 *amd = kvm_cpuid_find(cpuid, 0x80000001, 0),
                                  *more = kvm_cpuid_find(cpuid, 0x80000021, 0);
    uint64_t efer = 1u << 0; /* SYSCALL */

    if (amd) {
        efer |= amd->edx & 1u << 29 ? 1u << 8 | 1u << 10 : 0; /* long mode */
        efer |= amd->edx & 1u << 20 ? 1u << 11 : 0;           /* no-execute */
        efer |= amd->edx & 1u << 25 ? 1u << 14 : 0;           /* fast FXSAVE */
        efer |= amd->ecx & 1u << 2 ? 1u << 12 : 0;            /* SVM */
        efer |= amd->ecx & 1u << 17 ? 1u << 15 : 0; /* translation cache */
    }
    if (more)
        efer |= more->eax & 1u << 8 ? 1u << 21 : 0; /* automatic IBRS */
    return efer;
}

int kvm_cpuid_set(struct vcpu *v, struct kvm_cpuid2 *cpuid)
{
    set_apic_id(cpuid, v->index);
    if (v->kvm->xen) {
        set_xen(cpuid, v->kvm->xen, v->index);
        v->kvm->xen_efer = efer_bits(cpuid);
    }
    return ioctl(v->fd, KVM_SET_CPUID2, cpuid) < 0 ? -errno : 0;
}

unsigned kvm_cpuid_phys_bits(struct kvm_cpuid2 *cpuid)
{
    const struct kvm_cpuid_entry2 *e = kvm_cpuid_find(cpuid, 0x80000008, 0);
    unsigned bits = e ? e->eax & 0xff : 0;

    return bits >= 32 && bits < 64 ? bits : 36;
}
