/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control queue. Source: VIRTIO 1.2, section 5.1.6.5.
 *
 * Filters are accepted and not applied: they are best-effort by the
 * specification, and what reaches us has passed the host's bridge.
 */
#include "config.h"

#include <string.h>

#include "hw/virtio/virtio-net.h"

enum ctrl_class {
    CTRL_RX = 0,
    CTRL_MAC = 1,
    CTRL_VLAN = 2,
    CTRL_MQ = 4,
    CTRL_GUEST_OFFLOADS = 5,
};
#define CTRL_RX_ALLMULTI 1
#define CTRL_RX_NOBCAST 5
#define CTRL_MAC_TABLE_SET 0
#define CTRL_MAC_ADDR_SET 1
#define CTRL_VLAN_DEL 1
#define CTRL_MQ_VQ_PAIRS_SET 0
#define CTRL_GUEST_OFFLOADS_SET 0

#define CTRL_OK 0
#define CTRL_ERR 1

#define BUDGET 64 /* commands before others in this thread have a turn */

/* What follows class and command; a copy of the driver's. */
static bool payload(const struct vq_elem *el, void *buf, size_t len)
{
    return el->out_len == 2 + len &&
           iov_get(el->out, el->out_n, 2, buf, len) == len;
}

static bool rx_mode(struct virtio_net *n, const struct vq_elem *el, uint8_t cmd)
{
    uint8_t on;

    return cmd <= CTRL_RX_NOBCAST &&
           virtio_has(&n->v, cmd <= CTRL_RX_ALLMULTI
                                 ? VIRTIO_NET_F_CTRL_RX
                                 : VIRTIO_NET_F_CTRL_RX_EXTRA) &&
           payload(el, &on, 1);
}

/* Two tables, unicast and multicast: a count and so many addresses. */
static bool mac_table(const struct vq_elem *el)
{
    uint64_t off = 2;

    for (unsigned i = 0; i < 2; i++) {
        uint32_t entries;

        if (iov_get(el->out, el->out_n, off, &entries, 4) != 4)
            return false;
        off += 4 + 6ull * entries;
        if (off > el->out_len)
            return false;
    }
    return off == el->out_len;
}

static bool mac_address(struct virtio_net *n, const struct vq_elem *el)
{
    uint8_t mac[6];

    if (!virtio_has(&n->v, VIRTIO_NET_F_CTRL_MAC_ADDR) ||
        !payload(el, mac, sizeof(mac)))
        return false;
    /* Bytes, each read once by who looks at the config meanwhile. */
    for (unsigned i = 0; i < sizeof(mac); i++)
        __atomic_store_n(&n->config.mac[i], mac[i], __ATOMIC_RELAXED);
    return true;
}

static bool vlan(struct virtio_net *n, const struct vq_elem *el, uint8_t cmd)
{
    uint16_t vid;

    return virtio_has(&n->v, VIRTIO_NET_F_CTRL_VLAN) && cmd <= CTRL_VLAN_DEL &&
           payload(el, &vid, 2) && vid < 4096;
}

static bool pairs(struct virtio_net *n, const struct vq_elem *el, uint8_t cmd)
{
    uint16_t count;

    return virtio_has(&n->v, VIRTIO_NET_F_MQ) && cmd == CTRL_MQ_VQ_PAIRS_SET &&
           payload(el, &count, 2) && count >= 1 && count <= n->max_pairs &&
           !net_pairs_set(n, count);
}

static bool offloads(struct virtio_net *n, const struct vq_elem *el,
                     uint8_t cmd)
{
    uint64_t want;

    if (!virtio_has(&n->v, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) ||
        cmd != CTRL_GUEST_OFFLOADS_SET || !payload(el, &want, 8) ||
        want & ~(n->v.features & NET_GUEST_OFFLOADS))
        return false;
    net_offloads_set(n, want);
    return true;
}

static bool command(struct virtio_net *n, const struct vq_elem *el)
{
    uint8_t head[2];

    iov_get(el->out, el->out_n, 0, head, 2);
    switch (head[0]) {
    case CTRL_RX:
        return rx_mode(n, el, head[1]);
    case CTRL_MAC:
        return head[1] == CTRL_MAC_TABLE_SET
                   ? virtio_has(&n->v, VIRTIO_NET_F_CTRL_RX) && mac_table(el)
                   : head[1] == CTRL_MAC_ADDR_SET && mac_address(n, el);
    case CTRL_VLAN:
        return vlan(n, el, head[1]);
    case CTRL_MQ:
        return pairs(n, el, head[1]);
    case CTRL_GUEST_OFFLOADS:
        return offloads(n, el, head[1]);
    default:
        return false;
    }
}

void net_ctrl_run(struct virtio_net *n, struct virtqueue *vq)
{
    unsigned commands = 0;
    struct vq_elem *el;
    uint8_t ack;

    do {
        vq_kick_off(vq);
        while ((el = vq_pop(vq, sizeof(*el)))) {
            if (el->out_len < 2 || !el->in_len) {
                vq_bad(vq, "command without %s", el->in_len ? "code" : "ack");
                vq_unpop(vq, el);
                break;
            }
            ack = command(n, el) ? CTRL_OK : CTRL_ERR;
            iov_put(el->in, el->in_n, 0, &ack, 1);
            vq_push(vq, el, 1);
            if (++commands == BUDGET) {
                vq_flush(vq);
                vq_again(vq);
                return;
            }
        }
    } while (vq_kick_on(vq));
    vq_flush(vq);
}
