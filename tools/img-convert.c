/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvmd-img convert: threads that each take the next piece of the image, with
 * queues of their own and several pieces on the way.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/blk-priv.h"
#include "dm/block/qcow2.h"
#include "dm/worker.h"
#include "tools/img.h"

#define THREADS_MAX 8u
#define COPIES 4u             /* of a thread */
#define COPY_LEN (512 * 1024) /* each */
#define HOLE (64 * 1024)      /* holes are found in such units */
#define BAR 40

struct copy {
    struct blk_req req;
    struct iovec iov; /* what is read or written now */
    struct part *part;
    uint8_t *buf;
    uint64_t off;
    uint32_t len, done;
};

/* A thread's. */
struct part {
    struct worker thread;
    struct convert *v;
    struct blk_queue *from, *to;
    struct copy copies[COPIES];
    unsigned running; /* copies */
};

struct convert {
    struct img *img;
    struct blk *from, *to;
    bool device; /* what is not written there is not zeros */
    uint64_t size;
    uint32_t len, unit; /* of a piece, and of what is written of it */
    unsigned percent;
    struct part part[THREADS_MAX];
    struct loop_task tick; /* the main loop's: look at these */
    _Atomic uint64_t next, done;
    atomic_uint running; /* threads */
    atomic_int rc;       /* the first error */
    atomic_bool read_failed;
};

static void show(struct convert *v)
{
    unsigned percent = (unsigned)((double)v->done * 100.0 / (double)v->size), i;

    if (!v->img->progress || percent == v->percent)
        return;
    v->percent = percent;
    fputs("\r[", stderr);
    for (i = 0; i < BAR; i++)
        fputc(i < percent * BAR / 100 ? '#' : '.', stderr);
    fprintf(stderr, "] %3u%%", percent);
}

static void tick(void *opaque)
{
    show(opaque);
}

/* ---- in a thread ---- */

static void next_piece(struct copy *c);
static void next_write(struct copy *c);

static void failed(struct convert *v, int rc, bool read)
{
    int none = 0;

    if (atomic_compare_exchange_strong(&v->rc, &none, rc))
        v->read_failed = read;
}

static void written(struct blk_req *req, int rc)
{
    struct copy *c = (struct copy *)req;

    if (rc < 0)
        failed(c->part->v, rc, false);
    next_write(c);
}

static bool is_zero(const uint8_t *p, size_t len)
{
    return !*p && !memcmp(p, p + 1, len - 1);
}

/* How much from here on is zeros, or is not. */
static uint32_t run_length(const struct copy *c, bool *zero)
{
    uint32_t unit = c->part->v->unit, at = c->done, n;

    *zero = false;
    for (; at < c->len; at += n) {
        bool z;

        n = c->len - at < unit ? c->len - at : unit;
        z = is_zero(c->buf + at, n);
        if (at == c->done)
            *zero = z;
        else if (z != *zero)
            break;
    }
    return at - c->done;
}

/* True: written. */
static bool compressed(struct copy *c)
{
    struct convert *v = c->part->v;
    uint32_t left = c->len - c->done;
    int rc;

    /* a whole cluster: what is behind the end is nobody's */
    if (left < v->unit)
        memset(c->buf + c->len, 0, v->unit - left);
    rc =
        qcow2_write_compressed(c->part->to, c->off + c->done, c->buf + c->done);
    if (rc < 0)
        failed(v, rc, false);
    return rc <= 0;
}

static void next_write(struct copy *c)
{
    struct convert *v = c->part->v;
    bool zero;
    uint32_t n;

    for (; c->done < c->len && !v->rc; c->done += n) {
        n = run_length(c, &zero);
        if (zero && !v->device)
            continue;
        if (v->img->compress) {
            n = n < v->unit ? n : v->unit;
            if (compressed(c))
                continue;
        }
        c->iov = (struct iovec){c->buf + c->done, n};
        c->req = (struct blk_req){.op = zero ? BLK_WRITE_ZEROES : BLK_WRITE,
                                  .flags = zero ? BLK_REQ_UNMAP : 0,
                                  .off = c->off + c->done,
                                  .len = n,
                                  .iov = zero ? NULL : &c->iov,
                                  .iovcnt = !zero,
                                  .done = written};
        c->done += n;
        blk_submit(c->part->to, &c->req);
        return;
    }
    atomic_fetch_add(&v->done, c->len);
    loop_post(v->img->vm.loop, &v->tick);
    next_piece(c);
}

static void was_read(struct blk_req *req, int rc)
{
    struct copy *c = (struct copy *)req;

    if (rc < 0)
        failed(c->part->v, rc, true);
    next_write(c);
}

static void next_piece(struct copy *c)
{
    struct part *p = c->part;
    struct convert *v = p->v;

    c->off = v->rc ? v->size : atomic_fetch_add(&v->next, v->len);
    if (c->off >= v->size) {
        if (!--p->running) {
            atomic_fetch_sub(&v->running, 1);
            loop_post(v->img->vm.loop, &v->tick);
        }
        return;
    }
    c->len = v->size - c->off < v->len ? (uint32_t)(v->size - c->off) : v->len;
    c->done = 0;
    c->iov = (struct iovec){c->buf, c->len};
    c->req = (struct blk_req){.op = BLK_READ,
                              .off = c->off,
                              .len = c->len,
                              .iov = &c->iov,
                              .iovcnt = 1,
                              .done = was_read};
    blk_submit(p->from, &c->req);
}

static void part_begin(void *opaque)
{
    struct part *p = opaque;
    struct convert *v = p->v;
    void *buf;

    p->from = blk_queue_new(v->from, p->thread.loop, COPIES);
    p->to = blk_queue_new(v->to, p->thread.loop, COPIES);
    if (!p->from || !p->to) {
        failed(v, -errno, !p->from);
        return;
    }
    for (unsigned i = 0; i < COPIES; i++) {
        p->copies[i].part = p;
        if (posix_memalign(&buf, 4096, v->len)) {
            failed(v, -ENOMEM, true);
            return;
        }
        p->copies[i].buf = buf;
    }
    atomic_fetch_add(&v->running, 1);
    p->running = COPIES;
    for (unsigned i = 0; i < COPIES; i++)
        next_piece(&p->copies[i]);
}

static void part_end(void *opaque)
{
    struct part *p = opaque;

    blk_queue_free(p->from);
    blk_queue_free(p->to);
    for (unsigned i = 0; i < COPIES; i++)
        free(p->copies[i].buf);
}

/* ---- the main thread ---- */

static void flushed(struct blk_req *req, int rc)
{
    req->rc = rc;
    req->q = NULL;
}

static int flush(struct convert *v)
{
    struct blk_req req = {.op = BLK_FLUSH, .done = flushed};
    struct blk_queue *q = blk_queue_new(v->to, v->img->vm.loop, 1);

    if (!q)
        return -errno;
    blk_submit(q, &req);
    while (req.q)
        loop_once(v->img->vm.loop, -1);
    blk_queue_free(q);
    return req.rc;
}

static unsigned processors(void)
{
    cpu_set_t set;
    unsigned n =
        sched_getaffinity(0, sizeof(set), &set) ? 1 : (unsigned)CPU_COUNT(&set);

    return n < THREADS_MAX ? n : THREADS_MAX;
}

static int copy_all(struct convert *v)
{
    unsigned n = processors();
    int rc = 0;

    v->size = v->from->size;
    v->percent = 101;
    v->tick = (struct loop_task){.fn = tick, .opaque = v};
    for (unsigned i = 0; !rc && i < n; i++) {
        v->part[i].v = v;
        rc = worker_start(&v->part[i].thread, "convert");
        if (!rc)
            worker_call(&v->part[i].thread, part_begin, &v->part[i]);
    }
    if (rc)
        failed(v, rc, true);
    while (atomic_load(&v->running))
        loop_once(v->img->vm.loop, -1);
    show(v);
    for (unsigned i = 0; i < n; i++) {
        if (v->part[i].thread.loop)
            worker_call(&v->part[i].thread, part_end, &v->part[i]);
        worker_stop(&v->part[i].thread);
    }
    loop_cancel(v->img->vm.loop, &v->tick);
    if (v->img->progress)
        fputc('\n', stderr);
    return v->rc ? v->rc : flush(v);
}

static int open_both(struct convert *v, const char *from, const char *to)
{
    struct img *img = v->img;
    struct qcow2_info info = {0};

    v->from = open_image(img, "from", img->format, from, false,
                         img->chain ? "on" : NULL);
    if (!v->from ||
        make_image(img, img->out_format, to, v->from->size, &v->device))
        return 1;
    v->to = open_image(img, "to", img->out_format, to, true, "none");
    if (!v->to)
        return 1;
    if (v->to->size < v->from->size)
        return fail("%s: has %" PRIu64 " bytes, expected %" PRIu64, to,
                    v->to->size, v->from->size);
    v->unit = HOLE;
    if (img->compress) {
        qcow2_get_info(v->to, &info);
        v->unit = 1u << info.cluster_bits;
    }
    v->len = v->unit > COPY_LEN ? v->unit : COPY_LEN;
    return 0;
}

int cmd_convert(struct img *img, int argc, char **argv)
{
    struct convert v = {.img = img};
    int rc;

    if (argc != 2)
        return fail("convert: expected FILE OUT (see --help)");
    if (img->compress && strcmp(img->out_format, "qcow2"))
        return fail("-c: expected -O qcow2 with it");
    rc = open_both(&v, argv[0], argv[1]);
    if (rc)
        return rc;
    rc = copy_all(&v);
    return rc < 0 ? fail("%s: %s", argv[v.read_failed ? 0 : 1], strerror(-rc))
                  : 0;
}
