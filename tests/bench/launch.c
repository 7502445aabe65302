/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * launch: what a virtual machine monitor costs to start. Runs a command some
 * times, each until it has come to a point, kills it there, and prints
 *
 *     wall-ms cpu-ms rss-kib
 *
 * the medians of the time since before exec, of the processor time of all
 * its threads, and of its resident memory without the guest's.
 *
 *   launch [-n RUNS] [-m MIB] -u TEXT -- COMMAND...   until it prints TEXT
 *   launch [-n RUNS] [-m MIB] -q -- COMMAND...        until QMP answers
 *
 * -m: the guest's memory; mappings at least as large are taken for it.
 * -q: the command gets options to connect its QMP to us.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 100
#define PATIENCE 120 /* seconds for one run */

struct sample {
    double wall_ms, cpu_ms, rss_kib;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double ms(clockid_t clock)
{
    struct timespec t;

    if (clock_gettime(clock, &t) < 0)
        die("clock_gettime");
    return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

/* Reads until text has come. */
static void read_until(int fd, const char *text)
{
    char buf[65536];
    size_t have = 0, len = strlen(text);

    for (;;) {
        if (have == sizeof(buf) - 1) { /* keep what may be a beginning */
            memmove(buf, buf + have - len, len);
            have = len;
        }
        ssize_t r = read(fd, buf + have, sizeof(buf) - 1 - have);
        if (r <= 0) {
            buf[have] = 0;
            fprintf(stderr, "launch: ended before '%s':\n%s\n", text, buf);
            exit(1);
        }
        have += r;
        if (memmem(buf, have, text, len))
            return;
    }
}

static double rss_kib(pid_t pid, uint64_t guest_kib)
{
    char path[64], line[512];
    uint64_t from, to, kib, sum = 0;
    bool guest = false;

    snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
    FILE *f = fopen(path, "r");
    if (!f)
        die(path);
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2)
            guest = guest_kib && (to - from) / 1024 >= guest_kib;
        else if (!guest && sscanf(line, "Rss: %" SCNu64, &kib) == 1)
            sum += kib;
    }
    fclose(f);
    return sum;
}

static void qmp_answer(int listener)
{
    static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
    int fd = accept(listener, NULL, NULL);

    if (fd < 0)
        die("accept");
    read_until(fd, "\"QMP\"");
    if (write(fd, hello, sizeof(hello) - 1) < 0)
        die("write");
    read_until(fd, "\"return\"");
    /* left open: closing it would give the program something to do */
}

static struct sample run(char **argv, int argc, const char *text,
                         uint64_t guest_kib)
{
    struct sample s;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    char chardev[160];
    char **args = calloc(argc + 5, sizeof(*args));
    int out[2], listener = -1;
    clockid_t cpu;

    if (!args)
        die("calloc");
    memcpy(args, argv, argc * sizeof(*args));
    if (!text) {
        snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/launch.%d",
                 getpid());
        unlink(addr.sun_path);
        listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
            listen(listener, 1) < 0)
            die(addr.sun_path);
        snprintf(chardev, sizeof(chardev), "socket,id=launch,path=%s",
                 addr.sun_path);
        args[argc] = "-chardev";
        args[argc + 1] = chardev;
        args[argc + 2] = "-mon";
        args[argc + 3] = "chardev=launch,mode=control";
    }
    if (pipe(out) < 0)
        die("pipe");
    alarm(PATIENCE);
    double start = ms(CLOCK_MONOTONIC);
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (!pid) {
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execvp(args[0], args);
        die(args[0]);
    }
    free(args);
    close(out[1]);
    if (text)
        read_until(out[0], text);
    else
        qmp_answer(listener);
    s.wall_ms = ms(CLOCK_MONOTONIC) - start;
    if (clock_getcpuclockid(pid, &cpu))
        die("clock_getcpuclockid");
    s.cpu_ms = ms(cpu);
    s.rss_kib = rss_kib(pid, guest_kib);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(out[0]);
    if (listener >= 0) {
        close(listener);
        unlink(addr.sun_path);
    }
    return s;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(const struct sample *s, unsigned n, size_t field)
{
    double v[RUNS_MAX];

    for (unsigned i = 0; i < n; i++)
        memcpy(&v[i], (const char *)&s[i] + field, sizeof(double));
    qsort(v, n, sizeof(double), compare);
    return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

int main(int argc, char **argv)
{
    struct sample s[RUNS_MAX];
    unsigned runs = 5;
    uint64_t guest_kib = 0;
    const char *text = NULL;
    bool qmp = false;
    int opt;

    while ((opt = getopt(argc, argv, "+n:m:u:q")) != -1) {
        if (opt == 'n')
            runs = atoi(optarg);
        else if (opt == 'm')
            guest_kib = strtoull(optarg, NULL, 0) * 1024;
        else if (opt == 'u')
            text = optarg;
        else if (opt == 'q')
            qmp = true;
        else
            return 2;
    }
    if (optind == argc || qmp == !!text || !runs || runs > RUNS_MAX) {
        fputs("usage: launch [-n RUNS] [-m MIB] {-u TEXT | -q} -- COMMAND\n",
              stderr);
        return 2;
    }
    for (unsigned i = 0; i < runs; i++)
        s[i] = run(argv + optind, argc - optind, text, guest_kib);
    printf("%.2f %.2f %.0f\n",
           median(s, runs, offsetof(struct sample, wall_ms)),
           median(s, runs, offsetof(struct sample, cpu_ms)),
           median(s, runs, offsetof(struct sample, rss_kib)));
    return 0;
}
