/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of the qtest protocol. */
#include "config.h"

#include "dm/qtest-priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dm/clock.h"
#include "dm/machine.h"
#include "dm/options.h"

#define MEMSET_MAX (1ULL << 30)
#define WORDS_MAX 4

/* ---- what a processor would reach ---- */

/* We are inside the main loop, and dm_dispatch() takes the lock itself. */
static void dispatch(struct vm *vm, struct io_req *req)
{
    vm_unlock(vm);
    dm_dispatch(vm, req);
    vm_lock(vm);
}

static void bus_rw(struct vm *vm, bool write, uint64_t addr, uint8_t *buf,
                   size_t len)
{
    while (len) {
        unsigned size = 8;
        while (size > len || addr % size)
            size /= 2;
        struct io_req req = {.space = BUS_MMIO,
                             .write = write,
                             .size = size,
                             .count = 1,
                             .addr = addr,
                             .kind = IO_VALUE};
        if (write)
            memcpy(&req.value, buf, size);
        dispatch(vm, &req);
        if (!write)
            memcpy(buf, &req.value, size);
        addr += size;
        buf += size;
        len -= size;
    }
}

/* Memory where there is some, else the bus, which swallows what is written to
 * ROM. The caller has checked that addr + len does not wrap. */
static void phys_rw(struct vm *vm, bool write, uint64_t addr, uint8_t *buf,
                    size_t len)
{
    while (len) {
        size_t n = GUEST_PAGE - addr % GUEST_PAGE;
        if (n > len)
            n = len;
        int rc =
            write ? mem_write(vm, addr, buf, n) : mem_read(vm, addr, buf, n);
        if (rc)
            bus_rw(vm, write, addr, buf, n);
        addr += n;
        buf += n;
        len -= n;
    }
}

/* ---- the verbs ---- */

static bool number(const char *word, uint64_t *out)
{
    return parse_u64(word, UINT64_MAX, out) == 0;
}

/* ADDR SIZE, at most max bytes and without wrapping; answers if it is not. */
static bool range(struct qtest_server *s, char **arg, uint64_t max,
                  uint64_t *addr, uint64_t *len)
{
    uint64_t end;

    if (!number(arg[0], addr) || !number(arg[1], len)) {
        qtest_answer(s, "FAIL address and size are numbers\n");
        return false;
    }
    if (*len > max || __builtin_add_overflow(*addr, *len, &end)) {
        qtest_answer(s, "FAIL at most %" PRIu64 " bytes below 2^64\n", max);
        return false;
    }
    return true;
}

static void do_endianness(struct qtest_server *s, char **arg, unsigned size)
{
    qtest_answer(s, "OK little\n");
}

static void do_out(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t port, value;

    if (!number(arg[0], &port) || port > 0xffff || !number(arg[1], &value)) {
        qtest_answer(s, "FAIL a port is 0 to 0xffff, a value a number\n");
        return;
    }
    struct io_req req = {.space = BUS_PIO,
                         .write = true,
                         .size = size,
                         .count = 1,
                         .addr = port,
                         .kind = IO_VALUE,
                         .value = value & (UINT64_MAX >> (64 - 8 * size))};
    dispatch(s->vm, &req);
    qtest_answer(s, "OK\n");
}

static void do_in(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t port;

    if (!number(arg[0], &port) || port > 0xffff) {
        qtest_answer(s, "FAIL a port is 0 to 0xffff\n");
        return;
    }
    struct io_req req = {.space = BUS_PIO,
                         .size = size,
                         .count = 1,
                         .addr = port,
                         .kind = IO_VALUE};
    dispatch(s->vm, &req);
    qtest_answer(s, "OK 0x%04" PRIx64 "\n",
                 req.value & (UINT64_MAX >> (64 - 8 * size)));
}

static void do_write_value(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t addr, value;

    if (!number(arg[0], &addr) || addr > UINT64_MAX - size ||
        !number(arg[1], &value)) {
        qtest_answer(s, "FAIL address and value are numbers\n");
        return;
    }
    phys_rw(s->vm, true, addr, (uint8_t *)&value, size);
    qtest_answer(s, "OK\n");
}

static void do_read_value(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t addr, value = 0;

    if (!number(arg[0], &addr) || addr > UINT64_MAX - size) {
        qtest_answer(s, "FAIL an address is a number\n");
        return;
    }
    phys_rw(s->vm, false, addr, (uint8_t *)&value, size);
    qtest_answer(s, "OK 0x%016" PRIx64 "\n", value);
}

static void do_memset(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t addr, len, value;
    uint8_t page[GUEST_PAGE];

    if (!range(s, arg, MEMSET_MAX, &addr, &len))
        return;
    if (!number(arg[2], &value)) {
        qtest_answer(s, "FAIL a pattern is a number\n");
        return;
    }
    while (len) {
        size_t n = len < sizeof(page) ? len : sizeof(page);
        memset(page, (int)(value & 0xff), n);
        phys_rw(s->vm, true, addr, page, n);
        addr += n;
        len -= n;
    }
    qtest_answer(s, "OK\n");
}

static const char hex_digits[] = "0123456789abcdef";

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "0x" and pairs of digits; what is missing of len is zero. */
static bool hex_decode(const char *text, uint8_t *out, size_t len)
{
    if (text[0] != '0' || text[1] != 'x')
        return false;
    text += 2;
    memset(out, 0, len);
    for (size_t i = 0; *text; i++) {
        int hi = hex_value(text[0]);
        int lo = hi < 0 ? -1 : hex_value(text[1]);
        if (lo < 0)
            return false;
        if (i < len)
            out[i] = (uint8_t)(hi << 4 | lo);
        text += 2;
    }
    return true;
}

static const char b64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* What is missing of len is zero, what is too much is dropped. */
static bool b64_decode(const char *text, uint8_t *out, size_t len)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    memset(out, 0, len);
    for (; *text && *text != '='; text++) {
        const char *digit = strchr(b64_digits, *text);
        if (!digit)
            return false;
        bits = bits << 6 | (uint32_t)(digit - b64_digits);
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        if (n < len)
            out[n++] = (uint8_t)(bits >> have);
    }
    return text[strspn(text, "=")] == '\0';
}

static void do_write(struct qtest_server *s, char **arg, unsigned base64)
{
    uint64_t addr, len;

    if (!range(s, arg, QTEST_DATA_MAX, &addr, &len))
        return;
    uint8_t *data = malloc(len ? len : 1);
    if (!data) {
        qtest_answer(s, "FAIL out of memory\n");
        return;
    }
    if (base64 ? b64_decode(arg[2], data, len)
               : hex_decode(arg[2], data, len)) {
        phys_rw(s->vm, true, addr, data, len);
        qtest_answer(s, "OK\n");
    } else {
        qtest_answer(s, "FAIL data is %s\n",
                     base64 ? "base64" : "0x and hex pairs");
    }
    free(data);
}

static void hex_encode(struct bytes *out, const uint8_t *data, size_t len)
{
    char pair[2];

    qtest_bytes_add(out, "0x", 2);
    for (size_t i = 0; i < len; i++) {
        pair[0] = hex_digits[data[i] >> 4];
        pair[1] = hex_digits[data[i] & 15];
        qtest_bytes_add(out, pair, 2);
    }
}

static void b64_encode(struct bytes *out, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)data[i] << 16;
        if (n > 1)
            bits |= (uint32_t)data[i + 1] << 8;
        if (n > 2)
            bits |= data[i + 2];
        char quad[4];
        for (unsigned d = 0; d < 4; d++)
            quad[d] = d <= n ? b64_digits[bits >> (18 - 6 * d) & 63] : '=';
        qtest_bytes_add(out, quad, 4);
    }
}

static void do_read(struct qtest_server *s, char **arg, unsigned base64)
{
    uint64_t addr, len;

    if (!range(s, arg, QTEST_DATA_MAX, &addr, &len))
        return;
    uint8_t *data = len ? malloc(len) : NULL;
    if (!data) {
        qtest_answer(s,
                     len ? "FAIL out of memory\n" : "FAIL nothing to read\n");
        return;
    }
    phys_rw(s->vm, false, addr, data, len);
    size_t start = s->out.len;
    qtest_bytes_add(&s->out, "OK ", 3);
    (base64 ? b64_encode : hex_encode)(&s->out, data, len);
    qtest_bytes_add(&s->out, "\n", 1);
    qtest_log_line(s, 'S', s->out.data + start, s->out.len - start);
    free(data);
}

/* Time and lines are ours with our engine only; answers if they are not. */
static bool is_ours(struct qtest_server *s)
{
    if (s->vm->engine->caps & ENGINE_VIRTUAL_TIME)
        return true;
    qtest_answer(s, "FAIL needs -accel qtest\n");
    return false;
}

static void do_clock_step(struct qtest_server *s, char **arg, unsigned size)
{
    int64_t to = timerq_next(s->vm);
    uint64_t ns;

    if (!is_ours(s))
        return;
    if (arg[0]) {
        if (!number(arg[0], &ns) ||
            __builtin_add_overflow(clock_now(s->vm), ns, &to)) {
            qtest_answer(s, "FAIL a step is 0 to 2^63-1 ns\n");
            return;
        }
    } else if (to == TIMER_NEVER) {
        to = clock_now(s->vm); /* nothing will ever happen */
    }
    to = qtest_clock_to(s->vm, to);
    qtest_answer(s, "OK %" PRId64 "\n", to);
}

static void do_clock_set(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t ns;

    if (!is_ours(s))
        return;
    if (!number(arg[0], &ns) || ns > INT64_MAX) {
        qtest_answer(s, "FAIL a time is 0 to 2^63-1 ns\n");
        return;
    }
    int64_t now = qtest_clock_to(s->vm, (int64_t)ns);
    qtest_answer(s, "OK %" PRId64 "\n", now);
}

static void do_intercept(struct qtest_server *s, char **arg, unsigned size)
{
    if (!is_ours(s))
        return;
    if (strcmp(arg[0], "ioapic")) {
        qtest_answer(s,
                     "FAIL Unknown device: only \"ioapic\" can be watched\n");
        return;
    }
    s->intercept = true;
    qtest_answer(s, "OK\n");
}

static const struct verb {
    const char *name;
    void (*fn)(struct qtest_server *s, char **arg, unsigned param);
    unsigned param;    /* access size, or whether data is base64 */
    unsigned min, max; /* arguments */
} verbs[] = {
    {"inb", do_in, 1, 1, 1},
    {"inw", do_in, 2, 1, 1},
    {"inl", do_in, 4, 1, 1},
    {"outb", do_out, 1, 2, 2},
    {"outw", do_out, 2, 2, 2},
    {"outl", do_out, 4, 2, 2},
    {"readb", do_read_value, 1, 1, 1},
    {"readw", do_read_value, 2, 1, 1},
    {"readl", do_read_value, 4, 1, 1},
    {"readq", do_read_value, 8, 1, 1},
    {"writeb", do_write_value, 1, 2, 2},
    {"writew", do_write_value, 2, 2, 2},
    {"writel", do_write_value, 4, 2, 2},
    {"writeq", do_write_value, 8, 2, 2},
    {"read", do_read, false, 2, 2},
    {"write", do_write, false, 3, 3},
    {"b64read", do_read, true, 2, 2},
    {"b64write", do_write, true, 3, 3},
    {"memset", do_memset, 0, 3, 3},
    {"clock_step", do_clock_step, 0, 0, 1},
    {"clock_set", do_clock_set, 0, 1, 1},
    {"irq_intercept_in", do_intercept, 0, 1, 1},
    {"endianness", do_endianness, 0, 0, 0},
};

void qtest_run_line(struct qtest_server *s, char *line)
{
    char *word[WORDS_MAX + 1] = {NULL}, *save = NULL;
    unsigned n = 0;

    qtest_log_line(s, 'R', line, strlen(line));
    for (char *w = strtok_r(line, " \r", &save); w;
         w = strtok_r(NULL, " \r", &save)) {
        if (n == WORDS_MAX) {
            qtest_answer(s, "FAIL too many words\n");
            return;
        }
        word[n++] = w;
    }
    if (n == 0) {
        qtest_answer(s, "FAIL empty command\n");
        return;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        const struct verb *v = &verbs[i];
        if (strcmp(word[0], v->name))
            continue;
        if (n - 1 < v->min || n - 1 > v->max)
            qtest_answer(s, "FAIL %s takes %u arguments\n", v->name, v->max);
        else
            v->fn(s, word + 1, v->param);
        return;
    }
    qtest_answer(s, "FAIL Unknown command '%.64s'\n", word[0]);
}
