/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ATA channels as a driver sees them: registers, packets, bus master. */
#ifndef HVMD_TESTS_LIB_IDE_CLIENT_H
#define HVMD_TESTS_LIB_IDE_CLIENT_H

#include "tests/lib/testvm.h"

enum {
    IDE_DATA,
    IDE_ERROR, /* and features */
    IDE_COUNT,
    IDE_LO,
    IDE_MID,
    IDE_HI,
    IDE_DEVICE,
    IDE_STATUS,
};
enum { IDE_BSY = 0x80, IDE_DRDY = 0x40, IDE_DRQ = 0x08, IDE_ERR = 0x01 };

/* Makes a file whose sectors are words of "sector << 8 | word"; its name goes
 * to path. */
void idec_image(char path[64], const char *name, unsigned sectors);

struct ide_client {
    struct testvm *t;
    uint16_t cmd, ctl; /* 0x1f0, 0x3f6 or the second pair */
    uint16_t bm;       /* bus master registers of this channel */
    uint32_t prdt;     /* where its table lies in memory */
};

void idec_out(struct ide_client *c, unsigned reg, uint8_t v);
/* Until it is not busy; returns the status. */
uint8_t idec_wait(struct ide_client *c);
/* Device and address registers, and the count. */
void idec_address(struct ide_client *c, unsigned unit, uint64_t lba,
                  unsigned count, bool ext);
void idec_reset(struct ide_client *c); /* SRST, and the bus master off */

/* One piece of memory for the bus master. */
void idec_prd(struct ide_client *c, unsigned i, uint32_t gpa, uint32_t len,
              bool last);
/* A command and the bus master on, not waited for. */
void idec_dma_start(struct ide_client *c, uint8_t cmd, bool to_memory);
/* Waits for it and turns it off; returns the bus master's status, bits 0-2. */
uint8_t idec_dma_end(struct ide_client *c);

/* Sends a packet command to the drive that is selected. */
void idec_packet(struct ide_client *c, const uint8_t p[12], unsigned limit,
                 bool dma);
/* Takes the answer by PIO, at most max bytes; -1 if the command failed. */
int idec_answer(struct ide_client *c, void *buf, unsigned max);
int idec_run(struct ide_client *c, const uint8_t p[12], void *buf,
             unsigned max);
/* REQUEST SENSE: key << 8 | additional code */
unsigned idec_sense(struct ide_client *c);

#endif
