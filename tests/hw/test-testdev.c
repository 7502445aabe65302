/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pc-testdev and pci-testdev, as kvm-unit-tests uses them. */
#include "config.h"

#include <check.h>
#include <string.h>

#include "hw/pci/pci-regs.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define BDF 0x20
#define MEM 0xe0000000u
#define IO 0xc000u

static struct testvm *t;

static void setup(void)
{
    static const char *const words[] = {"-device", "pc-testdev", "-device",
                                        "pci-testdev,addr=4", NULL};

    t = tv_new("pc", words);
}

static void teardown(void)
{
    tv_free(t);
}

START_TEST(test_latch)
{
    tv_outl(t, 0xe0, 0x12345678);
    tv_roundtrip(t);
    ck_assert_uint_eq(tv_inl(t, 0xe0), 0x12345678);
    ck_assert_uint_eq(tv_inw(t, 0xe0), 0x5678);
    ck_assert_uint_eq(tv_inb(t, 0xe0), 0x78);
    tv_outb(t, 0xe0, 0xff);
    tv_outw(t, 0xe2, 0xabcd);
    ck_assert_uint_eq(tv_inl(t, 0xe0), 0xabcd56ff);
    ck_assert_uint_eq(tv_inw(t, 0xe1), 0xcd56);
    /* the same through the bytes' ports */
    ck_assert_uint_eq(tv_inl(t, 0xe8), 0xabcd56ff);
    tv_outw(t, 0xe9, 0x1122);
    ck_assert_uint_eq(tv_inl(t, 0xe0), 0xab1122ff);
    tv_outl(t, 0xe4, 0x1000); /* flush: nothing to see */
    tv_reset(t);
    ck_assert_uint_eq(tv_inl(t, 0xe0), 0);
}
END_TEST

START_TEST(test_lines)
{
    for (unsigned i = 0; i < 24; i++) {
        tv_outb(t, 0x2000 + i, 1);
        ck_assert(tv_gsi(t, i));
        tv_roundtrip(t);
        tv_outb(t, 0x2000 + i, 0);
        ck_assert(!tv_gsi(t, i));
    }
    ck_assert_uint_eq(tv_inb(t, 0x2018), 0xff);
    tv_outl(t, 0x2004, 0x00010001);
    ck_assert(tv_gsi(t, 4) && !tv_gsi(t, 5) && tv_gsi(t, 6));
    tv_reset(t);
    ck_assert(!tv_gsi(t, 4) && !tv_gsi(t, 6));
}
END_TEST

START_TEST(test_iomem)
{
    tv_mmio_write(t, 0xff000000, 8, 0x8877665544332211);
    ck_assert_uint_eq(tv_mmio_read(t, 0xff000003, 4), 0x77665544);
    tv_mmio_write(t, 0xff00fffc, 4, 0xdeadbeef);
    ck_assert_uint_eq(tv_mmio_read(t, 0xff00fffc, 4), 0xdeadbeef);
    ck_assert_uint_eq(tv_mmio_read(t, 0xff010000, 4), 0xffffffff);
    tv_roundtrip(t);
    tv_storm_mmio(t, 0xff000000, 0x10000, 10000, 0xff);
    tv_storm_pio(t, 0xe0, 12, 10000, 0xe0);
    tv_storm_pio(t, 0x2000, 24, 10000, 0x2000);
    tv_roundtrip(t);
}
END_TEST

static void assign(void)
{
    tv_cfg_write(t, BDF, PCI_BAR_0, 4, MEM);
    tv_cfg_write(t, BDF, PCI_BAR_0 + 4, 4, IO);
    tv_cfg_write(t, BDF, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    tv_roundtrip(t);
}

static uint32_t read_reg(bool io, unsigned off, unsigned size)
{
    if (!io)
        return tv_mmio_read(t, MEM + off, size);
    return size == 1 ? tv_inb(t, IO + off) : tv_inl(t, IO + off);
}

static void write_byte(bool io, unsigned off, uint8_t v)
{
    if (io)
        tv_outb(t, IO + off, v);
    else
        tv_mmio_write(t, MEM + off, 1, v);
}

/* Returns the number of tests of a BAR, each run as kvm-unit-tests does. */
static unsigned run_tests(bool io)
{
    unsigned n;

    for (n = 0;; n++) {
        write_byte(io, 0, n);
        ck_assert_uint_eq(read_reg(io, 12, 4), 0);
        if (read_reg(io, 1, 1) != 1)
            return n;
        uint32_t off = read_reg(io, 4, 4), data = read_reg(io, 8, 4);
        for (unsigned i = 0; i < 16; i++)
            write_byte(io, off, data);
        ck_assert_uint_eq(read_reg(io, 12, 4), 16);
        write_byte(io, off, data ^ 1); /* only the last test minds */
        ck_assert_uint_eq(read_reg(io, 12, 4), n == 2 ? 16 : 17);
        write_byte(io, off + 1, data);
        ck_assert_uint_eq(read_reg(io, 12, 4), n == 2 ? 16 : 17);
        tv_roundtrip(t);
    }
}

START_TEST(test_pci)
{
    char name[20] = "";

    ck_assert_uint_eq(tv_cfg_read(t, BDF, 0, 4), 0x00051b36);
    ck_assert_uint_eq(tv_mmio_read(t, MEM, 4), 0xffffffff);
    assign();
    ck_assert_uint_eq(run_tests(false), 3);
    ck_assert_uint_eq(run_tests(true), 3);
    write_byte(true, 0, 1);
    for (unsigned i = 0; i < sizeof(name) - 1; i++)
        name[i] = read_reg(true, 16 + i, 1);
    ck_assert_str_eq(name, "portio-wildcard-eve");
    tv_reset(t);
    ck_assert_uint_eq(tv_mmio_read(t, MEM, 4), 0xffffffff);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_pci_storm)
{
    assign();
    tv_storm_mmio(t, MEM, 4096, 10000, 0x1b36);
    tv_storm_pio(t, IO, 256, 10000, 5);
    tv_roundtrip(t);
    tv_storm_cfg(t, BDF, 10000, 0x1b365);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    return run_suite("testdev", setup, teardown,
                     (const TTest *const[]){test_latch, test_lines, test_iomem,
                                            test_pci, test_pci_storm, NULL});
}
