/* ML-DSA.Sign and Sign_internal (FIPS 204, algorithms 2 and 7). */
#include <string.h>

#include "../secret.h"
#include "../sha3.h"
#include "mldsa.h"
#include "pack.h"
#include "round.h"
#include "sample.h"
#include "secret_key.h"
#include "slots.h"

#define ATTEMPTS 814 /* FIPS 204, appendix C, table 3 */

/* rho'' = H(K || rnd || mu) */
static void derive_mask_seed(uint8_t mask_seed[64], const uint8_t k[32], const uint8_t *rnd,
                             const uint8_t *mu)
{
    struct sponge hash;
    shake256_start(&hash);
    sponge_absorb(&hash, k, 32);
    sponge_absorb(&hash, rnd, MLDSA_RND_BYTES);
    sponge_absorb(&hash, mu, MLDSA_MU_BYTES);
    sponge_finish(&hash);
    sponge_squeeze(&hash, mask_seed, 64);
    sponge_wipe(&hash);
}

/* From the long form. */
static void unpack_secret(struct mldsa_key *key, const uint8_t *secret)
{
    memcpy(key->rho, secret + SECRET_RHO, sizeof key->rho);
    memcpy(key->k, secret + SECRET_K, sizeof key->k);
    for (int i = 0; i < MLDSA_L; i++)
        mldsa_unpack_s(&key->s1[i], secret + SECRET_S1(i));
    for (int i = 0; i < MLDSA_K; i++) {
        mldsa_unpack_s(&key->s2[i], secret + SECRET_S2(i));
        mldsa_unpack_t0(&key->t0[i], secret + SECRET_T0(i));
    }
}

static void transform(struct mldsa_slots *slots, struct mldsa_poly *vector, int count)
{
    for (int i = 0; i < count; i++) {
        slots_load(slots, SLOT_T, &vector[i]);
        slots_ntt(slots, SLOT_T);
        slots_store(slots, &vector[i], SLOT_T);
    }
}

/* w1 as bytes, two coefficients in each (w1Encode, algorithm 28); the low bits of w take its
 * place. */
static void round_row(struct mldsa_attempt_memory *m, int row)
{
    int32_t *low = m->low[row].at;
    uint8_t *w1 = m->w1 + row * MLDSA_W1_BYTES;
    for (int n = 0; n < MLDSA_N; n += 2) {
        int32_t first = mldsa_decompose(low[n], &low[n]);
        int32_t second = mldsa_decompose(low[n + 1], &low[n + 1]);
        *w1++ = (uint8_t)(first | second << 4);
    }
}

/* y from the mask seed, under the NTT in the slots of the vector; w = A y, high and low bits. */
static void commit(struct mldsa_attempt_memory *m, uint16_t kappa)
{
    for (uint8_t i = 0; i < MLDSA_L; i++) {
        slots_sample_mask(&m->slots, i, (uint16_t)(kappa + i));
        slots_ntt(&m->slots, i);
    }
    for (uint8_t row = 0; row < MLDSA_K; row++) {
        slots_multiply_row(&m->slots, SLOT_T, row);
        slots_ntt_inverse(&m->slots, SLOT_T);
        slots_store(&m->slots, &m->low[row], SLOT_T);
        slots_await(&m->slots);
        round_row(m, row);
    }
}

/* c~ = H(mu || w1), and c under the NTT. */
static void challenge(struct mldsa_attempt_memory *m, uint8_t *seed, const uint8_t *mu)
{
    struct sponge hash;
    shake256_start(&hash);
    sponge_absorb(&hash, mu, MLDSA_MU_BYTES);
    sponge_absorb(&hash, m->w1, sizeof m->w1);
    sponge_finish(&hash);
    sponge_squeeze(&hash, seed, MLDSA_CHALLENGE_BYTES);
    sponge_wipe(&hash);
    /* Public even if the attempt is rejected: it is the hash of the commitment, which nobody can
     * guess, and says nothing of it or of the key. */
    MAKE_PUBLIC(seed, MLDSA_CHALLENGE_BYTES);
    mldsa_sample_challenge(&m->t, seed);
    slots_load(&m->slots, SLOT_C, &m->t);
    slots_ntt(&m->slots, SLOT_C);
}

/* Whether to reject. Public: the standard lets an attempt's outcome show, which does not depend
 * on the key; which of the coefficients was out of bounds stays hidden all the same. */
static int rejects(uint32_t bad)
{
    MAKE_PUBLIC(&bad, sizeof bad);
    return bad != 0;
}

/* z = y + c s1 takes the place of y. Returns 1 if its norm is too large. */
static int respond(struct mldsa_attempt_memory *m, const struct mldsa_key *key)
{
    uint32_t bad = 0;
    for (int i = 0; i < MLDSA_L; i++) {
        slots_load_multiply_add(&m->slots, i, &key->s1[i], SLOT_C);
        slots_ntt_inverse(&m->slots, i);
        bad |= slots_exceeds(&m->slots, i, MLDSA_GAMMA1 - MLDSA_BETA);
    }
    return rejects(bad);
}

/* LowBits(w) - c s2 takes the place of LowBits(w). Returns 1 if its norm is too large: then, and
 * only then, that of LowBits(w - c s2) is, as c s2 is not larger than beta. */
static int check_low_bits(struct mldsa_attempt_memory *m, const struct mldsa_key *key)
{
    uint32_t bad = 0;
    for (int i = 0; i < MLDSA_K; i++) {
        slots_load_multiply(&m->slots, SLOT_T, &key->s2[i], SLOT_C);
        slots_ntt_inverse(&m->slots, SLOT_T);
        slots_load(&m->slots, SLOT_U, &m->low[i]);
        slots_subtract(&m->slots, SLOT_U, SLOT_T);
        slots_store(&m->slots, &m->low[i], SLOT_U);
        bad |= slots_exceeds(&m->slots, SLOT_U, MLDSA_GAMMA2 - MLDSA_BETA);
    }
    return rejects(bad);
}

/* The high bits of w in one coefficient, from the bytes of w1. */
static int32_t high_bits(const struct mldsa_attempt_memory *m, int row, int n)
{
    return m->w1[row * MLDSA_W1_BYTES + n / 2] >> 4 * (n % 2) & 15;
}

/* The hint, MakeHint(-c t0, w - c s2 + c t0), takes the place of LowBits(w) - c s2. Returns 1 if
 * the norm of c t0 is too large or too many hints are set. */
static int make_hint(struct mldsa_attempt_memory *m, const struct mldsa_key *key)
{
    uint32_t bad = 0, set = 0;
    for (int i = 0; i < MLDSA_K; i++) {
        slots_load_multiply(&m->slots, SLOT_T, &key->t0[i], SLOT_C);
        slots_ntt_inverse(&m->slots, SLOT_T);
        bad |= slots_exceeds(&m->slots, SLOT_T, MLDSA_GAMMA2);
        slots_load_add(&m->slots, SLOT_T, &m->low[i]);
        slots_store(&m->slots, &m->low[i], SLOT_T);
        slots_await(&m->slots);
        for (int n = 0; n < MLDSA_N; n++) {
            uint32_t hint = mldsa_make_hint(m->low[i].at[n], high_bits(m, i, n));
            set += hint;
            m->low[i].at[n] = (int32_t)hint;
        }
    }
    return rejects(bad | (secret_less(MLDSA_OMEGA, set) & 1));
}

static void pack_signature(uint8_t *signature, struct mldsa_attempt_memory *m)
{
    signature += MLDSA_CHALLENGE_BYTES;
    for (int i = 0; i < MLDSA_L; i++, signature += MLDSA_Z_BYTES) {
        slots_store(&m->slots, &m->t, i);
        slots_await(&m->slots);
        mldsa_pack_z(signature, &m->t);
    }
    /* Public: this attempt was accepted, so the hint is part of the signature. */
    MAKE_PUBLIC(m->low, sizeof m->low);
    mldsa_pack_hint(signature, m->low);
}

/* Sign_internal from mu on, with a key that is left under the NTT. The caller wipes. */
static int sign(uint8_t *signature, struct mldsa_key *key, const uint8_t *mu, const uint8_t *rnd,
                struct mldsa_attempt_memory *memory)
{
    int done = 0;
    derive_mask_seed(memory->mask_seed, key->k, rnd, mu);
    slots_begin(&memory->slots, key->rho);
    slots_secret_seed(&memory->slots, memory->mask_seed);
    transform(&memory->slots, key->s1, MLDSA_L);
    transform(&memory->slots, key->s2, MLDSA_K);
    transform(&memory->slots, key->t0, MLDSA_K);
    for (int attempt = 0; attempt < ATTEMPTS && !done; attempt++) {
        commit(memory, (uint16_t)(attempt * MLDSA_L));
        challenge(memory, signature, mu);
        done = !respond(memory, key) && !check_low_bits(memory, key) && !make_hint(memory, key);
    }
    if (done)
        pack_signature(signature, memory);
    else
        memset(signature, 0, MLDSA_SIGNATURE_BYTES);
    slots_end(&memory->slots);
    /* Public: this is the signature. */
    MAKE_PUBLIC(signature, MLDSA_SIGNATURE_BYTES);
    return done ? 0 : -1;
}

int mldsa_sign_mu(uint8_t signature[MLDSA_SIGNATURE_BYTES],
                  const uint8_t secret[MLDSA_SECRET_BYTES], const uint8_t mu[MLDSA_MU_BYTES],
                  const uint8_t rnd[MLDSA_RND_BYTES], struct mldsa_sign_memory *memory)
{
    unpack_secret(&memory->key, secret);
    int result = sign(signature, &memory->key, mu, rnd, &memory->step.attempt);
    secret_wipe(memory, sizeof *memory);
    return result;
}

/* Both keys from the seed, and mu. */
static void expand(struct mldsa_sign_memory *memory, uint8_t *mu, const uint8_t *seed,
                   const uint8_t *context, size_t context_size, const uint8_t *message,
                   size_t size)
{
    uint8_t tr[MLDSA_TR_BYTES];
    mldsa_expand_seed(&memory->key, memory->public_key, seed, &memory->step.expand);
    /* Public: it is the public key. */
    MAKE_PUBLIC(memory->public_key, sizeof memory->public_key);
    mldsa_tr(tr, memory->public_key);
    (void)mldsa_mu(mu, tr, context, context_size, message, size);
}

int mldsa_sign(uint8_t signature[MLDSA_SIGNATURE_BYTES], const uint8_t seed[MLDSA_SEED_BYTES],
               const uint8_t rnd[MLDSA_RND_BYTES], const uint8_t *context, size_t context_size,
               const uint8_t *message, size_t size, struct mldsa_sign_memory *memory)
{
    uint8_t mu[MLDSA_MU_BYTES];
    if (context_size > MLDSA_CONTEXT_LIMIT)
        return -1;
    expand(memory, mu, seed, context, context_size, message, size);
    int result = sign(signature, &memory->key, mu, rnd, &memory->step.attempt);
    /* Key and mu are made again: a signature under a wrong key verifies under that key. */
    expand(memory, mu, seed, context, context_size, message, size);
    if (!result && mldsa_verify_mu(memory->public_key, signature, mu, &memory->step.verify)) {
        memset(signature, 0, MLDSA_SIGNATURE_BYTES);
        result = -1;
    }
    secret_wipe(memory, sizeof *memory);
    return result;
}
