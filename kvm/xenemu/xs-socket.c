/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of tools to the store: a Unix socket, with several clients at once.
 */
#include "config.h"

#include "kvm/xenemu/xs-priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MAX 16

struct client {
    struct xs_wire wire;
    struct client *next;
    struct xs_server *server;
    struct loop_fd fd;
    uint8_t in[1024], out[1024];
    size_t in_at, in_len, out_at, out_len;
};

struct xs_server {
    struct xenstore *s;
    struct loop_fd fd;
    struct sockaddr_un addr;
    struct client *clients;
    unsigned n;
};

static void client_free(struct client *c)
{
    struct xs_server *srv = c->server;
    struct client **p = &srv->clients;

    while (*p != c)
        p = &(*p)->next;
    *p = c->next;
    if (srv->n-- == CLIENTS_MAX)
        loop_fd_events(&srv->fd, EPOLLIN);
    loop_fd_del(&c->fd);
    close(c->fd.fd);
    xs_wire_fini(&c->wire);
    free(c);
}

static void want(struct client *c)
{
    bool in = c->in_at == c->in_len && !xs_wire_full(&c->wire);
    bool out = c->out_at < c->out_len || c->wire.first;

    loop_fd_events(&c->fd, (in ? EPOLLIN : 0) | (out ? EPOLLOUT : 0));
}

static void wake(struct xs_wire *w)
{
    want((struct client *)w);
}

/* False: the client has gone. */
static bool give(struct client *c)
{
    ssize_t r;

    if (c->out_at == c->out_len) {
        c->out_at = 0;
        c->out_len = xs_wire_get(&c->wire, c->out, sizeof(c->out));
    }
    if (c->out_at == c->out_len)
        return true;
    r = send(c->fd.fd, c->out + c->out_at, c->out_len - c->out_at,
             MSG_NOSIGNAL);
    if (r > 0)
        c->out_at += (size_t)r;
    return r > 0 || errno == EAGAIN || errno == EINTR;
}

static bool take(struct client *c)
{
    ssize_t r;

    if (c->in_at == c->in_len) {
        r = recv(c->fd.fd, c->in, sizeof(c->in), 0);
        if (r < 0)
            return errno == EAGAIN || errno == EINTR;
        if (!r)
            return false;
        c->in_at = 0;
        c->in_len = (size_t)r;
    }
    return true;
}

static void client_ready(void *opaque, uint32_t events)
{
    struct client *c = opaque;
    bool here = true;

    if (events & EPOLLOUT)
        here = give(c);
    if (here && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        here = take(c);
    /* Also what had to wait until there was room for its answers. */
    c->in_at += xs_wire_put(&c->wire, c->in + c->in_at, c->in_len - c->in_at);
    if (here && !c->wire.broken)
        want(c);
    else
        client_free(c);
}

static void client_new(void *opaque, uint32_t events)
{
    struct xs_server *srv = opaque;
    int fd = loop_fd_accept(&srv->fd, "xenstore");
    struct client *c = fd < 0 ? NULL : calloc(1, sizeof(*c));

    if (!c)
        goto out;
    c->server = srv;
    c->fd = (struct loop_fd){
        .fd = fd, .events = EPOLLIN, .fn = client_ready, .opaque = c};
    if (loop_fd_add(srv->s->loop, &c->fd))
        goto out;
    xs_wire_init(&c->wire, srv->s, 0, wake);
    c->next = srv->clients;
    srv->clients = c;
    if (++srv->n == CLIENTS_MAX)
        loop_fd_events(&srv->fd, 0);
    return;
out:
    if (fd >= 0)
        close(fd);
    free(c);
}

/* A name that is left of a process that has gone. */
static bool stale(const struct sockaddr_un *addr)
{
    struct stat st;
    int fd, r;

    if (lstat(addr->sun_path, &st) || !S_ISSOCK(st.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    r = fd < 0 ? 0 : connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
    r = r && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return r;
}

static int bind_name(int fd, const struct sockaddr_un *addr)
{
    const struct sockaddr *a = (const struct sockaddr *)addr;

    if (!bind(fd, a, sizeof(*addr)))
        return 0;
    if (errno != EADDRINUSE || !stale(addr))
        return -errno;
    unlink(addr->sun_path);
    return bind(fd, a, sizeof(*addr)) ? -errno : 0;
}

int xenstore_listen(struct xenstore *s, const char *path, struct cfg_err *err)
{
    struct xs_server *srv = calloc(1, sizeof(*srv));
    bool bound = false;
    int rc, fd = -1;

    if (!srv)
        return err_set(err, -ENOMEM, "xenstore=: no memory");
    srv->s = s;
    srv->addr.sun_family = AF_UNIX;
    if (!*path || strlen(path) >= sizeof(srv->addr.sun_path)) {
        rc = err_set(err, -EINVAL,
                     "xenstore=%.200s: expected the name of a Unix socket, 1 "
                     "to %zu bytes",
                     path, sizeof(srv->addr.sun_path) - 1);
        goto out;
    }
    memcpy(srv->addr.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    rc = fd < 0 ? -errno : bind_name(fd, &srv->addr);
    bound = !rc;
    if (!rc && listen(fd, CLIENTS_MAX))
        rc = -errno;
    srv->fd = (struct loop_fd){
        .fd = fd, .events = EPOLLIN, .fn = client_new, .opaque = srv};
    if (!rc)
        rc = loop_fd_add(s->loop, &srv->fd);
    if (rc) {
        err_set(err, rc, "xenstore=%s: %s", path, strerror(-rc));
        goto out;
    }
    s->server = srv;
    return 0;
out:
    if (bound)
        unlink(path);
    if (fd >= 0)
        close(fd);
    free(srv);
    return rc;
}

void xs_server_free(struct xenstore *s)
{
    struct xs_server *srv = s->server;

    if (!srv)
        return;
    while (srv->clients)
        client_free(srv->clients);
    loop_fd_del(&srv->fd);
    close(srv->fd.fd);
    unlink(srv->addr.sun_path);
    free(srv);
    s->server = NULL;
}
