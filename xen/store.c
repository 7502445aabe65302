/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xenstore: tell libxl that we run, keep the guest's clock offset, and hand
 * over what backends watch.
 *
 * A connection to xenstore cannot be restricted to what concerns one domain.
 * Under -xen-domid-restrict it is in a small process of its own, which does
 * the first two and nothing else. It ends when we do.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dm/log.h"
#include "dm/machine.h"
#include "xen/xen-priv.h"

#define DOMAIN_GONE "@releaseDomain"
#define TOKEN_GONE "gone"
#define XENBUS_CLOSED "6" /* io/xenbus.h */
#define EVENTS_MAX 256u   /* at once: a guest may send them without end */

enum store_op {
    STORE_OPENED,     /* helper: arg is 0 or -errno */
    STORE_RUNNING,    /* to the helper */
    STORE_TIMEOFFSET, /* to the helper: arg is seconds */
};
struct store_msg {
    int64_t op, arg;
};

/* ---- what is done there ---- */

static int write_value(struct xs_handle *xs, const char *path,
                       const char *value)
{
    return xs_write(xs, XBT_NULL, path, value, strlen(value)) ? 0 : -errno;
}

static int running(struct xs_handle *xs, uint32_t domid)
{
    char path[64];

    snprintf(path, sizeof(path), "device-model/%" PRIu32 "/state", domid);
    return write_value(xs, path, "running");
}

/* The guest moved its clock by so much more. */
static int timeoffset(struct xs_handle *xs, uint32_t domid, int64_t seconds)
{
    char path[128], value[24], *vm, *old;
    int64_t before;
    unsigned len;
    int rc;

    snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/vm", domid);
    vm = xs_read(xs, XBT_NULL, path, &len);
    if (!vm)
        return -errno;
    len = snprintf(path, sizeof(path), "%s/rtc/timeoffset", vm);
    free(vm);
    if (len >= sizeof(path))
        return -ENAMETOOLONG;
    old = xs_read(xs, XBT_NULL, path, &len);
    before = old ? strtoll(old, NULL, 10) : 0;
    free(old);
    if (__builtin_add_overflow(seconds, before, &seconds))
        return -EOVERFLOW;
    snprintf(value, sizeof(value), "%" PRId64, seconds);
    rc = write_value(xs, path, value);
    return rc;
}

static void perform(struct xs_handle *xs, uint32_t domid,
                    const struct store_msg *m, struct log_quota *quota)
{
    int rc = -EINVAL;

    if (m->op == STORE_RUNNING)
        rc = running(xs, domid);
    else if (m->op == STORE_TIMEOFFSET)
        rc = timeoffset(xs, domid, m->arg);
    if (rc)
        log_capped(LOG_ERR, quota, "xenstore", "domain %" PRIu32 ": %s", domid,
                   strerror(-rc));
}

static struct xs_handle *connect_to_store(uint32_t domid, int *rc)
{
    struct xs_handle *xs = xs_open(0);

    *rc = xs ? 0 : -errno;
    if (xs && !xs_is_domain_introduced(xs, domid)) {
        *rc = -ESRCH;
        xs_close(xs);
        xs = NULL;
    }
    return xs;
}

/* ---- the helper ---- */

/* libxl makes a keyboard for every HVM guest. A restricted process has no
 * backends; a guest whose keyboard nobody answers waits 25 s for it, so it
 * is told that there is none. */
static void close_keyboards(struct xs_handle *xs, uint32_t domid)
{
    char path[64], state[128];
    unsigned n = 0;
    char **names;

    snprintf(path, sizeof(path), "backend/vkbd/%" PRIu32, domid);
    names = xs_directory(xs, XBT_NULL, path, &n);
    for (unsigned i = 0; i < n; i++) {
        snprintf(state, sizeof(state), "%s/%.32s/state", path, names[i]);
        write_value(xs, state, XENBUS_CLOSED);
    }
    free(names);
}

static void help(uint32_t domid, int sock)
{
    struct store_msg m = {.op = STORE_OPENED};
    struct log_quota quota = {0};
    struct xs_handle *xs;
    int rc;

    xs = connect_to_store(domid, &rc);
    m.arg = rc;
    if (send(sock, &m, sizeof(m), 0) != sizeof(m) || !xs)
        return;
    while (recv(sock, &m, sizeof(m), 0) == sizeof(m)) {
        if (m.op == STORE_RUNNING)
            close_keyboards(xs, domid);
        perform(xs, domid, &m, &quota);
    }
}

/* It keeps the rights we are about to give up, so that we cannot trace it. */
static int start_helper(struct xen *x)
{
    struct store_msg m;
    int pair[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return -errno;
    pid = fork();
    if (pid < 0) {
        close(pair[0]);
        close(pair[1]);
        return -errno;
    }
    if (!pid) {
        dup2(pair[1], STDIN_FILENO);
        close_range(STDERR_FILENO + 1, ~0u, 0);
        help(x->domid, STDIN_FILENO);
        _exit(0);
    }
    close(pair[1]);
    x->store_helper = pair[0];
    if (recv(pair[0], &m, sizeof(m), 0) != sizeof(m))
        return -EPIPE;
    return (int)m.arg;
}

/* ---- for the engine ---- */

static void ask(struct xen *x, enum store_op op, int64_t arg)
{
    struct store_msg m = {.op = op, .arg = arg};

    if (x->store_helper < 0)
        perform(x->xs, x->domid, &m, &x->quota);
    else if (send(x->store_helper, &m, sizeof(m), MSG_DONTWAIT) < 0)
        log_capped(LOG_ERR, &x->quota, "xenstore",
                   "domain %" PRIu32 ": its process: %s", x->domid,
                   strerror(errno));
}

static void on_watch(void *opaque, uint32_t events)
{
    struct xen *x = opaque;
    bool gone = false;
    unsigned n = 0;
    char **what;

    while (n < EVENTS_MAX && (what = xs_check_watch(x->xs))) {
        if (!strcmp(what[XS_WATCH_TOKEN], TOKEN_GONE))
            gone = true;
        else if (x->xenif)
            xenif_store_event(x->xenif, what[XS_WATCH_TOKEN]);
        free(what);
        n++;
    }
    if (!n && errno != EAGAIN) {
        log_err("xenstore", "the connection broke: %s", strerror(errno));
        loop_fd_del(&x->store_watch);
    }
    if (gone && !xs_is_domain_introduced(x->xs, x->domid))
        xen_gone(x);
    if (x->xenif)
        xenif_store_run(x->xenif);
}

static int watch_store(struct xen *x)
{
    /* Where we serve ioreqs we can ask Xen itself (xen.c). */
    if (x->vm->cfg->xen_attach && !xs_watch(x->xs, DOMAIN_GONE, TOKEN_GONE))
        return -errno;
    x->store_watch = (struct loop_fd){
        .fd = xs_fileno(x->xs), .events = EPOLLIN, .fn = on_watch, .opaque = x};
    return loop_fd_add(x->vm->loop, &x->store_watch);
}

int xen_store_open(struct xen *x, struct cfg_err *err)
{
    int rc;

    if (x->vm->cfg->xen_restrict)
        rc = start_helper(x);
    else
        x->xs = connect_to_store(x->domid, &rc);
    if (!rc && x->xs)
        rc = watch_store(x);
    if (rc == -ESRCH)
        return err_set(err, rc,
                       "-xen-domid %" PRIu32 ": there is no such domain",
                       x->domid);
    return rc ? err_set(err, rc, "cannot use xenstore: %s", strerror(-rc)) : 0;
}

void xen_store_close(struct xen *x)
{
    loop_fd_del(&x->store_watch);
    if (x->xs)
        xs_close(x->xs);
    if (x->store_helper >= 0)
        close(x->store_helper);
    x->xs = NULL;
    x->store_helper = -1;
}

void xen_store_running(struct xen *x)
{
    ask(x, STORE_RUNNING, 0);
}

void xen_store_timeoffset(struct xen *x, int64_t seconds)
{
    ask(x, STORE_TIMEOFFSET, seconds);
}
