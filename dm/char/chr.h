/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Character devices of the host: where a serial line or a QMP server ends.
 * Everything here runs in the main loop under the machine lock.
 */
#ifndef HVMD_DM_CHAR_CHR_H
#define HVMD_DM_CHAR_CHR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dm/err.h"
#include "dm/loop.h"

struct opts;
struct vm;
struct chr;
struct chr_ops;

enum chr_event { CHR_OPENED, CHR_CLOSED };

/* What the user of a chardev wants to hear; NULL entries are legal. */
struct chr_user {
    /* Bytes it can take now; 0 stops reading until chr_accept. */
    size_t (*can_read)(void *opaque);
    void (*read)(void *opaque, const uint8_t *buf, size_t len);
    void (*writable)(void *opaque); /* after a short chr_write */
    void (*event)(void *opaque, enum chr_event ev);
    void *opaque;
};

struct chr {
    const struct chr_ops *ops;
    struct vm *vm;
    struct chr *next;
    char id[64];
    char filename[256]; /* as query-chardev shows it: "pty:/dev/pts/1" */
    bool open;          /* someone is at the other end */
    const char *taken;  /* who uses it */
    struct chr_user user;
    bool user_set;
    bool told_open; /* the user has heard CHR_OPENED */
    struct loop_task open_task;
};

/* opts as of -chardev, first key "backend"; they stay the caller's. */
int chr_open(struct vm *vm, struct opts *opts, struct chr **out,
             struct cfg_err *err);
/* The short forms of -serial and -qmp: "stdio", "mon:stdio" (with its keys:
 * Ctrl-A h), "pty", "null", "none" (*out is NULL), "file:PATH",
 * "unix:PATH,server=on,wait=off", "tcp:HOST:PORT,...", "chardev:ID". */
int chr_open_legacy(struct vm *vm, const char *text, const char *id,
                    struct chr **out, struct cfg_err *err);
void chr_close(struct chr *chr); /* detaches; NULL is legal */
struct chr *chr_find(struct vm *vm, const char *id);

/* One user: -EBUSY with err set. If it is open already, event comes soon. */
int chr_attach(struct chr *chr, const struct chr_user *user, const char *who,
               struct cfg_err *err);
void chr_detach(struct chr *chr);

/* Bytes taken, 0 to len, never blocks; -EPIPE while nobody is there (the
 * bytes are to be forgotten). After a short count writable is called once. */
int chr_write(struct chr *chr, const void *buf, size_t len);
void chr_accept(struct chr *chr); /* can_read has grown */
/* A descriptor that came with what was just read (SCM_RIGHTS), or -1. */
int chr_take_fd(struct chr *chr);
void chr_hang_up(struct chr *chr); /* close this connection, keep serving */
/* Puts terminals back as they were; async-signal-safe, idempotent. */
void chr_restore_terminals(void);

#endif
