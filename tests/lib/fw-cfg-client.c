/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/lib/fw-cfg-client.h"

#include <check.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

void fwc_read(struct testvm *t, void *buf, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)buf)[i] = tv_inb(t, 0x511);
}

uint64_t fwc_key(struct testvm *t, uint16_t key, unsigned size)
{
    uint64_t v = 0;

    tv_outw(t, 0x510, key);
    fwc_read(t, &v, size);
    return v;
}

uint16_t fwc_find(struct testvm *t, const char *name, uint32_t *size)
{
    uint32_t n = be32toh((uint32_t)fwc_key(t, 0x19, 4));

    for (uint32_t i = 0; i < n; i++) {
        char e[64];
        uint16_t key;

        fwc_read(t, e, sizeof(e));
        ck_assert_uint_lt(strnlen(e + 8, 56), 56);
        if (strcmp(e + 8, name))
            continue;
        memcpy(size, e, 4);
        *size = be32toh(*size);
        memcpy(&key, e + 4, 2);
        return be16toh(key);
    }
    return 0;
}

uint8_t *fwc_file(struct testvm *t, const char *name, uint32_t *size)
{
    uint16_t key = fwc_find(t, name, size);
    uint8_t *data;

    ck_assert_msg(key, "%s is not in fw_cfg", name);
    ck_assert_uint_lt(*size, 1 << 20);
    data = malloc(*size + 1);
    tv_outw(t, 0x510, key);
    fwc_read(t, data, *size);
    return data;
}
