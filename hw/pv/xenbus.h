/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back half of a paravirtual device in xenstore: the one state machine
 * of all backends.
 *
 *      backend                               frontend
 *      Initialising
 *      advertise()  -> InitWait  <---------  Initialising
 *      connect()    -> Connected <---------  Initialised or Connected
 *      Closing                   <---------  Closing
 *      last(), disconnect() -> Closed <----  Closed
 *      disconnect() -> Closed    <---------  its folder is gone
 *      disconnect(), advertise() -> InitWait <---- Initialising again
 *
 * A toolstack that detaches writes "online" 0 and our "state" Closing: the
 * frontend decides when it lets go, we serve until then, and what it has asked
 * for until then is answered after that. When both ends are closed and the
 * device is not online, or its folder has been removed, gone() tells the owner
 * to free it.
 *
 * A process that finds its own state Connected was not the one that wrote it:
 * it goes on with the rings as they are, and says nothing, as nothing has
 * changed.
 *
 * A backend never writes "state": it says what it can (advertise), takes the
 * rings (connect), and says what it has (publish). What it decides by comes
 * from the backend's folder, which no guest can write; whatever it reads in
 * the frontend's folder is hostile.
 *
 * All calls: main thread, machine lock held. Source: Xen's io/xenbus.h and
 * the state diagrams of io/blkif.h.
 */
#ifndef HVMD_HW_PV_XENBUS_H
#define HVMD_HW_PV_XENBUS_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/clock.h"
#include "dm/err.h"
#include "dm/log.h"
#include "dm/xenif.h"

struct vm;
struct xenbus_dev;

enum xenbus_state {
    XENBUS_UNKNOWN, /* no such node */
    XENBUS_INITIALISING,
    XENBUS_INIT_WAIT,
    XENBUS_INITIALISED,
    XENBUS_CONNECTED,
    XENBUS_CLOSING,
    XENBUS_CLOSED,
    XENBUS_RECONFIGURING,
    XENBUS_RECONFIGURED,
};

struct xenbus_class {
    const char *type; /* "vbd", "vif" */
    bool hotplug;     /* if there is a "script", wait for its success */
    bool again;       /* connect can go on with rings of a dead process */
    /* Writes features; may run several times. */
    int (*advertise)(struct xenbus_dev *d, struct cfg_err *err);
    /* Reads the frontend's choice, takes rings and ports. On failure nothing
     * is left behind. */
    int (*connect)(struct xenbus_dev *d, struct cfg_err *err);
    /* Writes what a connected frontend needs; may run several times, again
     * after xenbus_republish. May be NULL. */
    int (*publish)(struct xenbus_dev *d, struct cfg_err *err);
    /* The frontend is Closed: answers what it has asked for, and sends an
     * event in any case. True: there was something, or still is. Called again
     * and again until there is not; then disconnect. May be NULL. */
    bool (*last)(struct xenbus_dev *d);
    /* Gives all back; only after a connect. */
    void (*disconnect)(struct xenbus_dev *d);
    /* The frontend has changed something below its folder. May be NULL. */
    void (*front_changed)(struct xenbus_dev *d);
};

/* First member of a backend. */
struct xenbus_dev {
    const struct xenbus_class *cls;
    struct vm *vm;
    struct xenif *x;
    /* Last thing a call does, if at all: the owner may free d. */
    void (*gone)(void *opaque);
    void *gone_opaque;
    char back[XENIF_PATH_MAX], front[XENIF_PATH_MAX];
    char ctx[64];            /* for the log: "vbd 7/51712" */
    enum xenbus_state state; /* ours */
    bool connected;          /* rings are taken */
    bool again;              /* connect: another process was, and has died */
    uint32_t tx;             /* of advertise and publish */
    void *watch_back, *watch_front;
    struct timer rest; /* armed: a last look has been taken */
    struct log_quota quota;
    uint64_t connects; /* so far */
};

/* d: zeroed but vm, x, cls, gone. Reads where the frontend is from the
 * backend's folder and begins. -errno with err set. */
int xenbus_start(struct xenbus_dev *d, const char *back, struct cfg_err *err);
/* Ends it without a word in xenstore. Idempotent, legal after a failed
 * start and on a zeroed struct. */
void xenbus_stop(struct xenbus_dev *d);

/* Something is wrong with the frontend: into the log and "error". */
void xenbus_error(struct xenbus_dev *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Into the "error" of a backend's folder, if that is still there. */
void xenbus_say_error(struct xenif *x, const char *back, const char *text);
/* Closed, of one that is no more, if its folder still is there. */
void xenbus_say_closed(struct xenif *x, const char *back);
/* And this device is done for: disconnects. The frontend may begin anew. */
void xenbus_close(struct xenbus_dev *d);
/* What publish says has changed: say it again, if connected. */
void xenbus_republish(struct xenbus_dev *d);

/* For classes. dir: d->back or d->front. */

/* A NUL-terminated string to free(); -ENOENT. */
int xenbus_read(struct xenbus_dev *d, const char *dir, const char *key,
                char **value);
/* Decimal digits, no more than max. If there is no such node *v stays as it
 * is. -EINVAL: not a number, or too large, with err set. */
int xenbus_read_u32(struct xenbus_dev *d, const char *dir, const char *key,
                    uint32_t max, uint32_t *v, struct cfg_err *err);
/* The same where a node must be there. */
int xenbus_need_u32(struct xenbus_dev *d, const char *dir, const char *key,
                    uint32_t max, uint32_t *v, struct cfg_err *err);
/* A flag of the frontend's: 1 is true, 0 or none is false. */
int xenbus_read_flag(struct xenbus_dev *d, const char *key, bool *v,
                     struct cfg_err *err);
/* In the backend's folder; advertise and publish only. */
int xenbus_write(struct xenbus_dev *d, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
