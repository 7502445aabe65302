/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a real xenstored has answered, and whether ours does the same:
 * recorded.xs was made by "record", of the C xenstored 4.17.7.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"
#include "tests/lib/xs-client.h"
#include "tests/xenemu/xs-script.h"

struct end {
    struct xs_end end;
    struct xs_wire wire;
};

static void put(struct xs_end *e, const void *buf, size_t len)
{
    ck_assert_uint_eq(xs_wire_put(&((struct end *)e)->wire, buf, len), len);
}

static void get(struct xs_end *e, void *buf, size_t len)
{
    ck_assert_uint_eq(xs_wire_get(&((struct end *)e)->wire, buf, len), len);
}

static void wake(struct xs_wire *w)
{
}

START_TEST(ours_answers_as_xenstored)
{
    const char *dir = getenv("srcdir");
    struct end guest = {.end = {put, get}}, dom0 = {.end = {put, get}};
    struct loop *loop = loop_new(NULL);
    struct xenstore_domain d = {.name = "g",
                                .uuid = (const uint8_t[16]){1},
                                .ram = 64 << 20,
                                .vcpus = 1,
                                .store_port = 1,
                                .store_pfn = 1,
                                .console_port = 2};
    struct xenstore *s;
    char path[512], *was = NULL, *is = NULL, *w, *i;
    size_t was_len = 0, is_len = 0;
    unsigned domid, line = 1;
    FILE *in, *out;

    snprintf(path, sizeof(path), "%s/tests/xenemu/recorded.xs",
             dir ? dir : "..");
    in = fopen(path, "r");
    ck_assert_msg(in, "%s is missing", path);
    ck_assert_int_eq(fscanf(in, "# domid %u\n", &domid), 1);
    rewind(in);
    ck_assert_int_gt(getdelim(&was, &was_len, 0, in), 0);
    rewind(in);

    s = xenstore_new(loop, domid);
    ck_assert_int_eq(xenstore_introduce(s, &d), 0);
    xs_wire_init(&guest.wire, s, domid, wake);
    xs_wire_init(&dom0.wire, s, 0, wake);
    out = open_memstream(&is, &is_len);
    xs_script_run(in, out, domid, &guest.end, &dom0.end);
    fclose(out);
    fclose(in);
    w = was;
    for (i = is; *i && *w; line++) {
        size_t n = strcspn(i, "\n"), m = strcspn(w, "\n");

        if (n != m || strncmp(i, w, n))
            ck_abort_msg("line %u:\n- %.*s\n+ %.*s", line,
                         (int)(m < 300 ? m : 300), w, (int)(n < 300 ? n : 300),
                         i);
        i += n + 1;
        w += m + 1;
    }
    ck_assert(!*i && !*w);
    xs_check(s);
    xs_wire_fini(&guest.wire);
    xs_wire_fini(&dom0.wire);
    xenstore_free(s);
    loop_free(loop);
    free(was);
    free(is);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {ours_answers_as_xenstored, NULL};

    return run_suite("xs-recorded", NULL, NULL, tests);
}
