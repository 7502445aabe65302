/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on a xenstore as text, and what it answers: the same script
 * runs on a real xenstored (xs-record) and on ours (test-xs-recorded).
 *
 *      WHO TX TYPE [PAYLOAD]
 *
 * WHO      g, the guest, or d, domain 0
 * TX       0: none; 1 to 9: the one that ">N" has started; x: one unknown;
 *          >N: this is TRANSACTION_START, and the answer is kept as N
 * PAYLOAD  "|" is a NUL, \xNN a byte, {c*N} is N times c, $D the guest's
 *          number
 *
 * What comes of it follows: "= TYPE PAYLOAD" is the reply, "! WHO PATH|TOKEN|"
 * an event. In a script to be run such lines are passed over, so what a run
 * has written can be run again. "#" begins a comment.
 */
#ifndef HVMD_TESTS_XENEMU_XS_SCRIPT_H
#define HVMD_TESTS_XENEMU_XS_SCRIPT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One who asks. Both calls do all of it, or exit. */
struct xs_end {
    void (*put)(struct xs_end *e, const void *buf, size_t len);
    void (*get)(struct xs_end *e, void *buf, size_t len);
};

void xs_script_run(FILE *in, FILE *out, unsigned domid, struct xs_end *guest,
                   struct xs_end *dom0);

#endif
