/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One test program is one suite: what main() of every one of them does.
 */
#ifndef HVMD_TESTS_LIB_SUITE_H
#define HVMD_TESTS_LIB_SUITE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Seconds for one test: what takes so long hangs, on a busy machine too, with
 * sanitizers too. No test has a shorter limit of its own for anything. */
#define SUITE_TIMEOUT 300

/* A storm of random input runs with so many seeds: one, or FUZZ_SEEDS. */
static inline unsigned fuzz_seeds(void)
{
    const char *text = getenv("FUZZ_SEEDS");

    return text ? (unsigned)strtoul(text, NULL, 10) : 1;
}

/* A path in a folder of this program's own, which goes when it ends, however
 * its tests do: a test that fails does not get as far as its teardown. */
static inline void suite_path(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", getenv("TMPDIR"), name);
}

/* What main() returns. */
static inline int run_cases(Suite *s)
{
    char dir[] = "/tmp/hvmd-test-XXXXXX", cmd[40];
    SRunner *r = srunner_create(s);
    int failed;

    if (!mkdtemp(dir) || setenv("TMPDIR", dir, 1)) {
        perror(dir);
        return EXIT_FAILURE;
    }
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
    return system(cmd) || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* tests ends with NULL; setup and teardown may be NULL. Exit status. */
static inline int run_suite(const char *name, void (*setup)(void),
                            void (*teardown)(void), const TTest *const tests[])
{
    Suite *s = suite_create(name);
    TCase *c = tcase_create(name);

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, SUITE_TIMEOUT);
    for (unsigned i = 0; tests[i]; i++)
        tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
    return run_cases(s);
}

#endif
