/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which queue a frame to the guest belongs to, as the guest has asked for
 * through its control ring. Source: Xen's io/netif.h, "Hash types".
 */
#ifndef HVMD_HW_PV_NETIF_HASH_H
#define HVMD_HW_PV_NETIF_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETIF_HASH_KEY 40u
#define NETIF_HASH_MAPPING 128u

enum { NETIF_HASH_NONE = 0, NETIF_HASH_TOEPLITZ = 1 }; /* algorithms */
enum netif_hash_type {
    NETIF_HASH_IPV4,
    NETIF_HASH_IPV4_TCP,
    NETIF_HASH_IPV6,
    NETIF_HASH_IPV6_TCP,
    NETIF_HASH_TYPES,
};

/* Zeroed: no hashing. */
struct netif_hash {
    uint8_t algorithm;
    uint8_t flags; /* 1 << enum netif_hash_type */
    uint8_t key[NETIF_HASH_KEY];
    uint8_t mapping_size; /* entries; 0: queue is hash modulo queues */
    uint8_t mapping[NETIF_HASH_MAPPING];
};

static inline bool netif_hash_on(const struct netif_hash *h)
{
    return h->algorithm && h->flags;
}

/* The richest type that the guest wants and the frame has; -1: none. */
int netif_hash_frame(const struct netif_hash *h, const uint8_t *frame,
                     size_t len, uint32_t *value);
/* Less than queues, which is not 0. value is 0 for a frame without one. */
unsigned netif_hash_queue(const struct netif_hash *h, uint32_t value,
                          unsigned queues);

#endif
