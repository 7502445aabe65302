/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/irq.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/engine.h"
#include "dm/machine.h"

#define LINKS 4

struct irqs {
    bool line[IRQ_GSIS];  /* what devices drive directly */
    bool level[IRQ_GSIS]; /* what the engine was told */
    uint8_t intx[256];    /* pins a function of bus 0 asserts, bit a pin */
    unsigned link[LINKS]; /* how many pins assert it */
    uint8_t route[LINKS];
};

int irq_init(struct vm *vm)
{
    vm->irqs = calloc(1, sizeof(*vm->irqs));
    if (!vm->irqs)
        return -ENOMEM;
    memset(vm->irqs->route, IRQ_NO_ROUTE, LINKS);
    return 0;
}

void irq_fini(struct vm *vm)
{
    free(vm->irqs);
    vm->irqs = NULL;
}

static void update(struct vm *vm, unsigned gsi)
{
    struct irqs *s = vm->irqs;
    bool level = s->line[gsi];

    for (unsigned i = 0; i < LINKS; i++)
        level |= s->route[i] == gsi && s->link[i];
    if (level != s->level[gsi]) {
        s->level[gsi] = level;
        vm->engine->gsi_set(vm, gsi, level);
    }
}

void irq_set(struct vm *vm, unsigned gsi, bool level)
{
    assert(vm_locked(vm));
    if (gsi >= IRQ_GSIS)
        return;
    vm->irqs->line[gsi] = level;
    update(vm, gsi);
}

void irq_pulse(struct vm *vm, unsigned gsi)
{
    irq_set(vm, gsi, true);
    irq_set(vm, gsi, false);
}

void irq_pci_set(struct vm *vm, uint16_t bdf, unsigned pin, bool level)
{
    struct irqs *s = vm->irqs;
    uint8_t bit = 1u << pin;
    unsigned link = irq_pci_link(bdf, pin);

    assert(vm_locked(vm) && pin < 4);
    if (vm->engine->caps & ENGINE_INTX) {
        vm->engine->pci_intx(vm, bdf, pin, level);
        return;
    }
    if (bdf > 0xff || level == !!(s->intx[bdf] & bit))
        return;
    s->intx[bdf] ^= bit;
    s->link[link] += level ? 1 : -1;
    if (s->route[link] != IRQ_NO_ROUTE)
        update(vm, s->route[link]);
}

void irq_pci_route(struct vm *vm, unsigned link, uint8_t line)
{
    struct irqs *s = vm->irqs;
    uint8_t old = s->route[link];

    assert(vm_locked(vm) && link < LINKS);
    if (vm->engine->caps & ENGINE_INTX)
        vm->engine->pci_route(vm, link, line);
    s->route[link] = line < 16 ? line : IRQ_NO_ROUTE;
    if (old != IRQ_NO_ROUTE)
        update(vm, old);
    if (s->route[link] != IRQ_NO_ROUTE)
        update(vm, s->route[link]);
}

uint8_t irq_pci_line(struct vm *vm, uint16_t bdf, unsigned pin)
{
    assert(vm_locked(vm) && pin < 4);
    return vm->irqs->route[irq_pci_link(bdf, pin)];
}

void irq_msi(struct vm *vm, uint64_t addr, uint32_t data)
{
    vm->engine->msi(vm, addr, data);
}

int irq_fd_add(struct vm *vm, int fd, uint64_t addr, uint32_t data)
{
    return vm->engine->irqfd_add(vm, fd, addr, data);
}

void irq_fd_del(struct vm *vm, int handle, int fd)
{
    vm->engine->irqfd_del(vm, handle, fd);
}

void irq_reset(struct vm *vm)
{
    struct irqs *s = vm->irqs;

    for (unsigned i = 0; i < LINKS; i++)
        irq_pci_route(vm, i, IRQ_NO_ROUTE);
    if (!(vm->engine->caps & ENGINE_INTX)) {
        memset(s->intx, 0, sizeof(s->intx));
        memset(s->link, 0, sizeof(s->link));
    }
    for (unsigned i = 0; i < IRQ_GSIS; i++)
        irq_set(vm, i, false);
}
