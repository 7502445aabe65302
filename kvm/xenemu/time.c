/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System time is what the engine keeps in each vcpu_info; here is the wall
 * clock, and the timers, which a thread of their own serves: no guest's tick
 * waits for the machine lock.
 *
 * The descriptor may be armed earlier than needed, never later: a guest that
 * moves its timer about costs no system call unless it moves it forward.
 */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "dm/machine.h"
#include "kvm/xenemu/xenemu-priv.h"

/* For a vCPU that has interrupts off to have them on. */
#define RETRY_NS 100000

int64_t xen_now(struct xenemu *x)
{
    return x->host->system_time(x->opaque);
}

/* Lock held. The time of day when system time was 0. */
void xen_wallclock(struct xenemu *x)
{
    uint8_t *wc = x->shared + (x->wide ? XEN_SI_WC_64 : XEN_SI_WC_32);
    uint8_t *hi = x->shared + (x->wide ? XEN_SI_WC_HI_64 : XEN_SI_WC_HI_32);
    uint32_t *version = (uint32_t *)wc;
    uint64_t ns = clock_host(x->vm) - xen_now(x);
    uint32_t now[2] = {ns / NS_PER_SEC, ns % NS_PER_SEC};
    uint32_t sec_hi = ns / NS_PER_SEC >> 32;

    __atomic_fetch_or(version, 1, __ATOMIC_SEQ_CST);
    memcpy(wc + offsetof(struct xen_wallclock, sec), now, sizeof(now));
    memcpy(hi, &sec_hi, sizeof(sec_hi));
    __atomic_fetch_add(version, 1, __ATOMIC_SEQ_CST);
}

/* ---- timers ---- */

static int64_t next_of(const struct xen_vcpu *v)
{
    int64_t t = v->singleshot < v->periodic ? v->singleshot : v->periodic;

    t = t < v->poll ? t : v->poll;
    return t < v->retry ? t : v->retry;
}

static void arm(struct xenemu *x, int64_t deadline, int64_t now)
{
    int64_t ns = deadline > now ? deadline - now : 1;
    struct itimerspec t = {.it_value = {.tv_sec = ns / (int64_t)NS_PER_SEC,
                                        .tv_nsec = ns % (int64_t)NS_PER_SEC}};

    x->timer_armed = deadline;
    timerfd_settime(x->timer_watch.fd, 0, &t, NULL);
}

static void set_timer(struct xenemu *x, int64_t *timer, int64_t deadline)
{
    *timer = deadline;
    if (deadline < x->timer_armed && !x->paused)
        arm(x, deadline, xen_now(x));
}

/* Lock held. Whatever is armed: the earliest of all. */
void xen_timers_arm(struct xenemu *x)
{
    int64_t next = TIMER_NEVER;

    for (unsigned i = 0; i < x->conf.vcpus; i++)
        if (next_of(&x->vcpu[i]) < next)
            next = next_of(&x->vcpu[i]);
    x->timer_armed = TIMER_NEVER;
    if (next != TIMER_NEVER && !x->paused)
        arm(x, next, xen_now(x));
}

static void vcpu_fire(struct xenemu *x, unsigned i, int64_t now)
{
    struct xen_vcpu *v = &x->vcpu[i];
    bool tick = false;

    if (v->singleshot <= now) {
        v->singleshot = TIMER_NEVER;
        tick = true;
    }
    if (v->periodic <= now) {
        v->periodic += v->period; /* those missed are lost */
        if (v->periodic <= now)
            v->periodic = now + v->period;
        tick = true;
    }
    if (v->poll <= now)
        xen_vcpu_wake(x, i);
    if (v->retry <= now) {
        v->retry = TIMER_NEVER;
        xen_upcall_again(x, i);
    }
    if (tick)
        xen_virq_raise(x, i, VIRQ_TIMER);
}

static void fired(void *opaque, uint32_t events)
{
    struct xenemu *x = opaque;
    uint64_t count;
    ssize_t r = read(x->timer_watch.fd, &count, sizeof(count));
    int64_t now;

    (void)r;
    pthread_mutex_lock(&x->lock);
    if (!x->paused) {
        now = xen_now(x);
        for (unsigned i = 0; i < x->conf.vcpus; i++)
            if (next_of(&x->vcpu[i]) <= now)
                vcpu_fire(x, i, now);
        xen_timers_arm(x);
    }
    pthread_mutex_unlock(&x->lock);
}

static void watch_add(void *opaque)
{
    struct xenemu *x = opaque;

    if (loop_fd_add(x->timer_thread.loop, &x->timer_watch))
        x->timer_watch.loop = NULL;
}

int xen_time_init(struct xenemu *x)
{
    int rc;

    xen_time_reset(x);
    x->timer_watch = (struct loop_fd){
        .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
        .events = EPOLLIN,
        .fn = fired,
        .opaque = x,
    };
    if (x->timer_watch.fd < 0)
        return -errno;
    rc = worker_start(&x->timer_thread, "xen-timers");
    if (rc)
        return rc;
    worker_call(&x->timer_thread, watch_add, x);
    return x->timer_watch.loop ? 0 : -ENOMEM;
}

void xen_time_fini(struct xenemu *x)
{
    worker_stop(&x->timer_thread);
    if (x->timer_watch.fd >= 0)
        close(x->timer_watch.fd);
}

void xen_time_reset(struct xenemu *x)
{
    for (unsigned i = 0; i < x->conf.vcpus; i++) {
        struct xen_vcpu *v = &x->vcpu[i];

        v->singleshot = v->periodic = v->poll = v->retry = TIMER_NEVER;
        v->since = xen_now(x);
    }
    x->timer_armed = TIMER_NEVER;
}

/* Lock held; in system time, past or not. */
void xen_poll_until(struct xenemu *x, unsigned v, int64_t deadline)
{
    set_timer(x, &x->vcpu[v].poll, deadline);
}

void xen_singleshot(struct xenemu *x, unsigned v, int64_t deadline)
{
    set_timer(x, &x->vcpu[v].singleshot, deadline);
}

void xen_periodic(struct xenemu *x, unsigned v, int64_t period)
{
    struct xen_vcpu *vcpu = &x->vcpu[v];

    vcpu->period = period;
    set_timer(x, &vcpu->periodic,
              period == TIMER_NEVER ? TIMER_NEVER : xen_now(x) + period);
}

void xenemu_not_injected(struct xenemu *x, unsigned v)
{
    pthread_mutex_lock(&x->lock);
    set_timer(x, &x->vcpu[v].retry, xen_now(x) + RETRY_NS);
    pthread_mutex_unlock(&x->lock);
}

/* 0 stops it. A 32-bit guest passes it in two halves. */
long hc_set_timer_op(struct xcall *c)
{
    const uint64_t *arg = c->regs->arg;
    uint64_t t = c->regs->wide ? arg[0] : arg[0] | arg[1] << 32;

    pthread_mutex_lock(&c->x->lock);
    xen_singleshot(c->x, c->vcpu,
                   t && t < TIMER_NEVER ? (int64_t)t : TIMER_NEVER);
    pthread_mutex_unlock(&c->x->lock);
    return 0;
}
