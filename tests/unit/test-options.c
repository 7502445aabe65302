/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>
#include <errno.h>

#include "dm/options.h"
#include "tests/lib/suite.h"

static struct opts *parse(const char *text, const char *implied)
{
    struct cfg_err err = {""};
    struct opts *o = NULL;

    ck_assert_msg(!opts_parse(text, implied, &o, &err), "%s", err.text);
    return o;
}

START_TEST(test_parse)
{
    struct opts *o =
        parse("virtio-blk,drive=d0,id=a,,b,flag,id=last", "driver");

    ck_assert_str_eq(opts_get(o, "driver"), "virtio-blk");
    ck_assert_str_eq(opts_get(o, "drive"), "d0");
    ck_assert_str_eq(opts_get(o, "flag"), "on");
    ck_assert_str_eq(o->first->next->next->value, "a,b");
    ck_assert_str_eq(opts_get(o, "id"), "last");
    ck_assert_ptr_null(opts_get(o, "nokey"));
    opts_free(o);

    /* the implied key only stands first, and only without "=" */
    o = parse("type=x,pc", "type");
    ck_assert_str_eq(opts_get(o, "type"), "x");
    ck_assert_str_eq(opts_get(o, "pc"), "on");
    opts_free(o);
    o = parse("a,,b,,,c=", "file");
    ck_assert_str_eq(opts_get(o, "file"), "a,b,");
    ck_assert_str_eq(opts_get(o, "c"), "");
    opts_free(o);
    o = parse("x=1,", NULL);
    ck_assert_str_eq(opts_get(o, "x"), "1");
    ck_assert_ptr_null(o->first->next);
    opts_free(o);
    o = parse("", "x");
    ck_assert_ptr_null(o->first);
    opts_free(o);
    opts_free(NULL);
}
END_TEST

START_TEST(test_bad)
{
    static const char *const bad[] = {"=x", "a=1,=2", ",a=1", "a,,b"};
    struct cfg_err err;
    struct opts *o;
    unsigned i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err.text[0] = '\0';
        ck_assert_int_eq(opts_parse(bad[i], NULL, &o, &err), -EINVAL);
        ck_assert_str_ne(err.text, "");
    }
}
END_TEST

START_TEST(test_check)
{
    struct opts *o = parse("a=1,b=2", NULL);
    struct cfg_err err;

    opts_get(o, "a");
    ck_assert_int_eq(opts_check(o, "-thing", "a, c", &err), -EINVAL);
    ck_assert_str_eq(err.text, "-thing: unknown option 'b' (known: a, c)");
    opts_get(o, "b");
    ck_assert_int_eq(opts_check(o, "-thing", "a, c", &err), 0);
    ck_assert_int_eq(opts_check(NULL, "-thing", "", &err), 0);
    opts_free(o);
}
END_TEST

START_TEST(test_typed)
{
    struct opts *o = parse("b=maybe,n=12,s=1G,bad=1x", NULL);
    struct cfg_err err;
    bool b = true;
    uint64_t v = 7;

    ck_assert_int_eq(opts_get_bool(o, "b", &b, &err), -EINVAL);
    ck_assert_str_eq(err.text, "b=maybe: expected on or off");
    ck_assert_int_eq(opts_get_bool(o, "absent", &b, &err), 0);
    ck_assert(b);
    ck_assert_int_eq(opts_get_u64(o, "absent", 9, &v, &err), 0);
    ck_assert_uint_eq(v, 7);
    ck_assert_int_eq(opts_get_u64(o, "n", 12, &v, &err), 0);
    ck_assert_uint_eq(v, 12);
    ck_assert_int_eq(opts_get_u64(o, "n", 11, &v, &err), -EINVAL);
    ck_assert_str_eq(err.text, "n=12: expected a number from 0 to 11");
    ck_assert_int_eq(opts_get_size(o, "s", 1, &v, &err), 0);
    ck_assert_uint_eq(v, 1ull << 30);
    ck_assert_int_eq(opts_get_size(o, "bad", 1, &v, &err), -EINVAL);
    opts_free(o);
}
END_TEST

START_TEST(test_values)
{
    static const struct {
        const char *s;
        uint64_t v;
        int rc;
    } u64s[] =
        {
            {"0", 0, 0},
            {"010", 10, 0},
            {"0x1F", 31, 0},
            {"18446744073709551615", UINT64_MAX, 0},
            {"18446744073709551616", 0, -EINVAL},
            {"0xffffffffffffffff", UINT64_MAX, 0},
            {"0x10000000000000000", 0, -EINVAL},
            {"", 0, -EINVAL},
            {"0x", 0, -EINVAL},
            {"0x0x1", 0, -EINVAL},
            {"-1", 0, -EINVAL},
            {"+1", 0, -EINVAL},
            {" 1", 0, -EINVAL},
            {"1 ", 0, -EINVAL},
        },
      sizes[] = {
          {"2", 2 << 20, 0},         {"4096b", 4096, 0},
          {"1k", 1024, 0},           {"3G", 3ull << 30, 0},
          {"0x10M", 16 << 20, 0},    {"1T", 1ull << 40, 0},
          {"16777216T", 0, -EINVAL}, {"1 ", 0, -EINVAL},
          {"1Mi", 0, -EINVAL},       {"M", 0, -EINVAL},
          {"-1M", 0, -EINVAL},
      };
    uint64_t v;
    bool b;
    unsigned i;

    for (i = 0; i < sizeof(u64s) / sizeof(u64s[0]); i++) {
        v = 99;
        ck_assert_int_eq(parse_u64(u64s[i].s, UINT64_MAX, &v), u64s[i].rc);
        ck_assert_uint_eq(v, u64s[i].rc ? 99 : u64s[i].v);
    }
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        v = 99;
        ck_assert_int_eq(parse_size(sizes[i].s, 1 << 20, &v), sizes[i].rc);
        ck_assert_uint_eq(v, sizes[i].rc ? 99 : sizes[i].v);
    }
    ck_assert_int_eq(parse_bool("yes", &b), 0);
    ck_assert(b);
    ck_assert_int_eq(parse_bool("off", &b), 0);
    ck_assert(!b);
    ck_assert_int_eq(parse_bool("", &b), -EINVAL);
    ck_assert_int_eq(parse_bool("ON", &b), -EINVAL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_parse, test_bad,    test_check,
                                  test_typed, test_values, NULL};

    return run_suite("options", NULL, NULL, tests);
}
