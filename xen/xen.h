/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Xen engine; what others need of it is in dm/engine.h. */
#ifndef HVMD_XEN_XEN_H
#define HVMD_XEN_XEN_H

#include "dm/engine.h"

extern const struct engine_ops xen_engine;

#endif
