/* The number-theoretic transform of ML-DSA (FIPS 204, section 7.5): what an NTT engine replaces.
 *
 * All coefficients, in and out, are in 0..q-1 and mean what the standard says: no hidden factors,
 * so each function can be replaced alone.
 */
#ifndef MLDSA_NTT_H
#define MLDSA_NTT_H

#include "poly.h"

/* Algorithm 41, in place. */
void mldsa_ntt(struct mldsa_poly *w);

/* Algorithm 42, in place. */
void mldsa_ntt_inverse(struct mldsa_poly *w);

/* sum = sum + a b, coefficient by coefficient. */
void mldsa_multiply_add(struct mldsa_poly *sum, const struct mldsa_poly *a,
                        const struct mldsa_poly *b);

/* sum + a b of one coefficient. */
int32_t mldsa_multiply_add_one(int32_t sum, int32_t a, int32_t b);

#endif
