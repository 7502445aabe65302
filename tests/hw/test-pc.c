/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pc: memory, firmware, what it is told, a kernel without firmware. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/dev.h"
#include "hw/pci/pci.h"
#include "hw/piix4-pm.h"
#include "tests/lib/fw-cfg-client.h"
#include "tests/lib/suite.h"

#define ISA PCI_DEVFN(1, 0)
#define PM PCI_DEVFN(1, 3)
#define TESTDEV PCI_DEVFN(2, 0)

static struct testvm *t;
static char path[64];

static void teardown(void)
{
    tv_free(t);
    t = NULL;
    if (path[0])
        unlink(path);
}

/* A file of len bytes: data, then each offset's 64 KiB number. */
static void make_file(const void *data, size_t data_len, size_t len)
{
    int fd;
    FILE *f;

    strcpy(path, "/tmp/hvmd-test-pc-XXXXXX");
    fd = mkstemp(path);
    f = fdopen(fd, "w");
    ck_assert_ptr_nonnull(f);
    for (size_t i = 0; i < len; i++)
        fputc(i < data_len ? ((const uint8_t *)data)[i] : 1 + (int)(i >> 16),
              f);
    ck_assert_int_eq(fclose(f), 0);
}

static int peek(uint64_t gpa)
{
    uint8_t v = 0;
    int rc;

    vm_lock(&t->vm);
    rc = mem_read(&t->vm, gpa, &v, 1);
    vm_unlock(&t->vm);
    return rc ? -1 : v;
}

static uint8_t cmos(uint8_t index)
{
    tv_outb(t, 0x70, index);
    return tv_inb(t, 0x71);
}

/* ---- memory ---- */

static void check_map(const char *size, unsigned n, uint64_t low, uint64_t high)
{
    struct {
        uint64_t addr, len;
        uint32_t type;
    } __attribute__((packed)) * e;
    uint32_t len;

    t = tv_new("pc", (const char *const[]){"-m", size, NULL});
    e = (void *)fwc_file(t, "etc/e820", &len);
    ck_assert_uint_eq(len, (n + 1) * sizeof(*e));
    ck_assert_uint_eq(e[0].addr, 0);
    ck_assert_uint_eq(e[0].len, low);
    ck_assert_uint_eq(e[0].type, 1);
    ck_assert_int_eq(peek(low - 1), 0);
    ck_assert_int_eq(peek(low), -1);
    ck_assert_uint_eq(e[1].addr, 0xfeffc000); /* KVM's, on some processors */
    ck_assert_uint_eq(e[1].type, 2);
    if (high) {
        ck_assert_uint_eq(e[2].addr, 1ull << 32);
        ck_assert_uint_eq(e[2].len, high);
        ck_assert_int_eq(peek((1ull << 32) + high - 1), 0);
    }
    ck_assert_int_eq(peek((1ull << 32) + high), -1);
    free(e);
}

START_TEST(test_memory_small)
{
    check_map("8M", 1, 8 << 20, 0);
    ck_assert_uint_eq(cmos(0x15) | cmos(0x16) << 8, 640);
    ck_assert_uint_eq(cmos(0x17) | cmos(0x18) << 8, 7 << 10);
    ck_assert_uint_eq(cmos(0x34) | cmos(0x35) << 8, 0);
    ck_assert_uint_eq(cmos(0x5b), 0);
}
END_TEST

START_TEST(test_memory_split)
{
    check_map("3073M", 2, 3ull << 30, 1 << 20);
    ck_assert_uint_eq(cmos(0x34) | cmos(0x35) << 8, (3072 - 16) * 16);
    ck_assert_uint_eq(cmos(0x5b) | cmos(0x5c) << 8 | cmos(0x5d) << 16, 16);
}
END_TEST

/* ---- firmware ---- */

START_TEST(test_no_firmware)
{
    t = tv_new("pc", (const char *const[]){NULL});
    ck_assert_int_eq(peek(0xfffffff0), -1);
    ck_assert_int_eq(peek(0xffff0), -1);
}
END_TEST

START_TEST(test_firmware)
{
    make_file("\xea", 1, 0x40000);
    t = tv_new("pc", (const char *const[]){"-bios", path, NULL});
    ck_assert_int_eq(peek(0xfffc0000), 0xea);
    ck_assert_int_eq(peek(0xffffffff), 4);
    ck_assert_int_eq(peek(0xfffbffff), -1);
    /* its last 128 KiB below 1 MiB */
    ck_assert_int_eq(peek(0xdffff), -1);
    ck_assert_int_eq(peek(0xe0000), 3);
    ck_assert_int_eq(peek(0xfffff), 4);
    vm_lock(&t->vm);
    ck_assert_int_ne(mem_write(&t->vm, 0xfffffff0, "x", 1), 0);
    ck_assert_int_ne(mem_write(&t->vm, 0xffff0, "x", 1), 0);
    vm_unlock(&t->vm);
    /* shadowed, and back after a reset */
    tv_cfg_write(t, 0, 0x59, 1, 0x30);
    ck_assert_int_eq(peek(0xfffff), 0);
    tv_roundtrip(t);
    tv_reset(t);
    ck_assert_int_eq(peek(0xfffff), 4);
}
END_TEST

START_TEST(test_small_firmware)
{
    make_file("", 0, 0x10000);
    t = tv_new("pc", (const char *const[]){"-bios", path, NULL});
    ck_assert_int_eq(peek(0xffff0000), 1);
    ck_assert_int_eq(peek(0xf0000), 1);
    ck_assert_int_eq(peek(0xeffff), -1);
}
END_TEST

static void refused(const char *const words[], const char *says)
{
    struct cfg_err err = {""};

    ck_assert_ptr_null(tv_try("pc", words, &err));
    ck_assert_msg(strstr(err.text, says), "'%s' says nothing of '%s'", err.text,
                  says);
}

START_TEST(test_refused)
{
    make_file("", 0, 0x10001);
    refused((const char *const[]){"-bios", path, NULL}, "64 KiB");
    refused((const char *const[]){"-bios", "/nonexistent/bios", NULL},
            "/nonexistent/bios");
    refused((const char *const[]){"-bios", "no-such.bin", NULL}, "no-such.bin");
    refused((const char *const[]){"-kernel", path, "-bios", path, NULL},
            "-bios");
    refused((const char *const[]){"-m", "2M", "-boot", "order=x", NULL},
            "order=x");
    refused((const char *const[]){"-boot", "order=acdn", NULL}, "three");
    refused((const char *const[]){"-boot", "once=z", NULL}, "once=z");
    refused((const char *const[]){"-device", "virtio-net-pci,bootindex=3",
                                  "-device", "virtio-net-pci,bootindex=3",
                                  NULL},
            "bootindex=3");
    refused((const char *const[]){"-boot", "splash-time=70000", NULL}, "65535");
    refused((const char *const[]){"-fw_cfg", "name=etc/e820,string=x", NULL},
            "etc/e820");
    refused((const char *const[]){"-smbios", "type=9", NULL}, "type=0");
}
END_TEST

START_TEST(test_boot_order)
{
    uint32_t len;
    uint8_t *wait;

    t = tv_new("pc", (const char *const[]){
                         "-boot", "order=dc,once=ndc,menu=on", "-boot",
                         "splash-time=12,reboot-timeout=-1", NULL});
    ck_assert_uint_eq(cmos(0x3d), 0x34); /* network, CD, disk */
    ck_assert_uint_eq(cmos(0x38), 0x20);
    tv_roundtrip(t);
    tv_reset(t);
    ck_assert_uint_eq(cmos(0x3d), 0x23);
    ck_assert_uint_eq(cmos(0x38), 0);
    ck_assert_uint_eq(fwc_key(t, 0x0e, 2), 1);
    wait = fwc_file(t, "etc/boot-menu-wait", &len);
    ck_assert_uint_eq(len, 2);
    ck_assert_mem_eq(wait, "\x0c\0", 2);
    free(wait);
    wait = fwc_file(t, "etc/boot-fail-wait", &len);
    ck_assert_uint_eq(len, 4);
    ck_assert_mem_eq(wait, "\xff\xff\xff\xff", 4);
    free(wait);
}
END_TEST

START_TEST(test_bootindex)
{
    static const char want[] = "/pci@i0cf8/device@5,1/disk@0,0\n"
                               "/pci@i0cf8/device@1f/disk@0,0\nHALT";
    uint32_t len;
    uint8_t *order;

    t = tv_new("pc", (const char *const[]){
                         "-device", "virtio-net-pci,addr=1f,bootindex=7",
                         "-device", "virtio-net-pci,addr=5.1,bootindex=0",
                         "-device", "virtio-net-pci", "-device",
                         "virtio-rng-pci", "-boot", "strict=on", NULL});
    order = fwc_file(t, "bootorder", &len);
    ck_assert_uint_eq(len, sizeof(want));
    ck_assert_mem_eq(order, want, len);
    free(order);
}
END_TEST

/* ---- a kernel without firmware ---- */

/* Multiboot 0.6.96: flat, loaded at 1 MiB. */
static void make_kernel(void)
{
    static const uint32_t header[] = {
        0x1badb002, 0x00010000, 0 - 0x1badb002 - 0x00010000,
        0x100000,   0x100000,   0x101000,
        0,          0x100020,
    };

    make_file(header, sizeof(header), 0x1000);
}

static void check_direct(void)
{
    char sig[8];

    tv_mem_read(t, 0xe0000, sig, 8);
    ck_assert_mem_eq(sig, "RSD PTR ", 8);
    tv_mem_read(t, 0xf0000, sig, 4);
    ck_assert_mem_eq(sig, "_SM_", 4);
    tv_mem_read(t, 0x100000, sig, 4);
    ck_assert_mem_eq(sig, "\x02\xb0\xad\x1b", 4);
    ck_assert_int_eq(peek(0xc0000), 0); /* RAM */
    /* PCI set up: places, lines, decoding */
    ck_assert_uint_eq(tv_cfg_read(t, ISA, 0x60, 4), 0x0b0b0a0a);
    ck_assert_uint_eq(tv_cfg_read(t, TESTDEV, 0, 4), 0x00051b36);
    ck_assert_uint_eq(tv_cfg_read(t, TESTDEV, PCI_COMMAND, 2), 7);
    ck_assert_uint_ge(tv_cfg_read(t, TESTDEV, 0x10, 4), 0xc0000000);
    ck_assert_uint_ge(tv_cfg_read(t, TESTDEV, 0x14, 4), 0xc000);
    ck_assert_uint_eq(tv_cfg_read(t, PM, PCI_INTERRUPT_LINE, 1), 9);
    ck_assert_uint_eq(tv_inw(t, 0x604), 0);
    ck_assert_uint_lt(tv_inl(t, 0x608), 0x1000000);
}

START_TEST(test_direct)
{
    make_kernel();
    t = tv_new("pc", (const char *const[]){"-kernel", path, "-device",
                                           "pci-testdev", NULL});
    check_direct();
    tv_roundtrip(t);
    /* the guest spoils it all and is reset */
    tv_mem_write(t, 0x100000, "xxxx", 4);
    tv_mem_write(t, 0xe0000, "xxxx", 4);
    tv_cfg_write(t, TESTDEV, PCI_COMMAND, 2, 0);
    tv_cfg_write(t, ISA, 0x60, 4, 0x80808080);
    tv_cfg_write(t, 0, 0x59, 1, 0);
    tv_reset(t);
    check_direct();
}
END_TEST

START_TEST(test_direct_lines)
{
    struct pci_dev *p;

    make_kernel();
    t = tv_new("pc", (const char *const[]){"-kernel", path, NULL});
    /* INTA# of slot 1 is link A, which is line 10 */
    p = (struct pci_dev *)tv_dev(t, "PIIX4_PM");
    vm_lock(&t->vm);
    pci_intx_set(p, true);
    vm_unlock(&t->vm);
    ck_assert(tv_gsi(t, 10));
    tv_roundtrip(t);
    tv_reset(t);
    ck_assert(!tv_gsi(t, 10));
}
END_TEST

/* XSA-119 (CVE-2015-2152): no device that was not asked for: the chipset,
 * and what every PC has at its ports. */
START_TEST(test_nothing_unasked)
{
    static const char *const chips[] = {
        "i440FX-pcihost", "i440FX", "PIIX3",  "piix3-ide", "PIIX4_PM",
        "mc146818rtc",    "i8042",  "port92", "fw_cfg",
    };
    static const size_t n = sizeof(chips) / sizeof(chips[0]);
    size_t i = 0;

    t = tv_new("pc", NULL);
    for (struct dev *d = dev_first(&t->vm); d; d = d->next, i++) {
        ck_assert_uint_lt(i, n);
        ck_assert_str_eq(d->cls->name, chips[i]);
    }
    ck_assert_uint_eq(i, n);
    ck_assert_ptr_null(t->vm.blks);
    ck_assert_ptr_null(t->vm.nets);
    ck_assert_ptr_null(t->vm.chrs);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_memory_small, test_memory_split,    test_no_firmware,
        test_firmware,     test_small_firmware,  test_refused,
        test_boot_order,   test_bootindex,       test_direct,
        test_direct_lines, test_nothing_unasked, NULL,
    };

    return run_suite("pc", NULL, teardown, tests);
}
