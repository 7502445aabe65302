/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes to a file: a log of a serial line.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dm/char/chr-priv.h"
#include "dm/fdset.h"
#include "dm/log.h"
#include "dm/options.h"

struct chr_file {
    struct chr_stream s;
    int fd;
};

/* A full disk is no reason to hold up the guest: the log has a hole then. */
static void file_error(struct chr_stream *s, int err)
{
    struct chr_file *f = (struct chr_file *)s;

    if (!f->s.ended)
        log_err(s->chr.id, "%s; output is lost", strerror(-err));
    f->s.ended = true; /* say it once */
}

static int open_log(struct vm *vm, const char *path, bool append)
{
    /* O_NONBLOCK: a FIFO nobody reads is refused rather than waited for. */
    int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
                (append ? O_APPEND : O_TRUNC);
    int fd;

    if (!strncmp(path, FDSET_PATH, strlen(FDSET_PATH)))
        return fdset_open(vm, path, flags);
    fd = open(path, flags | O_CREAT, 0666);
    return fd < 0 ? -errno : fd;
}

static int file_open(struct chr *chr, struct opts *opts, struct cfg_err *err)
{
    struct chr_file *f = (struct chr_file *)chr;
    const char *path = opts_get(opts, "path");
    bool append = false;
    int rc;

    chr_stream_init(&f->s);
    f->s.eof = file_error;
    f->fd = -1;
    rc = opts_get_bool(opts, "append", &append, err);
    if (rc < 0)
        return rc;
    if (!path)
        return err_set(err, -EINVAL, "file: expected path=FILE");
    f->fd = open_log(chr->vm, path, append);
    if (f->fd < 0)
        return err_set(err, f->fd, "%s: %s", path, strerror(-f->fd));
    rc = chr_stream_start(&f->s, -1, f->fd);
    if (rc < 0)
        return err_set(err, rc, "%s: %s", path, strerror(-rc));
    chr->open = true;
    return 0;
}

static void file_close(struct chr *chr)
{
    struct chr_file *f = (struct chr_file *)chr;

    chr_stream_stop(&f->s);
    if (f->fd >= 0)
        close(f->fd);
}

const struct chr_ops chr_file = {
    .backend = "file",
    .desc = "writes to a file",
    .keys = "path, append",
    .size = sizeof(struct chr_file),
    .open = file_open,
    .close = file_close,
    .write = chr_stream_write,
};
