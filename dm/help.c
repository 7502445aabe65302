/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program says about itself. Every list comes from the table that is
 * used: options, classes, boards, engines, backends.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "dm/block/blk-priv.h"
#include "dm/char/chr-priv.h"
#include "dm/cmdline.h"
#include "dm/net/net-priv.h"
#include "hw/catalog.h"

/* kvm-unit-tests takes the fourth word for the version. */
static const char first_line[] = PACKAGE_NAME " device server " PACKAGE_VERSION
                                              " (takes the options of QEMU)\n";

static const char *const group_names[] = {
    [CMD_G_MACHINE] = "Machine",
    [CMD_G_BOOT] = "Start",
    [CMD_G_DISK] = "Disks",
    [CMD_G_NET] = "Networks",
    [CMD_G_CHAR] = "Lines and display",
    [CMD_G_CONTROL] = "Control",
    [CMD_G_DEBUG] = "Test and help",
};

static const char examples[] =
    "Examples:\n"
    "  hvmd -nographic -m 1G -smp 2 -kernel vmlinuz -initrd initrd.gz \\\n"
    "       -append 'console=ttyS0 root=/dev/vda1' \\\n"
    "       -drive file=disk.img,format=raw,if=virtio -nic user\n"
    "    a Linux kernel with a disk and a network, on this terminal "
    "(Ctrl-A x ends it)\n"
    "  hvmd -display none -serial file:serial.log -m 1G \\\n"
    "       -drive file=disk.img,format=raw,if=virtio \\\n"
    "       -qmp unix:qmp.sock,server=on,wait=off\n"
    "    a disk that boots by itself (SeaBIOS, GRUB), controlled by QMP\n"
    "  hvmd -device virtio-blk-pci,help\n"
    "    the properties of a device\n"
    "\n"
    "One dash or two; -option VALUE or --option=VALUE. The manual: hvmd(8).\n";

void help_print(FILE *f)
{
    const struct cmd_option *o;
    char left[80];
    unsigned g;

    fputs(first_line, f);
    fputs("\nUsage: hvmd [OPTION...]\n\n", f);
    for (g = 0; g < CMD_G_NONE; g++) {
        fprintf(f, "%s:\n", group_names[g]);
        for (o = cmd_options; o->name; o++) {
            if (o->group != g || !o->help)
                continue;
            snprintf(left, sizeof(left), "-%s%s%s", o->name, o->args ? " " : "",
                     o->args ? o->args : "");
            if (strlen(left) > 30)
                fprintf(f, "  %s\n  %30s %s\n", left, "", o->help);
            else
                fprintf(f, "  %-30s %s\n", left, o->help);
        }
        fputs("\n", f);
    }
    fputs(examples, f);
}

void help_version(FILE *f, bool json)
{
    const char *sep = "";
    unsigned i;

    if (!json) {
        fputs(first_line, f);
        return;
    }
    fprintf(f, "{\"name\": \"%s\", \"version\": \"%s\", \"engines\": [",
            PACKAGE_NAME, PACKAGE_VERSION);
    for (i = 0; engine_list[i]; i++, sep = ", ")
        fprintf(f, "%s\"%s\"", sep, engine_list[i]->name);
    fputs("], \"machines\": [", f);
    for (i = 0, sep = ""; board_catalog[i]; i++, sep = ", ")
        fprintf(f, "%s\"%s\"", sep, board_catalog[i]->name);
    fputs("]}\n", f);
}

/* ---- -OPTION help ---- */

static void list_classes(FILE *f)
{
    const struct dev_class *cls;
    unsigned i;

    for (i = 0; (cls = dev_catalog[i]); i++) {
        if (cls->internal)
            continue;
        fprintf(f, "name \"%s\"", cls->name);
        if (cls->bus)
            fprintf(f, ", bus %s", cls->bus);
        if (cls->alias)
            fprintf(f, ", alias \"%s\"", cls->alias);
        fprintf(f, ", desc \"%s\"\n", cls->desc ? cls->desc : "");
    }
}

const char *prop_type_name(enum prop_type type)
{
    static const char *const names[] = {
        [PROP_BOOL] = "bool",  [PROP_U8] = "uint8",   [PROP_U16] = "uint16",
        [PROP_U32] = "uint32", [PROP_U64] = "uint64", [PROP_SIZE] = "size",
        [PROP_STR] = "str",    [PROP_MAC] = "mac",    [PROP_BDF] = "pci-addr",
        [PROP_BLK] = "drive",  [PROP_NET] = "netdev", [PROP_CHR] = "chardev",
    };

    return names[type];
}

static int list_props(FILE *f, const char *name, struct cfg_err *err)
{
    const struct dev_class *cls = dev_class_find(name);
    const struct dev_prop *p;

    if (!cls)
        return err_set(err, -ENOENT,
                       "-device %.100s: there is no such device class "
                       "(-device help lists them)",
                       name);
    fprintf(f, "%s options:\n", cls->name);
    for (p = cls->props; p && p->name; p++) {
        fprintf(f, "  %s=<%s> - %s", p->name, prop_type_name(p->type),
                p->help ? p->help : "");
        if (p->def)
            fprintf(f, " (default: %s)", p->def);
        fputs("\n", f);
    }
    return 0;
}

int help_list(struct cmdline *c, FILE *f, struct cfg_err *err)
{
    const char *what = c->list;
    const struct cmd_option *o;
    const struct board *b;
    unsigned i;

    if (c->list_of)
        return list_props(f, c->list_of, err);
    if (!strcmp(what, "device")) {
        list_classes(f);
    } else if (!strcmp(what, "machine")) {
        for (i = 0; (b = board_catalog[i]); i++) {
            if (b->alias)
                fprintf(f, "%-20s %s (alias of %s)\n", b->alias, b->desc,
                        b->name);
            fprintf(f, "%-20s %s%s\n", b->name, b->desc, i ? "" : " (default)");
        }
    } else if (!strcmp(what, "accel")) {
        for (i = 0; engine_list[i]; i++)
            fprintf(f, "%-8s %s%s\n", engine_list[i]->name,
                    engine_list[i]->desc, i ? "" : " (default)");
    } else if (!strcmp(what, "netdev") || !strcmp(what, "nic")) {
        for (i = 0; net_types[i]; i++)
            fprintf(f, "%-8s %s\n         options: %s\n", net_types[i]->type,
                    net_types[i]->desc, net_types[i]->keys);
    } else if (!strcmp(what, "chardev")) {
        for (i = 0; chr_backends[i]; i++)
            fprintf(f, "%-8s %s\n         options: %s\n",
                    chr_backends[i]->backend, chr_backends[i]->desc,
                    chr_backends[i]->keys);
    } else if (!strcmp(what, "drive") || !strcmp(what, "blockdev")) {
        for (i = 0; blk_formats[i]; i++)
            fprintf(f, "%-8s %s\n", blk_formats[i]->format,
                    blk_formats[i]->desc);
    } else {
        for (o = cmd_options; o->name && strcmp(o->name, what);)
            o++;
        fprintf(f, "-%s %s: %s\n", what, o->args ? o->args : "",
                o->help ? o->help : "");
        if (o->known)
            fprintf(f, "  known: %s\n", o->known);
    }
    return 0;
}

/* ---- -dump-config ---- */

static void dump_opts(FILE *f, const char *name, int n, const struct opts *o)
{
    const struct opt *opt;

    for (opt = o ? o->first : NULL; opt; opt = opt->next) {
        if (n >= 0)
            fprintf(f, "%s.%d.%s=%s\n", name, n, opt->key, opt->value);
        else
            fprintf(f, "%s.%s=%s\n", name, opt->key, opt->value);
    }
}

static void dump_list(FILE *f, const char *name, const struct opts *o)
{
    int n;

    for (n = 0; o; o = o->next)
        dump_opts(f, name, n++, o);
}

static void dump_text(FILE *f, const char *name, const char *value)
{
    if (value)
        fprintf(f, "%s=%s\n", name, value);
}

void help_dump_config(struct cmdline *c, FILE *f)
{
    const struct vm_config *cfg = &c->cfg;
    unsigned i;

    dump_text(f, "name", cfg->name);
    fprintf(f, "machine.type=%s\n", c->board->name);
    dump_list(f, "accel", c->accels);
    fprintf(f, "memory.size=%" PRIu64 "\n", cfg->ram_size);
    fprintf(f, "smp.cpus=%u\nsmp.maxcpus=%u\n", cfg->cpus, cfg->max_cpus);
    dump_opts(f, "cpu", -1, cfg->cpu);
    dump_opts(f, "rtc", -1, cfg->rtc);
    dump_opts(f, "boot", -1, cfg->boot);
    dump_text(f, "boot.kernel", cfg->kernel);
    dump_text(f, "boot.initrd", cfg->initrd);
    dump_text(f, "boot.append", cfg->append);
    dump_text(f, "boot.bios", cfg->bios);
    dump_list(f, "smbios", cfg->smbios);
    dump_list(f, "fw_cfg", cfg->fw_cfg);
    dump_opts(f, "global", -1, cfg->globals);
    dump_list(f, "chardev", c->chardevs);
    for (i = 0; i < c->n_serials; i++)
        fprintf(f, "serial.%u=%s\n", i, c->serials[i]);
    dump_list(f, "drive", c->drives);
    dump_list(f, "netdev", c->netdevs);
    dump_list(f, "object", c->objects);
    dump_list(f, "device", c->devices);
    dump_list(f, "monitor", c->monitors);
    fprintf(f, "start_paused=%s\nno_reboot=%s\nno_shutdown=%s\n",
            cfg->start_paused ? "on" : "off", cfg->no_reboot ? "on" : "off",
            cfg->no_shutdown ? "on" : "off");
}
