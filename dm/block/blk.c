/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/block/blk.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/blk-priv.h"
#include "dm/machine.h"
#include "dm/options.h"

const struct blk_ops *const blk_formats[] = {
    &blk_raw, &blk_qcow2, &blk_null, &blk_fault,
#ifdef HAVE_LIBNBD
    &blk_nbd,
#endif
    NULL,
};

#define COMMON_KEYS                                                          \
    "id, node-name, format, driver, readonly, read-only, cache, "            \
    "cache.direct, cache.no-flush, discard, detect-zeroes, auto-read-only, " \
    "locking, rerror, werror"

#define NULL_URL "null-co://"

/* Options. */

static int parse_cache(struct blk *blk, struct opts *opts, struct cfg_err *err)
{
    static const struct {
        const char *name;
        bool direct, writeback, no_flush;
    } modes[] = {
        {"writeback", false, true, false},
        {"none", true, true, false},
        {"writethrough", false, false, false},
        {"directsync", true, false, false},
        {"unsafe", false, true, true},
    };
    const size_t n = sizeof(modes) / sizeof(modes[0]);
    const char *name = opts_get(opts, "cache");
    size_t i = 0;
    int rc;

    while (name && i < n && strcmp(name, modes[i].name))
        i++;
    if (i == n) {
        return err_set(err, -EINVAL,
                       "cache=%s: expected none, writeback, writethrough, "
                       "directsync or unsafe",
                       name);
    }
    blk->cache_direct = modes[i].direct;
    blk->cache_writeback = modes[i].writeback;
    blk->cache_no_flush = modes[i].no_flush;
    rc = opts_get_bool(opts, "cache.direct", &blk->cache_direct, err);
    if (!rc)
        rc = opts_get_bool(opts, "cache.no-flush", &blk->cache_no_flush, err);
    return rc;
}

static int parse_action(struct opts *opts, const char *key, bool write,
                        enum blk_error_action *action,
                        enum blk_error_action *nospc, struct cfg_err *err)
{
    const char *s = opts_get(opts, key);

    *action = BLK_REPORT;
    *nospc = write ? BLK_STOP : BLK_REPORT;
    if (!s || (write && !strcmp(s, "enospc")))
        return 0;
    if (!strcmp(s, "report"))
        *action = *nospc = BLK_REPORT;
    else if (!strcmp(s, "ignore"))
        *action = *nospc = BLK_IGNORE;
    else if (!strcmp(s, "stop"))
        *action = *nospc = BLK_STOP;
    else
        return err_set(err, -EINVAL, "%s=%s: expected report, ignore, stop%s",
                       key, s, write ? " or enospc" : "");
    return 0;
}

static int parse_discard(struct blk *blk, struct opts *opts,
                         struct cfg_err *err)
{
    const char *s = opts_get(opts, "discard");
    const char *zeroes = opts_get(opts, "detect-zeroes");

    if (zeroes && strcmp(zeroes, "off"))
        return err_set(err, -EINVAL, "detect-zeroes=%s: expected off", zeroes);
    if (!s || !strcmp(s, "ignore") || !strcmp(s, "off"))
        return 0;
    if (strcmp(s, "unmap") && strcmp(s, "on"))
        return err_set(err, -EINVAL, "discard=%s: expected ignore or unmap", s);
    blk->discard = true;
    return 0;
}

static int parse_locking(struct blk *blk, struct opts *opts,
                         struct cfg_err *err)
{
    const char *s = opts_get(opts, "locking");
    bool on;

    if (!s || !strcmp(s, "auto"))
        return 0;
    if (!strcmp(s, "wait"))
        blk->locking = BLK_LOCK_WAIT;
    else if (parse_bool(s, &on) < 0)
        return err_set(err, -EINVAL,
                       "locking=%s: expected auto, on, off or wait", s);
    else
        blk->locking = on ? BLK_LOCK_ON : BLK_LOCK_OFF;
    return 0;
}

static int parse_common(struct blk *blk, struct opts *opts, struct cfg_err *err)
{
    enum blk_error_action unused;
    bool fall_back; /* to read-only: never done */
    int rc;

    if ((rc = opts_get_bool(opts, "readonly", &blk->readonly, err)) < 0 ||
        (rc = opts_get_bool(opts, "read-only", &blk->readonly, err)) < 0 ||
        (rc = opts_get_bool(opts, "auto-read-only", &fall_back, err)) < 0 ||
        (rc = parse_cache(blk, opts, err)) < 0 ||
        (rc = parse_discard(blk, opts, err)) < 0 ||
        (rc = parse_locking(blk, opts, err)) < 0 ||
        (rc = parse_action(opts, "rerror", false, &blk->rerror, &unused, err)) <
            0)
        return rc;
    return parse_action(opts, "werror", true, &blk->werror, &blk->werror_nospc,
                        err);
}

/* Opening and closing. */

static const struct blk_ops *format_find(const char *name, struct cfg_err *err)
{
    /* -blockdev names the file's protocol where there is no format */
    bool plain = !strcmp(name, "file") || !strcmp(name, "host_device");
    char list[64] = "";
    size_t n = 0;

    if (plain)
        name = blk_raw.format;
    for (size_t i = 0; blk_formats[i]; i++) {
        if (!strcmp(blk_formats[i]->format, name))
            return blk_formats[i];
        n += snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "",
                      blk_formats[i]->format);
    }
#ifndef HAVE_LIBNBD
    if (!strcmp(name, "nbd")) {
        err_set(err, -EINVAL, "nbd: hvmd was built without libnbd");
        return NULL;
    }
#endif
    err_set(err, -EINVAL, "unknown format '%s' (known: %s)", name, list);
    return NULL;
}

bool blk_is_nbd(const char *file)
{
    return !strncmp(file, "nbd", 3) && (file[3] == ':' || strstr(file, "://"));
}

int blk_open_inner(struct vm *vm, const char *format, struct opts *opts,
                   struct blk **out, struct cfg_err *err)
{
    const struct blk_ops *ops = format_find(format, err);
    const char *file = opts_get(opts, "file");
    struct blk *blk;
    int rc;

    *out = NULL;
    if (!file)
        file = opts_get(opts, "filename");
    if (ops == &blk_raw && file && blk_is_nbd(file))
        ops = format_find("nbd", err);
    if (!ops)
        return -EINVAL;
    blk = calloc(1, ops->blk_size);
    if (!blk)
        return err_set(err, -ENOMEM, "out of memory");
    blk->ops = ops;
    blk->format = ops->format;
    blk->vm = vm;
    blk->logical_block = blk->physical_block = 512;
    blk->error_task.fn = blk_tell_error;
    blk->error_task.opaque = blk;
    rc = parse_common(blk, opts, err);
    if (!rc)
        rc = ops->open(blk, opts, err);
    if (rc < 0) {
        blk_close_inner(blk);
        return rc;
    }
    *out = blk;
    return 0;
}

void blk_close_inner(struct blk *blk)
{
    if (!blk)
        return;
    assert(!atomic_load(&blk->queues));
    blk->ops->close(blk);
    loop_cancel(blk->vm->loop, &blk->error_task);
    free(blk->filename);
    free(blk);
}

int blk_open(struct vm *vm, struct opts *opts, struct blk **out,
             struct cfg_err *err)
{
    const char *id = opts_get(opts, "id"), *node = opts_get(opts, "node-name");
    const char *format = opts_get(opts, "format");
    const char *driver = opts_get(opts, "driver");
    const char *file = opts_get(opts, "file");
    char what[80], known[512];
    struct blk *blk, **end;
    int rc;

    *out = NULL;
    id = id ? id : node;
    if (!id || !*id)
        return err_set(err, -EINVAL, "drive: expected id=NAME");
    if (strlen(id) >= sizeof(blk->id))
        return err_set(err, -EINVAL, "drive: id '%.70s...' too long", id);
    if (blk_find(vm, id))
        return err_set(err, -EEXIST, "drive '%s': the id is in use", id);
    snprintf(what, sizeof(what), "drive '%s'", id);
    if (file && !strcmp(file, NULL_URL))
        format = blk_null.format; /* whatever format= says of it */
    if (!format)
        format = driver ? driver : blk_raw.format;
    rc = blk_open_inner(vm, format, opts, &blk, err);
    if (rc < 0)
        return err_prefix(err, rc, "%s", what);
    snprintf(known, sizeof(known), "%s, " COMMON_KEYS, blk->ops->keys);
    rc = opts_check(opts, what, known, err);
    if (rc < 0) {
        blk_close_inner(blk);
        return rc;
    }
    strcpy(blk->id, id);
    for (end = &vm->blks; *end; end = &(*end)->next)
        ;
    *end = *out = blk;
    return 0;
}

void blk_close(struct blk *blk)
{
    struct blk **p;

    if (!blk)
        return;
    for (p = &blk->vm->blks; *p != blk; p = &(*p)->next)
        ;
    *p = blk->next;
    blk_close_inner(blk);
}

void blk_close_all(struct vm *vm)
{
    struct blk *last;

    while ((last = vm->blks)) {
        while (last->next)
            last = last->next;
        blk_close(last);
    }
}

struct blk *blk_find(struct vm *vm, const char *id)
{
    struct blk *blk = vm->blks;

    while (blk && strcmp(blk->id, id))
        blk = blk->next;
    return blk;
}

int blk_claim(struct blk *blk, const char *user, struct cfg_err *err)
{
    if (blk->user) {
        return err_set(err, -EBUSY, "drive '%s' is in use by %s", blk->id,
                       blk->user);
    }
    blk->user = user;
    return 0;
}

void blk_release(struct blk *blk)
{
    blk->user = NULL;
    blk->resized = NULL;
}

int blk_resize(struct blk *blk, uint64_t size, struct cfg_err *err)
{
    int rc;

    if (!size || size % 512 || size > INT64_MAX) {
        return err_set(err, -EINVAL,
                       "drive '%s': expected a size of whole 512-byte sectors",
                       blk->id);
    }
    if (blk->readonly)
        return err_set(err, -EROFS, "drive '%s' is read-only", blk->id);
    if (!blk->ops->resize) {
        return err_set(err, -ENOTSUP, "drive '%s': %s cannot be resized",
                       blk->id, blk->format);
    }
    rc = blk->ops->resize(blk, size);
    if (rc < 0) {
        return err_set(err, rc, "drive '%s': %s: %s", blk->id, blk->filename,
                       strerror(-rc));
    }
    atomic_store(&blk->size, size);
    if (blk->resized)
        blk->resized(blk->resized_opaque);
    return 0;
}

int blk_set_active(struct blk *blk, bool active, struct cfg_err *err)
{
    int rc = 0;

    if (!blk || atomic_load(&blk->inactive) == !active)
        return 0;
    if (blk->ops->set_active)
        rc = blk->ops->set_active(blk, active, err);
    if (!rc)
        atomic_store(&blk->inactive, !active);
    return rc;
}

/* Active ones first to last, or the other way round: an image may be in front
 * of an earlier one, and what it keeps back goes there. */
static int set_all(struct vm *vm, bool active, struct cfg_err *err)
{
    struct blk *blk, *next;
    int rc = 0;

    do {
        next = NULL;
        for (blk = vm->blks; blk && !(active && next); blk = blk->next) {
            if (atomic_load(&blk->inactive) == active)
                next = blk;
        }
        if (next)
            rc = blk_set_active(next, active, err);
    } while (next && !rc);
    return rc;
}

int blk_inactivate_all(struct vm *vm, struct cfg_err *err)
{
    int rc = set_all(vm, false, err);

    if (rc)
        set_all(vm, true, NULL);
    return rc;
}

int blk_activate_all(struct vm *vm, struct cfg_err *err)
{
    int rc = set_all(vm, true, err);

    if (rc)
        set_all(vm, false, NULL);
    return rc;
}

/* Queues. */

static void append(struct blk_req **head, struct blk_req **tail,
                   struct blk_req *req)
{
    req->next = NULL;
    if (*head)
        (*tail)->next = req;
    else
        *head = req;
    *tail = req;
}

static struct blk_req *pop(struct blk_req **head)
{
    struct blk_req *req = *head;

    *head = req->next;
    return req;
}

/* 0: done without the format, 1: it has to work, or -errno. */
static int check(const struct blk *blk, const struct blk_req *req)
{
    uint64_t size = atomic_load_explicit(&blk->size, memory_order_relaxed);
    bool inactive = atomic_load_explicit(&blk->inactive, memory_order_relaxed);

    if (req->op == BLK_FLUSH)
        return !blk->readonly && !blk->cache_no_flush && !inactive;
    if (req->op >= BLK_OPS || req->off % 512 || req->len % 512 ||
        req->len > size || req->off > size - req->len)
        return -EINVAL;
    if (req->op != BLK_READ && blk->readonly)
        return -EROFS;
    if (req->op != BLK_READ && inactive)
        return -EPERM;
    if (req->op == BLK_DISCARD && !blk->discard)
        return 0;
    return req->len > 0;
}

static void start(struct blk_queue *q, struct blk_req *req)
{
    int rc = check(q->blk, req);

    q->in_flight++;
    if (rc > 0)
        q->blk->ops->submit(q, req);
    else
        blk_complete_later(req, rc);
}

void blk_submit(struct blk_queue *q, struct blk_req *req)
{
    assert(req->iovcnt <= BLK_MAX_IOV);
    req->q = q;
    req->start_ns = blk_now_ns();
    if (q->in_flight >= q->depth || q->wait_head)
        append(&q->wait_head, &q->wait_tail, req);
    else
        start(q, req);
    if (!q->plugged)
        q->blk->ops->unplug(q);
}

static void count(struct blk *blk, const struct blk_req *req, int rc)
{
    struct blk_stats *s = &blk->stats;
    const memory_order order = memory_order_relaxed;

    if (req->op >= BLK_OPS)
        return;
    if (rc < 0) {
        atomic_fetch_add_explicit(&s->failed[req->op], 1, order);
        return;
    }
    atomic_fetch_add_explicit(&s->ops[req->op], 1, order);
    atomic_fetch_add_explicit(&s->bytes[req->op],
                              req->op == BLK_FLUSH ? 0 : req->len, order);
    atomic_fetch_add_explicit(&s->ns[req->op], blk_now_ns() - req->start_ns,
                              order);
}

static void run_ended(struct blk_queue *q)
{
    if (q->told && q->batch)
        q->batch(q->batch_opaque);
    q->told = false;
    q->blk->ops->unplug(q);
}

void blk_complete(struct blk_req *req, int rc)
{
    struct blk_queue *q = req->q;

    count(q->blk, req, rc);
    q->in_flight--;
    req->done(req, rc);
    q->told = true;
    while (q->wait_head && q->in_flight < q->depth)
        start(q, pop(&q->wait_head));
    if (!q->plugged)
        run_ended(q);
}

void blk_complete_later(struct blk_req *req, int rc)
{
    struct blk_queue *q = req->q;

    req->rc = rc;
    append(&q->later_head, &q->later_tail, req);
    loop_post(q->loop, &q->later);
}

static void run_later(void *opaque)
{
    struct blk_queue *q = opaque;
    struct blk_req *all = q->later_head, *req;

    q->later_head = NULL;
    blk_plug(q);
    while (all) {
        req = pop(&all);
        blk_complete(req, req->rc);
    }
    blk_unplug(q);
}

void blk_plug(struct blk_queue *q)
{
    q->plugged++;
}

void blk_unplug(struct blk_queue *q)
{
    assert(q->plugged);
    if (!--q->plugged)
        run_ended(q);
}

void blk_queue_batch(struct blk_queue *q, void (*fn)(void *opaque),
                     void *opaque)
{
    q->batch = fn;
    q->batch_opaque = opaque;
}

void blk_poll(struct blk_queue *q)
{
    if (q->blk->ops->poll)
        q->blk->ops->poll(q);
}

void blk_drain(struct blk_queue *q)
{
    while (q->in_flight) {
        q->blk->ops->unplug(q);
        if (q->later_head)
            run_later(q);
        else
            q->blk->ops->wait(q);
    }
}

struct blk_queue *blk_queue_new(struct blk *blk, struct loop *loop,
                                unsigned depth)
{
    struct blk_queue *q = calloc(1, blk->ops->queue_size);
    int rc;

    assert(depth >= 1 && depth <= BLK_MAX_DEPTH);
    if (!q)
        return NULL;
    q->blk = blk;
    q->loop = loop;
    q->depth = depth;
    q->later.fn = run_later;
    q->later.opaque = q;
    rc = blk->ops->queue_init(q);
    if (rc < 0) {
        blk->ops->queue_fini(q);
        free(q);
        errno = -rc;
        return NULL;
    }
    atomic_fetch_add(&blk->queues, 1);
    return q;
}

void blk_queue_free(struct blk_queue *q)
{
    if (!q)
        return;
    blk_drain(q);
    loop_cancel(q->loop, &q->later);
    q->blk->ops->queue_fini(q);
    atomic_fetch_sub(&q->blk->queues, 1);
    free(q);
}
