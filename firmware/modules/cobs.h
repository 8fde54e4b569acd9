/* Consistent overhead byte stuffing (Cheshire and Baker, 1999). */
#ifndef MODULES_COBS_H
#define MODULES_COBS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that the encoding of `size` bytes takes at most. */
#define COBS_LIMIT(size) ((size) + (size) / 254 + 1)

/* Encode; `to` has room for COBS_LIMIT(size). Returns the bytes written, none of them zero. */
size_t cobs_encode(uint8_t *to, const uint8_t *from, size_t size);

enum cobs_fault {
    COBS_GOOD,
    COBS_ZERO, /* there is a zero byte */
    COBS_CUT_SHORT, /* the last block is shorter than it says */
};

/* Decode; `to` has room for `size` bytes, of which `*written` are written. */
enum cobs_fault cobs_decode(uint8_t *to, size_t *written, const uint8_t *from, size_t size);

#endif
