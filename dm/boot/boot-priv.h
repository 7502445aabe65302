/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loaders share: open files, and a plan of guest memory.
 *
 * The plan is a list of pieces. A loader places the kernel where it must be,
 * then asks for room for the rest: whatever is planned already, and what the
 * board's map does not call RAM, is avoided.
 */
#ifndef HVMD_DM_BOOT_BOOT_PRIV_H
#define HVMD_DM_BOOT_BOOT_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "dm/boot/boot.h"

#define BOOT_4G (1ULL << 32)
#define BOOT_CS 0x10
#define BOOT_DS 0x18

struct boot_file {
    const char *path;
    int fd;
    uint64_t size;
    struct boot_file *next;
};

/* Has data, or a part of a file, or neither: then it is zeroed (zero), or
 * only kept free. */
struct boot_piece {
    gpa_t gpa;
    uint64_t len;
    void *data; /* owned */
    struct boot_file *file;
    uint64_t off; /* in file */
    bool zero;
    struct boot_piece *next;
};

struct boot {
    struct vm *vm;
    const struct boot_env *env; /* valid during boot_load only */
    struct boot_file *files;    /* all that are open */
    struct boot_piece *pieces;
    struct boot_regs regs;
    struct boot_part part[BOOT_PARTS];
};

/* -errno, with "could not open (or load) WHAT 'PATH': why" in err. */
int boot_open(struct boot *b, const char *what, const char *path,
              struct boot_file **out, struct cfg_err *err);
/* All of len bytes at off: 0, -errno, -ENODATA if the file ends before. */
int boot_read(const struct boot_file *f, uint64_t off, void *buf, size_t len);

/* Is all of this RAM that the plan has not used? */
bool boot_is_free(const struct boot *b, gpa_t gpa, uint64_t len);
/* Room below max: the lowest place from 64 KiB on, or the highest one. align
 * is a power of two. -ENOSPC */
int boot_find(const struct boot *b, uint64_t len, uint64_t align, gpa_t max,
              bool high, gpa_t *out);

/* Plan it there. -EINVAL: that is no free RAM; -ENOMEM. */
int boot_add_data(struct boot *b, gpa_t gpa, const void *data, uint64_t len);
int boot_add_file(struct boot *b, gpa_t gpa, struct boot_file *f, uint64_t off,
                  uint64_t len);
int boot_add_zero(struct boot *b, gpa_t gpa, uint64_t len);
int boot_keep_free(struct boot *b, gpa_t gpa, uint64_t len);
/* Copies data into the lowest room; len 0 is legal. */
int boot_put(struct boot *b, const void *data, uint64_t len, uint64_t align,
             gpa_t *out);
int boot_put_string(struct boot *b, const char *s, gpa_t *out);
/* Opens the initrd and plans it as high as it may be; len 0 if there is none.
 * Sets err. */
int boot_put_initrd(struct boot *b, gpa_t max, gpa_t *gpa, uint64_t *len,
                    struct cfg_err *err);
/* Flat code and data segments at BOOT_CS and BOOT_DS, set in regs. */
int boot_put_gdt(struct boot *b, bool long_mode);

/* The loaders. -ENOEXEC without err: not this kind of kernel; else -errno
 * with the reason in err. */
int boot_bzimage(struct boot *b, struct boot_file *kernel, struct cfg_err *err);
int boot_multiboot(struct boot *b, struct boot_file *kernel,
                   struct cfg_err *err);
int boot_pvh(struct boot *b, struct boot_file *kernel, struct cfg_err *err);

/* Fills all parts but the initrd, whose lowest place it sets. -ENOEXEC without
 * err: no bzImage. */
int boot_bzimage_parts(struct boot *b, struct boot_file *kernel,
                       struct cfg_err *err);

/* elf.c: program headers of either class in one shape. */
#define ELF_SEGMENTS_MAX 64
struct elf_segment {
    uint32_t type;
    uint64_t off, paddr, filesz, memsz;
};
struct elf {
    bool is64;
    uint64_t entry;
    unsigned n;
    struct elf_segment seg[ELF_SEGMENTS_MAX];
};
/* -ENOEXEC without err: no ELF file for x86 that could be run. */
int elf_read(const struct boot_file *f, struct elf *elf, struct cfg_err *err);
int elf_load(struct boot *b, struct boot_file *f, const struct elf *elf,
             struct cfg_err *err);

#endif
