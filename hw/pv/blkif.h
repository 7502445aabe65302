/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block backend: what a Xen guest's disk (xvda) talks to.
 *
 * A thread serves each ring. Data goes by grant copy where a request is
 * small, by mapping where it is large, and through pages that stay mapped
 * where the frontend reuses its grants (feature-persistent).
 *
 * All calls: main thread, machine lock held. Source: Xen's io/blkif.h.
 */
#ifndef HVMD_HW_PV_BLKIF_H
#define HVMD_HW_PV_BLKIF_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/err.h"
#include "dm/xenif.h"

struct blk;
struct blkif;
struct vm;

/* Zero means the default. */
struct blkif_conf {
    struct blk *blk;
    unsigned max_queues;     /* 4 */
    unsigned copy_max;       /* bytes of a request that are copied: 128 KiB */
    unsigned persistent_max; /* pages a queue keeps mapped: 1024 */
    uint32_t logical_block;  /* bytes, 512 to 4096: 512 */
    bool no_discard, no_persistent;
    /* Files of this name and ".0", ".1", ..., on a tmpfs, keep what is in
     * work, for a process that goes on after this one was killed. NULL: none
     * can. Valid while the backend is. */
    const char *journal;
    void (*gone)(void *opaque); /* detached: blkif_free it, now if you like */
    void *gone_opaque;
};

#define BLKIF_QUEUES_MAX 16
#define BLKIF_RING_ORDER_MAX 4
#define BLKIF_INDIRECT_MAX 256u

/* back: the backend's folder in xenstore. -errno with err set. */
int blkif_new(struct vm *vm, struct xenif *x, const char *back,
              const struct blkif_conf *conf, struct blkif **out,
              struct cfg_err *err);
void blkif_free(struct blkif *b); /* NULL is legal */
bool blkif_connected(const struct blkif *b);

/* As of dm/dev.h: on return nothing is in flight and nothing starts. */
void blkif_pause(struct blkif *b);
void blkif_resume(struct blkif *b);

#endif
