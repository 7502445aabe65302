/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/csum.h"

#include "dm/bytes.h"
#include "hw/pv/ip.h"

static uint32_t add(uint32_t sum, const uint8_t *p, size_t len)
{
    for (; len > 1; p += 2, len -= 2)
        sum += be_get16(p);
    return len ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

bool csum_find(uint8_t *frame, size_t len, struct csum_place *p)
{
    struct ip_place ip;
    size_t header;
    uint32_t sum;

    if (len > UINT16_MAX || !ip_find(frame, len, &ip) || ip.fragment)
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
    sum = ip.ipv6 ? add(0, frame + ip.header + 8, 32)
                  : add(0, frame + ip.header + 12, 8);
    sum += (uint32_t)ip.proto + (uint32_t)(len - ip.payload);
    be_put16(frame + ip.payload + p->offset, fold(sum));
    return true;
}

void csum_fill(uint8_t *frame, size_t len, uint16_t start, uint16_t offset)
{
    uint16_t sum;

    if ((size_t)start + offset + 2 > len)
        return;
    sum = (uint16_t)~fold(add(0, frame + start, len - start));
    /* In UDP 0 means none; in TCP both mean the same. */
    be_put16(frame + start + offset, sum ? sum : 0xffff);
}
