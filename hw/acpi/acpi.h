/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI tables of the board "pc": FACS, DSDT, FADT, MADT, RSDT, XSDT.
 *
 * They are built once, position-independent: a blob, a root pointer and a
 * list of what depends on where they end up. Firmware gets the list as the
 * loader's script through fw_cfg; without firmware acpi_place() follows it.
 * Source: ACPI 6.4, chapter 5; FADT and MADT of revision 3 (ACPI 2.0).
 */
#ifndef HVMD_HW_ACPI_ACPI_H
#define HVMD_HW_ACPI_ACPI_H

#include <stddef.h>
#include <stdint.h>

#include "dm/err.h"

struct dev;

struct acpi_config {
    unsigned cpus, max_cpus; /* local APIC ids from 0; at most 254 */
    uint16_t pm_base;
};

#define ACPI_RSDP 36 /* bytes */
#define ACPI_FIXES 24

struct acpi_fix {
    enum { ACPI_FIX_POINTER, ACPI_FIX_CHECKSUM } kind;
    int rsdp;            /* the field is in the root pointer, not in the blob */
    uint32_t field;      /* offset of the pointer (into the blob) or checksum */
    uint8_t size;        /* of a pointer: 4 or 8 */
    uint32_t start, len; /* what a checksum covers */
};

struct acpi_tables {
    uint8_t *blob;
    size_t len, cap;
    uint8_t rsdp[ACPI_RSDP];
    struct acpi_fix fix[ACPI_FIXES]; /* pointers before checksums */
    unsigned n_fix;
};

int acpi_build(struct acpi_tables *t,
               const struct acpi_config *c); /* -ENOMEM */
void acpi_free(struct acpi_tables *t);
/* Fixes t in place for a blob at address base (64-aligned). Once. */
void acpi_place(struct acpi_tables *t, uint64_t base);
/* The same for firmware: tables, root pointer and script as fw_cfg files. */
int acpi_to_fw_cfg(const struct acpi_tables *t, struct dev *fw_cfg,
                   struct cfg_err *err);

#endif
