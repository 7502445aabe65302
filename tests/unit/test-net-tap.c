/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taps, each test in a network namespace of its own. This program also plays
 * the bridge helper: it hands out a tap when it is called with --br=.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/net-end.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

static uint8_t frame[NET_FRAME_MAX + 100];

static void setup(void)
{
    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    net_end_setup();
}

/* The host's side of an interface, up, as a packet socket. */
static int host_side(const char *ifname)
{
    struct ifreq ifr = {.ifr_flags = 0};
    struct sockaddr_ll ll = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ALL)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);

    strcpy(ifr.ifr_name, ifname);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
    ifr.ifr_flags |= IFF_UP;
    ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
    ifr.ifr_mtu = 9000;
    ck_assert_int_eq(ioctl(fd, SIOCSIFMTU, &ifr), 0);
    ll.sll_ifindex = (int)if_nametoindex(ifname);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&ll, sizeof(ll)), 0);
    return fd;
}

/* A frame no network stack answers: of an unknown protocol. */
static void make_frame(size_t len, unsigned seed)
{
    fill(frame, len, seed);
    memcpy(frame, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5", 14);
}

/* Waits for our next frame: the kernel's own (IPv6 and such) come between. */
static ssize_t next_frame(struct end *e, size_t hdr)
{
    static uint8_t buf[sizeof(frame)];
    ssize_t n;

    do {
        n = await(e, buf, sizeof(buf));
        ck_assert_int_gt(n, (ssize_t)hdr + 14);
    } while (memcmp(buf + hdr + 12, "\x88\xb5", 2));
    ck_assert_mem_eq(buf + hdr, frame, (size_t)n - hdr);
    return n;
}

static ssize_t next_packet(int fd)
{
    static uint8_t buf[sizeof(frame)];
    ssize_t n;

    do {
        ck_assert(tv_readable(fd, 10000));
        n = recv(fd, buf, sizeof(buf), 0);
        ck_assert_int_gt(n, 14);
    } while (memcmp(buf + 12, "\x88\xb5", 2));
    ck_assert_mem_eq(buf, frame, (size_t)n);
    return n;
}

START_TEST(tap_both_ways)
{
    bool vnet = _i & 1, hdr_on = _i & 2;
    struct net *net =
        open_net("tap,id=t,ifname=tap7,vnet_hdr=%s", hdr_on ? "on" : "off");
    size_t hdr = vnet && hdr_on ? NET_VNET_HDR : 0;
    struct end *e = end_new(net, vnet);
    int host = host_side("tap7");
    static uint8_t with_hdr[2000];

    ck_assert_int_eq(net->vnet_hdr, hdr_on);
    ck_assert_int_eq(!!net->offloads, hdr_on);
    for (size_t len = 60; len <= 1514; len += 727) {
        make_frame(len, 1);
        memcpy(with_hdr + hdr, frame, len);
        ck_assert_int_eq(give(e, with_hdr, len + hdr), (ssize_t)(len + hdr));
        ck_assert_int_eq(next_packet(host), (ssize_t)len);
        make_frame(len, 2);
        ck_assert_int_eq(send(host, frame, len, 0), (ssize_t)len);
        ck_assert_int_eq(next_frame(e, hdr), (ssize_t)(len + hdr));
    }
    ck_assert_uint_eq(net->stats.tx_bytes, 60 + 787 + 1514);
    end_free(e);
    close(host);
}
END_TEST

START_TEST(tap_cut_frame_is_dropped)
{
    bool vnet = _i;
    size_t hdr = vnet ? NET_VNET_HDR : 0, room = 1514 + hdr;
    struct net *net = open_net("tap,id=t,ifname=tap7");
    struct end *e = end_new(net, vnet);
    int host = host_side("tap7");
    static uint8_t in[2000];
    ssize_t n;

    while (take(e, in, sizeof(in)) != -EAGAIN)
        ; /* what the kernel says when an interface comes up */
    make_frame(1515, 1);
    ck_assert_int_eq(send(host, frame, 1515, 0), 1515);
    make_frame(1514, 2);
    ck_assert_int_eq(send(host, frame, 1514, 0), 1514);
    do {
        n = await(e, in, room);
    } while (n > 0 && n < 1500);
    ck_assert_int_eq(n, -EMSGSIZE);
    do {
        n = await(e, in, room);
    } while (n > 0 && n < 1500);
    ck_assert_int_eq(n, (ssize_t)room);
    ck_assert_mem_eq(in + hdr, frame, 1514);
    end_free(e);
    close(host);
}
END_TEST

START_TEST(tap_hostile_headers_are_refused)
{
    struct net *net = open_net("tap,id=t,ifname=tap7");
    struct end *e = end_new(net, true);
    int host = host_side("tap7");
    unsigned seed = 1, ok = 0;
    static uint8_t f[12 + 200];

    net_set_offloads(e->q, net->offloads);
    for (unsigned i = 0; i < 3000; i++) {
        make_frame(200, i);
        memcpy(f + 12, frame, 200);
        for (unsigned j = 0; j < 12; j++) {
            seed = seed * 1664525 + 1013904223;
            f[j] = (uint8_t)(seed >> 24);
        }
        f[0] &= 3;
        f[1] = i & 1 ? f[1] : f[1] % 5;
        for (unsigned j = 3; j < 10 && i % 8 < 6; j += 2)
            f[j] = 0; /* sizes that are nearly right */
        ok += give(e, f, 1 + i % (sizeof(f) - 1)) > 0;
    }
    ck_assert_uint_lt(ok, 3000);
    ck_assert_uint_eq(net->stats.tx_frames, ok);
    ck_assert_uint_eq(net->stats.tx_dropped, 3000 - ok);
    while (recv(host, frame, sizeof(frame), 0) > 0)
        ;
    memset(f, 0, 12);
    make_frame(200, 1);
    memcpy(f + 12, frame, 200);
    ck_assert_int_eq(give(e, f, 212), 212);
    ck_assert_int_eq(next_packet(host), 200);
    end_free(e);
    close(host);
}
END_TEST

START_TEST(tap_offloads_by_what_the_guest_takes)
{
    static const unsigned sets[] = {
        NET_OFF_CSUM | NET_OFF_TSO4 | NET_OFF_TSO6 | NET_OFF_ECN | NET_OFF_UFO,
        NET_OFF_CSUM, NET_OFF_TSO4 /* alone: nothing */, NET_OFF_ECN, 0};
    struct net *net = open_net("tap,id=t,ifname=tap7");
    struct end *e = end_new(net, true);

    ck_assert(net->offloads & NET_OFF_TSO4);
    for (unsigned i = 0; i < 5; i++)
        net_set_offloads(e->q, sets[i]);
    end_free(e);
}
END_TEST

/* Frames to the queues that are in use only. */
START_TEST(tap_several_queues)
{
    struct net *net = open_net("tap,id=t,ifname=tap7,queues=3");
    struct end *a = end_at(net, 0, true), *b;
    int host = host_side("tap7");

    ck_assert_uint_eq(net->max_queues, 3);
    for (unsigned i = 0; i < 20; i++) {
        make_frame(100, i);
        frame[5] = (uint8_t)i; /* another flow */
        ck_assert_int_eq(send(host, frame, 100, 0), 100);
        next_frame(a, 12);
    }
    for (unsigned i = 0; i < 3; i++) { /* comes and goes */
        static uint8_t f[112];

        b = end_at(net, 2, true);
        make_frame(100, i);
        memcpy(f + 12, frame, 100);
        ck_assert_int_eq(give(b, f, 112), 112);
        ck_assert_int_eq(next_packet(host), 100);
        end_free(b);
    }
    make_frame(100, 9);
    ck_assert_int_eq(send(host, frame, 100, 0), 100);
    next_frame(a, 12);
    end_free(a);
    close(host);
}
END_TEST

static int raw_tap(const char *name, int flags)
{
    struct ifreq ifr = {.ifr_flags = (short)flags};
    int fd = open("/dev/net/tun", O_RDWR);

    strcpy(ifr.ifr_name, name);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
        return -1;
    return fd;
}

START_TEST(tap_by_descriptor)
{
    int a = raw_tap("tap8", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
    int b = raw_tap("tap9", IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
    int c = raw_tap("tap9", IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
    int tun = raw_tap("tun0", IFF_TUN | IFF_NO_PI);
    struct cfg_err err = {""};
    struct net *net, *many;
    char text[64];

    net = open_net("tap,id=a,fd=%d", a);
    ck_assert(net->vnet_hdr);
    ck_assert_ptr_nonnull(strstr(net->info, "tap8"));
    ck_assert_int_eq(fcntl(a, F_GETFD), FD_CLOEXEC);
    many = open_net("tap,id=b,fds=%d:%d", b, c);
    ck_assert_uint_eq(many->max_queues, 2);
    ck_assert(!many->vnet_hdr);
    net_close(net);
    ck_assert_int_eq(fcntl(a, F_GETFD), -1);
    snprintf(text, sizeof(text), "tap,id=x,fd=%d", tun);
    ck_assert_int_lt(try_open(text, &net, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "is no tap"));
}
END_TEST

static void delete_interface(const char *ifname)
{
    struct {
        struct nlmsghdr head;
        struct ifinfomsg link;
    } m = {
        .head = {.nlmsg_len = sizeof(m),
                 .nlmsg_type = RTM_DELLINK,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        .link = {.ifi_index = (int)if_nametoindex(ifname)},
    };
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    char ack[256];

    ck_assert_int_eq(send(fd, &m, sizeof(m), 0), sizeof(m));
    ck_assert_int_gt(recv(fd, ack, sizeof(ack), 0), 0);
    close(fd);
    ck_assert_uint_eq(if_nametoindex(ifname), 0);
}

/* Somebody deletes it: no data any more, and no thread that spins. */
START_TEST(tap_that_goes)
{
    struct net *net = open_net("tap,id=t,ifname=tap7");
    struct end *e = end_new(net, false);

    net_rx_enable(e->q, true);
    settle();
    delete_interface("tap7");
    e->readable = false;
    net_rx_enable(e->q, true);
    settle();
    ck_assert(!e->readable);
    make_frame(60, 1);
    ck_assert_int_lt(give(e, frame, 60), 0);
    net_rx_enable(e->q, false);
    net_rx_enable(e->q, true);
    settle();
    ck_assert(!e->readable);
    end_free(e);
}
END_TEST

START_TEST(tap_errors_name_the_interface)
{
    int held = raw_tap("tap8", IFF_TAP | IFF_NO_PI);
    int many = raw_tap("tap9", IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
    struct cfg_err err = {""};
    struct net *net;

    ck_assert_int_eq(try_open("tap,id=t,ifname=tap8", &net, &err), -EBUSY);
    ck_assert_ptr_nonnull(strstr(err.text, "'tap8' is in use"));
    ck_assert_int_lt(try_open("tap,id=t,ifname=lo", &net, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "'lo'"));
    ck_assert_int_eq(try_open("tap,id=t,ifname=tap8,queues=2", &net, &err),
                     -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "several queues"));
    /* one queue of an interface made for several is fine */
    net_close(open_net("tap,id=t,ifname=tap9"));
    close(held);
    close(many);
    ck_assert_int_eq(seteuid(65534), 0);
    ck_assert_int_lt(try_open("tap,id=t,ifname=tap8", &net, &err), 0);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "expected"));
}
END_TEST

static void script(const char *name, const char *text)
{
    char path[100];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", net_dir, name);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f, "#!/bin/sh\ncd %s\n%s\n", net_dir, text);
    fclose(f);
    chmod(path, 0755);
}

static void has(const char *name, const char *expect)
{
    char path[100], got[100] = "";
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", net_dir, name);
    f = fopen(path, "r");
    ck_assert_msg(f, "%s", name);
    ck_assert_ptr_nonnull(fgets(got, sizeof(got), f));
    fclose(f);
    ck_assert_str_eq(got, expect);
}

/* Another process finds the interface of one that was killed. */
START_TEST(tap_that_persists)
{
    unsigned index;

    for (unsigned i = 0; i < 2; i++) {
        const char *spec = i ? "tap,id=t,ifname=tap7,persist=on,queues=2"
                             : "tap,id=t,ifname=tap7,persist=on";
        struct net *net;
        int status;
        pid_t pid = fork();

        ck_assert_int_ge(pid, 0);
        if (!pid) {
            open_net("%s", spec);
            raise(SIGKILL);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status));
        index = if_nametoindex("tap7");
        ck_assert_uint_ne(index, 0);
        net = open_net("%s", spec);
        ck_assert_uint_eq(if_nametoindex("tap7"), index);
        net_close(net);
        ck_assert_uint_eq(if_nametoindex("tap7"), 0);
    }
}
END_TEST

START_TEST(tap_scripts)
{
    struct cfg_err err = {""};
    struct net *net;
    char text[256];

    script("up", "echo $1 $# >out; ls /proc/self/fd | wc -l >fds; cat");
    script("down", "echo $1 >down-out");
    script("bad", "exit 3");
    script("killed", "kill -9 $$");
    ck_assert_int_ge(open("/dev/null", O_RDONLY), 3); /* not inherited */
    net = open_net("tap,id=t,ifname=tap7,script=%s/up,downscript=%s/down",
                   net_dir, net_dir);
    has("out", "tap7 1\n");
    has("fds", "4\n"); /* 0 to 2, and the folder ls reads */
    net_close(net);
    has("down-out", "tap7\n");

    net = open_net("tap,id=t,ifname=tap7,script=no,downscript=no");
    net_close(net);
    static const char *const bad[][2] = {
        {"bad", "failed with status 3"},
        {"killed", "killed by signal 9"},
        {"absent", "expected the path of a program"},
    };
    for (unsigned i = 0; i < 3; i++) {
        snprintf(text, sizeof(text), "tap,id=t,ifname=tap7,script=%s/%s",
                 net_dir, bad[i][0]);
        ck_assert_int_lt(try_open(text, &net, &err), 0);
        ck_assert_msg(strstr(err.text, bad[i][1]), "%s", err.text);
    }
}
END_TEST

static int be_helper(int argc, char **argv)
{
    union {
        struct cmsghdr align;
        char buf[CMSG_SPACE(sizeof(int))];
    } c = {0};
    struct iovec iov = {"x", 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = c.buf,
                         .msg_controllen = sizeof(c.buf)};
    int fd;

    if (argc != 4 || strcmp(argv[1], "--use-vnet") || strcmp(argv[3], "--fd=3"))
        return 9;
    if (!strcmp(argv[2], "--br=nofd"))
        return 0;
    if (strcmp(argv[2], "--br=br9"))
        return 8;
    fd = raw_tap("tap6", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
    c.align.cmsg_level = SOL_SOCKET;
    c.align.cmsg_type = SCM_RIGHTS;
    c.align.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&c.align), &fd, sizeof(fd));
    return sendmsg(3, &msg, 0) != 1;
}

START_TEST(tap_by_bridge_helper)
{
    static const char *const text[] = {
        "tap,id=t,br=br9,helper=%s",
        "bridge,id=t,br=br9,helper=%s",
    };
    struct cfg_err err = {""};
    struct net *net;
    char line[256];

    for (unsigned i = 0; i < 2; i++) {
        snprintf(line, sizeof(line), text[i], "/proc/self/exe");
        ck_assert_msg(!try_open(line, &net, &err), "%s", err.text);
        ck_assert_ptr_nonnull(strstr(net->info, "tap6"));
        net_close(net);
    }
    ck_assert_int_lt(
        try_open("bridge,id=t,br=nofd,helper=/proc/self/exe", &net, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "sent no descriptor"));
    ck_assert_int_lt(
        try_open("bridge,id=t,br=none,helper=/proc/self/exe", &net, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "failed with status 8"));
}
END_TEST

int main(int argc, char **argv)
{
    Suite *s;
    TCase *c;

    if (argc > 1)
        return be_helper(argc, argv);
    if (geteuid() || access("/dev/net/tun", R_OK | W_OK)) {
        printf("skipped: expected root and /dev/net/tun\n");
        return 77;
    }
    s = suite_create("net-tap");
    c = tcase_create("net-tap");
    tcase_add_checked_fixture(c, setup, net_end_teardown);
    tcase_set_timeout(c, SUITE_TIMEOUT);
    tcase_add_loop_test(c, tap_both_ways, 0, 4);
    tcase_add_loop_test(c, tap_cut_frame_is_dropped, 0, 2);
    tcase_add_test(c, tap_hostile_headers_are_refused);
    tcase_add_test(c, tap_offloads_by_what_the_guest_takes);
    tcase_add_test(c, tap_several_queues);
    tcase_add_test(c, tap_by_descriptor);
    tcase_add_test(c, tap_that_goes);
    tcase_add_test(c, tap_errors_name_the_interface);
    tcase_add_test(c, tap_that_persists);
    tcase_add_test(c, tap_scripts);
    tcase_add_test(c, tap_by_bridge_helper);
    suite_add_tcase(s, c);
    return run_cases(s);
}
