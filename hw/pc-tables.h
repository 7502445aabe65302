/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the board "pc" tells software about itself: memory map, ACPI, SMBIOS.
 * Firmware reads it through fw_cfg; a kernel started without firmware finds
 * it in memory, below 1 MiB.
 */
#ifndef HVMD_HW_PC_TABLES_H
#define HVMD_HW_PC_TABLES_H

#include "dm/machine.h"
#include "dm/mem.h"
#include "hw/acpi/acpi.h"
#include "hw/e820.h"
#include "hw/smbios.h"

#define PC_RSDP 0xe0000
#define PC_ACPI 0xe0040
#define PC_SMBIOS 0xf0000 /* anchor, then the table */

struct pc_tables {
    struct e820 map;
    struct acpi_tables acpi;
    struct smbios smbios;
};

/* low, high: bytes of RAM below and from 4 GiB; firmware: for fw_cfg, else
 * for memory. -errno with err set, which leaves something to free. */
int pc_tables_build(struct pc_tables *t, struct vm *vm, uint64_t low,
                    uint64_t high, bool firmware, struct cfg_err *err);
void pc_tables_free(struct pc_tables *t); /* legal if zeroed */
int pc_tables_to_fw_cfg(const struct pc_tables *t, struct dev *fw_cfg,
                        struct cfg_err *err);
/* Writes them where a kernel looks; that must be RAM. -EFAULT. */
int pc_tables_to_memory(const struct pc_tables *t, struct vm *vm);

#endif
