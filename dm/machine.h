/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine: one guest's engine, bus, memory, lines, clock and devices,
 * the lock that keeps them together, and its run state.
 *
 * The machine lock protects all emulated state but what a queue thread owns
 * (docs/locking.md). dm_dispatch() and main loop callbacks hold it. It is
 * never taken while a queue lock is held.
 */
#ifndef HVMD_DM_MACHINE_H
#define HVMD_DM_MACHINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dm/engine.h"
#include "dm/err.h"
#include "dm/loop.h"

struct blk;
struct boot;
struct bus;
struct chr;
struct dev;
struct dev_bus;
struct fdset;
struct fdset_fd;
struct irqs;
struct mem;
struct net;
struct opts;
struct qmp;
struct qtest_server;
struct timerq;
struct xenif;

/* What was asked for on the command line; owned by main, constant. */
struct vm_config {
    const char *name;
    uint64_t ram_size; /* bytes */
    unsigned cpus, max_cpus;
    struct opts *machine; /* -machine without its type */
    struct opts *cpu;     /* -cpu; key "model" */
    struct opts *rtc;     /* -rtc */
    struct opts *boot;    /* -boot; key "order" */
    struct opts *smbios;  /* -smbios, a list by next */
    struct opts *fw_cfg;  /* -fw_cfg, a list by next */
    struct opts *globals; /* -global: keys "driver.prop" */
    const char *bios, *kernel, *initrd, *append;
    const char *data_dir; /* -L: where else firmware may be */
    const char *incoming; /* the machine was saved and goes on here */
    uint8_t uuid[16];
    bool no_reboot, no_shutdown, start_paused, no_defaults;
    /* -action panic=; as a shutdown if not given */
    enum panic_action { PANIC_SHUTDOWN, PANIC_PAUSE, PANIC_NONE } panic;
    uint32_t xen_domid;    /* domain to serve; 0: none, as dom0 has none */
    bool xen_attach;       /* it has no emulated devices: PV, PVH */
    bool xen_restrict;     /* give up the right to any other */
    struct chr *serial[4]; /* 16550s the board makes; NULL: none */
};

enum run_state {
    RUN_PRELAUNCH, /* made, never run */
    RUN_RUNNING,
    RUN_PAUSED,
    RUN_SHUTDOWN, /* the guest is off and -no-shutdown keeps us */
    RUN_IO_ERROR, /* stopped by werror=stop */
    RUN_GUEST_PANICKED,
    RUN_INTERNAL_ERROR, /* the engine cannot go on */
};
const char *run_state_name(enum run_state state); /* as QMP spells it */

struct board {
    const char *name, *alias, *desc;
    const char *engine; /* without -accel; NULL: the first of engine_list */
    unsigned max_cpus;
    bool has_vcpus; /* false: "none" */
    /* Locked, once: RAM, chips, wiring, then the -device list is made. */
    int (*build)(struct vm *vm, struct cfg_err *err);
    /* Locked, when all devices exist: firmware tables, kernel images. */
    int (*finish)(struct vm *vm, struct cfg_err *err);
    /* Locked, after all devices were reset: puts boot images back, says where
     * vCPU 0 starts (BOOT_RESET_VECTOR if firmware does it). */
    void (*reset)(struct vm *vm, struct boot_regs *regs);
    /* Locked, after all devices are gone; optional, legal in any state. */
    void (*fini)(struct vm *vm);
};

struct vm {
    const struct vm_config *cfg;
    const struct board *board;
    void *board_priv;
    const struct engine_ops *engine;
    void *engine_priv;
    struct xenif *xenif; /* the engine's, from create on; NULL: no Xen there */
    struct loop *loop;   /* the main loop */
    struct bus *bus;
    struct mem *mem;
    struct irqs *irqs;
    struct timerq *timers;
    int64_t virtual_day; /* host's clock at guest time 0, if time is virtual */
    struct dev *devs;
    struct dev_bus *buses;
    struct ram *rams;
    struct blk *blks; /* -drive, by next */
    struct net *nets; /* -netdev */
    struct chr *chrs; /* -chardev */
    struct qmp *qmp;
    struct qtest_server *qtest; /* -qtest */
    struct fdset *fdsets;       /* -add-fd, QMP add-fd */
    struct fdset_fd *named_fds; /* QMP getfd */

    pthread_mutex_t lock;
    _Atomic(pthread_t) lock_owner; /* for vm_locked() */
    enum run_state state;
    atomic_uint requests; /* enum vm_request bits */
    struct loop_task request_task;
    /* What the power button does: set by the chip that has it. */
    void (*powerdown)(void *opaque);
    void *powerdown_opaque;
    atomic_int exit_status; /* -1: not decided, ends with 0 */
};

/* Empty machine: loop, bus, memory, lines, timers. The caller then tries
 * engines: engine->create, and sets vm->engine to the first that works. */
int vm_init(struct vm *vm, const struct vm_config *cfg, struct cfg_err *err);
/* Undoes everything that exists. Legal after any failure of what follows. */
void vm_fini(struct vm *vm);
/* Locked. Board and the devices asked for, then engine start and reset. */
int vm_build(struct vm *vm, const struct board *board, struct opts *devices,
             struct cfg_err *err);
/* Runs the main loop until the process should end; returns exit status. */
int vm_run(struct vm *vm);

void vm_lock(struct vm *vm);
void vm_unlock(struct vm *vm);
bool vm_locked(struct vm *vm); /* does this thread hold it? for assert */
/* Waits on cond, the lock dropped meanwhile. */
void vm_cond_wait(struct vm *vm, pthread_cond_t *cond);

/* Locked, main thread. stop: vCPUs, then devices pause; guest time stands.
 * Both do nothing if already there, but that a stopped guest may turn out to
 * need a reset. cont: -EINVAL with err set if it does. */
void vm_stop(struct vm *vm, enum run_state state);
int vm_cont(struct vm *vm, struct cfg_err *err);

/* Requests: any thread, async-signal-safe; acted on by the main loop. */
enum vm_request {
    VM_REQ_RESET = 1 << 0,      /* a guest's reset: honours -no-reboot */
    VM_REQ_SHUTDOWN = 1 << 1,   /* the guest is off: honours -no-shutdown */
    VM_REQ_POWERDOWN = 1 << 2,  /* press the power button */
    VM_REQ_QUIT = 1 << 3,       /* QMP quit: end with status 0 */
    VM_REQ_HOST_RESET = 1 << 4, /* QMP system_reset */
    VM_REQ_PANIC = 1 << 5,      /* pvpanic: stop or as -action says */
    VM_REQ_INTERNAL = 1 << 6,   /* the engine cannot go on */
    VM_REQ_IO_ERROR = 1 << 7,   /* werror=stop struck */
    VM_REQ_SIGNAL = 1 << 8,     /* SIGTERM and others: as QUIT */
};
void vm_request(struct vm *vm, enum vm_request req);
/* End the process with this status (isa-debug-exit). Any thread. */
void vm_exit(struct vm *vm, int status);

#endif
