/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/pci/msix.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dm/irq.h"
#include "dm/machine.h"

/* Offsets in the capability. */
enum { MSIX_CONTROL = 2, MSIX_TABLE = 4, MSIX_PBA = 8 };
#define MSIX_SIZE 12
#define CONTROL_ENABLE 0x8000
#define CONTROL_FUNCTION_MASK 0x4000
/* Words of a table entry. */
enum { ENTRY_ADDR, ENTRY_ADDR_HI, ENTRY_DATA, ENTRY_CONTROL, ENTRY_WORDS };
#define ENTRY_MASKED 1u
#define DATA_VECTOR 0xffu

/* Called with the vector's lock. */
static void fire(struct pci_msix *m, struct pci_msix_vector *v)
{
    uint64_t one = 1;

    if (v->handle < 0 || write(v->fd, &one, sizeof(one)) < 0)
        irq_msi(m->pci->dev.vm, v->addr, v->data);
}

void pci_msix_notify(struct pci_msix *m, unsigned vector)
{
    struct pci_msix_vector *v;

    if (vector >= m->n)
        return;
    v = &m->vec[vector];
    pthread_mutex_lock(&v->lock);
    if (v->open)
        fire(m, v);
    else
        v->pending = true;
    pthread_mutex_unlock(&v->lock);
}

/* Takes the vector's eventfd off the engine; it sends by irq_msi then. */
static void fd_unbind(struct pci_msix *m, struct pci_msix_vector *v)
{
    int handle = v->handle;

    if (handle < 0)
        return;
    pthread_mutex_lock(&v->lock);
    v->handle = -1;
    pthread_mutex_unlock(&v->lock);
    irq_fd_del(m->pci->dev.vm, handle, v->fd);
}

/* Binds it to the message in the table, if it is not. A guest that masks and
 * unmasks a vector, as Linux does all the time, costs nothing here. */
static void fd_bind(struct pci_msix *m, struct pci_msix_vector *v,
                    uint64_t addr, uint32_t data)
{
    int handle;

    if (v->handle >= 0 && v->fd_addr == addr && v->fd_data == data)
        return;
    fd_unbind(m, v);
    if (v->fd < 0)
        v->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (v->fd < 0)
        return;
    handle = irq_fd_add(m->pci->dev.vm, v->fd, addr, data);
    if (handle < 0)
        return;
    v->fd_addr = addr;
    v->fd_data = data;
    pthread_mutex_lock(&v->lock);
    v->handle = handle;
    pthread_mutex_unlock(&v->lock);
}

/* May the entry's message go out? */
static bool entry_open(const struct pci_msix *m, const uint32_t *entry)
{
    if (!(entry[ENTRY_CONTROL] & ENTRY_MASKED))
        return true;
    return (m->pci->dev.vm->engine->caps & ENGINE_MSI_EVENTS) &&
           entry[ENTRY_ADDR] && !(entry[ENTRY_DATA] & DATA_VECTOR);
}

/* Brings a vector in line with its entry and the control word. */
static void vector_update(struct pci_msix *m, unsigned i, uint16_t control)
{
    const uint32_t *entry = &m->table[ENTRY_WORDS * i];
    uint64_t addr = entry[ENTRY_ADDR] | (uint64_t)entry[ENTRY_ADDR_HI] << 32;
    struct pci_msix_vector *v = &m->vec[i];
    bool open = (control & CONTROL_ENABLE) &&
                !(control & CONTROL_FUNCTION_MASK) && entry_open(m, entry);

    if (open)
        fd_bind(m, v, addr, entry[ENTRY_DATA]);
    pthread_mutex_lock(&v->lock);
    v->open = open;
    v->addr = addr;
    v->data = entry[ENTRY_DATA];
    if (open && v->pending) {
        v->pending = false;
        fire(m, v);
    }
    pthread_mutex_unlock(&v->lock);
}

static uint16_t control_word(const struct pci_msix *m)
{
    return pci_get16(m->pci->config + m->cap + MSIX_CONTROL);
}

static void update_all(struct pci_msix *m)
{
    uint16_t control = control_word(m);

    atomic_store(&m->enabled, control & CONTROL_ENABLE);
    for (unsigned i = 0; i < m->n; i++)
        vector_update(m, i, control);
}

void pci_msix_config_written(struct pci_msix *m, unsigned off, unsigned size)
{
    unsigned reg = m->cap + MSIX_CONTROL;

    if (m->n && off < reg + 2 && off + size > reg)
        update_all(m);
}

static uint32_t pba_word(struct pci_msix *m, unsigned word)
{
    uint32_t bits = 0;

    for (unsigned i = 32 * word; i < 32 * (word + 1) && i < m->n; i++) {
        pthread_mutex_lock(&m->vec[i].lock);
        bits |= (uint32_t)m->vec[i].pending << i % 32;
        pthread_mutex_unlock(&m->vec[i].lock);
    }
    return bits;
}

static uint64_t table_read(void *opaque, uint64_t off, unsigned size)
{
    struct pci_msix *m = opaque;

    if (off < 4 * ENTRY_WORDS * m->n)
        return m->table[off / 4];
    if (off >= m->pba && off < m->pba + PCI_MSIX_MAX / 8)
        return pba_word(m, (unsigned)(off - m->pba) / 4);
    return 0;
}

static void table_write(void *opaque, uint64_t off, unsigned size, uint64_t val)
{
    struct pci_msix *m = opaque;
    unsigned word = (unsigned)off / 4;

    if (word >= ENTRY_WORDS * m->n)
        return;
    if (word % ENTRY_WORDS == ENTRY_CONTROL)
        val &= ENTRY_MASKED;
    m->table[word] = (uint32_t)val;
    vector_update(m, word / ENTRY_WORDS, control_word(m));
}

static const struct bus_ops table_ops = {
    .read = table_read,
    .write = table_write,
    .min = 4,
    .max = 4,
};

void pci_msix_init(struct pci_dev *p, struct pci_msix *m, unsigned bar,
                   unsigned n)
{
    uint8_t *c;

    assert(n >= 1 && n <= PCI_MSIX_MAX);
    m->pci = p;
    m->n = n;
    m->bar = bar;
    m->pba = PCI_MSIX_MAX * ENTRY_WORDS * 4; /* half a page: one for both */
    m->cap = pci_cap_add(p, PCI_CAP_ID_MSIX, MSIX_SIZE);
    p->msix = m;
    c = p->config + m->cap;
    pci_set16(c + MSIX_CONTROL, (uint16_t)(n - 1));
    pci_set32(c + MSIX_TABLE, bar);
    pci_set32(c + MSIX_PBA, m->pba | bar);
    pci_set16(p->wmask + m->cap + MSIX_CONTROL,
              CONTROL_ENABLE | CONTROL_FUNCTION_MASK);
    p->bar[bar] = (struct pci_bar){
        .type = PCI_BAR_MEM32,
        .region = {.name = "msix",
                   .ops = &table_ops,
                   .opaque = m,
                   .size = m->pba * 2},
    };
    pci_bar_set(p, bar);
    for (unsigned i = 0; i < n; i++) {
        pthread_mutex_init(&m->vec[i].lock, NULL);
        m->vec[i].fd = m->vec[i].handle = -1;
        m->table[ENTRY_WORDS * i + ENTRY_CONTROL] = ENTRY_MASKED;
    }
}

void pci_msix_fini(struct pci_msix *m)
{
    for (unsigned i = 0; i < m->n; i++) {
        struct pci_msix_vector *v = &m->vec[i];

        fd_unbind(m, v);
        if (v->fd >= 0)
            close(v->fd);
        pthread_mutex_destroy(&v->lock);
    }
    m->n = 0;
}

void pci_msix_reset(struct pci_msix *m)
{
    if (!m->n)
        return;
    memset(m->table, 0, sizeof(m->table));
    pci_set16(m->pci->config + m->cap + MSIX_CONTROL, (uint16_t)(m->n - 1));
    for (unsigned i = 0; i < m->n; i++) {
        m->table[ENTRY_WORDS * i + ENTRY_CONTROL] = ENTRY_MASKED;
        m->vec[i].pending = false; /* nobody notifies during a reset */
        fd_unbind(m, &m->vec[i]);
    }
    update_all(m);
}

const struct state_field pci_msix_state[] = {
    STATE_U32_ARRAY(struct pci_msix, table),
    STATE_U32_ARRAY(struct pci_msix, pba_saved),
    STATE_END,
};

void pci_msix_pre_save(struct pci_msix *m)
{
    for (unsigned i = 0; i < PCI_MSIX_MAX / 32; i++)
        m->pba_saved[i] = pba_word(m, i);
}

int pci_msix_post_load(struct pci_msix *m)
{
    if (!m->n)
        return 0;
    for (unsigned i = 0; i < m->n; i++) {
        m->table[ENTRY_WORDS * i + ENTRY_CONTROL] &= ENTRY_MASKED;
        m->vec[i].pending = m->pba_saved[i / 32] >> i % 32 & 1;
    }
    update_all(m);
    return 0;
}
