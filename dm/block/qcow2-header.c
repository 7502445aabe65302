/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/qcow2-priv.h"

#define CACHE_BYTES (32u << 20) /* of L2 tables, and as many refcounts */

#define NAME(c) ((c)->blk.filename)

int qcow2_no_memory(struct cfg_err *err)
{
    return err_set(err, -ENOMEM, "out of memory");
}

int qcow2_cannot_read(const struct qcow2 *c, int rc, uint64_t off,
                      struct cfg_err *err)
{
    return err_set(err, rc, "%s: reading at offset 0x%llx: %s", NAME(c),
                   (unsigned long long)off, strerror(-rc));
}

int qcow2_read_bytes(struct qcow2 *c, uint64_t off, void *buf, uint32_t len,
                     struct cfg_err *err)
{
    uint32_t skip = off % 512, all = (skip + len + 511) & ~511u;
    uint8_t *tmp = malloc(all);
    int rc;

    if (!tmp)
        return qcow2_no_memory(err);
    rc = qcow2_read(c->s, off - skip, tmp, all);
    memcpy(buf, tmp + skip, len);
    free(tmp);
    return rc < 0 ? qcow2_cannot_read(c, rc, off, err) : 0;
}

static int check_features(struct qcow2 *c, uint64_t incompatible,
                          struct cfg_err *err)
{
    static const char *const no[] = {
        [2] = "keeps its data in another file",
        [3] = "is compressed with something else than zlib",
        [4] = "has extended L2 entries (subclusters)",
    };

    for (unsigned i = 2; i <= 4; i++) {
        if (incompatible >> i & 1) {
            return err_set(err, -ENOTSUP,
                           "%s: %s, which is not supported (incompatible "
                           "feature bit %u, offset %d)",
                           NAME(c), no[i], i, HDR_INCOMPATIBLE);
        }
    }
    if (incompatible >> 5) {
        return err_set(err, -ENOTSUP,
                       "%s: too new: unknown incompatible features 0x%llx "
                       "(offset %d)",
                       NAME(c), (unsigned long long)incompatible,
                       HDR_INCOMPATIBLE);
    }
    if (incompatible & INCOMPAT_CORRUPT && !c->blk.readonly) {
        return err_set(err, -EINVAL,
                       "%s: marked as corrupt (offset %d): expected "
                       "readonly=on, or a repair",
                       NAME(c), HDR_INCOMPATIBLE);
    }
    c->incompatible = incompatible;
    return 0;
}

static int set_sizes(struct qcow2 *c, struct cfg_err *err)
{
    c->cluster_bits = be_get32(c->head + HDR_CLUSTER_BITS);
    if (c->cluster_bits < 9 || c->cluster_bits > 21) {
        return err_set(err, -EINVAL,
                       "%s: corrupt: cluster_bits is %u (offset %d), expected "
                       "9 to 21",
                       NAME(c), c->cluster_bits, HDR_CLUSTER_BITS);
    }
    c->cluster_size = 1u << c->cluster_bits;
    c->l2_bits = c->cluster_bits - 3;
    c->max_tables = CACHE_BYTES >> c->cluster_bits;
    return 0;
}

static int parse_v3(struct qcow2 *c, uint32_t *length, struct cfg_err *err)
{
    c->refcount_order = 4;
    *length = HDR_V2_LENGTH;
    if (c->version == 2)
        return 0;
    *length = be_get32(c->head + HDR_HEADER_LENGTH);
    if (*length < HDR_V3_LENGTH || *length % 8 || *length > c->cluster_size) {
        return err_set(err, -EINVAL,
                       "%s: corrupt: header_length is %u (offset %d)", NAME(c),
                       *length, HDR_HEADER_LENGTH);
    }
    c->refcount_order = be_get32(c->head + HDR_REFCOUNT_ORDER);
    if (c->refcount_order > 6) {
        return err_set(err, -EINVAL,
                       "%s: corrupt: refcount_order is %u (offset %d), "
                       "expected 0 to 6",
                       NAME(c), c->refcount_order, HDR_REFCOUNT_ORDER);
    }
    c->compatible = be_get64(c->head + HDR_COMPATIBLE);
    return check_features(c, be_get64(c->head + HDR_INCOMPATIBLE), err);
}

static int parse_extensions(struct qcow2 *c, uint32_t off, uint32_t end,
                            struct cfg_err *err)
{
    uint8_t ext[8];
    uint32_t len;
    int rc;

    for (; end - off >= 8; off += (len + 7) & ~7u) {
        rc = qcow2_read_bytes(c, off, ext, 8, err);
        if (rc < 0)
            return rc;
        if (!be_get32(ext))
            break;
        len = be_get32(ext + 4);
        off += 8;
        if (len > end - off || ((len + 7) & ~7u) > end - off) {
            return err_set(err, -EINVAL,
                           "%s: corrupt: the header extension at offset %u is "
                           "too long",
                           NAME(c), off - 8);
        }
        if (be_get32(ext) != EXT_BACKING_FORMAT || len > 63)
            continue;
        free(c->backing_format);
        c->backing_format = calloc(1, len + 1);
        if (!c->backing_format)
            return qcow2_no_memory(err);
        rc = qcow2_read_bytes(c, off, c->backing_format, len, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int parse_backing_name(struct qcow2 *c, uint32_t *end,
                              struct cfg_err *err)
{
    uint64_t off = be_get64(c->head + HDR_BACKING_FILE_OFFSET);
    uint32_t len = be_get32(c->head + HDR_BACKING_FILE_SIZE);

    *end = c->cluster_size;
    if (!off)
        return 0;
    if (len > 1023 || off > c->cluster_size || len > c->cluster_size - off ||
        off < HDR_V2_LENGTH) {
        return err_set(err, -EINVAL,
                       "%s: corrupt: the backing file's name at offset 0x%llx "
                       "is not in the header",
                       NAME(c), (unsigned long long)off);
    }
    *end = off;
    c->backing_name = calloc(1, len + 1);
    if (!c->backing_name)
        return qcow2_no_memory(err);
    return qcow2_read_bytes(c, off, c->backing_name, len, err);
}

int qcow2_parse_size(struct qcow2 *c, struct cfg_err *err)
{
    uint64_t size = be_get64(c->head + HDR_SIZE);

    if (!size || size % 512 ||
        size > (uint64_t)(MAX_L1_BYTES / 8) << (c->cluster_bits + c->l2_bits)) {
        return err_set(err, -EINVAL,
                       "%s: a disk of %llu bytes (offset %d): expected whole "
                       "512-byte sectors, and less",
                       NAME(c), (unsigned long long)size, HDR_SIZE);
    }
    atomic_store(&c->blk.size, size);
    return 0;
}

int qcow2_parse_header(struct qcow2 *c, struct cfg_err *err)
{
    uint32_t length, end, crypt;
    int rc = qcow2_read(c->s, 0, c->head, sizeof(c->head));

    if (rc < 0)
        return qcow2_cannot_read(c, rc, 0, err);
    if (be_get32(c->head) != QCOW2_MAGIC)
        return err_set(err, -EINVAL, "%s: is not a qcow2 image", NAME(c));
    c->version = be_get32(c->head + HDR_VERSION);
    if (c->version != 2 && c->version != 3) {
        return err_set(err, -ENOTSUP,
                       "%s: qcow2 version %u (offset %d): expected 2 or 3",
                       NAME(c), c->version, HDR_VERSION);
    }
    if ((rc = set_sizes(c, err)) < 0 || (rc = parse_v3(c, &length, err)) < 0)
        return rc;
    crypt = be_get32(c->head + HDR_CRYPT_METHOD);
    if (crypt) {
        return err_set(err, -ENOTSUP,
                       "%s: encrypted (method %u, offset %d), which is not "
                       "supported",
                       NAME(c), crypt, HDR_CRYPT_METHOD);
    }
    c->rb_bits = c->cluster_bits + 3 - c->refcount_order;
    if ((rc = parse_backing_name(c, &end, err)) < 0)
        return rc;
    if (end < length) {
        return err_set(err, -EINVAL,
                       "%s: corrupt: the backing file's name at offset %u is "
                       "within the header's fields",
                       NAME(c), end);
    }
    if ((rc = parse_extensions(c, length, end, err)) < 0)
        return rc;
    c->has_bitmaps =
        c->version > 2 && be_get64(c->head + HDR_AUTOCLEAR) & AUTOCLEAR_BITMAPS;
    return qcow2_parse_size(c, err);
}
