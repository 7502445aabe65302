/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiboot 1 kernels: ELF32, or a flat image whose header says where it goes.
 * -initrd lists modules, "file arguments,file arguments".
 *
 * Source: The Multiboot Specification, version 0.6.96.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/boot/boot-priv.h"
#include "dm/machine.h"

#define HEADER_MAGIC 0x1badb002
#define HEADER_SEARCH 8192
#define HEADER_UNKNOWN 0xfff8 /* requirements that we do not know */
#define HEADER_ADDRESSES (1u << 16)
#define LOADER_MAGIC 0x2badb002
#define MODULES_MAX 64

struct header {
    uint32_t magic, flags, checksum;
    /* with HEADER_ADDRESSES */
    uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};

enum {
    INFO_MEMORY = 1 << 0,
    INFO_CMDLINE = 1 << 2,
    INFO_MODS = 1 << 3,
    INFO_MMAP = 1 << 6,
    INFO_LOADER = 1 << 9,
};

struct info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count,
        mods_addr, syms[4], mmap_length, mmap_addr, drives_length, drives_addr,
        config_table, boot_loader_name, apm_table;
};

struct module {
    uint32_t start, end, string, reserved;
};

struct mmap_entry {
    uint32_t size; /* of what follows */
    uint64_t addr, len;
    uint32_t type;
} __attribute__((packed));

/* Where in the file the header is; -ENOEXEC without one. */
static int find_header(const struct boot_file *f, struct header *h,
                       uint64_t *at)
{
    uint32_t buf[HEADER_SEARCH / 4] = {0};
    size_t len = f->size < sizeof(buf) ? f->size & ~3ull : sizeof(buf);
    unsigned n = len / 4;

    if (boot_read(f, 0, buf, len))
        return -ENOEXEC;
    for (unsigned i = 0; i + 3 <= n; i++) {
        size_t rest = len - 4 * i;

        if (buf[i] != HEADER_MAGIC || buf[i] + buf[i + 1] + buf[i + 2])
            continue;
        *h = (struct header){0};
        memcpy(h, &buf[i], rest < sizeof(*h) ? rest : sizeof(*h));
        *at = 4 * i;
        return 0;
    }
    return -ENOEXEC;
}

static int load_flat(struct boot *b, struct boot_file *f,
                     const struct header *h, uint64_t at, struct cfg_err *err)
{
    uint64_t off, len, bss = 0;
    int rc;

    if (h->load_addr > h->header_addr || h->header_addr - h->load_addr > at)
        goto bad;
    off = at - (h->header_addr - h->load_addr);
    len = f->size - off;
    if (h->load_end_addr) {
        if (h->load_end_addr < h->load_addr ||
            h->load_end_addr - h->load_addr > len)
            goto bad;
        len = h->load_end_addr - h->load_addr;
    }
    if (h->bss_end_addr) {
        if (h->bss_end_addr < h->load_addr + len)
            goto bad;
        bss = h->bss_end_addr - (h->load_addr + len);
    }
    rc = boot_add_file(b, h->load_addr, f, off, len);
    if (!rc)
        rc = boot_add_zero(b, h->load_addr + len, bss);
    if (!rc)
        return 0;
    return err_set(err, rc,
                   "could not load kernel '%s': there is no RAM for %llu "
                   "KiB at 0x%x: give the guest more memory (-m)",
                   f->path, (unsigned long long)(len + bss) >> 10,
                   h->load_addr);
bad:
    return err_set(err, -EINVAL,
                   "could not load kernel '%s': the addresses in its "
                   "multiboot header make no sense",
                   f->path);
}

static int load_kernel(struct boot *b, struct boot_file *f, struct cfg_err *err)
{
    struct header h;
    struct elf elf;
    uint64_t at;
    int rc = find_header(f, &h, &at);

    if (rc)
        return rc;
    if (h.flags & HEADER_UNKNOWN)
        return err_set(err, -EINVAL,
                       "could not load kernel '%s': its multiboot header "
                       "asks for unknown features 0x%x",
                       f->path, h.flags & HEADER_UNKNOWN);
    b->regs = (struct boot_regs){.mode = BOOT_PROT32, .rax = LOADER_MAGIC};
    if (h.flags & HEADER_ADDRESSES) {
        b->regs.rip = h.entry_addr;
        return load_flat(b, f, &h, at, err);
    }
    rc = elf_read(f, &elf, err);
    if (!rc && elf.is64)
        return err_set(err, -EINVAL,
                       "could not load kernel '%s': multiboot needs a "
                       "32-bit ELF file, this one is 64-bit",
                       f->path);
    if (rc)
        return rc == -ENOEXEC
                   ? err_set(err, -EINVAL,
                             "could not load kernel '%s': a multiboot "
                             "header without addresses in a file that is no "
                             "ELF",
                             f->path)
                   : rc;
    b->regs.rip = elf.entry;
    return elf_load(b, f, &elf, err);
}

/* The next module of the list, commas doubled to mean one; freed by the
 * caller. NULL at the end. */
static char *next_module(const char **list)
{
    const char *s = *list;
    char *out, *to;

    if (!*s)
        return NULL;
    out = to = malloc(strlen(s) + 1);
    if (!out)
        return NULL;
    for (; *s; s++) {
        if (*s == ',' && *++s != ',')
            break;
        *to++ = *s;
    }
    *to = 0;
    *list = s;
    return out;
}

static int put_module(struct boot *b, char *text, struct module *m,
                      struct cfg_err *err)
{
    size_t path_len = strcspn(text, " ");
    struct boot_file *f;
    gpa_t string, gpa;
    int rc = boot_put_string(b, text, &string);

    text[path_len] = 0;
    if (!rc)
        rc = boot_open(b, "initrd", text, &f, err);
    else
        return err_set(err, rc, "no room for the module list");
    if (rc)
        return rc;
    f->path = b->vm->cfg->initrd; /* text goes away */
    rc = boot_find(b, f->size, GUEST_PAGE, BOOT_4G, true, &gpa);
    if (!rc)
        rc = boot_add_file(b, gpa, f, 0, f->size);
    if (rc)
        return err_set(err, rc,
                       "could not load initrd '%s': no room for its %llu "
                       "KiB: give the guest more memory (-m)",
                       text, (unsigned long long)f->size >> 10);
    *m = (struct module){gpa, gpa + f->size, string, 0};
    return 0;
}

static int put_modules(struct boot *b, struct info *info, struct cfg_err *err)
{
    const char *list = b->vm->cfg->initrd;
    struct module mods[MODULES_MAX];
    unsigned n = 0;
    char *text;
    gpa_t gpa;
    int rc = 0;

    while (list && !rc && (text = next_module(&list))) {
        if (n == MODULES_MAX)
            rc = err_set(err, -E2BIG, "-initrd: more than %u modules",
                         MODULES_MAX);
        else
            rc = put_module(b, text, &mods[n++], err);
        free(text);
    }
    if (rc || !n)
        return rc;
    rc = boot_put(b, mods, n * sizeof(mods[0]), 4, &gpa);
    if (rc)
        return err_set(err, rc, "no room for the module list");
    info->flags |= INFO_MODS;
    info->mods_count = n;
    info->mods_addr = gpa;
    return 0;
}

static int put_mmap(struct boot *b, struct info *info)
{
    unsigned n = b->env->e820_n;
    struct mmap_entry *map = calloc(n, sizeof(*map));
    gpa_t gpa;
    int rc;

    if (!map)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++)
        map[i] = (struct mmap_entry){sizeof(*map) - 4, b->env->e820[i].addr,
                                     b->env->e820[i].len, b->env->e820[i].type};
    rc = boot_put(b, map, n * sizeof(*map), 4, &gpa);
    info->flags |= INFO_MMAP;
    info->mmap_addr = gpa;
    info->mmap_length = n * sizeof(*map);
    free(map);
    return rc;
}

/* The kernel's own name is its first word, as GRUB has it. */
static int put_cmdline(struct boot *b, struct info *info)
{
    const struct vm_config *cfg = b->vm->cfg;
    char *text;
    gpa_t gpa;
    int rc;

    if (asprintf(&text, "%s %s", cfg->kernel, cfg->append ? cfg->append : "") <
        0)
        return -ENOMEM;
    rc = boot_put_string(b, text, &gpa);
    free(text);
    info->flags |= INFO_CMDLINE;
    info->cmdline = gpa;
    return rc;
}

int boot_multiboot(struct boot *b, struct boot_file *f, struct cfg_err *err)
{
    uint64_t upper =
        b->env->low_ram > 1 << 20 ? b->env->low_ram - (1 << 20) : 0;
    struct info info = {
        .flags = INFO_MEMORY | INFO_LOADER,
        .mem_lower = 640,
        .mem_upper = upper >> 10,
    };
    gpa_t loader;
    int rc = load_kernel(b, f, err);

    if (!rc)
        rc = put_modules(b, &info, err);
    if (rc)
        return rc;
    rc = put_cmdline(b, &info);
    if (!rc)
        rc = put_mmap(b, &info);
    if (!rc)
        rc = boot_put_string(b, PACKAGE_STRING, &loader);
    if (!rc) {
        info.boot_loader_name = loader;
        rc = boot_put(b, &info, sizeof(info), 4, &b->regs.rbx);
    }
    if (!rc)
        rc = boot_put_gdt(b, false);
    if (rc)
        return err_set(err, rc,
                       "could not load kernel '%s': no room for its "
                       "boot information",
                       f->path);
    return 0;
}
