/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the PVH protocol hands over. */
#include "guest.h"

int main(uintptr_t info)
{
    const uint32_t *w = (const uint32_t *)info;
    const uint64_t *map = (const uint64_t *)(uintptr_t)w[10];
    const char *cmdline = (const char *)(uintptr_t)w[6];

    CHECK(w[0] == 0x336ec578);
    CHECK(w[1] == 1);
    CHECK(w[3] == 0);
    CHECK(w[12] >= 3);
    CHECK(map[0] == 0 && map[1] >= 0x9f000);
    CHECK(*(const uint64_t *)(uintptr_t)w[8] == 0x2052545020445352); /* RSDP */
    put_string(cmdline);
    put_string("\n");
    return 0;
}
