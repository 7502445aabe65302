/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's interfaces as the engine emulates them: CPUID, hypercalls by the page
 * and by the processor's instruction, our pages in the guest's memory, time,
 * and (64-bit only: slow KVMs lack IRET elsewhere) every way to be called.
 */
#include "guest.h"

#define LEAF 0x40000000u
#define SELF 0x7ff0
#define SHARED 0x600000 /* where we want the shared page */
#define GSI 11
#define IOAPIC 0xfec00000
#define LEVEL (1u << 15)
#define EFER 0xc0000080u
#define EFER_SCE 1u
#define LONG_BITS (8 * sizeof(long))

enum { memory_op = 12, xen_version = 17, vcpu_op = 24, sched_op = 29 };
enum { event_channel_op = 32, hvm_op = 34 };

struct vcpu_info {
    uint8_t pending, mask;
    unsigned long sel;
    unsigned long cr2, pad[sizeof(long) == 8 ? 1 : 5];
    struct {
        volatile uint32_t version;
        uint32_t pad;
        volatile uint64_t tsc, system;
        volatile uint32_t mul;
        int8_t shift;
        uint8_t flags, pad2[2];
    } time;
};
struct shared {
    struct vcpu_info vcpu[32];
    volatile unsigned long pending[LONG_BITS], mask[LONG_BITS];
    volatile uint32_t wc_version, wc_sec, wc_nsec;
};
static struct shared *const shared = (struct shared *)SHARED;

static uint8_t page[4096] __attribute__((aligned(4096)));

static long call(unsigned nr, uintptr_t a, const void *b, uintptr_t c)
{
    long r = nr;
    void *f = page + 32 * nr;
#ifdef __x86_64__
    __asm__ volatile("call *%1"
                     : "+a"(r)
                     : "r"(f), "D"(a), "S"(b), "d"(c)
                     : "memory");
#else
    __asm__ volatile("call *%1"
                     : "+a"(r)
                     : "r"(f), "b"(a), "c"(b), "d"(c)
                     : "memory");
#endif
    return r;
}

#ifdef __x86_64__
/* As kernels have them that ask for no page: whichever is called, it comes to
 * the engine. */
long amd(void), intel(void);
__asm__(".balign 16\n"
        "amd: vmmcall; ret\n"
        ".balign 16, 0xcc\n"
        "intel: vmcall; ret\n"
        ".balign 16, 0xcc\n");

/* What another kernel has in the same place. */
static void as_built(long (*f)(void), uint8_t which)
{
    volatile uint8_t *code = (volatile uint8_t *)f;

    code[0] = 0x0f;
    code[1] = 0x01;
    code[2] = which;
}

/* As Linux: only if that changes it. */
static void want_syscall(void)
{
    uint64_t efer = msr_read(EFER);

    if (!(efer & EFER_SCE))
        msr_write(EFER, efer | EFER_SCE);
}

static long call_by(long (*f)(void), long nr, uintptr_t a, const void *b)
{
    __asm__ volatile("call *%1" : "+a"(nr) : "r"(f), "D"(a), "S"(b) : "memory");
    return nr;
}
#endif

static long place(unsigned space, unsigned long idx, uintptr_t gpa)
{
    const struct {
        uint16_t domid, size;
        unsigned space;
        unsigned long idx, gfn;
    } arg = {SELF, 0, space, idx, gpa >> 12};

    return call(memory_op, 7, &arg, 0);
}

static unsigned bind_ipi(void)
{
    struct {
        uint32_t vcpu, port;
    } arg = {0, 0};

    return call(event_channel_op, 7, &arg, 0) ? 0 : arg.port;
}

static unsigned bind_timer(void)
{
    struct {
        uint32_t virq, vcpu, port;
    } arg = {0, 0, 0};

    return call(event_channel_op, 1, &arg, 0) ? 0 : arg.port;
}

static long on_port(unsigned op, uint32_t port)
{
    return call(event_channel_op, op, &port, 0);
}

static uint64_t now(void)
{
    uint64_t t = 0;

    call(hvm_op, 10, &t, 0);
    return t;
}

static bool is_pending(unsigned port)
{
    return shared->pending[port / LONG_BITS] >> port % LONG_BITS & 1;
}

static long timer_in(uint64_t ns)
{
    const struct {
        uint64_t timeout;
        uint32_t flags;
    } arg = {now() + ns, 0};

    return call(vcpu_op, 8, 0, (uintptr_t)&arg);
}

static long poll(uint32_t port, uint64_t ns)
{
    const struct {
        uint32_t *ports;
        unsigned n;
        uint64_t timeout;
    } arg = {&port, 1, ns ? now() + ns : 0};

    return call(sched_op, 3, &arg, 0);
}

/* ---- a second processor ---- */

#define AP_CODE 0x8000 /* page 8, as the SIPI says */

extern const uint8_t ap_begin[], ap_end[];
void ap_main(void);

static volatile unsigned ap_starts;
static volatile bool ap_time[2]; /* in its record, at each start */

/* KVM forgets at an INIT where a processor's time goes. As Linux: one that
 * comes up has its periodic timer stopped. */
void ap_main(void)
{
    unsigned again = ap_starts;

    if (again)
        call(vcpu_op, 7, (void *)1, 0);
    ap_time[again] = shared->vcpu[1].time.mul;
    ap_starts++;
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void ap_start(void)
{
    unsigned n = ap_starts;

    shared->vcpu[1].time.mul = 0;
    mmio_write(APIC + APIC_ICR_HIGH, 1 << 24);
    mmio_write(APIC + APIC_ICR, 0x4500);
    mmio_write(APIC + APIC_ICR, 0x4608);
    while (ap_starts == n)
        __asm__ volatile("pause");
}

static int second(void)
{
    for (unsigned i = 0; i < (unsigned)(ap_end - ap_begin); i++)
        ((volatile uint8_t *)AP_CODE)[i] = ap_begin[i];
    apic_enable();
    ap_start();
    CHECK(ap_time[0]);
    ap_start();
    CHECK(ap_time[1]);
    put_string("second\n");
    return 0;
}

/* ---- being called ---- */

static volatile unsigned upcalls, lines;

/* Clears what is pending. */
static void take(void)
{
    shared->vcpu[0].pending = 0;
    while (shared->vcpu[0].sel) {
        unsigned word = __builtin_ctzl(shared->vcpu[0].sel);

        shared->vcpu[0].sel &= ~(1ul << word);
        shared->pending[word] = 0;
    }
    upcalls++;
}

#ifdef __x86_64__
static struct idt_gate idt[IDT_VECTORS];

ISR static void on_vector(struct frame *f)
{
    take();
}

ISR static void on_apic_vector(struct frame *f)
{
    take();
    apic_eoi();
}

ISR static void on_line(struct frame *f)
{
    lines++;
    take();
    apic_eoi();
}

static void ioapic_write(unsigned pin, uint32_t low)
{
    mmio_write(IOAPIC, 0x10 + 2 * pin);
    mmio_write(IOAPIC + 0x10, low);
}

static long set_callback(uint64_t via)
{
    const struct {
        uint16_t domid, pad;
        uint32_t index;
        uint64_t value;
    } arg = {SELF, 0, 0, via};

    return call(hvm_op, 0, &arg, 0);
}

static long set_vector(unsigned vector)
{
    const struct {
        uint32_t vcpu;
        uint8_t vector;
    } arg = {0, vector};

    return call(hvm_op, 23, &arg, 0);
}

/* An event at once, one while interrupts are off, one by a timer. */
static int events(unsigned ipi, unsigned timer)
{
    upcalls = 0;
    CHECK(on_port(4, ipi) == 0);
    wait_for(&upcalls, 1);
    __asm__ volatile("cli");
    CHECK(on_port(4, ipi) == 0);
    CHECK(upcalls == 1 && is_pending(ipi));
    wait_for(&upcalls, 2);
    CHECK(timer_in(2000000) == 0);
    wait_for(&upcalls, 3);
    CHECK(!is_pending(ipi) && !is_pending(timer));
    return 0;
}

static int callbacks(unsigned ipi, unsigned timer)
{
    int rc;

    pic_init();
    set_gate(idt, 0x40, on_line);
    set_gate(idt, 0x41, on_vector);
    set_gate(idt, 0x42, on_apic_vector);
    load_idt(idt);
    apic_enable();

    ioapic_write(GSI, 0x40 | LEVEL);
    CHECK(set_callback(GSI) == 0);
    rc = events(ipi, timer);
    if (rc)
        return rc;
    CHECK(lines == 3);
    put_string("line\n");
    CHECK(set_callback(2ull << 56 | 0x41) == 0);
    rc = events(ipi, timer);
    if (rc)
        return rc;
    put_string("vector\n");
    CHECK(set_vector(8) == -22);
    CHECK(set_vector(0x42) == 0);
    rc = events(ipi, timer);
    put_string("APIC\n");
    return rc;
}
#endif

int main(uintptr_t info)
{
    struct cpuid id = cpuid(LEAF, 0);
    unsigned ipi, timer;
    uint32_t soft_reset = 5, before;
    uint64_t t;

    CHECK(id.b == 0x566e6558 && id.c == 0x65584d4d && id.d == 0x4d4d566e);
    CHECK(cpuid(LEAF + 4, 0).b == 0 && cpuid(LEAF + 4, 0).c == 1);
    msr_write(cpuid(LEAF + 2, 0).b, (uintptr_t)page);
    CHECK(call(xen_version, 0, 0, 0) == (4 << 16 | 17));
    CHECK(call(xen_version, 99, 0, 0) == -38);
    CHECK(call(62, 0, 0, 0) == -38);
    CHECK(call(event_channel_op, 4, (void *)0x9000000, 0) == -14);
    CHECK(call(hvm_op, 5, 0, 0) == 0); /* flushes all TLBs */
#ifdef __x86_64__
    CHECK(call_by(amd, xen_version, 0, 0) == (4 << 16 | 17));
    CHECK(call_by(intel, xen_version, 0, 0) == (4 << 16 | 17));
    want_syscall();
#endif
    put_string("hypercall\n");

    *(volatile uint32_t *)shared = 0x12345678;
    CHECK(place(0, 1, SHARED) == -22);
    CHECK(place(0, 0, 0xfee00000) == -22);
    CHECK(place(0, 0, SHARED) == 0);
    CHECK(place(1, 0, SHARED + 0x1000) == 0);
    CHECK(place(1, 64, SHARED + 0x2000) == -22);
    CHECK(shared->vcpu[0].pending == 0 && shared->wc_sec > 1600000000);
    /* the record is KVM's from the next entry on */
    t = now();
    CHECK(shared->vcpu[0].time.mul && !(shared->vcpu[0].time.version & 1));
    before = shared->vcpu[0].time.system <= t;
    CHECK(before && now() > t);
    put_string("time\n");
    if (second())
        return 2;

    ipi = bind_ipi();
    timer = bind_timer();
    CHECK(ipi && timer && ipi != timer && !bind_timer());
    CHECK(on_port(9, 4095) == -22);
    CHECK(poll(ipi, 1000000) == 0 && !is_pending(ipi));
    CHECK(timer_in(1000000) == 0);
    while (!is_pending(timer))
        CHECK(poll(timer, 0) == 0);
    take();
    put_string("poll\n");
#ifdef __x86_64__
    if (callbacks(ipi, timer))
        return 2;
#endif

    CHECK(call(sched_op, 2, &soft_reset, 0) == 0);
    CHECK(*(volatile uint32_t *)shared == 0x12345678);
    CHECK(on_port(4, ipi) == -22 && bind_ipi());
#ifdef __x86_64__
    as_built(amd, 0xd9);
    as_built(intel, 0xc1);
    want_syscall(); /* here begins what kexec has started */
    CHECK(call_by(amd, xen_version, 0, 0) == (4 << 16 | 17));
    CHECK(call_by(intel, xen_version, 0, 0) == (4 << 16 | 17));
#endif
    put_string("again\n");
    return 0;
}
