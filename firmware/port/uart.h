/* The line: interrupts move bytes between the UART and two rings. */
#ifndef PORT_UART_H
#define PORT_UART_H

#include <stddef.h>
#include <stdint.h>

#define UART_RING 16384 /* bytes received that may wait: what the link grants as credit, and more */

void uart_start(void);

/* The interrupt's handler. */
void uart_interrupt(void);

/* Bytes that wait to be read, and room in the ring of those to be sent. */
size_t uart_waiting(void);
size_t uart_room(void);

/* Move at most `size` bytes; return how many. */
size_t uart_read(uint8_t *bytes, size_t size);
size_t uart_write(const uint8_t *bytes, size_t size);

/* Change the speed once all that was written has gone out. */
void uart_set_speed(uint32_t baud);

/* Send without interrupts and rings, for a panic. */
void uart_send_now(const uint8_t *bytes, size_t size);

#endif
