/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hw/pv/backend-vif: network cards of a toolstack, on real taps, each test in
 * a network namespace of its own.
 */
#include "config.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hw/catalog.h"
#include "hw/pv/backends.h"
#include "tests/lib/suite.h"
#include "tests/pv/net-front.h"

#define TAP "vif7.0"

static struct nf f;
static struct testvm *t;

static void setup(void)
{
    struct cfg_err err;

    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    t = tv_new("none", (const char *const[]){NULL});
    f = (struct nf){.t = t, .x = fake_xenif_new(t->vm.loop)};
    t->vm.xenif = f.x;
    vm_lock(&t->vm);
    ck_assert_msg(!dev_create(&t->vm, &xen_backends_class, NULL, NULL, &err),
                  "%s", err.text);
    vm_unlock(&t->vm);
    fake_grant(f.x, NF_TX_PAGE, 1500, false);
}

static void teardown(void)
{
    vm_lock(&t->vm);
    dev_destroy_all(&t->vm);
    vm_unlock(&t->vm);
    ck_assert_uint_eq(if_nametoindex(TAP), 0);
    fake_xenif_free(f.x);
    tv_free(t);
}

/* What libxl writes. */
static void attach(const char *script)
{
    fake_xs_set(f.x, script, NF_BACK "/script");
    nf_folders(&f, NULL);
    nf_run(&f);
}

static void detach(void)
{
    fake_xs_set(f.x, "0", NF_BACK "/online");
    fake_xs_set(f.x, "5", NF_BACK "/state");
    nf_run(&f);
    ck_assert_uint_ne(if_nametoindex(TAP), 0); /* until the guest lets go */
    nf_set(&f, "state", "6");
    ck_assert_uint_eq(if_nametoindex(TAP), 0);
    fake_xs_set(f.x, NULL, NF_BACK);
    fake_xs_set(f.x, NULL, NF_FRONT);
    nf_run(&f);
}

static void script_succeeds(void)
{
    fake_xs_set(f.x, "connected", NF_BACK "/hotplug-status");
    nf_run(&f);
}

/* The host's side, up, as a packet socket. */
static int host_side(const char *ifname)
{
    struct sockaddr_ll ll = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ALL)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct ifreq ifr = {.ifr_flags = IFF_UP};

    strcpy(ifr.ifr_name, ifname);
    ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
    ll.sll_ifindex = (int)if_nametoindex(ifname);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&ll, sizeof(ll)), 0);
    return fd;
}

static void frame_to_host(int fd)
{
    struct netif_tx_request r = {.gref = FAKE_REF(NF_TX_PAGE), .size = 300};
    uint8_t got[400];

    nf_fill(fake_page(f.x, NF_TX_PAGE), 300, 1);
    nf_tx(&f, 0, &r, sizeof(r));
    nf_tx_push(&f, 0);
    ck_assert_int_eq(nf_tx_get(&f, 0).status, NETIF_RSP_OKAY);
    do /* the kernel's own come between */
        ck_assert(tv_readable(fd, NF_WAIT_MS));
    while (read(fd, got, sizeof(got)) != 300 ||
           memcmp(got, fake_page(f.x, NF_TX_PAGE), 300));
}

static void frame_to_guest(int fd)
{
    uint8_t p[300];

    nf_fill(p, sizeof(p), 2);
    ck_assert_int_eq(write(fd, p, sizeof(p)), sizeof(p));
    do
        nf_rx_fill(&f, 0, 1);
    while (nf_rx_get(&f, 0).status != sizeof(p) ||
           memcmp(nf_rx_page(&f, 0), p, sizeof(p)));
}

START_TEST(comes_and_goes)
{
    for (unsigned i = 0; i < 3; i++) {
        attach(NULL);
        ck_assert_int_eq(nf_state(&f), XENBUS_INIT_WAIT);
        ck_assert_uint_ne(if_nametoindex(TAP), 0);
        ck_assert_str_eq(fake_xs_get(f.x, NF_BACK "/feature-gso-tcpv4"), "1");
        nf_connect(&f, 1, true);
        detach();
    }
}
END_TEST

/* Of a guest that another process can go on with. */
START_TEST(outlives_a_killed_process)
{
    unsigned index;
    int status;
    pid_t pid;

    t->cl.cfg.xen_attach = true;
    nf_run(&f); /* the loop wakes both */
    pid = fork();
    if (!pid) {
        attach(NULL);
        raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    index = if_nametoindex(TAP);
    ck_assert_uint_ne(index, 0);
    attach(NULL);
    ck_assert_uint_eq(if_nametoindex(TAP), index);
    nf_connect(&f, 1, true);
    detach();
}
END_TEST

/* The tap is there for the script; the guest has got to wait for it. */
START_TEST(waits_for_the_script)
{
    attach("/etc/xen/scripts/vif-bridge");
    ck_assert_uint_ne(if_nametoindex(TAP), 0);
    nf_offer(&f, 1, true);
    ck_assert_int_eq(nf_state(&f), XENBUS_INIT_WAIT);
    fake_xs_set(f.x, "error", NF_BACK "/hotplug-status");
    nf_run(&f);
    ck_assert_int_eq(nf_state(&f), XENBUS_INIT_WAIT);
    script_succeeds();
    ck_assert_int_eq(nf_state(&f), XENBUS_CONNECTED);
}
END_TEST

START_TEST(frames_both_ways)
{
    int fd;

    attach("vif-bridge");
    fd = host_side(TAP);
    script_succeeds();
    nf_connect(&f, 1, true);
    frame_to_host(fd);
    frame_to_guest(fd);
    /* A frontend that begins anew finds the same interface. */
    nf_disconnect(&f);
    nf_connect(&f, 1, false);
    frame_to_host(fd);
    frame_to_guest(fd);
    close(fd);
}
END_TEST

static uint32_t rnd(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* XSA-423: a packet of up to 18 pieces cut anywhere, its headers too, with
 * checksum and segmentation as it may be: the host's kernel gets what it can
 * bear, and the next frame gets through. */
START_TEST(xsa_423_any_split_into_a_tap)
{
    static uint8_t sink[NET_FRAME_MAX];
    uint32_t seed = 423;
    int fd;

    attach("vif-bridge");
    fd = host_side(TAP);
    script_succeeds();
    nf_connect(&f, 1, true);
    for (unsigned i = 0; i < 2000; i++) {
        unsigned pieces = 1 + rnd(&seed) % 18, slots = pieces;
        size_t len = 60 + rnd(&seed) % 3000;
        struct netif_extra e = {.type = NETIF_EXTRA_GSO,
                                .gso = {.size = (uint16_t)rnd(&seed),
                                        .type = (uint8_t)(rnd(&seed) % 4)}};
        bool extra = rnd(&seed) % 2;
        uint8_t *page = fake_page(f.x, NF_TX_PAGE);
        int16_t status = 0;

        nf_tcp(page, rnd(&seed) % 2 ? IPV6 : IPV4, len);
        for (unsigned k = rnd(&seed) % 4; k; k--)
            page[12 + rnd(&seed) % 60] = (uint8_t)rnd(&seed);
        for (unsigned k = 0; k < pieces; k++) {
            size_t part = k + 1 < pieces ? rnd(&seed) % (len / pieces) : 64;
            struct netif_tx_request r = {
                .gref = FAKE_REF(NF_TX_PAGE),
                .size = (uint16_t)(k ? part : len),
                .offset = (uint16_t)(k ? rnd(&seed) % 1000 : 0),
                .flags = k + 1 < pieces ? NETTXF_MORE_DATA : 0};

            if (!k && rnd(&seed) % 2)
                r.flags |= NETTXF_CSUM_BLANK;
            if (!k && extra)
                r.flags |= NETTXF_EXTRA_INFO;
            nf_tx(&f, 0, &r, sizeof(r));
            if (!k && extra)
                nf_tx(&f, 0, &e, sizeof(e));
        }
        slots += extra;
        nf_tx_push(&f, 0);
        while (slots--) {
            int16_t s = nf_tx_get(&f, 0).status;

            if (s == NETIF_RSP_NULL)
                continue;
            ck_assert(s == NETIF_RSP_OKAY || s == NETIF_RSP_ERROR);
            ck_assert(!status || s == status - 10);
            status = (int16_t)(s + 10); /* one for all pieces */
        }
        while (read(fd, sink, sizeof(sink)) > 0)
            ;
    }
    ck_assert_str_eq(nf_error(&f), "");
    frame_to_host(fd);
    close(fd);
}
END_TEST

/* "vifname" of the toolstack: its script gives the interface another name. */
START_TEST(renamed_by_the_script)
{
    struct ifreq ifr = {.ifr_name = TAP, .ifr_newname = "other"};
    int fd;

    attach("vif-bridge");
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(ioctl(fd, SIOCSIFNAME, &ifr), 0);
    close(fd);
    fd = host_side("other");
    script_succeeds();
    nf_connect(&f, 1, true);
    frame_to_host(fd);
    frame_to_guest(fd);
    close(fd);
    nf_set(&f, "state", "6");
    fake_xs_set(f.x, NULL, NF_BACK);
    nf_run(&f);
    ck_assert_uint_eq(if_nametoindex("other"), 0);
}
END_TEST

START_TEST(name_in_use)
{
    struct ifreq ifr = {.ifr_name = TAP, .ifr_flags = IFF_TAP | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    ck_assert_int_eq(ioctl(fd, TUNSETIFF, &ifr), 0);
    attach(NULL);
    ck_assert_int_eq(nf_state(&f), XENBUS_INITIALISING);
    ck_assert_ptr_nonnull(strstr(nf_error(&f), "interface 'vif7.0'"));
    close(fd);
    fake_xs_set(f.x, NULL, NF_BACK);
    nf_run(&f);
    attach(NULL);
    ck_assert_int_eq(nf_state(&f), XENBUS_INIT_WAIT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        comes_and_goes,
        outlives_a_killed_process,
        waits_for_the_script,
        frames_both_ways,
        xsa_423_any_split_into_a_tap,
        renamed_by_the_script,
        name_in_use,
        NULL,
    };

    if (geteuid() || access("/dev/net/tun", R_OK | W_OK)) {
        printf("skipped: expected root and /dev/net/tun\n");
        return 77;
    }
    return run_suite("backend-vif", setup, teardown, tests);
}
