/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pci/msi: on a card that has nothing else. */
#include "config.h"

#include "hw/pci/msi.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

struct card {
    struct pci_dev pci;
    struct pci_msi msi;
};

static struct testvm *t;
static struct card *card;
static unsigned cap;

static int card_create(struct dev *dev, struct cfg_err *err)
{
    static const struct pci_id id = {.vendor = 0x1234, .device = 0x5678};
    struct card *c = (struct card *)dev;
    int rc = pci_init(&c->pci, &id, err);

    if (!rc)
        pci_msi_init(&c->pci, &c->msi, 8);
    return rc;
}

static void card_reset(struct dev *dev)
{
    pci_reset(&((struct card *)dev)->pci);
}

static void card_destroy(struct dev *dev)
{
    pci_fini(&((struct card *)dev)->pci);
}

static const struct dev_prop card_props[] = {
    PCI_PROP_ADDR(struct card),
    DEV_PROP_END,
};
static const struct dev_class card_class = {
    .name = "card",
    .bus = "pci",
    .size = sizeof(struct card),
    .props = card_props,
    .create = card_create,
    .reset = card_reset,
    .destroy = card_destroy,
};

static void setup(void)
{
    struct dev *dev = NULL;
    struct cfg_err err = {""};

    t = tv_new("pc", NULL);
    vm_lock(&t->vm);
    ck_assert_msg(!dev_create(&t->vm, &card_class, NULL, &dev, &err), "%s",
                  err.text);
    card_reset(dev);
    vm_unlock(&t->vm);
    card = (struct card *)dev;
    cap = tv_cfg_read(t, card->pci.bdf, PCI_CAPABILITY_LIST, 1);
    ck_assert_uint_eq(tv_cfg_read(t, card->pci.bdf, cap, 1), PCI_CAP_ID_MSI);
}

static void teardown(void)
{
    tv_free(t);
}

static void cfg(unsigned off, unsigned size, uint32_t v)
{
    tv_cfg_write(t, card->pci.bdf, cap + off, size, v);
}

static void notify(unsigned i)
{
    vm_lock(&t->vm);
    pci_msi_notify(&card->msi, i);
    vm_unlock(&t->vm);
}

START_TEST(silent_until_enabled)
{
    ck_assert_uint_eq(tv_cfg_read(t, card->pci.bdf, cap + 2, 2), 0x0086);
    notify(0);
    ck_assert_uint_eq(t->msi_count, 0);
    /* only enable and how many can be written */
    cfg(2, 2, 0xffff);
    ck_assert_uint_eq(tv_cfg_read(t, card->pci.bdf, cap + 2, 2), 0x00f7);
    cfg(4, 4, 0xffffffff);
    ck_assert_uint_eq(tv_cfg_read(t, card->pci.bdf, cap + 4, 4), 0xfffffffc);
    cfg(2, 2, 0);
    notify(0);
    ck_assert_uint_eq(t->msi_count, 0);
}
END_TEST

START_TEST(sends_its_message)
{
    cfg(4, 4, 0xfee01000);
    cfg(8, 4, 0x1);
    cfg(12, 2, 0x4567);
    cfg(2, 2, 1);
    notify(0);
    ck_assert_uint_eq(t->msi_count, 1);
    ck_assert_uint_eq(t->msi_addr, 0x1fee01000);
    ck_assert_uint_eq(t->msi_data, 0x4567);
    /* one is allowed: any other is that one */
    notify(5);
    ck_assert_uint_eq(t->msi_data, 0x4567);
}
END_TEST

START_TEST(counts_in_the_low_bits)
{
    cfg(4, 4, 0xfee00000);
    cfg(12, 2, 0x47);
    cfg(2, 2, 1 | 2 << 4); /* four */
    for (unsigned i = 0; i < 9; i++) {
        notify(i);
        ck_assert_uint_eq(t->msi_data, 0x44 + (i < 4 ? i : 3));
    }
    cfg(2, 2, 1 | 7 << 4); /* more than it has */
    notify(31);
    ck_assert_uint_eq(t->msi_data, 0x47);
    notify(2);
    ck_assert_uint_eq(t->msi_data, 0x42);
}
END_TEST

START_TEST(reset_disables)
{
    cfg(2, 2, 1);
    tv_reset(t);
    notify(0);
    ck_assert_uint_eq(t->msi_count, 0);
}
END_TEST

START_TEST(storm)
{
    tv_storm_cfg(t, card->pci.bdf, 4000, 0x4d5349);
    for (unsigned i = 0; i < 40; i++)
        notify(i);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        silent_until_enabled,
        sends_its_message,
        counts_in_the_low_bits,
        reset_disables,
        storm,
        NULL,
    };

    return run_suite("msi", setup, teardown, tests);
}
