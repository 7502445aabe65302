/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "dm/fdset.h"
#include "dm/machine.h"
#include "dm/options.h"
#include "dm/read-all.h"
#include "dm/state.h"

/* Devices have kilobytes of state; no stream makes us take more than this. */
#define STREAM_MAX (64u << 20)

static int can_migrate(const struct vm *vm, struct cfg_err *err)
{
    if (!(vm->engine->caps & ENGINE_VCPUS))
        return 0;
    return err_set(err, -ENOTSUP,
                   "%s has the guest's processors and memory, which cannot be "
                   "saved and loaded yet: expected Xen",
                   vm->engine->name);
}

/* ---- out ---- */

static int write_all(int fd, const uint8_t *p, size_t n)
{
    ssize_t r;

    while (n) {
        r = write(fd, p, n);
        if (r < 0 && errno != EINTR)
            return -errno;
        if (r > 0) {
            p += r;
            n -= r;
        }
    }
    return 0;
}

static int write_stream(struct vm *vm, const char *path, struct cfg_err *err)
{
    struct state_buf b = {0};
    int rc = -ENOMEM, fd;

    fd = fdset_open(vm, path, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0)
        return err_set(err, fd, "%.200s: %s", path, strerror(-fd));
    if (!state_save_vm(vm, &b))
        rc = write_all(fd, b.data, b.len);
    state_buf_free(&b);
    if (close(fd) && !rc)
        rc = -errno;
    return rc ? err_set(err, rc, "%.200s: %s", path, strerror(-rc)) : 0;
}

int migrate_save(struct vm *vm, const char *path, bool live,
                 struct cfg_err *err)
{
    bool running = vm->state == RUN_RUNNING;
    int rc = can_migrate(vm, err);

    if (rc)
        return rc;
    vm_stop(vm, RUN_PAUSED);
    rc = write_stream(vm, path, err);
    if (!rc && live && !running)
        rc = blk_inactivate_all(vm, err);
    if (running)
        vm_cont(vm, NULL); /* nothing that could keep it has happened */
    return rc;
}

/* ---- in ---- */

int migrate_open(const char *uri, struct cfg_err *err)
{
    uint64_t n;
    int fd;

    if (!strncmp(uri, "file:", 5)) {
        fd = open(uri + 5, O_RDONLY | O_CLOEXEC);
    } else if (!strncmp(uri, "fd:", 3) && !parse_u64(uri + 3, INT32_MAX, &n)) {
        fd = fcntl((int)n, F_DUPFD_CLOEXEC, 3);
    } else {
        return err_set(err, -EINVAL,
                       "-incoming %.100s: expected fd:N or file:PATH with the "
                       "state of devices",
                       uri);
    }
    return fd < 0 ? err_set(err, -errno, "-incoming %.100s: %s", uri,
                            strerror(errno))
                  : fd;
}

int migrate_load(struct vm *vm, int fd, struct cfg_err *err)
{
    struct state_buf b = {0};
    int rc = can_migrate(vm, err);

    if (!rc) {
        rc = read_all(fd, STREAM_MAX, &b.data, &b.len);
        if (rc)
            err_set(err, rc, "%s", strerror(-rc));
        else
            rc = state_load_vm(vm, &b, err);
    }
    state_buf_free(&b);
    close(fd);
    if (rc)
        return err_prefix(err, rc, "-incoming");
    vm->state = RUN_PAUSED;
    return 0;
}
