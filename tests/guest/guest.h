/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guests share: ports, a line on COM1, checks, interrupts, PCI.
 * A guest is one file with main(); 0 ends it well (status 1 of the program:
 * isa-debug-exit), anything else badly.
 */
#ifndef HVMD_TESTS_GUEST_GUEST_H
#define HVMD_TESTS_GUEST_GUEST_H

#include <stdbool.h>
#include <stdint.h>

int main(uintptr_t info);

static inline void outb(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t v;

    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline uint16_t inw(uint16_t port)
{
    uint16_t v;

    __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t v;

    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

struct cpuid {
    uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t index)
{
    struct cpuid r;

    __asm__ volatile("cpuid"
                     : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
                     : "0"(leaf), "2"(index));
    return r;
}

/* ---- output ---- */

static inline void put_char(char c)
{
    while (!(inb(0x3fd) & 0x20))
        ;
    outb(0x3f8, c);
}

static inline void put_string(const char *s)
{
    while (*s)
        put_char(*s++);
}

static inline void put_hex(uint64_t v)
{
    for (int i = 60; i >= 0; i -= 4)
        if (v >> i || !i)
            put_char("0123456789abcdef"[v >> i & 15]);
}

static inline bool check_at(bool ok, const char *what, unsigned line)
{
    if (!ok) {
        put_string("line 0x");
        put_hex(line);
        put_string(": not ");
        put_string(what);
        put_string("\n");
    }
    return ok;
}

/* Leaves the function with status 2 if the condition does not hold. */
#define CHECK(cond)                           \
    do {                                      \
        if (!check_at(cond, #cond, __LINE__)) \
            return 2;                         \
    } while (0)

/* ---- interrupts ---- */

#define IDT_VECTORS 256

struct idt_gate {
    uint16_t off_low, selector, type;
    uint16_t off_mid;
#ifdef __x86_64__
    uint32_t off_high, zero;
#endif
};

struct frame;
#define ISR __attribute__((interrupt, target("general-regs-only")))

static inline void set_gate(struct idt_gate *idt, unsigned vector,
                            void (*isr)(struct frame *))
{
    uintptr_t p = (uintptr_t)isr;

    idt[vector] = (struct idt_gate){
        .off_low = p,
        .off_mid = p >> 16,
        .type = 0x8e00,
#ifdef __x86_64__
        .selector = 0x18,
        .off_high = p >> 32,
#else
        .selector = 0x08,
#endif
    };
}

static inline void load_idt(const struct idt_gate *idt)
{
    struct {
        uint16_t limit;
        uintptr_t base;
    } __attribute__((packed))
    p = {IDT_VECTORS * sizeof(*idt) - 1, (uintptr_t)idt};

    __asm__ volatile("lidt %0" : : "m"(p));
}

/* Sleeps until *count reaches n. sti takes effect behind hlt's start. */
static inline void wait_for(volatile unsigned *count, unsigned n)
{
    for (;;) {
        __asm__ volatile("cli");
        if (*count >= n)
            break;
        __asm__ volatile("sti; hlt" : : : "memory");
    }
}

static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)));
}

#define APIC 0xfee00000
#define APIC_ID 0x20
#define APIC_EOI 0xb0
#define APIC_SVR 0xf0
#define APIC_ICR 0x300
#define APIC_ICR_HIGH 0x310

static inline void mmio_write(uintptr_t addr, uint32_t v)
{
    *(volatile uint32_t *)addr = v;
}

static inline uint32_t mmio_read(uintptr_t addr)
{
    return *(volatile uint32_t *)addr;
}

static inline void apic_enable(void)
{
    mmio_write(APIC + APIC_SVR, 0x1ff);
}

static inline void apic_eoi(void)
{
    mmio_write(APIC + APIC_EOI, 0);
}

/* All lines of the PICs masked; the bases moved to 0x20 and 0x28. */
static inline void pic_init(void)
{
    static const uint16_t base[] = {0x20, 0xa0};

    for (unsigned i = 0; i < 2; i++) {
        outb(base[i], 0x11);
        outb(base[i] + 1, 0x20 + 8 * i);
        outb(base[i] + 1, i ? 2 : 4);
        outb(base[i] + 1, 1);
        outb(base[i] + 1, 0xff);
    }
}

/* ---- reboot ---- */

/* Memory outside of the kernel keeps its contents: false the first time. */
static inline bool is_second_boot(void)
{
    volatile uint32_t *kept = (volatile uint32_t *)0x800000;
    bool second = *kept == 0x600d600d;

    *kept = 0x600d600d;
    return second;
}

static inline void triple_fault(void)
{
    static const struct {
        uint16_t limit;
        uintptr_t base;
    } __attribute__((packed)) none;

    __asm__ volatile("lidt %0; ud2" : : "m"(none));
}

/* ---- PCI ---- */

static inline uint32_t pci_read(unsigned bdf, unsigned reg)
{
    outl(0xcf8, 0x80000000u | bdf << 8 | reg);
    return inl(0xcfc);
}

static inline void pci_write(unsigned bdf, unsigned reg, uint32_t v)
{
    outl(0xcf8, 0x80000000u | bdf << 8 | reg);
    outl(0xcfc, v);
}

/* Of this vendor and device on bus 0; 256 if there is none. */
static inline unsigned pci_find(uint32_t id)
{
    unsigned bdf = 0;

    while (bdf < 256 && pci_read(bdf, 0) != id)
        bdf++;
    return bdf;
}

#endif
