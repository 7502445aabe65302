/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/netif-hash.h"

#include <string.h>

#include "hw/net/ip.h"

/* The 32 bits of the key from bit n on, which is zero beyond its end. */
static uint32_t toeplitz(const uint8_t *key, const uint8_t *data, size_t len)
{
    uint32_t window = (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 |
                      (uint32_t)key[2] << 8 | key[3];
    uint32_t value = 0;

    for (size_t i = 0; i < len; i++) {
        uint8_t next = i + 4 < NETIF_HASH_KEY ? key[i + 4] : 0;

        for (int bit = 7; bit >= 0; bit--) {
            if (data[i] >> bit & 1)
                value ^= window;
            window = window << 1 | (next >> bit & 1);
        }
    }
    return value;
}

int netif_hash_frame(const struct netif_hash *h, const uint8_t *frame,
                     size_t len, uint32_t *value)
{
    uint8_t data[36]; /* both addresses, both ports */
    struct ip_place ip;
    size_t n;
    int type;

    *value = 0;
    if (!ip_find(frame, len, &ip))
        return -1;
    n = ip.ipv6 ? 32 : 8;
    memcpy(data, frame + ip.header + (ip.ipv6 ? 8 : 12), n);
    type = ip.ipv6 ? NETIF_HASH_IPV6_TCP : NETIF_HASH_IPV4_TCP;
    if (h->flags & 1 << type && ip.proto == IP_TCP && !ip.fragment &&
        len - ip.payload >= 4) {
        memcpy(data + n, frame + ip.payload, 4);
        n += 4;
    } else {
        type = ip.ipv6 ? NETIF_HASH_IPV6 : NETIF_HASH_IPV4;
        if (!(h->flags & 1 << type))
            return -1;
    }
    *value = toeplitz(h->key, data, n);
    return type;
}

unsigned netif_hash_queue(const struct netif_hash *h, uint32_t value,
                          unsigned queues)
{
    return h->mapping_size ? h->mapping[value % h->mapping_size] % queues
                           : value % queues;
}
