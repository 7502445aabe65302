/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "xen/xenif.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define COPY_BATCH 64u

static struct xenif_libs *of(struct xenif *x)
{
    return (struct xenif_libs *)x;
}

/* ---- grants ---- */

static int gnt_map(struct xenif *x, const grant_ref_t *refs, unsigned n,
                   bool write, void **addr)
{
    struct xenif_libs *l = of(x);
    int rc;

    if (atomic_fetch_add(&l->mapped, n) + n > XENIF_MAPPED) {
        atomic_fetch_sub(&l->mapped, n);
        return -ENOSPC;
    }
    *addr = xengnttab_map_domain_grant_refs(
        l->gnt, n, x->domid, (uint32_t *)refs,
        write ? PROT_READ | PROT_WRITE : PROT_READ);
    if (*addr)
        return 0;
    rc = -errno;
    atomic_fetch_sub(&l->mapped, n);
    return rc;
}

static int gnt_unmap(struct xenif *x, void *addr, unsigned n)
{
    struct xenif_libs *l = of(x);

    if (xengnttab_unmap(l->gnt, addr, n))
        return -errno;
    atomic_fetch_sub(&l->mapped, n);
    return 0;
}

static int copy_some(struct xenif_libs *l, struct xenif_copy *pieces,
                     unsigned n)
{
    xengnttab_grant_copy_segment_t seg[COPY_BATCH];

    for (unsigned i = 0; i < n; i++) {
        const struct xenif_copy *p = &pieces[i];
        union xengnttab_copy_ptr guest = {
            .foreign = {.ref = p->ref, .offset = p->off, .domid = l->x.domid}};
        union xengnttab_copy_ptr here = {.virt = p->local};

        seg[i] = (xengnttab_grant_copy_segment_t){
            .source = p->to_guest ? here : guest,
            .dest = p->to_guest ? guest : here,
            .len = p->len,
            .flags = p->to_guest ? GNTCOPY_dest_gref : GNTCOPY_source_gref,
        };
    }
    if (xengnttab_grant_copy(l->gnt, n, seg))
        return -errno;
    for (unsigned i = 0; i < n; i++)
        pieces[i].status = seg[i].status;
    return 0;
}

static int gnt_copy(struct xenif *x, struct xenif_copy *pieces, unsigned n)
{
    unsigned done, now;
    int rc = 0;

    for (done = 0; done < n && !rc; done += now) {
        now = n - done < COPY_BATCH ? n - done : COPY_BATCH;
        rc = copy_some(of(x), pieces + done, now);
        if (!rc || !done)
            continue;
        for (unsigned i = done; i < n; i++) /* some were: it is these */
            pieces[i].status = GNTST_general_error;
        return 0;
    }
    return rc;
}

/* ---- event channels ---- */

static int evtchn_bind(struct xenif *x, evtchn_port_t remote,
                       evtchn_port_t *local, int *fd)
{
    struct xenif_libs *l = of(x);
    xenevtchn_port_or_error_t port;
    xenevtchn_handle *h;
    unsigned i = 0;
    int rc;

    while (i < XENIF_PORTS && l->port[i].h)
        i++;
    if (i == XENIF_PORTS)
        return -ENOSPC;
    h = xenevtchn_open(&l->quiet, 0);
    if (!h)
        return -errno;
    port = xenevtchn_bind_interdomain(h, x->domid, remote);
    /* A read of what another has consumed must not wait. */
    if (port < 0 || fcntl(xenevtchn_fd(h), F_SETFL, O_NONBLOCK)) {
        rc = -errno;
        xenevtchn_close(h);
        return rc;
    }
    l->port[i].h = h;
    l->port[i].port = port;
    *local = i;
    *fd = xenevtchn_fd(h);
    return 0;
}

static void evtchn_unbind(struct xenif *x, evtchn_port_t local)
{
    struct xenif_libs *l = of(x);

    xenevtchn_close(l->port[local].h); /* unbinds it */
    l->port[local].h = NULL;
}

static bool evtchn_pending(struct xenif *x, evtchn_port_t local)
{
    return xenevtchn_pending(of(x)->port[local].h) >= 0;
}

static int evtchn_unmask(struct xenif *x, evtchn_port_t local)
{
    struct xenif_libs *l = of(x);

    return xenevtchn_unmask(l->port[local].h, l->port[local].port) ? -errno : 0;
}

static int evtchn_notify(struct xenif *x, evtchn_port_t local)
{
    struct xenif_libs *l = of(x);

    return xenevtchn_notify(l->port[local].h, l->port[local].port) ? -errno : 0;
}

/* ---- life ---- */

static const struct xenif_ops libs_ops = {
    .name = "xen",
    .xs_read = xenif_xs_read,
    .xs_write = xenif_xs_write,
    .xs_remove = xenif_xs_remove,
    .xs_list = xenif_xs_list,
    .xs_set_perms = xenif_xs_set_perms,
    .xs_tx_begin = xenif_xs_tx_begin,
    .xs_tx_end = xenif_xs_tx_end,
    .xs_watch = xenif_xs_watch,
    .xs_unwatch = xenif_xs_unwatch,
    .gnt_map = gnt_map,
    .gnt_unmap = gnt_unmap,
    .gnt_copy = gnt_copy,
    .evtchn_bind = evtchn_bind,
    .evtchn_unbind = evtchn_unbind,
    .evtchn_pending = evtchn_pending,
    .evtchn_unmask = evtchn_unmask,
    .evtchn_notify = evtchn_notify,
};

static void say_nothing(struct xentoollog_logger *logger,
                        xentoollog_level level, int errnoval,
                        const char *context, const char *format, va_list al)
{
}

static void destroy_nothing(struct xentoollog_logger *logger)
{
}

int xenif_libs_new(struct xs_handle *xs, uint32_t domid,
                   struct xenif_libs **out, struct cfg_err *err)
{
    struct xenif_libs *l = calloc(1, sizeof(*l));
    char *own;
    int rc;

    if (!l)
        return err_set(err, -ENOMEM, "out of memory");
    l->x.ops = &libs_ops;
    l->x.domid = domid;
    l->xs = xs;
    l->quiet.vmessage = say_nothing;
    l->quiet.destroy = destroy_nothing;
    own = xs_read(xs, XBT_NULL, "domid", NULL);
    l->x.own_domid = own ? strtoul(own, NULL, 10) : 0;
    free(own);
    l->gnt = xengnttab_open(&l->quiet, 0);
    if (!l->gnt) {
        rc = err_set(err, -errno,
                     "no grants: %s (expected /dev/xen/gntdev: modprobe "
                     "xen-gntdev)",
                     strerror(errno));
        free(l);
        return rc;
    }
    *out = l;
    return 0;
}

void xenif_libs_free(struct xenif_libs *l)
{
    if (!l)
        return;
    xengnttab_close(l->gnt);
    free(l);
}
