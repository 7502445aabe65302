/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk that forgets: for measuring what is above it.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "dm/block/blk-priv.h"
#include "dm/options.h"

struct null_blk {
    struct blk blk;
    bool read_zeroes;
};

static int null_open(struct blk *blk, struct opts *opts, struct cfg_err *err)
{
    struct null_blk *n = (struct null_blk *)blk;
    uint64_t size = UINT64_C(1) << 30;
    int rc = opts_get_size(opts, "size", 1, &size, err);

    if (!rc)
        rc = opts_get_size(opts, "file.size", 1, &size, err);
    if (!rc)
        rc = opts_get_bool(opts, "read-zeroes", &n->read_zeroes, err);
    if (!rc)
        rc = opts_get_bool(opts, "file.read-zeroes", &n->read_zeroes, err);
    if (rc < 0)
        return rc;
    if (!size || size % 512 || size > INT64_MAX)
        return err_set(err, -EINVAL, "size: expected a multiple of 512");
    atomic_store(&blk->size, size);
    blk->filename = strdup("null-co://");
    return blk->filename ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static void null_close(struct blk *blk)
{
}

static int null_queue_init(struct blk_queue *q)
{
    return 0;
}

static void null_queue_fini(struct blk_queue *q)
{
}

static void null_submit(struct blk_queue *q, struct blk_req *req)
{
    const struct null_blk *n = (struct null_blk *)q->blk;

    if (req->op == BLK_READ && n->read_zeroes) {
        for (int i = 0; i < req->iovcnt; i++)
            memset(req->iov[i].iov_base, 0, req->iov[i].iov_len);
    }
    blk_complete_later(req, 0);
}

static void null_unplug(struct blk_queue *q)
{
}

/* All that is in flight is in the queue's list of things to tell. */
static void null_wait(struct blk_queue *q)
{
}

const struct blk_ops blk_null = {
    .format = "null-co",
    .desc = "takes everything, keeps nothing",
    .keys = "size, read-zeroes, file, file.size, file.read-zeroes",
    .blk_size = sizeof(struct null_blk),
    .queue_size = sizeof(struct blk_queue),
    .open = null_open,
    .close = null_close,
    .queue_init = null_queue_init,
    .queue_fini = null_queue_fini,
    .submit = null_submit,
    .unplug = null_unplug,
    .wait = null_wait,
};
