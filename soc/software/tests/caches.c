/* Both caches at addresses that share a line, for every size that they may have. */
#include "check.h"
#include "system.h"

#define LEAST 4096 /* bytes of a cache */
#define MOST 65536
#define WAYS 3 /* places that share a line */
#define WORDS 8 /* of a line */

#define RETURN 0x00008067u

static uint32_t room[WAYS * MOST / 4] __attribute__((aligned(MOST)));

static uint32_t value(uint32_t stride, uint32_t way, uint32_t word)
{
    return (stride + way * 0x01010101u + word * 0x10203u) * 2654435761u;
}

static volatile uint32_t *place(uint32_t stride, uint32_t way, uint32_t word)
{
    return (volatile uint32_t *)((uint8_t *)room + way * stride + stride / 2 + 4 * word);
}

static void check_data(uint32_t stride)
{
    for (uint32_t word = 0; word < WORDS; word++)
        for (uint32_t way = 0; way < WAYS; way++) {
            volatile uint32_t *at = place(stride, way, word);
            (void)*at; /* the line is there when it is written to */
            *at = 0;
            for (uint32_t i = 0; i < 4; i++)
                ((volatile uint8_t *)at)[i] = (uint8_t)(value(stride, way, word) >> 8 * i);
            check("a word just written", *at, value(stride, way, word));
        }
    for (int flushed = 0; flushed < 2; flushed++) {
        for (uint32_t word = 0; word < WORDS; word++)
            for (uint32_t way = 0; way < WAYS; way++)
                check("a word", *place(stride, way, word), value(stride, way, word));
        flush_data_cache();
    }
}

/* `addi a0, zero, number` and `ret`. */
static void write_code(uint32_t stride, uint32_t way, uint32_t number)
{
    *place(stride, way, 2) = number << 20 | 10u << 7 | 0x13u;
    *place(stride, way, 3) = RETURN;
}

static uint32_t call(uint32_t stride, uint32_t way)
{
    return ((uint32_t(*)(void))(uintptr_t)place(stride, way, 2))();
}

static void check_code(uint32_t stride)
{
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t way = 0; way < WAYS; way++)
            write_code(stride, way, 100 * round + way + 1);
        __asm__ volatile("fence.i" ::: "memory");
        for (int again = 0; again < 2; again++)
            for (uint32_t way = 0; way < WAYS; way++)
                check("what code returns", call(stride, way), 100 * round + way + 1);
    }
}

void test_caches(void);
void test_caches(void)
{
    for (uint32_t stride = LEAST; stride <= MOST; stride *= 2) {
        check_data(stride);
        check_code(stride);
    }
}
