/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ATAPI CD-ROM: packets and their data, and the ATA commands beside them.
 * A medium is an ISO image: one data track of 2048-byte sectors.
 */
#include "config.h"

#include "hw/ide/atapi.h"

#include <string.h>

#define BUF_SECTORS (IDE_BUF / CD_SECTOR)

enum { REASON_COD = 1, REASON_IO = 2 }; /* interrupt reason register */

bool atapi_medium(const struct ide_drive *d)
{
    return d->blk && !d->tray_open;
}

uint32_t atapi_sectors(const struct ide_drive *d)
{
    uint64_t n = d->blk ? atomic_load(&d->blk->size) / CD_SECTOR : 0;

    return n < UINT32_MAX ? n : UINT32_MAX;
}

/* ---- ends ---- */

void atapi_good(struct ide_drive *d)
{
    if (d->sense_key != SENSE_UNIT_ATTENTION)
        d->sense_key = d->asc = d->ascq = 0;
    d->count[0] = REASON_IO | REASON_COD;
    if (d->dma && d->phase != IDE_DATA_OUT)
        d->chan->host->dma_end(d->chan->opaque, false, true);
    ide_done(d);
}

void atapi_check(struct ide_drive *d, uint8_t key, uint8_t asc)
{
    d->sense_key = key;
    d->asc = asc;
    d->ascq = 0;
    d->count[0] = REASON_IO | REASON_COD;
    if (d->phase == IDE_IO && d->dma)
        d->chan->host->dma_end(d->chan->opaque, false, true);
    ide_abort(d, key << 4);
}

/* ---- data to the guest ---- */

/* How much goes out for one interrupt, by the limit the guest set. */
static uint32_t portion(const struct ide_drive *d)
{
    uint32_t n = d->fill - d->pos, limit = d->limit;

    if (!limit || limit == 0xffff)
        limit = 0xfffe;
    if (n > limit) {
        n = limit & ~1u; /* only the last portion may be odd */
        if (!n)
            n = 2;
        if (n > d->fill - d->pos)
            n = d->fill - d->pos;
    }
    return n;
}

static void offer(struct ide_drive *d)
{
    uint32_t n = portion(d);

    ide_data_phase(d, d->pos, d->pos + n, false);
    d->lba_mid[0] = n;
    d->lba_hi[0] = n >> 8;
    d->count[0] = REASON_IO;
    ide_irq(d);
}

static void wait_for_dma(struct ide_drive *d)
{
    d->phase = IDE_DMA_WAIT;
    d->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
    d->count[0] = REASON_IO;
    if (d->chan->dma_ready)
        atapi_dma_go(d);
}

void atapi_reply(struct ide_drive *d, uint32_t have, uint32_t asked)
{
    d->fill = have < asked ? have : asked;
    d->pos = 0;
    if (!d->fill) {
        d->dma = false;
        atapi_good(d);
        return;
    }
    d->job = IDE_JOB_REPLY;
    if (d->dma)
        wait_for_dma(d);
    else
        offer(d);
}

static void read_more(struct ide_drive *d)
{
    if (!atapi_medium(d)) { /* taken out in the middle of it */
        atapi_check(d, SENSE_NOT_READY, ASC_MEDIUM_NOT_PRESENT);
        return;
    }
    d->in_io = d->left < BUF_SECTORS ? d->left : BUF_SECTORS;
    d->iov[0] = (struct iovec){d->buf, (size_t)d->in_io * CD_SECTOR};
    ide_submit(d, BLK_READ, d->lba * CD_SECTOR, d->iov[0].iov_len, d->iov, 1);
}

void atapi_read(struct ide_drive *d, uint32_t lba, uint32_t n)
{
    uint32_t total = atapi_sectors(d);

    if (!n) {
        d->dma = false;
        atapi_good(d);
        return;
    }
    if (lba >= total || n > total - lba) {
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE);
        return;
    }
    d->lba = lba;
    d->left = n;
    d->job = IDE_JOB_CD_READ;
    if (d->dma)
        wait_for_dma(d);
    else
        read_more(d);
}

void atapi_dma_go(struct ide_drive *d)
{
    struct ide_chan *c = d->chan;
    bool sectors = d->job == IDE_JOB_CD_READ;
    uint64_t want = sectors ? (uint64_t)d->left * CD_SECTOR : d->fill;
    unsigned unit = sectors ? CD_SECTOR : 1;
    int64_t n;

    if (sectors && !atapi_medium(d)) {
        d->phase = IDE_IO;
        atapi_check(d, SENSE_NOT_READY, ASC_MEDIUM_NOT_PRESENT);
        return;
    }
    n = c->host->dma_map(c->opaque, d, want, unit, true);
    if (n <= 0) {
        ide_dma_short(d, n);
        return;
    }
    if (!sectors) {
        ide_dma_copy(d, false);
        ide_dma_unmap(d, n);
        d->phase = IDE_IO;
        atapi_good(d);
        return;
    }
    d->in_io = n / CD_SECTOR;
    ide_submit(d, BLK_READ, d->lba * CD_SECTOR, (uint64_t)d->in_io * CD_SECTOR,
               d->iov, d->segs);
}

void atapi_again(struct ide_drive *d)
{
    if (d->dma)
        atapi_dma_go(d);
    else
        read_more(d);
}

void atapi_io_done(struct ide_drive *d, int rc)
{
    if (rc) {
        atapi_check(d, SENSE_MEDIUM_ERROR, ASC_UNRECOVERED_READ);
        return;
    }
    d->lba += d->in_io;
    d->left -= d->in_io;
    if (!d->dma) {
        d->pos = 0;
        d->fill = d->in_io * CD_SECTOR;
        offer(d);
    } else if (d->left) {
        atapi_dma_go(d);
    } else {
        atapi_good(d);
    }
}
void atapi_next(struct ide_drive *d)
{
    switch (d->job) {
    case IDE_JOB_PACKET:
        atapi_packet(d);
        return;
    case IDE_JOB_REPLY:
    case IDE_JOB_CD_READ:
        if (d->pos < d->fill)
            offer(d);
        else if (d->job == IDE_JOB_CD_READ && d->left)
            read_more(d);
        else
            atapi_good(d);
        return;
    default: /* IDENTIFY PACKET DEVICE: the answer was taken */
        d->phase = IDE_IDLE;
        return;
    }
}

/* ---- ATA commands of a packet device ---- */

static void identify(struct ide_drive *d)
{
    uint8_t *b = d->buf;

    memset(b, 0, IDE_SECTOR);
    ide_put16(b, 0, 0x85c0); /* ATAPI CD-ROM, removable, 50 us DRQ, 12 bytes */
    ide_put_string(b + 2 * 10, d->serial, 20);
    ide_put_string(b + 2 * 23, d->version, 8);
    ide_put_string(b + 2 * 27, d->model, 40);
    ide_put16(b, 49, 0x0b00); /* IORDY, LBA, DMA */
    ide_put16(b, 53, 0x0007);
    ide_put16(b, 63,
              0x07 | (d->dma_mode >> 3 == 4 ? 0x100 << (d->dma_mode & 7) : 0));
    ide_put16(b, 64, 0x0003);
    for (unsigned w = 65; w <= 68; w++)
        ide_put16(b, w, 120);
    ide_put16(b, 80, 0x001e);
    ide_put16(b, 82, 0x4210); /* NOP, DEVICE RESET, PACKET */
    ide_put16(b, 83, 0x4000);
    ide_put16(b, 84, 0x4000);
    ide_put16(b, 85, 0x4210);
    ide_put16(b, 87, 0x4000);
    ide_put16(b, 88,
              0x3f | (d->dma_mode >> 3 == 8 ? 0x100 << (d->dma_mode & 7) : 0));
    d->job = IDE_JOB_NONE;
    d->fill = IDE_SECTOR;
    ide_data_phase(d, 0, IDE_SECTOR, false);
    ide_irq(d);
}

void atapi_command(struct ide_drive *d, uint8_t cmd)
{
    d->error = 0;
    d->ext = d->dma = false;
    switch (cmd) {
    case 0x08: /* DEVICE RESET */
        ide_chan_drain(d->chan);
        ide_idle(d);
        ide_signature(d);
        d->error = 1;
        d->status = 0;
        break;
    case 0xa0: /* PACKET */
        d->dma = d->feature[0] & 1;
        d->limit = (uint32_t)d->lba_hi[0] << 8 | d->lba_mid[0];
        d->job = IDE_JOB_PACKET;
        ide_data_phase(d, 0, ATAPI_PACKET, true);
        d->count[0] = REASON_COD;
        break;
    case 0xa1:
        identify(d);
        break;
    case 0xef: /* SET FEATURES: transfer mode */
        if (d->feature[0] == 0x03) {
            d->dma_mode = d->count[0];
            ide_done(d);
        } else {
            ide_abort(d, ATA_ABRT);
        }
        break;
    case 0xe0:
    case 0xe1:
    case 0xe5:
    case 0xe6:
        if (cmd == 0xe5)
            d->count[0] = 0xff;
        ide_done(d);
        break;
    case 0xec: /* IDENTIFY DEVICE: tells that this is a packet device */
    case 0x20:
        ide_signature(d);
        ide_abort(d, ATA_ABRT);
        break;
    default:
        ide_abort(d, ATA_ABRT);
    }
}

/* ---- the medium ---- */

void atapi_media_changed(struct ide_drive *d)
{
    d->media_changed = true;
    d->sense_key = SENSE_UNIT_ATTENTION;
    d->asc = ASC_MEDIUM_CHANGED;
    d->ascq = 0;
}

bool atapi_eject(struct ide_drive *d, bool force)
{
    if (d->tray_open)
        return true;
    d->eject_asked = d->locked && !force;
    d->tray_open = !d->eject_asked;
    return d->tray_open;
}
