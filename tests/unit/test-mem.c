/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm/mem: the layout and the verbs. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dm/engine.h"
#include "dm/mem.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

static struct testvm *t;
static struct ram *a, *b;

static void setup(void)
{
    t = tv_new("none", NULL);
    vm_lock(&t->vm);
    ck_assert_int_eq(ram_new(&t->vm, "a", 0x10000, &a, NULL), 0);
    ck_assert_int_eq(ram_new(&t->vm, "b", 0x10000, &b, NULL), 0);
    memset(a->host, 'a', a->size);
    memset(b->host, 'b', b->size);
}

static void teardown(void)
{
    vm_unlock(&t->vm);
    tv_free(t);
}

static unsigned pieces(void)
{
    struct mem_slot s;
    unsigned n = 0;

    while (mem_slot_at(&t->vm, n, &s))
        n++;
    return n;
}

/* What is seen at gpa: 'a', 'b', or '-' for nothing. */
static char at(gpa_t gpa)
{
    char c;

    return mem_read(&t->vm, gpa, &c, 1) ? '-' : c;
}

START_TEST(show_cuts_what_was_there)
{
    struct mem_slot s;

    ck_assert_int_eq(mem_show(&t->vm, 0, 0x10000, a, 0, false), 0);
    ck_assert_int_eq(mem_show(&t->vm, 0x4000, 0x2000, b, 0x1000, true), 0);
    ck_assert_uint_eq(pieces(), 3);
    ck_assert_int_eq(at(0x3fff), 'a');
    ck_assert_int_eq(at(0x4000), 'b');
    ck_assert_int_eq(at(0x5fff), 'b');
    ck_assert_int_eq(at(0x6000), 'a');
    ck_assert(mem_slot_at(&t->vm, 2, &s));
    ck_assert_uint_eq(s.gpa, 0x6000);
    ck_assert_uint_eq(s.off, 0x6000);
    ck_assert_uint_eq(s.len, 0xa000);

    ck_assert_int_eq(mem_hide(&t->vm, 0x3000, 0x2000), 0);
    ck_assert_int_eq(at(0x2fff), 'a');
    ck_assert_int_eq(at(0x3000), '-');
    ck_assert_int_eq(at(0x4fff), '-');
    ck_assert_int_eq(at(0x5000), 'b');
    ck_assert_int_eq(mem_show(&t->vm, 0, 0x10000, b, 0, false), 0);
    ck_assert_uint_eq(pieces(), 1);
    ck_assert_int_eq(mem_hide(&t->vm, 0, 0x10000), 0);
    ck_assert_uint_eq(pieces(), 0);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    ck_assert_int_eq(mem_show(&t->vm, 1, 0x1000, a, 0, false), -EINVAL);
    ck_assert_int_eq(mem_show(&t->vm, 0, 0, a, 0, false), -EINVAL);
    ck_assert_int_eq(mem_show(&t->vm, 0, 0x11000, a, 0, false), -EINVAL);
    ck_assert_int_eq(mem_show(&t->vm, 0, 0x1000, a, 0x10000, false), -EINVAL);
    ck_assert_int_eq(mem_show(&t->vm, UINT64_MAX - 0xfff, 0x2000, a, 0, false),
                     -EINVAL);
    for (unsigned i = 0; i < MEM_SLOTS; i++)
        ck_assert_int_eq(mem_show(&t->vm, i * 0x2000ULL, 0x1000, a, 0, false),
                         0);
    ck_assert_int_eq(
        mem_show(&t->vm, MEM_SLOTS * 0x2000ULL, 0x1000, a, 0, false), -ENOSPC);
    ck_assert_uint_eq(pieces(), MEM_SLOTS);
    ck_assert_int_eq(at(0x2000), 'a');
}
END_TEST

/* Against a plain model of which page shows what */
START_TEST(random_layouts_match_a_model)
{
    char model[16 + 1];
    unsigned seed = 20261122;

    memset(model, '-', 16);
    for (unsigned i = 0; i < 2000; i++) {
        unsigned from = rand_r(&seed) % 16;
        unsigned n = 1 + rand_r(&seed) % (16 - from);
        char c = "ab-"[rand_r(&seed) % 3];
        int rc;

        if (c == '-')
            rc = mem_hide(&t->vm, from * 0x1000, n * 0x1000);
        else
            rc = mem_show(&t->vm, from * 0x1000, n * 0x1000, c == 'a' ? a : b,
                          from * 0x1000, false);
        ck_assert_int_eq(rc, 0);
        memset(model + from, c, n);
        for (unsigned p = 0; p < 16; p++)
            ck_assert_int_eq(at(p * 0x1000 + 0x800), model[p]);
    }
}
END_TEST

START_TEST(verbs_reach_memory_only)
{
    uint8_t buf[0x2000];
    struct gmap m;

    mem_show(&t->vm, 0x1000, 0x1000, a, 0x1000, false);
    mem_show(&t->vm, 0x2000, 0x1000, b, 0, true);
    /* across the border of the two */
    ck_assert_int_eq(mem_read(&t->vm, 0x1800, buf, 0x1000), 0);
    ck_assert_int_eq(buf[0x7ff], 'a');
    ck_assert_int_eq(buf[0x800], 'b');
    /* into nothing: what cannot be read is all-ones */
    ck_assert_int_eq(mem_read(&t->vm, 0x2ffe, buf, 4), -EFAULT);
    ck_assert_int_eq(buf[1], 'b');
    ck_assert_int_eq(buf[2], 0xff);
    ck_assert_int_eq(buf[3], 0xff);
    ck_assert_int_eq(mem_read(&t->vm, UINT64_MAX, buf, 4), -EFAULT);
    /* read-only */
    ck_assert_int_eq(mem_write(&t->vm, 0x1fff, "xy", 2), -EFAULT);
    ck_assert_int_eq(at(0x2000), 'b');
    ck_assert_int_eq(mem_map(&t->vm, 0x2000, 1, true, &m), -EFAULT);
    ck_assert_int_eq(mem_map(&t->vm, 0x2000, 1, false, &m), 0);
    mem_unmap(&t->vm, &m, 0);
    mem_unmap(&t->vm, &m, 0);
    ck_assert_int_eq(mem_map(&t->vm, 0x1000, 0, false, &m), -EFAULT);
    /* a map ends where the host is not contiguous, and goes on where it is */
    ck_assert_int_eq(mem_map(&t->vm, 0x1f00, 0x1000, false, &m), 0);
    ck_assert_uint_eq(m.len, 0x100);
    mem_show(&t->vm, 0x2000, 0x1000, a, 0x2000, false);
    ck_assert_int_eq(mem_map(&t->vm, 0x1f00, 0x1000, false, &m), 0);
    ck_assert_uint_eq(m.len, 0x1000);
}
END_TEST

static const struct ram *refuse; /* this block, or both if any is set */
static bool refuse_all;
static unsigned told; /* pieces the engine has */
static struct mem_slot engine_has[MEM_SLOTS];

static int picky_slot(struct vm *vm, unsigned idx, const struct mem_slot *slot)
{
    ck_assert_uint_lt(idx, MEM_SLOTS);
    ck_assert_msg(!slot == !!engine_has[idx].len, "set twice or taken twice");
    if (slot && (refuse_all || slot->ram == refuse))
        return -ENOMEM;
    engine_has[idx] = slot ? *slot : (struct mem_slot){0};
    told += slot ? 1 : -1;
    return 0;
}

/* The engine has what readers see, piece for piece. */
static void check_engine(void)
{
    struct mem_slot s;

    ck_assert_uint_eq(told, pieces());
    for (unsigned i = 0; mem_slot_at(&t->vm, i, &s); i++) {
        unsigned j = 0;

        while (j < MEM_SLOTS && memcmp(&engine_has[j], &s, sizeof(s)))
            j++;
        ck_assert_uint_lt(j, MEM_SLOTS);
    }
}

/* What it refuses is not shown, and all is as it was; what it refuses to take
 * back even then is offered again with the next change. */
START_TEST(an_engine_that_refuses)
{
    struct engine_ops picky = *t->vm.engine;
    const struct engine_ops *engine = t->vm.engine;

    picky.layout_slot = picky_slot;
    t->vm.engine = &picky;
    told = 0;
    memset(engine_has, 0, sizeof(engine_has));
    ck_assert_int_eq(mem_show(&t->vm, 0, 0x10000, a, 0, false), 0);
    refuse = b;
    ck_assert_int_eq(mem_show(&t->vm, 0x4000, 0x1000, b, 0, false), -ENOMEM);
    check_engine();
    ck_assert_uint_eq(pieces(), 1);
    ck_assert_int_eq(at(0x4000), 'a');
    ck_assert_int_eq(mem_show(&t->vm, 0x20000, 0x1000, b, 0, false), -ENOMEM);
    check_engine();
    ck_assert_int_eq(at(0x20000), '-');
    refuse = NULL;
    ck_assert_int_eq(mem_show(&t->vm, 0xf000, 0x2000, b, 0, false), 0);
    refuse = a; /* the half that is left of a */
    ck_assert_int_eq(mem_show(&t->vm, 0x8000, 0x1000, b, 0, false), -ENOMEM);
    ck_assert_int_eq(mem_hide(&t->vm, 0x8000, 0x1000), -ENOMEM);
    ck_assert_int_eq(at(0x8000), 'a');
    ck_assert_int_eq(at(0xf000), 'b');
    refuse = NULL;
    ck_assert_int_eq(mem_hide(&t->vm, 0xf000, 0x2000), 0);
    check_engine();
    refuse_all = true;
    ck_assert_int_eq(mem_show(&t->vm, 0x4000, 0x1000, b, 0, false), -ENOMEM);
    ck_assert_int_eq(mem_show(&t->vm, 0x6000, 0x1000, b, 0, false), -ENOMEM);
    ck_assert_uint_eq(told, 0);
    refuse_all = false;
    ck_assert_int_eq(mem_show(&t->vm, 0x8000, 0x1000, b, 0, false), 0);
    check_engine();
    ck_assert_int_eq(mem_hide(&t->vm, 0, 0x10000), 0);
    ck_assert_uint_eq(told, 0);
    t->vm.engine = engine;
}
END_TEST

static atomic_bool stop;

static void *reader(void *opaque)
{
    unsigned *bad = opaque;
    char c;

    while (!atomic_load(&stop)) {
        /* page 4 flips between a and b, page 5 is always a */
        if (mem_read(&t->vm, 0x4000, &c, 1) || (c != 'a' && c != 'b'))
            ++*bad;
        if (mem_read(&t->vm, 0x5000, &c, 1) || c != 'a')
            ++*bad;
    }
    return NULL;
}

START_TEST(readers_see_the_old_layout_or_the_new)
{
    pthread_t thread;
    unsigned bad = 0;

    mem_show(&t->vm, 0, 0x10000, a, 0, false);
    atomic_store(&stop, false);
    ck_assert_int_eq(pthread_create(&thread, NULL, reader, &bad), 0);
    for (unsigned i = 0; i < 20000; i++)
        mem_show(&t->vm, 0x4000, 0x1000, i % 2 ? a : b, 0x4000, false);
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(bad, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        show_cuts_what_was_there,
        nonsense_is_refused,
        random_layouts_match_a_model,
        verbs_reach_memory_only,
        an_engine_that_refuses,
        readers_see_the_old_layout_or_the_new,
        NULL,
    };

    return run_suite("mem", setup, teardown, tests);
}
