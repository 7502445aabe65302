/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pv/netif: frames both ways, and what guests did to other backends. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/pv/csum.h"
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

static void copy_to_pages(unsigned page, const uint8_t *p, size_t len)
{
    for (size_t at = 0; at < len; at += XENIF_PAGE)
        memcpy(fake_page(f.x, page + (unsigned)(at / XENIF_PAGE)), p + at,
               len - at < XENIF_PAGE ? len - at : XENIF_PAGE);
}

/* A packet in whole pages; flags of the first; e: NULL, or one extra. Returns
 * its slots. */
static unsigned send_packet(unsigned q, unsigned page, size_t len,
                            uint16_t flags, const struct netif_extra *e)
{
    unsigned n = (unsigned)((len + XENIF_PAGE - 1) / XENIF_PAGE), slots = n;
    struct netif_tx_request r = {.gref = FAKE_REF(page),
                                 .flags = flags,
                                 .id = (uint16_t)page,
                                 .size = (uint16_t)len};

    if (n > 1)
        r.flags |= NETTXF_MORE_DATA;
    if (e)
        r.flags |= NETTXF_EXTRA_INFO;
    nf_tx(&f, q, &r, sizeof(r));
    if (e) {
        nf_tx(&f, q, e, sizeof(*e));
        slots++;
    }
    for (unsigned i = 1; i < n; i++) {
        r = (struct netif_tx_request){
            .gref = FAKE_REF(page + i),
            .flags = i + 1 < n ? NETTXF_MORE_DATA : 0,
            .id = (uint16_t)(page + i),
            .size = i + 1 < n ? XENIF_PAGE : (uint16_t)(len - i * XENIF_PAGE)};
        nf_tx(&f, q, &r, sizeof(r));
    }
    return slots;
}

/* All slots of a packet have this status; extras have their own. */
static void expect_tx(unsigned q, unsigned slots, int16_t status)
{
    for (unsigned i = 0; i < slots; i++) {
        int16_t s = nf_tx_get(&f, q).status;

        ck_assert_msg(s == status || s == NETIF_RSP_NULL, "status %d", s);
    }
}

static void tx_works(unsigned q)
{
    uint8_t p[200];

    nf_fill(p, sizeof(p), q + 1);
    copy_to_pages(NF_TX_PAGE, p, sizeof(p));
    send_packet(q, NF_TX_PAGE, sizeof(p), 0, NULL);
    nf_tx_push(&f, q);
    expect_tx(q, 1, NETIF_RSP_OKAY);
    ck_assert_int_eq(nf_wire_get(&f, q, wire, sizeof(wire), NF_WAIT_MS),
                     sizeof(p));
    ck_assert(!memcmp(p, wire, sizeof(p)));
}

/* ---- both ways ---- */

START_TEST(advertised)
{
    ck_assert_str_eq(fake_xs_get(f.x, NF_BACK "/feature-rx-copy"), "1");
    ck_assert_str_eq(fake_xs_get(f.x, NF_BACK "/feature-sg"), "1");
    ck_assert_str_eq(fake_xs_get(f.x, NF_BACK "/feature-gso-tcpv4"), "0");
    ck_assert_str_eq(fake_xs_get(f.x, NF_BACK "/multi-queue-max-queues"), "4");
    remake(ALL_OFFLOADS, NULL);
    ck_assert_str_eq(fake_xs_get(f.x, NF_BACK "/feature-gso-tcpv4"), "1");
    ck_assert_str_eq(fake_xs_get(f.x, NF_BACK "/feature-gso-tcpv6"), "1");
}
END_TEST

START_TEST(frames)
{
    static const size_t sizes[] = {14, 60, 1514, 4096, 4097, 8192, 65535};
    uint8_t *p = malloc(65535);

    for (unsigned pass = 0; pass < 2; pass++) {
        nf_connect(&f, 1, pass);
        for (unsigned i = 0; i < 7; i++) {
            size_t len = sizes[i], at = 0;
            struct netif_rx_response rsp;
            unsigned slots;

            nf_fill(p, len, i);
            copy_to_pages(NF_TX_PAGE, p, len);
            slots = send_packet(0, NF_TX_PAGE, len, 0, NULL);
            nf_tx_push(&f, 0);
            expect_tx(0, slots, NETIF_RSP_OKAY);
            ck_assert_int_eq(nf_wire_get(&f, 0, wire, sizeof(wire), NF_WAIT_MS),
                             (ssize_t)len);
            ck_assert(!memcmp(p, wire, len));

            nf_rx_fill(&f, 0, slots);
            nf_wire_put(&f, 0, p, len);
            do {
                rsp = nf_rx_get(&f, 0);
                ck_assert_int_gt(rsp.status, 0);
                ck_assert_uint_eq(rsp.id, (f.rx[0].cons - 1) % NF_RING);
                ck_assert(
                    !memcmp(p + at, nf_rx_page(&f, 0), (size_t)rsp.status));
                at += (size_t)rsp.status;
            } while (rsp.flags & NETRXF_MORE_DATA);
            ck_assert_uint_eq(at, len);
        }
        nf_disconnect(&f);
    }
    free(p);
}
END_TEST

/* The network has no offloads: we finish what the guest left. */
START_TEST(checksums_in_software)
{
    for (int version = IPV4; version <= IPV6; version++)
        for (size_t len = 90; len < 100; len++) {
            uint8_t p[100];

            if (f.queues)
                nf_disconnect(&f);
            nf_connect(&f, 1, true);
            nf_tcp(p, version, len);
            copy_to_pages(NF_TX_PAGE, p, len);
            send_packet(0, NF_TX_PAGE, len, NETTXF_CSUM_BLANK, NULL);
            nf_tx_push(&f, 0);
            expect_tx(0, 1, NETIF_RSP_OKAY);
            ck_assert_int_eq(nf_wire_get(&f, 0, wire, sizeof(wire), NF_WAIT_MS),
                             (ssize_t)len);
            ck_assert(nf_csum_right(wire, version, len));
        }
}
END_TEST

START_TEST(offloads_to_the_network)
{
    uint8_t *p = malloc(65000);

    remake(ALL_OFFLOADS, NULL);
    nf_connect(&f, 1, true);
    ck_assert_uint_eq(atomic_load(&f.wire.offloads), ALL_OFFLOADS);
    for (int version = IPV4; version <= IPV6; version++) {
        size_t ip = version == IPV4 ? 20 : 40;
        struct netif_extra e = {.type = NETIF_EXTRA_GSO,
                                .gso = {.size = 1448,
                                        .type = version == IPV4
                                                    ? NETIF_GSO_TCPV4
                                                    : NETIF_GSO_TCPV6}};
        uint16_t v[6];
        unsigned slots;

        nf_tcp(p, version, 65000);
        copy_to_pages(NF_TX_PAGE, p, 65000);
        slots = send_packet(0, NF_TX_PAGE, 65000, NETTXF_CSUM_BLANK, &e);
        nf_tx_push(&f, 0);
        expect_tx(0, slots, NETIF_RSP_OKAY);
        ck_assert_int_eq(nf_wire_get(&f, 0, wire, sizeof(wire), NF_WAIT_MS),
                         VNET + 65000);
        memcpy(v, wire, sizeof(v));
        ck_assert_uint_eq(v[0], version == IPV4 ? 0x0101 : 0x0401);
        ck_assert_uint_eq(v[1], 14 + ip + 20);
        ck_assert_uint_eq(v[2], 1448);
        ck_assert_uint_eq(v[3], 14 + ip);
        ck_assert_uint_eq(v[4], 16);
        csum_fill(wire + VNET, 65000, v[3], v[4]);
        ck_assert(nf_csum_right(wire + VNET, version, 65000));
        /* The wrong protocol, no size, no such type. */
        for (unsigned i = 0; i < 3; i++) {
            struct netif_extra bad = e;

            if (i == 0)
                bad.gso.type = (uint8_t)(3 - e.gso.type);
            else if (i == 1)
                bad.gso.size = 0;
            else
                bad.gso.type = 3;
            slots = send_packet(0, NF_TX_PAGE, 65000, NETTXF_CSUM_BLANK, &bad);
            nf_tx_push(&f, 0);
            expect_tx(0, slots, NETIF_RSP_ERROR);
        }
    }
    free(p);
}
END_TEST

START_TEST(offloads_to_the_guest)
{
    uint16_t v[6] = {0x0101, 54, 1448, 34, 16, 0};
    struct netif_rx_response rsp;
    struct netif_extra e;

    remake(ALL_OFFLOADS, NULL);
    nf_connect(&f, 1, true);
    memcpy(wire, v, sizeof(v));
    nf_tcp(wire + VNET, IPV4, 9000);
    nf_rx_fill(&f, 0, 20);
    nf_wire_put(&f, 0, wire, VNET + 9000);
    rsp = nf_rx_get(&f, 0);
    ck_assert_int_eq(rsp.status, 4096);
    ck_assert_uint_eq(rsp.flags, NETRXF_CSUM_BLANK | NETRXF_DATA_VALIDATED |
                                     NETRXF_MORE_DATA | NETRXF_EXTRA_INFO);
    rsp = nf_rx_get(&f, 0);
    memcpy(&e, &rsp, sizeof(e));
    ck_assert_uint_eq(e.type, NETIF_EXTRA_GSO);
    ck_assert_uint_eq(e.flags, 0);
    ck_assert_uint_eq(e.gso.size, 1448);
    ck_assert_uint_eq(e.gso.type, NETIF_GSO_TCPV4);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 4096);
    rsp = nf_rx_get(&f, 0);
    ck_assert_int_eq(rsp.status, 9000 - 8192);
    ck_assert_uint_eq(rsp.flags, 0);
    nf_disconnect(&f);

    /* A frontend that can do nothing. */
    nf_set(&f, "feature-gso-tcpv4", "0");
    nf_set(&f, "feature-gso-tcpv6", "0");
    nf_set(&f, "feature-ipv6-csum-offload", "0");
    nf_set(&f, "feature-no-csum-offload", "1");
    nf_connect(&f, 1, true);
    ck_assert_uint_eq(atomic_load(&f.wire.offloads), 0);
    nf_rx_fill(&f, 0, 20);
    nf_wire_put(&f, 0, wire, VNET + 9000); /* cannot be had */
    memset(wire, 0, VNET);
    wire[0] = 1; /* blank */
    for (int version = IPV4; version <= IPV6; version++) {
        nf_tcp(wire + VNET, version, 200);
        nf_wire_put(&f, 0, wire, VNET + 200);
        rsp = nf_rx_get(&f, 0);
        ck_assert_int_eq(rsp.status, 200);
        ck_assert_uint_eq(rsp.flags, NETRXF_DATA_VALIDATED);
        ck_assert(nf_csum_right(nf_rx_page(&f, 0), version, 200));
    }
}
END_TEST

START_TEST(multicast_control)
{
    struct netif_extra e = {.type = NETIF_EXTRA_MCAST_ADD,
                            .mcast = {1, 0, 0x5e, 0, 0, 0}};
    uint8_t p[60];

    nf_set(&f, "request-multicast-control", "1");
    nf_connect(&f, 1, true);
    nf_rx_fill(&f, 0, 20);
    for (unsigned i = 0; i < 66; i++) {
        e.mcast[5] = (uint8_t)i;
        send_packet(0, NF_TX_PAGE, 0, 0, &e);
        send_packet(0, NF_TX_PAGE, 0, 0, &e); /* twice is once */
        nf_tx_push(&f, 0);
        for (unsigned twice = 0; twice < 2; twice++) {
            ck_assert_int_eq(nf_tx_get(&f, 0).status,
                             i < 64 ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
            ck_assert_int_eq(nf_tx_get(&f, 0).status, NETIF_RSP_NULL);
        }
    }
    e.type = NETIF_EXTRA_MCAST_DEL;
    e.mcast[5] = 7;
    send_packet(0, NF_TX_PAGE, 0, 0, &e);
    nf_tx_push(&f, 0);
    expect_tx(0, 2, NETIF_RSP_OKAY);
    nf_fill(p, sizeof(p), 1);
    memcpy(p, e.mcast, 6);
    nf_wire_put(&f, 0, p, sizeof(p)); /* 7: dropped */
    p[5] = 65;
    nf_wire_put(&f, 0, p, sizeof(p)); /* dropped */
    p[5] = 8;
    nf_wire_put(&f, 0, p, sizeof(p));
    memset(p, 0xff, 6);
    nf_wire_put(&f, 0, p, sizeof(p));
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 60);
    ck_assert_uint_eq(((uint8_t *)nf_rx_page(&f, 0))[5], 8);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 60);
    ck_assert_uint_eq(((uint8_t *)nf_rx_page(&f, 0))[5], 0xff);
    /* Given up while it is connected. */
    nf_set(&f, "request-multicast-control", "0");
    e.mcast[5] = 65;
    memcpy(p, e.mcast, 6);
    nf_wire_put(&f, 0, p, sizeof(p));
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 60);
}
END_TEST

static void *load(void *opaque)
{
    unsigned q = (unsigned)((struct nf_ring *)opaque - f.tx);
    uint8_t p[1514], got[1514];

    for (unsigned i = 0; i < 400; i++) {
        size_t len = 60 + (i * 37) % 1400;
        unsigned page = NF_TX_PAGE + q * 4;

        nf_fill(p, len, q * 1000 + i);
        copy_to_pages(page, p, len);
        send_packet(q, page, len, 0, NULL);
        nf_tx_push(&f, q);
        expect_tx(q, 1, NETIF_RSP_OKAY);
        ck_assert_int_eq(nf_wire_get(&f, q, got, sizeof(got), NF_WAIT_MS),
                         (ssize_t)len);
        ck_assert(!memcmp(p, got, len));
        nf_rx_fill(&f, q, 1);
        nf_wire_put(&f, q, p, len);
        ck_assert_int_eq(nf_rx_get(&f, q).status, (int)len);
        ck_assert(!memcmp(p, nf_rx_page(&f, q), len));
    }
    return NULL;
}

START_TEST(multi_queue)
{
    pthread_t thread[NF_QUEUES];

    for (unsigned split = 0; split < 2; split++) {
        nf_connect(&f, NF_QUEUES, split);
        for (unsigned i = 0; i < NF_QUEUES; i++)
            pthread_create(&thread[i], NULL, load, &f.tx[i]);
        for (unsigned i = 0; i < NF_QUEUES; i++)
            pthread_join(thread[i], NULL);
        nf_disconnect(&f);
    }
}
END_TEST

static bool never(void *opaque)
{
    return false;
}

/* Lets queue threads and main loop talk; guest time goes on by ms. */
static void pass_time(unsigned ms)
{
    tv_wait(f.t, never, NULL, 20);
    tv_step(f.t, (int64_t)ms * 1000000);
    tv_wait(f.t, never, NULL, 20);
}

START_TEST(rate)
{
    unsigned got = 0;

    remake(0, "10000,50000"); /* 200 kB a second */
    nf_connect(&f, 1, true);
    for (unsigned i = 0; i < 100; i++)
        send_packet(0, NF_TX_PAGE, 1000, 0, NULL);
    nf_tx_push(&f, 0);
    for (unsigned ms = 0; ms < 500; ms += 50) {
        pass_time(50);
        while (nf_wire_get(&f, 0, wire, sizeof(wire), 0) > 0)
            got++;
        /* One batch more than is due. */
        ck_assert_uint_le(got, 32 + 10 * (2 + ms / 50));
    }
    ck_assert_uint_ge(got, 90);
}
END_TEST

/* XSA-392: a guest that does not receive. Nothing is taken from the network
 * but one frame; after ten seconds all is, and dropped. */
START_TEST(xsa_392_stalled_receiver)
{
    struct net_stats *st = &f.wire.net.stats;
    uint8_t p[60];

    nf_connect(&f, 1, true);
    nf_fill(p, sizeof(p), 1);
    for (unsigned i = 0; i < 10; i++)
        nf_wire_put(&f, 0, p, sizeof(p));
    pass_time(0);
    ck_assert_uint_eq(atomic_load(&st->rx_frames), 1);
    pass_time(9000);
    ck_assert_uint_eq(atomic_load(&st->rx_frames), 1);
    pass_time(1001);
    ck_assert_uint_eq(atomic_load(&st->rx_frames), 10);
    ck_assert_uint_eq(atomic_load(&st->rx_dropped), 10);
    /* It wakes up, and is none the worse for it. */
    nf_rx_fill(&f, 0, 20);
    p[20] = 77;
    nf_wire_put(&f, 0, p, sizeof(p));
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 60);
    ck_assert_uint_eq(((uint8_t *)nf_rx_page(&f, 0))[20], 77);
}
END_TEST

/* Each stall has ten seconds of its own. */
START_TEST(second_stall)
{
    struct net_stats *st = &f.wire.net.stats;
    uint8_t p[60];

    nf_connect(&f, 1, true);
    nf_fill(p, sizeof(p), 1);
    nf_wire_put(&f, 0, p, sizeof(p));
    pass_time(6000);
    nf_rx_fill(&f, 0, 1);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 60);
    nf_wire_put(&f, 0, p, sizeof(p));
    pass_time(5000);
    pass_time(4000);
    ck_assert_uint_eq(atomic_load(&st->rx_dropped), 0);
    pass_time(2000);
    pass_time(0);
    ck_assert_uint_eq(atomic_load(&st->rx_dropped), 1);
}
END_TEST

/* A frame that waits does not lie on one that is on its way. */
START_TEST(room_for_one_of_two)
{
    uint8_t p[9000];

    nf_connect(&f, 1, true);
    vm_lock(&f.t->vm);
    netif_pause(f.n);
    vm_unlock(&f.t->vm);
    nf_fill(p, sizeof(p), 1);
    nf_rx_fill(&f, 0, 2);
    p[1000] &= 0xfe;
    nf_wire_put(&f, 0, p + 1000, 100);
    nf_wire_put(&f, 0, p, sizeof(p));
    vm_lock(&f.t->vm);
    netif_resume(f.n);
    vm_unlock(&f.t->vm);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 100);
    ck_assert(!memcmp(p + 1000, nf_rx_page(&f, 0), 100));
    nf_rx_fill(&f, 0, 2);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 4096);
    ck_assert(!memcmp(p, nf_rx_page(&f, 0), 4096));
}
END_TEST

START_TEST(room_comes_late)
{
    uint8_t p[9000];

    nf_connect(&f, 1, true);
    nf_fill(p, sizeof(p), 1);
    nf_rx_fill(&f, 0, 2);
    nf_wire_put(&f, 0, p, sizeof(p));
    nf_wire_put(&f, 0, p, 100);
    pass_time(5000);
    nf_rx_fill(&f, 0, 2);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 4096);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 4096);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 9000 - 8192);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 100);
}
END_TEST

/* The network is full: the packet waits, and goes on by itself. */
START_TEST(full_network)
{
    unsigned sent = 0, got = 0;

    nf_connect(&f, 1, true);
    for (unsigned i = 0; i < 200; i++)
        sent += send_packet(0, NF_TX_PAGE, 1000, 0, NULL);
    nf_tx_push(&f, 0);
    while (got < 200) {
        ck_assert_int_eq(nf_wire_get(&f, 0, wire, sizeof(wire), NF_WAIT_MS),
                         1000);
        got++;
    }
    expect_tx(0, sent, NETIF_RSP_OKAY);
}
END_TEST

START_TEST(pause_and_resume)
{
    uint8_t p[60];

    nf_connect(&f, 1, true);
    vm_lock(&f.t->vm);
    netif_pause(f.n);
    vm_unlock(&f.t->vm);
    nf_fill(p, sizeof(p), 1);
    nf_rx_fill(&f, 0, 5);
    nf_wire_put(&f, 0, p, sizeof(p));
    send_packet(0, NF_TX_PAGE, 60, 0, NULL);
    nf_tx_push(&f, 0);
    ck_assert_int_eq(nf_wire_get(&f, 0, wire, sizeof(wire), 20), -1);
    ck_assert_uint_eq(atomic_load(&f.rx[0].head->rsp_prod), 0);
    vm_lock(&f.t->vm);
    netif_resume(f.n);
    vm_unlock(&f.t->vm);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 60);
    expect_tx(0, 1, NETIF_RSP_OKAY);
}
END_TEST

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

/* XSA-39, XSA-90: a ring that lies is lost, its neighbour is not, and both
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
        tx_works(0);
        tx_works(1);
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
        tx_works(0);
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

/* XSA-432, XSA-448: any number of pieces, of any size, zero too. */
START_TEST(xsa_432_pieces)
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
            expect_tx(0, n, ok ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
            if (ok)
                ck_assert_int_eq(
                    nf_wire_get(&f, 0, wire, sizeof(wire), NF_WAIT_MS),
                    (ssize_t)total);
        }
    tx_works(0);
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
        expect_tx(0, 2, NETIF_RSP_ERROR);
    }
    /* Pieces whose sum passes for less in 16 bits. */
    one_slot(0, NETTXF_MORE_DATA, 0, 5000, FAKE_REF(NF_TX_PAGE));
    for (unsigned i = 1; i < NETIF_SLOTS_MIN; i++)
        one_slot(0, i + 1 < NETIF_SLOTS_MIN ? NETTXF_MORE_DATA : 0, 0,
                 XENIF_PAGE, FAKE_REF(NF_TX_PAGE + i));
    nf_tx_push(&f, 0);
    expect_tx(0, NETIF_SLOTS_MIN, NETIF_RSP_ERROR);
    tx_works(0);
}
END_TEST

/* XSA-367: errors of a copy, both ways, in any place. */
START_TEST(xsa_367_bad_grants)
{
    uint8_t p[9000];

    nf_connect(&f, 1, true);
    for (unsigned k = 0; k < 3; k++) {
        fake_fail_piece(f.x, k, (int16_t)(-1 - (int)k));
        send_packet(0, NF_TX_PAGE, 9000, 0, NULL);
        nf_tx_push(&f, 0);
        expect_tx(0, 3, NETIF_RSP_ERROR);
    }
    one_slot(0, 0, 0, 100, 0);
    one_slot(0, 0, 0, 100, UINT32_MAX);
    nf_tx_push(&f, 0);
    expect_tx(0, 2, NETIF_RSP_ERROR);
    fake_fail(f.x, FAKE_COPY, 1, -ENOMEM);
    send_packet(0, NF_TX_PAGE, 100, 0, NULL);
    nf_tx_push(&f, 0);
    expect_tx(0, 1, NETIF_RSP_ERROR);
    tx_works(0);

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
        expect_tx(0, 2, NETIF_RSP_OKAY);
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

/* XSA-155: both rings change while they are served. */
START_TEST(xsa_155_double_fetch)
{
    struct fake_mutator *m[2];

    for (unsigned round = 0; round < 30; round++) {
        nf_connect(&f, 1, true);
        m[0] = fake_mutate((uint8_t *)f.tx[0].head + 64, 4032, round);
        m[1] = fake_mutate((uint8_t *)f.rx[0].head + 64, 2048, round + 99);
        nf_rx_fill(&f, 0, 200);
        for (unsigned i = 0; i < 60; i++) {
            send_packet(0, NF_TX_PAGE, 3000, NETTXF_CSUM_BLANK, NULL);
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

/* XSA-374: taken down while both directions run. */
START_TEST(xsa_374_stop_under_load)
{
    for (unsigned round = 0; round < 60; round++) {
        unsigned queues = 1 + round % NF_QUEUES;

        nf_connect(&f, queues, round % 2);
        for (unsigned q = 0; q < queues; q++) {
            nf_rx_fill(&f, q, 50);
            for (unsigned i = 0; i < 40; i++)
                send_packet(q, NF_TX_PAGE, 5000, 0, NULL);
            nf_wire_put(&f, q, wire, 1000);
            nf_tx_push(&f, q);
        }
        if (round % 3)
            nf_set(&f, "state", "1");
        nf_disconnect(&f);
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
                send_packet(i % 2, NF_TX_PAGE, 100, 0, NULL);
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
    tx_works(0);
    before = fake_unmasks(f.x, f.tx[0].port);
    for (unsigned i = 0; i < 5000; i++) {
        fake_notify(f.x, f.tx[0].port);
        fake_notify(f.x, f.rx[0].port);
    }
    tv_wait(f.t, never, NULL, 50);
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
        advertised,
        frames,
        checksums_in_software,
        offloads_to_the_network,
        offloads_to_the_guest,
        multicast_control,
        multi_queue,
        rate,
        xsa_392_stalled_receiver,
        second_stall,
        room_for_one_of_two,
        room_comes_late,
        full_network,
        pause_and_resume,
        xsa_39_malformed_rings,
        xsa_432_pieces,
        lying_pieces,
        xsa_367_bad_grants,
        xsa_423_header_splits,
        random_headers,
        xsa_155_double_fetch,
        xsa_374_stop_under_load,
        frontends_that_make_no_sense,
        every_call_fails_once,
        xsa_332_event_storm,
        storm,
        NULL,
    };

    return run_suite("netif", setup, teardown, tests);
}
