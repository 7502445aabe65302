/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map as firmware and kernels are told it. Source: ACPI 6.4,
 * section 15.1 (INT 15h, E820h).
 */
#ifndef HVMD_HW_E820_H
#define HVMD_HW_E820_H

#include <stddef.h>

#include "dm/boot/boot.h"

struct e820 {
    struct e820_entry entry[8];
    unsigned n;
};

#define E820_PACKED_ENTRY 20 /* bytes: base, length, type */

/* low, high: bytes of RAM below and from 4 GiB. */
/* RAM and what it must keep off; firmware knows what is in the first MiB. */
void e820_firmware(struct e820 *map, uint64_t low, uint64_t high);
/* The whole map, as firmware would report it. */
void e820_direct(struct e820 *map, uint64_t low, uint64_t high);
/* In the format of INT 15h; buf has n * E820_PACKED_ENTRY bytes. */
void e820_pack(const struct e820 *map, uint8_t *buf);

#endif
