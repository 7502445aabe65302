/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts a stream of bytes into JSON texts, whatever newlines it has.
 *
 * Pure: no vm, no lock. What comes is hostile: a text is bounded in size and
 * nesting before a parser sees it, and after something that cannot be JSON the
 * stream picks up again at the next line (or the next "{", or a byte that no
 * text can have, such as 0xff). As QEMU does, 'single quotes' are taken for
 * double ones.
 */
#ifndef HVMD_DM_JSON_STREAM_H
#define HVMD_DM_JSON_STREAM_H

#include <stddef.h>
#include <stdint.h>

#define JSON_STREAM_MAX (1u << 20) /* bytes of one text */
#define JSON_STREAM_DEPTH 64

struct json_stream {
    char *text; /* JSON_STREAM_TEXT: the text, not terminated */
    size_t len, cap;
    uint64_t braces; /* bit d: level d is an object */
    unsigned depth;
    char quote; /* inside a string: what ends it */
    uint8_t escape, skip;
};

enum json_stream_rc {
    JSON_STREAM_MORE, /* all eaten */
    JSON_STREAM_TEXT, /* a text is complete; valid until the next call */
    JSON_STREAM_BAD,  /* *why says what is wrong */
};

/* Eats from *p towards end until something is to be told. */
enum json_stream_rc json_stream_eat(struct json_stream *s, const uint8_t **p,
                                    const uint8_t *end, const char **why);
/* Forgets what was begun; frees. Legal on a zeroed struct. */
void json_stream_reset(struct json_stream *s);

#endif
