/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#define DEPTH_MAX 8

static int add(struct opts *o, const char *key, const json_t *v,
               struct cfg_err *err);

static int add_member(struct opts *o, const char *prefix, const char *name,
                      const json_t *v, struct cfg_err *err)
{
    char key[256];
    int n;

    n = snprintf(key, sizeof(key), "%s%s%s", prefix, *prefix ? "." : "", name);
    if (n >= (int)sizeof(key))
        return err_set(err, -EINVAL, "'%.100s...': name too long", key);
    return add(o, key, v, err);
}

static int add(struct opts *o, const char *key, const json_t *v,
               struct cfg_err *err)
{
    char num[32], *dot;
    const char *name, *p;
    unsigned depth = 0;
    json_t *item;
    size_t i;
    int rc = 0;

    for (p = key; (dot = strchr(p, '.')); p = dot + 1)
        depth++;
    if (depth > DEPTH_MAX)
        return err_set(err, -EINVAL, "'%.100s': nested too deep", key);
    switch (json_typeof(v)) {
    case JSON_STRING:
        opts_set(o, key, json_string_value(v));
        return 0;
    case JSON_TRUE:
    case JSON_FALSE:
        opts_set(o, key, json_is_true(v) ? "on" : "off");
        return 0;
    case JSON_INTEGER:
        snprintf(num, sizeof(num), "%" JSON_INTEGER_FORMAT,
                 json_integer_value(v));
        opts_set(o, key, num);
        return 0;
    case JSON_OBJECT:
        json_object_foreach((json_t *)v, name, item)
        {
            if ((rc = add_member(o, key, name, item, err)))
                return rc;
        }
        return 0;
    case JSON_ARRAY:
        json_array_foreach(v, i, item)
        {
            snprintf(num, sizeof(num), "%zu", i);
            if ((rc = add_member(o, key, num, item, err)))
                return rc;
        }
        return 0;
    default:
        return err_set(err, -EINVAL,
                       "'%.100s': expected a string, a number, true or false",
                       key);
    }
}

int opts_from_json(const json_t *obj, struct opts **out, struct cfg_err *err)
{
    struct opts *o;
    int rc;

    if (!json_is_object(obj))
        return err_set(err, -EINVAL, "expected a JSON object");
    o = opts_new();
    rc = add(o, "", obj, err);
    if (rc)
        opts_free(o);
    else
        *out = o;
    return rc;
}

int opts_parse_json(const char *text, struct opts **out, struct cfg_err *err)
{
    json_error_t e;
    json_t *obj = json_loads(text, JSON_REJECT_DUPLICATES, &e);
    int rc;

    if (!obj)
        return err_set(err, -EINVAL, "JSON: %s at column %d", e.text, e.column);
    rc = opts_from_json(obj, out, err);
    json_decref(obj);
    return rc;
}
