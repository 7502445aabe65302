/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/xen-platform: magic, unplug in its dialects, the log port. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dm/log.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define BDF 0x28 /* 5.0 */
#define BAR 0xc100
#define IDE_STATUS 0x1f7
#define IDE_DEVICE 0x1f6

static struct testvm *t;

static void setup(void)
{
    const char *const words[] = {
        "-m",      "16M",
        "-drive",  "if=none,id=d0,format=null-co,size=1M",
        "-drive",  "if=none,id=d1,format=null-co,size=1M",
        "-drive",  "if=none,id=cd,format=null-co,size=1M,readonly=on",
        "-device", "ide-hd,drive=d0,bus=ide.0,unit=0",
        "-device", "ide-hd,drive=d1,bus=ide.0,unit=1",
        "-device", "ide-cd,drive=cd,bus=ide.1,unit=0",
        "-netdev", "null,id=n0",
        "-device", "virtio-net-pci,netdev=n0,addr=4",
        "-device", "rtl8139,romfile=,addr=6",
        "-device", "e1000,romfile=,addr=7",
        "-device", "xen-platform,addr=5,blacklist=7:3.17:3.4294967295",
        NULL};

    t = tv_new("pc", words);
    tv_cfg_write(t, 0x09, 0x04, 2, 1); /* the IDE function's ports */
    tv_cfg_write(t, BDF, 0x10, 4, BAR);
    tv_cfg_write(t, BDF, 0x04, 2, 3);
}

static void teardown(void)
{
    tv_free(t);
}

/* Is there a drive? base: of the channel. */
static bool drive(uint16_t base, unsigned unit)
{
    tv_outb(t, base + 6, 0xa0 | unit << 4);
    tv_outb(t, base + 3, 0x5a); /* a register of one that is there */
    return tv_inb(t, base + 7) & 0x40;
}

START_TEST(the_protocol_is_there)
{
    ck_assert_uint_eq(tv_cfg_read(t, BDF, 0, 4), 0x00015853);
    ck_assert_uint_eq(tv_inw(t, 0x10), 0x49d2);
    ck_assert_uint_eq(tv_inb(t, 0x12), 1);
    tv_outw(t, 0x12, 3);
    tv_outl(t, 0x10, 0x12345);
    ck_assert_uint_eq(tv_inw(t, 0x10), 0x49d2); /* not on a blacklist */
    tv_outb(t, 0x10, 1);
    ck_assert_uint_eq(tv_inb(t, 0x10), 1);
    tv_roundtrip(t);
}
END_TEST

/* By product and build; without a build any of them. */
START_TEST(some_drivers_are_blacklisted)
{
    static const struct {
        uint16_t product;
        uint32_t build;
        uint16_t magic;
    } says[] = {
        {7, 1, 0xd249},  {3, 17, 0xd249}, {3, 18, 0x49d2}, {3, 1, 0x49d2},
        {1, 17, 0x49d2}, {7, 0, 0xd249},  {0, 17, 0x49d2}, {3, ~0u, 0xd249},
    };

    for (unsigned i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
        tv_outw(t, 0x12, says[i].product);
        tv_outl(t, 0x10, says[i].build);
        tv_roundtrip(t);
        ck_assert_uint_eq(tv_inw(t, 0x10), says[i].magic);
    }
    tv_outb(t, 0x12, '\n'); /* the log stays open to them */
    tv_reset(t);
    ck_assert_uint_eq(tv_inw(t, 0x10), 0x49d2);
}
END_TEST

START_TEST(what_is_no_blacklist)
{
    static const char *const bad[] = {
        "x",    "3.",   "3:",           "3.x",
        ".3",   "3;",   "3.4.5",        ":3",
        "-3",   "3 ",   "::",           "65536",
        "3. 4", "3.-4", "3.4294967296", "18446744073709551616"};
    struct cfg_err err;
    char option[64];

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const words[] = {"-device", option, NULL};

        snprintf(option, sizeof(option), "xen-platform,blacklist=%s", bad[i]);
        ck_assert_ptr_null(tv_try("pc", words, &err));
        ck_assert_msg(strstr(err.text, "expected PRODUCT"), "'%s'", err.text);
    }
}
END_TEST

START_TEST(all_disks_go_and_come_back)
{
    ck_assert(drive(0x1f0, 0));
    ck_assert(drive(0x1f0, 1));
    tv_outw(t, 0x10, 1);
    ck_assert(!drive(0x1f0, 0));
    ck_assert(!drive(0x1f0, 1));
    tv_roundtrip(t);
    tv_outw(t, 0x10, 1); /* XSA-139: twice */
    /* a CD has no paravirtual twin; a virtio card is none that is emulated */
    tv_outb(t, 0x176, 0xa0);
    tv_outb(t, 0x177, 0xa1);
    ck_assert(tv_inb(t, 0x177) & 0x08);
    ck_assert_uint_eq(tv_cfg_read(t, 0x20, 0, 2), 0x1af4);
    tv_reset(t);
    tv_cfg_write(t, 0x09, 0x04, 2, 1);
    ck_assert(drive(0x1f0, 0));
    ck_assert(drive(0x1f0, 1));
}
END_TEST

/* Emulated ones go, a virtio card stays. */
START_TEST(cards_go_and_come_back)
{
    tv_outw(t, 0x10, 1);
    ck_assert_uint_eq(tv_cfg_read(t, 0x30, 0, 2), 0x10ec);
    ck_assert_uint_eq(tv_cfg_read(t, 0x38, 0, 2), 0x8086);
    tv_outw(t, 0x10, 2);
    ck_assert_uint_eq(tv_cfg_read(t, 0x30, 0, 2), 0xffff);
    ck_assert_uint_eq(tv_cfg_read(t, 0x38, 0, 2), 0xffff);
    ck_assert_uint_eq(tv_cfg_read(t, 0x20, 0, 2), 0x1af4);
    tv_roundtrip(t);
    tv_reset(t);
    ck_assert_uint_eq(tv_cfg_read(t, 0x30, 0, 2), 0x10ec);
    ck_assert_uint_eq(tv_cfg_read(t, 0x38, 0, 2), 0x8086);
}
END_TEST

START_TEST(all_but_the_first_disk)
{
    tv_outw(t, 0x10, 4);
    ck_assert(drive(0x1f0, 0));
    ck_assert(!drive(0x1f0, 1));
}
END_TEST

/* What drivers wrote before there was a protocol */
START_TEST(older_dialects)
{
    tv_outl(t, BAR + 4, 1);
    ck_assert(!drive(0x1f0, 0));
    tv_reset(t);
    tv_cfg_write(t, 0x09, 0x04, 2, 1);
    tv_cfg_write(t, BDF, 0x10, 4, BAR);
    tv_cfg_write(t, BDF, 0x04, 2, 3);
    ck_assert(drive(0x1f0, 0));
    tv_outl(t, BAR + 8, 2); /* network cards only */
    ck_assert(drive(0x1f0, 0));
    tv_outl(t, BAR + 8, 1);
    ck_assert(!drive(0x1f0, 0));
}
END_TEST

/* XSA-139: in the middle of a transfer */
START_TEST(unplug_while_data_waits)
{
    tv_outb(t, 0x1f2, 1);
    tv_outb(t, IDE_DEVICE, 0xe0);
    tv_outb(t, IDE_STATUS, 0x30); /* WRITE SECTORS: it wants data */
    ck_assert(tv_inb(t, IDE_STATUS) & 0x08);
    tv_inw(t, 0x1f0);
    tv_outw(t, 0x1f0, 1);
    tv_outw(t, 0x10, 1);
    for (unsigned i = 0; i < 300; i++)
        tv_outw(t, 0x1f0, i);
    ck_assert_uint_eq(tv_inb(t, IDE_STATUS), 0);
    tv_roundtrip(t);
}
END_TEST

/* XSA-180: the log port writes lines of bounded length, to a quota */
START_TEST(the_log_port)
{
    for (unsigned i = 0; i < 100000; i++)
        tv_outb(t, 0x12, i % 300 ? 'a' + i % 26 : '\n');
    tv_roundtrip(t);
}
END_TEST

/* XSA-180 (CVE-2014-3672): a guest that says the same for ever. */
START_TEST(the_log_has_an_end)
{
    FILE *f = tmpfile();
    int err = dup(2);

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(err, 0);
    log_set_level(LOG_INFO);
    fflush(stderr);
    dup2(fileno(f), 2);
    for (unsigned i = 0; i < 1000; i++) {
        tv_outw(t, 0x10, 4);
        tv_outb(t, 0x12, 'x');
        tv_outb(t, 0x12, '\n');
    }
    fflush(stderr);
    dup2(err, 2);
    close(err);
    log_set_level(LOG_WARN);
    ck_assert_int_gt(lseek(fileno(f), 0, SEEK_END), 0);
    ck_assert_int_lt(lseek(fileno(f), 0, SEEK_END), 4096);
    fclose(f);
}
END_TEST

START_TEST(grant_memory_backs_nothing)
{
    tv_cfg_write(t, BDF, 0x14, 4, 0xf0000000);
    tv_mmio_write(t, 0xf0000000, 4, 5);
    ck_assert_uint_eq(tv_mmio_read(t, 0xf0000000, 4), 0xffffffff);
    ck_assert_uint_eq(tv_mmio_read(t, 0xf0fffff8, 8), UINT64_MAX);
}
END_TEST

START_TEST(storm)
{
    tv_storm_cfg(t, BDF, 5000, 1);
    tv_cfg_write(t, BDF, 0x10, 4, BAR);
    tv_cfg_write(t, BDF, 0x04, 2, 3);
    tv_storm_pio(t, 0x10, 16, 20000, 2);
    tv_storm_pio(t, BAR, 0x100, 5000, 3);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_protocol_is_there,
        some_drivers_are_blacklisted,
        what_is_no_blacklist,
        all_disks_go_and_come_back,
        cards_go_and_come_back,
        all_but_the_first_disk,
        older_dialects,
        unplug_while_data_waits,
        the_log_port,
        the_log_has_an_end,
        grant_memory_backs_nothing,
        storm,
        NULL,
    };

    return run_suite("xen-platform", setup, teardown, tests);
}
