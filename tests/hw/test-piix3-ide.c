/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/piix3-ide, hw/ide: disks and CD-ROMs, by PIO and by bus master. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "tests/lib/ide-client.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define IDE_BDF 0x09
#define CMD 0x1f0
#define CTL 0x3f6
#define BM 0xc000
#define PRDT 0x10000u
#define DATA 0x20000u
#define SECTORS 8192u
#define CD_BLOCKS 64u

static struct testvm *t;
static struct ide_client ide;
static char disk_path[64], cd_path[64];

static void start(const char *disk, const char *cd)
{
    const char *const words[] = {"-m",      "16M",
                                 "-drive",  disk,
                                 "-drive",  cd,
                                 "-device", "ide-hd,drive=d0,bus=ide.0,unit=0",
                                 "-device", "ide-cd,drive=d1,bus=ide.0,unit=1",
                                 NULL};

    t = tv_new("pc", words);
    ide = (struct ide_client){
        .t = t, .cmd = CMD, .ctl = CTL, .bm = BM, .prdt = PRDT};
    tv_cfg_write(t, IDE_BDF, 0x20, 4, BM);
    tv_cfg_write(t, IDE_BDF, 0x04, 2, 0x05); /* I/O, bus master */
}

static void setup_with(const char *more)
{
    char disk[256], cd[256];

    idec_image(disk_path, "disk", SECTORS);
    idec_image(cd_path, "cd", CD_BLOCKS * 4);
    snprintf(disk, sizeof(disk), "if=none,id=d0,format=raw,file=%s%s",
             disk_path, more);
    snprintf(cd, sizeof(cd), "if=none,id=d1,format=raw,readonly=on,file=%s",
             cd_path);
    start(disk, cd);
}

static void setup(void)
{
    /* the machine is built twice to compare states: no image lock */
    setup_with(",locking=off,discard=unmap");
}

static void teardown(void)
{
    tv_free(t);
    unlink(disk_path);
    unlink(cd_path);
}

static void read_words(void *buf, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i += 2)
        *(uint16_t *)((char *)buf + i) = tv_inw(t, CMD);
}

static void read_run(void *buf, unsigned bytes)
{
    struct io_req q = {.space = BUS_PIO,
                       .size = 4,
                       .count = bytes / 4,
                       .addr = CMD,
                       .kind = IO_BUFFER,
                       .buf = buf};

    dm_dispatch(&t->vm, &q);
}

static void read_sector(uint64_t lba, uint32_t buf[128])
{
    idec_address(&ide, 0, lba, 1, false);
    idec_out(&ide, IDE_STATUS, 0x20);
    idec_wait(&ide);
    read_run(buf, 512);
}

static void check_sector(const uint32_t *s, unsigned number)
{
    ck_assert_uint_eq(s[0], number << 8);
    ck_assert_uint_eq(s[127], number << 8 | 127);
}

START_TEST(identify)
{
    uint16_t id[256];

    idec_out(&ide, IDE_DEVICE, 0xa0);
    idec_out(&ide, IDE_STATUS, 0xec);
    ck_assert_uint_eq(idec_wait(&ide) & (IDE_DRQ | IDE_ERR), IDE_DRQ);
    ck_assert(tv_gsi(t, 14));
    tv_roundtrip(t);
    read_words(id, 100);
    tv_roundtrip(t); /* in the middle of the block */
    read_words(id + 50, 412);
    ck_assert_uint_eq(tv_inb(t, CMD + IDE_STATUS), IDE_DRDY | 0x10);
    ck_assert(!tv_gsi(t, 14)); /* reading STATUS takes it back */
    ck_assert_uint_eq(id[60], SECTORS);
    ck_assert_uint_eq(id[100], SECTORS);
    ck_assert_uint_eq(id[27], 'H' << 8 | 'V');
    ck_assert_uint_eq(id[169], 1);
}
END_TEST

START_TEST(nobody_is_there)
{
    /* the second channel is empty */
    ck_assert_uint_eq(tv_inb(t, 0x170 + IDE_STATUS), 0);
    tv_outb(t, 0x170 + IDE_STATUS, 0xec);
    ck_assert_uint_eq(tv_inb(t, 0x170 + IDE_STATUS), 0);
    ck_assert(!tv_gsi(t, 15));
}
END_TEST

START_TEST(read_by_pio)
{
    uint32_t buf[128 * 4];

    for (unsigned pass = 0; pass < 4; pass++) {
        bool ext = pass & 1, multiple = pass & 2;
        unsigned per_irq = multiple ? 16 : 1;

        idec_address(&ide, 0, 100, 3, ext);
        idec_out(&ide, IDE_STATUS,
                 multiple ? (ext ? 0x29 : 0xc4) : (ext ? 0x24 : 0x20));
        for (unsigned i = 0; i < 3; i += per_irq) {
            unsigned n = multiple ? 3 : 1;

            ck_assert_uint_eq(idec_wait(&ide) & (IDE_DRQ | IDE_ERR), IDE_DRQ);
            ck_assert(tv_gsi(t, 14));
            tv_inb(t, CMD + IDE_STATUS);
            tv_roundtrip(t);
            read_run(buf, n * 512);
            check_sector(buf, 100 + i);
            if (multiple)
                check_sector(buf + 256, 102);
        }
        ck_assert_uint_eq(idec_wait(&ide), IDE_DRDY | 0x10);
    }
}
END_TEST

/* CHS, as boot sectors ask */
START_TEST(read_by_cylinder_and_head)
{
    uint32_t buf[128];

    idec_out(&ide, IDE_COUNT, 1);
    idec_out(&ide, IDE_LO, 5);
    idec_out(&ide, IDE_MID, 2);
    idec_out(&ide, IDE_HI, 0);
    idec_out(&ide, IDE_DEVICE, 0xa3);
    idec_out(&ide, IDE_STATUS, 0x20);
    idec_wait(&ide);
    read_run(buf, 512);
    check_sector(buf, (2 * 16 + 3) * 63 + 4);
    idec_out(&ide, IDE_LO, 0); /* there is no sector 0 */
    idec_out(&ide, IDE_STATUS, 0x20);
    ck_assert_uint_eq(idec_wait(&ide) & IDE_ERR, IDE_ERR);
    ck_assert_uint_eq(tv_inb(t, CMD + IDE_ERROR), 0x10);
}
END_TEST

START_TEST(write_by_pio_and_flush)
{
    uint32_t buf[128];
    FILE *f;

    idec_address(&ide, 0, 7, 2, false);
    idec_out(&ide, IDE_STATUS, 0x30);
    for (unsigned s = 0; s < 2; s++) {
        ck_assert_uint_eq(idec_wait(&ide) & IDE_DRQ, IDE_DRQ);
        for (unsigned i = 0; i < 128; i++)
            tv_outl(t, CMD, 0xabcd0000 + s * 256 + i);
        tv_roundtrip(t);
    }
    ck_assert_uint_eq(idec_wait(&ide), IDE_DRDY | 0x10);
    idec_out(&ide, IDE_STATUS, 0xe7);
    ck_assert_uint_eq(idec_wait(&ide), IDE_DRDY | 0x10);
    f = fopen(disk_path, "r");
    fseek(f, 8 * 512, SEEK_SET);
    ck_assert_uint_eq(fread(buf, 512, 1, f), 1);
    fclose(f);
    ck_assert_uint_eq(buf[0], 0xabcd0100);
    ck_assert_uint_eq(buf[127], 0xabcd017f);
}
END_TEST

START_TEST(beyond_the_end)
{
    static const uint8_t cmds[] = {0x20, 0x24, 0x30, 0x34, 0x25, 0x35,
                                   0xc8, 0xca, 0x40, 0x42, 0xc4, 0xc5};

    for (unsigned i = 0; i < sizeof(cmds); i++) {
        idec_address(&ide, 0, SECTORS - 1, 2, true);
        idec_out(&ide, IDE_STATUS, cmds[i]);
        ck_assert_uint_eq(idec_wait(&ide) & (IDE_ERR | IDE_DRQ), IDE_ERR);
        ck_assert_uint_eq(tv_inb(t, CMD + IDE_ERROR), 0x10);
        idec_address(&ide, 0, 0xffffffffffff, 0, true);
        idec_out(&ide, IDE_STATUS, cmds[i]);
        ck_assert_uint_eq(idec_wait(&ide) & (IDE_ERR | IDE_DRQ), IDE_ERR);
    }
}
END_TEST

static bool dma_over(void *opaque)
{
    return (tv_inb(t, BM + 2) & 4) || !(tv_inb(t, BM + 2) & 1);
}

/* Issues a command and runs the bus master; returns its status. */
static uint8_t dma(uint8_t cmd, bool to_memory)
{
    idec_dma_start(&ide, cmd, to_memory);
    ck_assert(tv_wait(t, dma_over, NULL, 10000));
    return tv_inb(t, BM + 2) & 7;
}

static void dma_stop(void)
{
    tv_outb(t, BM, 0);
    tv_outb(t, BM + 2, 0x06);
}

START_TEST(read_by_dma)
{
    uint32_t buf[1024];

    idec_prd(&ide, 0, DATA, 512 + 64, false); /* pieces that are no sectors */
    idec_prd(&ide, 1, DATA + 0x1000, 4096 - 576, true);
    idec_address(&ide, 0, 40, 8, true);
    ck_assert_uint_eq(dma(0x25, true), 4);
    ck_assert_uint_eq(tv_inb(t, CMD + IDE_STATUS), IDE_DRDY | 0x10);
    dma_stop();
    tv_roundtrip(t);
    tv_mem_read(t, DATA, buf, 576);
    tv_mem_read(t, DATA + 0x1000, (char *)buf + 576, 4096 - 576);
    for (unsigned i = 0; i < 8; i++)
        check_sector(buf + 128 * i, 40 + i);
}
END_TEST

START_TEST(many_pieces)
{
    uint32_t buf[128], all[128 * 12];

    /* more than one request's worth of segments */
    for (unsigned i = 0; i < 2048; i++)
        idec_prd(&ide, i, DATA + 64 * i, 32, i == 2047);
    idec_address(&ide, 0, 200, 128, true);
    ck_assert_uint_eq(dma(0x25, true), 4);
    dma_stop();
    for (unsigned i = 0; i < 16; i++)
        tv_mem_read(t, DATA + 64 * (2032 + i), (char *)buf + 32 * i, 32);
    check_sector(buf, 327);
    /* the first 1024 end in the middle of a sector, some bytes of a piece
     * and whole pieces back */
    for (unsigned i = 0; i < 1024; i++)
        idec_prd(&ide, i, DATA + 64 * i, i < 6 ? 42 : 2, false);
    for (unsigned i = 0; i < 128; i++)
        idec_prd(&ide, 1024 + i, DATA + 64 * (1024 + i), 32, i == 127);
    idec_address(&ide, 0, 200, 12, true);
    ck_assert_uint_eq(dma(0x25, true) & 6, 4);
    dma_stop();
    for (unsigned b = 0, i = 0; b < 12 * 512; i++) {
        unsigned n = i < 6 ? 42 : i < 1024 ? 2 : 32;

        if (n > 12 * 512 - b)
            n = 12 * 512 - b;
        tv_mem_read(t, DATA + 64 * i, (char *)all + b, n);
        b += n;
    }
    for (unsigned i = 0; i < 12; i++)
        check_sector(all + 128 * i, 200 + i);
}
END_TEST

START_TEST(write_by_dma)
{
    uint32_t buf[256], back[256];

    for (unsigned i = 0; i < 256; i++)
        buf[i] = 0x77000000 + i;
    tv_mem_write(t, DATA, buf, sizeof(buf));
    idec_prd(&ide, 0, DATA, 1024, true);
    idec_address(&ide, 0, 300, 2, false);
    ck_assert_uint_eq(dma(0xca, false), 4);
    dma_stop();
    idec_prd(&ide, 0, DATA + 0x2000, 1024, true);
    idec_address(&ide, 0, 300, 2, false);
    ck_assert_uint_eq(dma(0xc8, true), 4);
    tv_mem_read(t, DATA + 0x2000, back, sizeof(back));
    ck_assert_int_eq(memcmp(buf, back, sizeof(buf)), 0);
}
END_TEST

START_TEST(tables_that_do_not_fit)
{
    /* shorter than a sector: stops, without an interrupt */
    idec_prd(&ide, 0, DATA, 16, true);
    idec_address(&ide, 0, 0, 1, false);
    ck_assert_uint_eq(dma(0xc8, true), 0);
    ck_assert_uint_eq(tv_inb(t, CMD + IDE_STATUS) & (IDE_BSY | IDE_ERR), 0);
    dma_stop();
    /* one sector of two */
    idec_prd(&ide, 0, DATA, 512, true);
    idec_address(&ide, 0, 0, 2, false);
    ck_assert_uint_eq(dma(0xc8, true), 0);
    dma_stop();
    /* longer: still active, and done */
    idec_prd(&ide, 0, DATA, 4096, true);
    idec_address(&ide, 0, 0, 1, false);
    ck_assert_uint_eq(dma(0xc8, true), 5);
    dma_stop();
    /* no memory behind it: an error, and nothing is written */
    idec_prd(&ide, 0, 0xfee00000, 512, true);
    idec_address(&ide, 0, 0, 1, false);
    ck_assert_uint_eq(dma(0xc8, true) & 3, 2);
    dma_stop();
    /* the table itself is nowhere */
    tv_outl(t, BM + 4, 0xfffffff0);
    idec_out(&ide, IDE_STATUS, 0xc8);
    tv_outb(t, BM, 9);
    ck_assert(tv_wait(t, dma_over, NULL, 10000));
    ck_assert_uint_eq(tv_inb(t, BM + 2) & 3, 2);
    tv_roundtrip(t);
}
END_TEST

/* CVE-2020-29443's kin, for disks: the adapter without the right to master
 * the bus does nothing. */
START_TEST(no_bus_master_no_dma)
{
    idec_prd(&ide, 0, DATA, 512, true);
    tv_cfg_write(t, IDE_BDF, 0x04, 2, 0x01);
    idec_address(&ide, 0, 0, 1, false);
    tv_outl(t, BM + 4, PRDT);
    idec_out(&ide, IDE_STATUS, 0xc8);
    tv_outb(t, BM, 9);
    ck_assert_uint_eq(tv_inb(t, BM + 2) & 7, 1); /* active for ever */
    dma_stop();
    tv_outb(t, CTL, 4);
    tv_outb(t, CTL, 0);
    ck_assert_uint_eq(idec_wait(&ide) & (IDE_DRQ | IDE_ERR), 0);
}
END_TEST

START_TEST(trim)
{
    uint64_t ranges[64] = {8ULL << 48 | 1000, 16ULL << 48 | 2000};
    uint32_t buf[128];

    tv_mem_write(t, DATA, ranges, 512);
    idec_prd(&ide, 0, DATA, 512, true);
    idec_address(&ide, 0, 0, 1, true);
    idec_out(&ide, IDE_ERROR, 1); /* the feature register */
    ck_assert_uint_eq(dma(0x06, false), 4);
    ck_assert_uint_eq(tv_inb(t, CMD + IDE_STATUS) & IDE_ERR, 0);
    dma_stop();
    read_sector(1000, buf);
    ck_assert_uint_eq(buf[5], 0); /* a hole in the file */
    /* a range beyond the end */
    ranges[1] = 16ULL << 48 | (SECTORS - 8);
    tv_mem_write(t, DATA, ranges, 512);
    idec_address(&ide, 0, 0, 1, true);
    idec_out(&ide, IDE_ERROR, 1);
    dma(0x06, false);
    ck_assert_uint_eq(tv_inb(t, CMD + IDE_STATUS) & IDE_ERR, IDE_ERR);
}
END_TEST

/* CVE-2023-5088: a reset while the host works must not lead the data
 * anywhere else. */
START_TEST(reset_at_any_moment)
{
    uint32_t buf[128];
    unsigned seed = 5088;

    for (unsigned i = 0; i < 128; i++)
        buf[i] = 0xdead0000 + i;
    for (unsigned round = 0; round < 60; round++) {
        tv_mem_write(t, DATA, buf, 512);
        idec_prd(&ide, 0, DATA, 512, true);
        idec_address(&ide, 0, 5000, 1, false);
        tv_outl(t, BM + 4, PRDT);
        idec_out(&ide, IDE_STATUS, 0xca);
        tv_outb(t, BM, 1);
        for (unsigned n = rand_r(&seed) % 4; n; n--)
            tv_inb(t, CTL);
        switch (round % 3) {
        case 0:
            tv_outb(t, CTL, 4);
            tv_outb(t, CTL, 0);
            break;
        case 1:
            tv_outb(t, BM, 0);
            break;
        default:
            tv_reset(t);
            tv_cfg_write(t, IDE_BDF, 0x20, 4, BM);
            tv_cfg_write(t, IDE_BDF, 0x04, 2, 0x05);
        }
        dma_stop();
        tv_outb(t, CTL, 4);
        tv_outb(t, CTL, 0);
        idec_wait(&ide);
    }
    read_sector(0, buf);
    check_sector(buf, 0);
}
END_TEST

/* ---- errors that stop the guest ---- */

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

/* A machine with errors on its disk; the images are those of setup(). */
static void remake(const char *rule)
{
    char disk[256], cd[256];

    tv_free(t);
    snprintf(disk, sizeof(disk),
             "if=none,id=d0,format=fault,inner=raw,locking=off,discard=unmap,"
             "rerror=stop,werror=stop,rule=%s,file=%s",
             rule, disk_path);
    snprintf(cd, sizeof(cd),
             "if=none,id=d1,format=fault,inner=raw,locking=off,readonly=on,"
             "rerror=stop,rule=read:errno=EIO:nth=1:count=2,file=%s",
             cd_path);
    start(disk, cd);
}

/* Starts a command that is stopped twice, and is done in the end. */
static void stopped_twice(uint8_t cmd, bool by_dma, bool to_memory)
{
    if (by_dma)
        tv_outl(t, BM + 4, PRDT);
    idec_out(&ide, IDE_STATUS, cmd);
    if (by_dma)
        tv_outb(t, BM, to_memory ? 9 : 1);
    for (unsigned i = 0; !by_dma && !to_memory && i < 128; i++)
        tv_outl(t, CMD, 0xbeef0000 + i);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(tv_wait(t, stopped, NULL, 10000));
        ck_assert_uint_eq(tv_inb(t, CTL), IDE_BSY);
        tv_roundtrip(t);
        /* what failed is told of as well: some of it may have come */
        if (by_dma && to_memory)
            ck_assert(tv_told(t, DATA) && tv_told(t, DATA + 0x1000));
        tv_told_nothing(t);
        cont();
    }
    if (by_dma)
        ck_assert(tv_wait(t, dma_over, NULL, 10000));
    ck_assert_uint_eq(idec_wait(&ide) & IDE_ERR, 0);
    if (by_dma)
        dma_stop();
}

START_TEST(errors_stop_reads)
{
    uint32_t buf[512];

    remake("read:errno=EIO:nth=1:count=2");
    idec_address(&ide, 0, 100, 1, false);
    stopped_twice(0x20, false, true);
    read_run(buf, 512);
    check_sector(buf, 100);

    remake("read:errno=EIO:nth=1:count=2");
    idec_prd(&ide, 0, DATA, 512 + 64, false);
    idec_prd(&ide, 1, DATA + 0x1000, 1536 - 64, true);
    idec_address(&ide, 0, 40, 4, true);
    stopped_twice(0x25, true, true);
    tv_mem_read(t, DATA, buf, 576);
    tv_mem_read(t, DATA + 0x1000, (char *)buf + 576, 1536 - 64);
    for (unsigned i = 0; i < 4; i++)
        check_sector(buf + 128 * i, 40 + i);
}
END_TEST

START_TEST(errors_stop_writes)
{
    uint32_t buf[128];

    remake("write:errno=ENOSPC:nth=1:count=2");
    idec_address(&ide, 0, 9, 1, false);
    stopped_twice(0x30, false, false);
    read_sector(9, buf);
    ck_assert_uint_eq(buf[127], 0xbeef007f);

    remake("write:errno=ENOSPC:nth=1:count=2");
    idec_prd(&ide, 0, DATA, 512, true);
    tv_mem_write(t, DATA, "by bus master", 14);
    idec_address(&ide, 0, 10, 1, false);
    stopped_twice(0xca, true, false);
    read_sector(10, buf);
    ck_assert_mem_eq(buf, "by bus master", 14);

    remake("flush:errno=EIO:nth=1:count=2");
    stopped_twice(0xe7, false, true);
}
END_TEST

START_TEST(errors_stop_trim)
{
    uint64_t ranges[64] = {8ULL << 48 | 1000, 16ULL << 48 | 2000};
    uint32_t buf[128];

    remake("discard:errno=EIO:nth=2:count=2");
    tv_mem_write(t, DATA, ranges, 512);
    idec_prd(&ide, 0, DATA, 512, true);
    idec_address(&ide, 0, 0, 1, true);
    idec_out(&ide, IDE_ERROR, 1);
    stopped_twice(0x06, true, false);
    read_sector(2015, buf);
    ck_assert_uint_eq(buf[5], 0);
}
END_TEST

/* CVE-2023-5088 once more: what was stopped must not go on behind a reset,
 * with the registers of later. */
START_TEST(reset_while_stopped)
{
    uint32_t buf[128];

    for (unsigned how = 0; how < 4; how++) {
        remake("write:errno=EIO:nth=1");
        memset(buf, 0xee, sizeof(buf));
        tv_mem_write(t, DATA, buf, 512);
        idec_prd(&ide, 0, DATA, 512, true);
        idec_address(&ide, 0, 5000, 1, false);
        tv_outl(t, BM + 4, PRDT);
        idec_out(&ide, IDE_STATUS, 0xca);
        tv_outb(t, BM, 1);
        ck_assert(tv_wait(t, stopped, NULL, 10000));
        switch (how) {
        case 0:
            idec_out(&ide, IDE_STATUS,
                     0x90); /* EXECUTE IDE_DEVICE DIAGNOSTIC */
            break;
        case 1:
            tv_outb(t, CTL, 4);
            tv_outb(t, CTL, 0);
            break;
        case 2:
            tv_outb(t, BM, 0);
            ck_assert_uint_eq(tv_inb(t, CTL) & (IDE_BSY | IDE_ERR), IDE_ERR);
            break;
        default:
            tv_reset(t);
            tv_cfg_write(t, IDE_BDF, 0x04, 2, 0x05);
        }
        tv_roundtrip(t);
        cont();
        ck_assert_uint_eq(idec_wait(&ide) & IDE_DRQ, 0);
        for (unsigned lba = 0; lba <= 5000; lba += 5000) {
            read_sector(lba, buf);
            check_sector(buf, lba);
        }
    }
}
END_TEST

/* A saved machine is a file: it may say anything. */
START_TEST(bad_streams)
{
    struct dev *dev = tv_dev(t, "piix3-ide");
    struct state_buf good = {0};
    uint32_t buf[128 * 4];
    struct cfg_err err;
    unsigned refused = 0;

    idec_address(&ide, 0, 100, 3, false);
    idec_out(&ide, IDE_STATUS, 0x20);
    idec_wait(&ide);
    vm_lock(&t->vm);
    vm_stop(&t->vm, RUN_PAUSED);
    ck_assert_int_eq(state_save_dev(dev, &good), 0);
    for (size_t i = 0; i < good.len; i++) {
        static const uint8_t with[] = {0xff, 0x00, 0x04, 0x01};
        uint8_t old = good.data[i];

        /* the buffers are mostly alike */
        if (i > 8 && i + 8 < good.len && i % 1021 &&
            !memcmp(good.data + i - 8, good.data + i - 7, 15))
            continue;
        for (unsigned n = 0; n < sizeof(with); n++) {
            struct state_buf in = {.data = good.data, .len = good.len};

            good.data[i] = with[n];
            dev_reset_all(&t->vm);
            if (state_load_dev(dev, &in, &err)) {
                refused++;
                continue;
            }
            dev_resume_all(&t->vm);
            vm_unlock(&t->vm);
            tv_outb(t, BM, 1);
            idec_out(&ide, IDE_DEVICE, 0xa0); /* cylinders and heads */
            read_run(buf, sizeof(buf));
            tv_outl(t, CMD, 0);
            idec_out(&ide, IDE_STATUS, 0x20);
            vm_lock(&t->vm);
            dev_pause_all(&t->vm);
        }
        good.data[i] = old;
    }
    ck_assert_uint_gt(refused, 50);
    state_buf_free(&good);
    dev_reset_all(&t->vm);
    vm_unlock(&t->vm);
}
END_TEST

/* ---- CD ---- */

static void packet(const uint8_t p[12], unsigned limit, bool use_dma)
{
    idec_out(&ide, IDE_DEVICE, 0xb0);
    idec_packet(&ide, p, limit, use_dma);
}

static int run(const uint8_t p[12], void *buf, unsigned max)
{
    packet(p, 0xfffe, false);
    return idec_answer(&ide, buf, max);
}

START_TEST(cd_identifies_itself)
{
    uint8_t b[64];

    idec_out(&ide, IDE_DEVICE, 0xb0);
    idec_out(&ide, IDE_STATUS, 0xec);
    ck_assert_uint_eq(idec_wait(&ide) & IDE_ERR, IDE_ERR);
    ck_assert_uint_eq(tv_inb(t, CMD + IDE_MID), 0x14);
    ck_assert_uint_eq(tv_inb(t, CMD + IDE_HI), 0xeb);
    ck_assert_int_eq(run((const uint8_t[12]){0x12, 0, 0, 0, 36}, b, 64), 36);
    ck_assert_uint_eq(b[0], 5);
    ck_assert_int_eq(run((const uint8_t[12]){0x12, 0, 0, 0, 5}, b, 64), 5);
    ck_assert_int_eq(run((const uint8_t[12]){0}, b, 0), 0);
    ck_assert_int_eq(run((const uint8_t[12]){0x25}, b, 64), 8);
    ck_assert_uint_eq(b[3], CD_BLOCKS - 1);
    tv_roundtrip(t);
}
END_TEST

START_TEST(cd_reads)
{
    static uint32_t buf[20 * 512];
    uint8_t p[12] = {0x28, 0, 0, 0, 0, 10, 0, 0, 20};

    packet(p, 2048, false); /* as firmware does: a sector an interrupt */
    tv_roundtrip(t);
    ck_assert_int_eq(idec_answer(&ide, buf, sizeof(buf)), 20 * 2048);
    for (unsigned i = 0; i < 80; i++)
        check_sector(buf + 128 * i, 40 + i);
    packet(p, 5001, false); /* an odd limit is rounded down */
    ck_assert_int_eq(idec_answer(&ide, buf, sizeof(buf)), 20 * 2048);
    check_sector(buf + 128 * 79, 119);

    idec_prd(&ide, 0, DATA, 20 * 2048, true);
    tv_outl(t, BM + 4, PRDT);
    tv_outb(t, BM + 2, 6);
    packet(p, 0, true);
    tv_outb(t, BM, 9);
    ck_assert(tv_wait(t, dma_over, NULL, 10000));
    ck_assert_uint_eq(tv_inb(t, BM + 2) & 7, 4);
    dma_stop();
    tv_mem_read(t, DATA, buf, sizeof(buf));
    check_sector(buf + 128 * 79, 119);

    /* a table that ends amid the second sector: none of that is moved */
    memset(buf, 0x55, 4096);
    tv_mem_write(t, DATA, buf, 4096);
    idec_prd(&ide, 0, DATA, 2048 + 512, true);
    packet(p, 0, true);
    tv_outb(t, BM, 9);
    ck_assert(tv_wait(t, dma_over, NULL, 10000));
    ck_assert_uint_eq(tv_inb(t, BM + 2) & 7, 0);
    dma_stop();
    tv_mem_read(t, DATA, buf, 4096);
    check_sector(buf + 128 * 3, 43);
    ck_assert_uint_eq(buf[128 * 4], 0x55555555);
}
END_TEST

START_TEST(cd_errors_stop_reads)
{
    uint32_t buf[512];
    uint8_t p[12] = {0x28, 0, 0, 0, 0, 10, 0, 0, 1};

    for (unsigned by_dma = 0; by_dma < 2; by_dma++) {
        remake("read:errno=EIO:nth=99");
        idec_prd(&ide, 0, DATA, 2048, true);
        tv_outl(t, BM + 4, PRDT);
        packet(p, 2048, by_dma);
        if (by_dma)
            tv_outb(t, BM, 9);
        for (unsigned i = 0; i < 2; i++) {
            ck_assert(tv_wait(t, stopped, NULL, 10000));
            tv_roundtrip(t);
            cont();
        }
        if (by_dma) {
            ck_assert(tv_wait(t, dma_over, NULL, 10000));
            tv_mem_read(t, DATA, buf, 2048);
        } else {
            ck_assert_int_eq(idec_answer(&ide, buf, sizeof(buf)), 2048);
        }
        for (unsigned i = 0; i < 4; i++)
            check_sector(buf + 128 * i, 40 + i);
    }
    /* DEVICE RESET ends it */
    remake("read:errno=EIO:nth=99");
    packet(p, 2048, false);
    ck_assert(tv_wait(t, stopped, NULL, 10000));
    idec_out(&ide, IDE_STATUS, 0x08);
    tv_roundtrip(t);
    cont();
    ck_assert_uint_eq(idec_wait(&ide) & IDE_DRQ, 0);
}
END_TEST

/* XSA-138, CVE-2020-29443: lengths and addresses at their edges */
START_TEST(cd_edges)
{
    static uint8_t buf[65536 * 2];
    static const struct {
        uint32_t lba, n;
    } bad[] = {{CD_BLOCKS, 1},           {CD_BLOCKS - 1, 2},
               {0, CD_BLOCKS + 1},       {0xffffffff, 1},
               {0xffffffff, 0xffffffff}, {0x7fffffff, 0x80000001}};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t p[12] = {0xa8};

        for (unsigned b = 0; b < 4; b++) {
            p[2 + b] = bad[i].lba >> (24 - 8 * b);
            p[6 + b] = bad[i].n >> (24 - 8 * b);
        }
        ck_assert_int_eq(run(p, buf, sizeof(buf)), -1);
        ck_assert_uint_eq(idec_sense(&ide), 0x521);
    }
    for (unsigned limit = 0; limit < 5; limit++) {
        packet((const uint8_t[12]){0x28, 0, 0, 0, 0, 0, 0, 0, 1}, limit, false);
        ck_assert_int_eq(idec_answer(&ide, buf, sizeof(buf)), 2048);
    }
    /* every command there may be, with every field full */
    for (unsigned op = 0; op < 256; op++) {
        uint8_t p[12];

        memset(p, 0xff, sizeof(p));
        p[0] = op;
        run(p, buf, sizeof(buf));
        memset(p + 1, 0, sizeof(p) - 1);
        run(p, buf, sizeof(buf));
        tv_inb(t, CMD + IDE_STATUS);
    }
    tv_roundtrip(t);
}
END_TEST

START_TEST(cd_tray)
{
    uint8_t b[64];

    ck_assert_int_eq(run((const uint8_t[12]){0x1e, 0, 0, 0, 1}, b, 0), 0);
    ck_assert_int_eq(run((const uint8_t[12]){0x1b, 0, 0, 0, 2}, b, 0), -1);
    ck_assert_uint_eq(idec_sense(&ide), 0x553);
    ck_assert_int_eq(run((const uint8_t[12]){0x1e}, b, 0), 0);
    ck_assert_int_eq(run((const uint8_t[12]){0x1b, 0, 0, 0, 2}, b, 0), 0);
    ck_assert_int_eq(run((const uint8_t[12]){0}, b, 0), -1);
    ck_assert_uint_eq(idec_sense(&ide), 0x23a);
    ck_assert_int_eq(run((const uint8_t[12]){0x1b, 0, 0, 0, 3}, b, 0), 0);
    ck_assert_int_eq(run((const uint8_t[12]){0}, b, 0), 0);
}
END_TEST

START_TEST(storm)
{
    tv_storm_cfg(t, IDE_BDF, 5000, 1);
    tv_cfg_write(t, IDE_BDF, 0x40, 4, 0x80008000);
    tv_cfg_write(t, IDE_BDF, 0x20, 4, BM);
    tv_cfg_write(t, IDE_BDF, 0x04, 2, 0x05);
    tv_storm_pio(t, CMD, 8, 30000, 2);
    tv_storm_pio(t, BM, 16, 5000, 3);
    for (unsigned i = 0; i < 50; i++) {
        tv_storm_pio(t, CMD, 8, 200, 100 + i);
        tv_storm_pio(t, BM, 16, 20, 200 + i);
        tv_storm_pio(t, CTL, 1, 5, 300 + i);
    }
    tv_outb(t, BM, 0);
    tv_outb(t, CTL, 4);
    tv_outb(t, CTL, 0);
    idec_wait(&ide);
    tv_roundtrip(t);
}
END_TEST

static bool settled(void *opaque)
{
    return stopped(NULL) || !(tv_inb(t, CTL) & IDE_BSY);
}

/* The same on a disk that fails again and again and stops the guest. */
START_TEST(storm_with_errors)
{
    unsigned stops = 0;

    remake("any:errno=EIO:nth=2:count=9999999");
    for (unsigned i = 0; i < 100; i++) {
        tv_outb(t, CTL, 4);
        tv_outb(t, CTL, 0);
        idec_prd(&ide, 0, DATA, 4096, true);
        idec_address(&ide, 0, i, 4, i % 3 == 0);
        if (i % 2)
            dma_stop();
        tv_outl(t, BM + 4, PRDT);
        idec_out(&ide, IDE_STATUS,
                 (const uint8_t[]){0xc8, 0xca, 0x20, 0x30, 0xe7}[i % 5]);
        tv_outb(t, BM, 9);
        tv_storm_pio(t, CMD, 8, 50, 100 + i);
        tv_storm_pio(t, BM, 16, 3, 200 + i);
        ck_assert(tv_wait(t, settled, NULL, 10000));
        if (stopped(NULL)) {
            stops++;
            if (i % 10 == 0)
                tv_roundtrip(t);
            tv_storm_pio(t, CMD, 8, i % 4, 300 + i);
            cont();
        }
    }
    ck_assert_uint_gt(stops, 10);
    tv_outb(t, BM, 0);
    tv_outb(t, CTL, 4);
    tv_outb(t, CTL, 0);
    ck_assert_uint_eq(idec_wait(&ide) & (IDE_DRQ | IDE_ERR), 0);
    vm_lock(&t->vm);
    vm_stop(&t->vm, RUN_PAUSED);
    vm_unlock(&t->vm);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        identify,
        nobody_is_there,
        read_by_pio,
        read_by_cylinder_and_head,
        write_by_pio_and_flush,
        beyond_the_end,
        read_by_dma,
        many_pieces,
        write_by_dma,
        tables_that_do_not_fit,
        no_bus_master_no_dma,
        trim,
        reset_at_any_moment,
        errors_stop_reads,
        errors_stop_writes,
        errors_stop_trim,
        reset_while_stopped,
        bad_streams,
        cd_identifies_itself,
        cd_reads,
        cd_errors_stop_reads,
        cd_edges,
        cd_tray,
        storm,
        storm_with_errors,
        NULL,
    };

    return run_suite("piix3-ide", setup, teardown, tests);
}
