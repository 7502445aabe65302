/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The option ROM of a function: a file, as memory that cannot be written.
 *
 * Source: PCI Local Bus Specification 3.0, 6.2.5.2 (the register), 6.3 (what
 * firmware does with it). RAM wins over it, and the ROM that was there first.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/machine.h"
#include "hw/file.h"
#include "hw/pci/pci.h"

#define ROM_MAX (16u << 20) /* the register has no more */

/* False: there shall be none, or nobody asked for one. */
static bool find(const struct pci_dev *p, char *path, size_t size)
{
    const char *data_dir = p->dev.vm->cfg->data_dir;

    if (!p->romfile)
        return p->rom_default &&
               file_find(data_dir, p->rom_default, path, size);
    if (*p->romfile && !file_find(data_dir, p->romfile, path, size))
        snprintf(path, size, "%s", p->romfile); /* to say so */
    return *p->romfile;
}

int pci_rom_init(struct pci_dev *p, struct cfg_err *err)
{
    uint64_t size = GUEST_PAGE;
    struct cfg_err why;
    char path[4096];
    uint8_t *image;
    size_t len;
    int rc;

    p->rom = NULL;
    p->rom_at = 0;
    if (!find(p, path, sizeof(path)))
        return 0;
    rc = file_load(path, ROM_MAX, &image, &len, err);
    if (rc)
        return rc;
    while (size < len)
        size *= 2;
    if (ram_new(p->dev.vm, p->dev.cls->name, size, &p->rom, &why)) {
        log_err(p->dev.cls->name, "no option ROM: %s", why.text);
    } else {
        memcpy(p->rom->host, image, len);
        pci_set32(p->wmask + PCI_ROM_ADDRESS,
                  (uint32_t) ~(size - 1) | PCI_ROM_ENABLE);
    }
    free(image);
    return 0;
}

/* Where the guest wants it, or 0. */
static uint64_t wanted(const struct pci_dev *p)
{
    uint32_t reg = pci_get32(p->config + PCI_ROM_ADDRESS);
    uint64_t base = reg & ~(uint32_t)(p->rom->size - 1);

    if (p->hidden || !(reg & PCI_ROM_ENABLE) ||
        !(pci_get16(p->config + PCI_COMMAND) & PCI_COMMAND_MEMORY) ||
        base + p->rom->size > UINT32_MAX) /* being sized */
        return 0;
    return base;
}

void pci_rom_update(struct pci_dev *p)
{
    struct vm *vm = p->dev.vm;
    uint64_t base = p->rom ? wanted(p) : 0;
    int rc = -EEXIST;

    if (!base)
        p->rom_blocked = false;
    if (base == p->rom_at)
        return;
    if (p->rom_at)
        mem_hide(vm, p->rom_at, p->rom->size);
    p->rom_at = 0;
    if (!base)
        return;
    if (!mem_is_shown(vm, base, p->rom->size))
        rc = mem_show(vm, base, p->rom->size, p->rom, 0, true);
    if (!rc)
        p->rom_at = base;
    else if (!p->rom_blocked)
        log_guest(&p->quota, p->dev.path, "no option ROM at %#llx: %s",
                  (unsigned long long)base, strerror(-rc));
    p->rom_blocked = rc;
}
