/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "xen-net-device": a paravirtual network card for a guest that has no
 * toolstack.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dm/dev.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "dm/net/net.h"
#include "hw/pv/netif.h"
#include "hw/pv/toolstack.h"

struct xen_net {
    struct dev dev;
    struct net *net;
    uint8_t mac[6];
    uint32_t number;
    struct pv_folders folders;
    struct netif *netif;
    bool paused;
};

static void gone(void *opaque)
{
    struct xen_net *n = opaque;

    netif_free(n->netif);
    n->netif = NULL;
}

static int make(struct xen_net *n, struct cfg_err *err)
{
    char number[16], mac[18];
    const struct pv_node front[] = {
        {"handle", number}, {"mac", mac}, {"mtu", "1500"}, {NULL}};
    const struct pv_node back[] = {
        {"handle", number}, {"mac", mac}, {"type", "vif"}, {NULL}};
    const struct netif_conf conf = {
        .net = n->net, .gone = gone, .gone_opaque = n};
    int rc;

    gone(n);
    snprintf(number, sizeof(number), "%" PRIu32, n->number);
    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", n->mac[0],
             n->mac[1], n->mac[2], n->mac[3], n->mac[4], n->mac[5]);
    rc = pv_folders_make(&n->folders, n->dev.vm, n->dev.cls->name, "vif", "vif",
                         n->number, front, back, err);
    if (!rc)
        rc = netif_new(n->dev.vm, n->dev.vm->xenif, n->folders.back, &conf,
                       &n->netif, err);
    if (!rc && n->paused)
        netif_pause(n->netif);
    return rc;
}

static void net_destroy(struct dev *dev)
{
    struct xen_net *n = (struct xen_net *)dev;

    gone(n);
    pv_folders_remove(&n->folders);
}

static int net_create(struct dev *dev, struct cfg_err *err)
{
    static const uint8_t none[6];
    struct xen_net *n = (struct xen_net *)dev;
    int rc;

    if (!n->net)
        return err_set(err, -EINVAL, "%s: netdev= is missing", dev->cls->name);
    if (!memcmp(n->mac, none, sizeof(none)))
        net_mac_default(dev, n->mac);
    for (struct dev *o = dev->vm->devs; o; o = o->next)
        n->number += o->cls == dev->cls;
    n->paused = true;
    rc = make(n, err);
    if (rc)
        net_destroy(dev);
    return rc;
}

static void net_reset(struct dev *dev)
{
    struct cfg_err err;

    if (make((struct xen_net *)dev, &err))
        log_err(dev->path, "%s", err.text);
}

static void net_pause(struct dev *dev)
{
    struct xen_net *n = (struct xen_net *)dev;

    n->paused = true;
    if (n->netif)
        netif_pause(n->netif);
}

static void net_resume(struct dev *dev)
{
    struct xen_net *n = (struct xen_net *)dev;

    n->paused = false;
    if (n->netif)
        netif_resume(n->netif);
}

static const struct dev_prop net_props[] = {
    DEV_PROP(PROP_NET, struct xen_net, net, "netdev", NULL, "the network"),
    DEV_PROP(PROP_MAC, struct xen_net, mac, "mac", NULL,
             "hardware address; default 52:54:00:12:34:56 and on"),
    DEV_PROP_END,
};

const struct dev_class xen_net_device_class = {
    .name = "xen-net-device",
    .desc = "Xen paravirtual network card",
    .size = sizeof(struct xen_net),
    .domain = true,
    .props = net_props,
    .create = net_create,
    .pause = net_pause,
    .resume = net_resume,
    .reset = net_reset,
    .destroy = net_destroy,
};
