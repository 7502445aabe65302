/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvm/xenemu/gva.h"

#include <errno.h>

#define CR0_WP (1u << 16)
#define CR0_PG (1u << 31)
#define CR4_PSE (1u << 4)
#define CR4_PAE (1u << 5)
#define CR4_LA57 (1u << 12)
#define EFER_LMA (1u << 10)
#define PTE_P 1u
#define PTE_RW 2u
#define PTE_PS 0x80u
#define PTE_ADDR 0x000ffffffffff000ull

static bool entry(const struct gva_space *s, uint64_t table, unsigned index,
                  unsigned size, uint64_t *e)
{
    *e = 0;
    return !mem_read(s->vm, table + index * size, e, size) && *e & PTE_P;
}

/* Without PAE: two levels of 1024 entries of 32 bits. */
static bool walk_32(const struct gva_space *s, uint32_t va, bool *rw,
                    gpa_t *gpa)
{
    uint64_t e;

    if (!entry(s, s->cr3 & 0xfffff000, va >> 22, 4, &e))
        return false;
    *rw = e & PTE_RW;
    if (e & PTE_PS && s->cr4 & CR4_PSE) { /* PSE-36: bits 32 to 39 */
        *gpa = (e & 0xffc00000) | (e & 0x1fe000) << 19 | (va & 0x3fffff);
        return true;
    }
    if (!entry(s, e & 0xfffff000, va >> 12 & 1023, 4, &e))
        return false;
    *rw &= !!(e & PTE_RW);
    *gpa = (e & 0xfffff000) | (va & 0xfff);
    return true;
}

/* Up to five levels of 512 entries of 64 bits; PAE's top level has four. */
static bool walk_64(const struct gva_space *s, uint64_t va, bool *rw,
                    gpa_t *gpa)
{
    bool long_mode = s->efer & EFER_LMA;
    unsigned level = long_mode ? (s->cr4 & CR4_LA57 ? 5 : 4) : 3;
    unsigned top = long_mode ? 12 + 9 * level : 32;
    uint64_t table = s->cr3 & (long_mode ? PTE_ADDR : 0xffffffe0), e;

    if (long_mode && (int64_t)(va << (64 - top)) >> (64 - top) != (int64_t)va)
        return false; /* not canonical */
    *rw = true;
    for (;; level--) {
        unsigned shift = 3 + 9 * level;
        uint64_t mask = (1ull << shift) - 1;

        if (!entry(s, table, va >> shift & (top - shift < 9 ? 3 : 511), 8, &e))
            return false;
        /* a PAE pointer has no right to withhold */
        if (long_mode || level < 3)
            *rw &= !!(e & PTE_RW);
        if (level == 1 ||
            (level <= 3 && (long_mode || level < 3) && e & PTE_PS)) {
            *gpa = (e & PTE_ADDR & ~mask) | (va & mask);
            return true;
        }
        table = e & PTE_ADDR;
    }
}

bool gva_to_gpa(const struct gva_space *s, uint64_t va, bool write, gpa_t *gpa)
{
    bool rw, found;

    if (!(s->efer & EFER_LMA))
        va = (uint32_t)va;
    if (!(s->cr0 & CR0_PG)) {
        *gpa = va;
        return true;
    }
    if (s->cr4 & CR4_PAE)
        found = walk_64(s, va, &rw, gpa);
    else
        found = walk_32(s, va, &rw, gpa);
    return found && (!write || rw || !(s->cr0 & CR0_WP));
}

static int transfer(const struct gva_space *s, uint64_t va, uint8_t *buf,
                    size_t len, bool write)
{
    while (len) {
        size_t n = GUEST_PAGE - va % GUEST_PAGE;
        gpa_t gpa;

        if (n > len)
            n = len;
        if (!gva_to_gpa(s, va, write, &gpa) ||
            (write ? mem_write(s->vm, gpa, buf, n)
                   : mem_read(s->vm, gpa, buf, n)))
            return -EFAULT;
        va += n;
        buf += n;
        len -= n;
    }
    return 0;
}

int gva_read(const struct gva_space *s, uint64_t va, void *buf, size_t len)
{
    return transfer(s, va, buf, len, false);
}

int gva_write(const struct gva_space *s, uint64_t va, const void *buf,
              size_t len)
{
    return transfer(s, va, (uint8_t *)buf, len, true);
}
