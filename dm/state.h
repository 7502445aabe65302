/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device state: one table of fields a class serves save, restore and
 * migration, in both directions. The stream is specified in
 * docs/specs/state-stream.md; what bounds a load is the table, never the
 * stream. A loaded value may be anything: post_load checks it as it would
 * check what a guest wrote, and refuses with -EINVAL; it never asserts.
 */
#ifndef HVMD_DM_STATE_H
#define HVMD_DM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dm/clock.h"
#include "dm/err.h"

struct dev;
struct vm;

enum state_type {
    STATE_T_END,
    STATE_T_BOOL, /* bool, one byte in the stream */
    STATE_T_U8,   /* integers, also signed ones and arrays of them */
    STATE_T_U16,
    STATE_T_U32,
    STATE_T_U64,
    STATE_T_BYTES,  /* count bytes */
    STATE_T_TIMER,  /* struct timer: its deadline; armed again on load */
    STATE_T_STRUCT, /* count structs of stride bytes, each by its table */
};

struct state_field {
    const char *name; /* unique in its table; part of the format */
    enum state_type type;
    size_t offset;
    uint32_t count;                   /* of elements */
    uint32_t stride;                  /* STATE_T_STRUCT: size of one */
    const struct state_field *fields; /* STATE_T_STRUCT */
    uint16_t since; /* first version that has it; absent before: left alone */
};

struct state_desc {
    const char *name;
    uint16_t version, min_version;
    const struct state_field *fields;
    void (*pre_save)(struct dev *dev); /* optional */
    int (*post_load)(struct dev *dev); /* optional; 0, -EINVAL */
};

#define STATE_F_(T, f, type_, n)                                        \
    {                                                                   \
        .name = #f, .type = type_, .offset = offsetof(T, f), .count = n \
    }
#define STATE_BOOL(T, f) STATE_F_(T, f, STATE_T_BOOL, 1)
#define STATE_U8(T, f) STATE_F_(T, f, STATE_T_U8, 1)
#define STATE_U16(T, f) STATE_F_(T, f, STATE_T_U16, 1)
#define STATE_U32(T, f) STATE_F_(T, f, STATE_T_U32, 1)
#define STATE_U64(T, f) STATE_F_(T, f, STATE_T_U64, 1)
#define STATE_TIMER(T, f) STATE_F_(T, f, STATE_T_TIMER, 1)
#define STATE_BYTES(T, f) STATE_F_(T, f, STATE_T_BYTES, sizeof(((T *)0)->f))
#define STATE_U16_ARRAY(T, f) \
    STATE_F_(T, f, STATE_T_U16, sizeof(((T *)0)->f) / 2)
#define STATE_U32_ARRAY(T, f) \
    STATE_F_(T, f, STATE_T_U32, sizeof(((T *)0)->f) / 4)
#define STATE_U64_ARRAY(T, f) \
    STATE_F_(T, f, STATE_T_U64, sizeof(((T *)0)->f) / 8)
/* One struct, or a whole array of structs, with a table of its own. */
#define STATE_STRUCT(T, f, table)                                     \
    {                                                                 \
        .name = #f, .type = STATE_T_STRUCT, .offset = offsetof(T, f), \
        .count = 1, .stride = sizeof(((T *)0)->f), .fields = table    \
    }
#define STATE_STRUCTS(T, f, table)                                    \
    {                                                                 \
        .name = #f, .type = STATE_T_STRUCT, .offset = offsetof(T, f), \
        .count = sizeof(((T *)0)->f) / sizeof(((T *)0)->f[0]),        \
        .stride = sizeof(((T *)0)->f[0]), .fields = table             \
    }
#define STATE_END           \
    {                       \
        .type = STATE_T_END \
    }

/* A growing buffer for save, a bounded view for load. */
struct state_buf {
    uint8_t *data;
    size_t len, cap; /* load: cap unused */
    size_t pos;      /* load: next byte */
};
void state_buf_free(struct state_buf *b);

/* Machine lock held, device paused. */
int state_save_dev(struct dev *dev, struct state_buf *out); /* one record */
/* Loads the next record, which must be dev's. On failure the device is in an
 * unknown but harmless state: reset or destroy it. -EINVAL with err set. */
int state_load_dev(struct dev *dev, struct state_buf *in, struct cfg_err *err);
/* A whole stream: header, guest time, every device in order of creation,
 * END. */
int state_save_vm(struct vm *vm, struct state_buf *out);
int state_load_vm(struct vm *vm, struct state_buf *in, struct cfg_err *err);

#endif
