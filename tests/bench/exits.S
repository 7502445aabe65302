/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that counts what its exits cost: COUNT reads each of a device's
 * port (COM1's scratch register), of a port and of memory that nobody has,
 * timed by the TSC; then of a call to a function that writes to a port, and
 * where there is a Xen, of the least hypercall, which is such a call. Prints a
 * line for each on COM1, "name cycles" in hexadecimal, and ends by port 0xf4.
 * A flat file with a multiboot 1 header.
 */
#define LOAD 0x100000
#define COUNT 20000
#define XEN_LEAF 0x40000000
#define PAGE 0x200000 /* of hypercalls */
#define STUB 0x300000 /* our own of that form */
#define XEN_VERSION 17

    .code32
    .globl _start
_start:
    .long 0x1badb002, 0x10000, -(0x1badb002 + 0x10000)
    .long LOAD, LOAD, 0, LOAD + end - _start, LOAD + begin - _start

begin:
    mov $LOAD + end - _start, %esp
    mov $1, %ebp                /* a first round to warm up, unprinted */
again:
    mov $0x3ff, %edx
    call timed_port
    mov $LOAD + device - _start, %esi
    call print
    mov $0x2f0, %edx
    call timed_port
    mov $LOAD + nothing - _start, %esi
    call print
    call timed_memory
    mov $LOAD + memory - _start, %esi
    call print
    movl $XEN_VERSION << 8 | 0xb8, STUB /* mov $17, %eax */
    movl $0xc32fe600, STUB + 4          /* out %al, $0x2f; ret */
    mov $STUB, %esi
    call timed_call
    mov $LOAD + called - _start, %esi
    call print
    mov $XEN_LEAF, %eax
    cpuid
    cmp $0x566e6558, %ebx       /* "XenV" */
    jne 1f
    mov $XEN_LEAF + 2, %eax
    cpuid
    mov %ebx, %ecx
    mov $PAGE, %eax
    xor %edx, %edx
    wrmsr
    mov $PAGE + 32 * XEN_VERSION, %esi
    call timed_call
    mov $LOAD + hypercall - _start, %esi
    call print
1:  dec %ebp
    jns again
    mov $0xf4, %edx
    out %al, %dx
    hlt

timed_port:                     /* edx; cycles in edi */
    mov $COUNT, %ecx
    push %edx
    rdtsc
    mov %eax, %edi
    mov %edx, %ebx
    pop %edx
1:  in %dx, %al
    dec %ecx
    jnz 1b
elapsed:
    rdtsc
    sub %edi, %eax
    sbb %ebx, %edx
    mov $COUNT, %ecx
    div %ecx
    mov %eax, %edi
    ret

timed_memory:
    mov $COUNT, %ecx
    rdtsc
    mov %eax, %edi
    mov %edx, %ebx
1:  mov 0xe0000000, %eax
    dec %ecx
    jnz 1b
    jmp elapsed

timed_call:                     /* esi */
    mov $COUNT, %ecx
    rdtsc
    mov %eax, %edi
    push %edx
1:  xor %ebx, %ebx              /* XENVER_version */
    call *%esi
    dec %ecx
    jnz 1b
    pop %ebx
    jmp elapsed

print:                          /* esi, a blank, edi, a new line */
    test %ebp, %ebp
    jnz 3f
    mov $0x3f8, %edx
1:  lodsb
    test %al, %al
    jz 1f
    out %al, %dx
    jmp 1b
1:  mov $8, %ecx
2:  rol $4, %edi
    mov %edi, %eax
    and $15, %eax
    mov LOAD + digits - _start(%eax), %al
    out %al, %dx
    loop 2b
    mov $10, %al
    out %al, %dx
3:  ret

digits:
    .ascii "0123456789abcdef"
device:
    .asciz "device-port "
nothing:
    .asciz "empty-port "
memory:
    .asciz "empty-memory "
called:
    .asciz "called-port "
hypercall:
    .asciz "hypercall "
    .balign 16
    .skip 256
end:
