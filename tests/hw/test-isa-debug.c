/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ports that test guests, firmware and panics talk to. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dm/bus.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

static struct testvm *t;
static int line;

static void setup(void)
{
    int fd[2];
    char chardev[64];

    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd),
        0);
    line = fd[0];
    snprintf(chardev, sizeof(chardev), "socket,id=c0,fd=%d", fd[1]);
    const char *const words[] = {
        "-chardev", chardev,
        "-device",  "isa-debugcon,iobase=0x402,chardev=c0",
        "-device",  "isa-debug-exit,iobase=0xf4,iosize=0x4",
        "-device",  "pvpanic",
        NULL};
    t = tv_new("pc", words);
}

static void teardown(void)
{
    tv_free(t);
    close(line);
}

static unsigned requests(void)
{
    /* before the loop acts on them */
    return atomic_exchange(&t->vm.requests, 0);
}

static bool never(void *opaque)
{
    return false;
}

START_TEST(test_debug_exit)
{
    ck_assert_uint_eq(tv_inl(t, 0xf4), 0);
    ck_assert_uint_eq(requests(), 0);
    tv_outl(t, 0xf4, 0x23);
    ck_assert_uint_eq(requests(), VM_REQ_QUIT);
    ck_assert_int_eq(t->vm.exit_status, 0x47);
    tv_outb(t, 0xf7, 1); /* the first one counts */
    ck_assert_int_eq(t->vm.exit_status, 0x47);
    requests();
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_debugcon)
{
    char buf[64];

    ck_assert_uint_eq(tv_inb(t, 0x402), 0xe9);
    tv_outb(t, 0x402, 'a');
    tv_outb(t, 0x402, 'b');
    struct io_req req = {.space = BUS_PIO,
                         .write = true,
                         .size = 1,
                         .count = 12,
                         .addr = 0x402,
                         .kind = IO_BUFFER,
                         .buf = "firmware log"};
    dm_dispatch(&t->vm, &req);
    tv_wait(t, never, NULL, 0);
    ck_assert_int_eq(read(line, buf, sizeof(buf)), 14);
    ck_assert_mem_eq(buf, "abfirmware log", 14);
    tv_outb(t, 0x402, 'c'); /* on its way when the state is saved */
    tv_roundtrip(t);
    /* far more than anything buffers: lost, not waited for */
    for (unsigned i = 0; i < 1000000; i++)
        tv_outb(t, 0x402, 'x');
    tv_roundtrip(t);
    tv_storm_pio(t, 0x402, 1, 1000, 0x402);
}
END_TEST

START_TEST(test_pvpanic)
{
    ck_assert_uint_eq(tv_inb(t, 0x505), 3);
    tv_outb(t, 0x505, 0);
    tv_outb(t, 0x505, 0xfc);
    ck_assert_uint_eq(requests(), 0);
    tv_outb(t, 0x505, 2); /* it will dump itself */
    ck_assert_uint_eq(requests(), 0);
    tv_outb(t, 0x505, 1);
    ck_assert_uint_eq(requests(), VM_REQ_PANIC);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_properties)
{
    static const struct {
        const char *dev;
        bool ok;
    } cases[] = {
        {"pvpanic,ioport=0x600,events=1", true},
        {"pvpanic,ioport=0x70", false},
        {"pvpanic,ioport=0x10000", false},
        {"isa-debug-exit", true},
        {"isa-debug-exit,iosize=0", false},
        {"isa-debug-exit,iobase=0xffff,iosize=2", false},
        {"isa-debug-exit,iobase=0x60", false},
        {"isa-debugcon", true},
        {"isa-debugcon,iobase=0x10000", false},
        {"isa-debugcon,chardev=nobody", false},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const words[] = {"-device", cases[i].dev, NULL};
        struct cfg_err err = {""};
        struct testvm *u = tv_try("pc", words, &err);
        ck_assert_msg(!!u == cases[i].ok, "%s: %s", cases[i].dev, err.text);
        ck_assert_int_eq(!err.text[0], cases[i].ok);
        if (u)
            tv_roundtrip(u);
        tv_free(u);
    }
}
END_TEST

int main(void)
{
    return run_suite("isa-debug", setup, teardown,
                     (const TTest *const[]){test_debug_exit, test_debugcon,
                                            test_pvpanic, test_properties,
                                            NULL});
}
