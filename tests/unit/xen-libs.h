/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's libraries for tests of xen/xen and xen/serve: what the hypervisor is
 * told, and in which order things end. What is not defined here is not called:
 * no physical interrupt is ever bound.
 */
#ifndef HVMD_TESTS_UNIT_XEN_LIBS_H
#define HVMD_TESTS_UNIT_XEN_LIBS_H

#include <semaphore.h>

#include "xen/xen-priv.h"

#define DOMID 7
#define SERVER 3

extern struct xen_seen {
    bool server, enabled, mapped;
    bool restricted;
    int handles; /* open */
    unsigned ranges, devices, isa, routes, modified;
} seen;
extern bool refuse_restrict, refuse;
extern struct xen_pages {
    struct buffered_iopage ring;
    char to_page[GUEST_PAGE - sizeof(struct buffered_iopage)];
    struct ioreq slot[GUEST_PAGE / sizeof(struct ioreq)];
} pages __attribute__((aligned(GUEST_PAGE)));
extern int event[2]; /* ours, the test's: a lock on it is nobody else's */
extern sem_t answered;

/* ---- memory that is put into the domain ---- */

extern size_t dom_mapped; /* pages */

#define PAGES (13u << 10)
#define NOWHERE UINT64_MAX

extern struct xen_dom {
    uint64_t gfn[PAGES]; /* where each page is, or NOWHERE */
    bool ro[PAGES];
    unsigned n;          /* populated */
    unsigned room;       /* pages that Xen gives */
    unsigned moves;      /* pages asked to be relocated */
    unsigned move_fails; /* the one that fails, from 1 */
    unsigned holes;      /* of the pages that were asked for: not there */
    uint64_t top;        /* the last page of all, but for these */
    bool no_call, no_buffer, no_map, no_type;
    unsigned bad_page; /* cannot be mapped, from 1 */
    int fd;            /* what is in them */
} dom;

/* The page that is there, or -1. */
int page_at(uint64_t gfn);

/* Nothing has happened, and a vCPU has read a port before we were there. */
void xen_libs_begin(void);
void xen_libs_end(void);

#endif
