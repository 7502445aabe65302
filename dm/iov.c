/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/iov.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

/* The piece of *iov from *off on, at most len; moves on by one. */
static struct iovec next(const struct iovec **iov, size_t *off, size_t len)
{
    const struct iovec *v = (*iov)++;
    struct iovec part = {NULL, 0};

    if (*off >= v->iov_len) {
        *off -= v->iov_len;
        return part;
    }
    part.iov_base = (uint8_t *)v->iov_base + *off;
    part.iov_len = v->iov_len - *off;
    if (part.iov_len > len)
        part.iov_len = len;
    *off = 0;
    return part;
}

size_t iov_get(const struct iovec *iov, unsigned n, size_t off, void *buf,
               size_t len)
{
    size_t done = 0;

    for (; n && done < len; n--) {
        struct iovec v = next(&iov, &off, len - done);

        if (v.iov_len)
            memcpy((uint8_t *)buf + done, v.iov_base, v.iov_len);
        done += v.iov_len;
    }
    /* The copy is what the caller goes by: no later look at the original. */
    atomic_signal_fence(memory_order_seq_cst);
    return done;
}

size_t iov_put(const struct iovec *iov, unsigned n, size_t off, const void *buf,
               size_t len)
{
    size_t done = 0;

    for (; n && done < len; n--) {
        struct iovec v = next(&iov, &off, len - done);

        if (v.iov_len)
            memcpy(v.iov_base, (const uint8_t *)buf + done, v.iov_len);
        done += v.iov_len;
    }
    return done;
}

size_t iov_zero(const struct iovec *iov, unsigned n, size_t off, size_t len)
{
    size_t done = 0;

    for (; n && done < len; n--) {
        struct iovec v = next(&iov, &off, len - done);

        if (v.iov_len)
            memset(v.iov_base, 0, v.iov_len);
        done += v.iov_len;
    }
    return done;
}

unsigned iov_tail(struct iovec *out, const struct iovec *iov, unsigned n,
                  size_t off)
{
    unsigned got = 0;

    while (n--) {
        struct iovec v = next(&iov, &off, SIZE_MAX);

        if (v.iov_len)
            out[got++] = v;
    }
    return got;
}

bool iov_skip(struct iovec **iov, unsigned *n, size_t len)
{
    while (len) {
        if (!*n)
            return false;
        if ((*iov)->iov_len > len) {
            (*iov)->iov_base = (uint8_t *)(*iov)->iov_base + len;
            (*iov)->iov_len -= len;
            return true;
        }
        len -= (*iov)->iov_len;
        (*iov)++;
        (*n)--;
    }
    return true;
}

bool iov_cut(struct iovec *iov, unsigned *n, size_t len)
{
    while (len) {
        if (!*n)
            return false;
        if (iov[*n - 1].iov_len > len) {
            iov[*n - 1].iov_len -= len;
            return true;
        }
        len -= iov[--*n].iov_len;
    }
    return true;
}
