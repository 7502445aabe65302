/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/virtio/virtio-blk. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "hw/virtio/virtio.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"
#include "tests/lib/virtio-driver.h"

#define SECTORS 2048u
#define SECTOR 512u

enum { T_IN, T_OUT, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_ZEROES = 13 };
enum { S_OK, S_IOERR, S_UNSUPP, S_NONE = 0xee };
enum { F_RO = 5, F_CONFIG_WCE = 11, F_MQ = 12, F_DISCARD = 13, F_ZEROES = 14 };

static struct testvm *t;
static struct vd d;
static char image[64];

static uint8_t pattern(uint64_t at)
{
    return (uint8_t)(at * 7 + at / SECTOR);
}

/* drive: what follows the file; device: what follows the drive's id. */
static void make(const char *drive, const char *device)
{
    char a[256], b[256];
    const char *const args[] = {"-m", "32M",     "-smp", "2", "-drive",
                                a,    "-device", b,      NULL};

    if (t)
        tv_free(t);
    snprintf(a, sizeof(a), "if=none,id=d0,file=%s,%s", image, drive);
    snprintf(b, sizeof(b), "virtio-blk-pci,drive=d0%s", device);
    t = tv_new("pc", args);
    vd_bring_up(&d, t, VIRTIO_ID_BLOCK, 0, 1);
}

static void setup(void)
{
    uint8_t *p = malloc(SECTORS * SECTOR);
    int fd;

    snprintf(image, sizeof(image), "test-virtio-blk-%d.img", getpid());
    fd = open(image, O_CREAT | O_TRUNC | O_RDWR, 0600);
    ck_assert_int_ge(fd, 0);
    for (unsigned i = 0; i < SECTORS * SECTOR; i++)
        p[i] = pattern(i);
    ck_assert_int_eq(write(fd, p, SECTORS * SECTOR), SECTORS * SECTOR);
    close(fd);
    free(p);
    t = NULL;
    make("format=raw", ",serial=0123456789abcdefghijklm");
}

static void teardown(void)
{
    tv_free(t);
    unlink(image);
}

static void image_read(uint64_t at, void *buf, size_t len)
{
    int fd = open(image, O_RDONLY);

    ck_assert_int_eq(pread(fd, buf, len, (off_t)at), (ssize_t)len);
    close(fd);
}

/* A request as a driver builds it: header, data, status. */
struct request {
    uint64_t hdr, data, status;
    uint32_t len;
    bool in;
};

static struct request prepare(uint32_t type, uint64_t sector, uint32_t len)
{
    struct {
        uint32_t type, prio;
        uint64_t sector;
    } hdr = {type, 0, sector};
    struct request r = {
        .hdr = vd_alloc(&d, sizeof(hdr), 16),
        .data = vd_alloc(&d, len ? len : 1, 16),
        .status = vd_alloc(&d, 1, 1),
        .len = len,
        .in = type == T_IN || type == T_GET_ID,
    };
    uint8_t none = S_NONE;

    tv_mem_write(t, r.hdr, &hdr, sizeof(hdr));
    tv_mem_write(t, r.status, &none, 1);
    return r;
}

static void put(struct vd_queue *q, const struct request *r, bool indirect)
{
    struct vd_buf b[3] = {{r->hdr, 16, false}};
    unsigned n = 1;

    if (r->len)
        b[n++] = (struct vd_buf){r->data, r->len, r->in};
    b[n++] = (struct vd_buf){r->status, 1, true};
    if (indirect)
        vd_add_indirect(q, b, n);
    else
        vd_add(q, b, n);
}

static uint8_t status(const struct request *r)
{
    uint8_t s;

    tv_mem_read(t, r->status, &s, 1);
    return s;
}

static uint8_t run_on(struct vd_queue *q, const struct request *r)
{
    put(q, r, false);
    vd_kick(q);
    vd_wait_used(q, NULL);
    return status(r);
}

static uint8_t run(uint32_t type, uint64_t sector, uint32_t len)
{
    struct request r = prepare(type, sector, len);

    return run_on(&d.q[0], &r);
}

static void check_pattern(const struct request *r, uint64_t sector)
{
    uint8_t buf[65536];

    ck_assert_uint_le(r->len, sizeof(buf));
    tv_mem_read(t, r->data, buf, r->len);
    for (unsigned i = 0; i < r->len; i++)
        if (buf[i] != pattern(sector * SECTOR + i))
            ck_abort_msg("byte %u of sector %llu", i,
                         (unsigned long long)sector);
}

START_TEST(configuration)
{
    ck_assert_uint_eq(tv_mmio_read(t, d.device, 8), SECTORS);
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 12, 4), 254);
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 20, 4), SECTOR);
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 32, 1), 1);
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 34, 2), 2);
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 40, 4), 1);
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 60, 4), 0);
    ck_assert_uint_eq(d.features >> F_MQ & 1, 1);
    ck_assert_uint_eq(d.features >> F_RO & 1, 0);
    /* only the cache can be changed */
    for (unsigned i = 0; i < 60; i++)
        tv_mmio_write(t, d.device + i, 1, 0xfe);
    ck_assert_uint_eq(tv_mmio_read(t, d.device, 8), SECTORS);
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 32, 1), 0);
    tv_roundtrip(t);
    ck_assert_uint_eq(run(T_OUT, 0, SECTOR), S_OK);
    vd_reset(&d);
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 32, 1), 1);
}
END_TEST

static bool ring_told(void *opaque)
{
    return tv_told(t, d.q[0].used);
}

START_TEST(reads)
{
    static const struct {
        uint64_t sector;
        uint32_t len;
    } at[] = {{0, 512}, {1, 512}, {7, 4096}, {SECTORS - 1, 512}, {100, 65536}};

    for (unsigned i = 0; i < 5; i++) {
        struct request r = prepare(T_IN, at[i].sector, at[i].len);

        tv_told_nothing(t);
        ck_assert_uint_eq(run_on(&d.q[0], &r), S_OK);
        ck_assert(tv_told(t, r.data));
        /* the ring, too, which stays mapped */
        ck_assert(tv_wait(t, ring_told, NULL, 10000));
        check_pattern(&r, at[i].sector);
        tv_roundtrip(t);
    }
}
END_TEST

START_TEST(writes)
{
    struct request r = prepare(T_OUT, 5, 4096), back;
    uint8_t buf[4096], got[4096];

    for (unsigned i = 0; i < sizeof(buf); i++)
        buf[i] = (uint8_t)(i * 3 + 1);
    tv_mem_write(t, r.data, buf, sizeof(buf));
    ck_assert_uint_eq(run_on(&d.q[0], &r), S_OK);
    ck_assert_uint_eq(run(T_FLUSH, 0, 0), S_OK);
    image_read(5 * SECTOR, got, sizeof(got));
    ck_assert_int_eq(memcmp(buf, got, sizeof(buf)), 0);
    back = prepare(T_IN, 5, 4096);
    ck_assert_uint_eq(run_on(&d.q[0], &back), S_OK);
    tv_mem_read(t, back.data, got, sizeof(got));
    ck_assert_int_eq(memcmp(buf, got, sizeof(buf)), 0);
    tv_roundtrip(t);
}
END_TEST

START_TEST(many_pieces)
{
    struct request r = prepare(T_IN, 3, 8 * SECTOR);
    struct vd_buf b[40] = {{r.hdr, 7, false}, {r.hdr + 7, 9, false}};
    unsigned n = 2, left = r.len;
    uint32_t len;

    /* nothing says that pieces are whole sectors */
    for (unsigned at = 0; left; n++) {
        unsigned part = left < 113 ? left : 113;

        b[n] = (struct vd_buf){r.data + at, part, true};
        at += part;
        left -= part;
    }
    b[n++] = (struct vd_buf){r.status, 1, true};
    vd_add_indirect(&d.q[0], b, n);
    vd_kick(&d.q[0]);
    vd_wait_used(&d.q[0], &len);
    ck_assert_uint_eq(len, r.len + 1);
    ck_assert_uint_eq(status(&r), S_OK);
    check_pattern(&r, 3);
    /* the status behind the data in one buffer */
    r = prepare(T_IN, 9, 1024);
    b[0] = (struct vd_buf){r.hdr, 16, false};
    b[1] = (struct vd_buf){r.data, 1025, true};
    r.status = r.data + 1024;
    ck_assert_uint_eq(vd_do(&d.q[0], b, 2), 1025);
    ck_assert_uint_eq(status(&r), S_OK);
    check_pattern(&r, 9);
    tv_roundtrip(t);
}
END_TEST

START_TEST(deep_queue)
{
    struct request r[64];

    for (unsigned round = 0; round < 8; round++) {
        d.heap = 0x800000;
        for (unsigned i = 0; i < 64; i++) {
            r[i] = prepare(T_IN, i * 8, 4096);
            put(&d.q[0], &r[i], true);
        }
        vd_kick(&d.q[0]);
        for (unsigned i = 0; i < 64; i++)
            vd_wait_used(&d.q[0], NULL);
        for (unsigned i = 0; i < 64; i++) {
            ck_assert_uint_eq(status(&r[i]), S_OK);
            check_pattern(&r[i], i * 8);
        }
    }
    tv_roundtrip(t);
}
END_TEST

START_TEST(two_queues)
{
    struct request r[2];

    vd_bring_up(&d, t, VIRTIO_ID_BLOCK, 0, 2);
    for (unsigned i = 0; i < 100; i++) {
        for (unsigned q = 0; q < 2; q++) {
            r[q] = prepare(T_IN, 2 * i + q, 512);
            put(&d.q[q], &r[q], i & 1);
            vd_kick(&d.q[q]);
        }
        for (unsigned q = 0; q < 2; q++) {
            vd_wait_used(&d.q[q], NULL);
            ck_assert_uint_eq(status(&r[q]), S_OK);
            check_pattern(&r[q], 2 * i + q);
        }
    }
    tv_roundtrip(t);
}
END_TEST

START_TEST(serial_number)
{
    struct request r = prepare(T_GET_ID, 0, 20);
    char id[21] = "";

    ck_assert_uint_eq(run_on(&d.q[0], &r), S_OK);
    tv_mem_read(t, r.data, id, 20);
    ck_assert_str_eq(id, "0123456789abcdefghij");
    r = prepare(T_GET_ID, 0, 3); /* no room: no harm */
    ck_assert_uint_eq(run_on(&d.q[0], &r), S_OK);
}
END_TEST

START_TEST(bad_requests)
{
    static const struct {
        uint32_t type;
        uint64_t sector;
        uint32_t len;
        uint8_t status;
    } bad[] = {
        {T_IN, SECTORS, 512, S_IOERR},
        {T_IN, SECTORS - 1, 1024, S_IOERR},
        {T_OUT, SECTORS, 512, S_IOERR},
        {T_OUT, SECTORS - 1, 1024, S_IOERR},
        {T_IN, UINT64_MAX, 512, S_IOERR},
        {T_IN, UINT64_MAX / SECTOR, 512, S_IOERR},
        {T_OUT, UINT64_MAX / SECTOR + 1, 512, S_IOERR},
        {T_OUT, 1ull << 63, 512, S_IOERR},
        {T_IN, 0, 511, S_IOERR},
        {T_OUT, 0, 1, S_IOERR},
        {T_IN, 0, 0, S_OK},
        {T_OUT, SECTORS, 0, S_OK},
        {T_OUT, SECTORS + 1, 0, S_IOERR},
        {2, 0, 512, S_UNSUPP}, /* SCSI */
        {5, 0, 0, S_UNSUPP},
        {10, 0, 512, S_UNSUPP}, /* lifetime */
        {14, 0, 16, S_UNSUPP},  /* secure erase */
        {0x80000000, 0, 512, S_UNSUPP},
        {UINT32_MAX, 0, 0, S_UNSUPP},
    };
    uint8_t buf[SECTOR];

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(run(bad[i].type, bad[i].sector, bad[i].len) ==
                          bad[i].status,
                      "request %u", i);
    ck_assert_uint_eq(vd_status(&d) & VIRTIO_S_NEEDS_RESET, 0);
    for (unsigned s = 0; s < SECTORS; s += SECTORS - 1) {
        image_read(s * SECTOR, buf, SECTOR);
        for (unsigned i = 0; i < SECTOR; i++)
            ck_assert_uint_eq(buf[i], pattern(s * SECTOR + i));
    }
    tv_roundtrip(t);
}
END_TEST

static uint8_t range(uint32_t type, uint64_t sector, uint32_t n, uint32_t flags,
                     uint32_t len)
{
    struct {
        uint64_t sector;
        uint32_t n, flags;
    } what = {sector, n, flags};
    struct request r = prepare(type, 0, len);

    tv_mem_write(t, r.data, &what, len < sizeof(what) ? len : sizeof(what));
    return run_on(&d.q[0], &r);
}

START_TEST(discard_and_write_zeroes)
{
    uint8_t got[4 * SECTOR];

    ck_assert_uint_eq(range(T_ZEROES, 8, 2, 0, 16), S_OK);
    ck_assert_uint_eq(range(T_ZEROES, 10, 1, 1, 16), S_OK);
    image_read(8 * SECTOR, got, sizeof(got));
    for (unsigned i = 0; i < 3 * SECTOR; i++)
        ck_assert_uint_eq(got[i], 0);
    ck_assert_uint_eq(got[3 * SECTOR], pattern(11 * SECTOR));
    ck_assert_uint_eq(range(T_DISCARD, 0, 8, 0, 16), S_OK);
    ck_assert_uint_eq(range(T_DISCARD, 0, 0, 0, 16), S_OK);

    for (unsigned i = 0; i < 2; i++) {
        uint32_t type = i ? T_ZEROES : T_DISCARD;

        ck_assert_uint_eq(range(type, 100, 8, 2, 16), S_UNSUPP);
        ck_assert_uint_eq(range(type, 100, 8, 0x80000000, 16), S_UNSUPP);
        ck_assert_uint_eq(range(type, SECTORS, 1, 0, 16), S_IOERR);
        ck_assert_uint_eq(range(type, SECTORS - 1, 2, 0, 16), S_IOERR);
        ck_assert_uint_eq(range(type, UINT64_MAX, 2, 0, 16), S_IOERR);
        ck_assert_uint_eq(range(type, 0, UINT32_MAX, 0, 16), S_IOERR);
        ck_assert_uint_eq(range(type, 100, 8, 0, 15), S_IOERR);
        ck_assert_uint_eq(range(type, 100, 8, 0, 17), S_IOERR);
        ck_assert_uint_eq(range(type, 100, 8, 0, 32), S_IOERR);
        ck_assert_uint_eq(range(type, 100, 8, 0, 0), S_IOERR);
    }
    ck_assert_uint_eq(range(T_DISCARD, 100, 8, 1, 16), S_UNSUPP);
    image_read(100 * SECTOR, got, SECTOR);
    ck_assert_uint_eq(got[1], pattern(100 * SECTOR + 1));
    tv_roundtrip(t);
}
END_TEST

START_TEST(read_only)
{
    uint8_t got[SECTOR];

    make("format=raw,readonly=on", "");
    ck_assert_uint_eq(d.features >> F_RO & 1, 1);
    ck_assert_uint_eq(d.features >> F_DISCARD & 1, 0);
    ck_assert_uint_eq(d.features >> F_ZEROES & 1, 0);
    ck_assert_uint_eq(run(T_IN, 0, 512), S_OK);
    ck_assert_uint_eq(run(T_FLUSH, 0, 0), S_OK);
    ck_assert_uint_eq(run(T_OUT, 0, 512), S_IOERR);
    ck_assert_uint_eq(range(T_ZEROES, 0, 1, 0, 16), S_UNSUPP);
    ck_assert_uint_eq(range(T_ZEROES, 0, 1, 1, 16), S_UNSUPP);
    ck_assert_uint_eq(range(T_DISCARD, 0, 1, 0, 16), S_UNSUPP);
    image_read(0, got, sizeof(got));
    ck_assert_uint_eq(got[1], pattern(1));
    tv_roundtrip(t);
}
END_TEST

START_TEST(large_blocks)
{
    make("format=raw", ",logical_block_size=4096,physical_block_size=8192");
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 20, 4), 4096);
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 24, 1), 1);
    ck_assert_uint_eq(run(T_IN, 8, 4096), S_OK);
    ck_assert_uint_eq(run(T_IN, 4, 4096), S_IOERR);
    ck_assert_uint_eq(run(T_IN, 0, 512), S_IOERR);
    ck_assert_uint_eq(range(T_ZEROES, 1, 1, 0, 16), S_IOERR);
}
END_TEST

START_TEST(broken_requests_need_a_reset)
{
    struct request r = prepare(T_IN, 0, 512);
    struct vd_buf b[3] = {
        {r.hdr, 16, false}, {r.data, 512, true}, {r.status, 1, true}};

    switch (_i) {
    case 0: /* half a header */
        b[0].len = 15;
        vd_add(&d.q[0], b, 3);
        break;
    case 1: /* no status */
        vd_add(&d.q[0], b, 1);
        break;
    case 2: /* nothing to read */
        vd_add(&d.q[0], b + 1, 2);
        break;
    case 3: /* a status of no length */
        b[1].len = b[2].len = 0;
        vd_add(&d.q[0], b, 3);
        break;
    case 4: /* registers as a buffer */
        b[1].addr = d.bar[4];
        vd_add(&d.q[0], b, 3);
        break;
    case 5: /* itself as a buffer is memory like any other */
        b[1].addr = d.q[0].used & ~511ull;
        vd_add(&d.q[0], b, 3);
        vd_kick(&d.q[0]);
        break;
    }
    if (_i < 5) {
        vd_kick(&d.q[0]);
        vd_wait_needs_reset(&d);
        vd_wait_msi(&d, 1);
    }
    tv_roundtrip(t);
    vd_bring_up(&d, t, VIRTIO_ID_BLOCK, 0, 1);
    ck_assert_uint_eq(run(T_IN, 0, 512), S_OK);
}
END_TEST

/* ---- requests in flight ---- */

static bool never(void *opaque)
{
    return false;
}

#define SLOW "format=fault,inner=raw,rule=any:delay=30000000"

static void put_many(struct request *r, unsigned n, uint32_t type)
{
    for (unsigned i = 0; i < n; i++) {
        r[i] = prepare(type, 8 * i, 4096);
        put(&d.q[0], &r[i], i & 1);
    }
    vd_kick(&d.q[0]);
}

/* A reset returns when nothing is in flight: what the guest does with its
 * memory then is its own affair. CVE-2026-45782, CVE-2023-5088. */
START_TEST(reset_with_requests_in_flight)
{
    struct request r[16];
    uint8_t seen[16];

    make(SLOW, "");
    put_many(r, 16, _i ? T_OUT : T_IN);
    if (_i == 2)
        tv_reset(t);
    else
        vd_reset(&d);
    for (unsigned i = 0; i < 16; i++)
        seen[i] = status(&r[i]);
    tv_wait(t, never, NULL, 100);
    for (unsigned i = 0; i < 16; i++)
        ck_assert_uint_eq(status(&r[i]), seen[i]);
    tv_roundtrip(t);
    vd_bring_up(&d, t, VIRTIO_ID_BLOCK, 0, 1);
    ck_assert_uint_eq(run(T_IN, 0, 512), S_OK);
}
END_TEST

START_TEST(stop_with_requests_in_flight)
{
    struct request r[16];
    struct cfg_err err;

    make(SLOW, "");
    put_many(r, 16, T_IN);
    vm_lock(&t->vm);
    vm_stop(&t->vm, RUN_PAUSED);
    vm_unlock(&t->vm);
    /* each is done, or was not looked at yet */
    ck_assert_uint_eq(vd_used_idx(&d.q[0]) == 16 || vd_used_idx(&d.q[0]) == 0,
                      1);
    tv_roundtrip(t);
    vm_lock(&t->vm);
    ck_assert_int_eq(vm_cont(&t->vm, &err), 0);
    vm_unlock(&t->vm);
    for (unsigned i = 0; i < 16; i++)
        vd_wait_used(&d.q[0], NULL);
    for (unsigned i = 0; i < 16; i++) {
        ck_assert_uint_eq(status(&r[i]), S_OK);
        check_pattern(&r[i], 8 * i);
    }
}
END_TEST

START_TEST(end_with_requests_in_flight)
{
    struct request r[16];

    make(SLOW, "");
    put_many(r, 16, T_OUT);
}
END_TEST

/* ---- errors of the host ---- */

static bool stopped(void *opaque)
{
    return t->vm.state == RUN_IO_ERROR;
}

START_TEST(errors_are_reported)
{
    make("format=fault,inner=raw,werror=report,rule=write:errno=EIO:nth=1,"
         "rule=read:errno=EIO:nth=2,rule=flush:errno=EIO:nth=1",
         "");
    ck_assert_uint_eq(run(T_OUT, 0, 512), S_IOERR);
    ck_assert_uint_eq(run(T_OUT, 0, 512), S_OK);
    ck_assert_uint_eq(run(T_IN, 0, 512), S_OK);
    ck_assert_uint_eq(run(T_IN, 0, 512), S_IOERR);
    ck_assert_uint_eq(run(T_FLUSH, 0, 0), S_IOERR);
    ck_assert_uint_eq(run(T_FLUSH, 0, 0), S_OK);
    tv_roundtrip(t);
}
END_TEST

static bool stopped_or_done(void *opaque)
{
    return stopped(NULL) || vd_used_idx(&d.q[0]) == 8;
}

/* A full disk stops the guest; nothing is lost, and it does not notice. */
START_TEST(errors_stop_the_guest)
{
    struct request r[8];
    uint8_t got[4096];
    struct cfg_err err;

    make("format=fault,inner=raw,rule=write:errno=ENOSPC:nth=2:count=4", "");
    for (unsigned i = 0; i < 8; i++) {
        r[i] = prepare(T_OUT, 8 * i, 4096);
        memset(got, (int)(0xa0 + i), sizeof(got));
        tv_mem_write(t, r[i].data, got, sizeof(got));
        put(&d.q[0], &r[i], false);
    }
    vd_kick(&d.q[0]);
    for (unsigned rounds = 0;; rounds++) {
        ck_assert_uint_lt(rounds, 6);
        ck_assert(tv_wait(t, stopped_or_done, NULL, 10000));
        if (!stopped(NULL))
            break;
        ck_assert_uint_lt(vd_used_idx(&d.q[0]), 8);
        for (unsigned i = 0; i < 8; i++)
            ck_assert(status(&r[i]) == S_OK || status(&r[i]) == S_NONE);
        tv_roundtrip(t);
        vm_lock(&t->vm);
        ck_assert_int_eq(vm_cont(&t->vm, &err), 0);
        vm_unlock(&t->vm);
    }
    for (unsigned i = 0; i < 8; i++)
        vd_wait_used(&d.q[0], NULL);
    ck_assert_uint_eq(vd_used_idx(&d.q[0]), 8);
    for (unsigned i = 0; i < 8; i++) {
        ck_assert_uint_eq(status(&r[i]), S_OK);
        image_read(8 * i * SECTOR, got, sizeof(got));
        ck_assert_uint_eq(got[i], 0xa0 + i);
    }
    tv_roundtrip(t);
}
END_TEST

START_TEST(reset_while_stopped_by_an_error)
{
    make("format=fault,inner=raw,werror=stop,rule=write:errno=EIO:nth=1", "");
    struct request r = prepare(T_OUT, 0, 512);

    put(&d.q[0], &r, false);
    vd_kick(&d.q[0]);
    ck_assert(tv_wait(t, stopped, NULL, 10000));
    vd_reset(&d);
    tv_roundtrip(t);
    ck_assert_uint_eq(status(&r), S_NONE);
}
END_TEST

START_TEST(resize)
{
    struct blk *blk = blk_find(&t->vm, "d0");
    struct cfg_err err = {""};
    uint8_t gen = (uint8_t)vd_common_read(&d, 0x15, 1);

    vm_lock(&t->vm);
    ck_assert_msg(!blk_resize(blk, 2 * SECTORS * SECTOR, &err), "%s", err.text);
    vm_unlock(&t->vm);
    vd_wait_msi(&d, 1);
    ck_assert_uint_eq(__atomic_load_n(&t->msi_data, __ATOMIC_RELAXED),
                      VD_MSI_DATA);
    ck_assert_uint_ne(vd_common_read(&d, 0x15, 1), gen);
    ck_assert_uint_eq(tv_mmio_read(t, d.device, 8), 2 * SECTORS);
    ck_assert_uint_eq(run(T_OUT, 2 * SECTORS - 1, 512), S_OK);
    tv_roundtrip(t);
}
END_TEST

START_TEST(bad_configurations)
{
    static const struct {
        const char *device, *says;
    } bad[] = {
        {"virtio-blk-pci", "drive= is missing"},
        {"virtio-blk-pci,drive=nope", "id of a -drive"},
        {"virtio-blk-pci,drive=d0,num-queues=65", "1 to 64"},
        {"virtio-blk-pci,drive=d0,queue-size=100", "power of two"},
        {"virtio-blk-pci,drive=d0,queue-size=2048", "power of two"},
        {"virtio-blk-pci,drive=d0,logical_block_size=513", "powers of two"},
        {"virtio-blk-pci,drive=d0,logical_block_size=4096,"
         "physical_block_size=512",
         "no smaller"},
    };
    char a[256];
    const char *const args[] = {"-drive", a, "-device", bad[_i].device, NULL};
    struct cfg_err err = {""};

    tv_free(t);
    t = NULL;
    snprintf(a, sizeof(a), "if=none,id=d0,file=%s,format=raw", image);
    ck_assert_ptr_null(tv_try("pc", args, &err));
    ck_assert_msg(strstr(err.text, bad[_i].says), "%s", err.text);
}
END_TEST

/* ---- storms ---- */

static uint32_t seed;

static uint32_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* Requests of random types, places and shapes, some beyond all rules: the
 * device breaks or answers, and works again after a reset. The disk is read
 * through a fault layer that delays, so that resets meet requests. */
START_TEST(storm_of_rings)
{
    unsigned resets = 0, answers = 0;

    seed = 0x600d + (uint32_t)_i;
    printf("storm: rings, seed %#x\n", seed);
    make("format=fault,inner=raw,rule=read:delay=100000", "");
    for (unsigned round = 0; round < 1500; round++) {
        struct vd_queue *q = &d.q[0];
        struct vd_buf b[6];
        unsigned n = 1 + rnd() % 6;
        uint32_t hdr[4] = {rnd() % 16, rnd(), rnd() % (SECTORS + 64),
                           rnd() % 16 ? 0 : rnd()};

        d.heap = 0x800000;
        tv_mem_write(t, 0x700000, hdr, sizeof(hdr));
        b[0] = (struct vd_buf){0x700000, 16, false};
        for (unsigned i = 1; i < n; i++)
            b[i] = (struct vd_buf){0x710000 + rnd() % 0x10000,
                                   rnd() % 4 ? rnd() % 8 * 512 : rnd() % 5000,
                                   i + 1 == n || rnd() & 1};
        if (rnd() % 32 == 0)
            b[rnd() % n].addr = (uint64_t)rnd() << 8 | rnd();
        if (rnd() & 1)
            vd_add_indirect(q, b, n);
        else
            vd_add(q, b, n);
        if (rnd() % 64 == 0)
            vd_set_desc(q, rnd() % q->size, rnd(), rnd(), (uint16_t)rnd(),
                        (uint16_t)rnd());
        vd_kick(q);
        if (rnd() % 8 == 0)
            tv_wait(t, never, NULL, 1);
        answers += vd_used_idx(q);
        if ((vd_status(&d) & VIRTIO_S_NEEDS_RESET) ||
            (uint16_t)(q->avail_idx - vd_used_idx(q)) > 200 ||
            rnd() % 64 == 0) {
            resets++;
            vd_bring_up(&d, t, VIRTIO_ID_BLOCK, 0, 1);
        }
    }
    tv_roundtrip(t);
    ck_assert_uint_gt(resets, 20);
    ck_assert_uint_gt(answers, 20);
    vd_bring_up(&d, t, VIRTIO_ID_BLOCK, 0, 1);
    ck_assert_uint_eq(run(T_IN, 0, 512), S_OK);
}
END_TEST

START_TEST(storm)
{
    tv_storm_mmio(t, d.bar[4], 0x8000, 6000, 0xb10c + (uint32_t)_i);
    tv_storm_cfg(t, d.bdf, 2000, 0xc0f6 + (uint32_t)_i);
    tv_roundtrip(t);
    tv_reset(t);
    vd_bring_up(&d, t, VIRTIO_ID_BLOCK, 0, 1);
    ck_assert_uint_eq(run(T_IN, 0, 512), S_OK);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtio-blk");
    TCase *c = tcase_create("virtio-blk");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, SUITE_TIMEOUT);
    tcase_add_test(c, configuration);
    tcase_add_test(c, reads);
    tcase_add_test(c, writes);
    tcase_add_test(c, many_pieces);
    tcase_add_test(c, deep_queue);
    tcase_add_test(c, two_queues);
    tcase_add_test(c, serial_number);
    tcase_add_test(c, bad_requests);
    tcase_add_test(c, discard_and_write_zeroes);
    tcase_add_test(c, read_only);
    tcase_add_test(c, large_blocks);
    tcase_add_loop_test(c, broken_requests_need_a_reset, 0, 6);
    tcase_add_loop_test(c, reset_with_requests_in_flight, 0, 3);
    tcase_add_test(c, stop_with_requests_in_flight);
    tcase_add_test(c, end_with_requests_in_flight);
    tcase_add_test(c, errors_are_reported);
    tcase_add_test(c, errors_stop_the_guest);
    tcase_add_test(c, reset_while_stopped_by_an_error);
    tcase_add_test(c, resize);
    tcase_add_loop_test(c, bad_configurations, 0, 7);
    tcase_add_loop_test(c, storm_of_rings, 0, 3);
    tcase_add_loop_test(c, storm, 0, 2);
    suite_add_tcase(s, c);
    return run_cases(s);
}
