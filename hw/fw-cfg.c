/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/fw-cfg.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/bus.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "dm/options.h"
#include "hw/file.h"

#define SELECTOR 0x510
#define DMA_ADDR 0x514
#define KEYS (FW_CFG_FILE_FIRST + FW_CFG_FILES)
#define KEY_ARCH 0x8000
#define KEY_WRITE 0x4000 /* of an older protocol; no meaning */
#define ID_PORTS 0x01
#define ID_DMA 0x02

#define DMA_ERROR 0x01
#define DMA_READ 0x02
#define DMA_SKIP 0x04
#define DMA_SELECT 0x08
#define DMA_WRITE 0x10
/* What lies behind an item reads as zeros; a read that asks for more of them
 * is an error. */
#define DMA_ZEROS (1u << 20)

struct item {
    uint8_t *data; /* or read() says what is in it */
    uint32_t len;
    int (*read)(const void *opaque, uint32_t off, void *buf, size_t len);
    const void *opaque;
};

struct dir_entry {
    uint32_t size; /* all big-endian */
    uint16_t select, reserved;
    char name[FW_CFG_NAME];
};
struct dir {
    uint32_t count;
    struct dir_entry file[FW_CFG_FILES];
};

struct fw_cfg {
    struct dev dev;
    struct bus_region ports, dma;
    struct item item[2][KEYS]; /* generic, and of the architecture */
    struct dir dir;
    uint16_t key;
    uint32_t pos;
    uint32_t dma_high;
};

/* ---- items ---- */

static struct item *item_of(struct fw_cfg *s, uint16_t key)
{
    unsigned i = key & ~(KEY_ARCH | KEY_WRITE);

    return i < KEYS ? &s->item[!!(key & KEY_ARCH)][i] : NULL;
}

int fw_cfg_add(struct dev *dev, enum fw_cfg_key key, const void *data,
               size_t len)
{
    struct item *it = item_of((struct fw_cfg *)dev, (uint16_t)key);
    uint8_t *copy = malloc(len ? len : 1);

    assert(it && len <= FW_CFG_FILE_MAX);
    if (!copy)
        return -ENOMEM;
    if (len)
        memcpy(copy, data, len);
    free(it->data);
    *it = (struct item){.data = copy, .len = (uint32_t)len};
    return 0;
}

void fw_cfg_add_source(struct dev *dev, enum fw_cfg_key key, uint32_t len,
                       int (*read)(const void *opaque, uint32_t off, void *buf,
                                   size_t len),
                       const void *opaque)
{
    struct item *it = item_of((struct fw_cfg *)dev, (uint16_t)key);

    assert(it);
    free(it->data);
    *it = (struct item){.len = len, .read = read, .opaque = opaque};
}

int fw_cfg_add_int(struct dev *dev, enum fw_cfg_key key, uint64_t val,
                   unsigned size)
{
    val = htole64(val);
    return fw_cfg_add(dev, key, &val, size);
}

static int add_file(struct fw_cfg *s, const char *name, const void *data,
                    size_t len)
{
    unsigned n = be32toh(s->dir.count);
    struct dir_entry *e = &s->dir.file[n];
    int rc;

    if (!*name || strlen(name) >= sizeof(e->name))
        return -EINVAL;
    if (n == FW_CFG_FILES)
        return -ENOSPC;
    for (unsigned i = 0; i < n; i++)
        if (!strcmp(s->dir.file[i].name, name))
            return -EEXIST;
    rc = fw_cfg_add(&s->dev, FW_CFG_FILE_FIRST + n, data, len);
    if (rc)
        return rc;
    e->size = htobe32((uint32_t)len);
    e->select = htobe16((uint16_t)(FW_CFG_FILE_FIRST + n));
    strcpy(e->name, name);
    s->dir.count = htobe32(n + 1);
    return fw_cfg_add(&s->dev, FW_CFG_FILE_DIR, &s->dir,
                      offsetof(struct dir, file[n + 1]));
}

int fw_cfg_add_file(struct dev *dev, const char *name, const void *data,
                    size_t len, struct cfg_err *err)
{
    int rc = add_file((struct fw_cfg *)dev, name, data, len);

    switch (rc) {
    case 0:
        return 0;
    case -EINVAL:
        return err_set(err, rc, "fw_cfg name '%s': expected 1 to %u characters",
                       name, FW_CFG_NAME - 1);
    case -EEXIST:
        return err_set(err, rc, "fw_cfg name '%s' is there already", name);
    case -ENOSPC:
        return err_set(err, rc, "fw_cfg: expected at most %u files",
                       FW_CFG_FILES);
    default:
        return err_set(err, rc, "fw_cfg: %s", strerror(-rc));
    }
}

static int add_user_item(struct dev *dev, struct opts *o, struct cfg_err *err)
{
    const char *name = opts_get(o, "name"), *string = opts_get(o, "string");
    const char *file = opts_get(o, "file");
    uint8_t *data;
    size_t len;
    int rc = opts_check(o, "-fw_cfg", "name, string, file", err);

    if (rc)
        return rc;
    if (!name || !file == !string)
        return err_set(err, -EINVAL,
                       "-fw_cfg: expected name=NAME,string=TEXT or "
                       "name=NAME,file=PATH");
    if (strncmp(name, "opt/", 4))
        log_warn("-fw_cfg",
                 "'%s': names outside opt/ are the firmware's "
                 "own; opt/ is what is meant for users",
                 name);
    if (string)
        return fw_cfg_add_file(dev, name, string, strlen(string), err);
    rc = file_load(file, FW_CFG_FILE_MAX, &data, &len, err);
    if (rc)
        return err_prefix(err, rc, "-fw_cfg %s", name);
    rc = fw_cfg_add_file(dev, name, data, len, err);
    free(data);
    return rc;
}

int fw_cfg_add_user(struct dev *dev, struct opts *list, struct cfg_err *err)
{
    int rc = 0;

    for (; !rc && list; list = list->next)
        rc = add_user_item(dev, list, err);
    return rc;
}

/* ---- ports ---- */

static void select_item(struct fw_cfg *s, uint16_t key)
{
    s->key = key & (uint16_t)~KEY_WRITE;
    s->pos = 0;
}

/* Bytes of the selected item from pos. */
static uint32_t rest(struct fw_cfg *s)
{
    const struct item *it = item_of(s, s->key);

    return it && s->pos < it->len ? it->len - s->pos : 0;
}

/* The next len bytes; zeros lie behind an item. */
static int take(struct fw_cfg *s, void *buf, uint32_t len)
{
    const struct item *it = item_of(s, s->key);
    uint32_t n = rest(s);
    int rc = 0;

    if (n > len)
        n = len;
    if (n && it->read)
        rc = it->read(it->opaque, s->pos, buf, n);
    else if (n)
        memcpy(buf, it->data + s->pos, n);
    memset((uint8_t *)buf + n, 0, len - n);
    s->pos += n;
    return rc;
}

static void data_read_run(void *opaque, uint64_t off, unsigned size, void *buf,
                          uint32_t count)
{
    if (off != 1 || size != 1 || take(opaque, buf, count))
        memset(buf, 0xff, (size_t)count * size);
}

static uint64_t port_read(void *opaque, uint64_t off, unsigned size)
{
    uint8_t val[2];

    data_read_run(opaque, off, size, val, 1);
    return off == 1 ? val[0] : 0xffff;
}

static void port_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    if (off == 0 && size == 2)
        select_item(opaque, (uint16_t)val);
}

static const struct bus_ops port_ops = {
    .read = port_read,
    .write = port_write,
    .read_run = data_read_run,
    .min = 1,
    .max = 2,
};

/* ---- DMA ---- */

struct dma_desc {
    uint32_t control, length; /* all big-endian */
    uint64_t address;
};

static int dma_to_guest(struct fw_cfg *s, gpa_t gpa, uint32_t len)
{
    uint32_t n = rest(s);
    int rc = 0;

    if (len > n && len - n > DMA_ZEROS)
        return -EINVAL;
    for (; !rc && len; len -= n, gpa += n) {
        struct gmap map;

        rc = mem_map(s->dev.vm, gpa, len, true, &map);
        if (rc)
            break;
        n = (uint32_t)map.len;
        rc = take(s, map.ptr, n);
        mem_unmap(s->dev.vm, &map, n);
    }
    return rc;
}

static void dma_run(struct fw_cfg *s, gpa_t gpa)
{
    struct dma_desc d;
    uint32_t control, len, left;
    int rc = mem_read(s->dev.vm, gpa, &d, sizeof(d));

    if (!rc) {
        control = be32toh(d.control);
        len = be32toh(d.length);
        if (control & DMA_SELECT)
            select_item(s, (uint16_t)(control >> 16));
        left = rest(s);
        if (control & DMA_READ)
            rc = dma_to_guest(s, be64toh(d.address), len);
        else if (control & DMA_WRITE)
            rc = -EROFS;
        else if (control & DMA_SKIP)
            s->pos += len < left ? len : left;
    }
    d.control = htobe32(rc ? DMA_ERROR : 0);
    mem_write(s->dev.vm, gpa, &d.control, sizeof(d.control));
}

static uint64_t dma_read(void *opaque, uint64_t off, unsigned size)
{
    static const char sig[] = "QEMU CFG";
    uint32_t val = 0;

    for (unsigned i = 0; i < size; i++)
        val |= (uint32_t)(uint8_t)sig[off + i] << 8 * i;
    return val;
}

static void dma_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct fw_cfg *s = opaque;
    uint32_t half = be32toh((uint32_t)val);
    gpa_t gpa;

    if (size != 4)
        return;
    if (off == 0) {
        s->dma_high = half;
        return;
    }
    gpa = (gpa_t)s->dma_high << 32 | half;
    s->dma_high = 0;
    dma_run(s, gpa);
}

static const struct bus_ops dma_ops = {
    .read = dma_read,
    .write = dma_write,
    .min = 1,
    .max = 4,
};

/* ---- life ---- */

static void fw_cfg_destroy(struct dev *dev)
{
    struct fw_cfg *s = (struct fw_cfg *)dev;

    bus_del(dev->vm, &s->dma);
    bus_del(dev->vm, &s->ports);
    for (unsigned i = 0; i < KEYS; i++) {
        free(s->item[0][i].data);
        free(s->item[1][i].data);
    }
}

static int fw_cfg_create(struct dev *dev, struct cfg_err *err)
{
    struct fw_cfg *s = (struct fw_cfg *)dev;
    int rc;

    s->ports = (struct bus_region){.name = "fw_cfg",
                                   .ops = &port_ops,
                                   .opaque = s,
                                   .space = BUS_PIO,
                                   .base = SELECTOR,
                                   .size = 2};
    s->dma = (struct bus_region){.name = "fw_cfg-dma",
                                 .ops = &dma_ops,
                                 .opaque = s,
                                 .space = BUS_PIO,
                                 .base = DMA_ADDR,
                                 .size = 8};
    rc = bus_add(dev->vm, &s->ports);
    if (!rc)
        rc = bus_add(dev->vm, &s->dma);
    if (!rc)
        rc = fw_cfg_add(dev, FW_CFG_SIGNATURE, "QEMU", 4);
    if (!rc)
        rc = fw_cfg_add_int(dev, FW_CFG_ID, ID_PORTS | ID_DMA, 4);
    if (!rc)
        rc = fw_cfg_add(dev, FW_CFG_FILE_DIR, &s->dir,
                        offsetof(struct dir, file));
    if (!rc)
        return 0;
    fw_cfg_destroy(dev);
    return err_set(err, rc, "ports 0x510 to 0x51b: %s", strerror(-rc));
}

static void fw_cfg_reset(struct dev *dev)
{
    struct fw_cfg *s = (struct fw_cfg *)dev;

    select_item(s, FW_CFG_SIGNATURE);
    s->dma_high = 0;
}

static const struct state_field fw_cfg_fields[] = {
    STATE_U16(struct fw_cfg, key),
    STATE_U32(struct fw_cfg, pos),
    STATE_U32(struct fw_cfg, dma_high),
    STATE_END,
};
static const struct state_desc fw_cfg_state = {
    .name = "fw_cfg",
    .version = 1,
    .min_version = 1,
    .fields = fw_cfg_fields,
};

const struct dev_class fw_cfg_class = {
    .name = "fw_cfg",
    .desc = "firmware configuration",
    .size = sizeof(struct fw_cfg),
    .internal = true,
    .create = fw_cfg_create,
    .reset = fw_cfg_reset,
    .destroy = fw_cfg_destroy,
    .state = &fw_cfg_state,
};
