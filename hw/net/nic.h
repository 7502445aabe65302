/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of the cable in an emulated network card: what cards have in common
 * that work under the machine lock, in the main loop.
 *
 *      registers, rings -- ops -->  struct nic  <-- dm/net/net.h
 *
 * A card gathers a frame in the sender's buffer and sends it, whole or to be
 * cut into segments. While the network takes no more the card is not asked for
 * the next one. A frame arrives when the card is ready for one, so that what
 * a driver has no buffers for waits in the host's network and is not lost.
 * All calls need the machine lock.
 */
#ifndef HVMD_HW_NET_NIC_H
#define HVMD_HW_NET_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dm/clock.h"
#include "dm/dev.h"
#include "dm/loop.h"
#include "dm/net/net.h"

#define NIC_MIN 60 /* bytes of the shortest frame, without its CRC */
#define NIC_CRC 4  /* as cards count it; there is none on the host's side */
#define NIC_HEADERS_MAX 256

struct nic;

struct nic_ops {
    /* Could the card take a frame now? */
    bool (*rx_ready)(struct nic *n);
    /* A frame has arrived, of at least NIC_MIN bytes; there are NIC_CRC more
     * behind it to write to. */
    void (*rx)(struct nic *n, uint8_t *frame, size_t len);
    /* Does the next piece of work: false if there is none. */
    bool (*tx)(struct nic *n);
    void (*link)(struct nic *n); /* the cable came or went: n->link */
    /* Optional: it is not ready, and its driver does not say when it has
     * added buffers? */
    bool (*rx_polls)(struct nic *n);
};

struct nic {
    /* properties */
    struct net *net; /* NULL: no cable */
    uint8_t mac[6];

    struct dev *dev;
    const struct nic_ops *ops;
    struct net_queue *q;
    bool link;    /* the cable is in; saved */
    bool running; /* so is the machine */
    bool rx_on;   /* the network calls us for a frame */
    struct timer poll;
    struct loop_task again; /* there was more to send than its turns */
    unsigned turns;         /* taken since it was kicked */

    /* The frame that is being gathered, or sent. */
    uint8_t *buf;
    size_t len;
    bool broken; /* not all of it was gathered */
    bool lost;   /* the same as it is saved */
    bool sending;
    struct loop_fd watch; /* it waits for the network: added */
    struct nic_cut {
        uint16_t mss; /* 0: it is sent whole */
        bool by_host; /* it cuts */
        bool tcp, ipv6;
        uint16_t ip, l4, payload; /* where they begin */
        size_t at;                /* of the next segment */
    } cut;

    uint8_t *rx_buf;
};

#define NIC_TAG 4 /* a VLAN tag, IEEE 802.1Q */

#define NIC_PROPS(T, nic)                                  \
    DEV_PROP(PROP_NET, T, nic.net, "netdev", NULL,         \
             "the network; without it there is no cable"), \
        DEV_PROP(PROP_MAC, T, nic.mac, "mac", NULL,        \
                 "hardware address; default 52:54:00:12:34:56 and on")

/* Completes n->mac too. -errno with err set. */
int nic_init(struct nic *n, struct dev *dev, const struct nic_ops *ops,
             struct cfg_err *err);
void nic_fini(struct nic *n);         /* legal on a zeroed one */
void nic_run(struct nic *n, bool on); /* start and resume, pause */
void nic_reset(struct nic *n);        /* what is under way is lost */
void nic_set_link(struct nic *n, bool on);

extern const struct state_field nic_state[];
void nic_pre_save(struct nic *n);
void nic_post_load(struct nic *n);

/* The card's state has changed: it may be ready, there may be work. */
void nic_rx_kick(struct nic *n);
void nic_tx_kick(struct nic *n);

/* ---- for ops->tx ---- */

/* Adds guest memory to the frame. What does not fit or cannot be read breaks
 * it: it is dropped when it is sent. */
void nic_gather(struct nic *n, uint64_t gpa, size_t len);
void nic_drop(struct nic *n); /* what was gathered */
void nic_tag(struct nic *n, uint16_t tpid, uint16_t tci); /* inserts it */
/* Completes the checksums of IPv4 and of TCP or UDP, wherever they are. */
void nic_fill_csums(struct nic *n, bool ip, bool l4);
/* mss other than 0: TCP (or UDP) of more than mss bytes is cut into segments.
 * The frame is gone afterwards. */
void nic_send(struct nic *n, uint16_t mss);
/* The card hears itself. */
void nic_loop_back(struct nic *n);

#endif
