/* An image of memory after all is loaded, which starts where that was: what is imported once need
 * not be at each reset. Nothing secret is in it, and nothing of a device. */
#ifndef PORT_PREPARED_H
#define PORT_PREPARED_H

#include <stdint.h>

/* The second word of an image. PREPARING is set by who wants to take the memory: the program then
 * stops where it is prepared, and what is taken starts there once its word is PREPARED. */
enum { START_PLAIN = 0, START_PREPARING = 1, START_PREPARED = 2 };
extern const volatile uint32_t start_mode;

/* 0, and 1 when an image of the memory at this moment starts; whoever calls it must not return
 * before. */
int prepared_save(void) __attribute__((returns_twice));

/* UART, watchdog, interrupts, self-test: for main, and for an image that starts prepared. */
void start_devices(void);

#endif
