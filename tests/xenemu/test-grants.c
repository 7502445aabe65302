/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvm/xenemu/gnttab.c: what backends may reach, and what the guest may do to
 * its table meanwhile. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "dm/xenif.h"
#include "tests/lib/suite.h"
#include "tests/lib/xen-caller.h"

#define FIRST 8u /* reference that no ring has */

static struct xc *c;

static void setup(void)
{
    c = xc_new(true);
}

static void teardown(void)
{
    xc_free(c);
}

static int map(uint32_t ref, bool write, void **addr)
{
    return c->xenif->ops->gnt_map(c->xenif, &ref, 1, write, addr);
}

static int unmap(void *addr, unsigned n)
{
    return c->xenif->ops->gnt_unmap(c->xenif, addr, n);
}

static int16_t copy(uint32_t ref, bool to_guest, void *buf, uint16_t off,
                    uint16_t len)
{
    struct xenif_copy p = {
        .to_guest = to_guest, .ref = ref, .off = off, .len = len, .local = buf};

    ck_assert_int_eq(c->xenif->ops->gnt_copy(c->xenif, &p, 1), 0);
    return p.status;
}

/* ---- backends ---- */

START_TEST(mapping_and_marks)
{
    volatile struct grant_entry *e =
        xc_grant(c, FIRST, GTF_permit_access, 0, 0x50);
    void *a, *b;

    ck_assert_int_eq(map(FIRST, false, &a), 0);
    ck_assert_ptr_eq(a, xc_page(c, 0x50));
    ck_assert_uint_eq(e->flags, GTF_permit_access | GTF_reading);
    ck_assert_int_eq(map(FIRST, true, &b), 0);
    ck_assert_uint_eq(e->flags, GTF_permit_access | GTF_reading | GTF_writing);
    ck_assert_int_eq(unmap(a, 2), -EINVAL);
    ck_assert_int_eq(unmap(a, 1), 0);
    ck_assert_int_eq(unmap(a, 1), 0);
    ck_assert_int_eq(unmap(a, 1), -EINVAL);
    ck_assert_uint_eq(e->flags, GTF_permit_access);
}
END_TEST

/* Two entries for one page, as of two requests, each in use for itself. */
START_TEST(a_page_held_twice)
{
    const struct xenif_ops *ops = c->xenif->ops;
    volatile struct grant_entry *a = xc_grant(c, FIRST, GTF_permit_access, 0,
                                              0x50),
                                *b = xc_grant(c, FIRST + 1, GTF_permit_access,
                                              0, 0x50);
    struct xenif_page p, q, none;

    ck_assert_int_eq(ops->gnt_hold(c->xenif, FIRST, true, &p), 0);
    ck_assert_int_eq(ops->gnt_hold(c->xenif, FIRST + 1, false, &q), 0);
    ck_assert_int_eq(ops->gnt_hold(c->xenif, FIRST + 2, false, &none), -EINVAL);
    ck_assert_ptr_eq(p.addr, xc_page(c, 0x50));
    ck_assert_uint_eq(a->flags, GTF_permit_access | GTF_reading | GTF_writing);
    ck_assert_uint_eq(b->flags, GTF_permit_access | GTF_reading);
    ops->gnt_drop(c->xenif, &p);
    ck_assert_uint_eq(a->flags, GTF_permit_access);
    ck_assert_uint_eq(b->flags, GTF_permit_access | GTF_reading);
}
END_TEST

START_TEST(who_may_what)
{
    volatile struct grant_entry *e =
        xc_grant(c, FIRST, GTF_permit_access | GTF_readonly, 0, 0x50);
    uint8_t buf[16] = {0};
    void *a;

    ck_assert_int_ne(map(FIRST, true, &a), 0);
    ck_assert_int_ne(copy(FIRST, true, buf, 0, 16), GNTST_okay);
    ck_assert_int_eq(map(FIRST, false, &a), 0);
    unmap(a, 1);
    e->domid = 3; /* another's */
    ck_assert_int_ne(map(FIRST, false, &a), 0);
    e->domid = 0;
    ck_assert_int_ne(map(GRANTS_PER_FRAME, false, &a), 0); /* not yet there */
    ck_assert_int_ne(map(UINT32_MAX, false, &a), 0);
    /* what is no memory */
    xc_grant(c, FIRST, GTF_permit_access, 0, 0xfffff);
    ck_assert_int_ne(map(FIRST, false, &a), 0);
    ck_assert_int_eq(copy(FIRST, true, buf, 0, 16), GNTST_bad_page);
    ck_assert_uint_eq(e->flags, GTF_permit_access);
}
END_TEST

/* XSA-226 (CVE-2017-12135): no transitive grants; nor one that is nobody's,
 * nor a transfer. */
START_TEST(xsa_226_kinds_of_entries)
{
    volatile struct grant_entry *e = xc_grant(c, FIRST, 0, 0, 0x50);
    void *a;

    for (unsigned type = 0; type < 4; type++) {
        e->flags = (uint16_t)type;
        ck_assert((map(FIRST, false, &a) == 0) == (type == GTF_permit_access));
        if (type == GTF_permit_access)
            unmap(a, 1);
        ck_assert_uint_eq(e->flags, type);
    }
}
END_TEST

START_TEST(copies)
{
    uint8_t buf[4096], *page = xc_page(c, 0x50);

    memset(page, 0x11, 4096);
    memset(buf, 0x22, sizeof(buf));
    xc_grant(c, FIRST, GTF_permit_access, 0, 0x50);
    ck_assert_int_eq(copy(FIRST, true, buf, 100, 200), GNTST_okay);
    ck_assert_uint_eq(page[99], 0x11);
    ck_assert_uint_eq(page[100], 0x22);
    ck_assert_uint_eq(page[299], 0x22);
    ck_assert_uint_eq(page[300], 0x11);
    ck_assert_int_eq(copy(FIRST, false, buf, 0, 4096), GNTST_okay);
    ck_assert_mem_eq(buf, page, 4096);
    ck_assert_int_eq(copy(FIRST, false, buf, 4000, 97), GNTST_bad_copy_arg);
}
END_TEST

START_TEST(pages_side_by_side)
{
    const grant_ref_t good[] = {FIRST, FIRST + 1, FIRST + 2},
                      bad[] = {FIRST, FIRST + 2, FIRST + 1},
                      gone[] = {FIRST, FIRST + 1, 100};
    const struct xenif_ops *ops = c->xenif->ops;
    volatile struct grant_entry *e = NULL;
    void *a;

    for (unsigned i = 3; i--;)
        e = xc_grant(c, FIRST + i, GTF_permit_access, 0, 0x50 + i);
    ck_assert_int_eq(ops->gnt_map(c->xenif, good, 3, true, &a), 0);
    ck_assert_ptr_eq((uint8_t *)a + 8192, xc_page(c, 0x52));
    ck_assert_int_eq(unmap(a, 3), 0);
    ck_assert_int_eq(ops->gnt_map(c->xenif, bad, 3, true, &a), -ENOTSUP);
    ck_assert_int_eq(ops->gnt_map(c->xenif, gone, 3, true, &a), -EINVAL);
    for (unsigned i = 0; i < 3; i++) /* all or nothing */
        ck_assert_uint_eq(e[i].flags, GTF_permit_access);
}
END_TEST

/* XSA-300 (CVE-2019-17351): what a domain can have mapped has an end. */
START_TEST(xsa_300_maps_have_an_end)
{
    unsigned n = 0;
    void *a = NULL;
    int rc;

    for (unsigned r = 0; r < 100; r++)
        xc_grant(c, FIRST + r, GTF_permit_access, 0, 0x50);
    while (!(rc = map(FIRST + n % 100, true, &a)))
        n++;
    ck_assert_int_eq(rc, -ENOSPC);
    ck_assert_uint_le(n, 65536);
    while (n--)
        ck_assert_int_eq(unmap(a, 1), 0);
}
END_TEST

/* XSA-230 (CVE-2017-12855): no mark goes before its last user. */
START_TEST(xsa_230_marks_stay)
{
    volatile struct grant_entry *e =
        xc_grant(c, FIRST, GTF_permit_access, 0, 0x50);
    uint8_t buf[8];
    void *a;

    ck_assert_int_eq(map(FIRST, true, &a), 0);
    copy(FIRST, false, buf, 0, 8);
    copy(FIRST, true, buf, 0, 8);
    ck_assert_uint_eq(e->flags, GTF_permit_access | GTF_reading | GTF_writing);
    unmap(a, 1);
}
END_TEST

/* What is in use does not change with the entry: neither its frame, nor, when
 * it is given up, whose marks go. */
START_TEST(an_entry_that_changes_under_us)
{
    volatile struct grant_entry *e =
        xc_grant(c, FIRST, GTF_permit_access, 0, 0x50);
    uint8_t buf[4] = {1, 2, 3, 4}, *other = xc_page(c, 0x51);
    void *a, *b;

    memset(other, 0, 4);
    ck_assert_int_eq(map(FIRST, true, &a), 0);
    e->frame = 0x51;
    ck_assert_int_eq(map(FIRST, true, &b), 0);
    ck_assert_ptr_eq(a, b);
    ck_assert_int_eq(copy(FIRST, true, buf, 0, 4), GNTST_okay);
    ck_assert_uint_eq(other[0], 0);
    e->flags = 0; /* revoked all the same: on its own head */
    unmap(a, 1);
    unmap(b, 1);
    ck_assert_uint_eq(e->flags, 0);
    ck_assert_int_ne(map(FIRST, false, &a), 0);
}
END_TEST

/* An entry in use that now names another domain is nobody's, and is not marked
 * for who asks. */
START_TEST(no_mark_without_a_user)
{
    volatile struct grant_entry *e =
        xc_grant(c, FIRST, GTF_permit_access, 0, 0x50);
    struct gnttab_map m = {.host_addr = 0x60000,
                           .flags = GNTMAP_host_map,
                           .ref = FIRST,
                           .dom = DOMID_SELF};
    void *a;

    ck_assert_int_eq(map(FIRST, false, &a), 0);
    e->domid = XENEMU_DOMID;
    xc_op(c, HC_grant_table_op, GNTTABOP_map_grant_ref, &m, sizeof(m));
    ck_assert_int_eq(m.status, GNTST_general_error);
    ck_assert_uint_eq(e->flags, GTF_permit_access | GTF_reading);
    unmap(a, 1);
    ck_assert_uint_eq(e->flags, GTF_permit_access);
}
END_TEST

/* XSA-236 and its kin: a reset, or a kexec, while backends have maps. */
START_TEST(a_reset_under_maps)
{
    void *a, *b;

    xc_grant(c, FIRST, GTF_permit_access, 0, 0x50);
    ck_assert_int_eq(map(FIRST, true, &a), 0);
    vm_lock(&c->t->vm);
    xenemu_reset(c->x);
    vm_unlock(&c->t->vm);
    ck_assert_int_eq(xc_place(c, XENMAPSPACE_grant_table, 0, XC_GRANTS >> 12),
                     0);
    xc_grant(c, FIRST, GTF_permit_access, 0, 0x52);
    ck_assert_int_eq(map(FIRST, true, &b), 0);
    ck_assert_ptr_eq(b, xc_page(c, 0x52));
    ck_assert_int_eq(unmap(a, 1), 0);
    ck_assert_uint_eq(xc_grant(c, FIRST,
                               GTF_permit_access | GTF_reading | GTF_writing, 0,
                               0x52)
                          ->flags,
                      GTF_permit_access | GTF_reading | GTF_writing);
    ck_assert_int_eq(unmap(b, 1), 0);
}
END_TEST

/* A console's only where there is somebody to serve it. */
START_TEST(rings_are_granted)
{
    const struct xenif_ops *ops = c->xenif->ops;
    const grant_ref_t console = GNTTAB_RESERVED_CONSOLE;
    struct hvm_param p = {DOMID_SELF, 0, HVM_PARAM_CONSOLE_PFN, 0};
    void *a;

    xc_op(c, HC_hvm_op, HVMOP_get_param, &p, sizeof(p));
    ck_assert_uint_eq(p.value, 0);
    c->xenif->console = true;
    vm_lock(&c->t->vm);
    xenemu_reset(c->x);
    vm_unlock(&c->t->vm);
    xc_op(c, HC_hvm_op, HVMOP_get_param, &p, sizeof(p));
    ck_assert_int_eq(ops->gnt_map(c->xenif, &console, 1, true, &a), 0);
    ck_assert_ptr_eq(a, xc_page(c, p.value));
    unmap(a, 1);
}
END_TEST

/* ---- the guest's own operations ---- */

static long gnttab(unsigned op, void *arg, size_t len)
{
    return xc_op(c, HC_grant_table_op, op, arg, len);
}

START_TEST(a_guest_maps_its_own)
{
    struct gnttab_map m = {.host_addr = 0x60000,
                           .flags = GNTMAP_host_map | GNTMAP_readonly,
                           .ref = FIRST,
                           .dom = DOMID_SELF};
    struct gnttab_unmap u = {.host_addr = 0x60000};
    uint32_t mine = 0x1234, got;

    xc_grant(c, FIRST, GTF_permit_access, XENEMU_DOMID, 0x50);
    memcpy(xc_page(c, 0x50), &mine, 4);
    ck_assert_int_eq(gnttab(GNTTABOP_map_grant_ref, &m, sizeof(m)), 0);
    ck_assert_int_eq(m.status, GNTST_okay);
    tv_mem_read(c->t, 0x60000, &got, 4);
    ck_assert_uint_eq(got, mine);
    ck_assert_int_ne(mem_write(&c->t->vm, 0x60000, &mine, 4), 0);
    u.handle = m.handle + 1;
    gnttab(GNTTABOP_unmap_grant_ref, &u, sizeof(u));
    ck_assert_int_eq(u.status, GNTST_bad_handle);
    u.handle = m.handle;
    gnttab(GNTTABOP_unmap_grant_ref, &u, sizeof(u));
    ck_assert_int_eq(u.status, GNTST_okay);
    gnttab(GNTTABOP_unmap_grant_ref, &u, sizeof(u));
    ck_assert_int_eq(u.status, GNTST_bad_handle);
    tv_mem_read(c->t, 0x60000, &got, 4);
    ck_assert_uint_ne(got, mine);
    m.dom = 0; /* grants nothing to anybody */
    gnttab(GNTTABOP_map_grant_ref, &m, sizeof(m));
    ck_assert_int_eq(m.status, GNTST_bad_domain);
    m.dom = DOMID_SELF;
    m.flags |= 1 << 4; /* a page table entry: no guest of this kind */
    gnttab(GNTTABOP_map_grant_ref, &m, sizeof(m));
    ck_assert_int_eq(m.status, GNTST_general_error);
}
END_TEST

/* XSA-224 (CVE-2017-10920 to 10922): a device's map is no host's, and each
 * counts for itself. */
START_TEST(xsa_224_kinds_of_maps)
{
    struct gnttab_map m = {.host_addr = 0x60000,
                           .flags = GNTMAP_device_map,
                           .ref = FIRST,
                           .dom = DOMID_SELF};
    struct gnttab_unmap u = {.host_addr = 0};
    volatile struct grant_entry *e =
        xc_grant(c, FIRST, GTF_permit_access, XENEMU_DOMID, 0x50);
    uint32_t first;

    gnttab(GNTTABOP_map_grant_ref, &m, sizeof(m));
    ck_assert_int_eq(m.status, GNTST_okay);
    ck_assert_uint_eq(m.dev_bus_addr, 0x50000);
    first = m.handle;
    m.flags = GNTMAP_host_map;
    gnttab(GNTTABOP_map_grant_ref, &m, sizeof(m));
    ck_assert_int_eq(m.status, GNTST_okay);
    u.handle = first;
    gnttab(GNTTABOP_unmap_grant_ref, &u, sizeof(u));
    ck_assert_int_eq(u.status, GNTST_okay);
    ck_assert_uint_eq(e->flags & GTF_writing, GTF_writing);
    u.handle = m.handle;
    u.host_addr = 0x61000;
    gnttab(GNTTABOP_unmap_grant_ref, &u, sizeof(u));
    ck_assert_int_eq(u.status, GNTST_bad_virt_addr);
    u.host_addr = 0x60000;
    gnttab(GNTTABOP_unmap_grant_ref, &u, sizeof(u));
    ck_assert_int_eq(u.status, GNTST_okay);
    ck_assert_uint_eq(e->flags, GTF_permit_access);
    for (unsigned i = 0; i < 17; i++)
        gnttab(GNTTABOP_map_grant_ref, &m, sizeof(m));
    ck_assert_int_eq(m.status, GNTST_no_device_space);
}
END_TEST

struct copy_64 {
    uint64_t from;
    uint16_t from_dom, from_off;
    uint32_t pad;
    uint64_t to;
    uint16_t to_dom, to_off;
    uint32_t pad2;
    uint16_t len, flags;
    int16_t status;
};

/* XSA-500 (CVE-2026-62428): which of the two a number is, reference or frame,
 * is said by its own flag and no other, and each is checked as what it is. */
START_TEST(xsa_500_copies_know_what_is_what)
{
    struct copy_64 a = {0x50, DOMID_SELF, 0,  0, 0x51, DOMID_SELF,
                        8,    0,          16, 0, 0};
    uint8_t *from = xc_page(c, 0x50), *to = xc_page(c, 0x51);

    memset(from, 0xab, 4096);
    memset(to, 0, 4096);
    ck_assert_int_eq(gnttab(GNTTABOP_copy, &a, sizeof(a)), 0);
    ck_assert_int_eq(a.status, GNTST_okay);
    ck_assert(to[7] == 0 && to[8] == 0xab && to[23] == 0xab && to[24] == 0);

    a.flags = GNTCOPY_source_gref; /* 0x50 is no reference */
    gnttab(GNTTABOP_copy, &a, sizeof(a));
    ck_assert_int_eq(a.status, GNTST_general_error);
    xc_grant(c, 0x50, GTF_permit_access | GTF_readonly, XENEMU_DOMID, 0x52);
    memset(xc_page(c, 0x52), 0xcd, 4096);
    gnttab(GNTTABOP_copy, &a, sizeof(a));
    ck_assert_int_eq(a.status, GNTST_okay);
    ck_assert_uint_eq(to[8], 0xcd);
    a.flags = GNTCOPY_dest_gref; /* 0x51: none; and 0x50 is a frame again */
    gnttab(GNTTABOP_copy, &a, sizeof(a));
    ck_assert_int_eq(a.status, GNTST_general_error);
    a.to = 0x50; /* read-only */
    gnttab(GNTTABOP_copy, &a, sizeof(a));
    ck_assert_int_eq(a.status, GNTST_general_error);
    a.flags = 0;
    a.to = 1ull << 40;
    gnttab(GNTTABOP_copy, &a, sizeof(a));
    ck_assert_int_eq(a.status, GNTST_bad_page);
    a.to = 0x51;
    a.to_off = 4090;
    gnttab(GNTTABOP_copy, &a, sizeof(a));
    ck_assert_int_eq(a.status, GNTST_bad_copy_arg);
    a.to_off = 0;
    a.from_dom = 0;
    gnttab(GNTTABOP_copy, &a, sizeof(a));
    ck_assert_int_eq(a.status, GNTST_bad_domain);
}
END_TEST

/* XSA-501, XSA-255, XSA-379: there is no version but the first to go to. */
START_TEST(xsa_501_one_version)
{
    uint32_t version = 2;
    struct gnttab_version v = {DOMID_SELF, 0, 0};
    volatile struct grant_entry *e =
        xc_grant(c, FIRST, GTF_permit_access, 0, 0x50);
    void *a;

    ck_assert_int_eq(map(FIRST, true, &a), 0);
    ck_assert_int_eq(gnttab(GNTTABOP_set_version, &version, 4), -XEN_ENOSYS);
    ck_assert_uint_eq(version, 1);
    ck_assert_int_eq(gnttab(GNTTABOP_set_version, &version, 4), 0);
    ck_assert_int_eq(gnttab(GNTTABOP_get_version, &v, sizeof(v)), 0);
    ck_assert_uint_eq(v.version, 1);
    /* the pages of version 2 */
    ck_assert_int_eq(
        xc_place(c, XENMAPSPACE_grant_table, XENMAPIDX_status, 0x60),
        -XEN_EINVAL);
    ck_assert_uint_eq(e->flags, GTF_permit_access | GTF_reading | GTF_writing);
    unmap(a, 1);
}
END_TEST

START_TEST(size_and_places)
{
    struct gnttab_query_size q = {DOMID_SELF, 0, 0, 0, 0, 0};
    struct {
        uint16_t dom, pad;
        uint32_t n;
        int16_t status, pad2[3];
        uint64_t list;
    } s = {DOMID_SELF, 0, 3, 0, {0}, 0x40000};
    uint64_t frames[3];

    gnttab(GNTTABOP_query_size, &q, sizeof(q));
    ck_assert_uint_eq(q.nr_frames, 1);
    ck_assert_uint_eq(q.max_nr_frames, XC_FRAMES);
    gnttab(GNTTABOP_setup_table, &s, sizeof(s));
    ck_assert_int_eq(s.status, GNTST_okay);
    tv_mem_read(c->t, 0x40000, frames, sizeof(frames));
    ck_assert_uint_eq(frames[0], XC_GRANTS >> 12);
    ck_assert_uint_eq(frames[1], UINT64_MAX);
    gnttab(GNTTABOP_query_size, &q, sizeof(q));
    ck_assert_uint_eq(q.nr_frames, 3);
    s.n = XC_FRAMES + 1;
    gnttab(GNTTABOP_setup_table, &s, sizeof(s));
    ck_assert_int_eq(s.status, GNTST_general_error);
}
END_TEST

START_TEST(swapping)
{
    struct gnttab_swap s = {FIRST, FIRST + 1, 0, 0};
    volatile struct grant_entry *e = xc_grant(c, FIRST, 1, 0, 0x50);
    void *a;

    xc_grant(c, FIRST + 1, 5, 0, 0x51);
    gnttab(GNTTABOP_swap_grant_ref, &s, sizeof(s));
    ck_assert_int_eq(s.status, GNTST_okay);
    ck_assert(e[0].frame == 0x51 && e[0].flags == 5 && e[1].frame == 0x50);
    ck_assert_int_eq(map(FIRST, false, &a), 0);
    gnttab(GNTTABOP_swap_grant_ref, &s, sizeof(s));
    ck_assert_int_eq(s.status, GNTST_eagain);
    unmap(a, 1);
    s.b = 99999;
    gnttab(GNTTABOP_swap_grant_ref, &s, sizeof(s));
    ck_assert_int_eq(s.status, GNTST_bad_gntref);
}
END_TEST

/* XSA-316, XSA-318: a batch that stops half-way goes on where it was, and one
 * that fails says so. */
START_TEST(xsa_318_batches_go_on)
{
    struct copy_64 a[200];

    for (unsigned i = 0; i < 200; i++)
        a[i] = (struct copy_64){0x50, DOMID_SELF, 0,  0, 0x51, DOMID_SELF,
                                0,    0,          16, 0, 1};
    a[100].len = 5000;
    tv_mem_write(c->t, 0x70000, a, sizeof(a));
    c->preempt_every = 1;
    ck_assert_int_eq(xc_call(c, HC_grant_table_op, GNTTABOP_copy, 0x70000, 200),
                     0);
    ck_assert_uint_eq(c->rounds, 6); /* every 32 of them */
    tv_mem_read(c->t, 0x70000, a, sizeof(a));
    for (unsigned i = 0; i < 200; i++)
        ck_assert_int_eq(a[i].status,
                         i == 100 ? GNTST_bad_copy_arg : GNTST_okay);
    ck_assert_int_eq(
        xc_call(c, HC_grant_table_op, GNTTABOP_copy, XC_RAM - sizeof(a[0]), 2),
        -XEN_EFAULT);
    ck_assert_int_eq(
        xc_call(c, HC_grant_table_op, GNTTABOP_copy, 0x70000, UINT32_MAX),
        -XEN_EINVAL);
}
END_TEST

/* ---- a guest that changes its table all the time ---- */

static atomic_bool stop;

static void *change(void *opaque)
{
    volatile struct grant_entry *e = opaque;
    unsigned seed = 1;

    while (!atomic_load(&stop)) {
        unsigned r = (unsigned)rand_r(&seed);

        e[r >> 8 & 3].flags = r & 0x1f;
        e[r >> 8 & 3].frame = 0x50 + (r >> 10 & 7);
        e[r >> 8 & 3].domid = r >> 16 & 1;
    }
    return NULL;
}

START_TEST(a_table_in_motion)
{
    volatile struct grant_entry *e = xc_grant(c, FIRST, 1, 0, 0x50);
    uint8_t *low = xc_page(c, 0x50), *outside = xc_page(c, 0x58);
    unsigned seed = 7, ok = 0;
    uint8_t buf[64];
    pthread_t thread;

    memset(outside, 0x5a, 4096);
    memset(buf, 0xee, sizeof(buf));
    atomic_store(&stop, false);
    pthread_create(&thread, NULL, change, (void *)(uintptr_t)e);
    /* until some succeed: on a busy machine the table may rest all the while */
    for (unsigned i = 0; i < 20000 || !ok; i++) {
        unsigned r = (unsigned)rand_r(&seed);
        void *a;

        if (!(i % 1000))
            sched_yield();
        if (r & 1) {
            ok += copy(FIRST + (r >> 1 & 3), r & 8, buf, r >> 4 & 0xfff,
                       64 - (r & 63)) == GNTST_okay;
        } else if (!map(FIRST + (r >> 1 & 3), r & 8, &a)) {
            ck_assert((uint8_t *)a >= low && (uint8_t *)a < outside);
            ck_assert_int_eq(unmap(a, 1), 0);
            ok++;
        }
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    for (unsigned i = 0; i < 4096; i++)
        ck_assert_uint_eq(outside[i], 0x5a);
    /* nobody uses it any more: nothing is held */
    for (unsigned i = 0; i < 4; i++) {
        void *a;

        xc_grant(c, FIRST + i, GTF_permit_access, 0, 0x50);
        ck_assert_int_eq(map(FIRST + i, true, &a), 0);
        unmap(a, 1);
        ck_assert_uint_eq(e[i].flags, GTF_permit_access);
    }
}
END_TEST

static void *maps(void *opaque)
{
    unsigned s = *(unsigned *)opaque;

    for (unsigned i = 0; i < 20000; i++) {
        uint32_t ref = FIRST + (uint32_t)rand_r(&s) % 4;
        void *a;

        ck_assert_int_eq(map(ref, rand_r(&s) & 1, &a), 0);
        ck_assert_int_eq(unmap(a, 1), 0);
    }
    return NULL;
}

/* XSA-228 (CVE-2017-12136): several at once. */
START_TEST(xsa_228_maps_at_once)
{
    volatile struct grant_entry *e = NULL;
    unsigned s[3] = {1, 2, 3};
    pthread_t thread[3];

    for (unsigned i = 4; i--;)
        e = xc_grant(c, FIRST + i, GTF_permit_access, 0, 0x50 + i);
    for (unsigned i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, maps, &s[i]);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(e[i].flags, GTF_permit_access);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        mapping_and_marks,
        a_page_held_twice,
        who_may_what,
        xsa_226_kinds_of_entries,
        xsa_228_maps_at_once,
        copies,
        pages_side_by_side,
        xsa_300_maps_have_an_end,
        xsa_230_marks_stay,
        an_entry_that_changes_under_us,
        no_mark_without_a_user,
        a_reset_under_maps,
        rings_are_granted,
        a_guest_maps_its_own,
        xsa_224_kinds_of_maps,
        xsa_500_copies_know_what_is_what,
        xsa_501_one_version,
        size_and_places,
        swapping,
        xsa_318_batches_go_on,
        a_table_in_motion,
        NULL,
    };

    return run_suite("xenemu-grants", setup, teardown, tests);
}
