/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that do to kvm/xenemu/ what guests did to Xen, each under the number
 * of its advisory, and seeded storms over every table. Whatever they do,
 * nothing but their own state changes, and each call ends.
 */
#include "config.h"

#include <check.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/xenif.h"
#include "kvm/xenemu/gva.h"
#include "tests/lib/suite.h"
#include "tests/lib/xen-caller.h"

#define STORM 60000u /* calls of one storm */

static struct xc *c;
static unsigned seed;
static unsigned yields;

/* A storm of them on a busy machine would take all its time. */
int sched_yield(void)
{
    yields++;
    return 0;
}

static void setup(void)
{
    c = xc_new(true);
}

static void teardown(void)
{
    xc_free(c);
}

static uint32_t rnd(uint32_t n)
{
    return (uint32_t)rand_r(&seed) % n;
}

/* ---- event channels ---- */

/* XSA-342 (CVE-2020-25600): a 32-bit guest has 1024 ports, not 4096. */
START_TEST(xsa_342_ports_of_32_bits)
{
    unsigned n = 0, last = 0, p;
    uint8_t *shared;

    xc_free(c);
    c = xc_new(false);
    shared = xc_page(c, XC_SHARED >> 12);
    while ((p = xc_ipi(c, 0))) {
        last = p;
        n++;
    }
    ck_assert_uint_eq(last, 1023);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_send, 1024), -XEN_EINVAL);
    for (p = 1; p < 1024; p++) {
        xc_mask(c, p, true);
        xc_port(c, EVTCHNOP_send, p);
    }
    /* nothing behind the pending bits but the masks, and behind them the
     * clock, whose version is even */
    ck_assert_uint_eq(shared[XEN_SI_WC_32] & 1, 0);
    /* a port that 64 bits had is out of reach when it has but 32 */
    c->regs.wide = true;
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_shared_info, 0, XC_SHARED >> 12),
                     0);
    p = xc_ipi(c, 0);
    ck_assert_uint_gt(p, 1023);
    c->regs.wide = false;
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_shared_info, 0, XC_SHARED >> 12),
                     0);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_send, p), -XEN_EINVAL);
    ck_assert_int_eq(xc_port(c, EVTCHNOP_close, p), -XEN_EINVAL);
}
END_TEST

static atomic_bool stop;

/* A backend, in its own thread. */
static void *notifies(void *opaque)
{
    evtchn_port_t local = *(evtchn_port_t *)opaque;
    const struct xenif_ops *ops = c->xenif->ops;

    while (!atomic_load(&stop)) {
        ops->evtchn_notify(c->xenif, local);
        if (ops->evtchn_pending(c->xenif, local))
            ops->evtchn_unmask(c->xenif, local);
    }
    return NULL;
}

/* XSA-343 (CVE-2020-25599): ports that are reset while they are used. */
START_TEST(xsa_343_reset_under_use)
{
    const struct xenif_ops *ops = c->xenif->ops;
    uint16_t self = DOMID_SELF;
    unsigned p = xc_unbound(c, 0), q;
    evtchn_port_t local, other;
    pthread_t thread;
    int fd;

    ck_assert_int_eq(ops->evtchn_bind(c->xenif, p, &local, &fd), 0);
    atomic_store(&stop, false);
    pthread_create(&thread, NULL, notifies, &local);
    for (unsigned i = 0; i < 300; i++) {
        xc_op(c, HC_event_channel_op, EVTCHNOP_reset, &self, sizeof(self));
        q = xc_unbound(c, 0);
        ck_assert_uint_eq(q, 1); /* all are free again */
        ck_assert_int_eq(ops->evtchn_bind(c->xenif, q, &other, &fd), 0);
        xc_port(c, EVTCHNOP_send, q);
        ops->evtchn_unbind(c->xenif, other);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    ops->evtchn_unbind(c->xenif, local);
}
END_TEST

static unsigned open_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* XSA-332 (CVE-2020-27673): a flood of events costs its sender alone; what
 * its backend sees of it is one until it asks for more. XSA-317 and others:
 * a table that is full says so and leaks nothing. */
START_TEST(xsa_332_floods)
{
    const struct xenif_ops *ops = c->xenif->ops;
    unsigned p = xc_unbound(c, 0), n = 0, seen = 0, before = open_files();
    evtchn_port_t local[2000];
    int fd;

    ck_assert_int_eq(ops->evtchn_bind(c->xenif, p, &local[0], &fd), 0);
    for (unsigned i = 0; i < 10000; i++) {
        xc_port(c, EVTCHNOP_send, p);
        seen += ops->evtchn_pending(c->xenif, local[0]);
    }
    ck_assert_uint_eq(seen, 1);
    ops->evtchn_unbind(c->xenif, local[0]);
    xc_port(c, EVTCHNOP_close, p);
    while (n < 2000 && (p = xc_unbound(c, 0)) &&
           !ops->evtchn_bind(c->xenif, p, &local[n], &fd))
        n++;
    ck_assert_uint_gt(n, 500);
    ck_assert_uint_lt(n, 2000);
    while (n--)
        ops->evtchn_unbind(c->xenif, local[n]);
    ck_assert_uint_eq(open_files(), before);
    while (xc_unbound(c, 0))
        ;
    ck_assert_int_eq(xc_ipi(c, 0), 0);
}
END_TEST

/* ---- memory ---- */

/* XSA-388 (CVE-2021-28704): pieces whose first page is none of that size.
 * XSA-158 (CVE-2015-8338): long lists do not keep a processor. */
START_TEST(xsa_158_388_reservations)
{
    struct {
        uint64_t list, n;
        uint32_t order, flags;
        uint16_t domid;
    } a = {0x40000, 1, 9, 0, DOMID_SELF};
    uint64_t gfn[600] = {0x201};

    tv_mem_write(c->t, 0x40000, gfn, sizeof(gfn));
#define OP(op) xc_op(c, HC_memory_op, XENMEM_##op, &a, sizeof(a))
    ck_assert_int_eq(OP(decrease_reservation), 0);
    ck_assert_int_eq(OP(populate_physmap), 0);
    a.order = 10;
    gfn[0] = 0;
    tv_mem_write(c->t, 0x40000, gfn, sizeof(gfn));
    ck_assert_int_eq(OP(decrease_reservation), 0);
    a.order = 31;
    ck_assert_int_eq(OP(decrease_reservation), 0);
    a.order = 0;
    a.n = UINT64_MAX;
    ck_assert_int_eq(OP(decrease_reservation), -XEN_EINVAL);

    for (unsigned i = 0; i < 600; i++)
        gfn[i] = 0x300 + i;
    tv_mem_write(c->t, 0x40000, gfn, sizeof(gfn));
    a.n = 600;
    c->preempt_every = 1;
    ck_assert_int_eq(OP(decrease_reservation), 600);
    ck_assert_uint_ge(c->rounds, 600 / 64);
    ck_assert_int_eq(OP(populate_physmap), 600);
    /* what it says is done already is its own affair */
    c->preempt_every = 0;
    tv_mem_write(c->t, XC_ARG, &a, sizeof(a));
    ck_assert_int_eq(
        xc_call(c, HC_memory_op,
                XENMEM_decrease_reservation | 601ull << XENMEM_EXTENT_SHIFT,
                XC_ARG, 0),
        -XEN_EINVAL);
#undef OP
}
END_TEST

/* No page of ours is given back for it, and none of the board's. */
START_TEST(only_its_own_memory)
{
    struct {
        uint64_t list, n;
        uint32_t order, flags;
        uint16_t domid;
    } a = {0x40000, 1, 0, 0, DOMID_SELF};
    static const uint64_t not_its[] = {
        XC_SHARED >> 12, XC_GRANTS >> 12, 0xfeff8,    0xa0,
        XC_RAM >> 12,    0xfee00,         1ull << 51, UINT64_MAX};

    for (unsigned i = 0; i < sizeof(not_its) / sizeof(not_its[0]); i++) {
        tv_mem_write(c->t, 0x40000, &not_its[i], 8);
        ck_assert_int_eq(
            xc_op(c, HC_memory_op, XENMEM_decrease_reservation, &a, sizeof(a)),
            0);
    }
    ck_assert_uint_gt(xc_unbound(c, 0), 0);
}
END_TEST

/* A guest that places as many of our pages as it can, each apart: memory is in
 * pieces then, of which there are not so many; the board keeps its share. */
START_TEST(pages_everywhere)
{
    unsigned shown = 0;
    struct ram *ram;
    struct cfg_err err;

    for (unsigned i = 0; i < XC_FRAMES; i++) {
        long rc = xc_place(c, XENMAPSPACE_grant_table, i, 0x600 + 3 * i);

        ck_assert(rc == 0 || rc == -XEN_ENOSPC);
        shown += !rc;
    }
    ck_assert_uint_gt(shown, 16);
    vm_lock(&c->t->vm);
    ck_assert_int_eq(ram_new(&c->t->vm, "board", 4096, &ram, &err), 0);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_int_eq(
            mem_show(&c->t->vm, 0xc00000 + i * 0x8000, 4096, ram, 0, true), 0);
    xenemu_reset(c->x);
    vm_unlock(&c->t->vm);
    for (unsigned i = 0; i < XC_FRAMES; i++) /* one piece */
        ck_assert_int_eq(xc_place(c, XENMAPSPACE_grant_table, i, 0x100 + i), 0);
}
END_TEST

/* ---- the guest's page tables ---- */

#define P 7u /* present, writable, user */

static void put_entry(uint64_t table, unsigned i, uint64_t e, unsigned size)
{
    tv_mem_write(c->t, table + i * size, &e, size);
}

START_TEST(page_tables)
{
    struct gva_space s = {.vm = &c->t->vm,
                          .cr0 = 1u << 31 | 1u << 16,
                          .cr3 = 0x100000,
                          .cr4 = 1u << 5,
                          .efer = 1u << 10};
    const uint64_t va = 0xffff888000000000;
    gpa_t gpa;

    put_entry(0x100000, va >> 39 & 511, 0x101000 | P, 8);
    put_entry(0x101000, va >> 30 & 511, 0x102000 | P, 8);
    put_entry(0x102000, 0, 0x103000 | P, 8);
    put_entry(0x102000, 1, 0x400000 | P | 0x80, 8);
    put_entry(0x103000, 0, 0x200000 | P, 8);
    put_entry(0x103000, 1, 0x201000 | (P & ~2u), 8);
    put_entry(0x103000, 2, 0x202000 | (P & ~1u), 8);
    put_entry(0x101000, 511, 0x40000000 | P | 0x80, 8);
    ck_assert(gva_to_gpa(&s, va + 5, true, &gpa) && gpa == 0x200005);
    ck_assert(gva_to_gpa(&s, va + 0x1005, false, &gpa) && gpa == 0x201005);
    ck_assert(!gva_to_gpa(&s, va + 0x1005, true, &gpa));
    s.cr0 &= ~(1ull << 16);
    ck_assert(gva_to_gpa(&s, va + 0x1005, true, &gpa));
    ck_assert(!gva_to_gpa(&s, va + 0x2000, false, &gpa));
    ck_assert(gva_to_gpa(&s, va + 0x212345, true, &gpa) && gpa == 0x412345);
    ck_assert(gva_to_gpa(&s, va + (511ull << 30) + 0x1234567, true, &gpa) &&
              gpa == 0x41234567);
    ck_assert(!gva_to_gpa(&s, 0x0000888000000000, false, &gpa));
    s.cr4 |= 1u << 12; /* five levels: the same address is another */
    put_entry(0x100000, va >> 48 & 511, 0x100000 | P, 8);
    ck_assert(gva_to_gpa(&s, va + 5, true, &gpa) && gpa == 0x200005);

    s = (struct gva_space){.vm = &c->t->vm,
                           .cr0 = 1u << 31 | 1u << 16,
                           .cr3 = 0x104020,
                           .cr4 = 1u << 5};
    put_entry(0x104020, 3, 0x102000 | 1, 8); /* PAE */
    ck_assert(gva_to_gpa(&s, 0xc0000005, true, &gpa) && gpa == 0x200005);
    ck_assert(gva_to_gpa(&s, 0xc0212345, true, &gpa) && gpa == 0x412345);
    ck_assert(!gva_to_gpa(&s, 0x40000000, true, &gpa));

    s.cr4 = 1u << 4;
    s.cr3 = 0x105000;
    put_entry(0x105000, 1, 0x106000 | P, 4);
    put_entry(0x105000, 2, 0x00802000 | P | 0x80, 4); /* PSE-36: bit 32 */
    put_entry(0x106000, 3, 0x204000 | P, 4);
    ck_assert(gva_to_gpa(&s, 0x403007, true, &gpa) && gpa == 0x204007);
    ck_assert(gva_to_gpa(&s, 0x812345, true, &gpa) && gpa == 0x100812345);
    ck_assert(!gva_to_gpa(&s, 0xc00000, true, &gpa));
}
END_TEST

START_TEST(storm_of_page_tables)
{
    struct gva_space s = {.vm = &c->t->vm};
    uint8_t buf[64];

    seed = 20;
    for (unsigned i = 0; i < 4096; i++) {
        uint64_t e = (uint64_t)rnd(XC_RAM >> 12) << 12 | rnd(4096) | 1;

        put_entry(0x100000, i, e, 8);
    }
    for (unsigned i = 0; i < STORM; i++) {
        s.cr0 = 1u << 31 | rnd(2) << 16;
        s.cr3 = rnd(8) ? 0x100000 + rnd(8) * 4096 : rnd(UINT32_MAX);
        s.cr4 = rnd(2) << 4 | rnd(2) << 5 | rnd(2) << 12;
        s.efer = s.cr4 & 32 ? rnd(2) << 10 : 0;
        gva_read(&s, (uint64_t)rnd(UINT32_MAX) << rnd(33), buf, sizeof(buf));
    }
}
END_TEST

/* ---- storms ---- */

/* Numbers that are near to what an operation takes. */
static uint64_t argument(void)
{
    switch (rnd(10)) {
    case 0:
        return rnd(UINT32_MAX);
    case 1:
        return (uint64_t)rnd(UINT32_MAX) << 32 | rnd(UINT32_MAX);
    case 2:
        return UINT64_MAX - rnd(16);
    case 3:
        return DOMID_SELF;
    case 4:
        return 0x40000 + rnd(4096);
    default:
        return rnd(20);
    }
}

/* An argument of words of 16, 32 and 64 bits, as structures have them. */
static void fill(uint8_t *buf, unsigned size)
{
    for (unsigned i = 0; i < size;) {
        unsigned n = 2u << rnd(3);
        uint64_t v = argument();

        n = i + n > size ? size - i : n;
        memcpy(buf + i, &v, n);
        i += n;
    }
    if (rnd(4)) { /* most begin with a domain */
        uint16_t self = DOMID_SELF;

        memcpy(buf, &self, 2);
    }
}

static void storm(unsigned nr, unsigned ops, unsigned with_seed)
{
    uint8_t buf[256], *beyond;
    struct ram *ram;
    struct cfg_err err;

    /* a page of the machine that no guest sees */
    vm_lock(&c->t->vm);
    ck_assert_int_eq(ram_new(&c->t->vm, "beyond", 4096, &ram, &err), 0);
    vm_unlock(&c->t->vm);
    beyond = ram->host;
    memset(beyond, 0x5a, 4096);
    printf("storm: hypercall %u, seed %u\n", nr, with_seed);
    seed = with_seed;
    for (unsigned i = 0; i < STORM; i++) {
        uint64_t op = rnd(8) ? rnd(ops) : argument(), b = 0x40000, d = 0x40000;

        fill(buf, sizeof(buf));
        tv_mem_write(c->t, 0x40000, buf, sizeof(buf));
        if (!rnd(8))
            b = argument();
        if (nr == HC_vcpu_op)
            b = rnd(6);
        if (nr == HC_grant_table_op || nr == HC_console_io || !rnd(8))
            d = rnd(8) ? rnd(6) : argument();
        c->vcpu = rnd(XC_VCPUS);
        c->preempt_every = rnd(3);
        c->regs.wide = rnd(4);
        c->apic_off = !rnd(4);
        c->now += rnd(1000000);
        if (nr == HC_console_io) {
            uint64_t t = b;

            b = d;
            d = t;
        }
        xc_call(c, nr, op, b, d);
    }
    for (unsigned i = 0; i < 4096; i++)
        ck_assert_uint_eq(beyond[i], 0x5a);
    atomic_store(&c->t->vm.requests, 0);
    /* and it can still be what it was */
    c->regs.wide = true;
    c->apic_off = false;
    c->preempt_every = 0;
    vm_lock(&c->t->vm);
    xenemu_reset(c->x);
    vm_unlock(&c->t->vm);
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_shared_info, 0, XC_SHARED >> 12),
                     0);
    ck_assert_uint_gt(xc_ipi(c, 0), 0);
    ck_assert_int_eq(xc_call(c, HC_memory_op, XENMEM_maximum_gpfn, 0, 0),
                     XC_RAM / 4096 - 1);
}

START_TEST(storm_of_versions)
{
    storm(HC_xen_version, 12, 1);
}
END_TEST
START_TEST(storm_of_memory)
{
    storm(HC_memory_op, 30, 2);
}
END_TEST
START_TEST(storm_of_events)
{
    storm(HC_event_channel_op, 15, 3);
}
END_TEST
START_TEST(storm_of_grants)
{
    storm(HC_grant_table_op, 14, 4);
}
END_TEST
START_TEST(storm_of_scheduling)
{
    storm(HC_sched_op, 7, 5);
    ck_assert_uint_gt(yields, 1000);
}
END_TEST
START_TEST(storm_of_vcpus)
{
    storm(HC_vcpu_op, 15, 6);
}
END_TEST
START_TEST(storm_of_hvm)
{
    storm(HC_hvm_op, 26, 7);
}
END_TEST
START_TEST(storm_of_words)
{
    storm(HC_console_io, 3, 8);
    storm(HC_set_timer_op, 3, 9);
}
END_TEST

/* All of them at once, and a backend beside. */
START_TEST(storm_of_everything)
{
    static const uint8_t calls[] = {12, 15, 17, 20, 24, 29, 32, 34, 1, 63};
    uint8_t buf[256];
    evtchn_port_t local;
    pthread_t thread;
    int fd;

    ck_assert_int_eq(
        c->xenif->ops->evtchn_bind(c->xenif, xc_unbound(c, 0), &local, &fd), 0);
    atomic_store(&stop, false);
    pthread_create(&thread, NULL, notifies, &local);
    seed = 10;
    for (unsigned i = 0; i < STORM; i++) {
        fill(buf, sizeof(buf));
        tv_mem_write(c->t, 0x40000, buf, sizeof(buf));
        c->vcpu = rnd(XC_VCPUS);
        c->regs.wide = rnd(8);
        c->now += rnd(100000);
        xc_call(c, calls[rnd(sizeof(calls))], rnd(32),
                rnd(2) ? 0x40000 : rnd(6), rnd(2) ? 0x40000 : rnd(4));
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    atomic_store(&c->t->vm.requests, 0);
    c->xenif->ops->evtchn_unbind(c->xenif, local);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        xsa_342_ports_of_32_bits,
        xsa_343_reset_under_use,
        xsa_332_floods,
        xsa_158_388_reservations,
        only_its_own_memory,
        pages_everywhere,
        page_tables,
        storm_of_page_tables,
        storm_of_versions,
        storm_of_memory,
        storm_of_events,
        storm_of_grants,
        storm_of_scheduling,
        storm_of_vcpus,
        storm_of_hvm,
        storm_of_words,
        storm_of_everything,
        NULL,
    };

    return run_suite("xenemu-hostile", setup, teardown, tests);
}
