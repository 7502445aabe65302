/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of L2 tables that are in memory only, kept (dm/keep.h) until they
 * are in the file: the next process makes them again, so that a write which
 * was answered is not lost with the process. With the machine they are lost,
 * as what was not flushed is.
 *
 * Clusters that they name are counted first, then they are made again in
 * their order, which gives the tables as they were. What was let go of on the
 * way leaks.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dm/block/qcow2-priv.h"
#include "dm/keep.h"

#define MAGIC UINT64_C(0x31306c6e6a327771) /* "qw2jnl01" */
#define CHANGES 4096u
#define KEEP_LEN (sizeof(struct head) + CHANGES * sizeof(struct change))

struct change {
    uint64_t off, n, entry, step; /* as of qcow2_link */
};

struct qcow2_journal {
    struct head {
        _Atomic uint64_t magic; /* 0: not in use yet */
        _Atomic uint64_t count;
        uint64_t dev, ino, size, l1_off; /* of the image */
    } head;
    struct change change[];
};

int qcow2_journal_open(struct qcow2 *c, const char *path, struct cfg_err *err)
{
    struct stat st = {0};
    struct head *h;
    void *mem;
    int rc = keep_open(path, KEEP_LEN, false, &mem, err);

    if (rc < 0)
        return rc;
    c->journal = mem;
    c->journal_path = strdup(path);
    if (!c->journal_path)
        return qcow2_no_memory(err);
    h = &c->journal->head;
    stat(c->file->filename, &st);
    if (!atomic_load(&h->magic)) {
        h->dev = st.st_dev;
        h->ino = st.st_ino;
        h->size = atomic_load(&c->blk.size);
        h->l1_off = c->l1.off;
        atomic_store(&h->magic, MAGIC);
        return 0;
    }
    if (atomic_load(&h->magic) != MAGIC || h->dev != st.st_dev ||
        h->ino != st.st_ino || h->size > atomic_load(&c->blk.size) ||
        h->l1_off != c->l1.off || atomic_load(&h->count) > CHANGES)
        return err_set(err, -EINVAL,
                       "journal=%s: expected what was changed in %s, but it "
                       "is of another image",
                       path, c->blk.filename);
    return 0;
}

/* forget: all of it is in the file. */
void qcow2_journal_close(struct qcow2 *c, bool forget)
{
    keep_close(c->journal_path, c->journal, KEEP_LEN, forget);
    free(c->journal_path);
}

int qcow2_journal_room(struct qcow2 *c, struct blk_queue *s)
{
    if (!c->journal || atomic_load(&c->journal->head.count) < CHANGES)
        return 0;
    return qcow2_commit(c, s);
}

void qcow2_journal_add(struct qcow2 *c, uint64_t off, uint64_t n,
                       uint64_t entry, bool step)
{
    uint64_t count;

    if (!c->journal)
        return;
    count = atomic_load_explicit(&c->journal->head.count, memory_order_relaxed);
    c->journal->change[count] = (struct change){off, n, entry, step};
    atomic_store_explicit(&c->journal->head.count, count + 1,
                          memory_order_release);
}

void qcow2_journal_reset(struct qcow2 *c)
{
    if (c->journal)
        atomic_store(&c->journal->head.count, 0);
}

/* ---- after a crash ---- */

static bool makes_sense(const struct qcow2 *c, const struct change *d)
{
    uint64_t all = qcow2_clusters(c, atomic_load(&c->blk.size));
    uint64_t first = d->off >> c->cluster_bits;
    uint64_t in_table = first & ((1u << c->l2_bits) - 1);
    uint64_t host = (d->entry & ENTRY_OFFSET) >> c->cluster_bits;

    return d->n && d->n <= (1u << c->l2_bits) - in_table && first < all &&
           d->n <= all - first && !(d->entry & L2_COMPRESSED) &&
           !qcow2_bad_entry(c, d->entry) &&
           (!host || host + d->n <= qcow2_end(c));
}

/* A refcount block that died with its process: another, elsewhere. */
static int need_block(struct qcow2 *c, uint64_t i)
{
    struct qcow2_table *t;
    uint64_t off, n = 1;
    bool fresh;
    int rc;

    if (i >= c->rt.n)
        return -EINVAL;
    if (c->rt.slots[i].entry)
        return 0;
    rc = qcow2_alloc(c, c->s, &off, &n, &fresh);
    if (rc < 0)
        return rc;
    if (c->rt.slots[i].entry) { /* by the way */
        qcow2_unalloc(c, c->s, off, 1);
        return 0;
    }
    return qcow2_table_new(c, c->s, &c->rt, i, off, 0, &t);
}

/* The clusters that a change names. */
static int count(struct qcow2 *c, const struct change *d)
{
    uint64_t host = (d->entry & ENTRY_OFFSET) >> c->cluster_bits;
    uint64_t n = !host ? 0 : d->step ? d->n : 1, had;
    int rc = 0;

    for (uint64_t k = 0; !rc && k < n; k++) {
        rc = need_block(c, (host + k) >> c->rb_bits);
        if (!rc)
            rc = qcow2_ref_get(c, c->s, host + k, &had);
        if (!rc && !had)
            rc = qcow2_ref_set(c, c->s, host + k, 1);
    }
    return rc;
}

static int replay(struct qcow2 *c, const struct change *d, uint64_t n)
{
    int rc = 0;

    for (uint64_t i = 0; i < n; i++)
        if (!makes_sense(c, &d[i]))
            return -EINVAL;
    /* What is named may not be counted yet: new tables go behind all that
     * was ever used. */
    c->hint = qcow2_end(c);
    for (uint64_t i = 0; !rc && i < n; i++)
        rc = count(c, &d[i]);
    for (uint64_t i = 0; !rc && i < n; i++)
        rc = qcow2_link_again(c, c->s, d[i].off, d[i].n, d[i].entry, d[i].step);
    c->hint = 0;
    return rc ? rc : qcow2_commit(c, c->s);
}

int qcow2_journal_replay(struct qcow2 *c, struct cfg_err *err)
{
    struct qcow2_journal *j = c->journal;
    uint64_t n = j ? atomic_load(&j->head.count) : 0;
    int rc;

    if (!n)
        return 0;
    log_warn("blk", "%s: a process died: making its last %llu changes again",
             c->blk.filename, (unsigned long long)n);
    pthread_mutex_lock(&c->lock);
    c->journal = NULL; /* commits on the way are not the end */
    rc = replay(c, j->change, n);
    c->journal = j;
    if (!rc)
        qcow2_journal_reset(c);
    pthread_mutex_unlock(&c->lock);
    if (rc < 0)
        atomic_store(&c->corrupt, true); /* half of it must not be written */
    return rc < 0 ? err_set(err, rc, "journal=%s: making it true: %s",
                            c->journal_path, strerror(-rc))
                  : 0;
}
