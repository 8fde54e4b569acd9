/* Pseudorandom sampling of ML-DSA (FIPS 204, section 7.3): what samplers in hardware replace. */
#ifndef MLDSA_SAMPLE_H
#define MLDSA_SAMPLE_H

#include "poly.h"

/* sum = sum + A[row][column] v under the NTT: one polynomial of ExpandA (algorithm 32), multiplied
 * as it comes and never stored. */
void mldsa_sample_uniform(struct mldsa_poly *sum, const uint8_t rho[32], uint8_t row,
                          uint8_t column, const struct mldsa_poly *v);

/* RejBoundedPoly (algorithm 31) with the seed rho' and its 2-byte counter. */
void mldsa_sample_eta(struct mldsa_poly *s, const uint8_t seed[64], uint16_t counter);

/* One polynomial of ExpandMask (algorithm 34). */
void mldsa_sample_mask(struct mldsa_poly *y, const uint8_t seed[64], uint16_t counter);

/* SampleInBall (algorithm 29), of a seed that is public. */
void mldsa_sample_challenge(struct mldsa_poly *c, const uint8_t seed[MLDSA_CHALLENGE_BYTES]);

#endif
