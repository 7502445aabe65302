/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dm/net/net.h"
#include "dm/options.h"
#include "hw/virtio/virtio-net.h"
#include "tests/lib/suite.h"
#include "tests/lib/virtio-driver.h"

#define HDR 12

/* A card whose cable ends in our hands. */
struct nic {
    struct testvm *t;
    struct vd d;
    struct vd_queue *rx, *tx, *ctrl;
    int peer;
};
static struct nic nic;
static uint8_t out[NET_FRAME_MAX + 4096], in[NET_FRAME_MAX + 4096];

static void machine(const char *props, const char *more)
{
    char netdev[64], device[160];
    int sv[2];
    const char *args[] = {"-netdev", netdev, "-device", device, NULL};

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
    nic.peer = sv[1];
    snprintf(netdev, sizeof(netdev), "socket,id=n0,fd=%d", sv[0]);
    snprintf(device, sizeof(device), "virtio-net-pci,netdev=n0%s%s", props,
             more);
    nic.t = tv_new("pc", args);
}

static void nic_new(const char *props, uint64_t drop)
{
    machine(props, "");
    vd_bring_up(&nic.d, nic.t, VIRTIO_ID_NET, drop, 3);
    nic.rx = &nic.d.q[0];
    nic.tx = &nic.d.q[1];
    nic.ctrl = &nic.d.q[2];
}

static void nic_free(void)
{
    tv_free(nic.t);
    close(nic.peer);
    memset(&nic, 0, sizeof(nic));
}

static void fill(uint8_t *buf, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        buf[i] = (uint8_t)(seed + i * 7 + i / 251);
}

/* The peer sends a frame. */
static void peer_put(size_t len, unsigned seed)
{
    uint32_t be = htonl((uint32_t)len);

    fill(out, len, seed);
    ck_assert_int_eq(write(nic.peer, &be, 4), 4);
    ck_assert_int_eq(write(nic.peer, out, len), (ssize_t)len);
}

/* The peer gets the frame of this seed next. */
static void peer_get(size_t len, unsigned seed)
{
    uint32_t be;

    ck_assert_int_eq(recv(nic.peer, &be, 4, MSG_WAITALL), 4);
    ck_assert_uint_eq(ntohl(be), len);
    ck_assert_int_eq(recv(nic.peer, in, len, MSG_WAITALL), (ssize_t)len);
    fill(out, len, seed);
    ck_assert_mem_eq(in, out, len);
}

/* One buffer with header and frame. */
static struct vd_buf tx_buf(size_t len, unsigned seed)
{
    struct vd_buf b = {vd_alloc(&nic.d, HDR + len, 16), (uint32_t)(HDR + len),
                       false};

    fill(out, len, seed);
    tv_mem_write(nic.t, b.addr + HDR, out, len);
    return b;
}

static void tx_works(unsigned seed)
{
    struct vd_buf b = tx_buf(60, seed);

    vd_do(nic.tx, &b, 1);
    peer_get(60, seed);
}

/* n receive buffers of len bytes, in pieces of piece each; where they are. */
static void rx_add(unsigned n, uint32_t len, uint32_t piece, uint64_t *at)
{
    static struct vd_buf b[1024];

    for (unsigned i = 0; i < n; i++) {
        uint64_t a = vd_alloc(&nic.d, len, 16);
        unsigned k = 0;

        if (at)
            at[i] = a;
        for (uint32_t done = 0; done < len; done += piece)
            b[k++] = (struct vd_buf){
                a + done, len - done < piece ? len - done : piece, true};
        vd_add(nic.rx, b, k);
    }
    vd_kick(nic.rx);
}

/* A frame of len bytes arrives in buffers of size bytes at at[]: how many
 * it took. */
static unsigned rx_get(size_t len, unsigned seed, uint32_t size,
                       const uint64_t *at)
{
    struct virtio_net_hdr hdr;
    size_t have = 0;
    unsigned n = 0;

    do {
        uint32_t used;

        vd_wait_used(nic.rx, &used);
        ck_assert_uint_le(used, size);
        ck_assert_uint_le(have + used, sizeof(in));
        tv_mem_read(nic.t, at[n++], in + have, used);
        have += used;
        memcpy(&hdr, in, HDR);
    } while (n < hdr.num_buffers);
    ck_assert_uint_eq(hdr.num_buffers, n);
    ck_assert_uint_eq(hdr.flags, 0);
    ck_assert_uint_eq(hdr.gso_type, 0);
    ck_assert_uint_eq(have, HDR + len);
    fill(out, len, seed);
    ck_assert_mem_eq(in + HDR, out, len);
    return n;
}

static void rx_works(unsigned seed)
{
    uint64_t at;

    rx_add(1, 2048, 2048, &at);
    peer_put(60, seed);
    rx_get(60, seed, 2048, &at);
}

static struct net *host(void)
{
    return net_find(&nic.t->vm, "n0");
}

static bool dropped(void *opaque)
{
    return atomic_load(&host()->stats.rx_dropped) +
               atomic_load(&host()->stats.tx_dropped) >=
           *(unsigned *)opaque;
}

static void wait_drops(unsigned n)
{
    ck_assert_msg(tv_wait(nic.t, dropped, &n, 10000), "not %u drops", n);
}

/* ---- what the driver sees ---- */

static uint64_t device_config(struct vd *d, unsigned off, unsigned size)
{
    return tv_mmio_read(d->t, d->device + off, size);
}

START_TEST(config_and_features)
{
    struct vd d;
    struct testvm *t = tv_new(
        "pc", (const char *[]){
                  "-netdev", "null,id=a", "-netdev", "null,id=b", "-device",
                  "virtio-net-pci,netdev=a,host_mtu=1400", "-device",
                  "virtio-net-pci,netdev=b,status=off", "-device",
                  "virtio-net-pci,mac=02:00:00:00:00:01", NULL});
    uint64_t f;

    vd_open(&d, t, VIRTIO_ID_NET, 0);
    f = vd_offered(&d);
    ck_assert_uint_eq(f & NET_GUEST_OFFLOADS, NET_GUEST_OFFLOADS);
    ck_assert(f & VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4));
    ck_assert(f & VIRTIO_BIT(VIRTIO_NET_F_STATUS));
    ck_assert(f & VIRTIO_BIT(VIRTIO_NET_F_MTU));
    ck_assert(!(f & VIRTIO_BIT(VIRTIO_NET_F_MQ)));
    ck_assert_uint_eq(device_config(&d, 0, 1), 0x52);
    ck_assert_uint_eq(device_config(&d, 5, 1), 0x56);
    ck_assert_uint_eq(device_config(&d, 6, 2), 1);
    ck_assert_uint_eq(device_config(&d, 10, 2), 1400);
    vd_open(&d, t, VIRTIO_ID_NET, (d.bdf >> 3) + 1);
    ck_assert(!(vd_offered(&d) & VIRTIO_BIT(VIRTIO_NET_F_STATUS)));
    ck_assert_uint_eq(device_config(&d, 5, 1), 0x57);
    vd_open(&d, t, VIRTIO_ID_NET, (d.bdf >> 3) + 1);
    ck_assert_uint_eq(device_config(&d, 5, 1), 0x01);
    ck_assert_uint_eq(device_config(&d, 6, 2), 0); /* no cable */
    ck_assert(!(vd_offered(&d) & NET_GUEST_OFFLOADS));
    tv_roundtrip(t);
    tv_free(t);
}
END_TEST

START_TEST(properties_say_what_was_expected)
{
    static const struct {
        const char *device, *expect;
    } bad[] = {
        {"virtio-net-pci,netdev=x", "x"},
        {"virtio-net-pci,netdev=a,host_mtu=60", "expected 68 to 65535"},
        {"virtio-net-pci,netdev=a,rx_queue_size=100", "power of two"},
        {"virtio-net-pci,netdev=a,mac=1:2", "mac"},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct cfg_err err = {""};

        ck_assert_ptr_null(
            tv_try("pc",
                   (const char *[]){"-netdev", "null,id=a", "-device",
                                    bad[i].device, NULL},
                   &err));
        ck_assert_msg(strstr(err.text, bad[i].expect), "'%s'", err.text);
    }
}
END_TEST

START_TEST(no_cable_no_stall)
{
    struct vd d;
    struct vd_buf b;
    struct testvm *t =
        tv_new("pc", (const char *[]){"-device", "virtio-net-pci", NULL});

    vd_bring_up(&d, t, VIRTIO_ID_NET, 0, 3);
    b = (struct vd_buf){vd_alloc(&d, 100, 16), 100, false};
    for (unsigned i = 0; i < 300; i++)
        vd_do(&d.q[1], &b, 1);
    tv_roundtrip(t);
    tv_free(t);
}
END_TEST

/* ---- frames out ---- */

START_TEST(tx_in_pieces)
{
    static const uint32_t cuts[][4] = {
        /* lengths of the first pieces; the rest is one more */
        {12}, {1, 11}, {10, 2}, {4, 4, 4}, {12, 14}, {13}, {5, 8, 1, 0},
    };

    nic_new("", 0);
    for (unsigned i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct vd_buf whole = tx_buf(1514, i), b[5];
        unsigned n = 0;
        uint32_t done = 0;

        for (unsigned j = 0; j < 4 && cuts[i][j]; j++) {
            b[n++] = (struct vd_buf){whole.addr + done, cuts[i][j], false};
            done += cuts[i][j];
        }
        b[n++] = (struct vd_buf){whole.addr + done, whole.len - done, false};
        if (i % 2) {
            vd_add_indirect(nic.tx, b, n);
            vd_kick(nic.tx);
            vd_wait_used(nic.tx, NULL);
        } else {
            vd_do(nic.tx, b, n);
        }
        peer_get(1514, i);
        tv_roundtrip(nic.t);
    }
    nic_free();
}
END_TEST

/* XSA-448 (CVE-2023-46838): pieces of no length, wherever they stand */
START_TEST(tx_pieces_of_no_length)
{
    nic_new("", 0);
    for (unsigned at = 0; at < 16; at++) {
        struct vd_buf whole = tx_buf(1514, at), b[7];
        uint32_t cut[] = {0, HDR, HDR + 14, whole.len};
        unsigned n = 0;

        for (unsigned i = 0; i < 4; i++) {
            if (at >> i & 1)
                b[n++] = (struct vd_buf){whole.addr, 0, false};
            if (i < 3)
                b[n++] = (struct vd_buf){whole.addr + cut[i],
                                         cut[i + 1] - cut[i], false};
        }
        vd_do(nic.tx, b, n);
        peer_get(1514, at);
    }
    for (unsigned n = 1; n <= 3; n++) { /* and nothing else */
        struct vd_buf b[3] = {{0x100000, 0, false}, {0, 0, false}};

        vd_do(nic.tx, b, n);
    }
    tx_works(1);
    ck_assert_uint_eq(vd_status(&nic.d) & VIRTIO_S_NEEDS_RESET, 0);
    tv_roundtrip(nic.t);
    nic_free();
}
END_TEST

/* XSA-432 (CVE-2023-34319): more pieces than the host takes at once */
START_TEST(tx_in_a_thousand_pieces)
{
    static struct vd_buf b[1024];

    nic_new("", 0);
    for (unsigned n = 1020; n <= 1024; n++) {
        struct vd_buf whole = tx_buf(2000, n);

        for (unsigned i = 0; i < n; i++)
            b[i] = (struct vd_buf){whole.addr + i, 1, false};
        b[n - 1].len = whole.len - (n - 1);
        vd_add_indirect(nic.tx, b, n);
        vd_kick(nic.tx);
        vd_wait_used(nic.tx, NULL);
        peer_get(2000, n);
    }
    tv_roundtrip(nic.t);
    nic_free();
}
END_TEST

START_TEST(tx_waits_for_a_slow_host)
{
    unsigned sent = 0, got = 0;
    struct vd_buf b;

    nic_new("", 0);
    /* More than the socket takes: 200 of 9000 bytes. */
    for (; sent < 200; sent++) {
        b = tx_buf(9000, sent);
        vd_add(nic.tx, &b, 1);
        vd_kick(nic.tx);
    }
    while (got < 100) {
        ck_assert(tv_readable(nic.peer, 10000));
        peer_get(9000, got++);
    }
    tv_roundtrip(nic.t); /* pauses amid it */
    while (got < 200) {
        ck_assert(tv_readable(nic.peer, 10000));
        peer_get(9000, got++);
    }
    for (unsigned i = 0; i < sent; i++)
        vd_wait_used(nic.tx, NULL);
    ck_assert_uint_eq(atomic_load(&host()->stats.tx_dropped), 0);
    tv_roundtrip(nic.t);
    nic_free();
}
END_TEST

/* A driver that kicks only if it is asked to, at moments all over the time
 * the device looks by itself: no frame stays behind. */
static void kick_when_asked(bool event_idx)
{
    struct vd_queue *q;
    struct vd_buf b;
    uint32_t seed = 20260102;

    nic_new("", event_idx ? 0 : VIRTIO_BIT(VIRTIO_F_RING_EVENT_IDX));
    q = nic.tx;
    b = tx_buf(60, 5);
    for (unsigned i = 0; i < 2000; i++) {
        uint16_t flags, event;

        vd_add(q, &b, 1);
        atomic_thread_fence(memory_order_seq_cst);
        tv_mem_read(nic.t, q->used, &flags, 2);
        tv_mem_read(nic.t, q->used + 4 + 8 * q->size, &event, 2);
        if (event_idx ? event == (uint16_t)(q->avail_idx - 1) : !(flags & 1))
            vd_kick(q);
        peer_get(60, 5);
        vd_wait_used(q, NULL);
        seed = seed * 1664525 + 1013904223;
        for (volatile uint32_t n = seed >> 16; n; n--)
            ;
    }
    nic_free();
}

START_TEST(tx_kicks_when_asked)
{
    kick_when_asked(true);
    kick_when_asked(false);
}
END_TEST

START_TEST(tx_bad_frames_are_dropped)
{
    struct vd_buf b;

    nic_new("", 0);
    b = tx_buf(60, 0);
    b.len = 0;
    vd_do(nic.tx, &b, 1);
    b.len = 1;
    vd_do(nic.tx, &b, 1);
    b.len = HDR - 1;
    vd_do(nic.tx, &b, 1);
    b.len = HDR; /* a header and no frame */
    vd_do(nic.tx, &b, 1);
    b.write = true; /* nothing to read */
    vd_do(nic.tx, &b, 1);
    b = (struct vd_buf){0x200000, HDR + NET_FRAME_MAX + 1, false};
    vd_do(nic.tx, &b, 1);
    b.len = 16 << 20;
    vd_do(nic.tx, &b, 1);
    wait_drops(7);
    tx_works(3);
    tv_roundtrip(nic.t);
    nic_free();
}
END_TEST

/* XSA-39 (CVE-2013-0216): and the others go on */
START_TEST(tx_beyond_memory_breaks_only_this_card)
{
    struct vd_buf b = {0xf0000000, 100, false};

    nic_new("", 0);
    vd_add(nic.tx, &b, 1);
    vd_kick(nic.tx);
    vd_wait_needs_reset(&nic.d);
    tv_roundtrip(nic.t);
    vd_bring_up(&nic.d, nic.t, VIRTIO_ID_NET, 0, 3);
    tx_works(1);
    rx_works(2);
    nic_free();
}
END_TEST

/* ---- frames in ---- */

START_TEST(rx_one_buffer_a_frame)
{
    static const size_t sizes[] = {1, 14, 60, 1514, 2000};
    uint64_t at[5];

    nic_new("", VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF));
    rx_add(5, 2048, 2048, at);
    for (unsigned i = 0; i < 5; i++) {
        peer_put(sizes[i], i);
        ck_assert_uint_eq(rx_get(sizes[i], i, 2048, &at[i]), 1);
        tv_roundtrip(nic.t);
    }
    nic_free();
}
END_TEST

START_TEST(rx_too_long_for_its_buffer_is_dropped)
{
    uint64_t at;

    nic_new("", VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF));
    rx_add(1, HDR + 1514, 100, &at);
    peer_put(1515, 1);
    peer_put(1514, 2);
    ck_assert_uint_eq(rx_get(1514, 2, HDR + 1514, &at), 1);
    ck_assert_uint_eq(atomic_load(&host()->stats.rx_dropped), 1);
    tv_roundtrip(nic.t);
    nic_free();
}
END_TEST

START_TEST(rx_merged_buffers)
{
    static const size_t sizes[] = {60,   1514,  4084,         4085,
                                   9000, 65536, NET_FRAME_MAX};
    uint64_t at[64];

    nic_new("", 0);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        /* all 64 used up, then new ones, so that we know where they lie */
        unsigned n = (unsigned)((HDR + sizes[i] + 4095) / 4096);

        rx_add(n, 4096, i % 2 ? 4096 : 1000, at);
        peer_put(sizes[i], i);
        ck_assert_uint_eq(rx_get(sizes[i], i, 4096, at), n);
        tv_roundtrip(nic.t);
    }
    nic_free();
}
END_TEST

START_TEST(rx_many_in_order)
{
    static uint64_t at[256];
    unsigned at_n = 0, seen = 0;

    nic_new("", 0);
    rx_add(256, 512, 512, at);
    for (unsigned i = 0; i < 120; i++)
        peer_put(60 + 9 * i, i);
    for (unsigned i = 0; i < 120; i++)
        at_n += rx_get(60 + 9 * i, i, 512, &at[at_n]);
    ck_assert_uint_le(at_n, 256);
    /* what is left of the window is given back to the ring by a pause */
    tv_roundtrip(nic.t);
    while (at_n + 4 <= 256) {
        peer_put(500 + seen, seen);
        at_n += rx_get(500 + seen, seen, 512, &at[at_n]);
        seen++;
    }
    nic_free();
}
END_TEST

START_TEST(rx_without_buffers_waits_and_loses_nothing)
{
    uint64_t at[40];

    nic_new("", 0);
    for (unsigned i = 0; i < 3; i++)
        peer_put(30000 + i, i);
    for (unsigned i = 0; i < 3; i++) {
        rx_add(2, 4096, 4096, at); /* too few for the frame */
        rx_add(5, 4096, 4096, at + 2);
        rx_add(1, 4096, 4096, at + 7);
        ck_assert_uint_eq(rx_get(30000 + i, i, 4096, at), 8);
    }
    ck_assert_uint_eq(atomic_load(&host()->stats.rx_dropped), 0);
    tv_roundtrip(nic.t);
    nic_free();
}
END_TEST

START_TEST(rx_ring_smaller_than_the_frame_drops_it)
{
    uint64_t at[64];

    nic_new(",rx_queue_size=64", 0);
    rx_add(64, 512, 512, at); /* 32 KB is all there can be */
    peer_put(40000, 1);
    peer_put(20000, 2);
    ck_assert_uint_eq(rx_get(20000, 2, 512, at), 40);
    ck_assert_uint_eq(atomic_load(&host()->stats.rx_dropped), 1);
    nic_free();
}
END_TEST

/* CVE-2023-6693: a header written past what the first pieces hold. */
START_TEST(cve_2023_6693_header_over_tiny_descriptors)
{
    uint64_t at[2];

    nic_new("", 0);
    for (uint32_t piece = 1; piece < HDR; piece++) {
        rx_add(2, 100, piece, at);
        peer_put(150, piece);
        ck_assert_uint_eq(rx_get(150, piece, 100, at), 2);
        tv_roundtrip(nic.t);
    }
    nic_free();
}
END_TEST

/* CVE-2021-3748: merged buffers so small that a frame needs very many. */
START_TEST(cve_2021_3748_merged_tiny_buffers)
{
    static uint64_t at[256];

    nic_new("", 0);
    rx_add(85, HDR, 4, at);
    peer_put(900, 1);
    ck_assert_uint_eq(rx_get(900, 1, HDR, at), 76);
    tv_roundtrip(nic.t);
    vd_bring_up(&nic.d, nic.t, VIRTIO_ID_NET, 0, 3);
    rx_add(256, HDR, HDR, at); /* 3 KB are all there can be */
    peer_put(60000, 2);
    peer_put(1500, 3);
    ck_assert_uint_eq(rx_get(1500, 3, HDR, at), 126);
    ck_assert_uint_eq(atomic_load(&host()->stats.rx_dropped), 1);
    tv_roundtrip(nic.t);
    nic_free();
}
END_TEST

/* CVE-2022-26353: an error in the middle kept buffers mapped for ever. */
START_TEST(cve_2022_26353_error_gives_all_back)
{
    nic_new("", 0);
    for (unsigned i = 0; i < 50; i++) {
        struct vd_buf bad = {0xf0000000, 2048, true};

        rx_add(3, 1024, 1024, NULL);
        vd_add(nic.rx, &bad, 1);
        vd_kick(nic.rx);
        peer_put(9000, i); /* makes it look at the bad one */
        vd_wait_needs_reset(&nic.d);
        if (i % 10 == 0)
            tv_roundtrip(nic.t);
        /* the reset asserts that nothing is in flight */
        vd_bring_up(&nic.d, nic.t, VIRTIO_ID_NET, 0, 3);
        nic.d.heap = 0x800000;
    }
    nic_free();
}
END_TEST

START_TEST(rx_buffer_without_room_for_a_header)
{
    static const uint32_t lens[] = {0, 1, HDR - 1};

    nic_new("", 0);
    for (unsigned i = 0; i < 3; i++) {
        struct vd_buf b = {vd_alloc(&nic.d, 64, 16), lens[i], true};

        vd_add(nic.rx, &b, 1);
        vd_kick(nic.rx);
        vd_wait_needs_reset(&nic.d);
        vd_bring_up(&nic.d, nic.t, VIRTIO_ID_NET, 0, 3);
        b.len = 4096;
        b.write = false; /* none to write at all */
        vd_add(nic.rx, &b, 1);
        vd_kick(nic.rx);
        vd_wait_needs_reset(&nic.d);
        vd_bring_up(&nic.d, nic.t, VIRTIO_ID_NET, 0, 3);
        rx_works(i);
    }
    tv_roundtrip(nic.t);
    nic_free();
}
END_TEST

/* ---- legacy ---- */

#define L_FEATURES 4
#define L_PFN 8
#define L_SIZE 12
#define L_SELECT 14
#define L_NOTIFY 16
#define L_STATUS 18
#define L_CONFIG 20

static struct vd_queue *legacy_queue(unsigned idx)
{
    struct vd_queue *q = &nic.d.q[idx];
    uint16_t io = (uint16_t)nic.d.bar[0];

    tv_outw(nic.t, io + L_SELECT, (uint16_t)idx);
    *q = (struct vd_queue){.d = &nic.d, .idx = idx};
    q->size = tv_inw(nic.t, io + L_SIZE);
    q->desc = vd_alloc(&nic.d, 3 * 4096 + 16 * q->size, 4096);
    q->avail = q->desc + 16 * q->size;
    q->used = (q->avail + 6 + 2 * q->size + 4095) & ~4095ull;
    tv_outl(nic.t, io + L_PFN, (uint32_t)(q->desc >> 12));
    return q;
}

START_TEST(legacy_header_of_ten_bytes)
{
    uint16_t io;
    struct vd_buf b;
    uint64_t at;
    uint32_t used;

    machine("", "");
    vd_open(&nic.d, nic.t, VIRTIO_ID_NET, 0);
    io = (uint16_t)nic.d.bar[0];
    tv_outb(nic.t, io + L_STATUS, 0);
    tv_outb(nic.t, io + L_STATUS, 3);
    tv_outl(nic.t, io + L_FEATURES, VIRTIO_BIT(VIRTIO_NET_F_MAC));
    nic.rx = legacy_queue(0);
    nic.tx = legacy_queue(1);
    tv_outb(nic.t, io + L_STATUS, 7);
    ck_assert_uint_eq(tv_inb(nic.t, io + L_CONFIG + 5), 0x56);
    tv_outb(nic.t, io + L_CONFIG + 5, 0x77);
    ck_assert_uint_eq(tv_inb(nic.t, io + L_CONFIG + 5), 0x77);

    b = tx_buf(60, 1); /* with a header of 12: the frame begins 2 early */
    b.addr += 2;
    b.len -= 2;
    vd_add(nic.tx, &b, 1);
    tv_outw(nic.t, io + L_NOTIFY, 1);
    vd_wait_used(nic.tx, NULL);
    peer_get(60, 1);

    at = vd_alloc(&nic.d, 1524, 16);
    b = (struct vd_buf){at, 1524, true};
    vd_add(nic.rx, &b, 1);
    tv_outw(nic.t, io + L_NOTIFY, 0);
    peer_put(1514, 2);
    vd_wait_used(nic.rx, &used);
    ck_assert_uint_eq(used, 1524);
    tv_mem_read(nic.t, at, in, used);
    ck_assert_mem_eq(in, (uint8_t[10]){0}, 10);
    fill(out, 1514, 2);
    ck_assert_mem_eq(in + 10, out, 1514);
    tv_roundtrip(nic.t);
    nic_free();
}
END_TEST

/* ---- whatever comes ---- */

START_TEST(reset_amid_traffic)
{
    struct vd_buf b;

    nic_new("", 0);
    for (unsigned i = 0; i < 30; i++) {
        nic.d.heap = 0x400000;
        rx_add(100, 512, 100, NULL);
        for (unsigned j = 0; j < 20; j++)
            peer_put(2000, j);
        for (unsigned j = 0; j < 20; j++) {
            b = tx_buf(9000, j);
            vd_add(nic.tx, &b, 1);
            vd_kick(nic.tx);
        }
        if (i % 3)
            vd_reset(&nic.d);
        else
            tv_reset(nic.t);
        while (recv(nic.peer, in, sizeof(in), MSG_DONTWAIT) > 0)
            ;
        vd_bring_up(&nic.d, nic.t, VIRTIO_ID_NET, 0, 3);
    }
    tv_roundtrip(nic.t);
    nic_free();
}
END_TEST

START_TEST(storm)
{
    uint32_t seed = 20260101;
    static uint8_t junk[8192];

    nic_new("", 0);
    tv_storm_cfg(nic.t, nic.d.bdf, 2000, seed);
    vd_bring_up(&nic.d, nic.t, VIRTIO_ID_NET, 0, 3);
    for (unsigned i = 0; i < 40; i++) {
        for (unsigned j = 0; j < sizeof(junk); j++)
            junk[j] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
        /* descriptors that are nearly right */
        for (unsigned j = 0; j + 16 <= sizeof(junk); j += 16) {
            junk[j + 3] = junk[j + 4] = junk[j + 5] = junk[j + 6] = 0;
            junk[j + 7] = junk[j + 10] = junk[j + 11] = junk[j + 13] = 0;
            junk[j + 15] = 0;
        }
        for (unsigned q = 0; q < 3; q++) {
            tv_mem_write(nic.t, nic.d.q[q].desc, junk,
                         16 * nic.d.q[q].size < sizeof(junk)
                             ? 16 * nic.d.q[q].size
                             : sizeof(junk));
            for (unsigned j = 0; j < 8; j++)
                vd_offer(&nic.d.q[q], junk[j + 8 * q] % 64);
            vd_kick(&nic.d.q[q]);
        }
        peer_put(1514, i);
        tv_storm_mmio(nic.t, nic.d.bar[4], 0x4000, 200, seed);
        while (recv(nic.peer, in, sizeof(in), MSG_DONTWAIT) > 0)
            ;
        if (i % 8 == 0)
            tv_roundtrip(nic.t);
        nic.d.heap = 0x400000;
        vd_bring_up(&nic.d, nic.t, VIRTIO_ID_NET, 0, 3);
    }
    tx_works(1);
    nic_free();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        config_and_features,
        properties_say_what_was_expected,
        no_cable_no_stall,
        tx_in_pieces,
        tx_pieces_of_no_length,
        tx_in_a_thousand_pieces,
        tx_waits_for_a_slow_host,
        tx_kicks_when_asked,
        tx_bad_frames_are_dropped,
        tx_beyond_memory_breaks_only_this_card,
        rx_one_buffer_a_frame,
        rx_too_long_for_its_buffer_is_dropped,
        rx_merged_buffers,
        rx_many_in_order,
        rx_without_buffers_waits_and_loses_nothing,
        rx_ring_smaller_than_the_frame_drops_it,
        cve_2023_6693_header_over_tiny_descriptors,
        cve_2021_3748_merged_tiny_buffers,
        cve_2022_26353_error_gives_all_back,
        rx_buffer_without_room_for_a_header,
        legacy_header_of_ten_bytes,
        reset_amid_traffic,
        storm,
        NULL,
    };

    return run_suite("virtio-net", NULL, NULL, tests);
}
