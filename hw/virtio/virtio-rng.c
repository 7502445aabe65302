/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio entropy source. Source: VIRTIO 1.2, section 5.4.
 *
 * What the host's generator gives, bounded: max-bytes in each period of guest
 * time. Served by the main loop.
 */
#include "config.h"

#include <errno.h>
#include <sys/random.h>

#include "dm/clock.h"
#include "dm/machine.h"
#include "hw/catalog.h"
#include "hw/virtio/virtio.h"

#define CHUNK 4096  /* most bytes for one buffer */
#define MIN_COST 64 /* of a buffer, however short: bounds the work */
#define QUEUE_SIZE 64

struct virtio_rng {
    struct virtio_dev v;
    /* properties */
    uint64_t max_bytes;
    uint32_t period; /* ms */

    uint64_t left; /* bytes in this period */
    struct timer refill;
};

/* Bytes put in el->in; -errno. */
static int fill(struct vq_elem *el, uint64_t left)
{
    size_t want = el->in_len < CHUNK ? el->in_len : CHUNK;
    uint8_t buf[CHUNK];
    ssize_t n;

    if (want > left)
        want = left;
    n = getrandom(buf, want, GRND_NONBLOCK);
    if (n < 0)
        return -errno;
    return (int)iov_put(el->in, el->in_n, 0, buf, (size_t)n);
}

static void queue_kick(struct virtqueue *vq)
{
    struct virtio_rng *r = (struct virtio_rng *)vq->v;
    struct vq_elem *el;
    unsigned cost;
    int n;

    do {
        vq_kick_off(vq);
        while (r->left && (el = vq_pop(vq, sizeof(*el)))) {
            n = fill(el, r->left);
            if (n < 0) { /* the host's has no seed yet: try a period later */
                vq_unpop(vq, el);
                r->left = 0;
                break;
            }
            cost = n > MIN_COST ? (unsigned)n : MIN_COST;
            r->left -= cost < r->left ? cost : r->left;
            vq_push(vq, el, (uint32_t)n);
        }
    } while (vq_kick_on(vq) && r->left);
    vq_flush(vq);
    if (r->left != r->max_bytes && !timer_armed(&r->refill))
        timer_set(vq->vm, &r->refill,
                  clock_now(vq->vm) + r->period * 1000000LL);
}

static void refill(void *opaque)
{
    struct virtio_rng *r = opaque;

    r->left = r->max_bytes;
    if (r->v.vq[0].running)
        queue_kick(&r->v.vq[0]);
}

static void device_reset(struct virtio_dev *v)
{
    struct virtio_rng *r = (struct virtio_rng *)v;

    timer_cancel(v->pci.dev.vm, &r->refill);
    r->left = r->max_bytes;
}

static const struct virtio_ops rng_ops = {
    .reset = device_reset,
    .queue_kick = queue_kick,
};

static void rng_destroy(struct dev *dev)
{
    struct virtio_rng *r = (struct virtio_rng *)dev;

    virtio_destroy(&r->v);
    timer_cancel(dev->vm, &r->refill);
}

static int rng_create(struct dev *dev, struct cfg_err *err)
{
    struct virtio_rng *r = (struct virtio_rng *)dev;
    struct virtio_setup setup = {
        .ops = &rng_ops,
        .id = VIRTIO_ID_RNG,
        .class_code = 0x00ff00,
        .queues = 1,
    };
    int rc;

    if (!r->max_bytes || !r->period)
        return err_set(err, -EINVAL,
                       "%s: max-bytes and period: expected more than 0",
                       dev->cls->name);
    timer_init(&r->refill, refill, r);
    r->left = r->max_bytes;
    rc = virtio_create(&r->v, &setup, err);
    if (!rc)
        rc = virtio_queue_init(&r->v, 0, QUEUE_SIZE, VQ_MAIN_LOOP, err);
    if (rc)
        rng_destroy(dev);
    return rc;
}

static int rng_post_load(struct dev *dev)
{
    struct virtio_rng *r = (struct virtio_rng *)dev;

    if (r->left > r->max_bytes)
        r->left = r->max_bytes;
    /* Without the timer what is left would never grow again. */
    if (r->left != r->max_bytes && !timer_armed(&r->refill))
        return -EINVAL;
    return virtio_post_load(&r->v);
}

static const struct state_field rng_fields[] = {
    STATE_STRUCT(struct virtio_rng, v, virtio_state),
    STATE_U64(struct virtio_rng, left),
    STATE_TIMER(struct virtio_rng, refill),
    STATE_END,
};

static const struct state_desc rng_state = {
    .name = "virtio-rng",
    .version = 1,
    .min_version = 1,
    .fields = rng_fields,
    .pre_save = virtio_pre_save,
    .post_load = rng_post_load,
};

static const struct dev_prop rng_props[] = {
    VIRTIO_PROPS(struct virtio_rng),
    DEV_PROP(PROP_U64, struct virtio_rng, max_bytes, "max-bytes", "1048576",
             "most bytes in a period"),
    DEV_PROP(PROP_U32, struct virtio_rng, period, "period", "1000",
             "milliseconds"),
    DEV_PROP_END,
};

#define RNG_CLASS                                                           \
    .desc = "virtio entropy source", .bus = "pci",                          \
    .size = sizeof(struct virtio_rng), .props = rng_props,                  \
    .create = rng_create, .start = virtio_start, .pause = virtio_pause,     \
    .resume = virtio_resume, .reset = virtio_reset, .destroy = rng_destroy, \
    .state = &rng_state

const struct dev_class virtio_rng_class = {
    .name = "virtio-rng-pci",
    .alias = "virtio-rng",
    RNG_CLASS,
};
const struct dev_class virtio_rng_transitional_class = {
    .name = "virtio-rng-pci-transitional",
    RNG_CLASS,
};
const struct dev_class virtio_rng_modern_class = {
    .name = "virtio-rng-pci-non-transitional",
    RNG_CLASS,
};
