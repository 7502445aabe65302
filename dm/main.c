/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "dm/char/chr.h"
#include "dm/cmdline.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "dm/migrate.h"
#include "dm/privilege.h"

/* ---- signals ---- */

struct signals {
    struct vm *vm;
    struct loop_fd watch;
};

static void on_signal(void *opaque, uint32_t events)
{
    struct signals *s = opaque;
    struct signalfd_siginfo info;

    if (read(s->watch.fd, &info, sizeof(info)) == sizeof(info))
        vm_request(s->vm, VM_REQ_SIGNAL);
}

/* Before any thread is made, so that all inherit the mask. */
static int signals_block(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void on_fatal(int sig)
{
    chr_restore_terminals();
    raise(sig); /* once more, with the default action */
}

static void restore_terminals_on_exit(void)
{
    static const int sigs[] = {SIGSEGV, SIGBUS,  SIGFPE,
                               SIGILL,  SIGABRT, SIGQUIT};
    struct sigaction old;
    struct sigaction sa = {.sa_handler = on_fatal,
                           .sa_flags = SA_RESETHAND | SA_NODEFER};
    unsigned i;

    atexit(chr_restore_terminals);
    for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
        /* a sanitizer may have its own */
        if (!sigaction(sigs[i], NULL, &old) && old.sa_handler == SIG_DFL)
            sigaction(sigs[i], &sa, NULL);
    }
}

/* ---- the process ---- */

/* Opened first, used from when the machine is made: what is wrong with the
 * options shall be seen by whoever gave them. */
static int open_log(const char *path, struct cfg_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    return fd < 0 ? err_set(err, -errno, "-D %.200s: %s", path, strerror(errno))
                  : fd;
}

static void use_log(int fd)
{
    if (fd >= 0) {
        dup2(fd, STDERR_FILENO);
        close(fd);
    }
}

/* The file stays locked while we live, so a second one with it is refused. */
static int write_pid(const char *path, struct cfg_err *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char text[16];
    int fd, n;

    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set(err, -errno, "-pidfile %.200s: %s", path,
                       strerror(errno));
    n = snprintf(text, sizeof(text), "%d\n", getpid());
    if (fcntl(fd, F_SETLK, &lock))
        return err_set(err, -EBUSY, "-pidfile %.200s: another process has it",
                       path);
    if (ftruncate(fd, 0) || write(fd, text, n) != n)
        return err_set(err, -EIO, "-pidfile %.200s: %s", path, strerror(errno));
    return 0;
}

/* The child goes on; the parent waits until it says that the guest is made
 * and leaves with its status. Returns the pipe to say it by. */
static int daemon_start(struct cfg_err *err)
{
    unsigned char status = 1;
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC))
        return err_set(err, -errno, "-daemonize: %s", strerror(errno));
    pid = fork();
    if (pid < 0)
        return err_set(err, -errno, "-daemonize: %s", strerror(errno));
    if (pid) {
        close(fds[1]);
        if (read(fds[0], &status, 1) != 1)
            status = 1;
        _exit(status);
    }
    setsid();
    close(fds[0]);
    return fds[1];
}

/* It stays in its folder: the names of sockets and of the pidfile, which are
 * removed at the end, may be relative. */
static int daemon_ready(int fd, struct cfg_err *err)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0)
        return err_set(err, -errno, "-daemonize: %s", strerror(errno));
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    close(null);
    if (write(fd, "", 1) != 1)
        return err_set(err, -EPIPE, "-daemonize: the parent is gone");
    close(fd);
    return 0;
}

/* ---- a run ---- */

static int build(struct cmdline *c, struct vm *vm, struct cfg_err *err)
{
    int rc;

    rc = cmdline_engine(c, vm, err);
    if (rc)
        return rc;
    vm_lock(vm);
    rc = cmdline_open(c, vm, err);
    if (!rc)
        rc = vm_build(vm, c->board, c->devices, err);
    if (!rc)
        rc = cmdline_attach(c, vm, err);
    vm_unlock(vm);
    return rc;
}

static int load(struct vm *vm, int fd, struct cfg_err *err)
{
    int rc;

    vm_lock(vm);
    rc = migrate_load(vm, fd, err);
    vm_unlock(vm);
    return rc;
}

static int run(struct cmdline *c, struct cfg_err *err)
{
    struct vm vm;
    struct signals sig = {.vm = &vm};
    int rc, daemon = -1, log = -1, incoming = -1, status = 1;

    if (c->cfg.incoming && (incoming = migrate_open(c->cfg.incoming, err)) < 0)
        return incoming;
    if (c->log_file && (log = open_log(c->log_file, err)) < 0)
        return log;
    if (c->daemonize && (daemon = daemon_start(err)) < 0)
        return daemon;
    if (c->pid_file && (rc = write_pid(c->pid_file, err)))
        return rc;
    sig.watch = (struct loop_fd){.fd = signals_block(),
                                 .events = EPOLLIN,
                                 .fn = on_signal,
                                 .opaque = &sig};
    restore_terminals_on_exit();

    rc = vm_init(&vm, &c->cfg, err);
    if (!rc && (rc = loop_fd_add(vm.loop, &sig.watch)))
        err_set(err, rc, "no signals: %s", strerror(-rc));
    if (!rc)
        rc = build(c, &vm, err);
    if (!rc)
        rc = privilege_drop(c->run_with, err);
    if (!rc && incoming >= 0)
        rc = load(&vm, incoming, err);
    if (!rc && daemon >= 0)
        rc = daemon_ready(daemon, err);
    if (!rc) {
        use_log(log);
        status = vm_run(&vm);
    }
    loop_fd_del(&sig.watch);
    vm_fini(&vm);
    if (c->pid_file)
        unlink(c->pid_file);
    return rc ? rc : status;
}

int main(int argc, char **argv)
{
    struct cfg_err err = {""};
    struct cmdline c;
    int rc;

    rc = cmdline_parse(&c, argc - 1, (const char *const *)argv + 1, &err);
    if (!rc) {
        switch (c.action) {
        case CMD_HELP:
            help_print(stdout);
            break;
        case CMD_VERSION:
        case CMD_VERSION_JSON:
            help_version(stdout, c.action == CMD_VERSION_JSON);
            break;
        case CMD_LIST:
            rc = help_list(&c, stdout, &err);
            break;
        case CMD_DUMP_CONFIG:
            help_dump_config(&c, stdout);
            break;
        case CMD_RUN:
            rc = run(&c, &err);
            break;
        }
    }
    if (rc < 0)
        fprintf(stderr, "hvmd: %s\n", err.text);
    cmdline_free(&c);
    return rc < 0 ? 1 : rc;
}
