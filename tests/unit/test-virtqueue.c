/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/virtio/virtqueue: the ring, honest and hostile drivers. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hw/virtio/virtqueue.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define SIZE 8
#define RAM (32u << 20)
#define DESC 0x100000u
#define AVAIL 0x101000u
#define USED 0x102000u
#define DATA 0x200000u
#define MMIO 0xd0000000u

struct desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};
enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };

static struct testvm *t;
static struct virtqueue vq;
static struct log_quota quota;
static unsigned notified, broken;
static uint16_t avail_idx;

static void on_notify(struct virtqueue *q)
{
    notified++;
}

static void on_broken(struct virtqueue *q)
{
    broken++;
}

static void start(void)
{
    ck_assert_int_eq(vq_map(&vq), 0);
    vq.running = true;
}

static void stop(void)
{
    vq.running = false;
    vq_unmap(&vq);
}

static void clear(uint64_t at, size_t len)
{
    void *zero = calloc(1, len);

    tv_mem_write(t, at, zero, len);
    free(zero);
}

static void setup(void)
{
    static const char *const args[] = {"-m", "32M", NULL};

    t = tv_new("pc", args);
    memset(&vq, 0, sizeof(vq));
    memset(&quota, 0, sizeof(quota));
    vq.vm = &t->vm;
    vq.max = 1024;
    vq.kick_fd = eventfd(0, EFD_NONBLOCK);
    vq.quota = &quota;
    vq.ctx = "test";
    vq.notify = on_notify;
    vq.broken = on_broken;
    vq_reset(&vq);
    vq.size = SIZE;
    vq.desc_gpa = DESC;
    vq.avail_gpa = AVAIL;
    vq.used_gpa = USED;
    vq.indirect = true;
    notified = broken = 0;
    avail_idx = 0;
    clear(DESC, 0x3000);
    start();
}

static void teardown(void)
{
    stop();
    close(vq.kick_fd);
    tv_free(t);
}

static void put_desc(uint64_t table, unsigned i, uint64_t addr, uint32_t len,
                     uint16_t flags, uint16_t next)
{
    struct desc d = {addr, len, flags, next};

    tv_mem_write(t, table + 16 * i, &d, sizeof(d));
}

static void put16(uint64_t at, uint16_t v)
{
    tv_mem_write(t, at, &v, 2);
}

static uint16_t get16(uint64_t at)
{
    uint16_t v;

    tv_mem_read(t, at, &v, 2);
    return v;
}

static void offer(uint16_t head)
{
    put16(AVAIL + 4 + 2 * (avail_idx % SIZE), head);
    put16(AVAIL + 2, ++avail_idx);
}

static struct vq_elem *pop(void)
{
    return vq_pop(&vq, sizeof(struct vq_elem));
}

/* What is there breaks the queue: once, for good, consuming nothing. */
static void check_broken(void)
{
    uint16_t last = vq.last_avail;

    ck_assert_ptr_null(pop());
    ck_assert_uint_eq(broken, 1);
    ck_assert(vq.bad);
    ck_assert_uint_eq(vq.last_avail, last);
    ck_assert_uint_eq(vq.in_flight, 0);
    ck_assert_ptr_null(pop());
    ck_assert_uint_eq(broken, 1);
    ck_assert(!vq_pending(&vq));
}

START_TEST(moves_a_chain)
{
    char text[16] = "hello, device";
    struct vq_elem *el;

    tv_mem_write(t, DATA, text, sizeof(text));
    put_desc(DESC, 3, DATA, 6, NEXT, 5);
    put_desc(DESC, 5, DATA + 6, 10, NEXT, 1);
    put_desc(DESC, 1, DATA + 0x1000, 32, WRITE, 0);
    ck_assert(!vq_pending(&vq));
    ck_assert_ptr_null(pop());
    offer(3);
    ck_assert(vq_pending(&vq));
    el = pop();
    ck_assert_ptr_nonnull(el);
    ck_assert_uint_eq(el->head, 3);
    ck_assert_uint_eq(el->out_n, 2);
    ck_assert_uint_eq(el->in_n, 1);
    ck_assert_uint_eq(el->out_len, 16);
    ck_assert_uint_eq(el->in_len, 32);
    memset(text, 0, sizeof(text));
    ck_assert_uint_eq(iov_get(el->out, el->out_n, 0, text, 16), 16);
    ck_assert_str_eq(text, "hello, device");
    ck_assert_uint_eq(iov_put(el->in, el->in_n, 30, "abc", 3), 2);
    vq_push(&vq, el, 32);
    ck_assert_uint_eq(get16(USED + 2), 0);
    vq_flush(&vq);
    ck_assert_uint_eq(get16(USED + 2), 1);
    ck_assert_uint_eq(get16(USED + 4), 3);
    ck_assert_uint_eq(get16(USED + 8), 32);
    ck_assert_uint_eq(notified, 1);
    vq_flush(&vq);
    ck_assert_uint_eq(notified, 1);
    ck_assert_uint_eq(get16(DATA + 0x1000 + 30), 'a' | 'b' << 8);
}
END_TEST

START_TEST(follows_indirect_tables)
{
    struct vq_elem *el;

    /* a direct descriptor, then a table in any order */
    put_desc(DESC, 0, DATA, 4, NEXT, 1);
    put_desc(DESC, 1, DATA + 0x1000, 48, INDIRECT | WRITE, 0);
    put_desc(DATA + 0x1000, 0, DATA + 4, 4, NEXT, 2);
    put_desc(DATA + 0x1000, 2, DATA + 8, 4, NEXT | WRITE, 1);
    put_desc(DATA + 0x1000, 1, DATA + 12, 4, WRITE, 0);
    offer(0);
    el = pop();
    ck_assert_ptr_nonnull(el);
    ck_assert_uint_eq(el->out_len, 8);
    ck_assert_uint_eq(el->in_len, 8);
    ck_assert_ptr_eq(el->in[0].iov_base, (char *)el->out[0].iov_base + 8);
    vq_push(&vq, el, 0);
}
END_TEST

START_TEST(allows_buffers_of_no_length)
{
    struct vq_elem *el;

    put_desc(DESC, 0, MMIO, 0, NEXT, 1);
    put_desc(DESC, 1, DATA, 1, NEXT | WRITE, 2);
    put_desc(DESC, 2, UINT64_MAX, 0, WRITE, 0);
    offer(0);
    el = pop();
    ck_assert_ptr_nonnull(el);
    ck_assert_uint_eq(el->out_n, 0);
    ck_assert_uint_eq(el->in_n, 1);
    vq_push(&vq, el, 0);
}
END_TEST

START_TEST(goes_round_many_times)
{
    for (unsigned i = 0; i < 66000u / 5; i++) {
        for (unsigned n = 0; n < 5; n++) {
            put_desc(DESC, n, DATA + n, 1, WRITE, 0);
            offer((uint16_t)n);
        }
        for (unsigned n = 0; n < 5; n++) {
            struct vq_elem *el = pop();

            ck_assert_ptr_nonnull(el);
            ck_assert_uint_eq(el->head, n);
            vq_push(&vq, el, n);
        }
        ck_assert_ptr_null(pop());
        vq_flush(&vq);
        ck_assert_uint_eq(get16(USED + 2), avail_idx);
    }
    ck_assert_uint_eq(broken, 0);
}
END_TEST

START_TEST(suppresses_interrupts_by_flag)
{
    put_desc(DESC, 0, DATA, 1, WRITE, 0);
    put16(AVAIL, 1);
    offer(0);
    vq_push(&vq, pop(), 0);
    vq_flush(&vq);
    ck_assert_uint_eq(notified, 0);
    put16(AVAIL, 0);
    offer(0);
    vq_push(&vq, pop(), 0);
    vq_flush(&vq);
    ck_assert_uint_eq(notified, 1);
}
END_TEST

START_TEST(suppresses_interrupts_by_event)
{
    uint64_t used_event = AVAIL + 4 + 2 * SIZE;

    vq.event_idx = true;
    put_desc(DESC, 0, DATA, 1, WRITE, 0);
    for (unsigned i = 0; i < 70000; i++) {
        uint16_t now = vq.used_idx;
        unsigned before = notified;

        /* asked for: on the entry after next; the first is always told */
        if (i % 3 == 1)
            put16(used_event, (uint16_t)(now + 1));
        offer(0);
        vq_push(&vq, pop(), 0);
        vq_flush(&vq);
        ck_assert_msg(notified == before + (i == 0 || i % 3 == 2),
                      "entry %u: %u interrupts", i, notified - before);
    }
}
END_TEST

START_TEST(suppresses_kicks)
{
    uint64_t avail_event = USED + 4 + 8 * SIZE;

    vq_kick_off(&vq);
    ck_assert_uint_eq(get16(USED), 1);
    ck_assert(!vq_kick_on(&vq));
    ck_assert_uint_eq(get16(USED), 0);
    put_desc(DESC, 0, DATA, 1, WRITE, 0);
    offer(0);
    ck_assert(vq_kick_on(&vq));
    vq.event_idx = true;
    vq_push(&vq, pop(), 0);
    ck_assert(!vq_kick_on(&vq));
    ck_assert_uint_eq(get16(avail_event), 1);
}
END_TEST

/* Was the handler to be called again? */
static bool again(void)
{
    uint64_t n;

    return read(vq.kick_fd, &n, sizeof(n)) == sizeof(n);
}

/* How often a handler that finds nothing is called again, before the driver
 * is asked for kicks. */
static unsigned looks(uint16_t asked_before)
{
    uint64_t avail_event = USED + 4 + 8 * SIZE;
    unsigned n = 0;

    while (again()) {
        ck_assert_uint_eq(get16(avail_event), asked_before);
        n++;
        vq_rest(&vq, false);
    }
    ck_assert_uint_eq(get16(avail_event), vq.last_avail);
    return n;
}

static void work(void)
{
    offer(0);
    vq_push(&vq, pop(), 0);
    vq_rest(&vq, true);
}

START_TEST(looks_again_before_it_asks_for_kicks)
{
    unsigned n, before;

    vq.event_idx = true;
    put_desc(DESC, 0, DATA, 1, WRITE, 0);
    /* a driver that never has anything more: fewer looks, but one */
    for (n = 0, before = 17; n < 6; n++, before = before / 2 + 1) {
        uint16_t asked = vq.last_avail;
        unsigned made;

        work();
        made = looks(asked);
        ck_assert_uint_ge(made, 1);
        ck_assert_uint_le(made, before);
    }
    ck_assert_uint_eq(looks(vq.last_avail), 0);
    /* one that always has: more, up to a bound */
    for (n = 0; n < 100; n++) {
        work();
        ck_assert(again());
    }
    vq_rest(&vq, false);
    n = 1 + looks(vq.last_avail - 100);
    ck_assert_uint_ge(n, 8);
    ck_assert_uint_le(n, 16);
    /* what came while kicks were off is not lost */
    work();
    ck_assert(again());
    vq.looks.left = 0;
    offer(0);
    vq_rest(&vq, false);
    ck_assert(again());
    vq_push(&vq, pop(), 0);
}
END_TEST

START_TEST(puts_chains_back)
{
    struct vq_elem *a, *b;

    put_desc(DESC, 0, DATA, 1, WRITE, 0);
    put_desc(DESC, 1, DATA, 1, WRITE, 0);
    offer(0);
    offer(1);
    a = pop();
    b = pop();
    ck_assert_ptr_null(pop());
    vq_unpop(&vq, b);
    vq_unpop(&vq, a);
    ck_assert_uint_eq(vq.in_flight, 0);
    a = pop();
    ck_assert_uint_eq(a->head, 0);
    vq_push(&vq, a, 0);
    vq_push(&vq, pop(), 0);
}
END_TEST

START_TEST(parks_chains_until_started_again)
{
    struct vq_elem *el;

    for (uint16_t i = 0; i < 3; i++) {
        put_desc(DESC, i, DATA + i, 1, WRITE, 0);
        offer(i);
    }
    el = pop();
    vq_push(&vq, pop(), 0);
    vq_park(&vq, pop());
    vq_park(&vq, el);
    ck_assert_ptr_null(pop());
    ck_assert(!vq_pending(&vq));
    vq_flush(&vq);
    ck_assert_int_eq(vq_check(&vq), 0);
    stop();
    ck_assert_int_eq(vq_check(&vq), 0);
    start();
    ck_assert(vq_pending(&vq));
    put_desc(DESC, 3, DATA, 1, WRITE, 0);
    offer(3);
    el = pop();
    ck_assert_uint_eq(el->head, 0);
    vq_unpop(&vq, el);
    vq_push(&vq, pop(), 0);
    el = pop();
    ck_assert_uint_eq(el->head, 2);
    vq_push(&vq, el, 0);
    el = pop();
    ck_assert_uint_eq(el->head, 3);
    vq_push(&vq, el, 0);
    ck_assert_ptr_null(pop());
    ck_assert_uint_eq(vq.used_idx, 4);
    ck_assert_int_eq(vq_check(&vq), 0);
}
END_TEST

START_TEST(refuses_a_state_that_does_not_add_up)
{
    vq.parked[0] = 1;
    ck_assert_int_eq(vq_check(&vq), -EINVAL);
    vq.last_avail = 1;
    ck_assert_int_eq(vq_check(&vq), 0);
    vq.parked[0] = 0;
    vq.parked[SIZE / 8] = 1; /* an entry the ring does not have */
    ck_assert_int_eq(vq_check(&vq), -EINVAL);
    vq.parked[SIZE / 8] = 0;
    ck_assert_int_eq(vq_check(&vq), -EINVAL);
    vq_reset(&vq);
    vq.size = SIZE;
}
END_TEST

/* ---- hostile ---- */

/* XSA-197 (CVE-2016-9381), XSA-86: indices are not believed */
START_TEST(index_jump)
{
    put16(AVAIL + 2, SIZE + 1);
    check_broken();
}
END_TEST

START_TEST(index_backwards)
{
    put_desc(DESC, 0, DATA, 1, WRITE, 0);
    offer(0);
    vq_push(&vq, pop(), 0);
    put16(AVAIL + 2, 0);
    check_broken();
}
END_TEST

START_TEST(head_out_of_range)
{
    offer(SIZE);
    check_broken();
}
END_TEST

START_TEST(next_out_of_range)
{
    put_desc(DESC, 0, DATA, 1, NEXT, 0xffff);
    offer(0);
    check_broken();
}
END_TEST

START_TEST(chain_of_itself)
{
    put_desc(DESC, 0, DATA, 1, NEXT, 0);
    offer(0);
    check_broken();
}
END_TEST

/* CVE-2021-20257: a descriptor that leads back to itself */
START_TEST(chain_in_a_circle)
{
    for (uint16_t i = 0; i < SIZE; i++)
        put_desc(DESC, i, DATA, 1, NEXT, (i + 1) % SIZE);
    offer(2);
    check_broken();
}
END_TEST

START_TEST(indirect_chain_in_a_circle)
{
    put_desc(DESC, 0, DATA, 32, INDIRECT, 0);
    put_desc(DATA, 0, DATA + 64, 1, NEXT, 1);
    put_desc(DATA, 1, DATA + 64, 1, NEXT, 0);
    offer(0);
    check_broken();
}
END_TEST

START_TEST(read_behind_write)
{
    put_desc(DESC, 0, DATA, 1, NEXT | WRITE, 1);
    put_desc(DESC, 1, DATA, 1, 0, 0);
    offer(0);
    check_broken();
}
END_TEST

START_TEST(indirect_not_negotiated)
{
    vq.indirect = false;
    put_desc(DESC, 0, DATA, 16, INDIRECT, 0);
    put_desc(DATA, 0, DATA, 1, WRITE, 0);
    offer(0);
    check_broken();
}
END_TEST

START_TEST(indirect_in_indirect)
{
    put_desc(DESC, 0, DATA, 16, INDIRECT, 0);
    put_desc(DATA, 0, DATA, 16, INDIRECT, 0);
    offer(0);
    check_broken();
}
END_TEST

START_TEST(indirect_and_next)
{
    put_desc(DESC, 0, DATA, 16, INDIRECT | NEXT, 1);
    put_desc(DATA, 0, DATA, 1, WRITE, 0);
    offer(0);
    check_broken();
}
END_TEST

START_TEST(indirect_of_odd_length)
{
    static const uint32_t len[] = {0, 15, 17, 16 * (VQ_CHAIN_MAX + 1),
                                   0xfffffff0};

    put_desc(DESC, 0, DATA, len[_i], INDIRECT, 0);
    offer(0);
    check_broken();
}
END_TEST

START_TEST(indirect_outside_memory)
{
    put_desc(DESC, 0, _i ? RAM - 8 : MMIO, 16, INDIRECT, 0);
    offer(0);
    check_broken();
}
END_TEST

/* CVE-2019-18960: address and length together; CVE-2021-3750, CVE-2021-3929:
 * DMA at registers */
START_TEST(buffer_outside_memory)
{
    static const struct {
        uint64_t addr;
        uint32_t len;
    } bad[] = {
        {MMIO, 1},           {RAM - 1, 2},    {RAM, 1},
        {UINT64_MAX, 1},     {UINT64_MAX, 2}, {UINT64_MAX - 0xfff, 0x2000},
        {DATA, 0xffffffff},  {1ull << 63, 1}, {0xfee00000, 4},
        {0xfffffff0, 0x100},
    };

    for (unsigned i = 0; i < 2; i++) {
        put_desc(DESC, 0, bad[_i].addr, bad[_i].len, i ? WRITE : 0, 0);
        if (!i)
            offer(0);
        check_broken();
        vq.bad = false;
        broken = 0;
    }
}
END_TEST

START_TEST(write_to_read_only_memory)
{
    /* the BIOS area reads as memory or as nothing, and never takes a write */
    put_desc(DESC, 0, 0xf0000, 16, WRITE, 0);
    offer(0);
    check_broken();
}
END_TEST

START_TEST(four_gigabytes_in_a_chain)
{
    enum { N = (int)((4ull << 30) / (16u << 20)) + 1 };

    put_desc(DESC, 0, DATA, 16 * N, INDIRECT, 0);
    for (unsigned i = 0; i < N; i++)
        put_desc(DATA, i, 0x400000, 16u << 20, WRITE | (i + 1 < N ? NEXT : 0),
                 (uint16_t)(i + 1));
    offer(0);
    check_broken();
}
END_TEST

/* XSA-184 (CVE-2016-5403): what a guest has in flight is bounded by the ring */
START_TEST(one_chain_many_times)
{
    struct vq_elem *el[SIZE];

    put_desc(DESC, 0, DATA, 1, WRITE, 0);
    for (unsigned i = 0; i < SIZE; i++)
        offer(0);
    for (unsigned i = 0; i < SIZE; i++)
        ck_assert_ptr_nonnull(el[i] = pop());
    offer(0);
    ck_assert_ptr_null(pop());
    ck_assert_uint_eq(broken, 1);
    /* the same again from the park, which holds each head once */
    vq.bad = false;
    vq_park(&vq, el[0]);
    ck_assert_uint_eq(broken, 1);
    vq_park(&vq, el[1]);
    ck_assert_uint_eq(broken, 2);
    for (unsigned i = 2; i < SIZE; i++)
        vq_push(&vq, el[i], 0);
    ck_assert_uint_eq(vq.in_flight, 0);
    ck_assert_int_eq(vq_check(&vq), 0);
}
END_TEST

START_TEST(ring_of_no_size)
{
    static const uint16_t size[] = {0, 3, 1025, 2048, 0x8000, 0xffff};

    stop();
    vq.size = size[_i];
    ck_assert_int_eq(vq_map(&vq), -EINVAL);
    vq.size = SIZE;
}
END_TEST

START_TEST(ring_outside_memory)
{
    uint64_t *part[] = {&vq.desc_gpa, &vq.avail_gpa, &vq.used_gpa};
    uint64_t good = *part[_i];

    stop();
    *part[_i] = MMIO;
    ck_assert_int_eq(vq_map(&vq), -EFAULT);
    *part[_i] = RAM - 16; /* its end is beyond */
    ck_assert_int_eq(vq_map(&vq), -EFAULT);
    *part[_i] = good + 1;
    ck_assert_int_eq(vq_map(&vq), -EINVAL);
    *part[_i] = ~0ull << 4;
    ck_assert_int_eq(vq_map(&vq), -EFAULT);
    *part[_i] = good;
    ck_assert_int_eq(vq_map(&vq), 0);
}
END_TEST

/* XSA-155 (CVE-2015-8550), XSA-478 (CVE-2025-58151): another processor changes
 * the ring while we look at it. */
static atomic_bool mutate;

static uint32_t change(uint8_t *ring, uint32_t seed)
{
    uint32_t field, val;

    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    /* any field but the address's upper half, mostly good values that a
     * second look would find to be others */
    field = seed % 4 == 1 ? 2 : seed % 4;
    val = field == 3 ? (seed >> 8 & 0x70003) | (seed >> 28 ? 0 : INDIRECT)
                     : seed >> 8 & 0xfff;
    __atomic_store_n((uint32_t *)ring + 4 * (seed >> 4 & (SIZE - 1)) + field,
                     val, __ATOMIC_RELAXED);
    __atomic_store_n((uint16_t *)(ring + 0x1000) + 2 + seed % SIZE,
                     (uint16_t)((seed >> 16) % (SIZE + 1)), __ATOMIC_RELAXED);
    return seed;
}

static void *mutator(void *ring)
{
    uint32_t seed = 0x5eed;

    while (atomic_load_explicit(&mutate, memory_order_relaxed))
        seed = change(ring, seed);
    return NULL;
}

START_TEST(fields_that_change_under_us)
{
    uint32_t pops = 0, seed = 0x1dea;
    struct gmap map;
    pthread_t thread;

    ck_assert_int_eq(mem_map(&t->vm, DESC, 0x3000, true, &map), 0);
    atomic_store(&mutate, true);
    ck_assert_int_eq(pthread_create(&thread, NULL, mutator, map.ptr), 0);
    for (unsigned i = 0; i < 50000 || pops <= 500; i++) {
        struct vq_elem *el;
        uint32_t out = 0, in = 0;

        seed = change(map.ptr, seed); /* also while the other is not run */
        put16(AVAIL + 2, (uint16_t)(vq.last_avail + 1));
        el = pop();
        vq.bad = false;
        if (!el)
            continue;
        pops++;
        for (unsigned n = 0; n < el->out_n; n++)
            out += el->out[n].iov_len;
        for (unsigned n = 0; n < el->in_n; n++)
            in += el->in[n].iov_len;
        ck_assert_uint_eq(out, el->out_len);
        ck_assert_uint_eq(in, el->in_len);
        ck_assert_uint_lt(el->head, SIZE);
        vq_push(&vq, el, in);
    }
    atomic_store(&mutate, false);
    pthread_join(thread, NULL);
    mem_unmap(&t->vm, &map, map.len);
}
END_TEST

/* Rings of random contents: nothing but the queue may break. */
START_TEST(storm)
{
    uint32_t seed = 0x1badb002;
    unsigned popped = 0;

    printf("storm: virtqueue, seed %#x\n", seed);
    for (unsigned round = 0; round < 5000; round++) {
        struct vq_elem *el;

        for (unsigned i = 0; i < SIZE; i++) {
            uint32_t r[4];

            for (unsigned n = 0; n < 4; n++) {
                seed ^= seed << 13;
                seed ^= seed >> 17;
                seed ^= seed << 5;
                r[n] = seed;
            }
            put_desc(DESC, i, r[0] & 1 ? r[0] : r[0] % RAM,
                     r[1] & 1 ? r[1] : r[1] % 128 * 16, (uint16_t)(r[2] % 8),
                     (uint16_t)(r[3] % (SIZE + 1)));
            put_desc(DATA, i, r[3] % RAM, r[2] % 4096, r[0] >> 8 & 3,
                     (uint16_t)(r[1] % (SIZE + 1)));
        }
        offer((uint16_t)(seed >> 20) % SIZE);
        while ((el = pop())) {
            popped++;
            vq_push(&vq, el, seed);
        }
        vq.bad = false;
        vq.last_avail = avail_idx;
        vq_flush(&vq);
    }
    ck_assert_uint_gt(popped, 100);
    ck_assert_uint_gt(broken, 100);
}
END_TEST

START_TEST(pieces)
{
    char a[4] = "abc", b[4] = "def", out[8] = "";
    struct iovec iov[] = {{a, 3}, {b, 3}}, *p = iov;
    unsigned n = 2;

    ck_assert_uint_eq(iov_get(iov, 2, 2, out, 8), 4);
    ck_assert_str_eq(out, "cdef");
    ck_assert_uint_eq(iov_get(iov, 2, 6, out, 8), 0);
    ck_assert_uint_eq(iov_put(iov, 2, 1, "1234", 4), 4);
    ck_assert_str_eq(a, "a12");
    ck_assert_str_eq(b, "34f");
    ck_assert(iov_skip(&p, &n, 4));
    ck_assert_uint_eq(n, 1);
    ck_assert_ptr_eq(p->iov_base, b + 1);
    ck_assert(iov_cut(p, &n, 1));
    ck_assert_uint_eq(p->iov_len, 1);
    ck_assert(!iov_skip(&p, &n, 2));
    ck_assert_uint_eq(n, 0);
    ck_assert(!iov_cut(p, &n, 1));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtqueue");
    TCase *c = tcase_create("virtqueue");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, SUITE_TIMEOUT);
    tcase_add_test(c, moves_a_chain);
    tcase_add_test(c, follows_indirect_tables);
    tcase_add_test(c, allows_buffers_of_no_length);
    tcase_add_test(c, goes_round_many_times);
    tcase_add_test(c, suppresses_interrupts_by_flag);
    tcase_add_test(c, suppresses_interrupts_by_event);
    tcase_add_test(c, suppresses_kicks);
    tcase_add_test(c, looks_again_before_it_asks_for_kicks);
    tcase_add_test(c, puts_chains_back);
    tcase_add_test(c, parks_chains_until_started_again);
    tcase_add_test(c, refuses_a_state_that_does_not_add_up);
    tcase_add_test(c, index_jump);
    tcase_add_test(c, index_backwards);
    tcase_add_test(c, head_out_of_range);
    tcase_add_test(c, next_out_of_range);
    tcase_add_test(c, chain_of_itself);
    tcase_add_test(c, chain_in_a_circle);
    tcase_add_test(c, indirect_chain_in_a_circle);
    tcase_add_test(c, read_behind_write);
    tcase_add_test(c, indirect_not_negotiated);
    tcase_add_test(c, indirect_in_indirect);
    tcase_add_test(c, indirect_and_next);
    tcase_add_loop_test(c, indirect_of_odd_length, 0, 5);
    tcase_add_loop_test(c, indirect_outside_memory, 0, 2);
    tcase_add_loop_test(c, buffer_outside_memory, 0, 10);
    tcase_add_test(c, write_to_read_only_memory);
    tcase_add_test(c, four_gigabytes_in_a_chain);
    tcase_add_test(c, one_chain_many_times);
    tcase_add_loop_test(c, ring_of_no_size, 0, 6);
    tcase_add_loop_test(c, ring_outside_memory, 0, 3);
    tcase_add_test(c, fields_that_change_under_us);
    tcase_add_test(c, storm);
    tcase_add_test(c, pieces);
    suite_add_tcase(s, c);
    return run_cases(s);
}
