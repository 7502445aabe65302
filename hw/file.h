/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of the host, read whole: firmware, tables, fw_cfg items. */
#ifndef HVMD_HW_FILE_H
#define HVMD_HW_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "dm/err.h"

/* Reads path, at most max bytes; the caller frees *data. -errno with err
 * set. */
int file_load(const char *path, size_t max, uint8_t **data, size_t *len,
              struct cfg_err *err);

#endif
