/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration errors: one line of text for the person who asked.
 *
 * Whoever finds the cause sets the text; callers above may prefix it with
 * what they were doing, and add nothing else. Only code that acts on a
 * request (command line, QMP, xenstore) takes a struct cfg_err: code on the
 * data path returns -errno.
 */
#ifndef HVMD_DM_ERR_H
#define HVMD_DM_ERR_H

struct cfg_err {
    char text[1024]; /* room for a list of all that is known */
};

/* Sets the text and returns rc, so that "return err_set(err, -EINVAL, ...)"
 * is one statement. A NULL err is legal: the text is dropped. */
int err_set(struct cfg_err *err, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text; returns rc. */
int err_prefix(struct cfg_err *err, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
