/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvmd-img: makes, shows, checks and copies disk images, over the block layer
 * of hvmd. Options are named as qemu-img's.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dm/block/blk-priv.h"
#include "dm/block/image-lock.h"
#include "dm/block/qcow2.h"
#include "dm/options.h"
#include "tools/img.h"

/* Exit status of check, as qemu-img's. */
enum { CHECK_FAILED = 1, CHECK_CORRUPT = 2, CHECK_LEAKS = 3, CHECK_NONE = 63 };

int fail(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("hvmd-img: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return 1;
}

int usage(FILE *to)
{
    fputs("usage: hvmd-img create [-q] [-f FORMAT] [-o OPTIONS] "
          "[-b BACKING -F FORMAT] FILE SIZE\n"
          "       hvmd-img info [-f FORMAT] [--output=human|json] FILE\n"
          "       hvmd-img check [-q] [-f FORMAT] [-r leaks|all] "
          "[--output=human|json] FILE\n"
          "       hvmd-img convert [-cp] [-f FORMAT] [-O FORMAT] "
          "[-o OPTIONS] [-l SNAPSHOT] [--backing] FILE OUT\n"
          "A format is raw, unless said otherwise: it is never guessed.\n",
          to);
    return to == stderr;
}

/* Opening. */

struct blk *open_image(struct img *img, const char *id, const char *format,
                       const char *file, bool writable, const char *backing)
{
    bool qcow2 = !strcmp(format, "qcow2");
    struct opts *o = opts_new();
    struct cfg_err err;
    struct blk *blk;

    opts_set(o, "id", id);
    opts_set(o, "file", file);
    opts_set(o, "format", format);
    opts_set(o, "discard", "unmap");
    if (!writable)
        opts_set(o, "readonly", "on");
    if (qcow2 && backing)
        opts_set(o, "backing", backing);
    if (qcow2 && img->snapshot && !writable)
        opts_set(o, "snapshot", img->snapshot);
    if (blk_open(&img->vm, o, &blk, &err) < 0) {
        fail("%s", err.text);
        blk = NULL;
    }
    opts_free(o);
    return blk;
}

/* Creating. */

static int parse_create(struct img *img, struct opts *o, struct qcow2_create *c,
                        struct cfg_err *err)
{
    const char *compat = opts_get(o, "compat");
    uint64_t cluster = 1 << 16, bits = 16;
    int rc;

    c->version = 3;
    if (compat && (!strcmp(compat, "0.10") || !strcmp(compat, "v2")))
        c->version = 2;
    else if (compat && strcmp(compat, "1.1") && strcmp(compat, "v3"))
        return err_set(err, -EINVAL, "compat=%.60s: expected 0.10 or 1.1",
                       compat);
    if ((rc = opts_get_size(o, "cluster_size", 1, &cluster, err)) < 0 ||
        (rc = opts_get_u64(o, "refcount_bits", 64, &bits, err)) < 0 ||
        (rc = opts_get_bool(o, "lazy_refcounts", &c->lazy_refcounts, err)) < 0)
        return rc;
    if (cluster < 512 || cluster > 2 << 20 || cluster & (cluster - 1)) {
        return err_set(err, -EINVAL,
                       "cluster_size: expected a power of two from 512 to 2M");
    }
    if (!bits || bits & (bits - 1)) {
        return err_set(err, -EINVAL,
                       "refcount_bits: expected a power of two up to 64");
    }
    c->cluster_bits = __builtin_ctzll(cluster);
    c->refcount_order = __builtin_ctzll(bits);
    c->backing = img->backing;
    c->backing_format = img->backing_format;
    if (c->backing && !c->backing_format)
        return err_set(err, -EINVAL, "expected -F, the format of %s",
                       c->backing);
    return opts_check(
        o, "-o", "cluster_size, compat, lazy_refcounts, refcount_bits", err);
}

static int make_qcow2(struct img *img, int fd, uint64_t size,
                      struct cfg_err *err)
{
    struct qcow2_create c = {.size = size};
    struct opts *o;
    int rc = opts_parse(img->options ? img->options : "", NULL, &o, err);

    if (rc < 0)
        return rc;
    rc = parse_create(img, o, &c, err);
    if (!rc && ftruncate(fd, 0) < 0)
        rc = err_set(err, -errno, "%s", strerror(errno));
    if (!rc)
        rc = qcow2_create(fd, &c, err);
    opts_free(o);
    return rc;
}

static int make_raw(struct img *img, int fd, uint64_t size, struct cfg_err *err)
{
    if (img->options || img->backing)
        return err_set(err, -EINVAL, "a raw image has no options");
    if (ftruncate(fd, 0) < 0 || ftruncate(fd, size) < 0)
        return err_set(err, -errno, "%s", strerror(errno));
    return 0;
}

/* Nobody may have it open: the lock goes when it is made. */
int make_image(struct img *img, const char *format, const char *file,
               uint64_t size, bool *device)
{
    int fd = blk_is_nbd(file) ? -1
                              : open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0644),
        rc;
    struct cfg_err err;
    struct stat st;

    *device = blk_is_nbd(file); /* it is there */
    if (*device && strcmp(format, "raw"))
        return fail("%s: is a server's disk, expected format raw", file);
    if (*device)
        return 0;
    if (fd < 0 || fstat(fd, &st) < 0) {
        fail("%s: %s", file, strerror(errno));
        if (fd >= 0)
            close(fd);
        return 1;
    }
    *device = S_ISBLK(st.st_mode);
    rc = image_lock(fd, true, false);
    if (rc == -EAGAIN)
        err_set(&err, rc, "is in use by another");
    else if (*device && strcmp(format, "raw"))
        rc = err_set(&err, -EINVAL, "is a device, expected format raw");
    else if (*device)
        rc = 0;
    else if (!strcmp(format, "qcow2"))
        rc = make_qcow2(img, fd, size, &err);
    else if (!strcmp(format, "raw"))
        rc = make_raw(img, fd, size, &err);
    else
        rc = err_set(&err, -EINVAL, "format '%.60s': expected raw or qcow2",
                     format);
    image_unlock(fd);
    close(fd);
    return rc < 0 ? fail("%s: %s", file, err.text) : 0;
}

static int cmd_create(struct img *img, int argc, char **argv)
{
    bool device;
    uint64_t size;
    int rc;

    if (argc != 2)
        return fail("create: expected FILE SIZE (see --help)");
    if (parse_size(argv[1], 1, &size) < 0 || !size || size > INT64_MAX - 511)
        return fail("%s: expected a size, such as 10G", argv[1]);
    size = (size + 511) & ~UINT64_C(511);
    rc = make_image(img, img->format, argv[0], size, &device);
    if (!rc && !img->quiet)
        printf("%s: %s, %" PRIu64 " bytes\n", argv[0], img->format, size);
    return rc;
}

/* Info. */

static uint64_t disk_use(const char *file)
{
    struct stat st;

    return stat(file, &st) < 0 ? 0 : (uint64_t)st.st_blocks * 512;
}

static json_t *snapshot_json(const struct qcow2_snapshot_info *s)
{
    return json_pack("{s:s%, s:s%, s:I, s:I, s:I}", "id", s->id, strlen(s->id),
                     "name", s->name, strlen(s->name), "vm-state-size",
                     (json_int_t)s->vm_state_size, "date-sec",
                     (json_int_t)s->date_s, "vm-clock-nsec",
                     (json_int_t)(s->clock_ns % 1000000000));
}

static int print_json(json_t *obj)
{
    char *text = json_dumps(obj, JSON_INDENT(4));

    if (text)
        puts(text);
    free(text);
    json_decref(obj);
    return text ? 0 : fail("a name in the image is not UTF-8");
}

static int info_json(struct blk *blk, const char *file,
                     const struct qcow2_info *i)
{
    json_t *o = json_pack("{s:s, s:s, s:I, s:I}", "filename", file, "format",
                          blk->format, "virtual-size", (json_int_t)blk->size,
                          "actual-size", (json_int_t)disk_use(file));
    json_t *list = json_array();

    if (o && i->version) {
        json_object_set_new(o, "cluster-size",
                            json_integer(1 << i->cluster_bits));
        json_object_set_new(o, "dirty-flag", json_boolean(i->dirty));
        json_object_set_new(
            o, "format-specific",
            json_pack("{s:s, s:{s:s, s:b, s:b, s:i}}", "type", "qcow2", "data",
                      "compat", i->version > 2 ? "1.1" : "0.10",
                      "lazy-refcounts", i->lazy_refcounts, "corrupt",
                      i->corrupt, "refcount-bits", 1 << i->refcount_order));
        if (i->backing)
            json_object_set_new(o, "backing-filename", json_string(i->backing));
        if (i->backing_format)
            json_object_set_new(o, "backing-filename-format",
                                json_string(i->backing_format));
    }
    for (unsigned n = 0; n < i->nsnapshots; n++)
        json_array_append_new(list, snapshot_json(&i->snapshots[n]));
    if (i->nsnapshots)
        json_object_set(o, "snapshots", list);
    json_decref(list);
    return print_json(o);
}

static void info_human(struct blk *blk, const char *file,
                       const struct qcow2_info *i)
{
    printf("image: %s\nfile format: %s\nvirtual size: %" PRIu64
           " bytes\ndisk size: %" PRIu64 " bytes\n",
           file, blk->format, blk->size, disk_use(file));
    if (!i->version)
        return;
    printf("cluster_size: %u\nversion: %u\nrefcount bits: %u\n"
           "lazy refcounts: %s\n",
           1u << i->cluster_bits, i->version, 1u << i->refcount_order,
           i->lazy_refcounts ? "yes" : "no");
    if (i->dirty)
        puts("not closed: its refcounts are repaired when it is written to");
    if (i->corrupt)
        puts("corrupt: yes");
    if (i->backing)
        printf("backing file: %s\nbacking file format: %s\n", i->backing,
               i->backing_format ? i->backing_format : "not said");
    for (unsigned n = 0; n < i->nsnapshots; n++)
        printf("snapshot: %s %s, %" PRIu64 " bytes of state\n",
               i->snapshots[n].id, i->snapshots[n].name,
               i->snapshots[n].vm_state_size);
}

static int cmd_info(struct img *img, int argc, char **argv)
{
    struct qcow2_info info = {0};
    struct blk *blk;

    if (argc != 1)
        return fail("info: expected FILE (see --help)");
    blk = open_image(img, "image", img->format, argv[0], false, "none");
    if (!blk)
        return 1;
    if (!strcmp(blk->format, "qcow2"))
        qcow2_get_info(blk, &info);
    if (img->json)
        return info_json(blk, argv[0], &info);
    info_human(blk, argv[0], &info);
    return 0;
}

/* Check. */

static void tell(void *opaque, const char *line)
{
    if (!((struct img *)opaque)->quiet)
        fprintf(stderr, "%s\n", line);
}

static int check_json(const struct blk *blk, const char *file,
                      const struct qcow2_result *r)
{
    return print_json(json_pack(
        "{s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "filename", file,
        "format", blk->format, "check-errors", 0, "corruptions",
        (json_int_t)(r->corruptions - r->corruptions_fixed), "leaks",
        (json_int_t)(r->leaks - r->leaks_fixed), "corruptions-fixed",
        (json_int_t)r->corruptions_fixed, "leaks-fixed",
        (json_int_t)r->leaks_fixed, "total-clusters", (json_int_t)r->total,
        "allocated-clusters", (json_int_t)r->allocated, "image-end-offset",
        (json_int_t)r->end));
}

static void check_human(const struct qcow2_result *r)
{
    if (!r->corruptions && !r->leaks)
        puts("No errors were found on the image.");
    if (r->corruptions)
        printf("%" PRIu64 " errors, %" PRIu64 " of them repaired\n",
               r->corruptions, r->corruptions_fixed);
    if (r->leaks)
        printf("%" PRIu64 " leaked clusters, %" PRIu64 " of them freed\n",
               r->leaks, r->leaks_fixed);
    printf("%" PRIu64 "/%" PRIu64 " clusters allocated\n"
           "Image end offset: %" PRIu64 "\n",
           r->allocated, r->total, r->end);
}

static int cmd_check(struct img *img, int argc, char **argv)
{
    enum qcow2_repair repair = QCOW2_CHECK;
    struct qcow2_result r;
    struct blk *blk;
    int rc;

    if (argc != 1)
        return fail("check: expected FILE (see --help)");
    if (img->repair && !strcmp(img->repair, "leaks"))
        repair = QCOW2_FIX_LEAKS;
    else if (img->repair && !strcmp(img->repair, "all"))
        repair = QCOW2_FIX_ALL;
    else if (img->repair)
        return fail("-r %s: expected leaks or all", img->repair);
    if (strcmp(img->format, "qcow2")) {
        fail("format %s has nothing to check (is -f qcow2 missing?)",
             img->format);
        return CHECK_NONE;
    }
    blk = open_image(img, "image", img->format, argv[0], repair != QCOW2_CHECK,
                     "none");
    if (!blk)
        return CHECK_FAILED;
    rc = qcow2_check(blk, repair, &r, tell, img);
    if (rc == -ENOTSUP) {
        fail("%s: has dirty bitmaps, which are not known here", argv[0]);
        return CHECK_NONE;
    }
    if (rc < 0)
        return fail("%s: %s", argv[0], strerror(-rc));
    if (img->json)
        check_json(blk, argv[0], &r);
    else if (!img->quiet)
        check_human(&r);
    if (r.corruptions > r.corruptions_fixed)
        return CHECK_CORRUPT;
    return r.leaks > r.leaks_fixed ? CHECK_LEAKS : 0;
}

static int parse_output(struct img *img, const char *s)
{
    img->json = !strcmp(s, "json");
    if (img->json || !strcmp(s, "human"))
        return 0;
    return fail("--output=%s: expected human or json", s);
}

static int parse(struct img *img, int argc, char **argv)
{
    static const struct option longs[] = {
        {"output", required_argument, NULL, 1},
        {"backing", no_argument, NULL, 2},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "f:O:o:b:F:r:l:cpqh", longs, NULL)) !=
           -1) {
        switch (c) {
        case 'f':
            img->format = optarg;
            break;
        case 'O':
            img->out_format = optarg;
            break;
        case 'o':
            img->options = optarg;
            break;
        case 'b':
            img->backing = optarg;
            break;
        case 'F':
            img->backing_format = optarg;
            break;
        case 'r':
            img->repair = optarg;
            break;
        case 'l':
            img->snapshot = optarg;
            break;
        case 'c':
            img->compress = true;
            break;
        case 'p':
            img->progress = true;
            break;
        case 'q':
            img->quiet = true;
            break;
        case 1:
            if (parse_output(img, optarg))
                return 1;
            break;
        case 2:
            img->chain = true;
            break;
        case 'h':
            exit(usage(stdout));
        default:
            return usage(stderr);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct img *img, int argc, char **argv);
    } commands[] = {
        {"create", cmd_create},
        {"info", cmd_info},
        {"check", cmd_check},
        {"convert", cmd_convert},
    };
    struct img img = {.format = "raw", .out_format = "raw"};
    size_t i = 0, n = sizeof(commands) / sizeof(commands[0]);
    int rc;

    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
        return usage(stdout);
    if (argc > 1 && !strcmp(argv[1], "--version"))
        return printf("hvmd-img %s\n", PACKAGE_VERSION) < 0;
    while (argc > 1 && i < n && strcmp(argv[1], commands[i].name))
        i++;
    if (argc < 2)
        return usage(stderr);
    if (i == n)
        return fail("%s: expected create, info, check or convert (see --help)",
                    argv[1]);
    if (parse(&img, argc - 1, argv + 1))
        return 1;
    img.vm.loop = loop_new(NULL);
    if (!img.vm.loop)
        return fail("%s", strerror(errno));
    rc = commands[i].run(&img, argc - 1 - optind, argv + 1 + optind);
    blk_close_all(&img.vm);
    loop_free(img.vm.loop);
    return fflush(stdout) ? fail("standard output: %s", strerror(errno)) : rc;
}
