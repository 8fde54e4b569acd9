# First instructions of the boot ROM: a stack and variables on the chip.

        .section .start, "ax"
        .globl  _start
_start:
        la      sp, _stack_top
        la      t0, _data_start
        la      t1, _data_end
        la      t2, _data_rom
1:      bgeu    t0, t1, 2f
        lw      t3, 0(t2)
        sw      t3, 0(t0)
        addi    t0, t0, 4
        addi    t2, t2, 4
        j       1b
2:      la      t1, _bss_end
3:      bgeu    t0, t1, 4f
        sw      zero, 0(t0)
        addi    t0, t0, 4
        j       3b
4:      call    boot            # does not return
