/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pv/netif: what guests did to other backends, by the advisory's number. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/net/csum.h"
#include "hw/pv/port.h"
#include "tests/lib/suite.h"
#include "tests/pv/net-front.h"

#define ALL_OFFLOADS (NET_OFF_CSUM | NET_OFF_TSO4 | NET_OFF_TSO6)
#define VNET NET_VNET_HDR

static struct nf f;
static uint8_t wire[VNET + NET_FRAME_MAX];

static void setup(void)
{
    nf_new(&f, 0, NULL);
}

static void teardown(void)
{
    nf_free(&f);
}

static void remake(unsigned offloads, const char *rate)
{
    nf_free(&f);
    nf_new(&f, offloads, rate);
}

/* ---- hostile guests ---- */

static void expect_broken(unsigned q, const char *why)
{
    char text[100];

    snprintf(text, sizeof(text), "queue %u: %s", q, why);
    for (int ms = 0; ms < NF_WAIT_MS && strcmp(nf_error(&f), text); ms += 10)
        loop_once(f.t->vm.loop, 10);
    ck_assert_str_eq(nf_error(&f), text);
    fake_xs_set(f.x, NULL, NF_BACK "/error");
}

static void one_slot(unsigned q, uint16_t flags, uint16_t offset, uint16_t size,
                     grant_ref_t ref)
{
    struct netif_tx_request r = {
        .gref = ref, .offset = offset, .flags = flags, .size = size};

    nf_tx(&f, q, &r, sizeof(r));
}

static unsigned open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* XSA-39: a ring that lies is lost, its neighbour is not, and both
 * can be taken down. */
START_TEST(xsa_39_malformed_rings)
{
    static const struct {
        const char *why;
        uint32_t jump;
        unsigned more, extras;
        uint8_t type, flags;
    } bad[] = {
        {"its transmit ring has more than it can hold", 257, 0, 0, 0, 0},
        {"its transmit ring has more than it can hold", 0x80000000, 0, 0, 0, 0},
        {"its transmit ring has more than it can hold", UINT32_MAX, 0, 0, 0, 0},
        {"a packet does not end", 0, 1, 0, 0, 0},
        {"a packet does not end", 0, 25, 0, 0, 0},
        {"a packet's extras do not end", 0, 0, 0, 0, 0},
        {"a packet's extras do not end", 0, 0, 5, 4, 1},
        {"an extra of no known type", 0, 0, 1, 0, 0},
        {"an extra of no known type", 0, 0, 1, 5, 0},
        {"an extra of no known type", 0, 0, 1, 255, 255},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        nf_connect(&f, 2, i % 2);
        nf_tx_works(&f, 0);
        nf_tx_works(&f, 1);
        f.tx[1].prod += bad[i].jump;
        for (unsigned k = 0; k < bad[i].more; k++)
            one_slot(1, NETTXF_MORE_DATA, 0, 100, FAKE_REF(NF_TX_PAGE));
        if (!bad[i].jump && !bad[i].more) {
            struct netif_extra e = {.type = bad[i].type, .flags = bad[i].flags};

            one_slot(1, NETTXF_EXTRA_INFO, 0, 100, FAKE_REF(NF_TX_PAGE));
            for (unsigned k = 0; k < bad[i].extras; k++)
                nf_tx(&f, 1, &e, sizeof(e));
        }
        nf_tx_push(&f, 1);
        expect_broken(1, bad[i].why);
        ck_assert_int_eq(nf_state(&f), XENBUS_CONNECTED);
        nf_tx_works(&f, 0);
        nf_disconnect(&f);
    }
    /* The other ring, and the last one takes the device with it. */
    nf_connect(&f, 1, true);
    f.rx[0].prod += 300;
    nf_rx_fill(&f, 0, 0);
    nf_wire_put(&f, 0, wire, 60);
    expect_broken(0, "its receive ring has more than it can hold");
    ck_assert_int_eq(nf_state(&f), XENBUS_CLOSING);
    while (nf_wire_get(&f, 0, wire, sizeof(wire), 0) > 0)
        ;
    nf_disconnect(&f);
}
END_TEST

/* XSA-90: malformed, and taken down at once, by either side. */
START_TEST(xsa_90_malformed_then_gone)
{
    for (unsigned i = 0; i < 30; i++) {
        nf_connect(&f, 2, i % 2);
        nf_rx_fill(&f, 0, 5);
        nf_wire_put(&f, 0, wire, 60);
        if (i % 3)
            one_slot(0, NETTXF_MORE_DATA, 0, 100, FAKE_REF(NF_TX_PAGE));
        else
            f.rx[0].prod += 1000;
        nf_tx_push(&f, 0);
        nf_rx_fill(&f, 0, 0);
        if (i % 5 == 0) { /* the folder goes before we have heard of it */
            nf_set(&f, "state", "1");
            nf_set(&f, "state", "4");
        }
        nf_disconnect(&f);
        while (nf_wire_get(&f, 0, wire, sizeof(wire), 0) > 0)
            ;
    }
}
END_TEST

/* XSA-197: indices that wrap are right, and nothing else is. */
START_TEST(xsa_197_indices_wrap)
{
    static const uint32_t start[] = {UINT32_MAX - 3, 0x7ffffffd, 0x80000000};
    uint8_t p[60];

    nf_fill(p, sizeof(p), 1);
    for (unsigned i = 0; i < 3; i++) {
        nf_make(&f, 1, true, start[i]);
        ck_assert_int_eq(nf_state(&f), XENBUS_CONNECTED);
        for (unsigned k = 0; k < 300; k++) {
            nf_tx_works(&f, 0);
            nf_rx_fill(&f, 0, 1);
            nf_wire_put(&f, 0, p, sizeof(p));
            ck_assert_int_eq(nf_rx_get(&f, 0).status, 60);
        }
        f.tx[0].prod--; /* backwards, with all of it answered */
        nf_tx_push(&f, 0);
        expect_broken(0, "its transmit ring has more than it can hold");
        nf_disconnect(&f);
    }
}
END_TEST

/* XSA-216: an answer has its own bytes and no others of ours. */
START_TEST(xsa_216_padding)
{
    const uint8_t *slots;

    nf_connect(&f, 1, true);
    slots = (uint8_t *)f.tx[0].head + PV_RING_ENTRIES;
    for (unsigned i = 0; i < 20; i++) {
        one_slot(0, i % 2 ? NETTXF_MORE_DATA : 0, 0, 100, FAKE_REF(NF_TX_PAGE));
        if (i % 2)
            one_slot(0, 0, 5000, 10, FAKE_REF(NF_TX_PAGE));
        nf_tx_push(&f, 0);
        nf_tx_get(&f, 0);
        if (i % 2)
            nf_tx_get(&f, 0);
    }
    for (unsigned i = 0; i < 30; i++) {
        struct netif_tx_request r;

        /* What lies behind the 4 bytes of a response is the request's. */
        memcpy(&r, slots + i * sizeof(r), sizeof(r));
        ck_assert(r.offset == 0 || r.offset == NETIF_RSP_OKAY ||
                  r.offset == 5000);
        ck_assert(r.size == 100 || r.size == 10);
        ck_assert_uint_eq(r.id, 0);
    }
}
END_TEST

/* XSA-300: a domain's cap on what is mapped; XSA-71: nothing stays behind. */
START_TEST(xsa_300_71_caps_and_leaks)
{
    unsigned before;

    for (unsigned max = 0; max <= 4; max++) {
        fake_map_max(f.x, max);
        nf_offer(&f, 2, true);
        ck_assert_int_eq(nf_state(&f),
                         max < 4 ? XENBUS_CLOSING : XENBUS_CONNECTED);
        nf_disconnect(&f);
    }
    fake_map_max(f.x, FAKE_PAGES);
    nf_connect(&f, NF_QUEUES, true); /* the guest's own channels are there */
    nf_disconnect(&f);
    before = open_descriptors();
    for (unsigned i = 0; i < 100; i++) {
        nf_connect(&f, 1 + i % NF_QUEUES, i % 2);
        if (i % 2)
            nf_tx_works(&f, 0);
        nf_disconnect(&f);
        ck_assert_uint_eq(open_descriptors(), before);
    }
}
END_TEST

/* XSA-424: frames are dropped for every reason at once, while what decides
 * of them changes, and all of it ends. */
START_TEST(xsa_424_drops)
{
    struct netif_extra e = {.type = NETIF_EXTRA_MCAST_ADD,
                            .mcast = {1, 0, 0x5e, 0, 0, 0}};

    nf_set(&f, "request-multicast-control", "1");
    for (unsigned round = 0; round < 10; round++) {
        nf_connect(&f, 2, true);
        for (unsigned i = 0; i < 200; i++) {
            nf_fill(wire, 400, i);
            if (i % 3 == 0)
                memcpy(wire, e.mcast, 6);
            nf_wire_put(&f, i % 2, wire, i % 7 ? 400 : 4);
            e.type = i % 5 ? NETIF_EXTRA_MCAST_ADD : NETIF_EXTRA_MCAST_DEL;
            e.mcast[5] = (uint8_t)(i % 64);
            nf_send(&f, i % 2, NF_TX_PAGE, 0, 0, &e);
            nf_tx_push(&f, i % 2);
            nf_expect(&f, i % 2, 2, NETIF_RSP_OKAY);
            if (i == 100)
                nf_pass(&f, 11000);
            if (i % 20 == 0)
                nf_set(&f, "request-multicast-control", i % 40 ? "0" : "1");
        }
        nf_disconnect(&f);
    }
}
END_TEST

static void *notify_all(void *opaque)
{
    while (!atomic_load((atomic_bool *)opaque))
        for (unsigned q = 0; q < 2; q++) {
            fake_notify(f.x, f.tx[q].own); /* stays the same */
            fake_notify(f.x, f.rx[q].own);
        }
    return NULL;
}

/* XSA-331: events on channels that come and go. */
START_TEST(xsa_331_events_while_it_goes)
{
    atomic_bool stop = false;
    pthread_t thread;

    nf_connect(&f, 2, true);
    pthread_create(&thread, NULL, notify_all, &stop);
    for (unsigned i = 0; i < 50; i++) {
        nf_disconnect(&f);
        nf_connect(&f, 2, true);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    /* A storm has made them wait, its last event too. */
    for (unsigned i = 0; i < 10; i++)
        nf_pass(&f, 2 * PV_PORT_HOLD_MAX_MS);
    nf_tx_works(&f, 1);
}
END_TEST

/* XSA-432, XSA-448: any number of pieces, of any size, zero too. */
START_TEST(xsa_432_448_pieces)
{
    nf_connect(&f, 1, true);
    for (unsigned n = 1; n <= 20; n++)
        for (unsigned zero = 0; zero <= n; zero++) {
            unsigned total = 0;
            bool ok = n <= NETIF_SLOTS_MIN && n > 1;

            for (unsigned i = 1; i < n; i++)
                total += i == zero ? 0 : 100;
            total += zero ? 100 : 0; /* the first one's own */
            ok = n <= NETIF_SLOTS_MIN && total >= 14;
            one_slot(0, n > 1 ? NETTXF_MORE_DATA : 0, 0, (uint16_t)total,
                     FAKE_REF(NF_TX_PAGE));
            for (unsigned i = 1; i < n; i++)
                one_slot(0, i + 1 < n ? NETTXF_MORE_DATA : 0, 0,
                         i == zero ? 0 : 100, FAKE_REF(NF_TX_PAGE + i));
            nf_tx_push(&f, 0);
            nf_expect(&f, 0, n, ok ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
            if (ok)
                ck_assert_int_eq(
                    nf_wire_get(&f, 0, wire, sizeof(wire), NF_WAIT_MS),
                    (ssize_t)total);
        }
    nf_tx_works(&f, 0);
}
END_TEST

START_TEST(lying_pieces)
{
    nf_connect(&f, 1, true);
    for (unsigned i = 0; i < 6; i++) {
        static const struct {
            uint16_t total, offset, size2, offset2;
        } bad[] = {
            {13, 0, 5, 0},      {100, 0, 101, 0},    {100, 4050, 10, 0},
            {5000, 0, 4096, 1}, {5000, 0, 1, 65535}, {65535, 0, 100, 0},
        };

        one_slot(0, NETTXF_MORE_DATA, bad[i].offset, bad[i].total,
                 FAKE_REF(NF_TX_PAGE));
        one_slot(0, 0, bad[i].offset2, bad[i].size2, FAKE_REF(NF_TX_PAGE + 1));
        nf_tx_push(&f, 0);
        nf_expect(&f, 0, 2, NETIF_RSP_ERROR);
    }
    /* Pieces whose sum passes for less in 16 bits. */
    one_slot(0, NETTXF_MORE_DATA, 0, 5000, FAKE_REF(NF_TX_PAGE));
    for (unsigned i = 1; i < NETIF_SLOTS_MIN; i++)
        one_slot(0, i + 1 < NETIF_SLOTS_MIN ? NETTXF_MORE_DATA : 0, 0,
                 XENIF_PAGE, FAKE_REF(NF_TX_PAGE + i));
    nf_tx_push(&f, 0);
    nf_expect(&f, 0, NETIF_SLOTS_MIN, NETIF_RSP_ERROR);
    nf_tx_works(&f, 0);
}
END_TEST

/* XSA-367: errors of a copy, both ways, in any place. */
START_TEST(xsa_367_bad_grants)
{
    uint8_t p[9000];

    nf_connect(&f, 1, true);
    for (unsigned k = 0; k < 3; k++) {
        fake_fail_piece(f.x, k, (int16_t)(-1 - (int)k));
        nf_send(&f, 0, NF_TX_PAGE, 9000, 0, NULL);
        nf_tx_push(&f, 0);
        nf_expect(&f, 0, 3, NETIF_RSP_ERROR);
    }
    one_slot(0, 0, 0, 100, 0);
    one_slot(0, 0, 0, 100, UINT32_MAX);
    nf_tx_push(&f, 0);
    nf_expect(&f, 0, 2, NETIF_RSP_ERROR);
    fake_fail(f.x, FAKE_COPY, 1, -ENOMEM);
    nf_send(&f, 0, NF_TX_PAGE, 100, 0, NULL);
    nf_tx_push(&f, 0);
    nf_expect(&f, 0, 1, NETIF_RSP_ERROR);
    nf_tx_works(&f, 0);

    nf_fill(p, sizeof(p), 1);
    nf_rx_fill(&f, 0, 30);
    for (unsigned k = 0; k < 3; k++) {
        fake_fail_piece(f.x, k, -3);
        nf_wire_put(&f, 0, p, sizeof(p));
        for (unsigned i = 0; i < 3; i++)
            ck_assert_int_eq(nf_rx_get(&f, 0).status, i == k   ? NETIF_RSP_ERROR
                                                      : i == 2 ? 9000 - 8192
                                                               : 4096);
    }
    fake_fail(f.x, FAKE_COPY, 1, -ENOMEM);
    nf_wire_put(&f, 0, p, 100);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, NETIF_RSP_ERROR);
}
END_TEST

/* XSA-423: whatever the split, a header in pieces is whole when we look. */
START_TEST(xsa_423_header_splits)
{
    uint8_t p[200];

    nf_connect(&f, 1, true);
    nf_tcp(p, IPV6, sizeof(p));
    memcpy(fake_page(f.x, NF_TX_PAGE), p, sizeof(p));
    for (unsigned cut = 1; cut < sizeof(p); cut++) {
        one_slot(0, NETTXF_MORE_DATA | NETTXF_CSUM_BLANK, 0, sizeof(p),
                 FAKE_REF(NF_TX_PAGE));
        one_slot(0, 0, (uint16_t)cut, (uint16_t)(sizeof(p) - cut),
                 FAKE_REF(NF_TX_PAGE));
        nf_tx_push(&f, 0);
        nf_expect(&f, 0, 2, NETIF_RSP_OKAY);
        ck_assert_int_eq(nf_wire_get(&f, 0, wire, sizeof(wire), NF_WAIT_MS),
                         sizeof(p));
        ck_assert(nf_csum_right(wire, IPV6, sizeof(p)));
    }
}
END_TEST

static uint32_t rnd(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Headers of random bytes, cut anywhere: nothing is read beyond the frame. */
START_TEST(random_headers)
{
    static const uint8_t extensions[] = {0, 43, 60};
    uint32_t seed = 423;

    for (unsigned i = 0; i < 20000; i++) {
        size_t len = rnd(&seed) % 120;
        uint8_t *p = malloc(len ? len : 1);
        uint8_t whole[120];
        struct csum_place place;

        nf_tcp(whole, rnd(&seed) % 2 ? IPV6 : IPV4, sizeof(whole));
        if (rnd(&seed) % 2) { /* IPv6 with headers between */
            nf_tcp(whole, IPV6, sizeof(whole));
            whole[20] = extensions[rnd(&seed) % 3];
            for (unsigned k = 54; k < sizeof(whole); k += 8) {
                whole[k] = rnd(&seed) % 3 ? extensions[rnd(&seed) % 3] : 6;
                whole[k + 1] = (uint8_t)(rnd(&seed) % 4);
            }
        }
        for (unsigned k = rnd(&seed) % 6; k; k--)
            whole[12 + rnd(&seed) % 60] = (uint8_t)rnd(&seed);
        memcpy(p, whole, len);
        if (csum_find(p, len, &place)) {
            ck_assert_uint_le(place.start + place.offset + 2u, len);
            ck_assert_uint_le(place.payload, len);
            csum_fill(p, len, place.start, place.offset);
        }
        free(p);
    }
}
END_TEST

/* XSA-155, XSA-478: both rings change while they are served. */
START_TEST(xsa_155_478_double_fetch)
{
    struct fake_mutator *m[2];

    for (unsigned round = 0; round < 30; round++) {
        nf_connect(&f, 1, true);
        m[0] = fake_mutate((uint8_t *)f.tx[0].head + 64, 4032, round);
        m[1] = fake_mutate((uint8_t *)f.rx[0].head + 64, 2048, round + 99);
        nf_rx_fill(&f, 0, 200);
        for (unsigned i = 0; i < 60; i++) {
            nf_send(&f, 0, NF_TX_PAGE, 3000, NETTXF_CSUM_BLANK, NULL);
            if (i % 8 == 0)
                nf_tx_push(&f, 0);
            if (i % 4 == 0)
                nf_wire_put(&f, 0, wire, 600);
            while (nf_wire_get(&f, 0, wire, sizeof(wire), 0) > 0)
                ;
        }
        fake_mutate_stop(m[0]);
        fake_mutate_stop(m[1]);
        nf_run(&f);
        nf_disconnect(&f);
        while (nf_wire_get(&f, 0, wire, sizeof(wire), 0) > 0)
            ;
    }
}
END_TEST

/* XSA-374: taken down while both directions run, and nothing stays behind. */
START_TEST(xsa_374_stop_under_load)
{
    unsigned before;

    nf_connect(&f, NF_QUEUES, true); /* the guest's own channels are there */
    nf_disconnect(&f);
    before = open_descriptors();
    for (unsigned round = 0; round < 100; round++) {
        unsigned queues = 1 + round % NF_QUEUES;

        nf_connect(&f, queues, round % 2);
        for (unsigned q = 0; q < queues; q++) {
            nf_rx_fill(&f, q, 50);
            for (unsigned i = 0; i < 40; i++)
                nf_send(&f, q, NF_TX_PAGE, 5000, 0, NULL);
            nf_wire_put(&f, q, wire, 1000);
            nf_tx_push(&f, q);
        }
        if (round % 3)
            nf_set(&f, "state", "1");
        nf_disconnect(&f);
        ck_assert_uint_eq(open_descriptors(), before);
        for (unsigned q = 0; q < queues; q++)
            while (nf_wire_get(&f, q, wire, sizeof(wire), 0) > 0)
                ;
    }
}
END_TEST

START_TEST(frontends_that_make_no_sense)
{
    static const struct {
        const char *key, *value;
    } bad[] = {
        {"request-rx-copy", "0"},
        {"request-rx-copy", NULL},
        {"feature-sg", "2"},
        {"multi-queue-num-queues", "0"},
        {"multi-queue-num-queues", "5"},
        {"tx-ring-ref", "4294967295"},
        {"rx-ring-ref", "x"},
        {"event-channel-tx", "63"},
        {"event-channel-rx", NULL},
        {"event-channel-tx", ""},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        nf_connect(&f, 1, true);
        nf_set(&f, "state", "6");
        nf_set(&f, "state", "1");
        fake_xs_set(f.x, bad[i].value, NF_FRONT "/%s", bad[i].key);
        nf_set(&f, "state", "4");
        ck_assert_int_eq(nf_state(&f), XENBUS_CLOSING);
        ck_assert_str_ne(nf_error(&f), "");
        fake_xs_set(f.x, NULL, NF_BACK "/error");
        nf_set(&f, "request-rx-copy", "1");
        nf_set(&f, "feature-sg", "1");
        nf_disconnect(&f);
    }
}
END_TEST

START_TEST(every_call_fails_once)
{
    for (unsigned n = 1; n < 60; n++) {
        fake_fail(f.x, FAKE_ANY, n, -ENOMEM);
        nf_offer(&f, 2, true);
        if (nf_state(&f) == XENBUS_CONNECTED)
            for (unsigned i = 0; i < 4; i++) {
                nf_send(&f, i % 2, NF_TX_PAGE, 100, 0, NULL);
                nf_tx_push(&f, i % 2);
                nf_tx_get(&f, i % 2);
            }
        fake_fail(f.x, FAKE_ANY, 0, 0);
        nf_disconnect(&f);
    }
}
END_TEST

/* XSA-332 */
START_TEST(xsa_332_event_storm)
{
    unsigned before;

    nf_connect(&f, 1, true);
    nf_tx_works(&f, 0);
    before = fake_unmasks(f.x, f.tx[0].port);
    for (unsigned i = 0; i < 5000; i++) {
        fake_notify(f.x, f.tx[0].port);
        fake_notify(f.x, f.rx[0].port);
    }
    nf_settle(&f);
    ck_assert_uint_le(fake_unmasks(f.x, f.tx[0].port) - before,
                      PV_PORT_FREE + 1);
    ck_assert_uint_le(fake_unmasks(f.x, f.rx[0].port), PV_PORT_FREE + 1);
}
END_TEST

/* Slots of random words, till the ring is lost; then the next. */
START_TEST(storm)
{
    uint32_t seed = 20261122;

    for (unsigned round = 0; round < 100; round++) {
        if (round == 50)
            remake(ALL_OFFLOADS, NULL);
        nf_connect(&f, 1, round % 2);
        nf_rx_fill(&f, 0, 100);
        for (unsigned i = 0; i < 100; i++) {
            struct netif_tx_request r = {
                .gref = FAKE_REF(NF_TX_PAGE + rnd(&seed) % 1600),
                .offset = (uint16_t)(rnd(&seed) % 5000),
                .flags = (uint16_t)(rnd(&seed) % 8 ? rnd(&seed) % 2
                                                   : rnd(&seed) % 16),
                .id = (uint16_t)i,
                .size = (uint16_t)(rnd(&seed) % 4 ? rnd(&seed) % 2000
                                                  : rnd(&seed))};

            nf_tx(&f, 0, &r, sizeof(r));
            if (rnd(&seed) % 5 == 0)
                nf_tx_push(&f, 0);
            if (rnd(&seed) % 10 == 0)
                nf_wire_put(&f, 0, wire, 14 + rnd(&seed) % 3000);
            while (nf_wire_get(&f, 0, wire, sizeof(wire), 0) > 0)
                ;
        }
        nf_tx_push(&f, 0);
        nf_run(&f);
        nf_disconnect(&f);
        while (nf_wire_get(&f, 0, wire, sizeof(wire), 0) > 0)
            ;
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        xsa_39_malformed_rings,
        xsa_90_malformed_then_gone,
        xsa_197_indices_wrap,
        xsa_216_padding,
        xsa_300_71_caps_and_leaks,
        xsa_424_drops,
        xsa_331_events_while_it_goes,
        xsa_432_448_pieces,
        lying_pieces,
        xsa_367_bad_grants,
        xsa_423_header_splits,
        random_headers,
        xsa_155_478_double_fetch,
        xsa_374_stop_under_load,
        frontends_that_make_no_sense,
        every_call_fails_once,
        xsa_332_event_storm,
        storm,
        NULL,
    };

    return run_suite("netif-hostile", setup, teardown, tests);
}
