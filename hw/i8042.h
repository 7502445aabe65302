/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 8042 keyboard controller at ports 0x60 and 0x64 with a PS/2 keyboard
 * (interrupt line 1) and a PS/2 mouse (line 12). Class "i8042".
 *
 * Source: IBM PS/2 Hardware Interface Technical Reference, keyboard and
 * auxiliary device controller; keyboard; mouse.
 */
#ifndef HVMD_HW_I8042_H
#define HVMD_HW_I8042_H

#include <stdbool.h>
#include <stdint.h>

struct dev;

/* A key goes down or up; machine lock held. code is the key's number in scan
 * code set 1 (1 to 0x7f), extended that it has the 0xe0 prefix. A full queue
 * drops it, as a keyboard does. */
void i8042_key(struct dev *dev, uint8_t code, bool extended, bool down);

#endif
