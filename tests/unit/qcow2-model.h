/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of qcow2: a folder, images in it, and one disk's contents as they
 * should be.
 */
#ifndef HVMD_TESTS_UNIT_QCOW2_MODEL_H
#define HVMD_TESTS_UNIT_QCOW2_MODEL_H

#include "dm/block/qcow2-priv.h"
#include "dm/machine.h"

#define DISK (2u << 20)

extern struct vm vm; /* nothing but a loop */
extern char dir[64];
extern uint8_t model[DISK], buf[DISK];
extern uint64_t rng;

void on_request(void *opaque); /* vm's */
void setup(void);
void teardown(void);
int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool have_qemu_img(void); /* else says so, once */
uint64_t rnd(uint64_t below);
const char *path(const char *name); /* the last two stay valid */

struct qcow2_create plain(unsigned cluster_bits);
void create(const char *name, struct qcow2_create c);
int try_open(struct blk **blk, struct cfg_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct blk *open_image(const char *name, const char *more);
void open_bad(const char *name, const char *more, const char *says);
void poke(const char *name, uint64_t off, const void *p, size_t len);
void poke_be(const char *name, uint64_t off, uint64_t v, int len);

struct one {
    struct blk_req req; /* its done is one_done */
    bool done;
    int rc;
};
void one_done(struct blk_req *req, int rc);
/* One request, done. */
int io(struct blk_queue *q, enum blk_op op, unsigned flags, uint64_t off,
       void *data, uint64_t len);
void fill(uint8_t *p, size_t len);
/* One at random, on the model too if it succeeds; before that on_step. */
int step(struct blk_queue *q);
extern uint64_t step_off, step_len; /* what it changes at most */
extern void (*on_step)(void);

void verify(struct blk_queue *q); /* the disk is the model */
void check_clean(struct blk *blk);
/* qemu-img finds the model in the image, and nothing wrong. */
void ask_qemu_img(const char *name);

#endif
