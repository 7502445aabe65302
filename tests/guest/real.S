/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Down to real mode: ports and strings with 16-bit segments, a software
 * interrupt through the vector table at 0, and up again.
 */
#define LOW 0x8000
#define AT(label) (LOW + label - low)

    .text
    .code32
    .globl main
main:
    push %esi
    push %edi
    push %ebx
    push %ebp
    mov $low, %esi
    mov $LOW, %edi
    mov $low_end - low, %ecx
    rep movsb
    mov %esp, saved
    ljmp $0x20, $AT(down)

back:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov saved, %esp
    movzbl AT(result), %eax
    pop %ebp
    pop %ebx
    pop %edi
    pop %esi
    ret

low:
    .code16
down:
    mov $0x28, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov %cr0, %eax
    and $~1, %al
    mov %eax, %cr0
    ljmp $0, $AT(real)
real:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x7000, %sp
    lidt AT(ivt)

    mov $0x1234, %ax            /* a port */
    mov $0xe0, %dx
    out %ax, %dx
    xor %ax, %ax
    in %dx, %ax
    cmp $0x1234, %ax
    jne failed

    movw $AT(isr), 0x60 * 4     /* a software interrupt */
    movw $0, 0x60 * 4 + 2
    int $0x60
    cmp $0x5a5a, %cx
    jne failed

    mov $0x9000, %ax            /* segments reach the first MiB */
    mov %ax, %es
    mov $0xbeef, %ax
    mov %ax, %es:0x10
    mov $0x8fff, %bx
    mov %bx, %ds
    cmp %ax, 0x20
    jne failed
    xor %ax, %ax
    mov %ax, %ds

    mov $AT(text), %si          /* a string to a port */
    mov $text_end - text, %cx
    mov $0x3f8, %dx
    cld
    rep outsb

    mov $0x9000, %ax            /* and from one */
    mov %ax, %es
    mov $0x510, %dx
    xor %ax, %ax
    out %ax, %dx
    inc %dx
    mov $0x100, %di
    mov $4, %cx
    rep insb
    mov %es:0x100, %eax
    cmp $0x554d4551, %eax       /* fw_cfg's signature */
    jne failed
    movb $0, %cs:AT(result)
failed:
    xor %ax, %ax
    mov %ax, %ds
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $0x08, $back

isr:
    mov $0x5a5a, %cx
    iret

ivt:
    .word 0x3ff
    .long 0
result:
    .byte 2
text:
    .ascii "real mode\n"
text_end:
low_end:

    .bss
saved:
    .skip 4
    .section .note.GNU-stack, "", @progbits
