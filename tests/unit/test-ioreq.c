/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen/ioreq: slots and the buffered ring, with a hostile other side. No Xen
 * is needed: the shared pages are ours.
 */
#include "config.h"

#include <pthread.h>
#include <string.h>

#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"
#include "tests/lib/trap-page.h"
#include "xen/xen-priv.h"

static struct testvm *t;
static struct bus_region port, mmio, cfg;
static uint64_t last_off, last_val, answer;
static unsigned last_size, calls, invalidated;
static int64_t offset_seen;
static struct ioreq_sink sink;

static uint64_t on_read(void *opaque, uint64_t off, unsigned size)
{
    ck_assert_uint_le(off + size, ((struct bus_region *)opaque)->size);
    calls++;
    last_off = off;
    last_size = size;
    return answer;
}

static void on_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    ck_assert_uint_le(off + size, ((struct bus_region *)opaque)->size);
    calls++;
    last_off = off;
    last_size = size;
    last_val = val;
}

static const struct bus_ops ops = {
    .read = on_read, .write = on_write, .max = 8, .unaligned = true};

static void add(struct bus_region *r, enum bus_space space, uint64_t base,
                uint64_t size)
{
    *r = (struct bus_region){.name = "probe",
                             .ops = &ops,
                             .opaque = r,
                             .space = space,
                             .base = base,
                             .size = size};
    ck_assert_int_eq(bus_add(&t->vm, r), 0);
}

static void invalidate(void *opaque)
{
    invalidated++;
}

static void timeoffset(void *opaque, int64_t seconds)
{
    offset_seen = seconds;
}

static void setup(void)
{
    struct ram *ram;

    t = tv_new("none", NULL);
    sink = (struct ioreq_sink){
        .vm = &t->vm, .invalidate = invalidate, .timeoffset = timeoffset};
    vm_lock(&t->vm);
    add(&port, BUS_PIO, 0x1f0, 8);
    add(&mmio, BUS_MMIO, 0xf0000000, 0x1000);
    add(&cfg, BUS_PCICFG, 0x10 << 12, 256);
    ck_assert_int_eq(ram_new(&t->vm, "ram", 0x4000, &ram, NULL), 0);
    ck_assert_int_eq(mem_show(&t->vm, 0, 0x4000, ram, 0, false), 0);
    vm_unlock(&t->vm);
    calls = invalidated = 0;
    answer = 0xa1a2a3a4a5a6a7a8;
}

static void teardown(void)
{
    vm_lock(&t->vm);
    bus_del(&t->vm, &port);
    bus_del(&t->vm, &mmio);
    bus_del(&t->vm, &cfg);
    vm_unlock(&t->vm);
    tv_free(t);
}

static struct ioreq request(unsigned type, bool read, uint64_t addr,
                            unsigned size)
{
    return (struct ioreq){.addr = addr,
                          .count = 1,
                          .size = size,
                          .vp_eport = 5,
                          .state = STATE_IOREQ_READY,
                          .dir = read ? IOREQ_READ : IOREQ_WRITE,
                          .type = type};
}

START_TEST(each_kind_of_access)
{
    struct ioreq q = request(IOREQ_TYPE_PIO, true, 0x1f0, 2);

    ck_assert(ioreq_serve(&sink, &q));
    ck_assert_uint_eq(q.state, STATE_IORESP_READY);
    ck_assert_uint_eq(q.data, 0xa7a8);
    ck_assert_uint_eq(q.vp_eport, 5);
    ck_assert(!ioreq_serve(&sink, &q)); /* answered already */
    ck_assert_uint_eq(calls, 1);

    q = request(IOREQ_TYPE_COPY, false, 0xf0000010, 8);
    q.data = 0x1122334455667788;
    ck_assert(ioreq_serve(&sink, &q));
    ck_assert_uint_eq(last_off, 0x10);
    ck_assert_uint_eq(last_val, 0x1122334455667788);

    q = request(IOREQ_TYPE_PCI_CONFIG, true, (0x10ULL << 32) | 4, 4);
    ck_assert(ioreq_serve(&sink, &q));
    ck_assert_uint_eq(last_off, 4);
    ck_assert_uint_eq(q.data, 0xa5a6a7a8);

    q = request(IOREQ_TYPE_INVALIDATE, false, 0, 4);
    ck_assert(ioreq_serve(&sink, &q));
    ck_assert_uint_eq(invalidated, 1);
    q = request(IOREQ_TYPE_TIMEOFFSET, false, 0, 8);
    q.data = -60;
    ck_assert(ioreq_serve(&sink, &q));
    ck_assert_int_eq(offset_seen, -60);
}
END_TEST

/* XSA-239: a read always fills the whole width */
START_TEST(what_nobody_has_is_ones)
{
    struct ioreq q = request(IOREQ_TYPE_PIO, true, 0x1234, 4);

    ck_assert(ioreq_serve(&sink, &q));
    ck_assert_uint_eq(q.data, 0xffffffff);
    q = request(99, true, 0, 4);
    ck_assert(ioreq_serve(&sink, &q));
    ck_assert_uint_eq(q.data, UINT64_MAX);
    q = request(IOREQ_TYPE_PIO, true, 0x1f0, 3);
    ck_assert(ioreq_serve(&sink, &q));
    ck_assert_uint_eq(q.data, UINT64_MAX);
    q = request(IOREQ_TYPE_PIO, true, 0x1f0, 0x80000004);
    ck_assert(ioreq_serve(&sink, &q));
    ck_assert_uint_eq(calls, 0);
}
END_TEST

START_TEST(strings_move_through_guest_memory)
{
    struct ioreq q = request(IOREQ_TYPE_PIO, true, 0x1f0, 2);
    uint16_t word[2];

    q.data_is_ptr = 1;
    q.data = 0xffe;
    q.count = 1000;
    ck_assert(ioreq_serve(&sink, &q));
    ck_assert_uint_eq(calls, 1000);
    ck_assert_uint_eq(q.data, 0xffe); /* the pointer stays */
    tv_mem_read(t, 0xffe + 2 * 998, word, 4);
    ck_assert_uint_eq(word[1], 0xa7a8);
}
END_TEST

/* XSA-463: Xen's own VGA passes on accesses of any size and order, by slot and
 * by ring. There is none here: all are answered, and reach nobody. */
START_TEST(xsa_463_vga)
{
    static struct buffered_iopage ring;
    static const uint64_t at[] = {0xa0000, 0xaffff, 0xbfffd, 0x3c4, 0x3b0};

    for (unsigned i = 0; i < 5; i++)
        for (unsigned size = 0; size <= 9; size++)
            for (unsigned how = 0; how < 8; how++) {
                struct ioreq q =
                    request(at[i] < 0x10000 ? IOREQ_TYPE_PIO : IOREQ_TYPE_COPY,
                            how & 1, at[i], size);

                q.df = how >> 1 & 1;
                q.data_is_ptr = how >> 2;
                q.count = q.data_is_ptr ? 4096 : 1;
                ck_assert(ioreq_serve(&sink, &q));
                ck_assert_uint_eq(q.state, STATE_IORESP_READY);
            }
    for (unsigned i = 0; i < IOREQ_BUFFER_SLOT_NUM; i++)
        ring.buf_ioreq[i] = (struct buf_ioreq){.type = IOREQ_TYPE_COPY,
                                               .size = i * 7 % 4,
                                               .addr = 0xa0000 + i * 257};
    ring.write_pointer = IOREQ_BUFFER_SLOT_NUM;
    ioreq_serve_ring(&sink, &ring);
    ck_assert_uint_eq(ring.read_pointer, IOREQ_BUFFER_SLOT_NUM);
    ck_assert_uint_eq(calls, 0);
}
END_TEST

/* XSA-262: from READY only, and only to IORESP_READY */
START_TEST(only_ready_slots_are_served)
{
    for (unsigned state = 0; state < 16; state++) {
        struct ioreq q = request(IOREQ_TYPE_PIO, true, 0x1f0, 1), old;

        q.state = state;
        old = q;
        ck_assert_int_eq(ioreq_serve(&sink, &q), state == STATE_IOREQ_READY);
        if (state != STATE_IOREQ_READY)
            ck_assert_int_eq(memcmp(&q, &old, sizeof(q)), 0);
    }
}
END_TEST

START_TEST(buffered_writes)
{
    static struct buffered_iopage ring;

    ring.buf_ioreq[510] = (struct buf_ioreq){
        .type = IOREQ_TYPE_PIO, .size = 2, .addr = 0x1f4, .data = 0x12345678};
    ring.buf_ioreq[0] = (struct buf_ioreq){
        .type = IOREQ_TYPE_PIO, .size = 3, .addr = 0x1f0, .data = 0x55};
    ring.buf_ioreq[1].data = 0x66;
    ring.read_pointer = 510;
    ring.write_pointer = 513;
    ioreq_serve_ring(&sink, &ring);
    ck_assert_uint_eq(calls, 2);
    ck_assert_uint_eq(last_val, 0x6600000055);
    ck_assert_uint_eq(ring.read_pointer, 513);
    /* XSA-197: indices that jump and wrap are bounded work */
    calls = 0;
    ring.read_pointer = 7;
    ring.write_pointer = 3;
    ioreq_serve_ring(&sink, &ring);
    ck_assert_uint_le(calls, IOREQ_BUFFER_SLOT_NUM);
    ck_assert_uint_eq(ring.read_pointer, 3);
    ring.read_pointer = UINT32_MAX;
    ring.write_pointer = 1;
    ioreq_serve_ring(&sink, &ring);
    ck_assert_uint_eq(ring.read_pointer, 1);
}
END_TEST

static struct buffered_iopage moving;

static void xen_shortens(void *opaque, uint64_t off, unsigned size,
                         uint64_t val)
{
    calls++;
    if (calls == 1) {
        moving.read_pointer -= IOREQ_BUFFER_SLOT_NUM;
        moving.write_pointer -= IOREQ_BUFFER_SLOT_NUM;
    }
}

/* Xen takes the ring's size off both pointers while we serve. */
START_TEST(pointers_that_xen_shortens)
{
    static const struct bus_ops shortening = {.read = on_read,
                                              .write = xen_shortens};
    struct buf_ioreq b = {.type = IOREQ_TYPE_PIO, .addr = 0x1f0};

    port.ops = &shortening;
    moving.buf_ioreq[2] = moving.buf_ioreq[3] = b;
    moving.read_pointer = IOREQ_BUFFER_SLOT_NUM + 2;
    moving.write_pointer = IOREQ_BUFFER_SLOT_NUM + 4;
    ioreq_serve_ring(&sink, &moving);
    ck_assert_uint_eq(calls, 2);
    ck_assert_uint_eq(moving.read_pointer, 4);
    ck_assert_uint_eq(moving.write_pointer, 4);
}
END_TEST

static struct ioreq shared;
static atomic_bool stop;

static void put(size_t at, uint8_t v)
{
    __atomic_store_n((uint8_t *)&shared + at, v, __ATOMIC_RELAXED);
}

static void *mutator(void *opaque)
{
    unsigned seed = 166;

    while (!atomic_load(&stop)) {
        put(rand_r(&seed) % sizeof(shared), rand_r(&seed));
        if (rand_r(&seed) % 4 == 0) {
            put(30, STATE_IOREQ_READY | (rand_r(&seed) & 0xf0));
            put(31, rand_r(&seed) % 4);
            for (unsigned i = 16; i < 24; i++)
                put(i, 0);
            put(16, rand_r(&seed) % 64);      /* count */
            put(20, 1u << rand_r(&seed) % 4); /* size */
        }
    }
    return NULL;
}

/* XSA-155, XSA-166, XSA-478: fields change between any two reads; no handler
 * sees an offset or a width that is not its own (on_read asserts it). */
START_TEST(fields_that_change_under_us)
{
    pthread_t thread;
    unsigned served = 0;

    atomic_store(&stop, false);
    ck_assert_int_eq(pthread_create(&thread, NULL, mutator, NULL), 0);
    while (served < 5000) {
        put(30, STATE_IOREQ_READY); /* also while the other is not run */
        served += ioreq_serve(&sink, &shared);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
}
END_TEST

/* ---- every access seen ---- */

static struct trap_page page;
static unsigned seed;

/* Another model of the domain writes whatever it likes at any moment. */
static void scribble(struct trap_page *p)
{
    for (unsigned i = 0; i < sizeof(struct ioreq); i++)
        p->mem[i] ^= (uint8_t)rand_r(&seed);
    p->mem[31] = rand_r(&seed) % 12; /* type */
}

/* A request that is likely to do something. */
static struct ioreq random_request(void)
{
    static const uint8_t types[] = {
        IOREQ_TYPE_PIO,        IOREQ_TYPE_COPY,       IOREQ_TYPE_PCI_CONFIG,
        IOREQ_TYPE_TIMEOFFSET, IOREQ_TYPE_INVALIDATE, 0xff,
    };
    static const uint64_t addrs[] = {
        0,          0x1f0,           0x1f6,
        0xffff,     0x10000,         0xf0000000,
        0xf0000ffd, 0xefffffff,      0x10ULL << 32,
        UINT32_MAX, UINT64_MAX,      UINT64_MAX - 3,
        1ULL << 63, 0x10000000fdULL, 0x10fcULL << 28,
    };
    static const uint64_t pointers[] = {
        0,
        0xffe,
        0x3ffe,
        0x4000,
        0xf0000000,
        UINT32_MAX,
        UINT64_MAX,
        UINT64_MAX - 0xfff,
        0x7ffffffffffff000,
        1,
    };
    static const uint32_t sizes[] = {
        1, 2, 4, 8, 0, 3, 5, 9, 255, 256, 0x80000001, UINT32_MAX,
    };
    static const uint32_t counts[] = {
        0, 1, 2, 3, 7, 100,   512,   513,        4096,       4097,
        1, 2, 3, 4, 5, 65536, 65537, 0x80000000, UINT32_MAX, UINT32_MAX - 4095,
    };
#define ONE_OF(a) (a)[(unsigned)rand_r(&seed) % (sizeof(a) / sizeof((a)[0]))]

    return (struct ioreq){
        .addr = ONE_OF(addrs),
        .data = ONE_OF(pointers),
        .count = ONE_OF(counts),
        .size = ONE_OF(sizes),
        .vp_eport = 5,
        .state = STATE_IOREQ_READY,
        .data_is_ptr = rand_r(&seed) & 1,
        .dir = rand_r(&seed) & 1,
        .df = rand_r(&seed) & 1,
        .type = ONE_OF(types),
    };
}

/* XSA-155, XSA-166 (and XSA-478, what the compiler makes of it): four words,
 * each loaded once; the state is stored twice, data at most once; nothing else
 * of the page is touched. All of it changes between any two of these. */
START_TEST(a_slot_is_read_once)
{
    trap_page_init(&page);
    page.between = scribble;
    seed = 166;
    for (unsigned i = 0; i < 3000; i++) {
        struct ioreq q = random_request();

        memcpy(page.mem, &q, sizeof(q));
        trap_page_watch(&page);
        ck_assert(ioreq_serve(&sink, (struct ioreq *)page.mem));
        trap_page_rest(&page);
        for (unsigned w = 0; w < sizeof(q); w += 8)
            ck_assert_uint_eq(page.reads[w], 1);
        ck_assert_uint_eq(page.writes[30], 2);
        ck_assert_uint_le(page.writes[8], 1);
        ck_assert_uint_eq(page.n, 6 + page.writes[8]);
    }
    trap_page_free(&page);
}
END_TEST

/* The same one by one, without anybody who disturbs: what comes of it. */
START_TEST(hostile_requests)
{
    seed = 17;
    for (unsigned i = 0; i < 4000; i++) {
        struct ioreq q = random_request(), old = q;

        calls = 0;
        ck_assert(ioreq_serve(&sink, &q));
        ck_assert_uint_eq(q.state, STATE_IORESP_READY);
        ck_assert_uint_le(calls, 65536); /* and no loop without calls: else
                                            the suite runs out of time */
        if (old.data_is_ptr || old.dir == IOREQ_WRITE)
            ck_assert_uint_eq(q.data, old.data);
        q.state = old.state;
        q.data = old.data;
        ck_assert_int_eq(memcmp(&q, &old, sizeof(q)), 0);
    }
}
END_TEST

static void scribble_pointers(struct trap_page *p)
{
    for (unsigned i = 0; i < 8; i++)
        p->mem[i] ^= (uint8_t)rand_r(&seed);
    p->mem[8 + rand_r(&seed) % (TRAP_PAGE - 8)] = (uint8_t)rand_r(&seed);
}

/* XSA-197 and XSA-155 for the ring: both pointers in one load, no entry twice,
 * one ring's worth of work at the most, wherever the pointers jump. */
START_TEST(a_ring_is_read_once)
{
    struct buffered_iopage *ring;
    uint32_t n;

    trap_page_init(&page);
    ring = (struct buffered_iopage *)page.mem;
    page.between = scribble_pointers;
    seed = 197;
    for (unsigned i = 0; i < 100; i++) {
        for (unsigned j = 8; j < TRAP_PAGE; j++)
            page.mem[j] = (uint8_t)rand_r(&seed);
        ring->read_pointer = (uint32_t)rand_r(&seed) * 3;
        n = i % 3 ? (unsigned)rand_r(&seed) % 600 : (uint32_t)rand_r(&seed) * 3;
        ring->write_pointer = ring->read_pointer + n;
        calls = 0;
        trap_page_watch(&page);
        ioreq_serve_ring(&sink, ring);
        trap_page_rest(&page);
        ck_assert_uint_eq(page.reads[0], 1);
        ck_assert_uint_eq(page.writes[0], 1);
        for (unsigned j = 1; j < TRAP_PAGE; j++) {
            ck_assert_uint_le(page.reads[j], j >= 8 && j % 8 == 0);
            ck_assert_uint_eq(page.writes[j], 0);
        }
        if (n > IOREQ_BUFFER_SLOT_NUM)
            n = IOREQ_BUFFER_SLOT_NUM;
        ck_assert_uint_eq(page.n, n + 2);
    }
    trap_page_free(&page);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_kind_of_access,
        what_nobody_has_is_ones,
        strings_move_through_guest_memory,
        xsa_463_vga,
        only_ready_slots_are_served,
        buffered_writes,
        pointers_that_xen_shortens,
        fields_that_change_under_us,
        a_slot_is_read_once,
        hostile_requests,
        a_ring_is_read_once,
        NULL,
    };

    return run_suite("ioreq", setup, teardown, tests);
}
