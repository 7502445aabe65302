/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one list of all device classes and boards. dm/ and tests see hw/ only
 * through this header.
 */
#ifndef HVMD_HW_CATALOG_H
#define HVMD_HW_CATALOG_H

#include "dm/dev.h"
#include "dm/machine.h"

extern const struct dev_class *const dev_catalog[]; /* ends with NULL */
extern const struct board *const board_catalog[];   /* ends with NULL */

#endif
