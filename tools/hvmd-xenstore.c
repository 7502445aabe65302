/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvmd-xenstore: looks into the xenstore of a guest of
 * "hvmd -accel kvm,xen-version=...,xenstore=SOCKET", and changes it. It
 * speaks the protocol of xenstored: io/xs_wire.h.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PAYLOAD_MAX 4096u

enum {
    XS_DIRECTORY = 1,
    XS_READ = 2,
    XS_GET_PERMS = 3,
    XS_WATCH = 4,
    XS_WRITE = 11,
    XS_RM = 13,
    XS_SET_PERMS = 14,
    XS_WATCH_EVENT = 15,
    XS_ERROR = 16,
    XS_DIRECTORY_PART = 22,
};

struct header {
    uint32_t type, req_id, tx_id, len;
};

static int sock = -1;
static char answer[PAYLOAD_MAX + 1];
static size_t answer_len;

static void die(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));
static void die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("hvmd-xenstore: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static void usage(FILE *to)
{
    fputs("usage: hvmd-xenstore [-s SOCKET] ls [-p] [PATH]\n"
          "       hvmd-xenstore [-s SOCKET] read PATH...\n"
          "       hvmd-xenstore [-s SOCKET] write PATH VALUE...\n"
          "       hvmd-xenstore [-s SOCKET] rm PATH...\n"
          "       hvmd-xenstore [-s SOCKET] chmod PATH PERMISSION...\n"
          "       hvmd-xenstore [-s SOCKET] watch [-n COUNT] PATH...\n"
          "SOCKET is what -accel kvm,xenstore= says, or $HVMD_XENSTORE.\n"
          "A PATH without a / before it is below /local/domain/0.\n",
          to);
    exit(to == stderr ? 2 : 0);
}

/* expected: as in the usage. */
static _Noreturn void wrong(const char *command, const char *expected)
{
    fprintf(stderr, "hvmd-xenstore: %s: expected %s (see -h)\n", command,
            expected);
    exit(2);
}

/* ---- the protocol ---- */

static void open_socket(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    if (!path)
        die("-s SOCKET is missing, and HVMD_XENSTORE is not set");
    if (strlen(path) >= sizeof(a.sun_path))
        die("%s: this name is too long for a socket", path);
    strcpy(a.sun_path, path);
    sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sock < 0 || connect(sock, (struct sockaddr *)&a, sizeof(a)))
        die("%s: %s", path, strerror(errno));
}

static void move(bool out, void *buf, size_t len)
{
    for (size_t n = 0; n < len;) {
        ssize_t r = out ? send(sock, (char *)buf + n, len - n, MSG_NOSIGNAL)
                        : recv(sock, (char *)buf + n, len - n, 0);

        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            die("hvmd has hung up");
        n += (size_t)r;
    }
}

/* The next message, into answer; its type. */
static uint32_t receive(void)
{
    struct header h;

    move(false, &h, sizeof(h));
    if (h.len > PAYLOAD_MAX)
        die("hvmd sends nonsense");
    move(false, answer, h.len);
    answer[h.len] = 0;
    answer_len = h.len;
    return h.type;
}

static void print_event(void)
{
    printf("%s\n", answer);
    fflush(stdout);
}

/* Strings, each with its NUL, and bytes after them. NULL, or the error. */
static const char *ask(uint32_t type, const char *const strings[], unsigned n,
                       const char *bytes)
{
    struct header h = {.type = type};
    char buf[PAYLOAD_MAX];
    uint32_t got;

    for (unsigned i = 0; i <= n; i++) {
        const char *s = i < n ? strings[i] : bytes ? bytes : "";
        size_t len = strlen(s) + (i < n);

        if (h.len + len > sizeof(buf))
            die("%.40s...: too long", strings[0]);
        memcpy(buf + h.len, s, len);
        h.len += (uint32_t)len;
    }
    move(true, &h, sizeof(h));
    move(true, buf, h.len);
    while ((got = receive()) == XS_WATCH_EVENT)
        print_event();
    if (got != XS_ERROR)
        return NULL;
    return answer_len ? answer : "an error without a name";
}

/* The same where an error is the end. */
static void demand(uint32_t type, const char *const strings[], unsigned n,
                   const char *bytes)
{
    const char *error = ask(type, strings, n, bytes);

    if (error)
        die("%s: %s", strings[0], error);
}

/* ---- commands ---- */

static void print_value(const char *s, size_t len)
{
    for (; len; len--, s++)
        if (*s == '\\' || *s == '"')
            printf("\\%c", *s);
        else if (*s >= ' ' && *s < 0x7f)
            putchar(*s);
        else
            printf("\\x%02x", (uint8_t)*s);
}

/* All names below path, each with its NUL, to free(); NULL: it is gone. */
static char *children(const char *path, size_t *len)
{
    char *names = NULL, offset[16];

    for (*len = 0;;) {
        const char *part;
        size_t n;

        snprintf(offset, sizeof(offset), "%zu", *len);
        if (ask(XS_DIRECTORY_PART, (const char *[]){path, offset}, 2, NULL)) {
            free(names);
            return NULL;
        }
        part = answer + strlen(answer) + 1; /* after the generation */
        if (part > answer + answer_len)
            die("hvmd sends nonsense");
        n = (size_t)(answer + answer_len - part);
        names = realloc(names, *len + n + 1);
        if (!names)
            die("out of memory");
        memcpy(names + *len, part, n);
        *len += n;
        names[*len] = 0;
        /* An empty name: that was all. */
        if (n && !part[n - 1] && (n == 1 || !part[n - 2])) {
            (*len)--;
            return names;
        }
        if (!n)
            return names;
    }
}

static void list(const char *path, unsigned depth, bool perms)
{
    size_t len;
    char *names = children(path, &len);

    if (!names && !depth)
        die("%s: %s", path, answer);
    for (size_t i = 0; names && i < len; i += strlen(names + i) + 1) {
        char *below;

        if (asprintf(&below, "%s%s%s", path, path[1] ? "/" : "", names + i) < 0)
            die("out of memory");
        printf("%*s%s = \"", (int)depth, "", names + i);
        if (!ask(XS_READ, (const char *[]){below}, 1, NULL))
            print_value(answer, answer_len);
        putchar('"');
        if (perms && !ask(XS_GET_PERMS, (const char *[]){below}, 1, NULL)) {
            const char *p = answer;

            printf("  (");
            for (; p < answer + answer_len; p += strlen(p) + 1)
                printf("%s%s", p == answer ? "" : ",", p);
            putchar(')');
        }
        putchar('\n');
        list(below, depth + 1, perms);
        free(below);
    }
    free(names);
}

static int do_ls(int argc, char **argv)
{
    bool perms = false;
    int c;

    while ((c = getopt(argc, argv, "p")) != -1)
        if (c == 'p')
            perms = true;
        else
            usage(stderr);
    if (argc - optind > 1)
        wrong("ls", "one PATH");
    list(optind < argc ? argv[optind] : "/", 0, perms);
    return 0;
}

static int do_read(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        demand(XS_READ, (const char *[]){argv[i]}, 1, NULL);
        fwrite(answer, 1, answer_len, stdout);
        putchar('\n');
    }
    return 0;
}

static int do_write(int argc, char **argv)
{
    if (argc % 2 == 0)
        wrong("write", "a VALUE for each PATH");
    for (int i = 1; i < argc; i += 2)
        demand(XS_WRITE, (const char *[]){argv[i]}, 1, argv[i + 1]);
    return 0;
}

static int do_rm(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        demand(XS_RM, (const char *[]){argv[i]}, 1, NULL);
    return 0;
}

static int do_chmod(int argc, char **argv)
{
    demand(XS_SET_PERMS, (const char *const *)argv + 1, (unsigned)argc - 1,
           NULL);
    return 0;
}

static int do_watch(int argc, char **argv)
{
    unsigned long count = 0;
    char *end;
    int c;

    while ((c = getopt(argc, argv, "n:")) != -1) {
        if (c != 'n')
            usage(stderr);
        count = strtoul(optarg, &end, 10);
        if (!count || *end || *optarg == '-')
            wrong(optarg, "a COUNT of at least 1");
    }
    if (optind == argc)
        wrong("watch", "PATH...");
    for (int i = optind; i < argc; i++)
        demand(XS_WATCH, (const char *[]){argv[i], argv[i]}, 2, NULL);
    /* One comes for each, to begin with. */
    for (unsigned long n = 0; !count || n < count;) {
        if (receive() != XS_WATCH_EVENT)
            continue;
        print_event();
        n++;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*fn)(int argc, char **argv);
        int min; /* words */
        const char *expected;
    } commands[] = {
        {"ls", do_ls, 1, NULL},
        {"read", do_read, 2, "PATH..."},
        {"write", do_write, 3, "PATH VALUE..."},
        {"rm", do_rm, 2, "PATH..."},
        {"chmod", do_chmod, 3, "PATH PERMISSION..."},
        {"watch", do_watch, 2, "PATH..."},
    };
    const char *path = getenv("HVMD_XENSTORE");
    int c;

    while ((c = getopt(argc, argv, "+hs:")) != -1)
        if (c == 's')
            path = optarg;
        else
            usage(c == 'h' ? stdout : stderr);
    argc -= optind;
    argv += optind;
    optind = 1;
    if (!argc)
        usage(stderr);
    for (unsigned i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        if (strcmp(argv[0], commands[i].name))
            continue;
        if (argc < commands[i].min)
            wrong(argv[0], commands[i].expected);
        open_socket(path);
        return commands[i].fn(argc, argv);
    }
    wrong(argv[0], "ls, read, write, rm, chmod or watch");
}
