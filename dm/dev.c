/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/dev.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/blk.h"
#include "dm/char/chr.h"
#include "dm/machine.h"
#include "dm/net/net.h"
#include "dm/options.h"
#include "hw/catalog.h"

/* ---- properties ---- */

/* "S" or "S.F", hexadecimal as PCI addresses are written. */
static int parse_bdf(const char *s, int *out)
{
    unsigned slot, fn = 0;
    char end;
    int n = sscanf(s, "%x.%x%c", &slot, &fn, &end);

    if (n == 1 &&
        (strchr(s, '.') || strspn(s, "0123456789abcdefABCDEFx") != strlen(s)))
        return -EINVAL;
    if (n < 1 || n > 2 || slot > 31 || fn > 7)
        return -EINVAL;
    *out = slot * 8 + fn;
    return 0;
}

static int parse_mac(const char *s, uint8_t mac[6])
{
    unsigned b[6];
    char end;

    if (strspn(s, "0123456789abcdefABCDEF:") != strlen(s) ||
        sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3],
               &b[4], &b[5], &end) != 6)
        return -EINVAL;
    for (int i = 0; i < 6; i++)
        mac[i] = b[i];
    return 0;
}

static int parse_int(const char *s, uint64_t max, void *field, size_t size)
{
    uint64_t v;
    int rc = parse_u64(s, max, &v);

    if (!rc)
        memcpy(field, &v, size); /* little-endian, as x86 is */
    return rc;
}

static const char *const prop_wants[] = {
    [PROP_BOOL] = "on or off",
    [PROP_U8] = "a number from 0 to 255",
    [PROP_U16] = "a number from 0 to 65535",
    [PROP_U32] = "a number of 32 bits",
    [PROP_U64] = "a number of 64 bits",
    [PROP_SIZE] = "a size such as 512, 4k or 1M",
    [PROP_STR] = "a string",
    [PROP_MAC] = "an address such as 52:54:00:12:34:56",
    [PROP_BDF] = "SLOT or SLOT.FUNCTION in hexadecimal, up to 1f.7",
    [PROP_BLK] = "the id of a -drive",
    [PROP_NET] = "the id of a -netdev",
    [PROP_CHR] = "the id of a -chardev",
};

/* -ENOENT: no such backend; -EBUSY with err set: somebody has it. */
static int set_backend(struct dev *dev, enum prop_type type, void *field,
                       const char *s, struct cfg_err *err)
{
    const char *user = dev->id[0] ? dev->id : dev->cls->name;
    struct blk *blk;
    struct net *net;
    struct chr *chr;
    int rc;

    switch (type) {
    case PROP_BLK:
        blk = blk_find(dev->vm, s);
        rc = blk ? blk_claim(blk, user, err) : -ENOENT;
        if (!rc)
            *(struct blk **)field = blk;
        return rc;
    case PROP_NET:
        net = net_find(dev->vm, s);
        rc = net ? net_claim(net, user, err) : -ENOENT;
        if (!rc)
            *(struct net **)field = net;
        return rc;
    default:
        chr = chr_find(dev->vm, s);
        if (!chr)
            return -ENOENT;
        *(struct chr **)field = chr; /* the device attaches itself */
        return 0;
    }
}

static int set_prop(struct dev *dev, const struct dev_prop *p, const char *s,
                    struct cfg_err *err)
{
    void *field = (char *)dev + p->offset;
    int rc = -EINVAL;

    switch (p->type) {
    case PROP_BOOL:
        rc = parse_bool(s, field);
        break;
    case PROP_U8:
        rc = parse_int(s, UINT8_MAX, field, 1);
        break;
    case PROP_U16:
        rc = parse_int(s, UINT16_MAX, field, 2);
        break;
    case PROP_U32:
        rc = parse_int(s, UINT32_MAX, field, 4);
        break;
    case PROP_U64:
        rc = parse_int(s, UINT64_MAX, field, 8);
        break;
    case PROP_SIZE:
        rc = parse_size(s, 1, field);
        break;
    case PROP_STR:
        free(*(char **)field);
        *(char **)field = strdup(s);
        rc = *(char **)field ? 0 : -ENOMEM;
        break;
    case PROP_MAC:
        rc = parse_mac(s, field);
        break;
    case PROP_BDF:
        rc = parse_bdf(s, field);
        break;
    case PROP_BLK:
    case PROP_NET:
    case PROP_CHR:
        rc = set_backend(dev, p->type, field, s, err);
        if (rc == -EBUSY)
            return rc;
        break;
    }
    if (rc)
        return err_set(err, rc, "%s: %s=%s: expected %s", dev->cls->name,
                       p->name, s, prop_wants[p->type]);
    return 0;
}

static void known_props(const struct dev_class *cls, char *buf, size_t size)
{
    size_t n = snprintf(buf, size, "id, bus");

    for (const struct dev_prop *p = cls->props; p && p->name; p++) {
        if (n < size)
            n += snprintf(buf + n, size - n, ", %s", p->name);
    }
}

static int set_props(struct dev *dev, struct opts *opts, struct cfg_err *err)
{
    const struct dev_class *cls = dev->cls;
    char key[128], known[768];
    int rc = 0;

    for (const struct dev_prop *p = cls->props; p && p->name; p++) {
        const char *s = opts_get(opts, p->name), *global;

        snprintf(key, sizeof(key), "%s.%s", cls->name, p->name);
        global = opts_get(dev->vm->cfg->globals, key);
        if (p->type == PROP_BDF)
            *(int *)((char *)dev + p->offset) = -1;
        if (!s)
            s = global;
        if (!s)
            s = p->def;
        if (s)
            rc = set_prop(dev, p, s, err);
        if (rc)
            return rc;
    }
    known_props(cls, known, sizeof(known));
    return opts_check(opts, cls->name, known, err);
}

static void release_props(struct dev *dev)
{
    for (const struct dev_prop *p = dev->cls->props; p && p->name; p++) {
        void **field = (void **)((char *)dev + p->offset);

        switch (p->type) {
        case PROP_STR:
            free(*field);
            break;
        case PROP_BLK:
            if (*field)
                blk_release(*field);
            break;
        case PROP_NET:
            if (*field)
                net_release(*field);
            break;
        default:
            break;
        }
    }
}

/* ---- classes, buses, instances ---- */

const struct dev_class *dev_class_find(const char *name)
{
    for (unsigned i = 0; dev_catalog[i]; i++) {
        const struct dev_class *c = dev_catalog[i];

        if (!strcmp(c->name, name) || (c->alias && !strcmp(c->alias, name)))
            return c;
    }
    return NULL;
}

void dev_bus_add(struct vm *vm, struct dev_bus *bus)
{
    struct dev_bus **p;

    for (p = &vm->buses; *p; p = &(*p)->next)
        assert(strcmp((*p)->name, bus->name));
    bus->next = NULL;
    *p = bus;
}

void dev_bus_del(struct vm *vm, struct dev_bus *bus)
{
    for (struct dev_bus **p = &vm->buses; *p; p = &(*p)->next) {
        if (*p == bus) {
            *p = bus->next;
            return;
        }
    }
}

struct dev_bus *dev_bus_find(struct vm *vm, const char *type, const char *name)
{
    for (struct dev_bus *b = vm->buses; b; b = b->next) {
        if (!strcmp(b->type, type) && (!name || !strcmp(b->name, name)))
            return b;
    }
    return NULL;
}

struct dev *dev_first(struct vm *vm)
{
    return vm->devs;
}

struct dev *dev_by_id(struct vm *vm, const char *id)
{
    for (struct dev *d = vm->devs; d; d = d->next) {
        if (d->id[0] && !strcmp(d->id, id))
            return d;
    }
    return NULL;
}

void dev_set_place(struct dev *dev, const char *fmt, ...)
{
    char place[48];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(place, sizeof(place), fmt, ap);
    va_end(ap);
    snprintf(dev->path, sizeof(dev->path), "%s%s%s/%s",
             dev->bus ? dev->bus->name : "", dev->bus ? "/" : "", place,
             dev->cls->name);
}

static int find_bus(struct dev *dev, const char *name, struct cfg_err *err)
{
    const struct dev_class *cls = dev->cls;

    if (!cls->bus) {
        if (name)
            return err_set(err, -EINVAL,
                           "%s: plugs into no bus, but bus=%s "
                           "was given",
                           cls->name, name);
        return 0;
    }
    dev->bus = dev_bus_find(dev->vm, cls->bus, name);
    if (dev->bus)
        return 0;
    if (name)
        return err_set(err, -ENODEV, "%s: there is no %s bus called '%s'",
                       cls->name, cls->bus, name);
    return err_set(err, -ENODEV, "%s: this machine has no %s bus", cls->name,
                   cls->bus);
}

static void free_dev(struct dev *dev)
{
    release_props(dev);
    free(dev);
}

int dev_create(struct vm *vm, const struct dev_class *cls, struct opts *opts,
               struct dev **out, struct cfg_err *err)
{
    const char *id = opts_get(opts, "id"), *bus = opts_get(opts, "bus");
    struct dev *dev, **p;
    unsigned n = 0;
    int rc;

    assert(vm_locked(vm) && cls->size >= sizeof(*dev));
    if (id && strlen(id) >= sizeof(dev->id))
        return err_set(err, -EINVAL,
                       "%s: id=%s: expected at most %zu "
                       "characters",
                       cls->name, id, sizeof(dev->id) - 1);
    if (id && dev_by_id(vm, id))
        return err_set(err, -EEXIST,
                       "%s: a device with id=%s is there "
                       "already",
                       cls->name, id);
    dev = calloc(1, cls->size);
    if (!dev)
        return err_set(err, -ENOMEM, "%s: out of memory", cls->name);
    dev->cls = cls;
    dev->vm = vm;
    if (id)
        strcpy(dev->id, id);
    for (p = &vm->devs; *p; p = &(*p)->next)
        n += (*p)->cls == cls;
    dev->bus_fixed = bus;
    rc = find_bus(dev, bus, err);
    if (!rc) {
        dev_set_place(dev, "%u", n);
        rc = set_props(dev, opts, err);
    }
    if (!rc && (rc = cls->create(dev, err)) && !strstr(err->text, cls->name))
        err_prefix(err, rc, "%s", cls->name);
    if (rc) {
        free_dev(dev);
        return rc;
    }
    /* create may have made devices of its own: the end is further down. */
    for (; *p;)
        p = &(*p)->next;
    *p = dev;
    if (out)
        *out = dev;
    return 0;
}

void dev_destroy(struct dev *dev)
{
    struct vm *vm = dev->vm;
    struct dev **p, *child;

    do {
        child = NULL;
        for (struct dev *d = vm->devs; d; d = d->next) {
            if (d->bus && d->bus->owner == dev)
                child = d; /* the last one first */
        }
        if (child)
            dev_destroy(child);
    } while (child);
    for (p = &vm->devs; *p != dev;)
        p = &(*p)->next;
    *p = dev->next;
    if (dev->cls->destroy)
        dev->cls->destroy(dev);
    free_dev(dev);
}

/* ---- walks ---- */

void dev_start_all(struct vm *vm)
{
    for (struct dev *d = vm->devs; d; d = d->next) {
        if (!d->started && d->cls->start)
            d->cls->start(d);
        d->started = true;
    }
}

/* Calls fn on all devices, the newest first. */
static void backwards(struct dev *d, void (*fn)(struct dev *dev))
{
    if (d) {
        backwards(d->next, fn);
        fn(d);
    }
}

static void pause_one(struct dev *d)
{
    if (d->cls->pause)
        d->cls->pause(d);
}

void dev_pause_all(struct vm *vm)
{
    backwards(vm->devs, pause_one);
}

void dev_resume_all(struct vm *vm)
{
    for (struct dev *d = vm->devs; d; d = d->next) {
        if (d->cls->resume)
            d->cls->resume(d);
    }
}

void dev_reset_all(struct vm *vm)
{
    for (struct dev *d = vm->devs; d; d = d->next) {
        if (d->cls->reset)
            d->cls->reset(d);
    }
}

void dev_domain_gone(struct vm *vm)
{
    for (struct dev *d = vm->devs; d; d = d->next) {
        if (!d->cls->domain)
            continue;
        if (d->cls->pause && vm->state == RUN_RUNNING)
            d->cls->pause(d);
        if (d->cls->reset)
            d->cls->reset(d);
    }
}

void dev_domain_new(struct vm *vm)
{
    for (struct dev *d = vm->devs; d; d = d->next)
        if (d->cls->domain && d->cls->resume && vm->state == RUN_RUNNING)
            d->cls->resume(d);
}

void dev_destroy_all(struct vm *vm)
{
    struct dev *last;

    while (vm->devs) {
        for (last = vm->devs; last->next;)
            last = last->next;
        dev_destroy(last);
    }
}
