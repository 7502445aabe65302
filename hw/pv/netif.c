/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pv/netif.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/machine.h"
#include "hw/pv/netif-priv.h"

#define STALL_MS 10000
#define RATE_USEC_MAX 10000000 /* of a period */

static struct netif *netif_of(struct xenbus_dev *d)
{
    return (struct netif *)d;
}

/* ---- queues ---- */

void netif_broken(struct netif_queue *q, const char *why)
{
    q->broken = why;
    pv_port_stop(&q->tx_port);
    pv_port_stop(&q->rx_port);
    net_rx_enable(q->nq, false);
    loop_post(q->n->bus.vm->loop, &q->broken_task);
}

static void on_broken(void *opaque)
{
    struct netif_queue *q = opaque;
    struct netif *n = q->n;
    unsigned alive = 0;

    q->told = true;
    xenbus_error(&n->bus, "queue %u: %s", q->idx, q->broken);
    for (unsigned i = 0; i < n->nqueues; i++)
        alive += !n->queue[i].told;
    if (!alive)
        xenbus_close(&n->bus);
}

static bool tx_event(void *opaque)
{
    struct netif_queue *q = opaque;
    bool moved = pv_ring_moved(&q->tx);

    netif_tx_run(q);
    return moved;
}

static bool rx_event(void *opaque)
{
    struct netif_queue *q = opaque;
    bool moved = pv_ring_moved(&q->rx);

    netif_rx_run(q);
    return moved;
}

static bool any_event(void *opaque)
{
    bool tx = tx_event(opaque);

    return rx_event(opaque) || tx;
}

static void tx_again(void *opaque)
{
    netif_tx_run(opaque);
}

static void rx_again(void *opaque)
{
    netif_rx_run(opaque);
}

static void queue_resume(void *opaque)
{
    struct netif_queue *q = opaque;

    q->running = true;
    netif_tx_run(q);
    netif_rx_run(q);
}

static void queue_pause(void *opaque)
{
    struct netif_queue *q = opaque;

    q->running = false;
    loop_fd_del(&q->writable);
    net_rx_enable(q->nq, false);
}

struct queue_call {
    struct netif_queue *q;
    int rc;
};

/* From here on. Who was here before may have answered and not said so. */
static void go_on(struct netif_queue *q)
{
    netif_tx_skip(q);
    pv_port_notify(&q->tx_port);
    if (q->split)
        pv_port_notify(&q->rx_port);
}

static void queue_begin(void *opaque)
{
    struct queue_call *c = opaque;
    struct netif_queue *q = c->q;
    struct netif *n = q->n;
    unsigned off = 0;

    q->nq = net_queue_new(n->net, q->idx, q->thread.loop, n->vnet, rx_again, q);
    if (!q->nq) {
        c->rc = -errno;
        return;
    }
    if (n->csum4 || n->csum6)
        off |= NET_OFF_CSUM;
    if (n->gso4)
        off |= NET_OFF_TSO4;
    if (n->gso6)
        off |= NET_OFF_TSO6;
    if (n->vnet)
        net_set_offloads(q->nq, off & n->net->offloads);
    c->rc = pv_port_serve(&q->tx_port);
    if (!c->rc && q->split)
        c->rc = pv_port_serve(&q->rx_port);
    if (!c->rc && n->bus.again)
        go_on(q);
    if (!c->rc && !n->paused)
        queue_resume(q);
}

static void queue_end(void *opaque)
{
    struct netif_queue *q = opaque;

    q->running = false;
    pv_port_stop(&q->tx_port);
    pv_port_stop(&q->rx_port);
    netif_tx_stop(q);
    net_queue_free(q->nq);
    q->nq = NULL;
}

/* Legal for one that is half made. All have ended, so nobody passes frames. */
static void queue_free(struct netif_queue *q)
{
    struct xenif *x = q->n->bus.x;

    worker_stop(&q->thread);
    netif_rx_drop_passed(q);
    pthread_mutex_destroy(&q->passed_lock);
    loop_cancel(q->n->bus.vm->loop, &q->broken_task);
    pv_port_unbind(&q->tx_port);
    pv_port_unbind(&q->rx_port);
    pv_late_fini(&q->stall_late);
    pv_late_fini(&q->rate_late);
    if (q->tx_mem)
        x->ops->gnt_unmap(x, q->tx_mem, 1);
    if (q->rx_mem)
        x->ops->gnt_unmap(x, q->rx_mem, 1);
    free(q->packet);
    free(q->tx_arena);
    free(q->rx_arena);
}

static int map_ring(struct netif_queue *q, const char *prefix, const char *name,
                    size_t entry, struct pv_ring *ring, void **mem,
                    struct cfg_err *err)
{
    struct xenbus_dev *d = &q->n->bus;
    grant_ref_t ref;
    char key[40];
    int rc;

    snprintf(key, sizeof(key), "%s%s", prefix, name);
    rc = xenbus_need_u32(d, d->front, key, UINT32_MAX, &ref, err);
    if (rc)
        return rc;
    rc = d->x->ops->gnt_map(d->x, &ref, 1, true, mem);
    if (rc) {
        *mem = NULL;
        return err_set(err, rc, "queue %u: cannot map %s: %s", q->idx, name,
                       strerror(-rc));
    }
    rc = pv_ring_attach(ring, *mem, 1, (uint32_t)entry);
    return rc ? err_set(err, rc, "queue %u: %s: no ring is there", q->idx, name)
              : 0;
}

static int bind_port(struct netif_queue *q, const char *prefix,
                     const char *name, struct pv_port *port,
                     bool (*fn)(void *opaque), struct cfg_err *err)
{
    struct xenbus_dev *d = &q->n->bus;
    uint32_t remote;
    char key[40];
    int rc;

    snprintf(key, sizeof(key), "%s%s", prefix, name);
    rc = xenbus_need_u32(d, d->front, key, UINT32_MAX, &remote, err);
    if (rc)
        return rc;
    rc = pv_port_bind(port, d->vm, d->x, remote, q->thread.loop, fn, q);
    return rc ? err_set(err, rc, "queue %u: %s %" PRIu32 ": %s", q->idx, name,
                        remote, strerror(-rc))
              : 0;
}

static int bind_ports(struct netif_queue *q, const char *prefix,
                      struct cfg_err *err)
{
    struct xenbus_dev *d = &q->n->bus;
    char key[40], *text;
    int rc;

    snprintf(key, sizeof(key), "%sevent-channel-tx", prefix);
    rc = xenbus_read(d, d->front, key, &text);
    if (rc == -ENOENT)
        return bind_port(q, prefix, "event-channel", &q->tx_port, any_event,
                         err);
    if (rc)
        return err_set(err, rc, "%s: %s", key, strerror(-rc));
    free(text);
    q->split = true;
    rc = bind_port(q, prefix, "event-channel-tx", &q->tx_port, tx_event, err);
    return rc ? rc
              : bind_port(q, prefix, "event-channel-rx", &q->rx_port, rx_event,
                          err);
}

static int queue_new(struct netif_queue *q, struct cfg_err *err)
{
    struct netif *n = q->n;
    struct xenbus_dev *d = &n->bus;
    struct queue_call call = {.q = q};
    char prefix[20] = "", name[16];
    int rc;

    if (n->nqueues > 1)
        snprintf(prefix, sizeof(prefix), "queue-%u/", q->idx);
    q->broken_task = (struct loop_task){.fn = on_broken, .opaque = q};
    q->tx_again = (struct loop_task){.fn = tx_again, .opaque = q};
    q->rx_again = (struct loop_task){.fn = rx_again, .opaque = q};
    q->credit = n->rate_bytes;
    q->credit_ns = clock_now(d->vm);
    q->packet = calloc(NETIF_PACKETS, sizeof(*q->packet));
    q->tx_arena = aligned_alloc(XENIF_PAGE, NETIF_ARENA);
    q->rx_arena = aligned_alloc(XENIF_PAGE, NETIF_ARENA);
    if (!q->packet || !q->tx_arena || !q->rx_arena)
        return -ENOMEM;
    rc = map_ring(q, prefix, "tx-ring-ref", sizeof(struct netif_tx_request),
                  &q->tx, &q->tx_mem, err);
    if (!rc)
        rc = map_ring(q, prefix, "rx-ring-ref", sizeof(struct netif_rx_request),
                      &q->rx, &q->rx_mem, err);
    if (rc)
        return rc;
    snprintf(name, sizeof(name), "vif-%.5s.%u", strrchr(d->back, '/') + 1,
             q->idx);
    rc = worker_start(&q->thread, name);
    if (rc)
        return rc;
    pv_late_init(&q->stall_late, d->vm, q->thread.loop, netif_rx_stalled, q);
    pv_late_init(&q->rate_late, d->vm, q->thread.loop, tx_again, q);
    rc = bind_ports(q, prefix, err);
    if (rc)
        return rc;
    worker_call(&q->thread, queue_begin, &call);
    return call.rc ? err_set(err, call.rc, "queue %u: %s", q->idx,
                             strerror(-call.rc))
                   : 0;
}

/* ---- xenbus ---- */

static int advertise(struct xenbus_dev *d, struct cfg_err *err)
{
    struct netif *n = netif_of(d);
    unsigned off = n->vnet ? n->net->offloads : 0;
    int rc;

    if ((rc = xenbus_write(d, "feature-rx-copy", "1")) ||
        (rc = xenbus_write(d, "feature-rx-flip", "0")) ||
        (rc = xenbus_write(d, "feature-sg", "1")) ||
        (rc = xenbus_write(d, "feature-gso-tcpv4", "%d",
                           !!(off & NET_OFF_TSO4))) ||
        (rc = xenbus_write(d, "feature-gso-tcpv6", "%d",
                           !!(off & NET_OFF_TSO6))) ||
        (rc = xenbus_write(d, "feature-ipv6-csum-offload", "1")) ||
        (rc = xenbus_write(d, "feature-split-event-channels", "1")) ||
        (rc = xenbus_write(d, "feature-multicast-control", "1")) ||
        (rc = xenbus_write(d, "feature-dynamic-multicast-control", "1")) ||
        (rc = xenbus_write(d, "feature-ctrl-ring", "1")) ||
        (rc = xenbus_write(d, "multi-queue-max-queues", "%u",
                           n->conf.max_queues)))
        return rc;
    return 0;
}

static void disconnect(struct xenbus_dev *d)
{
    struct netif *n = netif_of(d);

    netif_ctrl_disconnect(n);
    for (unsigned i = 0; i < n->nqueues; i++)
        if (n->queue[i].thread.loop)
            worker_call(&n->queue[i].thread, queue_end, &n->queue[i]);
    for (unsigned i = 0; i < n->nqueues; i++)
        queue_free(&n->queue[i]);
    free(n->queue);
    n->queue = NULL;
    n->nqueues = 0;
    n->mcasts = 0;
}

static int read_features(struct netif *n, struct cfg_err *err)
{
    struct xenbus_dev *d = &n->bus;
    bool copy, no_csum4, filter;
    int rc;

    if ((rc = xenbus_read_flag(d, "request-rx-copy", &copy, err)) ||
        (rc = xenbus_read_flag(d, "feature-rx-notify", &n->rx_notify, err)) ||
        (rc = xenbus_read_flag(d, "feature-sg", &n->sg, err)) ||
        (rc = xenbus_read_flag(d, "feature-gso-tcpv4", &n->gso4, err)) ||
        (rc = xenbus_read_flag(d, "feature-gso-tcpv6", &n->gso6, err)) ||
        (rc = xenbus_read_flag(d, "feature-no-csum-offload", &no_csum4, err)) ||
        (rc = xenbus_read_flag(d, "feature-ipv6-csum-offload", &n->csum6,
                               err)) ||
        (rc = xenbus_read_flag(d, "request-multicast-control", &filter, err)))
        return rc;
    if (!copy)
        return err_set(err, -EINVAL, "request-rx-copy: expected 1");
    n->csum4 = !no_csum4;
    n->gso4 &= n->sg && n->csum4;
    n->gso6 &= n->sg && n->csum6;
    n->mcasts_lost = d->again;
    atomic_store(&n->mcast_filter, filter && !n->mcasts_lost);
    return 0;
}

/* "bytes,microseconds" of the whole device: each queue has its share. */
static int read_rate(struct netif *n, unsigned queues, struct cfg_err *err)
{
    uint64_t bytes, usec;
    char *text, end;
    int fields, rc = xenbus_read(&n->bus, n->bus.back, "rate", &text);

    n->rate_bytes = 0;
    if (rc == -ENOENT)
        return 0;
    if (rc)
        return err_set(err, rc, "rate: %s", strerror(-rc));
    fields = sscanf(text, "%" SCNu64 ",%" SCNu64 "%c", &bytes, &usec, &end);
    if (fields != 2 || !usec || usec > RATE_USEC_MAX || bytes > UINT32_MAX)
        rc = err_set(err, -EINVAL, "rate: '%.40s': expected bytes,microseconds",
                     text);
    free(text);
    /* All 32 bits set and more is how "no limit" is written. */
    if (!rc && bytes < UINT32_MAX) {
        n->rate_bytes = (int64_t)(bytes / queues ? bytes / queues : 1);
        n->rate_usec = (int64_t)usec;
    }
    return rc;
}

static int connect_front(struct xenbus_dev *d, struct cfg_err *err)
{
    struct netif *n = netif_of(d);
    uint32_t queues = 1;
    int rc;

    rc = read_features(n, err);
    if (!rc)
        rc = xenbus_read_u32(d, d->front, "multi-queue-num-queues",
                             n->conf.max_queues, &queues, err);
    if (!rc && !queues)
        rc = err_set(err, -EINVAL, "multi-queue-num-queues: 0");
    if (!rc)
        rc = read_rate(n, queues, err);
    if (rc)
        return rc;
    n->queue = calloc(queues, sizeof(*n->queue));
    if (!n->queue)
        return -ENOMEM;
    n->nqueues = queues;
    for (unsigned i = 0; i < queues; i++) {
        n->queue[i].n = n;
        n->queue[i].idx = i;
        n->queue[i].passed_end = &n->queue[i].passed;
        pthread_mutex_init(&n->queue[i].passed_lock, NULL);
    }
    for (unsigned i = 0; !rc && i < queues; i++)
        rc = queue_new(&n->queue[i], err);
    if (!rc)
        rc = netif_ctrl_connect(n, err);
    if (rc)
        disconnect(d);
    return rc;
}

static void front_changed(struct xenbus_dev *d)
{
    struct netif *n = netif_of(d);
    struct cfg_err err;
    bool filter;

    if (!xenbus_read_flag(d, "request-multicast-control", &filter, &err))
        atomic_store(&n->mcast_filter, filter && !n->mcasts_lost);
}

static const struct xenbus_class netif_class = {
    .type = "vif",
    .hotplug = true,
    .again = true,
    .advertise = advertise,
    .connect = connect_front,
    .disconnect = disconnect,
    .front_changed = front_changed,
};

/* ---- life ---- */

void netif_pause(struct netif *n)
{
    n->paused = true;
    netif_ctrl_pause(n, true);
    for (unsigned i = 0; i < n->nqueues; i++)
        worker_call(&n->queue[i].thread, queue_pause, &n->queue[i]);
}

void netif_resume(struct netif *n)
{
    n->paused = false;
    for (unsigned i = 0; i < n->nqueues; i++)
        worker_call(&n->queue[i].thread, queue_resume, &n->queue[i]);
    netif_ctrl_pause(n, false);
}

int netif_new(struct vm *vm, struct xenif *x, const char *back,
              const struct netif_conf *conf, struct netif **out,
              struct cfg_err *err)
{
    struct netif *n = calloc(1, sizeof(*n));
    unsigned most = conf->net->max_queues;
    int rc;

    if (!n)
        return err_set(err, -ENOMEM, "%s: no memory", back);
    if (most > NETIF_QUEUES_MAX)
        most = NETIF_QUEUES_MAX;
    n->conf = *conf;
    n->net = conf->net;
    n->vnet = conf->net->vnet_hdr;
    if (!n->conf.max_queues || n->conf.max_queues > most)
        n->conf.max_queues = most;
    if (!n->conf.stall_ms)
        n->conf.stall_ms = STALL_MS;
    pthread_mutex_init(&n->mcast_lock, NULL);
    n->bus.cls = &netif_class;
    n->bus.vm = vm;
    n->bus.x = x;
    n->bus.gone = conf->gone;
    n->bus.gone_opaque = conf->gone_opaque;
    rc = xenbus_start(&n->bus, back, err);
    if (rc) {
        netif_free(n);
        return rc;
    }
    *out = n;
    return 0;
}

void netif_free(struct netif *n)
{
    if (!n)
        return;
    xenbus_stop(&n->bus);
    pthread_mutex_destroy(&n->mcast_lock);
    free(n);
}
