/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Within the xenstore: xs-node.c keeps nodes and transactions, xs-watch.c
 * watches, xs-wire.c speaks the protocol over any stream of bytes, which
 * xs-ring.c (the guest) and xs-socket.c (tools) are; xs-direct.c is for our
 * own backends, xs-domain.c what a toolstack would write.
 *
 * A node's content is never changed, it is replaced; who still looks at the
 * one before holds a reference. A transaction is a table of the nodes it has
 * looked at, each as it was then and as it is in the transaction now; it can
 * be committed if all of them are in the store as they were.
 */
#ifndef HVMD_KVM_XENEMU_XS_PRIV_H
#define HVMD_KVM_XENEMU_XS_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dm/log.h"
#include "dm/loop.h"
#include "kvm/xenemu/xenstore.h"

/* io/xs_wire.h */
#define XS_PAYLOAD_MAX 4096u
#define XS_ABS_PATH_MAX 3072u
#define XS_REL_PATH_MAX 2048u

/* What a guest may have: as much as it gets of xenstored. */
#define XS_NODES_MAX 1000u
#define XS_NODE_BYTES                                       \
    2048u /* of one node: 24, its value, names below it and \
           * 8 for each permission are less than that */
#define XS_PERMS_MAX 5u
#define XS_WATCHES_MAX 129u
#define XS_TXS_MAX 11u
#define XS_TX_NODES_MAX 1024u         /* that one transaction looks at */
#define XS_TX_BYTES_MAX (2048u << 10) /* that all transactions hold */

enum { XS_PERM_READ = 1, XS_PERM_WRITE = 2, XS_PERM_OWNER = 4 };

struct xs_perm {
    uint32_t id;
    uint8_t bits; /* READ, WRITE */
};

/* The first permission names the owner, and what those may who are not
 * named. children: their names, each with its NUL. */
struct xs_body {
    unsigned refs;
    unsigned perms_n;
    uint64_t gen; /* which change of the store made it */
    uint32_t len, children_len;
    struct xs_perm *perms;
    char *data, *children;
};

struct xs_entry {
    struct xs_entry *next; /* in its bucket */
    struct xs_body *body;  /* NULL: there is none of this name */
    /* In a transaction. */
    struct xs_entry *later; /* first looked at after this one */
    struct xs_body *base;   /* as the store had it */
    bool changed, fire, exact;
    char path[];
};

#define XS_BUCKETS 1024u
#define XS_TX_BUCKETS 64u
struct xs_table {
    unsigned buckets;
    struct xs_entry **bucket;
};

struct xs_tx {
    struct xs_tx *next;
    uint32_t id;
    struct xs_table table;
    struct xs_entry *first, **last;
    unsigned nodes;
    size_t bytes;
    int guest_nodes; /* the guest owns so many nodes more */
    bool failed;     /* a node was too large: it is not committed */
};

struct xs_watch {
    struct xs_watch *next;
    struct xs_conn *conn;
    char *path, *token;
    const char *shown; /* path, or the end of it if it was a relative one */
    /* xs-direct.c */
    void (*fn)(void *opaque, const char *path);
    void *opaque;
    bool pending, due;
};

/* Someone who asks. */
struct xs_conn {
    struct xs_conn *next;
    struct xenstore *s;
    uint32_t domid;
    bool privileged; /* no permission and no quota is for it */
    struct xs_watch *watches;
    unsigned watches_n;
    struct xs_tx *txs;
    unsigned txs_n;
    uint32_t tx_id;
    size_t tx_bytes;
    void (*event)(struct xs_conn *c, struct xs_watch *w, const char *path);
};

struct xs_ring;
struct xs_server;

struct xenstore {
    struct loop *loop;
    uint32_t domid;
    struct xs_table table;
    uint64_t gen;
    int guest_nodes; /* the guest's own */
    bool introduced;
    struct xs_conn *conns;
    struct xs_conn ours;
    struct loop_task watch_task;
    uint64_t tokens;
    struct xs_ring *ring;
    struct xs_server *server;
    struct log_quota quota;
};

/* ---- xs-node.c; paths as the client wrote them, tx 0: none ---- */

void xs_conn_init(struct xs_conn *c, struct xenstore *s, uint32_t domid);
void xs_conn_fini(struct xs_conn *c); /* watches, transactions */

/* The whole path, in a buffer for it. -EINVAL */
int xs_path(const struct xs_conn *c, const char *path,
            char out[XS_ABS_PATH_MAX + 1]);
/* Valid until the store is changed. need: XS_PERM_*. */
int xs_node_get(struct xs_conn *c, uint32_t tx, const char *path, unsigned need,
                const struct xs_body **body);
int xs_node_write(struct xs_conn *c, uint32_t tx, const char *path,
                  const void *data, size_t len);
int xs_node_mkdir(struct xs_conn *c, uint32_t tx, const char *path);
int xs_node_remove(struct xs_conn *c, uint32_t tx, const char *path);
int xs_node_set_perms(struct xs_conn *c, uint32_t tx, const char *path,
                      const struct xs_perm *perms, unsigned n);

int xs_tx_start(struct xs_conn *c, uint32_t *tx);
int xs_tx_end(struct xs_conn *c, uint32_t tx, bool commit);
bool xs_tx_known(struct xs_conn *c, uint32_t tx);
void xs_txs_drop(struct xs_conn *c);

/* For xs-watch.c: may c see what happens to path, which was as old says? */
bool xs_may_see(struct xs_conn *c, const char *path, const struct xs_body *old);

/* ---- xs-watch.c ---- */

/* xs_watch_first then tells of it once. */
int xs_watch_add(struct xs_conn *c, const char *path, const char *token,
                 struct xs_watch **out);
void xs_watch_first(struct xs_watch *w);
int xs_watch_del(struct xs_conn *c, const char *path, const char *token);
void xs_watch_free(struct xs_watch *w);
void xs_watches_drop(struct xs_conn *c);
/* Something has happened to path. exact: only to this very node. old: what it
 * was, or NULL. */
void xs_fire(struct xenstore *s, const char *path, bool exact,
             const struct xs_body *old);
void xs_fire_special(struct xenstore *s, const char *name);

/* ---- xs-wire.c ---- */

struct xs_header {
    uint32_t type, req_id, tx_id, len;
};
struct xs_out {
    struct xs_out *next;
    size_t len;
    uint32_t hash; /* of an event; 0: a reply */
    uint8_t bytes[];
};
struct xs_wire {
    struct xs_conn conn;
    size_t got; /* of the request that comes */
    struct xs_header head;
    char body[XS_PAYLOAD_MAX + 1];
    struct xs_out *first, **last;
    size_t sent; /* of the first */
    size_t queued;
    unsigned events;
    bool broken; /* what came is no request: nothing more is taken */
    void (*wake)(struct xs_wire *w); /* there is something to send */
};
void xs_wire_init(struct xs_wire *w, struct xenstore *s, uint32_t domid,
                  void (*wake)(struct xs_wire *w));
void xs_wire_fini(struct xs_wire *w);
/* Takes what it can, and does whole requests; as long as the client does not
 * read its answers that is nothing. */
size_t xs_wire_put(struct xs_wire *w, const uint8_t *buf, size_t len);
size_t xs_wire_get(struct xs_wire *w, uint8_t *buf, size_t len);
bool xs_wire_full(const struct xs_wire *w);

/* ---- xs-domain.c, xs-socket.c, xs-direct.c ---- */

/* The folders that devices may be put into before it is introduced. */
int xs_domain_prepare(struct xenstore *s);

void xs_server_free(struct xenstore *s);
void xs_direct_init(struct xenstore *s);
void xs_direct_fini(struct xenstore *s);

#endif
