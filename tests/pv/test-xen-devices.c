/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/pv/xen-disk, xen-net-device, xen-console: devices without a toolstack. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/block/blk.h"
#include "dm/options.h"
#include "hw/catalog.h"
#include "hw/pv/backends.h"
#include "tests/lib/suite.h"
#include "tests/pv/blk-front.h"

#define VIF "/local/domain/0/backend/vif/7/0"
#define VIF_FRONT "/local/domain/7/device/vif/0"

static struct testvm *t;
static struct bf f;
static char image[64], out[64];

/* The console's page is granted under a number that the fake's are not. */
static struct xenif_ops ops;
static const struct xenif_ops *fake_ops;

static int map_console(struct xenif *x, const grant_ref_t *refs, unsigned n,
                       bool write, void **addr)
{
    const grant_ref_t page = FAKE_REF(0);

    return fake_ops->gnt_map(x, n == 1 && !refs[0] ? &page : refs, n, write,
                             addr);
}

static void setup(void)
{
    char file[128], chr[128];
    const char *const args[] = {"-drive",
                                file,
                                "-netdev",
                                "socket,id=n0,udp=127.0.0.1:9,"
                                "localaddr=127.0.0.1:0",
                                "-chardev",
                                chr,
                                NULL};
    int fd;

    snprintf(image, sizeof(image), "test-xen-devices-%d.img", getpid());
    snprintf(out, sizeof(out), "test-xen-devices-%d.out", getpid());
    fd = open(image, O_CREAT | O_TRUNC | O_RDWR, 0600);
    ck_assert_int_eq(ftruncate(fd, 4096 * 512), 0);
    close(fd);
    snprintf(file, sizeof(file), "file=%s,format=raw,if=none,id=d0", image);
    snprintf(chr, sizeof(chr), "file,id=c0,path=%s", out);
    t = tv_new("none", args);
    f = (struct bf){.vm = &t->vm, .x = fake_xenif_new(t->vm.loop)};
    t->vm.xenif = f.x;
    fake_ops = f.x->ops;
    ops = *fake_ops;
    ops.gnt_map = map_console;
    f.x->ops = &ops;
    fake_grant(f.x, BF_DATA, 64, false);
}

static void teardown(void)
{
    vm_lock(&t->vm);
    dev_destroy_all(&t->vm);
    vm_unlock(&t->vm);
    fake_xenif_free(f.x);
    tv_free(t);
    unlink(image);
    unlink(out);
}

/* pairs: keys and values, NULL ends them. */
static int make(const char *driver, const char *const pairs[], struct dev **dev,
                struct cfg_err *err)
{
    struct opts *o = opts_new();
    int rc;

    for (; *pairs; pairs += 2)
        opts_set(o, pairs[0], pairs[1]);
    vm_lock(&t->vm);
    rc = dev_create(&t->vm, dev_class_find(driver), o, dev, err);
    vm_unlock(&t->vm);
    opts_free(o);
    return rc;
}

static struct dev *made(const char *driver, const char *const pairs[])
{
    struct cfg_err err;
    struct dev *dev;
    int rc = make(driver, pairs, &dev, &err);

    ck_assert_msg(!rc, "%s", err.text);
    return dev;
}

static void resume(void)
{
    vm_lock(&t->vm);
    dev_resume_all(&t->vm);
    vm_unlock(&t->vm);
}

#define DISK                \
    (const char *const[])   \
    {                       \
        "drive", "d0", NULL \
    }

START_TEST(a_disk_is_served)
{
    struct dev *d = made("xen-disk", DISK);

    ck_assert_str_eq(d->path, "xvda/xen-disk");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/mode"), "w");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/online"), "1");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/frontend-id"), "7");
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/frontend"), BF_FRONT);
    ck_assert_str_eq(fake_xs_get(f.x, BF_FRONT "/backend"), BF_BACK);
    ck_assert_str_eq(fake_xs_get(f.x, BF_FRONT "/backend-id"), "0");
    ck_assert_str_eq(fake_xs_get(f.x, BF_FRONT "/virtual-device"), "51712");
    ck_assert_str_eq(fake_xs_get(f.x, BF_FRONT "/device-type"), "disk");
    ck_assert_str_eq(fake_xs_get(f.x, BF_FRONT "/state"), "1");
    bf_run(&f);
    ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
    resume();
    bf_connect(&f, "x86_64-abi", 1, 0);
    {
        struct bf_req r = bf_rw(BLKIF_OP_WRITE, 8, BF_DATA, 2);

        memset(fake_page(f.x, BF_DATA), 0x5a, 2 * XENIF_PAGE);
        ck_assert_int_eq(bf_do(&f.ring[0], &r), BLKIF_RSP_OKAY);
        r = bf_rw(BLKIF_OP_READ, 16, BF_DATA + 8, 1);
        ck_assert_int_eq(bf_do(&f.ring[0], &r), BLKIF_RSP_OKAY);
        ck_assert_int_eq(*(uint8_t *)fake_page(f.x, BF_DATA + 8), 0x5a);
    }
    /* A guest that is reset in the midst of it: all as in the beginning. */
    tv_reset(t);
    ck_assert_uint_eq(fake_mapped(f.x), 0);
    ck_assert_uint_eq(fake_ports(f.x), 0);
    ck_assert_str_eq(fake_xs_get(f.x, BF_FRONT "/ring-ref"), "");
    ck_assert_str_eq(fake_xs_get(f.x, BF_FRONT "/state"), "1");
    bf_run(&f);
    ck_assert_int_eq(bf_state(&f), XENBUS_INIT_WAIT);
    bf_connect(&f, "x86_64-abi", 1, 0);
    /* Gone: nothing is left. */
    vm_lock(&t->vm);
    dev_destroy(d);
    vm_unlock(&t->vm);
    ck_assert_str_eq(fake_xs_get(f.x, BF_BACK "/online"), "");
    ck_assert_ptr_null(blk_find(&t->vm, "d0")->user);
    made("xen-disk", DISK);
}
END_TEST

START_TEST(names_of_disks)
{
    static const struct {
        const char *vdev, *number;
    } names[] = {
        {"xvda", "51712"},     {"xvdb2", "51730"},      {"xvdp15", "51967"},
        {"xvdq", "268439552"}, {"xvda16", "268435472"}, {"hda", "768"},
        {"hdd3", "5699"},      {"sda", "2048"},         {"sdp1", "2289"},
        {"d5p1", "51793"},     {"d16", "268439552"},    {"51760", "51760"},
    };
    static const char *const bad[] = {
        "",      "xvd",    "xvdA",  "xvda256",           "hde", "sdq",
        "sda16", "d",      "d5p",   "xvdaaaaa",          "fda", "12x",
        "xvd1",  "d2p2p2", "xvda-", "xvdaxvdaxvdaxvdaxv"};
    struct cfg_err err;
    struct dev *dev;
    char path[128];

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        dev = made("xen-disk", (const char *const[]){"drive", "d0", "vdev",
                                                     names[i].vdev, NULL});
        snprintf(path, sizeof(path), "/local/domain/7/device/vbd/%s/state",
                 names[i].number);
        ck_assert_msg(*fake_xs_get(f.x, "%s", path), "%s: no %s", names[i].vdev,
                      path);
        vm_lock(&t->vm);
        dev_destroy(dev);
        vm_unlock(&t->vm);
        ck_assert_str_eq(fake_xs_get(f.x, "%s", path), "");
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(
            make("xen-disk",
                 (const char *const[]){"drive", "d0", "vdev", bad[i], NULL},
                 &dev, &err) == -EINVAL,
            "%s", bad[i]);
}
END_TEST

START_TEST(what_cannot_be)
{
    struct xenif *x = t->vm.xenif;
    struct cfg_err err;
    struct dev *dev, *other;

    ck_assert_int_eq(make("xen-disk", (const char *const[]){NULL}, &dev, &err),
                     -EINVAL);
    ck_assert_int_eq(make("xen-disk",
                          (const char *const[]){"drive", "no", NULL}, &dev,
                          &err),
                     -ENOENT);
    made("xen-disk", DISK);
    ck_assert_int_eq(make("xen-disk", DISK, &dev, &err), -EBUSY);
    ck_assert_int_eq(
        make("xen-net-device", (const char *const[]){NULL}, &dev, &err),
        -EINVAL);
    ck_assert_int_eq(
        make("xen-console", (const char *const[]){NULL}, &dev, &err), -EINVAL);
    t->vm.xenif = NULL;
    ck_assert_int_eq(make("xen-net-device",
                          (const char *const[]){"netdev", "n0", NULL}, &dev,
                          &err),
                     -ENODEV);
    ck_assert_ptr_nonnull(strstr(err.text, "xen-version"));
    ck_assert_int_eq(make("xen-console",
                          (const char *const[]){"chardev", "c0", NULL}, &dev,
                          &err),
                     -ENODEV);
    t->vm.xenif = x;
    vm_lock(&t->vm);
    ck_assert_int_eq(dev_create(&t->vm, &xen_backends_class, NULL, &dev, &err),
                     0);
    vm_unlock(&t->vm);
    ck_assert_int_eq(make("xen-net-device",
                          (const char *const[]){"netdev", "n0", NULL}, &other,
                          &err),
                     -EEXIST);
    vm_lock(&t->vm);
    dev_destroy(dev);
    vm_unlock(&t->vm);
    /* Xenstore fails, at each of its calls. */
    for (unsigned n = 1;; n++) {
        int rc;

        fake_fail(f.x, FAKE_ANY, n, -EIO);
        rc = make("xen-net-device", (const char *const[]){"netdev", "n0", NULL},
                  &dev, &err);
        if (!rc)
            break;
        ck_assert_uint_lt(n, 100);
    }
    fake_fail(f.x, FAKE_ANY, 0, 0);
}
END_TEST

START_TEST(a_card_is_served)
{
    made("xen-net-device", (const char *const[]){"netdev", "n0", "mac",
                                                 "00:16:3e:01:02:03", NULL});
    ck_assert_str_eq(fake_xs_get(f.x, VIF "/mac"), "00:16:3e:01:02:03");
    ck_assert_str_eq(fake_xs_get(f.x, VIF_FRONT "/mac"), "00:16:3e:01:02:03");
    ck_assert_str_eq(fake_xs_get(f.x, VIF_FRONT "/handle"), "0");
    ck_assert_str_eq(fake_xs_get(f.x, VIF_FRONT "/backend"), VIF);
    bf_run(&f);
    ck_assert_str_eq(fake_xs_get(f.x, VIF "/state"), "2");
    ck_assert_str_eq(fake_xs_get(f.x, VIF "/feature-rx-copy"), "1");
    tv_reset(t);
    bf_run(&f);
    ck_assert_str_eq(fake_xs_get(f.x, VIF "/state"), "2");
}
END_TEST

/* ---- the console ---- */

struct ring {
    uint8_t in[1024], out[2048];
    uint32_t in_cons, in_prod, out_cons, out_prod;
};

static struct ring *console(evtchn_port_t *port)
{
    struct ring *r = fake_page(f.x, 0);
    char text[16];

    fake_grant(f.x, 0, 1, false);
    memset(r, 0, sizeof(*r));
    *port = fake_port(f.x);
    made("xen-console", (const char *const[]){"chardev", "c0", NULL});
    bf_run(&f);
    ck_assert_uint_eq(fake_ports(f.x), 0); /* not before it is there */
    resume();
    snprintf(text, sizeof(text), "%u", *port);
    fake_xs_set(f.x, text, "/local/domain/7/console/port");
    bf_run(&f);
    ck_assert_uint_eq(fake_ports(f.x), 1);
    return r;
}

static void say(struct ring *r, evtchn_port_t port, const char *text)
{
    for (; *text; text++)
        r->out[r->out_prod++ % sizeof(r->out)] = (uint8_t)*text;
    fake_notify(f.x, port);
    bf_run(&f);
}

static void expect(const char *text)
{
    char buf[8192] = "";
    int fd = open(out, O_RDONLY);

    ck_assert_int_ge(read(fd, buf, sizeof(buf) - 1), 0);
    close(fd);
    ck_assert_str_eq(buf, text);
}

START_TEST(a_console_is_heard)
{
    char big[1501], all[3200];
    evtchn_port_t port;
    struct ring *r = console(&port);

    say(r, port, "hello\n");
    expect("hello\n");
    ck_assert_uint_eq(r->out_cons, r->out_prod);
    ck_assert(fake_wait(f.x, port, 0));
    /* Round the ring. */
    memset(big, 'x', 1500);
    big[1500] = 0;
    say(r, port, big);
    say(r, port, big);
    snprintf(all, sizeof(all), "hello\n%s%s", big, big);
    expect(all);
    /* Reset: what it said last is heard, then it is let go of. */
    for (const char *p = "end\n"; *p; p++)
        r->out[r->out_prod++ % sizeof(r->out)] = (uint8_t)*p;
    tv_reset(t);
    strcat(all, "end\n");
    expect(all);
    ck_assert_uint_eq(fake_ports(f.x), 0);
    ck_assert_uint_eq(fake_mapped(f.x), 0);
    memset(r, 0, sizeof(*r));
    fake_xs_set(f.x, "x", "/local/domain/7/console/limit");
    bf_run(&f);
    ck_assert_uint_eq(fake_ports(f.x), 0);
}
END_TEST

START_TEST(a_console_with_nonsense_in_its_ring)
{
    evtchn_port_t port;
    struct ring *r = console(&port);
    uint32_t seed = 7;

    say(r, port, "a");
    for (unsigned i = 0; i < 3000; i++) {
        seed = seed * 1664525 + 1013904223;
        *(&r->in_cons + (seed >> 8) % 4) = seed >> 16;
        fake_notify(f.x, port);
        tv_step(t, 40000000);
        loop_once(t->vm.loop, 0);
    }
    r->out_cons = 5;
    r->out_prod = 4;
    fake_notify(f.x, port);
    tv_step(t, 40000000);
    bf_run(&f);
    ck_assert_uint_eq(r->out_cons, 5);
}
END_TEST

static unsigned pressed;

static void press(void *opaque)
{
    pressed++;
}

START_TEST(a_guest_is_asked_to_power_off)
{
    static const char *const shutdown = "/local/domain/7/control/shutdown";
    struct dev *d;

    pressed = 0;
    t->vm.powerdown = press;
    d = made("xen-control", (const char *const[]){NULL});
    t->vm.powerdown(t->vm.powerdown_opaque);
    ck_assert_uint_eq(pressed, 1);
    ck_assert_str_eq(fake_xs_get(f.x, "%s", shutdown), "");
    fake_xs_set(f.x, "1", "/local/domain/7/control/feature-poweroff");
    t->vm.powerdown(t->vm.powerdown_opaque);
    ck_assert_uint_eq(pressed, 1);
    ck_assert_str_eq(fake_xs_get(f.x, "%s", shutdown), "poweroff");
    fake_fail(f.x, FAKE_XS_WRITE, 1, -EIO);
    t->vm.powerdown(t->vm.powerdown_opaque);
    ck_assert_uint_eq(pressed, 2);
    vm_lock(&t->vm);
    dev_destroy(d);
    vm_unlock(&t->vm);
    ck_assert_ptr_eq(t->vm.powerdown, press);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_disk_is_served,
        names_of_disks,
        what_cannot_be,
        a_card_is_served,
        a_console_is_heard,
        a_console_with_nonsense_in_its_ring,
        a_guest_is_asked_to_power_off,
        NULL,
    };

    return run_suite("xen-devices", setup, teardown, tests);
}
