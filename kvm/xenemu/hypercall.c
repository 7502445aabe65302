/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a register to an operation and back.
 */
#include "config.h"

#include <string.h>

#include "kvm/xenemu/xenemu-priv.h"

/* Looking whether somebody waits costs something, too. */
#define ROUNDS 32

static const struct {
    const char *name;
    long (*fn)(struct xcall *c);
} calls[HC_MAX] = {
    [HC_memory_op] = {"memory_op", hc_memory_op},
    [HC_set_timer_op] = {"set_timer_op", hc_set_timer_op},
    [HC_xen_version] = {"xen_version", hc_xen_version},
    [HC_console_io] = {"console_io", hc_console_io},
    [HC_grant_table_op] = {"grant_table_op", hc_grant_table_op},
    [HC_vcpu_op] = {"vcpu_op", hc_vcpu_op},
    [HC_sched_op] = {"sched_op", hc_sched_op},
    [HC_event_channel_op] = {"event_channel_op", hc_event_channel_op},
    [HC_hvm_op] = {"hvm_op", hc_hvm_op},
    /* what others there are, for the log */
    [1] = {"mmu_update", NULL},
    [13] = {"multicall", NULL},
    [21] = {"vm_assist", NULL},
    [26] = {"mmuext_op", NULL},
    [27] = {"xsm_op", NULL},
    [28] = {"nmi_op", NULL},
    [33] = {"physdev_op", NULL},
    [35] = {"sysctl", NULL},
    [36] = {"domctl", NULL},
    [37] = {"kexec_op", NULL},
    [38] = {"tmem_op", NULL},
    [39] = {"argo_op", NULL},
    [40] = {"xenpmu_op", NULL},
    [41] = {"dm_op", NULL},
    [42] = {"hypfs_op", NULL},
};

int xcall_get(struct xcall *c, uint64_t va, void *buf, size_t len)
{
    return gva_read(&c->regs->space, va, buf, len) ? -XEN_EFAULT : 0;
}

int xcall_put(struct xcall *c, uint64_t va, const void *buf, size_t len)
{
    return gva_write(&c->regs->space, va, buf, len) ? -XEN_EFAULT : 0;
}

uint64_t xcall_field(const struct xcall *c, const void *buf, unsigned off64,
                     unsigned off32, unsigned size)
{
    bool wide = c->regs->wide;
    uint64_t v = 0;

    memcpy(&v, (const uint8_t *)buf + (wide ? off64 : off32),
           size   ? size
           : wide ? 8
                  : 4);
    return v;
}

bool xcall_preempted(struct xcall *c, uint64_t round)
{
    struct xenemu *x = c->x;

    if (!round || round % ROUNDS || !x->host->preempted(x->opaque, c->vcpu))
        return false;
    c->then = XENEMU_AGAIN;
    return true;
}

long xcall_unknown(struct xcall *c, unsigned nr, uint64_t op)
{
    uint64_t bit = 1ull << (op < 63 ? op : 63);
    const char *name = calls[nr].name;

    atomic_fetch_add(&c->x->unknowns, 1);
    if (!(atomic_fetch_or(&c->x->unknown[nr], bit) & bit))
        log_guest(&c->x->quota, "xen",
                  "the guest asks for what is not there: hypercall %u (%s), "
                  "operation %llu",
                  nr, name ? name : "?", (unsigned long long)op);
    return -XEN_ENOSYS;
}

enum xenemu_then xenemu_hypercall(struct xenemu *x, unsigned vcpu,
                                  struct xenemu_regs *regs)
{
    struct xcall c = {.x = x, .vcpu = vcpu, .regs = regs};
    uint64_t nr = regs->wide ? regs->rax : (uint32_t)regs->rax;
    long rc;

    if (!regs->wide)
        for (unsigned i = 0; i < 5; i++)
            regs->arg[i] = (uint32_t)regs->arg[i];
    if (x->vcpu[vcpu].lost || x->vcpu[vcpu].waits) {
        pthread_mutex_lock(&x->lock);
        xen_vcpu_runs(x, vcpu);
        pthread_mutex_unlock(&x->lock);
    }
    if (regs->cpl != 0)
        rc = -XEN_EPERM;
    else if (nr >= HC_MAX)
        rc = -XEN_ENOSYS;
    else if (!calls[nr].fn)
        rc = xcall_unknown(&c, nr, regs->arg[0]);
    else
        rc = calls[nr].fn(&c);
    if (c.then == XENEMU_GO_ON)
        regs->rax = regs->wide ? (uint64_t)rc : (uint32_t)rc;
    return c.then;
}

/*
 * One entry is 32 bytes: the number, a write to our port, and back.
 *     b8 imm32  mov $nr, %eax
 *     e6 imm8   out %al, $port
 *     c3        ret
 * The same in 32- and 64-bit code.
 */
bool xenemu_msr_write(struct xenemu *x, uint64_t value, bool wide)
{
    uint8_t page[XEN_PAGE];

    if (value & (XEN_PAGE - 1)) /* there is one page, number 0 */
        return false;
    memset(page, 0xcc, sizeof(page));
    for (unsigned i = 0; i < XEN_PAGE / 32; i++) {
        uint8_t *e = page + 32 * i;

        e[0] = 0xb8;
        memcpy(e + 1, &i, 4);
        e[5] = 0xe6;
        e[6] = XENEMU_PORT;
        e[7] = 0xc3;
    }
    pthread_mutex_lock(&x->lock);
    xen_set_wide(x, wide);
    pthread_mutex_unlock(&x->lock);
    return !mem_write(x->vm, value, page, sizeof(page));
}

bool xenemu_cpuid(const struct xenemu *x, unsigned i, unsigned vcpu,
                  uint32_t out[4])
{
    memset(out, 0, 4 * sizeof(out[0]));
    switch (i) {
    case 0:
        out[0] = XEN_CPUID_BASE + 4;
        memcpy(out + 1, "XenVMMXenVMM", 12);
        return true;
    case 1:
        out[0] = x->conf.major << 16 | x->conf.minor;
        return true;
    case 2:
        out[0] = 1; /* page for hypercalls */
        out[1] = XEN_MSR_HYPERCALL;
        return true;
    case 3: /* time: nothing to say of it that is not so already */
        return true;
    case 4:
        out[0] = XEN_HVM_CPUID_VCPU_ID_PRESENT | XEN_HVM_CPUID_DOMID_PRESENT |
                 XEN_HVM_CPUID_UPCALL_VECTOR;
        out[1] = vcpu;
        out[2] = XENEMU_DOMID;
        return true;
    default:
        return false;
    }
}
