/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm/log: levels, and the quota of what a guest can cause. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/log.h"
#include "tests/lib/suite.h"

static char text[65536];
static int saved;
static FILE *file;

static void setup(void)
{
    file = tmpfile();
    ck_assert_ptr_nonnull(file);
    saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
}

static void teardown(void)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
    fclose(file);
}

/* What has been logged. */
static const char *logged(void)
{
    size_t n;

    rewind(file);
    n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    return text;
}

static unsigned lines(void)
{
    unsigned n = 0;

    for (const char *p = logged(); (p = strchr(p, '\n')); p++)
        n++;
    return n;
}

START_TEST(levels)
{
    log_err("a", "%d", 1);
    log_warn("b", "two");
    log_info("c", "three");
    ck_assert_str_eq(logged(), "hvmd: a: 1\nhvmd: warning: b: two\n");
    log_set_level(LOG_DBG);
    log_dbg("d", "four");
    ck_assert_ptr_nonnull(strstr(logged(), "hvmd: d: four\n"));
}
END_TEST

/* XSA-180 (CVE-2014-3672): a guest that says the same for ever. */
START_TEST(a_guest_has_a_quota)
{
    struct log_quota one = {0}, other = {0};

    log_guest(&one, "dev", "unseen");
    ck_assert_uint_eq(lines(), 0); /* what is not shown costs nothing */
    log_set_level(LOG_INFO);
    for (unsigned i = 0; i < 100000; i++)
        log_guest(&one, "dev", "nonsense %u", i);
    ck_assert_uint_eq(lines(), LOG_GUEST_MAX + 1);
    ck_assert_ptr_nonnull(strstr(logged(), "nonsense 15\n"));
    ck_assert_ptr_nonnull(strstr(logged(), "are dropped\n"));
    log_guest(&other, "dev", "another");
    ck_assert_uint_eq(lines(), LOG_GUEST_MAX + 2);
}
END_TEST

/* A long text is cut, and stays one line. */
START_TEST(a_long_text)
{
    static char word[4000];

    memset(word, 'x', sizeof(word) - 1);
    log_err("long", "%s", word);
    ck_assert_uint_eq(lines(), 1);
    ck_assert_uint_lt(strlen(text), 1100);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        levels,
        a_guest_has_a_quota,
        a_long_text,
        NULL,
    };

    return run_suite("log", setup, teardown, tests);
}
