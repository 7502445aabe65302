/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen/xen and xen/serve over libraries that this file is: what the hypervisor
 * is told, by a guest that does anything, and in which order things end. What
 * is not defined here is not called: no physical interrupt is ever bound.
 */
#include "config.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dm/bus.h"
#include "dm/cmdline.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"
#include "xen/xen-priv.h"

#include <xencall.h>
#include <xentoolcore.h>

#define DOMID 7
#define SERVER 3

/* ---- the libraries ---- */

static struct {
    bool server, enabled, mapped;
    bool restricted;
    int handles; /* open */
    unsigned ranges, devices, isa, routes, modified;
} seen;
static bool refuse_restrict, refuse;
static struct {
    struct buffered_iopage ring;
    char to_page[GUEST_PAGE - sizeof(struct buffered_iopage)];
    struct ioreq slot[GUEST_PAGE / sizeof(struct ioreq)];
} pages __attribute__((aligned(GUEST_PAGE)));
static char any_handle;
static int event[2]; /* ours, the test's: a lock on it is nobody else's */
static sem_t answered;

static void *open_handle(void)
{
    ck_assert_msg(!seen.restricted, "a handle that nobody has restricted");
    seen.handles++;
    return &any_handle;
}

static int close_handle(void)
{
    ck_assert_msg(!seen.server, "the server outlives its handle");
    seen.handles--;
    return 0;
}

static void named(domid_t domid, ioservid_t id)
{
    ck_assert_uint_eq(domid, DOMID);
    ck_assert_uint_eq(id, SERVER);
    ck_assert_msg(seen.server, "the server is gone");
}

xendevicemodel_handle *xendevicemodel_open(struct xentoollog_logger *logger,
                                           unsigned flags)
{
    return open_handle();
}

int xendevicemodel_close(xendevicemodel_handle *h)
{
    return close_handle();
}

int xendevicemodel_create_ioreq_server(xendevicemodel_handle *h, domid_t domid,
                                       int bufioreq, ioservid_t *id)
{
    seen.server = true;
    *id = SERVER;
    return 0;
}

int xendevicemodel_destroy_ioreq_server(xendevicemodel_handle *h, domid_t domid,
                                        ioservid_t id)
{
    named(domid, id);
    ck_assert(!seen.enabled && !seen.mapped);
    seen.server = false;
    return 0;
}

int xendevicemodel_set_ioreq_server_state(xendevicemodel_handle *h,
                                          domid_t domid, ioservid_t id, int on)
{
    named(domid, id);
    seen.enabled = on;
    return 0;
}

int xendevicemodel_get_ioreq_server_info(xendevicemodel_handle *h,
                                         domid_t domid, ioservid_t id,
                                         xen_pfn_t *ioreq, xen_pfn_t *bufioreq,
                                         evtchn_port_t *port)
{
    named(domid, id);
    *port = 50;
    return 0;
}

/* ---- memory that is put into the domain ---- */

static size_t dom_mapped; /* pages */

#define PAGES (13u << 10)
#define NOWHERE UINT64_MAX

static struct {
    uint64_t gfn[PAGES]; /* where each page is, or NOWHERE */
    bool ro[PAGES];
    unsigned n;          /* populated */
    unsigned room;       /* pages that Xen gives */
    unsigned moves;      /* pages asked to be relocated */
    unsigned move_fails; /* the one that fails, from 1 */
    unsigned holes;      /* of the pages that were asked for: not there */
    uint64_t top;        /* the last page of all, but for these */
    bool no_call, no_buffer, no_map, no_type;
    unsigned bad_page; /* cannot be mapped, from 1 */
    int fd;            /* what is in them */
} dom;

static int page_at(uint64_t gfn)
{
    static unsigned last; /* asked for one after the other, mostly */

    for (unsigned i = 0; i < PAGES; i++) {
        unsigned page = (last + i) % PAGES;

        if (dom.gfn[page] == gfn) {
            last = page;
            return (int)page;
        }
    }
    return -1;
}

static int top_page(void)
{
    uint64_t top = dom.top;

    for (unsigned i = 0; i < PAGES; i++)
        if (dom.gfn[i] != NOWHERE && dom.gfn[i] > top)
            top = dom.gfn[i];
    errno = ENOSYS;
    return dom.top ? (int)top : -1;
}

xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned flags)
{
    errno = EACCES;
    return dom.no_call ? NULL : open_handle();
}

int xencall_close(xencall_handle *h)
{
    seen.handles--;
    return 0;
}

void *xencall_alloc_buffer(xencall_handle *h, size_t size)
{
    return dom.no_buffer ? NULL : malloc(size);
}

void xencall_free_buffer(xencall_handle *h, void *p)
{
    free(p);
}

int xencall2(xencall_handle *h, unsigned op, uint64_t cmd, uint64_t arg)
{
    struct xen_memory_reservation *r = (void *)(uintptr_t)arg;
    xen_pfn_t *pfn;
    unsigned i;

    ck_assert_uint_eq(op, __HYPERVISOR_memory_op);
    if (cmd == XENMEM_maximum_gpfn) {
        ck_assert_uint_eq(*(domid_t *)r, DOMID);
        return top_page();
    }
    ck_assert_uint_eq(r->domid, DOMID);
    ck_assert(!r->extent_order && !r->mem_flags && r->nr_extents);
    pfn = r->extent_start.p;
    for (i = 0; i < r->nr_extents; i++) {
        bool give = cmd == XENMEM_populate_physmap;
        int page = page_at(give ? NOWHERE : pfn[i]);

        if (give && !dom.room)
            break;
        ck_assert(give || cmd == XENMEM_decrease_reservation);
        ck_assert(page >= 0 && (!give || page_at(pfn[i]) < 0));
        dom.gfn[page] = give ? pfn[i] : NOWHERE;
        dom.room -= give ? 1 : -1;
        dom.n += give ? 1 : -1;
    }
    return (int)i;
}

int xendevicemodel_relocate_memory(xendevicemodel_handle *h, domid_t domid,
                                   uint32_t size, uint64_t from, uint64_t to)
{
    named(domid, SERVER);
    for (uint32_t i = 0; i < size; i++) {
        int page = page_at(from + i);

        errno = ENOMEM;
        if (++dom.moves == dom.move_fails)
            return -1;
        errno = EINVAL;
        if (page < 0) {
            dom.holes++;
            return -1;
        }
        ck_assert_msg(page_at(to + i) < 0, "a page is lost at %#lx",
                      (long)(to + i));
        dom.gfn[page] = to + i;
        dom.ro[page] = false;
    }
    return 0;
}

int xendevicemodel_set_mem_type(xendevicemodel_handle *h, domid_t domid,
                                hvmmem_type_t type, uint64_t first, uint32_t n)
{
    named(domid, SERVER);
    ck_assert_int_eq(type, HVMMEM_ram_ro);
    errno = EPERM;
    for (uint32_t i = 0; i < n; i++) {
        if (dom.no_type && i == n - 1)
            return -1;
        ck_assert_int_ge(page_at(first + i), 0);
        dom.ro[page_at(first + i)] = true;
    }
    return 0;
}

static int range(domid_t domid, ioservid_t id, int is_mmio, uint64_t start,
                 uint64_t end, int by)
{
    named(domid, id);
    ck_assert_uint_le(start, end);
    ck_assert(is_mmio == 1 || (!is_mmio && end <= 0xffff));
    seen.ranges += by;
    errno = EINVAL;
    return refuse ? -1 : 0;
}

int xendevicemodel_map_io_range_to_ioreq_server(xendevicemodel_handle *h,
                                                domid_t domid, ioservid_t id,
                                                int is_mmio, uint64_t start,
                                                uint64_t end)
{
    return range(domid, id, is_mmio, start, end, 1);
}

int xendevicemodel_unmap_io_range_from_ioreq_server(xendevicemodel_handle *h,
                                                    domid_t domid,
                                                    ioservid_t id, int is_mmio,
                                                    uint64_t start,
                                                    uint64_t end)
{
    return range(domid, id, is_mmio, start, end, -1);
}

static int device(domid_t domid, ioservid_t id, unsigned segment, unsigned bus,
                  unsigned slot, unsigned function, int by)
{
    named(domid, id);
    ck_assert(!segment && bus < 256 && slot < 32 && function < 8);
    seen.devices += by;
    return 0;
}

int xendevicemodel_map_pcidev_to_ioreq_server(xendevicemodel_handle *h,
                                              domid_t domid, ioservid_t id,
                                              uint16_t segment, uint8_t bus,
                                              uint8_t slot, uint8_t function)
{
    return device(domid, id, segment, bus, slot, function, 1);
}

int xendevicemodel_unmap_pcidev_from_ioreq_server(xendevicemodel_handle *h,
                                                  domid_t domid, ioservid_t id,
                                                  uint16_t segment, uint8_t bus,
                                                  uint8_t slot,
                                                  uint8_t function)
{
    return device(domid, id, segment, bus, slot, function, -1);
}

int xendevicemodel_set_pci_intx_level(xendevicemodel_handle *h, domid_t domid,
                                      uint16_t segment, uint8_t bus,
                                      uint8_t slot, uint8_t intx,
                                      unsigned int level)
{
    named(domid, SERVER);
    ck_assert(!segment && !bus && slot < 32 && intx < 4 && level < 2);
    return 0;
}

int xendevicemodel_set_isa_irq_level(xendevicemodel_handle *h, domid_t domid,
                                     uint8_t irq, unsigned int level)
{
    named(domid, SERVER);
    ck_assert(irq < 16 && level < 2);
    seen.isa++;
    return 0;
}

int xendevicemodel_set_pci_link_route(xendevicemodel_handle *h, domid_t domid,
                                      uint8_t link, uint8_t irq)
{
    named(domid, SERVER);
    ck_assert(link < 4 && irq < 16);
    seen.routes++;
    return 0;
}

int xendevicemodel_inject_msi(xendevicemodel_handle *h, domid_t domid,
                              uint64_t addr, uint32_t data)
{
    named(domid, SERVER);
    return 0;
}

int xendevicemodel_modified_memory(xendevicemodel_handle *h, domid_t domid,
                                   uint64_t first, uint32_t n)
{
    named(domid, SERVER);
    ck_assert(n);
    seen.modified += n;
    errno = EINVAL;
    return refuse ? -1 : 0;
}

int xendevicemodel_shutdown(xendevicemodel_handle *h, domid_t domid,
                            unsigned int reason)
{
    named(domid, SERVER);
    ck_assert(reason == SHUTDOWN_poweroff || reason == SHUTDOWN_reboot);
    errno = EINVAL;
    return refuse ? -1 : 0;
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
                                               unsigned flags)
{
    return open_handle();
}

int xenforeignmemory_close(xenforeignmemory_handle *h)
{
    return close_handle();
}

xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *h, domid_t domid,
                              unsigned int type, unsigned int id,
                              unsigned long frame, unsigned long frames,
                              void **addr, int prot, int flags)
{
    named(domid, id);
    ck_assert_uint_eq(frames * GUEST_PAGE, sizeof(pages));
    seen.mapped = true;
    *addr = &pages;
    return (void *)&any_handle;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *h,
                                    xenforeignmemory_resource_handle *res)
{
    ck_assert(!seen.enabled);
    seen.mapped = false;
    return 0;
}

/* Memory without end. */
void *xenforeignmemory_map(xenforeignmemory_handle *h, uint32_t domid, int prot,
                           size_t n, const xen_pfn_t *pfn, int *err)
{
    char *p = mmap(NULL, n * GUEST_PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memset(err, 0, n * sizeof(*err));
    errno = EFAULT;
    for (size_t i = 0; i < n; i++) {
        int page = page_at(pfn[i]);

        if (page < 0)
            continue;
        if (dom.no_map) {
            munmap(p, n * GUEST_PAGE);
            return NULL;
        }
        if (dom.bad_page && i == dom.bad_page - 1)
            err[i] = -ENOENT;
        ck_assert_ptr_ne(mmap(p + i * GUEST_PAGE, GUEST_PAGE, prot,
                              MAP_SHARED | MAP_FIXED, dom.fd,
                              page * (off_t)GUEST_PAGE),
                         MAP_FAILED);
    }
    dom_mapped += n;
    return p;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *h, void *addr, size_t n)
{
    dom_mapped -= n;
    return munmap(addr, n * GUEST_PAGE);
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
                                 unsigned int flags)
{
    return open_handle();
}

int xenevtchn_close(xenevtchn_handle *h)
{
    return close_handle();
}

int xenevtchn_fd(xenevtchn_handle *h)
{
    return event[0];
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *h,
                                                     uint32_t domid,
                                                     evtchn_port_t remote)
{
    named(domid, SERVER);
    ck_assert_msg(!seen.restricted, "a port bound when the guest runs");
    return (int)remote + 100;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *h)
{
    uint64_t v;

    return read(event[0], &v, sizeof(v)) == sizeof(v) ? 110 : -1;
}

int xenevtchn_unmask(xenevtchn_handle *h, evtchn_port_t port)
{
    return 0;
}

int xenevtchn_notify(xenevtchn_handle *h, evtchn_port_t port)
{
    ck_assert_msg(seen.server, "an event of a server that is gone");
    sem_post(&answered);
    return 0;
}

int xentoolcore_restrict_all(domid_t domid)
{
    ck_assert_uint_eq(domid, DOMID);
    /* whatever the guest has asked for so far, nobody has looked at it */
    ck_assert_uint_eq(pages.slot[0].state, STATE_IOREQ_READY);
    seen.restricted = !refuse_restrict;
    errno = EPERM;
    return refuse_restrict ? -1 : 0;
}

struct xs_handle *xs_open(unsigned long flags)
{
    return (void *)&any_handle;
}

void xs_close(struct xs_handle *h)
{
}

int xs_fileno(struct xs_handle *h)
{
    return event[0];
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
    return domid == DOMID;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
              const void *data, unsigned int len)
{
    return true;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
              unsigned int *len)
{
    errno = ENOENT;
    return NULL;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger,
                                 unsigned flags)
{
    errno = ENOENT;
    return NULL;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
                    unsigned int *n)
{
    return NULL;
}

/* ---- a machine ---- */

static struct testvm t; /* its vm only */
static struct cmdline cl;
static char card[300];

static int make(bool restricted, struct cfg_err *err)
{
    const char *words[] = {
        "-machine",   "xenfv",       "-xen-domid",
        "7",          "-nodefaults", "-m",
        "64M",        "-smp",        "2",
        "-serial",    "null",        "-netdev",
        "null,id=n0", "-global",     "xen-platform.blacklist=5",
        "-device",    card,          "-xen-domid-restrict"};
    int rc = cmdline_parse(&cl, sizeof(words) / sizeof(*words) - !restricted,
                           words, err);

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
    memset(&seen, 0, sizeof(seen));
    memset(&pages, 0, sizeof(pages));
    refuse = refuse_restrict = false;
    strcpy(card, "virtio-net-pci,netdev=n0");
    memset(&dom, 0, sizeof(dom));
    memset(dom.gfn, 0xff, sizeof(dom.gfn));
    dom.room = PAGES;
    dom.top = 0xfffff;
    dom.fd = memfd_create("pages", MFD_CLOEXEC);
    ck_assert_int_eq(ftruncate(dom.fd, PAGES * GUEST_PAGE), 0);
    dom_mapped = 0;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, event),
                     0);
    sem_init(&answered, 0, 0);
    /* A vCPU has read a port before we were there. */
    pages.slot[0] = (struct ioreq){.addr = 0xcf8,
                                   .count = 1,
                                   .size = 4,
                                   .vp_eport = 10,
                                   .state = STATE_IOREQ_READY,
                                   .dir = IOREQ_READ,
                                   .type = IOREQ_TYPE_PIO};
}

static void teardown(void)
{
    close(event[0]);
    close(event[1]);
    close(dom.fd);
    sem_destroy(&answered);
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
        large_blocks,
        NULL,
    };

    return run_suite("xen-engine", setup, teardown, tests);
}
