/* ChaCha20 (RFC 8439, section 2.4). */
#ifndef CRYPTO_CHACHA20_H
#define CRYPTO_CHACHA20_H

#include <stddef.h>
#include <stdint.h>

/* Encrypt or decrypt: xor `size` bytes with the key stream from block `counter` on.
 * `to` may be `from`. */
void chacha20(uint8_t *to, const uint8_t *from, size_t size, const uint8_t key[32],
              const uint8_t nonce[12], uint32_t counter);

#endif
