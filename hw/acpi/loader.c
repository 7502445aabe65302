/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting the tables where they go: by our own hand, or by the firmware's
 * (QEMU, hw/acpi/bios-linker-loader.c describes the script). */
#include "config.h"

#include "hw/acpi/acpi.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "hw/fw-cfg.h"

void acpi_place(struct acpi_tables *t, uint64_t base)
{
    assert(base % 64 == 0 && base + t->len <= UINT32_MAX);
    for (unsigned i = 0; i < t->n_fix; i++) {
        const struct acpi_fix *f = &t->fix[i];
        uint8_t *area = f->rsdp ? t->rsdp : t->blob, sum = 0;
        uint64_t val = 0;

        if (f->kind == ACPI_FIX_POINTER) {
            memcpy(&val, area + f->field, f->size);
            val += base;
            memcpy(area + f->field, &val, f->size);
            continue;
        }
        for (uint32_t k = 0; k < f->len; k++)
            sum += area[f->start + k];
        area[f->field] = (uint8_t)-sum;
    }
}

#define TABLES "etc/acpi/tables"
#define RSDP "etc/acpi/rsdp"
#define SCRIPT "etc/table-loader"

enum { ALLOCATE = 1, ADD_POINTER = 2, ADD_CHECKSUM = 3 };
enum { ZONE_HIGH = 1, ZONE_FSEG = 2 };

struct command {
    uint32_t command; /* all little-endian */
    union {
        struct {
            char file[FW_CFG_NAME];
            uint32_t align;
            uint8_t zone;
        } __attribute__((packed)) allocate;
        struct {
            char dest[FW_CFG_NAME], src[FW_CFG_NAME];
            uint32_t offset;
            uint8_t size;
        } __attribute__((packed)) pointer;
        struct {
            char file[FW_CFG_NAME];
            uint32_t offset, start, len;
        } __attribute__((packed)) checksum;
        uint8_t pad[124];
    };
};
_Static_assert(sizeof(struct command) == 128, "as firmware reads it");

static struct command command_of(const struct acpi_fix *f)
{
    struct command c = {.command = 0};
    const char *file = f->rsdp ? RSDP : TABLES;

    if (f->kind == ACPI_FIX_POINTER) {
        c.command = htole32(ADD_POINTER);
        strcpy(c.pointer.dest, file);
        strcpy(c.pointer.src, TABLES);
        c.pointer.offset = htole32(f->field);
        c.pointer.size = f->size;
    } else {
        c.command = htole32(ADD_CHECKSUM);
        strcpy(c.checksum.file, file);
        c.checksum.offset = htole32(f->field);
        c.checksum.start = htole32(f->start);
        c.checksum.len = htole32(f->len);
    }
    return c;
}

int acpi_to_fw_cfg(const struct acpi_tables *t, struct dev *fw_cfg,
                   struct cfg_err *err)
{
    struct command script[2 + ACPI_FIXES] = {
        {.command = htole32(ALLOCATE),
         .allocate = {RSDP, htole32(16), ZONE_FSEG}},
        {.command = htole32(ALLOCATE),
         .allocate = {TABLES, htole32(64), ZONE_HIGH}},
    };
    int rc;

    for (unsigned i = 0; i < t->n_fix; i++)
        script[2 + i] = command_of(&t->fix[i]);
    rc = fw_cfg_add_file(fw_cfg, TABLES, t->blob, t->len, err);
    if (!rc)
        rc = fw_cfg_add_file(fw_cfg, RSDP, t->rsdp, sizeof(t->rsdp), err);
    if (!rc)
        rc = fw_cfg_add_file(fw_cfg, SCRIPT, script,
                             (2 + t->n_fix) * sizeof(script[0]), err);
    return rc;
}
