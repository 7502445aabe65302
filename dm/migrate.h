/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's devices into a file, and from there into a new process: the
 * part of a device model in xl save, restore and migrate. The guest's memory
 * and processors are the toolstack's; an engine that has them itself
 * (ENGINE_VCPUS) cannot do this yet. The format is docs/specs/state-stream.md.
 */
#ifndef HVMD_DM_MIGRATE_H
#define HVMD_DM_MIGRATE_H

#include <stdbool.h>

#include "dm/err.h"

struct vm;

/* Locked, main thread. Stops the machine, writes to path (also
 * "/dev/fdset/N"), and lets it go on if it was running. live: if it was
 * stopped before, another process may go on with the images now; they are
 * taken back by the next vm_cont. -errno with err set; the machine is as
 * before then. */
int migrate_save(struct vm *vm, const char *path, bool live,
                 struct cfg_err *err);

/* -incoming "fd:N" or "file:PATH": a descriptor, or -errno with err set. */
int migrate_open(const char *uri, struct cfg_err *err);
/* Locked, main thread, once, before the machine runs; it is paused then. fd is
 * closed. What is in it may be anything. -errno with err set: the machine must
 * not run. */
int migrate_load(struct vm *vm, int fd, struct cfg_err *err);

#endif
