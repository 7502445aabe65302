/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors, torn writes and delays on purpose, in front of another image. For
 * tests of what is above: a device, a guest's file system.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "dm/block/blk-priv.h"
#include "dm/options.h"

#define MAX_RULES 16
#define ANY_OP BLK_OPS

struct rule {
    unsigned op;
    uint64_t nth, count;  /* which of the matching ones; nth 0: all */
    uint64_t first, last; /* sectors */
    int error;            /* 0 or -errno */
    bool torn;
    uint64_t bytes; /* torn: so many get through first */
    uint64_t delay_ns;
    atomic_ullong seen;
};

struct fault {
    struct blk blk;
    struct blk *inner;
    bool named; /* inner is a drive of its own */
    struct rule rules[MAX_RULES];
    unsigned nrules;
};

struct fault_io {
    struct blk_req inner;
    struct blk_req *req;
    int error;
    uint64_t delay_ns;
    int64_t due;
    struct iovec *iov;     /* of a torn one */
    struct fault_io *next; /* free, or delayed */
};

struct fault_queue {
    struct blk_queue q;
    struct blk_queue *inner;
    bool plugged; /* inner is, till we unplug */
    struct fault_io *ios, *free;
    struct fault_io *delayed; /* the one due first is first */
    struct loop_fd timer;
};

/* Rules: "OP[:key=value]...". */

static int parse_errno(const char *s)
{
    static const struct {
        const char *name;
        int value;
    } names[] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"ENOMEM", ENOMEM}};
    uint64_t n;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strcmp(s, names[i].name))
            return -names[i].value;
    }
    return parse_u64(s, 4095, &n) < 0 || !n ? 0 : -(int)n;
}

static int parse_sectors(struct rule *r, char *s)
{
    char *dash = strchr(s, '-');

    if (dash)
        *dash = 0;
    if (parse_u64(s, UINT64_MAX, &r->first) < 0)
        return -EINVAL;
    r->last = r->first;
    return dash ? parse_u64(dash + 1, UINT64_MAX, &r->last) : 0;
}

static int parse_field(struct rule *r, char *field)
{
    char *value = strchr(field, '=');

    if (!value)
        return -EINVAL;
    *value++ = 0;
    if (!strcmp(field, "errno"))
        return (r->error = parse_errno(value)) ? 0 : -EINVAL;
    if (!strcmp(field, "nth"))
        return parse_u64(value, UINT64_MAX, &r->nth);
    if (!strcmp(field, "count"))
        return parse_u64(value, UINT64_MAX, &r->count);
    if (!strcmp(field, "delay"))
        return parse_u64(value, INT64_MAX / 2, &r->delay_ns);
    if (!strcmp(field, "sectors"))
        return parse_sectors(r, value);
    if (!strcmp(field, "torn")) {
        r->torn = true;
        return parse_size(value, 1, &r->bytes);
    }
    return -EINVAL;
}

static int parse_op(struct rule *r, const char *name)
{
    static const char *const ops[] = {"read",    "write",  "flush",
                                      "discard", "zeroes", "any"};

    for (r->op = 0; r->op <= ANY_OP; r->op++) {
        if (!strcmp(ops[r->op], name))
            return 0;
    }
    return -EINVAL;
}

static int parse_rule(struct fault *f, const char *text, struct cfg_err *err)
{
    char *copy = strdup(text), *save, *field;
    struct rule *r = &f->rules[f->nrules];
    int rc = -EINVAL;

    if (f->nrules == MAX_RULES || !copy) {
        free(copy);
        return err_set(err, -E2BIG, "rule: at most %d expected", MAX_RULES);
    }
    r->count = 1;
    r->last = UINT64_MAX;
    field = strtok_r(copy, ":", &save);
    if (field)
        rc = parse_op(r, field);
    while (!rc && (field = strtok_r(NULL, ":", &save)))
        rc = parse_field(r, field);
    free(copy);
    if (rc < 0) {
        return err_set(err, -EINVAL,
                       "rule=%s: expected read|write|flush|discard|zeroes|any, "
                       "then any of :errno=E :torn=BYTES :delay=NS :nth=N "
                       ":count=N :sectors=A-B",
                       text);
    }
    if (r->torn && !r->error)
        r->error = -EIO;
    f->nrules++;
    return 0;
}

/* Opening. */

static int open_wrapped(struct fault *f, struct opts *opts, struct cfg_err *err)
{
    const char *id = opts_get(opts, "drive");
    const char *format = opts_get(opts, "inner");
    int rc;

    if (!id) {
        return blk_open_inner(f->blk.vm, format ? format : blk_raw.format, opts,
                              &f->inner, err);
    }
    f->inner = blk_find(f->blk.vm, id);
    if (!f->inner)
        return err_set(err, -ENOENT, "no drive '%s'", id);
    rc = blk_claim(f->inner, "a fault drive", err);
    f->named = !rc;
    if (rc < 0)
        f->inner = NULL;
    return rc;
}

static int fault_open(struct blk *blk, struct opts *opts, struct cfg_err *err)
{
    struct fault *f = (struct fault *)blk;
    int rc;

    for (struct opt *o = opts->first; o; o = o->next) {
        if (strcmp(o->key, "rule"))
            continue;
        o->used = true;
        rc = parse_rule(f, o->value, err);
        if (rc < 0)
            return rc;
    }
    rc = open_wrapped(f, opts, err);
    if (rc < 0)
        return rc;
    blk->filename = strdup(f->inner->filename);
    if (!blk->filename)
        return err_set(err, -ENOMEM, "out of memory");
    blk->readonly |= f->inner->readonly;
    blk->cache_direct = f->inner->cache_direct;
    blk->loses_tables = f->inner->loses_tables;
    blk->logical_block = f->inner->logical_block;
    blk->physical_block = f->inner->physical_block;
    atomic_store(&blk->size, atomic_load(&f->inner->size));
    return 0;
}

static void fault_close(struct blk *blk)
{
    struct fault *f = (struct fault *)blk;

    if (f->named)
        blk_release(f->inner);
    else
        blk_close_inner(f->inner);
}

/* Requests. */

static bool applies(struct rule *r, const struct blk_req *req)
{
    uint64_t first = req->off / 512, last = first + req->len / 512, n;

    if (r->op != ANY_OP && r->op != req->op)
        return false;
    if (req->op != BLK_FLUSH && (first > r->last || last <= r->first))
        return false;
    n = atomic_fetch_add(&r->seen, 1) + 1;
    return !r->nth || (n >= r->nth && n - r->nth < r->count);
}

static struct blk_req *release(struct fault_queue *fq, struct fault_io *io)
{
    free(io->iov);
    io->iov = NULL;
    io->next = fq->free;
    fq->free = io;
    return io->req;
}

static void arm(struct fault_queue *fq)
{
    int64_t due = fq->delayed ? fq->delayed->due : 0;
    struct itimerspec t = {
        .it_value = {due / 1000000000, due % 1000000000},
    };

    timerfd_settime(fq->timer.fd, TFD_TIMER_ABSTIME, &t, NULL);
}

static void delay(struct fault_queue *fq, struct fault_io *io)
{
    struct fault_io **p = &fq->delayed;

    io->due = blk_now_ns() + io->delay_ns;
    while (*p && (*p)->due <= io->due)
        p = &(*p)->next;
    io->next = *p;
    *p = io;
    arm(fq);
}

static void on_timer(void *opaque, uint32_t events)
{
    struct fault_queue *fq = opaque;
    int64_t now = blk_now_ns();
    struct fault_io *io;
    uint64_t n;
    ssize_t r = read(fq->timer.fd, &n, sizeof(n));

    (void)r; /* the clock decides */
    blk_plug(&fq->q);
    while ((io = fq->delayed) && io->due <= now) {
        fq->delayed = io->next;
        blk_complete(release(fq, io), io->error);
    }
    arm(fq);
    blk_unplug(&fq->q);
}

static void inner_done(struct blk_req *inner, int rc)
{
    struct fault_io *io = (struct fault_io *)inner;
    struct fault_queue *fq = (struct fault_queue *)io->req->q;

    if (!io->error)
        io->error = rc;
    if (io->delay_ns)
        delay(fq, io);
    else
        blk_complete(release(fq, io), io->error);
}

/* Cuts a torn transfer to what gets through; false: nothing does. */
static bool cut(struct fault_io *io, uint64_t bytes)
{
    struct blk_req *req = &io->inner;
    uint64_t left = bytes & ~UINT64_C(511);
    int n = 0;

    if (left >= req->len)
        return true;
    io->iov = left ? calloc(req->iovcnt + 1, sizeof(*io->iov)) : NULL;
    if (!io->iov)
        return false;
    req->len = left;
    for (; left; n++) {
        io->iov[n] = req->iov[n];
        if (io->iov[n].iov_len > left)
            io->iov[n].iov_len = left;
        left -= io->iov[n].iov_len;
    }
    req->iov = io->iov;
    req->iovcnt = n;
    return true;
}

static void fault_submit(struct blk_queue *q, struct blk_req *req)
{
    struct fault_queue *fq = (struct fault_queue *)q;
    struct fault *f = (struct fault *)q->blk;
    struct fault_io *io = fq->free;
    bool through = true;

    fq->free = io->next;
    io->req = req;
    io->error = 0;
    io->delay_ns = 0;
    io->inner = *req;
    io->inner.done = inner_done;
    for (unsigned i = 0; i < f->nrules; i++) {
        struct rule *r = &f->rules[i];

        if (!applies(r, req))
            continue;
        io->delay_ns += r->delay_ns;
        if (!r->error || io->error)
            continue;
        io->error = r->error;
        through = r->torn && (req->op == BLK_READ || req->op == BLK_WRITE) &&
                  cut(io, r->bytes);
    }
    if (through) {
        if (!fq->plugged)
            blk_plug(fq->inner);
        fq->plugged = true;
        blk_submit(fq->inner, &io->inner);
    } else if (io->delay_ns) {
        delay(fq, io);
    } else {
        blk_complete_later(release(fq, io), io->error);
    }
}

static void fault_unplug(struct blk_queue *q)
{
    struct fault_queue *fq = (struct fault_queue *)q;

    if (fq->plugged)
        blk_unplug(fq->inner);
    fq->plugged = false;
}

static void fault_wait(struct blk_queue *q)
{
    struct fault_queue *fq = (struct fault_queue *)q;
    struct pollfd pfd = {.fd = fq->timer.fd, .events = POLLIN};

    blk_drain(fq->inner);
    if (fq->delayed && !q->later_head && poll(&pfd, 1, -1) > 0)
        on_timer(fq, EPOLLIN);
}

static int fault_queue_init(struct blk_queue *q)
{
    struct fault_queue *fq = (struct fault_queue *)q;
    struct fault *f = (struct fault *)q->blk;

    fq->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    fq->timer.events = EPOLLIN;
    fq->timer.fn = on_timer;
    fq->timer.opaque = fq;
    if (fq->timer.fd < 0)
        return -errno;
    fq->ios = calloc(q->depth, sizeof(*fq->ios));
    if (!fq->ios)
        return -ENOMEM;
    for (unsigned i = 0; i < q->depth; i++) {
        fq->ios[i].next = fq->free;
        fq->free = &fq->ios[i];
    }
    fq->inner = blk_queue_new(f->inner, q->loop, q->depth);
    if (!fq->inner)
        return -errno;
    return loop_fd_add(q->loop, &fq->timer);
}

static void fault_queue_fini(struct blk_queue *q)
{
    struct fault_queue *fq = (struct fault_queue *)q;

    fault_unplug(q);
    blk_queue_free(fq->inner);
    loop_fd_del(&fq->timer);
    if (fq->timer.fd >= 0)
        close(fq->timer.fd);
    free(fq->ios);
}

static int fault_set_active(struct blk *blk, bool active, struct cfg_err *err)
{
    return blk_set_active(((struct fault *)blk)->inner, active, err);
}

static int fault_resize(struct blk *blk, uint64_t size)
{
    struct blk *inner = ((struct fault *)blk)->inner;
    int rc = inner->ops->resize ? inner->ops->resize(inner, size) : -ENOTSUP;

    if (!rc)
        atomic_store(&inner->size, size);
    return rc;
}

const struct blk_ops blk_fault = {
    .format = "fault",
    .desc = "another image with errors on purpose",
    .keys = "drive, inner, rule, and those of inner",
    .blk_size = sizeof(struct fault),
    .queue_size = sizeof(struct fault_queue),
    .open = fault_open,
    .close = fault_close,
    .queue_init = fault_queue_init,
    .queue_fini = fault_queue_fini,
    .submit = fault_submit,
    .unplug = fault_unplug,
    .wait = fault_wait,
    .set_active = fault_set_active,
    .resize = fault_resize,
};
