/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dm/block/blk-priv.h"
#include "dm/block/range-lock.h"
#include "dm/machine.h"
#include "dm/options.h"
#include "dm/worker.h"
#include "tests/lib/suite.h"

/* A machine that is nothing but a loop. */
static struct vm vm;
static char dir[64];

static void on_request(void *opaque)
{
}

static void setup_in(const char *where)
{
    vm.loop = loop_new(NULL);
    vm.request_task.fn = on_request;
    snprintf(dir, sizeof(dir), "%s/test-blk-XXXXXX", where);
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void setup(void)
{
    setup_in(getenv("TMPDIR"));
}

static void teardown(void)
{
    char cmd[100];

    blk_close_all(&vm);
    loop_free(vm.loop);
    snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
    ck_assert_int_eq(system(cmd), 0);
}

static const char *image(const char *name, uint64_t size)
{
    static char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, size), 0);
    close(fd);
    return path;
}

static int try_open(const char *text, struct blk **blk, struct cfg_err *err)
{
    struct opts *o;
    int rc;

    err->text[0] = 0;
    ck_assert_int_eq(opts_parse(text, "file", &o, err), 0);
    rc = blk_open(&vm, o, blk, err);
    opts_free(o);
    return rc;
}

static struct blk *open_ok(const char *path, const char *more)
{
    struct cfg_err err;
    struct blk *blk;
    char text[300];

    snprintf(text, sizeof(text), "%s%s%s", path, *path ? "," : "", more);
    ck_assert_msg(!try_open(text, &blk, &err), "%s: %s", text, err.text);
    return blk;
}

static void open_bad(const char *path, const char *more, int rc,
                     const char *says)
{
    struct blk *blk = (void *)1;
    struct cfg_err err;
    char text[300];

    snprintf(text, sizeof(text), "%s%sid=bad,%s", path, *path ? "," : "", more);
    ck_assert_int_eq(try_open(text, &blk, &err), rc);
    ck_assert_ptr_null(blk);
    ck_assert_msg(strstr(err.text, says) && !strchr(err.text, '\n'),
                  "'%s' does not say '%s'", err.text, says);
    ck_assert_ptr_null(blk_find(&vm, "bad"));
}

/* One request at a time. */

struct one {
    struct blk_req req;
    bool done;
    int rc;
};

static void one_done(struct blk_req *req, int rc)
{
    struct one *o = (struct one *)req;

    ck_assert(!o->done);
    o->done = true;
    o->rc = rc;
}

static int run(struct blk_queue *q, enum blk_op op, unsigned flags,
               uint64_t off, void *buf, uint64_t len)
{
    struct iovec iov = {buf, len};
    struct one o = {
        .req = {.op = op,
                .flags = flags,
                .off = off,
                .len = len,
                .iov = buf ? &iov : NULL,
                .iovcnt = buf ? 1 : 0,
                .done = one_done},
    };

    blk_submit(q, &o.req);
    ck_assert(!o.done); /* never from within */
    while (!o.done)
        loop_once(q->loop, -1);
    return o.rc;
}

START_TEST(test_bad_options)
{
    char path[128];

    strcpy(path, image("disk", 4096));
    open_bad("/nonexistent/disk", "", -ENOENT, "No such file");
    open_bad(dir, "", -EISDIR, "is a directory, expected");
    open_bad("/dev/null", "", -EINVAL, "is a character device");
    open_bad(image("empty", 0), "", -EINVAL, "is empty");
    open_bad(path, "format=qcow9", -EINVAL,
             "known: raw, qcow2, null-co, fault");
    open_bad(path, "cache=some", -EINVAL, "directsync");
    open_bad(path, "discard=maybe", -EINVAL, "unmap");
    open_bad(path, "werror=maybe", -EINVAL, "enospc");
    open_bad(path, "rerror=enospc", -EINVAL, "ignore");
    open_bad(path, "locking=maybe", -EINVAL, "auto");
    open_bad(path, "aio=posix", -EINVAL, "io_uring");
    open_bad(path, "detect-zeroes=on", -EINVAL, "off");
    open_bad(path, "bogus=1", -EINVAL, "'bogus'");
    open_bad(path, "readonly=perhaps", -EINVAL, "readonly");
    open_bad(path, "align=513", -EINVAL, "power of two");
    open_bad("", "format=raw", -EINVAL, "file=");
    open_bad("", "format=null-co,size=1000", -EINVAL, "512");
    open_bad(path, "format=fault,rule=write:errno=0", -EINVAL, "rule=");
    open_bad(path, "format=fault,rule=scribble", -EINVAL, "rule=");
    open_bad(path, "format=fault,drive=none", -ENOENT, "none");
    strcat(strcpy(path, dir), "/fifo");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    open_bad(path, "", -EINVAL, "FIFO");
    open_ok(image("disk", 4096), "id=twice");
    open_bad(image("other", 4096), "id=twice", -EEXIST, "twice");
}
END_TEST

/* XSA-258 (CVE-2018-10472): an image is what the user said, whatever the guest
 * writes to its beginning. */
START_TEST(test_no_probing)
{
    static const uint8_t qcow2[] = {'Q', 'F', 'I', 0xfb, 0, 0,   0, 3, 0, 0,
                                    0,   0,   0,   0,    0, 'h', 0, 0, 0, 11};
    static const char backing[] = "/etc/passwd";
    const char *path = image("disk", 4096);
    struct blk_queue *q;
    char head[512] = "";
    struct blk *blk;

    memcpy(head, qcow2, sizeof(qcow2));
    memcpy(head + 'h', backing, sizeof(backing));
    blk = open_ok(path, "id=a");
    q = blk_queue_new(blk, vm.loop, 1);
    ck_assert_int_eq(run(q, BLK_WRITE, 0, 0, head, 512), 0);
    blk_queue_free(q);
    blk_close(blk);

    blk = open_ok(path, "id=a");
    ck_assert_str_eq(blk->format, "raw");
    ck_assert_uint_eq(blk->size, 4096);
    q = blk_queue_new(blk, vm.loop, 1);
    memset(head, 0, sizeof(head));
    ck_assert_int_eq(run(q, BLK_READ, 0, 0, head, 512), 0);
    ck_assert_mem_eq(head, qcow2, sizeof(qcow2));
    blk_queue_free(q);
}
END_TEST

START_TEST(test_locking)
{
    static const struct {
        const char *first, *second;
        int rc;
    } cases[] = {
        {"id=a", "x=", -EAGAIN},
        {"id=a", "readonly=on", -EAGAIN},
        {"id=a,readonly=on", "x=", -EAGAIN},
        {"id=a,readonly=on", "id=b,readonly=on", 0},
        {"id=a,locking=off", "id=b", 0},
        {"id=a", "id=b,locking=off", 0},
        {"id=a,readonly=on", "readonly=off,locking=on", -EAGAIN},
    };
    const char *path = image("disk", 4096);
    struct cfg_err err;
    struct blk *a;

    a = open_ok(path, cases[_i].first);
    if (cases[_i].rc) {
        open_bad(path, cases[_i].second[0] == 'x' ? "" : cases[_i].second,
                 cases[_i].rc, "locked");
        blk_close(a);
        a = open_ok(path, "id=c"); /* the lock went with it */
    } else {
        open_ok(path, cases[_i].second);
    }
    ck_assert_int_eq(blk_claim(a, "disk0", &err), 0);
    ck_assert_int_eq(blk_claim(a, "disk1", &err), -EBUSY);
    ck_assert_ptr_nonnull(strstr(err.text, "disk0"));
    blk_release(a);
    ck_assert_int_eq(blk_claim(a, "disk1", &err), 0);
}
END_TEST

START_TEST(test_bounds)
{
    struct blk *blk = open_ok(image("disk", 8192), "id=a,discard=unmap");
    struct blk *ro = open_ok(image("ro", 8192), "id=b,readonly=on");
    struct blk_queue *q = blk_queue_new(blk, vm.loop, 4);
    struct blk_queue *r = blk_queue_new(ro, vm.loop, 4);
    static char buf[16384];
    const uint64_t huge = UINT64_MAX & ~UINT64_C(511);

    ck_assert_uint_eq(atomic_load(&blk->size), 8192);
    for (int op = BLK_READ; op < BLK_OPS; op++) {
        if (op == BLK_FLUSH)
            continue;
        ck_assert_int_eq(run(q, op, 0, 8192, buf, 512), -EINVAL);
        ck_assert_int_eq(run(q, op, 0, 7680, buf, 1024), -EINVAL);
        ck_assert_int_eq(run(q, op, 0, huge, buf, 1024), -EINVAL);
        ck_assert_int_eq(run(q, op, 0, 512, NULL, huge), -EINVAL);
        ck_assert_int_eq(run(q, op, 0, 1, buf, 512), -EINVAL);
        ck_assert_int_eq(run(q, op, 0, 0, buf, 511), -EINVAL);
        ck_assert_int_eq(run(q, op, 0, 0, buf, 8192), 0);
        ck_assert_int_eq(run(q, op, 0, 8192, buf, 0), 0);
        /* CVE-2013-2140: every kind of write, on every read-only disk */
        ck_assert_int_eq(run(r, op, BLK_REQ_UNMAP, 0, buf, 512),
                         op == BLK_READ ? 0 : -EROFS);
    }
    ck_assert_int_eq(run(q, BLK_OPS, 0, 0, buf, 512), -EINVAL);
    ck_assert_int_eq(run(q, BLK_FLUSH, 0, 0, NULL, 0), 0);
    ck_assert_int_eq(run(r, BLK_FLUSH, 0, 0, NULL, 0), 0);
    ck_assert_uint_eq(atomic_load(&blk->stats.ops[BLK_READ]), 2);
    ck_assert_uint_eq(atomic_load(&blk->stats.bytes[BLK_READ]), 8192);
    ck_assert_uint_eq(atomic_load(&blk->stats.failed[BLK_READ]), 6);
    ck_assert_uint_eq(atomic_load(&blk->stats.ops[BLK_FLUSH]), 1);
    blk_queue_free(q);
    blk_queue_free(r);
}
END_TEST

/*
 * Many requests at random, checked against a copy in memory. Those in flight
 * do not overlap, but share the blocks of the host's disk.
 */
#define SLOTS 24
#define MAX_LEN (600 * 1024)
#define MAX_PIECES 8

struct slot {
    struct blk_req req;
    struct iovec iov[MAX_PIECES];
    char *buf;
    bool busy;
    struct oracle *oracle;
};

struct oracle {
    struct blk_queue *q;
    char *copy;
    uint64_t first, sectors; /* the part of the image that is ours */
    unsigned stride, phase;  /* ... or of it, every stride-th sector */
    unsigned seed, left, busy;
    struct slot slots[SLOTS];
    int failures;
};

static unsigned o_rnd(struct oracle *o, unsigned n)
{
    return rand_r(&o->seed) % n;
}

static void slot_done(struct blk_req *req, int rc)
{
    struct slot *s = (struct slot *)req;
    struct oracle *o = s->oracle;
    char *at = s->buf;

    o->failures += rc != 0;
    for (int i = 0; req->op == BLK_READ && i < req->iovcnt; i++) {
        uint64_t done = at - s->buf;

        o->failures += memcmp(req->iov[i].iov_base, o->copy + req->off + done,
                              req->iov[i].iov_len) != 0;
        at += req->iov[i].iov_len;
    }
    s->busy = false;
    o->busy--;
}

static bool overlaps(struct oracle *o, uint64_t off, uint64_t len)
{
    for (int i = 0; i < SLOTS; i++) {
        const struct blk_req *r = &o->slots[i].req;

        if (o->slots[i].busy && r->op != BLK_FLUSH && off < r->off + r->len &&
            r->off < off + len)
            return true;
    }
    return false;
}

/* Cuts the slot's buffer into pieces, some of them at odd addresses. */
static void cut(struct oracle *o, struct slot *s, uint64_t len)
{
    unsigned shift = o_rnd(o, 2) ? 0 : o_rnd(o, 64) * 8 + 1;
    char *at = s->buf + shift;
    int n = 0;

    while (len) {
        uint64_t piece = len;

        if (n < MAX_PIECES - 1 && o_rnd(o, 2))
            piece = o_rnd(o, 3) ? (o_rnd(o, len / 512 + 1) + 1) * 512
                                : o_rnd(o, len) + 1;
        if (piece > len)
            piece = len;
        s->iov[n].iov_base = at;
        s->iov[n++].iov_len = piece;
        at += piece;
        len -= piece;
    }
    s->req.iov = s->iov;
    s->req.iovcnt = n;
}

static void fill(struct oracle *o, struct slot *s)
{
    uint64_t at = s->req.off;

    for (int i = 0; i < s->req.iovcnt; i++) {
        char *p = s->iov[i].iov_base;

        for (size_t k = 0; k < s->iov[i].iov_len; k += 64) {
            size_t n = s->iov[i].iov_len - k;

            memset(p + k, o_rnd(o, 256), n < 64 ? n : 64);
        }
        memcpy(o->copy + at, p, s->iov[i].iov_len);
        at += s->iov[i].iov_len;
    }
}

static void submit_random(struct oracle *o, struct slot *s)
{
    static const enum blk_op ops[] = {BLK_READ,  BLK_READ,    BLK_READ,
                                      BLK_WRITE, BLK_WRITE,   BLK_WRITE,
                                      BLK_FLUSH, BLK_DISCARD, BLK_WRITE_ZEROES};
    struct blk_req *req = &s->req;
    uint64_t max = o_rnd(o, 8) ? 32 : MAX_LEN / 512;
    uint64_t sector, n;

    memset(req, 0, sizeof(*req));
    req->op = ops[o_rnd(o, sizeof(ops) / sizeof(ops[0]))];
    req->flags = o_rnd(o, 4); /* any of UNMAP and FUA */
    req->done = slot_done;
    if (req->op != BLK_FLUSH) {
        n = o->stride > 1 ? 1 : o_rnd(o, max) + 1;
        sector = o_rnd(o, o->sectors);
        if (o->stride > 1)
            sector = sector / o->stride * o->stride + o->phase;
        if (n > o->sectors - sector)
            n = o->sectors - sector;
        req->off = (o->first + sector) * 512;
        req->len = n * 512;
        if (overlaps(o, req->off, req->len))
            return;
    }
    if (req->op == BLK_READ || req->op == BLK_WRITE)
        cut(o, s, req->len);
    if (req->op == BLK_WRITE)
        fill(o, s);
    /* on a file, discard makes a hole */
    if (req->op == BLK_DISCARD || req->op == BLK_WRITE_ZEROES)
        memset(o->copy + req->off, 0, req->len);
    s->oracle = o;
    s->busy = true;
    o->busy++;
    o->left--;
    blk_submit(o->q, req);
}

static void oracle_run(struct oracle *o)
{
    for (int i = 0; i < SLOTS; i++)
        ck_assert(
            !posix_memalign((void **)&o->slots[i].buf, 4096, MAX_LEN + 4096));
    while (o->left) {
        if (o_rnd(o, 3) == 0)
            blk_plug(o->q);
        for (int i = 0; i < SLOTS && o->left; i++) {
            if (!o->slots[i].busy && o_rnd(o, 2))
                submit_random(o, &o->slots[i]);
        }
        if (o->q->plugged)
            blk_unplug(o->q);
        if (o_rnd(o, 50) == 0)
            blk_drain(o->q);
        else if (o->busy)
            loop_once(o->q->loop, -1);
    }
    blk_drain(o->q);
    o->failures += o->busy;
    for (int i = 0; i < SLOTS; i++)
        free(o->slots[i].buf);
}

static const struct {
    const char *where, *opts;
    uint64_t size;
} oracle_cases[] = {
    {"/tmp", "discard=unmap", 4 << 20},
    {"/tmp", "discard=unmap", (4 << 20) + 100},
    {"/tmp", "discard=unmap,cache=none", 4 << 20},
    {"/tmp", "discard=unmap,cache=none", (4 << 20) + 100},
    {"/tmp", "discard=unmap,cache=none,align=4096", 4 << 20},
    {"/tmp", "discard=unmap,cache=none,align=4096", (4 << 20) - 3000},
    {"/tmp", "discard=unmap,cache=directsync", 4 << 20},
    {"/tmp", "discard=unmap,cache=writethrough", 4 << 20},
    {"/tmp", "discard=unmap,cache=unsafe,aio=threads", 4 << 20},
    {"/tmp", "discard=unmap,cache=none,aio=threads", 4 << 20},
    {"/tmp", "discard=unmap,cache=none,aio=threads,align=4096", 4 << 20},
    {"/tmp", "discard=unmap,format=fault", 4 << 20},
    {"/tmp", "discard=unmap,format=fault,rule=any:delay=100000", 4 << 20},
    {"/dev/shm", "discard=unmap,cache=none", (4 << 20) + 700},
};

/* What the image holds in the end, read past everything of ours. */
static void check_file(const char *path, const char *copy, uint64_t size)
{
    char *buf = malloc(size);
    int fd = open(path, O_RDONLY);

    memset(buf, 0, size);
    ck_assert_int_gt(pread(fd, buf, size, 0), 0);
    ck_assert_mem_eq(buf, copy, size);
    close(fd);
    free(buf);
}

START_TEST(test_oracle)
{
    static struct oracle o;
    char more[200], path[128];
    struct blk *blk;
    uint64_t size;

    memset(&o, 0, sizeof(o));
    snprintf(more, sizeof(more), "id=a,%s", oracle_cases[_i].opts);
    strcpy(path, image("disk", oracle_cases[_i].size));
    if (strcmp(oracle_cases[_i].where, "/tmp")) {
        teardown();
        setup_in(oracle_cases[_i].where);
        strcpy(path, image("disk", oracle_cases[_i].size));
    }
    blk = open_ok(path, more);
    size = atomic_load(&blk->size);
    ck_assert_uint_eq(size, (oracle_cases[_i].size + 511) / 512 * 512);
    o.copy = calloc(1, size);
    o.sectors = size / 512;
    o.seed = 1000 + _i;
    o.left = 600;
    o.q = blk_queue_new(blk, vm.loop, 16);
    oracle_run(&o);
    ck_assert_int_eq(o.failures, 0);
    blk_queue_free(o.q);
    blk_close(blk);
    check_file(path, o.copy, size);
    free(o.copy);
}
END_TEST

/* Four threads write sectors of the same blocks of a "4K" disk. */
struct party {
    struct worker worker;
    struct oracle oracle;
    struct loop_task task;
    struct blk *blk;
    sem_t done;
};

static void party_start(void *opaque)
{
    struct party *p = opaque;

    p->oracle.q = blk_queue_new(p->blk, p->worker.loop, 8);
}

static void party_run(void *opaque)
{
    struct party *p = opaque;

    oracle_run(&p->oracle);
    sem_post(&p->done);
}

static void party_end(void *opaque)
{
    struct party *p = opaque;

    blk_queue_free(p->oracle.q);
}

START_TEST(test_many_queues)
{
    static struct party party[4];
    const uint64_t size = 256 * 1024;
    char path[128];
    struct blk *blk;
    char *copy;

    strcpy(path, image("disk", size));
    blk = open_ok(path, "id=a,cache=none,align=4096,discard=unmap");
    copy = calloc(1, size);
    for (unsigned i = 0; i < 4; i++) {
        struct party *p = &party[i];

        p->blk = blk;
        p->oracle.copy = copy;
        p->oracle.sectors = size / 512;
        p->oracle.stride = 4;
        p->oracle.phase = i;
        p->oracle.seed = i;
        p->oracle.left = 400;
        ck_assert_int_eq(worker_start(&p->worker, "party"), 0);
        worker_call(&p->worker, party_start, p);
        sem_init(&p->done, 0, 0);
        p->task.fn = party_run;
        p->task.opaque = p;
        loop_post(p->worker.loop, &p->task);
    }
    for (unsigned i = 0; i < 4; i++) {
        while (sem_wait(&party[i].done) < 0)
            ;
        worker_call(&party[i].worker, party_end, &party[i]);
        worker_stop(&party[i].worker);
        ck_assert_int_eq(party[i].oracle.failures, 0);
    }
    check_file(path, copy, size);
    free(copy);
}
END_TEST

START_TEST(test_depth)
{
    struct blk *blk = open_ok("", _i ? "id=a,format=null-co,read-zeroes=on"
                                     : "id=a,format=null-co");
    struct blk_queue *q = blk_queue_new(blk, vm.loop, 4);
    static char buf[512];
    struct iovec iov = {buf, 512};
    static struct one many[1000];

    memset(many, 0, sizeof(many));
    memset(buf, 1, sizeof(buf));
    for (int i = 0; i < 1000; i++) {
        many[i].req = (struct blk_req){
            .len = 512, .iov = &iov, .iovcnt = 1, .done = one_done};
        blk_submit(q, &many[i].req);
        ck_assert_uint_le(q->in_flight, 4);
    }
    if (_i)
        blk_drain(q);
    while (!many[999].done)
        loop_once(vm.loop, -1);
    for (int i = 0; i < 1000; i++)
        ck_assert(many[i].done && !many[i].rc);
    ck_assert_int_eq(buf[511], _i ? 0 : 1);
    ck_assert_uint_eq(q->in_flight, 0);
    blk_queue_free(q);
}
END_TEST

/* A write that the file system cuts short goes on, and tells why it fails. */
START_TEST(test_short_write)
{
    struct rlimit limit = {64 * 1024 + 512, 64 * 1024 + 512};
    static char buf[128 * 1024];
    struct blk_queue *q;
    struct blk *blk;
    char path[128];
    struct stat st;
    int fd;

    strcpy(path, image("disk", 256 * 1024));
    blk = open_ok(path, _i ? "id=a,aio=threads" : "id=a");
    q = blk_queue_new(blk, vm.loop, 4);
    memset(buf, 0x5a, sizeof(buf));
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(run(q, BLK_WRITE, 0, 0, buf, sizeof(buf)), -EFBIG);
    ck_assert_uint_eq(atomic_load(&blk->stats.failed[BLK_WRITE]), 1);
    fd = open(path, O_RDONLY);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(pread(fd, buf, 1024, 64 * 1024), 1024);
    ck_assert_int_eq(buf[511], 0x5a);
    ck_assert_int_eq(buf[512], 0);
    close(fd);
    blk_queue_free(q);
}
END_TEST

START_TEST(test_no_uring)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog prog = {sizeof(code) / sizeof(code[0]), code};
    struct blk_queue *q;
    static char buf[4096], back[4096];
    struct blk *blk;

    blk = open_ok(image("disk", 1 << 20), "id=a");
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
    q = blk_queue_new(blk, vm.loop, 4);
    ck_assert_ptr_nonnull(q);
    memset(buf, 7, sizeof(buf));
    ck_assert_int_eq(run(q, BLK_WRITE, BLK_REQ_FUA, 8192, buf, 4096), 0);
    ck_assert_int_eq(run(q, BLK_READ, 0, 8192, back, 4096), 0);
    ck_assert_mem_eq(buf, back, 4096);
    ck_assert_int_eq(run(q, BLK_FLUSH, 0, 0, NULL, 0), 0);
    blk_queue_free(q);
}
END_TEST

START_TEST(test_fault)
{
    struct blk *inner = open_ok(image("disk", 64 * 1024), "id=in");
    struct blk *blk;
    struct blk_queue *q;
    static char buf[4096], back[4096];
    char text[] = "id=f,format=fault,drive=in,rule=read:nth=3:errno=EIO,"
                  "rule=write:sectors=8-15:errno=ENOSPC:torn=1024,"
                  "rule=flush:nth=2:count=2:errno=5:delay=1000";

    blk = open_ok("", text + 0);
    open_bad("", "format=fault,drive=in", -EBUSY, "in use");
    q = blk_queue_new(blk, vm.loop, 8);
    for (int i = 1; i <= 5; i++) {
        ck_assert_int_eq(run(q, BLK_READ, 0, 0, buf, 512), i == 3 ? -EIO : 0);
        ck_assert_int_eq(run(q, BLK_FLUSH, 0, 0, NULL, 0),
                         i == 2 || i == 3 ? -EIO : 0);
    }
    memset(buf, 9, sizeof(buf));
    ck_assert_int_eq(run(q, BLK_WRITE, 0, 16 * 512, buf, 512), 0);
    ck_assert_int_eq(run(q, BLK_WRITE, 0, 7 * 512, buf, 512), 0);
    /* torn: the first two sectors are there, the rest is not */
    ck_assert_int_eq(run(q, BLK_WRITE, 0, 8 * 512, buf, 4096), -ENOSPC);
    ck_assert_int_eq(run(q, BLK_READ, 0, 8 * 512, back, 4096), 0);
    ck_assert_mem_eq(back, buf, 1024);
    ck_assert_int_eq(back[1024], 0);
    blk_queue_free(q);
    blk_close(blk);
    ck_assert_ptr_null(inner->user);

    /* what the guest is to be told */
    ck_assert_int_eq(blk_error_action(inner, "d", false, -EIO), BLK_REPORT);
    ck_assert_int_eq(blk_error_action(inner, "d", true, -EIO), BLK_REPORT);
    ck_assert_uint_eq(atomic_load(&vm.requests), 0);
    ck_assert_int_eq(blk_error_action(inner, "d", true, -ENOSPC), BLK_STOP);
    ck_assert_uint_eq(atomic_load(&vm.requests), VM_REQ_IO_ERROR);
    blk_close(inner);
    inner = open_ok(image("disk", 4096), "id=in,rerror=stop,werror=ignore");
    ck_assert_int_eq(blk_error_action(inner, "d", false, -EIO), BLK_STOP);
    ck_assert_int_eq(blk_error_action(inner, "d", true, -ENOSPC), BLK_IGNORE);
}
END_TEST

static void count_resize(void *opaque)
{
    ++*(unsigned *)opaque;
}

START_TEST(test_resize)
{
    struct blk *blk = open_ok(image("disk", 4096), "id=a");
    struct blk *ro = open_ok(image("ro", 4096), "id=b,readonly=on");
    struct blk_queue *q = blk_queue_new(blk, vm.loop, 1);
    unsigned resized = 0;
    struct cfg_err err;
    char buf[512];

    blk->resized = count_resize;
    blk->resized_opaque = &resized;
    ck_assert_int_eq(run(q, BLK_READ, 0, 4096, buf, 512), -EINVAL);
    ck_assert_int_eq(blk_resize(blk, 8192, &err), 0);
    ck_assert_uint_eq(resized, 1);
    ck_assert_int_eq(run(q, BLK_READ, 0, 4096, buf, 512), 0);
    ck_assert_int_eq(blk_resize(blk, 1000, &err), -EINVAL);
    ck_assert_int_eq(blk_resize(blk, 0, &err), -EINVAL);
    ck_assert_int_eq(blk_resize(ro, 8192, &err), -EROFS);
    ck_assert_uint_eq(resized, 1);
    blk_queue_free(q);
}
END_TEST

/* The range lock, one step at a time. */
static unsigned granted;

static void on_granted(struct range *r)
{
    granted |= 1u << r->start;
}

START_TEST(test_range_lock)
{
    struct range_lock l = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    struct range a = {.start = 1, .end = 4, .granted = on_granted};
    struct range b = {.start = 2, .end = 5, .granted = on_granted};
    struct range x = {3, 4, true, false, NULL, on_granted};
    struct range y = {0, 9, true, false, NULL, on_granted};
    struct range c = {.start = 7, .end = 8, .granted = on_granted};

    ck_assert(range_lock(&l, &a));
    ck_assert(range_lock(&l, &b)); /* sharing is the guest's affair */
    ck_assert(!range_lock(&l, &x));
    ck_assert(!range_lock(&l, &y));
    ck_assert(!range_lock(&l, &c)); /* in turn: after y */
    range_unlock(&l, &a);
    ck_assert_uint_eq(granted, 0);
    range_unlock(&l, &b);
    ck_assert_uint_eq(granted, 1 << 3);
    range_unlock(&l, &x);
    ck_assert_uint_eq(granted, 1 << 3 | 1 << 0);
    range_unlock(&l, &y);
    ck_assert_uint_eq(granted, 1 << 3 | 1 << 0 | 1 << 7);
    range_unlock(&l, &c);
    ck_assert_ptr_null(l.first);
}
END_TEST

int main(void)
{
    const int oracles = sizeof(oracle_cases) / sizeof(oracle_cases[0]);
    Suite *s = suite_create("blk");
    TCase *tc = tcase_create("blk");

    tcase_set_timeout(tc, SUITE_TIMEOUT);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_bad_options);
    tcase_add_test(tc, test_no_probing);
    tcase_add_loop_test(tc, test_locking, 0, 7);
    tcase_add_test(tc, test_bounds);
    tcase_add_loop_test(tc, test_oracle, 0, oracles);
    tcase_add_test(tc, test_many_queues);
    tcase_add_loop_test(tc, test_depth, 0, 2);
    tcase_add_loop_test(tc, test_short_write, 0, 2);
    tcase_add_test(tc, test_no_uring);
    tcase_add_test(tc, test_fault);
    tcase_add_test(tc, test_resize);
    tcase_add_test(tc, test_range_lock);
    suite_add_tcase(s, tc);
    return run_cases(s);
}
