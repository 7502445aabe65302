/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pc-tables.h"

#include <errno.h>

#include "hw/fw-cfg.h"
#include "hw/pc.h"

#define SMBIOS_TABLE (PC_SMBIOS + 0x20)

int pc_tables_build(struct pc_tables *t, struct vm *vm, uint64_t low,
                    uint64_t high, bool firmware, struct cfg_err *err)
{
    const struct vm_config *cfg = vm->cfg;
    const struct acpi_config acpi = {
        .cpus = cfg->cpus,
        .max_cpus = cfg->max_cpus,
        .pm_base = PC_PM_BASE,
    };
    const struct smbios_config smbios = {
        .user = cfg->smbios,
        .uuid = cfg->uuid,
        .cpus = cfg->cpus,
        .low_ram = low,
        .high_ram = high,
        .firmware = firmware,
    };
    int rc = smbios_build(&t->smbios, &smbios, err);

    if (rc)
        return rc;
    if (acpi_build(&t->acpi, &acpi))
        return err_set(err, -ENOMEM, "out of memory");
    if (firmware) {
        e820_firmware(&t->map, low, high);
        return 0;
    }
    e820_direct(&t->map, low, high);
    acpi_place(&t->acpi, PC_ACPI);
    smbios_place(&t->smbios, SMBIOS_TABLE);
    return 0;
}

void pc_tables_free(struct pc_tables *t)
{
    acpi_free(&t->acpi);
    smbios_free(&t->smbios);
}

int pc_tables_to_fw_cfg(const struct pc_tables *t, struct dev *fw_cfg,
                        struct cfg_err *err)
{
    uint8_t map[sizeof(t->map.entry)];
    int rc;

    e820_pack(&t->map, map);
    rc = fw_cfg_add_file(fw_cfg, "etc/e820", map,
                         (size_t)t->map.n * E820_PACKED_ENTRY, err);
    if (!rc)
        rc = acpi_to_fw_cfg(&t->acpi, fw_cfg, err);
    if (!rc)
        rc = fw_cfg_add_file(fw_cfg, "etc/smbios/smbios-anchor",
                             t->smbios.anchor, SMBIOS_ANCHOR, err);
    if (!rc)
        rc = fw_cfg_add_file(fw_cfg, "etc/smbios/smbios-tables",
                             t->smbios.table, t->smbios.len, err);
    return rc;
}

int pc_tables_to_memory(const struct pc_tables *t, struct vm *vm)
{
    int rc = mem_write(vm, PC_RSDP, t->acpi.rsdp, ACPI_RSDP);

    if (!rc)
        rc = mem_write(vm, PC_ACPI, t->acpi.blob, t->acpi.len);
    if (!rc)
        rc = mem_write(vm, PC_SMBIOS, t->smbios.anchor, SMBIOS_ANCHOR);
    if (!rc)
        rc = mem_write(vm, SMBIOS_TABLE, t->smbios.table, t->smbios.len);
    return rc;
}
