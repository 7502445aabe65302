/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the board "pc" tells firmware that runs in it: the items of fw_cfg,
 * and what a PC/AT keeps in the RAM of its clock.
 */
#ifndef HVMD_HW_PC_FIRMWARE_H
#define HVMD_HW_PC_FIRMWARE_H

#include "dm/machine.h"
#include "hw/pc-tables.h"

struct pci_bus;

/* -boot, understood */
struct pc_boot {
    uint16_t order, once; /* SeaBIOS's nibbles: 1 floppy 2 disk 3 CD 4 net */
    bool booted;          /* "once" is over */
};

/* The letters of -boot; -EINVAL with err set if they are not understood. */
int pc_firmware_boot(struct opts *o, struct pc_boot *boot, struct cfg_err *err);
/* Machine lock held, all devices made. t: NULL if firmware has memory map and
 * tables from somewhere else. kernel: what -kernel names is there for firmware
 * (pc_kernel_offer), and first to be tried. -EINVAL with err set if the rest
 * of -boot, a bootindex or -fw_cfg is not understood. */
int pc_firmware_fill(struct vm *vm, struct dev *fw_cfg,
                     const struct pci_bus *bus, const struct pc_tables *t,
                     bool kernel, struct cfg_err *err);
/* Sizes of memory; low, high: bytes below and from 4 GiB. */
void pc_firmware_cmos(struct dev *rtc, unsigned cpus, uint64_t low,
                      uint64_t high);
/* At every power-on and reset. */
void pc_firmware_reset(struct dev *rtc, struct pc_boot *boot);

#endif
