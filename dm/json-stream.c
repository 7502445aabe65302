/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/json-stream.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define KEEP 4096 /* a buffer larger than this is not kept between texts */

enum { SKIP_NONE, SKIP_TO_TEXT, SKIP_LINE };

void json_stream_reset(struct json_stream *s)
{
    free(s->text);
    *s = (struct json_stream){0};
}

static bool emit(struct json_stream *s, char c)
{
    char *text;
    size_t cap;

    if (s->len == s->cap) {
        cap = s->cap ? s->cap * 2 : 256;
        if (cap > JSON_STREAM_MAX)
            return false;
        text = realloc(s->text, cap);
        if (!text)
            return false;
        s->text = text;
        s->cap = cap;
    }
    s->text[s->len++] = c;
    return true;
}

/* Bytes that are in no JSON text at all. */
static bool is_reset(uint8_t c)
{
    return (c < 0x20 && c != '\t') || c >= 0xfe;
}

static const char *eat_string(struct json_stream *s, uint8_t c)
{
    static const char too_long[] = "text too long, expected at most 1 MiB";
    bool ok = true;

    if (is_reset(c) || c == '\t')
        return "control character in a string";
    if (s->escape) {
        s->escape = false;
        if (c != '\'') /* which JSON does not know to escape */
            ok = emit(s, '\\');
        ok = ok && emit(s, c);
    } else if (c == '\\') {
        s->escape = true;
    } else if (c == (uint8_t)s->quote) {
        s->quote = 0;
        ok = emit(s, '"');
    } else {
        if (c == '"')
            ok = emit(s, '\\');
        ok = ok && emit(s, c);
    }
    return ok ? NULL : too_long;
}

static const char *eat_token(struct json_stream *s, uint8_t c)
{
    if (!s->depth && c != '{' && c != '[')
        return "expected a JSON object";
    switch (c) {
    case '{':
    case '[':
        if (s->depth == JSON_STREAM_DEPTH)
            return "nested too deep, expected at most 64 levels";
        s->braces &= ~(1ull << s->depth);
        s->braces |= (uint64_t)(c == '{') << s->depth++;
        break;
    case '}':
    case ']':
        if ((s->braces >> (s->depth - 1) & 1) != (c == '}'))
            return "braces and brackets do not match";
        s->depth--;
        break;
    case '"':
    case '\'':
        s->quote = c;
        c = '"';
        break;
    default:
        if (!c || (!isalnum(c) && !strchr(" \t\r\n,:+-.", c)))
            return "unexpected character";
    }
    return emit(s, c) ? NULL : "text too long, expected at most 1 MiB";
}

/* Is c to be passed over? */
static bool skip(struct json_stream *s, uint8_t c)
{
    switch (s->skip) {
    case SKIP_LINE:
        if (c == '\n')
            s->skip = SKIP_NONE;
        return true;
    case SKIP_TO_TEXT:
        if (c == '{' || is_reset(c))
            s->skip = SKIP_NONE;
        return c != '{';
    default:
        return !s->depth && (c == ' ' || (c >= '\t' && c <= '\r'));
    }
}

enum json_stream_rc json_stream_eat(struct json_stream *s, const uint8_t **p,
                                    const uint8_t *end, const char **why)
{
    bool too_much;
    uint8_t c;

    if (!s->depth && s->len) { /* the last call's text */
        if (s->cap > KEEP)
            json_stream_reset(s);
        s->len = 0;
    }
    while (*p < end) {
        c = *(*p)++;
        if (skip(s, c))
            continue;
        *why = s->quote ? eat_string(s, c) : eat_token(s, c);
        if (*why) {
            too_much = s->len >= KEEP || s->depth == JSON_STREAM_DEPTH;
            json_stream_reset(s);
            if (too_much)
                s->skip = c == '\n' ? SKIP_NONE : SKIP_LINE;
            else
                s->skip = is_reset(c) ? SKIP_NONE : SKIP_TO_TEXT;
            return JSON_STREAM_BAD;
        }
        if (!s->depth)
            return JSON_STREAM_TEXT;
    }
    return JSON_STREAM_MORE;
}
