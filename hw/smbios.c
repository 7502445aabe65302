/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/smbios.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/options.h"

#define TABLE_MAX 16384
#define NONE 0xffff /* a handle or a width that is not known */

/* ---- the options ---- */

/* What -smbios may set of a structure: strings by the offset of their number
 * in it, and what is no string (offset 0). */
struct text {
    const char *key;
    uint8_t off;
    const char *def;
};
static const struct text text0[] = {
    {"vendor", 4, PACKAGE_NAME}, {"version", 5, PACKAGE_VERSION},
    {"date", 8, "01/01/2025"},   {"release", 0, NULL},
    {"uefi", 0, NULL},           {NULL, 0, NULL}};
static const struct text text1[] = {{"manufacturer", 4, PACKAGE_NAME},
                                    {"product", 5, "PC (i440FX + PIIX)"},
                                    {"version", 6, PACKAGE_VERSION},
                                    {"serial", 7, NULL},
                                    {"uuid", 0, NULL},
                                    {"sku", 0x19, NULL},
                                    {"family", 0x1a, NULL},
                                    {NULL, 0, NULL}};
static const struct text text2[] = {{"manufacturer", 4, PACKAGE_NAME},
                                    {"product", 5, "PC (i440FX + PIIX)"},
                                    {"version", 6, PACKAGE_VERSION},
                                    {"serial", 7, NULL},
                                    {"asset", 8, NULL},
                                    {"location", 0x0a, NULL},
                                    {NULL, 0, NULL}};
static const struct text text3[] = {{"manufacturer", 4, PACKAGE_NAME},
                                    {"version", 6, PACKAGE_VERSION},
                                    {"serial", 7, NULL},
                                    {"asset", 8, NULL},
                                    {"sku", 0x15, NULL},
                                    {NULL, 0, NULL}};
static const struct text *const texts[] = {text0, text1, text2, text3};

/* The last value the user gave, or NULL. */
static const char *user_value(struct opts *list, uint64_t type, const char *key)
{
    const char *val = NULL;

    for (; list; list = list->next) {
        uint64_t t;

        if (opts_get_u64(list, "type", 3, &t, NULL) == 0 && t == type &&
            opts_get(list, key))
            val = opts_get(list, key);
    }
    return val;
}

static bool user_has(struct opts *list, uint64_t type)
{
    return user_value(list, type, "type") != NULL;
}

static int check_user(struct opts *list, struct cfg_err *err)
{
    for (; list; list = list->next) {
        const char *type = opts_get(list, "type");
        char known[128] = "type", what[32];
        uint64_t n;
        int rc;

        if (!type || parse_u64(type, 3, &n))
            return err_set(err, -EINVAL,
                           "-smbios: expected type=0, 1, 2 or 3 and the "
                           "strings of that structure");
        for (const struct text *t = texts[n]; t->key; t++) {
            size_t used = strlen(known);

            snprintf(known + used, sizeof(known) - used, ", %s", t->key);
            opts_get(list, t->key);
        }
        snprintf(what, sizeof(what), "-smbios type=%u", (unsigned)n);
        rc = opts_check(list, what, known, err);
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- emitting ---- */

static void set(struct smbios *s, unsigned off, uint64_t val, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        s->table[s->at + off + i] = (uint8_t)(val >> 8 * i);
}

/* handle: unique; len: of the formatted area, filled with zeros */
static int begin(struct smbios *s, uint8_t type, uint16_t handle, uint8_t len)
{
    if (s->cap - s->len < len + 2u)
        return -ENOSPC;
    s->at = s->len;
    s->len += len;
    s->strings = 0;
    set(s, 0, type, 1);
    set(s, 1, len, 1);
    set(s, 2, handle, 2);
    return 0;
}

static int put_text(struct smbios *s, unsigned off, const char *text)
{
    size_t len = text ? strlen(text) + 1 : 0;

    if (len < 2)
        return 0;
    if (s->cap - s->len < len + 2 || s->strings == 255)
        return -ENOSPC;
    memcpy(s->table + s->len, text, len);
    s->len += len;
    set(s, off, ++s->strings, 1);
    return 0;
}

static void end(struct smbios *s)
{
    s->len += s->strings ? 1 : 2; /* zeros; begin and put_text left room */
    s->n++;
    if (s->len - s->at > s->max)
        s->max = (unsigned)(s->len - s->at);
}

static int put_texts(struct smbios *s, unsigned type, struct opts *user)
{
    int rc = 0;

    for (const struct text *t = texts[type]; !rc && t->key; t++) {
        const char *val = user_value(user, type, t->key);

        if (t->off)
            rc = put_text(s, t->off, val ? val : t->def);
    }
    return rc;
}

/* ---- the structures ---- */

static int put_firmware(struct smbios *s, struct opts *user,
                        struct cfg_err *err)
{
    const char *release = user_value(user, 0, "release");
    const char *uefi = user_value(user, 0, "uefi");
    unsigned major = 0, minor = 0;
    bool is_uefi = false;
    char tail;
    int rc = begin(s, 0, 0, 0x18);

    if (rc)
        return rc;
    if (release && (sscanf(release, "%3u.%3u%c", &major, &minor, &tail) != 2 ||
                    major > 255 || minor > 255))
        return err_set(err, -EINVAL,
                       "-smbios type=0: release=%s: expected MAJOR.MINOR",
                       release);
    if (uefi && parse_bool(uefi, &is_uefi))
        return err_set(err, -EINVAL,
                       "-smbios type=0: uefi=%s: expected on or off", uefi);
    set(s, 0x06, 0xe800, 2);
    set(s, 0x0a, 1 << 3, 8);                           /* no characteristics */
    set(s, 0x13, 1 << 4 | 1 << 2 | is_uefi << 3, 1);   /* a virtual machine */
    set(s, 0x14, major | minor << 8 | 0xffff0000u, 4); /* no controller */
    rc = put_texts(s, 0, user);
    end(s);
    return rc;
}

static bool parse_uuid(const char *text, uint8_t out[16])
{
    unsigned n = 0;

    for (; *text && n < 32; text++) {
        unsigned digit;

        if (*text == '-')
            continue;
        if (sscanf((char[]){*text, 0}, "%1x", &digit) != 1)
            return false;
        out[n / 2] = (uint8_t)(n % 2 ? out[n / 2] | digit : digit << 4);
        n++;
    }
    return n == 32 && !*text;
}

static int put_system(struct smbios *s, const struct smbios_config *c,
                      struct cfg_err *err)
{
    const char *text = user_value(c->user, 1, "uuid");
    static const uint8_t order[16] = {3, 2, 1,  0,  5,  4,  7,  6,
                                      8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t uuid[16];
    int rc = begin(s, 1, 0x100, 0x1b);

    if (rc)
        return rc;
    memcpy(uuid, c->uuid, sizeof(uuid));
    if (text && !parse_uuid(text, uuid))
        return err_set(err, -EINVAL,
                       "-smbios type=1: uuid=%s: expected 32 hexadecimal "
                       "digits as 8-4-4-4-12",
                       text);
    for (unsigned i = 0; i < 16; i++)
        set(s, 8 + i, uuid[order[i]], 1);
    set(s, 0x18, 6, 1); /* woken by the power switch */
    rc = put_texts(s, 1, c->user);
    end(s);
    return rc;
}

static int put_board(struct smbios *s, struct opts *user)
{
    int rc = begin(s, 2, 0x200, 0x0f);

    if (rc)
        return rc;
    set(s, 0x09, 1, 1);
    set(s, 0x0b, 0x300, 2);
    set(s, 0x0d, 0x0a, 1); /* motherboard */
    rc = put_texts(s, 2, user);
    end(s);
    return rc;
}

static int put_chassis(struct smbios *s, struct opts *user)
{
    int rc = begin(s, 3, 0x300, 0x16);

    if (rc)
        return rc;
    set(s, 0x05, 1, 1);        /* other */
    set(s, 0x09, 0x030303, 3); /* safe */
    set(s, 0x0c, 2, 1);
    rc = put_texts(s, 3, user);
    end(s);
    return rc;
}

static int put_processor(struct smbios *s, const struct smbios_config *c)
{
    uint8_t cores = c->cpus > 255 ? 255 : (uint8_t)c->cpus;
    int rc = begin(s, 4, 0x400, 0x2a);

    if (rc)
        return rc;
    set(s, 0x05, 3, 1); /* central */
    set(s, 0x06, 1, 1);
    set(s, 0x18, 0x41, 1); /* populated, enabled */
    set(s, 0x19, 1, 1);
    set(s, 0x1a, NONE, 2); /* caches */
    set(s, 0x1c, NONE, 2);
    set(s, 0x1e, NONE, 2);
    set(s, 0x23, cores, 1);
    set(s, 0x24, cores, 1);
    set(s, 0x25, cores, 1);
    set(s, 0x26, 1 << 2, 2); /* 64 bits */
    set(s, 0x28, 1, 2);
    rc = put_text(s, 0x04, "CPU 0");
    if (!rc)
        rc = put_text(s, 0x07, PACKAGE_NAME);
    end(s);
    return rc;
}

static int put_mapping(struct smbios *s, uint16_t handle, uint64_t base,
                       uint64_t len)
{
    int rc = len ? begin(s, 19, handle, 0x1f) : 0;

    if (rc || !len)
        return rc;
    if ((base + len - 1) >> 10 < UINT32_MAX) {
        set(s, 0x04, base >> 10, 4);
        set(s, 0x08, (base + len - 1) >> 10, 4);
    } else {
        set(s, 0x04, UINT32_MAX, 4);
        set(s, 0x08, UINT32_MAX, 4);
        set(s, 0x0f, base, 8);
        set(s, 0x17, base + len - 1, 8);
    }
    set(s, 0x0c, 0x1000, 2);
    set(s, 0x0e, 1, 1);
    end(s);
    return 0;
}

/* One array with one module that has all of it. */
static int put_memory(struct smbios *s, const struct smbios_config *c)
{
    uint64_t total = c->low_ram + c->high_ram;
    int rc = begin(s, 16, 0x1000, 0x17);

    if (rc)
        return rc;
    set(s, 0x04, 1, 1);
    set(s, 0x05, 3, 1); /* system memory */
    set(s, 0x06, 3, 1); /* no error correction */
    if (total >> 10 < 0x80000000u) {
        set(s, 0x07, total >> 10, 4);
    } else {
        set(s, 0x07, 0x80000000u, 4);
        set(s, 0x0f, total, 8);
    }
    set(s, 0x0b, 0xfffe, 2);
    set(s, 0x0d, 1, 2);
    end(s);

    rc = begin(s, 17, 0x1100, 0x28);
    if (rc)
        return rc;
    set(s, 0x04, 0x1000, 2);
    set(s, 0x06, 0xfffe, 2);
    set(s, 0x08, NONE, 2);
    set(s, 0x0a, NONE, 2);
    set(s, 0x0c, total >> 20 < 0x7fff ? total >> 20 : 0x7fff, 2);
    set(s, 0x0e, 9, 1); /* DIMM */
    set(s, 0x12, 7, 1); /* RAM */
    set(s, 0x13, 1 << 1, 2);
    if (total >> 20 >= 0x7fff)
        set(s, 0x1c, total >> 20, 4);
    rc = put_text(s, 0x10, "DIMM 0");
    if (!rc)
        rc = put_text(s, 0x17, PACKAGE_NAME);
    end(s);
    if (!rc)
        rc = put_mapping(s, 0x1300, 0, c->low_ram);
    if (!rc)
        rc = put_mapping(s, 0x1301, 1ull << 32, c->high_ram);
    return rc;
}

static int put_plain(struct smbios *s, uint8_t type, uint16_t handle,
                     uint8_t len)
{
    int rc = begin(s, type, handle, len);

    if (!rc)
        end(s);
    return rc;
}

static int put_all(struct smbios *s, const struct smbios_config *c,
                   struct cfg_err *err)
{
    int rc = 0;

    if (!c->firmware || user_has(c->user, 0))
        rc = put_firmware(s, c->user, err);
    if (!rc)
        rc = put_system(s, c, err);
    if (!rc && user_has(c->user, 2))
        rc = put_board(s, c->user);
    if (!rc)
        rc = put_chassis(s, c->user);
    if (!rc)
        rc = put_processor(s, c);
    if (!rc)
        rc = put_memory(s, c);
    if (!rc)
        rc = put_plain(s, 32, 0x2000, 0x0b);
    if (!rc)
        rc = put_plain(s, 127, 0x7f00, 4);
    return rc;
}

static void set_sum(uint8_t *p, size_t len, uint8_t *at)
{
    uint8_t sum = 0;

    *at = 0;
    for (size_t i = 0; i < len; i++)
        sum += p[i];
    *at = (uint8_t)-sum;
}

void smbios_place(struct smbios *s, uint32_t table)
{
    uint8_t *a = s->anchor;

    memset(a, 0, SMBIOS_ANCHOR);
    memcpy(a, "_SM_", 4);
    a[5] = SMBIOS_ANCHOR;
    a[6] = 2;
    a[7] = 8;
    a[8] = (uint8_t)s->max;
    a[9] = (uint8_t)(s->max >> 8);
    memcpy(a + 16, "_DMI_", 5);
    a[22] = (uint8_t)s->len;
    a[23] = (uint8_t)(s->len >> 8);
    for (unsigned i = 0; i < 4; i++)
        a[24 + i] = (uint8_t)(table >> 8 * i);
    a[28] = (uint8_t)s->n;
    a[29] = (uint8_t)(s->n >> 8);
    a[30] = 0x28;
    set_sum(a + 16, 15, &a[21]);
    set_sum(a, SMBIOS_ANCHOR, &a[4]);
}

int smbios_build(struct smbios *s, const struct smbios_config *c,
                 struct cfg_err *err)
{
    int rc = check_user(c->user, err);

    if (rc)
        return rc;
    *s = (struct smbios){.cap = TABLE_MAX};
    s->table = calloc(1, TABLE_MAX);
    if (!s->table)
        return err_set(err, -ENOMEM, "out of memory");
    rc = put_all(s, c, err);
    if (rc == -ENOSPC)
        err_set(err, rc, "-smbios: expected strings of at most 16 KiB in all");
    if (!rc)
        smbios_place(s, 0);
    return rc;
}

void smbios_free(struct smbios *s)
{
    free(s->table);
    s->table = NULL;
}
