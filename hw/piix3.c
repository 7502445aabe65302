/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/piix3.h"

#include <string.h>

#include "dm/irq.h"
#include "dm/machine.h"
#include "hw/pci/pci.h"

#define PIRQRC_OFF 0x80     /* not routed */
#define PIRQRC_LINES 0xdef8 /* 3 to 7, 9 to 12, 14, 15 */
#define ELCR 0x4d0

struct piix3 {
    struct pci_dev pci;
    struct dev_bus isa;
    struct bus_region elcr_region;
    uint8_t elcr[2];
};

static void route_update(struct piix3 *s)
{
    for (unsigned i = 0; i < 4; i++) {
        uint8_t rc = s->pci.config[PIIX3_PIRQRCA + i];
        bool on = !(rc & PIRQRC_OFF) && PIRQRC_LINES >> (rc & 15) & 1;

        irq_pci_route(s->pci.dev.vm, i, on ? rc & 15 : IRQ_NO_ROUTE);
    }
}

static void piix3_written(struct pci_dev *p, unsigned off, unsigned size)
{
    if (off < PIIX3_PIRQRCA + 4 && off + size > PIIX3_PIRQRCA)
        route_update((struct piix3 *)p);
}

static uint64_t elcr_read(void *opaque, uint64_t off, unsigned size)
{
    return ((struct piix3 *)opaque)->elcr[off];
}

static void elcr_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    /* 0, 1, 2, 8 and 13 are always edges */
    static const uint8_t mask[2] = {0xf8, 0xde};

    ((struct piix3 *)opaque)->elcr[off] = val & mask[off];
}

static const struct bus_ops elcr_ops = {
    .read = elcr_read,
    .write = elcr_write,
    .min = 1,
    .max = 1,
};

static int piix3_create(struct dev *dev, struct cfg_err *err)
{
    static const struct pci_id id = {
        .vendor = 0x8086,
        .device = 0x7000,
        .class_code = 0x060100,
        .multifunction = true,
    };
    struct piix3 *s = (struct piix3 *)dev;
    uint8_t *c = s->pci.config;
    int rc = pci_init(&s->pci, &id, err);

    if (rc)
        return rc;
    s->pci.config_written = piix3_written;
    pci_set16(c + PCI_COMMAND,
              PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_set16(s->pci.wmask + PCI_COMMAND, 0);
    pci_set16(c + PCI_STATUS, 0x0200);
    c[0x4c] = 0x4d; /* IORT */
    c[0x4e] = 0x03; /* XBCS */
    c[0x69] = 0x02; /* TOM */
    memset(c + PIIX3_PIRQRCA, PIRQRC_OFF, 4);
    memset(s->pci.wmask + PIIX3_PIRQRCA, 0x8f, 4);
    s->isa = (struct dev_bus){.type = "isa", .name = "isa.0", .owner = dev};
    dev_bus_add(dev->vm, &s->isa);
    if (dev->vm->engine->caps & ENGINE_HAS_IRQCHIP)
        return 0;

    s->elcr_region = (struct bus_region){.name = "elcr",
                                         .ops = &elcr_ops,
                                         .opaque = s,
                                         .space = BUS_PIO,
                                         .base = ELCR,
                                         .size = sizeof(s->elcr)};
    rc = bus_add(dev->vm, &s->elcr_region);
    if (!rc)
        return 0;
    dev_bus_del(dev->vm, &s->isa);
    pci_fini(&s->pci);
    return err_set(err, rc, "ports 0x4d0 and 0x4d1: %s", strerror(-rc));
}

static void piix3_reset(struct dev *dev)
{
    struct piix3 *s = (struct piix3 *)dev;

    pci_reset(&s->pci);
    memset(s->elcr, 0, sizeof(s->elcr));
    route_update(s);
}

static void piix3_destroy(struct dev *dev)
{
    struct piix3 *s = (struct piix3 *)dev;

    bus_del(dev->vm, &s->elcr_region);
    dev_bus_del(dev->vm, &s->isa);
    pci_fini(&s->pci);
}

static int piix3_post_load(struct dev *dev)
{
    struct piix3 *s = (struct piix3 *)dev;
    int rc = pci_post_load(&s->pci);

    if (!rc)
        route_update(s);
    return rc;
}

static const struct dev_prop piix3_props[] = {
    PCI_PROP_ADDR(struct piix3),
    DEV_PROP_END,
};
static const struct state_field piix3_fields[] = {
    STATE_STRUCT(struct piix3, pci, pci_state),
    STATE_BYTES(struct piix3, elcr),
    STATE_END,
};
static const struct state_desc piix3_state = {
    .name = "piix3",
    .version = 1,
    .min_version = 1,
    .fields = piix3_fields,
    .post_load = piix3_post_load,
};

const struct dev_class piix3_class = {
    .name = "PIIX3",
    .desc = "Intel 82371SB PCI-to-ISA bridge",
    .bus = "pci",
    .size = sizeof(struct piix3),
    .props = piix3_props,
    .internal = true,
    .create = piix3_create,
    .reset = piix3_reset,
    .destroy = piix3_destroy,
    .state = &piix3_state,
};
