/* From reset to main, and from a trap to C: VexRiscv boots straight into main memory. */

    .section .start, "ax"
    .global _start, start_mode, spent
_start:
    j       1f
start_mode:
    .word   0                   /* the second word of the image: prepared.h */
spent:
    .word   0, 0                /* third and fourth: board.h */

    .global code_constant
code_constant:                  /* from here on nothing changes: board.c measures it */
1:  la      t0, trap_entry
    csrw    mtvec, t0
    li      t0, 0x800           /* external interrupts, once mstatus lets them */
    csrw    mie, t0
    lw      t0, start_mode
    li      t1, 2
    beq     t0, t1, resume

    la      sp, stack_top
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sw      zero, 0(t0)
    addi    t0, t0, 4
    j       1b

2:  call    main
3:  j       3b

/* Go on where prepared_save() was called, on the stack of that time. */
resume:
    la      s0, context
    lw      sp, 0(s0)
    call    start_devices
    lw      ra, 4(s0)
    lw      s1, 12(s0)
    lw      s2, 16(s0)
    lw      s3, 20(s0)
    lw      s4, 24(s0)
    lw      s5, 28(s0)
    lw      s6, 32(s0)
    lw      s7, 36(s0)
    lw      s8, 40(s0)
    lw      s9, 44(s0)
    lw      s10, 48(s0)
    lw      s11, 52(s0)
    lw      s0, 8(s0)
    li      a0, 1
    ret

    .global prepared_save
prepared_save:
    la      t0, context
    sw      sp, 0(t0)
    sw      ra, 4(t0)
    sw      s0, 8(t0)
    sw      s1, 12(t0)
    sw      s2, 16(t0)
    sw      s3, 20(t0)
    sw      s4, 24(t0)
    sw      s5, 28(t0)
    sw      s6, 32(t0)
    sw      s7, 36(t0)
    sw      s8, 40(t0)
    sw      s9, 44(t0)
    sw      s10, 48(t0)
    sw      s11, 52(t0)
    li      a0, 0
    ret

    .bss
    .balign 4
context:
    .zero   56

    .section .start, "ax"

/* Registers that a C function may change are kept on the stack of whoever was interrupted. trap()
 * gets cause, address and the stack's pointer, and does not return from an exception. */
    .balign 4
trap_entry:
    addi    sp, sp, -64
    sw      ra, 0(sp)
    sw      t0, 4(sp)
    sw      t1, 8(sp)
    sw      t2, 12(sp)
    sw      a0, 16(sp)
    sw      a1, 20(sp)
    sw      a2, 24(sp)
    sw      a3, 28(sp)
    sw      a4, 32(sp)
    sw      a5, 36(sp)
    sw      a6, 40(sp)
    sw      a7, 44(sp)
    sw      t3, 48(sp)
    sw      t4, 52(sp)
    sw      t5, 56(sp)
    sw      t6, 60(sp)
    csrr    a0, mcause
    csrr    a1, mepc
    csrr    a2, mtval
    call    trap
    lw      ra, 0(sp)
    lw      t0, 4(sp)
    lw      t1, 8(sp)
    lw      t2, 12(sp)
    lw      a0, 16(sp)
    lw      a1, 20(sp)
    lw      a2, 24(sp)
    lw      a3, 28(sp)
    lw      a4, 32(sp)
    lw      a5, 36(sp)
    lw      a6, 40(sp)
    lw      a7, 44(sp)
    lw      t3, 48(sp)
    lw      t4, 52(sp)
    lw      t5, 56(sp)
    lw      t6, 60(sp)
    addi    sp, sp, 64
    mret
