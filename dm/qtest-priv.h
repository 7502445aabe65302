/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the qtest protocol share; machine lock held. */
#ifndef HVMD_DM_QTEST_PRIV_H
#define HVMD_DM_QTEST_PRIV_H

#include <stdio.h>
#include <time.h>

#include "dm/loop.h"
#include "dm/qtest.h"

/* One command may carry or ask for this much memory. */
#define QTEST_DATA_MAX (64ULL << 20)

struct bytes {
    char *data;
    size_t len, cap;
};

struct qtest_server {
    struct vm *vm;
    struct chr *chr;
    FILE *log;
    struct timespec opened; /* for the log */
    struct bytes in, out;
    size_t scanned; /* bytes of in that hold no newline */
    size_t sent;    /* bytes of out that are gone */
    bool skipping;  /* the rest of a line that was too long */
    bool attached;
    bool intercept; /* report edges of the I/O APIC's inputs */
    struct loop_task flush;
};

/* qtest-server.c: the client's connection */

void qtest_bytes_add(struct bytes *b, const void *data, size_t len);
/* who: 'R' for what came, 'S' for what goes. */
void qtest_log_line(struct qtest_server *s, char who, const char *text,
                    size_t len);
/* A line, with its newline, to be sent. */
void qtest_answer(struct qtest_server *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A line of the engine's has changed. */
void qtest_line_changed(struct qtest_server *s, unsigned gsi, bool level);

/* qtest-verbs.c: does what a line says, and answers. It is cut into words. */

void qtest_run_line(struct qtest_server *s, char *line);

#endif
