/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standard input and output. A terminal is made raw, and put back as it was
 * on every way out of the process but SIGKILL.
 *
 * The settings of the terminal belong to the process, not to a chardev, and
 * signal handlers must find them: they are this file's static state.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "dm/char/chr-priv.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "dm/options.h"

#define ESCAPE 0x01 /* Ctrl-A */

struct chr_stdio {
    struct chr_stream s;
    int in, out;             /* own descriptors, or -1 */
    int in_flags, out_flags; /* of 0 and 1, -1: left alone */
    bool keys;               /* Ctrl-A is ours */
    bool escaped;            /* it was just pressed */
};

static const int fatal_signals[] = {
    SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGTERM,
};
#define FATAL_SIGNALS (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

static struct {
    atomic_bool raw;
    struct termios before, ours;
    bool handlers;
    struct sigaction old[FATAL_SIGNALS];
} tty;

void chr_restore_terminals(void)
{
    int saved = errno;

    if (atomic_exchange(&tty.raw, false))
        tcsetattr(STDIN_FILENO, TCSANOW, &tty.before);
    errno = saved;
}

/* Puts the terminal back and lets the signal do what it would have done. */
static void on_fatal(int sig)
{
    chr_restore_terminals();
    for (size_t i = 0; i < FATAL_SIGNALS; i++) {
        if (fatal_signals[i] == sig)
            sigaction(sig, &tty.old[i], NULL);
    }
    raise(sig);
}

/* After Ctrl-Z and fg the shell has put its own settings. */
static void on_continue(int sig)
{
    int saved = errno;

    if (atomic_load(&tty.raw) && tcgetpgrp(STDIN_FILENO) == getpgrp())
        tcsetattr(STDIN_FILENO, TCSANOW, &tty.ours);
    errno = saved;
}

static void install_handlers(void)
{
    struct sigaction sa = {.sa_handler = on_fatal};

    if (tty.handlers)
        return;
    tty.handlers = true;
    atexit(chr_restore_terminals);
    for (size_t i = 0; i < FATAL_SIGNALS; i++) {
        sigaction(fatal_signals[i], &sa, &tty.old[i]);
        if (tty.old[i].sa_handler == SIG_IGN) /* nohup */
            sigaction(fatal_signals[i], &tty.old[i], NULL);
    }
    sa.sa_handler = on_continue;
    sa.sa_flags = SA_RESTART;
    sigaction(SIGCONT, &sa, NULL);
}

static int make_raw(bool signals)
{
    if (tcgetattr(STDIN_FILENO, &tty.before) < 0)
        return -errno;
    tty.ours = tty.before;
    /* Output keeps its processing: a bare "\n" of a log stays readable. */
    tty.ours.c_iflag &=
        ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    tty.ours.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN);
    if (!signals)
        tty.ours.c_lflag &= ~ISIG;
    tty.ours.c_cflag = (tty.ours.c_cflag & ~(CSIZE | PARENB)) | CS8;
    tty.ours.c_cc[VMIN] = 1;
    tty.ours.c_cc[VTIME] = 0;
    install_handlers();
    atomic_store(&tty.raw, true);
    if (tcsetattr(STDIN_FILENO, TCSANOW, &tty.ours) < 0) {
        atomic_store(&tty.raw, false);
        return -errno;
    }
    return 0;
}

/*
 * A non-blocking descriptor for fd. O_NONBLOCK belongs to the open file, which
 * 0, 1, 2 and our parent share; so terminals and pipes are opened again. What
 * cannot be (a socket) gets the flag, and *flags remembers to take it back.
 */
static int nonblocking(int fd, int mode, int *flags)
{
    char path[32] = "/proc/self/fd/0";
    struct stat st;
    int copy = -1;

    *flags = -1;
    path[14] += fd;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))
        copy = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (copy < 0)
        copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        return -errno;
    if (!(fcntl(copy, F_GETFL) & O_NONBLOCK)) {
        *flags = fcntl(copy, F_GETFL);
        fcntl(copy, F_SETFL, *flags | O_NONBLOCK);
    }
    return copy;
}

static void close_copy(int copy, int flags)
{
    if (copy < 0)
        return;
    if (flags >= 0)
        fcntl(copy, F_SETFL, flags);
    close(copy);
}

static void say(struct chr_stdio *io, const char *text)
{
    ssize_t r = write(io->out, text, strlen(text));

    (void)r; /* help that does not arrive is no error */
}

/* Takes the keys that are for us out of buf, returns what is left. */
static ssize_t take_keys(struct chr_stdio *io, uint8_t *buf, ssize_t n)
{
    ssize_t left = 0;

    for (ssize_t i = 0; i < n; i++) {
        if (!io->escaped && buf[i] == ESCAPE) {
            io->escaped = true;
            continue;
        }
        if (!io->escaped || buf[i] == ESCAPE) {
            buf[left++] = buf[i];
        } else if (buf[i] == 'x') {
            say(io, "hvmd: terminated\r\n");
            vm_request(io->s.chr.vm, VM_REQ_QUIT);
        } else if (buf[i] == 'h' || buf[i] == '?') {
            say(io, "\r\nCtrl-A h  this help\r\n"
                    "Ctrl-A x  end hvmd\r\n"
                    "Ctrl-A Ctrl-A  send Ctrl-A\r\n");
        }
        io->escaped = false;
    }
    return left;
}

static ssize_t stdio_recv(struct chr_stream *s, void *buf, size_t len)
{
    struct chr_stdio *io = (struct chr_stdio *)s;
    ssize_t n = read(s->in.fd, buf, len);

    if (n <= 0 || !io->keys)
        return n;
    n = take_keys(io, buf, n);
    if (!n) {
        errno = EAGAIN;
        return -1;
    }
    return n;
}

/* Without input a machine goes on; so it does when its output is closed. */
static void stdio_end(struct chr_stream *s, int err)
{
    if (err)
        chr_set_open(&s->chr, false);
}

static int stdio_open(struct chr *chr, struct opts *opts, struct cfg_err *err)
{
    struct chr_stdio *io = (struct chr_stdio *)chr;
    bool is_tty = isatty(STDIN_FILENO), mux = false, sig = true;
    int rc;

    chr_stream_init(&io->s);
    io->s.recv = stdio_recv;
    io->s.eof = stdio_end;
    io->in = io->out = io->in_flags = io->out_flags = -1;
    rc = opts_get_bool(opts, "mux", &mux, err);
    if (!rc) {
        sig = !mux;
        rc = opts_get_bool(opts, "signal", &sig, err);
    }
    if (rc < 0)
        return rc;
    for (struct chr *c = chr->vm->chrs; c; c = c->next) {
        if (c->ops == &chr_stdio) {
            return err_set(err, -EBUSY, "stdio is in use by chardev '%s'",
                           c->id);
        }
    }
    io->keys = io->s.eager = mux && is_tty; /* even if the guest hangs */
    io->in = nonblocking(STDIN_FILENO, O_RDONLY, &io->in_flags);
    io->out = nonblocking(STDOUT_FILENO, O_WRONLY, &io->out_flags);
    if (io->out < 0) {
        return err_set(err, io->out, "standard output: %s", strerror(-io->out));
    }
    if (is_tty) {
        rc = make_raw(sig);
        if (rc < 0)
            return err_set(err, rc, "terminal: %s", strerror(-rc));
    }
    rc = chr_stream_start(&io->s, io->in < 0 ? -1 : io->in, io->out);
    if (rc < 0)
        return err_set(err, rc, "stdio: %s", strerror(-rc));
    chr->open = true;
    return 0;
}

static void stdio_close(struct chr *chr)
{
    struct chr_stdio *io = (struct chr_stdio *)chr;

    chr_stream_stop(&io->s);
    /* A failed open because another has the terminal must not touch it. */
    if (io->out >= 0)
        chr_restore_terminals();
    close_copy(io->in, io->in_flags);
    close_copy(io->out, io->out_flags);
}

const struct chr_ops chr_stdio = {
    .backend = "stdio",
    .desc = "standard input and output",
    .keys = "signal, mux",
    .size = sizeof(struct chr_stdio),
    .open = stdio_open,
    .close = stdio_close,
    .write = chr_stream_write,
    .accept = chr_stream_accept,
};
