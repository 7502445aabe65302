/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing ticks: while the clock runs, its registers are computed from the
 * host's clock when they are read, and the flags of register C from what has
 * happened since they were last brought up to date. A timer is armed only for
 * an event that will raise the line.
 *
 * Two times are at work. The calendar is an offset plus the clock chosen by
 * -rtc clock=; its fraction of a second is the divider chain. Periodic ticks
 * are counted in cycles of 32768 Hz of guest time from the last tick, so a
 * new rate takes effect one new period after it.
 */
#include "config.h"

#include "hw/mc146818.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dm/bus.h"
#include "dm/clock.h"
#include "dm/dev.h"
#include "dm/irq.h"
#include "dm/machine.h"
#include "dm/options.h"

enum {
    SECONDS,
    SECONDS_ALARM,
    MINUTES,
    MINUTES_ALARM,
    HOURS,
    HOURS_ALARM,
    DAY_OF_WEEK,
    DAY_OF_MONTH,
    MONTH,
    YEAR,
    REG_A,
    REG_B,
    REG_C,
    REG_D,
    CENTURY = 0x32,
    CENTURY_PS2 = 0x37, /* where some systems look for it */
};

#define A_UIP 0x80 /* an update is less than 244 us away */
#define A_DV 0x70  /* divider: up to 2 it counts, from 6 it is held */
#define A_DV_RUN 0x20
#define A_DV_RESET 0x60
#define A_RS 0x0f /* rate of the periodic interrupt */

#define B_SET 0x80 /* the program sets the time: no updates */
#define B_PIE 0x40
#define B_AIE 0x20
#define B_UIE 0x10
#define B_SQWE 0x08
#define B_DM 0x04 /* binary, not BCD */
#define B_24H 0x02

#define C_IRQF 0x80
#define C_PF 0x40
#define C_AF 0x20
#define C_UF 0x10

#define D_VRT 0x80 /* the battery is good */

#define ALARM_ANY 0xc0 /* both bits: matches everything */
#define HOUR_PM 0x80

#define IRQ 8
#define HZ 32768
#define SEC ((int64_t)NS_PER_SEC)
#define UIP_NS (8 * SEC / HZ)
#define DAY 86400
#define NEVER INT64_MAX
/* Years 0 to 9999: what two bytes of BCD hold. */
#define TIME_MIN (-62167219200LL)
#define TIME_MAX 253402300799LL

struct mc146818 {
    struct dev dev;
    struct bus_region ports;
    bool guest_clock; /* -rtc clock=vm */
    uint8_t index;
    uint8_t cmos[128];
    int64_t offset_sec; /* calendar time minus clock */
    int64_t offset_ns;  /* 0 to SEC - 1, to be added */
    int64_t seen;       /* second up to which UF and AF are accounted for */
    int64_t last_tick;  /* periodic, in cycles of guest time */
    struct timer timer;
};

/* ---- calendar ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t clamp(int64_t sec)
{
    return sec < TIME_MIN ? TIME_MIN : sec > TIME_MAX ? TIME_MAX : sec;
}

/* The clock behind the calendar, in step with the divider chain. */
static int64_t clock_ns(struct mc146818 *s)
{
    struct vm *vm = s->dev.vm;

    return (s->guest_clock ? clock_now(vm) : clock_host(vm)) + s->offset_ns;
}

static int64_t fraction(struct mc146818 *s)
{
    int64_t ns = clock_ns(s);

    return ns - floor_div(ns, SEC) * SEC;
}

/* The calendar's second. It goes on while the registers are held. */
static int64_t seconds(struct mc146818 *s)
{
    return clamp(floor_div(clock_ns(s), SEC) + s->offset_sec);
}

static void set_seconds(struct mc146818 *s, int64_t sec)
{
    s->offset_sec = sec - floor_div(clock_ns(s), SEC);
    s->seen = sec;
}

/* Days since 1970-01-01 of a date; its month and day may be out of range.
 * Years begin in March here, so that leap days are at their end. */
static int64_t days_of(int64_t year, int month, int day)
{
    year += floor_div(month - 3, 12);
    return year * 365 + floor_div(year, 4) - floor_div(year, 100) +
           floor_div(year, 400) + ((month + 9) % 12 * 153 + 2) / 5 + day - 1 -
           719468;
}

static bool binary(struct mc146818 *s)
{
    return s->cmos[REG_B] & B_DM;
}

static uint8_t encode(struct mc146818 *s, unsigned v)
{
    return binary(s) ? v : v / 10 << 4 | v % 10;
}

static unsigned decode(struct mc146818 *s, uint8_t v)
{
    return binary(s) ? v : (v >> 4) * 10 + (v & 15);
}

static uint8_t encode_hour(struct mc146818 *s, unsigned hour)
{
    if (s->cmos[REG_B] & B_24H)
        return encode(s, hour);
    return encode(s, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOUR_PM : 0);
}

static unsigned decode_hour(struct mc146818 *s, uint8_t v)
{
    if (s->cmos[REG_B] & B_24H)
        return decode(s, v);
    return decode(s, v & ~HOUR_PM) % 12 + (v & HOUR_PM ? 12 : 0);
}

/* Fills the time registers from the calendar. */
static void latch(struct mc146818 *s)
{
    time_t t = seconds(s);
    struct tm tm;

    gmtime_r(&t, &tm);
    s->cmos[SECONDS] = encode(s, tm.tm_sec);
    s->cmos[MINUTES] = encode(s, tm.tm_min);
    s->cmos[HOURS] = encode_hour(s, tm.tm_hour);
    s->cmos[DAY_OF_WEEK] = encode(s, tm.tm_wday + 1);
    s->cmos[DAY_OF_MONTH] = encode(s, tm.tm_mday);
    s->cmos[MONTH] = encode(s, tm.tm_mon + 1);
    s->cmos[YEAR] = encode(s, (tm.tm_year + 1900) % 100);
    s->cmos[CENTURY] = encode(s, (tm.tm_year + 1900) / 100);
}

/* Sets the calendar from the time registers. A guest can have written
 * anything: what is out of range carries into the next field. */
static void unlatch(struct mc146818 *s)
{
    const uint8_t *c = s->cmos;
    int64_t year = decode(s, c[CENTURY]) * 100 + decode(s, c[YEAR]);
    int64_t sec =
        days_of(year, decode(s, c[MONTH]), decode(s, c[DAY_OF_MONTH]));

    sec = sec * 24 + decode_hour(s, c[HOURS]);
    sec = sec * 60 + decode(s, c[MINUTES]);
    set_seconds(s, clamp(sec * 60 + decode(s, c[SECONDS])));
}

static bool dividing(struct mc146818 *s)
{
    return (s->cmos[REG_A] & A_DV) <= A_DV_RUN;
}

static bool running(struct mc146818 *s)
{
    return dividing(s) && !(s->cmos[REG_B] & B_SET);
}

/* ---- events ---- */

static bool matches(uint8_t alarm, uint8_t value)
{
    return (alarm & ALARM_ANY) == ALARM_ANY || alarm == value;
}

/* The first second after `after` in which the alarm goes off, or NEVER. */
static int64_t next_alarm(struct mc146818 *s, int64_t after)
{
    const uint8_t *c = s->cmos;
    unsigned misses = 0;

    for (int64_t t = after + 1; t <= after + DAY;) {
        int of_day = t - floor_div(t, DAY) * DAY;
        if (!matches(c[HOURS_ALARM], encode_hour(s, of_day / 3600)))
            t += 3600 - of_day % 3600;
        else if (!matches(c[MINUTES_ALARM], encode(s, of_day / 60 % 60)))
            t += 60 - of_day % 60;
        else if (matches(c[SECONDS_ALARM], encode(s, of_day % 60)))
            return t;
        else if (++misses == 120) /* a whole minute among them: there is none */
            return NEVER;
        else
            t++;
    }
    return NEVER;
}

/* Cycles of the periodic interrupt, 0 if it is off. */
static int64_t period(struct mc146818 *s)
{
    unsigned rate = s->cmos[REG_A] & A_RS;

    if (!rate || !dividing(s))
        return 0;
    return 1 << (rate <= 2 ? rate + 6 : rate - 1);
}

static int64_t cycles(struct mc146818 *s)
{
    int64_t now = clock_now(s->dev.vm);

    return now / SEC * HZ + now % SEC * HZ / SEC;
}

/* Sets the flags of what has happened since the last call. */
static void catch_up(struct mc146818 *s)
{
    int64_t sec = seconds(s), ticks = period(s);

    if (running(s) && sec != s->seen) {
        s->cmos[REG_C] |= C_UF;
        /* a host's clock that was set back is one update, and no alarm */
        if (next_alarm(s, s->seen) <= sec)
            s->cmos[REG_C] |= C_AF;
    }
    s->seen = sec;
    if (ticks && cycles(s) - s->last_tick >= ticks) {
        s->cmos[REG_C] |= C_PF;
        s->last_tick += (cycles(s) - s->last_tick) / ticks * ticks;
    }
}

static uint8_t pending(struct mc146818 *s)
{
    return s->cmos[REG_C] & s->cmos[REG_B] & (C_PF | C_AF | C_UF);
}

/* Drives the line and arms the timer for the next event that would. */
static void update(struct mc146818 *s)
{
    uint8_t wanted = s->cmos[REG_B] & ~s->cmos[REG_C];
    int64_t now = clock_now(s->dev.vm), deadline = TIMER_NEVER;
    int64_t sec = NEVER;

    irq_set(s->dev.vm, IRQ, pending(s));
    if (running(s) && (wanted & B_AIE))
        sec = next_alarm(s, s->seen);
    if (running(s) && (wanted & B_UIE))
        sec = s->seen + 1;
    if (sec != NEVER)
        deadline = now + (sec - s->seen) * SEC - fraction(s);
    if (period(s) && (wanted & B_PIE)) {
        int64_t c = s->last_tick + period(s);
        int64_t tick = c / HZ * SEC + (c % HZ * SEC + HZ - 1) / HZ;
        deadline = tick < deadline ? tick : deadline;
    }
    timer_set(s->dev.vm, &s->timer, deadline);
}

static void expired(void *opaque)
{
    struct mc146818 *s = opaque;

    catch_up(s);
    update(s);
}

/* ---- registers ---- */

static bool is_time(uint8_t index)
{
    return index == SECONDS || index == MINUTES || index == HOURS ||
           (index >= DAY_OF_WEEK && index <= YEAR) || index == CENTURY;
}

static void write_a(struct mc146818 *s, uint8_t v)
{
    bool ran = running(s), held = (s->cmos[REG_A] & A_DV) >= A_DV_RESET;
    bool ticked = period(s);

    if (ran)
        latch(s);
    s->cmos[REG_A] = v & ~A_UIP;
    if (held && (v & A_DV) < A_DV_RESET) {
        /* the first update comes half a second after the reset ends */
        s->offset_ns = (s->offset_ns + SEC + SEC / 2 - fraction(s)) % SEC;
        ticked = false;
    }
    if (!ran && running(s))
        unlatch(s);
    if (!ticked)
        s->last_tick = cycles(s);
}

static void write_b(struct mc146818 *s, uint8_t v)
{
    bool ran = running(s);

    if (ran && (v & B_SET))
        latch(s);
    if (v & B_SET)
        v &= ~B_UIE;
    s->cmos[REG_B] = v;
    if (!ran && running(s))
        unlatch(s);
}

static uint8_t read_a(struct mc146818 *s)
{
    bool uip = running(s) && SEC - fraction(s) <= UIP_NS;

    return s->cmos[REG_A] | (uip ? A_UIP : 0);
}

static uint8_t read_c(struct mc146818 *s)
{
    uint8_t v = s->cmos[REG_C] | (pending(s) ? C_IRQF : 0);

    s->cmos[REG_C] = 0;
    return v;
}

static uint8_t where(struct mc146818 *s)
{
    return s->index == CENTURY_PS2 ? CENTURY : s->index;
}

static uint64_t port_read(void *opaque, uint64_t off, unsigned size)
{
    struct mc146818 *s = opaque;
    uint8_t index = where(s), v;

    if (off == 0)
        return 0xff; /* the index cannot be read back */
    catch_up(s);
    if (is_time(index) && running(s))
        latch(s);
    switch (index) {
    case REG_A:
        v = read_a(s);
        break;
    case REG_C:
        v = read_c(s);
        break;
    default:
        v = s->cmos[index];
    }
    update(s);
    return v;
}

static void port_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct mc146818 *s = opaque;
    uint8_t index = where(s), v = val;

    if (off == 0) {
        s->index = v & 0x7f; /* bit 7 gates NMI, which nothing here raises */
        return;
    }
    catch_up(s);
    switch (index) {
    case REG_A:
        write_a(s, v);
        break;
    case REG_B:
        write_b(s, v);
        break;
    case REG_C:
    case REG_D:
        break; /* read-only */
    default:
        if (is_time(index) && running(s)) {
            latch(s);
            s->cmos[index] = v;
            unlatch(s);
        } else {
            s->cmos[index] = v;
        }
    }
    update(s);
}

static const struct bus_ops port_ops = {
    .read = port_read, .write = port_write, .min = 1, .max = 1};

void mc146818_set(struct dev *dev, uint8_t index, uint8_t value)
{
    struct mc146818 *s = (struct mc146818 *)dev;

    assert(index > REG_D && index < sizeof(s->cmos));
    s->cmos[index] = value;
}

/* ---- device ---- */

/* "YYYY-MM-DD" or "YYYY-MM-DDTHH:MM:SS" */
static bool parse_date(const char *text, int64_t *sec)
{
    int y, mon, d, h = 0, min = 0, s = 0, end = 0;
    int n = sscanf(text, "%4d-%2d-%2d%n", &y, &mon, &d, &end);

    if (n != 3)
        return false;
    if (text[end]) {
        text += end;
        if (sscanf(text, "T%2d:%2d:%2d%n", &h, &min, &s, &end) != 3 ||
            text[end])
            return false;
    }
    if (y < 0 || mon < 1 || mon > 12 || d < 1 || d > 31 || h < 0 || h > 23 ||
        min < 0 || min > 59 || s < 0 || s > 59)
        return false;
    *sec = ((days_of(y, mon, d) * 24 + h) * 60 + min) * 60 + s;
    return true;
}

static int set_base(struct mc146818 *s, struct cfg_err *err)
{
    struct opts *rtc = s->dev.vm->cfg->rtc;
    const char *base = opts_get(rtc, "base"), *clock = opts_get(rtc, "clock");
    int64_t sec = floor_div(clock_host(s->dev.vm), SEC);

    if (clock && strcmp(clock, "host") && strcmp(clock, "vm") &&
        strcmp(clock, "rt"))
        return err_set(err, -EINVAL, "-rtc clock=%s: expected host, rt or vm",
                       clock);
    /* guest time runs at the rate of the host's monotonic clock, "rt" */
    s->guest_clock = clock && strcmp(clock, "host");
    if (s->guest_clock)
        s->offset_ns = clock_host(s->dev.vm) % SEC;
    if (base && !strcmp(base, "localtime")) {
        struct tm tm;
        time_t t = sec;
        localtime_r(&t, &tm);
        sec += tm.tm_gmtoff;
    } else if (base && strcmp(base, "utc")) {
        if (!parse_date(base, &sec))
            return err_set(err, -EINVAL,
                           "-rtc base=%s: expected utc, localtime or "
                           "YYYY-MM-DD[THH:MM:SS]",
                           base);
        s->offset_ns = (s->offset_ns + SEC - fraction(s)) % SEC;
    }
    set_seconds(s, clamp(sec));
    return 0;
}

static int create(struct dev *dev, struct cfg_err *err)
{
    struct mc146818 *s = (struct mc146818 *)dev;
    int rc = set_base(s, err);

    if (rc)
        return rc;
    s->cmos[REG_A] = A_DV_RUN | 6; /* 1024 Hz, as a BIOS leaves it */
    s->cmos[REG_B] = B_24H;
    s->cmos[REG_D] = D_VRT;
    latch(s);
    s->last_tick = cycles(s);
    timer_init(&s->timer, expired, s);
    s->ports = (struct bus_region){.name = "rtc",
                                   .ops = &port_ops,
                                   .opaque = s,
                                   .space = BUS_PIO,
                                   .base = 0x70,
                                   .size = 2};
    rc = bus_add(dev->vm, &s->ports);
    if (rc)
        return err_set(err, rc, "%s: ports 0x70 and 0x71 are taken",
                       dev->cls->name);
    dev_set_place(dev, "70");
    return 0;
}

static void resume(struct dev *dev)
{
    expired(dev); /* the host's clock went on while the guest stood */
}

/* The battery keeps time and RAM. */
static void reset(struct dev *dev)
{
    struct mc146818 *s = (struct mc146818 *)dev;

    catch_up(s);
    s->cmos[REG_B] &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    s->cmos[REG_C] = 0;
    s->index = 0;
    update(s);
}

static void destroy(struct dev *dev)
{
    struct mc146818 *s = (struct mc146818 *)dev;

    timer_cancel(dev->vm, &s->timer);
    bus_del(dev->vm, &s->ports);
}

static void pre_save(struct dev *dev)
{
    catch_up((struct mc146818 *)dev);
}

static int post_load(struct dev *dev)
{
    struct mc146818 *s = (struct mc146818 *)dev;

    if (s->index > 0x7f || s->offset_ns < 0 || s->offset_ns >= SEC ||
        s->offset_sec < 2 * TIME_MIN || s->offset_sec > 2 * TIME_MAX ||
        s->seen < TIME_MIN || s->seen > TIME_MAX || s->last_tick < 0 ||
        (s->cmos[REG_C] & ~(C_PF | C_AF | C_UF)) || s->cmos[REG_D] != D_VRT)
        return -EINVAL;
    if (s->last_tick > cycles(s))
        s->last_tick = cycles(s);
    expired(s);
    return 0;
}

static const struct state_desc state = {
    .name = "mc146818",
    .version = 1,
    .min_version = 1,
    .pre_save = pre_save,
    .post_load = post_load,
    .fields =
        (const struct state_field[]){
            STATE_U8(struct mc146818, index),
            STATE_BYTES(struct mc146818, cmos),
            STATE_U64(struct mc146818, offset_sec),
            STATE_U64(struct mc146818, offset_ns),
            STATE_U64(struct mc146818, seen),
            STATE_U64(struct mc146818, last_tick),
            STATE_END,
        },
};

const struct dev_class mc146818_class = {
    .name = "mc146818rtc",
    .desc = "real-time clock and CMOS RAM",
    .bus = "isa",
    .size = sizeof(struct mc146818),
    .internal = true,
    .create = create,
    .resume = resume,
    .reset = reset,
    .destroy = destroy,
    .state = &state,
};
