/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The qtest protocol over a real socket. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dm/irq.h"
#include "dm/mem.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

static struct testvm *t;
static char dir[64];
static struct sockaddr_un addr = {.sun_family = AF_UNIX};
static char option[sizeof(addr.sun_path) + 8];
static int client = -1, server = -1;

static void listen_here(void)
{
    suite_path(dir, sizeof(dir), "qtest-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/sock", dir);
    snprintf(option, sizeof(option), "unix:%s", addr.sun_path);
    server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server, (struct sockaddr *)&addr, sizeof(addr)), 0);
    ck_assert_int_eq(listen(server, 1), 0);
}

static void setup(void)
{
    listen_here();
    const char *const words[] = {"-qtest",    option, "-qtest-log",
                                 "/dev/null", "-rtc", "base=2020-01-01",
                                 NULL};
    t = tv_new("pc", words);
    client = accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    ck_assert_int_ge(client, 0);
}

static void teardown(void)
{
    tv_free(t);
    close(client);
    close(server);
    unlink(addr.sun_path);
    rmdir(dir);
}

static bool never(void *opaque)
{
    return false;
}

static void push(const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(client, data, len);
        if (n < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            tv_wait(t, never, NULL, 0);
            continue;
        }
        data += n;
        len -= n;
    }
}

/* One byte of an answer, running the server until it comes. */
static char pull(void)
{
    static char buf[65536];
    static ssize_t n, next;

    for (unsigned i = 0; next == n && i < 10000; i++) {
        next = 0;
        n = read(client, buf, sizeof(buf));
        if (n <= 0) {
            n = 0;
            tv_wait(t, never, NULL, 0);
        }
    }
    if (next == n) /* every ck_assert costs a write */
        ck_abort_msg("no answer");
    return buf[next++];
}

static const char *line(void)
{
    static char buf[1024];
    size_t n = 0;

    while ((buf[n] = pull()) != '\n')
        ck_assert_uint_lt(++n, sizeof(buf));
    buf[n] = '\0';
    return buf;
}

static const char *ask(const char *command)
{
    push(command, strlen(command));
    push("\n", 1);
    return line();
}

#define is(command, answer) ck_assert_str_eq(ask(command), answer)
#define fails(command) ck_assert_mem_eq(ask(command), "FAIL ", 5)

START_TEST(test_ports)
{
    is("endianness", "OK little");
    is("outb 0x70 0x40", "OK");
    is("outb 0x71 0xa5", "OK");
    is("inb 0x71", "OK 0x00a5");
    is("inw 0x60", "OK 0xff00");
    is("inl 0x1234", "OK 0xffffffff");
    is("outl 0xcf8 0x80000000", "OK");
    is("inl 0xcfc", "OK 0x12378086");
    is("inw 0xcfe", "OK 0x1237");
    is("outb 113 0x1ff", "OK"); /* decimal, and too wide a value */
    is("inb 113", "OK 0x00ff");
}
END_TEST

START_TEST(test_memory)
{
    is("writeb 0x1000 0x11", "OK");
    is("writew 0x1002 0x3344", "OK");
    is("writel 0x1004 0x55667788", "OK");
    is("writeq 0x1008 0x0102030405060708", "OK");
    is("readb 0x1000", "OK 0x0000000000000011");
    is("readw 0x1002", "OK 0x0000000000003344");
    is("readl 0x1004", "OK 0x0000000055667788");
    is("readq 0x1008", "OK 0x0102030405060708");
    is("read 0x1000 16", "OK 0x11004433887766550807060504030201");
    is("write 0x2ffe 4 0xdeADbeEF", "OK"); /* across a page */
    is("readl 0x2ffe", "OK 0x00000000efbeadde");
    is("write 0x2ffe 4 0x01", "OK"); /* the rest is zero */
    is("read 0x2ffe 4", "OK 0x01000000");
    is("write 0x2ffe 1 0x0506", "OK");
    is("read 0x2ffe 2", "OK 0x0500");
    is("b64write 0x3000 5 aGVsbG8=", "OK");
    is("read 0x3000 5", "OK 0x68656c6c6f");
    is("b64read 0x3000 3", "OK aGVs");
    is("b64read 0x3000 4", "OK aGVsbA==");
    is("b64read 0x3000 5", "OK aGVsbG8=");
    is("memset 0x3000 4096 0xab", "OK");
    is("memset 0x3001 0 0", "OK");
    is("read 0x3ffe 4", "OK 0xabab0000");
    /* nobody there */
    is("readq 0xe0000000", "OK 0xffffffffffffffff");
    is("read 0xe0000001 3", "OK 0xffffff");
    is("writel 0xe0000000 0", "OK");
}
END_TEST

START_TEST(test_rom)
{
    struct cfg_err err;
    struct ram *rom;

    vm_lock(&t->vm);
    ck_assert_int_eq(ram_new(&t->vm, "rom", 4096, &rom, &err), 0);
    memcpy(rom->host, "firmware", 8);
    ck_assert_int_eq(mem_show(&t->vm, 0xfffff000, 4096, rom, 0, true), 0);
    vm_unlock(&t->vm);
    is("write 0xfffff000 4 0x00000000", "OK");
    is("writeb 0xfffff000 0", "OK");
    is("memset 0xfffff000 4096 0", "OK");
    is("b64read 0xfffff000 8", "OK ZmlybXdhcmU=");
}
END_TEST

START_TEST(test_clock_and_lines)
{
    is("clock_step", "OK 0"); /* nothing will happen */
    is("irq_intercept_in ioapic", "OK");
    is("irq_intercept_in ioapic", "OK");
    is("outb 0x70 0x0b", "OK");
    is("outb 0x71 0x12", "OK"); /* an interrupt every second */
    is("clock_step 999999999", "OK 999999999");
    is("clock_step 1", "IRQ raise 8"); /* the event comes first */
    ck_assert_str_eq(line(), "OK 1000000000");
    is("outb 0x70 0x0c", "OK");
    is("inb 0x71", "IRQ lower 8");
    ck_assert_str_eq(line(), "OK 0x00d0");
    is("clock_step", "IRQ raise 8");
    ck_assert_str_eq(line(), "OK 2000000000");
    is("clock_set 1999", "OK 2000000000"); /* never back */
    is("clock_set 5000000000", "OK 5000000000");
    is("inb 0x71", "IRQ lower 8");
    ck_assert_str_eq(line(), "OK 0x00d0");
    is("clock_step 0", "OK 5000000000");
    /* a line that moves between commands */
    vm_lock(&t->vm);
    irq_pulse(&t->vm, 5);
    vm_unlock(&t->vm);
    ck_assert_str_eq(line(), "IRQ raise 5");
    ck_assert_str_eq(line(), "IRQ lower 5");
    fails("irq_intercept_out ioapic");
    fails("irq_intercept_in pic");
}
END_TEST

/* A message is a write; where nothing is, nothing happens. */
START_TEST(test_messages)
{
    irq_msi(&t->vm, 0x4000, 0x12345678);
    irq_msi(&t->vm, 0xfee00000, 0x4041);
    is("readq 0x4000", "OK 0x0000000012345678");
    ck_assert_uint_eq(t->msi_count, 2);
    ck_assert_uint_eq(t->msi_addr, 0xfee00000);
}
END_TEST

START_TEST(test_failures)
{
    static const char *const bad[] = {
        "",
        " ",
        "nonsense",
        "inb",
        "inb 0x10000",
        "inb x",
        "inb -1",
        "inb 1 2",
        "outb 1",
        "outb 1 2 3",
        "outb 1 2 3 4 5 6 7",
        "outb 0x10000 1",
        "readb",
        "readl 0xffffffffffffffff",
        "writeb 0",
        "writel 0xfffffffffffffffe 1",
        "read 0 0",
        "read 0 0x4000001",
        "read 0xffffffffffffff00 0x200",
        "read 0 -1",
        "write 0 4 deadbeef",
        "write 0 4 0xdeadbee",
        "write 0 4 0xdeadbeeg",
        "write 0 4",
        "write 0 0x10000000000 0x00",
        "b64write 0 4 ????",
        "b64write 0 4 =AAA",
        "memset 0 0x40000001 0",
        "memset 0 1 x",
        "clock_step -1",
        "clock_step 1 2",
        "clock_step 0x8000000000000000",
        "clock_set",
        "clock_set 0x8000000000000000",
        "module_load a b",
        "set_irq_in ioapic unnamed-gpio-in 1 1",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aa",
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fails(bad[i]);
        is("endianness", "OK little"); /* and goes on */
    }
    push("inb\0 1\n", 7);
    ck_assert_mem_eq(line(), "FAIL ", 5);
    is("endianness\r", "OK little");
}
END_TEST

START_TEST(test_big)
{
    size_t n = 16 << 20;
    char *text = malloc(2 * n), sum[64];

    memset(text, '5', 2 * n);
    snprintf(sum, sizeof(sum), "write 0x100000 %zu 0x", n);
    push(sum, strlen(sum));
    push(text, 2 * n);
    push("\n", 1);
    ck_assert_str_eq(line(), "OK");
    is("readq 0x10ffff8", "OK 0x5555555555555555");
    is("readq 0x1100000", "OK 0x0000000000000000");
    snprintf(sum, sizeof(sum), "read 0x100000 %zu\n", n);
    push(sum, strlen(sum));
    for (const char *p = "OK 0x"; *p; p++)
        ck_assert_int_eq(pull(), *p);
    for (size_t i = 0; i < 2 * n; i++) {
        if (pull() != '5')
            ck_abort_msg("digit %zu is wrong", i);
    }
    ck_assert_int_eq(pull(), '\n');
    free(text);
}
END_TEST

START_TEST(test_endless_line)
{
    size_t n = 1 << 20;
    char *text = malloc(n);

    memset(text, 'a', n);
    for (unsigned i = 0; i < 200; i++)
        push(text, n);
    ck_assert_mem_eq(line(), "FAIL ", 5); /* said before the line ends */
    push("\n", 1);
    is("endianness", "OK little");
    free(text);
}
END_TEST

/* A client that sends and does not read is not read from in the end, and
 * gets every answer when it does. */
START_TEST(test_lazy_client)
{
    static const char command[] = "read 0 4096\n";
    unsigned sent = 0;
    size_t pos = 0;

    for (unsigned idle = 0; idle < 100; idle++) {
        ssize_t n = write(client, command + pos, sizeof(command) - 1 - pos);
        if (n > 0) {
            pos = (pos + n) % (sizeof(command) - 1);
            sent += pos == 0;
            idle = 0;
        } else {
            tv_wait(t, never, NULL, 0);
        }
        ck_assert_uint_lt(sent, 1000000);
    }
    ck_assert_uint_gt(sent, 100);
    for (unsigned i = 0; i < sent; i++) {
        unsigned n = 0;
        while (pull() != '\n')
            n++;
        ck_assert_uint_eq(n, strlen("OK 0x") + 8192);
    }
    if (pos) {
        push(command + pos, sizeof(command) - 1 - pos);
        while (pull() != '\n')
            ;
    }
    is("endianness", "OK little");
}
END_TEST

START_TEST(test_hang_up)
{
    push("irq_intercept_in ioapic\nread 0 0x40", 35);
    tv_wait(t, never, NULL, 0);
    close(client);
    client = -1;
    for (unsigned i = 0; i < 4; i++)
        tv_wait(t, never, NULL, 0);
    vm_lock(&t->vm);
    irq_pulse(&t->vm, 5);
    vm_unlock(&t->vm);
    tv_wait(t, never, NULL, 0);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_garbage)
{
    static const char *const words[] = {"inb",
                                        "outl",
                                        "read",
                                        "write",
                                        "b64read",
                                        "b64write",
                                        "memset",
                                        "readq",
                                        "0x",
                                        "0x10",
                                        "0xfffffff",
                                        "-1",
                                        "=",
                                        "clock_set",
                                        "0xcf8",
                                        "ioapic",
                                        "\x80",
                                        "QUJD",
                                        "irq_intercept_in",
                                        "7"};
    uint32_t x = 0x7357;

    for (unsigned i = 0; i < 5000; i++) {
        char text[256] = "";
        for (unsigned n = 0; n < 1 + i % 5; n++) {
            x = x * 1664525 + 1013904223;
            strcat(text, words[(x >> 16) % 20]);
            strcat(text, " ");
        }
        const char *a = ask(text);
        while (!strncmp(a, "IRQ ", 4))
            a = line();
        ck_assert(!strncmp(a, "OK", 2) || !strncmp(a, "FAIL ", 5));
    }
    tv_roundtrip(t);
}
END_TEST

/* The program as a harness starts it: we connect to its socket, SIGTERM ends
 * with status 0. */
START_TEST(test_program)
{
    char buf[32] = "";
    int status;

    ck_assert_int_eq(access("./hvmd", X_OK), 0);
    pid_t pid = fork();
    if (!pid) {
        execl("./hvmd", "hvmd", "-qtest", option, "-qtest-log", "/dev/null",
              "-display", "none", "-accel", "qtest", NULL);
        _exit(127);
    }
    int fd = accept(server, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "endianness\n", 11), 11);
    for (size_t n = 0; !strchr(buf, '\n');) {
        ssize_t r = read(fd, buf + n, sizeof(buf) - 1 - n);
        ck_assert_int_gt(r, 0);
        n += r;
    }
    ck_assert_str_eq(buf, "OK little\n");
    kill(pid, SIGTERM);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    close(fd);
}
END_TEST

START_TEST(test_options)
{
    static const struct {
        const char *words[5], *says;
    } bad[] = {
        {{"-qtest", "unix:/nonexistent/sock", NULL}, "/nonexistent/sock"},
        {{"-qtest", "nonsense", NULL}, "nonsense"},
        {{"-qtest", "null", "-qtest-log", "/nonexistent/log", NULL},
         "/nonexistent/log"},
    };
    struct cfg_err err;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err.text[0] = '\0';
        ck_assert_ptr_null(tv_try("none", bad[i].words, &err));
        ck_assert_msg(strstr(err.text, bad[i].says) != NULL, "%s", err.text);
    }
}
END_TEST

int main(void)
{
    return run_suite("qtest", setup, teardown,
                     (const TTest *const[]){test_ports, test_memory, test_rom,
                                            test_clock_and_lines, test_messages,
                                            test_failures, test_big,
                                            test_endless_line, test_lazy_client,
                                            test_hang_up, test_garbage,
                                            test_program, test_options, NULL});
}
