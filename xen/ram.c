/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of ours that the guest is shown, such as what is behind a BAR.
 *
 * It must be the domain's for that, as all its memory is, and a page of a
 * domain can only be named by where it is in the guest's address space. So a
 * block is populated once, where no guest looks, and mapped from there; that
 * takes rights over the domain, and is done while we have them. To be shown
 * its pages are moved, which a restricted process may do, and they are moved
 * back.
 *
 * No guest looks where hvmloader has its memory map say "reserved". Of that
 * some pages at either end of its dynamic part are taken; nothing between. What
 * does not fit in there is put behind all that the domain has.
 *
 * A domain that was saved comes with these pages, as they are its own: at home,
 * or where the state that is loaded shows them.
 *
 * Sources: xen/include/public/memory.h, hvm/dm_op.h; for the place that is
 * free, tools/firmware/hvmloader/config.h, and mem_alloc() and
 * mem_hole_alloc() of its util.c.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xencall.h>

#include "dm/machine.h"
#include "xen/xen-priv.h"

/* Pages: RESERVED_MEMORY_DYNAMIC_START and _END, without 2 MiB at the one end
 * and 1 MiB at the other. */
#define PARK_FIRST 0xfc200u
#define PARK_END 0xfdf00u
#define HIGH_FIRST 0x100000 /* 4 GiB */

/* ---- a block ---- */

/* How many of n pages from pfn on Xen has given or taken, or -errno. */
static long reserve(xencall_handle *call, uint32_t domid, unsigned op,
                    uint64_t pfn, uint64_t n)
{
    struct {
        struct xen_memory_reservation r;
        xen_pfn_t pfn[];
    } *arg = xencall_alloc_buffer(call, sizeof(*arg) + n * sizeof(arg->pfn[0]));
    long rc;

    if (!arg)
        return -ENOMEM;
    memset(&arg->r, 0, sizeof(arg->r));
    arg->r.nr_extents = n;
    arg->r.domid = domid;
    set_xen_guest_handle(arg->r.extent_start, arg->pfn);
    for (uint64_t i = 0; i < n; i++)
        arg->pfn[i] = pfn + i;
    rc = xencall2(call, __HYPERVISOR_memory_op, op, (uintptr_t)arg);
    if (rc < 0)
        rc = -errno;
    xencall_free_buffer(call, arg);
    return rc;
}

/* All or none. */
static int populate(struct xen *x, xencall_handle *call, uint64_t pfn,
                    uint64_t n)
{
    long done = reserve(call, x->domid, XENMEM_populate_physmap, pfn, n);

    if (done == (long)n)
        return 0;
    if (done > 0)
        reserve(call, x->domid, XENMEM_decrease_reservation, pfn, done);
    return done < 0 ? (int)done : -ENOMEM;
}

/* Where n pages can be, or -errno. */
static int64_t place(struct xen *x, xencall_handle *call, uint64_t n)
{
    uint64_t pfn = PARK_FIRST + x->parked_pages;
    domid_t *domid;
    int last;

    if (n <= PARK_END - pfn)
        return (int64_t)pfn;
    domid = xencall_alloc_buffer(call, sizeof(*domid));
    if (!domid)
        return -ENOMEM;
    *domid = (domid_t)x->domid;
    last = xencall2(call, __HYPERVISOR_memory_op, XENMEM_maximum_gpfn,
                    (uintptr_t)domid);
    if (last < 0)
        last = -errno;
    xencall_free_buffer(call, domid);
    return last < 0 ? last : last < HIGH_FIRST ? HIGH_FIRST : last + 1;
}

/* At at, in place of what is there, or anywhere. */
static uint8_t *map(struct xen *x, uint8_t *at, uint64_t pfn, uint64_t n)
{
    xen_pfn_t *list = calloc(n, sizeof(*list));
    int *errs = calloc(n, sizeof(*errs));
    uint8_t *host = NULL;

    for (uint64_t i = 0; list && i < n; i++)
        list[i] = pfn + i;
    if (list && errs)
        host =
            xenforeignmemory_map2(x->fmem, x->domid, at, PROT_READ | PROT_WRITE,
                                  at ? MAP_FIXED : 0, n, list, errs);
    for (uint64_t i = 0; host && i < n; i++) {
        if (errs[i]) {
            xenforeignmemory_unmap(x->fmem, host, n);
            host = NULL;
            errno = -errs[i];
        }
    }
    free(list);
    free(errs);
    return host;
}

/* The same of memory that the guest does not see. */
static uint8_t *unseen(uint8_t *at, uint64_t n)
{
    void *p = mmap(at, n * GUEST_PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static int no_room(struct xen *x, struct ram *ram, int rc, struct cfg_err *err)
{
    return err_set(err, rc,
                   "%s: Xen gives domain %" PRIu32 " no %" PRIu64
                   " KiB more: %s "
                   "(libxl leaves it videoram= and 1 MiB beyond its memory)",
                   ram->name, x->domid, ram->size >> 10, strerror(-rc));
}

static int make(struct xen *x, xencall_handle *call, struct ram *ram,
                struct cfg_err *err)
{
    uint64_t n = ram->size / GUEST_PAGE;
    int rc = populate(x, call, ram->home, n);

    if (rc)
        return no_room(x, ram, rc, err);
    ram->host = map(x, NULL, ram->home, n);
    if (!ram->host) {
        rc = err_set(err, -errno,
                     "%s: cannot map memory of domain %" PRIu32 ": %s",
                     ram->name, x->domid, strerror(errno));
        reserve(call, x->domid, XENMEM_decrease_reservation, ram->home, n);
        return rc;
    }
    memset(ram->host, 0, ram->size);
    return 0;
}

/* What is not at home is found when it is shown. */
static int take_over(struct xen *x, struct ram *ram, struct cfg_err *err)
{
    uint64_t n = ram->size / GUEST_PAGE;

    ram->host = map(x, NULL, ram->home, n);
    if (!ram->host)
        ram->host = unseen(NULL, n);
    return ram->host ? 0
                     : err_set(err, -ENOMEM, "%s: out of memory", ram->name);
}

int xen_ram_new(struct vm *vm, struct ram *ram, struct cfg_err *err)
{
    struct xen *x = vm->engine_priv;
    xencall_handle *call;
    int64_t pfn;
    int rc;

    if (!x->have_server)
        return err_set(err, -ENOTSUP, "%s: expected an HVM domain", ram->name);
    call = xencall_open(NULL, 0);
    if (!call)
        return err_set(err, -errno, "%s: no hypercalls: %s", ram->name,
                       strerror(errno));
    pfn = place(x, call, ram->size / GUEST_PAGE);
    ram->home = (uint64_t)pfn;
    rc = pfn < 0          ? no_room(x, ram, (int)pfn, err)
         : x->taking_over ? take_over(x, ram, err)
                          : make(x, call, ram, err);
    if (!rc && pfn < PARK_END)
        x->parked_pages += ram->size / GUEST_PAGE;
    xencall_close(call);
    return rc;
}

void xen_ram_fini(struct xen *x)
{
    for (struct ram *r = x->vm->rams; r; r = r->next) {
        if (r->host)
            xenforeignmemory_unmap(x->fmem, r->host, r->size / GUEST_PAGE);
        r->host = NULL;
    }
}

/* ---- where it is shown ---- */

static int move(struct xen *x, uint64_t from, uint64_t to, uint64_t n)
{
    return xendevicemodel_relocate_memory(x->dmod, x->domid, (uint32_t)n, from,
                                          to);
}

/* What of a move that failed has gone: Xen does not say, so all is tried. */
static void move_back(struct xen *x, uint64_t from, uint64_t to, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        move(x, to + i, from + i, 1);
}

/* Over a block's home nothing can be shown: what is there would be lost. */
static bool is_home(struct xen *x, uint64_t pfn, uint64_t n)
{
    bool hit = false;

    for (struct ram *r = x->vm->rams; r; r = r->next)
        hit |= r->host && pfn < r->home + r->size / GUEST_PAGE &&
               pfn + n > r->home;
    return hit;
}

static void complain(struct xen *x, const struct mem_slot *s, const char *what)
{
    log_capped(LOG_ERR, &x->quota, "xen",
               "%s: %" PRIu64 " KiB %s %#" PRIx64 ": %s", s->ram->name,
               s->len >> 10, what, s->gpa, strerror(errno));
}

/* The pages are there, and the block's memory is where they are. */
static int find(struct xen *x, const struct mem_slot *s, uint64_t pfn,
                uint64_t n)
{
    uint8_t *at = s->ram->host + s->off;
    int rc;

    if (map(x, at, pfn, n))
        return 0;
    rc = -errno;
    unseen(at, n); /* a state that lied: no hole where devices write */
    errno = -rc;
    return rc;
}

static int show(struct xen *x, const struct mem_slot *s)
{
    uint64_t home = s->ram->home + s->off / GUEST_PAGE;
    uint64_t pfn = s->gpa / GUEST_PAGE, n = s->len / GUEST_PAGE;
    int rc = 0;

    if (is_home(x, pfn, n))
        return -EBUSY;
    if ((x->taking_over ? find(x, s, pfn, n) : move(x, home, pfn, n)) ||
        (s->readonly && xendevicemodel_set_mem_type(x->dmod, x->domid,
                                                    HVMMEM_ram_ro, pfn, n))) {
        rc = -errno;
        complain(x, s, "cannot be shown at");
        if (!x->taking_over)
            move_back(x, home, pfn, n);
    }
    return rc;
}

static void hide(struct xen *x, const struct mem_slot *s)
{
    uint64_t home = s->ram->home + s->off / GUEST_PAGE;
    uint64_t pfn = s->gpa / GUEST_PAGE, n = s->len / GUEST_PAGE;

    if (move(x, pfn, home, n))
        complain(x, s, "cannot be taken from");
}

int xen_layout_slot(struct vm *vm, unsigned idx, const struct mem_slot *slot)
{
    struct xen *x = vm->engine_priv;
    struct mem_slot *s = &x->shown[idx];
    int rc = 0;

    if (slot && !slot->ram->host)
        return 0; /* the domain's own memory is the toolstack's affair */
    if (slot)
        rc = show(x, slot);
    else if (s->ram)
        hide(x, s);
    else
        return 0;
    *s = slot && !rc ? *slot : (struct mem_slot){0};
    foreign_invalidate(x); /* Xen does not say so when it is asked by us */
    return rc;
}
