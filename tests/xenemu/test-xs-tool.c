/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tools/hvmd-xenstore, against a store that this process has. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/suite.h"
#include "tests/lib/xs-client.h"

#define TOOL "tools/hvmd-xenstore"

static struct loop *loop;
static struct xenstore *s;
static char dir[64], sock[96], out[96], said[16384];

static void setup(void)
{
    const struct xenstore_domain domain = {.name = "box",
                                           .uuid = (const uint8_t[16]){1},
                                           .ram = 1 << 20,
                                           .vcpus = 1};
    struct cfg_err err;

    loop = loop_new(NULL);
    s = xenstore_new(loop, 1);
    ck_assert_int_eq(xenstore_introduce(s, &domain), 0);
    suite_path(dir, sizeof(dir), "xs-tool-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(sock, sizeof(sock), "%s/s", dir);
    snprintf(out, sizeof(out), "%s/out", dir);
    ck_assert_int_eq(xenstore_listen(s, sock, &err), 0);
}

static void teardown(void)
{
    xenstore_free(s);
    loop_free(loop);
    unlink(out);
    rmdir(dir);
}

static pid_t start(char *const words[])
{
    pid_t pid = fork();

    if (!pid) {
        int fd = open(out, O_CREAT | O_TRUNC | O_WRONLY, 0600);

        dup2(fd, 1);
        dup2(fd, 2);
        setenv("HVMD_XENSTORE", sock, 1);
        execv(TOOL, words);
        _exit(99);
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

static int wait_for(pid_t pid)
{
    int status, fd;
    ssize_t n;

    while (!waitpid(pid, &status, WNOHANG))
        loop_once(loop, 20);
    fd = open(out, O_RDONLY);
    n = read(fd, said, sizeof(said) - 1);
    said[n < 0 ? 0 : n] = 0;
    close(fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define tool(...) wait_for(start((char *[]){TOOL, __VA_ARGS__, NULL}))

START_TEST(what_is_written_is_read)
{
    ck_assert_int_eq(tool("write", "/a/b", "one", "/a/c", "t\"w\\o\n"), 0);
    ck_assert_int_eq(tool("read", "/a/b", "/a/c"), 0);
    ck_assert_str_eq(said, "one\nt\"w\\o\n\n");
    ck_assert_int_eq(tool("chmod", "/a/c", "n1", "b0"), 0);
    ck_assert_int_eq(tool("ls", "-p", "/a"), 0);
    ck_assert_str_eq(said, "b = \"one\"  (n0)\n"
                           "c = \"t\\\"w\\\\o\\x0a\"  (n1,b0)\n");
    ck_assert_int_eq(tool("ls"), 0);
    ck_assert_ptr_nonnull(strstr(said, "\na = \"\"\n b = \"one\"\n"));
    ck_assert_ptr_nonnull(strstr(said, "   name = \"box\"\n"));
    ck_assert_int_eq(tool("rm", "/a"), 0);
    ck_assert_int_eq(tool("read", "/a/b"), 1);
    ck_assert_str_eq(said, "hvmd-xenstore: /a/b: ENOENT\n");
    ck_assert_int_eq(tool("ls", "/a"), 1);
    ck_assert_int_eq(tool("write", "/a"), 2);
    ck_assert_str_eq(said, "hvmd-xenstore: write: expected PATH VALUE... (see "
                           "-h)\n");
    ck_assert_int_eq(tool("write", "/a", "b", "/c"), 2);
    ck_assert_int_eq(tool("watch", "-n", "x", "/a"), 2);
    ck_assert_int_eq(tool("frobnicate", "/a"), 2);
    ck_assert_str_eq(said, "hvmd-xenstore: frobnicate: expected ls, read, "
                           "write, rm, chmod or watch (see -h)\n");
    ck_assert_int_eq(tool("-s", "/nowhere", "ls"), 1);
    ck_assert_int_eq(tool("-h"), 0);
}
END_TEST

START_TEST(a_long_folder)
{
    char path[64];
    unsigned n = 0;

    for (unsigned i = 0; i < 500; i++) {
        snprintf(path, sizeof(path), "/a/a-rather-long-name-%u", i);
        ck_assert_int_eq(xenstore_write(s, 0, path, ""), 0);
    }
    ck_assert_int_eq(tool("ls", "/a"), 0);
    for (const char *p = said; (p = strstr(p, " = \"\"\n")); p++)
        n++;
    ck_assert_uint_eq(n, 500);
}
END_TEST

START_TEST(it_watches)
{
    pid_t pid = start((char *[]){TOOL, "watch", "-n", "3", "/a", NULL});
    struct stat st;

    /* It watches when it has said so once. */
    do
        loop_once(loop, 20);
    while (stat(out, &st) || !st.st_size);
    ck_assert_int_eq(xenstore_write(s, 0, "/b", ""), 0);
    ck_assert_int_eq(xenstore_write(s, 0, "/a/b/c", "x"), 0);
    ck_assert_int_eq(xenstore_remove(s, 0, "/a/b"), 0);
    ck_assert_int_eq(wait_for(pid), 0);
    ck_assert_str_eq(said, "/a\n/a/b/c\n/a/b\n");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_is_written_is_read,
        a_long_folder,
        it_watches,
        NULL,
    };

    return run_suite("xs-tool", setup, teardown, tests);
}
