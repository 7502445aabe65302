/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/lib/virtio-driver.h"

#include <check.h>
#include <string.h>

#include "hw/pci/pci-regs.h"
#include "hw/virtio/virtio.h"

#define WAIT_MS 10000

static uint32_t cfg(struct vd *d, unsigned off, unsigned size)
{
    return tv_cfg_read(d->t, d->bdf, off, size);
}

static void cfg_set(struct vd *d, unsigned off, unsigned size, uint32_t v)
{
    tv_cfg_write(d->t, d->bdf, off, size, v);
}

/* Whether bdf is a virtio function of this kind, old or new. */
static bool is_virtio(struct vd *d, unsigned id)
{
    uint32_t dev = cfg(d, PCI_DEVICE_ID, 2);

    if (cfg(d, PCI_VENDOR_ID, 2) != 0x1af4)
        return false;
    if (dev >= 0x1040)
        return dev == 0x1040 + id;
    return cfg(d, PCI_SUBSYSTEM_ID, 2) == id;
}

static void place_bars(struct vd *d)
{
    uint64_t mem = VD_BAR_MEM + 0x100000u * (d->bdf >> 3);
    uint32_t io = VD_BAR_IO + 0x100u * (d->bdf >> 3);

    for (unsigned i = 0; i < 6; i++) {
        unsigned reg = PCI_BAR_0 + 4 * i;
        uint32_t old = cfg(d, reg, 4), mask;

        cfg_set(d, reg, 4, 0xffffffff);
        mask = cfg(d, reg, 4);
        cfg_set(d, reg, 4, old);
        if (!mask)
            continue;
        if (mask & PCI_BAR_IO_SPACE) {
            cfg_set(d, reg, 4, io);
            d->bar[i] = io;
            continue;
        }
        mem = (mem + ~(mask & ~15u)) & (mask & ~15u);
        cfg_set(d, reg, 4, (uint32_t)mem);
        d->bar[i] = mem;
        mem += ~(mask & ~15u) + 1;
        if (mask & PCI_BAR_TYPE_64)
            cfg_set(d, PCI_BAR_0 + 4 * ++i, 4, 0);
    }
    cfg_set(d, PCI_COMMAND, 2,
            PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void read_caps(struct vd *d)
{
    for (unsigned cap = cfg(d, PCI_CAPABILITY_LIST, 1); cap;
         cap = cfg(d, cap + 1, 1)) {
        uint64_t at;

        if (cfg(d, cap, 1) == PCI_CAP_ID_MSIX) {
            uint32_t table = cfg(d, cap + 4, 4);

            d->msix_cap = cap;
            d->vectors = (cfg(d, cap + 2, 2) & 0x7ff) + 1;
            d->msix = d->bar[table & 7] + (table & ~7u);
        }
        if (cfg(d, cap, 1) != PCI_CAP_ID_VENDOR)
            continue;
        at = d->bar[cfg(d, cap + 4, 1) % 6] + cfg(d, cap + 8, 4);
        switch (cfg(d, cap + 3, 1)) {
        case 1:
            d->common = at;
            break;
        case 2:
            d->notify = at;
            d->notify_mult = cfg(d, cap + 16, 4);
            break;
        case 3:
            d->isr = at;
            break;
        case 4:
            d->device = at;
            break;
        case 5:
            d->pci_cfg_cap = cap;
            break;
        }
    }
}

void vd_open(struct vd *d, struct testvm *t, unsigned virtio_id,
             unsigned first_slot)
{
    memset(d, 0, sizeof(*d));
    d->t = t;
    d->heap = 0x100000 + 0x400000 * first_slot % 0x1000000;
    for (unsigned slot = first_slot; slot < 32; slot++) {
        d->bdf = (uint16_t)(slot << 3);
        if (!is_virtio(d, virtio_id))
            continue;
        place_bars(d);
        read_caps(d);
        return;
    }
    ck_abort_msg("no virtio device with id %u", virtio_id);
}

uint32_t vd_common_read(struct vd *d, unsigned off, unsigned size)
{
    return (uint32_t)tv_mmio_read(d->t, d->common + off, size);
}

void vd_common_write(struct vd *d, unsigned off, unsigned size, uint32_t v)
{
    tv_mmio_write(d->t, d->common + off, size, v);
}

uint8_t vd_status(struct vd *d)
{
    return (uint8_t)vd_common_read(d, 0x14, 1);
}

void vd_reset(struct vd *d)
{
    vd_common_write(d, 0x14, 1, 0);
    ck_assert_uint_eq(vd_status(d), 0);
}

uint64_t vd_offered(struct vd *d)
{
    uint64_t f;

    vd_common_write(d, 0x00, 4, 1);
    f = (uint64_t)vd_common_read(d, 0x04, 4) << 32;
    vd_common_write(d, 0x00, 4, 0);
    return f | vd_common_read(d, 0x04, 4);
}

bool vd_negotiate(struct vd *d, uint64_t features)
{
    vd_reset(d);
    features |= VIRTIO_BIT(VIRTIO_F_VERSION_1);
    vd_common_write(d, 0x14, 1, VIRTIO_S_ACKNOWLEDGE);
    vd_common_write(d, 0x14, 1, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER);
    for (unsigned i = 0; i < 2; i++) {
        vd_common_write(d, 0x08, 4, i);
        vd_common_write(d, 0x0c, 4, (uint32_t)(features >> 32 * i));
    }
    vd_common_write(d, 0x14, 1,
                    VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER |
                        VIRTIO_S_FEATURES_OK);
    d->features = features;
    return vd_status(d) & VIRTIO_S_FEATURES_OK;
}

void vd_msix_enable(struct vd *d)
{
    ck_assert_uint_gt(d->vectors, 1);
    for (unsigned i = 0; i < d->vectors; i++) {
        tv_mmio_write(d->t, d->msix + 16 * i, 4, VD_MSI_ADDR);
        tv_mmio_write(d->t, d->msix + 16 * i + 4, 4, 0);
        tv_mmio_write(d->t, d->msix + 16 * i + 8, 4, VD_MSI_DATA + i);
        tv_mmio_write(d->t, d->msix + 16 * i + 12, 4, 0);
    }
    cfg_set(d, d->msix_cap + 2, 2, 0x8000);
    vd_common_write(d, 0x10, 2, 0);
    ck_assert_uint_eq(vd_common_read(d, 0x10, 2), 0);
}

void vd_msix_mask(struct vd *d, unsigned vector, bool mask)
{
    tv_mmio_write(d->t, d->msix + 16 * vector + 12, 4, mask);
}

struct vd_queue *vd_queue_setup(struct vd *d, unsigned idx, unsigned size)
{
    struct vd_queue *q = &d->q[idx];

    vd_common_write(d, 0x16, 2, idx);
    if (!size)
        size = vd_common_read(d, 0x18, 2);
    ck_assert_uint_ne(size, 0);
    *q = (struct vd_queue){.d = d, .idx = idx, .size = size};
    q->desc = vd_alloc(d, 16 * size, 4096);
    q->avail = vd_alloc(d, 6 + 2 * size, 2);
    q->used = vd_alloc(d, 6 + 8 * size, 4);
    q->notify =
        d->notify + (uint64_t)d->notify_mult * vd_common_read(d, 0x1e, 2);
    vd_common_write(d, 0x18, 2, size);
    vd_common_write(d, 0x20, 4, (uint32_t)q->desc);
    vd_common_write(d, 0x24, 4, (uint32_t)(q->desc >> 32));
    vd_common_write(d, 0x28, 4, (uint32_t)q->avail);
    vd_common_write(d, 0x2c, 4, (uint32_t)(q->avail >> 32));
    vd_common_write(d, 0x30, 4, (uint32_t)q->used);
    vd_common_write(d, 0x34, 4, (uint32_t)(q->used >> 32));
    if (d->msix_cap && cfg(d, d->msix_cap + 2, 2) & 0x8000)
        vd_common_write(d, 0x1a, 2, 1 + idx % (d->vectors - 1));
    vd_common_write(d, 0x1c, 2, 1);
    return q;
}

void vd_driver_ok(struct vd *d)
{
    vd_common_write(d, 0x14, 1, vd_status(d) | VIRTIO_S_DRIVER_OK);
}

void vd_bring_up(struct vd *d, struct testvm *t, unsigned virtio_id,
                 uint64_t drop, unsigned n)
{
    vd_open(d, t, virtio_id, 0);
    ck_assert(vd_negotiate(d, vd_offered(d) & ~drop));
    vd_msix_enable(d);
    for (unsigned i = 0; i < n; i++)
        vd_queue_setup(d, i, 0);
    vd_driver_ok(d);
}

uint64_t vd_alloc(struct vd *d, size_t len, size_t align)
{
    static const uint8_t zero[4096];
    uint64_t at = (d->heap + align - 1) & ~(uint64_t)(align - 1);

    d->heap = at + len;
    for (size_t i = 0; i < len; i += sizeof(zero))
        tv_mem_write(d->t, at + i, zero,
                     len - i < sizeof(zero) ? len - i : sizeof(zero));
    return at;
}

/* ---- the ring ---- */

struct desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

static void write_desc(struct testvm *t, uint64_t table, unsigned i,
                       const struct vd_buf *b, uint16_t next)
{
    struct desc s = {b->addr, b->len,
                     (uint16_t)((b->write ? 2 : 0) | (next ? 1 : 0)), next};

    tv_mem_write(t, table + 16 * i, &s, sizeof(s));
}

void vd_set_desc(struct vd_queue *q, unsigned i, uint64_t addr, uint32_t len,
                 uint16_t flags, uint16_t next)
{
    struct desc s = {addr, len, flags, next};

    tv_mem_write(q->d->t, q->desc + 16 * i, &s, sizeof(s));
}

void vd_offer(struct vd_queue *q, uint16_t head)
{
    tv_mem_write(q->d->t, q->avail + 4 + 2 * (q->avail_idx % q->size), &head,
                 2);
    q->avail_idx++;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    tv_mem_write(q->d->t, q->avail + 2, &q->avail_idx, 2);
}

uint16_t vd_add(struct vd_queue *q, const struct vd_buf *b, unsigned n)
{
    unsigned head;

    ck_assert_uint_le(n, q->size);
    if (q->next_desc + n > q->size)
        q->next_desc = 0;
    head = q->next_desc;
    for (unsigned i = 0; i < n; i++)
        write_desc(q->d->t, q->desc, head + i, &b[i],
                   (uint16_t)(i + 1 < n ? head + i + 1 : 0));
    q->next_desc = (head + n) % q->size;
    vd_offer(q, (uint16_t)head);
    return (uint16_t)head;
}

uint16_t vd_add_indirect(struct vd_queue *q, const struct vd_buf *b, unsigned n)
{
    uint64_t table = vd_alloc(q->d, 16 * n, 16);
    unsigned head = q->next_desc;

    for (unsigned i = 0; i < n; i++)
        write_desc(q->d->t, table, i, &b[i], (uint16_t)(i + 1 < n ? i + 1 : 0));
    vd_set_desc(q, head, table, 16 * n, 4, 0);
    q->next_desc = (head + 1) % q->size;
    vd_offer(q, (uint16_t)head);
    return (uint16_t)head;
}

void vd_kick(struct vd_queue *q)
{
    tv_mmio_write(q->d->t, q->notify, 2, q->idx);
}

uint16_t vd_used_idx(struct vd_queue *q)
{
    uint16_t idx;

    tv_mem_read(q->d->t, q->used + 2, &idx, 2);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return idx;
}

static bool has_used(void *opaque)
{
    struct vd_queue *q = opaque;

    return vd_used_idx(q) != q->last_used;
}

uint16_t vd_wait_used(struct vd_queue *q, uint32_t *len)
{
    uint32_t e[2];

    ck_assert_msg(tv_wait(q->d->t, has_used, q, WAIT_MS),
                  "queue %u: nothing used after %u", q->idx, q->last_used);
    tv_mem_read(q->d->t, q->used + 4 + 8 * (q->last_used % q->size), e, 8);
    q->last_used++;
    /* used_event: tell me about the next one */
    tv_mem_write(q->d->t, q->avail + 4 + 2 * q->size, &q->last_used, 2);
    if (len)
        *len = e[1];
    return (uint16_t)e[0];
}

uint32_t vd_do(struct vd_queue *q, const struct vd_buf *b, unsigned n)
{
    uint16_t head = vd_add(q, b, n);
    uint32_t len;

    vd_kick(q);
    ck_assert_uint_eq(vd_wait_used(q, &len), head);
    return len;
}

static bool needs_reset(void *opaque)
{
    return vd_status(opaque) & VIRTIO_S_NEEDS_RESET;
}

void vd_wait_needs_reset(struct vd *d)
{
    ck_assert_msg(tv_wait(d->t, needs_reset, d, WAIT_MS),
                  "the device does not ask for a reset");
}

struct msi_wait {
    struct testvm *t;
    unsigned n;
};

static bool has_msi(void *opaque)
{
    struct msi_wait *w = opaque;

    return __atomic_load_n(&w->t->msi_count, __ATOMIC_ACQUIRE) >= w->n;
}

void vd_wait_msi(struct vd *d, unsigned n)
{
    struct msi_wait w = {d->t, n};

    ck_assert_msg(tv_wait(d->t, has_msi, &w, WAIT_MS), "%u messages, not %u",
                  d->t->msi_count, n);
}
