/* From the boot ROM to C: the loader moves away from the start of main RAM, where the firmware
 * comes to. Until it has, it may run nothing that says where it lies. */

    .section .start, "ax"
    .global _start
_start:
    auipc   t0, 0                   /* where it lies */
    lui     t1, %hi(_start)         /* where it belongs */
    addi    t1, t1, %lo(_start)
    lui     t2, %hi(loader_end)
    addi    t2, t2, %lo(loader_end)
1:  bgeu    t1, t2, 2f
    lw      t3, 0(t0)
    sw      t3, 0(t1)
    addi    t0, t0, 4
    addi    t1, t1, 4
    j       1b
2:  .word   0x500f                  /* forget the data cache, and what was fetched of instructions */
    fence.i
    lui     t3, %hi(moved)
    jr      %lo(moved)(t3)
moved:
    la      sp, stack_top
    call    load                    /* does not return */
