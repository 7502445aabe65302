/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm/bus: regions, widths, strings, on a machine with nothing in it. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/bus.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

/* A device of registers that notes how it was called. */
struct probe {
    struct bus_region r;
    uint8_t reg[64];
    unsigned reads, writes, runs, last_size;
    uint64_t last_off;
};

static struct testvm *t;

static uint64_t probe_read(void *opaque, uint64_t off, unsigned size)
{
    struct probe *p = opaque;
    uint64_t v = 0;

    p->reads++;
    p->last_off = off;
    p->last_size = size;
    memcpy(&v, p->reg + off, size);
    return v;
}

static void probe_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct probe *p = opaque;

    p->writes++;
    p->last_off = off;
    p->last_size = size;
    memcpy(p->reg + off, &val, size);
}

static void probe_read_run(void *opaque, uint64_t off, unsigned size, void *buf,
                           uint32_t count)
{
    struct probe *p = opaque;

    p->runs++;
    for (uint32_t i = 0; i < count; i++)
        memset((uint8_t *)buf + i * size, i, size);
}

static const struct bus_ops any = {
    .read = probe_read, .write = probe_write, .min = 1, .max = 8};
static const struct bus_ops any_unaligned = {
    .read = probe_read, .write = probe_write, .max = 8, .unaligned = true};
static const struct bus_ops only16 = {
    .read = probe_read, .write = probe_write, .min = 2, .max = 2};
static const struct bus_ops only32 = {
    .read = probe_read, .write = probe_write, .min = 4, .max = 4};
static const struct bus_ops runs = {.read = probe_read,
                                    .write = probe_write,
                                    .read_run = probe_read_run,
                                    .max = 4};

static int add(struct probe *p, const struct bus_ops *ops, enum bus_space space,
               uint64_t base, uint64_t size)
{
    int rc;

    memset(p, 0, sizeof(*p));
    for (unsigned i = 0; i < sizeof(p->reg); i++)
        p->reg[i] = i;
    p->r = (struct bus_region){.name = "probe",
                               .ops = ops,
                               .opaque = p,
                               .space = space,
                               .base = base,
                               .size = size};
    vm_lock(&t->vm);
    rc = bus_add(&t->vm, &p->r);
    vm_unlock(&t->vm);
    return rc;
}

static void del(struct probe *p)
{
    vm_lock(&t->vm);
    bus_del(&t->vm, &p->r);
    vm_unlock(&t->vm);
}

static void setup(void)
{
    t = tv_new("none", NULL);
}

static void teardown(void)
{
    tv_free(t);
}

START_TEST(unclaimed_reads_all_ones)
{
    ck_assert_uint_eq(tv_inb(t, 0x1234), 0xff);
    ck_assert_uint_eq(tv_inl(t, 0x1234), 0xffffffff);
    ck_assert_uint_eq(tv_mmio_read(t, 0xfe000000, 8), UINT64_MAX);
    tv_outl(t, 0x1234, 5);
    tv_mmio_write(t, UINT64_MAX - 7, 8, 5);
}
END_TEST

START_TEST(overlap_and_bounds_are_refused)
{
    struct probe a, b;

    ck_assert_int_eq(add(&a, &any, BUS_PIO, 0x100, 8), 0);
    ck_assert_int_eq(add(&b, &any, BUS_PIO, 0x107, 1), -EEXIST);
    ck_assert_int_eq(add(&b, &any, BUS_PIO, 0xf8, 9), -EEXIST);
    ck_assert_int_eq(add(&b, &any, BUS_PIO, 0x100, 0), -EINVAL);
    ck_assert_int_eq(add(&b, &any, BUS_PIO, 0xffff, 2), -EINVAL);
    ck_assert_int_eq(add(&b, &any, BUS_MMIO, UINT64_MAX, 2), -EINVAL);
    ck_assert_int_eq(add(&b, &any, BUS_PIO, 0xffff, 1), 0);
    /* XSA-199: four bytes at the last port */
    ck_assert_uint_eq(tv_inl(t, 0xffff), 0xffffff00);
    del(&b);
    ck_assert_int_eq(add(&b, &any, BUS_PIO, 0x108, 8), 0);
    del(&a);
    ck_assert_uint_eq(tv_inb(t, 0x100), 0xff);
    ck_assert_uint_eq(tv_inb(t, 0x108), 0);
    del(&b);
    del(&b); /* not added: legal */
}
END_TEST

START_TEST(widths_are_split_and_widened)
{
    struct probe p;

    ck_assert_int_eq(add(&p, &only16, BUS_PIO, 0x200, 8), 0);
    ck_assert_uint_eq(tv_inl(t, 0x200), 0x03020100);
    ck_assert_uint_eq(p.reads, 2);
    ck_assert_uint_eq(tv_inb(t, 0x203), 3);
    ck_assert_uint_eq(p.last_size, 2);
    ck_assert_uint_eq(tv_inw(t, 0x203), 0x0403); /* unaligned: two units */
    tv_outb(t, 0x203, 0x55);                     /* narrower: dropped */
    ck_assert_uint_eq(p.writes, 0);
    tv_outl(t, 0x204, 0xa1b2c3d4);
    ck_assert_uint_eq(p.writes, 2);
    ck_assert_uint_eq(tv_inl(t, 0x204), 0xa1b2c3d4);
    del(&p);

    ck_assert_int_eq(add(&p, &any_unaligned, BUS_MMIO, 0xfe000000, 64), 0);
    ck_assert_uint_eq(tv_mmio_read(t, 0xfe000003, 8), 0x0a09080706050403);
    ck_assert_uint_eq(p.reads, 1);
    /* half of it is beyond the end */
    ck_assert_uint_eq(tv_mmio_read(t, 0xfe00003c, 8), 0xffffffff3f3e3d3c);
    del(&p);
}
END_TEST

/* CVE-2020-13754: no access reaches a handler with a width it does not
 * take, or outside its region; and what it reads is right. */
START_TEST(every_width_and_alignment)
{
    static const struct bus_ops *const ops[] = {&any, &any_unaligned, &only16,
                                                &only32, &runs};
    struct probe p;

    for (unsigned o = 0; o < 5; o++) {
        ck_assert_int_eq(add(&p, ops[o], BUS_MMIO, 0x1000, 32), 0);
        for (unsigned size = 1; size <= 8; size *= 2) {
            for (uint64_t a = 0xff8; a < 0x1028; a++) {
                uint64_t v = tv_mmio_read(t, a, size);

                for (unsigned i = 0; i < size; i++) {
                    uint64_t at = a + i - 0x1000;

                    ck_assert_uint_eq(v >> (8 * i) & 0xff, at < 32 ? at : 0xff);
                }
                if (p.last_size > (ops[o]->max ? ops[o]->max : 4) ||
                    p.last_off + p.last_size > 32)
                    ck_abort_msg("size %u at %lu", p.last_size,
                                 (unsigned long)p.last_off);
            }
        }
        del(&p);
    }
}
END_TEST

static void dispatch(struct io_req q)
{
    dm_dispatch(&t->vm, &q);
}

START_TEST(strings_from_a_port)
{
    uint8_t buf[4096];
    struct probe p;

    ck_assert_int_eq(add(&p, &runs, BUS_PIO, 0x300, 4), 0);
    dispatch((struct io_req){.space = BUS_PIO,
                             .size = 2,
                             .count = 2048,
                             .addr = 0x300,
                             .kind = IO_BUFFER,
                             .buf = buf});
    ck_assert_uint_eq(p.runs, 1); /* in one go */
    ck_assert_uint_eq(buf[4], 2);
    ck_assert_uint_eq(buf[4095], 2047 & 0xff);
    dispatch((struct io_req){.space = BUS_PIO,
                             .write = true,
                             .size = 1,
                             .count = 3,
                             .addr = 0x301,
                             .kind = IO_BUFFER,
                             .buf = "xyz"});
    ck_assert_uint_eq(p.writes, 3); /* no write_run: one by one */
    ck_assert_uint_eq(p.reg[1], 'z');
    del(&p);
    dispatch((struct io_req){.space = BUS_PIO,
                             .size = 4,
                             .count = 1024,
                             .addr = 0x300,
                             .kind = IO_BUFFER,
                             .buf = buf});
    ck_assert_uint_eq(buf[0], 0xff);
    ck_assert_uint_eq(buf[4095], 0xff);
}
END_TEST

/* Xen's data_is_ptr, forwards and backwards, across pages and past memory */
START_TEST(strings_into_guest_memory)
{
    static const char *const words[] = {"-m", "1M", NULL};
    struct probe p;
    struct ram *ram;
    uint8_t buf[8];

    tv_free(t);
    t = tv_new("none", words);
    vm_lock(&t->vm);
    ck_assert_int_eq(ram_new(&t->vm, "ram", 0x10000, &ram, NULL), 0);
    ck_assert_int_eq(mem_show(&t->vm, 0, 0x10000, ram, 0, false), 0);
    vm_unlock(&t->vm);
    ck_assert_int_eq(add(&p, &any, BUS_MMIO, 0xf0000, 64), 0);

    dispatch((struct io_req){.space = BUS_MMIO,
                             .size = 4,
                             .count = 8,
                             .addr = 0xf0000,
                             .kind = IO_GUEST,
                             .gpa = 0xff0});
    tv_mem_read(t, 0xffe, buf, 8);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(buf[i], 0xe + i);

    /* the same words, downwards: unit 0 is the highest on both sides */
    dispatch((struct io_req){.space = BUS_MMIO,
                             .backwards = true,
                             .size = 4,
                             .count = 8,
                             .addr = 0xf001c,
                             .kind = IO_GUEST,
                             .gpa = 0x201c});
    tv_mem_read(t, 0x2004, buf, 8);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(buf[i], 4 + i);

    memset(p.reg, 0, sizeof(p.reg));
    dispatch((struct io_req){.space = BUS_MMIO,
                             .write = true,
                             .size = 8,
                             .count = 8,
                             .addr = 0xf0000,
                             .kind = IO_GUEST,
                             .gpa = 0xffe0});
    ck_assert_uint_eq(p.writes, 8);
    ck_assert_uint_eq(p.reg[63], 0xff); /* beyond memory: all-ones */
    dispatch((struct io_req){.space = BUS_MMIO,
                             .size = 8,
                             .count = 2000,
                             .backwards = true,
                             .addr = 0x10,
                             .kind = IO_GUEST,
                             .gpa = 0x8}); /* wraps below 0: harmless */
    dispatch((struct io_req){.size = 3, .count = 1}); /* no such width */
    del(&p);
}
END_TEST

/* A device whose DMA was pointed at itself, in the middle of a write to it. */
static void self_dma(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct probe *p = opaque;
    struct gmap map;
    uint32_t v = 0;

    p->writes++;
    ck_assert_int_eq(mem_write(&t->vm, p->r.base, &val, 4), -EFAULT);
    ck_assert_int_eq(mem_read(&t->vm, p->r.base, &v, 4), -EFAULT);
    ck_assert_uint_eq(v, 0xffffffff);
    ck_assert_int_eq(mem_map(&t->vm, p->r.base, 4, true, &map), -EFAULT);
    /* from memory on into the region behind it */
    ck_assert_int_eq(mem_write(&t->vm, p->r.base - 2, &val, 4), -EFAULT);
    ck_assert_int_eq(mem_map(&t->vm, p->r.base - 2, 4, true, &map), 0);
    ck_assert_uint_eq(map.len, 2);
    mem_unmap(&t->vm, &map, 0);
}

/* CVE-2021-3750, CVE-2021-3929, CVE-2021-20255, CVE-2023-3019, CVE-2024-3446:
 * the rule is the memory's and the bus's, not each device's. */
START_TEST(dma_reaches_no_region)
{
    static const struct bus_ops selfish = {
        .read = probe_read, .write = self_dma, .max = 8};
    static struct probe p;
    struct ram *ram;

    vm_lock(&t->vm);
    ck_assert_int_eq(ram_new(&t->vm, "ram", 0x10000, &ram, NULL), 0);
    ck_assert_int_eq(mem_show(&t->vm, 0xe0000, 0x10000, ram, 0, false), 0);
    vm_unlock(&t->vm);
    ck_assert_int_eq(add(&p, &selfish, BUS_MMIO, 0xf0000, 64), 0);
    tv_mmio_write(t, 0xf0000, 4, 0x12345678);
    ck_assert_uint_eq(p.writes, 1);
    ck_assert_uint_eq(p.reads, 0);
    /* strings whose data are the registers themselves */
    struct io_req q = {.space = BUS_MMIO,
                       .write = true,
                       .size = 4,
                       .count = 4,
                       .addr = 0xf0010,
                       .kind = IO_GUEST,
                       .gpa = 0xf0000};
    dispatch(q);
    ck_assert_uint_eq(p.writes, 5);
    ck_assert_uint_eq(p.reads, 0);
    q.write = false;
    dispatch(q);
    ck_assert_uint_eq(p.writes, 5);
    ck_assert_uint_eq(p.reads, 4);
    del(&p);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        unclaimed_reads_all_ones,     overlap_and_bounds_are_refused,
        widths_are_split_and_widened, every_width_and_alignment,
        strings_from_a_port,          strings_into_guest_memory,
        dma_reaches_no_region,        NULL,
    };

    return run_suite("bus", setup, teardown, tests);
}
