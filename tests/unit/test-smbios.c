/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/smbios: structures, strings, anchor, what users may set. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/options.h"
#include "hw/smbios.h"
#include "tests/lib/suite.h"

#define GIB (1ull << 30)

static const uint8_t uuid[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
                                 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
                                 0xcc, 0xdd, 0xee, 0xff};

static uint64_t get(const uint8_t *p, unsigned size)
{
    uint64_t v = 0;

    memcpy(&v, p, size);
    return v;
}

static uint8_t sum(const uint8_t *p, size_t len)
{
    uint8_t s = 0;

    while (len--)
        s += *p++;
    return s;
}

/* texts: NULL ends them; each is one -smbios. */
static int build(struct smbios *s, struct smbios_config *c,
                 const char *const texts[], struct cfg_err *err)
{
    struct opts *list = NULL, **tail = &list;
    int rc;

    for (; *texts; texts++) {
        ck_assert_int_eq(opts_parse(*texts, NULL, tail, err), 0);
        tail = &(*tail)->next;
    }
    c->user = list;
    c->uuid = uuid;
    memset(s, 0, sizeof(*s));
    rc = smbios_build(s, c, err);
    while (list) {
        struct opts *next = list->next;

        opts_free(list);
        list = next;
    }
    return rc;
}

/* End of a structure: behind its strings. */
static const uint8_t *after(const uint8_t *p, const uint8_t *end)
{
    for (p += p[1]; p + 1 < end && (p[0] || p[1]);)
        p++;
    ck_assert(p + 1 < end);
    return p + 2;
}

/* The n-th structure of a type. */
static const uint8_t *find(const struct smbios *s, uint8_t type, unsigned n)
{
    const uint8_t *end = s->table + s->len;

    for (const uint8_t *p = s->table; p < end; p = after(p, end))
        if (p[0] == type && !n--)
            return p;
    return NULL;
}

static const char *text(const uint8_t *p, unsigned off)
{
    const char *s = (const char *)p + p[1];

    if (!p[off])
        return "";
    for (unsigned i = 1; i < p[off]; i++)
        s += strlen(s) + 1;
    return s;
}

static void check_anchor(struct smbios *s)
{
    const uint8_t *end = s->table + s->len, *p = s->table;
    unsigned n = 0, max = 0, handles = 0;

    smbios_place(s, 0xf0020);
    ck_assert_mem_eq(s->anchor, "_SM_", 4);
    ck_assert_mem_eq(s->anchor + 16, "_DMI_", 5);
    ck_assert_uint_eq(sum(s->anchor, 31), 0);
    ck_assert_uint_eq(sum(s->anchor + 16, 15), 0);
    while (p < end) {
        const uint8_t *next = after(p, end);

        n++;
        if (next - p > max)
            max = (unsigned)(next - p);
        for (unsigned i = 0; i < 128; i++)
            for (unsigned c = 0; find(s, (uint8_t)i, c); c++)
                handles += get(find(s, (uint8_t)i, c) + 2, 2) == get(p + 2, 2);
        if (next == end)
            ck_assert_uint_eq(p[0], 127);
        p = next;
    }
    ck_assert_uint_eq(handles, n); /* each its own */
    ck_assert_uint_eq(get(s->anchor + 8, 2), max);
    ck_assert_uint_eq(get(s->anchor + 22, 2), s->len);
    ck_assert_uint_eq(get(s->anchor + 24, 4), 0xf0020);
    ck_assert_uint_eq(get(s->anchor + 28, 2), n);
}

START_TEST(test_default)
{
    struct smbios_config c = {.cpus = 3, .low_ram = GIB, .firmware = true};
    struct cfg_err err = {""};
    struct smbios s;
    const uint8_t *p;

    ck_assert_msg(!build(&s, &c, (const char *const[]){NULL}, &err), "%s",
                  err.text);
    check_anchor(&s);
    ck_assert_ptr_null(find(&s, 0, 0));
    ck_assert_ptr_null(find(&s, 2, 0));
    p = find(&s, 1, 0);
    ck_assert_str_eq(text(p, 4), "hvmd");
    ck_assert_str_eq(text(p, 7), "");
    /* the first three fields are little-endian */
    ck_assert_mem_eq(p + 8,
                     "\x33\x22\x11\x00\x55\x44\x77\x66"
                     "\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
                     16);
    ck_assert_uint_eq(find(&s, 4, 0)[0x23], 3);
    ck_assert_uint_eq(get(find(&s, 16, 0) + 7, 4), GIB >> 10);
    ck_assert_uint_eq(get(find(&s, 17, 0) + 0x0c, 2), 1024);
    ck_assert_uint_eq(get(find(&s, 19, 0) + 8, 4), (GIB >> 10) - 1);
    ck_assert_ptr_null(find(&s, 19, 1));
    smbios_free(&s);
}
END_TEST

START_TEST(test_much_memory)
{
    struct smbios_config c = {
        .cpus = 64, .low_ram = 3 * GIB, .high_ram = 1021 * GIB};
    struct cfg_err err = {""};
    struct smbios s;
    const uint8_t *p;

    ck_assert_int_eq(build(&s, &c, (const char *const[]){NULL}, &err), 0);
    check_anchor(&s);
    ck_assert_ptr_nonnull(find(&s, 0, 0));
    p = find(&s, 17, 0);
    ck_assert_uint_eq(get(p + 0x0c, 2), 0x7fff);
    ck_assert_uint_eq(get(p + 0x1c, 4), 1 << 20);
    p = find(&s, 19, 1);
    ck_assert_uint_eq(get(p + 4, 4), 4 * GIB >> 10);
    ck_assert_uint_eq(get(p + 8, 4), (1025 * GIB >> 10) - 1);
    smbios_free(&s);
}
END_TEST

START_TEST(test_user)
{
    struct smbios_config c = {.cpus = 1, .low_ram = GIB, .firmware = true};
    struct cfg_err err = {""};
    struct smbios s;
    const uint8_t *p;

    ck_assert_msg(!build(&s, &c,
                         (const char *const[]){
                             "type=0,vendor=V,release=12.34,uefi=on",
                             "type=1,manufacturer=First,serial=S1",
                             "type=1,manufacturer=Last,uuid="
                             "4600cb32-38ec-4b2f-8acb-81c6ea54f2d8",
                             "type=2,location=here", "type=3,asset=A", NULL},
                         &err),
                  "%s", err.text);
    check_anchor(&s);
    p = find(&s, 0, 0);
    ck_assert_str_eq(text(p, 4), "V");
    ck_assert_uint_eq(get(p + 0x14, 4), 0xffff220c);
    ck_assert_uint_eq(p[0x13], 0x1c);
    p = find(&s, 1, 0);
    ck_assert_str_eq(text(p, 4), "Last");
    ck_assert_str_eq(text(p, 7), "S1");
    ck_assert_uint_eq(get(p + 8, 4), 0x4600cb32);
    ck_assert_uint_eq(p[23], 0xd8);
    ck_assert_str_eq(text(find(&s, 2, 0), 0x0a), "here");
    ck_assert_str_eq(text(find(&s, 3, 0), 8), "A");
    smbios_free(&s);
}
END_TEST

START_TEST(test_refused)
{
    static char longest[20000] = "type=1,serial=";
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"type=5", "type=0, 1, 2 or 3"},
        {"vendor=x", "type=0, 1, 2 or 3"},
        {"type=1,vendor=x", "vendor"},
        {"type=0,release=1", "MAJOR.MINOR"},
        {"type=0,release=1.999", "MAJOR.MINOR"},
        {"type=0,release=1.2x", "MAJOR.MINOR"},
        {"type=0,uefi=perhaps", "on or off"},
        {"type=1,uuid=1234", "hexadecimal"},
        {"type=1,uuid=4600cb32-38ec-4b2f-8acb-81c6ea54f2d8f", "hexadecimal"},
        {"type=1,uuid=g600cb32-38ec-4b2f-8acb-81c6ea54f2d8", "hexadecimal"},
        {longest, "16 KiB"},
    };
    struct smbios_config c = {.cpus = 1, .low_ram = GIB, .firmware = true};

    memset(longest + strlen(longest), 'x', 17000);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct cfg_err err = {""};
        struct smbios s;

        ck_assert_int_lt(
            build(&s, &c, (const char *const[]){bad[i].text, NULL}, &err), 0);
        ck_assert_msg(strstr(err.text, bad[i].says), "'%.60s': %s", bad[i].text,
                      err.text);
        smbios_free(&s);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_default, test_much_memory, test_user, test_refused, NULL,
    };

    return run_suite("smbios", NULL, NULL, tests);
}
