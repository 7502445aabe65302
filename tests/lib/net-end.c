/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/lib/net-end.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/options.h"
#include "tests/lib/suite.h"

static int64_t stopped_clock(struct vm *v)
{
    return NET_END_CLOCK_MS * 1000000LL;
}

static const struct engine_ops fake_engine = {
    .name = "fake",
    .caps = ENGINE_VIRTUAL_TIME,
    .clock_ns = stopped_clock,
};

struct vm net_vm;
char net_dir[64];

void net_end_setup(void)
{
    net_vm.engine = &fake_engine;
    net_vm.loop = loop_new(NULL);
    suite_path(net_dir, sizeof(net_dir), "net-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(net_dir));
}

void net_end_teardown(void)
{
    char cmd[100];

    while (net_vm.nets)
        net_close(net_vm.nets);
    loop_free(net_vm.loop);
    snprintf(cmd, sizeof(cmd), "rm -r %s", net_dir);
    ck_assert_int_eq(system(cmd), 0);
}

int try_open(const char *text, struct net **net, struct cfg_err *err)
{
    struct opts *o = NULL;
    int rc = opts_parse(text, "type", &o, err);

    if (!rc)
        rc = net_open(&net_vm, o, net, err);
    opts_free(o);
    return rc;
}

struct net *open_net(const char *fmt, ...)
{
    struct cfg_err err = {""};
    struct net *net = NULL;
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    ck_assert_msg(!try_open(text, &net, &err), "%s: %s", text, err.text);
    return net;
}

static void on_readable(void *opaque)
{
    struct end *e = opaque;

    e->readable = true;
    net_rx_enable(e->q, false);
}

struct end *end_at(struct net *net, unsigned idx, bool vnet)
{
    struct end *e = calloc(1, sizeof(*e));

    e->q = net_queue_new(net, idx, net_vm.loop, vnet, on_readable, e);
    ck_assert_ptr_nonnull(e->q);
    return e;
}

struct end *end_new(struct net *net, bool vnet)
{
    return end_at(net, 0, vnet);
}

void end_free(struct end *e)
{
    net_queue_free(e->q);
    free(e);
}

ssize_t take(struct end *e, void *buf, size_t len)
{
    struct iovec iov = {buf, len};

    return net_recv(e->q, &iov, 1);
}

ssize_t give(struct end *e, const void *buf, size_t len)
{
    struct iovec iov[2] = {{(void *)buf, len / 3},
                           {(char *)buf + len / 3, len - len / 3}};

    return net_send(e->q, iov, 2);
}

ssize_t await(struct end *e, void *buf, size_t len)
{
    ssize_t n;

    for (unsigned i = 0; i < 100; i++) {
        n = take(e, buf, len);
        if (n != -EAGAIN)
            return n;
        e->readable = false;
        net_rx_enable(e->q, true);
        for (unsigned j = 0; j < 1000 && !e->readable; j++)
            loop_once(net_vm.loop, 10);
        if (!e->readable)
            break;
    }
    net_rx_enable(e->q, false);
    return -EAGAIN;
}

void settle(void)
{
    for (unsigned i = 0; i < 20; i++)
        loop_once(net_vm.loop, 1);
}

void expect_none(struct end *e)
{
    net_rx_enable(e->q, true);
    settle();
    net_rx_enable(e->q, false);
    ck_assert_int_eq(take(e, (char[2000]){0}, 2000), -EAGAIN);
}

void fill(uint8_t *buf, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        buf[i] = (uint8_t)(seed + i * 7 + i / 251);
}

void same(const uint8_t *buf, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        ck_assert_msg(buf[i] == (uint8_t)(seed + i * 7 + i / 251),
                      "byte %zu of %zu differs", i, len);
}
