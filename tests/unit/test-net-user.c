/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "user" from the guest's side: a host of raw frames that does DHCP, answers
 * ARP and speaks just enough TCP. Peers are processes of this one.
 */
#include "config.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dm/bytes.h"
#include "tests/lib/net-end.h"
#include "tests/lib/suite.h"

#define UP 140000u /* bytes guest to host, an even number of segments */
#define DOWN 1000000u
#define SEGMENT 1400u

static const uint8_t guest_mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
static const uint8_t host_mac[6] = {0x52, 0x55, 10, 0, 2, 2};

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static struct end *nic;
static uint32_t guest_ip = 0x0a00020f, host_ip = 0x0a000202;
static uint8_t frame[2048]; /* the last one received */

static uint32_t sum(uint32_t s, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        s += (uint32_t)p[i] << (i & 1 ? 0 : 8);
    return s;
}

static unsigned fold(uint32_t s)
{
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    return ~s & 0xffff;
}

/* Ethernet and IPv4 in front of len bytes that stand at f + 34. */
static void send_ip(uint8_t *f, unsigned proto, uint32_t from, uint32_t to,
                    size_t len)
{
    memcpy(f,
           proto == IPPROTO_UDP ? (uint8_t[]){255, 255, 255, 255, 255, 255}
                                : host_mac,
           6);
    memcpy(f + 6, guest_mac, 6);
    be_put16(f + 12, 0x0800);
    /* f + 18 and f + 20 are the caller's: identification and fragment */
    f[14] = 0x45;
    f[15] = 0;
    be_put16(f + 16, (unsigned)(20 + len));
    be_put16(f + 24, 0);
    f[22] = 64;
    f[23] = (uint8_t)proto;
    be_put32(f + 26, from);
    be_put32(f + 30, to);
    be_put16(f + 24, fold(sum(0, f + 14, 20)));
    ck_assert_int_eq(give(nic, f, 34 + len), (ssize_t)(34 + len));
}

struct tcp {
    unsigned port, peer_port;
    uint32_t seq, acked; /* next to send; what the peer has */
    uint32_t next;       /* next expected from it */
};

static void send_tcp(struct tcp *c, unsigned flags, const uint8_t *data,
                     size_t len)
{
    uint8_t f[1600] = {0}, *t = f + 34;

    be_put16(t, c->port);
    be_put16(t + 2, c->peer_port);
    be_put32(t + 4, c->seq);
    be_put32(t + 8, c->next);
    t[12] = 5 << 4;
    t[13] = (uint8_t)flags;
    be_put16(t + 14, 60000);
    if (len)
        memcpy(t + 20, data, len);
    be_put32(f + 26, guest_ip);
    be_put32(f + 30, host_ip);
    be_put16(t + 16,
             fold(sum(IPPROTO_TCP + 20 + (uint32_t)len, f + 26, 8 + 20 + len)));
    send_ip(f, IPPROTO_TCP, guest_ip, host_ip, 20 + len);
    c->seq += (uint32_t)len + (flags & (SYN | FIN) ? 1 : 0);
}

static void answer_arp(void)
{
    uint8_t f[42];

    memcpy(f, frame, 42);
    memcpy(f, frame + 6, 6);
    memcpy(f + 6, guest_mac, 6);
    f[21] = 2;
    memcpy(f + 22, guest_mac, 6);
    memcpy(f + 28, frame + 38, 4);
    memcpy(f + 32, frame + 22, 10);
    ck_assert_int_eq(give(nic, f, 42), 42);
}

/* The next IPv4 frame of this protocol; 0: none. Answers ARP meanwhile. */
static size_t next_ip(unsigned proto)
{
    for (;;) {
        ssize_t n = await(nic, frame, sizeof(frame));

        if (n == -EAGAIN)
            return 0;
        ck_assert_int_ge(n, 42);
        if (be_get16(frame + 12) == 0x0806 && frame[21] == 1 &&
            be_get32(frame + 38) == guest_ip)
            answer_arp();
        if (be_get16(frame + 12) == 0x0800 && frame[23] == proto)
            return 14 + be_get16(frame + 16);
    }
}

/* ---- DHCP ---- */

static unsigned dhcp(unsigned type, uint32_t want)
{
    uint8_t f[400] = {0}, *u = f + 34, *b = u + 8;

    be_put16(u, 68);
    be_put16(u + 2, 67);
    be_put16(u + 4, 8 + 300);
    b[0] = 1;
    b[1] = 1;
    b[2] = 6;
    be_put32(b + 4, 0x12345678);
    memcpy(b + 28, guest_mac, 6);
    be_put32(b + 236, 0x63825363);
    memcpy(b + 240, (uint8_t[]){53, 1, (uint8_t)type, 50, 4}, 5);
    be_put32(b + 245, want);
    b[249] = 255;
    send_ip(f, IPPROTO_UDP, 0, 0xffffffff, 8 + 300);

    if (!next_ip(IPPROTO_UDP) || be_get16(frame + 36) != 68)
        return 0;
    ck_assert_uint_eq(be_get32(frame + 42 + 4), 0x12345678);
    guest_ip = be_get32(frame + 42 + 16);
    return frame[42 + 242];
}

static void lease(void)
{
    ck_assert_uint_eq(dhcp(1, 0x0a00020f), 2); /* DISCOVER, OFFER */
    ck_assert_uint_eq(dhcp(3, guest_ip), 5);   /* REQUEST, ACK */
}

static void up(const char *more)
{
    nic = end_new(open_net("user,id=u%s", more), false);
}

START_TEST(dhcp_gives_addresses)
{
    up(",net=192.168.7.0/24,dhcpstart=192.168.7.50,hostname=box");
    ck_assert_uint_eq(dhcp(1, 0xc0a80732), 2);
    ck_assert_uint_eq(guest_ip, 0xc0a80732);
    ck_assert_uint_eq(dhcp(3, guest_ip), 5);
    ck_assert_ptr_nonnull(memmem(frame, sizeof(frame), "box", 3));
    end_free(nic);
}
END_TEST

/* ---- TCP ---- */

static void child_write(int fd, size_t len)
{
    uint8_t *buf = malloc(len);

    fill(buf, len, 5);
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, buf + done, len - done);

        if (n <= 0)
            _exit(3);
        done += (size_t)n;
    }
    free(buf);
}

static void child_read(int fd, size_t len)
{
    uint8_t *buf = malloc(len);

    if (recv(fd, buf, len, MSG_WAITALL) != (ssize_t)len)
        _exit(4);
    for (size_t i = 0; i < len; i++)
        if (buf[i] != (uint8_t)(5 + i * 7 + i / 251))
            _exit(5);
    free(buf);
}

/* Takes UP bytes and gives DOWN. */
static void child_serve(int fd)
{
    child_read(fd, UP);
    child_write(fd, DOWN);
    close(fd);
    _exit(0);
}

static void expect_child(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status),
                  "the peer's status is %#x", status);
}

/* A port that no other program gets while *fd is open; one that asks for it
 * as politely, as libslirp does, may listen there as long as we do not. */
static unsigned own_port(int *fd)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t len = sizeof(in);

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(*fd, (struct sockaddr *)&in, sizeof(in)), 0);
    ck_assert_int_eq(setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, 4),
                     0);
    ck_assert_int_eq(getsockname(*fd, (struct sockaddr *)&in, &len), 0);
    return ntohs(in.sin_port);
}

static unsigned listen_any(int *fd)
{
    unsigned port = own_port(fd);

    ck_assert_int_eq(listen(*fd, 1), 0);
    return port;
}

/* One segment of c: its flags, data appended to buf; 0: none came. */
static unsigned receive(struct tcp *c, uint8_t *buf, size_t *have)
{
    const uint8_t *t = frame + 34;
    size_t n = next_ip(IPPROTO_TCP), data;

    if (!n)
        return 0;
    ck_assert_uint_eq(
        fold(sum(IPPROTO_TCP + (uint32_t)n - 34, frame + 26, n - 26)), 0);
    ck_assert_uint_eq(be_get16(t + 2), c->port);
    c->peer_port = be_get16(t);
    if (t[13] & SYN)
        c->next = be_get32(t + 4) + 1;
    if (t[13] & ACK)
        c->acked = be_get32(t + 8);
    data = n - 34 - (size_t)(t[12] >> 4) * 4;
    if (data) {
        ck_assert_uint_eq(be_get32(t + 4), c->next);
        ck_assert_uint_le(*have + data, DOWN);
        memcpy(buf + *have, t + (t[12] >> 4) * 4, data);
        *have += data;
        c->next += (uint32_t)data;
    }
    if (t[13] & FIN)
        c->next++;
    return t[13];
}

/* The connection stands: UP bytes there, DOWN bytes back. */
static void exchange(struct tcp *c)
{
    uint8_t *buf = malloc(DOWN);
    uint32_t first = c->seq;
    size_t have = 0;
    unsigned flags = 0;

    fill(buf, UP, 5);
    while (c->seq - first < UP) {
        if (c->seq - c->acked > 20000) {
            ck_assert_uint_ne(receive(c, buf, &have), 0);
            continue;
        }
        send_tcp(c, ACK | PSH, buf + (c->seq - first), SEGMENT);
    }
    do {
        flags = receive(c, buf, &have);
        ck_assert_msg(flags && !(flags & RST), "stuck at %zu bytes", have);
        if (frame[34 + 13] & FIN || have)
            send_tcp(c, ACK, NULL, 0);
    } while (!(flags & FIN));
    ck_assert_uint_eq(have, DOWN);
    same(buf, DOWN, 5);
    free(buf);
}

START_TEST(tcp_guest_to_host_and_back)
{
    struct tcp c = {.port = 4000, .seq = 1000};
    size_t have = 0;
    pid_t pid;
    int fd;

    c.peer_port = listen_any(&fd);
    pid = fork();
    if (!pid)
        child_serve(accept(fd, NULL, NULL));
    close(fd);
    up("");
    lease();
    send_tcp(&c, SYN, NULL, 0);
    ck_assert_uint_eq(receive(&c, NULL, &have), SYN | ACK);
    send_tcp(&c, ACK, NULL, 0);
    exchange(&c);
    expect_child(pid);
    end_free(nic);
}
END_TEST

START_TEST(tcp_refused)
{
    struct tcp c = {.port = 4000, .seq = 1000};
    size_t have = 0;
    int fd;

    c.peer_port = own_port(&fd);
    up("");
    lease();
    send_tcp(&c, SYN, NULL, 0);
    ck_assert(receive(&c, NULL, &have) & RST);
    end_free(nic);
    close(fd);
}
END_TEST

START_TEST(restricted_guest_reaches_nobody)
{
    struct tcp c = {.port = 4000, .seq = 1000};
    size_t have = 0;
    int fd;

    c.peer_port = listen_any(&fd);
    up(",restrict=on");
    lease();
    send_tcp(&c, SYN, NULL, 0);
    ck_assert(!(receive(&c, NULL, &have) & SYN));
    ck_assert_int_eq(poll(&(struct pollfd){fd, POLLIN, 0}, 1, 0), 0);
    end_free(nic);
    close(fd);
}
END_TEST

static void child_connect(unsigned port)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in.sin_port = htons((uint16_t)port);
    if (connect(fd, (struct sockaddr *)&in, sizeof(in)))
        _exit(2);
    child_serve(fd);
}

START_TEST(tcp_forwarded_to_the_guest)
{
    int fd[2];
    unsigned port = own_port(&fd[0]), other = own_port(&fd[1]);
    struct tcp c = {.port = 22, .seq = 7000};
    struct cfg_err err = {""};
    char more[100];
    struct net *net;
    size_t have = 0;
    pid_t pid;

    snprintf(more, sizeof(more),
             ",hostfwd=tcp:127.0.0.1:%u-:22,hostfwd=::%u-10.0.2.15:80", port,
             other);
    up(more);
    snprintf(more, sizeof(more), "user,id=v,hostfwd=tcp:127.0.0.1:%u-:22",
             port);
    ck_assert_int_eq(try_open(more, &net, &err), -EADDRINUSE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected a free port"));
    lease();
    pid = fork();
    if (!pid)
        child_connect(port);
    ck_assert_uint_eq(receive(&c, NULL, &have), SYN);
    send_tcp(&c, SYN | ACK, NULL, 0);
    c.acked = c.seq;
    exchange(&c);
    expect_child(pid);
    end_free(nic);
    close(fd[0]);
    close(fd[1]);
}
END_TEST

/* A ping of len bytes, cut where cuts say, in order. */
static void ping(uint16_t id, size_t len, const unsigned *cuts, unsigned n)
{
    static uint8_t all[65536];
    size_t at = 0;

    memset(all, id, len);
    all[0] = 8;
    all[1] = 0;
    be_put16(all + 4, id);
    be_put16(all + 2, 0);
    be_put16(all + 2, fold(sum(0, all, len)));
    for (unsigned i = 0; i <= n; i++) {
        size_t end = i < n ? cuts[i] : len;
        uint8_t *f = calloc(1, 34 + end - at);

        memcpy(f + 34, all + at, end - at);
        be_put16(f + 18, id);
        be_put16(f + 20, (unsigned)(at / 8) | (i < n ? 0x2000 : 0));
        send_ip(f, IPPROTO_ICMP, guest_ip, host_ip, end - at);
        free(f);
        at = end;
    }
}

/* Counts the answer's bytes: it comes in fragments too. */
static size_t ping_answer(void)
{
    size_t all = 0, n;

    do {
        n = next_ip(IPPROTO_ICMP);
        if (!n)
            return all;
        all += n - 34;
    } while (be_get16(frame + 20) & 0x2000);
    return all;
}

START_TEST(fragments_are_put_together)
{
    unsigned cuts[64];

    up("");
    lease();
    for (unsigned i = 0; i < 64; i++)
        cuts[i] = (i + 1) * 1000;
    ping(1, 1400, NULL, 0);
    ck_assert_uint_eq(ping_answer(), 1400);
    ping(2, 3000, cuts, 2);
    ck_assert_uint_eq(ping_answer(), 3000);
    ping(3, 65000, cuts, 64);
    ck_assert_uint_eq(ping_answer(), 65000);
    end_free(nic);
}
END_TEST

START_TEST(fragments_that_overlap_are_dropped)
{
    static const unsigned cut = 1000;
    uint8_t f[34 + 100] = {0};

    up("");
    lease();
    for (unsigned i = 0; i < 20; i++) { /* more than are kept */
        be_put16(f + 18, 100 + i);
        be_put16(f + 20, 0x2000);
        memset(f + 34, 0, 100);
        send_ip(f, IPPROTO_ICMP, guest_ip, host_ip, 96);
        be_put16(f + 20, 0x2001); /* begins inside the first */
        send_ip(f, IPPROTO_ICMP, guest_ip, host_ip, 96);
        be_put16(f + 20, 24);
        send_ip(f, IPPROTO_ICMP, guest_ip, host_ip, 96);
    }
    expect_none(nic);
    ping(7, 2000, &cut, 1);
    ck_assert_uint_eq(ping_answer(), 2000);
    end_free(nic);
}
END_TEST

/* XSA-392 (CVE-2021-28714): a guest that stops reading does not make us
 * grow. */
START_TEST(frames_that_nobody_takes_are_bounded)
{
    struct net *net;
    uint8_t f[1500] = {0};
    unsigned got = 0;

    up("");
    net = net_find(&net_vm, "u");
    lease();
    for (unsigned i = 0; i < 5000; i++) { /* pings, each with an answer */
        f[34] = 8;
        be_put16(f + 40, i);
        be_put16(f + 36, 0);
        be_put16(f + 36, fold(sum(0, f + 34, 1000)));
        send_ip(f, IPPROTO_ICMP, guest_ip, host_ip, 1000);
    }
    while (take(nic, frame, sizeof(frame)) > 0)
        got++;
    ck_assert_uint_ge(got, 500);
    ck_assert_uint_le(got, (1 << 20) / 1034 + 1);
    ck_assert_uint_eq(net->stats.tx_frames, 5002);
    lease(); /* and it goes on */
    end_free(nic);
}
END_TEST

START_TEST(hostile_frames)
{
    static uint8_t f[NET_FRAME_MAX + 1];
    unsigned seed = 3;

    up("");
    lease();
    ck_assert_int_eq(give(nic, f, NET_FRAME_MAX + 1), -EMSGSIZE);
    for (unsigned i = 0; i < 3000; i++) {
        size_t len = i % 1600;

        for (size_t j = 0; j < len; j++) {
            seed = seed * 1664525 + 1013904223;
            f[j] = (uint8_t)(seed >> 24);
        }
        /* ARP, IPv4 or IPv6 whose lengths lie */
        be_put16(f + 12, (const uint16_t[]){0x0806, 0x0800, 0x86dd}[i % 3]);
        if (i % 3 == 1) {
            f[14] = 0x45;
            f[23] = (const uint8_t[]){1, 6, 17}[i / 3 % 3];
            be_put32(f + 26, guest_ip);
            be_put32(f + 30, i % 2 ? host_ip : host_ip + 1);
            be_put16(f + 20, i % 5 ? 0 : be_get16(f + 20)); /* fragments */
            be_put16(f + 24, 0);
            be_put16(f + 24, fold(sum(0, f + 14, 20)));
        }
        give(nic, f, len);
        if (i % 50 == 0)
            settle();
        while (take(nic, frame, sizeof(frame)) > 0)
            ;
    }
    lease();
    end_free(nic);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        dhcp_gives_addresses,
        tcp_guest_to_host_and_back,
        tcp_refused,
        restricted_guest_reaches_nobody,
        tcp_forwarded_to_the_guest,
        fragments_are_put_together,
        fragments_that_overlap_are_dropped,
        frames_that_nobody_takes_are_bounded,
        hostile_frames,
        NULL,
    };

    if (!dlopen("libslirp.so.0", RTLD_NOW)) {
        printf("skipped: expected libslirp (Debian package libslirp0)\n");
        return 77;
    }
    return run_suite("net-user", net_end_setup, net_end_teardown, tests);
}
