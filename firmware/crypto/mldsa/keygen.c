/* ML-DSA.KeyGen_internal (FIPS 204, algorithm 6). */
#include <string.h>

#include "../secret.h"
#include "../sha3.h"
#include "mldsa.h"
#include "pack.h"
#include "round.h"
#include "secret_key.h"
#include "slots.h"

/* rho, rho' and K of the seed. */
static void derive_seeds(uint8_t seeds[128], const uint8_t seed[MLDSA_SEED_BYTES])
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

/* t = A s1 + s2 of one row, from s1 under the NTT. */
static void expand_row(struct mldsa_key *key, uint8_t *t1, uint8_t row,
                       struct mldsa_expand_memory *memory)
{
    struct mldsa_poly *t = &memory->t, *t0 = &key->t0[row];
    slots_multiply_row(&memory->slots, SLOT_T, row);
    slots_ntt_inverse(&memory->slots, SLOT_T);
    slots_load_add(&memory->slots, SLOT_T, &key->s2[row]);
    slots_store(&memory->slots, t, SLOT_T);
    slots_await(&memory->slots);
    for (int n = 0; n < MLDSA_N; n++)
        t->at[n] = mldsa_power2_round(t->at[n], &t0->at[n]);
    mldsa_pack_t1(t1, t);
}

void mldsa_expand_seed(struct mldsa_key *key, uint8_t public_key[MLDSA_PUBLIC_BYTES],
                       const uint8_t seed[MLDSA_SEED_BYTES], struct mldsa_expand_memory *memory)
{
    uint8_t *seeds = memory->seeds;
    derive_seeds(seeds, seed);
    /* Public: rho is the beginning of the public key. */
    MAKE_PUBLIC(seeds, 32);
    memcpy(public_key, seeds, 32);
    memcpy(key->rho, seeds, 32);
    memcpy(key->k, seeds + 96, 32);

    slots_begin(&memory->slots, key->rho);
    slots_secret_seed(&memory->slots, seeds + 32);
    for (uint8_t i = 0; i < MLDSA_L; i++)
        slots_sample_eta(&memory->slots, &key->s1[i], i);
    for (uint8_t i = 0; i < MLDSA_K; i++)
        slots_sample_eta(&memory->slots, &key->s2[i], (uint16_t)(MLDSA_L + i));
    for (uint8_t i = 0; i < MLDSA_L; i++) {
        slots_load(&memory->slots, i, &key->s1[i]);
        slots_ntt(&memory->slots, i);
    }
    for (uint8_t row = 0; row < MLDSA_K; row++)
        expand_row(key, public_key + 32 + row * MLDSA_T1_BYTES, row, memory);
    slots_end(&memory->slots);
}

static void pack_secret(uint8_t secret[MLDSA_SECRET_BYTES], const struct mldsa_key *key)
{
    memcpy(secret + SECRET_RHO, key->rho, sizeof key->rho);
    memcpy(secret + SECRET_K, key->k, sizeof key->k);
    for (int i = 0; i < MLDSA_L; i++)
        mldsa_pack_s(secret + SECRET_S1(i), &key->s1[i]);
    for (int i = 0; i < MLDSA_K; i++) {
        mldsa_pack_s(secret + SECRET_S2(i), &key->s2[i]);
        mldsa_pack_t0(secret + SECRET_T0(i), &key->t0[i]);
    }
}

void mldsa_expand(uint8_t public_key[MLDSA_PUBLIC_BYTES], uint8_t secret[MLDSA_SECRET_BYTES],
                  const uint8_t seed[MLDSA_SEED_BYTES], struct mldsa_keygen_memory *memory)
{
    mldsa_expand_seed(&memory->key, public_key, seed, &memory->expand);
    pack_secret(secret, &memory->key);
    mldsa_tr(secret + SECRET_TR, public_key);
    secret_wipe(memory, sizeof *memory);
}

void mldsa_keygen(uint8_t public_key[MLDSA_PUBLIC_BYTES], const uint8_t seed[MLDSA_SEED_BYTES],
                  struct mldsa_keygen_memory *memory)
{
    mldsa_expand_seed(&memory->key, public_key, seed, &memory->expand);
    secret_wipe(memory, sizeof *memory);
}

int mldsa_keygen_twice(uint8_t public_key[MLDSA_PUBLIC_BYTES],
                       const uint8_t seed[MLDSA_SEED_BYTES], struct mldsa_keygen_memory *memory)
{
    uint8_t tr[2][MLDSA_TR_BYTES];
    for (int i = 0; i < 2; i++) {
        mldsa_keygen(public_key, seed, memory);
        /* Public: it is the public key. */
        MAKE_PUBLIC(public_key, MLDSA_PUBLIC_BYTES);
        mldsa_tr(tr[i], public_key);
    }
    return secret_equal(tr[0], tr[1], MLDSA_TR_BYTES) ? 0 : -1;
}
