/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvm/xenemu/xs-*: the store as its clients see it. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"
#include "tests/lib/xs-client.h"

#define DOMID 5
#define HOME "/local/domain/5"

static struct loop *loop;
static struct xenstore *s;
static struct xs_client *g, *d; /* the guest, and domain 0 */

static const struct xenstore_domain domain = {
    .name = "test",
    .uuid = (const uint8_t[16]){1, 2, 3},
    .ram = 64 << 20,
    .vcpus = 2,
    .store_pfn = 0xfeffc,
    .store_port = 1,
    .console_pfn = 0xfeffd,
    .console_port = 2,
};

static void setup(void)
{
    loop = loop_new(NULL);
    s = xenstore_new(loop, DOMID);
    ck_assert_int_eq(xenstore_introduce(s, &domain), 0);
    g = xs_client_new(s, DOMID);
    d = xs_client_new(s, 0);
}

static void teardown(void)
{
    xs_check(s);
    xs_client_free(g);
    xs_client_free(d);
    xenstore_free(s);
    loop_free(loop);
}

static void run(void)
{
    for (unsigned i = 0; i < 8; i++)
        loop_once(loop, 0);
}

#define ck_ask(c, tx, type, payload, reply) \
    ck_assert_str_eq(xs_ask(c, tx, type, payload), reply)

static uint32_t begin(struct xs_client *c)
{
    return (uint32_t)atoi(xs_ask(c, 0, "TRANSACTION_START", "|"));
}

START_TEST(nodes_are_written_listed_and_removed)
{
    ck_ask(g, 0, "WRITE", "data/a|one", "OK|");
    ck_ask(g, 0, "READ", "data/a|", "one");
    ck_ask(g, 0, "READ", HOME "/data/a|", "one");
    ck_ask(g, 0, "WRITE", "data/b/c/d|x|y", "OK|");
    ck_ask(g, 0, "READ", "data/b/c/d|", "x|y");
    ck_ask(g, 0, "READ", "data/b|", "");
    ck_ask(g, 0, "MKDIR", "data/e|", "OK|");
    ck_ask(g, 0, "MKDIR", "data/a|", "OK|");
    ck_ask(g, 0, "READ", "data/a|", "one");
    ck_ask(g, 0, "DIRECTORY", "data|", "a|b|e|");
    ck_ask(g, 0, "RM", "data/b|", "OK|");
    ck_ask(g, 0, "RM", "data/b|", "OK|"); /* its folder is there */
    ck_ask(g, 0, "RM", "data/b/c|", "ENOENT");
    ck_ask(g, 0, "DIRECTORY", "data|", "a|e|");
    ck_ask(g, 0, "READ", "data/b/c/d|", "ENOENT");
    ck_ask(d, 0, "RM", "/|", "EINVAL");
}
END_TEST

START_TEST(requests_that_are_none)
{
    ck_ask(g, 0, "READ", "", "EINVAL");
    ck_ask(g, 0, "READ", "data", "EINVAL");
    ck_ask(g, 0, "READ", "data|data|", "EINVAL");
    ck_ask(g, 0, "WRITE", "data", "EINVAL");
    ck_ask(g, 0, "MKDIR", "|", "EINVAL");
    ck_ask(g, 0, "WATCH", "data|", "EINVAL");
    ck_ask(g, 0, "WATCH", "data|t|u|", "EINVAL");
    ck_ask(g, 0, "SET_PERMS", "data|", "EINVAL");
    ck_ask(g, 0, "SET_PERMS", "data|x5|", "EINVAL");
    ck_ask(g, 0, "SET_PERMS", "data|n|", "EINVAL");
    ck_ask(g, 0, "SET_PERMS", "data|n5x|", "EINVAL");
    ck_ask(g, 0, "DIRECTORY_PART", "data|", "EINVAL");
    ck_ask(g, 0, "TRANSACTION_END", "T|", "ENOENT");
    ck_ask(g, 0, "TRANSACTION_END", "X|", "EINVAL");
    ck_ask(g, 0, "GET_DOMAIN_PATH", "", "EINVAL");
    ck_ask(g, 0, "20", "", "ENOSYS");
    ck_ask(g, 0, "WATCH_EVENT", "|", "ENOSYS");
    ck_ask(g, 0, "4000000000", "|", "ENOSYS");
    ck_ask(g, 0, "CONTROL", "help|", "EACCES");
    ck_ask(g, 0, "INTRODUCE", "7|1|2|", "EACCES");
    ck_ask(g, 0, "RELEASE", "5|", "EACCES");
    ck_ask(g, 0, "SET_TARGET", "5|0|", "EACCES");
    ck_ask(g, 0, "RESUME", "5|", "EACCES");
    ck_ask(g, 77, "READ", "data|", "ENOENT");
}
END_TEST

/* XSA-481: the folder of domains, with a slash behind it. */
START_TEST(paths_that_are_none)
{
    static const char *const bad[] = {
        "/local/domain/",   "//",     "/a//b", "a/", "/a b", "@introduceDomain",
        "/a\x01",           "/a\xff", "/a.b",  "",   "a//",  "/local/domain//",
        "/local/domain/5/",
    };
    char path[4000];

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(path, sizeof(path), "%s|", bad[i]);
        ck_ask(g, 0, "READ", path, "EINVAL");
        ck_ask(g, 0, "DIRECTORY", path, "EINVAL");
        ck_ask(g, 0, "GET_PERMS", path, "EINVAL");
        ck_ask(g, 0, "MKDIR", path, "EINVAL");
        ck_ask(g, 0, "WRITE", path, "EINVAL");
        ck_ask(g, 0, "RM", path, "EINVAL");
    }
    /* The name of the domain's folder is not counted. */
    memset(path, 'a', sizeof(path));
    strcpy(path + 2048, "|");
    ck_ask(g, 0, "READ", path, "ENOENT");
    path[2048] = 'a';
    strcpy(path + 2049, "|");
    ck_ask(g, 0, "READ", path, "EINVAL");
    memcpy(path, "/local/domain/99999/", 20);
    strcpy(path + 20 + 2048, "|");
    ck_ask(d, 0, "READ", path, "ENOENT");
    path[19] = 'a';
    ck_ask(d, 0, "READ", path, "EINVAL");
}
END_TEST

START_TEST(rights)
{
    /* It sees nothing of others, nor that there is nothing. */
    ck_ask(d, 0, "WRITE", "/local/domain/0/secret|x", "OK|");
    ck_ask(g, 0, "READ", "/local/domain/0/secret|", "EACCES");
    ck_ask(g, 0, "READ", "/local/domain/0/nothing|", "EACCES");
    ck_ask(g, 0, "DIRECTORY", "/|", "EACCES");
    ck_ask(g, 0, "DIRECTORY", "/local/domain|", "EACCES");
    ck_ask(g, 0, "WRITE", "/elsewhere|x", "EACCES");
    /* It may look at its own folder, not write there. */
    ck_ask(g, 0, "READ", "name|", "test");
    ck_ask(g, 0, "READ", "nothing|", "ENOENT");
    ck_ask(g, 0, "WRITE", "name|x", "EACCES");
    ck_ask(g, 0, "WRITE", "nothing|x", "EACCES");
    ck_ask(g, 0, "RM", "name|", "EACCES");
    ck_ask(g, 0, "SET_PERMS", "name|n5|", "EACCES");
    ck_ask(g, 0, "GET_PERMS", "name|", "n0|r5|");
    ck_ask(g, 0, "GET_PERMS", "data|", "n5|r5|");
    /* What it makes is its own. */
    ck_ask(d, 0, "SET_PERMS", HOME "/data|n0|b5|", "OK|");
    ck_ask(g, 0, "WRITE", "data/a|x", "OK|");
    ck_ask(g, 0, "GET_PERMS", "data/a|", "n5|b5|");
    ck_ask(g, 0, "SET_PERMS", "data/a|n5|r0|w7|b8|", "OK|");
    ck_ask(g, 0, "GET_PERMS", "data/a|", "n5|r0|w7|b8|");
    ck_ask(g, 0, "SET_PERMS", "data/a|n0|b5|", "EPERM");
    ck_ask(g, 0, "SET_PERMS", "data|n5|", "EACCES");
    /* Domain 0 gives it away. */
    ck_ask(d, 0, "SET_PERMS", HOME "/data/a|n0|", "OK|");
    ck_ask(g, 0, "READ", "data/a|", "EACCES");
    ck_ask(g, 0, "READ", "data/a/b|", "EACCES");
    ck_ask(d, 0, "SET_PERMS", HOME "/data/a|r0|", "OK|");
    ck_ask(g, 0, "READ", "data/a|", "x");
    ck_ask(g, 0, "WRITE", "data/a|", "EACCES");
    ck_ask(d, 0, "SET_PERMS", HOME "/data/a|w0|", "OK|");
    ck_ask(g, 0, "READ", "data/a|", "EACCES");
    ck_ask(g, 0, "WRITE", "data/a|y", "OK|");
}
END_TEST

START_TEST(watches)
{
    ck_ask(g, 0, "WATCH", "data|t1|", "OK|");
    ck_assert_str_eq(xs_events(g), "data|t1|;");
    ck_ask(g, 0, "WATCH", "data|t1|", "EEXIST");
    ck_ask(g, 0, "WATCH", HOME "/data|t1|", "EEXIST");
    ck_ask(g, 0, "WATCH", HOME "/data|t2|", "OK|");
    ck_assert_str_eq(xs_events(g), HOME "/data|t2|;");
    ck_ask(d, 0, "WRITE", HOME "/data/a/b|x", "OK|");
    ck_assert_str_eq(xs_events(g), "data/a/b|t1|;" HOME "/data/a/b|t2|;");
    ck_ask(g, 0, "UNWATCH", "data|t2|", "OK|");
    ck_ask(g, 0, "UNWATCH", "data|t2|", "ENOENT");
    ck_ask(d, 0, "WRITE", HOME "/database|x", "OK|");
    ck_ask(d, 0, "READ", HOME "/data/a/b|", "x");
    ck_assert_str_eq(xs_events(g), "");
    /* Who watches what is below hears of it, by its own name. */
    ck_ask(g, 0, "WATCH", "data/a/b|deep|", "OK|");
    xs_events(g);
    ck_ask(d, 0, "RM", HOME "/data|", "OK|");
    ck_assert_str_eq(xs_events(g), "data/a/b|deep|;data|t1|;");
    ck_ask(d, 0, "MKDIR", HOME "/data|", "OK|");
    ck_assert_str_eq(xs_events(g), "data|t1|;");
    ck_ask(d, 0, "MKDIR", HOME "/data|", "OK|");
    ck_assert_str_eq(xs_events(g), "");
    ck_ask(d, 0, "SET_PERMS", HOME "/data|n0|r5|", "OK|");
    ck_assert_str_eq(xs_events(g), "data|t1|;");
    ck_ask(g, 0, "RESET_WATCHES", "|", "OK|");
    ck_ask(d, 0, "RM", HOME "/data|", "OK|");
    ck_assert_str_eq(xs_events(g), "");
    /* Domains that come and go. */
    ck_ask(d, 0, "WATCH", "@introduceDomain|in|", "OK|");
    ck_ask(g, 0, "WATCH", "@introduceDomain|in|", "OK|");
    ck_ask(d, 0, "WATCH", "@releaseDomain|out|", "OK|");
    xs_events(g);
    xs_events(d);
    ck_assert_int_eq(xenstore_introduce(s, &domain), 0);
    ck_assert_str_eq(xs_events(d), "@releaseDomain|out|;"
                                   "@introduceDomain|in|;");
    ck_assert_str_eq(xs_events(g), "");
}
END_TEST

/* XSA-57 (CVE-2013-2211): of its console, its memory and its processors a
 * guest reads what the host believes, and writes none of it. */
START_TEST(xsa_57_what_the_host_believes)
{
    static const char *const node[] = {
        "console",           "console/tty",   "console/limit", "console/type",
        "console/output",    "console/port",  "store/port",    "store/ring-ref",
        "console/ring-ref",  "memory/target", "domid",         "name",
        "cpu/0/availability"};
    char path[64];

    for (unsigned i = 0; i < sizeof(node) / sizeof(node[0]); i++) {
        snprintf(path, sizeof(path), "%s|x", node[i]);
        ck_ask(g, 0, "WRITE", path, "EACCES");
        snprintf(path, sizeof(path), "%s/more|x", node[i]);
        ck_ask(g, 0, "WRITE", path, "EACCES");
        snprintf(path, sizeof(path), "%s|", node[i]);
        ck_ask(g, 0, "RM", path, "EACCES");
        snprintf(path, sizeof(path), "%s|n5|", node[i]);
        ck_ask(g, 0, "SET_PERMS", path, "EACCES");
    }
    ck_ask(g, 0, "READ", "console/output|", "pty");
}
END_TEST

START_TEST(xsa_115_a_watch_tells_nothing_that_may_not_be_seen)
{
    ck_ask(g, 0, "WATCH", "/local/domain/0|t|", "OK|");
    ck_ask(g, 0, "WATCH", "/|all|", "OK|");
    xs_events(g);
    ck_ask(d, 0, "WRITE", "/local/domain/0/secret|x", "OK|");
    ck_ask(d, 0, "RM", "/local/domain/0/secret|", "OK|");
    ck_ask(d, 0, "WRITE", "/tool/xenstored/x|x", "OK|");
    ck_assert_str_eq(xs_events(g), "");
    /* It may see what it may read, or could read until now. */
    ck_ask(d, 0, "WRITE", "/local/domain/0/public|x", "OK|");
    ck_ask(d, 0, "SET_PERMS", "/local/domain/0/public|n0|r5|", "OK|");
    ck_assert_str_eq(xs_events(g),
                     "/local/domain/0/public|t|;/local/domain/0/public|all|;");
    ck_ask(d, 0, "SET_PERMS", "/local/domain/0/public|n0|", "OK|");
    ck_assert_str_eq(xs_events(g),
                     "/local/domain/0/public|t|;/local/domain/0/public|all|;");
    ck_ask(d, 0, "WRITE", "/local/domain/0/public|y", "OK|");
    ck_assert_str_eq(xs_events(g), "");
}
END_TEST

START_TEST(transactions)
{
    uint32_t a = begin(g), b = begin(g);

    ck_assert(a && b && a != b);
    ck_ask(g, a, "TRANSACTION_START", "|", "EBUSY");
    ck_ask(d, 0, "WATCH", HOME "/data|w|", "OK|");
    xs_events(d);
    /* Nobody sees it before it is committed. */
    ck_ask(g, a, "WRITE", "data/a/x|1", "OK|");
    ck_ask(g, a, "WRITE", "data/a/x|2", "OK|");
    ck_ask(g, a, "READ", "data/a/x|", "2");
    ck_ask(g, 0, "READ", "data/a/x|", "ENOENT");
    ck_ask(g, b, "READ", "data/b|", "ENOENT");
    ck_assert_str_eq(xs_events(d), "");
    ck_ask(g, a, "TRANSACTION_END", "T|", "OK|");
    ck_ask(g, 0, "READ", "data/a/x|", "2");
    ck_assert_str_eq(xs_events(d), HOME "/data/a/x|w|;");
    ck_ask(g, a, "READ", "data|", "ENOENT");
    /* The other one has looked at the folder that has changed. */
    ck_ask(g, b, "WRITE", "data/b|3", "OK|");
    ck_ask(g, b, "TRANSACTION_END", "T|", "EAGAIN");
    ck_ask(g, 0, "READ", "data/b|", "ENOENT");
    ck_ask(g, b, "TRANSACTION_END", "T|", "ENOENT");
    /* Two that have nothing in common. */
    a = begin(g);
    b = begin(d);
    ck_ask(g, a, "WRITE", "data/a/x|3", "OK|");
    ck_ask(d, b, "WRITE", HOME "/name|new", "OK|");
    ck_ask(d, b, "TRANSACTION_END", "T|", "OK|");
    ck_ask(g, a, "TRANSACTION_END", "T|", "OK|");
    ck_ask(g, 0, "READ", "name|", "new");
    ck_ask(g, 0, "READ", "data/a/x|", "3");
    /* What was read stays as it was, and then it is too late. */
    a = begin(g);
    ck_ask(g, a, "READ", "data/a/x|", "3");
    ck_ask(d, 0, "WRITE", HOME "/data/a/x|4", "OK|");
    ck_ask(g, a, "READ", "data/a/x|", "3");
    ck_ask(g, a, "WRITE", "data/y|5", "OK|");
    ck_ask(g, a, "TRANSACTION_END", "T|", "EAGAIN");
    ck_ask(g, 0, "READ", "data/y|", "ENOENT");
    /* Removed in one: those who watch hear it once, at the end. */
    xs_events(d);
    ck_ask(d, 0, "WATCH", HOME "/data/a/x|x|", "OK|");
    xs_events(d);
    a = begin(g);
    ck_ask(g, a, "RM", "data/a|", "OK|");
    ck_ask(g, a, "READ", "data/a/x|", "ENOENT");
    ck_ask(g, 0, "READ", "data/a/x|", "4");
    ck_ask(g, a, "TRANSACTION_END", "T|", "OK|");
    ck_ask(g, 0, "READ", "data/a/x|", "ENOENT");
    ck_assert_ptr_nonnull(strstr(xs_events(d), HOME "/data/a/x|x|;"));
    /* Given up. */
    a = begin(g);
    ck_ask(g, a, "WRITE", "data/z|1", "OK|");
    ck_ask(g, a, "TRANSACTION_END", "F|", "OK|");
    ck_ask(g, 0, "READ", "data/z|", "ENOENT");
    ck_assert_str_eq(xs_events(d), "");
}
END_TEST

/* XSA-206: a guest that writes without end does not keep domain 0 from ending
 * a transaction, unless that is about the very nodes. */
START_TEST(xsa_206_writes_without_end)
{
    for (unsigned i = 0; i < 50; i++) {
        uint32_t a = begin(d);

        ck_ask(d, a, "READ", HOME "/name|", "test");
        ck_ask(g, 0, "WRITE", "data/a|x", "OK|");
        ck_ask(d, a, "WRITE", HOME "/memory/target|1", "OK|");
        ck_ask(g, 0, "RM", "data/a|", "OK|");
        ck_ask(g, 0, "WRITE", "memory/target|2", "EACCES");
        ck_ask(d, a, "TRANSACTION_END", "T|", "OK|");
    }
}
END_TEST

/* One that makes, removes and makes again is counted right: xs_check. */
START_TEST(transactions_and_quotas)
{
    char path[64];
    uint32_t a = begin(g);

    for (unsigned i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "data/n%u|x", i);
        ck_ask(g, a, "WRITE", path, "OK|");
    }
    ck_ask(g, a, "RM", "data/n7|", "OK|");
    ck_ask(g, a, "WRITE", "data/n7/n8|x", "OK|");
    xs_check(s);
    ck_ask(g, a, "TRANSACTION_END", "T|", "OK|");
    xs_check(s);
    a = begin(g);
    ck_ask(g, a, "RM", "data|", "OK|");
    ck_ask(g, a, "TRANSACTION_END", "T|", "OK|");
    xs_check(s);
}
END_TEST

START_TEST(xsa_484_watches_reset_within_a_transaction)
{
    uint32_t a = begin(g);

    ck_ask(g, 0, "WATCH", "data|t|", "OK|");
    ck_ask(g, a, "WRITE", "data/a|x", "OK|");
    ck_ask(g, a, "RESET_WATCHES", "|", "OK|");
    ck_ask(g, a, "TRANSACTION_END", "T|", "ENOENT");
    ck_ask(g, 0, "READ", "data/a|", "ENOENT");
    xs_check(s);
}
END_TEST

/* And XSA-272: of all that there is to have, none is without an end. */
START_TEST(xsa_326_quotas)
{
    char text[3000];
    unsigned n;
    const char *r = "OK|";

    /* nodes */
    for (n = 0; n < 2000 && !strcmp(r, "OK|"); n++) {
        snprintf(text, sizeof(text), "data/%u/%u|x", n / 100, n);
        r = xs_ask(g, 0, "WRITE", text);
    }
    ck_assert_str_eq(r, "ENOSPC");
    ck_assert_int_eq(s->guest_nodes, XS_NODES_MAX);
    ck_ask(g, 0, "WRITE", "data/1/100|y", "OK|");
    ck_ask(g, 0, "WRITE", "data/q/r/s|y", "ENOSPC");
    ck_ask(g, 0, "READ", "data/q|", "ENOENT");
    ck_ask(d, 0, "WRITE", HOME "/data/q|y", "OK|"); /* not for domain 0 */
    ck_ask(g, 0, "RM", "data|", "OK|");
    /* a path that needs more than there is leaves nothing behind */
    strcpy(text, "data");
    for (n = 0; n < 1020; n++)
        strcat(text, "/a");
    ck_assert_int_lt(strlen(text), 2048);
    strcat(text, "|");
    ck_ask(d, 0, "MKDIR", HOME "/data|", "OK|");
    ck_ask(d, 0, "SET_PERMS", HOME "/data|n5|", "OK|");
    ck_ask(g, 0, "MKDIR", text, "ENOSPC");
    ck_ask(g, 0, "DIRECTORY", "data|", "");
    xs_check(s);
    /* the size of one, and of the names in one */
    memset(text, 'x', sizeof(text));
    memcpy(text, "data/a|", 7);
    text[7 + 2048 - 32 - 1] = 0;
    ck_ask(g, 0, "WRITE", text, "OK|");
    strcat(text, "x");
    ck_ask(g, 0, "WRITE", text, "ENOSPC");
    ck_ask(g, 0, "RM", "data/a|", "OK|");
    r = "OK|";
    for (n = 0; n < 2000 && !strcmp(r, "OK|"); n++) {
        snprintf(text, sizeof(text), "data/%09u|", n);
        r = xs_ask(g, 0, "MKDIR", text);
    }
    ck_assert_str_eq(r, "ENOSPC");
    ck_assert_uint_eq(n - 1, (2048 - 32 - 1) / 10);
    ck_ask(g, 0, "RM", "data/000000000|", "OK|");
    /* rights */
    ck_ask(g, 0, "SET_PERMS", "attr|n5|r1|r2|r3|r4|", "OK|");
    ck_ask(g, 0, "SET_PERMS", "attr|n5|r1|r2|r3|r4|r6|", "ENOSPC");
    /* watches */
    r = "OK|";
    for (n = 0; n < 1000 && !strcmp(r, "OK|"); n++) {
        snprintf(text, sizeof(text), "data|%u|", n);
        r = xs_ask(g, 0, "WATCH", text);
    }
    ck_assert_str_eq(r, "E2BIG");
    ck_assert_uint_eq(n - 1, XS_WATCHES_MAX);
    /* transactions */
    for (n = 0; n < 1000 && atoi(xs_ask(g, 0, "TRANSACTION_START", "|")); n++)
        ;
    ck_assert_str_eq(g->reply, "ENOSPC");
    ck_assert_uint_eq(n, XS_TXS_MAX);
}
END_TEST

/* A domain that has used up all it may, and reboots. */
START_TEST(xsa_483_a_new_domain_has_used_nothing)
{
    static const char *const dirs[] = {"data", "attr",
                                       "device/suspend/"
                                       "event-channel"};
    int begin = s->guest_nodes;
    char path[64];

    for (unsigned n = 0; n < 3; n++) {
        const char *r = "OK|";

        for (unsigned i = 0; !strcmp(r, "OK|"); i++) {
            snprintf(path, sizeof(path), "%s/%u/%u|", dirs[n], i / 50, i);
            r = xs_ask(g, 0, "MKDIR", path);
        }
        ck_assert_str_eq(r, "ENOSPC");
        ck_assert_int_eq(s->guest_nodes, XS_NODES_MAX);
        ck_assert_int_eq(xenstore_introduce(s, &domain), 0);
        ck_assert_int_eq(s->guest_nodes, begin);
        xs_check(s);
    }
}
END_TEST

START_TEST(xsa_326_what_one_transaction_may_look_at)
{
    uint32_t a = begin(g);
    const char *r = "ENOENT";
    char path[64];
    unsigned n;

    for (n = 0; n < 5000 && !strcmp(r, "ENOENT"); n++) {
        snprintf(path, sizeof(path), "data/%u|", n);
        r = xs_ask(g, a, "READ", path);
    }
    ck_assert_str_eq(r, "ENOSPC");
    ck_assert_uint_le(n, XS_TX_NODES_MAX);
    ck_ask(g, a, "TRANSACTION_END", "F|", "OK|");
}
END_TEST

/* XSA-326, XSA-349: who does not read. */
START_TEST(xsa_326_a_client_that_does_not_read)
{
    struct xs_header head = {2, 1, 0, 5};
    size_t n = 0, most = 0;
    char path[64];

    ck_ask(g, 0, "WRITE", "data|0123456789012345678901234567890", "OK|");
    for (unsigned i = 0; i < 100000; i++) {
        if (xs_wire_put(&g->wire, (const uint8_t *)&head, sizeof(head)) !=
            sizeof(head))
            break;
        n += xs_wire_put(&g->wire, (const uint8_t *)"data", 5) == 5;
        most = g->wire.queued > most ? g->wire.queued : most;
    }
    ck_assert_uint_gt(n, 20);
    ck_assert_uint_lt(most, 40 << 10);
    /* The same event is not queued twice, and others not without end. */
    xs_events(g);
    ck_ask(g, 0, "WATCH", "data|t|", "OK|");
    xs_events(g);
    for (unsigned i = 0; i < 1000; i++)
        ck_ask(d, 0, "WRITE", HOME "/data|x", "OK|");
    ck_assert_uint_eq(g->wire.events, 1);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), HOME "/data/%u|x", i);
        ck_ask(d, 0, "WRITE", path, "OK|");
    }
    ck_assert_uint_eq(g->wire.events, 1024);
    ck_assert_uint_lt(g->wire.queued, 512 << 10);
    xs_events(g);
    ck_ask(g, 0, "READ", "data|", "x");
}
END_TEST

START_TEST(a_request_that_is_too_long_is_the_last)
{
    char big[XS_PAYLOAD_MAX + 1] = "data";

    ck_assert_str_eq(xs_ask_raw(g, 0, 2, big, XS_PAYLOAD_MAX), "EINVAL");
    ck_assert_ptr_null(xs_ask_raw(g, 0, 2, big, XS_PAYLOAD_MAX + 1));
    ck_assert(g->wire.broken);
    ck_assert_ptr_null(xs_ask(g, 0, "READ", "data|"));
    ck_ask(d, 0, "READ", HOME "/name|", "test");
}
END_TEST

START_TEST(a_long_folder_in_parts)
{
    char path[128], got[20000] = "", *names, *reply;
    unsigned n = 0, off = 0, parts = 0;
    bool last = false;

    for (unsigned i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), HOME "/data/a-name-of-thirty-bytes-%06u|x",
                 i);
        ck_ask(d, 0, "WRITE", path, "OK|");
    }
    ck_ask(g, 0, "DIRECTORY", "data|", "E2BIG");
    while (!last) {
        snprintf(path, sizeof(path), "data|%u|", off);
        reply = strdup(xs_ask(g, 0, "DIRECTORY_PART", path));
        names = strchr(reply, '|') + 1;
        last = strlen(names) && names[strlen(names) - 2] == '|';
        names[strlen(names) - last] = 0;
        off += (unsigned)strlen(names);
        strcat(got, names);
        free(reply);
        parts++;
    }
    for (char *p = got; *p; p++)
        n += *p == '|';
    ck_assert_uint_eq(n, 300);
    ck_assert_uint_eq(parts, 3);
    snprintf(path, sizeof(path), "data|%u|", off);
    ck_assert_str_eq(strchr(xs_ask(g, 0, "DIRECTORY_PART", path), '|'), "||");
    ck_assert_str_eq(strchr(xs_ask(g, 0, "DIRECTORY_PART", "data|-5|"), '|'),
                     "||");
}
END_TEST

START_TEST(domains)
{
    ck_ask(g, 0, "GET_DOMAIN_PATH", "7|", "/local/domain/7|");
    ck_ask(g, 0, "IS_DOMAIN_INTRODUCED", "5|", "EACCES");
    ck_ask(d, 0, "IS_DOMAIN_INTRODUCED", "5|", "T|");
    ck_ask(d, 0, "IS_DOMAIN_INTRODUCED", "6|", "F|");
    ck_ask(g, 0, "READ", "domid|", "5");
    ck_ask(g, 0, "READ", "store/ring-ref|", "1044476");
    ck_ask(g, 0, "READ", "cpu/1/availability|", "online");
    ck_ask(g, 0, "READ", "memory/target|", "65536");
    ck_ask(g, 0, "READ", "vm|", "/vm/01020300-0000-0000-0000-000000000000");
    ck_ask(g, 0, "READ", "/vm/01020300-0000-0000-0000-000000000000/name|",
           "test");
    /* A new one in its place: nothing is left but devices. */
    ck_ask(g, 0, "WRITE", "data/x|x", "OK|");
    ck_ask(d, 0, "WRITE", HOME "/device/vbd/1/x|x", "OK|");
    ck_assert_int_eq(xenstore_introduce(s, &domain), 0);
    ck_ask(g, 0, "READ", "data/x|", "ENOENT");
    ck_ask(g, 0, "READ", "device/vbd/1/x|", "x");
    ck_ask(g, 0, "DIRECTORY", "device|", "vbd|suspend|");
}
END_TEST

/* ---- our own ---- */

static unsigned told;
static void *handle;

static void tell(void *opaque, const char *path)
{
    ck_assert_str_eq(path, HOME "/data");
    told++;
    if (opaque) {
        xenstore_unwatch(s, handle);
        handle = NULL;
    }
}

START_TEST(the_words_of_xenif)
{
    void *other;
    char **names, *v;
    uint32_t tx;
    unsigned n;

    told = 0;
    ck_assert_int_eq(xenstore_read(s, 0, HOME "/none", &v), -ENOENT);
    ck_assert_int_eq(xenstore_write(s, 0, HOME "/data/a", "1"), 0);
    ck_assert_int_eq(xenstore_read(s, 0, HOME "/data/a", &v), 0);
    ck_assert_str_eq(v, "1");
    free(v);
    ck_assert_int_eq(xenstore_list(s, 0, HOME "/data", &names, &n), 0);
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(names[0], "a");
    free(names);
    ck_assert_int_eq(xenstore_set_perms(s, 0, HOME "/data", 5, 0), 0);
    ck_ask(g, 0, "GET_PERMS", "data|", "n5|r0|");
    ck_assert_int_eq(xenstore_tx_begin(s, &tx), 0);
    ck_assert_int_eq(xenstore_read(s, tx, HOME "/data/a", &v), 0);
    free(v);
    ck_ask(g, 0, "WRITE", "data/a|x", "OK|");
    ck_assert_int_eq(xenstore_write(s, tx, HOME "/data/a", "2"), 0);
    ck_assert_int_eq(xenstore_tx_end(s, tx, true), -EAGAIN);
    ck_assert_int_eq(xenstore_tx_end(s, tx, true), -ENOENT);
    /* Once when set, then once for whatever happens until we look. */
    ck_assert_int_eq(xenstore_watch(s, HOME "/data", tell, NULL, &other), 0);
    ck_assert_int_eq(xenstore_watch(s, HOME "/data", tell, s, &handle), 0);
    ck_assert_uint_eq(told, 0);
    run();
    ck_assert_uint_eq(told, 2);
    ck_assert_ptr_null(handle);
    for (unsigned i = 0; i < 100; i++)
        ck_ask(g, 0, "WRITE", "data/a|x", "OK|");
    run();
    ck_assert_uint_eq(told, 3);
    run();
    ck_assert_uint_eq(told, 3);
    xenstore_unwatch(s, other);
    ck_assert_int_eq(xenstore_remove(s, 0, HOME "/data"), 0);
    run();
    ck_assert_uint_eq(told, 3);
}
END_TEST

/* ---- anything ---- */

static uint32_t seed;
static uint32_t rnd(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % n;
}

/* A path of few names, so that requests meet. */
static size_t some_path(char *buf)
{
    static const char *const tops[] = {"data", HOME "/data",      HOME,
                                       "/",    "device",          "@x",
                                       "",     "/local/domain/0", "data/"};
    size_t len = (size_t)sprintf(buf, "%s", tops[rnd(4) ? 0 : rnd(9)]);

    for (unsigned i = rnd(4); i > 0; i--)
        len += (size_t)sprintf(buf + len, "/%c", 'a' + (int)rnd(4));
    return len + !!rnd(30);
}

static void storm(void)
{
    uint32_t txs[4] = {0};

    for (unsigned n = 0; n < 100000; n++) {
        struct xs_client *c = rnd(5) ? g : d;
        uint32_t type = rnd(24), tx = rnd(2) ? txs[rnd(4)] : 0;
        char buf[XS_PAYLOAD_MAX];
        size_t len = some_path(buf);
        const char *r;

        if (type == 14) /* SET_PERMS */
            for (unsigned i = rnd(7); i > 0; i--)
                len += (size_t)sprintf(buf + len, "%c%u", "nrwbx"[rnd(5)],
                                       rnd(3) ? DOMID : rnd(8)) +
                       1;
        if (type == 4 || type == 5)
            len += (size_t)sprintf(buf + len, "%u", rnd(9)) + 1;
        if (type == 11) {
            memset(buf + len, 'v', 400);
            len += rnd(20) ? rnd(20) : rnd(400);
        }
        if (type == 6)
            len = 1;
        if (type == 7)
            len = (size_t)sprintf(buf, "%c", "TFx"[rnd(3)]) + 1;
        r = xs_ask_raw(c, tx, type, buf, len);
        ck_assert_ptr_nonnull(r);
        if (type == 6 && *r >= '1' && *r <= '9')
            txs[rnd(4)] = (uint32_t)atoi(r);
        c->events[0] = 0;
        if (!rnd(50))
            xs_check(s);
        if (!rnd(500))
            ck_assert_int_eq(xenstore_introduce(s, &domain), 0);
        if (!rnd(300)) {
            xs_ask(d, 0, "MKDIR", HOME "/data|");
            ck_ask(d, 0, "SET_PERMS", HOME "/data|n5|", "OK|");
        }
    }
}

START_TEST(a_storm_of_requests)
{
    for (unsigned n = 0; n < fuzz_seeds(); n++) {
        seed = 0x5eed + n;
        printf("seed %u\n", seed);
        storm();
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        nodes_are_written_listed_and_removed,
        requests_that_are_none,
        paths_that_are_none,
        rights,
        watches,
        xsa_57_what_the_host_believes,
        xsa_115_a_watch_tells_nothing_that_may_not_be_seen,
        transactions,
        xsa_206_writes_without_end,
        transactions_and_quotas,
        xsa_484_watches_reset_within_a_transaction,
        xsa_326_quotas,
        xsa_483_a_new_domain_has_used_nothing,
        xsa_326_what_one_transaction_may_look_at,
        xsa_326_a_client_that_does_not_read,
        a_request_that_is_too_long_is_the_last,
        a_long_folder_in_parts,
        domains,
        the_words_of_xenif,
        a_storm_of_requests,
        NULL,
    };

    return run_suite("xenstore", setup, teardown, tests);
}
