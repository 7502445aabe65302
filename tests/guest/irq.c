/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts: the PIT through the PIC and the I/O APIC, a level line. */
#include "guest.h"

#define IOAPIC 0xfec00000
#define LINE 11 /* a GSI of pc-testdev */
#define LEVEL (1u << 15)

static struct idt_gate idt[IDT_VECTORS];
static volatile unsigned pic_ticks, apic_ticks, levels;

ISR static void on_pic_tick(struct frame *f)
{
    pic_ticks++;
    outb(0x20, 0x20);
}

ISR static void on_apic_tick(struct frame *f)
{
    apic_ticks++;
    apic_eoi();
}

/* The line stays up for one more round. */
ISR static void on_level(struct frame *f)
{
    if (++levels == 2)
        outb(0x2000 + LINE, 0);
    apic_eoi();
}

static void ioapic_write(unsigned pin, uint32_t low)
{
    mmio_write(IOAPIC, 0x11 + 2 * pin);
    mmio_write(IOAPIC + 0x10, 0); /* to APIC 0 */
    mmio_write(IOAPIC, 0x10 + 2 * pin);
    mmio_write(IOAPIC + 0x10, low);
}

int main(uintptr_t info)
{
    const unsigned divisor = 1193182 / 1000;

    pic_init();
    set_gate(idt, 0x20, on_pic_tick);
    set_gate(idt, 0x40, on_apic_tick);
    set_gate(idt, 0x41, on_level);
    load_idt(idt);

    outb(0x43, 0x34); /* channel 0, rate generator */
    outb(0x40, divisor & 0xff);
    outb(0x40, divisor >> 8);
    outb(0x21, 0xfe);
    wait_for(&pic_ticks, 5);
    outb(0x21, 0xff);
    put_string("PIC\n");

    apic_enable();
    ioapic_write(2, 0x40); /* where the PIT is wired to */
    wait_for(&apic_ticks, 5);
    ioapic_write(2, 0x10000);
    put_string("I/O APIC\n");

    ioapic_write(LINE, 0x41 | LEVEL);
    outb(0x2000 + LINE, 1);
    wait_for(&levels, 2);
    CHECK(levels == 2);
    put_string("level\n");
    return 0;
}
