/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Within the network backend: netif.c and netif-ctrl.c are the control side
 * (main thread), netif-tx.c and netif-rx.c move frames (each queue's thread).
 */
#ifndef HVMD_HW_PV_NETIF_PRIV_H
#define HVMD_HW_PV_NETIF_PRIV_H

#include <pthread.h>

#include "dm/net/net.h"
#include "dm/worker.h"
#include "hw/pv/netif-hash.h"
#include "hw/pv/netif-proto.h"
#include "hw/pv/netif.h"
#include "hw/pv/port.h"
#include "hw/pv/ring.h"
#include "hw/pv/xenbus.h"

#define NETIF_MCAST_MAX 64u
#define NETIF_ARENA (256u << 10)  /* bytes of frames in work, each way */
#define NETIF_PACKETS 32u         /* packets in work */
#define NETIF_PIECES 128u         /* of a grant copy */
#define NETIF_PASSED (256u << 10) /* bytes that other queues pass to one */
/* A packet of more pieces than it may have is dropped; of more than this,
 * its ring is lost: as Linux does. */
#define NETIF_SLOTS_FATAL 20u
#define NETIF_EXTRAS (NETIF_EXTRA_MAX - 1u)
#define NETIF_TX_SLOTS (1 + NETIF_EXTRAS + NETIF_SLOTS_FATAL)

/* GNTTAB_NR_RESERVED_ENTRIES: below are the console and xenstore. A process
 * that died may have left a response, with such a number in it, where a buffer
 * was; the other numbers it may have left are too large for a grant. */
#define NETIF_REF_MIN 8u

/* VIRTIO 1.2, 5.1.6: what a struct net takes and gives with vnet. */
struct netif_vnet {
    uint8_t flags, gso_type;
    uint16_t hdr_len, gso_size, csum_start, csum_offset, num_buffers;
};
_Static_assert(sizeof(struct netif_vnet) == NET_VNET_HDR, "as on the wire");
enum { VNET_NEEDS_CSUM = 1, VNET_DATA_VALID = 2 };
enum { VNET_GSO_TCPV4 = 1, VNET_GSO_TCPV6 = 4, VNET_GSO_ECN = 0x80 };

struct netif_tx_packet {
    struct {
        uint16_t id;
        bool extra;
    } slot[NETIF_TX_SLOTS];
    unsigned slots;
    unsigned piece, pieces; /* in the queue's, which were taken for it */
    uint8_t *frame;
    uint16_t len;
    uint16_t gso_size;
    uint8_t gso_type;
    bool csum_blank, ready; /* to be sent */
    int16_t status;
    struct netif_vnet vnet;
};

struct netif_rx_slot {
    union {
        struct netif_rx_response rsp;
        struct netif_extra extra;
    };
    int piece; /* -1: an extra */
};

/* What goes before a frame to the guest while it is ours. */
struct netif_rx_head {
    struct netif_vnet vnet;
    int hash_type; /* enum netif_hash_type; -1: none */
    uint32_t hash;
};

/* A frame that another queue's thread has received for this one. */
struct netif_passed {
    struct netif_passed *next;
    size_t len;
    struct netif_rx_head head;
    uint8_t frame[];
};

struct netif_queue {
    struct netif *n;
    unsigned idx;
    /* main thread */
    struct worker thread;
    struct loop_task broken_task;
    void *tx_mem, *rx_mem;
    bool split, told;
    /* thread */
    struct net_queue *nq;
    struct pv_port tx_port, rx_port; /* not split: tx_port is both */
    const char *broken;
    bool running;
    struct loop_task tx_again;

    struct pv_ring tx;
    struct loop_fd writable;
    struct netif_tx_packet *packet;
    unsigned packets, sent;
    struct xenif_copy tx_piece[NETIF_PIECES];
    uint8_t *tx_arena;
    struct pv_late rate_late;
    int64_t credit, credit_ns; /* bytes, and when that was true */

    struct pv_ring rx;
    struct pv_late stall_late;
    bool stalled; /* no room for a frame since stall_ns */
    int64_t stall_ns;
    bool dropping; /* for too long */
    uint8_t *rx_arena;
    size_t kept_len; /* a frame at the arena's front that waits for room */
    struct netif_rx_slot rx_slot[NETIF_PIECES];
    struct xenif_copy rx_piece[NETIF_PIECES];
    unsigned rx_slots, rx_pieces;
    struct netif_hash hash; /* n->hash, but constant for this thread */
    /* other queues' threads too */
    pthread_mutex_t passed_lock; /* nothing is taken inside */
    struct netif_passed *passed, **passed_end;
    atomic_size_t passed_bytes;
    struct loop_task rx_again;
};

struct netif_ctrl {
    void *mem; /* NULL: the guest has no control ring */
    struct pv_ring ring;
    struct pv_port port;
    struct loop_task again;
    bool broken;
};

struct netif {
    struct xenbus_dev bus;
    struct netif_conf conf;
    struct net *net;
    bool vnet, paused;
    /* what the frontend chose; constant while connected */
    bool sg, gso4, gso6, csum4, csum6, rx_notify;
    int64_t rate_bytes, rate_usec; /* of each queue; 0: no limit */
    unsigned nqueues;
    struct netif_queue *queue;
    struct netif_ctrl ctrl;
    struct netif_hash hash;
    atomic_bool mcast_filter;
    pthread_mutex_t mcast_lock; /* nothing is taken inside */
    bool mcasts_lost; /* with the process that had them: none are filtered */
    unsigned mcasts;
    uint8_t mcast[NETIF_MCAST_MAX][6];
};

void netif_broken(struct netif_queue *q, const char *why);
void netif_tx_run(struct netif_queue *q);
void netif_rx_run(struct netif_queue *q);
void netif_rx_drop_passed(struct netif_queue *q); /* no other thread puts */
void netif_tx_skip(struct netif_queue *q);
void netif_tx_stop(struct netif_queue *q);
void netif_rx_stalled(void *opaque); /* stall_late */

/* Main thread. All queues are there; without a ring of the guest's: 0. After
 * a failure disconnect, which is legal at any time. */
int netif_ctrl_connect(struct netif *n, struct cfg_err *err);
void netif_ctrl_disconnect(struct netif *n);
void netif_ctrl_pause(struct netif *n, bool pause);

#endif
