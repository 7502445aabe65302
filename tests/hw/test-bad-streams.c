/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CVE-2015-8666: a saved machine is a file and may say anything. The state of
 * each chip with one byte changed is refused, or harmless: it runs, it is
 * spoken to, it stops.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "dm/dev.h"
#include "dm/state.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define MOST 3000 /* changes for a device, evenly spread over its bytes */

static struct testvm *t;

static void setup(void)
{
    const char *const words[] = {
        "-m",       "16M",
        "-chardev", "null,id=c0",
        "-chardev", "null,id=c1",
        "-chardev", "null,id=c2",
        "-chardev", "null,id=c3",
        "-netdev",  "null,id=n0,queues=2",
        "-drive",   "if=none,id=d0,format=null-co,size=1M",
        "-drive",   "if=none,id=d1,format=null-co,size=1M",
        "-device",  "ide-hd,drive=d0",
        "-device",  "ide-cd",
        "-device",  "virtio-blk-pci,drive=d1",
        "-device",  "virtio-net-pci,netdev=n0,mq=on",
        "-device",  "rtl8139,romfile=",
        "-device",  "e1000,romfile=",
        "-device",  "virtio-rng-pci",
        "-device",  "virtio-serial-pci",
        "-device",  "virtconsole,chardev=c0",
        "-device",  "virtserialport,chardev=c1,name=org.test",
        "-device",  "isa-serial,chardev=c2",
        "-device",  "isa-debugcon,iobase=0x402,chardev=c3",
        "-device",  "pci-testdev",
        "-device",  "pc-testdev",
        "-device",  "xen-platform",
        NULL};

    t = tv_new("pc", words);
}

static void teardown(void)
{
    tv_free(t);
}

/* What firmware would look at. */
static void speak_to_all(void)
{
    static const uint16_t ports[] = {0x10,  0x60,  0x64,  0x71,  0x92,  0xb2,
                                     0xe0,  0x402, 0x1f0, 0x1f7, 0x176, 0x3f8,
                                     0x3fa, 0x3fd, 0x511, 0x2000};

    for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        tv_inb(t, ports[i]);
        tv_outb(t, ports[i], 0);
    }
    tv_inl(t, 0x1f0);
    tv_step(t, 20000000);
}

static unsigned change_all(struct dev *dev, const struct state_buf *good)
{
    static const uint8_t with[] = {0x00, 0xff, 0x01, 0x40, 0x80, 0x04};
    size_t step = good->len / MOST + 1;
    unsigned refused = 0;
    struct cfg_err err;

    for (size_t i = 0, n = 0; i < good->len; i += step, n++) {
        struct state_buf in = {.data = good->data, .len = good->len};
        uint8_t old = good->data[i];
        int rc;

        good->data[i] = with[n % sizeof(with)];
        rc = state_load_dev(dev, &in, &err);
        good->data[i] = old;
        if (rc) {
            ck_assert_str_ne(err.text, "");
            refused++;
        } else {
            dev_resume_all(&t->vm);
            vm_unlock(&t->vm);
            speak_to_all();
            vm_lock(&t->vm);
            dev_pause_all(&t->vm);
        }
        dev_reset_all(&t->vm);
    }
    return refused;
}

START_TEST(one_byte_of_each)
{
    unsigned devices = 0, refused = 0;

    speak_to_all();
    vm_lock(&t->vm);
    vm_stop(&t->vm, RUN_PAUSED);
    for (struct dev *d = dev_first(&t->vm); d; d = d->next) {
        struct state_buf good = {0};

        if (!d->cls->state)
            continue;
        ck_assert_int_eq(state_save_dev(d, &good), 0);
        refused += change_all(d, &good);
        devices++;
        state_buf_free(&good);
    }
    vm_unlock(&t->vm);
    ck_assert_uint_ge(devices, 15);
    ck_assert_uint_gt(refused, 1000);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {one_byte_of_each, NULL};

    return run_suite("bad-streams", setup, teardown, tests);
}
