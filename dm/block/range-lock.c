/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/block/range-lock.h"

static bool conflict(const struct range *a, const struct range *b)
{
    return a->start < b->end && b->start < a->end &&
           (a->exclusive || b->exclusive);
}

/* Does one that came earlier stand in the way of r? */
static bool must_wait(const struct range_lock *l, const struct range *r)
{
    for (const struct range *e = l->first; e && e != r; e = e->next) {
        if (conflict(e, r))
            return true;
    }
    return false;
}

bool range_lock(struct range_lock *l, struct range *r)
{
    struct range **end;
    bool waiting;

    pthread_mutex_lock(&l->mutex);
    for (end = &l->first; *end; end = &(*end)->next)
        ;
    r->next = NULL;
    r->waiting = waiting = must_wait(l, r);
    *end = r;
    pthread_mutex_unlock(&l->mutex);
    return !waiting;
}

void range_unlock(struct range_lock *l, struct range *r)
{
    struct range **p;

    pthread_mutex_lock(&l->mutex);
    for (p = &l->first; *p != r; p = &(*p)->next)
        ;
    *p = r->next;
    for (struct range *e = *p; e; e = e->next) {
        if (e->waiting && conflict(e, r) && !must_wait(l, e)) {
            e->waiting = false;
            e->granted(e);
        }
    }
    pthread_mutex_unlock(&l->mutex);
}
