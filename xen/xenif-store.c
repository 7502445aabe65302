/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen/xenif.h"

struct xenif_watch {
    struct xenif_watch *next;
    char path[XENIF_PATH_MAX], token[16];
    void (*fn)(void *opaque, const char *path);
    void *opaque;
    bool fire;
};

static struct xenif_libs *of(struct xenif *x)
{
    return (struct xenif_libs *)x;
}

int xenif_xs_read(struct xenif *x, uint32_t tx, const char *path, char **value)
{
    unsigned len;
    char *text = xs_read(of(x)->xs, tx, path, &len);

    if (!text)
        return -errno;
    if (len > XENIF_VALUE_MAX) {
        free(text);
        return -E2BIG;
    }
    *value = text;
    return 0;
}

int xenif_xs_write(struct xenif *x, uint32_t tx, const char *path,
                   const char *value)
{
    return xs_write(of(x)->xs, tx, path, value, strlen(value)) ? 0 : -errno;
}

int xenif_xs_remove(struct xenif *x, uint32_t tx, const char *path)
{
    return xs_rm(of(x)->xs, tx, path) ? 0 : -errno;
}

int xenif_xs_list(struct xenif *x, uint32_t tx, const char *path, char ***names,
                  unsigned *n)
{
    *names = xs_directory(of(x)->xs, tx, path, n);
    return *names ? 0 : -errno;
}

int xenif_xs_set_perms(struct xenif *x, uint32_t tx, const char *path,
                       uint32_t owner, uint32_t reader)
{
    struct xs_permissions perms[] = {{.id = owner, .perms = XS_PERM_NONE},
                                     {.id = reader, .perms = XS_PERM_READ}};

    return xs_set_permissions(of(x)->xs, tx, path, perms, 2) ? 0 : -errno;
}

int xenif_xs_tx_begin(struct xenif *x, uint32_t *tx)
{
    *tx = xs_transaction_start(of(x)->xs);
    return *tx ? 0 : -errno;
}

int xenif_xs_tx_end(struct xenif *x, uint32_t tx, bool commit)
{
    return xs_transaction_end(of(x)->xs, tx, !commit) ? 0 : -errno;
}

int xenif_xs_watch(struct xenif *x, const char *path,
                   void (*fn)(void *opaque, const char *path), void *opaque,
                   void **handle)
{
    struct xenif_libs *l = of(x);
    struct xenif_watch *w;
    int rc;

    if (strlen(path) >= sizeof(w->path))
        return -ENAMETOOLONG;
    w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    strcpy(w->path, path);
    /* Never used again: what is still on its way for an old one is nobody's */
    snprintf(w->token, sizeof(w->token), "w%u", ++l->watch_id);
    w->fn = fn;
    w->opaque = opaque;
    if (!xs_watch(l->xs, path, w->token)) {
        rc = -errno;
        free(w);
        return rc;
    }
    w->next = l->watches;
    l->watches = w;
    *handle = w;
    return 0;
}

void xenif_xs_unwatch(struct xenif *x, void *handle)
{
    struct xenif_libs *l = of(x);
    struct xenif_watch *w = handle, **p;

    for (p = &l->watches; *p != w;)
        p = &(*p)->next;
    *p = w->next;
    xs_unwatch(l->xs, w->path, w->token);
    free(w);
}

void xenif_store_event(struct xenif_libs *l, const char *token)
{
    for (struct xenif_watch *w = l->watches; w; w = w->next)
        if (!strcmp(w->token, token))
            w->fire = true;
}

/* From the beginning after each: a call may take any watch away. */
void xenif_store_run(struct xenif_libs *l)
{
    struct xenif_watch *w;

    do {
        for (w = l->watches; w && !w->fire;)
            w = w->next;
        if (w) {
            w->fire = false;
            w->fn(w->opaque, w->path);
        }
    } while (w);
}
