/* Sampling of ML-KEM (FIPS 203, section 4.2.2). */
#ifndef MLKEM_SAMPLE_H
#define MLKEM_SAMPLE_H

#include "poly.h"

/* SampleNTT (algorithm 7) of rho and two indices. */
void mlkem_sample_uniform(struct mlkem_poly *a, const uint8_t rho[32], uint8_t first,
                          uint8_t second);

/* SamplePolyCBD (algorithm 8) of PRF(seed, counter) with eta = 2. */
void mlkem_sample_noise(struct mlkem_poly *f, const uint8_t seed[32], uint8_t counter);

#endif
