/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm-speed: how fast does /dev/kvm run a guest? Prints thousands of
 * instructions a second; 0 with the reason on standard error if there is no
 * usable KVM. Some hosts emulate every instruction in software (a million a
 * second): those are slow, not broken, and a Debian boot there takes hours.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#define ROUND 0x10000 /* of two instructions */

/* real mode: mov cx, 0; again: dec cx; jnz again; out 0x80, al; jmp start */
static const uint8_t code[] = {0xb9, 0,    0,    0x49, 0x75,
                               0xfd, 0xe6, 0x80, 0xeb, 0xf6};

static int fail(const char *what)
{
    fprintf(stderr, "kvm-speed: %s: %s\n", what, strerror(errno));
    puts("0");
    return 1;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(void)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm < 0)
        return fail("/dev/kvm");
    int vm = ioctl(kvm, KVM_CREATE_VM, 0);
    if (vm < 0)
        return fail("KVM_CREATE_VM");
    uint8_t *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region slot = {
        .memory_size = 4096, .userspace_addr = (uintptr_t)mem};
    if (mem == MAP_FAILED || ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot))
        return fail("memory");
    memcpy(mem, code, sizeof(code));
    int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
    int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (vcpu < 0 || size < (int)sizeof(struct kvm_run))
        return fail("KVM_CREATE_VCPU");
    struct kvm_run *run =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    struct kvm_sregs sregs;
    struct kvm_regs regs = {.rflags = 2};
    if (run == MAP_FAILED || ioctl(vcpu, KVM_GET_SREGS, &sregs))
        return fail("registers");
    sregs.cs.base = 0;
    sregs.cs.selector = 0;
    if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs))
        return fail("registers");

    double start = now(), spent;
    unsigned rounds = 0;
    do {
        if (ioctl(vcpu, KVM_RUN, 0) < 0 || run->exit_reason != KVM_EXIT_IO)
            return fail("KVM_RUN");
        rounds++;
        spent = now() - start;
    } while (spent < 0.3);
    printf("%.0f\n", rounds * (2.0 * ROUND) / spent / 1000);
    return 0;
}
