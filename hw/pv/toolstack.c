/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/toolstack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dm/dev.h"
#include "dm/machine.h"
#include "hw/pv/backends.h"

#define TX_TRIES 16 /* the guest may be writing all the time, but not here */

static int put(struct xenif *x, uint32_t tx, const char *dir,
               const struct pv_node *nodes)
{
    int rc = 0;

    for (; !rc && nodes->key; nodes++) {
        char path[2 * XENIF_PATH_MAX];

        if (snprintf(path, sizeof(path), "%s/%s", dir, nodes->key) >=
            (int)XENIF_PATH_MAX)
            return -ENAMETOOLONG;
        rc = x->ops->xs_write(x, tx, path, nodes->value);
    }
    return rc;
}

/* An empty folder, with these nodes. */
static int folder(struct xenif *x, uint32_t tx, const char *dir, uint32_t owner,
                  uint32_t reader, const struct pv_node *usual,
                  const struct pv_node *nodes)
{
    int rc = x->ops->xs_remove(x, tx, dir);

    if (!rc || rc == -ENOENT)
        rc = x->ops->xs_write(x, tx, dir, "");
    if (!rc)
        rc = x->ops->xs_set_perms(x, tx, dir, owner, reader);
    if (!rc)
        rc = put(x, tx, dir, usual);
    return rc ? rc : put(x, tx, dir, nodes);
}

static int try_make(struct pv_folders *f, const struct pv_node *front,
                    const struct pv_node *back)
{
    char guest[16], own[16];
    struct xenif *x = f->x;
    const struct pv_node front_usual[] = {
        {"backend", f->back}, {"backend-id", own}, {"state", "1"}, {NULL}};
    const struct pv_node back_usual[] = {
        {"frontend", f->front}, {"frontend-id", guest}, {"online", "1"},
        {"removable", "0"},     {"state", "1"},         {NULL}};
    uint32_t tx;
    int r, rc;

    snprintf(guest, sizeof(guest), "%" PRIu32, x->domid);
    snprintf(own, sizeof(own), "%" PRIu32, x->own_domid);
    rc = x->ops->xs_tx_begin(x, &tx);
    if (rc)
        return rc;
    rc = folder(x, tx, f->back, x->own_domid, x->domid, back_usual, back);
    if (!rc)
        rc =
            folder(x, tx, f->front, x->domid, x->own_domid, front_usual, front);
    r = x->ops->xs_tx_end(x, tx, !rc);
    return rc ? rc : r;
}

int pv_folders_make(struct pv_folders *f, struct vm *vm, const char *who,
                    const char *front_type, const char *back_type,
                    uint32_t number, const struct pv_node *front,
                    const struct pv_node *back, struct cfg_err *err)
{
    int rc = -EAGAIN;

    for (const struct dev *d = vm->devs; d; d = d->next)
        if (d->cls == &xen_backends_class)
            return err_set(err, -EEXIST,
                           "%s: this guest has a toolstack, which attaches its "
                           "devices",
                           who);
    f->x = vm->xenif;
    if (!f->x)
        return err_set(err, -ENODEV,
                       "%s: this guest has no Xen (-accel kvm,xen-version=4.17 "
                       "gives it one)",
                       who);
    snprintf(f->front, sizeof(f->front),
             "/local/domain/%" PRIu32 "/device/%s/%" PRIu32, f->x->domid,
             front_type, number);
    snprintf(f->back, sizeof(f->back),
             "/local/domain/%" PRIu32 "/backend/%s/%" PRIu32 "/%" PRIu32,
             f->x->own_domid, back_type, f->x->domid, number);
    for (unsigned i = 0; i < TX_TRIES && rc == -EAGAIN; i++)
        rc = try_make(f, front, back);
    if (rc)
        return err_set(err, rc, "%s: cannot write %s: %s", who, f->back,
                       strerror(-rc));
    f->made = true;
    return 0;
}

void pv_folders_remove(struct pv_folders *f)
{
    if (!f->made)
        return;
    f->x->ops->xs_remove(f->x, 0, f->front);
    f->x->ops->xs_remove(f->x, 0, f->back);
    f->made = false;
}
