/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot sector that counts what an ioreq costs: reads of a port that the
 * hypervisor answers itself (the interrupt controller's mask), of a port that
 * nobody has, of a device model's (COM1's scratch register, the first IDE
 * channel's status), and the data of IDENTIFY DEVICE by one "rep insw", timed
 * by the TSC. Of BATCHES the least counts: what disturbs only ever adds.
 * Prints a line for each on COM1, "name cycles" in hexadecimal, then "done",
 * and halts for good. Its disk is the first of the first channel.
 */
#define BATCHES 400
#define BATCH_BITS 4            /* reads: 16 */
#define BUFFER 0x8000

    .code16
    .globl _start
_start:
    cli
    ljmp $0x7c0, $1f
1:  push %cs
    pop %ds
    xor %ax, %ax
    mov %ax, %es
    mov %ax, %ss
    mov $0x7c00, %sp
    cld

    mov $ports, %si
1:  lodsw
    mov %ax, %dx
    call timed_port
    call print                  /* si: its name; then behind it */
    cmp $ports_end, %si
    jb 1b

    call timed_string
    mov $string, %si
    call print
    mov $done, %si
    call text
    hlt                         /* without interrupts: that is power-off */

start:                          /* now, in ebx */
    push %dx
    rdtsc
    mov %eax, %ebx
    pop %dx
    ret

least:                          /* ebp: the least so far */
    push %dx
    rdtsc
    pop %dx
    sub %ebx, %eax
    cmp %ebp, %eax
    jae 1f
    mov %eax, %ebp
1:  ret

timed_port:                     /* dx; cycles in ebp */
    or $-1, %ebp
    mov $BATCHES, %di
1:  call start
    mov $1 << BATCH_BITS, %cx
2:  in %dx, %al
    loop 2b
    call least
    dec %di
    jnz 1b
    shr $BATCH_BITS, %ebp
    ret

timed_string:                   /* cycles in ebp */
    or $-1, %ebp
    mov $BATCHES, %si
1:  mov $0x1f6, %dx
    mov $0xa0, %al
    out %al, %dx
    inc %dx
    mov $0xec, %al
    out %al, %dx
2:  in %dx, %al
    and $0x88, %al
    cmp $0x08, %al              /* data is there, not busy */
    jne 2b
    mov $0x1f0, %dx
    mov $BUFFER, %di
    mov $256, %cx
    call start
    rep insw
    call least
    dec %si
    jnz 1b
    ret

text:                           /* si; then behind it */
    mov $0x3f8, %dx
1:  lodsb
    test %al, %al
    jz 2f
    out %al, %dx
    jmp 1b
2:  ret

print:                          /* si and ebp, a line */
    call text
    mov $8, %cx
1:  rol $4, %ebp
    mov %bp, %bx
    and $15, %bx
    mov digits(%bx), %al
    out %al, %dx
    loop 1b
    mov $10, %al
    out %al, %dx
    ret

digits:
    .ascii "0123456789abcdef"
ports:
    .word 0x21
    .asciz "hypervisor-port "
    .word 0x2f0
    .asciz "empty-port "
    .word 0x3ff
    .asciz "uart-port "
    .word 0x1f7
    .asciz "ide-port "
ports_end:
string:
    .asciz "identify-512 "
done:
    .asciz "done\n"
    .org 510
    .word 0xaa55
