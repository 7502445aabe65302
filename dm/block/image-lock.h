/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks on image files, so that no two programs write one. The bytes are
 * those that QEMU locks (block/file-posix.c of QEMU 2.10 and later): byte
 * 100 + p says "I do p", byte 200 + p "nobody else may do p", where p is
 * 0 to read, 1 to write, 3 to resize. Locks are of the open file (F_OFD_SETLK)
 * and so also keep two users in one process apart; they end with the last
 * descriptor.
 */
#ifndef HVMD_DM_BLOCK_IMAGE_LOCK_H
#define HVMD_DM_BLOCK_IMAGE_LOCK_H

#include <stdbool.h>

/* May take a fraction of a second; with wait, half a minute. 0; -EAGAIN:
 * another has it; or -errno, such as -ENOLCK, -EINVAL where the file system has
 * no locks. On failure close the descriptor. */
int image_lock(int fd, bool write, bool wait);
void image_unlock(int fd);

#endif
