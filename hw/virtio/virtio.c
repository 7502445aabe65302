/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/virtio/virtio.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dm/machine.h"
#include "hw/virtio/virtio-priv.h"

/* ---- interrupts: any thread ---- */

#define ISR_QUEUE 1u
#define ISR_CONFIG 2u

static void interrupt(struct virtio_dev *v, uint16_t vector, uint8_t why)
{
    if (pci_msix_enabled(&v->msix)) {
        pci_msix_notify(&v->msix, vector);
        return;
    }
    atomic_fetch_or(&v->isr, why);
    loop_post(v->pci.dev.vm->loop, &v->intx_task);
}

void virtio_intx_update(struct virtio_dev *v)
{
    pci_intx_set(&v->pci, atomic_load(&v->isr) && !pci_msix_enabled(&v->msix));
}

static void intx_task(void *opaque)
{
    virtio_intx_update(opaque);
}

uint8_t virtio_isr_read(struct virtio_dev *v)
{
    uint8_t isr = atomic_exchange(&v->isr, 0);

    virtio_intx_update(v);
    return isr;
}

static void queue_notify(struct virtqueue *vq)
{
    interrupt(vq->v, vq->vector, ISR_QUEUE);
}

void virtio_config_changed(struct virtio_dev *v)
{
    atomic_fetch_add(&v->generation, 1);
    interrupt(v, v->config_vector, ISR_CONFIG);
}

static void queue_broken(struct virtqueue *vq)
{
    struct virtio_dev *v = vq->v;

    /* A legacy driver does not know the bit: its queue just stays silent. */
    atomic_fetch_or(&v->status, VIRTIO_S_NEEDS_RESET);
    if (atomic_load(&v->status) & VIRTIO_S_DRIVER_OK)
        interrupt(v, v->config_vector, ISR_CONFIG);
}

/* ---- queues ---- */

void virtio_queue_call(struct virtqueue *vq, void (*fn)(void *), void *opaque)
{
    if (vq->thread)
        worker_call(vq->thread, fn, opaque);
    else
        fn(opaque);
}

static void queue_kicked(void *opaque, uint32_t events)
{
    struct virtqueue *vq = opaque;

    if (vq->running)
        vq->v->ops->queue_kick(vq);
}

static void queue_start(void *opaque)
{
    struct virtqueue *vq = opaque;
    int rc = vq_map(vq);

    if (rc) {
        vq_bad(vq, "ring of %u entries at %#llx, %#llx, %#llx: %s", vq->size,
               (unsigned long long)vq->desc_gpa,
               (unsigned long long)vq->avail_gpa,
               (unsigned long long)vq->used_gpa, strerror(-rc));
        return;
    }
    if (vq->v->ops->queue_start)
        rc = vq->v->ops->queue_start(vq);
    if (rc) {
        vq_unmap(vq);
        vq_bad(vq, "cannot be served: %s", strerror(-rc));
        return;
    }
    vq->running = true;
    vq->v->ops->queue_kick(vq);
}

static void queue_stop(void *opaque)
{
    struct virtqueue *vq = opaque;

    vq->running = false;
    if (vq->v->ops->queue_stop)
        vq->v->ops->queue_stop(vq);
    assert(!vq->in_flight);
    vq_unmap(vq);
}

void virtio_update(struct virtio_dev *v)
{
    uint8_t status = atomic_load(&v->status);
    /* Old legacy drivers forget to make the function a bus master. */
    bool run = v->live && (status & VIRTIO_S_DRIVER_OK) &&
               !(status & VIRTIO_S_NEEDS_RESET) &&
               (pci_bus_master(&v->pci) || !virtio_has(v, VIRTIO_F_VERSION_1));

    for (unsigned i = 0; i < v->nqueues; i++) {
        struct virtqueue *vq = &v->vq[i];
        bool want = run && vq->enabled && !vq->bad;

        if (want == vq->running)
            continue;
        if (want) {
            vq->event_idx = virtio_has(v, VIRTIO_F_RING_EVENT_IDX);
            vq->indirect = virtio_has(v, VIRTIO_F_RING_INDIRECT_DESC);
        }
        virtio_queue_call(vq, want ? queue_start : queue_stop, vq);
    }
    virtio_pci_ioevents(v);
}

void virtio_kick(struct virtqueue *vq)
{
    struct virtio_dev *v = vq->v;
    uint8_t status = atomic_load(&v->status);

    /* Some legacy drivers use the device before they say DRIVER_OK. */
    if (!(status & VIRTIO_S_DRIVER_OK) && vq->enabled && v->legacy &&
        !virtio_has(v, VIRTIO_F_VERSION_1) && (status & VIRTIO_S_DRIVER)) {
        atomic_fetch_or(&v->status, VIRTIO_S_DRIVER_OK);
        virtio_update(v);
    }
    vq_again(vq);
}

int virtio_queue_init(struct virtio_dev *v, unsigned idx, unsigned size,
                      int thread, struct cfg_err *err)
{
    struct virtqueue *vq = &v->queues[idx];
    struct dev *dev = &v->pci.dev;
    char name[32]; /* cut to what a thread may have */
    int rc;

    assert(idx < v->nqueues && thread <= (int)idx);
    if (!size || size > VQ_SIZE_MAX || (size & (size - 1)))
        return err_set(err, -EINVAL,
                       "queue size %u: expected a power of two up to %u", size,
                       VQ_SIZE_MAX);
    vq->max = (uint16_t)size;
    vq_reset(vq);

    snprintf(name, sizeof(name), "%.10s/%u",
             dev->id[0] ? dev->id : dev->cls->name, idx);
    if (thread == (int)idx) {
        rc = worker_start(&vq->own, name);
        if (rc)
            return err_set(err, rc, "thread of queue %u: %s", idx,
                           strerror(-rc));
    }
    vq->thread = thread < 0 ? NULL : v->queues[thread].thread;
    if (thread == (int)idx)
        vq->thread = &vq->own;
    vq->loop = vq->thread ? vq->thread->loop : dev->vm->loop;

    vq->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (vq->kick_fd < 0)
        return err_set(err, -errno, "eventfd of queue %u: %s", idx,
                       strerror(errno));
    /* Edge-triggered: the counter is never read, which saves a call a kick. */
    vq->kick = (struct loop_fd){
        .fd = vq->kick_fd,
        .events = EPOLLIN | EPOLLET,
        .fn = queue_kicked,
        .opaque = vq,
    };
    rc = loop_fd_add(vq->loop, &vq->kick);
    if (rc)
        return err_set(err, rc, "event of queue %u: %s", idx, strerror(-rc));
    return 0;
}

void virtio_queue_reset(struct virtqueue *vq)
{
    virtio_pci_ioevent_del(vq);
    if (vq->running)
        virtio_queue_call(vq, queue_stop, vq);
    vq_reset(vq);
    vq->vector = VIRTIO_NO_VECTOR;
}

/* ---- status and features ---- */

uint64_t virtio_offered(const struct virtio_dev *v, bool legacy)
{
    if (!legacy)
        return v->offered;
    return (v->offered & UINT32_MAX) | VIRTIO_BIT(VIRTIO_F_ANY_LAYOUT);
}

static void device_reset(struct virtio_dev *v)
{
    for (unsigned i = 0; i < v->nqueues; i++)
        virtio_queue_reset(&v->vq[i]);
    v->features = v->driver_features = 0;
    v->feature_select = v->driver_feature_select = 0;
    v->queue_select = 0;
    v->config_vector = VIRTIO_NO_VECTOR;
    atomic_store(&v->status, 0);
    if (v->ops->reset)
        v->ops->reset(v);
    /* No queue runs: nobody sets ISR any more. */
    virtio_isr_read(v);
}

static bool features_accept(struct virtio_dev *v)
{
    uint64_t f = v->driver_features;

    if ((f & ~v->offered) || !(f & VIRTIO_BIT(VIRTIO_F_VERSION_1)))
        return false;
    v->features = f;
    return !v->ops->set_features || !v->ops->set_features(v);
}

void virtio_features_write_legacy(struct virtio_dev *v, uint32_t val)
{
    if (atomic_load(&v->status) & VIRTIO_S_DRIVER_OK)
        return;
    v->features = v->driver_features = val & virtio_offered(v, true);
    if (v->ops->set_features)
        v->ops->set_features(v);
}

void virtio_status_write(struct virtio_dev *v, uint8_t val, bool legacy)
{
    uint8_t old = atomic_load(&v->status);

    if (!val) {
        device_reset(v);
        return;
    }
    val &= (uint8_t)~VIRTIO_S_NEEDS_RESET; /* only a reset clears ours */
    if ((val & ~old) & VIRTIO_S_FEATURES_OK && !legacy) {
        if (old & VIRTIO_S_DRIVER_OK) { /* queue threads go by the old ones */
            val &= (uint8_t)~VIRTIO_S_FEATURES_OK;
        } else if (!features_accept(v)) {
            v->features = 0;
            val &= (uint8_t)~VIRTIO_S_FEATURES_OK;
        }
    }
    atomic_fetch_or(&v->status, val);
    atomic_fetch_and(&v->status, val | VIRTIO_S_NEEDS_RESET);
    virtio_update(v);
}

/* ---- life ---- */

static void config_written(struct pci_dev *p, unsigned off, unsigned size)
{
    struct virtio_dev *v = (struct virtio_dev *)p;

    pci_msix_config_written(&v->msix, off, size);
    virtio_pci_config_written(v, off, size);
    virtio_intx_update(v);
    virtio_update(v); /* bus master may have changed */
}

int virtio_create(struct virtio_dev *v, const struct virtio_setup *s,
                  struct cfg_err *err)
{
    struct vm *vm = v->pci.dev.vm;
    int rc;

    if (!s->queues || s->queues > VIRTIO_QUEUES_MAX)
        return err_set(err, -EINVAL, "%u queues: expected 1 to %u", s->queues,
                       VIRTIO_QUEUES_MAX);
    v->ops = s->ops;
    v->config = s->config;
    v->config_len = s->config_len;
    v->intx_task = (struct loop_task){.fn = intx_task, .opaque = v};
    v->config_vector = VIRTIO_NO_VECTOR;
    rc = virtio_pci_init(v, s, err);
    if (rc)
        return rc;
    v->pci.config_written = config_written;

    v->offered = s->features;
    if (v->prop_event_idx)
        v->offered |= VIRTIO_BIT(VIRTIO_F_RING_EVENT_IDX);
    if (v->prop_indirect)
        v->offered |= VIRTIO_BIT(VIRTIO_F_RING_INDIRECT_DESC);
    if (v->modern)
        v->offered |=
            VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_RING_RESET);

    v->vq = v->queues;
    v->nqueues = s->queues;
    for (unsigned i = 0; i < v->nqueues; i++) {
        struct virtqueue *vq = &v->vq[i];

        vq->vm = vm;
        vq->v = v;
        vq->idx = i;
        vq->kick_fd = -1;
        vq->vector = VIRTIO_NO_VECTOR;
        vq->quota = &v->quota;
        vq->ctx = v->pci.dev.path;
        vq->notify = queue_notify;
        vq->broken = queue_broken;
    }
    return 0;
}

static void queue_fini(void *opaque)
{
    struct virtqueue *vq = opaque;

    loop_fd_del(&vq->kick);
}

void virtio_destroy(struct virtio_dev *v)
{
    v->live = false;
    virtio_update(v);
    for (unsigned i = 0; i < v->nqueues; i++) {
        struct virtqueue *vq = &v->vq[i];

        virtio_pci_ioevent_del(vq);
        if (vq->kick.loop)
            virtio_queue_call(vq, queue_fini, vq);
        if (vq->kick_fd >= 0)
            close(vq->kick_fd);
        vq->kick_fd = -1;
    }
    for (unsigned i = 0; i < v->nqueues; i++)
        worker_stop(&v->vq[i].own);
    if (v->intx_task.fn)
        loop_cancel(v->pci.dev.vm->loop, &v->intx_task);
    v->nqueues = 0;
    pci_fini(&v->pci);
    pci_msix_fini(&v->msix);
}

void virtio_start(struct dev *dev)
{
    struct virtio_dev *v = (struct virtio_dev *)dev;

    v->live = true;
    virtio_update(v);
}

void virtio_resume(struct dev *dev)
{
    virtio_start(dev);
}

void virtio_pause(struct dev *dev)
{
    struct virtio_dev *v = (struct virtio_dev *)dev;

    v->live = false;
    virtio_update(v);
}

void virtio_reset(struct dev *dev)
{
    struct virtio_dev *v = (struct virtio_dev *)dev;

    device_reset(v);
    atomic_store(&v->generation, 0);
    pci_msix_reset(&v->msix);
    pci_reset(&v->pci);
}

/* ---- state ---- */

static const struct state_field queue_state[] = {
    STATE_U16(struct virtqueue, size),
    STATE_BOOL(struct virtqueue, enabled),
    STATE_U16(struct virtqueue, vector),
    STATE_U64(struct virtqueue, desc_gpa),
    STATE_U64(struct virtqueue, avail_gpa),
    STATE_U64(struct virtqueue, used_gpa),
    STATE_U16(struct virtqueue, last_avail),
    STATE_U16(struct virtqueue, used_idx),
    STATE_BYTES(struct virtqueue, parked),
    STATE_END,
};

const struct state_field virtio_state[] = {
    STATE_STRUCT(struct virtio_dev, pci, pci_state),
    STATE_STRUCT(struct virtio_dev, msix, pci_msix_state),
    STATE_U64(struct virtio_dev, driver_features),
    STATE_U64(struct virtio_dev, features),
    STATE_U32(struct virtio_dev, feature_select),
    STATE_U32(struct virtio_dev, driver_feature_select),
    STATE_U16(struct virtio_dev, queue_select),
    STATE_U16(struct virtio_dev, config_vector),
    STATE_U8(struct virtio_dev, status),
    STATE_U8(struct virtio_dev, isr),
    STATE_U8(struct virtio_dev, generation),
    STATE_STRUCTS(struct virtio_dev, queues, queue_state),
    STATE_END,
};

void virtio_pre_save(struct dev *dev)
{
    struct virtio_dev *v = (struct virtio_dev *)dev;

    virtio_intx_update(v); /* a posted task may not have run yet */
    pci_msix_pre_save(&v->msix);
}

int virtio_post_load(struct virtio_dev *v)
{
    bool legacy = !virtio_has(v, VIRTIO_F_VERSION_1);
    int rc;

    if (v->features & ~virtio_offered(v, legacy))
        return -EINVAL;
    for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++) {
        struct virtqueue *vq = &v->queues[i];

        vq->bad = false;
        if (i < v->nqueues ? vq_check(vq) : vq->enabled)
            return -EINVAL;
    }
    rc = pci_post_load(&v->pci);
    if (!rc)
        rc = pci_msix_post_load(&v->msix);
    if (!rc && v->features && v->ops->set_features && v->ops->set_features(v))
        rc = -EINVAL;
    return rc;
}
