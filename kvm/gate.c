/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate: who may enter the guest.
 *
 * A vCPU is kicked out of KVM_RUN by setting immediate_exit in its shared page
 * and sending it a signal: before the kernel looks at immediate_exit the flag
 * does it, afterwards the signal does, so there is no window between. It goes
 * on with what the exit asked for (KVM completes an access at the next entry),
 * gets -EINTR from KVM_RUN, and comes here.
 *
 * pause waits until every vCPU has come here: none is inside a handler then.
 * hold is for a handler that changes the layout on behalf of one vCPU: others
 * may be waiting for the machine lock, which the caller has, so it only waits
 * until none is inside KVM_RUN. in_guest tells: a vCPU sets it, then KVM reads
 * immediate_exit; whoever holds sets immediate_exit, then reads in_guest. One
 * of the two sees the other.
 */
#include "config.h"

#include "kvm/kvm-priv.h"

#include <assert.h>
#include <signal.h>
#include <unistd.h>

void gate_init(struct kvm *k)
{
    pthread_mutex_init(&k->gate_lock, NULL);
    pthread_cond_init(&k->gate_changed, NULL);
    k->gate_ready = true;
    k->paused = true;
}

void gate_fini(struct kvm *k)
{
    if (!k->gate_ready)
        return;
    pthread_cond_destroy(&k->gate_changed);
    pthread_mutex_destroy(&k->gate_lock);
}

static void gate_changed(struct kvm *k)
{
    pthread_cond_broadcast(&k->gate_changed);
}

/* Gate lock held. */
static void kick(struct vcpu *v)
{
    if (v->parked)
        return;
    __atomic_store_n(&v->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    if (atomic_load(&v->in_guest))
        pthread_kill(v->thread, VCPU_KICK);
}

/* Gate lock held: none shall stay in the guest. */
static void kick_all(struct kvm *k)
{
    for (unsigned i = 0; i < k->vcpus; i++)
        kick(&k->vcpu[i]);
}

void gate_kick(struct vcpu *v)
{
    pthread_mutex_lock(&v->kvm->gate_lock);
    kick(v);
    pthread_mutex_unlock(&v->kvm->gate_lock);
}

bool gate_pass(struct vcpu *v)
{
    struct kvm *k = v->kvm;
    bool go;

    pthread_mutex_lock(&k->gate_lock);
    if (!v->tid)
        v->tid = gettid();
    v->parked = true;
    gate_changed(k);
    while ((k->paused || k->held || v->done) && !k->ending)
        pthread_cond_wait(&k->gate_changed, &k->gate_lock);
    v->parked = false;
    __atomic_store_n(&v->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
    go = !k->ending;
    pthread_mutex_unlock(&k->gate_lock);
    return go;
}

void gate_enter(struct vcpu *v)
{
    struct kvm *k = v->kvm;

    pthread_mutex_lock(&k->gate_lock);
    while (k->held) {
        atomic_store(&v->in_guest, false);
        gate_changed(k);
        pthread_cond_wait(&k->gate_changed, &k->gate_lock);
    }
    atomic_store(&v->in_guest, true);
    pthread_mutex_unlock(&k->gate_lock);
}

void gate_left(struct vcpu *v)
{
    struct kvm *k = v->kvm;

    pthread_mutex_lock(&k->gate_lock);
    gate_changed(k);
    pthread_mutex_unlock(&k->gate_lock);
}

static bool all_parked(struct kvm *k)
{
    for (unsigned i = 0; i < k->vcpus; i++)
        if (!k->vcpu[i].parked)
            return false;
    return true;
}

static bool any_in_guest(struct kvm *k)
{
    for (unsigned i = 0; i < k->vcpus; i++)
        if (atomic_load(&k->vcpu[i].in_guest))
            return true;
    return false;
}

void gate_pause(struct kvm *k)
{
    vm_unlock(k->vm);
    pthread_mutex_lock(&k->gate_lock);
    k->paused = true;
    kick_all(k);
    while (!all_parked(k))
        pthread_cond_wait(&k->gate_changed, &k->gate_lock);
    pthread_mutex_unlock(&k->gate_lock);
    vm_lock(k->vm);
}

void gate_hold(struct kvm *k)
{
    pthread_mutex_lock(&k->gate_lock);
    assert(!k->held);
    k->held = true;
    kick_all(k);
    while (any_in_guest(k))
        pthread_cond_wait(&k->gate_changed, &k->gate_lock);
    pthread_mutex_unlock(&k->gate_lock);
}

static void gate_open(struct kvm *k, bool *flag, bool value)
{
    pthread_mutex_lock(&k->gate_lock);
    *flag = value;
    gate_changed(k);
    pthread_mutex_unlock(&k->gate_lock);
}

void gate_resume(struct kvm *k)
{
    gate_open(k, &k->paused, false);
}

void gate_release(struct kvm *k)
{
    gate_open(k, &k->held, false);
}

void gate_end(struct kvm *k)
{
    gate_open(k, &k->ending, true);
}

void gate_set_done(struct vcpu *v, bool done)
{
    gate_open(v->kvm, &v->done, done);
}

pid_t gate_tid(struct vcpu *v)
{
    struct kvm *k = v->kvm;
    pid_t tid;

    pthread_mutex_lock(&k->gate_lock);
    while (!v->tid)
        pthread_cond_wait(&k->gate_changed, &k->gate_lock);
    tid = v->tid;
    pthread_mutex_unlock(&k->gate_lock);
    return tid;
}
