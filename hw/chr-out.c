/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/chr-out.h"

#include <errno.h>
#include <string.h>

#include "dm/machine.h"

static void flush_task(void *opaque)
{
    chr_out_flush(opaque);
}

void chr_out_init(struct chr_out *o, struct vm *vm, struct chr *chr,
                  void (*drained)(void *opaque), void *opaque)
{
    o->vm = vm;
    o->chr = chr;
    o->drained = drained;
    o->opaque = opaque;
    o->task.fn = flush_task;
    o->task.opaque = o;
}

void chr_out_fini(struct chr_out *o)
{
    o->drained = NULL;
    chr_out_flush(o);
    loop_cancel(o->vm->loop, &o->task);
}

uint32_t chr_out_put(struct chr_out *o, const void *buf, uint32_t len)
{
    if (!o->chr)
        return len;
    if (len > chr_out_room(o))
        len = chr_out_room(o);
    memcpy(o->data + o->len, buf, len);
    o->len += len;
    if (len)
        loop_post(o->vm->loop, &o->task);
    return len;
}

void chr_out_flush(struct chr_out *o)
{
    int n;

    if (!o->len || !o->chr)
        return;
    n = chr_write(o->chr, o->data, o->len);
    if (n < 0)
        n = o->len; /* nobody is there */
    o->len -= n;
    memmove(o->data, o->data + n, o->len);
    if (n && o->drained)
        o->drained(o->opaque);
}

const struct state_field chr_out_state[] = {
    STATE_U32(struct chr_out, len),
    STATE_BYTES(struct chr_out, data),
    STATE_END,
};

int chr_out_post_load(struct chr_out *o)
{
    if (o->len > CHR_OUT_SIZE)
        return -EINVAL;
    if (o->len)
        loop_post(o->vm->loop, &o->task);
    return 0;
}
