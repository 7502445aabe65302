/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qcow2 with journal=: a process that is killed loses nothing it answered. */
#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/report.h"
#include "tests/lib/suite.h"
#include "tests/unit/qcow2-model.h"

static struct shared {
    uint8_t model[DISK];
    _Atomic uint64_t off, len; /* in work: anything may be there */
    _Atomic uint64_t steps;
} * shared;

static void tell_step(void)
{
    atomic_store(&shared->off, step_off);
    atomic_store(&shared->len, step_len);
}

static _Noreturn void live(const char *more)
{
    struct blk *blk = open_image("d", more);
    struct blk_queue *q = blk_queue_new(blk, vm.loop, 4);
    uint64_t off = atomic_load(&shared->off), len = atomic_load(&shared->len);

    if (len)
        ck_assert_int_eq(io(q, BLK_READ, 0, off, shared->model + off, len), 0);
    atomic_store(&shared->len, 0);
    memcpy(model, shared->model, DISK);
    verify(q);
    rng = 1 + atomic_load(&shared->steps);
    rnd(2);
    on_step = tell_step;
    for (;;) {
        ck_assert_int_eq(step(q), 0);
        memcpy(shared->model + step_off, model + step_off, step_len);
        atomic_store(&shared->len, 0);
        atomic_fetch_add(&shared->steps, 1);
    }
}

static void kill_soon(const char *more, int n)
{
    uint64_t until = atomic_load(&shared->steps) + rnd(60);
    pid_t pid = fork();
    int status;

    if (!pid) {
        report_nothing();
        live(more);
    }
    while (n % 4 && atomic_load(&shared->steps) < until)
        ck_assert_int_eq(waitpid(pid, &status, WNOHANG), 0);
    usleep(rnd(n % 4 ? 300 : 20000));
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    ck_assert(WIFSIGNALED(status));
}

START_TEST(test_kept)
{
    static const struct {
        unsigned cluster_bits, refcount_order;
    } kinds[] = {{9, 6}, {12, 0}, {16, 4}};
    struct qcow2_create c = plain(kinds[_i].cluster_bits);
    struct qcow2_result r;
    struct blk_queue *q;
    char more[200];
    struct blk *blk;

    c.refcount_order = kinds[_i].refcount_order;
    create("d", c);
    if (_i == 2 && have_qemu_img())
        ck_assert_int_eq(sh("qemu-io -f qcow2 -c 'write -P 0 0 1M' d && "
                            "qemu-img snapshot -c one d"),
                         0);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(more, sizeof(more), ",locking=wait,journal=%s", path("kept"));
    for (int n = 0; n < 60; n++)
        kill_soon(more, n);
    blk = open_image("d", more);
    q = blk_queue_new(blk, vm.loop, 4);
    memcpy(model, shared->model, DISK);
    if (shared->len)
        io(q, BLK_READ, 0, shared->off, model + shared->off, shared->len);
    verify(q);
    blk_queue_free(q);
    blk_close(blk);
    ck_assert_int_ne(access(path("kept"), F_OK), 0);
    ck_assert_uint_gt(atomic_load(&shared->steps), 500);
    munmap(shared, sizeof(*shared));
    blk = open_image("d", "");
    ck_assert_int_eq(qcow2_check(blk, QCOW2_CHECK, &r, NULL, NULL), 0);
    ck_assert_uint_eq(r.corruptions, 0);
    blk_close(blk);
    if (have_qemu_img()) {
        int rc = sh("qemu-img check -f qcow2 d");

        ck_assert(!rc || rc == 3 << 8); /* leaks */
    }
}
END_TEST

/* One that is not of this image, or that lies. */
START_TEST(test_bad_journal)
{
    /* as of qcow2-journal.c: a change of the guest's first cluster */
    static const uint64_t lies[][4] = {
        {0, 0, 0, 0},
        {0, 1, 2, 0},
        {0, 1, UINT64_C(1) << 40, 1},
        {0, 1, 4096, 0},
        {0, 1, L2_COMPRESSED | 65536, 0},
        {0, 513, 0, 0},
        {DISK, 1, 0, 0},
        {UINT64_MAX, 1, 0, 0},
    };
    const uint64_t one = 1;
    char more[200];
    struct blk *blk;

    create("d", plain(12));
    snprintf(more, sizeof(more), ",journal=%s", path("kept"));
    blk = open_image("d", more);
    ck_assert_int_eq(sh("cp d copy; cp kept good"), 0);
    blk_close(blk);
    ck_assert_int_eq(sh("cp good kept"), 0);
    poke("kept", 0, "nonsense", 8);
    open_bad("d", more, "another image");
    log_set_level(LOG_ERR - 1);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        ck_assert_int_eq(sh("cp good kept"), 0);
        poke("kept", 8, &one, 8);
        poke("kept", 48, lies[i], sizeof(lies[i]));
        open_bad("d", more, "making it true");
        ck_assert_int_eq(sh("cmp d copy"), 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("qcow2-journal");
    TCase *t = tcase_create("qcow2-journal");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, SUITE_TIMEOUT);
    tcase_add_loop_test(t, test_kept, 0, 3);
    tcase_add_test(t, test_bad_journal);
    suite_add_tcase(s, t);
    return run_cases(s);
}
