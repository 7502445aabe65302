/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Realtek RTL8139C+, 10ec:8139: what its files share.
 *
 * Source: RTL8139C(L)+ data sheet, rev 1.6. It is two cards in one: the old
 * one has a ring of bytes for frames received and four registers for those to
 * send, the C+ one has rings of descriptors; CPCR says which, for either
 * direction. Registers are named as in the data sheet.
 */
#ifndef HVMD_HW_NET_RTL8139_H
#define HVMD_HW_NET_RTL8139_H

#include "hw/net/eeprom93.h"
#include "hw/net/nic.h"
#include "hw/pci/pci.h"

enum { /* registers */
       RTL_IDR0 = 0x00,
       RTL_MAR0 = 0x08,
       RTL_TSD0 = 0x10,  /* C+: DTCCR, two dwords */
       RTL_TSAD0 = 0x20, /* C+: TNPDS and THPDS, two dwords each */
       RTL_RBSTART = 0x30,
       RTL_CR = 0x37,
       RTL_CAPR = 0x38,
       RTL_CBR = 0x3a,
       RTL_IMR = 0x3c,
       RTL_ISR = 0x3e,
       RTL_TCR = 0x40,
       RTL_RCR = 0x44,
       RTL_TCTR = 0x48,
       RTL_MPC = 0x4c,
       RTL_9346CR = 0x50,
       RTL_CONFIG0 = 0x51,
       RTL_CONFIG1 = 0x52,
       RTL_TIMERINT = 0x54,
       RTL_MSR = 0x58,
       RTL_CONFIG3 = 0x59,
       RTL_CONFIG4 = 0x5a,
       RTL_MULINT = 0x5c,
       RTL_RERID = 0x5e,
       RTL_TSAD = 0x60,
       RTL_BMCR = 0x62,
       RTL_BMSR = 0x64,
       RTL_ANAR = 0x66,
       RTL_ANLPAR = 0x68,
       RTL_ANER = 0x6a,
       RTL_CSCR = 0x74,
       RTL_CONFIG5 = 0xd8,
       RTL_TPPOLL = 0xd9,
       RTL_CPCR = 0xe0,
       RTL_RDSAR = 0xe4,
       RTL_ETTHR = 0xec,
       RTL_REGS = 0x100,
};
enum { CR_BUFE = 1, CR_TE = 4, CR_RE = 8, CR_RST = 16 };
enum { /* IMR, ISR */
       INT_ROK = 1 << 0,
       INT_TOK = 1 << 2,
       INT_TER = 1 << 3,
       INT_RXOVW = 1 << 4,
       INT_LINKCHG = 1 << 5,
       INT_FOVW = 1 << 6,
       INT_TDU = 1 << 7,
       INT_SWINT = 1 << 8,
       INT_TIMEOUT = 1 << 14,
};
enum { CPCR_TX = 1, CPCR_RX = 2, CPCR_RXCHKSUM = 1 << 5, CPCR_RXVLAN = 1 << 6 };
enum { /* descriptors of C+: OWN, EOR, FS and LS are common */
       DESC_OWN = 1u << 31,
       DESC_EOR = 1u << 30,
       DESC_FS = 1u << 29,
       DESC_LS = 1u << 28,
};
#define RTL_DESCS 64u

struct rtl_desc {
    uint32_t opts1, opts2, low, high;
};

struct rtl_tally { /* as DTCCR dumps it */
    uint64_t tx_ok, rx_ok, tx_er;
    uint32_t rx_er;
    uint16_t miss_pkt, fae;
    uint32_t tx_1col, tx_mcol;
    uint64_t rx_ok_phy, rx_ok_brd;
    uint32_t rx_ok_mul;
    uint16_t tx_abt, tx_undrn;
};
_Static_assert(sizeof(struct rtl_tally) == 64, "as the card writes it");

struct rtl8139 {
    struct pci_dev pci;
    struct nic nic;
    struct eeprom93 eeprom;
    uint8_t idr[6], mar[8];
    uint32_t tsd[4], tsad[4]; /* C+: tsad is TNPDS, THPDS */
    uint32_t dtccr[2], rdsar[2], rbstart, tcr, rcr, mpc, timerint;
    uint16_t capr, cbr, imr, isr, mulint, cpcr, bmcr, anar;
    uint8_t cr, cr9346, config[6], etthr;
    uint8_t tx_next;    /* of tsd, or in the ring of normal priority */
    uint8_t tx_high;    /* in the other ring */
    uint8_t poll;       /* TPPoll: rings that have work */
    uint8_t rx_next;    /* in the ring of C+ */
    int64_t tctr_zero;  /* guest time at which TCTR was 0 */
    struct timer timer; /* TCTR reaches TimerInt */
    struct rtl_tally tally;
};

/* Sets bits of ISR, or none: the line follows. */
void rtl_interrupt(struct rtl8139 *s, uint16_t bits);
static inline bool rtl_may_dma(const struct rtl8139 *s)
{
    return !s->pci.hidden && pci_bus_master(&s->pci);
}

/* rtl8139-tx.c, rtl8139-rx.c: for struct nic_ops. */
bool rtl_tx(struct nic *n);
bool rtl_rx_ready(struct nic *n);
bool rtl_rx_polls(struct nic *n);
void rtl_rx(struct nic *n, uint8_t *frame, size_t len);
/* The receive ring of the old card is empty. */
bool rtl_rx_empty(const struct rtl8139 *s);
void rtl_rx_rewind(struct rtl8139 *s);

#endif
