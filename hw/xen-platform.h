/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HVMD_HW_XEN_PLATFORM_H
#define HVMD_HW_XEN_PLATFORM_H

#include "dm/dev.h"

extern const struct dev_class xen_platform_class;

#endif
