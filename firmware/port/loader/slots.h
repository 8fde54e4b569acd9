/* What is in a slot, and which of two comes first: firmware/node/slots.py has the same. */
#ifndef LOADER_SLOTS_H
#define LOADER_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT_HEADER 20 /* "slot", bytes of the image, its CRC-32, counter, CRC-32 of these */

/* Whether a header is whole, and what it says of the image behind it. */
bool slot_holds(const uint8_t *header, uint32_t *length, uint32_t *crc);

/* The slot that is tried first: 0 or 1, or -1 if neither header is whole. */
int slots_first(const uint8_t headers[2][SLOT_HEADER]);

/* That of zlib. */
uint32_t crc32(const uint8_t *data, uint32_t length);

#endif
