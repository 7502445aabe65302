/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network cards, where the kernel's xen-netback is not there to serve them.
 * For the folder vif/DOMAIN/N we make the tap "vifDOMAIN.N", which the
 * toolstack's script then puts where it belongs, as it does with netback's
 * interface of that name. It goes with the device.
 *
 * A guest without emulated devices does not die with us, and another process
 * can go on with its card: so the interface outlives one that is killed, with
 * its place in a bridge and all else that was done to it.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "dm/machine.h"
#include "dm/net/net.h"
#include "dm/options.h"
#include "hw/pv/backends.h"
#include "hw/pv/netif.h"

#define NETBACK "/sys/bus/xen-backend/drivers/vif"

struct vif {
    struct backend b;
    struct net *net;
    struct netif *netif;
};

static struct vif *of(struct backend *b)
{
    return (struct vif *)b;
}

/* A queue for each of our processors, which the guest need not use. */
static int open_tap(struct vif *v, struct cfg_err *err)
{
    struct opts *o = opts_new();
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    char name[24], queues[24];
    int rc;

    snprintf(name, sizeof(name), "vif%" PRIu32 ".%.5s", v->b.x->domid,
             v->b.name);
    snprintf(queues, sizeof(queues), "%ld",
             cpus < 1                        ? 1
             : cpus > (long)NETIF_QUEUES_MAX ? (long)NETIF_QUEUES_MAX
                                             : cpus);
    opts_set(o, "type", "tap");
    opts_set(o, "id", name);
    opts_set(o, "ifname", name);
    opts_set(o, "queues", queues);
    opts_set(o, "persist", v->b.vm->cfg->xen_attach ? "on" : "off");
    rc = net_open(v->b.vm, o, &v->net, err);
    opts_free(o);
    return rc ? err_prefix(err, rc, "%s", v->b.path)
              : net_claim(v->net, v->b.path, err);
}

static void destroy(struct backend *b)
{
    struct vif *v = of(b);

    netif_free(v->netif);
    if (v->net)
        net_close(v->net);
}

static int create(struct backend *b, struct cfg_err *err)
{
    struct vif *v = of(b);
    struct netif_conf conf = {.gone = backend_gone, .gone_opaque = b};
    int rc;

    if (!access(NETBACK, F_OK))
        return -ENOMEDIUM;
    rc = open_tap(v, err);
    if (rc)
        return rc;
    conf.net = v->net;
    return netif_new(b->vm, b->x, b->path, &conf, &v->netif, err);
}

static void pause_card(struct backend *b)
{
    netif_pause(of(b)->netif);
}

static void resume_card(struct backend *b)
{
    netif_resume(of(b)->netif);
}

const struct backend_class backend_vif = {
    .name = "vif",
    .size = sizeof(struct vif),
    .create = create,
    .destroy = destroy,
    .pause = pause_card,
    .resume = resume_card,
};
