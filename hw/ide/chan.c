/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel: two drives that see the same register writes.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/machine.h"
#include "hw/ide/ide.h"

enum {
    REG_ERROR = 1,
    REG_COUNT,
    REG_LBA_LO,
    REG_LBA_MID,
    REG_LBA_HI,
    REG_DEVICE,
    REG_STATUS
};

static struct ide_drive *selected(struct ide_chan *c)
{
    return &c->drive[c->selected];
}

static bool present(const struct ide_drive *d)
{
    return d->kind != IDE_NONE && !d->unplugged;
}

static bool empty(const struct ide_chan *c)
{
    return !present(&c->drive[0]) && !present(&c->drive[1]);
}

/* ---- interrupts and ends ---- */

static void irq_update(struct ide_chan *c)
{
    c->host->irq(c->opaque, c->irq && !(c->control & ATA_NIEN));
}

void ide_irq(struct ide_drive *d)
{
    if (d != selected(d->chan))
        return; /* a drive that is not selected does not drive INTRQ */
    d->chan->irq = true;
    irq_update(d->chan);
}

void ide_idle(struct ide_drive *d)
{
    d->retry = false;
    d->phase = IDE_IDLE;
    d->job = IDE_JOB_NONE;
    d->left = d->pos = d->end = d->fill = 0;
}

void ide_done(struct ide_drive *d)
{
    ide_idle(d);
    d->status = ATA_DRDY | ATA_DSC;
    d->error = 0;
    ide_irq(d);
}

void ide_abort(struct ide_drive *d, uint8_t error)
{
    ide_idle(d);
    d->status = ATA_DRDY | ATA_DSC | ATA_ERR;
    d->error = error;
    ide_irq(d);
}

void ide_signature(struct ide_drive *d)
{
    bool cd = d->kind == IDE_CD;

    d->count[0] = d->lba_lo[0] = 1;
    d->lba_mid[0] = cd ? 0x14 : 0;
    d->lba_hi[0] = cd ? 0xeb : 0;
    d->device &= ATA_DEV;
}

/* ---- requests ---- */

void ide_dma_unmap(struct ide_drive *d, uint64_t dirty)
{
    for (unsigned i = 0; i < d->segs; i++) {
        uint64_t n = dirty < d->map[i].len ? dirty : d->map[i].len;

        dirty -= n;
        mem_unmap(d->chan->vm, &d->map[i], n);
    }
    d->segs = 0;
}

static void io_done(struct blk_req *req, int rc)
{
    struct ide_drive *d =
        (struct ide_drive *)((char *)req - offsetof(struct ide_drive, req));
    bool dma = d->segs;

    d->in_flight = false;
    /* A part of what failed may have come all the same. */
    ide_dma_unmap(d, req->op == BLK_READ ? req->len : 0);
    if (rc) {
        switch (
            blk_error_action(d->blk, d->dev->path, req->op != BLK_READ, rc)) {
        case BLK_STOP: /* status, phase and job say what to do again */
            if (dma)
                d->chan->host->dma_back(d->chan->opaque);
            d->retry = true;
            return;
        case BLK_IGNORE:
            rc = 0;
            break;
        case BLK_REPORT:
            break;
        }
    }
    if (d->kind == IDE_CD)
        atapi_io_done(d, rc);
    else
        ata_io_done(d, rc);
}

void ide_submit(struct ide_drive *d, enum blk_op op, uint64_t off, uint64_t len,
                const struct iovec *iov, int iovcnt)
{
    d->status = ATA_BSY;
    d->phase = IDE_IO;
    d->in_flight = true;
    d->req = (struct blk_req){.op = op,
                              .off = off,
                              .len = len,
                              .iov = iov,
                              .iovcnt = iovcnt,
                              .done = io_done};
    blk_submit(d->queue, &d->req);
}

void ide_chan_drain(struct ide_chan *c)
{
    for (unsigned i = 0; i < 2; i++) {
        /* An end may begin the next piece of the same command. */
        while (c->drive[i].in_flight)
            blk_drain(c->drive[i].queue);
    }
}

void ide_chan_resume(struct ide_chan *c)
{
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];

        if (!d->retry)
            continue;
        d->retry = false;
        if (d->kind == IDE_CD)
            atapi_again(d);
        else
            ata_again(d);
    }
}

uint32_t ide_dma_copy(struct ide_drive *d, bool from_guest)
{
    uint32_t at = 0;

    for (unsigned i = 0; i < d->segs && at < IDE_BUF; i++) {
        uint32_t n = IDE_BUF - at;

        if (n > d->iov[i].iov_len)
            n = d->iov[i].iov_len;
        if (from_guest)
            memcpy(d->buf + at, d->iov[i].iov_base, n);
        else
            memcpy(d->iov[i].iov_base, d->buf + at, n);
        at += n;
    }
    return at;
}

void ide_dma_short(struct ide_drive *d, int64_t n)
{
    struct ide_chan *c = d->chan;

    ide_dma_unmap(d, 0);
    if (n < 0) {
        c->host->dma_end(c->opaque, true, true);
        ide_abort(d, ATA_ABRT);
        return;
    }
    /* A table that ends too early stops it, without an interrupt. */
    ide_idle(d);
    d->status = ATA_DRDY | ATA_DSC;
    c->host->dma_end(c->opaque, false, false);
}

/* ---- moving data ---- */

void ide_data_phase(struct ide_drive *d, uint32_t pos, uint32_t end, bool out)
{
    d->pos = pos;
    d->end = end;
    d->phase = out ? IDE_DATA_OUT : IDE_DATA_IN;
    d->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
}

static void moved(struct ide_drive *d)
{
    if (d->pos < d->end)
        return;
    d->status &= ~ATA_DRQ;
    if (d->kind == IDE_CD)
        atapi_next(d);
    else
        ata_next(d);
}

/* One run stays within one block: what follows may need the host. */
void ide_data_in(struct ide_chan *c, void *buf, unsigned size, uint32_t count)
{
    struct ide_drive *d = selected(c);
    uint8_t *to = buf;
    size_t len = (size_t)size * count;

    while (len && present(d) && d->phase == IDE_DATA_IN) {
        uint32_t n = d->end - d->pos;

        if (n > len)
            n = len;
        memcpy(to, d->buf + d->pos, n);
        d->pos += n;
        to += n;
        len -= n;
        moved(d);
    }
    memset(to, empty(c) ? 0xff : 0, len);
}

void ide_data_out(struct ide_chan *c, const void *buf, unsigned size,
                  uint32_t count)
{
    struct ide_drive *d = selected(c);
    const uint8_t *from = buf;
    size_t len = (size_t)size * count;

    while (len && present(d) && d->phase == IDE_DATA_OUT) {
        uint32_t n = d->end - d->pos;

        if (n > len)
            n = len;
        memcpy(d->buf + d->pos, from, n);
        d->pos += n;
        from += n;
        len -= n;
        moved(d);
    }
}

void ide_dma_start(struct ide_chan *c, bool on)
{
    c->dma_ready = on;
    if (!on)
        ide_chan_drain(c);
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];

        /* Nothing lands in memory after the stop. */
        if (!on && d->retry && d->dma)
            ide_abort(d, ATA_ABRT);
        if (!on || d->phase != IDE_DMA_WAIT)
            continue;
        if (d->kind == IDE_CD)
            atapi_dma_go(d);
        else
            ata_dma_go(d);
    }
}

/* ---- registers ---- */

uint8_t ide_alt_status(struct ide_chan *c)
{
    struct ide_drive *d = selected(c);

    if (empty(c) || !present(d))
        return 0;
    if (d->in_flight) /* the guest polls: so do we */
        blk_poll(d->queue);
    return d->status;
}

uint8_t ide_read(struct ide_chan *c, unsigned reg)
{
    struct ide_drive *d = selected(c);
    unsigned hob = c->control & ATA_HOB ? 1 : 0;
    uint8_t status;

    if (empty(c))
        return 0;
    switch (reg) {
    case REG_ERROR:
        return present(d) ? (hob ? d->feature[1] : d->error) : 0;
    case REG_COUNT:
        return d->count[hob];
    case REG_LBA_LO:
        return d->lba_lo[hob];
    case REG_LBA_MID:
        return d->lba_mid[hob];
    case REG_LBA_HI:
        return d->lba_hi[hob];
    case REG_DEVICE:
        return d->device | 0xa0;
    default:
        status = ide_alt_status(c);
        c->irq = false;
        irq_update(c);
        return status;
    }
}

static void push(uint8_t reg[2], uint8_t val)
{
    reg[1] = reg[0];
    reg[0] = val;
}

static void diagnose(struct ide_chan *c)
{
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];

        d->device = 0;
        ide_signature(d);
        d->error = 1; /* passed */
        d->status = d->kind == IDE_CD ? 0 : ATA_DRDY | ATA_DSC;
    }
    c->selected = 0;
}

static void command(struct ide_chan *c, uint8_t cmd)
{
    struct ide_drive *d = selected(c);

    c->irq = false;
    irq_update(c);
    if (!present(d))
        return;
    if (cmd == 0x90) { /* EXECUTE DEVICE DIAGNOSTIC: both drives */
        ide_chan_drain(c);
        ide_idle(&c->drive[0]);
        ide_idle(&c->drive[1]);
        diagnose(c);
        ide_irq(&c->drive[0]);
        return;
    }
    /* Busy: only a packet device's reset gets through. */
    if (d->status & (ATA_BSY | ATA_DRQ) && !(cmd == 0x08 && d->kind == IDE_CD))
        return;
    if (d->kind == IDE_CD)
        atapi_command(d, cmd);
    else
        ata_command(d, cmd);
}

void ide_write(struct ide_chan *c, unsigned reg, uint8_t val)
{
    c->control &= ~ATA_HOB;
    if (reg == REG_STATUS) {
        command(c, val);
        return;
    }
    if (reg == REG_DEVICE)
        c->selected = val & ATA_DEV ? 1 : 0;
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];

        if (d->status & (ATA_BSY | ATA_DRQ) && reg != REG_DEVICE)
            continue;
        switch (reg) {
        case REG_ERROR:
            push(d->feature, val);
            break;
        case REG_COUNT:
            push(d->count, val);
            break;
        case REG_LBA_LO:
            push(d->lba_lo, val);
            break;
        case REG_LBA_MID:
            push(d->lba_mid, val);
            break;
        case REG_LBA_HI:
            push(d->lba_hi, val);
            break;
        case REG_DEVICE:
            d->device = val;
            break;
        default:
            break;
        }
    }
}

static void soft_reset(struct ide_chan *c)
{
    ide_chan_drain(c);
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];

        ide_idle(d);
        d->multiple = IDE_MULTIPLE;
    }
    c->irq = false;
}

void ide_control(struct ide_chan *c, uint8_t val)
{
    uint8_t old = c->control;

    c->control = val;
    if (val & ATA_SRST && !(old & ATA_SRST)) {
        soft_reset(c);
        c->drive[0].status = c->drive[1].status = ATA_BSY;
    } else if (old & ATA_SRST && !(val & ATA_SRST)) {
        diagnose(c);
    }
    irq_update(c);
}

void ide_unplug_disks(struct ide_chan *c, unsigned first)
{
    ide_chan_drain(c);
    for (unsigned i = first; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];

        if (d->kind != IDE_HD)
            continue;
        ide_idle(d);
        d->status = 0;
        d->unplugged = true;
    }
}

/* ---- life ---- */

void ide_chan_reset(struct ide_chan *c)
{
    soft_reset(c);
    c->control = 0;
    c->dma_ready = false;
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];

        d->unplugged = false;
        d->device = 0;
        memset(d->feature, 0, 2);
        memset(d->count, 0, 2);
        memset(d->lba_lo, 0, 2);
        memset(d->lba_mid, 0, 2);
        memset(d->lba_hi, 0, 2);
        d->dma_mode = 0;
        d->write_cache = true;
        d->locked = false;
        d->sense_key = d->asc = d->ascq = 0;
        d->ext = d->dma = false;
        d->block = d->in_io = d->limit = 0;
        d->lba = 0;
    }
    diagnose(c);
    irq_update(c);
}

void ide_chan_init(struct ide_chan *c, struct dev *owner, const char *name,
                   const struct ide_host_ops *host, void *opaque)
{
    c->vm = owner->vm;
    c->host = host;
    c->opaque = opaque;
    c->bus = (struct dev_bus){.type = "ide", .name = name, .owner = owner};
    for (unsigned i = 0; i < 2; i++)
        c->drive[i].chan = c;
    dev_bus_add(owner->vm, &c->bus);
    ide_chan_reset(c);
}

void ide_chan_fini(struct ide_chan *c)
{
    if (c->vm)
        dev_bus_del(c->vm, &c->bus);
}

void ide_put16(uint8_t *identify, unsigned word, uint16_t v)
{
    identify[2 * word] = v;
    identify[2 * word + 1] = v >> 8;
}

/* ATA strings: two characters a word, the first in the high byte. */
void ide_put_string(uint8_t *to, const char *s, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        to[i ^ 1] = *s ? *s++ : ' ';
}

/* ---- state ---- */

static const struct state_field drive_state[] = {
    STATE_BOOL(struct ide_drive, unplugged),
    STATE_BYTES(struct ide_drive, feature),
    STATE_BYTES(struct ide_drive, count),
    STATE_BYTES(struct ide_drive, lba_lo),
    STATE_BYTES(struct ide_drive, lba_mid),
    STATE_BYTES(struct ide_drive, lba_hi),
    STATE_U8(struct ide_drive, device),
    STATE_U8(struct ide_drive, status),
    STATE_U8(struct ide_drive, error),
    STATE_U8(struct ide_drive, heads),
    STATE_U8(struct ide_drive, spt),
    STATE_U8(struct ide_drive, multiple),
    STATE_U8(struct ide_drive, dma_mode),
    STATE_BOOL(struct ide_drive, write_cache),
    STATE_U8(struct ide_drive, phase),
    STATE_U8(struct ide_drive, job),
    STATE_BOOL(struct ide_drive, retry),
    STATE_BOOL(struct ide_drive, dma),
    STATE_BOOL(struct ide_drive, ext),
    STATE_U64(struct ide_drive, lba),
    STATE_U32(struct ide_drive, left),
    STATE_U32(struct ide_drive, block),
    STATE_U32(struct ide_drive, pos),
    STATE_U32(struct ide_drive, end),
    STATE_U32(struct ide_drive, fill),
    STATE_U8(struct ide_drive, sense_key),
    STATE_U8(struct ide_drive, asc),
    STATE_U8(struct ide_drive, ascq),
    STATE_BOOL(struct ide_drive, tray_open),
    STATE_BOOL(struct ide_drive, locked),
    STATE_BOOL(struct ide_drive, media_changed),
    STATE_BOOL(struct ide_drive, eject_asked),
    STATE_U32(struct ide_drive, limit),
    STATE_BYTES(struct ide_drive, buf),
    STATE_END,
};

const struct state_field ide_chan_state[] = {
    STATE_STRUCTS(struct ide_chan, drive, drive_state),
    STATE_U8(struct ide_chan, selected),
    STATE_U8(struct ide_chan, control),
    STATE_BOOL(struct ide_chan, irq),
    STATE_BOOL(struct ide_chan, dma_ready),
    STATE_END,
};

/* What a drive does next relies on these. */
static bool drive_valid(const struct ide_drive *d)
{
    bool sectors = d->job == IDE_JOB_READ || d->job == IDE_JOB_WRITE;
    bool medium = sectors || d->job == IDE_JOB_TRIM ||
                  d->job == IDE_JOB_FLUSH || d->job == IDE_JOB_CD_READ;

    if (d->phase > IDE_DMA_WAIT || d->job > IDE_JOB_CD_READ ||
        d->pos > d->end || d->end > IDE_BUF || d->fill > IDE_BUF ||
        d->multiple > IDE_MULTIPLE || d->block > IDE_BUF / IDE_SECTOR)
        return false;
    /* A paused drive has nothing in flight but what waits for resume. */
    if ((d->phase == IDE_IO) != d->retry)
        return false;
    if (d->retry &&
        (!medium || (d->job == IDE_JOB_CD_READ) != (d->kind == IDE_CD) ||
         (d->job == IDE_JOB_TRIM && d->pos < IDE_TRIM_RANGE)))
        return false;
    switch (d->kind) {
    case IDE_HD:
        return d->heads && d->spt && (d->block || !sectors);
    case IDE_CD:
        return d->blk || !medium;
    default:
        return d->phase == IDE_IDLE;
    }
}

int ide_chan_post_load(struct ide_chan *c)
{
    if (c->selected > 1)
        return -EINVAL;
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];

        if (!drive_valid(d))
            return -EINVAL;
        if (d->retry)
            d->status = ATA_BSY;
    }
    irq_update(c);
    return 0;
}
