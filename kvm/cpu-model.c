/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -cpu MODEL[,+feature][,-feature][,feature=on|off][,property=value]...
 *
 * A model is a mask on what KVM supports: host and max take all of it, qemu64
 * what every x86-64 has. Features are named as QEMU names them.
 */
#include "config.h"

#include "kvm/kvm-priv.h"

#include <asm/kvm_para.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dm/log.h"
#include "dm/options.h"

enum reg { EAX, EBX, ECX, EDX };

struct word {
    uint32_t leaf, index;
    enum reg reg;
    uint32_t baseline; /* bits that qemu64 keeps */
};

enum word_id {
    W_1_ECX,
    W_1_EDX,
    W_6_EAX,
    W_7_EBX,
    W_7_ECX,
    W_7_EDX,
    W_7_1_EAX,
    W_D_1_EAX,
    W_AMD_1_ECX,
    W_AMD_1_EDX,
    W_AMD_7_EDX,
    W_AMD_8_EBX,
    W_AMD_SVM_EDX,
    W_KVM_EAX,
    WORDS
};

static const struct word words[WORDS] = {
    /* SSE3, CMPXCHG16B, x2APIC, hypervisor */
    [W_1_ECX] = {1, 0, ECX, 1u << 0 | 1u << 13 | 1u << 21 | 1u << 31},
    /* FPU to PSE36, CLFLUSH, MMX, FXSR, SSE, SSE2 */
    [W_1_EDX] = {1, 0, EDX, 0x078bfbff},
    [W_6_EAX] = {6, 0, EAX, 1u << 2}, /* ARAT */
    [W_7_EBX] = {7, 0, EBX, 0},
    [W_7_ECX] = {7, 0, ECX, 0},
    [W_7_EDX] = {7, 0, EDX, 0},
    [W_7_1_EAX] = {7, 1, EAX, 0},
    [W_D_1_EAX] = {0xd, 1, EAX, 0},
    /* LAHF */
    [W_AMD_1_ECX] = {0x80000001, 0, ECX, 1u << 0},
    /* as leaf 1, SYSCALL, NX, LM */
    [W_AMD_1_EDX] = {0x80000001, 0, EDX,
                     0x0183f3ff | 1u << 11 | 1u << 20 | 1u << 29},
    [W_AMD_7_EDX] = {0x80000007, 0, EDX, 0},
    [W_AMD_8_EBX] = {0x80000008, 0, EBX, 0},
    [W_AMD_SVM_EDX] = {0x8000000a, 0, EDX, UINT32_MAX},
    [W_KVM_EAX] = {KVM_CPUID_FEATURES, 0, EAX, UINT32_MAX},
};

struct feature {
    const char *name;
    uint8_t word, bit;
};

#define INVTSC "invtsc"

static const struct feature features[] = {
    {"sse3", W_1_ECX, 0},
    {"pni", W_1_ECX, 0},
    {"pclmulqdq", W_1_ECX, 1},
    {"vmx", W_1_ECX, 5},
    {"ssse3", W_1_ECX, 9},
    {"fma", W_1_ECX, 12},
    {"cx16", W_1_ECX, 13},
    {"pcid", W_1_ECX, 17},
    {"sse4.1", W_1_ECX, 19},
    {"sse4.2", W_1_ECX, 20},
    {"x2apic", W_1_ECX, 21},
    {"movbe", W_1_ECX, 22},
    {"popcnt", W_1_ECX, 23},
    {"tsc-deadline", W_1_ECX, 24},
    {"aes", W_1_ECX, 25},
    {"xsave", W_1_ECX, 26},
    {"avx", W_1_ECX, 28},
    {"f16c", W_1_ECX, 29},
    {"rdrand", W_1_ECX, 30},
    {"hypervisor", W_1_ECX, 31},
    {"pse", W_1_EDX, 3},
    {"apic", W_1_EDX, 9},
    {"mtrr", W_1_EDX, 12},
    {"arat", W_6_EAX, 2},
    {"fsgsbase", W_7_EBX, 0},
    {"tsc-adjust", W_7_EBX, 1},
    {"bmi1", W_7_EBX, 3},
    {"hle", W_7_EBX, 4},
    {"avx2", W_7_EBX, 5},
    {"smep", W_7_EBX, 7},
    {"bmi2", W_7_EBX, 8},
    {"erms", W_7_EBX, 9},
    {"invpcid", W_7_EBX, 10},
    {"rtm", W_7_EBX, 11},
    {"avx512f", W_7_EBX, 16},
    {"rdseed", W_7_EBX, 18},
    {"smap", W_7_EBX, 20},
    {"sha-ni", W_7_EBX, 29},
    {"umip", W_7_ECX, 2},
    {"pku", W_7_ECX, 3},
    {"waitpkg", W_7_ECX, 5},
    {"la57", W_7_ECX, 16},
    {"rdpid", W_7_ECX, 22},
    {"pks", W_7_ECX, 31},
    {"spec-ctrl", W_7_EDX, 26},
    {"arch-capabilities", W_7_EDX, 29},
    {"ssbd", W_7_EDX, 31},
    {"xsaveopt", W_D_1_EAX, 0},
    {"xsavec", W_D_1_EAX, 1},
    {"xsaves", W_D_1_EAX, 3},
    {"svm", W_AMD_1_ECX, 2},
    {"abm", W_AMD_1_ECX, 5},
    {"skinit", W_AMD_1_ECX, 12},
    {"topoext", W_AMD_1_ECX, 22},
    {"syscall", W_AMD_1_EDX, 11},
    {"nx", W_AMD_1_EDX, 20},
    {"pdpe1gb", W_AMD_1_EDX, 26},
    {"rdtscp", W_AMD_1_EDX, 27},
    {INVTSC, W_AMD_7_EDX, 8},
    {"ibpb", W_AMD_8_EBX, 12},
    {"npt", W_AMD_SVM_EDX, 0},
    {"nrip-save", W_AMD_SVM_EDX, 3},
    {"kvmclock", W_KVM_EAX, KVM_FEATURE_CLOCKSOURCE2},
    {"kvm-steal-time", W_KVM_EAX, KVM_FEATURE_STEAL_TIME},
    {"kvm-pv-eoi", W_KVM_EAX, KVM_FEATURE_PV_EOI},
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

struct model {
    struct kvm_cpuid2 *cpuid;
    uint32_t *reg[WORDS]; /* NULL: this KVM has no such leaf */
    uint32_t host[WORDS]; /* what KVM offers */
    bool migratable;
};

static uint32_t *find_reg(struct kvm_cpuid2 *cpuid, const struct word *w)
{
    struct kvm_cpuid_entry2 *e = kvm_cpuid_find(cpuid, w->leaf, w->index);

    if (!e)
        return NULL;
    switch (w->reg) {
    case EAX:
        return &e->eax;
    case EBX:
        return &e->ebx;
    case ECX:
        return &e->ecx;
    default:
        return &e->edx;
    }
}

static int set_model(struct model *m, const char *name, struct cfg_err *err)
{
    bool all = !name || !strcmp(name, "host") || !strcmp(name, "max");

    if (!all && strcmp(name, "qemu64"))
        return err_set(err, -EINVAL,
                       "-cpu %s: unknown model (known: host, max, qemu64)",
                       name);
    for (unsigned i = 0; i < WORDS; i++) {
        m->reg[i] = find_reg(m->cpuid, &words[i]);
        if (!m->reg[i])
            continue;
        m->host[i] = *m->reg[i];
        if (!all)
            *m->reg[i] &= words[i].baseline;
    }
    return 0;
}

/* Names are written with - or . or with _ for both. */
static bool same_name(const char *a, const char *b)
{
    for (; *a && (*a == *b || ((*a == '-' || *a == '.') && *b == '_'));
         a++, b++)
        ;
    return *a == *b;
}

static const struct feature *find_feature(const char *name)
{
    for (unsigned i = 0; i < FEATURES; i++)
        if (same_name(features[i].name, name))
            return &features[i];
    return NULL;
}

static int set_feature(struct model *m, const char *name, bool on,
                       struct cfg_err *err)
{
    const struct feature *f = find_feature(name);
    char known[768] = "";
    unsigned len = 0;

    if (!f) {
        for (unsigned i = 0; i < FEATURES && len < sizeof(known) - 1; i++)
            len += snprintf(known + len, sizeof(known) - len, " %s",
                            features[i].name);
        return err_set(err, -EINVAL, "-cpu: unknown feature '%s' (known:%s)",
                       name, known);
    }
    if (on && (!m->reg[f->word] || !(m->host[f->word] >> f->bit & 1)))
        log_warn("cpu", "this KVM has no feature '%s'", name);
    else if (on)
        *m->reg[f->word] |= 1u << f->bit;
    else if (m->reg[f->word])
        *m->reg[f->word] &= ~(1u << f->bit);
    return 0;
}

static int set_vendor(struct model *m, const char *vendor, struct cfg_err *err)
{
    static const uint32_t leaves[] = {0, 0x80000000};

    if (strlen(vendor) != 12)
        return err_set(err, -EINVAL, "-cpu: vendor=%s: expected 12 characters",
                       vendor);
    for (unsigned i = 0; i < 2; i++) {
        struct kvm_cpuid_entry2 *e = kvm_cpuid_find(m->cpuid, leaves[i], 0);

        if (!e)
            continue;
        memcpy(&e->ebx, vendor, 4);
        memcpy(&e->edx, vendor + 4, 4);
        memcpy(&e->ecx, vendor + 8, 4);
    }
    return 0;
}

static int set_phys_bits(struct model *m, const char *value,
                         struct cfg_err *err)
{
    struct kvm_cpuid_entry2 *e = kvm_cpuid_find(m->cpuid, 0x80000008, 0);
    uint64_t bits;

    if (parse_u64(value, 52, &bits) || bits < 32)
        return err_set(err, -EINVAL, "-cpu: phys-bits=%s: expected 32 to 52",
                       value);
    if (e)
        e->eax = (e->eax & ~0xffu) | bits;
    return 0;
}

static int set_option(struct model *m, const char *key, const char *value,
                      struct cfg_err *err)
{
    bool on;

    if (!strcmp(key, "model"))
        return 0;
    if (!strcmp(key, "vendor"))
        return set_vendor(m, value, err);
    if (!strcmp(key, "phys-bits"))
        return set_phys_bits(m, value, err);
    if (*key == '+' || *key == '-')
        return set_feature(m, key + 1, *key == '+', err);
    if (parse_bool(value, &on))
        return err_set(err, -EINVAL, "-cpu: %s=%s: expected on or off", key,
                       value);
    if (!strcmp(key, "host-phys-bits"))
        return 0; /* they are, unless phys-bits= says otherwise */
    if (!strcmp(key, "migratable")) {
        m->migratable = on;
        return 0;
    }
    return set_feature(m, key, on, err);
}

int kvm_cpu_model(struct kvm_cpuid2 *cpuid, struct opts *cpu,
                  struct cfg_err *err)
{
    struct model m = {.cpuid = cpuid, .migratable = true};
    int rc = set_model(&m, opts_get(cpu, "model"), err);

    /* A guest that trusts its TSC for ever would see it go on while paused. */
    for (struct opt *o = cpu ? cpu->first : NULL; o && !rc; o = o->next)
        if (!strcmp(o->key, "migratable"))
            rc = set_option(&m, o->key, o->value, err);
    if (!rc && m.migratable)
        rc = set_feature(&m, INVTSC, false, err);
    for (struct opt *o = cpu ? cpu->first : NULL; o && !rc; o = o->next) {
        o->used = true;
        rc = set_option(&m, o->key, o->value, err);
    }
    return rc;
}
