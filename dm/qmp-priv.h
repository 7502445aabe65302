/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the files that implement QMP commands: one table each, which
 * dm/qmp-dispatch.c searches. A command runs in the main loop under the machine
 * lock.
 */
#ifndef HVMD_DM_QMP_PRIV_H
#define HVMD_DM_QMP_PRIV_H

#include <stdio.h>

#include <jansson.h>

#include "dm/qmp.h"

struct qmp_call {
    struct vm *vm;
    struct chr *chr; /* where it came from: descriptors ride on it */
    json_t *args;    /* an object, checked against the table */
    /* of an error: class is "GenericError" unless set */
    const char *error_class;
    struct cfg_err err;
};

struct qmp_cmd {
    const char *name;
    /* "NAME:TYPE ..." with "?" behind an optional one; types s string,
     * i integer, b boolean, o object, a array, * any. NULL: none; "*" alone:
     * whatever there is. */
    const char *args;
    /* The value of "return", or NULL with call->err set. */
    json_t *(*run)(struct qmp_call *call);
};

/* Each ends with a NULL name. */
extern const struct qmp_cmd qmp_cmds_vm[];
extern const struct qmp_cmd qmp_cmds_host[];
extern const struct qmp_cmd qmp_cmds_list[];
extern const struct qmp_cmd qmp_cmds_media[];

/* The whole answer to one text; negotiated is the connection's. */
json_t *qmp_answer(struct vm *vm, struct chr *chr, bool *negotiated,
                   const char *text, size_t len);
json_t *qmp_bad_text(const char *why); /* to what is none */

/* The i-th command there is, NULL past the last. */
const struct qmp_cmd *qmp_cmd_at(unsigned i);

/* error_class NULL: GenericError. Returns NULL. */
json_t *qmp_fail(struct qmp_call *call, const char *error_class,
                 const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A string of the host's that may be no UTF-8: then what is not shows as
 * "?". NULL gives null. */
json_t *qmp_text(const char *s);
/* {"qemu": {...}, "package": ...} */
json_t *qmp_version(void);

/* Lists that QMP and the human monitor share. */
json_t *qmp_pci_list(struct vm *vm);

/* Runs one line of the human monitor; its answer goes to f. */
void hmp_run(struct vm *vm, const char *line, FILE *f);

#endif
