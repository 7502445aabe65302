/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts, as devices raise them; the engine delivers them.
 *
 * A GSI is an input of the interrupt controllers: 0 to 15 are the ISA lines,
 * up to 23 the rest of the I/O APIC. Lines are levels; an edge is a pulse of
 * two calls. Several PCI pins share a link, and several links an ISA line:
 * dm/irq.c ORs them, or the engine does (Xen), and no device can tell.
 */
#ifndef HVMD_DM_IRQ_H
#define HVMD_DM_IRQ_H

#include <stdbool.h>
#include <stdint.h>

struct vm;

#define IRQ_GSIS 24
#define IRQ_NO_ROUTE 0xff

/* Machine lock held. gsi out of range: ignored (a property chose it). */
void irq_set(struct vm *vm, unsigned gsi, bool level);
void irq_pulse(struct vm *vm, unsigned gsi);

/* PCI INTx, machine lock held. pin 0 to 3 (INTA# to INTD#). */
void irq_pci_set(struct vm *vm, uint16_t bdf, unsigned pin, bool level);
/* The link a pin is wired to: the board's swizzle, which its _PRT and the
 * firmware know too (PIIX3: link A is INTA# of slot 1). */
static inline unsigned irq_pci_link(uint16_t bdf, unsigned pin)
{
    return ((bdf >> 3) + 3 + pin) & 3;
}
/* PIRQ link 0 to 3 goes to this ISA line, or IRQ_NO_ROUTE. */
void irq_pci_route(struct vm *vm, unsigned link, uint8_t line);
/* The line that a pin goes to now, or IRQ_NO_ROUTE. Machine lock held. */
uint8_t irq_pci_line(struct vm *vm, uint16_t bdf, unsigned pin);

/* A message; any thread. A message the platform cannot take is dropped. */
void irq_msi(struct vm *vm, uint64_t addr, uint32_t data);

/*
 * A descriptor whose signal is a message: writing the eventfd fd delivers
 * it, without a thread of ours where the engine can. Machine lock held.
 * Returns a handle >= 0, -ENOTSUP (no such engine feature) or -errno.
 */
int irq_fd_add(struct vm *vm, int fd, uint64_t addr, uint32_t data);
void irq_fd_del(struct vm *vm, int handle, int fd);

int irq_init(struct vm *vm);
void irq_fini(struct vm *vm);
/* All lines low, no link routed; devices are reset after it. */
void irq_reset(struct vm *vm);

#endif
