/* ChaCha20-Poly1305 (RFC 8439, section 2.8). */
#ifndef CRYPTO_CHACHA20POLY1305_H
#define CRYPTO_CHACHA20POLY1305_H

#include <stddef.h>
#include <stdint.h>

#define AEAD_TAG_BYTES 16

/* Encrypt `size` bytes, at most 2^38 - 64, and authenticate them and `aad`. `to` may be `from`.
 * A nonce is for one message under a key. */
void chacha20poly1305_seal(uint8_t *to, uint8_t tag[AEAD_TAG_BYTES], const uint8_t *from,
                           size_t size, const uint8_t *aad, size_t aad_size,
                           const uint8_t key[32], const uint8_t nonce[12]);

/* The same of a message in two parts: `first` bytes at `from`, and the others, if any, at their place
 * in `to`; before others they are whole blocks of ChaCha20, 64 bytes. */
void chacha20poly1305_seal_parts(uint8_t *to, uint8_t tag[AEAD_TAG_BYTES], const uint8_t *from,
                                 size_t first, size_t size, const uint8_t *aad, size_t aad_size,
                                 const uint8_t key[32], const uint8_t nonce[12]);

/* Decrypt; `to` may be `from`. Returns 0, or -1 if the tag is wrong: `to` is untouched then. */
int chacha20poly1305_open(uint8_t *to, const uint8_t tag[AEAD_TAG_BYTES], const uint8_t *from,
                          size_t size, const uint8_t *aad, size_t aad_size,
                          const uint8_t key[32], const uint8_t nonce[12]);

#endif
