/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pc: memory, firmware, what it is told, a kernel without firmware. */
#include "config.h"

#include <endian.h>
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

    suite_path(path, sizeof(path), "file-XXXXXX");
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
            "a bzImage is expected");
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

/* ---- a kernel behind firmware ---- */

#define PART (3 << 16) /* bytes behind the setup code */

/* A bzImage of protocol 2.10 with one setup sector, big enough to be firmware
 * as well. Byte i of what follows is 1 + i / 64 KiB. */
static void make_bzimage(uint8_t setup_sects, uint32_t init_size)
{
    uint8_t head[0x400] = {0x4d, 0x5a};
    const struct {
        unsigned at, len;
        uint32_t val;
    } field[] = {
        {0x1f1, 1, setup_sects}, {0x1f4, 4, PART / 16},  {0x1fe, 2, 0xaa55},
        {0x200, 2, 0x66eb},      {0x202, 4, 0x53726448}, {0x206, 2, 0x20a},
        {0x211, 1, 1},           {0x22c, 4, 0x37ffffff}, {0x230, 4, 0x200000},
        {0x234, 1, 1},           {0x238, 4, 63},         {0x258, 4, 0x1000000},
        {0x260, 4, init_size},
    };

    for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++)
        memcpy(head + field[i].at, &field[i].val, field[i].len);
    make_file(head, sizeof(head), 0x40000);
}

static void dma(uint16_t key, uint32_t skip, uint32_t len, uint64_t gpa)
{
    struct {
        uint32_t control, len;
        uint64_t gpa;
    } d = {htobe32((uint32_t)key << 16 | 0xc), htobe32(skip), 0};

    for (int i = 0; i < 2; i++) {
        tv_mem_write(t, 0x8000, &d, sizeof(d));
        tv_outl(t, 0x518, htobe32(0x8000));
        tv_mem_read(t, 0x8000, &d, 4);
        ck_assert_uint_eq(d.control, 0);
        d.control = htobe32(2);
        d.len = htobe32(len);
        d.gpa = htobe64(gpa);
    }
}

START_TEST(test_kernel_in_fw_cfg)
{
    static const char order[] = "/rom@genroms/hvmd-kernel.bin\n";
    uint8_t *file, sum = 0, head[0x400];
    uint32_t len;
    char text[8];

    make_bzimage(1, 0x800000);
    t = tv_new("pc", (const char *const[]){"-bios", path, "-kernel", path,
                                           "-initrd", path, "-append", "a=b c",
                                           "-m", "32M", NULL});
    /* nothing is in memory before the guest fetches it */
    ck_assert_int_eq(peek(0x100000), 0);
    ck_assert_uint_eq(fwc_key(t, 0x07, 4), 0x100000);
    ck_assert_uint_eq(fwc_key(t, 0x08, 4), 0x40000 - 0x400);
    ck_assert_uint_eq(fwc_key(t, 0x11, 1), 1);
    ck_assert_uint_eq(fwc_key(t, 0x0a, 4), 0x1800000);
    ck_assert_uint_eq(fwc_key(t, 0x0b, 4), 0x40000);
    ck_assert_uint_eq(fwc_key(t, 0x12, 2), 0x5a4d);
    ck_assert_uint_eq(fwc_key(t, 0x14, 4), 6);
    tv_outw(t, 0x510, 0x15);
    fwc_read(t, text, 7);
    ck_assert_mem_eq(text, "a=b c\0\0", 7);
    ck_assert_uint_eq(fwc_key(t, 0x16, 4), 0x10000);
    ck_assert_uint_eq(fwc_key(t, 0x17, 4), 0x400);

    dma(0x18, 0, 0x400, 0x10000);
    tv_mem_read(t, 0x10000, head, sizeof(head));
    ck_assert_uint_eq(head[0x210], 0xff);          /* a loader, */
    ck_assert_uint_eq(head[0x211], 0x81);          /* a heap, */
    ck_assert_mem_eq(head + 0x228, "\0\0\2\0", 4); /* the command line */
    ck_assert_mem_eq(head + 0x258, "\0\0\0\1", 4); /* and the rest as it was */
    dma(0x11, 0, 0x40000 - 0x400, 0x100000);
    ck_assert_int_eq(peek(0x100000), 1);
    ck_assert_int_eq(peek(0x100000 + 0x3fbff), 4);
    ck_assert_int_eq(peek(0x100000 + 0x3fc00), 0);
    dma(0x12, 0x3fff0, 0x20, 0x1fff000); /* across the initrd's end */
    ck_assert_int_eq(peek(0x1fff00f), 4);
    ck_assert_int_eq(peek(0x1fff010), 0);
    tv_roundtrip(t);

    file = fwc_file(t, "genroms/hvmd-kernel.bin", &len);
    ck_assert_uint_eq(len, file[2] * 512u);
    ck_assert_mem_eq(file, "\x55\xaa", 2);
    for (uint32_t i = 0; i < len; i++)
        sum += file[i];
    ck_assert_uint_eq(sum, 0);
    for (uint32_t i = 0; i < 32; i++)
        sum += file[file[0x1a] + i];
    ck_assert_uint_eq(sum, 0);
    free(file);
    file = fwc_file(t, "bootorder", &len);
    ck_assert_uint_eq(len, sizeof(order));
    ck_assert_mem_eq(file, order, len);
    free(file);
}
END_TEST

/* The kernel's file is cut after it was opened. */
START_TEST(test_kernel_gets_shorter)
{
    make_bzimage(1, 0);
    t = tv_new("pc", (const char *const[]){"-bios", path, "-kernel", path, "-m",
                                           "32M", NULL});
    ck_assert_int_eq(truncate(path, 0x8400), 0);
    ck_assert_uint_eq(fwc_key(t, 0x11, 1), 1);
    ck_assert_uint_eq(fwc_key(t, 0x17, 4), 0x400); /* that is a copy */
    ck_assert_uint_eq(fwc_key(t, 0x18, 2), 0x5a4d);
    ck_assert_int_eq(truncate(path, 0x400), 0);
    ck_assert_uint_eq(fwc_key(t, 0x11, 1), 0xff);
}
END_TEST

START_TEST(test_kernel_refused)
{
    char big[80];

    memset(big, 'x', 64);
    big[64] = '\0';
    make_bzimage(65, 0);
    refused((const char *const[]){"-bios", path, "-kernel", path, NULL},
            "32 KiB");
    unlink(path);
    make_bzimage(1, 0x2000000);
    refused((const char *const[]){"-bios", path, "-kernel", path, "-m", "32M",
                                  NULL},
            "give the guest more memory");
    refused((const char *const[]){"-bios", path, "-kernel", path, "-append",
                                  big, NULL},
            "this kernel takes 63");
    refused((const char *const[]){"-bios", path, "-kernel", path, "-initrd",
                                  "/nonexistent/i", NULL},
            "/nonexistent/i");
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
        test_memory_small,
        test_memory_split,
        test_no_firmware,
        test_firmware,
        test_small_firmware,
        test_refused,
        test_boot_order,
        test_bootindex,
        test_direct,
        test_direct_lines,
        test_nothing_unasked,
        test_kernel_in_fw_cfg,
        test_kernel_gets_shorter,
        test_kernel_refused,
        NULL,
    };

    return run_suite("pc", NULL, teardown, tests);
}
