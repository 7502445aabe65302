/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A triple fault: the machine starts again. */
#include "guest.h"

static uint32_t fresh = 1; /* loaded again with the kernel */

int main(uintptr_t info)
{
    CHECK(fresh == 1);
    if (is_second_boot()) {
        CHECK(mmio_read(APIC + APIC_SVR) == 0xff); /* as after power-on */
        put_string("again\n");
        return 0;
    }
    put_string("first\n");
    fresh = 0;
    apic_enable();
    triple_fault();
    return 2;
}
