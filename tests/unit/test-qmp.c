/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP over a real socket, the client in the same thread as the main loop. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "dm/char/chr.h"
#include "dm/fdset.h"
#include "dm/options.h"
#include "dm/qmp.h"
#include "hw/catalog.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

/* ---- a machine with a monitor, and a client ---- */

static struct testvm *t;
static char path[64];
static int sock = -1;
static char in[4 << 20];
static size_t in_len;

static int dial(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    strcpy(addr.sun_path, path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    in_len = 0;
    return fd;
}

static bool has_line(void *opaque)
{
    ssize_t n = read(sock, in + in_len, sizeof(in) - 1 - in_len);

    if (n > 0)
        in_len += n;
    in[in_len] = '\0';
    return strchr(in, '\n');
}

static json_t *next(void)
{
    json_error_t e;
    json_t *msg;
    char *nl;

    ck_assert_msg(tv_wait(t, has_line, NULL, 5000), "no answer");
    nl = strchr(in, '\n');
    msg = json_loadb(in, nl - in, 0, &e);
    ck_assert_msg(msg, "no JSON: %s: %s", e.text, in);
    in_len -= nl + 1 - in;
    memmove(in, nl + 1, in_len + 1);
    return msg;
}

static void say(const char *text)
{
    ck_assert_int_eq(write(sock, text, strlen(text)), strlen(text));
}

/* The answer to text, past any events; how = "return" or an error's class. */
static json_t *ask(const char *text, const char *how)
{
    json_t *msg, *v;

    say(text);
    while (json_object_get(msg = next(), "event"))
        json_decref(msg);
    v = json_object_get(msg, "error");
    if (v) {
        ck_assert_str_eq(json_string_value(json_object_get(v, "class")), how);
        ck_assert_ptr_nonnull(json_string_value(json_object_get(v, "desc")));
    } else {
        ck_assert_str_eq(how, "return");
        ck_assert_ptr_nonnull(json_object_get(msg, "return"));
    }
    return msg;
}

static void expect(const char *text, const char *how)
{
    json_decref(ask(text, how));
}

/* The data of the event that is the next message. */
static json_t *next_event(const char *name)
{
    json_t *msg = next(), *data = json_incref(json_object_get(msg, "data"));

    ck_assert_str_eq(json_string_value(json_object_get(msg, "event")), name);
    ck_assert(json_is_integer(
        json_object_get(json_object_get(msg, "timestamp"), "microseconds")));
    json_decref(msg);
    return data;
}

static void expect_event(const char *name)
{
    json_decref(next_event(name));
}

static void greeting(void)
{
    json_t *msg = next();
    json_t *qmp = json_object_get(msg, "QMP");

    ck_assert(json_is_integer(json_object_get(
        json_object_get(json_object_get(qmp, "version"), "qemu"), "major")));
    ck_assert(json_is_array(json_object_get(qmp, "capabilities")));
    json_decref(msg);
}

static void negotiate(void)
{
    greeting();
    expect("{\"execute\":\"qmp_capabilities\"}", "return");
}

static void setup(void)
{
    char text[128];
    struct cfg_err err;
    int rc;

    suite_path(path, sizeof(path), "qmp");
    snprintf(text, sizeof(text), "socket,id=q,path=%s,server=on,wait=off",
             path);
    t = tv_new("none", (const char *const[]){
                           "-chardev", text, "-drive",
                           "if=none,id=d,format=null-co,size=1M", NULL});
    vm_lock(&t->vm);
    rc = qmp_add(&t->vm, chr_find(&t->vm, "q"), true, &err);
    ck_assert_int_eq(qmp_add(&t->vm, chr_find(&t->vm, "q"), true, &err),
                     -EBUSY);
    vm_unlock(&t->vm);
    ck_assert_int_eq(rc, 0);
    sock = dial();
}

static void teardown(void)
{
    if (sock >= 0)
        close(sock);
    sock = -1;
    tv_free(t);
    unlink(path);
}

START_TEST(test_negotiation)
{
    json_t *msg;

    greeting();
    expect("{\"execute\":\"query-status\"}", "CommandNotFound");
    expect("{\"execute\":\"no-such-command\"}", "CommandNotFound");
    expect("{\"execute\":\"qmp_capabilities\","
           "\"arguments\":{\"enable\":[\"oob\"]}}",
           "GenericError");
    expect("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"x\":1}}",
           "GenericError");
    expect("{\"execute\":\"qmp_capabilities\","
           "\"arguments\":{\"enable\":[]}}",
           "return");
    expect("{\"execute\":\"qmp_capabilities\"}", "CommandNotFound");
    expect("{\"execute\":\"no-such-command\"}", "CommandNotFound");
    msg = ask("{\"execute\":\"query-status\",\"id\":{\"a\":[null,1.5]}}",
              "return");
    ck_assert_ptr_nonnull(json_object_get(json_object_get(msg, "id"), "a"));
    json_decref(msg);
    msg = ask("{\"id\":false}", "GenericError");
    ck_assert(json_is_false(json_object_get(msg, "id")));
    json_decref(msg);
}
END_TEST

/* What cannot be a request is answered once; the next one is served. */
START_TEST(test_malformed)
{
    static const char *const bad[] = {
        "{]\n",
        "{\xff",
        "{\x01",
        "{'bad \xff",
        "{'execute': 'nonexistent', 'id':'\n",
        "%p",
        "null\n",
        "hello world\r\n",
        "[1]",
        "{}",
        "{\"a\":tru}",
        "{\"execute\":\"stop\",\"execute\":\"stop\"}",
        "{\"execute\":\"stop\",\"id\":1e999}",
        "{\"execute\":\"stop\",\"id\":99999999999999999999}",
        "{\"execute\":\"stop\",\"id\":\"\\u0000\"}",
        "{\"execute\":\"stop\",\"id\":\"\x80\"}",
        "{'execute': true}",
        "{'execute': 'query-name', 'arguments': []}",
        "{'execute': 'query-name', 'extra': 1}",
        "{'execute': 'query-name', 'arguments': {'x': 1}}",
        "{'exec-oob': 'query-name'}",
        "{'execute': 'human-monitor-command'}",
        "{'execute': 'human-monitor-command', 'arguments': "
        "{'command-line': 1}}",
        "{'execute': 'human-monitor-command', 'arguments': "
        "{'command-line': 'info', 'cpu': 1}}",
    };
    unsigned i;

    negotiate();
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        expect(bad[i], "GenericError");
        expect("{\"execute\":\"no-such-command\"}\n", "CommandNotFound");
    }
}
END_TEST

/* Every command but the end answers, and those the tables name exist. */
START_TEST(test_commands)
{
    json_t *msg, *cmd, *list;
    const char *name;
    char text[128];
    size_t i;

    negotiate();
    list = ask("{\"execute\":\"query-commands\"}", "return");
    json_array_foreach(json_object_get(list, "return"), i, cmd)
    {
        name = json_string_value(json_object_get(cmd, "name"));
        if (!strcmp(name, "quit"))
            continue;
        snprintf(text, sizeof(text), "{\"execute\":\"%s\"}", name);
        say(text);
        while (json_object_get(msg = next(), "event"))
            json_decref(msg);
        if (strcmp(name, "qmp_capabilities"))
            ck_assert_ptr_null(
                strstr(json_string_value(json_object_get(
                           json_object_get(msg, "error"), "class"))
                           ?: "",
                       "NotFound"));
        json_decref(msg);
    }
    json_decref(list);

    list = ask("{\"execute\":\"qom-list-types\",\"arguments\":"
               "{\"implements\":\"device\",\"abstract\":false}}",
               "return");
    json_array_foreach(json_object_get(list, "return"), i, cmd)
    {
        name = json_string_value(json_object_get(cmd, "name"));
        ck_assert_str_eq(name, dev_catalog[i]->name);
        snprintf(text, sizeof(text),
                 "{\"execute\":\"device-list-properties\","
                 "\"arguments\":{\"typename\":\"%s\"}}",
                 name);
        expect(text, "return");
    }
    ck_assert_ptr_null(dev_catalog[i]);
    json_decref(list);
    expect("{\"execute\":\"device-list-properties\","
           "\"arguments\":{\"typename\":\"nosuch\"}}",
           "DeviceNotFound");

    list = ask("{\"execute\":\"query-machines\"}", "return");
    for (i = 0; board_catalog[i]; i++) {
        cmd = json_array_get(json_object_get(list, "return"), i);
        ck_assert_str_eq(json_string_value(json_object_get(cmd, "name")),
                         board_catalog[i]->name);
    }
    ck_assert_uint_eq(json_array_size(json_object_get(list, "return")), i);
    json_decref(list);
}
END_TEST

START_TEST(test_run_states)
{
    json_t *msg;

    negotiate();
    say("{\"execute\":\"stop\"}{\"execute\":\"cont\"}");
    expect_event("STOP");
    json_decref(next());
    expect_event("RESUME");
    json_decref(next());
    expect("{\"execute\":\"system_reset\"}", "return");
    expect_event("RESET");
    expect("{\"execute\":\"system_powerdown\"}", "return");
    expect_event("POWERDOWN");
    expect("{\"execute\":\"system_wakeup\"}", "GenericError");
    msg = ask("{\"execute\":\"query-status\"}", "return");
    ck_assert(json_is_true(
        json_object_get(json_object_get(msg, "return"), "running")));
    json_decref(msg);
    expect("{\"execute\":\"quit\"}", "return");
    expect_event("SHUTDOWN");
}
END_TEST

static const char *status(void)
{
    json_t *msg = ask("{\"execute\":\"query-status\"}", "return");
    static char text[32];

    snprintf(text, sizeof(text), "%s",
             json_string_value(
                 json_object_get(json_object_get(msg, "return"), "status")));
    json_decref(msg);
    return text;
}

/* The engine gave up, and before that was heard of a client said stop. */
START_TEST(test_broken_and_stopped)
{
    negotiate();
    say("{\"execute\":\"stop\"}");
    expect_event("STOP");
    json_decref(next());
    vm_request(&t->vm, VM_REQ_INTERNAL);
    ck_assert_str_eq(status(), "internal-error");
    expect("{\"execute\":\"cont\"}", "GenericError");
    expect("{\"execute\":\"system_reset\"}", "return");
    expect_event("RESET");
    ck_assert_str_eq(status(), "paused");
}
END_TEST

static void ends_with(const char *reason)
{
    json_t *data = next_event("SHUTDOWN");

    ck_assert_str_eq(json_string_value(json_object_get(data, "reason")),
                     reason);
    json_decref(data);
}

START_TEST(test_reasons)
{
    negotiate();
    vm_request(&t->vm, VM_REQ_SIGNAL);
    ends_with("host-signal");
    vm_request(&t->vm, VM_REQ_QUIT);
    ends_with("host-qmp-quit");
    vm_request(&t->vm, VM_REQ_SHUTDOWN);
    ends_with("guest-shutdown");
    vm_exit(&t->vm, 3);
    ends_with("guest-shutdown");
}
END_TEST

/* Another client after the first; neither sees what the first had begun. */
START_TEST(test_next_client)
{
    negotiate();
    say("{\"execute\":\"query-st");
    close(sock);
    sock = dial();
    say("{\"execute\":\"query-name\"}"); /* before it is greeted */
    greeting();
    json_decref(next());
    expect("{\"execute\":\"query-status\"}", "CommandNotFound");
    shutdown(sock, SHUT_WR);
    tv_wait(t, has_line, NULL, 20);
    close(sock);
    sock = dial();
    negotiate();
    expect("{\"execute\":\"query-status\"}", "return");
}
END_TEST

/* Two monitors at once: events go to both, answers to who asked. */
START_TEST(test_two_monitors)
{
    char text[256], other[80];
    struct opts *o;
    struct chr *chr;
    int first;

    negotiate();
    snprintf(other, sizeof(other), "%s.2", path);
    snprintf(text, sizeof(text), "socket,id=r,path=%s,server=on,wait=off",
             other);
    vm_lock(&t->vm);
    ck_assert_int_eq(opts_parse(text, "backend", &o, NULL), 0);
    ck_assert_int_eq(chr_open(&t->vm, o, &chr, NULL), 0);
    ck_assert_int_eq(qmp_add(&t->vm, chr, true, NULL), 0);
    vm_unlock(&t->vm);
    opts_free(o);

    first = sock;
    snprintf(path, sizeof(path), "%.60s", other);
    sock = dial();
    negotiate();
    say("{\"execute\":\"stop\"}");
    expect_event("STOP");
    json_decref(next());
    close(sock);
    sock = first;
    expect_event("STOP");
    expect("{\"execute\":\"query-name\"}", "return");
}
END_TEST

START_TEST(test_block)
{
    json_t *msg, *image;

    negotiate();
    expect("{'execute':'block_resize','arguments':{'size':1}}", "GenericError");
    expect("{'execute':'block_resize','arguments':{'device':'x','size':1}}",
           "DeviceNotFound");
    expect("{'execute':'block_resize','arguments':{'device':'d','size':-1}}",
           "GenericError");
    msg = ask("{'execute':'query-named-block-nodes'}", "return");
    image = json_object_get(json_array_get(json_object_get(msg, "return"), 0),
                            "image");
    ck_assert_int_eq(json_integer_value(json_object_get(image, "virtual-size")),
                     1 << 20);
    json_decref(msg);
    for (int i = 0; i < 100; i++) {
        blk_error_action(blk_find(&t->vm, "d"), "disk", false, -EIO);
        loop_once(t->vm.loop, 0);
    }
    blk_error_action(blk_find(&t->vm, "d"), "disk", true, -ENOSPC);
    /* of the many only the first, and the one that stops the guest */
    msg = next_event("BLOCK_IO_ERROR");
    ck_assert_str_eq(json_string_value(json_object_get(msg, "action")),
                     "report");
    json_decref(msg);
    msg = next_event("BLOCK_IO_ERROR");
    ck_assert_str_eq(json_string_value(json_object_get(msg, "action")), "stop");
    ck_assert_str_eq(json_string_value(json_object_get(msg, "device")), "d");
    ck_assert(json_is_true(json_object_get(msg, "nospace")));
    json_decref(msg);
}
END_TEST

static bool has_prompt(void *opaque)
{
    has_line(NULL);
    return strstr(in, "[Ax'\r\n(hvmd) ");
}

/* The monitor for a person: edits a line, answers, prompts. */
START_TEST(test_lines)
{
    struct opts *o;
    struct chr *chr;
    char text[256];

    close(sock);
    suite_path(path, sizeof(path), "hmp");
    snprintf(text, sizeof(text), "socket,id=r,path=%s,server=on,wait=off",
             path);
    vm_lock(&t->vm);
    ck_assert_int_eq(opts_parse(text, "backend", &o, NULL), 0);
    ck_assert_int_eq(chr_open(&t->vm, o, &chr, NULL), 0);
    ck_assert_int_eq(qmp_add(&t->vm, chr, false, NULL), 0);
    vm_unlock(&t->vm);
    opts_free(o);
    sock = dial();
    say("\n\r\nhelp\rinfo stx\x7f"
        "atus\n");
    memset(text, 'y', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    say(text);
    say(text);
    say("\r\x7f\b\x1b[Ax\r");
    ck_assert(tv_wait(t, has_prompt, NULL, 5000));
    ck_assert_ptr_nonnull(strstr(in, "system_reset"));
    ck_assert_ptr_nonnull(strstr(in, "VM status: running"));
    ck_assert_ptr_nonnull(strstr(in, "unknown command: 'yyy"));
}
END_TEST

static bool never(void *opaque)
{
    return false;
}

/* Who asks and never reads is no longer read; who is sent events and never
 * reads is hung up on. Both cost bounded memory. */
START_TEST(test_deaf_client)
{
    static const char cmd[] = "{\"execute\":\"query-command-line-options\"}";
    char *junk = malloc(1 << 20);
    size_t sent = 0;
    ssize_t n;
    int i;

    negotiate();
    do {
        n = write(sock, cmd, sizeof(cmd) - 1);
        sent += n > 0 ? n : 0;
        tv_wait(t, never, NULL, 0);
    } while (n == (ssize_t)sizeof(cmd) - 1 && sent < 8 << 20);
    ck_assert_uint_lt(sent, 8 << 20);

    memset(junk, 'x', 1 << 20);
    junk[(1 << 20) - 1] = '\0';
    vm_lock(&t->vm);
    for (i = 0; i < 8; i++)
        qmp_event(&t->vm, "TEST", json_pack("{s:s}", "x", junk));
    vm_unlock(&t->vm);
    free(junk);
    tv_wait(t, never, NULL, 1);
    do {
        n = read(sock, in, sizeof(in));
    } while (n > 0);
    ck_assert(n == 0 || errno == ECONNRESET);
    close(sock);
    sock = dial();
    negotiate();
}
END_TEST

START_TEST(test_descriptors)
{
    static char text[] = "{\"execute\":\"add-fd\"}";
    union {
        char buf[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec iov = {text, sizeof(text) - 1};
    struct msghdr mh = {.msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = &control,
                        .msg_controllen = sizeof(control)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
    int fd = open("/dev/null", O_RDONLY);
    json_t *msg;

    negotiate();
    expect("{\"execute\":\"add-fd\"}", "GenericError");
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    ck_assert_int_eq(sendmsg(sock, &mh, 0), sizeof(text) - 1);
    close(fd);
    msg = next();
    ck_assert_int_eq(json_integer_value(json_object_get(
                         json_object_get(msg, "return"), "fdset-id")),
                     0);
    json_decref(msg);
    fd = fdset_open(&t->vm, "/dev/fdset/0", O_RDONLY);
    ck_assert_int_ge(fd, 0);
    close(fd);
    expect("{\"execute\":\"query-fdsets\"}", "return");
    expect("{\"execute\":\"remove-fd\",\"arguments\":{\"fdset-id\":0}}",
           "return");
    expect("{\"execute\":\"remove-fd\",\"arguments\":{\"fdset-id\":0}}",
           "GenericError");
}
END_TEST

START_TEST(test_human)
{
    static const struct {
        const char *line, *part;
    } lines[] = {
        {"info version", PACKAGE_VERSION},
        {"info status", "running"},
        {"info chardev", "q: filename=unix:"},
        {" info  mtree ", "I/O ports"},
        {"info help", "qtree"},
        {"help", "system_reset"},
        {"nonsense", "unknown command"},
        {"info nonsense", "unknown command"},
        {"stop now", "expected nothing"},
    };
    char text[256];
    const char *answer;
    json_t *msg;
    unsigned i;

    negotiate();
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        snprintf(text, sizeof(text),
                 "{\"execute\":\"human-monitor-command\",\"arguments\":"
                 "{\"command-line\":\"%s\"}}",
                 lines[i].line);
        msg = ask(text, "return");
        answer = json_string_value(json_object_get(msg, "return"));
        ck_assert_msg(strstr(answer, lines[i].part), "%s: %s", lines[i].line,
                      answer);
        json_decref(msg);
    }
}
END_TEST

/* All that libxl and libxenstat ever say, as they say it: what a machine
 * without the thing answers is an error it understands. */
START_TEST(test_libxl)
{
    static const struct {
        const char *cmd, *args, *how;
    } said[] = {
        {"query-version", NULL, "return"},
        {"query-status", NULL, "return"},
        {"query-command-line-options", NULL, "return"},
        {"query-chardev", NULL, "return"},
        {"query-vnc", NULL, "return"},
        {"query-pci", NULL, "return"},
        {"query-cpus-fast", NULL, "return"},
        {"query-fdsets", NULL, "return"},
        {"query-block", NULL, "return"},
        {"query-blockstats", NULL, "return"},
        {"stop", NULL, "return"},
        {"cont", NULL, "return"},
        {"human-monitor-command", "{'command-line':'info version'}", "return"},
        {"change-vnc-password", "{'password':'x'}", "GenericError"},
        /* newer libxl asks this, and by the class of the error the next */
        {"query-cpus", NULL, "CommandNotFound"},
        {"query-hotpluggable-cpus", NULL, "GenericError"},
        {"cpu-add", "{'id':1}", "GenericError"},
        {"device_add", "{'driver':'qemu64-x86_64-cpu','id':'cpu-1'}",
         "GenericError"},
        {"device_add",
         "{'driver':'xen-pci-passthrough','id':'p','hostaddr':'0000:00:1f.0'}",
         "GenericError"},
        {"device_add",
         "{'driver':'nec-usb-xhci','id':'xenusb-0','p2':'4','p3':'4'}",
         "GenericError"},
        {"device_del", "{'id':'xenusb-0'}", "DeviceNotFound"},
        {"add-fd", "{'opaque':'raw:/a.iso'}", "GenericError"},
        {"remove-fd", "{'fdset-id':0,'fd':11}", "GenericError"},
        {"eject", "{'id':'ide-5632'}", "DeviceNotFound"},
        {"set_link", "{'name':'net0','up':false}", "DeviceNotFound"},
        {"change", "{'device':'ide-5632','target':'/a.iso','arg':'raw'}",
         "DeviceNotFound"},
        {"blockdev-change-medium",
         "{'id':'ide-5632','filename':'/dev/fdset/0','format':'raw'}",
         "DeviceNotFound"},
        {"system_wakeup", NULL, "GenericError"},
        {"xen-set-global-dirty-log", "{'enable':false}", "return"},
        {"xen-set-global-dirty-log", "{'enable':true}", "return"},
        {"xen-save-devices-state", "{'filename':'/dev/fdset/0','live':true}",
         "GenericError"},
        {"xen-load-devices-state", "{'filename':'/a'}", "GenericError"},
        /* COLO, which few builds of the stock model have either */
        {"nbd-server-start", "{'addr':{}}", "CommandNotFound"},
        {"nbd-server-add", "{'device':'d'}", "CommandNotFound"},
        {"nbd-server-stop", NULL, "CommandNotFound"},
        {"xen-colo-do-checkpoint", NULL, "CommandNotFound"},
        {"xen-set-replication", "{'enable':true,'primary':true}",
         "CommandNotFound"},
        {"quit", NULL, "return"},
    };
    char text[512];
    json_t *msg;

    negotiate();
    for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        snprintf(text, sizeof(text), "{\"execute\":\"%s\",\"id\":%u%s%s}\r\n",
                 said[i].cmd, 2020372736 + i,
                 said[i].args ? ",\"arguments\":" : "", said[i].args ?: "");
        msg = ask(text, said[i].how);
        ck_assert_int_eq(json_integer_value(json_object_get(msg, "id")),
                         2020372736 + i);
        json_decref(msg);
    }
    expect_event("SHUTDOWN");
}
END_TEST

START_TEST(test_no_dirty_log)
{
    negotiate();
    tv_unlogged(t);
    json_decref(ask("{'execute':'xen-set-global-dirty-log',"
                    "'arguments':{'enable':true}}\n",
                    "GenericError"));
}
END_TEST

/* Random bytes, biased towards JSON's: no harm, and a request after a newline
 * is understood. */
START_TEST(test_storm)
{
    static const char alphabet[] = "{}[]\"':,\\truefalsn0123 \t\r\n\xff\x01ex";
    uint32_t seed = 20240229, x = seed;
    char buf[200];
    unsigned i, j;
    json_t *msg;

    printf("storm seed %u\n", seed);
    negotiate();
    for (i = 0; i < 500; i++) {
        for (j = 0; j < sizeof(buf); j++) {
            x = x * 1664525 + 1013904223;
            buf[j] = alphabet[(x >> 16) % (sizeof(alphabet) - 1)];
        }
        ck_assert_int_eq(write(sock, buf, sizeof(buf)), sizeof(buf));
        tv_wait(t, never, NULL, 0);
        tv_wait(t, has_line, NULL, 0);
        in_len = 0;
    }
    /* a byte that no text has ends whatever was begun */
    say("\n\xff\n{\"execute\":\"query-status\",\"id\":\"end\"}");
    do {
        msg = next();
        i = json_object_get(msg, "id") != NULL;
        json_decref(msg);
    } while (!i);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_negotiation,
                                  test_malformed,
                                  test_commands,
                                  test_run_states,
                                  test_broken_and_stopped,
                                  test_reasons,
                                  test_next_client,
                                  test_deaf_client,
                                  test_descriptors,
                                  test_human,
                                  test_two_monitors,
                                  test_block,
                                  test_lines,
                                  test_libxl,
                                  test_no_dirty_log,
                                  test_storm,
                                  NULL};

    return run_suite("qmp", setup, teardown, tests);
}
