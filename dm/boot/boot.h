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
struct boot_file;

/* Reads and checks vm->cfg->kernel, initrd, append. "could not open
 * (or load) kernel 'X': why" in err and -errno; nothing is left behind. */
int boot_load(struct vm *vm, const struct boot_env *env, struct boot **out,
              struct cfg_err *err);
/* Locked, paused: writes the pieces; fills regs. */
int boot_place(struct vm *vm, struct boot *boot, struct boot_regs *regs);
void boot_free(struct boot *boot);

/*
 * A Linux kernel in parts, for a loader that runs in the guest behind
 * firmware: it puts them where they belong and enters BOOT_SETUP in real mode,
 * as the 16-bit boot protocol says.
 */
enum boot_part_id {
    BOOT_KERNEL,
    BOOT_CMDLINE,
    BOOT_SETUP,
    BOOT_INITRD,
    BOOT_PARTS,
};
struct boot_part {
    gpa_t gpa;    /* where it belongs; the initrd: not below this */
    uint32_t len; /* 0: there is none */
    void *data;   /* these bytes, or those of file from off */
    const struct boot_file *file;
    uint64_t off;
};

/* As boot_load; free it with boot_free, too. */
int boot_load_parts(struct vm *vm, struct boot **out, struct cfg_err *err);
const struct boot_part *boot_part(const struct boot *b, enum boot_part_id id);
/* All of it must be in the part. 0, -errno, -ENODATA: the file got shorter. */
int boot_part_read(const struct boot_part *p, uint32_t off, void *buf,
                   size_t len);

#endif
