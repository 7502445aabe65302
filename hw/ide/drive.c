/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ide-hd and ide-cd: what is plugged into a channel.
 */
#include "config.h"

#include "hw/ide/drive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dm/machine.h"
#include "hw/ide/ide.h"

#define MAX_CYLINDERS 16383u
#define HEADS 16
#define SPT 63
#define UNIT_ANY 0xff

struct ide_dev {
    struct dev dev;
    struct blk *blk;
    uint8_t unit; /* 0 or 1 */
    char *serial, *model, *version;
    char made_serial[21];
    struct ide_drive *d;
};

static struct ide_chan *chan_of(struct dev_bus *bus)
{
    return (struct ide_chan *)((char *)bus - offsetof(struct ide_chan, bus));
}

/* The place asked for, or the first free one of the channels. */
static int find_place(struct ide_dev *s, struct cfg_err *err)
{
    struct dev *dev = &s->dev;

    for (struct dev_bus *b = dev->bus; b; b = b->next) {
        for (uint8_t u = 0; u < 2 && !strcmp(b->type, "ide"); u++) {
            if ((s->unit == UNIT_ANY || s->unit == u) &&
                !chan_of(b)->drive[u].dev) {
                dev->bus = b;
                s->unit = u;
                return 0;
            }
        }
        if (dev->bus_fixed)
            break;
    }
    if (s->unit != UNIT_ANY && s->unit > 1)
        return err_set(err, -EINVAL, "%s: unit=%u: expected 0 or 1",
                       dev->cls->name, s->unit);
    return err_set(err, -EBUSY, "%s: a drive is in that place already",
                   dev->cls->name);
}

static void set_geometry(struct ide_drive *d)
{
    uint64_t cyl = d->sectors / (HEADS * SPT);

    d->cylinders = cyl < 2 ? 2 : cyl < MAX_CYLINDERS ? cyl : MAX_CYLINDERS;
    d->heads = HEADS;
    d->spt = SPT;
}

static int create(struct dev *dev, enum ide_kind kind, struct cfg_err *err)
{
    struct ide_dev *s = (struct ide_dev *)dev;
    struct ide_drive *d;
    int rc = find_place(s, err);

    if (rc)
        return rc;
    if (kind == IDE_HD && !s->blk)
        return err_set(err, -EINVAL, "ide-hd: expected drive=ID of a -drive");
    d = &chan_of(dev->bus)->drive[s->unit];
    if (s->blk) {
        d->queue = blk_queue_new(s->blk, dev->vm->loop, 1);
        if (!d->queue)
            return err_set(err, -errno, "%s: no queue to its image: %s",
                           dev->cls->name, strerror(errno));
        d->sectors = atomic_load(&s->blk->size) / IDE_SECTOR;
        s->blk->removable = kind == IDE_CD;
    }
    dev_set_place(dev, "%u", s->unit);
    snprintf(s->made_serial, sizeof(s->made_serial), "HM%05u",
             (dev->bus->name[strlen(dev->bus->name) - 1] - '0') * 2 + s->unit +
                 1);
    s->d = d;
    d->dev = dev;
    d->kind = kind;
    d->blk = s->blk;
    d->serial = s->serial ? s->serial : s->made_serial;
    d->model = s->model         ? s->model
               : kind == IDE_HD ? "HVMD HARDDISK"
                                : "HVMD DVD-ROM";
    d->version = s->version ? s->version : PACKAGE_VERSION;
    d->write_cache = true;
    d->multiple = IDE_MULTIPLE;
    if (kind == IDE_HD)
        set_geometry(d);
    ide_chan_reset(d->chan);
    return 0;
}

static int hd_create(struct dev *dev, struct cfg_err *err)
{
    return create(dev, IDE_HD, err);
}

static int cd_create(struct dev *dev, struct cfg_err *err)
{
    return create(dev, IDE_CD, err);
}

static void drive_pause(struct dev *dev)
{
    ide_chan_drain(((struct ide_dev *)dev)->d->chan);
}

static void drive_resume(struct dev *dev)
{
    ide_chan_resume(((struct ide_dev *)dev)->d->chan);
}

static void drive_destroy(struct dev *dev)
{
    struct ide_drive *d = ((struct ide_dev *)dev)->d;
    struct ide_chan *c = d->chan;

    ide_chan_reset(c);
    blk_queue_free(d->queue);
    memset(d, 0, sizeof(*d));
    d->chan = c;
}

/* ---- the medium of an ide-cd ---- */

static struct blk *medium_get(struct dev *dev)
{
    return ((struct ide_dev *)dev)->blk;
}

static bool tray_open(struct dev *dev)
{
    return ((struct ide_dev *)dev)->d->tray_open;
}

static bool tray_eject(struct dev *dev, bool force)
{
    return atapi_eject(((struct ide_dev *)dev)->d, force);
}

static int medium_set(struct dev *dev, struct blk *blk)
{
    struct ide_dev *s = (struct ide_dev *)dev;
    struct ide_drive *d = s->d;
    struct blk_queue *queue = NULL;

    if (blk && !(queue = blk_queue_new(blk, dev->vm->loop, 1)))
        return -errno;
    ide_chan_drain(d->chan);
    blk_queue_free(d->queue);
    d->queue = queue;
    s->blk = d->blk = blk;
    d->sectors = blk ? atomic_load(&blk->size) / IDE_SECTOR : 0;
    if (blk) {
        blk->removable = true;
        d->tray_open = false;
    }
    atapi_media_changed(d);
    return 0;
}

static const struct dev_media cd_media = {
    .get = medium_get,
    .tray_open = tray_open,
    .open = tray_eject,
    .set = medium_set,
};

static const struct dev_prop props[] = {
    DEV_PROP(PROP_BLK, struct ide_dev, blk, "drive", NULL, "id of its image"),
    DEV_PROP(PROP_U8, struct ide_dev, unit, "unit", "255",
             "0 master, 1 slave; without it the first free"),
    DEV_PROP(PROP_STR, struct ide_dev, serial, "serial", NULL,
             "serial number, 20 characters"),
    DEV_PROP(PROP_STR, struct ide_dev, model, "model", NULL,
             "model name, 40 characters"),
    DEV_PROP(PROP_STR, struct ide_dev, version, "ver", NULL,
             "firmware version, 8 characters"),
    DEV_PROP_END,
};

/* Their registers are saved with the channel they share them with. */
const struct dev_class ide_hd_class = {
    .name = "ide-hd",
    .desc = "ATA disk",
    .bus = "ide",
    .size = sizeof(struct ide_dev),
    .props = props,
    .create = hd_create,
    .pause = drive_pause,
    .resume = drive_resume,
    .destroy = drive_destroy,
};

const struct dev_class ide_cd_class = {
    .name = "ide-cd",
    .desc = "ATAPI CD-ROM drive",
    .bus = "ide",
    .size = sizeof(struct ide_dev),
    .props = props,
    .create = cd_create,
    .pause = drive_pause,
    .resume = drive_resume,
    .destroy = drive_destroy,
    .media = &cd_media,
};
