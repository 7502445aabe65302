/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/char/chr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/char/chr-priv.h"
#include "dm/machine.h"
#include "dm/options.h"

const struct chr_ops *const chr_backends[] = {
    &chr_file, &chr_null, &chr_pty, &chr_socket, &chr_stdio, NULL,
};

struct chr *chr_find(struct vm *vm, const char *id)
{
    struct chr *chr = vm->chrs;

    while (chr && strcmp(chr->id, id))
        chr = chr->next;
    return chr;
}

static const struct chr_ops *backend_find(const char *name)
{
    for (size_t i = 0; chr_backends[i]; i++) {
        if (!strcmp(chr_backends[i]->backend, name))
            return chr_backends[i];
    }
    return NULL;
}

/* "file, null, ...": what the message about an unknown one lists. */
static const char *backend_list(char *buf, size_t size)
{
    size_t n = 0;

    buf[0] = 0;
    for (size_t i = 0; chr_backends[i] && n < size; i++) {
        n += snprintf(buf + n, size - n, "%s%s", i ? ", " : "",
                      chr_backends[i]->backend);
    }
    return buf;
}

static void tell_open(void *opaque)
{
    struct chr *chr = opaque;

    if (!chr->user_set || !chr->open || chr->told_open)
        return;
    chr->told_open = true;
    if (chr->user.event)
        chr->user.event(chr->user.opaque, CHR_OPENED);
}

int chr_open(struct vm *vm, struct opts *opts, struct chr **out,
             struct cfg_err *err)
{
    const char *name = opts_get(opts, "backend");
    const char *id = opts_get(opts, "id");
    const struct chr_ops *ops;
    struct chr *chr;
    char list[128];
    int rc;

    *out = NULL;
    if (!name || !id || !*id) {
        return err_set(err, -EINVAL, "chardev: expected a backend and id=NAME");
    }
    if (strlen(id) >= sizeof(chr->id))
        return err_set(err, -EINVAL, "chardev: id '%.70s...' too long", id);
    if (chr_find(vm, id)) {
        return err_set(err, -EEXIST, "chardev '%s': the id is in use", id);
    }
    ops = backend_find(name);
    if (!ops) {
        return err_set(err, -EINVAL,
                       "chardev '%s': unknown backend '%s' (known: %s)", id,
                       name, backend_list(list, sizeof(list)));
    }
    chr = calloc(1, ops->size);
    if (!chr)
        return err_set(err, -ENOMEM, "chardev '%s': out of memory", id);
    chr->ops = ops;
    chr->vm = vm;
    strcpy(chr->id, id);
    strcpy(chr->filename, ops->backend);
    chr->open_task.fn = tell_open;
    chr->open_task.opaque = chr;

    rc = ops->open(chr, opts, err);
    if (rc < 0) {
        err_prefix(err, rc, "chardev '%s'", id);
        goto out;
    }
    snprintf(list, sizeof(list), "chardev '%s'", id);
    rc = opts_check(opts, list, ops->keys, err);
out:
    if (rc < 0) {
        ops->close(chr);
        loop_cancel(vm->loop, &chr->open_task);
        free(chr);
        return rc;
    }
    chr->next = vm->chrs;
    vm->chrs = chr;
    *out = chr;
    return 0;
}

void chr_close(struct chr *chr)
{
    struct chr **p;

    if (!chr)
        return;
    chr_detach(chr);
    for (p = &chr->vm->chrs; *p != chr; p = &(*p)->next)
        ;
    *p = chr->next;
    chr->ops->close(chr);
    loop_cancel(chr->vm->loop, &chr->open_task);
    free(chr);
}

int chr_attach(struct chr *chr, const struct chr_user *user, const char *who,
               struct cfg_err *err)
{
    if (chr->user_set) {
        return err_set(err, -EBUSY, "chardev '%s' is in use by %s", chr->id,
                       chr->taken);
    }
    chr->user = *user;
    chr->user_set = true;
    chr->taken = who;
    if (chr->open)
        loop_post(chr->vm->loop, &chr->open_task);
    chr_accept(chr);
    return 0;
}

void chr_detach(struct chr *chr)
{
    chr->user_set = false;
    chr->told_open = false;
    chr->taken = NULL;
    memset(&chr->user, 0, sizeof(chr->user));
}

int chr_write(struct chr *chr, const void *buf, size_t len)
{
    if (!chr->open)
        return -EPIPE;
    return chr->ops->write(chr, buf, len < INT32_MAX ? len : INT32_MAX);
}

void chr_accept(struct chr *chr)
{
    if (chr->ops->accept)
        chr->ops->accept(chr);
}

int chr_take_fd(struct chr *chr)
{
    return chr->ops->take_fd ? chr->ops->take_fd(chr) : -1;
}

void chr_hang_up(struct chr *chr)
{
    if (chr->ops->hang_up)
        chr->ops->hang_up(chr);
}

/* For backends. */

void chr_set_open(struct chr *chr, bool open)
{
    if (chr->open == open)
        return;
    chr->open = open;
    if (open) {
        tell_open(chr);
    } else if (chr->told_open) {
        chr->told_open = false;
        if (chr->user.event)
            chr->user.event(chr->user.opaque, CHR_CLOSED);
    }
}

size_t chr_room(struct chr *chr)
{
    if (!chr->user_set)
        return 0;
    return chr->user.can_read ? chr->user.can_read(chr->user.opaque) : SIZE_MAX;
}

void chr_feed(struct chr *chr, const uint8_t *buf, size_t len)
{
    if (chr->user.read)
        chr->user.read(chr->user.opaque, buf, len);
}

void chr_writable(struct chr *chr)
{
    if (chr->user.writable)
        chr->user.writable(chr->user.opaque);
}
