/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/pv/net-front.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hw/pv/netif-priv.h"

/* ---- the wire ---- */

struct wire_queue {
    struct net_queue q;
    struct loop_fd watch;
};

static int wire_fd(struct net_queue *q)
{
    return ((struct nf_wire *)q->net)->fd[q->idx][0];
}

static void wire_readable(void *opaque, uint32_t events)
{
    struct net_queue *q = opaque;

    q->readable(q->opaque);
}

static int wire_init(struct net_queue *q)
{
    struct wire_queue *w = (struct wire_queue *)q;

    w->watch =
        (struct loop_fd){.fd = wire_fd(q), .fn = wire_readable, .opaque = q};
    return loop_fd_add(q->loop, &w->watch);
}

static void wire_fini(struct net_queue *q)
{
    loop_fd_del(&((struct wire_queue *)q)->watch);
}

static void wire_enable(struct net_queue *q, bool on)
{
    loop_fd_events(&((struct wire_queue *)q)->watch, on ? EPOLLIN : 0);
}

static void wire_offloads(struct net_queue *q, unsigned offloads)
{
    atomic_store(&((struct nf_wire *)q->net)->offloads, offloads);
}

static ssize_t wire_recv(struct net_queue *q, const struct iovec *iov, int n)
{
    ssize_t r = readv(wire_fd(q), iov, n);

    return r < 0 ? -errno : r;
}

static ssize_t wire_send(struct net_queue *q, const struct iovec *iov, int n)
{
    ssize_t r = writev(wire_fd(q), iov, n);

    return r < 0 ? -errno : r;
}

static const struct net_ops wire_ops = {
    .type = "wire",
    .queue_size = sizeof(struct wire_queue),
    .queue_init = wire_init,
    .queue_fini = wire_fini,
    .rx_enable = wire_enable,
    .set_offloads = wire_offloads,
    .recv = wire_recv,
    .send = wire_send,
    .tx_fd = wire_fd,
};

void nf_wire_put(struct nf *f, unsigned q, const void *buf, size_t len)
{
    ck_assert_int_eq(write(f->wire.fd[q][1], buf, len), (ssize_t)len);
}

ssize_t nf_wire_get(struct nf *f, unsigned q, void *buf, size_t len, int ms)
{
    int fd = f->wire.fd[q][1];

    return tv_readable(fd, ms) ? read(fd, buf, len) : -1;
}

/* ---- folders ---- */

void nf_run(struct nf *f)
{
    for (unsigned i = 0; i < 6; i++)
        loop_once(f->t->vm.loop, 0);
}

void nf_settle(struct nf *f)
{
    for (unsigned i = 0; i < 16; i++) {
        for (unsigned q = 0; q < f->n->nqueues; q++)
            tv_settle(&f->n->queue[q].thread);
        loop_once(f->t->vm.loop, 0);
    }
}

void nf_pass(struct nf *f, unsigned ms)
{
    nf_settle(f);
    tv_step(f->t, (int64_t)ms * 1000000);
    nf_settle(f);
}

void nf_set(struct nf *f, const char *key, const char *value)
{
    fake_xs_set(f->x, value, NF_FRONT "/%s", key);
    nf_run(f);
}

int nf_state(struct nf *f)
{
    return atoi(fake_xs_get(f->x, NF_BACK "/state"));
}

const char *nf_error(struct nf *f)
{
    return fake_xs_get(f->x, NF_BACK "/error");
}

void nf_folders(struct nf *f, const char *rate)
{
    static const char *const features[] = {
        "request-rx-copy",   "feature-rx-notify", "feature-sg",
        "feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload",
    };

    for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        fake_xs_set(f->x, "1", NF_FRONT "/%s", features[i]);
    fake_xs_set(f->x, "1", NF_FRONT "/state");
    fake_xs_set(f->x, "7", NF_BACK "/frontend-id");
    fake_xs_set(f->x, NF_FRONT, NF_BACK "/frontend");
    fake_xs_set(f->x, "1", NF_BACK "/online");
    fake_xs_set(f->x, rate, NF_BACK "/rate");
    fake_xs_set(f->x, "1", NF_BACK "/state");
}

void nf_new_on(struct nf *f, struct net *net, const char *rate)
{
    struct netif_conf conf = {.net = net};
    struct cfg_err err;

    f->t = tv_new("none", (const char *const[]){NULL});
    f->x = fake_xenif_new(f->t->vm.loop);
    net->vm = &f->t->vm;
    nf_folders(f, rate);
    vm_lock(&f->t->vm);
    ck_assert_int_eq(netif_new(&f->t->vm, f->x, NF_BACK, &conf, &f->n, &err),
                     0);
    vm_unlock(&f->t->vm);
    nf_run(f);
    ck_assert_int_eq(nf_state(f), XENBUS_INIT_WAIT);
    fake_grant(f->x, NF_TX_PAGE, 1500, false);
}

void nf_new(struct nf *f, unsigned offloads, const char *rate)
{
    int size = 1 << 20;

    memset(f, 0, sizeof(*f));
    f->wire.net = (struct net){.ops = &wire_ops,
                               .id = "wire",
                               .max_queues = NF_QUEUES,
                               .vnet_hdr = offloads,
                               .offloads = offloads};
    for (unsigned i = 0; i < NF_QUEUES; i++) {
        ck_assert_int_eq(socketpair(AF_UNIX,
                                    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                    0, f->wire.fd[i]),
                         0);
        for (unsigned e = 0; e < 2; e++)
            setsockopt(f->wire.fd[i][e], SOL_SOCKET, SO_SNDBUF, &size,
                       sizeof(size));
    }
    nf_new_on(f, &f->wire.net, rate);
}

void nf_again(struct nf *f)
{
    struct netif_conf conf = {.net = &f->wire.net};
    struct cfg_err err;

    vm_lock(&f->t->vm);
    netif_free(f->n);
    ck_assert_int_eq(netif_new(&f->t->vm, f->x, NF_BACK, &conf, &f->n, &err),
                     0);
    vm_unlock(&f->t->vm);
    nf_run(f);
}

void nf_free(struct nf *f)
{
    vm_lock(&f->t->vm);
    netif_free(f->n);
    vm_unlock(&f->t->vm);
    fake_xenif_free(f->x);
    for (unsigned i = 0; f->wire.net.ops && i < NF_QUEUES; i++) {
        close(f->wire.fd[i][0]);
        close(f->wire.fd[i][1]);
    }
    tv_free(f->t);
}

static void set_number(struct nf *f, unsigned v, const char *prefix,
                       const char *key)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", v);
    fake_xs_set(f->x, text, NF_FRONT "/%s%s", prefix, key);
}

static void make_ring(struct nf *f, struct nf_ring *r, unsigned page,
                      uint32_t start)
{
    r->head = fake_page(f->x, page);
    memset(r->head, 0, XENIF_PAGE);
    atomic_store(&r->head->req_prod, start);
    atomic_store(&r->head->rsp_prod, start);
    atomic_store(&r->head->req_event, start + 1);
    atomic_store(&r->head->rsp_event, start + 1);
    fake_grant(f->x, page, 1, false);
    r->prod = r->cons = start;
    if (!r->own)
        r->own = fake_port(f->x);
    r->port = r->own;
}

void nf_offer(struct nf *f, unsigned queues, bool split)
{
    nf_make(f, queues, split, 0);
}

void nf_make(struct nf *f, unsigned queues, bool split, uint32_t start)
{
    f->queues = queues;
    set_number(f, queues, "", "multi-queue-num-queues");
    for (unsigned i = 0; i < queues; i++) {
        char prefix[20] = "";

        if (queues > 1)
            snprintf(prefix, sizeof(prefix), "queue-%u/", i);
        make_ring(f, &f->tx[i], 2 * i, start);
        make_ring(f, &f->rx[i], 2 * i + 1, start);
        if (!split)
            f->rx[i].port = f->tx[i].port;
        set_number(f, FAKE_REF(2 * i), prefix, "tx-ring-ref");
        set_number(f, FAKE_REF(2 * i + 1), prefix, "rx-ring-ref");
        if (split) {
            set_number(f, f->tx[i].port, prefix, "event-channel-tx");
            set_number(f, f->rx[i].port, prefix, "event-channel-rx");
        } else {
            fake_xs_set(f->x, NULL, NF_FRONT "/%sevent-channel-tx", prefix);
            set_number(f, f->tx[i].port, prefix, "event-channel");
        }
    }
    nf_set(f, "state", "4");
}

void nf_ctrl_offer(struct nf *f)
{
    make_ring(f, &f->ctrl, NF_CTRL_PAGE, 0);
    fake_grant(f->x, NF_CTRL_PAGE + 1, 1, true);
    set_number(f, FAKE_REF(NF_CTRL_PAGE), "", "ctrl-ring-ref");
    set_number(f, f->ctrl.port, "", "event-channel-ctrl");
}

void nf_connect(struct nf *f, unsigned queues, bool split)
{
    nf_offer(f, queues, split);
    ck_assert_msg(nf_state(f) == XENBUS_CONNECTED, "%s", nf_error(f));
}

void nf_disconnect(struct nf *f)
{
    nf_set(f, "state", "5");
    nf_set(f, "state", "6");
    nf_set(f, "state", "1");
    ck_assert_int_eq(nf_state(f), XENBUS_INIT_WAIT);
    ck_assert_uint_eq(fake_mapped(f->x), 0);
    ck_assert_uint_eq(fake_ports(f->x), 0);
}

/* ---- rings ---- */

static uint8_t *slot(struct nf_ring *r, uint32_t idx, size_t size)
{
    return (uint8_t *)r->head + PV_RING_ENTRIES + (idx % NF_RING) * size;
}

void *nf_tx_slot(struct nf *f, unsigned q, uint32_t idx)
{
    return slot(&f->tx[q], idx, 12);
}

void *nf_rx_slot(struct nf *f, unsigned q, uint32_t idx)
{
    return slot(&f->rx[q], idx, 8);
}

void nf_tx(struct nf *f, unsigned q, const void *raw, size_t len)
{
    uint8_t *s = slot(&f->tx[q], f->tx[q].prod++, 12);

    memset(s, 0xa5, 12);
    memcpy(s, raw, len);
}

void nf_tx_push(struct nf *f, unsigned q)
{
    atomic_store(&f->tx[q].head->req_prod, f->tx[q].prod);
    fake_notify(f->x, f->tx[q].port);
}

static void await(struct nf *f, struct nf_ring *r)
{
    while (atomic_load(&r->head->rsp_prod) == r->cons) {
        atomic_store(&r->head->rsp_event, r->cons + 1);
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load(&r->head->rsp_prod) != r->cons)
            break;
        ck_assert_msg(fake_wait(f->x, r->port, NF_WAIT_MS), "no response %u",
                      r->cons);
    }
}

struct netif_tx_response nf_tx_get(struct nf *f, unsigned q)
{
    struct netif_tx_response rsp;

    await(f, &f->tx[q]);
    memcpy(&rsp, slot(&f->tx[q], f->tx[q].cons++, 12), sizeof(rsp));
    return rsp;
}

void nf_rx_put(struct nf *f, unsigned q, unsigned n)
{
    struct nf_ring *r = &f->rx[q];

    while (n--) {
        unsigned at = r->prod % NF_RING;
        struct netif_rx_request req = {
            .id = (uint16_t)at,
            .gref = FAKE_REF(NF_RX_PAGE + q * NF_RING + at)};

        memcpy(slot(r, r->prod++, 8), &req, sizeof(req));
    }
}

void nf_rx_fill(struct nf *f, unsigned q, unsigned n)
{
    nf_rx_put(f, q, n);
    atomic_store(&f->rx[q].head->req_prod, f->rx[q].prod);
    fake_notify(f->x, f->rx[q].port);
}

struct netif_rx_response nf_rx_get(struct nf *f, unsigned q)
{
    struct netif_rx_response rsp;

    await(f, &f->rx[q]);
    memcpy(&rsp, slot(&f->rx[q], f->rx[q].cons++, 8), sizeof(rsp));
    return rsp;
}

void *nf_rx_page(struct nf *f, unsigned q)
{
    return fake_page(f->x,
                     NF_RX_PAGE + q * NF_RING + (f->rx[q].cons - 1) % NF_RING);
}

/* ---- the control ring ---- */

void nf_ctrl_put(struct nf *f, const struct netif_ctrl_request *r)
{
    memcpy((uint8_t *)f->ctrl.head + PV_RING_ENTRIES +
               (f->ctrl.prod++ % NF_CTRL_RING) * sizeof(*r),
           r, sizeof(*r));
    atomic_store(&f->ctrl.head->req_prod, f->ctrl.prod);
    fake_notify(f->x, f->ctrl.port);
}

/* The backend serves it in the main loop, which is this thread's. */
struct netif_ctrl_response nf_ctrl_get(struct nf *f)
{
    struct netif_ctrl_response rsp;

    for (int ms = 0; atomic_load(&f->ctrl.head->rsp_prod) == f->ctrl.cons;
         ms += 10) {
        ck_assert_msg(ms < NF_WAIT_MS, "no answer %u", f->ctrl.cons);
        loop_once(f->t->vm.loop, 10);
    }
    memcpy(&rsp,
           (uint8_t *)f->ctrl.head + PV_RING_ENTRIES +
               (f->ctrl.cons++ % NF_CTRL_RING) *
                   sizeof(struct netif_ctrl_request),
           sizeof(rsp));
    return rsp;
}

struct netif_ctrl_response nf_ctrl(struct nf *f, uint16_t type, uint32_t a,
                                   uint32_t b, uint32_t c)
{
    struct netif_ctrl_request r = {
        .id = (uint16_t)f->ctrl.prod, .type = type, .data = {a, b, c}};
    struct netif_ctrl_response rsp;

    nf_ctrl_put(f, &r);
    rsp = nf_ctrl_get(f);
    ck_assert_uint_eq(rsp.id, r.id);
    ck_assert_uint_eq(rsp.type, type);
    return rsp;
}

/* ---- frames ---- */

void nf_fill(uint8_t *p, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        p[i] = (uint8_t)(seed >> 24);
    }
    p[0] &= 0xfe; /* no group's address */
    p[12] = 0x88; /* no IP */
    p[13] = 0xb5;
}

void nf_tcp(uint8_t *p, int version, size_t len)
{
    size_t ip = version == IPV4 ? 20 : 40;

    nf_fill(p, len, (uint32_t)len);
    p[12] = version == IPV4 ? 0x08 : 0x86;
    p[13] = version == IPV4 ? 0x00 : 0xdd;
    memset(p + 14, 0, ip + 20);
    if (version == IPV4) {
        p[14] = 0x45;
        p[14 + 9] = 6;
        memcpy(p + 26, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
    } else {
        p[14] = 0x60;
        p[14 + 6] = 6;
        p[14 + 8] = p[14 + 24] = 0xfd;
    }
    p[14 + ip + 12] = 0x50;
}

bool nf_csum_right(const uint8_t *p, int version, size_t len)
{
    size_t ip = version == IPV4 ? 20 : 40, addr = version == IPV4 ? 26 : 22;
    uint32_t sum = 6 + (uint32_t)(len - 14 - ip);

    for (size_t i = addr; i < 14 + ip; i += 2)
        sum += (uint32_t)(p[i] << 8 | p[i + 1]);
    for (size_t i = 14 + ip; i < len; i++)
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
}

/* ---- packets ---- */

void nf_pages(struct nf *f, unsigned page, const uint8_t *p, size_t len)
{
    for (size_t at = 0; at < len; at += XENIF_PAGE)
        memcpy(fake_page(f->x, page + (unsigned)(at / XENIF_PAGE)), p + at,
               len - at < XENIF_PAGE ? len - at : XENIF_PAGE);
}

/* A packet in whole pages; flags of the first; e: NULL, or one extra. Returns
 * its slots. */
unsigned nf_send(struct nf *f, unsigned q, unsigned page, size_t len,
                 uint16_t flags, const struct netif_extra *e)
{
    unsigned n = (unsigned)((len + XENIF_PAGE - 1) / XENIF_PAGE), slots = n;
    struct netif_tx_request r = {.gref = FAKE_REF(page),
                                 .flags = flags,
                                 .id = (uint16_t)page,
                                 .size = (uint16_t)len};

    if (n > 1)
        r.flags |= NETTXF_MORE_DATA;
    if (e)
        r.flags |= NETTXF_EXTRA_INFO;
    nf_tx(f, q, &r, sizeof(r));
    if (e) {
        nf_tx(f, q, e, sizeof(*e));
        slots++;
    }
    for (unsigned i = 1; i < n; i++) {
        r = (struct netif_tx_request){
            .gref = FAKE_REF(page + i),
            .flags = i + 1 < n ? NETTXF_MORE_DATA : 0,
            .id = (uint16_t)(page + i),
            .size = i + 1 < n ? XENIF_PAGE : (uint16_t)(len - i * XENIF_PAGE)};
        nf_tx(f, q, &r, sizeof(r));
    }
    return slots;
}

/* All slots of a packet have this status; extras have their own. */
void nf_expect(struct nf *f, unsigned q, unsigned slots, int16_t status)
{
    for (unsigned i = 0; i < slots; i++) {
        int16_t s = nf_tx_get(f, q).status;

        ck_assert_msg(s == status || s == NETIF_RSP_NULL, "status %d", s);
    }
}

void nf_tx_works(struct nf *f, unsigned q)
{
    uint8_t p[200], wire[300];

    nf_fill(p, sizeof(p), q + 1);
    nf_pages(f, NF_TX_PAGE, p, sizeof(p));
    nf_send(f, q, NF_TX_PAGE, sizeof(p), 0, NULL);
    nf_tx_push(f, q);
    nf_expect(f, q, 1, NETIF_RSP_OKAY);
    ck_assert_int_eq(nf_wire_get(f, q, wire, sizeof(wire), NF_WAIT_MS),
                     sizeof(p));
    ck_assert(!memcmp(p, wire, sizeof(p)));
}
