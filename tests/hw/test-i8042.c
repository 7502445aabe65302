/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>

#include "hw/i8042.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

static struct testvm *t;

static void setup(void)
{
    t = tv_new("pc", NULL);
}

static void teardown(void)
{
    tv_free(t);
}

static uint8_t status(void)
{
    return tv_inb(t, 0x64);
}

static void command(uint8_t v)
{
    tv_outb(t, 0x64, v);
    tv_roundtrip(t);
}

static void data(uint8_t v)
{
    tv_outb(t, 0x60, v);
    tv_roundtrip(t);
}

static void mouse(uint8_t v)
{
    command(0xd4);
    data(v);
}

#define FROM_KBD 0x01
#define FROM_AUX 0x21

/* The next byte, and who sent it. */
static void expect(uint8_t source, uint8_t v)
{
    ck_assert_uint_eq(status() & 0x21, source);
    ck_assert_uint_eq(tv_inb(t, 0x60), v);
    tv_roundtrip(t);
}

static void expect_nothing(void)
{
    ck_assert_uint_eq(status() & 0x01, 0);
}

static void key(uint8_t code, bool extended, bool down)
{
    vm_lock(&t->vm);
    i8042_key(tv_dev(t, "i8042"), code, extended, down);
    vm_unlock(&t->vm);
    tv_roundtrip(t);
}

START_TEST(test_controller)
{
    expect_nothing();
    command(0xaa);
    ck_assert_uint_eq(status() & 0x0c, 0x0c);
    expect(FROM_KBD, 0x55);
    command(0xab);
    expect(FROM_KBD, 0);
    command(0xa9);
    expect(FROM_KBD, 0);
    command(0x60);
    data(0x47);
    command(0x20);
    expect(FROM_KBD, 0x47);
    for (unsigned i = 1; i < 32; i++) {
        command(0x60 + i);
        data(i ^ 0x5a);
        command(0x20 + i);
        expect(FROM_KBD, i ^ 0x5a);
    }
    command(0xad);
    command(0xa7);
    command(0x20);
    expect(FROM_KBD, 0x77);
    command(0xae);
    command(0xa8);
    command(0x20);
    expect(FROM_KBD, 0x47);
    command(0x01); /* no such command */
    expect_nothing();
    tv_reset(t);
    command(0x20);
    expect(FROM_KBD, 0x03);
}
END_TEST

/* How Linux finds out that there is a mouse port and no multiplexer. */
START_TEST(test_loop)
{
    static const uint8_t probe[] = {0x5a, 0xf0, 0x56, 0xa4};

    for (unsigned i = 0; i < sizeof(probe); i++) {
        command(0xd3);
        data(probe[i]);
        ck_assert(tv_gsi(t, 12));
        expect(FROM_AUX, probe[i]);
        ck_assert(!tv_gsi(t, 12));
    }
    command(0xd2);
    data(0x33);
    ck_assert(tv_gsi(t, 1));
    expect(FROM_KBD, 0x33);
    ck_assert(!tv_gsi(t, 1));
}
END_TEST

START_TEST(test_keyboard)
{
    data(0xff);
    expect(FROM_KBD, 0xfa);
    expect(FROM_KBD, 0xaa);
    data(0xf2);
    expect(FROM_KBD, 0xfa);
    expect(FROM_KBD, 0xab);
    expect(FROM_KBD, 0x83);
    data(0xed);
    expect(FROM_KBD, 0xfa);
    data(0x07);
    expect(FROM_KBD, 0xfa);
    data(0xee);
    expect(FROM_KBD, 0xee);
    data(0xfe);
    expect(FROM_KBD, 0xee);
    data(0xf0);
    expect(FROM_KBD, 0xfa);
    data(0x00);
    expect(FROM_KBD, 0xfa);
    expect(FROM_KBD, 0x02);
    data(0xf0);
    expect(FROM_KBD, 0xfa);
    data(0x03); /* no set 3 here */
    expect(FROM_KBD, 0xfe);
    data(0xf3);
    expect(FROM_KBD, 0xfa);
    data(0x2b);
    expect(FROM_KBD, 0xfa);
    data(0x12);
    expect(FROM_KBD, 0xfe);
    /* a new command ends the answer to the one before, but for the byte
     * that is out already */
    data(0xf2);
    data(0xee);
    expect(FROM_KBD, 0xfa);
    expect(FROM_KBD, 0xee);
    expect_nothing();
}
END_TEST

START_TEST(test_keys)
{
    key(0x1e, false, true); /* A */
    ck_assert(tv_gsi(t, 1));
    expect(FROM_KBD, 0x1c);
    key(0x1e, false, false);
    expect(FROM_KBD, 0xf0);
    expect(FROM_KBD, 0x1c);
    key(0x48, true, true); /* cursor up */
    expect(FROM_KBD, 0xe0);
    expect(FROM_KBD, 0x75);
    /* translated, as every PC has it */
    command(0x60);
    data(0x43);
    key(0x1e, false, true);
    expect(FROM_KBD, 0x1e);
    key(0x1e, false, false);
    expect(FROM_KBD, 0x9e);
    key(0x48, true, false);
    expect(FROM_KBD, 0xe0);
    expect(FROM_KBD, 0xc8);
    data(0xf2);
    expect(FROM_KBD, 0xfa);
    expect(FROM_KBD, 0xab);
    expect(FROM_KBD, 0x41);
    /* every key there and back */
    for (unsigned code = 1; code < 0x80; code++) {
        if (code == 0x41 || (code > 0x58 && code != 0x5b && code != 0x5c))
            continue;
        key(code, false, true);
        if (code == 0x54 && !(status() & 1))
            continue;
        expect(FROM_KBD, code);
    }
    key(0x41, false, true); /* F7 has the odd code */
    expect(FROM_KBD, 0x41);
    /* an answer overtakes keys */
    key(0x1e, false, true);
    key(0x30, false, true);
    data(0xee);
    expect(FROM_KBD, 0x1e);
    expect(FROM_KBD, 0xee);
    expect(FROM_KBD, 0x30);
    /* nobody listens: the queue is bounded */
    for (unsigned i = 0; i < 100; i++)
        key(0x1e, true, i & 1);
    unsigned n = 0;
    while (status() & 1) {
        tv_inb(t, 0x60);
        n++;
    }
    ck_assert_uint_gt(n, 8);
    ck_assert_uint_lt(n, 32);
    /* switched off, twice */
    data(0xf5);
    expect(FROM_KBD, 0xfa);
    key(0x1e, false, true);
    expect_nothing();
    data(0xf4);
    expect(FROM_KBD, 0xfa);
    command(0xad);
    key(0x1e, false, true);
    expect_nothing();
    command(0xae); /* now it comes */
    expect(FROM_KBD, 0x1e);
    /* no interrupts wanted */
    command(0x60);
    data(0x40);
    key(0x1e, false, true);
    ck_assert(!tv_gsi(t, 1));
    expect(FROM_KBD, 0x1e);
}
END_TEST

START_TEST(test_mouse)
{
    mouse(0xff);
    ck_assert(tv_gsi(t, 12));
    expect(FROM_AUX, 0xfa);
    ck_assert(tv_gsi(t, 12));
    expect(FROM_AUX, 0xaa);
    expect(FROM_AUX, 0x00);
    ck_assert_uint_eq(tv_gsi_edges(t, 12), 3);
    mouse(0xf2);
    expect(FROM_AUX, 0xfa);
    expect(FROM_AUX, 0x00);
    mouse(0xe8);
    expect(FROM_AUX, 0xfa);
    mouse(3);
    expect(FROM_AUX, 0xfa);
    mouse(0xf3);
    expect(FROM_AUX, 0xfa);
    mouse(200);
    expect(FROM_AUX, 0xfa);
    mouse(0xe7);
    expect(FROM_AUX, 0xfa);
    mouse(0xf4);
    expect(FROM_AUX, 0xfa);
    mouse(0xe9);
    expect(FROM_AUX, 0xfa);
    expect(FROM_AUX, 0x30);
    expect(FROM_AUX, 3);
    expect(FROM_AUX, 200);
    mouse(0xeb);
    expect(FROM_AUX, 0xfa);
    expect(FROM_AUX, 0x08);
    expect(FROM_AUX, 0);
    expect(FROM_AUX, 0);
    mouse(0xee); /* wrap: everything comes back but its end */
    expect(FROM_AUX, 0xfa);
    mouse(0xf2);
    expect(FROM_AUX, 0xf2);
    mouse(0xec);
    expect(FROM_AUX, 0xfa);
    mouse(0x00);
    expect(FROM_AUX, 0xfe);
    expect_nothing();
    /* the keyboard speaks first, both get through */
    mouse(0xf2);
    key(0x1e, false, true);
    expect(FROM_AUX, 0xfa);
    expect(FROM_KBD, 0x1c);
    expect(FROM_AUX, 0x00);
}
END_TEST

static unsigned resets;

static bool requested(void)
{
    /* before the loop acts on it */
    bool asked = atomic_load(&t->vm.requests) & VM_REQ_RESET;

    resets += asked;
    atomic_store(&t->vm.requests, 0);
    return asked;
}

START_TEST(test_reset_and_a20)
{
    command(0xd0);
    expect(FROM_KBD, 0x03);
    command(0xd1);
    data(0x01); /* A20 "off" */
    command(0xd0);
    expect(FROM_KBD, 0x01);
    command(0xdf);
    command(0xd0);
    expect(FROM_KBD, 0x03);
    /* memory does not wrap at any setting */
    command(0xdd);
    tv_mem_write(t, 0x100000, "high", 4);
    tv_mem_write(t, 0x000000, "low!", 4);
    char buf[4];
    tv_mem_read(t, 0x100000, buf, 4);
    ck_assert_mem_eq(buf, "high", 4);
    ck_assert(!requested());
    tv_outb(t, 0x64, 0xf1); /* pulses others, not reset */
    ck_assert(!requested());
    tv_outb(t, 0x64, 0xfe);
    ck_assert(requested());
    tv_outb(t, 0x64, 0xd1);
    tv_outb(t, 0x60, 0x02);
    ck_assert(requested());
    ck_assert_uint_eq(resets, 2);
}
END_TEST

START_TEST(test_port92)
{
    ck_assert_uint_eq(tv_inb(t, 0x92), 0x02);
    tv_outb(t, 0x92, 0x00);
    tv_roundtrip(t);
    ck_assert_uint_eq(tv_inb(t, 0x92), 0x00);
    ck_assert(!requested());
    tv_outb(t, 0x92, 0x03);
    ck_assert(requested());
    tv_outb(t, 0x92, 0x03); /* the edge counts */
    ck_assert(!requested());
    tv_reset(t);
    ck_assert_uint_eq(tv_inb(t, 0x92), 0x02);
    tv_storm_pio(t, 0x92, 1, 1000, 92);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_storm)
{
    for (unsigned i = 0; i < 20; i++) {
        for (unsigned n = 0; n < 10; n++)
            key(n + i, n & 1, n & 2);
        tv_storm_pio(t, 0x60, 1, 500, 0x8042 + i);
        tv_storm_pio(t, 0x64, 1, 500, 0x8042 + i);
        tv_storm_pio(t, 0x60, 5, 500, 0x8042 + i);
        tv_roundtrip(t);
    }
}
END_TEST

int main(void)
{
    return run_suite("i8042", setup, teardown,
                     (const TTest *const[]){test_controller, test_loop,
                                            test_keyboard, test_keys,
                                            test_mouse, test_reset_and_a20,
                                            test_port92, test_storm, NULL});
}
