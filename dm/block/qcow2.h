/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hvmd-img does with qcow2 images beyond reading and writing them.
 * Source: the qcow2 specification, docs/interop/qcow2.txt of QEMU 7.2.
 */
#ifndef HVMD_DM_BLOCK_QCOW2_H
#define HVMD_DM_BLOCK_QCOW2_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/block/blk.h"

struct qcow2_create {
    uint64_t size;         /* bytes, a multiple of 512 */
    unsigned version;      /* 2 or 3 */
    unsigned cluster_bits; /* 9 to 21; usual is 16 */
    unsigned refcount_order;
    bool lazy_refcounts;
    const char *backing, *backing_format; /* or NULL; both or none */
};

/* Makes fd, an empty file, an image without data. -errno with err set. */
int qcow2_create(int fd, const struct qcow2_create *c, struct cfg_err *err);

enum qcow2_repair { QCOW2_CHECK, QCOW2_FIX_LEAKS, QCOW2_FIX_ALL };

struct qcow2_result {
    uint64_t corruptions, leaks;             /* found */
    uint64_t corruptions_fixed, leaks_fixed; /* of them */
    uint64_t allocated, total;               /* guest's clusters */
    uint64_t end;                            /* of the last cluster in use */
};

/* Of an image of format qcow2 without queues; to repair it must be writable.
 * tell: one line for each of the first hundred finds; may be NULL. */
int qcow2_check(struct blk *blk, enum qcow2_repair repair,
                struct qcow2_result *r,
                void (*tell)(void *opaque, const char *line), void *opaque);

struct qcow2_snapshot_info {
    const char *id, *name;
    uint64_t vm_state_size, date_s, clock_ns, size;
};
struct qcow2_info {
    unsigned version, cluster_bits, refcount_order;
    bool dirty, corrupt, lazy_refcounts;
    const char *backing, *backing_format; /* as the header says, or NULL */
    const struct qcow2_snapshot_info *snapshots;
    unsigned nsnapshots;
};
void qcow2_get_info(struct blk *blk, struct qcow2_info *info);

/* The guest's cluster at off, which must be unallocated, written compressed.
 * Returns when done; 0, or 1: it does not shrink, write it as it is; or
 * -errno. q: idle, its thread is the caller's. */
int qcow2_write_compressed(struct blk_queue *q, uint64_t off, const void *data);

#endif
