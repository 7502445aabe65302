/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pv/netif: the control ring, and the queues that guests choose by it. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "hw/pv/netif-hash.h"
#include "tests/lib/suite.h"
#include "tests/pv/net-front.h"

#define DATA_REF FAKE_REF(NF_CTRL_PAGE + 1)
#define ALL_TYPES 15u

/* The key and results that drivers for receive side scaling are verified
 * with: "Verifying the RSS Hash Calculation", Microsoft. */
static const uint8_t key[NETIF_HASH_KEY] = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
    0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
    0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
    0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

static struct nf f;
static uint8_t frame[NET_VNET_HDR + NET_FRAME_MAX];

static void setup(void)
{
    nf_new(&f, 0, NULL);
    nf_ctrl_offer(&f);
}

static void teardown(void)
{
    nf_free(&f);
}

static uint32_t ask(uint16_t type, uint32_t a, uint32_t b, uint32_t c)
{
    return nf_ctrl(&f, type, a, b, c).status;
}

static void *data(void)
{
    return fake_page(f.x, NF_CTRL_PAGE + 1);
}

/* TCP from 66.9.149.187 or 3ffe:2501:200:1fff::7, whose hashes are known. */
static void known_frame(uint8_t *p, int version, size_t len)
{
    static const uint8_t from6[16] = {0x3f, 0xfe, 0x25, 0x01,    0x02,
                                      0,    0x1f, 0xff, [15] = 7};
    static const uint8_t to6[16] = {0x3f, 0xfe, 0x25, 0x01,    0x02,
                                    0,    0,    3,    [15] = 1};
    static const uint8_t ports[4] = {0x0a, 0xea, 0x06, 0xe6};

    nf_tcp(p, version, len);
    if (version == IPV4) {
        memcpy(p + 26, "\x42\x09\x95\xbb\xa1\x8e\x64\x50", 8);
        memcpy(p + 34, ports, 4);
    } else {
        memcpy(p + 22, from6, 16);
        memcpy(p + 38, to6, 16);
        memcpy(p + 54, ports, 4);
    }
}

/* A TCP frame over IPv4 with one flow a seed. */
static void flow(uint8_t *p, size_t len, uint8_t seed)
{
    nf_tcp(p, IPV4, len);
    p[37] = seed;
}

static void hash_on(uint8_t flags)
{
    memcpy(data(), key, sizeof(key));
    ck_assert_uint_eq(
        ask(NETIF_CTRL_SET_HASH_ALGORITHM, NETIF_HASH_TOEPLITZ, 0, 0),
        NETIF_CTRL_SUCCESS);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_KEY, DATA_REF, sizeof(key), 0),
                      NETIF_CTRL_SUCCESS);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_FLAGS, flags, 0, 0),
                      NETIF_CTRL_SUCCESS);
}

/* Every hash goes to this queue. */
static void all_to(uint32_t queue)
{
    memcpy(data(), &queue, 4);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_MAPPING_SIZE, 1, 0, 0),
                      NETIF_CTRL_SUCCESS);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_MAPPING, DATA_REF, 1, 0),
                      NETIF_CTRL_SUCCESS);
}

static void expect_extra(unsigned q, uint8_t type, uint32_t value)
{
    struct netif_rx_response rsp = nf_rx_get(&f, q);
    struct netif_extra e;

    memcpy(&e, &rsp, sizeof(e));
    ck_assert_uint_eq(e.type, NETIF_EXTRA_HASH);
    ck_assert_uint_eq(e.flags, 0);
    ck_assert_uint_eq(e.hash.type, type);
    ck_assert_uint_eq(e.hash.algorithm, NETIF_HASH_TOEPLITZ);
    ck_assert_uint_eq(e.hash.value[0] | (uint32_t)e.hash.value[1] << 16, value);
}

/* ---- hashes ---- */

START_TEST(known_hashes)
{
    static const struct {
        int version;
        uint8_t flags;
        int type;
        uint32_t value;
    } known[] = {
        {IPV4, ALL_TYPES, NETIF_HASH_IPV4_TCP, 0x51ccc178},
        {IPV4, 1 << NETIF_HASH_IPV4, NETIF_HASH_IPV4, 0x323e8fc2},
        {IPV4, 1 << NETIF_HASH_IPV6_TCP, -1, 0},
        {IPV6, ALL_TYPES, NETIF_HASH_IPV6_TCP, 0x40207d3d},
        {IPV6, 1 << NETIF_HASH_IPV6, NETIF_HASH_IPV6, 0x2cc18cd5},
        {IPV6, 1 << NETIF_HASH_IPV4, -1, 0},
    };
    struct netif_hash h = {.algorithm = NETIF_HASH_TOEPLITZ};
    uint8_t p[120];
    uint32_t value;

    memcpy(h.key, key, sizeof(key));
    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        h.flags = known[i].flags;
        known_frame(p, known[i].version, sizeof(p));
        ck_assert_int_eq(netif_hash_frame(&h, p, sizeof(p), &value),
                         known[i].type);
        ck_assert_uint_eq(value, known[i].value);
    }
    /* A fragment has no ports, nor has what is not TCP. */
    h.flags = ALL_TYPES;
    known_frame(p, IPV4, sizeof(p));
    p[20] = 0x20;
    ck_assert_int_eq(netif_hash_frame(&h, p, sizeof(p), &value),
                     NETIF_HASH_IPV4);
    ck_assert_uint_eq(value, 0x323e8fc2);
    p[20] = 0;
    p[23] = 17;
    ck_assert_int_eq(netif_hash_frame(&h, p, sizeof(p), &value),
                     NETIF_HASH_IPV4);
    nf_fill(p, sizeof(p), 1);
    ck_assert_int_eq(netif_hash_frame(&h, p, sizeof(p), &value), -1);
    ck_assert_uint_eq(value, 0);
}
END_TEST

START_TEST(queue_of_a_hash)
{
    struct netif_hash h = {.algorithm = NETIF_HASH_TOEPLITZ};

    ck_assert_uint_eq(netif_hash_queue(&h, 0xfffffff7, 4), 3);
    h.mapping_size = 3;
    h.mapping[1] = 2;
    ck_assert_uint_eq(netif_hash_queue(&h, 4, 4), 2);
    ck_assert_uint_eq(netif_hash_queue(&h, 5, 4), 0);
}
END_TEST

/* ---- requests ---- */

START_TEST(answers)
{
    struct netif_ctrl_response rsp;
    uint32_t map[NETIF_HASH_MAPPING] = {0};

    ck_assert_str_eq(fake_xs_get(f.x, NF_BACK "/feature-ctrl-ring"), "1");
    nf_connect(&f, 2, true);
    /* Nothing without an algorithm. */
    ck_assert_uint_eq(ask(NETIF_CTRL_GET_HASH_FLAGS, 0, 0, 0),
                      NETIF_CTRL_NOT_SUPPORTED);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_FLAGS, 1, 0, 0),
                      NETIF_CTRL_INVALID_PARAMETER);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_ALGORITHM, 2, 0, 0),
                      NETIF_CTRL_INVALID_PARAMETER);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_ALGORITHM, 257, 0, 0),
                      NETIF_CTRL_INVALID_PARAMETER);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_ALGORITHM, 1, 0, 0),
                      NETIF_CTRL_SUCCESS);
    rsp = nf_ctrl(&f, NETIF_CTRL_GET_HASH_FLAGS, 0, 0, 0);
    ck_assert_uint_eq(rsp.status, NETIF_CTRL_SUCCESS);
    ck_assert_uint_eq(rsp.data, ALL_TYPES);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_FLAGS, 16, 0, 0),
                      NETIF_CTRL_INVALID_PARAMETER);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_FLAGS, 256, 0, 0),
                      NETIF_CTRL_INVALID_PARAMETER);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_FLAGS, ALL_TYPES, 0, 0),
                      NETIF_CTRL_SUCCESS);

    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_KEY, DATA_REF, 40, 0),
                      NETIF_CTRL_SUCCESS);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_KEY, DATA_REF, 41, 0),
                      NETIF_CTRL_BUFFER_OVERFLOW);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_KEY, DATA_REF, UINT32_MAX, 0),
                      NETIF_CTRL_BUFFER_OVERFLOW);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_KEY, 7, 40, 0),
                      NETIF_CTRL_INVALID_PARAMETER);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_KEY, 0, 0, 0),
                      NETIF_CTRL_SUCCESS);

    rsp = nf_ctrl(&f, NETIF_CTRL_GET_HASH_MAPPING_SIZE, 0, 0, 0);
    ck_assert_uint_eq(rsp.status, NETIF_CTRL_SUCCESS);
    ck_assert_uint_eq(rsp.data, NETIF_HASH_MAPPING);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_MAPPING_SIZE, 129, 0, 0),
                      NETIF_CTRL_INVALID_PARAMETER);
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_MAPPING_SIZE, 128, 0, 0),
                      NETIF_CTRL_SUCCESS);
    memcpy(data(), map, sizeof(map));
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_MAPPING, DATA_REF, 128, 0),
                      NETIF_CTRL_SUCCESS);
    /* One entry that is no queue: nothing changes. */
    map[0] = 1;
    map[127] = 2;
    memcpy(data(), map, sizeof(map));
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_MAPPING, DATA_REF, 128, 0),
                      NETIF_CTRL_INVALID_PARAMETER);
    for (uint16_t type = 8; type < 20; type++)
        ck_assert_uint_eq(ask(type, 0, 0, 0), NETIF_CTRL_NOT_SUPPORTED);
    ck_assert_uint_eq(ask(0, 0, 0, 0), NETIF_CTRL_NOT_SUPPORTED);
    ck_assert_uint_eq(ask(UINT16_MAX, 0, 0, 0), NETIF_CTRL_NOT_SUPPORTED);

    /* A new connection begins with nothing. */
    nf_disconnect(&f);
    nf_ctrl_offer(&f);
    nf_connect(&f, 1, true);
    ck_assert_uint_eq(ask(NETIF_CTRL_GET_HASH_FLAGS, 0, 0, 0),
                      NETIF_CTRL_NOT_SUPPORTED);
}
END_TEST

/* XSA-270: no part of a mapping lies outside of it, however it is said. */
START_TEST(xsa_270_mapping_bounds)
{
    static const uint32_t odd[] = {
        0,          1,          2,          63,         64,         65,
        127,        128,        129,        1024,       1025,       0x3fffffff,
        0x40000000, 0x7fffffff, 0x80000000, 0xffffff80, 0xfffffffe, 0xffffffff};
    const unsigned n = sizeof(odd) / sizeof(odd[0]);

    nf_connect(&f, 1, true);
    memset(data(), 0, XENIF_PAGE);
    for (uint32_t size = 0; size <= 128; size += 64) {
        ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_MAPPING_SIZE, size, 0, 0),
                          NETIF_CTRL_SUCCESS);
        for (unsigned i = 0; i < n; i++)
            for (unsigned k = 0; k < n; k++)
                ck_assert_uint_eq(
                    ask(NETIF_CTRL_SET_HASH_MAPPING, DATA_REF, odd[i], odd[k]),
                    (uint64_t)odd[i] + odd[k] <= size
                        ? NETIF_CTRL_SUCCESS
                        : NETIF_CTRL_INVALID_PARAMETER);
    }
}
END_TEST

static uint32_t rnd(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* XSA-270: any messages, while frames come and are hashed by them. */
START_TEST(xsa_270_storm)
{
    static const uint32_t edge[] = {0, 1, 2, 4, 40, 41, 64, 128, 129};
    uint32_t seed = 270;

    nf_connect(&f, NF_QUEUES, true);
    for (unsigned q = 0; q < NF_QUEUES; q++)
        nf_rx_fill(&f, q, 200);
    for (unsigned i = 0; i < 3000; i++) {
        struct netif_ctrl_response rsp;
        uint32_t d[3];

        for (unsigned k = 0; k < 3; k++)
            d[k] = rnd(&seed) % 8 ? edge[rnd(&seed) % 9]
                                  : rnd(&seed) << 8 | rnd(&seed);
        if (rnd(&seed) % 2)
            d[0] = DATA_REF;
        for (unsigned k = 0; k < 128; k++)
            ((uint32_t *)data())[k] =
                rnd(&seed) % 200 ? rnd(&seed) % NF_QUEUES : rnd(&seed);
        rsp = nf_ctrl(&f, (uint16_t)(rnd(&seed) % 9), d[0], d[1], d[2]);
        ck_assert_uint_le(rsp.status, NETIF_CTRL_BUFFER_OVERFLOW);
        if (i % 4 == 0) {
            flow(frame, 100, (uint8_t)i);
            nf_wire_put(&f, i % NF_QUEUES, frame, 100);
        }
    }
}
END_TEST

/* ---- what comes of it ---- */

START_TEST(steering)
{
    struct netif_rx_response rsp;

    nf_connect(&f, NF_QUEUES, true);
    for (unsigned q = 0; q < NF_QUEUES; q++)
        nf_rx_fill(&f, q, 100);
    hash_on(ALL_TYPES);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned q = 0; q < NF_QUEUES; q++) {
            unsigned from = (q + round) % NF_QUEUES;

            all_to(q);
            known_frame(frame, IPV4, 5000);
            nf_wire_put(&f, from, frame, 5000);
            rsp = nf_rx_get(&f, q);
            ck_assert_int_eq(rsp.status, 4096);
            ck_assert_uint_eq(rsp.flags, NETRXF_EXTRA_INFO | NETRXF_MORE_DATA);
            ck_assert(!memcmp(nf_rx_page(&f, q), frame, 4096));
            expect_extra(q, NETIF_HASH_IPV4_TCP, 0x51ccc178);
            ck_assert_int_eq(nf_rx_get(&f, q).status, 5000 - 4096);
            ck_assert(!memcmp(nf_rx_page(&f, q), frame + 4096, 904));
            /* What has no hash goes where hash 0 does, and says nothing. */
            nf_fill(frame, 60, q);
            nf_wire_put(&f, from, frame, 60);
            rsp = nf_rx_get(&f, q);
            ck_assert_int_eq(rsp.status, 60);
            ck_assert_uint_eq(rsp.flags, 0);
        }
    /* By modulo. */
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_MAPPING_SIZE, 0, 0, 0),
                      NETIF_CTRL_SUCCESS);
    known_frame(frame, IPV6, 100);
    nf_wire_put(&f, 3, frame, 100);
    ck_assert_int_eq(nf_rx_get(&f, 0x40207d3d % 4).status, 100);
    expect_extra(0x40207d3d % 4, NETIF_HASH_IPV6_TCP, 0x40207d3d);
    /* And off again. */
    ck_assert_uint_eq(ask(NETIF_CTRL_SET_HASH_FLAGS, 0, 0, 0),
                      NETIF_CTRL_SUCCESS);
    nf_wire_put(&f, 3, frame, 100);
    rsp = nf_rx_get(&f, 3);
    ck_assert_int_eq(rsp.status, 100);
    ck_assert_uint_eq(rsp.flags, 0);
}
END_TEST

START_TEST(both_extras)
{
    uint16_t v[6] = {0x0101, 54, 1448, 34, 16, 0};
    struct netif_rx_response rsp;
    struct netif_extra e;

    nf_free(&f);
    nf_new(&f, NET_OFF_CSUM | NET_OFF_TSO4 | NET_OFF_TSO6, NULL);
    nf_ctrl_offer(&f);
    nf_connect(&f, 2, true);
    nf_rx_fill(&f, 0, 50);
    hash_on(ALL_TYPES);
    all_to(0);
    for (unsigned from = 0; from < 2; from++) {
        memcpy(frame, v, sizeof(v));
        known_frame(frame + NET_VNET_HDR, IPV4, 9000);
        nf_wire_put(&f, from, frame, NET_VNET_HDR + 9000);
        rsp = nf_rx_get(&f, 0);
        ck_assert_int_eq(rsp.status, 4096);
        ck_assert_uint_eq(rsp.flags, NETRXF_CSUM_BLANK | NETRXF_DATA_VALIDATED |
                                         NETRXF_MORE_DATA | NETRXF_EXTRA_INFO);
        rsp = nf_rx_get(&f, 0);
        memcpy(&e, &rsp, sizeof(e));
        ck_assert_uint_eq(e.type, NETIF_EXTRA_GSO);
        ck_assert_uint_eq(e.flags, NETIF_EXTRA_MORE);
        ck_assert_uint_eq(e.gso.size, 1448);
        expect_extra(0, NETIF_HASH_IPV4_TCP, 0x51ccc178);
        ck_assert_int_eq(nf_rx_get(&f, 0).status, 4096);
        ck_assert_int_eq(nf_rx_get(&f, 0).status, 9000 - 8192);
    }
}
END_TEST

/* XSA-392: what queues pass to one that does not receive is bounded, and they
 * have not got to wait for it. */
START_TEST(xsa_392_passed_frames)
{
    struct net_stats *st = &f.wire.net.stats;

    nf_connect(&f, 2, true);
    nf_rx_fill(&f, 0, 100);
    hash_on(ALL_TYPES);
    all_to(1); /* which has no buffers */
    for (unsigned i = 0; i < 60; i++) {
        flow(frame, 10000, (uint8_t)i);
        nf_wire_put(&f, 0, frame, 10000);
        do
            nf_settle(&f);
        while (atomic_load(&st->rx_frames) < i + 1);
    }
    /* One is kept besides. */
    ck_assert_uint_ge(atomic_load(&st->rx_dropped), 60 - 27);
    ck_assert_uint_le(atomic_load(&st->rx_dropped), 60 - 20);
    all_to(0);
    nf_wire_put(&f, 0, frame, 100);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 100);
    /* What there was room for comes when there are buffers. */
    nf_rx_fill(&f, 1, 4);
    ck_assert_int_eq(nf_rx_get(&f, 1).status, 4096);
}
END_TEST

START_TEST(ring_that_lies)
{
    struct netif_ctrl_request r = {.type = NETIF_CTRL_GET_HASH_MAPPING_SIZE};
    static const uint32_t jump[] = {NF_CTRL_RING, 0x80000000, UINT32_MAX - 1};

    for (unsigned i = 0; i < 3; i++) {
        nf_connect(&f, 1, i % 2);
        f.ctrl.prod += jump[i];
        nf_ctrl_put(&f, &r);
        for (int ms = 0; ms < NF_WAIT_MS && !*nf_error(&f); ms += 10)
            loop_once(f.t->vm.loop, 10);
        ck_assert_str_eq(nf_error(&f),
                         "its control ring has more than it can hold");
        fake_xs_set(f.x, NULL, NF_BACK "/error");
        /* The others go on, also over a pause. */
        vm_lock(&f.t->vm);
        netif_pause(f.n);
        netif_resume(f.n);
        vm_unlock(&f.t->vm);
        nf_run(&f);
        ck_assert_int_eq(nf_state(&f), XENBUS_CONNECTED);
        nf_rx_fill(&f, 0, 1);
        nf_fill(frame, 100, 1);
        nf_wire_put(&f, 0, frame, 100);
        ck_assert_int_eq(nf_rx_get(&f, 0).status, 100);
        nf_disconnect(&f);
        nf_ctrl_offer(&f);
    }
}
END_TEST

START_TEST(keys_that_make_no_sense)
{
    static const struct {
        const char *key, *value;
    } bad[] = {
        {"ctrl-ring-ref", "4294967295"}, {"ctrl-ring-ref", "-1"},
        {"event-channel-ctrl", NULL},    {"event-channel-ctrl", "63"},
        {"event-channel-ctrl", "x"},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fake_xs_set(f.x, bad[i].value, NF_FRONT "/%s", bad[i].key);
        nf_offer(&f, 2, true);
        ck_assert_int_eq(nf_state(&f), XENBUS_CLOSING);
        ck_assert_str_ne(nf_error(&f), "");
        fake_xs_set(f.x, NULL, NF_BACK "/error");
        nf_disconnect(&f);
        nf_ctrl_offer(&f);
    }
    /* None is legal. */
    fake_xs_set(f.x, NULL, NF_FRONT "/ctrl-ring-ref");
    nf_connect(&f, 2, true);
}
END_TEST

START_TEST(every_call_fails_once)
{
    for (unsigned n = 1; n < 70; n++) {
        fake_fail(f.x, FAKE_ANY, n, -ENOMEM);
        nf_offer(&f, 2, true);
        if (nf_state(&f) == XENBUS_CONNECTED) {
            ask(NETIF_CTRL_SET_HASH_KEY, DATA_REF, 40, 0);
            ask(NETIF_CTRL_SET_HASH_MAPPING_SIZE, 64, 0, 0);
            ask(NETIF_CTRL_SET_HASH_MAPPING, DATA_REF, 64, 0);
        }
        fake_fail(f.x, FAKE_ANY, 0, 0);
        nf_disconnect(&f);
        nf_ctrl_offer(&f);
    }
}
END_TEST

/* XSA-155 */
START_TEST(xsa_155_double_fetch)
{
    for (unsigned round = 0; round < 20; round++) {
        struct fake_mutator *m[2];

        nf_connect(&f, 2, true);
        nf_rx_fill(&f, 0, 100);
        nf_rx_fill(&f, 1, 100);
        m[0] = fake_mutate((uint8_t *)f.ctrl.head + 64, 512, round);
        m[1] = fake_mutate(data(), 512, round + 50);
        for (unsigned i = 0; i < 40; i++) {
            struct netif_ctrl_request r = {
                .type = (uint16_t)(1 + i % 7),
                .data = {i % 7 == 2 || i % 7 == 5 ? DATA_REF : 1, 40, 0}};

            nf_ctrl_put(&f, &r);
            nf_ctrl_get(&f);
            flow(frame, 100, (uint8_t)i);
            nf_wire_put(&f, i % 2, frame, 100);
        }
        fake_mutate_stop(m[0]);
        fake_mutate_stop(m[1]);
        nf_run(&f);
        nf_disconnect(&f);
        nf_ctrl_offer(&f);
    }
}
END_TEST

/* XSA-374: taken down while queues pass frames to each other. */
START_TEST(xsa_374_stop_under_load)
{
    for (unsigned round = 0; round < 40; round++) {
        unsigned queues = 2 + round % (NF_QUEUES - 1);

        nf_connect(&f, queues, round % 2);
        hash_on(ALL_TYPES);
        for (unsigned q = 0; q < queues; q++)
            nf_rx_fill(&f, q, round % 40);
        for (unsigned i = 0; i < 60; i++) {
            flow(frame, 1000, (uint8_t)i);
            nf_wire_put(&f, i % queues, frame, 1000);
        }
        if (round % 3)
            nf_set(&f, "state", "1");
        nf_disconnect(&f);
        nf_ctrl_offer(&f);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        known_hashes,
        queue_of_a_hash,
        answers,
        xsa_270_mapping_bounds,
        xsa_270_storm,
        steering,
        both_extras,
        xsa_392_passed_frames,
        ring_that_lies,
        keys_that_make_no_sense,
        every_call_fails_once,
        xsa_155_double_fetch,
        xsa_374_stop_under_load,
        NULL,
    };

    return run_suite("netif-ctrl", setup, teardown, tests);
}
