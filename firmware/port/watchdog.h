/* What does not come back to the line for too long is ended. */
#ifndef PORT_WATCHDOG_H
#define PORT_WATCHDOG_H

#include <stdint.h>

/* From now on `watchdog_feed` has to be called every 30 seconds. A program that hangs ends in
 * watchdog_interrupt, which says where it is; one that hangs with interrupts off is reset 10
 * seconds later. */
void watchdog_start(void);
void watchdog_feed(void);

/* Of an interrupt: does not return if it was the watchdog's. */
void watchdog_interrupt(uint32_t where);

#endif
