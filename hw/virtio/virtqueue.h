/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The split virtqueue: chains of guest buffers in, used entries out.
 *
 *      driver                                    device (we)
 *      desc[size]   addr len flags next          read only
 *      avail        flags idx ring[size]  used_event       read only
 *      used         flags idx ring[size]  avail_event      written
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, section 2.7.
 *
 * All of it lies in memory the guest can change at any time: each field is
 * read once into a copy, the copy is checked, and the copy is used. A ring
 * that breaks the rules breaks its queue for good (vq_bad): every vq_pop
 * returns NULL from then on and the driver has to reset the device.
 *
 * Between start and stop the ring belongs to the queue's thread; vq_pop,
 * vq_push and the rest are its alone. Otherwise it belongs to the holder of
 * the machine lock.
 */
#ifndef HVMD_HW_VIRTIO_VIRTQUEUE_H
#define HVMD_HW_VIRTIO_VIRTQUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dm/bus.h"
#include "dm/iov.h"
#include "dm/log.h"
#include "dm/looks.h"
#include "dm/loop.h"
#include "dm/mem.h"
#include "dm/worker.h"

#define VQ_SIZE_MAX 1024  /* entries of a ring */
#define VQ_CHAIN_MAX 1024 /* buffers of a chain, and pieces they map to */

struct virtio_dev;

struct virtqueue {
    /* Constant after virtio_queue_init */
    struct vm *vm;
    struct virtio_dev *v;
    unsigned idx;
    uint16_t max;          /* most entries, a power of two */
    struct loop *loop;     /* of the thread that serves it */
    struct worker *thread; /* NULL: the main loop, under the machine lock */
    void *opaque;          /* the device's */

    /* Registers: machine lock; saved */
    uint16_t size;
    bool enabled;
    _Atomic uint16_t vector; /* read by the queue's thread */
    uint64_t desc_gpa, avail_gpa, used_gpa;
    bool event_idx, indirect; /* negotiated */

    /* Progress: see above; saved */
    uint16_t last_avail;             /* next entry of avail.ring to look at */
    uint16_t used_idx;               /* next entry of used.ring to fill */
    uint8_t parked[VQ_SIZE_MAX / 8]; /* heads, see vq_park */

    /* Runtime */
    bool running;
    atomic_bool bad; /* set by the thread, read under the machine lock too */
    bool signalled_valid;
    uint16_t shown;     /* used_idx as the driver sees it */
    uint16_t signalled; /* used_idx when the driver was last told */
    uint16_t in_flight; /* popped, neither pushed nor put back */
    unsigned parked_n;  /* bits in parked */
    unsigned retry_n;   /* of them, those to pop again */
    struct looks looks; /* before kicks are asked for */
    struct gmap desc, avail, used;
    struct log_quota *quota;
    const char *ctx;                      /* for the log */
    void (*notify)(struct virtqueue *vq); /* interrupt the driver */
    void (*broken)(struct virtqueue *vq); /* the driver must reset */

    /* Host side, hw/virtio/virtio.c */
    int kick_fd;
    struct loop_fd kick;
    struct worker own;
    bool ioevent;         /* the engine writes kick_fd: */
    enum bus_space space; /* for writes here */
    uint64_t ioevent_addr;
};

/*
 * A chain, popped. A device that needs more embeds it as its first member and
 * gives vq_pop that size; the rest is zero. The iovs may be trimmed.
 */
struct vq_elem {
    uint16_t head;
    unsigned out_n, in_n;     /* pieces */
    struct iovec *out, *in;   /* driver to device, device to driver */
    uint32_t out_len, in_len; /* bytes */
    bool was_parked;
    unsigned map_n, map_out; /* all maps, and the first that are read */
    struct gmap *map;
};

/* Maps the ring as the registers say. -EINVAL: size or alignment, -EFAULT: not
 * memory, or not contiguous. */
int vq_map(struct virtqueue *vq);
void vq_unmap(struct virtqueue *vq); /* legal if not mapped */
/* Registers and progress as after power-on. */
void vq_reset(struct virtqueue *vq);
/* After a load: is the progress consistent? -EINVAL. */
int vq_check(struct virtqueue *vq);

/* The next chain, parked ones first; NULL: none there, or the queue is bad.
 * elem_size: of the caller's struct. */
struct vq_elem *vq_pop(struct virtqueue *vq, size_t elem_size);
/* Is there something to pop? Cheap. */
bool vq_pending(struct virtqueue *vq);
/* Takes back the most recent vq_pop (then the one before, and so on). */
void vq_unpop(struct virtqueue *vq, struct vq_elem *el);
/* Keeps the chain for later: it is popped again after the queue was stopped
 * and started, or saved and loaded. */
void vq_park(struct virtqueue *vq, struct vq_elem *el);
/* Done with it: bytes written to el->in. Frees el; the driver does not see it
 * before vq_flush. */
void vq_push(struct virtqueue *vq, struct vq_elem *el, uint32_t written);
/* Shows the driver all pushed, and interrupts it if it wants that. */
void vq_flush(struct virtqueue *vq);

/* Ask the driver (not) to kick. vq_kick_on returns true if something came
 * meanwhile: sweep again, nobody will kick for it. */
void vq_kick_off(struct virtqueue *vq);
bool vq_kick_on(struct virtqueue *vq);
/* In place of vq_kick_on and its question, where the queue is likely to be
 * filled again soon: the end of a handler's turn, which found something to do
 * or not. A kick costs the driver far more than a look costs us: so the handler
 * is called again a few times with kicks off, more often if that pays, and
 * kicks are asked for when it found nothing. */
void vq_rest(struct virtqueue *vq, bool worked);
/* Has the queue's handler called again, after other work had its turn. */
void vq_again(struct virtqueue *vq);

/* The driver broke the rules: log, then no more chains, NEEDS_RESET. */
void vq_bad(struct virtqueue *vq, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
