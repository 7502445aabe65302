/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fw_cfg as firmware reads it, by its ports. */
#ifndef HVMD_TESTS_LIB_FW_CFG_CLIENT_H
#define HVMD_TESTS_LIB_FW_CFG_CLIENT_H

#include "tests/lib/testvm.h"

/* From where the selected item stands. */
void fwc_read(struct testvm *t, void *buf, size_t len);
/* The first size bytes of an item, little-endian. */
uint64_t fwc_key(struct testvm *t, uint16_t key, unsigned size);
/* Key of a file by the directory, its size in *size; 0: not there. */
uint16_t fwc_find(struct testvm *t, const char *name, uint32_t *size);
/* A whole file, which must be there; the caller frees it. */
uint8_t *fwc_file(struct testvm *t, const char *name, uint32_t *size);

#endif
