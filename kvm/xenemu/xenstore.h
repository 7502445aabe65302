/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A xenstore in this process, for the one guest that there is: what xenstored
 * is to a guest of Xen, and to our own backends what dm/xenif.h says of it.
 *
 * The guest has the rights of its domain and the quotas of an unprivileged
 * one; we are domain 0 and may everything. Nothing here knows KVM.
 *
 * All calls: main thread, machine lock held; they return 0 or -errno.
 * Source: Xen's io/xs_wire.h, docs/misc/xenstore.txt, xenstore-ring.txt.
 */
#ifndef HVMD_KVM_XENEMU_XENSTORE_H
#define HVMD_KVM_XENEMU_XENSTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/err.h"

struct loop;
struct xenstore;

/* Empty but for the folders that always are; domid: the guest's. NULL: no
 * memory. */
struct xenstore *xenstore_new(struct loop *loop, uint32_t domid);
void xenstore_free(struct xenstore *s); /* NULL is legal */

/* ---- the guest's end ---- */

/* What a toolstack writes about a new domain. A port or pfn of 0: it has no
 * such thing. */
struct xenstore_domain {
    const char *name;
    const uint8_t *uuid; /* 16 bytes */
    uint64_t ram;        /* bytes */
    unsigned vcpus;
    uint64_t store_pfn, console_pfn;
    uint32_t store_port, console_port; /* the guest's */
};
/* Forgets the domain there was (its folders, watches, transactions) and
 * writes these. On power-on, and again on each reset. */
int xenstore_introduce(struct xenstore *s, const struct xenstore_domain *d);

/* The guest's ring: struct xenstore_domain_interface in page, which is there
 * until ring_close. notify sends the guest an event. Begins anew if it is
 * open. */
int xenstore_ring_open(struct xenstore *s, void *page,
                       void (*notify)(void *opaque), void *opaque);
void xenstore_ring_event(struct xenstore *s); /* the guest has sent one */
void xenstore_ring_close(struct xenstore *s);

/* ---- ours: the words of struct xenif_ops ---- */

int xenstore_read(struct xenstore *s, uint32_t tx, const char *path,
                  char **value);
int xenstore_write(struct xenstore *s, uint32_t tx, const char *path,
                   const char *value);
int xenstore_remove(struct xenstore *s, uint32_t tx, const char *path);
int xenstore_list(struct xenstore *s, uint32_t tx, const char *path,
                  char ***names, unsigned *n);
int xenstore_set_perms(struct xenstore *s, uint32_t tx, const char *path,
                       uint32_t owner, uint32_t reader);
int xenstore_tx_begin(struct xenstore *s, uint32_t *tx);
int xenstore_tx_end(struct xenstore *s, uint32_t tx, bool commit);
int xenstore_watch(struct xenstore *s, const char *path,
                   void (*fn)(void *opaque, const char *path), void *opaque,
                   void **handle);
void xenstore_unwatch(struct xenstore *s, void *handle);

/* ---- from outside ---- */

/* Listens on a Unix socket of this name (-accel kvm,...,xenstore=PATH) for
 * clients that speak as xenstored's do, with the rights of domain 0. -errno
 * with err set. */
int xenstore_listen(struct xenstore *s, const char *path, struct cfg_err *err);

#endif
