/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/catalog.h"

const struct dev_class *const dev_catalog[] = {
    NULL,
};

const struct board *const board_catalog[] = {
    NULL,
};
