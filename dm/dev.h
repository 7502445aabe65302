/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices: what a class promises, and the tree they hang in.
 *
 * The life of a device; every call has the machine lock and comes from the
 * main thread, and every step but create may be absent (nothing to do):
 *
 *     create -> [load state] -> start -> (pause -> resume)* -> destroy
 *                                 ^ reset at any time between, paused
 *
 * create   wires it up: regions, lines, backends. Fails with err set and
 *          leaves nothing behind. The same path serves boot and restore.
 * start    the guest is about to run for the first time.
 * pause    on return the device starts no new work, its threads are idle,
 *          all it owes its backends is done, and it holds no lock.
 * resume   the opposite.
 * reset    registers as after create; regions stay where the chip keeps them.
 *          The first one comes when all devices of the machine are made.
 * destroy  legal in any state; stops all it has running, frees all but the
 *          struct itself.
 *
 * No file-level mutable state: several instances are always possible.
 */
#ifndef HVMD_DM_DEV_H
#define HVMD_DM_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dm/err.h"
#include "dm/state.h"

struct blk;
struct opts;
struct vm;
struct dev;

enum prop_type {
    PROP_BOOL, /* bool: on off true false yes no */
    PROP_U8,   /* numbers: decimal or 0x hexadecimal */
    PROP_U16,
    PROP_U32,
    PROP_U64,
    PROP_SIZE, /* uint64_t bytes: 512, 4k, 1M, 2G */
    PROP_STR,  /* char *, owned by the device, NULL if not given */
    PROP_MAC,  /* uint8_t[6] */
    PROP_BDF,  /* int: slot * 8 + function from "S" or "S.F", -1 if not */
    PROP_BLK,  /* struct blk *, by the id of a -drive */
    PROP_NET,  /* struct net *, by the id of a -netdev */
    PROP_CHR,  /* struct chr *, by the id of a -chardev */
};

struct dev_prop {
    const char *name;
    enum prop_type type;
    size_t offset;   /* in the instance */
    const char *def; /* as it would be written; NULL: zero, none, -1 */
    const char *help;
};
#define DEV_PROP(type, T, field, name, def, help) \
    {                                             \
        name, type, offsetof(T, field), def, help \
    }
#define DEV_PROP_END                   \
    {                                  \
        NULL, PROP_BOOL, 0, NULL, NULL \
    }

/* Something devices plug into. Owned and embedded by the device that is it. */
struct dev_bus {
    const char *type; /* "pci", "isa", "virtio-serial", ... */
    const char *name; /* "pci.0": what bus= names */
    struct dev *owner;
    struct dev_bus *next;
};

/* A drive whose medium can be changed (QMP eject and its like). Machine lock
 * held. */
struct dev_media {
    struct blk *(*get)(struct dev *dev); /* NULL: there is none */
    bool (*tray_open)(struct dev *dev);
    /* Opens the tray. False: the guest has locked it and is told that somebody
     * wants it open. */
    bool (*open)(struct dev *dev, bool force);
    /* The medium is this one now, and the tray closed; NULL: there is none.
     * The one before is not used any more. -errno: nothing has changed. */
    int (*set)(struct dev *dev, struct blk *blk);
};

struct dev_class {
    const char *name;
    const char *desc;  /* one line, for -device help */
    const char *alias; /* another name -device takes, or NULL */
    const char *bus;   /* type of bus it needs, NULL if none */
    size_t size;       /* of the instance, struct dev first */
    const struct dev_prop *props;
    bool internal; /* made by boards only, not by -device */
    bool domain;   /* a toolstack makes it with a Xen domain */
    int (*create)(struct dev *dev, struct cfg_err *err);
    void (*start)(struct dev *dev);
    void (*pause)(struct dev *dev);
    void (*resume)(struct dev *dev);
    void (*reset)(struct dev *dev);
    void (*destroy)(struct dev *dev);
    void (*set_link)(struct dev *dev, bool on); /* a card's cable (QMP) */
    const struct state_desc *state;             /* NULL: it has none */
    const struct dev_media *media; /* NULL: it has no removable medium */
};

struct dev {
    const struct dev_class *cls;
    struct vm *vm;
    struct dev_bus *bus;
    char id[64];      /* from id=, or "" */
    char path[96];    /* unique: "pci.0/03.0/virtio-blk-pci", also in the log */
    struct dev *next; /* in order of creation */
    bool started;
    bool bus_fixed; /* bus= was given: no other will do */
};

/* All below but dev_class_find: main thread, machine lock held. */

/* Makes one of this class. opts (may be NULL) holds bus=, id= and the
 * properties; an unknown one is an error that lists the known. The instance
 * belongs to the machine. -errno with err set. */
int dev_create(struct vm *vm, const struct dev_class *cls, struct opts *opts,
               struct dev **out, struct cfg_err *err);
void dev_destroy(struct dev *dev); /* and whatever sits on its buses */
/* For create: completes dev->path ("pci.0/03.0") when the place is known. */
void dev_set_place(struct dev *dev, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The bus stays its owner's, and lives until it is deleted; its name is the
 * only one. What sits on it goes with its owner (dev_destroy). */
void dev_bus_add(struct vm *vm, struct dev_bus *bus);
void dev_bus_del(struct vm *vm, struct dev_bus *bus);
/* NULL: there is none of this type, and of this name if one is given. */
struct dev_bus *dev_bus_find(struct vm *vm, const char *type,
                             const char *name /* or NULL */);

struct dev *dev_first(struct vm *vm);                 /* then ->next */
struct dev *dev_by_id(struct vm *vm, const char *id); /* or NULL */
/* By class name or alias in the catalog; NULL if there is none. */
const struct dev_class *dev_class_find(const char *name);

/* Walk all devices in order of creation (pause, destroy: backwards). */
void dev_start_all(struct vm *vm);
void dev_pause_all(struct vm *vm);
void dev_resume_all(struct vm *vm);
void dev_reset_all(struct vm *vm);
void dev_destroy_all(struct vm *vm);
/* The domain is another one, though the machine was not reset (kexec): its
 * devices stop and are reset; they go on if the machine runs. */
void dev_domain_gone(struct vm *vm);
void dev_domain_new(struct vm *vm);

#endif
