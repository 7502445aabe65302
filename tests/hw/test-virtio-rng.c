/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/virtio/virtio-rng. */
#include "config.h"

#include <string.h>

#include "hw/virtio/virtio.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"
#include "tests/lib/virtio-driver.h"

static struct testvm *t;
static struct vd d;

static void setup(void)
{
    static const char *const args[] = {
        "-m", "32M", "-device", "virtio-rng-pci,max-bytes=10000,period=500",
        NULL};

    t = tv_new("pc", args);
    vd_bring_up(&d, t, VIRTIO_ID_RNG, 0, 1);
}

static void teardown(void)
{
    tv_free(t);
}

static bool never(void *opaque)
{
    return false;
}

START_TEST(fills_several_buffers)
{
    struct vd_buf b[3] = {{vd_alloc(&d, 16, 1), 5, true},
                          {vd_alloc(&d, 16, 1), 0, true},
                          {vd_alloc(&d, 16, 1), 11, true}};
    uint8_t got[16], none[16] = {0};

    ck_assert_uint_eq(vd_do(&d.q[0], b, 3), 16);
    tv_mem_read(t, b[2].addr, got, 16);
    ck_assert_int_ne(memcmp(got, none, 11), 0);
    ck_assert_int_eq(memcmp(got + 11, none, 5), 0);
    tv_roundtrip(t);
}
END_TEST

START_TEST(takes_an_indirect_table)
{
    struct vd_buf b[2] = {{vd_alloc(&d, 16, 1), 16, true},
                          {vd_alloc(&d, 16, 1), 16, true}};
    uint32_t len;

    vd_add_indirect(&d.q[0], b, 2);
    vd_kick(&d.q[0]);
    vd_wait_used(&d.q[0], &len);
    ck_assert_uint_eq(len, 32);
}
END_TEST

START_TEST(ignores_what_it_should_not_write)
{
    struct vd_buf b = {vd_alloc(&d, 16, 1), 16, false};

    ck_assert_uint_eq(vd_do(&d.q[0], &b, 1), 0);
    tv_roundtrip(t);
}
END_TEST

START_TEST(gives_no_more_than_its_rate)
{
    struct vd_buf b = {vd_alloc(&d, 8192, 1), 8192, true};
    uint32_t len, sum = 0;

    /* a buffer at most 4096, then what is left of 10000 */
    for (unsigned i = 0; i < 3; i++) {
        len = vd_do(&d.q[0], &b, 1);
        ck_assert_uint_eq(len, i < 2 ? 4096 : 10000 - 8192);
        sum += len;
        tv_roundtrip(t);
    }
    ck_assert_uint_eq(sum, 10000);
    vd_add(&d.q[0], &b, 1);
    vd_kick(&d.q[0]);
    tv_wait(t, never, NULL, 20);
    ck_assert_uint_eq(vd_used_idx(&d.q[0]), 3);
    tv_roundtrip(t);
    tv_step(t, 499 * 1000000LL);
    ck_assert_uint_eq(vd_used_idx(&d.q[0]), 3);
    tv_step(t, 1000000LL);
    vd_wait_used(&d.q[0], &len);
    ck_assert_uint_eq(len, 4096);
    tv_roundtrip(t);
}
END_TEST

/* Empty buffers without end cost their share of the rate too. */
START_TEST(bounds_empty_buffers)
{
    struct vd_buf b = {vd_alloc(&d, 16, 1), 0, true};
    uint16_t used;

    for (unsigned i = 0; i < 300; i++) {
        vd_add(&d.q[0], &b, 1);
        vd_kick(&d.q[0]);
        tv_wait(t, never, NULL, 0);
        if (vd_used_idx(&d.q[0]) + 60 < d.q[0].avail_idx)
            break;
    }
    used = vd_used_idx(&d.q[0]);
    ck_assert_uint_eq(used, 10000 / 64 + 1);
    ck_assert_uint_eq(vd_status(&d) & VIRTIO_S_NEEDS_RESET, 0);
}
END_TEST

static void use_after_reset(void)
{
    struct vd_buf b;

    for (unsigned round = 0; round < 3; round++) {
        vd_bring_up(&d, t, VIRTIO_ID_RNG, 0, 1);
        b = (struct vd_buf){vd_alloc(&d, 4096, 1), 4096, true};
        ck_assert_uint_eq(vd_do(&d.q[0], &b, 1), 4096);
        ck_assert_uint_eq(vd_do(&d.q[0], &b, 1), 4096);
    }
}

START_TEST(reset_gives_a_new_period)
{
    use_after_reset();
}
END_TEST

START_TEST(storm)
{
    tv_storm_mmio(t, d.bar[4], 0x4000, 4000, 0x12345);
    tv_roundtrip(t);
    use_after_reset();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        fills_several_buffers,
        takes_an_indirect_table,
        ignores_what_it_should_not_write,
        gives_no_more_than_its_rate,
        bounds_empty_buffers,
        reset_gives_a_new_period,
        storm,
        NULL,
    };

    return run_suite("virtio-rng", setup, teardown, tests);
}
