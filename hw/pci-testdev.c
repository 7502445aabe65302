/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci-testdev (1b36:0005): writes to a BAR, counted.
 *
 * Source: QEMU's docs/specs/pci-testdev. BAR 0 is memory, BAR 1 I/O. Each
 * starts with a header that describes the test last selected:
 *
 *     +0  u8   test, to be written    +4   u32  offset to write to
 *     +1  u8   width of the write     +8   u32  data to write
 *                                     +12  u32  writes seen
 *                                     +16       name, ends with a zero
 *
 * Test 0 counts in the handler, test 1 through an eventfd for any data, test
 * 2 through one that wants the data. Where the engine has no such thing the
 * handler counts for all three; the guest cannot tell.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dm/bus.h"
#include "dm/dev.h"
#include "hw/pci/pci.h"

#define MEM_SIZE 4096
#define IO_SIZE 256
#define DATA 0xfa
#define HEADER_SIZE 64

enum { TEST_HANDLER, TEST_ANY, TEST_MATCH, TESTS };
static const char *const test_name[TESTS] = {"no-eventfd", "wildcard-eventfd",
                                             "datamatch-eventfd"};

/* One BAR. */
struct half {
    struct testdev *t;
    unsigned bar;
    uint8_t test;
    uint32_t count;
    int fd;        /* -1: none */
    bool armed;    /* writes go to fd */
    uint64_t addr; /* where, while armed */
};

struct testdev {
    struct pci_dev pci;
    struct half half[2];
};

static struct bus_region *region(struct half *h)
{
    return &h->t->pci.bar[h->bar].region;
}

/* The tests write behind the header, each to its own byte. */
static uint32_t target(struct half *h)
{
    return region(h)->size / 2 + h->test;
}

static void disarm(struct half *h)
{
    if (h->armed)
        bus_ioevent_del(h->t->pci.dev.vm, region(h)->space, h->addr, 1,
                        h->test == TEST_ANY, DATA, h->fd);
    h->armed = false;
}

static void arm(struct half *h)
{
    if (h->fd < 0 || (h->test != TEST_ANY && h->test != TEST_MATCH) ||
        !region(h)->added)
        return;
    h->addr = region(h)->base + target(h);
    h->armed = !bus_ioevent_add(h->t->pci.dev.vm, region(h)->space, h->addr, 1,
                                h->test == TEST_ANY, DATA, h->fd);
}

/* Counts what has come through the eventfd. */
static void collect(struct half *h)
{
    uint64_t n;

    if (h->fd >= 0 && read(h->fd, &n, sizeof(n)) == sizeof(n))
        h->count += n;
}

static void select_test(struct half *h, uint8_t test)
{
    disarm(h);
    collect(h);
    h->test = test;
    h->count = 0;
    arm(h);
}

static void moved(void *opaque, bool mapped)
{
    struct half *h = opaque;

    disarm(h);
    if (mapped)
        arm(h);
}

static void header(struct half *h, uint8_t out[HEADER_SIZE])
{
    memset(out, 0, HEADER_SIZE);
    out[0] = h->test;
    if (h->test >= TESTS)
        return; /* width 0: there is no such test */
    out[1] = 1;
    pci_set32(out + 4, target(h));
    pci_set32(out + 8, DATA);
    pci_set32(out + 12, h->count);
    snprintf((char *)out + 16, HEADER_SIZE - 16, "%s-%s",
             h->bar ? "portio" : "mmio", test_name[h->test]);
}

static uint64_t bar_read(void *opaque, uint64_t off, unsigned size)
{
    struct half *h = opaque;
    uint8_t buf[HEADER_SIZE];
    uint64_t v = 0;

    if (off >= HEADER_SIZE)
        return 0;
    collect(h);
    header(h, buf);
    memcpy(&v, buf + off, size); /* off is a multiple of size */
    return v;
}

static void bar_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct half *h = opaque;

    if (off == 0)
        select_test(h, val);
    else if (h->test < TESTS && off == target(h) && size == 1 &&
             (h->test != TEST_MATCH || val == DATA))
        h->count++;
}

static const struct bus_ops bar_ops = {
    .read = bar_read, .write = bar_write, .min = 1, .max = 4};

static void reset(struct dev *dev)
{
    struct testdev *t = (struct testdev *)dev;

    pci_reset(&t->pci);
    for (unsigned i = 0; i < 2; i++)
        select_test(&t->half[i], TESTS);
}

static void destroy(struct dev *dev)
{
    struct testdev *t = (struct testdev *)dev;

    for (unsigned i = 0; i < 2; i++) {
        disarm(&t->half[i]);
        if (t->half[i].fd >= 0)
            close(t->half[i].fd);
    }
    pci_fini(&t->pci);
}

static int create(struct dev *dev, struct cfg_err *err)
{
    static const struct pci_id id = {
        .vendor = 0x1b36, .device = 0x0005, .class_code = 0xff0000};
    struct testdev *t = (struct testdev *)dev;
    int rc = pci_init(&t->pci, &id, err);

    if (rc)
        return rc;
    for (unsigned i = 0; i < 2; i++) {
        struct half *h = &t->half[i];
        *h = (struct half){.t = t, .bar = i, .test = TESTS};
        h->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        t->pci.bar[i] = (struct pci_bar){
            .type = i ? PCI_BAR_IO : PCI_BAR_MEM32,
            .region = {.name = i ? "pci-testdev-io" : "pci-testdev-mem",
                       .ops = &bar_ops,
                       .opaque = h,
                       .size = i ? IO_SIZE : MEM_SIZE},
            .moved = moved};
        pci_bar_set(&t->pci, i);
    }
    return 0;
}

static void pre_save(struct dev *dev)
{
    struct testdev *t = (struct testdev *)dev;

    collect(&t->half[0]);
    collect(&t->half[1]);
}

static int post_load(struct dev *dev)
{
    struct testdev *t = (struct testdev *)dev;

    for (unsigned i = 0; i < 2; i++)
        disarm(&t->half[i]);
    int rc = pci_post_load(&t->pci); /* moved() arms */
    return rc;
}

static const struct state_field half_state[] = {
    STATE_U8(struct half, test),
    STATE_U32(struct half, count),
    STATE_END,
};

static const struct dev_prop props[] = {
    PCI_PROP_ADDR(struct testdev),
    DEV_PROP_END,
};

const struct dev_class pci_testdev_class = {
    .name = "pci-testdev",
    .desc = "counts writes to its BARs, for kvm-unit-tests",
    .bus = "pci",
    .size = sizeof(struct testdev),
    .props = props,
    .create = create,
    .reset = reset,
    .destroy = destroy,
    .state =
        &(const struct state_desc){
            .name = "pci-testdev",
            .version = 1,
            .min_version = 1,
            .pre_save = pre_save,
            .post_load = post_load,
            .fields =
                (const struct state_field[]){
                    STATE_STRUCT(struct testdev, pci, pci_state),
                    STATE_STRUCTS(struct testdev, half, half_state),
                    STATE_END,
                },
        },
};
