/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/piix4-pm.h"

#include <string.h>

#include "dm/clock.h"
#include "dm/irq.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "hw/pci/pci.h"

#define PM_EVENTS \
    (PIIX4_PM_TMROF | PIIX4_PM_GBL | PIIX4_PM_PWRBTN | PIIX4_PM_RTC)
#define PM_STATUS (PM_EVENTS | PIIX4_PM_BM | PIIX4_PM_WAK)
#define DEVACTB_APMC_EN 0x02 /* at 0x5b: SMIs by APMC are set up */
#define DEVRESJ 0x67         /* which serial ports are there: the DSDT asks */
#define DEVRESJ_COMA 0x08
#define DEVRESJ_COMB 0x90
#define TMR_MASK 0xffffff
#define TMR_HALF 0x800000 /* TMROF: bit 23 has changed */

struct piix4_pm {
    struct pci_dev pci;
    struct bus_region pm_region, apm_region;
    struct timer overflow;
    int64_t half; /* count of half periods TMROF knows of */
    uint16_t pmsts, pmen, pmcntrl, gpsts, gpen;
    uint8_t apmc, apms;
};

/* ---- timer and SCI ---- */

static int64_t ticks(struct piix4_pm *s)
{
    return (int64_t)((__int128)clock_now(s->pci.dev.vm) * PM_TIMER_HZ /
                     (int64_t)NS_PER_SEC);
}

/* Guest ns when the counter has reached t, rounded up. */
static int64_t ticks_ns(int64_t t)
{
    return (int64_t)(((__int128)t * (int64_t)NS_PER_SEC + PM_TIMER_HZ - 1) /
                     PM_TIMER_HZ);
}

static void update(struct piix4_pm *s)
{
    struct vm *vm = s->pci.dev.vm;
    int64_t half = ticks(s) / TMR_HALF;
    bool level;

    if (half != s->half)
        s->pmsts |= PIIX4_PM_TMROF;
    s->half = half;
    level = (s->pmsts & s->pmen & PM_EVENTS) || (s->gpsts & s->gpen);
    /* without SCI_EN these would be SMIs */
    irq_set(vm, PIIX4_SCI_IRQ, level && (s->pmcntrl & PIIX4_PM_SCI_EN));
    if ((s->pmen & PIIX4_PM_TMROF) && !(s->pmsts & PIIX4_PM_TMROF))
        timer_set(vm, &s->overflow, ticks_ns((half + 1) * TMR_HALF));
    else
        timer_cancel(vm, &s->overflow);
}

static void overflow_due(void *opaque)
{
    update(opaque);
}

static void power_button(void *opaque)
{
    struct piix4_pm *s = opaque;

    s->pmsts |= PIIX4_PM_PWRBTN;
    update(s);
}

/* ---- ports at PMBASE ---- */

static void pmcntrl_write(struct piix4_pm *s, uint16_t val)
{
    struct dev *dev = &s->pci.dev;

    s->pmcntrl = val & 0x1c03; /* SUS_EN and GBL_RLS read as zero */
    if (!(val & PIIX4_PM_SUS_EN))
        return;
    if (PIIX4_PM_SUS_TYP(val) == PIIX4_SUS_OFF)
        vm_request(dev->vm, VM_REQ_SHUTDOWN);
    else
        log_guest(&s->pci.quota, dev->path,
                  "sleep type %u is not supported: the guest stays awake",
                  PIIX4_PM_SUS_TYP(val));
}

static uint16_t read16(struct piix4_pm *s, uint64_t reg)
{
    switch (reg) {
    case PIIX4_PMSTS:
        update(s);
        return s->pmsts;
    case PIIX4_PMEN:
        return s->pmen;
    case PIIX4_PMCNTRL:
        return s->pmcntrl;
    case PIIX4_GPSTS:
        return s->gpsts;
    case PIIX4_GPEN:
        return s->gpen;
    default:
        return 0;
    }
}

static uint64_t pm_read(void *opaque, uint64_t off, unsigned size)
{
    struct piix4_pm *s = opaque;
    uint64_t reg = off & ~3ull;
    uint32_t val;

    if (reg == PIIX4_PMTMR)
        val = ticks(s) & TMR_MASK;
    else
        val = read16(s, reg) | (uint32_t)read16(s, reg + 2) << 16;
    return val >> 8 * (off & 3);
}

/* mask: the bits written */
static void write16(struct piix4_pm *s, uint64_t reg, uint16_t val,
                    uint16_t mask)
{
    val &= mask;
    switch (reg) {
    case PIIX4_PMSTS:
        update(s); /* what has overflowed so far is what gets cleared */
        s->pmsts &= (uint16_t) ~(val & PM_STATUS);
        break;
    case PIIX4_PMEN:
        s->pmen = ((s->pmen & ~mask) | val) & PM_EVENTS;
        break;
    case PIIX4_PMCNTRL:
        pmcntrl_write(s, (uint16_t)((s->pmcntrl & ~mask) | val));
        break;
    case PIIX4_GPSTS:
        s->gpsts &= (uint16_t)~val;
        break;
    case PIIX4_GPEN:
        s->gpen = (uint16_t)((s->gpen & ~mask) | val);
        break;
    default:
        break;
    }
}

static void pm_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct piix4_pm *s = opaque;
    unsigned shift = 8 * (off & 3);
    uint32_t mask = (size == 4 ? ~0u : (1u << 8 * size) - 1) << shift;
    uint32_t v = (uint32_t)val << shift;
    uint64_t reg = off & ~3ull;

    if (mask & 0xffff)
        write16(s, reg, (uint16_t)v, (uint16_t)mask);
    if (mask >> 16)
        write16(s, reg + 2, (uint16_t)(v >> 16), (uint16_t)(mask >> 16));
    update(s);
}

static const struct bus_ops pm_ops = {
    .read = pm_read,
    .write = pm_write,
    .min = 1,
    .max = 4,
};

/* ---- APMC and APMS ---- */

static uint64_t apm_read(void *opaque, uint64_t off, unsigned size)
{
    struct piix4_pm *s = opaque;

    return off ? s->apms : s->apmc;
}

static void apm_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct piix4_pm *s = opaque;

    if (off) {
        s->apms = (uint8_t)val;
        return;
    }
    s->apmc = (uint8_t)val;
    if (val == PIIX4_ACPI_ENABLE)
        s->pmcntrl |= PIIX4_PM_SCI_EN;
    else if (val == PIIX4_ACPI_DISABLE)
        s->pmcntrl &= (uint16_t)~PIIX4_PM_SCI_EN;
    update(s);
}

static const struct bus_ops apm_ops = {
    .read = apm_read,
    .write = apm_write,
    .min = 1,
    .max = 1,
};

/* ---- configuration and life ---- */

static void region_update(struct piix4_pm *s)
{
    const uint8_t *c = s->pci.config;
    uint64_t base = pci_get16(c + PIIX4_PMBASE) & 0xffc0;
    bool on = base && c[PIIX4_PMREGMISC] & PIIX4_PMIOSE;
    int rc;

    if (s->pm_region.added && on && s->pm_region.base == base)
        return;
    bus_del(s->pci.dev.vm, &s->pm_region);
    if (!on)
        return;
    s->pm_region.base = base;
    rc = bus_add(s->pci.dev.vm, &s->pm_region);
    if (rc)
        log_guest(&s->pci.quota, s->pci.dev.path,
                  "registers stay unmapped at port %#x: %s", (unsigned)base,
                  strerror(-rc));
}

static void pm_config_written(struct pci_dev *p, unsigned off, unsigned size)
{
    region_update((struct piix4_pm *)p);
}

static int pm_create(struct dev *dev, struct cfg_err *err)
{
    static const struct pci_id id = {
        .vendor = 0x8086,
        .device = 0x7113,
        .class_code = 0x068000,
        .revision = 3,
        .int_pin = 1,
    };
    struct piix4_pm *s = (struct piix4_pm *)dev;
    uint8_t *c = s->pci.config, *w = s->pci.wmask;
    int rc = pci_init(&s->pci, &id, err);

    if (rc)
        return rc;
    s->pci.config_written = pm_config_written;
    pci_set16(c + PCI_STATUS, 0x0280);
    pci_set16(c + PIIX4_PMBASE, 0x0001); /* in port space */
    pci_set16(w + PIIX4_PMBASE, 0xffc0);
    w[PIIX4_PMREGMISC] = PIIX4_PMIOSE;
    c[0x5b] = DEVACTB_APMC_EN;
    c[DEVRESJ] = (dev->vm->cfg->serial[0] ? DEVRESJ_COMA : 0) |
                 (dev->vm->cfg->serial[1] ? DEVRESJ_COMB : 0);
    timer_init(&s->overflow, overflow_due, s);
    s->pm_region = (struct bus_region){.name = "piix4-pm",
                                       .ops = &pm_ops,
                                       .opaque = s,
                                       .space = BUS_PIO,
                                       .size = PIIX4_PM_SIZE};
    s->apm_region = (struct bus_region){.name = "piix4-apm",
                                        .ops = &apm_ops,
                                        .opaque = s,
                                        .space = BUS_PIO,
                                        .base = PIIX4_APMC,
                                        .size = 2};
    rc = bus_add(dev->vm, &s->apm_region);
    if (rc) {
        pci_fini(&s->pci);
        return err_set(err, rc, "ports 0xb2 and 0xb3: %s", strerror(-rc));
    }
    dev->vm->powerdown = power_button;
    dev->vm->powerdown_opaque = s;
    return 0;
}

static void pm_reset(struct dev *dev)
{
    struct piix4_pm *s = (struct piix4_pm *)dev;

    pci_reset(&s->pci);
    region_update(s);
    s->pmsts = s->pmen = s->pmcntrl = s->gpsts = s->gpen = 0;
    s->apmc = s->apms = 0;
    s->half = ticks(s) / TMR_HALF;
    update(s);
}

static void pm_destroy(struct dev *dev)
{
    struct piix4_pm *s = (struct piix4_pm *)dev;

    if (dev->vm->powerdown_opaque == s)
        dev->vm->powerdown = NULL;
    timer_cancel(dev->vm, &s->overflow);
    bus_del(dev->vm, &s->apm_region);
    bus_del(dev->vm, &s->pm_region);
    pci_fini(&s->pci);
}

static void pm_pre_save(struct dev *dev)
{
    update((struct piix4_pm *)dev); /* TMROF as of now */
}

static int pm_post_load(struct dev *dev)
{
    struct piix4_pm *s = (struct piix4_pm *)dev;
    int rc = pci_post_load(&s->pci);

    if (rc)
        return rc;
    s->pmsts &= PM_STATUS;
    s->pmen &= PM_EVENTS;
    region_update(s);
    update(s);
    return 0;
}

static const struct dev_prop pm_props[] = {
    PCI_PROP_ADDR(struct piix4_pm),
    DEV_PROP_END,
};
static const struct state_field pm_fields[] = {
    STATE_STRUCT(struct piix4_pm, pci, pci_state),
    STATE_U64(struct piix4_pm, half),
    STATE_U16(struct piix4_pm, pmsts),
    STATE_U16(struct piix4_pm, pmen),
    STATE_U16(struct piix4_pm, pmcntrl),
    STATE_U16(struct piix4_pm, gpsts),
    STATE_U16(struct piix4_pm, gpen),
    STATE_U8(struct piix4_pm, apmc),
    STATE_U8(struct piix4_pm, apms),
    STATE_END,
};
static const struct state_desc pm_state = {
    .name = "piix4-pm",
    .version = 1,
    .min_version = 1,
    .fields = pm_fields,
    .pre_save = pm_pre_save,
    .post_load = pm_post_load,
};

const struct dev_class piix4_pm_class = {
    .name = "PIIX4_PM",
    .desc = "Intel 82371AB ACPI power management",
    .bus = "pci",
    .size = sizeof(struct piix4_pm),
    .props = pm_props,
    .internal = true,
    .create = pm_create,
    .reset = pm_reset,
    .destroy = pm_destroy,
    .state = &pm_state,
};
