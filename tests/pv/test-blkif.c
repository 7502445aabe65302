/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pv/blkif: what a frontend is promised. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "tests/lib/suite.h"
#include "tests/pv/blk-front.h"

#define SECTORS 16384u /* 8 MiB */

static struct testvm *t;
static struct blkif *b;
static struct bf f;
static struct blkif_conf conf;
static bool at_hand; /* pages, to the backend */
static char image[64];

/* key, value: a node of the backend's folder. */
static void make(const char *drive, const char *key, const char *value)
{
    char a[256];
    struct cfg_err err;
    const char *const args[] = {"-drive", a, NULL};

    snprintf(a, sizeof(a), "if=none,id=d0,file=%s,%s", image, drive);
    t = tv_new("none", args);
    f = (struct bf){.vm = &t->vm, .x = fake_xenif_new(t->vm.loop)};
    fake_pages_at_hand(f.x, at_hand);
    bf_folders(f.x);
    if (key)
        fake_xs_set(f.x, value, BF_BACK "/%s", key);
    conf.blk = blk_find(&t->vm, "d0");
    vm_lock(&t->vm);
    ck_assert_msg(!blkif_new(&t->vm, f.x, BF_BACK, &conf, &b, &err), "%s",
                  err.text);
    vm_unlock(&t->vm);
    bf_run(&f);
    ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
    fake_grant(f.x, BF_DATA, 2048, false);
}

static void unmake(void)
{
    vm_lock(&t->vm);
    blkif_free(b);
    vm_unlock(&t->vm);
    fake_xenif_free(f.x);
    tv_free(t);
}

static void setup(void)
{
    int fd;

    snprintf(image, sizeof(image), "test-blkif-%d.img", getpid());
    fd = open(image, O_CREAT | O_TRUNC | O_RDWR, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, SECTORS * 512), 0);
    close(fd);
    conf = (struct blkif_conf){0};
    at_hand = false;
    make("cache=writeback,discard=unmap", NULL, NULL);
}

static void teardown(void)
{
    unmake();
    unlink(image);
}

static void remake(const char *drive)
{
    unmake();
    make(drive, NULL, NULL);
}

static void fill(unsigned page, unsigned n, uint32_t seed)
{
    for (unsigned p = page; p < page + n; p++) {
        uint32_t *w = fake_page(f.x, p);

        for (unsigned i = 0; i < XENIF_PAGE / 4; i++)
            w[i] = seed = seed * 1664525 + 1013904223;
    }
}

static bool same(unsigned a, unsigned b_, unsigned n)
{
    return !memcmp(fake_page(f.x, a), fake_page(f.x, b_), n * XENIF_PAGE);
}

/* Writes pages, reads them back elsewhere and from the image itself. */
static void there_and_back(struct bf_ring *r, uint64_t sector, unsigned n)
{
    struct bf_req req = bf_rw(BLKIF_OP_WRITE, sector, BF_DATA, n);
    uint8_t *host = malloc(n * XENIF_PAGE);
    int fd = open(image, O_RDONLY);

    fill(BF_DATA, n, (uint32_t)sector + 1);
    memset(fake_page(f.x, BF_DATA + 300), 0, n * XENIF_PAGE);
    ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_OKAY);
    req = bf_rw(BLKIF_OP_READ, sector, BF_DATA + 300, n);
    ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_OKAY);
    ck_assert(same(BF_DATA, BF_DATA + 300, n));
    ck_assert_int_eq(pread(fd, host, n * XENIF_PAGE, (off_t)sector * 512),
                     n * XENIF_PAGE);
    ck_assert(!memcmp(host, fake_page(f.x, BF_DATA), n * XENIF_PAGE));
    close(fd);
    free(host);
}

START_TEST(advertised)
{
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/max-ring-page-order"), "4");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/feature-persistent"), "1");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/feature-max-indirect-segments"),
                     "256");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/feature-discard"), "1");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/discard-alignment"), "0");
    bf_connect(&f, NULL, 1, 0);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/sectors"), "16384");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/sector-size"), "512");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/info"), "0");
}
END_TEST

START_TEST(layouts_and_orders)
{
    static const char *const protocols[] = {NULL, "x86_32-abi", "x86_64-abi",
                                            "arm-abi"};

    for (unsigned p = 0; p < 4; p++)
        for (unsigned order = 0; order <= 4; order++) {
            bf_connect(&f, protocols[p], 1, order);
            ck_assert_uint_eq(f.ring[0].size, 32u << order);
            for (unsigned i = 0; i < 3; i++)
                there_and_back(&f.ring[0], 8 * i + 64 * order, 1 + 5 * i);
            bf_disconnect(&f);
        }
}
END_TEST

/* Small requests are copied, large ones mapped. */
START_TEST(copy_and_map)
{
    unsigned maps, copies;

    conf.copy_max = 32 << 10;
    remake("cache=writeback");
    bf_connect(&f, NULL, 1, 0);
    maps = fake_calls(f.x, FAKE_MAP);
    copies = fake_calls(f.x, FAKE_COPY);
    there_and_back(&f.ring[0], 0, 8);
    ck_assert_uint_eq(fake_calls(f.x, FAKE_MAP), maps);
    ck_assert_uint_eq(fake_calls(f.x, FAKE_COPY), copies + 2);
    there_and_back(&f.ring[0], 0, 9);
    ck_assert_uint_eq(fake_calls(f.x, FAKE_MAP), maps + 2);
    ck_assert_uint_eq(fake_calls(f.x, FAKE_COPY), copies + 2);
    ck_assert_uint_eq(fake_mapped(f.x), 1);
}
END_TEST

START_TEST(parts_of_pages)
{
    struct bf_req req = {.op = BLKIF_OP_WRITE, .n = 3, .sector = 100};
    uint8_t *a = fake_page(f.x, BF_DATA), *z = fake_page(f.x, BF_DATA + 10);

    fill(BF_DATA, 3, 1);
    bf_connect(&f, NULL, 1, 0);
    req.seg[0] = (struct blkif_segment){FAKE_REF(BF_DATA), 7, 7, 0};
    req.seg[1] = (struct blkif_segment){FAKE_REF(BF_DATA + 1), 2, 5, 0};
    req.seg[2] = (struct blkif_segment){FAKE_REF(BF_DATA + 2), 0, 0, 0};
    ck_assert_int_eq(bf_do(&f.ring[0], &req), 0);
    req = (struct bf_req){.op = BLKIF_OP_READ, .n = 1, .sector = 100};
    req.seg[0] = (struct blkif_segment){FAKE_REF(BF_DATA + 10), 1, 6, 0};
    ck_assert_int_eq(bf_do(&f.ring[0], &req), 0);
    ck_assert(!memcmp(z + 512, a + 7 * 512, 512));
    ck_assert(!memcmp(z + 1024, a + 4096 + 1024, 2048));
    ck_assert(!memcmp(z + 3072, a + 8192, 512));
    ck_assert_uint_eq(z[511], 0);
    ck_assert_uint_eq(z[3584], 0);
}
END_TEST

START_TEST(persistent)
{
    unsigned maps;

    conf.persistent_max = 16;
    remake("cache=writeback");
    bf_set_front(&f, "feature-persistent", "1");
    bf_connect(&f, NULL, 1, 0);
    there_and_back(&f.ring[0], 0, 8);
    maps = fake_calls(f.x, FAKE_MAP);
    ck_assert_uint_eq(fake_mapped(f.x), 17);
    there_and_back(&f.ring[0], 64, 8);
    ck_assert_uint_eq(fake_calls(f.x, FAKE_MAP), maps);
    ck_assert_uint_eq(fake_calls(f.x, FAKE_COPY), 0);
    /* Other pages push the oldest out; never more than 16. */
    for (unsigned i = 0; i < 20; i++) {
        struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA + 400 + 7 * i, 7);

        ck_assert_int_eq(bf_do(&f.ring[0], &req), 0);
        ck_assert_uint_eq(fake_mapped(f.x), 17);
    }
    /* More in one request than may stay mapped: copied. */
    fake_grant(f.x, BF_DATA + 600, 1, false);
    {
        struct bf_req req =
            bf_rw_indirect(&f, BLKIF_OP_READ, 0, BF_DATA, 64, BF_DATA + 600);

        ck_assert_int_eq(bf_do(&f.ring[0], &req), 0);
    }
    ck_assert_uint_le(fake_mapped(f.x), 17);
    bf_disconnect(&f);
    ck_assert_uint_eq(fake_mapped(f.x), 0);
}
END_TEST

/* Nothing is copied, in no order of pages, and by its answer a request has
 * given all back. */
START_TEST(pages_at_hand)
{
    unsigned copies;
    struct bf_req req;

    at_hand = true;
    remake("cache=writeback");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/feature-persistent"), "0");
    bf_set_front(&f, "feature-persistent", "1");
    bf_connect(&f, NULL, 1, 0);
    copies = fake_calls(f.x, FAKE_COPY);
    there_and_back(&f.ring[0], 0, 1);
    there_and_back(&f.ring[0], 64, 11);
    req = bf_rw(BLKIF_OP_READ, 64, BF_DATA + 300, 11);
    for (unsigned i = 0; i < 11; i++)
        req.seg[i].gref = FAKE_REF(BF_DATA + 300 + i * 7 % 11);
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_OKAY);
    for (unsigned i = 0; i < 11; i++)
        ck_assert(same(BF_DATA + i, BF_DATA + 300 + i * 7 % 11, 1));
    ck_assert_uint_eq(fake_calls(f.x, FAKE_COPY), copies);
    ck_assert_uint_eq(fake_mapped(f.x), 1);
    req.seg[10].gref = 9999;
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
    ck_assert_uint_eq(fake_mapped(f.x), 1);
}
END_TEST

/* XSA-229: neighbours in a request are none in memory; by each way that data
 * goes. */
START_TEST(xsa_229_pages_anywhere)
{
    for (unsigned pass = 0; pass < 3; pass++) {
        unsigned n = pass ? 11 : 5; /* mapped; copied */
        struct bf_req req = bf_rw(BLKIF_OP_WRITE, 8 * pass, BF_DATA, n);

        bf_set_front(&f, "feature-persistent", pass == 2 ? "1" : "0");
        bf_connect(&f, NULL, 1, 0);
        fill(BF_DATA, 16, 229 + pass);
        for (unsigned i = 0; i < n; i++)
            req.seg[i].gref = FAKE_REF(BF_DATA + i * 7 % 16);
        ck_assert_int_eq(bf_do(&f.ring[0], &req), 0);
        req.op = BLKIF_OP_READ;
        for (unsigned i = 0; i < n; i++)
            req.seg[i].gref = FAKE_REF(BF_DATA + 100 + i * 5 % 16);
        ck_assert_int_eq(bf_do(&f.ring[0], &req), 0);
        for (unsigned i = 0; i < n; i++)
            ck_assert(
                same(BF_DATA + i * 7 % 16, BF_DATA + 100 + i * 5 % 16, 1));
        bf_disconnect(&f);
    }
}
END_TEST

START_TEST(indirect)
{
    unsigned table = BF_DATA + 1000;
    struct bf_req req;

    for (unsigned pass = 0; pass < 3; pass++) {
        bf_set_front(&f, "feature-persistent", pass == 2 ? "1" : "0");
        bf_connect(&f, pass ? "x86_64-abi" : "x86_32-abi", 1, 0);
        fill(BF_DATA, 256, pass);
        req = bf_rw_indirect(&f, BLKIF_OP_WRITE, 8 * pass, BF_DATA, 256, table);
        ck_assert_int_eq(bf_do(&f.ring[0], &req), 0);
        req = bf_rw_indirect(&f, BLKIF_OP_READ, 8 * pass, BF_DATA + 512, 256,
                             table);
        ck_assert_int_eq(bf_do(&f.ring[0], &req), 0);
        ck_assert(same(BF_DATA, BF_DATA + 512, 256));
        /* Not these. */
        req.n = 257;
        ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
        req.n = 65535;
        ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
        req.n = 0;
        ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
        req.n = 1;
        req.indirect = 1;
        ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
        req.indirect = FAKE_REF(table);
        for (unsigned op = 2; op < 256; op++) {
            req.indirect_op = (uint8_t)op;
            ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
        }
        bf_disconnect(&f);
    }
}
END_TEST

START_TEST(flush_and_barrier)
{
    struct blk_stats *st = &conf.blk->stats;
    struct bf_req req = {.op = BLKIF_OP_FLUSH_DISKCACHE};
    struct bf_ring *r = &f.ring[0];

    bf_connect(&f, NULL, 1, 0);
    ck_assert_int_eq(bf_do(r, &req), 0);
    ck_assert_uint_eq(atomic_load(&st->ops[BLK_FLUSH]), 1);
    req.op = BLKIF_OP_WRITE_BARRIER;
    ck_assert_int_eq(bf_do(r, &req), 0);
    ck_assert_uint_eq(atomic_load(&st->ops[BLK_FLUSH]), 2);
    /* Writes, a barrier with data, more: each sees what came before it. */
    for (unsigned i = 0; i < 20; i++) {
        fill(BF_DATA + i, 1, i);
        req = bf_rw(i % 5 == 4 ? BLKIF_OP_WRITE_BARRIER : BLKIF_OP_WRITE, 0,
                    BF_DATA + i, 1);
        req.sector = i % 5 == 4 ? 0 : 8 + 8 * (i % 5);
        bf_put(r, &req);
        if (i % 5 == 4) {
            req = bf_rw(BLKIF_OP_READ, 0, BF_DATA + 100 + i, 1);
            bf_put(r, &req);
        }
    }
    bf_push(r);
    for (unsigned i = 0; i < 24; i++)
        ck_assert_int_eq(bf_get(r).status, 0);
    for (unsigned i = 4; i < 20; i += 5)
        ck_assert(same(BF_DATA + i, BF_DATA + 100 + i, 1));
    ck_assert_uint_eq(atomic_load(&st->ops[BLK_FLUSH]), 6);
}
END_TEST

START_TEST(discard)
{
    struct bf_req req = {.op = BLKIF_OP_DISCARD, .sector = 8, .sectors = 8};
    struct bf_ring *r = &f.ring[0];

    bf_connect(&f, "x86_32-abi", 1, 0);
    ck_assert_int_eq(bf_do(r, &req), 0);
    ck_assert_uint_eq(atomic_load(&conf.blk->stats.ops[BLK_DISCARD]), 1);
    req.sector = SECTORS - 4;
    ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_ERROR);
    req.sector = UINT64_MAX - 3;
    ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_ERROR);
    req = (struct bf_req){
        .op = BLKIF_OP_DISCARD, .sector = 1, .sectors = UINT64_MAX / 512 + 1};
    ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_ERROR);
    unmake();
    make("cache=writeback", "discard-enable", "0");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/feature-discard"), "0");
    bf_connect(&f, NULL, 1, 0);
    req = (struct bf_req){.op = BLKIF_OP_DISCARD, .sectors = 8};
    ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_EOPNOTSUPP);
}
END_TEST

START_TEST(large_sectors)
{
    struct bf_req req;

    conf.logical_block = 4096;
    remake("cache=writeback");
    bf_connect(&f, NULL, 1, 0);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/sector-size"), "512");
    bf_disconnect(&f);
    bf_set_front(&f, "feature-large-sector-size", "1");
    bf_connect(&f, NULL, 1, 0);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/sector-size"), "4096");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/sectors"), "2048");
    fill(BF_DATA, 1, 3);
    req = bf_rw(BLKIF_OP_WRITE, 2047, BF_DATA, 1);
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
    req.seg[0].last_sect = 0;
    ck_assert_int_eq(bf_do(&f.ring[0], &req), 0);
    req.sector = 2048;
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
}
END_TEST

START_TEST(resize)
{
    struct cfg_err err;

    bf_connect(&f, NULL, 1, 0);
    vm_lock(&t->vm);
    ck_assert_int_eq(blk_resize(conf.blk, 2 * SECTORS * 512, &err), 0);
    vm_unlock(&t->vm);
    bf_run(&f);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/sectors"), "32768");
    there_and_back(&f.ring[0], SECTORS + 8, 2);
}
END_TEST

/* ---- many rings at once ---- */

static void *load(void *opaque)
{
    struct bf_ring *r = opaque;
    unsigned q = (unsigned)(r - f.ring), base = BF_DATA + q * 400;

    for (unsigned round = 0; round < 20; round++) {
        unsigned n = 1 + round % 11;

        for (unsigned i = 0; i < 16; i++) {
            struct bf_req req =
                bf_rw(BLKIF_OP_WRITE, (q * 16 + i) * 128, base + i * 11, n);

            fill(base + i * 11, n, round * 100 + i);
            bf_put(r, &req);
        }
        bf_push(r);
        for (unsigned i = 0; i < 16; i++)
            ck_assert_int_eq(bf_get(r).status, 0);
        for (unsigned i = 0; i < 16; i++) {
            struct bf_req req = bf_rw(BLKIF_OP_READ, (q * 16 + i) * 128,
                                      base + 200 + i * 11, n);

            bf_put(r, &req);
        }
        bf_push(r);
        for (unsigned i = 0; i < 16; i++)
            ck_assert_int_eq(bf_get(r).status, 0);
        for (unsigned i = 0; i < 16; i++)
            ck_assert(same(base + i * 11, base + 200 + i * 11, n));
    }
    return NULL;
}

START_TEST(multi_queue)
{
    pthread_t thread[BF_QUEUES];

    for (unsigned pass = 0; pass < 2; pass++) {
        bf_set_front(&f, "feature-persistent", pass ? "1" : "0");
        bf_connect(&f, NULL, BF_QUEUES, pass);
        for (unsigned i = 0; i < BF_QUEUES; i++)
            pthread_create(&thread[i], NULL, load, &f.ring[i]);
        for (unsigned i = 0; i < BF_QUEUES; i++)
            pthread_join(thread[i], NULL);
        bf_disconnect(&f);
        ck_assert_uint_eq(fake_mapped(f.x), 0);
        ck_assert_uint_eq(fake_ports(f.x), 0);
    }
}
END_TEST

/* More in work than a queue may hold in memory: the rest waits its turn. */
START_TEST(bytes_are_bounded)
{
    struct bf_ring *r = &f.ring[0];

    bf_connect(&f, NULL, 1, 0);
    for (unsigned i = 0; i < 32; i++) {
        struct bf_req req = bf_rw_indirect(&f, BLKIF_OP_READ, 0, BF_DATA, 256,
                                           BF_DATA + 1000 + i);

        bf_put(r, &req);
    }
    bf_push(r);
    for (unsigned i = 0; i < 32; i++)
        ck_assert_int_eq(bf_get(r).status, 0);
}
END_TEST

START_TEST(pause_and_resume)
{
    struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA, 1);

    bf_connect(&f, NULL, 1, 0);
    vm_lock(&t->vm);
    blkif_pause(b);
    vm_unlock(&t->vm);
    bf_put(&f.ring[0], &req);
    bf_push(&f.ring[0]);
    ck_assert(!fake_wait(f.x, f.ring[0].port, 20));
    vm_lock(&t->vm);
    blkif_resume(b);
    vm_unlock(&t->vm);
    ck_assert_int_eq(bf_get(&f.ring[0]).status, 0);
}
END_TEST

static bool stopped(void *opaque)
{
    return t->vm.state == RUN_IO_ERROR;
}

/* werror=stop: kept while the machine stands, and done again. */
START_TEST(stop_on_error)
{
    struct bf_req req = bf_rw(BLKIF_OP_WRITE, 0, BF_DATA, 1);
    struct bf_ring *r = &f.ring[0];

    remake("format=fault,inner=raw,werror=stop,rule=write:nth=2:errno=EIO");
    bf_connect(&f, NULL, 1, 0);
    tv_step(t, 0);
    for (unsigned i = 0; i < 3; i++) {
        if (i == 2)
            req.op = BLKIF_OP_WRITE_BARRIER;
        bf_put(r, &req);
    }
    bf_push(r);
    ck_assert_int_eq(bf_get(r).status, 0);
    ck_assert(tv_wait(t, stopped, NULL, BF_WAIT_MS));
    vm_lock(&t->vm);
    blkif_pause(b);
    ck_assert_uint_eq(atomic_load(&r->head->rsp_prod), 1);
    blkif_resume(b);
    vm_unlock(&t->vm);
    ck_assert_int_eq(bf_get(r).status, 0);
    ck_assert_int_eq(bf_get(r).status, 0);
}
END_TEST

static void detached(void *opaque)
{
    blkif_free(b);
    b = NULL;
}

/* With requests in work, by the guest's leave and without. */
/* Buffers are used again: an error that is ignored shows nobody's data. */
START_TEST(ignored_error)
{
    struct bf_req req = bf_rw(BLKIF_OP_WRITE, 0, BF_DATA, 1);
    const uint8_t *page;

    remake("format=fault,inner=raw,rerror=ignore,rule=read:errno=EIO");
    bf_connect(&f, NULL, 1, 0);
    fill(BF_DATA, 1, 77);
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_OKAY);
    req = bf_rw(BLKIF_OP_READ, 8, BF_DATA + 1, 1);
    page = fake_page(f.x, BF_DATA + 1);
    memset(fake_page(f.x, BF_DATA + 1), 1, XENIF_PAGE);
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_OKAY);
    for (unsigned i = 0; i < XENIF_PAGE; i++)
        ck_assert_uint_eq(page[i], 0);
}
END_TEST

/* Nothing is left of a connection that has no journal: LeakSanitizer. */
START_TEST(no_journal)
{
    unmake();
    conf.journal = "/does/not/exist/journal";
    make("readonly=off", NULL, NULL);
    for (unsigned i = 0; i < 3; i++) {
        bf_offer(&f, NULL, 1, 0);
        ck_assert_int_eq(bf_state(&f), XENBUS_CLOSING);
        ck_assert_ptr_nonnull(
            strstr(fake_xs_get(f.x, BF_BACK "/error"), "journal"));
        bf_disconnect(&f);
    }
}
END_TEST

START_TEST(detach)
{
    for (unsigned forced = 0; forced < 2; forced++) {
        struct bf_req req = bf_rw(BLKIF_OP_WRITE, 0, BF_DATA, 11);

        conf.gone = detached;
        remake("cache=writeback");
        bf_connect(&f, NULL, 2, 0);
        fake_xs_set(f.x, "0", BF_BACK "/online");
        fake_xs_set(f.x, "5", BF_BACK "/state");
        bf_run(&f);
        ck_assert_int_eq(bf_do(&f.ring[1], &req), 0);
        for (unsigned i = 0; i < 30; i++)
            bf_put(&f.ring[0], &req);
        bf_push(&f.ring[0]);
        if (forced) {
            fake_xs_set(f.x, NULL, BF_BACK);
            bf_run(&f);
        } else {
            bf_set_front(&f, "state", "5");
            ck_assert_ptr_nonnull(b);
            bf_closed(&f);
        }
        ck_assert_ptr_null(b);
        ck_assert_uint_eq(fake_mapped(f.x), 0);
    }
}
END_TEST

/* All that was asked for before Closed is answered, with no event for it, and
 * what comes after that because of an event. */
START_TEST(answered_when_closed)
{
    struct bf_ring *r = &f.ring[1];
    struct bf_req req = bf_rw(BLKIF_OP_WRITE, 0, BF_DATA, 11);

    bf_connect(&f, NULL, 2, 0);
    fake_xs_set(f.x, "5", BF_BACK "/state");
    bf_run(&f);
    for (unsigned i = 0; i < r->size; i++)
        bf_put(r, &req);
    atomic_store(&r->head->req_prod, r->prod);
    bf_set_front(&f, "state", "6");
    for (unsigned i = 0; i < r->size; i++)
        ck_assert_int_eq(bf_get(r).status, BLKIF_RSP_OKAY);
    ck_assert(fake_wait(f.x, f.ring[0].port, BF_WAIT_MS));
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_OKAY);
    tv_step(t, 100 * 1000000); /* so there may be more */
    bf_run(&f);
    ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_OKAY);
    bf_closed(&f);
    ck_assert_uint_eq(fake_mapped(f.x), 0);
}
END_TEST

START_TEST(cdrom)
{
    unmake();
    make("format=raw,readonly=on", "device-type", "cdrom");
    bf_connect(&f, NULL, 1, 0);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/info"), "5");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        advertised,
        layouts_and_orders,
        copy_and_map,
        parts_of_pages,
        persistent,
        pages_at_hand,
        xsa_229_pages_anywhere,
        indirect,
        flush_and_barrier,
        discard,
        large_sectors,
        resize,
        multi_queue,
        bytes_are_bounded,
        pause_and_resume,
        stop_on_error,
        ignored_error,
        no_journal,
        detach,
        answered_when_closed,
        cdrom,
        NULL,
    };

    return run_suite("blkif", setup, teardown, tests);
}
