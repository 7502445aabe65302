/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pc-firmware.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/options.h"
#include "hw/fw-cfg.h"
#include "hw/mc146818.h"
#include "hw/pc-kernel.h"
#include "hw/pci/pci.h"

/* ---- -boot ---- */

#define ORDER_DEFAULT "cad"

static int parse_order(const char *order, const char *key, uint16_t *out,
                       struct cfg_err *err)
{
    static const char letter[] = "acdn";

    *out = 0;
    for (unsigned i = 0; order && order[i]; i++) {
        const char *at = strchr(letter, order[i]);

        if (!at || i == 3)
            return err_set(err, -EINVAL,
                           "-boot %s=%s: expected at most three letters of "
                           "a (floppy), c (disk), d (CD) and n (network)",
                           key, order);
        *out |= (uint16_t)((at - letter + 1) << 4 * i);
    }
    return 0;
}

/* A time in ms that becomes a file of size bytes; -1 is "never". */
static int add_time(struct dev *fw_cfg, struct opts *o, const char *key,
                    const char *file, long max, unsigned size,
                    struct cfg_err *err)
{
    const char *text = opts_get(o, key);
    char *end = NULL;
    long n;

    if (!text)
        return 0;
    n = strtol(text, &end, 10);
    if (end == text || *end || n < -1 || n > max)
        return err_set(err, -EINVAL,
                       "-boot %s=%s: expected milliseconds up to %ld, or -1",
                       key, text, max);
    return fw_cfg_add_file(fw_cfg, file, &n, size, err);
}

int pc_firmware_boot(struct opts *o, struct pc_boot *boot, struct cfg_err *err)
{
    const char *order = opts_get(o, "order"), *once = opts_get(o, "once");
    int rc =
        parse_order(order ? order : ORDER_DEFAULT, "order", &boot->order, err);

    return rc ? rc : parse_order(once, "once", &boot->once, err);
}

static int add_boot(struct dev *fw_cfg, struct opts *o, struct cfg_err *err)
{
    bool menu = false;
    int rc = opts_get_bool(o, "menu", &menu, err);

    if (rc)
        err_prefix(err, rc, "-boot");
    else
        rc = add_time(fw_cfg, o, "splash-time", "etc/boot-menu-wait", 65535, 2,
                      err);
    if (!rc)
        rc = add_time(fw_cfg, o, "reboot-timeout", "etc/boot-fail-wait", 65535,
                      4, err);
    if (!rc && fw_cfg_add_int(fw_cfg, FW_CFG_BOOT_MENU, menu, 2))
        rc = err_set(err, -ENOMEM, "out of memory");
    return rc;
}

/* ---- bootindex ---- */

static bool has_bootindex(const struct pci_dev *p)
{
    for (const struct dev_prop *d = p->dev.cls->props; d && d->name; d++)
        if (!strcmp(d->name, "bootindex"))
            return p->bootindex != UINT32_MAX;
    return false;
}

/* The function with the lowest index from *from on, which then is behind it;
 * -EINVAL if two have the same. */
static int next_to_boot(const struct pci_bus *bus, uint64_t *from,
                        const struct pci_dev **out, struct cfg_err *err)
{
    *out = NULL;
    for (unsigned i = 0; i < 256; i++) {
        const struct pci_dev *p = bus->fn[i];

        if (!p || !has_bootindex(p) || p->bootindex < *from)
            continue;
        if (*out && p->bootindex == (*out)->bootindex)
            return err_set(err, -EINVAL,
                           "bootindex=%u: expected one device to have it, "
                           "not %s and %s",
                           p->bootindex, (*out)->dev.path, p->dev.path);
        if (!*out || p->bootindex < (*out)->bootindex)
            *out = p;
    }
    if (*out)
        *from = (*out)->bootindex + 1ull;
    return 0;
}

/* Enough of an Open Firmware path: SeaBIOS compares it as far as the
 * function, which is left out if it is 0, whatever stands before "@". */
#define BOOT_PATH_MAX 40

static int put_path(char *text, const struct pci_dev *p)
{
    unsigned slot = p->bdf >> 3, fn = p->bdf & 7;

    if (fn)
        return snprintf(text, BOOT_PATH_MAX,
                        "/pci@i0cf8/device@%x,%x/disk@0,0\n", slot, fn);
    return snprintf(text, BOOT_PATH_MAX, "/pci@i0cf8/device@%x/disk@0,0\n",
                    slot);
}

static int add_bootorder(struct dev *fw_cfg, const struct pci_bus *bus,
                         bool kernel, struct opts *boot, struct cfg_err *err)
{
    static const char rom[] = "/rom@" PC_KERNEL_ROM "\n";
    char text[sizeof(rom) + 256 * BOOT_PATH_MAX + sizeof("HALT")];
    const struct pci_dev *p;
    uint64_t from = 0;
    bool strict = false;
    int n = 0, rc = opts_get_bool(boot, "strict", &strict, err);

    if (kernel)
        n = snprintf(text, sizeof(rom), "%s", rom);
    while (!rc && !(rc = next_to_boot(bus, &from, &p, err)) && p)
        n += put_path(text + n, p);
    if (rc || !n)
        return rc;
    if (strict)
        n += snprintf(text + n, BOOT_PATH_MAX, "HALT");
    return fw_cfg_add_file(fw_cfg, "bootorder", text, (size_t)n + 1, err);
}

/* ---- fw_cfg ---- */

int pc_firmware_fill(struct vm *vm, struct dev *fw_cfg,
                     const struct pci_bus *bus, const struct pc_tables *t,
                     bool kernel, struct cfg_err *err)
{
    const struct vm_config *cfg = vm->cfg;
    int rc;

    if (fw_cfg_add(fw_cfg, FW_CFG_UUID, cfg->uuid, sizeof(cfg->uuid)) ||
        fw_cfg_add_int(fw_cfg, FW_CFG_RAM_SIZE, cfg->ram_size, 8) ||
        fw_cfg_add_int(fw_cfg, FW_CFG_NOGRAPHIC, 0, 2) ||
        fw_cfg_add_int(fw_cfg, FW_CFG_NB_CPUS, cfg->cpus, 2) ||
        fw_cfg_add_int(fw_cfg, FW_CFG_MAX_CPUS, cfg->max_cpus, 2) ||
        fw_cfg_add_int(fw_cfg, FW_CFG_IRQ0_OVERRIDE, 1, 4))
        return err_set(err, -ENOMEM, "out of memory");
    rc = add_boot(fw_cfg, cfg->boot, err);
    if (!rc)
        rc = add_bootorder(fw_cfg, bus, kernel, cfg->boot, err);
    /* Without a map SeaBIOS would make one of the CMOS RAM: see it in pc.md */
    if (!rc)
        rc = t ? pc_tables_to_fw_cfg(t, fw_cfg, err)
               : fw_cfg_add_file(fw_cfg, "etc/e820", "", 0, err);
    if (!rc)
        rc = fw_cfg_add_user(fw_cfg, cfg->fw_cfg, err);
    return rc;
}

/* ---- CMOS ---- */

static void set_cmos(struct dev *rtc, uint8_t index, uint64_t val,
                     unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        mc146818_set(rtc, (uint8_t)(index + i), (uint8_t)(val >> 8 * i));
}

static uint64_t at_most(uint64_t n, uint64_t max)
{
    return n < max ? n : max;
}

void pc_firmware_cmos(struct dev *rtc, unsigned cpus, uint64_t low,
                      uint64_t high)
{
    uint64_t mib = 1 << 20;
    uint64_t from16 = low > 16 * mib ? low - 16 * mib : 0;

    if (!rtc)
        return;
    set_cmos(rtc, 0x15, 640, 2); /* KiB */
    set_cmos(rtc, 0x17, at_most((low - mib) >> 10, 0xffff), 2);
    set_cmos(rtc, 0x30, at_most((low - mib) >> 10, 0xffff), 2);
    set_cmos(rtc, 0x34, from16 >> 16, 2); /* 64 KiB */
    set_cmos(rtc, 0x5b, high >> 16, 3);
    set_cmos(rtc, 0x5f, cpus - 1, 1);
}

void pc_firmware_reset(struct dev *rtc, struct pc_boot *boot)
{
    uint16_t order = !boot->booted && boot->once ? boot->once : boot->order;

    boot->booted = true;
    if (!rtc)
        return;
    set_cmos(rtc, 0x3d, order & 0xff, 1);
    set_cmos(rtc, 0x38, order >> 4 & 0xf0, 1);
}
