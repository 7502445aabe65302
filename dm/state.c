/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/state.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dm/dev.h"
#include "dm/machine.h"

#define MAGIC "HVMDSTAT"
#define STREAM_VERSION 1u
#define ALIGN 8u
#define CLOCK_MAX (INT64_C(100) * 365 * 86400 * (int64_t)NS_PER_SEC)

enum record_type {
    REC_END = 0,
    REC_DEVICE = 1,
    REC_CLOCK = 2,
    REC_OPTIONAL = 1u << 31
};

static const uint8_t elem_size[] = {
    [STATE_T_BOOL] = 1,  [STATE_T_U8] = 1,     [STATE_T_U16] = 2,
    [STATE_T_U32] = 4,   [STATE_T_U64] = 8,    [STATE_T_BYTES] = 1,
    [STATE_T_TIMER] = 8, [STATE_T_STRUCT] = 0,
};

void state_buf_free(struct state_buf *b)
{
    free(b->data);
    *b = (struct state_buf){0};
}

/* ---- writing ---- */

/* A state is some kilobytes: without memory for it we are done anyway. */
static void put(struct state_buf *b, const void *p, size_t n)
{
    if (b->len + n > b->cap) {
        size_t cap = (b->len + n) * 2 + 256;
        uint8_t *data = realloc(b->data, cap);

        if (!data)
            abort();
        b->data = data;
        b->cap = cap;
    }
    memcpy(b->data + b->len, p, n);
    b->len += n;
}

static void put16(struct state_buf *b, uint16_t v)
{
    put(b, &v, 2); /* the format is little-endian, as the machine is */
}

static void put32(struct state_buf *b, uint32_t v)
{
    put(b, &v, 4);
}

static void put_str(struct state_buf *b, const char *s)
{
    put16(b, strlen(s));
    put(b, s, strlen(s));
}

/* Reserves a 32-bit length to be filled when what it counts is written. */
static size_t open_len(struct state_buf *b)
{
    put32(b, 0);
    return b->len;
}

static void close_len(struct state_buf *b, size_t start)
{
    uint32_t n = b->len - start;

    memcpy(b->data + start - 4, &n, 4);
}

static void save_fields(struct state_buf *b, const struct state_field *f,
                        const char *obj)
{
    for (; f->type != STATE_T_END; f++) {
        const char *p = obj + f->offset;
        uint8_t head[2] = {f->type, strlen(f->name)};
        size_t start;

        put(b, head, 2);
        put(b, f->name, head[1]);
        put32(b, f->count);
        switch (f->type) {
        case STATE_T_TIMER:
            put(b, &((const struct timer *)p)->deadline, 8);
            break;
        case STATE_T_STRUCT:
            for (uint32_t i = 0; i < f->count; i++) {
                start = open_len(b);
                save_fields(b, f->fields, p + (size_t)i * f->stride);
                close_len(b, start);
            }
            break;
        default:
            put(b, p, (size_t)f->count * elem_size[f->type]);
        }
    }
}

static void pad(struct state_buf *b)
{
    static const uint8_t zero[ALIGN];

    put(b, zero, -b->len % ALIGN);
}

int state_save_dev(struct dev *dev, struct state_buf *b)
{
    const struct state_desc *d = dev->cls->state;
    size_t start;

    assert(vm_locked(dev->vm));
    if (!d)
        return 0;
    if (d->pre_save)
        d->pre_save(dev);
    put32(b, REC_DEVICE);
    start = open_len(b);
    put_str(b, dev->cls->name);
    put_str(b, dev->path);
    put16(b, d->version);
    save_fields(b, d->fields, (const char *)dev);
    close_len(b, start);
    pad(b);
    return 0;
}

int state_save_vm(struct vm *vm, struct state_buf *b)
{
    int64_t now = clock_now(vm);

    put(b, MAGIC, 8);
    put32(b, STREAM_VERSION);
    put32(b, 0);
    put32(b, REC_CLOCK);
    put32(b, sizeof(now));
    put(b, &now, sizeof(now));
    for (struct dev *d = vm->devs; d; d = d->next)
        state_save_dev(d, b);
    put32(b, REC_END);
    put32(b, 0);
    return 0;
}

/* ---- reading ---- */

static bool get(struct state_buf *b, void *p, size_t n)
{
    if (b->len - b->pos < n)
        return false;
    memcpy(p, b->data + b->pos, n);
    b->pos += n;
    return true;
}

/* A view of the next n bytes, which are then passed. */
static bool get_view(struct state_buf *b, size_t n, struct state_buf *view)
{
    if (b->len - b->pos < n)
        return false;
    *view = (struct state_buf){.data = b->data + b->pos, .len = n};
    b->pos += n;
    return true;
}

static bool get_is(struct state_buf *b, const char *s, size_t n)
{
    struct state_buf v;

    return get_view(b, n, &v) && n == strlen(s) && !memcmp(v.data, s, n);
}

static bool get_is_str(struct state_buf *b, const char *s)
{
    uint16_t n;

    return get(b, &n, 2) && get_is(b, s, n);
}

static int load_fields(struct state_buf *b, const struct state_field *f,
                       char *obj, uint16_t version, struct dev *dev,
                       struct cfg_err *err);

static int load_value(struct state_buf *b, const struct state_field *f, char *p,
                      uint16_t version, struct dev *dev, struct cfg_err *err)
{
    size_t n = (size_t)f->count * elem_size[f->type];
    struct state_buf view;
    int64_t deadline;
    uint32_t len;
    int rc;

    switch (f->type) {
    case STATE_T_TIMER:
        if (!get(b, &deadline, 8) || deadline < 0)
            break;
        timer_set(dev->vm, (struct timer *)p, deadline);
        return 0;
    case STATE_T_BOOL:
        if (!get_view(b, n, &view))
            break;
        for (size_t i = 0; i < n; i++) {
            if (view.data[i] > 1)
                goto bad;
            ((bool *)p)[i] = view.data[i];
        }
        return 0;
    case STATE_T_STRUCT:
        for (uint32_t i = 0; i < f->count; i++) {
            if (!get(b, &len, 4) || !get_view(b, len, &view))
                goto bad;
            rc = load_fields(&view, f->fields, p + (size_t)i * f->stride,
                             version, dev, err);
            if (rc)
                return rc;
        }
        return 0;
    default:
        if (get(b, p, n))
            return 0;
    }
bad:
    return err_set(err, -EINVAL,
                   "%s: field '%s' is cut short or has a value "
                   "that cannot be",
                   dev->path, f->name);
}

static int load_fields(struct state_buf *b, const struct state_field *f,
                       char *obj, uint16_t version, struct dev *dev,
                       struct cfg_err *err)
{
    for (; f->type != STATE_T_END; f++) {
        uint8_t head[2];
        uint32_t count;
        int rc;

        if (f->since > version)
            continue;
        if (!get(b, head, 2) || head[0] != f->type ||
            !get_is(b, f->name, head[1]) || !get(b, &count, 4) ||
            count != f->count)
            return err_set(err, -EINVAL,
                           "%s: expected field '%s' (%" PRIu32 " of type %d)",
                           dev->path, f->name, f->count, f->type);
        rc = load_value(b, f, obj + f->offset, version, dev, err);
        if (rc)
            return rc;
    }
    if (b->pos != b->len)
        return err_set(err, -EINVAL, "%s: unknown fields follow the last",
                       dev->path);
    return 0;
}

/* The next record that is not one to be passed over. */
static int next_record(struct state_buf *b, uint32_t *type,
                       struct state_buf *body, struct cfg_err *err)
{
    uint32_t len;

    do {
        size_t left;

        if (!get(b, type, 4) || !get(b, &len, 4) || !get_view(b, len, body))
            return err_set(err, -EINVAL, "the stream ends within a record");
        left = b->len - b->pos;
        b->pos += -(size_t)len % ALIGN < left ? -(size_t)len % ALIGN : left;
    } while (*type & REC_OPTIONAL);
    return 0;
}

int state_load_dev(struct dev *dev, struct state_buf *b, struct cfg_err *err)
{
    const struct state_desc *d = dev->cls->state;
    struct state_buf body;
    uint16_t version;
    uint32_t type;
    int rc;

    assert(vm_locked(dev->vm));
    if (!d)
        return 0;
    rc = next_record(b, &type, &body, err);
    if (rc)
        return rc;
    if (type != REC_DEVICE || !get_is_str(&body, dev->cls->name) ||
        !get_is_str(&body, dev->path))
        return err_set(err, -EINVAL,
                       "%s: the stream has another device, or "
                       "none, in its place",
                       dev->path);
    if (!get(&body, &version, 2) || version > d->version ||
        version < d->min_version)
        return err_set(err, -EINVAL,
                       "%s: its state has a version other than %u to %u",
                       dev->path, d->min_version, d->version);
    rc = load_fields(&body, d->fields, (char *)dev, version, dev, err);
    if (!rc && d->post_load) {
        rc = d->post_load(dev);
        if (rc)
            err_set(err, rc, "%s: its state contradicts itself", dev->path);
    }
    return rc;
}

static int load_clock(struct vm *vm, struct state_buf *b, struct cfg_err *err)
{
    struct state_buf body;
    uint32_t type;
    int64_t now;
    int rc = next_record(b, &type, &body, err);

    if (rc)
        return rc;
    if (type != REC_CLOCK || body.len != sizeof(now) ||
        !get(&body, &now, sizeof(now)) || now < 0 || now > CLOCK_MAX)
        return err_set(err, -EINVAL,
                       "expected the guest's time, less than a century");
    vm->engine->clock_set(vm, now);
    return 0;
}

int state_load_vm(struct vm *vm, struct state_buf *b, struct cfg_err *err)
{
    struct state_buf body;
    uint32_t version, reserved, type;
    int rc;

    if (!get_is(b, MAGIC, 8))
        return err_set(err, -EINVAL, "this is no hvmd state stream");
    if (!get(b, &version, 4) || !get(b, &reserved, 4) ||
        version != STREAM_VERSION)
        return err_set(err, -EINVAL, "expected a stream of version %u",
                       STREAM_VERSION);
    rc = load_clock(vm, b, err);
    if (rc)
        return rc;
    for (struct dev *d = vm->devs; d; d = d->next) {
        rc = state_load_dev(d, b, err);
        if (rc)
            return rc;
    }
    rc = next_record(b, &type, &body, err);
    if (!rc && (type != REC_END || body.len))
        rc = err_set(err, -EINVAL,
                     "the stream has a device more than this "
                     "machine");
    return rc;
}
