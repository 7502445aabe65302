/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm/state: the stream by its specification, and hostile streams. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "dm/dev.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

struct part {
    uint16_t a;
    bool b;
};

struct thing {
    struct dev dev;
    bool flag;
    uint8_t u8;
    uint16_t u16[3];
    uint32_t u32;
    int64_t s64;
    uint8_t bytes[5];
    struct timer timer;
    struct part parts[2];
    uint32_t later;
};

static const struct state_field part_fields[] = {
    STATE_U16(struct part, a),
    STATE_BOOL(struct part, b),
    STATE_END,
};
static const struct state_field fields[] = {
    STATE_BOOL(struct thing, flag),
    STATE_U8(struct thing, u8),
    STATE_U16_ARRAY(struct thing, u16),
    STATE_U32(struct thing, u32),
    STATE_U64(struct thing, s64),
    STATE_BYTES(struct thing, bytes),
    STATE_TIMER(struct thing, timer),
    STATE_STRUCTS(struct thing, parts, part_fields),
    STATE_END,
};
static const struct state_field fields_v2[] = {
    STATE_BOOL(struct thing, flag),
    STATE_U8(struct thing, u8),
    STATE_U16_ARRAY(struct thing, u16),
    STATE_U32(struct thing, u32),
    {.name = "later",
     .type = STATE_T_U32,
     .offset = offsetof(struct thing, later),
     .count = 1,
     .since = 2},
    STATE_U64(struct thing, s64),
    STATE_BYTES(struct thing, bytes),
    STATE_TIMER(struct thing, timer),
    STATE_STRUCTS(struct thing, parts, part_fields),
    STATE_END,
};

static void fire(void *opaque)
{
}

static int create(struct dev *dev, struct cfg_err *err)
{
    timer_init(&((struct thing *)dev)->timer, fire, dev);
    return 0;
}

static void destroy(struct dev *dev)
{
    timer_cancel(dev->vm, &((struct thing *)dev)->timer);
}

static int post_load(struct dev *dev)
{
    return ((struct thing *)dev)->u8 > 100 ? -EINVAL : 0;
}

static const struct state_desc desc = {.name = "thing",
                                       .version = 1,
                                       .min_version = 1,
                                       .fields = fields,
                                       .post_load = post_load};
static const struct state_desc desc_v2 = {.name = "thing",
                                          .version = 2,
                                          .min_version = 1,
                                          .fields = fields_v2,
                                          .post_load = post_load};
static const struct dev_class thing = {.name = "thing",
                                       .size = sizeof(struct thing),
                                       .create = create,
                                       .destroy = destroy,
                                       .state = &desc};
static const struct dev_class thing_v2 = {.name = "thing",
                                          .size = sizeof(struct thing),
                                          .create = create,
                                          .destroy = destroy,
                                          .state = &desc_v2};

static struct testvm *t;
static struct thing *x;
static struct state_buf buf;

static struct thing *fresh(const struct dev_class *cls)
{
    struct thing *d;

    if (dev_first(&t->vm))
        dev_destroy(dev_first(&t->vm));
    ck_assert_int_eq(dev_create(&t->vm, cls, NULL, (struct dev **)&d, NULL), 0);
    return d;
}

static void setup(void)
{
    t = tv_new("none", NULL);
    vm_lock(&t->vm);
    x = fresh(&thing);
    x->flag = true;
    x->u8 = 42;
    x->u16[2] = 0xbeef;
    x->u32 = 0x12345678;
    x->s64 = -5;
    memcpy(x->bytes, "hello", 5);
    timer_set(&t->vm, &x->timer, 123456789);
    x->parts[1].a = 77;
    x->parts[1].b = true;
    ck_assert_int_eq(state_save_vm(&t->vm, &buf), 0);
}

static void teardown(void)
{
    state_buf_free(&buf);
    vm_unlock(&t->vm);
    tv_free(t);
}

static int load(struct cfg_err *err)
{
    buf.pos = 0;
    return state_load_vm(&t->vm, &buf, err);
}

START_TEST(round_trip)
{
    struct cfg_err err = {""};

    x = fresh(&thing);
    ck_assert_int_eq(load(&err), 0);
    ck_assert(x->flag);
    ck_assert_uint_eq(x->u8, 42);
    ck_assert_uint_eq(x->u16[2], 0xbeef);
    ck_assert_uint_eq(x->u32, 0x12345678);
    ck_assert_int_eq(x->s64, -5);
    ck_assert_int_eq(memcmp(x->bytes, "hello", 5), 0);
    ck_assert_int_eq(x->timer.deadline, 123456789);
    ck_assert_int_eq(timerq_next(&t->vm), 123456789);
    ck_assert_uint_eq(x->parts[1].a, 77);
    ck_assert(x->parts[1].b && !x->parts[0].b);
}
END_TEST

/* The bytes themselves, for they are the specification's. */
START_TEST(the_format_is_the_one_specified)
{
    static const uint8_t head[] = "HVMDSTAT\1\0\0\0\0\0\0\0"
                                  "\2\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0"
                                  "\1\0\0\0";
    static const uint8_t body[] = "\5\0thing\7\0"
                                  "0/thing\1\0"
                                  "\1\4flag\1\0\0\0\1"
                                  "\2\2u8\1\0\0\0\x2a";

    ck_assert_int_eq(memcmp(buf.data, head, sizeof(head) - 1), 0);
    ck_assert_int_eq(memcmp(buf.data + 40, body, sizeof(body) - 1), 0);
    ck_assert_uint_eq(buf.len % 8, 0);
}
END_TEST

START_TEST(a_newer_table_reads_the_older_stream)
{
    struct cfg_err err = {""};

    x = fresh(&thing_v2);
    x->later = 9;
    ck_assert_int_eq(load(&err), 0);
    ck_assert_uint_eq(x->later, 9);
    ck_assert_int_eq(x->s64, -5);

    state_buf_free(&buf);
    ck_assert_int_eq(state_save_vm(&t->vm, &buf), 0);
    x = fresh(&thing);
    ck_assert_int_eq(load(&err), -EINVAL); /* newer than the table */
    ck_assert_ptr_nonnull(strstr(err.text, "version"));
}
END_TEST

START_TEST(unknown_records)
{
    static const uint8_t opt[16] = {9, 0, 0, 0x80, 3, 0, 0, 0, 1, 2, 3};
    struct state_buf whole = buf, with = {0};
    struct cfg_err err = {""};

    with.len = whole.len + sizeof(opt);
    with.data = malloc(with.len);
    memcpy(with.data, whole.data, 16);
    memcpy(with.data + 16, opt, sizeof(opt));
    memcpy(with.data + 16 + sizeof(opt), whole.data + 16, whole.len - 16);
    buf = with;
    x = fresh(&thing);
    ck_assert_int_eq(load(&err), 0); /* optional: passed over */
    ck_assert_uint_eq(x->u8, 42);
    buf.data[19] = 0; /* mandatory */
    ck_assert_int_eq(load(&err), -EINVAL);
    state_buf_free(&whole);
}
END_TEST

/* CVE-2015-8666: a bad stream is refused and touches nothing else */
START_TEST(every_cut_and_every_flipped_bit)
{
    size_t len = buf.len;
    unsigned refused = 0;
    struct cfg_err err;

    for (buf.len = 0; buf.len < len; buf.len++) {
        x = fresh(&thing);
        ck_assert_int_eq(load(&err), -EINVAL);
    }
    for (size_t bit = 0; bit < len * 8; bit++) {
        x = fresh(&thing);
        buf.data[bit / 8] ^= 1 << bit % 8;
        refused += load(&err) != 0;
        buf.data[bit / 8] ^= 1 << bit % 8;
    }
    ck_assert_uint_gt(refused, len * 4); /* the rest are plain values */
    x = fresh(&thing);
    ck_assert_int_eq(load(&err), 0);
}
END_TEST

START_TEST(what_contradicts_itself_is_refused)
{
    struct cfg_err err = {""};

    x->u8 = 101;
    state_buf_free(&buf);
    ck_assert_int_eq(state_save_vm(&t->vm, &buf), 0);
    x = fresh(&thing);
    ck_assert_int_eq(load(&err), -EINVAL);
    ck_assert_str_eq(err.text, "0/thing: its state contradicts itself");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        round_trip,
        the_format_is_the_one_specified,
        a_newer_table_reads_the_older_stream,
        unknown_records,
        every_cut_and_every_flipped_bit,
        what_contradicts_itself_is_refused,
        NULL,
    };

    return run_suite("state", setup, teardown, tests);
}
