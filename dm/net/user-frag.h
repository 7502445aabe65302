/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 fragments on their way to libslirp, put together before it sees them:
 * its own reassembly (4.7.0) corrupts memory when fragments overlap.
 *
 * Source: RFC 791, section 3.2. Strict: the fragments of a datagram come in
 * order, each beginning where the one before ended, without IP options, as
 * every stack sends them over a wire that loses nothing. Others are dropped.
 */
#ifndef HVMD_DM_NET_USER_FRAG_H
#define HVMD_DM_NET_USER_FRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAG_SLOTS 4 /* datagrams under way at once; the oldest is lost */
#define FRAG_FRAME_MAX (14 + 65535)

struct frag_slot {
    uint8_t *frame; /* Ethernet and IP header, payload; NULL: free */
    size_t len;
    uint64_t age;
};
struct frags {
    struct frag_slot slot[FRAG_SLOTS];
    uint64_t age;
};

/* Is this frame (not shared with a guest) a fragment? */
bool frag_is(const uint8_t *frame, size_t len);
/* Takes one; NULL, or a whole frame to be used and given to frag_done. */
const uint8_t *frag_take(struct frags *f, const uint8_t *frame, size_t len,
                         size_t *out_len);
void frag_done(struct frags *f);
void frag_fini(struct frags *f);

#endif
