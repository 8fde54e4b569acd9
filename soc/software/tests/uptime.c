/* The uptime counts what the CPU counts. */
#include "check.h"

#include <generated/csr.h>

static uint64_t now(void)
{
    uptime_control_write(1u << CSR_UPTIME_CONTROL_LATCH_OFFSET);
    return uptime_cycles_read();
}

void test_uptime(void);
void test_uptime(void)
{
    now();
    uint64_t first = now();
    uint32_t before = cycles();
    while (cycles() - before < 1000) {
    }
    uint32_t passed = (uint32_t)(now() - first);
    check("cycles in about a thousand", passed >= 1000 && passed < 1200, 1);
    check("its high word", (uint32_t)(first >> 32), 0);
}
