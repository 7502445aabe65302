/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/e820.h"

#include <assert.h>
#include <string.h>

#define EBDA 0x9fc00u /* where the kernel expects BIOS data to begin */
#define VGA 0xa0000u
#define BIOS 0xe0000u
#define MIB 0x100000u
/* Where hypervisors put pages of their own for processors that need them to
 * run real mode: QEMU's memory map keeps it free, so others use it. */
#define RUNNER 0xfeffc000u
#define RUNNER_END 0xff000000u
#define GIB_4 0x100000000ull

static void add(struct e820 *map, uint64_t addr, uint64_t end,
                enum e820_type type)
{
    assert(map->n < sizeof(map->entry) / sizeof(map->entry[0]));
    if (end > addr)
        map->entry[map->n++] = (struct e820_entry){addr, end - addr, type};
}

void e820_firmware(struct e820 *map, uint64_t low, uint64_t high)
{
    map->n = 0;
    add(map, 0, low, E820_RAM);
    add(map, RUNNER, RUNNER_END, E820_RESERVED);
    add(map, GIB_4, GIB_4 + high, E820_RAM);
}

void e820_direct(struct e820 *map, uint64_t low, uint64_t high)
{
    map->n = 0;
    add(map, 0, EBDA, E820_RAM);
    add(map, EBDA, VGA, E820_RESERVED);
    add(map, BIOS, MIB, E820_RESERVED);
    add(map, MIB, low, E820_RAM);
    add(map, RUNNER, RUNNER_END, E820_RESERVED);
    add(map, GIB_4, GIB_4 + high, E820_RAM);
}

void e820_pack(const struct e820 *map, uint8_t *buf)
{
    for (unsigned i = 0; i < map->n; i++) {
        memcpy(buf, &map->entry[i].addr, 8);
        memcpy(buf + 8, &map->entry[i].len, 8);
        memcpy(buf + 16, &map->entry[i].type, 4);
        buf += E820_PACKED_ENTRY;
    }
}
