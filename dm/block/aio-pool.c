/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <linux/fs.h>
#include <unistd.h>

#include "dm/block/aio.h"
#include "dm/block/blk-priv.h"

#define MAX_THREADS 4
#define STACK_SIZE (128 * 1024)

struct list {
    struct aio_op *head, *tail;
};

struct aio_pool {
    struct blk_queue *q;
    int fd;
    unsigned busy; /* the queue's thread's own: ops not told yet */
    struct loop_task task;
    pthread_mutex_t lock;
    pthread_cond_t work, finished;
    /* protected by lock */
    struct list todo, done;
    unsigned waiting; /* length of todo */
    unsigned idle;
    bool stop;
    /* the queue's thread's */
    pthread_t threads[MAX_THREADS];
    unsigned nthreads;
};

static void push(struct list *l, struct aio_op *op)
{
    op->next = NULL;
    if (l->head)
        l->tail->next = op;
    else
        l->head = op;
    l->tail = op;
}

static int execute(int fd, const struct aio_op *op)
{
    uint64_t range[2] = {op->off, op->len};
    ssize_t r = -1;

    switch (op->kind) {
    case AIO_READ:
        r = preadv2(fd, op->iov, op->iovcnt, op->off, op->flags);
        break;
    case AIO_WRITE:
        r = pwritev2(fd, op->iov, op->iovcnt, op->off, op->flags);
        break;
    case AIO_FDATASYNC:
        r = fdatasync(fd);
        break;
    case AIO_FALLOCATE:
        r = fallocate(fd, op->flags, op->off, op->len);
        break;
    case AIO_DISCARD:
        r = ioctl(fd, BLKDISCARD, range);
        break;
    }
    return r < 0 ? -errno : r;
}

static void *thread_main(void *opaque)
{
    struct aio_pool *pool = opaque;
    struct aio_op *op;

    pthread_mutex_lock(&pool->lock);
    while (!pool->stop) {
        op = pool->todo.head;
        if (!op) {
            pool->idle++;
            pthread_cond_wait(&pool->work, &pool->lock);
            pool->idle--;
            continue;
        }
        pool->todo.head = op->next;
        pool->waiting--;
        pthread_mutex_unlock(&pool->lock);
        op->res = execute(pool->fd, op);
        pthread_mutex_lock(&pool->lock);
        push(&pool->done, op);
        pthread_cond_signal(&pool->finished);
        loop_post(pool->q->loop, &pool->task);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Tells what is done: at most that, or a busy disk would never let go. */
static void reap(void *opaque)
{
    struct aio_pool *pool = opaque;
    struct aio_op *op, *next;

    pthread_mutex_lock(&pool->lock);
    op = pool->done.head;
    pool->done.head = NULL;
    pthread_mutex_unlock(&pool->lock);
    blk_plug(pool->q);
    for (; op; op = next) {
        next = op->next;
        pool->busy--;
        op->done(op, op->res);
    }
    blk_unplug(pool->q);
}

/* One thread more; false if there is none at all to do the work. */
static bool add_thread(struct aio_pool *pool)
{
    pthread_attr_t attr;
    sigset_t all, old;
    int r;

    if (pool->nthreads == MAX_THREADS)
        return true;
    /* Signals are the main loop's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    r = pthread_create(&pool->threads[pool->nthreads], &attr, thread_main,
                       pool);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!r)
        pthread_setname_np(pool->threads[pool->nthreads++], "blk-io");
    return pool->nthreads > 0;
}

void aio_pool_submit(struct aio_pool *pool, struct aio_op *op)
{
    bool more;

    pool->busy++;
    pthread_mutex_lock(&pool->lock);
    push(&pool->todo, op);
    more = ++pool->waiting > pool->idle;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    if (!more || add_thread(pool))
        return;
    /* No thread to be had: here and now. */
    pthread_mutex_lock(&pool->lock);
    pool->todo.head = NULL;
    pool->waiting = 0;
    op->res = execute(pool->fd, op);
    push(&pool->done, op);
    pthread_mutex_unlock(&pool->lock);
    loop_post(pool->q->loop, &pool->task);
}

bool aio_pool_busy(const struct aio_pool *pool)
{
    return pool && pool->busy;
}

void aio_pool_wait(struct aio_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->done.head)
        pthread_cond_wait(&pool->finished, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    reap(pool);
}

struct aio_pool *aio_pool_new(struct blk_queue *q, int fd)
{
    struct aio_pool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return NULL;
    pool->q = q;
    pool->fd = fd;
    pool->task.fn = reap;
    pool->task.opaque = pool;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->finished, NULL);
    return pool;
}

void aio_pool_free(struct aio_pool *pool)
{
    if (!pool)
        return;
    assert(!pool->busy);
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->nthreads; i++)
        pthread_join(pool->threads[i], NULL);
    loop_cancel(pool->q->loop, &pool->task);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
