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
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
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
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    struct netif_tx_request r = {.gref = FAKE_REF(NF_TX_PAGE), .size = 300};
    uint8_t got[400];

    nf_fill(fake_page(f.x, NF_TX_PAGE), 300, 1);
    nf_tx(&f, 0, &r, sizeof(r));
    nf_tx_push(&f, 0);
    ck_assert_int_eq(nf_tx_get(&f, 0).status, NETIF_RSP_OKAY);
    do /* the kernel's own come between */
        ck_assert_int_eq(poll(&pfd, 1, NF_WAIT_MS), 1);
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
        comes_and_goes,        waits_for_the_script, frames_both_ways,
        renamed_by_the_script, name_in_use,          NULL,
    };

    if (geteuid() || access("/dev/net/tun", R_OK | W_OK)) {
        printf("skipped: expected root and /dev/net/tun\n");
        return 77;
    }
    return run_suite("backend-vif", setup, teardown, tests);
}
