/* ML-DSA.Verify and Verify_internal (FIPS 204, algorithms 3 and 8). All of it is public. */
#include <string.h>

#include "../secret.h"
#include "../sha3.h"
#include "mldsa.h"
#include "pack.h"
#include "round.h"
#include "sample.h"
#include "slots.h"

/* z under the NTT, in the slots of the vector. Returns -1 if its norm is too large. */
static int load_response(struct mldsa_verify_memory *m, const uint8_t *bytes)
{
    uint32_t bad = 0;
    for (int i = 0; i < MLDSA_L; i++, bytes += MLDSA_Z_BYTES) {
        mldsa_unpack_z(&m->t, bytes);
        slots_load(&m->slots, i, &m->t);
        bad |= slots_exceeds(&m->slots, i, MLDSA_GAMMA1 - MLDSA_BETA);
        slots_ntt(&m->slots, i);
    }
    return bad ? -1 : 0;
}

/* w = A z - c t1 2^d of one row, with c 2^d under the NTT. */
static void approximate(struct mldsa_verify_memory *m, const uint8_t *public_key, uint8_t row)
{
    struct mldsa_poly *t1 = &m->t, *w = &m->t;
    mldsa_unpack_t1(t1, public_key + 32 + row * MLDSA_T1_BYTES);
    slots_load(&m->slots, SLOT_U, t1);
    slots_ntt(&m->slots, SLOT_U);
    slots_multiply_row(&m->slots, SLOT_T, row);
    slots_multiply_subtract(&m->slots, SLOT_T, SLOT_C, SLOT_U);
    slots_ntt_inverse(&m->slots, SLOT_T);
    slots_store(&m->slots, w, SLOT_T);
    slots_await(&m->slots);
}

/* w1 of one row as bytes, two coefficients in each (w1Encode, algorithm 28), by its hint. */
static void correct_row(struct mldsa_verify_memory *m, int row)
{
    const int32_t *w = m->t.at;
    uint8_t *w1 = m->w1 + row * MLDSA_W1_BYTES;
    for (int n = 0; n < MLDSA_N; n += 2)
        *w1++ = (uint8_t)(mldsa_use_hint(m->hint[n], w[n]) |
                          mldsa_use_hint(m->hint[n + 1], w[n + 1]) << 4);
}

int mldsa_verify_mu(const uint8_t public_key[MLDSA_PUBLIC_BYTES],
                    const uint8_t signature[MLDSA_SIGNATURE_BYTES],
                    const uint8_t mu[MLDSA_MU_BYTES], struct mldsa_verify_memory *memory)
{
    const uint8_t *z = signature + MLDSA_CHALLENGE_BYTES, *hint = z + MLDSA_L * MLDSA_Z_BYTES;
    uint8_t expected[MLDSA_CHALLENGE_BYTES];
    struct mldsa_poly *t = &memory->t;
    struct sponge hash;
    slots_begin(&memory->slots, public_key);
    if (mldsa_check_hint(hint) || load_response(memory, z))
        return -1;

    mldsa_sample_challenge(t, signature);
    for (int n = 0; n < MLDSA_N; n++)
        t->at[n] = mldsa_not_negative(mldsa_centred(t->at[n]) * (1 << MLDSA_D));
    slots_load(&memory->slots, SLOT_C, t);
    slots_ntt(&memory->slots, SLOT_C);
    slots_await(&memory->slots);
    for (uint8_t row = 0; row < MLDSA_K; row++) {
        approximate(memory, public_key, row);
        mldsa_unpack_hint(memory->hint, hint, row);
        correct_row(memory, row);
    }
    shake256_start(&hash);
    sponge_absorb(&hash, mu, MLDSA_MU_BYTES);
    sponge_absorb(&hash, memory->w1, sizeof memory->w1);
    sponge_finish(&hash);
    sponge_squeeze(&hash, expected, sizeof expected);
    uint32_t equal = secret_equal(expected, signature, sizeof expected);
    /* Public: all of it is, even if the message is not. */
    MAKE_PUBLIC(&equal, sizeof equal);
    return equal ? 0 : -1;
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
