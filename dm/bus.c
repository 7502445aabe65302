/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/bus.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/engine.h"
#include "dm/machine.h"

#define SPACES 3
#define PORTS 65536u

struct space {
    struct bus_region **r; /* sorted by base */
    unsigned n, cap;
};

struct bus {
    struct space space[SPACES];
    struct bus_region *port[PORTS]; /* who has each port: untouched pages of
                                       it cost nothing */
};

int bus_init(struct vm *vm)
{
    vm->bus = calloc(1, sizeof(*vm->bus));
    return vm->bus ? 0 : -ENOMEM;
}

void bus_fini(struct vm *vm)
{
    if (!vm->bus)
        return;
    for (unsigned i = 0; i < SPACES; i++)
        free(vm->bus->space[i].r);
    free(vm->bus);
    vm->bus = NULL;
}

/* ---- who is where ---- */

/* Index of the first region that ends after addr. */
static unsigned lower_bound(const struct space *s, uint64_t addr)
{
    unsigned lo = 0, hi = s->n;

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        const struct bus_region *r = s->r[mid];

        if (r->base + (r->size - 1) < addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

int bus_add(struct vm *vm, struct bus_region *r)
{
    static const uint64_t top[SPACES] = {
        [BUS_PIO] = PORTS - 1,
        [BUS_MMIO] = UINT64_MAX,
        [BUS_PCICFG] = (1u << 28) - 1,
    };
    struct space *s = &vm->bus->space[r->space];
    uint64_t last;
    unsigned i;
    int rc;

    assert(vm_locked(vm) && !r->added);
    if (!r->size || __builtin_add_overflow(r->base, r->size - 1, &last) ||
        last > top[r->space])
        return -EINVAL;
    i = lower_bound(s, r->base);
    if (i < s->n && s->r[i]->base <= last)
        return -EEXIST;
    if (s->n == s->cap) {
        unsigned cap = s->cap ? 2 * s->cap : 16;
        void *p = realloc(s->r, cap * sizeof(s->r[0]));

        if (!p)
            return -ENOMEM;
        s->r = p;
        s->cap = cap;
    }
    rc = vm->engine->claim(vm, r);
    if (rc)
        return rc;
    memmove(&s->r[i + 1], &s->r[i], (s->n - i) * sizeof(s->r[0]));
    s->r[i] = r;
    s->n++;
    r->added = true;
    for (uint64_t p = r->base; r->space == BUS_PIO && p <= last; p++)
        vm->bus->port[p] = r;
    return 0;
}

void bus_del(struct vm *vm, struct bus_region *r)
{
    struct space *s = &vm->bus->space[r->space];
    unsigned i;

    assert(vm_locked(vm));
    if (!r->added)
        return;
    i = lower_bound(s, r->base);
    assert(i < s->n && s->r[i] == r);
    memmove(&s->r[i], &s->r[i + 1], (s->n - i - 1) * sizeof(s->r[0]));
    s->n--;
    r->added = false;
    for (uint64_t p = 0; r->space == BUS_PIO && p < r->size; p++)
        vm->bus->port[r->base + p] = NULL;
    vm->engine->release(vm, r);
}

const struct bus_region *bus_region_at(struct vm *vm, enum bus_space space,
                                       unsigned i)
{
    const struct space *s = &vm->bus->space[space];

    return i < s->n ? s->r[i] : NULL;
}

int bus_ioevent_add(struct vm *vm, enum bus_space space, uint64_t addr,
                    unsigned size, bool any, uint64_t val, int fd)
{
    return vm->engine->ioevent_add(vm, space, addr, size, any, val, fd);
}

void bus_ioevent_del(struct vm *vm, enum bus_space space, uint64_t addr,
                     unsigned size, bool any, uint64_t val, int fd)
{
    vm->engine->ioevent_del(vm, space, addr, size, any, val, fd);
}

/* The region that holds all of the access. NULL: *none tells whether nobody
 * has any byte of it. */
static struct bus_region *find(const struct bus *bus, enum bus_space space,
                               uint64_t addr, unsigned size, bool *none)
{
    const struct space *s = &bus->space[space];
    struct bus_region *r;
    unsigned i;

    if (space == BUS_PIO && addr < PORTS) {
        r = bus->port[addr];
        if (r && addr - r->base + size <= r->size)
            return r;
    }
    i = lower_bound(s, addr);
    r = i < s->n ? s->r[i] : NULL;
    if (r && addr >= r->base && addr - r->base + size <= r->size)
        return r;
    *none = !r || (r->base > addr && r->base - addr >= size);
    return NULL;
}

/* ---- one access ---- */

static uint64_t ones(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (1ULL << (8 * size)) - 1;
}

static unsigned op_min(const struct bus_ops *ops)
{
    return ops->min ? ops->min : 1;
}

static bool takes(const struct bus_ops *ops, uint64_t off, unsigned size)
{
    return size >= op_min(ops) && size <= (ops->max ? ops->max : 4) &&
           (ops->unaligned || off % size == 0);
}

/* size is a power of two, as all halves of it are. */
static uint64_t read_one(struct bus *bus, enum bus_space space, uint64_t addr,
                         unsigned size)
{
    bool none = false;
    struct bus_region *r = find(bus, space, addr, size, &none);
    uint64_t off, lo;

    if (none)
        return ones(size);
    if (r) {
        off = addr - r->base;
        if (takes(r->ops, off, size))
            return r->ops->read(r->opaque, off, size) & ones(size);
        if (size < op_min(r->ops)) {
            uint64_t unit = off & ~(uint64_t)(op_min(r->ops) - 1);

            /* Split halves never straddle a unit. */
            if (off - unit + size <= op_min(r->ops) &&
                r->size - unit >= op_min(r->ops))
                return r->ops->read(r->opaque, unit, op_min(r->ops)) >>
                           (8 * (off - unit)) &
                       ones(size);
            if (size == 1)
                return ones(1);
        }
    }
    size /= 2;
    lo = read_one(bus, space, addr, size);
    return lo | read_one(bus, space, addr + size, size) << (8 * size);
}

static void write_one(struct bus *bus, enum bus_space space, uint64_t addr,
                      unsigned size, uint64_t val)
{
    bool none = false;
    struct bus_region *r = find(bus, space, addr, size, &none);

    if (none)
        return;
    if (r) {
        uint64_t off = addr - r->base;

        if (takes(r->ops, off, size)) {
            r->ops->write(r->opaque, off, size, val & ones(size));
            return;
        }
        if (size < op_min(r->ops))
            return;
    }
    size /= 2;
    write_one(bus, space, addr, size, val & ones(size));
    write_one(bus, space, addr + size, size, val >> (8 * size));
}

uint32_t bus_pcicfg_read(struct vm *vm, uint16_t bdf, unsigned off,
                         unsigned size)
{
    assert(vm_locked(vm));
    return read_one(vm->bus, BUS_PCICFG, (uint64_t)bdf << 12 | off, size);
}

void bus_pcicfg_write(struct vm *vm, uint16_t bdf, unsigned off, unsigned size,
                      uint32_t val)
{
    assert(vm_locked(vm));
    write_one(vm->bus, BUS_PCICFG, (uint64_t)bdf << 12 | off, size, val);
}

/* ---- strings ---- */

/* count units at p, which ascends; the bus address steps by step a unit. */
static void run(struct bus *bus, const struct io_req *q, uint64_t addr,
                int64_t step, uint8_t *p, uint32_t count)
{
    bool none = false;
    struct bus_region *r;

    if (!step) { /* one register: often all in one call */
        r = find(bus, q->space, addr, q->size, &none);
        if (none) {
            if (!q->write)
                memset(p, 0xff, (size_t)count * q->size);
            return;
        }
        if (r && takes(r->ops, addr - r->base, q->size)) {
            if (q->write && r->ops->write_run) {
                r->ops->write_run(r->opaque, addr - r->base, q->size, p, count);
                return;
            }
            if (!q->write && r->ops->read_run) {
                r->ops->read_run(r->opaque, addr - r->base, q->size, p, count);
                return;
            }
        }
    }
    for (; count; count--, p += q->size, addr += step) {
        uint64_t v = 0;

        if (q->write) {
            memcpy(&v, p, q->size);
            write_one(bus, q->space, addr, q->size, v);
        } else {
            v = read_one(bus, q->space, addr, q->size);
            memcpy(p, &v, q->size);
        }
    }
}

static void reverse_units(uint8_t *p, unsigned size, uint32_t count)
{
    uint8_t tmp[8];

    for (uint32_t i = 0, j = count - 1; i < j; i++, j--) {
        memcpy(tmp, p + i * size, size);
        memcpy(p + i * size, p + j * size, size);
        memcpy(p + j * size, tmp, size);
    }
}

/* The data lies in guest memory: a page at a time. */
static void run_guest(struct vm *vm, struct io_req *q, int64_t step)
{
    uint8_t page[GUEST_PAGE];
    uint32_t done = 0, n;

    for (; done < q->count; done += n) {
        uint64_t at = (uint64_t)done * q->size;
        gpa_t gpa = q->gpa + at;
        size_t bytes;

        n = q->count - done;
        if (n > sizeof(page) / q->size)
            n = sizeof(page) / q->size;
        bytes = (size_t)n * q->size;
        if (q->backwards)
            gpa = q->gpa - at - (bytes - q->size);
        if (q->write) {
            mem_read(vm, gpa, page, bytes); /* no memory: all-ones */
            if (q->backwards)
                reverse_units(page, q->size, n);
        }
        run(vm->bus, q, q->addr + (int64_t)done * step, step, page, n);
        if (!q->write) {
            if (q->backwards)
                reverse_units(page, q->size, n);
            mem_write(vm, gpa, page, bytes);
        }
    }
}

void dm_dispatch(struct vm *vm, struct io_req *q)
{
    int64_t step = 0;

    if (q->size != 1 && q->size != 2 && q->size != 4 && q->size != 8)
        return; /* no such access: an engine may be handed nonsense */
    if (q->space == BUS_MMIO)
        step = q->backwards ? -(int64_t)q->size : q->size;

    /* Holding the lock, this thread would be inside a dispatch already. */
    assert(!vm_locked(vm));
    vm_lock(vm);
    switch (q->kind) {
    case IO_VALUE:
        if (q->write)
            write_one(vm->bus, q->space, q->addr, q->size, q->value);
        else
            q->value = read_one(vm->bus, q->space, q->addr, q->size);
        break;
    case IO_BUFFER:
        run(vm->bus, q, q->addr, step, q->buf, q->count);
        break;
    case IO_GUEST:
        run_guest(vm, q, step);
        break;
    }
    vm_unlock(vm);
}
