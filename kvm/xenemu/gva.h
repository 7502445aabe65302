/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's virtual addresses, as its processor sees them: hypercalls name
 * their arguments by these.
 *
 * Any thread. Sources: Intel SDM volume 3A chapter 4, AMD APM volume 2
 * chapter 5. All rights are the supervisor's; SMAP and protection keys, which
 * guard the guest against itself, are not looked at.
 */
#ifndef HVMD_KVM_XENEMU_GVA_H
#define HVMD_KVM_XENEMU_GVA_H

#include <stdbool.h>

#include "dm/mem.h"

struct gva_space {
    struct vm *vm;
    uint64_t cr0, cr3, cr4, efer;
};

/* The physical address of one byte. False: none, or not for writing. */
bool gva_to_gpa(const struct gva_space *s, uint64_t va, bool write, gpa_t *gpa);
/* 0 or -EFAULT; then a part may have been done. */
int gva_read(const struct gva_space *s, uint64_t va, void *buf, size_t len);
int gva_write(const struct gva_space *s, uint64_t va, const void *buf,
              size_t len);

#endif
