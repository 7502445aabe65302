/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/boot/boot-priv.h"
#include "dm/machine.h"

static int add_initrd(struct boot *b, struct cfg_err *err)
{
    struct boot_part *p = &b->part[BOOT_INITRD];
    const struct vm_config *cfg = b->vm->cfg;
    struct boot_file *f = NULL;
    uint64_t limit = cfg->ram_size < BOOT_4G ? cfg->ram_size : BOOT_4G;
    uint64_t len = 0;
    int rc = 0;

    if (cfg->initrd)
        rc = boot_open(b, "initrd", cfg->initrd, &f, err);
    if (rc)
        return rc;
    if (f)
        len = f->size;
    /* The guest's loader knows where there is room, and looks again. */
    if (p->gpa >= limit || len > limit - p->gpa)
        return err_set(err, -ENOSPC,
                       "-kernel, -initrd: no room for %llu MiB: give the "
                       "guest more memory (-m)",
                       (unsigned long long)(p->gpa + len) >> 20);
    p->file = f;
    p->len = (uint32_t)len;
    return 0;
}

int boot_load_parts(struct vm *vm, struct boot **out, struct cfg_err *err)
{
    const char *path = vm->cfg->kernel;
    struct boot *b = calloc(1, sizeof(*b));
    struct boot_file *kernel;
    int rc;

    if (!b)
        return err_set(err, -ENOMEM, "out of memory");
    b->vm = vm;
    rc = boot_open(b, "kernel", path, &kernel, err);
    if (!rc) {
        rc = boot_bzimage_parts(b, kernel, err);
        if (rc == -ENOEXEC)
            err_set(err, rc,
                    "could not load kernel '%s': unknown format (behind "
                    "firmware a bzImage is expected)",
                    path);
    }
    if (!rc)
        rc = add_initrd(b, err);
    if (rc)
        boot_free(b);
    else
        *out = b;
    return rc;
}

const struct boot_part *boot_part(const struct boot *b, enum boot_part_id id)
{
    return &b->part[id];
}

int boot_part_read(const struct boot_part *p, uint32_t off, void *buf,
                   size_t len)
{
    if (p->file)
        return boot_read(p->file, p->off + off, buf, len);
    memcpy(buf, (const uint8_t *)p->data + off, len);
    return 0;
}
