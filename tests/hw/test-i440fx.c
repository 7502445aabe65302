/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/i440fx and hw/piix3: configuration ports, PAM, reset, PIRQ routing. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "hw/i440fx.h"
#include "hw/pci/pci.h"
#include "hw/piix3.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define PMC PCI_DEVFN(0, 0)
#define ISA PCI_DEVFN(1, 0)

static struct testvm *t;

static void setup(void)
{
    t = tv_new("pc", (const char *const[]){"-m", "4M", NULL});
}

static void teardown(void)
{
    tv_free(t);
}

START_TEST(test_config_ports)
{
    tv_outl(t, 0xcf8, 0x80000000);
    ck_assert_uint_eq(tv_inl(t, 0xcf8), 0x80000000);
    ck_assert_uint_eq(tv_inl(t, 0xcfc), 0x12378086);
    ck_assert_uint_eq(tv_inw(t, 0xcfe), 0x1237);
    ck_assert_uint_eq(tv_inb(t, 0xcfd), 0x80);
    ck_assert_uint_eq(tv_inw(t, 0xcfd), 0x3780);
    tv_outl(t, 0xcf8, 0x80000803);
    ck_assert_uint_eq(tv_inl(t, 0xcf8), 0x80000803);
    ck_assert_uint_eq(tv_inl(t, 0xcfc), 0x70008086);
    ck_assert_uint_eq(tv_inb(t, 0xcfc), 0x70); /* as QEMU's */
    tv_outl(t, 0xcf8, 0x80000802);
    ck_assert_uint_eq(tv_inw(t, 0xcfc), 0x7000);
    /* not enabled; another bus; nobody */
    tv_outl(t, 0xcf8, 0x00000000);
    ck_assert_uint_eq(tv_inl(t, 0xcfc), 0xffffffff);
    tv_outl(t, 0xcf8, 0x80010000);
    ck_assert_uint_eq(tv_inl(t, 0xcfc), 0xffffffff);
    tv_outl(t, 0xcfc, 0);
    tv_outl(t, 0xcf8, 0x8000f800);
    ck_assert_uint_eq(tv_inl(t, 0xcfc), 0xffffffff);
    /* CONFADD takes doublewords only */
    tv_outb(t, 0xcf8, 0x12);
    tv_outw(t, 0xcfa, 0x1234);
    ck_assert_uint_eq(tv_inl(t, 0xcf8), 0x8000f800);
    ck_assert_uint_eq(tv_inb(t, 0xcf8), 0xff);
    /* a write of a byte and of a word */
    tv_outl(t, 0xcf8, 0x8000085c + 4);
    tv_outb(t, 0xcfd, 0x0a);
    ck_assert_uint_eq(tv_cfg_read(t, ISA, 0x60, 4), 0x80800a80);
    tv_outw(t, 0xcfe, 0x0b05);
    ck_assert_uint_eq(tv_cfg_read(t, ISA, 0x60, 4), 0x0b050a80);
    tv_roundtrip(t);
}
END_TEST

static bool was_reset(void *opaque)
{
    return tv_cfg_read(t, ISA, 0x60, 1) == 0x80;
}

START_TEST(test_reset_control)
{
    tv_cfg_write(t, ISA, 0x60, 1, 5);
    tv_outb(t, 0xcf9, 0x02);
    ck_assert_uint_eq(tv_inb(t, 0xcf9), 0x02);
    ck_assert(!was_reset(NULL));
    tv_outb(t, 0xcf9, 0x06);
    ck_assert(tv_wait(t, was_reset, NULL, 5000));
    ck_assert_uint_eq(tv_inb(t, 0xcf9), 0);
}
END_TEST

/* Where attributes of segment i are, and what it covers. */
static void pam_set(unsigned i, uint8_t attr)
{
    unsigned reg = i == 12 ? I440FX_PAM0 : I440FX_PAM0 + 1 + i / 2;
    unsigned shift = i == 12 || i % 2 ? 4 : 0;
    uint8_t v = (uint8_t)tv_cfg_read(t, PMC, reg, 1);

    v = (uint8_t)((v & ~(3u << shift)) | attr << shift);
    tv_cfg_write(t, PMC, reg, 1, v);
    ck_assert_uint_eq(tv_cfg_read(t, PMC, reg, 1), v);
}

static bool writable(uint32_t gpa)
{
    uint32_t v = 0x12345678 ^ gpa, got = 0;

    vm_lock(&t->vm);
    mem_write(&t->vm, gpa, &v, 4);
    mem_read(&t->vm, gpa, &got, 4);
    vm_unlock(&t->vm);
    return got == v;
}

static int peek(uint32_t gpa)
{
    uint8_t v = 0;
    int rc;

    vm_lock(&t->vm);
    rc = mem_read(&t->vm, gpa, &v, 1);
    vm_unlock(&t->vm);
    return rc ? -1 : v;
}

START_TEST(test_pam)
{
    for (unsigned i = 0; i < 13; i++) {
        uint32_t gpa = i == 12 ? 0xf0000 : 0xc0000 + i * 0x4000;
        uint32_t last = i == 12 ? 0xfffff : gpa + 0x3fff;

        ck_assert_int_eq(peek(gpa), -1);
        pam_set(i, 3);
        ck_assert(writable(gpa) && writable(last - 3));
        ck_assert_int_eq(peek(last + 1), i == 12 ? 0 : -1);
        tv_roundtrip(t);
        pam_set(i, I440FX_PAM_RE);
        ck_assert_int_eq(peek(gpa), 0x78 ^ (gpa & 0xff));
        vm_lock(&t->vm);
        ck_assert_int_eq(mem_write(&t->vm, gpa, "", 1), -EFAULT);
        vm_unlock(&t->vm);
        pam_set(i, I440FX_PAM_WE);
        ck_assert_int_eq(peek(gpa), -1);
        tv_roundtrip(t);
        pam_set(i, 0);
    }
    pam_set(3, 3);
    tv_reset(t);
    ck_assert_int_eq(peek(0xcc000), -1);
}
END_TEST

START_TEST(test_vga_hole)
{
    ck_assert_int_eq(peek(0x9ffff), 0);
    ck_assert_int_eq(peek(0xa0000), -1);
    ck_assert_int_eq(peek(0xbffff), -1);
    ck_assert_int_eq(peek(0x3fffff), 0);
    ck_assert_int_eq(peek(0x400000), -1);
}
END_TEST

START_TEST(test_pirq)
{
    struct pci_dev *pmc = (struct pci_dev *)tv_dev(t, "PIIX4_PM");

    /* INTA# of slot 1 is link A */
    vm_lock(&t->vm);
    pci_intx_set(pmc, true);
    vm_unlock(&t->vm);
    for (unsigned v = 0; v < 256; v++) {
        bool routed = !(v & 0x80) && 0xdef8 >> (v & 15) & 1;

        tv_cfg_write(t, ISA, PIIX3_PIRQRCA, 1, v);
        ck_assert_uint_eq(tv_cfg_read(t, ISA, PIIX3_PIRQRCA, 1), v & 0x8f);
        for (unsigned line = 0; line < 16; line++)
            ck_assert(tv_gsi(t, line) == (routed && line == (v & 15)));
    }
    tv_cfg_write(t, ISA, PIIX3_PIRQRCA, 1, 11);
    tv_roundtrip(t);
    tv_cfg_write(t, ISA, PIIX3_PIRQRCA + 1, 1, 11);
    tv_cfg_write(t, ISA, PIIX3_PIRQRCA, 1, 0x80);
    ck_assert(!tv_gsi(t, 11));
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_elcr)
{
    tv_outb(t, 0x4d0, 0xff);
    tv_outb(t, 0x4d1, 0xff);
    ck_assert_uint_eq(tv_inb(t, 0x4d0), 0xf8);
    ck_assert_uint_eq(tv_inb(t, 0x4d1), 0xde);
    tv_outw(t, 0x4d0, 0x0c00);
    ck_assert_uint_eq(tv_inw(t, 0x4d0), 0x0c00);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_storm)
{
    tv_storm_cfg(t, PMC, 5000, 0x440);
    tv_storm_cfg(t, ISA, 5000, 0x441);
    /* all ports of the two but the reset control register */
    tv_storm_pio(t, 0xcfc, 4, 5000, 0x442);
    tv_storm_pio(t, 0x4d0, 2, 5000, 0x443);
    tv_roundtrip(t);
    tv_reset(t);
    ck_assert_uint_eq(tv_cfg_read(t, PMC, 0, 4), 0x12378086);
    ck_assert_uint_eq(tv_cfg_read(t, ISA, 0, 4), 0x70008086);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_config_ports, test_reset_control, test_pam,   test_vga_hole,
        test_pirq,         test_elcr,          test_storm, NULL,
    };

    return run_suite("i440fx", setup, teardown, tests);
}
