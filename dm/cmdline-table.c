/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/cmdline.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/log.h"

static void *member(struct cmdline *c, const struct cmd_option *o)
{
    return (char *)c + o->member;
}

static int check_known(const struct opts *o, const char *what,
                       const char *known, struct cfg_err *err)
{
    const struct opt *opt;

    for (opt = known ? o->first : NULL; opt; opt = opt->next) {
        if (!word_in_list(known, opt->key))
            return err_set(err, -EINVAL,
                           "-%s: unknown option '%.100s' (known: %s)", what,
                           opt->key, known);
    }
    return 0;
}

int cmdline_opts(const char *text, const char *implied, struct opts **out,
                 struct cfg_err *err)
{
    return *text == '{' ? opts_parse_json(text, out, err)
                        : opts_parse(text, implied, out, err);
}

/* ---- ways to take a value ---- */

static int set_flag(struct cmdline *c, const struct cmd_option *o,
                    const char *arg, struct cfg_err *err)
{
    *(bool *)member(c, o) = true;
    return 0;
}

static int set_text(struct cmdline *c, const struct cmd_option *o,
                    const char *arg, struct cfg_err *err)
{
    *(const char **)member(c, o) = arg;
    return 0;
}

static int set_action(struct cmdline *c, const struct cmd_option *o,
                      const char *arg, struct cfg_err *err)
{
    c->action = !strcmp(o->name, "dump-config") ? CMD_DUMP_CONFIG : CMD_HELP;
    return 0;
}

static int set_version(struct cmdline *c, const struct cmd_option *o,
                       const char *arg, struct cfg_err *err)
{
    if (arg && strcmp(arg, "json"))
        return err_set(err, -EINVAL, "--version=%.100s: expected json", arg);
    c->action = arg ? CMD_VERSION_JSON : CMD_VERSION;
    return 0;
}

/* Only words that ask for nothing, or for what is so anyway. */
static int set_word(struct cmdline *c, const struct cmd_option *o,
                    const char *arg, struct cfg_err *err)
{
    if (!o->known || word_in_list(o->known, arg))
        return 0;
    return err_set(err, -EINVAL, "-%s %.100s: expected %s", o->name, arg,
                   o->known);
}

/* Several of a kind: each a list of its own. */
static int set_list(struct cmdline *c, const struct cmd_option *o,
                    const char *arg, struct cfg_err *err)
{
    struct opts *opts;
    int rc;

    if (!strcmp(arg, "help") || !strcmp(arg, "?")) {
        c->action = CMD_LIST;
        c->list = o->name;
        return 0;
    }
    rc = cmdline_opts(arg, o->implied, &opts, err);
    if (rc)
        return err_prefix(err, rc, "-%s", o->name);
    opts_list_add(member(c, o), opts);
    return check_known(opts, o->name, o->known, err);
}

/* One of a kind: later words add to it or replace what was said. */
static int set_merged(struct cmdline *c, const struct cmd_option *o,
                      const char *arg, struct cfg_err *err)
{
    struct opts **to = member(c, o), *opts;
    struct opt **end;
    int rc;

    if (!strcmp(arg, "help") || !strcmp(arg, "?")) {
        c->action = CMD_LIST;
        c->list = o->name;
        return 0;
    }
    rc = opts_parse(arg, o->implied, &opts, err);
    if (rc)
        return err_prefix(err, rc, "-%s", o->name);
    rc = check_known(opts, o->name, o->known, err);
    if (!*to)
        *to = opts_new();
    end = &(*to)->first;
    while (*end)
        end = &(*end)->next;
    *end = opts->first;
    opts->first = NULL;
    opts_free(opts);
    return rc;
}

static int set_device(struct cmdline *c, const struct cmd_option *o,
                      const char *arg, struct cfg_err *err)
{
    int rc = set_list(c, o, arg, err);
    struct opts *d;
    struct opt *opt;

    if (rc || c->action == CMD_LIST)
        return rc;
    for (d = c->devices; d->next;)
        d = d->next;
    if (!opts_get(d, "driver"))
        return err_set(err, -EINVAL,
                       "-device %.100s: expected -device CLASS[,PROPERTY="
                       "VALUE...] (-device help lists the classes)",
                       arg);
    for (opt = d->first; opt; opt = opt->next) {
        if (!strcmp(opt->key, "help") || !strcmp(opt->key, "?")) {
            c->action = CMD_LIST;
            c->list = o->name;
            c->list_of = opts_get(d, "driver");
        }
    }
    return 0;
}

static int set_enable_kvm(struct cmdline *c, const struct cmd_option *o,
                          const char *arg, struct cfg_err *err)
{
    struct opts *opts = opts_new();

    opts_set(opts, "accel", "kvm");
    opts_list_add(&c->accels, opts);
    return 0;
}

/* -hda FILE and its like: a -drive for IDE. */
static int set_disk(struct cmdline *c, const struct cmd_option *o,
                    const char *arg, struct cfg_err *err)
{
    struct opts *opts = opts_new();
    bool cd = !strcmp(o->name, "cdrom");
    char index[2] = {cd ? '2' : '0' + (o->name[2] - 'a'), '\0'};

    opts_set(opts, "file", arg);
    opts_set(opts, "if", "ide");
    opts_set(opts, "index", index);
    opts_set(opts, "media", cd ? "cdrom" : "disk");
    opts_list_add(&c->drives, opts);
    return 0;
}

/* -qmp, -monitor: a monitor on a character device written the short way. */
static int set_monitor(struct cmdline *c, const struct cmd_option *o,
                       const char *arg, struct cfg_err *err)
{
    struct opts *opts;

    if (!strcmp(arg, "none"))
        return 0;
    opts = opts_new();
    opts_set(opts, "text", arg);
    opts_set(opts, "mode", *o->name == 'm' ? "readline" : "control");
    opts_list_add(&c->monitors, opts);
    return 0;
}

static int set_serial(struct cmdline *c, const struct cmd_option *o,
                      const char *arg, struct cfg_err *err)
{
    if (c->n_serials == 4)
        return err_set(err, -EINVAL, "-serial %.100s: expected at most 4", arg);
    c->serials[c->n_serials++] = arg;
    return 0;
}

/* -runas, -chroot: what -run-with says today. */
static int set_run_with(struct cmdline *c, const struct cmd_option *o,
                        const char *arg, struct cfg_err *err)
{
    if (!c->run_with)
        c->run_with = opts_new();
    opts_set(c->run_with, o->implied, arg);
    return 0;
}

static int set_uuid(struct cmdline *c, const struct cmd_option *o,
                    const char *arg, struct cfg_err *err)
{
    unsigned i = 0;
    const char *p;
    int len;

    for (p = arg; i < 16; p += 2) {
        if (*p == '-' && (i == 4 || i == 6 || i == 8 || i == 10))
            p++;
        if (!isxdigit((unsigned char)p[0]) || !isxdigit((unsigned char)p[1]) ||
            sscanf(p, "%2hhx%n", &c->cfg.uuid[i++], &len) != 1)
            break;
    }
    if (i == 16 && !*p && strlen(arg) == 36)
        return 0;
    return err_set(err, -EINVAL,
                   "-uuid %.100s: expected a UUID such as "
                   "123e4567-e89b-12d3-a456-426614174000",
                   arg);
}

static int set_global(struct cmdline *c, const struct cmd_option *o,
                      const char *arg, struct cfg_err *err)
{
    static const char expected[] = "expected CLASS.PROPERTY=VALUE";
    const char *drv, *prop, *value;
    struct opts *opts;
    char key[256];
    int rc;

    rc = opts_parse(arg, NULL, &opts, err);
    if (rc)
        return err_set(err, rc, "-global %.200s: %s", arg, expected);
    drv = opts_get(opts, "driver");
    prop = opts_get(opts, "property");
    value = opts_get(opts, "value");
    if (drv && prop && value) {
        snprintf(key, sizeof(key), "%s.%s", drv, prop);
    } else if (opts->first && !opts->first->next &&
               strchr(opts->first->key, '.') && strchr(arg, '=')) {
        snprintf(key, sizeof(key), "%s", opts->first->key);
        value = opts->first->value;
    } else {
        rc = err_set(err, -EINVAL, "-global %.200s: %s", arg, expected);
        goto out;
    }
    if (!c->cfg.globals)
        c->cfg.globals = opts_new();
    opts_set(c->cfg.globals, key, value);
out:
    opts_free(opts);
    return rc;
}

static int set_events(struct cmdline *c, const struct cmd_option *o,
                      const char *arg, struct cfg_err *err)
{
    struct opts *opts;
    struct opt *opt;
    int rc;

    rc = opts_parse(arg, NULL, &opts, err);
    if (rc)
        return err_prefix(err, rc, "-action");
    for (opt = opts->first; opt && !rc; opt = opt->next) {
        if (!strcmp(opt->key, "reboot") &&
            word_in_list("reset, shutdown", opt->value))
            c->cfg.no_reboot = *opt->value == 's';
        else if (!strcmp(opt->key, "shutdown") &&
                 word_in_list("poweroff, pause", opt->value))
            c->cfg.no_shutdown = opt->value[1] == 'a';
        else if (!strcmp(opt->key, "panic") &&
                 word_in_list("shutdown, pause, none", opt->value))
            c->cfg.panic = *opt->value == 'p'   ? PANIC_PAUSE
                           : *opt->value == 'n' ? PANIC_NONE
                                                : PANIC_SHUTDOWN;
        else
            rc = err_set(err, -EINVAL, "-action %.100s: expected %s", arg,
                         o->known);
    }
    opts_free(opts);
    return rc;
}

static int set_log_items(struct cmdline *c, const struct cmd_option *o,
                         const char *arg, struct cfg_err *err)
{
    int rc = set_word(c, o, arg, err);

    if (!rc)
        log_set_level(!strcmp(arg, "debug") ? LOG_DBG : LOG_INFO);
    return rc;
}

static int set_domid(struct cmdline *c, const struct cmd_option *o,
                     const char *arg, struct cfg_err *err)
{
    uint64_t id;

    /* 0 is dom0, 0x7ff0 and up are no domains (xen.h, DOMID_FIRST_RESERVED) */
    if (parse_u64(arg, 0x7fef, &id) || !id)
        return err_set(err, -EINVAL,
                       "-xen-domid %.100s: expected a number from 1 to 32751",
                       arg);
    c->cfg.xen_domid = id;
    return 0;
}

/* ---- the table ---- */

#define O(g, n, a, h, s, ...)                                          \
    {                                                                  \
        .group = CMD_G_##g, .name = n, .args = a, .help = h, .set = s, \
        __VA_ARGS__                                                    \
    }
#define TO(f) .member = offsetof(struct cmdline, f)
#define IMPLIED(k) .implied = k
#define KNOWN(k) .known = k

const struct cmd_option cmd_options[] = {
    O(MACHINE, "machine", "TYPE[,...]",
      "kind of machine: pc (default), xenfv, xenpv, none", set_merged,
      TO(cfg.machine), IMPLIED("type"),
      KNOWN("type, accel, acpi, dump-guest-core, graphics, hpet, "
            "kernel-irqchip, kernel_irqchip, mem-merge, smm, suppress-vmdesc, "
            "usb, vmport")),
    O(MACHINE, "accel", "ENGINE",
      "who runs the guest; several: the first that works", set_list, TO(accels),
      IMPLIED("accel")),
    O(MACHINE, "enable-kvm", NULL, NULL, set_enable_kvm),
    O(MACHINE, "cpu", "MODEL[,+F,-F]",
      "processor model and features (default host)", set_merged, TO(cfg.cpu),
      IMPLIED("model")),
    O(MACHINE, "smp", "N[,maxcpus=M]", "number of processors (default 1)",
      set_merged, TO(smp), IMPLIED("cpus"),
      KNOWN("cpus, maxcpus, sockets, dies, clusters, cores, threads")),
    O(MACHINE, "m", "SIZE", "memory, in MiB or with a suffix (default 128M)",
      set_merged, TO(memory), IMPLIED("size"), KNOWN("size, slots, maxmem")),
    O(MACHINE, "name", "NAME", "name of the guest", set_merged, TO(name),
      IMPLIED("guest"), KNOWN("guest, process, debug-threads")),
    O(MACHINE, "uuid", "UUID", "its UUID, as SMBIOS shows it", set_uuid),
    O(MACHINE, "rtc", "base=utc|localtime|DATE", "what the clock starts with",
      set_merged, TO(cfg.rtc), KNOWN("base, clock, driftfix")),
    O(MACHINE, "device", "CLASS[,PROPERTY=VALUE]",
      "add a device (-device help)", set_device, TO(devices),
      IMPLIED("driver")),
    O(MACHINE, "global", "CLASS.PROPERTY=VALUE",
      "a default for a device's property", set_global),
    O(MACHINE, "object", "TYPE,id=ID[,...]",
      "filter-dump (file=, netdev=), rng-random, iothread", set_list,
      TO(objects), IMPLIED("qom-type")),

    O(MACHINE, "xen-domid", "N",
      "serve this Xen domain (-machine xenfv or xenpv)", set_domid),
    O(MACHINE, "xen-attach", NULL,
      "it is a PV or PVH one: paravirtual devices only (-machine xenpv)",
      set_flag, TO(cfg.xen_attach)),
    O(MACHINE, "xen-domid-restrict", NULL,
      "and nothing but it: give up all other rights at Xen", set_flag,
      TO(cfg.xen_restrict)),
    O(BOOT, "kernel", "FILE",
      "start this: bzImage, ELF with PVH note, multiboot", set_text,
      TO(cfg.kernel)),
    O(BOOT, "initrd", "FILE", "initial RAM disk, or multiboot modules",
      set_text, TO(cfg.initrd)),
    O(BOOT, "append", "TEXT", "the kernel's command line", set_text,
      TO(cfg.append)),
    O(BOOT, "bios", "FILE",
      "firmware (default SeaBIOS, if there is no -kernel)", set_text,
      TO(cfg.bios)),
    O(BOOT, "boot", "order=LETTERS",
      "what firmware tries: c disk, d CD, n network", set_merged, TO(cfg.boot),
      IMPLIED("order"),
      KNOWN("order, once, menu, splash-time, reboot-timeout, strict")),
    O(BOOT, "L", "DIR", "where else to look for firmware", set_text,
      TO(cfg.data_dir)),
    O(BOOT, "smbios", "type=N[,...]", "fields of the SMBIOS tables", set_list,
      TO(cfg.smbios)),
    O(BOOT, "fw_cfg", "NAME,string=TEXT|file=FILE",
      "a file for the guest's firmware", set_list, TO(cfg.fw_cfg),
      IMPLIED("name"), KNOWN("name, string, file")),

    O(DISK, "drive", "file=FILE,if=virtio|ide|xen|none[,...]", "a disk image",
      set_list, TO(drives), IMPLIED("file")),
    O(DISK, "blockdev", "DRIVER,node-name=ID[,...]",
      "the same, for -device drive=ID", set_list, TO(blockdevs),
      IMPLIED("driver")),
    O(DISK, "hda", "FILE", NULL, set_disk),
    O(DISK, "hdb", "FILE", NULL, set_disk),
    O(DISK, "hdc", "FILE", NULL, set_disk),
    O(DISK, "hdd", "FILE", NULL, set_disk),
    O(DISK, "cdrom", "FILE", NULL, set_disk),
    O(DISK, "add-fd", "fd=N,set=N", "an open file as /dev/fdset/N", set_list,
      TO(fdsets), KNOWN("fd, set, opaque")),

    O(NET, "netdev", "TYPE,id=ID[,...]",
      "a host network, for -device netdev=ID", set_list, TO(netdevs),
      IMPLIED("type")),
    O(NET, "nic", "TYPE[,mac=,model=,...]", "a host network and its card",
      set_list, TO(nics), IMPLIED("type")),
    O(NET, "net", "none", "no network (there is none unless asked)", set_word,
      KNOWN("none")),

    O(CHAR, "chardev", "BACKEND,id=ID[,...]", "a character device of the host",
      set_list, TO(chardevs), IMPLIED("backend")),
    O(CHAR, "serial", "CHARDEV",
      "a serial port: stdio, pty, file:F, unix:F, none", set_serial),
    O(CHAR, "nographic", NULL, "the first serial port on the terminal",
      set_flag, TO(nographic)),
    O(CHAR, "display", "none", "no display (there is none yet)", set_word,
      KNOWN("none")),

    O(CONTROL, "qmp", "CHARDEV",
      "QMP on a character device: unix:F,server=on,wait=off", set_monitor),
    O(CONTROL, "mon", "chardev=ID[,mode=control]",
      "QMP, or a monitor, on a -chardev", set_list, TO(monitors),
      IMPLIED("chardev"), KNOWN("chardev, mode")),
    O(CONTROL, "monitor", "CHARDEV", "a monitor for a person", set_monitor),
    O(CONTROL, "S", NULL, "do not start the guest until told to (QMP cont)",
      set_flag, TO(cfg.start_paused)),
    O(CONTROL, "incoming", "fd:N|file:PATH",
      "the state of devices, from xen-save-devices-state", set_text,
      TO(cfg.incoming)),
    O(CONTROL, "no-reboot", NULL, "end instead of a reboot", set_flag,
      TO(cfg.no_reboot)),
    O(CONTROL, "no-shutdown", NULL, "stay, stopped, when the guest is off",
      set_flag, TO(cfg.no_shutdown)),
    O(CONTROL, "action", "EVENT=ACTION",
      "reboot=reset|shutdown, shutdown=poweroff|pause, "
      "panic=shutdown|pause|none",
      set_events,
      KNOWN("reboot=reset or shutdown, shutdown=poweroff or pause, "
            "panic=shutdown, pause or none")),
    O(CONTROL, "daemonize", NULL,
      "go on in the background when the guest is made", set_flag,
      TO(daemonize)),
    O(CONTROL, "run-with", "user=USER,chroot=DIR",
      "give up the rights of whoever starts this", set_merged, TO(run_with),
      KNOWN("user, chroot, async-teardown, exit-with-parent")),
    O(CONTROL, "runas", "USER", NULL, set_run_with, IMPLIED("user")),
    O(CONTROL, "chroot", "DIR", NULL, set_run_with, IMPLIED("chroot")),
    O(CONTROL, "pidfile", "FILE", "write the process id there", set_text,
      TO(pid_file)),

    O(DEBUG, "qtest", "CHARDEV", "serve the qtest protocol", set_text,
      TO(qtest)),
    O(DEBUG, "qtest-log", "FILE", "and log it", set_text, TO(qtest_log)),
    O(DEBUG, "d", "info|debug", "log more", set_log_items,
      KNOWN("info, debug, guest_errors, unimp")),
    O(DEBUG, "D", "FILE", "log there instead of to standard error", set_text,
      TO(log_file)),
    O(DEBUG, "dump-config", NULL, "print what was understood and end",
      set_action),
    O(DEBUG, "version", NULL, "print the version; --version=json for programs",
      set_version),
    O(DEBUG, "help", NULL, "print this", set_action),
    O(DEBUG, "h", NULL, NULL, set_action),
    O(DEBUG, "?", NULL, NULL, set_action),

    /* asked for by habit or by management programs; nothing to do */
    O(NONE, "nodefaults", NULL, NULL, set_flag, TO(cfg.no_defaults)),
    O(NONE, "no-user-config", NULL, NULL, set_word),
    O(NONE, "vnc", "none", NULL, set_word, KNOWN("none")),
    O(NONE, "k", "LAYOUT", NULL, set_word),
    O(NONE, "vga", "none", NULL, set_word, KNOWN("none")),
    O(NONE, "parallel", "none", NULL, set_word, KNOWN("none")),
    O(NONE, "audio", "none", NULL, set_word, KNOWN("none")),
    O(NONE, "msg", "timestamp=on|off", NULL, set_word,
      KNOWN("timestamp=on, timestamp=off")),
    O(NONE, "overcommit", "mem-lock=off", NULL, set_word,
      KNOWN("mem-lock=off")),
    O(NONE, "trace", "EVENTS", NULL, set_word),
    {.name = NULL},
};
