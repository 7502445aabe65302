/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pci/pci.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "dm/irq.h"
#include "dm/machine.h"

uint16_t pci_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t pci_get32(const uint8_t *p)
{
    return pci_get16(p) | (uint32_t)pci_get16(p + 2) << 16;
}

void pci_set16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

void pci_set32(uint8_t *p, uint32_t v)
{
    pci_set16(p, (uint16_t)v);
    pci_set16(p + 2, (uint16_t)(v >> 16));
}

static struct pci_bus *pci_bus_of(struct pci_dev *p)
{
    return (struct pci_bus *)p->dev.bus;
}

/* ---- BARs ---- */

static bool bar_present(const struct pci_bar *bar)
{
    return bar->type != PCI_BAR_NONE;
}

/* Where the guest wants the BAR; false: nowhere. Zero is what reset leaves,
 * an end at the top of the address space what sizing does. */
static bool bar_wanted(const struct pci_dev *p, unsigned n, uint64_t *base)
{
    const struct pci_bar *bar = &p->bar[n];
    const uint8_t *reg = p->config + PCI_BAR_0 + 4 * n;
    const uint8_t *mask = p->wmask + PCI_BAR_0 + 4 * n;
    uint16_t command = pci_get16(p->config + PCI_COMMAND);
    bool io = bar->type == PCI_BAR_IO;
    uint64_t last;

    if (p->hidden || !(command & (io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)))
        return false;
    *base = pci_get32(reg) & pci_get32(mask);
    if (bar->type == PCI_BAR_MEM64)
        *base |= (uint64_t)(pci_get32(reg + 4) & pci_get32(mask + 4)) << 32;
    last = *base + (bar->region.size - 1);
    return *base && last != UINT32_MAX && last != UINT64_MAX &&
           !(io && last > UINT16_MAX);
}

static void bar_moved(struct pci_bar *bar, bool mapped)
{
    if (bar->moved)
        bar->moved(bar->region.opaque, mapped);
}

static void bar_unmap(struct pci_dev *p, struct pci_bar *bar)
{
    if (!bar->region.added)
        return;
    bus_del(p->dev.vm, &bar->region);
    bar_moved(bar, false);
}

static void bar_map(struct pci_dev *p, unsigned n, uint64_t base)
{
    struct pci_bar *bar = &p->bar[n];
    int rc;

    bar->region.base = base;
    rc = bus_add(p->dev.vm, &bar->region);
    if (rc && !bar->blocked)
        log_guest(&p->quota, p->dev.path, "BAR %u stays unmapped at %#llx: %s",
                  n, (unsigned long long)base, strerror(-rc));
    bar->blocked = rc != 0;
    if (!rc)
        bar_moved(bar, true);
}

/* Brings what is mapped in line with the registers of p, then gives every
 * BAR on the bus that waited for a place another chance. */
static void bars_update(struct pci_dev *p)
{
    struct pci_bus *bus = pci_bus_of(p);
    uint64_t base;

    pci_rom_update(p);
    for (unsigned n = 0; n < PCI_BARS; n++) {
        struct pci_bar *bar = &p->bar[n];

        if (!bar_present(bar))
            continue;
        if (!bar_wanted(p, n, &base))
            bar->blocked = false;
        else if (base == bar->region.base)
            continue;
        bar_unmap(p, bar);
    }

    for (unsigned i = 0; i < 256; i++) {
        struct pci_dev *q = bus->fn[i];

        for (unsigned n = 0; q && n < PCI_BARS; n++)
            if (bar_present(&q->bar[n]) && !q->bar[n].region.added &&
                bar_wanted(q, n, &base))
                bar_map(q, n, base);
    }
}

void pci_bar_set(struct pci_dev *p, unsigned n)
{
    struct pci_bar *bar = &p->bar[n];
    uint64_t size = bar->region.size;
    bool io = bar->type == PCI_BAR_IO, wide = bar->type == PCI_BAR_MEM64;
    uint32_t flags = io ? PCI_BAR_IO_SPACE : 0;

    assert(n + wide < PCI_BARS && bar_present(bar));
    assert(size >= (io ? 4 : 16) && !(size & (size - 1)));
    assert(wide || size <= (io ? 0x100 : 0x80000000u));
    if (wide)
        flags |= PCI_BAR_TYPE_64;
    if (bar->prefetch)
        flags |= PCI_BAR_PREFETCH;

    bar->region.space = io ? BUS_PIO : BUS_MMIO;
    pci_set32(p->config + PCI_BAR_0 + 4 * n, flags);
    pci_set32(p->wmask + PCI_BAR_0 + 4 * n, (uint32_t) ~(size - 1));
    if (wide)
        pci_set32(p->wmask + PCI_BAR_0 + 4 * (n + 1),
                  (uint32_t)(~(size - 1) >> 32));
}

/* ---- INTx ---- */

static bool intx_asserted(const struct pci_dev *p)
{
    return p->intx_level &&
           !(pci_get16(p->config + PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE);
}

static void intx_update(struct pci_dev *p)
{
    unsigned pin = p->config[PCI_INTERRUPT_PIN];

    if (p->intx_level)
        p->config[PCI_STATUS] |= PCI_STATUS_INTX;
    else
        p->config[PCI_STATUS] &= (uint8_t)~PCI_STATUS_INTX;
    if (pin >= 1 && pin <= 4)
        irq_pci_set(p->dev.vm, p->bdf, pin - 1, intx_asserted(p));
}

void pci_intx_set(struct pci_dev *p, bool level)
{
    if (p->intx_level == level)
        return;
    p->intx_level = level;
    intx_update(p);
}

/* ---- configuration space ---- */

static bool touches(unsigned off, unsigned size, unsigned reg, unsigned len)
{
    return off < reg + len && reg < off + size;
}

static uint64_t cfg_read(void *opaque, uint64_t off, unsigned size)
{
    struct pci_dev *p = opaque;
    uint32_t val = 0;

    if (p->config_reading)
        p->config_reading(p, (unsigned)off, size);
    for (unsigned i = 0; i < size; i++)
        val |= (off + i < 256 ? p->config[off + i] : 0xffu) << 8 * i;
    return val;
}

static void cfg_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct pci_dev *p = opaque;
    unsigned reg = (unsigned)off;

    if (size > 256 - reg)
        size = 256 - reg;
    for (unsigned i = 0; i < size; i++) {
        uint8_t *c = &p->config[reg + i];
        uint8_t v = (uint8_t)(val >> 8 * i), w = p->wmask[reg + i];

        *c = (uint8_t)((*c & ~w) | (v & w));
        *c &= (uint8_t) ~(v & p->w1cmask[reg + i]);
    }
    if (touches(reg, size, PCI_COMMAND, 2)) {
        bars_update(p);
        intx_update(p);
    } else if (touches(reg, size, PCI_BAR_0, 4 * PCI_BARS)) {
        bars_update(p);
    } else if (touches(reg, size, PCI_ROM_ADDRESS, 4)) {
        pci_rom_update(p);
    }
    if (p->config_written)
        p->config_written(p, reg, size);
}

static const struct bus_ops cfg_ops = {
    .read = cfg_read,
    .write = cfg_write,
    .min = 1,
    .max = 4,
    .unaligned = true,
};

unsigned pci_cap_add(struct pci_dev *p, uint8_t id, unsigned size)
{
    unsigned off = p->cap_end, tail = PCI_CAPABILITY_LIST;

    assert(off >= PCI_HEADER_SIZE && size >= 2 &&
           off + size <= sizeof(p->config));
    while (p->config[tail])
        tail = p->config[tail] + 1u;
    p->config[tail] = (uint8_t)off;
    p->config[off] = id;
    p->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
    p->cap_end = (uint8_t)((off + size + 3) & ~3u);
    return off;
}

bool pci_bus_master(const struct pci_dev *p)
{
    return pci_get16(p->config + PCI_COMMAND) & PCI_COMMAND_MASTER;
}

/* ---- life ---- */

void pci_bus_init(struct pci_bus *bus, struct dev *owner, const char *name)
{
    memset(bus->fn, 0, sizeof(bus->fn));
    bus->bus = (struct dev_bus){.type = "pci", .name = name, .owner = owner};
    dev_bus_add(owner->vm, &bus->bus);
}

void pci_bus_fini(struct pci_bus *bus)
{
    if (bus->bus.owner)
        dev_bus_del(bus->bus.owner->vm, &bus->bus);
    bus->bus.owner = NULL;
}

static bool slot_free(const struct pci_bus *bus, unsigned slot)
{
    for (unsigned fn = 0; fn < 8; fn++)
        if (bus->fn[PCI_DEVFN(slot, fn)])
            return false;
    return true;
}

static int slot_choose(struct pci_dev *p, struct cfg_err *err)
{
    struct pci_bus *bus = pci_bus_of(p);

    if (p->addr < 0) {
        for (unsigned slot = 0; slot < 32; slot++) {
            if (slot_free(bus, slot)) {
                p->bdf = PCI_DEVFN(slot, 0);
                return 0;
            }
        }
        return err_set(err, -EBUSY, "%s: all 32 slots of %s are taken",
                       p->dev.cls->name, bus->bus.name);
    }
    if (bus->fn[p->addr])
        return err_set(err, -EBUSY, "%s: addr=%02x.%x is taken by %s",
                       p->dev.cls->name, p->addr >> 3, p->addr & 7,
                       bus->fn[p->addr]->dev.path);
    p->bdf = (uint16_t)p->addr;
    return 0;
}

/* A slot with a second function says so in the header of its first. */
static void slot_mark(struct pci_bus *bus, unsigned slot)
{
    struct pci_dev *first = bus->fn[PCI_DEVFN(slot, 0)];

    for (unsigned fn = 1; first && fn < 8; fn++) {
        if (!bus->fn[PCI_DEVFN(slot, fn)])
            continue;
        first->config[PCI_HEADER_TYPE] |= PCI_HEADER_MULTIFUNCTION;
        first->made[PCI_HEADER_TYPE] |= PCI_HEADER_MULTIFUNCTION;
    }
}

static void header_init(struct pci_dev *p, const struct pci_id *id)
{
    uint8_t *c = p->config, *w = p->wmask;

    memset(c, 0, sizeof(p->config));
    memset(w, 0, sizeof(p->wmask));
    memset(p->w1cmask, 0, sizeof(p->w1cmask));
    pci_set16(c + PCI_VENDOR_ID, id->vendor);
    pci_set16(c + PCI_DEVICE_ID, id->device);
    pci_set32(c + PCI_REVISION_ID, id->class_code << 8 | id->revision);
    pci_set16(c + PCI_SUBSYSTEM_VENDOR_ID,
              id->subvendor ? id->subvendor : 0x1af4);
    pci_set16(c + PCI_SUBSYSTEM_ID, id->subdevice ? id->subdevice : 0x1100);
    c[PCI_HEADER_TYPE] = id->multifunction ? PCI_HEADER_MULTIFUNCTION : 0;
    c[PCI_INTERRUPT_PIN] = id->int_pin;

    pci_set16(w + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
                                   PCI_COMMAND_MASTER | PCI_COMMAND_SERR |
                                   PCI_COMMAND_INTX_DISABLE);
    w[PCI_CACHE_LINE_SIZE] = 0xff;
    w[PCI_INTERRUPT_LINE] = 0xff;
    pci_set16(p->w1cmask + PCI_STATUS, PCI_STATUS_W1C);
    p->cap_end = PCI_HEADER_SIZE;
}

int pci_init(struct pci_dev *p, const struct pci_id *id, struct cfg_err *err)
{
    struct pci_bus *bus = pci_bus_of(p);
    int rc = slot_choose(p, err);

    if (rc)
        return rc;
    header_init(p, id);
    rc = pci_rom_init(p, err);
    if (rc)
        return rc;
    p->made_known = false;
    p->intx_level = false;
    p->cfg_region = (struct bus_region){
        .name = p->dev.cls->name,
        .ops = &cfg_ops,
        .opaque = p,
        .space = BUS_PCICFG,
        .base = (uint64_t)p->bdf << 12,
        .size = sizeof(p->config),
    };
    rc = bus_add(p->dev.vm, &p->cfg_region);
    if (rc)
        return err_set(err, rc, "PCI configuration space of %02x.%x: %s",
                       p->bdf >> 3, p->bdf & 7, strerror(-rc));
    bus->fn[p->bdf] = p;
    p->attached = true;
    slot_mark(bus, p->bdf >> 3);
    dev_set_place(&p->dev, "%02x.%x", p->bdf >> 3, p->bdf & 7);
    return 0;
}

void pci_fini(struct pci_dev *p)
{
    if (!p->attached)
        return;
    p->attached = false;
    pci_intx_set(p, false);
    bus_del(p->dev.vm, &p->cfg_region);
    pci_set16(p->config + PCI_COMMAND, 0);
    bars_update(p);
    pci_bus_of(p)->fn[p->bdf] = NULL;
}

/* The function answers on the bus, or does not; its BARs follow. */
static void show(struct pci_dev *p, bool on)
{
    p->hidden = !on;
    if (!on)
        bus_del(p->dev.vm, &p->cfg_region);
    else if (!p->cfg_region.added)
        bus_add(p->dev.vm, &p->cfg_region);
}

void pci_hide(struct pci_dev *p)
{
    pci_intx_set(p, false);
    show(p, false);
    bars_update(p);
}

void pci_reset(struct pci_dev *p)
{
    show(p, true);
    if (!p->made_known)
        memcpy(p->made, p->config, sizeof(p->made));
    p->made_known = true;
    pci_intx_set(p, false);
    memcpy(p->config, p->made, sizeof(p->config));
    bars_update(p);
}

const struct state_field pci_state[] = {
    STATE_BYTES(struct pci_dev, config),
    STATE_BOOL(struct pci_dev, intx_level),
    STATE_BOOL(struct pci_dev, hidden),
    STATE_END,
};

int pci_post_load(struct pci_dev *p)
{
    /* A stream of another chip is refused; other bits that no guest can
     * write stay what they are. */
    if (memcmp(p->config, p->made, PCI_COMMAND))
        return -EINVAL;
    for (unsigned i = 0; i < sizeof(p->config); i++) {
        uint8_t m = p->wmask[i] | p->w1cmask[i];

        p->config[i] = (uint8_t)((p->config[i] & m) | (p->made[i] & ~m));
    }
    show(p, !p->hidden);
    bars_update(p);
    intx_update(p);
    return 0;
}
