/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/net/e1000: registers, rings, offloads, and what a hostile driver tries. */
#include "config.h"

#include <string.h>

#include "dm/bytes.h"
#include "hw/net/csum.h"
#include "hw/net/e1000.h"
#include "tests/lib/suite.h"
#include "tests/lib/wire.h"

#define BUF 0x100000u
#define TXRING 0x480000u
#define RXRING 0x490000u
#define RXBUF 0x500000u
#define BROADCAST "\xff\xff\xff\xff\xff\xff"
#define MS 1000000ll

/* clang-format off */
enum { /* offsets */
    R_CTRL = 0x0, R_STATUS = 0x8, R_EECD = 0x10, R_EERD = 0x14, R_MDIC = 0x20,
    R_ICR = 0xc0, R_ITR = 0xc4, R_ICS = 0xc8, R_IMS = 0xd0, R_IMC = 0xd8,
    R_RCTL = 0x100, R_TCTL = 0x400, R_RDBAL = 0x2800, R_RDLEN = 0x2808,
    R_RDH = 0x2810, R_RDT = 0x2818, R_RDTR = 0x2820, R_RADV = 0x282c,
    R_TDBAL = 0x3800, R_TDLEN = 0x3808, R_TDH = 0x3810, R_TDT = 0x3818,
    R_TIDV = 0x3820, R_TADV = 0x382c, R_RXCSUM = 0x5000, R_MTA = 0x5200,
    R_RA = 0x5400, R_VFTA = 0x5600,
};
/* clang-format on */
enum { EOP = 1, IC = 4, TSE = 4, RS = 8, DEXT = 32, VLE = 64, IDE = 128 };
enum { EN = 2, UPE = 8, MPE = 16, LPE = 32, BAM = 1 << 15, VFE = 1 << 18 };

static struct wire w;
static struct testvm *t;
static uint8_t f[NET_FRAME_MAX];
static unsigned tail;

static uint32_t rd(unsigned reg)
{
    return (uint32_t)tv_mmio_read(t, WIRE_MEM + reg, 4);
}

static void wr(unsigned reg, uint32_t val)
{
    tv_mmio_write(t, WIRE_MEM + reg, 4, val);
}

static void rings(unsigned tx, unsigned rx, uint32_t rctl)
{
    wr(R_TCTL, 0);
    wr(R_RCTL, 0);
    wr(R_TDBAL, TXRING);
    wr(R_TDLEN, tx * 16);
    wr(R_TDH, 0);
    wr(R_TDT, 0);
    wr(R_RDBAL, RXRING);
    wr(R_RDLEN, rx * 16);
    wr(R_RDH, 0);
    wr(R_RDT, 0);
    wr(R_TCTL, EN);
    wr(R_RCTL, EN | rctl);
    tail = 0;
}

static void setup(void)
{
    wire_new(&w, "e1000");
    t = w.t;
    rings(64, 64, BAM);
    ck_assert_uint_eq(rd(R_ICR), ICR_LSC);
}

static void teardown(void)
{
    wire_free(&w);
}

static void put_desc(uint32_t ring, unsigned i, uint64_t a, uint32_t b,
                     uint32_t c)
{
    tv_mem_write(t, ring + i * 16, &a, 8);
    tv_mem_write(t, ring + i * 16 + 8, &b, 4);
    tv_mem_write(t, ring + i * 16 + 12, &c, 4);
}

static uint32_t word(uint32_t ring, unsigned i, unsigned n)
{
    uint32_t v;

    tv_mem_read(t, ring + i * 16 + n * 4, &v, 4);
    return v;
}

static void tx_add(uint64_t a, uint32_t cmd, uint32_t status)
{
    put_desc(TXRING, tail, a, cmd, status);
    tail = (tail + 1) % (rd(R_TDLEN) / 16);
}

static void tx_go(void)
{
    wr(R_TDT, tail);
    ck_assert_uint_eq(rd(R_TDH), tail);
}

/* Sends f by one descriptor. */
static size_t send(size_t len, uint32_t cmd, uint32_t status)
{
    tv_mem_write(t, BUF, f, len);
    tx_add(BUF, (cmd | EOP) << 24 | (cmd & DEXT ? 1 << 20 : 0) | (uint32_t)len,
           status);
    tx_go();
    return wire_get(&w);
}

/* ---- what it is ---- */

START_TEST(test_identity)
{
    ck_assert_uint_eq(tv_cfg_read(t, WIRE_BDF, 0, 4), 0x100e8086);
    ck_assert_uint_eq(rd(R_STATUS) & 0xc3, 0x83);
    ck_assert_uint_eq(rd(R_RA), pci_get32((const uint8_t *)WIRE_MAC));
    ck_assert_uint_eq(rd(R_RA + 4), 0x80000500);
    /* by I/O, too */
    tv_outl(t, WIRE_IO, R_STATUS);
    ck_assert_uint_eq(tv_inl(t, WIRE_IO + 4), rd(R_STATUS));
    tv_outl(t, WIRE_IO, R_MTA + 8);
    tv_outl(t, WIRE_IO + 4, 0x12345678);
    ck_assert_uint_eq(rd(R_MTA + 8), 0x12345678);
    tv_outl(t, WIRE_IO, 0xfffffffc);
    ck_assert_uint_eq(tv_inl(t, WIRE_IO + 4), 0);
    tv_outl(t, WIRE_IO + 4, 1);
    tv_roundtrip(t);
    wr(R_CTRL, 1 << 26);
    ck_assert_uint_eq(rd(R_MTA + 8), 0);
    ck_assert_uint_eq(rd(R_RCTL), 0);
    ck_assert_uint_eq(rd(R_CTRL) & 1 << 26, 0);
    ck_assert_uint_eq(rd(R_STATUS) & 2, 2); /* the PHY's link has stayed */
}
END_TEST

/* As Linux' e1000 tests them: what is written, and where it may stay. */
START_TEST(test_registers)
{
    /* clang-format off */
    static const struct {
        uint32_t reg, mask;
    } all[] = {
        {0x28, 0xffffffff}, {0x2c, 0xffff}, {0x30, 0xffff}, {0x38, 0xffff},
        {R_RDTR, 0xffff}, {0x2804, 0xffffffff}, {R_RDLEN, 0x000fff80},
        {R_RDH, 0xffff}, {R_RDT, 0xffff}, {0x2168, 0xfff8}, {0x170, 0xffff},
        {0x410, 0x3fffffff}, {0x3804, 0xffffffff}, {R_TDLEN, 0x000fff80},
        {R_RDBAL, 0xfffffff0}, {R_TDBAL, 0xfffffff0}, {R_TIDV, 0xffff},
        {R_RA + 12, 0x8003ffff}, {R_RA + 8, 0xffffffff},
        {R_MTA + 508, 0xffffffff}, {R_VFTA + 508, 0xffffffff},
    };
    /* clang-format on */
    static const uint32_t with[] = {0x5a5a5a5a, 0xa5a5a5a5, 0, 0xffffffff};
    uint32_t before = rd(R_STATUS);

    wr(R_RCTL, 0);
    wr(R_TCTL, 0);
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        for (unsigned k = 0; k < 4; k++) {
            wr(all[i].reg, with[k]);
            ck_assert_msg(rd(all[i].reg) == (with[k] & all[i].mask), "%#x: %#x",
                          all[i].reg, rd(all[i].reg));
        }
    }
    wr(R_RCTL, 0xffffffff);
    ck_assert_uint_eq(rd(R_RCTL) & 0x06dfb3fe, 0x06dfb3fe);
    wr(R_STATUS, 0);
    ck_assert_uint_eq(rd(R_STATUS), before);
    tv_roundtrip(t);
}
END_TEST

static unsigned ee_bit(bool di)
{
    wr(R_EECD, 0x42 | (di ? 4 : 0));
    wr(R_EECD, 0x43 | (di ? 4 : 0));
    return rd(R_EECD) >> 3 & 1;
}

START_TEST(test_eeprom)
{
    uint16_t sum = 0;

    for (unsigned i = 0; i < 64; i++) {
        unsigned val = 0;

        wr(R_EERD, i << 8 | 1);
        ck_assert_uint_eq(rd(R_EERD) & 0x10, 0x10);
        sum = (uint16_t)(sum + (rd(R_EERD) >> 16));
        wr(R_EECD, 0x40);
        ck_assert_uint_eq(rd(R_EECD) & 0x180, 0x180);
        ee_bit(1);
        ee_bit(1);
        ee_bit(0);
        for (int k = 5; k >= 0; k--)
            ee_bit(i >> k & 1);
        for (unsigned k = 0; k < 16; k++)
            val = val << 1 | ee_bit(0);
        ck_assert_uint_eq(val, rd(R_EERD) >> 16);
        wr(R_EECD, 0x40);
    }
    ck_assert_uint_eq(sum, 0xbaba);
    tv_roundtrip(t);
}
END_TEST

static uint16_t mdi(unsigned phy, unsigned reg, int with)
{
    wr(R_MDIC, (with < 0 ? 2u << 26 : 1u << 26 | (uint32_t)with) | phy << 21 |
                   reg << 16);
    ck_assert_uint_eq(rd(R_MDIC) >> 28 & 1, 1);
    return (uint16_t)rd(R_MDIC);
}

static void link(bool on)
{
    vm_lock(&t->vm);
    w.card->dev.cls->set_link(&w.card->dev, on);
    vm_unlock(&t->vm);
}

START_TEST(test_phy_and_link)
{
    ck_assert_uint_eq(mdi(1, 2, -1), 0x0141);
    ck_assert_uint_eq(mdi(1, 3, -1) & 0xfff0, 0x0c20);
    ck_assert_uint_eq(mdi(1, 1, -1) & 0x24, 0x24);
    mdi(2, 2, -1);
    ck_assert_uint_eq(rd(R_MDIC) >> 30, 1); /* nobody there */
    wr(R_MDIC, 1u << 29 | 2u << 26 | 1 << 21 | 2 << 16);
    ck_assert_uint_eq(rd(R_ICR), ICR_MDAC);
    mdi(1, 2, 0x1111); /* cannot be written */
    ck_assert_uint_eq(mdi(1, 2, -1), 0x0141);
    mdi(1, 4, 0x0001);
    ck_assert_uint_eq(mdi(1, 4, -1), 0x0001);
    /* negotiating takes its time */
    mdi(1, 0, 0x1340);
    ck_assert_uint_eq(mdi(1, 0, -1), 0x1140);
    ck_assert_uint_eq(rd(R_STATUS) & 2, 0);
    ck_assert_uint_eq(rd(R_ICR), ICR_LSC);
    tv_roundtrip(t);
    tv_step(t, 10 * MS);
    ck_assert_uint_eq(rd(R_STATUS) & 2, 2);
    ck_assert_uint_eq(rd(R_ICR), ICR_LSC);
    /* the cable */
    link(false);
    ck_assert_uint_eq(rd(R_ICR), ICR_LSC);
    ck_assert_uint_eq(rd(R_STATUS) & 2, 0);
    ck_assert_uint_eq(mdi(1, 1, -1) & 0x24, 0);
    wire_fill(f, BROADCAST, 100, 1);
    ck_assert_uint_eq(send(100, 0, 0), 0);
    put_desc(RXRING, 0, RXBUF, 0, 0);
    wr(R_RDT, 1);
    wire_put(&w, f, 100);
    wire_settle(&w);
    ck_assert_uint_eq(rd(R_RDH), 0);
    tv_roundtrip(t);
    mdi(1, 0, 0x1340); /* to nobody */
    tv_step(t, 100 * MS);
    ck_assert_uint_eq(rd(R_STATUS) & 2, 0);
    link(true);
    tv_step(t, 10 * MS);
    wire_settle(&w);
    ck_assert_uint_eq(rd(R_STATUS) & 2, 2);
    ck_assert_uint_eq(rd(R_RDH), 1);
    /* what the driver says: no link without SLU */
    rd(R_ICR);
    wr(R_CTRL, 0);
    ck_assert_uint_eq(rd(R_STATUS) & 2, 0);
    ck_assert_uint_eq(rd(R_ICR), ICR_LSC);
}
END_TEST

/* ---- interrupts ---- */

START_TEST(test_interrupts)
{
    rd(R_ICR);
    wr(R_ICS, 0x80);
    ck_assert(!wire_irq(&w));
    wr(R_IMS, 0x80);
    ck_assert(wire_irq(&w));
    ck_assert_uint_eq(rd(R_IMS), 0x80);
    wr(R_IMC, 0x80);
    ck_assert(!wire_irq(&w));
    ck_assert_uint_eq(rd(R_ICR), 0x80);
    ck_assert_uint_eq(rd(R_ICR), 0);
    wr(R_IMS, 0xd5);
    wr(R_ICS, 5);
    tv_roundtrip(t);
    wr(R_ICR, 1); /* one of them */
    ck_assert(wire_irq(&w));
    ck_assert_uint_eq(rd(R_ICR), 4);
    ck_assert(!wire_irq(&w));
    for (unsigned i = 0; i < 10; i++) { /* ethtool tries them all */
        wr(R_IMC, 1u << i);
        wr(R_ICS, 1u << i);
        ck_assert(!wire_irq(&w));
        wr(R_IMS, 1u << i);
        ck_assert(wire_irq(&w));
        ck_assert_uint_eq(rd(R_ICR), 1u << i);
        wr(R_IMC, 1u << i);
    }
    wr(R_IMS, 4);
    /* throttled: 1000 * 256 ns from one to the next */
    wr(R_ITR, 1000);
    wr(R_ICS, 4);
    ck_assert(wire_irq(&w));
    rd(R_ICR);
    wr(R_ICS, 4);
    ck_assert(!wire_irq(&w));
    tv_roundtrip(t);
    tv_step(t, 255999);
    ck_assert(!wire_irq(&w));
    tv_step(t, 1);
    ck_assert(wire_irq(&w));
    rd(R_ICR);
    tv_step(t, MS);
    wr(R_ICS, 4);
    ck_assert(wire_irq(&w)); /* it was quiet for so long */
}
END_TEST

START_TEST(test_delays)
{
    wire_fill(f, BROADCAST, 100, 1);
    wr(R_IMS, ICR_TXDW);
    wr(R_TIDV, 100); /* of 1.024 us */
    wr(R_TADV, 250);
    send(100, RS, 0);
    ck_assert_uint_eq(rd(R_ICR), ICR_TXDW | ICR_TXQE);
    send(100, RS | IDE, 0);
    ck_assert_uint_eq(rd(R_ICR), ICR_TXQE);
    tv_step(t, 102399);
    ck_assert(!wire_irq(&w));
    tv_roundtrip(t);
    tv_step(t, 1);
    ck_assert(wire_irq(&w));
    ck_assert_uint_eq(rd(R_ICR), ICR_TXDW);
    /* more of them put it off, but not for ever */
    for (unsigned i = 0; i < 4; i++) {
        send(100, RS | IDE, 0);
        ck_assert(!wire_irq(&w));
        if (i < 3)
            tv_step(t, 80000);
    }
    tv_step(t, 256000 - 240000 - 1);
    ck_assert(!wire_irq(&w));
    tv_step(t, 1);
    ck_assert(wire_irq(&w));
    rd(R_ICR);
    /* the same for reception, and at once */
    wr(R_IMS, ICR_RXT0);
    wr(R_RDTR, 100);
    for (unsigned i = 0; i < 4; i++)
        put_desc(RXRING, i, RXBUF, 0, 0);
    wr(R_RDT, 4);
    wire_put(&w, f, 100);
    wire_settle(&w);
    ck_assert_uint_eq(rd(R_RDH), 1);
    ck_assert(!wire_irq(&w));
    wr(R_RDTR, 1u << 31 | 100);
    ck_assert(wire_irq(&w));
    rd(R_ICR);
    wire_put(&w, f, 100);
    wire_settle(&w);
    tv_step(t, 102400);
    ck_assert(wire_irq(&w));
}
END_TEST

/* ---- sending ---- */

START_TEST(test_tx)
{
    for (unsigned i = 0; i < 150; i++) { /* around the ring */
        wire_fill(f, BROADCAST, 60 + i * 9, i);
        ck_assert_uint_eq(send(60 + i * 9, RS, 0), 60 + i * 9);
        ck_assert_mem_eq(w.frame, f, 60 + i * 9);
        ck_assert_uint_eq(word(TXRING, (tail + 63) % 64, 3), 1);
    }
    /* nothing is written where nobody asked */
    send(20, 0, 0x40);
    ck_assert_uint_eq(word(TXRING, (tail + 63) % 64, 3), 0x40);
    /* in pieces, over two doorbells */
    wire_fill(f, BROADCAST, 1000, 1);
    tv_mem_write(t, BUF, f, 1000);
    tx_add(BUF, 100, 0);
    tx_go();
    ck_assert_uint_eq(wire_get(&w), 0);
    tx_add(BUF + 100, 1 << 20 | DEXT << 24 | 600, 0);
    tx_add(0, 0, 0); /* no length */
    tx_add(BUF + 700, EOP << 24 | 300, 0);
    tx_go();
    ck_assert_uint_eq(wire_get(&w), 1000);
    ck_assert_mem_eq(w.frame, f, 1000);
    tv_roundtrip(t);
    /* a frame that began before it was saved is not a frame after */
    tx_add(BUF, 100, 0);
    tx_go();
    tv_roundtrip(t);
    /* too long, then right */
    tx_add(BUF, DEXT << 24 | 1 << 20 | 0xfffff, 0);
    tx_add(BUF, EOP << 24 | 100, 0);
    tx_add(BUF, EOP << 24 | 70, 0);
    tx_go();
    ck_assert_uint_eq(wire_get(&w), 70);
    tx_add(WIRE_MEM, EOP << 24 | 100, 0); /* itself: no memory */
    tx_add(BUF, EOP << 24 | 71, 0);
    tx_go();
    ck_assert_uint_eq(wire_get(&w), 71);
    /* a tag */
    wr(R_CTRL, 1 << 30 | 0x40);
    wire_fill(f, BROADCAST, 80, 3);
    ck_assert_uint_eq(send(80, VLE, 0x01230000), 84);
    ck_assert_uint_eq(be_get32(w.frame + 12), 0x81000123);
    ck_assert_mem_eq(w.frame + 16, f + 12, 68);
    tv_roundtrip(t);
}
END_TEST

/* Rings that make no sense (CVE-2016-1981, CVE-2017-9310): the card stops. */
START_TEST(test_tx_rings)
{
    static const unsigned heads[] = {0, 7, 8, 9, 0x7fff, 0xffff};

    for (unsigned i = 0; i < 36; i++) {
        wr(R_TCTL, 0);
        wr(R_TDLEN, 8 * 16);
        wr(R_TDH, heads[i % 6]);
        wr(R_TDT, heads[i / 6]);
        for (unsigned k = 0; k < 8; k++)
            put_desc(TXRING, k, BUF, EOP << 24 | 60, 0);
        wr(R_TCTL, EN);
        if (heads[i % 6] < 8 && heads[i / 6] < 8)
            ck_assert_uint_eq(rd(R_TDH), heads[i / 6]);
        else
            ck_assert_uint_eq(rd(R_TDH), heads[i % 6]);
        wire_settle(&w);
        while (wire_get(&w))
            ;
    }
    wr(R_TDLEN, 0);
    wr(R_TDH, 0);
    wr(R_TDT, 1);
    wr(R_TDBAL, WIRE_MEM);
    wr(R_TDLEN, 128);
    ck_assert_uint_eq(wire_get(&w), 0);
    tv_roundtrip(t);
}
END_TEST

static void context(unsigned ip, unsigned l4, unsigned l4_csum, unsigned tucmd,
                    unsigned payload, unsigned headers, unsigned mss)
{
    uint8_t d[16] = {(uint8_t)ip, (uint8_t)(ip + 10),      0, 0,
                     (uint8_t)l4, (uint8_t)(l4 + l4_csum), 0, 0};

    pci_set16(d + 2, (uint16_t)(l4 - 1));
    pci_set32(d + 8, payload | (tucmd | DEXT) << 24);
    pci_set32(d + 12, headers << 8 | mss << 16);
    tv_mem_write(t, TXRING + tail * 16, d, 16);
    tail = (tail + 1) % 64;
}

START_TEST(test_tx_csum)
{
    for (int version = 4; version <= 6; version += 2) {
        for (unsigned i = 0; i < 40; i++) {
            int proto = i % 2 ? WIRE_TCP : WIRE_UDP;
            size_t len = wire_ip(f, version, proto, 20 + i * 13);
            unsigned l4 = version == 4 ? 34 : 54, at = i % 2 ? 16 : 6;
            uint32_t sum = wire_pseudo(f, len - l4);

            be_put16(f + l4 + at, (uint16_t)((sum & 0xffff) + (sum >> 16)));
            context(14, l4, at, 0, 0, 0, 0);
            ck_assert_uint_eq(send(len, DEXT, version == 4 ? 0x300 : 0x200),
                              len);
            ck_assert(wire_sums_right(w.frame));
            /* the old way */
            send(len, IC, l4 << 8);
            ck_assert_mem_eq(w.frame, f, 14);
        }
    }
    /* contexts that point anywhere: no more than two numbers change */
    for (unsigned i = 0; i < 600; i++) {
        size_t len = 60 + i % 7, got;
        unsigned differ = 0;

        wire_fill(f, BROADCAST, len, i);
        context(i * 37 % 256, i * 11 % 256, i * 71 % 256, i & 3, i * 991, i, i);
        got = send(len, DEXT, 0x300);
        ck_assert_uint_eq(got, len);
        for (unsigned k = 0; k < len; k++)
            differ += w.frame[k] != f[k];
        ck_assert_uint_le(differ, 4);
    }
    tv_roundtrip(t);
}
END_TEST

/* As a driver has it, and what comes out. */
static void large(int version, int proto, size_t payload, unsigned mss)
{
    size_t len = wire_ip(f, version, proto, payload), done = 0;
    bool tcp = proto == WIRE_TCP;
    unsigned l4 = version == 4 ? 34 : 54, headers = l4 + (tcp ? 20 : 8);
    uint32_t sum = wire_pseudo(f, 0);

    be_put16(f + (version == 4 ? 16 : 18), 0);
    be_put16(f + l4 + (tcp ? 16 : 6), (uint16_t)((sum & 0xffff) + (sum >> 16)));
    tv_mem_write(t, BUF, f, len);
    context(14, l4, tcp ? 16 : 6, 4u | tcp | (version == 4) << 1,
            (uint32_t)payload, headers, mss);
    while (done < len) {
        size_t part = done ? 16000 : headers;

        part = len - done < part ? len - done : part;
        tx_add(BUF + done,
               (DEXT | TSE | (done + part == len ? EOP | RS : 0)) << 24 |
                   1 << 20 | (uint32_t)part,
               0x300);
        done += part;
    }
    wr(R_TDT, tail);
    wire_segments(&w, f, len, mss);
    wire_settle(&w);
    ck_assert_uint_eq(rd(R_TDH), tail);
}

START_TEST(test_tso)
{
    large(4, WIRE_TCP, 10, 1448);
    large(4, WIRE_TCP, 1448, 1448);
    large(6, WIRE_TCP, 1449, 1448);
    large(4, WIRE_TCP, 65495, 1460);
    large(6, WIRE_TCP, 65000, 1400);
    large(4, WIRE_UDP, 20000, 1472);
    large(6, WIRE_UDP, 2000, 100);
    large(4, WIRE_TCP, 300, 1);
    tv_roundtrip(t);
    /* more than an IP packet can be */
    memset(f, 0, sizeof(f));
    wire_ip(f, 4, WIRE_TCP, 65000);
    tv_mem_write(t, BUF, f, 65536);
    context(14, 34, 16, 7, 66000, 54, 1000);
    tx_add(BUF, DEXT << 24 | TSE << 24 | 1 << 20 | 65536, 0);
    tx_add(BUF, (DEXT | TSE | EOP) << 24 | 1 << 20 | 60, 0);
    tx_add(BUF, EOP << 24 | 60, 0);
    tx_go();
    ck_assert_uint_eq(wire_get(&w), 60);
    ck_assert_uint_eq(wire_get(&w), 0);
}
END_TEST

/* A host that takes large frames gets them whole, with what it has to know. */
START_TEST(test_tso_by_host)
{
    static const uint8_t plain[12];
    size_t len;

    w.net->vnet_hdr = true;
    w.net->offloads = NET_OFF_CSUM | NET_OFF_TSO4 | NET_OFF_TSO6;
    for (int version = 4; version <= 6; version += 2) {
        unsigned l4 = version == 4 ? 34 : 54;

        len = wire_ip(f, version, WIRE_TCP, 20000);
        be_put16(f + (version == 4 ? 16 : 18), 0);
        tv_mem_write(t, BUF, f, len);
        context(14, l4, 16, 5u | (version == 4) << 1, 20000, l4 + 20, 1448);
        tx_add(BUF, (DEXT | TSE | EOP) << 24 | 1 << 20 | (uint32_t)len, 0x300);
        tx_go();
        ck_assert_uint_eq(wire_get(&w), 12 + len);
        ck_assert_uint_eq(w.frame[0], 1);
        ck_assert_uint_eq(w.frame[1], version == 4 ? 1 : 4);
        ck_assert_uint_eq(pci_get16(w.frame + 2), l4 + 20);
        ck_assert_uint_eq(pci_get16(w.frame + 4), 1448);
        ck_assert_uint_eq(pci_get16(w.frame + 6), l4);
        ck_assert_uint_eq(pci_get16(w.frame + 8), 16);
        /* who finishes it gets it right */
        memcpy(f, w.frame + 12, len);
        ck_assert_uint_eq(be_get16(f + (version == 4 ? 16 : 18)),
                          len - (version == 4 ? 14 : 54));
        csum_fill(f, len, (uint16_t)l4, 16);
        ck_assert(wire_sums_right(f));
    }
    wire_fill(f, BROADCAST, 100, 1);
    ck_assert_uint_eq(send(100, 0, 0), 112);
    ck_assert_mem_eq(w.frame, plain, 12);
    ck_assert_mem_eq(w.frame + 12, f, 100);
    /* to the guest without it */
    put_desc(RXRING, 0, RXBUF, 0, 0);
    wr(R_RDT, 1);
    wire_put(&w, w.frame, 112);
    wire_settle(&w);
    ck_assert_uint_eq(word(RXRING, 0, 2) & 0xffff, 104);
}
END_TEST

/* ---- receiving ---- */

/* A frame arrives in n buffers of size from head on; returns the last one's
 * status and errors. */
static uint32_t rx_is(const uint8_t *frame, size_t len, unsigned head,
                      unsigned size, unsigned n)
{
    unsigned count = rd(R_RDLEN) / 16;
    static uint8_t got[16384];

    for (unsigned i = 0; i < n; i++) {
        unsigned k = (head + i) % count, part = word(RXRING, k, 2) & 0xffff;

        ck_assert_uint_eq(part, i < n - 1 ? size : len - i * size);
        ck_assert_uint_eq(word(RXRING, k, 3) & 3, i < n - 1 ? 1 : 3);
        tv_mem_read(t, word(RXRING, k, 0), got + i * size, part);
    }
    ck_assert_mem_eq(got, frame, len - 4);
    return word(RXRING, (head + n - 1) % count, 3);
}

static void rx_buffers(unsigned n, unsigned from)
{
    unsigned count = rd(R_RDLEN) / 16;

    for (unsigned i = 0; i < n; i++)
        put_desc(RXRING, (from + i) % count, RXBUF + (from + i) % count * 16384,
                 0, 0);
    wr(R_RDT, (from + n) % count);
}

START_TEST(test_rx)
{
    wr(R_IMS, ICR_RXT0 | ICR_RXDMT0);
    rd(R_ICR);
    rx_buffers(40, 0);
    wire_fill(f, BROADCAST, 1000, 1);
    wire_put(&w, f, 1000);
    wire_settle(&w);
    ck_assert_uint_eq(rd(R_RDH), 1);
    ck_assert_uint_eq(rx_is(f, 1004, 0, 2048, 1) & 0xffff, 7);
    ck_assert(wire_irq(&w));
    ck_assert_uint_eq(rd(R_ICR), ICR_RXT0);
    tv_roundtrip(t);
    /* a short one grows; without CRC */
    wr(R_RCTL, EN | BAM | 1 << 26);
    wire_fill(f, BROADCAST, 42, 1);
    memset(f + 42, 0, 22);
    wire_put(&w, f, 42);
    wire_settle(&w);
    ck_assert_uint_eq(word(RXRING, 1, 2) & 0xffff, 60);
    wr(R_RCTL, EN | BAM);
    /* low on buffers, and out of them: frames wait */
    for (unsigned i = 2; i < 45; i++) {
        wire_fill(f, BROADCAST, 100, i);
        wire_put(&w, f, 100);
    }
    wire_settle(&w);
    ck_assert_uint_eq(rd(R_RDH), 40);
    ck_assert_uint_eq(rd(R_ICR), ICR_RXT0 | ICR_RXDMT0);
    tv_roundtrip(t);
    rx_buffers(40, 40); /* around the ring */
    wire_settle(&w);
    ck_assert_uint_eq(rd(R_RDH), 45);
    for (unsigned i = 2; i < 45; i++) {
        wire_fill(f, BROADCAST, 100, i);
        if (i >= 40) /* the others are new buffers again */
            rx_is(f, 104, i, 2048, 1);
    }
}
END_TEST

START_TEST(test_rx_sizes)
{
    for (unsigned bsize = 0; bsize < 8; bsize++) {
        unsigned size = 2048u >> (bsize & 3) << (bsize & 4);

        if (bsize == 4)
            continue; /* there is no such size */
        wr(R_RCTL, 0);
        rings(64, 128, 0);
        wr(R_RCTL, EN | BAM | LPE | (bsize & 3) << 16 | (bsize & 4) << 23);
        rx_buffers(127, 0);
        for (unsigned i = 0; i < 3; i++) {
            static const unsigned len[] = {60, 1514, 9014};
            unsigned n = (len[i] + 4 + size - 1) / size, head = rd(R_RDH);

            wire_fill(f, BROADCAST, len[i], i);
            wire_put(&w, f, len[i]);
            wire_settle(&w);
            ck_assert_uint_eq(rd(R_RDH), head + n);
            rx_is(f, len[i] + 4, head, size, n);
        }
        tv_roundtrip(t);
    }
    /* long ones only if it is said so, and 16384 at most */
    wr(R_RCTL, EN | BAM);
    wire_fill(f, BROADCAST, 20000, 1);
    wire_put(&w, f, 1519);
    wire_put(&w, f, 1518);
    wire_settle(&w);
    ck_assert_uint_eq(word(RXRING, (rd(R_RDH) + 127) % 128, 2) & 0xffff, 1522);
    ck_assert_uint_eq(rd(0x40ac), 1);
    wr(R_RCTL, EN | BAM | LPE);
    wire_put(&w, f, 16381);
    wire_settle(&w);
    ck_assert_uint_eq(rd(0x40ac), 1);
    /* no room in the whole ring: it is lost, and that is said */
    wr(R_RCTL, 0);
    rings(64, 8, 3 << 16 | LPE | BAM);
    rx_buffers(7, 0);
    rd(R_ICR);
    wire_put(&w, f, 9000);
    wire_settle(&w);
    ck_assert_uint_eq(rd(R_ICR), ICR_RXO);
    ck_assert_uint_eq(rd(0x4010), 1);
    ck_assert_uint_eq(rd(0x4010), 0);
    ck_assert_uint_eq(rd(R_RDH), 0);
}
END_TEST

static bool heard(const char *to, uint16_t tag)
{
    unsigned head = rd(R_RDH);

    rx_buffers(4, head);
    wire_fill(f, to, 100, 1);
    if (tag) {
        be_put16(f + 12, 0x8100);
        be_put16(f + 14, tag);
    }
    wire_put(&w, f, 100);
    wire_settle(&w);
    return rd(R_RDH) != head;
}

START_TEST(test_filters)
{
    static const char group[] = "\x01\x00\x5e\x12\x34\x56";
    static const char other[] = "\x02\0\0\0\0\x09";

    ck_assert(heard(BROADCAST, 0));
    ck_assert(heard(WIRE_MAC, 0));
    ck_assert(!heard(other, 0));
    ck_assert(!heard(group, 0));
    wr(R_RCTL, EN);
    ck_assert(!heard(BROADCAST, 0));
    wr(R_RCTL, EN | UPE);
    ck_assert(heard(other, 0));
    ck_assert(!heard(group, 0));
    wr(R_RCTL, EN | MPE);
    ck_assert(heard(group, 0));
    ck_assert(!heard(other, 0));
    wr(R_RA + 8, pci_get32((const uint8_t *)other));
    wr(R_RA + 12, 0x0900);
    ck_assert(!heard(other, 0));
    wr(R_RA + 12, 0x80000900);
    ck_assert(heard(other, 0));
    for (unsigned mo = 0; mo < 4; mo++) {
        static const unsigned hash[] = {0x563, 0xac6, 0x58d, 0x634};

        wr(R_RCTL, EN | mo << 12);
        wr(R_MTA + hash[mo] / 32 * 4, 1u << hash[mo] % 32);
        ck_assert(heard(group, 0));
        wr(R_MTA + hash[mo] / 32 * 4, ~(1u << hash[mo] % 32));
        ck_assert(!heard(group, 0));
    }
    /* VLANs */
    wr(R_RCTL, EN | BAM | VFE);
    ck_assert(heard(BROADCAST, 0));
    ck_assert(!heard(BROADCAST, 0x2123));
    wr(R_VFTA + 0x123 / 32 * 4, 1u << 0x123 % 32);
    ck_assert(heard(BROADCAST, 0x2123));
    wr(R_CTRL, 1 << 30 | 0x40);
    ck_assert(heard(BROADCAST, 0x2123));
    memmove(f + 4, f, 12);
    ck_assert_uint_eq(rx_is(f + 4, 100, (rd(R_RDH) + 63) % 64, 2048, 1),
                      0x2123000f);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_rx_csum)
{
    wr(R_RXCSUM, 0x300 | 14);
    for (int version = 4; version <= 6; version += 2) {
        for (unsigned i = 0; i < 8; i++) {
            int proto = i & 1 ? WIRE_TCP : WIRE_UDP;
            size_t len = wire_ip(f, version, proto, 100);
            unsigned l4 = version == 4 ? 34 : 54, head = rd(R_RDH);
            uint32_t got, sum = wire_pseudo(f, len - l4);

            be_put16(f + l4 + (i & 1 ? 16 : 6),
                     (uint16_t)((sum & 0xffff) + (sum >> 16)));
            csum_fill(f, len, (uint16_t)l4, i & 1 ? 16 : 6);
            if (version == 4)
                csum_fill(f, 34, 14, 10);
            f[len - 1] ^= i >> 1 & 1;
            if (version == 4)
                f[22] ^= i >> 2 & 1;
            rx_buffers(4, head);
            memcpy(f, WIRE_MAC, 6);
            wire_put(&w, f, len);
            wire_settle(&w);
            got = rx_is(f, len + 4, head, 2048, 1);
            ck_assert_uint_eq(got & 0xff, version == 4 ? 0x63 : 0x23);
            ck_assert_uint_eq(got >> 8 & 0xff,
                              (i & 2 ? 0x20 : 0) |
                                  (version == 4 && i & 4 ? 0x40 : 0));
        }
    }
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_rx_rings)
{
    static const unsigned heads[] = {0, 7, 8, 9, 0x7fff, 0xffff};

    for (unsigned i = 0; i < 36; i++) {
        wr(R_RCTL, 0);
        wr(R_RDLEN, 8 * 16);
        wr(R_RDH, heads[i % 6]);
        wr(R_RDT, heads[i / 6]);
        wr(R_RCTL, EN | BAM | LPE | (i & 3) << 16);
        wire_fill(f, BROADCAST, 100, 1);
        wire_put(&w, f, 100);
        wire_settle(&w);
        if (heads[i % 6] >= 8)
            ck_assert_uint_eq(rd(R_RDH), heads[i % 6]);
    }
    wr(R_RDBAL, WIRE_MEM);
    wr(R_RDH, 0);
    wr(R_RDT, 5);
    wire_put(&w, f, 100);
    wire_settle(&w);
    tv_roundtrip(t);
}
END_TEST

/* ---- the rest ---- */

START_TEST(test_loopback)
{
    for (unsigned way = 0; way < 2; way++) {
        rings(64, 64, BAM | (way ? 1 << 6 : 0));
        if (!way)
            mdi(1, 0, 0x4140);
        rx_buffers(10, 0);
        for (unsigned i = 0; i < 5; i++) {
            wire_fill(f, BROADCAST, 100 + i, i);
            ck_assert_uint_eq(send(100 + i, RS, 0), 0);
            rx_is(f, 104 + i, i, 2048, 1);
        }
        /* the longest there is, into no room */
        tx_add(BUF, DEXT << 24 | 1 << 20 | 65000, 0);
        tx_add(BUF, EOP << 24 | 600, 0);
        tx_go();
        tv_roundtrip(t);
        mdi(1, 0, 0x1140);
    }
}
END_TEST

START_TEST(test_statistics)
{
    wire_fill(f, BROADCAST, 200, 1);
    send(200, 0, 0);
    wire_fill(f, "\x01\0\0\0\0\1", 60, 1);
    send(60, 0, 0);
    rx_buffers(10, 0);
    wr(R_RCTL, EN | BAM | MPE);
    wire_put(&w, f, 60);
    wire_put(&w, f, 1514);
    wire_settle(&w);
    tv_roundtrip(t);
    ck_assert_uint_eq(rd(0x40d4), 2);   /* TPT */
    ck_assert_uint_eq(rd(0x40f4), 1);   /* BPTC */
    ck_assert_uint_eq(rd(0x40f0), 1);   /* MPTC */
    ck_assert_uint_eq(rd(0x40d8), 1);   /* PTC64 */
    ck_assert_uint_eq(rd(0x40e0), 1);   /* PTC255 */
    ck_assert_uint_eq(rd(0x4090), 268); /* GOTCL: goes with the other half */
    ck_assert_uint_eq(rd(0x4090), 268);
    ck_assert_uint_eq(rd(0x4094), 0);
    ck_assert_uint_eq(rd(0x4090), 0);
    ck_assert_uint_eq(rd(0x4074), 2); /* GPRC */
    ck_assert_uint_eq(rd(0x407c), 2);
    ck_assert_uint_eq(rd(0x405c), 1);
    ck_assert_uint_eq(rd(0x4070), 1);
    ck_assert_uint_eq(rd(0x40c0), 64 + 1518);
    ck_assert_uint_eq(rd(0x40d4), 0);
}
END_TEST

/* The peer does not read: what is sent waits, in order, and nothing is lost. */
START_TEST(test_tx_waits)
{
    unsigned got = 0, sent = 0;

    rings(256, 64, BAM);
    for (; sent < 255; sent++) {
        wire_fill(f, BROADCAST, 4000, sent);
        tv_mem_write(t, BUF + sent * 0x1000, f, 4000);
        tx_add(BUF + sent * 0x1000, EOP << 24 | 4000, 0);
    }
    wr(R_TDT, tail);
    ck_assert_uint_ne(rd(R_TDH), tail);
    tv_roundtrip(t);
    while (got < sent) {
        wire_settle(&w);
        while (wire_get(&w)) {
            wire_fill(f, BROADCAST, 4000, got++);
            ck_assert_mem_eq(w.frame, f, 4000);
        }
    }
    ck_assert_uint_eq(rd(R_TDH), tail);
}
END_TEST

START_TEST(test_unplug)
{
    rx_buffers(4, 0);
    vm_lock(&t->vm);
    pci_hide(w.card);
    vm_unlock(&t->vm);
    wire_fill(f, BROADCAST, 100, 1);
    wire_put(&w, f, 100);
    wire_settle(&w);
    ck_assert_uint_eq(rd(R_STATUS), 0xffffffff);
    ck_assert_uint_eq(word(RXRING, 0, 3), 0);
    tv_roundtrip(t);
    tv_reset(t);
    ck_assert_uint_eq(tv_cfg_read(t, WIRE_BDF, 0, 4), 0x100e8086);
}
END_TEST

START_TEST(test_storm)
{
    static const struct {
        uint32_t at, size;
    } parts[] = {{0, 0x400}, {0x2800, 0x40}, {0x3800, 0x40}, {0, 0x20000}};

    for (uint32_t seed = 1; seed <= 4 * fuzz_seeds(); seed++) {
        rings(64, 64, BAM | UPE | MPE);
        for (unsigned i = 0; i < 64; i++) {
            put_desc(TXRING, i, BUF + i, i * 0x9e3779b9u * seed,
                     i * 0x7f4a7c15u * seed);
            put_desc(RXRING, i, RXBUF, 0, 0);
        }
        wr(R_RDT, 60);
        wire_put(&w, f, 1000);
        for (unsigned i = 0; i < 4; i++)
            tv_storm_mmio(t, WIRE_MEM + parts[i].at, parts[i].size, 3000,
                          0x100e + seed * 4 + i);
        tv_storm_pio(t, WIRE_IO, 64, 1000, 0x100e + seed);
        wire_settle(&w);
        tv_roundtrip(t);
        while (wire_get(&w))
            ;
        wr(R_CTRL, 1 << 26);
    }
    tv_storm_cfg(t, WIRE_BDF, 5000, 0x100f);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_identity,
        test_registers,
        test_eeprom,
        test_phy_and_link,
        test_interrupts,
        test_delays,
        test_tx,
        test_tx_rings,
        test_tx_csum,
        test_tso,
        test_tso_by_host,

        test_rx,
        test_rx_sizes,
        test_filters,
        test_rx_csum,
        test_rx_rings,
        test_loopback,
        test_tx_waits,
        test_statistics,
        test_unplug,
        test_storm,
        NULL,
    };

    return run_suite("e1000", setup, teardown, tests);
}
