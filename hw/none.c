/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The empty board: for questions about the program, and for tests. */
#include "config.h"

#include "hw/none.h"

static int build(struct vm *vm, struct cfg_err *err)
{
    return 0;
}

const struct board none_board = {
    .name = "none",
    .desc = "empty machine",
    .max_cpus = 1,
    .build = build,
};
