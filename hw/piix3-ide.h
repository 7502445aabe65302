/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HVMD_HW_PIIX3_IDE_H
#define HVMD_HW_PIIX3_IDE_H

#include "dm/dev.h"

extern const struct dev_class piix3_ide_class;

#endif
