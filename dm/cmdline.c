/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/cmdline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hw/catalog.h"

#define RAM_DEFAULT (128ull << 20)
#define RAM_MAX (16ull << 40)

void opts_list_add(struct opts **list, struct opts *o)
{
    while (*list)
        list = &(*list)->next;
    *list = o;
}

static void opts_list_free(struct opts *o)
{
    struct opts *next;

    for (; o; o = next) {
        next = o->next;
        opts_free(o);
    }
}

bool word_in_list(const char *list, const char *word)
{
    size_t len = strlen(word);
    const char *p = list;

    while (len && (p = strstr(p, word))) {
        if ((p == list || p[-1] == ' ') && (p[len] == ',' || !p[len]))
            return true;
        p += len;
    }
    return false;
}

static const struct cmd_option *option_find(const char *name, size_t len)
{
    const struct cmd_option *o;

    if (len == 1 && *name == 'M')
        return &cmd_options[0];
    for (o = cmd_options; o->name; o++) {
        if (!strncmp(o->name, name, len) && !o->name[len])
            return o;
    }
    return NULL;
}

/* ---- what the merged options add up to ---- */

static int finish_machine(struct cmdline *c, struct cfg_err *err)
{
    /* What QEMU's users ask for by habit, and the values that are so here. */
    static const struct {
        const char *key, *values;
    } fixed[] = {
        {"acpi", "on"},
        {"dump-guest-core", "on, off"},
        {"graphics", "on, off"},
        {"hpet", "off"},
        {"kernel-irqchip", "on"},
        {"kernel_irqchip", "on"},
        {"mem-merge", "on, off"},
        {"smm", "off, auto"},
        {"suppress-vmdesc", "on, off"},
        {"usb", "off"},
        {"vmport", "off, auto"},
    };
    const char *type = opts_get(c->cfg.machine, "type");
    const char *value = opts_get(c->cfg.machine, "accel");
    struct cfg_err list = {""};
    struct opts *accel;
    unsigned i;
    size_t len;

    for (; value && *value; value += len + (value[len] == ':')) {
        char *name;

        len = strcspn(value, ":");
        name = strndup(value, len);
        accel = opts_new();
        opts_set(accel, "accel", name ? name : "");
        opts_list_add(&c->accels, accel);
        free(name);
    }
    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        value = opts_get(c->cfg.machine, fixed[i].key);
        if (value && !word_in_list(fixed[i].values, value))
            return err_set(err, -EINVAL, "-machine %s=%.100s: expected %s",
                           fixed[i].key, value, fixed[i].values);
    }

    if (!type)
        type = board_catalog[0]->name;
    for (i = 0; board_catalog[i]; i++) {
        const struct board *b = board_catalog[i];

        if (!strcmp(b->name, type) || (b->alias && !strcmp(b->alias, type)))
            c->board = b;
        len = strlen(list.text);
        snprintf(list.text + len, sizeof(list.text) - len, "%s%s",
                 i ? ", " : "", b->alias ? b->alias : b->name);
    }
    if (!c->board)
        return err_set(err, -EINVAL, "-machine %.100s: expected one of %.300s",
                       type, list.text);
    return 0;
}

static int finish_memory(struct cmdline *c, struct cfg_err *err)
{
    uint64_t size = RAM_DEFAULT, max = 0, slots = 0;
    int rc;

    if ((rc = opts_get_size(c->memory, "size", 1 << 20, &size, err)) ||
        (rc = opts_get_size(c->memory, "maxmem", 1 << 20, &max, err)) ||
        (rc = opts_get_u64(c->memory, "slots", 256, &slots, err)))
        return err_prefix(err, rc, "-m");
    size = (size + GUEST_PAGE - 1) & ~(uint64_t)(GUEST_PAGE - 1);
    if (size < 1 << 20 || size > RAM_MAX)
        return err_set(err, -EINVAL,
                       "-m %s: expected a size from 1M to %" PRIu64 "T",
                       opts_get(c->memory, "size"), (uint64_t)RAM_MAX >> 40);
    if (max > size || (max && max < size))
        return err_set(err, -EINVAL,
                       "-m maxmem=%s: memory cannot grow, expected the size "
                       "itself",
                       opts_get(c->memory, "maxmem"));
    c->cfg.ram_size = size;
    return 0;
}

static int finish_smp(struct cmdline *c, struct cfg_err *err)
{
    static const char *const parts[] = {"sockets", "dies", "clusters", "cores",
                                        "threads"};
    uint64_t cpus = 0, max = 0, product = 1, v;
    bool topology = false;
    unsigned i;
    int rc;

    if ((rc = opts_get_u64(c->smp, "cpus", 65535, &cpus, err)) ||
        (rc = opts_get_u64(c->smp, "maxcpus", 65535, &max, err)))
        return err_prefix(err, rc, "-smp");
    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        v = 1;
        rc = opts_get_u64(c->smp, parts[i], 4096, &v, err);
        if (rc)
            return err_prefix(err, rc, "-smp");
        topology |= opts_get(c->smp, parts[i]) != NULL;
        product *= v;
    }
    if (!product || (opts_get(c->smp, "cpus") && !cpus) ||
        (opts_get(c->smp, "maxcpus") && !max))
        return err_set(err, -EINVAL,
                       "-smp: expected at least 1 processor, and 1 of each of "
                       "sockets, dies, clusters, cores and threads");
    if (!max)
        max = topology && product > cpus ? product : cpus;
    if (!cpus)
        cpus = max ? max : 1;
    if (!max)
        max = cpus;
    if (max < cpus)
        return err_set(err, -EINVAL,
                       "-smp: maxcpus=%" PRIu64 " is less than the %" PRIu64
                       " processors to start with",
                       max, cpus);
    if (topology && max % product)
        return err_set(err, -EINVAL,
                       "-smp: sockets, dies, clusters, cores and threads make "
                       "%" PRIu64 " processors, expected %" PRIu64,
                       product, max);
    if (max > c->board->max_cpus)
        return err_set(err, -EINVAL,
                       "-smp: %" PRIu64 " is too many: machine '%s' takes a "
                       "number of SMP CPUs up to %u",
                       max, c->board->name, c->board->max_cpus);
    c->cfg.cpus = cpus;
    c->cfg.max_cpus = max;
    return 0;
}

/* A -global for a class or property that does not exist is an error, but for
 * those of chips that are the engine's here. */
static int finish_globals(struct cmdline *c, struct cfg_err *err)
{
    static const char fixed[] = "kvm-pit.lost_tick_policy=discard, "
                                "kvm-pit.lost_tick_policy=delay";
    const struct dev_prop *p;
    const struct dev_class *cls;
    char text[300], name[64];
    struct opt *opt;
    size_t len;

    for (opt = c->cfg.globals ? c->cfg.globals->first : NULL; opt;
         opt = opt->next) {
        snprintf(text, sizeof(text), "%s=%s", opt->key, opt->value);
        if (word_in_list(fixed, text))
            continue;
        len = strcspn(opt->key, ".");
        snprintf(name, sizeof(name), "%.*s", (int)len, opt->key);
        cls = dev_class_find(name);
        if (!cls)
            return err_set(err, -EINVAL,
                           "-global %.200s: there is no device class '%s' "
                           "(-device help lists them)",
                           text, name);
        for (p = cls->props; p && p->name; p++) {
            if (!strcmp(p->name, opt->key + len + 1))
                break;
        }
        if (!p || !p->name)
            return err_set(err, -EINVAL,
                           "-global %.200s: no such property (-device "
                           "%s,help lists them)",
                           text, name);
        if (strcmp(cls->name, name)) { /* devices look for their own name */
            snprintf(text, sizeof(text), "%s.%s", cls->name, p->name);
            opts_set(c->cfg.globals, text, opt->value);
        }
    }
    return 0;
}

/* The terminal belongs to the parent, which ends. */
static int check_daemon(struct cmdline *c, struct cfg_err *err)
{
    const char *text = NULL;
    struct opts *o;

    for (unsigned i = 0; i < c->n_serials; i++)
        if (strstr(c->serials[i], "stdio"))
            text = c->serials[i];
    for (o = c->monitors; o; o = o->next)
        if (opts_get(o, "text") && strstr(opts_get(o, "text"), "stdio"))
            text = opts_get(o, "text");
    for (o = c->chardevs; o; o = o->next)
        if (opts_get(o, "backend") && !strcmp(opts_get(o, "backend"), "stdio"))
            text = "stdio";
    return text ? err_set(err, -EINVAL,
                          "-daemonize: expected no serial port, monitor or "
                          "chardev on the terminal (%.100s)",
                          text)
                : 0;
}

static int finish(struct cmdline *c, struct cfg_err *err)
{
    const char *fix;
    int rc;

    if (c->nographic && !c->n_serials)
        c->serials[c->n_serials++] = "mon:stdio";
    c->cfg.name = opts_get(c->name, "guest");
    if ((rc = finish_machine(c, err)) || (rc = finish_memory(c, err)) ||
        (rc = finish_smp(c, err)) || (rc = cmdline_expand(c, err)) ||
        (rc = finish_globals(c, err)))
        return rc;
    fix = opts_get(c->cfg.rtc, "driftfix");
    if (fix && strcmp(fix, "none"))
        return err_set(err, -EINVAL, "-rtc driftfix=%.100s: expected none",
                       fix);
    if (c->daemonize && (rc = check_daemon(c, err)))
        return rc;
    if (!c->board->has_vcpus && (c->cfg.kernel || c->cfg.bios))
        return err_set(err, -EINVAL,
                       "-%s: machine '%s' has no processor to run it",
                       c->cfg.kernel ? "kernel" : "bios", c->board->name);
    if (!c->cfg.kernel && (c->cfg.initrd || c->cfg.append))
        return err_set(err, -EINVAL, "%s: expected a -kernel with it",
                       c->cfg.initrd ? "-initrd" : "-append");
    return 0;
}

int cmdline_parse(struct cmdline *c, int n, const char *const *words,
                  struct cfg_err *err)
{
    const struct cmd_option *o;
    const char *word, *name, *arg;
    int i, rc;

    *c = (struct cmdline){0};
    rc = cmdline_check_libxl(n, words, err);
    if (rc)
        return rc;
    for (i = 0; i < n; i++) {
        word = words[i];
        name = word + (word[0] == '-') + (word[0] == '-' && word[1] == '-');
        if (name == word)
            return err_set(err, -EINVAL,
                           "'%.200s': expected an option (a disk is -drive "
                           "file=FILE,if=virtio)",
                           word);
        arg = NULL;
        o = option_find(name, strlen(name));
        if (!o && strchr(name, '=')) { /* --option=value */
            arg = strchr(name, '=') + 1;
            o = option_find(name, arg - 1 - name);
            if (o && !o->args && strcmp(o->name, "version"))
                o = NULL;
        }
        if (!o)
            return err_set(err, -EINVAL,
                           "unknown option '%.200s' (-help lists the options)",
                           word);
        if (o->args && !arg) {
            if (++i == n)
                return err_set(err, -EINVAL, "%s: expected %s after it", word,
                               o->args);
            arg = words[i];
        }
        rc = o->set(c, o, arg, err);
        if (rc)
            return rc;
        if (c->action != CMD_RUN && c->action != CMD_DUMP_CONFIG)
            return 0;
    }
    return finish(c, err);
}

void cmdline_free(struct cmdline *c)
{
    struct opts *const lists[] = {
        c->chardevs,    c->drives,  c->blockdevs, c->netdevs,    c->nics,
        c->objects,     c->devices, c->fdsets,    c->monitors,   c->memory,
        c->smp,         c->name,    c->run_with,  c->accels,     c->cfg.machine,
        c->cfg.cpu,     c->cfg.rtc, c->cfg.boot,  c->cfg.smbios, c->cfg.fw_cfg,
        c->cfg.globals,
    };
    unsigned i;

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        opts_list_free(lists[i]);
    *c = (struct cmdline){0};
}
