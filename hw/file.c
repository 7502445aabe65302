/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/read-all.h"

bool file_find(const char *data_dir, const char *name, char *path, size_t size)
{
    const char *const folder[] = {
        data_dir ? data_dir : HVMD_DATADIR,
        HVMD_DATADIR,
        "/usr/share/seabios",
        "/usr/share/qemu",
        "/usr/lib/ipxe/qemu",
    };
    unsigned i = 0;

    snprintf(path, size, "%s", name);
    while (access(path, R_OK) && !strchr(name, '/')) {
        if (i == sizeof(folder) / sizeof(folder[0]))
            return false;
        snprintf(path, size, "%s/%s", folder[i++], name);
    }
    return true; /* or open says why not */
}

int file_load(const char *path, size_t max, uint8_t **data, size_t *len,
              struct cfg_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

    if (fd < 0)
        return err_set(err, -errno, "cannot open '%s': %s", path,
                       strerror(errno));
    rc = read_all(fd, max, data, len);
    close(fd);
    if (!rc)
        return 0;
    free(*data);
    *data = NULL;
    if (rc == -EFBIG)
        return err_set(err, rc, "'%s' is too long: expected at most %zu bytes",
                       path, max);
    return err_set(err, rc, "cannot read '%s': %s", path, strerror(-rc));
}
