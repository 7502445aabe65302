/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ioreq server: made with Xen, and the thread that serves it.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dm/log.h"
#include "dm/machine.h"
#include "xen/xen-priv.h"

#define PAGES 2 /* the ring, then the slots */
#define SLOTS_PER_PAGE (GUEST_PAGE / sizeof(struct ioreq))

/* ---- the thread ---- */

static void invalidate(void *opaque)
{
    foreign_invalidate(opaque);
}

static void timeoffset(void *opaque, int64_t seconds)
{
    struct xen *x = opaque;

    vm_lock(x->vm);
    xen_store_timeoffset(x, seconds);
    vm_unlock(x->vm);
}

static void serve_slots(struct xen *x, const struct ioreq_sink *sink)
{
    for (unsigned i = 0; i < x->vcpus; i++) {
        if (ioreq_serve(sink, &x->slot[i]))
            xenevtchn_notify(x->evtchn, x->port[i]);
    }
}

/* Something is there. The vCPU that sent it waits, so it is answered before
 * its event is even read: that costs two system calls while it runs again. */
static void serve_event(struct xen *x, const struct ioreq_sink *sink)
{
    xenevtchn_port_or_error_t port;

    serve_slots(x, sink);
    port = xenevtchn_pending(x->evtchn);
    if (port < 0)
        return;
    xenevtchn_unmask(x->evtchn, port);
    if ((evtchn_port_t)port == x->ring_port)
        ioreq_serve_ring(sink, x->ring);
    else
        serve_slots(x, sink); /* it may have come after the first look */
}

/* Waits while the machine is paused; false when it is time to end. */
static bool may_go_on(struct xen *x)
{
    uint64_t count;
    ssize_t r = read(x->wake_fd, &count, sizeof(count));
    bool stop;

    (void)r;
    vm_lock(x->vm);
    while (x->pause && !x->stop) {
        x->parked = true;
        pthread_cond_broadcast(&x->parked_cond);
        vm_cond_wait(x->vm, &x->parked_cond);
    }
    x->parked = false;
    stop = x->stop;
    vm_unlock(x->vm);
    return !stop;
}

static void *serve(void *opaque)
{
    struct xen *x = opaque;
    const struct ioreq_sink sink = {.vm = x->vm,
                                    .opaque = x,
                                    .invalidate = invalidate,
                                    .timeoffset = timeoffset};
    struct pollfd fd[] = {
        {.fd = xenevtchn_fd(x->evtchn), .events = POLLIN},
        {.fd = x->wake_fd, .events = POLLIN},
    };

    while (may_go_on(x)) {
        do {
            /* pending() would block if there were nothing (xenevtchn.h) */
            if (poll(fd, 2, -1) > 0 && fd[0].revents)
                serve_event(x, &sink);
        } while (!fd[1].revents);
        fd[1].revents = 0;
    }
    return NULL;
}

static int start_thread(struct xen *x, struct cfg_err *err)
{
    sigset_t all, old;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(&x->thread, NULL, serve, x);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r)
        return err_set(err, -r, "no thread for ioreqs: %s", strerror(r));
    pthread_setname_np(x->thread, "ioreq");
    x->have_thread = true;
    return 0;
}

/* ---- the server ---- */

int xen_server_create(struct xen *x, struct cfg_err *err)
{
    void *addr = NULL;

    if (xendevicemodel_create_ioreq_server(
            x->dmod, x->domid, HVM_IOREQSRV_BUFIOREQ_ATOMIC, &x->server))
        return errno == ESRCH
                   ? err_set(err, -ESRCH,
                             "-xen-domid %u: there is no such domain", x->domid)
                   : err_set(
                         err, -errno,
                         "domain %u: Xen gives no ioreq server: %s (expected a "
                         "running HVM domain and the right to serve it)",
                         x->domid, strerror(errno));
    x->have_server = true;
    x->pages = xenforeignmemory_map_resource(
        x->fmem, x->domid, XENMEM_resource_ioreq_server, x->server,
        XENMEM_resource_ioreq_server_frame_bufioreq, PAGES, &addr,
        PROT_READ | PROT_WRITE, 0);
    if (!x->pages)
        return err_set(err, -errno, "domain %u: cannot map ioreq pages: %s",
                       x->domid, strerror(errno));
    x->ring = addr;
    x->slot = (struct ioreq *)((char *)addr + GUEST_PAGE);
    if (xendevicemodel_get_ioreq_server_info(x->dmod, x->domid, x->server, NULL,
                                             NULL, &x->ring_port))
        return err_set(err, -errno, "domain %u: no buffered ioreq port: %s",
                       x->domid, strerror(errno));
    return 0;
}

static int enable(struct xen *x, bool on)
{
    if (x->enabled == on)
        return 0;
    if (xendevicemodel_set_ioreq_server_state(x->dmod, x->domid, x->server, on))
        return -errno;
    x->enabled = on;
    return 0;
}

static int bind(struct xen *x, evtchn_port_t remote, evtchn_port_t *local,
                struct cfg_err *err)
{
    xenevtchn_port_or_error_t port =
        xenevtchn_bind_interdomain(x->evtchn, x->domid, remote);

    if (port < 0)
        return err_set(err, -errno,
                       "domain %u: cannot bind event channel %u: %s", x->domid,
                       remote, strerror(errno));
    *local = port;
    return 0;
}

int xen_server_start(struct xen *x, struct cfg_err *err)
{
    int rc;

    x->vcpus = x->vm->cfg->max_cpus;
    if (x->vcpus > SLOTS_PER_PAGE)
        return err_set(err, -EINVAL, "expected at most %zu vCPUs",
                       SLOTS_PER_PAGE);
    x->port = calloc(x->vcpus, sizeof(x->port[0]));
    if (!x->port)
        return err_set(err, -ENOMEM, "out of memory");
    rc = enable(x, true);
    if (rc)
        return err_set(err, rc,
                       "domain %u: cannot enable the ioreq server: "
                       "%s",
                       x->domid, strerror(-rc));
    for (unsigned i = 0; i < x->vcpus && !rc; i++)
        rc = bind(x, x->slot[i].vp_eport, &x->port[i], err);
    if (!rc)
        rc = bind(x, x->ring_port, &x->ring_port, err);
    if (!rc)
        rc = start_thread(x, err);
    return rc;
}

void xen_server_destroy(struct xen *x)
{
    uint64_t one = 1;

    if (x->have_thread) {
        ssize_t r;

        x->stop = true;
        r = write(x->wake_fd, &one, sizeof(one));
        (void)r;
        pthread_cond_broadcast(&x->parked_cond);
        vm_unlock(x->vm);
        pthread_join(x->thread, NULL);
        vm_lock(x->vm);
    }
    if (x->have_server) {
        enable(x, false);
        if (x->pages)
            xenforeignmemory_unmap_resource(x->fmem, x->pages);
        xendevicemodel_destroy_ioreq_server(x->dmod, x->domid, x->server);
    }
    free(x->port);
}
