/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file or a pipe has, whole. */
#ifndef HVMD_DM_READ_ALL_H
#define HVMD_DM_READ_ALL_H

#include <stddef.h>
#include <stdint.h>

/* At most max bytes, -EFBIG if there are more; -ENOMEM, -errno. The caller
 * frees *data in any case. */
int read_all(int fd, size_t max, uint8_t **data, size_t *len);

#endif
