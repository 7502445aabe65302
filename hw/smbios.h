/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMBIOS tables: what the machine says it is. Source: DMTF DSP0134 2.8.
 *
 * Structures 1 (system), 3 (chassis), 4 (processor), 16, 17, 19 (memory), 32
 * and 127 are always there; 0 (firmware) where no firmware brings its own or
 * -smbios asks for it; 2 (board) where -smbios does.
 */
#ifndef HVMD_HW_SMBIOS_H
#define HVMD_HW_SMBIOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dm/err.h"

struct opts;

struct smbios_config {
    struct opts *user; /* -smbios, a list by next */
    const uint8_t *uuid;
    unsigned cpus;
    uint64_t low_ram, high_ram; /* bytes below and from 4 GiB */
    bool firmware;              /* some runs, and has a structure 0 */
};

#define SMBIOS_ANCHOR 31 /* bytes */

struct smbios {
    uint8_t anchor[SMBIOS_ANCHOR];
    uint8_t *table;
    size_t len, cap;
    unsigned n, max; /* structures, size of the biggest */
    uint8_t strings; /* of the structure under construction */
    size_t at;       /* where it starts */
};

/* -EINVAL with err set if an -smbios is not understood; -ENOMEM. */
int smbios_build(struct smbios *s, const struct smbios_config *c,
                 struct cfg_err *err);
void smbios_free(struct smbios *s);
/* Completes the anchor for a table at this address. */
void smbios_place(struct smbios *s, uint32_t table);

#endif
