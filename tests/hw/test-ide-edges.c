/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hw/ide at its edges: what guests did to other models, by number, and the
 * ends of LBA48, FLUSH, TRIM and packets. Beside the drives is the Xen
 * platform device, which takes the disk away in the middle of things.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/ide-client.h"
#include "tests/lib/suite.h"

#define IDE_BDF 0x09
#define BM 0xc000
#define PRDT 0x10000u
#define DATA 0x20000u
#define SECTORS 8192u
#define CD_BLOCKS 64u
#define UNPLUG 0x10 /* the platform device's port */

static struct testvm *t;
static struct ide_client c;
static char disk_path[64], cd_path[64];

static void decode(void)
{
    tv_cfg_write(t, IDE_BDF, 0x20, 4, BM);
    tv_cfg_write(t, IDE_BDF, 0x04, 2, 0x05); /* I/O, bus master */
}

/* more: of the disk's -drive. The machine is made twice to compare states, so
 * there is no lock on the image. */
static void start(const char *more)
{
    char disk[256], cd[256];
    const char *const words[] = {"-m",      "16M",
                                 "-drive",  disk,
                                 "-drive",  cd,
                                 "-device", "ide-hd,drive=d0,bus=ide.0,unit=0",
                                 "-device", "ide-cd,drive=d1,bus=ide.0,unit=1",
                                 "-device", "xen-platform,addr=5",
                                 NULL};

    if (t)
        tv_free(t);
    snprintf(disk, sizeof(disk),
             "if=none,id=d0,format=fault,inner=raw,locking=off,discard=unmap,"
             "file=%s%s",
             disk_path, more);
    snprintf(cd, sizeof(cd),
             "if=none,id=d1,format=raw,locking=off,readonly=on,file=%s",
             cd_path);
    t = tv_new("pc", words);
    c = (struct ide_client){
        .t = t, .cmd = 0x1f0, .ctl = 0x3f6, .bm = BM, .prdt = PRDT};
    decode();
}

static void setup(void)
{
    idec_image(disk_path, "edges-disk", SECTORS);
    idec_image(cd_path, "edges-cd", CD_BLOCKS * 4);
    t = NULL;
    start("");
}

static void teardown(void)
{
    tv_free(t);
    unlink(disk_path);
    unlink(cd_path);
}

static uint8_t status(void)
{
    return tv_inb(t, c.ctl);
}

static uint8_t error(void)
{
    return tv_inb(t, c.cmd + IDE_ERROR);
}

/* What the file has, past the device. */
static uint32_t on_disk(unsigned sector, unsigned word)
{
    uint32_t v = 0;
    FILE *f = fopen(disk_path, "r");

    ck_assert_ptr_nonnull(f);
    fseek(f, sector * 512L + word * 4, SEEK_SET);
    ck_assert_uint_eq(fread(&v, 4, 1, f), 1);
    fclose(f);
    return v;
}

static bool untouched(unsigned sector)
{
    return on_disk(sector, 0) == sector << 8 &&
           on_disk(sector, 127) == (sector << 8 | 127);
}

/* ---- unplug ---- */

static bool stopped(void *opaque)
{
    return t->vm.state == RUN_IO_ERROR;
}

static void cont(void)
{
    struct cfg_err err;

    vm_lock(&t->vm);
    ck_assert_int_eq(vm_cont(&t->vm, &err), 0);
    vm_unlock(&t->vm);
}

/* Nothing answers, whatever is written; then it comes back with a reset. */
static void check_gone(void)
{
    ck_assert_uint_eq(status(), 0);
    idec_address(&c, 0, 0, 1, false);
    idec_out(&c, IDE_STATUS, 0x30);
    for (unsigned i = 0; i < 256; i++)
        tv_outw(t, c.cmd, 0xdead);
    ck_assert_uint_eq(status(), 0);
    ck_assert(untouched(0));
    tv_roundtrip(t);
    /* its neighbour is still there */
    idec_out(&c, IDE_DEVICE, 0xb0);
    ck_assert_int_eq(idec_run(&c, (const uint8_t[12]){0}, NULL, 0), 0);
    tv_reset(t);
    decode();
    idec_out(&c, IDE_DEVICE, 0xe0);
    ck_assert_uint_eq(status() & IDE_DRDY, IDE_DRDY);
}

/* XSA-139 (CVE-2015-5166), CVE-2023-5088: the host still works on the guest's
 * request, by DMA, when the disk goes; once more; and saved and loaded. */
START_TEST(xsa_139_unplug_during_dma)
{
    uint32_t buf[128];

    memset(buf, 0xee, sizeof(buf));
    for (unsigned write = 0; write < 2; write++) {
        start(",rule=any:delay=3000000:count=99");
        tv_mem_write(t, DATA, buf, 512);
        idec_prd(&c, 0, DATA, 512, false);
        idec_prd(&c, 1, DATA, 512, true);
        idec_address(&c, 0, 5000, 2, true);
        idec_dma_start(&c, write ? 0x35 : 0x25, !write);
        ck_assert_uint_eq(status(), IDE_BSY);
        tv_outw(t, UNPLUG, 1);
        tv_outw(t, UNPLUG, 1);
        tv_outw(t, UNPLUG, 4);
        check_gone();
    }
    ck_assert(untouched(4999));
    ck_assert(untouched(5002));
}
END_TEST

/* XSA-139: while an error has the guest stopped, what was stopped must not go
 * on when the guest does. */
START_TEST(xsa_139_unplug_while_stopped)
{
    uint32_t buf[128];

    memset(buf, 0xee, sizeof(buf));
    start(",werror=stop,rule=write:errno=ENOSPC:nth=1");
    tv_mem_write(t, DATA, buf, 512);
    idec_prd(&c, 0, DATA, 512, true);
    idec_address(&c, 0, 5000, 1, true);
    idec_dma_start(&c, 0x35, false);
    ck_assert(tv_wait(t, stopped, NULL, 10000));
    tv_outw(t, UNPLUG, 1);
    tv_roundtrip(t);
    cont();
    check_gone();
    ck_assert(untouched(5000));
}
END_TEST

/* XSA-139: at each byte of a block that the guest writes by PIO. */
START_TEST(xsa_139_unplug_during_pio)
{
    for (unsigned n = 0; n <= 256; n += 32) {
        idec_address(&c, 0, 70, 2, false);
        idec_out(&c, IDE_STATUS, 0x30);
        for (unsigned i = 0; i < n; i++)
            tv_outw(t, c.cmd, 0xeeee);
        tv_outw(t, UNPLUG, 5);
        check_gone();
        ck_assert(untouched(71));
    }
}
END_TEST

/* ---- disks ---- */

/* Addresses and counts around what 28 and 48 bits hold and the disk has. */
START_TEST(lba48_edges)
{
    static const uint64_t lbas[] = {
        SECTORS,       SECTORS - 1,     0xfffffff,   0x10000000,
        0xffffffff,    0x100000000,     1ull << 47,  0xffffffffffff,
        0xfffffff0000, 0xffffffff0000u, SECTORS - 2, 0x800000000000,
    };
    static const uint8_t cmds[] = {0x24, 0x34, 0x29, 0x39, 0x25, 0x35, 0x42};

    idec_prd(&c, 0, DATA, 0, true);
    for (unsigned i = 0; i < sizeof(lbas) / sizeof(lbas[0]); i++) {
        for (unsigned k = 0; k < sizeof(cmds); k++) {
            idec_address(&c, 0, lbas[i], i % 2 ? 0 : 3, true); /* 0: 65536 */
            idec_out(&c, IDE_STATUS, cmds[k]);
            ck_assert_uint_eq(idec_wait(&c) & (IDE_ERR | IDE_DRQ), IDE_ERR);
            ck_assert_uint_eq(error(), 0x10); /* IDNF */
        }
        tv_roundtrip(t);
    }
    /* the upper halves are read back with HOB, until anything is written */
    idec_address(&c, 0, 0x112233445566, 0x7788, true);
    tv_outb(t, c.ctl, 0x80);
    ck_assert_uint_eq(tv_inb(t, c.cmd + IDE_COUNT), 0x77);
    ck_assert_uint_eq(tv_inb(t, c.cmd + IDE_LO), 0x33);
    ck_assert_uint_eq(tv_inb(t, c.cmd + IDE_MID), 0x22);
    ck_assert_uint_eq(tv_inb(t, c.cmd + IDE_HI), 0x11);
    idec_out(&c, IDE_DEVICE, 0xe0);
    ck_assert_uint_eq(tv_inb(t, c.cmd + IDE_COUNT), 0x88);
    ck_assert_uint_eq(tv_inb(t, c.cmd + IDE_LO), 0x66);
    /* the last sector, by both */
    for (unsigned ext = 0; ext < 2; ext++) {
        uint32_t first;

        idec_address(&c, 0, SECTORS - 1, 1, ext);
        idec_out(&c, IDE_STATUS, ext ? 0x24 : 0x20);
        ck_assert_uint_eq(idec_wait(&c) & (IDE_ERR | IDE_DRQ), IDE_DRQ);
        first = tv_inl(t, c.cmd);
        ck_assert_uint_eq(first, (SECTORS - 1) << 8);
        for (unsigned i = 1; i < 128; i++)
            tv_inl(t, c.cmd);
        ck_assert_uint_eq(idec_wait(&c) & IDE_DRQ, 0);
    }
    /* 256 sectors, which 28-bit commands write as 0 */
    idec_address(&c, 0, 100, 0, false);
    for (unsigned i = 0; i < 2; i++)
        idec_prd(&c, i, DATA + i * 0x10000, 0, i == 1);
    idec_dma_start(&c, 0xc8, true);
    ck_assert_uint_eq(idec_dma_end(&c), 4);
    tv_mem_read(t, DATA + 255 * 512, &(uint32_t){0}, 4);
    ck_assert_uint_eq(status() & IDE_ERR, 0);
}
END_TEST

START_TEST(flush_waits_and_fails)
{
    for (unsigned i = 0; i < 2; i++) {
        start(",rule=flush:delay=2000000:count=9");
        idec_address(&c, 0, 0, 0, true);
        idec_out(&c, IDE_STATUS, i ? 0xea : 0xe7);
        ck_assert_uint_eq(status(), IDE_BSY);
        idec_out(&c, IDE_STATUS, 0x20); /* busy: nobody listens */
        idec_out(&c, IDE_COUNT, 0x55);
        ck_assert_uint_eq(idec_wait(&c) & (IDE_ERR | IDE_DRQ), 0);
        ck_assert_uint_ne(tv_inb(t, c.cmd + IDE_COUNT), 0x55);
        ck_assert(tv_gsi(t, 14));
        tv_roundtrip(t);
        start(",rule=flush:errno=EIO:nth=1");
        idec_out(&c, IDE_STATUS, i ? 0xea : 0xe7);
        ck_assert_uint_eq(idec_wait(&c) & IDE_ERR, IDE_ERR);
        ck_assert_uint_eq(error(), 4);
        idec_out(&c, IDE_STATUS, 0xe7);
        ck_assert_uint_eq(idec_wait(&c) & IDE_ERR, 0);
    }
    /* without a write cache, a write is done when it is on the disk */
    start(",rule=flush:errno=EIO:nth=2");
    idec_out(&c, IDE_ERROR, 0x82);
    idec_out(&c, IDE_STATUS, 0xef);
    ck_assert_uint_eq(idec_wait(&c) & IDE_ERR, 0);
    idec_prd(&c, 0, DATA, 512, true);
    idec_address(&c, 0, 9, 1, true);
    idec_dma_start(&c, 0x35, false);
    idec_dma_end(&c);
    ck_assert_uint_eq(idec_wait(&c) & IDE_ERR, IDE_ERR);
}
END_TEST

static uint8_t trim(unsigned count, const uint64_t *ranges, unsigned n)
{
    tv_mem_write(t, DATA, ranges, n * 8);
    idec_prd(&c, 0, DATA, 512 * 8, true);
    idec_address(&c, 0, 0, count, true);
    idec_out(&c, IDE_ERROR, 1);
    idec_dma_start(&c, 0x06, false);
    idec_dma_end(&c);
    return idec_wait(&c) & IDE_ERR;
}

START_TEST(trim_edges)
{
    static uint64_t r[64 * 8];

    /* counts: none is 65536, and eight blocks are the most */
    ck_assert_uint_eq(trim(9, r, 512), IDE_ERR);
    ck_assert_uint_eq(trim(0, r, 512), IDE_ERR);
    ck_assert_uint_eq(trim(0x101, r, 512), IDE_ERR);
    ck_assert_uint_eq(trim(0xff01, r, 512), IDE_ERR);
    /* nothing in them, then all of them; the same one again and again */
    ck_assert_uint_eq(trim(8, r, 512), 0);
    for (unsigned i = 0; i < 512; i++)
        r[i] = 8ull << 48 | 2048;
    ck_assert_uint_eq(trim(8, r, 512), 0);
    ck_assert_uint_eq(on_disk(2048, 5), 0);
    ck_assert(untouched(2047));
    ck_assert(untouched(2056));
    /* at and over the end */
    memset(r, 0, sizeof(r));
    r[0] = 1ull << 48 | (SECTORS - 1);
    ck_assert_uint_eq(trim(1, r, 64), 0);
    for (unsigned i = 0; i < 4; i++) {
        static const uint64_t bad[] = {
            1ull << 48 | SECTORS,
            2ull << 48 | (SECTORS - 1),
            0xffffull << 48,
            UINT64_MAX,
        };

        r[0] = 0;
        r[1] = bad[i];
        ck_assert_uint_eq(trim(1, r, 64), IDE_ERR);
        ck_assert_uint_eq(error(), 4);
        ck_assert(untouched(0));
    }
    /* no TRIM but another function of the command */
    idec_address(&c, 0, 0, 1, true);
    idec_out(&c, IDE_ERROR, 2);
    idec_out(&c, IDE_STATUS, 0x06);
    ck_assert_uint_eq(idec_wait(&c) & IDE_ERR, IDE_ERR);
    /* the list is no memory */
    idec_prd(&c, 0, 0xfee00000, 512, true);
    idec_address(&c, 0, 0, 1, true);
    idec_out(&c, IDE_ERROR, 1);
    idec_dma_start(&c, 0x06, false);
    ck_assert_uint_eq(idec_dma_end(&c) & 3, 2);
    tv_roundtrip(t);
}
END_TEST

/* CVE-2013-2140's kin: each command that writes, on a disk that does not. */
START_TEST(a_readonly_disk)
{
    static const uint8_t cmds[] = {0x30, 0x31, 0x34, 0xc5, 0x39, 0xca,
                                   0xcb, 0x35, 0x06, 0x38, 0x3d, 0xf5};

    start(",readonly=on");
    for (unsigned i = 0; i < sizeof(cmds); i++) {
        idec_prd(&c, 0, DATA, 512, true);
        idec_address(&c, 0, 3, 1, true);
        idec_out(&c, IDE_ERROR, 1);
        idec_out(&c, IDE_STATUS, cmds[i]);
        ck_assert_uint_eq(idec_wait(&c) & (IDE_ERR | IDE_DRQ), IDE_ERR);
        ck_assert_uint_eq(error(), 4);
    }
    ck_assert(untouched(3));
}
END_TEST

/* ---- CD ---- */

/* XSA-138 (CVE-2015-5154): the data port, before, within and after commands
 * that have no data, and far beyond those that have. */
START_TEST(xsa_138_data_port)
{
    static const uint8_t ops[] = {0x00, 0x1b, 0x1e, 0x2b, 0x03, 0x12, 0x5a,
                                  0x43, 0x46, 0x4a, 0x51, 0xbd, 0x28, 0xff};

    idec_out(&c, IDE_DEVICE, 0xb0);
    for (unsigned i = 0; i < sizeof(ops); i++) {
        uint8_t p[12] = {ops[i], 0, 0, 0, 0x80, 0, 0, 0, 1};

        for (unsigned half = 0; half < 2; half++) {
            idec_packet(&c, p, 0, half);
            for (unsigned n = 0; n < 40000; n += 2)
                half ? tv_outl(t, c.cmd, UINT32_MAX) : tv_inl(t, c.cmd);
            idec_wait(&c);
            tv_roundtrip(t);
            idec_reset(&c);
            idec_out(&c, IDE_DEVICE, 0xb0);
        }
    }
    ck_assert_int_eq(idec_run(&c, (const uint8_t[12]){0}, NULL, 0), 0);
}
END_TEST

/* CVE-2021-3930's kin, and lengths: every page, page control, TOC and
 * configuration format with every allocation length; never more than that. */
START_TEST(cve_2021_3930_allocation_lengths)
{
    static const uint8_t ops[] = {0x5a, 0x43, 0x46, 0x4a, 0x51, 0xbd, 0x12};
    uint8_t b[512];

    idec_out(&c, IDE_DEVICE, 0xb0);
    for (unsigned i = 0; i < sizeof(ops); i++) {
        for (unsigned v = 0; v < 256; v++) {
            unsigned len = v % 67; /* in the byte where this one has it */
            uint8_t p[12] = {ops[i], v & 3, v, 0,   ops[i] == 0x12 ? len : 0x10,
                             0,      v & 1, 0, len, v & 0xc0};
            int got;

            if (ops[i] == 0xbd) {
                p[8] = 0;
                p[9] = len;
            }
            got = idec_run(&c, p, b, sizeof(b));
            ck_assert_int_le(got, (int)len);
        }
    }
    tv_roundtrip(t);
}
END_TEST

/* CVE-2020-29443: a packet's data by DMA, where table and answer differ. */
START_TEST(cve_2020_29443_tables)
{
    uint8_t read[12] = {0x28, 0, 0, 0, 0, 60, 0, 0, 4};
    uint8_t inquiry[12] = {0x12, 0, 0, 0, 36};
    static const struct {
        uint32_t gpa, len;
        bool last;
    } piece[] = {
        {DATA, 2, true},        {DATA, 2046, true},  {DATA, 2048, true},
        {DATA, 8192, true},     {DATA, 0, true},     {0xfee00000, 64, true},
        {0xfffffffe, 64, true}, {16 << 20, 2, true}, {(16 << 20) - 2, 64, true},
        {DATA + 1, 2049, true}, {DATA, 2048, false}, {0, 0, false},
    };

    idec_out(&c, IDE_DEVICE, 0xb0);
    for (unsigned i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
        for (unsigned k = 0; k < 2; k++) {
            /* what follows an entry without an end is the same again */
            for (unsigned n = 0; n < 16; n++)
                idec_prd(&c, n, piece[i].gpa, piece[i].len, piece[i].last);
            tv_outl(t, c.bm + 4, PRDT);
            idec_packet(&c, k ? inquiry : read, 0, true);
            tv_outb(t, c.bm, 9);
            idec_wait(&c);
            idec_dma_end(&c);
            ck_assert_uint_eq(status() & IDE_DRQ, 0);
            tv_roundtrip(t);
            idec_reset(&c);
            idec_out(&c, IDE_DEVICE, 0xb0);
        }
    }
    /* a table that leads back to itself has an end: 64 KiB of entries */
    for (unsigned i = 0; i < 8192; i++)
        idec_prd(&c, i, DATA + 0x10000, 2, false);
    tv_outl(t, c.bm + 4, PRDT);
    idec_packet(&c, (const uint8_t[12]){0x28, 0, 0, 0, 0, 0, 0, 0, CD_BLOCKS},
                0, true);
    tv_outb(t, c.bm, 9);
    idec_wait(&c);
    idec_dma_end(&c);
    ck_assert_uint_eq(status() & IDE_DRQ, 0);
}
END_TEST

/* A reset of each kind at each point of a command; and the other drive in the
 * middle of it. */
START_TEST(interrupted_anywhere)
{
    static const uint8_t read[12] = {0x28, 0, 0, 0, 0, 0, 0, 0, 3};

    for (unsigned how = 0; how < 4; how++) {
        for (unsigned words = 0; words < 2100; words += 300) {
            idec_out(&c, IDE_DEVICE, 0xb0);
            idec_packet(&c, read, 2048, false);
            idec_wait(&c);
            for (unsigned i = 0; i < words; i++)
                tv_inw(t, c.cmd);
            switch (how) {
            case 0: /* DEVICE RESET, at any time */
                idec_out(&c, IDE_STATUS, 0x08);
                break;
            case 1:
                tv_outb(t, c.ctl, 4);
                tv_outb(t, c.ctl, 0);
                break;
            case 2: /* a command: ignored while data waits */
                idec_out(&c, IDE_STATUS, 0xa1);
                idec_out(&c, IDE_STATUS, 0x08);
                break;
            default: /* the disk does something in between */
                idec_address(&c, 0, 8, 1, false);
                idec_out(&c, IDE_STATUS, 0x20);
                ck_assert_uint_eq(idec_wait(&c) & IDE_DRQ, IDE_DRQ);
                ck_assert_uint_eq(tv_inl(t, c.cmd), 8 << 8);
                idec_reset(&c);
            }
            tv_roundtrip(t);
            ck_assert_uint_eq(idec_wait(&c) & (IDE_DRQ | IDE_ERR), 0);
        }
    }
}
END_TEST

START_TEST(storm)
{
    tv_storm_cfg(t, IDE_BDF, 2000, 11);
    tv_cfg_write(t, IDE_BDF, 0x40, 4, 0x80008000);
    decode();
    for (unsigned i = 0; i < 60; i++) {
        idec_out(&c, IDE_DEVICE, i & 1 ? 0xb0 : 0xe0);
        tv_storm_pio(t, c.cmd, 8, 300, 100 + i);
        tv_storm_pio(t, BM, 16, 20, 200 + i);
        if (i % 20 == 19)
            tv_outw(t, UNPLUG, i);
    }
    idec_reset(&c);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        xsa_139_unplug_during_dma,
        xsa_139_unplug_while_stopped,
        xsa_139_unplug_during_pio,
        lba48_edges,
        flush_waits_and_fails,
        trim_edges,
        a_readonly_disk,
        xsa_138_data_port,
        cve_2021_3930_allocation_lengths,
        cve_2020_29443_tables,
        interrupted_anywhere,
        storm,
        NULL,
    };

    return run_suite("ide-edges", setup, teardown, tests);
}
