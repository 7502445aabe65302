/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory: a bounded cache of foreign mappings.
 *
 * Memory is mapped in chunks of CHUNK pages. A chunk that is used stays
 * mapped, the least recently used one goes when there are MAX_CHUNKS; one
 * that is pinned by a gmap stays. A page the guest gave back (balloon) maps
 * with an error: accesses to it fail, its neighbours work. When Xen says that
 * memory changed (INVALIDATE), unpinned chunks are dropped, and pinned ones
 * are not found any more and go with their last user. Xen says so of pages
 * that go, not of pages that come: a chunk is mapped anew before an access to
 * a missing page of it fails.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dm/machine.h"
#include "xen/xen-priv.h"

#define CHUNK 32u /* pages */
#define CHUNK_BYTES (CHUNK * GUEST_PAGE)
#define MAX_CHUNKS 512u /* 64 MiB at the most */
#define BUCKETS 256u

struct chunk {
    uint64_t number; /* gpa / CHUNK_BYTES */
    uint8_t *addr;
    uint32_t bad; /* bit a page that could not be mapped */
    unsigned pins;
    bool stale;
    struct chunk *hash_next, *older, *newer;
};

struct foreign_cache {
    pthread_mutex_t lock;
    struct chunk *bucket[BUCKETS];
    struct chunk *newest, *oldest;
    unsigned n;
};

static void list_del(struct foreign_cache *c, struct chunk *k)
{
    *(k->newer ? &k->newer->older : &c->newest) = k->older;
    *(k->older ? &k->older->newer : &c->oldest) = k->newer;
}

static void list_add(struct foreign_cache *c, struct chunk *k)
{
    k->newer = NULL;
    k->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = k;
    c->newest = k;
}

/* Out of the table and the list; unmapped unless somebody pins it. */
static void drop(struct xen *x, struct chunk *k)
{
    struct foreign_cache *c = x->cache;
    struct chunk **p = &c->bucket[k->number % BUCKETS];

    if (!k->stale) {
        while (*p != k)
            p = &(*p)->hash_next;
        *p = k->hash_next;
        list_del(c, k);
        c->n--;
        k->stale = true;
    }
    if (!k->pins) {
        xenforeignmemory_unmap(x->fmem, k->addr, CHUNK);
        free(k);
    }
}

static struct chunk *map_chunk(struct xen *x, uint64_t number)
{
    xen_pfn_t pfn[CHUNK];
    int errs[CHUNK];
    struct chunk *k = calloc(1, sizeof(*k));

    if (!k)
        return NULL;
    for (unsigned i = 0; i < CHUNK; i++)
        pfn[i] = number * CHUNK + i;
    k->number = number;
    k->addr = xenforeignmemory_map(x->fmem, x->domid, PROT_READ | PROT_WRITE,
                                   CHUNK, pfn, errs);
    if (!k->addr) {
        free(k);
        return NULL;
    }
    for (unsigned i = 0; i < CHUNK; i++)
        k->bad |= (uint32_t) !!errs[i] << i;
    return k;
}

static bool is_bad(const struct chunk *k, gpa_t gpa)
{
    return k->bad >> (gpa % CHUNK_BYTES / GUEST_PAGE) & 1;
}

/* The chunk of gpa, pinned; NULL if none can be had. */
static struct chunk *pin(struct xen *x, gpa_t gpa)
{
    struct foreign_cache *c = x->cache;
    uint64_t number = gpa / CHUNK_BYTES;
    struct chunk *k, *old;

    pthread_mutex_lock(&c->lock);
    for (k = c->bucket[number % BUCKETS]; k && k->number != number;)
        k = k->hash_next;
    if (k && is_bad(k, gpa)) {
        drop(x, k);
        k = NULL;
    }
    if (k) {
        list_del(c, k);
    } else {
        for (old = c->oldest; old && c->n >= MAX_CHUNKS;) {
            struct chunk *newer = old->newer;

            if (!old->pins)
                drop(x, old);
            old = newer;
        }
        k = c->n < MAX_CHUNKS ? map_chunk(x, number) : NULL;
        if (k) {
            k->hash_next = c->bucket[number % BUCKETS];
            c->bucket[number % BUCKETS] = k;
            c->n++;
        }
    }
    if (k) {
        list_add(c, k);
        k->pins++;
    }
    pthread_mutex_unlock(&c->lock);
    return k;
}

static void unpin(struct xen *x, struct chunk *k)
{
    pthread_mutex_lock(&x->cache->lock);
    if (!--k->pins && k->stale)
        drop(x, k);
    pthread_mutex_unlock(&x->cache->lock);
}

/* How far the good pages go on from off, at most len. */
static size_t good(const struct chunk *k, uint32_t off, size_t len)
{
    uint32_t end = off;

    while (end < CHUNK_BYTES && end - off < len &&
           !(k->bad >> (end / GUEST_PAGE) & 1))
        end = (end / GUEST_PAGE + 1) * GUEST_PAGE;
    return end - off < len ? end - off : len;
}

int foreign_init(struct xen *x)
{
    x->cache = calloc(1, sizeof(*x->cache));
    if (!x->cache)
        return -ENOMEM;
    pthread_mutex_init(&x->cache->lock, NULL);
    return 0;
}

void foreign_invalidate(struct xen *x)
{
    struct foreign_cache *c = x->cache;

    pthread_mutex_lock(&c->lock);
    while (c->newest)
        drop(x, c->newest);
    pthread_mutex_unlock(&c->lock);
}

void foreign_fini(struct xen *x)
{
    if (!x->cache)
        return;
    foreign_invalidate(x);
    pthread_mutex_destroy(&x->cache->lock);
    free(x->cache);
    x->cache = NULL;
}

int foreign_map(struct vm *vm, gpa_t gpa, size_t len, bool write,
                struct gmap *out)
{
    struct xen *x = vm->engine_priv;
    uint32_t off = gpa % CHUNK_BYTES;
    struct chunk *k = len ? pin(x, gpa) : NULL;
    size_t n = k ? good(k, off, len) : 0;

    *out = (struct gmap){0};
    if (!n) {
        if (k)
            unpin(x, k);
        return -EFAULT;
    }
    *out = (struct gmap){
        .ptr = k->addr + off, .len = n, .gpa = gpa, .write = write, .priv = k};
    return 0;
}

void foreign_unmap(struct vm *vm, struct gmap *map)
{
    unpin(vm->engine_priv, map->priv);
}

/* Xen logs what the guest writes by its own page tables; of ours it knows
 * what it is told. */
void foreign_dirty(struct vm *vm, gpa_t gpa, size_t len)
{
    struct xen *x = vm->engine_priv;
    uint64_t first = gpa / GUEST_PAGE, last = (gpa + (len - 1)) / GUEST_PAGE;

    if (xendevicemodel_modified_memory(x->dmod, x->domid, first,
                                       (uint32_t)(last - first + 1)))
        log_capped(LOG_ERR, &x->quota, "xen",
                   "domain %u: Xen takes no note of %zu bytes written at "
                   "%#" PRIx64 ": %s: a copy of its memory lacks them",
                   x->domid, len, gpa, strerror(errno));
}

static int copy(struct vm *vm, gpa_t gpa, uint8_t *buf, size_t len, bool write)
{
    struct gmap m;

    for (; len; buf += m.len, gpa += m.len, len -= m.len) {
        if (foreign_map(vm, gpa, len, write, &m)) {
            if (!write)
                memset(buf, 0xff, len);
            return -EFAULT;
        }
        if (write) {
            memcpy(m.ptr, buf, m.len);
            mem_dirty(vm, &m, m.len);
        } else {
            memcpy(buf, m.ptr, m.len);
        }
        foreign_unmap(vm, &m);
    }
    return 0;
}

int foreign_read(struct vm *vm, gpa_t gpa, void *buf, size_t len)
{
    return copy(vm, gpa, buf, len, false);
}

int foreign_write(struct vm *vm, gpa_t gpa, const void *buf, size_t len)
{
    return copy(vm, gpa, (uint8_t *)buf, len, true);
}
