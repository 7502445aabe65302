/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Order between writes of one image that touch the same block of the host's
 * disk, across queues. A write of a part of such a block reads it, changes it
 * and writes it back: nothing else may write there meanwhile. Others may
 * overlap as they like; that is the guest's affair. First come, first served.
 */
#ifndef HVMD_DM_BLOCK_RANGE_LOCK_H
#define HVMD_DM_BLOCK_RANGE_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct range {
    uint64_t start, end; /* whole blocks */
    bool exclusive;
    bool waiting;
    struct range *next;
    /* The lock is held while it runs, in the thread of who unlocked. */
    void (*granted)(struct range *r);
};

struct range_lock {
    pthread_mutex_t mutex;
    struct range *first; /* in order of arrival */
};

/* True: go on. False: granted() will be called. */
bool range_lock(struct range_lock *l, struct range *r);
void range_unlock(struct range_lock *l, struct range *r);

#endif
