/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The block protocol. Source: Xen's io/blkif.h.
 *
 * A request lies in the ring as the frontend's compiler laid it out. What
 * differs between 32-bit x86 and everyone else is where its 64-bit id
 * begins; all that follows moves with it:
 *
 *      0  operation  1  nr_segments, flag or indirect_op  2  handle
 *      2  nr_segments of an indirect request, 16 bits
 *      id (at 4 or 8)
 *      id + 8   sector_number
 *      id + 16  segments: gref (32), first_sect, last_sect (8 each), 2 unused
 *      id + 16  nr_sectors of a discard, 64 bits
 *      id + 20  indirect_grefs
 *
 * A response: id (64), operation (8), 1 unused, status (16), and 4 unused
 * where a 64-bit id is aligned to 8.
 */
#ifndef HVMD_HW_PV_BLKIF_PROTO_H
#define HVMD_HW_PV_BLKIF_PROTO_H

#include <stdint.h>

enum {
    BLKIF_OP_READ = 0,
    BLKIF_OP_WRITE = 1,
    BLKIF_OP_WRITE_BARRIER = 2,
    BLKIF_OP_FLUSH_DISKCACHE = 3,
    BLKIF_OP_DISCARD = 5,
    BLKIF_OP_INDIRECT = 6,
};

enum {
    BLKIF_RSP_OKAY = 0,
    BLKIF_RSP_ERROR = -1,
    BLKIF_RSP_EOPNOTSUPP = -2,
};

enum { VDISK_CDROM = 1, VDISK_REMOVABLE = 2, VDISK_READONLY = 4 };

#define BLKIF_MAX_SEGMENTS 11u /* of a direct request */
#define BLKIF_REQUEST_MAX 112u /* bytes of one, in any layout */

struct blkif_segment {
    uint32_t gref;
    uint8_t first_sect, last_sect;
    uint16_t unused;
};

/* Where things are, and how large. */
struct blkif_abi {
    const char *protocol;
    uint32_t id, request, response;
};
#define BLKIF_ABI_32             \
    {                            \
        "x86_32-abi", 4, 108, 12 \
    }
#define BLKIF_ABI_64             \
    {                            \
        "x86_64-abi", 8, 112, 16 \
    }

struct blkif_response {
    uint64_t id;
    uint8_t operation, unused;
    int16_t status;
    uint32_t unused_64;
};
_Static_assert(sizeof(struct blkif_response) == 16, "of both layouts");

#endif
