/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory: a piece of the layout is a memory slot of the same number.
 */
#include "config.h"

#include "kvm/kvm-priv.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "dm/log.h"

void kvm_layout_begin(struct vm *vm)
{
    gate_hold(kvm_of(vm));
}

int kvm_layout_slot(struct vm *vm, unsigned idx, const struct mem_slot *slot)
{
    struct kvm_userspace_memory_region r = {.slot = idx};

    if (slot) {
        r.guest_phys_addr = slot->gpa;
        r.memory_size = slot->len;
        r.userspace_addr = (uintptr_t)slot->ram->host + slot->off;
        r.flags = slot->readonly ? KVM_MEM_READONLY : 0;
    }
    if (ioctl(kvm_of(vm)->fd, KVM_SET_USER_MEMORY_REGION, &r) < 0) {
        int rc = -errno;

        log_capped(LOG_ERR, &kvm_of(vm)->quota, "kvm",
                   "KVM refuses memory slot %u, %llu KiB at 0x%llx: %s: ask "
                   "for less with -m if this is beyond what the processor "
                   "addresses",
                   idx, r.memory_size >> 10, r.guest_phys_addr, strerror(-rc));
        return rc;
    }
    return 0;
}

void kvm_layout_end(struct vm *vm)
{
    gate_release(kvm_of(vm));
}
