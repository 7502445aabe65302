/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pc-testdev: what kvm-unit-tests expects of a PC that tests its processor.
 *
 *     0xe0    a 32-bit latch, of any width
 *     0xe4    flush the page at the address written: nothing to do here, the
 *             page stays mapped and a test finds it as it left it
 *     0xe8    the same latch, reached byte by byte
 *     0x2000  and 23 more: the level of an interrupt line each
 *     0xff000000  64 KiB that behave like memory, but are MMIO
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "dm/bus.h"
#include "dm/dev.h"
#include "dm/irq.h"

#define IOMEM_BASE 0xff000000u
#define IOMEM_SIZE 0x10000u

enum { LATCH, FLUSH, LATCH_BYTES, LINES, IOMEM, REGIONS };

struct testdev {
    struct dev dev;
    struct bus_region region[REGIONS];
    uint32_t latch;
    uint32_t lines;
    uint8_t iomem[IOMEM_SIZE];
};

static uint64_t bytes_read(const void *from, unsigned size)
{
    uint64_t v = 0;

    memcpy(&v, from, size);
    return v;
}

static uint64_t latch_read(void *opaque, uint64_t off, unsigned size)
{
    struct testdev *t = opaque;

    return bytes_read((uint8_t *)&t->latch + off, size);
}

static void latch_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct testdev *t = opaque;

    memcpy((uint8_t *)&t->latch + off, &val, size);
}

static uint64_t flush_read(void *opaque, uint64_t off, unsigned size)
{
    return 0;
}

static void flush_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
}

static uint64_t lines_read(void *opaque, uint64_t off, unsigned size)
{
    struct testdev *t = opaque;

    return t->lines >> off & 1;
}

static void lines_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct testdev *t = opaque;

    t->lines = (t->lines & ~(1u << off)) | (uint32_t) !!val << off;
    irq_set(t->dev.vm, off, val);
}

static uint64_t iomem_read(void *opaque, uint64_t off, unsigned size)
{
    struct testdev *t = opaque;

    return bytes_read(t->iomem + off, size);
}

static void iomem_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct testdev *t = opaque;

    memcpy(t->iomem + off, &val, size);
}

static const struct bus_ops latch_ops = {.read = latch_read,
                                         .write = latch_write,
                                         .min = 1,
                                         .max = 4,
                                         .unaligned = true};
static const struct bus_ops flush_ops = {
    .read = flush_read, .write = flush_write, .min = 1, .max = 4};
static const struct bus_ops latch_byte_ops = {
    .read = latch_read, .write = latch_write, .min = 1, .max = 1};
static const struct bus_ops lines_ops = {
    .read = lines_read, .write = lines_write, .min = 1, .max = 1};
static const struct bus_ops iomem_ops = {.read = iomem_read,
                                         .write = iomem_write,
                                         .min = 1,
                                         .max = 8,
                                         .unaligned = true};

/* Only lines that are ours to drive: others have theirs. */
static void drive(struct testdev *t, bool level)
{
    for (unsigned i = 0; i < IRQ_GSIS; i++) {
        if (t->lines >> i & 1)
            irq_set(t->dev.vm, i, level);
    }
}

static void reset(struct dev *dev)
{
    struct testdev *t = (struct testdev *)dev;

    t->latch = 0;
    memset(t->iomem, 0, sizeof(t->iomem));
    drive(t, false);
    t->lines = 0;
}

static void destroy(struct dev *dev)
{
    struct testdev *t = (struct testdev *)dev;

    for (unsigned i = 0; i < REGIONS; i++)
        bus_del(dev->vm, &t->region[i]);
}

static int create(struct dev *dev, struct cfg_err *err)
{
    static const struct bus_region region[REGIONS] = {
        [LATCH] = {"pc-testdev-latch", &latch_ops, NULL, BUS_PIO, 0xe0, 4},
        [FLUSH] = {"pc-testdev-flush", &flush_ops, NULL, BUS_PIO, 0xe4, 4},
        [LATCH_BYTES] = {"pc-testdev-latch-bytes", &latch_byte_ops, NULL,
                         BUS_PIO, 0xe8, 4},
        [LINES] = {"pc-testdev-lines", &lines_ops, NULL, BUS_PIO, 0x2000,
                   IRQ_GSIS},
        [IOMEM] = {"pc-testdev-iomem", &iomem_ops, NULL, BUS_MMIO, IOMEM_BASE,
                   IOMEM_SIZE},
    };
    struct testdev *t = (struct testdev *)dev;

    for (unsigned i = 0; i < REGIONS; i++) {
        t->region[i] = region[i];
        t->region[i].opaque = t;
        int rc = bus_add(dev->vm, &t->region[i]);
        if (rc) {
            destroy(dev);
            return err_set(err, rc, "pc-testdev: %s at 0x%x is taken",
                           region[i].name, (unsigned)region[i].base);
        }
    }
    return 0;
}

static int post_load(struct dev *dev)
{
    struct testdev *t = (struct testdev *)dev;

    if (t->lines >> IRQ_GSIS)
        return -EINVAL;
    drive(t, true);
    return 0;
}

const struct dev_class pc_testdev_class = {
    .name = "pc-testdev",
    .desc = "latches and lines for kvm-unit-tests",
    .bus = "isa",
    .size = sizeof(struct testdev),
    .create = create,
    .reset = reset,
    .destroy = destroy,
    .state =
        &(const struct state_desc){
            .name = "pc-testdev",
            .version = 1,
            .min_version = 1,
            .post_load = post_load,
            .fields =
                (const struct state_field[]){
                    STATE_U32(struct testdev, latch),
                    STATE_U32(struct testdev, lines),
                    STATE_BYTES(struct testdev, iomem),
                    STATE_END,
                },
        },
};
