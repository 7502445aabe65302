/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source: RTL8139C(L)+ data sheet, 6.9 (RCR), 7.1 (the header in the ring of
 * bytes, descriptors of C+).
 */
#include "config.h"

#include "hw/net/rtl8139.h"

#include <string.h>

#include "dm/bytes.h"
#include "dm/machine.h"
#include "hw/net/csum.h"
#include "hw/net/eth.h"

enum { /* RCR */
       RCR_AAP = 1,
       RCR_APM = 2,
       RCR_AM = 4,
       RCR_AB = 8,
       RCR_AR = 16,
       RCR_AER = 32,
       RCR_WRAP = 128,
};
enum { /* status of a frame in the ring of bytes */
       RX_ROK = 1,
       RX_BAR = 1 << 13,
       RX_PAM = 1 << 14,
       RX_MAR = 1 << 15,
};
enum { /* ... and of a descriptor */
       RXD_LENGTH = 0x1fff,
       RXD_TCPF = 1 << 13,
       RXD_UDPF = 1 << 14,
       RXD_IPF = 1 << 15,
       RXD_PID_TCP = 1 << 16,
       RXD_PID_UDP = 2 << 16,
       RXD_PID_IP = 3 << 16,
       RXD_BAR = 1 << 24,
       RXD_PAM = 1 << 25,
       RXD_MAR = 1 << 26,
       RXD_TAVA = 1 << 16, /* of opts2 */
};
#define HEADER 4u
#define READY_ROOM 2048u /* for any frame on an ordinary network */
#define OLD_MAX 4096u    /* longer ones are no frames to the old card */

static struct rtl8139 *card(struct nic *n)
{
    return (struct rtl8139 *)n->dev;
}

/* ---- who is meant ---- */

/* IEEE 802.3's CRC, most significant bit first, as the hash takes it. */
static uint32_t crc32(const uint8_t *p, size_t len)
{
    uint32_t crc = 0xffffffff;

    while (len--) {
        uint8_t byte = *p++;

        for (unsigned i = 0; i < 8; i++, byte >>= 1)
            crc = crc << 1 ^ (-((crc >> 31 ^ byte) & 1) & 0x04c11db7);
    }
    return crc;
}

/* RX_BAR, RX_PAM or RX_MAR; 0: another's frame, that is wanted nevertheless;
 * -1: it is not. */
static int match(const struct rtl8139 *s, const uint8_t *frame)
{
    unsigned hash;

    if (eth_is_broadcast(frame))
        return s->rcr & (RCR_AB | RCR_AAP) ? RX_BAR : -1;
    if (frame[0] & 1) {
        hash = crc32(frame, 6) >> 26;
        if (s->rcr & RCR_AAP ||
            (s->rcr & RCR_AM && s->mar[hash >> 3] >> (hash & 7) & 1))
            return RX_MAR;
        return -1;
    }
    if (!memcmp(frame, s->idr, 6))
        return s->rcr & (RCR_APM | RCR_AAP) ? RX_PAM : -1;
    return s->rcr & RCR_AAP ? 0 : -1;
}

static void count(struct rtl8139 *s, int kind)
{
    s->tally.rx_ok++;
    if (kind == RX_BAR)
        s->tally.rx_ok_brd++;
    else if (kind == RX_MAR)
        s->tally.rx_ok_mul++;
    else
        s->tally.rx_ok_phy++;
}

static void overflow(struct rtl8139 *s)
{
    s->mpc = (s->mpc + 1) & 0xffffff;
    s->tally.rx_er++;
    s->tally.miss_pkt++;
    rtl_interrupt(s, INT_RXOVW);
}

/* ---- the ring of bytes ---- */

static uint32_t ring_size(const struct rtl8139 *s)
{
    return 8192u << (s->rcr >> 11 & 3);
}

/* CAPR is 16 behind what the driver has read. */
static uint32_t ring_used(const struct rtl8139 *s)
{
    return (s->cbr - (s->capr + 16u)) & (ring_size(s) - 1);
}

bool rtl_rx_empty(const struct rtl8139 *s)
{
    return !ring_used(s);
}

void rtl_rx_rewind(struct rtl8139 *s)
{
    s->cbr = 0;
    s->capr = 0xfff0;
}

/* A full ring would look like an empty one. */
static uint32_t ring_room(const struct rtl8139 *s)
{
    return ring_size(s) - ring_used(s) - 1;
}

/* With WRAP a frame goes on behind the ring's end. */
static void ring_put(struct rtl8139 *s, const uint8_t *data, uint32_t len)
{
    uint32_t size = ring_size(s), part = size - s->cbr;
    struct vm *vm = s->pci.dev.vm;

    if (part > len || (s->rcr & RCR_WRAP && size < 65536))
        part = len;
    mem_write(vm, s->rbstart + (uint64_t)s->cbr, data, part);
    if (part < len)
        mem_write(vm, s->rbstart, data + part, len - part);
}

static void rx_old(struct rtl8139 *s, uint8_t *frame, size_t len, int kind)
{
    uint32_t size = (uint32_t)len + NIC_CRC;
    uint32_t whole = (HEADER + size + 3) & ~3u;
    uint8_t packet[HEADER + OLD_MAX + NIC_CRC] = {0};

    if (len > OLD_MAX || whole > ring_room(s)) {
        overflow(s);
        return;
    }
    pci_set16(packet, (uint16_t)(kind | RX_ROK));
    pci_set16(packet + 2, (uint16_t)size);
    memcpy(packet + HEADER, frame, len);
    s->cbr &= (uint16_t)(ring_size(s) - 1);
    ring_put(s, packet, HEADER + size);
    s->cbr = (uint16_t)((s->cbr + whole) & (ring_size(s) - 1));
    count(s, kind);
    rtl_interrupt(s, INT_ROK);
}

/* ---- the ring of C+ ---- */

static uint64_t desc_at(const struct rtl8139 *s, unsigned i)
{
    return (s->rdsar[0] | (uint64_t)s->rdsar[1] << 32) +
           i * sizeof(struct rtl_desc);
}

/* The i-th is the card's? */
static bool desc_get(struct rtl8139 *s, unsigned i, struct rtl_desc *d)
{
    return !mem_read(s->pci.dev.vm, desc_at(s, i), d, sizeof(*d)) &&
           d->opts1 & DESC_OWN;
}

static unsigned desc_after(const struct rtl_desc *d, unsigned i)
{
    return d->opts1 & DESC_EOR ? 0 : (i + 1) % RTL_DESCS;
}

/* Takes descriptors for len bytes. How many; 0: there are too few. */
static unsigned descs_take(struct rtl8139 *s, struct rtl_desc *d, size_t len)
{
    unsigned i = s->rx_next, n = 0;
    size_t room = 0;

    while (room < len && n < RTL_DESCS) {
        if (!desc_get(s, i, &d[n]))
            return 0;
        room += d[n].opts1 & RXD_LENGTH;
        i = desc_after(&d[n++], i);
    }
    return room < len ? 0 : n;
}

static uint32_t csum_status(const struct rtl8139 *s, const uint8_t *frame,
                            size_t len)
{
    struct csum_seen seen;

    if (!(s->cpcr & CPCR_RXCHKSUM))
        return 0;
    csum_look(frame, len, &seen);
    if (!seen.ip4) /* it does not know IPv6 */
        return 0;
    return (seen.ip4_bad ? RXD_IPF : 0) |
           (seen.tcp   ? RXD_PID_TCP | (seen.bad ? RXD_TCPF : 0)
            : seen.udp ? RXD_PID_UDP | (seen.bad ? RXD_UDPF : 0)
                       : RXD_PID_IP);
}

/* Takes the tag out of the frame: what opts2 says of it. */
static uint32_t untag(const struct rtl8139 *s, uint8_t **frame, size_t *len)
{
    uint16_t tci;

    if (!(s->cpcr & CPCR_RXVLAN) || be_get16(*frame + 12) != 0x8100)
        return 0;
    tci = pci_get16(*frame + 14); /* most significant byte first there too */
    memmove(*frame + NIC_TAG, *frame, 12);
    *frame += NIC_TAG;
    *len -= NIC_TAG;
    return RXD_TAVA | tci;
}

static void rx_plus(struct rtl8139 *s, uint8_t *frame, size_t len, int kind)
{
    uint32_t status = csum_status(s, frame, len) | (kind == RX_BAR   ? RXD_BAR
                                                    : kind == RX_MAR ? RXD_MAR
                                                    : kind == RX_PAM ? RXD_PAM
                                                                     : 0);
    struct vm *vm = s->pci.dev.vm;
    struct rtl_desc d[RTL_DESCS];
    uint32_t opts2 = untag(s, &frame, &len);
    size_t done = 0;
    unsigned n;

    memset(frame + len, 0, NIC_CRC);
    len += NIC_CRC;
    n = len <= RXD_LENGTH ? descs_take(s, d, len) : 0;
    if (!n) {
        overflow(s);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        uint64_t at = desc_at(s, s->rx_next);
        size_t room = d[i].opts1 & RXD_LENGTH;
        size_t part = len - done < room ? len - done : room;
        bool last = i == n - 1;

        mem_write(vm, d[i].low | (uint64_t)d[i].high << 32, frame + done, part);
        done += part;
        s->rx_next = (uint8_t)desc_after(&d[i], s->rx_next);
        d[i].opts2 = opts2;
        mem_write(vm, at + 4, &d[i].opts2, 4);
        d[i].opts1 = (d[i].opts1 & DESC_EOR) | status | (uint32_t)done |
                     (i ? 0 : DESC_FS) | (last ? DESC_LS : 0);
        atomic_thread_fence(memory_order_release);
        mem_write(vm, at, &d[i].opts1, 4);
    }
    count(s, kind);
    rtl_interrupt(s, INT_ROK);
}

/* ---- for the cable ---- */

static bool enabled(const struct rtl8139 *s)
{
    return s->cr & CR_RE && rtl_may_dma(s);
}

bool rtl_rx_ready(struct nic *n)
{
    struct rtl8139 *s = card(n);
    struct rtl_desc d;

    if (!enabled(s))
        return false;
    if (s->cpcr & CPCR_RX)
        return desc_get(s, s->rx_next, &d);
    return ring_room(s) >= READY_ROOM;
}

bool rtl_rx_polls(struct nic *n)
{
    return enabled(card(n)) && card(n)->cpcr & CPCR_RX;
}

void rtl_rx(struct nic *n, uint8_t *frame, size_t len)
{
    struct rtl8139 *s = card(n);
    int kind = match(s, frame);

    if (kind < 0)
        return;
    if (s->cpcr & CPCR_RX)
        rx_plus(s, frame, len, kind);
    else
        rx_old(s, frame, len, kind);
}
