/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/lib/trap-page.h"

#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define TRAP_FLAG 0x100   /* EFLAGS: stop behind the next instruction */
#define FAULT_WRITE 0x002 /* the processor's error code */

static struct trap_page *watched;

static void rights(int prot)
{
    if (mprotect(watched->mem, TRAP_PAGE, prot))
        ck_abort_msg("mprotect");
}

static void on_fault(int sig, siginfo_t *info, void *opaque)
{
    greg_t *reg = ((ucontext_t *)opaque)->uc_mcontext.gregs;
    uintptr_t at = (uintptr_t)info->si_addr - (uintptr_t)watched->mem;

    if (at >= TRAP_PAGE) { /* a real one: again, and let it kill us */
        signal(SIGSEGV, SIG_DFL);
        return;
    }
    (reg[REG_ERR] & FAULT_WRITE ? watched->writes : watched->reads)[at]++;
    watched->n++;
    rights(PROT_READ | PROT_WRITE);
    reg[REG_EFL] |= TRAP_FLAG;
}

static void on_step(int sig, siginfo_t *info, void *opaque)
{
    ((ucontext_t *)opaque)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
    if (watched->between)
        watched->between(watched);
    rights(PROT_NONE);
}

void trap_page_init(struct trap_page *p)
{
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    struct sigaction step = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};

    ck_assert_ptr_null(watched);
    memset(p, 0, sizeof(*p));
    p->mem = mmap(NULL, TRAP_PAGE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(p->mem, MAP_FAILED);
    watched = p;
    ck_assert_int_eq(sigaction(SIGSEGV, &fault, NULL), 0);
    ck_assert_int_eq(sigaction(SIGTRAP, &step, NULL), 0);
}

void trap_page_free(struct trap_page *p)
{
    signal(SIGSEGV, SIG_DFL);
    signal(SIGTRAP, SIG_DFL);
    munmap(p->mem, TRAP_PAGE);
    watched = NULL;
}

void trap_page_watch(struct trap_page *p)
{
    memset(p->reads, 0, sizeof(p->reads));
    memset(p->writes, 0, sizeof(p->writes));
    p->n = 0;
    rights(PROT_NONE);
}

void trap_page_rest(struct trap_page *p)
{
    rights(PROT_READ | PROT_WRITE);
}
