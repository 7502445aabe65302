/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: the manual's 3.2 (descriptors, checksums) and 13.4.22 (RCTL). */
#include "config.h"

#include "hw/net/e1000.h"

#include <string.h>

#include "dm/bytes.h"
#include "dm/machine.h"
#include "hw/net/csum.h"
#include "hw/net/eth.h"

struct rx_desc {
    uint64_t address;
    uint16_t length, csum;
    uint8_t status, errors;
    uint16_t special;
};

enum {
    RXD_DD = 1,
    RXD_EOP = 2,
    RXD_IXSM = 4,
    RXD_VP = 8,
    RXD_TCPCS = 32,
    RXD_IPCS = 64,
    RXD_PIF = 128,
    RXD_TCPE = 32, /* errors */
    RXD_IPE = 64,
};
enum {
    RCTL_EN = 1 << 1,
    RCTL_SBP = 1 << 2,
    RCTL_UPE = 1 << 3,
    RCTL_MPE = 1 << 4,
    RCTL_LPE = 1 << 5,
    RCTL_BAM = 1 << 15,
    RCTL_VFE = 1 << 18,
    RCTL_BSEX = 1 << 25,
    RCTL_SECRC = 1 << 26,
};
enum { RXCSUM_IPOFL = 1 << 8, RXCSUM_TUOFL = 1 << 9 };
enum { RDTR_FPD = 1u << 31 };
#define RAH_AV (1u << 31)
#define FRAME_MAX 1522u /* with tag and CRC, if LPE does not allow more */
#define LONG_MAX 16384u

static struct e1000 *card(struct nic *n)
{
    return (struct e1000 *)n->dev;
}

/* ---- who is meant ---- */

static bool own(const struct e1000 *e, const uint8_t *frame)
{
    for (unsigned i = 0; i < E1000_RA; i++) {
        uint32_t low = e->ra[2 * i], high = e->ra[2 * i + 1];

        if (high & RAH_AV && low == pci_get32(frame) &&
            (high & 0xffff) == pci_get16(frame + 4))
            return true;
    }
    return false;
}

static bool in_table(const struct e1000 *e, const uint8_t *frame)
{
    static const uint8_t shift[4] = {4, 3, 2, 0};
    unsigned hash = pci_get16(frame + 4) >> shift[e->reg[RCTL] >> 12 & 3];

    return e->mta[hash >> 5 & 127] >> (hash & 31) & 1;
}

static bool vlan_wanted(const struct e1000 *e, const uint8_t *frame)
{
    unsigned vid = be_get16(frame + 14) & 0xfff;

    return !(e->reg[RCTL] & RCTL_VFE) ||
           be_get16(frame + 12) != (e->reg[VET] & 0xffff) ||
           e->vfta[vid >> 5] >> (vid & 31) & 1;
}

/* exact: by an address of its own, or broadcast. */
static bool wanted(const struct e1000 *e, const uint8_t *frame, bool *exact)
{
    uint32_t rctl = e->reg[RCTL];

    *exact = own(e, frame) || (eth_is_broadcast(frame) && rctl & RCTL_BAM);
    if (!vlan_wanted(e, frame))
        return false;
    if (*exact)
        return true;
    return frame[0] & 1 ? rctl & RCTL_MPE || in_table(e, frame)
                        : rctl & RCTL_UPE;
}

/* ---- the ring ---- */

static uint32_t ring_size(const struct e1000 *e)
{
    return e->reg[RDLEN] / 16;
}

static uint32_t buffer_size(const struct e1000 *e)
{
    uint32_t size = 2048u >> (e->reg[RCTL] >> 16 & 3);

    return e->reg[RCTL] & RCTL_BSEX ? size * 16 : size;
}

/* Descriptors that are the card's. */
static uint32_t ring_free(const struct e1000 *e)
{
    uint32_t size = ring_size(e), head = e->reg[RDH], tail = e->reg[RDT];

    if (head >= size || tail >= size)
        return 0;
    return tail >= head ? tail - head : size - head + tail;
}

/* ---- one frame ---- */

static void look_at_csums(const struct e1000 *e, const uint8_t *frame,
                          size_t len, struct rx_desc *d)
{
    uint32_t start = e->reg[RXCSUM] & 0xff;
    struct csum_seen seen;

    if (start < len)
        d->csum = __builtin_bswap16(
            csum_fold(csum_add(0, frame + start, len - start)));
    if (!(e->reg[RXCSUM] & (RXCSUM_IPOFL | RXCSUM_TUOFL))) {
        d->status |= RXD_IXSM;
        return;
    }
    csum_look(frame, len, &seen);
    if (seen.ip4 && e->reg[RXCSUM] & RXCSUM_IPOFL) {
        d->status |= RXD_IPCS;
        d->errors |= seen.ip4_bad ? RXD_IPE : 0;
    }
    if ((seen.tcp || seen.udp) && e->reg[RXCSUM] & RXCSUM_TUOFL) {
        d->status |= RXD_TCPCS;
        d->errors |= seen.bad ? RXD_TCPE : 0;
    }
    if (!(d->status & (RXD_IPCS | RXD_TCPCS)))
        d->status |= RXD_IXSM;
}

/* Takes the tag out of the frame. */
static void untag(const struct e1000 *e, uint8_t **frame, size_t *len,
                  struct rx_desc *d)
{
    if (!(e->reg[CTRL] & CTRL_VME) ||
        be_get16(*frame + 12) != (e->reg[VET] & 0xffff))
        return;
    d->special = be_get16(*frame + 14);
    d->status |= RXD_VP;
    memmove(*frame + NIC_TAG, *frame, 12);
    *frame += NIC_TAG;
    *len -= NIC_TAG;
}

static void count(struct e1000 *e, const uint8_t *frame, size_t len)
{
    uint32_t size = (uint32_t)len + NIC_CRC;

    e1000_stat_add(e, STAT_GPRC, 1);
    e1000_stat_octets(e, STAT_GORCL, size);
    e1000_stat_size(e, STAT_PRC64, size);
    if (eth_is_broadcast(frame))
        e1000_stat_add(e, STAT_BPRC, 1);
    else if (frame[0] & 1)
        e1000_stat_add(e, STAT_MPRC, 1);
}

/* last: of its frame, whose status and errors are in d. */
static void fill(struct e1000 *e, const struct rx_desc *frame,
                 const uint8_t *data, size_t len, bool last)
{
    uint64_t at =
        (e->reg[RDBAL] | (uint64_t)e->reg[RDBAH] << 32) + e->reg[RDH] * 16ull;
    struct vm *vm = e->pci.dev.vm;
    struct rx_desc d = *frame;
    uint32_t tail;

    mem_read(vm, at, &d.address, sizeof(d.address));
    if (d.address) /* or there is no buffer */
        mem_write(vm, d.address, data, len);
    d.length = (uint16_t)len;
    d.status = RXD_DD | (last ? frame->status | RXD_EOP : 0);
    d.errors = last ? frame->errors : 0;
    mem_write(vm, at + 8, &d.length, 4);
    memcpy(&tail, &d.status, 4);
    atomic_thread_fence(memory_order_release);
    mem_write(vm, at + 12, &tail, 4);
    e->reg[RDH] = (e->reg[RDH] + 1) % ring_size(e);
}

static bool low(const struct e1000 *e)
{
    return ring_free(e) <= ring_size(e) >> ((e->reg[RCTL] >> 8 & 3) + 1);
}

void e1000_rx(struct nic *n, uint8_t *frame, size_t len)
{
    struct e1000 *e = card(n);
    size_t size = buffer_size(e), wire = len, done;
    struct rx_desc d = {0};
    bool exact, was_low = low(e);
    uint32_t need, delay = e->reg[RDTR];

    e1000_stat_add(e, STAT_TPR, 1);
    e1000_stat_octets(e, STAT_TORL, (uint32_t)len + NIC_CRC);
    if (len + NIC_CRC > LONG_MAX || (len + NIC_CRC > FRAME_MAX &&
                                     !(e->reg[RCTL] & (RCTL_LPE | RCTL_SBP)))) {
        e1000_stat_add(e, STAT_ROC, 1);
        return;
    }
    if (!wanted(e, frame, &exact))
        return;
    look_at_csums(e, frame, len, &d);
    d.status |= exact ? 0 : RXD_PIF;
    untag(e, &frame, &len, &d);
    if (!(e->reg[RCTL] & RCTL_SECRC)) {
        memset(frame + len, 0, NIC_CRC);
        len += NIC_CRC;
    }
    need = (uint32_t)((len + size - 1) / size);
    if (need > ring_free(e)) {
        e1000_stat_add(e, STAT_MPC, 1);
        e1000_stat_add(e, STAT_RNBC, 1);
        e1000_interrupt(e, ICR_RXO);
        return;
    }
    count(e, frame, wire);
    for (done = 0; done < len; done += size) {
        size_t part = len - done < size ? len - done : size;

        fill(e, &d, frame + done, part, done + part == len);
    }
    e1000_interrupt_late(e, &e->rx_delay, (uint16_t)delay,
                         (uint16_t)e->reg[RADV], ICR_RXT0);
    if (!was_low && low(e))
        e1000_interrupt(e, ICR_RXDMT0);
}

/* ---- for the cable ---- */

/* With long frames there must be room for the longest, or as much as the ring
 * can ever have. */
bool e1000_rx_ready(struct nic *n)
{
    struct e1000 *e = card(n);
    uint32_t most = e->reg[RCTL] & RCTL_LPE ? LONG_MAX : FRAME_MAX;
    uint32_t need = (most + buffer_size(e) - 1) / buffer_size(e);
    uint32_t have = ring_free(e);

    return e->reg[RCTL] & RCTL_EN && e1000_may_dma(e) && have &&
           (have >= need || have + 1 >= ring_size(e)) &&
           (e1000_link_up(e) || e1000_phy_loops(e) || e->reg[RCTL] & 3 << 6);
}
