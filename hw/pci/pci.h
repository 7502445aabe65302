/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI functions: configuration space, BARs, capabilities, INTx.
 *
 * Source: PCI Local Bus Specification 3.0, chapter 6. Everything here needs
 * the machine lock. MSI and MSI-X are in hw/pci/msi.h and msix.h.
 *
 * A function that sits on the bus embeds struct pci_dev as its first member
 * and calls pci_init() first thing in create. Configuration writes go through
 * a mask: a bit is read-only, writable or write-one-to-clear; accesses of any
 * width and alignment are merged here, so a device sees bytes of its own
 * array and nothing else.
 */
#ifndef HVMD_HW_PCI_PCI_H
#define HVMD_HW_PCI_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/bus.h"
#include "dm/dev.h"
#include "dm/log.h"
#include "hw/pci/pci-regs.h"

#define PCI_BARS 6
#define PCI_DEVFN(slot, fn) ((uint16_t)((slot) << 3 | (fn)))

struct pci_bus {
    struct dev_bus bus; /* type "pci" */
    struct pci_dev *fn[256];
};
/* Called by a host bridge in create and destroy. */
void pci_bus_init(struct pci_bus *bus, struct dev *owner, const char *name);
void pci_bus_fini(struct pci_bus *bus);

struct pci_id {
    uint16_t vendor, device;
    uint32_t class_code; /* 24 bits: class, subclass, interface */
    uint8_t revision;
    uint16_t subvendor, subdevice; /* 0: 1af4:1100 */
    uint8_t int_pin;               /* 1 to 4 is INTA# to INTD#, 0 none */
    bool multifunction;
};

enum pci_bar_type { PCI_BAR_NONE, PCI_BAR_IO, PCI_BAR_MEM32, PCI_BAR_MEM64 };

struct pci_bar {
    enum pci_bar_type type;
    bool prefetch;
    struct bus_region region; /* name, ops, opaque, size; pci sets base */
    /* Called after the BAR was mapped at region.base, or unmapped from it;
     * opaque is the region's. */
    void (*moved)(void *opaque, bool mapped);
    bool blocked; /* wanted where something else sits: pci.c's */
};

struct pci_dev {
    struct dev dev;
    int addr;           /* property "addr", PROP_BDF */
    uint32_t bootindex; /* property, for what firmware can boot from */
    uint16_t bdf;
    bool attached;
    uint8_t config[256];
    uint8_t made[256]; /* config as create left it */
    bool made_known;
    uint8_t wmask[256], w1cmask[256]; /* bits the guest may write or clear */
    uint8_t cap_end;                  /* next free byte for capabilities */
    bool intx_level;
    bool hidden; /* pci_hide */
    struct pci_bar bar[PCI_BARS];
    char *romfile; /* property */
    /* What it is without that, if the host has it; NULL: none. Create says it
     * before pci_init. */
    const char *rom_default;
    struct ram *rom; /* hw/pci/pci-rom.c; NULL: there is none */
    uint64_t rom_at; /* where it is shown, or 0 */
    bool rom_blocked;
    /* Optional: after a write changed config[off .. off + size), and before a
     * read of it (to refresh what moves by itself). */
    void (*config_written)(struct pci_dev *p, unsigned off, unsigned size);
    void (*config_reading)(struct pci_dev *p, unsigned off, unsigned size);
    struct pci_msi *msi;   /* hw/pci/msi.c */
    struct pci_msix *msix; /* hw/pci/msix.c */
    struct bus_region cfg_region;
    struct log_quota quota;
};

/* The property every PCI class has: put first in its table. */
#define PCI_PROP_ADDR(T) \
    DEV_PROP(PROP_BDF, T, pci.addr, "addr", NULL, "PCI slot[.function]")

/* Where firmware boots from, lowest first; all-ones: it is not said. */
#define PCI_PROP_BOOTINDEX(T, pci)                                  \
    DEV_PROP(PROP_U32, T, pci.bootindex, "bootindex", "0xffffffff", \
             "place in the boot order, from 0")

#define PCI_PROP_ROM(T, pci)                            \
    DEV_PROP(PROP_STR, T, pci.romfile, "romfile", NULL, \
             "option ROM, a file; empty: none")

/* Takes the slot asked for, or the first free one. -EBUSY, -EINVAL. */
int pci_init(struct pci_dev *p, const struct pci_id *id, struct cfg_err *err);
void pci_fini(struct pci_dev *p); /* unmaps all; legal if not attached */
/* The first reset, right after the machine is made, remembers config as
 * create left it; every later one puts that back. */
void pci_reset(struct pci_dev *p);
/* The function is gone from the bus, for the guest, until the next reset. */
void pci_hide(struct pci_dev *p);
/* The state every PCI class saves: STATE_STRUCT(T, pci, pci_state). Its
 * post_load calls pci_post_load first. */
extern const struct state_field pci_state[];
int pci_post_load(struct pci_dev *p);

/* pci.c's: the option ROM of property romfile, and where it is shown. */
int pci_rom_init(struct pci_dev *p, struct cfg_err *err);
void pci_rom_update(struct pci_dev *p);

/* Declares BAR n from p->bar[n] (type, prefetch, moved, region's name, ops,
 * opaque, size: a power of two, IO >= 4, memory >= 16). */
void pci_bar_set(struct pci_dev *p, unsigned n);
/* Adds a capability of size bytes at the end of the list; returns its offset
 * in config. Size is ours, so a full space asserts. */
unsigned pci_cap_add(struct pci_dev *p, uint8_t id, unsigned size);
bool pci_bus_master(const struct pci_dev *p); /* may it do DMA? */

void pci_intx_set(struct pci_dev *p, bool level);

/* Little-endian access to p->config and its masks, for devices. */
uint16_t pci_get16(const uint8_t *p);
uint32_t pci_get32(const uint8_t *p);
void pci_set16(uint8_t *p, uint16_t v);
void pci_set32(uint8_t *p, uint32_t v);

#endif
