/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/blkif-priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct xenif *xenif_of(struct blkif_queue *q)
{
    return q->b->bus.x;
}

/* ---- pages that stay mapped ---- */

static struct pgrant **bucket(struct blkif_queue *q, grant_ref_t ref)
{
    return &q->hash[(ref * 2654435761u) >> 24 & (PGRANT_HASH - 1)];
}

static void idle_add(struct blkif_queue *q, struct pgrant *g)
{
    g->next = NULL;
    g->prev = q->newest;
    *(q->newest ? &q->newest->next : &q->oldest) = g;
    q->newest = g;
}

static void idle_del(struct blkif_queue *q, struct pgrant *g)
{
    *(g->prev ? &g->prev->next : &q->oldest) = g->next;
    *(g->next ? &g->next->prev : &q->newest) = g->prev;
}

static void drop_oldest(struct blkif_queue *q)
{
    struct pgrant *g = q->oldest, **link = bucket(q, g->ref);

    while (*link != g)
        link = &(*link)->hash_next;
    *link = g->hash_next;
    idle_del(q, g);
    q->persistent--;
    xenif_of(q)->ops->gnt_unmap(xenif_of(q), g->addr, 1);
    free(g);
}

static struct pgrant *pgrant_get(struct blkif_queue *q, grant_ref_t ref)
{
    struct xenif *x = xenif_of(q);
    struct pgrant *g;

    for (g = *bucket(q, ref); g; g = g->hash_next)
        if (g->ref == ref) {
            if (!g->users++)
                idle_del(q, g);
            return g;
        }
    if (q->persistent == q->b->conf.persistent_max && q->oldest)
        drop_oldest(q);
    if (q->persistent == q->b->conf.persistent_max)
        return NULL;
    g = calloc(1, sizeof(*g));
    if (!g)
        return NULL;
    /* Whatever the request: the next one may read where this one writes. */
    if (x->ops->gnt_map(x, &ref, 1, true, &g->addr)) {
        free(g);
        return NULL;
    }
    g->ref = ref;
    g->users = 1;
    g->hash_next = *bucket(q, ref);
    *bucket(q, ref) = g;
    q->persistent++;
    return g;
}

static void pgrant_put(struct blkif_queue *q, struct pgrant *g)
{
    if (!--g->users)
        idle_add(q, g);
}

/* ---- buffers: aligned, for disks that bypass the page cache ---- */

static bool can_spare(const struct blkif_request *r)
{
    return r->len <= r->q->b->conf.copy_max;
}

static void *buffer_get(struct blkif_request *r)
{
    struct blkif_queue *q = r->q;
    void *buf;

    if (can_spare(r) && q->nspare)
        return q->spare[--q->nspare];
    return posix_memalign(&buf, XENIF_PAGE,
                          can_spare(r) ? q->b->conf.copy_max : r->len)
               ? NULL
               : buf;
}

static void buffer_put(struct blkif_request *r)
{
    if (can_spare(r) && r->q->nspare < SPARE_MAX)
        r->q->spare[r->q->nspare++] = r->buf;
    else
        free(r->buf);
}

void blkif_data_end(struct blkif_queue *q)
{
    while (q->oldest)
        drop_oldest(q);
    assert(!q->persistent); /* none was in use */
    while (q->nspare)
        free(q->spare[--q->nspare]);
}

/* Frontends reuse the grants of these pages as those of data. */
int blkif_data_table(struct blkif_queue *q, grant_ref_t ref, void *copy,
                     size_t len)
{
    struct xenif *x = xenif_of(q);
    struct pgrant *g = q->b->persistent ? pgrant_get(q, ref) : NULL;
    struct xenif_copy page = {.ref = ref, .len = (uint16_t)len, .local = copy};
    const volatile uint32_t *from;
    uint32_t word;
    int rc;

    if (!g) {
        rc = x->ops->gnt_copy(x, &page, 1);
        return rc || page.status == XENIF_GNTST_OKAY ? rc : -EFAULT;
    }
    from = g->addr;
    for (size_t at = 0; at < len; at += 4) { /* read once, as a ring is */
        word = *from++;
        memcpy((uint8_t *)copy + at, &word, 4);
    }
    pgrant_put(q, g);
    return 0;
}

/* ---- four ways ---- */

static bool take_persistent(struct blkif_request *r)
{
    unsigned i;

    for (i = 0; i < r->n; i++) {
        struct blkif_piece *p = &r->piece[i];

        p->pg = pgrant_get(r->q, p->ref);
        if (!p->pg)
            break;
        r->iov[i] = (struct iovec){(uint8_t *)p->pg->addr + p->off, p->len};
    }
    if (i == r->n) {
        r->how = DATA_PERSISTENT;
        return true;
    }
    while (i--)
        pgrant_put(r->q, r->piece[i].pg);
    return false;
}

static void drop(struct blkif_request *r, unsigned n)
{
    struct xenif *x = xenif_of(r->q);

    while (n--)
        x->ops->gnt_drop(x, &r->piece[n].page);
}

static bool take_held(struct blkif_request *r)
{
    struct xenif *x = xenif_of(r->q);

    for (unsigned i = 0; i < r->n; i++) {
        struct blkif_piece *p = &r->piece[i];

        if (x->ops->gnt_hold(x, p->ref, r->blk_op == BLK_READ, &p->page)) {
            drop(r, i);
            return false;
        }
        r->iov[i] = (struct iovec){(uint8_t *)p->page.addr + p->off, p->len};
    }
    r->how = DATA_HELD;
    return true;
}

static bool take_map(struct blkif_request *r)
{
    struct xenif *x = xenif_of(r->q);
    grant_ref_t refs[BLKIF_INDIRECT_MAX];

    for (unsigned i = 0; i < r->n; i++)
        refs[i] = r->piece[i].ref;
    if (x->ops->gnt_map(x, refs, r->n, r->blk_op == BLK_READ, &r->buf))
        return false;
    for (unsigned i = 0; i < r->n; i++)
        r->iov[i] =
            (struct iovec){(uint8_t *)r->buf + i * XENIF_PAGE + r->piece[i].off,
                           r->piece[i].len};
    r->how = DATA_MAP;
    return true;
}

static int copy(struct blkif_request *r)
{
    struct xenif *x = xenif_of(r->q);
    struct xenif_copy pieces[BLKIF_INDIRECT_MAX];
    uint8_t *at = r->buf;
    int rc;

    for (unsigned i = 0; i < r->n; i++) {
        const struct blkif_piece *p = &r->piece[i];

        pieces[i] = (struct xenif_copy){.to_guest = r->blk_op == BLK_READ,
                                        .ref = p->ref,
                                        .off = p->off,
                                        .len = p->len,
                                        .local = at};
        at += p->len;
    }
    rc = x->ops->gnt_copy(x, pieces, r->n);
    /* Each has its own: a later success hides no earlier failure. */
    for (unsigned i = 0; !rc && i < r->n; i++)
        if (pieces[i].status != XENIF_GNTST_OKAY)
            rc = -EFAULT;
    return rc;
}

static int take_copy(struct blkif_request *r)
{
    r->buf = buffer_get(r);
    if (!r->buf)
        return -ENOMEM;
    r->how = DATA_COPY;
    r->iov[0] = (struct iovec){r->buf, r->len};
    return r->blk_op == BLK_WRITE ? copy(r) : 0;
}

int blkif_data_take(struct blkif_request *r)
{
    struct blkif *b = r->q->b;

    r->counted = r->len;
    r->q->bytes += r->counted;
    if (b->persistent && take_persistent(r))
        return 0;
    if (b->bus.x->ops->gnt_hold && take_held(r))
        return 0;
    if (!b->persistent && r->len > b->conf.copy_max && take_map(r))
        return 0;
    /* Small, or it cannot be mapped: then at most a megabyte is copied. */
    return take_copy(r);
}

int blkif_data_give(struct blkif_request *r)
{
    return r->how == DATA_COPY && r->blk_op == BLK_READ ? copy(r) : 0;
}

void blkif_data_free(struct blkif_request *r)
{
    struct xenif *x = xenif_of(r->q);

    switch (r->how) {
    case DATA_NONE:
        break;
    case DATA_COPY:
        buffer_put(r);
        break;
    case DATA_MAP:
        x->ops->gnt_unmap(x, r->buf, r->n);
        break;
    case DATA_HELD:
        drop(r, r->n);
        break;
    case DATA_PERSISTENT:
        for (unsigned i = 0; i < r->n; i++)
            pgrant_put(r->q, r->piece[i].pg);
        break;
    }
    r->q->bytes -= r->counted;
    r->counted = 0;
    r->how = DATA_NONE;
}
