/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "dm/machine.h"
#include "kvm/xenemu/xenemu-priv.h"

static long put_text(struct xcall *c, const char *text, size_t size)
{
    char buf[1024] = "";

    snprintf(buf, size, "%s", text);
    return xcall_put(c, c->regs->arg[1], buf, size);
}

static long get_features(struct xcall *c)
{
    uint32_t fi[2]; /* submap_idx, submap */
    uint64_t va = c->regs->arg[1];
    int rc = xcall_get(c, va, fi, sizeof(fi));

    if (rc)
        return rc;
    fi[1] = fi[0] ? 0
                  : 1u << XENFEAT_writable_page_tables |
                        1u << XENFEAT_auto_translated_physmap |
                        1u << XENFEAT_hvm_callback_vector |
                        1u << XENFEAT_hvm_safe_pvclock |
                        1u << XENFEAT_not_direct_mapped;
    return xcall_put(c, va, fi, sizeof(fi));
}

static long platform_parameters(struct xcall *c)
{
    uint64_t virt_start = 0; /* no hypervisor in the guest's addresses */

    return xcall_put(c, c->regs->arg[1], &virt_start, c->regs->wide ? 8 : 4);
}

static long compile_info(struct xcall *c)
{
    struct {
        char compiler[64], by[16], domain[32], date[32];
    } info = {.compiler = PACKAGE_STRING};

    return xcall_put(c, c->regs->arg[1], &info, sizeof(info));
}

long hc_xen_version(struct xcall *c)
{
    struct xenemu *x = c->x;

    switch (c->regs->arg[0]) {
    case XENVER_version:
        return (long)(x->conf.major << 16 | x->conf.minor);
    case XENVER_extraversion:
        return put_text(c, ".0-hvmd", 16);
    case XENVER_compile_info:
        return compile_info(c);
    case XENVER_capabilities:
        return put_text(c, "hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ",
                        1024);
    case XENVER_changeset:
        return put_text(c, PACKAGE_STRING, 64);
    case XENVER_platform_parameters:
        return platform_parameters(c);
    case XENVER_get_features:
        return get_features(c);
    case XENVER_pagesize:
        return c->regs->arg[1] ? -XEN_EINVAL : (long)XEN_PAGE;
    case XENVER_guest_handle:
        return xcall_put(c, c->regs->arg[1], x->vm->cfg->uuid, 16);
    case XENVER_commandline:
        return put_text(c, "", 1024);
    case XENVER_build_id:
        return -XEN_ENODATA;
    default:
        return xcall_unknown(c, HC_xen_version, c->regs->arg[0]);
    }
}
