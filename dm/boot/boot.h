/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a kernel without firmware: -kernel, -initrd, -append.
 *
 * A loader checks the files once, when the machine is made, and keeps a list
 * of what has to be in guest memory; every reset puts that there again. The
 * big parts stay in their files, which are kept open and read straight into
 * the guest. The files are hostile: every offset and length in them is checked.
 *
 * Sources: Linux Documentation/arch/x86/boot.rst (64-bit protocol),
 * xen/include/public/arch-x86/hvm/start_info.h (PVH), Multiboot 0.6.96.
 */
#ifndef HVMD_DM_BOOT_BOOT_H
#define HVMD_DM_BOOT_BOOT_H

#include <stdint.h>

#include "dm/engine.h"
#include "dm/err.h"
#include "dm/mem.h"

struct vm;

enum e820_type { E820_RAM = 1, E820_RESERVED = 2, E820_ACPI = 3 };
struct e820_entry {
    uint64_t addr, len;
    uint32_t type;
};

/* What the board tells a loader about the machine. */
struct boot_env {
    const struct e820_entry *e820;
    unsigned e820_n;
    uint64_t low_ram; /* bytes of RAM from 0 without a hole but the legacy */
    gpa_t rsdp;       /* of the ACPI tables the board put into memory */
};

struct boot;

/* Reads and checks vm->cfg->kernel, initrd, append. "could not open
 * (or load) kernel 'X': why" in err and -errno; nothing is left behind. */
int boot_load(struct vm *vm, const struct boot_env *env, struct boot **out,
              struct cfg_err *err);
/* Locked, paused: writes the pieces; fills regs. */
int boot_place(struct vm *vm, struct boot *boot, struct boot_regs *regs);
void boot_free(struct boot *boot);

#endif
