/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "dm/block/qcow2-priv.h"

#define WINDOW_READ (-15)  /* raw deflate: the widest window */
#define WINDOW_WRITE (-12) /* what other programs read */

static int inflate_all(void *out, uint32_t out_len, void *in, uint32_t in_len)
{
    z_stream z = {.next_in = in,
                  .avail_in = in_len,
                  .next_out = out,
                  .avail_out = out_len};

    if (inflateInit2(&z, WINDOW_READ) != Z_OK)
        return -ENOMEM;
    inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return z.avail_out ? -EIO : 0;
}

int qcow2_unpack(struct qcow2_queue *q, uint64_t entry)
{
    struct qcow2 *c = (struct qcow2 *)q->q.blk;
    unsigned freed = atomic_load(&c->freed);
    uint64_t off;
    uint32_t len, skip;
    int rc;

    if (q->unpacked_entry == entry && q->unpacked_freed == freed)
        return 0;
    q->unpacked_entry = 0;
    if (!q->packed) /* the most an entry can say */
        q->packed = malloc(2 * c->cluster_size + 512);
    if (!q->unpacked)
        q->unpacked = malloc(c->cluster_size);
    if (!q->packed || !q->unpacked)
        return -ENOMEM;
    qcow2_packed_at(c, entry, &off, &len);
    skip = off % 512;
    rc = qcow2_read(q->s, off - skip, q->packed, skip + len);
    if (rc < 0)
        return rc;
    rc = inflate_all(q->unpacked, c->cluster_size, q->packed + skip, len);
    if (rc == -EIO) {
        return qcow2_corrupt(c,
                             "the compressed cluster at offset 0x%llx "
                             "cannot be unpacked",
                             (unsigned long long)off);
    }
    if (!rc) {
        q->unpacked_entry = entry;
        q->unpacked_freed = freed;
    }
    return rc;
}

static int deflate_all(uint8_t *out, uint32_t *out_len, const void *in,
                       uint32_t in_len)
{
    z_stream z = {.next_in = (void *)in,
                  .avail_in = in_len,
                  .next_out = out,
                  .avail_out = *out_len};
    int r;

    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_WRITE, 9,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return -ENOMEM;
    r = deflate(&z, Z_FINISH);
    deflateEnd(&z);
    *out_len -= z.avail_out;
    return r == Z_STREAM_END ? 0 : 1;
}

/* Room for len bytes, less than a cluster: behind the last ones if it is to be
 * had, counted once more there. */
static int alloc_bytes(struct qcow2 *c, struct blk_queue *s, uint32_t len,
                       uint64_t *off)
{
    uint64_t at = c->packed, cluster = at >> c->cluster_bits, count, new, n = 1;
    uint64_t room = at ? c->cluster_size - qcow2_in_cluster(c, at) : 0;
    bool fresh, share = false;
    int rc;

    if (at) {
        rc = qcow2_ref_get(c, s, cluster, &count);
        if (rc < 0)
            return rc;
        share = count < qcow2_ref_max(c);
    }
    if (!share || len > room) {
        rc = qcow2_alloc(c, s, &new, &n, &fresh);
        if (rc < 0)
            return rc;
        share = share && new == (cluster + 1) << c->cluster_bits;
        if (!share)
            at = new;
    }
    if (share) {
        rc = qcow2_ref_set(c, s, cluster, count + 1);
        if (rc < 0)
            return rc; /* leaks one */
    }
    *off = at;
    c->packed = qcow2_in_cluster(c, at + len) ? at + len : 0;
    return 0;
}

/* At any byte. */
static int write_bytes(struct blk_queue *s, uint64_t off, const void *buf,
                       uint32_t len)
{
    uint32_t skip = off % 512, all = (skip + len + 511) & ~511u;
    uint8_t *tmp = malloc(all);
    int rc = tmp ? qcow2_read(s, off - skip, tmp, all) : -ENOMEM;

    if (!rc) {
        memcpy(tmp + skip, buf, len);
        rc = qcow2_sync(s, BLK_WRITE, off - skip, tmp, all);
    }
    free(tmp);
    return rc;
}

static uint64_t entry_of(const struct qcow2 *c, uint64_t off, uint32_t len)
{
    uint64_t sectors = ((off + len - 1) >> 9) - (off >> 9);

    return L2_COMPRESSED | sectors << (62 - (c->cluster_bits - 8)) | off;
}

int qcow2_write_compressed(struct blk_queue *q, uint64_t off, const void *data)
{
    struct qcow2 *c = (struct qcow2 *)q->blk;
    struct blk_queue *s = ((struct qcow2_queue *)q)->s;
    uint32_t len = c->cluster_size - 1;
    uint8_t *out = malloc(len);
    uint64_t at;
    int rc;

    if (!out)
        return -ENOMEM;
    rc = deflate_all(out, &len, data, c->cluster_size);
    if (!rc) {
        pthread_mutex_lock(&c->lock);
        rc = alloc_bytes(c, s, len, &at);
        if (!rc && at >> (62 - (c->cluster_bits - 8)))
            rc = -EFBIG;
        if (!rc)
            rc = write_bytes(s, at, out, len);
        if (!rc)
            rc = qcow2_link(c, s, off, 1, entry_of(c, at, len), false);
        pthread_mutex_unlock(&c->lock);
    }
    free(out);
    return rc;
}
