/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration space of everything on the board, by every width and
 * alignment (XSA-126, CVE-2020-13754): wide accesses are what their bytes are,
 * identity is not written, and nothing is left of it after a reset.
 */
#include "config.h"

#include <string.h>

#include "hw/pci/pci.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

static struct testvm *t;
static unsigned n_fns;
static uint16_t fns[32];

static void setup(void)
{
    const char *const words[] = {
        "-m",      "16M",
        "-drive",  "if=none,id=d0,format=null-co,size=1M",
        "-drive",  "if=none,id=d1,format=null-co,size=1M",
        "-netdev", "null,id=n0",
        "-device", "ide-hd,drive=d0",
        "-device", "xen-platform",
        "-device", "virtio-blk-pci,drive=d1",
        "-device", "virtio-net-pci-non-transitional,netdev=n0",
        "-device", "virtio-rng-pci-transitional",
        "-device", "pci-testdev",
        NULL};

    t = tv_new("pc", words);
    n_fns = 0;
    for (unsigned bdf = 0; bdf < 256; bdf++)
        if (tv_cfg_read(t, (uint16_t)bdf, 0, 4) != UINT32_MAX)
            fns[n_fns++] = (uint16_t)bdf;
    ck_assert_uint_eq(n_fns, 9);
}

static void teardown(void)
{
    tv_free(t);
}

static void get_all(uint16_t bdf, uint8_t b[256])
{
    for (unsigned off = 0; off < 256; off += 4) {
        uint32_t v = tv_cfg_read(t, bdf, off, 4);

        memcpy(b + off, &v, 4);
    }
}

START_TEST(reads_of_every_width)
{
    for (unsigned f = 0; f < n_fns; f++) {
        uint8_t b[256 + 4];

        get_all(fns[f], b);
        memset(b + 256, 0xff, 4); /* what nobody has */
        for (unsigned size = 1; size <= 4; size *= 2) {
            for (unsigned off = 0; off < 256; off++) {
                uint32_t want = 0, got = tv_cfg_read(t, fns[f], off, size);

                memcpy(&want, b + off, size);
                if (got == want && off % 4 + size <= 4) { /* by the ports */
                    tv_outl(t, 0xcf8, 1u << 31 | fns[f] << 8 | (off & ~3u));
                    got = size == 1   ? tv_inb(t, 0xcfc + off % 4)
                          : size == 2 ? tv_inw(t, 0xcfc + off % 4)
                                      : tv_inl(t, 0xcfc);
                }
                if (got != want)
                    ck_abort_msg("%02x.%u: %u bytes at %#x", fns[f] >> 3,
                                 fns[f] & 7, size, off);
            }
        }
    }
}
END_TEST

static void compare(unsigned f, unsigned off, unsigned size, uint32_t val)
{
    uint8_t made[256], wide[256], bytes[256];

    get_all(fns[f], made);
    tv_cfg_write(t, fns[f], off, size, val);
    get_all(fns[f], wide);
    tv_reset(t);
    get_all(fns[f], bytes);
    if (memcmp(made, bytes, 256))
        ck_abort_msg("%02x.%u: a reset does not undo %u bytes at %#x",
                     fns[f] >> 3, fns[f] & 7, size, off);
    for (unsigned i = 0; i < size && off + i < 256; i++)
        tv_cfg_write(t, fns[f], off + i, 1, val >> (8 * i) & 0xff);
    get_all(fns[f], bytes);
    tv_reset(t);
    for (unsigned i = 0; i < 256; i++) {
        bool fixed = i < 4 || (i >= 8 && i < 12) || i == PCI_HEADER_TYPE ||
                     (i >= 0x2c && i < 0x30) || i == PCI_CAPABILITY_LIST;
        bool may = i >= off && i < off + size && !fixed;

        if (wide[i] == bytes[i] && (wide[i] == made[i] || may))
            continue; /* an assertion costs more than all of this */
        ck_abort_msg("%02x.%u: %#x of %u bytes at %#x: byte %#x was %#x, is "
                     "%#x, by bytes %#x",
                     fns[f] >> 3, fns[f] & 7, val, size, off, i, made[i],
                     wide[i], bytes[i]);
    }
}

START_TEST(writes_of_every_width)
{
    static const uint32_t vals[] = {UINT32_MAX, 0, 0xa55a8001};

    for (unsigned f = 0; f < n_fns; f++)
        for (unsigned size = 1; size <= 4; size *= 2)
            for (unsigned off = 0; off < 256; off++)
                compare(f, off, size, vals[off % 3]);
}
END_TEST

/* XSA-476: what is unplugged has no registers left, and no ports. */
START_TEST(functions_that_are_hidden)
{
    struct pci_dev *p = (struct pci_dev *)tv_dev(t, "pci-testdev");
    uint16_t bdf = p->bdf;

    tv_cfg_write(t, bdf, 0x10, 4, 0xe0000000);
    tv_cfg_write(t, bdf, 0x14, 4, 0xd000);
    tv_cfg_write(t, bdf, PCI_COMMAND, 2, 3);
    ck_assert_uint_ne(tv_inl(t, 0xd000), UINT32_MAX);
    vm_lock(&t->vm);
    pci_hide(p);
    pci_hide(p); /* twice */
    vm_unlock(&t->vm);
    ck_assert_uint_eq(tv_inl(t, 0xd000), UINT32_MAX);
    ck_assert_uint_eq(tv_mmio_read(t, 0xe0000000, 4), UINT32_MAX);
    for (unsigned off = 0; off < 256; off += 4) {
        tv_cfg_write(t, bdf, off, 4, 0x7);
        ck_assert_uint_eq(tv_cfg_read(t, bdf, off, 4), UINT32_MAX);
    }
    ck_assert_uint_eq(tv_inl(t, 0xd000), UINT32_MAX);
    tv_roundtrip(t);
    ck_assert_uint_eq(tv_cfg_read(t, bdf, 0, 4), UINT32_MAX);
    tv_reset(t);
    ck_assert_uint_ne(tv_cfg_read(t, bdf, 0, 4), UINT32_MAX);
    ck_assert_uint_eq(tv_cfg_read(t, bdf, PCI_COMMAND, 2), 0);
}
END_TEST

START_TEST(storm)
{
    for (unsigned f = 0; f < n_fns; f++)
        tv_storm_cfg(t, fns[f], 3000, 476 + f);
    tv_storm_pio(t, 0xcf8, 8, 20000, 126);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        reads_of_every_width,
        writes_of_every_width,
        functions_that_are_hidden,
        storm,
        NULL,
    };

    return run_suite("config-space", setup, teardown, tests);
}
