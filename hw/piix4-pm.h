/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 82371AB (PIIX4) function 3: ACPI power management, where the PIIX3
 * has none. Source: Intel 290562-001, section 7; ACPI 1.0b, section 4.7.
 *
 * There is no SMM: APMC takes the two values that switch ACPI mode on and
 * off, and DEVACTB says that SMIs by APMC are set up already, so that
 * firmware does not try. Of the sleep states there is only soft-off.
 */
#ifndef HVMD_HW_PIIX4_PM_H
#define HVMD_HW_PIIX4_PM_H

#include "dm/dev.h"

#define PIIX4_PMBASE 0x40
#define PIIX4_PMREGMISC 0x80
#define PIIX4_PMIOSE 0x01 /* PMREGMISC: ports at PMBASE decoded */
#define PIIX4_SCI_IRQ 9

/* from PMBASE */
#define PIIX4_PMSTS 0x00
#define PIIX4_PMEN 0x02
#define PIIX4_PM_TMROF 0x0001
#define PIIX4_PM_BM 0x0010
#define PIIX4_PM_GBL 0x0020
#define PIIX4_PM_PWRBTN 0x0100
#define PIIX4_PM_RTC 0x0400
#define PIIX4_PM_WAK 0x8000
#define PIIX4_PMCNTRL 0x04
#define PIIX4_PM_SCI_EN 0x0001
#define PIIX4_PM_SUS_EN 0x2000 /* sleep now, as bits 12 to 10 say: */
#define PIIX4_PM_SUS_TYP(v) ((v) >> 10 & 7)
#define PIIX4_SUS_OFF 0
#define PIIX4_PMTMR 0x08
#define PIIX4_GPSTS 0x0c
#define PIIX4_GPEN 0x0e
#define PIIX4_PM_SIZE 0x40

#define PIIX4_APMC 0xb2
#define PIIX4_ACPI_ENABLE 0xf1 /* written to APMC */
#define PIIX4_ACPI_DISABLE 0xf0

#define PM_TIMER_HZ 3579545

extern const struct dev_class piix4_pm_class;

#endif
