/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/catalog.h"

#include "hw/none.h"

const struct dev_class *const dev_catalog[] = {
    NULL,
};

const struct board *const board_catalog[] = {
    &none_board,
    NULL,
};
