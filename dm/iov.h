/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes in pieces: iov[n], from byte off of them on. Pieces may be empty.
 */
#ifndef HVMD_DM_IOV_H
#define HVMD_DM_IOV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Copy len bytes out of the pieces, or into them, or clear them; returns how
 * many there were. What iov_get has copied is not looked at again. */
size_t iov_get(const struct iovec *iov, unsigned n, size_t off, void *buf,
               size_t len);
size_t iov_put(const struct iovec *iov, unsigned n, size_t off, const void *buf,
               size_t len);
size_t iov_zero(const struct iovec *iov, unsigned n, size_t off, size_t len);
/* All from off on, in out[n]; returns how many pieces. */
unsigned iov_tail(struct iovec *out, const struct iovec *iov, unsigned n,
                  size_t off);
/* Drops len bytes at the front, or at the end; false if there are fewer. */
bool iov_skip(struct iovec **iov, unsigned *n, size_t len);
bool iov_cut(struct iovec *iov, unsigned *n, size_t len);

#endif
