/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/qcow2-model.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/options.h"

/* A machine that is nothing but a loop. */
struct vm vm;
char dir[64];
uint8_t model[DISK], buf[DISK];
uint64_t rng;

void on_request(void *opaque)
{
}

void setup(void)
{
    vm.loop = loop_new(NULL);
    vm.request_task.fn = on_request;
    snprintf(dir, sizeof(dir), "%s/qcow2-XXXXXX", getenv("TMPDIR"));
    ck_assert_ptr_nonnull(mkdtemp(dir));
    log_set_level(LOG_ERR);
    rng = 1;
    memset(model, 0, sizeof(model));
}

int sh(const char *fmt, ...)
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

void teardown(void)
{
    blk_close_all(&vm);
    loop_free(vm.loop);
    ck_assert_int_eq(sh("rm -rf %s", dir), 0);
}

bool have_qemu_img(void)
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

uint64_t rnd(uint64_t below)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return rng % below;
}

const char *path(const char *name)
{
    static char p[2][128];
    static int i;

    i = !i;
    snprintf(p[i], sizeof(p[i]), "%s/%s", dir, name);
    return p[i];
}

struct qcow2_create plain(unsigned cluster_bits)
{
    return (struct qcow2_create){.size = DISK,
                                 .version = 3,
                                 .cluster_bits = cluster_bits,
                                 .refcount_order = 4};
}

void create(const char *name, struct qcow2_create c)
{
    int fd = open(path(name), O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct cfg_err err;

    ck_assert_int_ge(fd, 0);
    ck_assert_msg(!qcow2_create(fd, &c, &err), "%s", err.text);
    close(fd);
}

int try_open(struct blk **blk, struct cfg_err *err, const char *fmt, ...)
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

struct blk *open_image(const char *name, const char *more)
{
    struct cfg_err err;
    struct blk *blk;

    ck_assert_msg(!try_open(&blk, &err, "%s,format=qcow2,id=d,discard=unmap%s",
                            path(name), more),
                  "%s: %s", more, err.text);
    return blk;
}

void open_bad(const char *name, const char *more, const char *says)
{
    struct cfg_err err;
    struct blk *blk;

    ck_assert_int_lt(
        try_open(&blk, &err, "%s,format=qcow2,id=bad%s", path(name), more), 0);
    ck_assert_msg(strstr(err.text, says) && !strchr(err.text, '\n'),
                  "'%s' does not say '%s'", err.text, says);
}

/* Requests. */

void one_done(struct blk_req *req, int rc)
{
    struct one *o = (struct one *)req;

    ck_assert(!o->done);
    o->done = true;
    o->rc = rc;
}

int io(struct blk_queue *q, enum blk_op op, unsigned flags, uint64_t off,
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

void verify(struct blk_queue *q)
{
    ck_assert_int_eq(io(q, BLK_READ, 0, 0, buf, DISK), 0);
    for (size_t i = 0; i < DISK; i += 512) {
        ck_assert_msg(!memcmp(buf + i, model + i, 512),
                      "sector %zu differs: %02x %02x, expected %02x %02x",
                      i / 512, buf[i], buf[i + 1], model[i], model[i + 1]);
    }
}

void fill(uint8_t *p, size_t len)
{
    uint8_t v = rnd(256);

    for (size_t i = 0; i < len; i++)
        p[i] = v + i / 512;
}

uint64_t step_off, step_len; /* what the last one has changed */
void (*on_step)(void);

/* One request at random, on the model too if it succeeds. */
int step(struct blk_queue *q)
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

void check_clean(struct blk *blk)
{
    struct qcow2_result r;

    ck_assert_int_eq(qcow2_check(blk, QCOW2_CHECK, &r, NULL, NULL), 0);
    ck_assert_uint_eq(r.corruptions, 0);
    ck_assert_uint_eq(r.leaks, 0);
}

/* qemu-img finds the model in the image, and nothing wrong. */
void ask_qemu_img(const char *name)
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

void poke(const char *name, uint64_t off, const void *p, size_t len)
{
    int fd = open(path(name), O_RDWR);

    ck_assert_int_eq(pwrite(fd, p, len, off), len);
    close(fd);
}

void poke_be(const char *name, uint64_t off, uint64_t v, int len)
{
    uint8_t b[8];

    for (int i = len; i--; v >>= 8)
        b[i] = v;
    poke(name, off, b, len);
}
