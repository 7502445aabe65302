/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backends of a Xen guest: which ones there are is what the toolstack
 * writes into xenstore, /local/domain/OWN/backend/CLASS/GUEST/DEVICE. A
 * device of this name appears: it is made; its folder goes, or both ends have
 * closed it for good: it is freed. The machine's device "xen-backends" does
 * this for the classes known to it; others' folders are others' business.
 *
 * All calls: main thread, machine lock held.
 */
#ifndef HVMD_HW_PV_BACKENDS_H
#define HVMD_HW_PV_BACKENDS_H

#include "dm/dev.h"
#include "dm/xenif.h"

struct backends;

/* First member of what a class makes. */
struct backend {
    const struct backend_class *cls;
    struct backends *all;
    struct backend *next;
    struct vm *vm;
    struct xenif *x;
    char path[XENIF_PATH_MAX]; /* its folder */
    const char *name;          /* the last part of it: "51712" */
    bool made;                 /* by create; else it has failed */
};

struct backend_class {
    const char *name; /* of the folder: "qdisk", "vif" */
    size_t size;
    /* -errno with err set: nothing is served, destroy is due all the same.
     * -ENOMEDIUM: there is nothing to serve yet, which is no error. */
    int (*create)(struct backend *b, struct cfg_err *err);
    void (*destroy)(struct backend *b);
    /* As of dm/dev.h; a new one of a paused machine begins with a pause. */
    void (*pause)(struct backend *b);
    void (*resume)(struct backend *b);
    /* The folder says something else now, which needs a new one. Also asked
     * of one that has failed. May be NULL. */
    bool (*outdated)(struct backend *b);
};

/* The device is gone: destroys it. opaque: struct backend. */
void backend_gone(void *opaque);
/* A node of its folder, NUL-terminated, to free(). -ENOENT, -errno */
int backend_read(struct backend *b, const char *key, char **value);

extern const struct backend_class backend_qdisk, backend_vif, backend_vkbd;
extern const struct dev_class xen_backends_class;

#endif
