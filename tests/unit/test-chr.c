/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "dm/char/chr.h"
#include "dm/fdset.h"
#include "dm/machine.h"
#include "dm/options.h"
#include "tests/lib/suite.h"

/* A machine that is nothing but a loop, and a user that remembers. */
static struct vm vm;
static char dir[64];

struct seen {
    char text[1 << 16];
    size_t len, room;
    unsigned opened, closed, writable;
    int fd; /* taken on read when ask_fd */
    bool ask_fd;
    struct chr *hang_up; /* on the next read */
};

static void on_request(void *opaque)
{
}

static void setup(void)
{
    vm.loop = loop_new(NULL);
    vm.request_task.fn = on_request;
    suite_path(dir, sizeof(dir), "chr-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    char cmd[100];

    while (vm.chrs)
        chr_close(vm.chrs);
    fdset_free_all(&vm);
    loop_free(vm.loop);
    snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
    ck_assert_int_eq(system(cmd), 0);
}

static size_t u_can_read(void *opaque)
{
    return ((struct seen *)opaque)->room;
}

static void u_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct seen *s = opaque;

    ck_assert_uint_le(len, s->room);
    memcpy(s->text + s->len, buf, len);
    s->len += len;
    s->room -= len;
    s->text[s->len] = 0;
    if (s->ask_fd)
        s->fd = chr_take_fd(vm.chrs);
    if (s->hang_up)
        chr_hang_up(s->hang_up);
}

static void u_writable(void *opaque)
{
    ((struct seen *)opaque)->writable++;
}

static void u_event(void *opaque, enum chr_event ev)
{
    struct seen *s = opaque;

    if (ev == CHR_OPENED)
        s->opened++;
    else
        s->closed++;
}

static void attach(struct chr *chr, struct seen *s)
{
    struct chr_user user = {u_can_read, u_read, u_writable, u_event, s};
    struct cfg_err err;

    s->room = sizeof(s->text) - 1;
    ck_assert_int_eq(chr_attach(chr, &user, "test", &err), 0);
}

/* Runs the loop until it has nothing left to do. */
static void spin(void)
{
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(loop_once(vm.loop, 1), 0);
}

/* Until something is so that another process, or the kernel's terminal that
 * has a thread of its own, does at any time. */
#define UNTIL(cond) \
    while (!(cond)) \
    ck_assert_int_eq(loop_once(vm.loop, 10), 0)

static struct chr *open_ok(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
static struct chr *open_ok(const char *fmt, ...)
{
    struct cfg_err err = {""};
    struct chr *chr;
    struct opts *o;
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    ck_assert_int_eq(opts_parse(text, "backend", &o, &err), 0);
    ck_assert_msg(!chr_open(&vm, o, &chr, &err), "%s: %s", text, err.text);
    opts_free(o);
    return chr;
}

static void open_bad(const char *text, int rc, const char *says)
{
    struct cfg_err err = {""};
    struct chr *chr = (void *)1;
    struct opts *o;

    ck_assert_int_eq(opts_parse(text, "backend", &o, &err), 0);
    ck_assert_int_eq(chr_open(&vm, o, &chr, &err), rc);
    ck_assert_ptr_null(chr);
    ck_assert_msg(strstr(err.text, says) && !strchr(err.text, '\n'),
                  "'%s' does not say '%s'", err.text, says);
    opts_free(o);
}

static const char *in_dir(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static int dial(const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(un.sun_path, path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    return fd;
}

static unsigned open_fds(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

START_TEST(test_bad_options)
{
    unsigned before = open_fds();
    struct cfg_err err;
    struct chr *chr;

    open_bad("null", -EINVAL, "id=");
    open_bad("nul,id=x", -EINVAL, "known: file, null, pty, socket, stdio");
    open_bad("null,id=x,y=1", -EINVAL, "'y'");
    open_bad("file,id=x", -EINVAL, "path=");
    open_bad("file,id=x,path=/nonexistent/x", -ENOENT, "No such file");
    open_bad("file,id=x,path=/tmp/x,append=maybe", -EINVAL, "append");
    open_bad("socket,id=x", -EINVAL, "path=");
    open_bad("socket,id=x,path=/a,port=1", -EINVAL, "or host=");
    open_bad("socket,id=x,path=/nonexistent/x", -ENOENT, "No such file");
    open_bad("socket,id=x,path=/a,wait=on", -EINVAL, "server=on");
    open_bad("socket,id=x,path=/a,server=on,reconnect=1", -EINVAL, "client");
    open_bad("socket,id=x,server=on,wait=off,path=/nonexistent/x", -ENOENT,
             "No such file");
    open_bad("socket,id=x,server=on,wait=off,path=/tmp/z,bogus=1", -EINVAL,
             "bogus");
    open_bad("socket,id=x,fd=200", -EINVAL, "fd=200");
    open_bad("socket,id=x,fd=0", -EINVAL, "a connected stream socket");
    open_bad("socket,id=x,fd=name", -EINVAL, "fd=name");
    open_bad("file,id=x,path=/dev/fdset/1", -ENOENT, "/dev/fdset/1");
    open_bad("socket,id=x,host=127.0.0.1,port=nonsense", -EINVAL, "nonsense");
    open_bad("pty,id=x,path=/nonexistent/x", -ENOENT, "No such file");
    open_ok("null,id=twice");
    open_bad("null,id=twice", -EEXIST, "twice");
    ck_assert_int_eq(chr_open_legacy(&vm, "vc", "s", &chr, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "mon:stdio"));
    ck_assert_int_eq(chr_open_legacy(&vm, "tcp:host", "s", &chr, &err),
                     -EINVAL);
    ck_assert_int_eq(chr_open_legacy(&vm, "chardev:no", "s", &chr, &err),
                     -ENOENT);
    ck_assert_uint_eq(open_fds(), before);
}
END_TEST

/* Each descriptor missing in turn leaves nothing behind. */
START_TEST(test_no_descriptors)
{
    struct rlimit few = {.rlim_cur = 64, .rlim_max = 64};
    unsigned before, spare, enough = 0;
    struct cfg_err err;
    struct chr *chr;
    struct opts *o;
    char text[200];
    int fd;

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    while ((fd = dup(0)) >= 0)
        ;
    for (spare = 0; spare < 4; spare++) {
        before = open_fds();
        snprintf(text, sizeof(text),
                 _i ? "backend=pty,id=p,path=%s"
                    : "backend=socket,id=p,server=on,wait=off,path=%s",
                 in_dir("it"));
        ck_assert_int_eq(opts_parse(text, NULL, &o, &err), 0);
        if (!chr_open(&vm, o, &chr, &err)) {
            enough++;
            chr_close(chr);
        }
        opts_free(o);
        ck_assert_uint_eq(open_fds(), before);
        close(63 - spare);
    }
    ck_assert_uint_eq(enough, _i ? 2 : 3); /* a pty has two ends */
}
END_TEST

START_TEST(test_one_user)
{
    struct chr *chr = open_ok("null,id=n");
    static struct seen seen;
    struct chr_user user = {NULL, NULL, NULL, u_event, &seen};
    struct cfg_err err;

    attach(chr, &seen);
    ck_assert_uint_eq(seen.opened, 0); /* not from within */
    ck_assert_int_eq(chr_attach(chr, &user, "other", &err), -EBUSY);
    ck_assert_ptr_nonnull(strstr(err.text, "in use by test"));
    spin();
    ck_assert_uint_eq(seen.opened, 1);
    ck_assert_int_eq(chr_write(chr, "abc", 3), 3);
    chr_detach(chr);
    ck_assert_int_eq(chr_attach(chr, &user, "other", &err), 0);
    spin();
    ck_assert_uint_eq(seen.opened, 2);
}
END_TEST

START_TEST(test_file)
{
    char buf[32] = "";
    struct chr *chr;
    FILE *f;

    chr = open_ok("file,id=f,path=%s", in_dir("log"));
    ck_assert_int_eq(chr_write(chr, "one\n", 4), 4);
    chr_close(chr);
    chr = open_ok("file,id=f,path=%s,append=on", in_dir("log"));
    ck_assert_int_eq(chr_write(chr, "two\n", 4), 4);
    f = fopen(in_dir("log"), "r");
    ck_assert_uint_eq(fread(buf, 1, sizeof(buf), f), 8);
    ck_assert_str_eq(buf, "one\ntwo\n");
    fclose(f);
    chr_close(chr);
    chr = open_ok("file,id=f,path=%s", in_dir("log"));
    chr_close(chr);
    ck_assert_ptr_nonnull(
        fdset_add(&vm, 7, open(in_dir("log"), O_WRONLY | O_APPEND), NULL));
    chr = open_ok("file,id=f,path=/dev/fdset/7,append=on");
    ck_assert_int_eq(chr_write(chr, "set", 3), 3);
    f = fopen(in_dir("log"), "r");
    ck_assert_uint_eq(fread(buf, 1, sizeof(buf), f), 3); /* emptied, then 3 */
    fclose(f);
    chr_close(chr);
    /* a full disk costs output, not the guest */
    chr = open_ok("file,id=f,path=/dev/full");
    ck_assert_int_eq(chr_write(chr, "x", 1), -EPIPE);
    spin();
    ck_assert_int_eq(chr_write(chr, "x", 1), -EPIPE);
    spin();
}
END_TEST

START_TEST(test_server)
{
    static struct seen seen;
    struct chr *chr;
    char buf[8];
    int a, b;

    chr = open_ok("socket,id=s,path=%s,server=on,wait=off", in_dir("sock"));
    ck_assert_ptr_nonnull(strstr(chr->filename, "disconnected:unix:/tmp"));
    ck_assert_int_eq(chr_write(chr, "x", 1), -EPIPE);
    attach(chr, &seen);
    for (unsigned round = 1; round <= 3; round++) {
        a = dial(in_dir("sock"));
        b = dial(in_dir("sock")); /* waits until a has gone */
        ck_assert_int_eq(write(b, "B", 1), 1);
        spin();
        ck_assert_uint_eq(seen.opened, 2 * round - 1);
        ck_assert(chr->open);
        ck_assert_int_eq(write(a, "hello", 5), 5);
        spin();
        ck_assert_str_eq(seen.text, "hello");
        ck_assert_int_eq(chr_write(chr, "you", 3), 3);
        ck_assert_int_eq(read(a, buf, sizeof(buf)), 3);
        close(a);
        spin();
        ck_assert_str_eq(seen.text, "helloB");
        ck_assert_uint_eq(seen.opened, 2 * round);
        chr_hang_up(chr);
        ck_assert_int_eq(read(b, buf, sizeof(buf)), 0);
        close(b);
        ck_assert_uint_eq(seen.closed, 2 * round);
        seen.len = 0;
        seen.room = sizeof(seen.text) - 1;
    }
    /* from within read, with more to come */
    seen.hang_up = chr;
    a = dial(in_dir("sock"));
    ck_assert_int_eq(write(a, "bye", 3), 3);
    spin();
    ck_assert_uint_eq(seen.closed, 7);
    ck_assert(!chr->open);
    close(a);
    chr_close(chr);
    ck_assert_int_lt(access(in_dir("sock"), F_OK), 0);
}
END_TEST

START_TEST(test_flow)
{
    static struct seen seen;
    static char big[1 << 20];
    char buf[4096];
    struct chr *chr;
    size_t taken = 0, got = 0;
    int sv[2], r;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
    chr = open_ok("socket,id=s,fd=%d", sv[0]);
    attach(chr, &seen);
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = i * 31 >> 3;
    /* out: short writes, each followed by one writable */
    while (taken < sizeof(big)) {
        unsigned before = seen.writable;

        r = chr_write(chr, big + taken, sizeof(big) - taken);
        ck_assert_int_ge(r, 0);
        taken += r;
        if (taken == sizeof(big))
            break;
        ck_assert_int_eq(chr_write(chr, "x", 1), 0);
        spin();
        ck_assert_uint_eq(seen.writable, before);
        while ((r = recv(sv[1], buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
            ck_assert_mem_eq(buf, big + got, r);
            got += r;
        }
        spin();
        ck_assert_uint_eq(seen.writable, before + 1);
    }
    while ((r = recv(sv[1], buf, sizeof(buf), MSG_DONTWAIT)) > 0)
        got += r;
    ck_assert_uint_eq(got, sizeof(big));

    /* in: never more than there is room for, nothing lost, not even when the
     * peer leaves while there is none */
    seen.room = 3;
    ck_assert_int_eq(write(sv[1], "abcdefg", 7), 7);
    spin();
    ck_assert_str_eq(seen.text, "abc");
    close(sv[1]);
    spin();
    ck_assert_uint_eq(seen.closed, 0);
    seen.room = 100;
    chr_accept(chr);
    spin();
    ck_assert_str_eq(seen.text, "abcdefg");
    ck_assert_uint_eq(seen.closed, 1);
    ck_assert_int_eq(chr_write(chr, "x", 1), -EPIPE);
}
END_TEST

START_TEST(test_peer_dies)
{
    static struct seen seen;
    struct chr *chr;
    int sv[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
    ck_assert_int_eq(fdset_name(&vm, "line", sv[0]), 0);
    chr = open_ok("socket,id=s,fd=line");
    attach(chr, &seen);
    spin();
    ck_assert_uint_eq(seen.opened, 1);
    close(sv[1]);
    /* noticed by the write first: no SIGPIPE, no event from within */
    ck_assert_int_eq(chr_write(chr, "x", 1), -EPIPE);
    ck_assert_uint_eq(seen.closed, 0);
    spin();
    ck_assert_uint_eq(seen.closed, 1);
}
END_TEST

/* The user reads nothing, and hears all the same that the peer has gone. */
START_TEST(test_peer_leaves_a_deaf_user)
{
    static struct seen seen;
    struct chr *chr;
    char buf[8];
    int a, b;

    chr = open_ok("socket,id=s,path=%s,server=on,wait=off", in_dir("sock"));
    attach(chr, &seen);
    seen.room = 2;
    a = dial(in_dir("sock"));
    ck_assert_int_eq(write(a, "ab", 2), 2);
    spin();
    ck_assert_str_eq(seen.text, "ab");
    close(a);
    spin();
    ck_assert_uint_eq(seen.closed, 1);

    /* it left something: that waits, but not in the way of the next one */
    a = dial(in_dir("sock"));
    ck_assert_int_eq(write(a, "cd", 2), 2);
    spin();
    close(a);
    spin();
    ck_assert_uint_eq(seen.closed, 1);
    b = dial(in_dir("sock"));
    spin();
    ck_assert_uint_eq(seen.closed, 2);
    ck_assert_uint_eq(seen.opened, 3);
    ck_assert(chr->open);
    ck_assert_int_eq(write(b, "ef", 2), 2);
    ck_assert_int_eq(chr_write(chr, "you", 3), 3);
    ck_assert_int_eq(read(b, buf, sizeof(buf)), 3);
    seen.room = 10;
    chr_accept(chr);
    spin();
    ck_assert_str_eq(seen.text, "abef");
    close(b);
    chr_close(chr);
}
END_TEST

static void send_fds(int to, const int *fds, int n)
{
    char control[CMSG_SPACE(64 * sizeof(int))] = {0};
    struct iovec iov = {"x", 1};
    struct msghdr msg = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = CMSG_SPACE(n * sizeof(int)),
    };
    struct cmsghdr *m = CMSG_FIRSTHDR(&msg);

    m->cmsg_level = SOL_SOCKET;
    m->cmsg_type = SCM_RIGHTS;
    m->cmsg_len = CMSG_LEN(n * sizeof(int));
    memcpy(CMSG_DATA(m), fds, n * sizeof(int));
    ck_assert_int_eq(sendmsg(to, &msg, 0), 1);
}

START_TEST(test_pass_fd)
{
    static struct seen seen;
    int sv[2], many[64];
    unsigned before;
    struct chr *chr;
    struct stat a, b;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
    chr = open_ok("socket,id=s,fd=%d", sv[0]);
    attach(chr, &seen);
    spin();
    many[0] = open(dir, O_RDONLY);
    fstat(many[0], &a);
    seen.ask_fd = true;
    send_fds(sv[1], many, 1);
    spin();
    ck_assert_int_ge(seen.fd, 0);
    ck_assert(fcntl(seen.fd, F_GETFD) & FD_CLOEXEC);
    fstat(seen.fd, &b);
    ck_assert_uint_eq(a.st_ino, b.st_ino);
    close(seen.fd);
    ck_assert_int_eq(chr_take_fd(chr), -1);

    /* a flood of them stays bounded, and nothing outlives the connection */
    seen.ask_fd = false;
    before = open_fds();
    for (int i = 1; i < 64; i++)
        many[i] = many[0];
    for (int i = 0; i < 50; i++) {
        send_fds(sv[1], many, 64);
        spin();
        ck_assert_uint_le(open_fds(), before + 16);
    }
    close(sv[1]);
    spin();
    ck_assert_uint_eq(open_fds(), before - 2);
}
END_TEST

START_TEST(test_stale_path)
{
    struct chr *first;
    char text[200];
    pid_t pid;

    /* a process that died leaves its socket file behind */
    pid = fork();
    if (!pid) {
        open_ok("socket,id=s,path=%s,server=on,wait=off", in_dir("sock"));
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(access(in_dir("sock"), F_OK), 0);
    first = open_ok("socket,id=s,path=%s,server,nowait", in_dir("sock"));
    snprintf(text, sizeof(text), "socket,id=t,path=%s,server=on,wait=off",
             in_dir("sock"));
    open_bad(text, -EADDRINUSE, "a live process serves this path");
    /* refused, it has taken nothing away */
    close(dial(in_dir("sock")));
    chr_close(first);

    /* what is no socket is nobody's to remove */
    fclose(fopen(in_dir("sock"), "w"));
    open_bad(text, -EADDRINUSE, "sock");
    ck_assert_int_eq(access(in_dir("sock"), F_OK), 0);
}
END_TEST

START_TEST(test_reconnect)
{
    static struct seen seen;
    struct chr *server, *client;
    struct cfg_err err;

    client = open_ok("socket,id=c,path=%s,reconnect=1", in_dir("sock"));
    attach(client, &seen);
    spin();
    ck_assert(!client->open);
    ck_assert_int_eq(chr_open_legacy(&vm, "tcp:127.0.0.1:0,server=on,wait=off",
                                     "t", &server, &err),
                     0);
    ck_assert(!strstr(server->filename, ":0,"));
    chr_close(server);
    server = open_ok("socket,id=s,path=%s,server=on,wait=off", in_dir("sock"));
    UNTIL(seen.opened);
    chr_close(server);
    UNTIL(seen.closed);
}
END_TEST

START_TEST(test_tcp)
{
    static struct seen a, b;
    struct chr *server, *client;
    struct cfg_err err = {""};
    char text[64];

    ck_assert_int_eq(
        chr_open_legacy(&vm, "tcp::0,server=on,wait=off", "s", &server, &err),
        0);
    snprintf(text, sizeof(text), "tcp:localhost:%d",
             atoi(strrchr(server->filename, ':') + 1));
    ck_assert_msg(!chr_open_legacy(&vm, text, "c", &client, &err), "%s",
                  err.text);
    attach(server, &a);
    attach(client, &b);
    UNTIL(a.opened && b.opened);
    ck_assert_int_eq(chr_write(client, "ping", 4), 4);
    ck_assert_int_eq(chr_write(server, "pong", 4), 4);
    UNTIL(a.len == 4 && b.len == 4);
    ck_assert_str_eq(a.text, "ping");
    ck_assert_str_eq(b.text, "pong");
}
END_TEST

START_TEST(test_pty)
{
    static struct seen seen;
    struct termios tio;
    char buf[16], target[64] = "";
    struct chr *chr;
    const char *name;
    int fd;

    chr = open_ok("pty,id=p,path=%s", in_dir("link"));
    ck_assert(!strncmp(chr->filename, "pty:/dev/pts/", 13));
    name = chr->filename + 4;
    ck_assert_int_gt(readlink(in_dir("link"), target, sizeof(target) - 1), 0);
    ck_assert_str_eq(target, name);
    attach(chr, &seen);
    spin();
    ck_assert_uint_eq(seen.opened, 0);
    ck_assert_int_eq(chr_write(chr, "lost", 4), -EPIPE);
    for (unsigned round = 1; round <= 3; round++) {
        fd = open(name, O_RDWR | O_NOCTTY);
        UNTIL(seen.opened == round);
        ck_assert_int_eq(tcgetattr(fd, &tio), 0);
        ck_assert(!(tio.c_lflag & (ECHO | ICANON)));
        ck_assert_int_eq(chr_write(chr, "\ra\n\x04", 4), 4);
        ck_assert_int_eq(read(fd, buf, sizeof(buf)), 4);
        ck_assert_mem_eq(buf, "\ra\n\x04", 4);
        close(fd);
        UNTIL(seen.closed == round);
        ck_assert_int_eq(chr_write(chr, "x", 1), -EPIPE);
    }
    /* echo text >/dev/pts/N: gone before we look, but heard */
    fd = open(name, O_WRONLY | O_NOCTTY);
    ck_assert_int_eq(write(fd, "quick", 5), 5);
    close(fd);
    UNTIL(seen.closed == 4);
    ck_assert_str_eq(seen.text, "quick");
    /* a reader that stops reading, then goes */
    fd = open(name, O_RDWR | O_NOCTTY);
    UNTIL(seen.opened == 5);
    seen.room = 0;
    do { /* the terminal takes more once its thread has been run */
        seen.writable = 0;
        while (chr_write(chr, buf, sizeof(buf)) == sizeof(buf))
            ;
        spin();
    } while (seen.writable);
    close(fd);
    UNTIL(seen.writable);
    ck_assert_uint_eq(seen.writable, 1);
    ck_assert_int_eq(chr_write(chr, "x", 1), -EPIPE);
    chr_close(chr);
    ck_assert_int_lt(readlink(in_dir("link"), target, sizeof(target)), 0);
}
END_TEST

#define DEAF                                                         \
    (-1) /* a guest that does not read; the keys end it all the same \
          */

/* stdio: a child of which 0 and 1 are a terminal. how: what ends it. */
static int on_terminal(int how, struct termios *before, struct termios *during,
                       struct termios *after)
{
    char text[256] = "";
    int master, side, status;
    size_t len = 0;
    ssize_t n;
    pid_t pid;

    ck_assert_int_eq(openpty(&master, &side, NULL, NULL, NULL), 0);
    tcgetattr(side, before);
    pid = fork();
    if (!pid) {
        static struct seen seen;
        struct cfg_err err;
        struct chr *chr;

        dup2(side, 0);
        dup2(side, 1);
        ck_assert_int_eq(chr_open_legacy(&vm, "mon:stdio", "s", &chr, &err), 0);
        attach(chr, &seen);
        if (how == DEAF)
            seen.room = 1;
        chr_write(chr, "R", 1);
        while (!atomic_load(&vm.requests)) {
            loop_once(vm.loop, 100);
            if (strstr(seen.text, "a\x01z")) {
                if (how == SIGUSR1)
                    exit(3);
                raise(how);
            }
        }
        if (how == DEAF) {
            seen.room = 100;
            for (chr_accept(chr); seen.len < 4; loop_once(vm.loop, 100))
                ;
            ck_assert_str_eq(seen.text, "abcd");
        }
        chr_close(chr);
        _exit(4);
    }
    while (!strchr(text, 'R')) {
        n = read(master, text + len, sizeof(text) - len - 1);
        ck_assert_int_gt(n, 0);
        len += n;
    }
    tcgetattr(side, during);
    if (how == DEAF)
        ck_assert_int_eq(write(master, "abcd\x01x", 6), 6);
    else if (how == 0)
        ck_assert_int_eq(write(master, "\x01h\x01x", 4), 4);
    else
        ck_assert_int_eq(write(master, "a\x01q\x01\x01z", 6), 6);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    tcgetattr(side, after);
    if (how == 0) {
        n = read(master, text, sizeof(text) - 1);
        text[n < 0 ? 0 : n] = 0;
        ck_assert_ptr_nonnull(strstr(text, "Ctrl-A x"));
    }
    close(master);
    close(side);
    return status;
}

START_TEST(test_terminal)
{
    static const struct {
        int how, exit, sig;
    } ways[] = {
        {0, 4, 0},           {SIGUSR1, 3, 0},       {SIGTERM, 0, SIGTERM},
        {SIGINT, 0, SIGINT}, {SIGQUIT, 0, SIGQUIT}, {SIGABRT, 0, SIGABRT},
        {DEAF, 4, 0},
    };
    struct termios before, during, after;
    int status;

    if (ways[_i].sig)
        signal(ways[_i].sig, SIG_DFL); /* check has its own */
    status = on_terminal(ways[_i].how, &before, &during, &after);
    ck_assert(before.c_lflag & ECHO);
    ck_assert(!(during.c_lflag & (ECHO | ICANON | ISIG)));
    ck_assert(during.c_oflag & OPOST);
    ck_assert_uint_eq(before.c_lflag, after.c_lflag);
    ck_assert_uint_eq(before.c_iflag, after.c_iflag);
    if (ways[_i].sig) {
        ck_assert(WIFSIGNALED(status));
        ck_assert_int_eq(WTERMSIG(status), ways[_i].sig);
    } else {
        ck_assert(WIFEXITED(status));
        ck_assert_int_eq(WEXITSTATUS(status), ways[_i].exit);
    }
}
END_TEST

START_TEST(test_stdio_redirected)
{
    static struct seen seen;
    char buf[16] = "";
    struct chr *chr;
    int in, out;

    /* regular files: epoll does not take them; the end of input is no end */
    in = open(in_dir("in"), O_RDWR | O_CREAT, 0600);
    ck_assert_int_eq(write(in, "typed", 5), 5);
    lseek(in, 0, SEEK_SET);
    out = open(in_dir("out"), O_RDWR | O_CREAT, 0600);
    ck_assert_int_eq(write(out, "0", 1), 1);
    fflush(stdout);
    dup2(in, 0);
    dup2(out, 1);
    chr = open_ok("stdio,id=s,signal=off");
    open_bad("stdio,id=t", -EBUSY, "chardev 's'");
    attach(chr, &seen);
    seen.room = 2;
    spin();
    ck_assert_str_eq(seen.text, "ty");
    seen.room = 100;
    chr_accept(chr);
    spin();
    ck_assert_str_eq(seen.text, "typed");
    ck_assert(chr->open);
    ck_assert_int_eq(chr_write(chr, "12", 2), 2);
    ck_assert_int_eq(pread(out, buf, sizeof(buf), 0), 3);
    ck_assert_str_eq(buf, "012");
    chr_close(chr);
    ck_assert(!(fcntl(1, F_GETFL) & O_NONBLOCK));
}
END_TEST

START_TEST(test_stdio_pipes)
{
    static struct seen seen;
    static char big[100000];
    int in[2], out[2], r;
    struct chr *chr;

    ck_assert_int_eq(pipe(in) | pipe(out), 0);
    fflush(stdout);
    dup2(in[0], 0);
    dup2(out[1], 1);
    chr = open_ok("stdio,id=s,mux=on");
    attach(chr, &seen);
    /* no terminal: Ctrl-A is data; flags of the shared pipe stay */
    ck_assert_int_eq(write(in[1], "\x01x", 2), 2);
    spin();
    ck_assert_str_eq(seen.text, "\x01x");
    ck_assert(!(fcntl(0, F_GETFL) & O_NONBLOCK));
    ck_assert(!(fcntl(1, F_GETFL) & O_NONBLOCK));
    r = chr_write(chr, big, sizeof(big));
    ck_assert(r > 0 && r < (int)sizeof(big));
    ck_assert_int_eq(read(out[0], big, sizeof(big)), r);
    spin();
    ck_assert_uint_eq(seen.writable, 1);
    close(out[0]);
    close(out[1]);
    ck_assert_int_eq(chr_write(chr, "x", 1), -EPIPE);
    spin();
    ck_assert(!chr->open);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("chr");
    TCase *tc = tcase_create("chr");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, SUITE_TIMEOUT);
    tcase_add_test(tc, test_bad_options);
    tcase_add_loop_test(tc, test_no_descriptors, 0, 2);
    tcase_add_test(tc, test_one_user);
    tcase_add_test(tc, test_file);
    tcase_add_test(tc, test_server);
    tcase_add_test(tc, test_flow);
    tcase_add_test(tc, test_peer_dies);
    tcase_add_test(tc, test_peer_leaves_a_deaf_user);
    tcase_add_test(tc, test_pass_fd);
    tcase_add_test(tc, test_stale_path);
    tcase_add_test(tc, test_reconnect);
    tcase_add_test(tc, test_tcp);
    tcase_add_test(tc, test_pty);
    tcase_add_loop_test(tc, test_terminal, 0, 7);
    tcase_add_test(tc, test_stdio_redirected);
    tcase_add_test(tc, test_stdio_pipes);
    suite_add_tcase(s, tc);
    return run_cases(s);
}
