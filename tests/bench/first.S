/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest kernel: writes one byte to COM1, however it is entered. A
 * bzImage (boot protocol 2.12), so that every loader takes the same file: by
 * its real-mode, its 32-bit or its 64-bit entry.
 */
#define SETUP_SECTORS 1

    .code16
    .globl _start
_start:
    .org 0x1f1
    .byte SETUP_SECTORS
    .word 1                     /* root_flags: read-only */
    .long (end - kernel + 15) / 16
    .word 0, 0, 0               /* ram_size, vid_mode, root_dev */
    .word 0xaa55
    .byte 0xeb, setup - 1f      /* a short jump */
1:  .ascii "HdrS"
    .word 0x20c
    .long 0
    .word 0, 0                  /* start_sys_seg, kernel_version */
    .byte 0, 1                  /* type_of_loader, loadflags: LOADED_HIGH */
    .word 0
    .long 0x100000              /* code32_start */
    .long 0, 0, 0               /* ramdisk, bootsect_kludge */
    .word 0
    .byte 0, 0
    .long 0                     /* cmd_line_ptr */
    .long 0x7fffffff            /* initrd_addr_max */
    .long 0x200000              /* kernel_alignment */
    .byte 1, 21                 /* relocatable, min_alignment */
    .word 1                     /* xloadflags: XLF_KERNEL_64 */
    .long 255                   /* cmdline_size */
    .long 0
    .quad 0
    .long 0, 0
    .quad 0
    .quad 0x100000              /* pref_address */
    .long 0x10000               /* init_size */
    .long 0
setup:
    mov $0x3f8, %dx
    mov $'!', %al
    out %al, %dx
1:  hlt
    jmp 1b

    .org 512 * (SETUP_SECTORS + 1)
kernel:
    .code32
    mov $0x3f8, %edx
    mov $'!', %al
    out %al, %dx
1:  hlt
    jmp 1b
    .org 512 * (SETUP_SECTORS + 1) + 0x200
    .code64
    mov $0x3f8, %edx
    mov $'!', %al
    out %al, %dx
1:  hlt
    jmp 1b
    .balign 512
end:
