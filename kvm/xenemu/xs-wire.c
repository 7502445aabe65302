/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol: requests in, replies and events out. All of a client that
 * takes memory here is bounded: one request in work, and a queue; a client
 * that does not read gets no more requests done, and an event only once as
 * long as it is not sent.
 */
#include "config.h"

#include "kvm/xenemu/xs-priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_FULL (32u << 10) /* bytes: no more requests are done */
#define EVENTS_MAX 1024u       /* more are lost */
#define EVENT_BYTES_MAX (512u << 10)

enum xs_type {
    XS_CONTROL,
    XS_DIRECTORY,
    XS_READ,
    XS_GET_PERMS,
    XS_WATCH,
    XS_UNWATCH,
    XS_TRANSACTION_START,
    XS_TRANSACTION_END,
    XS_INTRODUCE,
    XS_RELEASE,
    XS_GET_DOMAIN_PATH,
    XS_WRITE,
    XS_MKDIR,
    XS_RM,
    XS_SET_PERMS,
    XS_WATCH_EVENT,
    XS_ERROR,
    XS_IS_DOMAIN_INTRODUCED,
    XS_RESUME,
    XS_SET_TARGET,
    XS_RESET_WATCHES = 21,
    XS_DIRECTORY_PART,
    XS_TYPES,
};

#define DOMID_SELF 0x7ff0u

/* ---- out ---- */

static void queue(struct xs_wire *w, const struct xs_header *head,
                  const void *data, uint32_t hash)
{
    struct xs_out *o = malloc(sizeof(*o) + sizeof(*head) + head->len);

    if (!o) {
        w->broken = true;
        return;
    }
    o->next = NULL;
    o->hash = hash;
    o->len = sizeof(*head) + head->len;
    memcpy(o->bytes, head, sizeof(*head));
    if (head->len)
        memcpy(o->bytes + sizeof(*head), data, head->len);
    *w->last = o;
    w->last = &o->next;
    w->queued += o->len;
    w->events += !!hash;
    w->wake(w);
}

static int reply(struct xs_wire *w, const void *data, size_t len)
{
    struct xs_header head = w->head;

    if (len > XS_PAYLOAD_MAX)
        return -E2BIG;
    head.len = (uint32_t)len;
    queue(w, &head, data, 0);
    return 0;
}

/* What a request that only does something ends with. */
static int done(struct xs_wire *w, int rc)
{
    return rc ? rc : reply(w, "OK", 3);
}

static void reply_error(struct xs_wire *w, int rc)
{
    static const struct {
        int rc;
        const char *name;
    } names[] = {
        {-EINVAL, "EINVAL"}, {-EACCES, "EACCES"}, {-EEXIST, "EEXIST"},
        {-ENOENT, "ENOENT"}, {-ENOMEM, "ENOMEM"}, {-ENOSPC, "ENOSPC"},
        {-ENOSYS, "ENOSYS"}, {-EBUSY, "EBUSY"},   {-EAGAIN, "EAGAIN"},
        {-E2BIG, "E2BIG"},   {-EPERM, "EPERM"},
    };
    struct xs_header head = w->head;
    const char *name = "EINVAL";

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].rc == rc)
            name = names[i].name;
    head.type = XS_ERROR;
    head.len = (uint32_t)strlen(name) + 1;
    queue(w, &head, name, 0);
}

static void event(struct xs_conn *c, struct xs_watch *watch, const char *path)
{
    struct xs_wire *w = (struct xs_wire *)c;
    struct xs_header head = {.type = XS_WATCH_EVENT};
    size_t path_len = strlen(path) + 1, len;
    char data[XS_PAYLOAD_MAX];
    uint32_t hash = 2166136261u;

    len = path_len + strlen(watch->token) + 1;
    if (len > sizeof(data))
        return; /* it does not fit into a message: as xenstored does */
    if (w->events >= EVENTS_MAX ||
        w->queued + sizeof(head) + len > EVENT_BYTES_MAX) {
        log_guest(&c->s->quota, "xenstore",
                  "a client does not read its events: they are lost");
        return;
    }
    memcpy(data, path, path_len);
    memcpy(data + path_len, watch->token, len - path_len);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)data[i]) * 16777619u;
    hash |= 1;
    for (struct xs_out *o = w->first; o; o = o->next)
        if (o->hash == hash && o->len == sizeof(head) + len &&
            !memcmp(o->bytes + sizeof(head), data, len) &&
            !(o == w->first && w->sent))
            return;
    head.len = (uint32_t)len;
    queue(w, &head, data, hash);
}

size_t xs_wire_get(struct xs_wire *w, uint8_t *buf, size_t len)
{
    size_t done = 0;

    while (done < len && w->first) {
        struct xs_out *o = w->first;
        size_t n =
            o->len - w->sent < len - done ? o->len - w->sent : len - done;

        memcpy(buf + done, o->bytes + w->sent, n);
        done += n;
        w->sent += n;
        if (w->sent < o->len)
            break;
        w->first = o->next;
        if (!w->first)
            w->last = &w->first;
        w->sent = 0;
        w->queued -= o->len;
        w->events -= !!o->hash;
        free(o);
    }
    return done;
}

/* ---- what a request says ---- */

/* String i of it, NULL if there are fewer. */
static const char *arg(const struct xs_wire *w, unsigned i)
{
    const char *s = w->body, *end = s + w->head.len;

    for (;; i--) {
        const char *nul = memchr(s, 0, (size_t)(end - s));

        if (!nul || !i)
            return nul ? s : NULL;
        s = nul + 1;
    }
}

static unsigned args(const struct xs_wire *w)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < w->head.len; i++)
        n += !w->body[i];
    return n;
}

/* The one string that the request is. */
static const char *only_arg(const struct xs_wire *w)
{
    const char *s = arg(w, 0);

    return s && strlen(s) + 1 == w->head.len ? s : NULL;
}

/* ---- requests ---- */

static int get(struct xs_wire *w, const char *path, const struct xs_body **b)
{
    return path ? xs_node_get(&w->conn, w->head.tx_id, path, XS_PERM_READ, b)
                : -EINVAL;
}

static int do_directory(struct xs_wire *w)
{
    const struct xs_body *b;
    int rc = get(w, only_arg(w), &b);

    return rc ? rc : reply(w, b->children, b->children_len);
}

static int do_directory_part(struct xs_wire *w)
{
    char data[XS_PAYLOAD_MAX];
    const struct xs_body *b;
    size_t at, len;
    uint32_t off;
    int rc;

    if (args(w) != 2)
        return -EINVAL;
    rc = get(w, arg(w, 0), &b);
    if (rc)
        return rc;
    off = (uint32_t)strtol(arg(w, 1), NULL, 10);
    at = (size_t)snprintf(data, sizeof(data), "%" PRIu64, b->gen) + 1;
    while (off < b->children_len) {
        len = strlen(b->children + off) + 1;
        if (at + len >= sizeof(data))
            return reply(w, data, at);
        memcpy(data + at, b->children + off, len);
        at += len;
        off += (uint32_t)len;
    }
    data[at++] = 0; /* an empty name: that was all */
    return reply(w, data, at);
}

static int do_read(struct xs_wire *w)
{
    const struct xs_body *b;
    int rc = get(w, only_arg(w), &b);

    return rc ? rc : reply(w, b->data, b->len);
}

static int do_write(struct xs_wire *w)
{
    const char *path = arg(w, 0), *data;

    if (!path)
        return -EINVAL;
    data = path + strlen(path) + 1;
    return done(w, xs_node_write(&w->conn, w->head.tx_id, path, data,
                                 w->head.len - (size_t)(data - w->body)));
}

static int do_mkdir(struct xs_wire *w)
{
    const char *path = only_arg(w);

    return done(w,
                path ? xs_node_mkdir(&w->conn, w->head.tx_id, path) : -EINVAL);
}

static int do_rm(struct xs_wire *w)
{
    const char *path = only_arg(w);

    return done(w,
                path ? xs_node_remove(&w->conn, w->head.tx_id, path) : -EINVAL);
}

static const char rights[] = "nrwb"; /* by READ, WRITE */

static int do_get_perms(struct xs_wire *w)
{
    char data[XS_PAYLOAD_MAX];
    const struct xs_body *b;
    size_t len = 0;
    int rc = get(w, only_arg(w), &b);

    for (unsigned i = 0; !rc && i < b->perms_n; i++) {
        len += (size_t)snprintf(data + len, sizeof(data) - len, "%c%" PRIu32,
                                rights[b->perms[i].bits], b->perms[i].id) +
               1;
        if (len > sizeof(data))
            rc = -E2BIG;
    }
    return rc ? rc : reply(w, data, len);
}

static int parse_perm(const char *s, struct xs_perm *p)
{
    const char *r = *s ? strchr(rights, *s) : NULL;
    unsigned long id;
    char *end;

    if (!r || !s[1])
        return -EINVAL;
    id = strtoul(s + 1, &end, 10);
    if (*end)
        return -EINVAL;
    *p = (struct xs_perm){(uint32_t)id, (uint8_t)(r - rights)};
    return 0;
}

static int do_set_perms(struct xs_wire *w)
{
    struct xs_perm perms[XS_PAYLOAD_MAX / 3]; /* a string is "r1" at least */
    unsigned n = args(w);
    const char *s;
    int rc;

    if (n < 2)
        return -EINVAL;
    n--;
    if (!w->conn.privileged && n > XS_PERMS_MAX)
        return -ENOSPC;
    s = arg(w, 1);
    for (unsigned i = 0; i < n; i++) {
        rc = parse_perm(s, &perms[i]);
        if (rc)
            return rc;
        s += strlen(s) + 1;
    }
    return done(w,
                xs_node_set_perms(&w->conn, w->head.tx_id, w->body, perms, n));
}

static int do_watch(struct xs_wire *w)
{
    struct xs_watch *watch;
    int rc;

    if (args(w) != 2)
        return -EINVAL;
    rc = xs_watch_add(&w->conn, arg(w, 0), arg(w, 1), &watch);
    if (rc)
        return rc;
    done(w, 0);
    xs_watch_first(watch);
    return 0;
}

static int do_unwatch(struct xs_wire *w)
{
    if (args(w) != 2)
        return -EINVAL;
    return done(w, xs_watch_del(&w->conn, arg(w, 0), arg(w, 1)));
}

static int do_reset_watches(struct xs_wire *w)
{
    xs_watches_drop(&w->conn);
    xs_txs_drop(&w->conn);
    return done(w, 0);
}

static int do_transaction_start(struct xs_wire *w)
{
    char text[12];
    uint32_t id;
    int rc;

    if (w->head.tx_id)
        return -EBUSY; /* there is none within another */
    rc = xs_tx_start(&w->conn, &id);
    if (rc)
        return rc;
    return reply(w, text,
                 (size_t)snprintf(text, sizeof(text), "%" PRIu32, id) + 1);
}

static int do_transaction_end(struct xs_wire *w)
{
    const char *how = only_arg(w);

    if (!how || (strcmp(how, "T") && strcmp(how, "F")))
        return -EINVAL;
    return done(w, xs_tx_end(&w->conn, w->head.tx_id, *how == 'T'));
}

static int do_get_domain_path(struct xs_wire *w)
{
    const char *domid = only_arg(w);
    char text[32];

    if (!domid)
        return -EINVAL;
    return reply(w, text,
                 (size_t)snprintf(text, sizeof(text), "/local/domain/%" PRIu32,
                                  (uint32_t)strtol(domid, NULL, 10)) +
                     1);
}

static int do_is_domain_introduced(struct xs_wire *w)
{
    const char *domid = only_arg(w);
    uint32_t id;

    if (!domid)
        return -EINVAL;
    id = (uint32_t)strtol(domid, NULL, 10);
    return reply(w,
                 id == DOMID_SELF || !id ||
                         (id == w->conn.s->domid && w->conn.s->introduced)
                     ? "T"
                     : "F",
                 2);
}

static int do_nothing(struct xs_wire *w)
{
    return -ENOSYS; /* there is but one domain, and it is ours to keep */
}

static const struct xs_op {
    int (*fn)(struct xs_wire *w);
    bool privileged; /* for domain 0 */
    bool no_tx;      /* the number of a transaction means nothing here */
} ops[XS_TYPES] = {
    [XS_CONTROL] = {do_nothing, true, false},
    [XS_DIRECTORY] = {do_directory, false, false},
    [XS_READ] = {do_read, false, false},
    [XS_GET_PERMS] = {do_get_perms, false, false},
    [XS_WATCH] = {do_watch, false, true},
    [XS_UNWATCH] = {do_unwatch, false, true},
    [XS_TRANSACTION_START] = {do_transaction_start, false, false},
    [XS_TRANSACTION_END] = {do_transaction_end, false, false},
    [XS_INTRODUCE] = {do_nothing, true, false},
    [XS_RELEASE] = {do_nothing, true, false},
    [XS_GET_DOMAIN_PATH] = {do_get_domain_path, false, false},
    [XS_WRITE] = {do_write, false, false},
    [XS_MKDIR] = {do_mkdir, false, false},
    [XS_RM] = {do_rm, false, false},
    [XS_SET_PERMS] = {do_set_perms, false, false},
    [XS_IS_DOMAIN_INTRODUCED] = {do_is_domain_introduced, true, false},
    [XS_RESUME] = {do_nothing, true, false},
    [XS_SET_TARGET] = {do_nothing, true, false},
    [XS_RESET_WATCHES] = {do_reset_watches, false, false},
    [XS_DIRECTORY_PART] = {do_directory_part, false, false},
};

static void request(struct xs_wire *w)
{
    const struct xs_op *op =
        w->head.type < XS_TYPES ? &ops[w->head.type] : NULL;
    int rc;

    if (!op || !op->fn)
        rc = -ENOSYS;
    else if (op->privileged && !w->conn.privileged)
        rc = -EACCES;
    else if (w->head.tx_id && !op->no_tx &&
             !xs_tx_known(&w->conn, w->head.tx_id))
        rc = -ENOENT;
    else
        rc = op->fn(w);
    if (rc)
        reply_error(w, rc);
}

/* ---- in ---- */

bool xs_wire_full(const struct xs_wire *w)
{
    return w->queued >= QUEUE_FULL;
}

size_t xs_wire_put(struct xs_wire *w, const uint8_t *buf, size_t len)
{
    size_t done = 0;

    while (done < len && !w->broken && (w->got || !xs_wire_full(w))) {
        bool head = w->got < sizeof(w->head);
        uint8_t *to = head ? (uint8_t *)&w->head + w->got
                           : (uint8_t *)w->body + w->got - sizeof(w->head);
        size_t n = (head ? 0 : w->head.len) + sizeof(w->head) - w->got;

        n = n < len - done ? n : len - done;
        memcpy(to, buf + done, n);
        done += n;
        w->got += n;
        if (w->got < sizeof(w->head))
            break;
        if (w->head.len > XS_PAYLOAD_MAX) {
            log_guest(&w->conn.s->quota, "xenstore",
                      "a request of %" PRIu32 " bytes: no more of this client",
                      w->head.len);
            w->broken = true;
            break;
        }
        if (w->got == sizeof(w->head) + w->head.len) {
            w->got = 0;
            w->body[w->head.len] = 0;
            request(w);
        }
    }
    return done;
}

void xs_wire_init(struct xs_wire *w, struct xenstore *s, uint32_t domid,
                  void (*wake)(struct xs_wire *w))
{
    w->got = w->sent = w->queued = 0;
    w->first = NULL;
    w->last = &w->first;
    w->events = 0;
    w->broken = false;
    w->wake = wake;
    xs_conn_init(&w->conn, s, domid);
    w->conn.event = event;
}

void xs_wire_fini(struct xs_wire *w)
{
    xs_conn_fini(&w->conn);
    while (w->first) {
        struct xs_out *o = w->first;

        w->first = o->next;
        free(o);
    }
}
