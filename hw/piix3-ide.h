/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HVMD_HW_PIIX3_IDE_H
#define HVMD_HW_PIIX3_IDE_H

#include "dm/dev.h"

extern const struct dev_class piix3_ide_class;

/* The guest has better drivers: its disks go until the next reset; aux: all
 * but the first master. Machine lock held. */
void piix3_ide_unplug(struct dev *dev, bool aux);

#endif
