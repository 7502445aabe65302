/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network backend: what a Xen guest's network card (vif) talks to.
 *
 * A thread serves each queue, both ways, by grant copy: no page of the
 * guest's but the rings is ever mapped.
 *
 * All calls: main thread, machine lock held. Source: Xen's io/netif.h.
 */
#ifndef HVMD_HW_PV_NETIF_H
#define HVMD_HW_PV_NETIF_H

#include "dm/err.h"
#include "dm/xenif.h"

struct net;
struct netif;
struct vm;

/* Zero means the default. */
struct netif_conf {
    struct net *net;
    unsigned max_queues;        /* the network's, at most NETIF_QUEUES_MAX */
    unsigned stall_ms;          /* without room for so long: drop; 10000 */
    void (*gone)(void *opaque); /* detached: netif_free it, now if you like */
    void *gone_opaque;
};

#define NETIF_QUEUES_MAX 16u

/* back: the backend's folder in xenstore. -errno with err set. */
int netif_new(struct vm *vm, struct xenif *x, const char *back,
              const struct netif_conf *conf, struct netif **out,
              struct cfg_err *err);
void netif_free(struct netif *n); /* NULL is legal */

/* As of dm/dev.h: on return no frame moves. */
void netif_pause(struct netif *n);
void netif_resume(struct netif *n);

#endif
