/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvm/xenemu: Xen's interfaces, call by call, for guests of both widths. */
#include "config.h"

#include <check.h>
#include <poll.h>
#include <string.h>

#include "dm/irq.h"
#include "dm/xenif.h"
#include "tests/lib/suite.h"
#include "tests/lib/xen-caller.h"

static struct xc *c;

static void setup(void)
{
    c = xc_new(true);
}

static void teardown(void)
{
    xc_free(c);
}

/* From now on the guest is a 32-bit one. */
static void be_narrow(void)
{
    xc_free(c);
    c = xc_new(false);
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

/* ---- calling ---- */

START_TEST(what_it_says_of_itself)
{
    uint32_t fi[2] = {0, 0}, leaf[4];
    char text[1024] = "";

    ck_assert_int_eq(xc_call(c, HC_xen_version, 0, 0, 0), 4 << 16 | 17);
    ck_assert_int_eq(
        xc_op(c, HC_xen_version, XENVER_get_features, fi, sizeof(fi)), 0);
    ck_assert_uint_eq(fi[1], 1u << XENFEAT_writable_page_tables |
                                 1u << XENFEAT_auto_translated_physmap |
                                 1u << XENFEAT_hvm_callback_vector |
                                 1u << XENFEAT_hvm_safe_pvclock |
                                 1u << XENFEAT_not_direct_mapped);
    fi[0] = 1;
    ck_assert_int_eq(
        xc_op(c, HC_xen_version, XENVER_get_features, fi, sizeof(fi)), 0);
    ck_assert_uint_eq(fi[1], 0);
    ck_assert_int_eq(
        xc_op(c, HC_xen_version, XENVER_capabilities, text, sizeof(text)), 0);
    ck_assert_ptr_nonnull(strstr(text, "hvm-3.0-x86_64"));
    ck_assert_int_eq(xc_call(c, HC_xen_version, XENVER_pagesize, 0, 0), 4096);
    ck_assert(xenemu_cpuid(c->x, 4, 2, leaf) && leaf[1] == 2 && leaf[2] == 1);
    ck_assert(!xenemu_cpuid(c->x, 5, 0, leaf));
}
END_TEST

START_TEST(only_the_kernel_calls)
{
    c->regs.cpl = 3;
    ck_assert_int_eq(xc_call(c, HC_xen_version, 0, 0, 0), -XEN_EPERM);
    c->regs.cpl = 0;
    ck_assert_int_eq(xc_call(c, 63, 0, 0, 0), -XEN_ENOSYS);
    ck_assert_int_eq(xc_call(c, 1u << 31, 0, 0, 0), -XEN_ENOSYS);
    ck_assert_int_eq(xc_call(c, HC_event_channel_op, 4, XC_RAM, 0),
                     -XEN_EFAULT);
    ck_assert_int_eq(xc_call(c, HC_event_channel_op, 4, UINT64_MAX - 1, 0),
                     -XEN_EFAULT);
}
END_TEST

START_TEST(the_page_of_hypercalls)
{
    uint8_t page[4096];

    ck_assert(!xenemu_msr_write(c->x, 0x50001, true));
    ck_assert(!xenemu_msr_write(c->x, XC_RAM, true));
    ck_assert(xenemu_msr_write(c->x, 0x50000, true));
    tv_mem_read(c->t, 0x50000, page, sizeof(page));
    for (unsigned i = 0; i < 128; i++) {
        const uint8_t code[] = {0xb8, (uint8_t)i, 0,           0,
                                0,    0xe6,       XENEMU_PORT, 0xc3};

        ck_assert_mem_eq(page + 32 * i, code, sizeof(code));
    }
}
END_TEST

/* What Linux has since XSA-466; other places with the same bytes stay. */
START_TEST(kernels_without_a_page)
{
    static const uint8_t amd[] = {0x0f, 0x01, 0xd9, 0xc3},
                         intel[] = {0x0f, 0x01, 0xc1, 0xe9},
                         ours[] = {0xe6, XENEMU_PORT, 0x90};
    const uint64_t kernel = 0x400000;
    uint8_t got[4];

    tv_mem_write(c->t, kernel + 0x100, amd, 4);   /* alone */
    tv_mem_write(c->t, kernel + 0x208, amd, 4);   /* no function */
    tv_mem_write(c->t, kernel + 0x218, intel, 4); /* of another */
    xenemu_patch(c->x, 0, &c->regs.space, kernel);
    tv_mem_read(c->t, kernel + 0x208, got, 4);
    ck_assert_mem_eq(got, amd, 4);

    /* across the border of what is looked at at once */
    tv_mem_write(c->t, kernel + 0xfff0, amd, 4);
    tv_mem_write(c->t, kernel + 0x10010, intel, 4);
    xenemu_patch(c->x, 0, &c->regs.space, kernel);
    tv_mem_read(c->t, kernel + 0xfff0, got, 4);
    ck_assert_mem_eq(got, ours, 3);
    ck_assert_uint_eq(got[3], 0xc3);
    tv_mem_read(c->t, kernel + 0x10010, got, 4);
    ck_assert_mem_eq(got, ours, 3);
    tv_mem_read(c->t, kernel + 0x100, got, 4);
    ck_assert_mem_eq(got, amd, 4);

    /* Debian 13's: with ENDBR */
    tv_mem_write(c->t, kernel + 0x20000, "\xf3\x0f\x1e\xfa", 4);
    tv_mem_write(c->t, kernel + 0x20004, amd, 4);
    tv_mem_write(c->t, kernel + 0x20020, "\xf3\x0f\x1e\xfa", 4);
    tv_mem_write(c->t, kernel + 0x20024, intel, 4);
    xenemu_patch(c->x, 0, &c->regs.space, kernel);
    tv_mem_read(c->t, kernel + 0x20004, got, 4);
    ck_assert_mem_eq(got, ours, 3);
    tv_mem_read(c->t, kernel + 0x20024, got, 4);
    ck_assert_mem_eq(got, ours, 3);
}
END_TEST

/* To look for one is much work: not for each processor that a kernel starts,
 * nor for a guest that begins again and again. */
START_TEST(looks_for_kernels_have_an_end)
{
    static const uint8_t call[] = {
        0x0f, 0x01, 0xd9, 0xc3, [16] = 0x0f, 0x01, 0xc1, 0xc3};
    const uint64_t kernel = 0x400000;
    uint8_t got[sizeof(call)];

    tv_mem_write(c->t, kernel, call, sizeof(call));
    xenemu_patch(c->x, 0, &c->regs.space, kernel);
    tv_mem_write(c->t, kernel, call, sizeof(call));
    xenemu_patch(c->x, 1, &c->regs.space, kernel);
    tv_mem_read(c->t, kernel, got, sizeof(call));
    ck_assert_mem_eq(got, call, sizeof(call));
    xenemu_patch(c->x, 0, &c->regs.space, kernel); /* another kernel */
    tv_mem_read(c->t, kernel, got, sizeof(call));
    ck_assert_mem_ne(got, call, sizeof(call));

    for (unsigned i = 0; i < 32 * XC_VCPUS; i++)
        xenemu_patch(c->x, 0, &c->regs.space, kernel);
    tv_mem_write(c->t, kernel, call, sizeof(call));
    xenemu_patch(c->x, 0, &c->regs.space, kernel);
    tv_mem_read(c->t, kernel, got, sizeof(call));
    ck_assert_mem_eq(got, call, sizeof(call));
    vm_lock(&c->t->vm);
    xenemu_reset(c->x);
    vm_unlock(&c->t->vm);
    xenemu_patch(c->x, 0, &c->regs.space, kernel);
    tv_mem_read(c->t, kernel, got, sizeof(call));
    ck_assert_mem_ne(got, call, sizeof(call));
}
END_TEST

/* ---- memory ---- */

START_TEST(our_pages_come_and_go)
{
    uint64_t mine = 0x1122334455667788, got;

    tv_mem_write(c->t, 0x60000, &mine, sizeof(mine));
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_shared_info, 0, 0x60), 0);
    tv_mem_read(c->t, 0x60000, &got, sizeof(got));
    ck_assert(got != mine);
    ck_assert_uint_eq(c->time_at[1], 0x60000 + 64 + 32);
    /* a frame in its place: the shared page is nowhere */
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_grant_table, 1, 0x60), 0);
    ck_assert_uint_eq(c->time_at[1], XENEMU_NO_TIME);
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_grant_table, 1, 0x61), 0);
    tv_mem_read(c->t, 0x60000, &got, sizeof(got));
    ck_assert_uint_eq(got, mine);
    /* where there was nothing; where there are chips; beyond */
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_grant_table, 2, 0xf0000), 0);
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_grant_table, 2, 0xfee00),
                     -XEN_EINVAL);
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_grant_table, 2, 1ull << 52),
                     -XEN_EINVAL);
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_grant_table, XC_FRAMES, 0x62),
                     -XEN_EINVAL);
    ck_assert_int_eq(xc_place(c, 2, 0, 0x62), -XEN_EINVAL);
}
END_TEST

static unsigned pieces(void)
{
    struct mem_slot s;
    unsigned n = 0;

    while (mem_slot_at(&c->t->vm, n, &s))
        n++;
    return n;
}

/* Memory is cut for our pages, and whole again behind them. */
START_TEST(memory_heals)
{
    unsigned before = pieces();

    for (unsigned i = 0; i < 200; i++) {
        ck_assert_int_eq(xc_place(c, XENMAPSPACE_shared_info, 0, 0x200 + 3 * i),
                         0);
        ck_assert_int_eq(
            xc_place(c, XENMAPSPACE_grant_table, i & 3, 0x201 + 3 * i), 0);
    }
    ck_assert_uint_le(pieces(), before + 8);
    vm_lock(&c->t->vm);
    xenemu_reset(c->x);
    vm_unlock(&c->t->vm);
    ck_assert_uint_lt(pieces(), before);
}
END_TEST

static long reservation(unsigned op, uint64_t list, uint64_t n, unsigned order)
{
    struct {
        uint64_t list, n;
        uint32_t order, flags;
        uint16_t domid;
    } wide = {list, n, order, 0, DOMID_SELF};
    struct {
        uint32_t list, n, order, flags;
        uint16_t domid;
    } narrow = {(uint32_t)list, (uint32_t)n, order, 0, DOMID_SELF};

    return c->regs.wide ? xc_op(c, HC_memory_op, op, &wide, sizeof(wide))
                        : xc_op(c, HC_memory_op, op, &narrow, sizeof(narrow));
}

static long current_pages(void)
{
    uint16_t domid = DOMID_SELF;

    return xc_op(c, HC_memory_op, XENMEM_current_reservation, &domid, 2);
}

static void balloon(void)
{
    unsigned word = c->regs.wide ? 8 : 4;
    const long all = XC_RAM / 4096;
    uint32_t mine = 42, got;

    for (uint64_t i = 0, gfn; i < 100; i++) {
        gfn = 0x300 + i;
        tv_mem_write(c->t, 0x40000 + i * word, &gfn, word);
    }
    tv_mem_write(c->t, 0x300000, &mine, sizeof(mine));
    ck_assert_int_eq(current_pages(), all);
    ck_assert_int_eq(reservation(XENMEM_decrease_reservation, 0x40000, 100, 0),
                     100);
    ck_assert_int_eq(current_pages(), all - 100);
    tv_mem_read(c->t, 0x300000, &got, sizeof(got));
    ck_assert_uint_eq(got, 0);
    /* twice, and what there is not */
    ck_assert_int_eq(reservation(XENMEM_decrease_reservation, 0x40000, 100, 0),
                     0);
    ck_assert_int_eq(reservation(XENMEM_populate_physmap, 0x40000, 100, 0),
                     100);
    ck_assert_int_eq(reservation(XENMEM_populate_physmap, 0x40000, 1, 0), 0);
    ck_assert_int_eq(current_pages(), all);
    /* pieces, by number of the first page */
    ck_assert_int_eq(reservation(XENMEM_decrease_reservation, 0x40000, 1, 8),
                     1);
    ck_assert_int_eq(current_pages(), all - 256);
    ck_assert_int_eq(
        reservation(XENMEM_decrease_reservation, 0x40000 + word, 1, 1), 0);
    ck_assert_int_eq(reservation(XENMEM_decrease_reservation, 0x40000, 1, 10),
                     0);
}

START_TEST(ballooning)
{
    balloon();
    be_narrow();
    balloon();
}
END_TEST

START_TEST(many_pages_at_once)
{
    struct {
        uint16_t domid, space, size, foreign;
        uint64_t idxs, gfns, errs;
    } a = {
        DOMID_SELF, XENMAPSPACE_grant_table, XC_FRAMES + 1, 0, 0x40000, 0x41000,
        0x42000};
    int32_t err[XC_FRAMES + 1];

    for (uint64_t i = 0, gfn; i <= XC_FRAMES; i++) {
        gfn = 0x200 + i;
        tv_mem_write(c->t, 0x40000 + 8 * i, &i, 8);
        tv_mem_write(c->t, 0x41000 + 8 * i, &gfn, 8);
    }
    ck_assert_int_eq(
        xc_op(c, HC_memory_op, XENMEM_add_to_physmap_batch, &a, sizeof(a)), 0);
    tv_mem_read(c->t, 0x42000, err, sizeof(err));
    for (unsigned i = 0; i <= XC_FRAMES; i++)
        ck_assert_int_eq(err[i], i < XC_FRAMES ? 0 : -XEN_EINVAL);
}
END_TEST

START_TEST(what_memory_there_is)
{
    struct {
        uint64_t addr, size;
        uint32_t type;
    } __attribute__((packed)) map[4];
    struct {
        uint32_t n;
        uint64_t buf;
    } a = {4, 0x40000};

    ck_assert_int_eq(xc_op(c, HC_memory_op, XENMEM_memory_map, &a, sizeof(a)),
                     0);
    ck_assert_uint_eq(a.n, 2);
    tv_mem_read(c->t, 0x40000, map, sizeof(map));
    ck_assert_uint_eq(map[1].addr, 1 << 20);
    ck_assert_uint_eq(map[1].size, XC_RAM - (1 << 20));
    ck_assert_int_eq(xc_call(c, HC_memory_op, XENMEM_maximum_gpfn, 0, 0),
                     XC_RAM / 4096 - 1);
}
END_TEST

/* ---- event channels ---- */

static void ipis(void)
{
    unsigned p = xc_ipi(c, 2), q = xc_ipi(c, 2);
    struct hvm_upcall_vector v = {2, 0xf3};

    ck_assert(p && q && p != q);
    ck_assert_int_eq(
        xc_op(c, HC_hvm_op, HVMOP_set_evtchn_upcall_vector, &v, sizeof(v)), 0);
    /* one call for as many events as come before it is handled */
    ck_assert_int_eq(xc_port(c, EVTCHNOP_send, p), 0);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_send, q), 0);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_send, p), 0);
    ck_assert_uint_eq(c->vectors[2], 1);
    ck_assert(xc_called(c, 2) && !xc_called(c, 0));
    xc_handled(c, 2);
    ck_assert(xc_pending(c, p) && xc_pending(c, q) && !xc_pending(c, p));
    /* masked: no call until it is not */
    xc_mask(c, p, true);
    xc_port(c, EVTCHNOP_send, p);
    ck_assert(!xc_called(c, 2));
    ck_assert_int_eq(xc_port(c, EVTCHNOP_unmask, p), 0);
    ck_assert_uint_eq(c->vectors[2], 2);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_close, p), 0);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_close, p), -XEN_EINVAL);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_send, p), -XEN_EINVAL);
    ck_assert(!xc_pending(c, p));
}

START_TEST(events_between_processors)
{
    ipis();
    be_narrow();
    ipis();
}
END_TEST

START_TEST(an_apic_that_is_off)
{
    unsigned p = xc_ipi(c, 1);
    struct hvm_upcall_vector v = {1, 0x40};

    xc_op(c, HC_hvm_op, HVMOP_set_evtchn_upcall_vector, &v, sizeof(v));
    c->apic_off = true;
    xc_port(c, EVTCHNOP_send, p);
    ck_assert(xc_called(c, 1));
    c->apic_off = false;
    c->vcpu = 1; /* which makes a hypercall now that it is up */
    xc_call(c, HC_sched_op, SCHEDOP_yield, 0, 0);
    ck_assert_uint_eq(c->vectors[1], 1);
    xc_call(c, HC_sched_op, SCHEDOP_yield, 0, 0);
    ck_assert_uint_eq(c->vectors[1], 1);
}
END_TEST

START_TEST(virtual_interrupts)
{
    struct evtchn_bind_virq a = {VIRQ_TIMER, 3, 0};
    struct evtchn_status s = {DOMID_SELF, 0, 0, 0, 0, {{0}}};

#define BIND() xc_op(c, HC_event_channel_op, EVTCHNOP_bind_virq, &a, sizeof(a))
    ck_assert_int_eq(BIND(), 0);
    ck_assert_int_eq(BIND(), -XEN_EEXIST);
    s.port = a.port;
    ck_assert_int_eq(
        xc_op(c, HC_event_channel_op, EVTCHNOP_status, &s, sizeof(s)), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_virq);
    ck_assert_uint_eq(s.vcpu, 3);
    xc_port(c, EVTCHNOP_close, a.port);
    ck_assert_int_eq(BIND(), 0);
    a.vcpu = XC_VCPUS;
    ck_assert_int_eq(BIND(), -XEN_ENOENT);
    a = (struct evtchn_bind_virq){2, 1, 0}; /* one for all */
    ck_assert_int_eq(BIND(), -XEN_EINVAL);
    a.vcpu = 0;
    ck_assert_int_eq(BIND(), 0);
    a.virq = XEN_VIRQS;
    ck_assert_int_eq(BIND(), -XEN_EINVAL);
#undef BIND
}
END_TEST

START_TEST(a_channel_to_oneself)
{
    unsigned p = xc_unbound(c, DOMID_SELF);
    struct evtchn_bind_interdomain a = {DOMID_SELF, 0, p, 0};

    ck_assert_int_eq(
        xc_op(c, HC_event_channel_op, EVTCHNOP_bind_interdomain, &a, sizeof(a)),
        0);
    ck_assert(xc_pending(c, a.local_port));
    xc_port(c, EVTCHNOP_send, p);
    ck_assert(xc_pending(c, a.local_port) && !xc_pending(c, p));
    xc_port(c, EVTCHNOP_send, a.local_port);
    ck_assert(xc_pending(c, p));
    xc_port(c, EVTCHNOP_close, a.local_port);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_send, p), 0); /* nobody hears it */
    /* what is for others, or nobody's */
    a.remote_port = xc_unbound(c, 0);
    ck_assert_int_eq(
        xc_op(c, HC_event_channel_op, EVTCHNOP_bind_interdomain, &a, sizeof(a)),
        -XEN_EINVAL);
    a.remote_dom = 7;
    ck_assert_int_eq(
        xc_op(c, HC_event_channel_op, EVTCHNOP_bind_interdomain, &a, sizeof(a)),
        -XEN_ESRCH);
}
END_TEST

START_TEST(a_backend_s_end)
{
    const struct xenif_ops *ops = c->xenif->ops;
    unsigned p = xc_unbound(c, 0);
    evtchn_port_t local, other;
    int fd, fd2;

    ck_assert_int_eq(ops->evtchn_bind(c->xenif, p, &local, &fd), 0);
    ck_assert_int_ne(ops->evtchn_bind(c->xenif, p, &other, &fd2), 0);
    ck_assert_int_ne(ops->evtchn_bind(c->xenif, 0, &other, &fd2), 0);
    ck_assert_int_ne(ops->evtchn_bind(c->xenif, 70000, &other, &fd2), 0);
    ck_assert_int_ne(ops->evtchn_bind(c->xenif, xc_unbound(c, 5), &other, &fd2),
                     0);
    /* it begins with one, since the guest may have sent some before */
    ck_assert(ops->evtchn_pending(c->xenif, local));
    ck_assert(!ops->evtchn_pending(c->xenif, local));
    xc_port(c, EVTCHNOP_send, p);
    ck_assert(!readable(fd)); /* masked since it was taken */
    ops->evtchn_unmask(c->xenif, local);
    ck_assert(readable(fd) && ops->evtchn_pending(c->xenif, local));
    ops->evtchn_unmask(c->xenif, local);
    ck_assert(!readable(fd));
    ck_assert_int_eq(ops->evtchn_notify(c->xenif, local), 0);
    ck_assert(xc_pending(c, p));
    /* one goes: the other stays, and hears nothing */
    xc_port(c, EVTCHNOP_close, p);
    ck_assert_int_eq(ops->evtchn_notify(c->xenif, local), 0);
    ck_assert(!xc_pending(c, p));
    ops->evtchn_unbind(c->xenif, local);
    p = xc_unbound(c, 0);
    ck_assert_int_eq(ops->evtchn_bind(c->xenif, p, &local, &fd), 0);
    ops->evtchn_unbind(c->xenif, local);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_send, p), 0);
    ck_assert_int_eq(ops->evtchn_bind(c->xenif, p, &local, &fd), 0);
    ops->evtchn_unbind(c->xenif, local);
}
END_TEST

/* ---- being called ---- */

static long callback(uint64_t via)
{
    struct hvm_param p = {DOMID_SELF, 0, HVM_PARAM_CALLBACK_IRQ, via};

    return xc_op(c, HC_hvm_op, HVMOP_set_param, &p, sizeof(p));
}

START_TEST(ways_to_be_called)
{
    unsigned p = xc_ipi(c, 0);
    struct hvm_upcall_vector v = {0, 0x40};

    ck_assert_int_eq(callback(2ull << 56 | 0xf3), 0);
    xc_port(c, EVTCHNOP_send, p);
    ck_assert_uint_eq(c->injected[0], 1);
    xc_handled(c, 0);
    xc_pending(c, p);

    ck_assert_int_eq(callback(10), 0);
    ck_assert_uint_eq(c->line_at, 10);
    xc_port(c, EVTCHNOP_send, p);
    ck_assert_uint_eq(c->lines, 1);
    xenemu_line_ended(c->x); /* and it has not looked */
    ck_assert_uint_eq(c->lines, 2);
    xc_handled(c, 0);
    xenemu_line_ended(c->x);
    ck_assert_uint_eq(c->lines, 2);
    xc_pending(c, p);

    /* a line that the guest has not routed, and one that is none */
    ck_assert_int_eq(callback(1ull << 56 | 2 << 11), 0);
    ck_assert_uint_eq(c->line_at, IRQ_NO_ROUTE);
    ck_assert_int_eq(callback(24), 0);
    ck_assert_uint_eq(c->line_at, IRQ_NO_ROUTE);

    ck_assert_int_eq(
        xc_op(c, HC_hvm_op, HVMOP_set_evtchn_upcall_vector, &v, sizeof(v)), 0);
    ck_assert_int_eq(callback(1), 0); /* Linux: not meant */
    ck_assert_uint_eq(c->line_at, IRQ_NO_ROUTE);
    xc_port(c, EVTCHNOP_send, p);
    ck_assert_uint_eq(c->vectors[0], 1);
}
END_TEST

START_TEST(parameters)
{
    struct hvm_param p = {DOMID_SELF, 0, HVM_PARAM_STORE_EVTCHN, 0};

#define GET() xc_op(c, HC_hvm_op, HVMOP_get_param, &p, sizeof(p))
    ck_assert_int_eq(GET(), 0);
    ck_assert_uint_gt(p.value, 0);
    ck_assert_int_eq(xc_op(c, HC_hvm_op, HVMOP_set_param, &p, sizeof(p)),
                     -XEN_EPERM);
    p.index = HVM_PARAM_STORE_PFN;
    ck_assert_int_eq(GET(), 0);
    xc_page(c, p.value); /* is there */
    p.index = HVM_NR_PARAMS;
    ck_assert_int_eq(GET(), -XEN_EINVAL);
    p.index = 5;
    ck_assert_int_eq(GET(), -XEN_EPERM);
    p = (struct hvm_param){3, 0, HVM_PARAM_STORE_PFN, 0};
    ck_assert_int_eq(GET(), -XEN_ESRCH);
#undef GET
}
END_TEST

START_TEST(flushes)
{
    ck_assert_int_eq(xc_call(c, HC_hvm_op, HVMOP_flush_tlbs, XC_ARG, 0),
                     -XEN_EINVAL);
    ck_assert_uint_eq(c->flushes, 0);
    ck_assert_int_eq(xc_call(c, HC_hvm_op, HVMOP_flush_tlbs, 0, 0), 0);
    ck_assert_uint_eq(c->flushes, 1);
}
END_TEST

START_TEST(a_vcpu_info_elsewhere)
{
    struct {
        uint64_t mfn;
        uint32_t offset, rsvd;
    } a = {0x70, 4096 - 64, 0};
    unsigned p = xc_ipi(c, 1);
    uint8_t *there = (uint8_t *)xc_page(c, 0x70) + 4096 - 64;

    xc_port(c, EVTCHNOP_send, p);
    tv_mem_write(c->t, XC_ARG, &a, sizeof(a));
#define REGISTER(v) xc_call(c, HC_vcpu_op, VCPUOP_register_vcpu_info, v, XC_ARG)
    ck_assert_int_eq(REGISTER(XC_VCPUS), -XEN_ENOENT);
    ck_assert_int_eq(REGISTER(1), 0);
    ck_assert_uint_eq(there[0], 1); /* what was pending came along */
    ck_assert_uint_eq(c->time_at[1], 0x71000 - 32);
    ck_assert_int_eq(REGISTER(1), -XEN_EINVAL);
    a.offset = 4096 - 56;
    tv_mem_write(c->t, XC_ARG, &a, sizeof(a));
    ck_assert_int_eq(REGISTER(2), -XEN_EINVAL);
    a.offset = 0;
    a.mfn = XC_RAM / 4096;
    tv_mem_write(c->t, XC_ARG, &a, sizeof(a));
    ck_assert_int_eq(REGISTER(2), -XEN_EINVAL);
#undef REGISTER
    there[0] = 0;
    memset(there + 8, 0, 8);
    xc_pending(c, p);
    xc_port(c, EVTCHNOP_send, p);
    ck_assert_uint_eq(there[0], 1);
}
END_TEST

/* ---- time ---- */

static bool fired(void *opaque)
{
    return atomic_load(&c->vectors[1]) == *(unsigned *)opaque;
}

START_TEST(timers)
{
    struct evtchn_bind_virq virq = {VIRQ_TIMER, 1, 0};
    struct hvm_upcall_vector v = {1, 0x40};
    struct {
        uint64_t timeout;
        uint32_t flags;
    } once = {0, 0};
    uint64_t period = 1000;
    unsigned n = 1;

    xc_op(c, HC_event_channel_op, EVTCHNOP_bind_virq, &virq, sizeof(virq));
    xc_op(c, HC_hvm_op, HVMOP_set_evtchn_upcall_vector, &v, sizeof(v));
    c->vcpu = 1;
#define VCPU(op, p)                               \
    (tv_mem_write(c->t, XC_ARG, &(p), sizeof(p)), \
     xc_call(c, HC_vcpu_op, VCPUOP_##op, 1, XC_ARG))
    once.timeout = c->now + 1000;
    ck_assert_int_eq(VCPU(set_singleshot_timer, once), 0);
    c->now += 1000;
    ck_assert(tv_wait(c->t, fired, &n, 5000));
    xc_handled(c, 1);
    ck_assert(xc_pending(c, virq.port));
    /* past: at once, or refused */
    once.flags = VCPU_SSHOTTMR_future;
    once.timeout--;
    ck_assert_int_eq(VCPU(set_singleshot_timer, once), -XEN_ETIME);
    once.flags = 0;
    ck_assert_int_eq(VCPU(set_singleshot_timer, once), 0);
    n++;
    ck_assert(tv_wait(c->t, fired, &n, 5000));
    xc_handled(c, 1);
    xc_pending(c, virq.port);
    ck_assert_int_eq(xc_call(c, HC_set_timer_op, c->now - 1, 0, 0), 0);
    n++;
    ck_assert(tv_wait(c->t, fired, &n, 5000));
    xc_handled(c, 1);
    xc_pending(c, virq.port);
    c->vcpu = 0;
    ck_assert_int_eq(VCPU(set_singleshot_timer, once), -XEN_EINVAL);
    c->vcpu = 1;
    ck_assert_int_eq(VCPU(set_periodic_timer, period), -XEN_EINVAL);
    period = 1000000;
    ck_assert_int_eq(VCPU(set_periodic_timer, period), 0);
    c->now += 1000000;
    n++;
    ck_assert(tv_wait(c->t, fired, &n, 5000));
    ck_assert_int_eq(VCPU(stop_periodic_timer, period), 0);
#undef VCPU
}
END_TEST

START_TEST(a_pause_stops_timers)
{
    struct hvm_upcall_vector v = {1, 0x40};
    struct evtchn_bind_virq virq = {VIRQ_TIMER, 1, 0};
    unsigned n = 1;

    xc_op(c, HC_event_channel_op, EVTCHNOP_bind_virq, &virq, sizeof(virq));
    xc_op(c, HC_hvm_op, HVMOP_set_evtchn_upcall_vector, &v, sizeof(v));
    c->vcpu = 1;
    vm_lock(&c->t->vm);
    xenemu_pause(c->x);
    vm_unlock(&c->t->vm);
    xc_call(c, HC_set_timer_op, c->now - 1, 0, 0);
    ck_assert(!tv_wait(c->t, fired, &n, 20));
    vm_lock(&c->t->vm);
    xenemu_resume(c->x);
    vm_unlock(&c->t->vm);
    ck_assert(tv_wait(c->t, fired, &n, 5000));
}
END_TEST

static long poll_ports(uint32_t port, unsigned n, uint64_t timeout)
{
    struct {
        uint64_t ports;
        uint32_t n;
        uint64_t timeout;
    } wide = {0x40000, n, timeout};
    struct {
        uint32_t ports, n;
        uint64_t timeout;
    } narrow = {0x40000, n, timeout};

    tv_mem_write(c->t, 0x40000, &port, sizeof(port));
    return c->regs.wide
               ? xc_op(c, HC_sched_op, SCHEDOP_poll, &wide, sizeof(wide))
               : xc_op(c, HC_sched_op, SCHEDOP_poll, &narrow, sizeof(narrow));
}

static bool woken(void *opaque)
{
    return atomic_load(&c->wakes[0]) == *(unsigned *)opaque;
}

static void waiting(void)
{
    unsigned p = xc_ipi(c, 1), q = xc_ipi(c, 0), n = 1;

    xc_mask(c, p, true);
    ck_assert_int_eq(poll_ports(p, 1, 0), 0);
    ck_assert_uint_eq(c->halts[0], 1);
    c->vcpu = 1;
    xc_port(c, EVTCHNOP_send, p);
    ck_assert_uint_eq(c->wakes[0], 1);
    c->vcpu = 0;
    ck_assert_int_eq(poll_ports(p, 1, 0), 0); /* it is there */
    ck_assert_uint_eq(c->halts[0], 1);
    xc_pending(c, p);
    ck_assert_int_eq(poll_ports(p, 1, c->now + 1000), 0);
    ck_assert_uint_eq(c->halts[0], 2);
    c->now += 1000;
    n = 2;
    ck_assert(tv_wait(c->t, woken, &n, 5000));
    ck_assert_int_eq(poll_ports(p, 1, c->now), 0); /* is over */
    ck_assert_uint_eq(c->halts[0], 2);
    ck_assert_int_eq(poll_ports(p, 129, 0), -XEN_EINVAL);
    ck_assert_int_eq(poll_ports(c->regs.wide ? 4096 : 1024, 1, 0), -XEN_EINVAL);
    /* block: until it is called */
    ck_assert_int_eq(xc_call(c, HC_sched_op, SCHEDOP_block, 0, 0), 0);
    ck_assert_uint_eq(c->halts[0], 3);
    c->vcpu = 1;
    xc_port(c, EVTCHNOP_send, q);
    c->vcpu = 0;
    ck_assert_uint_eq(c->wakes[0], 3);
    ck_assert_int_eq(xc_call(c, HC_sched_op, SCHEDOP_block, 0, 0), 0);
    ck_assert_uint_eq(c->halts[0], 3);
    /* an interrupt woke it, so that it calls: no more is owed */
    ck_assert_int_eq(poll_ports(p, 1, 0), 0);
    ck_assert_uint_eq(c->halts[0], 4);
    xc_call(c, HC_sched_op, SCHEDOP_yield, 0, 0);
    c->vcpu = 1;
    xc_port(c, EVTCHNOP_send, p);
    ck_assert_uint_eq(c->wakes[0], 3);
}

START_TEST(waiting_for_events)
{
    waiting();
    be_narrow();
    waiting();
}
END_TEST

START_TEST(the_end)
{
    static const struct {
        uint32_t reason;
        unsigned req;
    } all[] = {{SHUTDOWN_poweroff, VM_REQ_SHUTDOWN},
               {SHUTDOWN_reboot, VM_REQ_RESET},
               {SHUTDOWN_crash, VM_REQ_PANIC}};
    uint32_t reason;

    for (unsigned i = 0; i < 3; i++) {
        reason = all[i].reason;
        xc_op(c, HC_sched_op, SCHEDOP_shutdown, &reason, sizeof(reason));
        ck_assert_int_eq(c->then, XENEMU_STOP);
        ck_assert_uint_eq(atomic_exchange(&c->t->vm.requests, 0), all[i].req);
    }
    reason = 99;
    ck_assert_int_eq(
        xc_op(c, HC_sched_op, SCHEDOP_shutdown, &reason, sizeof(reason)),
        -XEN_EINVAL);
    ck_assert_int_eq(c->then, XENEMU_GO_ON);
}
END_TEST

START_TEST(a_new_kernel_by_kexec)
{
    unsigned p = xc_ipi(c, 1);
    uint32_t reason = SHUTDOWN_soft_reset;
    uint64_t mine = 77, got;

    ck_assert_int_eq(xc_place(c, XENMAPSPACE_shared_info, 0, 0x60), 0);
    tv_mem_write(c->t, 0x80000, &mine, sizeof(mine));
    ck_assert_int_eq(
        xc_op(c, HC_sched_op, SCHEDOP_shutdown, &reason, sizeof(reason)), 0);
    ck_assert_uint_ge(c->rounds, 1);
    ck_assert_uint_eq(c->kernels, 1);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_send, p), -XEN_EINVAL);
    ck_assert_uint_eq(c->time_at[0], XENEMU_NO_TIME);
    tv_mem_read(c->t, 0x80000, &got, sizeof(got));
    ck_assert_uint_eq(got, mine);
}
END_TEST

/* One that was asked for and not done when the machine was reset: the guest
 * that has begun since is left alone. */
START_TEST(a_kexec_that_a_reset_overtakes)
{
    uint32_t reason = SHUTDOWN_soft_reset;
    struct xenemu_regs r = c->regs;
    unsigned p;

    tv_mem_write(c->t, XC_ARG, &reason, sizeof(reason));
    r.rax = HC_sched_op;
    r.arg[0] = SCHEDOP_shutdown;
    r.arg[1] = XC_ARG;
    ck_assert_int_eq(xenemu_hypercall(c->x, 0, &r), XENEMU_AGAIN);
    vm_lock(&c->t->vm);
    xenemu_reset(c->x);
    vm_unlock(&c->t->vm);
    p = xc_ipi(c, 1);
    for (unsigned i = 0; i < 8; i++)
        loop_once(c->t->vm.loop, 0);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_send, p), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_it_says_of_itself,
        only_the_kernel_calls,
        the_page_of_hypercalls,
        kernels_without_a_page,
        looks_for_kernels_have_an_end,
        our_pages_come_and_go,
        memory_heals,
        ballooning,
        many_pages_at_once,
        what_memory_there_is,
        events_between_processors,
        an_apic_that_is_off,
        virtual_interrupts,
        a_channel_to_oneself,
        a_backend_s_end,
        ways_to_be_called,
        parameters,
        flushes,
        a_vcpu_info_elsewhere,
        timers,
        a_pause_stops_timers,
        waiting_for_events,
        the_end,
        a_new_kernel_by_kexec,
        a_kexec_that_a_reset_overtakes,
        NULL,
    };

    return run_suite("xenemu", setup, teardown, tests);
}
