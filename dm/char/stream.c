/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/char/chr-priv.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dm/machine.h"

static void update(struct chr_stream *s)
{
    uint32_t in = s->reading ? EPOLLIN : 0;
    uint32_t out = s->blocked ? EPOLLOUT : 0;
    uint32_t gone = s->socket && !in && !out ? EPOLLRDHUP | EPOLLET : 0;

    if (s->polled) {
        if (s->reading)
            loop_post(s->chr.vm->loop, &s->poll_task);
    } else if (s->in.fd == s->out.fd) {
        loop_fd_events(&s->in, in | out | gone);
    } else {
        loop_fd_events(&s->in, in);
    }
    if (s->in.fd != s->out.fd)
        loop_fd_events(&s->out, out);
}

static void end(struct chr_stream *s, int err)
{
    if (s->eof)
        s->eof(s, err);
}

static ssize_t recv_some(struct chr_stream *s, void *buf, size_t len)
{
    ssize_t n = s->recv(s, buf, len);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n > 0)
        return n;
    s->reading = false;
    s->ended = true;
    return -1;
}

static ssize_t take_ahead(struct chr_stream *s, void *buf, size_t len)
{
    size_t n = len < s->ahead_len ? len : s->ahead_len;

    memcpy(buf, s->ahead, n);
    s->ahead_len -= n;
    memmove(s->ahead, s->ahead + n, s->ahead_len);
    if (s->ahead_len)
        loop_post(s->chr.vm->loop, &s->poll_task);
    return n;
}

/* Nothing is touched after chr_feed: the user may have hung up, or more. */
static void stream_read(struct chr_stream *s)
{
    size_t room = chr_room(&s->chr), ahead = sizeof(s->ahead) - s->ahead_len;
    uint8_t buf[4096];
    ssize_t n = 0;

    if (room > sizeof(buf))
        room = sizeof(buf);
    if (room && s->ahead_len) {
        n = take_ahead(s, buf, room);
    } else if (room) {
        n = recv_some(s, buf, room);
    } else if (s->eager && s->reading && ahead) {
        n = recv_some(s, s->ahead + s->ahead_len, ahead);
        if (n > 0)
            s->ahead_len += n;
    } else {
        s->reading = false;
    }
    update(s);
    if (n < 0)
        end(s, 0);
    else if (n && room)
        chr_feed(&s->chr, buf, n);
}

static void unblock(struct chr_stream *s)
{
    s->blocked = false;
    update(s);
    chr_writable(&s->chr);
}

/* Nobody reads: what there is to read is kept, the end is not kept secret. */
static void peer_ended(struct chr_stream *s)
{
    char byte;
    ssize_t n = recv(s->in.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return;
    s->ended = n <= 0;
    end(s, s->ended ? 0 : -EAGAIN);
}

static void on_in(void *opaque, uint32_t events)
{
    struct chr_stream *s = opaque;

    /* One a call, as each may end the stream; epoll comes back. */
    if (s->blocked && s->in.fd == s->out.fd && events & ~EPOLLIN)
        unblock(s);
    else if (s->reading)
        stream_read(s);
    else if (s->socket)
        peer_ended(s);
}

static void on_out(void *opaque, uint32_t events)
{
    unblock(opaque);
}

static void on_poll(void *opaque)
{
    struct chr_stream *s = opaque;

    if (s->reading || s->ahead_len)
        stream_read(s);
}

static void on_write_error(void *opaque)
{
    struct chr_stream *s = opaque;

    end(s, s->write_error);
}

static ssize_t plain_read(struct chr_stream *s, void *buf, size_t len)
{
    return read(s->in.fd, buf, len);
}

void chr_stream_init(struct chr_stream *s)
{
    struct loop_fd in = {.fd = -1, .fn = on_in, .opaque = s};
    struct loop_fd out = {.fd = -1, .fn = on_out, .opaque = s};

    s->in = in;
    s->out = out;
    s->poll_task.fn = on_poll;
    s->error_task.fn = on_write_error;
    s->poll_task.opaque = s->error_task.opaque = s;
    s->recv = plain_read;
    /* A reader that went away is an error of write(2), not our end. */
    signal(SIGPIPE, SIG_IGN);
}

int chr_stream_start(struct chr_stream *s, int in_fd, int out_fd)
{
    struct loop *loop = s->chr.vm->loop;
    int rc;

    s->in.fd = in_fd;
    s->out.fd = out_fd;
    s->in.events = s->out.events = 0;
    s->ended = s->blocked = s->polled = false;
    s->reading = in_fd >= 0;
    if (in_fd >= 0) {
        s->in.events = EPOLLIN;
        rc = loop_fd_add(loop, &s->in);
        if (rc == -EPERM) /* a regular file, /dev/null: always ready */
            s->polled = true;
        else if (rc < 0)
            goto out;
    }
    if (out_fd >= 0 && out_fd != in_fd) {
        rc = loop_fd_add(loop, &s->out);
        if (rc < 0)
            goto out;
    }
    update(s);
    return 0;
out:
    chr_stream_stop(s);
    return rc;
}

void chr_stream_stop(struct chr_stream *s)
{
    struct loop *loop = s->chr.vm->loop;

    loop_fd_del(&s->in);
    loop_fd_del(&s->out);
    loop_cancel(loop, &s->poll_task);
    loop_cancel(loop, &s->error_task);
    s->reading = s->blocked = false;
    s->ahead_len = 0;
    s->in.fd = s->out.fd = -1;
}

int chr_stream_write(struct chr *chr, const void *buf, size_t len)
{
    struct chr_stream *s = (struct chr_stream *)chr;
    size_t done = 0;
    ssize_t r;

    if (s->blocked)
        return 0;
    while (done < len) {
        r = write(s->out.fd, (const char *)buf + done, len - done);
        if (r >= 0) {
            done += r;
        } else if (errno == EAGAIN) {
            s->blocked = true;
            update(s);
            break;
        } else if (errno != EINTR) {
            /* Not told from within: the user is in the middle of a write. */
            s->write_error = -errno;
            loop_post(chr->vm->loop, &s->error_task);
            return -EPIPE;
        }
    }
    return done;
}

void chr_stream_accept(struct chr *chr)
{
    struct chr_stream *s = (struct chr_stream *)chr;

    if (s->ahead_len)
        loop_post(chr->vm->loop, &s->poll_task);
    if (s->in.fd < 0 || s->ended || s->reading)
        return;
    s->reading = true;
    update(s);
}
