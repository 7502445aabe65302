/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks of an NBD server, by libnbd. Source: the NBD protocol and URI
 * specifications (github.com/NetworkBlockDevice/nbd, doc/); QEMU's spellings.
 */
#include "config.h"

#include "dm/block/nbd-priv.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/options.h"

#define LIBNBD "libnbd.so.0"
#define CONNECT_MS 10000
#define MAX_LEN (32u << 20) /* of a request, where the server says nothing */
#define DEFAULT_PORT "10809"

/* ---- where it is ---- */

static bool is_uri(const char *file)
{
    const char *colon = strstr(file, "://");

    return colon && !strncmp(file, "nbd", 3);
}

static char *copy(const char *s)
{
    return s ? strdup(s) : NULL;
}

/* "nbd:HOST:PORT" or "nbd:unix:PATH", either with ":exportname=NAME". */
static int parse_old(struct nbd *n, const char *file, struct cfg_err *err)
{
    static const char export_key[] = ":exportname=";
    char *text = strdup(file + strlen("nbd:"));
    char *export = text ? strstr(text, export_key) : NULL, *colon;
    int rc = 0;

    if (!text)
        return err_set(err, -ENOMEM, "out of memory");
    if (export) {
        *export = 0;
        n->export = copy(export + strlen(export_key));
    }
    colon = strrchr(text, ':');
    if (!strncmp(text, "unix:", 5)) {
        n->path = copy(text + 5);
    } else if (colon) {
        *colon = 0;
        n->host = copy(text);
        n->port = copy(colon + 1);
    } else {
        rc = err_set(err, -EINVAL,
                     "%s: expected nbd:HOST:PORT, nbd:unix:PATH or nbd://...",
                     file);
    }
    free(text);
    return rc;
}

/* Of two spellings: -blockdev's and -drive's. */
static const char *get(struct opts *opts, const char *key, const char *other)
{
    const char *s = opts_get(opts, key);

    return s ? s : opts_get(opts, other);
}

static int parse_server(struct nbd *n, struct opts *opts, struct cfg_err *err)
{
    const char *type = opts_get(opts, "server.type");

    n->host = copy(get(opts, "server.host", "host"));
    n->port = copy(get(opts, "server.port", "port"));
    n->path = copy(get(opts, "server.path", "path"));
    if (type && strcmp(type, "inet") && strcmp(type, "unix"))
        return err_set(err, -EINVAL, "server.type=%s: expected inet or unix",
                       type);
    if (!n->host == !n->path || (type && !n->path != !strcmp(type, "inet")))
        return err_set(err, -EINVAL,
                       "nbd: expected file=nbd://..., server.host=HOST or "
                       "server.path=PATH");
    return 0;
}

static int name_it(struct nbd *n, const char *file, struct cfg_err *err)
{
    char name[512];

    if (n->path)
        snprintf(name, sizeof(name), "nbd:unix:%s", n->path);
    else if (n->host)
        snprintf(name, sizeof(name), "nbd:%s:%s", n->host,
                 n->port ? n->port : DEFAULT_PORT);
    n->blk.filename = strdup(file ? file : name);
    return n->blk.filename ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static int parse(struct nbd *n, struct opts *opts, struct cfg_err *err)
{
    const char *file = opts_get(opts, "file");
    const char *export = opts_get(opts, "export");
    uint64_t seconds = 0;
    int rc;

    if (!file)
        file = opts_get(opts, "filename");
    if (!file)
        rc = parse_server(n, opts, err);
    else if (is_uri(file))
        rc = (n->uri = copy(file)) ? 0 : err_set(err, -ENOMEM, "out of memory");
    else
        rc = parse_old(n, file, err);
    if (!rc)
        rc = opts_get_u64(opts, "reconnect-delay", UINT32_MAX, &seconds, err);
    if (rc < 0)
        return rc;
    n->reconnect_ns = seconds * 1000000000;
    if (export && (n->uri || n->export))
        return err_set(err, -EINVAL, "export=%s: is in the file's name too",
                       export);
    if (!n->export)
        n->export = copy(export);
    n->certificates = copy(opts_get(opts, "tls-certificates"));
    n->psk_file = copy(opts_get(opts, "tls-psk-file"));
    n->username = copy(opts_get(opts, "tls-username"));
    return name_it(n, file, err);
}

/* ---- the library ---- */

/* Never unloaded: it and what it brings have data of each thread. */
static int load(struct nbd *n, struct cfg_err *err)
{
    void *lib = dlopen(LIBNBD, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    bool all = true;

    if (!lib)
        return err_set(err, -ENOENT,
                       "%s (expected libnbd: install the Debian package "
                       "libnbd0)",
                       dlerror());
#define FIND(call) all &= !!(n->lib.call = dlsym(lib, "nbd_" #call));
    NBD_CALLS(FIND)
#undef FIND
    dlclose(lib);
    return all ? 0
               : err_set(err, -ENOENT,
                         LIBNBD ": expected version 1.14 or later");
}

/* ---- connecting ---- */

static int begin(struct nbd *n, struct nbd_handle *h)
{
    if (n->certificates || n->psk_file || n->username) {
        if (n->lib.set_tls(h, LIBNBD_TLS_REQUIRE) < 0 ||
            (n->certificates &&
             n->lib.set_tls_certificates(h, n->certificates) < 0) ||
            (n->psk_file && n->lib.set_tls_psk_file(h, n->psk_file) < 0) ||
            (n->username && n->lib.set_tls_username(h, n->username) < 0))
            return -1;
    }
    if (n->export && n->lib.set_export_name(h, n->export) < 0)
        return -1;
    if (n->uri) { /* the user's, not a guest's: it may name files */
        if (n->lib.set_uri_allow_local_file(h, true) < 0)
            return -1;
        return n->lib.aio_connect_uri(h, n->uri);
    }
    return n->path ? n->lib.aio_connect_unix(h, n->path)
                   : n->lib.aio_connect_tcp(h, n->host,
                                            n->port ? n->port : DEFAULT_PORT);
}

static int handshake(struct nbd *n, struct nbd_handle *h)
{
    int64_t until = blk_now_ns() + CONNECT_MS * INT64_C(1000000);

    while (n->lib.aio_is_connecting(h) || n->lib.aio_is_negotiating(h)) {
        int64_t left = (until - blk_now_ns()) / 1000000;

        if (left <= 0)
            return -ETIMEDOUT;
        if (n->lib.poll(h, (int)left) < 0)
            return -EIO;
    }
    return n->lib.aio_is_ready(h) ? 0 : -EIO;
}

static int ask(struct nbd *n, struct nbd_handle *h, struct nbd_server *s)
{
    int64_t size = n->lib.get_size(h);
    int64_t min = n->lib.get_block_size(h, LIBNBD_SIZE_MINIMUM);
    int64_t max = n->lib.get_block_size(h, LIBNBD_SIZE_MAXIMUM);

    if (size < 0)
        return -EIO;
    if (min > 512)
        return -ENOTSUP;
    *s = (struct nbd_server){
        .size = (uint64_t)size & ~UINT64_C(511),
        .max_len =
            max >= 512 && max < MAX_LEN ? (uint64_t)max & ~511u : MAX_LEN,
        .readonly = n->lib.is_read_only(h) == 1,
        .flush = n->lib.can_flush(h) == 1,
        .fua = n->lib.can_fua(h) == 1,
        .trim = n->lib.can_trim(h) == 1,
        .zero = n->lib.can_zero(h) == 1,
    };
    return 0;
}

static bool same(const struct nbd_server *a, const struct nbd_server *b)
{
    return a->size == b->size && a->max_len == b->max_len &&
           a->readonly == b->readonly && a->flush == b->flush &&
           a->fua == b->fua && a->trim == b->trim && a->zero == b->zero;
}

int nbd_connect(struct nbd *n, struct cfg_err *err)
{
    const char *name = n->blk.filename;
    struct nbd_handle *h = n->lib.create();
    struct nbd_server s;
    int rc;

    if (!h)
        return err_set(err, -ENOMEM, "%s: %s", name, n->lib.get_error());
    rc = begin(n, h) < 0 ? -EIO : handshake(n, h);
    if (!rc)
        rc = ask(n, h, &s);
    if (rc == -ETIMEDOUT)
        err_set(err, rc, "%s: the server does not answer", name);
    else if (rc == -ENOTSUP)
        err_set(err, rc, "%s: the server's blocks are larger than 512 bytes",
                name);
    else if (rc)
        err_set(err, rc, "%s: %s", name,
                n->lib.get_error() ? n->lib.get_error() : "no connection");
    else if (n->server.size && !same(&s, &n->server))
        rc = err_set(err, -ESTALE, "%s: is another disk than before", name);
    if (rc) {
        n->lib.close(h);
        return rc;
    }
    n->server = s;
    n->h = h;
    return 0;
}

void nbd_disconnect(struct nbd *n)
{
    if (!n->h)
        return;
    if (n->lib.aio_is_ready(n->h))
        n->lib.aio_disconnect(n->h, 0);
    n->lib.close(n->h);
    n->h = NULL;
}

/* ---- the image ---- */

static int nbd_open(struct blk *blk, struct opts *opts, struct cfg_err *err)
{
    struct nbd *n = (struct nbd *)blk;
    int rc;

    pthread_mutex_init(&n->lock, NULL);
    rc = load(n, err);
    if (!rc)
        rc = parse(n, opts, err);
    if (!rc)
        rc = nbd_connect(n, err);
    if (rc < 0)
        return rc;
    if (n->server.readonly && !blk->readonly)
        return err_set(err, -EROFS,
                       "%s: cannot be written to (readonly=on opens it for "
                       "reading)",
                       blk->filename);
    if (!n->server.size)
        return err_set(err, -EINVAL, "%s: is empty, expected a disk image",
                       blk->filename);
    atomic_store(&blk->size, n->server.size);
    rc = nbd_start(n);
    return rc < 0 ? err_set(err, rc, "%s: %s", blk->filename, strerror(-rc))
                  : 0;
}

static void nbd_blk_close(struct blk *blk)
{
    struct nbd *n = (struct nbd *)blk;

    nbd_stop(n);
    nbd_disconnect(n);
    free(n->uri);
    free(n->host);
    free(n->port);
    free(n->path);
    free(n->export);
    free(n->certificates);
    free(n->psk_file);
    free(n->username);
    pthread_mutex_destroy(&n->lock);
}

/* Has it been resized already? */
static int nbd_resize(struct blk *blk, uint64_t size)
{
    return ((struct nbd *)blk)->server.size >= size ? 0 : -ENOSPC;
}

const struct blk_ops blk_nbd = {
    .format = "nbd",
    .desc = "a disk of an NBD server",
    .keys = "file, filename, server.type, server.host, server.port, "
            "server.path, host, port, path, export, reconnect-delay, "
            "tls-certificates, tls-psk-file, tls-username",
    .blk_size = sizeof(struct nbd),
    .queue_size = sizeof(struct nbd_queue),
    .open = nbd_open,
    .close = nbd_blk_close,
    .queue_init = nbd_queue_init,
    .queue_fini = nbd_queue_fini,
    .submit = nbd_submit,
    .unplug = nbd_unplug,
    .wait = nbd_wait,
    .resize = nbd_resize,
};
