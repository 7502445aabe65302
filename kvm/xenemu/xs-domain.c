/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a toolstack writes about a domain: the nodes and the rights are those
 * that libxl makes for an HVM guest.
 */
#include "config.h"

#include "kvm/xenemu/xs-priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* To a domain's folder; all that is wrong is kept in rc. */
struct writer {
    struct xenstore *s;
    char dir[64];
    int rc;
};

static void put(struct writer *w, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void put(struct writer *w, const char *key, const char *fmt, ...)
{
    char path[256], value[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    snprintf(path, sizeof(path), "%s%s%s", w->dir, *key ? "/" : "", key);
    if (!w->rc)
        w->rc = xenstore_write(w->s, 0, path, value);
}

/* An empty folder: the guest's own, or ours, which it may read. */
static void folder(struct writer *w, const char *key, bool guests)
{
    uint32_t guest = w->s->domid;
    char path[256];

    put(w, key, "%s", "");
    snprintf(path, sizeof(path), "%s%s%s", w->dir, *key ? "/" : "", key);
    if (!w->rc)
        w->rc = xenstore_set_perms(w->s, 0, path, guests ? guest : 0, guest);
}

static void describe(struct writer *w, const struct xenstore_domain *d,
                     const char *vm)
{
    static const char *const ours[] = {"cpu",   "memory",  "control",
                                       "store", "console", "hvmloader"};
    static const char *const theirs[] = {
        "control/shutdown",
        "control/feature-poweroff",
        "control/feature-reboot",
        "control/feature-suspend",
        "control/sysrq",
        "device/suspend/event-channel",
        "data",
        "drivers",
        "feature",
        "attr",
        "error",
    };

    for (unsigned i = 0; i < sizeof(ours) / sizeof(*ours); i++)
        folder(w, ours[i], false);
    for (unsigned i = 0; i < sizeof(theirs) / sizeof(*theirs); i++)
        folder(w, theirs[i], true);
    put(w, "vm", "%s", vm);
    put(w, "name", "%s", d->name ? d->name : "hvmd");
    put(w, "domid", "%" PRIu32, w->s->domid);
    put(w, "memory/static-max", "%" PRIu64, d->ram >> 10);
    put(w, "memory/target", "%" PRIu64, d->ram >> 10);
    put(w, "memory/videoram", "0");
    for (unsigned i = 0; i < d->vcpus; i++) {
        char key[48];

        snprintf(key, sizeof(key), "cpu/%u/availability", i);
        put(w, key, "online");
    }
    put(w, "control/platform-feature-multiprocessor-suspend", "1");
    put(w, "control/platform-feature-xs_reset_watches", "1");
    if (d->store_port) {
        put(w, "store/port", "%" PRIu32, d->store_port);
        put(w, "store/ring-ref", "%" PRIu64, d->store_pfn);
    }
    if (d->console_port) {
        put(w, "console/port", "%" PRIu32, d->console_port);
        put(w, "console/ring-ref", "%" PRIu64, d->console_pfn);
        put(w, "console/type", "ioemu");
        put(w, "console/output", "pty");
        put(w, "console/limit", "1048576");
        folder(w, "console/tty", false);
    }
}

/* All but its devices' folders: who has made these makes them anew. */
static void forget(struct xenstore *s, const char *dir)
{
    char **names, path[XS_ABS_PATH_MAX + 1];
    unsigned n;

    if (xenstore_list(s, 0, dir, &names, &n))
        return;
    for (unsigned i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        if (strcmp(names[i], "device"))
            xenstore_remove(s, 0, path);
    }
    free(names);
    snprintf(path, sizeof(path), "%s/device/suspend", dir);
    xenstore_remove(s, 0, path);
}

int xs_domain_prepare(struct xenstore *s)
{
    struct writer w = {.s = s};

    snprintf(w.dir, sizeof(w.dir), "/local/domain/%" PRIu32, s->domid);
    folder(&w, "", false);
    folder(&w, "device", false);
    return w.rc;
}

int xenstore_introduce(struct xenstore *s, const struct xenstore_domain *d)
{
    struct writer w = {.s = s};
    const uint8_t *u = d->uuid;
    char vm[64], path[64];

    snprintf(vm, sizeof(vm),
             "/vm/%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
             "%02x%02x%02x%02x%02x%02x",
             u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10],
             u[11], u[12], u[13], u[14], u[15]);
    snprintf(path, sizeof(path), "/local/domain/%" PRIu32, s->domid);
    if (s->introduced) {
        s->introduced = false;
        forget(s, path);
        xenstore_remove(s, 0, vm);
        xs_fire_special(s, "@releaseDomain");
    }
    snprintf(w.dir, sizeof(w.dir), "%s", vm);
    folder(&w, "", false);
    put(&w, "uuid", "%s", vm + 4);
    put(&w, "name", "%s", d->name ? d->name : "hvmd");
    snprintf(w.dir, sizeof(w.dir), "%s", path);
    describe(&w, d, vm);
    if (w.rc)
        return w.rc;
    s->introduced = true;
    xs_fire_special(s, "@introduceDomain");
    return 0;
}
