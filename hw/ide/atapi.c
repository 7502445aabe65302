/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ATAPI CD-ROM: the packet commands of MMC-3 that firmware and systems use.
 * A medium is an ISO image: one data track of 2048-byte sectors.
 */
#include "config.h"

#include <string.h>

#include "hw/ide/ide.h"

#define PACKET 12u
#define BUF_SECTORS (IDE_BUF / CD_SECTOR)

enum { REASON_COD = 1, REASON_IO = 2 }; /* interrupt reason register */

enum {
    SENSE_NONE = 0,
    SENSE_NOT_READY = 2,
    SENSE_MEDIUM_ERROR = 3,
    SENSE_ILLEGAL_REQUEST = 5,
    SENSE_UNIT_ATTENTION = 6,

    ASC_UNRECOVERED_READ = 0x11,
    ASC_INVALID_COMMAND = 0x20,
    ASC_LBA_OUT_OF_RANGE = 0x21,
    ASC_INVALID_FIELD = 0x24,
    ASC_MEDIUM_CHANGED = 0x28,
    ASC_SAVING_NOT_SUPPORTED = 0x39,
    ASC_MEDIUM_NOT_PRESENT = 0x3a,
    ASC_REMOVAL_PREVENTED = 0x53,
};

static uint16_t be16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static void put_be16(uint8_t *p, uint16_t v)
{
    p[0] = v >> 8;
    p[1] = v;
}

static void put_be32(uint8_t *p, uint32_t v)
{
    put_be16(p, v >> 16);
    put_be16(p + 2, v);
}

static bool medium(const struct ide_drive *d)
{
    return d->blk && !d->tray_open;
}

static uint32_t cd_sectors(const struct ide_drive *d)
{
    uint64_t n = d->blk ? atomic_load(&d->blk->size) / CD_SECTOR : 0;

    return n < UINT32_MAX ? n : UINT32_MAX;
}

/* ---- ends ---- */

static void good(struct ide_drive *d)
{
    if (d->sense_key != SENSE_UNIT_ATTENTION)
        d->sense_key = d->asc = d->ascq = 0;
    d->count[0] = REASON_IO | REASON_COD;
    if (d->dma && d->phase != IDE_DATA_OUT)
        d->chan->host->dma_end(d->chan->opaque, false, true);
    ide_done(d);
}

static void check(struct ide_drive *d, uint8_t key, uint8_t asc)
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

/* Answers with the first bytes of buf: what there is, what was asked for. */
static void reply(struct ide_drive *d, uint32_t have, uint32_t asked)
{
    d->fill = have < asked ? have : asked;
    d->pos = 0;
    if (!d->fill) {
        d->dma = false;
        good(d);
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
    if (!medium(d)) { /* taken out in the middle of it */
        check(d, SENSE_NOT_READY, ASC_MEDIUM_NOT_PRESENT);
        return;
    }
    d->in_io = d->left < BUF_SECTORS ? d->left : BUF_SECTORS;
    d->iov[0] = (struct iovec){d->buf, (size_t)d->in_io * CD_SECTOR};
    ide_submit(d, BLK_READ, d->lba * CD_SECTOR, d->iov[0].iov_len, d->iov, 1);
}

static void read_sectors(struct ide_drive *d, uint32_t lba, uint32_t n)
{
    uint32_t total = cd_sectors(d);

    if (!n) {
        d->dma = false;
        good(d);
        return;
    }
    if (lba >= total || n > total - lba) {
        check(d, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE);
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

    if (sectors && !medium(d)) {
        d->phase = IDE_IO;
        check(d, SENSE_NOT_READY, ASC_MEDIUM_NOT_PRESENT);
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
        good(d);
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
        check(d, SENSE_MEDIUM_ERROR, ASC_UNRECOVERED_READ);
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
        good(d);
    }
}

/* ---- the commands that answer from a table ---- */

static void test_unit_ready(struct ide_drive *d, const uint8_t *p)
{
    d->dma = false;
    good(d);
}

static void request_sense(struct ide_drive *d, const uint8_t *p)
{
    uint8_t *b = d->buf;

    memset(b, 0, 18);
    b[0] = 0x70;
    b[2] = d->sense_key;
    b[7] = 10;
    b[12] = d->asc;
    b[13] = d->ascq;
    d->sense_key = d->asc = d->ascq = 0;
    reply(d, 18, p[4]);
}

static void put_padded(uint8_t *to, const char *s, unsigned len)
{
    while (len--)
        *to++ = *s ? *s++ : ' ';
}

static void inquiry(struct ide_drive *d, const uint8_t *p)
{
    uint8_t *b = d->buf;

    if (p[1] & 1) { /* no vital product data */
        check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    memset(b, 0, 36);
    b[0] = 0x05; /* CD-ROM */
    b[1] = 0x80; /* removable */
    b[3] = 0x21; /* ATAPI */
    b[4] = 31;
    put_padded(b + 8, "hvmd", 8);
    put_padded(b + 16, d->model, 16);
    put_padded(b + 32, d->version, 4);
    reply(d, 36, be16(p + 3));
}

static void start_stop(struct ide_drive *d, const uint8_t *p)
{
    bool start = p[4] & 1, eject = p[4] & 2;

    d->dma = false;
    if (eject) {
        if (start) {
            d->tray_open = false;
        } else if (d->locked) {
            check(d, medium(d) ? SENSE_ILLEGAL_REQUEST : SENSE_NOT_READY,
                  ASC_REMOVAL_PREVENTED);
            return;
        } else {
            d->tray_open = true;
        }
    }
    good(d);
}

static void prevent_removal(struct ide_drive *d, const uint8_t *p)
{
    d->dma = false;
    d->locked = p[4] & 1;
    good(d);
}

static void read_capacity(struct ide_drive *d, const uint8_t *p)
{
    put_be32(d->buf, cd_sectors(d) - 1);
    put_be32(d->buf + 4, CD_SECTOR);
    reply(d, 8, 8);
}

static void seek(struct ide_drive *d, const uint8_t *p)
{
    d->dma = false;
    if (be32(p + 2) >= cd_sectors(d))
        check(d, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE);
    else
        good(d);
}

static void read10(struct ide_drive *d, const uint8_t *p)
{
    read_sectors(d, be32(p + 2), be16(p + 7));
}

static void read12(struct ide_drive *d, const uint8_t *p)
{
    read_sectors(d, be32(p + 2), be32(p + 6));
}

static void read_cd(struct ide_drive *d, const uint8_t *p)
{
    uint32_t n = (uint32_t)p[6] << 16 | be16(p + 7);

    switch (p[9] & 0xf8) {
    case 0x00: /* nothing of it */
        read_sectors(d, be32(p + 2), 0);
        break;
    case 0x10: /* user data */
        read_sectors(d, be32(p + 2), n);
        break;
    default: /* an image has no headers and no ECC */
        check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
    }
}

/* An address as the guest wants it: minutes, seconds and frames, or LBA. */
static void put_address(uint8_t *b, uint32_t lba, bool msf)
{
    if (!msf) {
        put_be32(b, lba);
        return;
    }
    lba += 150;
    b[0] = 0;
    b[1] = lba / 75 / 60;
    b[2] = lba / 75 % 60;
    b[3] = lba % 75;
}

static uint8_t *put_track(uint8_t *b, uint8_t number, uint32_t lba, bool msf)
{
    b[0] = 0;
    b[1] = 0x14; /* data track */
    b[2] = number;
    b[3] = 0;
    put_address(b + 4, lba, msf);
    return b + 8;
}

static uint8_t *put_full_toc(uint8_t *b, uint8_t point, const uint8_t msf[3])
{
    memset(b, 0, 11);
    b[0] = 1; /* session */
    b[1] = 0x14;
    b[3] = point;
    memcpy(b + 8, msf, 3);
    return b + 11;
}

static void read_toc(struct ide_drive *d, const uint8_t *p)
{
    bool msf = p[1] & 2;
    uint8_t format = p[2] & 0xf ? p[2] & 0xf : p[9] >> 6;
    uint8_t start = p[6], *b = d->buf + 4, lead_out[4];
    uint32_t total = cd_sectors(d);

    d->buf[2] = d->buf[3] = 1; /* first and last track or session */
    switch (format) {
    case 0:
        if (start > 1 && start != 0xaa) {
            check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
            return;
        }
        if (start <= 1)
            b = put_track(b, 1, 0, msf);
        b = put_track(b, 0xaa, total, msf);
        break;
    case 1: /* sessions: one */
        b = put_track(b, 1, 0, msf);
        break;
    case 2:
        put_address(lead_out, total, true);
        b = put_full_toc(b, 0xa0, (const uint8_t[]){1, 0, 0});
        b = put_full_toc(b, 0xa1, (const uint8_t[]){1, 0, 0});
        b = put_full_toc(b, 0xa2, lead_out + 1);
        b = put_full_toc(b, 1, (const uint8_t[]){0, 2, 0});
        break;
    default:
        check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    put_be16(d->buf, b - d->buf - 2);
    reply(d, b - d->buf, be16(p + 7));
}

static void get_configuration(struct ide_drive *d, const uint8_t *p)
{
    uint8_t *b = d->buf;

    if ((p[1] & 3) > 2) {
        check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    memset(b, 0, 40);
    put_be16(b + 6, medium(d) ? 0x0008 : 0); /* profile: CD-ROM */
    b[10] = 0x03; /* feature 0, profile list: persistent, current */
    b[11] = 4;
    put_be16(b + 12, 0x0008);
    b[14] = medium(d);
    put_be16(b + 16, 1); /* core */
    b[18] = 0x0b;
    b[19] = 8;
    put_be32(b + 20, 2); /* ATAPI */
    b[24] = 1;           /* DBE */
    put_be16(b + 28, 3); /* removable medium */
    b[30] = 0x03;
    b[31] = 4;
    b[32] = 0x29; /* tray, can eject and lock */
    put_be32(b, 36 - 4);
    reply(d, 36, be16(p + 7));
}

static void get_event(struct ide_drive *d, const uint8_t *p)
{
    uint8_t *b = d->buf;

    if (!(p[1] & 1)) { /* asynchronous: not here */
        check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    memset(b, 0, 8);
    b[3] = 0x10; /* media events are all there are */
    if (!(p[4] & 0x10)) {
        b[2] = 0x80;
        put_be16(b, 2);
        reply(d, 4, be16(p + 7));
        return;
    }
    put_be16(b, 6);
    b[2] = 4;
    if (d->eject_asked)
        b[4] = 1;
    else if (d->media_changed)
        b[4] = d->blk ? 2 : 3; /* new medium, medium gone */
    d->eject_asked = d->media_changed = false;
    b[5] = (d->tray_open ? 1 : 0) | (d->blk ? 2 : 0);
    reply(d, 8, be16(p + 7));
}

static void disc_information(struct ide_drive *d, const uint8_t *p)
{
    uint8_t *b = d->buf;

    if (p[1] & 7) {
        check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    memset(b, 0, 34);
    put_be16(b, 32);
    b[2] = 0x0e; /* complete */
    b[3] = b[4] = b[5] = b[6] = 1;
    b[7] = 0x20; /* unrestricted use */
    reply(d, 34, be16(p + 7));
}

static void mechanism_status(struct ide_drive *d, const uint8_t *p)
{
    memset(d->buf, 0, 8);
    d->buf[1] = d->tray_open ? 0x10 : 0;
    reply(d, 8, be16(p + 8));
}

/* Pages 01 (error recovery), 0e (audio) and 2a (capabilities). */
static uint32_t mode_page(struct ide_drive *d, uint8_t code, uint8_t *b)
{
    uint32_t len = code == 0x01 ? 8 : code == 0x0e ? 16 : 22;

    memset(b, 0, len);
    b[0] = code;
    b[1] = len - 2;
    if (code == 0x01) {
        b[3] = 5; /* retries */
    } else if (code == 0x2a) {
        b[2] = 0x3b; /* reads CD-R, CD-RW, DVD */
        b[4] = 0x70; /* multi-session, mode 2 */
        b[6] = 0x29 | (d->locked ? 2 : 0);
        put_be16(b + 8, 704); /* KB/s */
        b[11] = 2;
        put_be16(b + 12, 512);
        put_be16(b + 14, 704);
    }
    return len;
}

static void mode_sense(struct ide_drive *d, const uint8_t *p)
{
    static const uint8_t pages[] = {0x01, 0x0e, 0x2a};
    uint8_t code = p[2] & 0x3f, *b = d->buf;
    uint32_t len = 8;

    switch (p[2] >> 6) {
    case 0: /* current */
    case 2: /* default: the same */
        break;
    case 3:
        check(d, SENSE_ILLEGAL_REQUEST, ASC_SAVING_NOT_SUPPORTED);
        return;
    default:
        check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    memset(b, 0, 8);
    for (unsigned i = 0; i < sizeof(pages); i++) {
        if (code == pages[i] || code == 0x3f)
            len += mode_page(d, pages[i], b + len);
    }
    if (len == 8) {
        check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    put_be16(b, len - 2);
    b[2] = d->tray_open ? 0x71 : d->blk ? 0x01 : 0x70;
    reply(d, len, be16(p + 7));
}

/* ---- packets ---- */

#define NEEDS_MEDIUM 1u
#define WITHOUT_ATTENTION 2u /* runs though a unit attention is pending */

static const struct packet {
    uint8_t code, flags;
    void (*run)(struct ide_drive *d, const uint8_t *p);
} packets[] = {
    {0x00, NEEDS_MEDIUM, test_unit_ready},
    {0x03, WITHOUT_ATTENTION, request_sense},
    {0x12, WITHOUT_ATTENTION, inquiry},
    {0x1b, 0, start_stop},
    {0x1e, 0, prevent_removal},
    {0x25, NEEDS_MEDIUM, read_capacity},
    {0x28, NEEDS_MEDIUM, read10},
    {0x2b, NEEDS_MEDIUM, seek},
    {0x43, NEEDS_MEDIUM, read_toc},
    {0x46, WITHOUT_ATTENTION, get_configuration},
    {0x4a, WITHOUT_ATTENTION, get_event},
    {0x51, NEEDS_MEDIUM, disc_information},
    {0x5a, 0, mode_sense},
    {0xa8, NEEDS_MEDIUM, read12},
    {0xbb, 0, test_unit_ready}, /* SET CD SPEED: it is fast enough */
    {0xbd, 0, mechanism_status},
    {0xbe, NEEDS_MEDIUM, read_cd},
};

static void packet(struct ide_drive *d)
{
    uint8_t p[PACKET];

    memcpy(p, d->buf, PACKET); /* the answer goes where it was */
    d->job = IDE_JOB_NONE;
    for (unsigned i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        const struct packet *c = &packets[i];

        if (c->code != p[0])
            continue;
        if (!(c->flags & WITHOUT_ATTENTION) &&
            d->sense_key == SENSE_UNIT_ATTENTION) {
            check(d, SENSE_UNIT_ATTENTION, d->asc); /* until it is sensed */
            return;
        }
        if (c->flags & NEEDS_MEDIUM && !medium(d)) {
            check(d, SENSE_NOT_READY, ASC_MEDIUM_NOT_PRESENT);
            return;
        }
        c->run(d, p);
        return;
    }
    check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_COMMAND);
}

void atapi_next(struct ide_drive *d)
{
    switch (d->job) {
    case IDE_JOB_PACKET:
        packet(d);
        return;
    case IDE_JOB_REPLY:
    case IDE_JOB_CD_READ:
        if (d->pos < d->fill)
            offer(d);
        else if (d->job == IDE_JOB_CD_READ && d->left)
            read_more(d);
        else
            good(d);
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
        ide_data_phase(d, 0, PACKET, true);
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
