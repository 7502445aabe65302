/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI: one message (or up to 32 in a row) in configuration space.
 *
 * Source: PCI Local Bus Specification 3.0, section 6.8.1. The capability has
 * a 64-bit address and no mask bits. Machine lock held throughout; the state
 * is in the function's configuration space.
 */
#ifndef HVMD_HW_PCI_MSI_H
#define HVMD_HW_PCI_MSI_H

#include "hw/pci/pci.h"

struct pci_msi {
    struct pci_dev *pci;
    unsigned cap; /* offset in config space; 0: there is none */
    unsigned n;   /* messages, a power of two to 32 */
};

void pci_msi_init(struct pci_dev *p, struct pci_msi *m, unsigned n);
bool pci_msi_enabled(const struct pci_msi *m);
/* Message i of those the guest allows; beyond them the last one is sent. */
void pci_msi_notify(struct pci_msi *m, unsigned i);

#endif
