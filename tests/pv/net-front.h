/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network frontend on the fake Xen, and a host network whose other end the
 * test holds: a socket for each queue, a datagram a frame.
 */
#ifndef HVMD_TESTS_PV_NET_FRONT_H
#define HVMD_TESTS_PV_NET_FRONT_H

#include "dm/machine.h"
#include "dm/net/net-priv.h"
#include "hw/pv/netif-proto.h"
#include "hw/pv/netif.h"
#include "hw/pv/ring.h"
#include "hw/pv/xenbus.h"
#include "tests/lib/fake-xenif.h"
#include "tests/lib/testvm.h"

#define NF_BACK "/local/domain/0/backend/vif/7/0"
#define NF_FRONT "/local/domain/7/device/vif/0"
#define NF_QUEUES 4u
#define NF_TX_PAGE 256u /* data of transmitted packets */
#define NF_RX_PAGE 512u /* 256 a queue: the buffer of ring slot n is page n */
#define NF_WAIT_MS 10000
#define NF_RING 256u
#define NF_CTRL_PAGE 8u /* its ring; the next one: what requests point to */
#define NF_CTRL_RING 128u

struct nf_wire { /* the host network */
    struct net net;
    int fd[NF_QUEUES][2]; /* ours, the test's */
    atomic_uint offloads;
};

struct nf_ring {
    struct pv_ring_head *head;
    uint32_t prod, cons;
    evtchn_port_t port, own;
};

struct nf {
    struct testvm *t;
    struct xenif *x;
    struct netif *n;
    struct nf_wire wire;
    unsigned queues;
    struct nf_ring tx[NF_QUEUES], rx[NF_QUEUES], ctrl;
};

/* offloads: of the wire, which has a vnet header if there are any. */
void nf_new(struct nf *f, unsigned offloads, const char *rate);
/* On a network of one's own, which has one queue. */
void nf_new_on(struct nf *f, struct net *net, const char *rate);
void nf_free(struct nf *f);
/* The backend ends without a word, and another one begins. */
void nf_again(struct nf *f);
/* What a toolstack writes, and a Linux frontend that has all. */
void nf_folders(struct nf *f, const char *rate);
void nf_run(struct nf *f);
/* What is ready is done, in the queues' threads too, and what that makes ready
 * in its turn. Pass: guest time goes on, then the same. */
void nf_settle(struct nf *f);
void nf_pass(struct nf *f, unsigned ms);
void nf_set(struct nf *f, const char *key, const char *value);
int nf_state(struct nf *f);
const char *nf_error(struct nf *f);
/* Offer: without a look at what came of it; make: rings begin at start. */
void nf_connect(struct nf *f, unsigned queues, bool split);
void nf_offer(struct nf *f, unsigned queues, bool split);
void nf_make(struct nf *f, unsigned queues, bool split, uint32_t start);
void nf_disconnect(struct nf *f);
/* Before nf_connect: a control ring. Then a request and its answer. */
void nf_ctrl_offer(struct nf *f);
void nf_ctrl_put(struct nf *f, const struct netif_ctrl_request *r);
struct netif_ctrl_response nf_ctrl_get(struct nf *f);
struct netif_ctrl_response nf_ctrl(struct nf *f, uint16_t type, uint32_t a,
                                   uint32_t b, uint32_t c);

/* Where the entries of a ring are. */
void *nf_tx_slot(struct nf *f, unsigned q, uint32_t idx);
void *nf_rx_slot(struct nf *f, unsigned q, uint32_t idx);
/* To the backend; raw: 12 bytes of a slot. */
void nf_tx(struct nf *f, unsigned q, const void *raw, size_t len);
void nf_tx_push(struct nf *f, unsigned q);
struct netif_tx_response nf_tx_get(struct nf *f, unsigned q);
/* n buffers more to receive into; put: which the backend is not shown. */
void nf_rx_put(struct nf *f, unsigned q, unsigned n);
void nf_rx_fill(struct nf *f, unsigned q, unsigned n);
struct netif_rx_response nf_rx_get(struct nf *f, unsigned q);
/* The page behind the last response. */
void *nf_rx_page(struct nf *f, unsigned q);

/* At the other end of the wire. */
void nf_wire_put(struct nf *f, unsigned q, const void *buf, size_t len);
/* -1: nothing comes in ms. */
ssize_t nf_wire_get(struct nf *f, unsigned q, void *buf, size_t len, int ms);

/* Frames: no IP; TCP without its checksum; is that right? */
enum { IPV4, IPV6 };
void nf_fill(uint8_t *p, size_t len, uint32_t seed);
void nf_tcp(uint8_t *p, int version, size_t len);
bool nf_csum_right(const uint8_t *p, int version, size_t len);

/* A packet in whole pages; flags of the first slot; e: NULL, or one extra.
 * Returns its slots. */
unsigned nf_send(struct nf *f, unsigned q, unsigned page, size_t len,
                 uint16_t flags, const struct netif_extra *e);
void nf_pages(struct nf *f, unsigned page, const uint8_t *p, size_t len);
/* All slots of a packet have this status; extras have their own. */
void nf_expect(struct nf *f, unsigned q, unsigned slots, int16_t status);
void nf_tx_works(struct nf *f, unsigned q); /* one gets through */

#endif
