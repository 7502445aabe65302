/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Within the block backend: blkif.c is the control side (main thread),
 * blkif-ring.c serves a ring, blkif-data.c moves data (its thread),
 * blkif-journal.c knows what is in work.
 */
#ifndef HVMD_HW_PV_BLKIF_PRIV_H
#define HVMD_HW_PV_BLKIF_PRIV_H

#include <sys/uio.h>

#include "dm/block/blk.h"
#include "dm/looks.h"
#include "dm/worker.h"
#include "hw/pv/blkif-proto.h"
#include "hw/pv/blkif.h"
#include "hw/pv/port.h"
#include "hw/pv/ring.h"
#include "hw/pv/xenbus.h"

#define PGRANT_HASH 256u
/* A ring takes no more requests while it moves that much. */
#define QUEUE_BYTES (8u << 20)
#define SPARE_MAX 32u /* buffers for copies that a queue keeps */

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
    union {
        struct pgrant *pg;
        struct xenif_page page;
    };
};

/* A request that has been taken from the ring and not been answered. */
struct blkif_entry {
    _Atomic uint64_t state;
    uint64_t seq; /* in the order of the ring */
    uint8_t raw[BLKIF_REQUEST_MAX];
};

struct blkif_journal {
    uint8_t *mem; /* shared with the process that comes after this one */
    size_t len;
    uint64_t seq;
    struct blkif_entry **free, **answered; /* and not shown yet */
    struct blkif_entry **again; /* of the process before; the oldest last */
    unsigned nfree, nanswered, nagain;
};

struct blkif_request {
    struct blkif_queue *q;
    struct blkif_entry *entry;
    struct blk_req req;
    struct blkif_request *next; /* parked */
    uint64_t id, off;
    size_t len, counted; /* counted: in q->bytes */
    uint8_t op;          /* answered so; of an indirect one what is in it */
    enum blk_op blk_op;  /* what it is */
    bool flush_first, fua;
    enum { DATA_NONE, DATA_COPY, DATA_MAP, DATA_HELD, DATA_PERSISTENT } how;
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
    struct blkif_journal journal;
    struct blk_queue *bq;
    struct loop_task again;
    const char *broken; /* why; NULL: it is not */
    bool running, held;
    uint32_t last;                 /* ring.req_cons at a last look */
    struct looks looks;            /* before an event is asked for */
    unsigned in_flight;            /* read and not answered */
    size_t bytes;                  /* of them */
    struct blkif_request *barrier; /* waits for the others, or is in work */
    struct blkif_request *parked;
    struct pgrant *hash[PGRANT_HASH];
    struct pgrant *oldest, *newest;
    unsigned persistent; /* pages */
    void *spare[SPARE_MAX];
    unsigned nspare;
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

/* Once the ring is attached. port: the frontend's. -errno with err set. */
int blkif_journal_open(struct blkif_queue *q, evtchn_port_t port,
                       struct cfg_err *err);
void blkif_journal_close(struct blkif_queue *q); /* legal on a zeroed one */
/* The next request: what the process before had in work, then the ring's,
 * which has one. */
struct blkif_entry *blkif_journal_take(struct blkif_queue *q);
/* Not now: it is the next one. */
void blkif_journal_untake(struct blkif_queue *q, struct blkif_entry *e);
/* Before the next response, which is e's, is put into the ring. */
void blkif_journal_answer(struct blkif_queue *q, struct blkif_entry *e);
/* The frontend can see all answers. */
void blkif_journal_shown(struct blkif_queue *q);

/* What an indirect request says of its pieces. -errno */
int blkif_data_table(struct blkif_queue *q, grant_ref_t ref, void *copy,
                     size_t len);
/* Makes iov, with a write's data; what it takes counts as q->bytes. -errno */
int blkif_data_take(struct blkif_request *r);
/* Brings a read's data to the guest. -errno */
int blkif_data_give(struct blkif_request *r);
void blkif_data_free(struct blkif_request *r); /* idempotent */
/* When nothing is in work: what is kept for the next requests. */
void blkif_data_end(struct blkif_queue *q);

#endif
