/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event loops: file descriptors and tasks on epoll.
 *
 * The main loop is one, every queue thread (dm/worker.h) has its own. A loop
 * made with a lock holds it while callbacks run and drops it while it waits:
 * the main loop's is the machine lock. All calls belong to the loop's own
 * thread (or happen before it runs), except loop_post and loop_stop.
 */
#ifndef HVMD_DM_LOOP_H
#define HVMD_DM_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;
struct vm;

/* vm: take its machine lock around callbacks; NULL: no lock. NULL + errno. */
struct loop *loop_new(struct vm *vm);
void loop_free(struct loop *loop); /* NULL is legal */

/* Runs until loop_stop. Returns 0, or -errno if the host's epoll fails. */
int loop_run(struct loop *loop);
/* One round: waits at most timeout_ms (-1 for ever), runs what is due. */
int loop_once(struct loop *loop, int timeout_ms);
void loop_stop(struct loop *loop);             /* any thread */
bool loop_is_current(const struct loop *loop); /* called by its thread? */
bool loop_has_lock(const struct loop *loop);   /* made with one? */

/*
 * A watched descriptor. Embedded in its owner and filled by him (fd, events,
 * fn, opaque); the loop never closes fd. fn may delete any watch, its own
 * too: a deleted watch is not called again, not even in the same round.
 */
struct loop_fd {
    int fd;
    uint32_t events; /* EPOLLIN | EPOLLOUT; 0 keeps it but watches nothing */
    void (*fn)(void *opaque, uint32_t events);
    void *opaque;
    struct loop *loop; /* the loop's: NULL while not added */
    bool rests;        /* the loop's, as next */
    struct loop_fd *next;
};
int loop_fd_add(struct loop *loop, struct loop_fd *w); /* -errno */
void loop_fd_events(struct loop_fd *w, uint32_t events);
void loop_fd_del(struct loop_fd *w); /* legal if not added */
/* For fn of a listening socket: the next caller, non-blocking, or -errno.
 * Where the host has no more descriptors or memory it says so in the log, and
 * the callers wait for a second: they do not keep the loop busy. */
int loop_fd_accept(struct loop_fd *w, const char *who);

/*
 * A task: fn runs once in the loop, soon after loop_post. Posting a task that
 * is already pending does nothing. Embedded; zero-initialised but fn, opaque.
 */
struct loop_task {
    void (*fn)(void *opaque);
    void *opaque;
    struct loop_task *next; /* the loop's */
    atomic_bool pending;
};
void loop_post(struct loop *loop, struct loop_task *task); /* any thread */
void loop_cancel(struct loop *loop, struct loop_task *task);

#endif
