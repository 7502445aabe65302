/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IDE function of the PIIX3 (8086:7010 at 1.1): two ATA channels at the
 * compatibility addresses, bus-master DMA.
 *
 * Sources: 82371SB (PIIX3) datasheet, 290550; Programming Interface for Bus
 * Master IDE Controller, revision 1.0.
 */
#include "config.h"

#include "hw/piix3-ide.h"

#include <errno.h>
#include <string.h>

#include "dm/irq.h"
#include "dm/machine.h"
#include "hw/ide/ide.h"
#include "hw/pci/pci-regs.h"
#include "hw/pci/pci.h"

#define IDETIM 0x40
#define IDETIM_DECODE 0x80 /* in the high byte of a channel's word */
#define PRD_MAX_BYTES 65536u
#define PRD_EOT 0x80000000u
/* A table has at most 64 KiB; this is all of it. */
#define PRD_MAX (65536u / 8)

enum { BM_COMMAND = 0, BM_STATUS = 2, BM_PRDT = 4, BM_SIZE = 8 };
enum { BM_START = 0x01, BM_TO_MEMORY = 0x08 };
enum { BM_ACTIVE = 0x01, BM_ERROR = 0x02, BM_IRQ = 0x04, BM_CAPS = 0x60 };

/* Where a transfer stands in its table. */
struct prd {
    uint32_t at;    /* address of the next entry */
    uint32_t count; /* entries read */
    uint32_t piece, piece_left;
    bool end;
};

struct piix3_chan {
    struct ide_chan ide;
    struct piix3_ide *s;
    struct bus_region command_block, control_block;
    uint8_t irq_line;
    bool intrq; /* level of the drives' line */
    /* bus master */
    uint8_t command, status;
    uint32_t prdt;
    struct prd prd, before; /* now, and before the last dma_map */
};

struct piix3_ide {
    struct pci_dev pci;
    struct piix3_chan chan[2];
};

/* ---- bus master ---- */

static void raise(void *opaque, bool level)
{
    struct piix3_chan *c = opaque;

    if (level && !c->intrq)
        c->status |= BM_IRQ; /* on the edge only */
    c->intrq = level;
    irq_set(c->ide.vm, c->irq_line, level);
}

static void rewind_table(struct piix3_chan *c)
{
    c->prd = c->before = (struct prd){.at = c->prdt};
}

static int next_piece(struct piix3_chan *c)
{
    struct prd *p = &c->prd;
    uint32_t entry[2];

    if (p->end || p->count >= PRD_MAX)
        return 0;
    if (mem_read(c->ide.vm, p->at, entry, sizeof(entry)))
        return -EFAULT;
    p->at += sizeof(entry);
    p->count++;
    p->piece = entry[0] & ~1u;
    p->piece_left = entry[1] & 0xfffe;
    if (!p->piece_left)
        p->piece_left = PRD_MAX_BYTES;
    p->end = entry[1] & PRD_EOT;
    return 1;
}

static void step(struct prd *p, uint64_t bytes)
{
    p->piece += bytes;
    p->piece_left -= bytes;
}

static void dma_back(void *opaque)
{
    struct piix3_chan *c = opaque;

    c->prd = c->before;
}

/* Cuts what is mapped down to its first bytes; the next call maps the rest. */
static void cut(struct piix3_chan *c, struct ide_drive *d, uint64_t got,
                uint64_t bytes)
{
    for (uint64_t rest = got - bytes; rest;) {
        struct iovec *last = &d->iov[d->segs - 1];
        uint64_t n = rest < last->iov_len ? rest : last->iov_len;

        last->iov_len -= n;
        rest -= n;
        if (!last->iov_len)
            mem_unmap(c->ide.vm, &d->map[--d->segs], 0);
    }
    dma_back(c);
    while (bytes && (c->prd.piece_left || next_piece(c) > 0)) {
        uint64_t n = bytes < c->prd.piece_left ? bytes : c->prd.piece_left;

        step(&c->prd, n);
        bytes -= n;
    }
}

static int64_t dma_map(void *opaque, struct ide_drive *d, uint64_t max,
                       unsigned unit, bool to_guest)
{
    struct piix3_chan *c = opaque;
    uint64_t got = 0;

    d->segs = 0;
    c->before = c->prd;
    while (got < max && d->segs < IDE_DMA_SEGS) {
        struct gmap *m = &d->map[d->segs];
        uint64_t want = max - got;
        int rc = c->prd.piece_left ? 1 : next_piece(c);

        if (rc < 0)
            return rc;
        if (!rc)
            break;
        if (want > c->prd.piece_left)
            want = c->prd.piece_left;
        if (mem_map(c->ide.vm, c->prd.piece, want, to_guest, m))
            return -EFAULT;
        d->iov[d->segs++] = (struct iovec){m->ptr, m->len};
        step(&c->prd, m->len);
        got += m->len;
    }
    if (got % unit)
        cut(c, d, got, got - got % unit);
    return got - got % unit;
}

static void dma_end(void *opaque, bool error, bool irq)
{
    struct piix3_chan *c = opaque;

    if (error)
        c->status |= BM_ERROR;
    if (error || !irq || (c->prd.end && !c->prd.piece_left))
        c->status &= ~BM_ACTIVE;
    c->ide.dma_ready = false;
}

static const struct ide_host_ops host_ops = {
    .irq = raise,
    .dma_map = dma_map,
    .dma_back = dma_back,
    .dma_end = dma_end,
};

static void command_write(struct piix3_chan *c, uint8_t val)
{
    bool was = c->command & BM_START, on = val & BM_START;

    c->command = val & (BM_START | BM_TO_MEMORY);
    if (on && !was) {
        rewind_table(c);
        c->status |= BM_ACTIVE;
        if (pci_bus_master(&c->s->pci))
            ide_dma_start(&c->ide, true);
    } else if (was && !on) {
        ide_dma_start(&c->ide, false);
        c->status &= ~BM_ACTIVE;
    }
}

static uint64_t bm_read(void *opaque, uint64_t off, unsigned size)
{
    struct piix3_ide *s = opaque;
    struct piix3_chan *c = &s->chan[off / BM_SIZE];

    switch (off % BM_SIZE) {
    case BM_COMMAND:
        return c->command;
    case BM_STATUS:
        return c->status;
    case BM_PRDT:
    case BM_PRDT + 1:
    case BM_PRDT + 2:
    case BM_PRDT + 3:
        return c->prdt >> (8 * (off % BM_SIZE - BM_PRDT)) & 0xff;
    default:
        return 0xff;
    }
}

static void bm_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct piix3_ide *s = opaque;
    struct piix3_chan *c = &s->chan[off / BM_SIZE];
    unsigned shift;

    switch (off % BM_SIZE) {
    case BM_COMMAND:
        command_write(c, val);
        break;
    case BM_STATUS: /* drive capable bits; the rest is write-one-to-clear */
        c->status = (c->status & ~BM_CAPS) | (val & BM_CAPS);
        c->status &= ~(val & (BM_ERROR | BM_IRQ));
        break;
    case BM_PRDT:
    case BM_PRDT + 1:
    case BM_PRDT + 2:
    case BM_PRDT + 3:
        shift = 8 * (off % BM_SIZE - BM_PRDT);
        c->prdt = (c->prdt & ~(0xffu << shift)) | (uint32_t)val << shift;
        c->prdt &= ~3u;
        break;
    default:
        break;
    }
}

static const struct bus_ops bm_ops = {
    .read = bm_read, .write = bm_write, .min = 1, .max = 1};

/* ---- command and control blocks ---- */

static uint64_t block_read(void *opaque, uint64_t off, unsigned size)
{
    struct piix3_chan *c = opaque;
    uint32_t data = 0;

    if (off == 0) {
        ide_data_in(&c->ide, &data, size, 1);
        return data;
    }
    return size == 1 ? ide_read(&c->ide, off) : UINT32_MAX;
}

static void block_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct piix3_chan *c = opaque;
    uint32_t data = val;

    if (off == 0)
        ide_data_out(&c->ide, &data, size, 1);
    else if (size == 1)
        ide_write(&c->ide, off, val);
}

static void block_read_run(void *opaque, uint64_t off, unsigned size, void *buf,
                           uint32_t count)
{
    uint8_t *to = buf;

    if (off == 0) {
        ide_data_in(&((struct piix3_chan *)opaque)->ide, buf, size, count);
        return;
    }
    for (; count; count--, to += size) {
        uint64_t v = block_read(opaque, off, size);

        memcpy(to, &v, size);
    }
}

static void block_write_run(void *opaque, uint64_t off, unsigned size,
                            const void *buf, uint32_t count)
{
    const uint8_t *from = buf;

    if (off == 0) {
        ide_data_out(&((struct piix3_chan *)opaque)->ide, buf, size, count);
        return;
    }
    for (; count; count--, from += size) {
        uint32_t v = 0;

        memcpy(&v, from, size);
        block_write(opaque, off, size, v);
    }
}

static const struct bus_ops block_ops = {
    .read = block_read,
    .write = block_write,
    .read_run = block_read_run,
    .write_run = block_write_run,
    .min = 1,
    .max = 4,
};

static uint64_t control_read(void *opaque, uint64_t off, unsigned size)
{
    return ide_alt_status(&((struct piix3_chan *)opaque)->ide);
}

static void control_write(void *opaque, uint64_t off, unsigned size,
                          uint64_t val)
{
    ide_control(&((struct piix3_chan *)opaque)->ide, val);
}

static const struct bus_ops control_ops = {
    .read = control_read, .write = control_write, .min = 1, .max = 1};

/* ---- the function ---- */

/* A channel answers if its decode is on and the function's I/O space is. */
static void decode(struct piix3_ide *s)
{
    bool io = pci_get16(s->pci.config + PCI_COMMAND) & PCI_COMMAND_IO;

    for (unsigned i = 0; i < 2; i++) {
        struct piix3_chan *c = &s->chan[i];
        bool on = io && (s->pci.config[IDETIM + 2 * i + 1] & IDETIM_DECODE);

        if (on && !c->command_block.added) {
            if (!bus_add(s->pci.dev.vm, &c->command_block))
                bus_add(s->pci.dev.vm, &c->control_block);
        } else if (!on) {
            bus_del(s->pci.dev.vm, &c->command_block);
            bus_del(s->pci.dev.vm, &c->control_block);
        }
    }
}

static void config_written(struct pci_dev *p, unsigned off, unsigned size)
{
    decode((struct piix3_ide *)p);
}

static void ide_reset(struct dev *dev)
{
    struct piix3_ide *s = (struct piix3_ide *)dev;

    for (unsigned i = 0; i < 2; i++) {
        struct piix3_chan *c = &s->chan[i];

        ide_chan_reset(&c->ide);
        c->command = c->status = 0;
        c->prdt = 0;
        rewind_table(c);
    }
    pci_reset(&s->pci);
    /* As firmware of old leaves it: both channels decoded. */
    memset(s->pci.config + IDETIM, 0, 4);
    s->pci.config[IDETIM + 1] = s->pci.config[IDETIM + 3] = IDETIM_DECODE;
    decode(s);
}

static int ide_create(struct dev *dev, struct cfg_err *err)
{
    static const struct pci_id id = {
        .vendor = 0x8086, .device = 0x7010, .class_code = 0x010180};
    static const struct {
        uint16_t command, control;
        uint8_t line;
        const char *name;
    } at[2] = {{0x1f0, 0x3f6, 14, "ide.0"}, {0x170, 0x376, 15, "ide.1"}};
    struct piix3_ide *s = (struct piix3_ide *)dev;
    int rc = pci_init(&s->pci, &id, err);

    if (rc)
        return rc;
    memset(s->pci.wmask + IDETIM, 0xff, 4);
    s->pci.config_written = config_written;
    s->pci.bar[4] = (struct pci_bar){
        .type = PCI_BAR_IO,
        .region = {
            .name = "piix3-bmdma", .ops = &bm_ops, .opaque = s, .size = 16}};
    pci_bar_set(&s->pci, 4);
    for (unsigned i = 0; i < 2; i++) {
        struct piix3_chan *c = &s->chan[i];

        c->s = s;
        c->irq_line = at[i].line;
        c->command_block = (struct bus_region){.name = at[i].name,
                                               .ops = &block_ops,
                                               .opaque = c,
                                               .space = BUS_PIO,
                                               .base = at[i].command,
                                               .size = 8};
        c->control_block = (struct bus_region){.name = at[i].name,
                                               .ops = &control_ops,
                                               .opaque = c,
                                               .space = BUS_PIO,
                                               .base = at[i].control,
                                               .size = 1};
        ide_chan_init(&c->ide, dev, at[i].name, &host_ops, c);
    }
    ide_reset(dev);
    return 0;
}

void piix3_ide_unplug(struct dev *dev, bool aux)
{
    struct piix3_ide *s = (struct piix3_ide *)dev;

    for (unsigned i = 0; i < 2; i++)
        ide_unplug_disks(&s->chan[i].ide, aux && !i ? 1 : 0);
}

static void ide_destroy(struct dev *dev)
{
    struct piix3_ide *s = (struct piix3_ide *)dev;

    for (unsigned i = 0; i < 2; i++) {
        bus_del(dev->vm, &s->chan[i].command_block);
        bus_del(dev->vm, &s->chan[i].control_block);
        ide_chan_fini(&s->chan[i].ide);
    }
    pci_fini(&s->pci);
}

static int post_load(struct dev *dev)
{
    struct piix3_ide *s = (struct piix3_ide *)dev;
    int rc = pci_post_load(&s->pci);

    for (unsigned i = 0; i < 2 && !rc; i++) {
        uint8_t status = s->chan[i].status;

        rc = ide_chan_post_load(&s->chan[i].ide);
        s->chan[i].status = status; /* a line that rose before the save */
    }
    if (!rc)
        decode(s);
    return rc;
}

static const struct state_field prd_state[] = {
    STATE_U32(struct prd, at),    STATE_U32(struct prd, count),
    STATE_U32(struct prd, piece), STATE_U32(struct prd, piece_left),
    STATE_BOOL(struct prd, end),  STATE_END,
};

static const struct state_field chan_state[] = {
    STATE_STRUCT(struct piix3_chan, ide, ide_chan_state),
    STATE_U8(struct piix3_chan, command),
    STATE_U8(struct piix3_chan, status),
    STATE_U32(struct piix3_chan, prdt),
    STATE_STRUCT(struct piix3_chan, prd, prd_state),
    STATE_END,
};

static const struct state_field fields[] = {
    STATE_STRUCT(struct piix3_ide, pci, pci_state),
    STATE_STRUCTS(struct piix3_ide, chan, chan_state),
    STATE_END,
};

static const struct state_desc state = {
    .name = "piix3-ide",
    .version = 1,
    .min_version = 1,
    .fields = fields,
    .post_load = post_load,
};

static const struct dev_prop props[] = {
    PCI_PROP_ADDR(struct piix3_ide),
    DEV_PROP_END,
};

const struct dev_class piix3_ide_class = {
    .name = "piix3-ide",
    .desc = "IDE controller of the PIIX3",
    .bus = "pci",
    .size = sizeof(struct piix3_ide),
    .props = props,
    .create = ide_create,
    .reset = ide_reset,
    .destroy = ide_destroy,
    .state = &state,
};
