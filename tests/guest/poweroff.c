/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Power off by the PIIX4's power management: S5 in PM1_CNT. */
#include "guest.h"

#define PIIX4_PM 0x71138086
#define PMBASE 0x40
#define PM1_CNT 4
#define SLP_EN (1 << 13)

int main(uintptr_t info)
{
    unsigned bdf = pci_find(PIIX4_PM);
    uint16_t base;

    CHECK(bdf < 256);
    base = pci_read(bdf, PMBASE) & 0xffc0;
    CHECK(base);
    put_string("off\n");
    outw(base + PM1_CNT, SLP_EN);
    for (;;)
        __asm__ volatile("hlt");
}
