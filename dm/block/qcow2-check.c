/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts who uses each cluster of the file, and compares with what the
 * refcounts say. Too high a count is a leak, too low a one is how images get
 * corrupt: something in use is taken for free.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/qcow2-priv.h"

#define MAX_TOLD 100

struct check {
    struct qcow2 *c;
    struct qcow2_result *r;
    void (*tell)(void *opaque, const char *line);
    void *opaque;
    unsigned told;
    uint16_t *refs; /* counted, at most UINT16_MAX */
    uint64_t n;
    uint8_t *table; /* one L2 table */
};

static void tell(struct check *k, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void tell(struct check *k, const char *fmt, ...)
{
    char line[200];
    va_list ap;

    if (!k->tell || k->told++ >= MAX_TOLD)
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    k->tell(k->opaque, line);
}

static void corruption(struct check *k, const char *what, uint64_t at,
                       const char *why)
{
    k->r->corruptions++;
    tell(k, "corrupt: the %s at offset 0x%llx %s", what, (unsigned long long)at,
         why);
}

static int extend(struct check *k, uint64_t n)
{
    uint16_t *refs;

    if (n <= k->n)
        return 0;
    refs = realloc(k->refs, n * sizeof(*refs));
    if (!refs)
        return -ENOMEM;
    memset(refs + k->n, 0, (n - k->n) * sizeof(*refs));
    k->refs = refs;
    k->n = n;
    return 0;
}

/* All callers know that it is in the file. */
static void count(struct check *k, uint64_t off, uint64_t len)
{
    unsigned bits = k->c->cluster_bits;

    for (uint64_t i = off >> bits; len && i <= (off + len - 1) >> bits; i++) {
        if (k->refs[i] < UINT16_MAX)
            k->refs[i]++;
        if (k->r->end < (i + 1) << bits)
            k->r->end = (i + 1) << bits;
    }
}

static void count_entry(struct check *k, uint64_t entry, uint64_t at,
                        bool active)
{
    const char *bad = qcow2_bad_entry(k->c, entry);
    uint64_t off = entry & ENTRY_OFFSET;
    uint32_t len = k->c->cluster_size;

    if (bad) {
        corruption(k, "L2 entry", at, bad);
        return;
    }
    if (entry & L2_COMPRESSED)
        qcow2_packed_at(k->c, entry, &off, &len);
    else if (!off)
        return;
    count(k, off, len);
    k->r->allocated += active;
}

static int read_l2(struct check *k, uint64_t off)
{
    return qcow2_read(k->c->s, off, k->table, k->c->cluster_size);
}

static int count_l1(struct check *k, uint64_t off, uint32_t n, bool active)
{
    struct qcow2_dir d = {0};
    int rc;

    if (!n)
        return 0;
    rc = qcow2_dir_init(&d, "", off, n);
    if (rc < 0)
        return rc;
    count(k, off, n * UINT64_C(8));
    rc = qcow2_dir_read(k->c->s, &d);
    for (uint32_t i = 0; !rc && i < n; i++) {
        const char *bad = qcow2_bad_l1(k->c, d.slots[i].entry);
        uint64_t l2 = d.slots[i].entry & ENTRY_OFFSET;

        if (bad)
            corruption(k, "L1 entry", off + i * UINT64_C(8), bad);
        if (bad || !l2)
            continue;
        count(k, l2, k->c->cluster_size);
        rc = read_l2(k, l2);
        for (uint32_t j = 0; !rc && j < k->c->cluster_size / 8; j++)
            count_entry(k, be_get64(k->table + j * 8), l2 + j * 8, active);
    }
    qcow2_dir_free(&d);
    return rc;
}

/* An entry may say that its cluster is its own only where that is so. */
static int check_copied(struct check *k)
{
    struct qcow2 *c = k->c;
    int rc = 0;

    for (uint32_t i = 0; !rc && i < c->l1.n; i++) {
        uint64_t entry = c->l1.slots[i].entry, l2 = entry & ENTRY_OFFSET;

        if (!l2 || qcow2_bad_l1(c, entry))
            continue;
        if (entry & ENTRY_COPIED && k->refs[l2 >> c->cluster_bits] > 1)
            corruption(k, "L2 table", l2, "is in use twice and said not to be");
        rc = read_l2(k, l2);
        for (uint32_t j = 0; !rc && j < c->cluster_size / 8; j++) {
            uint64_t e = be_get64(k->table + j * 8), off = e & ENTRY_OFFSET;

            if (!qcow2_bad_entry(c, e) && e & ENTRY_COPIED &&
                k->refs[off >> c->cluster_bits] > 1)
                corruption(k, "cluster", off,
                           "is in use twice and said not to be");
        }
    }
    return rc;
}

static int count_all(struct check *k)
{
    struct qcow2 *c = k->c;
    int rc;

    count(k, 0, c->cluster_size);
    count(k, c->rt.off, c->rt.n * UINT64_C(8));
    for (uint32_t i = 0; i < c->rt.n; i++) {
        if (c->rt.slots[i].entry)
            count(k, c->rt.slots[i].entry, c->cluster_size);
    }
    count(k, c->snapshots_off, c->snapshots_len);
    rc = count_l1(k, c->l1.off, c->l1.n, true);
    for (uint32_t i = 0; !rc && i < c->nsnapshots; i++) {
        rc = count_l1(k, c->snapshots[i].l1_off, c->snapshots[i].l1_n, false);
    }
    return rc ? rc : check_copied(k);
}

/* A refcount block where there is none: in a cluster that it counts itself if
 * one is free, else at the end of the file. */
static int make_block(struct check *k, uint64_t i)
{
    struct qcow2 *c = k->c;
    uint64_t first = i << c->rb_bits, at = first, off;
    uint64_t last = first + (UINT64_C(1) << c->rb_bits);
    struct qcow2_table *t;
    int rc;

    while (at < last && at < k->n && k->refs[at])
        at++;
    if (at == last)
        at = k->n;
    if (at >> c->rb_bits >= c->rt.n)
        return -EFBIG;
    rc = extend(k, at + 1);
    if (!rc && at >> c->rb_bits != i && !c->rt.slots[at >> c->rb_bits].entry) {
        rc = make_block(k, at >> c->rb_bits);
        return rc ? rc : make_block(k, i);
    }
    off = at << c->cluster_bits;
    if (!rc)
        rc = qcow2_grow(c, off + c->cluster_size);
    if (!rc)
        rc = qcow2_table_new(c, c->s, &c->rt, i, off, 0, &t);
    if (rc < 0)
        return rc;
    k->refs[at] = 1;
    if (c->fresh <= at)
        c->fresh = at + 1;
    return 0;
}

static int set_count(struct check *k, uint64_t i)
{
    uint64_t block = i >> k->c->rb_bits;
    int rc = 0;

    if (block >= k->c->rt.n)
        return -EFBIG;
    if (!k->c->rt.slots[block].entry)
        rc = make_block(k, block);
    return rc ? rc : qcow2_ref_set(k->c, k->c->s, i, k->refs[i]);
}

static int compare(struct check *k, enum qcow2_repair repair)
{
    struct qcow2 *c = k->c;
    int rc = 0;

    /* blocks that are made on the way are counted before or after */
    for (uint64_t i = 0; !rc && i < k->n; i++) {
        unsigned long long off = (unsigned long long)i << c->cluster_bits;
        uint64_t said;

        rc = qcow2_ref_get(c, c->s, i, &said);
        if (rc < 0 || said == k->refs[i])
            continue;
        if (said > k->refs[i]) {
            k->r->leaks++;
            tell(k,
                 "leaked: the cluster at offset 0x%llx counts %llu users, "
                 "and has %u",
                 off, (unsigned long long)said, k->refs[i]);
            if (repair >= QCOW2_FIX_LEAKS && !(rc = set_count(k, i)))
                k->r->leaks_fixed++;
        } else {
            k->r->corruptions++;
            tell(k,
                 "corrupt: the cluster at offset 0x%llx counts %llu users, "
                 "and has %u",
                 off, (unsigned long long)said, k->refs[i]);
            if (repair >= QCOW2_FIX_ALL && k->refs[i] <= qcow2_ref_max(c) &&
                !(rc = set_count(k, i)))
                k->r->corruptions_fixed++;
        }
    }
    /* what a block that was made late is itself counted by */
    for (uint64_t i = 0; !rc && repair >= QCOW2_FIX_ALL && i < k->n; i++) {
        uint64_t said;

        rc = qcow2_ref_get(c, c->s, i, &said);
        if (!rc && said < k->refs[i] && k->refs[i] <= qcow2_ref_max(c))
            rc = set_count(k, i);
    }
    return rc;
}

static int check(struct check *k, enum qcow2_repair repair)
{
    struct qcow2 *c = k->c;
    int rc = extend(k, qcow2_end(c));

    k->table = malloc(c->cluster_size);
    if (!k->table)
        rc = -ENOMEM;
    if (!rc)
        rc = count_all(k);
    if (!rc)
        rc = compare(k, repair);
    if (!rc && repair != QCOW2_CHECK)
        rc = qcow2_commit(c, c->s);
    if (!rc && repair != QCOW2_CHECK)
        rc = qcow2_sync(c->s, BLK_FLUSH, 0, NULL, 0);
    k->r->total = qcow2_clusters(c, atomic_load(&c->blk.size));
    free(k->refs);
    free(k->table);
    return rc;
}

int qcow2_check(struct blk *blk, enum qcow2_repair repair,
                struct qcow2_result *r,
                void (*fn)(void *opaque, const char *line), void *opaque)
{
    struct qcow2 *c = (struct qcow2 *)blk;
    struct check k = {.c = c, .r = r, .tell = fn, .opaque = opaque};
    int rc;

    memset(r, 0, sizeof(*r));
    if (c->has_bitmaps)
        return -ENOTSUP;
    pthread_mutex_lock(&c->lock);
    /* what was let go of is not yet counted down */
    rc = qcow2_is_dirty(c) ? qcow2_commit(c, c->s) : 0;
    if (!rc)
        rc = check(&k, repair);
    pthread_mutex_unlock(&c->lock);
    return rc;
}

int qcow2_rebuild(struct qcow2 *c, struct cfg_err *err)
{
    struct qcow2_result r = {0};
    struct check k = {.c = c, .r = &r};
    int rc = check(&k, QCOW2_FIX_ALL);

    if (!rc && r.corruptions > r.corruptions_fixed) {
        return err_set(err, -EINVAL,
                       "%s: was not closed, and is corrupt: see hvmd-img "
                       "check with readonly=on",
                       c->blk.filename);
    }
    if (!rc) {
        c->incompatible &= ~INCOMPAT_DIRTY;
        be_put64(c->head + HDR_INCOMPATIBLE, c->incompatible);
        rc = qcow2_write_head(c, c->s);
    }
    return rc < 0 ? err_set(err, rc, "%s: repairing its refcounts: %s",
                            c->blk.filename, strerror(-rc))
                  : 0;
}
