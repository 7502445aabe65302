/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/xen-libs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/suite.h"

#include <xencall.h>
#include <xentoolcore.h>

struct xen_seen seen;
bool refuse_restrict, refuse;
struct xen_pages pages __attribute__((aligned(GUEST_PAGE)));
int event[2];
sem_t answered;
size_t dom_mapped;
struct xen_dom dom;

static char any_handle;

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

int page_at(uint64_t gfn)
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

/* Memory without end, but where blocks have their homes. */
void *xenforeignmemory_map2(xenforeignmemory_handle *h, uint32_t domid,
                            void *addr, int prot, int flags, size_t n,
                            const xen_pfn_t *pfn, int *err)
{
    char *p = mmap(addr, n * GUEST_PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

    memset(err, 0, n * sizeof(*err));
    errno = EFAULT;
    for (size_t i = 0; i < n; i++) {
        int page = page_at(pfn[i]);

        if (page < 0 && pfn[i] >= 0xfc200 && pfn[i] < 0xfdf00)
            err[i] = -EINVAL;
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

void *xenforeignmemory_map(xenforeignmemory_handle *h, uint32_t domid, int prot,
                           size_t n, const xen_pfn_t *pfn, int *err)
{
    return xenforeignmemory_map2(h, domid, NULL, prot, 0, n, pfn, err);
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

void xen_libs_begin(void)
{
    memset(&seen, 0, sizeof(seen));
    memset(&pages, 0, sizeof(pages));
    refuse = refuse_restrict = false;
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
    pages.slot[0] = (struct ioreq){.addr = 0xcf8,
                                   .count = 1,
                                   .size = 4,
                                   .vp_eport = 10,
                                   .state = STATE_IOREQ_READY,
                                   .dir = IOREQ_READ,
                                   .type = IOREQ_TYPE_PIO};
}

void xen_libs_end(void)
{
    close(event[0]);
    close(event[1]);
    close(dom.fd);
    sem_destroy(&answered);
}
