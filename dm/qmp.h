/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The QMP server: JSON commands and events over chardevs.
 *
 * Shape and spelling are those of QEMU's docs/interop/qmp-spec: greeting,
 * qmp_capabilities, ids, error classes, events. Any number of monitors, each
 * on its chardev. Everything here runs in the main loop under the machine
 * lock.
 */
#ifndef HVMD_DM_QMP_H
#define HVMD_DM_QMP_H

#include <stdbool.h>

#include <jansson.h>

#include "dm/err.h"

struct chr;
struct vm;

/* Serves QMP (or, without control, lines for a person) on chr from now on.
 * vm->qmp is made with the first one. -EBUSY and others with err set. */
int qmp_add(struct vm *vm, struct chr *chr, bool control, struct cfg_err *err);
void qmp_free(struct vm *vm); /* all monitors; legal without any */

/* Sends an event to every negotiated client; data (may be NULL) is used up.
 * Does nothing where nobody listens. */
void qmp_event(struct vm *vm, const char *name, json_t *data);

#endif
