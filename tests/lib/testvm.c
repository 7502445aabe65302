/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/lib/testvm.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "dm/bus.h"
#include "dm/clock.h"
#include "dm/dev.h"
#include "dm/irq.h"
#include "dm/options.h"
#include "dm/qtest.h"
#include "dm/state.h"

#define WORDS_MAX 64

/* ---- making one ---- */

static void on_msi(void *opaque, uint64_t addr, uint32_t data)
{
    struct testvm *t = opaque;

    /* queue threads send at the same time: the last one is one of them */
    __atomic_store_n(&t->msi_addr, addr, __ATOMIC_RELAXED);
    __atomic_store_n(&t->msi_data, data, __ATOMIC_RELAXED);
    __atomic_add_fetch(&t->msi_count, 1, __ATOMIC_RELEASE);
}

/* ---- what devices write ---- */

enum { EVER = 1, LATELY = 2 };

static uint64_t ram_size(const struct testvm *t)
{
    return t->vm.cfg->ram_size;
}

static void log_dirty(struct vm *vm, gpa_t gpa, size_t len)
{
    struct testvm *t = (struct testvm *)vm;

    uint64_t last = (gpa + (len - 1)) / GUEST_PAGE;

    for (uint64_t at = gpa / GUEST_PAGE; at <= last; at++)
        if (at < ram_size(t) / GUEST_PAGE)
            __atomic_store_n(&t->told[at], EVER | LATELY, __ATOMIC_RELAXED);
}

static int logged_write(struct vm *vm, gpa_t gpa, const void *buf, size_t len)
{
    if (len)
        log_dirty(vm, gpa, len);
    return mem_flat_write(vm, gpa, buf, len);
}

static void log_begin(struct testvm *t)
{
    t->told = calloc(ram_size(t) / GUEST_PAGE + 1, 1);
    ck_assert_ptr_nonnull(t->told);
    t->engine = t->vm.engine;
    t->logged = *t->engine;
    t->logged.caps |= ENGINE_DIRTY_LOG;
    t->logged.mem_write = logged_write;
    t->logged.mem_dirty = log_dirty;
    vm_lock(&t->vm);
    t->vm.engine = &t->logged;
    ck_assert_int_eq(mem_log_dirty(&t->vm, true), 0);
    vm_unlock(&t->vm);
}

void tv_unlogged(struct testvm *t)
{
    free(t->told);
    t->told = NULL;
    vm_lock(&t->vm);
    t->vm.engine = t->engine;
    vm_unlock(&t->vm);
}

static bool is_zero(const uint8_t *page)
{
    return !page[0] && !memcmp(page, page + 1, GUEST_PAGE - 1);
}

bool tv_told(struct testvm *t, uint64_t gpa)
{
    return __atomic_load_n(&t->told[gpa / GUEST_PAGE], __ATOMIC_RELAXED) &
           LATELY;
}

void tv_told_nothing(struct testvm *t)
{
    for (uint64_t i = 0; i < ram_size(t) / GUEST_PAGE; i++)
        __atomic_and_fetch(&t->told[i], EVER, __ATOMIC_RELAXED);
}

static bool was_told(struct testvm *t, uint64_t gpa)
{
    return __atomic_load_n(&t->told[gpa / GUEST_PAGE], __ATOMIC_RELAXED);
}

static bool untold(struct testvm *t, uint64_t *gpa)
{
    struct mem_slot s;

    for (unsigned i = 0; mem_slot_at(&t->vm, i, &s); i++) {
        if (strcmp(s.ram->name, "pc.ram"))
            continue;
        for (uint64_t at = 0; at < s.len; at += GUEST_PAGE) {
            *gpa = s.gpa + at;
            if (*gpa < ram_size(t) && !was_told(t, *gpa) &&
                !is_zero(s.ram->host + s.off + at))
                return true;
        }
    }
    return false;
}

static void log_end(struct testvm *t)
{
    uint64_t gpa;

    if (!untold(t, &gpa))
        return;
    /* a queue's thread may be about to tell */
    vm_lock(&t->vm);
    vm_stop(&t->vm, RUN_PAUSED);
    vm_unlock(&t->vm);
    if (untold(t, &gpa))
        ck_abort_msg("nobody was told of a write to page %#" PRIx64, gpa);
}

/* The same backend by name and nothing behind it. */
static void hollow(struct opts *o, const char *key, const char *value)
{
    const char *id = opts_get(o, "id");
    struct opts *stub = opts_new();

    opts_set(stub, key, value);
    if (id)
        opts_set(stub, "id", id);
    struct opt *first = o->first;
    o->first = stub->first;
    stub->first = first;
    opts_free(stub);
}

/*
 * A twin has the same guest side as its brother and host sides that touch
 * nothing: his images unlocked, nobody at the other end of lines and nets.
 */
static void make_twin(struct cmdline *c)
{
    for (struct opts *o = c->chardevs; o; o = o->next)
        hollow(o, "backend", "null");
    for (struct opts *o = c->netdevs; o; o = o->next) {
        const char *queues = opts_get(o, "queues");
        char *copy = queues ? strdup(queues) : NULL;

        hollow(o, "type", "null");
        if (copy)
            opts_set(o, "queues", copy);
        free(copy);
    }
    for (struct opts *o = c->drives; o; o = o->next)
        opts_set(o, "locking", "off");
    for (unsigned i = 0; i < c->n_serials; i++)
        c->serials[i] = "null";
    c->qtest = NULL;
    while (c->objects) {
        struct opts *o = c->objects;
        c->objects = o->next;
        opts_free(o);
    }
}

static int build(struct testvm *t, bool twin, struct cfg_err *err)
{
    unsigned n = 0;
    int rc;

    while (t->words[n])
        n++;
    rc = cmdline_parse(&t->cl, n, (const char *const *)t->words, err);
    if (rc)
        return rc;
    if (twin)
        make_twin(&t->cl);
    t->made = true;
    rc = vm_init(&t->vm, &t->cl.cfg, err);
    if (!rc)
        rc = cmdline_engine(&t->cl, &t->vm, err);
    if (rc)
        return rc;
    qtest_on_msi(&t->vm, on_msi, t);
    vm_lock(&t->vm);
    rc = cmdline_open(&t->cl, &t->vm, err);
    if (!rc)
        rc = vm_build(&t->vm, t->cl.board, t->cl.devices, err);
    vm_unlock(&t->vm);
    return rc;
}

void tv_free(struct testvm *t)
{
    if (!t)
        return;
    if (t->told)
        log_end(t);
    if (t->made)
        vm_fini(&t->vm);
    free(t->told);
    cmdline_free(&t->cl);
    for (unsigned i = 0; t->words && t->words[i]; i++)
        free(t->words[i]);
    free(t->words);
    free(t);
}

static struct testvm *make(const char *const words[], bool twin,
                           struct cfg_err *err)
{
    struct testvm *t = calloc(1, sizeof(*t));
    unsigned n = 0;

    ck_assert_ptr_nonnull(t);
    while (words[n])
        n++;
    t->words = calloc(n + 1, sizeof(char *));
    for (unsigned i = 0; i < n; i++)
        t->words[i] = strdup(words[i]);
    if (build(t, twin, err)) {
        tv_free(t);
        return NULL;
    }
    return t;
}

struct testvm *tv_try(const char *board, const char *const args[],
                      struct cfg_err *err)
{
    const char *words[WORDS_MAX] = {"-machine", board, "-accel", "qtest",
                                    "-nodefaults"};
    unsigned n = 5;

    for (unsigned i = 0; args && args[i]; i++) {
        ck_assert_uint_lt(n, WORDS_MAX - 1);
        words[n++] = args[i];
    }
    struct testvm *t = make(words, false, err);
    if (!t)
        return NULL;
    log_begin(t);
    vm_lock(&t->vm);
    if (vm_cont(&t->vm, err)) {
        vm_unlock(&t->vm);
        tv_free(t);
        return NULL;
    }
    vm_unlock(&t->vm);
    return t;
}

struct testvm *tv_new(const char *board, const char *const args[])
{
    struct cfg_err err = {""};
    struct testvm *t = tv_try(board, args, &err);

    ck_assert_msg(t, "no test machine: %s", err.text);
    return t;
}

/* ---- accesses ---- */

static uint64_t access_one(struct testvm *t, enum bus_space space, bool write,
                           uint64_t addr, unsigned size, uint64_t v)
{
    struct io_req req = {.space = space,
                         .write = write,
                         .size = size,
                         .count = 1,
                         .addr = addr,
                         .kind = IO_VALUE,
                         .value = v};

    dm_dispatch(&t->vm, &req);
    return req.value;
}

uint8_t tv_inb(struct testvm *t, uint16_t port)
{
    return (uint8_t)access_one(t, BUS_PIO, false, port, 1, 0);
}

uint16_t tv_inw(struct testvm *t, uint16_t port)
{
    return (uint16_t)access_one(t, BUS_PIO, false, port, 2, 0);
}

uint32_t tv_inl(struct testvm *t, uint16_t port)
{
    return (uint32_t)access_one(t, BUS_PIO, false, port, 4, 0);
}

void tv_outb(struct testvm *t, uint16_t port, uint8_t v)
{
    access_one(t, BUS_PIO, true, port, 1, v);
}

void tv_outw(struct testvm *t, uint16_t port, uint16_t v)
{
    access_one(t, BUS_PIO, true, port, 2, v);
}

void tv_outl(struct testvm *t, uint16_t port, uint32_t v)
{
    access_one(t, BUS_PIO, true, port, 4, v);
}

uint64_t tv_mmio_read(struct testvm *t, uint64_t addr, unsigned size)
{
    return access_one(t, BUS_MMIO, false, addr, size, 0);
}

void tv_mmio_write(struct testvm *t, uint64_t addr, unsigned size, uint64_t v)
{
    access_one(t, BUS_MMIO, true, addr, size, v);
}

uint32_t tv_cfg_read(struct testvm *t, uint16_t bdf, unsigned off,
                     unsigned size)
{
    return (uint32_t)access_one(t, BUS_PCICFG, false, (uint64_t)bdf << 12 | off,
                                size, 0);
}

void tv_cfg_write(struct testvm *t, uint16_t bdf, unsigned off, unsigned size,
                  uint32_t v)
{
    access_one(t, BUS_PCICFG, true, (uint64_t)bdf << 12 | off, size, v);
}

void tv_mem_read(struct testvm *t, uint64_t gpa, void *buf, size_t len)
{
    ck_assert_msg(!mem_read(&t->vm, gpa, buf, len),
                  "no memory to read at 0x%" PRIx64 "+%zu", gpa, len);
}

void tv_mem_write(struct testvm *t, uint64_t gpa, const void *buf, size_t len)
{
    ck_assert_msg(!mem_write(&t->vm, gpa, buf, len),
                  "no memory to write at 0x%" PRIx64 "+%zu", gpa, len);
}

/* ---- time, lines, the loop ---- */

void tv_step(struct testvm *t, int64_t ns)
{
    vm_lock(&t->vm);
    qtest_clock_to(&t->vm, clock_now(&t->vm) + ns);
    vm_unlock(&t->vm);
}

bool tv_gsi(struct testvm *t, unsigned gsi)
{
    vm_lock(&t->vm);
    bool level = qtest_gsi(&t->vm, gsi);
    vm_unlock(&t->vm);
    return level;
}

unsigned tv_gsi_edges(struct testvm *t, unsigned gsi)
{
    vm_lock(&t->vm);
    unsigned rises = qtest_rises(&t->vm, gsi);
    vm_unlock(&t->vm);
    return rises;
}

static int64_t real_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool tv_wait(struct testvm *t, bool (*cond)(void *), void *opaque, int ms)
{
    int64_t end = real_ms() + ms;

    for (int rounds = 0;; rounds++) {
        /* what is ready runs first, so that a cond that is true too early
         * does not hide it */
        ck_assert_int_eq(loop_once(t->vm.loop, 0), 0);
        if (cond(opaque))
            return true;
        if (rounds >= ms && real_ms() >= end)
            return false;
        ck_assert_int_eq(loop_once(t->vm.loop, 1), 0);
    }
}

bool tv_readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    for (; poll(&p, 1, ms > 0) != 1; ms--)
        if (ms <= 0)
            return false;
    return true;
}

static void nothing(void *opaque)
{
}

void tv_settle(struct worker *w)
{
    /* the second is called when the round of the first one is over */
    for (unsigned i = 0; i < 2; i++)
        worker_call(w, nothing, NULL);
}

struct dev *tv_dev(struct testvm *t, const char *cls_or_id)
{
    struct dev *d;

    for (d = dev_first(&t->vm); d; d = d->next)
        if (!strcmp(d->id, cls_or_id) || !strcmp(d->cls->name, cls_or_id))
            return d;
    ck_abort_msg("no device '%s'", cls_or_id);
    return NULL;
}

static bool no_request(void *opaque)
{
    struct testvm *t = opaque;

    return !atomic_load(&t->vm.requests);
}

void tv_reset(struct testvm *t)
{
    vm_request(&t->vm, VM_REQ_HOST_RESET);
    ck_assert(tv_wait(t, no_request, t, 5000));
}

/* ---- save, load, save, compare ---- */

static size_t element_size(const struct state_field *f)
{
    switch (f->type) {
    case STATE_T_BOOL:
        return sizeof(bool);
    case STATE_T_U8:
    case STATE_T_BYTES:
        return 1;
    case STATE_T_U16:
        return 2;
    case STATE_T_U32:
        return 4;
    case STATE_T_U64:
        return 8;
    case STATE_T_STRUCT:
        return f->stride;
    default:
        return 0;
    }
}

/* Prints every field of two instances that differs: what a reader of a failed
 * test wants to know. */
static void print_difference(const char *where,
                             const struct state_field *fields, const char *a,
                             const char *b)
{
    for (const struct state_field *f = fields; f->type != STATE_T_END; f++) {
        const char *pa = a + f->offset, *pb = b + f->offset;
        size_t size = element_size(f);
        if (f->type == STATE_T_TIMER) {
            int64_t da = ((const struct timer *)pa)->deadline;
            int64_t db = ((const struct timer *)pb)->deadline;
            if (da != db)
                printf("  %s.%s: timer %" PRId64 " became %" PRId64 "\n", where,
                       f->name, da, db);
            continue;
        }
        for (uint32_t i = 0; i < f->count; i++, pa += size, pb += size) {
            char name[256];
            uint64_t va = 0, vb = 0;
            if (f->type == STATE_T_STRUCT) {
                snprintf(name, sizeof(name), "%s.%s[%u]", where, f->name, i);
                print_difference(name, f->fields, pa, pb);
            } else if (memcmp(pa, pb, size)) {
                memcpy(&va, pa, size);
                memcpy(&vb, pb, size);
                printf("  %s.%s[%u]: 0x%" PRIx64 " became 0x%" PRIx64 "\n",
                       where, f->name, i, va, vb);
            }
        }
    }
}

/* Both locked and paused. Aborts if any device's records differ. */
static void compare_devices(struct testvm *a, struct testvm *b)
{
    struct dev *da = dev_first(&a->vm), *db = dev_first(&b->vm);

    for (; da && db; da = da->next, db = db->next) {
        struct state_buf ba = {0}, bb = {0};
        ck_assert_str_eq(da->path, db->path);
        if (!da->cls->state)
            continue;
        ck_assert_int_eq(state_save_dev(da, &ba), 0);
        ck_assert_int_eq(state_save_dev(db, &bb), 0);
        if (ba.len != bb.len || memcmp(ba.data, bb.data, ba.len)) {
            printf("round trip: %s:\n", da->path);
            print_difference(da->cls->name, da->cls->state->fields,
                             (const char *)da, (const char *)db);
            fflush(stdout);
            ck_abort_msg("round trip: the state of %s changed (see above)",
                         da->path);
        }
        state_buf_free(&ba);
        state_buf_free(&bb);
    }
    ck_assert_msg(!da && !db, "round trip: another number of devices");
}

/* What the guest sees besides device registers: who answers where, which
 * memory is where, which lines are up. */
static void compare_views(struct testvm *a, struct testvm *b)
{
    static const char *const names[] = {"port", "memory", "config"};

    for (unsigned s = BUS_PIO; s <= BUS_PCICFG; s++) {
        for (unsigned i = 0;; i++) {
            const struct bus_region *ra = bus_region_at(&a->vm, s, i);
            const struct bus_region *rb = bus_region_at(&b->vm, s, i);
            if (!ra && !rb)
                break;
            ck_assert_msg(
                ra && rb && ra->base == rb->base && ra->size == rb->size &&
                    !strcmp(ra->name, rb->name),
                "round trip: %s region %u: %s 0x%" PRIx64
                " became %s 0x%" PRIx64,
                names[s], i, ra ? ra->name : "none", ra ? ra->base : 0,
                rb ? rb->name : "none", rb ? rb->base : 0);
        }
    }
    for (unsigned i = 0;; i++) {
        struct mem_slot sa, sb;
        bool ha = mem_slot_at(&a->vm, i, &sa);
        bool hb = mem_slot_at(&b->vm, i, &sb);
        if (!ha && !hb)
            break;
        ck_assert_msg(ha && hb && sa.gpa == sb.gpa && sa.len == sb.len &&
                          sa.off == sb.off && sa.readonly == sb.readonly &&
                          !strcmp(sa.ram->name, sb.ram->name),
                      "round trip: memory layout changed at 0x%" PRIx64,
                      ha ? sa.gpa : sb.gpa);
    }
    for (unsigned i = 0; i < IRQ_GSIS; i++)
        ck_assert_msg(qtest_gsi(&a->vm, i) == qtest_gsi(&b->vm, i),
                      "round trip: line %u was %d", i, qtest_gsi(&a->vm, i));
}

/* Only pages the host has given us: untouched memory is zero in both. */
static void copy_ram(struct testvm *from, struct testvm *to)
{
    struct ram *a = from->vm.rams, *b = to->vm.rams;

    for (; a && b; a = a->next, b = b->next) {
        ck_assert_uint_eq(a->size, b->size);
        size_t pages = a->size / GUEST_PAGE;
        unsigned char *there = malloc(pages);
        ck_assert_int_eq(mincore(a->host, a->size, there), 0);
        for (size_t i = 0; i < pages; i++)
            if (there[i] & 1)
                memcpy(b->host + i * GUEST_PAGE, a->host + i * GUEST_PAGE,
                       GUEST_PAGE);
        free(there);
    }
}

void tv_roundtrip(struct testvm *t)
{
    struct cfg_err err = {""};
    struct state_buf saved = {0}, again = {0};

    loop_once(t->vm.loop, 0);
    vm_lock(&t->vm);
    bool running = t->vm.state == RUN_RUNNING;
    if (running)
        vm_stop(&t->vm, RUN_PAUSED);
    ck_assert_int_eq(state_save_vm(&t->vm, &saved), 0);

    struct testvm *twin = make((const char *const *)t->words, true, &err);
    ck_assert_msg(twin, "round trip: %s", err.text);
    copy_ram(t, twin);
    vm_lock(&twin->vm);
    twin->vm.virtual_day = t->vm.virtual_day;
    struct state_buf in = {.data = saved.data, .len = saved.len};
    ck_assert_msg(!state_load_vm(&twin->vm, &in, &err), "round trip: %s",
                  err.text);
    compare_devices(t, twin);
    compare_views(t, twin);
    ck_assert_int_eq(state_save_vm(&twin->vm, &again), 0);
    ck_assert_msg(saved.len == again.len &&
                      !memcmp(saved.data, again.data, saved.len),
                  "round trip: the stream changed, no device did");
    vm_unlock(&twin->vm);
    tv_free(twin);
    state_buf_free(&saved);
    state_buf_free(&again);

    if (running)
        ck_assert_msg(!vm_cont(&t->vm, &err), "round trip: %s", err.text);
    vm_unlock(&t->vm);
}

/* ---- storms ---- */

static uint32_t next_random(uint32_t *seed)
{
    /* xorshift32: small, and the same everywhere */
    uint32_t x = *seed;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *seed = x;
}

static void storm(struct testvm *t, enum bus_space space, uint64_t base,
                  uint64_t size, unsigned max, unsigned n, uint32_t seed)
{
    printf("storm: space %d, 0x%" PRIx64 "+0x%" PRIx64
           ", %u accesses, seed 0x%" PRIx32 "\n",
           space, base, size, n, seed);
    if (!seed)
        seed = 1;
    while (n--) {
        uint32_t r = next_random(&seed);
        uint64_t off = next_random(&seed) % size, v = next_random(&seed);
        unsigned width = 1u << (r >> 1 & 3);
        if (width > max)
            width = max;
        /* half aligned, as drivers do it; at an edge values come too */
        if (r & 8)
            off &= ~(uint64_t)(width - 1);
        if (width > size - off)
            continue;
        if ((r >> 4 & 7) == 0)
            v = r >> 7 & 1 ? UINT64_MAX : 0;
        else
            v |= (uint64_t)next_random(&seed) << 32;
        if (width < 8)
            v &= (1ULL << 8 * width) - 1;
        access_one(t, space, r & 1, base + off, width, v);
        if ((r >> 8 & 63) == 0) {
            vm_lock(&t->vm);
            qtest_clock_to(&t->vm, clock_now(&t->vm) + (r >> 14) * 64LL);
            vm_unlock(&t->vm);
        }
    }
    /* let what it started happen, resets too */
    tv_wait(t, no_request, t, 1000);
}

void tv_storm_pio(struct testvm *t, uint16_t base, unsigned size, unsigned n,
                  uint32_t seed)
{
    storm(t, BUS_PIO, base, size, 4, n, seed);
}

void tv_storm_mmio(struct testvm *t, uint64_t base, uint64_t size, unsigned n,
                   uint32_t seed)
{
    storm(t, BUS_MMIO, base, size, 8, n, seed);
}

void tv_storm_cfg(struct testvm *t, uint16_t bdf, unsigned n, uint32_t seed)
{
    storm(t, BUS_PCICFG, (uint64_t)bdf << 12, 256, 4, n, seed);
}
