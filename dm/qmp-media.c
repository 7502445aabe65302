/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP: changing the medium of a drive that has a tray. */
#include "config.h"

#include "dm/qmp-priv.h"

#include <string.h>

#include "dm/block/blk.h"
#include "dm/dev.h"
#include "dm/machine.h"
#include "dm/options.h"

static const char *text_arg(struct qmp_call *call, const char *name)
{
    return json_string_value(json_object_get(call->args, name));
}

static const char *name_of(const struct dev *dev)
{
    return dev->id[0] ? dev->id : dev->path;
}

/* By the name of the device, or the id of the image that is in it. */
static struct dev *find_drive(struct qmp_call *call)
{
    const char *id = text_arg(call, "id");
    struct dev *dev;

    if (!id)
        id = text_arg(call, "device");
    if (!id) {
        qmp_fail(call, NULL, "Parameter 'id' is missing");
        return NULL;
    }
    for (dev = dev_first(call->vm); dev; dev = dev->next) {
        struct blk *blk = dev->cls->media ? dev->cls->media->get(dev) : NULL;

        if (strcmp(name_of(dev), id) && (!blk || strcmp(blk->id, id)))
            continue;
        if (dev->cls->media)
            return dev;
        qmp_fail(call, NULL, "Device '%.100s' is not removable", id);
        return NULL;
    }
    qmp_fail(call, "DeviceNotFound", "Device '%.100s' not found", id);
    return NULL;
}

static void tray_moved(struct dev *dev)
{
    qmp_event(dev->vm, "DEVICE_TRAY_MOVED",
              json_pack("{s:s,s:s,s:b}", "device", name_of(dev), "id",
                        name_of(dev), "tray-open",
                        dev->cls->media->tray_open(dev)));
}

static bool open_tray(struct qmp_call *call, struct dev *dev)
{
    bool force = json_is_true(json_object_get(call->args, "force"));
    bool open = dev->cls->media->tray_open(dev);

    if (!dev->cls->media->open(dev, force)) {
        qmp_fail(call, NULL,
                 "Device '%s' is locked and force was not specified, wait for "
                 "tray to open and try again",
                 name_of(dev));
        return false;
    }
    if (!open)
        tray_moved(dev);
    return true;
}

static void take_out(struct dev *dev)
{
    struct blk *blk = dev->cls->media->get(dev);

    if (!blk)
        return;
    dev->cls->media->set(dev, NULL); /* cannot fail */
    blk_release(blk);
    blk_close(blk);
}

static json_t *eject(struct qmp_call *call)
{
    struct dev *dev = find_drive(call);

    if (!dev || !open_tray(call, dev))
        return NULL;
    take_out(dev);
    return json_object();
}

/* Opened under a name of its own: the one before has the drive's, and stays if
 * this one cannot be opened. */
static struct blk *open_medium(struct qmp_call *call, const char *file,
                               const char *format)
{
    struct opts *o = opts_new();
    struct blk *blk = NULL;

    opts_set(o, "id", "(new medium)");
    opts_set(o, "file", file);
    opts_set(o, "format", format ? format : "raw");
    opts_set(o, "readonly", "on");
    blk_open(call->vm, o, &blk, &call->err);
    opts_free(o);
    return blk;
}

static json_t *insert(struct qmp_call *call, const char *file,
                      const char *format)
{
    struct dev *dev = find_drive(call);
    struct blk *blk, *old;
    char id[sizeof(blk->id)];
    int rc;

    blk = dev ? open_medium(call, file, format) : NULL;
    if (!blk)
        return NULL;
    if (!open_tray(call, dev)) {
        blk_close(blk);
        return NULL;
    }
    old = dev->cls->media->get(dev);
    snprintf(id, sizeof(id), "%.63s", old ? old->id : name_of(dev));
    take_out(dev);
    rc = dev->cls->media->set(dev, blk);
    if (rc) {
        blk_close(blk);
        return qmp_fail(call, NULL, "%s: %s", name_of(dev), strerror(-rc));
    }
    strcpy(blk->id, id);
    blk_claim(blk, name_of(dev), &call->err);
    tray_moved(dev);
    return json_object();
}

static json_t *change_medium(struct qmp_call *call)
{
    const char *mode = text_arg(call, "read-only-mode");

    if (mode && strcmp(mode, "retain") && strcmp(mode, "read-only"))
        return qmp_fail(call, NULL,
                        "read-only-mode '%.50s': expected retain or read-only",
                        mode);
    return insert(call, text_arg(call, "filename"), text_arg(call, "format"));
}

/* The command before blockdev-change-medium. */
static json_t *change(struct qmp_call *call)
{
    return insert(call, text_arg(call, "target"), text_arg(call, "arg"));
}

const struct qmp_cmd qmp_cmds_media[] = {
    {"eject", "device:s? id:s? force:b?", eject},
    {"blockdev-change-medium",
     "device:s? id:s? filename:s format:s? force:b? read-only-mode:s?",
     change_medium},
    {"change", "device:s target:s arg:s?", change},
    {NULL, NULL, NULL},
};
