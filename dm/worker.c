/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/worker.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>

static void *worker_main(void *opaque)
{
    struct worker *w = opaque;

    loop_run(w->loop);
    return NULL;
}

int worker_start(struct worker *w, const char *name)
{
    sigset_t all, old;
    int r;

    strncpy(w->name, name, sizeof(w->name) - 1);
    w->name[sizeof(w->name) - 1] = '\0';
    w->loop = loop_new(NULL);
    if (!w->loop)
        return -errno;
    /* Signals are the main loop's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(&w->thread, NULL, worker_main, w);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r) {
        loop_free(w->loop);
        w->loop = NULL;
        return -r;
    }
    pthread_setname_np(w->thread, w->name);
    return 0;
}

struct call {
    struct loop_task task;
    void (*fn)(void *opaque);
    void *opaque;
    sem_t done;
};

static void run_call(void *opaque)
{
    struct call *c = opaque;

    c->fn(c->opaque);
    sem_post(&c->done);
}

void worker_call(struct worker *w, void (*fn)(void *opaque), void *opaque)
{
    struct call c = {.task = {.fn = run_call}, .fn = fn, .opaque = opaque};

    if (loop_is_current(w->loop)) {
        fn(opaque);
        return;
    }
    c.task.opaque = &c;
    sem_init(&c.done, 0, 0);
    loop_post(w->loop, &c.task);
    while (sem_wait(&c.done) < 0 && errno == EINTR)
        ;
    sem_destroy(&c.done);
}

void worker_stop(struct worker *w)
{
    if (!w->loop)
        return;
    loop_stop(w->loop);
    pthread_join(w->thread, NULL);
    loop_free(w->loop);
    w->loop = NULL;
}
