/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom an Ethernet frame is for. Source: IEEE 802.3, 3.2.3. */
#ifndef HVMD_HW_NET_ETH_H
#define HVMD_HW_NET_ETH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Six bytes at least. */
static inline bool eth_is_broadcast(const uint8_t *frame)
{
    static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    return !memcmp(frame, all, sizeof(all));
}

#endif
