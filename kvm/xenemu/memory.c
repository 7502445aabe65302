/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's physical memory: our pages that it places where it likes, and
 * what it gives back and takes again.
 *
 * A page of ours takes the place of what was at that address; when it goes
 * elsewhere, what was there is there again. A page that was given back stays
 * in the layout, and costs nothing until somebody touches it.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dm/machine.h"
#include "kvm/xenemu/xenemu-priv.h"

#define CHIPS 0xfec00u /* gfn: from here on there are local chips */
#define SLOTS_LEFT 32u /* pieces of memory that are the board's to make */
#define GFN_4G 0x100000u

struct e820 {
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed));
#define E820_RAM 1

void *xen_page(struct xenemu *x, uint64_t gfn, bool write)
{
    struct gmap map;

    if (gfn >= 1ull << 40 ||
        mem_map(x->vm, gfn * XEN_PAGE, XEN_PAGE, write, &map))
        return NULL;
    return map.len == XEN_PAGE ? map.ptr : NULL;
}

bool xen_slot_of(struct xenemu *x, gpa_t gpa, struct mem_slot *out)
{
    for (unsigned i = 0; mem_slot_at(x->vm, i, out); i++)
        if (gpa >= out->gpa && gpa - out->gpa < out->len)
            return true;
    return false;
}

/* ---- our pages ---- */

/* What was there, as one piece with what it was cut from. */
static void put_back(struct xenemu *x, const struct xen_overlay *o)
{
    struct mem_slot m = o->under, s;

    m.off += o->gpa - m.gpa;
    m.gpa = o->gpa;
    m.len = XEN_PAGE;
    for (unsigned i = 0; mem_slot_at(x->vm, i, &s); i++) {
        if (s.ram != m.ram || s.readonly != m.readonly ||
            s.gpa - s.off != m.gpa - m.off)
            continue;
        if (s.gpa + s.len == m.gpa) {
            m.gpa = s.gpa;
            m.off = s.off;
            m.len += s.len;
        } else if (m.gpa + m.len == s.gpa) {
            m.len += s.len;
        }
    }
    mem_show(x->vm, m.gpa, m.len, m.ram, m.off, m.readonly);
}

void xen_overlay_hide(struct xenemu *x, struct xen_overlay *o)
{
    if (!o->shown)
        return;
    o->shown = false;
    if (o->had)
        put_back(x, o);
    else
        mem_hide(x->vm, o->gpa, XEN_PAGE);
}

static void hide_at(struct xenemu *x, gpa_t gpa)
{
    struct xen_overlay *o = &x->shared_at;

    if (o->shown && o->gpa == gpa)
        xen_overlay_hide(x, o);
    for (unsigned i = 0; i < x->conf.grant_frames; i++)
        if (x->grant_at[i].shown && x->grant_at[i].gpa == gpa)
            xen_overlay_hide(x, &x->grant_at[i]);
    for (unsigned i = 0; i < XEN_SELF_MAPS; i++)
        if (x->self[i].at.shown && x->self[i].at.gpa == gpa)
            xen_overlay_hide(x, &x->self[i].at);
}

long xen_overlay_show(struct xenemu *x, struct xen_overlay *o, uint64_t gfn,
                      struct ram *ram, uint64_t off, bool readonly)
{
    uint64_t end = x->ram_top > GFN_4G ? x->ram_top : CHIPS;
    struct mem_slot last;
    int rc;

    if (gfn >= end || (gfn >= CHIPS && gfn < GFN_4G))
        return -XEN_EINVAL;
    xen_overlay_hide(x, o);
    hide_at(x, gfn * XEN_PAGE);
    if (mem_slot_at(x->vm, MEM_SLOTS - SLOTS_LEFT, &last))
        return -XEN_ENOSPC;
    o->gpa = gfn * XEN_PAGE;
    o->had = xen_slot_of(x, o->gpa, &o->under);
    o->shown = true;
    rc = mem_show(x->vm, o->gpa, XEN_PAGE, ram, off, readonly);
    if (!rc)
        return 0;
    xen_overlay_hide(x, o);
    return rc == -ENOSPC ? -XEN_ENOSPC : -XEN_EINVAL;
}

/* The shared page came or went. */
static void shared_moved(struct xenemu *x)
{
    pthread_mutex_lock(&x->lock);
    xen_shared_placed(x);
    pthread_mutex_unlock(&x->lock);
}

static long place(struct xenemu *x, uint16_t space, uint64_t idx, uint64_t gfn,
                  bool wide)
{
    long rc;

    switch (space) {
    case XENMAPSPACE_shared_info:
        if (idx)
            return -XEN_EINVAL;
        rc = xen_overlay_show(x, &x->shared_at, gfn, x->shared_ram, 0, false);
        pthread_mutex_lock(&x->lock);
        xen_set_wide(x, wide);
        pthread_mutex_unlock(&x->lock);
        shared_moved(x);
        return rc;
    case XENMAPSPACE_grant_table:
        if (idx >= x->conf.grant_frames)
            return -XEN_EINVAL;
        rc = xen_overlay_show(x, &x->grant_at[idx], gfn, x->grant_ram,
                              idx * XEN_PAGE, false);
        pthread_mutex_lock(&x->gnt_lock);
        if (!rc && idx >= x->grant_frames)
            x->grant_frames = idx + 1;
        pthread_mutex_unlock(&x->gnt_lock);
        shared_moved(x);
        return rc;
    default:
        return -XEN_EINVAL;
    }
}

static long add_to_physmap(struct xcall *c)
{
    struct xenemu *x = c->x;
    uint8_t arg[24];
    long rc = xcall_get(c, c->regs->arg[1], arg, c->regs->wide ? 24 : 16);

    if (rc)
        return rc;
    if (!xen_is_self(xcall_field(c, arg, 0, 0, 2)))
        return -XEN_EPERM;
    vm_lock(x->vm);
    rc = place(x, xcall_field(c, arg, 4, 4, 4), xcall_field(c, arg, 8, 8, 0),
               xcall_field(c, arg, 16, 12, 0), c->regs->wide);
    vm_unlock(x->vm);
    return rc;
}

/* Continued as Xen does: what is done is in the operation's upper bits. */
static long add_to_physmap_batch(struct xcall *c, uint64_t start)
{
    struct xenemu *x = c->x;
    unsigned word = c->regs->wide ? 8 : 4;
    uint8_t arg[32];
    uint64_t n, idxs, gfns, errs;
    long rc = xcall_get(c, c->regs->arg[1], arg, c->regs->wide ? 32 : 20);

    if (rc)
        return rc;
    if (!xen_is_self(xcall_field(c, arg, 0, 0, 2)))
        return -XEN_EPERM;
    n = xcall_field(c, arg, 4, 4, 2);
    idxs = xcall_field(c, arg, 8, 8, 0);
    gfns = xcall_field(c, arg, 16, 12, 0);
    errs = xcall_field(c, arg, 24, 16, 0);
    if (start > n)
        return -XEN_EINVAL;
    for (uint64_t i = start; i < n; i++) {
        uint64_t idx = 0, gfn = 0;
        int32_t err;

        if (xcall_preempted(c, i - start)) {
            c->regs->arg[0] =
                XENMEM_add_to_physmap_batch | i << XENMEM_EXTENT_SHIFT;
            return 0;
        }
        if (xcall_get(c, idxs + i * word, &idx, word) ||
            xcall_get(c, gfns + i * word, &gfn, word))
            return -XEN_EFAULT;
        vm_lock(x->vm);
        err = place(x, xcall_field(c, arg, 2, 2, 2), idx, gfn, c->regs->wide);
        vm_unlock(x->vm);
        if (xcall_put(c, errs + i * 4, &err, sizeof(err)))
            return -XEN_EFAULT;
    }
    return 0;
}

static long remove_from_physmap(struct xcall *c)
{
    struct xenemu *x = c->x;
    uint8_t arg[16];
    uint64_t gfn;
    long rc = xcall_get(c, c->regs->arg[1], arg, c->regs->wide ? 16 : 8);

    if (rc)
        return rc;
    if (!xen_is_self(xcall_field(c, arg, 0, 0, 2)))
        return -XEN_EPERM;
    gfn = xcall_field(c, arg, 8, 4, 0);
    vm_lock(x->vm);
    hide_at(x, gfn < 1ull << 40 ? gfn * XEN_PAGE : UINT64_MAX);
    shared_moved(x);
    vm_unlock(x->vm);
    return 0;
}

/* ---- ballooning ---- */

/* The guest's own RAM there, and none of ours in its place. */
static void *ram_at(struct xenemu *x, uint64_t gfn)
{
    struct mem_slot s;

    if (gfn >= x->ram_top || !xen_slot_of(x, gfn * XEN_PAGE, &s) ||
        s.ram != x->main_ram || s.readonly)
        return NULL;
    return s.ram->host + s.off + (gfn * XEN_PAGE - s.gpa);
}

/* Whole, or nothing of it. */
static bool change_extent(struct xenemu *x, uint64_t gfn, unsigned order,
                          bool give_back)
{
    uint64_t n = 1ull << order;

    if (gfn >= x->ram_top || gfn % n)
        return false;
    for (uint64_t g = gfn; g < gfn + n; g++) {
        bool is_out = x->ballooned[g / 64] >> g % 64 & 1;

        if (!ram_at(x, g) || is_out == give_back)
            return false;
    }
    for (uint64_t g = gfn; g < gfn + n; g++) {
        x->ballooned[g / 64] ^= 1ull << g % 64;
        if (give_back)
            madvise(ram_at(x, g), XEN_PAGE, x->ram_advice);
    }
    x->balloon_pages += give_back ? n : -n;
    return true;
}

/* The result is the number of extents that were done. */
static long change_reservation(struct xcall *c, uint64_t start, unsigned op)
{
    struct xenemu *x = c->x;
    unsigned word = c->regs->wide ? 8 : 4, order;
    uint8_t arg[40];
    uint64_t list, n;
    long rc = xcall_get(c, c->regs->arg[1], arg, c->regs->wide ? 32 : 20);

    if (rc)
        return rc;
    list = xcall_field(c, arg, 0, 0, 0);
    n = xcall_field(c, arg, 8, 4, 0);
    order = xcall_field(c, arg, 16, 8, 4);
    if (!xen_is_self(xcall_field(c, arg, 24, 16, 2)))
        return -XEN_EPERM;
    if (n > UINT64_MAX >> XENMEM_EXTENT_SHIFT || start > n)
        return -XEN_EINVAL;
    if (order > XEN_MAX_ORDER)
        return start;
    for (uint64_t i = start; i < n; i++) {
        uint64_t gfn = 0;
        bool done;

        if (xcall_preempted(c, (i - start) << order)) {
            c->regs->arg[0] = op | i << XENMEM_EXTENT_SHIFT;
            return 0;
        }
        if (xcall_get(c, list + i * word, &gfn, word))
            return i;
        vm_lock(x->vm);
        done = change_extent(x, gfn, order, op == XENMEM_decrease_reservation);
        vm_unlock(x->vm);
        if (!done)
            return i;
    }
    return n;
}

/* ---- what there is ---- */

static long pages(struct xcall *c, bool maximum)
{
    struct xenemu *x = c->x;
    uint16_t domid;
    uint64_t n;
    long rc = xcall_get(c, c->regs->arg[1], &domid, sizeof(domid));

    if (rc)
        return rc;
    if (!xen_is_self(domid))
        return domid ? -XEN_ESRCH : -XEN_EPERM;
    vm_lock(x->vm);
    n = x->ram_pages - (maximum ? 0 : x->balloon_pages);
    vm_unlock(x->vm);
    return n;
}

/* Main memory as it was given; what the guest put over it, it knows. */
static long memory_map(struct xcall *c)
{
    struct xenemu *x = c->x;
    struct e820 map[3] = {
        {0, 0xa0000, E820_RAM},
        {0x100000, 0, E820_RAM},
        {(uint64_t)GFN_4G * XEN_PAGE, 0, E820_RAM},
    };
    uint64_t low = x->low_pages * XEN_PAGE;
    uint32_t n = 3, room;
    uint8_t arg[16];
    long rc = xcall_get(c, c->regs->arg[1], arg, c->regs->wide ? 16 : 8);

    if (rc)
        return rc;
    map[1].size = low > map[1].addr ? low - map[1].addr : 0;
    map[2].size = x->ram_pages * XEN_PAGE - low;
    n -= !map[2].size;
    room = xcall_field(c, arg, 0, 0, 4);
    n = n < room ? n : room;
    rc = xcall_put(c, xcall_field(c, arg, 8, 4, 0), map, n * sizeof(map[0]));
    return rc ? rc : xcall_put(c, c->regs->arg[1], &n, sizeof(n));
}

long hc_memory_op(struct xcall *c)
{
    unsigned op = c->regs->arg[0] & XENMEM_OP;
    uint64_t start = c->regs->arg[0] >> XENMEM_EXTENT_SHIFT;

    switch (op) {
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return change_reservation(c, start, op);
    case XENMEM_add_to_physmap_batch:
        return add_to_physmap_batch(c, start);
    }
    if (start)
        return -XEN_ENOSYS;
    switch (op) {
    case XENMEM_maximum_ram_page:
    case XENMEM_maximum_gpfn:
        return c->x->ram_top - 1;
    case XENMEM_current_reservation:
        return pages(c, false);
    case XENMEM_maximum_reservation:
        return pages(c, true);
    case XENMEM_add_to_physmap:
        return add_to_physmap(c);
    case XENMEM_memory_map:
        return memory_map(c);
    case XENMEM_remove_from_physmap:
        return remove_from_physmap(c);
    default:
        return xcall_unknown(c, HC_memory_op, op);
    }
}

/* ---- life ---- */

int xen_memory_start(struct xenemu *x, struct cfg_err *err)
{
    struct mem_slot s;
    int rc;

    if (!mem_slot_at(x->vm, 0, &s))
        return err_set(err, -EINVAL, "Xen's interfaces need a board with RAM");
    x->main_ram = s.ram;
    x->ram_advice = s.ram->fd >= 0 ? MADV_REMOVE : MADV_DONTNEED;
    for (unsigned i = 0; mem_slot_at(x->vm, i, &s); i++)
        if (s.ram == x->main_ram) {
            x->ram_top = (s.gpa + s.len) / XEN_PAGE;
            if (x->ram_top < GFN_4G)
                x->low_pages = x->ram_top;
        }
    x->ram_pages = x->main_ram->size / XEN_PAGE;
    x->ballooned = calloc(x->ram_top / 64 + 1, sizeof(x->ballooned[0]));
    if (!x->ballooned)
        return err_set(err, -ENOMEM, "out of memory");
    rc = ram_new(x->vm, "xen.shared", XEN_PAGE, &x->shared_ram, err);
    if (!rc)
        rc = ram_new(x->vm, "xen.grants", x->conf.grant_frames * XEN_PAGE,
                     &x->grant_ram, err);
    if (!rc)
        rc = ram_new(x->vm, "xen.special", XEN_SPECIALS * XEN_PAGE,
                     &x->special_ram, err);
    if (!rc && mem_show(x->vm, XEN_SPECIAL * XEN_PAGE, XEN_SPECIALS * XEN_PAGE,
                        x->special_ram, 0, false))
        rc = err_set(err, -EINVAL, "no room for the pages of Xen's rings");
    return rc;
}

void xen_memory_reset(struct xenemu *x)
{
    xen_overlay_hide(x, &x->shared_at);
    for (unsigned i = 0; i < x->conf.grant_frames; i++)
        xen_overlay_hide(x, &x->grant_at[i]);
    for (unsigned i = 0; i < XEN_SELF_MAPS; i++)
        xen_overlay_hide(x, &x->self[i].at);
    memset(x->ballooned, 0, (x->ram_top / 64 + 1) * sizeof(x->ballooned[0]));
    x->balloon_pages = 0;
    memset(x->shared_ram->host, 0, XEN_PAGE);
    memset(x->special_ram->host, 0, XEN_SPECIALS * XEN_PAGE);
}

void xen_memory_fini(struct xenemu *x)
{
    free(x->ballooned);
}
