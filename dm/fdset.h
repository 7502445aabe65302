/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of open files, by number, as "/dev/fdset/N" names them: how a manager
 * gives us files that we could not open ourselves (QMP add-fd, -add-fd).
 * Machine lock held.
 */
#ifndef HVMD_DM_FDSET_H
#define HVMD_DM_FDSET_H

#include <stdint.h>

#include "dm/err.h"

struct opts;
struct vm;

#define FDSET_PATH "/dev/fdset/"

struct fdset_fd {
    int fd;
    char *opaque; /* a note of the manager's, NULL if none; or its name */
    struct fdset_fd *next;
};
struct fdset {
    int64_t id;
    struct fdset_fd *fds;
    struct fdset *next; /* by id */
};

/* fd becomes the set's. id < 0: a new set, the lowest free number. Returns the
 * set, NULL if out of memory or of numbers (fd stays the caller's). */
struct fdset *fdset_add(struct vm *vm, int64_t id, int fd, const char *opaque);
/* -add-fd fd=N,set=N[,opaque=TEXT] */
int fdset_add_opts(struct vm *vm, struct opts *opts, struct cfg_err *err);
/* fd < 0: the whole set. -ENOENT. Descriptors given out stay open. */
int fdset_remove(struct vm *vm, int64_t id, int fd);
void fdset_free_all(struct vm *vm); /* named ones too */

/* As open(2), where path may also be "/dev/fdset/N": then the first of the
 * set that was opened for what flags ask, duplicated. fd or -errno. */
int fdset_open(struct vm *vm, const char *path, int flags);

/* Descriptors by name (QMP getfd). fd becomes the list's and replaces one of
 * this name; -ENOMEM. take: the caller's from now on, or -ENOENT. */
int fdset_name(struct vm *vm, const char *name, int fd);
int fdset_take_named(struct vm *vm, const char *name);

#endif
