/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "xen-console": a domain's console (hvc0) as a chardev. The ring is the page
 * that the toolstack has granted under the reserved reference 0, its event
 * channel is in the domain's folder. Source: Xen's io/console.h.
 *
 * The chardev belongs to the main loop, so the ring is served there. Bytes
 * that the chardev does not take yet stay in the ring.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/char/chr.h"
#include "dm/dev.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "hw/pv/port.h"

#define GNTTAB_RESERVED_CONSOLE 0
#define IN 1024u
#define OUT 2048u

struct xencons {
    uint8_t in[IN], out[OUT];
    _Atomic uint32_t in_cons, in_prod, out_cons, out_prod;
};
_Static_assert(sizeof(struct xencons) == 3088, "as in io/console.h");

struct xen_console {
    struct dev dev;
    struct chr *chr;
    bool attached, paused;
    void *watch;
    struct xencons *ring; /* NULL: not connected */
    struct pv_port port;
    uint32_t in_seen; /* in_cons, at the last event */
    bool broken;      /* its indices are nonsense */
    struct log_quota quota;
};

/* *n: bytes between them. */
static bool used(struct xen_console *c, uint32_t cons, uint32_t prod,
                 uint32_t size, uint32_t *n)
{
    *n = prod - cons;
    if (*n <= size)
        return true;
    c->broken = true;
    log_guest(&c->quota, c->dev.path,
              "the ring is broken: %" PRIu32 " is consumed, %" PRIu32
              " produced",
              cons, prod);
    return false;
}

static bool ready(const struct xen_console *c)
{
    return c->ring && !c->paused && !c->broken;
}

/* ---- from the guest ---- */

static bool give(void *opaque)
{
    struct xen_console *c = opaque;
    uint32_t cons, prod, n, done = 0;
    uint8_t buf[OUT];
    int r;

    if (!ready(c))
        return false;
    cons = atomic_load_explicit(&c->ring->out_cons, memory_order_relaxed);
    prod = atomic_load_explicit(&c->ring->out_prod, memory_order_acquire);
    if (!used(c, cons, prod, OUT, &n) || !n)
        return false;
    for (uint32_t i = 0; i < n; i++)
        buf[i] = c->ring->out[(cons + i) % OUT];
    r = chr_write(c->chr, buf, n);
    done = r < 0 ? n : (uint32_t)r; /* nobody is there: it is lost */
    atomic_store_explicit(&c->ring->out_cons, cons + done,
                          memory_order_release);
    if (done)
        pv_port_notify(&c->port);
    return done;
}

static void writable(void *opaque)
{
    give(opaque);
}

/* ---- to the guest ---- */

static size_t can_read(void *opaque)
{
    struct xen_console *c = opaque;
    uint32_t n;

    return ready(c) && used(c, atomic_load(&c->ring->in_cons),
                            atomic_load(&c->ring->in_prod), IN, &n)
               ? IN - n
               : 0;
}

static void take(void *opaque, const uint8_t *buf, size_t len)
{
    struct xen_console *c = opaque;
    uint32_t prod, n;

    if (!ready(c))
        return;
    prod = atomic_load_explicit(&c->ring->in_prod, memory_order_relaxed);
    if (!used(c, atomic_load(&c->ring->in_cons), prod, IN, &n))
        return;
    for (size_t i = 0; i < len && i < IN - n; i++)
        c->ring->in[prod++ % IN] = buf[i];
    atomic_store_explicit(&c->ring->in_prod, prod, memory_order_release);
    pv_port_notify(&c->port);
}

/* An event: it has written, or it has read. */
static bool event(void *opaque)
{
    struct xen_console *c = opaque;
    bool any = give(c);

    if (c->ring) {
        uint32_t cons = atomic_load(&c->ring->in_cons);

        any |= cons != c->in_seen;
        c->in_seen = cons;
    }
    chr_accept(c->chr);
    return any;
}

/* ---- life ---- */

static void disconnect(struct xen_console *c)
{
    struct xenif *x = c->dev.vm->xenif;
    bool paused = c->paused;

    if (!c->ring)
        return;
    c->paused = false;
    give(c); /* the guest's last words: it ended faster than we looked */
    c->paused = paused;
    pv_port_stop(&c->port);
    pv_port_unbind(&c->port);
    x->ops->gnt_unmap(x, c->ring, 1);
    c->ring = NULL;
    c->broken = false;
}

static int connect_ring(struct xen_console *c, uint32_t port)
{
    const grant_ref_t ref = GNTTAB_RESERVED_CONSOLE;
    struct vm *vm = c->dev.vm;
    struct xenif *x = vm->xenif;
    void *page;
    int rc = x->ops->gnt_map(x, &ref, 1, true, &page);

    if (rc)
        return rc;
    c->port = (struct pv_port){0};
    rc = pv_port_bind(&c->port, vm, x, port, vm->loop, event, c);
    if (!rc)
        rc = pv_port_serve(&c->port);
    if (rc) {
        pv_port_unbind(&c->port);
        x->ops->gnt_unmap(x, page, 1);
        return rc;
    }
    c->ring = page;
    event(c);
    return 0;
}

/* The domain is there, or there anew: after a kexec nobody resets us. */
static void port_known(void *opaque, const char *path)
{
    struct xen_console *c = opaque;
    struct xenif *x = c->dev.vm->xenif;
    char *text;
    int rc;

    if (x->ops->xs_read(x, 0, path, &text))
        return;
    disconnect(c);
    rc = connect_ring(c, (uint32_t)strtoul(text, NULL, 10));
    if (rc)
        log_err(c->dev.path, "no console: %s", strerror(-rc));
    free(text);
}

static void console_destroy(struct dev *dev)
{
    struct xen_console *c = (struct xen_console *)dev;
    struct xenif *x = dev->vm->xenif;

    disconnect(c);
    if (c->watch)
        x->ops->xs_unwatch(x, c->watch);
    c->watch = NULL;
    if (c->attached)
        chr_detach(c->chr);
    c->attached = false;
}

static int console_create(struct dev *dev, struct cfg_err *err)
{
    struct xen_console *c = (struct xen_console *)dev;
    struct xenif *x = dev->vm->xenif;
    const struct chr_user user = {
        .can_read = can_read, .read = take, .writable = writable, .opaque = c};
    char path[64];
    int rc;

    if (!x)
        return err_set(err, -ENODEV,
                       "%s: this guest has no Xen (-accel kvm,xen-version=4.17 "
                       "gives it one)",
                       dev->cls->name);
    if (!c->chr)
        return err_set(err, -EINVAL, "%s: chardev= is missing", dev->cls->name);
    c->paused = true;
    rc = chr_attach(c->chr, &user, dev->path, err);
    if (rc)
        return rc;
    c->attached = true;
    x->console = true;
    snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/console/port",
             x->domid);
    rc = x->ops->xs_watch(x, path, port_known, c, &c->watch);
    if (rc) {
        err_set(err, rc, "%s: cannot watch %s: %s", dev->cls->name, path,
                strerror(-rc));
        console_destroy(dev);
    }
    return rc;
}

/* It connects when the new domain's node is written. */
static void console_reset(struct dev *dev)
{
    disconnect((struct xen_console *)dev);
}

static void console_pause(struct dev *dev)
{
    ((struct xen_console *)dev)->paused = true;
}

static void console_resume(struct dev *dev)
{
    struct xen_console *c = (struct xen_console *)dev;

    c->paused = false;
    event(c);
}

static const struct dev_prop console_props[] = {
    DEV_PROP(PROP_CHR, struct xen_console, chr, "chardev", NULL,
             "id of its -chardev"),
    DEV_PROP_END,
};

const struct dev_class xen_console_class = {
    .name = "xen-console",
    .desc = "Xen paravirtual console",
    .size = sizeof(struct xen_console),
    .domain = true,
    .props = console_props,
    .create = console_create,
    .pause = console_pause,
    .resume = console_resume,
    .reset = console_reset,
    .destroy = console_destroy,
};
