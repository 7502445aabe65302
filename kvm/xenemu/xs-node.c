/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvm/xenemu/xs-priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE_HEAD 24u /* what a node takes beside its content, in its quota */
#define NODE_PERM 8u

/* ---- contents ---- */

/* One block; the caller fills in what it gives as NULL. One reference, the
 * caller's. */
static struct xs_body *body_new(const struct xs_perm *perms, unsigned perms_n,
                                const char *data, size_t len,
                                const char *children, size_t children_len)
{
    size_t head = sizeof(struct xs_body) + perms_n * sizeof(*perms);
    struct xs_body *b = malloc(head + len + children_len);

    if (!b)
        return NULL;
    *b = (struct xs_body){
        .refs = 1,
        .perms_n = perms_n,
        .len = (uint32_t)len,
        .children_len = (uint32_t)children_len,
        .perms = (struct xs_perm *)(b + 1),
        .data = (char *)b + head,
        .children = (char *)b + head + len,
    };
    memcpy(b->perms, perms, perms_n * sizeof(*perms));
    if (data)
        memcpy(b->data, data, len);
    if (children)
        memcpy(b->children, children, children_len);
    return b;
}

static struct xs_body *body_ref(struct xs_body *b)
{
    if (b)
        b->refs++;
    return b;
}

static void body_put(struct xs_body *b)
{
    if (b && !--b->refs)
        free(b);
}

static size_t body_bytes(const struct xs_body *b)
{
    return b ? NODE_HEAD + b->perms_n * NODE_PERM + b->len + b->children_len
             : 0;
}

static unsigned body_rights(const struct xs_conn *c, const struct xs_body *b)
{
    if (c->privileged || b->perms[0].id == c->domid)
        return XS_PERM_READ | XS_PERM_WRITE | XS_PERM_OWNER;
    for (unsigned i = 1; i < b->perms_n; i++)
        if (b->perms[i].id == c->domid)
            return b->perms[i].bits;
    return b->perms[0].bits;
}

/* ---- tables ---- */

static int table_init(struct xs_table *t, unsigned buckets)
{
    t->buckets = buckets;
    t->bucket = calloc(buckets, sizeof(*t->bucket));
    return t->bucket ? 0 : -ENOMEM;
}

/* Where the entry is, or where it would be. A guest can make chains long, but
 * not longer than its quota. */
static struct xs_entry **table_find(const struct xs_table *t, const char *path)
{
    struct xs_entry **e;
    uint32_t h = 2166136261u;

    for (const char *s = path; *s; s++)
        h = (h ^ (uint8_t)*s) * 16777619u;
    for (e = &t->bucket[(h ^ h >> 16) % t->buckets]; *e; e = &(*e)->next)
        if (!strcmp((*e)->path, path))
            break;
    return e;
}

static struct xs_entry *table_add(struct xs_table *t, const char *path)
{
    struct xs_entry **at = table_find(t, path);
    size_t size = strlen(path) + 1;

    if (*at)
        return *at;
    *at = calloc(1, sizeof(**at) + size);
    if (*at)
        memcpy((*at)->path, path, size);
    return *at;
}

static void table_del(struct xs_table *t, const char *path)
{
    struct xs_entry **at = table_find(t, path), *e = *at;

    if (!e)
        return;
    *at = e->next;
    body_put(e->body);
    body_put(e->base);
    free(e);
}

static void table_free(struct xs_table *t)
{
    for (unsigned i = 0; t->bucket && i < t->buckets; i++)
        while (t->bucket[i])
            table_del(t, t->bucket[i]->path);
    free(t->bucket);
}

/* ---- a node, in the store or in a transaction ---- */

static struct xs_tx *tx_find(struct xs_conn *c, uint32_t id)
{
    for (struct xs_tx *t = c->txs; t; t = t->next)
        if (t->id == id)
            return t;
    return NULL;
}

static int tx_entry(struct xs_conn *c, struct xs_tx *tx, const char *path,
                    struct xs_entry **out)
{
    struct xs_entry *e = *table_find(&tx->table, path), *now;
    size_t bytes;

    if (e) {
        *out = e;
        return 0;
    }
    now = *table_find(&c->s->table, path);
    bytes = sizeof(*e) + strlen(path) + body_bytes(now ? now->body : NULL);
    if (!c->privileged &&
        (tx->nodes >= XS_TX_NODES_MAX || c->tx_bytes + bytes > XS_TX_BYTES_MAX))
        return -ENOSPC;
    e = table_add(&tx->table, path);
    if (!e)
        return -ENOMEM;
    e->base = body_ref(now ? now->body : NULL);
    e->body = body_ref(e->base);
    *tx->last = e;
    tx->last = &e->later;
    tx->nodes++;
    tx->bytes += bytes;
    c->tx_bytes += bytes;
    *out = e;
    return 0;
}

/* *body NULL: there is none. */
static int look(struct xs_conn *c, struct xs_tx *tx, const char *path,
                struct xs_body **body)
{
    struct xs_entry *e;
    int rc = 0;

    if (tx)
        rc = tx_entry(c, tx, path, &e);
    else
        e = *table_find(&c->s->table, path);
    *body = !rc && e ? e->body : NULL;
    return rc;
}

static bool of_guest(const struct xenstore *s, const struct xs_body *b)
{
    return b && b->perms[0].id == s->domid;
}

/* Takes the reference to body, also if it fails; NULL removes the node. The
 * size is limited where the client says what is in it. */
static int replace(struct xs_conn *c, struct xs_tx *tx, const char *path,
                   struct xs_body *body, bool limited)
{
    struct xenstore *s = c->s;
    struct xs_entry *e = NULL;
    size_t bytes = body_bytes(body), had;
    /* What a transaction has removed is there until it is committed. */
    int made = tx && tx->guest_nodes > 0 ? tx->guest_nodes : 0;
    int rc = 0, more;

    if (tx)
        rc = tx_entry(c, tx, path, &e);
    else if (!(e = table_add(&s->table, path)))
        rc = -ENOMEM;
    if (rc) {
        body_put(body);
        return rc;
    }
    had = body_bytes(e->body);
    more = of_guest(s, body) - of_guest(s, e->body);
    limited = limited && !c->privileged && bytes >= XS_NODE_BYTES;
    if (tx && limited)
        tx->failed = true;
    if (!c->privileged &&
        (limited ||
         (tx && bytes > had && c->tx_bytes + bytes - had > XS_TX_BYTES_MAX) ||
         (more > 0 && s->guest_nodes + made >= (int)XS_NODES_MAX))) {
        if (!tx && !e->body)
            table_del(&s->table, path);
        body_put(body);
        return -ENOSPC;
    }
    if (body)
        body->gen = ++s->gen;
    body_put(e->body);
    e->body = body;
    if (tx) {
        e->changed = true;
        tx->guest_nodes += more;
        tx->bytes += bytes - had;
        c->tx_bytes += bytes - had;
    } else {
        s->guest_nodes += more;
        if (!body)
            table_del(&s->table, path);
    }
    return 0;
}

/* ---- paths ---- */

/* /local/domain/N/, of which the length of a path is not counted. */
static size_t domain_prefix(const char *path)
{
    static const char local[] = "/local/domain/";
    size_t n = sizeof(local) - 1, digits;

    if (strncmp(path, local, n))
        return 0;
    digits = strspn(path + n, "0123456789");
    return digits && digits <= 5 && path[n + digits] == '/' ? n + digits + 1
                                                            : 0;
}

int xs_path(const struct xs_conn *c, const char *path,
            char out[XS_ABS_PATH_MAX + 1])
{
    static const char valid[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz"
                                "0123456789-/_@";
    int n = path[0] == '/' ? snprintf(out, XS_ABS_PATH_MAX + 1, "%s", path)
                           : snprintf(out, XS_ABS_PATH_MAX + 1,
                                      "/local/domain/%u/%s", c->domid, path);
    size_t len = n > 0 ? (size_t)n : 0;

    if (!len || len > XS_ABS_PATH_MAX || path[0] == '@' ||
        len > domain_prefix(out) + XS_REL_PATH_MAX ||
        (len > 1 && out[len - 1] == '/') || strstr(out, "//") ||
        strspn(out, valid) != len)
        return -EINVAL;
    return 0;
}

/* The folder that path is in; false: path is "/". */
static bool parent_of(const char *path, char out[XS_ABS_PATH_MAX + 1])
{
    const char *slash = strrchr(path, '/');
    size_t len = (size_t)(slash - path);

    if (!path[1])
        return false;
    len += !len; /* the root keeps its slash */
    memcpy(out, path, len);
    out[len] = 0;
    return true;
}

/* ---- rights ---- */

/* Who may not see the folder does not hear that there is no such node. */
static int absent(struct xs_conn *c, struct xs_tx *tx, const char *path,
                  unsigned need)
{
    char dir[XS_ABS_PATH_MAX + 1];
    struct xs_body *b = NULL;
    int rc = 0;

    snprintf(dir, sizeof(dir), "%s", path);
    while (!rc && !b && parent_of(dir, dir))
        rc = look(c, tx, dir, &b);
    if (rc)
        return rc;
    return b && body_rights(c, b) & need ? -ENOENT : -EACCES;
}

static int get(struct xs_conn *c, struct xs_tx *tx, const char *path,
               unsigned need, struct xs_body **body)
{
    int rc = look(c, tx, path, body);

    if (rc)
        return rc;
    if (*body && (body_rights(c, *body) & need) == need)
        return 0;
    rc = absent(c, tx, path, need);
    return *body && rc == -ENOENT ? -EACCES : rc;
}

bool xs_may_see(struct xs_conn *c, const char *path, const struct xs_body *old)
{
    char dir[XS_ABS_PATH_MAX + 1];
    struct xs_entry *e;

    if (old && body_rights(c, old) & XS_PERM_READ)
        return true;
    e = *table_find(&c->s->table, path);
    if (e && e->body && body_rights(c, e->body) & XS_PERM_READ)
        return true;
    if (!parent_of(path, dir))
        return false;
    e = *table_find(&c->s->table, dir);
    return e && e->body && body_rights(c, e->body) & XS_PERM_READ;
}

/* ---- operations ---- */

/* What every one of them begins with. */
static int begin(struct xs_conn *c, uint32_t id, const char *path,
                 struct xs_tx **tx, char full[XS_ABS_PATH_MAX + 1])
{
    *tx = id ? tx_find(c, id) : NULL;
    if (id && !*tx)
        return -ENOENT;
    return xs_path(c, path, full);
}

/* A watch sees it now; those of a transaction when it is committed. old: the
 * caller's. */
static void happened(struct xs_conn *c, struct xs_tx *tx, const char *path,
                     bool exact, const struct xs_body *old)
{
    struct xs_entry *e;

    if (!tx) {
        xs_fire(c->s, path, exact, old);
        return;
    }
    e = *table_find(&tx->table, path);
    e->exact = exact && (!e->fire || e->exact);
    e->fire = true;
}

int xs_node_get(struct xs_conn *c, uint32_t id, const char *path, unsigned need,
                const struct xs_body **body)
{
    char full[XS_ABS_PATH_MAX + 1];
    struct xs_body *b;
    struct xs_tx *tx;
    int rc = begin(c, id, path, &tx, full);

    if (!rc)
        rc = get(c, tx, full, need, &b);
    if (!rc)
        *body = b;
    return rc;
}

/* Its content with one name more below it. */
static int add_name(struct xs_conn *c, struct xs_tx *tx, const char *dir,
                    const struct xs_body *b, const char *name)
{
    size_t size = strlen(name) + 1;
    struct xs_body *with = body_new(b->perms, b->perms_n, b->data, b->len, NULL,
                                    b->children_len + size);

    if (!with)
        return -ENOMEM;
    memcpy(with->children, b->children, b->children_len);
    memcpy(with->children + b->children_len, name, size);
    return replace(c, tx, dir, with, true);
}

static int drop_name(struct xs_conn *c, struct xs_tx *tx, const char *dir,
                     const char *name)
{
    size_t size = strlen(name) + 1, at = 0;
    struct xs_body *b, *without;
    int rc = look(c, tx, dir, &b);

    if (rc || !b)
        return rc;
    while (at < b->children_len && strcmp(b->children + at, name))
        at += strlen(b->children + at) + 1;
    if (at >= b->children_len)
        return 0;
    without = body_new(b->perms, b->perms_n, b->data, b->len, NULL,
                       b->children_len - size);
    if (!without)
        return -ENOMEM;
    memcpy(without->children, b->children, at);
    memcpy(without->children + at, b->children + at + size,
           b->children_len - at - size);
    return replace(c, tx, dir, without, false);
}

/* What is deepest goes first. fire: who watches is to hear of it. */
static int remove_tree(struct xs_conn *c, struct xs_tx *tx, const char *top,
                       bool fire)
{
    char at[XS_ABS_PATH_MAX + 1], dir[XS_ABS_PATH_MAX + 1];
    struct xs_body *b;
    bool last;
    int rc;

    snprintf(at, sizeof(at), "%s", top);
    do {
        size_t len = strlen(at);

        rc = look(c, tx, at, &b);
        if (rc)
            break;
        if (b && b->children_len) {
            snprintf(at + len, sizeof(at) - len, "/%s", b->children);
            last = false;
            continue;
        }
        last = !strcmp(at, top);
        body_ref(b);
        parent_of(at, dir);
        rc = drop_name(c, tx, dir, strrchr(at, '/') + 1);
        if (!rc)
            rc = replace(c, tx, at, NULL, false);
        if (!rc && fire)
            happened(c, tx, at, !last, b);
        body_put(b);
        snprintf(at, sizeof(at), "%s", dir);
    } while (!rc && !last);
    return rc;
}

/* As if nothing had happened to it: what was b's is b's again. */
static void put_back(struct xs_conn *c, struct xs_tx *tx, const char *path,
                     struct xs_body *b)
{
    struct xs_entry *e = *table_find(tx ? &tx->table : &c->s->table, path);

    body_put(e->body);
    e->body = body_ref(b);
}

/* Makes it, and the folders to it, from the top. */
static int create(struct xs_conn *c, struct xs_tx *tx, const char *path,
                  const void *data, size_t len)
{
    char dir[XS_ABS_PATH_MAX + 1], at[XS_ABS_PATH_MAX + 1];
    char there[XS_ABS_PATH_MAX + 1], top[XS_ABS_PATH_MAX + 1] = "";
    struct xs_body *up = NULL, *b, *was;
    int rc = 0;

    snprintf(dir, sizeof(dir), "%s", path);
    while (!rc && !up && parent_of(dir, dir))
        rc = look(c, tx, dir, &up);
    was = body_ref(up);
    snprintf(there, sizeof(there), "%s", dir);
    while (!rc && strcmp(dir, path)) {
        size_t end = strlen(dir) * !!dir[1] + 1;
        bool last;

        end += strcspn(path + end, "/");
        last = !path[end];
        snprintf(at, sizeof(at), "%.*s", (int)end, path);
        rc = look(c, tx, dir, &up);
        if (rc)
            break;
        b = body_new(up->perms, up->perms_n, last ? data : NULL, last ? len : 0,
                     NULL, 0);
        if (!b) {
            rc = -ENOMEM;
            break;
        }
        if (!c->privileged)
            b->perms[0].id = c->domid;
        body_ref(up);
        rc = replace(c, tx, at, b, true);
        if (!rc) {
            rc = add_name(c, tx, dir, up, strrchr(at, '/') + 1);
            if (rc)
                replace(c, tx, at, NULL, false);
            else if (!*top)
                snprintf(top, sizeof(top), "%s", at);
        }
        body_put(up);
        snprintf(dir, sizeof(dir), "%s", at);
    }
    if (rc && *top) {
        remove_tree(c, tx, top, false);
        put_back(c, tx, there, was);
    }
    body_put(was);
    return rc;
}

int xs_node_write(struct xs_conn *c, uint32_t id, const char *path,
                  const void *data, size_t len)
{
    char full[XS_ABS_PATH_MAX + 1];
    struct xs_body *b, *with;
    struct xs_tx *tx;
    int rc = begin(c, id, path, &tx, full);

    if (rc)
        return rc;
    rc = get(c, tx, full, XS_PERM_WRITE, &b);
    if (rc == -ENOENT) {
        rc = create(c, tx, full, data, len);
    } else if (!rc) {
        with = body_new(b->perms, b->perms_n, data, len, b->children,
                        b->children_len);
        rc = with ? replace(c, tx, full, with, true) : -ENOMEM;
    }
    if (!rc)
        happened(c, tx, full, false, NULL);
    return rc;
}

int xs_node_mkdir(struct xs_conn *c, uint32_t id, const char *path)
{
    char full[XS_ABS_PATH_MAX + 1];
    struct xs_body *b;
    struct xs_tx *tx;
    int rc = begin(c, id, path, &tx, full);

    if (rc)
        return rc;
    rc = get(c, tx, full, XS_PERM_WRITE, &b);
    if (rc != -ENOENT)
        return rc; /* that it exists is fine */
    rc = create(c, tx, full, NULL, 0);
    if (!rc)
        happened(c, tx, full, false, NULL);
    return rc;
}

int xs_node_remove(struct xs_conn *c, uint32_t id, const char *path)
{
    char full[XS_ABS_PATH_MAX + 1], dir[XS_ABS_PATH_MAX + 1];
    struct xs_body *b;
    struct xs_tx *tx;
    int rc = begin(c, id, path, &tx, full);

    if (rc)
        return rc;
    rc = get(c, tx, full, XS_PERM_WRITE, &b);
    if (rc == -ENOENT) {
        /* Fine, if it could have been there. */
        parent_of(full, dir);
        rc = look(c, tx, dir, &b);
        return rc ? rc : b ? 0 : -ENOENT;
    }
    if (rc)
        return rc;
    return full[1] ? remove_tree(c, tx, full, true) : -EINVAL;
}

int xs_node_set_perms(struct xs_conn *c, uint32_t id, const char *path,
                      const struct xs_perm *perms, unsigned n)
{
    char full[XS_ABS_PATH_MAX + 1];
    struct xs_body *b, *with;
    struct xs_tx *tx;
    int rc = begin(c, id, path, &tx, full);

    if (rc)
        return rc;
    if (!c->privileged && n > XS_PERMS_MAX)
        return -ENOSPC;
    if (perms[0].id && perms[0].id != c->s->domid)
        return -ENOENT; /* there is no such domain */
    rc = get(c, tx, full, XS_PERM_WRITE | XS_PERM_OWNER, &b);
    if (rc)
        return rc;
    if (!c->privileged && perms[0].id != c->domid)
        return -EPERM;
    with = body_new(perms, n, b->data, b->len, b->children, b->children_len);
    if (!with)
        return -ENOMEM;
    body_ref(b);
    rc = replace(c, tx, full, with, true);
    if (!rc)
        happened(c, tx, full, false, b);
    body_put(b);
    return rc;
}

/* ---- transactions ---- */

int xs_tx_start(struct xs_conn *c, uint32_t *id)
{
    struct xs_tx *tx;

    if (!c->privileged && c->txs_n >= XS_TXS_MAX)
        return -ENOSPC;
    tx = calloc(1, sizeof(*tx));
    if (!tx || table_init(&tx->table, XS_TX_BUCKETS)) {
        free(tx);
        return -ENOMEM;
    }
    tx->last = &tx->first;
    do
        tx->id = ++c->tx_id;
    while (!tx->id || tx_find(c, tx->id));
    tx->next = c->txs;
    c->txs = tx;
    c->txs_n++;
    *id = tx->id;
    return 0;
}

bool xs_tx_known(struct xs_conn *c, uint32_t id)
{
    return tx_find(c, id);
}

static void tx_free(struct xs_conn *c, struct xs_tx *tx)
{
    struct xs_tx **t = &c->txs;

    while (*t != tx)
        t = &(*t)->next;
    *t = tx->next;
    c->txs_n--;
    c->tx_bytes -= tx->bytes;
    table_free(&tx->table);
    free(tx);
}

void xs_txs_drop(struct xs_conn *c)
{
    while (c->txs)
        tx_free(c, c->txs);
}

static int tx_check(struct xs_conn *c, struct xs_tx *tx)
{
    struct xenstore *s = c->s;

    for (struct xs_entry *e = tx->first; e; e = e->later) {
        struct xs_entry *now = *table_find(&s->table, e->path);

        if ((now ? now->body : NULL) != e->base)
            return -EAGAIN;
    }
    if (!c->privileged && tx->guest_nodes > 0 &&
        s->guest_nodes + tx->guest_nodes > (int)XS_NODES_MAX)
        return -ENOSPC;
    return 0;
}

static int tx_commit(struct xs_conn *c, struct xs_tx *tx)
{
    struct xs_table *t = &c->s->table;
    struct xs_entry *e, *now;
    int rc = tx_check(c, tx);

    /* All that can fail comes before anything is changed. */
    for (e = tx->first; e && !rc; e = e->later)
        if (e->changed && e->body && !table_add(t, e->path))
            rc = -ENOMEM;
    for (e = tx->first; e; e = e->later) {
        if (!e->changed)
            continue;
        now = *table_find(t, e->path);
        if (now && !rc) {
            body_put(now->body);
            now->body = body_ref(e->body);
        }
        if (now && !now->body)
            table_del(t, e->path);
    }
    if (rc)
        return rc;
    c->s->guest_nodes += tx->guest_nodes;
    for (e = tx->first; e; e = e->later)
        if (e->fire && (e->base || e->body)) /* not if it came and went */
            xs_fire(c->s, e->path, e->exact, e->base);
    return 0;
}

int xs_tx_end(struct xs_conn *c, uint32_t id, bool commit)
{
    struct xs_tx *tx = tx_find(c, id);
    int rc = 0;

    if (!tx)
        return -ENOENT;
    if (commit)
        rc = tx->failed ? -ENOMEM : tx_commit(c, tx);
    tx_free(c, tx);
    return rc;
}

/* ---- life ---- */

void xs_conn_init(struct xs_conn *c, struct xenstore *s, uint32_t domid)
{
    struct xs_conn **last = &s->conns;

    *c = (struct xs_conn){.s = s, .domid = domid, .privileged = !domid};
    while (*last)
        last = &(*last)->next;
    *last = c;
}

void xs_conn_fini(struct xs_conn *c)
{
    struct xs_conn **p = &c->s->conns;

    xs_watches_drop(c);
    xs_txs_drop(c);
    while (*p != c)
        p = &(*p)->next;
    *p = c->next;
}

struct xenstore *xenstore_new(struct loop *loop, uint32_t domid)
{
    static const struct xs_perm root = {.id = 0};
    struct xenstore *s = calloc(1, sizeof(*s));
    struct xs_entry *e;

    if (!s)
        return NULL;
    s->loop = loop;
    s->domid = domid;
    xs_direct_init(s);
    if (table_init(&s->table, XS_BUCKETS) || !(e = table_add(&s->table, "/")) ||
        !(e->body = body_new(&root, 1, NULL, 0, NULL, 0)) ||
        xs_node_mkdir(&s->ours, 0, "/tool/xenstored") ||
        xs_node_mkdir(&s->ours, 0, "/local/domain/0") ||
        xs_node_mkdir(&s->ours, 0, "/vm") || xs_domain_prepare(s)) {
        xenstore_free(s);
        return NULL;
    }
    return s;
}

void xenstore_free(struct xenstore *s)
{
    if (!s)
        return;
    xenstore_ring_close(s);
    xs_server_free(s);
    xs_direct_fini(s);
    table_free(&s->table);
    free(s);
}
