/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm/migrate: a machine's devices in a file and in a new machine; whose the
 * images are meanwhile; files that are something else. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "dm/clock.h"
#include "dm/fdset.h"
#include "dm/migrate.h"
#include "dm/options.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define SCRATCH 0x3ff /* of COM1 */

static char dir[] = "/tmp/test-migrate-XXXXXX", saved[64], uri[80];
static char drive[160];
static const char *const words[] = {
    "-serial", "null", "-drive", drive, "-device", "virtio-blk-pci,drive=d",
    NULL};
static struct testvm *t;
static struct cfg_err err;

static void setup(void)
{
    strcpy(dir + sizeof(dir) - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(saved, sizeof(saved), "%s/saved", dir);
    snprintf(uri, sizeof(uri), "file:%s", saved);
    err.text[0] = '\0';
}

static void teardown(void)
{
    char cmd[100];

    snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
    ck_assert_int_eq(system(cmd), 0);
}

static void with_image(const char *format)
{
    char cmd[200];

    snprintf(drive, sizeof(drive), "if=none,id=d,format=%s,file=%s/disk",
             format, dir);
    snprintf(cmd, sizeof(cmd), "tools/hvmd-img create -q -f %s %s/disk 1M",
             format, dir);
    ck_assert_int_eq(system(cmd), 0);
    t = tv_new("pc", words);
}

static int save(struct testvm *v, const char *path, bool live)
{
    int rc;

    vm_lock(&v->vm);
    rc = migrate_save(&v->vm, path, live, &err);
    vm_unlock(&v->vm);
    return rc;
}

static int load(struct testvm *v, const char *from)
{
    int rc, fd = migrate_open(from, &err);

    if (fd < 0)
        return fd;
    vm_lock(&v->vm);
    rc = migrate_load(&v->vm, fd, &err);
    vm_unlock(&v->vm);
    return rc;
}

static int cont(struct testvm *v)
{
    int rc;

    vm_lock(&v->vm);
    rc = vm_cont(&v->vm, &err);
    vm_unlock(&v->vm);
    return rc;
}

static void stop(struct testvm *v)
{
    vm_lock(&v->vm);
    vm_stop(&v->vm, RUN_PAUSED);
    vm_unlock(&v->vm);
}

static int disk_rc;

static void disk_done(struct blk_req *req, int rc)
{
    disk_rc = rc;
}

static int disk(struct testvm *v, enum blk_op op, char *buf)
{
    struct iovec iov = {buf, 4096};
    struct blk_req req = {.op = op,
                          .off = 65536,
                          .len = 4096,
                          .iov = &iov,
                          .iovcnt = 1,
                          .done = disk_done};
    struct blk_queue *q;

    vm_lock(&v->vm);
    q = blk_queue_new(blk_find(&v->vm, "d"), v->vm.loop, 1);
    blk_submit(q, &req);
    blk_drain(q);
    blk_queue_free(q);
    vm_unlock(&v->vm);
    return disk_rc;
}

/* It goes to another process, whose guest writes, and never comes back; or
 * that process gives up, and the first goes on. */
static void moves(const char *format, bool comes_back)
{
    char buf[4096] = "before", back[4096] = "";
    struct testvm *other;

    with_image(format);
    tv_outb(t, SCRATCH, 0x5a);
    tv_step(t, 1234);
    ck_assert_int_eq(disk(t, BLK_WRITE, buf), 0);
    ck_assert_ptr_null(tv_try("pc", words, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "locked"));
    stop(t);
    ck_assert_msg(!save(t, saved, true), "%s", err.text);
    ck_assert_int_eq(disk(t, BLK_WRITE, buf), -EPERM);
    ck_assert_int_eq(disk(t, BLK_FLUSH, buf), 0);

    other = tv_try("pc", words, &err);
    ck_assert_msg(other, "%s", err.text);
    ck_assert_msg(!load(other, uri), "%s", err.text);
    ck_assert_int_eq(other->vm.state, RUN_PAUSED);
    ck_assert_int_eq(clock_now(&other->vm), clock_now(&t->vm));
    ck_assert_uint_eq(tv_inb(other, SCRATCH), 0x5a);
    ck_assert_int_eq(disk(other, BLK_READ, back), 0);
    ck_assert_str_eq(back, "before");

    ck_assert_int_eq(cont(t), -EAGAIN);
    ck_assert_ptr_nonnull(strstr(err.text, "locked"));
    ck_assert_int_eq(t->vm.state, RUN_PAUSED);
    if (comes_back) {
        tv_free(other);
        ck_assert_msg(!cont(t), "%s", err.text);
        strcpy(buf, "goes on");
        ck_assert_int_eq(disk(t, BLK_WRITE, buf), 0);
    } else {
        ck_assert_msg(!cont(other), "%s", err.text);
        strcpy(buf, "after");
        ck_assert_int_eq(disk(other, BLK_WRITE, buf), 0);
        tv_free(t); /* writes nothing any more */
        t = other;
    }
    tv_free(t);
    t = tv_new("pc", words);
    ck_assert_int_eq(disk(t, BLK_READ, back), 0);
    ck_assert_str_eq(back, buf);
    tv_free(t);
}

START_TEST(raw_moves)
{
    moves("raw", false);
}
END_TEST

START_TEST(raw_comes_back)
{
    moves("raw", true);
}
END_TEST

static void checked(void)
{
    char cmd[100];

    snprintf(cmd, sizeof(cmd), "tools/hvmd-img check -q -f qcow2 %s/disk", dir);
    ck_assert_int_eq(system(cmd), 0);
}

START_TEST(qcow2_moves)
{
    moves("qcow2", false);
    checked();
}
END_TEST

START_TEST(qcow2_comes_back)
{
    moves("qcow2", true);
    checked();
}
END_TEST

/* What writes, and the layer in front of it, go together. */
START_TEST(layers_move)
{
    char front[160], cmd[200];
    const char *const two[] = {"-drive", drive, "-drive", front, NULL};
    struct testvm *other;

    snprintf(cmd, sizeof(cmd), "tools/hvmd-img create -q -f qcow2 %s/disk 1M",
             dir);
    ck_assert_int_eq(system(cmd), 0);
    snprintf(drive, sizeof(drive), "if=none,id=in,format=raw,file=%s/disk",
             dir);
    strcpy(front, "if=none,id=d,format=qcow2,drive=in");
    t = tv_new("pc", two);
    ck_assert_int_eq(disk(t, BLK_WRITE, (char[4096]){"deep"}), 0);
    stop(t);
    ck_assert_msg(!save(t, saved, true), "%s", err.text);
    ck_assert_int_eq(disk(t, BLK_WRITE, (char[4096]){"no"}), -EPERM);
    other = tv_try("pc", two, &err);
    ck_assert_msg(other, "%s", err.text);
    ck_assert_int_eq(cont(t), -EAGAIN);
    tv_free(other);
    ck_assert_msg(!cont(t), "%s", err.text);
    ck_assert_int_eq(disk(t, BLK_WRITE, (char[4096]){"yes"}), 0);
    tv_free(t);
    checked();
}
END_TEST

/* Who was refused them has no part of their locks. */
START_TEST(on_to_a_third)
{
    struct testvm *second, *third;

    with_image("raw");
    stop(t);
    ck_assert_int_eq(save(t, saved, true), 0);
    second = tv_new("pc", words);
    ck_assert_int_eq(cont(t), -EAGAIN);
    stop(second);
    ck_assert_int_eq(save(second, saved, true), 0);
    third = tv_try("pc", words, &err);
    ck_assert_msg(third, "%s", err.text);
    tv_free(third);
    tv_free(second);
    ck_assert_int_eq(cont(t), 0);
    tv_free(t);
}
END_TEST

START_TEST(images_stay_where_nobody_else_goes_on)
{
    with_image("raw");
    stop(t);
    ck_assert_int_eq(save(t, saved, false), 0); /* xl save */
    ck_assert_ptr_null(tv_try("pc", words, &err));
    ck_assert_int_eq(cont(t), 0);
    ck_assert_int_eq(save(t, saved, true), 0); /* it was running */
    ck_assert_int_eq(t->vm.state, RUN_RUNNING);
    ck_assert_ptr_null(tv_try("pc", words, &err));
    tv_free(t);
}
END_TEST

START_TEST(a_file_that_cannot_be_written)
{
    struct fdset *set;
    char path[32];

    with_image("raw");
    ck_assert_int_eq(save(t, "/nowhere/saved", true), -ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/saved"));
    ck_assert_int_eq(save(t, "/dev/full", true), -ENOSPC);
    ck_assert_int_eq(save(t, "/dev/fdset/3", true), -ENOENT);
    ck_assert_int_eq(t->vm.state, RUN_RUNNING);
    stop(t);
    ck_assert_int_eq(save(t, "/dev/full", true), -ENOSPC);
    ck_assert_ptr_null(tv_try("pc", words, &err)); /* the image stays */

    set = fdset_add(&t->vm, -1, open(saved, O_WRONLY | O_CREAT, 0600), NULL);
    snprintf(path, sizeof(path), "/dev/fdset/%d", (int)set->id);
    ck_assert_int_eq(save(t, path, false), 0);
    ck_assert_int_eq(load(t, uri), 0);
    tv_free(t);
}
END_TEST

static void file_of(const void *data, size_t n)
{
    FILE *f = fopen(saved, "w");

    ck_assert_uint_eq(fwrite(data, 1, n, f), n);
    fclose(f);
}

START_TEST(a_file_of_something_else)
{
    static const struct {
        const char *data;
        size_t len;
    } none[] = {{"", 0}, {"QEVM\0\0\0\3", 8}, {"HVMDSTAT\2\0\0\0\0\0\0\0", 16}};
    char buf[4096] = "";

    with_image("raw");
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        file_of(none[i].data, none[i].len);
        ck_assert_int_eq(load(t, uri), -EINVAL);
        ck_assert_msg(!strncmp(err.text, "-incoming: ", 11), "%s", err.text);
    }
    file_of(buf, sizeof(buf));
    ck_assert_int_eq(load(t, uri), -EINVAL);
    ck_assert_int_eq(load(t, "file:/dev/zero"), -EFBIG);
    ck_assert_int_eq(load(t, "file:/tmp"), -EISDIR);
    ck_assert_int_eq(load(t, "file:/nowhere"), -ENOENT);
    ck_assert_int_eq(load(t, "fd:999"), -EBADF);
    ck_assert_int_eq(load(t, "fd:"), -EINVAL);
    ck_assert_int_eq(load(t, "tcp:0:4444"), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "expected fd:N or file:PATH"));
    ck_assert_int_eq(save(t, saved, false), 0);
    ck_assert_int_eq(load(t, uri), 0);
    tv_free(t);
}
END_TEST

/* One made by other words. */
START_TEST(another_machine)
{
    struct testvm *other;

    with_image("raw");
    ck_assert_int_eq(save(t, saved, false), 0);
    tv_free(t);
    other = tv_new("pc", (const char *const[]){"-serial", "null", NULL});
    ck_assert_int_eq(load(other, uri), -EINVAL);
    tv_free(other);
    t = tv_new("none", words + 6);
    ck_assert_int_eq(load(t, uri), -EINVAL);
    tv_free(t);
}
END_TEST

START_TEST(an_engine_that_has_the_guest_itself)
{
    struct engine_ops kvm;

    with_image("raw");
    kvm = *t->vm.engine;
    kvm.caps |= ENGINE_VCPUS;
    t->vm.engine = &kvm;
    ck_assert_int_eq(save(t, saved, false), -ENOTSUP);
    ck_assert_int_eq(access(saved, F_OK), -1);
    file_of("", 0);
    ck_assert_int_eq(load(t, uri), -ENOTSUP);
    tv_free(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        raw_moves,
        raw_comes_back,
        qcow2_moves,
        qcow2_comes_back,
        layers_move,
        on_to_a_third,
        images_stay_where_nobody_else_goes_on,
        a_file_that_cannot_be_written,
        a_file_of_something_else,
        another_machine,
        an_engine_that_has_the_guest_itself,
        NULL,
    };

    return run_suite("migrate", setup, teardown, tests);
}
