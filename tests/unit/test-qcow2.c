/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dm/worker.h"
#include "tests/lib/suite.h"
#include "tests/unit/qcow2-model.h"

static const struct {
    unsigned version, cluster_bits, refcount_order;
    const char *more;
} shapes[] = {
    {3, 16, 4, ""},
    {2, 16, 4, ""},
    {2, 9, 4, ""},
    {3, 9, 6, ""},
    {3, 9, 0, ""},
    {3, 10, 1, ",cache=writethrough"},
    {3, 12, 2, ",cache=none"},
    {3, 12, 3, ",aio=threads"},
    {3, 13, 5, ",cache=unsafe"},
    {3, 21, 4, ""},
};
#define SHAPES ((int)(sizeof(shapes) / sizeof(shapes[0])))

/* The disk is the model, and the image in order; for others too. */
static void finish(struct blk *blk, struct blk_queue *q, const char *name)
{
    verify(q);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    ask_qemu_img(name);
}

/* n steps at random in the life of an image. */
static void live(const char *name, const char *more, int n)
{
    struct blk *blk = open_image(name, more);
    struct blk_queue *q = blk_queue_new(blk, vm.loop, 4);

    verify(q);
    while (n--)
        ck_assert_int_eq(step(q), 0);
    finish(blk, q, name);
}

START_TEST(test_random)
{
    struct qcow2_create c = plain(shapes[_i].cluster_bits);

    c.version = shapes[_i].version;
    c.refcount_order = shapes[_i].refcount_order;
    create("d", c);
    for (int round = 0; round < 3; round++)
        live("d", shapes[_i].more, 150);
}
END_TEST

/* The refcount table of tiny clusters is too small soon. */
START_TEST(test_grow_refcounts)
{
    struct qcow2_create c = plain(9);
    struct blk_queue *q;
    struct blk *blk;

    c.refcount_order = 6; /* 64 in a block, 4096 in the table */
    create("d", c);
    blk = open_image("d", "");
    q = blk_queue_new(blk, vm.loop, 4);
    fill(model, DISK);
    for (int pass = 0; pass < 2; pass++) {
        ck_assert_int_eq(io(q, BLK_WRITE, 0, 0, model, DISK), 0);
        verify(q);
    }
    ck_assert_uint_gt(((struct qcow2 *)blk)->rt.n, 64);
    finish(blk, q, "d");
}
END_TEST

/* Two threads, on sectors of the same clusters. */

struct half {
    struct worker w;
    struct blk *blk;
    unsigned which;
};

static void run_half(void *opaque)
{
    struct half *h = opaque;
    struct blk_queue *q = blk_queue_new(h->blk, h->w.loop, 8);
    unsigned sectors = DISK / 512;
    struct one reqs[8] = {0};
    struct iovec iov[8];

    for (unsigned n = 0; n < sectors / 2; n += 8) {
        for (unsigned i = 0; i < 8; i++) {
            uint64_t sector = ((n + i) * 2 + h->which) * 37 % sectors;

            iov[i] = (struct iovec){model + sector * 512, 512};
            reqs[i] = (struct one){.req = {.op = BLK_WRITE,
                                           .off = sector * 512,
                                           .len = 512,
                                           .iov = &iov[i],
                                           .iovcnt = 1,
                                           .done = one_done}};
            blk_submit(q, &reqs[i].req);
        }
        blk_drain(q);
        for (unsigned i = 0; i < 8; i++)
            ck_assert_int_eq(reqs[i].rc, 0);
    }
    blk_queue_free(q);
}

START_TEST(test_threads)
{
    struct half h[2];
    struct blk *blk;
    struct blk_queue *q;
    struct loop_task task[2];

    create("d", plain(_i ? 16 : 12));
    blk = open_image("d", "");
    fill(model, DISK);
    for (unsigned i = 0; i < 2; i++) {
        h[i] = (struct half){.blk = blk, .which = i};
        ck_assert_int_eq(worker_start(&h[i].w, "test"), 0);
        task[i] = (struct loop_task){.fn = run_half, .opaque = &h[i]};
        loop_post(h[i].w.loop, &task[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        /* after the task: calls come in order */
        worker_call(&h[i].w, on_request, NULL);
        worker_stop(&h[i].w);
    }
    q = blk_queue_new(blk, vm.loop, 4);
    finish(blk, q, "d");
}
END_TEST

/* Images of others. */

static void model_from_file(const char *name)
{
    int fd = open(path(name), O_RDONLY);

    ck_assert_int_eq(read(fd, model, DISK), DISK);
    close(fd);
}

static void make_raw(const char *name)
{
    int fd = open(path(name), O_RDWR | O_CREAT | O_TRUNC, 0600);

    for (unsigned at = 0; at < DISK; at += 40960) {
        fill(buf + at, DISK - at < 40960 ? DISK - at : 40960);
        if (at / 40960 % 3 == 0)
            memset(buf + at, 0, DISK - at < 40960 ? DISK - at : 40960);
    }
    ck_assert_int_eq(write(fd, buf, DISK), DISK);
    close(fd);
}

static const char *const foreign[] = {
    "-o compat=1.1",
    "-o compat=0.10",
    "-o cluster_size=512,refcount_bits=1",
    "-o cluster_size=4096,refcount_bits=64 -c",
    "-c",
    "-c -o compat=0.10",
    "-o lazy_refcounts=on",
    "-o preallocation=metadata",
    "-o cluster_size=2M -c",
    "-o refcount_bits=2",
    "-o refcount_bits=4",
    "-o refcount_bits=8",
    "-o refcount_bits=32,cluster_size=1024",
};

START_TEST(test_foreign)
{
    if (!have_qemu_img())
        return;
    make_raw("raw");
    model_from_file("raw");
    ck_assert_int_eq(
        sh("qemu-img convert -f raw -O qcow2 %s raw d", foreign[_i]), 0);
    live("d", ",readonly=on", 0);
    live("d", "", 200);
}
END_TEST

START_TEST(test_snapshots)
{
    struct blk_queue *q;
    struct blk *blk;

    if (!have_qemu_img())
        return;
    make_raw("raw");
    model_from_file("raw");
    ck_assert_int_eq(sh("qemu-img convert -f raw -O qcow2 -o %s raw d && "
                        "qemu-img snapshot -c one d",
                        _i ? "cluster_size=4k" : "compat=0.10"),
                     0);
    live("d", "", 200);

    model_from_file("raw");
    for (int by = 0; by < 2; by++) {
        blk = open_image("d", by ? ",readonly=on,snapshot=one"
                                 : ",readonly=on,snapshot=1");
        q = blk_queue_new(blk, vm.loop, 4);
        verify(q);
        blk_queue_free(q);
        blk_close(blk);
    }
    open_bad("d", ",snapshot=one", "readonly=on");
    open_bad("d", ",snapshot=two,readonly=on", "no snapshot 'two'");
    ck_assert_int_eq(sh("qemu-img snapshot -a one d"), 0);
    ask_qemu_img("d");
}
END_TEST

/* GHSA-jmr4-g2hv-mjj6: an image names no other file, unless that is asked for.
 */
START_TEST(test_backing)
{
    struct qcow2_create c = plain(12);
    struct blk_queue *q;
    struct cfg_err err;
    struct blk *base, *blk;

    make_raw("base");
    model_from_file("base");
    c.backing = "base";
    c.backing_format = "raw";
    c.version = _i ? 3 : 2;
    create("d", c);
    c.backing = "d";
    c.backing_format = "qcow2";
    create("top", c);
    open_bad("top", "", "expected backing=on");
    open_bad("top", ",backing=nobody", "no drive 'nobody'");
    live("top", ",backing=on", 200);
    /* the same by hand */
    ck_assert_int_eq(try_open(&base, &err,
                              "%s,format=qcow2,id=base,readonly=on,backing=on",
                              path("d")),
                     0);
    blk = open_image("top", ",backing=base");
    q = blk_queue_new(blk, vm.loop, 4);
    verify(q);
    blk_queue_free(q);
    blk_close(blk);
    /* a loop */
    c.backing = "loop";
    create("loop", c);
    open_bad("loop", ",backing=on,readonly=on", "a loop?");
}
END_TEST

START_TEST(test_compressed)
{
    struct qcow2_create c = plain(_i & 1 ? 16 : 12);
    uint32_t size = 1u << c.cluster_bits;
    struct blk_queue *q;
    struct blk *blk;
    int rc, packed = 0;

    c.refcount_order = _i & 2 ? 0 : 4;
    create("d", c);
    blk = open_image("d", "");
    q = blk_queue_new(blk, vm.loop, 4);
    for (uint32_t off = 0; off < DISK; off += size) {
        for (uint32_t i = 0; i < size; i++)
            model[off + i] = off / size % 5 ? off / size + i / 100 : rnd(256);
        rc = qcow2_write_compressed(q, off, model + off);
        if (rc == 1)
            rc = io(q, BLK_WRITE, 0, off, model + off, size);
        else
            packed++;
        ck_assert_int_eq(rc, 0);
    }
    ck_assert_int_gt(packed, 10);
    finish(blk, q, "d");
    live("d", "", 200);
}
END_TEST

/* A process that dies after the n-th write to the file: leaks at worst. */
START_TEST(test_killed)
{
    struct qcow2_create c = plain(_i ? 12 : 9);
    struct qcow2_result r;
    struct blk_queue *q;
    struct cfg_err err;
    struct blk *blk;
    bool failed = true;

    c.refcount_order = _i ? 4 : 6;
    for (int n = 1; failed; n += 1 + n / 6) {
        rng = 77;
        create("d", c);
        ck_assert_msg(!try_open(&blk, &err,
                                "%s,format=fault,id=f,discard=unmap,"
                                "rule=write:nth=%d:count=100000000",
                                path("d"), n),
                      "%s", err.text);
        ck_assert_msg(
            !try_open(&blk, &err, "drive=f,format=qcow2,id=d,discard=unmap"),
            "%s", err.text);
        q = blk_queue_new(blk, vm.loop, 4);
        failed = false;
        for (int i = 0; i < 200 && !failed; i++)
            failed = step(q) < 0;
        blk_queue_free(q);
        log_set_level(LOG_ERR - 1);
        blk_close(blk);
        blk_close(blk_find(&vm, "f"));
        log_set_level(LOG_ERR);
        blk = open_image("d", ",readonly=on");
        ck_assert_int_eq(qcow2_check(blk, QCOW2_CHECK, &r, NULL, NULL), 0);
        ck_assert_msg(!r.corruptions, "corrupt after %d writes", n);
        blk_close(blk);
        if (have_qemu_img() && n % 5 == 0) {
            int rc = sh("qemu-img check -f qcow2 d");

            ck_assert_msg(!rc || rc == 3 << 8, "qemu-img: %d after %d writes",
                          rc >> 8, n);
        }
        blk = open_image("d", "");
        ck_assert_int_eq(qcow2_check(blk, QCOW2_FIX_LEAKS, &r, NULL, NULL), 0);
        check_clean(blk);
        blk_close(blk);
    }
}
END_TEST

/* What was flushed is there after a death without warning. */
START_TEST(test_flushed)
{
    struct blk_queue *q;
    struct cfg_err err;
    struct blk *blk, *copy;

    create("d", plain(12));
    ck_assert_int_eq(try_open(&blk, &err, "%s,format=qcow2,id=d", path("d")),
                     0);
    q = blk_queue_new(blk, vm.loop, 4);
    for (int n = 0; n < 100; n++)
        ck_assert_int_eq(step(q), 0);
    ck_assert_int_eq(io(q, BLK_FLUSH, 0, 0, NULL, 0), 0);
    ck_assert_int_eq(sh("cp d copy"), 0);
    blk_queue_free(q);
    ck_assert_int_eq(
        try_open(&copy, &err, "%s,format=qcow2,id=copy", path("copy")), 0);
    q = blk_queue_new(copy, vm.loop, 4);
    verify(q);
    blk_queue_free(q);
}
END_TEST

/* Hostile images. */

static const struct {
    unsigned off, len;
    uint64_t value;
    const char *says;
} bad_headers[] = {
    {0, 4, 0, "not a qcow2 image"},
    {HDR_VERSION, 4, 4, "version 4"},
    {HDR_CLUSTER_BITS, 4, 8, "cluster_bits is 8 (offset 20)"},
    {HDR_CLUSTER_BITS, 4, 22, "cluster_bits"},
    {HDR_CRYPT_METHOD, 4, 2, "encrypted"},
    {HDR_SIZE, 8, UINT64_MAX, "bytes (offset 24)"},
    {HDR_SIZE, 8, 0, "bytes (offset 24)"},
    {HDR_SIZE, 8, UINT64_C(1) << 40, "L1 table of"},
    {HDR_L1_SIZE, 4, 0xffffffff, "L1 table of 4294967295"},
    {HDR_L1_SIZE, 4, 0x400000, "not within the file"},
    {HDR_L1_TABLE_OFFSET, 8, 0x10001, "start of a cluster"},
    {HDR_L1_TABLE_OFFSET, 8, UINT64_C(1) << 60, "not within"},
    {HDR_L1_TABLE_OFFSET, 8, 0x1000, "overlaps"},
    {HDR_REFCOUNT_TABLE_OFFSET, 8, 0, "not within"},
    {HDR_REFCOUNT_TABLE_CLUSTERS, 4, 0xffffffff, "refcount table of"},
    {HDR_REFCOUNT_TABLE_CLUSTERS, 4, 0, "refcount table of 0"},
    {HDR_NB_SNAPSHOTS, 4, 0xffffffff, "snapshots"},
    {HDR_NB_SNAPSHOTS, 4, 1, "snapshot table"},
    {HDR_INCOMPATIBLE, 8, INCOMPAT_DATA_FILE, "another file"},
    {HDR_INCOMPATIBLE, 8, INCOMPAT_EXTENDED_L2, "extended L2"},
    {HDR_INCOMPATIBLE, 8, INCOMPAT_COMPRESSION, "than zlib"},
    {HDR_INCOMPATIBLE, 8, INCOMPAT_CORRUPT, "marked as corrupt"},
    {HDR_INCOMPATIBLE, 8, UINT64_C(1) << 40, "too new"},
    {HDR_REFCOUNT_ORDER, 4, 7, "refcount_order"},
    {HDR_HEADER_LENGTH, 4, 96, "header_length"},
    {HDR_HEADER_LENGTH, 4, 0xfffffff8, "header_length"},
    {HDR_V3_LENGTH, 8, UINT64_C(0x1234567800010000), "extension"},
    {HDR_BACKING_FILE_OFFSET, 8, UINT64_MAX, "not in the header"},
};
#define BAD_HEADERS ((int)(sizeof(bad_headers) / sizeof(bad_headers[0])))

START_TEST(test_bad_header)
{
    create("d", plain(12));
    if (bad_headers[_i].off == HDR_BACKING_FILE_OFFSET)
        poke_be("d", HDR_BACKING_FILE_SIZE, 4, 4);
    poke_be("d", bad_headers[_i].off, bad_headers[_i].value,
            bad_headers[_i].len);
    ck_assert_int_eq(sh("cp d copy"), 0);
    open_bad("d", "", bad_headers[_i].says);
    ck_assert_int_eq(sh("cmp d copy"), 0);
}
END_TEST

START_TEST(test_huge_file)
{
    create("d", plain(9));
    ck_assert_int_eq(truncate(path("d"), (INT64_C(1) << 40) + 512), 0);
    open_bad("d", "", "expected less");
    create("d", plain(12)); /* sparse: little is read */
    ck_assert_int_eq(truncate(path("d"), INT64_C(1) << 40), 0);
    blk_close(open_image("d", ""));
}
END_TEST

/* Entries that lie: nothing is written any more. The disk's first cluster of
 * 4 KiB is written, so: header, refcount table, its block, L1, then L2. */
START_TEST(test_bad_tables)
{
    static const struct {
        uint64_t value;
        bool l1;
    } lies[] = {
        {0x8000000000000200, true}, /* not the start of a cluster */
        {0x8000000000001000, true}, /* the refcount table */
        {0x8000010000000000, true}, /* behind the end */
        {0x8000000000004100, true}, /* reserved bits */
        {0x8000000000001000, false}, {0x8000010000000000, false},
        {0x8000000000005200, false}, {0x8100000000005000, false},
        {0x4000010000000000, false}, /* compressed, behind the end */
        {0x400000000000000a, false}, /* compressed, and not deflate */
    };
    uint8_t l1[8], l2[8], data[4096];
    uint64_t l1_at, l2_at;
    struct blk_queue *q;
    struct blk *blk;
    int fd;

    create("good", plain(12));
    blk = open_image("good", "");
    q = blk_queue_new(blk, vm.loop, 4);
    ck_assert_int_eq(io(q, BLK_WRITE, 0, 0, buf, 4096), 0);
    l1_at = ((struct qcow2 *)blk)->l1.off;
    blk_queue_free(q);
    blk_close(blk);
    fd = open(path("good"), O_RDONLY);
    ck_assert_int_eq(pread(fd, l1, 8, (off_t)l1_at), 8);
    l2_at = be_get64(l1) & ENTRY_OFFSET;
    ck_assert_int_eq(pread(fd, l2, 8, (off_t)l2_at), 8);
    ck_assert(be_get64(l2) & ENTRY_COPIED);
    close(fd);
    log_set_level(LOG_ERR - 1);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct cfg_err err;

        ck_assert_int_eq(sh("cp good d"), 0);
        poke_be("d", lies[i].l1 ? l1_at : l2_at, lies[i].value, 8);
        ck_assert_int_eq(sh("cp d copy"), 0);
        if (!try_open(&blk, &err, "%s,format=qcow2,id=d", path("d"))) {
            q = blk_queue_new(blk, vm.loop, 4);
            ck_assert_int_lt(io(q, BLK_READ, 0, 0, data, 4096), 0);
            ck_assert_int_lt(io(q, BLK_WRITE, 0, 0, data, 512), 0);
            ck_assert_int_lt(io(q, BLK_WRITE, 0, 65536, data, 512), 0);
            blk_queue_free(q);
            blk_close(blk);
        } else {
            ck_assert_ptr_nonnull(strstr(err.text, "0x"));
        }
        /* it may have been made longer before it was found out */
        ck_assert_int_eq(sh("cmp -n $(stat -c %%s copy) d copy"), 0);
    }
}
END_TEST

/* With lazy refcounts a crash leaves wrong ones, and says so. */
START_TEST(test_dirty)
{
    struct qcow2_create c = plain(12);
    struct blk_queue *q;
    struct blk *blk;
    uint8_t zeros[4096] = {0};

    c.lazy_refcounts = true;
    create("d", c);
    blk = open_image("d", "");
    q = blk_queue_new(blk, vm.loop, 4);
    for (int n = 0; n < 100; n++)
        ck_assert_int_eq(step(q), 0);
    blk_queue_free(q);
    blk_close(blk);
    poke_be("d", HDR_INCOMPATIBLE, INCOMPAT_DIRTY, 8);
    if (_i) /* no block at all */
        poke("d", 4096, zeros, 4096);
    else
        poke("d", 8192, zeros, 4096);
    ck_assert_int_eq(sh("cp d copy"), 0);
    blk = open_image("d", ",readonly=on");
    q = blk_queue_new(blk, vm.loop, 4);
    verify(q);
    blk_queue_free(q);
    blk_close(blk);
    ck_assert_int_eq(sh("cmp d copy"), 0);
    blk = open_image("d", "");
    check_clean(blk);
    q = blk_queue_new(blk, vm.loop, 4);
    verify(q);
    for (int n = 0; n < 100; n++)
        ck_assert_int_eq(step(q), 0);
    blk_queue_free(q);
    blk_close(blk);
    ask_qemu_img("d");
}
END_TEST

/* Tables at random: nothing but errors and other data comes of it. */
START_TEST(test_mutated)
{
    struct qcow2_create c = plain(9 + _i);
    uint8_t byte, data[8192];
    struct qcow2_result r;
    struct blk_queue *q;
    struct cfg_err err;
    struct blk *blk;
    struct stat st;
    int opened = 0;

    create("good", c);
    blk = open_image("good", "");
    q = blk_queue_new(blk, vm.loop, 4);
    for (int n = 0; n < 60; n++)
        ck_assert_int_eq(step(q), 0);
    memset(data, 7, sizeof(data));
    for (uint64_t off = 0; off < 8; off++) {
        uint64_t at = off << c.cluster_bits;

        io(q, BLK_DISCARD, 0, at, NULL, 1u << c.cluster_bits);
        ck_assert_int_eq(qcow2_write_compressed(q, at, data), 0);
    }
    blk_queue_free(q);
    blk_close(blk);
    log_set_level(LOG_ERR - 1);
    for (int n = 0; n < 500; n++) {
        rng = n + 1000 * (_i + 1);
        sh("cp good d");
        stat(path("d"), &st);
        for (uint64_t k = 1 + rnd(6); k; k--) {
            uint64_t where[] = {rnd(104), rnd(4u << c.cluster_bits),
                                rnd(40u << c.cluster_bits), rnd(st.st_size)};

            byte = rnd(2) ? 1u << rnd(8) : rnd(256);
            poke("d", where[rnd(4)] % st.st_size, &byte, 1);
        }
        if (!rnd(8))
            ck_assert_int_eq(truncate(path("d"), 1 + rnd(st.st_size)), 0);
        if (try_open(&blk, &err, "%s,format=qcow2,id=d,discard=unmap%s",
                     path("d"), n % 4 ? "" : ",readonly=on") < 0)
            continue;
        opened++;
        if (atomic_load(&blk->size) >= DISK) {
            q = blk_queue_new(blk, vm.loop, 4);
            for (int i = 0; i < 12; i++) {
                uint64_t off = rnd(DISK / 512 - 32) * 512;

                io(q, rnd(BLK_OPS), 0, off, buf, 512 + rnd(32) * 512);
            }
            blk_queue_free(q);
        }
        qcow2_check(blk, n % 3 && !blk->readonly ? QCOW2_FIX_ALL : QCOW2_CHECK,
                    &r, NULL, NULL);
        blk_close(blk);
    }
    ck_assert_int_gt(opened, 50);
}
END_TEST

START_TEST(test_resize)
{
    struct blk_queue *q;
    struct cfg_err err;
    struct blk *blk;

    create("d", plain(12));
    blk = open_image("d", "");
    ck_assert_int_eq(blk_resize(blk, DISK / 2, &err), -ENOTSUP);
    ck_assert_int_eq(blk_resize(blk, UINT64_C(1) << 50, &err), -ENOTSUP);
    blk_close(blk);
    create("d", plain(16));
    blk = open_image("d", "");
    ck_assert_int_eq(blk_resize(blk, 2 * DISK, &err), 0);
    q = blk_queue_new(blk, vm.loop, 4);
    ck_assert_int_eq(io(q, BLK_READ, 0, DISK, buf, DISK), 0);
    ck_assert_int_eq(io(q, BLK_WRITE, 0, DISK, buf, DISK), 0);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    blk = open_image("d", ",readonly=on");
    ck_assert_uint_eq(atomic_load(&blk->size), 2 * DISK);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("qcow2");
    TCase *t = tcase_create("qcow2");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, SUITE_TIMEOUT);
    tcase_add_loop_test(t, test_random, 0, SHAPES);
    tcase_add_test(t, test_grow_refcounts);
    tcase_add_loop_test(t, test_threads, 0, 2);
    tcase_add_loop_test(t, test_foreign, 0,
                        sizeof(foreign) / sizeof(foreign[0]));
    tcase_add_loop_test(t, test_snapshots, 0, 2);
    tcase_add_loop_test(t, test_backing, 0, 2);
    tcase_add_loop_test(t, test_compressed, 0, 4);
    tcase_add_loop_test(t, test_killed, 0, 2);
    tcase_add_test(t, test_flushed);
    tcase_add_loop_test(t, test_bad_header, 0, BAD_HEADERS);
    tcase_add_test(t, test_bad_tables);
    tcase_add_test(t, test_huge_file);
    tcase_add_loop_test(t, test_dirty, 0, 2);
    tcase_add_loop_test(t, test_mutated, 0, 4);
    tcase_add_test(t, test_resize);
    suite_add_tcase(s, t);
    return run_cases(s);
}
