/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/lib/wire.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dm/bytes.h"

#define ETH 14

void wire_new(struct wire *w, const char *model)
{
    char netdev[64], device[160];
    int sv[2];
    const char *args[] = {"-netdev", netdev, "-device", device, NULL};

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
    w->peer = sv[1];
    snprintf(netdev, sizeof(netdev), "socket,id=n0,fd=%d", sv[0]);
    snprintf(
        device, sizeof(device),
        "%s,id=card,netdev=n0,addr=5,mac=52:54:00:00:00:05,romfile=", model);
    w->t = tv_new("pc", args);
    w->card = (struct pci_dev *)tv_dev(w->t, "card");
    w->net = net_find(&w->t->vm, "n0");
    for (unsigned i = 0; i < 2; i++)
        tv_cfg_write(w->t, WIRE_BDF, PCI_BAR_0 + 4 * i, 4,
                     w->card->bar[i].type == PCI_BAR_IO ? WIRE_IO : WIRE_MEM);
    tv_cfg_write(w->t, WIRE_BDF, PCI_COMMAND, 2,
                 PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

void wire_free(struct wire *w)
{
    tv_free(w->t);
    close(w->peer);
}

void wire_put(struct wire *w, const uint8_t *frame, size_t len)
{
    uint32_t be = htonl((uint32_t)len);

    ck_assert_int_eq(write(w->peer, &be, 4), 4);
    ck_assert_int_eq(write(w->peer, frame, len), (ssize_t)len);
}

size_t wire_get(struct wire *w)
{
    uint32_t be;
    ssize_t n = recv(w->peer, &be, 4, MSG_DONTWAIT);

    if (n < 0) {
        ck_assert_int_eq(errno, EAGAIN);
        return 0;
    }
    ck_assert_int_eq(n, 4);
    ck_assert_uint_le(ntohl(be), sizeof(w->frame));
    n = recv(w->peer, w->frame, ntohl(be), MSG_WAITALL);
    ck_assert_int_eq(n, ntohl(be));
    return (size_t)n;
}

bool wire_irq(const struct wire *w)
{
    return w->card->intx_level;
}

static bool never(void *opaque)
{
    unsigned *rounds = opaque;

    return ++*rounds > 8;
}

void wire_settle(struct wire *w)
{
    unsigned rounds = 0;

    tv_wait(w->t, never, &rounds, 20);
}

/* ---- frames ---- */

static void payload(uint8_t *p, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(seed + i * 7 + i / 251);
}

void wire_fill(uint8_t *frame, const char *to, size_t len, unsigned seed)
{
    memcpy(frame, to, 6);
    memcpy(frame + 6, "\x02\0\0\0\0\x01", 6);
    be_put16(frame + 12, 0x88b5); /* for experiments */
    payload(frame + ETH, len - ETH, seed);
}

size_t wire_ip(uint8_t *frame, int version, int proto, size_t len)
{
    size_t head = version == 4 ? 20 : 40, l4 = proto == WIRE_TCP ? 20 : 8;
    uint8_t *ip = frame + ETH, *p = ip + head;

    wire_fill(frame, "\x02\0\0\0\0\x02", ETH + head + l4 + len, 1);
    memset(ip, 0, head + l4);
    be_put16(frame + 12, version == 4 ? 0x0800 : 0x86dd);
    if (version == 4) {
        ip[0] = 0x45;
        be_put16(ip + 2, (uint16_t)(head + l4 + len));
        be_put16(ip + 4, 0x1234);
        ip[8] = 64;
        ip[9] = (uint8_t)proto;
        memcpy(ip + 12, "\x0a\0\0\x01\x0a\0\0\x02", 8);
    } else {
        ip[0] = 0x60;
        be_put16(ip + 4, (uint16_t)(l4 + len));
        ip[6] = (uint8_t)proto;
        ip[7] = 64;
        memset(ip + 8, 0xfd, 32);
    }
    be_put16(p, 1000);
    be_put16(p + 2, 2000);
    if (proto == WIRE_TCP) {
        be_put32(p + 4, 0xfffffff0); /* it will wrap */
        p[12] = 0x50;
        p[13] = 0x19; /* ACK, PSH, FIN */
    } else {
        be_put16(p + 4, (uint16_t)(8 + len));
    }
    return ETH + head + l4 + len;
}

static uint32_t sum(const uint8_t *p, size_t len)
{
    uint32_t s = 0;

    for (size_t i = 0; i < len; i++)
        s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    return s;
}

static bool is_ones(uint32_t s)
{
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    return s == 0xffff;
}

uint32_t wire_pseudo(const uint8_t *frame, size_t l4_len)
{
    bool v4 = be_get16(frame + 12) == 0x0800;
    const uint8_t *ip = frame + ETH;

    return (uint32_t)l4_len + ip[v4 ? 9 : 6] +
           (v4 ? sum(ip + 12, 8) : sum(ip + 8, 32));
}

bool wire_l4_right(const uint8_t *frame, size_t len)
{
    size_t l4 = be_get16(frame + 12) == 0x0800 ? ETH + 20 : ETH + 40;

    return is_ones(wire_pseudo(frame, len - l4) + sum(frame + l4, len - l4));
}

bool wire_sums_right(const uint8_t *frame)
{
    bool v4 = be_get16(frame + 12) == 0x0800;
    const uint8_t *ip = frame + ETH;
    size_t len = ETH + (v4 ? be_get16(ip + 2) : 40u + be_get16(ip + 4));

    return (!v4 || is_ones(sum(ip, 20))) && wire_l4_right(frame, len);
}

static void segment(const uint8_t *g, const uint8_t *frame, size_t headers,
                    size_t part, size_t done, size_t mss, bool last)
{
    bool v4 = g[14] >> 4 == 4;
    size_t l4 = v4 ? 34 : 54;

    ck_assert(wire_sums_right(g));
    ck_assert_mem_eq(g + headers, frame + headers + done, part);
    if (headers - l4 == 20) {
        ck_assert_uint_eq(be_get32(g + l4 + 4), (uint32_t)(0xfffffff0 + done));
        ck_assert_uint_eq(g[l4 + 13], last ? 0x19 : 0x10);
    } else {
        ck_assert_uint_eq(be_get16(g + l4 + 4), 8 + part);
    }
    if (v4) {
        ck_assert_uint_eq(be_get16(g + 16), headers + part - ETH);
        ck_assert_uint_eq(be_get16(g + 18), 0x1234 + done / mss);
    } else {
        ck_assert_uint_eq(be_get16(g + 18), headers + part - ETH - 40);
    }
}

void wire_segments(struct wire *w, const uint8_t *frame, size_t len, size_t mss)
{
    bool v4 = frame[14] >> 4 == 4, tcp = frame[v4 ? 23 : 20] == WIRE_TCP;
    size_t headers = (v4 ? 34 : 54) + (tcp ? 20 : 8), at, got;

    for (at = headers; at < len; at += mss) {
        size_t part = len - at < mss ? len - at : mss;

        got = wire_get(w);
        if (!got) { /* the cable was full */
            wire_settle(w);
            got = wire_get(w);
        }
        ck_assert_uint_eq(got, headers + part < 60 ? 60 : headers + part);
        segment(w->frame, frame, headers, part, at - headers, mss,
                at + part == len);
    }
    ck_assert_uint_eq(wire_get(w), 0);
}
