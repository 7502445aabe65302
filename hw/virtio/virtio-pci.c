/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio over PCI: the registers of version 1 in BAR 4, those of the legacy
 * interface in BAR 0 (I/O ports), MSI-X in BAR 1.
 *
 *      BAR 4   0x0000  common configuration
 *              0x1000  ISR
 *              0x2000  device configuration
 *              0x3000  notification, one page a queue
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "dm/options.h"
#include "hw/virtio/virtio-priv.h"

enum { BAR_LEGACY = 0, BAR_MSIX = 1, BAR_MODERN = 4 };

enum {
    WIN_COMMON = 0x0000,
    WIN_ISR = 0x1000,
    WIN_DEVICE = 0x2000,
    WIN_NOTIFY = 0x3000,
    WIN_SIZE = 0x1000,
};

/* 4.1.4.3 */
enum {
    COMMON_DFSELECT = 0x00,
    COMMON_DF = 0x04,
    COMMON_GFSELECT = 0x08,
    COMMON_GF = 0x0c,
    COMMON_MSIX = 0x10,
    COMMON_NUMQ = 0x12,
    COMMON_STATUS = 0x14,
    COMMON_CFGGENERATION = 0x15,
    COMMON_Q_SELECT = 0x16,
    COMMON_Q_SIZE = 0x18,
    COMMON_Q_MSIX = 0x1a,
    COMMON_Q_ENABLE = 0x1c,
    COMMON_Q_NOFF = 0x1e,
    COMMON_Q_DESC = 0x20,
    COMMON_Q_AVAIL = 0x28,
    COMMON_Q_USED = 0x30,
    COMMON_Q_NDATA = 0x38,
    COMMON_Q_RESET = 0x3a,
    COMMON_SIZE = 0x3c,
};

/* 4.1.4.8 */
enum {
    LEGACY_DEVICE_FEATURES = 0,
    LEGACY_DRIVER_FEATURES = 4,
    LEGACY_QUEUE_ADDRESS = 8,
    LEGACY_QUEUE_SIZE = 12,
    LEGACY_QUEUE_SELECT = 14,
    LEGACY_QUEUE_NOTIFY = 16,
    LEGACY_STATUS = 18,
    LEGACY_ISR = 19,
    LEGACY_CONFIG_VECTOR = 20, /* with MSI-X enabled */
    LEGACY_QUEUE_VECTOR = 22,
};

/* 4.1.4: struct virtio_pci_cap */
enum {
    CAP_LEN = 2,
    CAP_TYPE = 3,
    CAP_BAR = 4,
    CAP_OFFSET = 8,
    CAP_LENGTH = 12,
    CAP_SIZE = 16,
    CAP_PCI_CFG_DATA = 16,
    CAP_NOTIFY_MULTIPLIER = 16,
};
enum cap_type {
    CAP_COMMON = 1,
    CAP_NOTIFY = 2,
    CAP_ISR = 3,
    CAP_DEVICE = 4,
    CAP_PCI_CFG = 5,
};

static struct virtqueue *selected(struct virtio_dev *v)
{
    return v->queue_select < v->nqueues ? &v->vq[v->queue_select] : NULL;
}

static uint16_t vector_checked(const struct virtio_dev *v, uint64_t val)
{
    return val < v->msix.n ? (uint16_t)val : VIRTIO_NO_VECTOR;
}

static uint64_t device_read(const struct virtio_dev *v, unsigned off,
                            unsigned size)
{
    uint64_t val = 0;

    /* A queue's thread may change a byte meanwhile: virtio-net's address. */
    for (unsigned i = 0; i < size && off + i < v->config_len; i++)
        val |= (uint64_t)__atomic_load_n(&v->config[off + i], __ATOMIC_RELAXED)
               << 8 * i;
    return val;
}

static void device_write(struct virtio_dev *v, unsigned off, unsigned size,
                         uint64_t val)
{
    if (v->ops->config_write && off + size <= v->config_len)
        v->ops->config_write(v, off, size, (uint32_t)val);
}

/* ---- virtio 1 ---- */

static uint64_t common_read(struct virtio_dev *v, unsigned off, unsigned size)
{
    const struct virtqueue *vq = selected(v);
    uint8_t r[COMMON_SIZE] = {0};
    uint64_t val = 0;

    pci_set32(r + COMMON_DFSELECT, v->feature_select);
    if (v->feature_select < 2)
        pci_set32(r + COMMON_DF, (uint32_t)(virtio_offered(v, false) >>
                                            32 * v->feature_select));
    pci_set32(r + COMMON_GFSELECT, v->driver_feature_select);
    if (v->driver_feature_select < 2)
        pci_set32(r + COMMON_GF, (uint32_t)(v->driver_features >>
                                            32 * v->driver_feature_select));
    pci_set16(r + COMMON_MSIX, v->config_vector);
    pci_set16(r + COMMON_NUMQ, (uint16_t)v->nqueues);
    r[COMMON_STATUS] = atomic_load(&v->status);
    r[COMMON_CFGGENERATION] = atomic_load(&v->generation);
    pci_set16(r + COMMON_Q_SELECT, v->queue_select);
    if (vq) {
        pci_set16(r + COMMON_Q_SIZE, vq->size);
        pci_set16(r + COMMON_Q_MSIX, vq->vector);
        pci_set16(r + COMMON_Q_ENABLE, vq->enabled);
        pci_set16(r + COMMON_Q_NOFF, (uint16_t)vq->idx);
        pci_set32(r + COMMON_Q_DESC, (uint32_t)vq->desc_gpa);
        pci_set32(r + COMMON_Q_DESC + 4, (uint32_t)(vq->desc_gpa >> 32));
        pci_set32(r + COMMON_Q_AVAIL, (uint32_t)vq->avail_gpa);
        pci_set32(r + COMMON_Q_AVAIL + 4, (uint32_t)(vq->avail_gpa >> 32));
        pci_set32(r + COMMON_Q_USED, (uint32_t)vq->used_gpa);
        pci_set32(r + COMMON_Q_USED + 4, (uint32_t)(vq->used_gpa >> 32));
    }
    for (unsigned i = 0; i < size && off + i < sizeof(r); i++)
        val |= (uint64_t)r[off + i] << 8 * i;
    return val;
}

static void set_half(uint64_t *reg, bool high, uint64_t val)
{
    unsigned shift = high ? 32 : 0;

    *reg = (*reg & ~(0xffffffffULL << shift)) | val << shift;
}

static void common_write_queue(struct virtio_dev *v, unsigned off, uint64_t val)
{
    struct virtqueue *vq = selected(v);

    if (!vq)
        return;
    switch (off) {
    case COMMON_Q_MSIX:
        vq->vector = vector_checked(v, val);
        return;
    case COMMON_Q_RESET:
        if (val == 1 && virtio_has(v, VIRTIO_F_RING_RESET))
            virtio_queue_reset(vq);
        return;
    }
    if (vq->enabled) /* the rest is fixed until a reset */
        return;
    switch (off) {
    case COMMON_Q_SIZE:
        vq->size = (uint16_t)val;
        break;
    case COMMON_Q_ENABLE:
        vq->enabled = val == 1;
        virtio_update(v);
        break;
    case COMMON_Q_DESC:
    case COMMON_Q_DESC + 4:
        set_half(&vq->desc_gpa, off != COMMON_Q_DESC, val);
        break;
    case COMMON_Q_AVAIL:
    case COMMON_Q_AVAIL + 4:
        set_half(&vq->avail_gpa, off != COMMON_Q_AVAIL, val);
        break;
    case COMMON_Q_USED:
    case COMMON_Q_USED + 4:
        set_half(&vq->used_gpa, off != COMMON_Q_USED, val);
        break;
    }
}

/* The width each register is written with; 0: read-only. */
static unsigned common_width(unsigned off)
{
    if (off < COMMON_MSIX || (off >= COMMON_Q_DESC && off < COMMON_Q_NDATA))
        return 4;
    return off == COMMON_STATUS ? 1 : 2;
}

static void common_write(struct virtio_dev *v, unsigned off, unsigned size,
                         uint64_t val)
{
    if (size != common_width(off))
        return;
    switch (off) {
    case COMMON_DFSELECT:
        v->feature_select = (uint32_t)val;
        break;
    case COMMON_GFSELECT:
        v->driver_feature_select = (uint32_t)val;
        break;
    case COMMON_GF:
        if (v->driver_feature_select < 2 &&
            !(atomic_load(&v->status) & VIRTIO_S_FEATURES_OK))
            set_half(&v->driver_features, v->driver_feature_select, val);
        break;
    case COMMON_MSIX:
        v->config_vector = vector_checked(v, val);
        break;
    case COMMON_STATUS:
        virtio_status_write(v, (uint8_t)val, false);
        break;
    case COMMON_Q_SELECT:
        v->queue_select = (uint16_t)val;
        break;
    default:
        common_write_queue(v, off, val);
    }
}

static uint64_t modern_read(void *opaque, uint64_t off, unsigned size)
{
    struct virtio_dev *v = opaque;
    unsigned reg = off % WIN_SIZE;

    switch (off - reg) {
    case WIN_COMMON:
        return common_read(v, reg, size);
    case WIN_ISR:
        return reg ? 0 : virtio_isr_read(v);
    case WIN_DEVICE:
        return device_read(v, reg, size);
    default:
        return 0;
    }
}

static void modern_write(void *opaque, uint64_t off, unsigned size,
                         uint64_t val)
{
    struct virtio_dev *v = opaque;
    unsigned reg = off % WIN_SIZE;

    switch (off - reg) {
    case WIN_COMMON:
        common_write(v, reg, size, val);
        break;
    case WIN_ISR:
        break;
    case WIN_DEVICE:
        device_write(v, reg, size, val);
        break;
    default:
        off = (off - WIN_NOTIFY) / WIN_SIZE;
        if (!reg && off < v->nqueues)
            virtio_kick(&v->vq[off]);
    }
}

static const struct bus_ops modern_ops = {
    .read = modern_read,
    .write = modern_write,
    .min = 1,
    .max = 4,
};

/* ---- legacy ---- */

static unsigned legacy_device_off(struct virtio_dev *v)
{
    return pci_msix_enabled(&v->msix) ? LEGACY_QUEUE_VECTOR + 2
                                      : LEGACY_CONFIG_VECTOR;
}

static uint64_t legacy_read(void *opaque, uint64_t off, unsigned size)
{
    struct virtio_dev *v = opaque;
    const struct virtqueue *vq = selected(v);

    if (off >= legacy_device_off(v))
        return device_read(v, (unsigned)off - legacy_device_off(v), size);
    switch (off) {
    case LEGACY_DEVICE_FEATURES:
        return virtio_offered(v, true);
    case LEGACY_DRIVER_FEATURES:
        return v->features;
    case LEGACY_QUEUE_ADDRESS:
        return vq ? vq->desc_gpa / GUEST_PAGE : 0;
    case LEGACY_QUEUE_SIZE:
        return vq ? vq->max : 0;
    case LEGACY_QUEUE_SELECT:
        return v->queue_select;
    case LEGACY_STATUS:
        return atomic_load(&v->status);
    case LEGACY_ISR:
        return virtio_isr_read(v);
    case LEGACY_CONFIG_VECTOR:
        return v->config_vector;
    case LEGACY_QUEUE_VECTOR:
        return vq ? vq->vector : VIRTIO_NO_VECTOR;
    default:
        return 0;
    }
}

/* 2.7.2: one block, the used ring on the next page. */
static void legacy_queue_address(struct virtio_dev *v, uint32_t pfn)
{
    struct virtqueue *vq = selected(v);
    uint16_t vector;

    if (!vq)
        return;
    vector = vq->vector;
    virtio_queue_reset(vq);
    vq->vector = vector;
    vq->desc_gpa = (uint64_t)pfn * GUEST_PAGE;
    vq->avail_gpa = vq->desc_gpa + 16u * vq->size;
    vq->used_gpa = (vq->avail_gpa + 6 + 2u * vq->size + GUEST_PAGE - 1) &
                   ~(uint64_t)(GUEST_PAGE - 1);
    vq->enabled = pfn != 0;
    virtio_update(v);
}

static void legacy_write(void *opaque, uint64_t off, unsigned size,
                         uint64_t val)
{
    struct virtio_dev *v = opaque;
    struct virtqueue *vq = selected(v);

    if (off >= legacy_device_off(v)) {
        device_write(v, (unsigned)off - legacy_device_off(v), size, val);
        return;
    }
    switch (off) {
    case LEGACY_DRIVER_FEATURES:
        virtio_features_write_legacy(v, (uint32_t)val);
        break;
    case LEGACY_QUEUE_ADDRESS:
        legacy_queue_address(v, (uint32_t)val);
        break;
    case LEGACY_QUEUE_SELECT:
        v->queue_select = (uint16_t)val;
        break;
    case LEGACY_QUEUE_NOTIFY:
        if (val < v->nqueues)
            virtio_kick(&v->vq[val]);
        break;
    case LEGACY_STATUS:
        virtio_status_write(v, (uint8_t)val, true);
        break;
    case LEGACY_CONFIG_VECTOR:
        v->config_vector = vector_checked(v, val);
        break;
    case LEGACY_QUEUE_VECTOR:
        if (vq)
            vq->vector = vector_checked(v, val);
        break;
    }
}

static const struct bus_ops legacy_ops = {
    .read = legacy_read,
    .write = legacy_write,
    .min = 1,
    .max = 4,
};

/* ---- notification without an exit to us ---- */

void virtio_pci_ioevent_del(struct virtqueue *vq)
{
    bool legacy = vq->space == BUS_PIO;

    if (!vq->ioevent)
        return;
    vq->ioevent = false;
    bus_ioevent_del(vq->vm, vq->space, vq->ioevent_addr, legacy ? 2 : 0,
                    !legacy, vq->idx, vq->kick_fd);
}

static void ioevent_add(struct virtqueue *vq)
{
    struct virtio_dev *v = vq->v;
    bool legacy = !virtio_has(v, VIRTIO_F_VERSION_1);
    const struct bus_region *r =
        &v->pci.bar[legacy ? BAR_LEGACY : BAR_MODERN].region;

    if (vq->ioevent || !r->added)
        return;
    vq->space = r->space;
    vq->ioevent_addr = r->base + (legacy ? LEGACY_QUEUE_NOTIFY
                                         : WIN_NOTIFY + WIN_SIZE * vq->idx);
    /* Where the engine cannot, the write comes to us. */
    vq->ioevent =
        !bus_ioevent_add(vq->vm, vq->space, vq->ioevent_addr, legacy ? 2 : 0,
                         !legacy, vq->idx, vq->kick_fd);
}

void virtio_pci_ioevents(struct virtio_dev *v)
{
    for (unsigned i = 0; i < v->nqueues; i++)
        if (v->vq[i].running)
            ioevent_add(&v->vq[i]);
}

static void bar_moved(void *opaque, bool mapped)
{
    struct virtio_dev *v = opaque;

    for (unsigned i = 0; !mapped && i < v->nqueues; i++)
        virtio_pci_ioevent_del(&v->vq[i]);
    virtio_pci_ioevents(v);
}

/* ---- configuration space ---- */

/* 4.1.4.9: BAR 4 through configuration space. False: not as it has to be. */
static bool pci_cfg_window(struct virtio_dev *v, uint32_t *off, uint32_t *len)
{
    const uint8_t *c = v->pci.config + v->pci_cfg_cap;

    *off = pci_get32(c + CAP_OFFSET);
    *len = pci_get32(c + CAP_LENGTH);
    return c[CAP_BAR] == BAR_MODERN && (*len == 1 || *len == 2 || *len == 4) &&
           *off % *len == 0 && *off < v->pci.bar[BAR_MODERN].region.size;
}

static bool touches_pci_cfg_data(const struct virtio_dev *v, unsigned off,
                                 unsigned size)
{
    unsigned data = v->pci_cfg_cap + CAP_PCI_CFG_DATA;

    return v->modern && off < data + 4 && off + size > data;
}

static void config_reading(struct pci_dev *p, unsigned off, unsigned size)
{
    struct virtio_dev *v = (struct virtio_dev *)p;
    uint32_t at, len;

    if (touches_pci_cfg_data(v, off, size) && pci_cfg_window(v, &at, &len))
        pci_set32(p->config + v->pci_cfg_cap + CAP_PCI_CFG_DATA,
                  (uint32_t)modern_read(v, at, len));
}

void virtio_pci_config_written(struct virtio_dev *v, unsigned off,
                               unsigned size)
{
    uint32_t at, len, val;

    if (!touches_pci_cfg_data(v, off, size) || !pci_cfg_window(v, &at, &len))
        return;
    val = pci_get32(v->pci.config + v->pci_cfg_cap + CAP_PCI_CFG_DATA);
    modern_write(v, at, len, len == 4 ? val : val & ((1u << 8 * len) - 1));
}

static unsigned cap_add(struct virtio_dev *v, enum cap_type type, uint32_t off,
                        uint32_t len)
{
    unsigned extra = type == CAP_NOTIFY || type == CAP_PCI_CFG ? 4 : 0;
    unsigned cap = pci_cap_add(&v->pci, PCI_CAP_ID_VENDOR, CAP_SIZE + extra);
    uint8_t *c = v->pci.config + cap;

    c[CAP_LEN] = (uint8_t)(CAP_SIZE + extra);
    c[CAP_TYPE] = type;
    c[CAP_BAR] = BAR_MODERN;
    pci_set32(c + CAP_OFFSET, off);
    pci_set32(c + CAP_LENGTH, len);
    return cap;
}

static unsigned power_of_two(unsigned n)
{
    unsigned p = 16;

    while (p < n)
        p *= 2;
    return p;
}

static void bar_add(struct virtio_dev *v, unsigned n, enum pci_bar_type type,
                    unsigned size)
{
    v->pci.bar[n] = (struct pci_bar){
        .type = type,
        .prefetch = type == PCI_BAR_MEM64,
        .region = {.name = n == BAR_LEGACY ? "virtio-legacy" : "virtio",
                   .ops = n == BAR_LEGACY ? &legacy_ops : &modern_ops,
                   .opaque = v,
                   .size = power_of_two(size)},
        .moved = bar_moved,
    };
    pci_bar_set(&v->pci, n);
}

static void modern_init(struct virtio_dev *v, unsigned queues)
{
    unsigned cap;
    uint8_t *w;

    bar_add(v, BAR_MODERN, PCI_BAR_MEM64, WIN_NOTIFY + queues * WIN_SIZE);
    cap_add(v, CAP_COMMON, WIN_COMMON, COMMON_SIZE);
    cap_add(v, CAP_ISR, WIN_ISR, 1);
    if (v->config_len)
        cap_add(v, CAP_DEVICE, WIN_DEVICE, v->config_len);
    cap = cap_add(v, CAP_NOTIFY, WIN_NOTIFY, queues * WIN_SIZE);
    pci_set32(v->pci.config + cap + CAP_NOTIFY_MULTIPLIER, WIN_SIZE);
    cap = cap_add(v, CAP_PCI_CFG, 0, 0);
    v->pci_cfg_cap = cap;
    w = v->pci.wmask + cap;
    w[CAP_BAR] = 0xff;
    pci_set32(w + CAP_OFFSET, UINT32_MAX);
    pci_set32(w + CAP_LENGTH, UINT32_MAX);
    pci_set32(w + CAP_PCI_CFG_DATA, UINT32_MAX);
    v->pci.config_reading = config_reading;
}

/* Which transports: by the class's name, then by the properties. */
static int transports(struct virtio_dev *v, struct cfg_err *err)
{
    const char *name = v->pci.dev.cls->name, *prop = v->disable_legacy;
    bool off = false;

    if (strstr(name, "-non-transitional")) {
        v->modern = true;
        return 0;
    }
    if (prop && strcmp(prop, "auto") && parse_bool(prop, &off))
        return err_set(err, -EINVAL,
                       "disable-legacy: '%s' is not on, off or auto", prop);
    v->legacy = !off;
    v->modern = !v->disable_modern;
    if (!v->legacy && !v->modern)
        return err_set(err, -EINVAL,
                       "disable-legacy and disable-modern exclude each other");
    return 0;
}

int virtio_pci_init(struct virtio_dev *v, const struct virtio_setup *s,
                    struct cfg_err *err)
{
    /* By enum virtio_id: the device ids of the legacy interface. */
    static const uint16_t legacy_id[] = {
        [VIRTIO_ID_NET] = 0x1000,
        [VIRTIO_ID_BLOCK] = 0x1001,
        [VIRTIO_ID_CONSOLE] = 0x1003,
        [VIRTIO_ID_RNG] = 0x1005,
    };
    struct pci_id id = {
        .vendor = 0x1af4,
        .device = (uint16_t)(0x1040 + s->id),
        .class_code = s->class_code,
        .revision = 1,
        .int_pin = 1,
    };
    unsigned n = v->vectors;
    int rc = transports(v, err);

    if (rc)
        return rc;
    if (n == VIRTIO_VECTORS_AUTO)
        n = s->queues + 1;
    if (n > PCI_MSIX_MAX)
        return err_set(err, -EINVAL, "vectors: expected 0 to %u", PCI_MSIX_MAX);
    if (v->legacy) {
        id.device = legacy_id[s->id];
        id.subdevice = (uint16_t)s->id;
        id.revision = 0;
    }
    rc = pci_init(&v->pci, &id, err);
    if (rc)
        return rc;
    if (v->legacy)
        bar_add(v, BAR_LEGACY, PCI_BAR_IO,
                LEGACY_QUEUE_VECTOR + 2 + s->config_len);
    if (n)
        pci_msix_init(&v->pci, &v->msix, BAR_MSIX, n);
    if (v->modern)
        modern_init(v, s->queues);
    return 0;
}
