/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine for device tests: the qtest engine without its socket. No guest,
 * virtual time, lines to look at. Every call takes the machine lock itself;
 * failures end the test through check's ck_abort.
 */
#ifndef HVMD_TESTS_LIB_TESTVM_H
#define HVMD_TESTS_LIB_TESTVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dm/cmdline.h"
#include "dm/engine.h"
#include "dm/machine.h"
#include "dm/worker.h"

struct testvm {
    struct vm vm;
    unsigned msi_count; /* messages seen */
    uint64_t msi_addr;  /* the last one */
    uint32_t msi_data;
    /* private */
    struct engine_ops logged; /* the engine, with a log of what is written */
    const struct engine_ops *engine;
    uint8_t *told; /* a page of RAM: was it in the log? */
    struct cmdline cl;
    char **words;
    bool made;
};

/* What devices write into RAM is logged all the time (mem_log_dirty), and
 * tv_free looks whether the log has each page that is not zero any more, or
 * tv_told whether it has one. */
bool tv_told(struct testvm *t, uint64_t gpa);
void tv_told_nothing(struct testvm *t); /* begins anew */
void tv_unlogged(struct testvm *t);     /* as with an engine without a log */

/* board: "pc" or "none". args: command line words as hvmd takes them, such as
 * "-m", "64M", "-drive", "...", "-device", "..."; NULL ends the list. */
struct testvm *tv_new(const char *board, const char *const args[]);
/* The same where it may fail: NULL with err set. */
struct testvm *tv_try(const char *board, const char *const args[],
                      struct cfg_err *err);
void tv_free(struct testvm *t);

uint8_t tv_inb(struct testvm *t, uint16_t port);
uint16_t tv_inw(struct testvm *t, uint16_t port);
uint32_t tv_inl(struct testvm *t, uint16_t port);
void tv_outb(struct testvm *t, uint16_t port, uint8_t v);
void tv_outw(struct testvm *t, uint16_t port, uint16_t v);
void tv_outl(struct testvm *t, uint16_t port, uint32_t v);
uint64_t tv_mmio_read(struct testvm *t, uint64_t addr, unsigned size);
void tv_mmio_write(struct testvm *t, uint64_t addr, unsigned size, uint64_t v);
uint32_t tv_cfg_read(struct testvm *t, uint16_t bdf, unsigned off,
                     unsigned size);
void tv_cfg_write(struct testvm *t, uint16_t bdf, unsigned off, unsigned size,
                  uint32_t v);
void tv_mem_read(struct testvm *t, uint64_t gpa, void *buf, size_t len);
void tv_mem_write(struct testvm *t, uint64_t gpa, const void *buf, size_t len);

/* Guest time: fires what is due on the way. */
void tv_step(struct testvm *t, int64_t ns);
bool tv_gsi(struct testvm *t, unsigned gsi);           /* level now */
unsigned tv_gsi_edges(struct testvm *t, unsigned gsi); /* rises so far */
/* Runs the main loop until cond(opaque), at most ms of real time; a process
 * that the host does not run meanwhile has as many rounds all the same. */
bool tv_wait(struct testvm *t, bool (*cond)(void *), void *opaque, int ms);
bool tv_readable(int fd, int ms); /* within ms, counted so too */
/* What is ready in another thread's loop is done when this returns. */
void tv_settle(struct worker *w);

struct dev *tv_dev(struct testvm *t, const char *cls_or_id);
void tv_reset(struct testvm *t);

/* Saves the machine, loads it into a fresh one made with the same words,
 * saves that, compares. To be called after every step of a device test. */
void tv_roundtrip(struct testvm *t);

/* n random accesses to the ports [base, base + size) or to MMIO, seeded and
 * the seed printed: nothing but the device's own state may change. */
void tv_storm_pio(struct testvm *t, uint16_t base, unsigned size, unsigned n,
                  uint32_t seed);
void tv_storm_mmio(struct testvm *t, uint64_t base, uint64_t size, unsigned n,
                   uint32_t seed);
void tv_storm_cfg(struct testvm *t, uint16_t bdf, unsigned n, uint32_t seed);

#endif
