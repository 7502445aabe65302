/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/xenbus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TX_TRIES 16 /* others may be writing all the time, but not ours */
#define LAST_NS                                                   \
    (100 * 1000000) /* from one last look to the next, guest time \
                     */

/* ---- reading and writing ---- */

static int path_of(const char *dir, const char *key, char path[XENIF_PATH_MAX])
{
    int n = snprintf(path, XENIF_PATH_MAX, "%s/%s", dir, key);

    return n > 0 && n < (int)XENIF_PATH_MAX ? 0 : -ENAMETOOLONG;
}

int xenbus_read(struct xenbus_dev *d, const char *dir, const char *key,
                char **value)
{
    char path[XENIF_PATH_MAX];
    int rc = path_of(dir, key, path);

    return rc ? rc : d->x->ops->xs_read(d->x, d->tx, path, value);
}

static bool parse_u32(const char *s, uint32_t max, uint32_t *v)
{
    uint64_t n = 0;

    if (!*s)
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return false;
        n = n * 10 + (uint64_t)(*s - '0');
        if (n > max)
            return false;
    }
    *v = (uint32_t)n;
    return true;
}

static int get_u32(struct xenbus_dev *d, const char *dir, const char *key,
                   uint32_t max, uint32_t *v, bool needed, struct cfg_err *err)
{
    char *text;
    int rc = xenbus_read(d, dir, key, &text);

    if (rc == -ENOENT && !needed)
        return 0;
    if (rc)
        return err_set(err, rc, "%s: expected a number up to %" PRIu32 ": %s",
                       key, max, strerror(-rc));
    if (!parse_u32(text, max, v))
        rc = err_set(err, -EINVAL,
                     "%s: '%.40s': expected a number up to %" PRIu32, key, text,
                     max);
    free(text);
    return rc;
}

int xenbus_read_u32(struct xenbus_dev *d, const char *dir, const char *key,
                    uint32_t max, uint32_t *v, struct cfg_err *err)
{
    return get_u32(d, dir, key, max, v, false, err);
}

int xenbus_need_u32(struct xenbus_dev *d, const char *dir, const char *key,
                    uint32_t max, uint32_t *v, struct cfg_err *err)
{
    return get_u32(d, dir, key, max, v, true, err);
}

int xenbus_read_flag(struct xenbus_dev *d, const char *key, bool *v,
                     struct cfg_err *err)
{
    uint32_t n = 0;
    int rc = xenbus_read_u32(d, d->front, key, 1, &n, err);

    *v = n;
    return rc;
}

int xenbus_write(struct xenbus_dev *d, const char *key, const char *fmt, ...)
{
    char path[XENIF_PATH_MAX], value[256];
    va_list ap;
    int n, rc = path_of(d->back, key, path);

    if (rc)
        return rc;
    va_start(ap, fmt);
    n = vsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    if (n < 0 || n >= (int)sizeof(value))
        return -ENAMETOOLONG;
    return d->x->ops->xs_write(d->x, d->tx, path, value);
}

/* Unknown: there is none. -EINVAL: nonsense. */
static int read_state(struct xenbus_dev *d, const char *dir,
                      enum xenbus_state *state)
{
    struct cfg_err err;
    uint32_t v = XENBUS_UNKNOWN;
    int rc = xenbus_read_u32(d, dir, "state", XENBUS_RECONFIGURED, &v, &err);

    *state = (enum xenbus_state)v;
    return rc;
}

/* ---- our state ---- */

/* Writing into a folder that the toolstack has removed would bring it back:
 * so all is one transaction, which begins with a look at what is there. */
static int try_switch(struct xenbus_dev *d, enum xenbus_state state,
                      int (*say)(struct xenbus_dev *d, struct cfg_err *err),
                      struct cfg_err *err)
{
    const struct xenif_ops *ops = d->x->ops;
    enum xenbus_state had;
    int r, rc;

    rc = ops->xs_tx_begin(d->x, &d->tx);
    if (rc)
        return rc;
    rc = read_state(d, d->back, &had);
    if (!rc && had == XENBUS_UNKNOWN)
        rc = -ENOENT;
    if (!rc && say)
        rc = say(d, err);
    if (!rc)
        rc = xenbus_write(d, "state", "%d", (int)state);
    r = ops->xs_tx_end(d->x, d->tx, !rc);
    d->tx = 0;
    return rc ? rc : r;
}

static int switch_to(struct xenbus_dev *d, enum xenbus_state state,
                     int (*say)(struct xenbus_dev *d, struct cfg_err *err))
{
    struct cfg_err err = {""};
    int rc = -EAGAIN;

    for (unsigned i = 0; rc == -EAGAIN && i < TX_TRIES; i++)
        rc = try_switch(d, state, say, &err);
    /* Removed: the watch will tell. */
    if (rc && rc != -ENOENT)
        log_guest(&d->quota, d->ctx, "cannot become state %d: %s", (int)state,
                  err.text[0] ? err.text : strerror(-rc));
    d->state = state;
    return rc;
}

static void drop_rings(struct xenbus_dev *d)
{
    if (!d->connected)
        return;
    d->connected = false;
    timer_cancel(d->vm, &d->rest);
    d->cls->disconnect(d);
}

static int try_say(struct xenif *x, const char *back, const char *key,
                   const char *text)
{
    const struct xenif_ops *ops = x->ops;
    char path[XENIF_PATH_MAX], *front;
    uint32_t tx;
    int r, rc = ops->xs_tx_begin(x, &tx);

    if (rc)
        return rc;
    rc = path_of(back, "frontend", path);
    if (!rc)
        rc = ops->xs_read(x, tx, path, &front);
    if (!rc) {
        free(front);
        rc = path_of(back, key, path);
    }
    if (!rc)
        rc = ops->xs_write(x, tx, path, text);
    r = ops->xs_tx_end(x, tx, !rc);
    return rc ? rc : r;
}

static void say(struct xenif *x, const char *back, const char *key,
                const char *text)
{
    int rc = -EAGAIN;

    for (unsigned i = 0; rc == -EAGAIN && i < TX_TRIES; i++)
        rc = try_say(x, back, key, text);
}

void xenbus_say_error(struct xenif *x, const char *back, const char *text)
{
    say(x, back, "error", text);
}

void xenbus_say_closed(struct xenif *x, const char *back)
{
    char text[4];

    snprintf(text, sizeof(text), "%d", XENBUS_CLOSED);
    say(x, back, "state", text);
}

void xenbus_error(struct xenbus_dev *d, const char *fmt, ...)
{
    char text[200];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    log_guest(&d->quota, d->ctx, "%s", text);
    xenbus_say_error(d->x, d->back, text);
}

void xenbus_close(struct xenbus_dev *d)
{
    drop_rings(d);
    if (d->state != XENBUS_CLOSING && d->state != XENBUS_CLOSED)
        switch_to(d, XENBUS_CLOSING, NULL);
}

void xenbus_republish(struct xenbus_dev *d)
{
    if (d->connected && d->state == XENBUS_CONNECTED)
        switch_to(d, XENBUS_CONNECTED, d->cls->publish);
}

static void advertise(struct xenbus_dev *d)
{
    if (switch_to(d, XENBUS_INIT_WAIT, d->cls->advertise))
        d->state = XENBUS_INITIALISING; /* again when something changes */
}

/* What prepares the device outside of us, such as the network's scripts. */
static bool hotplug_ready(struct xenbus_dev *d)
{
    char *text;
    bool ready;

    if (!d->cls->hotplug || xenbus_read(d, d->back, "script", &text))
        return true;
    free(text);
    if (xenbus_read(d, d->back, "hotplug-status", &text))
        return false;
    ready = !strcmp(text, "connected");
    free(text);
    return ready;
}

static void connect_front(struct xenbus_dev *d)
{
    struct cfg_err err = {""};
    int rc = d->cls->connect(d, &err);

    if (rc) {
        xenbus_error(d, "%s", err.text[0] ? err.text : strerror(-rc));
        xenbus_close(d);
        return;
    }
    d->connected = true;
    d->connects++;
    if (!d->again && switch_to(d, XENBUS_CONNECTED, d->cls->publish))
        xenbus_close(d);
}

/* mine: what a process before us has written. */
static void take_over(struct xenbus_dev *d, enum xenbus_state mine)
{
    d->again = true;
    d->state = mine;
    connect_front(d);
    d->again = false;
}

/* ---- the frontend's state ---- */

static void front_alive(struct xenbus_dev *d)
{
    if (d->state == XENBUS_INITIALISING)
        advertise(d); /* it did not wait for us */
    if (d->state == XENBUS_INIT_WAIT && hotplug_ready(d))
        connect_front(d);
    else if (d->connected && d->cls->front_changed)
        d->cls->front_changed(d);
}

static void front_at_rest(struct xenbus_dev *d)
{
    drop_rings(d);
    if (d->state != XENBUS_CLOSED)
        switch_to(d, XENBUS_CLOSED, NULL);
}

/* Linux says Closed at once, and waits for answers when its device goes, which
 * it does when we are Closed. Before it says so it stops its queues, so that
 * requests of others may be stuck behind that; an event, and be it for nothing,
 * starts them again, and then these come. So there is more than one look. */
static void last_look(struct xenbus_dev *d)
{
    d->cls->last(d);
    timer_set(d->vm, &d->rest, clock_now(d->vm) + LAST_NS);
}

static void gone(struct xenbus_dev *d)
{
    drop_rings(d);
    if (d->gone)
        d->gone(d->gone_opaque);
}

static void look(struct xenbus_dev *d)
{
    enum xenbus_state front, mine;
    struct cfg_err err;
    uint32_t online = 0;

    if (!read_state(d, d->back, &mine) && mine == XENBUS_UNKNOWN) {
        gone(d);
        return;
    }
    if (xenbus_read_u32(d, d->back, "online", 1, &online, &err))
        return;
    if (read_state(d, d->front, &front)) {
        log_guest(&d->quota, d->ctx, "the frontend's state is nonsense");
        return;
    }
    /* The toolstack asks us, and in the same node the frontend, to detach. */
    if (mine == XENBUS_CLOSING &&
        (d->state == XENBUS_INIT_WAIT || d->state == XENBUS_CONNECTED))
        d->state = XENBUS_CLOSING;

    if (d->state == XENBUS_INITIALISING && d->cls->again &&
        (mine == XENBUS_CONNECTED || mine == XENBUS_CLOSING) &&
        (front == XENBUS_INITIALISED || front == XENBUS_CONNECTED)) {
        take_over(d, mine);
        return;
    }

    switch (front) {
    case XENBUS_INITIALISING:
        drop_rings(d);
        if (!online)
            front_at_rest(d);
        else if (d->state != XENBUS_INIT_WAIT)
            advertise(d);
        break;
    case XENBUS_INITIALISED:
    case XENBUS_CONNECTED:
        front_alive(d);
        break;
    case XENBUS_CLOSING:
        if (d->state != XENBUS_CLOSING && d->state != XENBUS_CLOSED)
            switch_to(d, XENBUS_CLOSING, NULL);
        break;
    case XENBUS_CLOSED:
        if (!d->connected || !d->cls->last)
            front_at_rest(d);
        else if (!timer_armed(&d->rest))
            last_look(d);
        break;
    case XENBUS_UNKNOWN:
        if (!online || d->state != XENBUS_INITIALISING)
            front_at_rest(d); /* else it is not there yet */
        break;
    case XENBUS_INIT_WAIT:
    case XENBUS_RECONFIGURING:
    case XENBUS_RECONFIGURED:
        break;
    }
    if (!online && d->state == XENBUS_CLOSED)
        gone(d);
}

static void on_watch(void *opaque, const char *path)
{
    look(opaque);
}

static void rested(void *opaque)
{
    struct xenbus_dev *d = opaque;

    if (d->cls->last(d)) {
        timer_set(d->vm, &d->rest, clock_now(d->vm) + LAST_NS);
        return;
    }
    drop_rings(d);
    look(d);
}

/* ---- life ---- */

static int find_front(struct xenbus_dev *d, struct cfg_err *err)
{
    uint32_t id;
    char *text;
    int rc;

    rc = xenbus_need_u32(d, d->back, "frontend-id", UINT16_MAX, &id, err);
    if (rc)
        return rc;
    if (id != d->x->domid)
        return err_set(err, -EINVAL,
                       "frontend-id %" PRIu32 ": expected domain %" PRIu32, id,
                       d->x->domid);
    rc = xenbus_read(d, d->back, "frontend", &text);
    if (rc)
        return err_set(err, rc, "frontend: expected a path: %s", strerror(-rc));
    if (text[0] != '/' || strlen(text) >= sizeof(d->front) - 64)
        rc = err_set(err, -EINVAL, "frontend: '%.80s': expected a path", text);
    else
        strcpy(d->front, text);
    free(text);
    return rc;
}

int xenbus_start(struct xenbus_dev *d, const char *back, struct cfg_err *err)
{
    const struct xenif_ops *ops = d->x->ops;
    const char *slash = strrchr(back, '/');
    int rc;

    if (back[0] != '/' || strlen(back) >= sizeof(d->back) - 64)
        return err_set(err, -EINVAL, "'%.80s': expected a backend's path",
                       back);
    strcpy(d->back, back);
    snprintf(d->ctx, sizeof(d->ctx), "%s %" PRIu32 "/%.16s", d->cls->type,
             d->x->domid, slash + 1);
    d->state = XENBUS_INITIALISING;
    timer_init(&d->rest, rested, d);
    rc = find_front(d, err);
    if (rc)
        return err_prefix(err, rc, "%s", back);
    rc = ops->xs_watch(d->x, d->back, on_watch, d, &d->watch_back);
    if (!rc)
        rc = ops->xs_watch(d->x, d->front, on_watch, d, &d->watch_front);
    if (rc) {
        xenbus_stop(d);
        return err_set(err, rc, "%s: cannot watch: %s", back, strerror(-rc));
    }
    return 0;
}

void xenbus_stop(struct xenbus_dev *d)
{
    if (d->watch_back)
        d->x->ops->xs_unwatch(d->x, d->watch_back);
    if (d->watch_front)
        d->x->ops->xs_unwatch(d->x, d->watch_front);
    d->watch_back = d->watch_front = NULL;
    drop_rings(d);
}
