/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/qcow2-priv.h"

/* Clusters that hold tables: the guest's data is never there. */

bool qcow2_is_meta(const struct qcow2 *c, uint64_t cluster)
{
    return cluster / 64 < c->meta_n &&
           c->meta[cluster / 64] >> cluster % 64 & 1;
}

int qcow2_mark_meta(struct qcow2 *c, uint64_t cluster, bool on)
{
    uint64_t n = cluster / 64 + 1;

    if (n > c->meta_n && on) {
        uint64_t *more;

        n += n / 4;
        more = realloc(c->meta, n * sizeof(*more));
        if (!more)
            return -ENOMEM;
        memset(more + c->meta_n, 0, (n - c->meta_n) * sizeof(*more));
        c->meta = more;
        c->meta_n = n;
    }
    if (on)
        c->meta[cluster / 64] |= UINT64_C(1) << cluster % 64;
    else if (n <= c->meta_n)
        c->meta[cluster / 64] &= ~(UINT64_C(1) << cluster % 64);
    return 0;
}

/* Counts, of 1 to 64 bits. */

uint64_t qcow2_ref_max(const struct qcow2 *c)
{
    return UINT64_MAX >> (64 - (1u << c->refcount_order));
}

uint64_t qcow2_ref_at(const struct qcow2 *c, const void *block, uint64_t i)
{
    unsigned bits = 1u << c->refcount_order;
    const uint8_t *p = (const uint8_t *)block + i * bits / 8;
    uint64_t v = 0;

    if (bits < 8)
        return *p >> i * bits % 8 & ((1u << bits) - 1);
    for (unsigned b = 0; b < bits / 8; b++)
        v = v << 8 | p[b];
    return v;
}

static void ref_put(const struct qcow2 *c, struct qcow2_table *t, uint64_t i,
                    uint64_t v)
{
    unsigned bits = 1u << c->refcount_order;
    uint8_t *p = t->data + i * bits / 8;
    unsigned shift = i * bits % 8;

    if (bits < 8) {
        *p = (*p & ~(((1u << bits) - 1) << shift)) | v << shift;
        return;
    }
    for (unsigned b = bits / 8; b--; v >>= 8)
        p[b] = v;
}

static uint64_t in_block(const struct qcow2 *c, uint64_t cluster)
{
    return cluster & ((UINT64_C(1) << c->rb_bits) - 1);
}

int qcow2_ref_get(struct qcow2 *c, struct blk_queue *s, uint64_t cluster,
                  uint64_t *count)
{
    uint64_t i = cluster >> c->rb_bits;
    struct qcow2_table *t;
    int rc;

    *count = 0;
    if (i >= c->rt.n || !c->rt.slots[i].entry)
        return 0;
    rc = qcow2_table_get(c, s, &c->rt, i, &t);
    if (!rc)
        *count = qcow2_ref_at(c, t->data, in_block(c, cluster));
    return rc;
}

int qcow2_ref_set(struct qcow2 *c, struct blk_queue *s, uint64_t cluster,
                  uint64_t count)
{
    uint64_t i = in_block(c, cluster);
    uint32_t bits = 1u << c->refcount_order, byte = i * bits / 8;
    struct qcow2_table *t;
    int rc = qcow2_table_get(c, s, &c->rt, cluster >> c->rb_bits, &t);

    if (rc < 0)
        return rc;
    ref_put(c, t, i, count);
    qcow2_table_dirty(&c->rt, t, byte, bits < 8 ? 1 : bits / 8);
    return 0;
}

/* A larger refcount table, in clusters that only it knows: behind all that
 * the old one could count. Written at once, as nothing refers to it yet. */
static int grow_table(struct qcow2 *c, struct blk_queue *s)
{
    uint64_t first = (uint64_t)c->rt.n << c->rb_bits;
    uint64_t per = UINT64_C(1) << c->rb_bits;
    uint64_t bytes = ((uint64_t)c->rt.n + c->rt.n / 2 + 1) * 8;
    uint64_t clusters = qcow2_clusters(c, bytes), blocks = 1;
    uint64_t old = c->rt.off, old_n = c->rt.n, off, n;
    struct qcow2_slot *slots;
    struct qcow2_table *t;
    uint8_t *buf;
    int rc;

    while (blocks * per < blocks + clusters)
        blocks++;
    n = clusters * c->cluster_size / 8;
    off = (first + blocks) << c->cluster_bits;
    if (clusters * c->cluster_size > MAX_REFCOUNT_TABLE_BYTES ||
        n < old_n + blocks || first + blocks + clusters > MAX_CLUSTERS)
        return -EFBIG;
    rc = qcow2_grow(c, (first + blocks + clusters) << c->cluster_bits);
    if (!rc) /* what the old table says must be there for a failure */
        rc = qcow2_commit(c, s);
    if (rc < 0)
        return rc;
    slots = calloc(n, sizeof(*slots));
    buf = calloc(clusters, c->cluster_size);
    if (!slots || !buf) {
        free(slots);
        free(buf);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < old_n; i++) {
        slots[i] = c->rt.slots[i];
        if (slots[i].table)
            slots[i].table->slot = &slots[i];
    }
    free(c->rt.slots);
    c->rt.slots = slots;
    c->rt.n = n;
    for (uint64_t i = 0; !rc && i < blocks; i++) {
        rc = qcow2_table_new(c, s, &c->rt, old_n + i,
                             (first + i) << c->cluster_bits, 0, &t);
    }
    for (uint64_t i = 0; !rc && i < blocks + clusters; i++)
        rc = qcow2_ref_set(c, s, first + i, 1);
    for (uint64_t i = 0; !rc && i < clusters; i++)
        rc = qcow2_mark_meta(c, first + blocks + i, true);
    /* the new table is a copy of all slots: nothing of the old is dirty */
    c->rt.lo = c->rt.hi = 0;
    for (uint32_t i = 0; i < n; i++)
        be_put64(buf + i * UINT64_C(8), slots[i].entry);
    for (struct qcow2_table *b = c->rt.lru.next; !rc && b != &c->rt.lru;
         b = b->next) {
        if (b->lo < b->hi)
            rc = qcow2_sync(s, BLK_WRITE, b->off, b->data, c->cluster_size);
    }
    if (!rc)
        rc = qcow2_sync(s, BLK_WRITE, off, buf, clusters * c->cluster_size);
    if (!rc)
        rc = qcow2_sync(s, BLK_FLUSH, 0, NULL, 0);
    free(buf);
    if (!rc) {
        c->rt.off = off;
        be_put64(c->head + HDR_REFCOUNT_TABLE_OFFSET, off);
        be_put32(c->head + HDR_REFCOUNT_TABLE_CLUSTERS, clusters);
        rc = qcow2_write_head(c, s);
    }
    if (!rc)
        rc = qcow2_sync(s, BLK_FLUSH, 0, NULL, 0);
    if (rc < 0) {
        /* The file is as it was, and what is in memory is not: the end. */
        return qcow2_corrupt(c, "its refcount table cannot be made larger: %s",
                             strerror(-rc));
    }
    if (c->fresh < first + blocks + clusters)
        c->fresh = first + blocks + clusters;
    for (uint64_t i = 0; i < qcow2_clusters(c, old_n * 8); i++)
        qcow2_free_later(c, old + (i << c->cluster_bits));
    return 0;
}

/* The block that counts cluster, in that cluster itself. */
static int new_block(struct qcow2 *c, struct blk_queue *s, uint64_t cluster)
{
    uint64_t off = cluster << c->cluster_bits;
    struct qcow2_table *t;
    int rc = qcow2_grow(c, off + c->cluster_size);

    if (!rc)
        rc = qcow2_table_new(c, s, &c->rt, cluster >> c->rb_bits, off, 0, &t);
    if (!rc) {
        ref_put(c, t, in_block(c, cluster), 1);
        if (c->fresh <= cluster)
            c->fresh = cluster + 1;
    }
    return rc;
}

/* 1: it is free. 0: it is not, or not any more. */
static int try_cluster(struct qcow2 *c, struct blk_queue *s, uint64_t cluster)
{
    uint64_t i = cluster >> c->rb_bits, count;
    int rc;

    if (cluster >= MAX_CLUSTERS)
        return -EFBIG;
    if (i >= c->rt.n) {
        rc = grow_table(c, s);
        return rc;
    }
    rc = qcow2_ref_get(c, s, cluster, &count);
    if (rc < 0 || count)
        return rc;
    if (qcow2_is_meta(c, cluster) || !cluster) {
        return qcow2_corrupt(c, "the table at offset 0x%llx counts as free",
                             (unsigned long long)cluster << c->cluster_bits);
    }
    if (!c->rt.slots[i].entry)
        return new_block(c, s, cluster);
    return 1;
}

int qcow2_alloc(struct qcow2 *c, struct blk_queue *s, uint64_t *off,
                uint64_t *n, bool *fresh)
{
    uint64_t first = c->hint, got = 0;
    int rc;

    if (atomic_load(&c->corrupt))
        return -EIO;
    while (!(rc = try_cluster(c, s, first)))
        first++;
    while (rc > 0 && got < *n) {
        rc = qcow2_ref_set(c, s, first + got, 1);
        if (rc < 0)
            break;
        if (++got < *n)
            rc = try_cluster(c, s, first + got);
        else
            rc = 1;
    }
    if (!got)
        return rc;
    rc = qcow2_grow(c, (first + got) << c->cluster_bits);
    if (rc < 0) {
        qcow2_unalloc(c, s, first << c->cluster_bits, got);
        return rc;
    }
    c->hint = first + got;
    *fresh = first >= c->fresh;
    if (c->fresh < first + got)
        c->fresh = first + got;
    *off = first << c->cluster_bits;
    *n = got;
    return 0;
}

/* Counts one down; 1: nobody has it now. */
static int ref_dec(struct qcow2 *c, struct blk_queue *s, uint64_t cluster)
{
    uint64_t count;
    int rc = qcow2_ref_get(c, s, cluster, &count);

    if (rc < 0)
        return rc;
    if (!count) {
        return qcow2_corrupt(c,
                             "the cluster at offset 0x%llx, in use, counts "
                             "as free",
                             (unsigned long long)cluster << c->cluster_bits);
    }
    rc = qcow2_ref_set(c, s, cluster, count - 1);
    if (rc < 0 || count > 1)
        return rc;
    qcow2_mark_meta(c, cluster, false);
    if (cluster < c->hint)
        c->hint = cluster;
    if (cluster == c->packed >> c->cluster_bits)
        c->packed = 0;
    return 1;
}

void qcow2_unalloc(struct qcow2 *c, struct blk_queue *s, uint64_t off,
                   uint64_t n)
{
    uint64_t first = off >> c->cluster_bits;

    /* a failure leaks */
    for (uint64_t i = 0; i < n && ref_dec(c, s, first + i) >= 0; i++)
        ;
}

void qcow2_free_later(struct qcow2 *c, uint64_t off)
{
    if (c->nfrees == c->max_frees) {
        size_t max = c->max_frees ? c->max_frees * 2 : 64;
        uint64_t *more = realloc(c->frees, max * sizeof(*more));

        if (!more)
            return;
        c->frees = more;
        c->max_frees = max;
    }
    c->frees[c->nfrees++] = off >> c->cluster_bits;
}

/* Gives room back to the host; it is but a hint. */
static void punch(struct qcow2 *c, struct blk_queue *s, uint64_t first,
                  uint64_t n)
{
    uint64_t off = first << c->cluster_bits;

    if (n && off + (n << c->cluster_bits) <= atomic_load(&c->file->size))
        qcow2_sync(s, BLK_DISCARD, off, NULL, n << c->cluster_bits);
}

int qcow2_apply_frees(struct qcow2 *c, struct blk_queue *s)
{
    uint64_t first = 0, n = 0;
    int rc = 0;

    for (size_t i = 0; i < c->nfrees && rc >= 0; i++) {
        uint64_t cluster = c->frees[i];

        rc = ref_dec(c, s, cluster);
        if (rc <= 0)
            continue;
        if (cluster != first + n) {
            punch(c, s, first, n);
            first = cluster;
            n = 0;
        }
        n++;
    }
    punch(c, s, first, n);
    c->nfrees = 0; /* after a failure the rest leaks */
    return rc < 0 ? rc : 0;
}
