/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm/dev: classes, properties, buses, the order of life. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "dm/dev.h"
#include "dm/options.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

struct thing {
    struct dev dev;
    struct dev_bus children;
    bool flag;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64, size;
    char *str;
    uint8_t mac[6];
    int bdf;
};

static struct testvm *t;
static char calls[64]; /* what was called, a letter each */

static void note(char c)
{
    size_t n = strlen(calls);

    if (n + 1 < sizeof(calls))
        calls[n] = c;
}

static int hub_create(struct dev *dev, struct cfg_err *err)
{
    struct thing *h = (struct thing *)dev;

    h->children =
        (struct dev_bus){.type = "toy", .name = "toy.0", .owner = dev};
    dev_bus_add(dev->vm, &h->children);
    note('H');
    return 0;
}

static void hub_destroy(struct dev *dev)
{
    dev_bus_del(dev->vm, &((struct thing *)dev)->children);
    note('h');
}

static int thing_create(struct dev *dev, struct cfg_err *err)
{
    if (((struct thing *)dev)->u8 == 99)
        return err_set(err, -EIO, "thing: 99 is broken");
    note('C');
    return 0;
}

static void thing_start(struct dev *dev)
{
    note('S');
}

static void thing_pause(struct dev *dev)
{
    note('P');
}

static void thing_destroy(struct dev *dev)
{
    note('D');
}

static const struct dev_prop props[] = {
    DEV_PROP(PROP_BOOL, struct thing, flag, "flag", "on", "a flag"),
    DEV_PROP(PROP_U8, struct thing, u8, "u8", "7", "a byte"),
    DEV_PROP(PROP_U16, struct thing, u16, "u16", NULL, ""),
    DEV_PROP(PROP_U32, struct thing, u32, "u32", NULL, ""),
    DEV_PROP(PROP_U64, struct thing, u64, "u64", NULL, ""),
    DEV_PROP(PROP_SIZE, struct thing, size, "size", "4k", ""),
    DEV_PROP(PROP_STR, struct thing, str, "str", NULL, ""),
    DEV_PROP(PROP_MAC, struct thing, mac, "mac", NULL, ""),
    DEV_PROP(PROP_BDF, struct thing, bdf, "addr", NULL, ""),
    DEV_PROP_END,
};

static const struct dev_class hub = {.name = "hub",
                                     .size = sizeof(struct thing),
                                     .create = hub_create,
                                     .destroy = hub_destroy};
static const struct dev_class thing = {.name = "thing",
                                       .bus = "toy",
                                       .size = sizeof(struct thing),
                                       .props = props,
                                       .create = thing_create,
                                       .start = thing_start,
                                       .pause = thing_pause,
                                       .destroy = thing_destroy};

static void setup(void)
{
    t = tv_new("none", NULL);
    vm_lock(&t->vm);
    memset(calls, 0, sizeof(calls));
}

static void teardown(void)
{
    vm_unlock(&t->vm);
    tv_free(t);
}

static int make(const struct dev_class *cls, const char *text, struct dev **out,
                struct cfg_err *err)
{
    struct opts *o;
    int rc;

    ck_assert_int_eq(opts_parse(text, NULL, &o, err), 0);
    rc = dev_create(&t->vm, cls, o, out, err);
    opts_free(o);
    return rc;
}

START_TEST(properties_are_typed)
{
    struct cfg_err err;
    struct thing *x;

    ck_assert_int_eq(dev_create(&t->vm, &hub, NULL, NULL, &err), 0);
    ck_assert_int_eq(make(&thing,
                          "id=x,u16=0xffff,u32=4294967295,"
                          "u64=18446744073709551615,size=2M,str=a,,b,"
                          "mac=52:54:00:01:02:Ff,addr=1f.7",
                          (struct dev **)&x, &err),
                     0);
    ck_assert(x->flag);
    ck_assert_uint_eq(x->u8, 7);
    ck_assert_uint_eq(x->u16, 0xffff);
    ck_assert_uint_eq(x->u32, 0xffffffff);
    ck_assert_uint_eq(x->u64, UINT64_MAX);
    ck_assert_uint_eq(x->size, 2 << 20);
    ck_assert_str_eq(x->str, "a,b");
    ck_assert_uint_eq(x->mac[5], 0xff);
    ck_assert_int_eq(x->bdf, 0xff);
    ck_assert_ptr_eq(dev_by_id(&t->vm, "x"), &x->dev);
    ck_assert_str_eq(x->dev.path, "toy.0/0/thing");
}
END_TEST

START_TEST(bad_properties_say_what_was_expected)
{
    static const struct {
        const char *opts, *text;
    } bad[] = {
        {"u8=256", "thing: u8=256: expected a number from 0 to 255"},
        {"u8=", "thing: u8=: expected a number from 0 to 255"},
        {"u16=-1", "thing: u16=-1: expected a number from 0 to 65535"},
        {"flag=maybe", "thing: flag=maybe: expected on or off"},
        {"mac=1:2:3", "thing: mac=1:2:3: expected an address such as "
                      "52:54:00:12:34:56"},
        {"mac=52:54:00:12:34:-1", "thing: mac=52:54:00:12:34:-1: expected an "
                                  "address such as 52:54:00:12:34:56"},
        {"addr=20", "thing: addr=20: expected SLOT or SLOT.FUNCTION in "
                    "hexadecimal, up to 1f.7"},
        {"addr=1.8", "thing: addr=1.8: expected SLOT or SLOT.FUNCTION in "
                     "hexadecimal, up to 1f.7"},
        {"u8=99", "thing: 99 is broken"},
        {"bus=toy.1", "thing: there is no toy bus called 'toy.1'"},
    };
    struct cfg_err err;

    ck_assert_int_eq(make(&thing, "id=x", NULL, &err), -ENODEV);
    ck_assert_str_eq(err.text, "thing: this machine has no toy bus");
    ck_assert_int_eq(dev_create(&t->vm, &hub, NULL, NULL, &err), 0);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_lt(make(&thing, bad[i].opts, NULL, &err), 0);
        ck_assert_str_eq(err.text, bad[i].text);
    }
    ck_assert_int_eq(make(&thing, "id=x,nonsense=1", NULL, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "nonsense"));
    ck_assert_ptr_nonnull(strstr(err.text, "mac"));
    ck_assert_int_eq(make(&thing, "id=x", NULL, &err), 0);
    ck_assert_int_eq(make(&thing, "id=x", NULL, &err), -EEXIST);
    ck_assert_ptr_null(dev_first(&t->vm)->next->next); /* nothing left */
}
END_TEST

START_TEST(life_goes_forwards_and_ends_backwards)
{
    struct dev *h;
    struct cfg_err err;

    ck_assert_int_eq(dev_create(&t->vm, &hub, NULL, &h, &err), 0);
    ck_assert_int_eq(make(&thing, "id=x", NULL, &err), 0);
    ck_assert_int_eq(make(&thing, "id=y", NULL, &err), 0);
    dev_start_all(&t->vm);
    dev_start_all(&t->vm); /* starts once */
    dev_pause_all(&t->vm);
    dev_destroy(h); /* with what sits on it */
    ck_assert_ptr_null(dev_first(&t->vm));
    ck_assert_str_eq(calls, "HCCSSPPDDh");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        properties_are_typed,
        bad_properties_say_what_was_expected,
        life_goes_forwards_and_ends_backwards,
        NULL,
    };

    return run_suite("dev", setup, teardown, tests);
}
