/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection of a program that speaks the qtest protocol. */
#include "config.h"

#include "dm/qtest-priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dm/char/chr.h"
#include "dm/clock.h"
#include "dm/machine.h"

/* A line: the data in hexadecimal, a verb and two numbers. */
#define LINE_MAX_LEN (2 * QTEST_DATA_MAX + 256)
/* A client that does not read its answers is not read from either. */
#define OUT_HIGH (1u << 20)
#define LOG_LINE_MAX 512

/* ---- the client's side of the wire ---- */

void qtest_bytes_add(struct bytes *b, const void *data, size_t len)
{
    if (b->cap - b->len < len) {
        size_t cap = b->cap ? b->cap : 4096;
        while (cap - b->len < len)
            cap *= 2;
        b->data = realloc(b->data, cap);
        if (!b->data)
            abort();
        b->cap = cap;
    }
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

/* Drops the first n bytes, and memory that one huge line needed. */
static void bytes_drop(struct bytes *b, size_t n)
{
    if (!n)
        return;
    b->len -= n;
    if (b->len) {
        memmove(b->data, b->data + n, b->len);
    } else if (b->cap > OUT_HIGH) {
        free(b->data);
        *b = (struct bytes){0};
    }
}

void qtest_log_line(struct qtest_server *s, char who, const char *text,
                    size_t len)
{
    if (!s->log)
        return;
    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    double t = (double)(ts.tv_sec - s->opened.tv_sec) +
               (double)(ts.tv_nsec - s->opened.tv_nsec) / NS_PER_SEC;
    fprintf(s->log, "[%c +%.6f] %.*s%s\n", who, t,
            (int)(len < LOG_LINE_MAX ? len : LOG_LINE_MAX), text,
            len < LOG_LINE_MAX ? "" : "...");
}

static void flush_out(void *opaque)
{
    struct qtest_server *s = opaque;

    while (s->sent < s->out.len) {
        int n = chr_write(s->chr, s->out.data + s->sent, s->out.len - s->sent);
        if (n < 0)
            n = (int)(s->out.len - s->sent); /* nobody is there */
        if (n == 0)
            return; /* writable() comes */
        s->sent += n;
    }
    bytes_drop(&s->out, s->sent);
    s->sent = 0;
}

void qtest_answer(struct qtest_server *s, const char *fmt, ...)
{
    char line[256];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if ((size_t)n >= sizeof(line)) {
        n = sizeof(line) - 1;
        line[n - 1] = '\n';
    }
    qtest_log_line(s, 'S', line, n);
    qtest_bytes_add(&s->out, line, n);
}

void qtest_line_changed(struct qtest_server *s, unsigned gsi, bool level)
{
    if (!s->intercept)
        return;
    qtest_answer(s, "IRQ %s %u\n", level ? "raise" : "lower", gsi);
    loop_post(s->vm->loop, &s->flush);
}

/* ---- the socket ---- */

static bool out_is_full(const struct qtest_server *s)
{
    return s->out.len - s->sent >= OUT_HIGH;
}

/* Runs whole lines until there is none, or false if the answers pile up. */
static bool run_lines(struct qtest_server *s)
{
    size_t done = 0;
    char *nl;

    while (!out_is_full(s) && (nl = memchr(s->in.data + s->scanned, '\n',
                                           s->in.len - s->scanned))) {
        char *line = s->in.data + done;
        size_t n = (size_t)(nl - line);
        *nl = '\0';
        done += n + 1;
        s->scanned = done;
        if (s->skipping)
            s->skipping = false;
        else if (memchr(line, '\0', n))
            qtest_answer(s, "FAIL a line holds no zero byte\n");
        else
            qtest_run_line(s, line);
    }
    bytes_drop(&s->in, done);
    s->scanned = out_is_full(s) ? 0 : s->in.len;
    return !out_is_full(s);
}

static void work(struct qtest_server *s)
{
    while (!run_lines(s)) {
        flush_out(s);
        if (out_is_full(s))
            return;
    }
    /* what is left is a line's beginning */
    if (s->in.len > LINE_MAX_LEN && !s->skipping) {
        qtest_answer(s, "FAIL a line has at most %llu bytes\n", LINE_MAX_LEN);
        s->skipping = true;
    }
    if (s->skipping) {
        bytes_drop(&s->in, s->in.len);
        s->scanned = 0;
    }
    flush_out(s);
}

static size_t can_read(void *opaque)
{
    return out_is_full(opaque) ? 0 : 65536;
}

static void on_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct qtest_server *s = opaque;

    qtest_bytes_add(&s->in, buf, len);
    work(s);
}

static void on_writable(void *opaque)
{
    struct qtest_server *s = opaque;

    flush_out(s);
    work(s);
    chr_accept(s->chr);
}

static void on_event(void *opaque, enum chr_event ev)
{
    struct qtest_server *s = opaque;

    if (ev == CHR_CLOSED) {
        s->in.len = s->out.len = s->sent = s->scanned = 0;
        s->skipping = s->intercept = false;
    }
}

static void server_free(struct qtest_server *s)
{
    if (!s)
        return;
    loop_cancel(s->vm->loop, &s->flush);
    if (s->attached)
        chr_detach(s->chr);
    if (s->log)
        fclose(s->log);
    free(s->in.data);
    free(s->out.data);
    free(s);
}

int qtest_serve(struct vm *vm, const char *address, const char *log,
                struct cfg_err *err)
{
    if (vm->qtest)
        return err_set(err, -EINVAL, "-qtest may be given once");
    struct qtest_server *s = calloc(1, sizeof(*s));
    if (!s)
        return err_set(err, -ENOMEM, "-qtest: out of memory");
    int rc;

    s->vm = vm;
    /* programs that speak this protocol compare the RTC with their own clock */
    clock_gettime(CLOCK_REALTIME, &s->opened);
    if (vm->engine == &qtest_engine)
        vm->virtual_day =
            s->opened.tv_sec * (int64_t)NS_PER_SEC + s->opened.tv_nsec;
    s->flush.fn = flush_out;
    s->flush.opaque = s;
    if (log && strcmp(log, "none")) {
        s->log = fopen(log, "we");
        if (!s->log) {
            rc =
                err_set(err, -errno, "-qtest-log %s: %s", log, strerror(errno));
            goto out;
        }
        setvbuf(s->log, NULL, _IOLBF, 0);
    }
    rc = chr_open_legacy(vm, address, "qtest", &s->chr, err);
    if (rc) {
        err_prefix(err, rc, "-qtest %.100s", address);
        goto out;
    }
    if (!s->chr) {
        rc = err_set(err, -EINVAL, "-qtest %s: no connection", address);
        goto out;
    }
    rc = chr_attach(s->chr,
                    &(struct chr_user){.can_read = can_read,
                                       .read = on_read,
                                       .writable = on_writable,
                                       .event = on_event,
                                       .opaque = s},
                    "qtest", err);
    if (rc)
        goto out;
    s->attached = true;
    vm->qtest = s;
out:
    if (rc)
        server_free(s);
    return rc;
}

void qtest_serve_end(struct vm *vm)
{
    server_free(vm->qtest);
    vm->qtest = NULL;
}
