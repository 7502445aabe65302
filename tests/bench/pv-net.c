/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paravirtual network backend without a hypervisor: frontends in shared
 * memory, as threads that wait for events as a guest's driver does, against a
 * memcpy of the same frames.
 *
 *      send      a frontend's frames into a network that takes all
 *      receive   frames of a network that always has one to a frontend
 *      through   from one frontend to another, over a queue in memory
 *
 *   pv-net [SECONDS]
 */
#include "config.h"

#include <check.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "hw/pv/netif-priv.h"
#include "tests/pv/net-front.h"

#define PAGES_OF(len) (((len) + XENIF_PAGE - 1) / XENIF_PAGE)
#define WIRE_SLOTS 64u

static double seconds = 1;
static atomic_bool stop;

static double clock_sec(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- networks ---- */

struct slot {
    size_t len;
    uint8_t frame[NET_VNET_HDR + NET_FRAME_MAX];
};

/* What is sent goes into the slots of another one (to), where its receiver
 * finds it, or nowhere. Without slots there always is a frame, if len says
 * how long, or never. */
struct memnet {
    struct net net;
    size_t len;
    struct memnet *to;
    struct slot *slot;
    atomic_uint head, tail;
    int readable, writable; /* eventfds */
    atomic_bool starving, full;
};

struct memqueue {
    struct net_queue q;
    struct loop_fd watch;
};

static struct memnet *memnet_of(struct net_queue *q)
{
    return (struct memnet *)q->net;
}

static void tell(int fd)
{
    const uint64_t one = 1;

    if (write(fd, &one, sizeof(one)) < 0)
        abort();
}

/* An eventfd that is full polls as not writable. */
static void make_writable(struct memnet *m, bool on)
{
    uint64_t v = UINT64_MAX - 1;

    if ((on ? read(m->writable, &v, sizeof(v))
            : write(m->writable, &v, sizeof(v))) < 0)
        abort();
}

static void on_readable(void *opaque, uint32_t events)
{
    struct net_queue *q = opaque;
    uint64_t v;

    if (memnet_of(q)->slot && read(memnet_of(q)->readable, &v, sizeof(v)) < 0)
        return;
    q->readable(q->opaque);
}

static int queue_init(struct net_queue *q)
{
    struct memqueue *m = (struct memqueue *)q;

    m->watch = (struct loop_fd){
        .fd = memnet_of(q)->readable, .fn = on_readable, .opaque = q};
    return loop_fd_add(q->loop, &m->watch);
}

static void queue_fini(struct net_queue *q)
{
    loop_fd_del(&((struct memqueue *)q)->watch);
}

static void rx_enable(struct net_queue *q, bool on)
{
    loop_fd_events(&((struct memqueue *)q)->watch, on ? EPOLLIN : 0);
}

static ssize_t mem_recv(struct net_queue *q, const struct iovec *iov, int n)
{
    struct memnet *m = memnet_of(q);
    unsigned tail = atomic_load_explicit(&m->tail, memory_order_relaxed);
    struct slot *s;
    ssize_t len;

    if (!m->slot && !m->len)
        return -EAGAIN;
    if (!m->slot) {
        struct netif_vnet v = {0};

        if (m->len > 1514)
            v = (struct netif_vnet){.flags = VNET_NEEDS_CSUM,
                                    .gso_type = VNET_GSO_TCPV4,
                                    .gso_size = htole16(1448)};
        memcpy(iov[0].iov_base, &v, sizeof(v));
        memset(iov[1].iov_base, 2, 14); /* to nobody's group */
        return (ssize_t)(NET_VNET_HDR + m->len);
    }
    if (atomic_load(&m->head) == tail) {
        atomic_store(&m->starving, true);
        if (atomic_load(&m->head) == tail)
            return -EAGAIN;
        atomic_store(&m->starving, false);
    }
    s = &m->slot[tail % WIRE_SLOTS];
    len = (ssize_t)s->len;
    memcpy(iov[0].iov_base, s->frame, NET_VNET_HDR);
    memcpy(iov[1].iov_base, s->frame + NET_VNET_HDR, s->len - NET_VNET_HDR);
    atomic_store(&m->tail, tail + 1);
    if (atomic_load(&m->head) - tail <= WIRE_SLOTS / 2 &&
        atomic_exchange(&m->full, false))
        make_writable(m, true);
    return len;
}

static ssize_t mem_send(struct net_queue *q, const struct iovec *iov, int n)
{
    struct memnet *m = memnet_of(q)->to;
    ssize_t len = (ssize_t)(iov[0].iov_len + iov[1].iov_len);
    struct slot *s;
    unsigned head;

    if (!m)
        return len;
    head = atomic_load_explicit(&m->head, memory_order_relaxed);
    if (head - atomic_load(&m->tail) == WIRE_SLOTS) {
        make_writable(m, false);
        atomic_store(&m->full, true);
        if (head - atomic_load(&m->tail) == WIRE_SLOTS)
            return -EAGAIN;
        if (atomic_exchange(&m->full, false))
            make_writable(m, true);
    }
    s = &m->slot[head % WIRE_SLOTS];
    s->len = (size_t)len;
    memcpy(s->frame, iov[0].iov_base, iov[0].iov_len);
    memcpy(s->frame + iov[0].iov_len, iov[1].iov_base, iov[1].iov_len);
    atomic_store(&m->head, head + 1);
    if (atomic_exchange(&m->starving, false))
        tell(m->readable);
    return len;
}

static int mem_tx_fd(struct net_queue *q)
{
    struct memnet *to = memnet_of(q)->to;

    return to ? to->writable : -1;
}

static void no_offloads(struct net_queue *q, unsigned offloads)
{
}

static const struct net_ops mem_ops = {
    .type = "memory",
    .queue_size = sizeof(struct memqueue),
    .queue_init = queue_init,
    .queue_fini = queue_fini,
    .rx_enable = rx_enable,
    .set_offloads = no_offloads,
    .recv = mem_recv,
    .send = mem_send,
    .tx_fd = mem_tx_fd,
};

static struct memnet *memnet_new(size_t len, bool wire)
{
    struct memnet *m = calloc(1, sizeof(*m));

    m->net = (struct net){
        .ops = &mem_ops,
        .id = "memory",
        .max_queues = 1,
        .vnet_hdr = true,
        .offloads = NET_OFF_CSUM | NET_OFF_TSO4 | NET_OFF_TSO6,
    };
    m->len = len;
    m->readable = eventfd(!wire && len, EFD_NONBLOCK | EFD_CLOEXEC);
    m->writable = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wire)
        m->slot = calloc(WIRE_SLOTS, sizeof(*m->slot));
    return m;
}

static void memnet_free(struct memnet *m)
{
    close(m->readable);
    close(m->writable);
    free(m->slot);
    free(m);
}

/* ---- frontends ---- */

struct front {
    struct nf f;
    struct memnet *net;
    size_t len; /* of frames to send */
    pthread_t thread;
};

/* As RING_PUSH_REQUESTS_AND_CHECK_NOTIFY of Xen's io/ring.h. */
static void push(struct nf *f, struct nf_ring *r)
{
    uint32_t old = atomic_load(&r->head->req_prod);

    atomic_store(&r->head->req_prod, r->prod);
    atomic_thread_fence(memory_order_seq_cst);
    if (r->prod - atomic_load(&r->head->req_event) < r->prod - old)
        fake_notify(f->x, r->port);
}

/* Until the backend has answered n of ours. */
static void await(struct nf *f, struct nf_ring *r, uint32_t n)
{
    while (!stop) {
        atomic_store(&r->head->rsp_event, r->cons + n);
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load(&r->head->rsp_prod) - r->cons >= n)
            return;
        fake_wait(f->x, r->port, 100);
    }
}

static void put_frame(struct nf *f, size_t len)
{
    unsigned n = PAGES_OF(len), page = NF_TX_PAGE + f->tx[0].prod % NF_RING;
    struct netif_tx_request r = {.gref = FAKE_REF(page), .size = (uint16_t)len};
    struct netif_extra e = {.type = NETIF_EXTRA_GSO,
                            .gso = {.size = 1448, .type = NETIF_GSO_TCPV4}};

    if (n > 1)
        r.flags = NETTXF_MORE_DATA | NETTXF_CSUM_BLANK | NETTXF_EXTRA_INFO;
    nf_tx(f, 0, &r, sizeof(r));
    if (n > 1)
        nf_tx(f, 0, &e, sizeof(e));
    for (unsigned i = 1; i < n; i++) {
        r = (struct netif_tx_request){
            .gref = FAKE_REF(page + i),
            .flags = i + 1 < n ? NETTXF_MORE_DATA : 0,
            .size = i + 1 < n ? XENIF_PAGE : (uint16_t)(len - i * XENIF_PAGE)};
        nf_tx(f, 0, &r, sizeof(r));
    }
}

static void *send_frames(void *opaque)
{
    struct front *t = opaque;
    struct nf_ring *r = &t->f.tx[0];
    unsigned slots = PAGES_OF(t->len) + (t->len > XENIF_PAGE);

    while (!stop) {
        while (NF_RING - (r->prod - r->cons) >= slots)
            put_frame(&t->f, t->len);
        push(&t->f, r);
        await(&t->f, r, (r->prod - r->cons) / 2 + 1);
        r->cons = atomic_load(&r->head->rsp_prod);
    }
    return NULL;
}

static void *receive_frames(void *opaque)
{
    struct front *t = opaque;
    struct nf_ring *r = &t->f.rx[0];

    while (!stop) {
        nf_rx_put(&t->f, 0, NF_RING - (r->prod - r->cons));
        push(&t->f, r);
        await(&t->f, r, 1);
        r->cons = atomic_load(&r->head->rsp_prod);
    }
    return NULL;
}

/* Every page the beginning of a TCP segment, so that each frame is one. */
static void front_new(struct front *t, struct memnet *net)
{
    memset(t, 0, sizeof(*t));
    t->net = net;
    nf_new_on(&t->f, &net->net, NULL);
    for (unsigned i = 0; i < NF_RING + 32; i++)
        nf_tcp(fake_page(t->f.x, NF_TX_PAGE + i), IPV4, XENIF_PAGE);
    nf_connect(&t->f, 1, true);
}

static void front_free(struct front *t)
{
    nf_free(&t->f);
}

static double thread_cpu(struct front *t)
{
    clockid_t clock;

    pthread_getcpuclockid(t->f.n->queue[0].thread.thread, &clock);
    return clock_sec(clock);
}

/* ---- runs ---- */

struct result {
    double frames, wall, cpu;
};

/* Of frames that arrive at the counter, and the threads of both fronts. */
static struct result run(struct front *a, struct front *b,
                         _Atomic uint64_t *counter)
{
    struct result r;
    double from, cpu;
    uint64_t frames;

    stop = false;
    if (a)
        pthread_create(&a->thread, NULL, send_frames, a);
    if (b)
        pthread_create(&b->thread, NULL, receive_frames, b);
    usleep(100000);
    from = clock_sec(CLOCK_MONOTONIC);
    cpu = (a ? thread_cpu(a) : 0) + (b ? thread_cpu(b) : 0);
    frames = atomic_load(counter);
    usleep((useconds_t)(seconds * 1e6));
    r.frames = (double)(atomic_load(counter) - frames);
    r.cpu = (a ? thread_cpu(a) : 0) + (b ? thread_cpu(b) : 0) - cpu;
    r.wall = clock_sec(CLOCK_MONOTONIC) - from;
    stop = true;
    if (a)
        pthread_join(a->thread, NULL);
    if (b)
        pthread_join(b->thread, NULL);
    return r;
}

/* From as many pages as a ring has, to as much memory as a queue has. */
static struct result bare_memcpy(size_t len)
{
    size_t from_size = (NF_RING + 32) * XENIF_PAGE, from = 0, to = 0;
    uint8_t *src = malloc(from_size), *dst = malloc(NETIF_ARENA);
    double start = clock_sec(CLOCK_MONOTONIC);
    double cpu = clock_sec(CLOCK_THREAD_CPUTIME_ID);
    struct result r = {0};

    memset(src, 1, from_size);
    memset(dst, 1, NETIF_ARENA);
    do {
        for (unsigned i = 0; i < 1000; i++) {
            memcpy(dst + to, src + from, len);
            from += PAGES_OF(len) * XENIF_PAGE;
            to += len;
            if (from + len > from_size)
                from = 0;
            if (to + len > NETIF_ARENA)
                to = 0;
        }
        __asm__ volatile("" : : "r"(dst) : "memory");
        r.frames += 1000;
        r.wall = clock_sec(CLOCK_MONOTONIC) - start;
    } while (r.wall < seconds);
    r.cpu = clock_sec(CLOCK_THREAD_CPUTIME_ID) - cpu;
    free(src);
    free(dst);
    return r;
}

static void print(const char *what, size_t len, struct result r,
                  struct result copy)
{
    double ns = r.cpu * 1e9 / r.frames, bare = copy.cpu * 1e9 / copy.frames;

    printf("%-8s %6zu %11.0f %8.2f %9.0f %10.1f\n", what, len,
           r.frames / r.wall, r.frames / r.wall * (double)len / 1e9, ns,
           ns / bare);
    fflush(stdout);
}

static void one_size(size_t len)
{
    struct result copy = bare_memcpy(len);
    struct memnet *net = memnet_new(0, false), *end;
    struct front a, b;

    print("memcpy", len, copy, copy);
    front_new(&a, net);
    a.len = len;
    print("send", len, run(&a, NULL, &net->net.stats.tx_frames), copy);
    front_free(&a);
    memnet_free(net);

    net = memnet_new(len, false);
    front_new(&b, net);
    print("receive", len, run(NULL, &b, &net->net.stats.rx_frames), copy);
    front_free(&b);
    memnet_free(net);

    net = memnet_new(0, false);
    end = net->to = memnet_new(0, true);
    front_new(&a, net);
    front_new(&b, end);
    a.len = len;
    print("through", len, run(&a, &b, &end->net.stats.rx_frames), copy);
    front_free(&a);
    front_free(&b);
    memnet_free(net);
    memnet_free(end);
}

/* What drives the frontends asserts as tests do, so it runs as one. */
START_TEST(table)
{
    printf("%-8s %6s %11s %8s %9s %10s\n", "", "bytes", "frames/s", "GB/s",
           "cpu ns", "to memcpy");
    one_size(60);
    one_size(1514);
    one_size(65000);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *s = suite_create("pv-net");
    TCase *c = tcase_create("pv-net");
    SRunner *r = srunner_create(s);
    int failed;

    if (argc > 1)
        seconds = atof(argv[1]);
    tcase_add_test(c, table);
    suite_add_tcase(s, c);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
