/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For implementers of chardev backends: the table below chr_ops, and the byte
 * stream over file descriptors that most of them are.
 */
#ifndef HVMD_DM_CHAR_CHR_PRIV_H
#define HVMD_DM_CHAR_CHR_PRIV_H

#include <sys/types.h>

#include "dm/char/chr.h"

struct chr_ops {
    const char *backend;
    const char *desc;
    const char *keys; /* beside backend and id, for messages */
    size_t size;      /* of the instance, struct chr first */
    int (*open)(struct chr *chr, struct opts *opts, struct cfg_err *err);
    void (*close)(struct chr *chr); /* legal after a failed open */
    /* As chr_write; called while chr->open only. */
    int (*write)(struct chr *chr, const void *buf, size_t len);
    /* These may be NULL. */
    void (*accept)(struct chr *chr);
    int (*take_fd)(struct chr *chr);
    void (*hang_up)(struct chr *chr);
};

extern const struct chr_ops chr_file, chr_null, chr_pty, chr_socket, chr_stdio;
extern const struct chr_ops *const chr_backends[]; /* ends with NULL */

/* The other end came or went; tells the user. */
void chr_set_open(struct chr *chr, bool open);
/* Bytes the user takes now; 0 without a user. */
size_t chr_room(struct chr *chr);
void chr_feed(struct chr *chr, const uint8_t *buf, size_t len);
void chr_writable(struct chr *chr);

/*
 * A stream: reads when there is room, writes until the descriptor is full.
 * in.fd and out.fd may be the same. The backend owns the descriptors.
 */
struct chr_stream {
    struct chr chr;
    struct loop_fd in, out; /* fd -1: this direction does not exist */
    bool reading;           /* watch for input */
    bool ended;             /* no more input will come */
    bool blocked;           /* a write came out short */
    bool polled;            /* input of a kind that epoll does not take */
    bool socket;            /* in.fd is one: the peer's end is always heard */
    bool eager;             /* recv sees input before there is room for it */
    int write_error;
    struct loop_task poll_task, error_task;
    uint8_t ahead[1024]; /* eager: what waits for room */
    size_t ahead_len;
    /* read(2), or what the backend does instead; 0: the end. */
    ssize_t (*recv)(struct chr_stream *s, void *buf, size_t len);
    /* From the loop: input has ended (err 0), or a write has failed (-errno);
     * may stop or close the stream. -EAGAIN: the peer of a socket will send
     * no more, and what it has sent waits for the user. NULL: live with it. */
    void (*eof)(struct chr_stream *s, int err);
};

/* First of all, once; recv is read(2) then. */
void chr_stream_init(struct chr_stream *s);
/* Takes in_fd and out_fd (-1: none), which are non-blocking or always ready.
 * -errno, nothing watched then. */
int chr_stream_start(struct chr_stream *s, int in_fd, int out_fd);
/* Stops watching; idempotent. Closes nothing. */
void chr_stream_stop(struct chr_stream *s);
int chr_stream_write(struct chr *chr, const void *buf, size_t len);
void chr_stream_accept(struct chr *chr);

#endif
