/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware does to PCI before it boots anything, for guests that start
 * without it: places for BARs, interrupt lines, decoding switched on.
 */
#ifndef HVMD_HW_PCI_PCI_ASSIGN_H
#define HVMD_HW_PCI_PCI_ASSIGN_H

#include <stdint.h>

struct pci_bus;

struct pci_window {
    uint64_t base, end; /* first byte in, first byte out */
};
struct pci_plan {
    struct pci_window io, mem;
    uint8_t line[4]; /* ISA line of each PIRQ link */
};

/* Machine lock held, functions fresh from reset. A BAR that finds no room is
 * left at zero and logged. */
void pci_assign(struct pci_bus *bus, const struct pci_plan *plan);

#endif
