/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/xenemu/xs-script.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/xs-client.h"

enum { GET_DOMAIN_PATH = 10, WATCH_EVENT = 15, DIRECTORY_PART = 22 };
#define SYNC 0x5f5f5f5fu

struct message {
    struct xs_header head;
    char data[XS_PAYLOAD_MAX + 1];
};

struct script {
    FILE *out;
    unsigned domid, line;
    struct xs_end *end[2];
    uint32_t tx[10];
};

static void fail(const struct script *s, const char *why)
{
    fprintf(stderr, "line %u: %s\n", s->line, why);
    exit(2);
}

static size_t bytes(const struct script *s, const char *text, char *out)
{
    size_t n = 0;

    while (*text) {
        unsigned v, count;
        char c;
        int len;

        if (n > XS_PAYLOAD_MAX)
            fail(s, "too long");
        if (*text == '|') {
            out[n++] = 0;
            text++;
        } else if (sscanf(text, "\\x%2x", &v) == 1) {
            out[n++] = (char)v;
            text += 4;
        } else if (sscanf(text, "{%c*%u}%n", &c, &count, &len) == 2) {
            if (count > XS_PAYLOAD_MAX - n)
                fail(s, "too long");
            memset(out + n, c, count);
            n += count;
            text += len;
        } else if (!strncmp(text, "$D", 2)) {
            n += (size_t)sprintf(out + n, "%u", s->domid);
            text += 2;
        } else {
            out[n++] = *text++;
        }
    }
    return n;
}

static void print(FILE *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!data[i])
            putc('|', out);
        else if (isprint((unsigned char)data[i]) && data[i] != '\\')
            putc(data[i], out);
        else
            fprintf(out, "\\x%02x", (uint8_t)data[i]);
    putc('\n', out);
}

static void receive(struct script *s, unsigned who, struct message *m)
{
    s->end[who]->get(s->end[who], &m->head, sizeof(m->head));
    if (m->head.len > XS_PAYLOAD_MAX)
        fail(s, "an answer that is too long");
    s->end[who]->get(s->end[who], m->data, m->head.len);
    m->data[m->head.len] = 0;
}

static void send(struct script *s, unsigned who, uint32_t type, uint32_t id,
                 uint32_t tx, const char *data, size_t len)
{
    struct xs_header head = {type, id, tx, (uint32_t)len};

    s->end[who]->put(s->end[who], &head, sizeof(head));
    s->end[who]->put(s->end[who], data, len);
}

/* Up to the reply with this id, which is left in m; events are printed. */
static void until(struct script *s, unsigned who, uint32_t id,
                  struct message *m)
{
    for (;;) {
        receive(s, who, m);
        if (m->head.type != WATCH_EVENT) {
            if (m->head.req_id != id)
                fail(s, "a reply to another request");
            return;
        }
        fprintf(s->out, "! %c ", "gd"[who]);
        print(s->out, m->data, m->head.len);
    }
}

static void operation(struct script *s, const char *line)
{
    char who_name, tx_name[8], type_name[32], data[XS_PAYLOAD_MAX + 64];
    unsigned who, slot = 0;
    struct message m;
    uint32_t tx = 0;
    int at = 0;
    int64_t type;
    size_t len;

    if (sscanf(line, "%c %7s %31s%n", &who_name, tx_name, type_name, &at) < 3)
        fail(s, "expected WHO TX TYPE [PAYLOAD]");
    who = who_name == 'd';
    type = xs_type(type_name);
    if (type < 0 || (!who && who_name != 'g'))
        fail(s, "there is no such request");
    len = bytes(s, line + at + (line[at] == ' '), data);
    if (tx_name[0] == '>')
        slot = (unsigned)atoi(tx_name + 1) % 10;
    else if (tx_name[0] == 'x')
        tx = 0xdead;
    else
        tx = s->tx[atoi(tx_name) % 10];
    send(s, who, (uint32_t)type, 1, tx, data, len);
    until(s, who, 1, &m);
    if (slot)
        s->tx[slot] = (uint32_t)atoi(m.data);
    fprintf(s->out, "= %s ", xs_type_name(m.head.type));
    if (slot && m.data[0] >= '0' && m.data[0] <= '9') {
        fprintf(s->out, "TX\n");
    } else if (m.head.type == DIRECTORY_PART) {
        size_t gen = strlen(m.data);

        fprintf(s->out, "GEN");
        print(s->out, m.data + gen, m.head.len - gen);
    } else {
        print(s->out, m.data, m.head.len);
    }
    /* All events that it has caused are there when this is answered. */
    for (unsigned i = 0; i < 2; i++) {
        send(s, i, GET_DOMAIN_PATH, SYNC, 0, "0", 2);
        until(s, i, SYNC, &m);
    }
}

void xs_script_run(FILE *in, FILE *out, unsigned domid, struct xs_end *guest,
                   struct xs_end *dom0)
{
    struct script s = {.out = out, .domid = domid, .end = {guest, dom0}};
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, in) > 0) {
        s.line++;
        line[strcspn(line, "\n")] = 0;
        if (line[0] == '=' || line[0] == '!')
            continue;
        fprintf(out, "%s\n", line);
        if (line[0] && line[0] != '#')
            operation(&s, line);
    }
    free(line);
}
