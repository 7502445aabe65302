/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isa-debug-exit: a port that ends the program with a status the guest
 * chooses, (value << 1) | 1. For test guests.
 */
#include "config.h"

#include "dm/bus.h"
#include "dm/dev.h"
#include "dm/machine.h"

struct debug_exit {
    struct dev dev;
    uint16_t iobase;
    uint8_t iosize;
    struct bus_region ports;
};

static uint64_t port_read(void *opaque, uint64_t off, unsigned size)
{
    return 0;
}

static void port_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct debug_exit *d = opaque;

    /* what a parent sees of a status is its low byte */
    vm_exit(d->dev.vm, (val << 1 | 1) & 0xff);
}

static const struct bus_ops port_ops = {
    .read = port_read, .write = port_write, .min = 1, .max = 4};

static int create(struct dev *dev, struct cfg_err *err)
{
    struct debug_exit *d = (struct debug_exit *)dev;
    int rc;

    d->ports = (struct bus_region){.name = "isa-debug-exit",
                                   .ops = &port_ops,
                                   .opaque = d,
                                   .space = BUS_PIO,
                                   .base = d->iobase,
                                   .size = d->iosize};
    rc = bus_add(dev->vm, &d->ports);
    if (rc)
        return err_set(err, rc,
                       "isa-debug-exit: iobase=0x%x, iosize=%u: expected "
                       "ports that nothing else has",
                       d->iobase, d->iosize);
    dev_set_place(dev, "%x", d->iobase);
    return 0;
}

static void destroy(struct dev *dev)
{
    bus_del(dev->vm, &((struct debug_exit *)dev)->ports);
}

static const struct dev_prop props[] = {
    DEV_PROP(PROP_U16, struct debug_exit, iobase, "iobase", "0x501",
             "first port"),
    DEV_PROP(PROP_U8, struct debug_exit, iosize, "iosize", "2",
             "number of ports"),
    DEV_PROP_END,
};

const struct dev_class isa_debug_exit_class = {
    .name = "isa-debug-exit",
    .desc = "port that ends the program, for test guests",
    .bus = "isa",
    .size = sizeof(struct debug_exit),
    .props = props,
    .create = create,
    .destroy = destroy,
};
