/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio console: virtio-serial-pci and the ports that plug into it.
 * Source: VIRTIO 1.2, section 5.3.
 *
 * Chardevs belong to the main loop, so all queues are served there. Nothing
 * is held between calls: bytes that a chardev does not take yet stay in the
 * ring, the chain put back, and tx_off says how far it got. What the device
 * has to tell the driver about a port is a bit each, so neither side can make
 * it pile up.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/char/chr.h"
#include "dm/machine.h"
#include "hw/catalog.h"
#include "hw/virtio/virtio.h"

#define PORTS_MAX 31
#define QUEUE_SIZE 128
#define RUN 4096          /* bytes moved at once */
#define BUDGET (1u << 20) /* bytes before others have a turn */

enum {
    VIRTIO_CONSOLE_F_MULTIPORT = 1,
    VIRTIO_CONSOLE_F_EMERG_WRITE = 2,
};

enum { VQ_RX0, VQ_TX0, VQ_CONTROL_RX, VQ_CONTROL_TX, VQ_RX1 };

/* 5.3.6.2 */
struct control {
    uint32_t id;
    uint16_t event, value;
};
enum {
    VIRTIO_CONSOLE_DEVICE_READY = 0,
    VIRTIO_CONSOLE_DEVICE_ADD = 1,
    VIRTIO_CONSOLE_PORT_READY = 3,
    VIRTIO_CONSOLE_CONSOLE_PORT = 4,
    VIRTIO_CONSOLE_PORT_OPEN = 6,
    VIRTIO_CONSOLE_PORT_NAME = 7,
};

struct console_config {
    uint16_t cols, rows;
    uint32_t max_nr_ports, emerg_wr;
};

struct virtio_serial {
    struct virtio_dev v;
    uint32_t max_ports; /* property */
    struct dev_bus bus;
    char bus_name[72];
    struct console_config config;
    struct port *port[PORTS_MAX];
};

struct port {
    struct dev dev;
    struct virtio_serial *s;
    /* properties */
    struct chr *chr;
    char *name;
    uint32_t nr;

    bool console, attached;
    bool host_open;
    bool ready; /* saved, as are those below: the driver knows it */
    bool guest_open;
    uint8_t tell;    /* enum tell */
    uint32_t tx_off; /* bytes of the next chain the chardev has */
};
#define NR_AUTO UINT32_MAX

/* In the order they are told. */
enum tell { TELL_ADD = 1, TELL_CONSOLE = 2, TELL_NAME = 4, TELL_OPEN = 8 };

static bool multiport(const struct virtio_serial *s)
{
    return virtio_has(&s->v, VIRTIO_CONSOLE_F_MULTIPORT);
}

static struct virtqueue *port_vq(struct port *p, bool tx)
{
    unsigned i = p->nr ? VQ_RX1 + 2 * (p->nr - 1) : VQ_RX0;

    return &p->s->v.vq[i + tx];
}

/* ---- control: device to driver ---- */

static void control_fill(struct port *p, struct vq_elem *el)
{
    struct control c = {.id = p->nr, .value = 1};
    unsigned bit = p->tell & -p->tell;
    size_t n;

    p->tell &= (uint8_t)~bit;
    switch (bit) {
    case TELL_ADD:
        c.event = VIRTIO_CONSOLE_DEVICE_ADD;
        break;
    case TELL_CONSOLE:
        c.event = VIRTIO_CONSOLE_CONSOLE_PORT;
        break;
    case TELL_NAME:
        c.event = VIRTIO_CONSOLE_PORT_NAME;
        break;
    case TELL_OPEN:
        c.event = VIRTIO_CONSOLE_PORT_OPEN;
        c.value = p->host_open;
        break;
    }
    n = iov_put(el->in, el->in_n, 0, &c, sizeof(c));
    if (bit == TELL_NAME)
        n += iov_put(el->in, el->in_n, n, p->name, strlen(p->name));
    vq_push(&p->s->v.vq[VQ_CONTROL_RX], el, (uint32_t)n);
}

static void control_send(struct virtio_serial *s)
{
    struct virtqueue *vq = &s->v.vq[VQ_CONTROL_RX];
    struct vq_elem *el;

    if (!multiport(s))
        return;
    for (unsigned i = 0; i < s->max_ports; i++) {
        while (s->port[i] && s->port[i]->tell) {
            el = vq_pop(vq, sizeof(*el));
            if (!el && vq_kick_on(vq))
                continue;
            if (!el)
                goto out;
            control_fill(s->port[i], el);
        }
    }
out:
    vq_flush(vq);
}

/* ---- control: driver to device ---- */

static void control_handle(struct virtio_serial *s, const struct control *c)
{
    struct port *p;

    if (c->event == VIRTIO_CONSOLE_DEVICE_READY) {
        for (unsigned i = 0; c->value && i < s->max_ports; i++)
            if (s->port[i])
                s->port[i]->tell |= TELL_ADD;
        return;
    }
    if (c->id >= s->max_ports || !(p = s->port[c->id]))
        return;
    switch (c->event) {
    case VIRTIO_CONSOLE_PORT_READY:
        p->ready = c->value;
        if (p->ready)
            p->tell |= (p->console ? TELL_CONSOLE : 0) |
                       (p->name ? TELL_NAME : 0) |
                       (p->host_open ? TELL_OPEN : 0);
        break;
    case VIRTIO_CONSOLE_PORT_OPEN:
        p->guest_open = c->value;
        if (p->chr)
            chr_accept(p->chr);
        break;
    }
}

static void control_receive(struct virtio_serial *s)
{
    struct virtqueue *vq = &s->v.vq[VQ_CONTROL_TX];
    unsigned budget = vq->size;
    struct vq_elem *el;
    struct control c;

    while (budget-- && (el = vq_pop(vq, sizeof(*el)))) {
        if (iov_get(el->out, el->out_n, 0, &c, sizeof(c)) == sizeof(c))
            control_handle(s, &c);
        vq_push(vq, el, 0);
    }
    if (vq_kick_on(vq))
        vq_again(vq);
    vq_flush(vq);
    control_send(s);
}

/* ---- data ---- */

enum tx_result { TX_DONE, TX_FULL, TX_ENOUGH };

/* Hands a chain to the chardev; TX_FULL: until chr_writable. A chain may have
 * 4 GiB, as its buffers may all be the same memory. */
static enum tx_result tx_chain(struct port *p, const struct vq_elem *el,
                               uint32_t *budget)
{
    uint8_t buf[RUN];

    while (p->tx_off < el->out_len) {
        size_t len = iov_get(el->out, el->out_n, p->tx_off, buf, sizeof(buf));
        int n = p->chr ? chr_write(p->chr, buf, len) : -EPIPE;

        if (n < 0) /* nobody listens */
            break;
        p->tx_off += (uint32_t)n;
        if ((size_t)n < len)
            return TX_FULL;
        if (*budget < len)
            return TX_ENOUGH;
        *budget -= (uint32_t)len;
    }
    return TX_DONE;
}

static void tx(struct port *p)
{
    struct virtqueue *vq = port_vq(p, true);
    enum tx_result r = TX_DONE;
    uint32_t budget = BUDGET;
    unsigned chains = vq->size;
    struct vq_elem *el;

    while (chains-- && (el = vq_pop(vq, sizeof(*el)))) {
        r = tx_chain(p, el, &budget);
        if (r != TX_DONE) {
            vq_unpop(vq, el);
            break;
        }
        p->tx_off = 0;
        vq_push(vq, el, 0);
    }
    if (r == TX_ENOUGH || (r == TX_DONE && vq_kick_on(vq)))
        vq_again(vq);
    vq_flush(vq);
}

static void chr_writable(void *opaque)
{
    tx(opaque);
}

static size_t chr_can_read(void *opaque)
{
    struct port *p = opaque;
    struct virtqueue *vq = port_vq(p, false);
    struct vq_elem *el;
    size_t n;

    if (multiport(p->s) ? !p->guest_open : p->nr != 0)
        return 0;
    if (!vq_pending(vq) && !(vq->running && vq_kick_on(vq)))
        return 0;
    el = vq_pop(vq, sizeof(*el));
    if (!el)
        return 0;
    n = el->in_len < RUN ? el->in_len : RUN;
    vq_unpop(vq, el);
    return n;
}

static void chr_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct port *p = opaque;
    struct virtqueue *vq = port_vq(p, false);
    struct vq_elem *el;

    /* A driver that took its buffers back meanwhile loses the bytes. */
    while (len && (el = vq_pop(vq, sizeof(*el)))) {
        size_t n = iov_put(el->in, el->in_n, 0, buf, len);

        vq_push(vq, el, (uint32_t)n);
        buf += n;
        len -= n;
        if (!n)
            break;
    }
    vq_flush(vq);
}

static void chr_event(void *opaque, enum chr_event ev)
{
    struct port *p = opaque;

    p->host_open = ev == CHR_OPENED;
    if (p->ready)
        p->tell |= TELL_OPEN;
    control_send(p->s);
    if (!p->host_open)
        tx(p); /* what it did not take is to be forgotten */
}

static void queue_kick(struct virtqueue *vq)
{
    struct virtio_serial *s = (struct virtio_serial *)vq->v;
    unsigned nr = vq->idx < VQ_RX1 ? 0 : (vq->idx - VQ_RX1) / 2 + 1;
    struct port *p = s->port[nr];

    if (vq->idx == VQ_CONTROL_RX)
        control_send(s);
    else if (vq->idx == VQ_CONTROL_TX)
        control_receive(s);
    else if (!p)
        return;
    else if (vq->idx & 1)
        tx(p);
    else if (p->chr)
        chr_accept(p->chr);
}

/* ---- the device ---- */

static void config_write(struct virtio_dev *v, unsigned off, unsigned size,
                         uint32_t val)
{
    struct virtio_serial *s = (struct virtio_serial *)v;
    uint8_t c = (uint8_t)val;

    if (off == offsetof(struct console_config, emerg_wr) && s->port[0] &&
        s->port[0]->chr)
        chr_write(s->port[0]->chr, &c, 1);
}

static void device_reset(struct virtio_dev *v)
{
    struct virtio_serial *s = (struct virtio_serial *)v;

    for (unsigned i = 0; i < s->max_ports; i++) {
        if (!s->port[i])
            continue;
        s->port[i]->ready = s->port[i]->guest_open = false;
        s->port[i]->tell = 0;
        s->port[i]->tx_off = 0;
    }
}

static const struct virtio_ops serial_ops = {
    .config_write = config_write,
    .reset = device_reset,
    .queue_kick = queue_kick,
};

static void serial_destroy(struct dev *dev)
{
    struct virtio_serial *s = (struct virtio_serial *)dev;

    if (s->bus.owner)
        dev_bus_del(dev->vm, &s->bus);
    virtio_destroy(&s->v);
}

static int ports_bus_init(struct virtio_serial *s, struct cfg_err *err)
{
    struct dev *dev = &s->v.pci.dev;

    if (dev->id[0])
        snprintf(s->bus_name, sizeof(s->bus_name), "%s.0", dev->id);
    else
        snprintf(s->bus_name, sizeof(s->bus_name), "virtio-serial%u.0",
                 s->v.pci.bdf);
    for (struct dev_bus *b = dev->vm->buses; b; b = b->next)
        if (!strcmp(b->name, s->bus_name))
            return err_set(err, -EEXIST,
                           "%s: id=%s: its bus would be called %s, as another",
                           dev->cls->name, dev->id, s->bus_name);
    s->bus = (struct dev_bus){
        .type = "virtio-serial", .name = s->bus_name, .owner = dev};
    dev_bus_add(dev->vm, &s->bus);
    return 0;
}

static int serial_create(struct dev *dev, struct cfg_err *err)
{
    struct virtio_serial *s = (struct virtio_serial *)dev;
    struct virtio_setup setup = {
        .ops = &serial_ops,
        .id = VIRTIO_ID_CONSOLE,
        .class_code = 0x078000,
        .features = VIRTIO_BIT(VIRTIO_CONSOLE_F_MULTIPORT) |
                    VIRTIO_BIT(VIRTIO_CONSOLE_F_EMERG_WRITE),
        .config = &s->config,
        .config_len = sizeof(s->config),
    };
    int rc;

    if (!s->max_ports || s->max_ports > PORTS_MAX)
        return err_set(err, -EINVAL, "%s: max_ports=%u: expected 1 to %u",
                       dev->cls->name, s->max_ports, PORTS_MAX);
    s->config.max_nr_ports = s->max_ports;
    setup.queues = 2 * (s->max_ports + 1);
    if (s->v.vectors == VIRTIO_VECTORS_AUTO)
        s->v.vectors = 2; /* one for all queues: it is no fast device */
    rc = virtio_create(&s->v, &setup, err);
    for (unsigned i = 0; !rc && i < setup.queues; i++)
        rc = virtio_queue_init(&s->v, i, QUEUE_SIZE, VQ_MAIN_LOOP, err);
    if (!rc)
        rc = ports_bus_init(s, err);
    if (rc)
        serial_destroy(dev);
    return rc;
}

static int serial_post_load(struct dev *dev)
{
    return virtio_post_load(&((struct virtio_serial *)dev)->v);
}

static const struct state_field serial_fields[] = {
    STATE_STRUCT(struct virtio_serial, v, virtio_state),
    STATE_END,
};

static const struct state_desc serial_state = {
    .name = "virtio-serial",
    .version = 1,
    .min_version = 1,
    .fields = serial_fields,
    .pre_save = virtio_pre_save,
    .post_load = serial_post_load,
};

static const struct dev_prop serial_props[] = {
    VIRTIO_PROPS(struct virtio_serial),
    DEV_PROP(PROP_U32, struct virtio_serial, max_ports, "max_ports", "8",
             "most ports, 1 to 31"),
    DEV_PROP_END,
};

#define SERIAL_CLASS                                                           \
    .desc = "virtio console: bus for virtconsole and virtserialport",          \
    .bus = "pci", .size = sizeof(struct virtio_serial), .props = serial_props, \
    .create = serial_create, .start = virtio_start, .pause = virtio_pause,     \
    .resume = virtio_resume, .reset = virtio_reset, .destroy = serial_destroy, \
    .state = &serial_state

const struct dev_class virtio_serial_class = {
    .name = "virtio-serial-pci",
    .alias = "virtio-serial",
    SERIAL_CLASS,
};
const struct dev_class virtio_serial_transitional_class = {
    .name = "virtio-serial-pci-transitional",
    SERIAL_CLASS,
};
const struct dev_class virtio_serial_modern_class = {
    .name = "virtio-serial-pci-non-transitional",
    SERIAL_CLASS,
};

/* ---- ports ---- */

static void port_destroy(struct dev *dev)
{
    struct port *p = (struct port *)dev;

    if (p->attached)
        chr_detach(p->chr);
    p->attached = false;
    if (p->s && p->s->port[p->nr] == p)
        p->s->port[p->nr] = NULL;
}

static int port_nr(struct port *p, struct cfg_err *err)
{
    const char *cls = p->dev.cls->name;
    struct port **all = p->s->port;
    uint32_t max = p->s->max_ports;

    if (p->nr == NR_AUTO) /* port 0 is for a console */
        for (p->nr = p->console ? 0 : 1; p->nr < max && all[p->nr];)
            p->nr++;
    if (p->nr >= max)
        return err_set(err, -EINVAL, "%s: no free port: %s has max_ports=%u",
                       cls, p->s->bus_name, max);
    if (all[p->nr])
        return err_set(err, -EBUSY, "%s: nr=%u is taken by %s", cls, p->nr,
                       all[p->nr]->dev.path);
    if (!p->nr && !p->console)
        return err_set(err, -EINVAL, "%s: nr=0 is for a virtconsole", cls);
    return 0;
}

static int port_create(struct dev *dev, struct cfg_err *err)
{
    static const struct chr_user user = {
        .can_read = chr_can_read,
        .read = chr_read,
        .writable = chr_writable,
        .event = chr_event,
    };
    struct port *p = (struct port *)dev;
    struct chr_user me = user;
    int rc;

    p->s = (struct virtio_serial *)dev->bus->owner;
    p->console = dev->cls == &virtconsole_class;
    rc = port_nr(p, err);
    if (rc) {
        p->s = NULL;
        return rc;
    }
    dev_set_place(dev, "%u", p->nr);
    me.opaque = p;
    if (p->chr)
        rc = chr_attach(p->chr, &me, dev->path, err);
    if (rc)
        return rc;
    p->attached = p->chr;
    p->s->port[p->nr] = p;
    return 0;
}

static int port_post_load(struct dev *dev)
{
    struct port *p = (struct port *)dev;

    if (p->tell & ~(TELL_ADD | TELL_CONSOLE | TELL_NAME | TELL_OPEN))
        return -EINVAL;
    return (p->tell & TELL_NAME) && !p->name ? -EINVAL : 0;
}

static const struct state_field port_fields[] = {
    STATE_BOOL(struct port, ready),
    STATE_BOOL(struct port, guest_open),
    STATE_U8(struct port, tell),
    STATE_U32(struct port, tx_off),
    STATE_END,
};

static const struct state_desc port_state = {
    .name = "virtio-serial-port",
    .version = 1,
    .min_version = 1,
    .fields = port_fields,
    .post_load = port_post_load,
};

static const struct dev_prop port_props[] = {
    DEV_PROP(PROP_CHR, struct port, chr, "chardev", NULL, "id of a -chardev"),
    DEV_PROP(PROP_STR, struct port, name, "name", NULL,
             "name the guest finds the port by"),
    DEV_PROP(PROP_U32, struct port, nr, "nr", "0xffffffff",
             "number of the port; 0 is the console's"),
    DEV_PROP_END,
};

const struct dev_class virtconsole_class = {
    .name = "virtconsole",
    .desc = "console on a virtio-serial bus",
    .bus = "virtio-serial",
    .size = sizeof(struct port),
    .props = port_props,
    .create = port_create,
    .destroy = port_destroy,
    .state = &port_state,
};

const struct dev_class virtserialport_class = {
    .name = "virtserialport",
    .desc = "named byte stream on a virtio-serial bus",
    .bus = "virtio-serial",
    .size = sizeof(struct port),
    .props = port_props,
    .create = port_create,
    .destroy = port_destroy,
    .state = &port_state,
};
