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

#define BLOCKS 4 /* in a byte of the table: two bits each, 0 where it is free, 1 where objects begin */
#define HEADS 0x55

/* A free block; NULL if MicroPython had better look. What follows `size` bytes is zeroed: it may
 * look like pointers. */
static void *one_block(mp_state_mem_area_t *area, size_t size)
{
    if (MP_STATE_THREAD(gc_lock_depth) ||
        MP_STATE_MEM(gc_alloc_amount) >= MP_STATE_MEM(gc_alloc_threshold))
        return NULL;
    uint8_t *entry = area->gc_alloc_table_start + area->gc_last_free_atb_index;
    const uint8_t *end = area->gc_alloc_table_start + area->gc_alloc_table_byte_len;
    unsigned used = HEADS;
    for (; entry < end && (used = (*entry | *entry >> 1) & HEADS) == HEADS; entry++)
        ;
    if (used == HEADS)
        return NULL;
    size_t at = !(used & 1) ? 0 : !(used & 4) ? 1 : !(used & 16) ? 2 : 3;
    size_t block = (size_t)(entry - area->gc_alloc_table_start) * BLOCKS + at;
    *entry |= (uint8_t)(1 << 2 * at);
    area->gc_last_free_atb_index = (block + 1) / BLOCKS;
    if (area->gc_last_used_block < block)
        area->gc_last_used_block = block;
    MP_STATE_MEM(gc_alloc_amount)++;
    uint32_t *made = (uint32_t *)(area->gc_pool_start + block * MICROPY_BYTES_PER_GC_BLOCK);
    for (size_t i = size / 4; i < MICROPY_BYTES_PER_GC_BLOCK / 4; i++)
        made[i] = 0;
    return made;
}

void *__real_gc_alloc(size_t size, unsigned int flags);

/* The linker puts this in the place of MicroPython's, whose heap it is. That looks for several free
 * blocks from the first free one on, past all that was made since the last collection; this, from
 * where such room was found last. Most objects take one block, and are made here. */
void *__wrap_gc_alloc(size_t size, unsigned int flags)
{
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    if (size <= MICROPY_BYTES_PER_GC_BLOCK) {
        void *made = size && !flags ? one_block(area, size) : NULL;
        return made ? made : __real_gc_alloc(size, flags);
    }
    size_t first_free = area->gc_last_free_atb_index;
    if (several > first_free)
        area->gc_last_free_atb_index = several;
    collected = false;
    void *made = __real_gc_alloc(size, flags);
    if (!collected)
        area->gc_last_free_atb_index = first_free;
    if (made)
        several = (size_t)((uint8_t *)made - area->gc_pool_start) /
            (MICROPY_BYTES_PER_GC_BLOCK * BLOCKS);
    return made;
}
