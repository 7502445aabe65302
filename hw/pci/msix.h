/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X: a table of messages in a BAR of its own.
 *
 * Source: PCI Local Bus Specification 3.0, section 6.8.2.
 *
 * A device embeds struct pci_msix, raises vectors by pci_msix_notify from any
 * thread, and needs to know nothing of masks: a masked vector is pending in
 * the PBA and is sent when it is unmasked. Where the engine can, a vector is
 * an eventfd the engine turns into the message (irq_fd_add): made when the
 * vector is first used unmasked, renewed when the guest has changed it.
 */
#ifndef HVMD_HW_PCI_MSIX_H
#define HVMD_HW_PCI_MSIX_H

#include <pthread.h>
#include <stdatomic.h>

#include "hw/pci/pci.h"

#define PCI_MSIX_MAX 128 /* vectors of a function */

struct pci_msix_vector {
    pthread_mutex_t lock; /* a leaf: protects all below */
    bool open;            /* enabled and not masked */
    bool pending;
    int fd, handle; /* of the engine's irqfd; -1 */
    uint64_t addr, fd_addr;
    uint32_t data, fd_data;
};

struct pci_msix {
    struct pci_dev *pci;
    unsigned n;   /* 0: there is none */
    unsigned cap; /* offset in config space */
    unsigned bar, pba;
    atomic_bool enabled;
    /* machine lock; saved */
    uint32_t table[PCI_MSIX_MAX * 4];
    uint32_t pba_saved[PCI_MSIX_MAX / 32];
    struct pci_msix_vector vec[PCI_MSIX_MAX];
};

/* Adds the capability and BAR bar (32-bit memory). 1 <= n <= PCI_MSIX_MAX. */
void pci_msix_init(struct pci_dev *p, struct pci_msix *m, unsigned bar,
                   unsigned n);
void pci_msix_fini(struct pci_msix *m); /* legal on a zeroed struct */
void pci_msix_reset(struct pci_msix *m);

/* Any thread. Is MSI-X in use instead of INTx? */
static inline bool pci_msix_enabled(struct pci_msix *m)
{
    return atomic_load_explicit(&m->enabled, memory_order_acquire);
}
/* Any thread. A vector that is not there is ignored. */
void pci_msix_notify(struct pci_msix *m, unsigned vector);
/* Machine lock. Call from config_written: the control word may have changed. */
void pci_msix_config_written(struct pci_msix *m, unsigned off, unsigned size);

/* The state: STATE_STRUCT(T, msix, pci_msix_state); pre_save, post_load. */
extern const struct state_field pci_msix_state[];
void pci_msix_pre_save(struct pci_msix *m);
int pci_msix_post_load(struct pci_msix *m);

#endif
