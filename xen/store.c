/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xenstore: tell libxl that we are here, notice that the domain is gone.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dm/log.h"
#include "dm/machine.h"
#include "xen/xen-priv.h"

#define DOMAIN_GONE "@releaseDomain"

static void on_watch(void *opaque, uint32_t events)
{
    struct xen *x = opaque;
    char **what;
    bool any = false;

    while ((what = xs_check_watch(x->xs))) {
        any = true;
        free(what);
    }
    if (!any && errno != EAGAIN) {
        log_err("xenstore", "the connection broke: %s", strerror(errno));
        loop_fd_del(&x->xs_watch);
        return;
    }
    if (any && !xs_is_domain_introduced(x->xs, x->domid)) {
        log_info("xen", "domain %" PRIu32 " is gone", x->domid);
        vm_request(x->vm, VM_REQ_QUIT);
    }
}

int xen_store_open(struct xen *x, struct cfg_err *err)
{
    x->xs = xs_open(0);
    if (!x->xs)
        return err_set(err, -errno, "cannot reach xenstored: %s",
                       strerror(errno));
    if (!xs_is_domain_introduced(x->xs, x->domid))
        return err_set(err, -ESRCH,
                       "-xen-domid %" PRIu32 ": there is no "
                       "such domain",
                       x->domid);
    x->xs_watch = (struct loop_fd){
        .fd = xs_fileno(x->xs), .events = EPOLLIN, .fn = on_watch, .opaque = x};
    if (!xs_watch(x->xs, DOMAIN_GONE, "gone"))
        return err_set(err, -errno, "cannot watch xenstore: %s",
                       strerror(errno));
    return loop_fd_add(x->vm->loop, &x->xs_watch);
}

void xen_store_close(struct xen *x)
{
    loop_fd_del(&x->xs_watch);
    if (x->xs)
        xs_close(x->xs);
    x->xs = NULL;
}

static int store(struct xen *x, const char *path, const char *value)
{
    return xs_write(x->xs, XBT_NULL, path, value, strlen(value)) ? 0 : -errno;
}

int xen_store_running(struct xen *x)
{
    char path[64];

    snprintf(path, sizeof(path), "device-model/%" PRIu32 "/state", x->domid);
    return store(x, path, "running");
}

void xen_store_timeoffset(struct xen *x, int64_t seconds)
{
    char path[64], value[24], *vm_path;
    unsigned len;

    snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/vm", x->domid);
    vm_path = xs_read(x->xs, XBT_NULL, path, &len);
    if (!vm_path)
        return;
    /* The guest moved its clock by so much more. */
    if (len < sizeof(path) - 16) {
        char *old;

        snprintf(path, sizeof(path), "%s/rtc/timeoffset", vm_path);
        old = xs_read(x->xs, XBT_NULL, path, &len);
        if (old)
            seconds += strtoll(old, NULL, 10);
        free(old);
        snprintf(value, sizeof(value), "%" PRId64, seconds);
        store(x, path, value);
    }
    free(vm_path);
}
