/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -kernel behind firmware: the kernel's parts as items of fw_cfg, with the
 * keys that OVMF knows too, and for SeaBIOS an option ROM that fetches them
 * (pc-kernel-rom.S).
 */
#ifndef HVMD_HW_PC_KERNEL_H
#define HVMD_HW_PC_KERNEL_H

#include "dm/boot/boot.h"
#include "dm/dev.h"

#define PC_KERNEL_ROM "genroms/hvmd-kernel.bin"

/* Machine lock held, before the guest runs. parts: see boot_load_parts; they
 * must live as long as fw_cfg. -errno with err set. */
int pc_kernel_offer(struct dev *fw_cfg, const struct boot *parts,
                    struct cfg_err *err);

#endif
