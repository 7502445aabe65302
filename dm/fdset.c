/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/fdset.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/machine.h"
#include "dm/options.h"

struct fdset *fdset_add(struct vm *vm, int64_t id, int fd, const char *opaque)
{
    struct fdset **p = &vm->fdsets, *set;
    struct fdset_fd *f, **end;

    if (id < 0) {
        for (id = 0; *p && (*p)->id == id; p = &(*p)->next)
            id++;
    } else {
        while (*p && (*p)->id < id)
            p = &(*p)->next;
    }
    f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->fd = fd;
    f->opaque = opaque ? strdup(opaque) : NULL;
    set = *p;
    if (!set || set->id != id) {
        set = calloc(1, sizeof(*set));
        if (!set) {
            free(f->opaque);
            free(f);
            return NULL;
        }
        set->id = id;
        set->next = *p;
        *p = set;
    }
    for (end = &set->fds; *end;)
        end = &(*end)->next;
    *end = f;
    return set;
}

int fdset_add_opts(struct vm *vm, struct opts *opts, struct cfg_err *err)
{
    uint64_t fd = INT_MAX, set = UINT64_MAX;
    int rc, copy;

    if ((rc = opts_get_u64(opts, "fd", INT_MAX, &fd, err)) ||
        (rc = opts_get_u64(opts, "set", INT64_MAX, &set, err)))
        return err_prefix(err, rc, "-add-fd");
    copy = fd > STDERR_FILENO ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
    if (set > INT64_MAX || copy < 0)
        return err_set(err, -EINVAL,
                       "-add-fd: expected fd=N,set=N with N a descriptor "
                       "above 2 that is open");
    close(fd);
    if (!fdset_add(vm, set, copy, opts_get(opts, "opaque"))) {
        close(copy);
        return err_set(err, -ENOMEM, "-add-fd: out of memory");
    }
    return 0;
}

static void free_fd(struct fdset_fd *f)
{
    close(f->fd);
    free(f->opaque);
    free(f);
}

int fdset_remove(struct vm *vm, int64_t id, int fd)
{
    struct fdset **p = &vm->fdsets, *set;
    struct fdset_fd **q, *f;
    int rc = -ENOENT;

    while (*p && (*p)->id != id)
        p = &(*p)->next;
    set = *p;
    if (!set)
        return rc;
    for (q = &set->fds; (f = *q);) {
        if (fd >= 0 && f->fd != fd) {
            q = &f->next;
            continue;
        }
        *q = f->next;
        free_fd(f);
        rc = 0;
    }
    if (!set->fds) {
        *p = set->next;
        free(set);
    }
    return rc;
}

int fdset_take_named(struct vm *vm, const char *name)
{
    struct fdset_fd **p, *f;
    int fd;

    for (p = &vm->named_fds; (f = *p); p = &f->next) {
        if (strcmp(f->opaque, name))
            continue;
        *p = f->next;
        fd = f->fd;
        free(f->opaque);
        free(f);
        return fd;
    }
    return -ENOENT;
}

int fdset_name(struct vm *vm, const char *name, int fd)
{
    struct fdset_fd *f = calloc(1, sizeof(*f));
    char *copy = strdup(name);
    int old;

    if (!f || !copy) {
        free(f);
        free(copy);
        return -ENOMEM;
    }
    old = fdset_take_named(vm, name);
    if (old >= 0)
        close(old);
    *f = (struct fdset_fd){.fd = fd, .opaque = copy, .next = vm->named_fds};
    vm->named_fds = f;
    return 0;
}

void fdset_free_all(struct vm *vm)
{
    struct fdset_fd *f;

    while (vm->fdsets)
        fdset_remove(vm, vm->fdsets->id, -1);
    while ((f = vm->named_fds)) {
        vm->named_fds = f->next;
        free_fd(f);
    }
}

int fdset_open(struct vm *vm, const char *path, int flags)
{
    struct fdset *set;
    struct fdset_fd *f;
    uint64_t id;
    int fd, have;

    if (strncmp(path, FDSET_PATH, strlen(FDSET_PATH))) {
        fd = open(path, flags | O_CLOEXEC, 0600);
        return fd < 0 ? -errno : fd;
    }
    if (parse_u64(path + strlen(FDSET_PATH), INT64_MAX, &id))
        return -ENOENT;
    for (set = vm->fdsets; set && set->id != (int64_t)id;)
        set = set->next;
    if (!set)
        return -ENOENT;
    for (f = set->fds; f; f = f->next) {
        have = fcntl(f->fd, F_GETFL);
        if (have < 0 || (have & O_ACCMODE) != (flags & O_ACCMODE))
            continue;
        fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
        return fd < 0 ? -errno : fd;
    }
    return -EACCES;
}
