/* ML-DSA-87 (FIPS 204): keys, signing, verification.
 *
 * A private key is its 32-byte seed. The standard's long form is made where it is needed; whoever
 * signs often under one key may keep it (mldsa_expand, mldsa_sign_mu).
 *
 * Working memory is the caller's; what was secret in it is wiped before a function returns.
 * Buffers must not overlap. Whatever returns an int returns 0, or -1 if it refuses.
 */
#ifndef MLDSA_H
#define MLDSA_H

#include <stddef.h>
#include <stdint.h>

#include "slots.h"

/* A private key as it is used. */
struct mldsa_key {
    struct mldsa_poly s1[MLDSA_L], s2[MLDSA_K], t0[MLDSA_K];
    uint8_t rho[32], k[32];
};

struct mldsa_expand_memory {
    struct mldsa_slots slots;
    struct mldsa_poly t;
    uint8_t seeds[128]; /* rho, rho', K */
};

struct mldsa_keygen_memory {
    struct mldsa_key key;
    struct mldsa_expand_memory expand;
};

struct mldsa_attempt_memory {
    struct mldsa_slots slots;
    struct mldsa_poly low[MLDSA_K], t;
    uint8_t w1[MLDSA_K * MLDSA_W1_BYTES];
    uint8_t mask_seed[64]; /* rho'' */
};

struct mldsa_verify_memory {
    struct mldsa_slots slots;
    struct mldsa_poly t;
    uint8_t w1[MLDSA_K * MLDSA_W1_BYTES];
    uint8_t hint[MLDSA_N];
};

struct mldsa_sign_memory {
    struct mldsa_key key;
    uint8_t public_key[MLDSA_PUBLIC_BYTES];
    union {
        struct mldsa_expand_memory expand;
        struct mldsa_attempt_memory attempt;
        struct mldsa_verify_memory verify;
    } step;
};

/* ML-DSA.KeyGen_internal (algorithm 6) without the long form of the private key. */
void mldsa_keygen(uint8_t public_key[MLDSA_PUBLIC_BYTES], const uint8_t seed[MLDSA_SEED_BYTES],
                  struct mldsa_keygen_memory *memory);

/* The same, made twice. Refuses if the two differ: by a fault, one is not the key of the
 * seed. */
int mldsa_keygen_twice(uint8_t public_key[MLDSA_PUBLIC_BYTES],
                       const uint8_t seed[MLDSA_SEED_BYTES], struct mldsa_keygen_memory *memory);

/* ML-DSA.Sign (algorithm 2), hedged by 32 random bytes; zeros make it deterministic.
 * Refuses a context above 255 bytes, and to give out a signature that does not verify under the
 * key of the seed, which is made again for that: a fault while signing could tell of the key. */
int mldsa_sign(uint8_t signature[MLDSA_SIGNATURE_BYTES], const uint8_t seed[MLDSA_SEED_BYTES],
               const uint8_t rnd[MLDSA_RND_BYTES], const uint8_t *context, size_t context_size,
               const uint8_t *message, size_t size, struct mldsa_sign_memory *memory);

/* ML-DSA.Verify (algorithm 3). Refuses every key and signature of another length, a context above
 * 255 bytes, and what is no signature of the message. All of it is public. */
int mldsa_verify(const uint8_t *public_key, size_t public_size, const uint8_t *signature,
                 size_t signature_size, const uint8_t *context, size_t context_size,
                 const uint8_t *message, size_t size, struct mldsa_verify_memory *memory);

/* The parts that the above are made of. */

/* KeyGen_internal with both keys in the standard's form (pkEncode, skEncode). */
void mldsa_expand(uint8_t public_key[MLDSA_PUBLIC_BYTES], uint8_t secret[MLDSA_SECRET_BYTES],
                  const uint8_t seed[MLDSA_SEED_BYTES], struct mldsa_keygen_memory *memory);

/* tr, the hash of a public key. */
void mldsa_tr(uint8_t tr[MLDSA_TR_BYTES], const uint8_t public_key[MLDSA_PUBLIC_BYTES]);

/* mu of a message with its context; of M' as the internal interface takes it. */
int mldsa_mu(uint8_t mu[MLDSA_MU_BYTES], const uint8_t tr[MLDSA_TR_BYTES], const uint8_t *context,
             size_t context_size, const uint8_t *message, size_t size);
void mldsa_mu_internal(uint8_t mu[MLDSA_MU_BYTES], const uint8_t tr[MLDSA_TR_BYTES],
                       const uint8_t *message, size_t size);

/* Sign_internal (algorithm 7) from mu on. Refuses after 814 attempts, which a key in order needs
 * with a probability below 2^-256 (appendix C). */
int mldsa_sign_mu(uint8_t signature[MLDSA_SIGNATURE_BYTES],
                  const uint8_t secret[MLDSA_SECRET_BYTES], const uint8_t mu[MLDSA_MU_BYTES],
                  const uint8_t rnd[MLDSA_RND_BYTES], struct mldsa_sign_memory *memory);

/* Verify_internal (algorithm 8) from mu on. */
int mldsa_verify_mu(const uint8_t public_key[MLDSA_PUBLIC_BYTES],
                    const uint8_t signature[MLDSA_SIGNATURE_BYTES],
                    const uint8_t mu[MLDSA_MU_BYTES], struct mldsa_verify_memory *memory);

#endif
