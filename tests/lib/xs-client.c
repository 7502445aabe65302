/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/lib/xs-client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const types[] = {
    "CONTROL",
    "DIRECTORY",
    "READ",
    "GET_PERMS",
    "WATCH",
    "UNWATCH",
    "TRANSACTION_START",
    "TRANSACTION_END",
    "INTRODUCE",
    "RELEASE",
    "GET_DOMAIN_PATH",
    "WRITE",
    "MKDIR",
    "RM",
    "SET_PERMS",
    "WATCH_EVENT",
    "ERROR",
    "IS_DOMAIN_INTRODUCED",
    "RESUME",
    "SET_TARGET",
    "RESTRICT",
    "RESET_WATCHES",
    "DIRECTORY_PART",
};
#define TYPES (sizeof(types) / sizeof(types[0]))
enum { WATCH_EVENT = 15, ERROR = 16 };

int64_t xs_type(const char *name)
{
    for (unsigned i = 0; i < TYPES; i++)
        if (!strcmp(types[i], name))
            return i;
    return name[0] >= '0' && name[0] <= '9' ? strtol(name, NULL, 10) : -1;
}

const char *xs_type_name(uint32_t type)
{
    return type < TYPES ? types[type] : "?";
}

static void wake(struct xs_wire *w)
{
}

struct xs_client *xs_client_new(struct xenstore *s, uint32_t domid)
{
    struct xs_client *c = calloc(1, sizeof(*c));

    xs_wire_init(&c->wire, s, domid, wake);
    return c;
}

void xs_client_free(struct xs_client *c)
{
    xs_wire_fini(&c->wire);
    free(c);
}

static void show(char *out, size_t size, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len && i + 1 < size; i++)
        *out++ = bytes[i] ? (char)bytes[i] : '|';
    *out = 0;
}

/* True: it was the reply. */
static bool message(struct xs_client *c)
{
    uint8_t data[XS_PAYLOAD_MAX];
    struct xs_header head;
    size_t n = xs_wire_get(&c->wire, (uint8_t *)&head, sizeof(head));

    assert(n == sizeof(head) && head.len <= sizeof(data));
    n = xs_wire_get(&c->wire, data, head.len);
    assert(n == head.len);
    if (head.type == WATCH_EVENT) {
        size_t had = strlen(c->events);

        show(c->events + had, sizeof(c->events) - had - 1, data, n);
        strcat(c->events, ";");
        return false;
    }
    assert(head.req_id == c->req_id);
    show(c->reply, sizeof(c->reply), data, n);
    if (head.type == ERROR && n)
        c->reply[n - 1] = 0;
    return true;
}

const char *xs_ask_raw(struct xs_client *c, uint32_t tx, uint32_t type,
                       const void *payload, size_t len)
{
    struct xs_header head = {type, ++c->req_id, tx, (uint32_t)len};
    bool replied = false;

    if (xs_wire_put(&c->wire, (const uint8_t *)&head, sizeof(head)) !=
            sizeof(head) ||
        xs_wire_put(&c->wire, payload, len) != len)
        return NULL;
    while (c->wire.first)
        replied = message(c) || replied;
    return replied ? c->reply : NULL;
}

const char *xs_ask(struct xs_client *c, uint32_t tx, const char *type,
                   const char *payload)
{
    char data[XS_PAYLOAD_MAX];
    size_t len = strlen(payload);
    int64_t t = xs_type(type);

    assert(t >= 0 && len <= sizeof(data));
    for (size_t i = 0; i < len; i++)
        data[i] = payload[i] == '|' ? 0 : payload[i];
    return xs_ask_raw(c, tx, (uint32_t)t, data, len);
}

const char *xs_events(struct xs_client *c)
{
    while (c->wire.first)
        message(c);
    memcpy(c->reply, c->events, sizeof(c->reply));
    c->reply[sizeof(c->reply) - 1] = 0;
    c->events[0] = 0;
    return c->reply;
}

/* ---- is it whole? ---- */

static const struct xs_body *body_of(struct xenstore *s, const char *path)
{
    const struct xs_body *b = NULL;

    return xs_node_get(&s->ours, 0, path, 0, &b) ? NULL : b;
}

static unsigned walk(struct xenstore *s, const char *path, int *guests)
{
    const struct xs_body *b = body_of(s, path);
    unsigned n = 1;

    assert(b && b->refs >= 1 && b->perms_n >= 1);
    *guests += b->perms[0].id == s->domid;
    assert(!b->children_len || !b->children[b->children_len - 1]);
    for (uint32_t i = 0; i < b->children_len;
         i += (uint32_t)strlen(b->children + i) + 1) {
        char *below;

        assert(b->children[i]);
        assert(asprintf(&below, "%s/%s", path[1] ? path : "", b->children + i) >
               0);
        n += walk(s, below, guests);
        free(below);
    }
    return n;
}

void xs_check(struct xenstore *s)
{
    unsigned entries = 0, nodes;
    int guests = 0;

    for (unsigned i = 0; i < s->table.buckets; i++)
        for (struct xs_entry *e = s->table.bucket[i]; e; e = e->next) {
            assert(e->body && !e->base);
            entries++;
        }
    nodes = walk(s, "/", &guests);
    assert(nodes == entries);
    assert(guests == s->guest_nodes);
    for (struct xs_conn *c = s->conns; c; c = c->next) {
        size_t bytes = 0;
        unsigned n = 0;

        for (struct xs_tx *t = c->txs; t; t = t->next) {
            bytes += t->bytes;
            n++;
        }
        assert(n == c->txs_n && bytes == c->tx_bytes);
        n = 0;
        for (struct xs_watch *w = c->watches; w; w = w->next)
            n++;
        assert(n == c->watches_n);
        if (!c->privileged) {
            assert(c->txs_n <= XS_TXS_MAX && c->watches_n <= XS_WATCHES_MAX);
            assert(bytes <= XS_TX_BYTES_MAX);
        }
    }
}
