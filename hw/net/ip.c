/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/net/ip.h"

#include "dm/bytes.h"

#define ETH_HEADER 14u
#define MAX_TAGS 2
#define MAX_EXTENSIONS 8 /* headers between IPv6 and what it carries */

enum {
    ETH_IPV4 = 0x0800,
    ETH_IPV6 = 0x86dd,
    ETH_8021Q = 0x8100,
    ETH_8021AD = 0x88a8
};
enum { IPV6_HOP = 0, IPV6_ROUTING = 43, IPV6_DEST = 60 };

/* Next protocol after IPv6's extension headers; -1: none we know. */
static int skip_extensions(const uint8_t *frame, size_t len, size_t *at,
                           uint8_t next)
{
    for (unsigned i = 0; i < MAX_EXTENSIONS; i++) {
        if (next != IPV6_HOP && next != IPV6_ROUTING && next != IPV6_DEST)
            return next;
        if (len - *at < 8)
            return -1;
        next = frame[*at];
        if (len - *at < 8u * (frame[*at + 1] + 1u))
            return -1;
        *at += 8u * (frame[*at + 1] + 1u);
    }
    return -1;
}

/* IP's length may be less than what is there (padding), or not said. */
static size_t end_of(const struct ip_place *p, size_t len, size_t ip_len)
{
    size_t end = p->header + ip_len;

    return end < p->payload || end > len ? len : end;
}

bool ip_find(const uint8_t *frame, size_t len, struct ip_place *p)
{
    size_t at = ETH_HEADER, header;
    uint16_t type;

    if (len < ETH_HEADER)
        return false;
    type = be_get16(frame + 12);
    for (unsigned i = 0;
         i < MAX_TAGS && (type == ETH_8021Q || type == ETH_8021AD); i++) {
        if (len - at < 4)
            return false;
        type = be_get16(frame + at + 2);
        at += 4;
    }
    *p = (struct ip_place){.header = at, .ipv6 = type == ETH_IPV6};
    if (type == ETH_IPV4) {
        if (len - at < 20)
            return false;
        header = 4u * (frame[at] & 15);
        if (frame[at] >> 4 != 4 || header < 20 || len - at < header)
            return false;
        /* More fragments, or a later one. */
        p->fragment = be_get16(frame + at + 6) & 0x3fff;
        p->proto = frame[at + 9];
        p->payload = at + header;
        p->end = end_of(p, len, be_get16(frame + at + 2));
        return true;
    }
    if (type != ETH_IPV6 || len - at < 40 || frame[at] >> 4 != 6)
        return false;
    p->payload = at + 40;
    p->proto = skip_extensions(frame, len, &p->payload, frame[at + 6]);
    p->end = end_of(p, len, 40u + be_get16(frame + at + 4));
    return true;
}
