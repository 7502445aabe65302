/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HVMD_HW_NONE_H
#define HVMD_HW_NONE_H

#include "dm/machine.h"

extern const struct board none_board;

#endif
