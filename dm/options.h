/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option strings as QEMU spells them: "virtio-blk-pci,drive=d0,id=x". A comma
 * in a value is doubled. A key without "=" is "key=on" ("nokey" is not
 * special), the first one may be the value of an implied key.
 *
 * Whoever consumes a list asks for the keys it knows; what nobody asked for is
 * an unknown option, which opts_check() reports.
 */
#ifndef HVMD_DM_OPTIONS_H
#define HVMD_DM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/err.h"

struct json_t;

struct opt {
    char *key, *value;
    bool used;
    struct opt *next;
};
struct opts {
    struct opt *first; /* in order given */
    struct opts *next; /* for lists of options: the caller's */
};

/* implied: key of a first item without "="; NULL: that is a flag. */
int opts_parse(const char *text, const char *implied, struct opts **out,
               struct cfg_err *err);
/* The same from a JSON object: { "a": { "b": true } } is "a.b=on". The one
 * takes text, the other what a parser made of it. */
int opts_parse_json(const char *text, struct opts **out, struct cfg_err *err);
int opts_from_json(const struct json_t *obj, struct opts **out,
                   struct cfg_err *err);
struct opts *opts_new(void); /* empty; aborts without memory, as all here */
void opts_set(struct opts *o, const char *key, const char *value);
void opts_free(struct opts *o); /* NULL is legal; does not follow next */

/* The last value of key, marked used, or NULL. o may be NULL. */
const char *opts_get(struct opts *o, const char *key);
/* Typed: 0 if absent (out untouched) or well formed, else -EINVAL. */
int opts_get_bool(struct opts *o, const char *key, bool *out,
                  struct cfg_err *err);
int opts_get_u64(struct opts *o, const char *key, uint64_t max, uint64_t *out,
                 struct cfg_err *err);
/* Bytes: a number with k, M, G or T; a bare number counts in unit bytes. */
int opts_get_size(struct opts *o, const char *key, uint64_t unit, uint64_t *out,
                  struct cfg_err *err);
/* -EINVAL if a key was not asked for: "WHAT: unknown option 'k' (known: ...)";
 * known: the sentence's list. */
int opts_check(struct opts *o, const char *what, const char *known,
               struct cfg_err *err);

/* The same parsers for one value. */
int parse_bool(const char *s, bool *out);
int parse_u64(const char *s, uint64_t max, uint64_t *out);
int parse_size(const char *s, uint64_t unit, uint64_t *out);

#endif
