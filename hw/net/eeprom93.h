/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 93C46 as 64 words of 16 bits: the serial EEPROM of network cards.
 *
 * Source: Microchip 93C46 data sheet (DS21749). The lines are the card's
 * registers; what is written in one instant counts as one step, and writing
 * takes no time.
 */
#ifndef HVMD_HW_NET_EEPROM93_H
#define HVMD_HW_NET_EEPROM93_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/state.h"

#define EEPROM93_WORDS 64

struct eeprom93 {
    uint16_t word[EEPROM93_WORDS];
    bool cs, sk;    /* lines as they were last */
    bool out;       /* line DO */
    bool writable;  /* EWEN was given */
    bool reading;   /* it shows words */
    uint8_t bits;   /* taken since the start bit, or shown of the word */
    uint32_t shift; /* those bits, or the address */
};

extern const struct state_field eeprom93_state[];
int eeprom93_post_load(const struct eeprom93 *e); /* 0 or -EINVAL */

/* The lines have this level now. */
void eeprom93_lines(struct eeprom93 *e, bool cs, bool sk, bool di);

#endif
