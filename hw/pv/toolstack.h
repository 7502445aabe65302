/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a toolstack does for a paravirtual device, where there is none: the
 * two folders of the device in xenstore, as libxl writes them.
 *
 * All calls: main thread, machine lock held.
 */
#ifndef HVMD_HW_PV_TOOLSTACK_H
#define HVMD_HW_PV_TOOLSTACK_H

#include "dm/err.h"
#include "dm/xenif.h"

struct vm;

struct pv_node {
    const char *key, *value; /* no key: the last */
};

struct pv_folders {
    struct xenif *x;
    char front[XENIF_PATH_MAX], back[XENIF_PATH_MAX];
    bool made;
};

/* Anew, if they are there already; "frontend", "backend", "state" and their
 * like are written besides what is given. number: of the device, in its
 * paths. The guest owns the one, and reads the other. who: for err. */
int pv_folders_make(struct pv_folders *f, struct vm *vm, const char *who,
                    const char *front_type, const char *back_type,
                    uint32_t number, const struct pv_node *front,
                    const struct pv_node *back, struct cfg_err *err);
/* Idempotent, legal on a zeroed one. */
void pv_folders_remove(struct pv_folders *f);

#endif
