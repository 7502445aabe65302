/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/lib/xen-caller.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "dm/irq.h"

/* ---- the engine ---- */

static bool host_vector(void *opaque, unsigned vcpu, uint8_t vector)
{
    struct xc *c = opaque;

    if (c->apic_off)
        return false;
    atomic_fetch_add(&c->vectors[vcpu], 1);
    return true;
}

static void host_inject(void *opaque, unsigned vcpu, uint8_t vector)
{
    struct xc *c = opaque;

    atomic_fetch_add(&c->injected[vcpu], 1);
}

static void host_line_at(void *opaque, uint8_t gsi)
{
    ((struct xc *)opaque)->line_at = gsi;
}

static void host_line(void *opaque)
{
    atomic_fetch_add(&((struct xc *)opaque)->lines, 1);
}

static int64_t host_time(void *opaque)
{
    return atomic_load(&((struct xc *)opaque)->now);
}

static void host_time_at(void *opaque, unsigned vcpu, gpa_t gpa)
{
    ((struct xc *)opaque)->time_at[vcpu] = gpa;
}

static void host_halt(void *opaque, unsigned vcpu)
{
    ((struct xc *)opaque)->halts[vcpu]++;
}

static void host_wake(void *opaque, unsigned vcpu)
{
    atomic_fetch_add(&((struct xc *)opaque)->wakes[vcpu], 1);
}

static void host_flush_tlbs(void *opaque)
{
    ((struct xc *)opaque)->flushes++;
}

static void host_next_kernel(void *opaque, unsigned vcpu)
{
    ((struct xc *)opaque)->kernels++;
}

static bool host_preempted(void *opaque, unsigned vcpu)
{
    struct xc *c = opaque;

    return c->preempt_every && ++c->looks % c->preempt_every == 0;
}

static const struct xenemu_host host = {
    .vector = host_vector,
    .inject = host_inject,
    .line_at = host_line_at,
    .line = host_line,
    .system_time = host_time,
    .time_at = host_time_at,
    .halt = host_halt,
    .wake = host_wake,
    .flush_tlbs = host_flush_tlbs,
    .next_kernel = host_next_kernel,
    .preempted = host_preempted,
};

/* ---- life ---- */

struct xc *xc_new(bool wide)
{
    static const char *const args[] = {"-m", "16M", NULL};
    const struct xenemu_conf conf = {
        .major = 4, .minor = 17, .vcpus = XC_VCPUS, .grant_frames = XC_FRAMES};
    struct xc *c = calloc(1, sizeof(*c));
    struct cfg_err err;

    ck_assert_ptr_nonnull(c);
    c->t = tv_new("pc", args);
    tv_unlogged(c->t); /* this is KVM's */
    c->now = 1000000000;
    c->x = xenemu_new(&c->t->vm, &conf, &host, c, &err);
    ck_assert_msg(c->x, "%s", err.text);
    c->xenif = xenemu_xenif(c->x);
    vm_lock(&c->t->vm);
    ck_assert_int_eq(xenemu_start(c->x, &err), 0);
    xenemu_reset(c->x);
    xenemu_resume(c->x);
    vm_unlock(&c->t->vm);
    c->regs.wide = wide;
    c->regs.space.vm = &c->t->vm;
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_shared_info, 0, XC_SHARED >> 12),
                     0);
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_grant_table, 0, XC_GRANTS >> 12),
                     0);
    return c;
}

void xc_free(struct xc *c)
{
    vm_lock(&c->t->vm);
    xenemu_free(c->x);
    vm_unlock(&c->t->vm);
    tv_free(c->t);
    free(c);
}

/* ---- calls ---- */

long xc_call(struct xc *c, unsigned nr, uint64_t a, uint64_t b, uint64_t d)
{
    struct xenemu_regs r = c->regs;

    r.rax = nr;
    r.arg[0] = a;
    r.arg[1] = b;
    r.arg[2] = d;
    c->rounds = 0;
    while ((c->then = xenemu_hypercall(c->x, c->vcpu, &r)) == XENEMU_AGAIN) {
        c->rounds++;
        loop_once(c->t->vm.loop, 0);
    }
    return r.wide ? (long)r.rax : (int32_t)r.rax;
}

long xc_op(struct xc *c, unsigned nr, uint64_t op, void *arg, size_t len)
{
    long rc;

    tv_mem_write(c->t, XC_ARG, arg, len);
    rc = xc_call(c, nr, op, XC_ARG, nr == HC_grant_table_op ? 1 : XC_ARG);
    tv_mem_read(c->t, XC_ARG, arg, len);
    return rc;
}

long xc_place(struct xc *c, unsigned space, uint64_t idx, uint64_t gfn)
{
    struct {
        uint16_t domid, size;
        uint32_t space;
        uint64_t idx, gfn;
    } wide = {DOMID_SELF, 0, space, idx, gfn};
    struct {
        uint16_t domid, size;
        uint32_t space, idx, gfn;
    } narrow = {DOMID_SELF, 0, space, (uint32_t)idx, (uint32_t)gfn};

    return c->regs.wide ? xc_op(c, HC_memory_op, XENMEM_add_to_physmap, &wide,
                                sizeof(wide))
                        : xc_op(c, HC_memory_op, XENMEM_add_to_physmap, &narrow,
                                sizeof(narrow));
}

/* ---- event channels ---- */

unsigned xc_unbound(struct xc *c, uint16_t remote)
{
    struct evtchn_alloc_unbound a = {DOMID_SELF, remote, 0};

    return xc_op(c, HC_event_channel_op, EVTCHNOP_alloc_unbound, &a, sizeof(a))
               ? 0
               : a.port;
}

unsigned xc_ipi(struct xc *c, unsigned vcpu)
{
    struct evtchn_bind_ipi a = {vcpu, 0};

    return xc_op(c, HC_event_channel_op, EVTCHNOP_bind_ipi, &a, sizeof(a))
               ? 0
               : a.port;
}

long xc_port(struct xc *c, unsigned op, uint32_t port)
{
    return xc_op(c, HC_event_channel_op, op, &port, sizeof(port));
}

static void set_bit(struct xc *c, unsigned map, unsigned bit, bool to)
{
    uint8_t *p = (uint8_t *)xc_page(c, XC_SHARED >> 12) + map + bit / 8;
    uint8_t mask = (uint8_t)(1u << bit % 8);

    if (to)
        __atomic_fetch_or(p, mask, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(p, (uint8_t)~mask, __ATOMIC_SEQ_CST);
}

bool xc_pending(struct xc *c, unsigned port)
{
    uint8_t *p = (uint8_t *)xc_page(c, XC_SHARED >> 12) + XEN_SI_PENDING;
    bool was = __atomic_load_n(p + port / 8, __ATOMIC_SEQ_CST) >> port % 8 & 1;

    set_bit(c, XEN_SI_PENDING, port, false);
    return was;
}

void xc_mask(struct xc *c, unsigned port, bool mask)
{
    set_bit(c, c->regs.wide ? XEN_SI_MASK_64 : XEN_SI_MASK_32, port, mask);
}

static uint8_t *info(struct xc *c, unsigned vcpu)
{
    return (uint8_t *)xc_page(c, XC_SHARED >> 12) + vcpu * XEN_VCPU_INFO;
}

void xc_handled(struct xc *c, unsigned vcpu)
{
    uint8_t *sel = info(c, vcpu) + (c->regs.wide ? 8 : 4);

    __atomic_store_n(info(c, vcpu), 0, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < (c->regs.wide ? 8 : 4); i++)
        __atomic_store_n(sel + i, 0, __ATOMIC_SEQ_CST);
}

bool xc_called(struct xc *c, unsigned vcpu)
{
    return __atomic_load_n(info(c, vcpu), __ATOMIC_SEQ_CST);
}

/* ---- memory ---- */

void *xc_page(struct xc *c, uint64_t gfn)
{
    struct gmap m;

    ck_assert_int_eq(mem_map(&c->t->vm, gfn << 12, XEN_PAGE, true, &m), 0);
    return m.ptr;
}

volatile struct grant_entry *xc_grant(struct xc *c, uint32_t ref,
                                      uint16_t flags, uint16_t dom,
                                      uint32_t frame)
{
    volatile struct grant_entry *e =
        (volatile struct grant_entry *)xc_page(c, XC_GRANTS >> 12) + ref;

    e->domid = dom;
    e->frame = frame;
    e->flags = flags;
    return e;
}
