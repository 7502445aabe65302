/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/cmdline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dm/block/blk.h"
#include "dm/char/chr.h"
#include "dm/fdset.h"
#include "dm/log.h"
#include "dm/net/net.h"
#include "dm/qmp.h"
#include "dm/qtest.h"

/* ---- the engine ---- */

static const struct engine_ops *find_engine(const char *name)
{
    unsigned i;

    for (i = 0; engine_list[i]; i++) {
        if (!strcmp(engine_list[i]->name, name))
            return engine_list[i];
    }
    return NULL;
}

static int try_engine(struct vm *vm, const struct engine_ops *engine,
                      struct opts *opts, struct cfg_err *err)
{
    int rc;

    vm->engine = engine;
    rc = engine->create(vm, opts, err);
    if (rc)
        vm->engine = NULL;
    return rc;
}

/* What only one of the engines can do must not be given to another and lost:
 * -xen-domid-restrict least of all. */
static int check_xen(struct cmdline *c, struct vm *vm, struct cfg_err *err)
{
    bool xen = vm->engine->caps & ENGINE_FOREIGN_RAM;
    bool asked = c->cfg.xen_domid || c->cfg.xen_attach || c->cfg.xen_restrict;

    if (asked && !xen)
        return err_set(err, -EINVAL,
                       "-xen-domid, -xen-attach, -xen-domid-restrict: expected "
                       "-machine xenfv or xenpv, or -accel xen");
    if (!c->cfg.xen_domid && (asked || (xen && c->board->has_vcpus)))
        return err_set(err, -EINVAL, "-machine %s: expected -xen-domid N",
                       c->board->name);
    return 0;
}

static int choose_engine(struct cmdline *c, struct vm *vm, struct cfg_err *err)
{
    const struct engine_ops *engine;
    struct opts *o;
    const char *name;
    int rc;

    if (!c->accels) {
        engine = engine_list[0];
        if (c->board->engine)
            engine = find_engine(c->board->engine);
        return engine ? try_engine(vm, engine, NULL, err)
                      : err_set(err, -ENODEV,
                                "-machine %s needs the engine %s, which this "
                                "hvmd was built without",
                                c->board->name, c->board->engine);
    }
    for (o = c->accels; o; o = o->next) {
        name = opts_get(o, "accel");
        engine = name ? find_engine(name) : NULL;
        if (engine)
            rc = try_engine(vm, engine, o, err);
        else
            rc = err_set(err, -ENODEV,
                         "-accel %.64s: there is no such engine (-accel help "
                         "lists them)",
                         name ? name : "");
        if (!rc)
            return 0;
        if (o->next)
            log_warn("accel", "%s", err->text);
    }
    return rc;
}

int cmdline_engine(struct cmdline *c, struct vm *vm, struct cfg_err *err)
{
    int rc = choose_engine(c, vm, err);

    return rc ? rc : check_xen(c, vm, err);
}

/* ---- what the host provides ---- */

static int open_chardevs(struct cmdline *c, struct vm *vm, struct cfg_err *err)
{
    struct opts *o;
    struct chr *chr;
    char id[32];
    unsigned i;
    int rc = 0;

    for (o = c->chardevs; o && !rc; o = o->next)
        rc = chr_open(vm, o, &chr, err);
    for (i = 0; i < c->n_serials && !rc; i++) {
        snprintf(id, sizeof(id), "serial%u", i);
        rc = chr_open_legacy(vm, c->serials[i], id, &c->cfg.serial[i], err);
        if (rc)
            err_prefix(err, rc, "-serial %.100s", c->serials[i]);
    }
    return rc;
}

int cmdline_open(struct cmdline *c, struct vm *vm, struct cfg_err *err)
{
    struct opts *o;
    struct blk *blk;
    struct net *net;
    int rc;

    for (rc = 0, o = c->fdsets; o && !rc; o = o->next)
        rc = fdset_add_opts(vm, o, err);
    if (!rc)
        rc = open_chardevs(c, vm, err);
    if (!rc && c->qtest)
        rc = qtest_serve(vm, c->qtest, c->qtest_log, err);
    for (o = c->drives; o && !rc; o = o->next)
        rc = blk_open(vm, o, &blk, err);
    for (o = c->netdevs; o && !rc; o = o->next)
        rc = net_open(vm, o, &net, err);
    for (o = c->objects; o && !rc; o = o->next) {
        if (!strcmp(opts_get(o, "qom-type"), "filter-dump"))
            rc = net_dump_add(vm, o, err);
    }
    return rc;
}

/* ---- monitors ---- */

int cmdline_attach(struct cmdline *c, struct vm *vm, struct cfg_err *err)
{
    const char *text, *mode, *id;
    struct opts *o;
    struct chr *chr;
    unsigned n = 0;
    char name[32];
    int rc = 0;

    for (o = c->monitors; o && !rc; o = o->next) {
        text = opts_get(o, "text");
        mode = opts_get(o, "mode");
        id = opts_get(o, "chardev");
        chr = NULL;
        if (mode && strcmp(mode, "control") && strcmp(mode, "readline"))
            return err_set(err, -EINVAL,
                           "-mon mode=%.64s: expected control or readline",
                           mode);
        if (text) {
            snprintf(name, sizeof(name), "compat_monitor%u", n++);
            rc = chr_open_legacy(vm, text, name, &chr, err);
            if (rc)
                err_prefix(err, rc, "-%s %.100s",
                           *mode == 'c' ? "qmp" : "monitor", text);
        } else {
            chr = id ? chr_find(vm, id) : NULL;
            if (!chr)
                rc = err_set(err, -EINVAL,
                             "-mon chardev=%.64s: expected the id of a "
                             "-chardev",
                             id ? id : "");
        }
        if (!rc && chr)
            rc = qmp_add(vm, chr, mode && *mode == 'c', err);
    }
    return rc;
}
