/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PHY inside the 82540EM, which is a Marvell 88E1011, and its EEPROM.
 * Source: the manual's chapters 8 (PHY), 5 (EEPROM), 13.4.3, 13.4.4 (EECD,
 * EERD) and 13.4.8 (MDIC).
 */
#include "config.h"

#include "hw/net/e1000.h"

#include <string.h>

#include "dm/machine.h"

enum { /* registers of the PHY */
       PCTRL = 0,
       PSTATUS = 1,
       PID1 = 2,
       PID2 = 3,
       ANA = 4,
       LPA = 5,
       ANE = 6,
       NPT = 7,
       GCON = 9,
       GSTATUS = 10,
       ESTATUS = 15,
       PSCON = 16,
       PSSTAT = 17,
       PINTE = 18,
       PINTS = 19,
       EPSCON1 = 20,
};
enum {
    PCTRL_RESET = 0x8000,
    PCTRL_LOOPBACK = 0x4000,
    PCTRL_ANEG = 0x1000,
    PCTRL_RESTART = 0x0200,
    PSTATUS_DONE = 0x20,
    PSTATUS_LINK = 4,
};
enum { /* MDIC */
       MDIC_OP_WRITE = 1,
       MDIC_OP_READ = 2,
       MDIC_R = 1 << 28,
       MDIC_I = 1 << 29,
       MDIC_E = 1 << 30,
       PHY_ADDRESS = 1,
};
enum { EECD_SK = 1, EECD_CS = 2, EECD_DI = 4, EECD_DO = 8 };
enum { EECD_REQ = 1 << 6, EECD_GNT = 1 << 7, EECD_PRES = 1 << 8 };
enum { EERD_START = 1, EERD_DONE = 1 << 4 };
enum { EEPROM_SUM = 0xbaba, EEPROM_SUM_AT = 63 };
#define NEGOTIATION_NS 10000000 /* seconds, in a real one */

/* ---- the link ---- */

bool e1000_phy_loops(const struct e1000 *e)
{
    return e->phy[PCTRL] & PCTRL_LOOPBACK;
}

/* The driver has said that there is one, and it is there. */
bool e1000_link_up(const struct e1000 *e)
{
    return e->phy[PSTATUS] & PSTATUS_LINK && e->reg[CTRL] & CTRL_SLU;
}

static void set_link(struct e1000 *e, bool up)
{
    bool was = e1000_link_up(e);

    if (up)
        e->phy[PSTATUS] |= PSTATUS_LINK | PSTATUS_DONE;
    else
        e->phy[PSTATUS] &= (uint16_t) ~(PSTATUS_LINK | PSTATUS_DONE);
    e->phy[LPA] = up ? 0x45e1 : 0;
    e->phy[ANE] = up ? 3 : 0;
    e->phy[GSTATUS] = up ? 0x3c00 : 0;
    /* 1000 Mb/s, both ways, resolved, link */
    e->phy[PSSTAT] = up ? 0xac04 : 0;
    if (was != e1000_link_up(e))
        e1000_interrupt(e, ICR_LSC);
}

static void negotiate(struct e1000 *e)
{
    set_link(e, false);
    if (e->nic.link)
        timer_set(e->pci.dev.vm, &e->negotiated,
                  clock_now(e->pci.dev.vm) + NEGOTIATION_NS);
}

void e1000_phy_negotiated(struct e1000 *e)
{
    if (e->nic.link)
        set_link(e, true);
    nic_rx_kick(&e->nic);
}

void e1000_phy_link_changed(struct e1000 *e)
{
    timer_cancel(e->pci.dev.vm, &e->negotiated);
    if (e->nic.link)
        negotiate(e);
    else
        set_link(e, false);
}

/* ---- registers ---- */

void e1000_phy_reset(struct e1000 *e)
{
    static const uint16_t reset[32] = {
        [PCTRL] = PCTRL_ANEG | 0x0140,
        [PSTATUS] = 0x7949,
        [PID1] = 0x0141,
        [PID2] = 0x0c20,
        [ANA] = 0x0de1,
        [NPT] = 0x2001,
        [GCON] = 0x0e00,
        [ESTATUS] = 0x3000,
        [PSCON] = 0x0068,
        [EPSCON1] = 0x0d60,
    };

    timer_cancel(e->pci.dev.vm, &e->negotiated);
    memcpy(e->phy, reset, sizeof(reset));
    set_link(e, e->nic.link);
}

static void phy_write(struct e1000 *e, unsigned reg, uint16_t val)
{
    switch (reg) {
    case PCTRL:
        if (val & PCTRL_RESET) {
            uint16_t ana = e->phy[ANA], gcon = e->phy[GCON];

            e1000_phy_reset(e); /* what is advertised stays */
            e->phy[ANA] = ana;
            e->phy[GCON] = gcon;
        }
        e->phy[PCTRL] = val & (uint16_t) ~(PCTRL_RESET | PCTRL_RESTART);
        if (val & (PCTRL_RESET | PCTRL_RESTART) && val & PCTRL_ANEG)
            negotiate(e);
        break;
    case PSTATUS:
    case PID1:
    case PID2:
    case LPA:
    case ANE:
    case GSTATUS:
    case ESTATUS:
    case PSSTAT:
    case PINTS:
        break;
    default:
        e->phy[reg] = val;
    }
}

void e1000_mdic_write(struct e1000 *e, uint32_t val)
{
    unsigned op = val >> 26 & 3, reg = val >> 16 & 31;

    if ((val >> 21 & 31) != PHY_ADDRESS || op == 0 || op == 3)
        val |= MDIC_E;
    else if (op == MDIC_OP_WRITE)
        phy_write(e, reg, (uint16_t)val);
    else
        val = (val & 0xffff0000) | e->phy[reg];
    e->reg[MDIC] = val | MDIC_R;
    if (val & MDIC_I)
        e1000_interrupt(e, ICR_MDAC);
}

/* ---- the EEPROM ---- */

void e1000_eeprom_init(struct e1000 *e)
{
    uint16_t *w = e->eeprom.word, sum = 0;

    e->eeprom = (struct eeprom93){0};
    for (unsigned i = 0; i < 3; i++)
        w[i] = pci_get16(e->nic.mac + 2 * i);
    w[0x08] = w[0x09] = 0xffff; /* no number of a board */
    w[0x0a] = 0x400b;           /* signature; IDs are loaded */
    w[0x0b] = pci_get16(e->pci.config + PCI_SUBSYSTEM_ID);
    w[0x0c] = pci_get16(e->pci.config + PCI_SUBSYSTEM_VENDOR_ID);
    w[0x0d] = pci_get16(e->pci.config + PCI_DEVICE_ID);
    w[0x0e] = pci_get16(e->pci.config + PCI_VENDOR_ID);
    w[0x0f] = 0x3040; /* flow control both ways */
    for (unsigned i = 0; i < EEPROM_SUM_AT; i++)
        sum = (uint16_t)(sum + w[i]);
    w[EEPROM_SUM_AT] = (uint16_t)(EEPROM_SUM - sum);
}

uint32_t e1000_eecd_read(const struct e1000 *e)
{
    uint32_t val = e->reg[EECD] | EECD_PRES;

    if (val & EECD_REQ)
        val |= EECD_GNT;
    return val | (e->eeprom.out ? EECD_DO : 0);
}

void e1000_eecd_write(struct e1000 *e, uint32_t val)
{
    e->reg[EECD] = val & (EECD_SK | EECD_CS | EECD_DI | EECD_REQ | 0x30);
    eeprom93_lines(&e->eeprom, val & EECD_REQ && val & EECD_CS, val & EECD_SK,
                   val & EECD_DI);
}

void e1000_eerd_write(struct e1000 *e, uint32_t val)
{
    unsigned addr = val >> 8 & 0xff;

    e->reg[EERD] = val & 0xff00;
    if (val & EERD_START)
        e->reg[EERD] |=
            EERD_DONE | (uint32_t)e->eeprom.word[addr % EEPROM93_WORDS] << 16;
}
