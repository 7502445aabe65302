/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Swallows what is written, never has anything to read.
 */
#include "config.h"

#include "dm/char/chr-priv.h"

static int null_open(struct chr *chr, struct opts *opts, struct cfg_err *err)
{
    chr->open = true;
    return 0;
}

static void null_close(struct chr *chr)
{
}

static int null_write(struct chr *chr, const void *buf, size_t len)
{
    return len;
}

const struct chr_ops chr_null = {
    .backend = "null",
    .desc = "nothing to read, writes are forgotten",
    .keys = "none",
    .size = sizeof(struct chr),
    .open = null_open,
    .close = null_close,
    .write = null_write,
};
