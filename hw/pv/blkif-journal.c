/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a ring has in work, in memory that outlives this process (dm/keep.h).
 * From it and the ring the next process knows what the frontend still waits
 * for, whenever this one is killed:
 *
 *   an entry is      when                              then
 *   FREE
 *   LIVE             its request is copied there       it is in work
 *   ANSWERED | n     before response n is written      in work while the
 *                    over a request in the ring        ring's rsp_prod <= n
 *   FREE             rsp_prod has been moved past n
 *
 * Each change is one store. The frontend sees answers by rsp_prod alone; so
 * what is in work is exactly what it has not seen answered, and as many
 * requests of the ring have been taken as have been answered and are in work.
 * The slots of those not taken hold them still: responses never get ahead of
 * that.
 */
#include "config.h"

#include "hw/pv/blkif-priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/keep.h"

#define MAGIC UINT64_C(0x31306c6e6a6b6c62) /* "blkjnl01" */
#define ENTRIES_AT 128u
#define PATH_LEN 256

enum { FREE, LIVE };
#define ANSWERED (UINT64_C(1) << 32) /* | index of the response */

/* Which connection it is of. */
struct head {
    _Atomic uint64_t magic; /* 0: not in use yet */
    uint32_t request, size; /* the ring's */
    evtchn_port_t port;
    grant_ref_t refs[1 << BLKIF_RING_ORDER_MAX];
};
_Static_assert(sizeof(struct head) <= ENTRIES_AT, "of the file");
_Static_assert(sizeof(struct blkif_entry) == 128, "of the file");

/* Its head becomes, or must be, that of this connection. */
static int check_head(struct blkif_queue *q, evtchn_port_t port)
{
    struct head *h = (void *)q->journal.mem;
    size_t len = q->ring_pages * sizeof(q->refs[0]);

    if (atomic_load(&h->magic))
        return atomic_load(&h->magic) == MAGIC &&
                       h->request == q->b->abi.request &&
                       h->size == q->ring.size && h->port == port &&
                       !memcmp(h->refs, q->refs, len)
                   ? 0
                   : -EINVAL;
    h->request = q->b->abi.request;
    h->size = q->ring.size;
    h->port = port;
    memcpy(h->refs, q->refs, len);
    atomic_store(&h->magic, MAGIC);
    return 0;
}

static const char *path_of(const struct blkif_queue *q, char path[PATH_LEN])
{
    if (!q->b->conf.journal)
        return NULL;
    snprintf(path, PATH_LEN, "%s.%u", q->b->conf.journal, q->idx);
    return path;
}

static int open_file(struct blkif_queue *q, evtchn_port_t port,
                     struct cfg_err *err)
{
    char path[PATH_LEN] = "";
    void *mem;
    /* If there is none, the process before left nothing in work. */
    int rc = keep_open(path_of(q, path), q->journal.len, !q->b->bus.again, &mem,
                       err);

    if (rc)
        return rc;
    q->journal.mem = mem;
    if (check_head(q, port))
        return err_set(err, -EINVAL,
                       "%s: expected what the process before had in work, "
                       "but it is of another connection",
                       path);
    return 0;
}

static bool in_work(const struct blkif_queue *q, const struct blkif_entry *e)
{
    uint64_t state = atomic_load_explicit(&e->state, memory_order_relaxed);

    if (state & ANSWERED)
        return (int32_t)((uint32_t)state - q->ring.rsp_prod) >= 0;
    return state == LIVE;
}

static int newest_first(const void *a, const void *b)
{
    const struct blkif_entry *const *x = a, *const *y = b;

    return (*x)->seq < (*y)->seq ? 1 : -1;
}

/* What another process has left is done first, the oldest at once. */
static int sort_out(struct blkif_queue *q)
{
    struct blkif_journal *j = &q->journal;
    struct blkif_entry *all = (void *)(j->mem + ENTRIES_AT);

    for (unsigned i = 0; i < q->ring.size; i++) {
        struct blkif_entry *e = &all[i];

        if (in_work(q, e)) {
            atomic_store(&e->state, LIVE);
            j->again[j->nagain++] = e;
            j->seq = e->seq >= j->seq ? e->seq + 1 : j->seq;
        } else {
            atomic_store(&e->state, FREE);
            j->free[j->nfree++] = e;
        }
    }
    qsort(j->again, j->nagain, sizeof(j->again[0]), newest_first);
    q->ring.req_cons += j->nagain;
    return pv_ring_pending(&q->ring) < 0 ? -EPROTO : 0;
}

int blkif_journal_open(struct blkif_queue *q, evtchn_port_t port,
                       struct cfg_err *err)
{
    struct blkif_journal *j = &q->journal;
    unsigned n = q->ring.size;
    int rc = 0;

    j->len = ENTRIES_AT + n * sizeof(struct blkif_entry);
    j->free = calloc(3 * n, sizeof(j->free[0]));
    if (!j->free)
        return err_set(err, -ENOMEM, "queue %u: no memory", q->idx);
    j->answered = j->free + n;
    j->again = j->answered + n;
    rc = open_file(q, port, err);
    if (rc)
        return rc;
    rc = sort_out(q);
    if (rc)
        return err_set(err, rc, "queue %u: its ring has lost requests", q->idx);
    if (q->b->bus.again && !q->b->conf.journal && pv_ring_pending(&q->ring))
        return err_set(err, -EINVAL,
                       "queue %u: a process before has died, and what it had "
                       "in work is not known",
                       q->idx);
    if (j->nagain)
        log_info(q->b->bus.ctx, "queue %u: %u requests were in work", q->idx,
                 j->nagain);
    return 0;
}

void blkif_journal_close(struct blkif_queue *q)
{
    struct blkif_journal *j = &q->journal;
    bool idle = q->broken || j->nfree == q->ring.size;
    char path[PATH_LEN];

    keep_close(path_of(q, path), j->mem, j->len, idle);
    free(j->free);
    *j = (struct blkif_journal){0};
}

struct blkif_entry *blkif_journal_take(struct blkif_queue *q)
{
    struct blkif_journal *j = &q->journal;
    struct blkif_entry *e;

    if (j->nagain)
        return j->again[--j->nagain];
    /* Never empty: no more can be in work than the ring has entries. */
    e = j->free[--j->nfree];
    pv_ring_get(&q->ring, e->raw);
    e->seq = j->seq++;
    atomic_store_explicit(&e->state, LIVE, memory_order_release);
    return e;
}

void blkif_journal_untake(struct blkif_queue *q, struct blkif_entry *e)
{
    q->journal.again[q->journal.nagain++] = e;
}

void blkif_journal_answer(struct blkif_queue *q, struct blkif_entry *e)
{
    atomic_store_explicit(&e->state, ANSWERED | q->ring.rsp_prod,
                          memory_order_release);
    atomic_thread_fence(memory_order_release);
    q->journal.answered[q->journal.nanswered++] = e;
}

void blkif_journal_shown(struct blkif_queue *q)
{
    struct blkif_journal *j = &q->journal;

    while (j->nanswered) {
        struct blkif_entry *e = j->answered[--j->nanswered];

        atomic_store_explicit(&e->state, FREE, memory_order_release);
        j->free[j->nfree++] = e;
    }
}
