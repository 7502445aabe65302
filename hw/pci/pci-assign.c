/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pci/pci-assign.h"

#include "dm/irq.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "hw/pci/pci.h"

/* Next biggest first, which wastes nothing as all sizes are powers of two;
 * false: size is below all of them. */
static bool next_size(const struct pci_bus *bus, uint64_t below, uint64_t *out)
{
    *out = 0;
    for (unsigned i = 0; i < 256; i++) {
        for (unsigned n = 0; bus->fn[i] && n < PCI_BARS; n++) {
            const struct pci_bar *bar = &bus->fn[i]->bar[n];

            if (bar->type != PCI_BAR_NONE && bar->region.size < below &&
                bar->region.size > *out)
                *out = bar->region.size;
        }
    }
    return *out != 0;
}

static bool take(struct pci_window *w, uint64_t size, uint64_t *base)
{
    uint64_t at = (w->base + size - 1) & ~(size - 1);

    if (at < w->base || at >= w->end || w->end - at < size)
        return false;
    w->base = at + size;
    *base = at;
    return true;
}

static void place(struct pci_dev *p, unsigned n, struct pci_plan *room)
{
    const struct pci_bar *bar = &p->bar[n];
    uint64_t size = bar->region.size, base;
    struct pci_window *w = bar->type == PCI_BAR_IO ? &room->io : &room->mem;

    if (take(w, size, &base))
        bus_pcicfg_write(p->dev.vm, p->bdf, PCI_BAR_0 + 4 * n, 4,
                         (uint32_t)base);
    else
        log_warn(p->dev.path, "no room for BAR %u of %llu bytes", n,
                 (unsigned long long)size);
}

void pci_assign(struct pci_bus *bus, const struct pci_plan *plan)
{
    struct pci_plan room = *plan;
    uint64_t size = UINT64_MAX;

    while (next_size(bus, size, &size))
        for (unsigned i = 0; i < 256; i++)
            for (unsigned n = 0; bus->fn[i] && n < PCI_BARS; n++)
                if (bus->fn[i]->bar[n].type != PCI_BAR_NONE &&
                    bus->fn[i]->bar[n].region.size == size)
                    place(bus->fn[i], n, &room);

    for (unsigned i = 0; i < 256; i++) {
        struct pci_dev *p = bus->fn[i];
        unsigned pin = p ? p->config[PCI_INTERRUPT_PIN] : 0;

        if (!p)
            continue;
        if (pin >= 1 && pin <= 4)
            bus_pcicfg_write(p->dev.vm, p->bdf, PCI_INTERRUPT_LINE, 1,
                             plan->line[irq_pci_link(p->bdf, pin - 1)]);
        bus_pcicfg_write(p->dev.vm, p->bdf, PCI_COMMAND, 2,
                         PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
                             PCI_COMMAND_MASTER);
    }
}
