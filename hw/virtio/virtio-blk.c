/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio block device. Source: VIRTIO 1.2, section 5.2.
 *
 * Each queue has a blk_queue on its own thread. A request that failed where
 * the user wants the guest stopped (werror=stop) is parked in the ring and
 * comes back by itself when the machine goes on.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "dm/block/blk.h"
#include "dm/machine.h"
#include "hw/catalog.h"
#include "hw/virtio/virtio.h"

#define SECTOR 512u
#define ID_BYTES 20
#define MAX_DISCARD_SECTORS 0x3fffff /* 2 GiB - 512 in one request */
#define QUEUES_AUTO 4

enum {
    VIRTIO_BLK_F_SEG_MAX = 2,
    VIRTIO_BLK_F_GEOMETRY = 4,
    VIRTIO_BLK_F_RO = 5,
    VIRTIO_BLK_F_BLK_SIZE = 6,
    VIRTIO_BLK_F_FLUSH = 9,
    VIRTIO_BLK_F_TOPOLOGY = 10,
    VIRTIO_BLK_F_CONFIG_WCE = 11,
    VIRTIO_BLK_F_MQ = 12,
    VIRTIO_BLK_F_DISCARD = 13,
    VIRTIO_BLK_F_WRITE_ZEROES = 14,
};

enum {
    VIRTIO_BLK_T_IN = 0,
    VIRTIO_BLK_T_OUT = 1,
    VIRTIO_BLK_T_FLUSH = 4,
    VIRTIO_BLK_T_GET_ID = 8,
    VIRTIO_BLK_T_DISCARD = 11,
    VIRTIO_BLK_T_WRITE_ZEROES = 13,
};

enum {
    VIRTIO_BLK_S_OK = 0,
    VIRTIO_BLK_S_IOERR = 1,
    VIRTIO_BLK_S_UNSUPP = 2,
};

/* 5.2.4 */
struct blk_config {
    uint64_t capacity; /* in sectors */
    uint32_t size_max, seg_max;
    uint16_t cylinders;
    uint8_t heads, sectors;
    uint32_t blk_size;
    uint8_t physical_block_exp, alignment_offset;
    uint16_t min_io_size;
    uint32_t opt_io_size;
    uint8_t writeback, unused0;
    uint16_t num_queues;
    uint32_t max_discard_sectors, max_discard_seg, discard_sector_alignment;
    uint32_t max_write_zeroes_sectors, max_write_zeroes_seg;
    uint8_t write_zeroes_may_unmap, unused1[3];
};
_Static_assert(sizeof(struct blk_config) == 64, "with 4 bytes of padding");
#define CONFIG_LEN 60

struct blk_hdr {
    uint32_t type, ioprio;
    uint64_t sector;
};

struct blk_range {
    uint64_t sector;
    uint32_t num_sectors, flags;
};
#define RANGE_UNMAP 1u

struct virtio_blk {
    struct virtio_dev v;
    /* properties */
    struct blk *blk;
    char *serial;
    uint16_t num_queues, queue_size;
    uint32_t logical_block, physical_block;
    bool discard, write_zeroes, config_wce;

    struct blk_config config;
    atomic_bool writeback; /* a volatile cache: else each write is FUA */
};

struct request {
    struct vq_elem el;
    struct virtqueue *vq;
    struct blk_req req;
    uint8_t *status; /* in guest memory: written only */
};

static struct virtio_blk *blk_of(struct virtqueue *vq)
{
    return (struct virtio_blk *)vq->v;
}

/* ---- requests: the queue's thread ---- */

static void finish(struct request *r, uint8_t status)
{
    struct virtqueue *vq = r->vq;

    *r->status = status;
    vq_push(vq, &r->el, r->el.in_len);
}

static void request_done(struct blk_req *req, int rc)
{
    struct request *r =
        (struct request *)((char *)req - offsetof(struct request, req));
    struct virtqueue *vq = r->vq;
    uint8_t status = VIRTIO_BLK_S_OK;

    if (rc) {
        switch (blk_error_action(blk_of(vq)->blk, vq->ctx, req->op != BLK_READ,
                                 rc)) {
        case BLK_STOP:
            vq_park(vq, &r->el);
            return;
        case BLK_REPORT:
            status = VIRTIO_BLK_S_IOERR;
            break;
        case BLK_IGNORE:
            break;
        }
    }
    finish(r, status);
}

static void run_ended(void *opaque)
{
    vq_flush(opaque);
}

static void submit(struct request *r, enum blk_op op, unsigned flags,
                   uint64_t off, uint64_t len)
{
    r->req = (struct blk_req){
        .op = op,
        .flags = flags,
        .off = off,
        .len = len,
        .iov = op == BLK_READ ? r->el.in : r->el.out,
        .iovcnt = (int)(op == BLK_READ ? r->el.in_n : r->el.out_n),
        .done = request_done,
    };
    blk_submit(r->vq->opaque, &r->req);
}

/* Whole blocks within the medium? */
static bool range_ok(const struct virtio_blk *b, uint64_t sector, uint64_t len)
{
    uint64_t capacity = atomic_load(&b->blk->size) / SECTOR;

    return len % b->config.blk_size == 0 &&
           sector % (b->config.blk_size / SECTOR) == 0 && sector <= capacity &&
           len / SECTOR <= capacity - sector;
}

static void do_rw(struct virtio_blk *b, struct request *r, uint64_t sector,
                  bool write)
{
    uint64_t len = 0;
    const struct iovec *iov = write ? r->el.out : r->el.in;
    unsigned n = write ? r->el.out_n : r->el.in_n, flags = 0;

    for (unsigned i = 0; i < n; i++)
        len += iov[i].iov_len;
    if (!range_ok(b, sector, len) || (write && b->blk->readonly)) {
        finish(r, VIRTIO_BLK_S_IOERR);
        return;
    }
    if (!len) {
        finish(r, VIRTIO_BLK_S_OK);
        return;
    }
    if (write && !atomic_load_explicit(&b->writeback, memory_order_relaxed))
        flags = BLK_REQ_FUA;
    submit(r, write ? BLK_WRITE : BLK_READ, flags, sector * SECTOR, len);
}

static void do_range(struct virtio_blk *b, struct request *r, bool zero)
{
    bool offered = zero ? b->write_zeroes : b->discard;
    uint32_t max = zero ? b->config.max_write_zeroes_sectors
                        : b->config.max_discard_sectors;
    struct blk_range range;
    uint64_t len;

    if (!offered) {
        finish(r, VIRTIO_BLK_S_UNSUPP);
        return;
    }
    /* Exactly one range: max_discard_seg and max_write_zeroes_seg are 1. */
    if (iov_get(r->el.out, r->el.out_n, 0, &range, sizeof(range)) !=
            sizeof(range) ||
        iov_get(r->el.out, r->el.out_n, sizeof(range), &len, 1)) {
        finish(r, VIRTIO_BLK_S_IOERR);
        return;
    }
    if ((range.flags & ~RANGE_UNMAP) || (range.flags && !zero)) {
        finish(r, VIRTIO_BLK_S_UNSUPP);
        return;
    }
    len = (uint64_t)range.num_sectors * SECTOR;
    if (range.num_sectors > max || !range_ok(b, range.sector, len) ||
        b->blk->readonly) {
        finish(r, VIRTIO_BLK_S_IOERR);
        return;
    }
    if (!len) {
        finish(r, VIRTIO_BLK_S_OK);
        return;
    }
    submit(r, zero ? BLK_WRITE_ZEROES : BLK_DISCARD,
           range.flags ? BLK_REQ_UNMAP : 0, range.sector * SECTOR, len);
}

static void do_get_id(struct virtio_blk *b, struct request *r)
{
    char id[ID_BYTES] = {0};

    /* Not terminated if it is that long. */
    if (b->serial)
        memcpy(id, b->serial, strnlen(b->serial, sizeof(id)));
    iov_put(r->el.in, r->el.in_n, 0, id, sizeof(id));
    finish(r, VIRTIO_BLK_S_OK);
}

/* False: the ring is broken. */
static bool request_start(struct virtio_blk *b, struct request *r)
{
    struct vq_elem *el = &r->el;
    struct blk_hdr hdr;
    struct iovec *last;

    if (iov_get(el->out, el->out_n, 0, &hdr, sizeof(hdr)) != sizeof(hdr) ||
        !el->in_n) {
        vq_bad(r->vq, "request without its header or its status byte");
        vq_unpop(r->vq, el);
        return false;
    }
    iov_skip(&el->out, &el->out_n, sizeof(hdr));
    last = &el->in[el->in_n - 1];
    r->status = (uint8_t *)last->iov_base + last->iov_len - 1;
    iov_cut(el->in, &el->in_n, 1);

    switch (hdr.type) {
    case VIRTIO_BLK_T_IN:
    case VIRTIO_BLK_T_OUT:
        do_rw(b, r, hdr.sector, hdr.type == VIRTIO_BLK_T_OUT);
        break;
    case VIRTIO_BLK_T_FLUSH:
        submit(r, BLK_FLUSH, 0, 0, 0);
        break;
    case VIRTIO_BLK_T_GET_ID:
        do_get_id(b, r);
        break;
    case VIRTIO_BLK_T_DISCARD:
    case VIRTIO_BLK_T_WRITE_ZEROES:
        do_range(b, r, hdr.type == VIRTIO_BLK_T_WRITE_ZEROES);
        break;
    default:
        finish(r, VIRTIO_BLK_S_UNSUPP);
    }
    return true;
}

static void queue_kick(struct virtqueue *vq)
{
    struct virtio_blk *b = blk_of(vq);
    /* A guest that never stops must not keep us from completions. */
    unsigned budget = 2u * vq->size;
    struct request *r;
    bool worked = false;

    blk_plug(vq->opaque);
    vq_kick_off(vq);
    while (budget-- && (r = (struct request *)vq_pop(vq, sizeof(*r)))) {
        worked = true;
        r->vq = vq;
        if (!request_start(b, r))
            break;
    }
    blk_poll(vq->opaque);
    blk_unplug(vq->opaque);
    vq_flush(vq);
    vq_rest(vq, worked);
}

static int queue_start(struct virtqueue *vq)
{
    vq->opaque = blk_queue_new(blk_of(vq)->blk, vq->loop, vq->size);
    if (!vq->opaque)
        return -errno;
    blk_queue_batch(vq->opaque, run_ended, vq);
    return 0;
}

static void queue_stop(struct virtqueue *vq)
{
    blk_queue_free(vq->opaque);
    vq->opaque = NULL;
}

/* ---- the device: machine lock ---- */

static void set_writeback(struct virtio_blk *b)
{
    bool wce = virtio_has(&b->v, VIRTIO_BLK_F_CONFIG_WCE)
                   ? b->config.writeback
                   : virtio_has(&b->v, VIRTIO_BLK_F_FLUSH);

    atomic_store(&b->writeback, wce);
}

static int set_features(struct virtio_dev *v)
{
    set_writeback((struct virtio_blk *)v);
    return 0;
}

static void config_write(struct virtio_dev *v, unsigned off, unsigned size,
                         uint32_t val)
{
    struct virtio_blk *b = (struct virtio_blk *)v;

    if (off != offsetof(struct blk_config, writeback) || size != 1 ||
        !virtio_has(v, VIRTIO_BLK_F_CONFIG_WCE))
        return;
    b->config.writeback = val & 1;
    set_writeback(b);
}

static void device_reset(struct virtio_dev *v)
{
    struct virtio_blk *b = (struct virtio_blk *)v;

    b->config.writeback = b->blk->cache_writeback;
    atomic_store(&b->writeback, false);
}

/* The image has another size now. */
static void resized(void *opaque)
{
    struct virtio_blk *b = opaque;

    b->config.capacity = atomic_load(&b->blk->size) / SECTOR;
    virtio_config_changed(&b->v);
}

static const struct virtio_ops blk_ops = {
    .config_write = config_write,
    .set_features = set_features,
    .reset = device_reset,
    .queue_start = queue_start,
    .queue_stop = queue_stop,
    .queue_kick = queue_kick,
};

static bool block_size_ok(uint32_t n)
{
    return n >= SECTOR && n <= 32768 && !(n & (n - 1));
}

static int config_init(struct virtio_blk *b, struct cfg_err *err)
{
    struct blk *blk = b->blk;
    struct blk_config *c = &b->config;
    uint32_t physical;

    if (!b->logical_block)
        b->logical_block = SECTOR;
    physical = b->physical_block     ? b->physical_block
               : blk->physical_block ? blk->physical_block
                                     : b->logical_block;
    if (physical < b->logical_block && !b->physical_block)
        physical = b->logical_block;
    if (!block_size_ok(b->logical_block) || !block_size_ok(physical) ||
        physical < b->logical_block)
        return err_set(err, -EINVAL,
                       "logical_block_size=%u, physical_block_size=%u: "
                       "expected powers of two from 512 to 32768, the second "
                       "no smaller",
                       b->logical_block, physical);

    c->capacity = atomic_load(&blk->size) / SECTOR;
    c->seg_max = b->queue_size > 2 ? b->queue_size - 2u : 1;
    c->heads = 16;
    c->sectors = 63;
    c->cylinders = c->capacity / (16 * 63) < 16383
                       ? (uint16_t)(c->capacity / (16 * 63))
                       : 16383;
    c->blk_size = b->logical_block;
    c->physical_block_exp = (uint8_t)__builtin_ctz(physical / b->logical_block);
    c->min_io_size = (uint16_t)(physical / b->logical_block);
    c->writeback = blk->cache_writeback;
    c->num_queues = b->num_queues;
    if (b->discard) {
        c->max_discard_sectors = MAX_DISCARD_SECTORS;
        c->max_discard_seg = 1;
        c->discard_sector_alignment = physical / SECTOR;
    }
    if (b->write_zeroes) {
        c->max_write_zeroes_sectors = MAX_DISCARD_SECTORS;
        c->max_write_zeroes_seg = 1;
        c->write_zeroes_may_unmap = 1;
    }
    return 0;
}

static uint64_t features(const struct virtio_blk *b)
{
    uint64_t f =
        VIRTIO_BIT(VIRTIO_BLK_F_SEG_MAX) | VIRTIO_BIT(VIRTIO_BLK_F_GEOMETRY) |
        VIRTIO_BIT(VIRTIO_BLK_F_BLK_SIZE) | VIRTIO_BIT(VIRTIO_BLK_F_FLUSH) |
        VIRTIO_BIT(VIRTIO_BLK_F_TOPOLOGY);

    if (b->blk->readonly)
        f |= VIRTIO_BIT(VIRTIO_BLK_F_RO);
    if (b->config_wce)
        f |= VIRTIO_BIT(VIRTIO_BLK_F_CONFIG_WCE);
    if (b->num_queues > 1)
        f |= VIRTIO_BIT(VIRTIO_BLK_F_MQ);
    if (b->discard)
        f |= VIRTIO_BIT(VIRTIO_BLK_F_DISCARD);
    if (b->write_zeroes)
        f |= VIRTIO_BIT(VIRTIO_BLK_F_WRITE_ZEROES);
    return f;
}

static void blk_destroy(struct dev *dev)
{
    virtio_destroy(&((struct virtio_blk *)dev)->v);
}

static int blk_create(struct dev *dev, struct cfg_err *err)
{
    struct virtio_blk *b = (struct virtio_blk *)dev;
    struct virtio_setup setup = {
        .ops = &blk_ops,
        .id = VIRTIO_ID_BLOCK,
        .class_code = 0x010000,
        .config = &b->config,
        .config_len = CONFIG_LEN,
    };
    unsigned cpus = dev->vm->cfg->cpus;
    int rc;

    if (!b->blk)
        return err_set(err, -EINVAL, "%s: drive= is missing", dev->cls->name);
    if (!b->num_queues)
        b->num_queues = (uint16_t)(cpus < 1             ? 1
                                   : cpus < QUEUES_AUTO ? cpus
                                                        : QUEUES_AUTO);
    if (b->blk->readonly)
        b->discard = b->write_zeroes = false;
    rc = config_init(b, err);
    if (rc)
        return rc;
    setup.features = features(b);
    setup.queues = b->num_queues;
    rc = virtio_create(&b->v, &setup, err);
    for (unsigned i = 0; !rc && i < b->num_queues; i++)
        rc = virtio_queue_init(&b->v, i, b->queue_size, (int)i, err);
    if (rc) {
        blk_destroy(dev);
        return rc;
    }
    b->blk->resized = resized;
    b->blk->resized_opaque = b;
    return 0;
}

static int blk_post_load(struct dev *dev)
{
    struct virtio_blk *b = (struct virtio_blk *)dev;

    b->config.writeback &= 1;
    return virtio_post_load(&b->v);
}

static const struct state_field blk_fields[] = {
    STATE_STRUCT(struct virtio_blk, v, virtio_state),
    STATE_U8(struct virtio_blk, config.writeback),
    STATE_END,
};

static const struct state_desc blk_state = {
    .name = "virtio-blk",
    .version = 1,
    .min_version = 1,
    .fields = blk_fields,
    .pre_save = virtio_pre_save,
    .post_load = blk_post_load,
};

static const struct dev_prop blk_props[] = {
    VIRTIO_PROPS(struct virtio_blk),
    PCI_PROP_BOOTINDEX(struct virtio_blk, v.pci),
    DEV_PROP(PROP_BLK, struct virtio_blk, blk, "drive", NULL, "id of a -drive"),
    DEV_PROP(PROP_STR, struct virtio_blk, serial, "serial", NULL,
             "serial number, up to 20 characters"),
    DEV_PROP(PROP_U16, struct virtio_blk, num_queues, "num-queues", "0",
             "queues, 0: one a CPU, at most 4"),
    DEV_PROP(PROP_U16, struct virtio_blk, queue_size, "queue-size", "256",
             "entries of a queue"),
    DEV_PROP(PROP_U32, struct virtio_blk, logical_block, "logical_block_size",
             "0", "bytes; 0: 512"),
    DEV_PROP(PROP_U32, struct virtio_blk, physical_block, "physical_block_size",
             "0", "bytes; 0: the host's"),
    DEV_PROP(PROP_BOOL, struct virtio_blk, discard, "discard", "on",
             "offer discard"),
    DEV_PROP(PROP_BOOL, struct virtio_blk, write_zeroes, "write-zeroes", "on",
             "offer write-zeroes"),
    DEV_PROP(PROP_BOOL, struct virtio_blk, config_wce, "config-wce", "on",
             "let the driver turn the write cache off"),
    DEV_PROP_END,
};

#define BLK_CLASS                                                           \
    .desc = "virtio disk", .bus = "pci", .size = sizeof(struct virtio_blk), \
    .props = blk_props, .create = blk_create, .start = virtio_start,        \
    .pause = virtio_pause, .resume = virtio_resume, .reset = virtio_reset,  \
    .destroy = blk_destroy, .state = &blk_state

const struct dev_class virtio_blk_class = {
    .name = "virtio-blk-pci",
    .alias = "virtio-blk",
    BLK_CLASS,
};
const struct dev_class virtio_blk_transitional_class = {
    .name = "virtio-blk-pci-transitional",
    BLK_CLASS,
};
const struct dev_class virtio_blk_modern_class = {
    .name = "virtio-blk-pci-non-transitional",
    BLK_CLASS,
};
