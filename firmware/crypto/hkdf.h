/* HMAC (RFC 2104) and HKDF (RFC 5869) with SHA3-256. */
#ifndef CRYPTO_HKDF_H
#define CRYPTO_HKDF_H

#include <stddef.h>
#include <stdint.h>

#define HMAC_BYTES 32
#define HKDF_LIMIT (255 * HMAC_BYTES) /* bytes of one output */

/* HMAC-SHA3-256 of a message under a key of any size. */
void hmac_sha3_256(uint8_t mac[HMAC_BYTES], const uint8_t *key, size_t key_size,
                   const uint8_t *message, size_t size);

/* Derive `size` bytes from a secret; the salt may be empty.
 * Returns 0, or -1 if the size is above HKDF_LIMIT. */
int hkdf_sha3_256(uint8_t *okm, size_t size, const uint8_t *secret, size_t secret_size,
                  const uint8_t *salt, size_t salt_size, const uint8_t *info, size_t info_size);

#endif
