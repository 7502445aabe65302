/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine: who runs the guest. One per machine, chosen by -accel: kvm,
 * xen, qtest. The machine (dm/) calls it, devices (hw/) never do: they speak
 * to dm/bus.h, dm/mem.h, dm/irq.h and dm/clock.h.
 *
 * The table is complete: an engine without a feature points at an
 * engine_no_*() and leaves the feature's bit out of caps. "Locked" means that
 * the caller holds the machine lock, in any thread unless one is named. What
 * fails returns -errno and leaves everything as it was.
 */
#ifndef HVMD_DM_ENGINE_H
#define HVMD_DM_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/bus.h"
#include "dm/err.h"
#include "dm/mem.h"

struct opts;
struct vm;

enum engine_caps {
    /* chips the engine brings itself; the board builds the others */
    ENGINE_HAS_IRQCHIP = 1 << 0, /* PICs, I/O APIC, local APICs */
    ENGINE_HAS_PIT = 1 << 1,
    ENGINE_HAS_PMTIMER = 1 << 2,
    ENGINE_HAS_FIRMWARE = 1 << 3, /* firmware, ACPI tables and their loading */
    /* features */
    ENGINE_VCPUS = 1 << 8,       /* runs a guest that boots by -kernel, -bios */
    ENGINE_FOREIGN_RAM = 1 << 9, /* the guest's RAM is there before us */
    ENGINE_INTX = 1 << 10,       /* routes PCI INTx itself */
    ENGINE_IOEVENT = 1 << 11,
    ENGINE_IRQFD = 1 << 12,
    ENGINE_VIRTUAL_TIME = 1 << 13, /* time moves by command only */
    /* A message with vector 0, which no local APIC takes, names an event that
     * the guest masks at its hypervisor and not in the function's table. */
    ENGINE_MSI_EVENTS = 1 << 14,
    ENGINE_DIRTY_LOG = 1 << 15, /* wants to know what devices write */
};

/* Where a vCPU starts after reset, when no firmware runs. */
enum boot_mode { BOOT_RESET_VECTOR, BOOT_PROT32, BOOT_LONG64 };
struct boot_regs {
    enum boot_mode mode;
    uint64_t rip, rsp, rax, rbx, rsi;
    uint64_t cr3; /* BOOT_LONG64: page tables, identity mapped */
    uint64_t gdt; /* gpa of a GDT: code at cs, data at ds */
    uint16_t gdt_limit, cs, ds;
};

struct engine_ops {
    const char *name;
    const char *desc;
    unsigned caps;

    /* Main thread. First, with no device made. Fails where the host lacks the
     * engine (-ENODEV, -EACCES, ...); the next -accel is tried then, so nothing
     * may be left behind. opts: what followed the name in -accel. */
    int (*create)(struct vm *vm, struct opts *opts, struct cfg_err *err);
    /* Locked, main thread. Last, with every device gone. */
    void (*destroy)(struct vm *vm);

    /* Locked, main thread, once, when the board is built: makes the vCPUs,
     * paused. What a failure leaves half made is for destroy. */
    int (*start)(struct vm *vm, struct cfg_err *err);
    /* Locked, main thread. When pause returns no vCPU executes and none is
     * inside a handler; the lock is dropped while waiting for that. */
    void (*pause)(struct vm *vm);
    void (*resume)(struct vm *vm);
    /* Locked, main thread, paused: vCPUs and the engine's chips as after
     * power-on; vCPU 0 will start as told (NULL: at the reset vector), others
     * wait for INIT. */
    void (*reset)(struct vm *vm, const struct boot_regs *regs);

    /* Locked. The guest asked for reset or power-off. True: someone above us
     * sees to it (a toolstack), and the machine does nothing itself. */
    bool (*power)(struct vm *vm, bool reboot);

    /* Locked. The bus changed: accesses to this range are ours, or no longer.
     * claim may fail where the engine must ask someone (Xen): then the region
     * is not on the bus. */
    int (*claim)(struct vm *vm, const struct bus_region *r);
    void (*release)(struct vm *vm, const struct bus_region *r);

    /* Any thread, no lock: the contracts of dm/mem.h. mem_write tells of what
     * it has written by mem_dirty(). */
    int (*mem_read)(struct vm *vm, gpa_t gpa, void *buf, size_t len);
    int (*mem_write)(struct vm *vm, gpa_t gpa, const void *buf, size_t len);
    int (*mem_map)(struct vm *vm, gpa_t gpa, size_t len, bool write,
                   struct gmap *out);
    void (*mem_unmap)(struct vm *vm, struct gmap *map);
    /* Any thread, no lock, while mem_log_dirty is on: was written to. */
    void (*mem_dirty)(struct vm *vm, gpa_t gpa, size_t len);

    /* Locked, main thread, before the guest runs: zeroed memory that the guest
     * can be shown, at ram->host. It goes in destroy, or by munmap. */
    int (*ram_new)(struct vm *vm, struct ram *ram, struct cfg_err *err);

    /* Locked. The layout changed: piece idx of MEM_SLOTS is this now, or is
     * gone (slot NULL), which cannot fail. A replaced piece is removed first.
     * No vCPU may see the state between the calls of begin and end. */
    void (*layout_begin)(struct vm *vm);
    int (*layout_slot)(struct vm *vm, unsigned idx,
                       const struct mem_slot *slot);
    void (*layout_end)(struct vm *vm);

    /* Locked: the contracts of dm/irq.h, lines already ORed. */
    void (*gsi_set)(struct vm *vm, unsigned gsi, bool level);
    void (*pci_intx)(struct vm *vm, uint16_t bdf, unsigned pin, bool level);
    void (*pci_route)(struct vm *vm, unsigned link, uint8_t line);
    void (*msi)(struct vm *vm, uint64_t addr, uint32_t data); /* any thread */

    /* Locked. A write of val (any value if any) to this address signals fd
     * and does not reach the bus. size 0: of any width. -ENOTSUP, -errno. */
    int (*ioevent_add)(struct vm *vm, enum bus_space space, uint64_t addr,
                       unsigned size, bool any, uint64_t val, int fd);
    void (*ioevent_del)(struct vm *vm, enum bus_space space, uint64_t addr,
                        unsigned size, bool any, uint64_t val, int fd);
    /* Locked: the contracts of dm/irq.h; the handle is irqfd_add's. */
    int (*irqfd_add)(struct vm *vm, int fd, uint64_t addr, uint32_t data);
    void (*irqfd_del)(struct vm *vm, int handle, int fd);

    int64_t (*clock_ns)(struct vm *vm); /* guest time; any thread, no lock */
    /* Locked, main thread, paused: guest time is this, and goes on from it. */
    void (*clock_set)(struct vm *vm, int64_t ns);
    /* Locked: thread id of vCPU i for query-cpus-fast, -1 past the last; 0 if
     * no thread of ours runs it. */
    int (*vcpu_tid)(struct vm *vm, unsigned i);
};

/* All engines built in; the first is the one without an -accel. */
extern const struct engine_ops *const engine_list[]; /* ends with NULL */

/* For tables without a feature: -ENOTSUP, false, or nothing. */
bool engine_no_power(struct vm *, bool);
void engine_no_mem_dirty(struct vm *, gpa_t, size_t);
void engine_no_pci_intx(struct vm *, uint16_t, unsigned, bool);
void engine_no_pci_route(struct vm *, unsigned, uint8_t);
int engine_no_ioevent_add(struct vm *, enum bus_space, uint64_t, unsigned, bool,
                          uint64_t, int);
void engine_no_ioevent_del(struct vm *, enum bus_space, uint64_t, unsigned,
                           bool, uint64_t, int);
int engine_no_irqfd_add(struct vm *, int, uint64_t, uint32_t);
void engine_no_irqfd_del(struct vm *, int, int);
int engine_no_claim(struct vm *, const struct bus_region *); /* returns 0 */
void engine_no_release(struct vm *, const struct bus_region *);

#endif
