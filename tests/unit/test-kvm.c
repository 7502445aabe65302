/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvm: start, stop, reset and refusals of the engine, with a tiny guest. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dm/bus.h"
#include "dm/clock.h"
#include "dm/irq.h"
#include "dm/machine.h"
#include "dm/options.h"
#include "kvm/kvm.h"
#include "tests/lib/suite.h"

#define RAM (2u << 20)
#define CODE 0x1000
#define COUNTER 0x5000
#define PORT 0x10

static struct vm vm;
static struct vm_config cfg;
static struct ram *ram;
static struct opts *accel;
static struct cfg_err err;
static atomic_uint hits; /* the guest's writes to PORT */
static sem_t hit;
static const uint8_t *code;
static size_t code_len;
static gpa_t ram_at; /* where a second piece of memory is shown, or 0 */

/* incl COUNTER; out %al, $PORT; jmp back */
static const uint8_t count_code[] = {
    0xff, 0x05, 0x00, 0x50, 0x00, 0x00, 0xe6, PORT, 0xeb, 0xf6,
};
/* out %al, $PORT; lidt of nothing; ud2: a triple fault */
static const uint8_t fault_code[] = {
    0xe6, PORT, 0x0f, 0x01, 0x1d, 0x00, 0x60, 0x00, 0x00, 0x0f, 0x0b,
};

/* out %al, $PORT; EFER |= NXE, with a lidt of nothing before it;
 * incl COUNTER; jmp . */
static const uint8_t efer_code[] = {
    0xe6, PORT, 0xb9, 0x80, 0x00, 0x00, 0xc0, 0x0f, 0x32, 0x0d, 0x00,
    0x08, 0x00, 0x00, 0x0f, 0x01, 0x1d, 0x00, 0x60, 0x00, 0x00, 0x0f,
    0x30, 0xff, 0x05, 0x00, 0x50, 0x00, 0x00, 0xeb, 0xfe,
};

static uint64_t port_read(void *opaque, uint64_t off, unsigned size)
{
    return 0;
}

static void port_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    hits++;
    sem_post(&hit);
}

static const struct bus_ops port_ops = {.read = port_read, .write = port_write};
static struct bus_region port;

static int build(struct vm *v, struct cfg_err *e)
{
    int rc = ram_new(v, "ram", RAM, &ram, e);

    if (!rc)
        rc = mem_show(v, 0, RAM, ram, 0, false);
    if (!rc && ram_at)
        rc = mem_show(v, ram_at, GUEST_PAGE, ram, 0, false);
    port = (struct bus_region){.name = "port",
                               .ops = &port_ops,
                               .space = BUS_PIO,
                               .base = PORT,
                               .size = 1};
    return rc ? rc : bus_add(v, &port);
}

static void board_reset(struct vm *v, struct boot_regs *regs)
{
    memset(ram->host + COUNTER, 0, 4);
    memcpy(ram->host + CODE, code, code_len);
    *regs = (struct boot_regs){.mode = BOOT_PROT32,
                               .rip = CODE,
                               .rsp = 0x8000,
                               .cs = 0x10,
                               .ds = 0x18};
}

static const struct board board = {
    .name = "tiny", .has_vcpus = true, .build = build, .reset = board_reset};

static void setup(void)
{
    cfg = (struct vm_config){.ram_size = RAM, .cpus = 2, .max_cpus = 2};
    code = count_code;
    code_len = sizeof(count_code);
    ram_at = 0;
    hits = 0;
    sem_init(&hit, 0, 0);
    accel = opts_new();
    ck_assert_int_eq(vm_init(&vm, &cfg, &err), 0);
}

static void teardown(void)
{
    opts_free(accel);
    opts_free(cfg.cpu);
    vm_fini(&vm);
}

static int create(void)
{
    int rc = kvm_engine.create(&vm, accel, &err);

    if (!rc)
        vm.engine = &kvm_engine;
    return rc;
}

static int start(void)
{
    int rc = create();

    vm_lock(&vm);
    if (!rc)
        rc = vm_build(&vm, &board, NULL, &err);
    vm_unlock(&vm);
    return rc;
}

static void go(void)
{
    vm_lock(&vm);
    ck_assert_int_eq(vm_cont(&vm, &err), 0);
    vm_unlock(&vm);
}

static void stop(void)
{
    vm_lock(&vm);
    vm_stop(&vm, RUN_PAUSED);
    vm_unlock(&vm);
}

/* check's timeout ends a guest that does not. */
static void wait_for_hits(unsigned n)
{
    while (hits < n)
        sem_wait(&hit);
}

static unsigned counter(void)
{
    return *(volatile uint32_t *)(ram->host + COUNTER);
}

START_TEST(stands_still_while_paused)
{
    ck_assert_msg(start() == 0, "%s", err.text);
    ck_assert_int_eq(clock_now(&vm), 0);
    for (unsigned i = 0; i < 200; i++) {
        unsigned n = hits, c;
        int64_t now;

        go();
        wait_for_hits(n + 1 + i % 7);
        stop();
        n = hits;
        c = counter();
        now = clock_now(&vm);
        /* what was written has been counted: no access is half done */
        ck_assert_uint_ge(c, n);
        ck_assert_uint_le(c, n + 1);
        if (i % 10 == 0)
            for (unsigned j = 0; j < 20; j++)
                sched_yield();
        ck_assert_uint_eq(hits, n);
        ck_assert_uint_eq(counter(), c);
        ck_assert_int_eq(clock_now(&vm), now);
        ck_assert_int_gt(now, 0);
    }
}
END_TEST

START_TEST(stops_at_once_after_start)
{
    ck_assert_msg(start() == 0, "%s", err.text);
    for (unsigned i = 0; i < 500; i++) {
        go();
        stop();
    }
}
END_TEST

START_TEST(layout_changes_while_it_runs)
{
    ck_assert_msg(start() == 0, "%s", err.text);
    go();
    for (unsigned i = 0; i < 100; i++) {
        vm_lock(&vm);
        ck_assert_int_eq(mem_show(&vm, 0, 0x10000, ram, 0, false), 0);
        ck_assert_int_eq(mem_show(&vm, 0x4000, 0x2000, ram, 0x4000, false), 0);
        vm_unlock(&vm);
        wait_for_hits(hits + 1);
    }
    stop();
    ck_assert_uint_ge(counter(), hits);
}
END_TEST

START_TEST(reset_starts_again)
{
    ck_assert_msg(start() == 0, "%s", err.text);
    go();
    for (unsigned i = 0; i < 20; i++) {
        wait_for_hits(hits + 3);
        vm_request(&vm, VM_REQ_HOST_RESET);
        loop_once(vm.loop, 0);
    }
    stop();
    ck_assert_uint_lt(counter(), hits);
}
END_TEST

START_TEST(triple_fault_resets)
{
    code = fault_code;
    code_len = sizeof(fault_code);
    ck_assert_msg(start() == 0, "%s", err.text);
    go();
    while (hits < 5)
        loop_once(vm.loop, -1);
    stop();
}
END_TEST

/* Xen's interfaces have us write EFER for the guest: not what it cannot. */
START_TEST(efer_is_what_the_processor_has)
{
    code = efer_code;
    code_len = sizeof(efer_code);
    opts_set(accel, "xen-version", "4.17");
    ck_assert_int_eq(opts_parse("host,nx=off", "model", &cfg.cpu, &err), 0);
    ck_assert_msg(start() == 0, "%s", err.text);
    go();
    while (hits < 3 && !counter())
        loop_once(vm.loop, 10);
    stop();
    ck_assert_uint_eq(counter(), 0);
}
END_TEST

START_TEST(efer_is_written)
{
    code = efer_code;
    code_len = sizeof(efer_code);
    opts_set(accel, "xen-version", "4.17");
    ck_assert_msg(start() == 0, "%s", err.text);
    go();
    while (hits < 2 && !counter())
        loop_once(vm.loop, 10);
    stop();
    ck_assert_uint_eq(hits, 1);
    ck_assert_uint_eq(counter(), 1);
}
END_TEST

START_TEST(threads_have_names)
{
    char path[64], name[16] = "";
    int tid, fd;

    ck_assert_msg(start() == 0, "%s", err.text);
    vm_lock(&vm);
    tid = kvm_engine.vcpu_tid(&vm, 1);
    ck_assert_int_gt(tid, 0);
    ck_assert_int_eq(kvm_engine.vcpu_tid(&vm, 2), -1);
    vm_unlock(&vm);
    snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
    fd = open(path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_gt(read(fd, name, sizeof(name) - 1), 0);
    close(fd);
    ck_assert_str_eq(name, "vcpu1\n");
}
END_TEST

START_TEST(messages_have_places)
{
    int fd = eventfd(0, EFD_CLOEXEC), a, b;

    ck_assert_msg(start() == 0, "%s", err.text);
    vm_lock(&vm);
    ck_assert_int_lt(irq_fd_add(&vm, STDIN_FILENO, 0xfee00000, 0x41), 0);
    for (unsigned i = 0; i < 3000; i++) { /* more than there are places */
        a = irq_fd_add(&vm, fd, 0xfee00000, 0x41 + i % 3);
        ck_assert_int_ge(a, 0);
        irq_fd_del(&vm, a, fd);
    }
    a = irq_fd_add(&vm, fd, 0xfee00000, 0x41);
    b = irq_fd_add(&vm, fd, 0xfee00000, 0x41);
    ck_assert_int_ge(a, 0);
    ck_assert_int_eq(b, -EBUSY); /* KVM's: a descriptor is one message */
    irq_fd_del(&vm, a, fd);
    vm_unlock(&vm);
    close(fd);
}
END_TEST

static void refused(int rc, const char *why)
{
    ck_assert_int_lt(rc, 0);
    ck_assert_msg(strstr(err.text, why) != NULL, "\"%s\" in \"%s\"", why,
                  err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}

START_TEST(no_device)
{
    opts_set(accel, "device", "/nonexistent");
    refused(create(), "no /nonexistent: load kvm_amd");
}
END_TEST

START_TEST(not_a_device)
{
    opts_set(accel, "device", "/dev/null");
    refused(create(), "KVM speaks version -1");
}
END_TEST

START_TEST(unknown_option)
{
    opts_set(accel, "speed", "high");
    refused(create(), "unknown option 'speed'");
}
END_TEST

START_TEST(too_many_vcpus)
{
    cfg.cpus = cfg.max_cpus = 65;
    refused(create(), "at most 64 vCPUs");
}
END_TEST

START_TEST(too_much_memory)
{
    ck_assert_int_eq(opts_parse("host,phys-bits=36", "model", &cfg.cpu, &err),
                     0);
    ram_at = 1ULL << 36;
    refused(start(), "addresses 36 bits, 65536 MiB");
}
END_TEST

static void refused_cpu(const char *cpu, const char *why)
{
    ck_assert_int_eq(opts_parse(cpu, "model", &cfg.cpu, &err), 0);
    refused(start(), why);
}

START_TEST(unknown_model)
{
    refused_cpu("pentium", "(known: host, max, qemu64)");
}
END_TEST

START_TEST(unknown_feature)
{
    refused_cpu("host,+teleport", "unknown feature 'teleport' (known: sse3");
    ck_assert_ptr_nonnull(strstr(err.text, " kvm-pv-eoi)"));
}
END_TEST

START_TEST(bad_feature_value)
{
    refused_cpu("host,avx=maybe", "avx=maybe: expected on or off");
}
END_TEST

START_TEST(bad_phys_bits)
{
    refused_cpu("host,phys-bits=99", "phys-bits=99: expected 32 to 52");
}
END_TEST

START_TEST(models_run)
{
    ck_assert_int_eq(opts_parse("qemu64,-x2apic,sse4_2=on,phys-bits=36,"
                                "vendor=GenuineIntel,migratable=no",
                                "model", &cfg.cpu, &err),
                     0);
    ck_assert_msg(start() == 0, "%s", err.text);
    go();
    wait_for_hits(3);
    stop();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        stands_still_while_paused,
        stops_at_once_after_start,
        layout_changes_while_it_runs,
        reset_starts_again,
        triple_fault_resets,
        efer_is_what_the_processor_has,
        efer_is_written,
        threads_have_names,
        messages_have_places,
        no_device,
        not_a_device,
        unknown_option,
        too_many_vcpus,
        too_much_memory,
        unknown_model,
        unknown_feature,
        bad_feature_value,
        bad_phys_bits,
        models_run,
        NULL,
    };

    if (access("/dev/kvm", R_OK | W_OK)) {
        printf("skipped: no /dev/kvm, or no right to it\n");
        return 77;
    }
    return run_suite("kvm", setup, teardown, tests);
}
