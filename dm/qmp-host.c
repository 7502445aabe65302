/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP: what the host provides (images, character devices) and PCI. */
#include "config.h"

#include "dm/qmp-priv.h"

#include <string.h>
#include <sys/stat.h>

#include "dm/block/blk.h"
#include "dm/bus.h"
#include "dm/char/chr.h"
#include "dm/dev.h"
#include "dm/machine.h"
#include "dm/net/net.h"

/* ---- images ---- */

static json_t *describe_node(const struct blk *blk)
{
    struct stat st;
    json_t *image;

    image = json_pack("{s:o,s:s,s:I,s:b}", "filename", qmp_text(blk->filename),
                      "format", blk->format, "virtual-size",
                      (json_int_t)blk->size, "dirty-flag", 0);
    if (blk->filename && !stat(blk->filename, &st))
        json_object_set_new(image, "actual-size",
                            json_integer(st.st_blocks * 512ll));
    return json_pack("{s:o,s:s,s:o,s:b,s:b,s:i,s:s,s:{s:b,s:b,s:b},s:o,"
                     "s:i,s:i,s:i,s:i,s:i,s:i,s:i}",
                     "node-name", qmp_text(blk->id), "drv", blk->format, "file",
                     qmp_text(blk->filename), "ro", blk->readonly, "encrypted",
                     0, "backing_file_depth", 0, "detect_zeroes", "off",
                     "cache", "direct", blk->cache_direct, "writeback",
                     blk->cache_writeback, "no-flush", blk->cache_no_flush,
                     "image", image, "bps", 0, "bps_rd", 0, "bps_wr", 0, "iops",
                     0, "iops_rd", 0, "iops_wr", 0, "write_threshold", 0);
}

static json_t *query_named_block_nodes(struct qmp_call *call)
{
    json_t *list = json_array();
    const struct blk *blk;

    for (blk = call->vm->blks; blk; blk = blk->next)
        json_array_append_new(list, describe_node(blk));
    return list;
}

static json_t *query_block(struct qmp_call *call)
{
    json_t *list = json_array(), *item;
    const struct blk *blk;
    struct dev *dev;

    for (blk = call->vm->blks; blk; blk = blk->next) {
        item =
            json_pack("{s:o,s:b,s:b,s:s,s:o,s:s}", "device", qmp_text(blk->id),
                      "locked", 0, "removable", blk->removable, "type",
                      "unknown", "inserted", describe_node(blk), "io-status",
                      call->vm->state == RUN_IO_ERROR ? "failed" : "ok");
        if (blk->user)
            json_object_set_new(item, "qdev", qmp_text(blk->user));
        json_array_append_new(list, item);
    }
    for (dev = dev_first(call->vm); dev; dev = dev->next) {
        if (!dev->cls->media || dev->cls->media->get(dev))
            continue;
        json_array_append_new(
            list,
            json_pack("{s:s,s:s,s:b,s:b,s:b,s:s}", "device", dev->id, "qdev",
                      dev->id[0] ? dev->id : dev->path, "locked", 0,
                      "removable", 1, "tray_open",
                      dev->cls->media->tray_open(dev), "type", "unknown"));
    }
    return list;
}

static json_t *query_blockstats(struct qmp_call *call)
{
    static const struct {
        const char *name;
        enum blk_op op;
    } ops[] = {
        {"rd", BLK_READ},
        {"wr", BLK_WRITE},
        {"flush", BLK_FLUSH},
        {"unmap", BLK_DISCARD},
    };
    json_t *list = json_array(), *stats;
    struct blk *blk;
    char key[32];
    unsigned i;

    for (blk = call->vm->blks; blk; blk = blk->next) {
        stats = json_object();
        for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
            struct blk_stats *s = &blk->stats;
            enum blk_op op = ops[i].op;

            if (op != BLK_FLUSH) {
                snprintf(key, sizeof(key), "%s_bytes", ops[i].name);
                json_object_set_new(stats, key, json_integer(s->bytes[op]));
            }
            snprintf(key, sizeof(key), "%s_operations", ops[i].name);
            json_object_set_new(stats, key, json_integer(s->ops[op]));
            snprintf(key, sizeof(key), "%s_total_time_ns", ops[i].name);
            json_object_set_new(stats, key, json_integer(s->ns[op]));
            snprintf(key, sizeof(key), "failed_%s_operations", ops[i].name);
            json_object_set_new(stats, key, json_integer(s->failed[op]));
        }
        json_array_append_new(
            list,
            json_pack("{s:o,s:o,s:o,s:o}", "device", qmp_text(blk->id),
                      "node-name", qmp_text(blk->id), "qdev",
                      qmp_text(blk->user ? blk->user : ""), "stats", stats));
    }
    return list;
}

static json_t *block_resize(struct qmp_call *call)
{
    json_t *name = json_object_get(call->args, "device");
    json_int_t size = json_integer_value(json_object_get(call->args, "size"));
    struct blk *blk;

    if (!name)
        name = json_object_get(call->args, "node-name");
    if (!name)
        return qmp_fail(call, NULL, "Parameter 'node-name' is missing");
    blk = blk_find(call->vm, json_string_value(name));
    if (!blk)
        return qmp_fail(call, "DeviceNotFound", "Device '%.100s' not found",
                        json_string_value(name));
    if (size <= 0)
        return qmp_fail(call, NULL, "Parameter 'size' expects a size above 0");
    return blk_resize(blk, size, &call->err) ? NULL : json_object();
}

/* ---- character devices ---- */

static json_t *query_chardev(struct qmp_call *call)
{
    json_t *list = json_array();
    const struct chr *chr;

    for (chr = call->vm->chrs; chr; chr = chr->next)
        json_array_append_new(
            list, json_pack("{s:o,s:b,s:o}", "label", qmp_text(chr->id),
                            "frontend-open", chr->user_set, "filename",
                            qmp_text(chr->filename)));
    return list;
}

/* ---- PCI, as its configuration space says ---- */

static const char *class_name(unsigned cls)
{
    static const struct {
        unsigned cls;
        const char *name;
    } names[] = {
        {0x0001, "VGA controller"},
        {0x0100, "SCSI controller"},
        {0x0101, "IDE controller"},
        {0x0106, "SATA controller"},
        {0x0180, "Storage controller"},
        {0x0200, "Ethernet controller"},
        {0x0280, "Network controller"},
        {0x0300, "VGA controller"},
        {0x0600, "Host bridge"},
        {0x0601, "ISA bridge"},
        {0x0604, "PCI bridge"},
        {0x0680, "Bridge"},
        {0x0780, "Communication controller"},
        {0x0c03, "USB controller"},
    };
    unsigned i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].cls == cls)
            return names[i].name;
    }
    return NULL;
}

/* The size of what answers at addr, 0 if nothing does. */
static uint64_t region_size(struct vm *vm, enum bus_space space, uint64_t addr)
{
    const struct bus_region *r, *last = NULL;
    unsigned i;

    for (i = 0; (r = bus_region_at(vm, space, i)); i++) {
        if (r->base == addr)
            last = r;
    }
    return last ? last->size : 0;
}

static json_t *describe_bars(struct vm *vm, uint16_t bdf)
{
    json_t *list = json_array(), *item;
    uint64_t addr, size;
    uint32_t bar;
    unsigned i;
    bool wide;

    for (i = 0; i < 6; i++) {
        bar = bus_pcicfg_read(vm, bdf, 0x10 + 4 * i, 4);
        wide = !(bar & 1) && (bar & 6) == 4;
        addr = bar & (bar & 1 ? ~3u : ~15u);
        if (wide && i < 5)
            addr |= (uint64_t)bus_pcicfg_read(vm, bdf, 0x14 + 4 * i, 4) << 32;
        size = addr ? region_size(vm, bar & 1 ? BUS_PIO : BUS_MMIO, addr) : 0;
        if (size) { /* what is not mapped does not show its size */
            item = json_pack("{s:i,s:s,s:I,s:I}", "bar", i, "type",
                             bar & 1 ? "io" : "memory", "address",
                             (json_int_t)addr, "size", (json_int_t)size);
            if (!(bar & 1)) {
                json_object_set_new(item, "prefetch", json_boolean(bar & 8));
                json_object_set_new(item, "mem_type_64", json_boolean(wide));
            }
            json_array_append_new(list, item);
        }
        i += wide;
    }
    return list;
}

static const struct dev *dev_at(struct vm *vm, uint16_t bdf)
{
    const struct dev *dev;
    char place[32];

    for (dev = dev_first(vm); dev; dev = dev->next) {
        if (!dev->bus || strcmp(dev->bus->type, "pci"))
            continue;
        snprintf(place, sizeof(place), "/%02x.%x/", bdf >> 3 & 31, bdf & 7);
        if (!strncmp(dev->path + strlen(dev->bus->name), place, strlen(place)))
            return dev;
    }
    return NULL;
}

static json_t *describe_function(struct vm *vm, uint16_t bdf)
{
    unsigned cls = bus_pcicfg_read(vm, bdf, 0x0a, 2);
    unsigned pin = bus_pcicfg_read(vm, bdf, 0x3d, 1);
    const struct dev *dev = dev_at(vm, bdf);
    json_t *item;

    item = json_pack(
        "{s:i,s:i,s:i,s:{s:i},s:{s:i,s:i,s:i,s:i},s:i,s:o,s:o}", "bus",
        bdf >> 8, "slot", bdf >> 3 & 31, "function", bdf & 7, "class_info",
        "class", cls, "id", "device", bus_pcicfg_read(vm, bdf, 2, 2), "vendor",
        bus_pcicfg_read(vm, bdf, 0, 2), "subsystem",
        bus_pcicfg_read(vm, bdf, 0x2e, 2), "subsystem-vendor",
        bus_pcicfg_read(vm, bdf, 0x2c, 2), "irq_pin", pin, "qdev_id",
        qmp_text(dev ? dev->id : ""), "regions", describe_bars(vm, bdf));
    if (class_name(cls))
        json_object_set_new(json_object_get(item, "class_info"), "desc",
                            json_string(class_name(cls)));
    if (pin)
        json_object_set_new(item, "irq",
                            json_integer(bus_pcicfg_read(vm, bdf, 0x3c, 1)));
    return item;
}

json_t *qmp_pci_list(struct vm *vm)
{
    json_t *devices = json_array();
    const struct bus_region *r;
    unsigned i;

    for (i = 0; (r = bus_region_at(vm, BUS_PCICFG, i)); i++)
        json_array_append_new(devices, describe_function(vm, r->base >> 12));
    if (!i) {
        json_decref(devices);
        return json_array();
    }
    return json_pack("[{s:i,s:o}]", "bus", 0, "devices", devices);
}

static json_t *query_pci(struct qmp_call *call)
{
    return qmp_pci_list(call->vm);
}

/* ---- network cards ---- */

static const struct net *net_of(const struct dev *dev)
{
    for (const struct dev_prop *p = dev->cls->props; p && p->name; p++)
        if (p->type == PROP_NET)
            return *(struct net *const *)((const char *)dev + p->offset);
    return NULL;
}

/* name: of the card, or of the network it is plugged into. */
static json_t *set_link(struct qmp_call *call)
{
    const char *name = json_string_value(json_object_get(call->args, "name"));
    bool up = json_is_true(json_object_get(call->args, "up"));
    struct dev *dev;

    for (dev = dev_first(call->vm); dev; dev = dev->next) {
        const struct net *net = net_of(dev);

        if (strcmp(dev->id, name) && (!net || strcmp(net->id, name)))
            continue;
        if (!dev->cls->set_link)
            return qmp_fail(call, NULL, "Device '%.100s' has no cable to pull",
                            name);
        dev->cls->set_link(dev, up);
        return json_object();
    }
    return qmp_fail(call, "DeviceNotFound", "Device '%.100s' not found", name);
}

const struct qmp_cmd qmp_cmds_host[] = {
    {"query-block", NULL, query_block},
    {"query-blockstats", "query-nodes:b?", query_blockstats},
    {"query-named-block-nodes", "flat:b?", query_named_block_nodes},
    {"block_resize", "device:s? node-name:s? size:i", block_resize},
    {"query-chardev", NULL, query_chardev},
    {"query-pci", NULL, query_pci},
    {"set_link", "name:s up:b", set_link},
    {NULL, NULL, NULL},
};
