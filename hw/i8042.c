/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three parties: the controller, the keyboard and the mouse. The devices
 * have queues of their own; the controller has one output buffer, which is
 * filled again whenever it has been read. Its own answers come before what
 * the devices send.
 *
 * A20 is always open for us: the bit is kept for the guest to read, memory
 * does not wrap.
 */
#include "config.h"

#include "hw/i8042.h"

#include <errno.h>
#include <string.h>

#include "dm/bus.h"
#include "dm/dev.h"
#include "dm/irq.h"
#include "dm/machine.h"

#define KBD_IRQ 1
#define AUX_IRQ 12

/* status register, port 0x64 */
#define STATUS_OBF 0x01
#define STATUS_SYS 0x04
#define STATUS_CMD 0x08 /* the last write was a command */
#define STATUS_UNLOCKED 0x10
#define STATUS_AUX_OBF 0x20

/* command byte, RAM address 0 */
#define CTR_KBD_INT 0x01
#define CTR_AUX_INT 0x02
#define CTR_SYS 0x04
#define CTR_KBD_OFF 0x10
#define CTR_AUX_OFF 0x20
#define CTR_TRANSLATE 0x40

/* output port */
#define OUT_RUN 0x01 /* low: reset */
#define OUT_A20 0x02
#define OUT_KBD 0x10
#define OUT_AUX 0x20

enum {
    CMD_READ_RAM = 0x20,  /* to 0x3f */
    CMD_WRITE_RAM = 0x60, /* to 0x7f */
    CMD_AUX_DISABLE = 0xa7,
    CMD_AUX_ENABLE = 0xa8,
    CMD_AUX_TEST = 0xa9,
    CMD_SELF_TEST = 0xaa,
    CMD_KBD_TEST = 0xab,
    CMD_KBD_DISABLE = 0xad,
    CMD_KBD_ENABLE = 0xae,
    CMD_READ_INPUT = 0xc0,
    CMD_READ_OUTPUT = 0xd0,
    CMD_WRITE_OUTPUT = 0xd1,
    CMD_WRITE_KBD_OBUF = 0xd2,
    CMD_WRITE_AUX_OBUF = 0xd3,
    CMD_WRITE_AUX = 0xd4,
    CMD_A20_OFF = 0xdd,
    CMD_A20_ON = 0xdf,
    CMD_PULSE = 0xf0, /* to 0xff: a zero in bits 0 to 3 pulses its line */
};

enum {
    PS2_ECHO = 0xee, /* keyboard */
    PS2_LEDS = 0xed,
    PS2_SCAN_SET = 0xf0,
    PS2_SCALE_1 = 0xe6, /* mouse */
    PS2_SCALE_2 = 0xe7,
    PS2_RESOLUTION = 0xe8,
    PS2_STATUS = 0xe9,
    PS2_STREAM = 0xea,
    PS2_READ = 0xeb,
    PS2_WRAP_OFF = 0xec,
    PS2_WRAP_ON = 0xee,
    PS2_REMOTE = 0xf0,
    PS2_IDENTIFY = 0xf2, /* both */
    PS2_RATE = 0xf3,
    PS2_ENABLE = 0xf4,
    PS2_DISABLE = 0xf5,
    PS2_DEFAULTS = 0xf6,
    PS2_RESEND = 0xfe,
    PS2_RESET = 0xff,
    PS2_ACK = 0xfa,
    PS2_TEST_OK = 0xaa,
    PS2_ERROR = 0xfe,
};

#define QUEUE_SIZE 32
#define KEYS_MAX 24 /* the rest is for answers */
#define ANSWER_MAX 4

struct ps2 {
    uint8_t queue[QUEUE_SIZE]; /* answers first, then events; oldest first */
    uint8_t len, answers;
    uint8_t awaits; /* the command whose parameter comes next, 0: none */
    uint8_t last;   /* byte sent, for resend */
    bool enabled;
    uint8_t leds;              /* keyboard */
    uint8_t scan_set;          /* keyboard: 1 or 2 */
    uint8_t rate, resolution;  /* kept, of no effect */
    bool scale2, remote, wrap; /* mouse */
};

enum obf { OBF_EMPTY, OBF_KBD, OBF_AUX };

struct i8042 {
    struct dev dev;
    struct bus_region data, command;
    uint8_t ram[32]; /* [0]: the command byte */
    uint8_t out_port;
    uint8_t awaits; /* command whose data comes next, 0: none */
    bool last_was_cmd;
    uint8_t obuf, obf;          /* the output buffer and what is in it */
    uint8_t answer, answer_obf; /* the controller's, to go there next */
    bool release;               /* 0xf0 has gone into the translation */
    struct ps2 kbd, aux;
};

/* Scan code set 2 to set 1, as the controller's ROM has it. */
static const uint8_t set1_of[0x80] = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40,
    0x3e, 0x0f, 0x29, 0x59, 0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a,
    0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b, 0x67, 0x2e, 0x2d, 0x20,
    0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24,
    0x16, 0x08, 0x09, 0x5f, 0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60,
    0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61, 0x6d, 0x73, 0x28, 0x74,
    0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b,
    0x47, 0x7e, 0x7f, 0x6f, 0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45,
    0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
};
#define SET2_F7 0x83 /* the two codes beyond the table */
#define SET2_SYSRQ 0x84
#define SET1_F7 0x41
#define SET1_SYSRQ 0x54

static uint8_t to_set1(uint8_t code)
{
    if (code == SET2_F7)
        return SET1_F7;
    if (code == SET2_SYSRQ)
        return SET1_SYSRQ;
    return code < sizeof(set1_of) ? set1_of[code] : code;
}

static uint8_t to_set2(uint8_t code)
{
    if (code == SET1_F7)
        return SET2_F7;
    for (uint8_t i = 1; i < sizeof(set1_of); i++) {
        if (set1_of[i] == code)
            return i;
    }
    return 0;
}

/* ---- queues ---- */

static uint8_t ps2_take(struct ps2 *p)
{
    p->last = p->queue[0];
    p->len--;
    p->answers -= p->answers > 0;
    memmove(p->queue, p->queue + 1, p->len);
    return p->last;
}

/* Puts an answer behind the answers that wait, before all events. */
static void ps2_answer(struct ps2 *p, uint8_t byte)
{
    memmove(p->queue + p->answers + 1, p->queue + p->answers,
            p->len - p->answers);
    p->queue[p->answers++] = byte;
    p->len++;
}

/* A new command ends the answer to the one before. */
static void ps2_drop_answers(struct ps2 *p)
{
    p->len -= p->answers;
    memmove(p->queue, p->queue + p->answers, p->len);
    p->answers = 0;
}

static void ps2_defaults(struct ps2 *p)
{
    *p = (struct ps2){.scan_set = 2, .rate = 100, .resolution = 2};
}

/* ---- the output buffer ---- */

static void update_irq(struct i8042 *s)
{
    struct vm *vm = s->dev.vm;

    irq_set(vm, KBD_IRQ, s->obf == OBF_KBD && (s->ram[0] & CTR_KBD_INT));
    irq_set(vm, AUX_IRQ, s->obf == OBF_AUX && (s->ram[0] & CTR_AUX_INT));
}

static bool take_key(struct i8042 *s)
{
    while (s->kbd.len) {
        uint8_t byte = ps2_take(&s->kbd);
        if (!(s->ram[0] & CTR_TRANSLATE)) {
            s->obuf = byte;
            return true;
        }
        if (byte == 0xf0) {
            s->release = true;
            continue;
        }
        s->obuf = to_set1(byte) | (s->release ? 0x80 : 0);
        s->release = false;
        return true;
    }
    return false;
}

/* Moves what waits into the output buffer, if that is empty. */
static void fill(struct i8042 *s)
{
    if (s->obf == OBF_EMPTY) {
        if (s->answer_obf) {
            s->obuf = s->answer;
            s->obf = s->answer_obf;
            s->answer_obf = OBF_EMPTY;
        } else if (!(s->ram[0] & CTR_KBD_OFF) && take_key(s)) {
            s->obf = OBF_KBD;
        } else if (!(s->ram[0] & CTR_AUX_OFF) && s->aux.len) {
            s->obuf = ps2_take(&s->aux);
            s->obf = OBF_AUX;
        }
    }
    update_irq(s);
}

static void answer(struct i8042 *s, uint8_t byte, enum obf where)
{
    s->answer = byte;
    s->answer_obf = where;
}

/* ---- keyboard and mouse ---- */

static void kbd_parameter(struct ps2 *k, uint8_t v)
{
    uint8_t cmd = k->awaits;

    k->awaits = 0;
    switch (cmd) {
    case PS2_LEDS:
        k->leds = v & 7;
        break;
    case PS2_RATE:
        k->rate = v;
        break;
    default: /* PS2_SCAN_SET */
        if (v > 2) {
            ps2_answer(k, PS2_ERROR);
            return;
        }
        ps2_answer(k, PS2_ACK);
        if (v)
            k->scan_set = v;
        else
            ps2_answer(k, k->scan_set);
        return;
    }
    ps2_answer(k, PS2_ACK);
}

static void kbd_write(struct ps2 *k, uint8_t v)
{
    ps2_drop_answers(k);
    if (k->awaits && v < PS2_LEDS) {
        kbd_parameter(k, v);
        return;
    }
    k->awaits = 0;
    switch (v) {
    case PS2_ECHO:
        ps2_answer(k, PS2_ECHO);
        return;
    case PS2_LEDS:
    case PS2_SCAN_SET:
    case PS2_RATE:
        k->awaits = v;
        break;
    case PS2_IDENTIFY:
        ps2_answer(k, PS2_ACK);
        ps2_answer(k, 0xab);
        ps2_answer(k, 0x83);
        return;
    case PS2_ENABLE:
        k->len = 0;
        k->enabled = true;
        break;
    case PS2_DISABLE:
    case PS2_DEFAULTS: {
        bool on = v == PS2_DEFAULTS && k->enabled;
        ps2_defaults(k);
        k->enabled = on;
        break;
    }
    case PS2_RESEND:
        ps2_answer(k, k->last);
        return;
    case PS2_RESET:
        ps2_defaults(k);
        k->enabled = true;
        ps2_answer(k, PS2_ACK);
        ps2_answer(k, PS2_TEST_OK);
        return;
    default:
        /* 0xf7 to 0xfd concern set 3, which no PC uses */
        ps2_answer(k, v >= 0xf7 && v <= 0xfd ? PS2_ACK : PS2_ERROR);
        return;
    }
    ps2_answer(k, PS2_ACK);
}

static void mouse_write(struct ps2 *m, uint8_t v)
{
    ps2_drop_answers(m);
    if (m->wrap && v != PS2_WRAP_OFF && v != PS2_RESET) {
        ps2_answer(m, v);
        return;
    }
    if (m->awaits) {
        *(m->awaits == PS2_RATE ? &m->rate : &m->resolution) = v;
        m->awaits = 0;
        ps2_answer(m, PS2_ACK);
        return;
    }
    switch (v) {
    case PS2_SCALE_1:
    case PS2_SCALE_2:
        m->scale2 = v == PS2_SCALE_2;
        break;
    case PS2_RESOLUTION:
    case PS2_RATE:
        m->awaits = v;
        break;
    case PS2_STATUS:
        ps2_answer(m, PS2_ACK);
        ps2_answer(m, m->remote << 6 | m->enabled << 5 | m->scale2 << 4);
        ps2_answer(m, m->resolution);
        ps2_answer(m, m->rate);
        return;
    case PS2_STREAM:
    case PS2_REMOTE:
        m->remote = v == PS2_REMOTE;
        break;
    case PS2_READ: /* nothing has moved, no button is down */
        ps2_answer(m, PS2_ACK);
        ps2_answer(m, 0x08);
        ps2_answer(m, 0);
        ps2_answer(m, 0);
        return;
    case PS2_WRAP_OFF:
    case PS2_WRAP_ON:
        m->wrap = v == PS2_WRAP_ON;
        break;
    case PS2_IDENTIFY:
        ps2_answer(m, PS2_ACK);
        ps2_answer(m, 0);
        return;
    case PS2_ENABLE:
    case PS2_DISABLE:
        m->enabled = v == PS2_ENABLE;
        break;
    case PS2_DEFAULTS:
        ps2_defaults(m);
        break;
    case PS2_RESEND:
        ps2_answer(m, m->last);
        return;
    case PS2_RESET:
        ps2_defaults(m);
        ps2_answer(m, PS2_ACK);
        ps2_answer(m, PS2_TEST_OK);
        ps2_answer(m, 0);
        return;
    default:
        ps2_answer(m, PS2_ERROR);
        return;
    }
    ps2_answer(m, PS2_ACK);
}

void i8042_key(struct dev *dev, uint8_t code, bool extended, bool down)
{
    struct i8042 *s = (struct i8042 *)dev;
    struct ps2 *k = &s->kbd;
    uint8_t seq[3], n = 0, set2 = to_set2(code & 0x7f);

    if (!k->enabled || !set2)
        return;
    if (extended)
        seq[n++] = 0xe0;
    if (k->scan_set == 1) {
        seq[n++] = (code & 0x7f) | (down ? 0 : 0x80);
    } else {
        if (!down)
            seq[n++] = 0xf0;
        seq[n++] = set2;
    }
    if (k->len - k->answers + n > KEYS_MAX)
        return;
    memcpy(k->queue + k->len, seq, n);
    k->len += n;
    fill(s);
}

/* ---- the controller ---- */

static void set_out_port(struct i8042 *s, uint8_t v)
{
    s->out_port = v & ~(OUT_KBD | OUT_AUX);
    if (!(v & OUT_RUN))
        vm_request(s->dev.vm, VM_REQ_RESET);
}

static void run_command(struct i8042 *s, uint8_t cmd)
{
    if (cmd >= CMD_PULSE) {
        if (!(cmd & OUT_RUN))
            vm_request(s->dev.vm, VM_REQ_RESET);
        return;
    }
    if ((cmd & 0xe0) == CMD_READ_RAM) {
        answer(s, s->ram[cmd & 31], OBF_KBD);
        return;
    }
    if ((cmd & 0xe0) == CMD_WRITE_RAM) {
        s->awaits = cmd;
        return;
    }
    switch (cmd) {
    case CMD_AUX_DISABLE:
        s->ram[0] |= CTR_AUX_OFF;
        break;
    case CMD_AUX_ENABLE:
        s->ram[0] &= ~CTR_AUX_OFF;
        break;
    case CMD_AUX_TEST:
    case CMD_KBD_TEST:
        answer(s, 0, OBF_KBD);
        break;
    case CMD_SELF_TEST:
        s->ram[0] |= CTR_SYS;
        answer(s, 0x55, OBF_KBD);
        break;
    case CMD_KBD_DISABLE:
        s->ram[0] |= CTR_KBD_OFF;
        break;
    case CMD_KBD_ENABLE:
        s->ram[0] &= ~CTR_KBD_OFF;
        break;
    case CMD_READ_INPUT:
        answer(s, 0x80, OBF_KBD); /* the keyboard is not locked */
        break;
    case CMD_READ_OUTPUT:
        answer(s,
               s->out_port | (s->obf == OBF_KBD ? OUT_KBD : 0) |
                   (s->obf == OBF_AUX ? OUT_AUX : 0),
               OBF_KBD);
        break;
    case CMD_A20_OFF:
        s->out_port &= ~OUT_A20;
        break;
    case CMD_A20_ON:
        s->out_port |= OUT_A20;
        break;
    case CMD_WRITE_OUTPUT:
    case CMD_WRITE_KBD_OBUF:
    case CMD_WRITE_AUX_OBUF:
    case CMD_WRITE_AUX:
        s->awaits = cmd;
        break;
    default: /* not on a PS/2 */
        break;
    }
}

static void command_write(void *opaque, uint64_t off, unsigned size,
                          uint64_t val)
{
    struct i8042 *s = opaque;

    s->last_was_cmd = true;
    s->awaits = 0;
    run_command(s, val);
    fill(s);
}

static void data_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct i8042 *s = opaque;
    uint8_t cmd = s->awaits, v = val;

    s->last_was_cmd = false;
    s->awaits = 0;
    switch (cmd) {
    case 0:
        s->ram[0] &= ~CTR_KBD_OFF; /* sending to it lets it speak */
        kbd_write(&s->kbd, v);
        break;
    case CMD_WRITE_OUTPUT:
        set_out_port(s, v);
        break;
    case CMD_WRITE_KBD_OBUF:
        answer(s, v, OBF_KBD);
        break;
    case CMD_WRITE_AUX_OBUF:
        answer(s, v, OBF_AUX);
        break;
    case CMD_WRITE_AUX:
        s->ram[0] &= ~CTR_AUX_OFF;
        mouse_write(&s->aux, v);
        break;
    default: /* CMD_WRITE_RAM */
        s->ram[cmd & 31] = v;
        break;
    }
    fill(s);
}

static uint64_t data_read(void *opaque, uint64_t off, unsigned size)
{
    struct i8042 *s = opaque;
    uint8_t v = s->obuf;

    s->obf = OBF_EMPTY;
    update_irq(s); /* a falling edge before the next byte */
    fill(s);
    return v;
}

static uint64_t command_read(void *opaque, uint64_t off, unsigned size)
{
    struct i8042 *s = opaque;

    return (s->obf ? STATUS_OBF : 0) | (s->ram[0] & STATUS_SYS) |
           (s->last_was_cmd ? STATUS_CMD : 0) | STATUS_UNLOCKED |
           (s->obf == OBF_AUX ? STATUS_AUX_OBF : 0);
}

static const struct bus_ops data_ops = {
    .read = data_read, .write = data_write, .min = 1, .max = 1};
static const struct bus_ops command_ops = {
    .read = command_read, .write = command_write, .min = 1, .max = 1};

/* ---- device ---- */

static void reset(struct dev *dev)
{
    struct i8042 *s = (struct i8042 *)dev;

    memset(s->ram, 0, sizeof(s->ram));
    s->ram[0] = CTR_KBD_INT | CTR_AUX_INT;
    s->out_port = OUT_RUN | OUT_A20;
    s->awaits = 0;
    s->last_was_cmd = false;
    s->obuf = 0;
    s->obf = s->answer_obf = OBF_EMPTY;
    s->release = false;
    ps2_defaults(&s->kbd);
    s->kbd.enabled = true;
    ps2_defaults(&s->aux);
    update_irq(s);
}

static void destroy(struct dev *dev)
{
    struct i8042 *s = (struct i8042 *)dev;

    bus_del(dev->vm, &s->data);
    bus_del(dev->vm, &s->command);
}

static int create(struct dev *dev, struct cfg_err *err)
{
    struct i8042 *s = (struct i8042 *)dev;
    int rc;

    s->data = (struct bus_region){.name = "i8042-data",
                                  .ops = &data_ops,
                                  .opaque = s,
                                  .space = BUS_PIO,
                                  .base = 0x60,
                                  .size = 1};
    s->command = (struct bus_region){.name = "i8042-command",
                                     .ops = &command_ops,
                                     .opaque = s,
                                     .space = BUS_PIO,
                                     .base = 0x64,
                                     .size = 1};
    rc = bus_add(dev->vm, &s->data);
    if (!rc)
        rc = bus_add(dev->vm, &s->command);
    if (rc) {
        destroy(dev);
        return err_set(err, rc, "i8042: ports 0x60 and 0x64 are taken");
    }
    dev_set_place(dev, "60");
    reset(dev);
    return 0;
}

static bool ps2_valid(const struct ps2 *p)
{
    return p->answers <= ANSWER_MAX && p->answers <= p->len &&
           p->len - p->answers <= KEYS_MAX &&
           (p->scan_set == 1 || p->scan_set == 2);
}

static int post_load(struct dev *dev)
{
    struct i8042 *s = (struct i8042 *)dev;

    if (!ps2_valid(&s->kbd) || !ps2_valid(&s->aux) || s->obf > OBF_AUX ||
        s->answer_obf > OBF_AUX)
        return -EINVAL;
    update_irq(s);
    return 0;
}

static const struct state_field ps2_state[] = {
    STATE_BYTES(struct ps2, queue), STATE_U8(struct ps2, len),
    STATE_U8(struct ps2, answers),  STATE_U8(struct ps2, awaits),
    STATE_U8(struct ps2, last),     STATE_BOOL(struct ps2, enabled),
    STATE_U8(struct ps2, leds),     STATE_U8(struct ps2, scan_set),
    STATE_U8(struct ps2, rate),     STATE_U8(struct ps2, resolution),
    STATE_BOOL(struct ps2, scale2), STATE_BOOL(struct ps2, remote),
    STATE_BOOL(struct ps2, wrap),   STATE_END,
};

static const struct state_desc state = {
    .name = "i8042",
    .version = 1,
    .min_version = 1,
    .post_load = post_load,
    .fields =
        (const struct state_field[]){
            STATE_BYTES(struct i8042, ram),
            STATE_U8(struct i8042, out_port),
            STATE_U8(struct i8042, awaits),
            STATE_BOOL(struct i8042, last_was_cmd),
            STATE_U8(struct i8042, obuf),
            STATE_U8(struct i8042, obf),
            STATE_U8(struct i8042, answer),
            STATE_U8(struct i8042, answer_obf),
            STATE_BOOL(struct i8042, release),
            STATE_STRUCT(struct i8042, kbd, ps2_state),
            STATE_STRUCT(struct i8042, aux, ps2_state),
            STATE_END,
        },
};

const struct dev_class i8042_class = {
    .name = "i8042",
    .desc = "keyboard controller, PS/2 keyboard and mouse",
    .bus = "isa",
    .size = sizeof(struct i8042),
    .internal = true,
    .create = create,
    .reset = reset,
    .destroy = destroy,
    .state = &state,
};
