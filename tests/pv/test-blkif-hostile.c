/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pv/blkif: what guests did to other backends, under its number. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "hw/pv/blkif-priv.h"
#include "hw/pv/port.h"
#include "tests/lib/suite.h"
#include "tests/pv/blk-front.h"

#define SECTORS 4096u

static struct testvm *t;
static struct blkif *b;
static struct bf f;
static char image[64];

static int begin(const char *drive, const char *mode, struct cfg_err *err)
{
    struct blkif_conf conf = {.copy_max = 32 << 10}; /* larger: mapped */
    char a[256];
    const char *const args[] = {"-drive", a, NULL};
    int rc;

    snprintf(a, sizeof(a), "if=none,id=d0,file=%s,%s", image, drive);
    t = tv_new("none", args);
    f = (struct bf){.vm = &t->vm, .x = fake_xenif_new(t->vm.loop)};
    bf_folders(f.x);
    fake_xs_set(f.x, mode, BF_BACK "/mode");
    conf.blk = blk_find(&t->vm, "d0");
    b = NULL;
    vm_lock(&t->vm);
    rc = blkif_new(&t->vm, f.x, BF_BACK, &conf, &b, err);
    vm_unlock(&t->vm);
    bf_run(&f);
    fake_grant(f.x, BF_DATA, 2048, false);
    return rc;
}

static void end(void)
{
    vm_lock(&t->vm);
    blkif_free(b);
    vm_unlock(&t->vm);
    fake_xenif_free(f.x);
    tv_free(t);
}

static void setup(void)
{
    struct cfg_err err;
    int fd;

    snprintf(image, sizeof(image), "test-blkif-hostile-%d.img", getpid());
    fd = open(image, O_CREAT | O_TRUNC | O_RDWR, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, SECTORS * 512), 0);
    close(fd);
    ck_assert_int_eq(begin("format=raw,discard=unmap", "w", &err), 0);
}

static void teardown(void)
{
    end();
    unlink(image);
}

enum { COPY_OR_MAP, PERSISTENT, AT_HAND, WAYS };

static void data_by(unsigned way)
{
    bf_set_front(&f, "feature-persistent", way == PERSISTENT ? "1" : "0");
    fake_pages_at_hand(f.x, way == AT_HAND);
}

/* A request that says nothing of itself, to see that the ring lives. */
static void lives(struct bf_ring *r)
{
    struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA, 1);

    ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_OKAY);
}

/* Nothing is left of a ring: neither maps nor ports. */
static void nothing_left(void)
{
    bf_disconnect(&f);
    ck_assert_uint_eq(fake_mapped(f.x), 0);
    ck_assert_uint_eq(fake_ports(f.x), 0);
}

static uint32_t rnd(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* ---- requests ---- */

START_TEST(bad_requests)
{
    struct bf_ring *r = &f.ring[0];
    struct bf_req req;

    bf_connect(&f, NULL, 1, 0);
    for (unsigned op = 0; op < 2; op++) {
        req = bf_rw((uint8_t)op, 0, BF_DATA, 0);
        ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_ERROR);
        for (unsigned n = 12; n < 256; n++) {
            req = bf_rw((uint8_t)op, 0, BF_DATA, n);
            ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_ERROR);
        }
        for (unsigned first = 0; first < 256; first += 5)
            for (unsigned last = 0; last < 256; last += 5) {
                req = bf_rw((uint8_t)op, 0, BF_DATA, 2);
                req.seg[1].first_sect = (uint8_t)first;
                req.seg[1].last_sect = (uint8_t)last;
                ck_assert_int_eq(bf_do(r, &req), first <= last && last < 8
                                                     ? BLKIF_RSP_OKAY
                                                     : BLKIF_RSP_ERROR);
            }
        static const uint64_t sectors[] = {
            SECTORS - 7,      SECTORS,    UINT64_MAX,          UINT64_MAX - 7,
            UINT64_MAX / 512, 1ull << 55, UINT64_MAX / 512 + 1};
        for (unsigned i = 0; i < sizeof(sectors) / sizeof(sectors[0]); i++) {
            req = bf_rw((uint8_t)op, sectors[i], BF_DATA, 1);
            ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_ERROR);
        }
        req = bf_rw((uint8_t)op, SECTORS - 8, BF_DATA, 1);
        ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_OKAY);
    }
    for (unsigned op = 0; op < 256; op++) {
        if (op <= 3 || op == 5 || op == 6)
            continue;
        req = bf_rw((uint8_t)op, 0, BF_DATA, 1);
        ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_EOPNOTSUPP);
    }
    lives(r);
}
END_TEST

/* XSA-361, XSA-362, XSA-365: bad references, alone and in any place of a batch;
 * by each of the ways that data goes. */
START_TEST(xsa_365_bad_grants)
{
    static const grant_ref_t bad[] = {
        0, 1, 7, FAKE_REF(FAKE_PAGES), UINT32_MAX, FAKE_REF(BF_DATA + 3000)};
    struct bf_ring *r = &f.ring[0];

    for (unsigned way = 0; way < 4; way++) {
        data_by(way ? way - 1 : 0);
        bf_connect(&f, NULL, 1, 0);
        for (unsigned k = 0; k < 11; k++) {
            struct bf_req req =
                bf_rw(BLKIF_OP_WRITE, 0, BF_DATA, way == 0 ? 4 : 11);

            if (k >= req.n)
                break;
            req.seg[k].gref = bad[k % 6];
            ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_ERROR);
            req.op = BLKIF_OP_READ;
            ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_ERROR);
        }
        /* One of a copy fails although all are good. */
        for (unsigned k = 0; way == 0 && k < 4; k++)
            for (int status = -1; status > -14; status--) {
                struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA, 4);

                fake_fail_piece(f.x, k, (int16_t)status);
                ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_ERROR);
            }
        /* A map fails for the host's reasons: copied instead. */
        for (int rc = 1; way && rc < 40; rc++) {
            struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA + 50, 11);

            fake_fail(f.x, FAKE_MAP, 1, -rc);
            ck_assert_int_eq(bf_do(r, &req), BLKIF_RSP_OKAY);
        }
        fake_fail(f.x, FAKE_MAP, 0, 0);
        fake_fail(f.x, FAKE_COPY, 0, 0);
        lives(r);
        nothing_left();
    }
}
END_TEST

/* A read into what is granted for reading only. */
START_TEST(read_only_grant)
{
    struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA + 10, 11);

    for (unsigned way = 0; way < WAYS; way++) {
        data_by(way);
        bf_connect(&f, NULL, 1, 0);
        fake_grant(f.x, BF_DATA + 12, 1, true);
        req.op = BLKIF_OP_READ;
        ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
        req.op = BLKIF_OP_WRITE;
        ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_OKAY);
        fake_grant(f.x, BF_DATA + 12, 1, false);
        nothing_left();
    }
}
END_TEST

/* CVE-2013-2140: every operation that writes, on a disk that does not. */
START_TEST(cve_2013_2140_writes_to_a_read_only_disk)
{
    static const uint8_t ops[] = {BLKIF_OP_WRITE, BLKIF_OP_WRITE_BARRIER,
                                  BLKIF_OP_FLUSH_DISKCACHE};
    struct cfg_err err;
    struct bf_req req;

    end();
    ck_assert_int_eq(begin("format=raw,readonly=on", "r", &err), 0);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/feature-discard"), "0");
    bf_connect(&f, NULL, 1, 0);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/info"), "4");
    for (unsigned i = 0; i < 3; i++) {
        req = bf_rw(ops[i], 0, BF_DATA, 1);
        ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
    }
    req = bf_rw_indirect(&f, BLKIF_OP_WRITE, 0, BF_DATA, 16, BF_DATA + 100);
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
    req = (struct bf_req){.op = BLKIF_OP_WRITE_BARRIER};
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
    req = (struct bf_req){.op = BLKIF_OP_DISCARD, .sectors = 8};
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
    lives(&f.ring[0]);
}
END_TEST

/* XSA-142, XSA-266: the flag may not get lost on the way. */
START_TEST(xsa_142_read_only_means_opened_so)
{
    struct cfg_err err;

    end();
    ck_assert_int_eq(begin("format=raw", "r", &err), -EINVAL);
    ck_assert_str_eq(err.text,
                     BF_BACK ": mode is 'r', but 'd0' is open for writing");
}
END_TEST

/* ---- rings ---- */

/* XSA-197: the ring is lost, the other one is not, the device is not. */
START_TEST(xsa_197_indices)
{
    static const uint32_t jumps[] = {33,         34,         64,
                                     0x7fffffff, 0x80000000, 0xffffffff};

    for (unsigned i = 0; i < 6; i++) {
        bf_connect(&f, NULL, 2, 0);
        lives(&f.ring[0]);
        lives(&f.ring[1]);
        f.ring[1].prod += jumps[i];
        bf_push(&f.ring[1]);
        for (int ms = 0;
             ms < BF_WAIT_MS && !*fake_xs_get(f.x, BF_BACK "/error");
             ms += 10) {
            loop_once(t->vm.loop, 10);
        }
        ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/error"),
                         "queue 1: its ring has more requests than it can "
                         "hold");
        ck_assert_int_eq(bf_state(&f), XENBUS_CONNECTED);
        lives(&f.ring[0]);
        /* The last one takes the device with it. */
        f.ring[0].prod += jumps[i];
        bf_push(&f.ring[0]);
        for (int ms = 0; ms < BF_WAIT_MS && bf_state(&f) == XENBUS_CONNECTED;
             ms += 10) {
            loop_once(t->vm.loop, 10);
        }
        ck_assert_int_eq(bf_state(&f), XENBUS_CLOSING);
        nothing_left();
        fake_xs_set(f.x, NULL, BF_BACK "/error");
    }
}
END_TEST

START_TEST(indices_wrap)
{
    f.first = UINT32_MAX - 40;
    bf_connect(&f, NULL, 1, 0);
    for (unsigned i = 0; i < 100; i++)
        lives(&f.ring[0]);
}
END_TEST

/* A full ring, and not one more. */
START_TEST(full_ring)
{
    struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA, 1);

    bf_connect(&f, NULL, 1, 0);
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 32; i++)
            bf_put(&f.ring[0], &req);
        bf_push(&f.ring[0]);
        for (unsigned i = 0; i < 32; i++)
            ck_assert_int_eq(bf_get(&f.ring[0]).status, 0);
    }
}
END_TEST

START_TEST(rings_that_are_none)
{
    char text[16];

    /* Indices that are impossible from the start. */
    bf_offer(&f, NULL, 1, 0);
    ck_assert_int_eq(bf_state(&f), XENBUS_CONNECTED);
    nothing_left();
    for (unsigned i = 0; i < 8; i++) {
        static const struct {
            const char *key, *value;
        } bad[] = {
            {"ring-page-order", "5"},
            {"num-ring-pages", "3"},
            {"num-ring-pages", "32"},
            {"multi-queue-num-queues", "0"},
            {"multi-queue-num-queues", "5"},
            {"protocol", "vax-abi"},
            {"feature-persistent", "2"},
            {"feature-large-sector-size", "yes"},
        };

        bf_set_front(&f, "state", "1");
        bf_set_front(&f, bad[i].key, bad[i].value);
        if (!strcmp(bad[i].key, "num-ring-pages"))
            bf_set_front(&f, "ring-page-order", NULL);
        bf_set_front(&f, "state", "3");
        ck_assert_int_eq(bf_state(&f), XENBUS_CLOSING);
        ck_assert_str_ne(fake_xs_get(f.x, BF_BACK "/error"), "");
        fake_xs_set(f.x, NULL, BF_BACK "/error");
        bf_set_front(&f, bad[i].key, NULL);
        bf_set_front(&f, "ring-page-order", NULL);
    }
    /* References and ports that are nothing. */
    bf_set_front(&f, "state", "1");
    snprintf(text, sizeof(text), "%u", FAKE_REF(FAKE_PAGES));
    bf_set_front(&f, "ring-ref", text);
    bf_set_front(&f, "state", "3");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/error"),
                     "queue 0: cannot map its ring: Invalid argument");
    bf_set_front(&f, "state", "1");
    snprintf(text, sizeof(text), "%u", FAKE_REF(0));
    bf_set_front(&f, "ring-ref", text);
    bf_set_front(&f, "event-channel", "63");
    bf_set_front(&f, "state", "3");
    ck_assert_int_eq(bf_state(&f), XENBUS_CLOSING);
    ck_assert_uint_eq(fake_mapped(f.x), 0);
    bf_set_front(&f, "state", "1");
    bf_connect(&f, NULL, 1, 0);
    lives(&f.ring[0]);
}
END_TEST

/* XSA-155, XSA-478: ring, segments and indices change all the time. */
START_TEST(xsa_155_double_fetch)
{
    uint32_t seed = 155;

    for (unsigned pass = 0; pass < WAYS; pass++) {
        struct fake_mutator *m[2];
        struct bf_ring *r = &f.ring[0];

        data_by(pass);
        bf_connect(&f, pass ? "x86_32-abi" : NULL, 1, 0);
        /* The entries, not the indices: those end the ring at once. */
        m[0] = fake_mutate((uint8_t *)r->head + 64, 32 * f.abi.request, seed);
        m[1] = fake_mutate(fake_page(f.x, BF_DATA + 1000), 4096, seed + 1);
        for (unsigned round = 0; round < 60; round++) {
            uint32_t before;

            for (unsigned i = 0; i < 32; i++) {
                struct bf_req req =
                    i % 2 ? bf_rw(BLKIF_OP_READ, 0, BF_DATA, 11)
                          : bf_rw_indirect(&f, BLKIF_OP_READ, 0, BF_DATA, 64,
                                           BF_DATA + 1000);

                bf_put(r, &req);
            }
            before = atomic_load(&r->head->rsp_prod);
            bf_push(r);
            for (unsigned i = 0; i < 32; i++) {
                atomic_store(&r->head->rsp_event, before + i + 1);
                atomic_thread_fence(memory_order_seq_cst);
                while (atomic_load(&r->head->rsp_prod) - before <= i)
                    ck_assert(fake_wait(f.x, r->port, BF_WAIT_MS));
            }
            r->cons += 32;
        }
        fake_mutate_stop(m[0]);
        fake_mutate_stop(m[1]);
        lives(r);
        /* And the indices too. */
        m[0] = fake_mutate(r->head, 64, seed + 2);
        for (unsigned i = 0; i < 200; i++) {
            bf_push(r);
            loop_once(t->vm.loop, 0);
        }
        fake_mutate_stop(m[0]);
        bf_run(&f);
        nothing_left();
    }
}
END_TEST

/* ---- resources ---- */

static unsigned open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* XSA-71, XSA-350, XSA-371: disconnect with requests in work, again and
 * again: nothing grows. */
START_TEST(xsa_371_reconnect_under_load)
{
    uint32_t seed = 371;
    unsigned files = 0;

    for (unsigned round = 0; round < 150; round++) {
        unsigned queues = 1 + round % BF_QUEUES;

        data_by(round / 3 % WAYS);
        bf_connect(&f, round % 3 ? NULL : "x86_32-abi", queues, round % 5);
        for (unsigned q = 0; q < queues; q++) {
            struct bf_ring *r = &f.ring[q];

            for (unsigned i = 0; i < 30; i++) {
                struct bf_req req =
                    bf_rw(i % 7 == 6 ? BLKIF_OP_WRITE_BARRIER
                          : i % 2    ? BLKIF_OP_READ
                                     : BLKIF_OP_WRITE,
                          rnd(&seed) % (SECTORS - 88),
                          BF_DATA + rnd(&seed) % 500, 1 + rnd(&seed) % 11);

                bf_put(r, &req);
            }
            bf_push(r);
        }
        /* Kexec, a polite end, or simply gone. */
        if (round % 3 == 0)
            bf_set_front(&f, "state", "1");
        else if (round % 3 == 1)
            bf_disconnect(&f);
        else
            bf_set_front(&f, "state", NULL);
        ck_assert_uint_eq(fake_mapped(f.x), 0);
        ck_assert_uint_eq(fake_ports(f.x), 0);
        bf_set_front(&f, "state", "1");
        ck_assert_int_eq(fake_revoke(f.x, BF_DATA, 600), 0);
        fake_grant(f.x, BF_DATA, 600, false);
        if (round < BF_QUEUES)
            files = open_files(); /* the guest's ports are still new */
        ck_assert_uint_eq(open_files(), files);
    }
    bf_connect(&f, NULL, 1, 0);
    lives(&f.ring[0]);
}
END_TEST

/* XSA-300: at the domain's cap requests still work, by copying. */
START_TEST(xsa_300_mapping_cap)
{
    struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA, 11);

    for (unsigned pass = 0; pass < WAYS; pass++) {
        fake_map_max(f.x, 5);
        data_by(pass);
        bf_connect(&f, NULL, 1, 0);
        for (unsigned i = 0; i < 50; i++) {
            ck_assert_int_eq(bf_do(&f.ring[0], &req), 0);
            ck_assert_uint_le(fake_mapped(f.x), 5);
        }
        nothing_left();
        fake_map_max(f.x, 0);
        bf_offer(&f, NULL, 1, 0);
        ck_assert_int_eq(bf_state(&f), XENBUS_CLOSING);
        bf_set_front(&f, "state", "6");
        bf_set_front(&f, "state", "1");
    }
}
END_TEST

/* A ring that is nonsense when the frontend is Closed, and one without an
 * end. */
START_TEST(closed_with_a_bad_ring)
{
    struct bf_ring *r = &f.ring[0];
    struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA, 1);

    bf_connect(&f, NULL, 1, 0);
    atomic_store(&r->head->req_prod, 1000);
    bf_closed(&f);
    nothing_left();
    bf_set_front(&f, "state", "1");
    bf_connect(&f, NULL, 1, 0);
    bf_set_front(&f, "state", "6");
    for (unsigned i = 0; i < 20; i++) {
        bf_put(r, &req);
        bf_push(r);
        bf_get(r);
        tv_step(t, 100 * 1000000);
        bf_run(&f);
    }
    fake_xs_set(f.x, NULL, BF_FRONT); /* the toolstack's last word */
    bf_run(&f);
    ck_assert_int_eq(bf_state(&f), XENBUS_CLOSED);
    nothing_left();
}
END_TEST

/* Each call of a connect and of some requests fails once. */
START_TEST(every_call_fails_once)
{
    for (unsigned n = 1; n < 90; n++) {
        data_by(n % WAYS);
        fake_fail(f.x, FAKE_ANY, n, -ENOMEM);
        bf_offer(&f, NULL, 2, 1);
        if (bf_state(&f) == XENBUS_CONNECTED)
            for (unsigned i = 0; i < 4; i++) {
                struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA, 11);
                int status = bf_do(&f.ring[i % 2], &req);

                ck_assert(status == 0 || status == BLKIF_RSP_ERROR);
            }
        fake_fail(f.x, FAKE_ANY, 0, 0);
        bf_set_front(&f, "state", "6");
        bf_set_front(&f, "state", "1");
        ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
        ck_assert_uint_eq(fake_mapped(f.x), 0);
        ck_assert_uint_eq(fake_ports(f.x), 0);
    }
}
END_TEST

/* What is ready is done, in the queue's thread too. */
static void settle(void)
{
    for (unsigned i = 0; i < 4; i++) {
        tv_settle(&b->queue[0].thread);
        loop_once(t->vm.loop, 0);
    }
}

/* XSA-332: events without work are served ever more seldom; work at once. */
START_TEST(xsa_332_event_storm)
{
    struct bf_ring *r = &f.ring[0];
    unsigned before;

    bf_connect(&f, NULL, 1, 0);
    lives(r);
    before = fake_unmasks(f.x, r->port);
    for (unsigned i = 0; i < 5000; i++)
        fake_notify(f.x, r->port);
    settle();
    /* Guest time stands still, so that is all there will be. */
    ck_assert_uint_le(fake_unmasks(f.x, r->port) - before, PV_PORT_FREE + 1);
    for (unsigned i = 0; i < 20; i++) {
        tv_step(t, PV_PORT_HOLD_MAX_MS * 1000000);
        settle();
        fake_notify(f.x, r->port);
    }
    ck_assert_uint_le(fake_unmasks(f.x, r->port) - before, PV_PORT_FREE + 22);
    /* Held, but not lost. */
    bf_put(r, &(struct bf_req){.op = BLKIF_OP_FLUSH_DISKCACHE});
    bf_push(r);
    for (unsigned i = 0; i < 200 && atomic_load(&r->head->rsp_prod) == r->cons;
         i++) {
        tv_step(t, PV_PORT_HOLD_MAX_MS * 1000000);
        settle();
    }
    ck_assert_int_eq(bf_get(r).status, 0);
}
END_TEST

/* Requests of random words: each gets an answer, the image its size. */
START_TEST(storm)
{
    uint32_t seed = 20261122;

    for (unsigned pass = 0; pass < 2 * WAYS; pass++) {
        struct bf_ring *r = &f.ring[0];

        data_by(pass % WAYS);
        bf_connect(&f, pass & 1 ? "x86_32-abi" : "x86_64-abi", 1, 1);
        for (unsigned i = 0; i < 3000; i++) {
            struct bf_req req =
                bf_rw((uint8_t)(rnd(&seed) % 8), rnd(&seed) % (SECTORS + 100),
                      BF_DATA + rnd(&seed) % 2000, rnd(&seed) % 14);

            req.indirect_op = (uint8_t)(rnd(&seed) % 3);
            req.indirect = FAKE_REF(BF_DATA + rnd(&seed) % 2100);
            req.sectors =
                rnd(&seed) % 3 ? rnd(&seed) % 64 : (uint64_t)rnd(&seed) << 40;
            for (unsigned s = 0; s < BLKIF_MAX_SEGMENTS; s++) {
                if (rnd(&seed) % 16 == 0)
                    req.seg[s].gref = rnd(&seed);
                if (rnd(&seed) % 8 == 0)
                    req.seg[s].first_sect = (uint8_t)(rnd(&seed) % 10);
            }
            req.id = i;
            bf_put(r, &req);
            bf_push(r);
            if (r->prod - r->cons == r->size || rnd(&seed) % 4 == 0)
                while (r->cons != r->prod)
                    bf_get(r);
        }
        while (r->cons != r->prod)
            bf_get(r);
        lives(r);
        nothing_left();
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        bad_requests,
        xsa_365_bad_grants,
        read_only_grant,
        cve_2013_2140_writes_to_a_read_only_disk,
        xsa_142_read_only_means_opened_so,
        xsa_197_indices,
        indices_wrap,
        full_ring,
        rings_that_are_none,
        xsa_155_double_fetch,
        xsa_371_reconnect_under_load,
        xsa_300_mapping_cap,
        closed_with_a_bad_ring,
        every_call_fails_once,
        xsa_332_event_storm,
        storm,
        NULL,
    };

    return run_suite("blkif-hostile", setup, teardown, tests);
}
