/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An option ROM that starts the kernel of -kernel behind a PC's firmware: it
 * fetches its parts from fw_cfg by DMA, which reaches all of memory from real
 * mode, puts the initrd where firmware's memory map has room, and enters the
 * kernel's 16-bit code, which asks firmware for the rest.
 *
 * Sources: Plug and Play BIOS Specification 1.0A, 3.3 (the expansion header);
 * BIOS Boot Specification 1.01 (BEV); Linux Documentation/arch/x86/boot.rst;
 * QEMU, docs/specs/fw_cfg.rst; ACPI 6.5, 15.1 (INT 15h, E820h).
 */

/* Real-mode data is in the kernel's segment, above where its setup ends. */
#define SEGMENT 0x1000
#define LINEAR(off) (SEGMENT * 16 + (off))
#define STACK 0xe000
#define DESC 0xff00  /* of fw_cfg's DMA */
#define VALUE 0xff10 /* of a number in fw_cfg */
#define ENTRY 0xff20 /* of the memory map */

/* The kernel's setup header. */
#define RAMDISK_IMAGE 0x218
#define RAMDISK_SIZE 0x21c
#define INITRD_ADDR_MAX 0x22c

#define FW_CFG_DMA 0x514
#define DMA_SELECT_READ 0x0a
#define SWAP32(x) \
    (((x) & 0xff) << 24 | ((x) & 0xff00) << 8 | ((x) >> 8 & 0xff00) | (x) >> 24)
#define SMAP 0x534d4150
#define E820_RAM 1
#define DEBUG_PORT 0x402

    .section .rodata
    .code16
    .balign 16
    .globl pc_kernel_rom, pc_kernel_rom_end
pc_kernel_rom:
    .byte 0x55, 0xaa
    .byte (pc_kernel_rom_end - pc_kernel_rom) / 512
    lret                            /* nothing to set up */
    .org pc_kernel_rom + 0x1a
    .word pnp - pc_kernel_rom
    .balign 16
pnp:
    .ascii "$PnP"
    .byte 1, 2                      /* revision, length / 16 */
    .word 0                         /* the only header */
    .byte 0, 0                      /* reserved, checksum (not ours to know) */
    .long 0
    .word vendor - pc_kernel_rom, product - pc_kernel_rom
    .byte 0, 0x80, 4, 0x64          /* other mass storage; boots by a BEV */
    .word 0, 0, boot - pc_kernel_rom, 0, 0
vendor:
    .asciz "hvmd"
product:
    .asciz "Linux kernel (-kernel)"

/* Keys of fw_cfg: address, size, data. The header is there before the initrd,
 * which writes into it. */
parts:
    .word 0x07, 0x08, 0x11          /* kernel */
    .word 0x13, 0x14, 0x15          /* command line */
    .word 0x16, 0x17, 0x18          /* setup */
initrd:
    .word 0x0a, 0x0b, 0x12          /* of this, the lowest address */
parts_end:

boot:
    cld
    cli
    mov $SEGMENT, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $STACK, %esp
    sti
    mov $parts - pc_kernel_rom, %si
part:
    mov %cs:(%si), %ax
    call number
    mov %eax, %ebp
    mov %cs:2(%si), %ax
    call number
    mov %eax, %ecx
    jecxz 2f
    cmp $initrd - pc_kernel_rom, %si
    jne 1f
    call place_initrd
1:  mov %ebp, %edi
    mov %cs:4(%si), %ax
    call fetch
2:  add $6, %si
    cmp $parts_end - pc_kernel_rom, %si
    jne part

    cli
    mov %ds, %ax
    mov %ax, %fs
    mov %ax, %gs
    mov $STACK, %esp
    ljmp $SEGMENT + 0x20, $0

/* %eax: the number with key %ax */
number:
    mov $4, %ecx
    mov $LINEAR(VALUE), %edi
    call fetch
    mov VALUE, %eax
    ret

/* %ecx bytes of the item with key %ax to linear address %edi */
fetch:
    shl $16, %eax
    mov $DMA_SELECT_READ, %al
    bswap %eax
    mov %eax, DESC
    mov %ecx, %eax
    bswap %eax
    mov %eax, DESC + 4
    movl $0, DESC + 8
    mov %edi, %eax
    bswap %eax
    mov %eax, DESC + 12
    mov $FW_CFG_DMA, %dx
    xor %eax, %eax
    out %eax, %dx
    mov $FW_CFG_DMA + 4, %dx
    mov $SWAP32(LINEAR(DESC)), %eax
    out %eax, %dx
1:  mov DESC, %eax
    test %eax, %eax
    jz 2f
    cmp $SWAP32(1), %eax
    jne 1b
    mov $no_data - pc_kernel_rom, %si
    jmp fail
2:  ret

/* Of %ecx bytes, not below %ebp: to %ebp, as high as the kernel takes it. */
place_initrd:
    mov %ecx, RAMDISK_SIZE
    movl $0, RAMDISK_IMAGE
    xor %ebx, %ebx
1:  mov $0xe820, %eax
    mov $SMAP, %edx
    mov $20, %ecx
    mov $ENTRY, %di
    int $0x15
    jc 5f
    cmp $SMAP, %eax
    jne 5f
    cmpl $E820_RAM, ENTRY + 16
    jne 4f
    cmpl $0, ENTRY + 4              /* starts above 4 GiB */
    jne 4f
    mov ENTRY, %eax
    mov ENTRY + 12, %edx
    add ENTRY + 8, %eax
    adc $0, %edx
    sub $1, %eax                    /* its last byte */
    sbb $0, %edx
    jz 2f
    or $-1, %eax
2:  cmp INITRD_ADDR_MAX, %eax
    jbe 3f
    mov INITRD_ADDR_MAX, %eax
3:  mov RAMDISK_SIZE, %ecx
    dec %ecx
    sub %ecx, %eax
    jb 4f
    and $~0xfff, %eax
    cmp ENTRY, %eax
    jb 4f
    cmp %ebp, %eax
    jb 4f
    cmp RAMDISK_IMAGE, %eax
    jbe 4f
    mov %eax, RAMDISK_IMAGE
4:  test %ebx, %ebx
    jnz 1b
5:  mov RAMDISK_SIZE, %ecx
    mov RAMDISK_IMAGE, %edi
    test %edi, %edi
    mov %edi, %ebp
    jz 6f
    ret
6:  mov $no_room - pc_kernel_rom, %si

/* Says %cs:%si where firmware does, and lets it boot something else. */
fail:
    mov %cs:(%si), %al
    inc %si
    test %al, %al
    jz 1f
    mov $DEBUG_PORT, %dx
    out %al, %dx
    mov $0x0e, %ah
    mov $7, %bx
    int $0x10
    jmp fail
1:  int $0x18

no_data:
    .asciz "hvmd: the kernel's files cannot be read\r\n"
no_room:
    .asciz "hvmd: no room for the initrd: give the guest more memory\r\n"

    .balign 512
pc_kernel_rom_end:
    .section .note.GNU-stack, "", @progbits
