/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own backends' way to the store: dm/xenif.h. Their watches are told from
 * the main loop, never from within a change.
 */
#include "config.h"

#include "kvm/xenemu/xs-priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/xenif.h"

int xenstore_read(struct xenstore *s, uint32_t tx, const char *path,
                  char **value)
{
    const struct xs_body *b;
    int rc = xs_node_get(&s->ours, tx, path, XS_PERM_READ, &b);

    if (rc)
        return rc;
    if (b->len > XENIF_VALUE_MAX)
        return -E2BIG;
    *value = strndup(b->data, b->len);
    return *value ? 0 : -ENOMEM;
}

int xenstore_write(struct xenstore *s, uint32_t tx, const char *path,
                   const char *value)
{
    size_t len = strlen(value);

    if (len > XENIF_VALUE_MAX)
        return -E2BIG;
    return xs_node_write(&s->ours, tx, path, value, len);
}

int xenstore_remove(struct xenstore *s, uint32_t tx, const char *path)
{
    return xs_node_remove(&s->ours, tx, path);
}

int xenstore_list(struct xenstore *s, uint32_t tx, const char *path,
                  char ***names, unsigned *n)
{
    const struct xs_body *b;
    unsigned count = 0;
    char *text, **list;
    int rc = xs_node_get(&s->ours, tx, path, XS_PERM_READ, &b);

    if (rc)
        return rc;
    for (uint32_t i = 0; i < b->children_len; i++)
        count += !b->children[i];
    list = malloc((count + 1) * sizeof(*list) + b->children_len);
    if (!list)
        return -ENOMEM;
    text = (char *)(list + count + 1);
    memcpy(text, b->children, b->children_len);
    for (unsigned i = 0; i < count; i++) {
        list[i] = text;
        text += strlen(text) + 1;
    }
    list[count] = NULL;
    *names = list;
    *n = count;
    return 0;
}

int xenstore_set_perms(struct xenstore *s, uint32_t tx, const char *path,
                       uint32_t owner, uint32_t reader)
{
    const struct xs_perm perms[] = {{owner, 0}, {reader, XS_PERM_READ}};

    return xs_node_set_perms(&s->ours, tx, path, perms, 2);
}

int xenstore_tx_begin(struct xenstore *s, uint32_t *tx)
{
    return xs_tx_start(&s->ours, tx);
}

int xenstore_tx_end(struct xenstore *s, uint32_t tx, bool commit)
{
    return xs_tx_end(&s->ours, tx, commit);
}

/* ---- watches ---- */

static void event(struct xs_conn *c, struct xs_watch *w, const char *path)
{
    w->pending = true;
    loop_post(c->s->loop, &c->s->watch_task);
}

/* What is fired while these run is for the next round. */
static void run_watches(void *opaque)
{
    char path[XS_ABS_PATH_MAX + 1];
    struct xenstore *s = opaque;
    struct xs_watch *w;

    for (w = s->ours.watches; w; w = w->next) {
        w->due = w->pending;
        w->pending = false;
    }
    for (;;) {
        for (w = s->ours.watches; w && !w->due; w = w->next)
            ;
        if (!w)
            break;
        w->due = false;
        snprintf(path, sizeof(path), "%s", w->path);
        w->fn(w->opaque, path);
    }
}

int xenstore_watch(struct xenstore *s, const char *path,
                   void (*fn)(void *opaque, const char *path), void *opaque,
                   void **handle)
{
    struct xs_watch *w;
    char token[24];
    int rc;

    snprintf(token, sizeof(token), "%llu", (unsigned long long)s->tokens++);
    rc = xs_watch_add(&s->ours, path, token, &w);
    if (rc)
        return rc;
    w->fn = fn;
    w->opaque = opaque;
    xs_watch_first(w);
    *handle = w;
    return 0;
}

void xenstore_unwatch(struct xenstore *s, void *handle)
{
    xs_watch_free(handle);
}

void xs_direct_init(struct xenstore *s)
{
    xs_conn_init(&s->ours, s, 0);
    s->ours.event = event;
    s->watch_task = (struct loop_task){.fn = run_watches, .opaque = s};
}

void xs_direct_fini(struct xenstore *s)
{
    loop_cancel(s->loop, &s->watch_task);
    xs_conn_fini(&s->ours);
}
