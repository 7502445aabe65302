/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/pv/blk-front.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/clock.h"
#include "dm/qtest.h"

static const struct blkif_abi abi32 = BLKIF_ABI_32, abi64 = BLKIF_ABI_64;

void bf_folders(struct xenif *x)
{
    fake_xs_set(x, "7", BF_BACK "/frontend-id");
    fake_xs_set(x, BF_FRONT, BF_BACK "/frontend");
    fake_xs_set(x, "1", BF_BACK "/online");
    fake_xs_set(x, "1", BF_BACK "/state");
    fake_xs_set(x, "1", BF_FRONT "/state");
}

void bf_run(struct bf *f)
{
    for (unsigned i = 0; i < 6; i++)
        loop_once(f->vm->loop, 0);
}

void bf_set_front(struct bf *f, const char *key, const char *value)
{
    fake_xs_set(f->x, value, BF_FRONT "/%s", key);
    bf_run(f);
}

int bf_state(struct bf *f)
{
    return atoi(fake_xs_get(f->x, BF_BACK "/state"));
}

static void set_number(struct bf *f, unsigned v, const char *key)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", v);
    fake_xs_set(f->x, text, BF_FRONT "/%s", key);
}

static void make_ring(struct bf *f, unsigned i, const char *protocol)
{
    struct bf_ring *r = &f->ring[i];
    unsigned pages = 1u << f->order, first = i * 16;
    struct pv_ring probe;
    char prefix[20] = "", key[40];

    if (f->queues > 1)
        snprintf(prefix, sizeof(prefix), "queue-%u/", i);
    r->f = f;
    r->head = fake_page(f->x, first);
    memset(r->head, 0, pages * XENIF_PAGE);
    fake_grant(f->x, first, pages, false);
    pv_ring_attach(&probe, r->head, pages, f->abi.request);
    r->size = probe.size;
    r->prod = r->cons = f->first;
    atomic_store(&r->head->req_prod, f->first);
    atomic_store(&r->head->rsp_prod, f->first);
    atomic_store(&r->head->rsp_event, f->first + 1);
    if (!r->port)
        r->port = fake_port(f->x);
    for (unsigned p = 0; p < pages; p++) {
        if (pages == 1)
            snprintf(key, sizeof(key), "%sring-ref", prefix);
        else
            snprintf(key, sizeof(key), "%sring-ref%u", prefix, p);
        set_number(f, FAKE_REF(first + p), key);
    }
    snprintf(key, sizeof(key), "%sevent-channel", prefix);
    set_number(f, r->port, key);
}

void bf_offer(struct bf *f, const char *protocol, unsigned queues,
              unsigned order)
{
    f->queues = queues;
    f->order = order;
    f->abi = protocol && !strcmp(protocol, abi32.protocol) ? abi32 : abi64;
    fake_xs_set(f->x, protocol, BF_FRONT "/protocol");
    set_number(f, queues, "multi-queue-num-queues");
    set_number(f, order, "ring-page-order");
    for (unsigned i = 0; i < queues; i++)
        make_ring(f, i, protocol);
    bf_set_front(f, "state", "3");
}

void bf_connect(struct bf *f, const char *protocol, unsigned queues,
                unsigned order)
{
    bf_offer(f, protocol, queues, order);
    ck_assert_msg(bf_state(f) == XENBUS_CONNECTED, "%s",
                  fake_xs_get(f->x, BF_BACK "/error"));
    bf_set_front(f, "state", "4");
}

void bf_disconnect(struct bf *f)
{
    bf_set_front(f, "state", "5");
    bf_set_front(f, "state", "6");
    bf_set_front(f, "state", "1");
    ck_assert_int_eq(bf_state(f), XENBUS_INIT_WAIT);
}

void bf_closed(struct bf *f)
{
    bf_set_front(f, "state", "6");
    for (unsigned i = 0; i < BF_WAIT_MS; i++) {
        if (bf_state(f) == XENBUS_CLOSED)
            return;
        vm_lock(f->vm);
        qtest_clock_to(f->vm, clock_now(f->vm) + 100 * 1000000);
        vm_unlock(f->vm);
        loop_once(f->vm->loop, 1); /* for what the disk has in work */
    }
    ck_abort_msg("not closed but %d", bf_state(f));
}

static uint8_t *slot(struct bf_ring *r, uint32_t idx)
{
    return (uint8_t *)r->head + PV_RING_ENTRIES +
           (size_t)(idx & (r->size - 1)) * r->f->abi.request;
}

void bf_put(struct bf_ring *r, const struct bf_req *req)
{
    uint8_t *raw = slot(r, r->prod++), *at = raw + r->f->abi.id;
    uint16_t n = (uint16_t)req->n;

    memset(raw, 0xa5, r->f->abi.request);
    raw[0] = req->op;
    raw[1] = (uint8_t)req->n;
    memcpy(at, &req->id, 8);
    memcpy(at + 8, &req->sector, 8);
    if (req->op == BLKIF_OP_INDIRECT) {
        raw[1] = req->indirect_op;
        memcpy(raw + 2, &n, 2);
        memcpy(at + 20, &req->indirect, 4);
    } else if (req->op == BLKIF_OP_DISCARD) {
        raw[1] = 0;
        memcpy(at + 16, &req->sectors, 8);
    } else {
        memcpy(at + 16, req->seg, sizeof(req->seg));
    }
}

void bf_push(struct bf_ring *r)
{
    atomic_store(&r->head->req_prod, r->prod);
    fake_notify(r->f->x, r->port);
}

struct blkif_response bf_get(struct bf_ring *r)
{
    struct blkif_response rsp = {0};

    while (atomic_load(&r->head->rsp_prod) == r->cons) {
        atomic_store(&r->head->rsp_event, r->cons + 1);
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load(&r->head->rsp_prod) != r->cons)
            break;
        ck_assert_msg(fake_wait(r->f->x, r->port, BF_WAIT_MS),
                      "no answer to request %u", r->cons);
    }
    memcpy(&rsp, slot(r, r->cons++), r->f->abi.response);
    /* XSA-216: nothing of the backend's stack in what is unused. */
    ck_assert_uint_eq(rsp.unused, 0);
    ck_assert_uint_eq(rsp.unused_64, 0);
    return rsp;
}

int bf_do(struct bf_ring *r, const struct bf_req *req)
{
    struct blkif_response rsp;

    bf_put(r, req);
    bf_push(r);
    rsp = bf_get(r);
    ck_assert_uint_eq(rsp.id, req->id);
    /* Frontends check it: of an indirect request it is the inner one. */
    ck_assert_uint_eq(rsp.operation, req->op == BLKIF_OP_INDIRECT
                                         ? req->indirect_op
                                         : req->op);
    return rsp.status;
}

struct bf_req bf_rw(uint8_t op, uint64_t sector, unsigned page, unsigned n)
{
    struct bf_req req = {
        .op = op, .n = n, .id = 0x1122334400000000u | page, .sector = sector};

    for (unsigned i = 0; i < n && i < BLKIF_MAX_SEGMENTS; i++)
        req.seg[i] =
            (struct blkif_segment){.gref = FAKE_REF(page + i), .last_sect = 7};
    return req;
}

struct bf_req bf_rw_indirect(struct bf *f, uint8_t op, uint64_t sector,
                             unsigned page, unsigned n, unsigned table)
{
    struct blkif_segment *seg = fake_page(f->x, table);

    for (unsigned i = 0; i < n && i < 512; i++)
        seg[i] =
            (struct blkif_segment){.gref = FAKE_REF(page + i), .last_sect = 7};
    return (struct bf_req){.op = BLKIF_OP_INDIRECT,
                           .indirect_op = op,
                           .n = n,
                           .id = page,
                           .sector = sector,
                           .indirect = FAKE_REF(table)};
}
