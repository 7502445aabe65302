/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "null": a cable that ends nowhere. Takes every frame, gives none.
 */
#include "config.h"

#include <errno.h>

#include "dm/net/net-priv.h"
#include "dm/options.h"

static int null_open(struct net *net, struct opts *opts, struct cfg_err *err)
{
    uint64_t queues = 1;

    if (opts_get_u64(opts, "queues", NET_QUEUES_MAX, &queues, err))
        return -EINVAL;
    net->max_queues = queues ? (unsigned)queues : 1;
    net->vnet_hdr = true;
    net->offloads =
        NET_OFF_CSUM | NET_OFF_TSO4 | NET_OFF_TSO6 | NET_OFF_ECN | NET_OFF_UFO;
    return 0;
}

static void null_close(struct net *net)
{
}

static int null_queue_init(struct net_queue *q)
{
    return 0;
}

static void null_queue_fini(struct net_queue *q)
{
}

static void null_rx_enable(struct net_queue *q, bool on)
{
}

static ssize_t null_recv(struct net_queue *q, const struct iovec *iov,
                         int iovcnt)
{
    return -EAGAIN;
}

static ssize_t null_send(struct net_queue *q, const struct iovec *iov,
                         int iovcnt)
{
    ssize_t n = 0;

    for (int i = 0; i < iovcnt; i++)
        n += (ssize_t)iov[i].iov_len;
    return n;
}

const struct net_ops net_null_ops = {
    .type = "null",
    .desc = "takes every frame, gives none",
    .keys = "id, queues",
    .net_size = sizeof(struct net),
    .queue_size = sizeof(struct net_queue),
    .open = null_open,
    .close = null_close,
    .queue_init = null_queue_init,
    .queue_fini = null_queue_fini,
    .rx_enable = null_rx_enable,
    .set_offloads = net_no_offloads,
    .recv = null_recv,
    .send = null_send,
    .tx_fd = net_no_tx_fd,
};
