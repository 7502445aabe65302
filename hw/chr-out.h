/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a chip has sent and the host has not taken yet.
 *
 * A chardev is written to in the main loop only, a chip is written to by any
 * vCPU: between them is this buffer. One wake of the main loop carries all
 * that came meanwhile, so a guest that sends byte by byte costs a system call
 * a burst. All calls need the machine lock.
 */
#ifndef HVMD_HW_CHR_OUT_H
#define HVMD_HW_CHR_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/char/chr.h"
#include "dm/loop.h"
#include "dm/state.h"

#define CHR_OUT_SIZE 4096u

struct chr_out {
    struct vm *vm;
    struct chr *chr;               /* NULL: all is forgotten */
    void (*drained)(void *opaque); /* room has grown; optional */
    void *opaque;
    struct loop_task task;
    uint32_t len;
    uint8_t data[CHR_OUT_SIZE];
};

void chr_out_init(struct chr_out *o, struct vm *vm, struct chr *chr,
                  void (*drained)(void *opaque), void *opaque);
void chr_out_fini(struct chr_out *o); /* after a last try */

static inline uint32_t chr_out_room(const struct chr_out *o)
{
    return CHR_OUT_SIZE - o->len;
}
/* Takes what fits and returns how much that was. */
uint32_t chr_out_put(struct chr_out *o, const void *buf, uint32_t len);
/* Main thread: hands over what the host takes. Also what chr_user.writable
 * calls. */
void chr_out_flush(struct chr_out *o);

/* STATE_STRUCT(T, out, chr_out_state); then chr_out_post_load. */
extern const struct state_field chr_out_state[];
int chr_out_post_load(struct chr_out *o); /* 0 or -EINVAL */

#endif
