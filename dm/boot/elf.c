/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF files of either class. Source: System V ABI, chapters 4 and 5.
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "dm/boot/boot-priv.h"

static int bad(struct cfg_err *err, const struct boot_file *f, const char *why)
{
    return err_set(err, -EINVAL, "could not load kernel '%s': %s", f->path,
                   why);
}

static int read_segment(const struct boot_file *f, bool is64, uint64_t off,
                        struct elf_segment *s)
{
    union {
        Elf32_Phdr p32;
        Elf64_Phdr p64;
    } u;
    int rc = boot_read(f, off, &u, is64 ? sizeof(u.p64) : sizeof(u.p32));

    if (rc)
        return rc;
    if (is64)
        *s = (struct elf_segment){u.p64.p_type, u.p64.p_offset, u.p64.p_paddr,
                                  u.p64.p_filesz, u.p64.p_memsz};
    else
        *s = (struct elf_segment){u.p32.p_type, u.p32.p_offset, u.p32.p_paddr,
                                  u.p32.p_filesz, u.p32.p_memsz};
    return 0;
}

int elf_read(const struct boot_file *f, struct elf *elf, struct cfg_err *err)
{
    union {
        unsigned char ident[EI_NIDENT];
        Elf32_Ehdr h32;
        Elf64_Ehdr h64;
    } u = {0};
    uint64_t phoff, phsize, want;
    unsigned machine;

    if (boot_read(f, 0, &u, sizeof(u.h32)) ||
        memcmp(u.ident, ELFMAG, SELFMAG) || u.ident[EI_DATA] != ELFDATA2LSB)
        return -ENOEXEC;
    *elf = (struct elf){.is64 = u.ident[EI_CLASS] == ELFCLASS64};
    if (elf->is64) {
        if (boot_read(f, 0, &u.h64, sizeof(u.h64)))
            return -ENOEXEC;
        machine = u.h64.e_machine;
        elf->entry = u.h64.e_entry;
        elf->n = u.h64.e_phnum;
        phoff = u.h64.e_phoff;
        phsize = u.h64.e_phentsize;
        want = sizeof(Elf64_Phdr);
    } else {
        machine = u.h32.e_machine;
        elf->entry = u.h32.e_entry;
        elf->n = u.h32.e_phnum;
        phoff = u.h32.e_phoff;
        phsize = u.h32.e_phentsize;
        want = sizeof(Elf32_Phdr);
    }
    if (machine != EM_386 && machine != EM_X86_64)
        return bad(err, f, "an ELF file for another processor");
    if (phsize < want || phoff > f->size || elf->n > ELF_SEGMENTS_MAX)
        return bad(err, f, "its program headers make no sense");
    for (unsigned i = 0; i < elf->n; i++)
        if (read_segment(f, elf->is64, phoff + i * phsize, &elf->seg[i]))
            return bad(err, f, "the file ends within its program headers");
    return 0;
}

int elf_load(struct boot *b, struct boot_file *f, const struct elf *elf,
             struct cfg_err *err)
{
    unsigned loaded = 0;

    for (unsigned i = 0; i < elf->n; i++) {
        const struct elf_segment *s = &elf->seg[i];
        int rc;

        if (s->type != PT_LOAD || !s->memsz)
            continue;
        if (s->filesz > s->memsz || s->off > f->size ||
            s->filesz > f->size - s->off)
            return bad(err, f, "a segment lies beyond the end of the file");
        if (!boot_is_free(b, s->paddr, s->memsz))
            return err_set(err, -EINVAL,
                           "could not load kernel '%s': there is no RAM "
                           "for %llu KiB at 0x%llx: give the guest more "
                           "memory (-m)",
                           f->path, (unsigned long long)s->memsz >> 10,
                           (unsigned long long)s->paddr);
        rc = boot_add_file(b, s->paddr, f, s->off, s->filesz);
        if (!rc)
            rc = boot_add_zero(b, s->paddr + s->filesz, s->memsz - s->filesz);
        if (rc)
            return err_set(err, rc, "out of memory");
        loaded++;
    }
    return loaded ? 0 : bad(err, f, "it has nothing to load");
}
