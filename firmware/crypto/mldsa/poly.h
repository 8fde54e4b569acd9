/* Polynomials of ML-DSA and arithmetic on one coefficient. */
#ifndef MLDSA_POLY_H
#define MLDSA_POLY_H

#include <stdint.h>

#include "../secret.h"
#include "params.h"

/* A polynomial, or its image under the NTT. Coefficients are in 0..q-1.
 * Without the last words, polynomials of an array would fall upon the same lines of a direct-mapped
 * cache: every fourth where it has 4 KiB, every sixteenth of 16 KiB. */
struct mldsa_poly {
    int32_t at[MLDSA_N];
    int32_t stagger[8];
};

/* All ones if a is negative, else 0. */
static inline int32_t mldsa_sign_mask(int32_t a)
{
    return (int32_t)secret_hidden((uint32_t)(a >> 31));
}

/* a modulo q from -q..q-1. */
static inline int32_t mldsa_not_negative(int32_t a)
{
    return a + (mldsa_sign_mask(a) & MLDSA_Q);
}

/* a modulo q in 0..q-1; a is in -2^31..2^31-2^22-1. */
static inline int32_t mldsa_reduced(int32_t a)
{
    /* 2^23 is little more than q: what is left is above -q and below q. */
    return mldsa_not_negative(a - ((a + (1 << 22)) >> 23) * MLDSA_Q);
}

/* a in -(q-1)/2..(q-1)/2 from 0..q-1. */
static inline int32_t mldsa_centred(int32_t a)
{
    return a - (mldsa_sign_mask((MLDSA_Q - 1) / 2 - a) & MLDSA_Q);
}

/* 1 if the absolute value of a, centred, is at least the bound, else 0; a is in 0..q-1. */
static inline uint32_t mldsa_exceeds(int32_t a, int32_t bound)
{
    return (uint32_t)((bound - 1 - a) & (a - 1 - (MLDSA_Q - bound))) >> 31;
}

#endif
