/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What backends see (dm/xenif.h). A grant is mapped by knowing where it is:
 * the guest's memory is ours. Pages that must follow each other and do not
 * are refused, and the caller copies instead.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kvm/xenemu/xenemu-priv.h"
#include "kvm/xenemu/xenstore.h"

#define MAPPED_MAX 65536u /* pages */

/* What one gnt_map did. */
struct xen_map {
    struct xen_map *next;
    void *addr;
    unsigned n, age;
    bool write;
    grant_ref_t ref[];
};

static struct xenemu *of(struct xenif *xenif)
{
    return (struct xenemu *)xenif;
}

/* ---- grants ---- */

static struct xen_map **bucket(struct xenemu *x, void *addr)
{
    uint32_t page = (uintptr_t)addr / XEN_PAGE;

    return &x->maps[page * 2654435761u >> 24];
}

/* gnt_lock held: all of them, or none. */
static int get_pages(struct xenemu *x, const grant_ref_t *refs, unsigned n,
                     bool write, uint8_t **addr)
{
    unsigned done;
    int rc = 0;

    for (done = 0; done < n; done++) {
        void *page;

        if (xen_grant_get(x, refs[done], x->xenif.own_domid, write, &page)) {
            rc = -EINVAL;
            break;
        }
        if (!done)
            *addr = page;
        if (page != *addr + (size_t)done * XEN_PAGE) {
            done++;
            rc = -ENOTSUP;
            break;
        }
    }
    while (rc && done--)
        xen_grant_put(x, refs[done], write);
    return rc;
}

static int gnt_map(struct xenif *xenif, const grant_ref_t *refs, unsigned n,
                   bool write, void **addr)
{
    struct xenemu *x = of(xenif);
    struct xen_map *m;
    uint8_t *page;
    int rc;

    if (!n || n > MAPPED_MAX)
        return -EINVAL;
    m = malloc(sizeof(*m) + n * sizeof(m->ref[0]));
    if (!m)
        return -ENOMEM;
    pthread_mutex_lock(&x->gnt_lock);
    rc = x->mapped + n > MAPPED_MAX ? -ENOSPC
                                    : get_pages(x, refs, n, write, &page);
    if (!rc) {
        *m = (struct xen_map){.next = *bucket(x, page),
                              .addr = page,
                              .n = n,
                              .age = x->gnt_age,
                              .write = write};
        memcpy(m->ref, refs, n * sizeof(m->ref[0]));
        *bucket(x, page) = m;
        x->mapped += n;
        *addr = page;
    }
    pthread_mutex_unlock(&x->gnt_lock);
    if (rc)
        free(m);
    return rc;
}

static int gnt_unmap(struct xenif *xenif, void *addr, unsigned n)
{
    struct xenemu *x = of(xenif);
    struct xen_map **link, *m;

    pthread_mutex_lock(&x->gnt_lock);
    link = bucket(x, addr);
    while ((m = *link) && (m->addr != addr || m->n != n))
        link = &m->next;
    if (m) {
        *link = m->next;
        x->mapped -= n;
        /* a reset has forgotten who used the table before it */
        for (unsigned i = 0; i < n && m->age == x->gnt_age; i++)
            xen_grant_put(x, m->ref[i], m->write);
    }
    pthread_mutex_unlock(&x->gnt_lock);
    free(m);
    return m ? 0 : -EINVAL;
}

static int hold(struct xenemu *x, grant_ref_t ref, bool write,
                struct xenif_page *p)
{
    int rc;

    pthread_mutex_lock(&x->gnt_lock);
    *p = (struct xenif_page){.ref = ref, .age = x->gnt_age, .write = write};
    rc = xen_grant_get(x, ref, x->xenif.own_domid, write, &p->addr);
    pthread_mutex_unlock(&x->gnt_lock);
    return rc;
}

static int gnt_hold(struct xenif *xenif, grant_ref_t ref, bool write,
                    struct xenif_page *p)
{
    return hold(of(xenif), ref, write, p) ? -EINVAL : 0;
}

static void gnt_drop(struct xenif *xenif, const struct xenif_page *p)
{
    struct xenemu *x = of(xenif);

    pthread_mutex_lock(&x->gnt_lock);
    /* a reset has forgotten who used the table before it */
    if (p->age == x->gnt_age)
        xen_grant_put(x, p->ref, p->write);
    pthread_mutex_unlock(&x->gnt_lock);
}

static int16_t copy_piece(struct xenemu *x, const struct xenif_copy *p)
{
    struct xenif_page page;
    uint8_t *at;
    int rc;

    if (p->off + p->len > (int)XENIF_PAGE)
        return GNTST_bad_copy_arg;
    rc = hold(x, p->ref, p->to_guest, &page);
    if (rc)
        return rc;
    at = (uint8_t *)page.addr + p->off;
    if (p->to_guest)
        memcpy(at, p->local, p->len);
    else
        memcpy(p->local, at, p->len);
    gnt_drop(&x->xenif, &page);
    return GNTST_okay;
}

static int gnt_copy(struct xenif *xenif, struct xenif_copy *pieces, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        pieces[i].status = copy_piece(of(xenif), &pieces[i]);
    return 0;
}

/* ---- event channels ---- */

/* Lock held: the guest has sent something to our end. */
void xen_local_raise(struct xenemu *x, unsigned i)
{
    struct xen_local *l = &x->local[i];
    uint64_t one = 1;
    ssize_t r;

    if (!l->used)
        return;
    if (l->masked) {
        l->pending = true;
        return;
    }
    r = write(l->fd, &one, sizeof(one)); /* full: it is readable as it is */
    (void)r;
}

static int evtchn_bind(struct xenif *xenif, evtchn_port_t remote,
                       evtchn_port_t *local, int *fd)
{
    struct xenemu *x = of(xenif);
    struct xen_port *p = remote < XEN_PORTS ? &x->port[remote] : NULL;
    unsigned i = 1;
    int rc = 0;

    pthread_mutex_lock(&x->lock);
    while (i < XEN_LOCALS && x->local[i].used)
        i++;
    if (!p || p->type != PORT_UNBOUND || p->remote != xenif->own_domid)
        rc = -EINVAL;
    else if (i == XEN_LOCALS)
        rc = -ENOSPC;
    else if ((*fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        rc = -errno;
    if (!rc) {
        p->type = PORT_LOCAL;
        p->peer = i;
        x->local[i] =
            (struct xen_local){.used = true, .guest = remote, .fd = *fd};
        *local = i;
        /* what it sent before we were there */
        xen_local_raise(x, i);
    }
    pthread_mutex_unlock(&x->lock);
    return rc;
}

static void evtchn_unbind(struct xenif *xenif, evtchn_port_t local)
{
    struct xenemu *x = of(xenif);
    struct xen_local *l = &x->local[local];

    pthread_mutex_lock(&x->lock);
    if (l->guest)
        x->port[l->guest].type = PORT_UNBOUND;
    close(l->fd);
    l->used = false;
    pthread_mutex_unlock(&x->lock);
}

static bool evtchn_pending(struct xenif *xenif, evtchn_port_t local)
{
    struct xenemu *x = of(xenif);
    struct xen_local *l = &x->local[local];
    uint64_t count;
    bool any;

    pthread_mutex_lock(&x->lock);
    any = read(l->fd, &count, sizeof(count)) == sizeof(count);
    l->masked |= any;
    pthread_mutex_unlock(&x->lock);
    return any;
}

static int evtchn_unmask(struct xenif *xenif, evtchn_port_t local)
{
    struct xenemu *x = of(xenif);
    struct xen_local *l = &x->local[local];

    pthread_mutex_lock(&x->lock);
    l->masked = false;
    if (l->pending) {
        l->pending = false;
        xen_local_raise(x, local);
    }
    pthread_mutex_unlock(&x->lock);
    return 0;
}

/* To a guest that has closed its end it is lost, as it is in Xen. */
static int evtchn_notify(struct xenif *xenif, evtchn_port_t local)
{
    struct xenemu *x = of(xenif);

    pthread_mutex_lock(&x->lock);
    if (x->local[local].guest)
        xen_port_raise(x, x->local[local].guest);
    pthread_mutex_unlock(&x->lock);
    return 0;
}

/* ---- xenstore ---- */

static int xs_read(struct xenif *xenif, uint32_t tx, const char *path,
                   char **value)
{
    return xenstore_read(of(xenif)->store, tx, path, value);
}

static int xs_write(struct xenif *xenif, uint32_t tx, const char *path,
                    const char *value)
{
    return xenstore_write(of(xenif)->store, tx, path, value);
}

static int xs_remove(struct xenif *xenif, uint32_t tx, const char *path)
{
    return xenstore_remove(of(xenif)->store, tx, path);
}

static int xs_list(struct xenif *xenif, uint32_t tx, const char *path,
                   char ***names, unsigned *n)
{
    return xenstore_list(of(xenif)->store, tx, path, names, n);
}

static int xs_set_perms(struct xenif *xenif, uint32_t tx, const char *path,
                        uint32_t owner, uint32_t reader)
{
    return xenstore_set_perms(of(xenif)->store, tx, path, owner, reader);
}

static int xs_tx_begin(struct xenif *xenif, uint32_t *tx)
{
    return xenstore_tx_begin(of(xenif)->store, tx);
}

static int xs_tx_end(struct xenif *xenif, uint32_t tx, bool commit)
{
    return xenstore_tx_end(of(xenif)->store, tx, commit);
}

static int xs_watch(struct xenif *xenif, const char *path,
                    void (*fn)(void *opaque, const char *path), void *opaque,
                    void **handle)
{
    return xenstore_watch(of(xenif)->store, path, fn, opaque, handle);
}

static void xs_unwatch(struct xenif *xenif, void *handle)
{
    xenstore_unwatch(of(xenif)->store, handle);
}

const struct xenif_ops xen_emu_xenif_ops = {
    .name = "emulated",
    .xs_read = xs_read,
    .xs_write = xs_write,
    .xs_remove = xs_remove,
    .xs_list = xs_list,
    .xs_set_perms = xs_set_perms,
    .xs_tx_begin = xs_tx_begin,
    .xs_tx_end = xs_tx_end,
    .xs_watch = xs_watch,
    .xs_unwatch = xs_unwatch,
    .gnt_map = gnt_map,
    .gnt_unmap = gnt_unmap,
    .gnt_copy = gnt_copy,
    .gnt_hold = gnt_hold,
    .gnt_drop = gnt_drop,
    .evtchn_bind = evtchn_bind,
    .evtchn_unbind = evtchn_unbind,
    .evtchn_pending = evtchn_pending,
    .evtchn_unmask = evtchn_unmask,
    .evtchn_notify = evtchn_notify,
};
