/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paravirtual disk backend without a hypervisor: frontends in shared
 * memory, as threads that wait for events as a guest's driver does, against a
 * plain io_uring loop on the same file: random requests of 4 KiB. Processor
 * time is that of the process without the frontends' threads.
 *
 *   pv-blk [SECONDS [FOLDER [NAME]]]    FOLDER: where O_DIRECT works
 *                                       NAME: one table's, null, tmpfs, ...
 */
#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hw/pv/blkif-priv.h"
#include "tests/pv/blk-front.h"

#define SIZE (256u << 20)
#define BLOCK XENIF_PAGE
#define DEPTH_MAX 32u

static double seconds = 1;
static atomic_bool stop;
static char path[128];
static const char *folder = "/var/tmp", *only;

static double clock_sec(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint32_t rnd(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

struct result {
    double requests, wall, cpu;
};

/* ---- the backend ---- */

struct front {
    struct bf_ring *ring;
    pthread_t thread;
    uint32_t seed;
    unsigned first, depth; /* pages, one a request */
    bool write;
    _Atomic uint64_t done;
};

static void put(struct front *t, uint64_t id)
{
    struct bf_req req = {.op = t->write ? BLKIF_OP_WRITE : BLKIF_OP_READ,
                         .n = 1,
                         .id = id,
                         .sector =
                             rnd(&t->seed) % (SIZE / BLOCK) * (BLOCK / 512)};

    req.seg[0] = (struct blkif_segment){
        .gref = FAKE_REF(t->first + (unsigned)id), .last_sect = 7};
    bf_put(t->ring, &req);
}

/* As RING_PUSH_REQUESTS_AND_CHECK_NOTIFY of Xen's io/ring.h. */
static void push(struct bf_ring *r)
{
    uint32_t old = atomic_load(&r->head->req_prod);

    atomic_store(&r->head->req_prod, r->prod);
    atomic_thread_fence(memory_order_seq_cst);
    if (r->prod - atomic_load(&r->head->req_event) < r->prod - old)
        fake_notify(r->f->x, r->port);
}

static uint32_t await(struct bf_ring *r)
{
    uint32_t prod;

    while ((prod = atomic_load(&r->head->rsp_prod)) == r->cons && !stop) {
        atomic_store(&r->head->rsp_event, r->cons + 1);
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load(&r->head->rsp_prod) == r->cons)
            fake_wait(r->f->x, r->port, 100);
    }
    return prod;
}

static uint64_t get(struct bf_ring *r)
{
    const struct blkif_response *rsp =
        (void *)((uint8_t *)r->head + PV_RING_ENTRIES +
                 (r->cons++ & (r->size - 1)) * r->f->abi.request);

    if (rsp->status)
        abort();
    return rsp->id;
}

static void *drive(void *opaque)
{
    struct front *t = opaque;
    struct bf_ring *r = t->ring;
    uint32_t prod;

    for (unsigned i = 0; i < t->depth; i++)
        put(t, i);
    push(r);
    while (!stop) {
        prod = await(r);
        atomic_fetch_add(&t->done, prod - r->cons);
        while (r->cons != prod) {
            put(t, get(r));
        }
        push(r);
    }
    while (atomic_load(&r->head->rsp_prod) != r->prod)
        fake_wait(r->f->x, r->port, 1);
    return NULL;
}

/* All but the frontends: io_uring has threads that work for the queues'. */
static double cpu_of(const struct front *t, unsigned n)
{
    double sum = clock_sec(CLOCK_PROCESS_CPUTIME_ID);
    clockid_t clock;

    for (unsigned i = 0; i < n; i++) {
        pthread_getcpuclockid(t[i].thread, &clock);
        sum -= clock_sec(clock);
    }
    return sum;
}

static struct result measure(struct front *t, unsigned n)
{
    struct result r = {0};
    double from, cpu;

    stop = false;
    for (unsigned i = 0; i < n; i++)
        pthread_create(&t[i].thread, NULL, drive, &t[i]);
    usleep(100000);
    from = clock_sec(CLOCK_MONOTONIC);
    cpu = cpu_of(t, n);
    for (unsigned i = 0; i < n; i++)
        r.requests -= (double)atomic_load(&t[i].done);
    usleep((useconds_t)(seconds * 1e6));
    for (unsigned i = 0; i < n; i++)
        r.requests += (double)atomic_load(&t[i].done);
    r.cpu = cpu_of(t, n) - cpu;
    r.wall = clock_sec(CLOCK_MONOTONIC) - from;
    stop = true;
    for (unsigned i = 0; i < n; i++)
        pthread_join(t[i].thread, NULL);
    return r;
}

static struct result backend(const char *drive_words, unsigned rings,
                             unsigned depth, bool write, bool persistent)
{
    const char *const args[] = {"-drive", drive_words, NULL};
    struct testvm *t = tv_new("none", args);
    struct bf f = {.vm = &t->vm, .x = fake_xenif_new(t->vm.loop)};
    struct blkif_conf conf = {.blk = blk_find(&t->vm, "d0")};
    struct front front[BF_QUEUES] = {0};
    struct cfg_err err;
    struct result r;
    struct blkif *b;

    bf_folders(f.x);
    fake_grant(f.x, BF_DATA, BF_QUEUES * DEPTH_MAX, false);
    vm_lock(&t->vm);
    if (blkif_new(&t->vm, f.x, BF_BACK, &conf, &b, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    vm_unlock(&t->vm);
    bf_run(&f);
    bf_set_front(&f, "feature-persistent", persistent ? "1" : "0");
    bf_connect(&f, NULL, rings, 0);
    for (unsigned i = 0; i < rings; i++) {
        front[i].ring = &f.ring[i];
        front[i].seed = i + 1;
        front[i].first = BF_DATA + i * DEPTH_MAX;
        front[i].depth = depth;
        front[i].write = write;
    }
    r = measure(front, rings);
    vm_lock(&t->vm);
    blkif_free(b);
    vm_unlock(&t->vm);
    fake_xenif_free(f.x);
    tv_free(t);
    return r;
}

/* ---- what there is to be had ---- */

static void prepare(struct io_uring *u, int fd, bool write, uint8_t *buf,
                    uintptr_t i, uint32_t *seed)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(u);
    uint64_t off = rnd(seed) % (SIZE / BLOCK) * (uint64_t)BLOCK;

    if (write)
        io_uring_prep_write(sqe, fd, buf + i * BLOCK, BLOCK, off);
    else
        io_uring_prep_read(sqe, fd, buf + i * BLOCK, BLOCK, off);
    io_uring_sqe_set_data(sqe, (void *)i);
}

static struct result bare_loop(bool direct, unsigned depth, bool write)
{
    int fd = open(path, O_RDWR | (direct ? O_DIRECT : 0));
    double from = clock_sec(CLOCK_MONOTONIC);
    double cpu = clock_sec(CLOCK_PROCESS_CPUTIME_ID);
    struct io_uring_cqe *cqe;
    struct result r = {0};
    struct io_uring u;
    uint32_t seed = 1;
    void *buf;

    if (fd < 0 || io_uring_queue_init(DEPTH_MAX, &u, 0) ||
        posix_memalign(&buf, BLOCK, DEPTH_MAX * BLOCK)) {
        perror(path);
        exit(1);
    }
    for (unsigned i = 0; i < depth; i++)
        prepare(&u, fd, write, buf, i, &seed);
    do {
        unsigned head, n = 0;

        io_uring_submit_and_wait(&u, 1);
        io_uring_for_each_cqe(&u, head, cqe)
        {
            if (cqe->res != (int)BLOCK)
                abort();
            prepare(&u, fd, write, buf, (uintptr_t)io_uring_cqe_get_data(cqe),
                    &seed);
            n++;
        }
        io_uring_cq_advance(&u, n);
        r.requests += n;
        r.wall = clock_sec(CLOCK_MONOTONIC) - from;
    } while (r.wall < seconds);
    r.cpu = clock_sec(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    io_uring_queue_exit(&u);
    close(fd);
    free(buf);
    return r;
}

/* The peer: its own loop over its block layer, at offsets one after another. */
static void qemu_img(bool direct, unsigned depth, bool write)
{
    char cmd[400];
    struct rusage before, after;
    double from = clock_sec(CLOCK_MONOTONIC), wall, cpu;
    const double count = 100000 * seconds;

    snprintf(cmd, sizeof(cmd),
             "qemu-img bench -q -f raw -t %s -i io_uring -c %.0f -d %u "
             "-s 4096 %s %s >/dev/null 2>&1",
             direct ? "none" : "writeback", count, depth, write ? "-w" : "",
             path);
    getrusage(RUSAGE_CHILDREN, &before);
    if (system(cmd))
        return;
    getrusage(RUSAGE_CHILDREN, &after);
    wall = clock_sec(CLOCK_MONOTONIC) - from;
    cpu = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec +
                   after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
          (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec +
                   after.ru_stime.tv_usec - before.ru_stime.tv_usec) /
              1e6;
    printf("  %-22s %9.0f %11.0f\n", "qemu-img bench", count / wall,
           count / cpu);
}

/* ---- the table ---- */

static double show(const char *what, struct result r, const double *limit)
{
    double per_cpu = r.requests / r.cpu;

    printf("  %-22s %9.0f %11.0f", what, r.requests / r.wall, per_cpu);
    if (limit)
        printf("  %5.2f", per_cpu / *limit);
    puts("");
    return per_cpu;
}

/* The loop again for each number of rings, as the machine has other work. */
static void rows(const char *drive_words, bool direct, unsigned depth,
                 bool write)
{
    char what[40];
    double limit = 0;

    for (unsigned rings = 1; rings <= BF_QUEUES; rings *= 2) {
        if (*path)
            limit =
                show("io_uring loop", bare_loop(direct, depth, write), NULL);
        for (unsigned p = 0; p < 2; p++) {
            snprintf(what, sizeof(what), "%u ring%s, %s", rings,
                     rings > 1 ? "s" : "", p ? "persistent" : "copy");
            show(what, backend(drive_words, rings, depth, write, p),
                 *path ? &limit : NULL);
        }
    }
}

/* All written, so that no block is a first one, and not in the page cache:
 * what is there has to be thrown away by those that pass it by. */
static void make_file(const char *file)
{
    char words[300];
    int fd;

    snprintf(path, sizeof(path), "%s/pv-blk-%d.img", file, getpid());
    snprintf(words, sizeof(words), "head -c %u /dev/zero >%s && sync %s", SIZE,
             path, path);
    if (system(words))
        exit(1);
    fd = open(path, O_RDONLY);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

static void table(const char *name, const char *file, bool direct,
                  unsigned depth, bool write)
{
    char words[300];

    if (only && strcmp(only, name))
        return;
    printf("%s, %s, depth %u a ring\n"
           "  %-22s %9s %11s  %5s\n",
           name, write ? "write" : "read", depth, "", "/s", "/cpu second",
           "ratio");
    *path = 0;
    if (!file) {
        rows("if=none,id=d0,file=null-co://,size=256M", false, depth, write);
        return;
    }
    make_file(file);
    snprintf(words, sizeof(words), "if=none,id=d0,file=%s,cache=%s", path,
             direct ? "none" : "writeback");
    rows(words, direct, depth, write);
    qemu_img(direct, depth, write);
    unlink(path);
}

/* What drives the frontends asserts as tests do, so it runs as one. */
START_TEST(tables)
{
    for (unsigned depth = DEPTH_MAX; depth; depth = depth > 1 ? 1 : 0) {
        table("null", NULL, false, depth, false);
        table("tmpfs", "/dev/shm", false, depth, false);
        table("tmpfs", "/dev/shm", false, depth, true);
        table("O_DIRECT", folder, true, depth, false);
        table("O_DIRECT", folder, true, depth, true);
    }
}
END_TEST

int main(int argc, char **argv)
{
    Suite *s = suite_create("pv-blk");
    TCase *c = tcase_create("pv-blk");
    SRunner *r = srunner_create(s);
    int failed;

    if (argc > 1)
        seconds = atof(argv[1]);
    if (argc > 2)
        folder = argv[2];
    if (argc > 3)
        only = argv[3];
    setvbuf(stdout, NULL, _IOLBF, 0);
    tcase_add_test(c, tables);
    suite_add_tcase(s, c);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
