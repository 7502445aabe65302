/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HVMD_TESTS_LIB_REPORT_H
#define HVMD_TESTS_LIB_REPORT_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* For a child that will be killed: the library reports each assertion in a file
 * that parent and child share, and would read half a report. A child's failed
 * assertion is then seen by its exit status alone. */
static inline void report_nothing(void)
{
    int null = open("/dev/null", O_RDWR);
    char link[32], to[64];
    ssize_t n;

    for (int fd = 3; fd < 256; fd++) {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, to, sizeof(to) - 1);
        to[n > 0 ? n : 0] = 0;
        if (strstr(to, "/check_"))
            dup2(null, fd);
    }
    close(null);
}

#endif
