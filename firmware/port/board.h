/* What whoever measures the node reads out of memory. */
#ifndef PORT_BOARD_H
#define PORT_BOARD_H

#include <stdint.h>

/* Cycles spent since reset, modulo 2**32: waiting for the line, and collecting the heap. They are
 * the third and fourth word of the image. */
extern struct {
    volatile uint32_t waiting, collecting;
} spent;

#endif
