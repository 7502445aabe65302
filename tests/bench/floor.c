/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * floor FILE: runs the guest exits.bin in the barest loop around KVM_RUN
 * there can be, which is as fast as this host's KVM lets any program be. The
 * interrupt controllers and the timer are there, as in a real machine: they
 * cost each exit something.
 */
#include "config.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOAD 0x100000u
#define RAM 0x1000000u
#define ENTRY_FIELD 28 /* of the multiboot header at the file's start */

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static long must(long r, const char *what)
{
    if (r < 0)
        die(what);
    return r;
}

static struct kvm_segment flat(uint16_t selector, uint8_t type)
{
    return (struct kvm_segment){.limit = 0xffffffff,
                                .selector = selector,
                                .type = type,
                                .present = 1,
                                .db = 1,
                                .s = 1,
                                .g = 1};
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: floor FILE\n", stderr);
        return 2;
    }
    int kvm = must(open("/dev/kvm", O_RDWR), "/dev/kvm");
    int vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    must(ioctl(vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
    struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};
    must(ioctl(vm, KVM_CREATE_PIT2, &pit), "KVM_CREATE_PIT2");
    uint8_t *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region slot = {
        .memory_size = RAM, .userspace_addr = (uintptr_t)ram};
    must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), "memory");
    int fd = must(open(argv[1], O_RDONLY), argv[1]);
    must(read(fd, ram + LOAD, RAM - LOAD), argv[1]);
    uint32_t entry;
    memcpy(&entry, ram + LOAD + ENTRY_FIELD, sizeof(entry));

    int vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    long size = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "mmap size");
    struct kvm_run *run =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (ram == MAP_FAILED || run == MAP_FAILED)
        die("mmap");
    struct kvm_sregs sregs;
    must(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
    sregs.cs = flat(8, 11);
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat(16, 3);
    sregs.cr0 |= 1;
    must(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
    struct kvm_regs regs = {.rip = entry, .rflags = 2};
    must(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");

    for (;;) {
        must(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
        uint8_t *data = (uint8_t *)run + run->io.data_offset;
        if (run->exit_reason == KVM_EXIT_MMIO) {
            memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
        } else if (run->exit_reason != KVM_EXIT_IO) {
            fprintf(stderr, "floor: exit %u\n", run->exit_reason);
            return 1;
        } else if (run->io.direction == KVM_EXIT_IO_IN) {
            *data = 0xff;
        } else if (run->io.port == 0x3f8) {
            putchar(*data);
        } else if (run->io.port == 0xf4) {
            return 0;
        }
    }
}
