/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a vCPU learns of an event: its vcpu_info and a vector. x->lock is held
 * everywhere here. The guest changes the same words at any time, as its
 * kernel and we agree: each of us only with atomic instructions.
 */
#include "config.h"

#include "dm/irq.h"
#include "kvm/xenemu/xenemu-priv.h"

static unsigned words_bits(const struct xenemu *x)
{
    return x->wide ? 64 : 32;
}

/* A bitmap of longs is the same bytes in both widths. */
static bool set_bit(uint8_t *map, unsigned bit)
{
    uint8_t mask = 1u << bit % 8;

    return __atomic_fetch_or(map + bit / 8, mask, __ATOMIC_SEQ_CST) & mask;
}

static bool test_bit(const uint8_t *map, unsigned bit)
{
    return __atomic_load_n(map + bit / 8, __ATOMIC_SEQ_CST) >> bit % 8 & 1;
}

static void clear_bit(uint8_t *map, unsigned bit)
{
    __atomic_fetch_and(map + bit / 8, (uint8_t) ~(1u << bit % 8),
                       __ATOMIC_SEQ_CST);
}

static uint8_t *mask_map(struct xenemu *x)
{
    return x->shared + (x->wide ? XEN_SI_MASK_64 : XEN_SI_MASK_32);
}

static uint8_t *pending_sel(struct xenemu *x, struct xen_vcpu *v)
{
    return v->info + (x->wide ? 8 : 4);
}

bool xen_upcall_pending(struct xenemu *x, unsigned i)
{
    struct xen_vcpu *v = &x->vcpu[i];

    return v->info && __atomic_load_n(v->info, __ATOMIC_SEQ_CST);
}

static bool waits_no_more(struct xenemu *x, struct xen_vcpu *v)
{
    bool waited = v->waits;

    x->pollers -= v->polls;
    v->waits = v->polls = false;
    v->poll = TIMER_NEVER;
    return waited;
}

void xen_vcpu_wake(struct xenemu *x, unsigned i)
{
    if (waits_no_more(x, &x->vcpu[i]))
        x->host->wake(x->opaque, i);
}

/* An APIC that is off loses what comes; a vCPU's next hypercall or event
 * makes us try again. */
void xen_upcall_again(struct xenemu *x, unsigned i)
{
    struct xen_vcpu *v = &x->vcpu[i];

    v->lost = false;
    if (!xen_upcall_pending(x, i))
        return;
    xen_vcpu_wake(x, i);
    if (v->vector)
        v->lost = !x->host->vector(x->opaque, i, v->vector);
    else if (x->vector)
        x->host->inject(x->opaque, i, x->vector);
    else if (!i && x->gsi != IRQ_NO_ROUTE)
        x->host->line(x->opaque);
}

/* It makes a hypercall: whatever it waited for, an interrupt was first. */
void xen_vcpu_runs(struct xenemu *x, unsigned i)
{
    waits_no_more(x, &x->vcpu[i]);
    if (x->vcpu[i].lost)
        xen_upcall_again(x, i);
}

/* The ways of guests that set no vector for each vCPU: one vector for all, or
 * a line, of vCPU 0 alone. */
void xen_callback_set(struct xenemu *x, uint8_t gsi)
{
    uint64_t via = x->param[HVM_PARAM_CALLBACK_IRQ];

    x->vector = via >> 56 == HVM_CALLBACK_VECTOR ? via : 0;
    /* Linux also names a line, which it does not mean */
    x->gsi = x->vcpu[0].vector ? IRQ_NO_ROUTE : gsi;
    x->host->line_at(x->opaque, x->gsi);
    for (unsigned i = 0; i < x->conf.vcpus; i++)
        xen_upcall_again(x, i);
}

/* The guest has ended the interrupt: is there more? */
void xenemu_line_ended(struct xenemu *x)
{
    pthread_mutex_lock(&x->lock);
    if (x->gsi != IRQ_NO_ROUTE)
        xen_upcall_again(x, 0);
    pthread_mutex_unlock(&x->lock);
}

static void upcall(struct xenemu *x, unsigned i, unsigned word)
{
    struct xen_vcpu *v = &x->vcpu[i];

    if (!v->info)
        return;
    if (set_bit(pending_sel(x, v), word) && !v->lost)
        return;
    if (!__atomic_exchange_n(v->info, 1, __ATOMIC_SEQ_CST) || v->lost)
        xen_upcall_again(x, i);
}

bool xen_port_pending(struct xenemu *x, unsigned p)
{
    return test_bit(x->shared + XEN_SI_PENDING, p);
}

void xen_port_clear(struct xenemu *x, unsigned p)
{
    clear_bit(x->shared + XEN_SI_PENDING, p);
}

/* Those that poll wait for ports, masked or not; which, the guest looks. */
static void wake_pollers(struct xenemu *x)
{
    for (unsigned i = 0; x->pollers && i < x->conf.vcpus; i++)
        if (x->vcpu[i].polls)
            xen_vcpu_wake(x, i);
}

void xen_port_raise(struct xenemu *x, unsigned p)
{
    if (p >= xen_ports(x) || set_bit(x->shared + XEN_SI_PENDING, p))
        return;
    if (!test_bit(mask_map(x), p))
        upcall(x, x->port[p].vcpu, p / words_bits(x));
    wake_pollers(x);
}

void xen_port_unmask(struct xenemu *x, unsigned p)
{
    clear_bit(mask_map(x), p);
    if (xen_port_pending(x, p))
        upcall(x, x->port[p].vcpu, p / words_bits(x));
}

/* ---- where things are ---- */

void xen_vcpu_place(struct xenemu *x, unsigned i)
{
    struct xen_vcpu *v = &x->vcpu[i];
    gpa_t gpa = XENEMU_NO_TIME;

    if (v->registered) {
        gpa = v->info_gpa;
    } else {
        v->info = NULL;
        if (i < XEN_LEGACY_VCPUS) {
            v->info = x->shared + i * XEN_VCPU_INFO;
            if (x->shared_at.shown)
                gpa = x->shared_at.gpa + i * XEN_VCPU_INFO;
        }
    }
    x->host->time_at(x->opaque, i,
                     gpa == XENEMU_NO_TIME ? gpa : gpa + XEN_VCPU_INFO_TIME);
}

void xen_shared_placed(struct xenemu *x)
{
    for (unsigned i = 0; i < x->conf.vcpus; i++)
        if (!x->vcpu[i].registered)
            xen_vcpu_place(x, i);
    xen_wallclock(x);
}

void xen_set_wide(struct xenemu *x, bool wide)
{
    x->wide = wide;
    xen_wallclock(x);
}
