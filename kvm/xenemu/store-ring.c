/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the xenstore in this process meets the guest: its ring and its port.
 * Main thread, machine lock held.
 */
#include "config.h"

#include <errno.h>
#include <sys/epoll.h>

#include "dm/machine.h"
#include "kvm/xenemu/xenemu-priv.h"
#include "kvm/xenemu/xenstore.h"

static void notify(void *opaque)
{
    struct xenemu *x = opaque;

    x->xenif.ops->evtchn_notify(&x->xenif, x->store_local);
}

static void guest_event(void *opaque, uint32_t events)
{
    struct xenemu *x = opaque;
    const struct xenif_ops *ops = x->xenif.ops;

    if (!ops->evtchn_pending(&x->xenif, x->store_local))
        return;
    xenstore_ring_event(x->store);
    ops->evtchn_unmask(&x->xenif, x->store_local);
}

void xen_ring_close(struct xenemu *x)
{
    if (!x->store_local)
        return;
    xenstore_ring_close(x->store);
    loop_fd_del(&x->store_watch);
    x->xenif.ops->evtchn_unbind(&x->xenif, x->store_local);
    x->store_local = 0;
}

/* The guest begins: it is a new domain. */
int xen_ring_open(struct xenemu *x)
{
    const struct vm_config *cfg = x->vm->cfg;
    struct xenstore_domain d = {
        .name = cfg->name,
        .uuid = cfg->uuid,
        .ram = cfg->ram_size,
        .vcpus = x->conf.vcpus,
        .store_pfn = x->param[HVM_PARAM_STORE_PFN],
        .console_pfn = x->param[HVM_PARAM_CONSOLE_PFN],
        .store_port = x->param[HVM_PARAM_STORE_EVTCHN],
        .console_port = x->param[HVM_PARAM_CONSOLE_EVTCHN],
    };
    evtchn_port_t local;
    int fd, rc = xenstore_introduce(x->store, &d);

    if (!rc)
        rc = x->xenif.ops->evtchn_bind(&x->xenif, d.store_port, &local, &fd);
    if (rc)
        return rc;
    x->store_local = local;
    x->store_watch = (struct loop_fd){
        .fd = fd, .events = EPOLLIN, .fn = guest_event, .opaque = x};
    rc = loop_fd_add(x->vm->loop, &x->store_watch);
    if (!rc)
        rc = xenstore_ring_open(
            x->store, x->special_ram->host + XEN_SPECIAL_STORE * XEN_PAGE,
            notify, x);
    return rc;
}
