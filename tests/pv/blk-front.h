/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block frontend on the fake Xen: its folder, its rings, its pages. What
 * belongs to one ring may be used by one thread; the folder is the main
 * thread's.
 */
#ifndef HVMD_TESTS_PV_BLK_FRONT_H
#define HVMD_TESTS_PV_BLK_FRONT_H

#include "dm/machine.h"
#include "hw/pv/blkif-proto.h"
#include "hw/pv/blkif.h"
#include "hw/pv/ring.h"
#include "hw/pv/xenbus.h"
#include "tests/lib/fake-xenif.h"
#include "tests/lib/testvm.h"

#define BF_BACK "/local/domain/0/backend/qdisk/7/51712"
#define BF_FRONT "/local/domain/7/device/vbd/51712"
#define BF_QUEUES 4u
#define BF_DATA 256u /* first page of data */
#define BF_WAIT_MS 10000

/* What a request says; the layout is the ring's. */
struct bf_req {
    uint8_t op, indirect_op;
    unsigned n; /* segments, as claimed */
    uint64_t id, sector, sectors;
    grant_ref_t indirect;
    struct blkif_segment seg[BLKIF_MAX_SEGMENTS];
};

struct bf_ring {
    struct bf *f;
    struct pv_ring_head *head;
    uint32_t size, prod, cons;
    evtchn_port_t port;
};

struct bf {
    struct vm *vm;
    struct xenif *x;
    struct blkif_abi abi;
    unsigned queues, order;
    uint32_t first; /* index that rings begin with */
    struct bf_ring ring[BF_QUEUES];
};

/* Folders of both ends, before blkif_new. */
void bf_folders(struct xenif *x);
void bf_run(struct bf *f); /* the main loop, until it rests */
/* protocol NULL: none is said. Makes rings and waits for Connected. */
void bf_connect(struct bf *f, const char *protocol, unsigned queues,
                unsigned order);
/* The same up to Initialised: what becomes of it is the caller's question. */
void bf_offer(struct bf *f, const char *protocol, unsigned queues,
              unsigned order);
void bf_disconnect(struct bf *f); /* Closing, Closed, Initialising */
void bf_closed(struct bf *f); /* Closed, and time until the backend is too */
int bf_state(struct bf *f);   /* the backend's */
void bf_set_front(struct bf *f, const char *key, const char *value);

void bf_put(struct bf_ring *r, const struct bf_req *req);
void bf_push(struct bf_ring *r); /* shows them, notifies */
/* The next response; its whole slot is checked for leaks. */
struct blkif_response bf_get(struct bf_ring *r);
/* One request, its answer's status. */
int bf_do(struct bf_ring *r, const struct bf_req *req);
/* n whole pages of 8 sectors, the first at page; refs are granted. */
struct bf_req bf_rw(uint8_t op, uint64_t sector, unsigned page, unsigned n);
/* The same, indirect: table is the page of the segments. */
struct bf_req bf_rw_indirect(struct bf *f, uint8_t op, uint64_t sector,
                             unsigned page, unsigned n, unsigned table);

#endif
