/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new image: header, refcount table, refcount blocks, L1 table.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/block/qcow2-priv.h"

struct layout {
    uint32_t bits;
    uint64_t l1_n, table, blocks, l1, all; /* the last four in clusters */
};

static uint64_t div_up(uint64_t n, uint64_t by)
{
    return n / by + !!(n % by);
}

static void plan(const struct qcow2_create *c, struct layout *l)
{
    uint64_t per_block = UINT64_C(1)
                         << (c->cluster_bits + 3 - c->refcount_order);
    uint64_t slots = UINT64_C(1) << (c->cluster_bits - 3);

    l->bits = c->cluster_bits;
    l->l1_n = div_up(c->size, UINT64_C(1) << (2 * c->cluster_bits - 3));
    l->l1 = div_up(l->l1_n * 8, UINT64_C(1) << c->cluster_bits);
    l->blocks = l->table = 1;
    for (;;) { /* they count themselves */
        uint64_t blocks, table;

        l->all = 1 + l->table + l->blocks + l->l1;
        blocks = div_up(l->all, per_block);
        table = div_up(blocks, slots);
        if (blocks <= l->blocks && table <= l->table)
            break;
        l->blocks = blocks > l->blocks ? blocks : l->blocks;
        l->table = table > l->table ? table : l->table;
    }
}

static int check(const struct qcow2_create *c, const struct layout *l,
                 struct cfg_err *err)
{
    if (l->l1_n > MAX_L1_BYTES / 8 ||
        l->table << c->cluster_bits > MAX_REFCOUNT_TABLE_BYTES) {
        return err_set(err, -EFBIG,
                       "a disk of %llu bytes: expected less, or larger "
                       "clusters",
                       (unsigned long long)c->size);
    }
    if (c->version == 2 && (c->refcount_order != 4 || c->lazy_refcounts)) {
        return err_set(err, -EINVAL,
                       "version 2 has 16-bit refcounts, and no lazy ones");
    }
    if (c->backing &&
        (strlen(c->backing) > 1023 || strlen(c->backing_format) > 63 ||
         HDR_V3_LENGTH + 16 + 64 + strlen(c->backing) > 1u << c->cluster_bits))
        return err_set(err, -ENAMETOOLONG,
                       "the backing file's name is too "
                       "long");
    return 0;
}

static void fill_header(const struct qcow2_create *c, const struct layout *l,
                        uint8_t *h)
{
    uint32_t at = c->version == 2 ? HDR_V2_LENGTH : HDR_V3_LENGTH, len;

    be_put32(h, QCOW2_MAGIC);
    be_put32(h + HDR_VERSION, c->version);
    be_put32(h + HDR_CLUSTER_BITS, c->cluster_bits);
    be_put64(h + HDR_SIZE, c->size);
    be_put32(h + HDR_L1_SIZE, l->l1_n);
    be_put64(h + HDR_L1_TABLE_OFFSET, (1 + l->table + l->blocks) << l->bits);
    be_put64(h + HDR_REFCOUNT_TABLE_OFFSET, UINT64_C(1) << l->bits);
    be_put32(h + HDR_REFCOUNT_TABLE_CLUSTERS, l->table);
    if (c->version > 2) {
        be_put64(h + HDR_COMPATIBLE,
                 c->lazy_refcounts ? COMPAT_LAZY_REFCOUNTS : 0);
        be_put32(h + HDR_REFCOUNT_ORDER, c->refcount_order);
        be_put32(h + HDR_HEADER_LENGTH, HDR_V3_LENGTH);
    }
    if (!c->backing)
        return;
    len = strlen(c->backing_format);
    be_put32(h + at, EXT_BACKING_FORMAT);
    be_put32(h + at + 4, len);
    memcpy(h + at + 8, c->backing_format, len);
    at += 8 + ((len + 7) & ~7u) + 8; /* and the end of the extensions */
    be_put64(h + HDR_BACKING_FILE_OFFSET, at);
    be_put32(h + HDR_BACKING_FILE_SIZE, strlen(c->backing));
    memcpy(h + at, c->backing, strlen(c->backing));
}

/* Ones for the clusters that are in use. */
static void fill_blocks(const struct qcow2_create *c, const struct layout *l,
                        uint8_t *blocks)
{
    unsigned bits = 1u << c->refcount_order;

    for (uint64_t i = 0; i < l->all; i++) {
        if (bits < 8)
            blocks[i * bits / 8] |= 1 << i * bits % 8;
        else
            blocks[(i + 1) * (bits / 8) - 1] = 1;
    }
}

int qcow2_create(int fd, const struct qcow2_create *c, struct cfg_err *err)
{
    size_t size, done = 0;
    struct layout l;
    uint8_t *buf;
    int rc;

    plan(c, &l);
    rc = check(c, &l, err);
    if (rc < 0)
        return rc;
    size = (1 + l.table + l.blocks) << l.bits;
    buf = calloc(1, size);
    if (!buf)
        return err_set(err, -ENOMEM, "out of memory");
    fill_header(c, &l, buf);
    for (uint64_t i = 0; i < l.blocks; i++) {
        be_put64(buf + (UINT64_C(1) << l.bits) + i * 8, (1 + l.table + i)
                                                            << l.bits);
    }
    fill_blocks(c, &l, buf + ((1 + l.table) << l.bits));
    if (ftruncate(fd, l.all << l.bits) < 0) /* L1 is zeros */
        rc = -errno;
    while (!rc && done < size) {
        ssize_t n = pwrite(fd, buf + done, size - done, done);

        if (n <= 0 && errno != EINTR)
            rc = n ? -errno : -EIO;
        done += n > 0 ? n : 0;
    }
    free(buf);
    return rc < 0 ? err_set(err, rc, "%s", strerror(-rc)) : 0;
}
