/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP: what there is to use, from the tables that are used. */
#include "config.h"

#include "dm/qmp-priv.h"

#include <string.h>

#include "dm/cmdline.h"
#include "hw/catalog.h"

static json_t *query_commands(struct qmp_call *call)
{
    json_t *list = json_pack("[{s:s}]", "name", "qmp_capabilities");
    const struct qmp_cmd *cmd;
    unsigned i;

    for (i = 0; (cmd = qmp_cmd_at(i)); i++)
        json_array_append_new(list, json_pack("{s:s}", "name", cmd->name));
    return list;
}

/* The members of QEMU 7.2, no more: its test programs refuse others. */
static json_t *query_machines(struct qmp_call *call)
{
    json_t *list = json_array(), *item;
    const struct board *b;
    unsigned i;

    for (i = 0; (b = board_catalog[i]); i++) {
        item = json_pack("{s:s,s:i,s:b,s:b,s:b}", "name", b->name, "cpu-max",
                         b->max_cpus, "hotpluggable-cpus", 0,
                         "numa-mem-supported", 0, "deprecated", 0);
        if (b->alias)
            json_object_set_new(item, "alias", json_string(b->alias));
        if (!i)
            json_object_set_new(item, "is-default", json_true());
        json_array_append_new(list, item);
    }
    return list;
}

/* There is one level of types: a class is a "device", nothing is abstract but
 * that. */
static json_t *qom_list_types(struct qmp_call *call)
{
    const char *base =
        json_string_value(json_object_get(call->args, "implements"));
    bool abstract = json_is_true(json_object_get(call->args, "abstract"));
    json_t *list = json_array();
    const struct dev_class *cls;
    unsigned i;

    for (i = 0; (cls = dev_catalog[i]); i++) {
        if (!base || !strcmp(base, "device") || !strcmp(base, cls->name))
            json_array_append_new(
                list,
                json_pack("{s:s,s:s}", "name", cls->name, "parent", "device"));
    }
    if (abstract && (!base || !strcmp(base, "device")))
        json_array_append_new(
            list, json_pack("{s:s,s:b}", "name", "device", "abstract", 1));
    return list;
}

static json_t *device_list_properties(struct qmp_call *call)
{
    const char *name =
        json_string_value(json_object_get(call->args, "typename"));
    const struct dev_class *cls = dev_class_find(name);
    json_t *list, *item;
    const struct dev_prop *p;

    if (!cls)
        return qmp_fail(call, "DeviceNotFound", "Device '%.100s' not found",
                        name);
    list = json_array();
    for (p = cls->props; p && p->name; p++) {
        item = json_pack("{s:s,s:s}", "name", p->name, "type",
                         prop_type_name(p->type));
        if (p->help)
            json_object_set_new(item, "description", json_string(p->help));
        if (p->def)
            json_object_set_new(item, "default-value", json_string(p->def));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *describe_option(const struct cmd_option *o)
{
    json_t *params = json_array();
    const char *p = o->member ? o->known : NULL; /* else no keys, words */
    size_t len;

    while (p && *p) {
        len = strcspn(p, ",");
        json_array_append_new(
            params, json_pack("{s:s%,s:s}", "name", p, len, "type", "string"));
        p += len;
        p += strspn(p, ", ");
    }
    return json_pack("{s:s,s:o}", "option", o->name, "parameters", params);
}

static json_t *query_command_line_options(struct qmp_call *call)
{
    const char *name = json_string_value(json_object_get(call->args, "option"));
    json_t *list = json_array();
    const struct cmd_option *o;

    for (o = cmd_options; o->name; o++) {
        if (!name || !strcmp(name, o->name))
            json_array_append_new(list, describe_option(o));
    }
    if (!name || json_array_size(list))
        return list;
    json_decref(list);
    return qmp_fail(call, NULL,
                    "Invalid parameter type for 'option', expected: a name "
                    "that the command without it lists");
}

const struct qmp_cmd qmp_cmds_list[] = {
    {"query-commands", NULL, query_commands},
    {"query-machines", NULL, query_machines},
    {"qom-list-types", "implements:s? abstract:b?", qom_list_types},
    {"device-list-properties", "typename:s", device_list_properties},
    {"query-command-line-options", "option:s?", query_command_line_options},
    {NULL, NULL, NULL},
};
