/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/read-all.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK 65536

int read_all(int fd, size_t max, uint8_t **data, size_t *len)
{
    size_t cap = 0;
    ssize_t r;

    *data = NULL;
    *len = 0;
    do {
        if (*len == cap) {
            uint8_t *more = realloc(*data, cap = cap ? 2 * cap : CHUNK);

            if (!more)
                return -ENOMEM;
            *data = more;
        }
        r = read(fd, *data + *len, cap - *len);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -errno;
        *len += (size_t)r;
        if (*len > max)
            return -EFBIG;
    } while (r);
    return 0;
}
