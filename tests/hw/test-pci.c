/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pci: configuration space, BARs, interrupt pins, bus, assignment. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "dm/options.h"
#include "hw/pci/pci-assign.h"
#include "hw/pci/pci.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

/* A function with a BAR of each kind; every BAR reads as its number. */
struct card {
    struct pci_dev pci;
    unsigned n[PCI_BARS];
    unsigned mapped, unmapped; /* calls of moved */
    uint64_t seen;             /* last offset */
    unsigned written_off, written_size;
};

static struct testvm *t;
static struct card *a, *b;

static uint64_t bar_read(void *opaque, uint64_t off, unsigned size)
{
    return *(unsigned *)opaque;
}

static void bar_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
}

static const struct bus_ops bar_ops = {
    .read = bar_read, .write = bar_write, .min = 1, .max = 4};

static void moved(void *opaque, bool mapped)
{
    struct card *c = (struct card *)((char *)opaque - offsetof(struct card, n));

    if (mapped)
        c->mapped++;
    else
        c->unmapped++;
}

static void written(struct pci_dev *p, unsigned off, unsigned size)
{
    struct card *c = (struct card *)p;

    c->written_off = off;
    c->written_size = size;
}

static void set_bar(struct card *c, unsigned n, enum pci_bar_type type,
                    uint64_t size)
{
    c->n[n] = 0x11 * (n + 1);
    c->pci.bar[n] = (struct pci_bar){.type = type};
    c->pci.bar[n].region = (struct bus_region){
        .name = "bar", .ops = &bar_ops, .opaque = &c->n[n], .size = size};
    if (n == 0)
        c->pci.bar[n].moved = moved;
    pci_bar_set(&c->pci, n);
}

static int card_create(struct dev *dev, struct cfg_err *err)
{
    static const struct pci_id id = {.vendor = 0x1234,
                                     .device = 0x5678,
                                     .class_code = 0x0a0b0c,
                                     .revision = 9,
                                     .int_pin = 2};
    struct card *c = (struct card *)dev;
    int rc = pci_init(&c->pci, &id, err);

    if (rc)
        return rc;
    c->pci.config_written = written;
    set_bar(c, 0, PCI_BAR_IO, 16);
    set_bar(c, 1, PCI_BAR_MEM32, 4096);
    set_bar(c, 2, PCI_BAR_MEM64, 1 << 20);
    pci_cap_add(&c->pci, PCI_CAP_ID_VENDOR, 7);
    pci_cap_add(&c->pci, 0x42, 4);
    return 0;
}

static void card_reset(struct dev *dev)
{
    pci_reset(&((struct card *)dev)->pci);
}

static void card_destroy(struct dev *dev)
{
    pci_fini(&((struct card *)dev)->pci);
}

static int card_post_load(struct dev *dev)
{
    return pci_post_load(&((struct card *)dev)->pci);
}

static const struct dev_prop card_props[] = {
    PCI_PROP_ADDR(struct card),
    DEV_PROP_END,
};
static const struct state_field card_fields[] = {
    STATE_STRUCT(struct card, pci, pci_state),
    STATE_END,
};
static const struct state_desc card_state = {
    .name = "card",
    .version = 1,
    .min_version = 1,
    .fields = card_fields,
    .post_load = card_post_load,
};
static const struct dev_class card_class = {
    .name = "card",
    .bus = "pci",
    .size = sizeof(struct card),
    .props = card_props,
    .create = card_create,
    .reset = card_reset,
    .destroy = card_destroy,
    .state = &card_state,
};

static int try_card(struct testvm *tv, const char *addr, struct card **out,
                    struct cfg_err *err)
{
    struct opts *o = opts_new();
    struct dev *dev = NULL;
    int rc;

    if (addr)
        opts_set(o, "addr", addr);
    vm_lock(&tv->vm);
    rc = dev_create(&tv->vm, &card_class, o, &dev, err);
    if (!rc)
        dev->cls->reset(dev);
    vm_unlock(&tv->vm);
    opts_free(o);
    *out = (struct card *)dev;
    return rc;
}

static struct card *new_card(const char *addr)
{
    struct cfg_err err = {""};
    struct card *c;

    ck_assert_msg(!try_card(t, addr, &c, &err), "%s", err.text);
    return c;
}

static void setup(void)
{
    t = tv_new("pc", (const char *const[]){NULL});
    a = new_card("4");
    b = new_card("5.0");
}

static void teardown(void)
{
    tv_free(t);
}

#define A PCI_DEVFN(4, 0)
#define B PCI_DEVFN(5, 0)

static uint32_t get(uint16_t bdf, unsigned off, unsigned size)
{
    return tv_cfg_read(t, bdf, off, size);
}

static void put(uint16_t bdf, unsigned off, unsigned size, uint32_t v)
{
    tv_cfg_write(t, bdf, off, size, v);
}

START_TEST(test_header)
{
    ck_assert_uint_eq(get(A, PCI_VENDOR_ID, 4), 0x56781234);
    ck_assert_uint_eq(get(A, PCI_REVISION_ID, 4), 0x0a0b0c09);
    ck_assert_uint_eq(get(A, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x11001af4);
    ck_assert_uint_eq(get(A, PCI_INTERRUPT_PIN, 1), 2);
    ck_assert_uint_eq(get(A, PCI_HEADER_TYPE, 1), 0);
    ck_assert_uint_eq(get(A, PCI_COMMAND, 2), 0);
    /* any width and alignment */
    ck_assert_uint_eq(get(A, 1, 2), 0x7812);
    ck_assert_uint_eq(get(A, 1, 4), 0x00567812);
    ck_assert_uint_eq(get(A, 3, 1), 0x56);
    /* nobody there */
    ck_assert_uint_eq(get(PCI_DEVFN(9, 0), 0, 4), 0xffffffff);
    ck_assert_uint_eq(get(0x100 | A, 0, 4), 0xffffffff);
    ck_assert_str_eq(a->pci.dev.path, "pci.0/04.0/card");
}
END_TEST

START_TEST(test_capability_list)
{
    unsigned off = get(A, PCI_CAPABILITY_LIST, 1);

    ck_assert_uint_eq(get(A, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST,
                      PCI_STATUS_CAP_LIST);
    ck_assert_uint_eq(off, 0x40);
    ck_assert_uint_eq(get(A, off, 2), 0x4800 | PCI_CAP_ID_VENDOR);
    ck_assert_uint_eq(get(A, 0x48, 2), 0x0042);
}
END_TEST

/* What a guest may write of each byte of the header and of the rest
 * (XSA-126, XSA-128, XSA-129, XSA-131): bit by bit, ones and zeros. */
static uint8_t writable(unsigned off)
{
    switch (off) {
    case PCI_COMMAND:
        return 0x07;
    case PCI_COMMAND + 1:
        return 0x05;
    case PCI_CACHE_LINE_SIZE:
    case PCI_INTERRUPT_LINE:
    case 0x12: /* BAR 0, 16 ports */
    case 0x13:
    case 0x16: /* BAR 1, 4 KiB */
    case 0x17:
    case 0x1b: /* BAR 2, 1 MiB, 64 bits */
    case 0x1c:
    case 0x1d:
    case 0x1e:
    case 0x1f:
    case 0x11:
        return 0xff;
    case 0x10:
    case 0x15:
    case 0x1a:
        return 0xf0;
    default:
        return 0;
    }
}

START_TEST(test_write_mask)
{
    for (unsigned off = 0; off < 256; off++) {
        uint8_t made = (uint8_t)get(A, off, 1);

        for (unsigned bit = 0; bit < 8; bit++) {
            uint8_t m = (uint8_t)(1u << bit);
            uint8_t want = (uint8_t)(made | (m & writable(off)));

            put(A, off, 1, made | m);
            ck_assert_msg(get(A, off, 1) == want, "byte %#x, bit %u", off, bit);
            put(A, off, 1, 0);
            want = made & (uint8_t)~writable(off);
            ck_assert_msg(get(A, off, 1) == want, "byte %#x, bit %u", off, bit);
        }
    }
    /* neighbours in one access stay what they are */
    put(A, 0x3a, 4, 0xffffffff);
    ck_assert_uint_eq(get(A, 0x3a, 4), 0x02ff0000);
    put(A, 0xfe, 4, 0xffffffff); /* beyond the end */
    ck_assert_uint_eq(get(A, PCI_VENDOR_ID, 4), 0x56781234);
}
END_TEST

START_TEST(test_status_write_one_to_clear)
{
    vm_lock(&t->vm);
    pci_set16(a->pci.config + PCI_STATUS,
              pci_get16(a->pci.config + PCI_STATUS) | 0xf900);
    vm_unlock(&t->vm);
    put(A, PCI_STATUS, 2, 0x0800);
    ck_assert_uint_eq(get(A, PCI_STATUS, 2), 0xf110);
    put(A, PCI_STATUS + 1, 1, 0x01);
    ck_assert_uint_eq(get(A, PCI_STATUS, 2), 0xf010);
    put(A, PCI_COMMAND, 4, 0xffff0000);
    ck_assert_uint_eq(get(A, PCI_STATUS, 2), 0x0010);
}
END_TEST

START_TEST(test_written_is_called)
{
    put(A, PCI_INTERRUPT_LINE, 2, 0x1111);
    ck_assert_uint_eq(a->written_off, PCI_INTERRUPT_LINE);
    ck_assert_uint_eq(a->written_size, 2);
}
END_TEST

START_TEST(test_bar_sizing)
{
    static const struct {
        unsigned off;
        uint32_t ones, flags;
    } bar[] = {
        {0x10, 0xfffffff1, 1}, {0x14, 0xfffff000, 0}, {0x18, 0xfff00004, 4},
        {0x1c, 0xffffffff, 0}, {0x20, 0, 0},          {0x24, 0, 0},
        {0x30, 0, 0}, /* no ROM */
    };

    put(A, PCI_COMMAND, 2, 3); /* some firmware sizes while decoding */
    for (unsigned i = 0; i < sizeof(bar) / sizeof(bar[0]); i++) {
        ck_assert_uint_eq(get(A, bar[i].off, 4), bar[i].flags);
        put(A, bar[i].off, 4, 0xffffffff);
        ck_assert_uint_eq(get(A, bar[i].off, 4), bar[i].ones);
    }
    ck_assert_uint_eq(a->mapped, 0);
}
END_TEST

START_TEST(test_bar_moves)
{
    put(A, 0x10, 4, 0xc000);
    ck_assert_uint_eq(tv_inb(t, 0xc000), 0xff); /* not decoding yet */
    put(A, PCI_COMMAND, 2, PCI_COMMAND_IO);
    ck_assert_uint_eq(tv_inb(t, 0xc00f), 0x11);
    ck_assert_uint_eq(tv_inb(t, 0xc010), 0xff);
    put(A, 0x11, 1, 0xd0); /* a byte of it */
    ck_assert_uint_eq(tv_inb(t, 0xc000), 0xff);
    ck_assert_uint_eq(tv_inb(t, 0xd000), 0x11);
    ck_assert_uint_eq(a->mapped, 2);
    ck_assert_uint_eq(a->unmapped, 1);
    put(A, 0x10, 4, 0x1c000); /* beyond the ports */
    ck_assert_uint_eq(tv_inb(t, 0xc000), 0xff);
    put(A, 0x10, 4, 0);
    ck_assert_uint_eq(tv_inb(t, 0), 0xff);

    put(A, 0x14, 4, 0xe0000000);
    put(A, 0x18, 4, 0x00100000);
    put(A, 0x1c, 4, 0x80);
    ck_assert_uint_eq(tv_mmio_read(t, 0xe0000000, 1), 0xff);
    put(A, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    ck_assert_uint_eq(tv_mmio_read(t, 0xe0000fff, 1), 0x22);
    ck_assert_uint_eq(tv_mmio_read(t, 0x80001fffffull, 1), 0x33);
    ck_assert_uint_eq(tv_mmio_read(t, 0x8000200000ull, 1), 0xff);
    put(A, PCI_COMMAND, 2, 0);
    ck_assert_uint_eq(tv_mmio_read(t, 0x80001fffffull, 1), 0xff);
}
END_TEST

START_TEST(test_overlap_waits)
{
    put(A, 0x14, 4, 0xe0000000);
    put(A, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    vm_lock(&t->vm);
    b->n[1] = 0x77;
    vm_unlock(&t->vm);
    put(B, 0x14, 4, 0xe0000000);
    put(B, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    ck_assert_uint_eq(tv_mmio_read(t, 0xe0000000, 1), 0x22);
    put(A, 0x14, 4, 0xe0001000);
    ck_assert_uint_eq(tv_mmio_read(t, 0xe0000000, 1), 0x77);
    ck_assert_uint_eq(tv_mmio_read(t, 0xe0001000, 1), 0x22);
    /* also over each other's BARs of one function, and when it goes away */
    put(A, 0x14, 4, 0xe0000000);
    ck_assert_uint_eq(tv_mmio_read(t, 0xe0000000, 1), 0x77);
    vm_lock(&t->vm);
    dev_destroy(&b->pci.dev);
    vm_unlock(&t->vm);
    ck_assert_uint_eq(tv_mmio_read(t, 0xe0000000, 1), 0x22);
    ck_assert_uint_eq(get(B, 0, 4), 0xffffffff);
    /* over ports that are no BAR */
    put(A, 0x10, 4, 0xcf0);
    put(A, PCI_COMMAND, 2, PCI_COMMAND_IO);
    ck_assert_uint_eq(tv_inb(t, 0xcf0), 0xff);
    tv_outl(t, 0xcf8, 0x80000000);
    ck_assert_uint_eq(tv_inl(t, 0xcfc), 0x12378086);
}
END_TEST

START_TEST(test_intx)
{
    /* INTB# of slot 4 is link A, which the firmware routes to a line */
    put(PCI_DEVFN(1, 0), 0x60, 1, 0x0a);
    vm_lock(&t->vm);
    pci_intx_set(&a->pci, true);
    vm_unlock(&t->vm);
    ck_assert(tv_gsi(t, 10));
    ck_assert_uint_eq(get(A, PCI_STATUS, 2) & PCI_STATUS_INTX, PCI_STATUS_INTX);
    put(A, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
    ck_assert(!tv_gsi(t, 10));
    ck_assert_uint_eq(get(A, PCI_STATUS, 2) & PCI_STATUS_INTX, PCI_STATUS_INTX);
    put(A, PCI_COMMAND, 2, 0);
    ck_assert(tv_gsi(t, 10));
    put(PCI_DEVFN(1, 0), 0x60, 1, 0x0b);
    ck_assert(!tv_gsi(t, 10));
    ck_assert(tv_gsi(t, 11));
    vm_lock(&t->vm);
    pci_fini(&a->pci);
    vm_unlock(&t->vm);
    ck_assert(!tv_gsi(t, 11));
}
END_TEST

START_TEST(test_slots)
{
    struct card *c = new_card(NULL), *d;
    struct cfg_err err;

    ck_assert_uint_eq(c->pci.bdf, PCI_DEVFN(2, 0)); /* 0 and 1: the board's */
    ck_assert_int_eq(try_card(t, "4", &d, &err), -EBUSY);
    ck_assert_ptr_nonnull(strstr(err.text, "04.0"));
    ck_assert_ptr_nonnull(strstr(err.text, "card"));
    ck_assert_int_eq(try_card(t, "20", &d, &err), -EINVAL);
    ck_assert_uint_eq(get(A, PCI_HEADER_TYPE, 1), 0);
    d = new_card("4.3");
    ck_assert_uint_eq(d->pci.bdf, PCI_DEVFN(4, 3));
    ck_assert_uint_eq(get(A, PCI_HEADER_TYPE, 1), PCI_HEADER_MULTIFUNCTION);
    for (unsigned slot = 3; slot < 32; slot++)
        if (slot != 4 && slot != 5)
            new_card(NULL);
    ck_assert_int_eq(try_card(t, NULL, &d, &err), -EBUSY);
    ck_assert_ptr_nonnull(strstr(err.text, "32 slots"));
}
END_TEST

START_TEST(test_reset)
{
    put(A, 0x10, 4, 0xc000);
    put(A, PCI_INTERRUPT_LINE, 1, 5);
    put(A, PCI_COMMAND, 2, 0x507);
    vm_lock(&t->vm);
    pci_intx_set(&a->pci, true);
    vm_unlock(&t->vm);
    tv_reset(t);
    ck_assert_uint_eq(get(A, 0x10, 4), 1);
    ck_assert_uint_eq(get(A, PCI_COMMAND, 4), 0x00100000);
    ck_assert_uint_eq(get(A, PCI_INTERRUPT_LINE, 1), 0);
    ck_assert_uint_eq(tv_inb(t, 0xc000), 0xff);
}
END_TEST

START_TEST(test_state)
{
    struct testvm *twin = tv_new("pc", (const char *const[]){NULL});
    struct state_buf buf = {0};
    struct cfg_err err = {""};
    struct card *c;

    put(A, 0x10, 4, 0xc000);
    put(A, 0x14, 4, 0xe0000000);
    put(A, PCI_COMMAND, 2, 0x7);
    vm_lock(&t->vm);
    pci_intx_set(&a->pci, true);
    state_save_dev(&a->pci.dev, &buf);
    vm_unlock(&t->vm);

    ck_assert(!try_card(twin, "4", &c, &err));
    tv_cfg_write(twin, PCI_DEVFN(1, 0), 0x60, 1, 0x0a);
    vm_lock(&twin->vm);
    ck_assert_msg(!state_load_dev(&c->pci.dev, &buf, &err), "%s", err.text);
    vm_unlock(&twin->vm);
    ck_assert_mem_eq(c->pci.config, a->pci.config, 256);
    ck_assert_uint_eq(tv_inb(twin, 0xc000), 0x11);
    ck_assert_uint_eq(tv_mmio_read(twin, 0xe0000000, 1), 0x22);
    ck_assert(tv_gsi(twin, 10));

    /* A stream may hold anything: bits no guest can write do not change, and
     * another chip's space is refused. */
    vm_lock(&twin->vm);
    memset(c->pci.config + 4, 0xff, 252);
    ck_assert_int_eq(pci_post_load(&c->pci), 0);
    ck_assert_uint_eq(c->pci.config[PCI_CAPABILITY_LIST], 0x40);
    c->pci.config[0] = 0;
    ck_assert_int_eq(pci_post_load(&c->pci), -EINVAL);
    vm_unlock(&twin->vm);
    state_buf_free(&buf);
    tv_free(twin);
}
END_TEST

START_TEST(test_assign)
{
    static const struct pci_plan plan = {
        .io = {0xc001, 0xc100},
        .mem = {0xe0000000, 0xe0201000},
        .line = {3, 4, 5, 6},
    };
    struct card *c = new_card("6");
    uint32_t io;

    vm_lock(&t->vm);
    pci_assign((struct pci_bus *)a->pci.dev.bus, &plan);
    vm_unlock(&t->vm);
    /* other functions have ports, too */
    io = get(A, 0x10, 4) - 1;
    ck_assert_uint_ge(io, 0xc010);
    ck_assert_uint_eq(get(B, 0x10, 4) - 1, io + 16);
    ck_assert_uint_eq(get(c->pci.bdf, 0x10, 4) - 1, io + 32);
    /* the biggest first, which leaves room for one of the small */
    ck_assert_uint_eq(get(A, 0x18, 4), 0xe0000004);
    ck_assert_uint_eq(get(B, 0x18, 4), 0xe0100004);
    ck_assert_uint_eq(get(c->pci.bdf, 0x18, 4), 0x00000004);
    ck_assert_uint_eq(get(A, 0x14, 4), 0xe0200000);
    ck_assert_uint_eq(get(B, 0x14, 4), 0); /* no room: nowhere, but alive */
    ck_assert_uint_eq(get(A, PCI_INTERRUPT_LINE, 1), 3);
    ck_assert_uint_eq(get(B, PCI_INTERRUPT_LINE, 1), 4);
    ck_assert_uint_eq(get(A, PCI_COMMAND, 2), 7);
    ck_assert_uint_eq(tv_inb(t, (uint16_t)io), 0x11);
    ck_assert_uint_eq(tv_mmio_read(t, 0xe0100000, 1), 0x33);
}
END_TEST

START_TEST(test_storm)
{
    tv_storm_cfg(t, A, 20000, 0x9c1a);
    tv_storm_cfg(t, B, 20000, 0x9c1b);
    tv_reset(t);
    ck_assert_uint_eq(get(A, PCI_VENDOR_ID, 4), 0x56781234);
    a->mapped = a->unmapped = 0;
    test_bar_moves_fn(0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_header,
        test_capability_list,
        test_write_mask,
        test_status_write_one_to_clear,
        test_written_is_called,
        test_bar_sizing,
        test_bar_moves,
        test_overlap_waits,
        test_intx,
        test_slots,
        test_reset,
        test_state,
        test_assign,
        test_storm,
        NULL,
    };

    return run_suite("pci", setup, teardown, tests);
}
