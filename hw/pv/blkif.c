/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/blkif.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/machine.h"
#include "hw/pv/blkif-priv.h"

#define QUEUES_DEFAULT 4
#define COPY_DEFAULT (128u << 10)
#define PERSISTENT_DEFAULT 1024
#define SECTOR 512u

static const struct blkif_abi abis[] = {BLKIF_ABI_64, BLKIF_ABI_32};

static struct blkif *blkif_of(struct xenbus_dev *d)
{
    return (struct blkif *)d;
}

/* ---- queues ---- */

static void run_again(void *opaque)
{
    blkif_queue_run(opaque);
}

static bool on_event(void *opaque)
{
    struct blkif_queue *q = opaque;
    bool moved = pv_ring_moved(&q->ring);

    blkif_queue_run(q);
    return moved;
}

static void on_broken(void *opaque)
{
    struct blkif_queue *q = opaque;
    struct blkif *b = q->b;
    unsigned alive = 0;

    q->told = true;
    xenbus_error(&b->bus, "queue %u: %s", q->idx, q->broken);
    for (unsigned i = 0; i < b->nqueues; i++)
        alive += !b->queue[i].told;
    if (!alive)
        xenbus_close(&b->bus);
}

struct queue_call {
    struct blkif_queue *q;
    int rc;
};

static void queue_begin(void *opaque)
{
    struct queue_call *c = opaque;
    struct blkif_queue *q = c->q;

    q->bq = blk_queue_new(q->b->conf.blk, q->thread.loop, q->ring.size);
    if (!q->bq) {
        c->rc = -errno;
        return;
    }
    blk_queue_batch(q->bq, blkif_queue_ended, q);
    c->rc = pv_port_serve(&q->port);
    q->running = !q->b->paused;
    /* Perhaps it was faster than we. */
    loop_post(q->thread.loop, &q->again);
    /* Who was here before may have answered and not said so. */
    if (q->b->bus.again)
        pv_port_notify(&q->port);
}

static void abandon(struct blkif_request *list)
{
    struct blkif_request *r;

    while ((r = list)) {
        list = r->next;
        blkif_request_free(r);
    }
}

static void queue_end(void *opaque)
{
    struct blkif_queue *q = opaque;
    bool barrier_parked = false;

    pv_port_stop(&q->port);
    q->running = false;
    blk_queue_free(q->bq);
    q->bq = NULL;
    for (struct blkif_request *r = q->parked; r; r = r->next)
        barrier_parked |= r == q->barrier;
    if (q->barrier && !barrier_parked)
        blkif_request_free(q->barrier);
    abandon(q->parked);
    q->barrier = q->parked = NULL;
    blkif_data_end(q);
}

/* Legal for one that is half made. */
static void queue_free(struct blkif_queue *q)
{
    struct xenif *x = q->b->bus.x;

    if (q->thread.loop)
        worker_call(&q->thread, queue_end, q);
    worker_stop(&q->thread);
    loop_cancel(q->b->bus.vm->loop, &q->broken_task);
    pv_port_unbind(&q->port);
    blkif_journal_close(q);
    if (q->ring_mem)
        x->ops->gnt_unmap(x, q->ring_mem, q->ring_pages);
    q->ring_mem = NULL;
}

static int read_ring(struct blkif_queue *q, const char *prefix,
                     struct cfg_err *err)
{
    struct xenbus_dev *d = &q->b->bus;
    char key[40];
    int rc = 0;

    for (unsigned i = 0; !rc && i < q->ring_pages; i++) {
        if (q->ring_pages == 1)
            snprintf(key, sizeof(key), "%sring-ref", prefix);
        else
            snprintf(key, sizeof(key), "%sring-ref%u", prefix, i);
        rc = xenbus_need_u32(d, d->front, key, UINT32_MAX, &q->refs[i], err);
    }
    return rc;
}

static int queue_new(struct blkif_queue *q, struct cfg_err *err)
{
    struct blkif *b = q->b;
    struct xenbus_dev *d = &b->bus;
    struct queue_call call = {.q = q};
    char prefix[20] = "", key[40], name[16];
    uint32_t port;
    int rc;

    if (b->nqueues > 1)
        snprintf(prefix, sizeof(prefix), "queue-%u/", q->idx);
    snprintf(key, sizeof(key), "%sevent-channel", prefix);
    q->broken_task = (struct loop_task){.fn = on_broken, .opaque = q};
    q->again = (struct loop_task){.fn = run_again, .opaque = q};
    /* A lone processor is the frontend's, too, or somebody else's. */
    q->looks.worth = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? LOOKS_MAX : 0;

    rc = read_ring(q, prefix, err);
    if (!rc)
        rc = xenbus_need_u32(d, d->front, key, UINT32_MAX, &port, err);
    if (rc)
        return rc;
    rc = d->x->ops->gnt_map(d->x, q->refs, q->ring_pages, true, &q->ring_mem);
    if (rc) {
        q->ring_mem = NULL;
        return err_set(err, rc, "queue %u: cannot map its ring: %s", q->idx,
                       strerror(-rc));
    }
    rc = pv_ring_attach(&q->ring, q->ring_mem, q->ring_pages, b->abi.request);
    if (rc)
        return err_set(err, rc, "queue %u: its ring is not one", q->idx);
    rc = blkif_journal_open(q, port, err);
    if (rc)
        return rc;
    snprintf(name, sizeof(name), "vbd-%.5s.%u", strrchr(d->back, '/') + 1,
             q->idx);
    rc = worker_start(&q->thread, name);
    if (!rc)
        rc = pv_port_bind(&q->port, d->vm, d->x, port, q->thread.loop, on_event,
                          q);
    if (rc)
        return err_set(err, rc, "queue %u: event channel %" PRIu32 ": %s",
                       q->idx, port, strerror(-rc));
    worker_call(&q->thread, queue_begin, &call);
    return call.rc ? err_set(err, call.rc, "queue %u: %s", q->idx,
                             strerror(-call.rc))
                   : 0;
}

/* ---- xenbus ---- */

static int advertise(struct xenbus_dev *d, struct cfg_err *err)
{
    struct blkif *b = blkif_of(d);
    int rc;

    if ((rc = xenbus_write(d, "max-ring-page-order", "%d",
                           BLKIF_RING_ORDER_MAX)) ||
        (rc = xenbus_write(d, "max-ring-pages", "%d",
                           1 << BLKIF_RING_ORDER_MAX)) ||
        (rc = xenbus_write(d, "multi-queue-max-queues", "%u",
                           b->conf.max_queues)) ||
        (rc = xenbus_write(d, "feature-persistent", "%d",
                           !b->conf.no_persistent)) ||
        (rc = xenbus_write(d, "feature-max-indirect-segments", "%u",
                           BLKIF_INDIRECT_MAX)) ||
        (rc = xenbus_write(d, "feature-flush-cache", "1")) ||
        (rc = xenbus_write(d, "feature-barrier", "%d",
                           !b->conf.blk->readonly)) ||
        (rc = xenbus_write(d, "feature-discard", "%d", b->discard)))
        return rc;
    /* Old frontends want all of them to be there. */
    if (b->discard &&
        ((rc = xenbus_write(d, "discard-granularity", "%u", SECTOR)) ||
         (rc = xenbus_write(d, "discard-alignment", "0")) ||
         (rc = xenbus_write(d, "discard-secure", "0"))))
        return rc;
    return 0;
}

static int publish(struct xenbus_dev *d, struct cfg_err *err)
{
    struct blkif *b = blkif_of(d);
    const struct blk *blk = b->conf.blk;
    uint64_t size = atomic_load(&blk->size) / b->unit * b->unit;
    uint32_t physical = blk->physical_block;
    int rc, info = (b->cdrom ? VDISK_CDROM : 0) |
                   (blk->removable ? VDISK_REMOVABLE : 0) |
                   (blk->readonly ? VDISK_READONLY : 0);

    /* The whole disk is a multiple of it, by the protocol. */
    if (physical < b->unit || physical % b->unit || size % physical)
        physical = b->unit;
    if ((rc = xenbus_write(d, "sectors", "%" PRIu64, size / b->unit)) ||
        (rc = xenbus_write(d, "info", "%d", info)) ||
        (rc = xenbus_write(d, "sector-size", "%" PRIu32, b->unit)) ||
        (rc = xenbus_write(d, "physical-sector-size", "%" PRIu32, physical)))
        return rc;
    return 0;
}

static int read_protocol(struct blkif *b, struct cfg_err *err)
{
    char *text;
    int rc = xenbus_read(&b->bus, b->bus.front, "protocol", &text);
    bool known = false;

    b->abi = abis[sizeof(long) == 8 ? 0 : 1];
    if (rc == -ENOENT)
        return 0;
    if (rc)
        return err_set(err, rc, "protocol: %s", strerror(-rc));
    if (!strcmp(text, "arm-abi")) /* aligned as on x86_64 */
        known = true;
    for (unsigned i = 0; i < sizeof(abis) / sizeof(abis[0]); i++)
        if (!strcmp(text, abis[i].protocol)) {
            b->abi = abis[i];
            known = true;
        }
    if (!known)
        rc = err_set(err, -EINVAL,
                     "protocol: '%.20s': expected x86_32-abi, x86_64-abi or "
                     "arm-abi",
                     text);
    free(text);
    return rc;
}

/* Two ways to say it: order, and number. */
static int read_ring_pages(struct blkif *b, uint32_t *pages,
                           struct cfg_err *err)
{
    struct xenbus_dev *d = &b->bus;
    uint32_t order = UINT32_MAX;
    int rc;

    *pages = 1;
    rc = xenbus_read_u32(d, d->front, "num-ring-pages",
                         1 << BLKIF_RING_ORDER_MAX, pages, err);
    if (!rc)
        rc = xenbus_read_u32(d, d->front, "ring-page-order",
                             BLKIF_RING_ORDER_MAX, &order, err);
    if (rc)
        return rc;
    if (order != UINT32_MAX)
        *pages = 1u << order;
    if (!*pages || *pages & (*pages - 1))
        return err_set(err, -EINVAL,
                       "num-ring-pages: %" PRIu32 ": expected a power of two",
                       *pages);
    return 0;
}

static void disconnect(struct xenbus_dev *d)
{
    struct blkif *b = blkif_of(d);

    for (unsigned i = 0; i < b->nqueues; i++)
        queue_free(&b->queue[i]);
    free(b->queue);
    b->queue = NULL;
    b->nqueues = 0;
}

struct last_call {
    struct blkif_queue *q;
    bool busy;
};

static void queue_last(void *opaque)
{
    struct last_call *c = opaque;
    struct blkif_queue *q = c->q;

    blkif_queue_run(q);
    c->busy |= q->in_flight || q->ring.req_cons != q->last;
    q->last = q->ring.req_cons;
    if (!q->broken)
        pv_port_notify(&q->port);
}

static bool last(struct xenbus_dev *d)
{
    struct blkif *b = blkif_of(d);
    struct last_call c = {0};

    for (unsigned i = 0; i < b->nqueues; i++) {
        c.q = &b->queue[i];
        worker_call(&c.q->thread, queue_last, &c);
    }
    return c.busy;
}

static int connect_front(struct xenbus_dev *d, struct cfg_err *err)
{
    struct blkif *b = blkif_of(d);
    uint32_t n = 1, pages;
    bool large;
    int rc;

    rc = read_protocol(b, err);
    if (!rc)
        rc = read_ring_pages(b, &pages, err);
    if (!rc)
        rc = xenbus_read_u32(d, d->front, "multi-queue-num-queues",
                             b->conf.max_queues, &n, err);
    if (!rc)
        rc = xenbus_read_flag(d, "feature-persistent", &b->persistent, err);
    if (!rc)
        rc = xenbus_read_flag(d, "feature-large-sector-size", &large, err);
    if (!rc && !n)
        rc = err_set(err, -EINVAL, "multi-queue-num-queues: 0");
    if (rc)
        return rc;
    if (d->again && b->conf.blk->loses_tables)
        return err_set(err, -EINVAL,
                       "the process before has died, and with it what it had "
                       "not flushed to this %s image",
                       b->conf.blk->format);
    b->persistent &= !b->conf.no_persistent;
    b->unit = large ? b->conf.logical_block : SECTOR;

    b->queue = calloc(n, sizeof(*b->queue));
    if (!b->queue)
        return -ENOMEM;
    b->nqueues = n;
    for (unsigned i = 0; i < n; i++) {
        b->queue[i].b = b;
        b->queue[i].idx = i;
        b->queue[i].ring_pages = pages;
    }
    for (unsigned i = 0; !rc && i < n; i++)
        rc = queue_new(&b->queue[i], err);
    if (rc)
        disconnect(d);
    return rc;
}

static const struct xenbus_class blkif_class = {
    .type = "vbd",
    .again = true,
    .advertise = advertise,
    .connect = connect_front,
    .publish = publish,
    .last = last,
    .disconnect = disconnect,
};

/* ---- pause ---- */

static void queue_pause(void *opaque)
{
    struct blkif_queue *q = opaque;

    q->running = false;
    blk_drain(q->bq);
    blkif_queue_ended(q);
}

static void queue_resume(void *opaque)
{
    struct blkif_queue *q = opaque;

    q->running = true;
    blkif_queue_resubmit(q);
    blkif_queue_run(q);
}

void blkif_pause(struct blkif *b)
{
    b->paused = true;
    for (unsigned i = 0; i < b->nqueues; i++)
        worker_call(&b->queue[i].thread, queue_pause, &b->queue[i]);
}

void blkif_resume(struct blkif *b)
{
    b->paused = false;
    for (unsigned i = 0; i < b->nqueues; i++)
        worker_call(&b->queue[i].thread, queue_resume, &b->queue[i]);
}

/* ---- life ---- */

static void resized(void *opaque)
{
    struct blkif *b = opaque;

    xenbus_republish(&b->bus);
}

static int check_conf(struct blkif_conf *c, struct cfg_err *err)
{
    if (!c->max_queues)
        c->max_queues = QUEUES_DEFAULT;
    if (!c->copy_max)
        c->copy_max = COPY_DEFAULT;
    if (!c->persistent_max)
        c->persistent_max = PERSISTENT_DEFAULT;
    if (!c->logical_block)
        c->logical_block = SECTOR;
    if (c->max_queues > BLKIF_QUEUES_MAX)
        return err_set(err, -EINVAL, "%u queues: expected 1 to %d",
                       c->max_queues, BLKIF_QUEUES_MAX);
    if (c->logical_block < SECTOR || c->logical_block > XENIF_PAGE ||
        c->logical_block & (c->logical_block - 1))
        return err_set(err, -EINVAL,
                       "logical_block_size=%" PRIu32
                       ": expected a power of two from 512 to 4096",
                       c->logical_block);
    return 0;
}

/* What the toolstack wants the disk to be. A disk that must not be written
 * is opened so: nothing above could make up for it. */
static int read_folder(struct blkif *b, const char *back, struct cfg_err *err)
{
    struct xenbus_dev *d = &b->bus;
    uint32_t enable = 1;
    char *text;
    bool ro;
    int rc;

    if (!xenbus_read(d, back, "mode", &text)) {
        ro = !strcmp(text, "r");
        free(text);
        if (ro && !b->conf.blk->readonly)
            return err_set(err, -EINVAL,
                           "%s: mode is 'r', but '%s' is open for writing",
                           back, b->conf.blk->id);
    }
    if (!xenbus_read(d, back, "device-type", &text)) {
        b->cdrom = !strcmp(text, "cdrom");
        free(text);
    }
    rc = xenbus_read_u32(d, back, "discard-enable", 1, &enable, err);
    if (rc)
        return err_prefix(err, rc, "%s", back);
    b->discard = enable && !b->conf.no_discard && !b->conf.blk->readonly;
    return 0;
}

int blkif_new(struct vm *vm, struct xenif *x, const char *back,
              const struct blkif_conf *conf, struct blkif **out,
              struct cfg_err *err)
{
    struct blkif *b = calloc(1, sizeof(*b));
    int rc;

    if (!b)
        return err_set(err, -ENOMEM, "%s: no memory", back);
    b->conf = *conf;
    /* Persistent grants spare us maps, and cost the frontend copies. */
    b->conf.no_persistent |= x->ops->gnt_hold != NULL;
    b->unit = SECTOR;
    b->bus.cls = &blkif_class;
    b->bus.vm = vm;
    b->bus.x = x;
    b->bus.gone = conf->gone;
    b->bus.gone_opaque = conf->gone_opaque;
    rc = check_conf(&b->conf, err);
    if (!rc)
        rc = read_folder(b, back, err);
    if (!rc)
        rc = xenbus_start(&b->bus, back, err);
    if (rc) {
        free(b);
        return rc;
    }
    b->conf.blk->resized = resized;
    b->conf.blk->resized_opaque = b;
    *out = b;
    return 0;
}

bool blkif_connected(const struct blkif *b)
{
    return b->bus.connected;
}

void blkif_free(struct blkif *b)
{
    if (!b)
        return;
    xenbus_stop(&b->bus);
    if (b->conf.blk->resized_opaque == b)
        b->conf.blk->resized = NULL;
    free(b);
}
