/* Raw samples of the noise source, each tested as SP 800-90B, section 4.4, says. */
#ifndef PORT_NOISE_H
#define PORT_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begins the start-up test, which takes 65,536 cycles. */
void noise_start(void);

/* Waits for so many bytes; false if a health test fails or has failed: then nothing is given, and
 * `noise_start` is the way back. */
bool noise_read(uint8_t *bytes, size_t size);

#endif
