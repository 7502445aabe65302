/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvm/xenemu/xs-priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As the store keeps it; *shown: where in it the client's own path begins. */
static int watch_path(const struct xs_conn *c, const char *path,
                      char full[XS_ABS_PATH_MAX + 1], size_t *shown)
{
    int rc;

    *shown = 0;
    if (path[0] == '@') {
        size_t len = strlen(path);

        if (len > XS_REL_PATH_MAX)
            return -EINVAL;
        memcpy(full, path, len + 1);
        return 0;
    }
    rc = xs_path(c, path, full);
    if (!rc && path[0] != '/')
        *shown = strlen(full) - strlen(path);
    return rc;
}

static struct xs_watch **find(struct xs_conn *c, const char *path,
                              const char *token)
{
    struct xs_watch **w = &c->watches;

    while (*w && (strcmp((*w)->path, path) || strcmp((*w)->token, token)))
        w = &(*w)->next;
    return w;
}

int xs_watch_add(struct xs_conn *c, const char *path, const char *token,
                 struct xs_watch **out)
{
    char full[XS_ABS_PATH_MAX + 1];
    struct xs_watch **at, *w;
    size_t shown;
    int rc = watch_path(c, path, full, &shown);

    if (rc)
        return rc;
    at = find(c, full, token);
    if (*at)
        return -EEXIST;
    if (!c->privileged && c->watches_n >= XS_WATCHES_MAX)
        return -E2BIG;
    w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->conn = c;
    w->path = strdup(full);
    w->token = strdup(token);
    if (!w->path || !w->token) {
        free(w->path);
        free(w->token);
        free(w);
        return -ENOMEM;
    }
    w->shown = w->path + shown;
    *at = w; /* the last: who watched first hears first */
    c->watches_n++;
    *out = w;
    return 0;
}

void xs_watch_first(struct xs_watch *w)
{
    w->conn->event(w->conn, w, w->shown);
}

static void del(struct xs_watch **at)
{
    struct xs_watch *w = *at;

    *at = w->next;
    w->conn->watches_n--;
    free(w->path);
    free(w->token);
    free(w);
}

int xs_watch_del(struct xs_conn *c, const char *path, const char *token)
{
    char full[XS_ABS_PATH_MAX + 1];
    struct xs_watch **at;
    size_t shown;
    int rc = watch_path(c, path, full, &shown);

    if (rc)
        return -ENOENT; /* there is no watch on what is no path */
    at = find(c, full, token);
    if (!*at)
        return -ENOENT;
    del(at);
    return 0;
}

void xs_watch_free(struct xs_watch *w)
{
    struct xs_watch **at = &w->conn->watches;

    while (*at != w)
        at = &(*at)->next;
    del(at);
}

void xs_watches_drop(struct xs_conn *c)
{
    while (c->watches)
        del(&c->watches);
}

static bool concerns(const struct xs_watch *w, const char *path, bool exact)
{
    size_t len = strlen(w->path);

    if (exact || !w->path[1])
        return !exact || !strcmp(w->path, path);
    return !strncmp(path, w->path, len) && (!path[len] || path[len] == '/');
}

void xs_fire(struct xenstore *s, const char *path, bool exact,
             const struct xs_body *old)
{
    for (struct xs_conn *c = s->conns; c; c = c->next) {
        bool may = false; /* asked once, when it matters */

        for (struct xs_watch *w = c->watches; w; w = w->next) {
            if (!concerns(w, path, exact))
                continue;
            may = may || xs_may_see(c, path, old);
            if (!may)
                break;
            c->event(c, w, path + (w->shown - w->path));
        }
    }
}

void xs_fire_special(struct xenstore *s, const char *name)
{
    for (struct xs_conn *c = s->conns; c; c = c->next)
        for (struct xs_watch *w = c->watches; w && c->privileged; w = w->next)
            if (!strcmp(w->path, name))
                c->event(c, w, w->shown);
}
