/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/boot/boot-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dm/log.h"
#include "dm/machine.h"

/* Below lie the BIOS data area and what kernels think of as its scratch. */
#define LOWEST 0x10000

/* ---- files ---- */

int boot_open(struct boot *b, const char *what, const char *path,
              struct boot_file **out, struct cfg_err *err)
{
    struct boot_file *f = calloc(1, sizeof(*f));
    struct stat st;

    if (!f)
        return err_set(err, -ENOMEM, "out of memory");
    /* O_NONBLOCK: a FIFO without a writer must not stop us */
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0 || fstat(f->fd, &st) < 0) {
        int rc = -errno;

        if (f->fd >= 0)
            close(f->fd);
        free(f);
        return err_set(err, rc, "could not open %s '%s': %s", what, path,
                       strerror(-rc));
    }
    f->path = path;
    f->size = st.st_size;
    f->next = b->files;
    b->files = f;
    *out = f;
    if (!S_ISREG(st.st_mode))
        return err_set(err, -EINVAL,
                       "could not load %s '%s': expected a regular file", what,
                       path);
    if (!f->size)
        return err_set(err, -EINVAL,
                       "could not load %s '%s': the file is empty", what, path);
    return 0;
}

int boot_read(const struct boot_file *f, uint64_t off, void *buf, size_t len)
{
    uint8_t *p = buf;

    if (off > f->size || len > f->size - off)
        return -ENODATA;
    while (len) {
        ssize_t n = pread(f->fd, p, len, off);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? -errno : -ENODATA;
        p += n;
        off += n;
        len -= n;
    }
    return 0;
}

/* ---- the plan ---- */

static const struct boot_piece *overlap(const struct boot *b, gpa_t gpa,
                                        uint64_t len)
{
    for (const struct boot_piece *p = b->pieces; p; p = p->next)
        if (gpa < p->gpa + p->len && p->gpa < gpa + len)
            return p;
    return NULL;
}

static bool is_ram(const struct boot *b, gpa_t gpa, uint64_t len)
{
    for (unsigned i = 0; i < b->env->e820_n; i++) {
        const struct e820_entry *e = &b->env->e820[i];

        if (e->type == E820_RAM && gpa >= e->addr && gpa - e->addr < e->len &&
            len <= e->len - (gpa - e->addr))
            return true;
    }
    return false;
}

bool boot_is_free(const struct boot *b, gpa_t gpa, uint64_t len)
{
    return is_ram(b, gpa, len) && !overlap(b, gpa, len);
}

/* Within [from, to); a piece in the way moves the candidate past it. */
static bool find_low(const struct boot *b, gpa_t from, gpa_t to, uint64_t len,
                     uint64_t align, gpa_t *out)
{
    const struct boot_piece *p;
    gpa_t at = from;

    for (;;) {
        if (__builtin_add_overflow(at, align - 1, &at))
            return false;
        at &= ~(align - 1);
        if (at >= to || len > to - at)
            return false;
        p = overlap(b, at, len);
        if (!p)
            break;
        at = p->gpa + p->len;
    }
    *out = at;
    return true;
}

static bool find_high(const struct boot *b, gpa_t from, gpa_t to, uint64_t len,
                      uint64_t align, gpa_t *out)
{
    const struct boot_piece *p;

    for (;;) {
        gpa_t at;

        if (to < from || len > to - from)
            return false;
        at = (to - len) & ~(align - 1);
        if (at < from)
            return false;
        p = overlap(b, at, len);
        if (!p) {
            *out = at;
            return true;
        }
        to = p->gpa;
    }
}

int boot_find(const struct boot *b, uint64_t len, uint64_t align, gpa_t max,
              bool high, gpa_t *out)
{
    bool found = false;

    for (unsigned i = 0; i < b->env->e820_n; i++) {
        const struct e820_entry *e = &b->env->e820[i];
        gpa_t from = e->addr > LOWEST ? e->addr : LOWEST, to, at = 0;

        if (e->type != E820_RAM || __builtin_add_overflow(e->addr, e->len, &to))
            continue;
        if (to > max)
            to = max;
        if (high ? !find_high(b, from, to, len, align, &at)
                 : !find_low(b, from, to, len, align, &at))
            continue;
        if (!found || (high ? at > *out : at < *out))
            *out = at;
        found = true;
    }
    return found ? 0 : -ENOSPC;
}

static int add(struct boot *b, const struct boot_piece *piece)
{
    struct boot_piece *p;

    if (!piece->len)
        return 0;
    if (!boot_is_free(b, piece->gpa, piece->len))
        return -EINVAL;
    p = malloc(sizeof(*p));
    if (!p)
        return -ENOMEM;
    *p = *piece;
    p->next = b->pieces;
    b->pieces = p;
    return 0;
}

int boot_add_data(struct boot *b, gpa_t gpa, const void *data, uint64_t len)
{
    struct boot_piece p = {.gpa = gpa, .len = len};
    int rc;

    if (!len)
        return 0;
    p.data = malloc(len);
    if (!p.data)
        return -ENOMEM;
    memcpy(p.data, data, len);
    rc = add(b, &p);
    if (rc)
        free(p.data);
    return rc;
}

int boot_add_file(struct boot *b, gpa_t gpa, struct boot_file *f, uint64_t off,
                  uint64_t len)
{
    struct boot_piece p = {.gpa = gpa, .len = len, .file = f, .off = off};

    return add(b, &p);
}

int boot_add_zero(struct boot *b, gpa_t gpa, uint64_t len)
{
    struct boot_piece p = {.gpa = gpa, .len = len, .zero = true};

    return add(b, &p);
}

int boot_keep_free(struct boot *b, gpa_t gpa, uint64_t len)
{
    struct boot_piece p = {.gpa = gpa, .len = len};

    return add(b, &p);
}

int boot_put(struct boot *b, const void *data, uint64_t len, uint64_t align,
             gpa_t *out)
{
    int rc = boot_find(b, len, align, BOOT_4G, false, out);

    return rc ? rc : boot_add_data(b, *out, data, len);
}

int boot_put_string(struct boot *b, const char *s, gpa_t *out)
{
    return boot_put(b, s, strlen(s) + 1, 16, out);
}

int boot_put_initrd(struct boot *b, gpa_t max, gpa_t *gpa, uint64_t *len,
                    struct cfg_err *err)
{
    const char *path = b->vm->cfg->initrd;
    struct boot_file *f;
    int rc;

    *gpa = *len = 0;
    if (!path)
        return 0;
    rc = boot_open(b, "initrd", path, &f, err);
    if (rc)
        return rc;
    rc = boot_find(b, f->size, GUEST_PAGE, max, true, gpa);
    if (!rc)
        rc = boot_add_file(b, *gpa, f, 0, f->size);
    if (rc)
        return err_set(err, rc,
                       "could not load initrd '%s': no room for its %llu "
                       "KiB beside the kernel: give the guest more memory "
                       "(-m)",
                       path, (unsigned long long)f->size >> 10);
    *len = f->size;
    return 0;
}

int boot_put_gdt(struct boot *b, bool long_mode)
{
    const uint64_t gdt[] = {
        0,
        0,
        long_mode ? 0x00af9b000000ffff : 0x00cf9b000000ffff,
        0x00cf93000000ffff,
    };
    gpa_t gpa;
    int rc = boot_put(b, gdt, sizeof(gdt), 16, &gpa);

    b->regs.gdt = gpa;
    b->regs.gdt_limit = sizeof(gdt) - 1;
    b->regs.cs = BOOT_CS;
    b->regs.ds = BOOT_DS;
    return rc;
}

/* ---- what the machine calls ---- */

int boot_load(struct vm *vm, const struct boot_env *env, struct boot **out,
              struct cfg_err *err)
{
    static int (*const loaders[])(struct boot *, struct boot_file *,
                                  struct cfg_err *) = {
        boot_bzimage,
        boot_multiboot,
        boot_pvh,
    };
    const char *path = vm->cfg->kernel;
    struct boot *b = calloc(1, sizeof(*b));
    struct boot_file *kernel;
    int rc;

    if (!b)
        return err_set(err, -ENOMEM, "out of memory");
    b->vm = vm;
    b->env = env;
    rc = boot_open(b, "kernel", path, &kernel, err);
    if (rc)
        goto out;
    rc = -ENOEXEC;
    for (unsigned i = 0; i < 3 && rc == -ENOEXEC; i++)
        rc = loaders[i](b, kernel, err);
    if (rc == -ENOEXEC)
        err_set(err, rc,
                "could not load kernel '%s': unknown format (expected a "
                "bzImage, an ELF with a PVH note, or multiboot)",
                path);
out:
    b->env = NULL;
    if (rc)
        boot_free(b);
    else
        *out = b;
    return rc;
}

/* One mapped run of a piece, done bytes into it. */
static int place_run(const struct boot_piece *p, uint64_t done, void *to,
                     size_t len)
{
    if (p->data)
        memcpy(to, (const uint8_t *)p->data + done, len);
    else if (p->file)
        return boot_read(p->file, p->off + done, to, len);
    else
        memset(to, 0, len);
    return 0;
}

static int place(struct vm *vm, const struct boot_piece *p)
{
    uint64_t done = 0;

    if (!p->data && !p->file && !p->zero)
        return 0;
    while (done < p->len) {
        struct gmap map;
        size_t n;
        int rc = mem_map(vm, p->gpa + done, p->len - done, true, &map);

        if (rc)
            return rc;
        n = map.len;
        rc = place_run(p, done, map.ptr, n);
        mem_unmap(vm, &map, n);
        if (rc)
            return rc;
        done += n;
    }
    return 0;
}

int boot_place(struct vm *vm, struct boot *b, struct boot_regs *regs)
{
    for (const struct boot_piece *p = b->pieces; p; p = p->next) {
        int rc = place(vm, p);

        if (rc) {
            log_err("boot", "cannot put %s at 0x%llx: %s",
                    p->file ? p->file->path : "tables",
                    (unsigned long long)p->gpa, strerror(-rc));
            return rc;
        }
    }
    *regs = b->regs;
    return 0;
}

void boot_free(struct boot *b)
{
    struct boot_piece *p;
    struct boot_file *f;

    if (!b)
        return;
    while ((p = b->pieces)) {
        b->pieces = p->next;
        free(p->data);
        free(p);
    }
    for (unsigned i = 0; i < BOOT_PARTS; i++)
        free(b->part[i].data);
    while ((f = b->files)) {
        b->files = f->next;
        close(f->fd);
        free(f);
    }
    free(b);
}
