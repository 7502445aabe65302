/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel of the 16-bit boot protocol that only looks at what it was given:
 * it writes its command line, the first four bytes of its protected-mode part
 * and of its initrd, and "ok" if header and registers are as they should be,
 * to port 0x402; then it lets firmware go on.
 */
#define CMD_LINE_PTR 0x228
#define RAMDISK_IMAGE 0x218
#define RAMDISK_SIZE 0x21c
#define BUFFER 0x3f0

    .text
    .code16
    .globl kernel
kernel:
    .org 0x1f1
    .byte 1                         /* setup_sects */
    .word 0
    .long 0x20                      /* syssize, in 16 bytes */
    .word 0, 0, 0, 0xaa55
    jmp start
    .ascii "HdrS"
    .word 0x20a
    .long 0
    .word 0, 0
    .byte 0, 1                      /* loadflags: LOADED_HIGH */
    .word 0
    .long 0x100000, 0, 0, 0
    .word 0
    .byte 0, 0
    .long 0, 0x3ffffff, 0x200000    /* cmd_line_ptr, initrd_addr_max, align */
    .byte 1, 0                      /* relocatable */
    .word 0
    .long 100, 0, 0, 0, 0, 0, 0, 0  /* cmdline_size ... setup_data */
    .quad 0x200000                  /* pref_address */
    .long 0x1000                    /* init_size */

start:
    cld
    mov $0x402, %dx
    mov CMD_LINE_PTR, %eax          /* the command line */
    shr $4, %eax
    mov %ax, %fs
    xor %si, %si
1:  mov %fs:(%si), %al
    inc %si
    test %al, %al
    jz 2f
    out %al, %dx
    jmp 1b

2:  mov $0xffff, %ax                /* 0xffff:0x10 is 1 MiB */
    mov %ax, %fs
    mov $0x10, %si
    mov $4, %cx
3:  mov %fs:(%si), %al
    inc %si
    out %al, %dx
    loop 3b

    mov RAMDISK_IMAGE, %eax         /* copied by INT 15h, 87h */
    mov %eax, source + 2
    shr $24, %eax
    mov %al, source + 7
    movb $0x93, source + 5
    mov $gdt, %si
    mov $2, %cx
    mov $0x87, %ah
    int $0x15
    jc failed
    mov $0x402, %dx
    mov $BUFFER, %si
    mov $4, %cx
    rep outsb

    cmpl $5, RAMDISK_SIZE
    jne failed
    cmpl $0x201000, RAMDISK_IMAGE   /* above pref_address + init_size */
    jb failed
    cmpl $0x3fff000, RAMDISK_IMAGE  /* below initrd_addr_max */
    ja failed
    testw $0xfff, RAMDISK_IMAGE
    jnz failed
    mov %cs, %ax
    mov %ds, %bx
    sub $0x20, %ax
    cmp %ax, %bx
    jne failed
    mov %ss, %ax
    cmp %ax, %bx
    jne failed
    cmpb $0xff, 0x210               /* type_of_loader */
    jne failed
    testb $0x80, 0x211              /* CAN_USE_HEAP */
    jz failed
    mov $'o', %al
    out %al, %dx
    mov $'k', %al
    out %al, %dx
failed:
    int $0x18

    .balign 16
gdt:
    .quad 0, 0
source:
    .word 0xffff, 0, 0x9300, 0
    .word 0xffff, BUFFER, 0x9301, 0 /* the setup is at 0x10000 */
    .quad 0, 0

    .org 0x400
    .ascii "KERN"
    .org 0x600
