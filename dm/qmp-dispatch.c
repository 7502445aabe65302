/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP: from the text of a request to the answer. */
#include "config.h"

#include "dm/qmp-priv.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

json_t *qmp_fail(struct qmp_call *call, const char *error_class,
                 const char *fmt, ...)
{
    va_list ap;

    call->error_class = error_class;
    va_start(ap, fmt);
    vsnprintf(call->err.text, sizeof(call->err.text), fmt, ap);
    va_end(ap);
    return NULL;
}

json_t *qmp_text(const char *s)
{
    json_t *text;
    char *copy, *p;

    if (!s)
        return json_null();
    text = json_string(s);
    if (text || !(copy = strdup(s)))
        return text;
    for (p = copy; *p; p++) {
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    }
    text = json_string(copy);
    free(copy);
    return text;
}

json_t *qmp_version(void)
{
    /* Of QEMU: the version whose interface this is (docs/compat.md). */
    return json_pack("{s:{s:i,s:i,s:i},s:s}", "qemu", "micro", 0, "minor", 2,
                     "major", 7, "package", PACKAGE_STRING);
}

/* ---- dispatch ---- */

static const struct qmp_cmd *const tables[] = {qmp_cmds_vm, qmp_cmds_host,
                                               qmp_cmds_list, qmp_cmds_media};

const struct qmp_cmd *qmp_cmd_at(unsigned i)
{
    const struct qmp_cmd *cmd;
    unsigned t;

    for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (cmd = tables[t]; cmd->name; cmd++) {
            if (!i--)
                return cmd;
        }
    }
    return NULL;
}

static const struct qmp_cmd *find_cmd(const char *name)
{
    const struct qmp_cmd *cmd;
    unsigned i;

    for (i = 0; (cmd = qmp_cmd_at(i)); i++) {
        if (!strcmp(cmd->name, name))
            return cmd;
    }
    return NULL;
}

static const char *wrong_type(char type, const json_t *v)
{
    switch (type) {
    case 's':
        return json_is_string(v) ? NULL : "string";
    case 'i':
        return json_is_integer(v) ? NULL : "integer";
    case 'b':
        return json_is_boolean(v) ? NULL : "boolean";
    case 'o':
        return json_is_object(v) ? NULL : "object";
    case 'a':
        return json_is_array(v) ? NULL : "array";
    default:
        return NULL;
    }
}

static bool check_args(struct qmp_call *call, const struct qmp_cmd *cmd)
{
    const char *p = cmd->args ? cmd->args : "", *name, *want;
    size_t len, known = 0;
    char key[64];
    json_t *v;

    if (!strcmp(p, "*"))
        return true;
    while (*p) {
        len = strcspn(p, ":");
        assert(len < sizeof(key));
        memcpy(key, p, len);
        key[len] = '\0';
        p += len + 1;
        v = json_object_get(call->args, key);
        if (!v && p[1] != '?') {
            qmp_fail(call, NULL, "Parameter '%s' is missing", key);
            return false;
        }
        want = v ? wrong_type(*p, v) : NULL;
        if (want) {
            qmp_fail(call, NULL,
                     "Invalid parameter type for '%s', expected: %s", key,
                     want);
            return false;
        }
        known += v != NULL;
        p += strcspn(p, " ");
        p += *p == ' ';
    }
    if (known == json_object_size(call->args))
        return true;
    json_object_foreach(call->args, name, v)
    {
        len = strlen(name);
        for (p = cmd->args; p && (p = strstr(p, name)); p += len) {
            if ((p == cmd->args || p[-1] == ' ') && p[len] == ':')
                break;
        }
        if (!p) {
            qmp_fail(call, NULL, "Parameter '%.100s' is unexpected", name);
            break;
        }
    }
    return false;
}

static json_t *negotiate(bool *negotiated, struct qmp_call *call)
{
    json_t *enable = json_object_get(call->args, "enable"), *cap;
    size_t i;

    json_array_foreach(enable, i, cap)
    {
        if (!json_is_string(cap))
            return qmp_fail(call, NULL,
                            "Invalid parameter type for 'enable[%zu]', "
                            "expected: string",
                            i);
        return qmp_fail(call, NULL, "Capability '%.100s' is not available",
                        json_string_value(cap));
    }
    *negotiated = true;
    return json_object();
}

static json_t *execute(bool *negotiated, struct qmp_call *call,
                       const char *name)
{
    static const struct qmp_cmd capabilities = {"qmp_capabilities", "enable:a?",
                                                NULL};
    bool is_caps = !strcmp(name, capabilities.name);
    const struct qmp_cmd *cmd = is_caps ? &capabilities : find_cmd(name);

    if (!*negotiated && !is_caps)
        return qmp_fail(call, "CommandNotFound",
                        "Expecting capabilities negotiation with "
                        "'qmp_capabilities'");
    if (*negotiated && is_caps)
        return qmp_fail(call, "CommandNotFound",
                        "Capabilities negotiation is already complete, "
                        "command ignored");
    if (!cmd)
        return qmp_fail(call, "CommandNotFound",
                        "The command %.100s has not been found", name);
    if (!check_args(call, cmd))
        return NULL;
    return is_caps ? negotiate(negotiated, call) : cmd->run(call);
}

/* Picks the members of a request apart. */
static json_t *request(bool *negotiated, struct qmp_call *call, json_t *req)
{
    const char *name = NULL, *key;
    json_t *v;

    json_object_foreach(req, key, v)
    {
        if (!strcmp(key, "id"))
            continue;
        if (!strcmp(key, "execute")) {
            name = json_string_value(v);
            if (!name)
                return qmp_fail(call, NULL,
                                "QMP input member 'execute' must be a "
                                "string");
        } else if (!strcmp(key, "arguments")) {
            if (!json_is_object(v))
                return qmp_fail(call, NULL,
                                "QMP input member 'arguments' must be an "
                                "object");
            call->args = v;
        } else if (!strcmp(key, "exec-oob")) {
            return qmp_fail(call, NULL,
                            "QMP input member 'exec-oob' needs the "
                            "capability 'oob', which is not available");
        } else {
            return qmp_fail(call, NULL,
                            "QMP input member '%.100s' is unexpected", key);
        }
    }
    if (!name)
        return qmp_fail(call, NULL, "QMP input lacks member 'execute'");
    return execute(negotiated, call, name);
}

/* Uses up value. */
static json_t *message(const struct qmp_call *call, json_t *value, json_t *id)
{
    const char *text = *call->err.text ? call->err.text : "out of memory";
    const char *cls = call->error_class ? call->error_class : "GenericError";
    json_t *msg = json_object();

    if (value)
        json_object_set_new(msg, "return", value);
    else
        json_object_set_new(
            msg, "error",
            json_pack("{s:s,s:o}", "class", cls, "desc", qmp_text(text)));
    if (id)
        json_object_set(msg, "id", id);
    return msg;
}

json_t *qmp_bad_text(const char *why)
{
    struct qmp_call call = {.err = {""}};

    qmp_fail(&call, NULL, "JSON parse error, %s", why);
    return message(&call, NULL, NULL);
}

json_t *qmp_answer(struct vm *vm, struct chr *chr, bool *negotiated,
                   const char *text, size_t len)
{
    struct qmp_call call = {.vm = vm, .chr = chr, .err = {""}};
    json_t *none = json_object();
    json_t *req, *value = NULL, *msg;
    json_error_t e;

    call.args = none;
    req = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
    if (!req)
        qmp_fail(&call, NULL, "JSON parse error, %s", e.text);
    else if (!json_is_object(req))
        qmp_fail(&call, NULL, "QMP input must be a JSON object");
    else
        value = request(negotiated, &call, req);
    msg = message(&call, value, json_object_get(req, "id"));
    json_decref(req);
    json_decref(none);
    return msg;
}
