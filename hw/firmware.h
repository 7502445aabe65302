/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware image at the top of the first 4 GiB. */
#ifndef HVMD_HW_FIRMWARE_H
#define HVMD_HW_FIRMWARE_H

#include "dm/err.h"
#include "dm/mem.h"

#define FIRMWARE_DEFAULT "bios-256k.bin"
#define FIRMWARE_MAX (16u << 20)

/* Machine lock held. Loads name, a path or a file of the usual folders, into
 * a block "pc.bios" and shows it read-only below 4 GiB. -errno with err
 * set: not found, or no image of whole 64 KiB up to 16 MiB. */
int firmware_load(struct vm *vm, const char *name, struct ram **out,
                  struct cfg_err *err);

#endif
