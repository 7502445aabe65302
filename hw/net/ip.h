/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where things are in an IP packet within an Ethernet frame, at most two VLAN
 * tags deep. Everything in the frame is hostile. Source: RFC 791, 8200; IEEE
 * 802.1Q.
 */
#ifndef HVMD_HW_NET_IP_H
#define HVMD_HW_NET_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IP_TCP = 6, IP_UDP = 17 };

struct ip_place {
    size_t header;  /* of IP */
    size_t payload; /* what IP carries, at most the frame's length */
    size_t end;     /* of that by IP's own length, at most the frame's */
    int proto;      /* of that; -1: behind headers we do not know */
    bool ipv6;
    bool fragment; /* of IPv4; proto is right, the payload is not all */
};

/* False: no IP, or not whole up to the payload. */
bool ip_find(const uint8_t *frame, size_t len, struct ip_place *p);

#endif
