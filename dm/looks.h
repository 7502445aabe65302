/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before a queue's thread asks its driver for a kick or an event, it looks a
 * few times more: to be woken costs the driver an exit, which is far dearer
 * than a look. More often if that finds something, less often if not.
 *
 * One thread uses it.
 */
#ifndef HVMD_DM_LOOKS_H
#define HVMD_DM_LOOKS_H

#include <stdbool.h>

#define LOOKS_MAX 16u /* some 20 microseconds */

struct looks {
    unsigned worth; /* making; 0: none ever */
    unsigned left;
};

/* Has the turn that ends here found something? True: have another before the
 * driver is asked. */
static inline bool looks_again(struct looks *l, bool worked)
{
    if (worked) {
        if (l->left < l->worth && l->worth < LOOKS_MAX)
            l->worth *= 2;
        l->left = l->worth;
    }
    if (l->left) {
        l->left--;
        return true;
    }
    if (l->worth > 1)
        l->worth /= 2;
    l->left = l->worth;
    return false;
}

#endif
