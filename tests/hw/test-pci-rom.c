/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pci/pci-rom: option ROMs from files. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hw/pci/pci.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define LEN 5000u /* of the file: two pages of ROM */
#define SIZE 0x2000u
#define CARD_A (4 << 3)
#define CARD_B (5 << 3)
#define ROM_ON 1u

static struct testvm *t;
static char path[64];
static uint8_t image[LEN];

static struct testvm *try(const char *romfile, struct cfg_err *err)
{
    char a[300], b[300];

    snprintf(a, sizeof(a), "virtio-rng-pci,addr=4,romfile=%s", romfile);
    snprintf(b, sizeof(b), "virtio-net-pci,addr=5,romfile=%s", romfile);
    return tv_try(
        "pc", (const char *[]){"-m", "64M", "-device", a, "-device", b, NULL},
        err);
}

static void setup(void)
{
    struct cfg_err err = {""};
    int fd;

    suite_path(path, sizeof(path), "rom-XXXXXX");
    fd = mkstemp(path);
    for (unsigned i = 0; i < LEN; i++)
        image[i] = (uint8_t)(i * 7 + i / 256 + 1);
    ck_assert_int_eq(write(fd, image, LEN), LEN);
    close(fd);
    t = try(path, &err);
    ck_assert_msg(t, "%s", err.text);
}

static void teardown(void)
{
    unlink(path);
    tv_free(t);
}

static void place(uint16_t bdf, uint32_t rom, bool memory)
{
    tv_cfg_write(t, bdf, PCI_ROM_ADDRESS, 4, rom);
    tv_cfg_write(t, bdf, PCI_COMMAND, 2, memory ? PCI_COMMAND_MEMORY : 0);
}

static bool seen_at(gpa_t gpa)
{
    uint8_t buf[SIZE];

    if (mem_read(&t->vm, gpa, buf, SIZE))
        return false;
    ck_assert_mem_eq(buf, image, LEN);
    for (unsigned i = LEN; i < SIZE; i++)
        ck_assert_uint_eq(buf[i], 0);
    ck_assert_int_eq(mem_write(&t->vm, gpa, buf, 1), -EFAULT);
    tv_roundtrip(t);
    return true;
}

START_TEST(it_is_seen_where_it_is_put)
{
    ck_assert_uint_eq(tv_cfg_read(t, CARD_A, PCI_ROM_ADDRESS, 4), 0);
    place(CARD_A, ~ROM_ON, true);
    ck_assert_uint_eq(tv_cfg_read(t, CARD_A, PCI_ROM_ADDRESS, 4),
                      (uint32_t)-SIZE);
    place(CARD_A, ~0u, true); /* sized with its decoder on */
    ck_assert(!seen_at((uint32_t)-SIZE));
    place(CARD_A, 0xe0100000 | ROM_ON, false);
    ck_assert(!seen_at(0xe0100000));
    place(CARD_A, 0xe0100000, true);
    ck_assert(!seen_at(0xe0100000));
    place(CARD_A, 0xe0100000 | ROM_ON, true);
    ck_assert(seen_at(0xe0100000));
    tv_cfg_write(t, CARD_A, PCI_ROM_ADDRESS + 2, 1, 0x30); /* a byte of it */
    ck_assert(!seen_at(0xe0100000) && seen_at(0xe0300000));
    place(CARD_A, 0xe0300000 | ROM_ON, false);
    ck_assert(!seen_at(0xe0300000));
    place(CARD_A, ROM_ON, true); /* zero is nowhere */
    ck_assert_uint_eq(tv_cfg_read(t, CARD_A, PCI_ROM_ADDRESS, 4), ROM_ON);
}
END_TEST

START_TEST(memory_wins)
{
    char ram[4] = "ram";

    tv_mem_write(t, 0x200000, ram, 4);
    place(CARD_A, 0x200000 | ROM_ON, true);
    place(CARD_A, ((64 << 20) - 0x1000) | ROM_ON, true);
    tv_mem_read(t, 0x200000, ram, 4);
    ck_assert_str_eq(ram, "ram");
    tv_mem_write(t, (64 << 20) - 4, ram, 4);
    /* the first of two stays, and the second comes when it is asked again */
    place(CARD_A, 0xe0000000 | ROM_ON, true);
    place(CARD_B, 0xe0000000 | ROM_ON, true);
    ck_assert(seen_at(0xe0000000));
    place(CARD_A, 0xe0002000 | ROM_ON, true);
    place(CARD_B, 0xe0000000 | ROM_ON, true);
    ck_assert(seen_at(0xe0000000) && seen_at(0xe0002000));
}
END_TEST

START_TEST(reset_takes_it_away)
{
    place(CARD_A, 0xe0000000 | ROM_ON, true);
    tv_reset(t);
    ck_assert(!seen_at(0xe0000000));
    ck_assert_uint_eq(tv_cfg_read(t, CARD_A, PCI_ROM_ADDRESS, 4), 0);
    place(CARD_A, 0xe0000000 | ROM_ON, true);
    ck_assert(seen_at(0xe0000000));
}
END_TEST

START_TEST(files)
{
    struct cfg_err err = {""};
    struct testvm *with = t;

    t = try("", &err);
    ck_assert_ptr_nonnull(t);
    place(CARD_A, ~0u, true);
    ck_assert_uint_eq(tv_cfg_read(t, CARD_A, PCI_ROM_ADDRESS, 4), 0);
    tv_free(t);
    t = NULL;
    ck_assert_ptr_null(try("/does/not/exist", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/does/not/exist"));
    ck_assert_int_eq(truncate(path, (16 << 20) + 1), 0);
    ck_assert_ptr_null(try(path, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "too long"));
    t = with;
}
END_TEST

START_TEST(storm)
{
    tv_storm_cfg(t, CARD_A, 5000, 0x40a);
    tv_storm_cfg(t, CARD_B, 5000, 0x40b);
    place(CARD_A, 0xe0000000 | ROM_ON, true);
    place(CARD_B, 0xe0010000 | ROM_ON, true);
    ck_assert(seen_at(0xe0000000) && seen_at(0xe0010000));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        it_is_seen_where_it_is_put,
        memory_wins,
        reset_takes_it_away,
        files,
        storm,
        NULL,
    };

    return run_suite("pci-rom", setup, teardown, tests);
}
