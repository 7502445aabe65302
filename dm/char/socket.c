/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A unix or TCP socket, as server or client, with one connection at a time:
 * a server leaves further ones in its backlog until the first has gone. What
 * one that has gone has sent can be read until the next one comes. A client
 * with reconnect= tries again and again.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "dm/char/chr-priv.h"
#include "dm/fdset.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "dm/options.h"

#define CONNECT_MS 10000
#define MAX_FDS 16 /* that come with one message */

struct chr_socket {
    struct chr_stream s;
    int fd; /* the connection */
    struct loop_fd listener;
    struct loop_fd connecting; /* a client's, until it is the connection */
    struct loop_fd timer;
    bool server, nodelay;
    bool leftover; /* the peer has gone, what it sent is still to be read */
    uint64_t reconnect; /* seconds, 0: no */
    struct sockaddr_storage addr;
    socklen_t addr_len;
    char name[200]; /* "unix:PATH,server=on", for people */
    dev_t path_dev; /* the socket file that we made */
    ino_t path_ino;
    bool path_ours;
    int fds[MAX_FDS];
    int fds_next, fds_n;
};

static void set_name(struct chr_socket *c)
{
    snprintf(c->s.chr.filename, sizeof(c->s.chr.filename), "%s%s",
             c->fd >= 0 ? "" : "disconnected:", c->name);
}

static void drop_fds(struct chr_socket *c)
{
    while (c->fds_next < c->fds_n)
        close(c->fds[c->fds_next++]);
    c->fds_next = c->fds_n = 0;
}

static void arm_timer(struct chr_socket *c, uint64_t seconds)
{
    struct itimerspec t = {.it_value.tv_sec = seconds};

    timerfd_settime(c->timer.fd, 0, &t, NULL);
}

static int connection_start(struct chr_socket *c, int fd)
{
    int one = 1, rc;

    if (c->nodelay && c->addr.ss_family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    rc = chr_stream_start(&c->s, fd, fd);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    loop_fd_events(&c->listener, 0);
    c->leftover = false;
    c->fd = fd;
    set_name(c);
    chr_set_open(&c->s.chr, true);
    return 0;
}

static void connection_end(struct chr_socket *c)
{
    if (c->fd < 0)
        return;
    chr_stream_stop(&c->s);
    close(c->fd);
    c->fd = -1;
    drop_fds(c);
    set_name(c);
    loop_fd_events(&c->listener, EPOLLIN);
    if (c->reconnect)
        arm_timer(c, c->reconnect);
    chr_set_open(&c->s.chr, false);
}

static void socket_eof(struct chr_stream *s, int err)
{
    struct chr_socket *c = (struct chr_socket *)s;

    if (err != -EAGAIN) {
        connection_end(c);
        return;
    }
    c->leftover = true;
    loop_fd_events(&c->listener, EPOLLIN);
}

static void on_accept(void *opaque, uint32_t events)
{
    struct chr_socket *c = opaque;
    int fd;

    if (c->leftover) /* somebody else is more than what it left */
        connection_end(c);
    if (c->fd >= 0)
        return;
    fd = loop_fd_accept(&c->listener, c->s.chr.id);
    if (fd >= 0)
        connection_start(c, fd);
}

/* A non-blocking attempt: a descriptor, *done false: wait for POLLOUT. */
static int try_connect(struct chr_socket *c, bool *done)
{
    int fd = socket(c->addr.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int rc;

    if (fd < 0)
        return -errno;
    *done = !connect(fd, (struct sockaddr *)&c->addr, c->addr_len);
    if (*done || errno == EINPROGRESS)
        return fd;
    rc = -errno;
    close(fd);
    return rc;
}

static int connect_result(int fd)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        return -errno;
    return -error;
}

static void on_connected(void *opaque, uint32_t events)
{
    struct chr_socket *c = opaque;
    int fd = c->connecting.fd;

    loop_fd_del(&c->connecting);
    c->connecting.fd = -1;
    if (connect_result(fd) < 0) {
        close(fd);
        arm_timer(c, c->reconnect);
        return;
    }
    connection_start(c, fd);
}

static void reconnect(struct chr_socket *c)
{
    bool done;
    int fd = try_connect(c, &done);

    if (fd >= 0 && done && !connection_start(c, fd))
        return;
    if (fd >= 0 && !done) {
        c->connecting.fd = fd;
        c->connecting.events = EPOLLOUT;
        c->connecting.fn = on_connected;
        c->connecting.opaque = c;
        if (!loop_fd_add(c->s.chr.vm->loop, &c->connecting))
            return;
        c->connecting.fd = -1;
        close(fd);
    }
    arm_timer(c, c->reconnect);
}

static void on_timer(void *opaque, uint32_t events)
{
    struct chr_socket *c = opaque;
    uint64_t n;
    ssize_t r = read(c->timer.fd, &n, sizeof(n));

    if (r >= 0 && c->fd < 0 && c->connecting.fd < 0)
        reconnect(c);
}

/* Keeps the descriptors that came, in place of untaken older ones. */
static void keep_fds(struct chr_socket *c, struct msghdr *msg)
{
    for (struct cmsghdr *m = CMSG_FIRSTHDR(msg); m; m = CMSG_NXTHDR(msg, m)) {
        size_t n = (m->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SCM_RIGHTS)
            continue;
        drop_fds(c);
        assert(n <= MAX_FDS); /* the buffer has no room for more */
        memcpy(c->fds, CMSG_DATA(m), n * sizeof(int));
        c->fds_n = n;
    }
}

static ssize_t socket_recv(struct chr_stream *s, void *buf, size_t len)
{
    struct chr_socket *c = (struct chr_socket *)s;
    union {
        char buf[CMSG_SPACE(MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {.iov_base = buf, .iov_len = len};
    struct msghdr msg = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.buf,
        .msg_controllen = sizeof(control.buf),
    };
    ssize_t n = recvmsg(c->fd, &msg, MSG_CMSG_CLOEXEC);

    if (n >= 0)
        keep_fds(c, &msg);
    return n;
}

static int socket_take_fd(struct chr *chr)
{
    struct chr_socket *c = (struct chr_socket *)chr;

    return c->fds_next < c->fds_n ? c->fds[c->fds_next++] : -1;
}

static void socket_hang_up(struct chr *chr)
{
    connection_end((struct chr_socket *)chr);
}

/* Addresses. */

static int unix_address(struct chr_socket *c, const char *path,
                        struct cfg_err *err)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&c->addr;

    if (!*path || strlen(path) >= sizeof(un->sun_path)) {
        return err_set(err, -EINVAL, "socket: path of 1 to %zu bytes expected",
                       sizeof(un->sun_path) - 1);
    }
    un->sun_family = AF_UNIX;
    strcpy(un->sun_path, path);
    c->addr_len = sizeof(*un);
    snprintf(c->name, sizeof(c->name), "unix:%s", path);
    return 0;
}

static void tcp_name(struct chr_socket *c)
{
    char host[80], port[8];

    if (!getnameinfo((struct sockaddr *)&c->addr, c->addr_len, host,
                     sizeof(host), port, sizeof(port),
                     NI_NUMERICHOST | NI_NUMERICSERV)) {
        snprintf(c->name, sizeof(c->name),
                 c->addr.ss_family == AF_INET6 ? "tcp:[%s]:%s" : "tcp:%s:%s",
                 host, port);
    }
}

static int tcp_address(struct chr_socket *c, const char *host, const char *port,
                       struct cfg_err *err)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = c->server ? AI_PASSIVE : 0,
    };
    struct addrinfo *res;
    uint64_t number; /* of a larger one it would take the lower bits */
    int r;

    if (*port >= '0' && *port <= '9' && parse_u64(port, UINT16_MAX, &number))
        return err_set(err, -EINVAL,
                       "socket: port=%s: expected a number from 0 to 65535",
                       port);
    r = getaddrinfo(*host ? host : NULL, port, &hints, &res);
    if (r) {
        return err_set(err, -EINVAL, "socket: host '%s' port '%s': %s", host,
                       port, gai_strerror(r));
    }
    memcpy(&c->addr, res->ai_addr, res->ai_addrlen);
    c->addr_len = res->ai_addrlen;
    freeaddrinfo(res);
    tcp_name(c);
    return 0;
}

/* fd=: an open socket from our parent by number, or by its name at QMP. */
static int passed_socket(struct chr_socket *c, const char *text, int *out,
                         struct cfg_err *err)
{
    int listening = 0, type = 0, fd;
    socklen_t len = sizeof(int);
    uint64_t number;
    bool named = parse_u64(text, INT32_MAX, &number) < 0;

    fd = named ? fdset_take_named(c->s.chr.vm, text) : (int)number;
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 ||
        type != SOCK_STREAM || !listening != !c->server) {
        if (named && fd >= 0)
            close(fd);
        return err_set(err, -EINVAL, "fd=%s: expected a %s stream socket", text,
                       c->server ? "listening" : "connected");
    }
    c->addr_len = sizeof(c->addr);
    getsockname(fd, (struct sockaddr *)&c->addr, &c->addr_len);
    snprintf(c->name, sizeof(c->name), "fd:%d", fd);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    *out = fd;
    return 0;
}

/* Opening. */

/* The socket file of a process that has died stays behind: nobody answers. */
static bool path_is_stale(struct chr_socket *c)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool stale;

    if (fd < 0)
        return false;
    stale = connect(fd, (struct sockaddr *)&c->addr, c->addr_len) < 0 &&
            errno == ECONNREFUSED;
    close(fd);
    return stale;
}

static int bind_unix(struct chr_socket *c, int fd)
{
    const char *path = ((struct sockaddr_un *)&c->addr)->sun_path;
    struct stat st;
    int r = bind(fd, (struct sockaddr *)&c->addr, c->addr_len);

    if (r < 0 && errno == EADDRINUSE && !lstat(path, &st) &&
        S_ISSOCK(st.st_mode) && path_is_stale(c)) {
        unlink(path);
        r = bind(fd, (struct sockaddr *)&c->addr, c->addr_len);
    }
    if (r < 0)
        return -errno;
    if (!lstat(path, &st)) {
        c->path_ours = true;
        c->path_dev = st.st_dev;
        c->path_ino = st.st_ino;
    }
    return 0;
}

static int make_listener(struct chr_socket *c)
{
    int one = 1, rc;
    int fd = socket(c->addr.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (c->addr.ss_family == AF_UNIX) {
        rc = bind_unix(c, fd);
    } else {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        rc =
            bind(fd, (struct sockaddr *)&c->addr, c->addr_len) < 0 ? -errno : 0;
        getsockname(fd, (struct sockaddr *)&c->addr, &c->addr_len);
        tcp_name(c); /* port 0: now it has one */
    }
    if (!rc && listen(fd, 8) < 0)
        rc = -errno;
    if (rc < 0) {
        close(fd);
        return rc;
    }
    return fd;
}

/* wait=on: nothing runs yet. Signals may be blocked for a loop to see. */
static int wait_for_client(struct chr_socket *c, struct cfg_err *err)
{
    struct pollfd pfd = {.fd = c->listener.fd, .events = POLLIN};
    sigset_t set;

    fprintf(stderr, "hvmd: %s: waiting for a connection on %s\n", c->s.chr.id,
            c->name);
    while (c->fd < 0) {
        sigpending(&set);
        if (sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1 ||
            sigismember(&set, SIGHUP) == 1)
            return err_set(err, -EINTR, "%s: interrupted", c->name);
        if (poll(&pfd, 1, 200) > 0)
            on_accept(c, EPOLLIN);
        if (c->fd < 0 && c->listener.rests)
            poll(NULL, 0, 200); /* no loop runs that would wait for us */
    }
    return 0;
}

static int open_server(struct chr_socket *c, int fd, bool wait,
                       struct cfg_err *err)
{
    int rc;

    if (fd < 0)
        fd = make_listener(c);
    if (fd == -EADDRINUSE && c->addr.ss_family == AF_UNIX) {
        return err_set(err, fd, "%s: a live process serves this path", c->name);
    }
    if (fd < 0)
        return err_set(err, fd, "%s: %s", c->name, strerror(-fd));
    c->listener.fd = fd;
    c->listener.events = EPOLLIN;
    c->listener.fn = on_accept;
    c->listener.opaque = c;
    strncat(c->name, ",server=on", sizeof(c->name) - strlen(c->name) - 1);
    set_name(c);
    rc = loop_fd_add(c->s.chr.vm->loop, &c->listener);
    if (rc < 0)
        return err_set(err, rc, "%s: %s", c->name, strerror(-rc));
    return wait ? wait_for_client(c, err) : 0;
}

/* The one connection there will be: wait for it, but not for ever. A listener
 * whose backlog is full answers EAGAIN. */
static int connect_now(struct chr_socket *c)
{
    struct pollfd pfd = {.events = POLLOUT};
    int fd = -EAGAIN, rc = 0;
    bool done = false;

    for (int ms = 0; ms < CONNECT_MS && fd == -EAGAIN; ms += 50) {
        fd = try_connect(c, &done);
        if (fd == -EAGAIN)
            poll(NULL, 0, 50);
    }
    if (fd < 0 || done)
        return fd;
    pfd.fd = fd;
    rc = poll(&pfd, 1, CONNECT_MS) > 0 ? connect_result(fd) : -ETIMEDOUT;
    if (rc < 0) {
        close(fd);
        return rc;
    }
    return fd;
}

static int open_client(struct chr_socket *c, int fd, struct cfg_err *err)
{
    int rc;

    set_name(c);
    if (c->reconnect) {
        reconnect(c);
        return 0;
    }
    if (fd < 0)
        fd = connect_now(c);
    rc = fd < 0 ? fd : connection_start(c, fd);
    if (rc < 0)
        return err_set(err, rc, "%s: %s", c->name, strerror(-rc));
    return 0;
}

static int parse(struct chr_socket *c, struct opts *opts, int *fd, bool *wait,
                 struct cfg_err *err)
{
    const char *path = opts_get(opts, "path");
    const char *host = opts_get(opts, "host");
    const char *port = opts_get(opts, "port");
    const char *fd_text = opts_get(opts, "fd");
    bool nowait = false, wait_given = opts_get(opts, "wait") != NULL;
    int rc;

    c->nodelay = true;
    if ((rc = opts_get_bool(opts, "server", &c->server, err)) < 0 ||
        (rc = opts_get_bool(opts, "nowait", &nowait, err)) < 0 ||
        (rc = opts_get_bool(opts, "nodelay", &c->nodelay, err)) < 0 ||
        (rc = opts_get_u64(opts, "reconnect", 3600, &c->reconnect, err)) < 0)
        return rc;
    *wait = c->server && !nowait;
    if ((rc = opts_get_bool(opts, "wait", wait, err)) < 0)
        return rc;
    if (!c->server && (nowait || (wait_given && *wait)))
        return err_set(err, -EINVAL, "socket: wait= is for server=on");
    if (c->reconnect && (c->server || fd_text)) {
        return err_set(err, -EINVAL,
                       "socket: reconnect= is for clients by path or host");
    }
    if (!!path + !!(host || port) + !!fd_text != 1) {
        return err_set(err, -EINVAL,
                       "socket: expected path=, or host= and port=, or fd=");
    }
    if (path)
        return unix_address(c, path, err);
    if (fd_text)
        return passed_socket(c, fd_text, fd, err);
    if (!port)
        return err_set(err, -EINVAL, "socket: expected port=");
    return tcp_address(c, host ? host : "", port, err);
}

static int socket_open(struct chr *chr, struct opts *opts, struct cfg_err *err)
{
    struct chr_socket *c = (struct chr_socket *)chr;
    bool wait;
    int fd = -1, rc;

    chr_stream_init(&c->s);
    c->s.socket = true;
    c->s.recv = socket_recv;
    c->s.eof = socket_eof;
    c->fd = c->listener.fd = c->connecting.fd = c->timer.fd = -1;
    rc = parse(c, opts, &fd, &wait, err);
    if (!rc) /* before a client is waited for */
        rc = opts_check(opts, "socket", chr_socket.keys, err);
    if (rc < 0)
        return rc;
    if (c->server)
        return open_server(c, fd, wait, err);
    c->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    c->timer.events = EPOLLIN;
    c->timer.fn = on_timer;
    c->timer.opaque = c;
    rc = c->timer.fd < 0 ? -errno : loop_fd_add(chr->vm->loop, &c->timer);
    if (rc < 0)
        return err_set(err, rc, "socket: %s", strerror(-rc));
    return open_client(c, fd, err);
}

static void unlink_path(struct chr_socket *c)
{
    const char *path = ((struct sockaddr_un *)&c->addr)->sun_path;
    struct stat st;

    if (c->path_ours && !lstat(path, &st) && st.st_dev == c->path_dev &&
        st.st_ino == c->path_ino)
        unlink(path);
}

static void socket_close(struct chr *chr)
{
    struct chr_socket *c = (struct chr_socket *)chr;
    struct loop_fd *const all[] = {&c->listener, &c->connecting, &c->timer};

    chr_stream_stop(&c->s);
    if (c->fd >= 0)
        close(c->fd);
    drop_fds(c);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        loop_fd_del(all[i]);
        if (all[i]->fd >= 0)
            close(all[i]->fd);
    }
    unlink_path(c);
}

const struct chr_ops chr_socket = {
    .backend = "socket",
    .desc = "a unix or TCP socket",
    .keys = "path, host, port, fd, server, wait, nodelay, reconnect",
    .size = sizeof(struct chr_socket),
    .open = socket_open,
    .close = socket_close,
    .write = chr_stream_write,
    .accept = chr_stream_accept,
    .take_fd = socket_take_fd,
    .hang_up = socket_hang_up,
};
