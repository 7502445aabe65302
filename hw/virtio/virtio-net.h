/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio network device: what its files share.
 *
 * Source: VIRTIO 1.2, section 5.1. A pair is a receive and a transmit queue,
 * each in a thread of its own, and the queue of the host's network below
 * them:
 *
 *      guest's buffers <-- readv -- [receive thread]  <-- network
 *      guest's frames  -- writev -> [transmit thread] --> network
 *
 * The receive thread makes and frees the network's queue; the transmit thread
 * has a pointer of its own to it. Both change only under the machine lock, by
 * virtio_queue_call.
 */
#ifndef HVMD_HW_VIRTIO_VIRTIO_NET_H
#define HVMD_HW_VIRTIO_VIRTIO_NET_H

#include "dm/net/net.h"
#include "hw/virtio/virtio.h"

enum virtio_net_feature {
    VIRTIO_NET_F_CSUM = 0,
    VIRTIO_NET_F_GUEST_CSUM = 1,
    VIRTIO_NET_F_CTRL_GUEST_OFFLOADS = 2,
    VIRTIO_NET_F_MTU = 3,
    VIRTIO_NET_F_MAC = 5,
    VIRTIO_NET_F_GUEST_TSO4 = 7,
    VIRTIO_NET_F_GUEST_TSO6 = 8,
    VIRTIO_NET_F_GUEST_ECN = 9,
    VIRTIO_NET_F_GUEST_UFO = 10,
    VIRTIO_NET_F_HOST_TSO4 = 11,
    VIRTIO_NET_F_HOST_TSO6 = 12,
    VIRTIO_NET_F_HOST_ECN = 13,
    VIRTIO_NET_F_HOST_UFO = 14,
    VIRTIO_NET_F_MRG_RXBUF = 15,
    VIRTIO_NET_F_STATUS = 16,
    VIRTIO_NET_F_CTRL_VQ = 17,
    VIRTIO_NET_F_CTRL_RX = 18,
    VIRTIO_NET_F_CTRL_VLAN = 19,
    VIRTIO_NET_F_CTRL_RX_EXTRA = 20,
    VIRTIO_NET_F_MQ = 22,
    VIRTIO_NET_F_CTRL_MAC_ADDR = 23,
    VIRTIO_NET_FEATURES
};
#define NET_GUEST_OFFLOADS                 \
    (VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM) | \
     VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO4) | \
     VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO6) | \
     VIRTIO_BIT(VIRTIO_NET_F_GUEST_ECN) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_UFO))

/* Before each frame; without num_buffers, 10 bytes, for legacy drivers that
 * take no mergeable buffers. */
struct virtio_net_hdr {
    uint8_t flags, gso_type;
    uint16_t hdr_len, gso_size, csum_start, csum_offset, num_buffers;
};
#define VIRTIO_NET_HDR_F_NEEDS_CSUM 1u
#define VIRTIO_NET_HDR_GSO_NONE 0u
#define VIRTIO_NET_HDR_LEGACY 10u

#define VIRTIO_NET_PAIRS_MAX 31u /* and the control queue: 63 queues */

#define RX_IOVS (NET_IOV_MAX - 1)
#define RX_ELEMS 512

struct net_rx {
    struct virtio_net *n;
    struct virtqueue *vq;
    struct net_queue *nq; /* NULL: the pair is not in use */
    /* The window: chains popped and not yet filled, oldest first, and their
     * pieces one after the other. With mergeable buffers it has room for any
     * frame, else it is one chain. */
    struct vq_elem *el[RX_ELEMS];
    unsigned el_at, el_n;
    struct iovec iov[RX_IOVS];
    unsigned iov_at, iov_n;
    size_t room; /* bytes in the window */
    bool full;   /* it cannot grow, whatever the driver adds */
    /* A frame that came when the window was too small; header first. */
    uint8_t *kept;
    size_t kept_len; /* 0: none */
};

struct net_tx {
    struct virtio_net *n;
    struct virtqueue *vq;
    struct net_queue *nq;
    struct loop_fd writable; /* the network is full: added */
    uint8_t *flat;           /* for a frame in too many pieces */
};

struct net_pair {
    struct net_rx rx;
    struct net_tx tx;
};

struct virtio_net_config { /* 5.1.4 */
    uint8_t mac[6];
    uint16_t status, max_virtqueue_pairs, mtu;
} __attribute__((packed));

struct virtio_net {
    struct virtio_dev v;
    /* properties */
    struct net *net; /* NULL: no cable */
    uint8_t mac[6];
    uint16_t rx_size, tx_size, host_mtu;
    bool want[VIRTIO_NET_FEATURES];

    unsigned max_pairs;
    struct net_pair *pair;

    /* Machine lock, set while the queues stand. */
    uint32_t hdr_len;
    bool mergeable;
    /* The control queue's; saved. */
    struct virtio_net_config config;
    uint16_t pairs, saved_pairs;     /* in use */
    _Atomic uint64_t guest_offloads; /* VIRTIO_NET_F_GUEST_* */
};

/* In the queue's thread. */
void net_rx_run(struct net_rx *rx);
void net_rx_stop(struct net_rx *rx);
void net_tx_run(struct net_tx *tx);
void net_tx_stop(struct net_tx *tx);

/* The control queue: in its thread. */
void net_ctrl_run(struct virtio_net *n, struct virtqueue *vq);

/* Machine lock held. How many pairs are in use: -errno, then as before. */
int net_pairs_set(struct virtio_net *n, unsigned pairs);
/* What the driver accepts in frames: VIRTIO_NET_F_GUEST_*. */
void net_offloads_set(struct virtio_net *n, uint64_t offloads);

#endif
