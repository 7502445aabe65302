/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xs-record DOMID RING <SCRIPT: runs it on a real xenstored, whose socket is
 * $XENSTORED_PATH, as domain 0 and as a guest whose ring the file RING is.
 * The guest's events are not needed: xenstored looks at all rings whenever
 * anybody asks it anything.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "kvm/xenemu/xs-priv.h"
#include "tests/xenemu/xs-script.h"

#define RING 1024u
enum { READ = 2, INTRODUCE = 8 };

struct ring {
    uint8_t req[RING], rsp[RING];
    _Atomic uint32_t req_cons, req_prod, rsp_cons, rsp_prod;
};

struct dom0 {
    struct xs_end end;
    int fd;
};
struct guest {
    struct xs_end end;
    struct ring *ring;
    struct dom0 kick;
};

static void die(const char *what)
{
    fprintf(stderr, "xs-record: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void sock_put(struct xs_end *e, const void *buf, size_t len)
{
    while (len) {
        ssize_t r = write(((struct dom0 *)e)->fd, buf, len);

        if (r <= 0)
            die("write");
        buf = (const char *)buf + r;
        len -= (size_t)r;
    }
}

static void sock_get(struct xs_end *e, void *buf, size_t len)
{
    while (len) {
        ssize_t r = read(((struct dom0 *)e)->fd, buf, len);

        if (r <= 0)
            die("read");
        buf = (char *)buf + r;
        len -= (size_t)r;
    }
}

static void sock_open(struct dom0 *d)
{
    const char *path = getenv("XENSTORED_PATH");
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path ? path : "");
    d->end = (struct xs_end){sock_put, sock_get};
    d->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (d->fd < 0 || connect(d->fd, (struct sockaddr *)&a, sizeof(a)))
        die(a.sun_path);
}

/* A request whose answer does not matter. */
static void ask(struct dom0 *d, uint32_t type, const char *data, uint32_t len)
{
    struct xs_header h = {type, 0, 0, len};
    char answer[XS_PAYLOAD_MAX];

    sock_put(&d->end, &h, sizeof(h));
    sock_put(&d->end, data, len);
    sock_get(&d->end, &h, sizeof(h));
    if (h.len > sizeof(answer))
        die("an answer that is too long");
    sock_get(&d->end, answer, h.len);
}

static void kick(struct guest *g)
{
    ask(&g->kick, READ, "/", 2);
}

static void ring_put(struct xs_end *e, const void *buf, size_t len)
{
    struct guest *g = (struct guest *)e;

    for (size_t i = 0; i < len;) {
        uint32_t prod = g->ring->req_prod;

        if (prod - g->ring->req_cons < RING) {
            g->ring->req[prod % RING] = ((const uint8_t *)buf)[i++];
            atomic_store(&g->ring->req_prod, prod + 1);
        } else {
            kick(g);
        }
    }
    kick(g);
}

static void ring_get(struct xs_end *e, void *buf, size_t len)
{
    struct guest *g = (struct guest *)e;

    for (size_t i = 0; i < len;) {
        uint32_t cons = g->ring->rsp_cons;

        if (g->ring->rsp_prod != cons) {
            ((uint8_t *)buf)[i++] = g->ring->rsp[cons % RING];
            atomic_store(&g->ring->rsp_cons, cons + 1);
        } else {
            usleep(1000); /* it may be held back: it writes so much */
            kick(g);
        }
    }
}

int main(int argc, char **argv)
{
    struct guest guest = {.end = {ring_put, ring_get}};
    struct dom0 dom0;
    unsigned domid;
    char text[32];
    int fd;

    if (argc != 3)
        return 2;
    domid = (unsigned)atoi(argv[1]);
    fd = open(argv[2], O_RDWR);
    guest.ring = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (guest.ring == MAP_FAILED)
        die(argv[2]);
    sock_open(&dom0);
    sock_open(&guest.kick);
    ask(&dom0, INTRODUCE, text,
        (uint32_t)sprintf(text, "%u%c1%c1", domid, 0, 0) + 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("# domid %u\n", domid);
    xs_script_run(stdin, stdout, domid, &guest.end, &dom0.end);
    return 0;
}
