/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>

#include "dm/clock.h"
#include "hw/mc146818.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

enum { SEC = 0, SEC_AL, MIN, MIN_AL, HOUR, HOUR_AL, WDAY, DAY, MONTH, YEAR };
enum { A = 10, B, C, D, CENTURY = 0x32 };
#define B_SET 0x80
#define B_PIE 0x40
#define B_AIE 0x20
#define B_UIE 0x10
#define B_DM 0x04
#define B_24H 0x02
#define ANY 0xc0
#define HOLD 0x76
#define RUN 0x26
#define UIP_NS (8 * (int64_t)NS_PER_SEC / 32768)
#define S (int64_t) NS_PER_SEC

static struct testvm *t;

static void setup(void)
{
    static const char *const words[] = {"-rtc", "base=2011-02-02T02:04:58",
                                        NULL};

    t = tv_new("pc", words);
}

static void teardown(void)
{
    tv_free(t);
}

static uint8_t get(uint8_t reg)
{
    tv_outb(t, 0x70, reg);
    return tv_inb(t, 0x71);
}

static void set(uint8_t reg, uint8_t v)
{
    tv_outb(t, 0x70, reg);
    tv_outb(t, 0x71, v);
    tv_roundtrip(t);
}

static void check_time(uint8_t h, uint8_t m, uint8_t s)
{
    ck_assert_uint_eq(get(HOUR), h);
    ck_assert_uint_eq(get(MIN), m);
    ck_assert_uint_eq(get(SEC), s);
}

static void check_date(unsigned year, uint8_t month, uint8_t day)
{
    ck_assert_uint_eq(get(CENTURY) << 8 | get(YEAR), year);
    ck_assert_uint_eq(get(MONTH), month);
    ck_assert_uint_eq(get(DAY), day);
}

static void set_time(uint8_t b, uint8_t h, uint8_t m, uint8_t s)
{
    set(B, b);
    set(A, HOLD);
    set(HOUR, h);
    set(MIN, m);
    set(SEC, s);
    set(A, RUN);
}

START_TEST(test_base)
{
    check_date(0x2011, 2, 2);
    check_time(2, 4, 0x58);
    ck_assert_uint_eq(get(WDAY), 4); /* a Wednesday */
    tv_step(t, 2 * S);
    check_time(2, 5, 0);
    set(B, B_24H | B_DM);
    ck_assert_uint_eq(get(YEAR), 11);
    tv_step(t, 55 * S);
    check_time(2, 5, 55);
    ck_assert_uint_eq(get(D), 0x80);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_bad_base)
{
    static const char *const bad[] = {"base=tomorrow", "base=2020-13-01",
                                      "base=2020-01-01T25:00:00",
                                      "base=2020-01-01x", "clock=sun"};
    struct cfg_err err;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const words[] = {"-rtc", bad[i], NULL};
        err.text[0] = '\0';
        ck_assert_ptr_null(tv_try("pc", words, &err));
        ck_assert_ptr_nonnull(strstr(err.text, "expected"));
    }
}
END_TEST

/* mode, time set, steps in s, time then */
static const struct {
    uint8_t b, set[3];
    int step;
    uint8_t then[3];
} hours[] = {
    {B_24H, {0x09, 0x59, 0x00}, 60, {0x10, 0x00, 0x00}},
    {B_24H, {0x23, 0x59, 0x59}, 1, {0x00, 0x00, 0x00}},
    {B_24H | B_DM, {9, 59, 0}, 60, {10, 0, 0}},
    {B_24H | B_DM, {23, 59, 0}, 60, {0, 0, 0}},
    {0, {0x81, 0x59, 0x00}, 60, {0x82, 0x00, 0x00}},
    {0, {0x09, 0x59, 0x59}, 60, {0x10, 0x00, 0x59}},
    {0, {0x12, 0x59, 0x59}, 1, {0x01, 0x00, 0x00}}, /* after midnight */
    {0, {0x92, 0x59, 0x59}, 1, {0x81, 0x00, 0x00}}, /* after noon */
    {0, {0x11, 0x59, 0x59}, 1, {0x92, 0x00, 0x00}}, /* noon */
    {0, {0x91, 0x59, 0x59}, 1, {0x12, 0x00, 0x00}}, /* midnight */
    {B_DM, {0x8c, 59, 59}, 1, {0x81, 0, 0}},
    {B_DM, {0x0c, 59, 59}, 1, {1, 0, 0}},
    {B_DM, {0x0b, 59, 59}, 1, {0x8c, 0, 0}},
    {B_DM, {0x8b, 59, 59}, 1, {0x0c, 0, 0}},
};

START_TEST(test_formats)
{
    for (unsigned i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
        set_time(hours[i].b, hours[i].set[0], hours[i].set[1], hours[i].set[2]);
        check_time(hours[i].set[0], hours[i].set[1], hours[i].set[2]);
        tv_step(t, hours[i].step * S);
        check_time(hours[i].then[0], hours[i].then[1], hours[i].then[2]);
        tv_roundtrip(t);
    }
}
END_TEST

START_TEST(test_years)
{
    static const unsigned years[] = {0x2011, 0x2080, 0x1980, 0x2400, 0x9998};

    for (unsigned i = 0; i < sizeof(years) / sizeof(years[0]); i++) {
        set(B, B_24H);
        set(A, HOLD);
        set(YEAR, years[i] & 0xff);
        set(CENTURY, years[i] >> 8);
        set(MONTH, 0x12);
        set(DAY, 0x31);
        set(HOUR, 0x23);
        set(MIN, 0x59);
        set(SEC, 0x58);
        set(A, RUN);
        check_date(years[i], 0x12, 0x31);
        check_time(0x23, 0x59, 0x58);
        tv_step(t, 2 * S);
        check_date(years[i] + 1, 1, 1);
        check_time(0, 0, 0);
    }
    /* the other place of the century */
    ck_assert_uint_eq(get(0x37), get(CENTURY));
}
END_TEST

START_TEST(test_leap)
{
    set(A, HOLD);
    set(YEAR, 0x12);
    set(DAY, 0x28);
    set(HOUR, 0x23);
    set(MIN, 0x59);
    set(SEC, 0x59);
    set(A, RUN);
    tv_step(t, S);
    check_date(0x2012, 2, 0x29);
    tv_step(t, 24 * 3600 * S);
    check_date(0x2012, 3, 1);
}
END_TEST

/* Out-of-range dates carry, and never go beyond what the bytes can say. */
START_TEST(test_nonsense)
{
    set(A, HOLD);
    for (unsigned i = 0; i < 10; i++)
        set(i, 0xff);
    set(CENTURY, 0xff);
    set(A, RUN);
    ck_assert_uint_eq(get(CENTURY), 0x99);
    ck_assert_uint_eq(get(YEAR), 0x99);
    check_time(0x23, 0x59, 0x59);
    tv_step(t, 10 * S);
    check_time(0x23, 0x59, 0x59);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_set_flag)
{
    set(B, B_24H | B_SET | B_UIE);
    ck_assert_uint_eq(get(B), B_24H | B_SET); /* SET clears UIE */
    tv_step(t, S);
    check_time(2, 4, 0x58);
    ck_assert_uint_eq(get(A) & 0x80, 0);
    set(MIN, 0x30);
    check_time(2, 0x30, 0x58);
    set(B, B_24H);
    check_time(2, 0x30, 0x58);
    tv_step(t, S);
    check_time(2, 0x30, 0x59);
}
END_TEST

START_TEST(test_divider_reset)
{
    set(A, HOLD);
    set(SEC, 0x58);
    tv_step(t, S);
    check_time(2, 4, 0x58);
    set(A, RUN);
    /* the first update ends half a second after the reset */
    tv_step(t, S / 2 - UIP_NS - 1);
    ck_assert_uint_eq(get(A) & 0x80, 0);
    tv_step(t, 1);
    ck_assert_uint_eq(get(A) & 0x80, 0x80);
    check_time(2, 4, 0x58);
    tv_step(t, UIP_NS);
    ck_assert_uint_eq(get(A) & 0x80, 0);
    check_time(2, 4, 0x59);
}
END_TEST

/* An alarm that is moved away must not leave UIP set. */
START_TEST(test_uip_stuck)
{
    set_time(B_24H, 2, 4, 0x58);
    get(C);
    tv_step(t, S / 2);
    set(HOUR_AL, 2);
    set(MIN_AL, ANY);
    set(SEC_AL, ANY);
    tv_step(t, S - UIP_NS / 2);
    ck_assert_uint_eq(get(A) & 0x80, 0x80);
    set(HOUR_AL, 3);
    tv_step(t, UIP_NS);
    ck_assert_uint_eq(get(A) & 0x80, 0);
}
END_TEST

START_TEST(test_update_interrupt)
{
    set(B, B_24H | B_UIE);
    ck_assert(!tv_gsi(t, 8));
    tv_step(t, S - 1);
    ck_assert(!tv_gsi(t, 8));
    tv_step(t, 1);
    ck_assert(tv_gsi(t, 8));
    tv_roundtrip(t);
    tv_step(t, 5 * S); /* not acknowledged: the line stays */
    ck_assert_uint_eq(tv_gsi_edges(t, 8), 1);
    ck_assert_uint_eq(get(C) & ~0x40, 0x90);
    ck_assert(!tv_gsi(t, 8));
    ck_assert_uint_eq(get(C), 0);
    tv_step(t, S);
    ck_assert_uint_eq(tv_gsi_edges(t, 8), 2);
    /* the guest resets: no interrupts, the time goes on */
    tv_reset(t);
    ck_assert(!tv_gsi(t, 8));
    ck_assert_uint_eq(get(B), B_24H);
    check_time(2, 5, 5);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_alarm)
{
    set(MIN_AL, 5);
    set(SEC_AL, 0x10);
    set(HOUR_AL, ANY);
    get(C);
    set(B, B_24H | B_AIE);
    tv_step(t, 12 * S - 1);
    ck_assert(!tv_gsi(t, 8));
    tv_step(t, 1);
    ck_assert(tv_gsi(t, 8));
    check_time(2, 5, 0x10);
    ck_assert_uint_eq(get(C) & ~0x40, 0xb0);
    /* again in an hour */
    tv_step(t, 3600 * S - 1);
    ck_assert(!tv_gsi(t, 8));
    tv_step(t, 1);
    ck_assert(tv_gsi(t, 8));
    get(C);
    /* at no time: seconds that do not exist */
    set(SEC_AL, 0x77);
    tv_step(t, 25 * 3600 * S);
    ck_assert(!tv_gsi(t, 8));
    /* without the enable the flag alone */
    set(B, B_24H);
    set(SEC_AL, ANY);
    tv_step(t, 3600 * S);
    ck_assert_uint_eq(get(C) & 0xa0, 0x20);
    ck_assert(!tv_gsi(t, 8));
}
END_TEST

START_TEST(test_alarm_am_pm)
{
    set(MIN_AL, ANY);
    set(SEC_AL, ANY);
    set(HOUR_AL, 0x82);
    set_time(0, 0x81, 0x59, 0);
    get(C);
    tv_step(t, 60 * S);
    ck_assert_uint_eq(get(HOUR), 0x82);
    ck_assert_uint_eq(get(C) & 0x20, 0x20);
    set_time(B_DM, 3, 0, 0);
    get(C);
    tv_step(t, 11 * 3600 * S);
    ck_assert_uint_eq(get(HOUR), 0x82);
    ck_assert_uint_eq(get(C) & 0x20, 0x20);
    /* the other half of the day is another hour */
    set_time(B_DM, 3, 0, 0);
    set(HOUR_AL, 2);
    get(C);
    tv_step(t, 11 * 3600 * S);
    ck_assert_uint_eq(get(HOUR), 0x82);
    ck_assert_uint_eq(get(C) & 0x20, 0);
}
END_TEST

START_TEST(test_periodic)
{
    int64_t start, first = 0;

    set(A, 0x20 | 13); /* 8 Hz */
    set(B, B_24H | B_PIE);
    start = clock_now(&t->vm);
    for (unsigned i = 0; i < 50; i++) {
        set(A, 0x20 | 13);
        tv_step(t, S / 8);
        ck_assert(tv_gsi(t, 8));
        ck_assert_uint_eq(get(C) & 0xc0, 0xc0);
        set(A, 0x20 | 15); /* 2 Hz: one new period from here */
        tv_step(t, S / 2 - 1);
        ck_assert(!tv_gsi(t, 8));
        tv_step(t, 1);
        ck_assert(tv_gsi(t, 8));
        get(C);
        if (!first)
            first = clock_now(&t->vm);
    }
    ck_assert_int_eq(clock_now(&t->vm) - start, 50 * (first - start));
    /* 8192 Hz for a second: one interrupt, for nobody acknowledges it */
    set(A, 0x20 | 3);
    unsigned edges = tv_gsi_edges(t, 8);
    tv_step(t, S);
    ck_assert_uint_eq(tv_gsi_edges(t, 8), edges + 1);
    /* and all of them if somebody does */
    edges = tv_gsi_edges(t, 8);
    for (unsigned i = 0; i < 8192; i++) {
        get(C);
        tv_step(t, S / 8192 + 1);
    }
    ck_assert_uint_eq(tv_gsi_edges(t, 8), edges + 8192);
    set(A, 0x20); /* rate 0: off */
    get(C);
    tv_step(t, S);
    ck_assert_uint_eq(get(C) & 0x40, 0);
}
END_TEST

/* XSA-503: the index reaches 128 bytes and no further. */
START_TEST(test_index_sweep)
{
    for (unsigned i = 14; i < 128; i++) {
        if (i != CENTURY && i != 0x37) {
            tv_outb(t, 0x70, i);
            tv_outb(t, 0x71, i ^ 0x55);
        }
    }
    for (unsigned i = 14; i < 256; i++) {
        unsigned r = i & 127;
        if (r > 13 && r != CENTURY && r != 0x37)
            ck_assert_uint_eq(get(i), r ^ 0x55);
    }
    ck_assert_uint_eq(tv_inb(t, 0x70), 0xff);
    tv_roundtrip(t);
    tv_reset(t); /* there is a battery */
    ck_assert_uint_eq(get(0x40), 0x40 ^ 0x55);
}
END_TEST

START_TEST(test_board_bytes)
{
    vm_lock(&t->vm);
    mc146818_set(tv_dev(t, "mc146818rtc"), 0x34, 0x12);
    vm_unlock(&t->vm);
    ck_assert_uint_eq(get(0x34), 0x12);
}
END_TEST

START_TEST(test_bad_state)
{
    struct dev *dev = tv_dev(t, "mc146818rtc");
    struct state_buf good = {0};

    vm_lock(&t->vm);
    ck_assert_int_eq(state_save_dev(dev, &good), 0);
    for (size_t i = 0; i < good.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct state_buf in = {.data = good.data, .len = good.len};
            struct cfg_err err;
            good.data[i] ^= 1u << bit;
            state_load_dev(dev, &in, &err); /* any outcome but a crash */
            good.data[i] ^= 1u << bit;
        }
    }
    vm_unlock(&t->vm);
    tv_step(t, 3 * S);
    for (unsigned i = 0; i < 128; i++)
        get(i);
    state_buf_free(&good);
}
END_TEST

START_TEST(test_storm)
{
    tv_storm_pio(t, 0x70, 2, 20000, 0x146818);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    return run_suite("mc146818", setup, teardown,
                     (const TTest *const[]){
                         test_base, test_bad_base, test_formats, test_years,
                         test_leap, test_nonsense, test_set_flag,
                         test_divider_reset, test_uip_stuck,
                         test_update_interrupt, test_alarm, test_alarm_am_pm,
                         test_periodic, test_index_sweep, test_board_bytes,
                         test_bad_state, test_storm, NULL});
}
