/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvm/xenemu/xenemu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/dev.h"
#include "dm/irq.h"
#include "dm/machine.h"
#include "kvm/xenemu/xenemu-priv.h"
#include "kvm/xenemu/xenstore.h"

/* Ports that a toolstack has made: of its rings, and bound by nobody yet. A
 * console that nobody reads would be no help: Linux waits for room in its ring
 * for ever. */
static void make_rings(struct xenemu *x)
{
    x->param[HVM_PARAM_STORE_PFN] = XEN_SPECIAL + XEN_SPECIAL_STORE;
    x->param[HVM_PARAM_STORE_EVTCHN] = xen_port_alloc(x, 0);
    if (!x->xenif.console)
        return;
    x->param[HVM_PARAM_CONSOLE_PFN] = XEN_SPECIAL + XEN_SPECIAL_CONSOLE;
    x->param[HVM_PARAM_CONSOLE_EVTCHN] = xen_port_alloc(x, 0);
}

static void begin_anew(struct xenemu *x)
{
    int rc;

    xen_ring_close(x);
    atomic_store(&x->looks, 0);
    atomic_store(&x->patched, false);
    pthread_mutex_lock(&x->lock);
    xen_evtchn_reset(x);
    for (unsigned i = 0; i < x->conf.vcpus; i++)
        memset(&x->vcpu[i], 0, sizeof(x->vcpu[i]));
    x->pollers = 0;
    xen_time_reset(x);
    memset(x->param, 0, sizeof(x->param));
    x->param[HVM_PARAM_PAE_ENABLED] = 1;
    xen_callback_set(x, IRQ_NO_ROUTE);
    x->wide = true;
    pthread_mutex_unlock(&x->lock);

    xen_memory_reset(x);
    pthread_mutex_lock(&x->gnt_lock);
    xen_gnttab_reset(x);
    pthread_mutex_unlock(&x->gnt_lock);

    pthread_mutex_lock(&x->lock);
    xen_shared_placed(x);
    make_rings(x);
    pthread_mutex_unlock(&x->lock);
    rc = xen_ring_open(x);
    if (rc)
        log_err("xen", "the guest has no xenstore: %s", strerror(-rc));
}

static void soft_reset(void *opaque)
{
    struct xenemu *x = opaque;
    int asked = SOFT_RESET_ASKED;

    if (atomic_load(&x->soft_reset) != SOFT_RESET_ASKED)
        return; /* the machine has been reset meanwhile */
    /* as a toolstack does: no backend keeps what the old kernel gave it */
    dev_domain_gone(x->vm);
    begin_anew(x);
    dev_domain_new(x->vm);
    /* a guest with more than one vCPU may have asked twice */
    atomic_compare_exchange_strong(&x->soft_reset, &asked, SOFT_RESET_DONE);
}

struct xenemu *xenemu_new(struct vm *vm, const struct xenemu_conf *conf,
                          const struct xenemu_host *host, void *opaque,
                          struct cfg_err *err)
{
    struct xenemu *x = calloc(1, sizeof(*x));

    if (!x) {
        err_set(err, -ENOMEM, "out of memory");
        return NULL;
    }
    *x = (struct xenemu){
        .xenif = {.ops = &xen_emu_xenif_ops, .domid = XENEMU_DOMID},
        .vm = vm,
        .conf = *conf,
        .host = host,
        .opaque = opaque,
        .soft_reset_task = {.fn = soft_reset, .opaque = x},
        .timer_watch.fd = -1,
        .paused = true,
        .wide = true,
        .gsi = IRQ_NO_ROUTE,
    };
    pthread_mutex_init(&x->lock, NULL);
    pthread_mutex_init(&x->gnt_lock, NULL);
    x->store = xenstore_new(vm->loop, XENEMU_DOMID);
    if (!x->store) {
        err_set(err, -ENOMEM, "out of memory");
        xenemu_free(x);
        return NULL;
    }
    return x;
}

struct xenif *xenemu_xenif(struct xenemu *x)
{
    return &x->xenif;
}

int xenemu_listen(struct xenemu *x, const char *path, struct cfg_err *err)
{
    return xenstore_listen(x->store, path, err);
}

void xenemu_free(struct xenemu *x)
{
    unsigned long long unknowns = x ? x->unknowns : 0;

    if (!x)
        return;
    if (unknowns)
        log_info("xen", "%llu hypercalls were for what is not there", unknowns);
    loop_cancel(x->vm->loop, &x->soft_reset_task);
    xen_ring_close(x);
    xenstore_free(x->store);
    xen_time_fini(x);
    xen_memory_fini(x);
    free(x->active);
    pthread_mutex_destroy(&x->gnt_lock);
    pthread_mutex_destroy(&x->lock);
    free(x);
}

int xenemu_start(struct xenemu *x, struct cfg_err *err)
{
    int rc = xen_memory_start(x, err);

    if (rc)
        return rc;
    x->shared = x->shared_ram->host;
    x->grants = (struct grant_entry *)x->grant_ram->host;
    x->active =
        calloc(x->conf.grant_frames * GRANTS_PER_FRAME, sizeof(x->active[0]));
    if (!x->active)
        return err_set(err, -ENOMEM, "out of memory");
    rc = xen_time_init(x);
    return rc ? err_set(err, rc, "no timers for Xen's interfaces: %s",
                        strerror(-rc))
              : 0;
}

void xenemu_reset(struct xenemu *x)
{
    atomic_store(&x->soft_reset, SOFT_RESET_NONE);
    begin_anew(x);
}

void xenemu_pause(struct xenemu *x)
{
    pthread_mutex_lock(&x->lock);
    x->paused = true;
    pthread_mutex_unlock(&x->lock);
}

void xenemu_resume(struct xenemu *x)
{
    pthread_mutex_lock(&x->lock);
    x->paused = false;
    xen_timers_arm(x);
    xen_wallclock(x);
    pthread_mutex_unlock(&x->lock);
}
