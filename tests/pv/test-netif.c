/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pv/netif: frames both ways, and what guests did to other backends. */
#include "config.h"

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

static void pause_card(void)
{
    vm_lock(&f.t->vm);
    netif_pause(f.n);
    vm_unlock(&f.t->vm);
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
            nf_pages(&f, NF_TX_PAGE, p, len);
            slots = nf_send(&f, 0, NF_TX_PAGE, len, 0, NULL);
            nf_tx_push(&f, 0);
            nf_expect(&f, 0, slots, NETIF_RSP_OKAY);
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
            nf_pages(&f, NF_TX_PAGE, p, len);
            nf_send(&f, 0, NF_TX_PAGE, len, NETTXF_CSUM_BLANK, NULL);
            nf_tx_push(&f, 0);
            nf_expect(&f, 0, 1, NETIF_RSP_OKAY);
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
        nf_pages(&f, NF_TX_PAGE, p, 65000);
        slots = nf_send(&f, 0, NF_TX_PAGE, 65000, NETTXF_CSUM_BLANK, &e);
        nf_tx_push(&f, 0);
        nf_expect(&f, 0, slots, NETIF_RSP_OKAY);
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
            slots = nf_send(&f, 0, NF_TX_PAGE, 65000, NETTXF_CSUM_BLANK, &bad);
            nf_tx_push(&f, 0);
            nf_expect(&f, 0, slots, NETIF_RSP_ERROR);
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
        nf_send(&f, 0, NF_TX_PAGE, 0, 0, &e);
        nf_send(&f, 0, NF_TX_PAGE, 0, 0, &e); /* twice is once */
        nf_tx_push(&f, 0);
        for (unsigned twice = 0; twice < 2; twice++) {
            ck_assert_int_eq(nf_tx_get(&f, 0).status,
                             i < 64 ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
            ck_assert_int_eq(nf_tx_get(&f, 0).status, NETIF_RSP_NULL);
        }
    }
    e.type = NETIF_EXTRA_MCAST_DEL;
    e.mcast[5] = 7;
    nf_send(&f, 0, NF_TX_PAGE, 0, 0, &e);
    nf_tx_push(&f, 0);
    nf_expect(&f, 0, 2, NETIF_RSP_OKAY);
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
        nf_pages(&f, page, p, len);
        nf_send(&f, q, page, len, 0, NULL);
        nf_tx_push(&f, q);
        nf_expect(&f, q, 1, NETIF_RSP_OKAY);
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

START_TEST(rate)
{
    unsigned got = 0;

    remake(0, "10000,50000"); /* 200 kB a second */
    nf_connect(&f, 1, true);
    for (unsigned i = 0; i < 100; i++)
        nf_send(&f, 0, NF_TX_PAGE, 1000, 0, NULL);
    nf_tx_push(&f, 0);
    for (unsigned ms = 0; ms < 500; ms += 50) {
        nf_pass(&f, 50);
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
    nf_pass(&f, 0);
    ck_assert_uint_eq(atomic_load(&st->rx_frames), 1);
    nf_pass(&f, 9000);
    ck_assert_uint_eq(atomic_load(&st->rx_frames), 1);
    nf_pass(&f, 1001);
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
    nf_pass(&f, 6000);
    nf_rx_fill(&f, 0, 1);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 60);
    nf_wire_put(&f, 0, p, sizeof(p));
    nf_pass(&f, 5000);
    nf_pass(&f, 4000);
    ck_assert_uint_eq(atomic_load(&st->rx_dropped), 0);
    nf_pass(&f, 2000);
    nf_pass(&f, 0);
    ck_assert_uint_eq(atomic_load(&st->rx_dropped), 1);
}
END_TEST

/* A frame that waits does not lie on one that is on its way. */
START_TEST(room_for_one_of_two)
{
    uint8_t p[9000];

    nf_connect(&f, 1, true);
    pause_card();
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
    nf_pass(&f, 5000);
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
        sent += nf_send(&f, 0, NF_TX_PAGE, 1000, 0, NULL);
    nf_tx_push(&f, 0);
    while (got < 200) {
        ck_assert_int_eq(nf_wire_get(&f, 0, wire, sizeof(wire), NF_WAIT_MS),
                         1000);
        got++;
    }
    nf_expect(&f, 0, sent, NETIF_RSP_OKAY);
}
END_TEST

START_TEST(pause_and_resume)
{
    uint8_t p[60];

    nf_connect(&f, 1, true);
    pause_card();
    nf_fill(p, sizeof(p), 1);
    nf_rx_fill(&f, 0, 5);
    nf_wire_put(&f, 0, p, sizeof(p));
    nf_send(&f, 0, NF_TX_PAGE, 60, 0, NULL);
    nf_tx_push(&f, 0);
    ck_assert_int_eq(nf_wire_get(&f, 0, wire, sizeof(wire), 20), -1);
    ck_assert_uint_eq(atomic_load(&f.rx[0].head->rsp_prod), 0);
    vm_lock(&f.t->vm);
    netif_resume(f.n);
    vm_unlock(&f.t->vm);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, 60);
    nf_expect(&f, 0, 1, NETIF_RSP_OKAY);
}
END_TEST

/* What a dead process had read is answered, even where its own answers, which
 * it has not shown, are there already; all else goes on. */
START_TEST(another_goes_on)
{
    static const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1};
    struct netif_extra e = {.type = NETIF_EXTRA_GSO,
                            .gso = {.size = 1448, .type = NETIF_GSO_TCPV4}};
    struct netif_tx_response *lost;
    struct netif_rx_response rsp;
    uint8_t p[9000];
    unsigned slots;

    remake(ALL_OFFLOADS, NULL);
    nf_set(&f, "request-multicast-control", "1");
    for (unsigned queues = 1; queues <= 2; queues++) {
        unsigned q = queues - 1;

        nf_connect(&f, queues, q);
        nf_rx_fill(&f, q, 10);
        pause_card();
        nf_tcp(p, IPV4, sizeof(p));
        nf_pages(&f, NF_TX_PAGE, p, sizeof(p));
        slots = nf_send(&f, q, NF_TX_PAGE, sizeof(p), NETTXF_CSUM_BLANK, &e);
        slots += nf_send(&f, q, NF_TX_PAGE, sizeof(p), NETTXF_CSUM_BLANK, &e);
        nf_tx_push(&f, q);
        for (unsigned i = 0; i < slots / 2; i++) {
            lost = nf_tx_slot(&f, q, i);
            *lost = (struct netif_tx_response){
                i == 1 ? 0 : (uint16_t)(NF_TX_PAGE + i - !!i),
                i == 1 ? NETIF_RSP_NULL : NETIF_RSP_OKAY};
        }
        nf_again(&f);
        ck_assert_int_eq(nf_state(&f), XENBUS_CONNECTED);
        for (unsigned i = 0; i < slots; i++) {
            struct netif_tx_response r = nf_tx_get(&f, q);
            unsigned at = i % (slots / 2);

            if (at == 1) {
                ck_assert_int_eq(r.status, NETIF_RSP_NULL);
                continue;
            }
            ck_assert_int_eq(r.status, NETIF_RSP_ERROR);
            ck_assert_uint_eq(r.id, NF_TX_PAGE + at - !!at);
        }
        ck_assert_int_eq(nf_wire_get(&f, q, wire, sizeof(wire), 0), -1);
        nf_send(&f, q, NF_TX_PAGE, 100, 0, NULL);
        nf_tx_push(&f, q);
        nf_expect(&f, q, 1, NETIF_RSP_OKAY);
        ck_assert_int_eq(nf_wire_get(&f, q, wire, sizeof(wire), NF_WAIT_MS),
                         VNET + 100);
        memset(wire, 0, sizeof(wire));
        memcpy(wire + VNET, group, sizeof(group)); /* the list is lost too */
        nf_wire_put(&f, q, wire, VNET + 100);
        rsp = nf_rx_get(&f, q);
        ck_assert_int_eq(rsp.status, 100);
        ck_assert(!memcmp(nf_rx_page(&f, q), wire + VNET, 100));
        nf_disconnect(&f);
    }
}
END_TEST

/* No grant below 8 is a buffer: it is the guest's xenstore ring, or the trace
 * of a process that died. */
START_TEST(buffer_that_is_none)
{
    unsigned copies;

    nf_connect(&f, 1, true);
    copies = fake_calls(f.x, FAKE_COPY);
    nf_rx_put(&f, 0, 1);
    ((struct netif_rx_request *)nf_rx_slot(&f, 0, 0))->gref = 1;
    nf_rx_fill(&f, 0, 0);
    nf_fill(wire, 100, 1);
    nf_wire_put(&f, 0, wire, 100);
    ck_assert_int_eq(nf_rx_get(&f, 0).status, NETIF_RSP_ERROR);
    ck_assert_uint_eq(fake_calls(f.x, FAKE_COPY), copies);
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
        another_goes_on,
        buffer_that_is_none,
        NULL,
    };

    return run_suite("netif", setup, teardown, tests);
}
