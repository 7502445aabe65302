/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xen/xenif*.c over libraries that this file is. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/lib/suite.h"
#include "xen/xenif.h"

static struct xenif_libs *l;
static struct xenif *x;

/* ---- the libraries ---- */

static unsigned opened, mapped, watches, copies, fail_copy_at;
static bool fail;
static const char *value;
static char last_token[XENIF_PATH_MAX];

struct xenevtchn_handle {
    int fd;
};

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
                                 unsigned int flags)
{
    xenevtchn_handle *h = malloc(sizeof(*h));

    h->fd = eventfd(0, 0);
    opened++;
    return h;
}

int xenevtchn_close(xenevtchn_handle *h)
{
    close(h->fd);
    free(h);
    opened--;
    return 0;
}

int xenevtchn_fd(xenevtchn_handle *h)
{
    return h->fd;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *h,
                                                     uint32_t domid,
                                                     evtchn_port_t remote)
{
    ck_assert_uint_eq(domid, 7);
    errno = EINVAL;
    return fail ? -1 : (int)remote + 100;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *h)
{
    uint64_t v;

    return read(h->fd, &v, sizeof(v)) == sizeof(v) ? (int)v : -1;
}

int xenevtchn_unmask(xenevtchn_handle *h, evtchn_port_t port)
{
    return port > 100 ? 0 : -1;
}

int xenevtchn_notify(xenevtchn_handle *h, evtchn_port_t port)
{
    return port > 100 ? 0 : -1;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger,
                                 unsigned open_flags)
{
    static char any;

    errno = ENOENT;
    return fail ? NULL : (xengnttab_handle *)&any;
}

int xengnttab_close(xengnttab_handle *h)
{
    return 0;
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *h, uint32_t count,
                                      uint32_t domid, uint32_t *refs, int prot)
{
    static char page;

    ck_assert_uint_eq(domid, 7);
    errno = EINVAL;
    if (fail)
        return NULL;
    mapped += count;
    return &page;
}

int xengnttab_unmap(xengnttab_handle *h, void *start, uint32_t count)
{
    mapped -= count;
    return 0;
}

/* A reference above 1000 is bad. */
int xengnttab_grant_copy(xengnttab_handle *h, uint32_t count,
                         xengnttab_grant_copy_segment_t *s)
{
    errno = EIO;
    if (++copies == fail_copy_at)
        return -1;
    for (unsigned i = 0; i < count; i++) {
        bool to = s[i].flags == GNTCOPY_dest_gref;
        union xengnttab_copy_ptr guest = to ? s[i].dest : s[i].source;

        ck_assert_uint_eq(guest.foreign.domid, 7);
        ck_assert_uint_eq(guest.foreign.offset, 16);
        ck_assert_uint_eq(s[i].len, 32);
        ck_assert_ptr_eq(to ? s[i].source.virt : s[i].dest.virt, &opened);
        s[i].status = guest.foreign.ref > 1000 ? GNTST_bad_gntref : GNTST_okay;
    }
    return 0;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
              unsigned int *len)
{
    errno = ENOENT;
    if (!value)
        return NULL;
    if (len)
        *len = strlen(value);
    return strdup(value);
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
    errno = ENOSPC;
    if (fail)
        return false;
    snprintf(last_token, sizeof(last_token), "%s", token);
    watches++;
    return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
    watches--;
    return true;
}

/* ---- tests ---- */

static void setup(void)
{
    struct cfg_err err;

    fail = false;
    value = "3";
    copies = fail_copy_at = 0;
    ck_assert_int_eq(xenif_libs_new(NULL, 7, &l, &err), 0);
    x = &l->x;
}

static void teardown(void)
{
    xenif_libs_free(l);
    ck_assert_uint_eq(opened, 0);
    ck_assert_uint_eq(mapped, 0);
    ck_assert_uint_eq(watches, 0);
}

START_TEST(domains)
{
    struct xenif_libs *other;
    struct cfg_err err;

    ck_assert_uint_eq(x->domid, 7);
    ck_assert_uint_eq(x->own_domid, 3);
    fail = true;
    ck_assert_int_eq(xenif_libs_new(NULL, 7, &other, &err), -ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "gntdev"));
}
END_TEST

START_TEST(values)
{
    static char large[XENIF_VALUE_MAX + 2];
    char *text;

    value = NULL;
    ck_assert_int_eq(x->ops->xs_read(x, 0, "/a", &text), -ENOENT);
    memset(large, 'a', sizeof(large) - 1);
    value = large;
    ck_assert_int_eq(x->ops->xs_read(x, 0, "/a", &text), -E2BIG);
    large[XENIF_VALUE_MAX] = '\0';
    ck_assert_int_eq(x->ops->xs_read(x, 0, "/a", &text), 0);
    free(text);
}
END_TEST

static unsigned fired[3];
static void *handle[3];

static void on_watch(void *opaque, const char *path)
{
    unsigned i = *(unsigned *)opaque;

    fired[i]++;
    ck_assert_int_eq(path[1] - '0', i);
    if (i == 1) { /* takes itself and another away */
        x->ops->xs_unwatch(x, handle[2]);
        x->ops->xs_unwatch(x, handle[1]);
    }
}

START_TEST(watches_coalesce)
{
    static unsigned idx[3] = {0, 1, 2};
    char token[3][XENIF_PATH_MAX], path[3][XENIF_PATH_MAX] = {"/0", "/1", "/2"};
    static char large[XENIF_PATH_MAX + 1];

    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(
            x->ops->xs_watch(x, path[i], on_watch, &idx[i], &handle[i]), 0);
        strcpy(token[i], last_token);
    }
    for (unsigned i = 0; i < 300; i++)
        xenif_store_event(l, token[i % 3]);
    xenif_store_run(l);
    ck_assert_uint_eq(fired[0], 1);
    ck_assert_uint_eq(fired[1], 1);
    /* the newest is the first: it had run before it was taken away */
    ck_assert_uint_le(fired[2], 1);
    fired[2] = 0;

    /* what is still on its way for one that is gone is nobody's */
    ck_assert_int_eq(x->ops->xs_watch(x, "/2", on_watch, &idx[2], &handle[2]),
                     0);
    ck_assert_str_ne(last_token, token[2]);
    xenif_store_event(l, token[2]);
    xenif_store_event(l, token[1]);
    xenif_store_event(l, "nonsense");
    xenif_store_run(l);
    ck_assert_uint_eq(fired[0] + fired[1] + fired[2], 2);
    x->ops->xs_unwatch(x, handle[2]);
    x->ops->xs_unwatch(x, handle[0]);

    fail = true;
    ck_assert_int_eq(x->ops->xs_watch(x, "/0", on_watch, &idx[0], &handle[0]),
                     -ENOSPC);
    memset(large, 'a', sizeof(large) - 1);
    ck_assert_int_eq(x->ops->xs_watch(x, large, on_watch, &idx[0], &handle[0]),
                     -ENAMETOOLONG);
}
END_TEST

START_TEST(mapped_pages_have_a_bound)
{
    static const grant_ref_t refs[256];
    unsigned n;
    void *addr;

    for (n = 0; !x->ops->gnt_map(x, refs, 256, true, &addr); n++)
        ck_assert_uint_lt(n, XENIF_MAPPED);
    ck_assert_uint_eq(n * 256, XENIF_MAPPED);
    ck_assert_int_eq(x->ops->gnt_map(x, refs, 1, true, &addr), -ENOSPC);
    ck_assert_int_eq(x->ops->gnt_unmap(x, addr, 256), 0);
    fail = true; /* what fails does not count */
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq(x->ops->gnt_map(x, refs, 256, true, &addr), -EINVAL);
    fail = false;
    ck_assert_int_eq(x->ops->gnt_map(x, refs, 256, true, &addr), 0);
    while (n--)
        x->ops->gnt_unmap(x, addr, 256);
}
END_TEST

START_TEST(copies_have_a_status_each)
{
    struct xenif_copy c[200];

    for (unsigned i = 0; i < 200; i++)
        c[i] = (struct xenif_copy){.to_guest = i % 2,
                                   .ref = i % 7 ? i : 2000,
                                   .off = 16,
                                   .len = 32,
                                   .local = &opened,
                                   .status = 77};
    ck_assert_int_eq(x->ops->gnt_copy(x, c, 200), 0);
    for (unsigned i = 0; i < 200; i++)
        ck_assert_int_eq(c[i].status,
                         i % 7 ? XENIF_GNTST_OKAY : GNTST_bad_gntref);

    copies = 0;
    fail_copy_at = 2; /* the first ones are done */
    ck_assert_int_eq(x->ops->gnt_copy(x, c, 200), 0);
    ck_assert_int_eq(c[1].status, XENIF_GNTST_OKAY);
    ck_assert_int_ne(c[199].status, XENIF_GNTST_OKAY);
    copies = 0;
    fail_copy_at = 1; /* nothing was tried */
    ck_assert_int_eq(x->ops->gnt_copy(x, c, 200), -EIO);
}
END_TEST

START_TEST(ports)
{
    evtchn_port_t local[XENIF_PORTS], one;
    int fd[XENIF_PORTS], none;
    uint64_t v = 1;
    unsigned i;

    for (i = 0; i < 3; i++) {
        ck_assert_int_eq(x->ops->evtchn_bind(x, 5, &local[i], &fd[i]), 0);
        ck_assert_int_eq(x->ops->evtchn_notify(x, local[i]), 0);
        ck_assert_int_eq(x->ops->evtchn_unmask(x, local[i]), 0);
    }
    /* each has a descriptor of its own, and none of them ever waits */
    ck_assert_int_eq(write(fd[1], &v, sizeof(v)), sizeof(v));
    ck_assert(!x->ops->evtchn_pending(x, local[0]));
    ck_assert(x->ops->evtchn_pending(x, local[1]));
    ck_assert(!x->ops->evtchn_pending(x, local[1]));

    x->ops->evtchn_unbind(x, local[1]);
    ck_assert_int_eq(x->ops->evtchn_bind(x, 5, &one, &none), 0);
    ck_assert_uint_eq(one, local[1]);
    fail = true;
    ck_assert_int_eq(x->ops->evtchn_bind(x, 5, &one, &none), -EINVAL);
    ck_assert_uint_eq(opened, 3);
    fail = false;
    while (!x->ops->evtchn_bind(x, 5, &local[i], &fd[i]))
        ck_assert_uint_lt(++i, XENIF_PORTS + 1);
    ck_assert_uint_eq(i, XENIF_PORTS);
    while (i--)
        x->ops->evtchn_unbind(x, local[i]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        domains,
        values,
        watches_coalesce,
        mapped_pages_have_a_bound,
        copies_have_a_status_each,
        ports,
        NULL,
    };

    return run_suite("xenif", setup, teardown, tests);
}
