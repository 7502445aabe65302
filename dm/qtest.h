/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The qtest engine: a machine without a guest, for tests.
 *
 * Memory is flat, guest time moves only when told to, interrupt lines are
 * levels to look at. The engine works alone (the test library drives it by
 * the calls below) or serves QEMU's qtest protocol on a socket, so that
 * public test programs run unmodified: docs/qtest.md lists the verbs.
 *
 * All calls need the machine lock unless they say otherwise.
 */
#ifndef HVMD_DM_QTEST_H
#define HVMD_DM_QTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/engine.h"

extern const struct engine_ops qtest_engine;

/* Serves the protocol on a chardev given in the short form ("unix:PATH" makes
 * us connect), once a vm. log: file that gets every line, or NULL. On this
 * engine no device may exist yet: from now on its virtual day is today. On
 * another one time and lines are its own, and the verbs for them fail. -errno
 * with err set. Main thread. */
int qtest_serve(struct vm *vm, const char *address, const char *log,
                struct cfg_err *err);

void qtest_serve_end(struct vm *vm); /* legal if it never began */

/* Moves guest time to ns and fires all that is due on the way; time never
 * goes back. Returns guest time. */
int64_t qtest_clock_to(struct vm *vm, int64_t ns);
/* Sets guest time and fires nothing: for a machine about to load state. */
void qtest_clock_jump(struct vm *vm, int64_t ns);

bool qtest_gsi(struct vm *vm, unsigned gsi);       /* level now */
unsigned qtest_rises(struct vm *vm, unsigned gsi); /* edges up so far */

/* Messages go to fn, from any thread and without a lock. */
void qtest_on_msi(struct vm *vm,
                  void (*fn)(void *opaque, uint64_t addr, uint32_t data),
                  void *opaque);

#endif
