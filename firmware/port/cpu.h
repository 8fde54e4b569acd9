/* VexRiscv: interrupts, cycles, reset, cache. */
#ifndef PORT_CPU_H
#define PORT_CPU_H

#include <generated/csr.h>
#include <stdint.h>

#define INTERRUPT_MASK "0xbc0" /* LiteX's own registers of the CPU */
#define INTERRUPT_PENDING "0xfc0"

static inline uint32_t cpu_interrupts_pending(void)
{
    uint32_t pending, mask;
    __asm__ volatile("csrr %0, " INTERRUPT_PENDING : "=r"(pending));
    __asm__ volatile("csrr %0, " INTERRUPT_MASK : "=r"(mask));
    return pending & mask;
}

static inline void cpu_allow_interrupt(unsigned line)
{
    uint32_t mask;
    __asm__ volatile("csrr %0, " INTERRUPT_MASK : "=r"(mask));
    __asm__ volatile("csrw " INTERRUPT_MASK ", %0" ::"r"(mask | 1U << line));
}

/* Returns whether interrupts were on, for cpu_restore_interrupts. */
static inline uint32_t cpu_disable_interrupts(void)
{
    uint32_t status;
    __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(status)::"memory");
    return status & 8;
}

static inline void cpu_restore_interrupts(uint32_t were)
{
    __asm__ volatile("csrs mstatus, %0" ::"r"(were) : "memory");
}

static inline void cpu_enable_interrupts(void)
{
    cpu_restore_interrupts(8);
}

/* Cycles since reset. */
static inline uint64_t cpu_cycles(void)
{
    uint32_t low, high, again;
    do {
        __asm__ volatile("csrr %0, mcycleh" : "=r"(high));
        __asm__ volatile("csrr %0, mcycle" : "=r"(low));
        __asm__ volatile("csrr %0, mcycleh" : "=r"(again));
    } while (high != again);
    return (uint64_t)high << 32 | low;
}

static inline _Noreturn void cpu_reset(void)
{
    ctrl_reset_write(1);
    for (;;)
        ;
}

/* Forget what the cache holds: it is written through, so nothing is lost. The one place where
 * what DMA has written becomes visible; what the CPU has written, DMA always sees. */
static inline void cpu_forget_cache(void)
{
    __asm__ volatile(".word 0x500f" ::: "memory");
}

#endif
