/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int keep_open(const char *path, size_t len, bool anew, void **mem,
              struct cfg_err *err)
{
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    int fd = -1, rc = 0;
    void *p = MAP_FAILED;

    if (path) {
        fd = open(path, flags | (anew ? O_TRUNC : 0), 0600);
        /* A store into it must not fail later. */
        rc = fd < 0 ? -errno : -posix_fallocate(fd, 0, (off_t)len);
    }
    if (!rc)
        p = mmap(NULL, len, PROT_READ | PROT_WRITE,
                 path ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, fd, 0);
    if (!rc && p == MAP_FAILED)
        rc = -errno;
    if (fd >= 0)
        close(fd);
    if (rc)
        return err_set(err, rc, "%s: %s", path ? path : "memory",
                       strerror(-rc));
    *mem = p;
    return 0;
}

void keep_close(const char *path, void *mem, size_t len, bool forget)
{
    if (!mem)
        return;
    munmap(mem, len);
    if (forget && path)
        unlink(path);
}
