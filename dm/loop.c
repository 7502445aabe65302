/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/loop.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dm/log.h"
#include "dm/machine.h"

#define ROUND 64 /* events taken from the kernel at once */
#define REST_MS 1000

struct loop {
    struct vm *vm;
    int epfd, wakefd;
    atomic_bool stop;
    _Atomic(struct loop_task *) posted; /* newest first */
    struct loop_task *batch;            /* what this round still runs */
    struct epoll_event ev[ROUND];       /* what this round still calls */
    int ev_next, ev_n;
    struct loop_fd *resting;
    int64_t rest_end; /* host's ms; 0: nobody rests */
    _Atomic(pthread_t) thread;
};

struct loop *loop_new(struct vm *vm)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};

    if (!loop)
        return NULL;
    loop->vm = vm;
    loop->wakefd = -1;
    loop->epfd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epfd >= 0)
        loop->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wakefd < 0 ||
        epoll_ctl(loop->epfd, EPOLL_CTL_ADD, loop->wakefd, &ev) < 0) {
        loop_free(loop);
        return NULL;
    }
    return loop;
}

void loop_free(struct loop *loop)
{
    int saved = errno;

    if (!loop)
        return;
    if (loop->wakefd >= 0)
        close(loop->wakefd);
    if (loop->epfd >= 0)
        close(loop->epfd);
    free(loop);
    errno = saved;
}

/* Async-signal-safe. */
static void wake(struct loop *loop)
{
    uint64_t one = 1;
    int saved = errno;
    ssize_t r = write(loop->wakefd, &one, sizeof(one));

    (void)r; /* EAGAIN: it is awake already */
    errno = saved;
}

/* What was posted goes behind what this round still runs, in that order. */
static void collect(struct loop *loop)
{
    struct loop_task *t, *next, *posted = NULL, **end;

    for (t = atomic_exchange(&loop->posted, NULL); t; t = next) {
        next = t->next;
        t->next = posted;
        posted = t;
    }
    for (end = &loop->batch; *end;)
        end = &(*end)->next;
    *end = posted;
}

static void run_tasks(struct loop *loop)
{
    struct loop_task *t;

    collect(loop);
    while ((t = loop->batch)) {
        loop->batch = t->next;
        atomic_store(&t->pending, false); /* fn may post it again */
        t->fn(t->opaque);
    }
}

static int ctl(struct loop *loop, int op, struct loop_fd *w)
{
    struct epoll_event ev = {.events = w->events, .data.ptr = w};

    return epoll_ctl(loop->epfd, op, w->fd, &ev) < 0 ? -errno : 0;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int until_rest_ends(const struct loop *loop, int timeout_ms)
{
    int64_t ms = loop->rest_end - now_ms();

    if (ms < 0)
        ms = 0;
    return timeout_ms < 0 || ms < timeout_ms ? (int)ms : timeout_ms;
}

static void end_rest(struct loop *loop)
{
    struct loop_fd *w;

    if (now_ms() < loop->rest_end)
        return;
    loop->rest_end = 0;
    while ((w = loop->resting)) {
        loop->resting = w->next;
        w->rests = false;
        if (w->events)
            ctl(loop, EPOLL_CTL_ADD, w);
    }
}

int loop_once(struct loop *loop, int timeout_ms)
{
    uint64_t count;
    int n;

    if (loop->rest_end)
        timeout_ms = until_rest_ends(loop, timeout_ms);
    atomic_store_explicit(&loop->thread, pthread_self(), memory_order_relaxed);
    do
        n = epoll_wait(loop->epfd, loop->ev, ROUND, timeout_ms);
    while (n < 0 && errno == EINTR && timeout_ms < 0 &&
           !atomic_load(&loop->stop));
    if (n < 0)
        return errno == EINTR ? 0 : -errno;

    if (loop->vm)
        vm_lock(loop->vm);
    if (loop->rest_end)
        end_rest(loop);
    loop->ev_n = n;
    for (loop->ev_next = 0; loop->ev_next < loop->ev_n;) {
        struct epoll_event *ev = &loop->ev[loop->ev_next++];
        struct loop_fd *w = ev->data.ptr;

        if (w) {
            w->fn(w->opaque, ev->events);
        } else if (ev->events) { /* the wake descriptor */
            ssize_t r = read(loop->wakefd, &count, sizeof(count));
            (void)r;
            run_tasks(loop);
        }
    }
    if (loop->vm)
        vm_unlock(loop->vm);
    return 0;
}

int loop_run(struct loop *loop)
{
    int rc = 0;

    while (!atomic_load(&loop->stop) && !rc)
        rc = loop_once(loop, -1);
    atomic_store(&loop->stop, false);
    return rc;
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->stop, true);
    wake(loop);
}

bool loop_is_current(const struct loop *loop)
{
    return pthread_equal(
        atomic_load_explicit(&loop->thread, memory_order_relaxed),
        pthread_self());
}

bool loop_has_lock(const struct loop *loop)
{
    return loop->vm;
}

int loop_fd_add(struct loop *loop, struct loop_fd *w)
{
    int rc = 0;

    assert(!w->loop);
    /* epoll reports a hang-up even when asked for nothing: what watches
     * nothing stays out of it. */
    if (w->events)
        rc = ctl(loop, EPOLL_CTL_ADD, w);
    if (!rc)
        w->loop = loop;
    return rc;
}

void loop_fd_events(struct loop_fd *w, uint32_t events)
{
    uint32_t old = w->events;

    if (old == events)
        return;
    w->events = events;
    if (!w->loop || w->rests)
        return;
    if (!events)
        ctl(w->loop, EPOLL_CTL_DEL, w);
    else
        ctl(w->loop, old ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w);
}

static void rest(struct loop_fd *w)
{
    struct loop *loop = w->loop;

    ctl(loop, EPOLL_CTL_DEL, w);
    w->rests = true;
    w->next = loop->resting;
    loop->resting = w;
    loop->rest_end = now_ms() + REST_MS;
}

static void unrest(struct loop_fd *w)
{
    struct loop_fd **p = &w->loop->resting;

    while (*p != w)
        p = &(*p)->next;
    *p = w->next;
    w->rests = false;
}

int loop_fd_accept(struct loop_fd *w, const char *who)
{
    int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0)
        return fd;
    fd = -errno;
    if (!w->rests &&
        (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM || fd == -ENOBUFS)) {
        log_err(who, "accept: %s", strerror(-fd));
        rest(w);
    }
    return fd;
}

void loop_fd_del(struct loop_fd *w)
{
    struct loop *loop = w->loop;

    if (!loop)
        return;
    if (w->rests)
        unrest(w);
    else if (w->events)
        ctl(loop, EPOLL_CTL_DEL, w);
    for (int i = loop->ev_next; i < loop->ev_n; i++) {
        if (loop->ev[i].data.ptr == w)
            loop->ev[i] = (struct epoll_event){0};
    }
    w->loop = NULL;
}

void loop_post(struct loop *loop, struct loop_task *task)
{
    struct loop_task *head;

    if (atomic_exchange(&task->pending, true))
        return;
    head = atomic_load(&loop->posted);
    do
        task->next = head;
    while (!atomic_compare_exchange_weak(&loop->posted, &head, task));
    wake(loop);
}

static bool unlink_task(struct loop_task **list, struct loop_task *task)
{
    for (; *list; list = &(*list)->next) {
        if (*list == task) {
            *list = task->next;
            return true;
        }
    }
    return false;
}

/* Who says pending puts it into the list next, or is about to: a task that
 * was let go of before would be called later. */
void loop_cancel(struct loop *loop, struct loop_task *task)
{
    if (!atomic_load(&task->pending))
        return;
    do
        collect(loop);
    while (!unlink_task(&loop->batch, task));
    atomic_store(&task->pending, false);
}
