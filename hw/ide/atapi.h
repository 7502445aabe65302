/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Within the CD-ROM: atapi.c moves packets and data, atapi-commands.c knows
 * what they say. Machine lock held.
 */
#ifndef HVMD_HW_IDE_ATAPI_H
#define HVMD_HW_IDE_ATAPI_H

#include "hw/ide/ide.h"

#define ATAPI_PACKET 12u

enum {
    SENSE_NONE = 0,
    SENSE_NOT_READY = 2,
    SENSE_MEDIUM_ERROR = 3,
    SENSE_ILLEGAL_REQUEST = 5,
    SENSE_UNIT_ATTENTION = 6,

    ASC_UNRECOVERED_READ = 0x11,
    ASC_INVALID_COMMAND = 0x20,
    ASC_LBA_OUT_OF_RANGE = 0x21,
    ASC_INVALID_FIELD = 0x24,
    ASC_MEDIUM_CHANGED = 0x28,
    ASC_SAVING_NOT_SUPPORTED = 0x39,
    ASC_MEDIUM_NOT_PRESENT = 0x3a,
    ASC_REMOVAL_PREVENTED = 0x53,
};

/* ---- atapi.c ---- */

bool atapi_medium(const struct ide_drive *d); /* one that can be read */
uint32_t atapi_sectors(const struct ide_drive *d);
/* How a command ends. check: with CHECK CONDITION and this sense. */
void atapi_good(struct ide_drive *d);
void atapi_check(struct ide_drive *d, uint8_t key, uint8_t asc);
/* Answers with the first bytes of buf: what there is, what was asked for. */
void atapi_reply(struct ide_drive *d, uint32_t have, uint32_t asked);
/* Answers with n sectors of the medium. */
void atapi_read(struct ide_drive *d, uint32_t lba, uint32_t n);

/* ---- atapi-commands.c ---- */

/* Runs the packet in d->buf. */
void atapi_packet(struct ide_drive *d);

#endif
