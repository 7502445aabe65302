/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/net/rtl8139: both of its faces, and what a hostile driver tries. */
#include "config.h"

#include <string.h>

#include "dm/bytes.h"
#include "dm/net/net-priv.h"
#include "dm/qmp-priv.h"
#include "hw/net/rtl8139.h"
#include "tests/lib/suite.h"
#include "tests/lib/wire.h"

#define IO WIRE_IO
#define BUF 0x100000u  /* for frames to send, 64 KiB each */
#define RING 0x400000u /* received bytes, or descriptors */
#define TXRING 0x480000u
#define RXBUF 0x500000u
#define BROADCAST "\xff\xff\xff\xff\xff\xff"
#define GROUP "\x01\0\x5e\0\0\x01"

enum { WRAP = 1 << 7, ALL = 1, OWN_ADDR = 2, MULTICAST = 4, BCAST = 8 };
enum { TSD_OWN = 1 << 13, TSD_TOK = 1 << 15 };

static struct wire w;
static struct testvm *t;
static uint8_t f[NET_FRAME_MAX];

static void setup(void)
{
    wire_new(&w, "rtl8139");
    t = w.t;
}

static void teardown(void)
{
    wire_free(&w);
}

static uint16_t isr(void)
{
    return tv_inw(t, IO + RTL_ISR);
}

static void ack(uint16_t bits)
{
    ck_assert_uint_eq(isr(), bits);
    tv_outw(t, IO + RTL_ISR, bits);
    ck_assert_uint_eq(isr(), 0);
}

/* ---- what it is ---- */

static unsigned ee_bit(unsigned base, bool di)
{
    tv_outb(t, IO + RTL_9346CR, base | (di ? 2 : 0));
    tv_outb(t, IO + RTL_9346CR, base | (di ? 2 : 0) | 4);
    return tv_inb(t, IO + RTL_9346CR) & 1;
}

/* As drivers do it; with=: a word to write, or -1. */
static unsigned eeprom(unsigned op, unsigned addr, unsigned addr_bits, int with)
{
    unsigned val = 0;

    tv_outb(t, IO + RTL_9346CR, 0x80);
    tv_outb(t, IO + RTL_9346CR, 0x88);
    ee_bit(0x88, 1);
    for (int i = 1; i >= 0; i--)
        ee_bit(0x88, op >> i & 1);
    for (int i = (int)addr_bits - 1; i >= 0; i--)
        ee_bit(0x88, addr >> i & 1);
    for (int i = 15; i >= 0; i--)
        val = val << 1 | ee_bit(0x88, with >= 0 && with >> i & 1);
    tv_outb(t, IO + RTL_9346CR, 0);
    return val;
}

START_TEST(test_identity)
{
    ck_assert_uint_eq(tv_cfg_read(t, WIRE_BDF, 0, 4), 0x813910ec);
    ck_assert_uint_eq(tv_cfg_read(t, WIRE_BDF, PCI_REVISION_ID, 4), 0x02000020);
    ck_assert_uint_eq(tv_inl(t, IO + RTL_TCR), 0x74800000);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(tv_inb(t, IO + i), (uint8_t)WIRE_MAC[i]);
    ck_assert_uint_eq(tv_inb(t, IO + RTL_CR), CR_BUFE);
    ck_assert_uint_eq(tv_inw(t, IO + RTL_CAPR), 0xfff0);
    ck_assert_uint_eq(tv_inl(t, IO + RTL_TSD0), TSD_OWN);
    /* any width, anywhere, and the same by memory */
    ck_assert_uint_eq(tv_mmio_read(t, WIRE_MEM + RTL_CR - 1, 2), CR_BUFE << 8);
    tv_outl(t, IO + RTL_IMR, 0xffffc07f);
    ck_assert_uint_eq(tv_inl(t, IO + RTL_IMR), 0xc07f & 0xe1ff);
    tv_outb(t, IO + RTL_IMR + 1, 0x40);
    ck_assert_uint_eq(tv_inw(t, IO + RTL_IMR), 0x407f);
    tv_outl(t, IO + 0x0e, 0xaabbccdd); /* across registers */
    ck_assert_uint_eq(tv_inw(t, IO + 0x0e), 0xccdd);
    ck_assert_uint_eq(tv_inl(t, IO + RTL_RCR), 0);
    tv_roundtrip(t);
    tv_outb(t, IO + RTL_CR, CR_RST);
    ck_assert_uint_eq(tv_inb(t, IO + RTL_CR), CR_BUFE);
    ck_assert_uint_eq(tv_inw(t, IO + RTL_IMR), 0);
    ck_assert_uint_eq(tv_inb(t, IO + RTL_IDR0), 0x52);
}
END_TEST

START_TEST(test_eeprom)
{
    /* the driver finds out how many bits an address has */
    ck_assert_uint_ne(eeprom(2, 0, 8, -1), 0x8129);
    ck_assert_uint_eq(eeprom(2, 0, 6, -1), 0x8129);
    ck_assert_uint_eq(eeprom(2, 1, 6, -1), 0x10ec);
    ck_assert_uint_eq(eeprom(2, 7, 6, -1), 0x5452);
    ck_assert_uint_eq(eeprom(2, 9, 6, -1), 0x0500);
    eeprom(1, 7, 6, 0x1122); /* not allowed */
    ck_assert_uint_eq(eeprom(2, 7, 6, -1), 0x5452);
    eeprom(0, 0x30, 6, -1);
    eeprom(1, 7, 6, 0x1122);
    tv_roundtrip(t);
    ck_assert_uint_eq(eeprom(2, 7, 6, -1), 0x1122);
    tv_outb(t, IO + RTL_9346CR, 0x40); /* loads it */
    ck_assert_uint_eq(tv_inw(t, IO), 0x1122);
    eeprom(3, 7, 6, -1);
    ck_assert_uint_eq(eeprom(2, 7, 6, -1), 0xffff);
    eeprom(0, 0, 6, -1);
    eeprom(1, 7, 6, 0x3344);
    ck_assert_uint_eq(eeprom(2, 7, 6, -1), 0xffff);
    /* configuration is locked */
    tv_outb(t, IO + RTL_CONFIG1, 0xff);
    ck_assert_uint_eq(tv_inb(t, IO + RTL_CONFIG1), 0x0c);
    tv_outb(t, IO + RTL_9346CR, 0xc0);
    tv_outb(t, IO + RTL_CONFIG1, 0xff);
    ck_assert_uint_eq(tv_inb(t, IO + RTL_CONFIG1), 0xff);
    tv_roundtrip(t);
}
END_TEST

/* ---- sending, the old way ---- */

static void queue(unsigned i, size_t len)
{
    tv_mem_write(t, BUF + i * 0x10000, f, len);
    tv_outl(t, IO + RTL_TSAD0 + 4 * i, BUF + i * 0x10000);
    tv_outl(t, IO + RTL_TSD0 + 4 * i, (uint32_t)len);
}

START_TEST(test_tx_old)
{
    tv_outb(t, IO + RTL_CR, CR_TE);
    tv_outw(t, IO + RTL_IMR, INT_TOK);
    for (unsigned i = 0; i < 9; i++) {
        wire_fill(f, BROADCAST, 100 + i, i);
        queue(i % 4, 100 + i);
        ck_assert_uint_eq(wire_get(&w), 100 + i);
        ck_assert_mem_eq(w.frame, f, 100 + i);
        ck_assert_uint_eq(tv_inl(t, IO + RTL_TSD0 + i % 4 * 4),
                          (100 + i) | TSD_OWN | TSD_TOK);
        ck_assert(wire_irq(&w));
        tv_roundtrip(t);
        ack(INT_TOK);
        ck_assert(!wire_irq(&w));
    }
    /* in their order only */
    wire_fill(f, BROADCAST, 60, 1);
    queue(2, 60);
    ck_assert_uint_eq(wire_get(&w), 0);
    ck_assert_uint_eq(tv_inw(t, IO + RTL_TSAD) & 15, 11);
    tv_roundtrip(t);
    f[20] = 77;
    queue(1, 20); /* a short one grows */
    ck_assert_uint_eq(wire_get(&w), 60);
    ck_assert_uint_eq(w.frame[20], 0);
    ck_assert_uint_eq(wire_get(&w), 60);
    tv_outw(t, IO + RTL_ISR, 0xffff);
    queue(3, 1792 + 500); /* no longer than it can be */
    ck_assert_uint_eq(wire_get(&w), 1792);
    tv_outl(t, IO + RTL_TSAD0, WIRE_MEM); /* itself is no memory */
    tv_outl(t, IO + RTL_TSD0, 100);
    ck_assert_uint_eq(wire_get(&w), 0);
    ck_assert_uint_eq(tv_inl(t, IO + RTL_TSD0), 100 | TSD_OWN | TSD_TOK);
    tv_outl(t, IO + RTL_TSD0 + 4, 0);
    ck_assert_uint_eq(wire_get(&w), 0);
    /* no bus master, no frame, until it is one again */
    tv_cfg_write(t, WIRE_BDF, PCI_COMMAND, 2, PCI_COMMAND_IO);
    queue(2, 60);
    ck_assert_uint_eq(wire_get(&w), 0);
    tv_cfg_write(t, WIRE_BDF, PCI_COMMAND, 2,
                 PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    ck_assert_uint_eq(wire_get(&w), 60);
    tv_outb(t, IO + RTL_CR, 0);
    queue(3, 60);
    ck_assert_uint_eq(wire_get(&w), 0);
}
END_TEST

/* The peer does not read: what is sent waits, in order, and nothing is lost. */
START_TEST(test_tx_waits)
{
    unsigned sent = 0, got = 0;

    tv_outb(t, IO + RTL_CR, CR_TE);
    while (tv_inl(t, IO + RTL_TSD0 + sent % 4 * 4) & TSD_OWN) {
        wire_fill(f, BROADCAST, 1500, sent);
        queue(sent++ % 4, 1500);
        ck_assert_uint_lt(sent, 10000);
    }
    while (got < sent) {
        wire_settle(&w);
        while (wire_get(&w)) {
            wire_fill(f, BROADCAST, 1500, got++);
            ck_assert_mem_eq(w.frame, f, 1500);
        }
    }
    ck_assert_uint_eq(tv_inw(t, IO + RTL_TSAD) & 15, 15);
}
END_TEST

/* ---- receiving, the old way ---- */

static uint32_t rx_at; /* in the ring */

static void rx_start(uint32_t rcr)
{
    tv_outl(t, IO + RTL_RBSTART, RING);
    tv_outl(t, IO + RTL_RCR, rcr);
    tv_outb(t, IO + RTL_CR, CR_RE | CR_TE);
    rx_at = 0;
}

static bool not_empty(void *opaque)
{
    return !(tv_inb(t, IO + RTL_CR) & CR_BUFE);
}

/* The next frame in the ring is this one. */
static void rx_is(const uint8_t *frame, size_t len, uint16_t status,
                  uint32_t size, bool wrap)
{
    static uint8_t got[8192];
    uint32_t whole = (uint32_t)(len + 11) & ~3u;

    ck_assert(tv_wait(t, not_empty, NULL, 10000));
    for (uint32_t i = 0; i < len + 8; i++)
        tv_mem_read(t, RING + (wrap ? rx_at + i : (rx_at + i) % size), got + i,
                    1);
    ck_assert_uint_eq(pci_get16(got), status);
    ck_assert_uint_eq(pci_get16(got + 2), len + 4);
    ck_assert_mem_eq(got + 4, frame, len);
    ck_assert_uint_eq(pci_get32(got + 4 + len), 0);
    rx_at = (rx_at + whole) % size;
    tv_outw(t, IO + RTL_CAPR, (uint16_t)(rx_at - 16));
}

START_TEST(test_rx_old)
{
    static const uint8_t mac[6] = WIRE_MAC;

    rx_start(OWN_ADDR | BCAST);
    tv_outw(t, IO + RTL_IMR, INT_ROK);
    wire_fill(f, BROADCAST, 64, 3);
    wire_put(&w, f, 64);
    rx_is(f, 64, 0x2001, 8192, false);
    ck_assert(wire_irq(&w));
    ack(INT_ROK);
    tv_roundtrip(t);
    memset(f, 0, 60);
    wire_fill(f, (const char *)mac, 42, 4); /* grows to 60 */
    wire_put(&w, f, 42);
    memset(f + 42, 0, 18);
    rx_is(f, 60, 0x4001, 8192, false);
    /* others are not heard */
    wire_fill(f, "\x02\0\0\0\0\x09", 60, 5);
    wire_put(&w, f, 60);
    wire_fill(f, GROUP, 60, 5);
    wire_put(&w, f, 60);
    wire_settle(&w);
    ck_assert(!not_empty(NULL));
    tv_outl(t, IO + RTL_RCR, MULTICAST);
    wire_put(&w, f, 60);
    wire_settle(&w);
    ck_assert(!not_empty(NULL));
    tv_outl(t, IO + RTL_MAR0, 0xffffffff);
    tv_outl(t, IO + RTL_MAR0 + 4, 0xffffffff);
    wire_put(&w, f, 60);
    rx_is(f, 60, 0x8001, 8192, false);
    /* one bit of 64 is this address's: the CRC says 31 */
    for (unsigned i = 0, hits = 0; i < 64; i++) {
        tv_outl(t, IO + RTL_MAR0, i < 32 ? 1u << i : 0);
        tv_outl(t, IO + RTL_MAR0 + 4, i < 32 ? 0 : 1u << (i - 32));
        wire_put(&w, f, 60);
        wire_settle(&w);
        if (not_empty(NULL)) {
            hits++;
            ck_assert_uint_eq(i, 31);
            rx_is(f, 60, 0x8001, 8192, false);
        }
        ck_assert(i < 63 || hits == 1);
    }
    tv_outl(t, IO + RTL_RCR, ALL);
    wire_fill(f, "\x02\0\0\0\0\x09", 60, 5);
    wire_put(&w, f, 60);
    rx_is(f, 60, 0x0001, 8192, false);
    tv_outb(t, IO + RTL_CR, 0); /* waits in the network */
    wire_put(&w, f, 60);
    wire_settle(&w);
    ck_assert(!not_empty(NULL));
    rx_start(ALL);
    rx_is(f, 60, 0x0001, 8192, false);
}
END_TEST

START_TEST(test_rx_wrap)
{
    for (unsigned mode = 0; mode < 2; mode++) {
        rx_start(ALL | (mode ? WRAP : 0));
        for (unsigned i = 0; i < 40; i++) {
            size_t len = 60 + i * 37;

            wire_fill(f, BROADCAST, len, i);
            wire_put(&w, f, len);
            rx_is(f, len, 0x2001, 8192, mode);
        }
        tv_outb(t, IO + RTL_CR, 0);
    }
    rx_start(ALL | 3 << 11); /* 64 KiB */
    for (unsigned i = 0; i < 100; i++) {
        wire_fill(f, BROADCAST, 1514, i);
        wire_put(&w, f, 1514);
        rx_is(f, 1514, 0x2001, 65536, false);
    }
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_rx_full)
{
    unsigned i;

    rx_start(ALL);
    for (i = 0; i < 10; i++) {
        wire_fill(f, BROADCAST, 1000, i);
        wire_put(&w, f, 1000);
    }
    wire_settle(&w);
    /* 8192 bytes hold seven of them; none is lost */
    ck_assert_uint_eq(tv_inw(t, IO + RTL_CBR), 7 * 1008);
    ck_assert_uint_eq(isr(), INT_ROK);
    tv_roundtrip(t);
    for (i = 0; i < 10; i++) {
        wire_fill(f, BROADCAST, 1000, i);
        rx_is(f, 1000, 0x2001, 8192, false);
    }
    ack(INT_ROK);
    /* one that never fits */
    tv_outw(t, IO + RTL_IMR, INT_RXOVW);
    wire_fill(f, BROADCAST, 9000, 1);
    wire_put(&w, f, 9000);
    wire_settle(&w);
    ck_assert(wire_irq(&w));
    ack(INT_RXOVW);
    ck_assert_uint_eq(tv_inl(t, IO + RTL_MPC), 1);
    tv_outl(t, IO + RTL_MPC, 5);
    ck_assert_uint_eq(tv_inl(t, IO + RTL_MPC), 0);
    /* pointers that make no sense */
    for (i = 0; i < 65536; i += 1021) {
        tv_outw(t, IO + RTL_CAPR, (uint16_t)i);
        wire_fill(f, BROADCAST, 200, 1);
        wire_put(&w, f, 200);
        tv_outl(t, IO + RTL_RCR, ALL | (i & 3) << 11 | (i & 4 ? WRAP : 0));
        wire_settle(&w);
    }
    tv_roundtrip(t);
}
END_TEST

/* ---- C+ ---- */

static void desc(uint32_t ring, unsigned i, uint32_t opts1, uint32_t opts2,
                 uint64_t addr)
{
    struct rtl_desc d = {opts1, opts2, (uint32_t)addr, (uint32_t)(addr >> 32)};

    tv_mem_write(t, ring + i * sizeof(d), &d, sizeof(d));
}

static struct rtl_desc desc_is(uint32_t ring, unsigned i)
{
    struct rtl_desc d;

    tv_mem_read(t, ring + i * sizeof(d), &d, sizeof(d));
    return d;
}

static void plus(uint16_t more)
{
    tv_outw(t, IO + RTL_CPCR, CPCR_TX | CPCR_RX | more);
    tv_outl(t, IO + RTL_TSAD0, TXRING);
    tv_outl(t, IO + RTL_TSAD0 + 4, 0);
    tv_outl(t, IO + RTL_TSAD0 + 8, TXRING + 0x1000);
    tv_outl(t, IO + RTL_TSAD0 + 12, 0);
    tv_outl(t, IO + RTL_RDSAR, RING);
    tv_outl(t, IO + RTL_RDSAR + 4, 0);
    tv_outl(t, IO + RTL_RCR, ALL);
    tv_outb(t, IO + RTL_CR, CR_RE | CR_TE);
}

static void poll(void)
{
    tv_outb(t, IO + RTL_TPPOLL, 0x40);
}

enum {
    WHOLE = DESC_OWN | DESC_FS | DESC_LS,
    IPCS = 1 << 18,
    UDPCS = 1 << 17,
    TCPCS = 1 << 16,
    LGSEN = 1 << 27,
};

/* Sends f by one descriptor, the ring's only one. */
static size_t send_plus(size_t len, uint32_t opts1, uint32_t opts2)
{
    tv_mem_write(t, BUF, f, len);
    desc(TXRING, 0, WHOLE | DESC_EOR | opts1 | (uint32_t)len, opts2, BUF);
    poll();
    ck_assert_uint_eq(desc_is(TXRING, 0).opts1 & DESC_OWN, 0);
    return wire_get(&w);
}

START_TEST(test_tx_plus)
{
    plus(0);
    tv_outw(t, IO + RTL_IMR, INT_TOK);
    wire_fill(f, BROADCAST, 1000, 1);
    /* in pieces, and by two rings */
    tv_mem_write(t, BUF, f, 1000);
    desc(TXRING, 0, DESC_OWN | DESC_FS | 100, 0, BUF);
    poll();
    ck_assert_uint_eq(desc_is(TXRING, 0).opts1, DESC_FS | 100);
    ck_assert_uint_eq(wire_get(&w), 0);
    ack(INT_TDU);
    desc(TXRING, 1, DESC_OWN | 500, 0, BUF + 100);
    desc(TXRING, 2, DESC_OWN | DESC_LS | DESC_EOR | 400, 0, BUF + 600);
    poll();
    ck_assert_uint_eq(wire_get(&w), 1000);
    ck_assert_mem_eq(w.frame, f, 1000);
    ck_assert(wire_irq(&w));
    tv_roundtrip(t);
    ack(INT_TOK | INT_TDU);
    desc(TXRING + 0x1000, 0, WHOLE | DESC_EOR | 300, 0, BUF);
    tv_outb(t, IO + RTL_TPPOLL, 0x80);
    ck_assert_uint_eq(wire_get(&w), 300);
    /* 64 without an end, then from the start again */
    for (unsigned i = 0; i < 64; i++)
        desc(TXRING, i, WHOLE | (60 + i), 0, BUF);
    poll();
    for (unsigned i = 0; i < 64; i++)
        ck_assert_uint_eq(wire_get(&w), 60 + i);
    ck_assert_uint_eq(wire_get(&w), 0);
    desc(TXRING, 0, WHOLE | 222, 0, BUF);
    poll();
    ck_assert_uint_eq(wire_get(&w), 222);
    /* more than any frame: gone, and the next one is fine */
    for (unsigned i = 1; i < 5; i++)
        desc(TXRING, i,
             DESC_OWN | (i == 1 ? DESC_FS : 0) | (i == 4 ? DESC_LS : 0) | 65535,
             0, BUF);
    desc(TXRING, 5, WHOLE | 77, 0, BUF);
    poll();
    ck_assert_uint_eq(wire_get(&w), 77);
    /* a frame without an end, then another */
    desc(TXRING, 6, DESC_OWN | DESC_FS | 500, 0, BUF);
    desc(TXRING, 7, WHOLE | DESC_EOR | 88, 0, BUF);
    poll();
    ck_assert_uint_eq(wire_get(&w), 88);
    /* rings and buffers that are no memory */
    desc(TXRING, 0, WHOLE | DESC_EOR | 88, 0, WIRE_MEM);
    poll();
    ck_assert_uint_eq(wire_get(&w), 0);
    tv_outl(t, IO + RTL_TSAD0, WIRE_MEM);
    poll();
    tv_outl(t, IO + RTL_TSAD0 + 4, 0xffffffff);
    poll();
    ck_assert_uint_eq(wire_get(&w), 0);
    tv_roundtrip(t);
    tv_outw(t, IO + RTL_CPCR, 0); /* the place in the ring is none of TSD's */
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_tx_csum)
{
    size_t len;

    plus(0);
    for (int version = 4; version <= 6; version += 2) {
        for (unsigned i = 0; i < 50; i++) {
            int proto = i % 2 ? WIRE_TCP : WIRE_UDP;

            len = wire_ip(f, version, proto, i * 13);
            ck_assert_uint_eq(send_plus(len, IPCS | TCPCS | UDPCS, 0),
                              len < 60 ? 60 : len);
            ck_assert(wire_sums_right(w.frame));
        }
    }
    /* only what was asked for */
    len = wire_ip(f, 4, WIRE_TCP, 100);
    send_plus(len, IPCS, 0);
    ck_assert(!wire_sums_right(w.frame));
    ck_assert_uint_ne(be_get16(w.frame + 24), 0);
    ck_assert_uint_eq(be_get16(w.frame + 50), 0);
    send_plus(len, 0, 0);
    ck_assert_mem_eq(w.frame, f, len);
    /* a tag */
    ck_assert_uint_eq(send_plus(len, IPCS | TCPCS, 1 << 17 | 0x2301), len + 4);
    ck_assert_uint_eq(be_get32(w.frame + 12), 0x81000123);
    memmove(w.frame + 4, w.frame, 12);
    ck_assert(wire_sums_right(w.frame + 4));
}
END_TEST

/* CVE-2015-5165: headers that lie about lengths. What comes out is what went
 * in but for two checksums, and no longer. */
START_TEST(test_tx_lies)
{
    unsigned n = 0;

    plus(0);
    for (unsigned at = 12; at < 54; at++) {
        for (unsigned val = 0; val < 256; val += 15) {
            for (size_t len = at + 1; len < 60; len += 5) {
                unsigned differ = 0;
                size_t got;

                wire_ip(f, at % 2 ? 4 : 6, WIRE_TCP, 100);
                f[at] = (uint8_t)val;
                got = send_plus(len, IPCS | TCPCS | UDPCS, 0);
                ck_assert_uint_eq(got, 60);
                for (unsigned i = 0; i < len; i++)
                    differ += w.frame[i] != f[i];
                ck_assert_uint_le(differ, 4);
                for (size_t i = len; i < got; i++)
                    ck_assert_uint_eq(w.frame[i], 0);
                /* as large send it is no frame, or whole ones */
                if (send_plus(len, LGSEN | (val + 1) << 16, 0))
                    while (wire_get(&w))
                        n++;
            }
        }
    }
    ck_assert_uint_lt(n, 100000);
}
END_TEST

static void large(int version, size_t payload, unsigned mss)
{
    size_t len = wire_ip(f, version, WIRE_TCP, payload), done;
    unsigned i = 0;

    be_put16(f + (version == 4 ? 16 : 18), 0); /* as Linux leaves it */
    for (done = 0; done < len; i++) {
        size_t part = len - done < 16000 ? len - done : 16000;

        tv_mem_write(t, BUF + i * 0x10000, f + done, part);
        done += part;
        desc(TXRING, i,
             DESC_OWN | (i ? 0 : DESC_FS) |
                 (done == len ? DESC_LS | DESC_EOR : 0) | LGSEN |
                 (uint32_t)mss << 16 | (uint32_t)part,
             0, BUF + i * 0x10000);
    }
    poll();
    wire_segments(&w, f, len, mss);
    /* errors would be where the size was */
    ck_assert_uint_eq(desc_is(TXRING, i - 1).opts1 & 0x02ff0000, 0);
}

START_TEST(test_tso)
{
    plus(0);
    large(4, 10, 1448);
    large(4, 1448, 1448);
    large(6, 1449, 1448);
    large(4, 20000, 1460);
    large(6, 20000, 1400);
    large(4, 65400, 2047);
    large(4, 300, 1);
    tv_roundtrip(t);
}
END_TEST

/* The smallest segments of many frames: others have their turn soon. */
START_TEST(test_tso_turns)
{
    const struct net_ops *ops = w.net->ops;
    uint64_t before = w.net->stats.tx_frames;
    size_t len = wire_ip(f, 4, WIRE_TCP, 60000);

    plus(0);
    w.net->ops = &net_null_ops;
    tv_mem_write(t, BUF, f, len);
    for (unsigned i = 0; i < 3; i++)
        desc(TXRING, i, WHOLE | LGSEN | 1 << 16 | (uint32_t)len, 0, BUF);
    poll();
    ck_assert_uint_le(w.net->stats.tx_frames - before, 256);
    tv_roundtrip(t);
    while (w.net->stats.tx_frames - before < 180000)
        wire_settle(&w);
    ck_assert_uint_eq(desc_is(TXRING, 2).opts1 & DESC_OWN, 0);
    w.net->ops = ops;
}
END_TEST

static size_t rx_desc_wait(unsigned i, uint32_t *opts1)
{
    for (unsigned n = 0; n < 100; n++) {
        wire_settle(&w);
        *opts1 = desc_is(RING, i).opts1;
        if (!(*opts1 & DESC_OWN))
            return *opts1 & 0x1fff;
    }
    return 0;
}

START_TEST(test_rx_plus)
{
    static uint8_t got[2048];
    uint32_t opts1;
    size_t len;

    plus(1 << 5 | 1 << 6);
    tv_outw(t, IO + RTL_IMR, INT_ROK);
    desc(RING, 0, DESC_OWN | 1600, 0, RXBUF);
    desc(RING, 1, DESC_OWN | DESC_EOR | 1600, 0, RXBUF + 2048);
    wire_fill(f, BROADCAST, 700, 1);
    wire_put(&w, f, 700);
    ck_assert_uint_eq(rx_desc_wait(0, &opts1), 704);
    ck_assert_uint_eq(opts1, DESC_FS | DESC_LS | 1 << 24 | 704);
    tv_mem_read(t, RXBUF, got, 704);
    ck_assert_mem_eq(got, f, 700);
    ck_assert(wire_irq(&w));
    ack(INT_ROK);
    tv_roundtrip(t);
    /* checksums, right and wrong, and a tag */
    for (unsigned i = 1; i < 9; i++) {
        bool bad = i & 2, tcp = i & 4;

        len = wire_ip(f, 4, tcp ? WIRE_TCP : WIRE_UDP, 100);
        tv_mem_write(t, BUF, f, len);
        desc(TXRING, 0, WHOLE | DESC_EOR | IPCS | TCPCS | (uint32_t)len,
             i & 1 ? 1 << 17 | 0x2301 : 0, BUF);
        poll();
        len = wire_get(&w);
        w.frame[len - 1] ^= bad;
        desc(RING, i % 2, DESC_OWN | (i % 2 ? DESC_EOR : 0) | 1600, 0, RXBUF);
        wire_put(&w, w.frame, len);
        ck_assert_uint_eq(rx_desc_wait(i % 2, &opts1), len + (i & 1 ? 0 : 4));
        ck_assert_uint_eq(opts1 >> 13 & 31, (tcp ? 8 | bad : 16 | bad << 1));
        ck_assert_uint_eq(desc_is(RING, i % 2).opts2, i & 1 ? 0x12301 : 0);
    }
    /* over several buffers */
    tv_outw(t, IO + RTL_ISR, 0xffff);
    for (unsigned i = 0; i < 5; i++)
        desc(RING, i, DESC_OWN | 200 | (i == 4 ? DESC_EOR : 0), 0,
             RXBUF + i * 200);
    tv_outb(t, IO + RTL_CR, 0);
    tv_outb(t, IO + RTL_CR, CR_RE | CR_TE);
    wire_fill(f, BROADCAST, 700, 7);
    wire_put(&w, f, 700);
    ck_assert_uint_eq(rx_desc_wait(3, &opts1), 704);
    ck_assert_uint_eq(opts1 >> 28, DESC_LS >> 28);
    ck_assert_uint_eq(desc_is(RING, 0).opts1 >> 28, DESC_FS >> 28);
    tv_mem_read(t, RXBUF, got, 700);
    ck_assert_mem_eq(got, f, 700);
    /* too few of them */
    tv_outw(t, IO + RTL_ISR, 0xffff);
    wire_put(&w, f, 700);
    wire_settle(&w);
    ck_assert_uint_eq(isr(), INT_RXOVW);
    ck_assert_uint_eq(desc_is(RING, 4).opts1 >> 31, 1);
    tv_roundtrip(t);
}
END_TEST

/* No register says that there are buffers again. */
START_TEST(test_rx_plus_waits)
{
    uint32_t opts1;

    plus(0);
    desc(RING, 0, DESC_EOR, 0, RXBUF);
    wire_fill(f, BROADCAST, 100, 1);
    wire_put(&w, f, 100);
    wire_settle(&w);
    ck_assert_uint_eq(isr(), 0);
    desc(RING, 0, DESC_OWN | DESC_EOR | 1600, 0, RXBUF);
    wire_settle(&w);
    ck_assert_uint_eq(isr(), 0);
    tv_step(t, 1000000);
    ck_assert_uint_eq(rx_desc_wait(0, &opts1), 104);
    ack(INT_ROK);
    /* every descriptor of no size: the frame ends somewhere else */
    for (unsigned i = 0; i < 64; i++)
        desc(RING, i, DESC_OWN, 0, RXBUF);
    wire_put(&w, f, 100);
    wire_settle(&w);
    tv_step(t, 1000000);
    wire_settle(&w);
    ack(INT_RXOVW);
    tv_roundtrip(t);
}
END_TEST

/* ---- the rest ---- */

START_TEST(test_timer)
{
    uint32_t at;

    tv_outl(t, IO + RTL_TCTR, 0);
    tv_step(t, 1000000);
    at = tv_inl(t, IO + RTL_TCTR);
    ck_assert_uint_eq(at, 33000);
    tv_outw(t, IO + RTL_IMR, INT_TIMEOUT);
    tv_outl(t, IO + RTL_TIMERINT, 66000);
    tv_step(t, 999999);
    ck_assert_uint_eq(isr(), 0);
    tv_roundtrip(t);
    tv_step(t, 1);
    ck_assert(wire_irq(&w));
    ack(INT_TIMEOUT);
    /* once around */
    tv_step(t, (1ll << 32) * 1000 / 33 - 1);
    ck_assert_uint_eq(isr(), 0);
    tv_step(t, 2);
    ack(INT_TIMEOUT);
    tv_outl(t, IO + RTL_TIMERINT, 0);
    tv_step(t, 200000000000);
    ck_assert_uint_eq(isr(), 0);
}
END_TEST

START_TEST(test_tally)
{
    struct rtl_tally tally;

    plus(0);
    wire_fill(f, BROADCAST, 100, 1);
    for (unsigned i = 0; i < 3; i++)
        send_plus(100, 0, 0);
    desc(RING, 0, DESC_OWN | DESC_EOR | 1600, 0, RXBUF);
    wire_put(&w, f, 100);
    wire_settle(&w);
    tv_roundtrip(t);
    tv_outl(t, IO + RTL_TSD0 + 4, 0);
    tv_outl(t, IO + RTL_TSD0, RXBUF | 8);
    ck_assert_uint_eq(tv_inl(t, IO + RTL_TSD0), RXBUF);
    tv_mem_read(t, RXBUF, &tally, sizeof(tally));
    ck_assert_uint_eq(tally.tx_ok, 3);
    ck_assert_uint_eq(tally.rx_ok, 1);
    ck_assert_uint_eq(tally.rx_ok_brd, 1);
    tv_outl(t, IO + RTL_TSD0, (WIRE_MEM & ~63u) | 8); /* no memory */
    ck_assert_uint_eq(tv_inl(t, IO + RTL_TSD0), WIRE_MEM);
}
END_TEST

START_TEST(test_loopback)
{
    rx_start(ALL);
    tv_outl(t, IO + RTL_TCR, 3 << 17);
    wire_fill(f, BROADCAST, 100, 1);
    queue(0, 100);
    ck_assert_uint_eq(wire_get(&w), 0);
    rx_is(f, 100, 0x2001, 8192, false);
    ack(INT_TOK | INT_ROK);
    /* CVE-2015-7504 and its kind: as long as can be, into no room */
    for (unsigned i = 1; i < 64; i++) {
        tv_outl(t, IO + RTL_TSD0 + i % 4 * 4, 1792);
        ck_assert_uint_eq(wire_get(&w), 0);
    }
    plus(0);
    desc(TXRING, 0, WHOLE | DESC_EOR | 65535, 0, BUF);
    desc(RING, 0, DESC_OWN | DESC_EOR | 8191, 0, RXBUF);
    poll();
    ck_assert_uint_eq(desc_is(RING, 0).opts1 >> 31, 1);
    tv_roundtrip(t);
}
END_TEST

/* QMP, by the name of the card or of its network. */
static bool set_link(const char *name, bool on)
{
    struct qmp_call call = {.vm = &t->vm};
    const struct qmp_cmd *cmd = qmp_cmds_host;
    json_t *result;

    while (strcmp(cmd->name, "set_link"))
        cmd++;
    call.args = json_pack("{s:s,s:b}", "name", name, "up", on);
    vm_lock(&t->vm);
    result = cmd->run(&call);
    vm_unlock(&t->vm);
    json_decref(call.args);
    json_decref(result);
    return result;
}

static void link(bool on)
{
    ck_assert(!set_link("n1", on));
    ck_assert(set_link(on ? "n0" : "card", on));
}

START_TEST(test_link)
{
    rx_start(ALL);
    ck_assert_uint_eq(tv_inw(t, IO + RTL_BMSR) & 0x24, 0x24);
    ck_assert_uint_eq(tv_inb(t, IO + RTL_MSR) & 4, 0);
    link(false);
    ack(INT_LINKCHG);
    ck_assert_uint_eq(tv_inw(t, IO + RTL_BMSR) & 0x24, 0);
    ck_assert_uint_eq(tv_inb(t, IO + RTL_MSR) & 4, 4);
    ck_assert_uint_eq(tv_inw(t, IO + RTL_ANLPAR), 0);
    wire_fill(f, BROADCAST, 100, 1);
    queue(0, 100);
    ck_assert_uint_eq(wire_get(&w), 0);
    ack(INT_TOK);
    wire_put(&w, f, 100);
    wire_settle(&w);
    ck_assert_uint_eq(isr(), 0);
    tv_roundtrip(t);
    link(false);
    ck_assert_uint_eq(isr(), 0);
    link(true);
    rx_is(f, 100, 0x2001, 8192, false);
    ack(INT_LINKCHG | INT_ROK);
    tv_outw(t, IO + RTL_BMCR, 0x1200);
    ck_assert_uint_eq(tv_inw(t, IO + RTL_BMCR), 0x1000);
    ack(INT_LINKCHG);
    tv_outb(t, IO + RTL_TPPOLL, 1);
    ack(INT_SWINT);
}
END_TEST

/* What a guest's Xen driver does to it. */
START_TEST(test_unplug)
{
    rx_start(ALL);
    vm_lock(&t->vm);
    pci_hide(w.card);
    vm_unlock(&t->vm);
    wire_fill(f, BROADCAST, 100, 1);
    wire_put(&w, f, 100);
    wire_settle(&w);
    ck_assert_uint_eq(tv_inl(t, IO + RTL_TCR), 0xffffffff);
    ck_assert(!wire_irq(&w));
    tv_roundtrip(t);
    tv_reset(t);
    ck_assert_uint_eq(tv_cfg_read(t, WIRE_BDF, 0, 4), 0x813910ec);
}
END_TEST

START_TEST(test_storm)
{
    for (uint32_t seed = 1; seed <= 4 * fuzz_seeds(); seed++) {
        if (seed & 1)
            plus(0x3e0);
        else
            rx_start(ALL);
        for (unsigned i = 0; i < 64; i++) {
            desc(TXRING, i, WHOLE | i * seed * 977, i * seed * 131, BUF + i);
            desc(RING, i, DESC_OWN | i * 31, 0, RXBUF);
        }
        wire_put(&w, f, 1000);
        tv_storm_pio(t, IO, 256, 5000, 0x8139 + seed);
        tv_storm_mmio(t, WIRE_MEM, 256, 5000, 0x8140 + seed);
        wire_settle(&w);
        tv_roundtrip(t);
        while (wire_get(&w))
            ;
        tv_reset(t);
        tv_cfg_write(t, WIRE_BDF, PCI_BAR_0, 4, WIRE_IO);
        tv_cfg_write(t, WIRE_BDF, PCI_BAR_0 + 4, 4, WIRE_MEM);
        tv_cfg_write(t, WIRE_BDF, PCI_COMMAND, 2, 7);
    }
    tv_storm_cfg(t, WIRE_BDF, 5000, 0x8141);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_identity, test_eeprom,  test_tx_old,  test_tx_waits,
        test_rx_old,   test_rx_wrap, test_rx_full, test_tx_plus,
        test_tx_csum,  test_tx_lies, test_tso,     test_tso_turns,
        test_rx_plus,  test_timer,   test_tally,   test_rx_plus_waits,
        test_loopback, test_link,    test_unplug,  test_storm,
        NULL,
    };

    return run_suite("rtl8139", setup, teardown, tests);
}
