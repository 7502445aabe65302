/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/backends.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/log.h"
#include "dm/machine.h"
#include "hw/pv/xenbus.h"

static const struct backend_class *const classes[] = {
    &backend_qdisk,
    &backend_vif,
    &backend_vkbd,
};
#define CLASSES (sizeof(classes) / sizeof(classes[0]))
#define NAME_MAX_LEN 64

struct folder {
    struct backends *all;
    const struct backend_class *cls;
    char path[XENIF_PATH_MAX - NAME_MAX_LEN];
    void *watch;
};

struct backends {
    struct dev dev;
    struct folder folder[CLASSES];
    struct backend *first;
};

static int read_below(struct xenif *x, const char *dir, const char *key,
                      char **value)
{
    char path[XENIF_PATH_MAX];

    if (snprintf(path, sizeof(path), "%s/%s", dir, key) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    return x->ops->xs_read(x, 0, path, value);
}

int backend_read(struct backend *b, const char *key, char **value)
{
    return read_below(b->x, b->path, key, value);
}

/* The toolstack sets it to 0 before it takes the folder away. */
static bool is_online(struct xenif *x, const char *dir)
{
    char *text;
    bool yes;

    if (read_below(x, dir, "online", &text))
        return false;
    yes = !strcmp(text, "1");
    free(text);
    return yes;
}

/* ---- one of them ---- */

static void destroy(struct backend *b)
{
    struct backend **p;

    for (p = &b->all->first; *p != b;)
        p = &(*p)->next;
    *p = b->next;
    b->cls->destroy(b);
    free(b);
}

void backend_gone(void *opaque)
{
    destroy(opaque);
}

static void create(struct folder *f, const char *name)
{
    struct backend *b = calloc(1, f->cls->size);
    struct cfg_err err = {""};
    int rc;

    if (!b) {
        log_err("backends", "%s/%s: out of memory", f->path, name);
        return;
    }
    b->cls = f->cls;
    b->all = f->all;
    b->vm = f->all->dev.vm;
    b->x = b->vm->xenif;
    snprintf(b->path, sizeof(b->path), "%s/%s", f->path, name);
    b->name = strrchr(b->path, '/') + 1;
    b->next = f->all->first;
    f->all->first = b;
    rc = b->cls->create(b, &err);
    b->made = !rc;
    if (rc && rc != -ENOMEDIUM) {
        log_err("backends", "%s", err.text);
        xenbus_say_error(b->x, b->path, err.text);
    } else if (!rc && b->vm->state != RUN_RUNNING) {
        b->cls->pause(b);
    }
}

/* ---- which ones there are ---- */

static struct backend *find(struct folder *f, const char *name)
{
    struct backend *b = f->all->first;

    while (b && (b->cls != f->cls || strcmp(b->name, name)))
        b = b->next;
    return b;
}

static void consider(struct folder *f, const char *name)
{
    struct backend *b = find(f, name);
    char path[XENIF_PATH_MAX];
    bool online;

    if (strlen(name) >= NAME_MAX_LEN)
        return;
    snprintf(path, sizeof(path), "%s/%s", f->path, name);
    online = is_online(f->all->dev.vm->xenif, path);
    /* One that works sees itself that it shall go; until then it stays. */
    if (b && ((!b->made && !online) ||
              (online && b->cls->outdated && b->cls->outdated(b)))) {
        destroy(b);
        b = NULL;
    }
    if (!b && online)
        create(f, name);
}

/* What failed has no watch of its own. */
static void forget_failed(struct folder *f, char **names, unsigned n)
{
    struct backend *b, *next;
    unsigned i;

    for (b = f->all->first; b; b = next) {
        next = b->next;
        for (i = 0; i < n && strcmp(names[i], b->name);)
            i++;
        if (b->cls == f->cls && !b->made && i == n)
            destroy(b);
    }
}

static void look(void *opaque, const char *path)
{
    struct folder *f = opaque;
    struct xenif *x = f->all->dev.vm->xenif;
    char **names = NULL;
    unsigned n = 0;
    int rc = x->ops->xs_list(x, 0, f->path, &names, &n);

    if (rc && rc != -ENOENT) {
        log_err("backends", "%s: %s", f->path, strerror(-rc));
        return;
    }
    forget_failed(f, names, n);
    for (unsigned i = 0; i < n; i++)
        consider(f, names[i]);
    free(names);
}

/* ---- the device ---- */

/* Where the toolstack reads which classes we serve. */
static void served_path(struct xenif *x, const char *class,
                        char path[XENIF_PATH_MAX])
{
    snprintf(path, XENIF_PATH_MAX,
             "/local/domain/%" PRIu32 "/device-model/%" PRIu32 "/backends/%s",
             x->own_domid, x->domid, class);
}

/* Libxl removes what is said there before it ends a device model, and then
 * waits ten seconds for cards that nobody closes. Otherwise it is only this
 * process that ends: another can go on with the guest. */
static bool is_toolstacks_end(struct xenif *x)
{
    char path[XENIF_PATH_MAX], *text;
    int rc;

    served_path(x, classes[0]->name, path);
    rc = x->ops->xs_read(x, 0, path, &text);
    if (!rc)
        free(text);
    return rc == -ENOENT;
}

static void backends_destroy(struct dev *dev)
{
    struct backends *s = (struct backends *)dev;
    struct xenif *x = dev->vm->xenif;
    bool say = is_toolstacks_end(x);
    char path[XENIF_PATH_MAX];
    bool made;

    for (unsigned i = 0; i < CLASSES; i++)
        if (s->folder[i].watch)
            x->ops->xs_unwatch(x, s->folder[i].watch);
    while (s->first) {
        strcpy(path, s->first->path);
        made = s->first->made;
        destroy(s->first);
        if (say && made)
            xenbus_say_closed(x, path);
    }
}

static int backends_create(struct dev *dev, struct cfg_err *err)
{
    struct backends *s = (struct backends *)dev;
    struct xenif *x = dev->vm->xenif;
    char served[XENIF_PATH_MAX];
    int rc = 0;

    if (!x)
        return err_set(err, -ENODEV, "xen-backends: there is no Xen here");
    for (unsigned i = 0; !rc && i < CLASSES; i++) {
        struct folder *f = &s->folder[i];

        f->all = s;
        f->cls = classes[i];
        served_path(x, f->cls->name, served);
        snprintf(f->path, sizeof(f->path),
                 "/local/domain/%" PRIu32 "/backend/%s/%" PRIu32, x->own_domid,
                 f->cls->name, x->domid);
        rc = x->ops->xs_write(x, 0, served, "");
        if (!rc)
            rc = x->ops->xs_watch(x, f->path, look, f, &f->watch);
        if (rc)
            err_set(err, rc, "xen-backends: cannot use xenstore: %s",
                    strerror(-rc));
    }
    if (rc)
        backends_destroy(dev);
    return rc;
}

static void backends_pause(struct dev *dev)
{
    for (struct backend *b = ((struct backends *)dev)->first; b; b = b->next)
        if (b->made)
            b->cls->pause(b);
}

static void backends_resume(struct dev *dev)
{
    for (struct backend *b = ((struct backends *)dev)->first; b; b = b->next)
        if (b->made)
            b->cls->resume(b);
}

/* No state: it is all in xenstore, and the frontends begin anew. */
const struct dev_class xen_backends_class = {
    .name = "xen-backends",
    .desc = "paravirtual devices that a Xen toolstack attaches",
    .size = sizeof(struct backends),
    .internal = true,
    .create = backends_create,
    .pause = backends_pause,
    .resume = backends_resume,
    .destroy = backends_destroy,
};
