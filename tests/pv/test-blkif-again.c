/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hw/pv/blkif when it dies: a frontend in this process, backends in children
 * that are killed. Each goes on with the rings as the one before left them;
 * every request is answered once, and what was answered stays true.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "tests/lib/report.h"
#include "tests/lib/suite.h"
#include "tests/pv/blk-front.h"

#define BLOCKS 512u /* of a page each: 2 MiB */
#define DEPTH 24u   /* of a ring */
#define DEAF_MS 5   /* between looks whether the backend is alive */
#define STUCK_MS 20000

struct op {
    bool used, write;
    unsigned block, n; /* n 0: a flush */
    uint32_t seed;     /* of the first block */
};

static struct vm front_vm; /* a loop, for what the frontend writes */
static struct bf f;
static char image[64], journal[64], drive[256];
static struct op ops[BF_QUEUES][DEPTH];
static uint32_t model[BLOCKS];
static bool busy[BLOCKS];
static uint32_t rnd_state;
static pid_t child;
static unsigned kills, answers, done_reads;

static uint32_t rnd(uint32_t n)
{
    rnd_state = rnd_state * 1664525 + 1013904223;
    return (rnd_state >> 8) % n;
}

/* ---- the backend, in a child ---- */

static _Noreturn void serve(unsigned die_at)
{
    const char *const args[] = {"-drive", drive, NULL};
    struct testvm *t = tv_new("none", args);
    struct blkif_conf conf = {.blk = blk_find(&t->vm, "d0"),
                              .copy_max = 8192,
                              .persistent_max = 64,
                              .journal = journal};
    struct cfg_err err;
    struct blkif *b;

    fake_home(f.x, t->vm.loop);
    fake_kill(f.x, die_at);
    vm_lock(&t->vm);
    if (blkif_new(&t->vm, f.x, BF_BACK, &conf, &b, &err)) {
        fprintf(stderr, "%s\n", err.text);
        _exit(1);
    }
    vm_unlock(&t->vm);
    for (;;) {
        loop_once(t->vm.loop, -1);
        if (strcmp(fake_xs_get(f.x, BF_BACK "/state"), "4")) {
            fprintf(stderr, "%s\n", fake_xs_get(f.x, BF_BACK "/error"));
            _exit(1);
        }
    }
}

static void spawn(unsigned die_at)
{
    child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) {
        report_nothing();
        serve(die_at);
    }
}

/* True: it had been killed. */
static bool reap(int flags)
{
    int status;
    pid_t got = waitpid(child, &status, flags);

    if (!got)
        return false;
    ck_assert_int_eq(got, child);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
                  "the backend ended by itself: 0x%x", (unsigned)status);
    child = 0;
    kills++;
    return true;
}

static void kill_it(void)
{
    kill(child, SIGKILL);
    reap(0);
}

/* ---- the frontend ---- */

static unsigned page_of(unsigned q, unsigned slot)
{
    return BF_DATA + (q * DEPTH + slot) * 8;
}

static void fill(uint32_t *w, uint32_t seed)
{
    for (unsigned i = 0; i < XENIF_PAGE / 4; i++)
        w[i] = seed ? seed + i * 2654435761u : 0;
}

static void check_page(const void *page, unsigned block)
{
    static uint32_t want[XENIF_PAGE / 4];

    fill(want, model[block]);
    ck_assert_msg(!memcmp(page, want, XENIF_PAGE),
                  "block %u is not what was written, after %u kills", block,
                  kills);
}

static bool all_idle(unsigned block, unsigned n)
{
    for (unsigned i = block; i < block + n; i++)
        if (busy[i])
            return false;
    return true;
}

/* Requests in work touch nothing in common: then a read has one answer. */
static bool put_random(struct bf_ring *r, unsigned q, unsigned slot)
{
    struct op *o = &ops[q][slot];
    unsigned n = 1 + rnd(7), block = rnd(BLOCKS - n), kind = rnd(16);
    struct bf_req req = {.op = BLKIF_OP_FLUSH_DISKCACHE};

    *o = (struct op){.used = true, .block = block, .n = n};
    if (kind == 0) {
        o->n = 0;
    } else if (!all_idle(block, n)) {
        o->used = false;
        return false;
    } else {
        o->write = kind < 10;
        req = bf_rw(!o->write   ? BLKIF_OP_READ
                    : kind == 1 ? BLKIF_OP_WRITE_BARRIER
                                : BLKIF_OP_WRITE,
                    block * 8, page_of(q, slot), n);
        o->seed = rnd_state | 1;
    }
    for (unsigned i = 0; i < o->n; i++) {
        busy[block + i] = true;
        fill(fake_page(f.x, page_of(q, slot) + i), o->write ? o->seed + i : 7);
    }
    req.id = slot;
    bf_put(r, &req);
    return true;
}

static void fill_ring(unsigned q)
{
    bool any = false;

    for (unsigned slot = 0; slot < DEPTH; slot++)
        if (!ops[q][slot].used)
            any |= put_random(&f.ring[q], q, slot);
    if (any)
        bf_push(&f.ring[q]);
}

static void answered(unsigned q, const struct blkif_response *rsp)
{
    struct op *o = &ops[q][rsp->id % DEPTH];

    ck_assert_uint_lt(rsp->id, DEPTH);
    ck_assert_msg(o->used, "request %u was answered twice", (unsigned)rsp->id);
    ck_assert_int_eq(rsp->status, BLKIF_RSP_OKAY);
    for (unsigned i = 0; i < o->n; i++) {
        if (o->write)
            model[o->block + i] = o->seed + i;
        else
            check_page(fake_page(f.x, page_of(q, (unsigned)rsp->id) + i),
                       o->block + i);
        busy[o->block + i] = false;
    }
    done_reads += o->n && !o->write;
    o->used = false;
    answers++;
}

static bool get_all(unsigned q)
{
    struct bf_ring *r = &f.ring[q];
    bool any = false;

    atomic_store(&r->head->rsp_event, r->cons + 1);
    while (atomic_load(&r->head->rsp_prod) != r->cons) {
        struct blkif_response rsp = bf_get(r);

        answered(q, &rsp);
        atomic_store(&r->head->rsp_event, r->cons + 1);
        any = true;
    }
    return any;
}

static bool idle(void)
{
    for (unsigned q = 0; q < f.queues; q++)
        for (unsigned slot = 0; slot < DEPTH; slot++)
            if (ops[q][slot].used)
                return false;
    return true;
}

/* Goes on until n more are answered, or the backend is dead. Waits for events
 * as a driver does: one that is lost is lost. */
static void drive_it(unsigned n, bool more)
{
    unsigned until = answers + n, deaf = 0;

    while (answers < until && !(!more && idle())) {
        bool any = false;

        for (unsigned q = 0; q < f.queues; q++) {
            if (fake_wait(f.x, f.ring[q].port, 0))
                any |= get_all(q);
            if (more)
                fill_ring(q);
        }
        if (any) {
            deaf = 0;
            continue;
        }
        if (reap(WNOHANG))
            return;
        usleep(DEAF_MS * 100);
        ck_assert_msg(++deaf < STUCK_MS * 10 / DEAF_MS,
                      "no answer, after %u kills", kills);
    }
}

static void connected(unsigned queues, unsigned order, const char *persistent)
{
    bf_set_front(&f, "feature-persistent", persistent);
    bf_offer(&f, NULL, queues, order);
    fake_xs_set(f.x, "4", BF_BACK "/state");
    fake_xs_set(f.x, "4", BF_FRONT "/state");
}

static void settle(void)
{
    uint8_t page[XENIF_PAGE];
    int fd;

    if (!child)
        spawn(0);
    drive_it(UINT32_MAX / 2, false);
    kill_it();
    fd = open(image, O_RDONLY);
    for (unsigned i = 0; i < BLOCKS; i++) {
        ck_assert_int_eq(pread(fd, page, sizeof(page), i * XENIF_PAGE),
                         XENIF_PAGE);
        check_page(page, i);
    }
    close(fd);
}

static void setup(void)
{
    int fd;

    snprintf(image, sizeof(image), "test-again-%d.img", getpid());
    snprintf(journal, sizeof(journal), "test-again-%d.in-work", getpid());
    /* Some are slow: answers come out of order. */
    snprintf(drive, sizeof(drive),
             "if=none,id=d0,file=%s,format=fault,inner=raw,discard=unmap,"
             "locking=wait,"
             "rule=any:sectors=0-511:delay=400000,"
             "rule=any:sectors=2048-2303:delay=2000000",
             image);
    fd = open(image, O_CREAT | O_TRUNC | O_RDWR, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, BLOCKS * XENIF_PAGE), 0);
    close(fd);
    front_vm.loop = loop_new(NULL);
    f = (struct bf){.vm = &front_vm, .x = fake_xenif_new(front_vm.loop)};
    bf_folders(f.x);
    fake_grant(f.x, BF_DATA, BF_QUEUES * DEPTH * 8, false);
    rnd_state = 20240229;
    memset(ops, 0, sizeof(ops));
    memset(model, 0, sizeof(model));
    memset(busy, 0, sizeof(busy));
    kills = answers = done_reads = 0;
}

static void teardown(void)
{
    char path[80];

    fake_xenif_free(f.x);
    loop_free(front_vm.loop);
    unlink(image);
    for (unsigned q = 0; q < BF_QUEUES; q++) {
        snprintf(path, sizeof(path), "%s.%u", journal, q);
        unlink(path);
    }
}

/* Killed at its first call, its second, ... */
static void at_each_call(unsigned from, unsigned to)
{
    for (unsigned n = from; n < to; n++) {
        if (child)
            kill_it();
        spawn(n);
        drive_it(300, true);
    }
    settle();
    ck_assert_uint_gt(done_reads, 0);
}

START_TEST(killed_at_each_call)
{
    connected(1, 0, "0");
    at_each_call(1, 70);
}
END_TEST

START_TEST(killed_at_each_call_persistent)
{
    connected(2, 1, "1");
    at_each_call(10, 70);
}
END_TEST

/* Killed at any instruction. */
START_TEST(killed_at_random)
{
    connected(2, 0, "0");
    for (unsigned i = 0; i < 120; i++) {
        spawn(0);
        drive_it(1 + rnd(200), true);
        for (volatile unsigned spin = rnd(20000); spin; spin--)
            ;
        if (child)
            kill_it();
    }
    settle();
    ck_assert_uint_gt(answers, 1000);
}
END_TEST

static void put_write(uint64_t id, uint8_t op, unsigned block)
{
    struct bf_req req = bf_rw(op, block * 8, BF_DATA + (unsigned)id, 1);

    req.id = id;
    bf_put(&f.ring[0], &req);
}

/* What waited for a barrier still does. */
START_TEST(order_of_barriers)
{
    snprintf(drive, sizeof(drive),
             "if=none,id=d0,file=%s,format=fault,inner=raw,locking=wait,"
             "rule=any:sectors=0-7:delay=300000000",
             image);
    connected(1, 0, "0");
    spawn(0);
    put_write(1, BLKIF_OP_WRITE, 0); /* slow */
    put_write(2, BLKIF_OP_WRITE, 9);
    put_write(3, BLKIF_OP_WRITE_BARRIER, 1);
    put_write(4, BLKIF_OP_WRITE, 2);
    bf_push(&f.ring[0]);
    ck_assert_uint_eq(bf_get(&f.ring[0]).id, 2);
    kill_it();
    spawn(0);
    for (unsigned id = 1; id <= 4; id++)
        if (id != 2)
            ck_assert_uint_eq(bf_get(&f.ring[0]).id, id);
    kill_it();
}
END_TEST

/* A journal of other rings is not believed. */
START_TEST(another_journal)
{
    char path[80];
    int fd, status;

    connected(1, 0, "0");
    snprintf(path, sizeof(path), "%s.0", journal);
    fd = open(path, O_CREAT | O_RDWR, 0600);
    ck_assert_int_eq(write(fd, "blkjnl01", 8), 8);
    close(fd);
    fake_xs_set(f.x, "3", BF_FRONT "/state");
    spawn(0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        killed_at_each_call, killed_at_each_call_persistent,
        killed_at_random,    order_of_barriers,
        another_journal,     NULL,
    };

    return run_suite("blkif-again", setup, teardown, tests);
}
