/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two vCPUs: CPUID, INIT and SIPI, an IPI each way, and memory that becomes
 * read-only and writable again while the second one reads it: it must always be
 * there.
 */
#include "guest.h"

#define AP_CODE 0x8000 /* page 8, as the SIPI says */
#define ROUNDS 64
#define PAM 0x58 /* of the host bridge: C8000 to CFFFF in the last byte */
#define PAM_READ_ONLY 0x11000000
#define PAM_WRITABLE 0x33000000
#define MOVING 0xc8000
#define MARK 0x600d600d

extern const uint8_t ap_begin[], ap_end[];
void ap_main(void);

static struct idt_gate idt[IDT_VECTORS];
static volatile unsigned at_bsp, at_ap;
static volatile unsigned rounds;
static volatile bool ap_up, stop, hole;
static volatile uint32_t ap_id;

ISR static void on_bsp(struct frame *f)
{
    at_bsp++;
    apic_eoi();
}

ISR static void on_ap(struct frame *f)
{
    at_ap++;
    apic_eoi();
}

static void ipi(unsigned to, uint32_t what)
{
    mmio_write(APIC + APIC_ICR_HIGH, to << 24);
    mmio_write(APIC + APIC_ICR, what);
}

void ap_main(void)
{
    load_idt(idt);
    apic_enable();
    ap_id = cpuid(1, 0).b >> 24;
    ap_up = true;
    wait_for(&at_ap, 1);
    ipi(0, 0x40);
    while (!stop) {
        if (mmio_read(MOVING) != MARK)
            hole = true;
        rounds++;
    }
    ap_up = false;
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void wait_round(void)
{
    unsigned n = rounds;

    while (rounds == n)
        __asm__ volatile("pause");
}

int main(uintptr_t info)
{
    uint32_t pam = pci_read(0, PAM) & 0xffffff;

    CHECK(cpuid(1, 0).b >> 24 == 0);
    CHECK((cpuid(1, 0).b >> 16 & 0xff) == 2);
    CHECK(cpuid(1, 0).c >> 31);                  /* a hypervisor */
    CHECK(cpuid(0x40000000, 0).b == 0x4b4d564b); /* "KVMK" */
    if (cpuid(0, 0).a >= 0xb) {
        CHECK((cpuid(0xb, 0).b & 0xffff) == 1); /* threads of a core */
        CHECK((cpuid(0xb, 1).b & 0xffff) == 2); /* cores */
        CHECK(cpuid(0xb, 1).a == 1);            /* bits of an id */
    }
    set_gate(idt, 0x40, on_bsp);
    set_gate(idt, 0x41, on_ap);
    load_idt(idt);
    apic_enable();
    for (unsigned i = 0; i < (unsigned)(ap_end - ap_begin); i++)
        ((volatile uint8_t *)AP_CODE)[i] = ap_begin[i];
    ipi(1, 0x4500);
    ipi(1, 0x4608);
    while (!ap_up)
        __asm__ volatile("pause");
    CHECK(ap_id == 1);
    pci_write(0, PAM, pam | PAM_WRITABLE);
    mmio_write(MOVING, MARK);
    ipi(1, 0x4041);
    wait_for(&at_bsp, 1);
    put_string("IPI\n");

    for (unsigned i = 0; i < ROUNDS; i++) {
        pci_write(0, PAM, pam | (i & 1 ? PAM_WRITABLE : PAM_READ_ONLY));
        wait_round();
    }
    stop = true;
    while (ap_up)
        __asm__ volatile("pause");
    CHECK(!hole);
    put_string("layout\n");
    if (!is_second_boot())
        triple_fault();
    return 0;
}
