/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: RTL8139C(L)+ data sheet, 6.4 (TSD) and 7.2 (descriptors of C+). */
#include "config.h"

#include "hw/net/rtl8139.h"

#include "dm/machine.h"

enum {
    TSD_SIZE = 0x1fff,
    TSD_OWN = 1 << 13,
    TSD_TUN = 1 << 14,
    TSD_TOK = 1 << 15,
    TSD_MAX = 1792, /* bytes a frame may have */
};
enum { TCR_LOOP = 3 << 17 };
enum {
    TXD_LENGTH = 0xffff,
    TXD_TCPCS = 1 << 16,
    TXD_UDPCS = 1 << 17,
    TXD_IPCS = 1 << 18,
    TXD_MSS_SHIFT = 16,
    TXD_MSS = 0x7ff,
    TXD_LGSEN = 1 << 27,
    TXD_ERRORS = 0x2ff << 16, /* in what comes back: none */
    TXD_TAGC = 1 << 17,       /* of opts2 */
};
enum { POLL_HPQ = 0x80, POLL_NPQ = 0x40 };

static struct rtl8139 *card(struct nic *n)
{
    return (struct rtl8139 *)n->dev;
}

static void send(struct rtl8139 *s, uint16_t mss)
{
    s->tally.tx_ok++;
    if ((s->tcr & TCR_LOOP) == TCR_LOOP)
        nic_loop_back(&s->nic);
    else
        nic_send(&s->nic, mss);
}

/* ---- the four descriptors in registers ---- */

static bool tx_old(struct rtl8139 *s)
{
    uint32_t *tsd = &s->tsd[s->tx_next];
    uint32_t size = *tsd & TSD_SIZE;

    if (*tsd & TSD_OWN)
        return false;
    nic_gather(&s->nic, s->tsad[s->tx_next], size <= TSD_MAX ? size : TSD_MAX);
    send(s, 0);
    *tsd |= TSD_OWN | TSD_TOK;
    s->tx_next = (s->tx_next + 1) % 4;
    rtl_interrupt(s, INT_TOK);
    return true;
}

/* ---- the rings of C+ ---- */

static void finish(struct rtl8139 *s, const struct rtl_desc *d)
{
    bool cut = d->opts1 & TXD_LGSEN;

    if (d->opts2 & TXD_TAGC) /* most significant byte first */
        nic_tag(&s->nic, 0x8100, __builtin_bswap16((uint16_t)d->opts2));
    if (cut)
        nic_fill_csums(&s->nic, true, false);
    else
        nic_fill_csums(&s->nic, d->opts1 & TXD_IPCS,
                       d->opts1 & (TXD_TCPCS | TXD_UDPCS));
    send(s, cut ? d->opts1 >> TXD_MSS_SHIFT & TXD_MSS : 0);
}

/* One descriptor of the ring; false: it is not the card's. */
static bool tx_ring(struct rtl8139 *s, const uint32_t *base, uint8_t *next)
{
    uint64_t at = base[0] | (uint64_t)base[1] << 32;
    struct vm *vm = s->pci.dev.vm;
    struct rtl_desc d;

    at += *next * sizeof(d);
    if (mem_read(vm, at, &d, sizeof(d)) || !(d.opts1 & DESC_OWN))
        return false;
    if (d.opts1 & DESC_FS)
        nic_drop(&s->nic);
    nic_gather(&s->nic, d.low | (uint64_t)d.high << 32, d.opts1 & TXD_LENGTH);
    *next = d.opts1 & DESC_EOR ? 0 : (*next + 1) % RTL_DESCS;
    if (d.opts1 & DESC_LS)
        finish(s, &d);
    d.opts1 &= ~(DESC_OWN | (uint32_t)TXD_ERRORS);
    mem_write(vm, at, &d.opts1, sizeof(d.opts1));
    if (d.opts1 & DESC_LS)
        rtl_interrupt(s, INT_TOK);
    return true;
}

static bool tx_plus(struct rtl8139 *s)
{
    if (s->poll & POLL_HPQ) {
        if (tx_ring(s, &s->tsad[2], &s->tx_high))
            return true;
        s->poll &= (uint8_t)~POLL_HPQ;
        rtl_interrupt(s, INT_TDU);
    }
    if (s->poll & POLL_NPQ) {
        if (tx_ring(s, &s->tsad[0], &s->tx_next))
            return true;
        s->poll &= (uint8_t)~POLL_NPQ;
        rtl_interrupt(s, INT_TDU);
    }
    return false;
}

bool rtl_tx(struct nic *n)
{
    struct rtl8139 *s = card(n);

    if (!(s->cr & CR_TE) || !rtl_may_dma(s))
        return false;
    return s->cpcr & CPCR_TX ? tx_plus(s) : tx_old(s);
}
