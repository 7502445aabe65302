/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The board "pc": i440FX and PIIX3, the machine every guest knows.
 *
 *   0            low RAM, to at most 3 GiB; PAM between 768 KiB and 1 MiB
 *   0xc0000000   PCI memory
 *   0xfec00000   I/O APIC, local APICs, firmware below 4 GiB
 *   4 GiB        high RAM
 */
#ifndef HVMD_HW_PC_H
#define HVMD_HW_PC_H

#include "dm/machine.h"

#define PC_LOW_RAM_MAX 0xc0000000ull
#define PC_MEM_END 0xfec00000ull
#define PC_HIGH_RAM 0x100000000ull
#define PC_RAM_MAX (1ull << 40)
#define PC_IO 0xc000 /* ports for PCI, to the end */
#define PC_PM_BASE 0x600
#define PC_MAX_CPUS 64

extern const struct board pc_board, xenfv_board;

#endif
