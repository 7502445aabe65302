/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/virtio/virtio-net: the control queue. */
#include "config.h"

#include <check.h>
#include <stdio.h>

#include "hw/virtio/virtio-net.h"
#include "tests/lib/suite.h"
#include "tests/lib/virtio-driver.h"

static struct testvm *null_machine(struct vd *d, const char *queues,
                                   const char *props, uint64_t drop, unsigned n)
{
    char netdev[64], device[128];
    struct testvm *t;

    snprintf(netdev, sizeof(netdev), "null,id=n0%s", queues);
    snprintf(device, sizeof(device), "virtio-net-pci,netdev=n0%s", props);
    t = tv_new("pc",
               (const char *[]){"-netdev", netdev, "-device", device, NULL});
    vd_bring_up(d, t, VIRTIO_ID_NET, drop, n);
    return t;
}

static uint64_t device_config(struct vd *d, unsigned off, unsigned size)
{
    return tv_mmio_read(d->t, d->device + off, size);
}

static uint8_t ctrl(struct vd *d, struct vd_queue *q, const void *cmd,
                    uint32_t len)
{
    uint64_t at = vd_alloc(d, len + 1, 16);
    struct vd_buf b[2] = {{at, len, false}, {at + len, 1, true}};
    uint8_t ack = 0xff;

    tv_mem_write(d->t, at, cmd, len);
    tv_mem_write(d->t, at + len, &ack, 1);
    ck_assert_uint_eq(vd_do(q, b, 2), 1);
    tv_mem_read(d->t, at + len, &ack, 1);
    return ack;
}

START_TEST(ctrl_commands)
{
    static const struct {
        uint8_t cmd[24];
        uint32_t len;
        uint8_t ack;
    } c[] = {
        {{0, 0, 1}, 3, 0},                       /* promiscuous */
        {{0, 5, 1}, 3, 0},                       /* no broadcast */
        {{0, 6, 1}, 3, 1},                       /* no such mode */
        {{0, 0}, 2, 1},                          /* no value */
        {{0, 0, 1, 1}, 4, 1},                    /* too much */
        {{1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 10, 0}, /* empty tables */
        {{1, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0}, 16, 0},
        {{1, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6}, 12, 1}, /* one table */
        {{1, 0, 255, 255, 255, 255, 1, 2, 3, 4}, 10, 1},
        {{1, 0, 0, 0, 0, 0, 255, 255, 255, 42}, 10, 1},
        {{1, 1, 2, 0, 0, 1, 2, 3}, 8, 0}, /* address */
        {{1, 1, 2, 0, 0, 1, 2}, 7, 1},
        {{1, 2}, 2, 1},
        {{2, 0, 1, 0}, 4, 0},    /* VLAN 1 */
        {{2, 1, 255, 15}, 4, 0}, /* VLAN 4095 */
        {{2, 0, 0, 16}, 4, 1},   /* VLAN 4096 */
        {{2, 2, 1, 0}, 4, 1},
        {{3, 0}, 2, 1},                          /* announce: not offered */
        {{4, 0, 1, 0}, 4, 1},                    /* multi-queue: nor this */
        {{5, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 10, 1}, /* nor offloads */
        {{99, 99}, 2, 1},
    };
    struct testvm *t;
    struct vd d;

    t = null_machine(&d, "", "", VIRTIO_BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS),
                     3);
    for (unsigned i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        ck_assert_msg(ctrl(&d, &d.q[2], c[i].cmd, c[i].len) == c[i].ack,
                      "command %u", i);
        tv_roundtrip(t);
    }
    ck_assert_uint_eq(device_config(&d, 5, 1), 3);
    vd_reset(&d);
    ck_assert_uint_eq(device_config(&d, 5, 1), 0x56);
    tv_free(t);
}
END_TEST

START_TEST(ctrl_without_code_or_ack)
{
    struct vd d;
    struct testvm *t = null_machine(&d, "", "", 0, 3);
    struct vd_buf b[2];

    b[0] = (struct vd_buf){vd_alloc(&d, 16, 16), 2, false};
    vd_add(&d.q[2], b, 1);
    vd_kick(&d.q[2]);
    vd_wait_needs_reset(&d);
    vd_bring_up(&d, t, VIRTIO_ID_NET, 0, 3);
    b[0] = (struct vd_buf){vd_alloc(&d, 16, 16), 1, false};
    b[1] = (struct vd_buf){b[0].addr + 8, 1, true};
    vd_add(&d.q[2], b, 2);
    vd_kick(&d.q[2]);
    vd_wait_needs_reset(&d);
    tv_roundtrip(t);
    tv_free(t);
}
END_TEST

START_TEST(ctrl_offloads)
{
    struct vd d;
    struct testvm *t =
        null_machine(&d, "", "", VIRTIO_BIT(VIRTIO_NET_F_GUEST_UFO), 3);
    uint8_t set[10] = {5, 0};

    ck_assert_uint_eq(ctrl(&d, &d.q[2], set, 10), 0);
    tv_roundtrip(t);
    set[2] = 1 << VIRTIO_NET_F_GUEST_CSUM | 1 << VIRTIO_NET_F_GUEST_TSO4;
    ck_assert_uint_eq(ctrl(&d, &d.q[2], set, 10), 0);
    tv_roundtrip(t);
    set[3] = 1 << (VIRTIO_NET_F_GUEST_UFO - 8); /* not negotiated */
    ck_assert_uint_eq(ctrl(&d, &d.q[2], set, 10), 1);
    set[3] = 0;
    set[9] = 0x80;
    ck_assert_uint_eq(ctrl(&d, &d.q[2], set, 10), 1);
    set[9] = 0;
    set[1] = 1;
    ck_assert_uint_eq(ctrl(&d, &d.q[2], set, 10), 1);
    tv_roundtrip(t);
    tv_free(t);
}
END_TEST

START_TEST(ctrl_multi_queue)
{
    struct vd d;
    struct testvm *t = null_machine(&d, ",queues=4", ",mq=on", 0, 9);
    static const uint8_t counts[] = {4, 1, 3, 2, 2, 4};
    struct vd_buf b = {vd_alloc(&d, 100, 16), 100, false};
    uint8_t cmd[4] = {4, 0};

    ck_assert_uint_eq(device_config(&d, 8, 2), 4);
    for (unsigned i = 0; i < sizeof(counts); i++) {
        cmd[2] = counts[i];
        ck_assert_uint_eq(ctrl(&d, &d.q[8], cmd, 4), 0);
        for (unsigned j = 0; j < counts[i]; j++)
            vd_do(&d.q[2 * j + 1], &b, 1);
        tv_roundtrip(t);
    }
    cmd[2] = 0;
    ck_assert_uint_eq(ctrl(&d, &d.q[8], cmd, 4), 1);
    cmd[2] = 5;
    ck_assert_uint_eq(ctrl(&d, &d.q[8], cmd, 4), 1);
    cmd[3] = 0x80;
    ck_assert_uint_eq(ctrl(&d, &d.q[8], cmd, 4), 1);
    /* a frame in the ring of a pair not in use waits for that */
    cmd[3] = 0;
    cmd[2] = 1;
    ck_assert_uint_eq(ctrl(&d, &d.q[8], cmd, 4), 0);
    vd_add(&d.q[7], &b, 1);
    vd_kick(&d.q[7]);
    ck_assert_uint_eq(vd_used_idx(&d.q[7]), d.q[7].last_used);
    cmd[2] = 4;
    ck_assert_uint_eq(ctrl(&d, &d.q[8], cmd, 4), 0);
    vd_wait_used(&d.q[7], NULL);
    tv_reset(t);
    tv_roundtrip(t);
    tv_free(t);
}
END_TEST

/* A driver that does not know multi-queue looks for the control queue behind
 * the first pair. */
START_TEST(ctrl_queue_without_multi_queue)
{
    struct vd d;
    struct testvm *t =
        null_machine(&d, ",queues=4", ",mq=on", VIRTIO_BIT(VIRTIO_NET_F_MQ), 3);

    ck_assert_uint_eq(ctrl(&d, &d.q[2], (uint8_t[]){1, 1, 2, 0, 0, 1, 2, 9}, 8),
                      0);
    ck_assert_uint_eq(device_config(&d, 5, 1), 9);
    ck_assert_uint_eq(ctrl(&d, &d.q[2], (uint8_t[]){4, 0, 2, 0}, 4), 1);
    tv_roundtrip(t);
    tv_free(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        ctrl_commands,    ctrl_without_code_or_ack,       ctrl_offloads,
        ctrl_multi_queue, ctrl_queue_without_multi_queue, NULL,
    };

    return run_suite("virtio-net-ctrl", NULL, NULL, tests);
}
