/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The power button of a guest that knows Xen and has no toolstack: where its
 * kernel has said that it heeds control/shutdown, that is asked first, as "xl
 * shutdown" does; others have the button of the board.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/dev.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "dm/xenif.h"

struct xen_control {
    struct dev dev;
    void (*button)(void *opaque);
    void *button_opaque;
};

static bool listens(struct xenif *x, const char *dir)
{
    char path[64], *text;
    bool yes;

    snprintf(path, sizeof(path), "%s/feature-poweroff", dir);
    if (x->ops->xs_read(x, 0, path, &text))
        return false;
    yes = !strcmp(text, "1");
    free(text);
    return yes;
}

static void powerdown(void *opaque)
{
    struct xen_control *c = opaque;
    struct xenif *x = c->dev.vm->xenif;
    char dir[40], path[64];
    int rc;

    snprintf(dir, sizeof(dir), "/local/domain/%" PRIu32 "/control", x->domid);
    if (listens(x, dir)) {
        snprintf(path, sizeof(path), "%s/shutdown", dir);
        rc = x->ops->xs_write(x, 0, path, "poweroff");
        if (!rc)
            return;
        log_err(c->dev.path, "%s: %s", path, strerror(-rc));
    }
    if (c->button)
        c->button(c->button_opaque);
}

static int control_create(struct dev *dev, struct cfg_err *err)
{
    struct xen_control *c = (struct xen_control *)dev;

    c->button = dev->vm->powerdown;
    c->button_opaque = dev->vm->powerdown_opaque;
    dev->vm->powerdown = powerdown;
    dev->vm->powerdown_opaque = c;
    return 0;
}

static void control_destroy(struct dev *dev)
{
    struct xen_control *c = (struct xen_control *)dev;

    if (dev->vm->powerdown_opaque != c)
        return;
    dev->vm->powerdown = c->button;
    dev->vm->powerdown_opaque = c->button_opaque;
}

const struct dev_class xen_control_class = {
    .name = "xen-control",
    .desc = "power button of a Xen guest",
    .size = sizeof(struct xen_control),
    .internal = true,
    .create = control_create,
    .destroy = control_destroy,
};
