/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pvpanic: a port on which a guest's kernel says that it has panicked.
 *
 * Source: QEMU's docs/specs/pvpanic. A read gives the events supported, a
 * write the events that happened.
 */
#include "config.h"

#include "dm/bus.h"
#include "dm/dev.h"
#include "dm/loop.h"
#include "dm/machine.h"
#include "dm/qmp.h"

#define PANICKED 0x01
#define CRASH_LOADED 0x02 /* it will save a dump and go on by itself */

struct pvpanic {
    struct dev dev;
    uint16_t ioport;
    uint8_t events;
    struct bus_region port;
    struct loop_task crash_loaded;
};

static void crash_loaded(void *opaque)
{
    struct pvpanic *p = opaque;

    qmp_event(p->dev.vm, "GUEST_CRASHLOADED",
              json_pack("{s:s}", "action", "run"));
}

static uint64_t port_read(void *opaque, uint64_t off, unsigned size)
{
    return ((struct pvpanic *)opaque)->events;
}

static void port_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct pvpanic *p = opaque;

    val &= p->events;
    if (val & PANICKED)
        vm_request(p->dev.vm, VM_REQ_PANIC);
    else if (val & CRASH_LOADED)
        loop_post(p->dev.vm->loop, &p->crash_loaded);
}

static const struct bus_ops port_ops = {
    .read = port_read, .write = port_write, .min = 1, .max = 1};

static int create(struct dev *dev, struct cfg_err *err)
{
    struct pvpanic *p = (struct pvpanic *)dev;
    int rc;

    p->events &= PANICKED | CRASH_LOADED;
    p->crash_loaded = (struct loop_task){.fn = crash_loaded, .opaque = p};
    p->port = (struct bus_region){.name = "pvpanic",
                                  .ops = &port_ops,
                                  .opaque = p,
                                  .space = BUS_PIO,
                                  .base = p->ioport,
                                  .size = 1};
    rc = bus_add(dev->vm, &p->port);
    if (rc)
        return err_set(err, rc,
                       "pvpanic: ioport=0x%x: expected a port that nothing "
                       "else has",
                       p->ioport);
    dev_set_place(dev, "%x", p->ioport);
    return 0;
}

static void destroy(struct dev *dev)
{
    struct pvpanic *p = (struct pvpanic *)dev;

    bus_del(dev->vm, &p->port);
    loop_cancel(dev->vm->loop, &p->crash_loaded);
}

static const struct dev_prop props[] = {
    DEV_PROP(PROP_U16, struct pvpanic, ioport, "ioport", "0x505", "the port"),
    DEV_PROP(PROP_U8, struct pvpanic, events, "events", "3",
             "what the guest may report: 1 panic, 2 dump to be saved"),
    DEV_PROP_END,
};

const struct dev_class pvpanic_class = {
    .name = "pvpanic",
    .desc = "port on which a guest reports its panic",
    .bus = "isa",
    .size = sizeof(struct pvpanic),
    .props = props,
    .create = create,
    .destroy = destroy,
};
