/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/net/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER_FD 3 /* the number our socket has in the child */

/* Starts argv[0] with descriptors 0, 1, 2 and, if sock >= 0, HELPER_FD. */
static int start(char *const argv[], int sock, pid_t *pid)
{
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int rc;

    posix_spawn_file_actions_init(&fa);
    posix_spawnattr_init(&attr);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    rc = posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
    if (!rc && sock >= 0) /* also clears O_CLOEXEC if it is that number */
        rc = posix_spawn_file_actions_adddup2(&fa, sock, HELPER_FD);
    if (!rc)
        rc = posix_spawn_file_actions_addclosefrom_np(
            &fa, sock >= 0 ? HELPER_FD + 1 : HELPER_FD);
    if (!rc)
        rc = posix_spawn(pid, argv[0], &fa, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&fa);
    return -rc;
}

static int finish(const char *path, pid_t pid, struct cfg_err *err)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_set(err, -errno, "%s: %s", path, strerror(errno));
    if (WIFSIGNALED(status))
        return err_set(err, -EIO, "%s was killed by signal %d", path,
                       WTERMSIG(status));
    if (WEXITSTATUS(status))
        return err_set(err, -EIO, "%s failed with status %d: expected 0", path,
                       WEXITSTATUS(status));
    return 0;
}

static int cannot_run(const char *path, int rc, struct cfg_err *err)
{
    return err_set(err, rc,
                   "cannot run %s: %s (expected the path of a program)", path,
                   strerror(-rc));
}

int helper_run(const char *path, const char *ifname, struct cfg_err *err)
{
    char *argv[] = {(char *)path, (char *)ifname, NULL};
    pid_t pid;
    int rc = start(argv, -1, &pid);

    return rc ? cannot_run(path, rc, err) : finish(path, pid, err);
}

/* The descriptor that comes with one byte, -EPIPE if none does. */
static int receive_fd(int sock)
{
    union {
        struct cmsghdr align;
        char buf[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.buf,
        .msg_controllen = sizeof(control.buf),
    };
    struct cmsghdr *c;
    ssize_t n;
    int fd;

    do {
        n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
        c->cmsg_len != CMSG_LEN(sizeof(int)))
        return n < 0 ? -errno : -EPIPE;
    memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    return fd;
}

int helper_get_fd(const char *path, const char *bridge, bool vnet, int *fd,
                  struct cfg_err *err)
{
    char br[64], num[16];
    char *argv[5] = {(char *)path};
    int sock[2], n = 1, rc, got;
    pid_t pid;

    if (vnet)
        argv[n++] = "--use-vnet";
    if (snprintf(br, sizeof(br), "--br=%s", bridge) >= (int)sizeof(br))
        return err_set(err, -EINVAL, "br=%s: expected a bridge's name", bridge);
    argv[n++] = br;
    snprintf(num, sizeof(num), "--fd=%d", HELPER_FD);
    argv[n++] = num;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
        return err_set(err, -errno, "socketpair: %s", strerror(errno));
    rc = start(argv, sock[1], &pid);
    close(sock[1]);
    if (rc) {
        close(sock[0]);
        return cannot_run(path, rc, err);
    }
    got = receive_fd(sock[0]);
    close(sock[0]);
    rc = finish(path, pid, err);
    if (!rc && got < 0)
        rc = err_set(err, got, "%s sent no descriptor for bridge '%s'", path,
                     bridge);
    if (rc) {
        if (got >= 0)
            close(got);
        return rc;
    }
    fcntl(got, F_SETFL, fcntl(got, F_GETFL) | O_NONBLOCK);
    *fd = got;
    return 0;
}
