#include "sample.h"

#include <string.h>

#include "../secret.h"
#include "../sha3.h"
#include "ntt.h"
#include "pack.h"

static void start256(struct sponge *xof, const uint8_t seed[64], uint16_t counter)
{
    const uint8_t bytes[2] = {(uint8_t)counter, (uint8_t)(counter >> 8)};
    shake256_start(xof);
    sponge_absorb(xof, seed, 64);
    sponge_absorb(xof, bytes, sizeof bytes);
    sponge_finish(xof);
}

void mldsa_sample_uniform(struct mldsa_poly *sum, const uint8_t rho[32], uint8_t row,
                          uint8_t column, const struct mldsa_poly *v)
{
    const uint8_t place[2] = {column, row};
    uint8_t block[SHAKE128_RATE];
    struct sponge xof;
    shake128_start(&xof);
    sponge_absorb(&xof, rho, 32);
    sponge_absorb(&xof, place, sizeof place);
    sponge_finish(&xof);

    /* The matrix is public, so rejection needs no care. */
    for (int n = 0; n < MLDSA_N;) {
        sponge_squeeze(&xof, block, sizeof block);
        for (size_t i = 0; i < sizeof block && n < MLDSA_N; i += 3) {
            int32_t a = block[i] | block[i + 1] << 8 | (block[i + 2] & 0x7f) << 16;
            if (a < MLDSA_Q) {
                sum->at[n] = mldsa_multiply_add_one(sum->at[n], a, v->at[n]);
                n++;
            }
        }
    }
}

void mldsa_sample_eta(struct mldsa_poly *s, const uint8_t seed[64], uint16_t counter)
{
    uint8_t block[SHAKE256_RATE];
    struct sponge xof;
    start256(&xof, seed, counter);
    for (int n = 0; n < MLDSA_N;) {
        sponge_squeeze(&xof, block, sizeof block);
        for (size_t i = 0; i < 2 * sizeof block && n < MLDSA_N; i++) {
            uint32_t half = (uint32_t)block[i / 2] >> 4 * (i % 2) & 15;
            uint32_t accepted = secret_less(half, 15) & 1;
            /* Public: that a half byte was refused tells nothing of those that were not. */
            MAKE_PUBLIC(&accepted, sizeof accepted);
            /* eta - half modulo 5: 205 / 1024 is a fifth, near enough below 15. */
            uint32_t fifth = half * 205 >> 10;
            s->at[n] = mldsa_not_negative(MLDSA_ETA - (int32_t)(half - 5 * fifth));
            n += (int)accepted;
        }
    }
    secret_wipe(block, sizeof block);
    sponge_wipe(&xof);
}

void mldsa_sample_mask(struct mldsa_poly *y, const uint8_t seed[64], uint16_t counter)
{
    uint8_t bytes[MLDSA_Z_BYTES];
    struct sponge xof;
    start256(&xof, seed, counter);
    sponge_squeeze(&xof, bytes, sizeof bytes);
    mldsa_unpack_z(y, bytes);
    secret_wipe(bytes, sizeof bytes);
    sponge_wipe(&xof);
}

void mldsa_sample_challenge(struct mldsa_poly *c, const uint8_t seed[MLDSA_CHALLENGE_BYTES])
{
    uint8_t signs[8], j;
    struct sponge xof;
    shake256_start(&xof);
    sponge_absorb(&xof, seed, MLDSA_CHALLENGE_BYTES);
    sponge_finish(&xof);
    sponge_squeeze(&xof, signs, sizeof signs);

    memset(c, 0, sizeof *c);
    for (int i = MLDSA_N - MLDSA_TAU, bit = 0; i < MLDSA_N; i++, bit++) {
        do
            sponge_squeeze(&xof, &j, 1);
        while (j > i);
        c->at[i] = c->at[j];
        c->at[j] = signs[bit / 8] >> bit % 8 & 1 ? MLDSA_Q - 1 : 1;
    }
}
