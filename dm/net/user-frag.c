/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/net/user-frag.h"

#include <stdlib.h>
#include <string.h>

#include "dm/bytes.h"

#define ETH 14
#define HEADERS (ETH + 20)
#define MORE 0x2000u
#define OFFSET 0x1fffu

bool frag_is(const uint8_t *frame, size_t len)
{
    return len >= HEADERS && be_get16(frame + 12) == 0x0800 &&
           be_get16(frame + 20) & (MORE | OFFSET);
}

/* Addresses, protocol and identification. */
static bool same_datagram(const uint8_t *a, const uint8_t *b)
{
    return !memcmp(a + 26, b + 26, 8) && a[23] == b[23] &&
           !memcmp(a + 18, b + 18, 2);
}

static void forget(struct frag_slot *s)
{
    free(s->frame);
    *s = (struct frag_slot){0};
}

static struct frag_slot *find(struct frags *f, const uint8_t *frame)
{
    for (unsigned i = 0; i < FRAG_SLOTS; i++)
        if (f->slot[i].frame && same_datagram(f->slot[i].frame, frame))
            return &f->slot[i];
    return NULL;
}

static struct frag_slot *begin(struct frags *f, const uint8_t *frame)
{
    struct frag_slot *s = &f->slot[0];

    for (unsigned i = 1; i < FRAG_SLOTS; i++)
        if (f->slot[i].age < s->age)
            s = &f->slot[i];
    forget(s);
    s->frame = malloc(FRAG_FRAME_MAX);
    if (!s->frame)
        return NULL;
    memcpy(s->frame, frame, HEADERS);
    s->len = HEADERS;
    s->age = ++f->age;
    return s;
}

/* The header of the whole, from that of the first fragment. */
static void finish(struct frag_slot *s)
{
    uint8_t *ip = s->frame + ETH;
    uint32_t sum = 0;

    be_put16(ip + 2, (unsigned)(s->len - ETH));
    be_put16(ip + 6, 0);
    be_put16(ip + 10, 0);
    for (unsigned i = 0; i < 20; i += 2)
        sum += be_get16(ip + i);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    be_put16(ip + 10, ~sum & 0xffff);
    s->age = 0; /* frag_done finds it by that */
}

const uint8_t *frag_take(struct frags *f, const uint8_t *frame, size_t len,
                         size_t *out_len)
{
    unsigned total = be_get16(frame + ETH + 2),
             flags = be_get16(frame + ETH + 6);
    size_t offset = (flags & OFFSET) * 8, part = total - 20;
    struct frag_slot *s = find(f, frame);

    if (s && (!offset || s->len != HEADERS + offset)) {
        forget(s);
        s = NULL;
    }
    if (frame[ETH] != 0x45 || total <= 20 || total > len - ETH ||
        (flags & MORE && part % 8))
        return NULL;
    if (!offset)
        s = begin(f, frame);
    if (!s || s->len + part > FRAG_FRAME_MAX)
        return NULL;
    memcpy(s->frame + s->len, frame + HEADERS, part);
    s->len += part;
    if (flags & MORE)
        return NULL;
    finish(s);
    *out_len = s->len;
    return s->frame;
}

void frag_done(struct frags *f)
{
    for (unsigned i = 0; i < FRAG_SLOTS; i++)
        if (f->slot[i].frame && !f->slot[i].age)
            forget(&f->slot[i]);
}

void frag_fini(struct frags *f)
{
    for (unsigned i = 0; i < FRAG_SLOTS; i++)
        forget(&f->slot[i]);
}
