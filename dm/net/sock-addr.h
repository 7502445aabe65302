/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses of the socket networks. Names are looked up when they are parsed,
 * so this belongs to the main thread at start.
 */
#ifndef HVMD_DM_NET_SOCK_ADDR_H
#define HVMD_DM_NET_SOCK_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "dm/err.h"

struct opts;

struct sock_addr {
    struct sockaddr_storage ss;
    socklen_t len;
    const char *fd; /* a descriptor's number in place of an address */
};

/* "HOST:PORT" or "[IPV6]:PORT"; passive: the host may be absent. */
int sock_parse_inet(const char *text, bool passive, struct sock_addr *a,
                    struct cfg_err *err);
/* PREFIX.type=inet|unix|fd with PREFIX.host, .port, .path or .str. text: for
 * messages. -ENOENT without err: there is no PREFIX.type. */
int sock_parse_opts(struct opts *opts, const char *prefix, struct sock_addr *a,
                    char *text, size_t text_len, struct cfg_err *err);

/* The file of a Unix socket of this type (SOCK_STREAM, SOCK_DGRAM) that nobody
 * serves any more goes out of the way of a new one. */
void sock_remove_stale(const struct sock_addr *a, int type);
/* *fd is non-blocking and close-on-exec. text: the address in messages. */
int sock_listen(const struct sock_addr *a, const char *text, int *fd,
                struct cfg_err *err);
int sock_connect(const struct sock_addr *a, const char *text, int *fd,
                 struct cfg_err *err);
/* Frames go at once, whole: no Nagle. Nothing to do for what is not TCP. */
void sock_tune(int fd);

#endif
