/* Polynomials of ML-KEM and arithmetic modulo q. */
#ifndef MLKEM_POLY_H
#define MLKEM_POLY_H

#include <stdint.h>

#include "../secret.h"
#include "params.h"

/* A polynomial, or its image under the NTT; coefficients are in 0..q-1, or larger before
 * mlkem_reduce, where ntt.h says so. The last words keep arrays of them off the same lines of a direct-mapped cache. */
struct mlkem_poly {
    uint32_t at[MLKEM_N];
    uint32_t stagger[8];
};

/* floor(a / q) and a modulo q, for every a: a product with 2^32 / q instead
 * of a division, whose time may depend on the numbers. */
static inline uint32_t mlkem_divided(uint32_t a, uint32_t *rest)
{
    uint32_t quotient = (uint32_t)((uint64_t)a * 1290167 >> 32); /* this one or one too few */
    uint32_t left = a - quotient * MLKEM_Q;
    uint32_t more = ~secret_less(left, MLKEM_Q);
    *rest = left - (more & MLKEM_Q);
    return quotient + (more & 1);
}

static inline uint32_t mlkem_reduced(uint32_t a)
{
    uint32_t left = a - (uint32_t)((uint64_t)a * 1290167 >> 32) * MLKEM_Q - MLKEM_Q;
    return left + (secret_mask(left >> 31) & MLKEM_Q);
}

#endif
