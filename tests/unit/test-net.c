/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dm/net/net.h"
#include "dm/options.h"
#include "tests/lib/net-end.h"
#include "tests/lib/suite.h"

static uint8_t big[NET_FRAME_MAX + 64];

/* ---- what a person may get wrong ---- */

START_TEST(errors_say_what_was_expected)
{
    static const struct {
        const char *text, *expect;
    } bad[] = {
        {"hubport,id=n", "expected one of tap, bridge, user, socket"},
        {"null", "expected id=NAME"},
        {"null,id=n,queues=x", "expected a number"},
        {"null,id=n,bogus=1", "unknown option 'bogus' (known: id, queues)"},
        {"tap,id=n,vhost=on", "expected off"},
        {"tap,id=n,fd=77", "expected a descriptor that was open"},
        {"tap,id=n,fd=0", "is no tap"},
        {"tap,id=n,fd=x", "expected a descriptor's number"},
        {"tap,id=n,fd=3,ifname=t", "expected one of fd="},
        {"tap,id=n,ifname=an-interface-name", "at most 15 characters"},
        {"socket,id=n", "expected one of listen="},
        {"socket,id=n,listen=:1,connect=a:1", "expected one of listen="},
        {"socket,id=n,listen=1", "expected [HOST]:PORT"},
        {"socket,id=n,connect=:1", "expected HOST:PORT"},
        {"socket,id=n,connect=127.0.0.1:1", "expected a peer that listens"},
        {"socket,id=n,mcast=127.0.0.1:1", "expected an IPv4 multicast"},
        {"socket,id=n,udp=127.0.0.1:1", "expected localaddr="},
        {"stream,id=n", "expected addr.type=inet|unix|fd"},
        {"stream,id=n,addr.type=unix", "unix with addr.path"},
        {"dgram,id=n", "expected local.type=inet|unix|fd"},
        {"user,id=n,net=10.0.2.0/31", "expected ADDRESS/BITS"},
        {"user,id=n,net=10.0.2.0/255.0.255.0", "expected ADDRESS/BITS"},
        {"user,id=n,host=10.1.2.3", "in the virtual network"},
        {"user,id=n,dns=10.0.2.2", "host= and dns= to differ"},
        {"user,id=n,hostfwd=tcp:22", "expected [tcp|udp]:[HOST]:PORT-"},
        {"user,id=n,hostfwd=sctp::1-:2", "expected [tcp|udp]"},
        {"user,id=n,hostfwd=tcp::99999-:2", "expected [tcp|udp]"},
        {"user,id=n,guestfwd=tcp:1-x", "runs no program"},
        {"user,id=n,ipv4=off,ipv6=off", "expected one of ipv4"},
        {"user,id=n,ipv6-net=fec0::/200", "expected PREFIX/BITS"},
        {"user,id=n,hostname=a23456789012345678901234567890123",
         "at most 32 characters"},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct cfg_err err = {""};
        struct net *net;

        ck_assert_int_lt(try_open(bad[i].text, &net, &err), 0);
        ck_assert_msg(strstr(err.text, bad[i].expect), "%s: '%s' lacks '%s'",
                      bad[i].text, err.text, bad[i].expect);
        ck_assert_ptr_null(net_vm.nets);
    }
}
END_TEST

START_TEST(names_are_unique_and_used_once)
{
    struct cfg_err err = {""};
    struct net *net = open_net("null,id=a"), *other;

    ck_assert_int_eq(try_open("null,id=a", &other, &err), -EEXIST);
    ck_assert_ptr_eq(net_find(&net_vm, "a"), net);
    ck_assert_ptr_null(net_find(&net_vm, "b"));
    ck_assert_int_eq(net_claim(net, "nic0", &err), 0);
    ck_assert_int_eq(net_claim(net, "nic1", &err), -EBUSY);
    ck_assert_ptr_nonnull(strstr(err.text, "nic0"));
    net_release(net);
    ck_assert_int_eq(net_claim(net, "nic1", &err), 0);
    net_release(net);
}
END_TEST

START_TEST(null_takes_all_and_gives_none)
{
    struct net *net = open_net("null,id=a");
    struct end *e = end_new(net, true);

    ck_assert_int_eq(give(e, big, 1000), 1000);
    ck_assert_int_eq(take(e, big, 1000), -EAGAIN);
    ck_assert_uint_eq(net->stats.tx_frames, 1);
    ck_assert_uint_eq(net->stats.tx_bytes, 1000 - NET_VNET_HDR);
    end_free(e);
}
END_TEST

/* ---- streams ---- */

/* A network on one end of a pair of sockets, ours is the other. */
static struct net *stream_net(int *ours)
{
    int sv[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
    *ours = sv[1];
    return open_net("socket,id=s,fd=%d", sv[0]);
}

static void put(int fd, const void *buf, size_t len)
{
    while (len) {
        ssize_t n = write(fd, buf, len);

        ck_assert_int_gt(n, 0);
        buf = (const char *)buf + n;
        len -= (size_t)n;
    }
}

static void put_frame(int fd, size_t len, unsigned seed)
{
    uint32_t be = htonl((uint32_t)len);

    put(fd, &be, 4);
    fill(big, len, seed);
    put(fd, big, len);
}

static size_t get_frame(int fd, unsigned seed)
{
    uint32_t be;
    size_t len;

    ck_assert_int_eq(recv(fd, &be, 4, MSG_WAITALL), 4);
    len = ntohl(be);
    ck_assert_uint_le(len, sizeof(big));
    ck_assert_int_eq(recv(fd, big, len, MSG_WAITALL), (ssize_t)len);
    same(big, len, seed);
    return len;
}

START_TEST(socket_pair_both_ways)
{
    struct net *net = open_net("stream,id=l,server=on,addr.type=unix,"
                               "addr.path=%s/s",
                               net_dir);
    struct end *l = end_new(net, false), *c;
    static const size_t sizes[] = {1, 60, 1514, 9000, 65550, NET_FRAME_MAX};
    static uint8_t in[NET_FRAME_MAX];

    c = end_new(open_net("stream,id=c,addr.type=unix,addr.path=%s/s", net_dir),
                false);
    settle(); /* accept */
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        fill(big, sizes[i], i);
        ck_assert_int_eq(give(c, big, sizes[i]), (ssize_t)sizes[i]);
        ck_assert_int_eq(await(l, in, sizeof(in)), (ssize_t)sizes[i]);
        same(in, sizes[i], i);
        ck_assert_int_eq(give(l, big, sizes[i]), (ssize_t)sizes[i]);
        ck_assert_int_eq(await(c, in, sizeof(in)), (ssize_t)sizes[i]);
        same(in, sizes[i], i);
    }
    ck_assert_int_eq(give(c, big, NET_FRAME_MAX + 1), -EMSGSIZE);
    ck_assert_uint_eq(net->stats.rx_frames, 6);
    ck_assert_uint_eq(net->stats.tx_frames, 6);
    end_free(c);
    end_free(l);
}
END_TEST

START_TEST(socket_tcp_listen_and_connect)
{
    struct net *net;
    struct end *l, *c;
    unsigned port;
    struct cfg_err err;

    for (port = 20000 + (unsigned)getpid() % 20000;; port++) {
        char text[64];

        snprintf(text, sizeof(text), "socket,id=l,listen=127.0.0.1:%u", port);
        if (!try_open(text, &net, &err))
            break;
    }
    l = end_new(net, false);
    c = end_new(open_net("socket,id=c,connect=127.0.0.1:%u", port), false);
    fill(big, 100, 1);
    ck_assert_int_eq(give(c, big, 100), 100);
    memset(big, 0, 100);
    ck_assert_int_eq(await(l, big, 1514), 100);
    same(big, 100, 1);
    end_free(c);
    end_free(l);
}
END_TEST

START_TEST(socket_full_holds_frames_back_and_loses_none)
{
    int peer;
    struct net *net = stream_net(&peer);
    struct end *e = end_new(net, false);
    unsigned sent = 0, got = 0;
    struct pollfd p = {.fd = net_tx_fd(e->q), .events = POLLOUT};

    ck_assert_int_eq(poll(&p, 1, 0), 1);
    for (;; sent++) {
        fill(big, 5000, sent);
        if (give(e, big, 5000) == -EAGAIN)
            break;
        ck_assert_uint_lt(sent, 10000);
    }
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    settle();
    ck_assert_int_eq(give(e, big, 5000), -EAGAIN);
    while (got < sent) {
        struct pollfd in = {.fd = peer, .events = POLLIN};

        while (poll(&in, 1, 0) == 1 && got < sent)
            ck_assert_uint_eq(get_frame(peer, got++), 5000);
        loop_once(net_vm.loop, 100); /* the rest of the last one */
    }
    settle();
    ck_assert_int_eq(poll(&p, 1, 0), 1);
    fill(big, 5000, sent);
    ck_assert_int_eq(give(e, big, 5000), 5000);
    ck_assert_uint_eq(get_frame(peer, sent), 5000);
    ck_assert_uint_eq(net->stats.tx_dropped, 0);
    end_free(e);
    close(peer);
}
END_TEST

START_TEST(socket_full_opens_again_when_the_peer_goes)
{
    int peer;
    struct net *net = stream_net(&peer);
    struct end *e = end_new(net, false);
    struct pollfd p = {.fd = net_tx_fd(e->q), .events = POLLOUT};

    while (give(e, big, 5000) != -EAGAIN)
        ;
    close(peer);
    settle();
    ck_assert_int_eq(poll(&p, 1, 0), 1);
    ck_assert_int_lt(give(e, big, 5000), 0);
    ck_assert_uint_eq(net->stats.tx_dropped, 1);
    end_free(e);
}
END_TEST

START_TEST(socket_frames_come_in_pieces)
{
    int peer;
    struct end *e = end_new(stream_net(&peer), false);
    uint8_t bytes[4 + 60] = {0, 0, 0, 60}, in[100];

    fill(bytes + 4, 60, 9);
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        ck_assert_int_eq(take(e, in, sizeof(in)), -EAGAIN);
        put(peer, bytes + i, 1);
    }
    ck_assert_int_eq(take(e, in, sizeof(in)), 60);
    same(in, 60, 9);
    end_free(e);
    close(peer);
}
END_TEST

START_TEST(socket_frame_without_room_is_dropped_whole)
{
    int peer;
    struct net *net = stream_net(&peer);
    struct end *e = end_new(net, false);
    uint8_t in[100];

    put_frame(peer, 101, 1);
    put_frame(peer, 100, 2);
    ck_assert_int_eq(await(e, in, sizeof(in)), -EMSGSIZE);
    ck_assert_int_eq(await(e, in, sizeof(in)), 100);
    same(in, 100, 2);
    ck_assert_uint_eq(net->stats.rx_dropped, 1);
    end_free(e);
    close(peer);
}
END_TEST

START_TEST(socket_lying_about_length_ends_the_connection)
{
    static const uint32_t lies[] = {0, NET_FRAME_MAX + 1, 0x7fffffff,
                                    0xffffffff};

    for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        int peer;
        struct net *net = stream_net(&peer);
        struct end *e = end_new(net, false);
        uint32_t be = htonl(lies[i]);
        char c;

        put(peer, &be, 4);
        put(peer, big, 1000);
        expect_none(e);
        ck_assert_int_le(recv(peer, &c, 1, 0), 0);
        ck_assert_int_eq(give(e, big, 100), -ENOTCONN);
        end_free(e);
        net_close(net);
        close(peer);
    }
}
END_TEST

static int connect_unix(const char *name)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(un.sun_path, sizeof(un.sun_path), "%.60s/%s", net_dir, name);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    return fd;
}

START_TEST(socket_server_takes_the_next_peer)
{
    struct end *e;

    e = end_new(open_net("stream,id=l,server=on,addr.type=unix,addr.path=%s/s",
                         net_dir),
                false);
    ck_assert_int_eq(give(e, big, 60), -ENOTCONN);
    for (unsigned i = 0; i < 3; i++) {
        int peer = connect_unix("s");

        put_frame(peer, 60, i);
        put(peer, "\0\0\0", 3); /* and goes away amid a frame */
        memset(big, 0, 60);
        ck_assert_int_eq(await(e, big, sizeof(big)), 60);
        same(big, 60, i);
        close(peer);
        expect_none(e);
    }
    end_free(e);
}
END_TEST

START_TEST(socket_path_of_the_dead_is_taken_of_the_living_not)
{
    struct net *net = open_net("stream,id=a,server=on,addr.type=unix,"
                               "addr.path=%s/s",
                               net_dir);
    struct cfg_err err = {""};
    struct net *other;
    char text[128];

    snprintf(text, sizeof(text),
             "stream,id=b,server=on,addr.type=unix,addr.path=%.60s/s", net_dir);
    ck_assert_int_eq(try_open(text, &other, &err), -EADDRINUSE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected a free address"));
    net_close(net); /* leaves the file */
    ck_assert_int_eq(try_open(text, &other, &err), 0);
}
END_TEST

/* ---- datagrams ---- */

START_TEST(dgram_path_of_the_living_is_not_taken)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int dead = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct cfg_err err = {""};
    struct net *net, *other;
    char text[200];

    snprintf(text, sizeof(text),
             "dgram,id=a,local.type=unix,local.path=%.50s/a,"
             "remote.type=unix,remote.path=%.50s/b",
             net_dir, net_dir);
    snprintf(un.sun_path, sizeof(un.sun_path), "%.60s/a", net_dir);
    ck_assert_int_eq(bind(dead, (struct sockaddr *)&un, sizeof(un)), 0);
    close(dead);
    ck_assert_int_eq(try_open(text, &net, &err), 0);
    text[strlen("dgram,id=")] = 'b';
    ck_assert_int_eq(try_open(text, &other, &err), -EADDRINUSE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected a free address"));
    ck_assert_int_eq(access(un.sun_path, F_OK), 0);
}
END_TEST

START_TEST(dgram_both_ways)
{
    struct end *a, *b;
    uint8_t in[2000];

    a = end_new(open_net("dgram,id=a,local.type=unix,local.path=%s/a,"
                         "remote.type=unix,remote.path=%s/b",
                         net_dir, net_dir),
                false);
    b = end_new(open_net("dgram,id=b,local.type=unix,local.path=%s/b,"
                         "remote.type=unix,remote.path=%s/a",
                         net_dir, net_dir),
                false);
    fill(big, 1514, 3);
    ck_assert_int_eq(give(a, big, 1514), 1514);
    ck_assert_int_eq(await(b, in, sizeof(in)), 1514);
    same(in, 1514, 3);
    ck_assert_int_eq(give(b, big, 1514), 1514);
    ck_assert_int_eq(await(a, in, 1513), -EMSGSIZE);
    end_free(a);
    end_free(b);
}
END_TEST

START_TEST(dgram_group_does_not_hear_itself)
{
    struct cfg_err err = {""};
    struct net *na, *nb;
    struct end *a, *b;
    char text[100];

    for (unsigned i = 0; i < 2; i++) {
        snprintf(text, sizeof(text),
                 "socket,id=%c,mcast=239.1.2.3:%u,localaddr=127.0.0.1", "ab"[i],
                 20000 + (unsigned)getpid() % 20000);
        ck_assert_msg(!try_open(text, i ? &nb : &na, &err), "%s", err.text);
    }
    a = end_new(na, false);
    b = end_new(nb, false);
    fill(big, 60, 1);
    ck_assert_int_eq(give(a, big, 60), 60);
    ck_assert_int_eq(await(b, big, sizeof(big)), 60);
    ck_assert_int_eq(take(a, big, sizeof(big)), -EAGAIN);
    end_free(a);
    end_free(b);
}
END_TEST

/* ---- the dump ---- */

static int add_dump(const char *net, const char *more, struct cfg_err *err)
{
    char text[256];
    struct opts *o;
    int rc;

    snprintf(text, sizeof(text),
             "qom-type=filter-dump,id=d,netdev=%s,file=%s/pcap%s", net, net_dir,
             more);
    ck_assert_int_eq(opts_parse(text, NULL, &o, err), 0);
    rc = net_dump_add(&net_vm, o, err);
    opts_free(o);
    return rc;
}

static size_t read_dump(uint8_t *buf, size_t len)
{
    char path[100];
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), "%s/pcap", net_dir);
    f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    n = fread(buf, 1, len, f);
    fclose(f);
    return n;
}

START_TEST(dump_has_frames_without_header)
{
    struct cfg_err err = {""};
    struct net *inner = open_net("null,id=a");
    static uint8_t file[4096];
    uint32_t w[10];
    struct end *e;

    open_net("null,id=b");
    ck_assert_msg(!add_dump("a", ",maxlen=100", &err), "%s", err.text);
    ck_assert_ptr_ne(net_find(&net_vm, "a"), inner);
    ck_assert_ptr_nonnull(net_find(&net_vm, "b"));
    e = end_new(net_find(&net_vm, "a"), true);
    fill(big, 90, 1);
    ck_assert_int_eq(give(e, big, 90), 90);
    ck_assert_int_eq(give(e, big, 1000), 1000);
    ck_assert_uint_eq(read_dump(file, sizeof(file)), 24 + 16 + 78 + 16 + 100);
    memcpy(w, file, 40);
    ck_assert_uint_eq(w[0], 0xa1b2c3d4);
    ck_assert_uint_eq(w[1], 4 << 16 | 2);
    ck_assert_uint_eq(w[4], 100);
    ck_assert_uint_eq(w[5], 1);
    ck_assert_uint_eq(w[6], 5); /* the guest's clock */
    ck_assert_uint_eq(w[8], 78);
    ck_assert_uint_eq(w[9], 78);
    ck_assert_mem_eq(file + 40, big + 12, 78);
    memcpy(w, file + 24 + 16 + 78, 16);
    ck_assert_uint_eq(w[2], 100);
    ck_assert_uint_eq(w[3], 988);
    end_free(e);
}
END_TEST

START_TEST(dump_of_both_ways)
{
    struct cfg_err err = {""};
    static uint8_t file[4096];
    struct end *e;
    int peer;

    stream_net(&peer);
    ck_assert_int_eq(add_dump("s", "", &err), 0);
    e = end_new(net_find(&net_vm, "s"), false);
    put_frame(peer, 60, 1);
    ck_assert_int_eq(await(e, big, sizeof(big)), 60);
    fill(big, 70, 2);
    ck_assert_int_eq(give(e, big, 70), 70);
    ck_assert_uint_eq(get_frame(peer, 2), 70);
    ck_assert_uint_eq(read_dump(file, sizeof(file)), 24 + 16 + 60 + 16 + 70);
    same(file + 40, 60, 1);
    same(file + 116, 70, 2);
    ck_assert_uint_eq(net_find(&net_vm, "s")->stats.rx_frames, 1);
    ck_assert_uint_eq(net_find(&net_vm, "s")->stats.tx_frames, 1);
    end_free(e);
    close(peer);
}
END_TEST

START_TEST(dump_on_a_full_disk_ends_with_a_whole_frame)
{
    struct rlimit lim = {200, 200};
    struct cfg_err err = {""};
    static uint8_t file[4096];
    struct end *e;

    signal(SIGXFSZ, SIG_IGN);
    open_net("null,id=a");
    ck_assert_int_eq(add_dump("a", "", &err), 0);
    e = end_new(net_find(&net_vm, "a"), false);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &lim), 0);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(give(e, big, 60), 60);
    ck_assert_uint_eq(read_dump(file, sizeof(file)), 24 + 2 * (16 + 60));
    end_free(e);
}
END_TEST

START_TEST(dump_errors)
{
    struct cfg_err err = {""};

    ck_assert_int_eq(add_dump("a", "", &err), -ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "expected the id of a -netdev"));
    open_net("null,id=a");
    ck_assert_int_lt(add_dump("a", ",maxlen=0", &err), 0);
    ck_assert_int_lt(add_dump("a", ",bogus=1", &err), 0);
    ck_assert_int_lt(add_dump("a", ",file=/nowhere/x", &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/x"));
    ck_assert_ptr_nonnull(net_find(&net_vm, "a"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        errors_say_what_was_expected,
        names_are_unique_and_used_once,
        null_takes_all_and_gives_none,
        socket_pair_both_ways,
        socket_tcp_listen_and_connect,
        socket_full_holds_frames_back_and_loses_none,
        socket_full_opens_again_when_the_peer_goes,
        socket_frames_come_in_pieces,
        socket_frame_without_room_is_dropped_whole,
        socket_lying_about_length_ends_the_connection,
        socket_server_takes_the_next_peer,
        socket_path_of_the_dead_is_taken_of_the_living_not,
        dgram_path_of_the_living_is_not_taken,
        dgram_both_ways,
        dgram_group_does_not_hear_itself,
        dump_has_frames_without_header,
        dump_of_both_ways,
        dump_on_a_full_disk_ends_with_a_whole_frame,
        dump_errors,
        NULL,
    };

    return run_suite("net", net_end_setup, net_end_teardown, tests);
}
