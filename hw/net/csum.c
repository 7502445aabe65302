/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/net/csum.h"

#include <string.h>

#include "dm/bytes.h"
#include "hw/net/ip.h"

/* An IP packet of 64 KiB with its tags: all offsets fit in 16 bits. */
#define FRAME_MAX 0x10040u

uint16_t csum_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

uint32_t csum_add(uint32_t sum, const uint8_t *p, size_t len)
{
    uint64_t words = 0; /* as the host has them: swapped at the end */
    uint32_t w;

    for (; len >= 4; p += 4, len -= 4) {
        memcpy(&w, p, 4);
        words += w;
    }
    words = (words & UINT32_MAX) + (words >> 32);
    words = (words & UINT32_MAX) + (words >> 32);
    w = (uint32_t)(words & 0xffff) + (uint32_t)(words >> 16);
    sum += __builtin_bswap16(csum_fold(w));
    if (len & 2)
        sum += be_get16(p);
    return len & 1 ? sum + ((uint32_t)p[len - 1] << 8) : sum;
}

static uint32_t pseudo_header(const uint8_t *frame, const struct ip_place *ip,
                              size_t len)
{
    uint32_t sum = (uint32_t)ip->proto + (uint32_t)len;

    return ip->ipv6 ? csum_add(sum, frame + ip->header + 8, 32)
                    : csum_add(sum, frame + ip->header + 12, 8);
}

bool csum_find(uint8_t *frame, size_t len, struct csum_place *p)
{
    struct ip_place ip;
    size_t header;

    if (len > FRAME_MAX || !ip_find(frame, len, &ip) || ip.fragment)
        return false;
    p->ipv6 = ip.ipv6;
    p->tcp = ip.proto == IP_TCP;
    if (ip.proto == IP_TCP) {
        if (len - ip.payload < 20)
            return false;
        header = 4u * (frame[ip.payload + 12] >> 4);
        p->offset = 16;
        if (header < 20)
            return false;
    } else if (ip.proto == IP_UDP) {
        header = 8;
        p->offset = 6;
    } else {
        return false;
    }
    if (len - ip.payload < header)
        return false;
    p->start = (uint16_t)ip.payload;
    p->payload = (uint16_t)(ip.payload + header);
    be_put16(frame + ip.payload + p->offset,
             csum_fold(pseudo_header(frame, &ip, len - ip.payload)));
    return true;
}

void csum_fill(uint8_t *frame, size_t len, uint16_t start, uint16_t offset)
{
    uint16_t sum;

    if ((size_t)start + offset + 2 > len)
        return;
    sum = (uint16_t)~csum_fold(csum_add(0, frame + start, len - start));
    /* In UDP 0 means none; in TCP both mean the same. */
    be_put16(frame + start + offset, sum ? sum : 0xffff);
}

void csum_fill_ip(uint8_t *frame, const struct ip_place *ip)
{
    uint8_t *header = frame + ip->header;

    if (ip->ipv6)
        return;
    be_put16(header + 10, 0);
    be_put16(header + 10,
             (uint16_t)~csum_fold(csum_add(0, header, 4u * (*header & 15))));
}

void csum_look(const uint8_t *frame, size_t len, struct csum_seen *seen)
{
    struct ip_place ip;
    size_t l4;

    *seen = (struct csum_seen){0};
    if (len > FRAME_MAX || !ip_find(frame, len, &ip))
        return;
    seen->ip4 = !ip.ipv6;
    seen->ip4_bad =
        seen->ip4 && csum_fold(csum_add(0, frame + ip.header,
                                        ip.payload - ip.header)) != 0xffff;
    l4 = ip.end - ip.payload;
    if (ip.fragment)
        return;
    seen->tcp = ip.proto == IP_TCP && l4 >= 20;
    seen->udp = ip.proto == IP_UDP && l4 >= 8 &&
                be_get16(frame + ip.payload + 6); /* 0: there is none */
    if (seen->tcp || seen->udp)
        seen->bad = csum_fold(csum_add(pseudo_header(frame, &ip, l4),
                                       frame + ip.payload, l4)) != 0xffff;
}
