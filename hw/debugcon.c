/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isa-debugcon: what the guest writes to a port goes to a chardev. Firmware
 * prints its log to 0x402, others to Bochs' 0xe9; a read tells a guest that
 * somebody listens.
 *
 * The port cannot make a guest wait. What the host does not take in time,
 * beyond the buffer, is lost and said so once.
 */
#include "config.h"

#include <errno.h>

#include "dm/bus.h"
#include "dm/char/chr.h"
#include "dm/dev.h"
#include "dm/log.h"
#include "hw/chr-out.h"

struct debugcon {
    struct dev dev;
    struct chr *chr;
    uint32_t iobase;
    uint8_t readback;
    struct bus_region port;
    bool attached;
    bool lost;
    struct chr_out out;
};

static uint64_t port_read(void *opaque, uint64_t off, unsigned size)
{
    return ((struct debugcon *)opaque)->readback;
}

static void port_write_run(void *opaque, uint64_t off, unsigned size,
                           const void *buf, uint32_t count)
{
    struct debugcon *d = opaque;

    if (chr_out_put(&d->out, buf, count) < count && !d->lost) {
        d->lost = true;
        log_warn(d->dev.path, "output is lost: '%s' does not take it in time",
                 d->chr->id);
    }
}

static void port_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    uint8_t byte = val;

    port_write_run(opaque, off, 1, &byte, 1);
}

static const struct bus_ops port_ops = {.read = port_read,
                                        .write = port_write,
                                        .write_run = port_write_run,
                                        .min = 1,
                                        .max = 1};

static void on_writable(void *opaque)
{
    chr_out_flush(&((struct debugcon *)opaque)->out);
}

static void on_event(void *opaque, enum chr_event ev)
{
    on_writable(opaque);
}

static void destroy(struct dev *dev)
{
    struct debugcon *d = (struct debugcon *)dev;

    chr_out_fini(&d->out);
    if (d->attached)
        chr_detach(d->chr);
    bus_del(dev->vm, &d->port);
}

static int create(struct dev *dev, struct cfg_err *err)
{
    struct debugcon *d = (struct debugcon *)dev;
    struct chr_user user = {
        .writable = on_writable, .event = on_event, .opaque = d};
    int rc;

    chr_out_init(&d->out, dev->vm, d->chr, NULL, NULL);
    dev_set_place(dev, "%x", d->iobase);
    d->port = (struct bus_region){.name = "isa-debugcon",
                                  .ops = &port_ops,
                                  .opaque = d,
                                  .space = BUS_PIO,
                                  .base = d->iobase,
                                  .size = 1};
    rc = bus_add(dev->vm, &d->port);
    if (rc)
        return err_set(err, rc,
                       "isa-debugcon: iobase=0x%x: expected a port that "
                       "nothing else has",
                       d->iobase);
    if (d->chr) {
        rc = chr_attach(d->chr, &user, dev->path, err);
        d->attached = !rc;
    }
    if (rc)
        destroy(dev);
    return rc;
}

static void pause(struct dev *dev)
{
    on_writable(dev);
}

static int post_load(struct dev *dev)
{
    return chr_out_post_load(&((struct debugcon *)dev)->out);
}

static const struct dev_prop props[] = {
    DEV_PROP(PROP_CHR, struct debugcon, chr, "chardev", NULL,
             "where the text goes"),
    DEV_PROP(PROP_U32, struct debugcon, iobase, "iobase", "0xe9", "the port"),
    DEV_PROP(PROP_U8, struct debugcon, readback, "readback", "0xe9",
             "what a read gives"),
    DEV_PROP_END,
};

const struct dev_class isa_debugcon_class = {
    .name = "isa-debugcon",
    .desc = "debug console port",
    .bus = "isa",
    .size = sizeof(struct debugcon),
    .props = props,
    .create = create,
    .pause = pause,
    .destroy = destroy,
    .state =
        &(const struct state_desc){
            .name = "isa-debugcon",
            .version = 1,
            .min_version = 1,
            .post_load = post_load,
            .fields =
                (const struct state_field[]){
                    STATE_STRUCT(struct debugcon, out, chr_out_state),
                    STATE_END,
                },
        },
};
