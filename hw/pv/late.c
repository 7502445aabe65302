/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/late.h"

#include "dm/machine.h"

static void ask(void *opaque)
{
    struct pv_late *l = opaque;

    timer_set(l->vm, &l->timer, clock_now(l->vm) + atomic_load(&l->ns));
}

static void due(void *opaque)
{
    struct pv_late *l = opaque;

    loop_post(l->loop, &l->fire);
}

static void fire(void *opaque)
{
    struct pv_late *l = opaque;

    atomic_store(&l->armed, false);
    l->fn(l->opaque);
}

void pv_late_init(struct pv_late *l, struct vm *vm, struct loop *loop,
                  void (*fn)(void *opaque), void *opaque)
{
    l->vm = vm;
    l->loop = loop;
    l->fn = fn;
    l->opaque = opaque;
    l->ask = (struct loop_task){.fn = ask, .opaque = l};
    l->fire = (struct loop_task){.fn = fire, .opaque = l};
    timer_init(&l->timer, due, l);
}

void pv_late_set(struct pv_late *l, int64_t ns)
{
    if (atomic_exchange(&l->armed, true))
        return;
    atomic_store(&l->ns, ns);
    loop_post(l->vm->loop, &l->ask);
}

void pv_late_fini(struct pv_late *l)
{
    if (!l->vm)
        return;
    loop_cancel(l->vm->loop, &l->ask);
    timer_cancel(l->vm, &l->timer);
    l->vm = NULL;
}
