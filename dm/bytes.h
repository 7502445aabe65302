/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers with the most significant byte first, wherever they lie. */
#ifndef HVMD_DM_BYTES_H
#define HVMD_DM_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t be_get16(const void *p)
{
    uint16_t v;

    memcpy(&v, p, 2);
    return __builtin_bswap16(v);
}

static inline uint32_t be_get32(const void *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return __builtin_bswap32(v);
}

static inline uint64_t be_get64(const void *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return __builtin_bswap64(v);
}

static inline void be_put16(void *p, uint16_t v)
{
    v = __builtin_bswap16(v);
    memcpy(p, &v, 2);
}

static inline void be_put32(void *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, 4);
}

static inline void be_put64(void *p, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(p, &v, 8);
}

#endif
