/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/qtest.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "dm/clock.h"
#include "dm/irq.h"
#include "dm/machine.h"
#include "dm/options.h"
#include "dm/qtest-priv.h"

/* A timer that always sets itself into the past must not hold a command. */
#define STUCK_MAX 64

struct qtest {
    _Atomic int64_t now;
    bool level[IRQ_GSIS];
    unsigned rises[IRQ_GSIS];
    void (*msi)(void *opaque, uint64_t addr, uint32_t data);
    void *msi_opaque;
};

static struct qtest *of(struct vm *vm)
{
    return vm->engine_priv;
}

int64_t qtest_clock_to(struct vm *vm, int64_t ns)
{
    for (unsigned stuck = 0; stuck < STUCK_MAX; stuck++) {
        int64_t next = timerq_next(vm);
        if (next > ns)
            break;
        if (next > of(vm)->now) {
            of(vm)->now = next;
            stuck = 0;
        }
        timerq_run(vm);
    }
    if (ns > of(vm)->now)
        of(vm)->now = ns;
    return of(vm)->now;
}

void qtest_clock_jump(struct vm *vm, int64_t ns)
{
    of(vm)->now = ns;
}

bool qtest_gsi(struct vm *vm, unsigned gsi)
{
    return gsi < IRQ_GSIS && of(vm)->level[gsi];
}

unsigned qtest_rises(struct vm *vm, unsigned gsi)
{
    return gsi < IRQ_GSIS ? of(vm)->rises[gsi] : 0;
}

void qtest_on_msi(struct vm *vm,
                  void (*fn)(void *opaque, uint64_t addr, uint32_t data),
                  void *opaque)
{
    of(vm)->msi = fn;
    of(vm)->msi_opaque = opaque;
}

static int engine_create(struct vm *vm, struct opts *opts, struct cfg_err *err)
{
    int rc = opts_check(opts, "-accel qtest", "none", err);
    if (rc)
        return rc;
    vm->engine_priv = calloc(1, sizeof(struct qtest));
    if (!vm->engine_priv)
        return err_set(err, -ENOMEM, "qtest: out of memory");
    return 0;
}

static void engine_destroy(struct vm *vm)
{
    if (!of(vm))
        return;
    free(of(vm));
    vm->engine_priv = NULL;
}

static int engine_start(struct vm *vm, struct cfg_err *err)
{
    return 0;
}

static void engine_nothing(struct vm *vm)
{
}

static void engine_reset(struct vm *vm, const struct boot_regs *regs)
{
}

static int engine_slot(struct vm *vm, unsigned idx, const struct mem_slot *slot)
{
    return 0;
}

static void engine_gsi(struct vm *vm, unsigned gsi, bool level)
{
    struct qtest *q = of(vm);

    if (q->level[gsi] == level)
        return;
    q->level[gsi] = level;
    q->rises[gsi] += level;
    if (vm->qtest)
        qtest_line_changed(vm->qtest, gsi, level);
}

/* Without interrupt controllers a message is what it is on the wire, a write:
 * test programs point it at memory and look there. */
static void engine_msi(struct vm *vm, uint64_t addr, uint32_t data)
{
    mem_write(vm, addr, &data, sizeof(data));
    if (of(vm)->msi)
        of(vm)->msi(of(vm)->msi_opaque, addr, data);
}

static int64_t engine_clock(struct vm *vm)
{
    return of(vm)->now;
}

static int engine_tid(struct vm *vm, unsigned i)
{
    return -1;
}

const struct engine_ops qtest_engine = {
    .name = "qtest",
    .desc = "no guest: devices driven by a test, virtual time",
    .caps = ENGINE_VIRTUAL_TIME,
    .create = engine_create,
    .destroy = engine_destroy,
    .start = engine_start,
    .pause = engine_nothing,
    .resume = engine_nothing,
    .reset = engine_reset,
    .power = engine_no_power,
    .claim = engine_no_claim,
    .release = engine_no_release,
    .mem_read = mem_flat_read,
    .mem_write = mem_flat_write,
    .mem_map = mem_flat_map,
    .mem_unmap = mem_flat_unmap,
    .mem_dirty = engine_no_mem_dirty,
    .ram_new = mem_flat_ram_new,
    .layout_begin = engine_nothing,
    .layout_slot = engine_slot,
    .layout_end = engine_nothing,
    .gsi_set = engine_gsi,
    .pci_intx = engine_no_pci_intx,
    .pci_route = engine_no_pci_route,
    .msi = engine_msi,
    .ioevent_add = engine_no_ioevent_add,
    .ioevent_del = engine_no_ioevent_del,
    .irqfd_add = engine_no_irqfd_add,
    .irqfd_del = engine_no_irqfd_del,
    .clock_ns = engine_clock,
    .clock_set = qtest_clock_jump,
    .vcpu_tid = engine_tid,
};
