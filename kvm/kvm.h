/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The KVM engine: Linux' /dev/kvm runs the guest, a thread for each vCPU; the
 * interrupt controllers and the PIT are the kernel's. Needs Linux 4.13 on
 * x86-64; whether KVM stands on VMX, SVM or software makes no difference here.
 *
 * Source: Linux Documentation/virt/kvm/api.rst.
 */
#ifndef HVMD_KVM_KVM_H
#define HVMD_KVM_KVM_H

#include "dm/engine.h"

extern const struct engine_ops kvm_engine;

#endif
