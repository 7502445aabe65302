/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grant table, version 1. The guest writes the entries, at any time; what
 * holds is x->active: who uses an entry, and the frame that was in it when
 * the first of them came. The marks in the entry (GTF_reading, GTF_writing)
 * go there and away together with its check, in one atomic instruction.
 */
#include "config.h"

#include <string.h>

#include "dm/machine.h"
#include "kvm/xenemu/xenemu-priv.h"

#define TRIES 16 /* a guest that changes the entry all the time */
#define USERS_MAX 60000

/* Flags and domain are one word. */
static int mark(struct grant_entry *e, uint16_t dom, bool write)
{
    uint32_t *word = (uint32_t *)e;
    uint32_t old = __atomic_load_n(word, __ATOMIC_SEQ_CST);

    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t set = GTF_reading | (write ? GTF_writing : 0);

        if ((old & GTF_type_mask) != GTF_permit_access || old >> 16 != dom ||
            (write && old & GTF_readonly))
            return GNTST_general_error;
        if (__atomic_compare_exchange_n(word, &old, old | set, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return GNTST_okay;
    }
    return GNTST_general_error;
}

static void unmark(struct grant_entry *e, uint32_t flags)
{
    __atomic_fetch_and((uint32_t *)e, ~flags, __ATOMIC_SEQ_CST);
}

int xen_grant_get(struct xenemu *x, uint32_t ref, uint16_t dom, bool write,
                  void **page)
{
    struct xen_active *a;
    unsigned users;

    if (ref >= x->grant_frames * GRANTS_PER_FRAME)
        return GNTST_bad_gntref;
    a = &x->active[ref];
    users = a->readers + a->writers;
    if (users && a->dom != dom)
        return GNTST_general_error;
    if (users >= USERS_MAX)
        return GNTST_no_device_space;
    if (!users || (write && !a->writers)) {
        int rc = mark(&x->grants[ref], dom, write);

        if (rc)
            return rc;
    }
    if (!users) {
        a->frame = __atomic_load_n(&x->grants[ref].frame, __ATOMIC_SEQ_CST);
        a->dom = dom;
    }
    if (write)
        a->writers++;
    else
        a->readers++;
    *page = xen_page(x, a->frame, write);
    if (*page)
        return GNTST_okay;
    xen_grant_put(x, ref, write);
    return GNTST_bad_page;
}

void xen_grant_put(struct xenemu *x, uint32_t ref, bool write)
{
    struct xen_active *a = &x->active[ref];

    if (write)
        a->writers--;
    else
        a->readers--;
    if (!a->writers)
        unmark(&x->grants[ref], GTF_writing | (a->readers ? 0 : GTF_reading));
}

/* A toolstack grants the rings that it has made. */
static void grant_ring(struct xenemu *x, unsigned ref, uint64_t special)
{
    x->grants[ref] = (struct grant_entry){
        .flags = GTF_permit_access,
        .domid = x->xenif.own_domid,
        .frame = XEN_SPECIAL + special,
    };
}

void xen_gnttab_reset(struct xenemu *x)
{
    memset(x->grants, 0, x->conf.grant_frames * XEN_PAGE);
    memset(x->active, 0,
           x->conf.grant_frames * GRANTS_PER_FRAME * sizeof(x->active[0]));
    for (unsigned i = 0; i < XEN_SELF_MAPS; i++)
        x->self[i].used = false;
    x->grant_frames = 1;
    x->gnt_age++;
    grant_ring(x, GNTTAB_RESERVED_CONSOLE, XEN_SPECIAL_CONSOLE);
    grant_ring(x, GNTTAB_RESERVED_XENSTORE, XEN_SPECIAL_STORE);
}

/* ---- the guest's own maps ---- */

static int16_t self_map(struct xenemu *x, struct gnttab_map *m)
{
    bool write = !(m->flags & GNTMAP_readonly);
    struct xen_self_map *s = NULL;
    struct mem_slot slot;
    void *page;
    int rc;

    if (!xen_is_self(m->dom))
        return GNTST_bad_domain;
    if (!(m->flags & (GNTMAP_host_map | GNTMAP_device_map)) ||
        m->flags & ~(GNTMAP_host_map | GNTMAP_device_map | GNTMAP_readonly))
        return GNTST_general_error;
    for (unsigned i = 0; i < XEN_SELF_MAPS && !s; i++)
        if (!x->self[i].used)
            s = &x->self[i];
    if (!s)
        return GNTST_no_device_space;
    rc = xen_grant_get(x, m->ref, XENEMU_DOMID, write, &page);
    if (rc)
        return rc;
    *s = (struct xen_self_map){.used = true, .ref = m->ref, .write = write};
    if (m->flags & GNTMAP_host_map &&
        (m->host_addr % XEN_PAGE ||
         !xen_slot_of(x, x->active[m->ref].frame * (gpa_t)XEN_PAGE, &slot) ||
         xen_overlay_show(
             x, &s->at, m->host_addr / XEN_PAGE, slot.ram,
             slot.off + (x->active[m->ref].frame * (gpa_t)XEN_PAGE - slot.gpa),
             !write))) {
        s->used = false;
        xen_grant_put(x, m->ref, write);
        return GNTST_bad_virt_addr;
    }
    m->handle = s - x->self;
    m->dev_bus_addr = x->active[m->ref].frame * (uint64_t)XEN_PAGE;
    return GNTST_okay;
}

static int16_t self_unmap(struct xenemu *x, const struct gnttab_unmap *u)
{
    struct xen_self_map *s;

    if (u->handle >= XEN_SELF_MAPS || !x->self[u->handle].used)
        return GNTST_bad_handle;
    s = &x->self[u->handle];
    if (s->at.shown && u->host_addr != s->at.gpa)
        return GNTST_bad_virt_addr;
    xen_overlay_hide(x, &s->at);
    xen_grant_put(x, s->ref, s->write);
    s->used = false;
    return GNTST_okay;
}

/* ---- operations: one element; the status is in it ---- */

static void op_map(struct xcall *c, void *arg)
{
    struct gnttab_map *m = arg;

    vm_lock(c->x->vm);
    pthread_mutex_lock(&c->x->gnt_lock);
    m->status = self_map(c->x, m);
    pthread_mutex_unlock(&c->x->gnt_lock);
    vm_unlock(c->x->vm);
}

static void op_unmap(struct xcall *c, void *arg)
{
    struct gnttab_unmap *u = arg;

    vm_lock(c->x->vm);
    pthread_mutex_lock(&c->x->gnt_lock);
    u->status = self_unmap(c->x, u);
    pthread_mutex_unlock(&c->x->gnt_lock);
    vm_unlock(c->x->vm);
}

/* The frames' places in the guest's memory, all-ones for what it has not
 * placed. */
static void op_setup(struct xcall *c, void *arg)
{
    struct xenemu *x = c->x;
    unsigned word = c->regs->wide ? 8 : 4;
    uint32_t n = xcall_field(c, arg, 4, 4, 4);
    uint64_t list = xcall_field(c, arg, 16, 12, 0);
    int16_t status = GNTST_okay;

    if (!xen_is_self(xcall_field(c, arg, 0, 0, 2)))
        status = GNTST_bad_domain;
    else if (n > x->conf.grant_frames)
        status = GNTST_general_error;
    for (unsigned i = 0; i < n && !status; i++) {
        uint64_t gfn;

        vm_lock(x->vm);
        gfn = x->grant_at[i].shown ? x->grant_at[i].gpa / XEN_PAGE : UINT64_MAX;
        vm_unlock(x->vm);
        if (xcall_put(c, list + i * word, &gfn, word))
            status = GNTST_bad_virt_addr;
    }
    if (!status) {
        pthread_mutex_lock(&x->gnt_lock);
        if (n > x->grant_frames)
            x->grant_frames = n;
        pthread_mutex_unlock(&x->gnt_lock);
    }
    memcpy((uint8_t *)arg + 8, &status, sizeof(status));
}

struct copy_end {
    bool granted;
    uint64_t ref; /* or frame */
    uint16_t dom, off;
    void *page;
};

static int16_t copy_open(struct xenemu *x, struct copy_end *e, bool write)
{
    if (!xen_is_self(e->dom))
        return GNTST_bad_domain;
    if (e->granted)
        return e->ref > UINT32_MAX
                   ? GNTST_bad_gntref
                   : xen_grant_get(x, e->ref, XENEMU_DOMID, write, &e->page);
    e->page = xen_page(x, e->ref, write);
    return e->page ? GNTST_okay : GNTST_bad_page;
}

static void copy_close(struct xenemu *x, struct copy_end *e, bool write)
{
    if (e->granted && e->page)
        xen_grant_put(x, e->ref, write);
}

static void op_copy(struct xcall *c, void *arg)
{
    struct xenemu *x = c->x;
    uint16_t flags = xcall_field(c, arg, 34, 18, 2);
    uint16_t len = xcall_field(c, arg, 32, 16, 2);
    struct copy_end from = {
        .granted = flags & GNTCOPY_source_gref,
        .ref = xcall_field(c, arg, 0, 0, flags & GNTCOPY_source_gref ? 4 : 0),
        .dom = xcall_field(c, arg, 8, 4, 2),
        .off = xcall_field(c, arg, 10, 6, 2),
    };
    struct copy_end to = {
        .granted = flags & GNTCOPY_dest_gref,
        .ref = xcall_field(c, arg, 16, 8, flags & GNTCOPY_dest_gref ? 4 : 0),
        .dom = xcall_field(c, arg, 24, 12, 2),
        .off = xcall_field(c, arg, 26, 14, 2),
    };
    int16_t status = GNTST_bad_copy_arg;

    if (from.off + len <= (int)XEN_PAGE && to.off + len <= (int)XEN_PAGE) {
        pthread_mutex_lock(&x->gnt_lock);
        status = copy_open(x, &from, false);
        if (!status)
            status = copy_open(x, &to, true);
        if (!status)
            memmove((uint8_t *)to.page + to.off,
                    (uint8_t *)from.page + from.off, len);
        copy_close(x, &from, false);
        copy_close(x, &to, true);
        pthread_mutex_unlock(&x->gnt_lock);
    }
    memcpy((uint8_t *)arg + (c->regs->wide ? 36 : 20), &status, sizeof(status));
}

static void op_query_size(struct xcall *c, void *arg)
{
    struct gnttab_query_size *q = arg;

    if (!xen_is_self(q->dom)) {
        q->status = GNTST_bad_domain;
        return;
    }
    pthread_mutex_lock(&c->x->gnt_lock);
    q->nr_frames = c->x->grant_frames;
    pthread_mutex_unlock(&c->x->gnt_lock);
    q->max_nr_frames = c->x->conf.grant_frames;
    q->status = GNTST_okay;
}

/* Two entries change places, unless someone uses one of them. */
static void op_swap(struct xcall *c, void *arg)
{
    struct xenemu *x = c->x;
    struct gnttab_swap *s = arg;
    uint64_t n, *a, *b, t;

    pthread_mutex_lock(&x->gnt_lock);
    n = x->grant_frames * GRANTS_PER_FRAME;
    if (s->a >= n || s->b >= n) {
        s->status = GNTST_bad_gntref;
    } else if (x->active[s->a].readers + x->active[s->a].writers +
               x->active[s->b].readers + x->active[s->b].writers) {
        s->status = GNTST_eagain;
    } else {
        a = (uint64_t *)&x->grants[s->a];
        b = (uint64_t *)&x->grants[s->b];
        t = __atomic_load_n(a, __ATOMIC_SEQ_CST);
        __atomic_store_n(a, __atomic_load_n(b, __ATOMIC_SEQ_CST),
                         __ATOMIC_SEQ_CST);
        __atomic_store_n(b, t, __ATOMIC_SEQ_CST);
        s->status = GNTST_okay;
    }
    pthread_mutex_unlock(&x->gnt_lock);
}

static const struct {
    uint8_t size64, size32;
    bool one; /* no array of them */
    void (*fn)(struct xcall *c, void *arg);
} ops[] = {
    [GNTTABOP_map_grant_ref] = {32, 32, false, op_map},
    [GNTTABOP_unmap_grant_ref] = {24, 24, false, op_unmap},
    [GNTTABOP_setup_table] = {24, 16, true, op_setup},
    [GNTTABOP_copy] = {40, 24, false, op_copy},
    [GNTTABOP_query_size] = {16, 16, true, op_query_size},
    [GNTTABOP_swap_grant_ref] = {12, 12, false, op_swap},
};

/* There is version 1 and no other; to ask for it is no error. */
static long version(struct xcall *c, bool set)
{
    uint64_t va = c->regs->arg[1];
    struct gnttab_version v;
    long rc;

    if (c->regs->arg[2] != 1)
        return -XEN_EINVAL;
    if (!set) {
        rc = xcall_get(c, va, &v, sizeof(v));
        if (rc)
            return rc;
        if (!xen_is_self(v.dom))
            return v.dom ? -XEN_ESRCH : -XEN_EPERM;
        v.version = 1;
        return xcall_put(c, va, &v, sizeof(v));
    }
    rc = xcall_get(c, va, &v.version, sizeof(v.version));
    if (rc)
        return rc;
    if (v.version == 1)
        return 0;
    v.version = 1;
    rc = xcall_put(c, va, &v.version, sizeof(v.version));
    return rc ? rc : -XEN_ENOSYS;
}

/* Continued as Xen does: the rest of the array is the argument. */
long hc_grant_table_op(struct xcall *c)
{
    uint64_t op = (uint32_t)c->regs->arg[0], *va = &c->regs->arg[1];
    uint64_t *count = &c->regs->arg[2];
    unsigned size;

    if (op == GNTTABOP_set_version || op == GNTTABOP_get_version)
        return version(c, op == GNTTABOP_set_version);
    if (op >= sizeof(ops) / sizeof(ops[0]) || !ops[op].fn)
        return xcall_unknown(c, HC_grant_table_op, op);
    size = c->regs->wide ? ops[op].size64 : ops[op].size32;
    *count = (uint32_t)*count;
    if (*count > INT32_MAX || (ops[op].one && *count != 1))
        return -XEN_EINVAL;
    for (uint64_t i = 0; *count; i++, (*count)--, *va += size) {
        uint64_t arg[5]; /* the largest of them */

        if (xcall_preempted(c, i))
            return 0;
        if (xcall_get(c, *va, arg, size))
            return -XEN_EFAULT;
        ops[op].fn(c, arg);
        if (xcall_put(c, *va, arg, size))
            return -XEN_EFAULT;
    }
    return 0;
}
