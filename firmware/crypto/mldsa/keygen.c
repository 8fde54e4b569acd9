/* ML-DSA.KeyGen_internal (FIPS 204, algorithm 6). */
#include <string.h>

#include "../secret.h"
#include "../sha3.h"
#include "mldsa.h"
#include "ntt.h"
#include "pack.h"
#include "round.h"
#include "sample.h"
#include "secret_key.h"

/* rho, rho' and K of the seed. */
static void expand_seed(uint8_t seeds[128], const uint8_t seed[MLDSA_SEED_BYTES])
{
    static const uint8_t kind[2] = {MLDSA_K, MLDSA_L};
    struct sponge hash;
    shake256_start(&hash);
    sponge_absorb(&hash, seed, MLDSA_SEED_BYTES);
    sponge_absorb(&hash, kind, sizeof kind);
    sponge_finish(&hash);
    sponge_squeeze(&hash, seeds, 128);
    sponge_wipe(&hash);
}

/* t = s2 + A s1 of one row, from s1 under the NTT; packs s2, t0 and t1. */
static void expand_row(uint8_t *public_key, uint8_t *secret, uint8_t row, const uint8_t *seeds,
                       struct mldsa_expand_memory *memory)
{
    struct mldsa_poly *t = &memory->t, *low = &memory->low;
    memset(t, 0, sizeof *t);
    for (uint8_t column = 0; column < MLDSA_L; column++)
        mldsa_sample_uniform(t, seeds, row, column, &memory->s1[column]);
    mldsa_ntt_inverse(t);

    mldsa_sample_eta(low, seeds + 32, (uint16_t)(MLDSA_L + row));
    mldsa_pack_s(secret + SECRET_S2(row), low);
    for (int n = 0; n < MLDSA_N; n++)
        t->at[n] = mldsa_power2_round(mldsa_reduced(t->at[n] + low->at[n]), &low->at[n]);
    mldsa_pack_t0(secret + SECRET_T0(row), low);
    mldsa_pack_t1(public_key + 32 + row * MLDSA_T1_BYTES, t);
}

void mldsa_expand(uint8_t public_key[MLDSA_PUBLIC_BYTES], uint8_t secret[MLDSA_SECRET_BYTES],
                  const uint8_t seed[MLDSA_SEED_BYTES], struct mldsa_expand_memory *memory)
{
    uint8_t *seeds = memory->seeds;
    expand_seed(seeds, seed);
    /* Public: rho is the beginning of the public key. */
    MAKE_PUBLIC(seeds, 32);
    memcpy(public_key, seeds, 32);
    memcpy(secret + SECRET_RHO, seeds, 32);
    memcpy(secret + SECRET_K, seeds + 96, 32);
    for (uint8_t i = 0; i < MLDSA_L; i++) {
        mldsa_sample_eta(&memory->s1[i], seeds + 32, i);
        mldsa_pack_s(secret + SECRET_S1(i), &memory->s1[i]);
        mldsa_ntt(&memory->s1[i]);
    }
    for (uint8_t row = 0; row < MLDSA_K; row++)
        expand_row(public_key, secret, row, seeds, memory);
    mldsa_tr(secret + SECRET_TR, public_key);
    secret_wipe(memory, sizeof *memory);
}

void mldsa_keygen(uint8_t public_key[MLDSA_PUBLIC_BYTES], const uint8_t seed[MLDSA_SEED_BYTES],
                  struct mldsa_keygen_memory *memory)
{
    mldsa_expand(public_key, memory->secret, seed, &memory->expand);
    secret_wipe(memory->secret, sizeof memory->secret);
}
