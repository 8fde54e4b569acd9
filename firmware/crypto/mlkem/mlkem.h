/* ML-KEM-1024 (FIPS 203): keys, encapsulation, decapsulation.
 *
 * A private key is its 64-byte seed, d || z. The standard's long form is made where it is needed;
 * whoever decapsulates often with one key may keep it (mlkem_expand, mlkem_decaps_expanded).
 *
 * Working memory is the caller's; what was secret in it is wiped before a function returns.
 * Buffers must not overlap. Whatever returns an int returns 0, or -1 if it refuses.
 */
#ifndef MLKEM_H
#define MLKEM_H

#include <stddef.h>
#include <stdint.h>

#include "poly.h"

struct mlkem_memory {
    struct mlkem_poly vector[MLKEM_K], sum, t;
};

struct mlkem_keygen_memory {
    uint8_t secret[MLKEM_SECRET_BYTES];
    struct mlkem_memory step;
};

struct mlkem_decaps_memory {
    uint8_t secret[MLKEM_SECRET_BYTES];
    uint8_t again[MLKEM_CIPHERTEXT_BYTES];
    struct mlkem_memory step;
};

/* ML-KEM.KeyGen_internal (algorithm 16) without the long form of the decapsulation key. */
void mlkem_keygen(uint8_t public_key[MLKEM_PUBLIC_BYTES], const uint8_t seed[MLKEM_SEED_BYTES],
                  struct mlkem_keygen_memory *memory);

/* ML-KEM.Encaps (algorithm 20) with the 32 random bytes m. Refuses a key of another length and
 * one that fails the modulus check. */
int mlkem_encaps(uint8_t ciphertext[MLKEM_CIPHERTEXT_BYTES], uint8_t shared[MLKEM_SHARED_BYTES],
                 const uint8_t *public_key, size_t public_size,
                 const uint8_t m[MLKEM_MESSAGE_BYTES], struct mlkem_memory *memory);

/* ML-KEM.Decaps (algorithm 21). Refuses a ciphertext of another length. A forged one yields a
 * secret that nobody else has, in the same time (implicit rejection). */
int mlkem_decaps(uint8_t shared[MLKEM_SHARED_BYTES], const uint8_t seed[MLKEM_SEED_BYTES],
                 const uint8_t *ciphertext, size_t size, struct mlkem_decaps_memory *memory);

/* The parts that the above are made of. */

/* KeyGen_internal with both keys in the standard's form. */
void mlkem_expand(uint8_t public_key[MLKEM_PUBLIC_BYTES], uint8_t secret[MLKEM_SECRET_BYTES],
                  const uint8_t seed[MLKEM_SEED_BYTES], struct mlkem_memory *memory);

/* The checks of an encapsulation key (section 7.2) and of a long decapsulation key (7.3). */
int mlkem_check_public(const uint8_t *public_key, size_t size);
int mlkem_check_secret(const uint8_t *secret, size_t size);

/* Decaps_internal (algorithm 18) with a long key that has passed its check, for a ciphertext of
 * the right length; `again` is working memory. */
void mlkem_decaps_expanded(uint8_t shared[MLKEM_SHARED_BYTES],
                           const uint8_t secret[MLKEM_SECRET_BYTES],
                           const uint8_t ciphertext[MLKEM_CIPHERTEXT_BYTES],
                           uint8_t again[MLKEM_CIPHERTEXT_BYTES], struct mlkem_memory *memory);

#endif
