/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ELF file with a note that names its 32-bit entry: the PVH boot protocol.
 *
 * Sources: xen/include/public/arch-x86/hvm/start_info.h,
 * xen/include/public/elfnote.h.
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/boot/boot-priv.h"
#include "dm/machine.h"

#define PHYS32_ENTRY 18
#define NOTES_MAX 65536
#define START_MAGIC 0x336ec578

struct start_info {
    uint32_t magic, version, flags, nr_modules;
    uint64_t modlist, cmdline, rsdp;
    uint64_t memmap; /* from version 1 */
    uint32_t memmap_entries, reserved;
};

struct module {
    uint64_t addr, size, cmdline, reserved;
};

struct memmap_entry {
    uint64_t addr, size;
    uint32_t type, reserved;
};

static uint32_t align4(uint32_t n)
{
    return (n + 3) & ~3u;
}

/* The notes in buf: a header, a name and a description, each padded to 4. */
static bool find_note(const uint8_t *buf, size_t len, uint32_t *entry)
{
    Elf32_Nhdr n;
    size_t at = 0;

    while (len - at >= sizeof(n)) {
        const uint8_t *name;
        size_t left;

        memcpy(&n, buf + at, sizeof(n));
        at += sizeof(n);
        left = len - at;
        if (n.n_namesz > NOTES_MAX || n.n_descsz > NOTES_MAX ||
            align4(n.n_namesz) + n.n_descsz > left)
            return false;
        name = buf + at;
        at += align4(n.n_namesz);
        if (n.n_type == PHYS32_ENTRY && n.n_namesz == 4 &&
            !memcmp(name, "Xen", 4) && n.n_descsz >= 4) {
            memcpy(entry, buf + at, 4);
            return true;
        }
        if (align4(n.n_descsz) > len - at)
            return false;
        at += align4(n.n_descsz);
    }
    return false;
}

static bool find_entry(const struct boot_file *f, const struct elf *elf,
                       uint32_t *entry)
{
    bool found = false;

    for (unsigned i = 0; i < elf->n && !found; i++) {
        const struct elf_segment *s = &elf->seg[i];
        uint8_t *buf;

        if (s->type != PT_NOTE || s->filesz > NOTES_MAX)
            continue;
        buf = malloc(s->filesz);
        if (buf && !boot_read(f, s->off, buf, s->filesz))
            found = find_note(buf, s->filesz, entry);
        free(buf);
    }
    return found;
}

static int put_memmap(struct boot *b, struct start_info *info)
{
    unsigned n = b->env->e820_n;
    struct memmap_entry *map = calloc(n, sizeof(*map));
    int rc;

    if (!map)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++)
        map[i] = (struct memmap_entry){
            b->env->e820[i].addr, b->env->e820[i].len, b->env->e820[i].type, 0};
    rc = boot_put(b, map, n * sizeof(*map), 8, &info->memmap);
    info->memmap_entries = n;
    free(map);
    return rc;
}

int boot_pvh(struct boot *b, struct boot_file *f, struct cfg_err *err)
{
    struct start_info info = {
        .magic = START_MAGIC, .version = 1, .rsdp = b->env->rsdp};
    const char *append = b->vm->cfg->append;
    struct module initrd = {0};
    struct elf elf;
    uint32_t entry;
    int rc = elf_read(f, &elf, err);

    if (rc)
        return rc;
    if (!find_entry(f, &elf, &entry))
        return -ENOEXEC;
    rc = elf_load(b, f, &elf, err);
    if (!rc)
        rc = boot_put_initrd(b, BOOT_4G, &initrd.addr, &initrd.size, err);
    if (rc)
        return rc;

    b->regs = (struct boot_regs){.mode = BOOT_PROT32, .rip = entry};
    if (initrd.size) {
        info.nr_modules = 1;
        rc = boot_put(b, &initrd, sizeof(initrd), 8, &info.modlist);
    }
    if (!rc)
        rc = boot_put_string(b, append ? append : "", &info.cmdline);
    if (!rc)
        rc = put_memmap(b, &info);
    if (!rc)
        rc = boot_put_gdt(b, false);
    if (!rc)
        rc = boot_put(b, &info, sizeof(info), 8, &b->regs.rbx);
    if (rc)
        return err_set(err, rc,
                       "could not load kernel '%s': no room for its "
                       "start information",
                       f->path);
    return 0;
}
