/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 82441FX PMC: host bridge, PCI configuration ports, and the memory
 * between 768 KiB and 1 MiB. Source: Intel 290549-001.
 *
 * "i440FX-pcihost" owns the bus "pci.0" and the ports 0xcf8 to 0xcff;
 * "i440FX" is the function 00.0 with the PAM registers.
 */
#ifndef HVMD_HW_I440FX_H
#define HVMD_HW_I440FX_H

#include "dm/dev.h"
#include "dm/mem.h"

#define I440FX_PAM0 0x59 /* to PAM6: nibbles of RE and WE */
#define I440FX_PAMS 7
#define I440FX_PAM_RE 0x1 /* of a nibble: reads go to RAM */
#define I440FX_PAM_WE 0x2

extern const struct dev_class i440fx_host_class, i440fx_class;

/* By the board, once, machine lock held: the guest's RAM from address 0, and
 * the firmware whose last 128 KiB show below 1 MiB (NULL: none). */
void i440fx_set_memory(struct dev *dev, struct ram *ram, struct ram *bios);
/* All segments RAM, as firmware leaves them, in one change of the layout. */
void i440fx_open_memory(struct dev *dev);

#endif
