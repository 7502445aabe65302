/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For implementers of host networks: the table below dm/net/net.h. The pcap
 * dump wraps any other backend through it.
 */
#ifndef HVMD_DM_NET_NET_PRIV_H
#define HVMD_DM_NET_NET_PRIV_H

#include "dm/net/net.h"

/* First member of a backend's own queue; queue_init finds the rest zeroed. */
struct net_queue {
    struct net *net;
    struct loop *loop;
    unsigned idx;
    bool vnet;
    void (*readable)(void *opaque);
    void *opaque;
};

struct net_ops {
    const char *type;
    const char *desc;
    const char *keys;            /* options it knows, for messages */
    size_t net_size, queue_size; /* of the instances, base struct first */
    int (*open)(struct net *net, struct opts *opts, struct cfg_err *err);
    void (*close)(struct net *net); /* legal after a failed open */
    int (*queue_init)(struct net_queue *q);
    void (*queue_fini)(struct net_queue *q);
    void (*rx_enable)(struct net_queue *q, bool on);
    void (*set_offloads)(struct net_queue *q, unsigned offloads);
    ssize_t (*recv)(struct net_queue *q, const struct iovec *iov, int iovcnt);
    ssize_t (*send)(struct net_queue *q, const struct iovec *iov, int iovcnt);
    int (*tx_fd)(struct net_queue *q);
};

/* For tables without a feature. */
void net_no_offloads(struct net_queue *q, unsigned offloads);
int net_no_tx_fd(struct net_queue *q);

/* Puts an open network at the end of the machine's list. */
void net_insert(struct net *net);
/* What fd=N stands for: a descriptor made non-blocking and close-on-exec. */
int net_parse_fd(const char *text, const char *what, int *fd,
                 struct cfg_err *err);

extern const struct net_ops net_tap_ops, net_bridge_ops, net_user_ops,
    net_socket_ops, net_stream_ops, net_dgram_ops, net_null_ops;
extern const struct net_ops *const net_types[]; /* ends with NULL */

#endif
