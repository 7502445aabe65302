/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the virtio network card adds to a tap: processor time a frame costs the
 * card's thread, against a bare loop of writev or readv on the same kind of
 * tap, in one run. No guest: this process is the driver, and polls.
 *
 *   net-native [SECONDS]      needs root; works in a network namespace
 */
#include "config.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "hw/virtio/virtio-net.h"
#include "tests/lib/virtio-driver.h"

#define HDR sizeof(struct virtio_net_hdr)
#define BUF 4096u /* of a receive buffer */

static double seconds = 1;

static double clock_sec(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double now(void)
{
    return clock_sec(CLOCK_MONOTONIC);
}

/* What one way costs: */
struct cost {
    double rate; /* frames a second */
    double ns;   /* of processor time a frame */
};

static struct cost cost(uint64_t frames, double wall, double cpu)
{
    return (struct cost){(double)frames / wall, cpu * 1e9 / (double)frames};
}

static void must(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

/* A TCP segment that wants to be cut (or is short), header in front. */
static size_t make_frame(uint8_t *f, size_t len)
{
    struct virtio_net_hdr h = {0};
    uint8_t *ip = f + HDR + 14, *tcp = ip + 20;
    uint32_t sum = 0;

    memset(f, 0, HDR + len);
    if (len > 1514) {
        h = (struct virtio_net_hdr){.flags = 1,
                                    .gso_type = 1,
                                    .hdr_len = 54,
                                    .gso_size = 1448,
                                    .csum_start = 34,
                                    .csum_offset = 16};
        memcpy(f, &h, HDR);
    }
    memcpy(f + HDR, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0", 14);
    ip[0] = 0x45;
    ip[2] = (uint8_t)((len - 14) >> 8);
    ip[3] = (uint8_t)(len - 14);
    ip[8] = 64;
    ip[9] = IPPROTO_TCP;
    memcpy(ip + 12, "\x0a\0\0\x01\x0a\0\0\x02", 8);
    for (unsigned i = 0; i < 20; i += 2)
        sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    ip[10] = (uint8_t)(~sum >> 8);
    ip[11] = (uint8_t)~sum;
    tcp[12] = 5 << 4;
    tcp[13] = 16;
    return HDR + len;
}

static void if_up(const char *name)
{
    struct ifreq ifr = {.ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    strcpy(ifr.ifr_name, name);
    must(!ioctl(fd, SIOCSIFFLAGS, &ifr), "SIOCSIFFLAGS");
    close(fd);
}

static int bare_tap(void)
{
    struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK), hdr = HDR;

    strcpy(ifr.ifr_name, "bare");
    must(fd >= 0 && !ioctl(fd, TUNSETIFF, &ifr) &&
             !ioctl(fd, TUNSETVNETHDRSZ, &hdr) &&
             !ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4),
         "tap");
    if_up("bare");
    return fd;
}

/* ---- frames from the host's side, as many as go ---- */

struct source {
    pthread_t thread;
    const char *ifname;
    size_t len;
    atomic_bool stop;
};

static void *source_main(void *opaque)
{
    struct source *s = opaque;
    struct sockaddr_ll ll = {.sll_family = AF_PACKET};
    static uint8_t frame[70000];
    size_t n = make_frame(frame, s->len);
    int on = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);
    /* the packet socket's header has no num_buffers */
    struct iovec iov[2] = {{frame, 10}, {frame + HDR, n - HDR}};

    ll.sll_ifindex = (int)if_nametoindex(s->ifname);
    must(!setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) &&
             !bind(fd, (struct sockaddr *)&ll, sizeof(ll)),
         "packet socket");
    while (!atomic_load(&s->stop))
        if (writev(fd, iov, 2) < 0)
            sched_yield(); /* the queue is full */
    close(fd);
    return NULL;
}

static void source_start(struct source *s, const char *ifname, size_t len)
{
    *s = (struct source){.ifname = ifname, .len = len};
    must(!pthread_create(&s->thread, NULL, source_main, s), "thread");
}

static void source_stop(struct source *s)
{
    atomic_store(&s->stop, true);
    pthread_join(s->thread, NULL);
}

/* ---- the floor ---- */

static struct cost bare_tx(int fd, size_t len)
{
    static uint8_t frame[70000];
    struct iovec iov = {frame, make_frame(frame, len)};
    double start = now(), cpu = clock_sec(CLOCK_THREAD_CPUTIME_ID);
    uint64_t n = 0;

    for (; n % 64 || now() - start < seconds; n++)
        must(writev(fd, &iov, 1) > 0, "writev");
    return cost(n, now() - start, clock_sec(CLOCK_THREAD_CPUTIME_ID) - cpu);
}

static struct cost bare_rx(int fd, size_t len)
{
    static uint8_t buf[20][BUF];
    struct iovec iov[20];
    struct source s;
    double start, cpu;
    uint64_t n = 0;

    for (unsigned i = 0; i < 20; i++)
        iov[i] = (struct iovec){buf[i], BUF};
    source_start(&s, "bare", len);
    start = now();
    cpu = clock_sec(CLOCK_THREAD_CPUTIME_ID);
    while (now() - start < seconds) {
        struct pollfd p = {fd, POLLIN, 0};

        if (readv(fd, iov, 20) > 0)
            n++;
        else
            poll(&p, 1, 10);
    }
    cpu = clock_sec(CLOCK_THREAD_CPUTIME_ID) - cpu;
    source_stop(&s);
    return cost(n, now() - start, cpu);
}

/* ---- the card ---- */

struct nic {
    struct testvm *t;
    struct vd d;
    uint8_t *ram;
};

static void *at(struct nic *n, uint64_t gpa)
{
    return n->ram + gpa;
}

static void nic_new(struct nic *n)
{
    n->t = tv_new("pc", (const char *[]){"-m", "64", "-netdev",
                                         "tap,id=n,ifname=card", "-device",
                                         "virtio-net-pci,netdev=n", NULL});
    vd_bring_up(&n->d, n->t, VIRTIO_ID_NET, 0, 3);
    for (struct ram *r = n->t->vm.rams; r; r = r->next)
        if (r->size == 64 << 20)
            n->ram = r->host;
    if_up("card");
}

static clockid_t thread_clock(struct nic *n, unsigned queue)
{
    struct virtio_dev *v = (void *)tv_dev(n->t, "virtio-net-pci");
    clockid_t clock;

    must(!pthread_getcpuclockid(v->vq[queue].thread->thread, &clock), "clock");
    return clock;
}

static uint16_t used_idx(struct nic *n, struct vd_queue *q)
{
    return __atomic_load_n((uint16_t *)at(n, q->used + 2), __ATOMIC_ACQUIRE);
}

/* Offers upto heads more and kicks if the device asks for it. */
static void offer(struct nic *n, struct vd_queue *q, unsigned count)
{
    uint16_t *ring = at(n, q->avail + 4), old = q->avail_idx, event;

    for (unsigned i = 0; i < count; i++, q->avail_idx++)
        ring[q->avail_idx % q->size] = q->avail_idx % q->size;
    __atomic_store_n((uint16_t *)at(n, q->avail + 2), q->avail_idx,
                     __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    event = *(volatile uint16_t *)at(n, q->used + 4 + 8 * q->size);
    if ((uint16_t)(q->avail_idx - event - 1) < (uint16_t)(q->avail_idx - old))
        vd_kick(q);
}

static struct cost card_tx(struct nic *n, size_t len)
{
    struct vd_queue *q = &n->d.q[1];
    uint64_t buf = vd_alloc(&n->d, 70000, 4096), frames = 0;
    uint32_t all = (uint32_t)make_frame(at(n, buf), len);
    uint16_t seen = used_idx(n, q);
    clockid_t clock = thread_clock(n, 1);
    double start = now(), cpu = clock_sec(clock);

    for (unsigned i = 0; i < q->size; i++)
        vd_set_desc(q, i, buf, all, 0, 0);
    while (now() - start < seconds) {
        unsigned room = q->size - (uint16_t)(q->avail_idx - seen);

        if (room >= q->size / 4)
            offer(n, q, room);
        else
            sched_yield();
        frames += (uint16_t)(used_idx(n, q) - seen);
        seen = used_idx(n, q);
    }
    while (seen != q->avail_idx)
        seen = used_idx(n, q);
    return cost(frames, now() - start, clock_sec(clock) - cpu);
}

static struct cost card_rx(struct nic *n, size_t len)
{
    struct vd_queue *q = &n->d.q[0];
    uint64_t buf = vd_alloc(&n->d, (size_t)q->size * BUF, 4096);
    struct net_stats *stats = &net_find(&n->t->vm, "n")->stats;
    uint64_t frames = stats->rx_frames;
    uint16_t seen = used_idx(n, q);
    clockid_t clock = thread_clock(n, 0);
    struct source s;
    double start, cpu;

    for (unsigned i = 0; i < q->size; i++)
        vd_set_desc(q, i, buf + i * BUF, BUF, 2, 0);
    source_start(&s, "card", len);
    start = now();
    cpu = clock_sec(clock);
    while (now() - start < seconds) {
        unsigned room = q->size - (uint16_t)(q->avail_idx - seen);

        if (room >= q->size / 4)
            offer(n, q, room);
        else
            sched_yield();
        seen = used_idx(n, q); /* in order: the descriptors are ours again */
    }
    frames = stats->rx_frames - frames;
    cpu = clock_sec(clock) - cpu;
    source_stop(&s);
    return cost(frames, now() - start, cpu);
}

START_TEST(table)
{
    static const size_t sizes[] = {60, 1514, 65226};
    struct nic nic = {0};
    int fd;

    must(!unshare(CLONE_NEWNET), "unshare (root?)");
    fd = bare_tap();
    nic_new(&nic);
    printf("processor time a frame, ns (frames a second)\n"
           "frame  %-36s %s\n",
           "out: bare      card    card/bare",
           "in: bare       card    card/bare");
    for (unsigned i = 0; i < 3; i++) {
        struct cost c[4] = {bare_tx(fd, sizes[i]), card_tx(&nic, sizes[i]),
                            bare_rx(fd, sizes[i]), card_rx(&nic, sizes[i])};

        printf("%5zu", sizes[i]);
        for (unsigned j = 0; j < 4; j += 2)
            printf("  %6.0f (%6.0f) %6.0f (%6.0f) %5.2f", c[j].ns, c[j].rate,
                   c[j + 1].ns, c[j + 1].rate, c[j + 1].ns / c[j].ns);
        printf("\n");
    }
    vd_reset(&nic.d);
    tv_free(nic.t);
    close(fd);
}
END_TEST

/* The driver's checks want a test around them. */
int main(int argc, char **argv)
{
    Suite *s = suite_create("net-native");
    TCase *c = tcase_create("net-native");
    SRunner *r = srunner_create(s);
    int failed;

    if (argc > 1)
        seconds = atof(argv[1]);
    tcase_add_test(c, table);
    suite_add_tcase(s, c);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_SILENT);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
