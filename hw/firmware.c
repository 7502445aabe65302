/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/firmware.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/machine.h"
#include "hw/file.h"

#define UNIT 65536
#define TOP (1ull << 32)

static int show(struct vm *vm, const uint8_t *image, size_t len,
                struct ram **out, struct cfg_err *err)
{
    int rc;

    if (vm->engine->caps & ENGINE_HAS_FIRMWARE)
        return err_set(err, -ENOTSUP,
                       "this engine brings firmware itself: expected no -bios");
    rc = ram_new(vm, "pc.bios", len, out, err);
    if (rc)
        return rc;
    memcpy((*out)->host, image, len);
    rc = mem_show(vm, TOP - len, len, *out, 0, true);
    if (rc)
        return err_set(err, rc, "firmware below 4 GiB: %s", strerror(-rc));
    return 0;
}

int firmware_load(struct vm *vm, const char *name, struct ram **out,
                  struct cfg_err *err)
{
    char path[4096];
    uint8_t *image;
    size_t len;
    int rc;

    if (!file_find(vm->cfg->data_dir, name ? name : FIRMWARE_DEFAULT, path,
                   sizeof(path))) {
        if (name)
            return err_set(err, -ENOENT, "-bios %s: there is no such file",
                           name);
        return err_set(err, -ENOENT,
                       "there is no firmware " FIRMWARE_DEFAULT ": install "
                       "the Debian package seabios, or use -bios or -kernel");
    }
    rc = file_load(path, FIRMWARE_MAX, &image, &len, err);
    if (rc)
        return err_prefix(err, rc, "firmware");
    if (!len || len % UNIT)
        rc = err_set(err, -EINVAL,
                     "firmware '%s' has %zu bytes: expected a multiple of "
                     "64 KiB",
                     path, len);
    else
        rc = show(vm, image, len, out, err);
    free(image);
    return rc;
}
