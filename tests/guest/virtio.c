/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a sector from a modern virtio-blk-pci, the end told by MSI-X: queue
 * kicks by ioeventfd and completes by irqfd. The sector must be what the
 * runner wrote. Source: Virtio 1.2, sections 2.7, 4.1 and 5.2.
 */
#include "guest.h"

#define VIRTIO_BLK 0x10421af4
#define CAP_VENDOR 9
#define CAP_MSIX 0x11
#define CFG_COMMON 1
#define CFG_NOTIFY 2
#define BARS_AT 0xe0000000
#define SIZE 8 /* of the queue */
#define VECTOR 0x50

struct common {
    uint32_t device_feature_select, device_feature;
    uint32_t driver_feature_select, driver_feature;
    uint16_t config_msix_vector, num_queues;
    uint8_t device_status, config_generation;
    uint16_t queue_select, queue_size, queue_msix_vector, queue_enable,
        queue_notify_off;
    uint32_t queue_desc[2], queue_driver[2], queue_device[2];
};

struct desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

static struct {
    struct desc desc[SIZE];
    uint16_t avail_flags, avail_idx, avail[SIZE], used_event;
    uint16_t pad;
    volatile uint16_t used_flags, used_idx;
    uint32_t used[SIZE * 2];
} ring __attribute__((aligned(16)));

static struct {
    uint32_t type, reserved;
    uint64_t sector;
} request;
static uint8_t data[512];
static volatile uint8_t status = 0xff;
static struct idt_gate idt[IDT_VECTORS];
static volatile unsigned interrupts;

ISR static void on_queue(struct frame *f)
{
    interrupts++;
    apic_eoi();
}

/* All memory BARs that exist, one megabyte apart; the low half of bar[]. */
static void set_bars(unsigned bdf, uint32_t *bar)
{
    uint32_t at = BARS_AT;

    for (unsigned i = 0; i < 6; i++) {
        uint32_t old = pci_read(bdf, 0x10 + 4 * i);

        bar[i] = 0;
        if (old & 1)
            continue;
        pci_write(bdf, 0x10 + 4 * i, at);
        bar[i] = pci_read(bdf, 0x10 + 4 * i) & ~15u;
        at += 1 << 20;
        if ((old & 6) == 4)
            pci_write(bdf, 0x10 + 4 * ++i, 0);
    }
    pci_write(bdf, 4, pci_read(bdf, 4) | 6);
}

int main(uintptr_t info)
{
    volatile struct common *c = 0;
    uintptr_t notify = 0, table = 0;
    uint32_t bar[6], factor = 0, msix = 0;
    unsigned bdf = pci_find(VIRTIO_BLK);

    CHECK(bdf < 256);
    set_bars(bdf, bar);
    for (unsigned cap = pci_read(bdf, 0x34) & 0xff; cap;
         cap = pci_read(bdf, cap) >> 8 & 0xff) {
        uint32_t head = pci_read(bdf, cap);
        uintptr_t at = bar[pci_read(bdf, cap + 4) & 7] + pci_read(bdf, cap + 8);

        if ((head & 0xff) == CAP_MSIX) {
            uint32_t where = pci_read(bdf, cap + 4);

            msix = cap;
            table = bar[where & 7] + (where & ~7u);
        } else if ((head & 0xff) == CAP_VENDOR && head >> 24 == CFG_COMMON) {
            c = (volatile struct common *)at;
        } else if ((head & 0xff) == CAP_VENDOR && head >> 24 == CFG_NOTIFY) {
            notify = at;
            factor = pci_read(bdf, cap + 16);
        }
    }
    CHECK(c && notify && msix);

    set_gate(idt, VECTOR, on_queue);
    load_idt(idt);
    pic_init();
    apic_enable();
    pci_write(bdf, msix, pci_read(bdf, msix) | 1u << 31);
    mmio_write(table, APIC);
    mmio_write(table + 4, 0);
    mmio_write(table + 8, VECTOR);
    mmio_write(table + 12, 0);

    c->device_status = 0;
    c->device_status = 3; /* acknowledge, driver */
    c->driver_feature_select = 1;
    c->driver_feature = 1; /* version 1 */
    c->driver_feature_select = 0;
    c->driver_feature = 0;
    c->device_status = 11; /* features OK */
    CHECK(c->device_status == 11);
    c->queue_select = 0;
    c->queue_size = SIZE;
    c->queue_msix_vector = 0;
    CHECK(c->queue_msix_vector == 0);
    c->queue_desc[0] = (uintptr_t)ring.desc;
    c->queue_driver[0] = (uintptr_t)&ring.avail_flags;
    c->queue_device[0] = (uintptr_t)&ring.used_flags;
    c->queue_enable = 1;
    c->device_status = 15;

    request.sector = 1;
    ring.desc[0] = (struct desc){(uintptr_t)&request, 16, 1, 1};
    ring.desc[1] = (struct desc){(uintptr_t)data, 512, 3, 2};
    ring.desc[2] = (struct desc){(uintptr_t)&status, 1, 2, 0};
    ring.avail[0] = 0;
    __atomic_store_n(&ring.avail_idx, 1, __ATOMIC_RELEASE);
    *(volatile uint16_t *)(notify + c->queue_notify_off * factor) = 0;
    wait_for(&interrupts, 1);

    CHECK(ring.used_idx == 1);
    CHECK(status == 0);
    for (unsigned i = 0; i < 512; i++)
        CHECK(data[i] == (i & 1 ? '\n' : 'h'));
    put_string("sector\n");
    return 0;
}
