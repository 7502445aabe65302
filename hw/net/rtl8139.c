/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/net/rtl8139.h"

#include <errno.h>
#include <string.h>

#include "dm/machine.h"

#define PCI_MHZ 33 /* what TCTR counts */

enum { /* 9346CR */
       EEM_SHIFT = 6,
       EEM_LOAD = 1,
       EEM_CONFIG = 3,
       EECS = 8,
       EESK = 4,
       EEDI = 2,
       EEDO = 1,
};
enum { /* EEPROM, in words */
       EE_ID = 0,
       EE_VENDOR = 1,
       EE_DEVICE = 2,
       EE_MAC = 7,
       EE_MAGIC = 0x8129,
};
enum { BMCR_RESET = 0x8000, BMCR_ANEG = 0x1000, BMCR_RESTART = 0x0200 };
enum { DTCCR_CMD = 8, TPPOLL_FSWINT = 1 };
enum {
    TCR_VERSION = 0x74800000, /* RTL8139C+ */
    TCR_WMASK = 0x030707f0,
    RCR_WMASK = 0x0f03ffff,
    MSR_LINKB = 4,
    CONFIG1_RESET = 0x0c, /* mapped to I/O and to memory */
    ISR_WMASK = 0xe1ff,
};

static struct rtl8139 *of(struct dev *dev)
{
    return (struct rtl8139 *)dev;
}

static struct vm *vm_of(struct rtl8139 *s)
{
    return s->pci.dev.vm;
}

void rtl_interrupt(struct rtl8139 *s, uint16_t bits)
{
    s->isr |= bits;
    pci_intx_set(&s->pci, s->isr & s->imr);
}

/* ---- the timer ---- */

static uint64_t ticks(struct rtl8139 *s)
{
    return (uint64_t)(clock_now(vm_of(s)) - s->tctr_zero) * PCI_MHZ / 1000;
}

/* TCTR has 32 bits: it reaches TimerInt again and again. */
static void timer_arm(struct rtl8139 *s)
{
    uint64_t now = ticks(s), at = (now & ~(uint64_t)UINT32_MAX) + s->timerint;

    if (!s->timerint) {
        timer_cancel(vm_of(s), &s->timer);
        return;
    }
    if (at <= now)
        at += 1ull << 32;
    timer_set(vm_of(s), &s->timer,
              s->tctr_zero + (int64_t)((at * 1000 + PCI_MHZ - 1) / PCI_MHZ));
}

static void timer_fired(void *opaque)
{
    struct rtl8139 *s = opaque;

    rtl_interrupt(s, INT_TIMEOUT);
    timer_arm(s);
}

/* ---- reset ---- */

static void load_idr(struct rtl8139 *s)
{
    for (unsigned i = 0; i < 6; i++)
        s->idr[i] = (uint8_t)(s->eeprom.word[EE_MAC + i / 2] >> 8 * (i % 2));
}

static void phy_reset(struct rtl8139 *s)
{
    s->bmcr = BMCR_ANEG | 0x2100; /* 100 Mb/s, both ways at once */
    s->anar = 0x05e1;             /* all there is, and flow control */
}

/* What CR.RST does: the address and the configuration stay. */
static void chip_reset(struct rtl8139 *s)
{
    for (unsigned i = 0; i < 4; i++)
        s->tsd[i] = 1 << 13; /* OWN: the host's, that is */
    memset(s->tsad, 0, sizeof(s->tsad));
    memset(s->dtccr, 0, sizeof(s->dtccr));
    memset(s->rdsar, 0, sizeof(s->rdsar));
    s->rbstart = s->tcr = s->rcr = s->mpc = s->timerint = 0;
    s->imr = s->isr = s->mulint = s->cpcr = 0;
    s->cr = s->etthr = s->poll = 0;
    s->tx_next = s->tx_high = s->rx_next = 0;
    s->tctr_zero = clock_now(vm_of(s));
    rtl_rx_rewind(s);
    timer_arm(s);
    nic_reset(&s->nic);
    rtl_interrupt(s, 0);
}

static void rtl_reset(struct dev *dev)
{
    struct rtl8139 *s = of(dev);

    pci_reset(&s->pci);
    s->cr9346 = 0;
    s->eeprom = (struct eeprom93){0};
    s->eeprom.word[EE_ID] = EE_MAGIC;
    s->eeprom.word[EE_VENDOR] = 0x10ec;
    s->eeprom.word[EE_DEVICE] = 0x8139;
    for (unsigned i = 0; i < 3; i++)
        s->eeprom.word[EE_MAC + i] = pci_get16(s->nic.mac + 2 * i);
    memset(s->mar, 0, sizeof(s->mar));
    memset(s->config, 0, sizeof(s->config));
    s->config[1] = CONFIG1_RESET;
    s->tally = (struct rtl_tally){0};
    load_idr(s);
    phy_reset(s);
    chip_reset(s);
}

/* ---- what registers hold ---- */

static uint32_t tsad_summary(const struct rtl8139 *s)
{
    uint32_t val = 0;

    for (unsigned i = 0; i < 4; i++) {
        val |= (s->tsd[i] >> 13 & 1) << i;        /* OWN */
        val |= (s->tsd[i] >> 30 & 1) << (4 + i);  /* TABT */
        val |= (s->tsd[i] >> 14 & 1) << (8 + i);  /* TUN */
        val |= (s->tsd[i] >> 15 & 1) << (12 + i); /* TOK */
    }
    return val;
}

static uint32_t read_9346cr(const struct rtl8139 *s)
{
    bool out = s->cr9346 >> EEM_SHIFT && s->eeprom.out;

    return (s->cr9346 & ~EEDO) | (out ? EEDO : 0);
}

static uint32_t bmsr(const struct rtl8139 *s)
{
    return 0x7809 | (s->nic.link ? 0x24 : 0); /* link, negotiated */
}

static uint32_t bytes4(const uint8_t *p)
{
    return pci_get32(p);
}

/* The aligned dword at off. Reading changes nothing in this chip. */
static uint32_t read_dword(struct rtl8139 *s, unsigned off)
{
    bool plus = s->cpcr & CPCR_TX;

    switch (off) {
    case RTL_IDR0:
        return bytes4(s->idr);
    case RTL_IDR0 + 4:
        return pci_get16(s->idr + 4);
    case RTL_MAR0:
    case RTL_MAR0 + 4:
        return bytes4(s->mar + off - RTL_MAR0);
    case RTL_TSD0:
    case RTL_TSD0 + 4:
        if (plus)
            return s->dtccr[(off - RTL_TSD0) / 4];
        /* fall through */
    case RTL_TSD0 + 8:
    case RTL_TSD0 + 12:
        return s->tsd[(off - RTL_TSD0) / 4];
    case RTL_TSAD0:
    case RTL_TSAD0 + 4:
    case RTL_TSAD0 + 8:
    case RTL_TSAD0 + 12:
        return s->tsad[(off - RTL_TSAD0) / 4];
    case RTL_RBSTART:
        return s->rbstart;
    case RTL_CR & ~3u: /* the highest of four */
        return (uint32_t)(s->cr | (rtl_rx_empty(s) ? CR_BUFE : 0)) << 24;
    case RTL_CAPR:
        return s->capr | (uint32_t)s->cbr << 16;
    case RTL_IMR:
        return s->imr | (uint32_t)s->isr << 16;
    case RTL_TCR:
        return s->tcr | TCR_VERSION;
    case RTL_RCR:
        return s->rcr;
    case RTL_TCTR:
        return (uint32_t)ticks(s);
    case RTL_MPC:
        return s->mpc;
    case RTL_9346CR:
        return read_9346cr(s) | (uint32_t)s->config[0] << 8 |
               (uint32_t)s->config[1] << 16;
    case RTL_TIMERINT:
        return s->timerint;
    case RTL_MSR:
        return (s->nic.link ? 0 : MSR_LINKB) | (uint32_t)s->config[3] << 8 |
               (uint32_t)s->config[4] << 16;
    case RTL_MULINT:
        return s->mulint | 0x10u << 16; /* RERID */
    case RTL_TSAD:
        return tsad_summary(s) | (uint32_t)s->bmcr << 16;
    case RTL_BMSR:
        return bmsr(s) | (uint32_t)s->anar << 16;
    case RTL_ANLPAR:
        return s->nic.link ? 0x45e1 | 1u << 16 : 0;
    case RTL_CSCR:
        return s->nic.link ? 0x01c8 : 0x01c0;
    case RTL_CONFIG5:
        return s->config[5];
    case RTL_CPCR:
        return s->cpcr;
    case RTL_RDSAR:
    case RTL_RDSAR + 4:
        return s->rdsar[(off - RTL_RDSAR) / 4];
    case RTL_ETTHR:
        return s->etthr;
    default:
        return 0;
    }
}

static uint64_t rtl_read(void *opaque, uint64_t off, unsigned size)
{
    uint64_t val = 0;

    for (unsigned i = 0; i < size && off + i < RTL_REGS; i++) {
        unsigned at = (unsigned)off + i;

        val |= (uint64_t)(read_dword(opaque, at & ~3u) >> 8 * (at & 3) & 0xff)
               << 8 * i;
    }
    return val;
}

/* ---- what writing does ---- */

static void write_cr(struct rtl8139 *s, uint8_t val)
{
    uint8_t on = val & ~s->cr;

    if (val & CR_RST) {
        chip_reset(s);
        return;
    }
    s->cr = val & (CR_RE | CR_TE);
    if (on & CR_RE) {
        rtl_rx_rewind(s);
        s->rx_next = 0;
    }
    if (on & CR_TE)
        s->tx_next = s->tx_high = 0;
}

static void write_9346cr(struct rtl8139 *s, uint8_t val)
{
    s->cr9346 = val & 0xce;
    if (val >> EEM_SHIFT == EEM_LOAD) {
        load_idr(s);
        s->cr9346 = 0;
    }
    eeprom93_lines(&s->eeprom, val >> EEM_SHIFT && val & EECS, val & EESK,
                   val & EEDI);
}

static void write_config(struct rtl8139 *s, unsigned n, uint8_t val)
{
    static const uint8_t wmask[6] = {0, 0xf3, 0, 0x21, 0xff, 0x7f};

    if (s->cr9346 >> EEM_SHIFT == EEM_CONFIG)
        s->config[n] = (uint8_t)((s->config[n] & ~wmask[n]) | (val & wmask[n]));
}

static void dump_tally(struct rtl8139 *s)
{
    uint64_t at = (s->dtccr[0] & ~63u) | (uint64_t)s->dtccr[1] << 32;

    if (rtl_may_dma(s))
        mem_write(vm_of(s), at, &s->tally, sizeof(s->tally));
    s->tally = (struct rtl_tally){0};
    s->dtccr[0] &= ~(uint32_t)DTCCR_CMD;
}

static void write_tsd(struct rtl8139 *s, unsigned n, uint32_t val)
{
    if (s->cpcr & CPCR_TX) {
        if (n < 2)
            s->dtccr[n] = val;
        if (n == 0 && val & DTCCR_CMD)
            dump_tally(s);
    } else {
        s->tsd[n] = val & 0x003f3fff; /* its status begins anew */
    }
}

static void write_bmcr(struct rtl8139 *s, uint16_t val)
{
    if (val & BMCR_RESET)
        phy_reset(s);
    else
        s->bmcr = val & 0x3100;
    /* Negotiating takes no time. */
    if (val & BMCR_RESTART && val & BMCR_ANEG && s->nic.link)
        rtl_interrupt(s, INT_LINKCHG);
}

/* Registers by their place: how wide they are. Others are bytes. */
static unsigned width(unsigned off)
{
    switch (off & ~3u) {
    case RTL_TSD0 ... RTL_TSD0 + 12:
    case RTL_TSAD0 ... RTL_TSAD0 + 12:
    case RTL_RBSTART:
    case RTL_TCR:
    case RTL_RCR:
    case RTL_TCTR:
    case RTL_MPC:
    case RTL_TIMERINT:
    case RTL_RDSAR:
    case RTL_RDSAR + 4:
        return 4;
    case RTL_CAPR:
    case RTL_IMR:
    case RTL_MULINT:
    case RTL_TSAD:
    case RTL_BMSR:
    case RTL_ANLPAR:
    case RTL_CPCR:
        return 2;
    default:
        return 1;
    }
}

static void write_reg(struct rtl8139 *s, unsigned off, uint32_t val)
{
    switch (off) {
    case RTL_IDR0 ... RTL_IDR0 + 5:
        s->idr[off - RTL_IDR0] = (uint8_t)val;
        break;
    case RTL_MAR0 ... RTL_MAR0 + 7:
        s->mar[off - RTL_MAR0] = (uint8_t)val;
        break;
    case RTL_TSD0:
    case RTL_TSD0 + 4:
    case RTL_TSD0 + 8:
    case RTL_TSD0 + 12:
        write_tsd(s, (off - RTL_TSD0) / 4, val);
        break;
    case RTL_TSAD0:
    case RTL_TSAD0 + 4:
        s->tx_next = s->cpcr & CPCR_TX ? 0 : s->tx_next;
        s->tsad[(off - RTL_TSAD0) / 4] = val;
        break;
    case RTL_TSAD0 + 8:
    case RTL_TSAD0 + 12:
        s->tx_high = 0;
        s->tsad[(off - RTL_TSAD0) / 4] = val;
        break;
    case RTL_RBSTART:
        s->rbstart = val;
        rtl_rx_rewind(s);
        break;
    case RTL_CR:
        write_cr(s, (uint8_t)val);
        break;
    case RTL_CAPR:
        s->capr = (uint16_t)val;
        break;
    case RTL_IMR:
        s->imr = val & ISR_WMASK;
        break;
    case RTL_ISR:
        s->isr &= (uint16_t)~val;
        break;
    case RTL_TCR:
        s->tcr = val & TCR_WMASK;
        break;
    case RTL_RCR:
        s->rcr = val & RCR_WMASK;
        break;
    case RTL_TCTR:
        s->tctr_zero = clock_now(vm_of(s));
        timer_arm(s);
        break;
    case RTL_MPC:
        s->mpc = 0;
        break;
    case RTL_9346CR:
        write_9346cr(s, (uint8_t)val);
        break;
    case RTL_CONFIG0:
    case RTL_CONFIG1:
        write_config(s, off - RTL_CONFIG0, (uint8_t)val);
        break;
    case RTL_CONFIG3:
    case RTL_CONFIG4:
        write_config(s, off - RTL_CONFIG3 + 3, (uint8_t)val);
        break;
    case RTL_CONFIG5:
        write_config(s, 5, (uint8_t)val);
        break;
    case RTL_TIMERINT:
        s->timerint = val;
        timer_arm(s);
        break;
    case RTL_MULINT:
        s->mulint = val & 0x0fff;
        break;
    case RTL_BMCR:
        write_bmcr(s, (uint16_t)val);
        break;
    case RTL_ANAR:
        s->anar = (uint16_t)val;
        break;
    case RTL_TPPOLL:
        s->poll |= val & 0xc0;
        if (val & TPPOLL_FSWINT)
            rtl_interrupt(s, INT_SWINT);
        break;
    case RTL_CPCR:
        if ((val ^ s->cpcr) & CPCR_TX)
            s->tx_next = s->tx_high = 0;
        s->cpcr = val & 0x03ff;
        break;
    case RTL_RDSAR:
    case RTL_RDSAR + 4:
        s->rdsar[(off - RTL_RDSAR) / 4] = val & (off & 4 ? ~0u : ~255u);
        s->rx_next = 0;
        break;
    case RTL_ETTHR:
        s->etthr = (uint8_t)val;
        break;
    }
}

/* Cuts an access into registers; of one that is written in part the rest
 * keeps its value (ISR: is not cleared). */
static void rtl_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct rtl8139 *s = opaque;
    unsigned at = (unsigned)off, end = at + size;

    while (at < end && at < RTL_REGS) {
        unsigned w = width(at), reg = at & ~(w - 1);
        uint32_t v = reg == RTL_ISR ? 0 : (uint32_t)rtl_read(s, reg, w);

        for (; at < end && at < reg + w; at++) {
            unsigned shift = 8 * (at - reg);

            v &= ~(0xffu << shift);
            v |= (uint32_t)(val >> 8 * (at - off) & 0xff) << shift;
        }
        write_reg(s, reg, v);
    }
    rtl_interrupt(s, 0);
    nic_tx_kick(&s->nic);
    nic_rx_kick(&s->nic);
}

static const struct bus_ops rtl_ops = {
    .read = rtl_read,
    .write = rtl_write,
    .min = 1,
    .max = 4,
    .unaligned = true,
};

/* ---- the function ---- */

static void config_written(struct pci_dev *p, unsigned off, unsigned size)
{
    struct rtl8139 *s = of(&p->dev);

    /* It may do DMA now. */
    if (off <= PCI_COMMAND && off + size > PCI_COMMAND) {
        nic_tx_kick(&s->nic);
        nic_rx_kick(&s->nic);
    }
}

static void link_changed(struct nic *n)
{
    rtl_interrupt(of(n->dev), INT_LINKCHG);
}

static const struct nic_ops rtl_nic_ops = {
    .rx_ready = rtl_rx_ready,
    .rx = rtl_rx,
    .tx = rtl_tx,
    .link = link_changed,
    .rx_polls = rtl_rx_polls,
};

static void rtl_destroy(struct dev *dev)
{
    struct rtl8139 *s = of(dev);

    nic_fini(&s->nic);
    timer_cancel(dev->vm, &s->timer);
    pci_fini(&s->pci);
}

static void add_bar(struct rtl8139 *s, unsigned n, enum pci_bar_type type)
{
    s->pci.bar[n] = (struct pci_bar){
        .type = type,
        .region = {
            .name = "rtl8139", .ops = &rtl_ops, .opaque = s, .size = RTL_REGS}};
    pci_bar_set(&s->pci, n);
}

static int rtl_create(struct dev *dev, struct cfg_err *err)
{
    static const struct pci_id id = {
        .vendor = 0x10ec,
        .device = 0x8139,
        .class_code = 0x020000,
        .revision = 0x20,
        .int_pin = 1,
    };
    struct rtl8139 *s = of(dev);
    int rc;

    timer_init(&s->timer, timer_fired, s);
    s->pci.rom_default = "pxe-rtl8139.rom";
    rc = pci_init(&s->pci, &id, err);
    if (rc)
        return rc;
    add_bar(s, 0, PCI_BAR_IO);
    add_bar(s, 1, PCI_BAR_MEM32);
    s->pci.config_written = config_written;
    rc = nic_init(&s->nic, dev, &rtl_nic_ops, err);
    if (rc)
        rtl_destroy(dev);
    return rc;
}

static void rtl_start(struct dev *dev)
{
    nic_run(&of(dev)->nic, true);
}

static void rtl_pause(struct dev *dev)
{
    nic_run(&of(dev)->nic, false);
}

static void rtl_set_link(struct dev *dev, bool on)
{
    nic_set_link(&of(dev)->nic, on);
}

static void pre_save(struct dev *dev)
{
    nic_pre_save(&of(dev)->nic);
}

static int post_load(struct dev *dev)
{
    struct rtl8139 *s = of(dev);
    int rc = pci_post_load(&s->pci);

    if (rc)
        return rc;
    if (s->tx_next >= (s->cpcr & CPCR_TX ? RTL_DESCS : 4) ||
        s->tx_high >= RTL_DESCS || s->rx_next >= RTL_DESCS ||
        s->tctr_zero < 0 || s->tctr_zero > clock_now(vm_of(s)))
        return -EINVAL;
    nic_post_load(&s->nic);
    rtl_interrupt(s, 0);
    return eeprom93_post_load(&s->eeprom);
}

static const struct state_field tally_state[] = {
    STATE_U64(struct rtl_tally, tx_ok),
    STATE_U64(struct rtl_tally, rx_ok),
    STATE_U64(struct rtl_tally, tx_er),
    STATE_U32(struct rtl_tally, rx_er),
    STATE_U16(struct rtl_tally, miss_pkt),
    STATE_U64(struct rtl_tally, rx_ok_phy),
    STATE_U64(struct rtl_tally, rx_ok_brd),
    STATE_U32(struct rtl_tally, rx_ok_mul),
    STATE_END,
};

static const struct state_field fields[] = {
    STATE_STRUCT(struct rtl8139, pci, pci_state),
    STATE_STRUCT(struct rtl8139, nic, nic_state),
    STATE_STRUCT(struct rtl8139, eeprom, eeprom93_state),
    STATE_STRUCT(struct rtl8139, tally, tally_state),
    STATE_BYTES(struct rtl8139, idr),
    STATE_BYTES(struct rtl8139, mar),
    STATE_U32_ARRAY(struct rtl8139, tsd),
    STATE_U32_ARRAY(struct rtl8139, tsad),
    STATE_U32_ARRAY(struct rtl8139, dtccr),
    STATE_U32_ARRAY(struct rtl8139, rdsar),
    STATE_U32(struct rtl8139, rbstart),
    STATE_U32(struct rtl8139, tcr),
    STATE_U32(struct rtl8139, rcr),
    STATE_U32(struct rtl8139, mpc),
    STATE_U32(struct rtl8139, timerint),
    STATE_U16(struct rtl8139, capr),
    STATE_U16(struct rtl8139, cbr),
    STATE_U16(struct rtl8139, imr),
    STATE_U16(struct rtl8139, isr),
    STATE_U16(struct rtl8139, mulint),
    STATE_U16(struct rtl8139, cpcr),
    STATE_U16(struct rtl8139, bmcr),
    STATE_U16(struct rtl8139, anar),
    STATE_U8(struct rtl8139, cr),
    STATE_U8(struct rtl8139, cr9346),
    STATE_BYTES(struct rtl8139, config),
    STATE_U8(struct rtl8139, etthr),
    STATE_U8(struct rtl8139, tx_next),
    STATE_U8(struct rtl8139, tx_high),
    STATE_U8(struct rtl8139, poll),
    STATE_U8(struct rtl8139, rx_next),
    STATE_U64(struct rtl8139, tctr_zero),
    STATE_TIMER(struct rtl8139, timer),
    STATE_END,
};

static const struct state_desc state = {
    .name = "rtl8139",
    .version = 1,
    .min_version = 1,
    .fields = fields,
    .pre_save = pre_save,
    .post_load = post_load,
};

static const struct dev_prop props[] = {
    PCI_PROP_ADDR(struct rtl8139),
    PCI_PROP_ROM(struct rtl8139, pci),
    PCI_PROP_BOOTINDEX(struct rtl8139, pci),
    NIC_PROPS(struct rtl8139, nic),
    DEV_PROP_END,
};

const struct dev_class rtl8139_class = {
    .name = "rtl8139",
    .desc = "Realtek RTL8139C+ network card",
    .bus = "pci",
    .size = sizeof(struct rtl8139),
    .props = props,
    .create = rtl_create,
    .start = rtl_start,
    .pause = rtl_pause,
    .resume = rtl_start,
    .reset = rtl_reset,
    .destroy = rtl_destroy,
    .set_link = rtl_set_link,
    .state = &state,
};
