/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux' bzImage by the 64-bit boot protocol, or the 32-bit one if the kernel
 * has no other; by the 16-bit one if a loader in the guest starts it. Source:
 * Linux Documentation/arch/x86/boot.rst and zero-page.rst; names of the setup
 * header's fields are from there.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm/boot/boot-priv.h"
#include "dm/machine.h"

#define SECTOR 512
#define PROTOCOL_MIN 0x206
#define PROTOCOL_PREF_ADDRESS 0x20a
#define PROTOCOL_XLOADFLAGS 0x20c
#define LOADED_HIGH 1
#define CAN_USE_HEAP 0x80
#define XLF_KERNEL_64 1
#define ENTRY_64 0x200
#define LOADER_UNKNOWN 0xff
#define VIDEO_NORMAL 0xffff
#define HIGH_LOAD 0x100000

/* The 16-bit protocol: the setup code with its heap and stack behind it. */
#define SETUP_LOAD 0x10000
#define SETUP_SECTS_MAX 64
#define HEAP_END 0xe000
#define CMDLINE_LOAD 0x20000
#define CMDLINE_MAX 0x10000

/* From 0x1f1 on, in the file as in the zero page. */
struct setup_header {
    uint8_t setup_sects;
    uint16_t root_flags;
    uint32_t syssize;
    uint16_t ram_size, vid_mode, root_dev, boot_flag;
    uint8_t jump[2]; /* its offset is where the header ends */
    char header[4];
    uint16_t version;
    uint32_t realmode_swtch;
    uint16_t start_sys_seg, kernel_version;
    uint8_t type_of_loader, loadflags;
    uint16_t setup_move_size;
    uint32_t code32_start, ramdisk_image, ramdisk_size, bootsect_kludge;
    uint16_t heap_end_ptr;
    uint8_t ext_loader_ver, ext_loader_type;
    uint32_t cmd_line_ptr, initrd_addr_max, kernel_alignment;
    uint8_t relocatable_kernel, min_alignment;
    uint16_t xloadflags;
    uint32_t cmdline_size, hardware_subarch;
    uint64_t hardware_subarch_data;
    uint32_t payload_offset, payload_length;
    uint64_t setup_data, pref_address;
    uint32_t init_size, handover_offset, kernel_info_offset;
} __attribute__((packed));

struct e820_record {
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed));

#define E820_RECORDS 128

struct zero_page {
    uint8_t screen_info[0x70];
    uint64_t acpi_rsdp_addr;
    uint8_t pad1[0xc0 - 0x78];
    uint32_t ext_ramdisk_image, ext_ramdisk_size, ext_cmd_line_ptr;
    uint8_t pad2[0x1e8 - 0xcc];
    uint8_t e820_entries;
    uint8_t pad3[0x1f1 - 0x1e9];
    struct setup_header hdr;
    uint8_t pad4[0x2d0 - 0x1f1 - sizeof(struct setup_header)];
    struct e820_record e820[E820_RECORDS];
    uint8_t pad5[0x1000 - 0xcd0];
} __attribute__((packed));

_Static_assert(sizeof(struct zero_page) == 4096, "the zero page is a page");

struct image {
    struct boot_file *file;
    struct setup_header hdr;
    uint64_t off, size; /* of the protected-mode part in the file */
    gpa_t load;
    uint64_t room; /* what the kernel needs from load on */
    bool is64;
};

static int bad(struct cfg_err *err, const struct image *im, const char *why)
{
    return err_set(err, -EINVAL, "could not load kernel '%s': %s",
                   im->file->path, why);
}

static int read_header(struct image *im, struct cfg_err *err)
{
    struct setup_header *h = &im->hdr;
    size_t len;

    if (boot_read(im->file, 0x1f1, h, sizeof(*h)) || h->boot_flag != 0xaa55 ||
        memcmp(h->header, "HdrS", 4))
        return -ENOEXEC;
    if (h->version < PROTOCOL_MIN)
        return bad(err, im,
                   "a kernel older than boot protocol 2.06 (Linux 2.6.22)");
    if (!(h->loadflags & LOADED_HIGH))
        return bad(err, im, "a zImage, not a bzImage");
    /* What lies behind the header's end is code, not fields. */
    len = 0x202 + h->jump[1] - 0x1f1;
    if (len < sizeof(*h))
        memset((uint8_t *)h + len, 0, sizeof(*h) - len);

    im->off = ((h->setup_sects ? h->setup_sects : 4) + 1) * SECTOR;
    if (im->off >= im->file->size ||
        (uint64_t)h->syssize * 16 > im->file->size - im->off + 15)
        return bad(err, im, "the file is truncated");
    im->size = im->file->size - im->off;
    im->room = im->size;
    if (h->version >= PROTOCOL_PREF_ADDRESS && h->init_size > im->room)
        im->room = h->init_size;
    im->is64 =
        h->version >= PROTOCOL_XLOADFLAGS && (h->xloadflags & XLF_KERNEL_64);
    if (im->is64 && im->size <= ENTRY_64)
        return bad(err, im, "the file is truncated");
    return 0;
}

static int load_kernel(struct boot *b, struct image *im, struct cfg_err *err)
{
    const struct setup_header *h = &im->hdr;
    uint64_t align = h->kernel_alignment;
    bool fits = false;

    im->load = HIGH_LOAD;
    if (h->relocatable_kernel) {
        if (!align || align & (align - 1))
            return bad(err, im, "its alignment is no power of two");
        if (h->version >= PROTOCOL_PREF_ADDRESS && h->pref_address < BOOT_4G) {
            im->load = h->pref_address;
            fits = boot_is_free(b, im->load, im->room);
        }
        if (!fits)
            im->load = (HIGH_LOAD + align - 1) & ~(align - 1);
    }
    if (!fits && !boot_is_free(b, im->load, im->room))
        return err_set(err, -ENOSPC,
                       "could not load kernel '%s': it needs %llu MiB "
                       "from %llu MiB on: give the guest more memory (-m)",
                       im->file->path, (unsigned long long)im->room >> 20,
                       (unsigned long long)im->load >> 20);
    if (boot_add_file(b, im->load, im->file, im->off, im->size) ||
        boot_keep_free(b, im->load + im->size, im->room - im->size))
        return err_set(err, -ENOMEM, "out of memory");
    return 0;
}

/* The first 4 GiB by 2 MiB pages, identity mapped. */
static int put_page_tables(struct boot *b)
{
    enum { PRESENT = 1, WRITE = 2, LARGE = 0x80, TABLES = 6, N = 512 };
    uint64_t *t = calloc(TABLES * N, sizeof(*t));
    gpa_t gpa;
    int rc;

    if (!t)
        return -ENOMEM;
    rc = boot_find(b, TABLES * 4096, 4096, BOOT_4G, false, &gpa);
    if (rc)
        goto out;
    t[0] = (gpa + 4096) | PRESENT | WRITE;
    for (unsigned i = 0; i < 4; i++)
        t[N + i] = (gpa + (2 + i) * 4096) | PRESENT | WRITE;
    for (uint64_t i = 0; i < 4 * N; i++)
        t[2 * N + i] = i << 21 | PRESENT | WRITE | LARGE;
    b->regs.cr3 = gpa;
    rc = boot_add_data(b, gpa, t, TABLES * 4096);
out:
    free(t);
    return rc;
}

static void fill_e820(struct zero_page *z, const struct boot_env *env)
{
    unsigned n = env->e820_n < E820_RECORDS ? env->e820_n : E820_RECORDS;

    for (unsigned i = 0; i < n; i++)
        z->e820[i] = (struct e820_record){env->e820[i].addr, env->e820[i].len,
                                          env->e820[i].type};
    z->e820_entries = n;
}

static int get_cmdline(const struct boot *b, const struct image *im,
                       const char **out, struct cfg_err *err)
{
    *out = b->vm->cfg->append ? b->vm->cfg->append : "";
    if (strlen(*out) > im->hdr.cmdline_size)
        return err_set(err, -E2BIG,
                       "-append: %zu characters, but this kernel takes %u",
                       strlen(*out), im->hdr.cmdline_size);
    return 0;
}

/* Command line, initrd and zero page. */
static int put_parameters(struct boot *b, struct image *im, struct cfg_err *err)
{
    struct setup_header *h = &im->hdr;
    const char *cmdline;
    uint64_t max = (uint64_t)h->initrd_addr_max + 1, initrd_len;
    gpa_t initrd, cmd;
    struct zero_page *z;
    int rc = get_cmdline(b, im, &cmdline, err);

    if (rc)
        return rc;
    rc = boot_put_initrd(b, max, &initrd, &initrd_len, err);
    if (rc)
        return rc;
    if (initrd_len >= BOOT_4G)
        return err_set(err, -EFBIG,
                       "could not load initrd '%s': larger than 4 GiB",
                       b->vm->cfg->initrd);
    z = calloc(1, sizeof(*z));
    if (!z)
        return err_set(err, -ENOMEM, "out of memory");
    rc = boot_put_string(b, cmdline, &cmd);
    if (!rc) {
        h->type_of_loader = LOADER_UNKNOWN;
        h->vid_mode = VIDEO_NORMAL;
        h->cmd_line_ptr = cmd;
        h->ramdisk_image = initrd;
        h->ramdisk_size = initrd_len;
        h->code32_start = im->load;
        h->setup_data = 0;
        z->hdr = *h;
        z->acpi_rsdp_addr = b->env->rsdp;
        fill_e820(z, b->env);
        rc = boot_put(b, z, sizeof(*z), 4096, &b->regs.rsi);
    }
    free(z);
    return rc ? bad(err, im, "no room for its parameters") : 0;
}

int boot_bzimage(struct boot *b, struct boot_file *f, struct cfg_err *err)
{
    struct image im = {.file = f};
    int rc = read_header(&im, err);

    if (!rc)
        rc = load_kernel(b, &im, err);
    if (rc)
        return rc;
    b->regs = (struct boot_regs){
        .mode = im.is64 ? BOOT_LONG64 : BOOT_PROT32,
        .rip = im.load + (im.is64 ? ENTRY_64 : 0),
    };
    rc = put_parameters(b, &im, err);
    if (rc)
        return rc;
    rc = boot_put_gdt(b, im.is64);
    if (!rc && im.is64)
        rc = put_page_tables(b);
    return rc ? bad(err, &im, "no room for its page tables") : 0;
}

/* The setup code as it is in the file, with the header a loader fills. */
static int copy_setup(struct boot_part *p, struct image *im)
{
    struct setup_header *h = &im->hdr;

    p->data = malloc(im->off);
    if (!p->data)
        return -ENOMEM;
    p->gpa = SETUP_LOAD;
    p->len = (uint32_t)im->off;
    h->type_of_loader = LOADER_UNKNOWN;
    h->loadflags |= CAN_USE_HEAP;
    h->heap_end_ptr = HEAP_END - 0x200;
    h->vid_mode = VIDEO_NORMAL;
    h->cmd_line_ptr = CMDLINE_LOAD;
    h->code32_start = HIGH_LOAD;
    h->ramdisk_image = h->ramdisk_size = 0;
    if (boot_read(im->file, 0, p->data, p->len))
        return -EIO;
    /* up to the last field that is touched: what follows may be code */
    memcpy((uint8_t *)p->data + 0x1f1, h,
           offsetof(struct setup_header, initrd_addr_max));
    return 0;
}

int boot_bzimage_parts(struct boot *b, struct boot_file *f, struct cfg_err *err)
{
    struct image im = {.file = f};
    struct boot_part *p = b->part;
    const char *cmdline;
    int rc = read_header(&im, err);

    if (!rc)
        rc = get_cmdline(b, &im, &cmdline, err);
    if (rc)
        return rc;
    if (im.hdr.setup_sects > SETUP_SECTS_MAX)
        return bad(err, &im, "its real-mode part is larger than 32 KiB");
    if (im.size >= BOOT_4G)
        return bad(err, &im, "it is larger than 4 GiB");
    if (strlen(cmdline) >= CMDLINE_MAX)
        return err_set(err, -E2BIG, "-append: expected less than 64 KiB");
    /* A kernel that is loaded below where it wants to be moves there. */
    im.load = HIGH_LOAD;
    if (im.hdr.version >= PROTOCOL_PREF_ADDRESS &&
        im.hdr.pref_address > HIGH_LOAD && im.hdr.pref_address < BOOT_4G)
        im.load = im.hdr.pref_address;
    p[BOOT_KERNEL] = (struct boot_part){
        .gpa = HIGH_LOAD, .len = im.size, .file = f, .off = im.off};
    p[BOOT_CMDLINE] = (struct boot_part){.gpa = CMDLINE_LOAD,
                                         .len = strlen(cmdline) + 1,
                                         .data = strdup(cmdline)};
    p[BOOT_INITRD].gpa = im.load + im.room;
    rc = p[BOOT_CMDLINE].data ? copy_setup(&p[BOOT_SETUP], &im) : -ENOMEM;
    return rc ? bad(err, &im, strerror(-rc)) : 0;
}
