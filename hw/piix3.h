/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 82371SB (PIIX3) function 0: PCI-to-ISA bridge with the routing of
 * the PIRQ links and, where the engine has no interrupt controllers, their
 * edge/level registers. Source: Intel 290550-002. The reset control register
 * is in hw/i440fx.c, whose ports surround it.
 */
#ifndef HVMD_HW_PIIX3_H
#define HVMD_HW_PIIX3_H

#include "dm/dev.h"

#define PIIX3_PIRQRCA 0x60 /* to PIRQRCD 0x63 */

extern const struct dev_class piix3_class;

#endif
