/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/virtio/virtio-net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/log.h"
#include "dm/machine.h"
#include "hw/catalog.h"

#define CTRL_SIZE 64
#define STATUS_LINK_UP 1u

/* What a feature needs: another one, before it in the table or always there,
 * and an offload of the host's network (0: none). */
static const struct {
    uint8_t feature, needs, offload;
} feature_table[] = {
    {VIRTIO_NET_F_CSUM, VIRTIO_NET_F_MAC, NET_OFF_CSUM},
    {VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_MAC, NET_OFF_CSUM},
    {VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_CSUM, NET_OFF_TSO4},
    {VIRTIO_NET_F_GUEST_TSO6, VIRTIO_NET_F_GUEST_CSUM, NET_OFF_TSO6},
    {VIRTIO_NET_F_GUEST_ECN, VIRTIO_NET_F_GUEST_CSUM, NET_OFF_ECN},
    {VIRTIO_NET_F_GUEST_UFO, VIRTIO_NET_F_GUEST_CSUM, NET_OFF_UFO},
    {VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_CSUM, NET_OFF_TSO4},
    {VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_F_CSUM, NET_OFF_TSO6},
    {VIRTIO_NET_F_HOST_ECN, VIRTIO_NET_F_CSUM, NET_OFF_ECN},
    {VIRTIO_NET_F_HOST_UFO, VIRTIO_NET_F_CSUM, NET_OFF_UFO},
    {VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, VIRTIO_NET_F_CTRL_VQ, NET_OFF_CSUM},
    {VIRTIO_NET_F_CTRL_RX, VIRTIO_NET_F_CTRL_VQ, 0},
    {VIRTIO_NET_F_CTRL_VLAN, VIRTIO_NET_F_CTRL_VQ, 0},
    {VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_NET_F_CTRL_VQ, 0},
    {VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_NET_F_CTRL_VQ, 0},
    {VIRTIO_NET_F_MQ, VIRTIO_NET_F_CTRL_VQ, 0},
};
#define FEATURE_TABLE (sizeof(feature_table) / sizeof(feature_table[0]))

static struct virtio_net *net_of(struct virtio_dev *v)
{
    return (struct virtio_net *)v;
}

/* ---- the host's network ---- */

struct pair_call {
    struct net_pair *p;
    unsigned idx;
    struct net_queue *nq;
    int rc;
};

static void rx_readable(void *opaque)
{
    net_rx_run(opaque);
}

static void rx_attach(void *opaque)
{
    struct pair_call *c = opaque;
    struct net_rx *rx = &c->p->rx;
    struct net *net = rx->n->net;

    c->nq = net_queue_new(net, c->idx, rx->vq->loop, net->vnet_hdr, rx_readable,
                          rx);
    c->rc = c->nq ? 0 : -errno;
    rx->nq = c->nq;
    net_rx_run(rx);
}

static void rx_detach(void *opaque)
{
    struct net_rx *rx = opaque;

    net_queue_free(rx->nq);
    rx->nq = NULL;
}

static void tx_attach(void *opaque)
{
    struct pair_call *c = opaque;

    c->p->tx.nq = c->nq;
    net_tx_run(&c->p->tx);
}

static void tx_detach(void *opaque)
{
    struct net_tx *tx = opaque;

    net_tx_stop(tx);
    tx->nq = NULL;
}

static int pair_attach(struct virtio_net *n, unsigned i)
{
    struct pair_call c = {.p = &n->pair[i], .idx = i};

    virtio_queue_call(c.p->rx.vq, rx_attach, &c);
    if (!c.rc)
        virtio_queue_call(c.p->tx.vq, tx_attach, &c);
    return c.rc;
}

static void pair_detach(struct virtio_net *n, unsigned i)
{
    struct net_pair *p = &n->pair[i];

    virtio_queue_call(p->tx.vq, tx_detach, &p->tx);
    virtio_queue_call(p->rx.vq, rx_detach, &p->rx);
}

int net_pairs_set(struct virtio_net *n, unsigned pairs)
{
    unsigned i, had = n->pairs;
    int rc;

    for (i = had; n->net && i < pairs; i++) {
        rc = pair_attach(n, i);
        if (rc) {
            log_guest(&n->v.quota, n->v.pci.dev.path,
                      "queue %u of network '%s': %s", i, n->net->id,
                      strerror(-rc));
            while (i-- > had)
                pair_detach(n, i);
            return rc;
        }
    }
    for (i = pairs; n->net && i < had; i++)
        pair_detach(n, i);
    n->pairs = (uint16_t)pairs;
    return 0;
}

void net_offloads_set(struct virtio_net *n, uint64_t offloads)
{
    unsigned off = 0;

    atomic_store(&n->guest_offloads, offloads);
    for (unsigned i = 0; i < FEATURE_TABLE; i++)
        if (offloads >> feature_table[i].feature & 1)
            off |= feature_table[i].offload;
    if (n->pairs && n->net)
        net_set_offloads(n->pair[0].rx.nq, off);
}

/* ---- queues ---- */

/* Without multi-queue the control queue follows the first pair. */
static bool is_ctrl(const struct virtio_net *n, unsigned idx)
{
    return virtio_has(&n->v, VIRTIO_NET_F_CTRL_VQ) &&
           idx == (virtio_has(&n->v, VIRTIO_NET_F_MQ) ? 2 * n->max_pairs : 2);
}

static void queue_kick(struct virtqueue *vq)
{
    struct virtio_net *n = net_of(vq->v);

    if (is_ctrl(n, vq->idx))
        net_ctrl_run(n, vq);
    else if (vq->idx >= 2 * n->max_pairs)
        return; /* the driver has not asked for a control queue */
    else if (vq->idx % 2)
        net_tx_run(&n->pair[vq->idx / 2].tx);
    else
        net_rx_run(&n->pair[vq->idx / 2].rx);
}

static void queue_stop(struct virtqueue *vq)
{
    struct virtio_net *n = net_of(vq->v);

    if (vq->idx >= 2 * n->max_pairs)
        return;
    if (vq->idx % 2)
        net_tx_stop(&n->pair[vq->idx / 2].tx);
    else
        net_rx_stop(&n->pair[vq->idx / 2].rx);
}

/* ---- features and config ---- */

static uint64_t offered(const struct virtio_net *n)
{
    unsigned have = n->net && n->net->vnet_hdr ? n->net->offloads : 0;
    uint64_t f = VIRTIO_BIT(VIRTIO_NET_F_MAC);

    for (unsigned i = 0; i < VIRTIO_NET_FEATURES; i++)
        if (n->want[i])
            f |= VIRTIO_BIT(i);
    if (n->host_mtu)
        f |= VIRTIO_BIT(VIRTIO_NET_F_MTU);
    if (n->max_pairs < 2)
        f &= ~VIRTIO_BIT(VIRTIO_NET_F_MQ);
    for (unsigned i = 0; i < FEATURE_TABLE; i++) {
        unsigned off = feature_table[i].offload;

        if ((off && !(have & off)) || !(f >> feature_table[i].needs & 1))
            f &= ~VIRTIO_BIT(feature_table[i].feature);
    }
    return f;
}

static int set_features(struct virtio_dev *v)
{
    struct virtio_net *n = net_of(v);

    n->mergeable = virtio_has(v, VIRTIO_NET_F_MRG_RXBUF);
    n->hdr_len = n->mergeable || virtio_has(v, VIRTIO_F_VERSION_1)
                     ? sizeof(struct virtio_net_hdr)
                     : VIRTIO_NET_HDR_LEGACY;
    net_offloads_set(n, v->features & NET_GUEST_OFFLOADS);
    return 0;
}

static void config_write(struct virtio_dev *v, unsigned off, unsigned size,
                         uint32_t val)
{
    struct virtio_net *n = net_of(v);

    /* Only legacy drivers may set the address here. */
    if (virtio_has(v, VIRTIO_F_VERSION_1) || off + size > sizeof(n->config.mac))
        return;
    memcpy(&n->config.mac[off], &val, size);
}

static void device_reset(struct virtio_dev *v)
{
    struct virtio_net *n = net_of(v);

    memcpy(n->config.mac, n->mac, sizeof(n->mac));
    net_pairs_set(n, 1);
    set_features(v);
}

static const struct virtio_ops net_ops = {
    .config_write = config_write,
    .set_features = set_features,
    .reset = device_reset,
    .queue_stop = queue_stop,
    .queue_kick = queue_kick,
};

/* ---- life ---- */

static void net_destroy(struct dev *dev)
{
    struct virtio_net *n = (struct virtio_net *)dev;

    if (n->v.nqueues) {
        virtio_pause(dev);
        net_pairs_set(n, 0);
    }
    virtio_destroy(&n->v);
    free(n->pair);
    n->pair = NULL;
}

static int init_queues(struct virtio_net *n, struct cfg_err *err)
{
    int rc;

    for (unsigned i = 0; i < n->max_pairs; i++) {
        struct net_pair *p = &n->pair[i];

        rc = virtio_queue_init(&n->v, 2 * i, n->rx_size, (int)(2 * i), err);
        if (!rc)
            rc = virtio_queue_init(&n->v, 2 * i + 1, n->tx_size,
                                   (int)(2 * i + 1), err);
        if (rc)
            return rc;
        p->rx.n = p->tx.n = n;
        p->rx.vq = &n->v.vq[2 * i];
        p->tx.vq = &n->v.vq[2 * i + 1];
    }
    rc = virtio_queue_init(&n->v, 2 * n->max_pairs, CTRL_SIZE, VQ_MAIN_LOOP,
                           err);
    if (!rc && net_pairs_set(n, 1))
        rc = err_set(err, -EIO, "cannot use network '%s'", n->net->id);
    return rc;
}

static int net_create(struct dev *dev, struct cfg_err *err)
{
    static const uint8_t none[6];
    struct virtio_net *n = (struct virtio_net *)dev;
    struct virtio_setup setup = {
        .ops = &net_ops,
        .id = VIRTIO_ID_NET,
        .class_code = 0x020000,
        .config = &n->config,
        .config_len = sizeof(n->config),
    };
    int rc;

    if (n->host_mtu && n->host_mtu < 68)
        return err_set(err, -EINVAL, "%s: host_mtu=%u: expected 68 to 65535",
                       dev->cls->name, n->host_mtu);
    if (!memcmp(n->mac, none, sizeof(none)))
        net_mac_default(dev, n->mac);
    n->max_pairs = n->want[VIRTIO_NET_F_MQ] && n->net ? n->net->max_queues : 1;
    if (n->max_pairs > VIRTIO_NET_PAIRS_MAX)
        n->max_pairs = VIRTIO_NET_PAIRS_MAX;
    n->pair = calloc(n->max_pairs, sizeof(*n->pair));
    if (!n->pair)
        return err_set(err, -ENOMEM, "%s: no memory", dev->cls->name);
    memcpy(n->config.mac, n->mac, sizeof(n->mac));
    n->config.status = n->net ? STATUS_LINK_UP : 0;
    n->config.max_virtqueue_pairs = (uint16_t)n->max_pairs;
    n->config.mtu = n->host_mtu;
    n->hdr_len = VIRTIO_NET_HDR_LEGACY;
    setup.features = offered(n);
    setup.queues = 2 * n->max_pairs + 1;

    rc = virtio_create(&n->v, &setup, err);
    if (!rc)
        rc = init_queues(n, err);
    if (rc)
        net_destroy(dev);
    return rc;
}

static int net_post_load(struct dev *dev)
{
    struct virtio_net *n = (struct virtio_net *)dev;
    uint64_t offloads = atomic_load(&n->guest_offloads);
    unsigned pairs = n->saved_pairs;
    int rc;

    rc = virtio_post_load(&n->v);
    if (rc)
        return rc;
    if (offloads & ~(n->v.features & NET_GUEST_OFFLOADS) || pairs < 1 ||
        pairs > n->max_pairs)
        return -EINVAL;
    set_features(&n->v);
    rc = net_pairs_set(n, pairs);
    if (!rc)
        net_offloads_set(n, offloads);
    return rc;
}

static void net_pre_save(struct dev *dev)
{
    struct virtio_net *n = (struct virtio_net *)dev;

    n->saved_pairs = n->pairs;
    virtio_pre_save(dev);
}

static const struct state_field net_config_state[] = {
    STATE_BYTES(struct virtio_net_config, mac),
    STATE_END,
};

static const struct state_field net_fields[] = {
    STATE_STRUCT(struct virtio_net, v, virtio_state),
    STATE_STRUCT(struct virtio_net, config, net_config_state),
    STATE_U16(struct virtio_net, saved_pairs),
    STATE_U64(struct virtio_net, guest_offloads),
    STATE_END,
};

static const struct state_desc net_state = {
    .name = "virtio-net",
    .version = 1,
    .min_version = 1,
    .fields = net_fields,
    .pre_save = net_pre_save,
    .post_load = net_post_load,
};

#define FEATURE(bit, name, def, help) \
    DEV_PROP(PROP_BOOL, struct virtio_net, want[bit], name, def, help)

static const struct dev_prop net_props[] = {
    VIRTIO_PROPS(struct virtio_net),
    PCI_PROP_BOOTINDEX(struct virtio_net, v.pci),
    DEV_PROP(PROP_NET, struct virtio_net, net, "netdev", NULL,
             "the network; without it there is no cable"),
    DEV_PROP(PROP_MAC, struct virtio_net, mac, "mac", NULL,
             "hardware address; default 52:54:00:12:34:56 and on"),
    DEV_PROP(PROP_U16, struct virtio_net, rx_size, "rx_queue_size", "256",
             "entries of a receive queue"),
    DEV_PROP(PROP_U16, struct virtio_net, tx_size, "tx_queue_size", "256",
             "entries of a transmit queue"),
    DEV_PROP(PROP_U16, struct virtio_net, host_mtu, "host_mtu", "0",
             "MTU the driver is to use, 0: not said"),
    FEATURE(VIRTIO_NET_F_MQ, "mq", "off",
            "a pair of queues for each of the network's"),
    FEATURE(VIRTIO_NET_F_CSUM, "csum", "on", "the host completes checksums"),
    FEATURE(VIRTIO_NET_F_HOST_TSO4, "host_tso4", "on", "... cuts TCPv4"),
    FEATURE(VIRTIO_NET_F_HOST_TSO6, "host_tso6", "on", "... cuts TCPv6"),
    FEATURE(VIRTIO_NET_F_HOST_ECN, "host_ecn", "on", "... with ECN"),
    FEATURE(VIRTIO_NET_F_HOST_UFO, "host_ufo", "on", "... cuts UDP"),
    FEATURE(VIRTIO_NET_F_GUEST_CSUM, "guest_csum", "on",
            "the guest may get frames without checksum"),
    FEATURE(VIRTIO_NET_F_GUEST_TSO4, "guest_tso4", "on", "... large TCPv4"),
    FEATURE(VIRTIO_NET_F_GUEST_TSO6, "guest_tso6", "on", "... large TCPv6"),
    FEATURE(VIRTIO_NET_F_GUEST_ECN, "guest_ecn", "on", "... with ECN"),
    FEATURE(VIRTIO_NET_F_GUEST_UFO, "guest_ufo", "on", "... large UDP"),
    FEATURE(VIRTIO_NET_F_MRG_RXBUF, "mrg_rxbuf", "on", "mergeable buffers"),
    FEATURE(VIRTIO_NET_F_STATUS, "status", "on", "link status"),
    FEATURE(VIRTIO_NET_F_CTRL_VQ, "ctrl_vq", "on", "control queue"),
    FEATURE(VIRTIO_NET_F_CTRL_RX, "ctrl_rx", "on", "... filters"),
    FEATURE(VIRTIO_NET_F_CTRL_RX_EXTRA, "ctrl_rx_extra", "on",
            "... more filters"),
    FEATURE(VIRTIO_NET_F_CTRL_VLAN, "ctrl_vlan", "on", "... VLAN filters"),
    FEATURE(VIRTIO_NET_F_CTRL_MAC_ADDR, "ctrl_mac_addr", "on",
            "... hardware address"),
    FEATURE(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, "ctrl_guest_offloads", "on",
            "... offloads"),
    DEV_PROP_END,
};

#define NET_CLASS                                                           \
    .desc = "virtio network card", .bus = "pci",                            \
    .size = sizeof(struct virtio_net), .props = net_props,                  \
    .create = net_create, .start = virtio_start, .pause = virtio_pause,     \
    .resume = virtio_resume, .reset = virtio_reset, .destroy = net_destroy, \
    .state = &net_state

const struct dev_class virtio_net_class = {
    .name = "virtio-net-pci",
    .alias = "virtio-net",
    NET_CLASS,
};
const struct dev_class virtio_net_transitional_class = {
    .name = "virtio-net-pci-transitional",
    NET_CLASS,
};
const struct dev_class virtio_net_modern_class = {
    .name = "virtio-net-pci-non-transitional",
    NET_CLASS,
};
