/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Xen engine: Xen runs the guest, we answer for its devices.
 *
 * The domain is made, filled with memory and started by the toolstack; what
 * we see of the guest is its accesses to what we claimed (serve.c) and its
 * memory (foreign.c). Interrupt controllers, PIT, RTC, PM timer and HPET are
 * the hypervisor's.
 */
#include "config.h"

#include "xen/xen.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "dm/clock.h"
#include "dm/irq.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "xen/xen-priv.h"

#include <xentoolcore.h> /* wants xen.h before it */

static int64_t host_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * (int64_t)NS_PER_SEC + ts.tv_nsec;
}

static int64_t xen_clock_ns(struct vm *vm)
{
    struct xen *x = vm->engine_priv;
    int64_t base = atomic_load(&x->clock_base);

    return atomic_load(&x->clock_stopped) ? base : host_ns() - base;
}

static void xen_clock_set(struct vm *vm, int64_t ns)
{
    ((struct xen *)vm->engine_priv)->clock_base = ns;
}

/* ---- life ---- */

static void xen_destroy(struct vm *vm)
{
    struct xen *x = vm->engine_priv;

    if (!x)
        return;
    xen_server_destroy(x);
    xenif_libs_free(x->xenif);
    vm->xenif = NULL;
    loop_fd_del(&x->alive);
    if (x->alive.fd >= 0)
        close(x->alive.fd);
    xen_store_close(x);
    xen_ram_fini(x);
    foreign_fini(x);
    if (x->evtchn)
        xenevtchn_close(x->evtchn);
    if (x->dmod)
        xendevicemodel_close(x->dmod);
    if (x->fmem)
        xenforeignmemory_close(x->fmem);
    if (x->wake_fd >= 0)
        close(x->wake_fd);
    free(x);
    vm->engine_priv = NULL;
}

static int open_handles(struct xen *x, struct cfg_err *err)
{
    x->dmod = xendevicemodel_open(NULL, 0);
    x->fmem = x->dmod ? xenforeignmemory_open(NULL, 0) : NULL;
    x->evtchn = x->fmem ? xenevtchn_open(NULL, 0) : NULL;
    if (!x->evtchn)
        return err_set(err, -ENODEV,
                       "no Xen here, or no right to it: %s (expected dom0 "
                       "with /dev/xen/privcmd and /dev/xen/evtchn)",
                       strerror(errno));
    return 0;
}

/* Xen lets a domain have several servers, so the second of us would take the
 * first one's ranges. The lock is a byte of a file all of us have open. */
static int be_the_only_one(struct xen *x, struct cfg_err *err)
{
    struct flock lock = {.l_type = F_WRLCK,
                         .l_whence = SEEK_SET,
                         .l_start = x->domid,
                         .l_len = 1};

    if (fcntl(xenevtchn_fd(x->evtchn), F_OFD_SETLK, &lock))
        return err_set(err, -EBUSY,
                       "domain %u: another hvmd serves it already (%s)",
                       x->domid, strerror(errno));
    return 0;
}

/* Xenstore cannot be restricted to a domain, so a restricted process has no
 * paravirtual backends. */
static int offer_xenif(struct xen *x, struct cfg_err *err)
{
    int rc;

    if (!x->xs)
        return 0;
    rc = xenif_libs_new(x->xs, x->domid, &x->xenif, err);
    if (!rc) {
        x->vm->xenif = &x->xenif->x;
    } else if (!x->vm->cfg->xen_attach) {
        log_warn("xen", "no paravirtual devices: %s", err->text);
        rc = 0;
    }
    return rc;
}

static int xen_create(struct vm *vm, struct opts *opts, struct cfg_err *err)
{
    struct xen *x;
    int rc;

    (void)opts;
    x = calloc(1, sizeof(*x));
    if (!x)
        return err_set(err, -ENOMEM, "out of memory");
    vm->engine_priv = x;
    x->vm = vm;
    x->clock_stopped = true;
    x->taking_over = vm->cfg->incoming;
    pthread_cond_init(&x->parked_cond, NULL);
    x->pause = true;
    x->store_helper = x->alive.fd = -1;
    x->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    rc = x->wake_fd < 0 ? err_set(err, -errno, "no eventfd") : 0;
    if (!rc)
        rc = open_handles(x, err);
    /* Without a domain (-machine none) the engine is there to be asked. */
    if (!rc && vm->cfg->xen_domid) {
        x->domid = vm->cfg->xen_domid;
        rc = be_the_only_one(x, err);
        if (!rc)
            rc = foreign_init(x);
        if (!rc)
            rc = xen_store_open(x, err);
        if (!rc)
            rc = offer_xenif(x, err);
        if (!rc && !vm->cfg->xen_attach)
            rc = xen_server_create(x, err);
    }
    if (rc)
        xen_destroy(vm);
    return rc;
}

void xen_gone(struct xen *x)
{
    log_info("xen", "domain %" PRIu32 " is gone", x->domid);
    vm_request(x->vm, VM_REQ_QUIT);
}

/* No event says so, and xenstored may be away, or know nothing of a domain
 * that was there before it: Xen does. */
static void look_for_domain(void *opaque, uint32_t events)
{
    struct xen *x = opaque;
    evtchn_port_t port;
    uint64_t turns;
    ssize_t r = read(x->alive.fd, &turns, sizeof(turns));

    (void)r;
    if (!xendevicemodel_get_ioreq_server_info(x->dmod, x->domid, x->server,
                                              NULL, NULL, &port))
        return;
    loop_fd_del(&x->alive);
    xen_gone(x);
}

static int watch_domain(struct xen *x, struct cfg_err *err)
{
    const struct itimerspec each = {{.tv_sec = 1}, {.tv_sec = 1}};
    int rc = 0;

    x->alive = (struct loop_fd){
        .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
        .events = EPOLLIN,
        .fn = look_for_domain,
        .opaque = x};
    if (x->alive.fd < 0 || timerfd_settime(x->alive.fd, 0, &each, NULL))
        rc = -errno;
    if (!rc)
        rc = loop_fd_add(x->vm->loop, &x->alive);
    return rc ? err_set(err, rc, "no timer: %s", strerror(-rc)) : 0;
}

static int xen_start(struct vm *vm, struct cfg_err *err)
{
    struct xen *x = vm->engine_priv;
    int rc;

    rc = x->have_server ? xen_server_start(x, err) : 0;
    if (!rc && x->have_server)
        rc = watch_domain(x, err);
    if (!rc && vm->cfg->xen_restrict && xentoolcore_restrict_all(x->domid))
        rc = err_set(err, -errno,
                     "-xen-domid-restrict: the handles of domain %u: %s",
                     x->domid, strerror(errno));
    return rc;
}

static void wake(struct xen *x)
{
    uint64_t one = 1;
    ssize_t r = write(x->wake_fd, &one, sizeof(one));

    (void)r;
    pthread_cond_broadcast(&x->parked_cond);
}

static void xen_pause(struct vm *vm)
{
    struct xen *x = vm->engine_priv;

    x->pause = true;
    if (x->have_thread) {
        wake(x);
        while (!x->parked)
            vm_cond_wait(vm, &x->parked_cond);
    }
    if (!x->clock_stopped) {
        x->clock_base = host_ns() - x->clock_base;
        x->clock_stopped = true;
    }
}

static void xen_resume(struct vm *vm)
{
    struct xen *x = vm->engine_priv;

    if (x->clock_stopped) {
        x->clock_base = host_ns() - x->clock_base;
        x->clock_stopped = false;
    }
    x->pause = false;
    x->taking_over = false;
    wake(x);
    /* Not before: who passes -S asks by QMP how far we are, and this as well
     * would be more than libxl 4.17 can bear. */
    if (!x->announced)
        xen_store_running(x);
    x->announced = true;
}

static void xen_reset(struct vm *vm, const struct boot_regs *regs)
{
    /* The toolstack makes a new domain instead: see xen_power. */
}

static bool xen_power(struct vm *vm, bool reboot)
{
    struct xen *x = vm->engine_priv;

    if (xendevicemodel_shutdown(x->dmod, x->domid,
                                reboot ? SHUTDOWN_reboot : SHUTDOWN_poweroff))
        log_capped(LOG_ERR, &x->quota, "xen", "cannot shut domain %u down: %s",
                   x->domid, strerror(errno));
    return true;
}

/* ---- ranges ---- */

static int xen_range(struct xen *x, const struct bus_region *r, bool on)
{
    uint64_t last = r->base + r->size - 1;
    uint16_t bdf = r->base >> 12;
    int rc;

    if (!x->have_server)
        return 0;
    if (r->space == BUS_PCICFG)
        rc = (on ? xendevicemodel_map_pcidev_to_ioreq_server
                 : xendevicemodel_unmap_pcidev_from_ioreq_server)(
            x->dmod, x->domid, x->server, 0, bdf >> 8, bdf >> 3 & 31, bdf & 7);
    else
        rc = (on ? xendevicemodel_map_io_range_to_ioreq_server
                 : xendevicemodel_unmap_io_range_from_ioreq_server)(
            x->dmod, x->domid, x->server, r->space == BUS_MMIO, r->base, last);
    return rc ? -errno : 0;
}

static int xen_claim(struct vm *vm, const struct bus_region *r)
{
    struct xen *x = vm->engine_priv;
    int rc = xen_range(x, r, true);

    if (rc)
        log_capped(LOG_ERR, &x->quota, "xen", "range of %s: %s", r->name,
                   strerror(-rc));
    return rc;
}

static void xen_release(struct vm *vm, const struct bus_region *r)
{
    xen_range(vm->engine_priv, r, false);
}

static void xen_layout_begin(struct vm *vm)
{
}

static void xen_layout_end(struct vm *vm)
{
}

/* ---- interrupts ---- */

static void xen_gsi_set(struct vm *vm, unsigned gsi, bool level)
{
    struct xen *x = vm->engine_priv;

    if (gsi < 16)
        xendevicemodel_set_isa_irq_level(x->dmod, x->domid, gsi, level);
}

static void xen_pci_intx(struct vm *vm, uint16_t bdf, unsigned pin, bool level)
{
    struct xen *x = vm->engine_priv;

    xendevicemodel_set_pci_intx_level(x->dmod, x->domid, 0, bdf >> 8,
                                      bdf >> 3 & 31, pin, level);
}

static void xen_pci_route(struct vm *vm, unsigned link, uint8_t line)
{
    struct xen *x = vm->engine_priv;

    /* 0 turns a link off */
    xendevicemodel_set_pci_link_route(x->dmod, x->domid, link,
                                      line == IRQ_NO_ROUTE ? 0 : line);
}

static void xen_msi(struct vm *vm, uint64_t addr, uint32_t data)
{
    struct xen *x = vm->engine_priv;

    xendevicemodel_inject_msi(x->dmod, x->domid, addr, data);
}

static int xen_vcpu_tid(struct vm *vm, unsigned i)
{
    return i < vm->cfg->cpus ? 0 : -1; /* they are the hypervisor's */
}

const struct engine_ops xen_engine = {
    .name = "xen",
    .desc = "device model of a domain that Xen runs",
    .caps = ENGINE_HAS_IRQCHIP | ENGINE_HAS_PIT | ENGINE_HAS_PMTIMER |
            ENGINE_FOREIGN_RAM | ENGINE_INTX | ENGINE_HAS_FIRMWARE |
            ENGINE_MSI_EVENTS | ENGINE_DIRTY_LOG,
    .create = xen_create,
    .destroy = xen_destroy,
    .start = xen_start,
    .pause = xen_pause,
    .resume = xen_resume,
    .reset = xen_reset,
    .power = xen_power,
    .claim = xen_claim,
    .release = xen_release,
    .mem_read = foreign_read,
    .mem_write = foreign_write,
    .mem_map = foreign_map,
    .mem_unmap = foreign_unmap,
    .mem_dirty = foreign_dirty,
    .ram_new = xen_ram_new,
    .layout_begin = xen_layout_begin,
    .layout_slot = xen_layout_slot,
    .layout_end = xen_layout_end,
    .gsi_set = xen_gsi_set,
    .pci_intx = xen_pci_intx,
    .pci_route = xen_pci_route,
    .msi = xen_msi,
    .ioevent_add = engine_no_ioevent_add,
    .ioevent_del = engine_no_ioevent_del,
    .irqfd_add = engine_no_irqfd_add,
    .irqfd_del = engine_no_irqfd_del,
    .clock_ns = xen_clock_ns,
    .clock_set = xen_clock_set,
    .vcpu_tid = xen_vcpu_tid,
};
