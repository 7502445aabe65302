/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus: who answers a guest's access to a port, to memory-mapped I/O or to
 * PCI configuration space.
 *
 * An engine turns what the guest did into one struct io_req and calls
 * dm_dispatch(). The bus finds the region, cuts or widens the access to what
 * the handler takes, steps through strings in page-sized runs, and calls it
 * under the machine lock. A handler gets an offset into its region, never an
 * address, a vCPU or an engine. What nobody claims reads as all-ones and
 * swallows writes; a string to nobody costs nothing.
 *
 * A handler may add, move and delete regions, its own too. A handler never
 * causes another access to be dispatched: DMA reaches memory only (dm/mem.h),
 * and a dispatch inside a dispatch is our bug and asserts.
 */
#ifndef HVMD_DM_BUS_H
#define HVMD_DM_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/mem.h"

enum bus_space { BUS_PIO, BUS_MMIO, BUS_PCICFG };

/* ---- devices ---- */

struct bus_ops {
    /* off < region size, size within min..max; a read's upper bits are cut */
    uint64_t (*read)(void *opaque, uint64_t off, unsigned size);
    void (*write)(void *opaque, uint64_t off, unsigned size, uint64_t val);
    /* Optional, for string I/O on one register: count units of size. */
    void (*read_run)(void *opaque, uint64_t off, unsigned size, void *buf,
                     uint32_t count);
    void (*write_run)(void *opaque, uint64_t off, unsigned size,
                      const void *buf, uint32_t count);
    uint8_t min, max; /* widths taken, 1 2 4 8; 0 means 1 and 4 */
    bool unaligned;   /* takes an off that is no multiple of size */
};
/*
 * An access wider than max, or unaligned where that is not taken, is split
 * into the widest legal pieces, lowest first. One narrower than min reads the
 * whole unit and takes its part; as a write it is dropped.
 */

struct bus_region {
    const char *name; /* for "info mtree" */
    const struct bus_ops *ops;
    void *opaque;
    enum bus_space space;
    uint64_t base, size; /* PCICFG: base = bdf << 12, size 256 */
    bool added;          /* the bus's */
};

/* Machine lock held. The region stays the caller's and must live until it is
 * deleted. -EINVAL: empty or beyond the space; -EEXIST: overlaps another;
 * other -errno: no memory, or the engine cannot claim it. Then it is not
 * added. */
int bus_add(struct vm *vm, struct bus_region *r);
void bus_del(struct vm *vm, struct bus_region *r); /* legal if not added */
/* The i-th region of a space in order of address, NULL past the last. Machine
 * lock held. */
const struct bus_region *bus_region_at(struct vm *vm, enum bus_space space,
                                       unsigned i);

/* A write of val (any: whatever is written) to addr signals the eventfd fd
 * and does not reach a region. size 0: of any width. Machine lock held.
 * -ENOTSUP: the engine cannot, the region's owner sees the write. */
int bus_ioevent_add(struct vm *vm, enum bus_space space, uint64_t addr,
                    unsigned size, bool any, uint64_t val, int fd);
void bus_ioevent_del(struct vm *vm, enum bus_space space, uint64_t addr,
                     unsigned size, bool any, uint64_t val, int fd);

/* ---- engines ---- */

enum io_data { IO_VALUE, IO_BUFFER, IO_GUEST };

struct io_req {
    enum bus_space space;
    bool write;
    bool backwards; /* addresses step down (x86 DF) */
    uint8_t size;   /* of one unit: 1, 2, 4 or 8 */
    uint32_t count; /* units; at a port all go to the one address, elsewhere
                       the address steps by size */
    uint64_t addr;  /* port, gpa, or bdf << 12 | register */
    enum io_data kind;
    union {
        uint64_t value; /* IO_VALUE: count is 1; filled by a read */
        void *buf;      /* IO_BUFFER: count * size bytes, ascending */
        gpa_t gpa;      /* IO_GUEST: where the first unit lies */
    };
};

/* Any thread; takes the machine lock. Never fails: see above. */
void dm_dispatch(struct vm *vm, struct io_req *req);
/* The same for a caller that holds the lock (a host bridge's data port). */
uint32_t bus_pcicfg_read(struct vm *vm, uint16_t bdf, unsigned off,
                         unsigned size);
void bus_pcicfg_write(struct vm *vm, uint16_t bdf, unsigned off, unsigned size,
                      uint32_t val);

int bus_init(struct vm *vm); /* 0 or -ENOMEM */
void bus_fini(struct vm *vm);

#endif
