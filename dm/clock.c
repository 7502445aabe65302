/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "dm/loop.h"
#include "dm/machine.h"

/* A timer that always sets itself into the past must not starve the loop. */
#define RUN_MAX 256

struct timerq {
    struct timer *head; /* by deadline */
    struct loop_fd watch;
    int64_t armed; /* what the descriptor is set to, guest ns */
};

int64_t clock_now(struct vm *vm)
{
    return vm->engine->clock_ns(vm);
}

int64_t clock_host(struct vm *vm)
{
    struct timespec ts;

    if (vm->engine->caps & ENGINE_VIRTUAL_TIME)
        return vm->virtual_day + clock_now(vm);
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * (int64_t)NS_PER_SEC + ts.tv_nsec;
}

static void fired(void *opaque, uint32_t events)
{
    struct vm *vm = opaque;
    uint64_t count;
    ssize_t r = read(vm->timers->watch.fd, &count, sizeof(count));

    (void)r;
    vm->timers->armed = TIMER_NEVER;
    if (vm->state == RUN_RUNNING) /* or stopped in this same round */
        timerq_run(vm);
}

struct timerq *timerq_new(struct vm *vm)
{
    struct timerq *q = calloc(1, sizeof(*q));
    int rc;

    if (!q)
        return NULL;
    q->armed = TIMER_NEVER;
    q->watch = (struct loop_fd){
        .fd = -1, .events = EPOLLIN, .fn = fired, .opaque = vm};
    q->watch.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    rc = q->watch.fd < 0 ? -errno : loop_fd_add(vm->loop, &q->watch);
    if (rc) {
        timerq_free(q);
        errno = -rc;
        return NULL;
    }
    return q;
}

void timerq_free(struct timerq *q)
{
    if (!q)
        return;
    loop_fd_del(&q->watch);
    if (q->watch.fd >= 0)
        close(q->watch.fd);
    free(q);
}

int64_t timerq_next(struct vm *vm)
{
    return vm->timers->head ? vm->timers->head->deadline : TIMER_NEVER;
}

static void arm(struct vm *vm)
{
    struct timerq *q = vm->timers;
    struct itimerspec its = {0};
    int64_t next = timerq_next(vm), delta;

    if (vm->engine->caps & ENGINE_VIRTUAL_TIME)
        return;
    if (vm->state != RUN_RUNNING)
        next = TIMER_NEVER;
    if (next == q->armed)
        return;
    q->armed = next;
    if (next != TIMER_NEVER) {
        delta = next - clock_now(vm);
        if (delta < 1)
            delta = 1; /* zero would disarm it */
        its.it_value.tv_sec = delta / (int64_t)NS_PER_SEC;
        its.it_value.tv_nsec = delta % (int64_t)NS_PER_SEC;
    }
    timerfd_settime(q->watch.fd, 0, &its, NULL);
}

void timerq_rearm(struct vm *vm)
{
    vm->timers->armed = -1; /* none: always set anew */
    arm(vm);
}

static void unlink_timer(struct timerq *q, struct timer *t)
{
    struct timer **p;

    for (p = &q->head; *p; p = &(*p)->next) {
        if (*p == t) {
            *p = t->next;
            break;
        }
    }
    t->deadline = TIMER_NEVER;
}

void timerq_run(struct vm *vm)
{
    struct timerq *q = vm->timers;
    int64_t now = clock_now(vm);

    for (int i = 0; i < RUN_MAX; i++) {
        struct timer *t = q->head;

        if (!t || t->deadline > now)
            break;
        unlink_timer(q, t);
        t->fn(t->opaque);
    }
    arm(vm);
}

void timer_init(struct timer *t, void (*fn)(void *), void *opaque)
{
    *t = (struct timer){.fn = fn, .opaque = opaque, .deadline = TIMER_NEVER};
}

void timer_set(struct vm *vm, struct timer *t, int64_t deadline)
{
    struct timerq *q = vm->timers;
    struct timer **p;

    if (timer_armed(t))
        unlink_timer(q, t);
    if (deadline != TIMER_NEVER) {
        for (p = &q->head; *p && (*p)->deadline <= deadline;)
            p = &(*p)->next;
        t->deadline = deadline;
        t->next = *p;
        *p = t;
    }
    arm(vm);
}

void timer_cancel(struct vm *vm, struct timer *t)
{
    if (timer_armed(t))
        timer_set(vm, t, TIMER_NEVER);
}
