/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A named thread that runs a loop of its own: what serves a queue.
 */
#ifndef HVMD_DM_WORKER_H
#define HVMD_DM_WORKER_H

#include <pthread.h>

#include "dm/loop.h"

struct worker {
    struct loop *loop;
    pthread_t thread;
    char name[16];
};

/* Starts the thread; name is cut to 15 characters. -errno. */
int worker_start(struct worker *w, const char *name);

/* Runs fn(opaque) in the worker and waits until it has returned. The caller
 * may hold the machine lock, so fn must not take it. */
void worker_call(struct worker *w, void (*fn)(void *opaque), void *opaque);

/* Ends the thread and frees its loop. Legal on a zeroed struct. */
void worker_stop(struct worker *w);

#endif
