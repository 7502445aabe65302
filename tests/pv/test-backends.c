/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pv/backends: devices come and go as the toolstack says. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "hw/catalog.h"
#include "hw/pv/backends.h"
#include "tests/lib/suite.h"
#include "tests/pv/blk-front.h"

#define SECTORS 4096u
#define KEYS "/local/domain/0/backend/vkbd/7/0"
#define KEYS_FRONT "/local/domain/7/device/vkbd/0"
#define SECOND "/local/domain/0/backend/qdisk/7/51728"
#define SECOND_FRONT "/local/domain/7/device/vbd/51728"

static struct testvm *t;
static struct bf f;
static char image[64], other[64];
static unsigned folders; /* watches, one for each class */

static void make_file(const char *name)
{
    int fd = open(name, O_CREAT | O_TRUNC | O_RDWR, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, SECTORS * 512), 0);
    close(fd);
}

/* args: of the machine. */
static void make(const char *const args[])
{
    struct cfg_err err;

    t = tv_new("none", args);
    f = (struct bf){.vm = &t->vm, .x = fake_xenif_new(t->vm.loop)};
    t->vm.xenif = f.x;
    vm_lock(&t->vm);
    ck_assert_msg(!dev_create(&t->vm, &xen_backends_class, NULL, NULL, &err),
                  "%s", err.text);
    vm_unlock(&t->vm);
    folders = fake_watches(f.x);
    fake_grant(f.x, BF_DATA, 64, false);
}

static void unmake(void)
{
    vm_lock(&t->vm);
    dev_destroy_all(&t->vm);
    vm_unlock(&t->vm);
    fake_xenif_free(f.x);
    tv_free(t);
}

static void setup(void)
{
    static const char *const none[] = {NULL};

    snprintf(image, sizeof(image), "test-backends-%d.img", getpid());
    snprintf(other, sizeof(other), "test-backends-%d.other", getpid());
    make_file(image);
    make_file(other);
    make(none);
}

static void teardown(void)
{
    unmake();
    unlink(image);
    unlink(other);
}

/* What libxl writes, all at once. prefix NULL: no params. */
static void attach(const char *prefix, const char *file, const char *mode)
{
    char params[128];

    snprintf(params, sizeof(params), "%s%s", prefix ? prefix : "", file);
    fake_xs_set(f.x, prefix ? params : NULL, BF_BACK "/params");
    fake_xs_set(f.x, mode, BF_BACK "/mode");
    bf_folders(f.x);
    bf_run(&f);
}

/* And when it is to go. */
static void detach(void)
{
    fake_xs_set(f.x, "0", BF_BACK "/online");
    fake_xs_set(f.x, "5", BF_BACK "/state");
    bf_run(&f);
}

static void forget(void)
{
    fake_xs_set(f.x, NULL, BF_BACK);
    fake_xs_set(f.x, NULL, BF_FRONT);
    bf_run(&f);
}

static unsigned images(void)
{
    unsigned n = 0;

    for (struct blk *blk = t->vm.blks; blk; blk = blk->next)
        n++;
    return n;
}

static bool error_has(const char *text)
{
    return strstr(fake_xs_get(f.x, BF_BACK "/error"), text);
}

START_TEST(told_to_the_toolstack)
{
    /* there, though empty: a value that is not there is "" too */
    char **names;
    unsigned n;

    ck_assert_int_eq(
        f.x->ops->xs_list(f.x, 0, "/local/domain/0/device-model/7/backends",
                          &names, &n),
        0);
    ck_assert_uint_eq(n, folders);
    free(names);
}
END_TEST

START_TEST(a_disk_comes_and_goes)
{
    struct bf_req req;

    for (unsigned i = 0; i < 3; i++) {
        attach("aio:", image, "w");
        ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
        ck_assert_uint_eq(images(), 1);
        ck_assert_str_eq(t->vm.blks->id, "vbd-51712");
        bf_connect(&f, NULL, 1, 0);
        ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/sectors"), "4096");
        req = bf_rw(BLKIF_OP_READ, 0, BF_DATA, 4);
        ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_OKAY);
        detach();
        ck_assert_int_eq(bf_state(&f), XENBUS_CLOSING);
        bf_closed(&f);
        /* until the toolstack takes the folder away, nothing stirs */
        ck_assert_uint_eq(images(), 0);
        ck_assert_uint_eq(fake_watches(f.x), folders);
        forget();
        ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/state"), "");
    }
}
END_TEST

START_TEST(a_folder_that_vanishes)
{
    attach("aio:", image, "w");
    bf_connect(&f, NULL, 2, 0);
    forget();
    ck_assert_uint_eq(images(), 0);
    ck_assert_uint_eq(fake_mapped(f.x), 0);
    attach("aio:", image, "w");
    ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
}
END_TEST

START_TEST(read_only)
{
    struct bf_req req = bf_rw(BLKIF_OP_WRITE, 0, BF_DATA, 1);

    attach("aio:", image, "r");
    ck_assert(t->vm.blks->readonly);
    bf_connect(&f, NULL, 1, 0);
    ck_assert_int_eq(bf_do(&f.ring[0], &req), BLKIF_RSP_ERROR);
}
END_TEST

START_TEST(options)
{
    fake_xs_set(f.x, "0", BF_BACK "/discard-enable");
    fake_xs_set(f.x, "1", BF_BACK "/direct-io-safe");
    attach("aio:", image, "w");
    ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
    ck_assert(!t->vm.blks->discard);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/feature-discard"), "0");
    forget();
    attach("aio:", image, "w");
    ck_assert(t->vm.blks->discard && !t->vm.blks->cache_direct);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/feature-discard"), "1");
}
END_TEST

static const struct {
    const char *prefix, *file, *mode, *error;
} bad[] = {
    {"vhd:", image, "w", "expected aio:FILE or qcow2:FILE"},
    {"", image, "w", "expected aio:FILE or qcow2:FILE"},
    {NULL, "", "w", "expected aio:FILE or qcow2:FILE"},
    {"aio:", "/does/not/exist", "w", "No such file"},
    {"aio:", image, "x", "expected r or w"},
    {"aio:", image, NULL, "expected r or w"},
    {"qcow2:", image, "w", "qcow2"}, /* and never taken for something else */
};

START_TEST(what_cannot_be_served)
{
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        attach(bad[i].prefix, bad[i].file, bad[i].mode);
        ck_assert_msg(error_has(bad[i].error), "%s",
                      fake_xs_get(f.x, BF_BACK "/error"));
        ck_assert_int_eq(bf_state(&f), XENBUS_INITIALISING);
        ck_assert_uint_eq(images(), 0);
        forget(); /* not brought back by us */
        ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/error"), "");
    }
    attach("aio:", image, "w");
    ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
}
END_TEST

START_TEST(mended_in_place)
{
    attach("aio:", "/does/not/exist", "w");
    ck_assert_int_eq(bf_state(&f), XENBUS_INITIALISING);
    attach("aio:", image, "w");
    ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
}
END_TEST

START_TEST(another_medium)
{
    fake_xs_set(f.x, "cdrom", BF_BACK "/device-type");
    attach("aio:", "", "r"); /* an empty drive is no error */
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/error"), "");
    attach("", "", "r"); /* nor as libxl 4.17 writes it */
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/error"), "");
    attach("aio:", image, "r");
    ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
    ck_assert_str_eq(t->vm.blks->filename, image);
    attach("aio:", other, "r");
    ck_assert_str_eq(t->vm.blks->filename, other);
    ck_assert_uint_eq(images(), 1);

    /* not under a guest that uses it */
    bf_connect(&f, NULL, 1, 0);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/info"), "5");
    fake_xs_set(f.x, "aio:/does/not/exist", BF_BACK "/params");
    bf_run(&f);
    ck_assert_int_eq(bf_state(&f), XENBUS_CONNECTED);
    ck_assert_str_eq(t->vm.blks->filename, other);
}
END_TEST

START_TEST(the_guests_emulated_disk)
{
    char drive[128];
    const char *const args[] = {"-drive", drive, NULL};
    struct cfg_err err;

    snprintf(drive, sizeof(drive), "if=none,id=ide,file=%s,format=raw", image);
    unmake();
    make(args);
    vm_lock(&t->vm);
    ck_assert_int_eq(blk_claim(t->vm.blks, "an IDE disk", &err), 0);
    vm_unlock(&t->vm);
    attach("aio:", image, "w");
    ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
    ck_assert_uint_eq(images(), 1); /* opened once */
    bf_connect(&f, NULL, 1, 0);
    forget();
    ck_assert_uint_eq(images(), 1);
    ck_assert_str_eq(t->vm.blks->user, "an IDE disk");

    /* what another program writes is refused */
    attach("qcow2:", image, "w");
    ck_assert_int_eq(bf_state(&f), XENBUS_INITIALISING);
    /* the emulated one may be written, so this is no read-only disk */
    forget();
    attach("aio:", image, "r");
    ck_assert_int_eq(bf_state(&f), XENBUS_INITIALISING);
    ck_assert(error_has("open for writing"));
}
END_TEST

START_TEST(two_disks)
{
    char params[128];

    attach("aio:", image, "w");
    snprintf(params, sizeof(params), "aio:%s", other);
    fake_xs_set(f.x, params, SECOND "/params");
    fake_xs_set(f.x, "w", SECOND "/mode");
    fake_xs_set(f.x, "7", SECOND "/frontend-id");
    fake_xs_set(f.x, SECOND_FRONT, SECOND "/frontend");
    fake_xs_set(f.x, "1", SECOND "/state");
    fake_xs_set(f.x, "1", SECOND_FRONT "/state");
    fake_xs_set(f.x, "1", SECOND "/online");
    bf_run(&f);
    ck_assert_str_eq(fake_xs_get(f.x, SECOND "/state"), "2");
    ck_assert_uint_eq(images(), 2);
    bf_connect(&f, NULL, 1, 0);
    fake_xs_set(f.x, NULL, SECOND);
    bf_run(&f);
    ck_assert_uint_eq(images(), 1);
    ck_assert_int_eq(bf_state(&f), XENBUS_CONNECTED);
}
END_TEST

START_TEST(paused)
{
    struct bf_req req = bf_rw(BLKIF_OP_READ, 0, BF_DATA, 1);
    struct cfg_err err;

    vm_lock(&t->vm);
    vm_stop(&t->vm, RUN_PAUSED);
    vm_unlock(&t->vm);
    attach("aio:", image, "w"); /* one that comes meanwhile */
    bf_connect(&f, NULL, 1, 0);
    bf_put(&f.ring[0], &req);
    bf_push(&f.ring[0]);
    ck_assert(!fake_wait(f.x, f.ring[0].port, 50));
    vm_lock(&t->vm);
    ck_assert_int_eq(vm_cont(&t->vm, &err), 0);
    vm_unlock(&t->vm);
    ck_assert_int_eq(bf_get(&f.ring[0]).status, BLKIF_RSP_OKAY);
}
END_TEST

/* A guest that finds no one behind its keyboard waits for it. */
START_TEST(a_keyboard)
{
    fake_xs_set(f.x, "7", KEYS "/frontend-id");
    fake_xs_set(f.x, KEYS_FRONT, KEYS "/frontend");
    fake_xs_set(f.x, "1", KEYS "/online");
    fake_xs_set(f.x, "1", KEYS "/state");
    fake_xs_set(f.x, "1", KEYS_FRONT "/state");
    bf_run(&f);
    ck_assert_str_eq(fake_xs_get(f.x, KEYS "/state"), "2");
    fake_xs_set(f.x, "8", KEYS_FRONT "/page-gref");
    fake_xs_set(f.x, "3", KEYS_FRONT "/state");
    bf_run(&f);
    ck_assert_str_eq(fake_xs_get(f.x, KEYS "/state"), "4");
    fake_xs_set(f.x, "5", KEYS_FRONT "/state");
    bf_run(&f);
    fake_xs_set(f.x, "6", KEYS_FRONT "/state");
    bf_run(&f);
    ck_assert_str_eq(fake_xs_get(f.x, KEYS "/state"), "6");
    fake_xs_set(f.x, NULL, KEYS);
    bf_run(&f);
    ck_assert_uint_eq(fake_watches(f.x), folders);
}
END_TEST

/* Whatever call to Xen fails: nothing is left held, and when the toolstack
 * does the same again it works. */
START_TEST(every_failure)
{
    for (unsigned n = 1; n <= 60; n++) {
        fake_fail(f.x, FAKE_ANY, n, n % 2 ? -EIO : -ENOMEM);
        attach("aio:", image, "w");
        if (bf_state(&f) == XENBUS_INIT_WAIT)
            bf_offer(&f, NULL, 1, 0);
        fake_fail(f.x, FAKE_ANY, 0, 0);
        forget();
        ck_assert_uint_eq(fake_mapped(f.x), 0);
        ck_assert_uint_eq(fake_ports(f.x), 0);
        ck_assert_msg(fake_watches(f.x) == folders, "call %u", n);
        ck_assert_uint_eq(images(), 0);
    }
    attach("aio:", image, "w");
    bf_connect(&f, NULL, 1, 0);
}
END_TEST

/* A process that ends leaves the guest to the next one; a toolstack that ends
 * it is told, as it waits for that. */
START_TEST(ended)
{
    enum { ALONE, BY_TOOLSTACK, REMOVED, NOT_SERVED, CASES };
    static const char *const state[] = {"4", "6", "", "1"};

    for (unsigned i = 0; i < CASES; i++) {
        attach("aio:", i == NOT_SERVED ? "/does/not/exist" : image, "w");
        if (i != NOT_SERVED)
            bf_connect(&f, NULL, 1, 0);
        if (i != ALONE)
            fake_xs_set(f.x, NULL, "/local/domain/0/device-model/7");
        if (i == REMOVED)
            fake_xs_set(f.x, NULL, BF_BACK);
        vm_lock(&t->vm);
        dev_destroy_all(&t->vm);
        vm_unlock(&t->vm);
        ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/state"), state[i]);
        unmake();
        make((const char *const[]){NULL});
    }
}
END_TEST

/* Whatever a toolstack and a guest write, in whatever order. */
START_TEST(random_writes)
{
    const char *const modes[] = {"r", "w", "x", NULL};
    const char *const types[] = {"disk", "cdrom", "", NULL};
    uint32_t r = 0x5eed;
    struct cfg_err err;
    char text[128];

    for (unsigned i = 0; i < 3000; i++) {
        r = r * 1664525 + 1013904223;
        switch (r >> 28) {
        case 0:
        case 1:
            attach("aio:", r & 0x100000 ? image : other, "w");
            break;
        case 2:
            attach(bad[(r >> 20) % 7].prefix, bad[(r >> 20) % 7].file, "r");
            break;
        case 3:
            fake_xs_set(f.x, modes[(r >> 20) % 4], BF_BACK "/mode");
            break;
        case 4:
            fake_xs_set(f.x, types[(r >> 20) % 4], BF_BACK "/device-type");
            break;
        case 5:
            forget();
            break;
        case 6:
            fake_xs_set(f.x, r & 0x100000 ? "1" : "0", BF_BACK "/online");
            break;
        case 7:
        case 8:
            if (bf_state(&f) == XENBUS_INIT_WAIT)
                bf_offer(&f, NULL, 1 + (r >> 20) % 2, 0);
            break;
        case 9:
            vm_lock(&t->vm);
            if (t->vm.state == RUN_RUNNING)
                vm_stop(&t->vm, RUN_PAUSED);
            else
                vm_cont(&t->vm, &err);
            vm_unlock(&t->vm);
            break;
        case 10:
            fake_fail(f.x, FAKE_ANY, 1 + (r >> 20) % 16, -EIO);
            break;
        default:
            snprintf(text, sizeof(text), "%u", (r >> 20) % 8);
            fake_xs_set(f.x, text,
                        r & 0x100000 ? BF_FRONT "/state" : BF_BACK "/state");
            break;
        }
        if (r & 0x80000)
            bf_run(&f);
        ck_assert_uint_le(images(), 1);
    }
    fake_fail(f.x, FAKE_ANY, 0, 0);
    fake_xs_set(f.x, NULL, BF_BACK);
    forget();
    ck_assert_uint_eq(images(), 0);
    ck_assert_uint_eq(fake_mapped(f.x), 0);
    attach("aio:", image, "w");
    bf_connect(&f, NULL, 1, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        told_to_the_toolstack,
        a_disk_comes_and_goes,
        a_folder_that_vanishes,
        read_only,
        options,
        what_cannot_be_served,
        mended_in_place,
        another_medium,
        the_guests_emulated_disk,
        two_disks,
        paused,
        a_keyboard,
        every_failure,
        ended,
        random_writes,
        NULL,
    };

    return run_suite("backends", setup, teardown, tests);
}
