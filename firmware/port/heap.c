/* The collected heap: collections are counted, and room is found sooner. */
#include "board.h"
#include "cpu.h"
#include "py/gc.h"
#include "py/mpstate.h"
#include "shared/runtime/gchelper.h"

/* Where the last object of several blocks was put since the heap was collected, as an index of the
 * heap's table. */
static size_t several;
static bool collected;

void gc_collect(void)
{
    uint64_t began = cpu_cycles();
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
    several = 0;
    collected = true;
    spent.collecting += (uint32_t)(cpu_cycles() - began);
}

void *__real_gc_alloc(size_t size, unsigned int flags);

/* MicroPython looks for several free blocks from the first free one on, past all that was made
 * since the last collection; here, from where such room was found last. The linker puts this in the
 * place of its gc_alloc. */
void *__wrap_gc_alloc(size_t size, unsigned int flags)
{
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    if (size <= MICROPY_BYTES_PER_GC_BLOCK)
        return __real_gc_alloc(size, flags);
    size_t first_free = area->gc_last_free_atb_index;
    if (several > first_free)
        area->gc_last_free_atb_index = several;
    collected = false;
    void *made = __real_gc_alloc(size, flags);
    if (!collected)
        area->gc_last_free_atb_index = first_free;
    if (made)
        several = (size_t)((uint8_t *)made - area->gc_pool_start) / (MICROPY_BYTES_PER_GC_BLOCK * 4);
    return made;
}
