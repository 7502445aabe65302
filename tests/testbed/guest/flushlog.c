/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is what was flushed really there? A log that can tell after a crash.
 *
 *   flushlog write FILE       append records for ever; each is fsynced, then
 *                             announced as "FLUSHED n" on standard output
 *   flushlog check FILE LAST  0 if records 1 to LAST are all there and whole
 *
 * A record is 4 KiB: its number, then bytes that follow from it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD 4096

static void fill(uint64_t *record, uint64_t n)
{
    uint64_t x = n * 0x9e3779b97f4a7c15ULL + 1;

    record[0] = n;
    for (unsigned i = 1; i < RECORD / 8; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        record[i] = x;
    }
}

static int write_log(int fd)
{
    uint64_t record[RECORD / 8];
    char line[32];

    for (uint64_t n = 1;; n++) {
        fill(record, n);
        if (write(fd, record, RECORD) != RECORD || fsync(fd) < 0) {
            perror("flushlog");
            return 1;
        }
        /* One write a line, so that no line is ever announced in part. */
        int len = snprintf(line, sizeof(line), "FLUSHED %llu\n",
                           (unsigned long long)n);
        if (write(1, line, len) != len)
            return 1;
    }
}

static int check_log(int fd, uint64_t last)
{
    uint64_t want[RECORD / 8], got[RECORD / 8];

    for (uint64_t n = 1; n <= last; n++) {
        fill(want, n);
        if (pread(fd, got, RECORD, (n - 1) * RECORD) != RECORD ||
            memcmp(want, got, RECORD)) {
            printf("record %llu of %llu is lost\n", (unsigned long long)n,
                   (unsigned long long)last);
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "write")) {
        int fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
        return fd < 0 ? (perror(argv[2]), 2) : write_log(fd);
    }
    if (argc == 4 && !strcmp(argv[1], "check")) {
        int fd = open(argv[2], O_RDONLY);
        return fd < 0 ? (perror(argv[2]), 2)
                      : check_log(fd, strtoull(argv[3], NULL, 0));
    }
    fputs("usage: flushlog write FILE | check FILE LAST\n", stderr);
    return 2;
}
