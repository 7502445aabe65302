/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/blkif-priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/machine.h"

/* ---- answers ---- */

static void respond(struct blkif_request *r, int16_t status)
{
    struct blkif_queue *q = r->q;
    struct blkif_response rsp = {
        .id = r->id, .operation = r->op, .status = status};

    /* A ring that lied has no place that is safe to write. */
    if (q->broken)
        return;
    blkif_journal_answer(q, r->entry);
    pv_ring_put(&q->ring, &rsp, q->b->abi.response);
}

static void push(struct blkif_queue *q)
{
    bool notify = !q->broken && pv_ring_push(&q->ring);

    if (!q->broken)
        blkif_journal_shown(q);
    if (notify)
        pv_port_notify(&q->port);
}

void blkif_request_free(struct blkif_request *r)
{
    blkif_data_free(r);
    r->q->in_flight--;
    free(r);
}

static void submit(struct blkif_request *r);

static void finish(struct blkif_request *r, int16_t status)
{
    struct blkif_queue *q = r->q;

    respond(r, status);
    if (q->barrier == r)
        q->barrier = NULL;
    blkif_request_free(r);
    /* The barrier's turn: all before it is done. */
    if (q->barrier && q->in_flight == 1 && q->running)
        submit(q->barrier);
}

static void done(struct blk_req *req, int rc)
{
    struct blkif_request *r =
        (struct blkif_request *)((char *)req -
                                 offsetof(struct blkif_request, req));
    struct blkif_queue *q = r->q;

    if (rc) {
        switch (blk_error_action(q->b->conf.blk, q->b->bus.ctx,
                                 req->op != BLK_READ, rc)) {
        case BLK_STOP:
            r->next = q->parked;
            q->parked = r;
            return;
        case BLK_REPORT:
            finish(r, BLKIF_RSP_ERROR);
            return;
        case BLK_IGNORE: /* what is in the buffer was another request's */
            if (r->how == DATA_COPY && r->blk_op == BLK_READ)
                memset(r->buf, 0, r->len);
            break;
        }
    }
    if (r->flush_first) {
        r->flush_first = false;
        if (r->len) {
            submit(r);
            return;
        }
    }
    finish(r, blkif_data_give(r) ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY);
}

static void submit(struct blkif_request *r)
{
    enum blk_op op = r->flush_first ? BLK_FLUSH : r->blk_op;
    bool data = op == BLK_READ || op == BLK_WRITE;

    r->req = (struct blk_req){
        .op = op,
        .flags = op == BLK_WRITE && r->fua ? BLK_REQ_FUA : 0,
        .off = op == BLK_FLUSH ? 0 : r->off,
        .len = op == BLK_FLUSH ? 0 : r->len,
        .iov = data ? r->iov : NULL,
        .iovcnt = !data                 ? 0
                  : r->how == DATA_COPY ? 1
                                        : (int)r->n,
        .done = done,
    };
    blk_submit(r->q->bq, &r->req);
}

void blkif_queue_resubmit(struct blkif_queue *q)
{
    struct blkif_request *r, *list = q->parked;

    q->parked = NULL;
    while ((r = list)) {
        list = r->next;
        submit(r);
    }
    if (q->barrier && q->in_flight == 1 && !q->barrier->req.done)
        submit(q->barrier);
}

/* ---- requests ---- */

static uint16_t get16(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* Where on the disk. len is counted by now. */
static bool place(struct blkif_request *r, uint64_t sector, uint64_t sectors)
{
    const struct blkif *b = r->q->b;
    uint64_t size = atomic_load(&b->conf.blk->size) / b->unit;

    if (sector > size || sectors > size - sector)
        return false;
    r->off = sector * b->unit;
    r->len = sectors * b->unit;
    return true;
}

static bool pieces(struct blkif_request *r, const struct blkif_segment *seg,
                   uint64_t sector)
{
    uint32_t unit = r->q->b->unit;
    uint64_t sectors = 0;

    for (unsigned i = 0; i < r->n; i++) {
        const struct blkif_segment *s = &seg[i];

        if (s->first_sect > s->last_sect || s->last_sect >= XENIF_PAGE / unit)
            return false;
        r->piece[i].ref = s->gref;
        r->piece[i].off = (uint16_t)(s->first_sect * unit);
        r->piece[i].len =
            (uint16_t)((s->last_sect - s->first_sect + 1u) * unit);
        sectors += s->last_sect - s->first_sect + 1u;
    }
    return place(r, sector, sectors);
}

static int16_t start_data(struct blkif_request *r,
                          const struct blkif_segment *seg, uint64_t sector)
{
    if (r->blk_op == BLK_WRITE && r->q->b->conf.blk->readonly)
        return BLKIF_RSP_ERROR;
    if (!pieces(r, seg, sector) || blkif_data_take(r))
        return BLKIF_RSP_ERROR;
    return BLKIF_RSP_OKAY;
}

static int16_t start_indirect(struct blkif_request *r, const uint8_t *raw,
                              uint64_t sector)
{
    struct blkif_segment seg[BLKIF_INDIRECT_MAX];

    /* 512 segments fit in a page: the first one has all. */
    if (blkif_data_table(r->q, get32(raw + r->q->b->abi.id + 20), seg,
                         r->n * sizeof(seg[0])))
        return BLKIF_RSP_ERROR;
    return start_data(r, seg, sector);
}

static int16_t start_discard(struct blkif_request *r, uint64_t sector,
                             uint64_t sectors)
{
    const struct blkif *b = r->q->b;

    if (b->conf.blk->readonly)
        return BLKIF_RSP_ERROR;
    if (!b->discard)
        return BLKIF_RSP_EOPNOTSUPP;
    return place(r, sector, sectors) ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR;
}

/* How many segments a request speaks of; -1: more than it may. */
static int count_segments(const uint8_t *raw, uint8_t *op)
{
    unsigned n = raw[1];

    switch (*op) {
    case BLKIF_OP_READ:
    case BLKIF_OP_WRITE:
    case BLKIF_OP_WRITE_BARRIER:
    case BLKIF_OP_FLUSH_DISKCACHE:
        return n <= BLKIF_MAX_SEGMENTS ? (int)n : -1;
    case BLKIF_OP_INDIRECT:
        *op = raw[1];
        n = get16(raw + 2);
        return n && n <= BLKIF_INDIRECT_MAX &&
                       (*op == BLKIF_OP_READ || *op == BLKIF_OP_WRITE)
                   ? (int)n
                   : -1;
    default:
        return 0;
    }
}

/* BLKIF_RSP_OKAY: it can be submitted. */
static int16_t prepare(struct blkif_request *r, const uint8_t *raw)
{
    const uint8_t *at = raw + r->q->b->abi.id;
    struct blkif_segment seg[BLKIF_MAX_SEGMENTS];
    uint64_t sector = get64(at + 8);

    memcpy(seg, at + 16, sizeof(seg));
    switch (r->op) {
    case BLKIF_OP_READ:
    case BLKIF_OP_WRITE:
        if (!r->n)
            return BLKIF_RSP_ERROR;
        r->blk_op = r->op == BLKIF_OP_READ ? BLK_READ : BLK_WRITE;
        return raw[0] == BLKIF_OP_INDIRECT ? start_indirect(r, raw, sector)
                                           : start_data(r, seg, sector);
    case BLKIF_OP_WRITE_BARRIER:
    case BLKIF_OP_FLUSH_DISKCACHE:
        r->blk_op = BLK_WRITE;
        r->flush_first = true;
        r->fua = r->op == BLKIF_OP_WRITE_BARRIER;
        if (r->n)
            return start_data(r, seg, sector);
        return r->fua && r->q->b->conf.blk->readonly ? BLKIF_RSP_ERROR
                                                     : BLKIF_RSP_OKAY;
    case BLKIF_OP_DISCARD:
        r->blk_op = BLK_DISCARD;
        return start_discard(r, sector, get64(at + 16));
    default:
        return BLKIF_RSP_EOPNOTSUPP;
    }
}

/* False: no memory. */
static bool start(struct blkif_queue *q, struct blkif_entry *e)
{
    const uint8_t *raw = e->raw; /* our copy */
    uint8_t op = raw[0];
    int n = count_segments(raw, &op);
    unsigned room = n > 0 ? (unsigned)n : 0;
    struct blkif_request *r;
    int16_t status = BLKIF_RSP_ERROR;

    r = malloc(sizeof(*r) + room * (sizeof(r->piece[0]) + sizeof(r->iov[0])));
    if (!r)
        return false;
    memset(r, 0, sizeof(*r));
    r->q = q;
    r->entry = e;
    r->n = room;
    /* Behind the pieces; both are made of words. */
    r->iov = (struct iovec *)(void *)&r->piece[room];
    r->op = op;
    r->id = get64(raw + q->b->abi.id);
    q->in_flight++;
    if (n >= 0)
        status = prepare(r, raw);
    if (status != BLKIF_RSP_OKAY) {
        finish(r, status);
        return true;
    }
    if (r->op == BLKIF_OP_WRITE_BARRIER) {
        q->barrier = r;
        if (q->in_flight > 1)
            return true;
    }
    submit(r);
    return true;
}

/* ---- the ring ---- */

static void broken(struct blkif_queue *q, const char *why)
{
    q->broken = why;
    pv_port_stop(&q->port);
    loop_post(q->b->bus.vm->loop, &q->broken_task);
}

static bool must_wait(const struct blkif_queue *q)
{
    return q->barrier || q->bytes >= QUEUE_BYTES;
}

/* Takes what is there; false: no more for now. */
static bool take(struct blkif_queue *q, unsigned *budget)
{
    struct blkif_entry *e;
    int n = pv_ring_pending(&q->ring);

    if (n < 0) {
        broken(q, "its ring has more requests than it can hold");
        return false;
    }
    q->held = false;
    n += (int)q->journal.nagain;
    while (n--) {
        q->held = must_wait(q);
        if (q->held || !*budget)
            return false;
        --*budget;
        if (!q->journal.nfree)
            push(q); /* else a ring that is refilled meanwhile runs it out */
        e = blkif_journal_take(q);
        if (!start(q, e)) {
            blkif_journal_untake(q, e);
            *budget = 0;
            return false;
        }
    }
    return true;
}

/* An event is asked for when all that was there has been started or done, and
 * after a few looks more, so that what comes meanwhile needs none. */
void blkif_queue_run(struct blkif_queue *q)
{
    const unsigned most = 2 * q->ring.size;
    unsigned budget = most;
    bool all, again = false;

    if (!q->running || q->broken)
        return;
    blk_plug(q->bq);
    do {
        all = take(q, &budget);
        blk_poll(q->bq);
        push(q);
        if (!all || q->port.more)
            break;
        again = looks_again(&q->looks, budget < most);
    } while (!again && pv_ring_want(&q->ring, 1));
    blk_unplug(q->bq);
    if (again || (!budget && !q->held))
        loop_post(q->thread.loop, &q->again);
}

void blkif_queue_ended(void *opaque)
{
    struct blkif_queue *q = opaque;

    push(q);
    if (q->held && !must_wait(q))
        loop_post(q->thread.loop, &q->again);
}
