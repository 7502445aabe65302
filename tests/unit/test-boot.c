/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm/boot: the loaders, with good, bad and mutated files. */
#include "config.h"

#include <check.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dm/boot/boot.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define RAM (64u << 20)
#define RSDP 0xf5a80
#define KERNEL_AT 0x1000000
#define PAYLOAD 0x3000 /* bytes of kernel behind headers */

static struct testvm *t;
static struct ram *ram;
static struct vm_config cfg;
static struct boot *boot;
static struct boot_regs regs;
static struct cfg_err err;

static const struct e820_entry e820[] = {
    {0, 0x9fc00, E820_RAM},
    {0x9fc00, 0x60400, E820_RESERVED},
    {0x100000, RAM - 0x100000, E820_RAM},
};
static const struct boot_env env = {
    .e820 = e820, .e820_n = 3, .low_ram = RAM, .rsdp = RSDP};

static void setup(void)
{
    t = tv_new("none", NULL);
    vm_lock(&t->vm);
    ck_assert_int_eq(ram_new(&t->vm, "ram", RAM, &ram, NULL), 0);
    ck_assert_int_eq(mem_show(&t->vm, 0, 0xa0000, ram, 0, false), 0);
    ck_assert_int_eq(
        mem_show(&t->vm, 0x100000, RAM - 0x100000, ram, 0x100000, false), 0);
    cfg = (struct vm_config){.ram_size = RAM};
    t->vm.cfg = &cfg;
}

static void teardown(void)
{
    t->vm.cfg = &t->cl.cfg;
    vm_unlock(&t->vm);
    tv_free(t);
}

/* ---- files ---- */

struct image {
    int fd;
    char path[32];
    uint8_t data[0x8000];
    size_t len;
};
static struct image kernel, initrd;

static void image_open(struct image *im)
{
    memset(im, 0, sizeof(*im));
    im->fd = memfd_create("image", MFD_CLOEXEC);
    ck_assert_int_ge(im->fd, 0);
    snprintf(im->path, sizeof(im->path), "/proc/self/fd/%d", im->fd);
}

static void image_write(struct image *im)
{
    ck_assert_int_eq(ftruncate(im->fd, im->len), 0);
    ck_assert_int_eq(pwrite(im->fd, im->data, im->len, 0), im->len);
}

static void put16(size_t at, uint16_t v)
{
    memcpy(kernel.data + at, &v, 2);
}

static void put32(size_t at, uint32_t v)
{
    memcpy(kernel.data + at, &v, 4);
}

static void put64(size_t at, uint64_t v)
{
    memcpy(kernel.data + at, &v, 8);
}

static void fill(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        kernel.data[i] = i * 7 + (i >> 8);
}

/* Protocol 2.15 as Linux builds it, one setup sector. */
static void make_bzimage(void)
{
    image_open(&kernel);
    kernel.len = 0x400 + PAYLOAD;
    fill(0x400, kernel.len);
    kernel.data[0x1f1] = 1;
    put32(0x1f4, PAYLOAD / 16);
    put16(0x1fe, 0xaa55);
    kernel.data[0x201] = 0x6c;
    memcpy(kernel.data + 0x202, "HdrS", 4);
    put16(0x206, 0x20f);
    kernel.data[0x211] = 1;
    put32(0x214, 0x100000);
    put32(0x22c, 0x7fffffff);
    put32(0x230, 0x200000);
    kernel.data[0x234] = 1;
    put16(0x236, 1);
    put32(0x238, 2047);
    put64(0x258, KERNEL_AT);
    put32(0x260, 0x800000);
}

/* One segment at KERNEL_AT, with bss behind it, and a PVH note. */
static void make_elf64(void)
{
    Elf64_Ehdr h = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = 1,
        .e_phoff = sizeof(h),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 2,
    };
    Elf64_Phdr p[2] = {
        {.p_type = PT_LOAD,
         .p_offset = 0x1000,
         .p_paddr = KERNEL_AT,
         .p_filesz = PAYLOAD,
         .p_memsz = PAYLOAD + 0x5000},
        {.p_type = PT_NOTE, .p_offset = 0x200, .p_filesz = 56},
    };

    image_open(&kernel);
    kernel.len = 0x1000 + PAYLOAD;
    fill(0x1000, kernel.len);
    memcpy(kernel.data, &h, sizeof(h));
    memcpy(kernel.data + sizeof(h), p, sizeof(p));
    /* a note of another owner, padded, then ours */
    put32(0x200, 6);
    put32(0x204, 9);
    put32(0x208, 18);
    memcpy(kernel.data + 0x20c, "Other", 6);
    put32(0x220, 4);
    put32(0x224, 8);
    put32(0x228, 18);
    memcpy(kernel.data + 0x22c, "Xen", 4);
    put64(0x230, KERNEL_AT + 0x40);
}

#define MB_HEADER 0x800

static void make_multiboot_header(uint32_t flags)
{
    put32(MB_HEADER, 0x1badb002);
    put32(MB_HEADER + 4, flags);
    put32(MB_HEADER + 8, -(0x1badb002 + flags));
}

static void make_multiboot_elf(void)
{
    Elf32_Ehdr h = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, 1},
        .e_type = ET_EXEC,
        .e_machine = EM_386,
        .e_version = 1,
        .e_entry = 0x400020,
        .e_phoff = sizeof(h),
        .e_phentsize = sizeof(Elf32_Phdr),
        .e_phnum = 1,
    };
    Elf32_Phdr p = {.p_type = PT_LOAD,
                    .p_offset = 0x1000,
                    .p_paddr = 0x400000,
                    .p_filesz = PAYLOAD,
                    .p_memsz = PAYLOAD};

    image_open(&kernel);
    kernel.len = 0x1000 + PAYLOAD;
    fill(0x1000, kernel.len);
    memcpy(kernel.data, &h, sizeof(h));
    memcpy(kernel.data + sizeof(h), &p, sizeof(p));
    make_multiboot_header(3);
}

static void make_multiboot_flat(void)
{
    image_open(&kernel);
    kernel.len = 0x1000 + PAYLOAD;
    fill(0x1000, kernel.len);
    make_multiboot_header(1 << 16);
    put32(MB_HEADER + 12, 0x200000 + MB_HEADER); /* header_addr */
    put32(MB_HEADER + 16, 0x200000);             /* load_addr */
    put32(MB_HEADER + 20, 0);                    /* the whole file */
    put32(MB_HEADER + 24, 0x210000);             /* bss_end_addr */
    put32(MB_HEADER + 28, 0x200100);             /* entry_addr */
}

static void make_initrd(size_t len)
{
    image_open(&initrd);
    initrd.len = len;
    for (size_t i = 0; i < len; i++)
        initrd.data[i] = i * 13;
    image_write(&initrd);
    cfg.initrd = initrd.path;
}

/* ---- steps ---- */

static int load(void)
{
    image_write(&kernel);
    cfg.kernel = kernel.path;
    memset(&err, 0, sizeof(err));
    return boot_load(&t->vm, &env, &boot, &err);
}

static void load_and_place(void)
{
    int rc = load();

    ck_assert_msg(!rc, "%s", err.text);
    ck_assert_int_eq(boot_place(&t->vm, boot, &regs), 0);
}

static void done(void)
{
    boot_free(boot);
    boot = NULL;
    close(kernel.fd);
}

static void refused(const char *why)
{
    ck_assert_int_lt(load(), 0);
    ck_assert_msg(strstr(err.text, why) != NULL, "\"%s\" in \"%s\"", why,
                  err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
    close(kernel.fd);
}

static void *guest(gpa_t gpa, size_t len)
{
    ck_assert_uint_le(gpa, RAM);
    ck_assert_uint_le(len, RAM - gpa);
    return ram->host + gpa;
}

static uint32_t g32(gpa_t gpa)
{
    uint32_t v;

    memcpy(&v, guest(gpa, 4), 4);
    return v;
}

static uint64_t g64(gpa_t gpa)
{
    uint64_t v;

    memcpy(&v, guest(gpa, 8), 8);
    return v;
}

/* A flat 4 GiB segment of this selector. */
static void check_gdt(bool long_mode)
{
    ck_assert_uint_eq(regs.gdt_limit, 31);
    ck_assert_uint_eq(g64(regs.gdt + regs.cs),
                      long_mode ? 0x00af9b000000ffff : 0x00cf9b000000ffff);
    ck_assert_uint_eq(g64(regs.gdt + regs.ds), 0x00cf93000000ffff);
}

/* ---- bzImage ---- */

START_TEST(bzimage_loads)
{
    gpa_t zp, rd;

    make_bzimage();
    make_initrd(5000);
    cfg.append = "console=ttyS0 quiet";
    load_and_place();
    ck_assert_int_eq(regs.mode, BOOT_LONG64);
    ck_assert_uint_eq(regs.rip, KERNEL_AT + 0x200);
    ck_assert_mem_eq(guest(KERNEL_AT, PAYLOAD), kernel.data + 0x400, PAYLOAD);
    check_gdt(true);

    zp = regs.rsi;
    ck_assert_uint_eq(zp % 4096, 0);
    ck_assert_uint_eq(g64(zp + 0x70), RSDP);
    ck_assert_uint_eq(*(uint8_t *)guest(zp + 0x1e8, 1), 3);
    ck_assert_uint_eq(g64(zp + 0x2d0 + 40), 0x100000);
    ck_assert_uint_eq(g64(zp + 0x2d0 + 48), RAM - 0x100000);
    ck_assert_uint_eq(g32(zp + 0x2d0 + 56), E820_RAM);
    ck_assert_mem_eq(guest(zp + 0x202, 4), "HdrS", 4);
    ck_assert_uint_eq(*(uint8_t *)guest(zp + 0x210, 1), 0xff);
    ck_assert_str_eq(guest(g32(zp + 0x228), 64), cfg.append);

    rd = g32(zp + 0x218);
    ck_assert_uint_eq(g32(zp + 0x21c), 5000);
    ck_assert_uint_eq(rd, RAM - 8192);
    ck_assert_mem_eq(guest(rd, 5000), initrd.data, 5000);
    done();
}
END_TEST

START_TEST(bzimage_maps_4_gib)
{
    gpa_t pdpt;

    make_bzimage();
    load_and_place();
    pdpt = g64(regs.cr3) & ~0xfffull;
    for (uint64_t a = 0; a < 1ull << 32; a += 0x200000) {
        gpa_t pd = g64(pdpt + (a >> 30) * 8) & ~0xfffull;

        ck_assert_uint_eq(g64(pd + (a >> 21 & 511) * 8), a | 0x83);
    }
    done();
}
END_TEST

START_TEST(bzimage_goes_where_there_is_room)
{
    make_bzimage();
    put64(0x258, RAM - 0x100000); /* does not fit there */
    load_and_place();
    ck_assert_uint_eq(regs.rip, 0x200000 + 0x200);
    done();

    make_bzimage();
    kernel.data[0x234] = 0; /* not relocatable */
    load_and_place();
    ck_assert_uint_eq(regs.rip, 0x100000 + 0x200);
    done();
}
END_TEST

START_TEST(bzimage_of_32_bits)
{
    make_bzimage();
    put16(0x236, 0);
    load_and_place();
    ck_assert_int_eq(regs.mode, BOOT_PROT32);
    ck_assert_uint_eq(regs.rip, KERNEL_AT);
    check_gdt(false);
    done();
}
END_TEST

START_TEST(initrd_stays_below_its_limit)
{
    make_bzimage();
    put32(0x22c, 0x2ffffff);
    make_initrd(4096);
    load_and_place();
    ck_assert_uint_eq(g32(regs.rsi + 0x218), 0x2fff000);
    done();

    /* the kernel's own memory is in the way */
    make_bzimage();
    put32(0x22c, KERNEL_AT + 0x7fffff);
    load_and_place();
    ck_assert_uint_eq(g32(regs.rsi + 0x218), KERNEL_AT - 4096);
    done();
}
END_TEST

START_TEST(bzimage_refused)
{
    make_bzimage();
    put16(0x206, 0x205);
    refused("2.06");
    make_bzimage();
    kernel.data[0x211] = 0;
    refused("zImage");
    make_bzimage();
    kernel.len = 0x300;
    refused("truncated");
    make_bzimage();
    kernel.len -= 0x100;
    refused("truncated");
    make_bzimage();
    put32(0x230, 0x300000);
    refused("power of two");
    make_bzimage();
    put32(0x260, RAM);
    refused("-m");
    make_bzimage();
    put32(0x238, 3);
    cfg.append = "long";
    refused("4 characters, but this kernel takes 3");
    cfg.append = NULL;
    make_bzimage();
    put32(0x22c, 0x1000);
    make_initrd(16);
    refused("no room");
}
END_TEST

START_TEST(reset_puts_all_back)
{
    static uint8_t before[0x20000];
    gpa_t low = 0x10000;

    make_bzimage();
    make_initrd(100);
    load_and_place();
    memcpy(before, guest(low, sizeof(before)), sizeof(before));
    memset(guest(KERNEL_AT, PAYLOAD), 0xcc, PAYLOAD);
    memset(guest(regs.rsi, 4096), 0xcc, 4096);
    memset(guest(regs.cr3, 4096), 0xcc, 4096);
    ck_assert_int_eq(boot_place(&t->vm, boot, &regs), 0);
    ck_assert_mem_eq(guest(KERNEL_AT, PAYLOAD), kernel.data + 0x400, PAYLOAD);
    ck_assert_mem_eq(guest(low, sizeof(before)), before, sizeof(before));
    done();
}
END_TEST

START_TEST(file_gone_short)
{
    make_bzimage();
    ck_assert_int_eq(load(), 0);
    ck_assert_int_eq(ftruncate(kernel.fd, 0x500), 0);
    ck_assert_int_eq(boot_place(&t->vm, boot, &regs), -ENODATA);
    done();
}
END_TEST

/* ---- PVH ---- */

START_TEST(pvh_loads)
{
    gpa_t info, map, mod;

    make_elf64();
    make_initrd(300);
    cfg.append = "a b";
    memset(guest(KERNEL_AT, 0x8000), 0xcc, 0x8000);
    load_and_place();
    ck_assert_int_eq(regs.mode, BOOT_PROT32);
    ck_assert_uint_eq(regs.rip, KERNEL_AT + 0x40);
    ck_assert_mem_eq(guest(KERNEL_AT, PAYLOAD), kernel.data + 0x1000, PAYLOAD);
    for (unsigned i = 0; i < 0x5000; i++)
        ck_assert_uint_eq(*(uint8_t *)guest(KERNEL_AT + PAYLOAD + i, 1), 0);
    check_gdt(false);

    info = regs.rbx;
    ck_assert_uint_eq(g32(info), 0x336ec578);
    ck_assert_uint_eq(g32(info + 4), 1);
    ck_assert_uint_eq(g32(info + 12), 1);
    mod = g64(info + 16);
    ck_assert_uint_eq(g64(mod + 8), 300);
    ck_assert_mem_eq(guest(g64(mod), 300), initrd.data, 300);
    ck_assert_str_eq(guest(g64(info + 24), 16), "a b");
    ck_assert_uint_eq(g64(info + 32), RSDP);
    map = g64(info + 40);
    ck_assert_uint_eq(g32(info + 48), 3);
    ck_assert_uint_eq(g64(map + 48), 0x100000);
    ck_assert_uint_eq(g32(map + 24 + 16), E820_RESERVED);
    done();
}
END_TEST

START_TEST(elf_refused)
{
    make_elf64();
    put32(0x228, 17); /* no such note */
    refused("a PVH note");
    make_elf64();
    put32(0x204, 0xfffffff0); /* a description without end */
    refused("a PVH note");
    make_elf64();
    put32(0x200, 0xffffffff);
    refused("a PVH note");
    make_elf64();
    put16(18, EM_AARCH64);
    refused("another processor");
    make_elf64();
    put16(56, 65);
    refused("program headers");
    make_elf64();
    put64(32, kernel.len - 10);
    refused("program headers");
    make_elf64();
    put64(64 + 8, 0xfffffffffffff000); /* p_offset */
    refused("end of the file");
    make_elf64();
    put64(64 + 24, 0xfffffffffffff000); /* p_paddr */
    refused("no RAM");
    make_elf64();
    put64(64 + 40, UINT64_MAX); /* p_memsz */
    refused("no RAM");
    make_elf64();
    put64(64 + 24, 0x9f000); /* into what the board reserved */
    refused("no RAM");
}
END_TEST

/* ---- multiboot ---- */

START_TEST(multiboot_elf_loads)
{
    gpa_t mbi, mods;
    char expect[96], list[96];

    make_multiboot_elf();
    make_initrd(200);
    snprintf(list, sizeof(list), "%s one,%s a,,b", initrd.path, initrd.path);
    cfg.initrd = list;
    cfg.append = "arg";
    load_and_place();
    ck_assert_int_eq(regs.mode, BOOT_PROT32);
    ck_assert_uint_eq(regs.rip, 0x400020);
    ck_assert_uint_eq(regs.rax, 0x2badb002);
    ck_assert_mem_eq(guest(0x400000, PAYLOAD), kernel.data + 0x1000, PAYLOAD);

    mbi = regs.rbx;
    ck_assert_uint_eq(g32(mbi), 0x24d);
    ck_assert_uint_eq(g32(mbi + 4), 640);
    ck_assert_uint_eq(g32(mbi + 8), (RAM >> 10) - 1024);
    snprintf(expect, sizeof(expect), "%s arg", kernel.path);
    ck_assert_str_eq(guest(g32(mbi + 16), 64), expect);
    ck_assert_uint_eq(g32(mbi + 20), 2);
    mods = g32(mbi + 24);
    ck_assert_uint_eq(g32(mods + 16 + 4) - g32(mods + 16), 200);
    ck_assert_mem_eq(guest(g32(mods), 200), initrd.data, 200);
    ck_assert_mem_eq(guest(g32(mods + 16), 200), initrd.data, 200);
    snprintf(expect, sizeof(expect), "%s a,b", initrd.path);
    ck_assert_str_eq(guest(g32(mods + 16 + 8), 64), expect);
    ck_assert_uint_eq(g32(mbi + 44), 3 * 24);
    ck_assert_uint_eq(g32(g32(mbi + 48) + 24), 20);
    ck_assert_uint_eq(g64(g32(mbi + 48) + 48 + 4), 0x100000);
    done();
}
END_TEST

START_TEST(multiboot_flat_loads)
{
    make_multiboot_flat();
    memset(guest(0x200000, 0x11000), 0xcc, 0x11000);
    load_and_place();
    ck_assert_uint_eq(regs.rip, 0x200100);
    ck_assert_mem_eq(guest(0x200000, kernel.len), kernel.data, kernel.len);
    ck_assert_uint_eq(g32(0x20fffc), 0);
    ck_assert_uint_eq(g32(0x210000), 0xcccccccc);
    done();
}
END_TEST

START_TEST(multiboot_refused)
{
    make_multiboot_elf();
    make_multiboot_header(1 << 5);
    refused("unknown features 0x20");
    make_multiboot_elf();
    kernel.data[1] = 'X';
    refused("no ELF");
    make_multiboot_elf();
    kernel.data[MB_HEADER + 8] ^= 1; /* checksum */
    refused("unknown format");
    make_multiboot_flat();
    put32(MB_HEADER + 12, 0x300000); /* starts before the file */
    refused("make no sense");
    make_multiboot_flat();
    put32(MB_HEADER + 20, 0xffffffff);
    refused("make no sense");
    make_multiboot_flat();
    put32(MB_HEADER + 24, 0x200001);
    refused("make no sense");
    make_multiboot_flat();
    put32(MB_HEADER + 24, 0xffffffff);
    refused("no RAM");
    make_multiboot_elf();
    cfg.initrd = "/nonexistent args";
    refused("could not open initrd '/nonexistent': No such file");
}
END_TEST

/* ---- files that are none ---- */

START_TEST(no_kernel)
{
    static const struct {
        const char *path, *why;
    } bad[] = {
        {"/nonexistent", "could not open kernel '/nonexistent': No such"},
        {"/", "could not load kernel '/': expected a regular file"},
        {"/dev/null", "could not load kernel '/dev/null': expected a reg"},
    };

    for (unsigned i = 0; i < 3; i++) {
        cfg.kernel = bad[i].path;
        ck_assert_int_lt(boot_load(&t->vm, &env, &boot, &err), 0);
        ck_assert_msg(strstr(err.text, bad[i].why) != NULL, "%s", err.text);
    }
    image_open(&kernel);
    refused("the file is empty");
    image_open(&kernel);
    kernel.len = 1;
    refused("unknown format (expected a bzImage");
    image_open(&kernel);
    kernel.len = 0x8000;
    fill(0, kernel.len);
    refused("unknown format (expected a bzImage");
    make_bzimage();
    cfg.initrd = "/nonexistent";
    refused("could not open initrd '/nonexistent': No such file");
}
END_TEST

/* Whatever the headers say, a load ends in a line of text or in pieces that
 * can be put into RAM. */
/* Every part is in its file, and none where another is. */
static bool load_parts(void)
{
    static uint8_t buf[0x10000];
    const struct boot_part *p[BOOT_PARTS];
    struct boot *parts;

    if (boot_load_parts(&t->vm, &parts, &err)) {
        ck_assert_uint_gt(strlen(err.text), 0);
        return false;
    }
    for (unsigned i = 0; i < BOOT_PARTS; i++) {
        p[i] = boot_part(parts, i);
        ck_assert_uint_le(p[i]->len, sizeof(buf));
        ck_assert_int_eq(boot_part_read(p[i], 0, buf, p[i]->len), 0);
        ck_assert_uint_le(p[i]->gpa + p[i]->len, RAM);
        for (unsigned j = 0; j < i; j++)
            ck_assert(p[i]->gpa + p[i]->len <= p[j]->gpa ||
                      p[j]->gpa + p[j]->len <= p[i]->gpa);
    }
    boot_free(parts);
    return true;
}

START_TEST(mutated_headers)
{
    static void (*const make[])(void) = {
        make_bzimage,
        make_elf64,
        make_multiboot_elf,
        make_multiboot_flat,
    };
    static const size_t from[] = {0x1f1, 0, 0, MB_HEADER};
    static const size_t to[] = {0x268, 0x240, 0x54, MB_HEADER + 32};
    static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff};
    unsigned seed = 20240607, loaded = 0, in_parts = 0;

    printf("mutated headers: seed %u\n", seed);
    srandom(seed);
    make_initrd(777);
    for (unsigned i = 0; i < 4000; i++) {
        unsigned kind = i % 4, n = 1 + random() % 4;

        make[kind]();
        while (n--) {
            size_t at = from[kind] + random() % (to[kind] - from[kind]);

            kernel.data[at] =
                random() % 2 ? odd[random() % sizeof(odd)] : random();
        }
        if (load()) {
            ck_assert_uint_gt(strlen(err.text), 0);
            ck_assert_ptr_null(strchr(err.text, '\n'));
            in_parts += load_parts();
            close(kernel.fd);
            continue;
        }
        in_parts += load_parts();
        ck_assert_int_eq(boot_place(&t->vm, boot, &regs), 0);
        loaded++;
        done();
    }
    ck_assert_uint_gt(loaded, 400);
    ck_assert_uint_gt(in_parts, 200);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        bzimage_loads,
        bzimage_maps_4_gib,
        bzimage_goes_where_there_is_room,
        bzimage_of_32_bits,
        initrd_stays_below_its_limit,
        bzimage_refused,
        reset_puts_all_back,
        file_gone_short,
        pvh_loads,
        elf_refused,
        multiboot_elf_loads,
        multiboot_flat_loads,
        multiboot_refused,
        no_kernel,
        mutated_headers,
        NULL,
    };

    return run_suite("boot", setup, teardown, tests);
}
