/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio devices: what all of them share, and their PCI transport.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2; chapter 4.1 for PCI.
 *
 * A device embeds struct virtio_dev as its first member and in create calls
 * virtio_create(), then virtio_queue_init() for each queue. Its class uses
 * virtio_start, virtio_pause, virtio_resume and virtio_reset as they are;
 * destroy and post_load call virtio_destroy and virtio_post_load.
 *
 * Each queue runs in a thread of its own, in that of another queue, or in the
 * main loop. It runs while the driver has set it up, DRIVER_OK is set, the
 * machine is not paused and nothing is broken:
 *
 *      stopped --queue_start--> running --queue_stop--> stopped
 *                                 queue_kick ...
 *
 * queue_kick comes when the driver kicked, and once after every queue_start.
 * It pops, works, pushes, flushes. docs/virtio.md has the whole picture.
 */
#ifndef HVMD_HW_VIRTIO_VIRTIO_H
#define HVMD_HW_VIRTIO_VIRTIO_H

#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/virtio/virtqueue.h"

#define VIRTIO_QUEUES_MAX 64

enum virtio_id {
    VIRTIO_ID_NET = 1,
    VIRTIO_ID_BLOCK = 2,
    VIRTIO_ID_CONSOLE = 3,
    VIRTIO_ID_RNG = 4,
};

#define VIRTIO_BIT(n) (1ULL << (n))
enum virtio_feature {
    VIRTIO_F_ANY_LAYOUT = 27, /* legacy only */
    VIRTIO_F_RING_INDIRECT_DESC = 28,
    VIRTIO_F_RING_EVENT_IDX = 29,
    VIRTIO_F_VERSION_1 = 32,
    VIRTIO_F_RING_RESET = 40,
};

enum virtio_status {
    VIRTIO_S_ACKNOWLEDGE = 1,
    VIRTIO_S_DRIVER = 2,
    VIRTIO_S_DRIVER_OK = 4,
    VIRTIO_S_FEATURES_OK = 8,
    VIRTIO_S_NEEDS_RESET = 64,
    VIRTIO_S_FAILED = 128,
};

struct virtio_ops {
    /* Locked; each is optional but queue_kick. */

    /* The guest wrote size (1, 2, 4) bytes of the device's config, all within
     * config_len. What is not writable is to be ignored. */
    void (*config_write)(struct virtio_dev *v, unsigned off, unsigned size,
                         uint32_t val);
    /* The driver has chosen v->features, a subset of what was offered. Not 0
     * refuses them: FEATURES_OK stays clear. */
    int (*set_features)(struct virtio_dev *v);
    /* The driver or the machine reset the device; its queues have stopped. */
    void (*reset)(struct virtio_dev *v);

    /* In the queue's thread: without any lock, or with the machine lock if
     * that is the main loop. The machine lock must not be taken. */

    /* -errno: the device breaks (NEEDS_RESET); nothing may be left behind. */
    int (*queue_start)(struct virtqueue *vq);
    /* On return nothing is in flight and no element is held: each was pushed,
     * put back or parked. Called for what queue_start began, once. */
    void (*queue_stop)(struct virtqueue *vq);
    void (*queue_kick)(struct virtqueue *vq);
};

struct virtio_dev {
    struct pci_dev pci;
    struct pci_msix msix;
    const struct virtio_ops *ops;
    unsigned nqueues;
    struct virtqueue *vq; /* nqueues of VIRTIO_QUEUES_MAX */
    uint8_t *config;      /* the device's; machine lock */
    unsigned config_len;
    bool legacy, modern;  /* transports that are there */
    unsigned pci_cfg_cap; /* offset of the capability of 4.1.4.9 */

    /* properties */
    char *disable_legacy; /* on off auto */
    bool disable_modern, prop_event_idx, prop_indirect;
    uint32_t vectors; /* VIRTIO_VECTORS_AUTO: one a queue and one more */

    /* registers: machine lock; saved */
    uint64_t offered;         /* constant after create */
    uint64_t driver_features; /* as written */
    uint64_t features;        /* as agreed on */
    uint32_t feature_select, driver_feature_select;
    uint16_t queue_select;
    /* any thread; saved */
    _Atomic uint16_t config_vector;
    atomic_uchar status, isr, generation;

    /* runtime */
    bool live; /* started and not paused */
    struct loop_task intx_task;
    struct log_quota quota;
    struct virtqueue queues[VIRTIO_QUEUES_MAX];
};

#define VIRTIO_VECTORS_AUTO 0xffff
#define VIRTIO_NO_VECTOR 0xffff

/* The properties of every virtio class; T has the member v. */
#define VIRTIO_PROPS(T)                                                     \
    DEV_PROP(PROP_BDF, T, v.pci.addr, "addr", NULL, "PCI slot[.function]"), \
        PCI_PROP_ROM(T, v.pci),                                             \
        DEV_PROP(PROP_STR, T, v.disable_legacy, "disable-legacy", "auto",   \
                 "on: virtio 1 only; off, auto: transitional"),             \
        DEV_PROP(PROP_BOOL, T, v.disable_modern, "disable-modern", "off",   \
                 "legacy interface only"),                                  \
        DEV_PROP(PROP_U32, T, v.vectors, "vectors", "0xffff",               \
                 "MSI-X vectors, 0 for none"),                              \
        DEV_PROP(PROP_BOOL, T, v.prop_event_idx, "event_idx", "on",         \
                 "offer VIRTIO_F_RING_EVENT_IDX"),                          \
        DEV_PROP(PROP_BOOL, T, v.prop_indirect, "indirect_desc", "on",      \
                 "offer VIRTIO_F_RING_INDIRECT_DESC")

struct virtio_setup {
    const struct virtio_ops *ops;
    enum virtio_id id;
    uint32_t class_code; /* PCI */
    uint64_t features;   /* the device's own; the common ones are added */
    unsigned queues;     /* 1 to VIRTIO_QUEUES_MAX */
    void *config;        /* little-endian, as the specification has it */
    unsigned config_len;
};

/* Locked. Makes the PCI function; -errno with err set. */
int virtio_create(struct virtio_dev *v, const struct virtio_setup *s,
                  struct cfg_err *err);
/* Queue idx, once each, ascending. size: a power of two to VQ_SIZE_MAX.
 * thread: VQ_MAIN_LOOP, idx itself for a thread of its own, or the index of
 * an earlier queue to share its thread. */
#define VQ_MAIN_LOOP (-1)
int virtio_queue_init(struct virtio_dev *v, unsigned idx, unsigned size,
                      int thread, struct cfg_err *err);
/* Legal after any failure of the two above. */
void virtio_destroy(struct virtio_dev *v);

/* For struct dev_class. */
void virtio_start(struct dev *dev);
void virtio_pause(struct dev *dev);
void virtio_resume(struct dev *dev);
void virtio_reset(struct dev *dev);

/* The state every device saves: STATE_STRUCT(T, v, virtio_state); pre_save is
 * virtio_pre_save, post_load calls virtio_post_load first. */
extern const struct state_field virtio_state[];
void virtio_pre_save(struct dev *dev);
int virtio_post_load(struct virtio_dev *v);

static inline bool virtio_has(const struct virtio_dev *v, unsigned feature)
{
    return v->features >> feature & 1;
}

/* Any thread. v->config was changed, under the machine lock: tell the driver.
 */
void virtio_config_changed(struct virtio_dev *v);
/* Runs fn in the queue's thread and waits for it; the caller may hold the
 * machine lock (and does, if that thread is the main loop). */
void virtio_queue_call(struct virtqueue *vq, void (*fn)(void *), void *opaque);

/* For the catalog. */
extern const struct dev_class virtio_blk_class;
extern const struct dev_class virtio_blk_transitional_class;
extern const struct dev_class virtio_blk_modern_class;
extern const struct dev_class virtio_net_class;
extern const struct dev_class virtio_net_transitional_class;
extern const struct dev_class virtio_net_modern_class;
extern const struct dev_class virtio_rng_class;
extern const struct dev_class virtio_rng_transitional_class;
extern const struct dev_class virtio_rng_modern_class;
extern const struct dev_class virtio_serial_class;
extern const struct dev_class virtio_serial_transitional_class;
extern const struct dev_class virtio_serial_modern_class;
extern const struct dev_class virtconsole_class;
extern const struct dev_class virtserialport_class;

#endif
