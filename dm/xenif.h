/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a paravirtual backend needs of a Xen: xenstore, grants, event
 * channels, as one table with three implementations: the real libraries
 * (xen/), a Xen inside this process for a guest that KVM runs (kvm/xenemu/),
 * and a fake whose every call can be made to fail (tests/lib/). hw/pv/ knows
 * only this page.
 *
 * Names and semantics are those of Xen's public headers (grant_table.h,
 * event_channel.h, io/xs_wire.h). Everything read from a frontend's side is
 * hostile. All calls return 0 or -errno, and one that fails leaves nothing
 * behind. A struct xenif belongs to one guest domain: no call names another.
 * It is the engine's, and outlives all devices.
 */
#ifndef HVMD_DM_XENIF_H
#define HVMD_DM_XENIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xenif;
typedef uint32_t grant_ref_t;
typedef uint32_t evtchn_port_t;

#define XENIF_PAGE 4096u
#define XENIF_PATH_MAX 256 /* bytes of a path, with its NUL */
#define XENIF_VALUE_MAX 4096
#define XENIF_GNTST_OKAY 0

/* One piece of a grant copy; status is GNTST_* of this piece alone. */
struct xenif_copy {
    bool to_guest;
    grant_ref_t ref;
    uint16_t off, len; /* off + len <= XENIF_PAGE */
    void *local;
    int16_t status;
};

/* A page of the guest's that is held. */
struct xenif_page {
    void *addr;
    grant_ref_t ref;
    unsigned age; /* the implementation's */
    bool write;
};

struct xenif_ops {
    const char *name;

    /* Xenstore: main thread, machine lock held. tx 0 is "no transaction".
     * read returns a NUL-terminated string to free(); -ENOENT. list returns
     * n strings in one block to free(). set_perms gives a node to a domain
     * and lets another one read it, and nobody else but domain 0: what is
     * made below it later begins with the same. After tx_end, whatever it
     * returns, the transaction is gone; with commit it gives -EAGAIN on a
     * conflict: begin anew. A value that is longer than
     * XENIF_VALUE_MAX: -E2BIG. A watch fires once when it is set, then for
     * every change at or below path, coalesced, through fn(opaque, path
     * watched) in the main loop. fn may unwatch anything, itself too: what is
     * unwatched is not called again. */
    int (*xs_read)(struct xenif *x, uint32_t tx, const char *path,
                   char **value);
    int (*xs_write)(struct xenif *x, uint32_t tx, const char *path,
                    const char *value);
    int (*xs_remove)(struct xenif *x, uint32_t tx, const char *path);
    int (*xs_list)(struct xenif *x, uint32_t tx, const char *path,
                   char ***names, unsigned *n);
    int (*xs_set_perms)(struct xenif *x, uint32_t tx, const char *path,
                        uint32_t owner, uint32_t reader);
    int (*xs_tx_begin)(struct xenif *x, uint32_t *tx);
    int (*xs_tx_end)(struct xenif *x, uint32_t tx, bool commit);
    int (*xs_watch)(struct xenif *x, const char *path,
                    void (*fn)(void *opaque, const char *path), void *opaque,
                    void **handle);
    void (*xs_unwatch)(struct xenif *x, void *handle);

    /* Grants: any thread. map makes n pages contiguous at *addr, all or
     * none; the implementation caps what one domain may have mapped
     * (-ENOSPC). unmap takes the addr and n of one map. copy runs every piece
     * and sets its status; it fails as a whole only if nothing was tried. */
    int (*gnt_map)(struct xenif *x, const grant_ref_t *refs, unsigned n,
                   bool write, void **addr);
    int (*gnt_unmap)(struct xenif *x, void *addr, unsigned n);
    int (*gnt_copy)(struct xenif *x, struct xenif_copy *pieces, unsigned n);
    /* Only where a page is at hand and that costs less than to copy it, else
     * NULL. Any thread; what one page is held for twice is dropped twice.
     * -EINVAL. */
    int (*gnt_hold)(struct xenif *x, grant_ref_t ref, bool write,
                    struct xenif_page *p);
    void (*gnt_drop)(struct xenif *x, const struct xenif_page *p);

    /* Event channels. bind and unbind: main thread, machine lock held, while
     * nobody serves the port; the port's events make
     * *fd readable for a loop (dm/loop.h), a descriptor of this port alone.
     * pending consumes what is there and returns whether there was any; then
     * no more comes until unmask, which brings what came meanwhile. pending,
     * unmask and notify: the thread that serves the port. */
    int (*evtchn_bind)(struct xenif *x, evtchn_port_t remote,
                       evtchn_port_t *local, int *fd);
    void (*evtchn_unbind)(struct xenif *x, evtchn_port_t local);
    bool (*evtchn_pending)(struct xenif *x, evtchn_port_t local);
    int (*evtchn_unmask)(struct xenif *x, evtchn_port_t local);
    int (*evtchn_notify)(struct xenif *x, evtchn_port_t local);
};

/* First member of every implementation's context. */
struct xenif {
    const struct xenif_ops *ops;
    uint32_t domid;     /* the guest's */
    uint32_t own_domid; /* where the backends are: 0 in dom0 */
    bool console;       /* somebody serves it; before the guest begins */
};

#endif
