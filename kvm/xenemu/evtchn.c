/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels: ports of the guest, in two levels of bitmaps. A port's
 * other end is a backend of ours, another port of the guest, or nothing but
 * an interrupt of its own. x->lock is held in all but the hypercall itself.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kvm/xenemu/xenemu-priv.h"

unsigned xen_ports(const struct xenemu *x)
{
    return x->wide ? 64 * 64 : 32 * 32;
}

unsigned xen_port_alloc(struct xenemu *x, uint16_t remote)
{
    for (unsigned p = 1; p < xen_ports(x); p++)
        if (x->port[p].type == PORT_FREE) {
            x->port[p] =
                (struct xen_port){.type = PORT_UNBOUND, .remote = remote};
            xen_port_clear(x, p);
            return p;
        }
    return 0;
}

static bool is_per_vcpu(unsigned virq)
{
    return virq == VIRQ_TIMER || virq == VIRQ_DEBUG || virq == VIRQ_XENOPROF ||
           virq == VIRQ_XENPMU;
}

/* Where a virtual interrupt of this vCPU is bound. */
static evtchn_port_t *virq_slot(struct xenemu *x, unsigned v, unsigned virq)
{
    return is_per_vcpu(virq) ? &x->vcpu[v].virq[virq] : &x->global_virq[virq];
}

void xen_virq_raise(struct xenemu *x, unsigned v, unsigned virq)
{
    evtchn_port_t port = *virq_slot(x, v, virq);

    if (port)
        xen_port_raise(x, port);
}

static void port_close(struct xenemu *x, unsigned p)
{
    struct xen_port *port = &x->port[p];

    switch (port->type) {
    case PORT_LOCAL:
        x->local[port->peer].guest = 0;
        break;
    case PORT_LOOP:
        if (port->peer != p)
            x->port[port->peer].type = PORT_UNBOUND;
        break;
    case PORT_VIRQ:
        *virq_slot(x, port->vcpu, port->virq) = 0;
        break;
    }
    port->type = PORT_FREE;
    xen_port_clear(x, p);
}

void xen_evtchn_reset(struct xenemu *x)
{
    for (unsigned p = 1; p < XEN_PORTS; p++)
        port_close(x, p);
}

/* ---- operations ---- */

static unsigned port_of(struct xcall *c, uint64_t p)
{
    return p < xen_ports(c->x) && c->x->port[p].type != PORT_FREE ? p : 0;
}

static long op_alloc_unbound(struct xcall *c, void *arg)
{
    struct evtchn_alloc_unbound *a = arg;

    if (!xen_is_self(a->dom))
        return -XEN_EPERM;
    if (a->remote_dom == DOMID_SELF)
        a->remote_dom = XENEMU_DOMID;
    a->port = xen_port_alloc(c->x, a->remote_dom);
    return a->port ? 0 : -XEN_ENOSPC;
}

/* Backends offer no ports: only the guest itself does. */
static long op_bind_interdomain(struct xcall *c, void *arg)
{
    struct evtchn_bind_interdomain *a = arg;
    struct xenemu *x = c->x;
    unsigned remote = port_of(c, a->remote_port), p;

    if (!xen_is_self(a->remote_dom))
        return a->remote_dom ? -XEN_ESRCH : -XEN_EINVAL;
    if (!remote || x->port[remote].type != PORT_UNBOUND ||
        x->port[remote].remote != XENEMU_DOMID)
        return -XEN_EINVAL;
    p = xen_port_alloc(x, XENEMU_DOMID);
    if (!p)
        return -XEN_ENOSPC;
    x->port[p].type = x->port[remote].type = PORT_LOOP;
    x->port[p].peer = remote;
    x->port[remote].peer = p;
    a->local_port = p;
    /* an event that the other end sent while it had none */
    xen_port_raise(x, p);
    return 0;
}

static long op_bind_virq(struct xcall *c, void *arg)
{
    struct evtchn_bind_virq *a = arg;
    struct xenemu *x = c->x;
    evtchn_port_t *slot;
    unsigned p;

    if (a->virq >= XEN_VIRQS)
        return -XEN_EINVAL;
    if (a->vcpu && !is_per_vcpu(a->virq))
        return -XEN_EINVAL;
    if (a->vcpu >= x->conf.vcpus)
        return -XEN_ENOENT;
    slot = virq_slot(x, a->vcpu, a->virq);
    if (*slot)
        return -XEN_EEXIST;
    p = xen_port_alloc(x, XENEMU_DOMID);
    if (!p)
        return -XEN_ENOSPC;
    x->port[p].type = PORT_VIRQ;
    x->port[p].virq = a->virq;
    x->port[p].vcpu = a->vcpu;
    *slot = a->port = p;
    return 0;
}

static long op_bind_ipi(struct xcall *c, void *arg)
{
    struct evtchn_bind_ipi *a = arg;
    unsigned p;

    if (a->vcpu >= c->x->conf.vcpus)
        return -XEN_ENOENT;
    p = xen_port_alloc(c->x, XENEMU_DOMID);
    if (!p)
        return -XEN_ENOSPC;
    c->x->port[p].type = PORT_IPI;
    c->x->port[p].vcpu = a->vcpu;
    a->port = p;
    return 0;
}

static long op_close(struct xcall *c, void *arg)
{
    unsigned p = port_of(c, ((struct evtchn_port *)arg)->port);

    if (!p)
        return -XEN_EINVAL;
    port_close(c->x, p);
    return 0;
}

static long op_send(struct xcall *c, void *arg)
{
    struct xenemu *x = c->x;
    unsigned p = port_of(c, ((struct evtchn_port *)arg)->port);

    if (!p)
        return -XEN_EINVAL;
    switch (x->port[p].type) {
    case PORT_LOCAL:
        xen_local_raise(x, x->port[p].peer);
        return 0;
    case PORT_LOOP:
        xen_port_raise(x, x->port[p].peer);
        return 0;
    case PORT_IPI:
        xen_port_raise(x, p);
        return 0;
    case PORT_UNBOUND: /* nobody hears it */
        return 0;
    default:
        return -XEN_EINVAL;
    }
}

static long op_status(struct xcall *c, void *arg)
{
    static const uint8_t status[] = {
        [PORT_FREE] = EVTCHNSTAT_closed,
        [PORT_UNBOUND] = EVTCHNSTAT_unbound,
        [PORT_LOCAL] = EVTCHNSTAT_interdomain,
        [PORT_LOOP] = EVTCHNSTAT_interdomain,
        [PORT_VIRQ] = EVTCHNSTAT_virq,
        [PORT_IPI] = EVTCHNSTAT_ipi,
    };
    struct evtchn_status *a = arg;
    const struct xen_port *port;

    if (!xen_is_self(a->dom))
        return -XEN_EPERM;
    if (a->port >= xen_ports(c->x))
        return -XEN_EINVAL;
    port = &c->x->port[a->port];
    memset(&a->u, 0, sizeof(a->u));
    a->status = status[port->type];
    a->vcpu = port->vcpu;
    switch (port->type) {
    case PORT_UNBOUND:
        a->u.unbound.dom = port->remote;
        break;
    case PORT_LOCAL:
    case PORT_LOOP:
        a->u.interdomain.dom = port->remote;
        a->u.interdomain.port = port->peer;
        break;
    case PORT_VIRQ:
        a->u.virq = port->virq;
        break;
    }
    return 0;
}

static long op_bind_vcpu(struct xcall *c, void *arg)
{
    struct evtchn_bind_vcpu *a = arg;
    struct xenemu *x = c->x;
    unsigned p = port_of(c, a->port);

    if (a->vcpu >= x->conf.vcpus)
        return -XEN_ENOENT;
    if (!p || x->port[p].type == PORT_IPI ||
        (x->port[p].type == PORT_VIRQ && is_per_vcpu(x->port[p].virq)))
        return -XEN_EINVAL;
    x->port[p].vcpu = a->vcpu;
    return 0;
}

static long op_unmask(struct xcall *c, void *arg)
{
    unsigned p = port_of(c, ((struct evtchn_port *)arg)->port);

    if (!p)
        return -XEN_EINVAL;
    xen_port_unmask(c->x, p);
    return 0;
}

static long op_reset(struct xcall *c, void *arg)
{
    if (!xen_is_self(((struct evtchn_reset *)arg)->dom))
        return -XEN_EPERM;
    xen_evtchn_reset(c->x);
    return 0;
}

static const struct {
    uint8_t size;
    bool answers;
    long (*fn)(struct xcall *c, void *arg);
} ops[] = {
    [EVTCHNOP_bind_interdomain] = {12, true, op_bind_interdomain},
    [EVTCHNOP_bind_virq] = {12, true, op_bind_virq},
    [EVTCHNOP_close] = {4, false, op_close},
    [EVTCHNOP_send] = {4, false, op_send},
    [EVTCHNOP_status] = {24, true, op_status},
    [EVTCHNOP_alloc_unbound] = {8, true, op_alloc_unbound},
    [EVTCHNOP_bind_ipi] = {8, true, op_bind_ipi},
    [EVTCHNOP_bind_vcpu] = {8, false, op_bind_vcpu},
    [EVTCHNOP_unmask] = {4, false, op_unmask},
    [EVTCHNOP_reset] = {2, false, op_reset},
};

long hc_event_channel_op(struct xcall *c)
{
    uint64_t op = c->regs->arg[0], va = c->regs->arg[1];
    uint64_t arg[3]; /* the largest of them */
    long rc;

    if (op >= sizeof(ops) / sizeof(ops[0]) || !ops[op].fn)
        return xcall_unknown(c, HC_event_channel_op, op);
    rc = xcall_get(c, va, arg, ops[op].size);
    if (rc)
        return rc;
    pthread_mutex_lock(&c->x->lock);
    rc = ops[op].fn(c, arg);
    pthread_mutex_unlock(&c->x->lock);
    if (!rc && ops[op].answers)
        rc = xcall_put(c, va, arg, ops[op].size);
    return rc;
}
