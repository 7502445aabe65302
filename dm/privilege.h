/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up what only the start of the program needs: -run-with. */
#ifndef HVMD_DM_PRIVILEGE_H
#define HVMD_DM_PRIVILEGE_H

#include "dm/err.h"

struct opts;

/* Everything is open, nothing of the guest has been read. user=: a name, or
 * UID:GID; chroot=: a folder, entered first. NULL does nothing. After a
 * failure the process must end. -errno with err set. */
int privilege_drop(struct opts *run_with, struct cfg_err *err);

#endif
