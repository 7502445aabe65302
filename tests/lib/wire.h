/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of emulated network cards: a card in a machine, the other end of
 * its cable, and frames to put on it.
 */
#ifndef HVMD_TESTS_LIB_WIRE_H
#define HVMD_TESTS_LIB_WIRE_H

#include "dm/net/net.h"
#include "hw/pci/pci.h"
#include "tests/lib/testvm.h"

#define WIRE_BDF PCI_DEVFN(5, 0)
#define WIRE_IO 0xc000u
#define WIRE_MEM 0xe0000000u
#define WIRE_MAC "\x52\x54\x00\x00\x00\x05" /* the card's */

struct wire {
    struct testvm *t;
    int peer;
    struct pci_dev *card;
    struct net *net;
    uint8_t frame[NET_FRAME_MAX + NET_VNET_HDR]; /* of wire_get */
};

/* The card with its I/O and its memory mapped, and bus mastering on. */
void wire_new(struct wire *w, const char *model);
void wire_free(struct wire *w);

void wire_put(struct wire *w, const uint8_t *frame, size_t len);
/* The next frame the card has sent, in w->frame: its length, 0: there is
 * none. */
size_t wire_get(struct wire *w);
bool wire_irq(const struct wire *w); /* its line */
/* Lets the main loop do what it has to. */
void wire_settle(struct wire *w);

/* Ethernet from 02:..., to (6 bytes), type and a payload that the seed says;
 * len: of all. */
void wire_fill(uint8_t *frame, const char *to, size_t len, unsigned seed);
/* TCP or UDP over IPv4 or IPv6: headers with right lengths and no checksums,
 * and such a payload. */
enum { WIRE_TCP = 6, WIRE_UDP = 17 };
size_t wire_ip(uint8_t *frame, int version, int proto, size_t payload);
/* The card has sent the segments of such a frame (the headers that change are
 * not looked at), mss bytes of payload each, and nothing else. */
void wire_segments(struct wire *w, const uint8_t *frame, size_t len,
                   size_t mss);
/* All checksums of such a frame are right. */
bool wire_sums_right(const uint8_t *frame);
/* That of TCP or UDP is: its headers begin at ip and l4. */
bool wire_l4_right(const uint8_t *frame, size_t len);
uint32_t wire_pseudo(const uint8_t *frame, size_t l4_len);

#endif
