/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/qmp-priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dm/char/chr.h"
#include "dm/json-stream.h"
#include "dm/log.h"
#include "dm/machine.h"

/* A client that does not read: we stop reading it, then hang up. */
#define OUT_HIGH (64u << 10)
#define OUT_MAX (4u << 20)
#define LINE_MAX_LEN 255

struct mon {
    struct vm *vm;
    struct chr *chr;
    struct mon *next;
    bool control; /* JSON; else lines for a person */
    bool connected, negotiated;
    bool hanging_up; /* a client to be rid of, as soon as the loop turns */
    struct loop_task hang_up;
    struct json_stream in;
    char line[LINE_MAX_LEN + 1];
    size_t line_len;
    char *out;
    size_t out_pos, out_len, out_cap; /* pos to len is to be written */
};

struct qmp {
    struct mon *mons;
};

/* ---- output ---- */

static void drop_output(struct mon *m)
{
    free(m->out);
    m->out = NULL;
    m->out_pos = m->out_len = m->out_cap = 0;
}

/* What is written moves out of the way, so that the buffer stays bounded. */
static void flush(struct mon *m)
{
    int n;

    while (m->out_pos < m->out_len) {
        n = chr_write(m->chr, m->out + m->out_pos, m->out_len - m->out_pos);
        if (n < 0 || !m->connected)
            break; /* nobody is there, or not any more */
        if (!n) {
            memmove(m->out, m->out + m->out_pos, m->out_len - m->out_pos);
            m->out_len -= m->out_pos;
            m->out_pos = 0;
            return;
        }
        m->out_pos += n;
    }
    drop_output(m);
}

static void give_up(struct mon *m, const char *why)
{
    log_warn(m->chr->id, "monitor: %s: hanging up", why);
    m->hanging_up = true;
    drop_output(m);
    loop_post(m->vm->loop, &m->hang_up);
}

static void put(struct mon *m, const char *text, size_t len)
{
    size_t cap = m->out_len + len;
    char *out;

    if (!len || !m->connected || m->hanging_up)
        return;
    if (cap - m->out_pos > OUT_MAX) {
        give_up(m, "the client does not read");
        return;
    }
    if (cap > m->out_cap) {
        cap *= 2;
        out = realloc(m->out, cap);
        if (!out) {
            give_up(m, "out of memory");
            return;
        }
        m->out = out;
        m->out_cap = cap;
    }
    memcpy(m->out + m->out_len, text, len);
    m->out_len += len;
    flush(m);
}

/* Uses up msg. */
static void put_json(struct mon *m, json_t *msg)
{
    char *text = json_dumps(msg, 0);

    json_decref(msg);
    if (!text) {
        give_up(m, "out of memory");
        return;
    }
    size_t len = strlen(text);
    char *line = realloc(text, len + 3);
    if (line) {
        memcpy(line + len, "\r\n", 3);
        put(m, line, len + 2);
        text = line;
    }
    free(text);
}

static void read_control(struct mon *m, const uint8_t *p, const uint8_t *end)
{
    const char *why = NULL;

    while (m->connected && !m->hanging_up) {
        switch (json_stream_eat(&m->in, &p, end, &why)) {
        case JSON_STREAM_MORE:
            return;
        case JSON_STREAM_TEXT:
            put_json(m, qmp_answer(m->vm, m->chr, &m->negotiated, m->in.text,
                                   m->in.len));
            break;
        case JSON_STREAM_BAD:
            put_json(m, qmp_bad_text(why));
            break;
        }
    }
}

/* ---- a monitor for a person: a line in, an answer out ---- */

static void put_text(struct mon *m, const char *text)
{
    const char *nl;

    for (; (nl = strchr(text, '\n')); text = nl + 1) {
        put(m, text, nl - text);
        put(m, "\r\n", 2);
    }
    put(m, text, strlen(text));
}

static void run_line(struct mon *m)
{
    size_t size;
    char *text = NULL;
    FILE *f;

    m->line[m->line_len] = '\0';
    m->line_len = 0;
    f = open_memstream(&text, &size);
    if (f) {
        hmp_run(m->vm, m->line, f);
        fclose(f);
        put_text(m, text);
        free(text);
    }
    put_text(m, "(hvmd) ");
}

static void read_human(struct mon *m, const uint8_t *p, const uint8_t *end)
{
    for (; p < end && m->connected && !m->hanging_up; p++) {
        if (*p == '\r' || *p == '\n') {
            put_text(m, "\n");
            run_line(m);
            if (*p == '\r' && p + 1 < end && p[1] == '\n')
                p++;
        } else if (*p == 0x7f || *p == '\b') {
            if (m->line_len) {
                m->line_len--;
                put_text(m, "\b \b");
            }
        } else if (*p >= ' ' && m->line_len < LINE_MAX_LEN) {
            m->line[m->line_len++] = *p;
            put(m, (const char *)p, 1);
        }
    }
}

/* ---- connections ---- */

static size_t mon_can_read(void *opaque)
{
    struct mon *m = opaque;

    if (!m->connected || m->hanging_up || m->out_len - m->out_pos > OUT_HIGH)
        return 0;
    return 4096;
}

static void mon_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct mon *m = opaque;

    if (m->control)
        read_control(m, buf, buf + len);
    else
        read_human(m, buf, buf + len);
}

static void mon_writable(void *opaque)
{
    struct mon *m = opaque;

    flush(m);
    if (mon_can_read(m))
        chr_accept(m->chr);
}

static void mon_reset(struct mon *m)
{
    m->connected = m->negotiated = m->hanging_up = false;
    loop_cancel(m->vm->loop, &m->hang_up);
    json_stream_reset(&m->in);
    m->line_len = 0;
    drop_output(m);
}

static void mon_event(void *opaque, enum chr_event ev)
{
    struct mon *m = opaque;

    mon_reset(m);
    if (ev == CHR_CLOSED)
        return;
    m->connected = true;
    if (m->control)
        put_json(m, json_pack("{s:{s:o,s:[]}}", "QMP", "version", qmp_version(),
                              "capabilities"));
    else
        put_text(m, PACKAGE_STRING " monitor: \"help\" lists the commands\n"
                                   "(hvmd) ");
    chr_accept(m->chr); /* what it said before we heard of it */
}

static void mon_hang_up(void *opaque)
{
    struct mon *m = opaque;

    chr_hang_up(m->chr);
}

int qmp_add(struct vm *vm, struct chr *chr, bool control, struct cfg_err *err)
{
    struct mon *m = calloc(1, sizeof(*m));
    int rc;

    if (!vm->qmp)
        vm->qmp = calloc(1, sizeof(*vm->qmp));
    if (!m || !vm->qmp) {
        free(m);
        return err_set(err, -ENOMEM, "out of memory");
    }
    m->vm = vm;
    m->chr = chr;
    m->control = control;
    m->hang_up = (struct loop_task){.fn = mon_hang_up, .opaque = m};
    m->next = vm->qmp->mons;
    rc = chr_attach(chr,
                    &(struct chr_user){.can_read = mon_can_read,
                                       .read = mon_read,
                                       .writable = mon_writable,
                                       .event = mon_event,
                                       .opaque = m},
                    "monitor", err);
    if (rc)
        free(m);
    else
        vm->qmp->mons = m;
    return rc;
}

void qmp_free(struct vm *vm)
{
    struct mon *m, *next;

    if (!vm->qmp)
        return;
    for (m = vm->qmp->mons; m; m = next) {
        next = m->next;
        chr_detach(m->chr);
        mon_reset(m);
        free(m);
    }
    free(vm->qmp);
    vm->qmp = NULL;
}

void qmp_event(struct vm *vm, const char *name, json_t *data)
{
    struct timespec now;
    struct mon *m;
    json_t *msg;

    clock_gettime(CLOCK_REALTIME, &now);
    msg = json_pack("{s:{s:I,s:I},s:s}", "timestamp", "seconds",
                    (json_int_t)now.tv_sec, "microseconds",
                    (json_int_t)now.tv_nsec / 1000, "event", name);
    if (data)
        json_object_set_new(msg, "data", data);
    for (m = vm->qmp ? vm->qmp->mons : NULL; m; m = m->next) {
        if (m->control && m->negotiated)
            put_json(m, json_incref(msg));
    }
    json_decref(msg);
}
