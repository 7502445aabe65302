/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the core (virtio.c) and the PCI transport (virtio-pci.c). Machine
 * lock held throughout.
 */
#ifndef HVMD_HW_VIRTIO_VIRTIO_PRIV_H
#define HVMD_HW_VIRTIO_VIRTIO_PRIV_H

#include "hw/virtio/virtio.h"

/* ---- virtio.c: what registers do ---- */

/* Offered, as far as the transport shows it. */
uint64_t virtio_offered(const struct virtio_dev *v, bool legacy);
void virtio_status_write(struct virtio_dev *v, uint8_t val, bool legacy);
/* All features at once, by a legacy driver. */
void virtio_features_write_legacy(struct virtio_dev *v, uint32_t val);
/* Stops one queue and forgets what the driver set. */
void virtio_queue_reset(struct virtqueue *vq);
/* Starts and stops queues as status, registers and the machine want it. */
void virtio_update(struct virtio_dev *v);
/* The driver says that there is something in the ring. */
void virtio_kick(struct virtqueue *vq);
/* Reads ISR: clears it and lowers INTx. */
uint8_t virtio_isr_read(struct virtio_dev *v);
void virtio_intx_update(struct virtio_dev *v);

/* ---- virtio-pci.c ---- */

int virtio_pci_init(struct virtio_dev *v, const struct virtio_setup *s,
                    struct cfg_err *err);
/* After the guest wrote configuration space. */
void virtio_pci_config_written(struct virtio_dev *v, unsigned off,
                               unsigned size);
/* Has the engine write kick_fd of the queues that run. */
void virtio_pci_ioevents(struct virtio_dev *v);
void virtio_pci_ioevent_del(struct virtqueue *vq);

#endif
