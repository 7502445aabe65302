/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An option ROM for virtio-rng-pci that says on the first serial port and on
 * the debug port that firmware has run it. Its last byte is its checksum.
 *
 * Source: PCI Firmware Specification 3.0, 5.1 (the headers).
 */
    .code16
    .globl _start
_start:
rom:
    .byte 0x55, 0xaa, 512 / 512
    jmp init
    .org 0x18
    .word pcir - rom, 0
pcir:
    .ascii "PCIR"
    .word 0x1af4, 0x1005
    .word 0, 0x18                   /* no data; length of this */
    .byte 0, 0, 0, 0xff             /* revision, class */
    .word 1, 1                      /* in 512 bytes; revision */
    .byte 0, 0x80                   /* for PCs; the last image */
    .word 0
init:
    pushaw
    push %ds
    push %cs
    pop %ds
    cld
    mov $text - rom, %si
1:
    lodsb
    test %al, %al
    jz 3f
    mov $0x402, %dx
    out %al, %dx
    mov %al, %ah
    mov $0x3fd, %dx
2:
    in %dx, %al
    test $0x20, %al                 /* transmitter empty, or nobody there */
    jz 2b
    mov $0x3f8, %dx
    mov %ah, %al
    out %al, %dx
    jmp 1b
3:
    pop %ds
    popaw
    lret
text:
    .asciz "\r\nROM: run by firmware\r\n"
    .org 512
