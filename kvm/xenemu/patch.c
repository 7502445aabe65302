/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels since the fix of XSA-466 (Linux 6.13, and the stable ones of that
 * time: 6.1.121, 6.6.67, 6.12.6) ask for no hypercall page. They have two
 * functions instead, one beside the other, and take the one that is the
 * processor's:
 *
 *     vmmcall (0f 01 d9); ret          on a boundary of 16 bytes
 *     vmcall  (0f 01 c1); ret          the next function
 *
 * where "ret" may be a jump to a return thunk (e9), a function may begin with
 * an ENDBR, and padding may lie in front of it. A KVM that offers Xen nothing
 * answers both instructions itself, so we put the write to our port in their
 * place: it changes no register, and is shorter. When a kernel has just
 * started, before it has other processors or its text is read-only, nobody but
 * it can be there.
 *
 * Source: Linux arch/x86/xen/xen-head.S.
 */
#include "config.h"

#include <string.h>

#include "kvm/xenemu/xenemu-priv.h"

#define BEFORE (2u << 20) /* of what a kernel begins with: huge pages */
#define AFTER (64u << 20)
#define CHUNK (64u << 10)
#define ALIGN 16u
#define APART_MAX 64u /* from one function to the next */
#define CALL_MAX 8u   /* what is looked at of a function */
/* Looks of a vCPU between two resets: firmware, boot loader, decompressor,
 * kernel are a few each. One is some milliseconds. */
#define LOOKS_MAX 32u

static bool returns(uint8_t op)
{
    return op == 0xc3 || op == 0xe9 || op == 0xcc;
}

/* Where the call is in the function at p, -1 if it is no such function. */
static int call_at(const uint8_t *p, uint8_t which)
{
    static const uint8_t endbr[3] = {0xf3, 0x0f, 0x1e}; /* then fa or fb */
    int at = memcmp(p, endbr, sizeof(endbr)) ? 0 : 4;

    p += at;
    return p[0] == 0x0f && p[1] == 0x01 && p[2] == which && returns(p[3]) ? at
                                                                          : -1;
}

/* out %al, $port; nop */
static bool put(struct xenemu *x, gpa_t gpa)
{
    static const uint8_t code[3] = {0xe6, XENEMU_PORT, 0x90};

    return !mem_write(x->vm, gpa, code, sizeof(code));
}

/* Looks at a piece of memory, and EXTRA bytes behind it. */
#define EXTRA (APART_MAX + CALL_MAX)
static bool scan(struct xenemu *x, const uint8_t *p, size_t len, gpa_t gpa)
{
    for (size_t i = 0; i < len; i += ALIGN) {
        int amd = call_at(p + i, 0xd9);

        for (size_t j = i + ALIGN; amd >= 0 && j <= i + APART_MAX; j += ALIGN) {
            int intel = call_at(p + j, 0xc1);

            if (intel >= 0)
                return put(x, gpa + i + amd) && put(x, gpa + j + intel);
        }
    }
    return false;
}

void xenemu_patch(struct xenemu *x, unsigned vcpu, const struct gva_space *s,
                  uint64_t rip)
{
    uint8_t buf[CHUNK + EXTRA];
    gpa_t gpa, end;

    if (vcpu && atomic_load(&x->patched)) /* a processor that it starts */
        return;
    if (atomic_fetch_add(&x->looks, 1) >= LOOKS_MAX * x->conf.vcpus ||
        !gva_to_gpa(s, rip, false, &gpa))
        return;
    end = gpa + AFTER;
    gpa = gpa > BEFORE ? (gpa - BEFORE) & ~(gpa_t)(CHUNK - 1) : 0;
    for (; gpa < end; gpa += CHUNK) {
        mem_read(x->vm, gpa, buf, sizeof(buf));
        if (scan(x, buf, CHUNK, gpa)) {
            atomic_store(&x->patched, true);
            log_info("xen", "the kernel's hypercalls now come to us");
            return;
        }
    }
}
