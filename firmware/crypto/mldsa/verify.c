/* ML-DSA.Verify and Verify_internal (FIPS 204, algorithms 3 and 8). All of it is public. */
#include <string.h>

#include "../secret.h"
#include "../sha3.h"
#include "mldsa.h"
#include "ntt.h"
#include "pack.h"
#include "round.h"
#include "sample.h"

/* z under the NTT. Returns -1 if its norm is too large. */
static int load_response(struct mldsa_verify_memory *m, const uint8_t *bytes)
{
    uint32_t bad = 0;
    for (int i = 0; i < MLDSA_L; i++, bytes += MLDSA_Z_BYTES) {
        mldsa_unpack_z(&m->z[i], bytes);
        for (int n = 0; n < MLDSA_N; n++)
            bad |= mldsa_exceeds(m->z[i].at[n], MLDSA_GAMMA1 - MLDSA_BETA);
        mldsa_ntt(&m->z[i]);
    }
    return bad ? -1 : 0;
}

/* w = A z - c t1 2^d of one row, with -c under the NTT. */
static void approximate(struct mldsa_verify_memory *m, const uint8_t *public_key, uint8_t row)
{
    memset(&m->w, 0, sizeof m->w);
    for (uint8_t column = 0; column < MLDSA_L; column++)
        mldsa_sample_uniform(&m->w, public_key, row, column, &m->z[column]);
    mldsa_unpack_t1(&m->t1, public_key + 32 + row * MLDSA_T1_BYTES);
    for (int n = 0; n < MLDSA_N; n++)
        m->t1.at[n] <<= MLDSA_D;
    mldsa_ntt(&m->t1);
    mldsa_multiply_add(&m->w, &m->c, &m->t1);
    mldsa_ntt_inverse(&m->w);
}

int mldsa_verify_mu(const uint8_t public_key[MLDSA_PUBLIC_BYTES],
                    const uint8_t signature[MLDSA_SIGNATURE_BYTES],
                    const uint8_t mu[MLDSA_MU_BYTES], struct mldsa_verify_memory *memory)
{
    const uint8_t *z = signature + MLDSA_CHALLENGE_BYTES, *hint = z + MLDSA_L * MLDSA_Z_BYTES;
    uint8_t expected[MLDSA_CHALLENGE_BYTES];
    struct sponge hash;
    if (mldsa_check_hint(hint) || load_response(memory, z))
        return -1;

    mldsa_sample_challenge(&memory->c, signature);
    for (int n = 0; n < MLDSA_N; n++)
        memory->c.at[n] = -memory->c.at[n];
    mldsa_ntt(&memory->c);
    for (uint8_t row = 0; row < MLDSA_K; row++) {
        approximate(memory, public_key, row);
        mldsa_unpack_hint(memory->hint, hint, row);
        for (int n = 0; n < MLDSA_N; n++)
            memory->w.at[n] = mldsa_use_hint(memory->hint[n], memory->w.at[n]);
        mldsa_pack_w1(memory->w1 + row * MLDSA_W1_BYTES, &memory->w);
    }
    shake256_start(&hash);
    sponge_absorb(&hash, mu, MLDSA_MU_BYTES);
    sponge_absorb(&hash, memory->w1, sizeof memory->w1);
    sponge_finish(&hash);
    sponge_squeeze(&hash, expected, sizeof expected);
    return secret_equal(expected, signature, sizeof expected) ? 0 : -1;
}

int mldsa_verify(const uint8_t *public_key, size_t public_size, const uint8_t *signature,
                 size_t signature_size, const uint8_t *context, size_t context_size,
                 const uint8_t *message, size_t size, struct mldsa_verify_memory *memory)
{
    uint8_t tr[MLDSA_TR_BYTES], mu[MLDSA_MU_BYTES];
    if (public_size != MLDSA_PUBLIC_BYTES || signature_size != MLDSA_SIGNATURE_BYTES)
        return -1;
    mldsa_tr(tr, public_key);
    if (mldsa_mu(mu, tr, context, context_size, message, size))
        return -1;
    return mldsa_verify_mu(public_key, signature, mu, memory);
}
