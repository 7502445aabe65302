/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the checksum of a TCP or UDP packet is, for frames whose sender left
 * it to us. Everything in the frame is hostile. Source: RFC 9293, 768.
 */
#ifndef HVMD_HW_PV_CSUM_H
#define HVMD_HW_PV_CSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csum_place {
    uint16_t start;   /* of the TCP or UDP header */
    uint16_t offset;  /* of the checksum, from there */
    uint16_t payload; /* what follows both headers */
    bool ipv6, tcp;
};

/* Finds it and puts the sum of the pseudo header there, as those who finish
 * it expect. False: a fragment, no TCP or UDP, or not whole. */
bool csum_find(uint8_t *frame, size_t len, struct csum_place *p);
/* Finishes it, from start to the end of the frame. */
void csum_fill(uint8_t *frame, size_t len, uint16_t start, uint16_t offset);

#endif
