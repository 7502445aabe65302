/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen/xen and xen/serve over libraries that are ours (xen-libs.h): what the
 * hypervisor is told by a guest that does anything.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dm/bus.h"
#include "dm/cmdline.h"
#include "dm/migrate.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"
#include "tests/unit/xen-libs.h"

/* ---- a machine ---- */

static struct testvm t; /* its vm only */
static struct cmdline cl;
static char card[300];
static const char *incoming; /* or NULL */

static int make(bool restricted, struct cfg_err *err)
{
    const char *words[] = {
        "-machine",   "xenfv",       "-xen-domid",
        "7",          "-nodefaults", "-m",
        "64M",        "-smp",        "2",
        "-serial",    "null",        "-netdev",
        "null,id=n0", "-global",     "xen-platform.blacklist=5",
        "-device",    card,          "-xen-domid-restrict",
        "-incoming",  incoming};
    int n = sizeof(words) / sizeof(*words) - (incoming ? 0 : 2) - !restricted;
    int rc = cmdline_parse(&cl, n, words, err);

    if (!rc)
        rc = vm_init(&t.vm, &cl.cfg, err);
    if (!rc)
        rc = cmdline_engine(&cl, &t.vm, err);
    vm_lock(&t.vm);
    if (!rc)
        rc = cmdline_open(&cl, &t.vm, err);
    if (!rc)
        rc = vm_build(&t.vm, cl.board, cl.devices, err);
    vm_unlock(&t.vm);
    return rc;
}

static void run(void)
{
    struct cfg_err err;

    ck_assert_msg(!make(true, &err), "%s", err.text);
    vm_lock(&t.vm);
    ck_assert_int_eq(vm_cont(&t.vm, &err), 0);
    vm_unlock(&t.vm);
}

static void end(void)
{
    vm_fini(&t.vm);
    cmdline_free(&cl);
    ck_assert(!seen.server && !seen.handles && !dom_mapped);
}

static void setup(void)
{
    xen_libs_begin();
    strcpy(card, "virtio-net-pci,netdev=n0");
}

/* XSA-482, XSA-487: what the kernel's privcmd lets its holder do. All handles
 * are of this one domain before the guest is heard, and none comes later. */
START_TEST(xsa_482_487_restricted_before_the_guest_is_heard)
{
    uint64_t one = 1;

    run();
    ck_assert(seen.restricted);
    ck_assert_int_eq(write(event[1], &one, sizeof(one)), sizeof(one));
    while (sem_wait(&answered))
        ;
    ck_assert_uint_eq(pages.slot[0].state, STATE_IORESP_READY);
    end();
}
END_TEST

START_TEST(xsa_482_487_no_guest_without_it)
{
    struct cfg_err err;

    refuse_restrict = true;
    ck_assert_int_eq(make(true, &err), -EPERM);
    ck_assert_ptr_nonnull(strstr(err.text, "-xen-domid-restrict"));
    end();
    ck_assert_uint_eq(pages.slot[0].state, STATE_IOREQ_READY);
}
END_TEST

/* XSA-238, XSA-506: whatever the guest writes to the chips, no operation of
 * ours has an argument that it may not have. */
START_TEST(xsa_238_506_arguments)
{
    run();
    for (unsigned bdf = 0; bdf < 4 << 3; bdf++)
        tv_storm_cfg(&t, bdf, 2000, 238 + bdf);
    tv_storm_pio(&t, 0, 0x10000, 20000, 506);
    for (unsigned link = 0; link < 4; link++)
        for (unsigned v = 0; v < 256; v++)
            tv_cfg_write(&t, 1 << 3, 0x60 + link, 1, v);
    vm_lock(&t.vm);
    seen.isa = 0;
    for (unsigned gsi = 0; gsi < 24; gsi++) {
        t.vm.engine->gsi_set(&t.vm, gsi, true);
        t.vm.engine->gsi_set(&t.vm, gsi, false);
    }
    vm_unlock(&t.vm);
    ck_assert(seen.ranges && seen.devices && seen.routes && seen.isa == 32);
    end();
    ck_assert_uint_eq(seen.devices, 0);
}
END_TEST

/* XSA-237, XSA-509: no interrupt is bound, raised or routed behind the end of
 * the server, be it in the middle of something. */
START_TEST(xsa_237_509_the_end)
{
    run();
    /* a transmitter with its interrupt on: the line is up */
    tv_outb(&t, 0x3fc, 0x08);
    tv_outb(&t, 0x3f9, 0x02);
    ck_assert_uint_gt(seen.isa, 0);
    end();
}
END_TEST

static unsigned lines_in(int fd)
{
    char text[65536];
    ssize_t n = pread(fd, text, sizeof(text), 0);
    unsigned lines = 0;

    for (ssize_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    return lines;
}

/* XSA-130: what goes wrong as often as the guest likes is said so often and
 * no more. */
START_TEST(xsa_130_the_log)
{
    int log = memfd_create("log", 0), was = dup(STDERR_FILENO);
    struct cfg_err err;
    unsigned before;

    ck_assert_msg(!make(false, &err), "%s", err.text);
    for (unsigned bar = 0; bar < 6; bar++)
        tv_cfg_write(&t, 3 << 3, 0x10 + 4 * bar, 4, (0xe0 + bar) << 24);
    dup2(log, STDERR_FILENO);
    refuse = true;
    vm_lock(&t.vm);
    t.vm.engine->power(&t.vm, true);
    vm_unlock(&t.vm);
    before = lines_in(log);
    for (unsigned i = 0; i < 1000; i++) {
        tv_cfg_write(&t, 3 << 3, 4, 2, i % 2 * 2); /* memory */
        vm_lock(&t.vm);
        t.vm.engine->power(&t.vm, i % 2);
        xen_store_timeoffset(t.vm.engine_priv, i);
        vm_unlock(&t.vm);
    }
    dup2(was, STDERR_FILENO);
    ck_assert_uint_eq(before, 1);
    ck_assert_uint_le(lines_in(log), 3 * (LOG_GUEST_MAX + 1));
    close(log);
    close(was);
    end();
}
END_TEST

START_TEST(what_devices_write)
{
    run();
    ck_assert_int_eq(mem_write(&t.vm, 0x1000, "x", 1), 0);
    ck_assert_uint_eq(seen.modified, 0);
    vm_lock(&t.vm);
    ck_assert_int_eq(mem_log_dirty(&t.vm, true), 0);
    vm_unlock(&t.vm);
    ck_assert_int_eq(mem_write(&t.vm, 0x1fff, "xy", 2), 0);
    ck_assert_uint_eq(seen.modified, 2);
    refuse = true;
    ck_assert_int_eq(mem_write(&t.vm, 0x1fff, "xy", 2), 0);
    end();
}
END_TEST

/* The board's own device takes it from -global, as docs/xen.md says. */
START_TEST(drivers_on_the_blacklist)
{
    run();
    tv_outw(&t, 0x12, 4);
    ck_assert_uint_eq(tv_inw(&t, 0x10), 0x49d2);
    tv_outw(&t, 0x12, 5);
    ck_assert_uint_eq(tv_inw(&t, 0x10), 0xd249);
    end();
}
END_TEST

/* ---- an option ROM ---- */

#define ROM_PAGES 4u
#define ROM_SIZE (ROM_PAGES * GUEST_PAGE)
#define CARD (3 << 3)
#define ROM_REG 0x30

static char rom_path[64];

/* A card with a file whose page i is full of i + 1. */
static void card_with_rom(void)
{
    int fd;

    suite_path(rom_path, sizeof(rom_path), "rom-XXXXXX");
    fd = mkstemp(rom_path);
    for (unsigned i = 0; i < ROM_SIZE - 1; i++)
        ck_assert_int_eq(write(fd, &(char){i / GUEST_PAGE + 1}, 1), 1);
    close(fd);
    snprintf(card, sizeof(card), "virtio-net-pci,netdev=n0,romfile=%s",
             rom_path);
}

static void put_rom(uint32_t at)
{
    tv_cfg_write(&t, CARD, ROM_REG, 4, at | 1);
    tv_cfg_write(&t, CARD, 4, 2, 2); /* memory */
}

/* Are all pages of it in the guest at gpa, in order, to be read only? */
static bool rom_at(gpa_t gpa)
{
    for (unsigned i = 0; i < ROM_PAGES; i++) {
        int page = page_at(gpa / GUEST_PAGE + i);
        char c;

        if (page < 0)
            return false;
        ck_assert(dom.ro[page]);
        ck_assert_int_eq(pread(dom.fd, &c, 1, page * (off_t)GUEST_PAGE), 1);
        ck_assert_int_eq(c, (char)(i + 1));
    }
    return true;
}

/* All where they were made, which nobody else has. */
static bool parked(void)
{
    ck_assert_uint_eq(dom.n, ROM_PAGES);
    return page_at(0xfc200) == 0 && page_at(0xfc201) == 1 &&
           page_at(0xfc202) == 2 && page_at(0xfc203) == 3;
}

START_TEST(a_rom_is_moved_to_where_it_is_seen)
{
    card_with_rom();
    run(); /* restricted: what takes rights is done */
    ck_assert(parked());
    put_rom(0xf0000000);
    ck_assert(rom_at(0xf0000000));
    put_rom(0xf1000000);
    ck_assert(rom_at(0xf1000000));
    tv_cfg_write(&t, CARD, ROM_REG, 4, ~1u); /* sized */
    ck_assert(parked());
    put_rom(0x100000); /* the guest's own memory */
    ck_assert(parked());
    put_rom(0xfc200000); /* its own place */
    ck_assert(parked());
    put_rom(0xfc204000); /* beside it */
    ck_assert(rom_at(0xfc204000));
    put_rom(0xf0000000);
    ck_assert(rom_at(0xf0000000));
    ck_assert_uint_eq(dom.holes, 0);
    end();
}
END_TEST

START_TEST(a_rom_that_does_not_move)
{
    card_with_rom();
    run();
    for (unsigned i = 1; i <= ROM_PAGES; i++) {
        dom.moves = 0;
        dom.move_fails = i;
        put_rom(0xf0000000);
        ck_assert(parked());
        ck_assert_uint_eq(dom.holes, ROM_PAGES - (i - 1));
        dom.holes = 0;
        tv_cfg_write(&t, CARD, 4, 2, 0);
    }
    dom.no_type = true;
    put_rom(0xf0000000);
    ck_assert(parked());
    dom.no_type = false;
    put_rom(0xf1000000);
    ck_assert(rom_at(0xf1000000));
    /* taken back by halves: said, and survived */
    dom.moves = 0;
    dom.move_fails = 3;
    put_rom(0); /* nowhere */
    ck_assert_uint_eq(dom.n, ROM_PAGES);
    end();
}
END_TEST

/* Whatever Xen refuses: a card without a ROM, and nothing left behind. */
START_TEST(no_room_for_a_rom)
{
    struct cfg_err err = {""};

    card_with_rom();
    for (unsigned i = 0; i < 6; i++) {
        dom.room = i == 0 ? 0 : i == 1 ? ROM_PAGES - 1 : PAGES;
        dom.no_call = i == 2;
        dom.no_buffer = i == 3;
        dom.no_map = i == 4;
        dom.bad_page = i == 5 ? 2 : 0;
        ck_assert_msg(!make(false, &err), "%s", err.text);
        ck_assert_uint_eq(dom.n, 0);
        put_rom(0xf0000000);
        ck_assert_uint_eq(tv_cfg_read(&t, CARD, ROM_REG, 4), 0);
        ck_assert_uint_eq(dom.moves, 0);
        end();
    }
}
END_TEST

static char saved[] = "/tmp/hvmd-saved-XXXXXX";
/* The machine ends; the domain and its pages are carried into a new one. */
static void save_and_end(void)
{
    uint64_t gfn[PAGES];
    struct cfg_err err;

    strcpy(saved + strlen(saved) - 6, "XXXXXX");
    close(mkstemp(saved));
    vm_lock(&t.vm);
    vm_stop(&t.vm, RUN_PAUSED);
    ck_assert_msg(!migrate_save(&t.vm, saved, true, &err), "%s", err.text);
    vm_unlock(&t.vm);
    memcpy(gfn, dom.gfn, sizeof(gfn));
    end();
    memcpy(dom.gfn, gfn, sizeof(gfn));
    memset(dom.ro, 0, sizeof(dom.ro)); /* which no toolstack carries */
    dom.room = 0;
    memset(&seen, 0, sizeof(seen));
    pages.slot[0].state = STATE_IOREQ_READY;
}

static void restore(void)
{
    char uri[sizeof(saved) + 8];
    struct cfg_err err;

    snprintf(uri, sizeof(uri), "file:%s", saved);
    incoming = uri;
    ck_assert_msg(!make(true, &err), "%s", err.text);
    vm_lock(&t.vm);
    ck_assert_msg(!migrate_load(&t.vm, migrate_open(uri, &err), &err), "%s",
                  err.text);
    ck_assert_msg(!vm_cont(&t.vm, &err), "%s", err.text);
    vm_unlock(&t.vm);
    incoming = NULL;
    unlink(saved);
}

START_TEST(a_rom_that_was_saved_is_found)
{
    card_with_rom();
    run();
    put_rom(0xf0000000);
    save_and_end();
    ck_assert_int_eq(truncate(rom_path, 1), 0); /* the domain has it */
    ck_assert_int_eq(truncate(rom_path, ROM_SIZE), 0);
    restore();
    ck_assert(rom_at(0xf0000000));
    put_rom(0xf1000000);
    ck_assert(rom_at(0xf1000000));
    tv_cfg_write(&t, CARD, ROM_REG, 4, 0);
    ck_assert(parked());

    save_and_end(); /* at home */
    restore();
    ck_assert(parked());
    put_rom(0xf0000000);
    ck_assert(page_at(0xf0000000 / GUEST_PAGE) == 0);
    ck_assert_uint_eq(dom.holes, 0);
    end();
    unlink(rom_path);
}
END_TEST

/* The state says that it is shown where nothing is. */
START_TEST(a_rom_that_is_not_there)
{
    card_with_rom();
    run();
    put_rom(0xf0000000);
    save_and_end();
    memset(dom.gfn, 0xff, sizeof(dom.gfn));
    dom.gfn[0] = 0xf0000;
    dom.no_map = true;
    restore();
    dom.no_map = false;
    put_rom(0xf1000000);
    ck_assert_int_lt(page_at(0xf1000), 0);
    dom_mapped += ROM_PAGES; /* the process's own, and ends with them */
    end();
    unlink(rom_path);
}
END_TEST

#define BLOCKS 7u

/* Behind a BAR of the graphics card's size, and beyond. */
START_TEST(large_blocks)
{
    static const struct {
        uint64_t size, home, top;
    } blocks[BLOCKS] = {
        {4 << 20, 0xfc200, 0xfffff},
        {16 << 20, 0xfc600, 0xfffff},
        {10 << 20, 0x100000, 0xfffff}, /* that leaves 9 MiB there */
        {1 << 20, 0xfd600, 0xfffff},
        {9 << 20, 0x100a00, 0xfffff}, /* behind the third */
        {1 << 20, 0xfd700, 0x17ffff},
        {8 << 20, 0x180000, 0x17ffff}, /* a guest with more memory */
    };
    struct cfg_err err = {""};
    struct ram *ram[BLOCKS];

    ck_assert_msg(!make(false, &err), "%s", err.text);
    vm_lock(&t.vm);
    for (unsigned i = 0; i < BLOCKS; i++) {
        uint64_t size = blocks[i].size;

        dom.top = blocks[i].top;
        ck_assert_msg(!ram_new(&t.vm, "block", size, &ram[i], &err), "%s",
                      err.text);
        ram[i]->host[0] = ram[i]->host[size - 1] = (uint8_t)(i + 1);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        uint64_t n = blocks[i].size / GUEST_PAGE;
        int first = page_at(blocks[i].home);
        uint8_t c[2];

        ck_assert_int_ge(first, 0);
        ck_assert_int_eq(page_at(blocks[i].home + n - 1), first + (int)n - 1);
        ck_assert_int_eq(pread(dom.fd, &c[0], 1, first * (off_t)GUEST_PAGE), 1);
        ck_assert_int_eq(
            pread(dom.fd, &c[1], 1, (first + (off_t)n) * (off_t)GUEST_PAGE - 1),
            1);
        ck_assert(c[0] == i + 1 && c[1] == i + 1);
        ck_assert_int_eq(
            mem_show(&t.vm, 0xf0000000, n * GUEST_PAGE, ram[i], 0, false), 0);
        ck_assert_int_eq(page_at(0xf0000), first);
        ck_assert_int_eq(page_at(0xf0000 + n - 1), first + (int)n - 1);
        ck_assert_int_lt(page_at(blocks[i].home), 0);
        ck_assert_int_eq(mem_hide(&t.vm, 0xf0000000, n * GUEST_PAGE), 0);
        ck_assert_int_eq(page_at(blocks[i].home), first);
        /* nothing over the last page of one that is there */
        ck_assert_int_eq(mem_show(&t.vm, (blocks[i].home + n - 1) * GUEST_PAGE,
                                  GUEST_PAGE, ram[0], 0, false),
                         -EBUSY);
    }
    ck_assert_uint_eq(dom.holes, 0);
    dom.top = 0; /* Xen does not say */
    ck_assert_int_eq(ram_new(&t.vm, "block", 32 << 20, &ram[0], &err), -ENOSYS);
    vm_unlock(&t.vm);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        xsa_482_487_restricted_before_the_guest_is_heard,
        xsa_482_487_no_guest_without_it,
        xsa_238_506_arguments,
        xsa_237_509_the_end,
        xsa_130_the_log,
        what_devices_write,
        drivers_on_the_blacklist,
        a_rom_is_moved_to_where_it_is_seen,
        a_rom_that_does_not_move,
        no_room_for_a_rom,
        a_rom_that_was_saved_is_found,
        a_rom_that_is_not_there,
        large_blocks,
        NULL,
    };

    return run_suite("xen-engine", setup, xen_libs_end, tests);
}
