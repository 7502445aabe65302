/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/cmdline.h"
#include "dm/fdset.h"
#include "tests/lib/suite.h"

static struct cmdline c;
static struct cfg_err err;

static int parse(const char *const words[])
{
    int n = 0;

    while (words[n])
        n++;
    err.text[0] = '\0';
    return cmdline_parse(&c, n, words, &err);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void accepts(int rc)
{
    ck_assert_msg(!rc, "%s", err.text);
}

/* One line, with all of what. */
static void refuses(int rc, const char *what)
{
    ck_assert_int_eq(rc, -EINVAL);
    ck_assert_msg(strstr(err.text, what), "'%s' has no '%s'", err.text, what);
    ck_assert_ptr_null(strchr(err.text, '\n'));
    cmdline_free(&c);
}

START_TEST(test_defaults)
{
    accepts(parse((const char *const[]){NULL}));
    ck_assert_int_eq(c.action, CMD_RUN);
    ck_assert_str_eq(c.board->alias, "pc");
    ck_assert_uint_eq(c.cfg.ram_size, 128 << 20);
    ck_assert_uint_eq(c.cfg.cpus, 1);
    ck_assert_uint_eq(c.cfg.max_cpus, 1);
    ck_assert_ptr_null(c.devices);
    ck_assert_ptr_null(c.accels);
    cmdline_free(&c);
}
END_TEST

START_TEST(test_spellings)
{
    accepts(PARSE("--no-reboot", "-S", "--kernel=a=b", "-append", "x=y -z",
                  "--display", "none", "-M", "pc-i440fx", "-m", "64M"));
    ck_assert(c.cfg.no_reboot);
    ck_assert(c.cfg.start_paused);
    ck_assert_str_eq(c.cfg.kernel, "a=b");
    ck_assert_str_eq(c.cfg.append, "x=y -z");
    ck_assert_str_eq(c.board->name, "pc-i440fx");
    ck_assert_uint_eq(c.cfg.ram_size, 64 << 20);
    cmdline_free(&c);

    accepts(PARSE("-machine", "type=pc", "-machine", "accel=kvm:qtest",
                  "-accel", "xen"));
    ck_assert_str_eq(opts_get(c.accels, "accel"), "xen");
    ck_assert_str_eq(opts_get(c.accels->next, "accel"), "kvm");
    ck_assert_str_eq(opts_get(c.accels->next->next, "accel"), "qtest");
    cmdline_free(&c);

    refuses(PARSE("-kernal", "x"), "unknown option '-kernal'");
    refuses(PARSE("---S"), "unknown option");
    refuses(PARSE("disk.img"), "expected an option");
    refuses(PARSE(""), "expected an option");
    refuses(PARSE("-"), "unknown option");
    refuses(PARSE("-S=on"), "unknown option");
    refuses(PARSE("-kernel"), "expected FILE");
    refuses(PARSE("-display", "gtk"), "expected none");
    refuses(PARSE("-machine", "q35"), "expected one of pc");
    refuses(PARSE("-machine", "pc,foo=1"), "unknown option 'foo'");
    refuses(PARSE("-machine", "usb=on"), "expected off");
    refuses(PARSE("-initrd", "x"), "-kernel");
}
END_TEST

/* What test programs of others pass, word for word. */
/* What libxl says, today and yesterday. */
START_TEST(test_rights)
{
    accepts(PARSE("-xen-domid", "7", "-xen-domid-restrict", "-chroot", "/r",
                  "-runas", "nobody", "-machine", "xenfv,suppress-vmdesc=on"));
    ck_assert_uint_eq(c.cfg.xen_domid, 7);
    ck_assert(c.cfg.xen_restrict);
    ck_assert_str_eq(opts_get(c.run_with, "chroot"), "/r");
    ck_assert_str_eq(opts_get(c.run_with, "user"), "nobody");
    cmdline_free(&c);

    accepts(PARSE("-run-with", "user=1:2,chroot=/r", "-run-with",
                  "async-teardown=on", "-k", "de"));
    ck_assert_str_eq(opts_get(c.run_with, "user"), "1:2");
    ck_assert_str_eq(opts_get(c.run_with, "chroot"), "/r");
    cmdline_free(&c);
}
END_TEST

/* Who forgets a line in xl.cfg is told all of them at once. */
START_TEST(test_xl_defaults)
{
    refuses(PARSE("-xen-domid", "1", "-nodefaults", "-vnc", "127.0.0.1:0,to=99",
                  "-display", "none", "-device", "cirrus-vga,vgamem_mb=8",
                  "-device", "rtl8139,id=nic0,netdev=net0", "-device",
                  "e1000,id=nic1,netdev=net1", "-machine", "xenfv"),
            "xl.cfg: expected vnc=0 and no vfb, vga=\"none\" "
            "(not there yet: -vnc, cirrus-vga)");
    refuses(PARSE("-xen-domid", "1", "-vnc", "none", "-device", "VGA", "-usb",
                  "-usbdevice", "tablet", "-machine", "xenfv"),
            "expected vga=\"none\", usb=0, no usbdevice (");
    refuses(PARSE("-xen-domid", "1", "-vnc"), "expected vnc=0 and no vfb (");
    refuses(PARSE("-vnc", ":0"), "-vnc :0: expected none");
    accepts(PARSE("-xen-domid", "1", "-vnc", "none", "-display", "none",
                  "-device", "virtio-net,id=nic1,netdev=net1", "-device",
                  "VGArandom", "-machine", "xenfv"));
    cmdline_free(&c);
}
END_TEST

/* An empty drive: what is not there is not opened. */
START_TEST(test_empty_cd)
{
    accepts(PARSE("-drive", "if=none,readonly=on,id=ide-5632", "-device",
                  "ide-cd,id=ide-5632,drive=ide-5632,bus=ide.1,unit=0",
                  "-drive", "if=ide,media=cdrom", "-drive",
                  "if=none,id=d0,file=/x"));
    ck_assert_ptr_nonnull(c.drives);
    ck_assert_str_eq(opts_get(c.drives, "id"), "d0");
    ck_assert_ptr_null(c.drives->next);
    ck_assert_ptr_null(opts_get(c.devices, "drive"));
    ck_assert_ptr_null(opts_get(c.devices->next, "drive"));
    cmdline_free(&c);
}
END_TEST

START_TEST(test_harnesses)
{
    accepts(PARSE("-qtest", "unix:/tmp/q.sock", "-qtest-log", "/dev/null",
                  "-chardev", "socket,path=/tmp/q.qmp,id=char0", "-mon",
                  "chardev=char0,mode=control", "-display", "none", "-audio",
                  "none", "-machine", "none", "-accel", "qtest", "-trace",
                  "x"));
    ck_assert_str_eq(c.qtest, "unix:/tmp/q.sock");
    ck_assert_str_eq(opts_get(c.monitors, "chardev"), "char0");
    ck_assert_str_eq(opts_get(c.chardevs, "backend"), "socket");
    cmdline_free(&c);

    accepts(PARSE("--no-reboot", "-nodefaults", "-global",
                  "kvm-pit.lost_tick_policy=discard", "-device",
                  "isa-debug-exit,iobase=0xf4,iosize=0x4", "-display", "none",
                  "-serial", "stdio", "-machine", "accel=kvm", "-kernel",
                  "x86/T.flat", "-smp", "4", "-append", "a b", "-cpu",
                  "max,+x2apic,-vmx", "-m", "2048", "-initrd", "/tmp/env"));
    ck_assert_uint_eq(c.cfg.cpus, 4);
    ck_assert_uint_eq(c.cfg.ram_size, 2048ull << 20);
    ck_assert_str_eq(opts_get(c.cfg.cpu, "model"), "max");
    ck_assert_str_eq(opts_get(c.cfg.cpu, "-vmx"), "on");
    cmdline_free(&c);
}
END_TEST

START_TEST(test_smp)
{
    accepts(PARSE("-smp", "2,maxcpus=4"));
    ck_assert_uint_eq(c.cfg.cpus, 2);
    ck_assert_uint_eq(c.cfg.max_cpus, 4);
    cmdline_free(&c);
    accepts(PARSE("-smp", "sockets=2,cores=2,threads=2"));
    ck_assert_uint_eq(c.cfg.cpus, 8);
    cmdline_free(&c);
    accepts(PARSE("-smp", "3", "-smp", "maxcpus=4,cores=2"));
    ck_assert_uint_eq(c.cfg.cpus, 3);
    ck_assert_uint_eq(c.cfg.max_cpus, 4);
    cmdline_free(&c);
    refuses(PARSE("-smp", "0"), "at least 1");
    refuses(PARSE("-smp", "x"), "expected a number");
    refuses(PARSE("-smp", "4,maxcpus=2"), "less than");
    refuses(PARSE("-smp", "2,maxcpus=3,cores=2"), "expected 3");
    refuses(PARSE("-smp", "cores=0"), "at least 1");
    /* how kvm-unit-tests learns the limit: the last word */
    refuses(PARSE("-smp", "4294967295"), "from 0 to 65535");
    refuses(PARSE("-smp", "65535"), "SMP CPUs");
    refuses(PARSE("-smp", "1,maxcpus=65"), "up to 64");
}
END_TEST

START_TEST(test_memory)
{
    accepts(PARSE("-m", "size=1G,slots=0,maxmem=1G"));
    ck_assert_uint_eq(c.cfg.ram_size, 1 << 30);
    cmdline_free(&c);
    accepts(PARSE("-m", "1048577b"));
    ck_assert_uint_eq(c.cfg.ram_size, (1 << 20) + 4096);
    cmdline_free(&c);
    refuses(PARSE("-m", "0"), "from 1M");
    refuses(PARSE("-m", "18446744073709551615b"), "from 1M");
    refuses(PARSE("-m", "17T"), "to 16T");
    refuses(PARSE("-m", "1Q"), "expected a size");
    refuses(PARSE("-m", "1G,maxmem=2G"), "cannot grow");
}
END_TEST

START_TEST(test_drives)
{
    accepts(PARSE("-drive", "file=a,,b,if=virtio,format=raw", "-drive",
                  "if=none,id=cd,file=c,media=cdrom", "-device",
                  "virtio-blk-pci,drive=cd"));
    ck_assert_str_eq(opts_get(c.drives, "file"), "a,b");
    ck_assert_str_eq(opts_get(c.drives, "id"), "virtio0");
    ck_assert_ptr_null(opts_get(c.drives, "if"));
    ck_assert_str_eq(opts_get(c.drives->next, "readonly"), "on");
    ck_assert_str_eq(opts_get(c.devices->next, "driver"), "virtio-blk-pci");
    ck_assert_str_eq(opts_get(c.devices->next, "drive"), "virtio0");
    ck_assert_ptr_null(c.devices->next->next);
    cmdline_free(&c);

    /* a node in one, and in two */
    accepts(PARSE("-blockdev",
                  "driver=raw,node-name=d,cache.direct=on,file.driver=file,"
                  "file.filename=x,file.aio=native",
                  "-blockdev",
                  "{\"driver\": \"file\", \"filename\": \"y\", "
                  "\"node-name\": \"f\", \"cache\": {\"no-flush\": true}}",
                  "-blockdev", "raw,node-name=e,file=f,read-only=on"));
    ck_assert_str_eq(opts_get(c.drives, "id"), "d");
    ck_assert_str_eq(opts_get(c.drives, "format"), "raw");
    ck_assert_str_eq(opts_get(c.drives, "file"), "x");
    ck_assert_str_eq(opts_get(c.drives, "aio"), "native");
    ck_assert_str_eq(opts_get(c.drives, "cache"), "none");
    ck_assert_str_eq(opts_get(c.drives->next, "id"), "e");
    ck_assert_str_eq(opts_get(c.drives->next, "file"), "y");
    ck_assert_str_eq(opts_get(c.drives->next, "read-only"), "on");
    ck_assert_str_eq(opts_get(c.drives->next, "cache"), "unsafe");
    ck_assert_ptr_null(c.drives->next->next);
    cmdline_free(&c);

    accepts(PARSE("-drive", "file=a,if=xen", "-drive", "file=b,if=xen,index=3",
                  "-drive", "file=c,if=xen,media=cdrom"));
    ck_assert_str_eq(opts_get(c.devices, "driver"), "ide-hd");
    ck_assert_str_eq(opts_get(c.devices, "drive"), "xen0");
    ck_assert_str_eq(opts_get(c.devices->next, "driver"), "xen-disk");
    ck_assert_str_eq(opts_get(c.devices->next, "drive"), "xen0");
    ck_assert_str_eq(opts_get(c.devices->next->next, "bus"), "ide.1");
    ck_assert_str_eq(opts_get(c.devices->next->next->next, "vdev"), "xvdd");
    ck_assert_str_eq(opts_get(c.devices->next->next->next->next, "driver"),
                     "xen-cdrom");
    cmdline_free(&c);
    refuses(PARSE("-drive", "file=x,if=floppy"), "expected virtio");
    refuses(PARSE("-drive", "file=x,if=xen,index=26"), "expected 0 to 25");
    refuses(PARSE("-drive", "file=x,bootindex=1"), "if=virtio only");
    refuses(PARSE("-drive", "file=x,if=virtio,media=tape"), "disk or cdrom");
    refuses(PARSE("-drive", "=x"), "KEY=VALUE");
    refuses(PARSE("-blockdev", "raw,node-name=a,file=b"), "another -blockdev");
    refuses(PARSE("-blockdev", "raw,file=b"), "node-name=ID");
    refuses(PARSE("-blockdev", "raw,node-name=a,file.driver=nbd"),
            "host_device");
    refuses(PARSE("-blockdev", "{\"driver\": null}"), "'driver'");
    refuses(PARSE("-blockdev", "{\"a\":"), "JSON");
}
END_TEST

START_TEST(test_networks)
{
    accepts(PARSE("-nic", "user,model=e1000,mac=52:54:00:00:00:01,hostfwd=x",
                  "-nic", "none", "-nic", "tap,id=t", "-net", "none"));
    ck_assert_str_eq(opts_get(c.netdevs, "hostfwd"), "x");
    ck_assert_ptr_null(opts_get(c.netdevs, "model"));
    ck_assert_str_eq(opts_get(c.devices, "driver"), "e1000");
    ck_assert_str_eq(opts_get(c.devices, "mac"), "52:54:00:00:00:01");
    ck_assert_str_eq(opts_get(c.devices, "netdev"), opts_get(c.netdevs, "id"));
    ck_assert_str_eq(opts_get(c.netdevs->next, "id"), "t");
    ck_assert_str_eq(opts_get(c.devices->next, "driver"), "virtio-net-pci");
    ck_assert_ptr_null(c.devices->next->next);
    cmdline_free(&c);
    refuses(PARSE("-net", "user"), "expected none");
}
END_TEST

START_TEST(test_objects)
{
    accepts(PARSE("-object", "iothread,id=io", "-object",
                  "rng-random,id=r,filename=/dev/urandom", "-device",
                  "virtio-blk-pci,drive=d,iothread=io", "-device",
                  "virtio-rng-pci,rng=r", "-object",
                  "filter-dump,id=f,netdev=n,file=x"));
    ck_assert_ptr_null(opts_get(c.devices, "iothread"));
    ck_assert_ptr_null(opts_get(c.devices->next, "rng"));
    cmdline_free(&c);
    refuses(PARSE("-device", "virtio-blk-pci,iothread=io"), "iothread=io");
    refuses(PARSE("-object", "secret,id=x"), "expected filter-dump");
    refuses(PARSE("-object", "iothread"), "id=ID");
    refuses(PARSE("-object", "iothread,id=x,poll=1"), "unknown option 'poll'");
    refuses(PARSE("-object", "rng-random,id=x,filename=/etc/passwd"),
            "/dev/urandom");
}
END_TEST

START_TEST(test_values)
{
    static const uint8_t uuid[16] = {0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b,
                                     0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66,
                                     0x14, 0x17, 0x40, 0xff};

    accepts(PARSE("-uuid", "123e4567-e89b-12d3-a456-4266141740ff", "-name",
                  "guest=x,debug-threads=on", "-rtc",
                  "base=2024-02-29T23:59:58,clock=vm", "-boot", "cdn",
                  "-action", "reboot=shutdown,shutdown=pause", "-nographic"));
    ck_assert_mem_eq(c.cfg.uuid, uuid, 16);
    ck_assert_str_eq(c.cfg.name, "x");
    ck_assert_str_eq(opts_get(c.cfg.boot, "order"), "cdn");
    ck_assert(c.cfg.no_reboot && c.cfg.no_shutdown);
    ck_assert_str_eq(c.serials[0], "mon:stdio");
    cmdline_free(&c);
    refuses(PARSE("-uuid", "123e4567-e89b-12d3-a456-4266141740f"), "a UUID");
    refuses(PARSE("-uuid", "123e4567e89b12d3a4564266141740ff"), "a UUID");
    refuses(PARSE("-uuid", ""), "a UUID");
    refuses(PARSE("-rtc", "driftfix=slew"), "expected none");
    refuses(PARSE("-rtc", "x=y"), "unknown option 'x'");
    refuses(PARSE("-action", "panic=x"), "expected reboot=reset");
    refuses(PARSE("-serial", "null", "-serial", "null", "-serial", "null",
                  "-serial", "null", "-serial", "null"),
            "at most 4");
    refuses(PARSE("-global", "nosuch.x=1"), "no device class 'nosuch'");
    refuses(PARSE("-global", "i440FX.nosuch=1"), "no such property");
    refuses(PARSE("-global", "x"), "CLASS.PROPERTY=VALUE");
    accepts(PARSE("-global", "virtio-blk.serial=s", "-global",
                  "driver=virtio-blk-pci,property=drive,value=d"));
    ck_assert_str_eq(opts_get(c.cfg.globals, "virtio-blk-pci.serial"), "s");
    ck_assert_str_eq(opts_get(c.cfg.globals, "virtio-blk-pci.drive"), "d");
    cmdline_free(&c);
    refuses(PARSE("-daemonize", "-nographic"), "-daemonize");
    refuses(PARSE("-machine", "none", "-kernel", "x"), "no processor");
    refuses(PARSE("-device", "drive=x"), "expected -device CLASS");
    refuses(PARSE("-d", "everything"), "expected info");
}
END_TEST

START_TEST(test_asked)
{
    accepts(PARSE("--version"));
    ck_assert_int_eq(c.action, CMD_VERSION);
    cmdline_free(&c);
    accepts(PARSE("--version=json"));
    ck_assert_int_eq(c.action, CMD_VERSION_JSON);
    cmdline_free(&c);
    refuses(PARSE("--version=xml"), "expected json");
    accepts(PARSE("-device", "?", "-nonsense"));
    ck_assert_int_eq(c.action, CMD_LIST);
    cmdline_free(&c);
    accepts(PARSE("-device", "i440FX,help"));
    ck_assert_str_eq(c.list_of, "i440FX");
    cmdline_free(&c);
    accepts(PARSE("-h"));
    ck_assert_int_eq(c.action, CMD_HELP);
    cmdline_free(&c);
}
END_TEST

/* Every option of the table is in the help or hidden on purpose, takes
 * nonsense without harm, and the first line is what kvm-unit-tests reads. */
START_TEST(test_table)
{
    static const char *const values[] = {
        "",     ",",     "=",
        "x",    "x=y,,", "help",
        "{",    "{}",    "9999999999999999999999",
        "none", "-1",    "a.b=c"};
    char line[128], name[64], *text = NULL;
    const struct cmd_option *o;
    int major, minor, micro;
    unsigned i;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    help_print(f);
    fclose(f);
    ck_assert_int_eq(sscanf(text, "%*s %*s %*s %d.%d.%d %127[^\n]", &major,
                            &minor, &micro, line),
                     4);
    ck_assert_ptr_nonnull(strstr(line, "QEMU"));
    for (o = cmd_options; o->name; o++) {
        snprintf(name, sizeof(name), "-%s", o->name);
        if (o->help)
            ck_assert_ptr_nonnull(strstr(text, o->help));
        if (!o->args) {
            PARSE(name);
            cmdline_free(&c);
            continue;
        }
        for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            if (PARSE(name, values[i]))
                ck_assert_str_ne(err.text, "");
            cmdline_free(&c);
        }
    }
    free(text);
}
END_TEST

START_TEST(test_fdset)
{
    struct vm vm = {.fdsets = NULL};
    int fd = open("/dev/null", O_RDONLY), got;

    ck_assert_int_eq(fdset_add(&vm, -1, fd, "note")->id, 0);
    ck_assert_int_eq(fdset_add(&vm, 5, dup(fd), NULL)->id, 5);
    ck_assert_int_eq(fdset_add(&vm, -1, dup(fd), NULL)->id, 1);
    got = fdset_open(&vm, "/dev/fdset/0", O_RDONLY);
    ck_assert_int_ge(got, 0);
    ck_assert_int_ne(got, fd);
    close(got);
    ck_assert_int_eq(fdset_open(&vm, "/dev/fdset/0", O_RDWR), -EACCES);
    ck_assert_int_eq(fdset_open(&vm, "/dev/fdset/9", O_RDONLY), -ENOENT);
    ck_assert_int_eq(fdset_open(&vm, "/dev/fdset/x", O_RDONLY), -ENOENT);
    ck_assert_int_eq(fdset_open(&vm, "/nonexistent", O_RDONLY), -ENOENT);
    ck_assert_int_eq(fdset_remove(&vm, 0, fd + 100), -ENOENT);
    ck_assert_int_eq(fdset_remove(&vm, 0, fd), 0);
    ck_assert_int_eq(fdset_remove(&vm, 0, -1), -ENOENT);
    ck_assert_int_eq(fdset_take_named(&vm, "a"), -ENOENT);
    ck_assert_int_eq(fdset_name(&vm, "a", open("/dev/null", O_RDONLY)), 0);
    ck_assert_int_eq(fdset_name(&vm, "b", open("/dev/null", O_RDONLY)), 0);
    fd = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(fdset_name(&vm, "a", fd), 0);
    ck_assert_int_eq(fdset_take_named(&vm, "a"), fd);
    ck_assert_int_eq(fdset_take_named(&vm, "a"), -ENOENT);
    close(fd);
    fdset_free_all(&vm);
    ck_assert_ptr_null(vm.fdsets);
    ck_assert_ptr_null(vm.named_fds);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_defaults, test_xl_defaults, test_spellings, test_harnesses,
        test_rights,   test_empty_cd,    test_smp,       test_memory,
        test_drives,   test_networks,    test_objects,   test_values,
        test_asked,    test_table,       test_fdset,     NULL};

    return run_suite("cmdline", NULL, NULL, tests);
}
