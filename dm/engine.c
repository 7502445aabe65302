/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/engine.h"

#include <errno.h>
#include <stddef.h>

#include "dm/qtest.h"
#ifdef HAVE_KVM
extern const struct engine_ops kvm_engine; /* kvm/kvm.c */
#endif
#ifdef HAVE_XEN
extern const struct engine_ops xen_engine; /* xen/xen.c */
#endif

const struct engine_ops *const engine_list[] = {
#ifdef HAVE_KVM
    &kvm_engine,
#endif
#ifdef HAVE_XEN
    &xen_engine,
#endif
    &qtest_engine,
    NULL,
};

bool engine_no_power(struct vm *vm, bool reboot)
{
    return false;
}

void engine_no_mem_dirty(struct vm *vm, gpa_t gpa, size_t len)
{
}

void engine_no_pci_intx(struct vm *vm, uint16_t bdf, unsigned pin, bool level)
{
}

void engine_no_pci_route(struct vm *vm, unsigned link, uint8_t line)
{
}

int engine_no_ioevent_add(struct vm *vm, enum bus_space space, uint64_t addr,
                          unsigned size, bool any, uint64_t val, int fd)
{
    return -ENOTSUP;
}

void engine_no_ioevent_del(struct vm *vm, enum bus_space space, uint64_t addr,
                           unsigned size, bool any, uint64_t val, int fd)
{
}

int engine_no_irqfd_add(struct vm *vm, int fd, uint64_t addr, uint32_t data)
{
    return -ENOTSUP;
}

void engine_no_irqfd_del(struct vm *vm, int handle, int fd)
{
}

int engine_no_claim(struct vm *vm, const struct bus_region *r)
{
    return 0;
}

void engine_no_release(struct vm *vm, const struct bus_region *r)
{
}
