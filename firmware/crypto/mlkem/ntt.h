/* The number-theoretic transform of ML-KEM (FIPS 203, section 4.3). */
#ifndef MLKEM_NTT_H
#define MLKEM_NTT_H

#include "poly.h"

/* Algorithm 9, in place; leaves coefficients below 15 q. */
void mlkem_ntt(struct mlkem_poly *f);

/* Algorithm 10, in place. */
void mlkem_ntt_inverse(struct mlkem_poly *f);

/* sum = sum + a b under the NTT (algorithms 11 and 12), for up to 12 products before
 * mlkem_reduce; a is in 0..q-1, b may be as mlkem_ntt leaves it. */
void mlkem_multiply_add(struct mlkem_poly *sum, const struct mlkem_poly *a,
                        const struct mlkem_poly *b);

/* Coefficients modulo q. */
void mlkem_reduce(struct mlkem_poly *sum);

#endif
