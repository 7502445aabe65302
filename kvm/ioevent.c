/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioeventfd: a guest's write that signals a descriptor and goes no further.
 */
#include "config.h"

#include "kvm/kvm-priv.h"

#include <errno.h>
#include <sys/ioctl.h>

/*
 * A write of any value to MMIO is claimed for every width: KVM keeps such
 * addresses in a table of their own and need not decode the instruction.
 */
static int ioevent(struct vm *vm, enum bus_space space, uint64_t addr,
                   unsigned size, bool any, uint64_t val, int fd,
                   uint32_t flags)
{
    struct kvm *k = kvm_of(vm);
    struct kvm_ioeventfd e = {
        .addr = addr, .len = size, .fd = fd, .flags = flags};

    if (space == BUS_PIO)
        e.flags |= KVM_IOEVENTFD_FLAG_PIO;
    else if (space != BUS_MMIO)
        return -ENOTSUP;
    if (!any) {
        e.flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
        e.datamatch = val;
    } else if (space == BUS_MMIO && k->ioevent_any_len) {
        e.len = 0;
    }
    return ioctl(k->fd, KVM_IOEVENTFD, &e) < 0 ? -errno : 0;
}

int kvm_ioevent_add(struct vm *vm, enum bus_space space, uint64_t addr,
                    unsigned size, bool any, uint64_t val, int fd)
{
    return ioevent(vm, space, addr, size, any, val, fd, 0);
}

void kvm_ioevent_del(struct vm *vm, enum bus_space space, uint64_t addr,
                     unsigned size, bool any, uint64_t val, int fd)
{
    ioevent(vm, space, addr, size, any, val, fd, KVM_IOEVENTFD_FLAG_DEASSIGN);
}
