/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading ioreqs. The pages are shared with the hypervisor, and another model
 * of the same domain may write them too: what is in them is hostile.
 */
#include "config.h"

#include <string.h>

#include "dm/bus.h"
#include "dm/machine.h"
#include "xen/xen-priv.h"

/* A slot is four words; this is how a field lies in them. */
#define WORDS (sizeof(struct ioreq) / sizeof(uint64_t))
#define DATA_WORD 1
/* Xen sends at most 4096 units at once; more than this is nonsense, and would
 * hold the machine up. */
#define MAX_UNITS 65536u
#define STATE_BYTE 30 /* state:4 data_is_ptr:1 dir:1 df:1 */

_Static_assert(sizeof(struct ioreq) == 32, "ioreq.h");
_Static_assert(offsetof(struct ioreq, data) == 8, "ioreq.h");
_Static_assert(offsetof(struct buffered_iopage, write_pointer) == 4, "ioreq.h");
_Static_assert(offsetof(struct ioreq, type) == STATE_BYTE + 1, "ioreq.h");

static void set_state(struct ioreq *slot, const struct ioreq *copy,
                      unsigned state)
{
    struct ioreq tmp = *copy;
    uint8_t byte;

    tmp.state = state;
    memcpy(&byte, (const char *)&tmp + STATE_BYTE, 1);
    __atomic_store_n((uint8_t *)slot + STATE_BYTE, byte, __ATOMIC_RELEASE);
}

/* Turns it into what the bus takes; false if it is no access. */
static bool to_access(const struct ioreq *q, struct io_req *a)
{
    *a = (struct io_req){
        .write = q->dir == IOREQ_WRITE,
        .backwards = q->df,
        .size = q->size <= 8 ? q->size : 0, /* the bus drops it */
        .count = 1,
        .addr = q->addr,
        .kind = IO_VALUE,
        .value = q->data,
    };
    switch (q->type) {
    case IOREQ_TYPE_PIO:
        a->space = BUS_PIO;
        a->addr &= 0xffff;
        break;
    case IOREQ_TYPE_COPY:
        a->space = BUS_MMIO;
        break;
    case IOREQ_TYPE_PCI_CONFIG:
        /* bits 47..32: bus, device, function; 31..0: register */
        a->space = BUS_PCICFG;
        a->addr = (q->addr >> 32 & 0xffff) << 12 | (q->addr & 0xfff);
        return true;
    default:
        return false;
    }
    if (q->data_is_ptr) {
        a->kind = IO_GUEST;
        a->count = q->count <= MAX_UNITS ? q->count : 0;
        a->gpa = q->data;
    }
    return true;
}

/* What the bus did not fill, such as a width it does not know, is ones. */
static uint64_t perform(const struct ioreq_sink *sink, const struct ioreq *q)
{
    struct io_req a;

    switch (q->type) {
    case IOREQ_TYPE_INVALIDATE:
        sink->invalidate(sink->opaque);
        return q->data;
    case IOREQ_TYPE_TIMEOFFSET:
        sink->timeoffset(sink->opaque, (int64_t)q->data);
        return q->data;
    default:
        break;
    }
    if (!to_access(q, &a))
        return UINT64_MAX;
    if (!a.write && a.kind == IO_VALUE)
        a.value = UINT64_MAX;
    dm_dispatch(sink->vm, &a);
    return a.kind == IO_VALUE ? a.value : q->data;
}

bool ioreq_serve(const struct ioreq_sink *sink, struct ioreq *slot)
{
    uint64_t *shared = (uint64_t *)slot;
    uint64_t word[WORDS], data;
    struct ioreq copy;

    /* The state first; what it stands for only after it. Atomic: each is read
     * once, whatever the compiler makes of the copy (XSA-478). */
    word[3] = __atomic_load_n(&shared[3], __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < 3; i++)
        word[i] = __atomic_load_n(&shared[i], __ATOMIC_RELAXED);
    memcpy(&copy, word, sizeof(copy));
    if (copy.state != STATE_IOREQ_READY)
        return false;
    set_state(slot, &copy, STATE_IOREQ_INPROCESS);
    data = perform(sink, &copy);
    if (copy.dir == IOREQ_READ && !copy.data_is_ptr)
        __atomic_store_n(&shared[DATA_WORD], data, __ATOMIC_RELAXED);
    set_state(slot, &copy, STATE_IORESP_READY);
    return true;
}

static uint64_t take_entry(struct buffered_iopage *ring, uint32_t at)
{
    return __atomic_load_n(
        (uint64_t *)&ring->buf_ioreq[at % IOREQ_BUFFER_SLOT_NUM],
        __ATOMIC_RELAXED);
}

/*
 * Xen takes multiples of the ring's size off both pointers, whenever it likes
 * and at one stroke: so they are read at one stroke, and ours is moved by what
 * was served, never set. That leaves the place of an entry what it is.
 */
void ioreq_serve_ring(const struct ioreq_sink *sink,
                      struct buffered_iopage *ring)
{
    uint64_t both = __atomic_load_n((uint64_t *)ring, __ATOMIC_ACQUIRE);
    uint32_t rd = both, n = (both >> 32) - rd, done = 0;

    if (n > IOREQ_BUFFER_SLOT_NUM)
        done = n - IOREQ_BUFFER_SLOT_NUM; /* nonsense: what there may be */
    while (done < n) {
        uint64_t word = take_entry(ring, rd + done++);
        struct buf_ioreq b;
        struct ioreq q;

        memcpy(&b, &word, sizeof(b));
        q = (struct ioreq){.addr = b.addr,
                           .data = b.data,
                           .count = 1,
                           .size = 1u << b.size,
                           .dir = IOREQ_WRITE,
                           .type = b.type};
        if (b.size == 3 && done < n) { /* its upper half follows */
            word = take_entry(ring, rd + done++);
            memcpy(&b, &word, sizeof(b));
            q.data |= (uint64_t)b.data << 32;
        }
        perform(sink, &q);
    }
    __atomic_fetch_add(&ring->read_pointer, n, __ATOMIC_RELEASE);
}
