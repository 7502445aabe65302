/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of kvm/xenemu/ share.
 *
 * Locks, outermost first: the machine lock (the memory layout), then one of
 * x->lock (event channels, vCPUs, timers) and x->gnt_lock (grants), of which
 * no thread holds both.
 */
#ifndef HVMD_KVM_XENEMU_XENEMU_PRIV_H
#define HVMD_KVM_XENEMU_XENEMU_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "dm/clock.h"
#include "dm/log.h"
#include "dm/loop.h"
#include "dm/mem.h"
#include "dm/worker.h"
#include "dm/xenif.h"
#include "kvm/xenemu/abi.h"
#include "kvm/xenemu/xenemu.h"

#define XEN_PORTS 4096u /* two levels of 64 bits; of 32: 1024 */
#define XEN_LOCALS 1024u

/* Pages that a toolstack makes for its rings, out of the way of all else. */
#define XEN_SPECIAL 0xfeff8ull /* gfn */
enum { XEN_SPECIAL_STORE, XEN_SPECIAL_CONSOLE, XEN_SPECIALS };
#define XEN_SELF_MAPS 16u /* grants that the guest has mapped for itself */

/* Our pages that take the place of a page of the guest. */
struct xen_overlay {
    bool shown;
    gpa_t gpa;
    bool had; /* there was memory: */
    struct mem_slot under;
};

enum xen_port_type {
    PORT_FREE,
    PORT_UNBOUND,
    PORT_LOCAL, /* peer: our end, an index of x->local */
    PORT_LOOP,  /* peer: another port of the guest */
    PORT_VIRQ,
    PORT_IPI,
};
struct xen_port {
    uint8_t type, virq;
    uint16_t vcpu;   /* whom it notifies */
    uint16_t remote; /* domain that it is, or may be, bound to */
    uint16_t peer;
};

/* A backend's end; the fields but fd belong to x->lock. */
struct xen_local {
    bool used, masked, pending;
    evtchn_port_t guest; /* 0: the guest has closed its end */
    int fd;
};

struct xen_vcpu {
    uint8_t *info; /* struct vcpu_info; NULL: it has none */
    bool registered;
    gpa_t info_gpa; /* registered */
    uint8_t vector; /* 0: none */
    /* Changed under the lock. */
    atomic_bool lost;  /* an upcall that the APIC did not take */
    atomic_bool waits; /* halted by block or poll, as far as we know */
    bool polls;        /* by poll: any port may be what it waits for */
    evtchn_port_t virq[XEN_VIRQS];
    /* system time; TIMER_NEVER: not armed */
    int64_t singleshot, periodic, poll, retry;
    int64_t period;
    int64_t since; /* when the vCPU began */
};

/* Grants in use: how many maps and copies hold the entry. */
struct xen_active {
    uint16_t readers, writers;
    uint16_t dom;   /* theirs */
    uint32_t frame; /* as it was for the first of them */
};

/* A grant that the guest has mapped into its own memory. */
struct xen_self_map {
    bool used, write;
    uint32_t ref;
    struct xen_overlay at;
};

enum { SOFT_RESET_NONE, SOFT_RESET_ASKED, SOFT_RESET_DONE };

struct xenemu {
    struct xenif xenif;
    struct vm *vm;
    struct xenemu_conf conf;
    const struct xenemu_host *host;
    void *opaque;
    struct log_quota quota;
    struct loop_task soft_reset_task;
    atomic_int soft_reset;
    atomic_ullong unknowns;        /* calls for what is not there */
    atomic_ullong unknown[HC_MAX]; /* sub-operations seen that are not there */
    atomic_uint looks;             /* for a kernel to patch, since the reset */
    atomic_bool patched;           /* there was one */

    /* memory.c: machine lock */
    struct ram *shared_ram, *grant_ram, *special_ram, *main_ram;
    struct xen_overlay shared_at, grant_at[XENEMU_FRAMES_MAX];
    struct xen_self_map self[XEN_SELF_MAPS]; /* and gnt_lock */
    uint64_t ram_pages, low_pages; /* by the command line; below 4 GiB */
    uint64_t ram_top;              /* gfn */
    int ram_advice;                /* how a page is given back */
    uint64_t *ballooned;           /* bitmap by gfn */
    uint64_t balloon_pages;        /* set in it */

    /* store-ring.c: main thread */
    struct xenstore *store;
    evtchn_port_t store_local; /* our end of its ring; 0: none */
    struct loop_fd store_watch;

    pthread_mutex_t lock;
    bool wide; /* layout of the shared page */
    uint8_t *shared;
    struct xen_port port[XEN_PORTS];
    struct xen_local local[XEN_LOCALS];
    evtchn_port_t global_virq[XEN_VIRQS];
    struct xen_vcpu vcpu[XENEMU_VCPUS_MAX];
    uint64_t param[HVM_NR_PARAMS];
    uint8_t vector;   /* of all vCPUs that have none of their own; 0: none */
    uint8_t gsi;      /* instead, or IRQ_NO_ROUTE */
    unsigned pollers; /* vCPUs that poll */

    /* time.c: lock */
    struct worker timer_thread;
    struct loop_fd timer_watch;
    int64_t timer_armed;
    bool paused;

    pthread_mutex_t gnt_lock;
    struct grant_entry *grants;
    struct xen_active *active;
    unsigned grant_frames; /* that the guest has */
    struct xen_map *maps[256];
    unsigned mapped;  /* pages */
    unsigned gnt_age; /* counts resets */
};

/* ---- a hypercall in work ---- */

struct xcall {
    struct xenemu *x;
    unsigned vcpu;
    struct xenemu_regs *regs;
    enum xenemu_then then;
};

/* 0 or -XEN_EFAULT. */
int xcall_get(struct xcall *c, uint64_t va, void *buf, size_t len);
int xcall_put(struct xcall *c, uint64_t va, const void *buf, size_t len);
/* A field of a structure that differs with the guest's width; size 0: as wide
 * as that. */
uint64_t xcall_field(const struct xcall *c, const void *buf, unsigned off64,
                     unsigned off32, unsigned size);
/* Every so often in a loop: must the rest wait? */
bool xcall_preempted(struct xcall *c, uint64_t round);
/* An operation that is not there: -XEN_ENOSYS, and a line in the log. */
long xcall_unknown(struct xcall *c, unsigned nr, uint64_t op);
/* Is this the guest itself? */
static inline bool xen_is_self(uint16_t domid)
{
    return domid == DOMID_SELF || domid == XENEMU_DOMID;
}

long hc_xen_version(struct xcall *c);
long hc_memory_op(struct xcall *c);
long hc_event_channel_op(struct xcall *c);
long hc_grant_table_op(struct xcall *c);
long hc_sched_op(struct xcall *c);
long hc_vcpu_op(struct xcall *c);
long hc_set_timer_op(struct xcall *c);
long hc_hvm_op(struct xcall *c);
long hc_console_io(struct xcall *c);

/* memory.c: machine lock */
int xen_memory_start(struct xenemu *x, struct cfg_err *err);
void xen_memory_reset(struct xenemu *x);
void xen_memory_fini(struct xenemu *x);
bool xen_slot_of(struct xenemu *x, gpa_t gpa, struct mem_slot *out);
/* Takes the place of a page at gfn; hide puts back what was there. -XEN_E. */
long xen_overlay_show(struct xenemu *x, struct xen_overlay *o, uint64_t gfn,
                      struct ram *ram, uint64_t off, bool readonly);
void xen_overlay_hide(struct xenemu *x, struct xen_overlay *o);
/* Any lock. Host's address of a whole page of guest memory, NULL if there is
 * none. */
void *xen_page(struct xenemu *x, uint64_t gfn, bool write);

/* evtchn.c: lock held where said so */
void xen_evtchn_reset(struct xenemu *x);                          /* locked */
void xen_virq_raise(struct xenemu *x, unsigned v, unsigned virq); /* locked */
unsigned xen_ports(const struct xenemu *x);
/* A free port for this domain; 0: none is left. */
unsigned xen_port_alloc(struct xenemu *x, uint16_t remote); /* locked */

/* upcall.c: locked */
void xen_port_raise(struct xenemu *x, unsigned p);
void xen_port_unmask(struct xenemu *x, unsigned p);
bool xen_port_pending(struct xenemu *x, unsigned p);
void xen_port_clear(struct xenemu *x, unsigned p);
void xen_upcall_again(struct xenemu *x, unsigned v);
void xen_vcpu_wake(struct xenemu *x, unsigned v);
void xen_vcpu_runs(struct xenemu *x, unsigned v);
bool xen_upcall_pending(struct xenemu *x, unsigned v);
/* Where its vcpu_info is now. */
void xen_vcpu_place(struct xenemu *x, unsigned v);
void xen_shared_placed(struct xenemu *x); /* machine lock and lock */
void xen_set_wide(struct xenemu *x, bool wide);
/* HVM_PARAM_CALLBACK_IRQ is set; gsi: of the line it names, if one. */
void xen_callback_set(struct xenemu *x, uint8_t gsi);

/* gnttab.c: gnt_lock */
void xen_gnttab_reset(struct xenemu *x);
/* The page behind a reference for a foreign domain; GNTST_*. */
int xen_grant_get(struct xenemu *x, uint32_t ref, uint16_t dom, bool write,
                  void **page);
void xen_grant_put(struct xenemu *x, uint32_t ref, bool write);

/* time.c */
int xen_time_init(struct xenemu *x);
void xen_time_fini(struct xenemu *x);
void xen_time_reset(struct xenemu *x); /* locked */
void xen_timers_arm(struct xenemu *x); /* locked */
void xen_wallclock(struct xenemu *x);  /* locked */
int64_t xen_now(struct xenemu *x);
/* Locked; deadlines in system time, TIMER_NEVER stops. */
void xen_poll_until(struct xenemu *x, unsigned v, int64_t deadline);
void xen_singleshot(struct xenemu *x, unsigned v, int64_t deadline);
void xen_periodic(struct xenemu *x, unsigned v, int64_t period);

/* store-ring.c: main thread, machine lock */
int xen_ring_open(struct xenemu *x);
void xen_ring_close(struct xenemu *x);

/* xenif.c */
extern const struct xenif_ops xen_emu_xenif_ops;
void xen_local_raise(struct xenemu *x, unsigned local); /* locked */

#endif
