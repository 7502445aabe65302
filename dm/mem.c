/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout is a sorted array of pieces. Its writer holds the machine lock;
 * its readers, any thread, look through a sequence lock: they take what they
 * found only if nothing changed meanwhile. The fields are atomic because a
 * reader may see them torn before it finds that out.
 */
#include "config.h"

#include "dm/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dm/engine.h"
#include "dm/machine.h"

struct piece {
    _Atomic uint64_t gpa, len;
    _Atomic uintptr_t host;
    atomic_bool readonly;
};

struct mem {
    atomic_bool log_dirty;
    atomic_uint seq; /* odd while the writer is at it */
    atomic_uint n;
    struct piece piece[MEM_SLOTS]; /* what readers see */
    struct mem_slot slot[MEM_SLOTS];
    int idx[MEM_SLOTS]; /* of slot[i] for the engine, -1: it refused it */
};

int mem_init(struct vm *vm)
{
    vm->mem = calloc(1, sizeof(*vm->mem));
    return vm->mem ? 0 : -ENOMEM;
}

void mem_fini(struct vm *vm)
{
    struct ram *r;

    while ((r = vm->rams)) {
        vm->rams = r->next;
        if (r->host)
            munmap(r->host, r->size);
        free(r);
    }
    free(vm->mem);
    vm->mem = NULL;
}

int mem_flat_ram_new(struct vm *vm, struct ram *ram, struct cfg_err *err)
{
    void *p = mmap(NULL, ram->size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return err_set(err, -errno,
                       "no memory for %s: the host refuses %llu MiB; ask for "
                       "less with -m",
                       ram->name, (unsigned long long)(ram->size >> 20));
    madvise(p, ram->size, MADV_DONTDUMP);
    if (ram->size >= 64 << 20)
        madvise(p, ram->size, MADV_HUGEPAGE);
    ram->host = p;
    return 0;
}

static int add_ram(struct vm *vm, const char *name, uint64_t size, bool named,
                   struct ram **out, struct cfg_err *err)
{
    struct ram *r = calloc(1, sizeof(*r));
    int rc;

    assert(size && size % GUEST_PAGE == 0);
    if (!r)
        return err_set(err, -ENOMEM, "out of memory");
    *r = (struct ram){.name = name, .size = size, .fd = -1, .next = vm->rams};
    rc = named ? 0 : vm->engine->ram_new(vm, r, err);
    if (rc) {
        free(r);
        return rc;
    }
    vm->rams = r;
    *out = r;
    return 0;
}

int ram_new(struct vm *vm, const char *name, uint64_t size, struct ram **out,
            struct cfg_err *err)
{
    return add_ram(vm, name, size, false, out, err);
}

int ram_new_main(struct vm *vm, const char *name, uint64_t size,
                 struct ram **out, struct cfg_err *err)
{
    return add_ram(vm, name, size, vm->engine->caps & ENGINE_FOREIGN_RAM, out,
                   err);
}

bool mem_slot_at(struct vm *vm, unsigned i, struct mem_slot *out)
{
    if (i >= atomic_load(&vm->mem->n))
        return false;
    *out = vm->mem->slot[i];
    return true;
}

bool mem_is_shown(struct vm *vm, gpa_t gpa, uint64_t len)
{
    struct mem_slot s;

    for (unsigned i = 0; mem_slot_at(vm, i, &s); i++) {
        if (s.gpa < gpa + len && gpa < s.gpa + s.len)
            return true;
    }
    return false;
}

/* ---- changing the layout ---- */

struct layout {
    unsigned n;
    struct mem_slot slot[MEM_SLOTS];
    int idx[MEM_SLOTS]; /* -1: new */
};

static int layout_put(struct layout *l, const struct mem_slot *s, int idx)
{
    if (l->n == MEM_SLOTS)
        return -ENOSPC;
    l->idx[l->n] = idx;
    l->slot[l->n++] = *s;
    return 0;
}

/* Puts the part [from, to) of s; whole, it keeps its place in the engine. */
static int layout_put_part(struct layout *l, const struct mem_slot *s, int idx,
                           gpa_t from, gpa_t to)
{
    struct mem_slot part = *s;

    part.gpa = from;
    part.len = to - from;
    part.off += from - s->gpa;
    return layout_put(l, &part, part.len == s->len ? idx : -1);
}

static int layout_build(const struct mem *m, struct layout *l, gpa_t gpa,
                        uint64_t len, const struct mem_slot *fresh)
{
    unsigned n = atomic_load(&m->n);
    bool put = !fresh;
    gpa_t end = gpa + len;
    int rc = 0;

    l->n = 0;
    for (unsigned i = 0; i < n && !rc; i++) {
        const struct mem_slot *s = &m->slot[i];
        gpa_t s_end = s->gpa + s->len;

        if (s->gpa < gpa)
            rc = layout_put_part(l, s, m->idx[i], s->gpa,
                                 s_end < gpa ? s_end : gpa);
        if (!rc && !put && s_end > gpa) {
            rc = layout_put(l, fresh, -1);
            put = true;
        }
        if (!rc && s_end > end)
            rc = layout_put_part(l, s, m->idx[i], s->gpa > end ? s->gpa : end,
                                 s_end);
    }
    if (!rc && !put)
        rc = layout_put(l, fresh, -1);
    return rc;
}

static void publish(struct mem *m)
{
    unsigned n = atomic_load(&m->n);

    for (unsigned i = 0; i < n; i++) {
        const struct mem_slot *s = &m->slot[i];
        uintptr_t host = s->ram->host ? (uintptr_t)s->ram->host + s->off : 0;

        atomic_store_explicit(&m->piece[i].gpa, s->gpa, memory_order_relaxed);
        atomic_store_explicit(&m->piece[i].len, s->len, memory_order_relaxed);
        atomic_store_explicit(&m->piece[i].host, host, memory_order_relaxed);
        atomic_store_explicit(&m->piece[i].readonly, s->readonly,
                              memory_order_relaxed);
    }
}

/* Tells the engine what goes and what comes; fills the new pieces' idx. If it
 * refuses one, what went comes back: it had that before. Should it refuse even
 * this, the piece is offered again with the next change. */
static int engine_update(struct vm *vm, struct mem *m, struct layout *l)
{
    bool kept[MEM_SLOTS] = {false}, used[MEM_SLOTS], fresh[MEM_SLOTS] = {false};
    unsigned n = atomic_load(&m->n), next = 0;
    int rc = 0;

    for (unsigned i = 0; i < l->n; i++) {
        if (l->idx[i] >= 0)
            kept[l->idx[i]] = true;
    }
    memcpy(used, kept, sizeof(used));
    vm->engine->layout_begin(vm);
    for (unsigned i = 0; i < n; i++) {
        if (m->idx[i] >= 0 && !kept[m->idx[i]])
            vm->engine->layout_slot(vm, m->idx[i], NULL);
    }
    for (unsigned i = 0; i < l->n && !rc; i++) {
        if (l->idx[i] >= 0)
            continue;
        while (used[next])
            next++;
        rc = vm->engine->layout_slot(vm, next, &l->slot[i]);
        if (rc)
            break;
        l->idx[i] = next;
        fresh[i] = used[next] = true;
    }
    for (unsigned i = 0; rc && i < l->n; i++) {
        if (fresh[i])
            vm->engine->layout_slot(vm, l->idx[i], NULL);
    }
    for (unsigned i = 0; rc && i < n; i++) {
        if (m->idx[i] >= 0 && !kept[m->idx[i]] &&
            vm->engine->layout_slot(vm, m->idx[i], &m->slot[i]))
            m->idx[i] = -1;
    }
    vm->engine->layout_end(vm);
    return rc;
}

static int layout_change(struct vm *vm, gpa_t gpa, uint64_t len,
                         const struct mem_slot *fresh)
{
    struct mem *m = vm->mem;
    struct layout l;
    gpa_t end;
    int rc;

    assert(vm_locked(vm));
    if (!len || (gpa | len) % GUEST_PAGE ||
        __builtin_add_overflow(gpa, len, &end))
        return -EINVAL;
    rc = layout_build(m, &l, gpa, len, fresh);
    if (rc)
        return rc;
    rc = engine_update(vm, m, &l);
    if (rc)
        return rc;
    atomic_fetch_add(&m->seq, 1);
    atomic_thread_fence(memory_order_seq_cst);
    for (unsigned i = 0; i < l.n; i++) {
        m->slot[i] = l.slot[i];
        m->idx[i] = l.idx[i];
    }
    atomic_store(&m->n, l.n);
    publish(m);
    atomic_fetch_add(&m->seq, 1);
    return 0;
}

int mem_show(struct vm *vm, gpa_t gpa, uint64_t len, struct ram *ram,
             uint64_t off, bool readonly)
{
    struct mem_slot s = {gpa, len, ram, off, readonly};
    uint64_t end;

    if (__builtin_add_overflow(off, len, &end) || end > ram->size ||
        off % GUEST_PAGE)
        return -EINVAL;
    return layout_change(vm, gpa, len, &s);
}

int mem_hide(struct vm *vm, gpa_t gpa, uint64_t len)
{
    return layout_change(vm, gpa, len, NULL);
}

/* ---- the verbs ---- */

int mem_read(struct vm *vm, gpa_t gpa, void *buf, size_t len)
{
    return vm->engine->mem_read(vm, gpa, buf, len);
}

int mem_log_dirty(struct vm *vm, bool on)
{
    assert(vm_locked(vm));
    if (!(vm->engine->caps & ENGINE_DIRTY_LOG))
        return -ENOTSUP;
    atomic_store(&vm->mem->log_dirty, on);
    return 0;
}

int mem_write(struct vm *vm, gpa_t gpa, const void *buf, size_t len)
{
    return vm->engine->mem_write(vm, gpa, buf, len);
}

int mem_map(struct vm *vm, gpa_t gpa, size_t len, bool write, struct gmap *out)
{
    return vm->engine->mem_map(vm, gpa, len, write, out);
}

void mem_dirty(struct vm *vm, const struct gmap *map, size_t dirty)
{
    size_t len = dirty < map->len ? dirty : map->len;

    if (!(vm->engine->caps & ENGINE_DIRTY_LOG) || !len)
        return;
    /* Who switches the log on and is not seen here sees what was written. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&vm->mem->log_dirty))
        vm->engine->mem_dirty(vm, map->gpa, len);
}

void mem_unmap(struct vm *vm, struct gmap *map, size_t dirty)
{
    if (map->ptr) {
        mem_dirty(vm, map, dirty);
        vm->engine->mem_unmap(vm, map);
    }
    *map = (struct gmap){0};
}

/* Index of the piece that holds gpa, or -1; may be wrong if the layout
 * changes meanwhile, but never out of bounds. */
static int find_piece(struct mem *m, gpa_t gpa)
{
    unsigned lo = 0, hi = atomic_load_explicit(&m->n, memory_order_relaxed);

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        uint64_t base =
            atomic_load_explicit(&m->piece[mid].gpa, memory_order_relaxed);
        uint64_t len =
            atomic_load_explicit(&m->piece[mid].len, memory_order_relaxed);

        if (gpa < base)
            hi = mid;
        else if (gpa - base >= len)
            lo = mid + 1;
        else
            return mid;
    }
    return -1;
}

/* The host's address of gpa and how far it goes on from there, at most len;
 * NULL where there is no memory, or none for writing. */
static uint8_t *translate(struct vm *vm, gpa_t gpa, size_t len, bool write,
                          size_t *avail)
{
    struct mem *m = vm->mem;
    uint8_t *host;
    unsigned seq;

    do {
        uintptr_t base;
        int i;

        host = NULL;
        while ((seq = atomic_load_explicit(&m->seq, memory_order_acquire)) & 1)
            ;
        i = find_piece(m, gpa);
        if (i >= 0) {
            struct piece *p = &m->piece[i];
            uint64_t off =
                gpa - atomic_load_explicit(&p->gpa, memory_order_relaxed);

            base = atomic_load_explicit(&p->host, memory_order_relaxed);
            *avail = atomic_load_explicit(&p->len, memory_order_relaxed) - off;
            if (base && !(write && atomic_load_explicit(&p->readonly,
                                                        memory_order_relaxed)))
                host = (uint8_t *)base + off;
        }
        atomic_thread_fence(memory_order_acquire);
    } while (atomic_load_explicit(&m->seq, memory_order_relaxed) != seq);
    if (host && *avail > len)
        *avail = len;
    return host;
}

int mem_flat_read(struct vm *vm, gpa_t gpa, void *buf, size_t len)
{
    uint8_t *to = buf;
    size_t n;

    while (len) {
        uint8_t *host = translate(vm, gpa, len, false, &n);

        if (!host) {
            memset(to, 0xff, len);
            return -EFAULT;
        }
        memcpy(to, host, n);
        to += n;
        gpa += n;
        len -= n;
    }
    return 0;
}

int mem_flat_write(struct vm *vm, gpa_t gpa, const void *buf, size_t len)
{
    const uint8_t *from = buf;
    size_t n;

    while (len) {
        uint8_t *host = translate(vm, gpa, len, true, &n);

        if (!host)
            return -EFAULT;
        memcpy(host, from, n);
        from += n;
        gpa += n;
        len -= n;
    }
    return 0;
}

int mem_flat_map(struct vm *vm, gpa_t gpa, size_t len, bool write,
                 struct gmap *out)
{
    size_t n = 0, more;
    uint8_t *host = len ? translate(vm, gpa, len, write, &n) : NULL;

    *out = (struct gmap){0};
    if (!host)
        return -EFAULT;
    /* Neighbours in the layout are often neighbours in the host. */
    while (n < len && translate(vm, gpa + n, len - n, write, &more) == host + n)
        n += more;
    *out = (struct gmap){.ptr = host, .len = n, .gpa = gpa, .write = write};
    return 0;
}

void mem_flat_unmap(struct vm *vm, struct gmap *map)
{
}
