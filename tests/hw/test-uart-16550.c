/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dm/bus.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR };
#define COM1 0x3f8

static struct testvm *t;
static int line = -1; /* the other end */

static void setup(void)
{
    int fd[2];
    char chardev[64];

    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd),
        0);
    snprintf(chardev, sizeof(chardev), "socket,id=c0,fd=%d", fd[1]);
    const char *const words[] = {"-chardev", chardev, "-serial", "chardev:c0",
                                 NULL};
    t = tv_new("pc", words);
    line = fd[0];
}

static void teardown(void)
{
    tv_free(t);
    close(line);
}

static uint8_t get(unsigned reg)
{
    return tv_inb(t, COM1 + reg);
}

static void set(unsigned reg, uint8_t v)
{
    tv_outb(t, COM1 + reg, v);
    tv_roundtrip(t);
}

static bool never(void *opaque)
{
    return false;
}

/* What is ready on either side gets through. */
static void settle(void)
{
    for (unsigned i = 0; i < 8; i++) /* one may make the next one ready */
        tv_wait(t, never, NULL, 0);
}

static void send_line(const char *text)
{
    ck_assert_int_eq(write(line, text, strlen(text)), strlen(text));
    settle();
    tv_roundtrip(t);
}

static void expect_line(const char *text)
{
    char buf[256];

    settle();
    ssize_t n = read(line, buf, sizeof(buf));
    ck_assert_int_eq(n, strlen(text));
    ck_assert_mem_eq(buf, text, n);
}

START_TEST(test_registers)
{
    ck_assert_uint_eq(get(LSR), 0x60);
    ck_assert_uint_eq(get(IIR), 0x01);
    ck_assert_uint_eq(get(MSR), 0xb0);
    set(SCR, 0xa5);
    ck_assert_uint_eq(get(SCR), 0xa5);
    set(IER, 0xf0); /* no such bits */
    ck_assert_uint_eq(get(IER), 0);
    set(MCR, 0xe0);
    ck_assert_uint_eq(get(MCR), 0);
    set(LCR, 0x83);
    set(DATA, 0x34);
    set(IER, 0x12);
    ck_assert_uint_eq(get(DATA), 0x34);
    ck_assert_uint_eq(get(IER), 0x12);
    set(LCR, 0x03);
    ck_assert_uint_eq(get(IER), 0);
    ck_assert_uint_eq(get(LCR), 3);
    set(LSR, 0xff); /* read-only */
    set(MSR, 0xff);
    ck_assert_uint_eq(get(LSR), 0x60);
    ck_assert_uint_eq(get(MSR), 0xb0);
    /* FIFOs show in IIR */
    set(IIR, 0xc1);
    ck_assert_uint_eq(get(IIR), 0xc1);
    set(IIR, 0);
    ck_assert_uint_eq(get(IIR), 0x01);
    tv_reset(t);
    ck_assert_uint_eq(get(SCR), 0);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_transmit)
{
    for (const char *p = "hello"; *p; p++)
        set(DATA, *p);
    expect_line("hello");
    /* rep outsb */
    struct io_req req = {.space = BUS_PIO,
                         .write = true,
                         .size = 1,
                         .count = 11,
                         .addr = COM1,
                         .kind = IO_BUFFER,
                         .buf = "hello world"};
    dm_dispatch(&t->vm, &req);
    expect_line("hello world");
}
END_TEST

START_TEST(test_thre_interrupt)
{
    set(MCR, 0x08);
    ck_assert(!tv_gsi(t, 4));
    set(IER, 0x02); /* enabling asks: the transmitter is empty */
    ck_assert(tv_gsi(t, 4));
    ck_assert_uint_eq(get(IIR), 0x02);
    ck_assert(!tv_gsi(t, 4)); /* reading it acknowledges */
    ck_assert_uint_eq(get(IIR), 0x01);
    set(DATA, 'x');
    ck_assert(tv_gsi(t, 4));
    set(MCR, 0); /* OUT2 gates the line, not the state */
    ck_assert(!tv_gsi(t, 4));
    ck_assert_uint_eq(get(IIR), 0x02);
    set(DATA, 'y');
    set(IER, 0);
    set(MCR, 8);
    ck_assert(!tv_gsi(t, 4));
    expect_line("xy");
}
END_TEST

START_TEST(test_receive)
{
    set(MCR, 0x08);
    set(IER, 0x01);
    send_line("ab"); /* no FIFO: one at a time, the rest waits outside */
    ck_assert(tv_gsi(t, 4));
    ck_assert_uint_eq(get(IIR), 0x04);
    ck_assert_uint_eq(get(LSR), 0x61);
    ck_assert_uint_eq(get(DATA), 'a');
    settle();
    ck_assert_uint_eq(get(LSR), 0x61);
    ck_assert_uint_eq(get(DATA), 'b');
    ck_assert_uint_eq(get(LSR), 0x60);
    ck_assert(!tv_gsi(t, 4));
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_fifo_trigger)
{
    static const struct {
        uint8_t fcr;
        unsigned level;
    } trigger[] = {{0x01, 1}, {0x41, 4}, {0x81, 8}, {0xc1, 14}};

    set(MCR, 0x08);
    set(IER, 0x01);
    for (unsigned i = 0; i < 4; i++) {
        set(IIR, trigger[i].fcr | 2);
        for (unsigned n = 1; n < trigger[i].level; n++)
            send_line("x");
        ck_assert(!tv_gsi(t, 4));
        send_line("y");
        ck_assert(tv_gsi(t, 4));
        ck_assert_uint_eq(get(IIR), 0xc4);
        get(DATA); /* below the level */
        ck_assert(!tv_gsi(t, 4));
    }
    set(IIR, 3); /* cleared */
    ck_assert_uint_eq(get(LSR), 0x60);
}
END_TEST

START_TEST(test_timeout)
{
    set(LCR, 0x83);
    set(DATA, 1); /* 115200 baud */
    set(IER, 0);
    set(LCR, 0x03);
    set(MCR, 0x08);
    set(IER, 0x01);
    set(IIR, 0xc1);
    send_line("abc");
    ck_assert(!tv_gsi(t, 4));
    /* four characters of ten bits: 347.2 us */
    tv_step(t, 347000);
    ck_assert(!tv_gsi(t, 4));
    tv_step(t, 1000);
    ck_assert(tv_gsi(t, 4));
    ck_assert_uint_eq(get(IIR), 0xcc);
    tv_roundtrip(t);
    ck_assert_uint_eq(get(DATA), 'a');
    ck_assert(!tv_gsi(t, 4));
    tv_step(t, 348000); /* two are left: again */
    ck_assert_uint_eq(get(IIR), 0xcc);
    ck_assert_uint_eq(get(DATA), 'b');
    ck_assert_uint_eq(get(DATA), 'c');
    tv_step(t, 1000000);
    ck_assert_uint_eq(get(IIR), 0xc1);
    tv_roundtrip(t);
}
END_TEST

/* Nothing is lost: what does not fit into the FIFO waits at the host. */
START_TEST(test_pacing)
{
    char text[101], got[101] = "";

    for (unsigned i = 0; i < 100; i++)
        text[i] = '!' + i % 90;
    text[100] = '\0';
    set(IIR, 0x01);
    send_line(text);
    for (unsigned n = 0; n < 100;) {
        ck_assert_uint_eq(get(LSR), 0x61);
        for (unsigned i = 0; i < 7 && n < 100; i++)
            got[n++] = get(DATA);
        settle();
        tv_roundtrip(t);
    }
    ck_assert_str_eq(got, text);
    ck_assert_uint_eq(get(LSR), 0x60); /* and there was no overrun */
}
END_TEST

static void fill_line(void)
{
    /* until the socket, the chardev and our buffer are full */
    for (unsigned i = 0; get(LSR) & 0x20; i++) {
        ck_assert_uint_lt(i, 10000000);
        tv_outb(t, COM1, 'a' + i % 26);
        if (i % 1024 == 0)
            settle();
    }
}

START_TEST(test_back_pressure)
{
    char buf[4096];
    size_t total = 0;
    unsigned next = 0;
    ssize_t n;
    int small = 4096;

    setsockopt(line, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    set(MCR, 0x08);
    fill_line();
    set(IER, 0x02);
    ck_assert_uint_eq(get(LSR), 0);
    ck_assert(!tv_gsi(t, 4)); /* not empty: no interrupt yet */
    tv_roundtrip(t);
    for (;;) {
        n = read(line, buf, sizeof(buf));
        if (n < 0) {
            settle();
            n = read(line, buf, sizeof(buf));
        }
        if (n < 0)
            break;
        for (ssize_t i = 0; i < n; i++)
            ck_assert_int_eq(buf[i], 'a' + next++ % 26);
        total += n;
    }
    ck_assert_uint_gt(total, 4000);
    ck_assert(tv_gsi(t, 4));
    ck_assert_uint_eq(get(LSR), 0x60);
    tv_roundtrip(t);
}
END_TEST

/* A reader that hangs up does not leave the guest waiting. */
START_TEST(test_hang_up)
{
    fill_line();
    ck_assert_uint_eq(get(LSR), 0);
    close(line);
    line = -1;
    settle();
    ck_assert_uint_eq(get(LSR), 0x60);
    for (unsigned i = 0; i < 10000; i++)
        tv_outb(t, COM1, 'x');
    settle();
    ck_assert_uint_eq(get(LSR), 0x60);
}
END_TEST

START_TEST(test_loopback)
{
    set(IIR, 0x01);
    set(MCR, 0x1a); /* as Linux looks for a UART */
    ck_assert_uint_eq(get(MSR) & 0xf0, 0x90);
    ck_assert_uint_eq(get(MSR) & 0x0f, 0);
    set(MCR, 0x1c);
    ck_assert_uint_eq(get(MSR), 0xc1); /* RI on, CTS changed */
    set(MCR, 0x18);
    ck_assert_uint_eq(get(MSR), 0x84); /* the end of a ring */
    /* characters come back, none gets out */
    for (unsigned i = 0; i < 17; i++)
        set(DATA, 'A' + i);
    ck_assert_uint_eq(get(LSR), 0x63); /* one too many */
    ck_assert_uint_eq(get(LSR), 0x61);
    for (unsigned i = 0; i < 16; i++)
        ck_assert_uint_eq(get(DATA), 'A' + i);
    ck_assert_uint_eq(get(LSR), 0x60);
    set(LCR, 0x43); /* a break */
    ck_assert_uint_eq(get(LSR), 0x71);
    ck_assert_uint_eq(get(DATA), 0);
    set(LCR, 0x03);
    /* the host's data waits for the end of the test */
    send_line("q");
    ck_assert_uint_eq(get(LSR), 0x60);
    set(MCR, 0x08);
    settle();
    ck_assert_uint_eq(get(LSR), 0x61);
    ck_assert_uint_eq(get(DATA), 'q');
    settle();
    char c;
    ck_assert_int_eq(read(line, &c, 1), -1);
}
END_TEST

START_TEST(test_priorities)
{
    set(IIR, 0x01);
    set(MCR, 0x18);
    for (unsigned i = 0; i < 17; i++)
        set(DATA, i);
    set(MCR, 0x1b); /* modem lines change */
    set(IER, 0x0f);
    ck_assert_uint_eq(get(IIR), 0xc6);
    get(LSR);
    ck_assert_uint_eq(get(IIR), 0xc4);
    for (unsigned i = 0; i < 16; i++)
        get(DATA);
    ck_assert_uint_eq(get(IIR), 0xc2);
    ck_assert_uint_eq(get(IIR), 0xc0);
    get(MSR);
    ck_assert_uint_eq(get(IIR), 0xc1);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_ports)
{
    static const struct {
        const char *dev;
        uint16_t port; /* 0: refused */
    } cases[] = {
        {"isa-serial", 0x2f8}, /* COM1 is there */
        {"isa-serial,index=3", 0x2e8},
        {"isa-serial,iobase=0x1000,irq=7", 0x1000},
        {"isa-serial,index=4", 0},
        {"isa-serial,index=0", 0},
        {"isa-serial,iobase=0xfffc,irq=4", 0},
        {"isa-serial,baud=9600", 0},
        {"isa-serial,chardev=nobody", 0},
    };
    struct cfg_err err;

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const words[] = {"-serial", "null", "-device", cases[i].dev,
                                     NULL};
        err.text[0] = '\0';
        struct testvm *u = tv_try("pc", words, &err);
        ck_assert_msg(!!u == !!cases[i].port, "%s: %s", cases[i].dev, err.text);
        if (!u) {
            ck_assert_str_ne(err.text, "");
            continue;
        }
        ck_assert_uint_eq(tv_inb(u, cases[i].port + LSR), 0x60);
        tv_roundtrip(u);
        tv_free(u);
    }
}
END_TEST

START_TEST(test_storm)
{
    for (unsigned i = 0; i < 20; i++) {
        tv_storm_pio(t, COM1, 8, 1000, 0x16550 + i);
        char buf[4096];
        while (read(line, buf, sizeof(buf)) > 0)
            ;
        if (write(line, "storm", 5) != 5)
            ck_assert_int_eq(errno, EAGAIN);
        settle();
        tv_roundtrip(t);
    }
}
END_TEST

int main(void)
{
    return run_suite(
        "uart-16550", setup, teardown,
        (const TTest *const[]){test_registers, test_transmit,
                               test_thre_interrupt, test_receive,
                               test_fifo_trigger, test_timeout, test_pacing,
                               test_back_pressure, test_hang_up, test_loopback,
                               test_priorities, test_ports, test_storm, NULL});
}
