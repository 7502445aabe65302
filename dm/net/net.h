/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network layer: a host network and its queues.
 *
 * A struct net is one -netdev. A device opens one struct net_queue for each
 * pair of its own queues. Frames are pulled: the queue says that it may be
 * readable, the device calls net_recv straight into the guest's buffers until
 * -EAGAIN. Receive calls and the readable callback belong to the loop given;
 * net_send may come from one other thread at the same time; the calls that
 * make and free a queue exclude all others.
 *
 * With a vnet header (struct virtio_net_hdr_v1 of the virtio specification,
 * 5.1.6, in its 12-byte form, little-endian) before each frame, checksum and
 * segmentation offloads pass through; where the backend cannot, the header is
 * not there and the device must not offer offloads.
 */
#ifndef HVMD_DM_NET_NET_H
#define HVMD_DM_NET_NET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "dm/err.h"
#include "dm/loop.h"

struct dev;
struct opts;
struct vm;
struct net_queue;
struct net_ops;

#define NET_FRAME_MAX (65536 + 64)
#define NET_VNET_HDR 12
#define NET_QUEUES_MAX 64

/* What a backend can take or give, once a vnet header is in use. */
enum net_offload {
    NET_OFF_CSUM = 1 << 0,
    NET_OFF_TSO4 = 1 << 1,
    NET_OFF_TSO6 = 1 << 2,
    NET_OFF_ECN = 1 << 3,
    NET_OFF_UFO = 1 << 4,
};

struct net_stats { /* relaxed atomics, any thread */
    _Atomic uint64_t rx_frames, rx_bytes, rx_dropped;
    _Atomic uint64_t tx_frames, tx_bytes, tx_dropped;
};

struct net {
    const struct net_ops *ops;
    struct vm *vm;
    struct net *next;
    char id[64];
    char info[160];      /* one line for "info network" */
    unsigned max_queues; /* 1 where the backend has one */
    bool vnet_hdr;       /* can carry the header */
    unsigned offloads;   /* with it: enum net_offload */
    struct net_stats stats;
    const char *user; /* path of the device that has it, NULL: free */
};

/* Locked. opts as of -netdev, first key "type". -errno with err set. */
int net_open(struct vm *vm, struct opts *opts, struct net **out,
             struct cfg_err *err);
void net_close(struct net *net); /* no queue may exist */
struct net *net_find(struct vm *vm, const char *id);
int net_claim(struct net *net, const char *user, struct cfg_err *err);
void net_release(struct net *net);
/* Locked, before devices exist: "-object filter-dump,id=,netdev=,file=" puts
 * a pcap dump around a net. -errno with err set. */
int net_dump_add(struct vm *vm, struct opts *opts, struct cfg_err *err);

/* An address for a device without one: 52:54:00:12:34:56, or the next after
 * it that no other device has in a property. Locked. */
void net_mac_default(const struct dev *dev, uint8_t mac[6]);

/* In loop's thread, or before it runs. idx < max_queues, vnet: frames carry
 * the header (only if net->vnet_hdr). Reception starts disabled. */
struct net_queue *net_queue_new(struct net *net, unsigned idx,
                                struct loop *loop, bool vnet,
                                void (*readable)(void *opaque), void *opaque);
void net_queue_free(struct net_queue *q); /* NULL is legal */
/* Loop's thread: whether readable is called. Level: called while true. */
void net_rx_enable(struct net_queue *q, bool on);
/* Which offloads the guest accepts in frames it receives; any thread. */
void net_set_offloads(struct net_queue *q, unsigned offloads);

/* One frame: bytes taken or given, a vnet header included; -EAGAIN: none now;
 * -EMSGSIZE: it did not fit and is dropped; else -errno. At most NET_IOV_MAX
 * pieces. A frame that cannot be sent is dropped, except after -EAGAIN: offer
 * it again when net_tx_fd polls writable, or forget it. */
#define NET_IOV_MAX 1022
ssize_t net_recv(struct net_queue *q, const struct iovec *iov, int iovcnt);
ssize_t net_send(struct net_queue *q, const struct iovec *iov, int iovcnt);
/* What to watch for EPOLLOUT after -EAGAIN, until it has polled writable
 * once; -1: net_send never says -EAGAIN. The sender's thread. */
int net_tx_fd(struct net_queue *q);

/*
 * "-object filter-dump,id=,netdev=,file=[,maxlen=]": puts a dump in front of
 * an open network, so that its frames, both ways, go to a pcap file, without
 * vnet headers. Locked, after -netdev, before any device exists. -errno with
 * err set.
 */
int net_dump_add(struct vm *vm, struct opts *opts, struct cfg_err *err);

#endif
