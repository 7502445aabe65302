/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <sched.h>
#include <string.h>
#include <time.h>

#include "dm/machine.h"
#include "kvm/xenemu/xenemu-priv.h"

#define POLL_PORTS_MAX 128 /* Xen's own limit */

/* Lock held. It sleeps in the kernel: interrupts wake it there, we here. */
static void wait(struct xcall *c, bool polls)
{
    struct xenemu *x = c->x;
    struct xen_vcpu *v = &x->vcpu[c->vcpu];

    x->pollers += polls - v->polls;
    v->waits = true;
    v->polls = polls;
    x->host->halt(x->opaque, c->vcpu);
}

static long block(struct xcall *c)
{
    struct xenemu *x = c->x;
    struct xen_vcpu *v = &x->vcpu[c->vcpu];

    pthread_mutex_lock(&x->lock);
    if (v->info) {
        __atomic_store_n(v->info + 1, 0, __ATOMIC_SEQ_CST); /* its mask */
        if (!xen_upcall_pending(x, c->vcpu))
            wait(c, false);
    }
    pthread_mutex_unlock(&x->lock);
    return 0;
}

static long poll(struct xcall *c)
{
    struct xenemu *x = c->x;
    uint8_t arg[24];
    uint32_t port[POLL_PORTS_MAX];
    uint64_t ports, n, timeout;
    bool ready = false;
    long rc = xcall_get(c, c->regs->arg[1], arg, c->regs->wide ? 24 : 16);

    if (rc)
        return rc;
    ports = xcall_field(c, arg, 0, 0, 0);
    n = xcall_field(c, arg, 8, 4, 4);
    timeout = xcall_field(c, arg, 16, 8, 8);
    if (n > POLL_PORTS_MAX)
        return -XEN_EINVAL;
    rc = xcall_get(c, ports, port, n * sizeof(port[0]));
    if (rc)
        return rc;
    pthread_mutex_lock(&x->lock);
    for (unsigned i = 0; i < n && !rc; i++) {
        if (port[i] >= xen_ports(x))
            rc = -XEN_EINVAL;
        else
            ready |= xen_port_pending(x, port[i]);
    }
    if (timeout && (timeout >= TIMER_NEVER || (int64_t)timeout <= xen_now(x)))
        ready |= timeout < TIMER_NEVER;
    if (!rc && !ready) {
        wait(c, true);
        if (timeout && timeout < TIMER_NEVER)
            xen_poll_until(x, c->vcpu, timeout);
    }
    pthread_mutex_unlock(&x->lock);
    return rc;
}

/* kexec: a new kernel in the same memory wants Xen as after power-on. The
 * store is the main thread's, so that does it; we ask until it is done. */
static long soft_reset(struct xcall *c)
{
    static const struct timespec moment = {.tv_nsec = 1000000};
    struct xenemu *x = c->x;
    int state = SOFT_RESET_DONE;

    if (atomic_compare_exchange_strong(&x->soft_reset, &state,
                                       SOFT_RESET_NONE)) {
        x->host->next_kernel(x->opaque, c->vcpu);
        return 0;
    }
    if (state == SOFT_RESET_NONE) {
        atomic_store(&x->soft_reset, SOFT_RESET_ASKED);
        loop_post(x->vm->loop, &x->soft_reset_task);
    } else {
        nanosleep(&moment, NULL);
    }
    c->then = XENEMU_AGAIN;
    return 0;
}

static long shutdown(struct xcall *c)
{
    struct vm *vm = c->x->vm;
    uint32_t reason;
    int rc = xcall_get(c, c->regs->arg[1], &reason, sizeof(reason));

    if (rc)
        return rc;
    switch (reason) {
    case SHUTDOWN_poweroff:
        vm_request(vm, VM_REQ_SHUTDOWN);
        break;
    case SHUTDOWN_reboot:
    case SHUTDOWN_watchdog:
        vm_request(vm, VM_REQ_RESET);
        break;
    case SHUTDOWN_crash:
        vm_request(vm, VM_REQ_PANIC);
        break;
    case SHUTDOWN_soft_reset:
        return soft_reset(c);
    case SHUTDOWN_suspend:
        return 1; /* cancelled: it goes on where it is */
    default:
        return -XEN_EINVAL;
    }
    c->then = XENEMU_STOP;
    return 0;
}

static long remote_shutdown(struct xcall *c)
{
    uint16_t domid;
    int rc = xcall_get(c, c->regs->arg[1], &domid, sizeof(domid));

    if (rc)
        return rc;
    return xen_is_self(domid) || !domid ? -XEN_EPERM : -XEN_ESRCH;
}

long hc_sched_op(struct xcall *c)
{
    switch (c->regs->arg[0]) {
    case SCHEDOP_yield:
        sched_yield();
        return 0;
    case SCHEDOP_block:
        return block(c);
    case SCHEDOP_shutdown:
        return shutdown(c);
    case SCHEDOP_poll:
        return poll(c);
    case SCHEDOP_remote_shutdown:
        return remote_shutdown(c);
    default:
        return xcall_unknown(c, HC_sched_op, c->regs->arg[0]);
    }
}
