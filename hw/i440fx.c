/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/i440fx.h"

#include <string.h>

#include "dm/log.h"
#include "dm/machine.h"
#include "hw/pci/pci.h"

#define PCICONF 0xcf8 /* CONFADD, then CONFDATA */
#define CONFADD_CONE 0x80000000u
#define TRC 1         /* 0xcf9 is the PIIX3's, inside CONFADD's doubleword */
#define TRC_SRST 0x02 /* hard, not soft */
#define TRC_RCPU 0x04

struct i440fx_host {
    struct dev dev;
    struct pci_bus pci;
    struct bus_region addr, data;
    uint32_t confadd;
    uint8_t trc;
};

static uint64_t confadd_read(void *opaque, uint64_t off, unsigned size)
{
    struct i440fx_host *s = opaque;

    if (off == 0 && size == 4)
        return s->confadd;
    if (off == TRC && size == 1)
        return s->trc;
    return UINT32_MAX;
}

static void confadd_write(void *opaque, uint64_t off, unsigned size,
                          uint64_t val)
{
    struct i440fx_host *s = opaque;

    if (off == 0 && size == 4)
        s->confadd = (uint32_t)val & 0x80ffffff;
    if (off == TRC && size == 1) {
        s->trc = val & TRC_SRST;
        if (val & TRC_RCPU)
            vm_request(s->dev.vm, VM_REQ_RESET);
    }
}

/* The part has no low bits in CONFADD. Programs written for QEMU put a byte's
 * whole address there, so they count like the port's where they fit. */
static unsigned confdata_reg(const struct i440fx_host *s, unsigned off,
                             unsigned size)
{
    unsigned low = s->confadd & 3;

    return (s->confadd & 0xfc) + off + (low + off + size <= 4 ? low : 0);
}

static uint64_t confdata_read(void *opaque, uint64_t off, unsigned size)
{
    struct i440fx_host *s = opaque;

    if (!(s->confadd & CONFADD_CONE))
        return UINT32_MAX;
    return bus_pcicfg_read(s->dev.vm, (uint16_t)(s->confadd >> 8),
                           confdata_reg(s, off, size), size);
}

static void confdata_write(void *opaque, uint64_t off, unsigned size,
                           uint64_t val)
{
    struct i440fx_host *s = opaque;

    if (s->confadd & CONFADD_CONE)
        bus_pcicfg_write(s->dev.vm, (uint16_t)(s->confadd >> 8),
                         confdata_reg(s, off, size), size, (uint32_t)val);
}

static const struct bus_ops confadd_ops = {
    .read = confadd_read,
    .write = confadd_write,
    .min = 1,
    .max = 4,
};
static const struct bus_ops confdata_ops = {
    .read = confdata_read,
    .write = confdata_write,
    .min = 1,
    .max = 4,
    .unaligned = true,
};

static int host_create(struct dev *dev, struct cfg_err *err)
{
    struct i440fx_host *s = (struct i440fx_host *)dev;
    int rc;

    s->addr = (struct bus_region){
        "pci-confadd", &confadd_ops, s, BUS_PIO, PCICONF, 4, false};
    s->data = (struct bus_region){
        "pci-confdata", &confdata_ops, s, BUS_PIO, PCICONF + 4, 4, false};
    rc = bus_add(dev->vm, &s->addr);
    if (!rc)
        rc = bus_add(dev->vm, &s->data);
    if (rc) {
        bus_del(dev->vm, &s->addr);
        return err_set(err, rc, "ports 0xcf8 to 0xcff: %s", strerror(-rc));
    }
    pci_bus_init(&s->pci, dev, "pci.0");
    return 0;
}

static void host_reset(struct dev *dev)
{
    struct i440fx_host *s = (struct i440fx_host *)dev;

    s->confadd = 0;
    s->trc = 0;
}

static void host_destroy(struct dev *dev)
{
    struct i440fx_host *s = (struct i440fx_host *)dev;

    pci_bus_fini(&s->pci);
    bus_del(dev->vm, &s->data);
    bus_del(dev->vm, &s->addr);
}

static const struct state_field host_fields[] = {
    STATE_U32(struct i440fx_host, confadd),
    STATE_U8(struct i440fx_host, trc),
    STATE_END,
};
static const struct state_desc host_state = {
    .name = "i440fx-pcihost",
    .version = 1,
    .min_version = 1,
    .fields = host_fields,
};

const struct dev_class i440fx_host_class = {
    .name = "i440FX-pcihost",
    .desc = "Intel 82441FX, PCI bus",
    .size = sizeof(struct i440fx_host),
    .internal = true,
    .create = host_create,
    .reset = host_reset,
    .destroy = host_destroy,
    .state = &host_state,
};

/* ---- 00.0: programmable attributes of memory ---- */

#define SEGMENTS 13 /* 12 of 16 KiB from 0xc0000, then 0xf0000 */
#define MIB 0x100000u
#define ISA_BIOS_MAX 0x20000u

struct i440fx {
    struct pci_dev pci;
    struct ram *ram, *bios;
    uint8_t shown[SEGMENTS]; /* attributes the layout has now */
};

/* The chip can also read from PCI while it writes to RAM; here, as nothing
 * below it takes writes, such a segment is PCI's alone. */
static uint8_t segment_attr(const struct i440fx *s, unsigned seg)
{
    const uint8_t *pam = s->pci.config + I440FX_PAM0;
    uint8_t attr;

    /* PAM0 has the last segment in its high nibble, PAM1 the first two. */
    if (seg == SEGMENTS - 1)
        attr = pam[0] >> 4 & 3;
    else
        attr = pam[1 + seg / 2] >> (seg % 2 ? 4 : 0) & 3;
    return attr & I440FX_PAM_RE ? attr : 0;
}

static gpa_t segment_base(unsigned seg)
{
    return seg == SEGMENTS ? MIB : 0xc0000 + seg * 0x4000;
}

static int show(struct i440fx *s, gpa_t from, gpa_t to, uint8_t attr)
{
    struct vm *vm = s->pci.dev.vm;
    uint64_t size = s->bios ? s->bios->size : 0;
    gpa_t bios = MIB - (size < ISA_BIOS_MAX ? size : ISA_BIOS_MAX);
    int rc = 0;

    if (attr)
        return mem_show(vm, from, to - from, s->ram, from,
                        !(attr & I440FX_PAM_WE));
    if (from < bios) {
        gpa_t end = to < bios ? to : bios;

        rc = mem_hide(vm, from, end - from);
        from = end;
    }
    if (!rc && from < to)
        rc = mem_show(vm, from, to - from, s->bios, size - (MIB - from), true);
    return rc;
}

/* Neighbours of the same kind are one piece of memory, so that what the
 * layout is does not depend on how it came to be. */
static void pam_update(struct i440fx *s, bool all)
{
    if (!s->ram)
        return;
    for (unsigned i = 0, end; i < SEGMENTS; i = end) {
        uint8_t attr = segment_attr(s, i);
        bool changed = all;
        int rc;

        for (end = i; end < SEGMENTS && segment_attr(s, end) == attr; end++) {
            changed |= s->shown[end] != attr;
            s->shown[end] = attr;
        }
        if (!changed)
            continue;
        rc = show(s, segment_base(i), segment_base(end), attr);
        if (rc)
            log_err(s->pci.dev.path, "memory at %#x: %s",
                    (unsigned)segment_base(i), strerror(-rc));
    }
}

void i440fx_set_memory(struct dev *dev, struct ram *ram, struct ram *bios)
{
    struct i440fx *s = (struct i440fx *)dev;

    s->ram = ram;
    s->bios = bios;
    pam_update(s, true);
}

void i440fx_open_memory(struct dev *dev)
{
    struct i440fx *s = (struct i440fx *)dev;

    memcpy(s->pci.config + I440FX_PAM0, s->pci.wmask + I440FX_PAM0,
           I440FX_PAMS);
    pam_update(s, false);
}

static void i440fx_written(struct pci_dev *p, unsigned off, unsigned size)
{
    if (off < I440FX_PAM0 + I440FX_PAMS && off + size > I440FX_PAM0)
        pam_update((struct i440fx *)p, false);
}

static int i440fx_create(struct dev *dev, struct cfg_err *err)
{
    static const struct pci_id id = {
        .vendor = 0x8086,
        .device = 0x1237,
        .class_code = 0x060000,
        .revision = 2,
    };
    struct i440fx *s = (struct i440fx *)dev;
    int rc = pci_init(&s->pci, &id, err);

    if (rc)
        return rc;
    s->pci.config_written = i440fx_written;
    /* always a master and a memory target; fast back-to-back, medium */
    pci_set16(s->pci.config + PCI_COMMAND,
              PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_set16(s->pci.wmask + PCI_COMMAND, PCI_COMMAND_SERR);
    pci_set16(s->pci.config + PCI_STATUS, 0x0280);
    s->pci.config[0x72] = 0x02; /* SMRAM: there is none */
    s->pci.wmask[I440FX_PAM0] = 0x30;
    memset(s->pci.wmask + I440FX_PAM0 + 1, 0x33, I440FX_PAMS - 1);
    return 0;
}

static void i440fx_reset(struct dev *dev)
{
    struct i440fx *s = (struct i440fx *)dev;

    pci_reset(&s->pci);
    pam_update(s, false);
}

static void i440fx_destroy(struct dev *dev)
{
    pci_fini(&((struct i440fx *)dev)->pci);
}

static int i440fx_post_load(struct dev *dev)
{
    struct i440fx *s = (struct i440fx *)dev;
    int rc = pci_post_load(&s->pci);

    if (!rc)
        pam_update(s, false);
    return rc;
}

static const struct dev_prop i440fx_props[] = {
    PCI_PROP_ADDR(struct i440fx),
    DEV_PROP_END,
};
static const struct state_field i440fx_fields[] = {
    STATE_STRUCT(struct i440fx, pci, pci_state),
    STATE_END,
};
static const struct state_desc i440fx_state = {
    .name = "i440fx",
    .version = 1,
    .min_version = 1,
    .fields = i440fx_fields,
    .post_load = i440fx_post_load,
};

const struct dev_class i440fx_class = {
    .name = "i440FX",
    .desc = "Intel 82441FX host bridge",
    .bus = "pci",
    .size = sizeof(struct i440fx),
    .props = i440fx_props,
    .internal = true,
    .create = i440fx_create,
    .reset = i440fx_reset,
    .destroy = i440fx_destroy,
    .state = &i440fx_state,
};
