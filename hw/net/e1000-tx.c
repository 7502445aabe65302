/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: the manual's 3.3 (descriptors), 3.5 (segmentation) and 3.6. */
#include "config.h"

#include "hw/net/e1000.h"

#include <string.h>

#include "dm/bytes.h"
#include "dm/machine.h"
#include "hw/net/csum.h"
#include "hw/net/eth.h"

struct tx_desc {
    uint64_t address;
    uint32_t cmd;    /* length, type, command */
    uint32_t status; /* status, options, special */
};

enum { /* commands, in the highest byte of cmd */
       CMD_EOP = 1,
       CMD_IC = 4,  /* old descriptors */
       CMD_TSE = 4, /* new ones */
       CMD_RS = 8,
       CMD_RPS = 16,
       CMD_DEXT = 32,
       CMD_VLE = 64,
       CMD_IDE = 128,
};
enum { DTYP_CONTEXT = 0, DTYP_DATA = 1 };
enum { TUCMD_TCP = 1, TUCMD_IP = 2, TUCMD_TSE = 4 };
enum { POPTS_IXSM = 1, POPTS_TXSM = 2 };
enum { STATUS_DD = 1 };
enum { TCTL_EN = 2 };
enum { RCTL_LBM = 3 << 6 };

static struct e1000 *card(struct nic *n)
{
    return (struct e1000 *)n->dev;
}

static void context(struct e1000 *e, const struct tx_desc *d)
{
    uint8_t b[16];
    struct e1000_context c;

    memcpy(b, d, sizeof(b));
    c = (struct e1000_context){
        .ipcss = b[0],
        .ipcso = b[1],
        .ipcse = pci_get16(b + 2),
        .tucss = b[4],
        .tucso = b[5],
        .tucse = pci_get16(b + 6),
        .tucmd = b[11],
        .hdrlen = b[13],
        .mss = pci_get16(b + 14),
    };
    if (c.tucmd & TUCMD_TSE)
        e->tso = c;
    else
        e->csum = c;
}

/* The sum from start to end (0: all that is there) goes to at. */
static void put_sum(struct nic *n, unsigned start, unsigned at, unsigned end)
{
    size_t len = end && end + 1u < n->len ? end + 1u : n->len;

    if (!n->broken && at >= start && start < len)
        csum_fill(n->buf, len, (uint16_t)start, (uint16_t)(at - start));
}

static void count(struct e1000 *e)
{
    struct nic *n = &e->nic;
    uint32_t size = (uint32_t)(n->len < NIC_MIN ? NIC_MIN : n->len) + NIC_CRC;

    e1000_stat_add(e, STAT_TPT, 1);
    e1000_stat_add(e, STAT_GPTC, 1);
    e1000_stat_octets(e, STAT_TOTL, size);
    e1000_stat_octets(e, STAT_GOTCL, size);
    e1000_stat_size(e, STAT_PTC64, size);
    if (n->len >= 6 && eth_is_broadcast(n->buf))
        e1000_stat_add(e, STAT_BPTC, 1);
    else if (n->len >= 6 && n->buf[0] & 1)
        e1000_stat_add(e, STAT_MPTC, 1);
}

/* All of a frame is there. */
static void finish(struct e1000 *e, const struct tx_desc *d)
{
    struct nic *n = &e->nic;
    bool extended = d->cmd >> 24 & CMD_DEXT;
    bool cut = extended && e->dcmd & CMD_TSE;
    const struct e1000_context *c = cut ? &e->tso : &e->csum;
    uint8_t css = (uint8_t)(d->status >> 8), cso = (uint8_t)(d->cmd >> 16);

    if (extended && !cut && e->popts & POPTS_TXSM)
        put_sum(n, c->tucss, c->tucso, c->tucse);
    if (extended && !cut && e->popts & POPTS_IXSM)
        put_sum(n, c->ipcss, c->ipcso, c->ipcse);
    if (!extended && d->cmd >> 24 & CMD_IC)
        put_sum(n, css, cso, 0);
    if (d->cmd >> 24 & CMD_VLE && e->reg[CTRL] & CTRL_VME)
        nic_tag(n, (uint16_t)e->reg[VET], (uint16_t)(d->status >> 16));
    if (cut)
        e1000_stat_add(e, STAT_TSCTC, 1);
    count(e);
    if (e1000_phy_loops(e) || (e->reg[RCTL] & RCTL_LBM) == 1 << 6)
        nic_loop_back(n);
    else if (!e1000_link_up(e))
        nic_drop(n);
    else
        nic_send(n, cut ? c->mss : 0);
    e->first = true;
}

static void data(struct e1000 *e, const struct tx_desc *d)
{
    bool extended = d->cmd >> 24 & CMD_DEXT;

    if (e->first) {
        e->dcmd = (uint8_t)(d->cmd >> 24);
        e->popts = (uint8_t)(d->status >> 8);
        e->first = false;
    }
    nic_gather(&e->nic, d->address, d->cmd & (extended ? 0xfffff : 0xffff));
    if (d->cmd >> 24 & CMD_EOP)
        finish(e, d);
}

static void write_back(struct e1000 *e, uint64_t at, const struct tx_desc *d)
{
    uint32_t status = (d->status & ~15u) | STATUS_DD, cmd = d->cmd >> 24;

    if (!(cmd & (CMD_RS | CMD_RPS)))
        return;
    mem_write(e->pci.dev.vm, at + 12, &status, sizeof(status));
    e1000_interrupt_late(e, &e->tx_delay,
                         cmd & CMD_IDE ? (uint16_t)e->reg[TIDV] : 0,
                         (uint16_t)e->reg[TADV], ICR_TXDW);
}

bool e1000_tx(struct nic *n)
{
    struct e1000 *e = card(n);
    uint32_t *head = &e->reg[TDH], size = e->reg[TDLEN] / 16;
    struct tx_desc d;
    uint64_t at;

    if (!(e->reg[TCTL] & TCTL_EN) || !e1000_may_dma(e) ||
        *head == e->reg[TDT] || *head >= size || e->reg[TDT] >= size)
        return false;
    at = (e->reg[TDBAL] | (uint64_t)e->reg[TDBAH] << 32) + *head * 16ull;
    mem_read(e->pci.dev.vm, at, &d, sizeof(d));
    if (!(d.cmd >> 24 & CMD_DEXT) || (d.cmd >> 20 & 15) == DTYP_DATA)
        data(e, &d);
    else if ((d.cmd >> 20 & 15) == DTYP_CONTEXT)
        context(e, &d);
    *head = (*head + 1) % size;
    write_back(e, at, &d);
    if (*head == e->reg[TDT])
        e1000_interrupt(e, ICR_TXQE);
    return true;
}
