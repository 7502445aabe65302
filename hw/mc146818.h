/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Motorola MC146818: real-time clock with 128 bytes of battery-backed RAM, at
 * ports 0x70 and 0x71, interrupt line 8. Class "mc146818rtc".
 *
 * Source: MC146818 data sheet; IBM PC/AT for the century byte 0x32.
 */
#ifndef HVMD_HW_MC146818_H
#define HVMD_HW_MC146818_H

#include <stdint.h>

struct dev;

/* For the board, machine lock held: RAM bytes 0x0e to 0x7f, such as memory
 * sizes and the boot order, which firmware looks up. */
void mc146818_set(struct dev *dev, uint8_t index, uint8_t value);

#endif
