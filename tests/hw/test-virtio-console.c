/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/virtio/virtio-console: the bus, its ports, and the control queues. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "hw/virtio/virtio.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"
#include "tests/lib/virtio-driver.h"

#define MULTIPORT (1u << 1)
#define BUF 256

enum { RX0, TX0, CRX, CTX, RX1, TX1 };
enum {
    DEVICE_READY = 0,
    DEVICE_ADD = 1,
    PORT_READY = 3,
    CONSOLE_PORT = 4,
    PORT_OPEN = 6,
    PORT_NAME = 7,
};

static struct testvm *t;
static struct vd d;
static char path[2][64];
static int sock[2] = {-1, -1};

static void setup(void)
{
    char dev[2][192];
    const char *const args[] = {
        "-m",       "32M",
        "-chardev", dev[0],
        "-chardev", dev[1],
        "-device",  "virtio-serial-pci,id=vs",
        "-device",  "virtconsole,chardev=c0",
        "-device",  "virtserialport,chardev=c1,name=org.test.0",
        NULL};

    for (unsigned i = 0; i < 2; i++) {
        snprintf(path[i], sizeof(path[i]), "test-console-%d-%u", getpid(), i);
        unlink(path[i]);
        snprintf(dev[i], sizeof(dev[i]),
                 "socket,id=c%u,path=%s,server=on,wait=off", i, path[i]);
    }
    t = tv_new("pc", args);
}

static void teardown(void)
{
    tv_free(t);
    for (unsigned i = 0; i < 2; i++) {
        if (sock[i] >= 0)
            close(sock[i]);
        sock[i] = -1;
        unlink(path[i]);
    }
}

static void dial(unsigned i)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    strcpy(a.sun_path, path[i]);
    sock[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(connect(sock[i], (struct sockaddr *)&a, sizeof(a)), 0);
}

/* What arrives on the socket until it is len bytes. */
struct expect {
    int fd;
    size_t len, have;
    char buf[65536];
};

static bool received(void *opaque)
{
    struct expect *e = opaque;
    ssize_t n = read(e->fd, e->buf + e->have, sizeof(e->buf) - e->have);

    if (n > 0)
        e->have += (size_t)n;
    return e->have >= e->len;
}

static void expect_text(unsigned i, const char *text)
{
    static struct expect e;

    e = (struct expect){.fd = sock[i], .len = strlen(text)};
    ck_assert(tv_wait(t, received, &e, 10000));
    ck_assert_str_eq(e.buf, text);
}

static void send_text(unsigned q, const char *text)
{
    struct vd_buf b = {vd_alloc(&d, BUF, 1), (uint32_t)strlen(text), false};

    tv_mem_write(t, b.addr, text, strlen(text));
    ck_assert_uint_eq(vd_do(&d.q[q], &b, 1), 0);
}

static uint64_t give_buffer(unsigned q, uint32_t len)
{
    struct vd_buf b = {vd_alloc(&d, len, 1), len, true};

    vd_add(&d.q[q], &b, 1);
    vd_kick(&d.q[q]);
    return b.addr;
}

static void control(uint32_t id, uint16_t event, uint16_t value)
{
    struct {
        uint32_t id;
        uint16_t event, value;
    } c = {id, event, value};
    struct vd_buf b = {vd_alloc(&d, sizeof(c), 8), sizeof(c), false};

    tv_mem_write(t, b.addr, &c, sizeof(c));
    vd_do(&d.q[CTX], &b, 1);
}

static void expect_control(uint32_t id, uint16_t event, uint16_t value,
                           const char *name)
{
    uint64_t at = give_buffer(CRX, 64);
    uint8_t got[64] = {0};
    uint32_t len;
    uint32_t w;
    uint16_t h[2];

    vd_wait_used(&d.q[CRX], &len);
    tv_mem_read(t, at, got, sizeof(got));
    memcpy(&w, got, 4);
    memcpy(h, got + 4, 4);
    ck_assert_uint_eq(w, id);
    ck_assert_uint_eq(h[0], event);
    ck_assert_uint_eq(h[1], value);
    ck_assert_uint_eq(len, 8 + (name ? strlen(name) : 0));
    if (name)
        ck_assert_str_eq((char *)got + 8, name);
}

static void up_multiport(void)
{
    vd_bring_up(&d, t, VIRTIO_ID_CONSOLE, 0, 6);
    control(0, DEVICE_READY, 1);
    expect_control(0, DEVICE_ADD, 1, NULL);
    expect_control(1, DEVICE_ADD, 1, NULL);
}

START_TEST(one_console_without_multiport)
{
    uint8_t got[8] = {0};
    uint64_t at;
    uint32_t len;

    dial(0);
    vd_bring_up(&d, t, VIRTIO_ID_CONSOLE, MULTIPORT, 2);
    ck_assert_uint_eq(tv_mmio_read(t, d.device + 4, 4), 8);
    send_text(TX0, "hello");
    expect_text(0, "hello");
    tv_roundtrip(t);
    ck_assert_int_eq(write(sock[0], "abcdef", 6), 6);
    at = give_buffer(RX0, 4);
    vd_wait_used(&d.q[RX0], &len);
    ck_assert_uint_eq(len, 4);
    tv_mem_read(t, at, got, 4);
    ck_assert_str_eq((char *)got, "abcd");
    tv_roundtrip(t);
    at = give_buffer(RX0, 64);
    vd_wait_used(&d.q[RX0], &len);
    ck_assert_uint_eq(len, 2);
}
END_TEST

START_TEST(multiport_handshake)
{
    up_multiport();
    tv_roundtrip(t);
    control(0, PORT_READY, 1);
    expect_control(0, CONSOLE_PORT, 1, NULL);
    control(1, PORT_READY, 1);
    expect_control(1, PORT_NAME, 1, "org.test.0");
    tv_roundtrip(t);
    dial(1);
    expect_control(1, PORT_OPEN, 1, NULL);
    /* a chardev that may not read does not see its end either */
    control(1, PORT_OPEN, 1);
    give_buffer(RX1, 16);
    close(sock[1]);
    sock[1] = -1;
    expect_control(1, PORT_OPEN, 0, NULL);
    tv_roundtrip(t);
}
END_TEST

START_TEST(a_port_gets_bytes_when_the_guest_has_it_open)
{
    uint8_t got[8] = {0};
    uint64_t at;
    uint32_t len;

    up_multiport();
    dial(1);
    control(1, PORT_READY, 1);
    expect_control(1, PORT_NAME, 1, "org.test.0");
    expect_control(1, PORT_OPEN, 1, NULL);
    ck_assert_int_eq(write(sock[1], "ping", 4), 4);
    at = give_buffer(RX1, 64);
    send_text(TX1, "pong");
    expect_text(1, "pong");
    ck_assert_uint_eq(vd_used_idx(&d.q[RX1]), 0);
    tv_roundtrip(t);
    control(1, PORT_OPEN, 1);
    vd_wait_used(&d.q[RX1], &len);
    ck_assert_uint_eq(len, 4);
    tv_mem_read(t, at, got, 4);
    ck_assert_str_eq((char *)got, "ping");
    tv_roundtrip(t);
}
END_TEST

START_TEST(nobody_listens)
{
    vd_bring_up(&d, t, VIRTIO_ID_CONSOLE, MULTIPORT, 2);
    for (unsigned i = 0; i < 300; i++)
        send_text(TX0, "into the void");
}
END_TEST

/* A reader that sleeps: nothing is lost, nothing piles up in here, and where
 * the guest was in a buffer survives a round trip. */
START_TEST(a_slow_reader)
{
    enum { CHUNK = 60000, N = 12 };
    static uint8_t pattern[CHUNK];
    static struct expect e;
    uint64_t at;
    size_t sum = 0;

    dial(0);
    vd_bring_up(&d, t, VIRTIO_ID_CONSOLE, MULTIPORT, 2);
    at = vd_alloc(&d, CHUNK, 1);
    for (unsigned i = 0; i < CHUNK; i++)
        pattern[i] = (uint8_t)(i % 251);
    tv_mem_write(t, at, pattern, CHUNK);
    for (unsigned i = 0; i < N; i++) {
        struct vd_buf b = {at, CHUNK, false};

        vd_add(&d.q[TX0], &b, 1);
    }
    vd_kick(&d.q[TX0]);
    e.fd = -1;
    e.len = 1;
    e.have = 0;
    tv_wait(t, received, &e, 100); /* it gets as far as the socket goes */
    ck_assert_uint_lt(vd_used_idx(&d.q[TX0]), N);
    tv_roundtrip(t);
    while (sum < (size_t)N * CHUNK) {
        e = (struct expect){.fd = sock[0], .len = 1};
        ck_assert(tv_wait(t, received, &e, 10000));
        for (size_t i = 0; i < e.have; i++)
            if ((uint8_t)e.buf[i] != (sum + i) % CHUNK % 251)
                ck_abort_msg("byte %zu", sum + i);
        sum += e.have;
    }
    for (unsigned i = 0; i < N; i++)
        vd_wait_used(&d.q[TX0], NULL);
    tv_roundtrip(t);
}
END_TEST

/* Many buffers that are one piece of memory: more bytes than there is memory,
 * and the main loop's others have a turn all the same. */
START_TEST(a_chain_without_end)
{
    const char *const args[] = {"-m",       "32M",
                                "-chardev", "null,id=c0",
                                "-device",  "virtio-serial-pci",
                                "-device",  "virtconsole,chardev=c0",
                                NULL};
    struct vd_buf b[64];

    tv_free(t);
    t = tv_new("pc", args);
    vd_bring_up(&d, t, VIRTIO_ID_CONSOLE, MULTIPORT, 2);
    for (unsigned i = 0; i < 64; i++)
        b[i] = (struct vd_buf){0x100000, 1 << 20, false};
    vd_add(&d.q[TX0], b, 64);
    vd_kick(&d.q[TX0]);
    ck_assert_int_eq(loop_once(t->vm.loop, 1000), 0);
    ck_assert_uint_eq(vd_used_idx(&d.q[TX0]), 0);
    tv_roundtrip(t);
    vd_wait_used(&d.q[TX0], NULL);
    tv_roundtrip(t);
}
END_TEST

START_TEST(emergency_write)
{
    vd_open(&d, t, VIRTIO_ID_CONSOLE, 0);
    dial(0);
    tv_wait(t, received, &(struct expect){.fd = -1, .len = 1}, 50);
    for (const char *s = "panic"; *s; s++)
        tv_mmio_write(t, d.device + 8, 4, (uint8_t)*s);
    expect_text(0, "panic");
}
END_TEST

START_TEST(bad_control_messages)
{
    static const uint32_t ids[] = {2, 7, 8, 31, 0xffffffff};
    struct vd_buf b;

    up_multiport();
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        for (uint16_t event = 0; event < 10; event++)
            control(ids[i], event ? event : 1, 1);
    b = (struct vd_buf){vd_alloc(&d, 8, 8), 7, false}; /* too short */
    vd_do(&d.q[CTX], &b, 1);
    b.write = true;
    vd_do(&d.q[CTX], &b, 1);
    tv_roundtrip(t);
    /* as often as it likes: it is told once for each buffer at most */
    for (unsigned i = 0; i < 1000; i++)
        control(1, PORT_READY, 1);
    expect_control(1, PORT_NAME, 1, "org.test.0");
    give_buffer(CRX, 64);
    tv_roundtrip(t);
    ck_assert_uint_eq(vd_used_idx(&d.q[CRX]), d.q[CRX].last_used);
}
END_TEST

START_TEST(bad_configurations)
{
    static const struct {
        const char *device, *says;
    } bad[] = {
        {"virtserialport,nr=0", "is for a virtconsole"},
        {"virtserialport,nr=2", "max_ports"},
        {"virtconsole,nr=1", "is taken by"},
        {"virtserialport,chardev=nope", "chardev"},
        {"virtserialport,bus=nope.0", "nope.0"},
        {"virtio-serial-pci,max_ports=0", "1 to 31"},
        {"virtio-serial-pci,max_ports=32", "1 to 31"},
        {"virtio-serial-pci,id=pci", "pci.0"},
    };
    const char *const args[] = {"-device", "virtio-serial-pci,max_ports=2",
                                "-device", "virtserialport,nr=1",
                                "-device", bad[_i].device,
                                NULL};
    struct cfg_err err = {""};

    ck_assert_ptr_null(tv_try("pc", args, &err));
    ck_assert_msg(strstr(err.text, bad[_i].says), "%s", err.text);
}
END_TEST

START_TEST(storm)
{
    dial(0);
    up_multiport();
    for (unsigned i = 0; i < 20; i++) {
        give_buffer(RX0, 64);
        give_buffer(CRX, 8);
    }
    tv_storm_mmio(t, d.bar[4], 0x20000, 6000, 0xabc + _i);
    tv_storm_cfg(t, d.bdf, 2000, 0xdef + _i);
    tv_roundtrip(t);
    tv_reset(t);
    up_multiport();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtio-console");
    TCase *c = tcase_create("virtio-console");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, SUITE_TIMEOUT);
    tcase_add_test(c, one_console_without_multiport);
    tcase_add_test(c, multiport_handshake);
    tcase_add_test(c, a_port_gets_bytes_when_the_guest_has_it_open);
    tcase_add_test(c, nobody_listens);
    tcase_add_test(c, a_slow_reader);
    tcase_add_test(c, a_chain_without_end);
    tcase_add_test(c, emergency_write);
    tcase_add_test(c, bad_control_messages);
    tcase_add_loop_test(c, bad_configurations, 0, 8);
    tcase_add_loop_test(c, storm, 0, 3);
    suite_add_tcase(s, c);
    return run_cases(s);
}
