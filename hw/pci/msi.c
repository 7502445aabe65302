/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pci/msi.h"

#include <assert.h>

#include "dm/irq.h"

/* Offsets in the capability, with a 64-bit address. */
enum { MSI_CONTROL = 2, MSI_ADDR = 4, MSI_ADDR_HI = 8, MSI_DATA = 12 };
#define MSI_SIZE 14
#define CONTROL_ENABLE 0x0001
#define CONTROL_MULTIPLE_CAPABLE_SHIFT 1
#define CONTROL_MULTIPLE_ENABLE 0x0070
#define CONTROL_MULTIPLE_ENABLE_SHIFT 4
#define CONTROL_64BIT 0x0080

void pci_msi_init(struct pci_dev *p, struct pci_msi *m, unsigned n)
{
    uint8_t *c, *w;
    unsigned log2 = 0;

    assert(n >= 1 && n <= 32 && !(n & (n - 1)));
    while (1u << log2 < n)
        log2++;
    m->pci = p;
    m->n = n;
    m->cap = pci_cap_add(p, PCI_CAP_ID_MSI, MSI_SIZE);
    p->msi = m;
    c = p->config + m->cap;
    w = p->wmask + m->cap;
    pci_set16(
        c + MSI_CONTROL,
        (uint16_t)(CONTROL_64BIT | log2 << CONTROL_MULTIPLE_CAPABLE_SHIFT));
    pci_set16(w + MSI_CONTROL, CONTROL_ENABLE | CONTROL_MULTIPLE_ENABLE);
    pci_set32(w + MSI_ADDR, 0xfffffffc);
    pci_set32(w + MSI_ADDR_HI, 0xffffffff);
    pci_set16(w + MSI_DATA, 0xffff);
}

bool pci_msi_enabled(const struct pci_msi *m)
{
    return m->cap &&
           pci_get16(m->pci->config + m->cap + MSI_CONTROL) & CONTROL_ENABLE;
}

void pci_msi_notify(struct pci_msi *m, unsigned i)
{
    const uint8_t *c = m->pci->config + m->cap;
    unsigned allowed;

    if (!pci_msi_enabled(m))
        return;
    allowed = 1u << ((pci_get16(c + MSI_CONTROL) & CONTROL_MULTIPLE_ENABLE) >>
                     CONTROL_MULTIPLE_ENABLE_SHIFT);
    if (allowed > m->n)
        allowed = m->n;
    if (i >= allowed)
        i = allowed - 1;
    /* The message's number takes the place of the low bits of the data. */
    irq_msi(m->pci->dev.vm,
            pci_get32(c + MSI_ADDR) | (uint64_t)pci_get32(c + MSI_ADDR_HI)
                                          << 32,
            (pci_get16(c + MSI_DATA) & ~(allowed - 1)) | i);
}
