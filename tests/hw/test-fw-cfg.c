/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hw/fw-cfg: items, directory, ports, DMA, items of the user. */
#include "config.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/options.h"
#include "hw/fw-cfg.h"
#include "tests/lib/fw-cfg-client.h"
#include "tests/lib/suite.h"
#include "tests/lib/testvm.h"

#define DESC 0x8000
#define BUF 0x10000

static struct testvm *t;
static struct dev *cfg;

static void setup(void)
{
    t = tv_new("pc", (const char *const[]){
                         "-m", "16M", "-smp", "3", "-fw_cfg",
                         "name=opt/org.example/word,string=hello", NULL});
    cfg = tv_dev(t, "fw_cfg");
}

static void teardown(void)
{
    tv_free(t);
}

struct desc {
    uint32_t control, length;
    uint64_t address;
};

static uint32_t dma(uint32_t control, uint32_t len, uint64_t addr)
{
    struct desc d = {htobe32(control), htobe32(len), htobe64(addr)};

    tv_mem_write(t, DESC, &d, sizeof(d));
    tv_outl(t, 0x514, 0);
    tv_outl(t, 0x518, htobe32(DESC));
    tv_mem_read(t, DESC, &d, sizeof(d));
    return be32toh(d.control);
}

START_TEST(test_numbers)
{
    ck_assert_uint_eq(fwc_key(t, FW_CFG_SIGNATURE, 4), 0x554d4551);
    ck_assert_uint_eq(tv_inb(t, 0x511), 0); /* behind the end */
    ck_assert_uint_eq(fwc_key(t, FW_CFG_ID, 4), 3);
    ck_assert_uint_eq(fwc_key(t, FW_CFG_RAM_SIZE, 8), 16 << 20);
    ck_assert_uint_eq(fwc_key(t, FW_CFG_NB_CPUS, 2), 3);
    ck_assert_uint_eq(fwc_key(t, FW_CFG_MAX_CPUS, 2), 3);
    ck_assert_uint_eq(fwc_key(t, 0x4000 | FW_CFG_NB_CPUS, 2), 3);
    ck_assert_uint_eq(fwc_key(t, 0x1234, 8), 0);
    ck_assert_uint_eq(fwc_key(t, 0xffff, 8), 0);
    tv_roundtrip(t);
}
END_TEST

START_TEST(test_directory)
{
    uint32_t size;
    uint8_t *word = fwc_file(t, "opt/org.example/word", &size);

    ck_assert_uint_eq(size, 5);
    ck_assert_mem_eq(word, "hello", 5);
    ck_assert_uint_eq(tv_inb(t, 0x511), 0);
    ck_assert_uint_eq(fwc_find(t, "opt/none", &size), 0);
    free(word);
}
END_TEST

START_TEST(test_dma)
{
    char buf[16];

    ck_assert_uint_eq(tv_inl(t, 0x514), 0x554d4551);
    ck_assert_uint_eq(tv_inl(t, 0x518), 0x47464320);
    memset(buf, 'x', sizeof(buf));
    tv_mem_write(t, BUF, buf, sizeof(buf));
    /* select and read, zeros behind the end */
    ck_assert_uint_eq(dma(0x0000000a, 6, BUF), 0);
    tv_mem_read(t, BUF, buf, sizeof(buf));
    ck_assert_mem_eq(buf, "QEMU\0\0xxxxxxxxxx", 16);
    /* select and skip, then read on by port */
    ck_assert_uint_eq(dma(0x0000000c, 2, 0), 0);
    tv_roundtrip(t);
    ck_assert_uint_eq(tv_inb(t, 0x511), 'M');
    ck_assert_uint_eq(dma(0x00000004, 0xffffffff, 0), 0);
    ck_assert_uint_eq(tv_inb(t, 0x511), 0);
    /* writing is refused, and so is what is no memory */
    ck_assert_uint_eq(dma(0x00000018, 4, BUF), 1);
    ck_assert_uint_eq(dma(0x0000000a, 4, 0xfee00000), 1);
    ck_assert_uint_eq(dma(0x0000000a, 4, UINT64_MAX - 1), 1);
    ck_assert_uint_eq(dma(0x0000000a, 0xffffffff, BUF), 1);
    /* a descriptor that is nowhere */
    tv_outl(t, 0x514, htobe32(0xffffffff));
    tv_outl(t, 0x518, htobe32(0xfffffff0));
    ck_assert_uint_eq(fwc_key(t, FW_CFG_SIGNATURE, 4), 0x554d4551);
}
END_TEST

START_TEST(test_add)
{
    char name[57];
    struct cfg_err err;
    int rc = 0;

    vm_lock(&t->vm);
    ck_assert_int_eq(fw_cfg_add_file(cfg, "opt/org.example/word", "", 0, &err),
                     -EEXIST);
    memset(name, 'n', 56);
    name[56] = '\0';
    ck_assert_int_eq(fw_cfg_add_file(cfg, name, "", 0, &err), -EINVAL);
    ck_assert_int_eq(fw_cfg_add_file(cfg, "", "", 0, &err), -EINVAL);
    name[55] = '\0';
    ck_assert_int_eq(fw_cfg_add_file(cfg, name, "", 0, &err), 0);
    for (unsigned i = 0; !rc; i++) {
        ck_assert_uint_le(i, FW_CFG_FILES);
        snprintf(name, sizeof(name), "opt/%u", i);
        rc = fw_cfg_add_file(cfg, name, name, 4, &err);
    }
    ck_assert_int_eq(rc, -ENOSPC);
    vm_unlock(&t->vm);
}
END_TEST

static int add_user(const char *text, struct cfg_err *err)
{
    struct opts *o = NULL;
    int rc;

    ck_assert_int_eq(opts_parse(text, "name", &o, err), 0);
    vm_lock(&t->vm);
    rc = fw_cfg_add_user(cfg, o, err);
    vm_unlock(&t->vm);
    opts_free(o);
    return rc;
}

START_TEST(test_user)
{
    char path[64], text[96];
    uint8_t *got;
    struct cfg_err err;
    uint32_t size;
    int fd;

    suite_path(path, sizeof(path), "file-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_eq(write(fd, "\0\1\2\3", 4), 4);
    close(fd);
    snprintf(text, sizeof(text), "opt/bin,file=%s", path);
    ck_assert_int_eq(add_user(text, &err), 0);
    unlink(path);
    got = fwc_file(t, "opt/bin", &size);
    ck_assert_uint_eq(size, 4);
    ck_assert_mem_eq(got, "\0\1\2\3", 4);
    free(got);

    ck_assert_int_eq(add_user("opt/a,file=/nonexistent", &err), -ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
    ck_assert_int_eq(add_user("opt/a", &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "expected name="));
    ck_assert_int_eq(add_user("opt/a,string=b,file=c", &err), -EINVAL);
    ck_assert_int_eq(add_user("opt/a,string=b,colour=c", &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "colour"));
}
END_TEST

START_TEST(test_storm)
{
    tv_storm_pio(t, 0x510, 12, 20000, 0xf0cf);
    tv_reset(t);
    ck_assert_uint_eq(fwc_key(t, FW_CFG_ID, 4), 3);
    tv_roundtrip(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_numbers, test_directory, test_dma, test_add,
        test_user,    test_storm,     NULL,
    };

    return run_suite("fw_cfg", setup, teardown, tests);
}
