/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control ring: the guest says how frames to it are hashed, and which
 * queue gets them. Served by the main loop. Each queue's thread has a copy of
 * the settings, and has it before the guest reads the answer.
 */
#include "config.h"

#include "hw/pv/netif-priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dm/machine.h"

/* -errno: what the grant holds could not be had. */
static int copy_in(struct netif *n, grant_ref_t ref, void *to, uint32_t len)
{
    struct xenif_copy piece = {.ref = ref, .len = (uint16_t)len, .local = to};
    int rc = n->bus.x->ops->gnt_copy(n->bus.x, &piece, 1);

    if (!rc && piece.status != XENIF_GNTST_OKAY)
        rc = -EFAULT;
    return rc;
}

static uint32_t set_key(struct netif *n, grant_ref_t ref, uint32_t len)
{
    uint8_t key[NETIF_HASH_KEY] = {0};

    if (len > sizeof(key))
        return NETIF_CTRL_BUFFER_OVERFLOW;
    if (len && copy_in(n, ref, key, len))
        return NETIF_CTRL_INVALID_PARAMETER;
    memcpy(n->hash.key, key, sizeof(key));
    return NETIF_CTRL_SUCCESS;
}

static uint32_t set_mapping(struct netif *n, grant_ref_t ref, uint32_t count,
                            uint32_t offset)
{
    uint32_t entry[NETIF_HASH_MAPPING], size = n->hash.mapping_size;

    if (offset > size || count > size - offset)
        return NETIF_CTRL_INVALID_PARAMETER;
    if (count && copy_in(n, ref, entry, count * 4))
        return NETIF_CTRL_INVALID_PARAMETER;
    for (uint32_t i = 0; i < count; i++)
        if (entry[i] >= n->nqueues)
            return NETIF_CTRL_INVALID_PARAMETER;
    for (uint32_t i = 0; i < count; i++)
        n->hash.mapping[offset + i] = (uint8_t)entry[i];
    return NETIF_CTRL_SUCCESS;
}

static uint32_t perform(struct netif *n, const struct netif_ctrl_request *r,
                        uint32_t *data)
{
    const uint32_t known = (1 << NETIF_HASH_TYPES) - 1;
    struct netif_hash *h = &n->hash;

    switch (r->type) {
    case NETIF_CTRL_SET_HASH_ALGORITHM:
        if (r->data[0] > NETIF_HASH_TOEPLITZ)
            return NETIF_CTRL_INVALID_PARAMETER;
        h->algorithm = (uint8_t)r->data[0];
        return NETIF_CTRL_SUCCESS;
    case NETIF_CTRL_GET_HASH_FLAGS:
        if (!h->algorithm)
            return NETIF_CTRL_NOT_SUPPORTED;
        *data = known;
        return NETIF_CTRL_SUCCESS;
    case NETIF_CTRL_SET_HASH_FLAGS:
        if (!h->algorithm || r->data[0] & ~known)
            return NETIF_CTRL_INVALID_PARAMETER;
        h->flags = (uint8_t)r->data[0];
        return NETIF_CTRL_SUCCESS;
    case NETIF_CTRL_SET_HASH_KEY:
        return set_key(n, r->data[0], r->data[1]);
    case NETIF_CTRL_GET_HASH_MAPPING_SIZE:
        *data = NETIF_HASH_MAPPING;
        return NETIF_CTRL_SUCCESS;
    case NETIF_CTRL_SET_HASH_MAPPING_SIZE:
        if (r->data[0] > NETIF_HASH_MAPPING)
            return NETIF_CTRL_INVALID_PARAMETER;
        h->mapping_size = (uint8_t)r->data[0];
        memset(h->mapping, 0, sizeof(h->mapping));
        return NETIF_CTRL_SUCCESS;
    case NETIF_CTRL_SET_HASH_MAPPING:
        return set_mapping(n, r->data[0], r->data[1], r->data[2]);
    default:
        return NETIF_CTRL_NOT_SUPPORTED;
    }
}

static void take_hash(void *opaque)
{
    struct netif_queue *q = opaque;

    q->hash = q->n->hash;
}

/* At most a ring's worth, so that others in the main loop have a turn. */
static void run(void *opaque)
{
    struct netif *n = opaque;
    struct pv_ring *ring = &n->ctrl.ring;
    int left = pv_ring_pending(ring);

    if (left < 0) {
        n->ctrl.broken = true;
        pv_port_stop(&n->ctrl.port);
        xenbus_error(&n->bus, "its control ring has more than it can hold");
        return;
    }
    for (; left; left--) {
        struct netif_ctrl_request r;
        struct netif_ctrl_response rsp = {0};

        pv_ring_get(ring, &r);
        rsp.id = r.id;
        rsp.type = r.type;
        rsp.status = perform(n, &r, &rsp.data);
        pv_ring_put(ring, &rsp, sizeof(rsp));
    }
    for (unsigned i = 0; i < n->nqueues; i++)
        worker_call(&n->queue[i].thread, take_hash, &n->queue[i]);
    if (pv_ring_push(ring))
        pv_port_notify(&n->ctrl.port);
    if (pv_ring_want(ring, 1))
        loop_post(n->bus.vm->loop, &n->ctrl.again);
}

static bool on_event(void *opaque)
{
    struct netif *n = opaque;
    bool moved = pv_ring_moved(&n->ctrl.ring);

    run(n);
    return moved;
}

int netif_ctrl_connect(struct netif *n, struct cfg_err *err)
{
    struct xenbus_dev *d = &n->bus;
    struct netif_ctrl *c = &n->ctrl;
    uint32_t ref = 0, remote;
    int rc;

    rc = xenbus_read_u32(d, d->front, "ctrl-ring-ref", UINT32_MAX, &ref, err);
    if (rc || !ref)
        return rc;
    rc = xenbus_need_u32(d, d->front, "event-channel-ctrl", UINT32_MAX, &remote,
                         err);
    if (rc)
        return rc;
    rc = d->x->ops->gnt_map(d->x, &ref, 1, true, &c->mem);
    if (rc) {
        c->mem = NULL;
        return err_set(err, rc, "ctrl-ring-ref %" PRIu32 ": cannot map it: %s",
                       ref, strerror(-rc));
    }
    rc = pv_ring_attach(&c->ring, c->mem, 1, sizeof(struct netif_ctrl_request));
    if (rc)
        return err_set(err, rc, "ctrl-ring-ref: no ring is there");
    c->again = (struct loop_task){.fn = run, .opaque = n};
    rc = pv_port_bind(&c->port, d->vm, d->x, remote, d->vm->loop, on_event, n);
    if (!rc && !n->paused)
        rc = pv_port_serve(&c->port);
    return rc ? err_set(err, rc, "event-channel-ctrl %" PRIu32 ": %s", remote,
                        strerror(-rc))
              : 0;
}

void netif_ctrl_disconnect(struct netif *n)
{
    struct netif_ctrl *c = &n->ctrl;

    pv_port_stop(&c->port);
    pv_port_unbind(&c->port);
    loop_cancel(n->bus.vm->loop, &c->again);
    if (c->mem)
        n->bus.x->ops->gnt_unmap(n->bus.x, c->mem, 1);
    memset(c, 0, sizeof(*c));
    memset(&n->hash, 0, sizeof(n->hash));
}

void netif_ctrl_pause(struct netif *n, bool pause)
{
    struct netif_ctrl *c = &n->ctrl;

    if (!c->port.bound || c->broken)
        return;
    if (pause) {
        pv_port_stop(&c->port);
        loop_cancel(n->bus.vm->loop, &c->again);
    } else {
        pv_port_serve(&c->port);
        loop_post(n->bus.vm->loop, &c->again);
    }
}
