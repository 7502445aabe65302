/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvmd-img: what its commands share. They return the program's status.
 */
#ifndef HVMD_TOOLS_IMG_H
#define HVMD_TOOLS_IMG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "dm/machine.h"

struct blk;

/* A machine that is nothing but a loop. */
struct img {
    struct vm vm;
    const char *format, *out_format, *repair, *options, *backing,
        *backing_format, *snapshot;
    bool json, progress, compress, quiet, chain;
};

int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int usage(FILE *to);
/* backing: of qcow2, or NULL. NULL: it has been said why. */
struct blk *open_image(struct img *img, const char *id, const char *format,
                       const char *file, bool writable, const char *backing);
/* device: what is not written there is not zeros. */
int make_image(struct img *img, const char *format, const char *file,
               uint64_t size, bool *device);

int cmd_convert(struct img *img, int argc, char **argv);

#endif
