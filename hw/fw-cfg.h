/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware configuration device: named and numbered items that firmware
 * reads from us, by ports or by DMA.
 *
 * Source: QEMU, docs/specs/fw_cfg.rst. Ports: 0x510 selector (16 bits),
 * 0x511 data, 0x514 address of a DMA descriptor (64 bits, big-endian; the
 * lower half starts it). All items are read-only.
 */
#ifndef HVMD_HW_FW_CFG_H
#define HVMD_HW_FW_CFG_H

#include <stddef.h>
#include <stdint.h>

#include "dm/dev.h"

enum fw_cfg_key {
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_UUID = 0x02,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NOGRAPHIC = 0x04,
    FW_CFG_NB_CPUS = 0x05,
    FW_CFG_KERNEL_ADDR = 0x07,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_INITRD_ADDR = 0x0a,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_BOOT_MENU = 0x0e,
    FW_CFG_MAX_CPUS = 0x0f,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_ADDR = 0x13,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_SETUP_ADDR = 0x16,
    FW_CFG_SETUP_SIZE = 0x17,
    FW_CFG_SETUP_DATA = 0x18,
    FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FILE_FIRST = 0x20,
    FW_CFG_IRQ0_OVERRIDE = 0x8002,
};

#define FW_CFG_FILES 64
#define FW_CFG_NAME 56 /* with its NUL */
#define FW_CFG_FILE_MAX (64u << 20)

extern const struct dev_class fw_cfg_class;

/* By the board, machine lock held, before the guest runs; data is copied.
 * A key that is there already gets the new data. -ENOMEM. */
int fw_cfg_add(struct dev *dev, enum fw_cfg_key key, const void *data,
               size_t len);
int fw_cfg_add_int(struct dev *dev, enum fw_cfg_key key, uint64_t val,
                   unsigned size);
/* An item of len bytes that is read where it is, when the guest reads it; the
 * caller keeps that alive. read: [off, off + len) of it, which is within it;
 * 0 or -errno. */
void fw_cfg_add_source(struct dev *dev, enum fw_cfg_key key, uint32_t len,
                       int (*read)(const void *opaque, uint32_t off, void *buf,
                                   size_t len),
                       const void *opaque);
/* -EEXIST, -EINVAL (name), -ENOSPC, -ENOMEM with err set. */
int fw_cfg_add_file(struct dev *dev, const char *name, const void *data,
                    size_t len, struct cfg_err *err);
/* The list of -fw_cfg: name=,string= or name=,file=. */
int fw_cfg_add_user(struct dev *dev, struct opts *list, struct cfg_err *err);

#endif
