/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Within the block backend: blkif.c is the control side (main thread),
 * blkif-ring.c serves a ring, blkif-data.c moves data (its thread).
 */
#ifndef HVMD_HW_PV_BLKIF_PRIV_H
#define HVMD_HW_PV_BLKIF_PRIV_H

#include <sys/uio.h>

#include "dm/block/blk.h"
#include "dm/worker.h"
#include "hw/pv/blkif-proto.h"
#include "hw/pv/blkif.h"
#include "hw/pv/port.h"
#include "hw/pv/ring.h"
#include "hw/pv/xenbus.h"

#define PGRANT_HASH 256u
/* A ring takes no more requests while it moves that much. */
#define QUEUE_BYTES (8u << 20)

/* A page that stays mapped: in use, or in the list of those that are not. */
struct pgrant {
    grant_ref_t ref;
    unsigned users;
    void *addr;
    struct pgrant *hash_next;
    struct pgrant *prev, *next; /* users == 0; next: used later */
};

struct blkif_piece {
    grant_ref_t ref;
    uint16_t off, len;
    struct pgrant *pg;
};

struct blkif_request {
    struct blkif_queue *q;
    struct blk_req req;
    struct blkif_request *next; /* parked */
    uint64_t id, off;
    size_t len, counted; /* counted: in q->bytes */
    uint8_t op;          /* as it came */
    enum blk_op blk_op;  /* what it is */
    bool flush_first, fua;
    enum { DATA_NONE, DATA_COPY, DATA_MAP, DATA_PERSISTENT } how;
    void *buf;  /* copy: ours; map: the guest's */
    unsigned n; /* pieces, and iov if not copied */
    struct iovec *iov;
    struct blkif_piece piece[];
};

struct blkif_queue {
    struct blkif *b;
    unsigned idx;
    /* main thread */
    struct worker thread;
    struct loop_task broken_task;
    void *ring_mem;
    unsigned ring_pages;
    grant_ref_t refs[1 << BLKIF_RING_ORDER_MAX];
    bool told; /* that it broke */
    /* thread */
    struct pv_port port;
    struct pv_ring ring;
    struct blk_queue *bq;
    struct loop_task again;
    const char *broken; /* why; NULL: it is not */
    bool running, held;
    unsigned in_flight;            /* read and not answered */
    size_t bytes;                  /* of them */
    struct blkif_request *barrier; /* waits for the others, or is in work */
    struct blkif_request *parked;
    struct pgrant *hash[PGRANT_HASH];
    struct pgrant *oldest, *newest;
    unsigned persistent; /* pages */
};

struct blkif {
    struct xenbus_dev bus;
    struct blkif_conf conf;
    bool discard, cdrom, paused;
    /* what the frontend chose; constant while connected */
    struct blkif_abi abi;
    uint32_t unit; /* bytes of a sector */
    bool persistent;
    unsigned nqueues;
    struct blkif_queue *queue;
};

/* Takes requests from the ring. */
void blkif_queue_run(struct blkif_queue *q);
void blkif_queue_resubmit(struct blkif_queue *q); /* what is parked */
void blkif_queue_ended(void *opaque);             /* a run of completions */
void blkif_request_free(struct blkif_request *r);

/* Makes iov, with a write's data; what it takes counts as q->bytes. -errno */
int blkif_data_take(struct blkif_request *r);
/* Brings a read's data to the guest. -errno */
int blkif_data_give(struct blkif_request *r);
void blkif_data_free(struct blkif_request *r); /* idempotent */
void blkif_pgrants_free(struct blkif_queue *q);

#endif
