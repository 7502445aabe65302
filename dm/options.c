/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *p)
{
    if (!p)
        abort();
    return p;
}

struct opts *opts_new(void)
{
    return need(calloc(1, sizeof(struct opts)));
}

/* Both strings become the list's. */
static void opts_append(struct opts *o, char *key, char *value)
{
    struct opt *opt = need(calloc(1, sizeof(*opt)));
    struct opt **end = &o->first;

    opt->key = key;
    opt->value = value;
    while (*end)
        end = &(*end)->next;
    *end = opt;
}

void opts_set(struct opts *o, const char *key, const char *value)
{
    opts_append(o, need(strdup(key)), need(strdup(value)));
}

void opts_free(struct opts *o)
{
    struct opt *opt, *next;

    if (!o)
        return;
    for (opt = o->first; opt; opt = next) {
        next = opt->next;
        free(opt->key);
        free(opt->value);
        free(opt);
    }
    free(o);
}

/* Copies up to a comma that is not doubled, moves *p behind it. */
static char *take_value(const char **p)
{
    const char *s = *p;
    char *value = need(malloc(strlen(s) + 1));
    char *out = value;

    while (*s) {
        if (*s == ',' && *++s != ',')
            break;
        *out++ = *s++;
    }
    *out = '\0';
    *p = s;
    return value;
}

int opts_parse(const char *text, const char *implied, struct opts **out,
               struct cfg_err *err)
{
    struct opts *o = opts_new();
    const char *p = text;
    size_t len;
    char *key;

    while (*p) {
        len = strcspn(p, "=,");
        if (p == text && implied && p[len] != '=') {
            opts_append(o, need(strdup(implied)), take_value(&p));
            continue;
        }
        if (!len) {
            opts_free(o);
            return err_set(err, -EINVAL,
                           "'%.200s': expected KEY=VALUE[,KEY=VALUE...] (a "
                           "comma in a value is written twice)",
                           text);
        }
        key = need(strndup(p, len));
        p += len;
        if (*p == '=') {
            p++;
            opts_append(o, key, take_value(&p));
        } else {
            opts_append(o, key, need(strdup("on")));
            p += *p == ',';
        }
    }
    *out = o;
    return 0;
}

const char *opts_get(struct opts *o, const char *key)
{
    const char *value = NULL;
    struct opt *opt;

    for (opt = o ? o->first : NULL; opt; opt = opt->next) {
        if (!strcmp(opt->key, key)) {
            opt->used = true;
            value = opt->value;
        }
    }
    return value;
}

int opts_get_bool(struct opts *o, const char *key, bool *out,
                  struct cfg_err *err)
{
    const char *s = opts_get(o, key);

    if (!s || !parse_bool(s, out))
        return 0;
    return err_set(err, -EINVAL, "%s=%.100s: expected on or off", key, s);
}

int opts_get_u64(struct opts *o, const char *key, uint64_t max, uint64_t *out,
                 struct cfg_err *err)
{
    const char *s = opts_get(o, key);

    if (!s || !parse_u64(s, max, out))
        return 0;
    return err_set(err, -EINVAL,
                   "%s=%.100s: expected a number from 0 to %" PRIu64, key, s,
                   max);
}

int opts_get_size(struct opts *o, const char *key, uint64_t unit, uint64_t *out,
                  struct cfg_err *err)
{
    const char *s = opts_get(o, key);

    if (!s || !parse_size(s, unit, out))
        return 0;
    return err_set(err, -EINVAL,
                   "%s=%.100s: expected a size such as 512M, 4G or 65536", key,
                   s);
}

int opts_check(struct opts *o, const char *what, const char *known,
               struct cfg_err *err)
{
    struct opt *opt;

    for (opt = o ? o->first : NULL; opt; opt = opt->next) {
        if (!opt->used)
            return err_set(err, -EINVAL,
                           "%s: unknown option '%.100s' (known: %s)", what,
                           opt->key, known);
    }
    return 0;
}

int parse_bool(const char *s, bool *out)
{
    static const struct {
        char text[6];
        bool value;
    } words[] = {
        {"on", true},  {"off", false}, {"true", true}, {"false", false},
        {"yes", true}, {"no", false},  {"y", true},    {"n", false},
    };
    unsigned i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!strcmp(s, words[i].text)) {
            *out = words[i].value;
            return 0;
        }
    }
    return -EINVAL;
}

/* Digits at s: decimal, or hexadecimal after 0x. *end is behind them. */
static int parse_digits(const char *s, uint64_t *out, const char **end)
{
    bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
    const char *digits = hex ? s + 2 : s;
    size_t len = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

    if (!len)
        return -EINVAL;
    errno = 0;
    *out = strtoull(digits, NULL, hex ? 16 : 10);
    *end = digits + len;
    return -errno;
}

int parse_u64(const char *s, uint64_t max, uint64_t *out)
{
    const char *end;
    uint64_t v;

    if (parse_digits(s, &v, &end) || *end || v > max)
        return -EINVAL;
    *out = v;
    return 0;
}

int parse_size(const char *s, uint64_t unit, uint64_t *out)
{
    static const char suffixes[] = "BKMGTP";
    const char *end, *suffix;
    uint64_t v;

    if (parse_digits(s, &v, &end))
        return -EINVAL;
    if (*end) {
        suffix = strchr(suffixes, toupper((unsigned char)*end));
        if (!suffix || end[1])
            return -EINVAL;
        unit = 1ull << 10 * (suffix - suffixes);
    }
    if (__builtin_mul_overflow(v, unit, &v))
        return -EINVAL;
    *out = v;
    return 0;
}
