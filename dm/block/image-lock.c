/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/block/image-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>

#define TRY_MS 20
#define MAX_MS 200
#define WAIT_MS 30000

enum { PERM_READ = 0, PERM_WRITE = 1, PERM_RESIZE = 3 };

/* What is done, and what others must not do meanwhile. */
static const int writer_does[] = {100 + PERM_READ, 100 + PERM_WRITE};
static const int reader_does[] = {100 + PERM_READ};
static const int forbids[] = {200 + PERM_WRITE, 200 + PERM_RESIZE};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int lock_byte(int fd, int cmd, int type, int byte)
{
    struct flock l = {
        .l_type = type,
        .l_whence = SEEK_SET,
        .l_start = byte,
        .l_len = 1,
    };

    if (fcntl(fd, cmd, &l) < 0)
        return errno == EACCES ? -EAGAIN : -errno;
    /* F_OFD_GETLK: who would be in the way of a write lock */
    return cmd == F_OFD_GETLK && l.l_type != F_UNLCK ? -EAGAIN : 0;
}

void image_unlock(int fd)
{
    const struct flock all = {
        .l_type = F_UNLCK,
        .l_whence = SEEK_SET,
        .l_start = 100,
        .l_len = 200,
    };

    fcntl(fd, F_OFD_SETLK, &all);
}

/* All announce first and look then: of two that start at once, at least one
 * sees the other. */
static int try_lock(int fd, bool write)
{
    const int *does = write ? writer_does : reader_does;
    size_t n = write ? COUNT(writer_does) : COUNT(reader_does);
    int rc = 0;

    for (size_t i = 0; !rc && i < n; i++)
        rc = lock_byte(fd, F_OFD_SETLK, F_RDLCK, does[i]);
    for (size_t i = 0; !rc && i < COUNT(forbids); i++)
        rc = lock_byte(fd, F_OFD_SETLK, F_RDLCK, forbids[i]);
    /* Does someone forbid what I do, or do what I forbid? */
    for (size_t i = 0; !rc && i < n; i++)
        rc = lock_byte(fd, F_OFD_GETLK, F_WRLCK, does[i] + 100);
    for (size_t i = 0; !rc && i < COUNT(forbids); i++)
        rc = lock_byte(fd, F_OFD_GETLK, F_WRLCK, forbids[i] - 100);
    return rc;
}

/* After a crash the kernel holds the file until its last request is done. */
int image_lock(int fd, bool write, bool wait)
{
    int rc = try_lock(fd, write), max = wait ? WAIT_MS : MAX_MS;

    for (int ms = 0; ms < max && rc == -EAGAIN; ms += TRY_MS) {
        image_unlock(fd);
        poll(NULL, 0, TRY_MS);
        rc = try_lock(fd, write);
    }
    return rc;
}
