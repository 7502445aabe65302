/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/net/e1000.h"

#include <errno.h>
#include <string.h>

#include "dm/machine.h"

#define MEM_SIZE 0x20000
#define IO_SIZE 64
#define ITR_NS 256
#define DELAY_NS 1024

enum { /* tables, by the offset of their first word */
       AT_STATS = 0x4000,
       AT_MTA = 0x5200,
       AT_RA = 0x5400,
       AT_VFTA = 0x5600,
};
enum { /* STATUS */
       STATUS_FD = 1,
       STATUS_LU = 2,
       STATUS_SPEED_1000 = 0x80,
       STATUS_ASDV_1000 = 0x200,
       STATUS_MTXCKOK = 0x400,
};
enum { IOADDR = 0, IODATA = 4 };
#define INT_WMASK 0x0001ffffu /* reserved ones too, for ethtool's test */
#define RDTR_FPD (1u << 31)

/* wmask: bits that hold what is written. */
static const struct {
    uint16_t offset;
    uint32_t wmask, reset;
} regs[E1000_REGS] = {
    [CTRL] = {0x0000, 0x7bffffff & ~(uint32_t)CTRL_RST, 0x00140241},
    [STATUS] = {0x0008, 0, 0},
    [EECD] = {0x0010, 0, 0},
    [EERD] = {0x0014, 0, 0},
    [CTRL_EXT] = {0x0018, 0x00ffffff, 0},
    [MDIC] = {0x0020, 0, 1 << 28},
    [FCAL] = {0x0028, 0xffffffff, 0},
    [FCAH] = {0x002c, 0xffff, 0},
    [FCT] = {0x0030, 0xffff, 0},
    [VET] = {0x0038, 0xffff, 0x8100},
    [ICR] = {0x00c0, 0, 0},
    [ITR] = {0x00c4, 0xffff, 0},
    [ICS] = {0x00c8, 0, 0},
    [IMS] = {0x00d0, 0, 0},
    [IMC] = {0x00d8, 0, 0},
    [RCTL] = {0x0100, 0x06dfb3fe, 0},
    [FCTTV] = {0x0170, 0xffff, 0},
    [TXCW] = {0x0178, 0xc000ffff, 0},
    [RXCW] = {0x0180, 0, 0},
    [TCTL] = {0x0400, 0x03fffffa, 0},
    [TIPG] = {0x0410, 0x3fffffff, 0x00602008},
    [AIT] = {0x0458, 0xffff, 0},
    [LEDCTL] = {0x0e00, 0xffffffff, 0x07068302},
    [PBA] = {0x1000, 0xffff, 0x00100030},
    [FCRTL] = {0x2160, 0x8000fff8, 0},
    [FCRTH] = {0x2168, 0xfff8, 0},
    [RDBAL] = {0x2800, 0xfffffff0, 0},
    [RDBAH] = {0x2804, 0xffffffff, 0},
    [RDLEN] = {0x2808, 0x000fff80, 0},
    [RDH] = {0x2810, 0xffff, 0},
    [RDT] = {0x2818, 0xffff, 0},
    [RDTR] = {0x2820, 0xffff, 0},
    [RXDCTL] = {0x2828, 0xffffffff, 0x01000000},
    [RADV] = {0x282c, 0xffff, 0},
    [RSRPD] = {0x2c00, 0x0fff, 0},
    [TXDMAC] = {0x3000, 1, 0},
    [TDBAL] = {0x3800, 0xfffffff0, 0},
    [TDBAH] = {0x3804, 0xffffffff, 0},
    [TDLEN] = {0x3808, 0x000fff80, 0},
    [TDH] = {0x3810, 0xffff, 0},
    [TDT] = {0x3818, 0xffff, 0},
    [TIDV] = {0x3820, 0xffff, 0},
    [TXDCTL] = {0x3828, 0xffffffff, 0},
    [TADV] = {0x382c, 0xffff, 0},
    [TSPMT] = {0x3830, 0xffffffff, 0x01000400},
    [RXCSUM] = {0x5000, 0x07ff, 0},
    [WUC] = {0x5800, 0x0f, 0},
    [WUFC] = {0x5808, 0x000f00ff, 0},
    [WUS] = {0x5810, 0, 0},
    [MANC] = {0x5820, 0, 0},
};

static struct e1000 *of(struct dev *dev)
{
    return (struct e1000 *)dev;
}

static struct vm *vm_of(struct e1000 *e)
{
    return e->pci.dev.vm;
}

/* ---- interrupts ---- */

/* The line is high until ICR is read or all is masked; it does not rise again
 * before ITR has passed. */
void e1000_interrupt(struct e1000 *e, uint32_t causes)
{
    int64_t now;

    e->reg[ICR] |= causes;
    if (!(e->reg[ICR] & e->reg[IMS])) {
        pci_intx_set(&e->pci, false);
        return;
    }
    if (e->pci.intx_level)
        return;
    now = clock_now(vm_of(e));
    if (now < e->next_irq) {
        if (!timer_armed(&e->throttle))
            timer_set(vm_of(e), &e->throttle, e->next_irq);
        return;
    }
    e->next_irq = now + (int64_t)e->reg[ITR] * ITR_NS;
    pci_intx_set(&e->pci, true);
}

static void throttle_over(void *opaque)
{
    e1000_interrupt(opaque, 0);
}

/* A timer is armed for the first frame only; when it fires it looks for what
 * has come since. There is no sense in one before ITR allows an interrupt. */
void e1000_interrupt_late(struct e1000 *e, struct e1000_delay *d,
                          uint16_t delay, uint16_t limit, uint32_t cause)
{
    int64_t now, due;

    if (!delay) {
        e1000_interrupt(e, cause);
        return;
    }
    now = clock_now(vm_of(e));
    d->last_due = now + (int64_t)delay * DELAY_NS;
    if (timer_armed(&d->timer))
        return;
    due = d->last_due;
    d->limit = limit ? now + (int64_t)limit * DELAY_NS : INT64_MAX;
    if (due > d->limit)
        due = d->limit;
    timer_set(vm_of(e), &d->timer, due > e->next_irq ? due : e->next_irq);
}

static void delay_over(struct e1000 *e, struct e1000_delay *d, uint32_t cause)
{
    int64_t due = d->last_due < d->limit ? d->last_due : d->limit;

    if (due > clock_now(vm_of(e)))
        timer_set(vm_of(e), &d->timer, due);
    else
        e1000_interrupt(e, cause);
}

static void rx_delay_over(void *opaque)
{
    struct e1000 *e = opaque;

    delay_over(e, &e->rx_delay, ICR_RXT0);
}

static void tx_delay_over(void *opaque)
{
    struct e1000 *e = opaque;

    delay_over(e, &e->tx_delay, ICR_TXDW);
}

static void negotiated(void *opaque)
{
    e1000_phy_negotiated(opaque);
}

/* ---- statistics: they stop at the highest number ---- */

void e1000_stat_add(struct e1000 *e, unsigned stat, uint32_t n)
{
    e->stat[stat] =
        n > UINT32_MAX - e->stat[stat] ? UINT32_MAX : e->stat[stat] + n;
}

void e1000_stat_octets(struct e1000 *e, unsigned stat, uint32_t n)
{
    uint64_t sum = e->stat[stat] | (uint64_t)e->stat[stat + 1] << 32;

    sum = n > UINT64_MAX - sum ? UINT64_MAX : sum + n;
    e->stat[stat] = (uint32_t)sum;
    e->stat[stat + 1] = (uint32_t)(sum >> 32);
}

void e1000_stat_size(struct e1000 *e, unsigned stat, size_t size)
{
    static const uint16_t max[] = {64, 127, 255, 511, 1023};
    unsigned i = 0;

    while (i < sizeof(max) / sizeof(max[0]) && size > max[i])
        i++;
    e1000_stat_add(e, stat + i, 1);
}

static uint32_t stat_read(struct e1000 *e, unsigned i)
{
    bool low =
        i == STAT_GORCL || i == STAT_GOTCL || i == STAT_TORL || i == STAT_TOTL;
    uint32_t val = e->stat[i];

    if (low) /* both are cleared when the high one is read */
        return val;
    e->stat[i] = 0;
    if (i && (i - 1 == STAT_GORCL || i - 1 == STAT_GOTCL ||
              i - 1 == STAT_TORL || i - 1 == STAT_TOTL))
        e->stat[i - 1] = 0;
    return val;
}

/* ---- reset ---- */

/* CTRL.RST: the PHY and its link stay. */
static void mac_reset(struct e1000 *e)
{
    struct vm *vm = vm_of(e);

    for (unsigned i = 0; i < E1000_REGS; i++)
        e->reg[i] = regs[i].reset;
    memset(e->ra, 0, sizeof(e->ra));
    memset(e->mta, 0, sizeof(e->mta));
    memset(e->vfta, 0, sizeof(e->vfta));
    memset(e->stat, 0, sizeof(e->stat));
    e->ra[0] = e->eeprom.word[0] | (uint32_t)e->eeprom.word[1] << 16;
    e->ra[1] = e->eeprom.word[2] | 1u << 31;
    memset(&e->csum, 0, sizeof(e->csum));
    memset(&e->tso, 0, sizeof(e->tso));
    e->first = true;
    e->dcmd = e->popts = 0;
    e->next_irq = 0;
    timer_cancel(vm, &e->throttle);
    timer_cancel(vm, &e->rx_delay.timer);
    timer_cancel(vm, &e->tx_delay.timer);
    nic_reset(&e->nic);
    e1000_interrupt(e, 0);
}

static void e1000_reset(struct dev *dev)
{
    struct e1000 *e = of(dev);

    pci_reset(&e->pci);
    e->ioaddr = 0;
    e1000_eeprom_init(e);
    mac_reset(e);
    e1000_phy_reset(e);
    e1000_interrupt(e, 0);
}

/* ---- registers ---- */

static uint32_t status(const struct e1000 *e)
{
    return STATUS_FD | STATUS_SPEED_1000 | STATUS_ASDV_1000 | STATUS_MTXCKOK |
           (e1000_link_up(e) ? STATUS_LU : 0);
}

static uint32_t reg_read(struct e1000 *e, enum e1000_reg r)
{
    uint32_t val = e->reg[r];

    switch (r) {
    case STATUS:
        return status(e);
    case EECD:
        return e1000_eecd_read(e);
    case ICR:
        e->reg[ICR] = 0;
        e1000_interrupt(e, 0);
        return val;
    case ICS:
    case IMC:
        return 0;
    default:
        return val;
    }
}

static void write_ctrl(struct e1000 *e, uint32_t val)
{
    bool was = e1000_link_up(e);

    if (val & CTRL_RST) {
        mac_reset(e);
        return;
    }
    if (val & CTRL_PHY_RST)
        e1000_phy_reset(e);
    e->reg[CTRL] = val & regs[CTRL].wmask;
    if (was != e1000_link_up(e))
        e1000_interrupt(e, ICR_LSC);
}

static void reg_write(struct e1000 *e, enum e1000_reg r, uint32_t val)
{
    if (regs[r].wmask && r != CTRL)
        e->reg[r] = val & regs[r].wmask;
    switch (r) {
    case CTRL:
        write_ctrl(e, val);
        break;
    case EECD:
        e1000_eecd_write(e, val);
        break;
    case EERD:
        e1000_eerd_write(e, val);
        break;
    case MDIC:
        e1000_mdic_write(e, val);
        break;
    case ICR: /* writing a bit clears it */
        e->reg[ICR] &= ~val;
        e1000_interrupt(e, 0);
        break;
    case ICS:
        e1000_interrupt(e, val & INT_WMASK);
        break;
    case IMS:
        e->reg[IMS] |= val & INT_WMASK;
        e1000_interrupt(e, 0);
        break;
    case IMC:
        e->reg[IMS] &= ~val;
        e1000_interrupt(e, 0);
        break;
    case RDTR:
        if (val & RDTR_FPD && timer_armed(&e->rx_delay.timer)) {
            timer_cancel(vm_of(e), &e->rx_delay.timer);
            e1000_interrupt(e, ICR_RXT0);
        }
        break;
    case PBA: /* what is not for reception is for transmission: 64 KiB */
        e->reg[PBA] = (val & 0xff) | (64 - (val & 0x3f)) << 16;
        break;
    default:
        break;
    }
}

/* A word of a table; NULL: there is none. */
static uint32_t *table_word(struct e1000 *e, unsigned off)
{
    if (off >= AT_MTA && off < AT_MTA + sizeof(e->mta))
        return &e->mta[(off - AT_MTA) / 4];
    if (off >= AT_RA && off < AT_RA + sizeof(e->ra))
        return &e->ra[(off - AT_RA) / 4];
    if (off >= AT_VFTA && off < AT_VFTA + sizeof(e->vfta))
        return &e->vfta[(off - AT_VFTA) / 4];
    return NULL;
}

/* The register at this offset; E1000_REGS: none. */
static enum e1000_reg reg_at(unsigned off)
{
    unsigned low = 0, high = E1000_REGS;

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (regs[mid].offset == off)
            return mid;
        if (regs[mid].offset < off)
            low = mid + 1;
        else
            high = mid;
    }
    return E1000_REGS;
}

static uint32_t read_at(struct e1000 *e, unsigned off)
{
    enum e1000_reg r = reg_at(off);
    uint32_t *word = table_word(e, off);

    if (r != E1000_REGS)
        return reg_read(e, r);
    if (word)
        return *word;
    if (off >= AT_STATS && off < AT_STATS + sizeof(e->stat))
        return stat_read(e, (off - AT_STATS) / 4);
    return 0;
}

static void write_at(struct e1000 *e, unsigned off, uint32_t val)
{
    enum e1000_reg r = reg_at(off);
    uint32_t *word = table_word(e, off);

    if (r != E1000_REGS) {
        reg_write(e, r, val);
    } else if (word) {
        /* of the high half of an address not all is there */
        if (off >= AT_RA && off < AT_RA + sizeof(e->ra) && off & 4)
            val &= 0x8003ffff;
        *word = val;
    }
    nic_tx_kick(&e->nic);
    nic_rx_kick(&e->nic);
}

static uint64_t mem_read_reg(void *opaque, uint64_t off, unsigned size)
{
    return read_at(opaque, (unsigned)off);
}

static void mem_write_reg(void *opaque, uint64_t off, unsigned size,
                          uint64_t val)
{
    write_at(opaque, (unsigned)off, (uint32_t)val);
}

static const struct bus_ops mem_ops = {
    .read = mem_read_reg, .write = mem_write_reg, .min = 4, .max = 4};

static uint64_t io_read(void *opaque, uint64_t off, unsigned size)
{
    struct e1000 *e = opaque;

    if (off == IOADDR)
        return e->ioaddr;
    return off == IODATA && e->ioaddr < MEM_SIZE ? read_at(e, e->ioaddr & ~3u)
                                                 : 0;
}

static void io_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct e1000 *e = opaque;

    if (off == IOADDR)
        e->ioaddr = (uint32_t)val;
    else if (off == IODATA && e->ioaddr < MEM_SIZE)
        write_at(e, e->ioaddr & ~3u, (uint32_t)val);
}

static const struct bus_ops io_ops = {
    .read = io_read, .write = io_write, .min = 4, .max = 4};

/* ---- the function ---- */

static void config_written(struct pci_dev *p, unsigned off, unsigned size)
{
    struct e1000 *e = of(&p->dev);

    /* It may do DMA now. */
    if (off <= PCI_COMMAND && off + size > PCI_COMMAND) {
        nic_tx_kick(&e->nic);
        nic_rx_kick(&e->nic);
    }
}

static void link_changed(struct nic *n)
{
    e1000_phy_link_changed(of(n->dev));
}

static const struct nic_ops e1000_nic_ops = {
    .rx_ready = e1000_rx_ready,
    .rx = e1000_rx,
    .tx = e1000_tx,
    .link = link_changed,
};

static void e1000_destroy(struct dev *dev)
{
    struct e1000 *e = of(dev);

    nic_fini(&e->nic);
    timer_cancel(dev->vm, &e->throttle);
    timer_cancel(dev->vm, &e->rx_delay.timer);
    timer_cancel(dev->vm, &e->tx_delay.timer);
    timer_cancel(dev->vm, &e->negotiated);
    pci_fini(&e->pci);
}

static int e1000_create(struct dev *dev, struct cfg_err *err)
{
    static const struct pci_id id = {
        .vendor = 0x8086,
        .device = 0x100e,
        .class_code = 0x020000,
        .revision = 3,
        .int_pin = 1,
    };
    struct e1000 *e = of(dev);
    int rc;

    timer_init(&e->throttle, throttle_over, e);
    timer_init(&e->rx_delay.timer, rx_delay_over, e);
    timer_init(&e->tx_delay.timer, tx_delay_over, e);
    timer_init(&e->negotiated, negotiated, e);
    e->pci.rom_default = "pxe-e1000.rom";
    rc = pci_init(&e->pci, &id, err);
    if (rc)
        return rc;
    e->pci.bar[0] = (struct pci_bar){
        .type = PCI_BAR_MEM32,
        .region = {
            .name = "e1000", .ops = &mem_ops, .opaque = e, .size = MEM_SIZE}};
    e->pci.bar[1] = (struct pci_bar){
        .type = PCI_BAR_IO,
        .region = {
            .name = "e1000-io", .ops = &io_ops, .opaque = e, .size = IO_SIZE}};
    pci_bar_set(&e->pci, 0);
    pci_bar_set(&e->pci, 1);
    e->pci.config_written = config_written;
    rc = nic_init(&e->nic, dev, &e1000_nic_ops, err);
    if (rc)
        e1000_destroy(dev);
    return rc;
}

static void e1000_start(struct dev *dev)
{
    nic_run(&of(dev)->nic, true);
}

static void e1000_pause(struct dev *dev)
{
    nic_run(&of(dev)->nic, false);
}

static void e1000_set_link(struct dev *dev, bool on)
{
    nic_set_link(&of(dev)->nic, on);
}

static void pre_save(struct dev *dev)
{
    nic_pre_save(&of(dev)->nic);
}

static int post_load(struct dev *dev)
{
    struct e1000 *e = of(dev);
    int rc = pci_post_load(&e->pci);

    if (rc)
        return rc;
    /* Only what can be written is there. */
    for (unsigned i = 0; i < E1000_REGS; i++)
        if (regs[i].wmask && i != PBA && e->reg[i] & ~regs[i].wmask)
            return -EINVAL;
    nic_post_load(&e->nic);
    e1000_interrupt(e, 0);
    return eeprom93_post_load(&e->eeprom);
}

static const struct state_field context_state[] = {
    STATE_U8(struct e1000_context, ipcss),
    STATE_U8(struct e1000_context, ipcso),
    STATE_U8(struct e1000_context, tucss),
    STATE_U8(struct e1000_context, tucso),
    STATE_U16(struct e1000_context, ipcse),
    STATE_U16(struct e1000_context, tucse),
    STATE_U8(struct e1000_context, tucmd),
    STATE_U8(struct e1000_context, hdrlen),
    STATE_U16(struct e1000_context, mss),
    STATE_END,
};

static const struct state_field delay_state[] = {
    STATE_U64(struct e1000_delay, last_due),
    STATE_U64(struct e1000_delay, limit),
    STATE_TIMER(struct e1000_delay, timer),
    STATE_END,
};

static const struct state_field fields[] = {
    STATE_STRUCT(struct e1000, pci, pci_state),
    STATE_STRUCT(struct e1000, nic, nic_state),
    STATE_STRUCT(struct e1000, eeprom, eeprom93_state),
    STATE_U32_ARRAY(struct e1000, reg),
    STATE_U32_ARRAY(struct e1000, ra),
    STATE_U32_ARRAY(struct e1000, mta),
    STATE_U32_ARRAY(struct e1000, vfta),
    STATE_U32_ARRAY(struct e1000, stat),
    STATE_U16_ARRAY(struct e1000, phy),
    STATE_U32(struct e1000, ioaddr),
    STATE_STRUCT(struct e1000, csum, context_state),
    STATE_STRUCT(struct e1000, tso, context_state),
    STATE_BOOL(struct e1000, first),
    STATE_U8(struct e1000, dcmd),
    STATE_U8(struct e1000, popts),
    STATE_U64(struct e1000, next_irq),
    STATE_TIMER(struct e1000, throttle),
    STATE_STRUCT(struct e1000, rx_delay, delay_state),
    STATE_STRUCT(struct e1000, tx_delay, delay_state),
    STATE_TIMER(struct e1000, negotiated),
    STATE_END,
};

static const struct state_desc state = {
    .name = "e1000",
    .version = 1,
    .min_version = 1,
    .fields = fields,
    .pre_save = pre_save,
    .post_load = post_load,
};

static const struct dev_prop props[] = {
    PCI_PROP_ADDR(struct e1000),
    PCI_PROP_ROM(struct e1000, pci),
    PCI_PROP_BOOTINDEX(struct e1000, pci),
    NIC_PROPS(struct e1000, nic),
    DEV_PROP_END,
};

const struct dev_class e1000_class = {
    .name = "e1000",
    .alias = "e1000-82540em",
    .desc = "Intel 82540EM network card",
    .bus = "pci",
    .size = sizeof(struct e1000),
    .props = props,
    .create = e1000_create,
    .start = e1000_start,
    .pause = e1000_pause,
    .resume = e1000_start,
    .reset = e1000_reset,
    .destroy = e1000_destroy,
    .set_link = e1000_set_link,
    .state = &state,
};
