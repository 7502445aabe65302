/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/piix4-pm: timer, events, SCI, sleep, APMC. */
#include "config.h"

#include <string.h>

#include "hw/pci/pci.h"
#include "hw/piix4-pm.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define PM PCI_DEVFN(1, 3)
#define BASE 0x600
#define SEC 1000000000ll

static struct testvm *t;

static void enable(uint16_t base)
{
    tv_cfg_write(t, PM, PIIX4_PMBASE, 2, base);
    tv_cfg_write(t, PM, PIIX4_PMREGMISC, 1, PIIX4_PMIOSE);
}

static void setup(void)
{
    t = tv_new("pc", (const char *const[]){NULL});
    enable(BASE);
}

static void teardown(void)
{
    tv_free(t);
}

static uint16_t in(unsigned reg)
{
    return tv_inw(t, BASE + reg);
}

static void out(unsigned reg, uint16_t v)
{
    tv_outw(t, BASE + reg, v);
}

static bool sci(void)
{
    return tv_gsi(t, PIIX4_SCI_IRQ);
}

START_TEST(test_base)
{
    ck_assert_uint_eq(tv_cfg_read(t, PM, 0, 4), 0x71138086);
    ck_assert_uint_eq(tv_cfg_read(t, PM, PIIX4_PMBASE, 4), BASE | 1);
    tv_cfg_write(t, PM, PIIX4_PMREGMISC, 1, 0);
    ck_assert_uint_eq(in(PIIX4_PMCNTRL), 0xffff);
    enable(0xb03f); /* the lower bits are fixed */
    ck_assert_uint_eq(tv_cfg_read(t, PM, PIIX4_PMBASE, 4), 0xb001);
    ck_assert_uint_eq(in(PIIX4_PMCNTRL), 0xffff);
    ck_assert_uint_eq(tv_inw(t, 0xb000 + PIIX4_PMCNTRL), 0);
    enable(0xcc0); /* where the configuration ports are */
    ck_assert_uint_eq(tv_inw(t, 0xcc4), 0xffff);
    tv_roundtrip(t);
    tv_reset(t);
    ck_assert_uint_eq(tv_cfg_read(t, PM, PIIX4_PMBASE, 4), 1);
    ck_assert_uint_eq(in(PIIX4_PMCNTRL), 0xffff);
}
END_TEST

START_TEST(test_timer)
{
    uint32_t a = tv_inl(t, BASE + PIIX4_PMTMR), b;

    tv_step(t, SEC);
    b = tv_inl(t, BASE + PIIX4_PMTMR);
    ck_assert_uint_eq(b - a, PM_TIMER_HZ);
    ck_assert_uint_eq(tv_inw(t, BASE + PIIX4_PMTMR + 1), b >> 8 & 0xffff);
    ck_assert_uint_eq(tv_inb(t, BASE + PIIX4_PMTMR + 3), 0);
    tv_outl(t, BASE + PIIX4_PMTMR, 0); /* cannot be written */
    ck_assert_uint_eq(tv_inl(t, BASE + PIIX4_PMTMR), b);
    tv_step(t, 4 * SEC); /* wraps after 4.68 s */
    ck_assert_uint_eq(tv_inl(t, BASE + PIIX4_PMTMR),
                      (uint32_t)(5ull * PM_TIMER_HZ) & 0xffffff);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_overflow)
{
    int64_t half = (0x800000 * SEC + PM_TIMER_HZ - 1) / PM_TIMER_HZ;

    out(PIIX4_PMCNTRL, PIIX4_PM_SCI_EN);
    out(PIIX4_PMEN, PIIX4_PM_TMROF);
    tv_step(t, half - 1);
    ck_assert(!sci());
    tv_roundtrip(t);
    tv_step(t, 1);
    ck_assert(sci());
    ck_assert_uint_eq(in(PIIX4_PMSTS), PIIX4_PM_TMROF);
    tv_roundtrip(t);
    out(PIIX4_PMSTS, PIIX4_PM_TMROF);
    ck_assert(!sci());
    ck_assert_uint_eq(in(PIIX4_PMSTS), 0);
    tv_step(t, half);
    ck_assert(sci());
    out(PIIX4_PMEN, 0);
    ck_assert(!sci());
    /* the bit is set without anyone waiting for it, too */
    out(PIIX4_PMSTS, PIIX4_PM_TMROF);
    tv_step(t, 7 * half);
    ck_assert_uint_eq(in(PIIX4_PMSTS), PIIX4_PM_TMROF);
    tv_roundtrip(t);
}
END_TEST

static void press(void)
{
    vm_lock(&t->vm);
    t->vm.powerdown(t->vm.powerdown_opaque);
    vm_unlock(&t->vm);
}

START_TEST(test_power_button)
{
    press();
    ck_assert_uint_eq(in(PIIX4_PMSTS), PIIX4_PM_PWRBTN);
    out(PIIX4_PMEN, PIIX4_PM_PWRBTN);
    ck_assert(!sci()); /* would be an SMI */
    tv_outb(t, PIIX4_APMC, PIIX4_ACPI_ENABLE);
    ck_assert_uint_eq(in(PIIX4_PMCNTRL), PIIX4_PM_SCI_EN);
    ck_assert(sci());
    tv_roundtrip(t);
    tv_outb(t, BASE + PIIX4_PMSTS + 1, PIIX4_PM_PWRBTN >> 8);
    ck_assert(!sci());
    tv_outb(t, PIIX4_APMC, PIIX4_ACPI_DISABLE);
    ck_assert_uint_eq(in(PIIX4_PMCNTRL), 0);
    ck_assert_uint_eq(tv_inb(t, PIIX4_APMC), PIIX4_ACPI_DISABLE);
    tv_outb(t, PIIX4_APMC + 1, 0x5a);
    ck_assert_uint_eq(tv_inb(t, PIIX4_APMC + 1), 0x5a);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_widths)
{
    tv_outl(t, BASE, 0xffff0000); /* PMSTS and PMEN at once */
    ck_assert_uint_eq(tv_inl(t, BASE), 0x05210000);
    tv_outb(t, BASE + PIIX4_PMEN, 0);
    ck_assert_uint_eq(in(PIIX4_PMEN), 0x0500);
    out(PIIX4_PMCNTRL, 0xdfff); /* all but SUS_EN */
    ck_assert_uint_eq(in(PIIX4_PMCNTRL), 0x1c03);
    tv_outl(t, BASE + PIIX4_GPSTS, 0xffffffff);
    ck_assert_uint_eq(tv_inl(t, BASE + PIIX4_GPSTS), 0xffff0000);
    ck_assert_uint_eq(tv_inl(t, BASE + 0x3c), 0);
    ck_assert_uint_eq(tv_inb(t, BASE + 0x40), 0xff);
    tv_roundtrip(t);
}
END_TEST

static unsigned requests(void)
{
    return t->vm.requests;
}

START_TEST(test_sleep)
{
    out(PIIX4_PMCNTRL, 1 << 10 | PIIX4_PM_SUS_EN); /* S3: there is none */
    ck_assert_uint_eq(requests(), 0);
    ck_assert_uint_eq(in(PIIX4_PMCNTRL), 1 << 10);
    out(PIIX4_PMCNTRL, PIIX4_SUS_OFF << 10 | PIIX4_PM_SUS_EN);
    ck_assert_uint_eq(requests(), VM_REQ_SHUTDOWN);
    ck_assert_uint_eq(in(PIIX4_PMCNTRL), 0);
}
END_TEST

START_TEST(test_storm)
{
    tv_storm_cfg(t, PM, 5000, 0x7113);
    tv_reset(t);
    enable(BASE);
    tv_storm_pio(t, BASE, PIIX4_PM_SIZE, 20000, 0x7114);
    tv_storm_pio(t, PIIX4_APMC, 2, 2000, 0x7115);
    tv_roundtrip(t);
    tv_reset(t);
    ck_assert(!sci());
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_base,   test_timer, test_overflow, test_power_button,
        test_widths, test_sleep, test_storm,    NULL,
    };

    return run_suite("piix4-pm", setup, teardown, tests);
}
