/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm/irq: lines, links and their sharing. */
#include "config.h"

#include "dm/irq.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

static struct testvm *t;

static void setup(void)
{
    t = tv_new("none", NULL);
}

static void teardown(void)
{
    tv_free(t);
}

static void line(unsigned gsi, bool level)
{
    vm_lock(&t->vm);
    irq_set(&t->vm, gsi, level);
    vm_unlock(&t->vm);
}

static void pin(uint16_t bdf, unsigned n, bool level)
{
    vm_lock(&t->vm);
    irq_pci_set(&t->vm, bdf, n, level);
    vm_unlock(&t->vm);
}

static void route(unsigned link, uint8_t to)
{
    vm_lock(&t->vm);
    irq_pci_route(&t->vm, link, to);
    vm_unlock(&t->vm);
}

START_TEST(levels_and_edges)
{
    line(4, true);
    line(4, true);
    ck_assert(tv_gsi(t, 4));
    ck_assert_uint_eq(tv_gsi_edges(t, 4), 1);
    line(4, false);
    ck_assert(!tv_gsi(t, 4));
    vm_lock(&t->vm);
    irq_pulse(&t->vm, 4);
    vm_unlock(&t->vm);
    ck_assert(!tv_gsi(t, 4));
    ck_assert_uint_eq(tv_gsi_edges(t, 4), 2);
    line(IRQ_GSIS, true); /* no such line */
    line(~0u, true);
}
END_TEST

START_TEST(the_swizzle_is_the_boards)
{
    ck_assert_uint_eq(irq_pci_link(1 << 3, 0), 0);
    ck_assert_uint_eq(irq_pci_link(2 << 3, 0), 1);
    ck_assert_uint_eq(irq_pci_link(3 << 3 | 5, 3), 1);
    ck_assert_uint_eq(irq_pci_link(0, 0), 3);
}
END_TEST

START_TEST(pins_share_a_link)
{
    route(0, 10);
    pin(1 << 3, 0, true);
    pin(5 << 3, 0, true);
    ck_assert(tv_gsi(t, 10));
    pin(1 << 3, 0, false);
    pin(1 << 3, 0, false); /* twice counts once */
    ck_assert(tv_gsi(t, 10));
    pin(5 << 3, 0, false);
    ck_assert(!tv_gsi(t, 10));
    ck_assert_uint_eq(tv_gsi_edges(t, 10), 1);
}
END_TEST

START_TEST(links_and_a_device_share_a_line)
{
    route(0, 11);
    route(1, 11);
    pin(1 << 3, 0, true);
    pin(2 << 3, 0, true);
    line(11, true);
    pin(1 << 3, 0, false);
    line(11, false);
    ck_assert(tv_gsi(t, 11));
    pin(2 << 3, 0, false);
    ck_assert(!tv_gsi(t, 11));
}
END_TEST

START_TEST(a_route_moves_with_its_level)
{
    pin(1 << 3, 0, true);
    ck_assert(!tv_gsi(t, 5)); /* nowhere yet */
    route(0, 5);
    ck_assert(tv_gsi(t, 5));
    route(0, 10);
    ck_assert(!tv_gsi(t, 5));
    ck_assert(tv_gsi(t, 10));
    route(0, 200); /* no such line: off */
    ck_assert(!tv_gsi(t, 10));
    vm_lock(&t->vm);
    irq_reset(&t->vm);
    vm_unlock(&t->vm);
    route(0, 10);
    ck_assert(!tv_gsi(t, 10)); /* reset let the pin go */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        levels_and_edges,
        the_swizzle_is_the_boards,
        pins_share_a_link,
        links_and_a_device_share_a_line,
        a_route_moves_with_its_level,
        NULL,
    };

    return run_suite("irq", setup, teardown, tests);
}
