/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of the host, read whole: firmware, tables, fw_cfg items. */
#ifndef HVMD_HW_FILE_H
#define HVMD_HW_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dm/err.h"

/* Where name is: a path, or a file of data_dir (NULL: not said) or the folders
 * where firmware and option ROMs are installed. False: nowhere. */
bool file_find(const char *data_dir, const char *name, char *path, size_t size);
/* Reads path, at most max bytes; the caller frees *data. -errno with err
 * set. */
int file_load(const char *path, size_t max, uint8_t **data, size_t *len,
              struct cfg_err *err);

#endif
