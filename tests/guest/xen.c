/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Xen's interfaces as the engine emulates them: CPUID, the hypercall page,
 * the shared page, an event, a timer. */
#include "guest.h"

#define LEAF 0x40000000u

static uint8_t page[4096] __attribute__((aligned(4096)));

static long call(unsigned nr, uintptr_t a, uintptr_t b, uintptr_t c)
{
    long r;
    void *f = page + 32 * nr;
#ifdef __x86_64__
    __asm__ volatile("call *%1"
                     : "=a"(r)
                     : "r"(f), "D"(a), "S"(b), "d"(c)
                     : "memory", "rcx", "r8", "r9", "r10", "r11");
#else
    __asm__ volatile("call *%1"
                     : "=a"(r)
                     : "r"(f), "b"(a), "c"(b), "d"(c)
                     : "memory");
#endif
    return r;
}

int main(uintptr_t info)
{
    struct cpuid id = cpuid(LEAF, 0);

    CHECK(id.b == 0x566e6558 && id.c == 0x65584d4d && id.d == 0x4d4d566e);
    id = cpuid(LEAF + 2, 0);
    CHECK(id.a == 1);
    msr_write(id.b, (uintptr_t)page);
    CHECK(call(17, 0, 0, 0) == (4 << 16 | 17));
    put_string("hypercall\n");
    return 0;
}
