/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "kvm/xenemu/xenemu-priv.h"

#define PERIOD_MIN 1000000 /* ns: Xen's own limit */

/* Where a vcpu_info is, once and for all. What is in the old one comes too:
 * the lock is held, so no event is lost between. */
static long register_vcpu_info(struct xcall *c, unsigned i)
{
    struct {
        uint64_t mfn;
        uint32_t offset, rsvd;
    } arg;
    struct xenemu *x = c->x;
    struct xen_vcpu *v = &x->vcpu[i];
    uint8_t *page;
    int rc = xcall_get(c, c->regs->arg[2], &arg, sizeof(arg));

    if (rc)
        return rc;
    if (arg.offset > XEN_PAGE - XEN_VCPU_INFO || arg.offset % 8)
        return -XEN_EINVAL;
    page = xen_page(x, arg.mfn, true);
    if (!page)
        return -XEN_EINVAL;
    pthread_mutex_lock(&x->lock);
    if (v->registered) {
        rc = -XEN_EINVAL;
    } else {
        uint8_t *old = v->info;

        v->info = page + arg.offset;
        if (old)
            memcpy(v->info, old, XEN_VCPU_INFO_TIME);
        else
            memset(v->info, 0, XEN_VCPU_INFO_TIME);
        v->registered = true;
        v->info_gpa = arg.mfn * XEN_PAGE + arg.offset;
        xen_vcpu_place(x, i);
    }
    pthread_mutex_unlock(&x->lock);
    return rc;
}

/* A vCPU of ours is always running: what the host takes from it, the host
 * does not tell us at a price worth paying. */
static long put_runstate(struct xcall *c, unsigned i, uint64_t va)
{
    int64_t since = c->x->vcpu[i].since, now = xen_now(c->x);
    struct vcpu_runstate r = {.entry_time = since, .time = {now - since}};

    if (c->regs->wide)
        return xcall_put(c, va, &r, sizeof(r));
    /* 32-bit: nothing between the state and what follows */
    return xcall_put(c, va, &r.state, 4) ||
                   xcall_put(c, va + 4, &r.entry_time, 40)
               ? -XEN_EFAULT
               : 0;
}

static long register_runstate(struct xcall *c, unsigned i)
{
    uint64_t va = 0;
    int rc = xcall_get(c, c->regs->arg[2], &va, c->regs->wide ? 8 : 4);

    return rc ? rc : put_runstate(c, i, va);
}

static long set_periodic(struct xcall *c, unsigned i)
{
    uint64_t period;
    int rc = xcall_get(c, c->regs->arg[2], &period, sizeof(period));

    if (rc)
        return rc;
    if (period < PERIOD_MIN || period > INT64_MAX / 4)
        return -XEN_EINVAL;
    pthread_mutex_lock(&c->x->lock);
    xen_periodic(c->x, i, period);
    pthread_mutex_unlock(&c->x->lock);
    return 0;
}

static long set_singleshot(struct xcall *c, unsigned i)
{
    uint8_t arg[12];
    uint64_t timeout;
    uint32_t flags;
    int rc = xcall_get(c, c->regs->arg[2], arg, sizeof(arg));

    if (rc)
        return rc;
    memcpy(&timeout, arg, 8);
    memcpy(&flags, arg + 8, 4);
    if (i != c->vcpu || timeout >= TIMER_NEVER)
        return -XEN_EINVAL;
    if (flags & VCPU_SSHOTTMR_future && (int64_t)timeout < xen_now(c->x))
        return -XEN_ETIME;
    pthread_mutex_lock(&c->x->lock);
    xen_singleshot(c->x, i, timeout);
    pthread_mutex_unlock(&c->x->lock);
    return 0;
}

/* Linux stops a periodic timer that it has never had when a vCPU comes up. If
 * that has been up before, KVM has lost the place of its time since. */
static long stop_timer(struct xcall *c, unsigned i, bool periodic)
{
    if (!periodic && i != c->vcpu)
        return -XEN_EINVAL;
    pthread_mutex_lock(&c->x->lock);
    if (periodic) {
        xen_periodic(c->x, i, TIMER_NEVER);
        xen_vcpu_place(c->x, i);
    } else {
        xen_singleshot(c->x, i, TIMER_NEVER);
    }
    pthread_mutex_unlock(&c->x->lock);
    return 0;
}

long hc_vcpu_op(struct xcall *c)
{
    uint64_t op = c->regs->arg[0], i = c->regs->arg[1];

    if (i >= c->x->conf.vcpus)
        return -XEN_ENOENT;
    switch (op) {
    case VCPUOP_is_up:
        return 1;
    case VCPUOP_get_runstate_info:
        return put_runstate(c, i, c->regs->arg[2]);
    case VCPUOP_register_runstate_memory_area:
        return register_runstate(c, i);
    case VCPUOP_set_periodic_timer:
        return set_periodic(c, i);
    case VCPUOP_stop_periodic_timer:
        return stop_timer(c, i, true);
    case VCPUOP_set_singleshot_timer:
        return set_singleshot(c, i);
    case VCPUOP_stop_singleshot_timer:
        return stop_timer(c, i, false);
    case VCPUOP_register_vcpu_info:
        return register_vcpu_info(c, i);
    default:
        return xcall_unknown(c, HC_vcpu_op, op);
    }
}
