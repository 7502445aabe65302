/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor for a person: one line in, text out. QMP's
 * human-monitor-command and -monitor end here. Commands are QEMU's as far as
 * they go; what a program wants to know it asks QMP.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "dm/block/blk.h"
#include "dm/bus.h"
#include "dm/char/chr.h"
#include "dm/dev.h"
#include "dm/machine.h"
#include "dm/net/net.h"
#include "dm/qmp-priv.h"

struct hmp_cmd {
    const char *name;
    const char *help;
    void (*run)(struct vm *vm, FILE *f);
};

/* ---- info ---- */

static void info_version(struct vm *vm, FILE *f)
{
    fprintf(f, "%s\n", PACKAGE_STRING);
}

static void info_name(struct vm *vm, FILE *f)
{
    if (vm->cfg->name)
        fprintf(f, "%s\n", vm->cfg->name);
}

static void info_status(struct vm *vm, FILE *f)
{
    if (vm->state == RUN_RUNNING)
        fprintf(f, "VM status: running\n");
    else if (vm->state == RUN_PAUSED)
        fprintf(f, "VM status: paused\n");
    else
        fprintf(f, "VM status: paused (%s)\n", run_state_name(vm->state));
}

static void info_cpus(struct vm *vm, FILE *f)
{
    unsigned i;
    int tid;

    for (i = 0; vm->board->has_vcpus && i < vm->cfg->cpus; i++) {
        tid = vm->engine->vcpu_tid(vm, i);
        if (tid >= 0)
            fprintf(f, "%c CPU #%u: thread_id=%d\n", i ? ' ' : '*', i, tid);
    }
}

static void info_kvm(struct vm *vm, FILE *f)
{
    fprintf(f, "kvm support: %s\n",
            strcmp(vm->engine->name, "kvm") ? "disabled" : "enabled");
}

static void info_block(struct vm *vm, FILE *f)
{
    const struct blk *blk;

    for (blk = vm->blks; blk; blk = blk->next) {
        fprintf(f, "%s: %s (%s%s)\n", blk->id,
                blk->filename ? blk->filename : "-", blk->format,
                blk->readonly ? ", read-only" : "");
        fprintf(f, "    Size:             %" PRIu64 " bytes\n",
                (uint64_t)blk->size);
        fprintf(f, "    Attached to:      %s\n",
                blk->user ? blk->user : "[nothing]");
        fprintf(f, "    Cache mode:       %s%s%s\n",
                blk->cache_writeback ? "writeback" : "writethrough",
                blk->cache_direct ? ", direct" : "",
                blk->cache_no_flush ? ", ignore flushes" : "");
    }
}

static void info_network(struct vm *vm, FILE *f)
{
    struct net *net;

    for (net = vm->nets; net; net = net->next) {
        fprintf(f, "%s: %s\n", net->id, net->info);
        fprintf(f, "    Attached to: %s\n",
                net->user ? net->user : "[nothing]");
        fprintf(f,
                "    received %" PRIu64 " frames, %" PRIu64
                " bytes; sent %" PRIu64 " frames, %" PRIu64 " bytes, %" PRIu64
                " dropped\n",
                (uint64_t)net->stats.rx_frames, (uint64_t)net->stats.rx_bytes,
                (uint64_t)net->stats.tx_frames, (uint64_t)net->stats.tx_bytes,
                (uint64_t)net->stats.tx_dropped);
    }
}

static void info_chardev(struct vm *vm, FILE *f)
{
    const struct chr *chr;

    for (chr = vm->chrs; chr; chr = chr->next)
        fprintf(f, "%s: filename=%s%s\n", chr->id, chr->filename,
                chr->user_set ? "" : " (unused)");
}

static json_int_t num(const json_t *obj, const char *key)
{
    return json_integer_value(json_object_get(obj, key));
}

static void info_pci(struct vm *vm, FILE *f)
{
    json_t *buses = qmp_pci_list(vm);
    json_t *bus, *dev, *bar, *id, *cls;
    const char *desc, *type;
    json_int_t addr;
    size_t i, j, k;

    json_array_foreach(buses, i, bus)
    {
        json_array_foreach(json_object_get(bus, "devices"), j, dev)
        {
            id = json_object_get(dev, "id");
            cls = json_object_get(dev, "class_info");
            desc = json_string_value(json_object_get(cls, "desc"));
            fprintf(f,
                    "  Bus %2" JSON_INTEGER_FORMAT
                    ", device %3" JSON_INTEGER_FORMAT
                    ", function %" JSON_INTEGER_FORMAT ":\n",
                    num(dev, "bus"), num(dev, "slot"), num(dev, "function"));
            if (desc)
                fprintf(f, "    %s: ", desc);
            else
                fprintf(f, "    Class %04x: ", (unsigned)num(cls, "class"));
            fprintf(f, "PCI device %04x:%04x\n", (unsigned)num(id, "vendor"),
                    (unsigned)num(id, "device"));
            if (num(dev, "irq_pin"))
                fprintf(f, "      IRQ %u, pin %c\n", (unsigned)num(dev, "irq"),
                        'A' + ((int)num(dev, "irq_pin") - 1) % 4);
            json_array_foreach(json_object_get(dev, "regions"), k, bar)
            {
                type = json_string_value(json_object_get(bar, "type"));
                addr = num(bar, "address");
                fprintf(f, "      BAR%u: %s at 0x%llx [0x%llx].\n",
                        (unsigned)num(bar, "bar"),
                        *type == 'i' ? "I/O" : "memory", (long long)addr,
                        (long long)(addr + num(bar, "size") - 1));
            }
            fprintf(f, "      id \"%s\"\n",
                    json_string_value(json_object_get(dev, "qdev_id")));
        }
    }
    json_decref(buses);
}

static void info_mtree(struct vm *vm, FILE *f)
{
    static const char *const names[] = {
        [BUS_MMIO] = "memory",
        [BUS_PIO] = "I/O ports",
    };
    static const enum bus_space spaces[] = {BUS_MMIO, BUS_PIO};
    const struct bus_region *r;
    struct mem_slot slot;
    unsigned s, i;

    for (i = 0; mem_slot_at(vm, i, &slot); i++) {
        if (!i)
            fprintf(f, "RAM and ROM:\n");
        fprintf(f, "  %016" PRIx64 "-%016" PRIx64 " (%s): %s @%" PRIx64 "\n",
                slot.gpa, slot.gpa + slot.len - 1,
                slot.readonly ? "rom" : "ram", slot.ram->name, slot.off);
    }
    for (s = 0; s < 2; s++) {
        fprintf(f, "%s:\n", names[spaces[s]]);
        for (i = 0; (r = bus_region_at(vm, spaces[s], i)); i++)
            fprintf(f, "  %016" PRIx64 "-%016" PRIx64 " (i/o): %s\n", r->base,
                    r->base + r->size - 1, r->name);
    }
}

static void info_qtree(struct vm *vm, FILE *f)
{
    const struct dev *dev;

    for (dev = dev_first(vm); dev; dev = dev->next)
        fprintf(f, "%s%s%s%s\n", dev->path, dev->id[0] ? " id \"" : "", dev->id,
                dev->id[0] ? "\"" : "");
}

static void info_help(struct vm *vm, FILE *f);

static const struct hmp_cmd infos[] = {
    {"block", "images", info_block},
    {"chardev", "character devices", info_chardev},
    {"cpus", "processors", info_cpus},
    {"help", "this list", info_help},
    {"kvm", "whether KVM runs the guest", info_kvm},
    {"mtree", "what answers at which address", info_mtree},
    {"name", "name of the guest", info_name},
    {"network", "networks", info_network},
    {"pci", "PCI functions", info_pci},
    {"qtree", "devices", info_qtree},
    {"status", "whether the guest runs", info_status},
    {"version", "version of this program", info_version},
    {NULL, NULL, NULL},
};

static void info_help(struct vm *vm, FILE *f)
{
    const struct hmp_cmd *c;

    for (c = infos; c->name; c++)
        fprintf(f, "info %-8s -- %s\n", c->name, c->help);
}

/* ---- commands ---- */

static void do_stop(struct vm *vm, FILE *f)
{
    vm_stop(vm, RUN_PAUSED);
}

static void do_cont(struct vm *vm, FILE *f)
{
    struct cfg_err err = {""};

    if (vm_cont(vm, &err))
        fprintf(f, "Error: %s\n", err.text);
}

static void do_reset(struct vm *vm, FILE *f)
{
    vm_request(vm, VM_REQ_HOST_RESET);
}

static void do_powerdown(struct vm *vm, FILE *f)
{
    vm_request(vm, VM_REQ_POWERDOWN);
}

static void do_quit(struct vm *vm, FILE *f)
{
    vm_request(vm, VM_REQ_QUIT);
}

static void do_help(struct vm *vm, FILE *f);

static const struct hmp_cmd cmds[] = {
    {"cont", "go on", do_cont},
    {"c", NULL, do_cont},
    {"help", "this list", do_help},
    {"?", NULL, do_help},
    {"info", "WHAT: show something (info help lists what)", info_help},
    {"quit", "end this program", do_quit},
    {"q", NULL, do_quit},
    {"stop", "stop the guest", do_stop},
    {"s", NULL, do_stop},
    {"system_powerdown", "press the power button", do_powerdown},
    {"system_reset", "reset the guest", do_reset},
    {NULL, NULL, NULL},
};

static void do_help(struct vm *vm, FILE *f)
{
    const struct hmp_cmd *c;

    for (c = cmds; c->name; c++) {
        if (c->help)
            fprintf(f, "%-16s -- %s\n", c->name, c->help);
    }
}

static const struct hmp_cmd *find(const struct hmp_cmd *list, const char *word,
                                  size_t len)
{
    for (; list->name; list++) {
        if (!strncmp(list->name, word, len) && !list->name[len])
            return list;
    }
    return NULL;
}

void hmp_run(struct vm *vm, const char *line, FILE *f)
{
    static const char blank[] = " \t";
    const char *word = line + strspn(line, blank);
    size_t len = strcspn(word, blank);
    const char *arg = word + len + strspn(word + len, blank);
    size_t arg_len = strcspn(arg, blank);
    const struct hmp_cmd *c = find(cmds, word, len);

    if (!len)
        return;
    if (c && c->run == info_help && arg_len) {
        c = find(infos, arg, arg_len);
        arg += arg_len;
        arg += strspn(arg, blank);
    }
    if (!c)
        fprintf(f, "unknown command: '%s'\n", line);
    else if (*arg)
        fprintf(f, "%s: expected nothing after it, but there is '%s'\n",
                c->name, arg);
    else
        c->run(vm, f);
}
