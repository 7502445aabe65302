/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pc-kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hw/fw-cfg.h"

/* pc-kernel-rom.S */
extern const uint8_t pc_kernel_rom[], pc_kernel_rom_end[];

#define PNP_AT 0x1a /* in the ROM: offset of the PnP header */
#define PNP_LENGTH 5
#define PNP_CHECKSUM 9

static int read_part(const void *opaque, uint32_t off, void *buf, size_t len)
{
    return boot_part_read(opaque, off, buf, len);
}

/* Sets the byte that makes the sum of all of them 0. */
static void seal(uint8_t *data, size_t len, uint8_t *checksum)
{
    uint8_t sum = 0;

    *checksum = 0;
    for (size_t i = 0; i < len; i++)
        sum += data[i];
    *checksum = -sum;
}

static int add_rom(struct dev *fw_cfg, struct cfg_err *err)
{
    size_t len = pc_kernel_rom_end - pc_kernel_rom;
    uint8_t *rom = malloc(len), *pnp;
    int rc;

    if (!rom)
        return err_set(err, -ENOMEM, "out of memory");
    memcpy(rom, pc_kernel_rom, len);
    pnp = rom + rom[PNP_AT];
    seal(pnp, pnp[PNP_LENGTH] * 16, pnp + PNP_CHECKSUM);
    seal(rom, len, rom + len - 1);
    rc = fw_cfg_add_file(fw_cfg, PC_KERNEL_ROM, rom, len, err);
    free(rom);
    return rc;
}

int pc_kernel_offer(struct dev *fw_cfg, const struct boot *parts,
                    struct cfg_err *err)
{
    static const struct {
        enum fw_cfg_key addr, size, data;
    } key[BOOT_PARTS] = {
        [BOOT_KERNEL] = {FW_CFG_KERNEL_ADDR, FW_CFG_KERNEL_SIZE,
                         FW_CFG_KERNEL_DATA},
        [BOOT_CMDLINE] = {FW_CFG_CMDLINE_ADDR, FW_CFG_CMDLINE_SIZE,
                          FW_CFG_CMDLINE_DATA},
        [BOOT_SETUP] = {FW_CFG_SETUP_ADDR, FW_CFG_SETUP_SIZE,
                        FW_CFG_SETUP_DATA},
        [BOOT_INITRD] = {FW_CFG_INITRD_ADDR, FW_CFG_INITRD_SIZE,
                         FW_CFG_INITRD_DATA},
    };

    for (unsigned i = 0; i < BOOT_PARTS; i++) {
        const struct boot_part *p = boot_part(parts, i);

        if (fw_cfg_add_int(fw_cfg, key[i].addr, p->gpa, 4) ||
            fw_cfg_add_int(fw_cfg, key[i].size, p->len, 4))
            return err_set(err, -ENOMEM, "out of memory");
        fw_cfg_add_source(fw_cfg, key[i].data, p->len, read_part, p);
    }
    return add_rom(fw_cfg, err);
}
