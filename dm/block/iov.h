/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scattered buffers. skip: bytes of them to leave out at the start; the rest
 * must hold len.
 */
#ifndef HVMD_DM_BLOCK_IOV_H
#define HVMD_DM_BLOCK_IOV_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

void iov_gather(void *to, const struct iovec *iov, int cnt, uint64_t skip,
                size_t len);
void iov_scatter(const struct iovec *iov, int cnt, uint64_t skip,
                 const void *from, size_t len);
void iov_zero(const struct iovec *iov, int cnt, uint64_t skip, size_t len);
/* The rest of them after skip bytes, in out[cnt]; returns how many. */
int iov_tail(struct iovec *out, const struct iovec *iov, int cnt,
             uint64_t skip);

#endif
