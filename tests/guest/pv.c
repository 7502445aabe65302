/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of Xen with drivers of its own: finds Xen by CPUID, its xenstore,
 * its console, a disk and a network card; writes, reads and flushes the one,
 * asks 10.0.2.2 for its address over the other and hears the answer. With
 * "twice" at the end of its command line it reboots once; with "kexec" it does
 * what a kernel does before it starts another, and begins anew; with "narrow"
 * its disk's ring has the layout of a 32-bit guest's. Runs under
 * -accel kvm,xen-version= and as a PVH guest of a real Xen.
 *
 * The disk's sectors 8 to 23 are overwritten. Source: Xen's public headers,
 * io/xs_wire.h, io/blkif.h, io/netif.h, io/console.h; RFC 826.
 */
#include "guest.h"

#define PAGE 4096u
#define LEAF 0x40000000u
#define DOMID_SELF 0x7ff0u
#define VECTOR 0x50

enum { MEMORY_OP = 12, SCHED_OP = 29, EVTCHN_OP = 32, HVM = 34 };
enum { CLOSED = 6, CONNECTED = 4, INITIALISED = 3, INIT_WAIT = 2 };

static uint8_t hypercalls[PAGE] __attribute__((aligned(4096)));
static uint8_t shared[PAGE] __attribute__((aligned(4096)));
static struct {
    volatile uint16_t flags, domid;
    volatile uint32_t frame;
} grants[PAGE / 8] __attribute__((aligned(4096)));
static struct idt_gate idt[IDT_VECTORS];
static volatile unsigned upcalls;

static long call(unsigned nr, uintptr_t a, uintptr_t b, uintptr_t c)
{
    void *f = hypercalls + 32 * nr;
    long r;

    __asm__ volatile("call *%1"
                     : "=a"(r), "+r"(f), "+D"(a), "+S"(b), "+d"(c)
                     :
                     : "memory", "rcx", "r8", "r9", "r10", "r11");
    return r;
}

static void copy(void *to, const void *from, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ((volatile uint8_t *)to)[i] = ((const volatile uint8_t *)from)[i];
}

static void forget(void *p, unsigned n)
{
    while (n)
        ((volatile uint8_t *)p)[--n] = 0;
}

static unsigned length(const char *s)
{
    unsigned n = 0;

    while (s[n])
        n++;
    return n;
}

static bool same(const void *a, const void *b, unsigned n)
{
    const uint8_t *x = a, *y = b;

    while (n && *x == *y)
        x++, y++, n--;
    return !n;
}

/* At the end of a string. */
static void append(char *s, const char *more)
{
    copy(s + length(s), more, length(more) + 1);
}

static void append_number(char *s, unsigned v)
{
    char digits[12] = "", *p = digits + sizeof(digits) - 1;

    *p = 0;
    do
        *--p = (char)('0' + v % 10);
    while (v /= 10);
    append(s, p);
}

/* ---- events ---- */

ISR static void on_upcall(struct frame *f)
{
    shared[0] = 0; /* evtchn_upcall_pending of vCPU 0 */
    upcalls++;
    apic_eoi();
}

static volatile uint64_t *bits(unsigned at)
{
    return (volatile uint64_t *)(shared + at);
}

static void unmask(uint32_t port)
{
    __atomic_fetch_and(bits(2560) + port / 64, ~(1ull << port % 64),
                       __ATOMIC_SEQ_CST);
}

static bool pending(uint32_t port)
{
    return __atomic_fetch_and(bits(2048) + port / 64, ~(1ull << port % 64),
                              __ATOMIC_SEQ_CST) >>
               port % 64 &
           1;
}

static long send(uint32_t port)
{
    return call(EVTCHN_OP, 4, (uintptr_t)&port, 0);
}

/* Sleeps until there has been one. */
static void wait_port(uint32_t port)
{
    while (!pending(port)) {
        __asm__ volatile("cli" : : : "memory");
        *bits(8) = 0; /* evtchn_pending_sel: all words are looked at */
        if (!(bits(2048)[port / 64] >> port % 64 & 1) && !shared[0])
            __asm__ volatile("sti; hlt" : : : "memory");
        __asm__ volatile("sti; nop" : : : "memory");
    }
}

static uint32_t alloc_port(void)
{
    struct {
        uint16_t dom, remote;
        uint32_t port;
    } a = {DOMID_SELF, 0, 0};

    if (call(EVTCHN_OP, 6, (uintptr_t)&a, 0))
        return 0;
    unmask(a.port);
    return a.port;
}

static uint64_t param(uint32_t index)
{
    struct {
        uint16_t domid;
        uint32_t index;
        uint64_t value;
    } p = {DOMID_SELF, index, 0};

    return call(HVM, 1, (uintptr_t)&p, 0) ? 0 : p.value;
}

static long place(unsigned space, void *page)
{
    struct {
        uint16_t domid, size;
        uint32_t space;
        uint64_t index, gpfn;
    } a = {DOMID_SELF, 0, space, 0, (uintptr_t)page / PAGE};

    return call(MEMORY_OP, 7, (uintptr_t)&a, 0);
}

static uint32_t next_grant = 8; /* those before are Xen's */

static uint32_t grant(const void *page, bool readonly)
{
    grants[next_grant].domid = 0;
    grants[next_grant].frame = (uintptr_t)page / PAGE;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    grants[next_grant].flags = readonly ? 5 : 1;
    return next_grant++;
}

/* ---- what it says: on COM1, where there is one, and on its console ---- */

static struct {
    uint8_t in[1024], out[2048];
    volatile uint32_t in_cons, in_prod, out_cons, out_prod;
} * console;

static void say(const char *s)
{
    uint32_t port = (uint32_t)param(18);

    put_string(s);
    for (; console && *s; s++)
        console->out[console->out_prod++ % sizeof(console->out)] = (uint8_t)*s;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    send(port);
}

/* ---- xenstore ---- */

enum { XS_DIRECTORY = 1, XS_READ, XS_WATCH = 4, XS_WRITE = 11, XS_EVENT = 15 };

static struct xs_page {
    uint8_t req[1024], rsp[1024];
    volatile uint32_t req_cons, req_prod, rsp_cons, rsp_prod;
} * xs;
static uint32_t xs_port;
static bool xs_fired; /* a watch */

static struct {
    uint32_t type, id, tx, len;
} xs_head;
static char xs_reply[4097];

static void xs_out(const void *buf, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        while (xs->req_prod - xs->req_cons == 1024)
            wait_port(xs_port);
        xs->req[xs->req_prod % 1024] = ((const uint8_t *)buf)[i];
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        xs->req_prod++;
    }
}

static void xs_in(void *buf, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        while (xs->rsp_prod == xs->rsp_cons)
            wait_port(xs_port);
        ((uint8_t *)buf)[i] = xs->rsp[xs->rsp_cons % 1024];
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        xs->rsp_cons++;
    }
    send(xs_port);
}

static void xs_message(void)
{
    xs_in(&xs_head, sizeof(xs_head));
    if (xs_head.len >= sizeof(xs_reply))
        xs_head.len = 0; /* nobody sends that */
    xs_in(xs_reply, xs_head.len);
    xs_reply[xs_head.len] = 0;
    xs_fired |= xs_head.type == XS_EVENT;
}

/* path with its NUL, then more. What it said is in xs_reply. */
static bool xs_ask(uint32_t type, const char *path, const void *more,
                   unsigned n)
{
    uint32_t head[4] = {type, 1, 0, length(path) + 1 + n};

    xs_out(head, sizeof(head));
    xs_out(path, length(path) + 1);
    xs_out(more, n);
    send(xs_port);
    do
        xs_message();
    while (xs_head.type == XS_EVENT);
    return xs_head.type == type;
}

static bool xs_put(const char *dir, const char *key, const char *value)
{
    char path[256] = "";

    append(path, dir);
    append(path, "/");
    append(path, key);
    return xs_ask(XS_WRITE, path, value, length(value));
}

static bool xs_put_number(const char *dir, const char *key, unsigned v)
{
    char text[12] = "";

    append_number(text, v);
    return xs_put(dir, key, text);
}

static bool xs_get(const char *dir, const char *key)
{
    char path[256] = "";

    append(path, dir);
    append(path, "/");
    append(path, key);
    return xs_ask(XS_READ, path, 0, 0);
}

static uint64_t xs_get_number(const char *dir, const char *key)
{
    uint64_t v = 0;

    if (xs_get(dir, key))
        for (const char *s = xs_reply; *s >= '0' && *s <= '9'; s++)
            v = v * 10 + (uint64_t)(*s - '0');
    return v;
}

/* ---- what all devices have ---- */

struct device {
    char front[64], back[128];
    uint32_t port;
};

/* The first of this type. False: there is none. */
static bool find(struct device *d, const char *type)
{
    char dir[64] = "device/";

    forget(d, sizeof(*d));
    append(dir, type);
    if (!xs_ask(XS_DIRECTORY, dir, 0, 0) || !xs_head.len)
        return false;
    append(d->front, dir);
    append(d->front, "/");
    append(d->front, xs_reply);
    if (!xs_get(d->front, "backend") || xs_head.len >= sizeof(d->back))
        return false;
    append(d->back, xs_reply);
    d->port = alloc_port();
    return d->port;
}

static void wait_backend(struct device *d, unsigned state)
{
    char path[160] = "";

    append(path, d->back);
    append(path, "/state");
    xs_fired = false;
    xs_ask(XS_WATCH, path, path, length(path) + 1);
    while (xs_get_number(d->back, "state") != state) {
        while (!xs_fired)
            xs_message();
        xs_fired = false;
    }
}

struct ring {
    volatile uint32_t req_prod, req_event, rsp_prod, rsp_event;
    uint8_t pad[48];
};
#define RING(name, req_t, rsp_t, n) \
    static struct {                 \
        struct ring head;           \
        union {                     \
            req_t req;              \
            rsp_t rsp;              \
        } entry[n];                 \
    } name __attribute__((aligned(4096)))

/* The response of this number. */
static void wait_response(struct ring *r, uint32_t n, uint32_t port)
{
    r->rsp_event = n + 1;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    while ((int32_t)(r->rsp_prod - n) <= 0)
        wait_port(port);
}

/* ---- the disk ---- */

/* What follows the first four bytes of a request: at once in the layout of a
 * 32-bit guest, where a 64-bit number may be, and eight bytes from the start in
 * that of all others. */
struct blk_rest {
    uint64_t id, sector;
    struct {
        uint32_t ref;
        uint8_t first, last;
    } segment[11];
};
struct blk_request {
    uint8_t op, segments;
    uint16_t handle;
};
struct blk_response {
    uint64_t id;
    uint8_t op;
    int16_t status;
};
enum { BLK_READ, BLK_WRITE, BLK_FLUSH = 3 };
enum { SLOTS = 32 };
static struct {
    struct ring head;
    uint8_t entry[PAGE - sizeof(struct ring)];
} blk __attribute__((aligned(4096)));
static bool narrow; /* the layout of a 32-bit guest */
static uint8_t out[2][PAGE] __attribute__((aligned(4096)));
static uint8_t in[2][PAGE] __attribute__((aligned(4096)));

/* Two pages at sector 8, or none. */
static int blk_do(struct device *d, uint8_t op, const uint32_t refs[2])
{
    uint32_t n = blk.head.req_prod;
    uint8_t *entry = blk.entry + n % SLOTS * (narrow ? 108 : 112);
    struct blk_request r = {.op = op, .segments = refs ? 2 : 0};
    struct blk_rest rest = {.id = 77 + n, .sector = refs ? 8 : 0};
    struct blk_response rsp;

    for (unsigned i = 0; refs && i < 2; i++) {
        rest.segment[i].ref = refs[i];
        rest.segment[i].first = 0;
        rest.segment[i].last = 7;
    }
    copy(entry, &r, sizeof(r));
    copy(entry + (narrow ? 4 : 8), &rest, sizeof(rest));
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    blk.head.req_prod = n + 1;
    send(d->port);
    wait_response(&blk.head, n, d->port);
    copy(&rsp, entry, 12);
    return rsp.id == 77 + n ? rsp.status : -99;
}

static int disk(void)
{
    static struct device d;
    uint32_t put[2], get[2];

    if (!find(&d, "vbd"))
        return 0;
    wait_backend(&d, INIT_WAIT);
    blk.head.req_event = blk.head.rsp_event = 1;
    CHECK(xs_put_number(d.front, "ring-ref", grant(&blk, false)));
    CHECK(xs_put_number(d.front, "event-channel", d.port));
    CHECK(xs_put(d.front, "protocol", narrow ? "x86_32-abi" : "x86_64-abi"));
    CHECK(xs_put_number(d.front, "state", INITIALISED));
    wait_backend(&d, CONNECTED);
    CHECK(xs_get_number(d.back, "sectors") >= 24);
    CHECK(xs_put_number(d.front, "state", CONNECTED));
    for (unsigned i = 0; i < 2 * PAGE; i++)
        out[i / PAGE][i % PAGE] = (uint8_t)(i * 7 + i / 512);
    for (unsigned i = 0; i < 2; i++) {
        put[i] = grant(out[i], true);
        get[i] = grant(in[i], false);
    }
    for (unsigned i = 0; i < SLOTS / 2; i++) { /* more than once around */
        out[0][0] = (uint8_t)(15 - i);
        CHECK(blk_do(&d, BLK_WRITE, put) == 0);
        CHECK(blk_do(&d, BLK_FLUSH, 0) == 0);
        CHECK(blk_do(&d, BLK_READ, get) == 0);
        CHECK(same(in, out, sizeof(in)));
    }
    CHECK(blk_do(&d, BLK_READ, put) != 0); /* these are read-only */
    CHECK(xs_put_number(d.front, "state", CLOSED));
    wait_backend(&d, CLOSED);
    say("disk\n");
    return 0;
}

/* ---- the card ---- */

struct net_tx {
    uint32_t ref;
    uint16_t off, flags, id, size;
};
struct net_tx_response {
    uint16_t id;
    int16_t status;
};
struct net_rx {
    uint16_t id, pad;
    uint32_t ref;
};
struct net_rx_response {
    uint16_t id, off, flags;
    int16_t status;
};
RING(tx, struct net_tx, struct net_tx_response, 256);
RING(rx, struct net_rx, struct net_rx_response, 256);
static uint8_t frame[PAGE] __attribute__((aligned(4096)));
#define BUFFERS 16u
static uint8_t buffer[BUFFERS][PAGE] __attribute__((aligned(4096)));
static uint32_t buffer_ref[BUFFERS];

static void give_buffer(uint32_t n)
{
    rx.entry[n % 256].req = (struct net_rx){.id = (uint16_t)(n % BUFFERS),
                                            .ref = buffer_ref[n % BUFFERS]};
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    rx.head.req_prod = n + 1;
}

static uint8_t hex(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
}

/* Who has 10.0.2.2? Tell 10.0.2.15. */
static void make_arp(const uint8_t mac[6])
{
    static const uint8_t head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
    static const uint8_t own[] = {10, 0, 2, 15}, other[] = {10, 0, 2, 2};

    for (unsigned i = 0; i < 6; i++)
        frame[i] = 0xff;
    copy(frame + 6, mac, 6);
    copy(frame + 12, head, sizeof(head));
    copy(frame + 22, mac, 6);
    copy(frame + 28, own, 4);
    copy(frame + 38, other, 4);
}

static int card(void)
{
    static struct device d;
    static const uint8_t answer[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 2};
    uint8_t mac[6];
    bool heard = false;

    if (!find(&d, "vif"))
        return 0;
    CHECK(xs_get(d.front, "mac") && xs_head.len >= 17);
    for (unsigned i = 0; i < 6; i++)
        mac[i] =
            (uint8_t)(hex(xs_reply[3 * i]) << 4 | hex(xs_reply[3 * i + 1]));
    wait_backend(&d, INIT_WAIT);
    tx.head.req_event = tx.head.rsp_event = 1;
    rx.head.req_event = rx.head.rsp_event = 1;
    for (unsigned i = 0; i < BUFFERS; i++)
        buffer_ref[i] = grant(buffer[i], false);
    CHECK(xs_put_number(d.front, "tx-ring-ref", grant(&tx, false)));
    CHECK(xs_put_number(d.front, "rx-ring-ref", grant(&rx, false)));
    CHECK(xs_put_number(d.front, "event-channel", d.port));
    CHECK(xs_put_number(d.front, "request-rx-copy", 1));
    CHECK(xs_put_number(d.front, "feature-rx-notify", 1));
    CHECK(xs_put_number(d.front, "feature-no-csum-offload", 1));
    CHECK(xs_put_number(d.front, "state", CONNECTED));
    wait_backend(&d, CONNECTED);
    for (uint32_t i = 0; i < BUFFERS; i++)
        give_buffer(i);
    send(d.port);

    make_arp(mac);
    tx.entry[0].req = (struct net_tx){.ref = grant(frame, true), .size = 60};
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    tx.head.req_prod = 1;
    send(d.port);
    wait_response(&tx.head, 0, d.port);
    CHECK(tx.entry[0].rsp.status == 0);
    for (uint32_t n = 0; !heard; n++) {
        struct net_rx_response r;
        uint8_t *f;

        wait_response(&rx.head, n, d.port);
        r = rx.entry[n % 256].rsp;
        CHECK(r.status >= 42 && r.id < BUFFERS && r.off == 0);
        f = buffer[r.id];
        heard = same(f + 12, answer, sizeof(answer)) && same(f, mac, 6);
        give_buffer(n + BUFFERS);
        send(d.port);
    }
    CHECK(xs_put_number(d.front, "state", CLOSED));
    wait_backend(&d, CLOSED);
    say("network\n");
    return 0;
}

/* ---- all of it ---- */

static int begin(void)
{
    struct {
        uint32_t vcpu;
        uint8_t vector;
    } upcall = {0, VECTOR};
    struct cpuid id;
    uint32_t leaf = LEAF;

    /* Another hypervisor's leaves may come first. */
    for (; leaf < LEAF + 0x10000; leaf += 0x100) {
        id = cpuid(leaf, 0);
        if (id.b == 0x566e6558 && id.c == 0x65584d4d && id.d == 0x4d4d566e)
            break;
    }
    CHECK(leaf < LEAF + 0x10000);
    msr_write(cpuid(leaf + 2, 0).b, (uintptr_t)hypercalls);
    CHECK(place(0, shared) == 0 && place(1, grants) == 0);
    set_gate(idt, VECTOR, on_upcall);
    load_idt(idt);
    pic_init();
    apic_enable();
    CHECK(call(HVM, 23, (uintptr_t)&upcall, 0) == 0);
    __asm__ volatile("sti");
    console = (void *)(param(17) * PAGE);
    xs = (void *)(param(1) * PAGE);
    xs_port = (uint32_t)param(2);
    CHECK(xs && xs_port);
    unmask(xs_port);
    CHECK(xs_ask(XS_READ, "domid", 0, 0));
    say("xenstore\n");
    return 0;
}

/* hvm_start_info: is this the last word of its command line? */
static bool is_last(const uint32_t *info, const char *word)
{
    const char *line = (const char *)(uintptr_t)info[6];
    unsigned n = line ? length(line) : 0, len = length(word);

    return n >= len && same(line + n - len, word, len);
}

static int all(void)
{
    int rc = begin();

    if (!rc)
        rc = disk();
    if (!rc)
        rc = card();
    if (!rc)
        say("end\n");
    return rc;
}

/* As the next kernel, in the same memory, would find things. */
static void kexec(void)
{
    const uint32_t soft_reset = 5;

    __asm__ volatile("cli");
    call(SCHED_OP, 2, (uintptr_t)&soft_reset, 0);
    next_grant = 8;
    xs_fired = false;
    forget(&blk, sizeof(blk));
    forget(&tx, sizeof(tx));
    forget(&rx, sizeof(rx));
}

int main(uintptr_t info)
{
    const uint32_t *start = (const uint32_t *)info;
    bool again = is_last(start, "twice") && !is_second_boot();
    uint32_t reason = again ? 1 : 0; /* reboot, off */
    int rc;

    narrow = is_last(start, "narrow");
    rc = all();
    if (!rc && is_last(start, "kexec")) {
        kexec();
        rc = all();
    }
    if (rc)
        return rc;
    call(SCHED_OP, 2, (uintptr_t)&reason, 0);
    return 2;
}
