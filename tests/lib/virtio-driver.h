/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small virtio driver for device tests: finds the device through its PCI
 * capabilities, negotiates, sets rings up and moves buffers, as a guest does.
 * Failures end the test through check's ck_abort.
 */
#ifndef HVMD_TESTS_LIB_VIRTIO_DRIVER_H
#define HVMD_TESTS_LIB_VIRTIO_DRIVER_H

#include "tests/lib/testvm.h"

#define VD_QUEUES 64
#define VD_BAR_MEM 0xe0000000u  /* where BARs are put: memory, */
#define VD_BAR_IO 0xc000u       /* ports */
#define VD_MSI_ADDR 0xfee00000u /* vector i sends VD_MSI_DATA + i */
#define VD_MSI_DATA 0x40u

struct vd_queue {
    struct vd *d;
    unsigned idx, size;
    uint64_t desc, avail, used; /* guest addresses */
    uint64_t notify;
    uint16_t avail_idx, last_used;
    unsigned next_desc; /* descriptors are taken round robin */
};

struct vd {
    struct testvm *t;
    uint16_t bdf;
    uint64_t bar[6];
    uint64_t common, isr, device, notify;
    uint32_t notify_mult;
    unsigned msix_cap, vectors, pci_cfg_cap;
    uint64_t msix; /* its table */
    uint64_t features;
    uint64_t heap; /* next free byte of guest memory */
    struct vd_queue q[VD_QUEUES];
};

struct vd_buf {
    uint64_t addr;
    uint32_t len;
    bool write; /* by the device */
};

/* The first virtio function with this virtio id, from slot first on. Places
 * its BARs, enables decoding and DMA. */
void vd_open(struct vd *d, struct testvm *t, unsigned virtio_id,
             unsigned first_slot);
/* Offsets as in 4.1.4.3. */
uint32_t vd_common_read(struct vd *d, unsigned off, unsigned size);
void vd_common_write(struct vd *d, unsigned off, unsigned size, uint32_t v);
uint8_t vd_status(struct vd *d);
void vd_reset(struct vd *d);
uint64_t vd_offered(struct vd *d);
/* Reset, ACKNOWLEDGE, DRIVER, features (VERSION_1 is added), FEATURES_OK:
 * whether the device kept it. */
bool vd_negotiate(struct vd *d, uint64_t features);
/* Enables MSI-X with all vectors open: 0 for the config, 1 + i % (n - 1) for
 * queue i set up later. */
void vd_msix_enable(struct vd *d);
void vd_msix_mask(struct vd *d, unsigned vector, bool mask);
/* size 0: as large as the device has it. */
struct vd_queue *vd_queue_setup(struct vd *d, unsigned idx, unsigned size);
void vd_driver_ok(struct vd *d);
/* vd_open, vd_negotiate all that is offered but drop, MSI-X, n queues,
 * DRIVER_OK. */
void vd_bring_up(struct vd *d, struct testvm *t, unsigned virtio_id,
                 uint64_t drop, unsigned n);

/* Zeroed guest memory. */
uint64_t vd_alloc(struct vd *d, size_t len, size_t align);

/* Puts a chain in the ring without a kick; returns its head. */
uint16_t vd_add(struct vd_queue *q, const struct vd_buf *b, unsigned n);
/* The same through an indirect table. */
uint16_t vd_add_indirect(struct vd_queue *q, const struct vd_buf *b,
                         unsigned n);
void vd_set_desc(struct vd_queue *q, unsigned i, uint64_t addr, uint32_t len,
                 uint16_t flags, uint16_t next);
/* Offers this head, whatever it is. */
void vd_offer(struct vd_queue *q, uint16_t head);
void vd_kick(struct vd_queue *q);
uint16_t vd_used_idx(struct vd_queue *q);
/* Waits for the next used entry. */
uint16_t vd_wait_used(struct vd_queue *q, uint32_t *len);
/* vd_add, vd_kick, vd_wait_used; returns the length used. */
uint32_t vd_do(struct vd_queue *q, const struct vd_buf *b, unsigned n);
/* Waits until the device asks for a reset. */
void vd_wait_needs_reset(struct vd *d);
/* Waits until msi_count reaches n. */
void vd_wait_msi(struct vd *d, unsigned n);

#endif
