/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw images: a file or a block device whose bytes are the disk's. Opening
 * one; raw-io.c has the requests.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <unistd.h>

#include "dm/block/image-lock.h"
#include "dm/block/raw-priv.h"
#include "dm/fdset.h"
#include "dm/log.h"
#include "dm/options.h"

#define MAX_ALIGN 65536

static int fail(struct raw *raw, int rc, struct cfg_err *err)
{
    return err_set(err, rc, "%s: %s", raw->blk.filename, strerror(-rc));
}

static int parse(struct raw *raw, struct opts *opts, struct cfg_err *err)
{
    const char *file = opts_get(opts, "filename");
    const char *aio = opts_get(opts, "aio");
    uint64_t align = 0;
    int rc;

    if (!file)
        file = opts_get(opts, "file");
    if (!file || !*file)
        return err_set(err, -EINVAL, "expected file=IMAGE");
    if (aio && !strcmp(aio, "threads"))
        raw->threads = true;
    else if (aio && strcmp(aio, "io_uring") && strcmp(aio, "native"))
        return err_set(err, -EINVAL,
                       "aio=%s: expected io_uring, native or threads", aio);
    rc = opts_get_size(opts, "align", 1, &align, err);
    if (rc < 0)
        return rc;
    if (align && (align < 512 || align > MAX_ALIGN || align & (align - 1))) {
        return err_set(err, -EINVAL,
                       "align: expected a power of two from 512 to %d",
                       MAX_ALIGN);
    }
    raw->mem_align = raw->off_align = align;
    raw->blk.filename = strdup(file);
    return raw->blk.filename ? 0 : err_set(err, -ENOMEM, "out of memory");
}

/* Before opening: that alone would wait for the other end of a FIFO, or set a
 * tape in motion. */
static int check_kind(struct raw *raw, mode_t mode, struct cfg_err *err)
{
    raw->is_device = S_ISBLK(mode);
    if (S_ISREG(mode) || S_ISBLK(mode))
        return 0;
    return err_set(err, S_ISDIR(mode) ? -EISDIR : -EINVAL,
                   "%s: is a %s, expected an image file or a block device",
                   raw->blk.filename,
                   S_ISDIR(mode)    ? "directory"
                   : S_ISCHR(mode)  ? "character device"
                   : S_ISFIFO(mode) ? "FIFO"
                                    : "socket");
}

static int open_file(struct raw *raw, struct cfg_err *err)
{
    const char *name = raw->blk.filename;
    bool ro = raw->blk.readonly;
    struct stat st;
    int rc;

    /* opening some kinds has effects; what a manager opened is open */
    if (strncmp(name, FDSET_PATH, strlen(FDSET_PATH))) {
        if (stat(name, &st) < 0)
            return fail(raw, -errno, err);
        rc = check_kind(raw, st.st_mode, err);
        if (rc < 0)
            return rc;
    }
    raw->fd = fdset_open(raw->blk.vm, name,
                         (ro ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_NOCTTY);
    rc = raw->fd < 0 ? raw->fd : fstat(raw->fd, &st) < 0 ? -errno : 0;
    if ((rc == -EACCES || rc == -EROFS || rc == -EPERM) && !ro &&
        !access(name, R_OK)) {
        return err_set(err, rc,
                       "%s: cannot be written to (readonly=on opens it for "
                       "reading)",
                       name);
    }
    if (rc < 0)
        return fail(raw, rc, err);
    return check_kind(raw, st.st_mode, err);
}

static int take_lock(struct raw *raw, struct cfg_err *err)
{
    enum blk_locking want = raw->blk.locking;
    bool ro = raw->blk.readonly;
    int rc;

    if (want == BLK_LOCK_OFF)
        return 0;
    rc = image_lock(raw->fd, !ro, want == BLK_LOCK_WAIT);
    if (rc == -EAGAIN) {
        return err_set(err, rc, "%s: locked, %s (expected to be alone with it)",
                       raw->blk.filename,
                       ro ? "it is being written by another"
                          : "it is in use by another");
    }
    if (rc < 0 && want != BLK_LOCK_AUTO)
        return err_prefix(err, fail(raw, rc, err), "locking=%s",
                          want == BLK_LOCK_ON ? "on" : "wait");
    return 0;
}

static int find_size(struct raw *raw, struct cfg_err *err)
{
    const char *name = raw->blk.filename;
    uint64_t size;
    struct stat st;

    if (fstat(raw->fd, &st) < 0 ||
        (raw->is_device && ioctl(raw->fd, BLKGETSIZE64, &size) < 0))
        return fail(raw, -errno, err);
    if (!raw->is_device)
        size = st.st_size;
    if (!size)
        return err_set(err, -EINVAL, "%s: is empty, expected a disk image",
                       name);
    /* The rest of the last sector reads as zeros. */
    atomic_store(&raw->blk.size, (size + 511) & ~UINT64_C(511));
    return 0;
}

static void find_block_sizes(struct raw *raw)
{
    unsigned logical = 512, physical = 512;
    struct statfs fs;
    struct stat st;

    if (raw->is_device) {
        ioctl(raw->fd, BLKSSZGET, &logical);
        ioctl(raw->fd, BLKPBSZGET, &physical);
    } else if (!fstat(raw->fd, &st)) {
        physical = st.st_blksize;
    }
    if (physical < logical || physical > MAX_ALIGN || physical & (physical - 1))
        physical = logical;
    raw->in_memory = !fstatfs(raw->fd, &fs) && fs.f_type == TMPFS_MAGIC;
    raw->blk.logical_block = logical;
    raw->blk.physical_block = physical;
}

/* O_DIRECT's alignment by trying: for kernels and files that do not tell. */
static uint32_t try_alignment(struct raw *raw)
{
    uint32_t align = 4096;
    void *buf;

    if (posix_memalign(&buf, 4096, 512))
        return align;
    if (pread(raw->fd, buf, 512, 0) == 512)
        align = 512;
    free(buf);
    return align;
}

/* 0: the file cannot be read past the page cache. */
static uint32_t direct_alignment(struct raw *raw, uint32_t *mem)
{
    unsigned logical = 512;
    uint32_t align;
#ifdef STATX_DIOALIGN
    struct statx stx;

    if (!statx(raw->fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) &&
        stx.stx_mask & STATX_DIOALIGN) {
        *mem = stx.stx_dio_mem_align;
        return stx.stx_dio_offset_align;
    }
#endif
    if (raw->is_device && !ioctl(raw->fd, BLKSSZGET, &logical))
        align = logical;
    else
        align = try_alignment(raw);
    *mem = align;
    return align;
}

/* cache=none is a wish: where it cannot be, say so and do without. */
static void set_direct(struct raw *raw)
{
    int flags = fcntl(raw->fd, F_GETFL) & ~O_NONBLOCK;
    uint64_t size = atomic_load(&raw->blk.size);
    uint32_t mem, align;

    if (!raw->blk.cache_direct || fcntl(raw->fd, F_SETFL, flags | O_DIRECT)) {
        if (raw->blk.cache_direct) {
            log_warn("blk",
                     "%s: the file system has no O_DIRECT: using the "
                     "page cache",
                     raw->blk.filename);
        }
        goto cached;
    }
    align = direct_alignment(raw, &mem);
    if (raw->off_align) /* align= */
        align = mem = raw->off_align;
    if (!align || align > MAX_ALIGN || mem > MAX_ALIGN || size % align) {
        log_warn("blk",
                 "%s: O_DIRECT needs a size in units of %u bytes: using "
                 "the page cache",
                 raw->blk.filename, align);
        goto cached;
    }
    raw->off_align = align < 512 ? 512 : align;
    raw->mem_align = mem ? mem : 1;
    return;
cached:
    fcntl(raw->fd, F_SETFL, flags & ~O_DIRECT);
    raw->blk.cache_direct = false;
    raw->off_align = 512;
    raw->mem_align = 1;
}

static int raw_open(struct blk *blk, struct opts *opts, struct cfg_err *err)
{
    struct raw *raw = (struct raw *)blk;
    int rc;

    raw->fd = -1;
    pthread_mutex_init(&raw->ranges.mutex, NULL);
    pthread_cond_init(&raw->granted, NULL);
    if ((rc = parse(raw, opts, err)) < 0 || (rc = open_file(raw, err)) < 0 ||
        (rc = take_lock(raw, err)) < 0 || (rc = find_size(raw, err)) < 0)
        return rc;
    find_block_sizes(raw);
    set_direct(raw);
    return 0;
}

static void raw_close(struct blk *blk)
{
    struct raw *raw = (struct raw *)blk;

    if (raw->fd >= 0) {
        /* io_uring may hold the file open for a while yet. */
        image_unlock(raw->fd);
        close(raw->fd);
    }
    pthread_cond_destroy(&raw->granted);
    pthread_mutex_destroy(&raw->ranges.mutex);
}

static int raw_set_active(struct blk *blk, bool active, struct cfg_err *err)
{
    struct raw *raw = (struct raw *)blk;
    int rc;

    if (active) {
        rc = take_lock(raw, err);
        if (rc)
            image_unlock(raw->fd); /* what of it was to be had */
        return rc;
    }
    if (!blk->readonly && !blk->cache_no_flush && fdatasync(raw->fd))
        return fail(raw, -errno, err);
    image_unlock(raw->fd);
    return 0;
}

static int raw_resize(struct blk *blk, uint64_t size)
{
    struct raw *raw = (struct raw *)blk;
    uint64_t now;

    if (size % raw->off_align)
        return -EINVAL;
    if (raw->is_device) { /* it has been resized already, or not */
        if (ioctl(raw->fd, BLKGETSIZE64, &now) < 0)
            return -errno;
        return now >= size ? 0 : -ENOSPC;
    }
    return ftruncate(raw->fd, size) < 0 ? -errno : 0;
}

const struct blk_ops blk_raw = {
    .format = "raw",
    .desc = "a file or a block device as it is",
    .keys = "file, filename, aio, align",
    .blk_size = sizeof(struct raw),
    .queue_size = sizeof(struct raw_queue),
    .open = raw_open,
    .close = raw_close,
    .queue_init = raw_queue_init,
    .queue_fini = raw_queue_fini,
    .submit = raw_submit,
    .unplug = raw_unplug,
    .wait = raw_wait,
    .poll = raw_poll,
    .set_active = raw_set_active,
    .resize = raw_resize,
};
