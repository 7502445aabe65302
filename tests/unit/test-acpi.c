/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/acpi: what an operating system finds, placed by us and by a firmware. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "hw/acpi/acpi.h"
#include "hw/pc.h"
#include "tests/lib/fw-cfg-client.h"
#include "tests/lib/suite.h"

static uint64_t get(const uint8_t *p, unsigned size)
{
    uint64_t v = 0;

    memcpy(&v, p, size);
    return v;
}

static uint8_t sum(const uint8_t *p, size_t len)
{
    uint8_t s = 0;

    while (len--)
        s += *p++;
    return s;
}

/* The tables of one machine as they lie at base. */
struct view {
    const uint8_t *rsdp, *blob;
    uint64_t base, len;
};

/* The table at an address, checked. */
static const uint8_t *table(const struct view *v, uint64_t addr,
                            const char *sig)
{
    const uint8_t *t = v->blob + (addr - v->base);
    uint32_t len;

    ck_assert_uint_ge(addr, v->base);
    ck_assert_uint_le(addr - v->base + 36, v->len);
    ck_assert_mem_eq(t, sig, 4);
    len = (uint32_t)get(t + 4, 4);
    ck_assert_uint_le(addr - v->base + len, v->len);
    if (strcmp(sig, "FACS"))
        ck_assert_uint_eq(sum(t, len), 0);
    return t;
}

static void check_fadt(const struct view *v, const uint8_t *fadt)
{
    uint64_t facs = get(fadt + 36, 4);

    ck_assert_uint_eq(get(fadt + 4, 4), 244);
    ck_assert_uint_eq(facs % 64, 0);
    ck_assert_uint_eq(get(table(v, facs, "FACS") + 4, 4), 64);
    ck_assert_ptr_eq(table(v, get(fadt + 40, 4), "DSDT"),
                     table(v, get(fadt + 140, 8), "DSDT"));
    ck_assert_uint_eq(get(fadt + 46, 2), 9);
    ck_assert_uint_eq(get(fadt + 56, 4), 0x600);
    ck_assert_uint_eq(get(fadt + 64, 4), 0x604);
    ck_assert_uint_eq(get(fadt + 76, 4), 0x608);
    ck_assert_uint_eq(get(fadt + 80, 4), 0x60c);
    /* reset register: a byte in port space */
    ck_assert_uint_eq(get(fadt + 116, 4), 0x01000801);
    ck_assert_uint_eq(get(fadt + 120, 8), 0xcf9);
    ck_assert_uint_eq(fadt[128], 6);
    /* the timer again, 32 bits wide */
    ck_assert_uint_eq(get(fadt + 208, 4), 0x03002001);
    ck_assert_uint_eq(get(fadt + 212, 8), 0x608);
    ck_assert_uint_eq(get(fadt + 224, 8), 0x60c);
}

static void check_madt(const uint8_t *madt, unsigned cpus, unsigned max_cpus)
{
    const uint8_t *end = madt + get(madt + 4, 4), *p;
    unsigned local = 0, enabled = 0, io = 0, overrides = 0, nmi = 0;

    ck_assert_uint_eq(get(madt + 36, 4), 0xfee00000);
    for (p = madt + 44; p < end; p += p[1]) {
        ck_assert_uint_ge(p[1], 2);
        switch (p[0]) {
        case 0:
            ck_assert_uint_eq(p[3], local);
            local++;
            enabled += (unsigned)get(p + 4, 4);
            break;
        case 1:
            ck_assert_uint_eq(get(p + 4, 4), 0xfec00000);
            io++;
            break;
        case 2:
            overrides++;
            break;
        case 4:
            nmi++;
            break;
        default:
            ck_abort_msg("entry of type %u", p[0]);
        }
    }
    ck_assert_ptr_eq(p, end);
    ck_assert_uint_eq(local, max_cpus);
    ck_assert_uint_eq(enabled, cpus);
    ck_assert_uint_eq(io, 1);
    ck_assert_uint_eq(overrides, 5);
    ck_assert_uint_eq(nmi, 1);
}

static void check_all(const struct view *v, unsigned cpus, unsigned max_cpus)
{
    const uint8_t *rsdt, *xsdt;

    ck_assert_mem_eq(v->rsdp, "RSD PTR ", 8);
    ck_assert_uint_eq(sum(v->rsdp, 20), 0);
    ck_assert_uint_eq(sum(v->rsdp, 36), 0);
    rsdt = table(v, get(v->rsdp + 16, 4), "RSDT");
    xsdt = table(v, get(v->rsdp + 24, 8), "XSDT");
    ck_assert_uint_eq(get(rsdt + 4, 4), 36 + 2 * 4);
    ck_assert_uint_eq(get(xsdt + 4, 4), 36 + 2 * 8);
    ck_assert_uint_eq(get(rsdt + 36, 4), get(xsdt + 36, 8));
    ck_assert_uint_eq(get(rsdt + 40, 4), get(xsdt + 44, 8));
    check_fadt(v, table(v, get(xsdt + 36, 8), "FACP"));
    check_madt(table(v, get(xsdt + 44, 8), "APIC"), cpus, max_cpus);
}

START_TEST(test_placed_by_hand)
{
    static const struct {
        unsigned cpus, max_cpus;
        uint32_t base;
    } c[] = {
        {1, 1, 0xe0040}, {3, 8, 0xe0000}, {64, 64, 0x7fff0000}, {1, 64, 0x40}};

    for (unsigned i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct acpi_config cfg = {c[i].cpus, c[i].max_cpus, PC_PM_BASE};
        struct acpi_tables t;

        ck_assert_int_eq(acpi_build(&t, &cfg), 0);
        acpi_place(&t, c[i].base);
        check_all(&(struct view){t.rsdp, t.blob, c[i].base, t.len}, c[i].cpus,
                  c[i].max_cpus);
        /* between the fixed places of hw/pc-tables.h */
        ck_assert_uint_lt(t.len, 0xf0000 - 0xe0040);
        acpi_free(&t);
    }
}
END_TEST

/* A firmware's side of the script. */
struct file {
    char name[56];
    uint8_t *data;
    uint32_t len, base;
};

static struct file *file_of(struct file f[2], const uint8_t *name)
{
    for (unsigned i = 0; i < 2; i++)
        if (!strcmp(f[i].name, (const char *)name))
            return &f[i];
    ck_abort_msg("the script names '%s' before it was allocated", name);
    return NULL;
}

static void run_command(struct testvm *t, const uint8_t *c, struct file f[2],
                        unsigned *n, uint32_t *next)
{
    struct file *dest, *src;
    uint64_t val;
    uint32_t off;

    switch (get(c, 4)) {
    case 1:
        ck_assert_uint_lt(*n, 2);
        dest = &f[(*n)++];
        strcpy(dest->name, (const char *)c + 4);
        dest->data = fwc_file(t, dest->name, &dest->len);
        *next = (*next + (uint32_t)get(c + 60, 4) - 1) &
                ~((uint32_t)get(c + 60, 4) - 1);
        dest->base = *next;
        *next += dest->len;
        break;
    case 2:
        dest = file_of(f, c + 4);
        src = file_of(f, c + 60);
        off = (uint32_t)get(c + 116, 4);
        ck_assert_uint_le(off + c[120], dest->len);
        val = get(dest->data + off, c[120]);
        ck_assert_uint_lt(val, src->len);
        val += src->base;
        memcpy(dest->data + off, &val, c[120]);
        break;
    case 3:
        dest = file_of(f, c + 4);
        off = (uint32_t)get(c + 60, 4);
        ck_assert_uint_lt(off, dest->len);
        ck_assert_uint_le(get(c + 64, 4) + get(c + 68, 4), dest->len);
        dest->data[off] -= sum(dest->data + get(c + 64, 4), get(c + 68, 4));
        break;
    default:
        ck_abort_msg("command %u", (unsigned)get(c, 4));
    }
}

START_TEST(test_placed_by_firmware)
{
    struct testvm *t =
        tv_new("pc", (const char *const[]){"-smp", "3,maxcpus=7", NULL});
    struct file f[2] = {{.data = NULL}}, *tables, *rsdp;
    uint32_t len, next = 0x1234;
    uint8_t *script = fwc_file(t, "etc/table-loader", &len);
    unsigned n = 0;

    ck_assert_uint_eq(len % 128, 0);
    for (uint32_t off = 0; off < len; off += 128)
        run_command(t, script + off, f, &n, &next);
    ck_assert_uint_eq(n, 2);
    tables = file_of(f, (const uint8_t *)"etc/acpi/tables");
    rsdp = file_of(f, (const uint8_t *)"etc/acpi/rsdp");
    ck_assert_uint_eq(rsdp->base % 16, 0);
    check_all(
        &(struct view){rsdp->data, tables->data, tables->base, tables->len}, 3,
        7);
    free(f[0].data);
    free(f[1].data);
    free(script);
    tv_free(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_placed_by_hand,
        test_placed_by_firmware,
        NULL,
    };

    return run_suite("acpi", NULL, NULL, tests);
}
