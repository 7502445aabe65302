/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network block devices: the connection (nbd.c) and what goes over it
 * (nbd-io.c).
 */
#ifndef HVMD_DM_BLOCK_NBD_PRIV_H
#define HVMD_DM_BLOCK_NBD_PRIV_H

#include <libnbd.h>
#include <pthread.h>

#include "dm/block/blk-priv.h"
#include "dm/worker.h"

/* Of libnbd, which is loaded when the first such disk is opened: it brings
 * fifteen more libraries, some of them large. */
/* clang-format off */
#define NBD_CALLS(X)                                                          \
    X(create) X(close) X(poll) X(get_error) X(get_errno)                      \
    X(set_tls) X(set_tls_certificates) X(set_tls_psk_file)                    \
    X(set_tls_username) X(set_export_name) X(set_uri_allow_local_file)        \
    X(aio_connect_uri) X(aio_connect_unix) X(aio_connect_tcp)                 \
    X(aio_is_connecting) X(aio_is_negotiating) X(aio_is_ready)                \
    X(aio_is_dead) X(aio_is_closed) X(aio_disconnect) X(aio_get_fd)           \
    X(aio_get_direction) X(aio_notify_read) X(aio_notify_write)               \
    X(get_size) X(get_block_size) X(is_read_only)                             \
    X(can_flush) X(can_fua) X(can_trim) X(can_zero)                           \
    X(aio_flush) X(aio_pread) X(aio_pwrite) X(aio_trim) X(aio_zero)
/* clang-format on */

struct nbd_lib {
#define CALL(call) __typeof__(&nbd_##call) call;
    NBD_CALLS(CALL)
#undef CALL
};

struct nbd_io {
    struct blk_req *req;
    struct nbd_queue *q;
    struct nbd_io *next;
    uint64_t done, len; /* bytes finished, and under way */
    uint8_t *data;      /* the request's, or a copy */
    bool copied;
    bool flushing; /* written, without FUA */
    int rc;
};

struct nbd_list {
    struct nbd_io *head, *tail;
};

/* What the server can. After a reconnect it is the same. */
struct nbd_server {
    uint64_t size, max_len; /* bytes */
    bool readonly, flush, fua, trim, zero;
};

struct nbd {
    struct blk blk;
    struct nbd_lib lib;
    /* where it is; uri, or path, or host and port */
    char *uri, *host, *port, *path, *export;
    char *certificates, *psk_file, *username; /* TLS if any is there */
    uint64_t reconnect_ns;
    struct nbd_server server;
    struct worker thread;
    /* thread */
    struct nbd_handle *h; /* NULL: not connected */
    struct loop_fd watch, timer;
    int64_t lost_ns, next_try_ns;
    bool told;                        /* how the first try since then ended */
    struct nbd_list retired, stalled; /* the latter wait for a connection */
    pthread_mutex_t lock;
    /* protected by lock */
    struct nbd_list todo;
    struct loop_task todo_task;
};

struct nbd_queue {
    struct blk_queue q;
    struct nbd_io *ios, *free;
    struct nbd_list gathered;
    struct nbd_list done; /* protected by the image's lock */
    pthread_cond_t some_done;
    struct loop_task done_task;
};

/* Blocks for seconds. -errno with err set. */
int nbd_connect(struct nbd *n, struct cfg_err *err);
void nbd_disconnect(struct nbd *n); /* legal if not connected */

int nbd_start(struct nbd *n); /* the thread; -errno */
void nbd_stop(struct nbd *n); /* legal if not started */

int nbd_queue_init(struct blk_queue *q);
void nbd_queue_fini(struct blk_queue *q);
void nbd_submit(struct blk_queue *q, struct blk_req *req);
void nbd_unplug(struct blk_queue *q);
void nbd_wait(struct blk_queue *q);

#endif
