/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HVMD_HW_IDE_DRIVE_H
#define HVMD_HW_IDE_DRIVE_H

#include "dm/dev.h"

extern const struct dev_class ide_hd_class, ide_cd_class;

#endif
