/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A triple fault: the machine starts again. Memory outside of the kernel keeps
 * its contents, so the second time is known by what the first one left there.
 */
#include "guest.h"

#define MARK 0x600d600d

static uint32_t fresh = 1; /* loaded again with the kernel */

int main(uintptr_t info)
{
    static const struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) none = {0, 0};
    volatile uint32_t *kept = (volatile uint32_t *)0x800000;

    CHECK(fresh == 1);
    if (*kept == MARK) {
        CHECK(mmio_read(APIC + APIC_SVR) == 0xff); /* as after power-on */
        put_string("again\n");
        return 0;
    }
    put_string("first\n");
    *kept = MARK;
    fresh = 0;
    apic_enable();
    __asm__ volatile("lidt %0; ud2" : : "m"(none));
    return 2;
}
