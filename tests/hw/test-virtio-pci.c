/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/virtio/virtio-pci, hw/virtio/virtio, hw/pci/msix: the transport. The
 * device behind it is the entropy source, the simplest one. */
#include "config.h"

#include <string.h>

#include "dm/dev.h"
#include "dm/state.h"
#include "hw/pci/pci-regs.h"
#include "hw/virtio/virtio.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"
#include "tests/lib/virtio-driver.h"

#define PIIX3 (1 << 3)
#define LINE 11
#define RNG VIRTIO_ID_RNG

static struct testvm *t;
static struct vd d;

static void make(const char *device)
{
    const char *const args[] = {"-m", "32M", "-device", device, NULL};

    t = tv_new("pc", args);
    for (unsigned i = 0; i < 4; i++)
        tv_cfg_write(t, PIIX3, 0x60 + i, 1, LINE);
}

static void setup(void)
{
    make("virtio-rng-pci");
}

static void teardown(void)
{
    tv_free(t);
}

static void remake(const char *device)
{
    tv_free(t);
    make(device);
}

/* Bytes from the device, through queue 0. */
static uint32_t get_bytes(struct vd_queue *q, uint32_t len)
{
    struct vd_buf b = {vd_alloc(q->d, len, 1), len, true};

    return vd_do(q, &b, 1);
}

static void up(void)
{
    vd_bring_up(&d, t, RNG, 0, 1);
}

START_TEST(identity_transitional)
{
    vd_open(&d, t, RNG, 0);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, PCI_DEVICE_ID, 2), 0x1005);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, PCI_SUBSYSTEM_ID, 2), RNG);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, PCI_REVISION_ID, 1), 0);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, PCI_BAR_0, 4) & 1, 1);
    ck_assert_uint_ne(d.common, 0);
    ck_assert_uint_ne(d.notify, 0);
    ck_assert_uint_ne(d.isr, 0);
    ck_assert_uint_eq(d.device, 0); /* it has no configuration */
    ck_assert_uint_eq(d.vectors, 2);
    ck_assert_uint_eq(vd_offered(&d) >> VIRTIO_F_VERSION_1 & 1, 1);
    tv_roundtrip(t);
}
END_TEST

START_TEST(identity_modern)
{
    static const char *const words[] = {"virtio-rng-pci-non-transitional",
                                        "virtio-rng,disable-legacy=on"};

    remake(words[_i]);
    vd_open(&d, t, RNG, 0);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, PCI_DEVICE_ID, 2), 0x1044);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, PCI_SUBSYSTEM_ID, 2), 0x1100);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, PCI_REVISION_ID, 1), 1);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, PCI_BAR_0, 4), 0);
    up();
    ck_assert_uint_eq(get_bytes(&d.q[0], 16), 16);
    tv_roundtrip(t);
}
END_TEST

START_TEST(identity_legacy)
{
    remake("virtio-rng-pci,disable-modern=on,vectors=0");
    vd_open(&d, t, RNG, 0);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, PCI_DEVICE_ID, 2), 0x1005);
    ck_assert_uint_eq(d.common, 0);
    ck_assert_uint_eq(d.vectors, 0);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, PCI_BAR_0 + 16, 4), 0);
}
END_TEST

START_TEST(bad_properties)
{
    static const struct {
        const char *device, *says;
    } bad[] = {
        {"virtio-rng-pci,disable-legacy=on,disable-modern=on", "exclude"},
        {"virtio-rng-pci,disable-legacy=maybe", "on, off or auto"},
        {"virtio-rng-pci,vectors=129", "0 to 128"},
        {"virtio-rng-pci,max-bytes=0", "more than 0"},
        {"virtio-rng-pci,nonsense=1", "nonsense"},
    };
    const char *const args[] = {"-device", bad[_i].device, NULL};
    struct cfg_err err = {""};

    ck_assert_ptr_null(tv_try("pc", args, &err));
    ck_assert_msg(strstr(err.text, bad[_i].says), "%s", err.text);
}
END_TEST

START_TEST(features_handshake)
{
    vd_open(&d, t, RNG, 0);
    ck_assert(vd_negotiate(&d, 0));
    /* accepted is accepted */
    vd_common_write(&d, 0x08, 4, 0);
    vd_common_write(&d, 0x0c, 4, 0xffffffff);
    ck_assert_uint_eq(vd_common_read(&d, 0x0c, 4), 0);
    /* what was not offered */
    ck_assert(!vd_negotiate(&d, 1));
    ck_assert(!vd_negotiate(&d, 1ull << 63));
    ck_assert(!vd_negotiate(&d, 1ull << VIRTIO_F_ANY_LAYOUT));
    /* no VERSION_1 */
    vd_reset(&d);
    vd_common_write(&d, 0x14, 1, 11);
    ck_assert_uint_eq(vd_status(&d), 3);
    /* there are only two words */
    vd_common_write(&d, 0x00, 4, 2);
    ck_assert_uint_eq(vd_common_read(&d, 0x04, 4), 0);
    vd_common_write(&d, 0x08, 4, 0x80000000);
    ck_assert_uint_eq(vd_common_read(&d, 0x0c, 4), 0);
    tv_roundtrip(t);
}
END_TEST

/* A queue that runs was set up by the features of then. */
START_TEST(no_features_behind_driver_ok)
{
    vd_open(&d, t, RNG, 0);
    ck_assert(vd_negotiate(&d, VIRTIO_BIT(VIRTIO_F_RING_INDIRECT_DESC)));
    vd_queue_setup(&d, 0, 0);
    vd_driver_ok(&d);
    /* FEATURES_OK is taken back, others are written, it is set again */
    vd_common_write(&d, 0x14, 1, 7);
    vd_common_write(&d, 0x08, 4, 0);
    vd_common_write(&d, 0x0c, 4, 1u << VIRTIO_F_RING_EVENT_IDX);
    vd_common_write(&d, 0x14, 1, 15);
    ck_assert_uint_eq(vd_status(&d), 7);
    ck_assert(virtio_has((struct virtio_dev *)tv_dev(t, "virtio-rng-pci"),
                         VIRTIO_F_RING_INDIRECT_DESC));
    ck_assert_uint_gt(get_bytes(&d.q[0], 16), 0);
    tv_roundtrip(t);
}
END_TEST

START_TEST(queue_registers)
{
    vd_open(&d, t, RNG, 0);
    ck_assert(vd_negotiate(&d, 0));
    ck_assert_uint_eq(vd_common_read(&d, 0x12, 2), 1);
    for (unsigned i = 1; i < 0x10000; i += 0x1555) {
        vd_common_write(&d, 0x16, 2, i);
        for (unsigned off = 0x18; off < 0x38; off += 2) {
            vd_common_write(&d, off, 2, 0xffff);
            ck_assert_uint_eq(vd_common_read(&d, off, 2), 0);
        }
    }
    vd_common_write(&d, 0x16, 2, 0);
    ck_assert_uint_eq(vd_common_read(&d, 0x18, 2), 64);
    for (unsigned off = 0x20; off < 0x38; off += 4) {
        vd_common_write(&d, off, 4, 0xabcd0000 + off);
        ck_assert_uint_eq(vd_common_read(&d, off, 4), 0xabcd0000 + off);
        /* not by halves */
        vd_common_write(&d, off, 2, 0);
        ck_assert_uint_eq(vd_common_read(&d, off, 4), 0xabcd0000 + off);
    }
    /* 64 bits at once is two of 32 */
    tv_mmio_write(t, d.common + 0x20, 8, 0x1234567890abcdef);
    ck_assert_uint_eq(tv_mmio_read(t, d.common + 0x20, 8), 0x1234567890abcdef);
    vd_common_write(&d, 0x1a, 2, 7); /* there is no such vector */
    ck_assert_uint_eq(vd_common_read(&d, 0x1a, 2), 0xffff);
    tv_roundtrip(t);
    vd_common_write(&d, 0x1c, 2, 1);
    ck_assert_uint_eq(vd_common_read(&d, 0x1c, 2), 1);
    vd_common_write(&d, 0x18, 2, 8);
    ck_assert_uint_eq(vd_common_read(&d, 0x18, 2), 64);
    vd_reset(&d);
    vd_common_write(&d, 0x16, 2, 0);
    ck_assert_uint_eq(vd_common_read(&d, 0x20, 4), 0);
}
END_TEST

START_TEST(moves_data)
{
    uint8_t a[4096], b[4096];

    up();
    tv_roundtrip(t);
    ck_assert_uint_eq(get_bytes(&d.q[0], sizeof(a)), sizeof(a));
    tv_mem_read(t, d.heap - sizeof(a), a, sizeof(a));
    ck_assert_uint_eq(get_bytes(&d.q[0], sizeof(b)), sizeof(b));
    tv_mem_read(t, d.heap - sizeof(b), b, sizeof(b));
    ck_assert_int_ne(memcmp(a, b, sizeof(a)), 0);
    vd_wait_msi(&d, 2);
    ck_assert_uint_eq(t->msi_addr, VD_MSI_ADDR);
    ck_assert_uint_eq(t->msi_data, VD_MSI_DATA + 1);
    tv_roundtrip(t);
    for (unsigned i = 0; i < 300; i++)
        ck_assert_uint_eq(get_bytes(&d.q[0], 1), 1);
    tv_roundtrip(t);
}
END_TEST

START_TEST(a_masked_vector_is_pending)
{
    uint64_t pba;

    up();
    pba = d.msix - (tv_cfg_read(t, d.bdf, d.msix_cap + 4, 4) & ~7u) +
          (tv_cfg_read(t, d.bdf, d.msix_cap + 8, 4) & ~7u);
    vd_msix_mask(&d, 1, true);
    get_bytes(&d.q[0], 1);
    ck_assert_uint_eq(t->msi_count, 0);
    ck_assert_uint_eq(tv_mmio_read(t, pba, 4), 2);
    tv_mmio_write(t, pba, 4, 0xffffffff); /* read-only */
    ck_assert_uint_eq(tv_mmio_read(t, pba, 4), 2);
    tv_roundtrip(t);
    vd_msix_mask(&d, 1, false);
    ck_assert_uint_eq(t->msi_count, 1);
    ck_assert_uint_eq(tv_mmio_read(t, pba, 4), 0);
    vd_msix_mask(&d, 1, true);
    vd_msix_mask(&d, 1, false);
    ck_assert_uint_eq(t->msi_count, 1);
    /* the whole function */
    tv_cfg_write(t, d.bdf, d.msix_cap + 2, 2, 0xc000);
    get_bytes(&d.q[0], 1);
    ck_assert_uint_eq(t->msi_count, 1);
    tv_cfg_write(t, d.bdf, d.msix_cap + 2, 2, 0x8000);
    ck_assert_uint_eq(t->msi_count, 2);
    /* another message */
    tv_mmio_write(t, d.msix + 24, 4, 0x99);
    get_bytes(&d.q[0], 1);
    vd_wait_msi(&d, 3);
    ck_assert_uint_eq(t->msi_data, 0x99);
}
END_TEST

/* As a Xen guest has it: it never touches the mask bit, which is set. */
START_TEST(an_event_ignores_the_mask)
{
    const struct engine_ops *plain = t->vm.engine;
    struct engine_ops with_events = *plain;

    with_events.caps |= ENGINE_MSI_EVENTS;
    up();
    t->vm.engine = &with_events;
    vd_msix_mask(&d, 1, true);
    get_bytes(&d.q[0], 1);
    ck_assert_uint_eq(t->msi_count, 0);
    /* the message becomes an event: what was pending goes out */
    tv_mmio_write(t, d.msix + 24, 4, 0x4300);
    ck_assert_uint_eq(t->msi_count, 1);
    ck_assert_uint_eq(t->msi_data, 0x4300);
    get_bytes(&d.q[0], 1);
    vd_wait_msi(&d, 2);
    /* but not where there is no message, or no engine with events */
    tv_mmio_write(t, d.msix + 16, 4, 0);
    get_bytes(&d.q[0], 1);
    ck_assert_uint_eq(t->msi_count, 2);
    t->vm.engine = plain;
    tv_mmio_write(t, d.msix + 16, 4, VD_MSI_ADDR);
    ck_assert_uint_eq(t->msi_count, 2);
}
END_TEST

static bool line_up(void *opaque)
{
    return tv_gsi(t, LINE);
}

START_TEST(line_interrupts)
{
    vd_open(&d, t, RNG, 0);
    ck_assert(vd_negotiate(&d, 0));
    vd_queue_setup(&d, 0, 0);
    vd_driver_ok(&d);
    ck_assert(!tv_gsi(t, LINE));
    get_bytes(&d.q[0], 1);
    ck_assert(tv_wait(t, line_up, NULL, 10000));
    tv_roundtrip(t);
    ck_assert_uint_eq(tv_mmio_read(t, d.isr, 1), 1);
    ck_assert(!tv_gsi(t, LINE));
    ck_assert_uint_eq(tv_mmio_read(t, d.isr, 1), 0);
    tv_roundtrip(t);
    /* broken: the configuration's bit */
    vd_offer(&d.q[0], 0xffff);
    vd_kick(&d.q[0]);
    vd_wait_needs_reset(&d);
    ck_assert(tv_wait(t, line_up, NULL, 10000));
    ck_assert_uint_eq(tv_mmio_read(t, d.isr, 1), 2);
    ck_assert(!tv_gsi(t, LINE));
    ck_assert_uint_eq(t->msi_count, 0);
}
END_TEST

START_TEST(a_bad_ring_needs_reset)
{
    static const struct {
        unsigned reg;
        uint64_t val;
    } bad[] = {
        {0x18, 0},          {0x18, 3},          {0x18, 0xffff},
        {0x20, 0xd0000000}, {0x28, 0xd0000000}, {0x30, 0xd0000000},
        {0x20, 0x100008},   {0x28, 0x100001},   {0x30, 0x100002},
        {0x20, 0x1fffff0},  {0x30, 0x1fffff0},  {0x20, ~0xfull},
    };

    vd_open(&d, t, RNG, 0);
    ck_assert(vd_negotiate(&d, 0));
    vd_msix_enable(&d);
    vd_common_write(&d, 0x1a, 2, 1);
    for (unsigned reg = 0x20; reg < 0x38; reg += 8)
        vd_common_write(&d, reg, 4, 0x100000 + 0x1000 * (reg - 0x20));
    if (bad[_i].reg == 0x18) {
        vd_common_write(&d, 0x18, 2, (uint32_t)bad[_i].val);
    } else {
        vd_common_write(&d, bad[_i].reg, 4, (uint32_t)bad[_i].val);
        vd_common_write(&d, bad[_i].reg + 4, 4, (uint32_t)(bad[_i].val >> 32));
    }
    vd_common_write(&d, 0x1c, 2, 1);
    vd_driver_ok(&d);
    vd_wait_needs_reset(&d);
    vd_wait_msi(&d, 1);
    ck_assert_uint_eq(t->msi_data, VD_MSI_DATA);
    tv_roundtrip(t);
    /* only a reset helps, and it does */
    vd_common_write(&d, 0x14, 1, 15);
    ck_assert_uint_eq(vd_status(&d), 15 | VIRTIO_S_NEEDS_RESET);
    up();
    ck_assert_uint_eq(get_bytes(&d.q[0], 16), 16);
}
END_TEST

/* CVE-2021-3750 and its kin */
START_TEST(a_bad_chain_needs_reset)
{
    up();
    get_bytes(&d.q[0], 1);
    vd_set_desc(&d.q[0], 0, VD_BAR_MEM, 16, 2, 0); /* DMA at registers */
    vd_offer(&d.q[0], 0);
    vd_kick(&d.q[0]);
    vd_wait_needs_reset(&d);
    vd_wait_msi(&d, 2);
    ck_assert_uint_eq(t->msi_data, VD_MSI_DATA);
    ck_assert_uint_eq(vd_used_idx(&d.q[0]), 1);
    vd_kick(&d.q[0]);
    tv_roundtrip(t);
    ck_assert_uint_eq(vd_used_idx(&d.q[0]), 1);
    up();
    ck_assert_uint_eq(get_bytes(&d.q[0], 16), 16);
}
END_TEST

START_TEST(no_dma_without_bus_master)
{
    struct vd_buf b = {0x300000, 16, true};

    up();
    tv_cfg_write(t, d.bdf, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    vd_add(&d.q[0], &b, 1);
    vd_kick(&d.q[0]);
    tv_roundtrip(t);
    ck_assert_uint_eq(vd_used_idx(&d.q[0]), 0);
    tv_cfg_write(t, d.bdf, PCI_COMMAND, 2,
                 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    vd_wait_used(&d.q[0], NULL);
}
END_TEST

START_TEST(window_in_config_space)
{
    unsigned cap;

    up();
    cap = d.pci_cfg_cap;
    ck_assert_uint_ne(cap, 0);
    tv_cfg_write(t, d.bdf, cap + 4, 1, 4);
    tv_cfg_write(t, d.bdf, cap + 8, 4, 0x14);
    tv_cfg_write(t, d.bdf, cap + 12, 4, 1);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, cap + 16, 1), vd_status(&d));
    tv_roundtrip(t);
    tv_cfg_write(t, d.bdf, cap + 16, 1, 0);
    ck_assert_uint_eq(vd_status(&d), 0);
    tv_cfg_write(t, d.bdf, cap + 8, 4, 0x04);
    tv_cfg_write(t, d.bdf, cap + 12, 4, 4);
    ck_assert_uint_eq(tv_cfg_read(t, d.bdf, cap + 16, 4),
                      (uint32_t)vd_offered(&d));
    /* windows on nothing: no length, odd, unaligned, another BAR, beyond */
    tv_cfg_write(t, d.bdf, cap + 16, 4, 0x11223344);
    tv_cfg_write(t, d.bdf, cap + 12, 4, 3);
    tv_cfg_read(t, d.bdf, cap + 16, 4);
    tv_cfg_write(t, d.bdf, cap + 12, 4, 0);
    tv_cfg_read(t, d.bdf, cap + 16, 4);
    tv_cfg_write(t, d.bdf, cap + 12, 4, 4);
    tv_cfg_write(t, d.bdf, cap + 8, 4, 2);
    tv_cfg_read(t, d.bdf, cap + 16, 4);
    tv_cfg_write(t, d.bdf, cap + 8, 4, 0xfffffffc);
    tv_cfg_write(t, d.bdf, cap + 16, 4, 0);
    tv_cfg_read(t, d.bdf, cap + 16, 4);
    tv_cfg_write(t, d.bdf, cap + 8, 4, 0);
    tv_cfg_write(t, d.bdf, cap + 4, 1, 0);
    tv_cfg_write(t, d.bdf, cap + 16, 4, 1);
    ck_assert_uint_eq(vd_common_read(&d, 0, 4), 0);
}
END_TEST

START_TEST(reset_of_one_queue)
{
    vd_bring_up(&d, t, RNG, 0, 1);
    get_bytes(&d.q[0], 4);
    vd_common_write(&d, 0x16, 2, 0);
    vd_common_write(&d, 0x3a, 2, 1);
    ck_assert_uint_eq(vd_common_read(&d, 0x3a, 2), 0);
    ck_assert_uint_eq(vd_common_read(&d, 0x1c, 2), 0);
    ck_assert_uint_eq(vd_status(&d) & VIRTIO_S_DRIVER_OK, VIRTIO_S_DRIVER_OK);
    tv_roundtrip(t);
    vd_queue_setup(&d, 0, 16);
    ck_assert_uint_eq(get_bytes(&d.q[0], 4), 4);
}
END_TEST

START_TEST(stop_and_cont)
{
    struct vd_buf b = {0x300000, 16, true};
    struct cfg_err err;

    up();
    vm_lock(&t->vm);
    vm_stop(&t->vm, RUN_PAUSED);
    vm_unlock(&t->vm);
    vd_add(&d.q[0], &b, 1);
    vd_kick(&d.q[0]);
    tv_roundtrip(t);
    ck_assert_uint_eq(vd_used_idx(&d.q[0]), 0);
    vm_lock(&t->vm);
    ck_assert_int_eq(vm_cont(&t->vm, &err), 0);
    vm_unlock(&t->vm);
    vd_wait_used(&d.q[0], NULL);
    ck_assert_uint_eq(vd_used_idx(&d.q[0]), 1);
}
END_TEST

START_TEST(machine_reset)
{
    up();
    get_bytes(&d.q[0], 4);
    tv_reset(t);
    ck_assert_uint_eq(
        tv_cfg_read(t, d.bdf, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
    tv_roundtrip(t);
    up();
    ck_assert_uint_eq(vd_used_idx(&d.q[0]), 0);
    ck_assert_uint_eq(get_bytes(&d.q[0], 4), 4);
}
END_TEST

/* ---- legacy ---- */

static uint16_t io;
static struct vd_queue lq;

static void legacy_up(void)
{
    vd_open(&d, t, RNG, 0);
    io = (uint16_t)d.bar[0];
    tv_outb(t, io + 18, 0);
    tv_outb(t, io + 18, VIRTIO_S_ACKNOWLEDGE);
    tv_outb(t, io + 18, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER);
    tv_outl(t, io + 4, tv_inl(t, io) & ~VIRTIO_BIT(VIRTIO_F_RING_EVENT_IDX));
    tv_outw(t, io + 14, 0);
    lq = (struct vd_queue){.d = &d, .size = tv_inw(t, io + 12)};
    ck_assert_uint_eq(lq.size, 64);
    lq.desc = vd_alloc(&d, 8192, 4096);
    lq.avail = lq.desc + 16 * lq.size;
    lq.used = lq.desc + 4096;
    tv_outl(t, io + 8, (uint32_t)(lq.desc >> 12));
    ck_assert_uint_eq(tv_inl(t, io + 8), lq.desc >> 12);
}

static void legacy_get(void)
{
    struct vd_buf b = {vd_alloc(&d, 16, 1), 16, true};
    uint32_t len;

    vd_add(&lq, &b, 1);
    tv_outw(t, io + 16, 0);
    vd_wait_used(&lq, &len);
    ck_assert_uint_eq(len, 16);
}

START_TEST(legacy_interface)
{
    legacy_up();
    tv_outb(t, io + 18, 7);
    ck_assert_uint_eq(tv_inb(t, io + 18), 7);
    tv_roundtrip(t);
    legacy_get();
    ck_assert(tv_wait(t, line_up, NULL, 10000));
    ck_assert_uint_eq(tv_inb(t, io + 19), 1);
    ck_assert(!tv_gsi(t, LINE));
    tv_roundtrip(t);
    tv_outw(t, io + 16, 5); /* no such queue */
    tv_outl(t, io + 8, 0);
    ck_assert_uint_eq(tv_inl(t, io + 8), 0);
    tv_outb(t, io + 18, 0);
    ck_assert_uint_eq(tv_inb(t, io + 18), 0);
}
END_TEST

START_TEST(legacy_use_before_driver_ok)
{
    legacy_up();
    legacy_get();
}
END_TEST

START_TEST(legacy_vectors)
{
    legacy_up();
    tv_cfg_write(t, d.bdf, d.msix_cap + 2, 2, 0x8000);
    for (unsigned i = 0; i < 2; i++) {
        tv_mmio_write(t, d.msix + 16 * i, 4, VD_MSI_ADDR);
        tv_mmio_write(t, d.msix + 16 * i + 8, 4, VD_MSI_DATA + i);
        tv_mmio_write(t, d.msix + 16 * i + 12, 4, 0);
    }
    tv_outw(t, io + 20, 0);
    tv_outw(t, io + 22, 1);
    ck_assert_uint_eq(tv_inw(t, io + 22), 1);
    tv_outw(t, io + 20, 2);
    ck_assert_uint_eq(tv_inw(t, io + 20), 0xffff);
    tv_outb(t, io + 18, 7);
    legacy_get();
    vd_wait_msi(&d, 1);
    ck_assert_uint_eq(t->msi_data, VD_MSI_DATA + 1);
    ck_assert(!tv_gsi(t, LINE));
}
END_TEST

/* XSA-164 (CVE-2015-8554): the table ends where it ends. */
START_TEST(no_vectors_behind_the_table)
{
    up();
    for (unsigned off = 16 * d.vectors; off < 0x1000; off += 4) {
        tv_mmio_write(t, d.msix + off, 4, UINT32_MAX);
        ck_assert_uint_eq(tv_mmio_read(t, d.msix + off, 4), 0);
    }
    for (unsigned size = 1; size <= 8; size *= 2)
        for (unsigned off = 0x1000 - 8; off < 0x1008; off++)
            tv_mmio_read(t, d.msix + off, size);
    /* a vector that is not there is none */
    vd_common_write(&d, 0x10, 2, d.vectors);
    ck_assert_uint_eq(vd_common_read(&d, 0x10, 2), 0xffff);
    vd_common_write(&d, 0x1a, 2, 0xfffe);
    ck_assert_uint_eq(vd_common_read(&d, 0x1a, 2), 0xffff);
    tv_roundtrip(t);
}
END_TEST

/* ---- storms ---- */

START_TEST(storm)
{
    up();
    tv_storm_mmio(t, d.common, 0x40, 4000, 0xc0ffee + _i);
    tv_storm_mmio(t, d.bar[4], 0x4000, 2000, 0xfeed + _i);
    tv_storm_mmio(t, d.msix, 0x1000, 2000, 0xbeef + _i);
    tv_storm_pio(t, (uint16_t)d.bar[0], 32, 4000, 0xdead + _i);
    tv_storm_cfg(t, d.bdf, 4000, 0xf00d + _i);
    tv_roundtrip(t);
    tv_reset(t);
    up();
    ck_assert_uint_eq(get_bytes(&d.q[0], 4), 4);
}
END_TEST

/* A stream of nonsense is refused or harmless. */
START_TEST(bad_streams)
{
    struct dev *dev = tv_dev(t, "virtio-rng-pci");
    struct state_buf good = {0};
    struct cfg_err err = {""};
    unsigned refused = 0;

    up();
    get_bytes(&d.q[0], 4);
    vm_lock(&t->vm);
    vm_stop(&t->vm, RUN_PAUSED);
    ck_assert_int_eq(state_save_dev(dev, &good), 0);
    for (size_t i = 0; i < good.len; i += i < 512 ? 1 : 13) {
        struct state_buf in = {.data = good.data, .len = good.len};
        uint8_t old = good.data[i];

        good.data[i] ^= (uint8_t)(1u << i % 8);
        if (state_load_dev(dev, &in, &err))
            refused++;
        else
            dev->cls->resume(dev);
        dev->cls->pause(dev);
        dev->cls->reset(dev);
        good.data[i] = old;
    }
    for (size_t i = 0; i < good.len; i += 101) {
        struct state_buf in = {.data = good.data, .len = i};

        ck_assert_int_lt(state_load_dev(dev, &in, &err), 0);
        dev->cls->reset(dev);
    }
    ck_assert_uint_gt(refused, 50);
    state_buf_free(&good);
    vm_unlock(&t->vm);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtio-pci");
    TCase *c = tcase_create("virtio-pci");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, SUITE_TIMEOUT);
    tcase_add_test(c, identity_transitional);
    tcase_add_loop_test(c, identity_modern, 0, 2);
    tcase_add_test(c, identity_legacy);
    tcase_add_loop_test(c, bad_properties, 0, 5);
    tcase_add_test(c, features_handshake);
    tcase_add_test(c, no_features_behind_driver_ok);
    tcase_add_test(c, queue_registers);
    tcase_add_test(c, moves_data);
    tcase_add_test(c, a_masked_vector_is_pending);
    tcase_add_test(c, an_event_ignores_the_mask);
    tcase_add_test(c, line_interrupts);
    tcase_add_loop_test(c, a_bad_ring_needs_reset, 0, 12);
    tcase_add_test(c, a_bad_chain_needs_reset);
    tcase_add_test(c, no_dma_without_bus_master);
    tcase_add_test(c, window_in_config_space);
    tcase_add_test(c, reset_of_one_queue);
    tcase_add_test(c, stop_and_cont);
    tcase_add_test(c, machine_reset);
    tcase_add_test(c, legacy_interface);
    tcase_add_test(c, legacy_use_before_driver_ok);
    tcase_add_test(c, legacy_vectors);
    tcase_add_test(c, no_vectors_behind_the_table);
    tcase_add_loop_test(c, storm, 0, 3);
    tcase_add_test(c, bad_streams);
    suite_add_tcase(s, c);
    return run_cases(s);
}
