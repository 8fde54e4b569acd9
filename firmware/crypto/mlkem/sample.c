#include "sample.h"

#include "../sha3.h"

void mlkem_sample_uniform(struct mlkem_poly *a, const uint8_t rho[32], uint8_t first,
                          uint8_t second)
{
    const uint8_t place[2] = {first, second};
    uint8_t block[SHAKE128_RATE];
    struct sponge xof;
    shake128_start(&xof);
    sponge_absorb(&xof, rho, 32);
    sponge_absorb(&xof, place, sizeof place);
    sponge_finish(&xof);

    /* The matrix is public, so rejection needs no care. */
    for (int n = 0; n < MLKEM_N;) {
        sponge_squeeze(&xof, block, sizeof block);
        for (size_t i = 0; i < sizeof block && n < MLKEM_N; i += 3) {
            int d1 = block[i] | (block[i + 1] & 15) << 8;
            int d2 = block[i + 1] >> 4 | block[i + 2] << 4;
            if (d1 < MLKEM_Q)
                a->at[n++] = (uint32_t)d1;
            if (d2 < MLKEM_Q && n < MLKEM_N)
                a->at[n++] = (uint32_t)d2;
        }
    }
}

/* Number of ones in two bits. */
static uint32_t ones(uint32_t bits)
{
    return (bits & 1) + (bits >> 1 & 1);
}

void mlkem_sample_noise(struct mlkem_poly *f, const uint8_t seed[32], uint8_t counter)
{
    uint8_t bytes[64 * MLKEM_ETA];
    struct sponge prf;
    shake256_start(&prf);
    sponge_absorb(&prf, seed, 32);
    sponge_absorb(&prf, &counter, 1);
    sponge_finish(&prf);
    sponge_squeeze(&prf, bytes, sizeof bytes);
    for (int n = 0; n < MLKEM_N; n++) {
        uint32_t half = (uint32_t)bytes[n / 2] >> 4 * (n % 2);
        f->at[n] = mlkem_reduced(ones(half) + MLKEM_Q - ones(half >> 2));
    }
    secret_wipe(bytes, sizeof bytes);
    sponge_wipe(&prf);
}
