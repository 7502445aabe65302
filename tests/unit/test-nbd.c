/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm/block/nbd: against nbdkit, which can be made to fail. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dm/block/blk-priv.h"
#include "dm/machine.h"
#include "dm/options.h"
#include "tests/lib/suite.h"

#define BLOCK 4096u
#define BLOCKS 512u
#define DEPTH 16u
#define NBDKIT "/usr/bin/nbdkit"

static struct vm vm; /* nothing but a loop */
static char dir[64], sock[80], disk[80];
static pid_t server;

static void on_request(void *opaque)
{
}

static void setup(void)
{
    int fd;

    vm.loop = loop_new(NULL);
    vm.request_task.fn = on_request;
    suite_path(dir, sizeof(dir), "nbd-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(sock, sizeof(sock), "%s/sock", dir);
    snprintf(disk, sizeof(disk), "%s/disk", dir);
    fd = open(disk, O_CREAT | O_RDWR, 0600);
    ck_assert_int_eq(ftruncate(fd, BLOCKS * BLOCK), 0);
    close(fd);
}

static void stop_server(void)
{
    if (!server)
        return;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    server = 0;
    unlink(sock);
}

static void teardown(void)
{
    char cmd[100];

    blk_close_all(&vm);
    loop_free(vm.loop);
    stop_server();
    snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
    ck_assert_int_eq(system(cmd), 0);
}

/* The file is there before one listens at it. */
static bool server_listens(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), err;

    ck_assert_int_ge(fd, 0);
    strcpy(addr.sun_path, sock);
    err = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
    close(fd);
    return !err;
}

/* words: split at blanks. */
static void start_server(const char *words)
{
    char text[400];

    snprintf(text, sizeof(text), "exec " NBDKIT " -f -U %s %s", sock, words);
    server = fork();
    if (!server) {
        execl("/bin/sh", "sh", "-c", text, NULL);
        _exit(127);
    }
    while (!server_listens()) {
        ck_assert_msg(!waitpid(server, NULL, WNOHANG), "it has ended: %s",
                      text);
        usleep(10000);
    }
}

static void serve_disk(void)
{
    char words[100];

    snprintf(words, sizeof(words), "file %s", disk);
    start_server(words);
}

static int try_open(const char *more, struct blk **blk, struct cfg_err *err)
{
    char text[300];
    struct opts *o;
    int rc;

    err->text[0] = 0;
    snprintf(text, sizeof(text), "id=d,driver=nbd,server.path=%s,%s", sock,
             more);
    ck_assert_int_eq(opts_parse(text, NULL, &o, err), 0);
    rc = blk_open(&vm, o, blk, err);
    opts_free(o);
    return rc;
}

static struct blk *open_ok(const char *more)
{
    struct cfg_err err;
    struct blk *blk;

    ck_assert_msg(!try_open(more, &blk, &err), "%s", err.text);
    ck_assert_uint_eq(blk->size, BLOCKS * BLOCK);
    return blk;
}

struct io {
    struct blk_req req;
    struct iovec iov[2];
    uint32_t data[2 * BLOCK / 4], seed;
    unsigned block, n;
    bool busy;
};

static struct io ios[DEPTH];
static uint32_t model[BLOCKS], rnd_state = 1;
static bool locked[BLOCKS];
static unsigned in_work, failed, finished;
static int last_error;

static uint32_t rnd(uint32_t n)
{
    rnd_state = rnd_state * 1664525 + 1013904223;
    return (rnd_state >> 8) % n;
}

static void fill(uint32_t *w, uint32_t seed)
{
    for (unsigned i = 0; i < BLOCK / 4; i++)
        w[i] = seed ? seed + i * 2654435761u : 0;
}

static void io_done(struct blk_req *req, int rc)
{
    struct io *io = (struct io *)req;
    uint32_t want[BLOCK / 4];

    ck_assert(io->busy);
    io->busy = false;
    in_work--;
    finished++;
    failed += rc < 0;
    last_error = rc < 0 ? rc : last_error;
    for (unsigned i = 0; i < io->n; i++) {
        locked[io->block + i] = false;
        if (!rc && req->op == BLK_WRITE)
            model[io->block + i] = io->seed + i;
        else if (!rc && req->op == BLK_WRITE_ZEROES)
            model[io->block + i] = 0;
        fill(want, model[io->block + i]);
        if (!rc && req->op == BLK_READ)
            ck_assert(!memcmp(want, io->data + i * BLOCK / 4, BLOCK));
    }
}

static void submit_random(struct blk_queue *q, struct io *io)
{
    static const enum blk_op kinds[] = {BLK_READ,         BLK_READ,  BLK_WRITE,
                                        BLK_WRITE_ZEROES, BLK_WRITE, BLK_FLUSH};
    enum blk_op op = kinds[rnd(6)];
    unsigned split = 512 * (1 + rnd(7));

    io->n = op == BLK_FLUSH ? 0 : 1 + rnd(2);
    io->block = rnd(BLOCKS - 1);
    for (unsigned i = 0; i < io->n; i++)
        if (locked[io->block + i])
            return;
    for (unsigned i = 0; i < io->n; i++)
        locked[io->block + i] = true;
    io->seed = rnd_state | 1;
    for (unsigned i = 0; op == BLK_WRITE && i < io->n; i++)
        fill(io->data + i * BLOCK / 4, io->seed + i);
    io->iov[0] = (struct iovec){io->data, split};
    io->iov[1] =
        (struct iovec){(char *)io->data + split, io->n * BLOCK - split};
    if (rnd(2))
        io->iov[0].iov_len = io->n * BLOCK;
    io->req = (struct blk_req){
        .op = op,
        .flags = rnd(3)            ? 0
                 : op == BLK_WRITE ? BLK_REQ_FUA
                                   : BLK_REQ_UNMAP,
        .off = op == BLK_FLUSH ? 0 : (uint64_t)io->block * BLOCK,
        .len = io->n * BLOCK,
        .iov = io->iov,
        .iovcnt = op != BLK_READ && op != BLK_WRITE    ? 0
                  : io->iov[0].iov_len < io->n * BLOCK ? 2
                                                       : 1,
        .done = io_done};
    io->busy = true;
    in_work++;
    blk_submit(q, &io->req);
}

static void submit_all(struct blk_queue *q)
{
    blk_plug(q);
    for (unsigned i = 0; i < DEPTH; i++)
        if (!ios[i].busy)
            submit_random(q, &ios[i]);
    blk_unplug(q);
}

static void storm(struct blk_queue *q, unsigned n)
{
    for (unsigned until = finished + n; finished < until;) {
        submit_all(q);
        if (in_work)
            loop_once(q->loop, -1);
    }
}

static void read_all(struct blk_queue *q)
{
    blk_drain(q);
    ck_assert_uint_eq(in_work, 0);
    for (unsigned b = 0; b < BLOCKS; b++) {
        struct io *io = &ios[0];

        io->block = b;
        io->n = 1;
        io->iov[0] = (struct iovec){io->data, BLOCK};
        io->busy = locked[b] = true;
        in_work++;
        io->req = (struct blk_req){.op = BLK_READ,
                                   .off = (uint64_t)b * BLOCK,
                                   .len = BLOCK,
                                   .iov = io->iov,
                                   .iovcnt = 1,
                                   .done = io_done};
        blk_submit(q, &io->req);
        blk_drain(q);
    }
}

START_TEST(servers_of_all_kinds)
{
    static const char *const filters[] = {
        "",
        "--filter=nozero --filter=fua",
        "--filter=fua --filter=blocksize-policy",
    };
    static const char *const params[] = {
        "",
        "",
        "fuamode=emulate blocksize-maximum=4096 "
        "blocksize-error-policy=error",
    };

    for (unsigned i = 0; i < 3; i++) {
        struct blk_queue *q;
        struct blk *blk;
        char words[300];

        snprintf(words, sizeof(words), "%s file %s %s", filters[i], disk,
                 params[i]);
        start_server(words);
        blk = open_ok(i == 1 ? "cache=writethrough" : "discard=unmap");
        q = blk_queue_new(blk, vm.loop, DEPTH / 2);
        storm(q, 2000);
        read_all(q);
        ck_assert_uint_eq(failed, 0);
        blk_queue_free(q);
        blk_close(blk);
        stop_server();
    }
}
END_TEST

START_TEST(the_server_comes_back)
{
    struct blk_queue *q;
    struct blk *blk;

    serve_disk();
    blk = open_ok("reconnect-delay=60");
    q = blk_queue_new(blk, vm.loop, DEPTH);
    for (unsigned i = 0; i < 5; i++) {
        storm(q, 300);
        if (i % 2)
            submit_all(q); /* some of it may still get there */
        stop_server();
        submit_all(q);
        serve_disk();
    }
    storm(q, 100);
    read_all(q);
    ck_assert_uint_eq(failed, 0);
    blk_queue_free(q);
}
END_TEST

START_TEST(the_server_goes)
{
    struct blk_queue *q;

    serve_disk();
    q = blk_queue_new(open_ok(""), vm.loop, DEPTH);
    storm(q, 100);
    stop_server();
    while (!failed)
        storm(q, 1);
    blk_drain(q);
    /* another one is not taken for it */
    start_server("memory 1M");
    failed = 0;
    for (unsigned i = 0; i < 15; i++) {
        usleep(100000);
        storm(q, DEPTH);
    }
    blk_drain(q);
    ck_assert_uint_ge(failed, 15 * DEPTH);
    stop_server();
    serve_disk();
    /* and it itself is, soon */
    do {
        usleep(100000);
        failed = 0;
        storm(q, 1);
        blk_drain(q);
    } while (failed);
    blk_queue_free(q);
}
END_TEST

START_TEST(errors)
{
    struct blk_queue *q;
    struct cfg_err err;
    char words[200];
    struct blk *blk;

    ck_assert_int_eq(try_open("", &blk, &err), -EIO);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
    start_server("-r memory 1M");
    ck_assert_int_eq(try_open("", &blk, &err), -EROFS);
    ck_assert_int_eq(try_open("readonly=on", &blk, &err), 0);
    blk_close(blk);
    ck_assert_int_eq(try_open("readonly=on,bogus=1", &blk, &err), -EINVAL);
    ck_assert_int_eq(try_open("host=a,readonly=on", &blk, &err), -EINVAL);
    stop_server();
    start_server("--filter=blocksize-policy memory 1M blocksize-minimum=4096");
    ck_assert_int_eq(try_open("", &blk, &err), -ENOTSUP);
    stop_server();
    snprintf(words, sizeof(words),
             "--filter=error file %s error-pwrite-rate=100%% error=ENOSPC",
             disk);
    start_server(words);
    q = blk_queue_new(open_ok("werror=report"), vm.loop, DEPTH);
    storm(q, 200);
    blk_drain(q);
    ck_assert_uint_gt(failed, 20);
    ck_assert_uint_lt(failed, finished);
    ck_assert_int_eq(last_error, -ENOSPC);
    blk_queue_free(q);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        servers_of_all_kinds,
        the_server_comes_back,
        the_server_goes,
        errors,
        NULL,
    };

    if (access(NBDKIT, X_OK)) {
        puts("skipped: no nbdkit (Debian package nbdkit)");
        return 77;
    }
    return run_suite("nbd", setup, teardown, tests);
}
