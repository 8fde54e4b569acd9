/* VexRiscv, and how the generated csr.h reaches registers. */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <stdint.h>

#define CSR_ACCESSORS_DEFINED

static inline void csr_write_simple(unsigned long value, unsigned long address)
{
    *(volatile uint32_t *)address = value;
}

static inline unsigned long csr_read_simple(unsigned long address)
{
    return *(volatile uint32_t *)address;
}

/* Cycles since reset, modulo 2**32. */
static inline uint32_t cycles(void)
{
    uint32_t count;
    __asm__ volatile("csrr %0, mcycle" : "=r"(count));
    return count;
}

/* Forget the data cache, which writes through: what DMA has written is seen. */
static inline void flush_data_cache(void)
{
    __asm__ volatile(".word 0x500f" ::: "memory");
}

/* Interrupts that may come: a bit for each of soc.h's *_INTERRUPT. */
static inline void interrupts_allow(uint32_t mask)
{
    __asm__ volatile("csrw 0xbc0, %0" ::"r"(mask));
    __asm__ volatile("csrw mie, %0" ::"r"(0x800)); /* external ones */
    __asm__ volatile("csrsi mstatus, 8");
}

/* Interrupts that wait. */
static inline uint32_t interrupts_pending(void)
{
    uint32_t mask;
    __asm__ volatile("csrr %0, 0xfc0" : "=r"(mask));
    return mask;
}

#endif
