/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/boot/boot.h"
#include "dm/char/chr.h"
#include "dm/log.h"
#include "dm/options.h"
#include "hw/catalog.h"
#include "hw/firmware.h"
#include "hw/fw-cfg.h"
#include "hw/i440fx.h"
#include "hw/pc-firmware.h"
#include "hw/pc-kernel.h"
#include "hw/pc-tables.h"
#include "hw/pci/pci-assign.h"
#include "hw/pci/pci.h"
#include "hw/piix3.h"
#include "hw/piix4-pm.h"

#define MIB 0x100000ull

struct pc {
    uint64_t low, high; /* bytes of RAM below and from 4 GiB */
    struct ram *ram;
    struct pci_bus *pci;
    struct dev *pmc, *isa, *pm, *rtc, *fw_cfg;
    struct pc_tables tables;
    struct pc_boot boot_opts;
    struct boot *boot;  /* -kernel without firmware */
    struct boot *parts; /* and behind it */
};

/* The fixed wiring. A chip the engine brings itself is left out; of the clock
 * Xen only has the registers and leaves us the RAM behind them. */
static const struct chip {
    const char *cls, *addr;
    unsigned unless; /* engine_caps */
    size_t keep;     /* where struct pc wants it; 0: nowhere */
} chips[] = {
    {"i440FX-pcihost", NULL, 0, 0},
    {"i440FX", "0.0", 0, offsetof(struct pc, pmc)},
    {"PIIX3", "1.0", 0, offsetof(struct pc, isa)},
    {"piix3-ide", "1.1", 0, 0},
    {"PIIX4_PM", "1.3", 0, offsetof(struct pc, pm)},
    {"mc146818rtc", NULL, 0, offsetof(struct pc, rtc)},
    {"i8042", NULL, 0, 0},
    {"port92", NULL, 0, 0},
    {"fw_cfg", NULL, 0, offsetof(struct pc, fw_cfg)},
};

static int create_chip(struct vm *vm, const char *cls, struct opts *o,
                       struct dev **out, struct cfg_err *err)
{
    const struct dev_class *c = dev_class_find(cls);
    int rc = c ? dev_create(vm, c, o, out, err)
               : err_set(err, -ENODEV, "the board needs %s", cls);

    opts_free(o);
    return rc;
}

static int create_chips(struct vm *vm, struct cfg_err *err)
{
    struct pc *pc = vm->board_priv;
    int rc = 0;

    for (unsigned i = 0; !rc && i < sizeof(chips) / sizeof(chips[0]); i++) {
        const struct chip *c = &chips[i];
        struct opts *o = opts_new();
        struct dev *dev;

        if (c->addr)
            opts_set(o, "addr", c->addr);
        if (vm->engine->caps & c->unless) {
            opts_free(o);
            continue;
        }
        rc = create_chip(vm, c->cls, o, &dev, err);
        if (!rc && c->keep)
            *(struct dev **)((char *)pc + c->keep) = dev;
    }
    return rc;
}

static int create_serials(struct vm *vm, struct cfg_err *err)
{
    int rc = 0;

    for (unsigned i = 0; !rc && i < 4; i++) {
        struct opts *o;
        char index[4];

        if (!vm->cfg->serial[i])
            continue;
        o = opts_new();
        snprintf(index, sizeof(index), "%u", i);
        opts_set(o, "index", index);
        opts_set(o, "chardev", vm->cfg->serial[i]->id);
        rc = create_chip(vm, "isa-serial", o, NULL, err);
    }
    return rc;
}

static int create_ram(struct vm *vm, struct cfg_err *err)
{
    struct pc *pc = vm->board_priv;
    uint64_t size = vm->cfg->ram_size;
    int rc;

    if (size < MIB || size % GUEST_PAGE)
        return err_set(err, -EINVAL,
                       "memory size: expected at least 1 MiB, "
                       "in pages of 4 KiB");
    if (size > PC_RAM_MAX)
        return err_set(err, -EINVAL, "memory size: expected at most 1 TiB");
    pc->low = size < PC_LOW_RAM_MAX ? size : PC_LOW_RAM_MAX;
    pc->high = size - pc->low;
    rc = ram_new_main(vm, "pc.ram", size, &pc->ram, err);
    if (rc)
        return rc;
    rc = mem_show(vm, 0, 0xa0000, pc->ram, 0, false);
    if (!rc && pc->low > MIB)
        rc = mem_show(vm, MIB, pc->low - MIB, pc->ram, MIB, false);
    if (!rc && pc->high)
        rc = mem_show(vm, PC_HIGH_RAM, pc->high, pc->ram, pc->low, false);
    if (rc)
        return err_set(err, rc, "memory of %llu MiB: %s",
                       (unsigned long long)(size / MIB), strerror(-rc));
    return 0;
}

/* How PV drivers are found, and emulated disks taken away. */
static int create_platform(struct vm *vm, struct cfg_err *err)
{
    struct opts *o = opts_new();

    opts_set(o, "addr", "2.0");
    return create_chip(vm, "xen-platform", o, NULL, err);
}

static int build(struct vm *vm, struct cfg_err *err)
{
    struct pc *pc = calloc(1, sizeof(*pc));
    int rc;

    if (!pc)
        return err_set(err, -ENOMEM, "out of memory");
    vm->board_priv = pc;
    rc = create_ram(vm, err);
    if (!rc)
        rc = create_chips(vm, err);
    if (rc)
        return rc;
    pc->pci = (struct pci_bus *)pc->pmc->bus;
    i440fx_set_memory(pc->pmc, pc->ram, NULL);
    return create_serials(vm, err);
}

/* Under Xen the toolstack says whether there is a platform device. */
static int pc_build(struct vm *vm, struct cfg_err *err)
{
    int rc = build(vm, err);

    if (rc || !vm->xenif || !(vm->engine->caps & ENGINE_VCPUS))
        return rc;
    rc = create_platform(vm, err);
    return rc ? rc : create_chip(vm, "xen-control", opts_new(), NULL, err);
}

/* The same with the platform device, as toolstacks of Xen expect it. */
static int xenfv_build(struct vm *vm, struct cfg_err *err)
{
    int rc;

    if (vm->cfg->xen_attach)
        return err_set(err, -EINVAL, "-xen-attach: expected -machine xenpv");
    rc = build(vm, err);
    if (!rc)
        rc = create_platform(vm, err);
    if (!rc)
        rc = create_chip(vm, "xen-gpe", opts_new(), NULL, err);
    if (!rc && vm->xenif)
        rc = create_chip(vm, "xen-backends", opts_new(), NULL, err);
    return rc;
}

/* Without firmware. */
static int load_kernel(struct vm *vm, struct cfg_err *err)
{
    struct pc *pc = vm->board_priv;
    const struct boot_env env = {
        .e820 = pc->tables.map.entry,
        .e820_n = pc->tables.map.n,
        .low_ram = pc->low,
        .rsdp = PC_RSDP,
    };

    return boot_load(vm, &env, &pc->boot, err);
}

/* An engine that runs no guest needs no firmware, but may be given some. */
static int load_firmware(struct vm *vm, struct cfg_err *err)
{
    struct pc *pc = vm->board_priv;
    struct ram *bios;
    int rc;

    if (!vm->cfg->bios && !(vm->engine->caps & ENGINE_VCPUS))
        return 0;
    rc = firmware_load(vm, vm->cfg->bios, &bios, err);
    if (!rc)
        i440fx_set_memory(pc->pmc, pc->ram, bios);
    return rc;
}

static int pc_finish(struct vm *vm, struct cfg_err *err)
{
    struct pc *pc = vm->board_priv;
    bool own = vm->engine->caps & ENGINE_HAS_FIRMWARE;
    bool kernel = vm->cfg->kernel && (own || vm->cfg->bios);
    bool direct = vm->cfg->kernel && !kernel;
    int rc;

    if (own && vm->cfg->bios)
        return err_set(err, -ENOTSUP,
                       "%s brings its own firmware: expected no -bios",
                       vm->engine->name);
    pc_firmware_cmos(pc->rtc, vm->cfg->cpus, pc->low, pc->high);
    rc = pc_firmware_boot(vm->cfg->boot, &pc->boot_opts, err);
    if (rc)
        return rc;
    if (kernel) {
        rc = boot_load_parts(vm, &pc->parts, err);
        if (!rc)
            rc = pc_kernel_offer(pc->fw_cfg, pc->parts, err);
    }
    if (!rc && !own)
        rc = pc_tables_build(&pc->tables, vm, pc->low, pc->high, !direct, err);
    if (!rc)
        rc = pc_firmware_fill(vm, pc->fw_cfg, pc->pci, own ? NULL : &pc->tables,
                              kernel, err);
    if (rc || own)
        return rc;
    return direct ? load_kernel(vm, err) : load_firmware(vm, err);
}

/* What firmware does to the chips before it starts a kernel. */
static void chips_by_hand(struct vm *vm)
{
    static const struct pci_plan plan = {
        .io = {PC_IO, 0x10000},
        .mem = {PC_LOW_RAM_MAX, PC_MEM_END},
        .line = {10, 10, 11, 11},
    };
    struct pc *pc = vm->board_priv;
    uint16_t isa = ((struct pci_dev *)pc->isa)->bdf;
    uint16_t pm = ((struct pci_dev *)pc->pm)->bdf;

    i440fx_open_memory(pc->pmc);
    for (unsigned i = 0; i < 4; i++)
        bus_pcicfg_write(vm, isa, PIIX3_PIRQRCA + i, 1, plan.line[i]);
    pci_assign(pc->pci, &plan);
    bus_pcicfg_write(vm, pm, PIIX4_PMBASE, 2, PC_PM_BASE);
    bus_pcicfg_write(vm, pm, PIIX4_PMREGMISC, 1, PIIX4_PMIOSE);
    bus_pcicfg_write(vm, pm, PCI_INTERRUPT_LINE, 1, PIIX4_SCI_IRQ);
}

static void pc_reset(struct vm *vm, struct boot_regs *regs)
{
    struct pc *pc = vm->board_priv;
    int rc;

    pc_firmware_reset(pc->rtc, &pc->boot_opts);
    if (!pc->boot)
        return;
    chips_by_hand(vm);
    rc = pc_tables_to_memory(&pc->tables, vm);
    if (!rc)
        rc = boot_place(vm, pc->boot, regs);
    if (rc)
        log_err("pc", "the kernel cannot be put into memory: %s",
                strerror(-rc));
}

static void pc_fini(struct vm *vm)
{
    struct pc *pc = vm->board_priv;

    if (!pc)
        return;
    boot_free(pc->boot);
    boot_free(pc->parts);
    pc_tables_free(&pc->tables);
    free(pc);
    vm->board_priv = NULL;
}

const struct board pc_board = {
    .name = "pc-i440fx",
    .alias = "pc",
    .desc = "Intel i440FX and PIIX3",
    .max_cpus = PC_MAX_CPUS,
    .has_vcpus = true,
    .build = pc_build,
    .finish = pc_finish,
    .reset = pc_reset,
    .fini = pc_fini,
};

const struct board xenfv_board = {
    .name = "xenfv",
    .desc = "the same for a Xen HVM domain, with the platform device",
    .engine = "xen",
    .max_cpus = 128,
    .has_vcpus = true,
    .build = xenfv_build,
    .finish = pc_finish,
    .reset = pc_reset,
    .fini = pc_fini,
};
