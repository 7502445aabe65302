/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory: always an address and a length.
 *
 * Two halves. Devices use the verbs: read, write, map, unmap. They may be
 * called from any thread, without any lock, and reach memory only, never a
 * device: what a device's DMA points at MMIO, at a hole, past the end or at
 * read-only memory for writing is refused with -EFAULT. How guest memory is
 * mapped is the engine's affair.
 *
 * Boards and buses use the layout: which blocks of RAM and ROM the guest sees
 * where. It changes under the machine lock only (PAM, BARs with memory
 * behind them); readers see the old layout or the new, nothing between. A
 * block lives as long as the machine, so a map outlives a layout change.
 */
#ifndef HVMD_DM_MEM_H
#define HVMD_DM_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dm/err.h"

typedef uint64_t gpa_t;
struct vm;

#define GUEST_PAGE 4096u

/* 0 or -EFAULT. On failure mem_read has filled buf with all-ones as far as it
 * could not be read, and mem_write may have written a part. */
int mem_read(struct vm *vm, gpa_t gpa, void *buf, size_t len);
int mem_write(struct vm *vm, gpa_t gpa, const void *buf, size_t len);

/* A window on guest memory. The guest can change it at any time: copy what
 * you check, check the copy, use the copy. */
struct gmap {
    void *ptr;
    size_t len; /* bytes valid at ptr, 1 to what was asked for */
    gpa_t gpa;
    bool write;
    void *priv; /* the engine's */
};

/* Maps the range from gpa as far as it is contiguous for the host: look at
 * out->len and ask again for the rest. -EFAULT, -ENOMEM. */
int mem_map(struct vm *vm, gpa_t gpa, size_t len, bool write, struct gmap *out);
/* dirty: bytes written from the start of the map, or more where one does not
 * know. Legal on a zeroed map. */
void mem_unmap(struct vm *vm, struct gmap *map, size_t dirty);
/* For a map that is kept: dirty bytes of it were written since the last time.
 */
void mem_dirty(struct vm *vm, const struct gmap *map, size_t dirty);

/* From now on the engine hears which pages devices write: somebody copies the
 * guest's memory while it runs. What is mapped now and written before is told
 * of when it is unmapped. Machine lock held. -ENOTSUP. */
int mem_log_dirty(struct vm *vm, bool on);

/* ---- layout: machine lock held ---- */

struct ram {
    const char *name;
    uint64_t size; /* bytes, whole pages */
    uint8_t *host; /* NULL: the guest's own, which the engine keeps (Xen) */
    int fd;        /* memfd behind host, -1 if anonymous */
    uint64_t home; /* the engine's */
    struct ram *next;
};

/* A zeroed block, made before the guest runs; freed with the machine. What is
 * written at host while the guest runs is in no log (mem_log_dirty). -ENOMEM,
 * or what the engine says, with err set. */
int ram_new(struct vm *vm, const char *name, uint64_t size, struct ram **out,
            struct cfg_err *err);
/* The guest's own memory: where the engine has it already (ENGINE_FOREIGN_RAM)
 * only a name, which the layout can show. */
int ram_new_main(struct vm *vm, const char *name, uint64_t size,
                 struct ram **out, struct cfg_err *err);

#define MEM_SLOTS 128

struct mem_slot {
    gpa_t gpa;
    uint64_t len;
    struct ram *ram;
    uint64_t off; /* of gpa in ram */
    bool readonly;
};

/* Shows [off, off + len) of ram at gpa, in place of what was there. Whole
 * pages. -EINVAL, -ENOSPC (MEM_SLOTS pieces), or what the engine said: then
 * all is as it was. */
int mem_show(struct vm *vm, gpa_t gpa, uint64_t len, struct ram *ram,
             uint64_t off, bool readonly);
/* Shows nothing there: accesses go to the bus. */
int mem_hide(struct vm *vm, gpa_t gpa, uint64_t len);
/* The i-th piece in order of address; false past the last. */
bool mem_slot_at(struct vm *vm, unsigned i, struct mem_slot *out);
/* Does the layout show anything in there? */
bool mem_is_shown(struct vm *vm, gpa_t gpa, uint64_t len);

int mem_init(struct vm *vm);
void mem_fini(struct vm *vm);

/* ---- for engines that see guest memory as the blocks above ---- */
int mem_flat_ram_new(struct vm *vm, struct ram *ram, struct cfg_err *err);
int mem_flat_read(struct vm *vm, gpa_t gpa, void *buf, size_t len);
int mem_flat_write(struct vm *vm, gpa_t gpa, const void *buf, size_t len);
int mem_flat_map(struct vm *vm, gpa_t gpa, size_t len, bool write,
                 struct gmap *out);
void mem_flat_unmap(struct vm *vm, struct gmap *map);

#endif
