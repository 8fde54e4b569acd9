/* Poly1305 (RFC 8439, section 2.5), in pieces. */
#ifndef CRYPTO_POLY1305_H
#define CRYPTO_POLY1305_H

#include <stddef.h>
#include <stdint.h>

#define POLY1305_BYTES 16

struct poly1305 {
    uint32_t r[4]; /* the clamped factor; words of 32 bits, the lowest first */
    uint32_t sum[5]; /* the accumulator; the same, with a few bits beyond 2^130 */
    uint32_t s[4]; /* what is added at the end; the same */
};

/* A key is for one message. */
void poly1305_start(struct poly1305 *mac, const uint8_t key[32]);

/* Add a piece; one whose size is no multiple of 16 is filled up with zeros, as the AEAD
 * construction wants it (section 2.8). */
void poly1305_add_padded(struct poly1305 *mac, const uint8_t *bytes, size_t size);

/* Add the last bytes as Poly1305 itself wants them, write the tag and wipe. */
void poly1305_finish(struct poly1305 *mac, const uint8_t *bytes, size_t size,
                     uint8_t tag[POLY1305_BYTES]);

#endif
