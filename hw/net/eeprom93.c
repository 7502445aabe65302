/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/net/eeprom93.h"

#include <errno.h>

#define COMMAND_BITS 9 /* start, two of code, six of address */
#define WORD_BITS 16

enum { OP_OTHER, OP_WRITE, OP_READ, OP_ERASE };
enum { OTHER_EWDS, OTHER_WRAL, OTHER_ERAL, OTHER_EWEN };

static void put(struct eeprom93 *e, unsigned at, uint16_t val)
{
    if (e->writable)
        e->word[at] = val;
}

static void put_all(struct eeprom93 *e, uint16_t val)
{
    for (unsigned i = 0; i < EEPROM93_WORDS; i++)
        put(e, i, val);
}

/* A command of nine bits is there. */
static void command(struct eeprom93 *e, unsigned op, unsigned addr)
{
    if (op == OP_ERASE)
        put(e, addr, 0xffff);
    if (op != OP_OTHER)
        return;
    if (addr >> 4 == OTHER_EWEN)
        e->writable = true;
    else if (addr >> 4 == OTHER_EWDS)
        e->writable = false;
    else if (addr >> 4 == OTHER_ERAL)
        put_all(e, 0xffff);
}

/* A command with its word is there. */
static void command_word(struct eeprom93 *e, unsigned op, unsigned addr,
                         uint16_t word)
{
    if (op == OP_WRITE)
        put(e, addr, word);
    else if (op == OP_OTHER && addr >> 4 == OTHER_WRAL)
        put_all(e, word);
}

/* Words follow each other as long as the clock runs. */
static void clock_out(struct eeprom93 *e)
{
    e->out = e->word[e->shift & 63] >> (WORD_BITS - ++e->bits) & 1;
    if (e->bits == WORD_BITS) {
        e->bits = 0;
        e->shift = (e->shift + 1) & 63;
    }
}

static void clock_in(struct eeprom93 *e, bool di)
{
    if ((!e->bits && !di) || e->bits == COMMAND_BITS + WORD_BITS)
        return; /* no start bit yet, or all is said */
    e->shift = e->shift << 1 | di;
    e->bits++;
    if (e->bits == COMMAND_BITS) {
        e->out = false; /* what comes before the first word */
        e->reading = (e->shift >> 6 & 3) == OP_READ;
        if (e->reading)
            e->bits = 0;
        else
            command(e, e->shift >> 6 & 3, e->shift & 63);
    } else if (e->bits == COMMAND_BITS + WORD_BITS) {
        command_word(e, e->shift >> (6 + WORD_BITS) & 3,
                     e->shift >> WORD_BITS & 63, (uint16_t)e->shift);
    }
}

void eeprom93_lines(struct eeprom93 *e, bool cs, bool sk, bool di)
{
    if (!cs || !e->cs) {
        e->bits = 0;
        e->shift = 0;
        e->reading = false;
        e->out = true; /* ready */
    } else if (sk && !e->sk) {
        if (e->reading)
            clock_out(e);
        else
            clock_in(e, di);
    }
    e->cs = cs;
    e->sk = sk;
}

int eeprom93_post_load(const struct eeprom93 *e)
{
    unsigned max = e->reading ? WORD_BITS - 1 : COMMAND_BITS + WORD_BITS;

    return e->bits > max ? -EINVAL : 0;
}

const struct state_field eeprom93_state[] = {
    STATE_U16_ARRAY(struct eeprom93, word),
    STATE_BOOL(struct eeprom93, cs),
    STATE_BOOL(struct eeprom93, sk),
    STATE_BOOL(struct eeprom93, out),
    STATE_BOOL(struct eeprom93, writable),
    STATE_BOOL(struct eeprom93, reading),
    STATE_U8(struct eeprom93, bits),
    STATE_U32(struct eeprom93, shift),
    STATE_END,
};
