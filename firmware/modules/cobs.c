#include "cobs.h"

#include <stdbool.h>
#include <string.h>

#define BLOCK 254 /* bytes without a zero that one block takes at most */

size_t cobs_encode(uint8_t *to, const uint8_t *from, size_t size)
{
    uint8_t *start = to;
    const uint8_t *end = from + size;
    bool more;
    do {
        size_t most = end - from < BLOCK ? (size_t)(end - from) : BLOCK;
        const uint8_t *zero = memchr(from, 0, most);
        size_t block = zero ? (size_t)(zero - from) : most;
        *to++ = (uint8_t)(block + 1);
        memcpy(to, from, block);
        to += block;
        from += block;
        /* A full block stands for no zero; one that ends the input needs no other behind it. */
        more = zero || from < end;
        if (zero)
            from++;
    } while (more);
    return (size_t)(to - start);
}

enum cobs_fault cobs_decode(uint8_t *to, size_t *written, const uint8_t *from, size_t size)
{
    uint8_t *start = to;
    *written = 0;
    if (size && memchr(from, 0, size))
        return COBS_ZERO;
    for (size_t at = 0; at < size;) {
        size_t block = (size_t)from[at++] - 1;
        if (size - at < block)
            return COBS_CUT_SHORT;
        memcpy(to, from + at, block);
        to += block;
        at += block;
        if (at < size && block < BLOCK)
            *to++ = 0;
    }
    *written = (size_t)(to - start);
    return COBS_GOOD;
}
