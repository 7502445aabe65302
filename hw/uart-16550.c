/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * National PC16550D: serial port with FIFOs. Class "isa-serial".
 *
 * Source: PC16550D data sheet; register names are its. The line is as fast
 * as the host: what the guest sends is gone at once, unless the host side is
 * stuck, when THRE stays low until there is room for a whole FIFO again. What
 * the host sends waits there until the receive FIFO has room.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "dm/bus.h"
#include "dm/char/chr.h"
#include "dm/clock.h"
#include "dm/dev.h"
#include "dm/irq.h"
#include "dm/machine.h"
#include "hw/chr-out.h"

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };

#define IER_ERBFI 0x01 /* received data */
#define IER_ETBEI 0x02 /* transmitter empty */
#define IER_ELSI 0x04  /* line status */
#define IER_EDSSI 0x08 /* modem status */
#define IER_MASK 0x0f

#define IIR_NONE 0x01
#define IIR_MODEM 0x00
#define IIR_THRE 0x02
#define IIR_DATA 0x04
#define IIR_LINE 0x06
#define IIR_TIMEOUT 0x0c
#define IIR_FIFOS 0xc0

#define FCR_ENABLE 0x01
#define FCR_RESET_RX 0x02
#define FCR_KEPT 0xc9 /* bits that are state: enable, DMA mode, trigger */

#define LCR_WLS 0x03 /* word length: 5 bits and this */
#define LCR_STB 0x04
#define LCR_PEN 0x08
#define LCR_BREAK 0x40
#define LCR_DLAB 0x80

#define MCR_DTR 0x01
#define MCR_RTS 0x02
#define MCR_OUT1 0x04
#define MCR_OUT2 0x08 /* on a PC: lets the interrupt out */
#define MCR_LOOP 0x10
#define MCR_MASK 0x1f

#define LSR_DR 0x01
#define LSR_OE 0x02
#define LSR_BI 0x10
#define LSR_THRE 0x20
#define LSR_TEMT 0x40
#define LSR_ERRORS 0x1e

#define MSR_TERI 0x04
#define MSR_CTS 0x10
#define MSR_DSR 0x20
#define MSR_RI 0x40
#define MSR_DCD 0x80
#define MSR_DELTAS 0x0f

#define FIFO_SIZE 16
#define CLOCK_HZ 1843200

struct uart {
    struct dev dev;
    struct chr *chr;
    uint32_t index;
    uint16_t iobase;
    uint8_t irq;
    struct bus_region ports;
    bool attached;
    bool rx_waits; /* the host has more than fitted */
    struct loop_task accept;
    struct timer timeout;
    struct chr_out out;
    /* registers */
    uint16_t divisor;
    uint8_t ier, fcr, lcr, mcr, msr, scr;
    uint8_t errors;       /* of LSR: OE to BI, until read */
    bool thre_pending;    /* THRE interrupt not yet acknowledged */
    bool timeout_pending; /* data has been waiting in the FIFO */
    uint8_t rx_count;
    uint8_t rx[FIFO_SIZE]; /* oldest first */
};

/* ---- interrupts ---- */

static unsigned trigger(const struct uart *u)
{
    static const uint8_t level[] = {1, 4, 8, 14};

    return u->fcr & FCR_ENABLE ? level[u->fcr >> 6] : 1;
}

static unsigned rx_size(const struct uart *u)
{
    return u->fcr & FCR_ENABLE ? FIFO_SIZE : 1;
}

static bool thr_empty(const struct uart *u)
{
    return chr_out_room(&u->out) >= FIFO_SIZE;
}

/* What IIR says: the highest priority of what is pending and enabled. */
static uint8_t identify(const struct uart *u)
{
    if ((u->ier & IER_ELSI) && u->errors)
        return IIR_LINE;
    if ((u->ier & IER_ERBFI) && u->rx_count >= trigger(u))
        return IIR_DATA;
    if ((u->ier & IER_ERBFI) && u->timeout_pending)
        return IIR_TIMEOUT;
    if ((u->ier & IER_ETBEI) && u->thre_pending)
        return IIR_THRE;
    if ((u->ier & IER_EDSSI) && (u->msr & MSR_DELTAS))
        return IIR_MODEM;
    return IIR_NONE;
}

static void update_irq(struct uart *u)
{
    bool out = u->mcr & MCR_OUT2;

    irq_set(u->dev.vm, u->irq, out && identify(u) != IIR_NONE);
}

/* Four characters' time without a read or an arrival: the guest should look
 * at what is in the FIFO although it is below the trigger level. */
static void arm_timeout(struct uart *u)
{
    uint32_t bits = 1 + 5 + (u->lcr & LCR_WLS) + !!(u->lcr & LCR_PEN) + 1 +
                    !!(u->lcr & LCR_STB);
    uint64_t ns = 4ULL * bits * 16 * (u->divisor ? u->divisor : 1) *
                  NS_PER_SEC / CLOCK_HZ;

    if ((u->fcr & FCR_ENABLE) && u->rx_count)
        timer_set(u->dev.vm, &u->timeout, clock_now(u->dev.vm) + ns);
    else
        timer_cancel(u->dev.vm, &u->timeout);
}

static void timed_out(void *opaque)
{
    struct uart *u = opaque;

    u->timeout_pending = u->rx_count > 0;
    update_irq(u);
}

/* ---- receiver ---- */

static void receive(struct uart *u, uint8_t byte, uint8_t error)
{
    u->errors |= error;
    if (u->rx_count < rx_size(u)) {
        u->rx[u->rx_count++] = byte;
    } else {
        u->errors |= LSR_OE;
        if (!(u->fcr & FCR_ENABLE))
            u->rx[0] = byte; /* the holding register is overwritten */
    }
    arm_timeout(u);
}

static void rx_accept(struct uart *u)
{
    if (u->rx_waits && u->rx_count < rx_size(u))
        loop_post(u->dev.vm->loop, &u->accept);
}

static void accept_task(void *opaque)
{
    struct uart *u = opaque;

    u->rx_waits = false;
    chr_accept(u->chr);
}

static void rx_clear(struct uart *u)
{
    u->rx_count = 0;
    u->timeout_pending = false;
    arm_timeout(u);
    rx_accept(u);
}

static uint8_t read_rbr(struct uart *u)
{
    uint8_t byte = u->rx[0]; /* an empty receiver repeats itself */

    if (u->rx_count) {
        u->rx_count--;
        memmove(u->rx, u->rx + 1, u->rx_count);
    }
    u->timeout_pending = false;
    arm_timeout(u);
    rx_accept(u);
    return byte;
}

static size_t can_read(void *opaque)
{
    struct uart *u = opaque;
    /* in loopback the input pin is disconnected: the host's data waits */
    size_t room = u->mcr & MCR_LOOP ? 0 : rx_size(u) - u->rx_count;

    u->rx_waits = room == 0;
    return room;
}

static void on_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct uart *u = opaque;

    for (size_t i = 0; i < len; i++)
        receive(u, buf[i], 0);
    update_irq(u);
}

/* ---- transmitter ---- */

static void transmit(struct uart *u, const uint8_t *buf, uint32_t len)
{
    u->thre_pending = false;
    if (u->mcr & MCR_LOOP) {
        for (uint32_t i = 0; i < len; i++)
            receive(u, buf[i], 0);
    } else {
        chr_out_put(&u->out, buf, len);
    }
    if (thr_empty(u))
        u->thre_pending = true;
    update_irq(u);
}

static void on_drained(void *opaque)
{
    struct uart *u = opaque;

    if (!u->thre_pending && thr_empty(u)) {
        u->thre_pending = true;
        update_irq(u);
    }
}

static void on_writable(void *opaque)
{
    struct uart *u = opaque;

    chr_out_flush(&u->out);
}

/* When the other end goes, what it did not take goes with it. */
static void on_event(void *opaque, enum chr_event ev)
{
    on_writable(opaque);
}

/* ---- modem lines ---- */

static uint8_t modem_inputs(const struct uart *u)
{
    if (!(u->mcr & MCR_LOOP))
        return MSR_CTS | MSR_DSR | MSR_DCD; /* somebody is always there */
    return (u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
           (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

static void update_modem(struct uart *u)
{
    uint8_t old = u->msr & ~MSR_DELTAS, now = modem_inputs(u);
    uint8_t delta = (old ^ now) >> 4;

    if (now & MSR_RI)
        delta &= ~MSR_TERI; /* the trailing edge alone counts */
    u->msr = now | (u->msr & MSR_DELTAS) | delta;
}

/* ---- registers ---- */

static uint64_t port_read(void *opaque, uint64_t off, unsigned size)
{
    struct uart *u = opaque;
    bool dlab = u->lcr & LCR_DLAB;
    uint8_t v;

    switch (off) {
    case RBR_THR:
        if (dlab)
            return u->divisor & 0xff;
        v = read_rbr(u);
        break;
    case IER:
        return dlab ? u->divisor >> 8 : u->ier;
    case IIR_FCR:
        v = identify(u);
        if (v == IIR_THRE)
            u->thre_pending = false;
        v |= u->fcr & FCR_ENABLE ? IIR_FIFOS : 0;
        break;
    case LCR:
        return u->lcr;
    case MCR:
        return u->mcr;
    case LSR:
        v = u->errors | (u->rx_count ? LSR_DR : 0) |
            (thr_empty(u) ? LSR_THRE | LSR_TEMT : 0);
        u->errors = 0;
        break;
    case MSR:
        v = u->msr;
        u->msr &= ~MSR_DELTAS;
        break;
    default:
        return u->scr;
    }
    update_irq(u);
    return v;
}

static void write_fcr(struct uart *u, uint8_t v)
{
    bool toggled = (v ^ u->fcr) & FCR_ENABLE;

    u->fcr = v & FCR_ENABLE ? v & FCR_KEPT : 0;
    if (toggled || ((v & FCR_ENABLE) && (v & FCR_RESET_RX)))
        rx_clear(u);
    /* a reset of the transmitter finds nothing: it was sent long ago */
}

static void write_lcr(struct uart *u, uint8_t v)
{
    bool starts = (v & ~u->lcr) & LCR_BREAK;

    u->lcr = v;
    if (starts && (u->mcr & MCR_LOOP))
        receive(u, 0, LSR_BI);
}

static void port_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct uart *u = opaque;
    bool dlab = u->lcr & LCR_DLAB;
    uint8_t v = val;

    switch (off) {
    case RBR_THR:
        if (dlab)
            u->divisor = (u->divisor & 0xff00) | v;
        else
            transmit(u, &v, 1);
        break;
    case IER:
        if (dlab) {
            u->divisor = (u->divisor & 0xff) | v << 8;
            break;
        }
        /* enabling it asks for it, if there is nothing to be sent */
        if ((v & ~u->ier & IER_ETBEI) && thr_empty(u))
            u->thre_pending = true;
        u->ier = v & IER_MASK;
        break;
    case IIR_FCR:
        write_fcr(u, v);
        break;
    case LCR:
        write_lcr(u, v);
        break;
    case MCR:
        u->mcr = v & MCR_MASK;
        update_modem(u);
        rx_accept(u); /* loopback may have ended */
        break;
    case SCR:
        u->scr = v;
        break;
    default: /* LSR, MSR: factory tests only */
        break;
    }
    update_irq(u);
}

/* rep outsb: what the guest could have done byte by byte. */
static void port_write_run(void *opaque, uint64_t off, unsigned size,
                           const void *buf, uint32_t count)
{
    struct uart *u = opaque;
    const uint8_t *byte = buf;

    if (off == RBR_THR && !(u->lcr & LCR_DLAB)) {
        transmit(u, buf, count);
        return;
    }
    while (count--)
        port_write(u, off, 1, *byte++);
}

static const struct bus_ops port_ops = {.read = port_read,
                                        .write = port_write,
                                        .write_run = port_write_run,
                                        .min = 1,
                                        .max = 1};

/* ---- device ---- */

static void clear(struct uart *u)
{
    u->divisor = 12; /* 9600 baud */
    u->ier = u->fcr = u->lcr = u->scr = u->errors = 0;
    u->mcr = MCR_OUT2; /* what a BIOS leaves, and small kernels expect */
    u->msr = modem_inputs(u);
    u->thre_pending = false;
    rx_clear(u);
    update_irq(u);
}

/* COM1 to COM4 as on every PC. */
static int standard_port(struct uart *u, struct cfg_err *err)
{
    static const uint16_t base[] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};

    if (u->index == UINT32_MAX) {
        u->index = 0;
        for (struct dev *d = dev_first(u->dev.vm); d; d = d->next)
            u->index += d->cls == u->dev.cls;
    }
    if (u->index >= 4)
        return err_set(err, -EINVAL,
                       "isa-serial: index=%u: expected 0 to 3 for COM1 to "
                       "COM4, or iobase= and irq=",
                       u->index);
    if (!u->iobase)
        u->iobase = base[u->index];
    if (u->irq == UINT8_MAX)
        u->irq = u->index & 1 ? 3 : 4;
    return 0;
}

static void destroy(struct dev *dev)
{
    struct uart *u = (struct uart *)dev;

    timer_cancel(dev->vm, &u->timeout);
    chr_out_fini(&u->out);
    if (u->attached)
        chr_detach(u->chr);
    loop_cancel(dev->vm->loop, &u->accept);
    bus_del(dev->vm, &u->ports);
}

static int create(struct dev *dev, struct cfg_err *err)
{
    struct uart *u = (struct uart *)dev;
    struct chr_user user = {.can_read = can_read,
                            .read = on_read,
                            .writable = on_writable,
                            .event = on_event,
                            .opaque = u};
    int rc;

    if (!u->iobase || u->irq == UINT8_MAX) {
        rc = standard_port(u, err);
        if (rc)
            return rc;
    }
    timer_init(&u->timeout, timed_out, u);
    u->accept = (struct loop_task){.fn = accept_task, .opaque = u};
    chr_out_init(&u->out, dev->vm, u->chr, on_drained, u);
    dev_set_place(dev, "%x", u->iobase);
    u->ports = (struct bus_region){.name = "isa-serial",
                                   .ops = &port_ops,
                                   .opaque = u,
                                   .space = BUS_PIO,
                                   .base = u->iobase,
                                   .size = 8};
    rc = bus_add(dev->vm, &u->ports);
    if (rc)
        return err_set(err, rc, "isa-serial: ports 0x%x to 0x%x are taken",
                       u->iobase, u->iobase + 7);
    if (u->chr) {
        rc = chr_attach(u->chr, &user, dev->path, err);
        if (rc)
            goto out;
        u->attached = true;
    }
    clear(u);
out:
    if (rc)
        destroy(dev);
    return rc;
}

static void pause(struct dev *dev)
{
    chr_out_flush(&((struct uart *)dev)->out);
}

static void reset(struct dev *dev)
{
    clear((struct uart *)dev);
}

static int post_load(struct dev *dev)
{
    struct uart *u = (struct uart *)dev;

    if (u->rx_count > rx_size(u) || (u->ier & ~IER_MASK) ||
        (u->mcr & ~MCR_MASK) || (u->fcr & ~FCR_KEPT) ||
        (u->errors & ~LSR_ERRORS))
        return -EINVAL;
    u->msr = modem_inputs(u) | (u->msr & MSR_DELTAS);
    update_irq(u);
    return chr_out_post_load(&u->out);
}

static const struct dev_prop props[] = {
    DEV_PROP(PROP_CHR, struct uart, chr, "chardev", NULL, "where it ends"),
    DEV_PROP(PROP_U32, struct uart, index, "index", "0xffffffff",
             "0 to 3 for COM1 to COM4; the next free one if not given"),
    DEV_PROP(PROP_U16, struct uart, iobase, "iobase", NULL, "first port"),
    DEV_PROP(PROP_U8, struct uart, irq, "irq", "255", "interrupt line"),
    DEV_PROP_END,
};

static const struct state_desc state = {
    .name = "uart-16550",
    .version = 1,
    .min_version = 1,
    .post_load = post_load,
    .fields =
        (const struct state_field[]){
            STATE_U16(struct uart, divisor),
            STATE_U8(struct uart, ier),
            STATE_U8(struct uart, fcr),
            STATE_U8(struct uart, lcr),
            STATE_U8(struct uart, mcr),
            STATE_U8(struct uart, msr),
            STATE_U8(struct uart, scr),
            STATE_U8(struct uart, errors),
            STATE_BOOL(struct uart, thre_pending),
            STATE_BOOL(struct uart, timeout_pending),
            STATE_U8(struct uart, rx_count),
            STATE_BYTES(struct uart, rx),
            STATE_TIMER(struct uart, timeout),
            STATE_STRUCT(struct uart, out, chr_out_state),
            STATE_END,
        },
};

const struct dev_class uart_16550_class = {
    .name = "isa-serial",
    .desc = "serial port (16550A)",
    .bus = "isa",
    .size = sizeof(struct uart),
    .props = props,
    .create = create,
    .pause = pause,
    .reset = reset,
    .destroy = destroy,
    .state = &state,
};
