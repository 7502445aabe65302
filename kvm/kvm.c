/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvm/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dm/log.h"
#include "dm/options.h"
#include "kvm/kvm-priv.h"
#include "kvm/xenemu/xenemu.h"

/* Four pages that VMX without unrestricted guest mode uses for real mode.
 * They lie in the hole for devices, where no board has anything. */
#define IDENTITY_MAP_ADDR 0xfeffc000ULL
#define TSS_ADDR 0xfeffd000UL

static int cap(int fd, int id)
{
    int r = ioctl(fd, KVM_CHECK_EXTENSION, id);

    return r < 0 ? 0 : r;
}

static int open_device(struct kvm *k, const char *path, struct cfg_err *err)
{
    int rc;

    k->sys_fd = open(path, O_RDWR | O_CLOEXEC);
    if (k->sys_fd >= 0)
        return 0;
    rc = -errno;
    switch (rc) {
    case -ENOENT:
    case -ENODEV:
    case -ENXIO:
        return err_set(err, rc,
                       "no %s: load kvm_amd or kvm_intel, and enable "
                       "virtualization in the host's firmware",
                       path);
    case -EACCES:
    case -EPERM:
        return err_set(err, rc,
                       "no right to open %s: become a member of the group "
                       "kvm, or run as root",
                       path);
    default:
        return err_set(err, rc, "cannot open %s: %s", path, strerror(-rc));
    }
}

static int check_caps(const struct kvm *k, struct cfg_err *err)
{
    static const struct {
        int id;
        const char *name;
    } need[] = {
        {KVM_CAP_IRQCHIP, "interrupt controllers"},
        {KVM_CAP_PIT2, "a PIT"},
        {KVM_CAP_PIT_STATE2, "the PIT's state"},
        {KVM_CAP_IRQ_ROUTING, "interrupt routes"},
        {KVM_CAP_IRQFD, "irqfd"},
        {KVM_CAP_IOEVENTFD, "ioeventfd"},
        {KVM_CAP_SIGNAL_MSI, "messages"},
        {KVM_CAP_READONLY_MEM, "read-only memory"},
        {KVM_CAP_IMMEDIATE_EXIT, "immediate exit"},
        {KVM_CAP_XSAVE, "XSAVE"},
        {KVM_CAP_DEBUGREGS, "debug registers"},
        {KVM_CAP_VCPU_EVENTS, "vCPU events"},
        {KVM_CAP_ADJUST_CLOCK, "a clock that can be set"},
    };
    int version = ioctl(k->sys_fd, KVM_GET_API_VERSION, 0);

    if (version != KVM_API_VERSION)
        return err_set(err, -ENODEV,
                       "KVM speaks version %d of its interface, not %d",
                       version, KVM_API_VERSION);
    for (unsigned i = 0; i < sizeof(need) / sizeof(need[0]); i++)
        if (!cap(k->sys_fd, need[i].id))
            return err_set(err, -ENODEV,
                           "this KVM lacks %s: Linux 4.13 or later is needed",
                           need[i].name);
    return 0;
}

static int check_vcpus(const struct kvm *k, struct cfg_err *err)
{
    unsigned max = cap(k->sys_fd, KVM_CAP_MAX_VCPUS);
    unsigned want = k->vm->cfg->max_cpus > k->vm->cfg->cpus
                        ? k->vm->cfg->max_cpus
                        : k->vm->cfg->cpus;

    if (max > KVM_VCPUS_MAX)
        max = KVM_VCPUS_MAX;
    if (want > max)
        return err_set(err, -EINVAL,
                       "-smp %u: KVM runs at most %u vCPUs here: ask for "
                       "fewer",
                       want, max);
    return 0;
}

static int create_vm(struct kvm *k, struct cfg_err *err)
{
    uint64_t identity = IDENTITY_MAP_ADDR;
    int r;

    do {
        k->fd = ioctl(k->sys_fd, KVM_CREATE_VM, 0);
    } while (k->fd < 0 && errno == EINTR);
    if (k->fd < 0)
        return err_set(err, -errno, "KVM cannot create a machine: %s",
                       strerror(errno));
    r = ioctl(k->sys_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (r < (int)sizeof(struct kvm_run))
        return err_set(err, -ENODEV, "KVM maps no vCPU state");
    k->run_size = r;
    k->xcrs = cap(k->sys_fd, KVM_CAP_XCRS);
    k->ioevent_any_len = cap(k->sys_fd, KVM_CAP_IOEVENTFD_ANY_LENGTH);
    if (ioctl(k->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity) < 0 ||
        ioctl(k->fd, KVM_SET_TSS_ADDR, TSS_ADDR) < 0)
        return err_set(err, -errno, "KVM refuses the pages for real mode: %s",
                       strerror(errno));
    return 0;
}

static void kvm_destroy(struct vm *vm)
{
    struct kvm *k = kvm_of(vm);

    if (!k)
        return;
    gate_end(k);
    for (unsigned i = 0; i < k->vcpus; i++)
        kvm_vcpu_destroy(&k->vcpu[i]);
    kvm_xen_destroy(k);
    free(k->vcpu);
    kvm_irqchip_destroy(k);
    if (k->fd >= 0)
        close(k->fd);
    if (k->sys_fd >= 0)
        close(k->sys_fd);
    gate_fini(k);
    free(k);
    vm->engine_priv = NULL;
}

/* As QEMU's users have to write it for Xen; what it splits off is no other
 * thing to a guest. */
static int check_irqchip(struct opts *opts, struct cfg_err *err)
{
    const char *v = opts_get(opts, "kernel-irqchip");

    opts_get(opts, "xen-evtchn-max-pirq");
    if (v && strcmp(v, "on") && strcmp(v, "split"))
        return err_set(err, -EINVAL,
                       "-accel kvm: kernel-irqchip=%s: expected on or split",
                       v);
    return 0;
}

static int kvm_create(struct vm *vm, struct opts *opts, struct cfg_err *err)
{
    const char *path = opts_get(opts, "device");
    struct kvm *k;
    int rc;

    k = calloc(1, sizeof(*k));
    if (!k)
        return err_set(err, -ENOMEM, "out of memory");
    k->vm = vm;
    k->sys_fd = k->fd = -1;
    k->xen_line = k->xen_line_ended = -1;
    gate_init(k);
    vm->engine_priv = k;

    rc = open_device(k, path ? path : "/dev/kvm", err);
    if (!rc)
        rc = check_caps(k, err);
    if (!rc)
        rc = check_vcpus(k, err);
    if (!rc)
        rc = create_vm(k, err);
    if (!rc)
        rc = kvm_xen_create(k, opts, err);
    if (!rc)
        rc = check_irqchip(opts, err);
    if (!rc)
        rc = opts_check(opts, "-accel kvm",
                        "device, kernel-irqchip, xen-version, "
                        "xen-gnttab-max-frames, xen-evtchn-max-pirq, xenstore",
                        err);
    if (rc)
        kvm_destroy(vm);
    return rc;
}

/* A guest cannot reach memory beyond what its processor can address. */
static int check_memory(const struct kvm *k, unsigned bits, struct cfg_err *err)
{
    struct mem_slot s;

    for (unsigned i = 0; mem_slot_at(k->vm, i, &s); i++)
        if ((s.gpa + s.len - 1) >> bits)
            return err_set(err, -EINVAL,
                           "-m: the guest's processor addresses %u bits, "
                           "%llu MiB, devices included: ask for less",
                           bits, 1ULL << (bits - 20));
    return 0;
}

/* The chips come after the memory: a new memory slot waits for them to have
 * settled in KVM, which takes milliseconds. */
static int kvm_start(struct vm *vm, struct cfg_err *err)
{
    struct kvm *k = kvm_of(vm);
    struct kvm_cpuid2 *cpuid = kvm_cpuid_new(k, err);
    int rc;

    if (!cpuid)
        return -EINVAL;
    rc = check_memory(k, kvm_cpuid_phys_bits(cpuid), err);
    if (!rc && k->xen)
        rc = xenemu_start(k->xen, err);
    if (!rc)
        rc = kvm_irqchip_create(k, err);
    if (rc)
        goto out;
    k->vcpu = calloc(vm->cfg->cpus, sizeof(*k->vcpu));
    if (!k->vcpu) {
        rc = err_set(err, -ENOMEM, "out of memory");
        goto out;
    }
    for (unsigned i = 0; i < vm->cfg->cpus && !rc; i++)
        rc = kvm_vcpu_create(k, i, cpuid, err);
    if (rc)
        goto out;
    rc = kvm_irqchip_get_power_on(k);
    if (rc)
        err_set(err, rc, "KVM cannot tell the state of its chips: %s",
                strerror(-rc));
out:
    free(cpuid);
    return rc;
}

static void kvm_pause(struct vm *vm)
{
    struct kvm *k = kvm_of(vm);

    gate_pause(k);
    if (k->xen)
        xenemu_pause(k->xen);
    kvm_clock_stop(k);
}

static void kvm_resume(struct vm *vm)
{
    struct kvm *k = kvm_of(vm);

    kvm_clock_go(k);
    k->ran = true;
    if (k->xen)
        xenemu_resume(k->xen);
    gate_resume(k);
}

static int power_on(struct kvm *k)
{
    int rc = kvm_irqchip_reset(k);

    for (unsigned i = 0; i < k->vcpus && !rc; i++) {
        rc = kvm_vcpu_set_state(&k->vcpu[i], k->vcpu[i].power_on);
        kvm_msr_reset(&k->vcpu[i]);
        gate_set_done(&k->vcpu[i], false);
    }
    return rc;
}

static void kvm_reset(struct vm *vm, const struct boot_regs *regs)
{
    struct kvm *k = kvm_of(vm);
    int rc = k->ran ? power_on(k) : 0;

    k->ran = false;
    if (k->xen)
        kvm_xen_reset(k);
    if (!rc && regs && regs->mode != BOOT_RESET_VECTOR) {
        rc = kvm_vcpu_set_boot(&k->vcpu[0], regs);
        for (unsigned i = 0; i < k->vcpus; i++)
            kvm_msr_boot(&k->vcpu[i]);
    }
    if (rc) {
        log_err("kvm", "KVM refuses the state after power-on: %s",
                strerror(-rc));
        vm_request(vm, VM_REQ_INTERNAL);
    }
}

static int kvm_vcpu_tid(struct vm *vm, unsigned i)
{
    struct kvm *k = kvm_of(vm);

    return i < k->vcpus ? gate_tid(&k->vcpu[i]) : -1;
}

const struct engine_ops kvm_engine = {
    .name = "kvm",
    .desc = "Linux' KVM",
    .caps = ENGINE_HAS_IRQCHIP | ENGINE_HAS_PIT | ENGINE_VCPUS |
            ENGINE_IOEVENT | ENGINE_IRQFD,
    .create = kvm_create,
    .destroy = kvm_destroy,
    .start = kvm_start,
    .pause = kvm_pause,
    .resume = kvm_resume,
    .reset = kvm_reset,
    .power = engine_no_power,
    .claim = engine_no_claim,
    .release = engine_no_release,
    .mem_read = mem_flat_read,
    .mem_write = mem_flat_write,
    .mem_map = mem_flat_map,
    .mem_unmap = mem_flat_unmap,
    .mem_dirty = engine_no_mem_dirty,
    .ram_new = mem_flat_ram_new,
    .layout_begin = kvm_layout_begin,
    .layout_slot = kvm_layout_slot,
    .layout_end = kvm_layout_end,
    .gsi_set = kvm_gsi_set,
    .pci_intx = engine_no_pci_intx,
    .pci_route = engine_no_pci_route,
    .msi = kvm_msi,
    .ioevent_add = kvm_ioevent_add,
    .ioevent_del = kvm_ioevent_del,
    .irqfd_add = kvm_irqfd_add,
    .irqfd_del = kvm_irqfd_del,
    .clock_ns = kvm_clock_ns,
    .clock_set = kvm_clock_set,
    .vcpu_tid = kvm_vcpu_tid,
};
