/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dm/xenif.h by the real libraries: xenif.c grants and event channels,
 * xenif-store.c xenstore.
 */
#ifndef HVMD_XEN_XENIF_H
#define HVMD_XEN_XENIF_H

#include <stdatomic.h>

#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xentoollog.h>

#include "dm/err.h"
#include "dm/xenif.h"

#define XENIF_PORTS 512u    /* bound at once; a process may have 1024 files */
#define XENIF_MAPPED 32768u /* pages of the guest's, mapped at once */

struct xenif_watch;

struct xenif_libs {
    struct xenif x;
    struct xentoollog_logger quiet; /* a guest makes calls fail as it likes */
    struct xs_handle *xs;           /* not ours */
    struct xenif_watch *watches;
    unsigned watch_id; /* the last one's */
    xengnttab_handle *gnt;
    atomic_uint mapped;
    /* An open device each, so that each has a descriptor, and its thread
     * needs no lock. What dm/xenif.h calls the local port is the index. */
    struct {
        xenevtchn_handle *h;
        evtchn_port_t port;
    } port[XENIF_PORTS];
};

/* xs stays the caller's, who hands over what its watches say. -errno. */
int xenif_libs_new(struct xs_handle *xs, uint32_t domid,
                   struct xenif_libs **out, struct cfg_err *err);
/* All is given back already. NULL is legal. */
void xenif_libs_free(struct xenif_libs *l);

/* A watch with this token has an event; the calls it causes are made by run,
 * one for any number of events. Main thread, locked. */
void xenif_store_event(struct xenif_libs *l, const char *token);
void xenif_store_run(struct xenif_libs *l);

/* ---- for the table ---- */

int xenif_xs_read(struct xenif *x, uint32_t tx, const char *path, char **value);
int xenif_xs_write(struct xenif *x, uint32_t tx, const char *path,
                   const char *value);
int xenif_xs_remove(struct xenif *x, uint32_t tx, const char *path);
int xenif_xs_list(struct xenif *x, uint32_t tx, const char *path, char ***names,
                  unsigned *n);
int xenif_xs_set_perms(struct xenif *x, uint32_t tx, const char *path,
                       uint32_t owner, uint32_t reader);
int xenif_xs_tx_begin(struct xenif *x, uint32_t *tx);
int xenif_xs_tx_end(struct xenif *x, uint32_t tx, bool commit);
int xenif_xs_watch(struct xenif *x, const char *path,
                   void (*fn)(void *opaque, const char *path), void *opaque,
                   void **handle);
void xenif_xs_unwatch(struct xenif *x, void *handle);

#endif
