/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/csum.h"

#define ETH_HEADER 14u
#define MAX_TAGS 2
#define MAX_EXTENSIONS 8 /* headers between IPv6 and what it carries */

enum {
    ETH_IPV4 = 0x0800,
    ETH_IPV6 = 0x86dd,
    ETH_8021Q = 0x8100,
    ETH_8021AD = 0x88a8
};
enum { IP_TCP = 6, IP_UDP = 17 };
enum { IPV6_HOP = 0, IPV6_ROUTING = 43, IPV6_DEST = 60 };

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t add(uint32_t sum, const uint8_t *p, size_t len)
{
    for (; len > 1; p += 2, len -= 2)
        sum += be16(p);
    return len ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

static void put(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

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

bool csum_find(uint8_t *frame, size_t len, struct csum_place *p)
{
    size_t at = ETH_HEADER, header;
    uint32_t sum = 0;
    uint16_t type;
    int proto;

    if (len < ETH_HEADER || len > UINT16_MAX)
        return false;
    type = be16(frame + 12);
    for (unsigned i = 0;
         i < MAX_TAGS && (type == ETH_8021Q || type == ETH_8021AD); i++) {
        if (len - at < 4)
            return false;
        type = be16(frame + at + 2);
        at += 4;
    }
    p->ipv6 = type == ETH_IPV6;
    if (type == ETH_IPV4) {
        if (len - at < 20)
            return false;
        header = 4u * (frame[at] & 15);
        /* More fragments, or a later one. */
        if (frame[at] >> 4 != 4 || header < 20 || len - at < header ||
            be16(frame + at + 6) & 0x3fff)
            return false;
        proto = frame[at + 9];
        sum = add(sum, frame + at + 12, 8);
        at += header;
    } else if (type == ETH_IPV6) {
        if (len - at < 40 || frame[at] >> 4 != 6)
            return false;
        sum = add(sum, frame + at + 8, 32);
        header = at;
        at += 40;
        proto = skip_extensions(frame, len, &at, frame[header + 6]);
    } else {
        return false;
    }
    p->tcp = proto == IP_TCP;
    if (proto == IP_TCP) {
        if (len - at < 20)
            return false;
        header = 4u * (frame[at + 12] >> 4);
        p->offset = 16;
        if (header < 20)
            return false;
    } else if (proto == IP_UDP) {
        header = 8;
        p->offset = 6;
    } else {
        return false;
    }
    if (len - at < header)
        return false;
    p->start = (uint16_t)at;
    p->payload = (uint16_t)(at + header);
    sum += (uint32_t)proto + (uint32_t)(len - at);
    put(frame + at + p->offset, fold(sum));
    return true;
}

void csum_fill(uint8_t *frame, size_t len, uint16_t start, uint16_t offset)
{
    uint16_t sum;

    if ((size_t)start + offset + 2 > len)
        return;
    sum = (uint16_t)~fold(add(0, frame + start, len - start));
    /* In UDP 0 means none; in TCP both mean the same. */
    put(frame + start + offset, sum ? sum : 0xffff);
}
