/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ATA disks: commands of ATA/ATAPI-6, clause 8. A disk is what a PC of 2005
 * has: LBA48, multiword and ultra DMA, a write cache, TRIM.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "hw/ide/ide.h"

#define LBA28_MAX 0x0fffffffu
#define PIO_SECTORS (IDE_BUF / IDE_SECTOR)

/* ---- where and how much ---- */

static uint32_t count28(const struct ide_drive *d)
{
    return d->count[0] ? d->count[0] : 256;
}

static uint32_t count48(const struct ide_drive *d)
{
    uint32_t n = (uint32_t)d->count[1] << 8 | d->count[0];

    return n ? n : 65536;
}

static uint64_t lba48(const struct ide_drive *d)
{
    return (uint64_t)d->lba_hi[1] << 40 | (uint64_t)d->lba_mid[1] << 32 |
           (uint64_t)d->lba_lo[1] << 24 | (uint64_t)d->lba_hi[0] << 16 |
           (uint64_t)d->lba_mid[0] << 8 | d->lba_lo[0];
}

/* The address in the registers; UINT64_MAX where there is no such sector. */
static uint64_t address(const struct ide_drive *d)
{
    uint32_t low = (uint32_t)d->lba_hi[0] << 16 | (uint32_t)d->lba_mid[0] << 8 |
                   d->lba_lo[0];
    uint32_t cyl = low >> 8, head = d->device & 0xf, sec = d->lba_lo[0];

    if (d->ext)
        return lba48(d);
    if (d->device & ATA_LBA)
        return (uint64_t)head << 24 | low;
    if (!sec || sec > d->spt || head >= d->heads)
        return UINT64_MAX;
    return ((uint64_t)cyl * d->heads + head) * d->spt + sec - 1;
}

/* The registers name the sector at fault, or the last one moved. */
static void show_address(struct ide_drive *d, uint64_t lba)
{
    uint64_t cyl;

    if (d->ext || d->device & ATA_LBA) {
        d->lba_lo[0] = lba;
        d->lba_mid[0] = lba >> 8;
        d->lba_hi[0] = lba >> 16;
        if (d->ext) {
            d->lba_lo[1] = lba >> 24;
            d->lba_mid[1] = lba >> 32;
            d->lba_hi[1] = lba >> 40;
        } else {
            d->device = (d->device & 0xf0) | (lba >> 24 & 0xf);
        }
        return;
    }
    cyl = lba / d->spt / d->heads;
    d->lba_lo[0] = lba % d->spt + 1;
    d->lba_mid[0] = cyl;
    d->lba_hi[0] = cyl >> 8;
    d->device = (d->device & 0xf0) | (lba / d->spt % d->heads);
}

static void fail_at(struct ide_drive *d, uint64_t lba, uint8_t error)
{
    show_address(d, lba);
    ide_abort(d, error);
}

/* ---- moving sectors ---- */

static uint32_t min32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void read_more(struct ide_drive *d)
{
    d->in_io = min32(d->left, PIO_SECTORS);
    d->iov[0] = (struct iovec){d->buf, (size_t)d->in_io * IDE_SECTOR};
    ide_submit(d, BLK_READ, d->lba * IDE_SECTOR, d->iov[0].iov_len, d->iov, 1);
}

/* The next sectors of the buffer that belong to one interrupt. */
static void offer(struct ide_drive *d)
{
    uint32_t n = min32(d->fill - d->pos, d->block * IDE_SECTOR);

    ide_data_phase(d, d->pos, d->pos + n, false);
    ide_irq(d);
}

static void ask(struct ide_drive *d)
{
    ide_data_phase(d, 0, min32(d->left, d->block) * IDE_SECTOR, true);
}

static void flush(struct ide_drive *d)
{
    d->job = IDE_JOB_FLUSH;
    ide_submit(d, BLK_FLUSH, 0, 0, NULL, 0);
}

/* All sectors are moved. */
static void moved_all(struct ide_drive *d, bool write)
{
    if (d->ext || d->device & ATA_LBA || d->lba)
        show_address(d, d->lba - 1);
    d->count[0] = 0;
    if (write && !d->write_cache)
        flush(d);
    else
        ide_done(d);
}

static void begin(struct ide_drive *d, bool write, bool ext, bool dma,
                  uint32_t block)
{
    uint32_t n = ext ? count48(d) : count28(d);

    d->ext = ext;
    d->dma = dma;
    d->block = block;
    d->lba = address(d);
    if (!block) {
        ide_abort(d, ATA_ABRT);
        return;
    }
    if (d->lba >= d->sectors || n > d->sectors - d->lba) {
        ide_abort(d, ATA_IDNF);
        return;
    }
    if (write && d->blk->readonly) {
        ide_abort(d, ATA_ABRT);
        return;
    }
    d->left = n;
    d->job = write ? IDE_JOB_WRITE : IDE_JOB_READ;
    if (dma) {
        d->phase = IDE_DMA_WAIT;
        d->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
        if (d->chan->dma_ready)
            ata_dma_go(d);
    } else if (write) {
        ask(d); /* no interrupt before the first block */
    } else {
        read_more(d);
    }
}

void ata_dma_go(struct ide_drive *d)
{
    struct ide_chan *c = d->chan;
    bool to_guest = d->job == IDE_JOB_READ;
    uint64_t want = (uint64_t)d->left * IDE_SECTOR;
    int64_t n = c->host->dma_map(c->opaque, d, want, IDE_SECTOR, to_guest);

    if (n <= 0) {
        ide_dma_short(d, n);
        return;
    }
    if (d->job == IDE_JOB_TRIM) {
        d->fill = d->end = ide_dma_copy(d, true);
        ide_dma_unmap(d, 0);
        d->pos = 0;
        ata_next(d);
        return;
    }
    d->in_io = n / IDE_SECTOR;
    ide_submit(d, to_guest ? BLK_READ : BLK_WRITE, d->lba * IDE_SECTOR,
               (uint64_t)d->in_io * IDE_SECTOR, d->iov, d->segs);
}

/* ---- TRIM ---- */

/* One range after the other: 48 bits of address, 16 of length, 0 is none. */
static void trim_next(struct ide_drive *d)
{
    while (d->pos + IDE_TRIM_RANGE <= d->fill) {
        uint64_t e, lba, n;

        memcpy(&e, d->buf + d->pos, IDE_TRIM_RANGE);
        d->pos += IDE_TRIM_RANGE;
        lba = e & 0xffffffffffff;
        n = e >> 48;
        if (!n)
            continue;
        if (lba >= d->sectors || n > d->sectors - lba) {
            if (d->dma)
                d->chan->host->dma_end(d->chan->opaque, false, true);
            fail_at(d, lba, ATA_ABRT);
            return;
        }
        ide_submit(d, BLK_DISCARD, lba * IDE_SECTOR, n * IDE_SECTOR, NULL, 0);
        return;
    }
    if (d->dma)
        d->chan->host->dma_end(d->chan->opaque, false, true);
    ide_done(d);
}

static void trim(struct ide_drive *d)
{
    uint32_t blocks = count48(d);

    if (!(d->feature[0] & 1) || blocks > IDE_TRIM_BLOCKS || d->blk->readonly) {
        ide_abort(d, ATA_ABRT);
        return;
    }
    d->ext = true;
    d->dma = true;
    d->left = blocks;
    d->job = IDE_JOB_TRIM;
    d->phase = IDE_DMA_WAIT;
    d->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
    if (d->chan->dma_ready)
        ata_dma_go(d);
}

/* ---- what comes next ---- */

void ata_next(struct ide_drive *d)
{
    switch (d->job) {
    case IDE_JOB_READ:
        if (d->pos < d->fill) {
            offer(d);
            return;
        }
        if (d->left)
            read_more(d);
        else
            moved_all(d, false);
        return;
    case IDE_JOB_WRITE:
        d->in_io = d->end / IDE_SECTOR;
        d->iov[0] = (struct iovec){d->buf, d->end};
        ide_submit(d, BLK_WRITE, d->lba * IDE_SECTOR, d->end, d->iov, 1);
        return;
    case IDE_JOB_TRIM:
        trim_next(d);
        return;
    default:
        /* IDENTIFY: the answer was taken */
        d->phase = IDE_IDLE;
        d->job = IDE_JOB_NONE;
        return;
    }
}

void ata_again(struct ide_drive *d)
{
    switch (d->job) {
    case IDE_JOB_FLUSH:
        flush(d);
        return;
    case IDE_JOB_TRIM:
        d->pos -= IDE_TRIM_RANGE;
        trim_next(d);
        return;
    default:
        break;
    }
    if (d->dma)
        ata_dma_go(d);
    else if (d->job == IDE_JOB_READ)
        read_more(d);
    else
        ata_next(d); /* the block is in the buffer */
}

static void io_failed(struct ide_drive *d)
{
    if (d->dma)
        d->chan->host->dma_end(d->chan->opaque, false, true);
    if (d->job == IDE_JOB_FLUSH)
        ide_abort(d, ATA_ABRT);
    else
        fail_at(d, d->lba, d->job == IDE_JOB_READ ? ATA_UNC : ATA_ABRT);
}

void ata_io_done(struct ide_drive *d, int rc)
{
    if (rc) {
        io_failed(d);
        return;
    }
    switch (d->job) {
    case IDE_JOB_FLUSH:
        if (d->dma)
            d->chan->host->dma_end(d->chan->opaque, false, true);
        ide_done(d);
        return;
    case IDE_JOB_TRIM:
        trim_next(d);
        return;
    default:
        break;
    }
    d->lba += d->in_io;
    d->left -= d->in_io;
    if (d->dma) {
        if (d->left) {
            ata_dma_go(d);
        } else {
            if (d->job == IDE_JOB_READ || d->write_cache)
                d->chan->host->dma_end(d->chan->opaque, false, true);
            moved_all(d, d->job == IDE_JOB_WRITE);
        }
    } else if (d->job == IDE_JOB_READ) {
        d->pos = 0;
        d->fill = d->in_io * IDE_SECTOR;
        offer(d);
    } else if (d->left) {
        ask(d);
        ide_irq(d);
    } else {
        moved_all(d, true);
    }
}

/* ---- IDENTIFY and settings ---- */

static void identify(struct ide_drive *d)
{
    uint64_t lba28 = d->sectors < LBA28_MAX ? d->sectors : LBA28_MAX;
    uint32_t chs = (uint32_t)d->cylinders * d->heads * d->spt;
    uint8_t *p = d->buf;

    memset(p, 0, IDE_SECTOR);
    ide_put16(p, 0, 0x0040); /* fixed */
    ide_put16(p, 1, d->cylinders);
    ide_put16(p, 3, d->heads);
    ide_put16(p, 6, d->spt);
    ide_put_string(p + 2 * 10, d->serial, 20);
    ide_put_string(p + 2 * 23, d->version, 8);
    ide_put_string(p + 2 * 27, d->model, 40);
    ide_put16(p, 47, 0x8000 | IDE_MULTIPLE);
    ide_put16(p, 49, 0x0b00); /* IORDY, LBA, DMA */
    ide_put16(p, 50, 0x4000);
    ide_put16(p, 51, 0x0200);
    ide_put16(p, 52, 0x0200);
    ide_put16(p, 53, 0x0007); /* 54-58, 64-70, 88 are valid */
    ide_put16(p, 54, d->cylinders);
    ide_put16(p, 55, d->heads);
    ide_put16(p, 56, d->spt);
    ide_put16(p, 57, chs);
    ide_put16(p, 58, chs >> 16);
    ide_put16(p, 59, d->multiple ? 0x100 | d->multiple : 0);
    ide_put16(p, 60, lba28);
    ide_put16(p, 61, lba28 >> 16);
    ide_put16(p, 63,
              0x07 | (d->dma_mode >> 3 == 4 ? 0x100 << (d->dma_mode & 7) : 0));
    ide_put16(p, 64, 0x0003); /* PIO 3 and 4 */
    for (unsigned w = 65; w <= 68; w++)
        ide_put16(p, w, 120); /* ns a cycle */
    if (d->blk->discard)
        ide_put16(p, 69, 0x4000); /* TRIM has no surprises: may read old */
    ide_put16(p, 80, 0x00f0);     /* ATA-4 to ATA-7 */
    ide_put16(p, 81, 0x0016);
    ide_put16(p, 82, 0x4020); /* NOP, write cache */
    ide_put16(p, 83, 0x7400); /* FLUSH, FLUSH EXT, LBA48 */
    ide_put16(p, 84, 0x4000);
    ide_put16(p, 85, 0x4000 | (d->write_cache ? 0x20 : 0));
    ide_put16(p, 86, 0x3400);
    ide_put16(p, 87, 0x4000);
    ide_put16(p, 88,
              0x3f | (d->dma_mode >> 3 == 8 ? 0x100 << (d->dma_mode & 7) : 0));
    ide_put16(p, 93, 0x4000 | (d == &d->chan->drive[1] ? 0x0300 : 0x000b));
    for (unsigned w = 0; w < 4; w++)
        ide_put16(p, 100 + w, d->sectors >> (16 * w));
    if (d->blk->physical_block > IDE_SECTOR) {
        unsigned shift = 0;

        while (IDE_SECTOR << shift < d->blk->physical_block && shift < 15)
            shift++;
        ide_put16(p, 106, 0x6000 | shift);
    }
    if (d->blk->discard) {
        ide_put16(p, 105, IDE_TRIM_BLOCKS);
        ide_put16(p, 169, 1); /* TRIM */
    }
    d->job = IDE_JOB_NONE;
    d->fill = IDE_SECTOR;
    ide_data_phase(d, 0, IDE_SECTOR, false);
    ide_irq(d);
}

static void set_features(struct ide_drive *d)
{
    uint8_t mode = d->count[0];

    switch (d->feature[0]) {
    case 0x02:
        d->write_cache = true;
        break;
    case 0x82: /* off: what is in it goes out */
        d->write_cache = false;
        d->dma = false;
        flush(d);
        return;
    case 0x03: /* XFER MODE: PIO, multiword DMA 0-2, ultra DMA 0-5 */
        if (!(mode >> 3 <= 1 || (mode >> 3 == 4 && (mode & 7) <= 2) ||
              (mode >> 3 == 8 && (mode & 7) <= 5))) {
            ide_abort(d, ATA_ABRT);
            return;
        }
        d->dma_mode = mode;
        break;
    case 0x66: /* keep settings over a reset, or not; read look-ahead; ... */
    case 0xcc:
    case 0xaa:
    case 0x55:
    case 0x05:
    case 0x85:
    case 0x42:
    case 0xc2:
        break;
    default:
        ide_abort(d, ATA_ABRT);
        return;
    }
    ide_done(d);
}

static void set_multiple(struct ide_drive *d)
{
    uint8_t n = d->count[0];

    if (n > IDE_MULTIPLE || (n & (n - 1))) {
        ide_abort(d, ATA_ABRT);
        return;
    }
    d->multiple = n;
    ide_done(d);
}

static void init_params(struct ide_drive *d)
{
    if (!d->count[0]) {
        ide_abort(d, ATA_ABRT);
        return;
    }
    d->heads = (d->device & 0xf) + 1;
    d->spt = d->count[0];
    ide_done(d);
}

static void verify(struct ide_drive *d, bool ext)
{
    uint32_t n = ext ? count48(d) : count28(d);

    d->ext = ext;
    d->lba = address(d);
    if (d->lba >= d->sectors || n > d->sectors - d->lba)
        ide_abort(d, ATA_IDNF);
    else
        ide_done(d);
}

static void native_max(struct ide_drive *d, bool ext)
{
    uint64_t last = d->sectors - 1;

    d->ext = ext;
    if (!ext && last > LBA28_MAX)
        last = LBA28_MAX;
    d->device |= ATA_LBA;
    show_address(d, last);
    ide_done(d);
}

void ata_command(struct ide_drive *d, uint8_t cmd)
{
    d->error = 0;
    d->ext = d->dma = false;
    if (cmd >> 4 == 1) { /* RECALIBRATE */
        ide_done(d);
        return;
    }
    switch (cmd) {
    case 0x06:
        trim(d);
        break;
    case 0x20: /* READ SECTORS */
    case 0x21:
        begin(d, false, false, false, 1);
        break;
    case 0x24:
        begin(d, false, true, false, 1);
        break;
    case 0xc4: /* READ MULTIPLE */
        begin(d, false, false, false, d->multiple);
        break;
    case 0x29:
        begin(d, false, true, false, d->multiple);
        break;
    case 0xc8: /* READ DMA */
    case 0xc9:
        begin(d, false, false, true, 1);
        break;
    case 0x25:
        begin(d, false, true, true, 1);
        break;
    case 0x30: /* WRITE SECTORS */
    case 0x31:
        begin(d, true, false, false, 1);
        break;
    case 0x34:
        begin(d, true, true, false, 1);
        break;
    case 0xc5: /* WRITE MULTIPLE */
        begin(d, true, false, false, d->multiple);
        break;
    case 0x39:
        begin(d, true, true, false, d->multiple);
        break;
    case 0xca: /* WRITE DMA */
    case 0xcb:
        begin(d, true, false, true, 1);
        break;
    case 0x35:
        begin(d, true, true, true, 1);
        break;
    case 0x40: /* READ VERIFY */
    case 0x41:
        verify(d, false);
        break;
    case 0x42:
        verify(d, true);
        break;
    case 0x70: /* SEEK */
        ide_done(d);
        break;
    case 0x91:
        init_params(d);
        break;
    case 0xc6:
        set_multiple(d);
        break;
    case 0xe5: /* CHECK POWER MODE: active */
    case 0x98:
        d->count[0] = 0xff;
        ide_done(d);
        break;
    case 0xe0: /* STANDBY, IDLE, SLEEP: there is nothing to spin down */
    case 0xe1:
    case 0xe2:
    case 0xe3:
    case 0xe6:
    case 0x94:
    case 0x95:
    case 0x96:
    case 0x97:
    case 0x99:
        ide_done(d);
        break;
    case 0xe7: /* FLUSH CACHE */
    case 0xea:
        flush(d);
        break;
    case 0xec:
        identify(d);
        break;
    case 0xef:
        set_features(d);
        break;
    case 0xf8:
        native_max(d, false);
        break;
    case 0x27:
        native_max(d, true);
        break;
    default:
        ide_abort(d, ATA_ABRT);
    }
}
