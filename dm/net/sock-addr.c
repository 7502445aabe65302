/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/net/sock-addr.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "dm/options.h"

static int look_up(const char *host, const char *port, struct sock_addr *a,
                   struct cfg_err *err)
{
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICSERV | (host ? 0 : AI_PASSIVE),
        .ai_socktype = SOCK_STREAM,
        .ai_family = host ? AF_UNSPEC : AF_INET,
    };
    struct addrinfo *list;
    int rc = getaddrinfo(host, port, &hints, &list);

    if (rc)
        return err_set(err, -EINVAL, "address '%s:%s': %s", host ? host : "",
                       port, gai_strerror(rc));
    memset(a, 0, sizeof(*a));
    memcpy(&a->ss, list->ai_addr, list->ai_addrlen);
    a->len = list->ai_addrlen;
    freeaddrinfo(list);
    return 0;
}

int sock_parse_inet(const char *text, bool passive, struct sock_addr *a,
                    struct cfg_err *err)
{
    const char *colon = strrchr(text, ':'), *host = text;
    char buf[256];
    size_t len;

    len = colon ? (size_t)(colon - text) : 0;
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (!colon || !colon[1] || len >= sizeof(buf) || (!len && !passive))
        return err_set(err, -EINVAL, "address '%s': expected %s", text,
                       passive ? "[HOST]:PORT" : "HOST:PORT");
    memcpy(buf, host, len);
    buf[len] = '\0';
    return look_up(len ? buf : NULL, colon + 1, a, err);
}

static int parse_unix(const char *path, struct sock_addr *a,
                      struct cfg_err *err)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&a->ss;

    if (strlen(path) >= sizeof(un->sun_path))
        return err_set(err, -EINVAL,
                       "socket path '%s': expected less than %zu characters",
                       path, sizeof(un->sun_path));
    memset(a, 0, sizeof(*a));
    un->sun_family = AF_UNIX;
    strcpy(un->sun_path, path);
    a->len = sizeof(*un);
    return 0;
}

static const char *sub(struct opts *opts, const char *prefix, const char *key)
{
    char name[32];

    snprintf(name, sizeof(name), "%s.%s", prefix, key);
    return opts_get(opts, name);
}

int sock_parse_opts(struct opts *opts, const char *prefix, struct sock_addr *a,
                    char *text, size_t text_len, struct cfg_err *err)
{
    const char *type = sub(opts, prefix, "type");
    const char *host = sub(opts, prefix, "host");
    const char *port = sub(opts, prefix, "port");
    const char *path = sub(opts, prefix, "path");
    const char *fd = sub(opts, prefix, "str");

    if (!type)
        return -ENOENT;
    if (!strcmp(type, "inet") && host && port) {
        snprintf(text, text_len, "%s:%s", host, port);
        return look_up(*host ? host : NULL, port, a, err);
    }
    if (!strcmp(type, "unix") && path) {
        snprintf(text, text_len, "%s", path);
        return parse_unix(path, a, err);
    }
    if (!strcmp(type, "fd") && fd) {
        memset(a, 0, sizeof(*a));
        a->fd = fd;
        return 0;
    }
    return err_set(err, -EINVAL,
                   "%s.type=%s: expected inet with %s.host and %s.port, unix "
                   "with %s.path, or fd with %s.str",
                   prefix, type, prefix, prefix, prefix, prefix);
}

void sock_tune(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void sock_remove_stale(const struct sock_addr *a, int type)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&a->ss;
    int fd;

    if (un->sun_family != AF_UNIX)
        return;
    fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)un, a->len) &&
        errno == ECONNREFUSED)
        unlink(un->sun_path);
    close(fd);
}

int sock_listen(const struct sock_addr *a, const char *text, int *fd,
                struct cfg_err *err)
{
    const struct sockaddr *sa = (const struct sockaddr *)&a->ss;
    int on = 1, rc;
    int s =
        socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (s < 0)
        return err_set(err, -errno, "socket: %s", strerror(errno));
    sock_remove_stale(a, SOCK_STREAM);
    if (sa->sa_family != AF_UNIX)
        setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(s, sa, a->len) || listen(s, 1)) {
        rc = err_set(err, -errno,
                     "cannot listen on '%s': %s (expected a free address of "
                     "this host)",
                     text, strerror(errno));
        close(s);
        return rc;
    }
    *fd = s;
    return 0;
}

int sock_connect(const struct sock_addr *a, const char *text, int *fd,
                 struct cfg_err *err)
{
    const struct sockaddr *sa = (const struct sockaddr *)&a->ss;
    int s = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

    if (s < 0)
        return err_set(err, -errno, "socket: %s", strerror(errno));
    if (connect(s, sa, a->len)) {
        rc = err_set(err, -errno,
                     "cannot connect to '%s': %s (expected a peer that "
                     "listens)",
                     text, strerror(errno));
        close(s);
        return rc;
    }
    fcntl(s, F_SETFL, O_NONBLOCK);
    sock_tune(s);
    *fd = s;
    return 0;
}
