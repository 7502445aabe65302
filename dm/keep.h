/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that outlives this process: a file on a tmpfs, mapped. A process that
 * is killed has done all its stores up to some instruction and none after it,
 * so whoever comes next finds them in the order they were made.
 */
#ifndef HVMD_DM_KEEP_H
#define HVMD_DM_KEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "dm/err.h"

/* len bytes, zeros if the file is new or anew. path NULL: of this process
 * alone. -errno with err set. */
int keep_open(const char *path, size_t len, bool anew, void **mem,
              struct cfg_err *err);
/* forget: the file goes too, if there is one. mem NULL is legal. */
void keep_close(const char *path, void *mem, size_t len, bool forget);

#endif
