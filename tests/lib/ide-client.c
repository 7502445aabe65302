/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/lib/ide-client.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/suite.h"

#define MS 10000 /* patience, real time */

void idec_image(char path[64], const char *name, unsigned sectors)
{
    uint32_t block[128];
    FILE *f;

    suite_path(path, 64, name);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    for (unsigned i = 0; i < sectors; i++) {
        for (unsigned w = 0; w < 128; w++)
            block[w] = i << 8 | w;
        ck_assert_uint_eq(fwrite(block, 512, 1, f), 1);
    }
    fclose(f);
}

void idec_out(struct ide_client *c, unsigned reg, uint8_t v)
{
    tv_outb(c->t, c->cmd + reg, v);
}

static bool not_busy(void *opaque)
{
    struct ide_client *c = opaque;

    return !(tv_inb(c->t, c->ctl) & IDE_BSY);
}

uint8_t idec_wait(struct ide_client *c)
{
    ck_assert(tv_wait(c->t, not_busy, c, MS));
    return tv_inb(c->t, c->ctl);
}

void idec_address(struct ide_client *c, unsigned unit, uint64_t lba,
                  unsigned count, bool ext)
{
    idec_out(c, IDE_DEVICE, 0xe0 | unit << 4 | (ext ? 0 : lba >> 24 & 0xf));
    if (ext) {
        idec_out(c, IDE_COUNT, count >> 8);
        idec_out(c, IDE_LO, lba >> 24);
        idec_out(c, IDE_MID, lba >> 32);
        idec_out(c, IDE_HI, lba >> 40);
    }
    idec_out(c, IDE_COUNT, count);
    idec_out(c, IDE_LO, lba);
    idec_out(c, IDE_MID, lba >> 8);
    idec_out(c, IDE_HI, lba >> 16);
}

void idec_reset(struct ide_client *c)
{
    tv_outb(c->t, c->bm, 0);
    tv_outb(c->t, c->bm + 2, 6);
    tv_outb(c->t, c->ctl, 4);
    tv_outb(c->t, c->ctl, 0);
    idec_wait(c);
}

/* ---- bus master ---- */

void idec_prd(struct ide_client *c, unsigned i, uint32_t gpa, uint32_t len,
              bool last)
{
    uint32_t e[2] = {gpa, (len & 0xffff) | (last ? 0x80000000 : 0)};

    tv_mem_write(c->t, c->prdt + 8 * i, e, 8);
}

void idec_dma_start(struct ide_client *c, uint8_t cmd, bool to_memory)
{
    tv_outl(c->t, c->bm + 4, c->prdt);
    tv_outb(c->t, c->bm + 2, 6);
    idec_out(c, IDE_STATUS, cmd);
    tv_outb(c->t, c->bm, to_memory ? 9 : 1);
}

static bool dma_over(void *opaque)
{
    struct ide_client *c = opaque;
    uint8_t v = tv_inb(c->t, c->bm + 2);

    return v & 4 || !(v & 1);
}

uint8_t idec_dma_end(struct ide_client *c)
{
    uint8_t v;

    ck_assert(tv_wait(c->t, dma_over, c, MS));
    v = tv_inb(c->t, c->bm + 2) & 7;
    tv_outb(c->t, c->bm, 0);
    tv_outb(c->t, c->bm + 2, 6);
    return v;
}

/* ---- packets ---- */

void idec_packet(struct ide_client *c, const uint8_t p[12], unsigned limit,
                 bool dma)
{
    idec_out(c, IDE_ERROR, dma);
    idec_out(c, IDE_MID, limit);
    idec_out(c, IDE_HI, limit >> 8);
    idec_out(c, IDE_STATUS, 0xa0);
    ck_assert_uint_eq(idec_wait(c) & IDE_DRQ, IDE_DRQ);
    ck_assert_uint_eq(tv_inb(c->t, c->cmd + IDE_COUNT), 1);
    for (unsigned i = 0; i < 12; i += 2)
        tv_outw(c->t, c->cmd, p[i] | p[i + 1] << 8);
}

int idec_answer(struct ide_client *c, void *buf, unsigned max)
{
    unsigned got = 0, n;

    while (idec_wait(c) & IDE_DRQ) {
        ck_assert_uint_eq(tv_inb(c->t, c->cmd + IDE_COUNT), 2);
        n = tv_inb(c->t, c->cmd + IDE_MID) | tv_inb(c->t, c->cmd + IDE_HI) << 8;
        ck_assert_uint_ne(n, 0);
        ck_assert_uint_le(got + n, max);
        for (unsigned i = 0; i < n; i += 2) {
            uint16_t w = tv_inw(c->t, c->cmd);

            memcpy((char *)buf + got + i, &w, n - i < 2 ? 1 : 2);
        }
        got += n;
    }
    ck_assert_uint_eq(tv_inb(c->t, c->cmd + IDE_COUNT), 3);
    return tv_inb(c->t, c->ctl) & IDE_ERR ? -1 : (int)got;
}

int idec_run(struct ide_client *c, const uint8_t p[12], void *buf, unsigned max)
{
    idec_packet(c, p, 0xfffe, false);
    return idec_answer(c, buf, max);
}

unsigned idec_sense(struct ide_client *c)
{
    uint8_t b[18];

    ck_assert_int_eq(idec_run(c, (const uint8_t[12]){3, 0, 0, 0, 18}, b, 18),
                     18);
    return b[2] << 8 | b[12];
}
