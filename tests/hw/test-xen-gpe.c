/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/xen-gpe on the board of Xen's guests: no event, a map of processors. */
#include "config.h"

#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define EVENTS 0xafe0
#define CPUS 0xaf00
#define SLOTS 0xae00

static struct testvm *t;

static void setup(void)
{
    const char *const words[] = {"-m", "16M", "-smp", "10", NULL};

    t = tv_new("xenfv", words);
}

static void teardown(void)
{
    tv_free(t);
}

START_TEST(events)
{
    ck_assert_uint_eq(tv_inl(t, EVENTS), 0);
    tv_outb(t, EVENTS, 0xff); /* status: ones clear */
    tv_outw(t, EVENTS + 2, 0x1234);
    ck_assert_uint_eq(tv_inl(t, EVENTS), 0x12340000);
    tv_roundtrip(t);
    tv_reset(t);
    ck_assert_uint_eq(tv_inl(t, EVENTS), 0);
}
END_TEST

START_TEST(maps)
{
    ck_assert_uint_eq(tv_inb(t, CPUS), 0xff);
    ck_assert_uint_eq(tv_inb(t, CPUS + 1), 0x03);
    for (unsigned i = 2; i < 32; i++)
        ck_assert_uint_eq(tv_inb(t, CPUS + i), 0);
    tv_outb(t, CPUS + 1, 0xff);
    ck_assert_uint_eq(tv_inb(t, CPUS + 1), 0x03);
    for (unsigned i = 0; i < 16; i += 4)
        ck_assert_uint_eq(tv_inl(t, SLOTS + i), 0);
}
END_TEST

START_TEST(storm)
{
    tv_storm_pio(t, EVENTS, 4, 1000, 1);
    tv_storm_pio(t, CPUS, 32, 1000, 2);
    tv_storm_pio(t, SLOTS, 16, 1000, 3);
    ck_assert_uint_eq(tv_inw(t, EVENTS), 0);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {events, maps, storm, NULL};

    return run_suite("xen-gpe", setup, teardown, tests);
}
