/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that set up a network: scripts, and QEMU's bridge helper.
 *
 * A program is run by path, without a shell, with standard input from
 * /dev/null, no descriptor of ours but what it needs, default signals and our
 * environment; we wait for its end. Main thread, at start and at the end.
 */
#ifndef HVMD_DM_NET_HELPER_H
#define HVMD_DM_NET_HELPER_H

#include <stdbool.h>

#include "dm/err.h"

/* "PATH IFNAME"; 0 if it exited with 0, else -errno with err set. */
int helper_run(const char *path, const char *ifname, struct cfg_err *err);

/* "PATH [--use-vnet] --br=BRIDGE --fd=N": the program sends a tap's
 * descriptor through the socket N. -errno with err set. */
int helper_get_fd(const char *path, const char *bridge, bool vnet, int *fd,
                  struct cfg_err *err);

#endif
