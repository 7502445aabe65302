/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How every guest here begins: a flat file with a multiboot 1 header, or
 * (PVH defined) an ELF file with a note that names its entry. Sets up a stack
 * and flat segments, enters long mode in a 64-bit build, and calls
 * main(what the loader left in ebx). main returns the exit status.
 *
 * A second processor begins at ap_begin, copied to the page 0x8000, and ends
 * up in ap_main().
 */
    .section .head, "awx"
    .code32
    .globl _start
#ifndef PVH
    .long 0x1badb002, 0x10003, -(0x1badb002 + 0x10003)
    .long _load, _load, 0, _end, _start
#endif
_start:
    lgdt gdt_pointer
    ljmp $0x08, $1f
1:  mov $stack, %esp
    mov $main, %ebp
#ifdef __x86_64__
    movl $pdpt + 3, pml4
    mov $4, %ecx                /* 4 GiB by 2 MiB pages */
    mov $pd + 3, %eax
    mov $pdpt, %edx
1:  mov %eax, (%edx)
    add $4096, %eax
    add $8, %edx
    loop 1b
    mov $2048, %ecx
    mov $0x83, %eax
    mov $pd, %edx
1:  mov %eax, (%edx)
    add $0x200000, %eax
    add $8, %edx
    loop 1b
#endif
enter:                          /* esp; ebp: where to, with ebx */
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov %eax, %fs
    mov %eax, %gs
#ifdef __x86_64__
    mov %ebx, %edi
    mov $pml4, %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $0x20, %eax              /* PAE */
    mov %eax, %cr4
    mov $0xc0000080, %ecx       /* EFER.LME */
    rdmsr
    or $0x100, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    ljmp $0x18, $1f
    .code64
1:  call *%rbp
#else
    push %ebx
    call *%ebp
#endif
    mov $0xf4, %edx
    out %al, %dx
1:  hlt
    jmp 1b

    .globl ap_begin, ap_end
    .weak ap_main
    .code16
ap_begin:
    cli
    xor %ax, %ax
    mov %ax, %ds
    lgdtl 0x8000 + 1f - ap_begin
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $0x08, $ap_entry
1:  .word gdt_pointer - gdt - 1
    .long gdt
ap_end:
    .code32
ap_entry:
    mov $0x10, %eax
    mov %eax, %ds
    mov $ap_stack, %esp
    mov $ap_main, %ebp
    jmp enter

    .data
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* 0x08: 32-bit code */
    .quad 0x00cf93000000ffff    /* 0x10: data */
    .quad 0x00af9b000000ffff    /* 0x18: 64-bit code */
    .quad 0x00009b000000ffff    /* 0x20: 16-bit code */
    .quad 0x000093000000ffff    /* 0x28: 16-bit data */
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt, 0

    .bss
    .balign 4096
#ifdef __x86_64__
pml4:
    .skip 4096
pdpt:
    .skip 4096
pd:
    .skip 4 * 4096
#endif
    .skip 4096
ap_stack:
    .skip 8192
stack:

#ifdef PVH
    .section .note.pvh, "a", @note
    .long 4, 4, 18
    .asciz "Xen"
    .long _start
#endif
    .section .note.GNU-stack, "", @progbits
