/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>
#include <string.h>

#include "dm/json-stream.h"
#include "tests/lib/suite.h"

struct cut {
    const char *in;
    const char *out; /* each text and a "|"; "!" for each error */
};

static void run_cut(const struct cut *cut, size_t step)
{
    struct json_stream s = {0};
    size_t len = strlen(cut->in), pos, n = 0;
    const uint8_t *p, *end;
    const char *why;
    char out[512];
    enum json_stream_rc rc;

    for (pos = 0; pos < len; pos += step) {
        p = (const uint8_t *)cut->in + pos;
        end = p + (len - pos < step ? len - pos : step);
        while ((rc = json_stream_eat(&s, &p, end, &why)) != JSON_STREAM_MORE) {
            if (rc == JSON_STREAM_BAD) {
                out[n++] = '!';
                continue;
            }
            memcpy(out + n, s.text, s.len);
            n += s.len;
            out[n++] = '|';
        }
    }
    out[n] = '\0';
    ck_assert_str_eq(out, cut->out);
    json_stream_reset(&s);
}

START_TEST(test_cut)
{
    static const struct cut cuts[] = {
        {"{}", "{}|"},
        {"{}{}[1]", "{}|{}|[1]|"},
        {"  \r\n{\"a\":\r\n1}\r\n", "{\"a\":\r\n1}|"},
        {"{\"}\":\"]\\\"\"}", "{\"}\":\"]\\\"\"}|"},
        {"{'a\"b':'c\\'d'}", "{\"a\\\"b\":\"c'd\"}|"},
        {"{]\n{}", "!{}|"},
        {"[}\n{}", "!{}|"},
        {"hello\n{}", "!{}|"},
        {"hello {}", "!{}|"},
        {"{\xff{}", "!{}|"},
        {"{\x01{}", "!{}|"},
        {"{'bad \xff{}", "!{}|"},
        {"{\"a\n{}", "!{}|"},
        {"{\"a\tb\"}\n{}", "!{}|"},
        {"%p{}", "!{}|"},
        {"}}}}\n{}", "!{}|"},
        {"null\r\n1\r\n{}", "!!{}|"},
        {"{;;;", "!"},
    };
    unsigned i, step;

    for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        for (step = 1; step < 8; step++)
            run_cut(&cuts[i], step);
        run_cut(&cuts[i], 1000);
    }
}
END_TEST

START_TEST(test_cut_bounds)
{
    struct json_stream s = {0};
    uint8_t buf[4096];
    const uint8_t *p;
    const char *why;
    size_t total;
    unsigned errors = 0;

    /* 100 MB of a string: one error, memory for one text at most */
    p = (const uint8_t *)"{\"";
    ck_assert_int_eq(json_stream_eat(&s, &p, p + 2, &why), JSON_STREAM_MORE);
    memset(buf, 'x', sizeof(buf));
    for (total = 0; total < 100 << 20; total += sizeof(buf)) {
        p = buf;
        while (json_stream_eat(&s, &p, buf + sizeof(buf), &why) ==
               JSON_STREAM_BAD)
            errors++;
        ck_assert_uint_le(s.cap, JSON_STREAM_MAX);
    }
    ck_assert_uint_eq(errors, 1);
    ck_assert_ptr_nonnull(strstr(why, "1 MiB"));
    p = (const uint8_t *)"\n{}";
    ck_assert_int_eq(json_stream_eat(&s, &p, p + 3, &why), JSON_STREAM_TEXT);

    /* nested for ever: one error a line */
    memset(buf, '[', sizeof(buf));
    buf[sizeof(buf) - 1] = '\n';
    for (errors = 0, total = 0; total < 1000; total++) {
        p = buf;
        while (json_stream_eat(&s, &p, buf + sizeof(buf), &why) ==
               JSON_STREAM_BAD)
            errors++;
    }
    ck_assert_uint_eq(errors, 1000);
    ck_assert_ptr_nonnull(strstr(why, "too deep"));
    json_stream_reset(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_cut, test_cut_bounds, NULL};

    return run_suite("json-stream", NULL, NULL, tests);
}
