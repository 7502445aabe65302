/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Xen platform device (5853:0001): how a guest finds its drivers'
 * counterpart and takes the emulated devices away that they replace.
 *
 * Sources: xen docs/misc/hvm-emulated-unplug; the older dialects are those of
 * drivers before it (I/O BAR offsets 4 and 8). BAR 1 is memory that backs
 * nothing: guests put their grant table frames there.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/log.h"
#include "dm/machine.h"
#include "hw/pci/pci-regs.h"
#include "hw/pci/pci.h"
#include "hw/piix3-ide.h"
#include "hw/xen-platform.h"

#define PORT_BASE 0x10
#define MAGIC 0x49d2
#define MAGIC_BLACKLISTED 0xd249
#define PROTOCOL 1
#define PCI_CLASS_DEVICE 0x0a
#define PCI_CLASS_STORAGE 0x01
#define PCI_CLASS_IDE 0x0101
#define PCI_CLASS_NETWORK 0x02
#define PCI_CLASS_NVME 0x0108
#define PCI_VENDOR_VIRTIO 0x1af4
#define FLAG_ROM_LOCK 1 /* asked for by hvmloader; nothing to lock here */
#define LOG_LINE 256

enum { /* written to port 0x10 */
       UNPLUG_IDE_DISKS = 1,
       UNPLUG_NICS = 2,
       UNPLUG_AUX_IDE_DISKS = 4, /* all but the first */
       UNPLUG_NVME = 8,
};

struct xen_platform {
    struct pci_dev pci;
    struct bus_region ports;
    char *blacklist; /* "PRODUCT[.BUILD]:..." */
    uint8_t flags;
    uint16_t product;
    uint32_t build;
    char line[LOG_LINE]; /* what the guest logs, a byte at a time */
    uint16_t line_len;
    struct log_quota quota;
};

/* ---- drivers that shall leave the guest to the emulated devices ---- */

/* Takes a PRODUCT[.BUILD] and the colon before the next. */
static bool next_driver(const char **list, uint64_t *product, uint64_t *build)
{
    const char *p = *list;
    char *end;

    *build = UINT64_MAX; /* any */
    if (!isdigit((unsigned char)*p))
        return false;
    *product = strtoull(p, &end, 10);
    if (*end == '.') {
        p = end + 1;
        *build = strtoull(p, &end, 10);
        if (!isdigit((unsigned char)*p) || *build > UINT32_MAX)
            return false;
    }
    *list = *end == ':' ? end + 1 : end;
    return *product <= UINT16_MAX && (*end == ':' ? end[1] : !*end);
}

static bool is_blacklisted(const struct xen_platform *s)
{
    const char *list = s->blacklist ? s->blacklist : "";
    uint64_t product, build;

    while (next_driver(&list, &product, &build)) {
        if (product == s->product && (build == s->build || build == UINT64_MAX))
            return true;
    }
    return false;
}

static int check_blacklist(const struct xen_platform *s, struct cfg_err *err)
{
    const char *list = s->blacklist;
    uint64_t product, build;

    while (list && *list) {
        if (!next_driver(&list, &product, &build))
            return err_set(err, -EINVAL,
                           "xen-platform: blacklist=%.100s: expected "
                           "PRODUCT[.BUILD][:PRODUCT...], numbers",
                           s->blacklist);
    }
    return 0;
}

/* ---- unplug ---- */

static bool is_disk(uint16_t class, unsigned what)
{
    if (class == PCI_CLASS_NVME)
        return what & (UNPLUG_NVME | UNPLUG_IDE_DISKS);
    return class >> 8 == PCI_CLASS_STORAGE && what & UNPLUG_IDE_DISKS;
}

/* Paravirtual devices of any kind are no emulated ones. */
static void unplug(struct xen_platform *s, unsigned what)
{
    struct pci_bus *bus = (struct pci_bus *)s->pci.dev.bus;

    for (unsigned i = 0; i < 256; i++) {
        struct pci_dev *p = bus->fn[i];
        uint16_t class;

        if (!p || p == &s->pci ||
            pci_get16(p->config + PCI_VENDOR_ID) == PCI_VENDOR_VIRTIO)
            continue;
        class = pci_get16(p->config + PCI_CLASS_DEVICE);
        if (p->dev.cls == &piix3_ide_class) {
            if (what & (UNPLUG_IDE_DISKS | UNPLUG_AUX_IDE_DISKS))
                piix3_ide_unplug(&p->dev, !(what & UNPLUG_IDE_DISKS));
        } else if (is_disk(class, what) ||
                   (class >> 8 == PCI_CLASS_NETWORK && what & UNPLUG_NICS)) {
            pci_hide(p);
        }
    }
    log_guest(&s->quota, s->pci.dev.path, "the guest's drivers took over (%#x)",
              what);
}

/* ---- the guest's log ---- */

static void log_byte(struct xen_platform *s, uint8_t c)
{
    if (c != '\n' && c != '\r' && s->line_len < LOG_LINE - 1) {
        s->line[s->line_len++] = c >= ' ' && c < 0x7f ? c : '?';
        return;
    }
    s->line[s->line_len] = '\0';
    if (s->line_len)
        log_guest(&s->quota, s->pci.dev.path, "guest: %s", s->line);
    s->line_len = 0;
}

/* ---- fixed ports 0x10 to 0x1f ---- */

static uint64_t port_read(void *opaque, uint64_t off, unsigned size)
{
    struct xen_platform *s = opaque;

    if (off == 0 && size == 2)
        return is_blacklisted(s) ? MAGIC_BLACKLISTED : MAGIC;
    if (off == 0 && size == 1)
        return s->flags;
    if (off == 2 && size == 1)
        return PROTOCOL;
    return UINT32_MAX;
}

static void port_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct xen_platform *s = opaque;

    if (off == 0 && size == 1)
        s->flags = val & FLAG_ROM_LOCK;
    else if (off == 0 && size == 2)
        unplug(s, val);
    else if (off == 0 && size == 4)
        s->build = val;
    else if (off == 2 && size == 1)
        log_byte(s, val);
    else if (off == 2 && size == 2)
        s->product = val;
}

static const struct bus_ops port_ops = {
    .read = port_read,
    .write = port_write,
    .min = 1,
    .max = 4,
    .unaligned = true,
};

/* ---- BARs ---- */

static uint64_t bar_read(void *opaque, uint64_t off, unsigned size)
{
    return off == 0 ? ((struct xen_platform *)opaque)->flags : 0xff;
}

/* What drivers did before there was a protocol. */
static void bar_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct xen_platform *s = opaque;

    if (off == 0)
        log_byte(s, val);
    else if (off == 4 && val == 1)
        unplug(s, UNPLUG_IDE_DISKS | UNPLUG_NICS);
    else if (off == 8 && (val == 1 || val == 2))
        unplug(s, val == 1 ? UNPLUG_IDE_DISKS : UNPLUG_NICS);
}

static const struct bus_ops bar_ops = {
    .read = bar_read, .write = bar_write, .min = 1, .max = 4};

static uint64_t grant_read(void *opaque, uint64_t off, unsigned size)
{
    return UINT64_MAX;
}

static void grant_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
}

static const struct bus_ops grant_ops = {
    .read = grant_read, .write = grant_write, .min = 1, .max = 8};

/* ---- the function ---- */

static void platform_reset(struct dev *dev)
{
    struct xen_platform *s = (struct xen_platform *)dev;

    pci_reset(&s->pci);
    s->flags = 0;
    s->product = 0;
    s->build = 0;
    s->line_len = 0;
}

static int platform_create(struct dev *dev, struct cfg_err *err)
{
    static const struct pci_id id = {
        .vendor = 0x5853,
        .device = 0x0001,
        .class_code = 0xff8000,
        .revision = 1,
        .subvendor = 0x5853,
        .subdevice = 0x0001,
        .int_pin = 1, /* the callback of guests without a vector for it */
    };
    struct xen_platform *s = (struct xen_platform *)dev;
    int rc = check_blacklist(s, err);

    if (!rc)
        rc = pci_init(&s->pci, &id, err);
    if (rc)
        return rc;
    s->pci.bar[0] = (struct pci_bar){.type = PCI_BAR_IO,
                                     .region = {.name = "xen-platform",
                                                .ops = &bar_ops,
                                                .opaque = s,
                                                .size = 0x100}};
    s->pci.bar[1] = (struct pci_bar){.type = PCI_BAR_MEM32,
                                     .prefetch = true,
                                     .region = {.name = "xen-platform-grants",
                                                .ops = &grant_ops,
                                                .opaque = s,
                                                .size = 16 << 20}};
    pci_bar_set(&s->pci, 0);
    pci_bar_set(&s->pci, 1);
    s->ports = (struct bus_region){.name = "xen-platform",
                                   .ops = &port_ops,
                                   .opaque = s,
                                   .space = BUS_PIO,
                                   .base = PORT_BASE,
                                   .size = 16};
    rc = bus_add(dev->vm, &s->ports);
    if (rc) {
        pci_fini(&s->pci);
        return err_set(err, rc, "xen-platform: ports 0x10 to 0x1f are taken");
    }
    return 0;
}

static void platform_destroy(struct dev *dev)
{
    struct xen_platform *s = (struct xen_platform *)dev;

    bus_del(dev->vm, &s->ports);
    pci_fini(&s->pci);
}

static int post_load(struct dev *dev)
{
    struct xen_platform *s = (struct xen_platform *)dev;

    if (s->line_len >= LOG_LINE)
        return -EINVAL;
    return pci_post_load(&s->pci);
}

static const struct state_field fields[] = {
    STATE_STRUCT(struct xen_platform, pci, pci_state),
    STATE_U8(struct xen_platform, flags),
    STATE_U16(struct xen_platform, product),
    STATE_U32(struct xen_platform, build),
    STATE_BYTES(struct xen_platform, line),
    STATE_U16(struct xen_platform, line_len),
    STATE_END,
};

static const struct state_desc state = {
    .name = "xen-platform",
    .version = 1,
    .min_version = 1,
    .fields = fields,
    .post_load = post_load,
};

static const struct dev_prop props[] = {
    PCI_PROP_ADDR(struct xen_platform),
    DEV_PROP(PROP_STR, struct xen_platform, blacklist, "blacklist", NULL,
             "drivers not to load: PRODUCT[.BUILD][:PRODUCT...]"),
    DEV_PROP_END,
};

const struct dev_class xen_platform_class = {
    .name = "xen-platform",
    .desc = "Xen platform device, for PV drivers in HVM guests",
    .bus = "pci",
    .size = sizeof(struct xen_platform),
    .props = props,
    .create = platform_create,
    .reset = platform_reset,
    .destroy = platform_destroy,
    .state = &state,
};
