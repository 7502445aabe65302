/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvm/xenemu/xs-ring, xs-socket: the two ways to the store. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/suite.h"
#include "tests/lib/xs-client.h"

#define DOMID 5
#define RING 1024u

/* io/xs_wire.h */
struct page {
    uint8_t req[RING], rsp[RING];
    uint32_t req_cons, req_prod, rsp_cons, rsp_prod;
    uint32_t server_features, connection, error;
    uint8_t rest[4096 - 2048 - 28];
};

static struct loop *loop;
static struct xenstore *s;
static struct page *p;
static unsigned events;

static const struct xenstore_domain domain = {
    .uuid = (const uint8_t[16]){1}, .ram = 1 << 20, .vcpus = 1};

static void notify(void *opaque)
{
    events++;
}

static void setup(void)
{
    loop = loop_new(NULL);
    s = xenstore_new(loop, DOMID);
    p = calloc(1, sizeof(*p));
    events = 0;
    ck_assert_int_eq(xenstore_introduce(s, &domain), 0);
    ck_assert_int_eq(xenstore_ring_open(s, p, notify, NULL), 0);
}

static void teardown(void)
{
    xs_check(s);
    xenstore_free(s);
    loop_free(loop);
    free(p);
}

static void run(void)
{
    for (unsigned i = 0; i < 40; i++)
        loop_once(loop, 0);
}

static struct xs_wire *ring_wire(void)
{
    struct xs_conn *c = s->conns;

    while (c->privileged)
        c = c->next;
    return (struct xs_wire *)c;
}

/* The guest's driver: bytes in, as many as there is room for; bytes out. */
static size_t put(const void *buf, size_t len)
{
    size_t n = 0;

    while (n < len && p->req_prod - p->req_cons < RING)
        p->req[p->req_prod++ % RING] = ((const uint8_t *)buf)[n++];
    xenstore_ring_event(s);
    return n;
}

static size_t get(void *buf, size_t len)
{
    size_t n = 0;

    while (n < len && p->rsp_prod != p->rsp_cons)
        ((uint8_t *)buf)[n++] = p->rsp[p->rsp_cons++ % RING];
    xenstore_ring_event(s);
    return n;
}

static void send_all(const void *buf, size_t len)
{
    for (size_t n = 0; n < len;) {
        size_t more = put((const uint8_t *)buf + n, len - n);

        ck_assert_uint_gt(more, 0);
        n += more;
        run();
    }
}

static void get_all(void *buf, size_t len)
{
    for (size_t n = 0; n < len;) {
        size_t more = get((uint8_t *)buf + n, len - n);

        ck_assert_uint_gt(more, 0);
        n += more;
        run();
    }
}

static void ask(uint32_t type, const char *data, size_t len, uint32_t id)
{
    struct xs_header head = {type, id, 0, (uint32_t)len};

    send_all(&head, sizeof(head));
    send_all(data, len);
}

static void answer(uint32_t type, const char *data, size_t len, uint32_t id)
{
    char buf[XS_PAYLOAD_MAX];
    struct xs_header head;

    get_all(&head, sizeof(head));
    ck_assert_uint_eq(head.type, type);
    ck_assert_uint_eq(head.req_id, id);
    ck_assert_uint_eq(head.len, len);
    get_all(buf, len);
    ck_assert_mem_eq(buf, data, len);
}

START_TEST(requests_and_answers)
{
    char big[2000];

    ck_assert_uint_eq(p->server_features, 3);
    ask(2, "domid", 6, 7);
    answer(2, "5", 1, 7);
    ck_assert_uint_gt(events, 0);
    /* More than a ring has room for, and round it many times. */
    memset(big, 'x', sizeof(big));
    memcpy(big, "data/a", 7);
    for (uint32_t i = 0; i < 50; i++) {
        ask(11, big, sizeof(big), i);
        answer(11, "OK", 3, i);
        ask(2, "data/a", 7, i);
        answer(2, big + 7, sizeof(big) - 7, i);
    }
    /* A byte at a time. */
    for (unsigned i = 0; i < 22; i++) {
        struct xs_header head = {2, 9, 0, 6};
        const char *text = "domid";
        uint8_t byte = i < 16 ? ((uint8_t *)&head)[i] : (uint8_t)text[i - 16];

        ck_assert_uint_eq(p->rsp_prod, p->rsp_cons);
        ck_assert_uint_eq(put(&byte, 1), 1);
        run();
    }
    answer(2, "5", 1, 9);
}
END_TEST

/* A guest that only asks: what is kept for it is bounded, and none is lost. */
START_TEST(xsa_326_a_ring_that_is_not_read)
{
    struct {
        struct xs_header head;
        char path[6];
    } __attribute__((packed)) req = {{2, 0, 0, 6}, "domid"};
    uint32_t asked = 0;

    while (put(&req, sizeof(req)) == sizeof(req)) {
        req.head.req_id = ++asked;
        run();
        ck_assert_uint_lt(ring_wire()->queued, 40 << 10);
        ck_assert_uint_lt(asked, 10000);
    }
    ck_assert_uint_gt(asked, 100);
    for (uint32_t i = 0; i < asked; i++)
        answer(2, "5", 1, i);
}
END_TEST

START_TEST(indices_that_are_nonsense)
{
    static const struct {
        uint32_t req_cons, req_prod, rsp_cons, rsp_prod;
    } bad[] = {{0, RING + 1, 0, 0},   {5, 4, 0, 0},
               {0, 0xffffffff, 0, 0}, {0, 22, 1, 0},
               {0, 22, 0, RING + 1},  {0, 22, 0xfffffff0, 0x7ff},
               {0x80000000, 0, 0, 0}, {0, 22, 0x80000000, 0}};
    struct xs_header head = {2, 1, 0, 6};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_eq(xenstore_ring_open(s, p, notify, NULL), 0);
        memset(p, 0, sizeof(*p));
        memcpy(p->req, &head, sizeof(head));
        memcpy(p->req + sizeof(head), "domid", 6);
        p->req_cons = bad[i].req_cons;
        p->req_prod = bad[i].req_prod;
        p->rsp_cons = bad[i].rsp_cons;
        p->rsp_prod = bad[i].rsp_prod;
        xenstore_ring_event(s);
        run();
        ck_assert_uint_eq(p->error, 2);
        /* Nothing more is done, until it says that it begins anew. */
        memset(p, 0, 2 * RING + 16);
        memcpy(p->req, &head, sizeof(head));
        p->req_prod = 16;
        events = 0;
        xenstore_ring_event(s);
        run();
        ck_assert_uint_eq(p->req_cons, 0);
        p->connection = 1;
        xenstore_ring_event(s);
        run();
        ck_assert_uint_eq(p->connection, 0);
        ck_assert_uint_eq(p->error, 0);
        ck_assert_uint_eq(events, 1);
        ask(2, "domid", 6, 3);
        answer(2, "5", 1, 3);
    }
}
END_TEST

START_TEST(a_client_that_begins_anew)
{
    struct xs_header head = {11, 1, 0, 4000};

    ask(4, "data\0t", 7, 1);
    ask(6, "", 1, 2);
    put(&head, sizeof(head)); /* and no more of it */
    run();
    ck_assert_uint_eq(ring_wire()->conn.watches_n, 1);
    ck_assert_uint_eq(ring_wire()->conn.txs_n, 1);
    p->connection = 1;
    xenstore_ring_event(s);
    run();
    ck_assert_uint_eq(ring_wire()->conn.watches_n, 0);
    ck_assert_uint_eq(ring_wire()->conn.txs_n, 0);
    ask(2, "domid", 6, 3);
    answer(2, "5", 1, 3);
    /* A request that cannot be. */
    head.len = 4097;
    send_all(&head, sizeof(head));
    ck_assert_uint_eq(p->error, 3);
}
END_TEST

static void storm(uint32_t seed)
{
    for (unsigned i = 0; i < 30000; i++) {
        uint32_t *words = (uint32_t *)p;
        unsigned at;

        seed = seed * 1664525 + 1013904223;
        at = seed >> 8;
        if (at % 16 == 0) /* a beginning that makes sense */
            memcpy(p->req + (p->req_cons % RING & ~15u),
                   &(struct xs_header){at % 25, at, at % 3, at % 50}, 16);
        else if (at % 4 == 0)
            words[512 + at / 16 % 7] = at % 5 ? at % 2000 : seed;
        else if (at % 4 == 1)
            p->req_prod = p->req_cons + at % 300;
        else if (at % 4 == 2)
            p->rsp_cons = p->rsp_prod - at % 300;
        else
            words[at % 256] = seed;
        if (at % 1000 == 7)
            p->connection = 1;
        xenstore_ring_event(s);
        loop_once(loop, 0);
        ck_assert_uint_lt(ring_wire()->queued, 600 << 10);
        if (!(i % 256))
            xs_check(s);
    }
}

START_TEST(a_storm_in_the_page)
{
    for (uint32_t n = 0; n < fuzz_seeds(); n++) {
        printf("seed %u\n", 326 + n);
        storm(326 + n);
    }
}
END_TEST

/* ---- the socket ---- */

static char path[64];

static int client(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    run();
    return fd;
}

static void sock_ask(int fd, uint32_t type, const char *data, size_t len)
{
    struct xs_header head = {type, 1, 0, (uint32_t)len};

    ck_assert_int_eq(send(fd, &head, sizeof(head), 0), sizeof(head));
    ck_assert_int_eq(send(fd, data, len, 0), len);
    run();
}

static void sock_answer(int fd, uint32_t type, const char *data, size_t len)
{
    struct xs_header head;
    char buf[256];

    ck_assert_int_eq(recv(fd, &head, sizeof(head), 0), sizeof(head));
    ck_assert_uint_eq(head.type, type);
    ck_assert_uint_eq(head.len, len);
    ck_assert_int_eq(recv(fd, buf, len, 0), len);
    ck_assert_mem_eq(buf, data, len);
}

START_TEST(tools_on_a_socket)
{
    struct cfg_err err;
    struct stat st;
    int a, b, fds[20];
    char buf[64];

    suite_path(path, sizeof(path), "xs");
    ck_assert_int_eq(xenstore_listen(s, path, &err), 0);
    a = client();
    b = client();
    sock_ask(a, 11, "/local/domain/5/data/x\0one", 26);
    sock_answer(a, 11, "OK", 3);
    sock_ask(b, 2, "/local/domain/5/data/x", 23);
    sock_answer(b, 2, "one", 3);
    sock_ask(b, 4, "/local/domain/5/data\0t", 23);
    sock_answer(b, 4, "OK", 3);
    sock_answer(b, 15, "/local/domain/5/data\0t", 23);
    sock_ask(a, 13, "/local/domain/5/data/x", 23);
    sock_answer(a, 13, "OK", 3);
    sock_answer(b, 15, "/local/domain/5/data/x\0t", 25);
    close(b);
    run();
    sock_ask(a, 13, "/local/domain/5/data", 21);
    sock_answer(a, 13, "OK", 3);
    /* Who sends nonsense is hung up on, others are not. */
    b = client();
    memset(buf, 0xff, sizeof(buf));
    ck_assert_int_eq(send(b, buf, sizeof(buf), 0), sizeof(buf));
    run();
    ck_assert_int_eq(recv(b, buf, sizeof(buf), 0), 0);
    close(b);
    /* Too many wait until others have gone. */
    for (unsigned i = 0; i < 20; i++)
        fds[i] = client();
    for (unsigned i = 0; i < 20; i++) {
        sock_ask(fds[i], 10, "5", 2);
        if (i < 15)
            sock_answer(fds[i], 10, "/local/domain/5", 16);
    }
    for (unsigned i = 0; i < 5; i++)
        close(fds[i]);
    run();
    for (unsigned i = 15; i < 20; i++)
        sock_answer(fds[i], 10, "/local/domain/5", 16);
    for (unsigned i = 5; i < 20; i++)
        close(fds[i]);
    close(a);
    run();
    xenstore_free(s);
    ck_assert_int_ne(stat(path, &st), 0);
    /* Names that cannot be. */
    s = xenstore_new(loop, DOMID);
    ck_assert_int_eq(xenstore_listen(s, "", &err), -EINVAL);
    ck_assert_int_eq(xenstore_listen(s, "/nowhere/at/all", &err), -ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all"));
    /* What a process has left behind is taken, a file is not. */
    a = socket(AF_UNIX, SOCK_STREAM, 0);
    {
        struct sockaddr_un addr = {.sun_family = AF_UNIX};

        snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
        ck_assert_int_eq(bind(a, (struct sockaddr *)&addr, sizeof(addr)), 0);
    }
    close(a);
    ck_assert_int_eq(xenstore_listen(s, path, &err), 0);
}
END_TEST

/* A client that asks and never reads. */
START_TEST(a_tool_that_does_not_read)
{
    struct xs_header head = {10, 1, 0, 2};
    struct cfg_err err;
    unsigned n = 0;
    int fd;

    suite_path(path, sizeof(path), "xs");
    ck_assert_int_eq(xenstore_listen(s, path, &err), 0);
    fd = client();
    while (n < 1000000 &&
           send(fd, &head, sizeof(head), 0) == (int)sizeof(head) &&
           send(fd, "5", 2, 0) == 2)
        if (!(++n % 64))
            loop_once(loop, 0);
    ck_assert_uint_lt(n, 1000000);
    run();
    for (struct xs_conn *c = s->conns; c; c = c->next)
        if (c->event != s->ours.event)
            ck_assert_uint_lt(((struct xs_wire *)c)->queued, 40 << 10);
    close(fd);
    run();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        requests_and_answers,      xsa_326_a_ring_that_is_not_read,
        indices_that_are_nonsense, a_client_that_begins_anew,
        a_storm_in_the_page,       tools_on_a_socket,
        a_tool_that_does_not_read, NULL,
    };

    return run_suite("xs-ring", setup, teardown, tests);
}
