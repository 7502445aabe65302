/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 82540EM, 8086:100e ("e1000"): what its files share.
 *
 * Source: PCI/PCI-X Family of Gigabit Ethernet Controllers Software
 * Developer's Manual (Intel 317453), by whose names registers go.
 */
#ifndef HVMD_HW_NET_E1000_H
#define HVMD_HW_NET_E1000_H

#include "hw/net/eeprom93.h"
#include "hw/net/nic.h"
#include "hw/pci/pci.h"

/* Registers that hold something, in order of offset (e1000.c has those). */
enum e1000_reg {
    CTRL,
    STATUS,
    EECD,
    EERD,
    CTRL_EXT,
    MDIC,
    FCAL,
    FCAH,
    FCT,
    VET,
    ICR,
    ITR,
    ICS,
    IMS,
    IMC,
    RCTL,
    FCTTV,
    TXCW,
    RXCW,
    TCTL,
    TIPG,
    AIT,
    LEDCTL,
    PBA,
    FCRTL,
    FCRTH,
    RDBAL,
    RDBAH,
    RDLEN,
    RDH,
    RDT,
    RDTR,
    RXDCTL,
    RADV,
    RSRPD,
    TXDMAC,
    TDBAL,
    TDBAH,
    TDLEN,
    TDH,
    TDT,
    TIDV,
    TXDCTL,
    TADV,
    TSPMT,
    RXCSUM,
    WUC,
    WUFC,
    WUS,
    MANC,
    E1000_REGS
};

enum {
    CTRL_FD = 1 << 0,
    CTRL_SLU = 1 << 6,
    CTRL_RST = 1 << 26,
    CTRL_VME = 1 << 30,
    CTRL_PHY_RST = 1u << 31,
};
enum { /* ICR, IMS */
       ICR_TXDW = 1 << 0,
       ICR_TXQE = 1 << 1,
       ICR_LSC = 1 << 2,
       ICR_RXDMT0 = 1 << 4,
       ICR_RXO = 1 << 6,
       ICR_RXT0 = 1 << 7,
       ICR_MDAC = 1 << 9,
};
enum { /* statistics, in words from 0x4000 on */
       STAT_RXERRC = 0x0c / 4,
       STAT_MPC = 0x10 / 4,
       STAT_PRC64 = 0x5c / 4,
       STAT_PRC127 = 0x60 / 4,
       STAT_GPRC = 0x74 / 4,
       STAT_BPRC = 0x78 / 4,
       STAT_MPRC = 0x7c / 4,
       STAT_GPTC = 0x80 / 4,
       STAT_GORCL = 0x88 / 4, /* this and the next, as three more below */
       STAT_GOTCL = 0x90 / 4,
       STAT_RNBC = 0xa0 / 4,
       STAT_ROC = 0xac / 4,
       STAT_TORL = 0xc0 / 4,
       STAT_TOTL = 0xc8 / 4,
       STAT_TPR = 0xd0 / 4,
       STAT_TPT = 0xd4 / 4,
       STAT_PTC64 = 0xd8 / 4,
       STAT_MPTC = 0xf0 / 4,
       STAT_BPTC = 0xf4 / 4,
       STAT_TSCTC = 0xf8 / 4,
       STATS = 64
};

#define E1000_RA 16 /* addresses of its own */

/* What a context descriptor says, the last of its kind. */
struct e1000_context {
    uint8_t ipcss, ipcso, tucss, tucso;
    uint16_t ipcse, tucse;
    uint8_t tucmd, hdrlen;
    uint16_t mss;
};

/* A cause of interrupts that waits for more of its kind. */
struct e1000_delay {
    int64_t last_due, limit; /* counted from the last frame, the first */
    struct timer timer;
};

struct e1000 {
    struct pci_dev pci;
    struct nic nic;
    struct eeprom93 eeprom;
    uint32_t reg[E1000_REGS];
    uint32_t ra[2 * E1000_RA], mta[128], vfta[128], stat[STATS];
    uint16_t phy[32];
    uint32_t ioaddr;
    /* transmission */
    struct e1000_context csum, tso;
    bool first;   /* the next data descriptor begins a frame */
    uint8_t dcmd; /* of the frame's first one */
    uint8_t popts;
    /* interrupts */
    int64_t next_irq; /* not before */
    struct timer throttle;
    struct e1000_delay rx_delay, tx_delay;
    struct timer negotiated;
};

static inline bool e1000_may_dma(const struct e1000 *e)
{
    return !e->pci.hidden && pci_bus_master(&e->pci);
}

/* Causes of interrupts, or none: the line follows. */
void e1000_interrupt(struct e1000 *e, uint32_t causes);
/* The same, when the delay (in units of 1.024 us, 0: none) has passed since
 * the last call, or the limit since the first. */
void e1000_interrupt_late(struct e1000 *e, struct e1000_delay *d,
                          uint16_t delay, uint16_t limit, uint32_t cause);
void e1000_stat_add(struct e1000 *e, unsigned stat, uint32_t n);
/* A counter of octets: this word and the next. */
void e1000_stat_octets(struct e1000 *e, unsigned stat, uint32_t n);
/* One frame of this size, CRC included: counts in one of six from stat on. */
void e1000_stat_size(struct e1000 *e, unsigned stat, size_t size);

/* e1000-tx.c, e1000-rx.c: for struct nic_ops. */
bool e1000_tx(struct nic *n);
bool e1000_rx_ready(struct nic *n);
void e1000_rx(struct nic *n, uint8_t *frame, size_t len);

/* e1000-phy.c: the PHY and the EEPROM. */
void e1000_phy_reset(struct e1000 *e);
bool e1000_link_up(const struct e1000 *e);
bool e1000_phy_loops(const struct e1000 *e);
void e1000_mdic_write(struct e1000 *e, uint32_t val);
void e1000_phy_link_changed(struct e1000 *e);
void e1000_phy_negotiated(struct e1000 *e); /* it has taken its time */
void e1000_eeprom_init(struct e1000 *e);
uint32_t e1000_eecd_read(const struct e1000 *e);
void e1000_eecd_write(struct e1000 *e, uint32_t val);
void e1000_eerd_write(struct e1000 *e, uint32_t val);

#endif
