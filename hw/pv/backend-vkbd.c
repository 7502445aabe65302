/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyboard and pointer that libxl gives every HVM guest. There is no
 * display, so nobody types and no ring is looked at; but a Linux guest whose
 * "vkbd" nobody answers waits 25 s for it on each boot.
 *
 * Source: Xen's io/kbdif.h.
 */
#include "config.h"

#include "hw/pv/backends.h"
#include "hw/pv/xenbus.h"

struct vkbd {
    struct backend b;
    struct xenbus_dev bus;
};

static struct vkbd *of(struct backend *b)
{
    return (struct vkbd *)b;
}

static int nothing_to_say(struct xenbus_dev *d, struct cfg_err *err)
{
    return 0;
}

static void nothing_held(struct xenbus_dev *d)
{
}

static const struct xenbus_class vkbd_class = {
    .type = "vkbd",
    .advertise = nothing_to_say,
    .connect = nothing_to_say,
    .disconnect = nothing_held,
};

static int create(struct backend *b, struct cfg_err *err)
{
    of(b)->bus = (struct xenbus_dev){
        .vm = b->vm,
        .x = b->x,
        .cls = &vkbd_class,
        .gone = backend_gone,
        .gone_opaque = b,
    };
    return xenbus_start(&of(b)->bus, b->path, err);
}

static void destroy(struct backend *b)
{
    xenbus_stop(&of(b)->bus);
}

static void nothing_moves(struct backend *b)
{
}

const struct backend_class backend_vkbd = {
    .name = "vkbd",
    .size = sizeof(struct vkbd),
    .create = create,
    .destroy = destroy,
    .pause = nothing_moves,
    .resume = nothing_moves,
};
