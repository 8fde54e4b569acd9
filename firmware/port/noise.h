/* Raw samples of the noise source, each tested as SP 800-90B, section 4.4, says. */
#ifndef PORT_NOISE_H
#define PORT_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Waits for so many bytes; false if a health test fails or has failed: then nothing is given until
 * the next reset. The self-test has started the source. */
bool noise_read(uint8_t *bytes, size_t size);

#endif
