/* ChaCha20 (RFC 8439, section 2.4). */
#ifndef CRYPTO_CHACHA20_H
#define CRYPTO_CHACHA20_H

#include <stddef.h>
#include <stdint.h>

#define CHACHA20_BLOCK 64

struct chacha20 {
    uint32_t state[16]; /* the input of the next block */
};

/* Begin with block `counter` of the key stream. */
void chacha20_start(struct chacha20 *cipher, const uint8_t key[32], const uint8_t nonce[12],
                    uint32_t counter);

/* Encrypt or decrypt: xor `size` bytes with the key stream, whose last block is used up by it.
 * `to` may be `from`. */
void chacha20_add(struct chacha20 *cipher, uint8_t *to, const uint8_t *from, size_t size);

void chacha20_wipe(struct chacha20 *cipher);

#endif
