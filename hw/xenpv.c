/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/xenpv.h"

#include <errno.h>

#include "hw/pv/backends.h"

static int build(struct vm *vm, struct cfg_err *err)
{
    if (!vm->cfg->xen_attach)
        return err_set(err, -EINVAL,
                       "-machine xenpv: expected -xen-attach, as the domain "
                       "is another's");
    if (!vm->xenif)
        return err_set(err, -EINVAL,
                       "-machine xenpv: expected -xen-domid and the right to "
                       "xenstore (no -xen-domid-restrict)");
    return dev_create(vm, &xen_backends_class, NULL, NULL, err);
}

static void reset(struct vm *vm, struct boot_regs *regs)
{
    /* The toolstack makes a new domain instead. */
}

const struct board xenpv_board = {
    .name = "xenpv",
    .desc = "paravirtual devices of a Xen PV or PVH domain",
    .engine = "xen",
    .max_cpus = 4096,
    .has_vcpus = true,
    .build = build,
    .reset = reset,
};
