/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing the medium of an ide-cd: QMP on one side, the guest on the other. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dm/qmp-priv.h"
#include "tests/lib/ide-client.h"
#include "tests/lib/suite.h"

#define CD_BLOCKS 64

static struct testvm *t;
static struct ide_client c;
static char cd_path[64];

static void setup(void)
{
    char drive[128];
    const char *const words[] = {"-m",  "16M",     "-drive",
                                 drive, "-device", "ide-cd,drive=d1,bus=ide.1",
                                 NULL};
    FILE *f;

    suite_path(cd_path, sizeof(cd_path), "cd");
    f = fopen(cd_path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(ftruncate(fileno(f), CD_BLOCKS * 2048), 0);
    fclose(f);
    snprintf(drive, sizeof(drive),
             "if=none,id=d1,format=raw,readonly=on,file=%s", cd_path);
    t = tv_new("pc", words);
    c = (struct ide_client){.t = t, .cmd = 0x170, .ctl = 0x376};
    tv_cfg_write(t, 0x09, 0x04, 2, 0x01); /* I/O */
}

static void teardown(void)
{
    tv_free(t);
    unlink(cd_path);
}

/* With ' for ". */
static bool qmp_says(const char *line, const char *member)
{
    bool negotiated = true, says;
    char text[512];
    json_t *a;

    snprintf(text, sizeof(text), "%s", line);
    for (char *p = text; (p = strchr(p, '\''));)
        *p = '"';
    vm_lock(&t->vm);
    a = qmp_answer(&t->vm, NULL, &negotiated, text, strlen(text));
    vm_unlock(&t->vm);
    says = json_object_get(a, member);
    json_decref(a);
    return says;
}

#define EJECT "{'execute': 'eject', 'arguments': {'device': 'd1'}}"
#define FORCE \
    "{'execute': 'eject', 'arguments': {'device': 'd1', 'force': true}}"

/* xl cd-eject and cd-insert: the medium goes while the guest reads it, or has
 * locked it, and another comes. */
START_TEST(cd_changes)
{
    static uint8_t b[40 * 2048];
    const uint8_t read[12] = {0x28, 0, 0, 0, 0, 0, 0, 0, 40};
    const uint8_t event[12] = {0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8};
    char insert[512];

    snprintf(insert, sizeof(insert),
             "{'execute': 'blockdev-change-medium', 'arguments': {'device': "
             "'%s', 'filename': '%s', 'format': 'raw'}}",
             tv_dev(t, "ide-cd")->path, cd_path);

    ck_assert_int_eq(idec_run(&c, (const uint8_t[12]){0x1e, 0, 0, 0, 1}, b, 0),
                     0);
    ck_assert(qmp_says(EJECT, "error"));
    ck_assert_int_eq(idec_run(&c, event, b, 8), 8);
    ck_assert_uint_eq(b[4], 1); /* asked for */
    ck_assert_int_eq(idec_run(&c, (const uint8_t[12]){0}, b, 0), 0);

    idec_packet(&c, read, 2048, false); /* more than the drive buffers */
    ck_assert_uint_eq(idec_wait(&c) & IDE_DRQ, IDE_DRQ);
    ck_assert(qmp_says(FORCE, "return"));
    tv_roundtrip(t);
    ck_assert_int_eq(idec_answer(&c, b, sizeof(b)), -1);
    ck_assert_uint_eq(idec_sense(&c), 0x23a);
    ck_assert_int_eq(idec_run(&c, (const uint8_t[12]){0}, b, 0), -1);
    ck_assert(qmp_says("{'execute': 'query-block'}", "return"));
    ck_assert(qmp_says(EJECT, "error")); /* the image has gone with its name */

    ck_assert(qmp_says("{'execute': 'blockdev-change-medium', 'arguments': "
                       "{'device': 'd1', 'filename': '/nonexistent'}}",
                       "error"));
    ck_assert(qmp_says(insert, "return"));
    tv_roundtrip(t);
    ck_assert_int_eq(idec_run(&c, (const uint8_t[12]){0}, b, 0), -1);
    ck_assert_uint_eq(idec_sense(&c), 0x628); /* another one */
    ck_assert_int_eq(idec_run(&c,
                              (const uint8_t[12]){0x28, 0, 0, 0, 0, 0, 0, 0, 1},
                              b, 2048),
                     2048);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {cd_changes, NULL};

    return run_suite("ide-media", setup, teardown, tests);
}
