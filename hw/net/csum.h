/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checksums of IP, TCP and UDP: those a sender left to us, and those of what
 * is received. Everything in the frame is hostile. Source: RFC 1071, 9293, 768.
 */
#ifndef HVMD_HW_NET_CSUM_H
#define HVMD_HW_NET_CSUM_H

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

/* The sum of 16-bit words so far, with those of p; all parts but the last are
 * of even length, and 128 KiB together at most. */
uint32_t csum_add(uint32_t sum, const uint8_t *p, size_t len);
uint16_t csum_fold(uint32_t sum);

struct ip_place;
/* The checksum of an IPv4 header; nothing for IPv6. */
void csum_fill_ip(uint8_t *frame, const struct ip_place *ip);

struct csum_seen {
    bool ip4, ip4_bad; /* there is such a header, its checksum is wrong */
    bool tcp, udp;     /* there is one with a checksum, */
    bool bad;          /* and that is wrong */
};
void csum_look(const uint8_t *frame, size_t len, struct csum_seen *seen);

#endif
