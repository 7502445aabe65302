/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet commands of MMC-3 that firmware and systems use. */
#include "config.h"

#include "hw/ide/atapi.h"

#include <string.h>

#include "dm/bytes.h"

static void test_unit_ready(struct ide_drive *d, const uint8_t *p)
{
    d->dma = false;
    atapi_good(d);
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
    atapi_reply(d, 18, p[4]);
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
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
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
    atapi_reply(d, 36, be_get16(p + 3));
}

static void start_stop(struct ide_drive *d, const uint8_t *p)
{
    bool start = p[4] & 1, eject = p[4] & 2;

    d->dma = false;
    if (eject) {
        if (start) {
            d->tray_open = false;
        } else if (d->locked) {
            atapi_check(
                d, atapi_medium(d) ? SENSE_ILLEGAL_REQUEST : SENSE_NOT_READY,
                ASC_REMOVAL_PREVENTED);
            return;
        } else {
            d->tray_open = true;
        }
    }
    atapi_good(d);
}

static void prevent_removal(struct ide_drive *d, const uint8_t *p)
{
    d->dma = false;
    d->locked = p[4] & 1;
    atapi_good(d);
}

static void read_capacity(struct ide_drive *d, const uint8_t *p)
{
    be_put32(d->buf, atapi_sectors(d) - 1);
    be_put32(d->buf + 4, CD_SECTOR);
    atapi_reply(d, 8, 8);
}

static void seek(struct ide_drive *d, const uint8_t *p)
{
    d->dma = false;
    if (be_get32(p + 2) >= atapi_sectors(d))
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE);
    else
        atapi_good(d);
}

static void read10(struct ide_drive *d, const uint8_t *p)
{
    atapi_read(d, be_get32(p + 2), be_get16(p + 7));
}

static void read12(struct ide_drive *d, const uint8_t *p)
{
    atapi_read(d, be_get32(p + 2), be_get32(p + 6));
}

static void read_cd(struct ide_drive *d, const uint8_t *p)
{
    uint32_t n = (uint32_t)p[6] << 16 | be_get16(p + 7);

    switch (p[9] & 0xf8) {
    case 0x00: /* nothing of it */
        atapi_read(d, be_get32(p + 2), 0);
        break;
    case 0x10: /* user data */
        atapi_read(d, be_get32(p + 2), n);
        break;
    default: /* an image has no headers and no ECC */
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
    }
}

/* An address as the guest wants it: minutes, seconds and frames, or LBA. */
static void put_address(uint8_t *b, uint32_t lba, bool msf)
{
    if (!msf) {
        be_put32(b, lba);
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
    uint32_t total = atapi_sectors(d);

    d->buf[2] = d->buf[3] = 1; /* first and last track or session */
    switch (format) {
    case 0:
        if (start > 1 && start != 0xaa) {
            atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
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
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    be_put16(d->buf, b - d->buf - 2);
    atapi_reply(d, b - d->buf, be_get16(p + 7));
}

static void get_configuration(struct ide_drive *d, const uint8_t *p)
{
    uint8_t *b = d->buf;

    if ((p[1] & 3) > 2) {
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    memset(b, 0, 40);
    be_put16(b + 6, atapi_medium(d) ? 0x0008 : 0); /* profile: CD-ROM */
    b[10] = 0x03; /* feature 0, profile list: persistent, current */
    b[11] = 4;
    be_put16(b + 12, 0x0008);
    b[14] = atapi_medium(d);
    be_put16(b + 16, 1); /* core */
    b[18] = 0x0b;
    b[19] = 8;
    be_put32(b + 20, 2); /* ATAPI */
    b[24] = 1;           /* DBE */
    be_put16(b + 28, 3); /* removable medium */
    b[30] = 0x03;
    b[31] = 4;
    b[32] = 0x29; /* tray, can eject and lock */
    be_put32(b, 36 - 4);
    atapi_reply(d, 36, be_get16(p + 7));
}

static void get_event(struct ide_drive *d, const uint8_t *p)
{
    uint8_t *b = d->buf;

    if (!(p[1] & 1)) { /* asynchronous: not here */
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    memset(b, 0, 8);
    b[3] = 0x10; /* media events are all there are */
    if (!(p[4] & 0x10)) {
        b[2] = 0x80;
        be_put16(b, 2);
        atapi_reply(d, 4, be_get16(p + 7));
        return;
    }
    be_put16(b, 6);
    b[2] = 4;
    if (d->eject_asked)
        b[4] = 1;
    else if (d->media_changed)
        b[4] = d->blk ? 2 : 3; /* new medium, medium gone */
    d->eject_asked = d->media_changed = false;
    b[5] = (d->tray_open ? 1 : 0) | (d->blk ? 2 : 0);
    atapi_reply(d, 8, be_get16(p + 7));
}

static void disc_information(struct ide_drive *d, const uint8_t *p)
{
    uint8_t *b = d->buf;

    if (p[1] & 7) {
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    memset(b, 0, 34);
    be_put16(b, 32);
    b[2] = 0x0e; /* complete */
    b[3] = b[4] = b[5] = b[6] = 1;
    b[7] = 0x20; /* unrestricted use */
    atapi_reply(d, 34, be_get16(p + 7));
}

static void mechanism_status(struct ide_drive *d, const uint8_t *p)
{
    memset(d->buf, 0, 8);
    d->buf[1] = d->tray_open ? 0x10 : 0;
    atapi_reply(d, 8, be_get16(p + 8));
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
        be_put16(b + 8, 704); /* KB/s */
        b[11] = 2;
        be_put16(b + 12, 512);
        be_put16(b + 14, 704);
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
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_SAVING_NOT_SUPPORTED);
        return;
    default:
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    memset(b, 0, 8);
    for (unsigned i = 0; i < sizeof(pages); i++) {
        if (code == pages[i] || code == 0x3f)
            len += mode_page(d, pages[i], b + len);
    }
    if (len == 8) {
        atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
        return;
    }
    be_put16(b, len - 2);
    b[2] = d->tray_open ? 0x71 : d->blk ? 0x01 : 0x70;
    atapi_reply(d, len, be_get16(p + 7));
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

void atapi_packet(struct ide_drive *d)
{
    uint8_t p[ATAPI_PACKET];

    memcpy(p, d->buf, ATAPI_PACKET); /* the answer goes where it was */
    d->job = IDE_JOB_NONE;
    for (unsigned i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        const struct packet *c = &packets[i];

        if (c->code != p[0])
            continue;
        if (!(c->flags & WITHOUT_ATTENTION) &&
            d->sense_key == SENSE_UNIT_ATTENTION) {
            atapi_check(d, SENSE_UNIT_ATTENTION,
                        d->asc); /* until it is sensed */
            return;
        }
        if (c->flags & NEEDS_MEDIUM && !atapi_medium(d)) {
            atapi_check(d, SENSE_NOT_READY, ASC_MEDIUM_NOT_PRESENT);
            return;
        }
        c->run(d, p);
        return;
    }
    atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_COMMAND);
}
