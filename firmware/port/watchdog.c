#include "watchdog.h"

#include <generated/csr.h>
#include <generated/soc.h>

#include "cpu.h"
#include "panic.h"

#ifndef WATCHDOG_MS
#define WATCHDOG_MS 30000
#endif
#define TIMEOUT (WATCHDOG_MS * (CONFIG_CLOCK_FREQUENCY / 1000u))
#define LAST_RESORT (TIMEOUT + 10u * CONFIG_CLOCK_FREQUENCY)
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

void watchdog_start(void)
{
    watchdog0_cycles_write(LAST_RESORT);
    watchdog_feed();
    timer0_ev_pending_write(1); /* it was at zero since reset */
    timer0_ev_enable_write(1);
    cpu_allow_interrupt(TIMER0_INTERRUPT);
}

void watchdog_feed(void)
{
    timer0_en_write(0);
    timer0_load_write(TIMEOUT);
    timer0_en_write(1);
    watchdog0_control_write(1u << CSR_WATCHDOG0_CONTROL_FEED_OFFSET |
                             1u << CSR_WATCHDOG0_CONTROL_ENABLE_OFFSET |
                             1u << CSR_WATCHDOG0_CONTROL_RESET_OFFSET);
}

void watchdog_interrupt(uint32_t where)
{
    if (timer0_ev_pending_read())
        panic("no sign of life for " TEXT(WATCHDOG_MS) " ms", where, 0);
}
