/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the ACPI tables of Xen's hvmloader expect besides the power management
 * chip: general purpose events, the map of processors, the slots of PCI.
 * Nothing is plugged while the guest runs, so no event ever comes; but a guest
 * that reads all-ones from nobody takes it for every event at once.
 *
 * Sources: xen tools/libacpi/mk_dsdt.c; public/hvm/ioreq.h for the ports; ACPI
 * 4.8.4.1 for the event block.
 */
#include "config.h"

#include <errno.h>

#include "dm/dev.h"
#include "dm/machine.h"
#include "dm/state.h"

#define GPE_STATUS 0 /* two bytes, then as many of enable */
#define GPE_ENABLE 2
#define GPE_BYTES 4
#define MAP_BYTES 32 /* a bit a processor */

struct xen_gpe {
    struct dev dev;
    struct bus_region events, cpus, slots;
    uint8_t gpe[GPE_BYTES];
};

static uint64_t events_read(void *opaque, uint64_t off, unsigned size)
{
    return ((struct xen_gpe *)opaque)->gpe[off];
}

static void events_write(void *opaque, uint64_t off, unsigned size,
                         uint64_t val)
{
    struct xen_gpe *s = opaque;

    if (off >= GPE_ENABLE)
        s->gpe[off] = val;
    else
        s->gpe[off] &= ~val; /* ones clear */
}

static const struct bus_ops events_ops = {
    .read = events_read, .write = events_write, .min = 1, .max = 1};

static uint64_t cpus_read(void *opaque, uint64_t off, unsigned size)
{
    unsigned n = ((struct xen_gpe *)opaque)->dev.vm->cfg->cpus, first = off * 8;

    return n >= first + 8 ? 0xff : n > first ? (1u << (n - first)) - 1 : 0;
}

static void ignore_write(void *opaque, uint64_t off, unsigned size,
                         uint64_t val)
{
}

static const struct bus_ops cpus_ops = {
    .read = cpus_read, .write = ignore_write, .min = 1, .max = 1};

/* Slots that were filled or want to be emptied, and what can be: none. */
static uint64_t slots_read(void *opaque, uint64_t off, unsigned size)
{
    return 0;
}

static const struct bus_ops slots_ops = {
    .read = slots_read, .write = ignore_write, .min = 1, .max = 4};

static void reset(struct dev *dev)
{
    struct xen_gpe *s = (struct xen_gpe *)dev;

    for (unsigned i = 0; i < GPE_BYTES; i++)
        s->gpe[i] = 0;
}

static void destroy(struct dev *dev)
{
    struct xen_gpe *s = (struct xen_gpe *)dev;

    bus_del(dev->vm, &s->events);
    bus_del(dev->vm, &s->cpus);
    bus_del(dev->vm, &s->slots);
}

static int create(struct dev *dev, struct cfg_err *err)
{
    struct xen_gpe *s = (struct xen_gpe *)dev;
    const struct {
        struct bus_region *region;
        const struct bus_ops *ops;
        uint16_t base, size;
    } parts[] = {
        {&s->events, &events_ops, 0xafe0, GPE_BYTES},
        {&s->cpus, &cpus_ops, 0xaf00, MAP_BYTES},
        {&s->slots, &slots_ops, 0xae00, 0x10},
    };

    dev_set_place(dev, "afe0");
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        int rc;

        *parts[i].region = (struct bus_region){.name = dev->cls->name,
                                               .ops = parts[i].ops,
                                               .opaque = s,
                                               .space = BUS_PIO,
                                               .base = parts[i].base,
                                               .size = parts[i].size};
        rc = bus_add(dev->vm, parts[i].region);
        if (rc) {
            destroy(dev);
            return err_set(err, rc, "%s: port %#x is taken", dev->cls->name,
                           parts[i].base);
        }
    }
    return 0;
}

const struct dev_class xen_gpe_class = {
    .name = "xen-gpe",
    .desc = "ACPI events and maps of hvmloader's tables",
    .bus = "isa",
    .size = sizeof(struct xen_gpe),
    .internal = true,
    .create = create,
    .reset = reset,
    .destroy = destroy,
    .state =
        &(const struct state_desc){
            .name = "xen-gpe",
            .version = 1,
            .min_version = 1,
            .fields =
                (const struct state_field[]){
                    STATE_BYTES(struct xen_gpe, gpe),
                    STATE_END,
                },
        },
};
