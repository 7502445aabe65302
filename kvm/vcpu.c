/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU: its thread and what it does with KVM's exits. Between an exit for
 * I/O and the next entry there is nothing but the dispatch and two flags.
 */
#include "config.h"

#include "kvm/kvm-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dm/bus.h"
#include "dm/log.h"
#include "kvm/xenemu/xenemu.h"

static uint64_t load(const void *p, unsigned size)
{
    switch (size) {
    case 1:
        return *(const uint8_t *)p;
    case 2:
        return *(const uint16_t *)p;
    case 4:
        return *(const uint32_t *)p;
    default:
        return *(const uint64_t *)p;
    }
}

static void store(void *p, unsigned size, uint64_t value)
{
    switch (size) {
    case 1:
        *(uint8_t *)p = value;
        break;
    case 2:
        *(uint16_t *)p = value;
        break;
    case 4:
        *(uint32_t *)p = value;
        break;
    default:
        *(uint64_t *)p = value;
    }
}

static int exit_io(struct vcpu *v)
{
    struct kvm_run *run = v->run;
    void *data = (uint8_t *)run + run->io.data_offset;
    struct io_req req = {
        .space = BUS_PIO,
        .write = run->io.direction == KVM_EXIT_IO_OUT,
        .size = run->io.size,
        .count = run->io.count,
        .addr = run->io.port,
    };

    if (v->kvm->xen && req.addr == XENEMU_PORT && req.write)
        return kvm_xen_hypercall(v);
    if (req.count != 1) {
        /* A string: the kernel collected or will spread it, in the order of
         * the instruction, whatever its direction in memory. */
        req.kind = IO_BUFFER;
        req.buf = data;
        dm_dispatch(v->kvm->vm, &req);
        return 0;
    }
    req.kind = IO_VALUE;
    if (req.write)
        req.value = load(data, req.size);
    dm_dispatch(v->kvm->vm, &req);
    if (!req.write)
        store(data, req.size, req.value);
    return 0;
}

static void exit_mmio(struct vcpu *v)
{
    struct kvm_run *run = v->run;
    unsigned len = run->mmio.len;
    struct io_req req = {
        .space = BUS_MMIO,
        .write = run->mmio.is_write,
        .size = len,
        .count = 1,
        .addr = run->mmio.phys_addr,
    };

    if (len & (len - 1)) {
        /* the part before or behind a page boundary: 3, 5, 6 or 7 bytes */
        req.kind = IO_BUFFER;
        req.size = 1;
        req.count = len;
        req.buf = run->mmio.data;
        dm_dispatch(v->kvm->vm, &req);
        return;
    }
    req.kind = IO_VALUE;
    if (req.write)
        req.value = load(run->mmio.data, len);
    dm_dispatch(v->kvm->vm, &req);
    if (!req.write)
        store(run->mmio.data, len, req.value);
}

/* This vCPU stops until a reset; the main loop decides what happens. */
static int finish(struct vcpu *v, enum vm_request req)
{
    gate_set_done(v, true);
    vm_request(v->kvm->vm, req);
    return -EINTR;
}

static int finish_broken(struct vcpu *v)
{
    kvm_vcpu_log_regs(v);
    return finish(v, VM_REQ_INTERNAL);
}

static int exit_internal(struct vcpu *v)
{
    const struct kvm_run *run = v->run;

    if (run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION) {
        char code[3 * 15 + 1] = " unknown";
        unsigned n = 0;

        if (run->emulation_failure.ndata >= 1 &&
            run->emulation_failure.flags &
                KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES)
            n = run->emulation_failure.insn_size;
        for (unsigned i = 0; i < n && i < 15; i++)
            snprintf(code + 3 * i, 4, " %02x",
                     run->emulation_failure.insn_bytes[i]);
        log_err("kvm", "vcpu%u: KVM cannot emulate this instruction:%s",
                v->index, code);
    } else {
        log_err("kvm", "vcpu%u: KVM gave up, internal error %u", v->index,
                run->internal.suberror);
    }
    return finish_broken(v);
}

static int exit_system_event(struct vcpu *v)
{
    switch (v->run->system_event.type) {
    case KVM_SYSTEM_EVENT_SHUTDOWN:
        return finish(v, VM_REQ_SHUTDOWN);
    case KVM_SYSTEM_EVENT_RESET:
        return finish(v, VM_REQ_RESET);
    case KVM_SYSTEM_EVENT_CRASH:
        return finish(v, VM_REQ_PANIC);
    default:
        log_err("kvm", "vcpu%u: unknown system event %u", v->index,
                v->run->system_event.type);
        return finish_broken(v);
    }
}

/* 0: go on; -errno: to the gate. */
static int handle_exit(struct vcpu *v)
{
    const struct kvm_run *run = v->run;

    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        return exit_io(v);
    case KVM_EXIT_MMIO:
        exit_mmio(v);
        return 0;
    case KVM_EXIT_INTR:
    case KVM_EXIT_IRQ_WINDOW_OPEN:
        return 0;
    case KVM_EXIT_X86_RDMSR:
    case KVM_EXIT_X86_WRMSR: /* Xen's, or nobody's */
        kvm_xen_exit_msr(v);
        return 0;
    case KVM_EXIT_SHUTDOWN: /* triple fault: a PC's chipset resets then */
        return finish(v, VM_REQ_RESET);
    case KVM_EXIT_SYSTEM_EVENT:
        return exit_system_event(v);
    case KVM_EXIT_INTERNAL_ERROR:
        return exit_internal(v);
    case KVM_EXIT_FAIL_ENTRY:
        log_err("kvm",
                "vcpu%u: the processor refused to enter the guest, reason "
                "0x%llx",
                v->index, run->fail_entry.hardware_entry_failure_reason);
        return finish_broken(v);
    default:
        log_err("kvm", "vcpu%u: unknown exit %u (hardware reason 0x%llx)",
                v->index, run->exit_reason, run->hw.hardware_exit_reason);
        return finish_broken(v);
    }
}

static int run_failed(struct vcpu *v, int error)
{
    if (error == EINTR)
        return -EINTR;
    if (error == EAGAIN) { /* an AP that waited has had its INIT */
        kvm_xen_began(v);
        return 0;
    }
    log_err("kvm", "vcpu%u: KVM_RUN: %s", v->index, strerror(error));
    return finish_broken(v);
}

static bool kicked(struct vcpu *v)
{
    return __atomic_load_n(&v->run->immediate_exit, __ATOMIC_RELAXED);
}

/* Runs the guest until something wants this vCPU at the gate. */
static void run_guest(struct vcpu *v)
{
    int r, rc = v->kvm->xen ? kvm_xen_enter(v) : 0;

    while (rc == 0) {
        atomic_store(&v->in_guest, true);
        if (kicked(v))
            gate_enter(v);
        r = ioctl(v->fd, KVM_RUN, 0);
        rc = r < 0 ? errno : 0;
        atomic_store(&v->in_guest, false);
        if (kicked(v))
            gate_left(v);
        rc = rc ? run_failed(v, rc) : handle_exit(v);
    }
}

static void *vcpu_main(void *opaque)
{
    struct vcpu *v = opaque;
    char name[16];
    sigset_t kick;

    snprintf(name, sizeof(name), "vcpu%u", v->index);
    pthread_setname_np(pthread_self(), name);
    sigemptyset(&kick);
    sigaddset(&kick, VCPU_KICK);
    pthread_sigmask(SIG_UNBLOCK, &kick, NULL);

    while (gate_pass(v))
        run_guest(v);
    return NULL;
}

static void kick_handler(int sig)
{
}

/* The thread takes no signal but the kick: the others are the main loop's. */
static int start_thread(struct vcpu *v)
{
    /* system calls of handlers go on, KVM_RUN never restarts */
    struct sigaction sa = {.sa_handler = kick_handler, .sa_flags = SA_RESTART};
    sigset_t all, old;
    int r;

    sigaction(VCPU_KICK, &sa, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(&v->thread, NULL, vcpu_main, v);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r)
        return -r;
    v->has_thread = true;
    return 0;
}

int kvm_vcpu_create(struct kvm *k, unsigned i, struct kvm_cpuid2 *cpuid,
                    struct cfg_err *err)
{
    struct vcpu *v = &k->vcpu[i];
    void *p;
    int rc;

    *v = (struct vcpu){.kvm = k, .index = i, .fd = -1, .parked = true};
    k->vcpus = i + 1;
    v->fd = ioctl(k->fd, KVM_CREATE_VCPU, (unsigned long)i);
    if (v->fd < 0)
        return err_set(err, -errno, "KVM cannot create vCPU %u: %s", i,
                       strerror(errno));
    p = mmap(NULL, k->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
    if (p == MAP_FAILED)
        return err_set(err, -errno, "KVM cannot map vCPU %u: %s", i,
                       strerror(errno));
    v->run = p;
    kvm_xen_vcpu(v);
    rc = kvm_cpuid_set(v, cpuid);
    if (rc)
        return err_set(err, rc, "KVM refuses the CPUID of -cpu: %s",
                       strerror(-rc));
    v->power_on = malloc(sizeof(*v->power_on));
    rc = v->power_on ? kvm_vcpu_get_state(v, v->power_on) : -ENOMEM;
    if (rc)
        return err_set(err, rc, "KVM cannot tell the state of vCPU %u: %s", i,
                       strerror(-rc));
    rc = start_thread(v);
    if (rc)
        return err_set(err, rc, "cannot start a thread for vCPU %u: %s", i,
                       strerror(-rc));
    return 0;
}

void kvm_vcpu_destroy(struct vcpu *v)
{
    if (v->has_thread)
        pthread_join(v->thread, NULL);
    if (v->run)
        munmap(v->run, v->kvm->run_size);
    if (v->fd >= 0)
        close(v->fd);
    free(v->power_on);
}
