/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/virtio/virtqueue.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};
#define DESC_NEXT 1u
#define DESC_WRITE 2u
#define DESC_INDIRECT 4u

struct used_elem {
    uint32_t id, len;
};

#define AVAIL_NO_INTERRUPT 1u
#define USED_NO_NOTIFY 1u

/* Every field of a ring is read and written by these, so exactly once. */
#define load(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define store(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)

static uint16_t *avail_flags(struct virtqueue *vq)
{
    return vq->avail.ptr;
}

static uint16_t *avail_idx(struct virtqueue *vq)
{
    return (uint16_t *)vq->avail.ptr + 1;
}

static uint16_t *avail_ring(struct virtqueue *vq, uint16_t i)
{
    return (uint16_t *)vq->avail.ptr + 2 + (i & (vq->size - 1));
}

static uint16_t *used_event(struct virtqueue *vq)
{
    return (uint16_t *)vq->avail.ptr + 2 + vq->size;
}

static uint16_t *used_flags(struct virtqueue *vq)
{
    return vq->used.ptr;
}

static uint16_t *used_idx(struct virtqueue *vq)
{
    return (uint16_t *)vq->used.ptr + 1;
}

static struct used_elem *used_ring(struct virtqueue *vq, unsigned i)
{
    return (struct used_elem *)((uint8_t *)vq->used.ptr + 4) + i;
}

static uint16_t *avail_event(struct virtqueue *vq)
{
    return (uint16_t *)used_ring(vq, vq->size);
}

/* ---- the ring ---- */

static int map_part(struct virtqueue *vq, gpa_t gpa, size_t len, unsigned align,
                    bool write, struct gmap *out)
{
    int rc;

    if (gpa & (align - 1))
        return -EINVAL;
    rc = mem_map(vq->vm, gpa, len, write, out);
    if (rc)
        return rc;
    if (out->len < len) { /* the host has it in several places */
        mem_unmap(vq->vm, out, 0);
        *out = (struct gmap){0};
        return -EFAULT;
    }
    return 0;
}

int vq_map(struct virtqueue *vq)
{
    size_t n = vq->size;
    int rc;

    if (!n || n > vq->max || (n & (n - 1)))
        return -EINVAL;
    rc = map_part(vq, vq->desc_gpa, 16 * n, 16, false, &vq->desc);
    if (!rc)
        rc = map_part(vq, vq->avail_gpa, 6 + 2 * n, 2, false, &vq->avail);
    if (!rc)
        rc = map_part(vq, vq->used_gpa, 6 + 8 * n, 4, true, &vq->used);
    if (rc) {
        vq_unmap(vq);
        return rc;
    }
    vq->in_flight = 0;
    vq->retry_n = vq->parked_n;
    vq->shown = vq->used_idx;
    vq->signalled_valid = false;
    vq->looks.worth = vq->looks.left = LOOKS_MAX;
    return 0;
}

void vq_unmap(struct virtqueue *vq)
{
    mem_unmap(vq->vm, &vq->desc, 0);
    mem_unmap(vq->vm, &vq->avail, 0);
    mem_unmap(vq->vm, &vq->used, vq->used.len);
    vq->desc = vq->avail = vq->used = (struct gmap){0};
}

void vq_reset(struct virtqueue *vq)
{
    vq->size = vq->max;
    vq->enabled = false;
    vq->bad = false;
    vq->desc_gpa = vq->avail_gpa = vq->used_gpa = 0;
    vq->last_avail = vq->used_idx = 0;
    vq->parked_n = vq->retry_n = 0;
    memset(vq->parked, 0, sizeof(vq->parked));
}

int vq_check(struct virtqueue *vq)
{
    vq->parked_n = 0;
    for (unsigned i = 0; i < VQ_SIZE_MAX; i++) {
        if (!(vq->parked[i / 8] >> i % 8 & 1))
            continue;
        if (i >= vq->size)
            return -EINVAL;
        vq->parked_n++;
    }
    return (uint16_t)(vq->last_avail - vq->used_idx) == vq->parked_n ? 0
                                                                     : -EINVAL;
}

void vq_bad(struct virtqueue *vq, const char *fmt, ...)
{
    char text[160];
    va_list ap;

    if (vq->bad)
        return;
    vq->bad = true;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    log_guest(vq->quota, vq->ctx, "queue %u: %s; the driver must reset",
              vq->idx, text);
    vq->broken(vq);
}

/* ---- chains ---- */

static struct desc read_desc(const struct desc *table, unsigned i)
{
    return (struct desc){
        .addr = load(&table[i].addr),
        .len = load(&table[i].len),
        .flags = load(&table[i].flags),
        .next = load(&table[i].next),
    };
}

/* Copies the chain at head to d[VQ_CHAIN_MAX], an indirect table in its place:
 * returns how many, or -1 having called vq_bad. */
static int chain_copy(struct virtqueue *vq, uint16_t head, struct desc *d)
{
    struct desc copy[VQ_CHAIN_MAX];
    const struct desc *table = vq->desc.ptr;
    unsigned entries = vq->size, steps = 0, i = head;
    bool indirect = false;
    int n = 0;

    for (;;) {
        if (i >= entries) {
            vq_bad(vq, "descriptor %u of %u", i, entries);
            return -1;
        }
        d[n] = read_desc(table, i);
        if (d[n].flags & DESC_INDIRECT) {
            uint32_t len = d[n].len;

            if (!vq->indirect || indirect || (d[n].flags & DESC_NEXT)) {
                vq_bad(vq, "indirect table where there may be none");
                return -1;
            }
            if (!len || len % sizeof(*copy) || len > sizeof(copy)) {
                vq_bad(vq, "indirect table of %u bytes", len);
                return -1;
            }
            if (mem_read(vq->vm, d[n].addr, copy, len)) {
                vq_bad(vq, "indirect table at %#llx is not in memory",
                       (unsigned long long)d[n].addr);
                return -1;
            }
            table = copy;
            entries = len / sizeof(*copy);
            indirect = true;
            steps = i = 0;
            continue;
        }
        if (n && (d[n - 1].flags & DESC_WRITE) && !(d[n].flags & DESC_WRITE)) {
            vq_bad(vq, "buffer to read behind one to write");
            return -1;
        }
        n++;
        if (!(d[n - 1].flags & DESC_NEXT))
            return n;
        if (++steps == entries || n == VQ_CHAIN_MAX) {
            vq_bad(vq, "endless chain at %u", head);
            return -1;
        }
        i = d[n - 1].next;
    }
}

static void elem_free(struct virtqueue *vq, struct vq_elem *el,
                      uint32_t written)
{
    for (unsigned i = 0; i < el->map_n; i++) {
        size_t dirty = 0;

        if (i >= el->map_out) {
            dirty = el->map[i].len < written ? el->map[i].len : written;
            written -= dirty;
        }
        mem_unmap(vq->vm, &el->map[i], dirty);
    }
    free(el);
}

/* Maps n descriptors to at most cap pieces. 0, -ENOMEM, -ENOSPC: more pieces;
 * else the address at *at is at fault. */
static int elem_map(struct virtqueue *vq, const struct desc *d, int n,
                    size_t elem_size, unsigned cap, struct vq_elem **out,
                    uint64_t *at)
{
    size_t head = (elem_size + 15) & ~(size_t)15;
    struct vq_elem *el;
    struct iovec *iov;
    int rc;

    el = malloc(head + cap * (sizeof(*el->map) + sizeof(*iov)));
    if (!el)
        return -ENOMEM;
    memset(el, 0, head);
    el->map = (struct gmap *)((uint8_t *)el + head);
    iov = (struct iovec *)(el->map + cap);
    for (int i = 0; i < n; i++) {
        bool write = d[i].flags & DESC_WRITE;
        uint64_t addr = d[i].addr;
        uint32_t len = d[i].len, *total = write ? &el->in_len : &el->out_len;

        *at = addr;
        rc = -EFAULT;
        if (len && addr + (len - 1) < addr)
            goto out;
        rc = -EOVERFLOW;
        if (__builtin_add_overflow(*total, len, total))
            goto out;
        while (len) {
            struct gmap *map = &el->map[el->map_n];

            rc = -ENOSPC;
            if (el->map_n == cap)
                goto out;
            rc = mem_map(vq->vm, addr, len, write, map);
            if (rc)
                goto out;
            iov[el->map_n++] =
                (struct iovec){.iov_base = map->ptr, .iov_len = map->len};
            el->map_out += !write;
            addr += map->len;
            len -= (uint32_t)map->len;
        }
    }
    el->out = iov;
    el->out_n = el->map_out;
    el->in = iov + el->out_n;
    el->in_n = el->map_n - el->out_n;
    *out = el;
    return 0;
out:
    elem_free(vq, el, 0);
    return rc;
}

static struct vq_elem *elem_new(struct virtqueue *vq, uint16_t head,
                                size_t elem_size)
{
    struct desc d[VQ_CHAIN_MAX];
    struct vq_elem *el = NULL;
    uint64_t at = 0;
    int n, rc;

    n = chain_copy(vq, head, d);
    if (n < 0)
        return NULL;
    rc = elem_map(vq, d, n, elem_size, (unsigned)n, &el, &at);
    if (rc == -ENOSPC)
        rc = elem_map(vq, d, n, elem_size, VQ_CHAIN_MAX, &el, &at);
    if (rc)
        vq_bad(vq, "buffer at %#llx: %s", (unsigned long long)at,
               strerror(-rc));
    else
        el->head = head;
    return el;
}

bool vq_pending(struct virtqueue *vq)
{
    return vq->running && !vq->bad &&
           (vq->retry_n || load(avail_idx(vq)) != vq->last_avail);
}

static uint16_t parked_next(struct virtqueue *vq)
{
    unsigned i = 0;

    while (!vq->parked[i])
        i++;
    return (uint16_t)(8 * i + (unsigned)__builtin_ctz(vq->parked[i]));
}

struct vq_elem *vq_pop(struct virtqueue *vq, size_t elem_size)
{
    bool parked = vq->retry_n;
    struct vq_elem *el;
    uint16_t idx, head;

    if (!vq->running || vq->bad)
        return NULL;
    if (parked) {
        head = parked_next(vq);
    } else {
        idx = load(avail_idx(vq));
        if (idx == vq->last_avail)
            return NULL;
        if ((uint16_t)(idx - vq->last_avail) > vq->size) {
            vq_bad(vq, "avail.idx jumps from %u to %u", vq->last_avail, idx);
            return NULL;
        }
        if (vq->in_flight + vq->parked_n >= vq->size) {
            vq_bad(vq, "more than %u chains at once", vq->size);
            return NULL;
        }
        /* The entry, and what it leads to, was written before the index. */
        atomic_thread_fence(memory_order_acquire);
        head = load(avail_ring(vq, vq->last_avail));
    }
    el = elem_new(vq, head, elem_size);
    if (!el)
        return NULL;
    el->was_parked = parked;
    if (parked) {
        vq->parked[head / 8] &= (uint8_t) ~(1u << head % 8);
        vq->parked_n--;
        vq->retry_n--;
    } else {
        vq->last_avail++;
    }
    vq->in_flight++;
    return el;
}

void vq_unpop(struct virtqueue *vq, struct vq_elem *el)
{
    if (el->was_parked) {
        vq->retry_n++;
        vq_park(vq, el);
        return;
    }
    vq->last_avail--;
    vq->in_flight--;
    elem_free(vq, el, el->in_len); /* whatever was written */
}

void vq_park(struct virtqueue *vq, struct vq_elem *el)
{
    uint8_t bit = (uint8_t)(1u << el->head % 8);

    if (vq->parked[el->head / 8] & bit) {
        vq_bad(vq, "chain %u is in flight twice", el->head);
        vq_push(vq, el, 0);
        return;
    }
    vq->parked[el->head / 8] |= bit;
    vq->parked_n++;
    vq->in_flight--;
    elem_free(vq, el, el->in_len);
}

void vq_push(struct virtqueue *vq, struct vq_elem *el, uint32_t written)
{
    struct used_elem *u = used_ring(vq, vq->used_idx & (vq->size - 1));

    store(&u->id, el->head);
    store(&u->len, written);
    vq->used_idx++;
    vq->in_flight--;
    elem_free(vq, el, written);
}

static bool wants_interrupt(struct virtqueue *vq)
{
    uint16_t old = vq->signalled, now = vq->used_idx;
    bool valid = vq->signalled_valid;

    if (!vq->event_idx)
        return !(load(avail_flags(vq)) & AVAIL_NO_INTERRUPT);
    vq->signalled = now;
    vq->signalled_valid = true;
    return !valid ||
           (uint16_t)(now - load(used_event(vq)) - 1) < (uint16_t)(now - old);
}

void vq_flush(struct virtqueue *vq)
{
    if (!vq->used.ptr || vq->shown == vq->used_idx)
        return;
    vq->shown = vq->used_idx;
    __atomic_store_n(used_idx(vq), vq->used_idx, __ATOMIC_RELEASE);
    mem_dirty(vq->vm, &vq->used, vq->used.len);
    /* The driver sets used_event, then looks at used.idx; we the opposite. */
    atomic_thread_fence(memory_order_seq_cst);
    if (wants_interrupt(vq))
        vq->notify(vq);
}

void vq_kick_off(struct virtqueue *vq)
{
    /* With event_idx the driver kicks once for each avail_event it passes. */
    if (vq->event_idx)
        return;
    store(used_flags(vq), USED_NO_NOTIFY);
    mem_dirty(vq->vm, &vq->used, vq->used.len);
}

bool vq_kick_on(struct virtqueue *vq)
{
    if (!vq->running)
        return false;
    if (vq->event_idx)
        store(avail_event(vq), vq->last_avail);
    else
        store(used_flags(vq), 0);
    mem_dirty(vq->vm, &vq->used, vq->used.len);
    /* As in vq_flush, with the roles turned round. */
    atomic_thread_fence(memory_order_seq_cst);
    return vq_pending(vq);
}

void vq_rest(struct virtqueue *vq, bool worked)
{
    if (looks_again(&vq->looks, worked) || vq_kick_on(vq))
        vq_again(vq);
}

void vq_again(struct virtqueue *vq)
{
    uint64_t one = 1;
    ssize_t r = write(vq->kick_fd, &one, sizeof(one));

    (void)r; /* cannot fail: nobody counts to 2^64 */
}
