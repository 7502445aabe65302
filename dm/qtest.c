/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/qtest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dm/char/chr.h"
#include "dm/clock.h"
#include "dm/irq.h"
#include "dm/log.h"
#include "dm/machine.h"
#include "dm/options.h"

/* One command may carry or ask for this much memory. */
#define DATA_MAX (64ULL << 20)
/* A line: DATA_MAX in hexadecimal, a verb and two numbers. */
#define LINE_MAX_LEN (2 * DATA_MAX + 256)
#define MEMSET_MAX (1ULL << 30)
/* A timer that always sets itself into the past must not hold a command. */
#define STUCK_MAX 64
/* A client that does not read its answers is not read from either. */
#define OUT_HIGH (1u << 20)
#define LOG_LINE_MAX 512
#define WORDS_MAX 4

struct bytes {
    char *data;
    size_t len, cap;
};

struct qtest_server {
    struct vm *vm;
    struct chr *chr;
    FILE *log;
    struct timespec opened; /* for the log */
    struct bytes in, out;
    size_t scanned; /* bytes of in that hold no newline */
    size_t sent;    /* bytes of out that are gone */
    bool skipping;  /* the rest of a line that was too long */
    bool attached;
    bool intercept; /* report edges of the I/O APIC's inputs */
    struct loop_task flush;
};

struct qtest {
    _Atomic int64_t now;
    bool level[IRQ_GSIS];
    unsigned rises[IRQ_GSIS];
    void (*msi)(void *opaque, uint64_t addr, uint32_t data);
    void *msi_opaque;
};

static struct qtest *of(struct vm *vm)
{
    return vm->engine_priv;
}

/* ---- the client's side of the wire ---- */

static void bytes_add(struct bytes *b, const void *data, size_t len)
{
    if (b->cap - b->len < len) {
        size_t cap = b->cap ? b->cap : 4096;
        while (cap - b->len < len)
            cap *= 2;
        b->data = realloc(b->data, cap);
        if (!b->data)
            abort();
        b->cap = cap;
    }
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

/* Drops the first n bytes, and memory that one huge line needed. */
static void bytes_drop(struct bytes *b, size_t n)
{
    if (!n)
        return;
    b->len -= n;
    if (b->len) {
        memmove(b->data, b->data + n, b->len);
    } else if (b->cap > OUT_HIGH) {
        free(b->data);
        *b = (struct bytes){0};
    }
}

static void log_line(struct qtest_server *s, char who, const char *text,
                     size_t len)
{
    if (!s->log)
        return;
    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    double t = (double)(ts.tv_sec - s->opened.tv_sec) +
               (double)(ts.tv_nsec - s->opened.tv_nsec) / NS_PER_SEC;
    fprintf(s->log, "[%c +%.6f] %.*s%s\n", who, t,
            (int)(len < LOG_LINE_MAX ? len : LOG_LINE_MAX), text,
            len < LOG_LINE_MAX ? "" : "...");
}

static void flush_out(void *opaque)
{
    struct qtest_server *s = opaque;

    while (s->sent < s->out.len) {
        int n = chr_write(s->chr, s->out.data + s->sent, s->out.len - s->sent);
        if (n < 0)
            n = (int)(s->out.len - s->sent); /* nobody is there */
        if (n == 0)
            return; /* writable() comes */
        s->sent += n;
    }
    bytes_drop(&s->out, s->sent);
    s->sent = 0;
}

static void __attribute__((format(printf, 2, 3)))
answer(struct qtest_server *s, const char *fmt, ...)
{
    char line[256];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if ((size_t)n >= sizeof(line)) {
        n = sizeof(line) - 1;
        line[n - 1] = '\n';
    }
    log_line(s, 'S', line, n);
    bytes_add(&s->out, line, n);
}

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
        answer(s, "FAIL address and size are numbers\n");
        return false;
    }
    if (*len > max || __builtin_add_overflow(*addr, *len, &end)) {
        answer(s, "FAIL at most %" PRIu64 " bytes below 2^64\n", max);
        return false;
    }
    return true;
}

static void do_endianness(struct qtest_server *s, char **arg, unsigned size)
{
    answer(s, "OK little\n");
}

static void do_out(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t port, value;

    if (!number(arg[0], &port) || port > 0xffff || !number(arg[1], &value)) {
        answer(s, "FAIL a port is 0 to 0xffff, a value a number\n");
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
    answer(s, "OK\n");
}

static void do_in(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t port;

    if (!number(arg[0], &port) || port > 0xffff) {
        answer(s, "FAIL a port is 0 to 0xffff\n");
        return;
    }
    struct io_req req = {.space = BUS_PIO,
                         .size = size,
                         .count = 1,
                         .addr = port,
                         .kind = IO_VALUE};
    dispatch(s->vm, &req);
    answer(s, "OK 0x%04" PRIx64 "\n",
           req.value & (UINT64_MAX >> (64 - 8 * size)));
}

static void do_write_value(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t addr, value;

    if (!number(arg[0], &addr) || addr > UINT64_MAX - size ||
        !number(arg[1], &value)) {
        answer(s, "FAIL address and value are numbers\n");
        return;
    }
    phys_rw(s->vm, true, addr, (uint8_t *)&value, size);
    answer(s, "OK\n");
}

static void do_read_value(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t addr, value = 0;

    if (!number(arg[0], &addr) || addr > UINT64_MAX - size) {
        answer(s, "FAIL an address is a number\n");
        return;
    }
    phys_rw(s->vm, false, addr, (uint8_t *)&value, size);
    answer(s, "OK 0x%016" PRIx64 "\n", value);
}

static void do_memset(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t addr, len, value;
    uint8_t page[GUEST_PAGE];

    if (!range(s, arg, MEMSET_MAX, &addr, &len))
        return;
    if (!number(arg[2], &value)) {
        answer(s, "FAIL a pattern is a number\n");
        return;
    }
    while (len) {
        size_t n = len < sizeof(page) ? len : sizeof(page);
        memset(page, (int)(value & 0xff), n);
        phys_rw(s->vm, true, addr, page, n);
        addr += n;
        len -= n;
    }
    answer(s, "OK\n");
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

    if (!range(s, arg, DATA_MAX, &addr, &len))
        return;
    uint8_t *data = malloc(len ? len : 1);
    if (!data) {
        answer(s, "FAIL out of memory\n");
        return;
    }
    if (base64 ? b64_decode(arg[2], data, len)
               : hex_decode(arg[2], data, len)) {
        phys_rw(s->vm, true, addr, data, len);
        answer(s, "OK\n");
    } else {
        answer(s, "FAIL data is %s\n", base64 ? "base64" : "0x and hex pairs");
    }
    free(data);
}

static void hex_encode(struct bytes *out, const uint8_t *data, size_t len)
{
    char pair[2];

    bytes_add(out, "0x", 2);
    for (size_t i = 0; i < len; i++) {
        pair[0] = hex_digits[data[i] >> 4];
        pair[1] = hex_digits[data[i] & 15];
        bytes_add(out, pair, 2);
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
        bytes_add(out, quad, 4);
    }
}

static void do_read(struct qtest_server *s, char **arg, unsigned base64)
{
    uint64_t addr, len;

    if (!range(s, arg, DATA_MAX, &addr, &len))
        return;
    uint8_t *data = len ? malloc(len) : NULL;
    if (!data) {
        answer(s, len ? "FAIL out of memory\n" : "FAIL nothing to read\n");
        return;
    }
    phys_rw(s->vm, false, addr, data, len);
    size_t start = s->out.len;
    bytes_add(&s->out, "OK ", 3);
    (base64 ? b64_encode : hex_encode)(&s->out, data, len);
    bytes_add(&s->out, "\n", 1);
    log_line(s, 'S', s->out.data + start, s->out.len - start);
    free(data);
}

/* Time and lines are ours with our engine only; answers if they are not. */
static bool is_ours(struct qtest_server *s)
{
    if (s->vm->engine == &qtest_engine)
        return true;
    answer(s, "FAIL needs -accel qtest\n");
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
            answer(s, "FAIL a step is 0 to 2^63-1 ns\n");
            return;
        }
    } else if (to == TIMER_NEVER) {
        to = clock_now(s->vm); /* nothing will ever happen */
    }
    to = qtest_clock_to(s->vm, to);
    answer(s, "OK %" PRId64 "\n", to);
}

static void do_clock_set(struct qtest_server *s, char **arg, unsigned size)
{
    uint64_t ns;

    if (!is_ours(s))
        return;
    if (!number(arg[0], &ns) || ns > INT64_MAX) {
        answer(s, "FAIL a time is 0 to 2^63-1 ns\n");
        return;
    }
    int64_t now = qtest_clock_to(s->vm, (int64_t)ns);
    answer(s, "OK %" PRId64 "\n", now);
}

static void do_intercept(struct qtest_server *s, char **arg, unsigned size)
{
    if (!is_ours(s))
        return;
    if (strcmp(arg[0], "ioapic")) {
        answer(s, "FAIL Unknown device: only \"ioapic\" can be watched\n");
        return;
    }
    s->intercept = true;
    answer(s, "OK\n");
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

static void run_line(struct qtest_server *s, char *line)
{
    char *word[WORDS_MAX + 1] = {NULL}, *save = NULL;
    unsigned n = 0;

    log_line(s, 'R', line, strlen(line));
    for (char *w = strtok_r(line, " \r", &save); w;
         w = strtok_r(NULL, " \r", &save)) {
        if (n == WORDS_MAX) {
            answer(s, "FAIL too many words\n");
            return;
        }
        word[n++] = w;
    }
    if (n == 0) {
        answer(s, "FAIL empty command\n");
        return;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        const struct verb *v = &verbs[i];
        if (strcmp(word[0], v->name))
            continue;
        if (n - 1 < v->min || n - 1 > v->max)
            answer(s, "FAIL %s takes %u arguments\n", v->name, v->max);
        else
            v->fn(s, word + 1, v->param);
        return;
    }
    answer(s, "FAIL Unknown command '%.64s'\n", word[0]);
}

/* ---- the socket ---- */

static bool out_is_full(const struct qtest_server *s)
{
    return s->out.len - s->sent >= OUT_HIGH;
}

/* Runs whole lines until there is none, or false if the answers pile up. */
static bool run_lines(struct qtest_server *s)
{
    size_t done = 0;
    char *nl;

    while (!out_is_full(s) && (nl = memchr(s->in.data + s->scanned, '\n',
                                           s->in.len - s->scanned))) {
        char *line = s->in.data + done;
        size_t n = (size_t)(nl - line);
        *nl = '\0';
        done += n + 1;
        s->scanned = done;
        if (s->skipping)
            s->skipping = false;
        else if (memchr(line, '\0', n))
            answer(s, "FAIL a line holds no zero byte\n");
        else
            run_line(s, line);
    }
    bytes_drop(&s->in, done);
    s->scanned = out_is_full(s) ? 0 : s->in.len;
    return !out_is_full(s);
}

static void work(struct qtest_server *s)
{
    while (!run_lines(s)) {
        flush_out(s);
        if (out_is_full(s))
            return;
    }
    /* what is left is a line's beginning */
    if (s->in.len > LINE_MAX_LEN && !s->skipping) {
        answer(s, "FAIL a line has at most %llu bytes\n", LINE_MAX_LEN);
        s->skipping = true;
    }
    if (s->skipping) {
        bytes_drop(&s->in, s->in.len);
        s->scanned = 0;
    }
    flush_out(s);
}

static size_t can_read(void *opaque)
{
    return out_is_full(opaque) ? 0 : 65536;
}

static void on_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct qtest_server *s = opaque;

    bytes_add(&s->in, buf, len);
    work(s);
}

static void on_writable(void *opaque)
{
    struct qtest_server *s = opaque;

    flush_out(s);
    work(s);
    chr_accept(s->chr);
}

static void on_event(void *opaque, enum chr_event ev)
{
    struct qtest_server *s = opaque;

    if (ev == CHR_CLOSED) {
        s->in.len = s->out.len = s->sent = s->scanned = 0;
        s->skipping = s->intercept = false;
    }
}

static void server_free(struct qtest_server *s)
{
    if (!s)
        return;
    loop_cancel(s->vm->loop, &s->flush);
    if (s->attached)
        chr_detach(s->chr);
    if (s->log)
        fclose(s->log);
    free(s->in.data);
    free(s->out.data);
    free(s);
}

int qtest_serve(struct vm *vm, const char *address, const char *log,
                struct cfg_err *err)
{
    if (vm->qtest)
        return err_set(err, -EINVAL, "-qtest may be given once");
    struct qtest_server *s = calloc(1, sizeof(*s));
    if (!s)
        return err_set(err, -ENOMEM, "-qtest: out of memory");
    int rc;

    s->vm = vm;
    /* programs that speak this protocol compare the RTC with their own clock */
    clock_gettime(CLOCK_REALTIME, &s->opened);
    if (vm->engine == &qtest_engine)
        vm->virtual_day =
            s->opened.tv_sec * (int64_t)NS_PER_SEC + s->opened.tv_nsec;
    s->flush.fn = flush_out;
    s->flush.opaque = s;
    if (log && strcmp(log, "none")) {
        s->log = fopen(log, "we");
        if (!s->log) {
            rc =
                err_set(err, -errno, "-qtest-log %s: %s", log, strerror(errno));
            goto out;
        }
        setvbuf(s->log, NULL, _IOLBF, 0);
    }
    rc = chr_open_legacy(vm, address, "qtest", &s->chr, err);
    if (rc) {
        err_prefix(err, rc, "-qtest %.100s", address);
        goto out;
    }
    if (!s->chr) {
        rc = err_set(err, -EINVAL, "-qtest %s: no connection", address);
        goto out;
    }
    rc = chr_attach(s->chr,
                    &(struct chr_user){.can_read = can_read,
                                       .read = on_read,
                                       .writable = on_writable,
                                       .event = on_event,
                                       .opaque = s},
                    "qtest", err);
    if (rc)
        goto out;
    s->attached = true;
    vm->qtest = s;
out:
    if (rc)
        server_free(s);
    return rc;
}

void qtest_serve_end(struct vm *vm)
{
    server_free(vm->qtest);
    vm->qtest = NULL;
}

/* ---- the engine ---- */

int64_t qtest_clock_to(struct vm *vm, int64_t ns)
{
    for (unsigned stuck = 0; stuck < STUCK_MAX; stuck++) {
        int64_t next = timerq_next(vm);
        if (next > ns)
            break;
        if (next > of(vm)->now) {
            of(vm)->now = next;
            stuck = 0;
        }
        timerq_run(vm);
    }
    if (ns > of(vm)->now)
        of(vm)->now = ns;
    return of(vm)->now;
}

void qtest_clock_jump(struct vm *vm, int64_t ns)
{
    of(vm)->now = ns;
}

bool qtest_gsi(struct vm *vm, unsigned gsi)
{
    return gsi < IRQ_GSIS && of(vm)->level[gsi];
}

unsigned qtest_rises(struct vm *vm, unsigned gsi)
{
    return gsi < IRQ_GSIS ? of(vm)->rises[gsi] : 0;
}

void qtest_on_msi(struct vm *vm,
                  void (*fn)(void *opaque, uint64_t addr, uint32_t data),
                  void *opaque)
{
    of(vm)->msi = fn;
    of(vm)->msi_opaque = opaque;
}

static int engine_create(struct vm *vm, struct opts *opts, struct cfg_err *err)
{
    int rc = opts_check(opts, "-accel qtest", "none", err);
    if (rc)
        return rc;
    vm->engine_priv = calloc(1, sizeof(struct qtest));
    if (!vm->engine_priv)
        return err_set(err, -ENOMEM, "qtest: out of memory");
    return 0;
}

static void engine_destroy(struct vm *vm)
{
    if (!of(vm))
        return;
    free(of(vm));
    vm->engine_priv = NULL;
}

static int engine_start(struct vm *vm, struct cfg_err *err)
{
    return 0;
}

static void engine_nothing(struct vm *vm)
{
}

static void engine_reset(struct vm *vm, const struct boot_regs *regs)
{
}

static int engine_slot(struct vm *vm, unsigned idx, const struct mem_slot *slot)
{
    return 0;
}

static void engine_gsi(struct vm *vm, unsigned gsi, bool level)
{
    struct qtest *q = of(vm);

    if (q->level[gsi] == level)
        return;
    q->level[gsi] = level;
    q->rises[gsi] += level;
    if (vm->qtest && vm->qtest->intercept) {
        answer(vm->qtest, "IRQ %s %u\n", level ? "raise" : "lower", gsi);
        loop_post(vm->loop, &vm->qtest->flush);
    }
}

/* Without interrupt controllers a message is what it is on the wire, a write:
 * test programs point it at memory and look there. */
static void engine_msi(struct vm *vm, uint64_t addr, uint32_t data)
{
    mem_write(vm, addr, &data, sizeof(data));
    if (of(vm)->msi)
        of(vm)->msi(of(vm)->msi_opaque, addr, data);
}

static int64_t engine_clock(struct vm *vm)
{
    return of(vm)->now;
}

static int engine_tid(struct vm *vm, unsigned i)
{
    return -1;
}

const struct engine_ops qtest_engine = {
    .name = "qtest",
    .desc = "no guest: devices driven by a test, virtual time",
    .caps = ENGINE_VIRTUAL_TIME,
    .create = engine_create,
    .destroy = engine_destroy,
    .start = engine_start,
    .pause = engine_nothing,
    .resume = engine_nothing,
    .reset = engine_reset,
    .power = engine_no_power,
    .claim = engine_no_claim,
    .release = engine_no_release,
    .mem_read = mem_flat_read,
    .mem_write = mem_flat_write,
    .mem_map = mem_flat_map,
    .mem_unmap = mem_flat_unmap,
    .layout_begin = engine_nothing,
    .layout_slot = engine_slot,
    .layout_end = engine_nothing,
    .gsi_set = engine_gsi,
    .pci_intx = engine_no_pci_intx,
    .pci_route = engine_no_pci_route,
    .msi = engine_msi,
    .ioevent_add = engine_no_ioevent_add,
    .ioevent_del = engine_no_ioevent_del,
    .irqfd_add = engine_no_irqfd_add,
    .irqfd_del = engine_no_irqfd_del,
    .clock_ns = engine_clock,
    .vcpu_tid = engine_tid,
};
