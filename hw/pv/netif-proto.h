/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network protocol. Source: Xen's io/netif.h. All layouts are the same.
 *
 * A packet to us is one request with the size of the whole, extras if its
 * flags say so, then requests for further pieces; what they do not have is in
 * the first. A packet to the guest is one response with the size of its first
 * piece, extras, then further pieces, each in the slot of its request.
 */
#ifndef HVMD_HW_PV_NETIF_PROTO_H
#define HVMD_HW_PV_NETIF_PROTO_H

#include <stdint.h>

enum {
    NETTXF_CSUM_BLANK = 1,
    NETTXF_DATA_VALIDATED = 2,
    NETTXF_MORE_DATA = 4,
    NETTXF_EXTRA_INFO = 8,
};

enum {
    NETRXF_DATA_VALIDATED = 1,
    NETRXF_CSUM_BLANK = 2,
    NETRXF_MORE_DATA = 4,
    NETRXF_EXTRA_INFO = 8,
};

enum {
    NETIF_RSP_DROPPED = -2,
    NETIF_RSP_ERROR = -1,
    NETIF_RSP_OKAY = 0,
    NETIF_RSP_NULL = 1, /* in the slot of an extra */
};

enum {
    NETIF_EXTRA_GSO = 1,
    NETIF_EXTRA_MCAST_ADD = 2,
    NETIF_EXTRA_MCAST_DEL = 3,
    NETIF_EXTRA_HASH = 4,
    NETIF_EXTRA_MAX = 5,
};
#define NETIF_EXTRA_MORE 1u

enum { NETIF_GSO_TCPV4 = 1, NETIF_GSO_TCPV6 = 2 };

#define NETIF_SLOTS_MIN 18u /* pieces of a packet that a backend takes */

struct netif_tx_request {
    uint32_t gref;
    uint16_t offset, flags, id, size;
};

struct netif_tx_response {
    uint16_t id;
    int16_t status;
};

struct netif_rx_request {
    uint16_t id, pad;
    uint32_t gref;
};

struct netif_rx_response {
    uint16_t id, offset, flags;
    int16_t status;
};

struct netif_extra {
    uint8_t type, flags;
    union {
        struct {
            uint16_t size;
            uint8_t type, pad;
            uint16_t features;
        } gso;
        uint8_t mcast[6];
        struct {
            uint8_t type, algorithm;
            uint16_t value[2]; /* the lower half first */
        } hash;
    };
};

/* ---- the control ring ---- */

enum {
    NETIF_CTRL_GET_HASH_FLAGS = 1,
    NETIF_CTRL_SET_HASH_FLAGS = 2,
    NETIF_CTRL_SET_HASH_KEY = 3, /* grant, bytes */
    NETIF_CTRL_GET_HASH_MAPPING_SIZE = 4,
    NETIF_CTRL_SET_HASH_MAPPING_SIZE = 5,
    NETIF_CTRL_SET_HASH_MAPPING = 6, /* grant, entries, the first's place */
    NETIF_CTRL_SET_HASH_ALGORITHM = 7,
};

enum {
    NETIF_CTRL_SUCCESS = 0,
    NETIF_CTRL_NOT_SUPPORTED = 1,
    NETIF_CTRL_INVALID_PARAMETER = 2,
    NETIF_CTRL_BUFFER_OVERFLOW = 3,
};

struct netif_ctrl_request {
    uint16_t id, type;
    uint32_t data[3];
};

struct netif_ctrl_response {
    uint16_t id, type;
    uint32_t status, data;
};

_Static_assert(sizeof(struct netif_tx_request) == 12, "a slot");
_Static_assert(sizeof(struct netif_rx_response) == 8, "a slot");
_Static_assert(sizeof(struct netif_extra) == 8, "fits in both");
_Static_assert(sizeof(struct netif_ctrl_request) == 16, "a slot");

#endif
