/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "dm/block/qcow2-priv.h"

void qcow2_packed_at(const struct qcow2 *c, uint64_t entry, uint64_t *off,
                     uint32_t *len)
{
    unsigned bits = 62 - (c->cluster_bits - 8);
    uint64_t sectors = (entry & ~(ENTRY_COPIED | L2_COMPRESSED)) >> bits;

    *off = entry & ((UINT64_C(1) << bits) - 1);
    *len = (sectors + 1) * 512 - *off % 512;
}

static const char *bad_packed(const struct qcow2 *c, uint64_t entry)
{
    uint64_t off;
    uint32_t len;

    if (entry & ENTRY_COPIED)
        return "is compressed and says that it may be overwritten";
    qcow2_packed_at(c, entry, &off, &len);
    if ((off + len - 1) >> c->cluster_bits >= qcow2_end(c))
        return "points behind the end of the file";
    for (uint64_t i = off >> c->cluster_bits;
         i <= (off + len - 1) >> c->cluster_bits; i++) {
        if (qcow2_is_meta(c, i) || !i)
            return "points to a table";
    }
    return NULL;
}

const char *qcow2_bad_entry(const struct qcow2 *c, uint64_t entry)
{
    uint64_t off = entry & ENTRY_OFFSET;

    if (entry & L2_COMPRESSED)
        return bad_packed(c, entry);
    if (entry & L2_RESERVED || (c->version < 3 && entry & L2_ZERO))
        return "has reserved bits";
    if (!off)
        return entry & ENTRY_COPIED ? "has flags but no offset" : NULL;
    if (qcow2_in_cluster(c, off))
        return "is not at the start of a cluster";
    if (off >> c->cluster_bits >= qcow2_end(c))
        return "points behind the end of the file";
    if (qcow2_is_meta(c, off >> c->cluster_bits))
        return "points to a table";
    return NULL;
}

const char *qcow2_bad_l1(const struct qcow2 *c, uint64_t entry)
{
    uint64_t off = entry & ENTRY_OFFSET;

    if (entry & L1_RESERVED)
        return "has reserved bits";
    if (!off)
        return entry ? "has flags but no offset" : NULL;
    if (qcow2_in_cluster(c, off))
        return "is not at the start of a cluster";
    if (off >> c->cluster_bits >= qcow2_end(c))
        return "points behind the end of the file";
    return NULL;
}

static void classify(const struct qcow2 *c, uint64_t entry,
                     struct qcow2_extent *e)
{
    e->copied = false;
    e->host = 0;
    if (entry & L2_COMPRESSED) {
        e->kind = QCOW2_COMPRESSED;
        e->host = entry;
    } else if (entry & L2_ZERO) {
        e->kind = QCOW2_ZERO;
    } else if (entry & ENTRY_OFFSET) {
        e->kind = QCOW2_DATA;
        e->host = entry & ENTRY_OFFSET;
        e->copied = entry & ENTRY_COPIED;
    } else {
        e->kind = QCOW2_NONE;
    }
}

int qcow2_map(struct qcow2 *c, struct blk_queue *s, uint64_t off, uint64_t len,
              struct qcow2_extent *e)
{
    uint64_t l1 = off >> (c->cluster_bits + c->l2_bits);
    uint32_t i = off >> c->cluster_bits & ((1u << c->l2_bits) - 1);
    uint32_t n = 1u << c->l2_bits, first = i;
    struct qcow2_table *t;
    uint64_t have;
    int rc;

    if (!c->l1.slots[l1].entry) {
        *e = (struct qcow2_extent){.kind = QCOW2_NONE};
        i = n;
        goto out;
    }
    rc = qcow2_table_get(c, s, &c->l1, l1, &t);
    if (rc < 0)
        return rc;
    for (; i < n; i++) {
        uint64_t entry = be_get64(t->data + i * 8);
        const char *bad = qcow2_bad_entry(c, entry);
        struct qcow2_extent more;

        if (bad && i > first)
            break;
        if (bad) {
            return qcow2_corrupt(c, "the L2 entry at offset 0x%llx %s",
                                 (unsigned long long)t->off + i * 8, bad);
        }
        classify(c, entry, &more);
        if (i == first)
            *e = more;
        else if (more.kind != e->kind || more.copied != e->copied ||
                 e->kind == QCOW2_COMPRESSED ||
                 (e->kind == QCOW2_DATA &&
                  more.host !=
                      e->host + ((uint64_t)(i - first) << c->cluster_bits)))
            break;
        if ((uint64_t)(i - first + 1) << c->cluster_bits >=
            len + qcow2_in_cluster(c, off)) {
            i++;
            break;
        }
    }
    if (e->kind == QCOW2_DATA)
        e->host += qcow2_in_cluster(c, off);
out:
    have =
        ((uint64_t)(i - first) << c->cluster_bits) - qcow2_in_cluster(c, off);
    e->len = have < len ? have : len;
    return 0;
}

/* The L2 table of off, ours alone, to be written to. */
static int get_own(struct qcow2 *c, struct blk_queue *s, uint64_t off,
                   struct qcow2_table **out)
{
    uint64_t l1 = off >> (c->cluster_bits + c->l2_bits), at, n = 1;
    uint64_t old = c->l1.slots[l1].entry;
    struct qcow2_table *t;
    bool fresh;
    int rc;

    if (old & ENTRY_COPIED)
        return qcow2_table_get(c, s, &c->l1, l1, out);
    rc = qcow2_alloc(c, s, &at, &n, &fresh);
    if (rc < 0)
        return rc;
    if (!old)
        return qcow2_table_new(c, s, &c->l1, l1, at, ENTRY_COPIED, out);
    /* A snapshot has it too: the same table, elsewhere. What it names is
     * counted for both already. */
    rc = qcow2_table_get(c, s, &c->l1, l1, &t);
    if (!rc)
        rc = qcow2_mark_meta(c, at >> c->cluster_bits, true);
    if (rc < 0) {
        qcow2_unalloc(c, s, at, 1);
        return rc;
    }
    t->off = at;
    qcow2_table_dirty(&c->l1, t, 0, c->cluster_size);
    qcow2_dir_set(&c->l1, l1, at | ENTRY_COPIED);
    qcow2_free_later(c, old & ENTRY_OFFSET);
    *out = t;
    return 0;
}

static void let_go(struct qcow2 *c, uint64_t entry)
{
    uint64_t off = entry & ENTRY_OFFSET;
    uint32_t len = 1;

    if (entry & L2_COMPRESSED) {
        qcow2_packed_at(c, entry, &off, &len);
        atomic_fetch_add(&c->freed, 1);
    } else if (!off) {
        return;
    }
    for (uint64_t i = off >> c->cluster_bits;
         i <= (off + len - 1) >> c->cluster_bits; i++)
        qcow2_free_later(c, i << c->cluster_bits);
}

static int set_entries(struct qcow2 *c, struct blk_queue *s, uint64_t off,
                       uint64_t n, uint64_t entry, bool step, bool again)
{
    uint32_t i = off >> c->cluster_bits & ((1u << c->l2_bits) - 1);
    struct qcow2_table *t;
    int rc;

    if (atomic_load(&c->corrupt))
        return -EIO;
    rc = get_own(c, s, off, &t);
    for (uint64_t k = 0; !rc && k < n; k++, i++) {
        uint64_t old = be_get64(t->data + i * 8);
        const char *bad = qcow2_bad_entry(c, old);

        if (bad) {
            return qcow2_corrupt(c, "the L2 entry at offset 0x%llx %s",
                                 (unsigned long long)t->off + i * 8, bad);
        }
        if (!again)
            let_go(c, old);
        be_put64(t->data + i * 8, entry);
        qcow2_table_dirty(&c->l1, t, i * 8, 8);
        if (step)
            entry += c->cluster_size;
    }
    return rc;
}

int qcow2_link(struct qcow2 *c, struct blk_queue *s, uint64_t off, uint64_t n,
               uint64_t entry, bool step)
{
    int rc = qcow2_journal_room(c, s);

    if (!rc)
        rc = set_entries(c, s, off, n, entry, step, false);
    if (!rc)
        qcow2_journal_add(c, off, n, entry, step);
    return rc;
}

int qcow2_link_again(struct qcow2 *c, struct blk_queue *s, uint64_t off,
                     uint64_t n, uint64_t entry, bool step)
{
    return set_entries(c, s, off, n, entry, step, true);
}
