/* The private key: its parts as they are used, and its long form (FIPS 204, algorithms 24, 25). */
#ifndef MLDSA_SECRET_KEY_H
#define MLDSA_SECRET_KEY_H

#include "mldsa.h"

/* What lies where in the long form. */
#define SECRET_RHO 0
#define SECRET_K 32
#define SECRET_TR 64
#define SECRET_S1(i) (128 + (i) * MLDSA_S_BYTES)
#define SECRET_S2(i) SECRET_S1(MLDSA_L + (i))
#define SECRET_T0(i) (SECRET_S2(MLDSA_K) + (i) * MLDSA_T0_BYTES)

/* Both keys of a seed: ML-DSA.KeyGen_internal (algorithm 6) but for tr. The caller wipes. */
void mldsa_expand_seed(struct mldsa_key *key, uint8_t public_key[MLDSA_PUBLIC_BYTES],
                       const uint8_t seed[MLDSA_SEED_BYTES], struct mldsa_expand_memory *memory);

#endif
