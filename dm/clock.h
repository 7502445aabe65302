/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest time and timers.
 *
 * Guest time is nanoseconds since the machine was made, as the engine counts
 * them: it stands still while the guest is paused, and under qtest it moves
 * only when the test says so. Timers fire in the main loop under the machine
 * lock, in order of deadline. All calls need the machine lock, except
 * clock_now and clock_host.
 */
#ifndef HVMD_DM_CLOCK_H
#define HVMD_DM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_SEC 1000000000ULL
#define TIMER_NEVER INT64_MAX

struct vm;
struct timerq;

struct timer {
    void (*fn)(void *opaque);
    void *opaque;
    int64_t deadline; /* guest ns; TIMER_NEVER while not armed */
    struct timer *next;
};

int64_t clock_now(struct vm *vm); /* guest ns; any thread */
/* Host wall clock, ns since 1970; under virtual time vm->virtual_day plus
 * guest time. */
int64_t clock_host(struct vm *vm);

void timer_init(struct timer *t, void (*fn)(void *), void *opaque);
void timer_set(struct vm *vm, struct timer *t, int64_t deadline);
void timer_cancel(struct vm *vm, struct timer *t);
static inline bool timer_armed(const struct timer *t)
{
    return t->deadline != TIMER_NEVER;
}

/* For the machine and for engines. */
struct timerq *timerq_new(struct vm *vm); /* NULL + errno */
void timerq_free(struct timerq *q);
int64_t timerq_next(struct vm *vm); /* earliest deadline or TIMER_NEVER */
void timerq_run(struct vm *vm);     /* fire all that is due now */
void timerq_rearm(struct vm *vm);   /* after guest time stopped or went on */

#endif
