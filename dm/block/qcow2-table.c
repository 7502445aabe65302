/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/qcow2-priv.h"

#define GROW (UINT64_C(1) << 20) /* the file is made longer by so much */
#define SECTOR 4096u             /* tables are written in these units */

struct sync_req {
    struct blk_req req;
    int rc;
};

static void sync_done(struct blk_req *req, int rc)
{
    ((struct sync_req *)req)->rc = rc;
}

int qcow2_sync(struct blk_queue *s, enum blk_op op, uint64_t off, void *buf,
               uint64_t len)
{
    struct iovec iov = {buf, len};
    struct sync_req r = {.req = {.op = op,
                                 .off = off,
                                 .len = len,
                                 .iov = &iov,
                                 .iovcnt = buf ? 1 : 0,
                                 .done = sync_done}};

    blk_submit(s, &r.req);
    blk_drain(s);
    return r.rc;
}

int qcow2_read(struct blk_queue *s, uint64_t off, void *buf, uint64_t len)
{
    uint64_t size = atomic_load(&s->blk->size);
    uint64_t there = off >= size ? 0 : size - off < len ? size - off : len;

    memset((char *)buf + there, 0, len - there);
    return there ? qcow2_sync(s, BLK_READ, off, buf, there) : 0;
}

int qcow2_write_head(struct qcow2 *c, struct blk_queue *s)
{
    return qcow2_sync(s, BLK_WRITE, 0, c->head, sizeof(c->head));
}

int qcow2_grow(struct qcow2 *c, uint64_t end)
{
    struct blk *file = c->file;
    int rc;

    if (end <= atomic_load(&file->size))
        return 0;
    end = (end + GROW - 1) & ~(GROW - 1);
    if (c->cluster_size > GROW)
        end = qcow2_clusters(c, end) << c->cluster_bits;
    if (!file->ops->resize)
        return -ENOSPC;
    rc = file->ops->resize(file, end);
    if (!rc) {
        atomic_store(&file->size, end);
        c->grown = true;
    }
    return rc;
}

int qcow2_corrupt(struct qcow2 *c, const char *fmt, ...)
{
    char text[200];
    va_list ap;

    if (atomic_exchange(&c->corrupt, true) && !c->blk.readonly)
        return -EIO;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    log_guest(&c->quota, "blk", "%s: corrupt image%s: %s", c->blk.filename,
              c->blk.readonly ? "" : ", not written to any more", text);
    return -EIO;
}

/* Tables. */

static bool is_dirty(const struct qcow2_table *t)
{
    return t->lo < t->hi;
}

static void unlink_table(struct qcow2_table *t)
{
    t->prev->next = t->next;
    t->next->prev = t->prev;
}

static void use_table(struct qcow2_dir *d, struct qcow2_table *t)
{
    t->next = &d->lru;
    t->prev = d->lru.prev;
    t->prev->next = t;
    d->lru.prev = t;
}

void qcow2_table_dirty(struct qcow2_dir *d, struct qcow2_table *t,
                       uint32_t byte, uint32_t len)
{
    if (!is_dirty(t)) {
        t->lo = byte;
        t->hi = byte + len;
    } else {
        t->lo = t->lo < byte ? t->lo : byte;
        t->hi = t->hi > byte + len ? t->hi : byte + len;
    }
    d->any_dirty = true;
}

static int write_table(struct qcow2 *c, struct blk_queue *s,
                       struct qcow2_table *t)
{
    uint32_t unit = c->cluster_size < SECTOR ? c->cluster_size : SECTOR;
    uint32_t lo = t->lo & ~(unit - 1), hi = (t->hi + unit - 1) & ~(unit - 1);
    int rc;

    if (!is_dirty(t))
        return 0;
    rc = qcow2_grow(c, t->off + c->cluster_size);
    if (!rc)
        rc = qcow2_sync(s, BLK_WRITE, t->off + lo, t->data + lo, hi - lo);
    if (!rc)
        t->lo = t->hi = 0;
    return rc;
}

static int write_tables(struct qcow2 *c, struct blk_queue *s,
                        struct qcow2_dir *d)
{
    int rc = 0;

    if (!d->any_dirty)
        return 0;
    for (struct qcow2_table *t = d->lru.next; !rc && t != &d->lru; t = t->next)
        rc = write_table(c, s, t);
    d->any_dirty = rc < 0;
    return rc;
}

static void drop_table(struct qcow2_dir *d, struct qcow2_table *t)
{
    unlink_table(t);
    t->slot->table = NULL;
    d->loaded--;
    free(t);
}

/* Room for one more. */
static int evict(struct qcow2 *c, struct blk_queue *s, struct qcow2_dir *d)
{
    struct qcow2_table *t = d->lru.next;
    int rc = 0;

    if (d->loaded < c->max_tables)
        return 0;
    if (is_dirty(t))
        rc = d == &c->rt ? write_table(c, s, t) : qcow2_commit(c, s);
    if (!rc)
        drop_table(d, t);
    return rc;
}

static int add_table(struct qcow2 *c, struct blk_queue *s, struct qcow2_dir *d,
                     uint32_t i, uint64_t off, struct qcow2_table **out)
{
    struct qcow2_table *t;
    int rc = evict(c, s, d);

    if (rc < 0)
        return rc;
    t = calloc(1, sizeof(*t) + c->cluster_size);
    if (!t)
        return -ENOMEM;
    t->off = off;
    t->slot = &d->slots[i];
    t->slot->table = t;
    use_table(d, t);
    d->loaded++;
    *out = t;
    return 0;
}

int qcow2_table_get(struct qcow2 *c, struct blk_queue *s, struct qcow2_dir *d,
                    uint32_t i, struct qcow2_table **out)
{
    struct qcow2_table *t = d->slots[i].table;
    int rc;

    if (t) {
        unlink_table(t);
        use_table(d, t);
        *out = t;
        return 0;
    }
    rc = add_table(c, s, d, i, d->slots[i].entry & ENTRY_OFFSET, &t);
    if (rc < 0)
        return rc;
    rc = qcow2_read(s, t->off, t->data, c->cluster_size);
    if (rc < 0) {
        drop_table(d, t);
        return rc;
    }
    *out = t;
    return 0;
}

int qcow2_table_new(struct qcow2 *c, struct blk_queue *s, struct qcow2_dir *d,
                    uint32_t i, uint64_t off, uint64_t flags,
                    struct qcow2_table **out)
{
    struct qcow2_table *t;
    int rc;

    rc = qcow2_mark_meta(c, off >> c->cluster_bits, true);
    if (!rc)
        rc = add_table(c, s, d, i, off, &t);
    if (rc < 0)
        return rc;
    qcow2_table_dirty(d, t, 0, c->cluster_size);
    qcow2_dir_set(d, i, off | flags);
    *out = t;
    return 0;
}

/* Directories. */

int qcow2_dir_init(struct qcow2_dir *d, const char *what, uint64_t off,
                   uint32_t n)
{
    d->what = what;
    d->off = off;
    d->n = n;
    d->lru.prev = d->lru.next = &d->lru;
    d->slots = calloc(n, sizeof(*d->slots));
    return d->slots ? 0 : -ENOMEM;
}

void qcow2_dir_set(struct qcow2_dir *d, uint32_t i, uint64_t entry)
{
    d->slots[i].entry = entry;
    if (d->lo >= d->hi) {
        d->lo = i;
        d->hi = i + 1;
    } else {
        d->lo = d->lo < i ? d->lo : i;
        d->hi = d->hi > i + 1 ? d->hi : i + 1;
    }
}

int qcow2_dir_read(struct blk_queue *s, struct qcow2_dir *d)
{
    uint64_t len = (d->n * UINT64_C(8) + 511) & ~UINT64_C(511);
    uint8_t *buf = malloc(len);
    int rc = buf ? qcow2_read(s, d->off, buf, len) : -ENOMEM;

    for (uint32_t i = 0; !rc && i < d->n; i++)
        d->slots[i].entry = be_get64(buf + i * 8);
    free(buf);
    return rc;
}

void qcow2_dir_free(struct qcow2_dir *d)
{
    while (d->slots && d->lru.next != &d->lru)
        drop_table(d, d->lru.next);
    free(d->slots);
    d->slots = NULL;
}

/* The sectors of the dirty slots. */
static int write_dir(struct blk_queue *s, struct qcow2_dir *d)
{
    uint64_t lo = d->lo & ~UINT32_C(63), hi = (d->hi + UINT64_C(63)) & ~63u;
    uint8_t *buf;
    int rc;

    if (d->lo >= d->hi)
        return 0;
    buf = calloc(hi - lo, 8);
    if (!buf)
        return -ENOMEM;
    for (uint64_t i = lo; i < hi && i < d->n; i++)
        be_put64(buf + (i - lo) * 8, d->slots[i].entry);
    rc = qcow2_sync(s, BLK_WRITE, d->off + lo * 8, buf, (hi - lo) * 8);
    if (!rc)
        d->lo = d->hi = 0;
    free(buf);
    return rc;
}

static bool dir_dirty(const struct qcow2_dir *d)
{
    return d->any_dirty || d->lo < d->hi;
}

bool qcow2_is_dirty(const struct qcow2 *c)
{
    return dir_dirty(&c->l1) || dir_dirty(&c->rt) || c->nfrees;
}

static int flush(struct blk_queue *s)
{
    return qcow2_sync(s, BLK_FLUSH, 0, NULL, 0);
}

static int write_both(struct qcow2 *c, struct blk_queue *s, struct qcow2_dir *d)
{
    int rc = write_tables(c, s, d);

    if (!rc && d->lo < d->hi) {
        rc = flush(s);
        if (!rc)
            rc = write_dir(s, d);
    }
    return rc;
}

int qcow2_commit(struct qcow2 *c, struct blk_queue *s)
{
    int rc;

    if (atomic_load(&c->corrupt))
        return -EIO;
    rc = write_both(c, s, &c->rt);
    if (!rc && dir_dirty(&c->l1)) {
        /* also: data is there before its name is */
        rc = flush(s);
        if (!rc)
            rc = write_both(c, s, &c->l1);
    }
    if (!rc && c->nfrees) {
        rc = flush(s);
        if (!rc)
            rc = qcow2_apply_frees(c, s);
    }
    if (!rc)
        qcow2_journal_reset(c);
    return rc;
}
