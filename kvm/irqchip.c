/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's interrupt controllers and PIT: lines, messages, irqfd.
 *
 * GSI 0 to 15 are pins of the PICs, 0 to 23 of the I/O APIC; the PIT's GSI 0
 * is wired to the I/O APIC's pin 2 and the cascade's GSI 2 nowhere, as on any
 * PC (the MADT says so). From GSI 24 on there are the messages of irqfds, each
 * at a fixed place of the table. A route that is no longer used stays in the
 * table until its place is needed, since handing KVM a new table makes it wait
 * for all vCPUs and a guest masks and unmasks the same message many times.
 */
#include "config.h"

#include "kvm/kvm-priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "dm/irq.h"
#include "dm/log.h"
#include "dm/options.h"

#define PIC_PINS 8
#define PIT_IOAPIC_PIN 2
#define PIC_CASCADE 2

static void add_pin(struct kvm_irq_routing *t, unsigned gsi, unsigned chip,
                    unsigned pin)
{
    t->entries[t->nr++] = (struct kvm_irq_routing_entry){
        .gsi = gsi,
        .type = KVM_IRQ_ROUTING_IRQCHIP,
        .u.irqchip = {.irqchip = chip, .pin = pin},
    };
}

static void add_pins(struct kvm_irq_routing *t)
{
    for (unsigned gsi = 0; gsi < IRQ_GSIS; gsi++) {
        if (gsi == PIC_CASCADE)
            continue;
        if (gsi < PIC_PINS)
            add_pin(t, gsi, KVM_IRQCHIP_PIC_MASTER, gsi);
        else if (gsi < 2 * PIC_PINS)
            add_pin(t, gsi, KVM_IRQCHIP_PIC_SLAVE, gsi - PIC_PINS);
        add_pin(t, gsi, KVM_IRQCHIP_IOAPIC, gsi ? gsi : PIT_IOAPIC_PIN);
    }
}

/* -global kvm-pit.lost_tick_policy=discard|delay: whether ticks that the guest
 * had no time for are lost or come later. */
static int set_tick_policy(struct kvm *k, struct cfg_err *err)
{
    struct kvm_reinject_control c = {0};
    const char *policy = NULL;

    for (struct opts *o = k->vm->cfg->globals; o; o = o->next) {
        const char *p = opts_get(o, "kvm-pit.lost_tick_policy");

        policy = p ? p : policy;
    }
    if (!policy || !strcmp(policy, "delay"))
        return 0;
    if (strcmp(policy, "discard"))
        return err_set(err, -EINVAL,
                       "kvm-pit.lost_tick_policy: expected delay or discard, "
                       "not '%s'",
                       policy);
    if (ioctl(k->fd, KVM_REINJECT_CONTROL, &c) < 0)
        log_warn("kvm", "lost timer ticks will be delayed: %s",
                 strerror(errno));
    return 0;
}

int kvm_irqchip_create(struct kvm *k, struct cfg_err *err)
{
    struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};
    unsigned max = 2 * IRQ_GSIS + KVM_MSI_ROUTES;

    if (ioctl(k->fd, KVM_CREATE_IRQCHIP, 0) < 0)
        return err_set(err, -errno, "KVM has no interrupt controllers: %s",
                       strerror(errno));
    if (ioctl(k->fd, KVM_CREATE_PIT2, &pit) < 0)
        return err_set(err, -errno, "KVM has no PIT: %s", strerror(errno));
    k->routes =
        calloc(1, sizeof(*k->routes) + max * sizeof(k->routes->entries[0]));
    if (!k->routes)
        return err_set(err, -ENOMEM, "no memory for interrupt routes");
    add_pins(k->routes);
    k->route_base = k->routes->nr;
    if (ioctl(k->fd, KVM_SET_GSI_ROUTING, k->routes) < 0)
        return err_set(err, -errno, "KVM refuses the interrupt routes: %s",
                       strerror(errno));
    return set_tick_policy(k, err);
}

void kvm_irqchip_destroy(struct kvm *k)
{
    free(k->routes);
}

int kvm_irqchip_get_power_on(struct kvm *k)
{
    for (unsigned i = 0; i < 3; i++) {
        k->power_on_chip[i].chip_id = i;
        if (ioctl(k->fd, KVM_GET_IRQCHIP, &k->power_on_chip[i]) < 0)
            return -errno;
    }
    return ioctl(k->fd, KVM_GET_PIT2, &k->power_on_pit) < 0 ? -errno : 0;
}

int kvm_irqchip_reset(struct kvm *k)
{
    for (unsigned i = 0; i < 3; i++)
        if (ioctl(k->fd, KVM_SET_IRQCHIP, &k->power_on_chip[i]) < 0)
            return -errno;
    return ioctl(k->fd, KVM_SET_PIT2, &k->power_on_pit) < 0 ? -errno : 0;
}

void kvm_gsi_set(struct vm *vm, unsigned gsi, bool level)
{
    struct kvm_irq_level l = {.irq = gsi, .level = level};

    ioctl(kvm_of(vm)->fd, KVM_IRQ_LINE, &l);
}

void kvm_msi(struct vm *vm, uint64_t addr, uint32_t data)
{
    struct kvm_msi m = {
        .address_lo = addr, .address_hi = addr >> 32, .data = data};

    /* fails only for a message that no local APIC takes */
    ioctl(kvm_of(vm)->fd, KVM_SIGNAL_MSI, &m);
}

static bool route_is(const struct kvm_irq_routing_entry *e, uint64_t addr,
                     uint32_t data)
{
    return e->u.msi.address_lo == (uint32_t)addr &&
           e->u.msi.address_hi == addr >> 32 && e->u.msi.data == data;
}

/* A place for this message: one that has it, or a free one. */
static int route_get(struct kvm *k, uint64_t addr, uint32_t data)
{
    struct kvm_irq_routing *t = k->routes;
    struct kvm_irq_routing_entry *e;
    unsigned known = t->nr - k->route_base, old_nr = t->nr;
    struct kvm_irq_routing_entry old;
    int free_one = -1;

    for (unsigned i = 0; i < known; i++) {
        if (k->route_used[i])
            continue;
        if (route_is(&t->entries[k->route_base + i], addr, data))
            return i;
        free_one = i;
    }
    if (free_one < 0) {
        if (known == KVM_MSI_ROUTES)
            return -ENOSPC;
        free_one = known;
        t->nr++;
    }
    e = &t->entries[k->route_base + free_one];
    old = *e;
    *e = (struct kvm_irq_routing_entry){
        .gsi = IRQ_GSIS + free_one,
        .type = KVM_IRQ_ROUTING_MSI,
        .u.msi = {.address_lo = addr, .address_hi = addr >> 32, .data = data},
    };
    if (ioctl(k->fd, KVM_SET_GSI_ROUTING, t) < 0) {
        int rc = -errno;

        *e = old;
        t->nr = old_nr;
        return rc;
    }
    return free_one;
}

static int irqfd(struct kvm *k, int handle, int fd, uint32_t flags)
{
    struct kvm_irqfd i = {.fd = fd, .gsi = IRQ_GSIS + handle, .flags = flags};

    return ioctl(k->fd, KVM_IRQFD, &i) < 0 ? -errno : 0;
}

int kvm_irqfd_add(struct vm *vm, int fd, uint64_t addr, uint32_t data)
{
    struct kvm *k = kvm_of(vm);
    int handle = route_get(k, addr, data), rc;

    if (handle < 0)
        return handle;
    rc = irqfd(k, handle, fd, 0);
    if (rc)
        return rc;
    k->route_used[handle] = true;
    return handle;
}

void kvm_irqfd_del(struct vm *vm, int handle, int fd)
{
    struct kvm *k = kvm_of(vm);

    irqfd(k, handle, fd, KVM_IRQFD_FLAG_DEASSIGN);
    k->route_used[handle] = false;
}
