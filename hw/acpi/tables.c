/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/acpi/acpi.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hw/acpi/dsdt.hex"
#include "hw/piix4-pm.h"

#define HEADER 36 /* bytes of a table's header */
#define CHECKSUM 9
#define FACS_LEN 64
#define IO_APIC_ADDR 0xfec00000
#define LOCAL_APIC_ADDR 0xfee00000

/* ---- emitting ---- */

static void put(struct acpi_tables *t, uint64_t val, unsigned size)
{
    assert(t->len + size <= t->cap);
    for (unsigned i = 0; i < size; i++)
        t->blob[t->len++] = (uint8_t)(val >> 8 * i);
}

static void put_bytes(struct acpi_tables *t, const void *p, size_t len)
{
    assert(t->len + len <= t->cap);
    memcpy(t->blob + t->len, p, len);
    t->len += len;
}

static void set32(uint8_t *p, uint32_t val)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(val >> 8 * i);
}

static void add_fix(struct acpi_tables *t, struct acpi_fix fix)
{
    assert(t->n_fix < ACPI_FIXES);
    t->fix[t->n_fix++] = fix;
}

/* A pointer to the table at offset to. */
static void put_pointer(struct acpi_tables *t, uint32_t to, uint8_t size)
{
    add_fix(t, (struct acpi_fix){.kind = ACPI_FIX_POINTER,
                                 .field = (uint32_t)t->len,
                                 .size = size});
    put(t, to, size);
}

static uint32_t table_begin(struct acpi_tables *t, const char *sig, uint8_t rev)
{
    uint32_t at = (uint32_t)t->len;

    put_bytes(t, sig, 4);
    put(t, 0, 4); /* length, then checksum */
    put(t, rev, 1);
    put(t, 0, 1);
    put_bytes(t, "HVMD  HVMDPC  ", 14);
    put(t, 1, 4);
    put_bytes(t, "HVMD", 4);
    put(t, 1, 4);
    return at;
}

/* All pointers are fixed before the first checksum, so these are kept apart
 * until the end. */
static void table_end(struct acpi_tables *t, uint32_t at)
{
    set32(t->blob + at + 4, (uint32_t)t->len - at);
}

static void add_checksum(struct acpi_tables *t, uint32_t at)
{
    uint32_t len;

    memcpy(&len, t->blob + at + 4, 4);
    add_fix(t, (struct acpi_fix){.kind = ACPI_FIX_CHECKSUM,
                                 .field = at + CHECKSUM,
                                 .start = at,
                                 .len = len});
}

/* ---- the tables ---- */

static void put_facs(struct acpi_tables *t)
{
    put_bytes(t, "FACS", 4);
    put(t, FACS_LEN, 4);
    while (t->len < FACS_LEN)
        put(t, 0, 1);
}

static uint32_t put_dsdt(struct acpi_tables *t)
{
    uint32_t at = (uint32_t)t->len;

    put_bytes(t, dsdt_aml_code, sizeof(dsdt_aml_code));
    t->blob[at + CHECKSUM] = 0;
    return at;
}

/* A generic address (5.2.3.2) of a port; 0: none. */
static void put_port(struct acpi_tables *t, uint16_t port, uint8_t bytes)
{
    put(t, port != 0, 1);
    put(t, port ? bytes * 8u : 0, 1);
    put(t, 0, 1);
    put(t, port ? (bytes == 4 ? 3 : bytes) : 0, 1);
    put(t, port, 8);
}

#define FADT_WBINVD (1u << 0)
#define FADT_PROC_C1 (1u << 2)
#define FADT_SLP_BUTTON (1u << 5) /* set: no such fixed button */
#define FADT_FIX_RTC (1u << 6)    /* set: no wake bit for the RTC */
#define FADT_RESET_REG_SUP (1u << 10)
#define FADT_APIC_PHYSICAL (1u << 19)
#define IAPC_LEGACY_8042 0x0003
#define RESET_PORT 0xcf9
#define RESET_VALUE 0x06
#define CMOS_CENTURY 0x32

static uint32_t put_fadt(struct acpi_tables *t, const struct acpi_config *c,
                         uint32_t dsdt)
{
    uint16_t pm = c->pm_base;
    uint32_t at = table_begin(t, "FACP", 3);

    put_pointer(t, 0, 4); /* FACS */
    put_pointer(t, dsdt, 4);
    put(t, 0, 2); /* model; no preferred profile */
    put(t, PIIX4_SCI_IRQ, 2);
    put(t, PIIX4_APMC, 4);
    put(t, PIIX4_ACPI_ENABLE, 1);
    put(t, PIIX4_ACPI_DISABLE, 1);
    put(t, 0, 2); /* no S4BIOS, no P-states */
    put(t, pm + PIIX4_PMSTS, 4);
    put(t, 0, 4);
    put(t, pm + PIIX4_PMCNTRL, 4);
    put(t, 0, 8);
    put(t, pm + PIIX4_PMTMR, 4);
    put(t, pm + PIIX4_GPSTS, 4);
    put(t, 0, 4);
    put(t, 4, 1); /* lengths: events, control, none, timer, GPE0, none */
    put(t, 2, 1);
    put(t, 0, 1);
    put(t, 4, 1);
    put(t, 4, 1);
    put(t, 0, 3);
    put(t, 0x0fff, 2); /* no C2, no C3 */
    put(t, 0x0fff, 2);
    put(t, 0, 8); /* flush, duty cycle, alarms */
    put(t, CMOS_CENTURY, 1);
    put(t, IAPC_LEGACY_8042, 2);
    put(t, 0, 1);
    put(t,
        FADT_WBINVD | FADT_PROC_C1 | FADT_SLP_BUTTON | FADT_FIX_RTC |
            FADT_RESET_REG_SUP | (c->max_cpus > 8 ? FADT_APIC_PHYSICAL : 0),
        4);
    put_port(t, RESET_PORT, 1);
    put(t, RESET_VALUE, 1);
    put(t, 0, 3);
    put(t, 0, 8); /* the FACS is below 4 GiB */
    put_pointer(t, dsdt, 8);
    put_port(t, pm + PIIX4_PMSTS, 4);
    put_port(t, 0, 0);
    put_port(t, pm + PIIX4_PMCNTRL, 2);
    put_port(t, 0, 0);
    put_port(t, 0, 0);
    put_port(t, pm + PIIX4_PMTMR, 4);
    put_port(t, pm + PIIX4_GPSTS, 4);
    put_port(t, 0, 0);
    table_end(t, at);
    return at;
}

static void put_override(struct acpi_tables *t, uint8_t irq, uint32_t gsi,
                         uint16_t flags)
{
    put(t, 2, 1);
    put(t, 10, 1);
    put(t, 0, 1);
    put(t, irq, 1);
    put(t, gsi, 4);
    put(t, flags, 2);
}

static uint32_t put_madt(struct acpi_tables *t, const struct acpi_config *c)
{
    static const uint8_t level[] = {5, PIIX4_SCI_IRQ, 10, 11};
    uint32_t at = table_begin(t, "APIC", 3);

    put(t, LOCAL_APIC_ADDR, 4);
    put(t, 1, 4); /* with two 8259s */
    for (unsigned i = 0; i < c->max_cpus; i++) {
        put(t, 0, 1);
        put(t, 8, 1);
        put(t, i, 1);
        put(t, i, 1);
        put(t, i < c->cpus, 4);
    }
    put(t, 1, 1); /* the I/O APIC, from GSI 0 */
    put(t, 12, 1);
    put(t, 0, 2);
    put(t, IO_APIC_ADDR, 4);
    put(t, 0, 4);
    put_override(t, 0, 2, 0); /* the PIT's line is at pin 2 */
    for (unsigned i = 0; i < sizeof(level); i++)
        put_override(t, level[i], level[i], 0x000d); /* level, active high */
    put(t, 4, 1);                                    /* NMI at LINT1 of all */
    put(t, 6, 1);
    put(t, 0xff, 1);
    put(t, 0, 2);
    put(t, 1, 1);
    table_end(t, at);
    return at;
}

static uint32_t put_root(struct acpi_tables *t, const char *sig, uint8_t size,
                         uint32_t fadt, uint32_t madt)
{
    uint32_t at = table_begin(t, sig, 1);

    put_pointer(t, fadt, size);
    put_pointer(t, madt, size);
    table_end(t, at);
    return at;
}

static void fill_rsdp(struct acpi_tables *t, uint32_t rsdt, uint32_t xsdt)
{
    memcpy(t->rsdp, "RSD PTR ", 8);
    memcpy(t->rsdp + 9, "HVMD  ", 6);
    t->rsdp[15] = 2;
    set32(t->rsdp + 16, rsdt);
    set32(t->rsdp + 20, ACPI_RSDP);
    set32(t->rsdp + 24, xsdt);
    add_fix(t,
            (struct acpi_fix){
                .kind = ACPI_FIX_POINTER, .rsdp = 1, .field = 16, .size = 4});
    add_fix(t,
            (struct acpi_fix){
                .kind = ACPI_FIX_POINTER, .rsdp = 1, .field = 24, .size = 8});
}

int acpi_build(struct acpi_tables *t, const struct acpi_config *c)
{
    uint32_t dsdt, fadt, madt, rsdt, xsdt;

    assert(c->max_cpus <= 254);
    *t = (struct acpi_tables){.cap = sizeof(dsdt_aml_code) + 4096};
    t->blob = calloc(1, t->cap);
    if (!t->blob)
        return -ENOMEM;
    put_facs(t); /* first, as it wants the alignment */
    dsdt = put_dsdt(t);
    fadt = put_fadt(t, c, dsdt);
    madt = put_madt(t, c);
    rsdt = put_root(t, "RSDT", 4, fadt, madt);
    xsdt = put_root(t, "XSDT", 8, fadt, madt);
    fill_rsdp(t, rsdt, xsdt);

    add_checksum(t, dsdt);
    add_checksum(t, fadt);
    add_checksum(t, madt);
    add_checksum(t, rsdt);
    add_checksum(t, xsdt);
    add_fix(t,
            (struct acpi_fix){
                .kind = ACPI_FIX_CHECKSUM, .rsdp = 1, .field = 8, .len = 20});
    add_fix(t, (struct acpi_fix){.kind = ACPI_FIX_CHECKSUM,
                                 .rsdp = 1,
                                 .field = 32,
                                 .len = ACPI_RSDP});
    return 0;
}

void acpi_free(struct acpi_tables *t)
{
    free(t->blob);
    t->blob = NULL;
}
