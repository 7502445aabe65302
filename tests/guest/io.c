/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports, memory-mapped I/O and strings, on pc-testdev, fw_cfg and nobody. */
#include "guest.h"

#define LATCH 0xe0
#define LATCH_BYTES 0xe8
#define IOMEM 0xff000000
#define NOBODY 0xfd000000

#define AT(type, off) (*(volatile type *)(uintptr_t)(IOMEM + (off)))

static void ins8(uint16_t port, void *to, unsigned long n)
{
    __asm__ volatile("cld; rep insb"
                     : "+D"(to), "+c"(n)
                     : "d"(port)
                     : "memory");
}

static void outs8(uint16_t port, const void *from, unsigned long n)
{
    __asm__ volatile("cld; rep outsb"
                     : "+S"(from), "+c"(n)
                     : "d"(port)
                     : "memory");
}

static int ports(void)
{
    outl(LATCH, 0x12345678);
    CHECK(inl(LATCH) == 0x12345678);
    CHECK(inw(LATCH) == 0x5678);
    CHECK(inb(LATCH) == 0x78);
    CHECK(inb(LATCH_BYTES + 3) == 0x12);
    outw(LATCH, 0xabcd);
    outb(LATCH_BYTES + 2, 0x99);
    CHECK(inl(LATCH) == 0x1299abcd);
    /* a word on byte-wide ports is two bytes */
    CHECK(inw(LATCH_BYTES) == 0xabcd);
    CHECK(inl(0x2f0) == 0xffffffff);
    return 0;
}

static int memory(void)
{
    AT(uint32_t, 0x10) = 0xcafebabe;
    CHECK(AT(uint32_t, 0x10) == 0xcafebabe);
    CHECK(AT(uint16_t, 0x12) == 0xcafe);
    CHECK(AT(uint8_t, 0x11) == 0xba);
    AT(uint8_t, 0x13) = 0;
    CHECK(AT(uint32_t, 0x10) == 0xfebabe);
#ifdef __x86_64__
    AT(uint64_t, 0x20) = 0x1122334455667788;
    CHECK(AT(uint64_t, 0x20) == 0x1122334455667788);
    /* three bytes before a page boundary and five behind it */
    AT(uint64_t, 0xffd) = 0x0102030405060708;
    CHECK(AT(uint64_t, 0xffd) == 0x0102030405060708);
    CHECK(AT(uint8_t, 0x1000) == 0x05);
    CHECK(AT(uint32_t, 0xffd) == 0x05060708);
#endif
    CHECK(*(volatile uint32_t *)(uintptr_t)NOBODY == 0xffffffff);
    *(volatile uint32_t *)(uintptr_t)NOBODY = 0;
    return 0;
}

static int strings(void)
{
    static uint8_t buf[5000];
    static uint32_t words[4] = {1, 2, 3, 4};
    volatile uint32_t *to = (volatile uint32_t *)(uintptr_t)(IOMEM + 0x100);
    const void *from = words;
    unsigned long n = 4;
    char *end;

    /* fw_cfg's item 0 is a signature, and zeroes follow it */
    outw(0x510, 0);
    ins8(0x511, buf, sizeof(buf));
    CHECK(buf[0] == 'Q' && buf[1] == 'E' && buf[2] == 'M' && buf[3] == 'U');
    for (unsigned i = 4; i < sizeof(buf); i++)
        CHECK(buf[i] == 0);
    ins8(0x2f0, buf, sizeof(buf)); /* nobody, more than a page */
    for (unsigned i = 0; i < sizeof(buf); i++)
        CHECK(buf[i] == 0xff);
    /* backwards */
    outw(0x510, 0);
    end = (char *)buf + 3;
    n = 4;
    __asm__ volatile("std; rep insb; cld"
                     : "+D"(end), "+c"(n)
                     : "d"(0x511)
                     : "memory");
    CHECK(buf[0] == 'U' && buf[3] == 'Q' && buf[4] == 0xff);

    n = 4;
    __asm__ volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(n) : : "memory");
    CHECK(AT(uint32_t, 0x100) == 1 && AT(uint32_t, 0x10c) == 4);
    outs8(0x3f8, "a string\n", 9);
    return 0;
}

int main(uintptr_t info)
{
    int rc = ports();

    if (!rc)
        rc = memory();
    if (!rc)
        rc = strings();
    return rc;
}
