/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options that stand for more than one thing: a -drive with its device, a
 * -blockdev of two nodes, a -nic. What they mean in terms of others is written
 * into the lists before anything is opened.
 */
#include "config.h"

#include "dm/cmdline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Takes a key out: others shall not see it. Returns its last value, to free,
 * or NULL. */
static char *take(struct opts *o, const char *key)
{
    struct opt **p = &o->first, *opt;
    char *value = NULL;

    while ((opt = *p)) {
        if (strcmp(opt->key, key)) {
            p = &opt->next;
            continue;
        }
        *p = opt->next;
        free(value);
        value = opt->value;
        free(opt->key);
        free(opt);
    }
    return value;
}

static struct opts *add_device(struct cmdline *c, const char *driver)
{
    struct opts *dev = opts_new();

    opts_set(dev, "driver", driver);
    opts_list_add(&c->devices, dev);
    return dev;
}

/* ---- -drive ---- */

static int expand_ide(struct cmdline *c, const char *id, bool cd,
                      uint64_t index, struct cfg_err *err)
{
    const char *driver = cd ? "ide-cd" : "ide-hd";
    char text[32];
    struct opts *dev;

    if (index > 3)
        return err_set(err, -EINVAL,
                       "-drive: index=%" PRIu64 ": expected 0 to 3", index);
    dev = add_device(c, driver);
    snprintf(text, sizeof(text), "ide.%" PRIu64, index / 2);
    opts_set(dev, "bus", text);
    snprintf(text, sizeof(text), "%" PRIu64, index % 2);
    opts_set(dev, "unit", text);
    opts_set(dev, "drive", id);
    return 0;
}

/* As a toolstack gives it to its guests: a disk is an IDE one too, for the
 * firmware, until the guest's drivers unplug that. */
static int expand_xen(struct cmdline *c, const char *id, bool cd,
                      uint64_t *next_ide, const uint64_t *index,
                      struct cfg_err *err)
{
    uint64_t ide = index ? *index : *next_ide;
    struct opts *dev;
    char vdev[16];
    int rc = 0;

    if (index && *index >= 26)
        return err_set(err, -EINVAL,
                       "-drive if=xen: index=%" PRIu64 ": expected 0 to 25",
                       *index);
    if (!cd && ide < 4) {
        rc = expand_ide(c, id, false, ide, err);
        *next_ide = ide + 1;
    }
    dev = add_device(c, cd ? "xen-cdrom" : "xen-disk");
    opts_set(dev, "drive", id);
    if (index) {
        snprintf(vdev, sizeof(vdev), "xvd%c", (char)('a' + *index));
        opts_set(dev, "vdev", vdev);
    }
    return rc;
}

static int expand_drive(struct cmdline *c, struct opts *o, uint64_t *next_ide,
                        struct cfg_err *err)
{
    uint64_t index = *next_ide;
    char *kind = take(o, "if");
    char *media = take(o, "media");
    char *bootindex = take(o, "bootindex");
    bool cd = media && !strcmp(media, "cdrom");
    bool placed = opts_get(o, "index");
    const char *what = kind ? kind : "ide";
    const char *id;
    char name[64];
    struct opts *dev;
    int rc;

    rc = opts_get_u64(o, "index", 255, &index, err);
    free(take(o, "index"));
    if (rc) {
        err_prefix(err, rc, "-drive");
        goto out;
    }
    if (media && !cd && strcmp(media, "disk")) {
        rc = err_set(err, -EINVAL,
                     "-drive media=%.100s: expected disk or cdrom", media);
        goto out;
    }
    if (bootindex && strcmp(what, "virtio")) {
        rc = err_set(err, -EINVAL,
                     "-drive bootindex=%.32s: expected with if=virtio only",
                     bootindex);
        goto out;
    }
    if (cd)
        opts_set(o, "readonly", "on");
    id = opts_get(o, "id");
    if (!id) {
        snprintf(name, sizeof(name), "%.32s%u", what, c->n_auto++);
        opts_set(o, "id", name);
        id = opts_get(o, "id");
    }
    if (!strcmp(what, "virtio")) {
        dev = add_device(c, "virtio-blk-pci");
        opts_set(dev, "drive", id);
        if (bootindex)
            opts_set(dev, "bootindex", bootindex);
    } else if (!strcmp(what, "ide")) {
        rc = expand_ide(c, id, cd, index, err);
        *next_ide = index + 1;
    } else if (!strcmp(what, "xen")) {
        rc = expand_xen(c, id, cd, next_ide, placed ? &index : NULL, err);
    } else if (strcmp(what, "none")) {
        rc = err_set(err, -EINVAL,
                     "-drive if=%.100s: expected virtio, ide, xen or none",
                     what);
    }
out:
    free(kind);
    free(media);
    free(bootindex);
    return rc;
}

/* A -drive without an image is an empty CD drive's: there is nothing to open,
 * and the device does without. */
static void drop_empty(struct cmdline *c)
{
    struct opts **p = &c->drives, *o, *dev;

    while ((o = *p)) {
        const char *id = opts_get(o, "id"), *format = opts_get(o, "format");

        for (dev = c->devices; dev; dev = dev->next) {
            const char *drive = opts_get(dev, "drive");

            if (drive && id && !strcmp(drive, id))
                break;
        }
        if (dev && !strcmp(opts_get(dev, "driver"), "ide-cd") &&
            !opts_get(o, "file") && (!format || !strcmp(format, "raw"))) {
            free(take(dev, "drive"));
            *p = o->next;
            opts_free(o);
        } else {
            p = &o->next;
        }
    }
}

/* ---- -blockdev ---- */

static bool is_protocol(const char *driver)
{
    return !strcmp(driver, "file") || !strcmp(driver, "host_device");
}

/* What a protocol node says, in the words of -drive. */
static int add_protocol_key(struct opts *drive, const char *key,
                            const char *value, struct cfg_err *err)
{
    if (!strcmp(key, "driver") && !is_protocol(value))
        return err_set(err, -EINVAL,
                       "-blockdev file.driver=%.100s: expected file or "
                       "host_device",
                       value);
    if (!strcmp(key, "driver") || !strcmp(key, "node-name"))
        return 0;
    opts_set(drive, !strcmp(key, "filename") ? "file" : key, value);
    return 0;
}

static struct opts *find_node(struct cmdline *c, const char *name)
{
    const char *node;
    struct opts *o;

    for (o = c->blockdevs; o; o = o->next) {
        node = opts_get(o, "node-name");
        if (node && !strcmp(node, name))
            return o;
    }
    return NULL;
}

/* A node by the file= of another is part of that one. */
static bool is_part(struct cmdline *c, const struct opts *o, const char *name)
{
    const char *file;
    struct opts *other;

    for (other = c->blockdevs; other; other = other->next) {
        file = opts_get(other, "file");
        if (other != o && file && !strcmp(file, name))
            return true;
    }
    return false;
}

static int cache_of(struct opts *o, struct opts *drive, struct cfg_err *err)
{
    bool direct = false, no_flush = false;
    int rc;

    if ((rc = opts_get_bool(o, "cache.direct", &direct, err)) ||
        (rc = opts_get_bool(o, "cache.no-flush", &no_flush, err)))
        return err_prefix(err, rc, "-blockdev");
    if (direct && no_flush)
        return err_set(err, -EINVAL,
                       "-blockdev: expected only one of cache.direct=on and "
                       "cache.no-flush=on");
    if (direct || no_flush)
        opts_set(drive, "cache", direct ? "none" : "unsafe");
    free(take(drive, "cache.direct"));
    free(take(drive, "cache.no-flush"));
    return 0;
}

/* Its words as those of a -drive of format raw, or whatever driver says. */
static int expand_blockdev(struct cmdline *c, struct opts *o,
                           struct cfg_err *err)
{
    const char *driver = opts_get(o, "driver");
    const char *name = opts_get(o, "node-name");
    struct opts *drive, *node;
    struct opt *opt, *sub;
    int rc = 0;

    if (!driver || !name)
        return err_set(err, -EINVAL,
                       "-blockdev: expected driver=DRIVER,node-name=ID");
    if (is_protocol(driver) && is_part(c, o, name))
        return 0;
    drive = opts_new();
    opts_list_add(&c->drives, drive);
    opts_set(drive, "id", name);
    opts_set(drive, "format", is_protocol(driver) ? "raw" : driver);
    for (opt = o->first; opt && !rc; opt = opt->next) {
        if (!strcmp(opt->key, "driver") || !strcmp(opt->key, "node-name"))
            continue;
        if (is_protocol(driver)) {
            rc = add_protocol_key(drive, opt->key, opt->value, err);
        } else if (!strncmp(opt->key, "file.", 5)) {
            rc = add_protocol_key(drive, opt->key + 5, opt->value, err);
        } else if (!strcmp(opt->key, "file")) {
            node = find_node(c, opt->value);
            if (!node)
                return err_set(err, -EINVAL,
                               "-blockdev node-name=%.64s: file=%.100s: "
                               "expected the node-name of another -blockdev",
                               name, opt->value);
            for (sub = node->first; sub && !rc; sub = sub->next)
                rc = add_protocol_key(drive, sub->key, sub->value, err);
        } else {
            opts_set(drive, opt->key, opt->value);
        }
    }
    return rc ? rc : cache_of(drive, drive, err);
}

/* ---- -nic ---- */

static int expand_nic(struct cmdline *c, struct opts *o, struct cfg_err *err)
{
    const char *type = opts_get(o, "type");
    char *model, *mac, name[32];
    struct opts *net, *dev;
    struct opt *opt;

    if (!type)
        return err_set(err, -EINVAL,
                       "-nic: expected a network type first (-netdev help "
                       "lists them)");
    if (!strcmp(type, "none"))
        return 0;
    model = take(o, "model");
    mac = take(o, "mac");
    net = opts_new();
    for (opt = o->first; opt; opt = opt->next)
        opts_set(net, opt->key, opt->value);
    if (!opts_get(net, "id")) {
        snprintf(name, sizeof(name), "nic%u", c->n_auto++);
        opts_set(net, "id", name);
    }
    opts_list_add(&c->netdevs, net);
    dev = add_device(c, model ? model : "virtio-net-pci");
    opts_set(dev, "netdev", opts_get(net, "id"));
    if (mac)
        opts_set(dev, "mac", mac);
    free(model);
    free(mac);
    return 0;
}

/* ---- -object ---- */

static bool is_type(struct opts *o, const char *type)
{
    const char *t = opts_get(o, "qom-type");

    return t && !strcmp(t, type);
}

static int check_object(struct opts *o, struct cfg_err *err)
{
    static const char *const randoms[] = {"/dev/urandom", "/dev/random",
                                          "/dev/hwrng"};
    const char *file;
    unsigned i;

    if (!opts_get(o, "qom-type") || !opts_get(o, "id"))
        return err_set(err, -EINVAL, "-object: expected TYPE,id=ID");
    if (is_type(o, "filter-dump"))
        return 0;
    if (is_type(o, "iothread") || is_type(o, "rng-builtin"))
        return opts_check(o, "-object", "id", err);
    if (!is_type(o, "rng-random"))
        return err_set(err, -EINVAL,
                       "-object %.100s: expected filter-dump, iothread, "
                       "rng-builtin or rng-random",
                       opts_get(o, "qom-type"));
    file = opts_get(o, "filename");
    for (i = 0; file && i < sizeof(randoms) / sizeof(randoms[0]); i++) {
        if (!strcmp(file, randoms[i]))
            file = NULL;
    }
    if (file)
        return err_set(err, -EINVAL,
                       "-object rng-random,filename=%.100s: expected "
                       "/dev/urandom",
                       file);
    return opts_check(o, "-object rng-random", "id, filename", err);
}

/* iothread= and rng= name objects that make no difference here: each queue
 * has a thread, and random bytes are the host kernel's. */
static int drop_reference(struct cmdline *c, struct opts *dev, const char *key,
                          const char *type, struct cfg_err *err)
{
    const char *id = opts_get(dev, key);
    struct opts *o;

    if (!id)
        return 0;
    for (o = c->objects; o; o = o->next) {
        if (!strncmp(opts_get(o, "qom-type"), type, strlen(type)) &&
            !strcmp(opts_get(o, "id"), id))
            break;
    }
    if (!o)
        return err_set(err, -EINVAL,
                       "-device %s: %s=%.64s: expected the id of an -object "
                       "%s",
                       opts_get(dev, "driver"), key, id, type);
    free(take(dev, key));
    return 0;
}

int cmdline_expand(struct cmdline *c, struct cfg_err *err)
{
    uint64_t next_ide = 0;
    struct opts *o;
    int rc = 0;

    for (o = c->drives; o && !rc; o = o->next)
        rc = expand_drive(c, o, &next_ide, err);
    drop_empty(c);
    for (o = c->blockdevs; o && !rc; o = o->next)
        rc = expand_blockdev(c, o, err);
    for (o = c->nics; o && !rc; o = o->next)
        rc = expand_nic(c, o, err);
    for (o = c->objects; o && !rc; o = o->next)
        rc = check_object(o, err);
    for (o = c->devices; o && !rc; o = o->next) {
        rc = drop_reference(c, o, "iothread", "iothread", err);
        if (!rc)
            rc = drop_reference(c, o, "rng", "rng-", err);
    }
    return rc;
}
