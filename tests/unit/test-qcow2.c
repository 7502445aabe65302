/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dm/block/qcow2-priv.h"
#include "dm/machine.h"
#include "dm/options.h"
#include "dm/worker.h"

#define DISK (2u << 20)

/* A machine that is nothing but a loop. */
static struct vm vm;
static char dir[64];
static uint8_t model[DISK], buf[DISK];
static uint64_t rng;

static void on_request(void *opaque)
{
}

static void setup(void)
{
    vm.loop = loop_new(NULL);
    vm.request_task.fn = on_request;
    strcpy(dir, "/tmp/test-qcow2-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    log_set_level(LOG_ERR);
    rng = 1;
    memset(model, 0, sizeof(model));
}

static int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int sh(const char *fmt, ...)
{
    char text[800], cmd[1000];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    snprintf(cmd, sizeof(cmd), "cd %s && { %s; } >log 2>&1 </dev/null", dir,
             text);
    return system(cmd);
}

static void teardown(void)
{
    blk_close_all(&vm);
    loop_free(vm.loop);
    ck_assert_int_eq(sh("rm -rf %s", dir), 0);
}

static bool have_qemu_img(void)
{
    static bool told;

    if (!system("qemu-img --version >/dev/null 2>&1"))
        return true;
    if (!told)
        fprintf(stderr, "skipped: what needs qemu-img (install the Debian "
                        "package qemu-utils)\n");
    told = true;
    return false;
}

static uint64_t rnd(uint64_t below)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return rng % below;
}

static const char *path(const char *name)
{
    static char p[2][128];
    static int i;

    i = !i;
    snprintf(p[i], sizeof(p[i]), "%s/%s", dir, name);
    return p[i];
}

static struct qcow2_create plain(unsigned cluster_bits)
{
    return (struct qcow2_create){.size = DISK,
                                 .version = 3,
                                 .cluster_bits = cluster_bits,
                                 .refcount_order = 4};
}

static void create(const char *name, struct qcow2_create c)
{
    int fd = open(path(name), O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct cfg_err err;

    ck_assert_int_ge(fd, 0);
    ck_assert_msg(!qcow2_create(fd, &c, &err), "%s", err.text);
    close(fd);
}

static int try_open(struct blk **blk, struct cfg_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int try_open(struct blk **blk, struct cfg_err *err, const char *fmt, ...)
{
    char text[400];
    struct opts *o;
    va_list ap;
    int rc;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    ck_assert_int_eq(opts_parse(text, "file", &o, err), 0);
    rc = blk_open(&vm, o, blk, err);
    opts_free(o);
    return rc;
}

static struct blk *open_image(const char *name, const char *more)
{
    struct cfg_err err;
    struct blk *blk;

    ck_assert_msg(!try_open(&blk, &err, "%s,format=qcow2,id=d,discard=unmap%s",
                            path(name), more),
                  "%s: %s", more, err.text);
    return blk;
}

static void open_bad(const char *name, const char *more, const char *says)
{
    struct cfg_err err;
    struct blk *blk;

    ck_assert_int_lt(
        try_open(&blk, &err, "%s,format=qcow2,id=bad%s", path(name), more), 0);
    ck_assert_msg(strstr(err.text, says) && !strchr(err.text, '\n'),
                  "'%s' does not say '%s'", err.text, says);
}

/* Requests. */

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

static int io(struct blk_queue *q, enum blk_op op, unsigned flags, uint64_t off,
              void *data, uint64_t len)
{
    struct iovec iov[3];
    struct one o = {.req = {.op = op,
                            .flags = flags,
                            .off = off,
                            .len = len,
                            .iov = iov,
                            .iovcnt = 3,
                            .done = one_done}};
    uint64_t a = len / 3, b = len / 2; /* pieces of any length */

    iov[0] = (struct iovec){data, a};
    iov[1] = (struct iovec){(char *)data + a, b - a};
    iov[2] = (struct iovec){(char *)data + b, len - b};
    blk_submit(q, &o.req);
    ck_assert(!o.done); /* never from within */
    while (!o.done)
        loop_once(q->loop, -1);
    return o.rc;
}

static void verify(struct blk_queue *q)
{
    ck_assert_int_eq(io(q, BLK_READ, 0, 0, buf, DISK), 0);
    for (size_t i = 0; i < DISK; i += 512) {
        ck_assert_msg(!memcmp(buf + i, model + i, 512),
                      "sector %zu differs: %02x %02x, expected %02x %02x",
                      i / 512, buf[i], buf[i + 1], model[i], model[i + 1]);
    }
}

static void fill(uint8_t *p, size_t len)
{
    uint8_t v = rnd(256);

    for (size_t i = 0; i < len; i++)
        p[i] = v + i / 512;
}

static uint64_t step_off, step_len; /* what the last one has changed */
static void (*on_step)(void);

/* One request at random, on the model too if it succeeds. */
static int step(struct blk_queue *q)
{
    static uint8_t data[DISK];
    uint64_t len = (1 + rnd(rnd(4) ? 24 : 300)) * 512;
    uint64_t off = rnd((DISK - len) / 512 + 1) * 512;
    unsigned what = rnd(20);
    int rc;

    step_off = off;
    step_len = len;
    if (on_step)
        on_step();
    if (what < 10) {
        fill(data, len);
        rc = io(q, BLK_WRITE, what == 9 ? BLK_REQ_FUA : 0, off, data, len);
        if (!rc)
            memcpy(model + off, data, len);
        return rc;
    }
    if (what < 14) {
        rc = io(q, BLK_READ, 0, off, data, len);
        ck_assert(rc || !memcmp(data, model + off, len));
        return rc;
    }
    if (what < 16) {
        rc = io(q, BLK_WRITE_ZEROES, what == 14 ? BLK_REQ_UNMAP : 0, off, NULL,
                len);
        if (!rc)
            memset(model + off, 0, len);
        return rc;
    }
    if (what < 18) {
        rc = io(q, BLK_DISCARD, 0, off, NULL, len);
        /* what is there now is anything, but stays */
        return rc ? rc : io(q, BLK_READ, 0, off, model + off, len);
    }
    return io(q, BLK_FLUSH, 0, 0, NULL, 0);
}

static void check_clean(struct blk *blk)
{
    struct qcow2_result r;

    ck_assert_int_eq(qcow2_check(blk, QCOW2_CHECK, &r, NULL, NULL), 0);
    ck_assert_uint_eq(r.corruptions, 0);
    ck_assert_uint_eq(r.leaks, 0);
}

/* qemu-img finds the model in the image, and nothing wrong. */
static void ask_qemu_img(const char *name)
{
    int fd;

    if (!have_qemu_img())
        return;
    fd = open(path("model"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_eq(write(fd, model, DISK), DISK);
    close(fd);
    ck_assert_msg(!sh("qemu-img check -f qcow2 %s", name), "qemu-img check");
    ck_assert_msg(!sh("qemu-img compare -f qcow2 -F raw %s model", name),
                  "qemu-img compare");
}

static const struct {
    unsigned version, cluster_bits, refcount_order;
    const char *more;
} shapes[] = {
    {3, 16, 4, ""},
    {2, 16, 4, ""},
    {2, 9, 4, ""},
    {3, 9, 6, ""},
    {3, 9, 0, ""},
    {3, 10, 1, ",cache=writethrough"},
    {3, 12, 2, ",cache=none"},
    {3, 12, 3, ",aio=threads"},
    {3, 13, 5, ",cache=unsafe"},
    {3, 21, 4, ""},
};
#define SHAPES ((int)(sizeof(shapes) / sizeof(shapes[0])))

START_TEST(test_random)
{
    struct qcow2_create c = plain(shapes[_i].cluster_bits);
    struct blk_queue *q;
    struct blk *blk;

    c.version = shapes[_i].version;
    c.refcount_order = shapes[_i].refcount_order;
    create("d", c);
    for (int round = 0; round < 3; round++) {
        blk = open_image("d", shapes[_i].more);
        q = blk_queue_new(blk, vm.loop, 4);
        verify(q);
        for (int n = 0; n < 150; n++)
            ck_assert_int_eq(step(q), 0);
        verify(q);
        blk_queue_free(q);
        check_clean(blk);
        blk_close(blk);
        ask_qemu_img("d");
    }
}
END_TEST

/* The refcount table of tiny clusters is too small soon. */
START_TEST(test_grow_refcounts)
{
    struct qcow2_create c = plain(9);
    struct blk_queue *q;
    struct blk *blk;

    c.refcount_order = 6; /* 64 in a block, 4096 in the table */
    create("d", c);
    blk = open_image("d", "");
    q = blk_queue_new(blk, vm.loop, 4);
    fill(model, DISK);
    for (int pass = 0; pass < 2; pass++) {
        ck_assert_int_eq(io(q, BLK_WRITE, 0, 0, model, DISK), 0);
        verify(q);
    }
    ck_assert_uint_gt(((struct qcow2 *)blk)->rt.n, 64);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    ask_qemu_img("d");
}
END_TEST

/* Two threads, on sectors of the same clusters. */

struct half {
    struct worker w;
    struct blk *blk;
    unsigned which;
};

static void run_half(void *opaque)
{
    struct half *h = opaque;
    struct blk_queue *q = blk_queue_new(h->blk, h->w.loop, 8);
    unsigned sectors = DISK / 512;
    struct one reqs[8] = {0};
    struct iovec iov[8];

    for (unsigned n = 0; n < sectors / 2; n += 8) {
        for (unsigned i = 0; i < 8; i++) {
            uint64_t sector = ((n + i) * 2 + h->which) * 37 % sectors;

            iov[i] = (struct iovec){model + sector * 512, 512};
            reqs[i] = (struct one){.req = {.op = BLK_WRITE,
                                           .off = sector * 512,
                                           .len = 512,
                                           .iov = &iov[i],
                                           .iovcnt = 1,
                                           .done = one_done}};
            blk_submit(q, &reqs[i].req);
        }
        blk_drain(q);
        for (unsigned i = 0; i < 8; i++)
            ck_assert_int_eq(reqs[i].rc, 0);
    }
    blk_queue_free(q);
}

START_TEST(test_threads)
{
    struct half h[2];
    struct blk *blk;
    struct blk_queue *q;
    struct loop_task task[2];

    create("d", plain(_i ? 16 : 12));
    blk = open_image("d", "");
    fill(model, DISK);
    for (unsigned i = 0; i < 2; i++) {
        h[i] = (struct half){.blk = blk, .which = i};
        ck_assert_int_eq(worker_start(&h[i].w, "test"), 0);
        task[i] = (struct loop_task){.fn = run_half, .opaque = &h[i]};
        loop_post(h[i].w.loop, &task[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        /* after the task: calls come in order */
        worker_call(&h[i].w, on_request, NULL);
        worker_stop(&h[i].w);
    }
    q = blk_queue_new(blk, vm.loop, 4);
    verify(q);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    ask_qemu_img("d");
}
END_TEST

/* Images of others. */

static void model_from_file(const char *name)
{
    int fd = open(path(name), O_RDONLY);

    ck_assert_int_eq(read(fd, model, DISK), DISK);
    close(fd);
}

static void make_raw(const char *name)
{
    int fd = open(path(name), O_RDWR | O_CREAT | O_TRUNC, 0600);

    for (unsigned at = 0; at < DISK; at += 40960) {
        fill(buf + at, DISK - at < 40960 ? DISK - at : 40960);
        if (at / 40960 % 3 == 0)
            memset(buf + at, 0, DISK - at < 40960 ? DISK - at : 40960);
    }
    ck_assert_int_eq(write(fd, buf, DISK), DISK);
    close(fd);
}

static const char *const foreign[] = {
    "-o compat=1.1",
    "-o compat=0.10",
    "-o cluster_size=512,refcount_bits=1",
    "-o cluster_size=4096,refcount_bits=64 -c",
    "-c",
    "-c -o compat=0.10",
    "-o lazy_refcounts=on",
    "-o preallocation=metadata",
    "-o cluster_size=2M -c",
    "-o refcount_bits=2",
    "-o refcount_bits=4",
    "-o refcount_bits=8",
    "-o refcount_bits=32,cluster_size=1024",
};

START_TEST(test_foreign)
{
    struct blk_queue *q;
    struct blk *blk;

    if (!have_qemu_img())
        return;
    make_raw("raw");
    model_from_file("raw");
    ck_assert_int_eq(
        sh("qemu-img convert -f raw -O qcow2 %s raw d", foreign[_i]), 0);
    blk = open_image("d", ",readonly=on");
    q = blk_queue_new(blk, vm.loop, 4);
    verify(q);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    blk = open_image("d", "");
    q = blk_queue_new(blk, vm.loop, 4);
    for (int n = 0; n < 200; n++)
        ck_assert_int_eq(step(q), 0);
    verify(q);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    ask_qemu_img("d");
}
END_TEST

START_TEST(test_snapshots)
{
    struct blk_queue *q;
    struct blk *blk;

    if (!have_qemu_img())
        return;
    make_raw("raw");
    model_from_file("raw");
    ck_assert_int_eq(sh("qemu-img convert -f raw -O qcow2 -o %s raw d && "
                        "qemu-img snapshot -c one d",
                        _i ? "cluster_size=4k" : "compat=0.10"),
                     0);
    blk = open_image("d", "");
    q = blk_queue_new(blk, vm.loop, 4);
    for (int n = 0; n < 200; n++)
        ck_assert_int_eq(step(q), 0);
    verify(q);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    ask_qemu_img("d");

    model_from_file("raw");
    for (int by = 0; by < 2; by++) {
        blk = open_image("d", by ? ",readonly=on,snapshot=one"
                                 : ",readonly=on,snapshot=1");
        q = blk_queue_new(blk, vm.loop, 4);
        verify(q);
        blk_queue_free(q);
        blk_close(blk);
    }
    open_bad("d", ",snapshot=one", "readonly=on");
    open_bad("d", ",snapshot=two,readonly=on", "no snapshot 'two'");
    ck_assert_int_eq(sh("qemu-img snapshot -a one d"), 0);
    ask_qemu_img("d");
}
END_TEST

START_TEST(test_backing)
{
    struct qcow2_create c = plain(12);
    struct blk_queue *q;
    struct cfg_err err;
    struct blk *base, *blk;

    make_raw("base");
    model_from_file("base");
    c.backing = "base";
    c.backing_format = "raw";
    c.version = _i ? 3 : 2;
    create("d", c);
    c.backing = "d";
    c.backing_format = "qcow2";
    create("top", c);
    open_bad("top", "", "expected backing=on");
    open_bad("top", ",backing=nobody", "no drive 'nobody'");
    blk = open_image("top", ",backing=on");
    q = blk_queue_new(blk, vm.loop, 4);
    verify(q);
    for (int n = 0; n < 200; n++)
        ck_assert_int_eq(step(q), 0);
    verify(q);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    ask_qemu_img("top");
    /* the same by hand */
    ck_assert_int_eq(try_open(&base, &err,
                              "%s,format=qcow2,id=base,readonly=on,backing=on",
                              path("d")),
                     0);
    blk = open_image("top", ",backing=base");
    q = blk_queue_new(blk, vm.loop, 4);
    verify(q);
    blk_queue_free(q);
    blk_close(blk);
    /* a loop */
    c.backing = "loop";
    create("loop", c);
    open_bad("loop", ",backing=on,readonly=on", "a loop?");
}
END_TEST

START_TEST(test_compressed)
{
    struct qcow2_create c = plain(_i & 1 ? 16 : 12);
    uint32_t size = 1u << c.cluster_bits;
    struct blk_queue *q;
    struct blk *blk;
    int rc, packed = 0;

    c.refcount_order = _i & 2 ? 0 : 4;
    create("d", c);
    blk = open_image("d", "");
    q = blk_queue_new(blk, vm.loop, 4);
    for (uint32_t off = 0; off < DISK; off += size) {
        for (uint32_t i = 0; i < size; i++)
            model[off + i] = off / size % 5 ? off / size + i / 100 : rnd(256);
        rc = qcow2_write_compressed(q, off, model + off);
        if (rc == 1)
            rc = io(q, BLK_WRITE, 0, off, model + off, size);
        else
            packed++;
        ck_assert_int_eq(rc, 0);
    }
    ck_assert_int_gt(packed, 10);
    verify(q);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    ask_qemu_img("d");
    blk = open_image("d", "");
    q = blk_queue_new(blk, vm.loop, 4);
    for (int n = 0; n < 200; n++)
        ck_assert_int_eq(step(q), 0);
    verify(q);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    ask_qemu_img("d");
}
END_TEST

/* A process that dies after the n-th write to the file: leaks at worst. */
START_TEST(test_killed)
{
    struct qcow2_create c = plain(_i ? 12 : 9);
    struct qcow2_result r;
    struct blk_queue *q;
    struct cfg_err err;
    struct blk *blk;
    bool failed = true;

    c.refcount_order = _i ? 4 : 6;
    for (int n = 1; failed; n += 1 + n / 6) {
        rng = 77;
        create("d", c);
        ck_assert_msg(!try_open(&blk, &err,
                                "%s,format=fault,id=f,discard=unmap,"
                                "rule=write:nth=%d:count=100000000",
                                path("d"), n),
                      "%s", err.text);
        ck_assert_msg(
            !try_open(&blk, &err, "drive=f,format=qcow2,id=d,discard=unmap"),
            "%s", err.text);
        q = blk_queue_new(blk, vm.loop, 4);
        failed = false;
        for (int i = 0; i < 200 && !failed; i++)
            failed = step(q) < 0;
        blk_queue_free(q);
        log_set_level(LOG_ERR - 1);
        blk_close(blk);
        blk_close(blk_find(&vm, "f"));
        log_set_level(LOG_ERR);
        blk = open_image("d", ",readonly=on");
        ck_assert_int_eq(qcow2_check(blk, QCOW2_CHECK, &r, NULL, NULL), 0);
        ck_assert_msg(!r.corruptions, "corrupt after %d writes", n);
        blk_close(blk);
        if (have_qemu_img() && n % 5 == 0) {
            int rc = sh("qemu-img check -f qcow2 d");

            ck_assert_msg(!rc || rc == 3 << 8, "qemu-img: %d after %d writes",
                          rc >> 8, n);
        }
        blk = open_image("d", "");
        ck_assert_int_eq(qcow2_check(blk, QCOW2_FIX_LEAKS, &r, NULL, NULL), 0);
        check_clean(blk);
        blk_close(blk);
    }
}
END_TEST

/* What was flushed is there after a death without warning. */
START_TEST(test_flushed)
{
    struct blk_queue *q;
    struct cfg_err err;
    struct blk *blk, *copy;

    create("d", plain(12));
    ck_assert_int_eq(try_open(&blk, &err, "%s,format=qcow2,id=d", path("d")),
                     0);
    q = blk_queue_new(blk, vm.loop, 4);
    for (int n = 0; n < 100; n++)
        ck_assert_int_eq(step(q), 0);
    ck_assert_int_eq(io(q, BLK_FLUSH, 0, 0, NULL, 0), 0);
    ck_assert_int_eq(sh("cp d copy"), 0);
    blk_queue_free(q);
    ck_assert_int_eq(
        try_open(&copy, &err, "%s,format=qcow2,id=copy", path("copy")), 0);
    q = blk_queue_new(copy, vm.loop, 4);
    verify(q);
    blk_queue_free(q);
}
END_TEST

static void poke(const char *name, uint64_t off, const void *p, size_t len)
{
    int fd = open(path(name), O_RDWR);

    ck_assert_int_eq(pwrite(fd, p, len, off), len);
    close(fd);
}

/* A process that is killed at any instruction, with a journal: what was
 * answered is there. */

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

    if (!pid)
        live(more);
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

/* Hostile images. */

static void poke_be(const char *name, uint64_t off, uint64_t v, int len)
{
    uint8_t b[8];

    for (int i = len; i--; v >>= 8)
        b[i] = v;
    poke(name, off, b, len);
}

static const struct {
    unsigned off, len;
    uint64_t value;
    const char *says;
} bad_headers[] = {
    {0, 4, 0, "not a qcow2 image"},
    {HDR_VERSION, 4, 4, "version 4"},
    {HDR_CLUSTER_BITS, 4, 8, "cluster_bits is 8 (offset 20)"},
    {HDR_CLUSTER_BITS, 4, 22, "cluster_bits"},
    {HDR_CRYPT_METHOD, 4, 2, "encrypted"},
    {HDR_SIZE, 8, UINT64_MAX, "bytes (offset 24)"},
    {HDR_SIZE, 8, 0, "bytes (offset 24)"},
    {HDR_SIZE, 8, UINT64_C(1) << 40, "L1 table of"},
    {HDR_L1_SIZE, 4, 0xffffffff, "L1 table of 4294967295"},
    {HDR_L1_SIZE, 4, 0x400000, "not within the file"},
    {HDR_L1_TABLE_OFFSET, 8, 0x10001, "start of a cluster"},
    {HDR_L1_TABLE_OFFSET, 8, UINT64_C(1) << 60, "not within"},
    {HDR_L1_TABLE_OFFSET, 8, 0x1000, "overlaps"},
    {HDR_REFCOUNT_TABLE_OFFSET, 8, 0, "not within"},
    {HDR_REFCOUNT_TABLE_CLUSTERS, 4, 0xffffffff, "refcount table of"},
    {HDR_REFCOUNT_TABLE_CLUSTERS, 4, 0, "refcount table of 0"},
    {HDR_NB_SNAPSHOTS, 4, 0xffffffff, "snapshots"},
    {HDR_NB_SNAPSHOTS, 4, 1, "snapshot table"},
    {HDR_INCOMPATIBLE, 8, INCOMPAT_DATA_FILE, "another file"},
    {HDR_INCOMPATIBLE, 8, INCOMPAT_EXTENDED_L2, "extended L2"},
    {HDR_INCOMPATIBLE, 8, INCOMPAT_COMPRESSION, "than zlib"},
    {HDR_INCOMPATIBLE, 8, INCOMPAT_CORRUPT, "marked as corrupt"},
    {HDR_INCOMPATIBLE, 8, UINT64_C(1) << 40, "too new"},
    {HDR_REFCOUNT_ORDER, 4, 7, "refcount_order"},
    {HDR_HEADER_LENGTH, 4, 96, "header_length"},
    {HDR_HEADER_LENGTH, 4, 0xfffffff8, "header_length"},
    {HDR_V3_LENGTH, 8, UINT64_C(0x1234567800010000), "extension"},
    {HDR_BACKING_FILE_OFFSET, 8, UINT64_MAX, "not in the header"},
};
#define BAD_HEADERS ((int)(sizeof(bad_headers) / sizeof(bad_headers[0])))

START_TEST(test_bad_header)
{
    create("d", plain(12));
    if (bad_headers[_i].off == HDR_BACKING_FILE_OFFSET)
        poke_be("d", HDR_BACKING_FILE_SIZE, 4, 4);
    poke_be("d", bad_headers[_i].off, bad_headers[_i].value,
            bad_headers[_i].len);
    ck_assert_int_eq(sh("cp d copy"), 0);
    open_bad("d", "", bad_headers[_i].says);
    ck_assert_int_eq(sh("cmp d copy"), 0);
}
END_TEST

START_TEST(test_huge_file)
{
    create("d", plain(9));
    ck_assert_int_eq(truncate(path("d"), (INT64_C(1) << 40) + 512), 0);
    open_bad("d", "", "expected less");
    create("d", plain(12)); /* sparse: little is read */
    ck_assert_int_eq(truncate(path("d"), INT64_C(1) << 40), 0);
    blk_close(open_image("d", ""));
}
END_TEST

/* With lazy refcounts a crash leaves wrong ones, and says so. */
START_TEST(test_dirty)
{
    struct qcow2_create c = plain(12);
    struct blk_queue *q;
    struct blk *blk;
    uint8_t zeros[4096] = {0};

    c.lazy_refcounts = true;
    create("d", c);
    blk = open_image("d", "");
    q = blk_queue_new(blk, vm.loop, 4);
    for (int n = 0; n < 100; n++)
        ck_assert_int_eq(step(q), 0);
    blk_queue_free(q);
    blk_close(blk);
    poke_be("d", HDR_INCOMPATIBLE, INCOMPAT_DIRTY, 8);
    if (_i) /* no block at all */
        poke("d", 4096, zeros, 4096);
    else
        poke("d", 8192, zeros, 4096);
    ck_assert_int_eq(sh("cp d copy"), 0);
    blk = open_image("d", ",readonly=on");
    q = blk_queue_new(blk, vm.loop, 4);
    verify(q);
    blk_queue_free(q);
    blk_close(blk);
    ck_assert_int_eq(sh("cmp d copy"), 0);
    blk = open_image("d", "");
    check_clean(blk);
    q = blk_queue_new(blk, vm.loop, 4);
    verify(q);
    for (int n = 0; n < 100; n++)
        ck_assert_int_eq(step(q), 0);
    blk_queue_free(q);
    blk_close(blk);
    ask_qemu_img("d");
}
END_TEST

/* Tables at random: nothing but errors and other data comes of it. */
START_TEST(test_mutated)
{
    struct qcow2_create c = plain(9 + _i);
    uint8_t byte, data[8192];
    struct qcow2_result r;
    struct blk_queue *q;
    struct cfg_err err;
    struct blk *blk;
    struct stat st;
    int opened = 0;

    create("good", c);
    blk = open_image("good", "");
    q = blk_queue_new(blk, vm.loop, 4);
    for (int n = 0; n < 60; n++)
        ck_assert_int_eq(step(q), 0);
    memset(data, 7, sizeof(data));
    for (uint64_t off = 0; off < 8; off++) {
        uint64_t at = off << c.cluster_bits;

        io(q, BLK_DISCARD, 0, at, NULL, 1u << c.cluster_bits);
        ck_assert_int_eq(qcow2_write_compressed(q, at, data), 0);
    }
    blk_queue_free(q);
    blk_close(blk);
    log_set_level(LOG_ERR - 1);
    for (int n = 0; n < 500; n++) {
        rng = n + 1000 * (_i + 1);
        sh("cp good d");
        stat(path("d"), &st);
        for (uint64_t k = 1 + rnd(6); k; k--) {
            uint64_t where[] = {rnd(104), rnd(4u << c.cluster_bits),
                                rnd(40u << c.cluster_bits), rnd(st.st_size)};

            byte = rnd(2) ? 1u << rnd(8) : rnd(256);
            poke("d", where[rnd(4)] % st.st_size, &byte, 1);
        }
        if (!rnd(8))
            ck_assert_int_eq(truncate(path("d"), 1 + rnd(st.st_size)), 0);
        if (try_open(&blk, &err, "%s,format=qcow2,id=d,discard=unmap%s",
                     path("d"), n % 4 ? "" : ",readonly=on") < 0)
            continue;
        opened++;
        if (atomic_load(&blk->size) >= DISK) {
            q = blk_queue_new(blk, vm.loop, 4);
            for (int i = 0; i < 12; i++) {
                uint64_t off = rnd(DISK / 512 - 32) * 512;

                io(q, rnd(BLK_OPS), 0, off, buf, 512 + rnd(32) * 512);
            }
            blk_queue_free(q);
        }
        qcow2_check(blk, n % 3 && !blk->readonly ? QCOW2_FIX_ALL : QCOW2_CHECK,
                    &r, NULL, NULL);
        blk_close(blk);
    }
    ck_assert_int_gt(opened, 50);
}
END_TEST

START_TEST(test_resize)
{
    struct blk_queue *q;
    struct cfg_err err;
    struct blk *blk;

    create("d", plain(12));
    blk = open_image("d", "");
    ck_assert_int_eq(blk_resize(blk, DISK / 2, &err), -ENOTSUP);
    ck_assert_int_eq(blk_resize(blk, UINT64_C(1) << 50, &err), -ENOTSUP);
    blk_close(blk);
    create("d", plain(16));
    blk = open_image("d", "");
    ck_assert_int_eq(blk_resize(blk, 2 * DISK, &err), 0);
    q = blk_queue_new(blk, vm.loop, 4);
    ck_assert_int_eq(io(q, BLK_READ, 0, DISK, buf, DISK), 0);
    ck_assert_int_eq(io(q, BLK_WRITE, 0, DISK, buf, DISK), 0);
    blk_queue_free(q);
    check_clean(blk);
    blk_close(blk);
    blk = open_image("d", ",readonly=on");
    ck_assert_uint_eq(atomic_load(&blk->size), 2 * DISK);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("qcow2");
    TCase *t = tcase_create("qcow2");
    SRunner *sr;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, test_random, 0, SHAPES);
    tcase_add_test(t, test_grow_refcounts);
    tcase_add_loop_test(t, test_threads, 0, 2);
    tcase_add_loop_test(t, test_foreign, 0,
                        sizeof(foreign) / sizeof(foreign[0]));
    tcase_add_loop_test(t, test_snapshots, 0, 2);
    tcase_add_loop_test(t, test_backing, 0, 2);
    tcase_add_loop_test(t, test_compressed, 0, 4);
    tcase_add_loop_test(t, test_killed, 0, 2);
    tcase_add_test(t, test_flushed);
    tcase_add_loop_test(t, test_kept, 0, 3);
    tcase_add_test(t, test_bad_journal);
    tcase_add_loop_test(t, test_bad_header, 0, BAD_HEADERS);
    tcase_add_test(t, test_huge_file);
    tcase_add_loop_test(t, test_dirty, 0, 2);
    tcase_add_loop_test(t, test_mutated, 0, 4);
    tcase_add_test(t, test_resize);
    suite_add_tcase(s, t);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
