/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/machine.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/block/blk.h"
#include "dm/char/chr.h"
#include "dm/clock.h"
#include "dm/dev.h"
#include "dm/fdset.h"
#include "dm/irq.h"
#include "dm/log.h"
#include "dm/net/net.h"
#include "dm/options.h"
#include "dm/qmp.h"
#include "dm/qtest.h"

/* Under virtual time a test sees the same date every day: 2020-01-01 UTC. */
#define VIRTUAL_DAY (1577836800LL * (int64_t)NS_PER_SEC)

const char *run_state_name(enum run_state state)
{
    static const char *const name[] = {
        [RUN_PRELAUNCH] = "prelaunch",
        [RUN_RUNNING] = "running",
        [RUN_PAUSED] = "paused",
        [RUN_SHUTDOWN] = "shutdown",
        [RUN_IO_ERROR] = "io-error",
        [RUN_GUEST_PANICKED] = "guest-panicked",
        [RUN_INTERNAL_ERROR] = "internal-error",
    };

    return name[state];
}

/* ---- the lock ---- */

static void lock_init(struct vm *vm)
{
    pthread_mutex_init(&vm->lock, NULL);
    atomic_store(&vm->lock_owner, (pthread_t)0);
}

void vm_lock(struct vm *vm)
{
    pthread_mutex_lock(&vm->lock);
    atomic_store_explicit(&vm->lock_owner, pthread_self(),
                          memory_order_relaxed);
}

void vm_unlock(struct vm *vm)
{
    atomic_store_explicit(&vm->lock_owner, (pthread_t)0, memory_order_relaxed);
    pthread_mutex_unlock(&vm->lock);
}

bool vm_locked(struct vm *vm)
{
    return pthread_equal(
        atomic_load_explicit(&vm->lock_owner, memory_order_relaxed),
        pthread_self());
}

void vm_cond_wait(struct vm *vm, pthread_cond_t *cond)
{
    atomic_store_explicit(&vm->lock_owner, (pthread_t)0, memory_order_relaxed);
    pthread_cond_wait(cond, &vm->lock);
    atomic_store_explicit(&vm->lock_owner, pthread_self(),
                          memory_order_relaxed);
}

/* ---- run states ---- */

/* The guest that was there will not go on. */
static bool needs_reset(enum run_state state)
{
    return state == RUN_SHUTDOWN || state == RUN_GUEST_PANICKED ||
           state == RUN_INTERNAL_ERROR;
}

void vm_stop(struct vm *vm, enum run_state state)
{
    assert(vm_locked(vm));
    if (vm->state != RUN_RUNNING) {
        /* It came to this just before somebody else stopped it. */
        if (needs_reset(state) && !needs_reset(vm->state))
            vm->state = state;
        return;
    }
    vm->engine->pause(vm);
    vm->state = state;
    dev_pause_all(vm);
    timerq_rearm(vm);
    qmp_event(vm, "STOP", NULL);
}

int vm_cont(struct vm *vm, struct cfg_err *err)
{
    int rc;

    assert(vm_locked(vm));
    if (vm->state == RUN_RUNNING)
        return 0;
    if (needs_reset(vm->state))
        return err_set(err, -EINVAL,
                       "Resetting the Virtual Machine is required");
    rc = blk_activate_all(vm, err);
    if (rc)
        return rc;
    dev_start_all(vm);
    vm->state = RUN_RUNNING;
    dev_resume_all(vm);
    timerq_rearm(vm);
    vm->engine->resume(vm);
    qmp_event(vm, "RESUME", NULL);
    return 0;
}

static void power_on(struct vm *vm)
{
    struct boot_regs regs = {.mode = BOOT_RESET_VECTOR};

    if (!vm->board->has_vcpus)
        return;
    vm->board->reset(vm, &regs);
    vm->engine->reset(vm, &regs);
}

static void reset(struct vm *vm, bool guest)
{
    bool running = vm->state == RUN_RUNNING;

    if (running) {
        vm->engine->pause(vm);
        dev_pause_all(vm);
    }
    irq_reset(vm);
    dev_reset_all(vm);
    power_on(vm);
    qmp_event(vm, "RESET",
              json_pack("{s:b, s:s}", "guest", guest, "reason",
                        guest ? "guest-reset" : "host-qmp-system-reset"));
    if (running) {
        dev_resume_all(vm);
        vm->engine->resume(vm);
    } else if (vm->state != RUN_PRELAUNCH) {
        vm->state = RUN_PAUSED;
    }
}

/* ---- requests ---- */

void vm_request(struct vm *vm, enum vm_request req)
{
    atomic_fetch_or(&vm->requests, req);
    loop_post(vm->loop, &vm->request_task);
}

void vm_exit(struct vm *vm, int status)
{
    int none = -1;

    atomic_compare_exchange_strong(&vm->exit_status, &none, status);
    vm_request(vm, VM_REQ_QUIT);
}

static void say_shutdown(struct vm *vm, bool guest, const char *reason)
{
    qmp_event(vm, "SHUTDOWN",
              json_pack("{s:b, s:s}", "guest", guest, "reason", reason));
}

/* The guest is off, by itself. */
static void shutdown(struct vm *vm, const char *reason)
{
    say_shutdown(vm, true, reason);
    if (vm->cfg->no_shutdown)
        vm_stop(vm, RUN_SHUTDOWN);
    else
        loop_stop(vm->loop);
}

static void panicked(struct vm *vm)
{
    bool go_on = vm->cfg->panic == PANIC_NONE;
    bool stay = vm->cfg->panic == PANIC_PAUSE || vm->cfg->no_shutdown;

    qmp_event(vm, "GUEST_PANICKED",
              json_pack("{s:s}", "action",
                        go_on  ? "run"
                        : stay ? "pause"
                               : "poweroff"));
    if (go_on)
        return;
    if (stay)
        vm_stop(vm, RUN_GUEST_PANICKED);
    else
        shutdown(vm, "guest-panic");
}

/* What the guest asked of its power, unless it is not ours to give. */
static void guest_power(struct vm *vm, bool reboot)
{
    if (vm->engine->power(vm, reboot))
        return;
    if (!reboot)
        shutdown(vm, "guest-shutdown");
    else if (vm->cfg->no_reboot)
        shutdown(vm, "guest-reset");
    else
        reset(vm, true);
}

static void handle_requests(void *opaque)
{
    struct vm *vm = opaque;
    unsigned req = atomic_exchange(&vm->requests, 0);

    if (req & (VM_REQ_QUIT | VM_REQ_SIGNAL)) {
        if (vm->exit_status >= 0)
            say_shutdown(vm, true, "guest-shutdown");
        else
            say_shutdown(vm, false,
                         req & VM_REQ_QUIT ? "host-qmp-quit" : "host-signal");
        loop_stop(vm->loop);
        return;
    }
    if (req & VM_REQ_INTERNAL)
        vm_stop(vm, RUN_INTERNAL_ERROR);
    if (req & VM_REQ_IO_ERROR)
        vm_stop(vm, RUN_IO_ERROR);
    if (req & VM_REQ_PANIC)
        panicked(vm);
    if (req & (VM_REQ_SHUTDOWN | VM_REQ_RESET))
        guest_power(vm, !(req & VM_REQ_SHUTDOWN));
    else if (req & VM_REQ_HOST_RESET)
        reset(vm, false);
    if (req & VM_REQ_POWERDOWN) {
        qmp_event(vm, "POWERDOWN", NULL);
        if (vm->powerdown)
            vm->powerdown(vm->powerdown_opaque);
    }
}

/* ---- life ---- */

int vm_init(struct vm *vm, const struct vm_config *cfg, struct cfg_err *err)
{
    *vm =
        (struct vm){.cfg = cfg, .exit_status = -1, .virtual_day = VIRTUAL_DAY};
    lock_init(vm);
    vm->request_task = (struct loop_task){.fn = handle_requests, .opaque = vm};
    vm->loop = loop_new(vm);
    if (!vm->loop)
        return err_set(err, -errno, "no main loop: %s", strerror(errno));
    vm->timers = timerq_new(vm);
    if (!vm->timers)
        return err_set(err, -errno, "no timers: %s", strerror(errno));
    if (bus_init(vm) || mem_init(vm) || irq_init(vm))
        return err_set(err, -ENOMEM, "out of memory");
    return 0;
}

void vm_fini(struct vm *vm)
{
    vm_lock(vm);
    vm_stop(vm, RUN_SHUTDOWN);
    dev_destroy_all(vm);
    if (vm->board && vm->board->fini)
        vm->board->fini(vm);
    if (vm->engine)
        vm->engine->destroy(vm);
    blk_close_all(vm);
    while (vm->nets)
        net_close(vm->nets);
    qmp_free(vm);
    qtest_serve_end(vm);
    while (vm->chrs)
        chr_close(vm->chrs);
    fdset_free_all(vm);
    irq_fini(vm);
    mem_fini(vm);
    bus_fini(vm);
    timerq_free(vm->timers);
    loop_free(vm->loop);
    vm_unlock(vm);
    pthread_mutex_destroy(&vm->lock);
}

static int create_device(struct vm *vm, struct opts *o, struct cfg_err *err)
{
    const char *name = opts_get(o, "driver");
    const struct dev_class *cls;

    if (!name)
        return err_set(err, -EINVAL,
                       "-device: expected the name of a device "
                       "first (\"-device help\" lists them)");
    cls = dev_class_find(name);
    if (!cls || cls->internal)
        return err_set(err, -ENODEV,
                       "-device %s: there is no such device "
                       "(\"-device help\" lists them)",
                       name);
    return dev_create(vm, cls, o, NULL, err);
}

int vm_build(struct vm *vm, const struct board *board, struct opts *devices,
             struct cfg_err *err)
{
    int rc;

    assert(vm_locked(vm));
    vm->board = board;
    rc = board->build(vm, err);
    for (; !rc && devices; devices = devices->next)
        rc = create_device(vm, devices, err);
    if (!rc && board->finish)
        rc = board->finish(vm, err);
    if (!rc && board->has_vcpus)
        rc = vm->engine->start(vm, err);
    if (!rc) {
        dev_reset_all(vm);
        power_on(vm);
    }
    return rc;
}

int vm_run(struct vm *vm)
{
    struct cfg_err err;
    int rc;

    assert(!vm_locked(vm));
    if (!vm->cfg->start_paused) {
        vm_lock(vm);
        rc = vm_cont(vm, &err);
        vm_unlock(vm);
        if (rc)
            log_err("machine", "%s", err.text);
    }
    rc = loop_run(vm->loop);
    if (rc) {
        log_err("main loop", "%s", strerror(-rc));
        return 1;
    }
    return vm->exit_status < 0 ? 0 : vm->exit_status;
}
