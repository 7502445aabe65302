/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of host networks: a machine that is nothing but a loop, a clock
 * that stands still and a folder, and ends of networks as a device has them.
 */
#ifndef HVMD_TESTS_LIB_NET_END_H
#define HVMD_TESTS_LIB_NET_END_H

#include <check.h>

#include "dm/machine.h"
#include "dm/net/net.h"

#define NET_END_CLOCK_MS 5000

extern struct vm net_vm;
extern char net_dir[64]; /* for sockets and files */

void net_end_setup(void);
void net_end_teardown(void); /* closes all networks */

/* opts as of -netdev. */
int try_open(const char *text, struct net **net, struct cfg_err *err);
struct net *open_net(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* A device that takes frames one at a time, when it is asked to. */
struct end {
    struct net_queue *q;
    bool readable;
};
struct end *end_at(struct net *net, unsigned idx, bool vnet);
struct end *end_new(struct net *net, bool vnet); /* idx 0 */
void end_free(struct end *e);
ssize_t take(struct end *e, void *buf, size_t len);
ssize_t give(struct end *e, const void *buf, size_t len);
/* Runs the loop till a frame is there; -EAGAIN: none comes. */
ssize_t await(struct end *e, void *buf, size_t len);
/* Whatever comes, it is no frame. */
void expect_none(struct end *e);
/* Lets the loop do what it has to; nothing comes of it that we wait for. */
void settle(void);

/* A frame's contents. */
void fill(uint8_t *buf, size_t len, unsigned seed);
void same(const uint8_t *buf, size_t len, unsigned seed);

#endif
