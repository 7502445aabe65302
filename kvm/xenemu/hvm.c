/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/irq.h"
#include "dm/machine.h"
#include "kvm/xenemu/xenemu-priv.h"

/* What the guest may know, and what it may say. */
static bool may_read(unsigned index)
{
    switch (index) {
    case HVM_PARAM_CALLBACK_IRQ:
    case HVM_PARAM_STORE_PFN:
    case HVM_PARAM_STORE_EVTCHN:
    case HVM_PARAM_CONSOLE_PFN:
    case HVM_PARAM_CONSOLE_EVTCHN:
    case HVM_PARAM_PAE_ENABLED:
    case HVM_PARAM_VM86_TSS:
    case HVM_PARAM_ACPI_IOPORTS_LOCATION:
    case HVM_PARAM_VM_GENERATION_ID_ADDR:
        return true;
    default:
        return false;
    }
}

static bool may_write(unsigned index)
{
    return index == HVM_PARAM_CALLBACK_IRQ || index == HVM_PARAM_VM86_TSS;
}

/* The line that a callback of the older kinds names. */
static uint8_t line_of(struct xenemu *x, uint64_t via)
{
    switch (via >> 56) {
    case HVM_CALLBACK_GSI:
        return (uint32_t)via && (uint32_t)via < IRQ_GSIS ? via : IRQ_NO_ROUTE;
    case HVM_CALLBACK_PCI_INTX: /* bus, device and function, pin */
        return irq_pci_line(x->vm, via >> 8 & 0xffff, via & 3);
    default:
        return IRQ_NO_ROUTE;
    }
}

/* The route of a PCI interrupt is the machine's. */
static void set_callback(struct xcall *c, uint64_t via)
{
    struct xenemu *x = c->x;

    vm_lock(x->vm);
    pthread_mutex_lock(&x->lock);
    x->param[HVM_PARAM_CALLBACK_IRQ] = via;
    xen_set_wide(x, c->regs->wide);
    xen_callback_set(x, line_of(x, via));
    pthread_mutex_unlock(&x->lock);
    vm_unlock(x->vm);
}

static long param(struct xcall *c, bool set)
{
    uint64_t va = c->regs->arg[1];
    struct xenemu *x = c->x;
    struct hvm_param p;
    long rc = xcall_get(c, va, &p, sizeof(p));

    if (rc)
        return rc;
    if (p.index >= HVM_NR_PARAMS)
        return -XEN_EINVAL;
    if (!xen_is_self(p.domid))
        return p.domid ? -XEN_ESRCH : -XEN_EPERM;
    if (set ? !may_write(p.index) : !may_read(p.index))
        return -XEN_EPERM;
    if (set && p.index == HVM_PARAM_CALLBACK_IRQ) {
        set_callback(c, p.value);
        return 0;
    }
    pthread_mutex_lock(&x->lock);
    if (set)
        x->param[p.index] = p.value;
    p.value = x->param[p.index];
    pthread_mutex_unlock(&x->lock);
    return set ? 0 : xcall_put(c, va, &p, sizeof(p));
}

static long set_upcall_vector(struct xcall *c)
{
    struct xenemu *x = c->x;
    struct hvm_upcall_vector a;
    long rc = xcall_get(c, c->regs->arg[1], &a, sizeof(a));

    if (rc)
        return rc;
    if (a.vcpu >= x->conf.vcpus)
        return -XEN_ENOENT;
    if (a.vector < 16)
        return -XEN_EINVAL;
    pthread_mutex_lock(&x->lock);
    x->vcpu[a.vcpu].vector = a.vector;
    xen_upcall_again(x, a.vcpu);
    pthread_mutex_unlock(&x->lock);
    return 0;
}

static long get_mem_type(struct xcall *c)
{
    uint64_t va = c->regs->arg[1];
    struct hvm_mem_type t;
    long rc = xcall_get(c, va, &t, sizeof(t));

    if (rc)
        return rc;
    if (!xen_is_self(t.domid))
        return -XEN_ESRCH;
    t.mem_type = xen_page(c->x, t.pfn, false) ? HVMMEM_ram_rw : HVMMEM_mmio_dm;
    return xcall_put(c, va, &t, sizeof(t));
}

long hc_hvm_op(struct xcall *c)
{
    uint64_t now;

    switch (c->regs->arg[0]) {
    case HVMOP_set_param:
        return param(c, true);
    case HVMOP_get_param:
        return param(c, false);
    case HVMOP_flush_tlbs:
        if (c->regs->arg[1])
            return -XEN_EINVAL;
        c->x->host->flush_tlbs(c->x->opaque);
        return 0;
    case HVMOP_get_time:
        now = xen_now(c->x);
        return xcall_put(c, c->regs->arg[1], &now, sizeof(now));
    case HVMOP_get_mem_type:
        return get_mem_type(c);
    case HVMOP_set_evtchn_upcall_vector:
        return set_upcall_vector(c);
    default:
        return xcall_unknown(c, HC_hvm_op, c->regs->arg[0]);
    }
}
