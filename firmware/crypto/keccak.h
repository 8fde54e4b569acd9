/* Keccak-f[1600] (FIPS 202, section 3): all that a hardware engine has to replace.
 *
 * An engine has one state. Whoever hashes therefore keeps one state in use at a time, from
 * keccak_clear to the last keccak_extract; a test holds the whole library to it.
 */
#ifndef CRYPTO_KECCAK_H
#define CRYPTO_KECCAK_H

#include <stddef.h>
#include <stdint.h>

#define KECCAK_BYTES 200

struct keccak {
    uint64_t lanes[KECCAK_BYTES / 8];
};

/* Set all bytes of the state to zero: at the start, and at the end if it has held a secret. */
void keccak_clear(struct keccak *state);

/* Apply the 24 rounds. */
void keccak_permute(struct keccak *state);

/* Add `size` bytes to the state from byte `offset` on; offset + size <= KECCAK_BYTES. */
void keccak_xor(struct keccak *state, size_t offset, const uint8_t *bytes, size_t size);

/* Read `size` bytes of the state from byte `offset` on; offset + size <= KECCAK_BYTES. */
void keccak_extract(const struct keccak *state, size_t offset, uint8_t *bytes, size_t size);

#endif
