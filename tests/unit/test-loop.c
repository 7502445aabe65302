/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm/loop, dm/worker, dm/clock: what runs when. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dm/clock.h"
#include "dm/loop.h"
#include "dm/worker.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

static struct loop *loop;
static char ran[32];

static void setup(void)
{
    memset(ran, 0, sizeof(ran));
    loop = loop_new(NULL);
    ck_assert_ptr_nonnull(loop);
}

static void teardown(void)
{
    loop_free(loop);
}

static void note(void *opaque)
{
    strncat(ran, opaque, sizeof(ran) - strlen(ran) - 1);
}

static struct loop_task again_task;

static void again(void *opaque)
{
    note(opaque);
    if (strlen(ran) < 3)
        loop_post(loop, &again_task);
}

START_TEST(tasks_run_once_and_in_order)
{
    struct loop_task a = {.fn = note, .opaque = "a"};
    struct loop_task b = {.fn = note, .opaque = "b"};
    struct loop_task c = {.fn = note, .opaque = "c"};

    loop_post(loop, &a);
    loop_post(loop, &b);
    loop_post(loop, &a);
    loop_post(loop, &c);
    loop_cancel(loop, &b);
    loop_once(loop, 0);
    ck_assert_str_eq(ran, "ac");
    loop_post(loop, &b);
    loop_once(loop, 0);
    ck_assert_str_eq(ran, "acb");
    loop_once(loop, 0);
    ck_assert_str_eq(ran, "acb");
}
END_TEST

#define POSTS 100000

static struct loop_task raced;
static atomic_bool late;
static atomic_uint posters;

static void too_late(void *opaque)
{
    ck_assert(!atomic_load(&late));
}

static void *poster(void *opaque)
{
    for (unsigned i = 0; i < POSTS; i++)
        loop_post(loop, &raced);
    atomic_fetch_sub(&posters, 1);
    return NULL;
}

/* While others post it: once it is cancelled with no more of them, it does not
 * run. A list with it twice would be a ring. */
START_TEST(cancel_against_posters)
{
    pthread_t thread[2];

    raced = (struct loop_task){.fn = too_late};
    atomic_store(&late, false);
    atomic_store(&posters, 2);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, poster, NULL), 0);
    while (atomic_load(&posters))
        loop_cancel(loop, &raced);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    loop_cancel(loop, &raced);
    atomic_store(&late, true);
    loop_once(loop, 0);
    loop_once(loop, 0);
}
END_TEST

START_TEST(a_task_may_post_itself)
{
    again_task = (struct loop_task){.fn = again, .opaque = "x"};
    loop_post(loop, &again_task);
    for (int i = 0; i < 5; i++)
        loop_once(loop, 0);
    ck_assert_str_eq(ran, "xxx");
}
END_TEST

static struct loop_fd listener;
static int called, caller;

static void on_caller(void *opaque, uint32_t events)
{
    called++;
    caller = loop_fd_accept(&listener, "test");
}

static void listen_and_call(int *end)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX}; /* any name */
    socklen_t len = sizeof(addr);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(s, (void *)&addr, sizeof(addr.sun_family)), 0);
    ck_assert_int_eq(getsockname(s, (void *)&addr, &len), 0);
    ck_assert_int_eq(listen(s, 1), 0);
    *end = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(*end, (void *)&addr, len), 0);
    called = 0;
    listener = (struct loop_fd){.fd = s, .events = EPOLLIN, .fn = on_caller};
    ck_assert_int_eq(loop_fd_add(loop, &listener), 0);
}

static void no_more_after(int fd, struct rlimit *was)
{
    struct rlimit none;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, was), 0);
    none = *was;
    none.rlim_cur = (rlim_t)fd + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
}

/* Who calls while there is no descriptor for him does not keep the loop busy,
 * and is let in later. */
START_TEST(callers_wait_for_descriptors)
{
    struct rlimit was;
    int end;

    listen_and_call(&end);
    no_more_after(end, &was);
    loop_once(loop, 0);
    ck_assert_int_eq(caller, -EMFILE);
    /* somebody looks without the loop */
    ck_assert_int_eq(loop_fd_accept(&listener, "test"), -EMFILE);
    /* while he waits: told to watch, or not to, it does neither */
    loop_fd_events(&listener, 0);
    loop_fd_events(&listener, EPOLLIN);
    for (int i = 0; i < 100; i++)
        loop_once(loop, 0);
    ck_assert_int_lt(called, 10);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
    while (caller < 0)
        ck_assert_int_eq(loop_once(loop, -1), 0);
    close(caller);
    loop_fd_del(&listener);
    close(listener.fd);
    close(end);
}
END_TEST

START_TEST(who_waits_may_be_deleted)
{
    struct rlimit was;
    int end;

    listen_and_call(&end);
    no_more_after(end, &was);
    loop_once(loop, 0);
    loop_fd_del(&listener);
    ck_assert_int_eq(loop_fd_add(loop, &listener), 0);
    loop_once(loop, 0);
    ck_assert_int_eq(called, 2);
    loop_fd_del(&listener);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
    loop_once(loop, -1); /* until the rest of nobody ends */
    ck_assert_int_eq(called, 2);
    close(listener.fd);
    close(end);
}
END_TEST

static struct loop_fd fd[3];

static void on_fd(void *opaque, uint32_t events)
{
    note(opaque);
    /* whoever comes first takes all others away */
    for (int i = 0; i < 3; i++)
        loop_fd_del(&fd[i]);
}

START_TEST(a_deleted_watch_is_not_called)
{
    for (int i = 0; i < 3; i++) {
        fd[i] = (struct loop_fd){.fd = eventfd(1, EFD_NONBLOCK),
                                 .events = EPOLLIN,
                                 .fn = on_fd,
                                 .opaque = "f"};
        ck_assert_int_eq(loop_fd_add(loop, &fd[i]), 0);
    }
    loop_once(loop, 0);
    loop_once(loop, 0);
    ck_assert_str_eq(ran, "f");
    for (int i = 0; i < 3; i++)
        close(fd[i].fd);
}
END_TEST

START_TEST(a_watch_of_nothing_does_not_spin)
{
    int pipefd[2];

    ck_assert_int_eq(pipe(pipefd), 0);
    fd[0] = (struct loop_fd){.fd = pipefd[0], .fn = on_fd, .opaque = "p"};
    ck_assert_int_eq(loop_fd_add(loop, &fd[0]), 0);
    close(pipefd[1]); /* hung up: epoll would report it */
    loop_once(loop, 0);
    ck_assert_str_eq(ran, "");
    loop_fd_events(&fd[0], EPOLLIN);
    loop_once(loop, 0);
    ck_assert_str_eq(ran, "p");
    close(pipefd[0]);
}
END_TEST

START_TEST(a_worker_is_called_and_stopped)
{
    struct worker w = {0};

    worker_stop(&w); /* zeroed: legal */
    ck_assert_int_eq(worker_start(&w, "a-rather-long-name"), 0);
    worker_call(&w, note, "w");
    worker_call(&w, note, "v");
    ck_assert_str_eq(ran, "wv");
    ck_assert(!loop_is_current(w.loop));
    worker_stop(&w);
    worker_stop(&w);
}
END_TEST

START_TEST(timers_fire_in_order_of_guest_time)
{
    struct testvm *t = tv_new("none", NULL);
    struct timer a, b, c;

    timer_init(&a, note, "a");
    timer_init(&b, note, "b");
    timer_init(&c, note, "c");
    vm_lock(&t->vm);
    timer_set(&t->vm, &a, 300);
    timer_set(&t->vm, &b, 100);
    timer_set(&t->vm, &c, 200);
    timer_set(&t->vm, &c, 400);
    timer_cancel(&t->vm, &a);
    timer_cancel(&t->vm, &a);
    timer_set(&t->vm, &a, 100); /* same moment: after b */
    vm_unlock(&t->vm);
    tv_step(t, 99);
    ck_assert_str_eq(ran, "");
    tv_step(t, 1);
    ck_assert_str_eq(ran, "ba");
    ck_assert(!timer_armed(&a));
    tv_step(t, 1000);
    ck_assert_str_eq(ran, "bac");
    tv_free(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        tasks_run_once_and_in_order,
        cancel_against_posters,
        a_task_may_post_itself,
        callers_wait_for_descriptors,
        who_waits_may_be_deleted,
        a_deleted_watch_is_not_called,
        a_watch_of_nothing_does_not_spin,
        a_worker_is_called_and_stopped,
        timers_fire_in_order_of_guest_time,
        NULL,
    };

    return run_suite("loop", setup, teardown, tests);
}
