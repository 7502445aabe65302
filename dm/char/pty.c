/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pseudo terminal. It is open while someone has its terminal side open:
 * inotify tells when that begins, EIO when it has ended. Output while nobody
 * looks is forgotten rather than kept for the next one to find.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#include "dm/char/chr-priv.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "dm/options.h"

struct chr_pty {
    struct chr_stream s;
    int fd;
    struct loop_fd watch;
    char name[64];
    char *link;
};

/* Someone is there, or was and left something to read. */
static bool has_peer(struct chr_pty *p)
{
    struct pollfd pfd = {.fd = p->fd, .events = POLLIN};

    return poll(&pfd, 1, 0) >= 0 &&
           (!(pfd.revents & POLLHUP) || pfd.revents & POLLIN);
}

static void pty_check(struct chr_pty *p)
{
    int rc;

    if (p->s.chr.open || !has_peer(p))
        return;
    rc = chr_stream_start(&p->s, p->fd, p->fd);
    if (rc < 0) {
        log_err(p->s.chr.id, "%s: %s", p->name, strerror(-rc));
        return;
    }
    chr_set_open(&p->s.chr, true);
}

static void on_watch(void *opaque, uint32_t events)
{
    struct chr_pty *p = opaque;
    char buf[4096];
    ssize_t r = read(p->watch.fd, buf, sizeof(buf));

    (void)r; /* which event it was does not matter */
    pty_check(p);
}

static void pty_gone(struct chr_stream *s, int err)
{
    struct chr_pty *p = (struct chr_pty *)s;

    chr_stream_stop(s);
    chr_set_open(&s->chr, false);
    pty_check(p); /* the next one may have come already */
}

static int pty_write(struct chr *chr, const void *buf, size_t len)
{
    struct chr_pty *p = (struct chr_pty *)chr;
    struct pollfd pfd = {.fd = p->fd};

    /* The kernel would take it until its buffer is full. */
    if (poll(&pfd, 1, 0) > 0 && pfd.revents & POLLHUP)
        return -EPIPE;
    return chr_stream_write(chr, buf, len);
}

/* inotify, or where a user has too many of them, a look every second. */
static int watch_open(const char *name)
{
    static const struct itimerspec second = {{1, 0}, {1, 0}};
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    if (fd >= 0 && inotify_add_watch(fd, name, IN_OPEN) >= 0)
        return fd;
    if (fd >= 0)
        close(fd);
    fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd >= 0)
        timerfd_settime(fd, 0, &second, NULL);
    return fd;
}

static int make_pty(struct chr_pty *p)
{
    struct termios tio;
    int side, rc = 0;

    p->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (p->fd < 0 || grantpt(p->fd) < 0 || unlockpt(p->fd) < 0)
        return -errno;
    rc = ptsname_r(p->fd, p->name, sizeof(p->name));
    if (rc)
        return -rc;
    /* Opened and closed once, its master sees the hang-up of "nobody". */
    side = open(p->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (side < 0)
        return -errno;
    if (tcgetattr(side, &tio) < 0) {
        rc = -errno;
    } else {
        cfmakeraw(&tio);
        rc = tcsetattr(side, TCSANOW, &tio) < 0 ? -errno : 0;
    }
    close(side);
    return rc;
}

static int make_link(struct chr_pty *p, const char *path, struct cfg_err *err)
{
    struct stat st;

    /* A link of an earlier run is replaced, nothing else is. */
    if (!lstat(path, &st) && S_ISLNK(st.st_mode))
        unlink(path);
    if (symlink(p->name, path) < 0)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    p->link = strdup(path);
    return 0;
}

static int pty_open(struct chr *chr, struct opts *opts, struct cfg_err *err)
{
    struct chr_pty *p = (struct chr_pty *)chr;
    const char *path = opts_get(opts, "path");
    int rc;

    chr_stream_init(&p->s);
    p->s.eof = pty_gone;
    p->fd = p->watch.fd = -1;
    rc = make_pty(p);
    if (rc < 0)
        return err_set(err, rc, "cannot make a pty: %s", strerror(-rc));
    p->watch.fd = watch_open(p->name);
    p->watch.events = EPOLLIN;
    p->watch.fn = on_watch;
    p->watch.opaque = p;
    rc = p->watch.fd < 0 ? -errno : loop_fd_add(chr->vm->loop, &p->watch);
    if (rc < 0)
        return err_set(err, rc, "%s: %s", p->name, strerror(-rc));
    if (path) {
        rc = make_link(p, path, err);
        if (rc < 0)
            return rc;
    }
    snprintf(chr->filename, sizeof(chr->filename), "pty:%s", p->name);
    /* QEMU's words on QEMU's channel: scripts look for them. */
    printf("char device redirected to %s (label %s)\n", p->name, chr->id);
    fflush(stdout);
    return 0;
}

static void pty_close(struct chr *chr)
{
    struct chr_pty *p = (struct chr_pty *)chr;

    chr_stream_stop(&p->s);
    loop_fd_del(&p->watch);
    if (p->watch.fd >= 0)
        close(p->watch.fd);
    if (p->fd >= 0)
        close(p->fd);
    if (p->link)
        unlink(p->link);
    free(p->link);
}

const struct chr_ops chr_pty = {
    .backend = "pty",
    .desc = "a new pseudo terminal",
    .keys = "path",
    .size = sizeof(struct chr_pty),
    .open = pty_open,
    .close = pty_close,
    .write = pty_write,
    .accept = chr_stream_accept,
};
