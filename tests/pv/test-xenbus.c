/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pv/xenbus: the state machine, with a backend that does nothing. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/machine.h"
#include "hw/pv/xenbus.h"
#include "tests/lib/fake-xenif.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define BACK "/local/domain/0/backend/vbd/7/51712"
#define FRONT "/local/domain/7/device/vbd/51712"

struct backend {
    struct xenbus_dev d;
    unsigned advertised, published, disconnected, looks, gone;
    int fail;
    bool busy;    /* at a last look */
    bool removed; /* the toolstack takes our folder while we connect */
};

static struct testvm *t;
static struct xenif *x;
static struct backend b;

static int be_advertise(struct xenbus_dev *d, struct cfg_err *err)
{
    b.advertised++;
    return xenbus_write(d, "feature-thing", "%d", 1);
}

static int be_connect(struct xenbus_dev *d, struct cfg_err *err)
{
    uint32_t ref;
    int rc;

    ck_assert(!d->connected);
    rc = xenbus_need_u32(d, d->front, "ring-ref", UINT32_MAX, &ref, err);
    if (b.removed)
        fake_xs_set(x, NULL, BACK);
    return b.fail ? err_set(err, b.fail, "no ring") : rc;
}

static int be_publish(struct xenbus_dev *d, struct cfg_err *err)
{
    b.published++;
    return xenbus_write(d, "sectors", "%u", b.published);
}

static void be_disconnect(struct xenbus_dev *d)
{
    b.disconnected++;
}

static bool be_last(struct xenbus_dev *d)
{
    b.looks++;
    return b.busy;
}

static const struct xenbus_class be_class = {
    .type = "vbd",
    .hotplug = true,
    .advertise = be_advertise,
    .connect = be_connect,
    .publish = be_publish,
    .disconnect = be_disconnect,
};

static void be_gone(void *opaque)
{
    b.gone++;
    xenbus_stop(&b.d);
}

/* Lets watches fire, and what they cause. */
static void run(void)
{
    for (unsigned i = 0; i < 6; i++)
        loop_once(t->vm.loop, 0);
}

static void set(const char *dir, const char *key, const char *value)
{
    fake_xs_set(x, value, "%s/%s", dir, key);
    run();
}

static void front(enum xenbus_state s)
{
    char v[8];

    snprintf(v, sizeof(v), "%d", (int)s);
    set(FRONT, "state", v);
}

static int back(void)
{
    return atoi(fake_xs_get(x, BACK "/state"));
}

static void folders(void)
{
    fake_xs_set(x, "7", BACK "/frontend-id");
    fake_xs_set(x, FRONT, BACK "/frontend");
    fake_xs_set(x, "1", BACK "/online");
    fake_xs_set(x, "1", BACK "/state");
    fake_xs_set(x, "1", FRONT "/state");
    fake_xs_set(x, "8", FRONT "/ring-ref");
}

static int start(struct cfg_err *err)
{
    int rc;

    b = (struct backend){
        .d = {.cls = &be_class, .vm = &t->vm, .x = x, .gone = be_gone}};
    vm_lock(&t->vm);
    rc = xenbus_start(&b.d, BACK, err);
    vm_unlock(&t->vm);
    return rc;
}

static void setup(void)
{
    struct cfg_err err;

    t = tv_new("none", (const char *const[]){NULL});
    x = fake_xenif_new(t->vm.loop);
    folders();
    ck_assert_int_eq(start(&err), 0);
    run();
}

static void teardown(void)
{
    xenbus_stop(&b.d);
    fake_xenif_free(x);
    tv_free(t);
}

static void connect_it(void)
{
    front(XENBUS_INITIALISED);
    ck_assert_int_eq(back(), XENBUS_CONNECTED);
    front(XENBUS_CONNECTED);
    ck_assert_int_eq(back(), XENBUS_CONNECTED);
    ck_assert(b.d.connected);
}

START_TEST(connect_and_close)
{
    ck_assert_int_eq(back(), XENBUS_INIT_WAIT);
    ck_assert_str_eq(fake_xs_get(x, BACK "/feature-thing"), "1");
    connect_it();
    ck_assert_uint_eq(b.d.connects, 1);
    ck_assert_str_eq(fake_xs_get(x, BACK "/sectors"), "1");
    front(XENBUS_CLOSING);
    ck_assert_int_eq(back(), XENBUS_CLOSING);
    ck_assert(b.d.connected); /* it may be waiting for answers */
    front(XENBUS_CLOSED);
    ck_assert_int_eq(back(), XENBUS_CLOSED);
    ck_assert_uint_eq(b.disconnected, 1);
    ck_assert_uint_eq(b.disconnected, 1);
    ck_assert_uint_eq(b.gone, 0);
    /* The driver is loaded again. */
    front(XENBUS_INITIALISING);
    ck_assert_int_eq(back(), XENBUS_INIT_WAIT);
    connect_it();
    ck_assert_uint_eq(b.d.connects, 2);
}
END_TEST

START_TEST(kexec)
{
    connect_it();
    front(XENBUS_INITIALISING);
    ck_assert_int_eq(back(), XENBUS_INIT_WAIT);
    ck_assert_uint_eq(b.disconnected, 1);
    connect_it();
}
END_TEST

START_TEST(frontend_vanishes)
{
    connect_it();
    fake_xs_set(x, NULL, FRONT);
    run();
    ck_assert_int_eq(back(), XENBUS_CLOSED);
    ck_assert_uint_eq(b.disconnected, 1);
    ck_assert_uint_eq(b.gone, 0);
}
END_TEST

START_TEST(detach)
{
    connect_it();
    set(BACK, "online", "0");
    set(BACK, "state", "5");
    /* The guest still uses it. */
    ck_assert(b.d.connected);
    ck_assert_uint_eq(b.gone, 0);
    front(XENBUS_CLOSING);
    ck_assert(b.d.connected);
    front(XENBUS_CLOSED);
    ck_assert_int_eq(back(), XENBUS_CLOSED);
    ck_assert_uint_eq(b.gone, 1);
}
END_TEST

START_TEST(detach_what_nobody_took)
{
    fake_xs_set(x, "0", BACK "/online");
    set(BACK, "state", "5");
    ck_assert_int_eq(back(), XENBUS_CLOSED);
    ck_assert_uint_eq(b.gone, 1);
}
END_TEST

START_TEST(folder_removed)
{
    connect_it();
    fake_xs_set(x, NULL, BACK);
    run();
    ck_assert_uint_eq(b.disconnected, 1);
    ck_assert_uint_eq(b.gone, 1);
    /* And not a node of it has come back. */
    ck_assert_str_eq(fake_xs_get(x, BACK "/state"), "");
}
END_TEST

START_TEST(folder_removed_under_our_hands)
{
    b.removed = true;
    front(XENBUS_INITIALISED);
    ck_assert_uint_eq(b.disconnected, 1);
    ck_assert_uint_eq(b.gone, 1);
    ck_assert_str_eq(fake_xs_get(x, BACK "/state"), "");
    ck_assert_str_eq(fake_xs_get(x, BACK "/sectors"), "");
}
END_TEST

/* What we have to say of a device that is gone brings nothing of it back. */
START_TEST(folder_removed_before_an_error)
{
    b.removed = true;
    b.fail = -EINVAL;
    front(XENBUS_INITIALISED);
    ck_assert_uint_eq(b.gone, 1);
    ck_assert_str_eq(fake_xs_get(x, BACK "/error"), "");
}
END_TEST

START_TEST(hotplug_script)
{
    set(BACK, "script", "/etc/xen/scripts/vif-bridge");
    front(XENBUS_INITIALISED);
    ck_assert_int_eq(back(), XENBUS_INIT_WAIT);
    set(BACK, "hotplug-status", "error");
    ck_assert_int_eq(back(), XENBUS_INIT_WAIT);
    set(BACK, "hotplug-status", "connected");
    ck_assert_int_eq(back(), XENBUS_CONNECTED);
}
END_TEST

START_TEST(resize)
{
    connect_it();
    vm_lock(&t->vm);
    xenbus_republish(&b.d);
    vm_unlock(&t->vm);
    ck_assert_str_eq(fake_xs_get(x, BACK "/sectors"), "2");
    ck_assert_int_eq(back(), XENBUS_CONNECTED);
}
END_TEST

START_TEST(failed_connect)
{
    b.fail = -EINVAL;
    front(XENBUS_INITIALISED);
    ck_assert_int_eq(back(), XENBUS_CLOSING);
    ck_assert_str_eq(fake_xs_get(x, BACK "/error"), "no ring");
    ck_assert_uint_eq(b.disconnected, 0);
    b.fail = 0;
    front(XENBUS_CLOSED);
    front(XENBUS_INITIALISING);
    connect_it();
}
END_TEST

START_TEST(nonsense_from_the_frontend)
{
    static const char *const refs[] = {
        "",   "-1",         "0x8",   " 8",
        "8 ", "4294967296", "eight", "99999999999999999999999"};
    char *huge = malloc(XENIF_VALUE_MAX + 2);

    for (unsigned i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
        set(FRONT, "ring-ref", refs[i]);
        front(XENBUS_INITIALISED);
        ck_assert_int_eq(back(), XENBUS_CLOSING);
        front(XENBUS_CLOSED);
        front(XENBUS_INITIALISING);
        ck_assert_int_eq(back(), XENBUS_INIT_WAIT);
    }
    memset(huge, '1', XENIF_VALUE_MAX + 1);
    huge[XENIF_VALUE_MAX + 1] = '\0';
    set(FRONT, "ring-ref", huge);
    front(XENBUS_INITIALISED);
    ck_assert_int_eq(back(), XENBUS_CLOSING);
    front(XENBUS_INITIALISING);
    set(FRONT, "ring-ref", "8");
    connect_it();
    /* A state that is none changes nothing. */
    set(FRONT, "state", "9");
    set(FRONT, "state", "-1");
    set(FRONT, "state", "");
    set(FRONT, "state", huge);
    set(FRONT, "state", "7");
    ck_assert_int_eq(back(), XENBUS_CONNECTED);
    ck_assert_uint_eq(b.disconnected, 0);
    free(huge);
}
END_TEST

/* XSA-175, XSA-178: the frontend cannot say where it is, or who. */
START_TEST(trusted_nodes)
{
    struct cfg_err err;

    xenbus_stop(&b.d);
    fake_xs_set(x, "8", BACK "/frontend-id");
    ck_assert_int_eq(start(&err), -EINVAL);
    ck_assert_str_eq(err.text, BACK ": frontend-id 8: expected domain 7");
    folders();
    fake_xs_set(x, "relative", BACK "/frontend");
    ck_assert_int_eq(start(&err), -EINVAL);
    fake_xs_set(x, NULL, BACK "/frontend");
    ck_assert_int_eq(start(&err), -ENOENT);
    ck_assert_uint_eq(fake_watches(x), 0);
}
END_TEST

START_TEST(conflicts)
{
    fake_conflicts(x, 5);
    connect_it();
    front(XENBUS_CLOSED);
    /* Without end: given up, and no half of it is there. */
    fake_conflicts(x, 1000);
    front(XENBUS_INITIALISING);
    ck_assert_int_eq(back(), XENBUS_CLOSED);
    fake_conflicts(x, 0);
    front(XENBUS_INITIALISING);
    ck_assert_int_eq(back(), XENBUS_INIT_WAIT);
}
END_TEST

/* XSA-349: a frontend that never stops writing costs us one look a round. */
START_TEST(watch_flood)
{
    unsigned before;

    connect_it();
    before = fake_calls(x, FAKE_XS_READ);
    for (unsigned i = 0; i < 10000; i++)
        fake_xs_set(x, "4", FRONT "/state");
    run();
    ck_assert_uint_lt(fake_calls(x, FAKE_XS_READ) - before, 10);
    ck_assert_uint_eq(fake_watches(x), 2);
}
END_TEST

/* A frontend that says Closed has its answers first; not one that begins anew,
 * or whose folder is gone. */
START_TEST(last_looks)
{
    struct xenbus_class cls = be_class;

    cls.last = be_last;
    b.d.cls = &cls;
    for (unsigned i = 0; i < 4; i++) {
        b.looks = 0;
        b.busy = true;
        connect_it();
        front(XENBUS_CLOSED);
        set(FRONT, "something", "1"); /* no look for each */
        ck_assert_uint_eq(b.looks, 1);
        for (unsigned n = 2; n < 5; n++) {
            tv_step(t, 100 * 1000000);
            run();
            ck_assert_uint_eq(b.looks, n);
            ck_assert_int_eq(back(), XENBUS_CONNECTED);
        }
        b.busy = false;
        switch (i) {
        case 0:
            front(XENBUS_INITIALISING);
            ck_assert_int_eq(back(), XENBUS_INIT_WAIT);
            break;
        case 1:
            front(XENBUS_UNKNOWN);
            ck_assert_int_eq(back(), XENBUS_CLOSED);
            break;
        case 3:
            set(BACK, "online", "0");
            break;
        }
        ck_assert_uint_eq(b.disconnected, i < 2 ? i + 1 : i);
        tv_step(t, 100 * 1000000);
        run();
        ck_assert_uint_eq(b.disconnected, i + 1);
        ck_assert_uint_eq(b.looks, i < 2 ? 4 : 5);
        if (i)
            ck_assert_int_eq(back(), XENBUS_CLOSED);
        front(XENBUS_INITIALISING);
    }
    ck_assert_uint_eq(b.gone, 1);
}
END_TEST

/* XSA-71, XSA-350 in small: whatever fails at whatever time, all is let go
 * and the next driver can connect. */
START_TEST(every_call_fails_once)
{
    for (unsigned n = 1; n < 40; n++) {
        fake_fail(x, FAKE_ANY, n, -EIO);
        front(XENBUS_INITIALISED);
        front(XENBUS_CONNECTED);
        front(XENBUS_CLOSING);
        front(XENBUS_CLOSED);
        front(XENBUS_INITIALISING);
        fake_fail(x, FAKE_ANY, 0, 0);
        front(XENBUS_CLOSED);
        front(XENBUS_INITIALISING);
        ck_assert_int_eq(back(), XENBUS_INIT_WAIT);
        ck_assert_uint_eq(b.disconnected, b.d.connects);
    }
    ck_assert_uint_eq(b.gone, 0);
    connect_it();
}
END_TEST

START_TEST(random_states)
{
    uint32_t r = 20261122;

    for (unsigned i = 0; i < 3000; i++) {
        r = r * 1664525 + 1013904223;
        front((enum xenbus_state)(r >> 16) % 9);
        ck_assert_uint_eq(b.d.connected, b.d.connects - b.disconnected);
    }
    front(XENBUS_CLOSED);
    front(XENBUS_INITIALISING);
    connect_it();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        connect_and_close,
        kexec,
        frontend_vanishes,
        detach,
        detach_what_nobody_took,
        folder_removed,
        folder_removed_under_our_hands,
        folder_removed_before_an_error,
        hotplug_script,
        resize,
        failed_connect,
        nonsense_from_the_frontend,
        trusted_nodes,
        conflicts,
        watch_flood,
        last_looks,
        every_call_fails_once,
        random_states,
        NULL,
    };

    return run_suite("xenbus", setup, teardown, tests);
}
