/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "xen-disk" and "xen-cdrom": a paravirtual disk for a guest that has no
 * toolstack. The numbers of disks are those of Xen's docs/man/
 * xen-vbd-interface.7.
 *
 * An IDE disk of the same drive may be there too, as a toolstack gives its
 * guests: firmware boots from it, and the guest's driver unplugs it.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/blk.h"
#include "dm/dev.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "hw/ide/drive.h"
#include "hw/pv/blkif.h"
#include "hw/pv/toolstack.h"

#define NAME 16
#define XVD_DISKS 26u /* a disk without a name takes a letter */

extern const struct dev_class xen_disk_class, xen_cdrom_class;

struct xen_disk {
    struct dev dev;
    char *drive, *vdev;
    struct blk *blk;
    bool claimed;
    char name[NAME]; /* "xvda" */
    uint32_t number;
    struct pv_folders folders;
    struct blkif *blkif;
    bool paused;
};

/* ---- names ---- */

/* "a" is 0, "z" 25, "aa" 26. */
static const char *letters(const char *s, uint32_t *n)
{
    uint32_t v = 0;
    unsigned i;

    for (i = 0; s[i] >= 'a' && s[i] <= 'z' && i < 4; i++)
        v = v * 26 + (uint32_t)(s[i] - 'a') + 1;
    *n = v - 1;
    return i ? s + i : NULL;
}

static const char *digits(const char *s, uint32_t *n)
{
    unsigned i;

    *n = 0;
    for (i = 0; s[i] >= '0' && s[i] <= '9' && i < 9; i++)
        *n = *n * 10 + (uint32_t)(s[i] - '0');
    return i ? s + i : NULL;
}

static bool number_of(const char *name, uint32_t *number)
{
    uint32_t disk, part = 0;
    const char *end;
    bool ide = !strncmp(name, "hd", 2), scsi = !strncmp(name, "sd", 2);

    if (!strncmp(name, "xvd", 3) || ide || scsi) {
        end = letters(name + (ide || scsi ? 2 : 3), &disk);
        if (end && *end)
            end = digits(end, &part);
    } else if (name[0] == 'd') {
        end = digits(name + 1, &disk);
        if (end && *end == 'p')
            end = digits(end + 1, &part);
    } else {
        end = digits(name, number);
        return end && !*end;
    }
    if (!end || *end)
        return false;
    if (ide)
        *number = (disk < 2 ? 3u : 22u) << 8 | (disk & 1) << 6 | part;
    else if (scsi)
        *number = 8u << 8 | disk << 4 | part;
    else
        *number = disk < 16 && part < 16 ? 202u << 8 | disk << 4 | part
                                         : 1u << 28 | disk << 8 | part;
    return (ide ? disk < 4 && part < 64 : !scsi || (disk < 16 && part < 16)) &&
           disk < 1 << 20 && part < 256;
}

static bool taken(const struct xen_disk *d, uint32_t number)
{
    for (struct dev *o = d->dev.vm->devs; o; o = o->next)
        if ((o->cls == &xen_disk_class || o->cls == &xen_cdrom_class) &&
            ((struct xen_disk *)o)->number == number)
            return true;
    return false;
}

static int choose_name(struct xen_disk *d, struct cfg_err *err)
{
    if (d->vdev) {
        if (strlen(d->vdev) >= NAME || !number_of(d->vdev, &d->number))
            return err_set(err, -EINVAL,
                           "%s: vdev=%.40s: expected a name such as xvda, "
                           "xvdb2, hda, sda or d5p1",
                           d->dev.cls->name, d->vdev);
        if (taken(d, d->number))
            return err_set(err, -EEXIST, "%s: vdev=%s is there already",
                           d->dev.cls->name, d->vdev);
        strcpy(d->name, d->vdev);
        return 0;
    }
    for (unsigned i = 0; i < XVD_DISKS; i++) {
        snprintf(d->name, sizeof(d->name), "xvd%c", (char)('a' + i));
        number_of(d->name, &d->number);
        if (!taken(d, d->number))
            return 0;
    }
    return err_set(err, -ENOSPC, "%s: no name is left: give it one by vdev=",
                   d->dev.cls->name);
}

/* ---- its image ---- */

static bool is_ide_disks(const struct vm *vm, const struct blk *blk)
{
    for (struct dev *o = vm->devs; o && blk->user; o = o->next)
        if (o->cls == &ide_hd_class &&
            !strcmp(blk->user, o->id[0] ? o->id : o->cls->name))
            return true;
    return false;
}

static int find_drive(struct xen_disk *d, struct cfg_err *err)
{
    const char *cls = d->dev.cls->name;
    struct blk *blk;
    int rc;

    if (!d->drive)
        return err_set(err, -EINVAL, "%s: drive= is missing", cls);
    blk = blk_find(d->dev.vm, d->drive);
    if (!blk)
        return err_set(err, -ENOENT,
                       "%s: drive=%s: expected the id of a -drive", cls,
                       d->drive);
    if (!is_ide_disks(d->dev.vm, blk) || blk->resized) {
        rc = blk_claim(blk, d->dev.id[0] ? d->dev.id : cls, err);
        if (rc)
            return rc;
        d->claimed = true;
    }
    d->blk = blk;
    return 0;
}

/* ---- life ---- */

/* Nothing is left but what the guest's next driver will find. */
static void gone(void *opaque)
{
    struct xen_disk *d = opaque;

    blkif_free(d->blkif);
    d->blkif = NULL;
}

static int make(struct xen_disk *d, struct cfg_err *err)
{
    bool cd = d->dev.cls == &xen_cdrom_class;
    char number[16], params[192];
    const struct pv_node front[] = {{"virtual-device", number},
                                    {"device-type", cd ? "cdrom" : "disk"},
                                    {NULL}};
    const struct pv_node back[] = {
        {"params", params},
        {"dev", d->name},
        {"type", "qdisk"},
        {"mode", cd || d->blk->readonly ? "r" : "w"},
        {"device-type", cd ? "cdrom" : "disk"},
        {"bootable", "1"},
        {"discard-enable", d->blk->discard ? "1" : "0"},
        {NULL},
    };
    const struct blkif_conf conf = {
        .blk = d->blk, .gone = gone, .gone_opaque = d};
    int rc;

    gone(d);
    snprintf(number, sizeof(number), "%" PRIu32, d->number);
    snprintf(params, sizeof(params), "%s:%.160s",
             strcmp(d->blk->format, "raw") ? d->blk->format : "aio",
             d->blk->filename ? d->blk->filename : "");
    rc = pv_folders_make(&d->folders, d->dev.vm, d->dev.cls->name, "vbd",
                         "qdisk", d->number, front, back, err);
    if (!rc)
        rc = blkif_new(d->dev.vm, d->dev.vm->xenif, d->folders.back, &conf,
                       &d->blkif, err);
    if (!rc && d->paused)
        blkif_pause(d->blkif);
    return rc;
}

static void disk_destroy(struct dev *dev)
{
    struct xen_disk *d = (struct xen_disk *)dev;

    gone(d);
    pv_folders_remove(&d->folders);
    if (d->claimed)
        blk_release(d->blk);
    d->claimed = false;
}

static int disk_create(struct dev *dev, struct cfg_err *err)
{
    struct xen_disk *d = (struct xen_disk *)dev;
    int rc;

    d->paused = true;
    rc = choose_name(d, err);
    if (!rc)
        rc = find_drive(d, err);
    if (!rc)
        rc = make(d, err);
    if (rc)
        disk_destroy(dev);
    else
        dev_set_place(dev, "%s", d->name);
    return rc;
}

/* The guest that knew it is no more: it is as new. */
static void disk_reset(struct dev *dev)
{
    struct xen_disk *d = (struct xen_disk *)dev;
    struct cfg_err err;

    if (make(d, &err))
        log_err(dev->path, "%s", err.text);
}

static void disk_pause(struct dev *dev)
{
    struct xen_disk *d = (struct xen_disk *)dev;

    d->paused = true;
    if (d->blkif)
        blkif_pause(d->blkif);
}

static void disk_resume(struct dev *dev)
{
    struct xen_disk *d = (struct xen_disk *)dev;

    d->paused = false;
    if (d->blkif)
        blkif_resume(d->blkif);
}

static const struct dev_prop disk_props[] = {
    DEV_PROP(PROP_STR, struct xen_disk, drive, "drive", NULL,
             "id of a -drive, which an ide-hd may have too"),
    DEV_PROP(PROP_STR, struct xen_disk, vdev, "vdev", NULL,
             "what the guest calls it: xvda, ...; default: the next one"),
    DEV_PROP_END,
};

#define DISK_CLASS                                                     \
    .size = sizeof(struct xen_disk), .props = disk_props,              \
    .create = disk_create, .pause = disk_pause, .resume = disk_resume, \
    .reset = disk_reset, .destroy = disk_destroy, .domain = true

const struct dev_class xen_disk_class = {
    .name = "xen-disk",
    .desc = "Xen paravirtual disk",
    DISK_CLASS,
};
const struct dev_class xen_cdrom_class = {
    .name = "xen-cdrom",
    .desc = "Xen paravirtual disk that is a CD",
    DISK_CLASS,
};
