/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/lib/fake-xenif.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lib/testvm.h"

#define PORTS 64
#define WATCHES 64
#define GNTST_BAD_GNTREF (-3)

struct node {
    char *path, *value;
};

struct store {
    struct node *nodes;
    unsigned n;
};

struct watch {
    struct fake *f;
    char path[XENIF_PATH_MAX];
    void (*fn)(void *opaque, const char *path);
    void *opaque;
    bool used, fire;
};

struct grant {
    bool granted, readonly;
    unsigned maps;
};

struct mapping {
    struct mapping *next;
    void *addr;
    unsigned n;
    unsigned pages[];
};

struct port {
    bool used, bound, masked, latched;
    int to_backend, to_guest; /* eventfds */
    unsigned unmasks;
};

struct fake {
    struct xenif x;
    struct xenif_ops ops;
    struct loop *loop;
    struct loop_task watch_task;
    pthread_mutex_t lock;
    /* all below: protected by lock */
    struct store now, tx;
    char *tx_log[256]; /* paths written */
    unsigned tx_logged, tx_id, generation, tx_generation, conflicts;
    struct watch watch[WATCHES];
    struct grant *grants;
    struct mapping *maps;
    struct port ports[PORTS];
    unsigned mapped, map_max;
    unsigned calls[FAKE_OPS], fail_at[FAKE_OPS], kill_at;
    int fail_rc[FAKE_OPS];
    bool fail_piece;
    unsigned piece;
    int16_t piece_status;
    uint8_t *mem;
    int memfd;
};

static struct fake *of(struct xenif *x)
{
    return (struct fake *)x;
}

static void maybe_die(struct fake *f)
{
    if (f->kill_at && !--f->kill_at)
        raise(SIGKILL);
}

/* Locked. What this call has to answer, 0: it may go on. */
static int call(struct fake *f, enum fake_op op)
{
    const enum fake_op both[] = {op, FAKE_ANY};

    maybe_die(f);
    for (unsigned i = 0; i < 2; i++) {
        enum fake_op o = both[i];

        f->calls[o]++;
        if (f->fail_at[o] && !--f->fail_at[o])
            return f->fail_rc[o];
    }
    return 0;
}

/* ---- xenstore ---- */

static struct node *find(struct store *s, const char *path)
{
    for (unsigned i = 0; i < s->n; i++)
        if (!strcmp(s->nodes[i].path, path))
            return &s->nodes[i];
    return NULL;
}

static void store_free(struct store *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        free(s->nodes[i].path);
        free(s->nodes[i].value);
    }
    free(s->nodes);
    *s = (struct store){0};
}

static void store_set(struct store *s, const char *path, const char *value)
{
    struct node *n = find(s, path);

    if (!n) {
        s->nodes = realloc(s->nodes, (s->n + 1) * sizeof(*s->nodes));
        n = &s->nodes[s->n++];
        *n = (struct node){.path = strdup(path)};
    }
    free(n->value);
    n->value = strdup(value);
}

static bool below(const char *path, const char *top)
{
    size_t len = strlen(top);

    return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

static int store_remove(struct store *s, const char *path)
{
    unsigned kept = 0, had = s->n;

    for (unsigned i = 0; i < s->n; i++) {
        if (below(s->nodes[i].path, path)) {
            free(s->nodes[i].path);
            free(s->nodes[i].value);
        } else {
            s->nodes[kept++] = s->nodes[i];
        }
    }
    s->n = kept;
    return kept == had ? -ENOENT : 0;
}

/* Locked. */
static void changed(struct fake *f, const char *path)
{
    for (unsigned i = 0; i < WATCHES; i++) {
        struct watch *w = &f->watch[i];

        if (w->used && (below(path, w->path) || below(w->path, path)))
            w->fire = true;
    }
    f->generation++;
    loop_post(f->loop, &f->watch_task);
}

static void run_watches(void *opaque)
{
    struct fake *f = opaque;

    for (unsigned i = 0; i < WATCHES; i++) {
        struct watch *w = &f->watch[i];
        bool fire;

        pthread_mutex_lock(&f->lock);
        fire = w->used && w->fire;
        w->fire = false;
        pthread_mutex_unlock(&f->lock);
        if (fire)
            w->fn(w->opaque, w->path);
    }
}

static struct store *which(struct fake *f, uint32_t tx)
{
    assert(!tx || tx == f->tx_id);
    return tx ? &f->tx : &f->now;
}

static int fake_read(struct xenif *x, uint32_t tx, const char *path,
                     char **value)
{
    struct fake *f = of(x);
    struct node *n;
    int rc;

    pthread_mutex_lock(&f->lock);
    rc = call(f, FAKE_XS_READ);
    n = find(which(f, tx), path);
    if (!rc && !n)
        rc = -ENOENT;
    if (!rc && strlen(n->value) > XENIF_VALUE_MAX)
        rc = -E2BIG;
    if (!rc)
        *value = strdup(n->value);
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static int modify(struct xenif *x, uint32_t tx, const char *path,
                  const char *value)
{
    struct fake *f = of(x);
    struct store *s;
    int rc;

    assert(strlen(path) < XENIF_PATH_MAX);
    pthread_mutex_lock(&f->lock);
    rc = call(f, FAKE_XS_WRITE);
    s = which(f, tx);
    if (!rc && value)
        store_set(s, path, value);
    else if (!rc)
        rc = store_remove(s, path);
    if (!rc && tx) {
        assert(f->tx_logged < 256);
        f->tx_log[f->tx_logged++] = strdup(path);
    } else if (!rc) {
        changed(f, path);
    }
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static int fake_write(struct xenif *x, uint32_t tx, const char *path,
                      const char *value)
{
    return modify(x, tx, path, value);
}

static int fake_remove(struct xenif *x, uint32_t tx, const char *path)
{
    return modify(x, tx, path, NULL);
}

/* The names right below path, each once, in one block. */
static int fake_list(struct xenif *x, uint32_t tx, const char *path,
                     char ***names, unsigned *n)
{
    size_t top = strlen(path), bytes = 0, len;
    struct fake *f = of(x);
    struct store *s;
    char **list, *text;
    unsigned i, j;
    int rc;

    pthread_mutex_lock(&f->lock);
    rc = call(f, FAKE_XS_READ);
    s = which(f, tx);
    for (i = 0; i < s->n; i++)
        bytes += sizeof(char *) + strlen(s->nodes[i].path) + 1;
    list = rc ? NULL : malloc(bytes + 1);
    text = (char *)(list + s->n);
    *n = 0;
    for (i = 0; !rc && i < s->n; i++) {
        const char *p = s->nodes[i].path;

        if (!below(p, path) || !p[top])
            continue;
        len = strcspn(p + top + 1, "/");
        memcpy(text, p + top + 1, len);
        text[len] = '\0';
        for (j = 0; j < *n && strcmp(list[j], text);)
            j++;
        if (j < *n)
            continue;
        list[(*n)++] = text;
        text += len + 1;
    }
    if (!rc && !*n && !find(s, path)) {
        free(list);
        rc = -ENOENT;
    }
    if (!rc)
        *names = list;
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static int fake_set_perms(struct xenif *x, uint32_t tx, const char *path,
                          uint32_t owner, uint32_t reader)
{
    struct fake *f = of(x);
    int rc;

    pthread_mutex_lock(&f->lock);
    rc = call(f, FAKE_XS_WRITE);
    if (!rc && !find(which(f, tx), path))
        rc = -ENOENT;
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static int fake_tx_begin(struct xenif *x, uint32_t *tx)
{
    struct fake *f = of(x);
    int rc;

    pthread_mutex_lock(&f->lock);
    rc = call(f, FAKE_XS_TX);
    if (!rc) {
        store_free(&f->tx);
        for (unsigned i = 0; i < f->now.n; i++)
            store_set(&f->tx, f->now.nodes[i].path, f->now.nodes[i].value);
        f->tx_generation = f->generation;
        *tx = ++f->tx_id;
    }
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static int fake_tx_end(struct xenif *x, uint32_t tx, bool commit)
{
    struct fake *f = of(x);
    int rc;

    pthread_mutex_lock(&f->lock);
    assert(tx && tx == f->tx_id);
    rc = call(f, FAKE_XS_TX);
    if (!rc && commit && f->conflicts) {
        f->conflicts--;
        rc = -EAGAIN;
    } else if (!rc && commit && f->generation != f->tx_generation) {
        rc = -EAGAIN;
    }
    if (!rc && commit) {
        store_free(&f->now);
        f->now = f->tx;
        f->tx = (struct store){0};
    }
    for (unsigned i = 0; i < f->tx_logged; i++) {
        if (!rc && commit)
            changed(f, f->tx_log[i]);
        free(f->tx_log[i]);
    }
    f->tx_logged = 0;
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static int fake_watch(struct xenif *x, const char *path,
                      void (*fn)(void *opaque, const char *path), void *opaque,
                      void **handle)
{
    struct fake *f = of(x);
    unsigned i;
    int rc;

    pthread_mutex_lock(&f->lock);
    rc = call(f, FAKE_XS_WATCH);
    for (i = 0; i < WATCHES && f->watch[i].used; i++)
        ;
    assert(i < WATCHES);
    if (!rc) {
        f->watch[i] = (struct watch){.fn = fn, .opaque = opaque, .used = true};
        snprintf(f->watch[i].path, XENIF_PATH_MAX, "%s", path);
        f->watch[i].fire = true;
        *handle = &f->watch[i];
        loop_post(f->loop, &f->watch_task);
    }
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static void fake_unwatch(struct xenif *x, void *handle)
{
    struct fake *f = of(x);

    pthread_mutex_lock(&f->lock);
    ((struct watch *)handle)->used = false;
    pthread_mutex_unlock(&f->lock);
}

/* ---- grants ---- */

static bool usable(struct fake *f, grant_ref_t ref, bool write)
{
    return ref >= FAKE_REF(0) && ref < FAKE_REF(FAKE_PAGES) &&
           f->grants[ref - FAKE_REF(0)].granted &&
           !(write && f->grants[ref - FAKE_REF(0)].readonly);
}

static int fake_map_pages(struct xenif *x, const grant_ref_t *refs, unsigned n,
                          bool write, void **addr)
{
    struct fake *f = of(x);
    struct mapping *m;
    uint8_t *p = NULL;
    int rc;

    assert(n);
    pthread_mutex_lock(&f->lock);
    rc = call(f, FAKE_MAP);
    if (!rc && f->mapped + n > f->map_max)
        rc = -ENOSPC;
    for (unsigned i = 0; !rc && i < n; i++)
        if (!usable(f, refs[i], write))
            rc = -EINVAL;
    if (!rc)
        p = mmap(NULL, n * XENIF_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
    for (unsigned i = 0; !rc && i < n; i++) {
        unsigned page = refs[i] - FAKE_REF(0);
        void *at =
            mmap(p + i * XENIF_PAGE, XENIF_PAGE,
                 write ? PROT_READ | PROT_WRITE : PROT_READ,
                 MAP_SHARED | MAP_FIXED, f->memfd, (off_t)page * XENIF_PAGE);

        assert(at != MAP_FAILED);
        f->grants[page].maps++;
    }
    if (!rc) {
        m = malloc(sizeof(*m) + n * sizeof(m->pages[0]));
        *m = (struct mapping){.next = f->maps, .addr = p, .n = n};
        for (unsigned i = 0; i < n; i++)
            m->pages[i] = refs[i] - FAKE_REF(0);
        f->maps = m;
        f->mapped += n;
        *addr = p;
    }
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static int fake_unmap(struct xenif *x, void *addr, unsigned n)
{
    struct fake *f = of(x);
    struct mapping **link, *m;

    pthread_mutex_lock(&f->lock);
    for (link = &f->maps; *link && (*link)->addr != addr; link = &(*link)->next)
        ;
    m = *link;
    assert(m && m->n == n);
    *link = m->next;
    for (unsigned i = 0; i < n; i++)
        f->grants[m->pages[i]].maps--;
    f->mapped -= n;
    free(m);
    munmap(addr, n * XENIF_PAGE);
    pthread_mutex_unlock(&f->lock);
    return 0;
}

static int fake_hold(struct xenif *x, grant_ref_t ref, bool write,
                     struct xenif_page *p)
{
    struct fake *f = of(x);
    int rc;

    pthread_mutex_lock(&f->lock);
    rc = call(f, FAKE_HOLD);
    if (!rc && f->mapped == f->map_max)
        rc = -ENOSPC;
    if (!rc && !usable(f, ref, write))
        rc = -EINVAL;
    if (!rc) {
        *p = (struct xenif_page){.addr = f->mem + (size_t)(ref - FAKE_REF(0)) *
                                                      XENIF_PAGE,
                                 .ref = ref};
        f->grants[ref - FAKE_REF(0)].maps++;
        f->mapped++;
    }
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static void fake_drop(struct xenif *x, const struct xenif_page *p)
{
    struct fake *f = of(x);

    pthread_mutex_lock(&f->lock);
    assert(f->grants[p->ref - FAKE_REF(0)].maps);
    f->grants[p->ref - FAKE_REF(0)].maps--;
    f->mapped--;
    pthread_mutex_unlock(&f->lock);
}

static int fake_copy(struct xenif *x, struct xenif_copy *pieces, unsigned n)
{
    struct fake *f = of(x);
    int rc;

    pthread_mutex_lock(&f->lock);
    rc = call(f, FAKE_COPY);
    for (unsigned i = 0; !rc && i < n; i++) {
        struct xenif_copy *p = &pieces[i];
        void *page;

        assert((unsigned)p->off + p->len <= XENIF_PAGE);
        p->status = XENIF_GNTST_OKAY;
        if (!usable(f, p->ref, p->to_guest))
            p->status = GNTST_BAD_GNTREF;
        if (f->fail_piece && !f->piece--) {
            f->fail_piece = false;
            p->status = f->piece_status;
        }
        if (p->status)
            continue;
        page = f->mem + (p->ref - FAKE_REF(0)) * XENIF_PAGE + p->off;
        if (p->to_guest)
            memcpy(page, p->local, p->len);
        else
            memcpy(p->local, page, p->len);
    }
    pthread_mutex_unlock(&f->lock);
    return rc;
}

void *fake_page(struct xenif *x, unsigned page)
{
    assert(page < FAKE_PAGES);
    return of(x)->mem + page * XENIF_PAGE;
}

void fake_grant(struct xenif *x, unsigned first, unsigned n, bool readonly)
{
    struct fake *f = of(x);

    assert(first + n <= FAKE_PAGES);
    pthread_mutex_lock(&f->lock);
    for (unsigned i = first; i < first + n; i++) {
        f->grants[i].granted = true;
        f->grants[i].readonly = readonly;
    }
    pthread_mutex_unlock(&f->lock);
}

int fake_revoke(struct xenif *x, unsigned first, unsigned n)
{
    struct fake *f = of(x);
    int rc = 0;

    pthread_mutex_lock(&f->lock);
    for (unsigned i = first; i < first + n; i++)
        if (f->grants[i].maps)
            rc = -EBUSY;
    for (unsigned i = first; !rc && i < first + n; i++)
        f->grants[i].granted = false;
    pthread_mutex_unlock(&f->lock);
    return rc;
}

/* ---- event channels: a port has the same number at both ends ---- */

static void signal_fd(int fd)
{
    ssize_t r = write(fd, &(uint64_t){1}, 8);

    assert(r == 8);
}

static struct port *port_of(struct fake *f, evtchn_port_t port)
{
    assert(port && port < PORTS && f->ports[port].used);
    return &f->ports[port];
}

static int fake_bind(struct xenif *x, evtchn_port_t remote,
                     evtchn_port_t *local, int *fd)
{
    struct fake *f = of(x);
    int rc;

    pthread_mutex_lock(&f->lock);
    rc = call(f, FAKE_BIND);
    if (!rc && (!remote || remote >= PORTS || !f->ports[remote].used ||
                f->ports[remote].bound))
        rc = -EINVAL;
    if (!rc) {
        f->ports[remote].bound = true;
        f->ports[remote].masked = false;
        *local = remote;
        *fd = f->ports[remote].to_backend;
    }
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static void fake_unbind(struct xenif *x, evtchn_port_t local)
{
    struct fake *f = of(x);

    pthread_mutex_lock(&f->lock);
    assert(port_of(f, local)->bound);
    port_of(f, local)->bound = false;
    pthread_mutex_unlock(&f->lock);
}

static bool fake_pending(struct xenif *x, evtchn_port_t local)
{
    struct fake *f = of(x);
    struct port *p;
    uint64_t v;
    bool any;

    pthread_mutex_lock(&f->lock);
    maybe_die(f);
    p = port_of(f, local);
    any = read(p->to_backend, &v, 8) == 8;
    if (any)
        p->masked = true;
    pthread_mutex_unlock(&f->lock);
    return any;
}

static int fake_unmask(struct xenif *x, evtchn_port_t local)
{
    struct fake *f = of(x);
    struct port *p;

    pthread_mutex_lock(&f->lock);
    maybe_die(f);
    p = port_of(f, local);
    assert(p->masked);
    p->masked = false;
    p->unmasks++;
    if (p->latched)
        signal_fd(p->to_backend);
    p->latched = false;
    pthread_mutex_unlock(&f->lock);
    return 0;
}

static int fake_tell(struct xenif *x, evtchn_port_t local)
{
    struct fake *f = of(x);

    pthread_mutex_lock(&f->lock);
    maybe_die(f);
    signal_fd(port_of(f, local)->to_guest);
    pthread_mutex_unlock(&f->lock);
    return 0;
}

evtchn_port_t fake_port(struct xenif *x)
{
    struct fake *f = of(x);
    evtchn_port_t i;

    pthread_mutex_lock(&f->lock);
    for (i = 1; i < PORTS && f->ports[i].used; i++)
        ;
    assert(i < PORTS);
    f->ports[i] = (struct port){
        .used = true,
        .to_backend = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
        .to_guest = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
    };
    pthread_mutex_unlock(&f->lock);
    return i;
}

void fake_notify(struct xenif *x, evtchn_port_t port)
{
    struct fake *f = of(x);
    struct port *p;

    pthread_mutex_lock(&f->lock);
    p = port_of(f, port);
    if (p->masked)
        p->latched = true;
    else
        signal_fd(p->to_backend);
    pthread_mutex_unlock(&f->lock);
}

bool fake_wait(struct xenif *x, evtchn_port_t port, int ms)
{
    int fd = port_of(of(x), port)->to_guest;
    uint64_t v;

    return tv_readable(fd, ms) && read(fd, &v, 8) == 8;
}

unsigned fake_unmasks(struct xenif *x, evtchn_port_t port)
{
    struct fake *f = of(x);
    unsigned n;

    pthread_mutex_lock(&f->lock);
    n = port_of(f, port)->unmasks;
    pthread_mutex_unlock(&f->lock);
    return n;
}

/* ---- from outside ---- */

void fake_fail(struct xenif *x, enum fake_op op, unsigned n, int rc)
{
    struct fake *f = of(x);

    pthread_mutex_lock(&f->lock);
    f->fail_at[op] = n;
    f->fail_rc[op] = rc;
    pthread_mutex_unlock(&f->lock);
}

void fake_kill(struct xenif *x, unsigned n)
{
    struct fake *f = of(x);

    pthread_mutex_lock(&f->lock);
    f->kill_at = n;
    pthread_mutex_unlock(&f->lock);
}

void fake_home(struct xenif *x, struct loop *loop)
{
    struct fake *f = of(x);

    f->loop = loop;
    f->watch_task = (struct loop_task){.fn = run_watches, .opaque = f};
}

void fake_fail_piece(struct xenif *x, unsigned k, int16_t status)
{
    struct fake *f = of(x);

    pthread_mutex_lock(&f->lock);
    f->fail_piece = true;
    f->piece = k;
    f->piece_status = status;
    pthread_mutex_unlock(&f->lock);
}

void fake_conflicts(struct xenif *x, unsigned n)
{
    of(x)->conflicts = n;
}

void fake_map_max(struct xenif *x, unsigned pages)
{
    of(x)->map_max = pages;
}

static unsigned locked_read(struct fake *f, const unsigned *v)
{
    unsigned n;

    pthread_mutex_lock(&f->lock);
    n = *v;
    pthread_mutex_unlock(&f->lock);
    return n;
}

unsigned fake_calls(struct xenif *x, enum fake_op op)
{
    return locked_read(of(x), &of(x)->calls[op]);
}

unsigned fake_mapped(struct xenif *x)
{
    return locked_read(of(x), &of(x)->mapped);
}

unsigned fake_watches(struct xenif *x)
{
    unsigned n = 0;

    for (unsigned i = 0; i < WATCHES; i++)
        n += of(x)->watch[i].used;
    return n;
}

unsigned fake_ports(struct xenif *x)
{
    unsigned n = 0;

    for (unsigned i = 0; i < PORTS; i++)
        n += of(x)->ports[i].bound;
    return n;
}

void fake_xs_set(struct xenif *x, const char *value, const char *fmt, ...)
{
    struct fake *f = of(x);
    char path[2 * XENIF_PATH_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(path, sizeof(path), fmt, ap);
    va_end(ap);
    pthread_mutex_lock(&f->lock);
    if (value)
        store_set(&f->now, path, value);
    else
        store_remove(&f->now, path);
    changed(f, path);
    pthread_mutex_unlock(&f->lock);
}

const char *fake_xs_get(struct xenif *x, const char *fmt, ...)
{
    static _Thread_local char value[XENIF_VALUE_MAX + 1];
    struct fake *f = of(x);
    char path[2 * XENIF_PATH_MAX];
    struct node *n;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(path, sizeof(path), fmt, ap);
    va_end(ap);
    pthread_mutex_lock(&f->lock);
    n = find(&f->now, path);
    snprintf(value, sizeof(value), "%s", n ? n->value : "");
    pthread_mutex_unlock(&f->lock);
    return value;
}

struct fake_mutator {
    pthread_t thread;
    volatile uint32_t *mem;
    size_t words;
    uint32_t seed;
    atomic_bool stop;
};

/* The words it changes race with whoever uses them: that is its purpose. */
static void *mutate(void *opaque)
{
    struct fake_mutator *m = opaque;
    uint32_t r = m->seed | 1;

    while (!atomic_load(&m->stop)) {
        size_t at;
        uint32_t had;

        r ^= r << 13;
        r ^= r >> 17;
        r ^= r << 5;
        at = r % m->words;
        had = m->mem[at];
        m->mem[at] = r & 0x100 ? ~had : r;
        for (unsigned i = 0; i < (r >> 28); i++)
            atomic_signal_fence(memory_order_seq_cst);
        m->mem[at] = had;
        if ((r & 0xff) == 0)
            usleep(50); /* the machine is shared */
    }
    return NULL;
}

struct fake_mutator *fake_mutate(void *mem, size_t len, uint32_t seed)
{
    struct fake_mutator *m = calloc(1, sizeof(*m));

    *m = (struct fake_mutator){.mem = mem, .words = len / 4, .seed = seed};
    pthread_create(&m->thread, NULL, mutate, m);
    return m;
}

void fake_mutate_stop(struct fake_mutator *m)
{
    atomic_store(&m->stop, true);
    pthread_join(m->thread, NULL);
    free(m);
}

/* ---- life ---- */

static const struct xenif_ops fake_ops = {
    .name = "fake",
    .xs_read = fake_read,
    .xs_write = fake_write,
    .xs_remove = fake_remove,
    .xs_list = fake_list,
    .xs_set_perms = fake_set_perms,
    .xs_tx_begin = fake_tx_begin,
    .xs_tx_end = fake_tx_end,
    .xs_watch = fake_watch,
    .xs_unwatch = fake_unwatch,
    .gnt_map = fake_map_pages,
    .gnt_unmap = fake_unmap,
    .gnt_copy = fake_copy,
    .evtchn_bind = fake_bind,
    .evtchn_unbind = fake_unbind,
    .evtchn_pending = fake_pending,
    .evtchn_unmask = fake_unmask,
    .evtchn_notify = fake_tell,
};

void fake_pages_at_hand(struct xenif *x, bool yes)
{
    struct fake *f = of(x);

    f->ops.gnt_hold = yes ? fake_hold : NULL;
    f->ops.gnt_drop = fake_drop;
}

struct xenif *fake_xenif_new(struct loop *loop)
{
    struct fake *f = calloc(1, sizeof(*f));
    size_t bytes = (size_t)FAKE_PAGES * XENIF_PAGE;

    f->ops = fake_ops;
    f->x.ops = &f->ops;
    f->x.domid = FAKE_DOMID;
    f->loop = loop;
    f->watch_task = (struct loop_task){.fn = run_watches, .opaque = f};
    pthread_mutex_init(&f->lock, NULL);
    f->map_max = FAKE_PAGES;
    f->grants = calloc(FAKE_PAGES, sizeof(*f->grants));
    f->memfd = memfd_create("guest", MFD_CLOEXEC);
    if (f->memfd < 0 || ftruncate(f->memfd, (off_t)bytes))
        abort();
    f->mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, f->memfd, 0);
    if (f->mem == MAP_FAILED)
        abort();
    return &f->x;
}

void fake_xenif_free(struct xenif *x)
{
    struct fake *f = of(x);

    assert(!fake_mapped(x) && !fake_watches(x) && !fake_ports(x));
    loop_cancel(f->loop, &f->watch_task);
    store_free(&f->now);
    store_free(&f->tx);
    for (unsigned i = 0; i < PORTS; i++)
        if (f->ports[i].used) {
            close(f->ports[i].to_backend);
            close(f->ports[i].to_guest);
        }
    munmap(f->mem, (size_t)FAKE_PAGES * XENIF_PAGE);
    close(f->memfd);
    free(f->grants);
    pthread_mutex_destroy(&f->lock);
    free(f);
}
