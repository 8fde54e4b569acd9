/* The timer counts cycles and interrupts. */
#include "check.h"
#include "console.h"

#include <generated/csr.h>

static volatile int ticks;

void interrupted(uint32_t pending)
{
    if (pending & 1u << TIMER0_INTERRUPT) {
        timer0_ev_pending_write(1);
        ticks++;
    }
}

void test_timer(void);
void test_timer(void)
{
    timer0_en_write(0);
    timer0_load_write(1000);
    timer0_reload_write(1000);
    timer0_ev_pending_write(1);
    timer0_ev_enable_write(1);
    interrupts_allow(1u << TIMER0_INTERRUPT);
    uint32_t began = cycles();
    timer0_en_write(1);
    while (ticks < 5) {
    }
    uint32_t took = cycles() - began;
    timer0_en_write(0);
    timer0_ev_enable_write(0);
    interrupts_allow(0);
    check("five periods took 5,000 cycles and less than a sixth would", took - 5000 < 1000, 1);
}
