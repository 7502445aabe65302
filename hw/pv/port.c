/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/port.h"

#include <sys/epoll.h>

static void unmask(struct pv_port *p)
{
    p->held = false;
    p->x->ops->evtchn_unmask(p->x, p->local);
}

/* The frontend waits for what it asked for, not for its event to be read: so
 * that is done first, and again after it, as an event may have been for more
 * that came meanwhile. */
static void on_event(void *opaque, uint32_t events)
{
    struct pv_port *p = opaque;
    unsigned ms;
    bool moved, any;

    p->more = true;
    moved = p->fn(p->opaque);
    p->more = false;
    if (!p->watch.loop)
        return; /* fn has stopped it */
    any = p->x->ops->evtchn_pending(p->x, p->local);
    p->held |= any;
    moved |= p->fn(p->opaque);
    if (!p->watch.loop || !any)
        return;
    p->idle = moved ? 0 : p->idle + 1;
    if (p->idle <= PV_PORT_FREE) {
        unmask(p);
        return;
    }
    ms = p->idle - PV_PORT_FREE > 5 ? PV_PORT_HOLD_MAX_MS
                                    : 1u << (p->idle - PV_PORT_FREE);
    pv_late_set(&p->late, (int64_t)ms * 1000000);
}

static void held_long_enough(void *opaque)
{
    struct pv_port *p = opaque;

    if (p->held && p->watch.loop)
        unmask(p);
}

int pv_port_bind(struct pv_port *p, struct vm *vm, struct xenif *x,
                 evtchn_port_t remote, struct loop *loop,
                 bool (*fn)(void *opaque), void *opaque)
{
    int fd, rc = x->ops->evtchn_bind(x, remote, &p->local, &fd);

    if (rc)
        return rc;
    p->x = x;
    p->loop = loop;
    p->bound = true;
    p->fn = fn;
    p->opaque = opaque;
    p->watch = (struct loop_fd){
        .fd = fd, .events = EPOLLIN, .fn = on_event, .opaque = p};
    pv_late_init(&p->late, vm, loop, held_long_enough, p);
    return 0;
}

int pv_port_serve(struct pv_port *p)
{
    int rc = loop_fd_add(p->loop, &p->watch);

    if (!rc && p->held)
        unmask(p);
    return rc;
}

void pv_port_stop(struct pv_port *p)
{
    loop_fd_del(&p->watch);
}

void pv_port_notify(struct pv_port *p)
{
    p->x->ops->evtchn_notify(p->x, p->local);
}

void pv_port_unbind(struct pv_port *p)
{
    if (!p->bound)
        return;
    p->bound = false;
    pv_late_fini(&p->late);
    p->x->ops->evtchn_unbind(p->x, p->local);
}
