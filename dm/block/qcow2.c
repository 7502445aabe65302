/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qcow2 images: opening one. All that the file says is checked here before
 * anything is written, but for L2 tables and refcount blocks: entries of those
 * are checked when they are used.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/qcow2-priv.h"
#include "dm/machine.h"
#include "dm/options.h"

#define NAME(c) ((c)->blk.filename)

/* Is [off, off + len) in the file, from the start of a cluster on? */
static int check_place(const struct qcow2 *c, const char *what, uint64_t off,
                       uint64_t len, struct cfg_err *err)
{
    uint64_t end = qcow2_end(c);
    const char *why = NULL;

    if (qcow2_in_cluster(c, off))
        why = "is not at the start of a cluster";
    else if (!off || qcow2_clusters(c, len) > end ||
             off >> c->cluster_bits > end - qcow2_clusters(c, len))
        why = "is not within the file: truncated?";
    if (!why)
        return 0;
    return err_set(err, -EINVAL, "%s: corrupt: the %s at offset 0x%llx %s",
                   NAME(c), what, (unsigned long long)off, why);
}

/* The two directories. */

static int open_l1(struct qcow2 *c, uint64_t off, uint32_t n,
                   struct cfg_err *err)
{
    uint64_t need =
        ((atomic_load(&c->blk.size) - 1) >> (c->cluster_bits + c->l2_bits)) + 1;
    int rc;

    if (n > MAX_L1_BYTES / 8 || n < need) {
        return err_set(err, -EINVAL,
                       "%s: corrupt: an L1 table of %u entries (offset %d), "
                       "expected %llu",
                       NAME(c), n, HDR_L1_SIZE, (unsigned long long)need);
    }
    rc = check_place(c, "L1 table", off, n * UINT64_C(8), err);
    if (rc < 0)
        return rc;
    if (qcow2_dir_init(&c->l1, "L2 table", off, n) < 0)
        return qcow2_no_memory(err);
    rc = qcow2_dir_read(c->s, &c->l1);
    if (rc < 0)
        return qcow2_cannot_read(c, rc, off, err);
    for (uint32_t i = 0; i < n; i++) {
        const char *bad = qcow2_bad_l1(c, c->l1.slots[i].entry);

        if (bad) {
            return err_set(
                err, -EINVAL, "%s: corrupt: the L1 entry at offset 0x%llx %s",
                NAME(c), (unsigned long long)off + i * UINT64_C(8), bad);
        }
    }
    return 0;
}

static int open_refcounts(struct qcow2 *c, struct cfg_err *err)
{
    uint64_t off = be_get64(c->head + HDR_REFCOUNT_TABLE_OFFSET);
    uint64_t n = be_get32(c->head + HDR_REFCOUNT_TABLE_CLUSTERS);
    int rc;

    if (!n || n << c->cluster_bits > MAX_REFCOUNT_TABLE_BYTES) {
        return err_set(err, -EINVAL,
                       "%s: corrupt: a refcount table of %llu clusters (offset "
                       "%d)",
                       NAME(c), (unsigned long long)n,
                       HDR_REFCOUNT_TABLE_CLUSTERS);
    }
    n <<= c->cluster_bits - 3;
    rc = check_place(c, "refcount table", off, n * 8, err);
    if (rc < 0)
        return rc;
    if (qcow2_dir_init(&c->rt, "refcount block", off, n) < 0)
        return qcow2_no_memory(err);
    rc = qcow2_dir_read(c->s, &c->rt);
    return rc < 0 ? qcow2_cannot_read(c, rc, off, err) : 0;
}

/* Snapshots. */

static char *read_string(struct qcow2 *c, uint64_t off, uint32_t len,
                         struct cfg_err *err)
{
    char *s = calloc(1, len + 1);

    if (s && qcow2_read_bytes(c, off, s, len, err) < 0) {
        free(s);
        s = NULL;
    }
    return s;
}

/* One entry of the table; returns its length, or -errno. */
static int64_t read_snapshot(struct qcow2 *c, uint32_t i, uint64_t off,
                             struct cfg_err *err)
{
    struct qcow2_snapshot *s = &c->snapshots[i];
    struct qcow2_snapshot_info *info = &c->infos[i];
    uint8_t h[40], extra[16] = {0};
    uint32_t extra_len, id_len, name_len;
    int rc = qcow2_read_bytes(c, off, h, sizeof(h), err);

    if (rc < 0)
        return rc;
    s->l1_off = be_get64(h);
    s->l1_n = be_get32(h + 8);
    id_len = h[12] << 8 | h[13];
    name_len = h[14] << 8 | h[15];
    info->date_s = be_get32(h + 16);
    info->clock_ns = be_get64(h + 24);
    info->vm_state_size = be_get32(h + 32);
    extra_len = be_get32(h + 36);
    if (extra_len > 1024) {
        return err_set(err, -EINVAL,
                       "%s: corrupt: the snapshot at offset 0x%llx has %u "
                       "bytes of extra data",
                       NAME(c), (unsigned long long)off, extra_len);
    }
    rc = qcow2_read_bytes(c, off + 40, extra, extra_len < 16 ? extra_len : 16,
                          err);
    if (rc < 0)
        return rc;
    if (extra_len >= 8)
        info->vm_state_size = be_get64(extra);
    info->size = extra_len >= 16 ? be_get64(extra + 8) : c->blk.size;
    s->id = read_string(c, off + 40 + extra_len, id_len, err);
    s->name = read_string(c, off + 40 + extra_len + id_len, name_len, err);
    if (!s->id || !s->name)
        return -ENOMEM;
    info->id = s->id;
    info->name = s->name;
    return (40 + extra_len + id_len + name_len + 7) & ~7u;
}

static int open_snapshots(struct qcow2 *c, struct cfg_err *err)
{
    uint32_t n = be_get32(c->head + HDR_NB_SNAPSHOTS);
    uint64_t off = be_get64(c->head + HDR_SNAPSHOTS_OFFSET), at = off;
    int64_t len;
    int rc;

    if (!n)
        return 0;
    if (n > MAX_SNAPSHOTS) {
        return err_set(err, -EINVAL, "%s: corrupt: %u snapshots (offset %d)",
                       NAME(c), n, HDR_NB_SNAPSHOTS);
    }
    rc = check_place(c, "snapshot table", off, n * UINT64_C(40), err);
    if (rc < 0)
        return rc;
    c->snapshots = calloc(n, sizeof(*c->snapshots));
    c->infos = calloc(n, sizeof(*c->infos));
    if (!c->snapshots || !c->infos)
        return qcow2_no_memory(err);
    c->nsnapshots = n;
    for (uint32_t i = 0; i < n; i++, at += len) {
        len = read_snapshot(c, i, at, err);
        if (len < 0)
            return len;
        if (at + len - off > MAX_SNAPSHOT_TABLE_BYTES ||
            c->snapshots[i].l1_n > MAX_L1_BYTES / 8) {
            return err_set(err, -EINVAL,
                           "%s: corrupt: the snapshot at offset 0x%llx is too "
                           "large",
                           NAME(c), (unsigned long long)at);
        }
        rc = check_place(c, "snapshot's L1 table", c->snapshots[i].l1_off,
                         c->snapshots[i].l1_n * UINT64_C(8), err);
        if (rc < 0)
            return rc;
    }
    c->snapshots_off = off;
    c->snapshots_len = at - off;
    return check_place(c, "snapshot table", off, at - off, err);
}

/* By its name, or else by its number. */
static int find_snapshot(struct qcow2 *c, const char *key, uint32_t *found,
                         struct cfg_err *err)
{
    for (uint32_t i = 0; i < c->nsnapshots; i++) {
        if (!strcmp(c->snapshots[i].name, key)) {
            *found = i;
            return 0;
        }
    }
    for (uint32_t i = 0; i < c->nsnapshots; i++) {
        if (!strcmp(c->snapshots[i].id, key)) {
            *found = i;
            return 0;
        }
    }
    return err_set(err, -ENOENT,
                   "%s: no snapshot '%.60s' (it has %u: hvmd-img info)",
                   NAME(c), key, c->nsnapshots);
}

static int open_active(struct qcow2 *c, struct opts *opts, struct cfg_err *err)
{
    const char *key = opts_get(opts, "snapshot");
    uint32_t i = 0;
    int rc;

    if (!key) {
        return open_l1(c, be_get64(c->head + HDR_L1_TABLE_OFFSET),
                       be_get32(c->head + HDR_L1_SIZE), err);
    }
    if (!c->blk.readonly) {
        return err_set(err, -EROFS,
                       "snapshot=%.60s: expected readonly=on with it", key);
    }
    rc = find_snapshot(c, key, &i, err);
    if (rc < 0)
        return rc;
    be_put64(c->head + HDR_SIZE, c->infos[i].size);
    rc = qcow2_parse_size(c, err);
    return rc < 0
               ? rc
               : open_l1(c, c->snapshots[i].l1_off, c->snapshots[i].l1_n, err);
}

/* What may not overlap. */

static int mark(struct qcow2 *c, const char *what, uint64_t off, uint64_t len,
                struct cfg_err *err)
{
    uint64_t first = off >> c->cluster_bits, n = qcow2_clusters(c, len);

    for (uint64_t i = first; i < first + n; i++) {
        if (qcow2_is_meta(c, i)) {
            return err_set(err, -EINVAL,
                           "%s: corrupt: the %s at offset 0x%llx overlaps with "
                           "another table",
                           NAME(c), what, (unsigned long long)off);
        }
        if (qcow2_mark_meta(c, i, true) < 0)
            return qcow2_no_memory(err);
    }
    return 0;
}

static int mark_blocks(struct qcow2 *c, struct cfg_err *err)
{
    int rc = 0;

    for (uint32_t i = 0; !rc && i < c->rt.n; i++) {
        uint64_t off = c->rt.slots[i].entry;

        if (!off)
            continue;
        rc = check_place(c, "refcount block", off, c->cluster_size, err);
        if (!rc)
            rc = mark(c, "refcount block", off, c->cluster_size, err);
    }
    return rc;
}

/* L2 tables of a snapshot may be those of others, or of the disk, but of
 * nothing else; fixed: the map without any L2 table. */
static int mark_snapshot(struct qcow2 *c, const struct qcow2_snapshot *s,
                         const uint64_t *fixed, uint64_t fixed_n,
                         struct cfg_err *err)
{
    struct qcow2_dir d = {0};
    int rc = qcow2_dir_init(&d, "", s->l1_off, s->l1_n ? s->l1_n : 1);

    if (rc < 0)
        return qcow2_no_memory(err);
    rc = s->l1_n ? qcow2_dir_read(c->s, &d) : 0;
    if (rc < 0)
        qcow2_cannot_read(c, rc, s->l1_off, err);
    for (uint32_t i = 0; !rc && i < s->l1_n; i++) {
        const char *bad = qcow2_bad_l1(c, d.slots[i].entry);
        uint64_t off = d.slots[i].entry & ENTRY_OFFSET;
        uint64_t n = off >> c->cluster_bits;

        if (!bad && n / 64 < fixed_n && fixed[n / 64] >> n % 64 & 1 && off)
            bad = "points to another table";
        if (bad) {
            rc = err_set(err, -EINVAL,
                         "%s: corrupt: a snapshot's L1 entry at offset 0x%llx "
                         "%s",
                         NAME(c),
                         (unsigned long long)s->l1_off + i * UINT64_C(8), bad);
        } else if (off && qcow2_mark_meta(c, n, true) < 0) {
            rc = qcow2_no_memory(err);
        }
    }
    qcow2_dir_free(&d);
    return rc;
}

static int mark_l2(struct qcow2 *c, struct cfg_err *err)
{
    size_t bytes = c->meta_n * sizeof(*c->meta);
    uint64_t n = c->meta_n, *fixed = malloc(bytes);
    int rc = 0;

    if (!fixed)
        return qcow2_no_memory(err);
    memcpy(fixed, c->meta, bytes);
    for (uint32_t i = 0; !rc && i < c->l1.n; i++) {
        uint64_t off = c->l1.slots[i].entry & ENTRY_OFFSET;

        if (off)
            rc = mark(c, "L2 table", off, c->cluster_size, err);
    }
    for (uint32_t i = 0; !rc && i < c->nsnapshots; i++)
        rc = mark_snapshot(c, &c->snapshots[i], fixed, n, err);
    free(fixed);
    return rc;
}

static int mark_all(struct qcow2 *c, struct cfg_err *err)
{
    int rc = mark(c, "header", 0, c->cluster_size, err);

    if (!rc)
        rc = mark(c, "refcount table", c->rt.off, c->rt.n * UINT64_C(8), err);
    if (!rc)
        rc = mark_blocks(c, err);
    if (!rc)
        rc = mark(c, "snapshot table", c->snapshots_off, c->snapshots_len, err);
    for (uint32_t i = 0; !rc && i < c->nsnapshots; i++) {
        if (c->snapshots[i].l1_off != c->l1.off) {
            rc = mark(c, "snapshot's L1 table", c->snapshots[i].l1_off,
                      c->snapshots[i].l1_n * UINT64_C(8), err);
        }
    }
    if (!rc)
        rc = mark(c, "L1 table", c->l1.off, c->l1.n * UINT64_C(8), err);
    return rc ? rc : mark_l2(c, err);
}

/* The files. */

static int open_named(struct qcow2 *c, const char *id, struct blk **out,
                      bool *named, struct cfg_err *err)
{
    struct blk *blk = blk_find(c->blk.vm, id);
    int rc;

    if (!blk)
        return err_set(err, -ENOENT, "no drive '%s'", id);
    rc = blk_claim(blk, "a qcow2 drive", err);
    if (rc < 0)
        return rc;
    *out = blk;
    *named = true;
    return 0;
}

static int open_file(struct qcow2 *c, struct opts *opts, struct cfg_err *err)
{
    const char *id = opts_get(opts, "drive");
    int rc;

    if (id)
        rc = open_named(c, id, &c->file, &c->file_named, err);
    else
        rc = blk_open_inner(c->blk.vm, blk_raw.format, opts, &c->file, err);
    if (rc < 0)
        return rc;
    c->blk.filename = strdup(c->file->filename);
    c->s = blk_queue_new(c->file, c->blk.vm->loop, 1);
    if (!c->blk.filename || !c->s)
        return qcow2_no_memory(err);
    c->blk.readonly |= c->file->readonly;
    c->blk.cache_direct = c->file->cache_direct;
    c->blk.loses_tables =
        !c->blk.readonly && (c->blk.cache_writeback || c->blk.cache_no_flush);
    return 0;
}

/* Where a cluster shares a block of the host's with another, a write to it may
 * have to wait for a write to the other, and that for our lock. */
static int check_clusters(struct qcow2 *c, struct opts *opts,
                          struct cfg_err *err)
{
    uint64_t align = 4096;
    int rc = opts_get_size(opts, "align", 1, &align, err);

    if (rc < 0)
        return rc;
    if (qcow2_end(c) > MAX_CLUSTERS) {
        return err_set(err, -EFBIG,
                       "%s: the file has %llu clusters, expected less", NAME(c),
                       (unsigned long long)qcow2_end(c));
    }
    if (align < c->file->logical_block)
        align = c->file->logical_block;
    if (!c->file->cache_direct || c->cluster_size >= align)
        return 0;
    return err_set(err, -EINVAL,
                   "%s: clusters of %u bytes are too small for O_DIRECT: "
                   "expected cache=writeback",
                   NAME(c), c->cluster_size);
}

/* Names in an image are relative to it. */
static char *backing_path(const struct qcow2 *c)
{
    const char *slash = strrchr(NAME(c), '/');
    char *path = NULL;

    if (*c->backing_name == '/' || !slash)
        return strdup(c->backing_name);
    if (asprintf(&path, "%.*s/%s", (int)(slash - NAME(c)), NAME(c),
                 c->backing_name) < 0)
        return NULL;
    return path;
}

static int open_chain(struct qcow2 *c, uint64_t depth, struct cfg_err *err)
{
    char *path = backing_path(c), number[24];
    struct opts *o = opts_new();
    int rc = path ? 0 : qcow2_no_memory(err);

    if (!rc && depth >= MAX_CHAIN)
        rc = err_set(err, -ELOOP, "%s: more than %d backing files: a loop?",
                     NAME(c), MAX_CHAIN);
    if (!rc && !c->backing_format) {
        rc = err_set(err, -EINVAL,
                     "%s: does not say what format its backing file %s has: "
                     "expected backing=ID of a drive",
                     NAME(c), c->backing_name);
    }
    if (!rc) {
        snprintf(number, sizeof(number), "%llu", (unsigned long long)depth + 1);
        opts_set(o, "file", path);
        opts_set(o, "readonly", "on");
        if (!strcmp(c->backing_format, "qcow2")) {
            opts_set(o, "backing", "on");
            opts_set(o, "backing-depth", number);
        }
        rc = blk_open_inner(c->blk.vm, c->backing_format, o, &c->backing, err);
        if (rc < 0 && !depth)
            err_prefix(err, rc, "backing file of %s", NAME(c));
    }
    opts_free(o);
    free(path);
    return rc;
}

static int open_backing(struct qcow2 *c, struct opts *opts, struct cfg_err *err)
{
    const char *want = opts_get(opts, "backing");
    uint64_t depth = 0;
    bool on = false;
    int rc = opts_get_u64(opts, "backing-depth", MAX_CHAIN, &depth, err);

    if (rc < 0)
        return rc;
    if (want && !strcmp(want, "none"))
        return 0;
    if (want && parse_bool(want, &on) < 0) {
        if (!c->backing_name) {
            return err_set(err, -EINVAL,
                           "backing=%.60s: %s has no backing file", want,
                           NAME(c));
        }
        return open_named(c, want, &c->backing, &c->backing_named, err);
    }
    if (!c->backing_name)
        return 0;
    if (!on) {
        return err_set(err, -EPERM,
                       "%s: has a backing file, %.200s: expected backing=on to "
                       "read it too",
                       NAME(c), c->backing_name);
    }
    return open_chain(c, depth, err);
}

/* The first thing that is written. */
static int make_writable(struct qcow2 *c, struct cfg_err *err)
{
    int rc;

    if (c->blk.readonly)
        return 0;
    if (c->incompatible & INCOMPAT_DIRTY) {
        log_warn("blk", "%s: was not closed: repairing its refcounts", NAME(c));
        rc = qcow2_rebuild(c, err);
        if (rc < 0)
            return rc;
    }
    if (c->version < 3 || !be_get64(c->head + HDR_AUTOCLEAR))
        return 0;
    if (c->has_bitmaps) {
        log_warn("blk", "%s: its dirty bitmaps end here: they are not kept up",
                 NAME(c));
    }
    be_put64(c->head + HDR_AUTOCLEAR, 0);
    c->has_bitmaps = false;
    rc = qcow2_write_head(c, c->s);
    return rc < 0 ? err_set(err, rc, "%s: writing the header: %s", NAME(c),
                            strerror(-rc))
                  : 0;
}

static int qcow2_open(struct blk *blk, struct opts *opts, struct cfg_err *err)
{
    struct qcow2 *c = (struct qcow2 *)blk;
    const char *journal = opts_get(opts, "journal");
    int rc;

    pthread_mutex_init(&c->lock, NULL);
    pthread_mutex_init(&c->ranges.mutex, NULL);
    pthread_cond_init(&c->granted, NULL);
    if ((rc = open_file(c, opts, err)) < 0 ||
        (rc = qcow2_parse_header(c, err)) < 0 ||
        (rc = check_clusters(c, opts, err)) < 0 ||
        (rc = open_refcounts(c, err)) < 0 ||
        (rc = open_snapshots(c, err)) < 0 ||
        (rc = open_active(c, opts, err)) < 0 || (rc = mark_all(c, err)) < 0)
        return rc;
    c->fresh = qcow2_end(c);
    c->zeros = calloc(1, c->cluster_size);
    if (!c->zeros)
        return qcow2_no_memory(err);
    blk->physical_block = c->file->physical_block;
    rc = open_backing(c, opts, err);
    if (!rc)
        rc = make_writable(c, err);
    if (!rc && journal && !blk->readonly) {
        blk->loses_tables = false;
        rc = qcow2_journal_open(c, journal, err);
        if (!rc)
            rc = qcow2_journal_replay(c, err);
    }
    return rc;
}

static void close_file(struct blk *blk, bool named)
{
    if (named)
        blk_release(blk);
    else
        blk_close_inner(blk);
}

/* Twice: what the first lets go of is counted down by the second. */
static int commit_all(struct qcow2 *c)
{
    int rc = 0;

    for (int i = 0; !rc && i < 2 && qcow2_is_dirty(c); i++)
        rc = qcow2_commit(c, c->s);
    return rc;
}

static int close_tables(struct qcow2 *c)
{
    int rc = commit_all(c);

    if (!rc && c->grown) /* less than was asked for has been used */
        c->file->ops->resize(c->file, c->fresh << c->cluster_bits);
    if (!rc && !c->blk.readonly)
        rc = qcow2_sync(c->s, BLK_FLUSH, 0, NULL, 0);
    if (rc < 0) {
        log_err("blk", "%s: closing: tables cannot be written: %s", NAME(c),
                strerror(-rc));
    }
    return rc;
}

static int qcow2_set_active(struct blk *blk, bool active, struct cfg_err *err)
{
    struct qcow2 *c = (struct qcow2 *)blk;
    int rc = 0;

    if (!active) {
        pthread_mutex_lock(&c->lock);
        rc = commit_all(c);
        pthread_mutex_unlock(&c->lock);
    }
    if (rc)
        return err_set(err, rc, "%s: tables cannot be written: %s", NAME(c),
                       strerror(-rc));
    rc = blk_set_active(c->file, active, err);
    if (rc)
        return rc;
    rc = blk_set_active(c->backing, active, err);
    if (rc)
        blk_set_active(c->file, !active, NULL);
    return rc;
}

static void qcow2_close(struct blk *blk)
{
    struct qcow2 *c = (struct qcow2 *)blk;
    int rc = -EIO;

    if (atomic_load(&blk->inactive))
        rc = 0;        /* it is another's now */
    else if (c->zeros) /* it was open */
        rc = close_tables(c);
    qcow2_journal_close(c, !rc);
    blk_queue_free(c->s);
    qcow2_dir_free(&c->l1);
    qcow2_dir_free(&c->rt);
    for (uint32_t i = 0; i < c->nsnapshots; i++) {
        free(c->snapshots[i].id);
        free(c->snapshots[i].name);
    }
    free(c->snapshots);
    free(c->infos);
    free(c->backing_name);
    free(c->backing_format);
    free(c->zeros);
    free(c->meta);
    free(c->frees);
    close_file(c->file, c->file_named);
    close_file(c->backing, c->backing_named);
    pthread_cond_destroy(&c->granted);
    pthread_mutex_destroy(&c->ranges.mutex);
    pthread_mutex_destroy(&c->lock);
}

/* Larger only, and as far as the L1 table goes: it is not moved. */
static int qcow2_resize(struct blk *blk, uint64_t size)
{
    struct qcow2 *c = (struct qcow2 *)blk;
    int rc = -ENOTSUP;

    pthread_mutex_lock(&c->lock);
    if (size >= atomic_load(&blk->size) && !atomic_load(&c->corrupt) &&
        !c->backing && (size - 1) >> (c->cluster_bits + c->l2_bits) < c->l1.n) {
        be_put64(c->head + HDR_SIZE, size);
        rc = qcow2_write_head(c, c->s);
    }
    pthread_mutex_unlock(&c->lock);
    return rc;
}

void qcow2_get_info(struct blk *blk, struct qcow2_info *info)
{
    const struct qcow2 *c = (struct qcow2 *)blk;

    *info = (struct qcow2_info){
        .version = c->version,
        .cluster_bits = c->cluster_bits,
        .refcount_order = c->refcount_order,
        .dirty = c->incompatible & INCOMPAT_DIRTY,
        .corrupt = c->incompatible & INCOMPAT_CORRUPT,
        .lazy_refcounts = c->compatible & COMPAT_LAZY_REFCOUNTS,
        .backing = c->backing_name,
        .backing_format = c->backing_format,
        .snapshots = c->infos,
        .nsnapshots = c->nsnapshots,
    };
}

const struct blk_ops blk_qcow2 = {
    .format = "qcow2",
    .desc = "grows as it is written, with snapshots and compression",
    .keys = "backing, drive, journal, snapshot, file, filename, aio, align",
    .blk_size = sizeof(struct qcow2),
    .queue_size = sizeof(struct qcow2_queue),
    .open = qcow2_open,
    .close = qcow2_close,
    .queue_init = qcow2_queue_init,
    .queue_fini = qcow2_queue_fini,
    .submit = qcow2_submit,
    .unplug = qcow2_unplug,
    .wait = qcow2_wait,
    .poll = qcow2_poll,
    .set_active = qcow2_set_active,
    .resize = qcow2_resize,
};
