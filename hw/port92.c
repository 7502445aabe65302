/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PS/2 system control port A at 0x92: A20 gate and fast reset.
 *
 * Source: IBM PS/2 hardware interface reference. A20 is always open for us:
 * the bit is kept for the guest to read, memory does not wrap.
 */
#include "config.h"

#include "dm/bus.h"
#include "dm/dev.h"
#include "dm/machine.h"

#define FAST_RESET 0x01 /* its rising edge */
#define A20 0x02

struct port92 {
    struct dev dev;
    struct bus_region port;
    uint8_t value;
};

static uint64_t port_read(void *opaque, uint64_t off, unsigned size)
{
    return ((struct port92 *)opaque)->value;
}

static void port_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct port92 *p = opaque;
    bool rises = val & ~p->value & FAST_RESET;

    p->value = val;
    if (rises)
        vm_request(p->dev.vm, VM_REQ_RESET);
}

static const struct bus_ops port_ops = {
    .read = port_read, .write = port_write, .min = 1, .max = 1};

static void reset(struct dev *dev)
{
    ((struct port92 *)dev)->value = A20;
}

static int create(struct dev *dev, struct cfg_err *err)
{
    struct port92 *p = (struct port92 *)dev;
    int rc;

    p->port = (struct bus_region){.name = "port92",
                                  .ops = &port_ops,
                                  .opaque = p,
                                  .space = BUS_PIO,
                                  .base = 0x92,
                                  .size = 1};
    rc = bus_add(dev->vm, &p->port);
    if (rc)
        return err_set(err, rc, "port92: port 0x92 is taken");
    dev_set_place(dev, "92");
    reset(dev);
    return 0;
}

static void destroy(struct dev *dev)
{
    bus_del(dev->vm, &((struct port92 *)dev)->port);
}

const struct dev_class port92_class = {
    .name = "port92",
    .desc = "A20 gate and fast reset at port 0x92",
    .bus = "isa",
    .size = sizeof(struct port92),
    .internal = true,
    .create = create,
    .reset = reset,
    .destroy = destroy,
    .state =
        &(const struct state_desc){
            .name = "port92",
            .version = 1,
            .min_version = 1,
            .fields =
                (const struct state_field[]){
                    STATE_U8(struct port92, value),
                    STATE_END,
                },
        },
};
