/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest time: the host's monotonic clock, less the time spent paused. The
 * kernel's clock for kvmclock guests stands and goes on with it.
 */
#include "config.h"

#include "kvm/kvm-priv.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "dm/clock.h"
#include "dm/log.h"

static int64_t monotonic_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)NS_PER_SEC + t.tv_nsec;
}

/* The offset changes only while frozen, and is read after that is seen. */
int64_t kvm_clock_ns(struct vm *vm)
{
    struct kvm *k = kvm_of(vm);
    int64_t frozen = atomic_load(&k->clock_frozen);

    return frozen >= 0 ? frozen
                       : monotonic_ns() - atomic_load(&k->clock_offset);
}

void kvm_clock_set(struct vm *vm, int64_t ns)
{
    atomic_store(&kvm_of(vm)->clock_frozen, ns);
}

void kvm_clock_stop(struct kvm *k)
{
    atomic_store(&k->clock_frozen,
                 monotonic_ns() - atomic_load(&k->clock_offset));
    memset(&k->kvmclock, 0, sizeof(k->kvmclock));
    if (ioctl(k->fd, KVM_GET_CLOCK, &k->kvmclock) < 0)
        log_warn("kvm", "the guest's clock will not stand while paused: %s",
                 strerror(errno));
    k->kvmclock.flags = 0; /* set it back to this, not forward to now */
}

void kvm_clock_go(struct kvm *k)
{
    int64_t frozen = atomic_load(&k->clock_frozen);

    atomic_store(&k->clock_offset, monotonic_ns() - frozen);
    atomic_store(&k->clock_frozen, -1);
    if (!k->ran)
        return; /* no guest has seen the kernel's clock yet */
    ioctl(k->fd, KVM_SET_CLOCK, &k->kvmclock);
    /* The guest's watchdogs forgive the pause. -EINVAL: no kvmclock in use. */
    for (unsigned i = 0; i < k->vcpus; i++)
        ioctl(k->vcpu[i].fd, KVM_KVMCLOCK_CTRL, 0);
}
