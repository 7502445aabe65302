/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A delay for a queue's thread, in guest time: timers (dm/clock.h) belong to
 * the main loop, so it asks there, and the answer comes back as a task.
 */
#ifndef HVMD_HW_PV_LATE_H
#define HVMD_HW_PV_LATE_H

#include <stdatomic.h>

#include "dm/clock.h"
#include "dm/loop.h"

struct pv_late {
    struct vm *vm;
    struct loop *loop;
    _Atomic int64_t ns;
    atomic_bool armed;
    struct loop_task ask, fire;
    struct timer timer;
    void (*fn)(void *opaque);
    void *opaque;
};

/* Main thread, once. fn runs in loop's thread. */
void pv_late_init(struct pv_late *l, struct vm *vm, struct loop *loop,
                  void (*fn)(void *opaque), void *opaque);
/* loop's thread: fn in ns from now, unless it is on its way already. */
void pv_late_set(struct pv_late *l, int64_t ns);
/* Main thread, machine lock, when loop has ended. Legal on a zeroed one. */
void pv_late_fini(struct pv_late *l);

#endif
