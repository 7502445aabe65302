/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page that sees every access to it, one by one, in the code as it was
 * compiled: for "each field of shared memory is read once" (XSA-155), and to
 * change the page between any two accesses. It has no rights, and each fault
 * lets one instruction pass. One at a time in a process; the thread that
 * watches is the only one that may touch it.
 */
#ifndef HVMD_TESTS_LIB_TRAP_PAGE_H
#define HVMD_TESTS_LIB_TRAP_PAGE_H

#include <stdint.h>

#define TRAP_PAGE 4096

struct trap_page {
    uint8_t *mem; /* TRAP_PAGE bytes */
    /* by the first byte of the access; one that reads and writes is a write */
    unsigned reads[TRAP_PAGE], writes[TRAP_PAGE];
    unsigned n;                          /* all of them */
    void (*between)(struct trap_page *); /* NULL, or called after each one;
                                            may change mem */
};

void trap_page_init(struct trap_page *p);
void trap_page_free(struct trap_page *p);
/* From here on, counting from 0; until rest. */
void trap_page_watch(struct trap_page *p);
void trap_page_rest(struct trap_page *p);

#endif
