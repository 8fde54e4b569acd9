/* ML-DSA.Sign and Sign_internal (FIPS 204, algorithms 2 and 7). */
#include <string.h>

#include "../secret.h"
#include "../sha3.h"
#include "mldsa.h"
#include "ntt.h"
#include "pack.h"
#include "round.h"
#include "sample.h"
#include "secret_key.h"

#define ATTEMPTS 814 /* FIPS 204, appendix C, table 3 */

/* rho'' = H(K || rnd || mu) */
static void derive_mask_seed(uint8_t mask_seed[64], const uint8_t *secret, const uint8_t *rnd,
                             const uint8_t *mu)
{
    struct sponge hash;
    shake256_start(&hash);
    sponge_absorb(&hash, secret + SECRET_K, 32);
    sponge_absorb(&hash, rnd, MLDSA_RND_BYTES);
    sponge_absorb(&hash, mu, MLDSA_MU_BYTES);
    sponge_finish(&hash);
    sponge_squeeze(&hash, mask_seed, 64);
    sponge_wipe(&hash);
}

static void load_secret(struct mldsa_attempt_memory *m, const uint8_t *secret)
{
    for (int i = 0; i < MLDSA_L; i++) {
        mldsa_unpack_s(&m->s1[i], secret + SECRET_S1(i));
        mldsa_ntt(&m->s1[i]);
    }
    for (int i = 0; i < MLDSA_K; i++) {
        mldsa_unpack_s(&m->s2[i], secret + SECRET_S2(i));
        mldsa_ntt(&m->s2[i]);
        mldsa_unpack_t0(&m->t0[i], secret + SECRET_T0(i));
        mldsa_ntt(&m->t0[i]);
    }
}

/* y from the mask seed, w = A y, and w1 as bytes. */
static void commit(struct mldsa_attempt_memory *m, const uint8_t rho[32], uint16_t kappa)
{
    memset(m->w, 0, sizeof m->w);
    for (uint8_t column = 0; column < MLDSA_L; column++) {
        mldsa_sample_mask(&m->y[column], m->mask_seed, (uint16_t)(kappa + column));
        m->t = m->y[column];
        mldsa_ntt(&m->t);
        for (uint8_t row = 0; row < MLDSA_K; row++)
            mldsa_sample_uniform(&m->w[row], rho, row, column, &m->t);
    }
    for (int i = 0; i < MLDSA_K; i++) {
        mldsa_ntt_inverse(&m->w[i]);
        for (int n = 0; n < MLDSA_N; n++)
            m->t.at[n] = mldsa_high_bits(m->w[i].at[n]);
        mldsa_pack_w1(m->w1 + i * MLDSA_W1_BYTES, &m->t);
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
    mldsa_sample_challenge(&m->c, seed);
    mldsa_ntt(&m->c);
}

/* t = c v for a secret v under the NTT. */
static void times_challenge(struct mldsa_attempt_memory *m, const struct mldsa_poly *v)
{
    memset(&m->t, 0, sizeof m->t);
    mldsa_multiply_add(&m->t, &m->c, v);
    mldsa_ntt_inverse(&m->t);
}

/* Whether to reject. Public: the standard lets an attempt's outcome show, which does not depend
 * on the key; which of the coefficients was out of bounds stays hidden all the same. */
static int rejects(uint32_t bad)
{
    MAKE_PUBLIC(&bad, sizeof bad);
    return bad != 0;
}

/* z = y + c s1 takes the place of y, centred. Returns 1 if its norm is too large. */
static int respond(struct mldsa_attempt_memory *m)
{
    uint32_t bad = 0;
    for (int i = 0; i < MLDSA_L; i++) {
        times_challenge(m, &m->s1[i]);
        for (int n = 0; n < MLDSA_N; n++) {
            int32_t z = m->y[i].at[n] + mldsa_centred(m->t.at[n]);
            bad |= mldsa_exceeds(z, MLDSA_GAMMA1 - MLDSA_BETA);
            m->y[i].at[n] = z;
        }
    }
    return rejects(bad);
}

/* w - c s2 takes the place of w. Returns 1 if the norm of its low bits is too large. */
static int check_low_bits(struct mldsa_attempt_memory *m)
{
    uint32_t bad = 0;
    for (int i = 0; i < MLDSA_K; i++) {
        times_challenge(m, &m->s2[i]);
        for (int n = 0; n < MLDSA_N; n++) {
            int32_t r0, r = mldsa_reduced(m->w[i].at[n] - m->t.at[n]);
            (void)mldsa_decompose(r, &r0);
            bad |= mldsa_exceeds(r0, MLDSA_GAMMA2 - MLDSA_BETA);
            m->w[i].at[n] = r;
        }
    }
    return rejects(bad);
}

/* The hint, MakeHint(-c t0, w - c s2 + c t0), takes the place of w - c s2. Returns 1 if the norm
 * of c t0 is too large or too many hints are set. */
static int make_hint(struct mldsa_attempt_memory *m)
{
    uint32_t bad = 0, set = 0;
    for (int i = 0; i < MLDSA_K; i++) {
        times_challenge(m, &m->t0[i]);
        for (int n = 0; n < MLDSA_N; n++) {
            int32_t r = m->w[i].at[n], ct0 = m->t.at[n];
            bad |= mldsa_exceeds(mldsa_centred(ct0), MLDSA_GAMMA2);
            int32_t other = mldsa_high_bits(mldsa_reduced(r + ct0)) ^ mldsa_high_bits(r);
            uint32_t hint = ~secret_zero((uint32_t)other) & 1;
            set += hint;
            m->w[i].at[n] = (int32_t)hint;
        }
    }
    return rejects(bad | (secret_less(MLDSA_OMEGA, set) & 1));
}

static void pack_signature(uint8_t *signature, struct mldsa_attempt_memory *m)
{
    /* Public: this attempt was accepted, so z and the hint are the signature. */
    MAKE_PUBLIC(m->y, sizeof m->y);
    MAKE_PUBLIC(m->w, sizeof m->w);
    signature += MLDSA_CHALLENGE_BYTES;
    for (int i = 0; i < MLDSA_L; i++, signature += MLDSA_Z_BYTES)
        mldsa_pack_z(signature, &m->y[i]);
    mldsa_pack_hint(signature, m->w);
}

int mldsa_sign_mu(uint8_t signature[MLDSA_SIGNATURE_BYTES],
                  const uint8_t secret[MLDSA_SECRET_BYTES], const uint8_t mu[MLDSA_MU_BYTES],
                  const uint8_t rnd[MLDSA_RND_BYTES], struct mldsa_attempt_memory *memory)
{
    int done = 0;
    load_secret(memory, secret);
    derive_mask_seed(memory->mask_seed, secret, rnd, mu);
    for (int attempt = 0; attempt < ATTEMPTS && !done; attempt++) {
        commit(memory, secret + SECRET_RHO, (uint16_t)(attempt * MLDSA_L));
        challenge(memory, signature, mu);
        done = !respond(memory) && !check_low_bits(memory) && !make_hint(memory);
    }
    if (done)
        pack_signature(signature, memory);
    else
        memset(signature, 0, MLDSA_SIGNATURE_BYTES);
    secret_wipe(memory, sizeof *memory);
    return done ? 0 : -1;
}

int mldsa_sign(uint8_t signature[MLDSA_SIGNATURE_BYTES], const uint8_t seed[MLDSA_SEED_BYTES],
               const uint8_t rnd[MLDSA_RND_BYTES], const uint8_t *context, size_t context_size,
               const uint8_t *message, size_t size, struct mldsa_sign_memory *memory)
{
    uint8_t mu[MLDSA_MU_BYTES];
    if (context_size > MLDSA_CONTEXT_LIMIT)
        return -1;
    mldsa_expand(memory->step.expand.public_key, memory->secret, seed,
                 &memory->step.expand.memory);
    (void)mldsa_mu(mu, memory->secret + SECRET_TR, context, context_size, message, size);
    int result = mldsa_sign_mu(signature, memory->secret, mu, rnd, &memory->step.attempt);
    secret_wipe(memory->secret, sizeof memory->secret);
    return result;
}
