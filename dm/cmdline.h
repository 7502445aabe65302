/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line: QEMU's option names into a struct vm_config and lists of
 * what is to be opened and made. docs/hvmd.8 describes the options,
 * docs/compat.md what of QEMU's is accepted without effect.
 *
 * Three steps, so that nothing is half made: cmdline_parse looks at the words
 * alone, cmdline_open opens what the host provides, cmdline_attach connects
 * monitors when the machine exists. Errors are one line that says what was
 * expected.
 */
#ifndef HVMD_DM_CMDLINE_H
#define HVMD_DM_CMDLINE_H

#include <stdbool.h>
#include <stdio.h>

#include "dm/dev.h"
#include "dm/machine.h"
#include "dm/options.h"

enum cmd_action {
    CMD_RUN,
    CMD_HELP,
    CMD_VERSION,
    CMD_VERSION_JSON,
    CMD_DUMP_CONFIG,
    CMD_LIST, /* what the option "list" knows: -device help */
};

struct cmdline {
    enum cmd_action action;
    const char *list;    /* CMD_LIST: option asked about */
    const char *list_of; /* the class of -device CLASS,help, or NULL */

    struct vm_config cfg;
    const struct board *board;

    /* lists by next, in the order given */
    struct opts *accels; /* key "accel" */
    struct opts *chardevs, *drives, *blockdevs, *netdevs, *nics, *objects;
    struct opts *devices;  /* key "driver" */
    struct opts *fdsets;   /* -add-fd */
    struct opts *monitors; /* keys "chardev" or "text", and "mode" */
    const char *serials[4];
    unsigned n_serials;

    struct opts *memory, *smp, *name; /* merged, read by the parser */
    struct opts *run_with;            /* read by privilege_drop */
    const char *qtest, *qtest_log;
    const char *log_file, *pid_file;
    bool daemonize, nographic;
    unsigned n_auto; /* for ids of drives and networks without one */
};

/* words: without the program's name; argv and c must outlive the machine.
 * 0, or -EINVAL with err set; cmdline_free is due in both cases. */
int cmdline_parse(struct cmdline *c, int n, const char *const *words,
                  struct cfg_err *err);
void cmdline_free(struct cmdline *c);

/* After vm_init: creates the first engine of -accel that works and sets
 * vm->engine; warns of those that do not. -errno. */
int cmdline_engine(struct cmdline *c, struct vm *vm, struct cfg_err *err);
/* Locked, then: character devices, serials, images, networks. What
 * was opened belongs to the machine, also on failure. -errno. */
int cmdline_open(struct cmdline *c, struct vm *vm, struct cfg_err *err);
/* Locked, after vm_build: the monitors. -errno. */
int cmdline_attach(struct cmdline *c, struct vm *vm, struct cfg_err *err);

/* ---- the table of options, for the parser, the help and QMP ---- */

enum cmd_group {
    CMD_G_MACHINE,
    CMD_G_BOOT,
    CMD_G_DISK,
    CMD_G_NET,
    CMD_G_CHAR,
    CMD_G_CONTROL,
    CMD_G_DEBUG,
    CMD_G_NONE, /* accepted, not shown by the help: docs/compat.md */
};

struct cmd_option {
    const char *name; /* without dashes */
    const char *args; /* as the help shows them; NULL: takes none */
    const char *help; /* one line; NULL: a spelling the help need not show */
    int (*set)(struct cmdline *c, const struct cmd_option *o, const char *arg,
               struct cfg_err *err);
    enum cmd_group group;
    size_t member;       /* of struct cmdline, for set */
    const char *implied; /* key of a first item without "=" */
    const char *known;   /* keys, or words, the value is made of */
};
extern const struct cmd_option cmd_options[]; /* ends with a NULL name */

/* ---- between the files of the command line ---- */

/* Appends to a list by next. */
void opts_list_add(struct opts **list, struct opts *o);
/* Is word an item of the list "one, two, three"? */
bool word_in_list(const char *list, const char *word);
/* "text" as of an option: key=value, or a JSON object. */
int cmdline_opts(const char *text, const char *implied, struct opts **out,
                 struct cfg_err *err);
/* What -drive, -blockdev, -nic and -object mean beyond their own backend:
 * after all words are known, before anything is opened. */
int cmdline_expand(struct cmdline *c, struct cfg_err *err);

/* One error for all that libxl asks for, by its own defaults too, and is not
 * there, in the words of xl.cfg: whoever reads it has written none of the
 * options. 0, or -EINVAL with err set. */
int cmdline_check_libxl(int n, const char *const *words, struct cfg_err *err);

/* ---- dm/help.c ---- */

void help_print(FILE *f);
void help_version(FILE *f, bool json);
/* -ENOENT with err set if there is no such class. */
int help_list(struct cmdline *c, FILE *f, struct cfg_err *err);
void help_dump_config(struct cmdline *c, FILE *f);
const char *prop_type_name(enum prop_type type); /* for lists */

#endif
