/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks as libxl describes them for a device model. Of a folder:
 *
 *      params          FORMAT:FILE; the format is what it says, never probed
 *      mode            r or w
 *      device-type     disk or cdrom
 *      direct-io-safe  1: past the page cache
 *      discard-enable  0: not
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "dm/machine.h"
#include "dm/options.h"
#include "hw/pv/backends.h"
#include "hw/pv/blkif.h"

#define JOURNALS "/run/hvmd" /* a tmpfs */

struct qdisk {
    struct backend b;
    char journal[80], qcow2_journal[88];
    struct blkif *blkif;
    struct blk *own; /* that we have opened; else it is another device's too */
    char *params;    /* what it was made from */
    char *mode;
};

struct wish {
    const char *format, *file;
    bool readonly, direct, discard;
};

static struct qdisk *of(struct backend *b)
{
    return (struct qdisk *)b;
}

static bool flag(struct backend *b, const char *key, bool def)
{
    char *text;
    bool on = def;

    if (!backend_read(b, key, &text)) {
        on = !strcmp(text, "1");
        free(text);
    }
    return on;
}

/* "" where there is none. */
static char *text_of(struct backend *b, const char *key)
{
    char *text;

    return backend_read(b, key, &text) ? strdup("") : text;
}

static bool is_cdrom(struct backend *b)
{
    char *type = text_of(b, "device-type");
    bool yes = type && !strcmp(type, "cdrom");

    free(type);
    return yes;
}

/* A process before us has died while the guest used it, and what that had
 * asked of the kernel may not be done yet. */
static bool is_ours_again(struct qdisk *q)
{
    char *state = text_of(&q->b, "state");
    bool yes = state && (*state == '4' || *state == '5');

    free(state);
    return yes;
}

static int read_wish(struct qdisk *q, struct wish *w, struct cfg_err *err)
{
    static const struct {
        const char *prefix, *format;
    } formats[] = {{"aio:", "raw"}, {"qcow2:", "qcow2"}};
    const char *path = q->b.path;

    q->params = text_of(&q->b, "params");
    q->mode = text_of(&q->b, "mode");
    if (!q->params || !q->mode)
        return err_set(err, -ENOMEM, "%s: out of memory", path);
    *w = (struct wish){
        .readonly = !strcmp(q->mode, "r"),
        .direct = flag(&q->b, "direct-io-safe", false),
        .discard = flag(&q->b, "discard-enable", true),
    };
    if (!w->readonly && strcmp(q->mode, "w"))
        return err_set(err, -EINVAL, "%s: mode '%.20s': expected r or w", path,
                       q->mode);
    if (!*q->params && is_cdrom(&q->b))
        return -ENOMEDIUM; /* as libxl writes a drive without */
    for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        size_t len = strlen(formats[i].prefix);

        if (!strncmp(q->params, formats[i].prefix, len)) {
            w->format = formats[i].format;
            w->file = q->params + len;
        }
    }
    if (!w->format)
        return err_set(err, -EINVAL,
                       "%s: params '%.80s': expected aio:FILE or qcow2:FILE",
                       path, q->params);
    return *w->file ? 0 : -ENOMEDIUM; /* or as it could */
}

/* A toolstack gives an HVM guest its disks twice: emulated for firmware, and
 * here. It is one image then, opened once, so that neither sees it through a
 * cache of its own; a medium that may be taken out is not shared. */
static struct blk *find_shared(struct vm *vm, const struct wish *w)
{
    struct blk *blk = vm->blks;

    while (blk &&
           (blk->removable || blk->resized || !blk->filename ||
            strcmp(blk->filename, w->file) || strcmp(blk->format, w->format)))
        blk = blk->next;
    return blk;
}

/* Errors go to the guest: nobody would tell a stopped one to go on. */
static int open_image(struct qdisk *q, const struct wish *w,
                      struct cfg_err *err)
{
    struct opts *o = opts_new();
    char id[32];
    int rc;

    snprintf(id, sizeof(id), "vbd-%.16s", q->b.name);
    opts_set(o, "id", id);
    opts_set(o, "file", w->file);
    opts_set(o, "format", w->format);
    opts_set(o, "readonly", w->readonly ? "on" : "off");
    opts_set(o, "cache", w->direct ? "none" : "writeback");
    opts_set(o, "discard", w->discard ? "unmap" : "ignore");
    opts_set(o, "locking", is_ours_again(q) ? "wait" : "auto");
    if (!strcmp(w->format, "qcow2") && *q->qcow2_journal)
        opts_set(o, "journal", q->qcow2_journal);
    opts_set(o, "rerror", "report");
    opts_set(o, "werror", "report");
    rc = blk_open(q->b.vm, o, &q->own, err);
    opts_free(o);
    if (rc)
        return err_prefix(err, rc, "%s", q->b.path);
    return blk_claim(q->own, q->b.path, err);
}

static void destroy(struct backend *b)
{
    struct qdisk *q = of(b);

    blkif_free(q->blkif);
    blk_close(q->own);
    free(q->params);
    free(q->mode);
}

/* A guest without emulated devices does not die with us: another process can
 * go on. */
static int make_journal(struct qdisk *q, struct blkif_conf *conf,
                        struct cfg_err *err)
{
    if (!q->b.vm->cfg->xen_attach)
        return 0;
    if (mkdir(JOURNALS, 0700) && errno != EEXIST)
        return err_set(err, -errno, "%s: %s", JOURNALS, strerror(errno));
    snprintf(q->journal, sizeof(q->journal), JOURNALS "/%" PRIu32 "-%.16s",
             q->b.x->domid, q->b.name);
    conf->journal = q->journal;
    snprintf(q->qcow2_journal, sizeof(q->qcow2_journal), "%s.qcow2",
             q->journal);
    if (!is_ours_again(q))
        unlink(q->qcow2_journal);
    return 0;
}

static int create(struct backend *b, struct cfg_err *err)
{
    struct qdisk *q = of(b);
    struct blkif_conf conf = {.gone = backend_gone, .gone_opaque = b};
    struct wish w = {0};
    int rc = read_wish(q, &w, err);

    if (!rc)
        rc = make_journal(q, &conf, err);
    if (!rc) {
        conf.blk = find_shared(b->vm, &w);
        if (conf.blk)
            conf.blk->discard |= w.discard;
        else
            rc = open_image(q, &w, err);
        if (q->own)
            conf.blk = q->own;
    }
    if (!rc)
        rc = blkif_new(b->vm, b->x, b->path, &conf, &q->blkif, err);
    if (rc) {
        blk_close(q->own); /* others may want it */
        q->own = NULL;
    }
    return rc;
}

/* A drive gets another medium this way. Not while the guest uses this one. */
static bool outdated(struct backend *b)
{
    struct qdisk *q = of(b);
    char *params, *mode;
    bool changed;

    if (q->blkif && blkif_connected(q->blkif))
        return false;
    params = text_of(b, "params");
    mode = text_of(b, "mode");
    changed = params && mode && q->params && q->mode &&
              (strcmp(params, q->params) || strcmp(mode, q->mode));
    free(params);
    free(mode);
    return changed;
}

static void pause_disk(struct backend *b)
{
    blkif_pause(of(b)->blkif);
}

static void resume_disk(struct backend *b)
{
    blkif_resume(of(b)->blkif);
}

const struct backend_class backend_qdisk = {
    .name = "qdisk",
    .size = sizeof(struct qdisk),
    .create = create,
    .destroy = destroy,
    .pause = pause_disk,
    .resume = resume_disk,
    .outdated = outdated,
};
