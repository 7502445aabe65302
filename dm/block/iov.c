/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/block/iov.h"

#include <string.h>

/* The piece of *iov from *skip on, at most len; moves on by one. */
static size_t piece(const struct iovec **iov, uint64_t *skip, size_t len,
                    char **p)
{
    const struct iovec *v = (*iov)++;
    size_t n;

    if (*skip >= v->iov_len) {
        *skip -= v->iov_len;
        return 0;
    }
    *p = (char *)v->iov_base + *skip;
    n = v->iov_len - *skip;
    *skip = 0;
    return n < len ? n : len;
}

void iov_gather(void *to, const struct iovec *iov, int cnt, uint64_t skip,
                size_t len)
{
    const struct iovec *end = iov + cnt;
    char *p;

    for (size_t n; len && iov < end; len -= n, to = (char *)to + n) {
        if ((n = piece(&iov, &skip, len, &p)))
            memcpy(to, p, n);
    }
}

void iov_scatter(const struct iovec *iov, int cnt, uint64_t skip,
                 const void *from, size_t len)
{
    const struct iovec *end = iov + cnt;
    char *p;

    for (size_t n; len && iov < end; len -= n, from = (char *)from + n) {
        if ((n = piece(&iov, &skip, len, &p)))
            memcpy(p, from, n);
    }
}

void iov_zero(const struct iovec *iov, int cnt, uint64_t skip, size_t len)
{
    const struct iovec *end = iov + cnt;
    char *p;

    for (size_t n; len && iov < end; len -= n) {
        if ((n = piece(&iov, &skip, len, &p)))
            memset(p, 0, n);
    }
}

int iov_tail(struct iovec *out, const struct iovec *iov, int cnt, uint64_t skip)
{
    const struct iovec *end = iov + cnt;
    int n = 0;

    while (iov < end) {
        char *p = NULL;
        size_t len = piece(&iov, &skip, SIZE_MAX, &p);

        if (len)
            out[n++] = (struct iovec){p, len};
    }
    return n;
}
