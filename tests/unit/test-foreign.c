/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen/foreign: the cache of foreign mappings, on a domain that is an array
 * here. The library's calls are defined below, so no Xen is needed.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"
#include "xen/xen-priv.h"

#define PAGES 32768u /* of the domain: 128 MiB */
#define CAP (64u << 20)

static struct testvm *t;
static struct xen x;
static void *qtest; /* the engine of t, otherwise */
static int memory;  /* memfd: the domain */
static bool gone[PAGES];
static bool refuse;
static size_t mapped, most; /* pages */
static unsigned maps;

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom,
                           int prot, size_t n, const xen_pfn_t *pfn, int *err)
{
    uint8_t *p;

    if (refuse)
        return NULL;
    maps++;
    p = mmap(NULL, n * GUEST_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
             0);
    for (size_t i = 0; i < n; i++) {
        err[i] = pfn[i] >= PAGES || gone[pfn[i]] ? -ENOENT : 0;
        if (!err[i] &&
            mmap(p + i * GUEST_PAGE, GUEST_PAGE, prot, MAP_SHARED | MAP_FIXED,
                 memory, (off_t)pfn[i] * GUEST_PAGE) == MAP_FAILED)
            ck_abort_msg("the test maps no page of its domain");
    }
    mapped += n;
    if (mapped > most)
        most = mapped;
    return p;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t n)
{
    mapped -= n;
    return munmap(addr, n * GUEST_PAGE);
}

static bool dirty[PAGES]; /* Xen's log of the domain */
static unsigned told;
static bool no_log;

int xendevicemodel_modified_memory(xendevicemodel_handle *h, domid_t domid,
                                   uint64_t first, uint32_t n)
{
    told++;
    errno = EINVAL;
    if (no_log || first + n > PAGES)
        return -1;
    memset(dirty + first, 1, n * sizeof(dirty[0]));
    return 0;
}

static void setup(void)
{
    t = tv_new("none", NULL);
    qtest = t->vm.engine_priv;
    t->vm.engine_priv = &x;
    x = (struct xen){.vm = &t->vm, .domid = 1};
    memory = memfd_create("domain", MFD_CLOEXEC);
    ck_assert_int_eq(ftruncate(memory, (off_t)PAGES * GUEST_PAGE), 0);
    ck_assert_int_eq(foreign_init(&x), 0);
    memset(gone, 0, sizeof(gone));
    refuse = false;
    mapped = most = maps = told = 0;
    memset(dirty, 0, sizeof(dirty));
    no_log = false;
}

static void teardown(void)
{
    foreign_fini(&x);
    ck_assert_uint_eq(mapped, 0);
    close(memory);
    t->vm.engine_priv = qtest;
    tv_free(t);
}

static int put(gpa_t gpa, uint32_t v)
{
    return foreign_write(&t->vm, gpa, &v, sizeof(v));
}

static uint32_t get(gpa_t gpa)
{
    uint32_t v = 0;

    foreign_read(&t->vm, gpa, &v, sizeof(v));
    return v;
}

START_TEST(hot_memory_stays_mapped)
{
    for (uint32_t i = 0; i < 1000; i++)
        ck_assert_int_eq(put(i * 100 + 2, i), 0);
    for (uint32_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(get(i * 100 + 2), i);
    ck_assert_uint_eq(maps, 1);
    put(0x1fffe, 0x12345678); /* over the edge of a chunk */
    ck_assert_uint_eq(get(0x1fffe), 0x12345678);
    ck_assert_uint_eq(maps, 2);
}
END_TEST

/* XSA-300 (CVE-2019-17351): however much there is, and is in use at once */
START_TEST(a_cap_on_what_is_mapped)
{
    static struct gmap map[PAGES / 32];
    unsigned n = 0;

    for (gpa_t gpa = 0; gpa < (gpa_t)PAGES * GUEST_PAGE; gpa += 65536)
        ck_assert_int_eq(put(gpa, (uint32_t)gpa), 0);
    ck_assert_uint_eq(get(0x70000), 0x70000);
    ck_assert_uint_le(most * GUEST_PAGE, CAP);
    for (gpa_t gpa = 0; gpa < (gpa_t)PAGES * GUEST_PAGE; gpa += 32 * GUEST_PAGE)
        if (!foreign_map(&t->vm, gpa, 1, true, &map[n]))
            n++;
    ck_assert_uint_eq(n, CAP / 32 / GUEST_PAGE);
    ck_assert_uint_le(most * GUEST_PAGE, CAP);
    ck_assert_int_eq(put(CAP, 1), -EFAULT);
    while (n)
        foreign_unmap(&t->vm, &map[--n]);
    ck_assert_int_eq(put(CAP, 1), 0);
}
END_TEST

/* A balloon: pages go, which Xen tells, and come back, which it does not. */
START_TEST(pages_go_and_come_back)
{
    struct gmap pinned;

    put(0x5000, 1);
    ck_assert_int_eq(foreign_map(&t->vm, 0x4000, 16, true, &pinned), 0);
    gone[5] = true;
    foreign_invalidate(&x);
    strcpy(pinned.ptr, "still mine");
    ck_assert_int_eq(put(0x5000, 2), -EFAULT);
    ck_assert_int_eq(put(0x4ffe, 3), -EFAULT); /* half of it */
    ck_assert_uint_eq(get(0x5ffe), 0xffffffff);
    ck_assert_int_eq(put(0x4ff8, 4), 0);
    ck_assert_int_eq(put(0x6000, 5), 0);
    foreign_unmap(&t->vm, &pinned);
    gone[5] = false;
    ck_assert_uint_eq(get(0x5000), 1);
    ck_assert_int_eq(put(0x4ffe, 6), 0);
    ck_assert_uint_eq(get(0x6000), 5);
}
END_TEST

START_TEST(no_memory_at_all)
{
    struct gmap map;

    ck_assert_int_eq(put((gpa_t)PAGES * GUEST_PAGE - 2, 1), -EFAULT);
    ck_assert_int_eq(put(UINT64_MAX - 1, 1), -EFAULT);
    ck_assert_int_eq(put(1ull << 63, 1), -EFAULT);
    ck_assert_int_eq(foreign_map(&t->vm, 0, 0, true, &map), -EFAULT);
    refuse = true;
    ck_assert_int_eq(put(0x100000, 1), -EFAULT);
    refuse = false;
    ck_assert_int_eq(put(0x100000, 1), 0);
}
END_TEST

static unsigned dirty_pages(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < PAGES; i++)
        n += dirty[i];
    memset(dirty, 0, sizeof(dirty));
    return n;
}

static void log_dirty(bool on)
{
    vm_lock(&t->vm);
    ck_assert_int_eq(mem_log_dirty(&t->vm, on), 0);
    vm_unlock(&t->vm);
}

START_TEST(what_is_written_is_told)
{
    const struct engine_ops *was = t->vm.engine;
    struct engine_ops ops = *was;
    struct gmap before, kept, map;
    char buf[3 * GUEST_PAGE] = {1};

    ops.mem_map = foreign_map;
    ops.mem_unmap = foreign_unmap;
    ops.mem_write = foreign_write;
    ops.mem_dirty = foreign_dirty;
    t->vm.engine = &ops;
    log_dirty(false);
    ck_assert_int_eq(mem_write(&t->vm, 0x1000, buf, sizeof(buf)), 0);
    ck_assert_int_eq(mem_map(&t->vm, 0x3000, 0x1000, true, &before), 0);
    ck_assert_int_eq(mem_map(&t->vm, 0x8000, 0x2000, true, &kept), 0);
    mem_dirty(&t->vm, &kept, kept.len);
    ck_assert_uint_eq(told, 0);

    log_dirty(true);
    ck_assert_int_eq(mem_write(&t->vm, 0x1ffe, buf, 4), 0);
    ck_assert(dirty[1] && dirty[2]);
    ck_assert_uint_eq(dirty_pages(), 2);
    /* over the edge of a chunk and of memory: what was written, no more */
    ck_assert_int_eq(mem_write(&t->vm, 0x1f800, buf, 0x2000), 0);
    ck_assert(dirty[0x1f] && dirty[0x20] && dirty[0x21]);
    ck_assert_uint_eq(dirty_pages(), 3);
    ck_assert_int_eq(
        mem_write(&t->vm, (PAGES - 1ull) * GUEST_PAGE, buf, sizeof(buf)),
        -EFAULT);
    ck_assert(dirty[PAGES - 1]);
    ck_assert_uint_eq(dirty_pages(), 1);
    /* mapped before the log was switched on */
    mem_unmap(&t->vm, &before, 1);
    ck_assert(dirty[3]);
    ck_assert_uint_eq(dirty_pages(), 1);
    /* a map that stays, and one of which a part was written */
    mem_dirty(&t->vm, &kept, 0x1001);
    ck_assert(dirty[8] && dirty[9]);
    ck_assert_uint_eq(dirty_pages(), 2);
    mem_dirty(&t->vm, &kept, 0);
    mem_unmap(&t->vm, &kept, 1);
    ck_assert(dirty[8]);
    ck_assert_uint_eq(dirty_pages(), 1);
    ck_assert_int_eq(mem_map(&t->vm, 0x5000, 0x3000, true, &map), 0);
    mem_unmap(&t->vm, &map, UINT32_MAX); /* more than there is */
    ck_assert(dirty[5] && dirty[6] && dirty[7]);
    ck_assert_uint_eq(dirty_pages(), 3);
    told = 0;
    ck_assert_int_eq(mem_map(&t->vm, 0x5000, 0x3000, false, &map), 0);
    mem_unmap(&t->vm, &map, 0);
    ck_assert_uint_eq(told, 0);

    no_log = true; /* Xen does not want it: the write is good all the same */
    ck_assert_int_eq(mem_write(&t->vm, 0x1000, "x", 1), 0);
    ck_assert_uint_eq(told, 1);
    no_log = false;
    log_dirty(false);
    ck_assert_int_eq(mem_write(&t->vm, 0x1000, buf, sizeof(buf)), 0);
    ck_assert_uint_eq(told, 1);
    t->vm.engine = was;
}
END_TEST

START_TEST(storm)
{
    static struct gmap map[64];
    unsigned seed = 300;

    for (unsigned i = 0; i < 20000; i++) {
        struct gmap *m = &map[(unsigned)rand_r(&seed) % 64];
        gpa_t gpa = (gpa_t)rand_r(&seed) % (PAGES * 4097ull);

        switch (rand_r(&seed) % 16) {
        case 0:
            gone[(unsigned)rand_r(&seed) % PAGES] = rand_r(&seed) & 1;
            foreign_invalidate(&x);
            break;
        case 1:
        case 2:
            if (m->ptr)
                foreign_unmap(&t->vm, m);
            m->ptr = NULL;
            break;
        case 3:
            if (m->ptr)
                memset(m->ptr, (int)i, m->len);
            else if (foreign_map(&t->vm, gpa, i % 9000, true, m))
                m->ptr = NULL;
            break;
        default:
            put(gpa, i);
        }
    }
    for (unsigned i = 0; i < 64; i++)
        if (map[i].ptr)
            foreign_unmap(&t->vm, &map[i]);
    ck_assert_uint_le(most * GUEST_PAGE, CAP + 64 * 32 * GUEST_PAGE);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hot_memory_stays_mapped,
        a_cap_on_what_is_mapped,
        pages_go_and_come_back,
        no_memory_at_all,
        what_is_written_is_told,
        storm,
        NULL,
    };

    return run_suite("foreign", setup, teardown, tests);
}
