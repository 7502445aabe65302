/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The board of a Xen PV or PVH domain: nothing but paravirtual backends. */
#ifndef HVMD_HW_XENPV_H
#define HVMD_HW_XENPV_H

#include "dm/machine.h"

extern const struct board xenpv_board;

#endif
